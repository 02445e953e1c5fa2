//! How much a report may say, and between which bounds.

use super::codes::{
    BEARING_OUT_OF_RANGE, BYTES_OUT_OF_RANGE, COUNT_OUT_OF_RANGE, DEATHS_OUT_OF_RANGE,
    HEIGHT_OUT_OF_RANGE, LAT_OUT_OF_RANGE, LON_OUT_OF_RANGE, RADIUS_OUT_OF_RANGE,
    RANGE_OUT_OF_RANGE, SOURCES_OUT_OF_RANGE, SPREAD_OUT_OF_RANGE,
};
use crate::rejection::Code;
use crate::reports::json::Bounds;

/// Most a report may count of one thing.
pub const COUNT_MAX: u32 = 100_000;
/// Longest distance from an observer, metres: farther than any sound or sight.
pub const RANGE_M_MAX: u32 = 1_000_000;
/// Widest radius of a place, metres.
pub const RADIUS_M_MAX: u32 = 1_000_000;
/// Largest standard deviation of a clock, seconds: a day.
pub const CLOCK_SD_S_MAX: u32 = 86_400;
/// Most people killed in one report.
pub const DEATHS_MAX: u32 = 1_000_000;
/// Most sources behind one report.
pub const SOURCES_MAX: u32 = 10_000;
/// Longest time one report may span: a year and a day.
pub const OBSERVED_S_MAX: i64 = 366 * 86_400;
/// How far a post's clock may run ahead of the receiver's before a report counts as coming from
/// the future: two minutes, six times the spread of watches set by hand.
pub const CLOCK_AHEAD_S_MAX: i64 = 120;
/// Most files that came with one report.
pub const MEDIA_MAX: usize = 64;
/// Most bytes of one file that came with a report, as its sender says: a terabyte.
pub const MEDIA_BYTES_MAX: u64 = 1 << 40;
/// Most characters of a language's tag.
pub const LANGUAGE_CHARS_MAX: usize = 35;
/// Fastest that an observer moves from one report to the next, metres a second: by helicopter.
pub const OBSERVER_M_S_MAX: i64 = 100;
/// How far two positions of one observer may be apart at once, metres: two fixes by hand.
pub const OBSERVER_M_MAX: i64 = 1_000;
/// Most observers whose positions are remembered for one input.
pub const OBSERVERS_MAX: usize = 100_000;

/// Spread of a bearing by compass or by eye, when the report states none: 12 degrees.
pub const BEARING_SD_DEG: f64 = 12.0;
/// Spread of the logarithm of a range judged by eye or ear, when the report states none.
pub const RANGE_SD_LOG: f64 = 0.35;

/// Spread of a sensor's arrival time, when the report states none, seconds: a disciplined clock.
pub const ARRIVAL_SD_S: f64 = 0.005;
/// "About" so many: the standard deviation is a fifth of it, and the interval two to either side.
pub const ABOUT_PERMILLE: (u32, u32) = (600, 1_400);

const fn upto(high: u32, code: &'static Code) -> Bounds {
    Bounds { low: 0.0, high: high as f64, code }
}

pub(in crate::reports) static DEGREES: Bounds =
    Bounds { low: 0.0, high: 360.0, code: &BEARING_OUT_OF_RANGE };
pub(in crate::reports) static SPREAD_DEG: Bounds =
    Bounds { low: 0.0, high: 180.0, code: &SPREAD_OUT_OF_RANGE };
pub(in crate::reports) static SPREAD_LOG: Bounds =
    Bounds { low: 0.0, high: 10.0, code: &SPREAD_OUT_OF_RANGE };
pub(in crate::reports) static CLOCK_SD_S: Bounds = upto(CLOCK_SD_S_MAX, &SPREAD_OUT_OF_RANGE);
pub(in crate::reports) static LON: Bounds =
    Bounds { low: -180.0, high: 180.0, code: &LON_OUT_OF_RANGE };
pub(in crate::reports) static LAT: Bounds =
    Bounds { low: -90.0, high: 90.0, code: &LAT_OUT_OF_RANGE };
pub(in crate::reports) static COUNT: Bounds = upto(COUNT_MAX, &COUNT_OUT_OF_RANGE);
pub(in crate::reports) static RANGE_M: Bounds = upto(RANGE_M_MAX, &RANGE_OUT_OF_RANGE);
pub(in crate::reports) static RADIUS_M: Bounds = upto(RADIUS_M_MAX, &RADIUS_OUT_OF_RANGE);
pub(in crate::reports) static HEIGHT_M: Bounds =
    Bounds { low: -500.0, high: 40_000.0, code: &HEIGHT_OUT_OF_RANGE };
pub(in crate::reports) static MEDIA_BYTES: Bounds =
    Bounds { low: 0.0, high: MEDIA_BYTES_MAX as f64, code: &BYTES_OUT_OF_RANGE };
pub(in crate::reports) static DEATHS: Bounds = upto(DEATHS_MAX, &DEATHS_OUT_OF_RANGE);
pub(in crate::reports) static SOURCES: Bounds =
    Bounds { low: 1.0, high: SOURCES_MAX as f64, code: &SOURCES_OUT_OF_RANGE };
