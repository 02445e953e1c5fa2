//! Puts private statements together again, for those who may open their cells.

use std::collections::BTreeMap;

use spacetime::Instant;

use super::cell::{Cell, CellFault};
use crate::canonical::Digest;
use crate::statement::Claim;
use crate::statement::body::Cell as CellBody;

/// A private statement as those may read it to whom it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The period in whose batch it stands.
    pub period: u64,
    /// Leaf of its first cell.
    pub leaf: u64,
    /// When the ledger had received it, as it says.
    pub received_at: Instant,
    /// The statement with its body. Its signatures are still to be verified.
    pub claim: Claim,
}

/// A private statement of which something is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Digest of the statement.
    pub statement: Digest,
    /// Cells that are there.
    pub have: usize,
    /// Cells that it was cut into.
    pub parts: u16,
    /// Whether all are there and yet are no claim, or another than they say.
    pub is_forged: bool,
}

#[derive(Debug)]
struct Pieces {
    period: u64,
    received_at: Instant,
    parts: u16,
    data: BTreeMap<u16, (u64, Vec<u8>)>,
    contradicts: bool,
}

/// Collects the cells that were opened.
#[derive(Debug, Default)]
pub struct Opener {
    pieces: BTreeMap<Digest, Pieces>,
    covers: u64,
}

impl Opener {
    /// Takes the opened body of a private entry: the period that its header says, its leaf. The
    /// body has been held against the commitment.
    ///
    /// # Errors
    /// When it is no cell.
    pub fn take(&mut self, period: u64, leaf: u64, body: &CellBody) -> Result<(), CellFault> {
        match Cell::from_body(body)? {
            Cell::Cover => self.covers += 1,
            Cell::Part { received_at, statement, part, parts, data } => {
                let new = || Pieces {
                    period,
                    received_at,
                    parts,
                    data: BTreeMap::new(),
                    contradicts: false,
                };
                let pieces = self.pieces.entry(statement).or_insert_with(new);
                let agrees = (pieces.period, pieces.received_at, pieces.parts)
                    == (period, received_at, parts);
                let twice = pieces.data.insert(part, (leaf, data)).is_some();
                pieces.contradicts |= twice || !agrees;
            }
        }
        Ok(())
    }

    /// How many covers there were.
    #[must_use]
    pub fn covers(&self) -> u64 {
        self.covers
    }

    /// The statements in the order in which the ledger received them within each period (ties by
    /// digest), and what is missing or forged.
    #[must_use]
    pub fn finish(self) -> (Vec<Opened>, Vec<Incomplete>) {
        let mut opened = Vec::new();
        let mut incomplete = Vec::new();
        for (statement, pieces) in self.pieces {
            let (have, parts) = (pieces.data.len(), pieces.parts);
            match pieces.into_opened(&statement) {
                Some(whole) => opened.push(whole),
                None => {
                    let is_forged = have == usize::from(parts);
                    incomplete.push(Incomplete { statement, have, parts, is_forged });
                }
            }
        }
        opened.sort_by_key(|one| (one.period, one.received_at, one.claim.statement().digest()));
        (opened, incomplete)
    }
}

impl Pieces {
    fn into_opened(self, statement: &Digest) -> Option<Opened> {
        if self.contradicts || self.data.len() != usize::from(self.parts) {
            return None;
        }
        let leaf = self.data.get(&0)?.0;
        let line: Vec<u8> = self.data.into_values().flat_map(|(_, data)| data).collect();
        let claim = Claim::parse(&line).ok()?;
        (claim.statement().digest() == *statement).then_some(Opened {
            period: self.period,
            leaf,
            received_at: self.received_at,
            claim,
        })
    }
}
