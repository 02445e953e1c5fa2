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

/// A file of pairs that is being written. The same pairs give the same bytes, however many are
/// handed over at a time.
pub struct PairsWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    /// Pairs of the row group to come. Parquet's unsigned columns hold the bits of signed ones.
    points: Vec<i64>,
    zones: Vec<i32>,
    group_pairs: usize,
}

impl<W: Write + Send> PairsWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(out: W) -> Result<Self, PairsFault> {
        Self::in_groups_of(GROUP_PAIRS, out)
    }

    fn in_groups_of(group_pairs: usize, out: W) -> Result<Self, PairsFault> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        // Points ascend in small steps.
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("armistice".to_owned())
            .set_column_encoding("point".into(), Encoding::DELTA_BINARY_PACKED)
            .set_column_dictionary_enabled("point".into(), false)
            .build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
        Ok(Self { file, points: Vec::new(), zones: Vec::new(), group_pairs })
    }

    /// Adds pairs, in the order they stand in.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&mut self, pairs: &Pairs) -> Result<(), PairsFault> {
        let (mut points, mut zones) = (&pairs.points[..], &pairs.zones[..]);
        while !points.is_empty() {
            let room = (self.group_pairs - self.points.len()).min(points.len());
            let (some, rest) = points.split_at(room);
            self.points.extend(some.iter().map(|&point| point.cast_signed()));
            points = rest;
            let (some, rest) = zones.split_at(room);
            self.zones.extend(some.iter().map(|&zone| zone.cast_signed()));
            zones = rest;
            if self.points.len() == self.group_pairs {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), PairsFault> {
        let mut group = self.file.next_row_group()?;
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int64Type>().write_batch(&self.points, None, None)?;
            column.close()?;
        }
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int32Type>().write_batch(&self.zones, None, None)?;
            column.close()?;
        }
        group.close()?;
        self.points.clear();
        self.zones.clear();
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(mut self) -> Result<(), PairsFault> {
        if !self.points.is_empty() {
            self.write_group()?;
        }
        self.file.close()?;
        Ok(())
    }
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
        let mut writer = PairsWriter::new(&written).unwrap();
        writer.write(&pairs).unwrap();
        writer.finish().unwrap();
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

    #[test]
    fn however_many_pairs_come_at_a_time_the_bytes_are_the_same() {
        let count = 10_000_usize;
        let points = (0..count as u64).map(|n| n / 3).collect();
        let zones = (0..count as u32).map(|n| n % 7).collect();
        let all = Pairs { points, zones, off_globe: 0 };
        let written = |at_once: usize| {
            let mut bytes = Vec::new();
            let mut writer = PairsWriter::in_groups_of(900, &mut bytes).unwrap();
            for (points, zones) in all.points.chunks(at_once).zip(all.zones.chunks(at_once)) {
                let (points, zones) = (points.to_vec(), zones.to_vec());
                writer.write(&Pairs { points, zones, off_globe: 0 }).unwrap();
            }
            writer.finish().unwrap();
            bytes
        };
        assert!(written(count) == written(777));
    }
}
