//! A log, checked: every entry against its leaf's hash, every hash against the tiles over it and the
//! root, the root against the signed checkpoint. Its entries stay in their files, and are read again from
//! there by whoever folds them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use agreement::Digest;
use tlog::bundle::{self, BundleId};
use tlog::checkpoint::CheckpointError;
use tlog::edge::TileData;
use tlog::{Edge, Hash, SignedCheckpoint, VerifierKey, hash_leaf};

use crate::entries::Entries;
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
    /// A tile over tiles is missing, or has other hashes than those below it make: proofs from it fail.
    Tile {
        /// Its path.
        path: String,
    },
    /// The hashes of the leaves do not make the tree that the checkpoint names.
    Root,
}

/// A log that was read.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its checkpoint, with every signature that came with it.
    pub checkpoint: SignedCheckpoint,
    /// What is wrong with it, in the order of leaves.
    pub flaws: Vec<Flaw>,
    files: Arc<dyn Files>,
    /// Of each bundle, the digest of its file; none where it cannot be read.
    bundles: Vec<Option<Digest>>,
    /// Leaves whose entry is not the one in the tree.
    damaged: BTreeSet<u64>,
    /// The root at each size that was asked for.
    roots: Vec<(u64, Hash)>,
}

impl Log {
    /// Reads a log under its key. `roots` are sizes whose roots are wanted.
    ///
    /// # Errors
    /// When a file cannot be read, or the checkpoint is not the log's. Whatever is wrong with the
    /// entries is a [`Flaw`], not an error.
    pub fn read(
        files: impl Files + 'static,
        key: &VerifierKey,
        roots: &[u64],
    ) -> Result<Self, LogFault> {
        let files: Arc<dyn Files> = Arc::new(files);
        let checkpoint = files
            .read("checkpoint")
            .map_err(|source| LogFault::Read { path: "checkpoint".to_owned(), source })?
            .ok_or(LogFault::NoCheckpoint)?;
        let checkpoint = SignedCheckpoint::parse(&checkpoint).map_err(LogFault::Checkpoint)?;
        let known = std::slice::from_ref(key);
        checkpoint.verify(key.name(), known).map_err(LogFault::Checkpoint)?;
        let checkpoint = witnessed(&*files, key, checkpoint)?;
        let size = checkpoint.checkpoint().size;
        let mut log = Self {
            checkpoint,
            flaws: Vec::new(),
            files,
            bundles: Vec::new(),
            damaged: BTreeSet::new(),
            roots: Vec::new(),
        };
        let (mut edge, mut hashes_whole) = (Edge::new(), true);
        // The last tile of each level, for as long as it is partial.
        let mut open = BTreeMap::new();
        for id in BundleId::covering(0, size) {
            let Some(hashes) = log.read_bundle(id)? else {
                hashes_whole = false;
                continue;
            };
            for tile in log.grow(&mut edge, &hashes, roots) {
                if tile.tile.is_partial() {
                    open.insert(tile.tile.level(), tile);
                } else {
                    open.remove(&tile.tile.level());
                    // Behind a bundle that is lost, hashes are those of another tree.
                    log.check_tile(&tile, hashes_whole)?;
                }
            }
        }
        for tile in open.values() {
            log.check_tile(tile, hashes_whole)?;
        }
        let root = log.checkpoint.checkpoint().root;
        if !hashes_whole || edge.root() != root {
            log.flaws.push(Flaw::Root);
        }
        Ok(log)
    }

    /// The hashes of a bundle's leaves as the tree has them.
    fn read_bundle(&mut self, id: BundleId) -> Result<Option<Vec<Hash>>, LogFault> {
        let (files, width) = (&*self.files, usize::from(id.width()));
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
            self.bundles.push(None);
            return Ok(hashes);
        };
        self.bundles.push(held.as_deref().map(Digest::of_bytes));
        for (at, entry) in entries.iter().enumerate() {
            let is_whole = hashes.as_ref().is_none_or(|hashes| hashes[at] == hash_leaf(entry));
            if !is_whole {
                let leaf = id.start() + at as u64;
                self.flaws.push(Flaw::Entry { leaf });
                self.damaged.insert(leaf);
            }
        }
        // Without the tile, what the entries hash to may still make the root.
        Ok(hashes.or_else(|| Some(entries.iter().map(|entry| hash_leaf(entry)).collect())))
    }

    /// Holds a tile over tiles against the one that the leaves make.
    fn check_tile(&mut self, made: &TileData, hashes_whole: bool) -> Result<(), LogFault> {
        let tile = made.tile;
        if tile.level() == 0 || !hashes_whole {
            return Ok(());
        }
        let path = tile.to_string();
        let held = either(&*self.files, &path, &tile.full().to_string())?;
        let is_whole = held.is_some_and(|held| match held.len() == made.bytes.len() {
            true => held == made.bytes,
            // A full one may stand for its beginning.
            false => tile.is_partial() && held.starts_with(&made.bytes),
        });
        if !is_whole {
            self.flaws.push(Flaw::Tile { path });
        }
        Ok(())
    }

    fn grow(&mut self, edge: &mut Edge, hashes: &[Hash], roots: &[u64]) -> Vec<TileData> {
        let (mut rest, mut changed) = (hashes, Vec::new());
        let mut wanted: Vec<u64> =
            roots.iter().copied().filter(|&size| size <= edge.size() + rest.len() as u64).collect();
        wanted.retain(|&size| size >= edge.size());
        wanted.sort_unstable();
        for size in wanted {
            let (now, later) = rest.split_at((size - edge.size()) as usize);
            changed.extend(append(edge, now));
            self.roots.push((size, edge.root()));
            rest = later;
        }
        changed.extend(append(edge, rest));
        changed
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

impl Entries for Log {
    fn count(&self) -> u64 {
        self.size()
    }

    fn each(&self, to: u64, take: &mut dyn FnMut(u64, Option<&[u8]>)) {
        for (id, digest) in BundleId::covering(0, self.size()).zip(&self.bundles) {
            if id.start() >= to {
                return;
            }
            let held = either(&*self.files, &id.to_string(), &id.full().to_string());
            // Read again, it may be another by now.
            let held = held.ok().flatten();
            let held = held.filter(|held| *digest == Some(Digest::of_bytes(held)));
            let entries =
                held.as_deref().and_then(|held| bundle::first_entries(held, id.width()).ok());
            for leaf in id.start()..to.min(id.start() + u64::from(id.width())) {
                let entry = entries.as_ref().map(|entries| entries[(leaf - id.start()) as usize]);
                take(leaf, entry.filter(|_| !self.damaged.contains(&leaf)));
            }
        }
    }
}

fn append(edge: &mut Edge, leaves: &[Hash]) -> Vec<TileData> {
    // No log whose checkpoint could be read is larger than a tree may be.
    edge.append(leaves).unwrap_or_default()
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
