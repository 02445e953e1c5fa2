//! Reports of something that flew, held against `no-fly` clauses. Aircraft that do not transmit
//! are the ones that matter most, and people are who sees them.

use agreement::clause::NoFly;
use agreement::{Act, Clause, Pack, Report};
use spacetime::altitude::{AltitudeAgl, AltitudeLimit, HeightBounds, HeightInterval};
use spacetime::{Duration, Interval};

use super::volumes::height_bounds;
use crate::finding::Reason;
use crate::incidents::place::Region;
use crate::incidents::{Answer, Outside, during, first_no_else_doubt, observed_widened, sides};

/// How far from where a bomb fell its aircraft may have been: one let go level from 6 km at
/// 250 m/s falls for 35 s and flies 9 km. Guided weapons reach farther, so an airstrike deep
/// inside is told from one near the edge, and no more is claimed.
const STANDOFF_CM: i64 = 1_000_000;

/// One `no-fly` clause, ready for sightings.
pub(crate) struct Sky<'a> {
    clause: &'a Clause,
    no_fly: &'a NoFly,
    bounds: HeightBounds,
}

/// The region in which the aircraft was, when the report's act happened in `region`.
pub(crate) fn region_of_flight(report: &Report, region: &Region) -> Region {
    match report.act {
        Act::Airstrike => region.grown_by_cm(STANDOFF_CM),
        _ => region.clone(),
    }
}

impl<'a> Sky<'a> {
    pub(crate) fn new(pack: &Pack, clause: &'a Clause, no_fly: &'a NoFly) -> Self {
        Self { clause, no_fly, bounds: height_bounds(pack) }
    }

    /// What the clause makes of a report whose place was answered for, and how far inside the
    /// limits of height at least.
    pub(crate) fn judge(
        &self,
        pack: &Pack,
        report: &Report,
        place: Answer,
    ) -> (Answer, Option<i64>) {
        let flew = report.act.is_flight();
        let (height, margin_cm) = self.height(report);
        let answers = [
            place,
            self.moment(observed_widened(report)),
            if flew { Answer::Yes } else { Answer::No(Outside::NotListedAct) },
            self.whose(pack, report),
            height,
        ];
        (first_no_else_doubt(answers), margin_cm)
    }

    fn moment(&self, observed: Interval) -> Answer {
        let in_force = during(&[self.clause.in_force], observed);
        let Some(held) = self.clause.in_force.meet(observed) else { return in_force };
        // A day to either side, so that hours before and after tell "outside hours" from both.
        let day = Duration::from_seconds(86_400);
        let around = Interval::new(held.start().minus(day), held.end().plus(day));
        let spans = self.no_fly.activation.spans(around.unwrap_or(held));
        let active = match during(&spans, held) {
            Answer::No(_) => Answer::No(Outside::OutsideHours),
            other => other,
        };
        first_no_else_doubt([in_force, active])
    }

    /// Whether the aircraft is one that the clause binds; most clauses bind everybody's.
    fn whose(&self, pack: &Pack, report: &Report) -> Answer {
        let named = sides::parties(pack, report);
        if self.no_fly.binds.is_empty() || named.iter().any(|id| self.no_fly.binds.contains(id)) {
            Answer::Yes
        } else if report.sides.is_empty() {
            Answer::Doubt(Reason::SideMissing)
        } else if sides::unknown_names(pack, report).is_empty() {
            Answer::No(Outside::NotBetweenAdherents)
        } else {
            Answer::Doubt(Reason::SideUnknown)
        }
    }

    /// Heights of sightings are above ground. A limit of that reference is compared as it is,
    /// any other through the height of the region's ground.
    fn height(&self, report: &Report) -> (Answer, Option<i64>) {
        let (floor, ceiling) = (self.no_fly.floor, self.no_fly.ceiling);
        let seen = report.sighting.as_ref();
        let low = seen.and_then(|s| s.height_low_cm);
        let high = seen.and_then(|s| s.height_high_cm);
        if floor == AltitudeLimit::Ground && ceiling == AltitudeLimit::Unlimited {
            return (Answer::Yes, None);
        }
        if low.is_none() && high.is_none() {
            return (Answer::Doubt(Reason::HeightUnknown), None);
        }
        // Nothing flies under ground; without an upper bound it may be anywhere above.
        let band = HeightInterval { low_cm: low.unwrap_or(0), high_cm: high.unwrap_or(i32::MAX) };
        let above = self.gaps(band, floor, |band, limit| {
            (band.low_cm, limit.high_cm, band.high_cm, limit.low_cm)
        });
        let below = self.gaps(band, ceiling, |band, limit| {
            (limit.low_cm, band.high_cm, limit.high_cm, band.low_cm)
        });
        let (certain, possible) = (above.0.min(below.0), above.1.min(below.1));
        let margin = (i64::MIN < certain && certain < i64::MAX).then_some(certain);
        if certain >= 0 {
            (Answer::Yes, margin)
        } else if possible < 0 {
            (Answer::No(Outside::OutsideHeight), margin)
        } else {
            (Answer::Doubt(Reason::HeightStraddles), margin)
        }
    }

    /// How far on the right side of a limit a band is, wherever in their bounds both lie and
    /// somewhere in them. `order` gives upper and lower of the first gap, then of the second.
    fn gaps(
        &self,
        band: HeightInterval,
        limit: AltitudeLimit,
        order: fn(HeightInterval, HeightInterval) -> (i32, i32, i32, i32),
    ) -> (i64, i64) {
        let (band, limit) = match limit {
            AltitudeLimit::Agl(height) => (band, HeightInterval::within(height.cm(), 0)),
            other => (self.above_sea(band), self.bounds.of_limit(other)),
        };
        let (upper, lower, upper_possible, lower_possible) = order(band, limit);
        (gap(upper, lower), gap(upper_possible, lower_possible))
    }

    fn above_sea(&self, band: HeightInterval) -> HeightInterval {
        let of = |cm| self.bounds.of_agl(AltitudeAgl::from_cm(cm));
        HeightInterval { low_cm: of(band.low_cm).low_cm, high_cm: of(band.high_cm).high_cm }
    }
}

/// From `lower` up to `upper`; the ends of the range stand for no limit at all.
const fn gap(upper: i32, lower: i32) -> i64 {
    match (upper, lower) {
        (i32::MAX, _) | (_, i32::MIN) => i64::MAX,
        (i32::MIN, _) | (_, i32::MAX) => i64::MIN,
        (upper, lower) => upper as i64 - lower as i64,
    }
}
