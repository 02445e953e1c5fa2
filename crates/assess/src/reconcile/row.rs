//! The rows of two registers, in an order that does not depend on how they were handed in.

use std::collections::BTreeMap;

use agreement::report::{Extent, Place};
use agreement::{Act, Digest, Report};
use spacetime::{Instant, Position};

use super::model::Model;

/// One row, ready to be weighed.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) digest: Digest,
    /// Number of the report in the slice it came in.
    pub(super) report: usize,
    pub(super) act: Act,
    pub(super) place: Where,
    pub(super) start: Instant,
    pub(super) end: Instant,
    /// Standard deviation of the clock, seconds.
    pub(super) sd_s: f64,
}

/// Where a row says that its event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// About a point, with so many centimetres as the standard deviation in each direction.
    Point { at: Position, sd_cm: i64 },
    /// In a unit that is named and not placed, by number.
    Unit(u32),
    /// It does not say, or says nothing finer than a country.
    Unknown,
}

impl Row {
    /// How long the row says that it may have taken, seconds.
    pub(super) fn length_s(&self) -> f64 {
        self.end.since(self.start).micros() as f64 / 1e6
    }

    fn of(model: &Model, report: &Report, number: usize, units: &mut Units) -> Self {
        let stated = report.clock_sd.map_or(0.0, |sd| sd.micros() as f64 / 1e6);
        Self {
            digest: report.whole_digest(),
            report: number,
            act: report.act,
            place: report.place.as_ref().map_or(Where::Unknown, |p| located(model, p, units)),
            start: report.observed.start(),
            end: report.observed.end(),
            sd_s: stated.max(f64::from(model.time_sd_s_min)),
        }
    }
}

/// A radius that holds the place for sure is twice the standard deviation in each direction, as
/// it is for places spread evenly over a disc.
fn located(model: &Model, place: &Place, units: &mut Units) -> Where {
    let sd_cm = |radius_m: u32| i64::from(radius_m.max(2 * model.place_sd_m_min)) * 50;
    match (&place.extent, place.nominal) {
        (Extent::Radius { radius_m }, Some(at)) => Where::Point { at, sd_cm: sd_cm(*radius_m) },
        (Extent::AdminUnit(unit), Some(at)) if unit.radius_m > 0 => {
            Where::Point { at, sd_cm: sd_cm(unit.radius_m) }
        }
        (Extent::AdminUnit(unit), _) => Where::Unit(units.number(&unit.name)),
        _ => Where::Unknown,
    }
}

#[derive(Default)]
struct Units(BTreeMap<String, u32>);

impl Units {
    fn number(&mut self, name: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(name.trim().to_lowercase()).or_insert(next)
    }
}

/// Two registers. Which one comes first depends on what they say, never on what they are called.
pub(super) struct Registers {
    pub(super) rows: [Vec<Row>; 2],
    /// How often rows of either were handed in again.
    pub(super) repeats: [u64; 2],
    /// Whether the first is the one called B.
    pub(super) swapped: bool,
    /// The units that are named and not placed, with how many rows name each.
    pub(super) units: Vec<(String, u32)>,
}

impl Registers {
    pub(super) fn new(model: &Model, a: &[Report], b: &[Report]) -> Self {
        let mut units = Units::default();
        let (rows_a, repeats_a) = distinct(model, a, &mut units);
        let (rows_b, repeats_b) = distinct(model, b, &mut units);
        let digests = |rows: &[Row]| rows.iter().map(|row| row.digest).collect::<Vec<_>>();
        let order = rows_a.len().cmp(&rows_b.len());
        let swapped = order.then_with(|| digests(&rows_a).cmp(&digests(&rows_b))).is_gt();
        let mut named = vec![(String::new(), 0); units.0.len()];
        for (name, number) in units.0 {
            named[number as usize].0 = name;
        }
        for row in rows_a.iter().chain(&rows_b) {
            if let Where::Unit(unit) = row.place {
                named[unit as usize].1 += 1;
            }
        }
        let (mut rows, mut repeats) = ([rows_a, rows_b], [repeats_a, repeats_b]);
        if swapped {
            rows.reverse();
            repeats.reverse();
        }
        Self { rows, repeats, swapped, units: named }
    }

    /// Below this a pair cannot come to a thousandth, however many events are common.
    pub(super) fn least_log_weight(&self) -> f64 {
        let [first, second] = self.rows.each_ref().map(|rows| rows.len().max(1) as f64);
        let least = first.min(second);
        let lone = |all: f64| libm::log(0.02 * all + 0.5);
        lone(first) + lone(second) - libm::log(least) + libm::log(1e-3)
    }
}

/// Each row once, by digest, and how many were repeats.
fn distinct(model: &Model, reports: &[Report], units: &mut Units) -> (Vec<Row>, u64) {
    let rows = reports.iter().enumerate().map(|(n, report)| Row::of(model, report, n, units));
    let mut rows: Vec<Row> = rows.collect();
    // Of copies the one that stands first in its file is kept: a locator is no evidence.
    rows.sort_by_key(|row| (row.digest, reports[row.report].locator, row.report));
    let all = rows.len();
    rows.dedup_by_key(|row| row.digest);
    let repeats = (all - rows.len()) as u64;
    (rows, repeats)
}
