//! What a share of the aircraft comes to, on its way to whoever keeps it.

use agreement::Address;
use agreement::track::Callsign;
use spacetime::Interval;

use super::contact::Pending;
use super::sketch::Sketch;
use crate::alert::Alert;
use crate::anomaly::Anomaly;

/// A finding in the making, and whose: what becomes of it is known when all input has been seen.
#[derive(Clone, Debug)]
pub struct Found {
    pub(super) address: Address,
    pub(super) callsigns: Vec<Callsign>,
    /// The place of its volume among all by clause, then area.
    pub(super) rank: u32,
    pub(super) pending: Pending,
}

/// What happened, in no order: what whoever follows takes away now and then, so that it need not
/// be held.
#[derive(Debug, Default)]
pub struct Happened {
    /// Findings in the making.
    pub found: Vec<Found>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Anomalies.
    pub anomalies: Vec<Anomaly>,
    /// Paths of the aircraft that there is a finding about.
    pub sketches: Vec<Sketch>,
}

impl Happened {
    pub(super) fn append(&mut self, other: &mut Self) {
        self.found.append(&mut other.found);
        self.alerts.append(&mut other.alerts);
        self.anomalies.append(&mut other.anomalies);
        self.sketches.append(&mut other.sketches);
    }
}

/// How many tracks ended in a cell, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) when: Interval,
    pub(super) times: u64,
}

impl Ended {
    pub(super) const fn one(when: Interval) -> Self {
        Self { when, times: 1 }
    }

    /// Adds what others say of the same cell.
    pub(super) fn join(&mut self, other: Self) {
        let start = self.when.start().min(other.when.start());
        let end = self.when.end().max(other.when.end());
        self.when = Interval::new(start, end).expect("it runs forward");
        self.times += other.times;
    }
}
