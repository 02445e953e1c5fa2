//! From the fields of a report to the report: the same for every format that carries them.

pub mod codes;
pub mod limits;
mod measures;
mod place;
pub(super) use place::is_pcode;

use agreement::json::Json;
use agreement::report::{Arrival, Media, MediaKind, Method, Source, Told, WeaponClass};
use agreement::track::Locator;
use agreement::{Act, Digest, Protected, Report};
use spacetime::{Duration, Instant, Interval};

use self::codes::{
    ARRIVAL_OUTSIDE, BAD_DIGEST, BAD_LANGUAGE, ENDS_BEFORE_START, IN_THE_FUTURE, LASTS_TOO_LONG,
    REPLACES_ITSELF, UNKNOWN_KIND, UNKNOWN_MEDIA_KIND, UNKNOWN_METHOD, UNKNOWN_WEAPON_CLASS,
};
use self::limits::{
    ARRIVAL_SD_S, CLOCK_AHEAD_S_MAX, CLOCK_SD_S, DEATHS, LANGUAGE_CHARS_MAX, MEDIA_BYTES,
    MEDIA_MAX, OBSERVED_S_MAX, SOURCES,
};
use super::json::Fields;
use super::places::Places;
use super::text::{NAME_CHARS_MAX, SIDE_CHARS_MAX};
use crate::rejection::Rejection;

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

/// A JSON object as a report. Pointers of fields that were not read go into `unread`.
pub(super) fn read(
    object: Json,
    locator: Locator,
    places: &Places,
    unread: &mut Vec<String>,
) -> Result<Report, Rejection> {
    let mut fields = Fields::of_line(object, locator)?;
    let critical = fields.texts("critical", 16, NAME_CHARS_MAX)?;
    let read = &mut Reading { critical: &critical, unread };
    let act = kind(&mut fields)?;
    let received_at = fields.instant("received_at")?;
    let clock_sd = clock_sd(&mut fields)?;
    let arrival = arrival(&mut fields, read, clock_sd)?;
    let observed = observed(&mut fields, received_at, arrival)?;
    let (sighting, number) = measures::sighting(&mut fields, read)?;
    let told = Told {
        id: fields.required_text("id", NAME_CHARS_MAX)?,
        act,
        method: method(&mut fields)?,
        observed,
        source: source(&mut fields, read)?,
    };
    let (place, place_forms) = place::place(&mut fields, read, places)?;
    let (range, range_class) = measures::range(&mut fields, read)?;
    let (count, count_about) = measures::how_many(&mut fields, read, number)?;
    let report = Report {
        received_at,
        clock_sd,
        source_count: fields.whole("sources", &SOURCES)?.unwrap_or(1),
        place,
        place_forms,
        bearing: measures::bearing(&mut fields, read)?,
        range,
        range_class,
        arrival,
        count,
        count_about,
        sides: fields.texts("sides", 2, SIDE_CHARS_MAX)?,
        weapon: fields.text("weapon", NAME_CHARS_MAX)?,
        weapon_class: weapon_class(&mut fields)?,
        sighting,
        deaths: fields.whole("deaths", &DEATHS)?,
        media: media(&mut fields, read)?,
        language: language(&mut fields)?,
        replaces: replaces(&mut fields, &told.id)?,
        ..Report::of(told, locator)
    };
    read.finish(fields)?;
    Ok(report)
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
/// Of a sensor that tells its arrival, both may be left out.
fn observed(
    fields: &mut Fields,
    received_at: Option<Instant>,
    arrival: Option<Arrival>,
) -> Result<Interval, Rejection> {
    let (from, to) = (fields.instant("from")?, fields.instant("to")?);
    let (from, to) = match (from, to, arrival) {
        (None, None, Some(arrival)) => (arrival.at, arrival.at),
        (from, to, _) => {
            (from.ok_or_else(|| fields.missing("from"))?, to.ok_or_else(|| fields.missing("to"))?)
        }
    };
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
    if arrival.is_some_and(|arrival| arrival.at < from || to < arrival.at) {
        return Err(fields.reject(&ARRIVAL_OUTSIDE, "arrival/at"));
    }
    let end = to.max(from.plus(Duration::from_micros(1)));
    Interval::new(from, end).map_err(|_| fields.reject(&ENDS_BEFORE_START, "to"))
}

fn clock_sd(fields: &mut Fields) -> Result<Option<Duration>, Rejection> {
    let seconds = fields.number("clock_sd_s", &CLOCK_SD_S)?;
    Ok(seconds.map(|s| Duration::from_micros(scaled(s, 1e6))))
}

fn arrival(
    fields: &mut Fields,
    read: &mut Reading<'_>,
    clock_sd: Option<Duration>,
) -> Result<Option<Arrival>, Rejection> {
    let Some(mut inner) = fields.object("arrival")? else { return Ok(None) };
    let at = inner.required_instant("at")?;
    let stated = inner.number("sd_s", &CLOCK_SD_S)?;
    let micros = |seconds| Duration::from_micros(scaled(seconds, 1e6));
    let sd = stated.map(micros).or(clock_sd).unwrap_or_else(|| micros(ARRIVAL_SD_S));
    read.finish(inner)?;
    Ok(Some(Arrival { at, sd }))
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
        position: place::position(&mut inner)?.map(Protected::new),
    };
    read.finish(inner)?;
    Ok(source)
}

fn weapon_class(fields: &mut Fields) -> Result<Option<WeaponClass>, Rejection> {
    let Some(found) = fields.text("weapon_class", NAME_CHARS_MAX)? else { return Ok(None) };
    let class = WeaponClass::parse(&found);
    class.map(Some).ok_or_else(|| fields.reject(&UNKNOWN_WEAPON_CLASS, "weapon_class"))
}

/// Each file once, in the order of kind and digest.
fn media(fields: &mut Fields, read: &mut Reading<'_>) -> Result<Vec<Media>, Rejection> {
    let mut media = Vec::new();
    for mut inner in fields.objects("media", MEDIA_MAX)? {
        let kind = MediaKind::parse(&inner.required_text("kind", NAME_CHARS_MAX)?);
        let sha256 = Digest::parse(&inner.required_text("sha256", NAME_CHARS_MAX)?);
        let bytes = inner.number("bytes", &MEDIA_BYTES)?;
        media.push(Media {
            kind: kind.ok_or_else(|| inner.reject(&UNKNOWN_MEDIA_KIND, "kind"))?,
            sha256: sha256.ok_or_else(|| inner.reject(&BAD_DIGEST, "sha256"))?,
            bytes: bytes.map(|bytes| bytes as u64),
        });
        read.finish(inner)?;
    }
    media.sort_unstable();
    media.dedup();
    Ok(media)
}

/// The form of RFC 5646 §2.1: letters, then subtags of letters and digits.
fn language(fields: &mut Fields) -> Result<Option<String>, Rejection> {
    let Some(found) = fields.text("language", NAME_CHARS_MAX)? else { return Ok(None) };
    let mut subtags = found.split('-');
    let primary = subtags.next().unwrap_or_default();
    let is_primary =
        (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    let is_subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_primary || !subtags.all(is_subtag) || found.len() > LANGUAGE_CHARS_MAX {
        return Err(fields.reject(&BAD_LANGUAGE, "language"));
    }
    Ok(Some(found))
}

fn replaces(fields: &mut Fields, id: &str) -> Result<Option<String>, Rejection> {
    let replaces = fields.text("replaces", NAME_CHARS_MAX)?;
    if replaces.as_deref() == Some(id) {
        return Err(fields.reject(&REPLACES_ITSELF, "replaces"));
    }
    Ok(replaces)
}
