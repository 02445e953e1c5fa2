//! A log, read whole and checked: every entry against its leaf's hash, every hash against the
//! root, the root against the signed checkpoint.

use std::io;

use tlog::bundle::{self, BundleId};
use tlog::checkpoint::CheckpointError;
use tlog::{Edge, Hash, SignedCheckpoint, VerifierKey, hash_leaf};

use crate::files::Files;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// There is no checkpoint.
    #[error("there is no checkpoint here: name the folder that holds `checkpoint` and `tile`")]
    NoCheckpoint,
    /// The checkpoint is not one of this log.
    #[error("the checkpoint is not one that this log signed")]
    Checkpoint(#[source] CheckpointError),
    /// More of the log was asked for than its checkpoint covers.
    #[error("the log has {size} entries, not {asked}")]
    NotSoLarge {
        /// What its checkpoint covers.
        size: u64,
        /// What was asked for.
        asked: u64,
    },
}

/// Something in the log that is not as the checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An entry is not the one whose hash is in the tree.
    Entry {
        /// Its leaf.
        leaf: u64,
    },
    /// A file is missing or torn; so many leaves from the first cannot be read.
    File {
        /// Its path.
        path: String,
        /// The first leaf in it.
        leaf: u64,
        /// How many.
        leaves: u64,
    },
    /// The hashes of the leaves do not make the tree that the checkpoint names.
    Root,
}

/// A log that was read.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its checkpoint, with every signature that came with it.
    pub checkpoint: SignedCheckpoint,
    /// The entries by leaf; none where one cannot be had or is not the one in the tree.
    pub entries: Vec<Option<Vec<u8>>>,
    /// What is wrong with it, in the order of leaves.
    pub flaws: Vec<Flaw>,
    /// The root at each size that was asked for.
    roots: Vec<(u64, Hash)>,
}

impl Log {
    /// Reads a log under its key. `roots` are sizes whose roots are wanted.
    ///
    /// # Errors
    /// When a file cannot be read, or the checkpoint is not the log's. Whatever is wrong with the
    /// entries is a [`Flaw`], not an error.
    pub fn read(files: &dyn Files, key: &VerifierKey, roots: &[u64]) -> Result<Self, LogFault> {
        let checkpoint = files
            .read("checkpoint")
            .map_err(|source| LogFault::Read { path: "checkpoint".to_owned(), source })?
            .ok_or(LogFault::NoCheckpoint)?;
        let checkpoint = SignedCheckpoint::parse(&checkpoint).map_err(LogFault::Checkpoint)?;
        let known = std::slice::from_ref(key);
        checkpoint.verify(key.name(), known).map_err(LogFault::Checkpoint)?;
        let checkpoint = witnessed(files, key, checkpoint)?;
        let size = checkpoint.checkpoint().size;
        let mut log =
            Self { checkpoint, entries: Vec::new(), flaws: Vec::new(), roots: Vec::new() };
        let (mut edge, mut hashes_whole) = (Edge::new(), true);
        for id in BundleId::covering(0, size) {
            let hashes = log.read_bundle(files, id)?;
            match hashes {
                Some(hashes) => log.grow(&mut edge, &hashes, roots),
                None => hashes_whole = false,
            }
        }
        let root = log.checkpoint.checkpoint().root;
        if !hashes_whole || edge.root() != root {
            log.flaws.push(Flaw::Root);
        }
        Ok(log)
    }

    /// The hashes of a bundle's leaves as the tree has them.
    fn read_bundle(
        &mut self,
        files: &dyn Files,
        id: BundleId,
    ) -> Result<Option<Vec<Hash>>, LogFault> {
        let width = usize::from(id.width());
        let tile = either(files, &id.tile().to_string(), &id.tile().full().to_string())?;
        let held = either(files, &id.to_string(), &id.full().to_string())?;
        let hashes: Option<Vec<Hash>> = tile.and_then(|bytes| {
            let all: Option<Vec<Hash>> = bytes.chunks(32).map(Hash::from_slice).collect();
            all.filter(|all| all.len() >= width).map(|mut all| {
                all.truncate(width);
                all
            })
        });
        let lost = |path: String| Flaw::File { path, leaf: id.start(), leaves: width as u64 };
        if hashes.is_none() {
            self.flaws.push(lost(id.tile().to_string()));
        }
        let entries =
            held.as_deref().and_then(|bytes| bundle::first_entries(bytes, id.width()).ok());
        let Some(entries) = entries else {
            self.flaws.push(lost(id.to_string()));
            self.entries.extend(std::iter::repeat_n(None, width));
            return Ok(hashes);
        };
        for (at, entry) in entries.iter().enumerate() {
            let is_whole = hashes.as_ref().is_none_or(|hashes| hashes[at] == hash_leaf(entry));
            if !is_whole {
                self.flaws.push(Flaw::Entry { leaf: id.start() + at as u64 });
            }
            self.entries.push(is_whole.then(|| entry.to_vec()));
        }
        // Without the tile, what the entries hash to may still make the root.
        Ok(hashes.or_else(|| Some(entries.iter().map(|entry| hash_leaf(entry)).collect())))
    }

    fn grow(&mut self, edge: &mut Edge, hashes: &[Hash], roots: &[u64]) {
        let mut rest = hashes;
        let mut wanted: Vec<u64> =
            roots.iter().copied().filter(|&size| size <= edge.size() + rest.len() as u64).collect();
        wanted.retain(|&size| size >= edge.size());
        wanted.sort_unstable();
        for size in wanted {
            let (now, later) = rest.split_at((size - edge.size()) as usize);
            append(edge, now);
            self.roots.push((size, edge.root()));
            rest = later;
        }
        append(edge, rest);
    }

    /// The root at a size that was asked for.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.roots.iter().find(|(at, _)| *at == size).map(|&(_, root)| root)
    }

    /// How many entries the checkpoint covers.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.checkpoint.checkpoint().size
    }
}

fn append(edge: &mut Edge, leaves: &[Hash]) {
    // No log whose checkpoint could be read is larger than a tree may be.
    let _ = edge.append(leaves);
}

/// The same checkpoint with the cosignatures that a record keeps beside it, if it keeps any.
fn witnessed(
    files: &dyn Files,
    key: &VerifierKey,
    checkpoint: SignedCheckpoint,
) -> Result<SignedCheckpoint, LogFault> {
    let path = "witnessed";
    let bytes = files.read(path);
    let bytes = bytes.map_err(|source| LogFault::Read { path: path.to_owned(), source })?;
    let beside = bytes.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
    let same = beside.filter(|beside| {
        let is_same = beside.checkpoint() == checkpoint.checkpoint();
        is_same && beside.verify(key.name(), std::slice::from_ref(key)).is_ok()
    });
    Ok(same.unwrap_or(checkpoint))
}

/// A file, or the full one that it is the beginning of.
fn either(files: &dyn Files, path: &str, full: &str) -> Result<Option<Vec<u8>>, LogFault> {
    let read = |path: &str| {
        files.read(path).map_err(|source| LogFault::Read { path: path.to_owned(), source })
    };
    match read(path)? {
        None if path != full => read(full),
        found => Ok(found),
    }
}
