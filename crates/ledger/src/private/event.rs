//! What the private lane writes down: what was queued, what was planned to the byte, what is in the log.

use agreement::Digest;
use agreement::statement::{Sealed, Statement};
use serde::{Deserialize, Serialize};

use super::lane::PrivateEntry;

/// A private statement that waits, cut and sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) statement: String,
    pub(super) device: String,
    pub(super) sequence: u64,
    pub(super) cells: Vec<SealedCell>,
    /// The period in whose batch it is promised to be.
    #[serde(default)]
    pub(super) promised: u64,
    /// The signed header, wrapped to the vault: proof, should the device say something else under its
    /// number. Base64.
    #[serde(default)]
    pub(super) signed: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SealedCell {
    pub(super) commitment: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

/// A batch to the byte.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) period: u64,
    pub(super) entries: Vec<PlannedEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PlannedEntry {
    /// The signed statement of the cell, canonical.
    pub(super) statement: String,
    pub(super) sealed: SealedCell,
    /// The private statement whose first cell this is.
    pub(super) first_of: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    Queued(Waiting),
    Planned(Plan),
    Sequenced { period: u64, first: u64 },
}

impl PlannedEntry {
    pub(super) fn read(&self) -> Option<PrivateEntry> {
        let statement = Statement::parse_canonical(self.statement.as_bytes()).ok()?;
        let sha256 = Digest::parse(&self.sealed.sha256)?;
        let sealed = Sealed { bytes: self.sealed.bytes, sha256 };
        Some(PrivateEntry { statement, sealed })
    }
}
