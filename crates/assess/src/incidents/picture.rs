//! What comes of holding reports against clauses: findings, and an account of every report.

use std::collections::BTreeMap;

use agreement::{ClauseId, ClauseStatus};
use serde::Serialize;

use super::{Answer, Outside};
use crate::anomaly::Anomaly;
use crate::finding::{Reason, Recorded};

/// Findings and what else there is to say about the reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentPicture {
    /// In their one order.
    pub findings: Vec<Recorded>,
    /// Where every report went.
    pub tally: IncidentTally,
    /// Repeats, reports that share a name, sides that the pack does not know.
    pub anomalies: Vec<Anomaly>,
    /// Clauses that are not judged because they are not adopted, and where they stand.
    pub not_judged: Vec<(ClauseId, ClauseStatus)>,
}

/// An account of every report. For each clause the numbers add up to `reports`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IncidentTally {
    /// Different reports of the period.
    pub reports: u64,
    /// Copies of those, which do not count.
    pub repeats: u64,
    /// Reports of other times than the period that is judged, copies included.
    pub outside_period: u64,
    /// Reports that their own source has replaced by others, copies included.
    pub corrected: u64,
    /// By clause.
    pub clauses: BTreeMap<ClauseId, ClauseTally>,
}

/// What one clause made of the reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClauseTally {
    /// Said to have broken it.
    pub alleged: u64,
    /// Cannot be told, by reason.
    pub undetermined: BTreeMap<Reason, u64>,
    /// Beyond doubt outside it, by the first reason of the list.
    pub outside: BTreeMap<Outside, u64>,
}

impl IncidentTally {
    pub(super) fn count(&mut self, clause: &ClauseId, answer: Answer) {
        let Some(tally) = self.clauses.get_mut(clause) else { return };
        let counter = match answer {
            Answer::Yes => &mut tally.alleged,
            Answer::Doubt(reason) => tally.undetermined.entry(reason).or_default(),
            Answer::No(outside) => tally.outside.entry(outside).or_default(),
        };
        *counter += 1;
    }
}

impl ClauseTally {
    /// How many reports were held against the clause.
    #[must_use]
    pub fn total(&self) -> u64 {
        let undetermined: u64 = self.undetermined.values().sum();
        self.alleged + undetermined + self.outside.values().sum::<u64>()
    }
}
