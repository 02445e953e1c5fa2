//! Bodies: nothing is lost, and nothing that is not there is read.

use agreement::statement::body::TrackSegment;
use agreement::statement::claim::Place;
use agreement::statement::said::{Nothing, SegmentRoot};
use agreement::statement::{Body, Claim, Kind, Said, body};
use agreement::track::{Address, Callsign, PositionQuality};
use agreement::{DeviceId, Digest, TrackPoint};
use proptest::prelude::*;
use serde_json::{Value, json};
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

use super::documented::bodies;
use super::key;

fn value_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Every member of every body, spoilt in turn.
#[test]
fn a_member_that_is_not_known_or_has_another_type_is_refused() {
    for (kind, bytes) in bodies() {
        let good = value_of(&bytes);
        let mut more = good.clone();
        more["not_a_field"] = json!(1);
        let why = Body::from_json(&kind, more).unwrap_err();
        assert!(["unknown-field", "bad-value"].contains(&why.code.name), "{kind}: {why}");
        for name in good.as_object().unwrap().keys() {
            for wrong in [json!(null), json!({"x": [1]}), json!([[{}]]), json!(-1)] {
                let mut spoilt = good.clone();
                spoilt[name] = wrong;
                let Err(why) = Body::from_json(&kind, spoilt) else {
                    panic!("{kind}: {name} was read")
                };
                let coordinate = why.to_string().contains("36");
                assert!(why.pointer.starts_with(&format!("/{name}")) && !coordinate, "{why}");
            }
        }
    }
}

#[test]
fn a_body_of_one_kind_is_not_read_as_another() {
    for (kind, bytes) in bodies() {
        for other in Kind::ALL.iter().filter(|other| **other != kind) {
            // Records of text alone may look alike.
            if let Ok(read) = Body::parse(other, &bytes) {
                panic!("a {kind} was read as {read:?}");
            }
        }
    }
}

fn claim(kind: &Kind, bytes: &[u8]) -> Option<Claim> {
    let body = Body::parse(kind, bytes).unwrap();
    let said = match (&body, kind) {
        (Body::TrackSegment(segment), _) => Said::TrackSegment(segment.said().unwrap()),
        (_, Kind::Report) => Said::Report(Nothing {}),
        (_, Kind::Notification) => Said::Notification(Nothing {}),
        _ => return None,
    };
    let device = DeviceId::new("us-1").unwrap();
    Claim::sign(device, &key(1), Place::default(), None, &said, Some((&body, [7; 32]))).ok()
}

#[test]
fn a_claim_reads_back_and_brings_no_other_body() {
    let claims: Vec<Claim> =
        bodies().iter().filter_map(|(kind, bytes)| claim(kind, bytes)).collect();
    assert_eq!(claims.len(), 5);
    for claim in claims {
        let line = claim.to_line();
        assert_eq!(Claim::parse(&line).unwrap(), claim);
        let refused = |pointer: &str, value: Value| {
            let mut spoilt = value_of(&line);
            *spoilt.pointer_mut(pointer).unwrap() = value;
            Claim::parse(spoilt.to_string().as_bytes()).unwrap_err().code.name
        };
        assert_eq!(refused("/salt", json!("08".repeat(32))), "commitment-differs");
        assert_eq!(refused("/body", json!({})), "commitment-differs");
        let mut without = value_of(&line);
        without.as_object_mut().unwrap().remove("body");
        let why = Claim::parse(without.to_string().as_bytes()).unwrap_err();
        assert_eq!(why.code.name, "body-without-salt");
        without.as_object_mut().unwrap().remove("salt");
        let why = Claim::parse(without.to_string().as_bytes()).unwrap_err();
        assert_eq!(why.code.name, "body-not-sent");
    }
}

#[test]
fn a_segment_whose_header_gives_another_root_is_refused() {
    let (_, bytes) = bodies().into_iter().find(|(kind, _)| *kind == Kind::TrackSegment).unwrap();
    let body = Body::parse(&Kind::TrackSegment, &bytes).unwrap();
    let said = Said::TrackSegment(SegmentRoot { root: Digest::of_bytes(b"other"), rows: 2 });
    let device = DeviceId::new("us-1").unwrap();
    let sealed = Some((&body, [7; 32]));
    let claim = Claim::sign(device, &key(1), Place::default(), None, &said, sealed).unwrap();
    assert_eq!(Claim::parse(&claim.to_line()).unwrap_err().code.name, "body-not-as-said");
}

fn any_row() -> impl Strategy<Value = TrackPoint> {
    let motion = (
        proptest::option::of(any::<u32>()),
        proptest::option::of(0..36_000_u16),
        proptest::option::of(any::<i32>()),
    );
    let said = (
        proptest::option::of("[A-Z0-9]{1,8}"),
        proptest::option::of(0..12_u8),
        proptest::option::of(0..12_u8),
        proptest::option::of(0..10_u8),
    );
    let heights = (proptest::option::of(any::<i32>()), proptest::option::of(any::<i32>()));
    let at = (-4_000_000_000_000_000_i64..4_000_000_000_000_000, any::<u32>(), any::<bool>());
    let place = (-1_799_999_999..1_799_999_999_i32, -900_000_000..=900_000_000_i32);
    (at, place, heights, motion, said, any::<bool>()).prop_map(
        |((at, bits, icao), (lon, lat), heights, motion, said, on_ground)| {
            let address = if icao { Address::icao(bits) } else { Address::other(bits) };
            let position = Position::from_e7(lon, lat).unwrap();
            let (sign, nic, nac_p, nuc_p) = said;
            TrackPoint {
                altitude_baro: heights.0.map(AltitudeBaro::from_cm),
                altitude_ellipsoid: heights.1.map(AltitudeEllipsoid::from_cm),
                ground_speed_cm_s: motion.0,
                track_cdeg: motion.1,
                vertical_rate_cm_s: motion.2,
                callsign: sign.and_then(|sign| Callsign::parse(&sign)),
                quality: PositionQuality { nic, nac_p, nuc_p },
                on_ground,
                ..TrackPoint::new(Instant::from_micros(at), address, position)
            }
        },
    )
}

fn segment(rows: Vec<TrackPoint>) -> TrackSegment {
    let feed = body::FeedName {
        began_at: Instant::from_micros(0),
        digest: Digest::of_bytes(b"feed"),
        sensor: None,
    };
    TrackSegment { feed, part: 3, row_secret: [9; 32], rows }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_segment_reads_back_to_the_last_bit(rows in prop::collection::vec(any_row(), 0..40)) {
        let body = Body::TrackSegment(segment(rows));
        let bytes = body.canonical().unwrap();
        prop_assert_eq!(Body::parse(&Kind::TrackSegment, &bytes).unwrap(), body);
    }

    #[test]
    fn one_row_can_be_shown_alone_and_no_other_in_its_place(
        rows in prop::collection::vec(any_row(), 1..40),
        at in any::<prop::sample::Index>(),
    ) {
        let segment = segment(rows);
        let said = segment.said().unwrap();
        let at = at.index(segment.rows.len());
        let shown = segment.show(at).unwrap().unwrap();
        let handed_on = serde_json::to_vec(&shown.to_json()).unwrap();
        let shown = body::ShownRow::parse(&handed_on).unwrap();
        prop_assert_eq!(shown.row, segment.rows[at]);
        prop_assert!(shown.check(&said).is_ok());
        let mut other = shown.clone();
        other.row.on_ground = !other.row.on_ground;
        prop_assert!(other.check(&said).is_err());
        let salted = body::ShownRow { salt: [0; 32], ..shown.clone() };
        prop_assert!(salted.check(&said).is_err());
        let elsewhere = body::ShownRow { number: shown.number + 1, ..shown };
        prop_assert!(elsewhere.check(&said).is_err());
        prop_assert!(segment.show(segment.rows.len()).unwrap().is_none());
    }
}
