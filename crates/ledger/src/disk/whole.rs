//! Files that are whole or not there: what most callers want of a disk.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use super::{Disk, File, Mode, Unsynced, folder_of};

/// Files that are open at once. Systems allow a process some hundreds.
const OPEN_FILES_MAX: usize = 128;
/// What a file is called until it is whole. A leftover of a crash is written over by the next try.
const UNFINISHED: &str = ".unfinished";

/// A whole file.
///
/// # Errors
/// `NotFound` where there is none; what the system says.
pub fn read(disk: &dyn Disk, path: &str) -> io::Result<Vec<u8>> {
    read_at_most(disk, path, u64::MAX)
}

/// A whole file; `None` where there is none.
///
/// # Errors
/// What the system says.
pub fn read_if_any(disk: &dyn Disk, path: &str) -> io::Result<Option<Vec<u8>>> {
    match read(disk, path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A whole file of which nobody knows how large it is.
///
/// # Errors
/// `FileTooLarge` where it has more bytes than `bytes_max`; `NotFound`; what the system says.
pub fn read_at_most(disk: &dyn Disk, path: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Mode::Read)?;
    let size = file.size()?;
    if size > bytes_max {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| ErrorKind::FileTooLarge)?];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Makes a folder and those above it, each durable before the next is made in it.
///
/// # Errors
/// What the system says.
pub fn create_folders(disk: &dyn Disk, path: &str) -> io::Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for end in ends {
        let folder = &path[..end];
        disk.create_folder(folder)?;
        // Also where it was there already: whoever made it may have been cut off before this.
        disk.sync_folder(folder_of(folder))?;
    }
    Ok(())
}

/// Writes a file that is durably whole, under its name and in its folder, when this returns; at no
/// time is there a part of it under its name. The folder exists.
///
/// # Errors
/// What the system says. The file is then the old one or the new one, whole either way.
pub fn write_whole(disk: &dyn Disk, path: &str, bytes: &[u8]) -> io::Result<()> {
    write_whole_all(disk, &[(path.to_owned(), bytes)], BTreeSet::new())
}

/// The same for many files, for about the price of one: the bytes of all are made durable, then each
/// gets its name, then the folders that list them are made durable, and `folders` with them.
///
/// # Errors
/// As [`write_whole`], for each of them.
pub fn write_whole_all<B: AsRef<[u8]>>(
    disk: &dyn Disk,
    files: &[(String, B)],
    folders: BTreeSet<String>,
) -> io::Result<()> {
    put_whole_all(disk, files)?.finish(disk, folders)
}

/// The first half of [`write_whole_all`]: what it returns does the second. Others may be put meanwhile; they
/// are finished in the order in which they were put.
///
/// # Errors
/// As [`write_whole`], for each of them.
pub fn put_whole_all<B: AsRef<[u8]>>(disk: &dyn Disk, files: &[(String, B)]) -> io::Result<Put> {
    let unfinished: Vec<(String, &[u8])> =
        files.iter().map(|(path, bytes)| (unfinished(path), bytes.as_ref())).collect();
    let unsynced = disk.put_files(&unfinished)?;
    Ok(Put { paths: files.iter().map(|(path, _)| path.clone()).collect(), unsynced })
}

/// Files that are written and not under their names.
#[derive(Debug)]
pub struct Put {
    paths: Vec<String>,
    unsynced: Box<dyn Unsynced>,
}

impl Put {
    /// The second half of [`write_whole_all`].
    ///
    /// # Errors
    /// As [`write_whole`], for each of them.
    pub fn finish(&self, disk: &dyn Disk, mut folders: BTreeSet<String>) -> io::Result<()> {
        self.unsynced.sync()?;
        for path in &self.paths {
            disk.rename(&unfinished(path), path)?;
        }
        folders.extend(self.paths.iter().map(|path| folder_of(path).to_owned()));
        disk.sync_folders(&Vec::from_iter(folders))
    }
}

/// Of files whose bytes are durable.
#[derive(Debug)]
pub(super) struct Synced;

impl Unsynced for Synced {
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes files and syncs each of them.
pub(super) fn write_and_sync(
    disk: &(impl Disk + ?Sized),
    files: &[(String, &[u8])],
) -> io::Result<()> {
    let write = |(path, bytes): &(String, &[u8])| -> io::Result<Box<dyn File>> {
        let file = disk.open(path, Mode::Replace)?;
        file.write_at(0, bytes)?;
        Ok(file)
    };
    files.chunks(OPEN_FILES_MAX).try_for_each(|some| {
        let open: Vec<Box<dyn File>> = some.iter().map(write).collect::<io::Result<_>>()?;
        disk.sync_files(&open)
    })
}

fn unfinished(path: &str) -> String {
    format!("{path}{UNFINISHED}")
}
