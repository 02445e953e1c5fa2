//! What the airspace looks like when all input has been seen.

use agreement::{ClauseId, ClauseStatus};
use serde::Serialize;

use super::sketch::Sketch;
use crate::alert::Alert;
use crate::anomaly::Anomaly;
use crate::finding::{Finding, Recorded, Subject, Verdict};

/// Findings, alerts and anomalies of the airspace, each in its one order.
#[derive(Clone, Debug, Default)]
pub struct AirspacePicture {
    /// Findings by time.
    pub findings: Vec<Recorded>,
    /// Alerts in the order they were raised.
    pub alerts: Vec<Alert>,
    /// Anomalies by time.
    pub anomalies: Vec<Anomaly>,
    /// Simplified paths of the aircraft that there is a finding about, for drawing.
    pub sketches: Vec<Sketch>,
    /// How many paths were left out of `sketches`.
    pub sketches_left_out: u64,
    /// `no-fly` clauses that were not judged, and where they stand.
    pub not_judged: Vec<(ClauseId, ClauseStatus)>,
    /// Counts.
    pub tally: AirTally,
}

impl AirspacePicture {
    /// Takes back that nobody was in a volume where a report says, or may say, that somebody
    /// was: no sensor overrides a sighting.
    pub fn heed(&mut self, reported: &[Recorded]) {
        heed(&mut self.findings, reported);
    }
}

/// Takes back that nobody was in a volume where a report says, or may say, that somebody was.
pub fn heed(findings: &mut Vec<Recorded>, reported: &[Recorded]) {
    findings.retain(|Recorded { finding, .. }| {
        let is_of_nobody =
            finding.subject == Subject::Everybody && finding.verdict == Verdict::Clear;
        let speaks_against = |report: &Finding| {
            report.verdict != Verdict::Clear
                && (&report.clause, &report.area) == (&finding.clause, &finding.area)
        };
        !is_of_nobody || !reported.iter().any(|recorded| speaks_against(&recorded.finding))
    });
}

/// Counts of what was judged; they add up over shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AirTally {
    /// Track points within the period.
    pub points: u64,
    /// Track points outside the period, which were not looked at.
    pub points_outside_period: u64,
    /// Points that repeat the last one of their aircraft.
    pub points_repeated: u64,
    /// Points judged alone, joining no path.
    pub points_alone: u64,
    /// Points whose sender states no usable accuracy.
    pub points_quality_unusable: u64,
    /// Points whose accuracy neither sender nor pack states.
    pub points_quality_absent: u64,
    /// Points that an anomaly speaks against.
    pub points_contested: u64,
    /// Tracks: aircraft, counted again after each long silence or jump.
    pub tracks: u64,
}

impl AirTally {
    /// The sum of two.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            points: self.points + other.points,
            points_outside_period: self.points_outside_period + other.points_outside_period,
            points_repeated: self.points_repeated + other.points_repeated,
            points_alone: self.points_alone + other.points_alone,
            points_quality_unusable: self.points_quality_unusable + other.points_quality_unusable,
            points_quality_absent: self.points_quality_absent + other.points_quality_absent,
            points_contested: self.points_contested + other.points_contested,
            tracks: self.tracks + other.tracks,
        }
    }
}
