//! The ciphertext of one body: what is kept, and whose digest stands on the record.
//!
//! ```text
//! "armseal1" || mode u8 || threshold u8 || shares u8 || 0 || shares x SHA-256 of a share ||
//! ChaCha20-Poly1305 (RFC 8439; data key, nonce 0, all before as associated data) of
//!     salt of 32 bytes || length of the body u32, little end first || canonical body || zeros
//! ```
//!
//! A data key seals one body and then nothing else, hence the fixed nonce. The zeros fill up to
//! a Padmé length, or to a size that the caller fixes. That the cipher does not commit to its key
//! does no harm: whoever opens a body holds it against the commitment on the record.

use std::fmt;

use agreement::Digest;
use agreement::statement::{BODY_BYTES_MAX, Commitment};
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce, Tag};
use zeroize::Zeroizing;

use super::padme::padme;
use super::secret::Secret;
use super::shamir::{SPLIT_SHARES_MAX, Share};

/// Longest ciphertext: the longest body, padded, in its longest head.
pub const SEALED_BYTES_MAX: usize =
    padded_len(BODY_BYTES_MAX) + HEAD_BYTES + SPLIT_SHARES_MAX as usize * DIGEST_BYTES + TAG_BYTES;

const MAGIC: &[u8; 8] = b"armseal1";
const HEAD_BYTES: usize = 12;
const DIGEST_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// Salt and length before the body.
const PREFIX_BYTES: usize = 36;
const MODE_VAULT: u8 = 0;
const MODE_SPLIT: u8 = 1;

/// A body and its salt, in the clear. Nothing prints it.
#[derive(Clone)]
pub struct Body {
    /// The salt of its commitment.
    pub salt: Secret,
    /// Its canonical bytes. Of a secret kind: never for a message.
    pub canonical: Zeroizing<Vec<u8>>,
}

/// Who can give the data key back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The vault alone.
    Vault,
    /// Any `threshold` of those who hold a share; the digests of the shares, by number.
    Split {
        /// How many it takes.
        threshold: u8,
        /// Digest of each share, the first of number 1.
        shares: Vec<Digest>,
    },
}

/// How long the sealed text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pad {
    /// To a Padmé length.
    Padme,
    /// So that the ciphertext has this length exactly: entries that must look alike.
    Exactly(usize),
}

/// Why a ciphertext cannot be what it is said to be, or a body cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// Past [`BODY_BYTES_MAX`], or past the size that was fixed.
    #[error("the body has {bytes} bytes, more than the {max} that fit")]
    TooLong {
        /// Bytes of the body.
        bytes: usize,
        /// How many fit.
        max: usize,
    },
    /// Shorter than its head says, or longer than any may be.
    #[error("the ciphertext is cut short or too long")]
    Length,
    /// The first bytes are not ours.
    #[error("it is no ciphertext of the vault, or of a later format")]
    Format,
    /// A threshold past the shares, unknown mode, or the like.
    #[error("the head of the ciphertext contradicts itself")]
    Head,
    /// The key does not fit, or a bit was changed.
    #[error("the key does not open it: another body's key, or the ciphertext was changed")]
    Key,
    /// It opens, but what is inside is not laid out as it must be.
    #[error("what was sealed is laid out wrongly")]
    Layout,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

impl Body {
    /// Of its canonical bytes and salt.
    #[must_use]
    pub fn new(salt: Secret, canonical: Vec<u8>) -> Self {
        Self { salt, canonical: Zeroizing::new(canonical) }
    }

    /// What stands in the header of the statement.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        Commitment::of(self.salt.expose(), &self.canonical)
    }
}

impl Holder {
    /// The split that stands for dealt shares.
    #[must_use]
    pub fn split(threshold: u8, shares: &[Share]) -> Self {
        Self::Split { threshold, shares: shares.iter().map(Share::digest).collect() }
    }

    fn head_len(&self) -> usize {
        match self {
            Self::Vault => HEAD_BYTES,
            Self::Split { shares, .. } => HEAD_BYTES + shares.len() * DIGEST_BYTES,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
        match self {
            Self::Vault => out.extend_from_slice(&[MODE_VAULT, 0, 0, 0]),
            Self::Split { threshold, shares } => {
                let count = u8::try_from(shares.len()).unwrap_or(u8::MAX);
                out.extend_from_slice(&[MODE_SPLIT, *threshold, count, 0]);
                shares.iter().for_each(|digest| out.extend_from_slice(digest.as_bytes()));
            }
        }
    }

    /// Reads the head of a ciphertext.
    ///
    /// # Errors
    /// When it is not one of ours, or contradicts itself.
    pub fn read(sealed: &[u8]) -> Result<Self, SealFault> {
        let shortest = HEAD_BYTES + PREFIX_BYTES + TAG_BYTES;
        if sealed.len() < shortest || sealed.len() > SEALED_BYTES_MAX {
            return Err(SealFault::Length);
        }
        let (head, rest) = sealed.split_at(HEAD_BYTES);
        if !head.starts_with(MAGIC) {
            return Err(SealFault::Format);
        }
        match [head[8], head[9], head[10], head[11]] {
            [MODE_VAULT, 0, 0, 0] => Ok(Self::Vault),
            [MODE_SPLIT, threshold, count, 0]
                if 1 <= threshold && threshold <= count && count <= SPLIT_SHARES_MAX =>
            {
                let digests = rest.get(..usize::from(count) * DIGEST_BYTES);
                let digests = digests.ok_or(SealFault::Length)?.chunks_exact(DIGEST_BYTES);
                let shares = digests.filter_map(|d| Some(Digest::from_bytes(d.try_into().ok()?)));
                Ok(Self::Split { threshold, shares: shares.collect() })
            }
            _ => Err(SealFault::Head),
        }
    }
}

/// Length of the text to seal for a body of so many bytes.
const fn padded_len(body_bytes: usize) -> usize {
    padme((PREFIX_BYTES + body_bytes) as u64) as usize
}

/// Length of the ciphertext of a body, before anything is sealed.
///
/// # Errors
/// When it does not fit.
pub fn sealed_len(body_bytes: usize, holder: &Holder, pad: Pad) -> Result<usize, SealFault> {
    let around = holder.head_len() + TAG_BYTES;
    let max = match pad {
        Pad::Padme => BODY_BYTES_MAX,
        Pad::Exactly(size) => size.saturating_sub(around + PREFIX_BYTES).min(BODY_BYTES_MAX),
    };
    if body_bytes > max {
        return Err(SealFault::TooLong { bytes: body_bytes, max });
    }
    Ok(match pad {
        Pad::Padme => around + padded_len(body_bytes),
        Pad::Exactly(size) => size,
    })
}

/// Seals a body under a key that has sealed nothing else, appending the ciphertext to `out`.
///
/// # Errors
/// When it does not fit.
pub fn seal(
    body: &Body,
    key: &Secret,
    holder: &Holder,
    pad: Pad,
    out: &mut Vec<u8>,
) -> Result<(), SealFault> {
    let len = sealed_len(body.canonical.len(), holder, pad)?;
    let too_long = SealFault::TooLong { bytes: body.canonical.len(), max: BODY_BYTES_MAX };
    let body_len = u32::try_from(body.canonical.len()).map_err(|_| too_long)?;
    let start = out.len();
    out.reserve(len);
    holder.write(out);
    let text_at = out.len();
    out.extend_from_slice(body.salt.expose());
    out.extend_from_slice(&body_len.to_le_bytes());
    out.extend_from_slice(&body.canonical);
    out.resize(start + len - TAG_BYTES, 0);
    let (head, text) = out[start..].split_at_mut(text_at - start);
    let tag = cipher(key).encrypt_in_place_detached(&Nonce::default(), head, text);
    // The cipher refuses only past 256 GiB.
    out.extend_from_slice(&tag.map_err(|_| too_long)?);
    Ok(())
}

/// Opens a ciphertext. The caller still has to hold the body against its commitment
/// ([`Body::commitment`]).
///
/// # Errors
/// When the key does not fit, a bit was changed, or what was sealed is laid out wrongly.
pub fn open(sealed: &[u8], key: &Secret) -> Result<Body, SealFault> {
    let holder = Holder::read(sealed)?;
    let (head, rest) = sealed.split_at_checked(holder.head_len()).ok_or(SealFault::Length)?;
    let text_len = rest.len().checked_sub(TAG_BYTES).ok_or(SealFault::Length)?;
    let (text, tag) = rest.split_at(text_len);
    let mut text = Zeroizing::new(text.to_vec());
    cipher(key)
        .decrypt_in_place_detached(&Nonce::default(), head, &mut text, Tag::from_slice(tag))
        .map_err(|_| SealFault::Key)?;
    read_text(&text).ok_or(SealFault::Layout)
}

fn read_text(text: &[u8]) -> Option<Body> {
    let (salt, rest) = text.split_first_chunk::<32>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (body, zeros) = rest.split_at_checked(len)?;
    // Otherwise the padding would be a channel that no reader looks at.
    let sound = body.len() <= BODY_BYTES_MAX && zeros.iter().all(|&byte| byte == 0);
    sound.then(|| Body::new(Secret::new(*salt), body.to_vec()))
}

fn cipher(key: &Secret) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(Key::from_slice(key.expose()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::shamir::deal;
    use super::*;

    fn body(text: &[u8]) -> Body {
        Body::new(Secret::new([1; 32]), text.to_vec())
    }

    fn sealed(text: &[u8], key: [u8; 32], holder: &Holder, pad: Pad) -> Vec<u8> {
        let mut out = Vec::new();
        seal(&body(text), &Secret::new(key), holder, pad, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(text: Vec<u8>, key: [u8; 32], split: bool) {
            let holder = if split {
                Holder::split(2, &deal(&Secret::new(key), 2, 3))
            } else {
                Holder::Vault
            };
            let sealed = sealed(&text, key, &holder, Pad::Padme);
            prop_assert_eq!(sealed.len(), sealed_len(text.len(), &holder, Pad::Padme).unwrap());
            prop_assert_eq!(Holder::read(&sealed), Ok(holder));
            let opened = open(&sealed, &Secret::new(key)).unwrap();
            prop_assert_eq!(&*opened.canonical, &text);
            prop_assert_eq!(opened.commitment(), body(&text).commitment());
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_a_panic(bytes: Vec<u8>, cut in 0_usize..200) {
            prop_assert!(open(&bytes, &Secret::new([0; 32])).is_err());
            let mut ours = sealed(b"{\"a\":1}", [3; 32], &Holder::Vault, Pad::Padme);
            ours.truncate(cut.min(ours.len() - 1));
            prop_assert!(open(&ours, &Secret::new([3; 32])).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let holder = Holder::split(2, &deal(&Secret::new([3; 32]), 2, 3));
        let good = sealed(b"{\"a\":1}", [3; 32], &holder, Pad::Padme);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &Secret::new([3; 32])).is_err(), "bit {bit}");
        }
        assert_eq!(open(&good, &Secret::new([4; 32])).unwrap_err(), SealFault::Key);
    }

    #[test]
    fn another_salt_or_body_does_not_meet_the_commitment() {
        let honest = body(b"{\"lat\":1}");
        let mut other = honest.clone();
        other.salt = Secret::new([2; 32]);
        assert_ne!(other.commitment(), honest.commitment());
        assert_ne!(body(b"{\"lat\":2}").commitment(), honest.commitment());
    }

    #[test]
    fn bodies_of_nearly_one_length_are_of_one_size_and_a_fixed_size_is_kept() {
        let sizes = [1000, 1010, 1020]
            .map(|n| sealed(&vec![b'x'; n], [3; 32], &Holder::Vault, Pad::Padme).len());
        assert!(sizes[0] == sizes[1] && sizes[1] == sizes[2], "{sizes:?}");
        let exact = |n| sealed(&vec![b'x'; n], [3; 32], &Holder::Vault, Pad::Exactly(512)).len();
        assert_eq!((exact(0), exact(512 - 64)), (512, 512));
        let past = sealed_len(512 - 63, &Holder::Vault, Pad::Exactly(512));
        assert_eq!(past, Err(SealFault::TooLong { bytes: 449, max: 448 }));
    }

    #[test]
    fn a_body_past_the_limit_is_refused_and_one_at_the_limit_is_not() {
        let len = |bytes| sealed_len(bytes, &Holder::Vault, Pad::Padme);
        let past = SealFault::TooLong { bytes: BODY_BYTES_MAX + 1, max: BODY_BYTES_MAX };
        assert_eq!(len(BODY_BYTES_MAX + 1), Err(past));
        assert!(len(BODY_BYTES_MAX).is_ok_and(|len| len <= SEALED_BYTES_MAX));
        assert_eq!(Holder::read(&vec![0; SEALED_BYTES_MAX + 1]), Err(SealFault::Length));
    }

    #[test]
    fn padding_that_carries_something_is_refused() {
        let mut text = vec![0; 64];
        text[63] = 1;
        assert!(read_text(&text).is_none());
        text[63] = 0;
        assert!(read_text(&text).is_some());
        // A length past the end.
        text[35] = 0xff;
        assert!(read_text(&text).is_none());
    }
}
