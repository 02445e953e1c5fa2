//! A Merkle root over rows or findings, in the shape of RFC 6962 §2.1, so that one of them can be
//! shown with a proof and the rest kept back.
//!
//! The log's own trees are `tlog`'s, which this crate may not use: what a statement says must be
//! readable without knowing what it is kept in. A test of `audit`, which may use both, holds the
//! two to the same roots and proofs.

use sha2::{Digest as _, Sha256};

use super::fields::{Field, Fields};
use super::refusal::Refusal;
use super::strict;
use crate::canonical::Digest;
use crate::statement_codes;

/// Most hashes in a proof: a tree has no more than 2^40 leaves.
pub const PROOF_HASHES_MAX: usize = 40;

statement_codes! {
    NOT_INCLUDED = "not-included", "the proof does not lead from the leaf to the root",
        "ask for the proof again: for this leaf, under this root";
}

/// The hash of a leaf: SHA-256 of 0x00 and its data.
#[must_use]
pub fn leaf_hash(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new().chain_update([0]);
    parts.iter().for_each(|part| hash.update(part));
    Digest::from_bytes(hash.finalize().into())
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]).chain_update(left.as_bytes());
    Digest::from_bytes(hash.chain_update(right.as_bytes()).finalize().into())
}

/// The root of a tree of leaf hashes; of none, the digest of nothing.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of_bytes(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// The proof that a leaf is in a tree (RFC 6962 §2.1.1); `None` when it has no such leaf.
#[must_use]
pub fn prove(leaves: &[Digest], leaf: usize) -> Option<Vec<Digest>> {
    if leaf >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, beside) = match leaf.checked_sub(left.len()) {
        None => (prove(left, leaf)?, root(right)),
        Some(leaf) => (prove(right, leaf)?, root(left)),
    };
    proof.push(beside);
    Some(proof)
}

/// Checks that a leaf stands at its place in a tree of so many leaves (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`NOT_INCLUDED`] when it does not.
pub fn check(
    root: &Digest,
    leaves: u64,
    leaf: u64,
    hash: Digest,
    proof: &[Digest],
) -> Result<(), Refusal> {
    let refused = || Refusal::new(&NOT_INCLUDED);
    if leaf >= leaves || proof.len() > PROOF_HASHES_MAX {
        return Err(refused());
    }
    let (mut at, mut last, mut hash) = (leaf, leaves - 1, hash);
    for beside in proof {
        if last == 0 {
            return Err(refused());
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(beside, &hash);
            while at != 0 && at % 2 == 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        (at, last) = (at / 2, last / 2);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(refused()) }
}

/// Reads a proof from JSON members.
pub(super) fn take_proof(members: &mut Fields) -> Result<Vec<Digest>, Refusal> {
    let proof: Vec<Digest> = members.take("proof")?;
    if proof.len() > PROOF_HASHES_MAX {
        return Err(Refusal::new(&strict::TOO_LONG).within("proof"));
    }
    Ok(proof)
}

pub(super) fn proof_json(proof: &[Digest]) -> serde_json::Value {
    proof.to_vec().to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&[&n.to_be_bytes()])).collect()
    }

    /// The example trees of RFC 6962's reference tests.
    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        let hex: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let hashes: Vec<Digest> = hex.iter().map(|data| leaf_hash(&[data])).collect();
        let root_of = |count: usize| root(&hashes[..count]).to_string();
        let [empty, one, eight] = [0, 1, 8].map(root_of);
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(one, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(eight, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_no_other() {
        for count in 1..40_usize {
            let leaves = leaves(count);
            let top = root(&leaves);
            for (at, &leaf) in leaves.iter().enumerate() {
                let proof = prove(&leaves, at).unwrap();
                let check = |leaf_at: usize, hash| {
                    check(&top, count as u64, leaf_at as u64, hash, &proof).is_ok()
                };
                assert!(check(at, leaf));
                assert!(!check(at, leaf_hash(&[b"another"])));
                assert!(count == 1 || !check((at + 1) % count, leaf), "{count} {at}");
                let longer = [&proof[..], &[top]].concat();
                assert!(super::check(&top, count as u64, at as u64, leaf, &longer).is_err());
            }
            assert_eq!(prove(&leaves, count), None);
        }
    }
}
