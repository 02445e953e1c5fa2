//! A pool as it lies in the write-ahead files: one frame, from one block's start to another's.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `armpool1` |
//! | 8 | number of the pool, from 1, without gaps |
//! | 8 | when it was sequenced, microseconds of UTC |
//! | 8 + 32 | size and root of the tree before it |
//! | 8 + 32 | size and root of the tree after it |
//! | 4 | bytes of its entries |
//! | 32 | SHA-256 over its leaf hashes |
//! | 32 | seal of the pool before it |
//! | 32 | seal: SHA-256 over the file's secret and everything above |
//!
//! and the entries, each after its length, as in an entry bundle; zeros to the end of the block. All
//! numbers are big-endian.

use sha2::{Digest as _, Sha256};
use spacetime::time::Instant;
use tlog::{Hash, hash_leaf};

use crate::head::Head;

/// A frame starts on a block, and none shares one: a write that is torn can hurt no other pool.
pub(crate) const BLOCK_BYTES: usize = 4096;
/// Bytes before the entries.
pub(crate) const HEADER_BYTES: usize = SEALED_BYTES + 32;
const SEALED_BYTES: usize = 8 + 8 + 8 + 40 + 40 + 4 + 32 + 32;
const MAGIC: [u8; 8] = *b"armpool1";

/// Proof that a header was written by whoever knows the secret of the write-ahead files. Without a
/// secret, an entry could hold what looks like a pool, and a scan of damaged blocks take it for one.
pub(crate) type Seal = [u8; 32];

/// What precedes a pool's entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: u64,
    pub(crate) sequenced_at: Instant,
    pub(crate) before: Head,
    pub(crate) after: Head,
    pub(crate) bytes: u32,
    pub(crate) leaves: [u8; 32],
    pub(crate) previous: Seal,
}

impl Header {
    /// Writes the header into the first bytes of a frame; gives its seal.
    pub(crate) fn write(&self, secret: &[u8; 32], frame: &mut [u8]) -> Seal {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.sequenced_at.micros().to_be_bytes());
        for head in [&self.before, &self.after] {
            bytes.extend_from_slice(&head.size.to_be_bytes());
            bytes.extend_from_slice(head.root.as_bytes());
        }
        bytes.extend_from_slice(&self.bytes.to_be_bytes());
        bytes.extend_from_slice(&self.leaves);
        bytes.extend_from_slice(&self.previous);
        let seal = seal(secret, &bytes);
        bytes.extend_from_slice(&seal);
        frame[..HEADER_BYTES].copy_from_slice(&bytes);
        seal
    }

    /// The header that the bytes start with, and its seal; `None` where they are none, or not one of
    /// these files.
    pub(crate) fn read(secret: &[u8; 32], block: &[u8]) -> Option<(Self, Seal)> {
        let (sealed, rest) = block.split_at_checked(SEALED_BYTES)?;
        let sealed_by: Seal = *rest.first_chunk()?;
        if !sealed.starts_with(&MAGIC) || seal(secret, sealed) != sealed_by {
            return None;
        }
        let mut rest = &sealed[MAGIC.len()..];
        let header = Self {
            number: u64::from_be_bytes(take(&mut rest)?),
            sequenced_at: Instant::from_micros(i64::from_be_bytes(take(&mut rest)?)),
            before: head(&mut rest)?,
            after: head(&mut rest)?,
            bytes: u32::from_be_bytes(take(&mut rest)?),
            leaves: take(&mut rest)?,
            previous: take(&mut rest)?,
        };
        Some((header, sealed_by))
    }

    /// Bytes from the frame's start to the next one's.
    pub(crate) fn frame_bytes(&self) -> u64 {
        bytes_of(self.bytes as usize)
    }
}

/// Bytes of the frame of so many bytes of entries.
pub(crate) const fn bytes_of(entries: usize) -> u64 {
    (HEADER_BYTES as u64 + entries as u64).next_multiple_of(BLOCK_BYTES as u64)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*first)
}

fn head(rest: &mut &[u8]) -> Option<Head> {
    let size = u64::from_be_bytes(take(rest)?);
    Some(Head { size, root: Hash::from_bytes(take(rest)?) })
}

/// The secret and the fields have fixed lengths, so nothing can be appended to what was sealed.
fn seal(secret: &[u8; 32], sealed: &[u8]) -> Seal {
    let hash = Sha256::new().chain_update(b"armistice/staged/v1\n").chain_update(secret);
    hash.chain_update(sealed).finalize().into()
}

/// Leaf hashes of the entries of a pool and the digest over them; `None` where the bytes are not
/// whole entries.
pub(crate) fn leaves_of(entries: &[u8]) -> Option<Vec<Hash>> {
    let mut rest = entries;
    let mut leaves = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(hash_leaf(entry));
        rest = after;
    }
    rest.is_empty().then_some(leaves)
}

/// The digest over leaf hashes that a header holds: with it, a frame proves itself without the tree.
pub(crate) fn digest_of(leaves: &[Hash]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for leaf in leaves {
        digest.update(leaf.as_bytes());
    }
    digest.finalize().into()
}
