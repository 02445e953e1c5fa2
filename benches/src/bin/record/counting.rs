//! A disk that counts what is read from it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::disk::{Disk, DiskOver, File, FileOver, Mode, RealDisk};

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

impl DiskOver for CountingDisk {
    fn under(&self) -> &dyn Disk {
        &self.disk
    }

    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let file = self.disk.open(path, mode)?;
        Ok(Box::new(CountingFile { file, counts: self.counts.clone() }))
    }
}

impl FileOver for CountingFile {
    fn under(&self) -> &dyn File {
        &*self.file
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
}
