//! Heights, typed by what they are measured from, and the intervals that join them.
//!
//! Two heights of different reference cannot be compared; they can only be turned into
//! intervals of height above mean sea level, with the bounds of the conversion stated in
//! [`HeightBounds`], and the intervals compared.

/// Centimetres in one foot, times 100: 1 ft = 30.48 cm.
const CENTI_CM_PER_FOOT: i64 = 3048;

macro_rules! altitude {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i32);

        impl $name {
            /// From centimetres.
            #[must_use]
            pub const fn from_cm(cm: i32) -> Self {
                Self(cm)
            }

            /// From whole feet, rounded to the nearest centimetre; `None` past the range of
            /// an `i32` of centimetres.
            #[must_use]
            pub fn from_feet(feet: i32) -> Option<Self> {
                let scaled = i64::from(feet) * CENTI_CM_PER_FOOT;
                i32::try_from((scaled + 50).div_euclid(100)).ok().map(Self)
            }

            /// In centimetres.
            #[must_use]
            pub const fn cm(self) -> i32 {
                self.0
            }
        }
    };
}

altitude! {
    /// Pressure altitude: height in the standard atmosphere at the pressure outside
    /// (QNE, 1013.25 hPa). What a transponder's Mode C and most ADS-B positions carry.
    AltitudeBaro
}
altitude! {
    /// Height above the WGS 84 ellipsoid. What GNSS gives.
    AltitudeEllipsoid
}
altitude! {
    /// Height above mean sea level (the geoid). What charts and agreements usually mean.
    AltitudeMsl
}
altitude! {
    /// Height above the ground below.
    AltitudeAgl
}

/// A limit of a volume, in the reference it was agreed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AltitudeLimit {
    /// The ground, or anything below it: no aircraft is under this floor.
    Ground,
    /// No upper limit.
    Unlimited,
    /// A flight level or other pressure altitude.
    Baro(AltitudeBaro),
    /// Height above the ellipsoid.
    Ellipsoid(AltitudeEllipsoid),
    /// Height above mean sea level.
    Msl(AltitudeMsl),
    /// Height above ground.
    Agl(AltitudeAgl),
}

/// A height as it was measured, in the reference it was measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Height {
    /// None was measured.
    Unknown,
    /// Pressure altitude.
    Baro(AltitudeBaro),
    /// Height above the ellipsoid.
    Ellipsoid(AltitudeEllipsoid),
    /// Height above mean sea level.
    Msl(AltitudeMsl),
    /// Height above ground.
    Agl(AltitudeAgl),
}

/// A height and how far it may be off, up or down, in its own reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeasuredHeight {
    /// What was measured.
    pub height: Height,
    /// Largest error of the measurement, centimetres; the conversion's comes on top.
    pub error_cm: i32,
}

impl MeasuredHeight {
    /// No height.
    pub const UNKNOWN: Self = Self { height: Height::Unknown, error_cm: 0 };

    /// The interval in the height's own reference.
    #[must_use]
    pub const fn own_interval(self) -> HeightInterval {
        let cm = match self.height {
            Height::Unknown => return HeightInterval::UNKNOWN,
            Height::Baro(h) => h.cm(),
            Height::Ellipsoid(h) => h.cm(),
            Height::Msl(h) => h.cm(),
            Height::Agl(h) => h.cm(),
        };
        HeightInterval::within(cm, self.error_cm)
    }

    /// Whether the limit is given in the reference this was measured in, so that no
    /// conversion stands between them. `Ground` and `Unlimited` share every reference.
    #[must_use]
    pub const fn shares_reference(self, limit: AltitudeLimit) -> bool {
        matches!(
            (self.height, limit),
            (_, AltitudeLimit::Ground | AltitudeLimit::Unlimited)
                | (Height::Baro(_), AltitudeLimit::Baro(_))
                | (Height::Ellipsoid(_), AltitudeLimit::Ellipsoid(_))
                | (Height::Msl(_), AltitudeLimit::Msl(_))
                | (Height::Agl(_), AltitudeLimit::Agl(_))
        )
    }
}

impl AltitudeLimit {
    /// The limit in its own reference, where it is exact. `Ground` lies below and
    /// `Unlimited` above every height.
    #[must_use]
    pub const fn own_interval(self) -> HeightInterval {
        let cm = match self {
            Self::Ground => i32::MIN,
            Self::Unlimited => i32::MAX,
            Self::Baro(h) => h.cm(),
            Self::Ellipsoid(h) => h.cm(),
            Self::Msl(h) => h.cm(),
            Self::Agl(h) => h.cm(),
        };
        HeightInterval { low_cm: cm, high_cm: cm }
    }
}

/// What is known of a height: it lies somewhere in `low_cm..=high_cm` above mean sea level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeightInterval {
    /// Lowest it can be, centimetres above mean sea level.
    pub low_cm: i32,
    /// Highest it can be, centimetres above mean sea level.
    pub high_cm: i32,
}

impl HeightInterval {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { low_cm: i32::MIN, high_cm: i32::MAX };

    /// A height known within `error_cm` to either side; saturates at the range of `i32`.
    #[must_use]
    pub const fn within(height_cm: i32, error_cm: i32) -> Self {
        Self {
            low_cm: height_cm.saturating_sub(error_cm),
            high_cm: height_cm.saturating_add(error_cm),
        }
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { low_cm: self.low_cm.min(other.low_cm), high_cm: self.high_cm.max(other.high_cm) }
    }
}

/// How far apart the references can lie, stated by whoever asks: an agreement's region, its
/// season, its terrain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeightBounds {
    /// Pressure altitude may differ from height above mean sea level by at most
    /// `baro_fixed_cm` (QNH: 27 to 30 ft a hectopascal) ...
    pub baro_fixed_cm: i32,
    /// ... plus this share of the height, in thousandths (temperature: about 4 percent per
    /// 10 degrees off standard).
    pub baro_permille: i32,
    /// Lowest the geoid lies over the ellipsoid in the region, centimetres.
    pub geoid_low_cm: i32,
    /// Highest the geoid lies over the ellipsoid in the region, centimetres.
    pub geoid_high_cm: i32,
    /// Lowest ground in the region, centimetres above mean sea level.
    pub ground_low_cm: i32,
    /// Highest ground in the region, centimetres above mean sea level.
    pub ground_high_cm: i32,
}

impl HeightBounds {
    /// Pressure altitude as height above mean sea level.
    #[must_use]
    pub fn of_baro(self, height: AltitudeBaro) -> HeightInterval {
        let share = i64::from(height.cm()).abs() * i64::from(self.baro_permille) / 1000;
        let error = i64::from(self.baro_fixed_cm) + share;
        HeightInterval::within(height.cm(), i32::try_from(error).unwrap_or(i32::MAX))
    }

    /// Height above the ellipsoid as height above mean sea level.
    #[must_use]
    pub fn of_ellipsoid(self, height: AltitudeEllipsoid) -> HeightInterval {
        HeightInterval {
            low_cm: height.cm().saturating_sub(self.geoid_high_cm),
            high_cm: height.cm().saturating_sub(self.geoid_low_cm),
        }
    }

    /// Height above ground as height above mean sea level.
    #[must_use]
    pub fn of_agl(self, height: AltitudeAgl) -> HeightInterval {
        HeightInterval {
            low_cm: height.cm().saturating_add(self.ground_low_cm),
            high_cm: height.cm().saturating_add(self.ground_high_cm),
        }
    }

    /// A measured height as height above mean sea level, its own error included.
    #[must_use]
    pub fn of_measured(self, measured: MeasuredHeight) -> HeightInterval {
        let converted = match measured.height {
            Height::Unknown => return HeightInterval::UNKNOWN,
            Height::Baro(h) => self.of_baro(h),
            Height::Ellipsoid(h) => self.of_ellipsoid(h),
            Height::Msl(h) => HeightInterval::within(h.cm(), 0),
            Height::Agl(h) => self.of_agl(h),
        };
        HeightInterval {
            low_cm: converted.low_cm.saturating_sub(measured.error_cm),
            high_cm: converted.high_cm.saturating_add(measured.error_cm),
        }
    }

    /// A limit as the interval of height above mean sea level it can lie in. `Ground` and
    /// `Unlimited` are certain: they lie below and above everything.
    #[must_use]
    pub fn of_limit(self, limit: AltitudeLimit) -> HeightInterval {
        match limit {
            AltitudeLimit::Ground => HeightInterval { low_cm: i32::MIN, high_cm: i32::MIN },
            AltitudeLimit::Unlimited => HeightInterval { low_cm: i32::MAX, high_cm: i32::MAX },
            AltitudeLimit::Baro(h) => self.of_baro(h),
            AltitudeLimit::Ellipsoid(h) => self.of_ellipsoid(h),
            AltitudeLimit::Msl(h) => HeightInterval::within(h.cm(), 0),
            AltitudeLimit::Agl(h) => self.of_agl(h),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: HeightBounds = HeightBounds {
        baro_fixed_cm: 30_000,
        baro_permille: 80,
        geoid_low_cm: 1_500,
        geoid_high_cm: 2_500,
        ground_low_cm: -40_000,
        ground_high_cm: 180_000,
    };

    #[test]
    fn feet_become_the_nearest_centimetre() {
        assert_eq!(AltitudeBaro::from_feet(35_000).map(AltitudeBaro::cm), Some(1_066_800));
        assert_eq!(AltitudeBaro::from_feet(-25).map(AltitudeBaro::cm), Some(-762));
        assert_eq!(AltitudeBaro::from_feet(i32::MAX), None);
    }

    #[test]
    fn a_pressure_altitude_is_an_interval_that_widens_with_height() {
        let low = BOUNDS.of_baro(AltitudeBaro::from_cm(100_000));
        assert_eq!((low.low_cm, low.high_cm), (62_000, 138_000));
        let high = BOUNDS.of_baro(AltitudeBaro::from_cm(1_000_000));
        assert_eq!(high.high_cm - 1_000_000, 110_000);
    }

    #[test]
    fn ground_and_unlimited_are_never_in_doubt() {
        assert_eq!(BOUNDS.of_limit(AltitudeLimit::Ground).high_cm, i32::MIN);
        assert_eq!(BOUNDS.of_limit(AltitudeLimit::Unlimited).low_cm, i32::MAX);
    }
}
