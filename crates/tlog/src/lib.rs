//! A Merkle tree log's hashes, proofs and texts: RFC 6962 and the C2SP formats.
//!
//! **In scope.** Leaf, node and tree hashes (RFC 6962 §2.1); tiles, partial tiles and entry
//! bundles (c2sp.org/tlog-tiles); the right edge of a tree, which grows by pools and yields the
//! tiles that changed; inclusion and consistency proofs, made from tiles and verified.
//!
//! **Out of scope.** Files, networks, clocks, randomness; what an entry says. This crate could be
//! lifted out.
//!
//! **Invariants.**
//! - Hashing allocates nothing.
//! - Bytes that two readers could take for two things have one reading here or none: decimal
//!   numbers without leading zeros, canonical base64, exact lengths.
//! - No proof is longer than [`PROOF_HASHES_MAX`], and no tree larger than [`TREE_SIZE_MAX`].

pub mod bundle;
pub mod edge;
pub mod hash;
pub mod proof;
pub mod tile;

pub use edge::Edge;
pub use hash::{EMPTY_ROOT, Hash, hash_leaf, hash_node};
pub use proof::{
    PROOF_HASHES_MAX, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion,
};
pub use tile::{TREE_SIZE_MAX, Tile, TileSource};
