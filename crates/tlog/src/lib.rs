//! A Merkle tree log's hashes, proofs and texts: RFC 6962 and the C2SP formats.
//!
//! **In scope.** Leaf, node and tree hashes (RFC 6962 §2.1); tiles, partial tiles and entry
//! bundles (c2sp.org/tlog-tiles); the right edge of a tree, which grows by pools and yields the
//! tiles that changed; inclusion and consistency proofs, made from tiles and verified. Signed notes,
//! checkpoints, cosignatures, what logs and witnesses say to each other and the rule by which a witness
//! answers, proofs that verify offline, and which witnesses a checkpoint needs (c2sp.org/signed-note,
//! tlog-checkpoint, tlog-cosignature, tlog-witness, tlog-proof, tlog-policy). The proof that a log
//! showed two views ([`split_view`]).
//!
//! **Out of scope.** Files, networks, clocks, randomness; what an entry says. This crate could be
//! lifted out.
//!
//! **Invariants.**
//! - Hashing allocates nothing.
//! - Bytes that two readers could take for two things have one reading here or none: decimal
//!   numbers without leading zeros, canonical base64, exact lengths.
//! - Every Ed25519 signature is verified by one rule, and a kind of signature that this version does
//!   not know is kept and named, never counted.
//! - No proof is longer than [`PROOF_HASHES_MAX`], and no tree larger than [`TREE_SIZE_MAX`].

pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
pub mod edge;
pub mod hash;
pub mod key;
pub mod note;
pub mod proof;
pub mod quorum;
pub mod sign;
pub mod split_view;
pub mod tile;
pub mod tlog_proof;
pub mod witness;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use edge::Edge;
pub use hash::{EMPTY_ROOT, Hash, hash_leaf, hash_node};
pub use key::{SignatureType, VerifierKey};
pub use note::{Note, SignatureLine};
pub use proof::{
    PROOF_HASHES_MAX, consistency_proof, inclusion_proof, prefix_proof, verify_consistency,
    verify_inclusion, verify_prefix,
};
pub use quorum::Quorum;
pub use sign::{Cosigner, NoteSigner};
pub use split_view::SplitView;
pub use tile::{TREE_SIZE_MAX, Tile, TileSource};
pub use tlog_proof::TlogProof;
pub use witness::AddCheckpoint;
