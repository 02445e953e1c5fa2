//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Writes a file through a temporary one beside it, so that a crash never leaves half a file
/// under its name.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write_with_mode(path, Mode::Everybody, write)
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As the user's mask has it.
    Everybody,
    /// Its owner only.
    Owner,
}

/// As [`write_whole`], for those who may read it.
pub(crate) fn write_with_mode(
    path: &Path,
    mode: Mode,
    write: impl FnOnce(&mut BufWriter<&File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let said = || format!("{} cannot be written", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let temporary = named_in(folder, mode).with_context(said)?;
    let mut out = BufWriter::new(temporary.as_file());
    write(&mut out).with_context(said)?;
    out.flush().with_context(said)?;
    drop(out);
    temporary.as_file().sync_all().with_context(said)?;
    temporary.persist(path).map_err(|fault| fault.error).with_context(said)?;
    Ok(())
}

/// A temporary file is its owner's unless it is asked to be otherwise; the mask then still
/// holds.
fn named_in(folder: &Path, mode: Mode) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = if mode == Mode::Owner { 0o600 } else { 0o666 };
        builder.permissions(std::fs::Permissions::from_mode(bits));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder.prefix(".armistice-").tempfile_in(folder)
}
