//! A disk in memory that loses whatever POSIX lets a disk lose.
//!
//! Beside what the system shows, it knows what is durable. A loss of power keeps any part of what was
//! not synced: sectors of a write one by one, changes of a folder one by one. A process that is killed
//! loses nothing that the system has, but its last call may have been done, done in part, or not at all.

mod node;
mod port;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::node::{FolderChange, Node};
pub use self::port::SimDisk;
use crate::seed::Seeded;

/// A call that changes something, or may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Bytes into a file.
    Write,
    /// A file cut off or extended.
    SetSize,
    /// A file made durable.
    Sync,
    /// A file made.
    Create,
    /// A file given another name.
    Rename,
    /// A file removed.
    Remove,
    /// A folder made.
    CreateFolder,
    /// A folder removed.
    RemoveFolder,
    /// A folder made durable.
    SyncFolder,
    /// Anything that reads.
    Read,
}

/// How much of a call was done before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing: not persisted.
    Nothing,
    /// A part, where a call can be done in part.
    Part,
    /// Everything: persisted, and yet it failed.
    All,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The process is killed in it, or the power is lost.
    Stopped(Done),
    /// It fails, and the process goes on.
    Failed(Done),
}

/// Decides what goes wrong, from the number of the changing call and what it is.
pub type Plan = Box<dyn FnMut(u64, Call) -> Option<Wrong> + Send>;

/// What a loss of power keeps of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// Everything.
    All,
    /// Each piece by the toss of a coin.
    Some,
}

/// How a machine comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// The process was killed; the system went on.
    Killed,
    /// The power was lost.
    PowerLost {
        /// Of the bytes of files.
        data: Kept,
        /// Of what folders list.
        names: Kept,
    },
}

/// A machine's disk: what the system shows, and what is durable. A clone is the same disk.
#[derive(Clone)]
pub struct Machine(Arc<Mutex<Inner>>);

struct Inner {
    nodes: Vec<Node>,
    /// Changing calls so far.
    calls: u64,
    /// Which process is alive: calls of earlier ones fail.
    process: u64,
    has_stopped: bool,
    is_looking: bool,
    /// Calls that went wrong, those on a full disk among them.
    wrong: u64,
    plan: Plan,
    locks: BTreeSet<String>,
    /// Bytes of files that fit.
    bytes_max: u64,
    seeded: Seeded,
    /// What was ever renamed to `watched`, in order.
    watched: String,
    seen: Vec<Vec<u8>>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("calls", &self.lock().calls).finish_non_exhaustive()
    }
}

impl Machine {
    /// An empty disk on which nothing goes wrong. What appears under the name `watched` is kept.
    #[must_use]
    pub fn new(seeded: Seeded, watched: &str) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            nodes: vec![Node::folder()],
            calls: 0,
            process: 0,
            has_stopped: false,
            is_looking: false,
            wrong: 0,
            plan: Box::new(|_, _| None),
            locks: BTreeSet::new(),
            bytes_max: u64::MAX,
            seeded,
            watched: watched.to_owned(),
            seen: Vec::new(),
        })))
    }

    /// The disk as the process sees it that is alive now.
    #[must_use]
    pub fn disk(&self) -> SimDisk {
        SimDisk::new(self.clone(), self.lock().process)
    }

    /// What goes wrong from here on.
    pub fn plan(&self, plan: impl FnMut(u64, Call) -> Option<Wrong> + Send + 'static) {
        self.lock().plan = Box::new(plan);
    }

    /// Nothing goes wrong from here on.
    pub fn heal(&self) {
        self.plan(|_, _| None);
    }

    /// Whether somebody only looks: then nothing goes wrong, and no call counts.
    pub fn look(&self, is_looking: bool) {
        self.lock().is_looking = is_looking;
    }

    /// How many bytes of files fit, from here on.
    pub fn set_bytes_max(&self, bytes: u64) {
        self.lock().bytes_max = bytes;
    }

    /// Bytes of files that there are.
    #[must_use]
    pub fn bytes_used(&self) -> u64 {
        self.lock().bytes_used()
    }

    /// Changing calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Calls that went wrong so far.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.lock().wrong
    }

    /// Another machine with a copy of this disk as it is shown, all of it durable: what a backup is, and
    /// what a host that forks has.
    #[must_use]
    pub fn copied(&self, seeded: Seeded) -> Self {
        let inner = self.lock();
        let copy = Self::new(seeded, &inner.watched);
        let mut nodes = inner.nodes.clone();
        nodes.iter_mut().for_each(Node::settle_as_shown);
        copy.lock().nodes = nodes;
        copy
    }

    /// Whether the disk holds these bytes anywhere: in a file as it is shown, or as it would be after a
    /// loss of power, also one that no folder lists any more.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.lock().nodes.iter().any(|node| node.holds(bytes))
    }

    /// The bytes of a file as it is shown.
    #[must_use]
    pub fn shown(&self, path: &str) -> Option<Vec<u8>> {
        let inner = self.lock();
        match inner.find(path).map(|node| &inner.nodes[node]) {
            Ok(Node::File(file)) => Some(file.shown.clone()),
            _ => None,
        }
    }

    /// Every file that is listed, by its path, in order.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let inner = self.lock();
        let (mut files, mut folders) = (Vec::new(), vec![(String::new(), 0)]);
        while let Some((path, folder)) = folders.pop() {
            let Node::Folder(folder) = &inner.nodes[folder] else { continue };
            for (name, &node) in &folder.shown {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                match &inner.nodes[node] {
                    Node::File(_) => files.push(path),
                    Node::Folder(_) => folders.push((path, node)),
                }
            }
        }
        files.sort();
        files
    }

    /// Flips a bit of a file, as disks do in time.
    pub fn flip(&self, path: &str, at: usize, bit: u8) {
        let mut inner = self.lock();
        if let Ok(node) = inner.find(path)
            && let Node::File(file) = &mut inner.nodes[node]
        {
            file.flip(at, bit);
        }
    }

    /// Loses a file for good, as people lose files.
    pub fn lose(&self, path: &str) {
        let mut inner = self.lock();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Ok(folder) = inner.find(folder)
            && let Node::Folder(folder) = &mut inner.nodes[folder]
        {
            folder.forget(name);
        }
    }

    /// Whether the process was stopped.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.lock().has_stopped
    }

    /// What was ever to be seen under the watched name, in order, whether or not it lasted.
    #[must_use]
    pub fn seen(&self) -> Vec<Vec<u8>> {
        self.lock().seen.clone()
    }

    /// Starts the machine again; whatever ran on it is gone.
    pub fn restart(&self, how: Restart) {
        let mut inner = self.lock();
        inner.process += 1;
        inner.has_stopped = false;
        inner.locks.clear();
        if let Restart::PowerLost { data, names } = how {
            let Inner { nodes, seeded, .. } = &mut *inner;
            for node in nodes {
                match node {
                    Node::File(file) => file.lose_power(data, seeded),
                    Node::Folder(folder) => folder.lose_power(names, seeded),
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Bytes of the files that are listed somewhere.
    fn bytes_used(&self) -> u64 {
        let mut bytes = 0;
        let mut folders = vec![0];
        while let Some(folder) = folders.pop() {
            let Node::Folder(folder) = &self.nodes[folder] else { continue };
            for &node in folder.shown.values() {
                match &self.nodes[node] {
                    Node::File(file) => bytes += file.shown.len() as u64,
                    Node::Folder(_) => folders.push(node),
                }
            }
        }
        bytes
    }

    fn bytes_free(&self) -> u64 {
        // Counting is slow, and most disks are never full.
        if self.bytes_max == u64::MAX {
            u64::MAX
        } else {
            self.bytes_max.saturating_sub(self.bytes_used())
        }
    }

    /// Lets a call of a process begin: how much of it is to be done, and whether it then fails.
    fn begin(&mut self, process: u64, call: Call) -> io::Result<(Done, io::Result<()>)> {
        if self.has_stopped || process != self.process {
            return Err(stopped());
        }
        if self.is_looking {
            return Ok((Done::All, Ok(())));
        }
        if call != Call::Read {
            self.calls += 1;
        }
        let wrong = (self.plan)(self.calls, call);
        self.wrong += u64::from(wrong.is_some());
        Ok(match wrong {
            None => (Done::All, Ok(())),
            Some(Wrong::Stopped(done)) => {
                self.has_stopped = true;
                (done, Err(stopped()))
            }
            Some(Wrong::Failed(done)) => (done, Err(io::Error::other("the disk failed"))),
        })
    }

    /// The node at a path; the empty path is the top folder.
    fn find(&self, path: &str) -> io::Result<usize> {
        let mut at = 0;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Node::Folder(folder) = &self.nodes[at] else {
                return Err(io::ErrorKind::NotADirectory.into());
            };
            at = *folder.shown.get(name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(at)
    }

    /// Changes what a folder lists.
    fn change(&mut self, folder: usize, change: FolderChange) -> io::Result<()> {
        let Node::Folder(folder) = &mut self.nodes[folder] else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        change.apply(&mut folder.shown);
        folder.unsynced.push(change);
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::other("the machine has stopped")
}
