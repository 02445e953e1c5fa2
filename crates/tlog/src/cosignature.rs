//! Cosignatures (c2sp.org/tlog-cosignature): a witness's statement that, at a time, this was the
//! largest consistent tree it had seen.
//!
//! The Ed25519 type is made and verified. The ML-DSA-44 type, which commits to the cosigner's name and
//! stands against quantum computers, is read and named ([`SignatureType::CosignatureMlDsa44`]); its
//! place is here and in [`VerifierKey::verify`](crate::key::VerifierKey::verify).
//!
//! [`SignatureType::CosignatureMlDsa44`]: crate::key::SignatureType::CosignatureMlDsa44

/// Latest time that a cosignature may say.
pub const TIME_S_MAX: u64 = (1 << 63) - 1;

/// Bytes of an ML-DSA-44 public key (FIPS 204, table 2).
pub const MLDSA44_KEY_BYTES: usize = 1312;

/// Bytes of an Ed25519 `timestamped_signature`.
pub const TIMED_ED25519_BYTES: usize = 8 + 64;

/// What an Ed25519 cosignature signs: two lines, then the text of the checkpoint.
pub(crate) fn message(time_s: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

/// Takes a `timestamped_signature` apart; `None` when it is none.
pub(crate) fn split(bytes: &[u8]) -> Option<(u64, &[u8; 64])> {
    let (time, signature) = bytes.split_first_chunk()?;
    let time = u64::from_be_bytes(*time);
    let signature = signature.try_into().ok()?;
    (time <= TIME_S_MAX).then_some((time, signature))
}

/// Puts a `timestamped_signature` together.
pub(crate) fn join(time_s: u64, signature: &[u8; 64]) -> [u8; TIMED_ED25519_BYTES] {
    let mut bytes = [0; TIMED_ED25519_BYTES];
    bytes[..8].copy_from_slice(&time_s.to_be_bytes());
    bytes[8..].copy_from_slice(signature);
    bytes
}
