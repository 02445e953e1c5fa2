//! Files and folders: what is shown, what is durable, and what lies between.

use std::collections::BTreeMap;

use super::{Done, Kept};
use crate::seed::Seeded;

/// What a disk writes as one.
const SECTOR_BYTES: usize = 512;

#[derive(Clone)]
pub(super) enum Node {
    File(FileNode),
    Folder(FolderNode),
}

#[derive(Clone, Default)]
pub(super) struct FileNode {
    pub(super) shown: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<FileChange>,
}

#[derive(Clone)]
enum FileChange {
    Write { offset: usize, bytes: Vec<u8> },
    SetSize(usize),
}

#[derive(Clone, Default)]
pub(super) struct FolderNode {
    pub(super) shown: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    pub(super) unsynced: Vec<FolderChange>,
}

/// A change of what a folder lists. A rename is one change: it is never half done.
#[derive(Clone)]
pub(super) enum FolderChange {
    Add { name: String, node: usize },
    Remove { name: String },
    Rename { from: String, to: String, node: usize },
}

impl Node {
    pub(super) fn folder() -> Self {
        Self::Folder(FolderNode::default())
    }

    pub(super) fn file() -> Self {
        Self::File(FileNode::default())
    }

    /// Makes durable what is shown, as in a copy of it.
    pub(super) fn settle_as_shown(&mut self) {
        match self {
            Self::File(file) => {
                file.unsynced.clear();
                file.durable.clone_from(&file.shown);
            }
            Self::Folder(folder) => {
                folder.unsynced.clear();
                folder.durable.clone_from(&folder.shown);
            }
        }
    }

    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        let Self::File(file) = self else { return false };
        [&file.shown, &file.durable].into_iter().any(|held| contains(held, bytes))
    }
}

impl FileNode {
    pub(super) fn flip(&mut self, at: usize, bit: u8) {
        for bytes in [&mut self.shown, &mut self.durable] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        put(&mut self.shown, offset, bytes);
        self.unsynced.push(FileChange::Write { offset, bytes: bytes.to_vec() });
    }

    pub(super) fn set_size(&mut self, bytes: usize) {
        self.shown.resize(bytes, 0);
        self.unsynced.push(FileChange::SetSize(bytes));
    }

    /// Makes as much durable as was done. Where the sync failed and the process goes on, what was not
    /// done is dropped: it is shown until the power is lost, and no later sync writes it. Where the
    /// process was stopped in it, the rest is still waiting, for the loss of power to choose from.
    pub(super) fn sync(&mut self, done: Done, has_stopped: bool, seeded: &mut Seeded) {
        match done {
            Done::All => self.settle(Kept::All, seeded),
            _ if has_stopped => {}
            Done::Part => self.settle(Kept::Some, seeded),
            Done::Nothing => self.settle(Kept::Nothing, seeded),
        }
    }

    pub(super) fn lose_power(&mut self, kept: Kept, seeded: &mut Seeded) {
        self.settle(kept, seeded);
        self.shown.clone_from(&self.durable);
    }

    fn settle(&mut self, kept: Kept, seeded: &mut Seeded) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                FileChange::Write { offset, bytes } => {
                    let mut at = 0;
                    while at < bytes.len() {
                        let to_boundary = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
                        let end = bytes.len().min(at + to_boundary);
                        if kept.keeps(seeded) {
                            put(&mut self.durable, offset + at, &bytes[at..end]);
                        }
                        at = end;
                    }
                }
                FileChange::SetSize(bytes) => {
                    if kept.keeps(seeded) {
                        self.durable.resize(bytes, 0);
                    }
                }
            }
        }
    }
}

impl FolderNode {
    pub(super) fn forget(&mut self, name: &str) {
        self.settle(Kept::All, &mut Seeded::new(0));
        self.shown.remove(name);
        self.durable.remove(name);
    }

    /// What was not done stays to be done: no system drops a rename.
    pub(super) fn sync(&mut self, done: Done, seeded: &mut Seeded) {
        if done == Done::All {
            self.settle(Kept::All, seeded);
        }
    }

    pub(super) fn lose_power(&mut self, kept: Kept, seeded: &mut Seeded) {
        self.settle(kept, seeded);
        self.shown.clone_from(&self.durable);
    }

    fn settle(&mut self, kept: Kept, seeded: &mut Seeded) {
        for change in std::mem::take(&mut self.unsynced) {
            if kept.keeps(seeded) {
                change.apply(&mut self.durable);
            }
        }
    }
}

impl FolderChange {
    pub(super) fn apply(&self, listed: &mut BTreeMap<String, usize>) {
        match self {
            Self::Add { name, node } => {
                listed.insert(name.clone(), *node);
            }
            Self::Remove { name } => {
                listed.remove(name);
            }
            Self::Rename { from, to, node } => {
                if listed.get(from) == Some(node) {
                    listed.remove(from);
                }
                listed.insert(to.clone(), *node);
            }
        }
    }
}

impl Kept {
    fn keeps(self, seeded: &mut Seeded) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Some => seeded.one_in(2),
        }
    }
}

/// Writes into a file's bytes; past the end it grows, by zeros where nothing was written.
fn put(into: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if into.len() < end {
        into.resize(end, 0);
    }
    into[offset..end].copy_from_slice(bytes);
}

/// Most of a disk is zeros, so where the first byte stands is looked for first.
fn contains(held: &[u8], bytes: &[u8]) -> bool {
    let Some((&first, _)) = bytes.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = held[from..].iter().position(|&byte| byte == first) {
        from += at;
        if held[from..].starts_with(bytes) {
            return true;
        }
        from += 1;
    }
    false
}
