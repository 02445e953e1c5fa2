//! State vectors in Parquet, read column by column without an allocation a row. Columns and
//! units are those of [`state_vectors`](crate::state_vectors).
//!
//! Times may be timestamps of any resolution, or seconds as integers or floats. A timestamp
//! that is not adjusted to UTC needs [`Options::zone`]. NaN in a coordinate is an error, in any
//! other column it counts as null, as pandas writes it.

mod column;
pub mod pages;
mod texts;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet_guard::{column_reader, footer, page_reader};
use spacetime::Instant;

use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::limits::BATCH_RECORDS_MAX;
use crate::rejection::{Code, Rejection};
use crate::state_vectors::{BAD_ADDRESS, COLUMN_TYPE, Columns, Field, Row, category};
use crate::zone::{LocalZone, NAIVE_TIME};
use column::{Flags, Numbers, Times};
use texts::Texts;

codes! {
    /// A footer that would take too much to read.
    FOOTER_TOO_LARGE = "footer-too-large", "the file's footer has more than 2097152 bytes",
        "write fewer and larger row groups, or split the file";
    /// Not Parquet, cut short, or of a kind that cannot be read.
    NOT_PARQUET = "not-parquet", "the file is not Parquet, is cut short, or is encoded in a way \
        that cannot be read",
        "write it again, uncompressed or compressed with Snappy or Zstandard";
    /// A row group that cannot be decoded. The others are read.
    DAMAGED_ROW_GROUP = "damaged-row-group", "the row group cannot be decoded",
        "write the file again; its other row groups were read";
}

/// Most bytes of a file's footer. That of 100 million rows in row groups of a million takes about
/// 200 KiB; what is made of it in memory takes several times as much.
pub const FOOTER_BYTES_MAX: u64 = 2 << 20;

/// A reader that the Parquet crate and the look at the pages share.
#[derive(Debug)]
struct Shared<R>(Arc<R>);

impl<R: Length> Length for Shared<R> {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl<R: ChunkReader> ChunkReader for Shared<R> {
    type T = R::T;

    fn get_read(&self, start: u64) -> Result<R::T, ParquetError> {
        self.0.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.get_bytes(start, length)
    }
}

/// Reads a Parquet file of state vectors.
pub struct StateVectorsParquet<R: ChunkReader> {
    file: SerializedFileReader<Shared<R>>,
    bytes: Arc<R>,
    /// Where the columns stand that are read.
    places: Vec<usize>,
    columns: Columns,
    options: Options,
    /// The next row group.
    group: usize,
    open: Option<RowGroup>,
    /// Rows before the open row group.
    rows_before: i64,
}

impl<R: ChunkReader + 'static> StateVectorsParquet<R> {
    /// Reads the footer.
    ///
    /// # Errors
    /// A rejection of the file as a whole: not Parquet, a column missing or of the wrong type, a
    /// unit or a time zone left open.
    pub fn new(reader: R, options: Options) -> Result<Self, Rejection> {
        let table = Locator { input: options.input, record: 0 };
        let unreadable = || Rejection::new(&NOT_PARQUET, table);
        let bytes = Arc::new(reader);
        if has_large_footer(&*bytes) {
            return Err(Rejection::new(&FOOTER_TOO_LARGE, table));
        }
        // The crate makes room on the footer's word, follows its schema down the stack, and counts
        // up to whatever it claims.
        footer::check(&*bytes).ok_or_else(unreadable)?;
        let shared = Shared(bytes.clone());
        let opened = catch_unwind(AssertUnwindSafe(|| SerializedFileReader::new(shared)));
        let file = opened.map_err(|_| unreadable())?.map_err(|_| unreadable())?;
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let names: Vec<String> =
            schema.columns().iter().map(|column| column.path().string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = Columns::find(&names, options.units, table)?;
        for field in Field::ALL {
            let Some(index) = columns.index(field) else { continue };
            let column = schema.column(index);
            if !column::holds(field, &column) {
                return Err(Rejection::new(&COLUMN_TYPE, table).at(columns.name(field)));
            }
            if field == Field::Time && column::is_naive(&column) && options.zone.is_none() {
                return Err(Rejection::new(&NAIVE_TIME, table).at(columns.name(field)));
            }
        }
        let places = Field::ALL.into_iter().filter_map(|field| columns.index(field)).collect();
        Ok(Self { file, bytes, places, columns, options, group: 0, open: None, rows_before: 0 })
    }

    /// Whether the columns at `places` of a row group can be decoded within the limits.
    fn check(&self, group: usize, places: &[usize]) -> Result<(), &'static Code> {
        pages::check(&*self.bytes, self.file.metadata().row_group(group), places)
    }

    /// Rows in the file.
    #[must_use]
    pub fn rows(&self) -> u64 {
        u64::try_from(self.file.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    /// Hands every row's instant to `see`, reading no other column, up to the first row group
    /// that cannot be decoded. Rows without an instant are left out.
    pub(crate) fn read_times(&self, see: &mut impl FnMut(Instant)) {
        // What cannot be decoded is rejected when the rows are read.
        let _ = catch_unwind(AssertUnwindSafe(|| self.read_times_of_groups(see)));
    }

    fn read_times_of_groups(&self, see: &mut impl FnMut(Instant)) -> Result<(), ParquetError> {
        let Some(index) = self.columns.index(Field::Time) else { return Ok(()) };
        for number in 0..self.file.num_row_groups() {
            if self.check(number, &[index]).is_err() {
                continue;
            }
            let group = self.file.get_row_group(number)?;
            let column = group.metadata().schema_descr_ptr().column(index);
            let mut at = Times::new(column_reader(&*group, index)?, &column)?;
            loop {
                let rows = at.read(BATCH_RECORDS_MAX)?;
                if rows == 0 {
                    break;
                }
                (0..rows)
                    .filter_map(|row| at.instant(row, self.options.zone.as_ref()).ok())
                    .for_each(&mut *see);
            }
        }
        Ok(())
    }

    /// Opens the next row group unless one is open; false after the last.
    fn open_next(&mut self) -> Result<bool, &'static Code> {
        if self.open.is_none() && self.group < self.file.num_row_groups() {
            self.check(self.group, &self.places)?;
            let opened = self.file.get_row_group(self.group);
            let opened = opened.and_then(|group| RowGroup::open(&*group, &self.columns));
            self.open = Some(opened.map_err(|_| &DAMAGED_ROW_GROUP)?);
        }
        Ok(self.open.is_some())
    }

    /// Reads some rows of the open row group, opening the next one if there is none.
    fn step(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, &'static Code> {
        if !self.open_next()? {
            return Ok(false);
        }
        let Some(group) = &mut self.open else { return Ok(false) };
        let room = BATCH_RECORDS_MAX - batch.items.len() - batch.rejections.len();
        let rows = group.read(room).map_err(|_| &DAMAGED_ROW_GROUP)?;
        if rows == 0 {
            self.close();
            return Ok(true);
        }
        let first = u64::try_from(self.rows_before + group.done).unwrap_or_default() + 1;
        group.done += rows as i64;
        for row in 0..rows {
            let locator = Locator { input: self.options.input, record: first + row as u64 };
            match group.point(row, &self.columns, self.options.zone.as_ref(), locator) {
                Ok(Some(point)) => batch.items.push(point),
                Ok(None) => batch.passed_over += 1,
                Err((code, field)) => batch
                    .rejections
                    .push(Rejection::new(code, locator).at(self.columns.name(field))),
            }
        }
        Ok(true)
    }

    fn close(&mut self) {
        if let Some(group) = self.file.metadata().row_groups().get(self.group) {
            self.rows_before = self.rows_before.saturating_add(group.num_rows().max(0));
        }
        self.open = None;
        self.group += 1;
    }
}

impl<R: ChunkReader + 'static> Feed<TrackPoint> for StateVectorsParquet<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        while !batch.is_full() {
            // The Parquet crate asserts what a damaged file may break.
            match catch_unwind(AssertUnwindSafe(|| self.step(batch))) {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => break,
                refused => {
                    let code = match refused {
                        Ok(Err(code)) => code,
                        _ => &DAMAGED_ROW_GROUP,
                    };
                    let record = u64::try_from(self.rows_before).unwrap_or_default() + 1;
                    let locator = Locator { input: self.options.input, record };
                    let detail = format!("row group {}", self.group);
                    batch.rejections.push(Rejection::new(code, locator).detail(detail));
                    self.close();
                }
            }
        }
        Ok(!batch.is_empty())
    }
}

/// Whether the footer says that it is longer than it may be.
pub(crate) fn has_large_footer(reader: &impl ChunkReader) -> bool {
    footer::length(reader).is_some_and(|length| length > FOOTER_BYTES_MAX)
}

/// The columns of one row group, and some rows of each in memory.
struct RowGroup {
    done: i64,
    at: Times,
    address: Texts<Address>,
    callsign: Option<Texts<Callsign>>,
    latitude: Numbers,
    longitude: Numbers,
    baro: Option<Numbers>,
    ellipsoid: Option<Numbers>,
    speed: Option<Numbers>,
    track: Option<Numbers>,
    climb: Option<Numbers>,
    on_ground: Option<Flags>,
    nic: Option<Numbers>,
    nac_p: Option<Numbers>,
    nuc_p: Option<Numbers>,
}

impl RowGroup {
    fn open(
        group: &dyn parquet::file::reader::RowGroupReader,
        columns: &Columns,
    ) -> Result<Self, ParquetError> {
        let schema = group.metadata().schema_descr_ptr();
        let open = |field| -> Result<_, ParquetError> {
            let Some(index) = columns.index(field) else { return Ok(None) };
            Ok(Some((column_reader(group, index)?, schema.column(index))))
        };
        let missing = || ParquetError::General("a column is missing".into());
        let needed = |field| open(field)?.ok_or_else(missing);
        let numbers = |field| -> Result<Option<Numbers>, ParquetError> {
            open(field)?.map(|(reader, _)| Numbers::new(reader)).transpose()
        };
        let (time, time_column) = needed(Field::Time)?;
        let pages = |field| -> Result<_, ParquetError> {
            let Some(index) = columns.index(field) else { return Ok(None) };
            let level = schema.column(index).max_def_level();
            Ok(Some((page_reader(group, index)?, level)))
        };
        let (addresses, level) = pages(Field::Address)?.ok_or_else(missing)?;
        Ok(Self {
            done: 0,
            at: Times::new(time, &time_column)?,
            address: Texts::new(addresses, level, Address::parse),
            callsign: pages(Field::Callsign)?
                .map(|(pages, level)| Texts::new(pages, level, Callsign::parse)),
            latitude: Numbers::new(needed(Field::Latitude)?.0)?,
            longitude: Numbers::new(needed(Field::Longitude)?.0)?,
            baro: numbers(Field::Baro)?,
            ellipsoid: numbers(Field::Ellipsoid)?,
            speed: numbers(Field::Speed)?,
            track: numbers(Field::Track)?,
            climb: numbers(Field::Climb)?,
            on_ground: open(Field::OnGround)?.map(|(reader, _)| Flags::new(reader)).transpose()?,
            nic: numbers(Field::Nic)?,
            nac_p: numbers(Field::NacP)?,
            nuc_p: numbers(Field::NucP)?,
        })
    }

    /// Reads at most `rows` rows of every column; all must hold as many.
    fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        let read = self.at.read(rows)?;
        let mut same = self.address.read(rows)? == read;
        same &= self.latitude.read(rows)? == read;
        same &= self.longitude.read(rows)? == read;
        if let Some(texts) = &mut self.callsign {
            same &= texts.read(rows)? == read;
        }
        let optional = [
            &mut self.baro,
            &mut self.ellipsoid,
            &mut self.speed,
            &mut self.track,
            &mut self.climb,
            &mut self.nic,
            &mut self.nac_p,
            &mut self.nuc_p,
        ];
        for numbers in optional.into_iter().flatten() {
            same &= numbers.read(rows)? == read;
        }
        if let Some(flags) = &mut self.on_ground {
            same &= flags.read(rows)? == read;
        }
        if same { Ok(read) } else { Err(ParquetError::General("columns differ in length".into())) }
    }

    /// The point in a row that was read, if it holds one.
    #[inline]
    fn point(
        &self,
        row: usize,
        columns: &Columns,
        zone: Option<&LocalZone>,
        locator: Locator,
    ) -> Result<Option<TrackPoint>, (&'static Code, Field)> {
        let at = self.at.instant(row, zone).map_err(|code| (code, Field::Time))?;
        let address = self.address.get(row).ok_or((&BAD_ADDRESS, Field::Address))?;
        let number = |numbers: &Option<Numbers>| {
            numbers.as_ref().and_then(|n| n.get(row)).filter(|value| !value.is_nan())
        };
        let said = Row {
            latitude: self.latitude.get(row),
            longitude: self.longitude.get(row),
            baro: number(&self.baro),
            ellipsoid: number(&self.ellipsoid),
            speed: number(&self.speed),
            track: number(&self.track),
            climb: number(&self.climb),
            callsign: self.callsign.as_ref().and_then(|texts| texts.get(row)),
            on_ground: self.on_ground.as_ref().is_some_and(|flags| flags.get(row)),
            quality: PositionQuality {
                nic: number(&self.nic).and_then(category),
                nac_p: number(&self.nac_p).and_then(category),
                nuc_p: number(&self.nuc_p).and_then(category),
            },
        };
        said.point(at, address, columns.units, locator).map_err(|code| (code, Field::Latitude))
    }
}

#[cfg(test)]
mod tests {
    use parquet::data_type::{ByteArrayType, DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    const ROWS: i64 = 1000;

    /// Three row groups; every tenth row has no position.
    fn table(time: &str) -> Vec<u8> {
        let schema = format!(
            "message tracks {{ REQUIRED INT64 timestamp{time}; REQUIRED BYTE_ARRAY icao24 (STRING);
             OPTIONAL DOUBLE latitude; OPTIONAL DOUBLE longitude; OPTIONAL INT64 altitude; }}"
        );
        let schema = Arc::new(parse_message_type(&schema).unwrap());
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        let levels: Vec<i16> = (0..ROWS).map(|row| i16::from(row % 10 != 0)).collect();
        for _ in 0..3 {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let times: Vec<i64> = (0..ROWS).collect();
            column.typed::<Int64Type>().write_batch(&times, None, None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let names = vec!["4ca251".into(); 1000];
            column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
            column.close().unwrap();
            for _ in 0..2 {
                let mut column = group.next_column().unwrap().unwrap();
                let values: Vec<f64> = (0..900).map(|n| f64::from(n) / 32.0).collect();
                column.typed::<DoubleType>().write_batch(&values, Some(&levels), None).unwrap();
                column.close().unwrap();
            }
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&[350; 900], Some(&levels), None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    type Drained = (Vec<TrackPoint>, Vec<Rejection>, u64);

    fn read(bytes: Vec<u8>, options: Options) -> Result<Drained, Rejection> {
        let mut feed = StateVectorsParquet::new(Bytes::from(bytes), options)?;
        let (mut points, mut rejections, mut passed_over) = (Vec::new(), Vec::new(), 0);
        let mut batch = Batch::default();
        while feed.read(&mut batch).unwrap() {
            points.append(&mut batch.items);
            rejections.append(&mut batch.rejections);
            passed_over += batch.passed_over;
        }
        Ok((points, rejections, passed_over))
    }

    #[test]
    fn rows_are_numbered_through_all_row_groups_and_nulls_are_passed_over() {
        let (points, rejections, passed_over) = read(table(""), Options::default()).unwrap();
        assert_eq!((points.len(), rejections.len(), passed_over), (2700, 0, 300));
        let second = points[900];
        assert_eq!(second.locator.record, 1002);
        assert_eq!(second.observed_at, Instant::from_micros(1_000_000));
        assert_eq!(second.position.lat_e7(), 0);
        assert_eq!(second.altitude_baro.unwrap().cm(), 10_668);
    }

    #[test]
    fn naive_timestamps_need_a_zone() {
        let naive = || table(" (TIMESTAMP(MILLIS, false))");
        let refused = read(naive(), Options::default()).unwrap_err();
        assert_eq!((refused.code, refused.locator.record), (&NAIVE_TIME, 0));
        let zone = Some("+03:00".parse().unwrap());
        let (points, ..) = read(naive(), Options { zone, ..Options::default() }).unwrap();
        assert_eq!(points[0].observed_at, Instant::from_micros(1_000 - 3 * 3_600_000_000));
    }

    #[test]
    fn a_damaged_row_group_costs_no_other() {
        let mut bytes = table("");
        let whole = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
        let (start, _) = whole.metadata().row_group(1).column(0).byte_range();
        bytes[start as usize..][..40].fill(0xff);
        let (points, rejections, _) = read(bytes, Options::default()).unwrap();
        assert_eq!(points.len(), 1800);
        assert_eq!(points[900].locator.record, 2002);
        let told = (rejections[0].code, rejections[0].locator.record, rejections.len());
        assert_eq!(told, (&DAMAGED_ROW_GROUP, 1001, 1));
    }

    #[test]
    fn a_torn_file_is_no_parquet() {
        let bytes = table("");
        for cut in [0, 4, bytes.len() / 2, bytes.len() - 1] {
            let refused = read(bytes[..cut].to_vec(), Options::default()).unwrap_err();
            assert_eq!(refused.code, &NOT_PARQUET);
        }
    }
}
