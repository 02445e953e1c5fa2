//! Roots, proofs and tiles: one answer, whoever is asked.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;
use tlog::{
    Edge, Hash, TileSource as _, consistency_proof, inclusion_proof, verify_consistency,
    verify_inclusion,
};
use tlog_tiles::{HashReader, TileHashReader, TileReader};

use crate::support::{Stored, leaves};

/// A tile's height, as `tlog_tiles` has it: 256 hashes.
const HEIGHT: u8 = 8;

/// What `tlog_tiles` stores of a log: every hash, in the order in which they come to be.
struct Hashes(Vec<tlog_tiles::Hash>);

impl Hashes {
    fn of(leaves: &[Hash]) -> Self {
        let mut all = Self(Vec::new());
        for (n, leaf) in (0..).zip(leaves) {
            let new = tlog_tiles::stored_hashes_for_record_hash(n, theirs(leaf), &all).unwrap();
            all.0.extend(new);
        }
        all
    }
}

impl HashReader for Hashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let hash = |at: &u64| self.0.get(*at as usize).copied();
        let hashes = indexes.iter().map(hash).collect::<Option<_>>();
        hashes.ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// Our tiles, read by them.
struct OurTiles(Stored);

impl TileReader for OurTiles {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let tile = ours(tile);
            let mut bytes = vec![0; tile.byte_len()];
            let read = self.0.clone().read_tile(tile, &mut bytes);
            read.map(|()| bytes).map_err(tlog_tiles::Error::InvalidInput)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn all_theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(theirs).collect()
}

fn all_ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

fn ours(tile: &tlog_tiles::Tile) -> tlog::Tile {
    let width = u16::try_from(tile.width()).unwrap();
    tlog::Tile::new(tile.level(), tile.level_index(), width).expect("a tile of a small log")
}

fn concatenated(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The log of `size` made-up leaves, as each of the three keeps it.
struct Three {
    edge: Edge,
    stored: Stored,
    hashes: Hashes,
    tree: MemoryBackedTree<Sha256, [u8; 8]>,
}

impl Three {
    fn of(size: u64) -> Self {
        let leaves = leaves(size);
        let (mut edge, mut stored) = (Edge::new(), Stored::default());
        for pool in leaves.chunks(300) {
            stored.put(edge.append(pool).unwrap());
        }
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|n| tree.push(n.to_be_bytes()));
        Self { edge, stored, hashes: Hashes::of(&leaves), tree }
    }

    fn root(&self, size: u64) -> Hash {
        Hash::from_bytes(tlog_tiles::tree_hash(size, &self.hashes).unwrap().0)
    }
}

fn root_of(size: u64, root: &Hash) -> RootHash<Sha256> {
    RootHash::new((*root.as_bytes()).into(), size)
}

#[test]
fn every_small_tree_has_one_root_and_one_proof_of_each_kind() {
    for size in 1..=67 {
        let mut three = Three::of(size);
        let root = three.edge.root();
        assert_eq!(root, three.root(size));
        assert_eq!(root.as_bytes()[..], three.tree.root().as_bytes()[..]);
        for index in 0..size {
            let proof = inclusion_proof(index, size, &mut three.stored).unwrap();
            let tiles = tlog_tiles::prove_record(size, index, &three.hashes).unwrap();
            assert_eq!(proof, all_ours(&tiles), "{index} in {size}");
            let merkle = three.tree.prove_inclusion(index as usize);
            assert_eq!(concatenated(&proof), merkle.as_bytes(), "{index} in {size}");
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, &mut three.stored).unwrap();
            let tiles = tlog_tiles::prove_tree(size, old, &three.hashes).unwrap();
            assert_eq!(proof, all_ours(&tiles), "{old} to {size}");
            let merkle = three.tree.prove_consistency((size - old) as usize);
            assert_eq!(concatenated(&proof), merkle.as_bytes(), "{old} to {size}");
        }
    }
    let empty = MemoryBackedTree::<Sha256, [u8; 8]>::new().root();
    assert_eq!(tlog::EMPTY_ROOT.as_bytes()[..], empty.as_bytes()[..]);
    assert_eq!(tlog::EMPTY_ROOT.as_bytes(), &tlog_tiles::EMPTY_HASH.0);
}

/// What may be done to a proof and to what it is a proof of.
#[derive(Clone, Debug)]
enum Tampered {
    Not,
    Bit(usize, u8),
    Dropped(usize),
    Swapped(usize),
    Appended,
    OtherIndex(u64),
    OtherSize(u64),
    OtherRoot,
}

fn tampered() -> impl Strategy<Value = Tampered> {
    prop_oneof![
        Just(Tampered::Not),
        (0..64_usize, 0..8_u8).prop_map(|(at, bit)| Tampered::Bit(at, bit)),
        (0..64_usize).prop_map(Tampered::Dropped),
        (0..64_usize).prop_map(Tampered::Swapped),
        Just(Tampered::Appended),
        (0..700_u64).prop_map(Tampered::OtherIndex),
        (1..700_u64).prop_map(Tampered::OtherSize),
        Just(Tampered::OtherRoot),
    ]
}

impl Tampered {
    fn with(&self, proof: &mut Vec<Hash>, place: &mut u64, size: &mut u64, root: &mut Hash) {
        let hashes = proof.len().max(1);
        match *self {
            Self::Bit(at, bit) if !proof.is_empty() => {
                let mut bytes = *proof[at % hashes].as_bytes();
                bytes[at % 32] ^= 1 << bit;
                proof[at % hashes] = Hash::from_bytes(bytes);
            }
            Self::Dropped(at) if !proof.is_empty() => drop(proof.remove(at % hashes)),
            Self::Swapped(at) if !proof.is_empty() => proof.swap(0, at % hashes),
            Self::Appended => proof.push(*root),
            Self::OtherIndex(other) => *place = other,
            Self::OtherSize(other) => *size = other,
            Self::OtherRoot => *root = tlog::hash_node(root, root),
            Self::Not | Self::Bit(..) | Self::Dropped(_) | Self::Swapped(_) => {}
        }
    }
}

proptest! {
    /// Whatever is done to a proof of inclusion, the three say the same of it. One difference: `ct-merkle`
    /// does not look at proofs of trees past 2^63 leaves, which no test of this size meets.
    #[test]
    fn a_proof_of_inclusion_holds_with_all_three_or_with_none(
        mut size in 1..700_u64, index in 0..700_u64, how in tampered(),
    ) {
        let mut three = Three::of(size);
        let (mut place, mut root) = (index % size, three.edge.root());
        let leaf = leaves(size)[place as usize];
        let entry = place.to_be_bytes();
        let mut proof = inclusion_proof(place, size, &mut three.stored).unwrap();
        how.with(&mut proof, &mut place, &mut size, &mut root);
        let holds = verify_inclusion(&proof, place, &leaf, size, &root).is_ok();
        let tiles = tlog_tiles::check_record(
            &all_theirs(&proof), size, theirs(&root), place, theirs(&leaf),
        );
        prop_assert_eq!(holds, tiles.is_ok());
        let merkle = InclusionProof::try_from_bytes(concatenated(&proof)).unwrap();
        let merkle = root_of(size, &root).verify_inclusion(&entry, place, &merkle);
        prop_assert_eq!(holds, merkle.is_ok(), "{:?}", merkle);
    }

    /// The same of consistency, from an old tree that is not empty: both peers refuse to say anything of
    /// one that is, where ours wants the root of nothing and an empty proof.
    #[test]
    fn a_proof_of_consistency_holds_with_all_three_or_with_none(
        mut size in 1..700_u64, old in 0..700_u64, how in tampered(),
    ) {
        let mut three = Three::of(size);
        let mut old = 1 + old % size;
        let (old_root, mut root) = (three.root(old), three.edge.root());
        let mut proof = consistency_proof(old, size, &mut three.stored).unwrap();
        how.with(&mut proof, &mut old, &mut size, &mut root);
        let holds = verify_consistency(&proof, (old, &old_root), (size, &root)).is_ok();
        if old == 0 {
            prop_assert!(!holds);
            return Ok(());
        }
        let tiles = tlog_tiles::check_tree(
            &all_theirs(&proof), size, theirs(&root), old, theirs(&old_root),
        );
        prop_assert_eq!(holds, tiles.is_ok());
        let merkle = ConsistencyProof::try_from_bytes(concatenated(&proof)).unwrap();
        let merkle = root_of(size, &root).verify_consistency(&root_of(old, &old_root), &merkle);
        prop_assert_eq!(holds, merkle.is_ok(), "{:?}", merkle);
    }

    /// The tiles that an append changes, their paths and their bytes.
    #[test]
    fn an_append_changes_the_tiles_that_tlog_tiles_says_it_does(
        old in 0..1_400_u64, added in 1..900_u64,
    ) {
        let all = leaves(old + added);
        let (before, after) = all.split_at(old as usize);
        let mut edge = Edge::new();
        edge.append(before).unwrap();
        let mut changed = edge.append(after).unwrap();
        changed.sort_by_key(|data| data.tile);
        let mut expected = tlog_tiles::Tile::new_tiles(HEIGHT, old, old + added);
        expected.sort_by_key(ours);
        let hashes = Hashes::of(&all);
        prop_assert_eq!(changed.len(), expected.len());
        for (data, tile) in changed.iter().zip(&expected) {
            prop_assert_eq!(data.tile, ours(tile));
            prop_assert_eq!(&data.bytes, &tile.read_data(&hashes).unwrap());
            // Theirs is Go's path, which has the height in it; C2SP's has not.
            prop_assert_eq!(tile.path().replacen("tile/8/", "tile/", 1), data.tile.to_string());
        }
    }

}

proptest! {
    // Of logs of up to three levels of tiles, each hashed anew.
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Their client proves from our tiles what ours does. A flipped bit in a tile it finds, or makes a proof that
    /// does not hold. That it may not find it is a difference: where several parts of the tree's hash lie in one
    /// tile, it passes as many further tiles unauthenticated (`TileHashReader` counts parts for tiles, as the
    /// code in Go does that it was made from), and whoever uses it has to check the proof. Ours checks each.
    #[test]
    fn their_client_reads_our_tiles(
        size in 1..70_000_u64, index in any::<u64>(), old in any::<u64>(), at in any::<u64>(),
    ) {
        let all = leaves(size);
        let (mut edge, mut stored) = (Edge::new(), Stored::default());
        stored.put(edge.append(&all).unwrap());
        let (index, old, root) = (index % size, 1 + old % size, theirs(&edge.root()));
        let mut tiles = OurTiles(stored.clone());
        {
            let reader = TileHashReader::new(size, root, &tiles);
            let proof = tlog_tiles::prove_record(size, index, &reader).unwrap();
            prop_assert_eq!(all_ours(&proof), inclusion_proof(index, size, &mut stored).unwrap());
            let proof = tlog_tiles::prove_tree(size, old, &reader).unwrap();
            prop_assert_eq!(all_ours(&proof), consistency_proof(old, size, &mut stored).unwrap());
        }
        let tile = tlog::Tile::holding(0, index, size).unwrap();
        let bytes = tiles.0.0.get_mut(&tile).unwrap();
        let at = at as usize % bytes.len();
        bytes[at] ^= 1;
        let reader = TileHashReader::new(size, root, &tiles);
        let leaf = theirs(&all[index as usize]);
        let holds = tlog_tiles::prove_record(size, index, &reader)
            .is_ok_and(|proof| tlog_tiles::check_record(&proof, size, root, index, leaf).is_ok());
        // The leaf itself is no part of its proof.
        prop_assert!(!holds || at / 32 == index as usize % 256);
    }
}
