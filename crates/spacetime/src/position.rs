//! Positions on the 1e-7 degree grid, and boxes of them.

use std::fmt;

/// Grid steps in one degree.
pub const STEPS_PER_DEGREE: i32 = 10_000_000;
/// Largest longitude, in grid steps: 180 degrees.
pub const LON_E7_MAX: i32 = 180 * STEPS_PER_DEGREE;
/// Largest latitude, in grid steps: 90 degrees.
pub const LAT_E7_MAX: i32 = 90 * STEPS_PER_DEGREE;

/// A place on WGS 84, in steps of 1e-7 degree (about 11 mm of latitude).
///
/// Ordered by longitude, then latitude. Longitude lies in `-180..=180` and latitude in
/// `-90..=90` degrees: the constructors refuse anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    lon_e7: i32,
    lat_e7: i32,
}

/// Why a pair of numbers is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionFault {
    /// Not a number, or infinite.
    #[error("a coordinate is not a finite number")]
    NotFinite,
    /// Longitude outside -180..=180 degrees.
    #[error("longitude lies outside -180 to 180 degrees")]
    LongitudeOutside,
    /// Latitude outside -90..=90 degrees.
    #[error("latitude lies outside -90 to 90 degrees")]
    LatitudeOutside,
}

impl Position {
    /// From grid steps of 1e-7 degree.
    ///
    /// # Errors
    /// When either coordinate lies outside its range.
    pub const fn from_e7(lon_e7: i32, lat_e7: i32) -> Result<Self, PositionFault> {
        if lon_e7 < -LON_E7_MAX || lon_e7 > LON_E7_MAX {
            return Err(PositionFault::LongitudeOutside);
        }
        if lat_e7 < -LAT_E7_MAX || lat_e7 > LAT_E7_MAX {
            return Err(PositionFault::LatitudeOutside);
        }
        Ok(Self { lon_e7, lat_e7 })
    }

    /// From degrees, snapped to the nearest grid step, ties to even.
    ///
    /// # Errors
    /// When a coordinate is not finite or lies outside its range.
    pub fn from_degrees(lon_deg: f64, lat_deg: f64) -> Result<Self, PositionFault> {
        if !(lon_deg.is_finite() && lat_deg.is_finite()) {
            return Err(PositionFault::NotFinite);
        }
        let limit = f64::from(i32::MAX);
        let (lon, lat) = (snap_e7(lon_deg), snap_e7(lat_deg));
        if lon.abs() > limit {
            return Err(PositionFault::LongitudeOutside);
        }
        if lat.abs() > limit {
            return Err(PositionFault::LatitudeOutside);
        }
        Self::from_e7(lon as i32, lat as i32)
    }

    /// Longitude east of Greenwich, in 1e-7 degree.
    #[must_use]
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Latitude north of the equator, in 1e-7 degree.
    #[must_use]
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Longitude in degrees, for formats that want a float. Exact to the grid step.
    #[must_use]
    pub fn lon_degrees(self) -> f64 {
        f64::from(self.lon_e7) / f64::from(STEPS_PER_DEGREE)
    }

    /// Latitude in degrees, for formats that want a float. Exact to the grid step.
    #[must_use]
    pub fn lat_degrees(self) -> f64 {
        f64::from(self.lat_e7) / f64::from(STEPS_PER_DEGREE)
    }
}

/// Degrees to the nearest whole number of 1e-7 degree, ties to even, as a float.
///
/// Adding and subtracting 1.5 * 2^52 rounds in the current IEEE mode, which Rust fixes to
/// nearest-even: one addition and one subtraction, vectorised, and the same everywhere.
#[inline]
#[must_use]
pub fn snap_e7(degrees: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    (degrees * 1e7 + ROUND) - ROUND
}

/// Degrees with seven decimals: `36.1000000 32.8000000`, longitude first.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Degrees(self.lon_e7), Degrees(self.lat_e7))
    }
}

/// A coordinate in 1e-7 degree, shown as exact decimal degrees.
#[derive(Clone, Copy, Debug)]
pub struct Degrees(pub i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let steps = self.0.unsigned_abs();
        let per = STEPS_PER_DEGREE.unsigned_abs();
        write!(f, "{sign}{}.{:07}", steps / per, steps % per)
    }
}

/// A closed box of longitude and latitude. It never crosses the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoundingBox {
    /// South-western corner.
    pub min: Position,
    /// North-eastern corner.
    pub max: Position,
}

impl BoundingBox {
    /// The smallest box around some positions; `None` for no position.
    pub fn around(positions: impl IntoIterator<Item = Position>) -> Option<Self> {
        positions.into_iter().fold(None, |found: Option<Self>, p| {
            Some(found.map_or(Self { min: p, max: p }, |b| b.grown_to(p)))
        })
    }

    /// This box, grown to hold `p`.
    #[must_use]
    pub fn grown_to(self, p: Position) -> Self {
        Self {
            min: Position {
                lon_e7: self.min.lon_e7.min(p.lon_e7),
                lat_e7: self.min.lat_e7.min(p.lat_e7),
            },
            max: Position {
                lon_e7: self.max.lon_e7.max(p.lon_e7),
                lat_e7: self.max.lat_e7.max(p.lat_e7),
            },
        }
    }

    /// Whether `p` lies in the box or on its border.
    #[must_use]
    pub const fn covers(self, p: Position) -> bool {
        self.min.lon_e7 <= p.lon_e7
            && p.lon_e7 <= self.max.lon_e7
            && self.min.lat_e7 <= p.lat_e7
            && p.lat_e7 <= self.max.lat_e7
    }

    /// Whether the two boxes share a point.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.min.lon_e7 <= other.max.lon_e7
            && other.min.lon_e7 <= self.max.lon_e7
            && self.min.lat_e7 <= other.max.lat_e7
            && other.min.lat_e7 <= self.max.lat_e7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_snap_to_the_nearest_step_with_ties_to_even() {
        let at = |lon, lat| Position::from_degrees(lon, lat).unwrap();
        assert_eq!(at(36.1, 32.8), Position::from_e7(361_000_000, 328_000_000).unwrap());
        assert_eq!(at(0.000_000_25, -0.000_000_35).lon_e7(), 2);
        assert_eq!(at(-180.0, 90.0), Position::from_e7(-LON_E7_MAX, LAT_E7_MAX).unwrap());
    }

    #[test]
    fn what_is_off_the_globe_is_refused() {
        use PositionFault::{LatitudeOutside, LongitudeOutside, NotFinite};
        assert_eq!(Position::from_degrees(f64::NAN, 0.0), Err(NotFinite));
        assert_eq!(Position::from_degrees(0.0, f64::INFINITY), Err(NotFinite));
        assert_eq!(Position::from_degrees(180.000_000_1, 0.0), Err(LongitudeOutside));
        assert_eq!(Position::from_degrees(0.0, 1e300), Err(LatitudeOutside));
        assert_eq!(Position::from_degrees(36.0, -90.000_000_1), Err(LatitudeOutside));
    }

    #[test]
    fn a_position_prints_as_exact_decimal_degrees() {
        let p = Position::from_e7(-5, 328_000_001).unwrap();
        assert_eq!(p.to_string(), "-0.0000005 32.8000001");
    }
}
