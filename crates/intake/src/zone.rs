//! Times that a feed writes without saying where its clock stands.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use spacetime::Instant;
use spacetime::time::MICROS_PER_SECOND;

use crate::rejection::Code;

/// Local times, and nobody said of where.
pub static NAIVE_TIME: Code = Code {
    name: "naive-time",
    reason: "the feed's times have no zone, and none was named",
    repair: "name the zone of the clock that wrote them, such as UTC or Asia/Damascus \
             (--sbs-zone)",
};
/// A local time that was skipped.
pub static TIME_IN_GAP: Code = Code {
    name: "time-in-gap",
    reason: "no clock of that zone ever showed this time: it was skipped when summer time began",
    repair: "correct the zone",
};
/// A local time that came twice.
pub static TIME_IN_FOLD: Code = Code {
    name: "time-in-fold",
    reason: "clocks of that zone showed this time twice, when summer time ended",
    repair: "record in UTC",
};

/// The zone of a feed's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalZone(TimeZone);

/// The text names no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone: give UTC, an offset such as +03:00, or a name such as Asia/Damascus")]
pub struct UnknownZone;

/// `UTC`, an offset such as `+03:00`, or a name of the IANA database.
impl FromStr for LocalZone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        if matches!(text, "UTC" | "utc" | "Z") {
            return Ok(Self::utc());
        }
        // A bundled database knows offsets by no name: a date with the offset does.
        let offset = format!("2000-01-01T00:00:00[{text}]").parse::<jiff::Zoned>();
        offset.map(|zoned| Self(zoned.time_zone().clone())).map_err(|_| UnknownZone)
    }
}

impl LocalZone {
    /// Universal time.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The instant at which a clock of this zone showed `local`.
    ///
    /// # Errors
    /// [`TIME_IN_GAP`] and [`TIME_IN_FOLD`], when there was no such instant or two.
    pub fn instant(&self, local: DateTime) -> Result<Instant, &'static Code> {
        let offset = match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } => return Err(&TIME_IN_GAP),
            AmbiguousOffset::Fold { .. } => return Err(&TIME_IN_FOLD),
        };
        let at = offset.to_timestamp(local).map_err(|_| &TIME_IN_GAP)?;
        Ok(Instant::from_micros(at.as_microsecond()))
    }

    /// The same for a local time given as microseconds since 1970-01-01T00:00:00 of that clock.
    ///
    /// # Errors
    /// As [`Self::instant`]; a time beyond the year 9999 counts as in a gap.
    pub fn instant_of_micros(&self, local_micros: i64) -> Result<Instant, &'static Code> {
        if let Ok(offset) = self.0.to_fixed_offset() {
            let ahead = i64::from(offset.seconds()) * MICROS_PER_SECOND;
            return Ok(Instant::from_micros(local_micros.saturating_sub(ahead)));
        }
        let as_utc = jiff::Timestamp::from_microsecond(local_micros).map_err(|_| &TIME_IN_GAP)?;
        self.instant(TimeZone::UTC.to_datetime(as_utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damascus() -> LocalZone {
        "Asia/Damascus".parse().unwrap()
    }

    #[test]
    fn a_local_time_is_an_instant_once_its_zone_is_named() {
        let noon: DateTime = "2017-07-09T12:00:00".parse().unwrap();
        assert_eq!(damascus().instant(noon).unwrap().to_string(), "2017-07-09T09:00:00Z");
        let fixed: LocalZone = "+03:00".parse().unwrap();
        assert_eq!(fixed.instant(noon), damascus().instant(noon));
        let micros = LocalZone::utc().instant(noon).unwrap().micros();
        assert_eq!(damascus().instant_of_micros(micros), damascus().instant(noon));
        assert_eq!(fixed.instant_of_micros(micros), damascus().instant(noon));
        assert_eq!("Atlantis".parse::<LocalZone>(), Err(UnknownZone));
    }

    #[test]
    fn times_that_summer_time_skips_or_repeats_are_refused() {
        let at = |text: &str| damascus().instant(text.parse().unwrap());
        assert_eq!(at("2017-03-31T00:30:00"), Err(&TIME_IN_GAP));
        assert_eq!(at("2017-10-26T23:30:00"), Err(&TIME_IN_FOLD));
    }
}
