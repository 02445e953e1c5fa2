//! Bare points: two columns of degrees, from Parquet or CSV, some at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, DoubleType, FloatType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet_guard::cost::{self, Refused};
use parquet_guard::{column_reader, footer};

use crate::rejection::Code;
use crate::state_vectors_parquet::pages;
use crate::state_vectors_parquet::{FOOTER_TOO_LARGE, has_large_footer};

/// Most points of one file.
pub const POINTS_MAX: u64 = 1 << 32;
/// Most points read at once.
pub const POINTS_AT_ONCE_MAX: usize = 1 << 20;

/// Points as they were written: nobody has looked at whether they are on the globe. A value
/// that is missing is not a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Degrees east.
    pub lon: Vec<f64>,
    /// Degrees north; as many as of `lon`.
    pub lat: Vec<f64>,
}

/// Why points cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PointsFault {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// It is no Parquet file, or a broken one.
    #[error("the file is no sound Parquet")]
    Parquet(#[from] ParquetError),
    /// It is neither Parquet nor, by its name, CSV.
    #[error("the file is neither Parquet nor, by its name, CSV; write Parquet, or name it .csv")]
    Unknown,
    /// It is no file that can be read at any place.
    #[error("Parquet is read from its end, which takes a file and no pipe")]
    Pipe,
    /// It would take too much to decode.
    #[error("{}; {}", .0.reason, .0.repair)]
    Limit(&'static Code),
    /// A column is not there.
    #[error("there is no column `{0}`; name two columns `lon` and `lat`, in degrees")]
    ColumnMissing(&'static str),
    /// A column does not hold numbers with a fraction.
    #[error("the column `{0}` does not hold floats of degrees")]
    ColumnType(&'static str),
    /// A row holds something else than a number.
    #[error("line {line}, column `{column}`: this is no number")]
    NotANumber {
        /// Counted from 1, the head among them.
        line: u64,
        /// Which column.
        column: &'static str,
    },
    /// More than [`POINTS_MAX`].
    #[error("there are more than {POINTS_MAX} points")]
    TooMany,
}

impl PointsFault {
    /// Whether the world failed, and not the input.
    #[must_use]
    pub const fn is_of_the_world(&self) -> bool {
        matches!(self, Self::Read(_))
    }
}

/// A file of points that is being read.
pub struct PointsReader {
    source: Source,
    read: u64,
}

enum Source {
    Csv(Table),
    Parquet(Box<RowGroups>),
}

impl PointsReader {
    /// Opens a file: CSV when its name ends in `.csv`, Parquet otherwise.
    ///
    /// # Errors
    /// When it cannot be read, or has no such columns.
    pub fn open(path: &Path) -> Result<Self, PointsFault> {
        let file = File::open(path)?;
        let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        if is_csv { Self::of_csv(BufReader::new(file)) } else { Self::of_parquet(file) }
    }

    /// Reads CSV with a line of heads.
    ///
    /// # Errors
    /// As [`PointsReader::open`].
    pub fn of_csv(reader: impl BufRead + Send + 'static) -> Result<Self, PointsFault> {
        Ok(Self { source: Source::Csv(Table::new(Box::new(reader))?), read: 0 })
    }

    /// Reads Parquet; the columns are of doubles or of floats.
    ///
    /// # Errors
    /// As [`PointsReader::open`].
    pub fn of_parquet(file: File) -> Result<Self, PointsFault> {
        let groups = unharmed(|| RowGroups::new(file))?;
        Ok(Self { source: Source::Parquet(Box::new(groups)), read: 0 })
    }

    /// The next points, at most so many, in place of those that were in `points`. None are the
    /// end.
    ///
    /// # Errors
    /// When the file cannot be read on, or a row holds no number.
    pub fn read(&mut self, most: usize, points: &mut Points) -> Result<(), PointsFault> {
        points.lon.clear();
        points.lat.clear();
        let most = most.min(POINTS_AT_ONCE_MAX);
        match &mut self.source {
            Source::Csv(table) => table.read(most, points)?,
            Source::Parquet(groups) => unharmed(|| groups.read(most, points))?,
        }
        self.read += points.lon.len() as u64;
        if self.read > POINTS_MAX { Err(PointsFault::TooMany) } else { Ok(()) }
    }
}

/// The Parquet crate asserts what a damaged file may break.
fn unharmed<T>(run: impl FnOnce() -> Result<T, PointsFault>) -> Result<T, PointsFault> {
    let damaged = || ParquetError::General("the file is damaged".to_owned());
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(damaged().into()))
}

struct Table {
    rows: csv::Reader<Box<dyn BufRead + Send>>,
    row: csv::ByteRecord,
    places: [usize; 2],
}

impl Table {
    fn new(reader: Box<dyn BufRead + Send>) -> Result<Self, PointsFault> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let heads = rows.byte_headers().map_err(csv_fault)?;
        let place = |name: &'static str| {
            let found = heads.iter().position(|head| head.trim_ascii() == name.as_bytes());
            found.ok_or(PointsFault::ColumnMissing(name))
        };
        let places = [place("lon")?, place("lat")?];
        Ok(Self { rows, row: csv::ByteRecord::new(), places })
    }

    fn read(&mut self, most: usize, points: &mut Points) -> Result<(), PointsFault> {
        let Self { rows, row, places: [lon_place, lat_place] } = self;
        while points.lon.len() < most && rows.read_byte_record(row).map_err(csv_fault)? {
            let line = row.position().map_or(0, csv::Position::line);
            let number = |place: usize, column: &'static str| {
                let text = row.get(place).and_then(|cell| std::str::from_utf8(cell).ok());
                let number = text.and_then(|text| text.trim().parse().ok());
                number.ok_or(PointsFault::NotANumber { line, column })
            };
            points.lon.push(number(*lon_place, "lon")?);
            points.lat.push(number(*lat_place, "lat")?);
        }
        Ok(())
    }
}

fn csv_fault(fault: csv::Error) -> PointsFault {
    PointsFault::Read(fault.into())
}

/// The row groups of a file, one after the other.
struct RowGroups {
    file: SerializedFileReader<File>,
    bytes: File,
    places: [usize; 2],
    /// The next row group.
    next: usize,
    open: Option<[Column; 2]>,
}

impl RowGroups {
    fn new(mut bytes: File) -> Result<Self, PointsFault> {
        if !bytes.metadata()?.is_file() {
            return Err(PointsFault::Pipe);
        }
        let mut begins = Vec::new();
        bytes.rewind()?;
        (&bytes).take(4).read_to_end(&mut begins)?;
        if begins != b"PAR1" {
            return Err(PointsFault::Unknown);
        }
        if has_large_footer(&bytes) {
            return Err(PointsFault::Limit(&FOOTER_TOO_LARGE));
        }
        footer::check(&bytes).ok_or_else(|| {
            ParquetError::General("the footer claims more than it holds".to_owned())
        })?;
        let file = SerializedFileReader::new(bytes.try_clone()?)?;
        let schema = file.metadata().file_metadata().schema_descr();
        let place = |name: &'static str| {
            let mut all = 0..schema.num_columns();
            let found = all.find(|&n| schema.column(n).path().string() == name);
            let place = found.ok_or(PointsFault::ColumnMissing(name))?;
            let column = schema.column(place);
            let is_float = matches!(column.physical_type(), Type::DOUBLE | Type::FLOAT);
            let fits = is_float && column.max_rep_level() == 0;
            if fits { Ok(place) } else { Err(PointsFault::ColumnType(name)) }
        };
        let places = [place("lon")?, place("lat")?];
        Ok(Self { file, bytes, places, next: 0, open: None })
    }

    fn read(&mut self, most: usize, points: &mut Points) -> Result<(), PointsFault> {
        while points.lon.len() < most {
            let wanted = most - points.lon.len();
            let Some([lon, lat]) = self.opened()? else { break };
            let rows = lon.read(wanted, &mut points.lon)?;
            if lat.read(wanted, &mut points.lat)? != rows {
                return Err(ParquetError::General("the columns differ in length".into()).into());
            }
            if rows == 0 {
                self.open = None;
            }
        }
        Ok(())
    }

    /// The columns of the row group at hand; none after the last.
    fn opened(&mut self) -> Result<Option<&mut [Column; 2]>, PointsFault> {
        if self.open.is_none() && self.next < self.file.num_row_groups() {
            let metadata = self.file.metadata().row_group(self.next);
            cost::check(&self.bytes, metadata, &self.places).map_err(|refused| match refused {
                Refused::Damaged => {
                    let said = format!("row group {} is damaged", self.next);
                    ParquetError::General(said).into()
                }
                limit => PointsFault::Limit(pages::code(limit)),
            })?;
            let schema = metadata.schema_descr_ptr();
            let group = self.file.get_row_group(self.next)?;
            let column = |place: usize| {
                let level = schema.column(place).max_def_level();
                Column::new(column_reader(&*group, place)?, level)
            };
            let [lon, lat] = self.places;
            self.open = Some([column(lon)?, column(lat)?]);
            self.next += 1;
        }
        Ok(self.open.as_mut())
    }
}

/// A column of a row group.
enum Column {
    Doubles(Values<DoubleType>),
    Floats(Values<FloatType>),
}

struct Values<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// The definition level of a row with a value.
    level: i16,
    levels: Vec<i16>,
    found: Vec<T::T>,
}

impl Column {
    fn new(reader: ColumnReader, level: i16) -> Result<Self, ParquetError> {
        match reader {
            ColumnReader::DoubleColumnReader(reader) => {
                Ok(Self::Doubles(Values { reader, level, levels: Vec::new(), found: Vec::new() }))
            }
            ColumnReader::FloatColumnReader(reader) => {
                Ok(Self::Floats(Values { reader, level, levels: Vec::new(), found: Vec::new() }))
            }
            _ => Err(ParquetError::General("the column is of another type".into())),
        }
    }

    fn read(&mut self, rows: usize, out: &mut Vec<f64>) -> Result<usize, ParquetError> {
        match self {
            Self::Doubles(values) => values.read(rows, |&value| value, out),
            Self::Floats(values) => values.read(rows, |&value| value.into(), out),
        }
    }
}

impl<T: DataType> Values<T> {
    /// Adds up to `rows` rows, a missing value as not a number.
    fn read(
        &mut self,
        rows: usize,
        degrees: impl Fn(&T::T) -> f64,
        out: &mut Vec<f64>,
    ) -> Result<usize, ParquetError> {
        let Self { reader, level, levels, found } = self;
        levels.clear();
        found.clear();
        let wanted = (*level > 0).then_some(&mut *levels);
        let (records, _, _) = reader.read_records(rows, wanted, None, found)?;
        let mut found = found.iter().map(degrees);
        if *level == 0 {
            out.extend(found);
        } else {
            let value = |&at: &i16| (at == *level).then(|| found.next()).flatten();
            out.extend(levels.iter().map(value).map(|value| value.unwrap_or(f64::NAN)));
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn drain(mut reader: PointsReader, most: usize) -> Result<Points, PointsFault> {
        let (mut all, mut some) = (Points::default(), Points::default());
        loop {
            reader.read(most, &mut some)?;
            if some.lon.is_empty() {
                return Ok(all);
            }
            all.lon.append(&mut some.lon);
            all.lat.append(&mut some.lat);
        }
    }

    fn csv(text: &'static [u8]) -> Result<Points, PointsFault> {
        drain(PointsReader::of_csv(text)?, 1)
    }

    /// Two row groups of so many rows, the second of each three longitudes missing.
    fn table(rows: usize) -> File {
        let schema = "message m { OPTIONAL DOUBLE lon; REQUIRED FLOAT lat; }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = Arc::new(WriterProperties::builder().build());
        let file = tempfile::tempfile().unwrap();
        let out = file.try_clone().unwrap();
        let mut writer = SerializedFileWriter::new(out, schema, properties).unwrap();
        for _ in 0..2 {
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let levels: Vec<i16> = (0..rows).map(|row| i16::from(row % 3 != 1)).collect();
            let lon: Vec<f64> = (0..rows).filter(|row| row % 3 != 1).map(|n| n as f64).collect();
            column.typed::<DoubleType>().write_batch(&lon, Some(&levels), None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let lat: Vec<f32> = (0..rows).map(|n| n as f32 / 2.0).collect();
            column.typed::<FloatType>().write_batch(&lat, None, None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.close().unwrap();
        file
    }

    #[test]
    fn columns_are_found_by_name() {
        let points = csv(b"id,lat,lon\n1,32.5,36.25\n2, 33 ,-1e1\n").unwrap();
        assert_eq!(points, Points { lon: vec![36.25, -10.0], lat: vec![32.5, 33.0] });
    }

    #[test]
    fn what_is_no_number_is_told_with_its_line() {
        let fault = csv(b"lon,lat\n1,2\n1,east\n").unwrap_err();
        assert_eq!(fault.to_string(), "line 3, column `lat`: this is no number");
        let fault = csv(b"x,y\n1,2\n").unwrap_err();
        assert!(matches!(fault, PointsFault::ColumnMissing("lon")) && !fault.is_of_the_world());
    }

    #[test]
    fn points_are_the_same_however_many_are_read_at_once() {
        let all = drain(PointsReader::of_parquet(table(100)).unwrap(), 1_000).unwrap();
        assert_eq!((all.lon.len(), all.lat.len()), (200, 200));
        assert!(all.lon[101].is_nan() && all.lon[1].is_nan());
        assert_eq!((all.lon[102], all.lat[102]), (2.0, 1.0));
        let bits = |points: &Points| points.lon.iter().map(|lon| lon.to_bits()).collect::<Vec<_>>();
        for most in [1, 7, 100, 150] {
            let again = drain(PointsReader::of_parquet(table(100)).unwrap(), most).unwrap();
            assert_eq!((bits(&again), &again.lat), (bits(&all), &all.lat));
        }
    }

    #[test]
    fn what_is_no_parquet_at_all_is_told_so() {
        use std::io::Write as _;
        for bytes in [&b""[..], b"{}", b"{\"type\":\"FeatureCollection\"}"] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            let fault = PointsReader::of_parquet(file).err().unwrap();
            assert!(matches!(fault, PointsFault::Unknown), "{fault}");
        }
    }

    #[test]
    fn a_damaged_file_is_told_and_nothing_more() {
        use std::io::{SeekFrom, Write as _};
        let mut file = table(100);
        file.seek(SeekFrom::Start(4)).unwrap();
        file.write_all(&[0xff; 64]).unwrap();
        let fault = drain(PointsReader::of_parquet(file).unwrap(), 50).unwrap_err();
        assert!(matches!(fault, PointsFault::Parquet(_)), "{fault}");
    }
}
