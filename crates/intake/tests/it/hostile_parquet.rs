//! Parquet files that would take more to decode than may be held.

use std::sync::Arc;

use bytes::Bytes;
use intake::state_vectors_parquet::StateVectorsParquet;
use intake::{Batch, Feed as _, Options, Rejection};
use parquet::basic::{Compression, Encoding};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A table of row groups, each of so many rows that `row` gives: second, latitude.
fn table(
    properties: WriterPropertiesBuilder,
    groups: &[usize],
    row: impl Fn(usize) -> (i64, f64),
) -> Vec<u8> {
    let schema = "message tracks { REQUIRED INT64 timestamp; REQUIRED BYTE_ARRAY icao24 (STRING);
        REQUIRED DOUBLE latitude; REQUIRED DOUBLE longitude; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    for &rows in groups {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let times: Vec<i64> = (0..rows).map(|n| row(n).0).collect();
        column.typed::<Int64Type>().write_batch(&times, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let names = vec![ByteArray::from("4ca251"); rows];
        column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
        column.close().unwrap();
        for _ in 0..2 {
            let mut column = group.next_column().unwrap().unwrap();
            let degrees: Vec<f64> = (0..rows).map(|n| row(n).1).collect();
            column.typed::<DoubleType>().write_batch(&degrees, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// Points read, and what is said of the rest.
fn read(bytes: Vec<u8>) -> (usize, Vec<Rejection>) {
    let mut feed = StateVectorsParquet::new(Bytes::from(bytes), Options::default()).unwrap();
    let (mut points, mut rejections, mut batch) = (0, Vec::new(), Batch::default());
    while feed.read(&mut batch).unwrap() {
        points += batch.items.len();
        rejections.append(&mut batch.rejections);
    }
    (points, rejections)
}

fn told(rejections: &[Rejection]) -> Vec<(u64, &'static str)> {
    rejections.iter().map(|why| (why.locator.record, why.code.name)).collect()
}

/// Degrees that no packing makes small.
fn scattered(n: usize) -> f64 {
    (n as f64 * 0.618_033_988_749_895).fract() * 80.0
}

#[test]
fn a_real_table_of_a_million_rows_is_within_the_limits() {
    let rows = 1 << 18;
    let bytes = table(WriterProperties::builder(), &[rows, rows], |n| (n as i64, scattered(n)));
    let (points, rejections) = read(bytes);
    assert_eq!((points, told(&rejections)), (2 * rows, vec![]));
}

#[test]
fn a_row_group_of_pages_past_the_limit_costs_no_other() {
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(usize::MAX)
        .set_data_page_row_count_limit(usize::MAX)
        .set_write_batch_size(usize::MAX);
    let large = 1_000_000;
    let (points, rejections) =
        read(table(properties, &[10, large, 20], |n| (n as i64, scattered(n))));
    assert_eq!((points, told(&rejections)), (30, vec![(11, "row-group-too-large")]));
}

#[test]
fn a_page_that_says_it_unpacks_to_a_gigabyte_is_not_unpacked() {
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_compression(Compression::SNAPPY)
        .set_data_page_size_limit(4 << 20)
        .set_data_page_row_count_limit(usize::MAX);
    let mut bytes = table(properties, &[150_000], |n| (n as i64, scattered(n)));
    let file = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
    let (start, _) = file.metadata().row_group(0).column(2).byte_range();
    // The head's second field: how many bytes the page unpacks to, a varint of 4 bytes here.
    let head = &mut bytes[start as usize..];
    assert_eq!(head[..3], [0x15, 0x00, 0x15]);
    assert!(head[3..6].iter().all(|byte| byte & 0x80 != 0) && head[6] & 0x80 == 0);
    head[3..7].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
    let (points, rejections) = read(bytes);
    assert_eq!((points, told(&rejections)), (0, vec![(1, "row-group-too-large")]));
}

#[test]
fn rows_that_a_few_bytes_stand_for_are_not_counted_out() {
    let (points, rejections) =
        read(table(WriterProperties::builder(), &[300_000, 5], |_| (0, 48.0)));
    assert_eq!((points, told(&rejections)), (5, vec![(1, "row-group-swells")]));
}

#[test]
fn text_encoded_as_differences_is_refused_by_name() {
    for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_column_encoding("icao24".into(), encoding);
        let (points, rejections) = read(table(properties, &[100], |n| (n as i64, scattered(n))));
        assert_eq!((points, told(&rejections)), (0, vec![(1, "encoding-unbounded")]));
    }
}

#[test]
fn a_footer_past_the_limit_is_refused_unread() {
    let mut bytes = b"PAR1".to_vec();
    bytes.resize(4 << 20, 0);
    bytes.extend_from_slice(&(3_u32 << 20).to_le_bytes());
    bytes.extend_from_slice(b"PAR1");
    let refused = StateVectorsParquet::new(Bytes::from(bytes), Options::default()).err().unwrap();
    assert_eq!(refused.code.name, "footer-too-large");
}

/// A footer with nothing before it.
fn file(footer: &[u8]) -> Bytes {
    let length = (footer.len() as u32).to_le_bytes();
    Bytes::from([b"PAR1", footer, &length[..], b"PAR1"].concat())
}

#[test]
fn a_footer_that_claims_more_than_it_holds_is_refused_before_room_is_made() {
    const CLAIM: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x07];
    let element: &[u8] = &[0x35, 0, 0x18, 1, b'a'];
    let leaf = [&[0x15, 10, 0x25, 0, 0x18, 1, b'a'], &[0][..]].concat();
    let schema = [&[0x1c][..], element, &[0x15, 0, 0]].concat();
    let start = [0x15, 2, 0x19];
    let end = [0x16, 0, 0x19, 0x0c];
    let deep = 20_000_u32;
    // The same member in each, then one leaf; the count is a varint of three bytes.
    let count = [0xfc, (deep + 1) as u8 | 0x80, ((deep + 1) >> 7) as u8 | 0x80, (deep >> 14) as u8];
    let group = [element, &[0x15, 2, 0]].concat();
    let cases: [(&str, Vec<u8>); 4] = [
        // A list that the crate does not know, of truth values: it counts through all of them.
        ("truths", [&start, &schema[..], &end, &[0xb9, 0xf1], &CLAIM, &[0]].concat()),
        ("row groups", [&start, &schema[..], &[0x16, 0, 0x19, 0xfc], &CLAIM, &[0]].concat()),
        (
            "members",
            [
                &start,
                &[0x2c][..],
                element,
                &[0x15],
                &[0xfe, 0xff, 0xff, 0xff, 0x0f, 0],
                &leaf,
                &end,
                &[0],
            ]
            .concat(),
        ),
        // The crate follows the schema down the stack.
        ("depth", [&start, &count[..], &group.repeat(deep as usize), &leaf, &end, &[0]].concat()),
    ];
    for (name, footer) in cases {
        let refused = StateVectorsParquet::new(file(&footer), Options::default()).err().unwrap();
        assert_eq!(refused.code.name, "not-parquet", "{name}");
    }
}
