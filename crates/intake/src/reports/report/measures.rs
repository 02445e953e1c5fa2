//! What was counted, measured and seen.

use agreement::report::{Bearing, Count, Range, RangeClass, Sighting};

use super::codes::{
    COUNT_BACKWARDS, COUNT_DISAGREES, COUNT_TWICE, HEIGHT_BACKWARDS, RANGE_BACKWARDS, RANGE_TWICE,
    UNKNOWN_RANGE_CLASS,
};
use super::limits::{
    ABOUT_PERMILLE, BEARING_SD_DEG, COUNT, DEGREES, HEIGHT_M, RANGE_M, RANGE_SD_LOG, SPREAD_DEG,
    SPREAD_LOG,
};
use super::{Reading, scaled};
use crate::rejection::Rejection;
use crate::reports::json::Fields;
use crate::reports::text::NAME_CHARS_MAX;

pub(super) fn bearing(
    fields: &mut Fields,
    read: &mut Reading<'_>,
) -> Result<Option<Bearing>, Rejection> {
    let Some(mut inner) = fields.object("bearing")? else { return Ok(None) };
    let deg = inner.number("deg", &DEGREES)?.ok_or_else(|| inner.missing("deg"))?;
    let bearing = Bearing {
        cdeg: cdeg(deg),
        step_cdeg: scaled(inner.number("step_deg", &SPREAD_DEG)?.unwrap_or(0.0), 100.0) as u16,
        sd_cdeg: scaled(inner.number("sd_deg", &SPREAD_DEG)?.unwrap_or(BEARING_SD_DEG), 100.0)
            as u16,
    };
    read.finish(inner)?;
    Ok(Some(bearing))
}

/// Hundredths of a degree, 0 to 35999; 360 degrees is north again.
fn cdeg(deg: f64) -> u16 {
    (scaled(deg, 100.0) % 36_000) as u16
}

/// In metres, or by a word that stands for metres.
pub(super) fn range(
    fields: &mut Fields,
    read: &mut Reading<'_>,
) -> Result<(Option<Range>, Option<RangeClass>), Rejection> {
    let Some(mut inner) = fields.object("range")? else { return Ok((None, None)) };
    let word = inner.text("class", NAME_CHARS_MAX)?;
    let min_m = inner.whole("min_m", &RANGE_M)?;
    let max_m = inner.whole("max_m", &RANGE_M)?;
    let sd_log = inner.number("sd_log", &SPREAD_LOG)?;
    let sd_log_milli = |range: Range| sd_log.map_or(range.sd_log_milli, milli);
    let read_range = match (word, max_m) {
        (Some(_), Some(_)) => return Err(inner.reject(&RANGE_TWICE, "class")),
        (None, None) => return Err(inner.missing("max_m")),
        (Some(word), None) => {
            let class = RangeClass::parse(&word);
            let class = class.ok_or_else(|| inner.reject(&UNKNOWN_RANGE_CLASS, "class"))?;
            let range = class.range();
            (Some(Range { sd_log_milli: sd_log_milli(range), ..range }), Some(class))
        }
        (None, Some(max_m)) => {
            let min_m = min_m.unwrap_or(0);
            if min_m > max_m {
                return Err(inner.reject(&RANGE_BACKWARDS, "min_m"));
            }
            let range = Range { min_m, max_m, sd_log_milli: milli(RANGE_SD_LOG) };
            (Some(Range { sd_log_milli: sd_log_milli(range), ..range }), None)
        }
    };
    read.finish(inner)?;
    Ok(read_range)
}

fn milli(sd_log: f64) -> u16 {
    scaled(sd_log, 1000.0) as u16
}

/// How many, exactly, about or between two numbers; or the number of aircraft that a sighting
/// gives. "About" comes with what was said.
pub(super) fn how_many(
    fields: &mut Fields,
    read: &mut Reading<'_>,
    seen: Option<u32>,
) -> Result<(Option<Count>, Option<u32>), Rejection> {
    let Some(mut inner) = fields.object("count")? else {
        return Ok((seen.map(|n| Count { min: n, max: n }), None));
    };
    let exact = inner.whole("exact", &COUNT)?;
    let about = inner.whole("about", &COUNT)?;
    let min = inner.whole("min", &COUNT)?;
    let max = inner.whole("max", &COUNT)?;
    let count = match (exact, about, min, max) {
        (Some(n), None, None, None) => Count { min: n, max: n },
        (None, Some(n), None, None) => around(n),
        (None, None, min, max) => Count {
            min: min.ok_or_else(|| inner.missing("min"))?,
            max: max.ok_or_else(|| inner.missing("max"))?,
        },
        _ => {
            return Err(inner.reject(&COUNT_TWICE, if about.is_some() { "about" } else { "exact" }));
        }
    };
    if count.min > count.max {
        return Err(inner.reject(&COUNT_BACKWARDS, "min"));
    }
    read.finish(inner)?;
    if seen.is_some_and(|n| n < count.min || count.max < n) {
        return Err(fields.reject(&COUNT_DISAGREES, "sighting/number"));
    }
    Ok((Some(count), about))
}

/// Two standard deviations to either side; of some at least one.
fn around(n: u32) -> Count {
    let (low, high) = ABOUT_PERMILLE;
    Count { min: (n * low / 1000).max(n.min(1)), max: (n * high).div_ceil(1000) }
}

pub(super) fn sighting(
    fields: &mut Fields,
    read: &mut Reading<'_>,
) -> Result<(Option<Sighting>, Option<u32>), Rejection> {
    let Some(mut inner) = fields.object("sighting")? else { return Ok((None, None)) };
    let number = inner.whole("number", &COUNT)?;
    let low = inner.number("height_low_m", &HEIGHT_M)?;
    let high = inner.number("height_high_m", &HEIGHT_M)?;
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(inner.reject(&HEIGHT_BACKWARDS, "height_low_m"));
    }
    let sighting = Sighting {
        class: inner.text("class", NAME_CHARS_MAX)?,
        heading_cdeg: inner.number("heading_deg", &DEGREES)?.map(cdeg),
        height_low_cm: low.map(|m| scaled(m, 100.0) as i32),
        height_high_cm: high.map(|m| scaled(m, 100.0) as i32),
    };
    read.finish(inner)?;
    Ok((Some(sighting), number))
}
