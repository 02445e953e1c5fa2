//! Files that are there whole or not at all, and folders of files that change all at once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::{NamedTempFile, TempDir};

use crate::outcome::WrongUsage;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the user's mask lets.
    Everybody,
    /// Its owner only.
    Owner,
}

/// How the names of what is in the making begin.
const PASSING: &str = ".armistice-";
/// The file in a folder in the making that its run holds locked.
const LOCK: &str = ".lock";
/// What is younger may belong to a run that has not locked it yet.
const LEFT_AFTER: Duration = Duration::from_mins(1);

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
        let folder = folder.unwrap_or(Path::new("."));
        take_away_left(folder);
        let temporary = named_in(folder, readers).with_context(|| cannot_write(path))?;
        // Where a file system has no locks, age alone has to tell.
        let _ = temporary.as_file().try_lock();
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

/// The outputs of one run in the making, in a passing folder beside the old ones. None of the old
/// ones is touched until every new one is written and on disk: a full disk, or an end in the
/// middle of the work, leaves them as they were.
#[derive(Debug)]
pub(crate) struct Outputs {
    folder: PathBuf,
    staged: TempDir,
    _lock: File,
}

/// The file that is taken away first and comes back last: with it, a folder is of one run.
const LAST: &str = "summary.json";
/// The file that only an assessment of a record has.
const OF_A_RECORD: &str = "assessment.json";

impl Outputs {
    /// Begins outputs that are to go into `folder`, which is made if it is not there.
    pub(crate) fn begin(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        take_away_left(folder);
        let staged = tempfile::Builder::new().prefix(PASSING).tempdir_in(folder);
        let staged = staged.with_context(|| cannot_write(folder))?;
        let lock = File::create(staged.path().join(LOCK)).with_context(|| cannot_write(folder))?;
        let _ = lock.try_lock();
        Ok(Self { folder: folder.to_owned(), staged, _lock: lock })
    }

    /// Begins one of them.
    pub(crate) fn file(&self, name: &str, readers: Readers) -> anyhow::Result<WholeFile> {
        WholeFile::begin(&self.staged.path().join(name), readers)
    }

    /// Writes one of them, of text.
    pub(crate) fn text(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let mut file = self.file(name, Readers::Everybody)?;
        file.write_all(text.as_bytes()).with_context(|| cannot_write(&self.folder.join(name)))?;
        file.finish()
    }

    /// Puts all of them in place of the old ones.
    pub(crate) fn publish(self) -> anyhow::Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.staged.path()).with_context(|| cannot_write(&self.folder))? {
            names.push(entry.with_context(|| cannot_write(&self.folder))?.file_name());
        }
        names.retain(|name| name != LOCK);
        names.sort_by_key(|name| (name == LAST, name.clone()));
        if let Some(name) = names.iter().find(|name| self.folder.join(name).is_dir()) {
            let path = self.folder.join(name);
            anyhow::bail!("{} is a folder: a file has to go there", path.display());
        }
        match fs::remove_file(self.folder.join(LAST)) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
                return Err(fault).with_context(|| cannot_write(&self.folder.join(LAST)));
            }
            _ => {}
        }
        // What only some runs write must not be left of another one.
        if !names.iter().any(|name| name == OF_A_RECORD) {
            let _ = fs::remove_file(self.folder.join(OF_A_RECORD));
        }
        for name in names {
            let path = self.folder.join(&name);
            fs::rename(self.staged.path().join(&name), &path)
                .with_context(|| cannot_write(&path))?;
        }
        Ok(())
    }
}

/// Refuses an output that would take the place of something that is read.
pub(crate) fn apart_from<'a>(
    out: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    // What is not there yet takes nobody's place; what cannot be read is told when it is read.
    let Ok(there) = fs::canonicalize(out) else { return Ok(()) };
    let is_read = |input: &Path| fs::canonicalize(input).is_ok_and(|input| input == there);
    if inputs.into_iter().any(is_read) {
        let out = out.display();
        let said = format!("--out {out}: that is one of the inputs, which it would destroy");
        return Err(WrongUsage(said).into());
    }
    Ok(())
}

/// Takes away what interrupted runs left in a folder: it is hidden, may hold raw rejects, and would go
/// along when somebody hands the folder on. What a live run holds locked stays.
fn take_away_left(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(PASSING.as_bytes());
        let Some(kind) = entry.file_type().ok().filter(|_| is_ours) else { continue };
        // Whoever may not take it away is not the one whose it is.
        if kind.is_dir() && is_left(&path, &path.join(LOCK)) {
            let _ = fs::remove_dir_all(&path);
        } else if kind.is_file() && is_left(&path, &path) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn is_left(path: &Path, lock: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    let age = changed.ok().and_then(|at| at.elapsed().ok());
    let is_free = File::open(lock).map_or(true, |lock| lock.try_lock().is_ok());
    age.is_some_and(|age| age > LEFT_AFTER) && is_free
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
        builder.permissions(fs::Permissions::from_mode(bits));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.prefix(PASSING).tempfile_in(folder)
}
