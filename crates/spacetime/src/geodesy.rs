//! Geodesics on the WGS 84 ellipsoid, the same bytes on every machine.
//!
//! Vincenty's series (Survey Review 176, 1975; with Helmert's k1 for A and B, as in his
//! addendum), and where his inverse iteration does not settle, near the antipode, a bisection
//! on the starting azimuth as Karney poses the problem (Journal of Geodesy 87, 2013, section 4).
//! All sines and arctangents come from pinned `libm` on soft floats; square roots and the
//! four operations are exact to the last bit everywhere.
//!
//! Accuracy, measured against GeographicLib on random pairs, near pairs and near antipodes:
//! distances within 1 mm, azimuths of points more than 1 m apart and not near the antipode
//! within a hundredth of a degree, positions within the grid step they are rounded to.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::position::{LAT_E7_MAX, Position};

/// Version of the soft-float libm that is linked: part of what shaped a finding.
pub const LIBM_VERSION: &str = "0.2.16";

/// Equatorial radius of WGS 84, metres.
pub(crate) const A_M: f64 = 6_378_137.0;
/// Flattening of WGS 84.
pub(crate) const F: f64 = 1.0 / 298.257_223_563;
/// Polar radius of WGS 84, metres.
const B_M: f64 = A_M * (1.0 - F);
/// Square of the first eccentricity.
pub(crate) const E2: f64 = F * (2.0 - F);

/// Hundredths of a degree in a full turn.
pub const TURN_CDEG: u32 = 36_000;

/// The shortest way between two positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geodesic {
    /// How long it is, millimetres.
    pub length_mm: i64,
    /// Direction at the start, hundredths of a degree clockwise from north, under 36,000.
    pub azimuth_cdeg: u32,
    /// Direction of travel at the end, likewise.
    pub end_azimuth_cdeg: u32,
}

/// The shortest way from one position to another. Between equal positions it is zero
/// long and points north.
#[must_use]
pub fn inverse(from: Position, to: Position) -> Geodesic {
    if from == to {
        return Geodesic { length_mm: 0, azimuth_cdeg: 0, end_azimuth_cdeg: 0 };
    }
    let (start, end) = (Reduced::of(from), Reduced::of(to));
    let lon = wrapped(f64::from(to.lon_e7()) - f64::from(from.lon_e7())) * RADIANS_PER_STEP;
    let arc = vincenty(start, end, lon).unwrap_or_else(|| bisected(start, end, lon));
    Geodesic {
        length_mm: (arc.length_m() * 1000.0).round_ties_even() as i64,
        azimuth_cdeg: azimuth_cdeg(arc.azimuth),
        end_azimuth_cdeg: azimuth_cdeg(arc.end_azimuth),
    }
}

/// The position `distance_mm` away along the geodesic that starts in direction
/// `azimuth_cdeg`, to the nearest grid step. A negative distance goes backwards.
#[must_use]
pub fn direct(from: Position, azimuth_cdeg: u32, distance_mm: i64) -> Position {
    let azimuth = f64::from(azimuth_cdeg % TURN_CDEG) * (PI / 18_000.0);
    let (sin_azimuth, cos_azimuth) = (libm::sin(azimuth), libm::cos(azimuth));
    let start = Reduced::of(from);
    let sigma_start = libm::atan2(start.sin, start.cos * cos_azimuth);
    let sin_alpha = start.cos * sin_azimuth;
    let series = Series::of(1.0 - sin_alpha * sin_alpha);
    let first = distance_mm as f64 / (1000.0 * B_M * series.a);
    let mut sigma = first;
    for _ in 0..ITERATIONS_MAX {
        let next = first + series.correction(sigma, libm::cos(2.0 * sigma_start + sigma));
        let settled = (next - sigma).abs() < SETTLED;
        sigma = next;
        if settled {
            break;
        }
    }
    let (sin, cos) = (libm::sin(sigma), libm::cos(sigma));
    let north = start.sin * cos + start.cos * sin * cos_azimuth;
    let inward = start.sin * sin - start.cos * cos * cos_azimuth;
    let across = (sin_alpha * sin_alpha + inward * inward).sqrt();
    let lat = libm::atan2(north, (1.0 - F) * across);
    let lambda = libm::atan2(sin * sin_azimuth, start.cos * cos - start.sin * sin * cos_azimuth);
    let middle = libm::cos(2.0 * sigma_start + sigma);
    let lon = lambda - series.longitude_lag(sin_alpha, sigma, middle);
    let lon_e7 = wrapped(f64::from(from.lon_e7()) + lon / RADIANS_PER_STEP).round_ties_even();
    let lat_e7 = (lat / RADIANS_PER_STEP).round_ties_even().clamp(-900_000_000.0, 900_000_000.0);
    Position::from_e7(lon_e7 as i32, lat_e7 as i32).expect("wrapped and clamped to the globe")
}

/// Steps of latitude between two entries of [`STEP_NM`]: a sixteenth of a degree.
const STEP_TABLE_E7: i32 = 625_000;
/// Largest error of [`step_nm`] by interpolation and rounding, nanometres: the second
/// derivative is at most 1.2e7 nm a square radian, times an eighth of 1.1e-3 radian squared.
pub(crate) const STEP_NM_ERROR: i64 = 3;

/// [`step_nm_at`] every [`STEP_TABLE_E7`] from the equator to the pole.
static STEP_NM: LazyLock<Vec<(i64, i64)>> =
    LazyLock::new(|| (0..=1441).map(|n| step_nm_at(n * STEP_TABLE_E7)).collect());

/// Nanometres to one grid step east and one north at latitude `lat_e7`, within
/// [`STEP_NM_ERROR`].
pub(crate) fn step_nm(lat_e7: i32) -> (i64, i64) {
    let lat_e7 = lat_e7.saturating_abs().min(LAT_E7_MAX);
    let (entry, rest) = (lat_e7 / STEP_TABLE_E7, i64::from(lat_e7 % STEP_TABLE_E7));
    let (from, to) = (STEP_NM[entry as usize], STEP_NM[entry as usize + 1]);
    let between = |a: i64, b: i64| a + ((b - a) * rest) / i64::from(STEP_TABLE_E7);
    (between(from.0, to.0).max(0), between(from.1, to.1))
}

/// Nanometres to one grid step east and one north, where the ellipsoid has latitude `lat_e7`.
fn step_nm_at(lat_e7: i32) -> (i64, i64) {
    let lat = f64::from(lat_e7) * RADIANS_PER_STEP;
    let (sin, cos) = (libm::sin(lat), libm::cos(lat));
    let w = 1.0 - E2 * sin * sin;
    let east_m = A_M * cos / w.sqrt();
    let north_m = A_M * (1.0 - E2) / (w * w.sqrt());
    let nm = |metres: f64| (metres * RADIANS_PER_STEP * 1e9).round_ties_even() as i64;
    (nm(east_m).max(0), nm(north_m))
}

/// One grid step in radians.
const RADIANS_PER_STEP: f64 = PI / 1_800_000_000.0;
/// A change of angle too small to matter: under a micrometre on the ground.
const SETTLED: f64 = 1e-13;
const ITERATIONS_MAX: u32 = 60;
/// Halvings of half a turn that leave less than [`SETTLED`].
const HALVINGS: u32 = 52;

/// Longitude in steps, brought to within half a turn.
fn wrapped(steps: f64) -> f64 {
    const TURN: f64 = 3_600_000_000.0;
    if steps > TURN / 2.0 {
        steps - TURN
    } else if steps < -TURN / 2.0 {
        steps + TURN
    } else {
        steps
    }
}

fn azimuth_cdeg(radians: f64) -> u32 {
    let cdeg = (radians * (18_000.0 / PI)).round_ties_even() as i64;
    cdeg.rem_euclid(i64::from(TURN_CDEG)) as u32
}

/// Sine and cosine of the reduced latitude.
#[derive(Clone, Copy)]
struct Reduced {
    sin: f64,
    cos: f64,
}

impl Reduced {
    fn of(p: Position) -> Self {
        let lat = f64::from(p.lat_e7()) * RADIANS_PER_STEP;
        let (sin, cos) = ((1.0 - F) * libm::sin(lat), libm::cos(lat));
        let norm = (sin * sin + cos * cos).sqrt();
        Self { sin: sin / norm, cos: cos / norm }
    }
}

/// Vincenty's series for a geodesic that crosses the equator at azimuth alpha.
#[derive(Clone, Copy)]
struct Series {
    a: f64,
    b: f64,
    c: f64,
}

impl Series {
    fn of(cos2_alpha: f64) -> Self {
        let root = (1.0 + cos2_alpha * (A_M * A_M - B_M * B_M) / (B_M * B_M)).sqrt();
        let k = (root - 1.0) / (root + 1.0);
        Self {
            a: (1.0 + k * k / 4.0) / (1.0 - k),
            b: k * (1.0 - 3.0 / 8.0 * k * k),
            c: F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha)),
        }
    }

    /// How much the arc on the sphere exceeds `length / (b * A)`; `middle` is the cosine of
    /// the sum of the arc's ends as counted from the equator.
    fn correction(self, sigma: f64, middle: f64) -> f64 {
        let (sin, cos) = (libm::sin(sigma), libm::cos(sigma));
        let second = cos * (2.0 * middle * middle - 1.0);
        let third = middle * (4.0 * sin * sin - 3.0) * (4.0 * middle * middle - 3.0);
        self.b * sin * (middle + self.b / 4.0 * (second - self.b / 6.0 * third))
    }

    /// How much longitude on the sphere exceeds longitude on the ellipsoid.
    fn longitude_lag(self, sin_alpha: f64, sigma: f64, middle: f64) -> f64 {
        let (sin, cos) = (libm::sin(sigma), libm::cos(sigma));
        let inner = middle + self.c * cos * (2.0 * middle * middle - 1.0);
        (1.0 - self.c) * F * sin_alpha * (sigma + self.c * sin * inner)
    }
}

/// A geodesic as an arc of the auxiliary sphere.
struct Arc {
    sigma: f64,
    middle: f64,
    series: Series,
    azimuth: f64,
    end_azimuth: f64,
}

impl Arc {
    fn length_m(&self) -> f64 {
        B_M * self.series.a * (self.sigma - self.series.correction(self.sigma, self.middle))
    }
}

/// Vincenty's inverse; `None` when it does not settle, or only past half a turn.
fn vincenty(start: Reduced, end: Reduced, lon: f64) -> Option<Arc> {
    let mut lambda = lon;
    for _ in 0..ITERATIONS_MAX {
        let (sin_lambda, cos_lambda) = (libm::sin(lambda), libm::cos(lambda));
        let east = end.cos * sin_lambda;
        let north = start.cos * end.sin - start.sin * end.cos * cos_lambda;
        let sin_sigma = (east * east + north * north).sqrt();
        let cos_sigma = start.sin * end.sin + start.cos * end.cos * cos_lambda;
        let sigma = libm::atan2(sin_sigma, cos_sigma);
        let sin_alpha = if sin_sigma > 0.0 { start.cos * east / sin_sigma } else { 0.0 };
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let equatorial = cos2_alpha < 1e-15;
        let middle =
            if equatorial { 0.0 } else { cos_sigma - 2.0 * start.sin * end.sin / cos2_alpha };
        let series = Series::of(cos2_alpha);
        let next = lon + series.longitude_lag(sin_alpha, sigma, middle);
        if next.abs() > PI {
            return None;
        }
        if (next - lambda).abs() < SETTLED {
            let back = start.cos * end.sin * cos_lambda - start.sin * end.cos;
            return Some(Arc {
                sigma,
                middle,
                series,
                azimuth: libm::atan2(east, north),
                end_azimuth: libm::atan2(start.cos * sin_lambda, back),
            });
        }
        lambda = next;
    }
    None
}

/// The inverse by bisection on the starting azimuth, on which longitude depends monotonically
/// when the start is the point farther from the equator and lies south of it.
fn bisected(start: Reduced, end: Reduced, lon: f64) -> Arc {
    let swapped = start.sin.abs() < end.sin.abs();
    let (near, far) = if swapped { (end, start) } else { (start, end) };
    let flipped = near.sin > 0.0;
    let mirror = |r: Reduced| Reduced { sin: if flipped { -r.sin } else { r.sin }, cos: r.cos };
    // A start on the equator is taken an atom's width south of it, which tells the two
    // halves of the geodesic through it apart.
    let south = Reduced { sin: mirror(near).sin.min(-1e-200), cos: near.cos };
    let other = mirror(far);
    let (mut low, mut high) = (0.0, PI);
    for _ in 0..HALVINGS {
        let azimuth = (low + high) / 2.0;
        if shot(south, other, azimuth).1 < lon.abs() {
            low = azimuth;
        } else {
            high = azimuth;
        }
    }
    let mut arc = shot(south, other, (low + high) / 2.0).0;
    if swapped {
        (arc.azimuth, arc.end_azimuth) = (arc.end_azimuth, arc.azimuth);
    }
    let turned = |azimuth: f64| {
        let azimuth = if swapped != flipped { PI - azimuth } else { azimuth };
        if lon < 0.0 { -azimuth } else { azimuth }
    };
    (arc.azimuth, arc.end_azimuth) = (turned(arc.azimuth), turned(arc.end_azimuth));
    arc
}

/// The arc that leaves `start` at `azimuth` and first passes the latitude of `end` northward,
/// and the longitude it spans.
fn shot(start: Reduced, end: Reduced, azimuth: f64) -> (Arc, f64) {
    let (sin, cos) = (libm::sin(azimuth), libm::cos(azimuth));
    let sin_alpha = sin * start.cos;
    let out = cos * start.cos;
    let back = (out * out + (start.sin * start.sin - end.sin * end.sin)).max(0.0).sqrt();
    let (sigma_1, sigma_2) = (libm::atan2(start.sin, out), libm::atan2(end.sin, back));
    let omega_1 = libm::atan2(sin_alpha * start.sin, out);
    let omega_2 = libm::atan2(sin_alpha * end.sin, back);
    let forward = |angle: f64| if angle < 0.0 { angle + 2.0 * PI } else { angle };
    let (sigma, omega) = (forward(sigma_2 - sigma_1), forward(omega_2 - omega_1));
    let series = Series::of(1.0 - sin_alpha * sin_alpha);
    let middle = libm::cos(sigma_1 + sigma_2);
    let lon = omega - series.longitude_lag(sin_alpha, sigma, middle);
    let end_azimuth = libm::atan2(sin_alpha, back);
    (Arc { sigma, middle, series, azimuth, end_azimuth }, lon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libm_that_is_named_is_the_one_that_is_linked() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"libm\"\nversion = \"{LIBM_VERSION}\"\n")));
    }

    fn at(lon_deg: f64, lat_deg: f64) -> Position {
        Position::from_degrees(lon_deg, lat_deg).unwrap()
    }

    #[test]
    fn a_degree_of_the_equator_is_what_the_ellipsoid_says() {
        let degree = inverse(at(0.0, 0.0), at(1.0, 0.0));
        assert_eq!((degree.length_mm, degree.azimuth_cdeg), (111_319_491, 9_000));
        let meridian = inverse(at(0.0, -90.0), at(0.0, 90.0));
        assert_eq!(meridian.length_mm, 20_003_931_459);
    }

    #[test]
    fn the_antipode_is_reached_over_the_nearer_pole() {
        let across = inverse(at(-30.0, 20.0), at(150.0, -20.0));
        assert_eq!(across.length_mm, 20_003_931_459);
        let beside = inverse(at(0.0, 0.0), at(179.7, 0.0));
        assert!(beside.length_mm < 20_003_931_459);
    }

    #[test]
    fn there_and_back_ends_within_a_step_of_the_start() {
        for (lon, lat) in [(36.1, 32.6), (-179.99, 70.0), (2.5, -45.0)] {
            let there = direct(at(lon, lat), 12_345, 55_000_000);
            let back = inverse(there, at(lon, lat));
            assert!((back.length_mm - 55_000_000).abs() <= 8, "{back:?}");
            let home = direct(there, back.azimuth_cdeg, back.length_mm);
            // A hundredth of a degree of azimuth is 10 m at 55 km.
            assert!(inverse(home, at(lon, lat)).length_mm < 10_000);
        }
    }

    #[test]
    fn both_ways_to_the_inverse_agree() {
        for (from, to) in [((0.0, -30.0), (100.0, 29.0)), ((10.0, 60.0), (-70.0, 20.0))] {
            let (from, to) = (at(from.0, from.1), at(to.0, to.1));
            let lon = wrapped(f64::from(to.lon_e7()) - f64::from(from.lon_e7())) * RADIANS_PER_STEP;
            let (start, end) = (Reduced::of(from), Reduced::of(to));
            let (series, shot) = (vincenty(start, end, lon).unwrap(), bisected(start, end, lon));
            assert!((series.length_m() - shot.length_m()).abs() < 1e-3);
            assert!((series.azimuth - shot.azimuth).abs() < 1e-8);
            assert!((series.end_azimuth - shot.end_azimuth).abs() < 1e-8);
        }
    }
}
