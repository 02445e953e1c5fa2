//! Where a body lies and what opens it: 160 bytes in the key file, apart from the ciphertext.
//!
//! ```text
//! state u8 || mode u8 || 0 0 || length u32 || offset u64 || SHA-256 of the ciphertext 32 ||
//! offset of the shares u64 || their length u32 || 0 x 4 || nonce 24 || wrapped data key 48 ||
//! erased by leaf + 1, u64 || check 16
//! ```
//! Numbers are little end first. The check is the first half of SHA-256 over the rest, so that a
//! flipped bit is found by whoever has no key.

use agreement::Digest;
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::secret::{Entropy, EntropyFault, Secret};

/// Bytes of a slot.
pub(super) const SLOT_BYTES: usize = 160;

const STATE_HELD: u8 = 1;
const STATE_ERASED: u8 = 2;
const CHECK_AT: usize = SLOT_BYTES - 16;

/// What a slot says.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Where the ciphertext begins in the file of bodies.
    pub(super) offset: u64,
    /// Its bytes.
    pub(super) len: u32,
    /// Its digest, as on the record.
    pub(super) sealed: Digest,
    /// What gives the key back.
    pub(super) key: SlotKey,
}

/// What gives the key of a body back.
#[derive(Clone, Debug)]
pub(super) enum SlotKey {
    /// The data key, wrapped to the segment's key.
    Wrapped { nonce: [u8; 24], key: [u8; 48] },
    /// Shares, wrapped to their holders, in the file of shares.
    Shares { offset: u64, len: u32 },
    /// Nothing any more. The leaf of the erasure, once it is known here, and where shares were.
    Erased { leaf: Option<u64>, shares: Option<(u64, u32)> },
}

/// What stands in the place of a slot.
#[derive(Debug)]
pub(super) enum Place {
    /// Nothing was ever written.
    Blank,
    /// A slot.
    Slot(Slot),
    /// Torn before it was acknowledged, or damaged after.
    Unreadable,
}

impl Slot {
    pub(super) fn to_bytes(&self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[4..8].copy_from_slice(&self.len.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..48].copy_from_slice(self.sealed.as_bytes());
        let mut shares = |offset: u64, len: u32| {
            bytes[1] = 1;
            bytes[48..56].copy_from_slice(&offset.to_le_bytes());
            bytes[56..60].copy_from_slice(&len.to_le_bytes());
        };
        match &self.key {
            SlotKey::Wrapped { nonce, key } => {
                bytes[0] = STATE_HELD;
                bytes[64..88].copy_from_slice(nonce);
                bytes[88..136].copy_from_slice(key);
            }
            SlotKey::Shares { offset, len } => {
                shares(*offset, *len);
                bytes[0] = STATE_HELD;
            }
            SlotKey::Erased { leaf, shares: at } => {
                if let Some((offset, len)) = at {
                    shares(*offset, *len);
                }
                bytes[0] = STATE_ERASED;
                let leaf = leaf.map_or(0, |leaf| leaf.saturating_add(1));
                bytes[136..144].copy_from_slice(&leaf.to_le_bytes());
            }
        }
        let check = Digest::of_bytes(&bytes[..CHECK_AT]);
        bytes[CHECK_AT..].copy_from_slice(&check.as_bytes()[..16]);
        bytes
    }

    /// Wraps a data key to the key of its segment.
    pub(super) fn wrap(
        key: &Secret,
        segment_key: &Secret,
        sealed: Digest,
        entropy: &mut dyn Entropy,
    ) -> Result<SlotKey, EntropyFault> {
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce)?;
        let mut wrapped = [0; 48];
        let (text, tag) = wrapped.split_at_mut(32);
        text.copy_from_slice(key.expose());
        let cipher = XChaCha20Poly1305::new(segment_key.expose().into());
        let made = cipher
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), sealed.as_bytes(), text)
            .map_err(|_| EntropyFault("the cipher refused 32 bytes".into()))?;
        tag.copy_from_slice(&made);
        Ok(SlotKey::Wrapped { nonce, key: wrapped })
    }

    /// The data key, where the segment's key opens it.
    pub(super) fn unwrap(&self, segment_key: &Secret) -> Option<Secret> {
        let SlotKey::Wrapped { nonce, key } = &self.key else { return None };
        let (text, tag) = key.split_first_chunk::<32>()?;
        let mut text = Zeroizing::new(*text);
        XChaCha20Poly1305::new(segment_key.expose().into())
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                self.sealed.as_bytes(),
                &mut *text,
                Tag::from_slice(tag),
            )
            .ok()?;
        Some(Secret::new(*text))
    }
}

impl Place {
    /// Reads what stands in the place of a slot.
    pub(super) fn read(bytes: &[u8]) -> Self {
        if bytes.iter().all(|&byte| byte == 0) {
            return Self::Blank;
        }
        read_slot(bytes).map_or(Self::Unreadable, Self::Slot)
    }
}

fn read_slot(bytes: &[u8]) -> Option<Slot> {
    let bytes: &[u8; SLOT_BYTES] = bytes.try_into().ok()?;
    if Digest::of_bytes(&bytes[..CHECK_AT]).as_bytes()[..16] != bytes[CHECK_AT..] {
        return None;
    }
    let u64_at = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
    let shares = (bytes[1] == 1).then_some((u64_at(48)?, u32_at(56)?));
    let key = match (bytes[0], shares) {
        (STATE_HELD, Some((offset, len))) => SlotKey::Shares { offset, len },
        (STATE_HELD, None) => SlotKey::Wrapped {
            nonce: bytes[64..88].try_into().ok()?,
            key: bytes[88..136].try_into().ok()?,
        },
        (STATE_ERASED, shares) => SlotKey::Erased { leaf: u64_at(136)?.checked_sub(1), shares },
        _ => return None,
    };
    let sealed = Digest::from_bytes(bytes[16..48].try_into().ok()?);
    Some(Slot { offset: u64_at(8)?, len: u32_at(4)?, sealed, key })
}

#[cfg(test)]
mod tests {
    use super::super::secret::SystemEntropy;
    use super::*;

    fn slot() -> Slot {
        let sealed = Digest::of_bytes(b"ciphertext");
        let key =
            Slot::wrap(&Secret::new([5; 32]), &Secret::new([6; 32]), sealed, &mut SystemEntropy);
        Slot { offset: 4096, len: 512, sealed, key: key.unwrap() }
    }

    #[test]
    fn a_slot_reads_back_and_only_its_segments_key_opens_it() {
        let bytes = slot().to_bytes();
        let Place::Slot(read) = Place::read(&bytes) else { panic!("unreadable") };
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(read.unwrap(&Secret::new([6; 32])).unwrap().expose(), &[5; 32]);
        assert!(read.unwrap(&Secret::new([7; 32])).is_none());
        assert!(matches!(Place::read(&[0; SLOT_BYTES]), Place::Blank));
    }

    #[test]
    fn a_key_serves_only_the_ciphertext_it_was_made_for() {
        let mut other = slot();
        other.sealed = Digest::of_bytes(b"another");
        assert!(other.unwrap(&Secret::new([6; 32])).is_none());
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let good = slot().to_bytes();
        for bit in 0..good.len() * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(Place::read(&bad), Place::Unreadable), "bit {bit}");
        }
    }

    #[test]
    fn an_erased_slot_holds_no_key() {
        let held = slot();
        let SlotKey::Wrapped { key, .. } = held.key else { panic!("held") };
        let erased =
            Slot { key: SlotKey::Erased { leaf: Some(9), shares: None }, ..held }.to_bytes();
        assert!(!erased.windows(16).any(|w| key.windows(16).any(|k| k == w)));
        let Place::Slot(Slot { key: SlotKey::Erased { leaf, .. }, .. }) = Place::read(&erased)
        else {
            panic!("unreadable")
        };
        assert_eq!(leaf, Some(9));
    }
}
