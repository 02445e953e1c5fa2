//! A disk that counts what is read from it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::disk::{Disk, File, Listed, Lock, Mode, RealDisk};

/// The machine's disk, with a count of the bytes that were read and written through it.
#[derive(Debug)]
pub(crate) struct CountingDisk {
    disk: RealDisk,
    counts: Arc<Counts>,
}

/// Bytes so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
}

#[derive(Debug)]
struct CountingFile {
    file: Box<dyn File>,
    counts: Arc<Counts>,
}

impl CountingDisk {
    pub(crate) fn new(disk: RealDisk) -> Self {
        Self { disk, counts: Arc::default() }
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }
}

impl Disk for CountingDisk {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let file = self.disk.open(path, mode)?;
        Ok(Box::new(CountingFile { file, counts: self.counts.clone() }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.disk.create_folder(path)
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.disk.remove_folder(path)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        self.disk.list(folder)
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        self.disk.lock(path)
    }
}

impl File for CountingFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(offset, buffer)?;
        self.counts.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.counts.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.file.write_at(offset, bytes)
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.file.set_size(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}
