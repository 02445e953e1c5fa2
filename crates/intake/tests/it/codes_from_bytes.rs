//! Codes of rejection that real input seldom provokes, each from bytes that do.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use agreement::track::TrackPoint;
use bytes::Bytes;
use intake::adsb::cpr::{Encoded, Kind, PairFault, Parity, from_pair};
use intake::avr::Avr;
use intake::limits::{DOCUMENT_BYTES_MAX, INPUTS_MAX};
use intake::merge::{MergeOptions, Merged, Source};
use intake::readsb::Readsb;
use intake::state_vectors_parquet::StateVectorsParquet;
use intake::{Batch, Feed, Options, Rejection};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

fn codes(mut feed: impl Feed<TrackPoint>) -> Vec<&'static str> {
    let mut codes = Vec::new();
    let mut batch = Batch::default();
    while feed.read(&mut batch).unwrap() {
        codes.extend(batch.rejections.iter().map(|why: &Rejection| why.code.name));
    }
    codes
}

/// The last 24 bits of an extended squitter (ICAO Annex 10 Vol. IV §3.1.2.3.3).
fn parity_of(frame: &[u8]) -> u32 {
    frame.iter().fold(0, |mut rest: u32, &byte| {
        rest ^= u32::from(byte) << 16;
        for _ in 0..8 {
            let carry = rest & 0x80_0000 != 0;
            rest = (rest << 1) & 0xff_ffff;
            rest ^= if carry { 0xff_f409 } else { 0 };
        }
        rest
    })
}

/// An AVR line heard some seconds after the counter began, with a message of 56 bits.
fn squitter(second: u64, message: u64) -> String {
    let mut frame = vec![0x8d, 0x4c, 0xa2, 0x51];
    frame.extend_from_slice(&message.to_be_bytes()[1..]);
    let parity = parity_of(&frame);
    frame.extend_from_slice(&parity.to_be_bytes()[1..]);
    let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("@{:012x}{hex};\n", second * 12_000_000)
}

fn heard(lines: &[String]) -> Vec<&'static str> {
    let clock = "first=2024-07-06T06:00:00Z".parse().ok();
    codes(Avr::new(lines.concat().as_bytes(), Options { clock, ..Options::default() }))
}

/// An airborne position of type code 11 at 38,000 ft (DO-260B §2.2.3.2.3).
fn position(report: Encoded) -> u64 {
    let odd = u64::from(report.parity == Parity::Odd);
    11 << 51 | 0xc38 << 36 | odd << 34 | u64::from(report.lat) << 17 | u64::from(report.lon)
}

/// A place in the air as it is sent (DO-260B §A.1.7.3), south of 87 degrees.
fn encoded(parity: Parity, lat: f64, lon: f64) -> Encoded {
    let odd = if parity == Parity::Odd { 1.0 } else { 0.0 };
    let fraction = |degrees: f64, zones: f64| {
        let zone = degrees.rem_euclid(360.0 / zones) * zones / 360.0;
        (zone * 131_072.0).round() as u32 % 131_072
    };
    let zones = (2.0 * std::f64::consts::PI
        / (1.0 - (1.0 - (std::f64::consts::PI / 30.0).cos()) / lat.to_radians().cos().powi(2))
            .acos())
    .floor();
    Encoded {
        kind: Kind::Airborne,
        parity,
        lat: fraction(lat, 60.0 - odd),
        lon: fraction(lon, zones - odd),
    }
}

#[test]
fn a_message_whose_fields_contradict_its_type_code_is_said_to() {
    // Operational status (type code 31) with capability bits that are reserved.
    let status = 31 << 51 | 0xffff_ffff_ffff;
    assert_eq!(heard(&[squitter(0, status)]), ["undecodable-message"]);
}

#[test]
fn a_pair_that_decodes_to_no_latitude_is_said_to() {
    let report = |parity, lat| Encoded { kind: Kind::Airborne, parity, lat, lon: 1000 };
    let (even, odd) = (0..131_072_u32)
        .step_by(64)
        .map(|lat| (report(Parity::Even, lat), report(Parity::Odd, 131_071 - lat)))
        .find(|&(even, odd)| from_pair(odd, even, None) == Err(PairFault::OffGlobe))
        .expect("some pairs lie beyond a pole");
    let lines = [squitter(0, position(even)), squitter(1, position(odd))];
    assert_eq!(heard(&lines), ["cpr-no-pair", "cpr-off-globe"]);
}

#[test]
fn a_pair_that_no_aircraft_could_have_reached_is_said_to() {
    let at = |second, parity, lat| squitter(second, position(encoded(parity, lat, 3.9)));
    let lines = [
        at(0, Parity::Even, 52.2),
        at(1, Parity::Odd, 52.2),
        at(2, Parity::Even, 44.2),
        at(3, Parity::Odd, 44.2),
        at(4, Parity::Even, 52.2),
        at(5, Parity::Odd, 52.2),
    ];
    let told = heard(&lines);
    assert!(told.contains(&"cpr-implausible"), "{told:?}");
}

#[test]
fn a_column_of_another_type_refuses_the_table() {
    let schema = "message tracks { REQUIRED INT64 timestamp; REQUIRED BYTE_ARRAY icao24 (STRING);
        REQUIRED BYTE_ARRAY latitude (STRING); REQUIRED DOUBLE longitude; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let bytes = Bytes::from(writer.into_inner().unwrap());
    let refused = StateVectorsParquet::new(bytes, Options::default()).err().unwrap();
    assert_eq!((refused.code.name, refused.pointer.as_deref()), ("column-type", Some("latitude")));
    assert_eq!(refused.locator.record, 0);
}

#[test]
fn a_document_past_the_limit_is_refused_unread() {
    let endless = std::io::repeat(b' ').take(DOCUMENT_BYTES_MAX as u64 + 1);
    assert_eq!(codes(Readsb::new(endless, Options::default())), ["document-too-long"]);
    let longest = std::io::repeat(b' ').take(DOCUMENT_BYTES_MAX as u64);
    assert_eq!(codes(Readsb::new(longest, Options::default())), [""; 0]);
}

#[test]
fn inputs_past_the_limit_are_refused_and_the_others_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "timestamp,icao24,latitude,longitude\n100,4ca251,50,30\n").unwrap();
    let path = Arc::new(file.into_temp_path());
    let sources = (0..=INPUTS_MAX).map(|n| {
        let path = path.clone();
        Source { name: n.to_string(), open: Box::new(move || File::open(&*path)) }
    });
    let mut merged = Merged::new(sources.collect(), &MergeOptions::default()).unwrap();
    assert_eq!(merged.inputs()[0].copies as usize, INPUTS_MAX - 1);
    let mut batch = Batch::default();
    let (mut points, mut told) = (0, Vec::new());
    while merged.read(&mut batch).unwrap() {
        points += batch.items.len();
        told.extend(batch.rejections.iter().map(|why| why.code.name));
    }
    assert_eq!((points, told), (1, vec!["too-many-inputs"]));
}
