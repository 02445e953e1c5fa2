//! A disk that works for so many changes and then fails, as a machine does that loses power: after the
//! change that it breaks off at, or before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::disk::{Disk, DiskOver, File, FileOver, Mode, RealDisk};

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

impl DiskOver for FailingDisk {
    fn under(&self) -> &dyn Disk {
        &self.inner
    }

    fn open(&self, path: &str, mode: Mode) -> io::Result<Box<dyn File>> {
        let open = || self.inner.open(path, mode);
        let file = if mode == Mode::Read { open()? } else { self.budget.change(open)? };
        Ok(Box::new(FailingFile(file, self.budget.clone())))
    }

    fn change(&self, act: &dyn Fn(&dyn Disk) -> io::Result<()>) -> io::Result<()> {
        self.budget.change(|| act(&self.inner))
    }
}

impl FileOver for FailingFile {
    fn under(&self) -> &dyn File {
        &*self.0
    }

    fn change(&self, act: &dyn Fn(&dyn File) -> io::Result<()>) -> io::Result<()> {
        self.1.change(|| act(&*self.0))
    }
}
