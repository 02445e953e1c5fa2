//! Keys of devices, and the one rule by which their signatures count.
//!
//! The rule is Ed25519 as RFC 8032 has it, without cofactor, with canonical encodings, and with
//! keys and nonces of small order refused (`verify_strict`): what passes here passes in every
//! common verifier, so admission, mirror and browser cannot disagree.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::refusal::Refusal;
use crate::statement_codes;

statement_codes! {
    BAD_KEY = "bad-key", "the public key is no point of the curve, or one of small order",
        "make a new key pair: under such a key a signature proves nothing";
    BAD_SIGNATURE = "bad-signature", "the signature does not hold under the device's key",
        "sign the canonical header again, with the key that the roster has for the device";
}

/// The secret key of a device. It has no `Debug`, and its bytes are wiped when it is dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From the 32 secret bytes (RFC 8032 §5.1.5, step 1).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The key that others verify with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// A signature over some bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// The public key of a device, ready to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`BAD_KEY`] when they are no point, or one of small order.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, Refusal> {
        let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak());
        key.map(Self).ok_or_else(|| Refusal::new(&BAD_KEY))
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether a signature over some bytes holds.
    ///
    /// # Errors
    /// [`BAD_SIGNATURE`] when it does not.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Refusal> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        let held = self.0.verify_strict(message, &signature);
        held.map_err(|_| Refusal::new(&BAD_SIGNATURE))
    }
}
