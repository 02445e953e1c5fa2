//! UCDP's Georeferenced Event Dataset as CSV: lethal events with stated precision of place and
//! date (Sundberg and Melander 2013; codebook of version 17 and later).
//!
//! Columns go by name, in any order. A precision code becomes the region and the interval in
//! which the event may have happened; the numbers behind each are constants here.
//!
//! | `where_prec` | the codebook's meaning | place |
//! |---|---|---|
//! | 1 | the place itself is known | within [`EXACT_M`] of the point |
//! | 2 | within about 25 km of a known point | within [`NEAR_M`] of the point |
//! | 3 | the second-order unit is known | in the unit of `adm_2` |
//! | 4 | the first-order unit is known | in the unit of `adm_1` |
//! | 5 | along a line, or in an area without clear bounds | within [`FUZZY_M`] of the point |
//! | 6 | the country is known | unbounded |
//! | 7 | international waters or airspace | unbounded |
//!
//! For 1, 2 and 5 the unit columns name where the *point* lies, not where the event did, so they
//! settle nothing and are not used. Dates are local days of the zone that the caller gives: an
//! event of 9 July was observed from midnight to midnight, and a clause that came into force at
//! noon is straddled. `date_prec` 2 to 5 come with the first and last day, which say more.

use std::io::BufRead;

use agreement::report::{AdminUnit, Count, Extent, Place, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Report, report::Method};
use jiff::civil::Date;
use spacetime::local_time::{ZoneRules, resolve_local};
use spacetime::{Instant, Interval, Position, PositionFault};

use super::once::Once;
use super::rows::{Column, Rows, Table};
use super::text;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::rejection::{Code, Rejection};

/// `where_prec` 1. The place is a town or village, and its point stands for all of it: of 109
/// such places in Syria 99 in 100 lie within 2.3 km of GeoNames' point for them.
pub const EXACT_M: u32 = 3_000;
/// `where_prec` 2, as the codebook has it.
pub const NEAR_M: u32 = 25_000;
/// `where_prec` 5: longer or wider than the 25 km of code 2; the codebook sets no limit. 100 km
/// holds what Syria's rows name ("Eastern Qalamoun", "Western Daraa Governorate").
pub const FUZZY_M: u32 = 100_000;
/// Farthest that a second-order unit reaches from its point, when no area is known for it (in
/// Syria 148 km, Tadmur).
pub const SECOND_ORDER_M: u32 = 150_000;
/// Farthest that a first-order unit reaches from its point (in Syria 201 km, Homs).
pub const FIRST_ORDER_M: u32 = 250_000;

/// Most characters of any field that is read.
pub const FIELD_CHARS_MAX: usize = text::SIDE_CHARS_MAX;
/// Most people killed in one event. The deadliest of the data set (Rwanda, 1994) have tens of
/// thousands.
pub const DEATHS_MAX: u32 = 1_000_000;
/// Most sources of one event.
pub const SOURCES_MAX: u32 = 10_000;
/// Most days one event may last; the codebook gives a year to the least precise.
pub const DAYS_MAX: i32 = 366;

codes! {
    OFF_THE_GLOBE = "position-off-the-globe",
        "the coordinates are not a place on Earth",
        "send latitude from -90 to 90 and longitude from -180 to 180 degrees, WGS 84";
    NOT_A_NUMBER = "not-a-number",
        "the field is not a number",
        "send digits, with a point for decimals";
    UNKNOWN_WHERE_PREC = "where-prec-unknown",
        "the precision of the place is not one of 1 to 7",
        "send UCDP's where_prec; an event without it cannot be held against an area";
    UNKNOWN_DATE_PREC = "date-prec-unknown",
        "the precision of the date is not one of 1 to 5",
        "send UCDP's date_prec";
    UNKNOWN_VIOLENCE = "type-of-violence-unknown",
        "the type of violence is not one of 1 to 3",
        "send 1 (state-based), 2 (non-state) or 3 (one-sided)";
    UNIT_MISSING = "unit-missing",
        "the precision names an administrative unit, and its column is empty",
        "send adm_2 with where_prec 3 and adm_1 with where_prec 4";
    BAD_DATE = "bad-date",
        "the date does not exist",
        "write dates as 2017-07-09";
    ENDS_BEFORE_START = "ends-before-start",
        "the event ends before it starts",
        "send date_start no later than date_end";
    LASTS_TOO_LONG = "lasts-too-long",
        "the event lasts longer than a year",
        "split it by year, as the data set does";
    DEATHS_OUT_OF_RANGE = "deaths-out-of-range",
        "the number of people killed is out of range",
        "send a whole number from 0 to 1000000";
    SOURCES_OUT_OF_RANGE = "sources-out-of-range",
        "the number of sources is out of range",
        "send a whole number from 1 to 10000, or -1 where it is not known";
}

/// The columns that are read.
#[derive(Clone, Copy, Debug)]
enum Col {
    Id,
    TypeOfViolence,
    SideA,
    SideB,
    WherePrec,
    Latitude,
    Longitude,
    DatePrec,
    DateStart,
    DateEnd,
    NumberOfSources,
    Adm1,
    Adm2,
    Best,
    Low,
    High,
}

/// By what names each goes, in the order of [`Col`].
const COLUMNS: [Column; 16] = [
    required(&["id"]),
    required(&["type_of_violence"]),
    required(&["side_a"]),
    required(&["side_b"]),
    required(&["where_prec"]),
    required(&["latitude"]),
    required(&["longitude"]),
    required(&["date_prec"]),
    required(&["date_start"]),
    required(&["date_end"]),
    optional(&["number_of_sources"]),
    optional(&["adm_1"]),
    optional(&["adm_2"]),
    optional(&["best", "best_est"]),
    optional(&["low", "low_est"]),
    optional(&["high", "high_est"]),
];

const fn required(names: &'static [&'static str]) -> Column {
    Column { names, required: true }
}

const fn optional(names: &'static [&'static str]) -> Column {
    Column { names, required: false }
}

impl Col {
    const fn name(self) -> &'static str {
        COLUMNS[self as usize].names[0]
    }
}

/// Where the columns of [`COLUMNS`] stand in a file.
type Places = [Option<usize>; COLUMNS.len()];

/// The events of one file, as reports.
pub struct UcdpGed<R> {
    table: Table<R, Places>,
    zone: ZoneRules,
    options: Options,
    once: Once,
}

impl<R: BufRead> UcdpGed<R> {
    /// From the start of `reader`; its days are those of `zone`.
    pub fn new(reader: R, options: Options, zone: ZoneRules) -> Self {
        let table = Table::new(Rows::new(reader, options.input));
        Self { table, zone, options, once: Once::default() }
    }
}

impl<R: BufRead> Feed<Report> for UcdpGed<R> {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        let Self { table, zone, options, once } = self;
        table.fill(
            options,
            batch,
            |rows| rows.header(COLUMNS),
            |rows, places, locator| {
                let report = Event { rows, places, locator }.report(zone)?;
                let is_new = once.is_new(&report.id, report.whole_digest(), locator);
                is_new.map_err(|why| why.at(Col::Id.name())).map(|new| new.then_some(report))
            },
        )
    }
}

/// One row, being read.
struct Event<'a, R> {
    rows: &'a Rows<R>,
    places: &'a Places,
    locator: Locator,
}

impl<R: BufRead> Event<'_, R> {
    fn report(&self, zone: &ZoneRules) -> Result<Report, Rejection> {
        let id = self.text(Col::Id, text::NAME_CHARS_MAX)?;
        self.code(Col::TypeOfViolence, 3, &UNKNOWN_VIOLENCE)?;
        let sides = vec![
            self.text(Col::SideA, text::SIDE_CHARS_MAX)?,
            self.text(Col::SideB, text::SIDE_CHARS_MAX)?,
        ];
        let best = self.deaths(Col::Best)?;
        let told = Told {
            id,
            act: Act::LethalViolence,
            method: Method::Told,
            observed: self.observed(zone)?,
            source: Source {
                id: "UCDP GED".to_owned(),
                post: None,
                kind: "register".to_owned(),
                position: None,
            },
        };
        Ok(Report {
            source_count: self.sources()?,
            place: Some(self.place()?),
            count: self.killed(best)?,
            sides,
            deaths: best,
            ..Report::of(told, self.locator)
        })
    }

    fn reject(&self, code: &'static Code, column: Col) -> Rejection {
        Rejection::new(code, self.locator).at(column.name())
    }

    fn field(&self, column: Col) -> &str {
        self.rows.field(self.places[column as usize]).trim()
    }

    fn text(&self, column: Col, chars_max: usize) -> Result<String, Rejection> {
        text::checked(self.field(column), chars_max)
            .map(str::to_owned)
            .map_err(|(code, detail)| self.reject(code, column).detail(detail))
    }

    /// A code from 1 to `greatest`.
    fn code(&self, column: Col, greatest: u8, fault: &'static Code) -> Result<u8, Rejection> {
        let code = self.field(column).parse().ok();
        code.filter(|code| (1..=greatest).contains(code)).ok_or_else(|| self.reject(fault, column))
    }

    fn observed(&self, zone: &ZoneRules) -> Result<Interval, Rejection> {
        self.code(Col::DatePrec, 5, &UNKNOWN_DATE_PREC)?;
        let first = self.date(Col::DateStart)?;
        let last = self.date(Col::DateEnd)?;
        if last < first {
            return Err(self.reject(&ENDS_BEFORE_START, Col::DateEnd));
        }
        let days = first.until(last).map_or(i32::MAX, |span| span.get_days() + 1);
        if days > DAYS_MAX {
            let detail = format!("{days} days, at most {DAYS_MAX}");
            return Err(self.reject(&LASTS_TOO_LONG, Col::DateEnd).detail(detail));
        }
        let bad = || self.reject(&BAD_DATE, Col::DateEnd);
        let next = last.tomorrow().map_err(|_| bad())?;
        let (start, end) = (midnight(zone, first), midnight(zone, next));
        start.zip(end).and_then(|(start, end)| Interval::new(start, end).ok()).ok_or_else(bad)
    }

    /// A day; later releases write midnight behind it.
    fn date(&self, column: Col) -> Result<Date, Rejection> {
        let found = self.field(column);
        let day = found.split_once([' ', 'T']).map_or(found, |(day, _)| day);
        // jiff would also take 20170709 and signed years, which no release writes.
        let plain = day.len() == 10;
        let date = plain.then(|| day.parse::<Date>().ok()).flatten();
        date.ok_or_else(|| self.reject(&BAD_DATE, column))
    }

    fn place(&self) -> Result<Place, Rejection> {
        let precision = self.code(Col::WherePrec, 7, &UNKNOWN_WHERE_PREC)?;
        let lon = self.degrees(Col::Longitude)?;
        let lat = self.degrees(Col::Latitude)?;
        let nominal = Position::from_degrees(lon, lat).map_err(|fault| match fault {
            PositionFault::LongitudeOutside => self.reject(&OFF_THE_GLOBE, Col::Longitude),
            PositionFault::LatitudeOutside => self.reject(&OFF_THE_GLOBE, Col::Latitude),
            PositionFault::NotFinite => self.reject(&NOT_A_NUMBER, Col::Latitude),
        })?;
        let extent = match precision {
            1 => Extent::Radius { radius_m: EXACT_M },
            2 => Extent::Radius { radius_m: NEAR_M },
            3 => {
                let within = self.unit(Col::Adm1).ok();
                Extent::AdminUnit(AdminUnit {
                    level: Some(2),
                    name: self.unit(Col::Adm2)?,
                    within: within.into_iter().collect(),
                    radius_m: SECOND_ORDER_M,
                })
            }
            4 => Extent::AdminUnit(AdminUnit {
                level: Some(1),
                name: self.unit(Col::Adm1)?,
                within: Vec::new(),
                radius_m: FIRST_ORDER_M,
            }),
            5 => Extent::Radius { radius_m: FUZZY_M },
            _ => Extent::Unbounded,
        };
        Ok(Place { nominal: Some(nominal), extent })
    }

    fn unit(&self, column: Col) -> Result<String, Rejection> {
        if self.field(column).is_empty() {
            return Err(self.reject(&UNIT_MISSING, column));
        }
        self.text(column, text::NAME_CHARS_MAX)
    }

    fn degrees(&self, column: Col) -> Result<f64, Rejection> {
        let number = self.field(column).parse().ok();
        number.filter(|n: &f64| n.is_finite()).ok_or_else(|| self.reject(&NOT_A_NUMBER, column))
    }

    fn deaths(&self, column: Col) -> Result<Option<u32>, Rejection> {
        let found = self.field(column);
        if found.is_empty() {
            return Ok(None);
        }
        let number = found.parse().ok().filter(|&n| n <= DEATHS_MAX);
        number.map(Some).ok_or_else(|| self.reject(&DEATHS_OUT_OF_RANGE, column))
    }

    /// People killed, as an interval. In some rows the best estimate lies outside low and high
    /// (51 of Syria's 5,587 in 2017), so the interval is what holds all three.
    fn killed(&self, best: Option<u32>) -> Result<Option<Count>, Rejection> {
        let low = self.deaths(Col::Low)?;
        let high = self.deaths(Col::High)?;
        let all = [low, best, high].into_iter().flatten();
        let (min, max) = (all.clone().min(), all.max());
        Ok(min.zip(max).map(|(min, max)| Count { min, max }))
    }

    /// Sources; early releases write -1 where they were not counted.
    fn sources(&self) -> Result<u32, Rejection> {
        let found = self.field(Col::NumberOfSources);
        if found.is_empty() || found == "-1" {
            return Ok(1);
        }
        let number = found.parse().ok().filter(|n| (1..=SOURCES_MAX).contains(n));
        number.ok_or_else(|| self.reject(&SOURCES_OUT_OF_RANGE, Col::NumberOfSources))
    }
}

/// The first instant of a local day; where clocks skip midnight, the instant they do.
fn midnight(zone: &ZoneRules, day: Date) -> Option<Instant> {
    resolve_local(zone, day.at(0, 0, 0, 0)).ok().map(spacetime::LocalTime::as_start)
}
