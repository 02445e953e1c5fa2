//! Follows a log: verifies all of it and keeps a full copy, laid out as the log itself, so that it can be
//! served, checked and compared in its turn.
//!
//! Entries are hashed here and appended to the tree that was kept, so a new checkpoint is believed only if
//! its tree begins with every leaf that was ever copied. Its files are durable before it is. What a crash
//! leaves of a copy that was not finished is taken up again, and proven by the root like the rest.

use std::collections::BTreeSet;

use tlog::bundle::{self, BundleId};
use tlog::edge::{EdgeError, TileData};
use tlog::split_view::SplitViewError;
use tlog::{Edge, Hash, SignedCheckpoint, SplitView, Tile, VerifierKey, hash_leaf};

use crate::disk::{self, Disk, Lock, folder_of};
use crate::fault::{Fault, Of as _};
use crate::publish::{CHECKPOINT, CHECKPOINT_BYTES_MAX, LOG};
use crate::reader::Reader;
use crate::source::{self, LogSource, SourceFault, Tiles};

/// Bundles that are copied before their files are made durable together, where nothing else is said.
pub const CHUNK_BUNDLES: usize = 64;
/// Bytes of bundles after which no more are taken into the same chunk.
const CHUNK_BYTES: usize = 8 << 20;

const LOCK: &str = "lock";
/// How far a copy that was not finished is on disk.
const PROGRESS: &str = "progress";

/// Why a mirror does not go on. What it verified before stays.
#[derive(Debug, thiserror::Error)]
pub enum MirrorFault {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] Fault),
    /// Another process follows into the same folder.
    #[error("another process keeps this mirror")]
    Locked,
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// What the log shows is no checkpoint of it.
    #[error("the log's checkpoint is not believed: {0}")]
    NotBelieved(tlog::checkpoint::CheckpointError),
    /// The entries are not those that the checkpoint speaks of.
    #[error(
        "the source gives other entries than its own checkpoint of {size} speaks of; the mirror stays as \
         it was"
    )]
    OtherEntries {
        /// Leaves of the checkpoint's tree.
        size: u64,
    },
    /// The copy is not what was verified.
    #[error(
        "the mirror's own copy is damaged: {0}. Move the folder away and let it be copied anew; keep what \
         proves a split view"
    )]
    Damaged(String),
    /// The log has two views.
    #[error(
        "the log shows two views: the proof is in {path}, and anybody with the log's key can check it"
    )]
    SplitView {
        /// Where the proof was put, in the mirror's folder.
        path: String,
        /// The proof.
        proof: Box<SplitView>,
    },
}

/// What following a log came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// The log has grown, and the mirror with it.
    Grown {
        /// Leaves before.
        from: u64,
        /// Leaves now.
        to: u64,
    },
    /// Nothing is new but, perhaps, cosignatures.
    Same {
        /// Leaves.
        size: u64,
    },
    /// The log shows an older checkpoint than it did before, from which the mirror's has grown.
    Older {
        /// Leaves that it shows.
        shown: u64,
        /// Leaves of the mirror.
        kept: u64,
    },
}

/// A mirror that follows.
#[derive(Debug)]
pub struct Mirror<'d> {
    disk: &'d dyn Disk,
    keys: Vec<VerifierKey>,
    kept: Option<SignedCheckpoint>,
    chunk_bundles: usize,
    _lock: Box<dyn Lock>,
}

impl<'d> Mirror<'d> {
    /// The mirror in the disk's folder, empty or begun before, of the log with these keys, all of one
    /// name, which is its origin.
    ///
    /// # Errors
    /// When another process keeps it, it is another log's, or the disk fails.
    pub fn open(disk: &'d dyn Disk, keys: &[VerifierKey]) -> Result<Self, MirrorFault> {
        let lock = match disk.lock(LOCK) {
            Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => {
                return Err(MirrorFault::Locked);
            }
            locked => locked.of(LOCK)?,
        };
        disk::create_folders(disk, LOG).of(LOG)?;
        let (keys, chunk_bundles) = (keys.to_vec(), CHUNK_BUNDLES);
        let mut mirror = Self { disk, keys, kept: None, chunk_bundles, _lock: lock };
        if disk::read_if_any(disk, CHECKPOINT).of(CHECKPOINT)?.is_some() {
            let bytes =
                disk::read_at_most(disk, CHECKPOINT, CHECKPOINT_BYTES_MAX).of(CHECKPOINT)?;
            let kept = mirror.believed(&bytes);
            mirror.kept = Some(kept.map_err(|fault| MirrorFault::Damaged(fault.to_string()))?);
            // That it can be read does not say that it is on disk, and from here on it is told of.
            disk::write_whole(disk, CHECKPOINT, &bytes).of(CHECKPOINT)?;
        }
        Ok(mirror)
    }

    /// Makes so many bundles durable together: fewer lose less to a line that breaks off often.
    #[must_use]
    pub fn in_chunks_of(mut self, bundles: usize) -> Self {
        self.chunk_bundles = bundles.max(1);
        self
    }

    /// The checkpoint that the copy was verified against.
    #[must_use]
    pub const fn kept(&self) -> Option<&SignedCheckpoint> {
        self.kept.as_ref()
    }

    /// Brings the mirror up to what the log shows now.
    ///
    /// # Errors
    /// When the log cannot be read or is not believed, shows two views, or the disk fails.
    pub fn follow(&mut self, source: &mut dyn LogSource) -> Result<Followed, MirrorFault> {
        let shown = self.believed(&source.checkpoint()?).map_err(MirrorFault::NotBelieved)?;
        let (size, kept) = (shown.checkpoint().size, self.size());
        if size < kept || (size == kept && self.kept.is_some()) {
            self.compare(&shown, &mut Reader::new(self.disk))?;
            if size < kept {
                return Ok(Followed::Older { shown: size, kept });
            }
            self.keep(self.with_kept_cosignatures(shown))?;
            return Ok(Followed::Same { size });
        }
        let resumed = self.progress(size)?;
        let root = Some(shown.checkpoint().root);
        let mut copied = self.copy(source, resumed, size)?;
        if copied != root && resumed > kept {
            // What an earlier try left may be what is wrong.
            copied = self.copy(source, kept, size)?;
        }
        if copied != root {
            self.compare(&shown, source)?;
            return Err(MirrorFault::OtherEntries { size });
        }
        if resumed > kept {
            // What was taken up again may have been begun from another view than the one that is kept.
            self.compare(&shown, &mut Reader::new(self.disk))?;
        }
        self.remove_abandoned(size)?;
        self.keep(shown)?;
        self.remove_superseded(kept, size)?;
        Ok(Followed::Grown { from: kept, to: size })
    }

    fn size(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.checkpoint().size)
    }

    fn believed(
        &self,
        bytes: &[u8],
    ) -> Result<SignedCheckpoint, tlog::checkpoint::CheckpointError> {
        let checkpoint = SignedCheckpoint::parse(bytes)?;
        let origin = self.keys.first().map_or("", VerifierKey::name);
        checkpoint.verify(origin, &self.keys)?;
        Ok(checkpoint)
    }

    /// Whether what is shown and what is kept go together, by the tiles of the larger of the two. A split
    /// view is written down before it is told.
    fn compare(
        &self,
        shown: &SignedCheckpoint,
        larger: &mut dyn LogSource,
    ) -> Result<(), MirrorFault> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let found = SplitView::between(kept, shown, &mut Tiles(larger));
        let Some(proof) = found.map_err(of_tiles)? else { return Ok(()) };
        match proof.verify(&kept.checkpoint().origin, &self.keys) {
            Ok(()) => {}
            // The tiles are not those of the larger checkpoint, so they say nothing of the smaller one.
            Err(SplitViewError::Proof(_)) if shown.checkpoint().size > self.size() => {
                return Err(MirrorFault::OtherEntries { size: shown.checkpoint().size });
            }
            Err(fault) => return Err(MirrorFault::Damaged(fault.to_string())),
        }
        let (one, other) = (proof.first().checkpoint(), proof.second().checkpoint());
        let path = format!("split-view-{}-{}", one.size, other.size);
        disk::write_whole(self.disk, &path, proof.to_string().as_bytes()).of(&path)?;
        Err(MirrorFault::SplitView { path, proof: Box::new(proof) })
    }

    /// Copies the entries `from..to` and gives the root of the tree that they make of the one before;
    /// none where the bundle at its end begins with other entries than the tree.
    fn copy(
        &self,
        source: &mut dyn LogSource,
        from: u64,
        to: u64,
    ) -> Result<Option<Hash>, MirrorFault> {
        let mut edge = self.edge(from)?;
        let mut made = BTreeSet::new();
        let mut ids = BundleId::covering(from, to).peekable();
        while ids.peek().is_some() {
            let mut chunk = Chunk::default();
            while !chunk.is_full(self.chunk_bundles)
                && let Some(id) = ids.next()
            {
                if !chunk.take(source, id, &edge)? {
                    return Ok(None);
                }
            }
            let Ok(tiles) = edge.append(&chunk.leaves) else {
                return Err(MirrorFault::OtherEntries { size: to });
            };
            self.write(chunk.files, &tiles, &mut made)?;
            if edge.size() < to {
                let progress = format!("{}\n", edge.size());
                disk::write_whole(self.disk, PROGRESS, progress.as_bytes()).of(PROGRESS)?;
            }
        }
        Ok(Some(edge.root()))
    }

    /// The tree's edge as it lies on disk; that of the checkpoint is checked against it.
    fn edge(&self, size: u64) -> Result<Edge, MirrorFault> {
        let edge = match Edge::load(size, &mut Reader::new(self.disk)) {
            Ok(edge) => edge,
            Err(EdgeError::TooLarge) => return Err(Fault::LogFull.into()),
            Err(EdgeError::Source(fault)) => return Err(MirrorFault::Damaged(fault.to_string())),
        };
        let kept = self.kept.as_ref().map(SignedCheckpoint::checkpoint);
        if kept.is_some_and(|kept| kept.size == size && kept.root != edge.root()) {
            let reason = "the tiles at its edge are not those of its checkpoint".to_owned();
            return Err(MirrorFault::Damaged(reason));
        }
        Ok(edge)
    }

    fn write(
        &self,
        mut files: Vec<(String, Vec<u8>)>,
        tiles: &[TileData],
        made: &mut BTreeSet<String>,
    ) -> Result<(), MirrorFault> {
        files.extend(tiles.iter().map(|data| (in_log(&data.tile), data.bytes.clone())));
        for (path, _) in &files {
            let folder = folder_of(path);
            if !made.contains(folder) {
                disk::create_folders(self.disk, folder).of(folder)?;
                made.insert(folder.to_owned());
            }
        }
        Ok(disk::write_whole_all(self.disk, &files, BTreeSet::new()).of(LOG)?)
    }

    /// How far an unfinished copy towards `size` got: a number of whole bundles, or what is kept.
    fn progress(&self, size: u64) -> Result<u64, MirrorFault> {
        let kept = self.size();
        let written = disk::read_if_any(self.disk, PROGRESS).of(PROGRESS)?;
        let at = written
            .and_then(|bytes| str::from_utf8(&bytes).ok()?.trim_end().parse::<u64>().ok())
            .filter(|at| *at > kept && *at < size && at % 256 == 0);
        // It is a hint: where its tiles cannot be read, the copy begins again.
        let can_be_read = |at: &u64| Edge::load(*at, &mut Reader::new(self.disk)).is_ok();
        Ok(at.filter(can_be_read).unwrap_or(kept))
    }

    /// The cosignatures that are kept, of keys that what is shown has none of. A host that leaves some out
    /// takes nothing away.
    fn with_kept_cosignatures(&self, mut shown: SignedCheckpoint) -> SignedCheckpoint {
        let kept = self.kept.iter().flat_map(|kept| kept.note().signatures());
        for line in kept {
            let is_of = |other: &tlog::SignatureLine| {
                other.id() == line.id() && other.name() == line.name()
            };
            if !shown.note().signatures().iter().any(is_of) {
                shown.note_mut().add(line.clone());
            }
        }
        shown
    }

    fn keep(&mut self, checkpoint: SignedCheckpoint) -> Result<(), MirrorFault> {
        if self.kept.as_ref() != Some(&checkpoint) {
            let bytes = checkpoint.to_string();
            disk::write_whole(self.disk, CHECKPOINT, bytes.as_bytes()).of(CHECKPOINT)?;
            self.kept = Some(checkpoint);
        }
        Ok(())
    }

    /// Removes the partial tiles and bundles at the edge of the new tree that copies left which came to
    /// nothing: nobody may be served a tile of entries that were not believed.
    fn remove_abandoned(&self, size: u64) -> Result<(), Fault> {
        let Some(last) = size.checked_sub(1) else { return Ok(()) };
        for level in 0..=tlog::tile::TILE_LEVEL_MAX {
            let hashes = size >> (8 * level);
            let tile = hashes.checked_sub(1).and_then(|node| Tile::holding(level, node, size));
            if let Some(tile) = tile {
                self.remove_unlike(&in_log(&tile.full()), tile.width())?;
            }
        }
        match BundleId::holding(last, size) {
            Some(id) => self.remove_unlike(&in_log(&id.full()), id.width()),
            None => Ok(()),
        }
    }

    /// Removes the partial files beside the one of this width that are not what it begins with. Of a
    /// full one, all of them go later.
    fn remove_unlike(&self, full: &str, width: u16) -> Result<(), Fault> {
        let folder = format!("{full}.p");
        if width == tlog::tile::TILE_WIDTH {
            return Ok(());
        }
        let current = disk::read(self.disk, &format!("{folder}/{width}")).of(&folder)?;
        let mut is_changed = false;
        for entry in self.disk.list(&folder).of(&folder)? {
            let path = format!("{folder}/{}", entry.name);
            let is_of_tree = entry.name.parse::<u16>().is_ok_and(|other| other <= width)
                && current.starts_with(&disk::read(self.disk, &path).of(&path)?);
            if !is_of_tree {
                self.disk.remove(&path).of(&path)?;
                is_changed = true;
            }
        }
        if is_changed { self.disk.sync_folder(&folder).of(&folder) } else { Ok(()) }
    }

    /// Removes the partial tiles and bundles of the tree that was kept before, and of the way from it,
    /// whose full ones are there now.
    fn remove_superseded(&self, from: u64, to: u64) -> Result<(), MirrorFault> {
        for level in 0..=tlog::tile::TILE_LEVEL_MAX {
            let (before, now) = (from >> (8 * level), to >> (8 * level));
            for index in before / 256..now / 256 {
                let full = Tile::new(level, index, 256).into_iter();
                let bundle = BundleId::new(index, 256).filter(|_| level == 0).into_iter();
                let paths = full.map(|tile| in_log(&tile)).chain(bundle.map(|id| in_log(&id)));
                for path in paths {
                    remove_folder(self.disk, &format!("{path}.p"))?;
                }
            }
        }
        Ok(())
    }
}

/// Entries on their way into the copy.
#[derive(Default)]
struct Chunk {
    files: Vec<(String, Vec<u8>)>,
    leaves: Vec<Hash>,
    bytes: usize,
}

impl Chunk {
    fn is_full(&self, bundles: usize) -> bool {
        self.files.len() == bundles || self.bytes >= CHUNK_BYTES
    }

    /// Takes a bundle, of which some entries may be in the tree already: whether they are the same.
    fn take(
        &mut self,
        source: &mut dyn LogSource,
        id: BundleId,
        tree: &Edge,
    ) -> Result<bool, MirrorFault> {
        let mut bytes = source::bundle(source, id)?;
        let entries = bundle::first_entries(&bytes, id.width()).map_err(|torn| {
            SourceFault::Damaged { path: id.to_string(), reason: torn.to_string() }
        })?;
        let known = tree.size().saturating_sub(id.start()) as usize;
        let mut leaves = entries.iter().map(|entry| hash_leaf(entry));
        // The whole bundle is kept, so all of it is held against the tree.
        if known > 0 && !leaves.by_ref().take(known).eq(tree.open_leaves()) {
            return Ok(false);
        }
        self.leaves.extend(leaves);
        let whole = entries.iter().map(|entry| 2 + entry.len()).sum();
        bytes.truncate(whole);
        self.bytes += bytes.len();
        self.files.push((in_log(&id), bytes));
        Ok(true)
    }
}

fn in_log(path: &dyn std::fmt::Display) -> String {
    format!("{LOG}/{path}")
}

fn remove_folder(disk: &dyn Disk, folder: &str) -> Result<(), Fault> {
    let listed = match disk.list(folder) {
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        listed => listed.of(folder)?,
    };
    for entry in listed {
        disk.remove(&format!("{folder}/{}", entry.name)).of(folder)?;
    }
    disk.remove_folder(folder).of(folder)
}

fn of_tiles(error: tlog::proof::ProofError<SourceFault>) -> MirrorFault {
    match error {
        tlog::proof::ProofError::Source(fault) => MirrorFault::Source(fault),
        other @ tlog::proof::ProofError::Range(_) => MirrorFault::Damaged(other.to_string()),
    }
}
