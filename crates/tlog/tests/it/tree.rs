//! The edge, its tiles and the proofs from them, against the recursive definitions.

use proptest::prelude::*;
use tlog::edge::EdgeError;
use tlog::proof::{InvalidProof, OutOfRange};
use tlog::{
    Edge, Hash, TREE_SIZE_MAX, Tile, consistency_proof, inclusion_proof, verify_consistency,
    verify_inclusion,
};

use crate::support::{Stored, consistency, leaves, mth, path};

/// A log of these leaves, appended in pools of these sizes, over and over.
fn log(leaves: &[Hash], pools: &[usize]) -> (Edge, Stored) {
    let (mut edge, mut stored) = (Edge::new(), Stored::default());
    let mut rest = leaves;
    for pool in pools.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at(rest.len().min(*pool));
        stored.put(edge.append(now).expect("a small log"));
        rest = later;
    }
    (edge, stored)
}

#[test]
fn every_small_tree_has_the_root_and_the_proofs_of_the_definition() {
    let all = leaves(70);
    for size in 1..=all.len() {
        let tree = &all[..size];
        let (edge, mut stored) = log(tree, &[3]);
        let root = mth(tree);
        assert_eq!(edge.root(), root);
        for (index, leaf) in tree.iter().enumerate() {
            let proof = inclusion_proof(index as u64, size as u64, &mut stored).unwrap();
            assert_eq!(proof, path(index, tree), "{index} in {size}");
            verify_inclusion(&proof, index as u64, leaf, size as u64, &root).unwrap();
        }
        for old in 1..=size {
            let proof = consistency_proof(old as u64, size as u64, &mut stored).unwrap();
            assert_eq!(proof, consistency(old, tree), "{old} to {size}");
            let (old, old_root) = (old as u64, mth(&all[..old]));
            verify_consistency(&proof, (old, &old_root), (size as u64, &root)).unwrap();
        }
    }
}

#[test]
fn a_tree_of_three_levels_of_tiles_agrees_with_the_definition() {
    let all = leaves(70_000);
    let (edge, mut stored) = log(&all, &[4_096, 1, 777]);
    let root = mth(&all);
    assert_eq!(edge.root(), root);
    assert_eq!(Edge::load(70_000, &mut stored).unwrap(), edge);
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_998, 69_999] {
        let proof = inclusion_proof(index as u64, 70_000, &mut stored).unwrap();
        assert_eq!(proof, path(index, &all), "{index}");
        verify_inclusion(&proof, index as u64, &all[index], 70_000, &root).unwrap();
    }
    for old in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 69_888, 69_999] {
        let proof = consistency_proof(old as u64, 70_000, &mut stored).unwrap();
        assert_eq!(proof, consistency(old, &all), "{old}");
        let known = (old as u64, &mth(&all[..old]));
        verify_consistency(&proof, known, (70_000, &root)).unwrap();
    }
}

proptest! {
    #[test]
    fn pools_of_any_size_give_one_tree(
        size in 0_u64..1_500,
        pools in proptest::collection::vec(1_usize..400, 1..6),
        other in proptest::collection::vec(1_usize..400, 1..6),
    ) {
        let all = leaves(size);
        let (edge, mut stored) = log(&all, &pools);
        prop_assert_eq!(&edge, &log(&all, &other).0);
        prop_assert_eq!(edge.root(), mth(&all));
        prop_assert_eq!(&Edge::load(size, &mut stored).unwrap(), &edge);
        // Every tile that the tree of this size has was given, with the hashes it has to have.
        for level in 0..3_u8 {
            for hash in 0..size >> (8 * level) {
                let tile = Tile::holding(level, hash, size).unwrap();
                let span = 1_usize << (8 * level);
                let start = hash as usize * span;
                let at = (hash % 256) as usize * 32;
                let node = mth(&all[start..start + span]);
                prop_assert_eq!(&stored.0[&tile][at..at + 32], node.as_bytes());
            }
        }
    }

    #[test]
    fn a_proof_with_anything_changed_proves_nothing(
        size in 2_u64..600, index in 0_u64..600, old in 1_u64..600, at in 0_usize..64, bit in 0_u8..8,
    ) {
        let (index, old) = (index % size, old % size);
        let all = leaves(size);
        let (edge, mut stored) = log(&all, &[100]);
        let (root, leaf) = (edge.root(), all[index as usize]);
        let proof = inclusion_proof(index, size, &mut stored).unwrap();
        let holds = |proof: &[Hash], index, size| {
            verify_inclusion(proof, index, &leaf, size, &root).is_ok()
        };
        prop_assert!(holds(&proof, index, size));
        prop_assert!(!holds(&flipped(&proof, at, bit), index, size));
        prop_assert!(!holds(&proof[1..], index, size));
        prop_assert!(!holds(&proof[..proof.len() - 1], index, size));
        prop_assert!(!holds(&[&proof[..], &[leaf]].concat(), index, size));
        prop_assert!(!holds(&proof, (index + 1) % size, size));

        let old = old.max(1);
        let old_root = mth(&all[..old as usize]);
        let proof = consistency_proof(old, size, &mut stored).unwrap();
        let holds = |proof: &[Hash]| {
            verify_consistency(proof, (old, &old_root), (size, &root)).is_ok()
        };
        prop_assert!(holds(&proof));
        if old < size {
            prop_assert!(!holds(&flipped(&proof, at, bit)));
            prop_assert!(!holds(&proof[1..]));
        }
        prop_assert!(!holds(&[&proof[..], &[leaf]].concat()));
        let other = all[0];
        prop_assert!(old == 1 || verify_consistency(&proof, (old, &other), (size, &root)).is_err());
        prop_assert!(verify_consistency(&proof, (old, &old_root), (size, &other)).is_err());
    }
}

fn flipped(proof: &[Hash], at: usize, bit: u8) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let at = at % proof.len();
    let mut bytes = *proof[at].as_bytes();
    bytes[usize::from(bit) * 4] ^= 1 << bit;
    proof[at] = Hash::from_bytes(bytes);
    proof
}

#[test]
fn the_empty_tree_begins_every_tree_without_a_proof() {
    let root = mth(&leaves(5));
    assert_eq!(verify_consistency(&[], (0, &tlog::EMPTY_ROOT), (5, &root)), Ok(()));
    let other = verify_consistency(&[], (0, &root), (5, &root));
    assert_eq!(other, Err(InvalidProof::Root { which: "old" }));
    let padded = verify_consistency(&[root], (0, &tlog::EMPTY_ROOT), (5, &root));
    assert_eq!(padded, Err(InvalidProof::Length { hashes: 1 }));
}

#[test]
fn trees_of_one_size_and_two_roots_are_a_fork() {
    let (one, two) = (mth(&leaves(5)), mth(&leaves(6)));
    assert_eq!(verify_consistency(&[], (5, &one), (5, &one)), Ok(()));
    let fork = verify_consistency(&[], (5, &one), (5, &two));
    assert_eq!(fork, Err(InvalidProof::Root { which: "old" }));
}

#[test]
fn a_tree_does_not_shrink() {
    let root = mth(&leaves(5));
    let shrunk = verify_consistency(&[], (6, &root), (5, &root));
    assert_eq!(shrunk, Err(InvalidProof::Range(OutOfRange::NotGrown { old: 6, new: 5 })));
    assert!(consistency_proof(6, 5, &mut Stored::default()).is_err());
}

#[test]
fn a_leaf_past_the_end_has_no_proof() {
    let root = mth(&leaves(5));
    let beyond = verify_inclusion(&[], 5, &root, 5, &root);
    assert_eq!(beyond, Err(InvalidProof::Range(OutOfRange::NoLeaf { index: 5, size: 5 })));
    assert!(inclusion_proof(5, 5, &mut Stored::default()).is_err());
}

#[test]
fn the_largest_tree_verifies_without_overflow_and_a_larger_one_is_refused() {
    let (size, leaf) = (TREE_SIZE_MAX, mth(&leaves(1)));
    let endless = vec![leaf; 64];
    for (index, hashes) in [(0, 63), (size - 1, 62), (size / 2, 63)] {
        for length in [0, 1, 61, 62, 63, 64] {
            let refused = verify_inclusion(&endless[..length], index, &leaf, size, &leaf);
            let expected = match length == hashes {
                true => InvalidProof::Root { which: "new" },
                false => InvalidProof::Length { hashes: length },
            };
            assert_eq!(refused, Err(expected), "{index} {length}");
        }
    }
    assert!(matches!(
        verify_inclusion(&[], 0, &leaf, u64::MAX, &leaf),
        Err(InvalidProof::Range(OutOfRange::NoLeaf { .. }))
    ));
    assert!(matches!(
        verify_consistency(&[], (1, &leaf), (u64::MAX, &leaf)),
        Err(InvalidProof::Range(OutOfRange::NotGrown { .. }))
    ));
    assert_eq!(Edge::load(u64::MAX, &mut Stored::default()), Err(EdgeError::TooLarge));
}

#[test]
fn a_torn_or_missing_tile_is_an_error_and_never_a_wrong_proof() {
    let all = leaves(300);
    let (_, mut stored) = log(&all, &[300]);
    let tile = Tile::new(0, 1, 44).unwrap();
    stored.0.get_mut(&tile).unwrap().pop();
    assert!(inclusion_proof(299, 300, &mut stored).is_err());
    assert!(Edge::load(300, &mut stored).is_err());
    stored.0.remove(&tile);
    assert!(consistency_proof(257, 300, &mut stored).is_err());
}
