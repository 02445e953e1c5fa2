//! Hashes of leaves and of nodes (RFC 6962 §2.1).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// Base64 digits of a hash.
pub const HASH_BASE64_BYTES: usize = 44;

/// The root of a tree without leaves: the hash of no bytes.
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 hash of a leaf, a node or a tree. Shown as base64, as every C2SP text has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// From the bytes of a tile; `None` when there are not 32 of them.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// From canonical base64 (RFC 4648 §4); `None` for anything else.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        if text.len() != HASH_BASE64_BYTES {
            return None;
        }
        // The decoder asks for room by the digits, padding included: 33 bytes for 44 digits.
        let mut bytes = [0; HASH_BYTES + 1];
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(HASH_BYTES) => Self::from_slice(&bytes[..HASH_BYTES]),
            _ => None,
        }
    }
}

/// Base64, standard alphabet, padded.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; HASH_BASE64_BYTES];
        STANDARD.encode_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of a leaf: `SHA-256(0x00 || entry)`.
#[must_use]
pub fn hash_leaf(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// SHA-256 before its first block (FIPS 180-4 §5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The two blocks of a node before its children stand in them: the prefix 0x01, the end mark after
/// 65 bytes, and the length, 520 bits (FIPS 180-4 §5.1.1).
const NODE_BLOCKS: [[u8; 64]; 2] = {
    let mut blocks = [[0; 64]; 2];
    blocks[0][0] = 1;
    blocks[1][1] = 0x80;
    blocks[1][62] = 0x02;
    blocks[1][63] = 0x08;
    blocks
};

/// The hash of a node: `SHA-256(0x01 || left || right)`.
///
/// A node is always two blocks of SHA-256, so they are laid out here and given straight to the
/// compression function: the buffering of a streaming hasher is a tenth of the time otherwise.
#[must_use]
pub fn hash_node(left: &Hash, right: &Hash) -> Hash {
    let mut blocks = NODE_BLOCKS;
    blocks[0][1..33].copy_from_slice(&left.0);
    blocks[0][33..].copy_from_slice(&right.0[..31]);
    blocks[1][0] = right.0[31];
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    let mut bytes = [0; HASH_BYTES];
    for (four, word) in bytes.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    Hash(bytes)
}

/// The root over `hashes`, a power of two of them and at most a tile's, as bytes.
pub(crate) fn fold_complete(bytes: &[u8]) -> Hash {
    let count = bytes.len() / HASH_BYTES;
    debug_assert!(count.is_power_of_two() && count <= 256);
    let at = |n: usize| {
        let mut hash = [0; HASH_BYTES];
        hash.copy_from_slice(&bytes[n * HASH_BYTES..(n + 1) * HASH_BYTES]);
        Hash(hash)
    };
    if count == 1 {
        return at(0);
    }
    let mut row = [EMPTY_ROOT; 128];
    let mut width = count / 2;
    for (n, hash) in row[..width].iter_mut().enumerate() {
        *hash = hash_node(&at(2 * n), &at(2 * n + 1));
    }
    while width > 1 {
        width /= 2;
        for n in 0..width {
            row[n] = hash_node(&row[2 * n], &row[2 * n + 1]);
        }
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_sha_256_over_its_prefix_and_both_children() {
        let (left, right) = (hash_leaf(b"left"), hash_leaf(b"right"));
        let streamed = Sha256::new()
            .chain_update([1])
            .chain_update(left.as_bytes())
            .chain_update(right.as_bytes())
            .finalize();
        assert_eq!(hash_node(&left, &right), Hash(streamed.into()));
    }

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(EMPTY_ROOT, Hash(Sha256::digest(b"").into()));
    }

    #[test]
    fn a_hash_has_one_spelling_in_base64() {
        let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(EMPTY_ROOT.to_string(), text);
        assert_eq!(Hash::from_base64(text), Some(EMPTY_ROOT));
        // Stray bits in the last digit, no padding, the other alphabet, a line break, another length.
        for bad in [
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF\n=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",
        ] {
            assert_eq!(Hash::from_base64(bad), None, "{bad:?}");
        }
    }
}
