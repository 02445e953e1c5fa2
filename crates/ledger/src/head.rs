//! What a log stands at, and the key that says so.

use tlog::{EMPTY_ROOT, Hash};

/// The size of the log's tree and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root (RFC 6962 §2.1).
    pub root: Hash,
}

impl Head {
    /// Of the log without entries.
    pub const EMPTY: Self = Self { size: 0, root: EMPTY_ROOT };
}

/// Knows what the log's key signed. Holds no secret.
pub trait LogVerifier: Send + Sync {
    /// The head of a checkpoint that the log's key signed for this log.
    ///
    /// # Errors
    /// Why it is none, in words for a person.
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String>;
}

/// The log's own key, as a port: signs heads (c2sp.org/tlog-checkpoint).
pub trait LogKey: LogVerifier {
    /// The signed checkpoint of a head. The same head gives the same bytes.
    fn checkpoint(&self, head: &Head) -> Vec<u8>;
}
