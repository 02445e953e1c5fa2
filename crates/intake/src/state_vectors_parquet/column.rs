//! One column of a row group: some rows of it at a time, in reused memory.

use parquet::basic::{LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, DataType, DoubleType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;
use spacetime::Instant;
use spacetime::time::MICROS_PER_SECOND;

use crate::rejection::Code;
use crate::state_vectors::{BAD_TIME, Field};
use crate::zone::LocalZone;

/// Whether a column can hold values of a field.
pub(super) fn holds(field: Field, column: &ColumnDescriptor) -> bool {
    let physical = column.physical_type();
    let number = matches!(physical, Type::INT32 | Type::INT64 | Type::FLOAT | Type::DOUBLE);
    let fits = match field {
        Field::Time => number || physical == Type::INT96,
        Field::Address | Field::Callsign => physical == Type::BYTE_ARRAY,
        Field::OnGround => number || physical == Type::BOOLEAN,
        _ => number,
    };
    fits && column.max_rep_level() == 0
}

/// Whether its times are local ones. INT96 has no flag; Impala and Spark write UTC in it.
pub(super) fn is_naive(column: &ColumnDescriptor) -> bool {
    matches!(
        column.logical_type_ref(),
        Some(LogicalType::Timestamp(stamp)) if !stamp.is_adjusted_to_u_t_c
    )
}

fn wrong_type() -> ParquetError {
    ParquetError::General("the column is of another type".into())
}

/// A typed reader with the memory it reads into: values that are there, and which are.
struct Values<T: DataType> {
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
    levels: Vec<i16>,
}

impl<T: DataType> Values<T> {
    const fn new(reader: ColumnReaderImpl<T>) -> Self {
        Self { reader, values: Vec::new(), levels: Vec::new() }
    }

    /// Reads up to `rows` rows: how many, and whether each has a value.
    fn fetch(&mut self, rows: usize) -> Result<(usize, bool), ParquetError> {
        self.values.clear();
        self.levels.clear();
        let (read, present, _) =
            self.reader.read_records(rows, Some(&mut self.levels), None, &mut self.values)?;
        Ok((read, present == read))
    }

    /// Reads up to `rows` rows and hands each to `put`, in order: its value, or none for null.
    fn read(
        &mut self,
        rows: usize,
        mut put: impl FnMut(Option<&T::T>),
    ) -> Result<usize, ParquetError> {
        let (read, whole) = self.fetch(rows)?;
        if whole {
            self.values.iter().for_each(|value| put(Some(value)));
        } else {
            self.with_gaps(put);
        }
        Ok(read)
    }

    /// Hands what was fetched to `put`, row by row.
    fn with_gaps(&self, mut put: impl FnMut(Option<&T::T>)) {
        // A flat column's level is its highest where there is a value, and lower where not.
        let highest = self.levels.iter().copied().max().unwrap_or_default().max(1);
        let mut values = self.values.iter();
        for &level in &self.levels {
            put(if level == highest { values.next() } else { None });
        }
    }
}

/// Numbers of any physical type, as floats.
pub(super) struct Numbers {
    reader: NumberReader,
    values: Vec<f64>,
    /// Which rows have a value; empty where all have.
    present: Vec<bool>,
}

enum NumberReader {
    Int32(Values<Int32Type>),
    Int64(Values<Int64Type>),
    Float(Values<FloatType>),
    Double(Values<DoubleType>),
}

impl Numbers {
    pub(super) fn new(reader: ColumnReader) -> Result<Self, ParquetError> {
        let reader = match reader {
            ColumnReader::Int32ColumnReader(reader) => NumberReader::Int32(Values::new(reader)),
            ColumnReader::Int64ColumnReader(reader) => NumberReader::Int64(Values::new(reader)),
            ColumnReader::FloatColumnReader(reader) => NumberReader::Float(Values::new(reader)),
            ColumnReader::DoubleColumnReader(reader) => NumberReader::Double(Values::new(reader)),
            _ => return Err(wrong_type()),
        };
        Ok(Self { reader, values: Vec::new(), present: Vec::new() })
    }

    pub(super) fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        let Self { reader, values: out, present } = self;
        match reader {
            NumberReader::Int32(values) => fill(values, rows, |&v| f64::from(v), out, present),
            NumberReader::Int64(values) => fill(values, rows, |&v| v as f64, out, present),
            NumberReader::Float(values) => fill(values, rows, |&v| f64::from(v), out, present),
            NumberReader::Double(values) => fill(values, rows, |&v| v, out, present),
        }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<f64> {
        let is_there = self.present.is_empty() || self.present[row];
        is_there.then(|| self.values[row])
    }
}

/// Reads up to `rows` rows into `out`. Most columns have a value in each, and are copied as they
/// are.
fn fill<T: DataType>(
    values: &mut Values<T>,
    rows: usize,
    number: impl Fn(&T::T) -> f64,
    out: &mut Vec<f64>,
    present: &mut Vec<bool>,
) -> Result<usize, ParquetError> {
    out.clear();
    present.clear();
    let (read, whole) = values.fetch(rows)?;
    if whole {
        out.extend(values.values.iter().map(number));
    } else {
        values.with_gaps(|value| {
            out.push(value.map_or(f64::NAN, &number));
            present.push(value.is_some());
        });
    }
    Ok(read)
}

/// Truth values, as booleans or as numbers other than 0. Null is false.
pub(super) struct Flags(FlagReader);

enum FlagReader {
    Bools(Values<BoolType>, Vec<bool>),
    Numbers(Numbers),
}

impl Flags {
    pub(super) fn new(reader: ColumnReader) -> Result<Self, ParquetError> {
        match reader {
            ColumnReader::BoolColumnReader(reader) => {
                Ok(Self(FlagReader::Bools(Values::new(reader), Vec::new())))
            }
            other => Ok(Self(FlagReader::Numbers(Numbers::new(other)?))),
        }
    }

    pub(super) fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        match &mut self.0 {
            FlagReader::Bools(values, out) => {
                out.clear();
                values.read(rows, |value| out.push(value.copied().unwrap_or_default()))
            }
            FlagReader::Numbers(numbers) => numbers.read(rows),
        }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> bool {
        match &self.0 {
            FlagReader::Bools(_, flags) => flags[row],
            FlagReader::Numbers(numbers) => numbers.get(row).is_some_and(|value| value != 0.0),
        }
    }
}

/// Instants in microseconds since 1970, or of the local clock when the column is naive.
pub(super) struct Times {
    reader: TimeReader,
    is_naive: bool,
    micros: Vec<Option<i64>>,
}

enum TimeReader {
    /// Whole units, so many to the second.
    Ticks {
        values: Values<Int64Type>,
        per_second: i64,
    },
    Int96(Values<Int96Type>),
    Seconds(Numbers),
}

/// The last instant that seconds since 1970 may name: the year 5138. More are milliseconds.
const SECONDS_MAX: f64 = 1e11;

impl Times {
    pub(super) fn new(
        reader: ColumnReader,
        column: &ColumnDescriptor,
    ) -> Result<Self, ParquetError> {
        let per_second = match column.logical_type_ref() {
            Some(LogicalType::Timestamp(stamp)) => match stamp.unit {
                TimeUnit::MILLIS => Some(1_000),
                TimeUnit::MICROS => Some(1_000_000),
                TimeUnit::NANOS => Some(1_000_000_000),
            },
            _ => None,
        };
        let reader = match (reader, per_second) {
            (ColumnReader::Int64ColumnReader(reader), Some(per_second)) => {
                TimeReader::Ticks { values: Values::new(reader), per_second }
            }
            (ColumnReader::Int96ColumnReader(reader), _) => TimeReader::Int96(Values::new(reader)),
            (reader, _) => TimeReader::Seconds(Numbers::new(reader)?),
        };
        Ok(Self { reader, is_naive: is_naive(column), micros: Vec::new() })
    }

    pub(super) fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        let out = &mut self.micros;
        out.clear();
        match &mut self.reader {
            TimeReader::Ticks { values, per_second } => {
                let per_second = *per_second;
                values.read(rows, |value| out.push(value.and_then(|&v| to_micros(v, per_second))))
            }
            TimeReader::Int96(values) => {
                values.read(rows, |value| out.push(value.map(Int96::to_micros)))
            }
            TimeReader::Seconds(numbers) => {
                let read = numbers.read(rows)?;
                let micros = |row| {
                    let seconds = numbers.get(row).filter(|s| s.abs() < SECONDS_MAX)?;
                    Instant::from_unix_seconds(seconds).map(Instant::micros)
                };
                out.extend((0..read).map(micros));
                Ok(read)
            }
        }
    }

    /// The instant in a row that was read.
    #[inline]
    pub(super) fn instant(
        &self,
        row: usize,
        zone: Option<&LocalZone>,
    ) -> Result<Instant, &'static Code> {
        let micros = self.micros[row].ok_or(&BAD_TIME)?;
        match zone {
            Some(zone) if self.is_naive => zone.instant_of_micros(micros),
            _ => Ok(Instant::from_micros(micros)),
        }
    }
}

fn to_micros(ticks: i64, per_second: i64) -> Option<i64> {
    if per_second > MICROS_PER_SECOND {
        Some(ticks.div_euclid(per_second / MICROS_PER_SECOND))
    } else {
        ticks.checked_mul(MICROS_PER_SECOND / per_second)
    }
}
