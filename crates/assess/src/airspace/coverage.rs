//! Who could have seen whoever was in a volume.

use agreement::Digest;
use agreement::watch::{Sensor, SensorKind};
use spacetime::area::turn;
use spacetime::{Area, Interval, Position, Side};

use super::crowd::Crowd;
use super::volumes::{Airspace, WatchedVolume};
use crate::finding::{Reason, Verdict};

/// What watched the airspace during one period.
pub(super) struct Watch<'a> {
    airspace: &'a Airspace<'a>,
    period: Interval,
    /// Sensors with an input, the digest of the input, and when it was silent.
    watchers: Vec<(&'a Sensor, Digest, Vec<Interval>)>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(airspace: &'a Airspace<'a>, crowd: &Crowd, period: Interval) -> Self {
        let mut watchers = Vec::new();
        for (number, feed) in (0_u16..).zip(&airspace.setting.feeds) {
            let Some(sensor) = airspace.sensor(number) else { continue };
            let silent = silences(crowd, crowd.feed_of(number), period);
            watchers.push((sensor, feed.digest, silent));
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
            self.watchers.iter().filter(|(sensor, ..)| self.covers(sensor, volume)).collect();
        let evidence = covering.iter().map(|(_, digest, _)| *digest).collect();
        let radars = covering.iter().filter(|(s, ..)| s.kind == SensorKind::Radar);
        let up = |silent: &[Interval]| {
            !silent.iter().any(|s| active.iter().any(|a| a.meet(*s).is_some()))
        };
        let (mut any_radar, mut any_up) = (false, false);
        for (_, _, silent) in radars {
            any_radar = true;
            any_up |= up(silent);
        }
        let said = match (any_radar, any_up, covering.is_empty()) {
            (true, true, _) => (Verdict::Clear, Reason::NothingSeen),
            (true, false, _) => (Verdict::Undetermined, Reason::FeedDown),
            (false, _, false) => (Verdict::Undetermined, Reason::OnlyTransmitting),
            (false, _, true) => (Verdict::Undetermined, Reason::NotObserved),
        };
        Some((said.0, said.1, evidence))
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
