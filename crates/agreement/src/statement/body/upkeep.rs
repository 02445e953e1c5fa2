//! What the keepers of the record did with bodies.

use spacetime::Instant;

use super::super::fields::fields;
use crate::canonical::Digest;

/// A body was opened to somebody: logged before its key was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// When.
    pub at: Instant,
    /// Digest of the statement whose body it is.
    pub opened: Digest,
    /// What for.
    pub purpose: String,
    /// To whom, as the pack names the recipient.
    pub to: String,
}
fields!(Disclosure { at, opened, purpose, to });

/// A cell of the private lane: bytes that only those who hold its key can tell from a cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its bytes, as text of one length.
    pub bytes: String,
}
fields!(Cell { bytes });
