//! Anybody's register of events as CSV, by a mapping of its columns (docs/register-mapping.md).
//!
//! Guarantors keep registers as tables, each with its own columns, words and habits of writing a
//! date. The mapping says which is which, and nothing is guessed: a word for a kind that it does
//! not have is rejected, since a row under a wrong kind would be held against another one.
//!
//! A row that gives a day and no time was observed from midnight to midnight of the register's
//! zone. A point stands for a place of [`PLACE_M`] about it and a time errs by [`TIME_S`], unless
//! mapping or row say otherwise. Where a row gives a point and a unit or a name, the point is the
//! place, and the others are kept beside it; whether they agree is for whoever knows the units.

mod mapping;

use std::io::BufRead;

use agreement::report::{AdminUnit, Count, Extent, Method, Place, PlaceForm, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Report};
use jiff::civil::{Date, DateTime};
use spacetime::local_time::{LocalTime, ZoneRules, resolve_local};
use spacetime::{Duration, Instant, Interval, Position};

use super::once::Once;
use super::report::is_pcode;
use super::report::limits::{COUNT_MAX, DEATHS_MAX, OBSERVED_S_MAX, RADIUS_M_MAX};
use super::rows::{Rows, Table};
use super::text::{self, NAME_CHARS_MAX, SIDE_CHARS_MAX};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::rejection::{Code, Rejection};

use mapping::folded;
pub use mapping::{
    FORMAT, MAPPING_BYTES_MAX, Mapping, MappingFault, PLACE_M, REGISTERS_MAX, TIME_S, TIME_S_MAX,
    WORDS_MAX,
};

codes! {
    KIND_NOT_MAPPED = "kind-not-mapped",
        "the mapping has no kind for this word",
        "add the word under [register.NAME.kinds], with one of our kinds beside it";
    BAD_DATE = "register-date",
        "the date is none in the format of the mapping",
        "mend the row, or `date_format` in the mapping";
    BAD_TIME = "register-time",
        "the time is none in the format of the mapping",
        "mend the row, or `time_format` in the mapping; leave the field empty when only the day is known";
    SKIPPED_TIME = "register-time-skipped",
        "no clock of the register's zone ever showed this time",
        "correct the time, or the zone in the mapping";
    ENDS_BEFORE_START = "register-ends-before-start",
        "the event ends before it starts",
        "send its start no later than its end";
    LASTS_TOO_LONG = "register-lasts-too-long",
        "the event lasts longer than a year",
        "split it by day or by month";
    BAD_COORDINATE = "register-coordinate",
        "the coordinate is not a number of degrees",
        "write decimal degrees; set decimal_comma in the mapping if commas mark decimals";
    OFF_THE_GLOBE = "register-off-the-globe",
        "the coordinates are not a place on Earth",
        "look whether longitude and latitude are swapped, in the row or in the mapping";
    HALF_A_POSITION = "register-half-a-position",
        "only one of longitude and latitude is there",
        "send both, or neither";
    BAD_RADIUS = "register-radius",
        "the radius is not a whole number of metres in range",
        "write metres from 0 to 1000000";
    BAD_PCODE = "register-pcode",
        "the P-code has another form",
        "write two capital letters and digits or letters, such as SY1203";
    BAD_COUNT = "register-count",
        "the number is out of range",
        "write a whole number, or two with a hyphen between, the lesser first";
}

/// The rows of one register, as reports.
pub struct Register<R> {
    table: Table<R, Places>,
    mapping: Mapping,
    zone: ZoneRules,
    options: Options,
    once: Once,
}

impl<R: BufRead> Register<R> {
    /// From the start of `reader`. Its times are those of the mapping's zone, or of `zone` where
    /// the mapping names none.
    pub fn new(reader: R, options: Options, mapping: Mapping, zone: ZoneRules) -> Self {
        let rows = Rows::new(reader, options.input).separated_by(mapping.separator);
        Self {
            table: Table::new(rows),
            zone: mapping.zone.clone().unwrap_or(zone),
            mapping,
            options,
            once: Once::default(),
        }
    }
}

impl<R: BufRead> Feed<Report> for Register<R> {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        let Self { table, mapping, zone, options, once } = self;
        table.fill(
            options,
            batch,
            |rows| Ok(rows.names()?.and_then(|()| Places::of(rows, mapping))),
            |rows, places, locator| {
                let report = Entry { rows, places, mapping, zone, locator }.report()?;
                let is_new = once.is_new(&report.id, report.whole_digest(), locator);
                is_new.map_err(|why| why.at("id")).map(|new| new.then_some(report))
            },
        )
    }
}

/// Where the columns of the mapping stand in a file.
#[derive(Clone, Debug)]
struct Places {
    id: Option<usize>,
    date: Option<usize>,
    time: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
    longitude: Option<usize>,
    latitude: Option<usize>,
    radius_m: Option<usize>,
    pcode: Option<usize>,
    place: Option<usize>,
    kind: usize,
    sides: Vec<usize>,
    count: Option<usize>,
    deaths: Option<usize>,
    weapon: Option<usize>,
}

impl Places {
    fn of<R: BufRead>(rows: &Rows<R>, mapping: &Mapping) -> Result<Self, Rejection> {
        let columns = &mapping.columns;
        let at = |name: &Option<String>| name.as_deref().map(|name| rows.column(name)).transpose();
        Ok(Self {
            id: at(&columns.id)?,
            date: at(&columns.date)?,
            time: at(&columns.time)?,
            from: at(&columns.from)?,
            to: at(&columns.to)?,
            longitude: at(&columns.longitude)?,
            latitude: at(&columns.latitude)?,
            radius_m: at(&columns.radius_m)?,
            pcode: at(&columns.pcode)?,
            place: at(&columns.place)?,
            kind: rows.column(&columns.kind)?,
            sides: columns.sides.iter().map(|name| rows.column(name)).collect::<Result<_, _>>()?,
            count: at(&columns.count)?,
            deaths: at(&columns.deaths)?,
            weapon: at(&columns.weapon)?,
        })
    }
}

/// One row, being read.
struct Entry<'a, R> {
    rows: &'a Rows<R>,
    places: &'a Places,
    mapping: &'a Mapping,
    zone: &'a ZoneRules,
    locator: Locator,
}

impl<R: BufRead> Entry<'_, R> {
    fn report(&self) -> Result<Report, Rejection> {
        let (observed, told_a_time) = self.observed()?;
        let told = Told {
            id: match self.text("id", self.places.id, NAME_CHARS_MAX)? {
                Some(id) => id,
                None => format!("line {}", self.locator.record),
            },
            act: self.kind()?,
            method: Method::Told,
            observed,
            source: Source {
                id: self.mapping.name.clone(),
                post: None,
                kind: "register".to_owned(),
                position: None,
            },
        };
        let (place, place_forms) = self.place()?;
        let time_sd = Duration::from_seconds(i64::from(self.mapping.time_s));
        Ok(Report {
            clock_sd: told_a_time.then_some(time_sd),
            place,
            place_forms,
            sides: self.sides()?,
            count: self.count()?,
            deaths: self.deaths()?,
            weapon: self.text("weapon", self.places.weapon, NAME_CHARS_MAX)?,
            ..Report::of(told, self.locator)
        })
    }

    fn reject(&self, code: &'static Code, column: &'static str) -> Rejection {
        Rejection::new(code, self.locator).at(column)
    }

    /// What stands in a column; nothing where it is empty or not mapped.
    fn field(&self, column: Option<usize>) -> Option<&str> {
        let found = self.rows.field(Some(column?)).trim();
        (!found.is_empty()).then_some(found)
    }

    fn text(
        &self,
        name: &'static str,
        column: Option<usize>,
        chars_max: usize,
    ) -> Result<Option<String>, Rejection> {
        let Some(found) = self.field(column) else { return Ok(None) };
        text::checked(found, chars_max)
            .map(|text| Some(text.to_owned()))
            .map_err(|(code, detail)| self.reject(code, name).detail(detail))
    }

    fn kind(&self) -> Result<Act, Rejection> {
        let found = self.text("kind", Some(self.places.kind), NAME_CHARS_MAX)?;
        let found =
            found.ok_or_else(|| self.reject(&KIND_NOT_MAPPED, "kind").detail("it is empty"))?;
        let mapped = self.mapping.kinds.get(&folded(&found)).copied();
        let act = mapped.or_else(|| Act::parse(&folded(&found)));
        // A word helps to mend the mapping. What holds digits may be a coordinate from a column
        // that was taken for that of the kinds.
        let holds_digits = found.chars().any(char::is_numeric);
        act.ok_or_else(|| {
            let why = self.reject(&KIND_NOT_MAPPED, "kind");
            if holds_digits {
                why.detail("it holds digits, and is not repeated here")
            } else {
                why.detail(format!("\"{found}\""))
            }
        })
    }

    /// When, and whether a time of day was told.
    fn observed(&self) -> Result<(Interval, bool), Rejection> {
        let (start, end, told_a_time) = if self.places.date.is_some() {
            self.by_day()?
        } else {
            let from = self.moment("from", self.places.from)?;
            let from = from.ok_or_else(|| self.reject(&BAD_DATE, "from").detail("it is empty"))?;
            let to = self.moment("to", self.places.to)?.unwrap_or(from);
            (from.0, to.1, from.2 && to.2)
        };
        if end < start {
            return Err(self.reject(&ENDS_BEFORE_START, "to"));
        }
        if end.since(start) > Duration::from_seconds(OBSERVED_S_MAX) {
            return Err(self.reject(&LASTS_TOO_LONG, "to"));
        }
        let end = end.max(start.plus(Duration::from_micros(1)));
        let observed = Interval::new(start, end);
        observed.map(|observed| (observed, told_a_time)).map_err(|_| self.reject(&BAD_DATE, "date"))
    }

    fn by_day(&self) -> Result<(Instant, Instant, bool), Rejection> {
        let bad = || self.reject(&BAD_DATE, "date");
        let day = self.field(self.places.date).and_then(|text| self.mapping.date(text));
        let day = day.ok_or_else(bad)?;
        let Some(text) = self.field(self.places.time) else { return self.whole_day(day, "date") };
        let time = self.mapping.time(text).ok_or_else(|| self.reject(&BAD_TIME, "time"))?;
        let (start, end) = self.local(day.to_datetime(time), "time")?;
        Ok((start, end, true))
    }

    /// From the first instant of a local day to that of the next; no time of day was told. Where clocks skip
    /// midnight, a day begins when they do.
    fn whole_day(
        &self,
        day: Date,
        column: &'static str,
    ) -> Result<(Instant, Instant, bool), Rejection> {
        let bad = || self.reject(&BAD_DATE, column);
        let midnight = |day: Date| {
            let local = resolve_local(self.zone, day.at(0, 0, 0, 0));
            local.map(LocalTime::as_start).map_err(|_| bad())
        };
        Ok((midnight(day)?, midnight(day.tomorrow().map_err(|_| bad())?)?, false))
    }

    /// The instant or, where clocks showed the time twice, both.
    fn local(
        &self,
        local: DateTime,
        column: &'static str,
    ) -> Result<(Instant, Instant), Rejection> {
        match resolve_local(self.zone, local) {
            Ok(LocalTime::Unambiguous(at)) => Ok((at, at)),
            Ok(LocalTime::Fold { first, last }) => Ok((first, last)),
            Ok(LocalTime::Gap { .. }) => Err(self.reject(&SKIPPED_TIME, column)),
            Err(_) => Err(self.reject(&BAD_DATE, column)),
        }
    }

    /// RFC 3339, or the same without an offset in the register's zone, or a day of it: the first instant that
    /// it may be and the last, and whether a time of day was told.
    fn moment(
        &self,
        name: &'static str,
        column: Option<usize>,
    ) -> Result<Option<(Instant, Instant, bool)>, Rejection> {
        let Some(text) = self.field(column) else { return Ok(None) };
        if let Ok(at) = Instant::parse(text) {
            return Ok(Some((at, at, true)));
        }
        let local: DateTime = text.parse().map_err(|_| self.reject(&BAD_DATE, name))?;
        // A time is set off from its day by one of these.
        if !text.contains(['T', 't', ' ']) {
            return self.whole_day(local.date(), name).map(Some);
        }
        let (first, last) = self.local(local, name)?;
        Ok(Some((first, last, true)))
    }

    /// The finest that the row gives, and all the ways it gives it when there are several.
    fn place(&self) -> Result<(Option<Place>, Vec<PlaceForm>), Rejection> {
        let point = self.point()?;
        let pcode = self.text("pcode", self.places.pcode, NAME_CHARS_MAX)?;
        if pcode.as_deref().is_some_and(|code| !is_pcode(code)) {
            return Err(self.reject(&BAD_PCODE, "pcode"));
        }
        let name = self.text("place", self.places.place, NAME_CHARS_MAX)?;
        let radius_m = self.radius_m()?;
        let unit = pcode.clone().or_else(|| name.clone()).map(|name| Place {
            nominal: None,
            extent: Extent::AdminUnit(AdminUnit {
                level: None,
                name,
                within: Vec::new(),
                radius_m: 0,
            }),
        });
        let spot = point
            .map(|nominal| Place { nominal: Some(nominal), extent: Extent::Radius { radius_m } });
        let forms: Vec<PlaceForm> = [
            pcode.map(PlaceForm::Pcode),
            name.map(PlaceForm::Name),
            point.map(|_| PlaceForm::Coordinates),
        ]
        .into_iter()
        .flatten()
        .collect();
        let forms = if forms.len() > 1 { forms } else { Vec::new() };
        Ok((spot.or(unit), forms))
    }

    fn point(&self) -> Result<Option<Position>, Rejection> {
        let lon = self.degrees("longitude", self.places.longitude)?;
        let lat = self.degrees("latitude", self.places.latitude)?;
        match (lon, lat) {
            (None, None) => Ok(None),
            (Some(lon), Some(lat)) => Position::from_degrees(lon, lat)
                .map(Some)
                .map_err(|_| self.reject(&OFF_THE_GLOBE, "latitude")),
            (Some(_), None) => Err(self.reject(&HALF_A_POSITION, "latitude")),
            (None, Some(_)) => Err(self.reject(&HALF_A_POSITION, "longitude")),
        }
    }

    fn degrees(&self, name: &'static str, column: Option<usize>) -> Result<Option<f64>, Rejection> {
        let Some(text) = self.field(column) else { return Ok(None) };
        let text =
            if self.mapping.decimal_comma { text.replace(',', ".") } else { text.to_owned() };
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
        let number = plain.then(|| text.parse::<f64>().ok()).flatten().filter(|n| n.is_finite());
        number.map(Some).ok_or_else(|| self.reject(&BAD_COORDINATE, name))
    }

    fn radius_m(&self) -> Result<u32, Rejection> {
        let Some(text) = self.field(self.places.radius_m) else { return Ok(self.mapping.place_m) };
        let number = text.parse().ok().filter(|&m| m <= RADIUS_M_MAX);
        number.ok_or_else(|| self.reject(&BAD_RADIUS, "radius_m"))
    }

    fn sides(&self) -> Result<Vec<String>, Rejection> {
        let mut sides = Vec::new();
        for &column in &self.places.sides {
            if let Some(word) = self.text("sides", Some(column), SIDE_CHARS_MAX)? {
                let mapped = self.mapping.sides.get(&folded(&word)).cloned();
                sides.push(mapped.unwrap_or(word));
            }
        }
        Ok(sides)
    }

    /// `5`, or `5-7`.
    fn count(&self) -> Result<Option<Count>, Rejection> {
        let Some(text) = self.field(self.places.count) else { return Ok(None) };
        let number = |text: &str| text.trim().parse().ok().filter(|&n: &u32| n <= COUNT_MAX);
        let count = match text.split_once(['-', '\u{2013}']) {
            Some((min, max)) => number(min).zip(number(max)),
            None => number(text).map(|n| (n, n)),
        };
        let count = count.filter(|(min, max)| min <= max);
        let count = count.map(|(min, max)| Some(Count { min, max }));
        count.ok_or_else(|| self.reject(&BAD_COUNT, "count"))
    }

    fn deaths(&self) -> Result<Option<u32>, Rejection> {
        let Some(text) = self.field(self.places.deaths) else { return Ok(None) };
        let number = text.parse().ok().filter(|&n| n <= DEATHS_MAX);
        number.map(Some).ok_or_else(|| self.reject(&BAD_COUNT, "deaths"))
    }
}

#[cfg(test)]
mod tests;
