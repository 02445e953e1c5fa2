//! What a decoder remembers of one aircraft, and how a position is made of it.

use agreement::track::Callsign;
use spacetime::{Duration, Instant, Position};

use super::cpr::{self, Encoded, PairFault, Parity};
use super::quality::Status;
use super::{CPR_IMPLAUSIBLE, CPR_NO_PAIR, CPR_NO_REFERENCE, CPR_OFF_GLOBE, CPR_ZONE_BOUNDARY};
use crate::rejection::Code;

/// Longest time between an even and an odd airborne report that make a pair (DO-260B
/// §2.2.10.3.1: faster aircraft would have moved too far).
pub const PAIR_AIRBORNE_S_MAX: i64 = 10;
/// Longest time between an even and an odd surface report that make a pair, whatever the speed
/// (DO-260B §2.2.10.3.1 allows 50 below 25 kt).
pub const PAIR_SURFACE_S_MAX: i64 = 25;
/// How long an own position serves as the reference for a single report. At
/// [`SPEED_M_S_MAX`] an aircraft flies 180 km in it, half of what one report can bridge.
pub const REFERENCE_S_MAX: i64 = 180;
/// Faster than this between two positions, the second waits for another pair that confirms it.
pub const SPEED_M_S_MAX: f64 = 1000.0;
/// Room for the coding's own steps and for clock jitter in that check, metres.
pub const SPEED_CHECK_MARGIN_M: f64 = 2_500.0;

/// Something heard, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recent<T>(Option<(T, Instant)>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy> Recent<T> {
    pub(crate) fn set(&mut self, value: T, at: Instant) {
        self.0 = Some((value, at));
    }

    /// The value, if it was heard within `seconds` of `at`, before or after.
    pub(crate) fn get(&self, at: Instant, seconds: i64) -> Option<T> {
        self.0
            .filter(|&(_, heard)| apart(heard, at) <= Duration::from_seconds(seconds))
            .map(|h| h.0)
    }
}

fn apart(a: Instant, b: Instant) -> Duration {
    Duration::from_micros(a.since(b).micros().saturating_abs())
}

/// What velocity messages carry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Velocity {
    pub ground_speed_cm_s: Option<u32>,
    pub track_cdeg: Option<u16>,
    pub climb_cm_s: Option<i32>,
    /// Height above the ellipsoid less pressure altitude, feet.
    pub ellipsoid_over_baro_ft: Option<i32>,
}

/// Everything remembered of one aircraft.
#[derive(Debug)]
pub(super) struct Aircraft {
    pub heard_at: Instant,
    pub velocity: Recent<Velocity>,
    pub callsign: Recent<Callsign>,
    pub status: Recent<Status>,
    even: Recent<Encoded>,
    odd: Recent<Encoded>,
    position: Recent<Position>,
    /// A position too far from the last one to be believed before another pair confirms it.
    suspect: Recent<Position>,
}

impl Aircraft {
    pub(super) fn new(heard_at: Instant) -> Self {
        Self {
            heard_at,
            velocity: Recent::default(),
            callsign: Recent::default(),
            status: Recent::default(),
            even: Recent::default(),
            odd: Recent::default(),
            position: Recent::default(),
            suspect: Recent::default(),
        }
    }

    /// Where a report places the aircraft: by its pair, so that a jump shows, else by the
    /// aircraft's own last position. `region` is any place within 45 degrees of the receiver.
    pub(super) fn locate(
        &mut self,
        report: Encoded,
        at: Instant,
        region: Option<Position>,
    ) -> Result<Position, &'static Code> {
        let reference = self.position.get(at, REFERENCE_S_MAX);
        let paired = self
            .partner(report, at)
            .map(|other| cpr::from_pair(report, other, reference.or(region)));
        let (same, other) = match report.parity {
            Parity::Even => (&mut self.even, &mut self.odd),
            Parity::Odd => (&mut self.odd, &mut self.even),
        };
        same.set(report, at);
        if other.0.is_some_and(|(kept, _)| kept.kind != report.kind) {
            *other = Recent::default();
        }

        if let Some(Ok(place)) = paired {
            return self.believe(place, at);
        }
        let local = reference.and_then(|near| cpr::from_reference(report, near));
        match (local, paired) {
            (Some(place), _) if self.is_reachable(&self.position, place, at) => {
                self.position.set(place, at);
                Ok(place)
            }
            (Some(_), _) => Err(&CPR_IMPLAUSIBLE),
            (None, Some(Err(PairFault::ZoneBoundary))) => Err(&CPR_ZONE_BOUNDARY),
            (None, Some(Err(PairFault::OffGlobe))) => Err(&CPR_OFF_GLOBE),
            (None, Some(Err(PairFault::NoReference))) => Err(&CPR_NO_REFERENCE),
            (None, _) => Err(&CPR_NO_PAIR),
        }
    }

    /// The last report of the same kind and the other parity, if it is recent enough.
    fn partner(&self, report: Encoded, at: Instant) -> Option<Encoded> {
        let (other, seconds) = match report.parity {
            Parity::Even => (&self.odd, report.kind),
            Parity::Odd => (&self.even, report.kind),
        };
        let seconds = match seconds {
            cpr::Kind::Airborne => PAIR_AIRBORNE_S_MAX,
            cpr::Kind::Surface => PAIR_SURFACE_S_MAX,
        };
        other.get(at, seconds).filter(|kept| kept.kind == report.kind)
    }

    /// A pair's position stands at once when the aircraft could have got there; otherwise when
    /// the pair before it said the same. A pair that mixes two places is so left out, and a
    /// real jump (a spoofed position, a reset receiver) still comes through.
    fn believe(&mut self, place: Position, at: Instant) -> Result<Position, &'static Code> {
        let known = self.position.get(at, REFERENCE_S_MAX).is_some();
        let confirmed = self.suspect.get(at, PAIR_AIRBORNE_S_MAX).is_some()
            && self.is_reachable(&self.suspect, place, at);
        if !known || confirmed || self.is_reachable(&self.position, place, at) {
            self.position.set(place, at);
            self.suspect = Recent::default();
            return Ok(place);
        }
        self.suspect.set(place, at);
        Err(&CPR_IMPLAUSIBLE)
    }

    fn is_reachable(&self, from: &Recent<Position>, to: Position, at: Instant) -> bool {
        from.0.is_none_or(|(place, then)| {
            let seconds = apart(then, at).micros() as f64 / 1e6;
            distance_m(place, to) <= SPEED_CHECK_MARGIN_M + SPEED_M_S_MAX * seconds
        })
    }
}

/// Distance on a sphere, good to a percent.
fn distance_m(a: Position, b: Position) -> f64 {
    const RADIUS_M: f64 = 6_371_000.0;
    let half = |x: f64, y: f64| libm::sin((x - y).to_radians() / 2.0);
    let lat = half(a.lat_degrees(), b.lat_degrees());
    let lon = half(a.lon_degrees(), b.lon_degrees());
    let cos = |p: Position| libm::cos(p.lat_degrees().to_radians());
    2.0 * RADIUS_M * libm::asin(libm::sqrt(lat * lat + cos(a) * cos(b) * lon * lon).min(1.0))
}
