//! A plane to reckon on: the transverse Mercator projection about a middle meridian.
//!
//! Shapes are true at every point, so that a bearing is a direction once the convergence of the
//! meridian is taken off, and distances are long by at most a thousandth within 280 km of the
//! middle meridian. Series as in Snyder, Map Projections (USGS 1395, 1987), section 8.

use std::f64::consts::PI;

use spacetime::Position;

const A_M: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
const E2: f64 = F * (2.0 - F);
/// Square of the second eccentricity.
const EP2: f64 = E2 / (1.0 - E2);
const RADIANS_PER_STEP: f64 = PI / 1_800_000_000.0;
/// Rounds of the inverse, each of which leaves a hundredth of the error before it.
const ROUNDS: u32 = 6;

/// Metres east and north on a plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Xy {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Xy {
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        (dx * dx + dy * dy).sqrt()
    }
}

/// A plane about a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    lon0: f64,
    arc0_m: f64,
}

impl Plane {
    /// The plane whose origin is `middle`.
    pub(crate) fn about(middle: Position) -> Self {
        Self { lon0: radians(middle.lon_e7()), arc0_m: meridian_arc_m(radians(middle.lat_e7())) }
    }

    pub(crate) fn project(&self, p: Position) -> Xy {
        self.project_radians(radians(p.lon_e7()), radians(p.lat_e7()))
    }

    fn project_radians(&self, lon: f64, lat: f64) -> Xy {
        let (sin, cos) = (libm::sin(lat), libm::cos(lat).max(1e-9));
        let tan = sin / cos;
        let n = A_M / (1.0 - E2 * sin * sin).sqrt();
        let (t, c) = (tan * tan, EP2 * cos * cos);
        let a = wrapped(lon - self.lon0) * cos;
        let a2 = a * a;
        let fifth = 5.0 - 18.0 * t + t * t + 72.0 * c - 58.0 * EP2;
        let x = n * a * (1.0 + a2 * ((1.0 - t + c) / 6.0 + a2 * fifth / 120.0));
        let fourth = 5.0 - t + 9.0 * c + 4.0 * c * c;
        let sixth = 61.0 - 58.0 * t + t * t + 600.0 * c - 330.0 * EP2;
        let up = n * tan * a2 * (0.5 + a2 * (fourth / 24.0 + a2 * sixth / 720.0));
        Xy { x, y: meridian_arc_m(lat) - self.arc0_m + up }
    }

    /// Angle from true north to the plane's north, radians clockwise.
    pub(crate) fn convergence(&self, p: Position) -> f64 {
        let lon = wrapped(radians(p.lon_e7()) - self.lon0);
        libm::atan(libm::tan(lon) * libm::sin(radians(p.lat_e7())))
    }

    /// The position at a place of the plane, to the grid step; clamped to the globe.
    pub(crate) fn position(&self, at: Xy) -> Position {
        let mut lat = (self.arc0_m + at.y) / A_M;
        let mut lon = self.lon0 + at.x / (A_M * libm::cos(lat).max(1e-9));
        for _ in 0..ROUNDS {
            let found = self.project_radians(lon, lat);
            let sin = libm::sin(lat);
            let w2 = 1.0 - E2 * sin * sin;
            let w = w2.sqrt();
            lat += (at.y - found.y) * w * w2 / (A_M * (1.0 - E2));
            lon += (at.x - found.x) * w / (A_M * libm::cos(lat).max(1e-9));
        }
        let lat_e7 = (lat / RADIANS_PER_STEP).round_ties_even().clamp(-9e8, 9e8);
        let lon_e7 = (wrapped(lon) / RADIANS_PER_STEP).round_ties_even().clamp(-1.8e9, 1.8e9);
        Position::from_e7(lon_e7 as i32, lat_e7 as i32).expect("clamped to the globe")
    }

    /// How to turn places within some tens of kilometres of `at` into positions cheaply.
    pub(crate) fn near(&self, at: Xy) -> Near {
        let middle = self.position(at);
        let lat = radians(middle.lat_e7());
        let (sin, cos) = (libm::sin(lat), libm::cos(lat).max(1e-9));
        let w2 = 1.0 - E2 * sin * sin;
        let gamma = self.convergence(middle);
        let scale = 1.0 + at.x * at.x / (2.0 * A_M * A_M);
        Near {
            at,
            middle,
            n: A_M / w2.sqrt(),
            m: A_M * (1.0 - E2) / (w2 * w2.sqrt()),
            cos,
            tan: sin / cos,
            turn: (libm::sin(gamma) / scale, libm::cos(gamma) / scale),
        }
    }
}

/// The plane's inverse by its third-order series about one place: under a metre off at 30 km.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    at: Xy,
    middle: Position,
    n: f64,
    m: f64,
    cos: f64,
    tan: f64,
    turn: (f64, f64),
}

impl Near {
    pub(crate) fn position(&self, p: Xy) -> Position {
        let (dx, dy) = (p.x - self.at.x, p.y - self.at.y);
        let (sin, cos) = self.turn;
        let (east, north) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let (a, b) = (east / self.n, north / self.m);
        let tan2 = self.tan * self.tan;
        let lat = b - self.tan * a * a / 2.0 - (1.0 + tan2) * a * a * b / 2.0;
        let third = (1.0 + 2.0 * tan2) * (3.0 * a * b * b - a * a * a) / 6.0;
        let lon = (a + a * b * self.tan + third) / self.cos;
        let steps = |radians: f64| super::rounded(radians / RADIANS_PER_STEP);
        let lon_e7 = f64::from(self.middle.lon_e7()) + steps(lon);
        let lat_e7 = f64::from(self.middle.lat_e7()) + steps(lat);
        let lon_e7 = lon_e7.clamp(-1.8e9, 1.8e9) as i32;
        Position::from_e7(lon_e7, lat_e7.clamp(-9e8, 9e8) as i32).expect("clamped to the globe")
    }
}

fn radians(e7: i32) -> f64 {
    f64::from(e7) * RADIANS_PER_STEP
}

/// To within half a turn.
fn wrapped(radians: f64) -> f64 {
    if radians > PI {
        radians - 2.0 * PI
    } else if radians < -PI {
        radians + 2.0 * PI
    } else {
        radians
    }
}

/// Length of the meridian from the equator (Snyder 3-21).
fn meridian_arc_m(lat: f64) -> f64 {
    const E4: f64 = E2 * E2;
    const E6: f64 = E4 * E2;
    let zero = 1.0 - E2 / 4.0 - 3.0 * E4 / 64.0 - 5.0 * E6 / 256.0;
    let two = 3.0 * E2 / 8.0 + 3.0 * E4 / 32.0 + 45.0 * E6 / 1024.0;
    let four = 15.0 * E4 / 256.0 + 45.0 * E6 / 1024.0;
    let six = 35.0 * E6 / 3072.0;
    let sines = two * libm::sin(2.0 * lat) - four * libm::sin(4.0 * lat);
    A_M * (zero * lat - sines - six * libm::sin(6.0 * lat))
}

#[cfg(test)]
mod tests {
    use spacetime::geodesy;

    use super::*;

    fn at(lon: f64, lat: f64) -> Position {
        Position::from_degrees(lon, lat).unwrap()
    }

    #[test]
    fn distances_and_directions_are_those_of_geodesics() {
        let plane = Plane::about(at(36.1, 32.8));
        for (from, to) in [
            (at(36.0, 32.7), at(36.15, 32.9)),
            (at(37.9, 33.4), at(38.0, 33.5)),
            (at(36.1, 31.0), at(36.2, 31.0)),
        ] {
            let (a, b) = (plane.project(from), plane.project(to));
            let way = geodesy::inverse(from, to);
            let metres = way.length_mm as f64 / 1000.0;
            let shared = 1.0 + (a.x + b.x) * (a.x + b.x) / (8.0 * A_M * A_M);
            assert!((a.distance(b) / shared - metres).abs() < 1.0, "{} {metres}", a.distance(b));
            let grid = libm::atan2(b.x - a.x, b.y - a.y) + plane.convergence(from);
            let degrees = grid * 180.0 / PI;
            assert!((degrees - f64::from(way.azimuth_cdeg) / 100.0).abs() < 0.05);
        }
    }

    #[test]
    fn a_place_on_the_plane_is_the_position_it_came_from() {
        let plane = Plane::about(at(36.1, 32.8));
        for p in [at(36.1, 32.8), at(38.25, 30.5), at(33.0, 36.25)] {
            let back = plane.position(plane.project(p));
            let off = geodesy::inverse(p, back).length_mm;
            assert!(off < 100, "{off} mm");
        }
    }

    #[test]
    fn the_short_series_agrees_near_by() {
        let plane = Plane::about(at(36.1, 32.8));
        let middle = plane.project(at(37.5, 33.3));
        let near = plane.near(middle);
        for (dx, dy) in [(0.0, 0.0), (20_000.0, 15_000.0), (-15_000.0, 22_000.0)] {
            let p = Xy { x: middle.x + dx, y: middle.y + dy };
            let off = geodesy::inverse(plane.position(p), near.position(p)).length_mm;
            assert!(off < 2000, "{off} mm at {dx} {dy}");
        }
    }
}
