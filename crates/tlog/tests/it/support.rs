//! An oracle of the tree, written from the recursive definitions, and tiles in memory.

use std::collections::BTreeMap;

use tlog::{Hash, Tile, TileSource, hash_leaf, hash_node};

/// Leaf hashes of a made-up log.
pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| hash_leaf(&n.to_be_bytes())).collect()
}

/// The largest power of two that is smaller than `n`, which is 2 or more.
fn split(n: usize) -> usize {
    1 << (n - 1).ilog2()
}

/// MTH of RFC 6962 §2.1, word for word.
pub(crate) fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => tlog::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            hash_node(&mth(left), &mth(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1, word for word.
pub(crate) fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, rest) =
        if m < k { (path(m, left), mth(right)) } else { (path(m - k, right), mth(left)) };
    proof.push(rest);
    proof
}

/// PROOF of RFC 6962 §2.1.2, word for word.
pub(crate) fn consistency(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    subproof(m, leaves, true)
}

fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m <= k {
        let mut proof = subproof(m, left, whole);
        proof.push(mth(right));
        proof
    } else {
        let mut proof = subproof(m - k, right, false);
        proof.push(mth(left));
        proof
    }
}

/// Tiles as a log stores them: each of the width at which it was last written, one path each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored(pub(crate) BTreeMap<Tile, Vec<u8>>);

impl Stored {
    pub(crate) fn put(&mut self, tiles: Vec<tlog::edge::TileData>) {
        self.0.extend(tiles.into_iter().map(|data| (data.tile, data.bytes)));
    }
}

impl TileSource for Stored {
    type Error = String;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), String> {
        let bytes = self.0.get(&tile).or_else(|| self.0.get(&tile.full()));
        let bytes = bytes.ok_or_else(|| format!("{tile} is not stored"))?;
        into.copy_from_slice(bytes.get(..into.len()).ok_or("torn")?);
        Ok(())
    }
}
