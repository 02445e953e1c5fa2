//! One aircraft as it is followed: its last position, what speaks against it, its contacts.

use agreement::track::{Callsign, PositionQuality};
use agreement::{Address, Parameters, TrackPoint};
use spacetime::metric::{distance_at_most_cm, local_distance_cm};
use spacetime::reach::deviation_cm;
use spacetime::{Duration, Instant, Interval};

use super::contact::{Contact, Pending};
use super::crowd::CellTime;
use super::nearby::Nearby;
use super::recall::Recall;
use super::sketch::Sketching;
use super::standing::Sample;
use super::warning::Warnings;
use crate::anomaly::{Anomaly, AnomalyKind, AnomalySubject};

/// Most call signs of one aircraft that are remembered for matching authorisations.
const CALLSIGNS_MAX: usize = 8;
/// Reported and flown speed must disagree this many times in a row.
const VELOCITY_DISAGREES_TIMES: u8 = 5;
/// Height by satellite and by pressure are compared within this.
const HEIGHT_STEP_WITHIN: Duration = Duration::from_seconds(60);
/// Speed from which on a position that does not move is frozen: about 50 knots.
const MOVING_CM_S: u32 = 2_500;

/// One aircraft.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) address: Address,
    pub(super) last: Sample,
    /// Whether `last` is the end of a leg that was judged; otherwise it is judged alone.
    pub(super) last_joined: bool,
    /// Where a second sender of the same address was last, if there seems to be one.
    elsewhere: Option<TrackPoint>,
    contested_until: Option<Instant>,
    still_since: Instant,
    anchor: TrackPoint,
    disagreed: u8,
    height_gap: Option<(Instant, i64)>,
    pub(super) callsigns: Vec<Callsign>,
    pub(super) contacts: Vec<Contact>,
    /// What positions that joined no path say, one for each volume.
    pub(super) alone: Vec<Pending>,
    pub(super) recall: Recall,
    /// Volumes around the last legs, and along the last courses.
    pub(super) nearby: Nearby,
    pub(super) ahead: Nearby,
    pub(super) warnings: Warnings,
    pub(super) sketching: Sketching,
    pub(super) found_something: bool,
    /// Where it is counted for the test for jamming, and whether as degraded.
    pub(super) counted: Option<(CellTime, bool)>,
    pub(super) anomalies: Vec<Anomaly>,
}

/// What a new position is to the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It repeats the last one.
    Same,
    /// It follows on the last one, by a leg.
    Joins,
    /// It is judged where it lies and joins no path; the path goes on from the last one.
    Alone,
    /// A new path begins with it.
    Restarts,
}

impl Flight {
    pub(super) fn new(first: Sample) -> Self {
        let point = first.point;
        let mut flight = Self {
            address: point.address,
            last: first,
            last_joined: false,
            elsewhere: None,
            contested_until: None,
            still_since: point.observed_at,
            anchor: point,
            disagreed: 0,
            height_gap: None,
            callsigns: Vec::new(),
            contacts: Vec::new(),
            alone: Vec::new(),
            recall: Recall::default(),
            nearby: Nearby::default(),
            ahead: Nearby::default(),
            warnings: Warnings::default(),
            sketching: Sketching::default(),
            found_something: false,
            counted: None,
            anomalies: Vec::new(),
        };
        flight.sketching.add(&point);
        flight.learn(&point);
        flight
    }

    /// Whether it is near a volume, or warned of one.
    pub(super) fn is_watched(&self) -> bool {
        !self.contacts.is_empty() || !self.warnings.is_quiet()
    }

    /// Whether positions at `at` are contested by an anomaly of this aircraft.
    pub(super) fn is_contested(&self, at: Instant) -> bool {
        self.contested_until.is_some_and(|until| at <= until)
    }

    /// Weighs a new position against the ones before: what it is to them, and which anomalies
    /// it shows.
    pub(super) fn weigh(&mut self, point: &TrackPoint, parameters: &Parameters) -> Step {
        let (last, at) = (self.last.point, point.observed_at);
        let since = at.since(last.observed_at);
        if since == Duration::ZERO && repeats(&last, point) {
            return Step::Same;
        }
        if since < Duration::ZERO {
            if since < Duration::from_seconds(-parameters.lateness_s) {
                self.note(AnomalyKind::TimeBackwards, point, parameters);
            }
            return Step::Alone;
        }
        if since == Duration::ZERO {
            return Step::Alone;
        }
        if is_jump(&last, point, parameters) {
            let returns = self.elsewhere.is_some_and(|e| !is_jump(&e, point, parameters));
            let kind = if returns { AnomalyKind::TwoPlaces } else { AnomalyKind::Jump };
            self.elsewhere = Some(last);
            self.note(kind, point, parameters);
            return Step::Restarts;
        }
        self.watch_stillness(point, parameters);
        self.watch_height(point, parameters);
        Step::Joins
    }

    /// Takes `sample` as the last position.
    pub(super) fn advance(&mut self, sample: Sample, joined: bool) {
        self.last = sample;
        self.last_joined = joined;
        self.sketching.add(&sample.point);
        self.learn(&sample.point);
    }

    fn learn(&mut self, point: &TrackPoint) {
        if let Some(sign) = point.callsign
            && self.callsigns.len() < CALLSIGNS_MAX
            && !self.callsigns.contains(&sign)
        {
            self.callsigns.push(sign);
        }
    }

    fn watch_stillness(&mut self, point: &TrackPoint, parameters: &Parameters) {
        if point.position != self.last.point.position {
            self.still_since = point.observed_at;
            return;
        }
        let still = point.observed_at.since(self.still_since);
        let moving = point.ground_speed_cm_s.is_some_and(|speed| speed >= MOVING_CM_S);
        if moving && still >= Duration::from_seconds(parameters.frozen_s) {
            self.note(AnomalyKind::Frozen, point, parameters);
            // Only now it shows, but none of the positions since it stands still is to be believed.
            let since = self.still_since;
            let known = self.anomalies.iter_mut().rev().find(|a| a.kind == AnomalyKind::Frozen);
            if let Some(anomaly) = known {
                let start = anomaly.interval.start().min(since);
                anomaly.interval =
                    Interval::new(start, anomaly.interval.end()).expect("it runs forward");
            }
        }
    }

    fn watch_height(&mut self, point: &TrackPoint, parameters: &Parameters) {
        let (Some(baro), Some(ellipsoid)) = (point.altitude_baro, point.altitude_ellipsoid) else {
            return;
        };
        let gap = i64::from(ellipsoid.cm()) - i64::from(baro.cm());
        if let Some((at, before)) = self.height_gap
            && point.observed_at.since(at) <= HEIGHT_STEP_WITHIN
            && (gap - before).abs() > parameters.height_step_cm
        {
            self.note(AnomalyKind::HeightStep, point, parameters);
        }
        self.height_gap = Some((point.observed_at, gap));
    }

    /// Compares the speed flown since the last look, a warning cycle ago, with the reported.
    pub(super) fn watch_velocity(&mut self, point: &TrackPoint, parameters: &Parameters) {
        let before = std::mem::replace(&mut self.anchor, *point);
        let elapsed = point.observed_at.since(before.observed_at).micros();
        let recent = elapsed > 0 && elapsed <= parameters.lost_after_s * 1_000_000;
        let (Some(reported), true) = (point.ground_speed_cm_s, recent) else {
            self.disagreed = 0;
            return;
        };
        let reported = i64::from(reported);
        let slack = parameters.velocity_slack_cm_s + reported / 5;
        // By bounds first, which take no root: most agree by far.
        let most_cm = distance_at_most_cm(before.position, point.position);
        let by_bounds = || {
            let (most, least) = (most_cm, (most_cm - 10) / 5 * 4);
            most * 1_000_000 / elapsed < reported + slack
                && least * 1_000_000 / elapsed > reported - slack
        };
        let measured = || {
            let flown = local_distance_cm(before.position, point.position) * 1_000_000 / elapsed;
            (flown - reported).abs() <= slack
        };
        if by_bounds() || measured() {
            self.disagreed = 0;
            return;
        }
        self.disagreed = self.disagreed.saturating_add(1);
        if self.disagreed >= VELOCITY_DISAGREES_TIMES {
            self.note(AnomalyKind::VelocityDisagrees, point, parameters);
        }
    }

    /// Where it was a cycle ago, to derive its velocity from.
    pub(super) const fn anchor(&self) -> &TrackPoint {
        &self.anchor
    }

    /// Records an anomaly of this aircraft; one that goes on is one.
    pub(super) fn note(&mut self, kind: AnomalyKind, point: &TrackPoint, p: &Parameters) {
        let at = point.observed_at;
        let hold = Duration::from_seconds(p.contested_s);
        if kind.contests() {
            let until = at.plus(hold);
            self.contested_until = Some(self.contested_until.map_or(until, |u| u.max(until)));
        }
        let goes_on = |a: &&mut Anomaly| a.kind == kind && at.since(a.interval.end()) <= hold;
        if let Some(anomaly) = self.anomalies.iter_mut().rev().find(goes_on) {
            let end = anomaly.interval.end().max(at.plus(Duration::from_micros(1)));
            let start = anomaly.interval.start().min(at);
            anomaly.interval = Interval::new(start, end).expect("an anomaly runs forward");
            anomaly.times += 1;
            return;
        }
        let mut anomaly = Anomaly::at(kind, AnomalySubject::Aircraft(self.address), at);
        anomaly.evidence = Some(point.digest());
        anomaly.locator = Some(point.locator);
        self.anomalies.push(anomaly);
    }

    /// Records that nothing was heard of it from `from` to `to`.
    pub(super) fn note_lost(&mut self, from: Instant, to: Instant) {
        let mut anomaly =
            Anomaly::at(AnomalyKind::TrackLost, AnomalySubject::Aircraft(self.address), from);
        anomaly.interval = Interval::new(from, to).expect("a silence runs forward");
        self.anomalies.push(anomaly);
    }
}

/// Whether a record says nothing that the last one of the same instant did not.
fn repeats(last: &TrackPoint, point: &TrackPoint) -> bool {
    let same_height = [
        point.altitude_baro.is_none() || point.altitude_baro == last.altitude_baro,
        point.altitude_ellipsoid.is_none() || point.altitude_ellipsoid == last.altitude_ellipsoid,
    ];
    let quality_absent = point.quality == PositionQuality::default();
    let same_quality = quality_absent || point.quality == last.quality;
    let still_grounded = point.on_ground || !last.on_ground;
    point.position == last.position && same_height == [true; 2] && same_quality && still_grounded
}

/// Farthest an aircraft can have been from the straight line between two positions,
/// centimetres: by its acceleration, or by its speed if that says less.
pub(super) fn stray_cm(from: &TrackPoint, to: &TrackPoint, parameters: &Parameters) -> i64 {
    /// A bound by acceleration this small is good enough: 4 s at 2 g make 40 m.
    const QUICK_S: i64 = 4;
    let elapsed = to.observed_at.since(from.observed_at);
    let acceleration = parameters.acceleration_limit_cm_s2;
    if elapsed <= Duration::from_seconds(QUICK_S) {
        // At most 20,000 * (4e6)^2 = 3.2e17.
        return acceleration * elapsed.micros() * elapsed.micros() / 8_000_000_000_000 + 1;
    }
    let speed_cm_s = parameters.speed_limit_m_s * 100;
    deviation_cm(from.position, to.position, elapsed, speed_cm_s, acceleration)
}

/// Whether nothing flies from one position to the other in the time, their errors left aside.
fn is_jump(from: &TrackPoint, to: &TrackPoint, parameters: &Parameters) -> bool {
    let elapsed = to.observed_at.since(from.observed_at).micros();
    let limit_cm_s = parameters.speed_limit_m_s * parameters.jump_speed_permille / 10;
    // A second's grace for the clocks of receivers, and a hundred metres for coarse positions.
    let elapsed = elapsed.saturating_add(1_000_000);
    let limit_cm = limit_cm_s.saturating_mul(elapsed) / 1_000_000 + 10_000;
    // One step is 1.12 cm or less: what is near in steps is near, without a square root.
    let steps = |a: i32, b: i32| i64::from(a.abs_diff(b));
    let east = steps(from.position.lon_e7(), to.position.lon_e7());
    let north = steps(from.position.lat_e7(), to.position.lat_e7());
    if (east + north) * 112 / 100 <= limit_cm {
        return false;
    }
    local_distance_cm(from.position, to.position) > limit_cm
}
