//! Vectors that others published.

use tlog::{Edge, Hash, hash_leaf, inclusion_proof};

use crate::support::Stored;

/// The eight leaves that the first log of RFC 6962 (google/certificate-transparency) tests with.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots of the trees of the first 1 to 8 of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let byte = |n: usize| u8::from_str_radix(&text[n..n + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

fn hash(text: &str) -> Hash {
    Hash::from_slice(&hex(text)).expect("32 bytes")
}

#[test]
fn the_first_logs_eight_leaves_have_the_roots_that_it_tests_for() {
    let mut edge = Edge::new();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        edge.append(&[hash_leaf(&hex(leaf))]).unwrap();
        assert_eq!(edge.root(), hash(root));
    }
}

#[test]
fn its_first_leaf_has_the_path_that_it_tests_for() {
    let leaves = LEAVES.map(|leaf| hash_leaf(&hex(leaf)));
    let mut stored = Stored::default();
    stored.put(Edge::new().append(&leaves).unwrap());
    let expected = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(inclusion_proof(0, 8, &mut stored).unwrap(), expected.map(hash));
}
