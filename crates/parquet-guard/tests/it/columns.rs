use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet_guard::{column_reader, cost, footer};

const ROWS: usize = 48;
const COLUMNS: usize = 5;

/// Five columns, one of each type that can be encoded in more than one way, with gaps.
fn table(version: WriterVersion, encoding: Option<Encoding>) -> Vec<u8> {
    let schema =
        "message table { OPTIONAL INT32 a; REQUIRED INT64 b; OPTIONAL DOUBLE c; OPTIONAL BOOLEAN d;
        OPTIONAL BYTE_ARRAY e; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_data_page_row_count_limit(20)
        .set_write_batch_size(10)
        .set_dictionary_enabled(encoding.is_none())
        .set_column_encoding("e".into(), Encoding::PLAIN);
    for column in ["a", "b"] {
        properties =
            properties.set_column_encoding(column.into(), encoding.unwrap_or(Encoding::PLAIN));
    }
    let mut file =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    let mut group = file.next_row_group().unwrap();
    let is_there = |n: usize| !n.is_multiple_of(7) && n % 16 > 3;
    let some = |n: &usize| is_there(*n);
    let rows = 0..ROWS;
    let levels: Vec<i16> = rows.clone().map(|n| i16::from(is_there(n))).collect();
    let small: Vec<i32> = rows.clone().filter(some).map(|n| (n * n % 97) as i32 - 40).collect();
    let large: Vec<i64> = rows.clone().map(|n| (n as i64) << (n % 50)).collect();
    let real: Vec<f64> = rows.clone().filter(some).map(|n| (n % 5) as f64 / 3.0).collect();
    let flags: Vec<bool> = rows.filter(some).map(|n| n.is_multiple_of(3)).collect();
    let texts: Vec<ByteArray> = small
        .iter()
        .map(|n| ByteArray::from(&*"x".repeat(n.unsigned_abs() as usize % 4)))
        .collect();
    put::<Int32Type>(&mut group, &small, Some(&levels));
    put::<Int64Type>(&mut group, &large, None);
    put::<DoubleType>(&mut group, &real, Some(&levels));
    put::<BoolType>(&mut group, &flags, Some(&levels));
    put::<ByteArrayType>(&mut group, &texts, Some(&levels));
    group.close().unwrap();
    file.into_inner().unwrap()
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, None).unwrap();
    column.close().unwrap();
}

/// Every value of every column, as text, by the guarded readers or by the crate's own.
fn read(bytes: Vec<u8>, guarded: bool) -> Result<Vec<String>, ParquetError> {
    let refused = |what: &str| ParquetError::General(what.to_owned());
    let bytes = Bytes::from(bytes);
    footer::check(&bytes).ok_or_else(|| refused("footer"))?;
    let file = SerializedFileReader::new(bytes.clone())?;
    if file.metadata().file_metadata().schema_descr().num_columns() != COLUMNS {
        return Err(refused("columns"));
    }
    let mut all = Vec::new();
    for number in 0..file.num_row_groups() {
        cost::check(&bytes, file.metadata().row_group(number), &[0, 1, 2, 3, 4])
            .map_err(|_| refused("cost"))?;
        let group = file.get_row_group(number)?;
        for place in 0..COLUMNS {
            let reader = if guarded {
                column_reader(&*group, place)
            } else {
                group.get_column_reader(place)
            };
            all.push(match reader? {
                ColumnReader::Int32ColumnReader(column) => drain(column)?,
                ColumnReader::Int64ColumnReader(column) => drain(column)?,
                ColumnReader::DoubleColumnReader(column) => drain(column)?,
                ColumnReader::BoolColumnReader(column) => drain(column)?,
                ColumnReader::ByteArrayColumnReader(column) => drain(column)?,
                _ => return Err(refused("type")),
            });
        }
    }
    Ok(all)
}

fn drain<T: DataType>(mut column: ColumnReaderImpl<T>) -> Result<String, ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for _ in 0..=ROWS {
        let (rows, _, _) = column.read_records(ROWS, Some(&mut levels), None, &mut values)?;
        if rows == 0 {
            break;
        }
    }
    Ok(format!("{values:?} {levels:?}"))
}

fn tables() -> Vec<Vec<u8>> {
    let encodings = [
        None,
        Some(Encoding::PLAIN),
        Some(Encoding::DELTA_BINARY_PACKED),
        Some(Encoding::BYTE_STREAM_SPLIT),
    ];
    let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    versions
        .iter()
        .flat_map(|&version| encodings.map(|encoding| table(version, encoding)))
        .collect()
}

#[test]
fn what_a_writer_makes_is_read_as_the_crate_reads_it() {
    for table in tables() {
        let guarded = read(table.clone(), true).unwrap();
        assert_eq!(guarded.len(), COLUMNS);
        assert_eq!(guarded, read(table, false).unwrap());
    }
}

#[test]
fn no_changed_byte_makes_the_crate_panic() {
    for table in tables() {
        let footer = footer::length(&Bytes::from(table.clone())).unwrap() as usize + 8;
        for at in 0..table.len() {
            // The footer is the larger part, and has a walk of its own.
            let changes = [0xff, 0x80, table[at] ^ 1];
            let is_page = at < table.len() - footer;
            for &changed in if is_page { &changes[..] } else { &changes[at % 3..][..1] } {
                let mut bytes = table.clone();
                bytes[at] = changed;
                let read = catch_unwind(AssertUnwindSafe(|| drop(read(bytes, true))));
                assert!(read.is_ok(), "byte {at} of {} became {changed}", table.len());
            }
        }
    }
}
