//! What feeds measure in, to what track points hold. Each answers `None` for what is not a
//! finite number or does not fit.

use spacetime::{AltitudeBaro, AltitudeEllipsoid};

const CM_PER_FOOT: f64 = 30.48;
const CM_S_PER_KNOT: f64 = 185_200.0 / 3_600.0;
const CM_S_PER_FOOT_A_MINUTE: f64 = CM_PER_FOOT / 60.0;

/// A unit of speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeedUnit {
    /// Nautical miles an hour.
    Knots,
    /// Metres a second.
    MetresASecond,
    /// Feet a minute, for climbs.
    FeetAMinute,
}

impl SpeedUnit {
    const fn cm_s(self) -> f64 {
        match self {
            Self::Knots => CM_S_PER_KNOT,
            Self::MetresASecond => 100.0,
            Self::FeetAMinute => CM_S_PER_FOOT_A_MINUTE,
        }
    }

    /// A speed over ground in centimetres a second; none is negative.
    #[must_use]
    pub fn ground_speed_cm_s(self, value: f64) -> Option<u32> {
        let cm_s = whole(value * self.cm_s())?;
        (cm_s >= 0.0 && cm_s <= f64::from(u32::MAX)).then_some(cm_s as u32)
    }

    /// A climb in centimetres a second.
    #[must_use]
    pub fn climb_cm_s(self, value: f64) -> Option<i32> {
        signed(value * self.cm_s())
    }
}

/// A unit of height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeightUnit {
    /// International feet.
    Feet,
    /// Metres.
    Metres,
}

impl HeightUnit {
    const fn cm(self) -> f64 {
        match self {
            Self::Feet => CM_PER_FOOT,
            Self::Metres => 100.0,
        }
    }

    /// A pressure altitude.
    #[must_use]
    pub fn baro(self, value: f64) -> Option<AltitudeBaro> {
        signed(value * self.cm()).map(AltitudeBaro::from_cm)
    }

    /// A height above the ellipsoid.
    #[must_use]
    pub fn ellipsoid(self, value: f64) -> Option<AltitudeEllipsoid> {
        signed(value * self.cm()).map(AltitudeEllipsoid::from_cm)
    }
}

/// A direction in hundredths of a degree, 0 to 35999.
#[must_use]
pub fn track_cdeg(degrees: f64) -> Option<u16> {
    const TURN: i32 = 36_000;
    let turned = signed(degrees * 100.0)?;
    let once = if (0..TURN).contains(&turned) { turned } else { turned.rem_euclid(TURN) };
    u16::try_from(once).ok()
}

fn signed(value: f64) -> Option<i32> {
    whole(value).filter(|whole| whole.abs() <= f64::from(i32::MAX)).map(|whole| whole as i32)
}

/// The nearest whole number, ties to even, if there is one below 2^51.
///
/// By addition, as in [`spacetime::position::snap_e7`]: `f64::round` is a call into a library
/// on most targets, and this runs four times a row.
fn whole(value: f64) -> Option<f64> {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LIMIT: f64 = 2_251_799_813_685_248.0;
    (value.abs() < LIMIT).then_some((value + ROUND) - ROUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_and_heights_are_rounded_to_centimetres() {
        assert_eq!(SpeedUnit::Knots.ground_speed_cm_s(450.0), Some(23_150));
        assert_eq!(SpeedUnit::FeetAMinute.climb_cm_s(-64.0), Some(-33));
        assert_eq!(HeightUnit::Feet.baro(35_000.0).unwrap().cm(), 1_066_800);
        assert_eq!(HeightUnit::Metres.ellipsoid(-12.5).unwrap().cm(), -1250);
        assert_eq!((track_cdeg(359.999), track_cdeg(-90.0)), (Some(0), Some(27_000)));
    }

    #[test]
    fn what_is_no_number_is_nothing() {
        for bad in [f64::NAN, f64::INFINITY, -1e300] {
            assert_eq!(SpeedUnit::Knots.ground_speed_cm_s(bad), None);
            assert_eq!(SpeedUnit::Knots.climb_cm_s(bad), None);
            assert_eq!(HeightUnit::Feet.baro(bad), None);
        }
        assert_eq!(track_cdeg(f64::NAN), None);
        assert_eq!(SpeedUnit::Knots.ground_speed_cm_s(-1.0), None);
    }
}
