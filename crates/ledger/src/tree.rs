//! The log's right edge and what pools changed of its files: the one place where entries become
//! tiles and bundles, whether they come from a sender or from a restart.

use std::collections::BTreeMap;

use tlog::bundle::BundleId;
use tlog::{Edge, Tile};

use crate::fault::Fault;
use crate::head::Head;
use crate::pool::Pool;

/// Entries of a full bundle.
const BUNDLE_ENTRIES: u64 = 256;

/// The tree as far as it is sequenced, and what of its files is not yet published.
#[derive(Debug)]
pub(crate) struct Tree {
    edge: Edge,
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
    bundles: Vec<(u64, Vec<u8>)>,
}

/// Files of the log, by path under `log/`.
pub(crate) type LogFiles = Vec<(String, Vec<u8>)>;

impl Tree {
    pub(crate) fn new(edge: Edge, open_bundle: Vec<u8>) -> Self {
        Self { edge, open_bundle, changes: Changes::default() }
    }

    pub(crate) fn head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }

    /// The head that the tree would have with the pool, and the edge to take over for it.
    pub(crate) fn grown(&self, pool: &Pool) -> Result<Growth, Fault> {
        let mut edge = self.edge.clone();
        let tiles = edge.append(pool.leaves()).map_err(|_| Fault::LogFull)?;
        Ok(Growth { head: Head { size: edge.size(), root: edge.root() }, edge, tiles })
    }

    /// Takes over what [`grown`](Self::grown) made of the same pool.
    pub(crate) fn grow(&mut self, growth: Growth, pool: &Pool) {
        let mut at = 0;
        let mut size = self.edge.size();
        while at < pool.len() {
            let more = (BUNDLE_ENTRIES - size % BUNDLE_ENTRIES).min((pool.len() - at) as u64);
            if self.open_bundle.is_empty() && more == BUNDLE_ENTRIES {
                self.open_bundle.reserve_exact(pool.framed(at, at + more as usize).len());
            }
            self.open_bundle.extend_from_slice(pool.framed(at, at + more as usize));
            at += more as usize;
            size += more;
            if size.is_multiple_of(BUNDLE_ENTRIES) {
                let full = std::mem::take(&mut self.open_bundle);
                self.changes.bundles.push((size / BUNDLE_ENTRIES - 1, full));
            }
        }
        for changed in growth.tiles {
            let tile = changed.tile;
            let widest = (tile.width(), changed.bytes);
            self.changes.tiles.insert((tile.level(), tile.index()), widest);
        }
        self.edge = growth.edge;
    }

    /// The files that make the log what the tree is, given the ones published before; each whole.
    pub(crate) fn take_changes(&mut self) -> LogFiles {
        let Changes { tiles, bundles } = std::mem::take(&mut self.changes);
        let mut files = LogFiles::with_capacity(tiles.len() + bundles.len() + 1);
        if tiles.is_empty() {
            return files;
        }
        let open_width = (self.edge.size() % BUNDLE_ENTRIES) as u16;
        let open = (open_width > 0)
            .then(|| (self.edge.size() / BUNDLE_ENTRIES, open_width, self.open_bundle.clone()));
        let full = bundles.into_iter().map(|(index, bytes)| (index, 256, bytes));
        for (index, width, bytes) in full.chain(open) {
            if let Some(bundle) = BundleId::new(index, width) {
                files.push((bundle.to_string(), bytes));
            }
        }
        for ((level, index), (width, bytes)) in tiles {
            if let Some(tile) = Tile::new(level, index, width) {
                files.push((tile.to_string(), bytes));
            }
        }
        files
    }
}

/// What a pool would make of the tree.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) head: Head,
    edge: Edge,
    tiles: Vec<tlog::edge::TileData>,
}
