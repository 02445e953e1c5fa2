//! Our own report format: JSON lines, one report a line (docs/report-format.md, with the
//! schema in docs/schema/report.schema.json).
//!
//! What a newer writer adds is not read, and said to be so ([`JsonlReports::unread`]), unless
//! the writer lists it under `critical`. What looks like a known field misspelt is rejected:
//! a report without the bearing that was meant would be believed to have none.

use std::collections::BTreeMap;
use std::io::BufRead;

use agreement::report::{
    AdminUnit, Bearing, Count, Extent, Method, Place, Range, Sighting, Source, Told,
};
use agreement::track::Locator;
use agreement::{Act, Protected, Report};
use spacetime::{Duration, Instant, Interval, Position};

use super::json::{self, Bounds, Fields};
use super::once::Once;
use super::text::{NAME_CHARS_MAX, SIDE_CHARS_MAX};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::lines::{self, Lines};
use crate::rejection::{Code, Rejection};

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
/// Most names of unread fields that are kept; further ones are counted under `other`.
pub const UNREAD_NAMES_MAX: usize = 64;

/// Spread of a bearing by compass or by eye, when the report states none: 12 degrees.
pub const BEARING_SD_DEG: f64 = 12.0;
/// Spread of the logarithm of a range judged by eye or ear, when the report states none.
pub const RANGE_SD_LOG: f64 = 0.35;

codes! {
    UNKNOWN_KIND = "unknown-kind",
        "the kind of event is not known",
        "send one of the kinds in docs/report-format.md, such as explosion or small_arms";
    UNKNOWN_METHOD = "unknown-method",
        "the method is not known",
        "send heard, seen or told";
    ENDS_BEFORE_START = "ends-before-start",
        "the observation ends before it starts",
        "send `from` no later than `to`";
    LASTS_TOO_LONG = "lasts-too-long",
        "the observation spans more than a year",
        "send one report for each event";
    IN_THE_FUTURE = "in-the-future",
        "the observation starts after the report was received",
        "set the device's clock and its time zone, and send the report again";
    COUNT_OUT_OF_RANGE = "count-out-of-range",
        "the count is out of range",
        "send a whole number; leave the field out when nobody counted";
    COUNT_BACKWARDS = "count-backwards",
        "the least count is greater than the greatest",
        "send `min` no greater than `max`";
    COUNT_DISAGREES = "count-disagrees",
        "the sighting's number lies outside of the report's count",
        "send one of the two";
    BEARING_OUT_OF_RANGE = "bearing-out-of-range",
        "the angle is out of range",
        "send degrees clockwise from true north, 0 to 360";
    RANGE_OUT_OF_RANGE = "range-out-of-range",
        "the distance is out of range",
        "send metres from the observer";
    RANGE_BACKWARDS = "range-backwards",
        "the least distance is greater than the greatest",
        "send `min_m` no greater than `max_m`";
    LON_OUT_OF_RANGE = "longitude-out-of-range",
        "the longitude is out of range",
        "send degrees east of Greenwich, WGS 84; look whether longitude and latitude are swapped";
    LAT_OUT_OF_RANGE = "latitude-out-of-range",
        "the latitude is out of range",
        "send degrees north, WGS 84; look whether longitude and latitude are swapped";
    HALF_A_POSITION = "half-a-position",
        "only one of longitude and latitude is there",
        "send both, or neither";
    RADIUS_OUT_OF_RANGE = "radius-out-of-range",
        "the radius is out of range",
        "send metres; a place with no known bound is better left out";
    PLACE_TWICE = "place-given-twice",
        "a place and a P-code are both given",
        "send the one the observer gave; agreement between the two cannot be checked yet";
    BAD_PCODE = "bad-pcode",
        "the P-code has another form",
        "send two capital letters and digits or letters, such as SY1203";
    HEIGHT_OUT_OF_RANGE = "height-out-of-range",
        "the height is out of range",
        "send metres above ground, -500 to 40000; look whether feet were meant";
    HEIGHT_BACKWARDS = "height-backwards",
        "the least height is above the greatest",
        "send `height_low_m` no greater than `height_high_m`";
    DEATHS_OUT_OF_RANGE = "deaths-out-of-range",
        "the number of people killed is out of range",
        "send a whole number";
    SOURCES_OUT_OF_RANGE = "sources-out-of-range",
        "the number of sources is out of range",
        "send a whole number from 1";
    SPREAD_OUT_OF_RANGE = "spread-out-of-range",
        "the spread is out of range",
        "send a standard deviation in the unit that the field's name gives";
}

const fn upto(high: u32, code: &'static Code) -> Bounds {
    Bounds { low: 0.0, high: high as f64, code }
}

static DEGREES: Bounds = Bounds { low: 0.0, high: 360.0, code: &BEARING_OUT_OF_RANGE };
static SPREAD_DEG: Bounds = Bounds { low: 0.0, high: 180.0, code: &SPREAD_OUT_OF_RANGE };
static SPREAD_LOG: Bounds = Bounds { low: 0.0, high: 10.0, code: &SPREAD_OUT_OF_RANGE };
static CLOCK_SD_S: Bounds = upto(CLOCK_SD_S_MAX, &SPREAD_OUT_OF_RANGE);
static LON: Bounds = Bounds { low: -180.0, high: 180.0, code: &LON_OUT_OF_RANGE };
static LAT: Bounds = Bounds { low: -90.0, high: 90.0, code: &LAT_OUT_OF_RANGE };
static COUNT: Bounds = upto(COUNT_MAX, &COUNT_OUT_OF_RANGE);
static RANGE_M: Bounds = upto(RANGE_M_MAX, &RANGE_OUT_OF_RANGE);
static RADIUS_M: Bounds = upto(RADIUS_M_MAX, &RADIUS_OUT_OF_RANGE);
static HEIGHT_M: Bounds = Bounds { low: -500.0, high: 40_000.0, code: &HEIGHT_OUT_OF_RANGE };
static DEATHS: Bounds = upto(DEATHS_MAX, &DEATHS_OUT_OF_RANGE);
static SOURCES: Bounds = Bounds { low: 1.0, high: SOURCES_MAX as f64, code: &SOURCES_OUT_OF_RANGE };

/// The reports of one file.
pub struct JsonlReports<R> {
    lines: Lines<R>,
    options: Options,
    once: Once,
    unread: BTreeMap<String, u64>,
}

impl<R: BufRead> JsonlReports<R> {
    /// From the start of `reader`.
    pub fn new(reader: R, options: Options) -> Self {
        Self { lines: Lines::new(reader), options, once: Once::default(), unread: BTreeMap::new() }
    }

    /// Fields that reports held and this version does not read, as JSON pointers, and in how
    /// many reports each. To be said at the end of reading.
    #[must_use]
    pub const fn unread(&self) -> &BTreeMap<String, u64> {
        &self.unread
    }
}

impl<R: BufRead> Feed<Report> for JsonlReports<R> {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, options, once, unread } = self;
        lines::fill(lines, options, batch, |line, locator| {
            let mut not_read = Vec::new();
            let report = report(line, locator, &mut not_read)?;
            let new = once.is_new(&report.id, report.digest(), locator);
            let new = new.map_err(|why| why.at("/id"))?;
            if new {
                not_read.into_iter().for_each(|name| count(unread, name));
            }
            Ok(new.then_some(report))
        })
    }
}

pub(super) fn count(unread: &mut BTreeMap<String, u64>, name: String) {
    let full = unread.len() >= UNREAD_NAMES_MAX && !unread.contains_key(&name);
    *unread.entry(if full { "other".to_owned() } else { name }).or_default() += 1;
}

/// One line as a report.
fn report(line: &[u8], locator: Locator, unread: &mut Vec<String>) -> Result<Report, Rejection> {
    let mut fields = Fields::of_line(json::parse(line, locator)?, locator)?;
    let critical = fields.texts("critical", 16, NAME_CHARS_MAX)?;
    let read = &mut Reading { critical: &critical, unread };
    let act = kind(&mut fields)?;
    let received_at = fields.instant("received_at")?;
    let observed = observed(&mut fields, received_at)?;
    let sighting_and_number = sighting(&mut fields, read)?;
    let told = Told {
        id: fields.required_text("id", NAME_CHARS_MAX)?,
        act,
        method: method(&mut fields)?,
        observed,
        source: source(&mut fields, read)?,
    };
    let report = Report {
        received_at,
        clock_sd: clock_sd(&mut fields)?,
        source_count: fields.whole("sources", &SOURCES)?.unwrap_or(1),
        place: place(&mut fields, read)?,
        bearing: bearing(&mut fields, read)?,
        range: range(&mut fields, read)?,
        count: how_many(&mut fields, read, sighting_and_number.1)?,
        sides: fields.texts("sides", 2, SIDE_CHARS_MAX)?,
        weapon: fields.text("weapon", NAME_CHARS_MAX)?,
        sighting: sighting_and_number.0,
        deaths: fields.whole("deaths", &DEATHS)?,
        ..Report::of(told, locator)
    };
    read.finish(fields)?;
    Ok(report)
}

/// What becomes of fields that were not taken.
struct Reading<'a> {
    critical: &'a [String],
    unread: &'a mut Vec<String>,
}

impl Reading<'_> {
    fn finish(&mut self, fields: Fields) -> Result<(), Rejection> {
        fields.finish(self.critical, self.unread)
    }
}

fn kind(fields: &mut Fields) -> Result<Act, Rejection> {
    let found = fields.required_text("kind", NAME_CHARS_MAX)?;
    Act::parse(&found).ok_or_else(|| fields.reject(&UNKNOWN_KIND, "kind"))
}

fn method(fields: &mut Fields) -> Result<Method, Rejection> {
    match fields.required_text("method", NAME_CHARS_MAX)?.as_str() {
        "heard" => Ok(Method::Heard),
        "seen" => Ok(Method::Seen),
        "told" => Ok(Method::Told),
        _ => Err(fields.reject(&UNKNOWN_METHOD, "method")),
    }
}

/// `from` up to and without `to`; where they are equal, the one microsecond that starts there.
fn observed(fields: &mut Fields, received_at: Option<Instant>) -> Result<Interval, Rejection> {
    let from = fields.required_instant("from")?;
    let to = fields.required_instant("to")?;
    if to < from {
        return Err(fields.reject(&ENDS_BEFORE_START, "to"));
    }
    if to.since(from) > Duration::from_seconds(OBSERVED_S_MAX) {
        return Err(fields.reject(&LASTS_TOO_LONG, "to"));
    }
    let ahead = Duration::from_seconds(CLOCK_AHEAD_S_MAX);
    if received_at.is_some_and(|received| from > received.plus(ahead)) {
        return Err(fields.reject(&IN_THE_FUTURE, "from"));
    }
    let end = to.max(from.plus(Duration::from_micros(1)));
    Interval::new(from, end).map_err(|_| fields.reject(&ENDS_BEFORE_START, "to"))
}

fn clock_sd(fields: &mut Fields) -> Result<Option<Duration>, Rejection> {
    let seconds = fields.number("clock_sd_s", &CLOCK_SD_S)?;
    Ok(seconds.map(|s| Duration::from_micros(scaled(s, 1e6))))
}

/// A bounded number in a finer unit, to the nearest whole one. The bounds of the fields keep
/// the product within `i64`.
fn scaled(number: f64, units: f64) -> i64 {
    (number * units).round_ties_even() as i64
}

fn source(fields: &mut Fields, read: &mut Reading<'_>) -> Result<Source, Rejection> {
    let mut inner = fields.object("source")?.ok_or_else(|| fields.missing("source"))?;
    let source = Source {
        id: inner.required_text("id", NAME_CHARS_MAX)?,
        post: inner.text("post", NAME_CHARS_MAX)?,
        kind: inner.required_text("kind", NAME_CHARS_MAX)?,
        position: position(&mut inner)?.map(Protected::new),
    };
    read.finish(inner)?;
    Ok(source)
}

fn position(fields: &mut Fields) -> Result<Option<Position>, Rejection> {
    let lon = fields.number("lon", &LON)?;
    let lat = fields.number("lat", &LAT)?;
    match (lon, lat) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) => Position::from_degrees(lon, lat)
            .map(Some)
            .map_err(|_| fields.reject(&LON_OUT_OF_RANGE, "lon")),
        (Some(_), None) => Err(fields.reject(&HALF_A_POSITION, "lat")),
        (None, Some(_)) => Err(fields.reject(&HALF_A_POSITION, "lon")),
    }
}

fn place(fields: &mut Fields, read: &mut Reading<'_>) -> Result<Option<Place>, Rejection> {
    let pcode = fields.text("pcode", NAME_CHARS_MAX)?;
    let point = fields.object("place")?;
    match (point, pcode) {
        (Some(_), Some(_)) => Err(fields.reject(&PLACE_TWICE, "pcode")),
        (None, None) => Ok(None),
        (Some(mut inner), None) => {
            let nominal = position(&mut inner)?.ok_or_else(|| inner.missing("lon"))?;
            let radius_m = inner.whole("radius_m", &RADIUS_M)?;
            let radius_m = radius_m.ok_or_else(|| inner.missing("radius_m"))?;
            read.finish(inner)?;
            Ok(Some(Place { nominal: Some(nominal), extent: Extent::Radius { radius_m } }))
        }
        (None, Some(pcode)) => {
            if !is_pcode(&pcode) {
                return Err(fields.reject(&BAD_PCODE, "pcode"));
            }
            let unit = AdminUnit { level: None, name: pcode, within: Vec::new(), radius_m: 0 };
            Ok(Some(Place { nominal: None, extent: Extent::AdminUnit(unit) }))
        }
    }
}

/// The country's ISO 3166 letters, then what each level adds (OCHA's COD-AB).
fn is_pcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let country = bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_uppercase);
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    country && bytes.len() <= 20 && bytes[2..].iter().all(plain)
}

fn bearing(fields: &mut Fields, read: &mut Reading<'_>) -> Result<Option<Bearing>, Rejection> {
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

fn range(fields: &mut Fields, read: &mut Reading<'_>) -> Result<Option<Range>, Rejection> {
    let Some(mut inner) = fields.object("range")? else { return Ok(None) };
    let min_m = inner.whole("min_m", &RANGE_M)?.unwrap_or(0);
    let max_m = inner.whole("max_m", &RANGE_M)?.ok_or_else(|| inner.missing("max_m"))?;
    if min_m > max_m {
        return Err(inner.reject(&RANGE_BACKWARDS, "min_m"));
    }
    let sd_log = inner.number("sd_log", &SPREAD_LOG)?.unwrap_or(RANGE_SD_LOG);
    read.finish(inner)?;
    Ok(Some(Range { min_m, max_m, sd_log_milli: scaled(sd_log, 1000.0) as u16 }))
}

/// The report's count, or the number of aircraft that a sighting gives.
fn how_many(
    fields: &mut Fields,
    read: &mut Reading<'_>,
    seen: Option<u32>,
) -> Result<Option<Count>, Rejection> {
    let Some(mut inner) = fields.object("count")? else {
        return Ok(seen.map(|n| Count { min: n, max: n }));
    };
    let min = inner.whole("min", &COUNT)?.ok_or_else(|| inner.missing("min"))?;
    let max = inner.whole("max", &COUNT)?.ok_or_else(|| inner.missing("max"))?;
    if min > max {
        return Err(inner.reject(&COUNT_BACKWARDS, "min"));
    }
    read.finish(inner)?;
    if seen.is_some_and(|n| n < min || max < n) {
        return Err(fields.reject(&COUNT_DISAGREES, "sighting/number"));
    }
    Ok(Some(Count { min, max }))
}

fn sighting(
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
