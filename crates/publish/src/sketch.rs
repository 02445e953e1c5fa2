//! Tracks thinned while they stream past: enough of them for a picture, in bounded memory.

use std::collections::BTreeMap;

use agreement::track::Callsign;
use agreement::{Address, TrackPoint};
use spacetime::{Instant, Position};

/// Most points kept over all tracks.
pub const SKETCH_POINTS_MAX: usize = 150_000;
/// Most tracks kept; what comes later is counted only.
pub const SKETCH_TRACKS_MAX: usize = 2_000;
/// How far apart two kept points are at first, in steps of 1e-7 degree: about 110 m.
const APART_E7_FIRST: i32 = 10_000;
/// How long after the last one a point is kept wherever it lies, at first: a stretch is cut
/// out of a track by time.
const APART_MICROS_FIRST: i64 = 30_000_000;

/// One aircraft's track, thinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnTrack {
    /// Which aircraft.
    pub address: Address,
    /// The last call sign heard of it.
    pub callsign: Option<Callsign>,
    /// When it was where, by time.
    pub points: Vec<(Instant, Position)>,
}

/// Thins the tracks of a stream that is ordered by time.
///
/// A point is kept when it lies some way from the last one kept of its aircraft, or is much
/// later. When too many are kept, both are doubled and what was kept is thinned again, so the
/// outcome depends on the stream alone.
#[derive(Clone, Debug)]
pub struct TrackSketch {
    tracks: BTreeMap<Address, Thinning>,
    kept: usize,
    points_max: usize,
    apart: Apart,
    undrawn: u64,
    seen: u64,
}

/// From where on the next point of a track is worth keeping.
#[derive(Clone, Copy, Debug)]
struct Apart {
    e7: i32,
    micros: i64,
}

impl Apart {
    fn doubled(self) -> Self {
        Self { e7: self.e7.saturating_mul(2), micros: self.micros.saturating_mul(2) }
    }

    fn parts(self, a: (Instant, Position), b: (Instant, Position)) -> bool {
        let far = |a: i32, b: i32| a.abs_diff(b) > self.e7.unsigned_abs();
        b.0.since(a.0).micros() > self.micros
            || far(a.1.lon_e7(), b.1.lon_e7())
            || far(a.1.lat_e7(), b.1.lat_e7())
    }
}

#[derive(Clone, Debug)]
struct Thinning {
    track: DrawnTrack,
    latest: Option<(Instant, Position)>,
}

impl Default for TrackSketch {
    fn default() -> Self {
        Self::holding(SKETCH_POINTS_MAX)
    }
}

impl TrackSketch {
    fn holding(points_max: usize) -> Self {
        Self {
            tracks: BTreeMap::new(),
            kept: 0,
            points_max,
            apart: Apart { e7: APART_E7_FIRST, micros: APART_MICROS_FIRST },
            undrawn: 0,
            seen: 0,
        }
    }

    /// Takes the next point of the stream.
    pub fn push(&mut self, point: &TrackPoint) {
        self.seen += 1;
        let full = self.tracks.len() >= SKETCH_TRACKS_MAX;
        let here = (point.observed_at, point.position);
        let Some(thinning) = self.tracks.get_mut(&point.address) else {
            if full {
                self.undrawn += 1;
            } else {
                self.tracks.insert(point.address, Thinning::starting(point));
                self.kept += 1;
            }
            return;
        };
        thinning.track.callsign = point.callsign.or(thinning.track.callsign);
        thinning.latest = Some(here);
        let last = thinning.track.points.last().copied();
        if last.is_none_or(|last| self.apart.parts(last, here)) {
            thinning.keep_latest();
            self.kept += 1;
        }
        if self.kept > self.points_max {
            self.thin();
        }
    }

    /// The tracks, by address, and how many points were seen and not drawn at all.
    #[must_use]
    pub fn finish(self) -> Sketched {
        let drawn = self.tracks.into_values().map(|mut thinning| {
            thinning.keep_latest();
            thinning.track
        });
        Sketched { tracks: drawn.collect(), points_seen: self.seen, points_undrawn: self.undrawn }
    }

    fn thin(&mut self) {
        let apart = self.apart.doubled();
        self.apart = apart;
        self.kept = 0;
        for thinning in self.tracks.values_mut() {
            let mut last = None;
            thinning.track.points.retain(|&here| {
                let keep = last.is_none_or(|last| apart.parts(last, here));
                last = if keep { Some(here) } else { last };
                keep
            });
            self.kept += thinning.track.points.len();
        }
    }
}

impl Thinning {
    fn starting(point: &TrackPoint) -> Self {
        let here = (point.observed_at, point.position);
        let track =
            DrawnTrack { address: point.address, callsign: point.callsign, points: vec![here] };
        Self { track, latest: None }
    }

    fn keep_latest(&mut self) {
        self.track.points.extend(self.latest.take());
    }
}

/// What a [`TrackSketch`] leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketched {
    /// The tracks, by address.
    pub tracks: Vec<DrawnTrack>,
    /// How many points went in.
    pub points_seen: u64,
    /// How many of them belong to aircraft beyond [`SKETCH_TRACKS_MAX`], which are not drawn.
    pub points_undrawn: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(address: u32, second: i64, lon_e7: i32) -> TrackPoint {
        TrackPoint {
            observed_at: Instant::from_micros(second * 1_000_000),
            address: Address::icao(address),
            position: Position::from_e7(lon_e7, 0).unwrap(),
            altitude_baro: None,
            altitude_ellipsoid: None,
            ground_speed_cm_s: None,
            track_cdeg: None,
            vertical_rate_cm_s: None,
            callsign: None,
            quality: agreement::track::PositionQuality::default(),
            on_ground: false,
            locator: agreement::track::Locator::default(),
        }
    }

    #[test]
    fn the_first_and_the_last_position_of_a_track_are_drawn() {
        let mut sketch = TrackSketch::default();
        for second in 0..10 {
            sketch.push(&point(1, second, second as i32 * 4_000));
        }
        let drawn: Vec<i32> =
            sketch.finish().tracks[0].points.iter().map(|(_, p)| p.lon_e7()).collect();
        assert_eq!(drawn, [0, 12_000, 24_000, 36_000]);
    }

    #[test]
    fn a_long_stream_is_thinned_again_and_stays_within_its_bound() {
        let mut sketch = TrackSketch::holding(100);
        for second in 0..10_000 {
            sketch.push(&point(1 + second % 3, i64::from(second), second as i32 * 11_000));
        }
        let sketched = sketch.finish();
        let kept: usize = sketched.tracks.iter().map(|track| track.points.len()).sum();
        assert!((30..=103).contains(&kept), "{kept}");
        assert_eq!((sketched.points_seen, sketched.points_undrawn), (10_000, 0));
    }

    #[test]
    fn aircraft_beyond_the_limit_are_counted() {
        let mut sketch = TrackSketch::default();
        for address in 0..=SKETCH_TRACKS_MAX as u32 {
            sketch.push(&point(address, 0, 0));
        }
        assert_eq!(sketch.finish().points_undrawn, 1);
    }
}
