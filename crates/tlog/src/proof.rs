//! Inclusion and consistency proofs (RFC 6962 §2.1.1, §2.1.2; verification as in RFC 9162 §2.1.3.2,
//! §2.1.4.2), made from tiles.

use crate::hash::{EMPTY_ROOT, HASH_BYTES, Hash, fold_complete, hash_node};
use crate::tile::{TILE_BYTES, TREE_SIZE_MAX, Tile, TileSource};

/// Hashes of the longest proof (c2sp.org/tlog-witness).
pub const PROOF_HASHES_MAX: usize = 63;

/// Why trees of these sizes have no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// The tree has no such leaf.
    #[error("the tree of {size} leaves has no leaf {index}")]
    NoLeaf {
        /// The leaf that was asked for.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The old tree is larger than the new one, or a size is past [`TREE_SIZE_MAX`].
    #[error("no tree of {new} leaves grew out of one of {old}")]
    NotGrown {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
}

/// Why there is no proof to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// There is none.
    #[error(transparent)]
    Range(#[from] OutOfRange),
    /// A tile cannot be had.
    #[error("a tile that the proof needs cannot be had: {0}")]
    Source(E),
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// There can be none.
    #[error(transparent)]
    Range(#[from] OutOfRange),
    /// A proof of these sizes has another number of hashes.
    #[error("the proof has {hashes} hashes, which is not the number for these sizes")]
    Length {
        /// Hashes in the proof.
        hashes: usize,
    },
    /// The hashes lead to another root than the tree's.
    #[error("the proof leads to another root than the {which} tree's")]
    Root {
        /// Which tree: `old` or `new`.
        which: &'static str,
    },
}

/// The proof that the leaf with `index` is in the tree of `size`: its sibling first, the root's child
/// last. Reads at most two tiles a level.
///
/// # Errors
/// When the tree has no such leaf, or a tile cannot be had.
pub fn inclusion_proof<S: TileSource>(
    index: u64,
    size: u64,
    source: &mut S,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if index >= size || size > TREE_SIZE_MAX {
        return Err(OutOfRange::NoLeaf { index, size }.into());
    }
    let mut proof = Vec::with_capacity(PROOF_HASHES_MAX);
    Nodes::new(size, source).path(0, index, &mut proof)?;
    Ok(proof)
}

/// The proof that the tree of `new` leaves begins with the tree of `old`. Empty when the sizes are
/// equal or the old tree is empty.
///
/// # Errors
/// When the old tree is the larger, or a tile cannot be had.
pub fn consistency_proof<S: TileSource>(
    old: u64,
    new: u64,
    source: &mut S,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if old == 0 || old >= new {
        return if old <= new {
            Ok(Vec::new())
        } else {
            Err(OutOfRange::NotGrown { old, new }.into())
        };
    }
    let mut proof = prefix_proof(old, new, source)?;
    if old.is_power_of_two() {
        // Whoever verifies knows the root of the whole old tree already.
        proof.remove(0);
    }
    Ok(proof)
}

/// What the root was at `old` leaves of the tree that has `new` now, 0 < `old` < `new`: a consistency
/// proof that begins with a hash of its own also where the old tree is complete, so that it says the old
/// root by itself. One hash longer than [`PROOF_HASHES_MAX`] at most.
///
/// # Errors
/// When the sizes are not such, or a tile cannot be had.
pub fn prefix_proof<S: TileSource>(
    old: u64,
    new: u64,
    source: &mut S,
) -> Result<Vec<Hash>, ProofError<S::Error>> {
    if old == 0 || old >= new || new > TREE_SIZE_MAX {
        return Err(OutOfRange::NotGrown { old, new }.into());
    }
    // The largest complete subtree at the old tree's right end.
    let height = old.trailing_zeros();
    let index = (old >> height) - 1;
    let mut proof = Vec::with_capacity(PROOF_HASHES_MAX + 1);
    let mut nodes = Nodes::new(new, source);
    proof.push(nodes.complete(height, index)?);
    nodes.path(height, index, &mut proof)?;
    Ok(proof)
}

/// The nodes of the tree of one size, out of its tiles. Keeps the tile that it read last.
struct Nodes<'s, S> {
    size: u64,
    source: &'s mut S,
    tile: Option<Tile>,
    bytes: [u8; TILE_BYTES],
}

impl<'s, S: TileSource> Nodes<'s, S> {
    fn new(size: u64, source: &'s mut S) -> Self {
        Self { size, source, tile: None, bytes: [0; TILE_BYTES] }
    }

    /// The siblings on the way from the node with `index` at `height` to the root.
    fn path(
        &mut self,
        height: u32,
        index: u64,
        proof: &mut Vec<Hash>,
    ) -> Result<(), ProofError<S::Error>> {
        let mut index = index;
        for height in height..64 - (self.size - 1).leading_zeros() {
            let sibling = index ^ 1;
            let complete = self.size >> height;
            if sibling < complete {
                proof.push(self.complete(height, sibling)?);
            } else if sibling == complete {
                proof.extend(self.remainder(height)?);
            }
            index >>= 1;
        }
        Ok(())
    }

    /// The root of the `2^height` leaves from `index * 2^height` on.
    fn complete(&mut self, height: u32, index: u64) -> Result<Hash, ProofError<S::Error>> {
        let below = height % 8;
        let first = index << below;
        let tile = Tile::holding((height / 8) as u8, first, self.size)
            .expect("a complete subtree of the tree stands in one of its tiles");
        if self.tile != Some(tile) {
            self.tile = None;
            let bytes = &mut self.bytes[..tile.byte_len()];
            self.source.read_tile(tile, bytes).map_err(ProofError::Source)?;
            self.tile = Some(tile);
        }
        let start = (first % 256) as usize * HASH_BYTES;
        Ok(fold_complete(&self.bytes[start..start + (HASH_BYTES << below)]))
    }

    /// The root of the leaves right of the last complete subtree of `height`; `None` without any.
    fn remainder(&mut self, height: u32) -> Result<Option<Hash>, ProofError<S::Error>> {
        let mut root = None;
        let size = self.size;
        for bit in (0..height).filter(|bit| size & (1 << bit) != 0) {
            let left = self.complete(bit, (size >> bit) - 1)?;
            root = Some(root.map_or(left, |right| hash_node(&left, &right)));
        }
        Ok(root)
    }
}

/// Checks that `proof` leads from `leaf`, the leaf hash with `index`, to the `root` of the tree of
/// `size` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// When it does not.
pub fn verify_inclusion(
    proof: &[Hash],
    index: u64,
    leaf: &Hash,
    size: u64,
    root: &Hash,
) -> Result<(), InvalidProof> {
    if index >= size || size > TREE_SIZE_MAX {
        return Err(OutOfRange::NoLeaf { index, size }.into());
    }
    let length = InvalidProof::Length { hashes: proof.len() };
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            hash = hash_node(sibling, &hash);
            let up = node.trailing_zeros();
            (node, last) = (node >> up, last >> up);
        } else {
            hash = hash_node(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(length);
    }
    if hash == *root { Ok(()) } else { Err(InvalidProof::Root { which: "new" }) }
}

/// Checks that `proof` shows the tree of `new` leaves and `new_root` to begin with the tree of `old`
/// leaves and `old_root` (RFC 9162 §2.1.4.2). The empty tree begins every tree, without a proof.
///
/// # Errors
/// When it does not.
pub fn verify_consistency(
    proof: &[Hash],
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
) -> Result<(), InvalidProof> {
    let length = InvalidProof::Length { hashes: proof.len() };
    if old > new || new > TREE_SIZE_MAX {
        return Err(OutOfRange::NotGrown { old, new }.into());
    }
    if old == 0 || old == new {
        let known = if old == 0 { &EMPTY_ROOT } else { new_root };
        return match (proof.is_empty(), old_root == known) {
            (true, true) => Ok(()),
            (true, false) => Err(InvalidProof::Root { which: "old" }),
            (false, _) => Err(length),
        };
    }
    let whole = old.is_power_of_two().then_some(old_root);
    let (old_found, new_found) =
        consistency_roots(whole.into_iter().chain(proof), old, new).ok_or(length)?;
    match (old_found == *old_root, new_found == *new_root) {
        (true, true) => Ok(()),
        (false, _) => Err(InvalidProof::Root { which: "old" }),
        (_, false) => Err(InvalidProof::Root { which: "new" }),
    }
}

/// The roots of the trees of `old` and of `new` leaves, 0 < `old` < `new`, to which a path leads that
/// begins with the largest complete subtree at the old tree's right end, also where that is the whole
/// old tree. `None` when it has another number of hashes.
fn consistency_roots<'h>(
    mut path: impl Iterator<Item = &'h Hash>,
    old: u64,
    new: u64,
) -> Option<(Hash, Hash)> {
    let first = *path.next()?;
    let up = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> up, (new - 1) >> up);
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            old_hash = hash_node(sibling, &old_hash);
            new_hash = hash_node(sibling, &new_hash);
            let up = node.trailing_zeros();
            (node, last) = (node >> up, last >> up);
        } else {
            new_hash = hash_node(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some((old_hash, new_hash))
}

/// The root that the tree of `new` leaves and `new_root` had at `old` leaves, 0 < `old` < `new`, by a
/// [`prefix_proof`]. Nobody can make a proof of another root without breaking SHA-256.
///
/// # Errors
/// When the proof does not lead to `new_root`.
pub fn verify_prefix(
    proof: &[Hash],
    old: u64,
    (new, new_root): (u64, &Hash),
) -> Result<Hash, InvalidProof> {
    if old == 0 || old >= new || new > TREE_SIZE_MAX {
        return Err(OutOfRange::NotGrown { old, new }.into());
    }
    let (old_found, new_found) = consistency_roots(proof.iter(), old, new)
        .ok_or(InvalidProof::Length { hashes: proof.len() })?;
    if new_found == *new_root { Ok(old_found) } else { Err(InvalidProof::Root { which: "new" }) }
}
