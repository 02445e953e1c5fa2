//! The log's right edge and what pools changed of its files: the one place where entries become
//! tiles and bundles, whether they come from a sender or from a restart.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tlog::bundle::BundleId;
use tlog::edge::TileData;
use tlog::{Edge, Tile};

use crate::fault::Fault;
use crate::head::Head;
use crate::pool::{Framed, Pool};

/// Entries of a full bundle.
const BUNDLE_ENTRIES: u64 = 256;

/// The tree as far as it is sequenced, and what of its files is not yet published.
///
/// It grows in two steps. As a pool is closed, its leaves are hashed into the edge, on which the next pool
/// is closed. What that makes of the files counts only once the pool is durable.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Of every pool that is closed.
    edge: Edge,
    /// Of every pool that is durable.
    head: Head,
    /// The entries of the last bundle while it is partial.
    open_bundle: Vec<u8>,
    changes: Changes,
}

/// Files that changed since the last publication, by what they hold.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By level and index; the widest of each.
    tiles: BTreeMap<(u8, u64), (u16, Vec<u8>)>,
    /// Bundles that filled.
    bundles: Vec<(u64, FileBytes)>,
}

/// Files of the log, by path under `log/`.
pub(crate) type LogFiles = Vec<(String, FileBytes)>;

/// What a file of the log holds.
#[derive(Debug)]
pub(crate) enum FileBytes {
    Own(Vec<u8>),
    /// Entries of one pool, where they stand already.
    Shared(Arc<Framed>, Range<usize>),
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(framed, range) => &framed.bytes[range.clone()],
        }
    }
}

impl Tree {
    pub(crate) fn new(edge: Edge, open_bundle: Vec<u8>) -> Self {
        let head = Head { size: edge.size(), root: edge.root() };
        Self { edge, head, open_bundle, changes: Changes::default() }
    }

    /// As far as it is durable.
    pub(crate) const fn head(&self) -> Head {
        self.head
    }

    /// As far as pools are closed.
    pub(crate) fn closed_head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }

    /// Puts a pool that is being closed behind every other.
    pub(crate) fn close(&mut self, pool: &Pool) -> Result<Growth, Fault> {
        let tiles = self.edge.append(pool.leaves()).map_err(|_| Fault::LogFull)?;
        Ok(Growth { head: self.closed_head(), entries: pool.len(), tiles })
    }

    /// Takes over what became of the pool that was closed first of those that are not durable yet.
    pub(crate) fn grow(&mut self, growth: Growth, framed: &Arc<Framed>) {
        let (mut at, mut size) = (0, self.head.size);
        while at < growth.entries {
            let more = (BUNDLE_ENTRIES - size % BUNDLE_ENTRIES).min((growth.entries - at) as u64);
            let range = framed.range(at, at + more as usize);
            at += more as usize;
            size += more;
            let index = size / BUNDLE_ENTRIES;
            if more == BUNDLE_ENTRIES {
                let bundle = FileBytes::Shared(framed.clone(), range);
                self.changes.bundles.push((index - 1, bundle));
                continue;
            }
            self.open_bundle.extend_from_slice(&framed.bytes[range]);
            if size.is_multiple_of(BUNDLE_ENTRIES) {
                let bundle = FileBytes::Own(std::mem::take(&mut self.open_bundle));
                self.changes.bundles.push((index - 1, bundle));
            }
        }
        for changed in growth.tiles {
            let tile = changed.tile;
            let widest = (tile.width(), changed.bytes);
            self.changes.tiles.insert((tile.level(), tile.index()), widest);
        }
        self.head = growth.head;
    }

    /// The files that make the log what the tree is, given the ones published before; each whole.
    pub(crate) fn take_changes(&mut self) -> LogFiles {
        let Changes { tiles, bundles } = std::mem::take(&mut self.changes);
        let mut files = LogFiles::with_capacity(tiles.len() + bundles.len() + 1);
        if tiles.is_empty() {
            return files;
        }
        let open_width = (self.head.size % BUNDLE_ENTRIES) as u16;
        let open = (open_width > 0).then(|| {
            let bytes = FileBytes::Own(self.open_bundle.clone());
            (self.head.size / BUNDLE_ENTRIES, open_width, bytes)
        });
        let full = bundles.into_iter().map(|(index, bytes)| (index, 256, bytes));
        for (index, width, bytes) in full.chain(open) {
            if let Some(bundle) = BundleId::new(index, width) {
                files.push((bundle.to_string(), bytes));
            }
        }
        for ((level, index), (width, bytes)) in tiles {
            if let Some(tile) = Tile::new(level, index, width) {
                files.push((tile.to_string(), FileBytes::Own(bytes)));
            }
        }
        files
    }
}

/// What a pool that is closed makes of the tree.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) head: Head,
    entries: usize,
    tiles: Vec<TileData>,
}
