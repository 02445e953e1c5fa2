//! The machine's disk.

mod at_once;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Disk, File, Listed, Lock, Mode, Unsynced, folder_of, is_inside, whole};

use self::at_once::AtOnce;

/// Threads that sync files side by side. A journalling file system commits many at once, while one
/// after the other each waits for a commit of its own.
const SYNC_THREADS_MAX: usize = 32;
/// Files from which on everything on the file system is made durable at once. Fewer are synced one by
/// one: it costs little, and does not wait for what others have written.
const AT_ONCE_MIN: usize = 16;

/// A folder on the machine's disk.
#[derive(Clone, Debug)]
pub struct RealDisk {
    root: PathBuf,
}

#[derive(Debug)]
struct RealFile(fs::File);

#[derive(Debug)]
struct RealLock {
    /// Held open: closing it lets the lock go.
    _file: fs::File,
}

impl Lock for RealLock {}

impl RealDisk {
    /// A folder that exists.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What makes everything durable that lies in these folders.
    fn at_once<'p>(&self, folders: impl Iterator<Item = &'p str>) -> io::Result<Option<AtOnce>> {
        let folders: BTreeSet<&str> = folders.collect();
        let places = folders.into_iter().map(|folder| self.place(folder));
        AtOnce::of(&places.collect::<io::Result<Vec<_>>>()?)
    }

    fn place(&self, path: &str) -> io::Result<PathBuf> {
        if path.is_empty() || is_inside(path) {
            return Ok(self.root.join(path));
        }
        Err(io::Error::new(ErrorKind::InvalidInput, "the path leads out of the record"))
    }
}

/// What any file server may serve: the log, and its public key. All else is its owner's: journals tell who was
/// shown what, and a witness's folder holds its secret.
fn is_published(path: &str) -> bool {
    path == "log" || path.starts_with("log/") || path.starts_with("log.vkey")
}

#[cfg(unix)]
fn keep_private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn keep_private(_: &mut OpenOptions) {}

#[cfg(unix)]
fn create_dir(place: &Path, is_published: bool) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    if !is_published {
        builder.mode(0o700);
    }
    builder.create(place)
}

#[cfg(not(unix))]
fn create_dir(place: &Path, _: bool) -> io::Result<()> {
    fs::create_dir(place)
}

impl Disk for RealDisk {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            Mode::Read => &mut options,
            Mode::Update => options.write(true),
            Mode::Create => options.write(true).create_new(true),
            Mode::Replace => options.write(true).create(true).truncate(true),
        };
        if !is_published(path) {
            keep_private(&mut options);
        }
        Ok(Box::new(RealFile(options.open(self.place(path)?)?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.place(from)?, self.place(to)?)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.place(path)?)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        let place = self.place(path)?;
        match create_dir(&place, is_published(path)) {
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists && place.is_dir() => Ok(()),
            made => made,
        }
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.place(path)?)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in fs::read_dir(self.place(folder)?)? {
            let entry = entry?;
            let name = entry.file_name().into_string();
            let name = name.map_err(|name| {
                io::Error::new(ErrorKind::InvalidData, format!("a name that is no text: {name:?}"))
            })?;
            listed.push(Listed { name, is_folder: entry.file_type()?.is_dir() });
        }
        listed.sort();
        Ok(listed)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        fs::File::open(self.place(folder)?)?.sync_all()
    }

    /// Windows has no such call: NTFS journals what a folder lists by itself.
    #[cfg(not(unix))]
    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.place(folder).map(|_| ())
    }

    fn put_files(&self, files: &[(String, &[u8])]) -> io::Result<Box<dyn Unsynced>> {
        if files.len() >= AT_ONCE_MIN {
            // Before anything is written: a handle tells of what failed since it was opened.
            let folders = files.iter().map(|(path, _)| folder_of(path));
            if let Some(at_once) = self.at_once(folders)? {
                for (path, bytes) in files {
                    self.open(path, Mode::Replace)?.write_at(0, bytes)?;
                }
                return Ok(Box::new(at_once));
            }
        }
        whole::write_and_sync(self, files)?;
        Ok(Box::new(whole::Synced))
    }

    fn sync_files(&self, files: &[Box<dyn File>]) -> io::Result<()> {
        side_by_side(files, |file| file.sync())
    }

    fn sync_folders(&self, folders: &[String]) -> io::Result<()> {
        side_by_side(folders, |folder| self.sync_folder(folder))
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(self.place(path)?)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(RealLock { _file: file })),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(fault)) => Err(fault),
        }
    }
}

impl File for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match positioned::read(&self.0, &mut buffer[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            match positioned::write(&self.0, &bytes[written..], offset + written as u64) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    /// The bytes and the size; not when it was last touched, which would cost a journal commit.
    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(unix)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt as _;

    pub(super) fn read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(buffer, offset)
    }

    pub(super) fn write(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }
}

#[cfg(windows)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt as _;

    pub(super) fn read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.seek_read(buffer, offset)
    }

    pub(super) fn write(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.seek_write(bytes, offset)
    }
}

/// Does the same to each of many, on as many threads as help; every one is tried, and the first
/// fault is told.
fn side_by_side<T: Sync>(many: &[T], act: impl Fn(&T) -> io::Result<()> + Sync) -> io::Result<()> {
    let threads = many.len().min(SYNC_THREADS_MAX);
    if threads <= 1 {
        return many.iter().try_for_each(act);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcome = Ok(());
        while let Some(one) = many.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcome = outcome.and(act(one));
        }
        outcome
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.fold(Ok(()), io::Result::and)
    })
}
