//! Counters in place of clocks: what raw receivers stamp their frames with.

use std::str::FromStr;

use spacetime::time::MICROS_PER_SECOND;
use spacetime::{Duration, Instant};

use crate::codes;
use crate::rejection::Code;

codes! {
    /// A counter, and nobody said when it began.
    NO_CLOCK_ORIGIN = "no-clock-origin",
        "the feed counts from a moment that it does not tell",
        "say when: --clock-origin 2024-07-06T06:00:00Z for when the counter was 0, \
         first=2024-07-06T06:43:09Z for the first frame, gps=2024-07-06 for a receiver \
         in GPS mode";
    /// A frame without even a counter.
    NO_COUNTER = "no-counter",
        "the frame carries no counter: lines that begin with * keep the order of frames and \
         nothing of their times, which --clock-origin cannot replace",
        "record what has times: AVR with counters (lines that begin with @, or < with the signal \
         level), Beast, or JSON lines with the time at which each frame was received";
    /// Not a time of day.
    BAD_COUNTER = "bad-counter", "the counter is not a time of day, as GPS mode has it",
        "check whether the receiver is in GPS mode";
}

/// The receiver counts at 12 MHz, in 48 bits.
const TICKS_PER_MICRO: i64 = 12;
const COUNTER_BITS: u32 = 48;
const DAY_S: i64 = 86_400;

/// When the counter of a feed began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockOrigin {
    /// 12 MHz, and it was 0 then: the receiver's start.
    Zero(Instant),
    /// 12 MHz, and the first frame of the input was heard then.
    FirstFrame(Instant),
    /// Seconds and nanoseconds of the day in UTC, as a Radarcape sends in GPS mode, on the day
    /// that began then.
    GpsDay(Instant),
}

/// The text names no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a clock origin: give a date and time with its offset, first=..., or gps=YYYY-MM-DD")]
pub struct UnknownOrigin;

/// A date and time of RFC 3339, `first=` before one, or `gps=` before a date.
impl FromStr for ClockOrigin {
    type Err = UnknownOrigin;

    fn from_str(text: &str) -> Result<Self, UnknownOrigin> {
        let parse = |text: &str| Instant::parse(text).map_err(|_| UnknownOrigin);
        if let Some(rest) = text.strip_prefix("first=") {
            return parse(rest).map(Self::FirstFrame);
        }
        if let Some(rest) = text.strip_prefix("gps=") {
            return parse(&format!("{rest}T00:00:00Z")).map(Self::GpsDay);
        }
        parse(text).map(Self::Zero)
    }
}

/// Turns a feed's counters into instants, across rollovers.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: ClockOrigin,
    first: Option<i64>,
    /// The last counter, unrolled.
    last: i64,
}

impl Clock {
    pub(crate) const fn new(origin: ClockOrigin) -> Self {
        Self { origin, first: None, last: 0 }
    }

    /// The instant of a 48-bit counter.
    pub(crate) fn instant(&mut self, counter: u64) -> Result<Instant, &'static Code> {
        let (count, period) = match self.origin {
            ClockOrigin::GpsDay(_) => (micros_of_day(counter)?, DAY_S * MICROS_PER_SECOND),
            _ => (counter.cast_signed() & ((1 << COUNTER_BITS) - 1), 1 << COUNTER_BITS),
        };
        // The nearest to the last one: it may have rolled over, or come a little late.
        let count = if self.first.is_some() {
            count + (self.last - count + period / 2).div_euclid(period) * period
        } else {
            count
        };
        let first = *self.first.get_or_insert(count);
        self.last = count;
        Ok(match self.origin {
            ClockOrigin::Zero(at) => at.plus(Duration::from_micros(count / TICKS_PER_MICRO)),
            ClockOrigin::FirstFrame(at) => {
                at.plus(Duration::from_micros((count - first).div_euclid(TICKS_PER_MICRO)))
            }
            ClockOrigin::GpsDay(at) => at.plus(Duration::from_micros(count)),
        })
    }
}

/// 18 bits of seconds, 30 of nanoseconds.
fn micros_of_day(counter: u64) -> Result<i64, &'static Code> {
    let seconds = counter.cast_signed() >> 30 & 0x3_ffff;
    let nanos = counter.cast_signed() & 0x3fff_ffff;
    if seconds > DAY_S || nanos >= 1_000_000_000 {
        return Err(&BAD_COUNTER);
    }
    Ok(seconds * MICROS_PER_SECOND + nanos / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(origin: &str, counters: &[u64]) -> Vec<String> {
        let mut clock = Clock::new(origin.parse().unwrap());
        counters.iter().map(|&c| clock.instant(c).unwrap().to_string()).collect()
    }

    #[test]
    fn a_counter_is_an_instant_once_its_origin_is_told() {
        let second = 12_000_000;
        assert_eq!(read("2024-07-06T06:00:00Z", &[60 * second]), ["2024-07-06T06:01:00Z"]);
        assert_eq!(
            read("first=2024-07-06T06:00:00Z", &[60 * second, 61 * second, 59 * second]),
            ["2024-07-06T06:00:00Z", "2024-07-06T06:00:01Z", "2024-07-06T05:59:59Z"]
        );
        assert!("yesterday".parse::<ClockOrigin>().is_err());
    }

    #[test]
    fn counters_roll_over() {
        let top = (1 << COUNTER_BITS) - 12;
        assert_eq!(
            read("first=2024-07-06T06:00:00Z", &[top, 0]),
            ["2024-07-06T06:00:00Z", "2024-07-06T06:00:00.000001Z"]
        );
        let gps = |seconds: u64| seconds << 30;
        assert_eq!(
            read("gps=2024-07-06", &[gps(86_399), gps(1), gps(86_398)]),
            ["2024-07-06T23:59:59Z", "2024-07-07T00:00:01Z", "2024-07-06T23:59:58Z"]
        );
        let mut clock = Clock::new("gps=2024-07-06".parse().unwrap());
        assert_eq!(clock.instant(gps(90_000)), Err(&BAD_COUNTER));
    }
}
