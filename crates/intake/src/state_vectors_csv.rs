//! State vectors as CSV with a header line. Columns and units are those of
//! [`state_vectors`](crate::state_vectors).
//!
//! Times are seconds since 1970 or dates and times; those without an offset need
//! [`Options::zone`]. An empty field is one that is not known.

use std::io::BufRead;

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use csv_core::Reader;
use spacetime::Instant;

use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::lines::{LINE_TOO_LONG, Lines};
use crate::rejection::{Code, Rejection};
use crate::state_vectors::{BAD_ADDRESS, BAD_NUMBER, BAD_TIME, Columns, Field, Row, category};
use crate::zone::NAIVE_TIME;

codes! {
    /// A line with fewer or more fields than the header.
    FIELD_COUNT = "field-count", "the line has not as many fields as the header",
        "quote fields that hold commas; the last line of a file still being written may be cut";
}

/// Most columns looked at.
pub const COLUMNS_MAX: usize = 256;

/// Reads CSV, one row a line. A quoted field must not hold a line end: none of ours does.
pub struct StateVectorsCsv<R> {
    lines: Lines<R>,
    options: Options,
    table: Option<Table>,
    /// The header tells of no track: nothing more is read.
    is_refused: bool,
}

struct Table {
    columns: Columns,
    width: usize,
}

/// One line, taken apart.
#[derive(Default)]
struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: BufRead> StateVectorsCsv<R> {
    /// From the start of `reader`, decompressed.
    pub const fn new(reader: R, options: Options) -> Self {
        Self { lines: Lines::new(reader), options, table: None, is_refused: false }
    }
}

impl<R: BufRead> Feed<TrackPoint> for StateVectorsCsv<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let input = self.options.input;
        let mut fields = Fields::default();
        while !batch.is_full() && !self.is_refused {
            let line = self.lines.next_line().map_err(|source| Fault::Read { input, source })?;
            let Some(line) = line else { break };
            if line.bytes.trim_ascii().is_empty() {
                continue;
            }
            let locator = Locator { input, record: line.record };
            let mut reject = |rejection: Rejection| {
                batch.rejections.push(rejection.keep_raw(line.bytes, self.options.keep_raw));
            };
            if line.too_long {
                reject(Rejection::new(&LINE_TOO_LONG, locator));
                continue;
            }
            fields.split(line.bytes);
            let Some(table) = &self.table else {
                match fields.header(&self.options) {
                    Ok(table) => self.table = Some(table),
                    Err(rejection) => {
                        reject(rejection);
                        self.is_refused = true;
                        return Ok(true);
                    }
                }
                continue;
            };
            match fields.point(table, &self.options, locator) {
                Ok(Some(point)) => batch.items.push(point),
                Ok(None) => batch.passed_over += 1,
                Err(rejection) => reject(rejection),
            }
        }
        Ok(!batch.is_empty())
    }
}

impl Fields {
    /// A quote that is not closed runs to the end of the line.
    fn split(&mut self, line: &[u8]) {
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(COLUMNS_MAX, 0);
        let mut reader = Reader::new();
        let (_, _, written, count) = reader.read_record(line, &mut self.text, &mut self.ends);
        let (text, ends) = (&mut self.text[written..], &mut self.ends[count..]);
        // No more input tells the reader that the last field is at its end.
        let (_, _, _, last) = reader.read_record(&[], text, ends);
        self.ends.truncate(count + last);
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> Option<&str> {
        let start = if index == 0 { 0 } else { *self.ends.get(index - 1)? };
        std::str::from_utf8(self.text.get(start..*self.ends.get(index)?)?).ok().map(str::trim)
    }

    fn header(&self, options: &Options) -> Result<Table, Rejection> {
        let names: Vec<&str> = (0..self.len()).map(|n| self.get(n).unwrap_or_default()).collect();
        let whole = Locator { input: options.input, record: 0 };
        let columns = Columns::find(&names, options.units, whole)?;
        Ok(Table { columns, width: self.len() })
    }

    fn point(
        &self,
        table: &Table,
        options: &Options,
        locator: Locator,
    ) -> Result<Option<TrackPoint>, Rejection> {
        let columns = &table.columns;
        if self.len() != table.width {
            return Err(Rejection::new(&FIELD_COUNT, locator).detail(format!(
                "{} instead of {}",
                self.len(),
                table.width
            )));
        }
        let at = |field: Field| Rejection::new(&BAD_NUMBER, locator).at(columns.name(field));
        let text = |field: Field| {
            columns.index(field).and_then(|index| self.get(index)).filter(|text| !text.is_empty())
        };
        let number = |field: Field| match text(field) {
            None => Ok(None),
            Some(text) => text.parse::<f64>().map(Some).map_err(|_| at(field)),
        };
        let optional = |field| number(field).map(|n| n.filter(|value| !value.is_nan()));
        let said = Row {
            latitude: number(Field::Latitude)?,
            longitude: number(Field::Longitude)?,
            baro: optional(Field::Baro)?,
            ellipsoid: optional(Field::Ellipsoid)?,
            speed: optional(Field::Speed)?,
            track: optional(Field::Track)?,
            climb: optional(Field::Climb)?,
            callsign: text(Field::Callsign).and_then(Callsign::parse),
            on_ground: text(Field::OnGround).is_some_and(is_true),
            quality: PositionQuality {
                nic: optional(Field::Nic)?.and_then(category),
                nac_p: optional(Field::NacP)?.and_then(category),
                nuc_p: optional(Field::NucP)?.and_then(category),
            },
        };
        let place = |code, field| Rejection::new(code, locator).at(columns.name(field));
        let address = text(Field::Address).and_then(Address::parse);
        let address = address.ok_or_else(|| place(&BAD_ADDRESS, Field::Address))?;
        let observed_at = text(Field::Time).ok_or(&BAD_TIME).and_then(|t| instant(t, options));
        let observed_at = observed_at.map_err(|code| place(code, Field::Time))?;
        said.point(observed_at, address, columns.units, locator)
            .map_err(|code| place(code, Field::Latitude))
    }
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1" || text == "1.0" || text == "t"
}

/// Seconds since 1970, or a date and time.
fn instant(text: &str, options: &Options) -> Result<Instant, &'static Code> {
    /// The year 5138; larger numbers are not seconds.
    const SECONDS_MAX: f64 = 1e11;
    if let Ok(seconds) = text.parse::<f64>() {
        let seconds = Some(seconds).filter(|s| s.abs() < SECONDS_MAX);
        return seconds.and_then(Instant::from_unix_seconds).ok_or(&BAD_TIME);
    }
    if let Ok(at) = Instant::parse(text) {
        return Ok(at);
    }
    let local = text.parse::<jiff::civil::DateTime>().map_err(|_| &BAD_TIME)?;
    options.zone.as_ref().ok_or(&NAIVE_TIME)?.instant(local)
}
