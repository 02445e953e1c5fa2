//! The log's leaf: a statement with what the ledger adds, in canonical bytes.

use spacetime::Instant;

use super::exact;
use super::fields::{Field as _, Fields, fields};
use super::refusal::Refusal;
use super::signed::{NO_CANONICAL_FORM, Statement};
use super::strict::{self, TOO_LONG};
use crate::canonical::{Digest, canonical_value};

/// Most bytes of an entry (C2SP tlog-tiles: bundles hold 16-bit lengths).
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// The ciphertext of a body in the vault, so that it can be checked without any key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sealed {
    /// Its size, padded.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

fields!(Sealed { bytes, sha256 });

/// One leaf of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The sealed body, when the statement has one.
    pub sealed: Option<Sealed>,
    /// When the ledger put it in its place.
    pub sequenced_at: Instant,
    /// What was said.
    pub statement: Statement,
}

impl Entry {
    /// The bytes of the leaf.
    ///
    /// # Errors
    /// When there are more than [`ENTRY_BYTES_MAX`].
    ///
    /// # Panics
    /// Never: a time has a canonical form.
    pub fn canonical(&self) -> Result<Vec<u8>, Refusal> {
        Self::canonical_of(self.sealed, self.sequenced_at, &self.statement)
    }

    /// The bytes of the leaf that these make.
    ///
    /// # Errors
    /// As [`Self::canonical`].
    ///
    /// # Panics
    /// As [`Self::canonical`].
    pub fn canonical_of(
        sealed: Option<Sealed>,
        sequenced_at: Instant,
        statement: &Statement,
    ) -> Result<Vec<u8>, Refusal> {
        Self::canonical_after(&Self::before_statement(sealed, sequenced_at)?, statement)
    }

    /// What stands before the statement in the bytes of a leaf.
    ///
    /// # Errors
    /// When the size of what is sealed has no canonical form.
    ///
    /// # Panics
    /// As [`Self::canonical`].
    pub fn before_statement(
        sealed: Option<Sealed>,
        sequenced_at: Instant,
    ) -> Result<Vec<u8>, Refusal> {
        let mut bytes = br#"{"sealed":"#.to_vec();
        canonical_value(&sealed.to_json(), &mut bytes)
            .map_err(|_| Refusal::new(&NO_CANONICAL_FORM).within("sealed"))?;
        bytes.extend_from_slice(br#","sequenced_at":"#);
        canonical_value(&sequenced_at.to_json(), &mut bytes).expect("a time is text");
        bytes.extend_from_slice(br#","statement":"#);
        Ok(bytes)
    }

    /// The bytes of a leaf that begins so ([`Self::before_statement`]).
    ///
    /// # Errors
    /// When there are more than [`ENTRY_BYTES_MAX`].
    pub fn canonical_after(before: &[u8], statement: &Statement) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::with_capacity(before.len() + statement.canonical_len() + 1);
        bytes.extend_from_slice(before);
        statement.write_canonical(&mut bytes);
        bytes.push(b'}');
        if bytes.len() > ENTRY_BYTES_MAX {
            let detail = format!("{} bytes, at most {ENTRY_BYTES_MAX}", bytes.len());
            return Err(Refusal::new(&TOO_LONG).detail(detail));
        }
        Ok(bytes)
    }

    /// From the bytes of a leaf, which must be canonical.
    ///
    /// # Errors
    /// When they are no entry.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() <= ENTRY_BYTES_MAX
            && let Some(entry) = exact::entry(bytes)
        {
            return Ok(entry);
        }
        let mut members = Fields::of(strict::parse_canonical(bytes, ENTRY_BYTES_MAX)?)?;
        let entry = Self {
            sealed: members.take_nullable("sealed")?,
            sequenced_at: members.take("sequenced_at")?,
            statement: Statement::from_json(members.take_raw("statement")?)
                .map_err(|why| why.within("statement"))?,
        };
        members.finish()?;
        Ok(entry)
    }
}
