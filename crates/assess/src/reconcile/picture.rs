//! What is told of two registers.

use agreement::{Act, Digest};
use serde::Serialize;

use super::model::Model;

/// Which of the two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// The one named first.
    A,
    /// The other.
    B,
}

/// A row, so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowRef {
    /// Which register it stands in.
    pub register: Register,
    /// Its name there.
    pub id: String,
    /// The line it stands on.
    pub line: u64,
    /// What it tells of.
    pub kind: Act,
    /// From when on it may have happened.
    pub from: String,
    /// Up to when.
    pub to: String,
    /// Digest of what it says.
    pub digest: Digest,
}

/// Two rows that tell of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Row of A.
    pub a: RowRef,
    /// Row of B.
    pub b: RowRef,
    /// Probability that they do, in millionths: from 1 to 999,999.
    pub probability_ppm: u32,
    /// Other rows, of either register, that may be the partner of one of the two with at least
    /// five in a hundred.
    pub rivals: u32,
    /// How the two agree.
    #[serde(flatten)]
    pub agreement: Apart,
}

/// How far apart two rows are, and what that takes from the weight of two that agree.
/// Hundredths of a deciban: -1,000 makes one event ten times less likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Apart {
    /// Metres between the two places; rounded up to ten kilometres where the place is one of
    /// firing, launch, forces or weapons. `None` where a row gives no point.
    pub distance_m: Option<u32>,
    /// Standard deviation of that in each direction.
    pub distance_sd_m: Option<u32>,
    /// What the places take away; in steps of ten decibans where the distance is rounded.
    pub place_cdb: Option<i64>,
    /// Seconds between the two times; 0 when their intervals meet.
    pub gap_s: i64,
    /// Standard deviation of both clocks.
    pub gap_sd_s: u32,
    /// What the times take away.
    pub time_cdb: i64,
    /// What the kinds take away.
    pub kind_cdb: i64,
}

/// One row of a register that is several of the other's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split {
    /// The one.
    pub whole: RowRef,
    /// The several; the first is its partner among the matches.
    pub parts: Vec<Part>,
}

/// One of the several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Which row.
    pub row: RowRef,
    /// Probability that it tells of the same event as the whole, in millionths.
    pub probability_ppm: u32,
}

/// A row without a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lone {
    /// Which row.
    pub row: RowRef,
    /// Probability that it has none, in millionths.
    pub alone_ppm: u32,
    /// The rows of the other register that come nearest, and why they were not matched.
    pub near: Vec<NearMiss>,
}

/// A row that was not matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Which row.
    pub row: RowRef,
    /// Probability that it is the same event all the same, in millionths.
    pub probability_ppm: u32,
    /// What spoke most against it.
    pub against: Against,
    /// How far apart the two are.
    #[serde(flatten)]
    pub apart: Apart,
}

/// What spoke most against two rows telling of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// They are too far apart.
    Place,
    /// They are too long apart.
    Time,
    /// They tell of different things.
    Kind,
    /// The other row fits a third one better.
    Partner,
    /// They agree, but rows lie so thick there that a chance neighbour is as likely.
    Chance,
}

/// Rows of one register, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegisterTally {
    /// Different rows.
    pub rows: u64,
    /// Copies of those, which do not count.
    pub repeats: u64,
    /// Rows with a partner.
    pub matched: u64,
    /// Rows that are a further part of a row that has another partner.
    pub parts: u64,
    /// Rows of this register only.
    pub only: u64,
}

/// Whether the errors between partners are as large as their rows say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Partners that could be compared, in thousandths, each by its probability.
    pub pairs_milli: u64,
    /// Of a thousand of them, how many lie within the distance (time) that half of them should
    /// lie within by their stated spreads.
    pub within_permille: u32,
    /// How many that should be.
    pub expected_permille: u32,
    /// Whether the two agree; `None` when there are too few to say.
    pub fits: Option<bool>,
}

/// Two registers, row against row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// What was assumed.
    pub model: Model,
    /// The register named first.
    pub a: RegisterTally,
    /// The other.
    pub b: RegisterTally,
    /// Expected number of events that both have, in thousandths.
    pub common_milli: u64,
    /// Whether the stated spreads of place hold.
    pub place_fit: Fit,
    /// Whether those of time do, by rows that give a time and not only a day.
    pub time_fit: Fit,
    /// Rows with so many others near them that they were not weighed.
    pub crowded: u64,
    /// Pairs.
    pub matched: Vec<Match>,
    /// Rows that are several of the other register.
    pub splits: Vec<Split>,
    /// Rows without a partner.
    pub only: Vec<Lone>,
}
