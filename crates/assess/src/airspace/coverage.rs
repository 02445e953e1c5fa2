//! Who could have seen whoever was in a volume.

use agreement::watch::{Sensor, SensorKind};
use agreement::{Address, Digest};
use spacetime::area::turn;
use spacetime::{Area, Height, Instant, Interval, MeasuredHeight, Position, Side};

use super::crowd::Crowd;
use super::standing::Sample;
use super::volumes::{Airspace, WatchedVolume};
use crate::finding::{Reason, Verdict};

/// An aircraft that a radar lost where it sees everything: within its coverage, and above its
/// lowest height. Whoever may have sunk under that is not among them: it has left the coverage,
/// and is seen again before it enters a volume that lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loss {
    last_at: Instant,
    aircraft: Address,
    position: Position,
    error_cm: i32,
    input: u16,
    evidence: Digest,
}

impl Loss {
    /// The loss that an aircraft's last position is, if it is one.
    pub(super) fn of(airspace: &Airspace<'_>, last: &Sample) -> Option<Self> {
        let point = &last.point;
        let sensor = airspace.sensor(point.locator.input)?;
        let coverage = sensor.coverage.as_ref().filter(|_| sensor.kind == SensorKind::Radar)?;
        let covered = airspace.pack.areas.get(&coverage.area)?;
        if last.is_grounded() || covered.area.side(point.position) == Side::Outside {
            return None;
        }
        let error_cm = airspace.altitude_error_cm;
        let height = match (point.altitude_ellipsoid, point.altitude_baro) {
            (Some(h), _) => Some(Height::Ellipsoid(h)),
            (None, Some(h)) => Some(Height::Baro(h)),
            (None, None) => None,
        };
        let measured = height.map(|height| MeasuredHeight { height, error_cm });
        let lowest = measured.map(|height| airspace.bounds.of_measured(height).low_cm);
        if lowest.is_some_and(|cm| cm <= coverage.floor.cm()) {
            return None;
        }
        Some(Self {
            last_at: point.observed_at,
            aircraft: point.address,
            position: point.position,
            error_cm: last.epu.cm,
            input: point.locator.input,
            evidence: point.digest(),
        })
    }

    /// Whether it can have reached a volume while that was active, before it counts as gone.
    fn can_reach(&self, airspace: &Airspace<'_>, volume: &WatchedVolume, end: Instant) -> bool {
        let gone_at = self.last_at.plus(airspace.forgotten_after()).min(end);
        let Ok(since) = Interval::new(self.last_at, gone_at) else { return false };
        let speed_cm_s = airspace.pack.parameters.speed_limit_m_s * 100;
        let way_cm = i128::from(speed_cm_s) * i128::from(since.length().micros()) / 1_000_000;
        let reach_cm =
            i64::try_from(way_cm).unwrap_or(i64::MAX).saturating_add(self.error_cm.into());
        let away_cm = volume.volume.area.signed_distance_cm(self.position);
        away_cm <= reach_cm && !volume.active_spans(since).is_empty()
    }
}

/// What watched the airspace during one period.
pub(super) struct Watch<'a> {
    airspace: &'a Airspace<'a>,
    period: Interval,
    watchers: Vec<Watcher<'a>>,
}

/// A sensor with an input.
struct Watcher<'a> {
    sensor: &'a Sensor,
    /// Of the input.
    digest: Digest,
    /// When it was not heard.
    silent: Vec<Interval>,
    /// Whom it lost, by time.
    losses: Vec<Loss>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        airspace: &'a Airspace<'a>,
        crowd: &Crowd,
        losses: &[Loss],
        period: Interval,
    ) -> Self {
        let mut watchers = Vec::new();
        for (number, feed) in (0_u16..).zip(&airspace.setting.feeds) {
            let Some(sensor) = airspace.sensor(number) else { continue };
            let of_sensor = crowd.feed_of(number);
            let silent = silences(crowd, of_sensor, period);
            let own = |loss: &&Loss| crowd.feed_of(loss.input) == of_sensor;
            let mut losses: Vec<Loss> = losses.iter().filter(own).copied().collect();
            losses.sort_unstable();
            watchers.push(Watcher { sensor, digest: feed.digest, silent, losses });
        }
        Self { airspace, period, watchers }
    }

    /// What can be said of everybody in `volume`: `None` when it was not active at all.
    pub(super) fn of(&self, volume: &WatchedVolume) -> Option<(Verdict, Reason, Vec<Digest>)> {
        let active = volume.active_spans(self.period);
        if active.is_empty() {
            return None;
        }
        let covering: Vec<_> =
            self.watchers.iter().filter(|w| self.covers(w.sensor, volume)).collect();
        let mut evidence: Vec<Digest> = covering.iter().map(|w| w.digest).collect();
        let is_up =
            |w: &Watcher<'_>| !w.silent.iter().any(|s| active.iter().any(|a| a.meet(*s).is_some()));
        let (mut any_radar, mut any_sure, mut lost) = (false, false, None);
        for radar in covering.iter().filter(|w| w.sensor.kind == SensorKind::Radar) {
            any_radar = true;
            if is_up(radar) {
                let end = self.period.end();
                let reaching = |loss: &&Loss| loss.can_reach(self.airspace, volume, end);
                let loss = radar.losses.iter().find(reaching);
                any_sure |= loss.is_none();
                lost = lost.or(loss);
            }
        }
        let (verdict, reason) = match (any_radar, any_sure, lost) {
            (true, true, _) => (Verdict::Clear, Reason::NothingSeen),
            (true, false, Some(loss)) => {
                evidence.push(loss.evidence);
                (Verdict::Undetermined, Reason::TrackLost)
            }
            (true, false, None) => (Verdict::Undetermined, Reason::FeedDown),
            (false, ..) if covering.is_empty() => (Verdict::Undetermined, Reason::NotObserved),
            (false, ..) => (Verdict::Undetermined, Reason::OnlyTransmitting),
        };
        Some((verdict, reason, evidence))
    }

    /// Whether a sensor sees all of a volume.
    fn covers(&self, sensor: &Sensor, volume: &WatchedVolume) -> bool {
        let Some(coverage) = &sensor.coverage else { return false };
        let lowest_cm = self.airspace.bounds.of_limit(volume.volume.floor).low_cm;
        let lowest_cm = lowest_cm.max(self.airspace.bounds.ground_low_cm);
        if coverage.floor.cm() > lowest_cm {
            return false;
        }
        let Some(covered) = self.airspace.pack.areas.get(&coverage.area) else { return false };
        coverage.area == volume.area || holds(&covered.area, &volume.volume.area)
    }
}

/// When a feed was not heard during `period`, its beginning and end included.
fn silences(crowd: &Crowd, input: u16, period: Interval) -> Vec<Interval> {
    let Some(heard) = crowd.heard(input) else { return vec![period] };
    let before = Interval::new(period.start(), heard.first.max(period.start()));
    let after = Interval::new(heard.last.min(period.end()), period.end());
    let ends = [before, after].into_iter().flatten();
    let limit = crowd.silent_after();
    let ends = ends.filter(|end| end.length() > limit);
    let between = crowd.silences.iter().filter(|(of, _)| *of == input).map(|(_, silence)| *silence);
    ends.chain(between).collect()
}

/// Whether all of `inner` lies in `outer`: its vertices do, no edges cross, and no hole of the
/// outer one opens inside.
fn holds(outer: &Area, inner: &Area) -> bool {
    let vertices = |area: &Area| -> Vec<Position> {
        area.rings().flat_map(|ring| ring.vertices().iter().copied()).collect()
    };
    let inside = vertices(inner).iter().all(|&v| outer.side(v) != Side::Outside);
    let opens = vertices(outer).iter().any(|&v| inner.side(v) == Side::Inside);
    let crosses =
        || inner.edges().any(|(a, b)| outer.edges().any(|(c, d)| cross_or_touch(a, b, c, d)));
    inside && !opens && !crosses()
}

/// Whether two edges share a point, or lie on one line; areas that touch are not taken to hold
/// one another, since the gap between two parts can lie along an edge.
fn cross_or_touch(a: Position, b: Position, c: Position, d: Position) -> bool {
    let apart = |x: std::cmp::Ordering, y: std::cmp::Ordering| x == y && x.is_ne();
    !apart(turn(a, b, c), turn(a, b, d)) && !apart(turn(c, d, a), turn(c, d, b))
}
