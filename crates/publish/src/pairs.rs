//! Pairs of point and zone as Parquet: `point` (u64) and `zone` (u32), both required.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use spacetime::index::Pairs;

const SCHEMA: &str = "message pairs {
  required int64 point (INTEGER(64,false));
  required int32 zone (INTEGER(32,false));
}";
/// Pairs in one row group.
const GROUP_PAIRS: usize = 1 << 20;

/// Why pairs were not written.
#[derive(Debug, thiserror::Error)]
#[error("the pairs cannot be written")]
pub struct PairsFault(#[from] ParquetError);

/// Writes pairs, in the order they stand in. The same pairs give the same bytes.
///
/// # Errors
/// When the writer fails.
pub fn write_pairs(out: impl Write + Send, pairs: &Pairs) -> Result<(), PairsFault> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    // Points ascend in small steps.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("armistice".to_owned())
        .set_column_encoding("point".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled("point".into(), false)
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    for (points, zones) in pairs.points.chunks(GROUP_PAIRS).zip(pairs.zones.chunks(GROUP_PAIRS)) {
        let mut group = file.next_row_group()?;
        // Parquet's unsigned columns hold the bits of the signed ones.
        let points: Vec<i64> = points.iter().map(|&point| point.cast_signed()).collect();
        let zones: Vec<i32> = zones.iter().map(|&zone| zone.cast_signed()).collect();
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int64Type>().write_batch(&points, None, None)?;
            column.close()?;
        }
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int32Type>().write_batch(&zones, None, None)?;
            column.close()?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    #[test]
    fn pairs_read_back_as_unsigned_columns() {
        let pairs = Pairs { points: vec![0, 7, 7], zones: vec![3, 0, u32::MAX], off_globe: 0 };
        let written = tempfile::tempfile().unwrap();
        write_pairs(&written, &pairs).unwrap();
        let file = SerializedFileReader::new(written).unwrap();
        let rows: Vec<(Field, Field)> = file
            .get_row_iter(None)
            .unwrap()
            .map(|row| {
                let columns = row.unwrap().into_columns();
                (columns[0].1.clone(), columns[1].1.clone())
            })
            .collect();
        assert_eq!(rows[1], (Field::ULong(7), Field::UInt(0)));
        assert_eq!(rows[2], (Field::ULong(7), Field::UInt(u32::MAX)));
    }
}
