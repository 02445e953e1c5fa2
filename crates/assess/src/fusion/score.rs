//! How far incidents lie from events whose truth is known, for tests and benchmarks.
//!
//! Places that may not be told have to be judged as well, or nobody would know whether their cells
//! are the right ones. So the truth goes in, and distances come out; a place does not.

use spacetime::{Instant, Position};

use super::incident::{Incident, Sought};

/// Farther than this from an event, metres, or longer, seconds, is not near it: a lone microphone places its
/// event to tens of kilometres.
const NEAR_M: f64 = 60_000.0;
const NEAR_S: f64 = 60.0;

/// What is known to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Where.
    pub at: Position,
    /// When.
    pub t: Instant,
}

/// An event near an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearness {
    /// Its number.
    pub truth: usize,
    /// How far off the best single place is, metres.
    pub off_m: u32,
    /// How far off the middle of the incident's time is, milliseconds.
    pub off_ms: u64,
    /// Whether it lies in the region that holds 95 percent.
    pub is_covered: bool,
}

/// Every event near an incident.
pub(super) fn near(incident: &Incident, sought: &Sought<'_>, truths: &[Truth]) -> Vec<Nearness> {
    let (from, to) = (incident.when.start(), incident.when.end());
    let middle = from.micros().midpoint(to.micros());
    let found = &sought.placed.found;
    let squares = found.region(0.95);
    let nearness = |(truth, known): (usize, &Truth)| {
        let off_us = known.t.micros().abs_diff(middle);
        if off_us as f64 > NEAR_S * 1e6 {
            return None;
        }
        let at = sought.scene.observed.plane.project(known.at);
        let off_m = at.distance(sought.placed.best);
        let is_covered = squares.iter().any(|s| {
            let (low, top) = (found.corner(s.x, s.y), found.corner(s.x + s.side, s.y + s.side));
            low.x <= at.x && at.x <= top.x && low.y <= at.y && at.y <= top.y
        });
        (off_m < NEAR_M).then_some(Nearness {
            truth,
            off_m: off_m as u32,
            off_ms: off_us / 1000,
            is_covered,
        })
    };
    truths.iter().enumerate().filter_map(nearness).collect()
}
