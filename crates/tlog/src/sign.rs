//! Signing notes and cosigning checkpoints. Ed25519 signatures need no randomness (RFC 8032 §5.1.6).

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::cosignature::{self, TIME_S_MAX};
use crate::key::{KeyError, SignatureType, VerifierKey};
use crate::note::SignatureLine;

/// A private key that signs notes under a name. `Debug` shows its public half only.
pub struct NoteSigner {
    secret: SigningKey,
    verifier: VerifierKey,
}

/// A private key that cosigns checkpoints under a name. It has to be another key than any that signs
/// notes or belongs to another cosigner, since an Ed25519 cosignature does not say the name.
pub struct Cosigner {
    secret: SigningKey,
    verifier: VerifierKey,
}

impl NoteSigner {
    /// From the 32 bytes of the secret.
    ///
    /// # Errors
    /// When the name cannot name a key.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, KeyError> {
        let (secret, verifier) = pair(name, SignatureType::Ed25519, secret)?;
        Ok(Self { secret, verifier })
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note's text.
    #[must_use]
    pub fn sign(&self, text: &str) -> SignatureLine {
        SignatureLine::new(&self.verifier, &self.secret.sign(text.as_bytes()).to_bytes())
    }
}

impl Cosigner {
    /// From the 32 bytes of the secret.
    ///
    /// # Errors
    /// When the name cannot name a key.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, KeyError> {
        let (secret, verifier) = pair(name, SignatureType::CosignatureEd25519, secret)?;
        Ok(Self { secret, verifier })
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Cosigns the text of a checkpoint at a time in seconds of POSIX. Whoever calls has verified that
    /// the checkpoint is consistent with every earlier one of its log, and has made that durable.
    ///
    /// # Panics
    /// When the time is past [`TIME_S_MAX`].
    #[must_use]
    pub fn cosign(&self, text: &str, time_s: u64) -> SignatureLine {
        assert!(time_s <= TIME_S_MAX, "no clock shows a time past 2^63 seconds");
        let signature = self.secret.sign(cosignature::message(time_s, text).as_bytes()).to_bytes();
        SignatureLine::new(&self.verifier, &cosignature::join(time_s, &signature))
    }
}

fn pair(
    name: &str,
    kind: SignatureType,
    secret: &[u8; 32],
) -> Result<(SigningKey, VerifierKey), KeyError> {
    let secret = SigningKey::from_bytes(secret);
    let verifier = VerifierKey::ed25519(name, kind, secret.verifying_key().as_bytes())?;
    Ok((secret, verifier))
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.verifier)
    }
}
