//! Keys and salts in memory, and where they come from.

use std::fmt;

use zeroize::Zeroizing;

/// 32 secret bytes: a data key, a salt, a key that wraps keys. Wiped when dropped, and nothing
/// prints it.
///
/// The wipe reaches this copy. What the processor, the allocator or a swap file kept of it is out
/// of reach (SECURITY.md).
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// From its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh one.
    ///
    /// # Errors
    /// When the source of randomness fails.
    pub fn fresh(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFault> {
        let mut secret = Self::new([0; 32]);
        entropy.fill(&mut *secret.0)?;
        Ok(secret)
    }

    /// The bytes, for a cipher or a digest. Never for a message.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where unpredictable bytes come from: the system, or a seed in a simulation.
pub trait Entropy {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// When there is no randomness to be had: nothing may then be sealed.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyFault>;
}

/// The system gave no randomness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness: {0}")]
pub struct EntropyFault(pub String);

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        getrandom::fill(bytes).map_err(|fault| EntropyFault(fault.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret(..)");
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let [a, b] = [0; 2].map(|_| Secret::fresh(&mut SystemEntropy).unwrap());
        assert_ne!(a.expose(), b.expose());
    }
}
