//! State vectors as tables: one row an aircraft and instant, in the columns of the OpenSky
//! Network's databases and of the `traffic` package.
//!
//! | field | columns | unit |
//! |---|---|---|
//! | time of the position | `lastposupdate`, `time_position`, `timestamp`, `time` | seconds since 1970 in UTC, or a date and time |
//! | address | `icao24`, `hex`, `address` | six hexadecimal digits, `~` before those not ICAO's |
//! | call sign | `callsign`, `flight` | |
//! | place | `latitude` or `lat`; `longitude`, `lon` or `lng` | degrees |
//! | pressure altitude | `altitude`; `baroaltitude`, `baro_altitude` | feet; metres |
//! | height above the ellipsoid | `geoaltitude`, `geo_altitude` | feet beside `altitude`, metres beside the others |
//! | speed over ground | `groundspeed`; `velocity` | knots; metres a second |
//! | track | `track`, `heading`, `true_track` | degrees |
//! | climb | `vertical_rate`; `vertrate` | feet a minute beside `groundspeed` or `altitude`, else metres a second; metres a second |
//! | on the ground | `onground`, `on_ground` | true or false, 1 or 0 |
//! | quality | `nic`; `nacp`, `nac_p`; `nucp`, `nuc_p` | categories |
//!
//! The first column present serves, in the order named. Where neighbours leave the unit of
//! `geoaltitude` or `vertical_rate` open, [`Options::units`](crate::Options::units) decides, or the
//! table is rejected.

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use spacetime::{Instant, Position, PositionFault};

use crate::codes;
use crate::rejection::{Code, Rejection};
use crate::units::{HeightUnit, SpeedUnit, track_cdeg};

codes! {
    /// A table without a column that no track can do without.
    MISSING_COLUMN = "missing-column", "a column that every track needs is missing",
        "name the columns as OpenSky does: timestamp, icao24, latitude, longitude";
    /// A column whose unit is open.
    AMBIGUOUS_UNIT = "ambiguous-unit",
        "the columns beside it do not tell whether this one is metric",
        "say which: --units metric or --units aviation";
    /// A column of a type that holds no such thing.
    COLUMN_TYPE = "column-type", "the column's type holds no such values",
        "store numbers as integers or floats, names as strings, times as timestamps";
    /// A field that is there and is no number.
    BAD_NUMBER = "bad-number", "the field is not a number",
        "leave a field empty that is not known";
    /// A row without an instant.
    BAD_TIME = "bad-time", "the row names no instant",
        "write seconds since 1970 in UTC, or a date and time with its offset";
    /// A row without an aircraft.
    BAD_ADDRESS = "bad-address", "the row names no aircraft",
        "write the transponder's address as six hexadecimal digits";
    /// A coordinate that is not a number.
    NOT_A_NUMBER = "not-a-number", "a coordinate is not a finite number",
        "leave the coordinates empty where there is no position";
    /// A coordinate beyond the globe.
    OFF_THE_GLOBE = "off-the-globe", "a coordinate lies outside -180 to 180 or -90 to 90 degrees",
        "check the unit, and that longitude and latitude are not swapped";
}

/// What a row says, by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Time,
    Address,
    Callsign,
    Latitude,
    Longitude,
    Baro,
    Ellipsoid,
    Speed,
    Track,
    Climb,
    OnGround,
    Nic,
    NacP,
    NucP,
}

impl Field {
    pub(crate) const ALL: [Self; 14] = [
        Self::Time,
        Self::Address,
        Self::Callsign,
        Self::Latitude,
        Self::Longitude,
        Self::Baro,
        Self::Ellipsoid,
        Self::Speed,
        Self::Track,
        Self::Climb,
        Self::OnGround,
        Self::Nic,
        Self::NacP,
        Self::NucP,
    ];

    /// Names of its column, the first present serves.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Time => &["lastposupdate", "time_position", "timestamp", "time"],
            Self::Address => &["icao24", "hex", "address"],
            Self::Callsign => &["callsign", "flight"],
            Self::Latitude => &["latitude", "lat"],
            Self::Longitude => &["longitude", "lon", "lng"],
            Self::Baro => &["altitude", "baroaltitude", "baro_altitude"],
            Self::Ellipsoid => &["geoaltitude", "geo_altitude"],
            Self::Speed => &["groundspeed", "velocity"],
            Self::Track => &["track", "heading", "true_track"],
            Self::Climb => &["vertical_rate", "vertrate"],
            Self::OnGround => &["onground", "on_ground"],
            Self::Nic => &["nic"],
            Self::NacP => &["nacp", "nac_p"],
            Self::NucP => &["nucp", "nuc_p"],
        }
    }

    const fn is_needed(self) -> bool {
        matches!(self, Self::Time | Self::Address | Self::Latitude | Self::Longitude)
    }
}

/// Which units a table's columns of open unit are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Metres and metres a second, as in OpenSky's databases.
    Metric,
    /// Feet, knots and feet a minute, as in `traffic`.
    Aviation,
}

/// Which columns of a table serve for what, and their units.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// Index and name of the column, by field.
    places: [Option<(usize, &'static str)>; Field::ALL.len()],
    pub(crate) units: ColumnUnits,
}

/// Units of the columns whose unit depends on their name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnUnits {
    baro: HeightUnit,
    ellipsoid: HeightUnit,
    speed: SpeedUnit,
    climb: SpeedUnit,
}

impl Columns {
    /// Finds the fields among a table's column names.
    pub(crate) fn find(
        names: &[&str],
        units: Option<Units>,
        table: Locator,
    ) -> Result<Self, Rejection> {
        let places = Field::ALL.map(|field| {
            field.columns().iter().find_map(|&name| {
                let index = names.iter().position(|n| n.trim().eq_ignore_ascii_case(name))?;
                Some((index, name))
            })
        });
        let missing = Field::ALL.iter().zip(&places).find(|(f, p)| f.is_needed() && p.is_none());
        if let Some((field, _)) = missing {
            return Err(Rejection::new(&MISSING_COLUMN, table).at(field.columns()[0]));
        }
        let units = ColumnUnits::of(|field| places[field as usize].map(|p| p.1), units)
            .map_err(|name| Rejection::new(&AMBIGUOUS_UNIT, table).at(name))?;
        Ok(Self { places, units })
    }

    /// Index of the field's column.
    pub(crate) fn index(&self, field: Field) -> Option<usize> {
        self.places[field as usize].map(|place| place.0)
    }

    /// Name of the field's column.
    pub(crate) fn name(&self, field: Field) -> &'static str {
        self.places[field as usize].map_or(field.columns()[0], |place| place.1)
    }
}

impl ColumnUnits {
    /// Fails with the name of a column whose unit stays open.
    fn of(
        column: impl Fn(Field) -> Option<&'static str>,
        told: Option<Units>,
    ) -> Result<Self, &'static str> {
        let (baro, speed, climb) =
            (column(Field::Baro), column(Field::Speed), column(Field::Climb));
        let aviation = baro == Some("altitude") || speed == Some("groundspeed");
        let metric = matches!(baro, Some("baroaltitude" | "baro_altitude"))
            || speed == Some("velocity")
            || climb == Some("vertrate");
        let neighbours = match (metric, aviation) {
            (true, false) => Some(Units::Metric),
            (false, true) => Some(Units::Aviation),
            _ => None,
        };
        let open = told.or(neighbours);
        let needs_it = column(Field::Ellipsoid).or(climb.filter(|&name| name == "vertical_rate"));
        if let (None, Some(name)) = (open, needs_it) {
            return Err(name);
        }
        let is_metric = open == Some(Units::Metric);
        Ok(Self {
            baro: if baro == Some("altitude") { HeightUnit::Feet } else { HeightUnit::Metres },
            ellipsoid: if is_metric { HeightUnit::Metres } else { HeightUnit::Feet },
            speed: match speed {
                Some("velocity") => SpeedUnit::MetresASecond,
                _ => SpeedUnit::Knots,
            },
            climb: if climb == Some("vertrate") || is_metric {
                SpeedUnit::MetresASecond
            } else {
                SpeedUnit::FeetAMinute
            },
        })
    }
}

/// A row, its fields read but not yet believed. `None` is an empty field.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub(crate) latitude: Option<f64>,
    pub(crate) longitude: Option<f64>,
    pub(crate) baro: Option<f64>,
    pub(crate) ellipsoid: Option<f64>,
    pub(crate) speed: Option<f64>,
    pub(crate) track: Option<f64>,
    pub(crate) climb: Option<f64>,
    pub(crate) callsign: Option<Callsign>,
    pub(crate) on_ground: bool,
    pub(crate) quality: PositionQuality,
}

impl Row {
    /// A track point, or `Ok(None)` for a row without a position. Heights and speeds that fit
    /// no field are left out, as a receiver that does not know them would.
    #[inline]
    pub(crate) fn point(
        &self,
        at: Instant,
        address: Address,
        units: ColumnUnits,
        locator: Locator,
    ) -> Result<Option<TrackPoint>, &'static Code> {
        let (Some(longitude), Some(latitude)) = (self.longitude, self.latitude) else {
            return Ok(None);
        };
        let position =
            Position::from_degrees(longitude, latitude).map_err(|fault| match fault {
                PositionFault::NotFinite => &NOT_A_NUMBER,
                PositionFault::LongitudeOutside | PositionFault::LatitudeOutside => &OFF_THE_GLOBE,
            })?;
        Ok(Some(TrackPoint {
            observed_at: at,
            address,
            position,
            altitude_baro: self.baro.and_then(|height| units.baro.baro(height)),
            altitude_ellipsoid: self.ellipsoid.and_then(|height| units.ellipsoid.ellipsoid(height)),
            ground_speed_cm_s: self.speed.and_then(|speed| units.speed.ground_speed_cm_s(speed)),
            track_cdeg: self.track.and_then(track_cdeg),
            vertical_rate_cm_s: self.climb.and_then(|climb| units.climb.climb_cm_s(climb)),
            callsign: self.callsign,
            quality: self.quality,
            on_ground: self.on_ground,
            locator,
        }))
    }
}

/// A quality category, 0 to 11.
pub(crate) fn category(value: f64) -> Option<u8> {
    (0.0..=11.0).contains(&value).then_some(value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str], units: Option<Units>) -> Result<Columns, Rejection> {
        let needed = ["time", "icao24", "lat", "lon"];
        let all: Vec<&str> = needed.iter().chain(names).copied().collect();
        Columns::find(&all, units, Locator::default())
    }

    #[test]
    fn neighbours_tell_the_unit_of_a_geometric_altitude() {
        let unit = |names: &[&str], told| find(names, told).map(|c| c.units.ellipsoid);
        assert_eq!(unit(&["baroaltitude", "geoaltitude"], None), Ok(HeightUnit::Metres));
        assert_eq!(unit(&["altitude", "geoaltitude"], None), Ok(HeightUnit::Feet));
        let open = unit(&["geoaltitude"], None).unwrap_err();
        assert_eq!((open.code, open.pointer.as_deref()), (&AMBIGUOUS_UNIT, Some("geoaltitude")));
        assert_eq!(unit(&["geoaltitude"], Some(Units::Metric)), Ok(HeightUnit::Metres));
        assert!(unit(&["altitude", "velocity", "geoaltitude"], None).is_err());
    }

    #[test]
    fn a_table_without_longitudes_is_no_table_of_tracks() {
        let fault = Columns::find(&["time", "icao24", "lat"], None, Locator::default());
        let fault = fault.unwrap_err();
        assert_eq!((fault.code, fault.pointer.as_deref()), (&MISSING_COLUMN, Some("longitude")));
    }
}
