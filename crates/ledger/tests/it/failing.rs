//! A disk that works for so many changes and then fails, as a machine does that loses power: after the
//! change that it breaks off at, or before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::disk::{Disk, File, Listed, Lock, Mode, RealDisk};

/// Fails from its nth change on. The change itself is made, or is not.
#[derive(Debug)]
pub(crate) struct FailingDisk {
    inner: RealDisk,
    budget: Arc<Budget>,
}

#[derive(Debug)]
struct Budget {
    left: AtomicUsize,
    last_is_made: bool,
}

#[derive(Debug)]
struct FailingFile(Box<dyn File>, Arc<Budget>);

impl FailingDisk {
    pub(crate) fn new(inner: RealDisk, changes: usize, last_is_made: bool) -> Self {
        Self { inner, budget: Arc::new(Budget { left: AtomicUsize::new(changes), last_is_made }) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.budget.left.load(Ordering::SeqCst) == 0
    }
}

impl Budget {
    fn change<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let spend = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend) {
            Ok(1) if self.last_is_made => work().and(Err(cut())),
            Ok(1) | Err(_) => Err(cut()),
            Ok(_) => work(),
        }
    }
}

fn cut() -> io::Error {
    io::Error::other("the power is cut")
}

impl Disk for FailingDisk {
    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let open = || self.inner.open(path, mode);
        let file = if mode == Mode::Read { open()? } else { self.budget.change(open)? };
        Ok(Box::new(FailingFile(file, self.budget.clone())))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.budget.change(|| self.inner.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.budget.change(|| self.inner.remove(path))
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.budget.change(|| self.inner.create_folder(path))
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.budget.change(|| self.inner.remove_folder(path))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Listed>> {
        self.inner.list(folder)
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.budget.change(|| self.inner.sync_folder(folder))
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn Lock>> {
        self.inner.lock(path)
    }
}

impl File for FailingFile {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.1.change(|| self.0.write_at(offset, bytes))
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        self.1.change(|| self.0.set_size(bytes))
    }

    fn sync(&self) -> io::Result<()> {
        self.1.change(|| self.0.sync())
    }
}
