//! How the picture of two registers is made from what was weighed.

use agreement::report::Report;
use agreement::{Act, Digest};
use spacetime::Instant;

use super::likelihood::Evidence;
use super::model::{Fitted, Model, PPM};
use super::picture::{
    Against, Apart, Fit, Lone, Match, NearMiss, Part, Reconciliation, Register, RegisterTally,
    RowRef, Split,
};
use super::row::{Registers, Row};
use super::{Weighed, numbered};
use crate::fusion::chance_in_steps;

/// At least so likely a rival is counted.
const RIVAL: f64 = 0.05;
/// At least so likely a row is named as a part.
const PART: f64 = 0.5;
/// A shortfall under a deciban is none.
const SHORTFALL_CDB: i64 = -100;

/// Writes down what was found.
pub(super) fn told(
    model: &Model,
    registers: &Registers,
    reports: [&[Report]; 2],
    weighed: &Weighed,
    fitted: &Fitted,
    pairs: &[usize],
) -> Reconciliation {
    let teller = Teller { registers, reports, weighed, fitted, partner: partners(weighed, pairs) };
    let parts = teller.parts();
    let mut tallies = [0, 1].map(|side| teller.tally(side));
    let splits = teller.splits(&parts, &mut tallies);
    let only = teller.only(&parts, &mut tallies);
    let [first, second] = tallies;
    let (a, b) = if registers.swapped { (second, first) } else { (first, second) };
    Reconciliation {
        model: *model,
        a,
        b,
        common_milli: (fitted.common * 1000.0).round_ties_even() as u64,
        place_fit: teller.fit(0, place_expected(model)),
        time_fit: teller.fit(1, time_expected(model)),
        crowded: weighed.crowded,
        matched: teller.matched(pairs),
        splits,
        only,
    }
}

/// By side and row, the edge to its partner.
fn partners(weighed: &Weighed, pairs: &[usize]) -> [Vec<Option<usize>>; 2] {
    let graph = &weighed.graph;
    let mut partner = [0, 1].map(|side| vec![None; graph.size(side)]);
    for &n in pairs {
        for (side, row) in graph.edges[n].rows.into_iter().enumerate() {
            partner[side][row as usize] = Some(n);
        }
    }
    partner
}

struct Teller<'a> {
    registers: &'a Registers,
    reports: [&'a [Report]; 2],
    weighed: &'a Weighed,
    fitted: &'a Fitted,
    partner: [Vec<Option<usize>>; 2],
}

impl Teller<'_> {
    fn row(&self, side: usize, row: u32) -> &Row {
        &self.registers.rows[side][row as usize]
    }

    fn named(&self, side: usize, row: u32) -> RowRef {
        let row = self.row(side, row);
        let report = &self.reports[side][row.report];
        RowRef {
            register: self.register(side),
            id: report.id.clone(),
            line: report.locator.record,
            kind: report.act,
            from: row.start.to_string(),
            to: row.end.to_string(),
            digest: report.digest(),
        }
    }

    fn register(&self, side: usize) -> Register {
        if (side == 0) == self.registers.swapped { Register::B } else { Register::A }
    }

    fn tally(&self, side: usize) -> RegisterTally {
        let matched = self.partner[side].iter().flatten().count() as u64;
        RegisterTally {
            rows: self.registers.rows[side].len() as u64,
            repeats: self.registers.repeats[side],
            matched,
            ..RegisterTally::default()
        }
    }

    /// What became first by time, then by digest: an order that knows no A and B.
    fn order(&self, side: usize, row: u32) -> (Instant, Digest) {
        let row = self.row(side, row);
        (row.start, row.digest)
    }

    fn matched(&self, pairs: &[usize]) -> Vec<Match> {
        let graph = &self.weighed.graph;
        let mut pairs = pairs.to_vec();
        pairs.sort_by_cached_key(|&n| {
            let [i, j] = graph.edges[n].rows;
            self.order(0, i).min(self.order(1, j))
        });
        let of = |n: &usize| {
            let edge = &graph.edges[*n];
            let [first, second] = [0, 1].map(|side| self.named(side, edge.rows[side]));
            let (a, b) = if self.registers.swapped { (second, first) } else { (first, second) };
            let rivals = [0, 1].map(|side| {
                let edges = graph.of(side, edge.rows[side]);
                edges.iter().filter(|&e| e != n && self.fitted.same[*e] >= RIVAL).count() as u32
            });
            let probability_ppm = ppm_told(self.fitted.same[*n], [a.kind, b.kind]);
            let agreement = Apart::of(edge.evidence, [a.kind, b.kind]);
            Match { a, b, probability_ppm, rivals: rivals[0] + rivals[1], agreement }
        };
        pairs.iter().map(of).collect()
    }

    /// By side: rows without a partner that are parts, with the edge to their whole.
    fn parts(&self) -> [Vec<Option<usize>>; 2] {
        [0, 1].map(|side| {
            let rows = 0..self.weighed.graph.size(side) as u32;
            rows.map(|row| self.whole_of(side, row)).collect()
        })
    }

    fn whole_of(&self, side: usize, row: u32) -> Option<usize> {
        if self.partner[side][row as usize].is_some() {
            return None;
        }
        let graph = &self.weighed.graph;
        let has_partner = |n: &usize| {
            let whole = graph.edges[*n].rows[1 - side];
            self.partner[1 - side][whole as usize].is_some()
        };
        let edges = graph.of(side, row).into_iter().filter(has_partner);
        let same = |n: &usize| self.fitted.same[*n];
        let best = edges.max_by(|a, b| same(a).total_cmp(&same(b)).then(b.cmp(a)));
        best.filter(|n| same(n) >= PART)
    }

    fn splits(
        &self,
        parts: &[Vec<Option<usize>>; 2],
        tallies: &mut [RegisterTally; 2],
    ) -> Vec<Split> {
        let graph = &self.weighed.graph;
        let mut splits = Vec::new();
        for side in [0, 1] {
            let mut by_whole: Vec<(u32, u32, usize)> = numbered(&self.registers.rows[side])
                .filter_map(|(row, _)| {
                    let edge = parts[side][row as usize]?;
                    Some((graph.edges[edge].rows[1 - side], row, edge))
                })
                .collect();
            by_whole.sort_unstable();
            tallies[side].parts += by_whole.len() as u64;
            for group in by_whole.chunk_by(|a, b| a.0 == b.0) {
                let whole = group[0].0;
                let Some(partner) = self.partner[1 - side][whole as usize] else { continue };
                let first = (graph.edges[partner].rows[side], partner);
                let several = std::iter::once(first).chain(group.iter().map(|g| (g.1, g.2)));
                let whole_told = self.named(1 - side, whole);
                let part = |(row, edge): (u32, usize)| {
                    let row = self.named(side, row);
                    let kinds = [row.kind, whole_told.kind];
                    Part { row, probability_ppm: ppm_told(self.fitted.same[edge], kinds) }
                };
                let parts = several.map(part).collect();
                let split = Split { whole: whole_told, parts };
                splits.push((self.order(1 - side, whole), split));
            }
        }
        splits.sort_by_key(|(order, _)| *order);
        splits.into_iter().map(|(_, split)| split).collect()
    }

    fn only(&self, parts: &[Vec<Option<usize>>; 2], tallies: &mut [RegisterTally; 2]) -> Vec<Lone> {
        let mut only = Vec::new();
        for side in [0, 1] {
            for (row, _) in numbered(&self.registers.rows[side]) {
                let at = row as usize;
                if self.partner[side][at].is_none() && parts[side][at].is_none() {
                    tallies[side].only += 1;
                    let (named, near) = (self.named(side, row), self.near(side, row));
                    let kinds = std::iter::once(named.kind).chain(near.iter().map(|n| n.row.kind));
                    let alone_ppm = ppm_told(self.fitted.marginals.alone[side][at], kinds);
                    let lone = Lone { row: named, alone_ppm, near };
                    only.push((self.order(side, row), lone));
                }
            }
        }
        only.sort_by_key(|(order, _)| *order);
        only.into_iter().map(|(_, lone)| lone).collect()
    }

    fn near(&self, side: usize, row: u32) -> Vec<NearMiss> {
        let near = self.weighed.near[side][row as usize].iter();
        let miss = |(other, evidence): &(u32, Evidence)| {
            let rows = if side == 0 { [row, *other] } else { [*other, row] };
            let edge = self.weighed.graph.between(rows);
            let kinds = [self.row(side, row).act, self.row(1 - side, *other).act];
            NearMiss {
                row: self.named(1 - side, *other),
                probability_ppm: ppm_told(edge.map_or(0.0, |n| self.fitted.same[n]), kinds),
                against: self.against(edge, evidence),
                apart: Apart::of(*evidence, kinds),
            }
        };
        near.map(miss).collect()
    }

    fn against(&self, edge: Option<usize>, evidence: &Evidence) -> Against {
        let log_odds = edge.map(|n| self.weighed.graph.edges[n].log_weight + self.fitted.log_scale);
        if log_odds.is_some_and(|log| log >= 0.0) {
            return Against::Partner;
        }
        let shortfalls = [
            (evidence.place_cdb.unwrap_or(0), Against::Place),
            (evidence.time_cdb, Against::Time),
            (evidence.kind_cdb, Against::Kind),
        ];
        let worst = shortfalls.into_iter().min_by_key(|(cdb, _)| *cdb);
        worst.filter(|(cdb, _)| *cdb <= SHORTFALL_CDB).map_or(Against::Chance, |(_, what)| what)
    }

    fn fit(&self, of: usize, expected: f64) -> Fit {
        let edges = self.weighed.graph.edges.iter().zip(&self.fitted.same);
        let compared = edges.filter_map(|(edge, p)| Some((edge.evidence.within[of]?, *p)));
        let (mut pairs, mut within) = (0.0, 0.0);
        for (is_within, p) in compared {
            pairs += p;
            within += if is_within { p } else { 0.0 };
        }
        let share = if pairs > 0.0 { within / pairs } else { 0.0 };
        let error = 3.0 * (expected * (1.0 - expected) / pairs.max(1.0)).sqrt();
        let permille = |share: f64| (share * 1000.0).round_ties_even() as u32;
        Fit {
            pairs_milli: (pairs * 1000.0).round_ties_even() as u64,
            within_permille: permille(share),
            expected_permille: permille(expected),
            fits: (pairs >= FIT_PAIRS).then(|| (share - expected).abs() <= error + FIT_SLACK),
        }
    }
}

/// Fewer pairs say nothing about spreads.
const FIT_PAIRS: f64 = 20.0;
/// Spreads off by less than about a sixth are taken to fit.
const FIT_SLACK: f64 = 0.08;

/// Share of partners within the distance that holds half of a plane normal error.
fn place_expected(model: &Model) -> f64 {
    let times = f64::from(model.blunder_times);
    with_blunders(model, 1.0 - libm::exp(-std::f64::consts::LN_2 / (times * times)))
}

/// Standard deviations to either side that hold half of a normal error.
pub(super) const HALF_SD: f64 = 0.674_489_750_196_081_7;

fn time_expected(model: &Model) -> f64 {
    let times = f64::from(model.blunder_times);
    with_blunders(model, libm::erf(HALF_SD / times / std::f64::consts::SQRT_2))
}

fn with_blunders(model: &Model, of_blunders: f64) -> f64 {
    let blunders = f64::from(model.blunder_permille) / 1000.0;
    (1.0 - blunders) * 0.5 + blunders * of_blunders
}

/// Nothing is impossible and nothing is certain.
fn ppm(p: f64) -> u32 {
    let ppm = (p * f64::from(PPM)).round_ties_even() as i64;
    ppm.clamp(1, i64::from(PPM) - 1) as u32
}

/// The same between rows of some kinds: in steps where a place is one of firing, since it is a function
/// of how far apart the rows are.
fn ppm_told(p: f64, kinds: impl IntoIterator<Item = Act>) -> u32 {
    if kinds.into_iter().any(Act::place_is_coarsened) { chance_in_steps(p) } else { ppm(p) }
}

/// To this distances are rounded up where a place must not be told: about as wide as the cells
/// in which such places leave an assessment.
const COARSE_M: u32 = 10_000;
/// And to this what the places take away.
const COARSE_CDB: i64 = 1_000;

impl Apart {
    fn of(evidence: Evidence, kinds: [Act; 2]) -> Self {
        let coarse = kinds.iter().any(|kind| kind.place_is_coarsened());
        let metres = |m: u32| if coarse { m.div_ceil(COARSE_M) * COARSE_M } else { m };
        let cdb = |c: i64| if coarse { c.div_euclid(COARSE_CDB) * COARSE_CDB } else { c };
        Self {
            distance_m: evidence.distance_m.map(metres),
            distance_sd_m: evidence.distance_sd_m,
            place_cdb: evidence.place_cdb.map(cdb),
            gap_s: evidence.gap_s,
            gap_sd_s: evidence.gap_sd_s,
            time_cdb: evidence.time_cdb,
            kind_cdb: evidence.kind_cdb,
        }
    }
}
