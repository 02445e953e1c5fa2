//! How likely two rows are as two tellings of one event: place, time and kind, each by itself.

use std::f64::consts::{LN_2, PI, SQRT_2};

use agreement::Act;
use spacetime::metric::local_distance_cm;

use super::model::Model;
use super::row::{Registers, Row, Where};
use super::telling::HALF_SD;

/// What speaks for and against two rows telling of one event. Weights are hundredths of a
/// deciban: 1,000 makes it ten times as likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Distance between the two places, metres; `None` unless both rows have a point.
    pub(super) distance_m: Option<u32>,
    /// Standard deviation of that distance in each direction, metres.
    pub(super) distance_sd_m: Option<u32>,
    /// What the places take from the weight of two that agree; `None` where one row does not
    /// say where.
    pub(super) place_cdb: Option<i64>,
    /// Time between the two, seconds; 0 when their intervals meet.
    pub(super) gap_s: i64,
    /// Standard deviation of the two clocks together, seconds.
    pub(super) gap_sd_s: u32,
    /// What the times take from the weight of two that agree.
    pub(super) time_cdb: i64,
    /// What the kinds take from the weight of two that agree.
    pub(super) kind_cdb: i64,
    /// Logarithm of the density under one event: per square metre where both rows have a point,
    /// and per second.
    log_density: f64,
    /// Whether place and time lie within what holds half of such errors, where that can be said.
    pub(super) within: [Option<bool>; 2],
}

impl Evidence {
    /// Of a pair that nothing is known of.
    #[cfg(test)]
    pub(super) const NONE: Self = Self {
        distance_m: None,
        distance_sd_m: None,
        place_cdb: None,
        gap_s: 0,
        gap_sd_s: 0,
        time_cdb: 0,
        kind_cdb: 0,
        log_density: 0.0,
        within: [None, None],
    };

    /// Whether both rows have a point, so that chance is counted over place and time.
    pub(super) const fn is_placed(&self) -> bool {
        self.distance_m.is_some()
    }

    /// Weight against a chance of this density.
    pub(super) fn log_weight(&self, log_chance: f64) -> f64 {
        self.log_density - log_chance
    }

    /// What is missing from two rows that agree in everything; never above zero.
    pub(super) fn shortfall_cdb(&self) -> i64 {
        self.place_cdb.unwrap_or(0) + self.time_cdb + self.kind_cdb
    }
}

/// Hundredths of a deciban.
fn cdb(log: f64) -> i64 {
    let cdb = log * (1_000.0 / std::f64::consts::LN_10);
    cdb.clamp(-1e9, 1e9).round_ties_even() as i64
}

/// Weighs two rows. `None` where they lie so far apart that nothing need be said of them.
pub(super) fn weigh(model: &Model, kinds: &Kinds, a: &Row, b: &Row) -> Option<Evidence> {
    let gate = f64::from(model.gate_spreads);
    let placed = match (a.place, b.place) {
        (Where::Point { at, sd_cm }, Where::Point { at: other, sd_cm: other_sd }) => {
            let sd_m = root_of_squares(sd_cm as f64 / 100.0, other_sd as f64 / 100.0);
            let metres = local_distance_cm(at, other) as f64 / 100.0;
            if metres > gate * sd_m {
                return None;
            }
            Some((metres, sd_m))
        }
        _ => None,
    };
    let gap_us = b.start.since(a.end).micros().max(a.start.since(b.end).micros()).max(0);
    let sd_s = root_of_squares(a.sd_s, b.sd_s);
    if gap_us as f64 / 1e6 > gate * sd_s {
        return None;
    }
    let (time, time_best) = time_density(model, a, b, sd_s);
    let (kind, kind_short) = kinds.weight(a.act, b.act);
    let (place, place_short) = match placed {
        Some((metres, sd_m)) => {
            let density = |z2: f64| {
                let of = |times: f64| {
                    libm::exp(-z2 / (2.0 * times * times))
                        / (2.0 * PI * (times * sd_m) * (times * sd_m))
                };
                mixed(model, of)
            };
            let log = libm::log(density((metres / sd_m) * (metres / sd_m)));
            (log, Some(log - libm::log(density(0.0))))
        }
        None => kinds.unit_weight(a.place, b.place),
    };
    Some(Evidence {
        distance_m: placed.map(|(metres, _)| metres.round_ties_even() as u32),
        distance_sd_m: placed.map(|(_, sd)| sd.round_ties_even() as u32),
        place_cdb: place_short.map(cdb),
        gap_s: gap_us / 1_000_000,
        gap_sd_s: sd_s.round_ties_even() as u32,
        time_cdb: cdb(time - time_best),
        kind_cdb: cdb(kind_short),
        log_density: place + time + kind,
        within: [
            placed.map(|(metres, sd_m)| metres * metres <= 2.0 * LN_2 * sd_m * sd_m),
            apart_of_short(a, b, sd_s).map(|apart| apart <= HALF_SD * sd_s),
        ],
    })
}

fn root_of_squares(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// A density by the spread as stated, and by the spread of blunders.
fn mixed(model: &Model, of: impl Fn(f64) -> f64) -> f64 {
    let blunders = f64::from(model.blunder_permille) / 1000.0;
    let density = (1.0 - blunders) * of(1.0) + blunders * of(f64::from(model.blunder_times));
    density.max(f64::MIN_POSITIVE)
}

/// Logarithm of the density per second that the two intervals hold one instant, with clocks
/// that err; and that of the same intervals one in the middle of the other.
fn time_density(model: &Model, a: &Row, b: &Row, sd_s: f64) -> (f64, f64) {
    let (length_a, length_b) = (a.length_s(), b.length_s());
    let from_start = b.start.since(a.start).micros() as f64 / 1e6;
    let centred = (length_a - length_b) / 2.0;
    let of = |shift: f64| {
        libm::log(mixed(model, |times| meeting(length_a, length_b, shift, times * sd_s)))
    };
    (of(from_start), of(centred))
}

/// Shorter than this many spreads an interval is as good as its middle.
const SHORT_SPREADS: f64 = 0.25;

/// Time between the middles of two intervals that are as good as instants.
fn apart_of_short(a: &Row, b: &Row, sd_s: f64) -> Option<f64> {
    let (length_a, length_b) = (a.length_s(), b.length_s());
    let shift = b.start.since(a.start).micros() as f64 / 1e6 + (length_b - length_a) / 2.0;
    (length_a.max(length_b) < SHORT_SPREADS * sd_s).then_some(shift.abs())
}

/// Density that an instant spread evenly over `0..length_a` and another over
/// `shift..shift + length_b` are the same but for a normal error.
fn meeting(length_a: f64, length_b: f64, shift: f64, sd: f64) -> f64 {
    if length_a.max(length_b) < SHORT_SPREADS * sd {
        let var = sd * sd + (length_a * length_a + length_b * length_b) / 12.0;
        let apart = shift + (length_b - length_a) / 2.0;
        return libm::exp(-apart * apart / (2.0 * var)) / (2.0 * PI * var).sqrt();
    }
    let (length_a, length_b) = (length_a.max(sd * 1e-3), length_b.max(sd * 1e-3));
    let (end_a, end_b) = (length_a, shift + length_b);
    let overlap = (end_a.min(end_b) - shift.max(0.0)).max(0.0);
    let tail = |u: f64| sd * tail_beyond((u / sd).abs());
    let tails = tail(end_b) - tail(shift) - tail(end_b - end_a) + tail(shift - end_a);
    ((overlap + tails) / (length_a * length_b)).max(0.0)
}

/// The integral of the normal tail from `z` on: what the error adds beyond a sharp edge.
fn tail_beyond(z: f64) -> f64 {
    if z > 9.0 {
        return 0.0;
    }
    let density = libm::exp(-z * z / 2.0) / (2.0 * PI).sqrt();
    density - z * libm::erfc(z / SQRT_2) / 2.0
}

/// How kinds and named units weigh.
pub(super) struct Kinds {
    /// By act, in the order of [`Act::ALL`]: its share of both registers.
    shares: Vec<f64>,
    /// By two acts: what [`Kinds::weighed`] makes of them.
    weights: Vec<Vec<(f64, f64)>>,
    same: f64,
    related: f64,
    other: f64,
    blunder: f64,
    units: Vec<(String, f64)>,
}

/// Kinds that one event may be told under by two who watched it. A partition, so that the weight
/// is the same from either side.
const fn family(act: Act) -> u8 {
    match act {
        Act::Explosion
        | Act::Impact
        | Act::Outgoing
        | Act::Airstrike
        | Act::Rocket
        | Act::SmallArms
        | Act::ChemicalAllegation
        | Act::LethalViolence => 0,
        Act::Aircraft | Act::Helicopter | Act::Drone | Act::ShootDown => 1,
        Act::MovementOfForces | Act::MovementOfWeapons => 2,
        Act::DenialOfMovement => 3,
    }
}

impl Kinds {
    pub(super) fn of(model: &Model, registers: &Registers) -> Self {
        let rows = || registers.rows.iter().flatten();
        let all = rows().count() as f64;
        let kinds = Act::ALL.len() as f64;
        let share = |act: &Act| {
            let count = rows().filter(|row| row.act == *act).count() as f64;
            (count + 0.5) / (all + 0.5 * kinds)
        };
        let permille = |n: u32| f64::from(n) / 1000.0;
        let (related, other) =
            (permille(model.kind_related_permille), permille(model.kind_other_permille));
        let named: u32 = registers.units.iter().map(|(_, count)| count).sum();
        let unit = |(name, count): &(String, u32)| {
            (name.clone(), (f64::from(*count) - 0.5).max(0.5) / f64::from(named.max(1)))
        };
        let kinds = Self {
            weights: Vec::new(),
            shares: Act::ALL.iter().map(share).collect(),
            same: (1.0 - related - other).max(1e-3),
            related: related.max(1e-6),
            other: other.max(1e-6),
            blunder: permille(model.blunder_permille).max(1e-6),
            units: registers.units.iter().map(unit).collect(),
        };
        let row = |a: &Act| Act::ALL.iter().map(|b| kinds.weighed(*a, *b)).collect();
        Self { weights: Act::ALL.iter().map(row).collect(), ..kinds }
    }

    fn weight(&self, a: Act, b: Act) -> (f64, f64) {
        self.weights[a as usize][b as usize]
    }

    /// Logarithm of how much likelier the two kinds are under one event than under two, and what
    /// that is short of two of the same kind.
    fn weighed(&self, a: Act, b: Act) -> (f64, f64) {
        let best = (self.same_kind(a) + self.same_kind(b)) / 2.0;
        if a == b {
            return (best, 0.0);
        }
        let log = self.of_other_kinds(a, b);
        (log, (log - best).min(0.0))
    }

    fn same_kind(&self, act: Act) -> f64 {
        let (share, within) = (self.share(act), self.family_share(act));
        libm::log(self.same / share + self.related / within + self.other)
    }

    fn of_other_kinds(&self, a: Act, b: Act) -> f64 {
        let related = family(a) == family(b);
        libm::log(self.other + if related { self.related / self.family_share(a) } else { 0.0 })
    }

    fn share(&self, act: Act) -> f64 {
        let at = Act::ALL.iter().position(|one| *one == act);
        at.map_or(1.0, |at| self.shares[at])
    }

    fn family_share(&self, act: Act) -> f64 {
        let of = Act::ALL.iter().zip(&self.shares);
        of.filter(|(one, _)| family(**one) == family(act)).map(|(_, share)| share).sum()
    }

    /// The same for units that are named and not placed. One within the other, by its P-code,
    /// and a unit beside a point say nothing either way.
    fn unit_weight(&self, a: Where, b: Where) -> (f64, Option<f64>) {
        let (Where::Unit(a), Where::Unit(b)) = (a, b) else { return (0.0, None) };
        let (first, second) = (&self.units[a as usize], &self.units[b as usize]);
        let agree = |share: f64| libm::log((1.0 - self.blunder) / share + self.blunder);
        if a == b {
            return (agree(first.1), Some(0.0));
        }
        let within = |inner: &str, outer: &str| inner.starts_with(outer) && is_pcode(inner);
        if within(&first.0, &second.0) || within(&second.0, &first.0) {
            return (0.0, None);
        }
        let log = libm::log(self.blunder);
        (log, Some(log - (agree(first.1) + agree(second.1)) / 2.0))
    }
}

/// Letters of a country and digits, already in lower case.
fn is_pcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[2..].iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same integral by adding up a fine grid.
    fn by_adding_up(length_a: f64, length_b: f64, shift: f64, sd: f64) -> f64 {
        let steps = 400;
        let at = |length: f64, n: i32| length * (f64::from(n) + 0.5) / f64::from(steps);
        let mut sum = 0.0;
        for i in 0..steps {
            for j in 0..steps {
                let apart = shift + at(length_b, j) - at(length_a, i);
                sum += libm::exp(-apart * apart / (2.0 * sd * sd)) / (sd * (2.0 * PI).sqrt());
            }
        }
        sum / f64::from(steps * steps)
    }

    #[test]
    fn the_density_of_two_intervals_is_the_integral_over_both() {
        let cases = [
            (86_400.0, 86_400.0, 0.0, 600.0),
            (86_400.0, 600.0, 40_000.0, 900.0),
            (86_400.0, 3_600.0, 87_000.0, 900.0),
            (3_600.0, 3_600.0, 5_000.0, 900.0),
            (3_600.0, 7_200.0, -9_000.0, 900.0),
            (60.0, 60.0, 900.0, 900.0),
        ];
        for (a, b, shift, sd) in cases {
            let (found, expected) = (meeting(a, b, shift, sd), by_adding_up(a, b, shift, sd));
            assert!((found / expected - 1.0).abs() < 1e-2, "{a} {b} {shift}: {found} {expected}");
        }
    }

    #[test]
    fn two_days_that_agree_weigh_as_one_in_as_many_days() {
        let day = 86_400.0;
        assert!((meeting(day, day, 0.0, 60.0) * day - 1.0).abs() < 2e-3);
    }
}
