//! What admission asks of the record it lets claims into.

use agreement::statement::{Sealed, Statement};
use spacetime::Instant;

use crate::fault::Fault;

/// The record as admission sees it: an open pool, what is in front of it, and the vault.
pub trait Record {
    /// The leaf of the latest entry with this key ([`super::keys_of`]), those of the open pool
    /// among them.
    ///
    /// # Errors
    /// When the world fails.
    fn find(&self, key: &[u8; 32]) -> Result<Option<u64>, Fault>;

    /// The bytes of an entry.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn entry(&self, leaf: u64) -> Result<Vec<u8>, Fault>;

    /// The root that the log had at a size; `None` when that is not at hand.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn root_at(&self, size: u64) -> Result<Option<[u8; 32]>, Fault>;

    /// The leaf that the next entry gets.
    fn next_leaf(&self) -> u64;

    /// The time that entries of the open pool carry.
    fn sequenced_at(&self) -> Instant;

    /// Seals a body durably, before its entry is there. The same body again gives the same.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn seal(
        &mut self,
        statement: &Statement,
        salt: &[u8; 32],
        body: &[u8],
    ) -> Result<Sealed, Fault>;

    /// Puts an entry into the open pool, with its keys ([`super::keys_of`]).
    ///
    /// # Errors
    /// As [`Self::find`].
    fn push(&mut self, entry: &[u8], keys: &[[u8; 32]; 2]) -> Result<u64, Fault>;
}
