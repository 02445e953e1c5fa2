//! The right edge of a tree: all that is needed to append to it.

use crate::hash::{EMPTY_ROOT, HASH_BYTES, Hash, fold_complete, hash_node};
use crate::tile::{TILE_BYTES, TILE_LEVEL_MAX, TREE_SIZE_MAX, Tile, TileSource};

/// Why an edge does not grow, or cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError<E> {
    /// The tree would pass [`TREE_SIZE_MAX`].
    #[error("the tree would have more than 2^63 - 1 leaves")]
    TooLarge,
    /// A tile at the edge cannot be had.
    #[error("a tile at the edge of the tree cannot be had: {0}")]
    Source(E),
}

/// A tile and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileData {
    /// Which tile.
    pub tile: Tile,
    /// Its hashes, one after the other: [`Tile::byte_len`] bytes.
    pub bytes: Vec<u8>,
}

/// The right edge of a tree: its size, the rightmost tile of each level as far as it has filled, and
/// the roots of the complete subtrees that make up the tree. A clone is the tree as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    /// Roots of complete subtrees, the largest first: one for each bit that is set in the size.
    peaks: Vec<Hash>,
    /// The hashes of the rightmost tile of each level while it is partial; empty when it is not.
    partial: Vec<Vec<u8>>,
}

impl Edge {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of the tree of `size`, from its partial tiles: at most eight, however large the tree.
    /// Compare [`root`](Self::root) with the checkpoint before appending.
    ///
    /// # Errors
    /// When the size is past [`TREE_SIZE_MAX`] or a tile cannot be had.
    pub fn load<S: TileSource>(size: u64, source: &mut S) -> Result<Self, EdgeError<S::Error>> {
        if size > TREE_SIZE_MAX {
            return Err(EdgeError::TooLarge);
        }
        let mut edge = Self { size, ..Self::default() };
        for level in 0..=TILE_LEVEL_MAX {
            let hashes = size >> (8 * level);
            if hashes == 0 {
                break;
            }
            let mut bytes = Vec::new();
            // A level whose last tile is full has no partial one.
            if let Some(tile) = Tile::holding(level, hashes - 1, size).filter(|t| t.is_partial()) {
                bytes.reserve_exact(TILE_BYTES);
                bytes.resize(tile.byte_len(), 0);
                source.read_tile(tile, &mut bytes).map_err(EdgeError::Source)?;
            }
            edge.partial.push(bytes);
        }
        for bytes in edge.partial.iter().rev() {
            edge.peaks.extend(peaks_of(bytes));
        }
        Ok(edge)
    }

    /// Leaves of the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree (RFC 6962 §2.1). At most 62 hashes.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let last = peaks.next().copied().unwrap_or(EMPTY_ROOT);
        peaks.fold(last, |right, left| hash_node(left, &right))
    }

    /// The leaves behind the last full tile, in order: the last of them, fewer than 256.
    pub fn open_leaves(&self) -> impl Iterator<Item = Hash> {
        let bytes = self.partial.first().map(Vec::as_slice).unwrap_or_default();
        bytes.chunks_exact(HASH_BYTES).filter_map(Hash::from_slice)
    }

    /// Appends a pool of leaves, and gives every tile that this changed: the ones that filled, in the
    /// order in which they did, then the ones at the new edge. Nothing is appended on an error. One
    /// node is hashed for each leaf on average.
    ///
    /// # Errors
    /// When the tree would pass [`TREE_SIZE_MAX`].
    pub fn append(
        &mut self,
        leaves: &[Hash],
    ) -> Result<Vec<TileData>, EdgeError<std::convert::Infallible>> {
        let pool = leaves.len() as u64;
        if pool > TREE_SIZE_MAX - self.size {
            return Err(EdgeError::TooLarge);
        }
        let before = self.size;
        let mut changed = Vec::with_capacity(leaves.len() / 256 + 8);
        for leaf in leaves {
            self.push(*leaf, &mut changed);
        }
        for (level, bytes) in (0..).zip(&self.partial) {
            let hashes = self.size >> (8 * level);
            if !bytes.is_empty() && hashes != before >> (8 * level) {
                let width = (bytes.len() / HASH_BYTES) as u16;
                let tile = Tile::new(level, hashes / 256, width);
                let tile = tile.expect("a tree within its limit has this tile");
                changed.push(TileData { tile, bytes: bytes.clone() });
            }
        }
        Ok(changed)
    }

    fn push(&mut self, leaf: Hash, filled: &mut Vec<TileData>) {
        self.push_to_tile(0, leaf, filled);
        let mut hash = leaf;
        // Each bit set at the low end of the size is a complete subtree to the left of the same height.
        for height in 1..=self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a peak for each bit of the size");
            hash = hash_node(&left, &hash);
            if height.is_multiple_of(8) {
                self.push_to_tile((height / 8) as u8, hash, filled);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Called before the size counts the new leaf.
    fn push_to_tile(&mut self, level: u8, hash: Hash, filled: &mut Vec<TileData>) {
        let slot = usize::from(level);
        if self.partial.len() == slot {
            self.partial.push(Vec::new());
        }
        let bytes = &mut self.partial[slot];
        if bytes.capacity() < TILE_BYTES {
            bytes.reserve_exact(TILE_BYTES - bytes.len());
        }
        bytes.extend_from_slice(hash.as_bytes());
        if bytes.len() == TILE_BYTES {
            let index = self.size >> (8 * (u32::from(level) + 1));
            let tile = Tile::new(level, index, 256).expect("a tree within its limit has this tile");
            filled.push(TileData { tile, bytes: std::mem::take(bytes) });
        }
    }
}

/// The roots of the complete subtrees in a partial tile, the largest first.
fn peaks_of(bytes: &[u8]) -> impl Iterator<Item = Hash> {
    let width = bytes.len() / HASH_BYTES;
    let mut start = 0;
    (0..8).rev().filter(move |bit| width & (1 << bit) != 0).map(move |bit| {
        let end = start + (HASH_BYTES << bit);
        let root = fold_complete(&bytes[start..end]);
        start = end;
        root
    })
}
