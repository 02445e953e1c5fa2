//! A disk that stands before another.

use std::fmt::Debug;
use std::io;

use super::{Disk, File, Listed, Lock, Mode};

/// A disk before another: each call is the other's, but for those that it makes its own. Many files at once
/// are so many calls.
pub trait DiskOver: Debug + Send + Sync {
    /// The disk behind it.
    fn under(&self) -> &dyn Disk;

    /// As [`Disk::open`].
    ///
    /// # Errors
    /// As that, as everywhere here.
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        self.under().open(path, mode)
    }

    /// A call that changes what is listed. `act` makes it.
    ///
    /// # Errors
    /// As the call.
    fn change(&self, act: &dyn Fn(&dyn Disk) -> io::Result<()>) -> io::Result<()> {
        act(self.under())
    }

    /// As [`Disk::sync_folder`].
    ///
    /// # Errors
    /// As that.
    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.change(&|under| under.sync_folder(folder))
    }

    /// As [`Disk::lock`].
    ///
    /// # Errors
    /// As that.
    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        self.under().lock(path)
    }
}

/// An open file before another: each call is the other's, but for those that it makes its own.
pub trait FileOver: Debug + Send + Sync {
    /// The file behind it.
    fn under(&self) -> &dyn File;

    /// As [`File::read_at`].
    ///
    /// # Errors
    /// As that.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.under().read_at(offset, buffer)
    }

    /// A call that changes the file. `act` makes it.
    ///
    /// # Errors
    /// As the call.
    fn change(&self, act: &dyn Fn(&dyn File) -> io::Result<()>) -> io::Result<()> {
        act(self.under())
    }

    /// As [`File::write_at`].
    ///
    /// # Errors
    /// As that.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(&|under| under.write_at(offset, bytes))
    }

    /// As [`File::sync`].
    ///
    /// # Errors
    /// As that.
    fn sync(&self) -> io::Result<()> {
        self.change(&|under| under.sync())
    }
}

impl<D: DiskOver> Disk for D {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        DiskOver::open(self, path, mode)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(&|under| under.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.change(&|under| under.remove(path))
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.change(&|under| under.create_folder(path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.change(&|under| under.remove_folder(path))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        self.under().list(folder)
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        DiskOver::sync_folder(self, folder)
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        DiskOver::lock(self, path)
    }
}

impl<F: FileOver> File for F {
    fn size(&self) -> io::Result<u64> {
        self.under().size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        FileOver::read_at(self, offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        FileOver::write_at(self, offset, bytes)
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.change(&|under| under.set_size(bytes))
    }

    fn sync(&self) -> io::Result<()> {
        FileOver::sync(self)
    }
}
