//! Two registers of the same period, row against row: which rows of one tell of the same event
//! as which of the other, with what probability, and why the rest was left alone.
//!
//! The model. Events of both registers come by chance over place, time and kind. A row tells of
//! its event with an error of place and time (a spread, of which one in twenty is a blunder four
//! times as wide) and now and then under another kind. Two rows are weighed by how likely they
//! are as two tellings of one event against how likely they are as two events: the density of
//! the spreads against the density of each register at that place and time, both estimated from
//! the registers themselves ([`density`]). How many events both have, and how often one row is
//! several of the other's, is estimated along the way.
//!
//! An event is one row of each register, so the rows compete: probabilities are those over all
//! pairings ([`marginals`]), exact where a group of rows is small and by belief propagation
//! (Williams and Lau 2014) where it is not. Rows are then paired so that the expected number of
//! rows told rightly is greatest ([`pairing`]); a row that is left over and belongs to a paired
//! one is named as a part of a split.
//!
//! Who is said to have done it is not weighed: that is what rivals dispute, and a pair that
//! differs only in the party blamed must come out as a pair.
//!
//! Order changes nothing: rows go by the digest of what they say, and which register is called A
//! changes labels only.

mod density;
mod gate;
mod graph;
mod likelihood;
mod marginals;
mod model;
mod pairing;
mod picture;
mod row;
mod telling;

use agreement::Report;

use graph::{Edge, Graph};
use model::Fitted;
use row::{Registers, Row};

use likelihood::Evidence;
pub use model::{Model, PPM};
pub use picture::{
    Against, Apart, Fit, Lone, Match, NearMiss, Part, Reconciliation, Register, RegisterTally,
    RowRef, Split,
};

/// Most rows of the other register that one row is weighed against in full. A row with more of
/// them near it tells too little to be matched, and is counted as crowded.
pub const CANDIDATES_MAX: usize = 4_096;

/// Most rows of the other register that stay in question for one row.
pub const RIVALS_MAX: usize = 48;

/// Most near misses told for a row without a partner.
pub const NEAR_MISSES_MAX: usize = 3;

/// Matches the rows of two registers. Rows that were handed in twice count once.
#[must_use]
pub fn reconcile(model: &Model, a: &[Report], b: &[Report]) -> Reconciliation {
    let registers = Registers::new(model, a, b);
    let weighed = Weighed::all(model, &registers);
    let fitted = Fitted::to(&registers, &weighed.graph);
    let pairs = pairing::pairs(&weighed.graph, &fitted);
    let reports = if registers.swapped { [b, a] } else { [a, b] };
    telling::told(model, &registers, reports, &weighed, &fitted, &pairs)
}

/// Every pair of rows that may tell of one event, and the misses beside them.
struct Weighed {
    graph: Graph,
    /// By row of the first and second register: the nearest rows of the other, best first.
    near: [Vec<Vec<(u32, Evidence)>>; 2],
    /// Rows with more candidates than were looked at.
    crowded: u64,
}

impl Weighed {
    fn all(model: &Model, registers: &Registers) -> Self {
        let [first, second] = &registers.rows;
        let gate = gate::Gate::over(model, second);
        let chance = density::Chance::of(registers);
        let kinds = likelihood::Kinds::of(model, registers);
        let mut edges = Vec::new();
        let sizes = [first.len(), second.len()];
        let mut near = sizes.map(|rows| vec![Vec::new(); rows]);
        let mut crowded = 0;
        let mut candidates = Vec::new();
        for (i, row) in (0_u32..).zip(first) {
            crowded += u64::from(!gate.candidates(row, &mut candidates));
            let mut rivals = Vec::new();
            for &j in &candidates {
                let other = &second[j as usize];
                let Some(evidence) = likelihood::weigh(model, &kinds, row, other) else { continue };
                let chance = chance.log_between(i, j, evidence.is_placed());
                rivals.push((evidence.log_weight(chance), j, evidence));
            }
            rivals.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
            for &(_, j, evidence) in rivals.iter().take(RIVALS_MAX) {
                keep_nearest(&mut near[0][i as usize], j, evidence);
                keep_nearest(&mut near[1][j as usize], i, evidence);
            }
            let least = registers.least_log_weight();
            let worth = rivals.into_iter().take(RIVALS_MAX).filter(|rival| rival.0 >= least);
            edges.extend(worth.map(|(log_weight, j, evidence)| Edge {
                rows: [i, j],
                log_weight,
                evidence,
            }));
        }
        Self { graph: Graph::new(sizes, edges), near, crowded }
    }
}

/// Keeps the rows that are least unlike, and among them the first by digest.
fn keep_nearest(kept: &mut Vec<(u32, Evidence)>, other: u32, evidence: Evidence) {
    let key = |e: &Evidence, row: u32| (-e.shortfall_cdb(), row);
    let place = kept.partition_point(|(row, e)| key(e, *row) < key(&evidence, other));
    if place < NEAR_MISSES_MAX {
        kept.insert(place, (other, evidence));
        kept.truncate(NEAR_MISSES_MAX);
    }
}

/// Rows by number within their register, in the order of their digests.
fn numbered(rows: &[Row]) -> impl Iterator<Item = (u32, &Row)> {
    (0_u32..).zip(rows)
}
