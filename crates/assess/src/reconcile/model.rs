//! What is assumed of registers, and what is estimated from them.

use super::graph::Graph;
use super::marginals::{Marginals, Parts};
use super::row::Registers;

/// Millionths: the unit of every probability that leaves this module.
pub const PPM: u32 = 1_000_000;

/// What is assumed of how registers tell of events. The spreads of a row's place and time come
/// with the row (from its register's mapping); these hold for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Model {
    /// Least standard deviation of a place in each direction, metres: a point that claims to be
    /// exact is a town's, a map's or a telephone's.
    pub place_sd_m_min: u32,
    /// Least standard deviation of a time, seconds.
    pub time_sd_s_min: u32,
    /// Share of rows that are blunders of place, and of those that are blunders of time.
    pub blunder_permille: u32,
    /// How many times as wide blunders spread.
    pub blunder_times: u32,
    /// Share of events that the two registers put under different kinds of one family, such as
    /// explosion and impact.
    pub kind_related_permille: u32,
    /// Share of events that they put under kinds of different families.
    pub kind_other_permille: u32,
    /// Rows farther apart than this many spreads, in place or in time, are not looked at.
    pub gate_spreads: u32,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            place_sd_m_min: 100,
            time_sd_s_min: 60,
            blunder_permille: 50,
            blunder_times: 4,
            kind_related_permille: 120,
            kind_other_permille: 30,
            gate_spreads: 12,
        }
    }
}

/// Of the events that both registers have, at most this share of the smaller one: some row is
/// always alone, or nothing could speak for it.
const COMMON_SHARE_MAX: f64 = 0.98;
/// Rounds of estimating, and sweeps of belief propagation in each but the last.
const ROUNDS: u32 = 24;
const SWEEPS: u32 = 6;
/// A share of change that is too small to go on for.
const SETTLED: f64 = 1e-6;
/// Sweeps of the last round, which ends earlier when nothing moves.
const SWEEPS_LAST: u32 = 400;
/// What is taken for known of splits before the first row is read: one of twenty events, with
/// the weight of twenty events.
const SPLITS_BEFORE: (f64, f64) = (1.0, 20.0);

/// The model fitted to two registers.
pub(super) struct Fitted {
    pub(super) marginals: Marginals,
    /// Expected number of events that both registers have.
    pub(super) common: f64,
    /// Logarithm of how an event that both have weighs against two that one has each.
    pub(super) log_scale: f64,
    /// By edge: probability that the two rows tell of one event, as partners or as parts.
    pub(super) same: Vec<f64>,
}

impl Fitted {
    /// Estimates how many events are common and how many are split, by expectation and
    /// maximisation, and from both the probabilities of every pair.
    pub(super) fn to(registers: &Registers, graph: &Graph) -> Self {
        let [first, second] = registers.rows.each_ref().map(|rows| rows.len() as f64);
        let most = first.min(second) * COMMON_SHARE_MAX;
        let mut common = most / 2.0;
        let mut marginals = Marginals::new(graph);
        for _ in 0..ROUNDS {
            marginals.sweep(graph, log_scale(common, first, second), SWEEPS);
            // One event for and one against: a register of one row is no proof.
            let found = marginals.expected_pairs() + 0.5;
            let better = found.min(most).max(0.5_f64.min(most));
            let settled = (better - common).abs() < SETTLED * common;
            common = better;
            if settled {
                break;
            }
        }
        let log_scale = log_scale(common, first, second);
        marginals.sweep(graph, log_scale, SWEEPS_LAST);
        marginals.make_exact_where_small(graph, log_scale);
        let same = same_event(graph, &marginals, common, [first, second]);
        Self { marginals, common, log_scale, same }
    }
}

/// Logarithm of common over lone times lone: how an event that both have weighs against two that
/// one has each, before place, time and kind are looked at.
fn log_scale(common: f64, first: f64, second: f64) -> f64 {
    let lone = |all: f64| libm::log((all - common).max(0.0) + 0.5);
    libm::log(common.max(1e-9)) - lone(first) - lone(second)
}

/// Adds to each pair's probability that of being part and whole of a split: the row has no
/// partner of its own, the other one has another, and the row is likelier one more telling of
/// that event than one of its own.
fn same_event(graph: &Graph, marginals: &Marginals, common: f64, sizes: [f64; 2]) -> Vec<f64> {
    let parts = [0, 1].map(|side| Parts::of(graph, marginals, side));
    let mut shares = [SPLITS_BEFORE.0 / SPLITS_BEFORE.1; 2];
    let (mut expected, mut scales) = ([0.0; 2], [0.0; 2]);
    for _ in 0..ROUNDS {
        let before = expected;
        for side in [0, 1] {
            let lone = (sizes[side] - common - expected[side]).max(0.0) + 0.5;
            scales[side] = shares[side] / lone;
            let mut sum = 0.0;
            parts[side].each(scales[side], |_, part| sum += part);
            expected[side] = sum;
            shares[side] = (sum + SPLITS_BEFORE.0) / (common + SPLITS_BEFORE.1);
        }
        let moved: f64 = expected.iter().zip(before).map(|(new, old)| (new - old).abs()).sum();
        if moved < SETTLED * common {
            break;
        }
    }
    let mut same = marginals.pair.clone();
    for (parts, scale) in parts.iter().zip(scales) {
        parts.each(scale, |edge, part| same[edge] += part);
    }
    same.into_iter().map(|same| same.min(1.0)).collect()
}
