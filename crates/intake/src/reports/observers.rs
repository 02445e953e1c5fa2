//! Where observers were, so that one who is in two places at once is noticed.

use std::collections::BTreeMap;

use agreement::Report;
use spacetime::{Interval, Position, geodesy};

use super::report::codes::TELEPORTS;
use super::report::limits::{OBSERVER_M_MAX, OBSERVER_M_S_MAX, OBSERVERS_MAX};
use crate::rejection::Rejection;

/// Where and when an observer was.
type Seen = (Interval, Position);

/// The observers of one input, each with where it was last believed to be, and where the last
/// report that was not believed put it.
#[derive(Debug, Default)]
pub(super) struct Observers(BTreeMap<String, (Seen, Option<Seen>)>);

impl Observers {
    /// Notes where a report's observer was.
    ///
    /// # Errors
    /// When nobody could have got there from where the observer was last, unless the report
    /// before it, which was rejected for that, bears it out: then the first position was wrong,
    /// or the move is real.
    pub(super) fn follow(&mut self, report: &Report) -> Result<(), Rejection> {
        let Some(position) = &report.source.position else { return Ok(()) };
        let now = (report.observed, *position.expose());
        let Some((last, suspect)) = self.0.get_mut(&report.source.id) else {
            if self.0.len() < OBSERVERS_MAX {
                self.0.insert(report.source.id.clone(), (now, None));
            }
            return Ok(());
        };
        let reach = |from: &Seen| excess_m(*from, now) <= 0;
        if reach(last) || suspect.as_ref().is_some_and(reach) {
            (*last, *suspect) = (now, None);
            return Ok(());
        }
        let km = excess_m(*last, now) / 1_000 + 1;
        let detail = format!("{km} km too far for the time between");
        *suspect = Some(now);
        Err(Rejection::new(&TELEPORTS, report.locator).at("/source").detail(detail))
    }
}

/// By how much two positions are farther apart than anybody gets in the time between, metres.
fn excess_m((a, from): Seen, (b, to): Seen) -> i64 {
    let gap = |earlier: Interval, later: Interval| later.end().since(earlier.start()).micros();
    let apart_s = gap(a, b).max(gap(b, a)).div_euclid(1_000_000) + 1;
    let way_m = geodesy::inverse(from, to).length_mm / 1_000;
    way_m.saturating_sub(OBSERVER_M_MAX.saturating_add(apart_s.saturating_mul(OBSERVER_M_S_MAX)))
}
