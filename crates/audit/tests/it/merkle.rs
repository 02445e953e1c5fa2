//! The trees of statements are those of the log.

use agreement::Digest;
use agreement::statement::merkle;
use tlog::{Edge, Hash, hash_leaf};

#[test]
fn rows_and_findings_make_the_trees_that_the_log_makes() {
    let data: Vec<Vec<u8>> = (0..70_u8).map(|n| vec![n; usize::from(n)]).collect();
    let ours: Vec<Digest> = data.iter().map(|bytes| merkle::leaf_hash(&[bytes])).collect();
    let logs: Vec<Hash> = data.iter().map(|bytes| hash_leaf(bytes)).collect();
    for count in 0..=data.len() {
        let mut edge = Edge::new();
        edge.append(&logs[..count]).unwrap();
        let root = merkle::root(&ours[..count]);
        assert_eq!(root.as_bytes(), edge.root().as_bytes(), "{count}");
        for leaf in 0..count {
            let proof = merkle::prove(&ours[..count], leaf).unwrap();
            let proof: Vec<Hash> =
                proof.iter().map(|hash| Hash::from_bytes(*hash.as_bytes())).collect();
            let (leaf, count) = (leaf as u64, count as u64);
            tlog::verify_inclusion(&proof, leaf, &logs[leaf as usize], count, &edge.root())
                .unwrap();
        }
    }
}
