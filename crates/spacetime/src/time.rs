//! Instants and half-open intervals, in microseconds of UTC.

use std::fmt;

/// Microseconds in one second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A signed length of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// Why a text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// A local time without an offset names no instant.
    #[error("the time has no offset from UTC")]
    Naive,
    /// Not a date and time of RFC 3339 in the years 0000 to 9999.
    #[error("not a date and time of RFC 3339")]
    Malformed,
    /// An interval that ends before it starts.
    #[error("the interval ends before it starts")]
    Backwards,
}

impl Instant {
    /// Before every instant that can be written down.
    pub const MIN: Self = Self(i64::MIN);
    /// After every instant that can be written down.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the Unix epoch, to the nearest microsecond, ties to even; `None`
    /// when not finite or more than 290,000 years away.
    #[must_use]
    pub fn from_unix_seconds(seconds: f64) -> Option<Self> {
        let micros = (seconds * 1e6).round_ties_even();
        (micros.abs() < 9.2e18).then_some(Self(micros as i64))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// From a date and time of RFC 3339 with an offset: `2017-07-09T12:00:00+03:00`.
    ///
    /// # Errors
    /// [`TimeFault::Naive`] when only the offset is missing, otherwise
    /// [`TimeFault::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TimeFault> {
        match text.parse::<jiff::Timestamp>() {
            Ok(stamp) => Ok(Self(stamp.as_microsecond())),
            Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() => Err(TimeFault::Naive),
            Err(_) => Err(TimeFault::Malformed),
        }
    }

    /// Later by `by`, or earlier when it is negative; saturates.
    #[must_use]
    pub const fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by.0))
    }

    /// Earlier by `by`; saturates.
    #[must_use]
    pub const fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.0))
    }

    /// How long after `earlier` this is; negative when it is before; saturates.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// RFC 3339 in UTC with as many decimals as are needed: `2017-07-09T09:00:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) if self.0 < 0 => f.write_str("the beginning of time"),
            Err(_) => f.write_str("the end of time"),
        }
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds; saturates.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// In microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// The instants from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    start: Instant,
    end: Instant,
}

impl Interval {
    /// All of time.
    pub const ALWAYS: Self = Self { start: Instant::MIN, end: Instant::MAX };

    /// From `start` up to `end`; empty when they are equal.
    ///
    /// # Errors
    /// [`TimeFault::Backwards`] when `end` is before `start`.
    pub fn new(start: Instant, end: Instant) -> Result<Self, TimeFault> {
        if end < start { Err(TimeFault::Backwards) } else { Ok(Self { start, end }) }
    }

    /// First instant.
    #[must_use]
    pub const fn start(self) -> Instant {
        self.start
    }

    /// First instant after it.
    #[must_use]
    pub const fn end(self) -> Instant {
        self.end
    }

    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(self, at: Instant) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether all of `other` lies in it. An empty interval lies in every interval that
    /// holds its start.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The instants in both; `None` when there are none.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// The shortest interval that holds both, and whatever lies between them.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The shortest interval that holds it and begins and ends on whole steps of UTC; saturates.
    #[must_use]
    pub fn outward(self, step: Duration) -> Self {
        let step = step.micros().max(1);
        let start = self.start.micros().div_euclid(step).saturating_mul(step);
        let short = self.end.micros().rem_euclid(step);
        let by = if short > 0 { step - short } else { 0 };
        let end = self.end.plus(Duration::from_micros(by));
        Self { start: Instant::from_micros(start).min(self.start), end }
    }

    /// How long it is; saturates.
    #[must_use]
    pub const fn length(self) -> Duration {
        self.end.since(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_part_of_an_instant() {
        let noon_in_damascus = Instant::parse("2017-07-09T12:00:00+03:00").unwrap();
        assert_eq!(noon_in_damascus.to_string(), "2017-07-09T09:00:00Z");
        assert_eq!(Instant::parse("2017-07-09T12:00:00"), Err(TimeFault::Naive));
        assert_eq!(Instant::parse("9 July 2017"), Err(TimeFault::Malformed));
    }

    #[test]
    fn an_interval_told_by_the_step_holds_what_it_tells() {
        let at = Instant::from_micros;
        let step = Duration::from_micros(10);
        let outward = |a, b| Interval::new(at(a), at(b)).unwrap().outward(step);
        assert_eq!(outward(11, 19), Interval::new(at(10), at(20)).unwrap());
        assert_eq!(outward(-11, 10), Interval::new(at(-20), at(10)).unwrap());
        assert_eq!(outward(20, 20), Interval::new(at(20), at(20)).unwrap());
        assert_eq!(Interval::ALWAYS.outward(step).end(), Instant::MAX);
    }

    #[test]
    fn half_open_intervals_that_touch_share_nothing() {
        let at = Instant::from_micros;
        let morning = Interval::new(at(0), at(10)).unwrap();
        let noon = Interval::new(at(10), at(20)).unwrap();
        assert_eq!(morning.meet(noon), None);
        assert!(noon.contains(at(10)) && !morning.contains(at(10)));
        assert_eq!(Interval::new(at(1), at(0)), Err(TimeFault::Backwards));
    }
}
