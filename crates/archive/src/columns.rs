//! The columns of a container: one row of the table for each row of a segment, integers in the units
//! that the names say.

use agreement::TrackPoint;
use agreement::track::{Address, Callsign, Locator, PositionQuality};
use parquet::basic::{Compression, Encoding};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnPath;
use parquet_guard::column_reader;
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

/// The table. Programs that know nothing of us read it as it is.
pub(crate) const SCHEMA: &str = "
message rows {
  required int64 leaf;
  required int32 row;
  required int64 observed_at (TIMESTAMP(MICROS,true));
  required binary address (STRING);
  required int32 longitude_e7;
  required int32 latitude_e7;
  optional int32 altitude_baro_cm;
  optional int32 altitude_ellipsoid_cm;
  optional int64 ground_speed_cm_s;
  optional int32 track_cdeg;
  optional int32 vertical_rate_cm_s;
  optional binary callsign (STRING);
  optional int32 nic;
  optional int32 nac_p;
  optional int32 nuc_p;
  required boolean on_ground;
}";

/// Columns that change little from row to row.
const DELTAS: [&str; 11] = [
    "leaf",
    "row",
    "observed_at",
    "longitude_e7",
    "latitude_e7",
    "altitude_baro_cm",
    "altitude_ellipsoid_cm",
    "ground_speed_cm_s",
    "track_cdeg",
    "vertical_rate_cm_s",
    "nic",
];

/// How containers are written. All of it is fixed, so that the same rows give the same bytes; and no
/// page is compressed, so that none is larger than it looks.
pub(crate) fn properties() -> parquet::file::properties::WriterPropertiesBuilder {
    let mut properties = WriterProperties::builder()
        .set_created_by("armistice container 1".to_owned())
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    for column in DELTAS {
        let path = ColumnPath::from(column);
        properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    for column in ["address", "callsign"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), true);
    }
    properties
}

/// A row with the place that it has in the record.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) leaf: u64,
    pub(crate) row: u32,
    pub(crate) point: &'a TrackPoint,
}

/// Writes rows, column by column, in the order of [`SCHEMA`].
pub(crate) fn write(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    rows: &[Placed<'_>],
) -> Result<(), ParquetError> {
    let text = |text: String| ByteArray::from(text.into_bytes());
    put::<Int64Type>(group, rows, |r| r.leaf as i64)?;
    put::<Int32Type>(group, rows, |r| r.row as i32)?;
    put::<Int64Type>(group, rows, |r| r.point.observed_at.micros())?;
    put::<ByteArrayType>(group, rows, |r| text(r.point.address.to_string()))?;
    put::<Int32Type>(group, rows, |r| r.point.position.lon_e7())?;
    put::<Int32Type>(group, rows, |r| r.point.position.lat_e7())?;
    maybe::<Int32Type>(group, rows, |r| r.point.altitude_baro.map(AltitudeBaro::cm))?;
    maybe::<Int32Type>(group, rows, |r| r.point.altitude_ellipsoid.map(AltitudeEllipsoid::cm))?;
    maybe::<Int64Type>(group, rows, |r| r.point.ground_speed_cm_s.map(i64::from))?;
    maybe::<Int32Type>(group, rows, |r| r.point.track_cdeg.map(i32::from))?;
    maybe::<Int32Type>(group, rows, |r| r.point.vertical_rate_cm_s)?;
    maybe::<ByteArrayType>(group, rows, |r| r.point.callsign.map(|sign| text(sign.to_string())))?;
    maybe::<Int32Type>(group, rows, |r| r.point.quality.nic.map(i32::from))?;
    maybe::<Int32Type>(group, rows, |r| r.point.quality.nac_p.map(i32::from))?;
    maybe::<Int32Type>(group, rows, |r| r.point.quality.nuc_p.map(i32::from))?;
    put::<BoolType>(group, rows, |r| r.point.on_ground)
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    rows: &[Placed<'_>],
    value: impl Fn(Placed<'_>) -> T::T,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = rows.iter().map(|&row| value(row)).collect();
    let mut column = group.next_column()?.ok_or_else(no_such_table)?;
    column.typed::<T>().write_batch(&values, None, None)?;
    column.close()
}

fn maybe<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    rows: &[Placed<'_>],
    value: impl Fn(Placed<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = rows.iter().map(|&row| value(row)).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    let mut column = group.next_column()?.ok_or_else(no_such_table)?;
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

/// A row as it was read: its leaf, its number in the segment, itself.
pub(crate) type Read = (u64, u32, TrackPoint);

/// Reads a row group, which says that it has so many rows.
pub(crate) fn read(group: &dyn RowGroupReader, rows: usize) -> Result<Vec<Read>, ParquetError> {
    let mut columns = Columns { group, rows, next: 0 };
    let leaf = columns.all::<Int64Type>()?;
    let row = columns.all::<Int32Type>()?;
    let observed_at = columns.all::<Int64Type>()?;
    let address = columns.all::<ByteArrayType>()?;
    let lon = columns.all::<Int32Type>()?;
    let lat = columns.all::<Int32Type>()?;
    let baro = columns.some::<Int32Type>()?;
    let ellipsoid = columns.some::<Int32Type>()?;
    let speed = columns.some::<Int64Type>()?;
    let track = columns.some::<Int32Type>()?;
    let climb = columns.some::<Int32Type>()?;
    let callsign = columns.some::<ByteArrayType>()?;
    let nic = columns.some::<Int32Type>()?;
    let nac_p = columns.some::<Int32Type>()?;
    let nuc_p = columns.some::<Int32Type>()?;
    let on_ground = columns.all::<BoolType>()?;
    let point = |n: usize| {
        let point = TrackPoint {
            observed_at: Instant::from_micros(observed_at[n]),
            address: Address::parse(address[n].as_utf8().ok()?)?,
            position: Position::from_e7(lon[n], lat[n]).ok()?,
            altitude_baro: baro[n].map(AltitudeBaro::from_cm),
            altitude_ellipsoid: ellipsoid[n].map(AltitudeEllipsoid::from_cm),
            ground_speed_cm_s: fits(speed[n])?,
            track_cdeg: fits(track[n])?,
            vertical_rate_cm_s: climb[n],
            callsign: match &callsign[n] {
                Some(sign) => Some(Callsign::parse(sign.as_utf8().ok()?)?),
                None => None,
            },
            quality: PositionQuality {
                nic: fits(nic[n])?,
                nac_p: fits(nac_p[n])?,
                nuc_p: fits(nuc_p[n])?,
            },
            on_ground: on_ground[n],
            locator: Locator::default(),
        };
        Some((u64::try_from(leaf[n]).ok()?, u32::try_from(row[n]).ok()?, point))
    };
    (0..rows).map(|n| point(n).ok_or_else(no_such_table)).collect()
}

/// The columns of a row group, one after the other.
struct Columns<'a> {
    group: &'a dyn RowGroupReader,
    rows: usize,
    next: usize,
}

impl Columns<'_> {
    fn all<T: DataType>(&mut self) -> Result<Vec<T::T>, ParquetError> {
        let (values, levels) = self.fetch::<T>()?;
        let is_whole = values.len() == self.rows && levels.is_empty();
        if is_whole { Ok(values) } else { Err(no_such_table()) }
    }

    fn some<T: DataType>(&mut self) -> Result<Vec<Option<T::T>>, ParquetError> {
        let (values, levels) = self.fetch::<T>()?;
        let there = levels.iter().filter(|&&level| level == 1).count();
        if levels.len() != self.rows || values.len() != there {
            return Err(no_such_table());
        }
        let mut values = values.into_iter();
        Ok(levels.iter().map(|&level| if level == 1 { values.next() } else { None }).collect())
    }

    fn fetch<T: DataType>(&mut self) -> Result<(Vec<T::T>, Vec<i16>), ParquetError> {
        let reader = column_reader(self.group, self.next)?;
        self.next += 1;
        let mut reader = get_typed_column_reader::<T>(reader);
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let mut read = 0;
        while read < self.rows {
            let more = self.rows - read;
            let (records, _, _) =
                reader.read_records(more, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                return Err(no_such_table());
            }
            read += records;
        }
        Ok((values, levels))
    }
}

/// The outer option is whether it fits.
fn fits<T, U: TryFrom<T>>(value: Option<T>) -> Option<Option<U>> {
    match value {
        None => Some(None),
        Some(value) => U::try_from(value).ok().map(Some),
    }
}

fn no_such_table() -> ParquetError {
    ParquetError::General("it is not laid out as rows of segments".into())
}
