//! Bare points: two columns of degrees, from Parquet or CSV.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use parquet::basic::Type;
use parquet::column::reader::ColumnReader;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// Most points of one file.
pub const POINTS_MAX: usize = 1 << 32;
/// Values read from a column at a time.
const CHUNK: usize = 1 << 16;

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

impl Points {
    /// Reads a file: CSV when its name ends in `.csv`, Parquet otherwise.
    ///
    /// # Errors
    /// When it cannot be read, has no such columns, or a row holds no number.
    pub fn read(path: &Path) -> Result<Self, PointsFault> {
        let file = File::open(path)?;
        let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        if is_csv { Self::read_csv(BufReader::new(file)) } else { Self::read_parquet(file) }
    }

    /// Reads CSV with a line of heads.
    ///
    /// # Errors
    /// As [`Points::read`].
    pub fn read_csv(reader: impl BufRead) -> Result<Self, PointsFault> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let heads = rows.byte_headers().map_err(csv_fault)?;
        let place = |name: &'static str| {
            let found = heads.iter().position(|head| head.trim_ascii() == name.as_bytes());
            found.ok_or(PointsFault::ColumnMissing(name))
        };
        let (lon_place, lat_place) = (place("lon")?, place("lat")?);
        let (mut points, mut row) = (Self::default(), csv::ByteRecord::new());
        while rows.read_byte_record(&mut row).map_err(csv_fault)? {
            let line = row.position().map_or(0, csv::Position::line);
            let number = |place: usize, column: &'static str| {
                let text = row.get(place).and_then(|cell| std::str::from_utf8(cell).ok());
                let number = text.and_then(|text| text.trim().parse().ok());
                number.ok_or(PointsFault::NotANumber { line, column })
            };
            points.lon.push(number(lon_place, "lon")?);
            points.lat.push(number(lat_place, "lat")?);
            if points.lon.len() > POINTS_MAX {
                return Err(PointsFault::TooMany);
            }
        }
        Ok(points)
    }

    /// Reads Parquet; the columns are of doubles or of floats.
    ///
    /// # Errors
    /// As [`Points::read`].
    pub fn read_parquet(file: File) -> Result<Self, PointsFault> {
        let reader = SerializedFileReader::new(file)?;
        let rows = reader.metadata().file_metadata().num_rows();
        let rows = usize::try_from(rows).ok().filter(|&rows| rows <= POINTS_MAX);
        let rows = rows.ok_or(PointsFault::TooMany)?;
        Ok(Self { lon: column(&reader, "lon", rows)?, lat: column(&reader, "lat", rows)? })
    }
}

fn csv_fault(fault: csv::Error) -> PointsFault {
    PointsFault::Read(fault.into())
}

/// A whole column, a missing value as not a number.
fn column(
    file: &SerializedFileReader<File>,
    name: &'static str,
    rows: usize,
) -> Result<Vec<f64>, PointsFault> {
    let schema = file.metadata().file_metadata().schema_descr();
    let found = (0..schema.num_columns()).find(|&n| schema.column(n).path().string() == name);
    let place = found.ok_or(PointsFault::ColumnMissing(name))?;
    let described = schema.column(place);
    if described.max_rep_level() > 0
        || !matches!(described.physical_type(), Type::DOUBLE | Type::FLOAT)
    {
        return Err(PointsFault::ColumnType(name));
    }
    let level = described.max_def_level();
    // The count is the file's own word: room is made for it, but no more than it can fill.
    let mut values = Vec::with_capacity(rows.min(1 << 24));
    for group in 0..file.num_row_groups() {
        match file.get_row_group(group)?.get_column_reader(place)? {
            ColumnReader::DoubleColumnReader(mut reader) => {
                append(&mut values, &mut reader, level, |value| value)?;
            }
            ColumnReader::FloatColumnReader(mut reader) => {
                append(&mut values, &mut reader, level, f64::from)?;
            }
            _ => return Err(PointsFault::ColumnType(name)),
        }
    }
    Ok(values)
}

fn append<T: DataType>(
    values: &mut Vec<f64>,
    reader: &mut parquet::column::reader::ColumnReaderImpl<T>,
    level: i16,
    degrees: impl Fn(T::T) -> f64,
) -> Result<(), ParquetError> {
    let (mut levels, mut found) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
    loop {
        levels.clear();
        found.clear();
        let wanted = (level > 0).then_some(&mut levels);
        let (records, _, _) = reader.read_records(CHUNK, wanted, None, &mut found)?;
        if records == 0 {
            return Ok(());
        }
        let mut found = found.drain(..).map(&degrees);
        if level == 0 {
            values.extend(found);
        } else {
            let present = levels.iter().map(|&at| at == level);
            values
                .extend(present.map(|is| if is { found.next() } else { None }.unwrap_or(f64::NAN)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let points = Points::read_csv(&b"id,lat,lon\n1,32.5,36.25\n2, 33 ,-1e1\n"[..]).unwrap();
        assert_eq!(points, Points { lon: vec![36.25, -10.0], lat: vec![32.5, 33.0] });
    }

    #[test]
    fn what_is_no_number_is_told_with_its_line() {
        let fault = Points::read_csv(&b"lon,lat\n1,2\n1,east\n"[..]).unwrap_err();
        assert_eq!(fault.to_string(), "line 3, column `lat`: this is no number");
        let fault = Points::read_csv(&b"x,y\n1,2\n"[..]).unwrap_err();
        assert!(matches!(fault, PointsFault::ColumnMissing("lon")) && !fault.is_of_the_world());
    }
}
