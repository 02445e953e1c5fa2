//! The flight in `tests/data/flight`: raw frames with somebody else's decode of each, which
//! the feed must not look at and must agree with.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use intake::adsb::{CPR_NO_PAIR, CPR_NO_REFERENCE};
use intake::jsonl_frames::JsonlFrames;
use intake::{Batch, Feed, Options, Rejection, Tally};

use agreement::track::TrackPoint;
use spacetime::Position;

/// The bundled excerpt, or the whole flight when `ARMISTICE_FLIGHT` names it.
fn flight() -> PathBuf {
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/flight/flight.jsonl.gz");
    std::env::var_os("ARMISTICE_FLIGHT").map_or_else(|| bundled.into(), PathBuf::from)
}

fn open() -> impl BufRead {
    BufReader::new(GzDecoder::new(File::open(flight()).unwrap()))
}

fn decode(region: Option<Position>) -> (Vec<TrackPoint>, Vec<Rejection>) {
    let mut feed = JsonlFrames::new(open(), Options { region, ..Options::default() });
    let (mut points, mut rejections, mut batch) = (Vec::new(), Vec::new(), Batch::default());
    while feed.read(&mut batch).unwrap() {
        points.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
    }
    (points, rejections)
}

/// What the file's own decode says, by line: longitude, latitude, height in feet.
fn theirs() -> BTreeMap<u64, (f64, f64, Option<f64>)> {
    let lines = open().lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
    let position = |line: serde_json::Value| {
        let (lon, lat) = (line["longitude"].as_f64()?, line["latitude"].as_f64()?);
        Some((lon, lat, line["altitude"].as_f64()))
    };
    (1..).zip(lines).filter_map(|(n, line)| Some((n, position(line)?))).collect()
}

fn france() -> Option<Position> {
    Position::from_degrees(2.0, 46.0).ok()
}

#[test]
fn every_position_is_where_an_independent_decode_puts_it() {
    let theirs = theirs();
    let (points, rejections) = decode(france());
    for point in &points {
        let (lon, lat, altitude) = theirs[&point.locator.record];
        let place = point.position;
        assert!((place.lon_degrees() - lon).abs() <= 1e-6, "{point:?}");
        assert!((place.lat_degrees() - lat).abs() <= 1e-6, "{point:?}");
        let feet = point.altitude_baro.map(|height| f64::from(height.cm()) / 30.48);
        assert_eq!(feet.map(f64::round), altitude, "{point:?}");
        assert_eq!(point.on_ground, altitude.is_none());
    }
    // The other decode had the frames that were cut out, and starts from an airport it was
    // told; ours waits for the first pair.
    assert_eq!(points.len() + rejections.len(), theirs.len());
    assert!(rejections.iter().all(|r| r.code == &CPR_NO_PAIR), "{rejections:?}");
    assert!(rejections.len() <= 6, "{rejections:?}");
}

#[test]
fn without_a_region_positions_on_the_ground_before_the_flight_are_rejected_with_that_advice() {
    let (points, rejections) = decode(None);
    let mut tally = Tally::default();
    rejections.iter().for_each(|r| tally.count(r));
    assert!(tally.of(&CPR_NO_REFERENCE) > 0);
    assert!(CPR_NO_REFERENCE.repair.contains("region"));
    assert!(!points[0].on_ground && points.iter().any(|point| point.on_ground));
}

#[test]
fn what_other_messages_say_is_carried_into_positions() {
    let (points, _) = decode(france());
    let approach = points.iter().rfind(|point| !point.on_ground).unwrap();
    assert_eq!(approach.callsign.unwrap().to_string(), "AFR34ZG");
    assert!(approach.ground_speed_cm_s.is_some() && approach.vertical_rate_cm_s.is_some());
    assert_eq!(approach.quality.nuc_p, Some(7));
    assert_eq!(approach.altitude_ellipsoid, None, "the type code leaves the reference open");
}
