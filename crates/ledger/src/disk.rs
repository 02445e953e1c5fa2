//! Everything that is done to disk, as a port.
//!
//! A path is relative to the record's folder, with `/` between its parts, and names nothing above it.
//!
//! What survives a loss of power is what POSIX promises and no more: the bytes of a file once
//! [`File::sync`] has returned, and what a folder lists (a file made, renamed, removed) once
//! [`Disk::sync_folder`] has returned for *that folder*. Until then each write and each change of a
//! folder may be lost or kept by itself, in any order, and a write may be torn. Whatever is built on
//! this port is held to that by `sim`, whose disk does just so.

mod over;
mod real;
mod whole;

use std::fmt::Debug;
use std::io;

pub use over::{DiskOver, FileOver};
pub use real::RealDisk;
pub use whole::{
    Put, create_folders, put_whole_all, read, read_at_most, read_if_any, write_whole,
    write_whole_all,
};

/// Most characters that a path may have.
pub const PATH_CHARS_MAX: usize = 1024;

/// A folder of files. Shared between threads.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// `NotFound` where the file, or the folder to make it in, is missing; what the system says.
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>>;

    /// Gives a file another name, in one step: whoever looks finds the old state or the new one. A
    /// file that had the name is gone. Both folders want syncing after.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound` where there is none; what the system says.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// Makes a folder in one that exists. That it exists already is no fault.
    ///
    /// # Errors
    /// What the system says.
    fn create_folder(&self, path: &str) -> io::Result<()>;

    /// Removes a folder that lists nothing.
    ///
    /// # Errors
    /// `NotFound` where there is none, `DirectoryNotEmpty`, or what the system says.
    fn remove_folder(&self, path: &str) -> io::Result<()>;

    /// What a folder lists, sorted by name. The empty path is the record's folder itself.
    ///
    /// # Errors
    /// `NotFound` where there is none; what the system says.
    fn list(&self, folder: &str) -> io::Result<Vec<Listed>>;

    /// Makes what a folder lists durable.
    ///
    /// # Errors
    /// What the system says. What the folder lists after a loss of power is then unknown.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;

    /// Writes files that have these bytes and no others. Once what it returns is synced, the bytes are
    /// durable, but not that folders list them. A disk may do it in any order, and make all durable at once,
    /// or now.
    ///
    /// # Errors
    /// As [`Disk::open`], [`File::write_at`] and [`File::sync`], for any of them.
    fn put_files(&self, files: &[(String, &[u8])]) -> io::Result<Box<dyn Unsynced>> {
        whole::write_and_sync(self, files)?;
        Ok(Box::new(whole::Synced))
    }

    /// Makes the bytes of several files durable; a disk may do so side by side.
    ///
    /// # Errors
    /// As [`File::sync`], for any of them.
    fn sync_files(&self, files: &[Box<dyn File>]) -> io::Result<()> {
        files.iter().try_for_each(|file| file.sync())
    }

    /// Makes what several folders list durable; a disk may do so side by side.
    ///
    /// # Errors
    /// As [`Disk::sync_folder`], for any of them.
    fn sync_folders(&self, folders: &[String]) -> io::Result<()> {
        folders.iter().try_for_each(|folder| self.sync_folder(folder))
    }

    /// Locks a file, which is made where it is missing, until what is returned is dropped or the
    /// process ends, however it ends.
    ///
    /// # Errors
    /// `WouldBlock` where somebody else holds it; what the system says.
    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>>;
}

/// Files whose bytes may not be durable yet.
pub trait Unsynced: Debug + Send {
    /// Makes the bytes durable.
    ///
    /// # Errors
    /// As [`File::sync`], for any of them.
    fn sync(&self) -> io::Result<()>;
}

/// An open file.
pub trait File: Debug + Send + Sync {
    /// Its bytes.
    ///
    /// # Errors
    /// What the system says.
    fn size(&self) -> io::Result<u64>;

    /// Reads until the buffer is full or the file ends, and says how much it read.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of the bytes; past the end, the file grows.
    ///
    /// # Errors
    /// `StorageFull`, or what the system says. Any part may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file off, or extends it by zeros.
    ///
    /// # Errors
    /// What the system says.
    fn set_size(&self, bytes: u64) -> io::Result<()>;

    /// Makes the file's bytes and size durable; not that its folder lists it.
    ///
    /// # Errors
    /// What the system says. What was written since the last sync is then unknown for good, *also* if
    /// a later sync succeeds: the system may have dropped it. The only repair is to write it anew.
    fn sync(&self) -> io::Result<()>;
}

/// Holds a lock until dropped.
pub trait Lock: Debug + Send + Sync {}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One that exists, to read.
    Read,
    /// One that exists, to read and write.
    Update,
    /// A new one, to read and write: `AlreadyExists` where there is one.
    Create,
    /// One of no bytes, to read and write, whether or not there was one.
    Replace,
}

/// What a folder lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The last part of its path.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// The folder that lists a path; empty for the record's folder.
#[must_use]
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path names something inside the record's folder and nothing above it.
#[must_use]
pub fn is_inside(path: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']) && !part.contains(':')
    };
    path.len() <= PATH_CHARS_MAX && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_record() {
        for path in ["log/checkpoint", "tile/0/x001/234.p/5", "a"] {
            assert!(is_inside(path), "{path}");
        }
        for path in
            ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "c:/a", "a\0"]
        {
            assert!(!is_inside(path), "{path}");
        }
        assert!(!is_inside(&"a".repeat(PATH_CHARS_MAX + 1)));
    }

    #[test]
    fn the_folder_of_a_path_is_all_but_its_last_part() {
        assert_eq!(folder_of("log/tile/0/000"), "log/tile/0");
        assert_eq!(folder_of("log"), "");
    }
}
