//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the user's mask lets.
    Everybody,
    /// Its owner only.
    Owner,
}

/// A file in the making, under a passing name beside its own: a crash never leaves half a file
/// under its name.
#[derive(Debug)]
pub(crate) struct WholeFile {
    out: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl WholeFile {
    /// Begins a file.
    pub(crate) fn begin(path: &Path, readers: Readers) -> anyhow::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let temporary = named_in(folder.unwrap_or(Path::new(".")), readers);
        let temporary = temporary.with_context(|| cannot_write(path))?;
        Ok(Self { out: BufWriter::new(temporary), path: path.to_owned() })
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let Self { out, path } = self;
        let said = || cannot_write(&path);
        let temporary =
            out.into_inner().map_err(io::IntoInnerError::into_error).with_context(said)?;
        temporary.as_file().sync_all().with_context(said)?;
        temporary.persist(&path).map_err(|fault| fault.error).with_context(said)?;
        Ok(())
    }

    /// The file itself, past the buffer.
    pub(crate) fn file(&mut self) -> &File {
        self.out.get_ref().as_file()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A whole file of text.
pub(crate) fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = WholeFile::begin(path, Readers::Everybody)?;
    file.write_all(text.as_bytes()).with_context(|| cannot_write(path))?;
    file.finish()
}

fn cannot_write(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

/// A temporary file is its owner's unless it is asked to be otherwise; the mask then still
/// holds.
fn named_in(folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = if readers == Readers::Owner { 0o600 } else { 0o666 };
        builder.permissions(std::fs::Permissions::from_mode(bits));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.prefix(".armistice-").tempfile_in(folder)
}
