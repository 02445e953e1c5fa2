//! Who signs: key names, key IDs and verifier keys (c2sp.org/signed-note, "Signatures" and
//! "Verifier keys").

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::cosignature::{self, MLDSA44_KEY_BYTES};

/// Characters of the longest key name.
pub const KEY_NAME_CHARS_MAX: usize = 255;

/// Bytes of the longest verifier key: an ML-DSA-44 one is under 2 KiB.
pub const VERIFIER_KEY_BYTES_MAX: usize = 16 * 1024;

/// What kind of signature a key makes (signed-note, "Signature types"). Unknown kinds are kept, named
/// and never verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureType {
    /// `0x01`: Ed25519 over the note's text.
    Ed25519,
    /// `0x02`: ECDSA, as one implementation has it.
    Ecdsa,
    /// `0x04`: timestamped Ed25519 checkpoint cosignatures (c2sp.org/tlog-cosignature).
    CosignatureEd25519,
    /// `0x05`: RFC 6962 `TreeHeadSignature`s (c2sp.org/static-ct-api).
    TreeHead,
    /// `0x06`: timestamped ML-DSA-44 (sub)tree cosignatures (c2sp.org/tlog-cosignature).
    CosignatureMlDsa44,
    /// Any other identifier byte.
    Other(u8),
}

impl SignatureType {
    /// From its identifier byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::Ed25519,
            0x02 => Self::Ecdsa,
            0x04 => Self::CosignatureEd25519,
            0x05 => Self::TreeHead,
            0x06 => Self::CosignatureMlDsa44,
            other => Self::Other(other),
        }
    }

    /// Its identifier byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Ecdsa => 0x02,
            Self::CosignatureEd25519 => 0x04,
            Self::TreeHead => 0x05,
            Self::CosignatureMlDsa44 => 0x06,
            Self::Other(byte) => byte,
        }
    }

    /// Whether this crate verifies it.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        matches!(self, Self::Ed25519 | Self::CosignatureEd25519)
    }
}

impl fmt::Display for SignatureType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ecdsa => f.write_str("ECDSA"),
            Self::CosignatureEd25519 => f.write_str("Ed25519 cosignature/v1"),
            Self::TreeHead => f.write_str("RFC 6962 tree head"),
            Self::CosignatureMlDsa44 => f.write_str("ML-DSA-44 cosignature"),
            Self::Other(byte) => write!(f, "signature type 0x{byte:02x}"),
        }
    }
}

/// The four bytes that, with the name, tell which key signed. Not a cryptographic hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// `SHA-256(name || 0x0A || type || key)[:4]`.
    #[must_use]
    pub fn of(name: &str, kind: SignatureType, key: &[u8]) -> Self {
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind.byte()])
            .chain_update(key)
            .finalize();
        Self([digest[0], digest[1], digest[2], digest[3]])
    }

    fn parse(text: &str) -> Option<Self> {
        let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let valid = text.len() == 8 && text.bytes().all(lower);
        let value = if valid { u32::from_str_radix(text, 16).ok() } else { None };
        value.map(|value| Self(value.to_be_bytes()))
    }
}

/// Eight lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether text may name a key: not empty, no Unicode space, no control character, no plus.
#[must_use]
pub fn is_key_name(text: &str) -> bool {
    let barred = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    !text.is_empty() && text.len() <= KEY_NAME_CHARS_MAX && !text.contains(barred)
}

/// Why text is no verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form.
    #[error("a verifier key reads NAME+ID+KEY: eight hexadecimal digits, then canonical base64")]
    Form,
    /// The name cannot name a key.
    #[error("a key's name has 1 to 255 bytes without spaces or `+`")]
    Name,
    /// The ID is not the one of this name, type and key.
    #[error("the key's ID is {found}, but that of its name and bytes is {computed}")]
    Id {
        /// As written.
        found: KeyId,
        /// As computed.
        computed: KeyId,
    },
    /// Not as many bytes as keys of its type have.
    #[error("the key has {bytes} bytes, which is not the number for its type")]
    Length {
        /// Bytes of the key.
        bytes: usize,
    },
    /// Not a point of the curve in its one encoding, or one of small order.
    #[error("the bytes are no Ed25519 public key that a signature could be trusted under")]
    Weak,
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The type is one that this crate does not verify.
    #[error("signatures of the type {0} are not verified by this version")]
    Unsupported(SignatureType),
    /// Not as many bytes as signatures of its type have, or a time past 2^63 - 1.
    #[error("the signature's bytes have not the form of its type")]
    Form,
    /// It is not the key's signature over this text.
    #[error("the signature is not by that key over this text")]
    Wrong,
}

/// A public key with its name, ID and signature type: who may have signed a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    kind: SignatureType,
    /// As encoded.
    bytes: Vec<u8>,
    /// The point, where the type is one of Ed25519.
    ed25519: Option<VerifyingKey>,
}

impl VerifierKey {
    /// The key of a log (`0x01`) or of a witness (`0x04`), by its Ed25519 public key.
    ///
    /// # Errors
    /// When the name cannot name a key, the type is not one of Ed25519, or the key is no strong one.
    pub fn ed25519(name: &str, kind: SignatureType, key: &[u8; 32]) -> Result<Self, KeyError> {
        if !kind.is_supported() {
            return Err(KeyError::Form);
        }
        Self::new(name, kind, key, KeyId::of(name, kind, key))
    }

    fn new(name: &str, kind: SignatureType, key: &[u8], id: KeyId) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let length = KeyError::Length { bytes: key.len() };
        let computed = KeyId::of(name, kind, key);
        let ed25519 = match kind {
            SignatureType::Ed25519 | SignatureType::CosignatureEd25519 => {
                Some(strong_point(key.try_into().map_err(|_| length)?)?)
            }
            SignatureType::CosignatureMlDsa44 if key.len() != MLDSA44_KEY_BYTES => {
                return Err(length);
            }
            _ => None,
        };
        // For other types the computation of the ID is only recommended, and some differ.
        let fixed = ed25519.is_some() || kind == SignatureType::CosignatureMlDsa44;
        if fixed && id != computed {
            return Err(KeyError::Id { found: id, computed });
        }
        Ok(Self { name: name.to_owned(), id, kind, bytes: key.to_vec(), ed25519 })
    }

    /// From `<name>+<hex ID>+<base64 of type and key>`.
    ///
    /// # Errors
    /// When the text is not of that form, or not a key of the type that it says.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > VERIFIER_KEY_BYTES_MAX {
            return Err(KeyError::Form);
        }
        let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
        let id = KeyId::parse(id).ok_or(KeyError::Form)?;
        let bytes = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let (kind, key) = bytes.split_first().ok_or(KeyError::Form)?;
        Self::new(name, SignatureType::from_byte(*kind), key, id)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its ID.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What kind of signature it makes.
    #[must_use]
    pub const fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The public key, as encoded.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies a signature, without the key ID before it, over a note's text. Gives the time at which
    /// it was made, in seconds of POSIX, where the type says one.
    ///
    /// # Errors
    /// When it does not verify, or cannot be verified here.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, SignatureError> {
        let point = self.ed25519.as_ref().ok_or(SignatureError::Unsupported(self.kind))?;
        if self.kind == SignatureType::CosignatureEd25519 {
            let (time, signature) = cosignature::split(signature).ok_or(SignatureError::Form)?;
            verify_strictly(point, cosignature::message(time, text).as_bytes(), signature)?;
            return Ok(Some(time));
        }
        let signature = signature.try_into().map_err(|_| SignatureError::Form)?;
        verify_strictly(point, text.as_bytes(), signature)?;
        Ok(None)
    }
}

/// `<name>+<hex ID>+<base64 of type and key>`.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind.byte()], &self.bytes[..]].concat();
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(bytes))
    }
}

/// A point in its one canonical encoding, not of small order: under a key of small order one signature
/// fits many texts.
fn strong_point(key: &[u8; 32]) -> Result<VerifyingKey, KeyError> {
    let point = VerifyingKey::from_bytes(key).map_err(|_| KeyError::Weak)?;
    let canonical = point.to_edwards().compress().as_bytes() == key;
    if canonical && !point.is_weak() { Ok(point) } else { Err(KeyError::Weak) }
}

/// The one rule for every Ed25519 signature (docs/design-faq.md): no small order, no second encoding,
/// the cofactorless equation.
fn verify_strictly(
    point: &VerifyingKey,
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let signature = Signature::from_bytes(signature);
    point.verify_strict(message, &signature).map_err(|_| SignatureError::Wrong)
}
