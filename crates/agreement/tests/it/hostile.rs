//! Whatever the bytes, the reader says what is wrong and goes on.

use agreement::PackFiles;
use agreement::pack::read;
use agreement::reader::{FAULTS_MAX, OUTLINE_PIECES_MAX};
use proptest::prelude::*;

use crate::small_pack::{AGREEMENT, AREAS, read_texts};

/// Reads, and holds what comes back to what is promised of it.
fn read_bytes(agreement: &[u8], areas: &[u8]) {
    let files = PackFiles {
        agreement_toml: Some(agreement),
        areas_geojson: Some(areas),
        has_sources: false,
    };
    match read(&files) {
        Ok((pack, _)) => assert_eq!(pack.version, read(&files).expect("as before").0.version),
        Err(faults) => {
            assert!((1..=FAULTS_MAX).contains(&faults.len()));
            for fault in faults {
                let told = fault.to_string();
                assert!(!told.chars().any(char::is_control), "{told:?}");
                assert!(!fault.reason.is_empty() && !fault.repair.is_empty(), "{told}");
            }
        }
    }
}

/// A text with one piece of it cut out, doubled or replaced by another piece.
fn spoilt(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let at = 0..text.len();
    let junk = prop_oneof![
        Just(Vec::new()),
        proptest::collection::vec(any::<u8>(), 1..8),
        (0..text.len(), 0_usize..40).prop_map(move |(from, length)| {
            text.as_bytes()[from..(from + length).min(text.len())].to_vec()
        }),
        prop_oneof![
            Just("1e999"),
            Just("-1"),
            Just("[[["),
            Just("\u{202e}"),
            Just("null"),
            Just("\"\""),
            Just("9223372036854775808"),
            Just("nan"),
            Just("2017-03-31T00:30:00"),
            Just("\0"),
        ]
        .prop_map(|word| word.as_bytes().to_vec()),
    ];
    (at, 0_usize..30, junk).prop_map(move |(from, length, junk)| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.splice(from..(from + length).min(text.len()), junk);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_spoilt_agreement_is_read_or_refused(agreement in spoilt(AGREEMENT)) {
        // Areas that cost nothing: the agreement is what is spoilt.
        read_bytes(&agreement, br#"{ "type": "FeatureCollection", "features": [] }"#);
    }

    #[test]
    fn spoilt_areas_are_read_or_refused(areas in spoilt(AREAS)) {
        read_bytes(b"", &areas);
    }
}

#[test]
fn no_more_faults_are_listed_than_anybody_reads() {
    let mut agreement = AGREEMENT.to_owned();
    for n in 0..FAULTS_MAX + 500 {
        agreement += &format!("x{n} = 1\n");
    }
    assert_eq!(read_texts(&agreement, AREAS).unwrap_err().len(), FAULTS_MAX);
}

#[test]
fn circles_past_the_limit_are_refused_and_not_drawn() {
    let circle = |n: i64| {
        let lon = 36.0 + n as f64 * 1e-4;
        format!(
            r#"{{"type": "Feature", "properties": {{"id": "c{n}", "radius_m": 900000}},
                "geometry": {{"type": "Point", "coordinates": [{lon}, 33.0]}}}}"#
        )
    };
    let features: Vec<String> = (0..=OUTLINE_PIECES_MAX).map(circle).collect();
    let areas = format!(r#"{{"type": "FeatureCollection", "features": [{}]}}"#, features.join(","));
    let world = AGREEMENT.replace("west = 35.0", "west = -180.0");
    let faults = read_texts(&world, &areas).unwrap_err();
    let refused: Vec<String> =
        faults.iter().map(ToString::to_string).filter(|told| told.contains("too-many")).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains(&format!("/features/{OUTLINE_PIECES_MAX}")), "{refused:?}");
}

#[test]
fn a_line_that_would_take_minutes_to_buffer_is_refused() {
    let there_and_back: String = (0..OUTLINE_PIECES_MAX / 100)
        .map(|n| if n % 2 == 0 { ", [36.0, 33.0]" } else { ", [-36.0, 33.0]" })
        .collect();
    let road = "[36.6, 33.0], [36.7, 33.1]";
    let long = AREAS.replace(road, &format!("{road}{there_and_back}"));
    let world = AGREEMENT.replace("west = 35.0", "west = -180.0");
    let faults = read_texts(&world, &long).unwrap_err();
    assert_eq!(faults.len(), 1);
    insta::assert_snapshot!(faults[0], @r"areas.geojson#/features/3/geometry too-many: with this area there are more than 500 circles and pieces of lines. Repair: draw some of them as polygons, or split the pack.");
}
