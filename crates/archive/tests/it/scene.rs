//! Segments to put into containers, and the record that knows of them.

use agreement::statement::body::{FeedName, TrackSegment};
use agreement::track::{Address, Callsign, PositionQuality};
use agreement::{Digest, SensorId, TrackPoint};
use archive::{Kept, OnRecord};
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

/// A row with every column said, or with none that may be left out.
fn row(n: i32) -> TrackPoint {
    let at = Instant::from_micros(1_714_557_600_000_000 + i64::from(n) * 487_113);
    let address = if n % 5 == 0 { Address::other(n as u32) } else { Address::icao(0x39_3322) };
    let position = Position::from_e7(23_000_000 + n * 971, 488_000_000 - n * 313).unwrap();
    let bare = TrackPoint::new(at, address, position);
    if n % 3 == 0 {
        return bare;
    }
    TrackPoint {
        altitude_baro: Some(AltitudeBaro::from_cm(304_800 - n)),
        altitude_ellipsoid: (n % 2 == 0).then(|| AltitudeEllipsoid::from_cm(-40 + n)),
        ground_speed_cm_s: Some(u32::MAX - n as u32),
        track_cdeg: Some(35_999),
        vertical_rate_cm_s: Some(-256 * n),
        callsign: Callsign::parse("AFR62RT"),
        quality: PositionQuality { nic: Some(8), nac_p: Some(9), nuc_p: None },
        on_ground: n % 7 == 0,
        ..bare
    }
}

/// The segment under a leaf, of so many rows.
pub(crate) fn segment(leaf: u64, rows: i32) -> Kept {
    let feed = FeedName {
        began_at: Instant::from_micros(1_714_557_600_000_000),
        digest: Digest::of_bytes(b"frames"),
        sensor: SensorId::new("receiver"),
    };
    let first = leaf as i32 * 100;
    let rows = (first..first + rows).map(row).collect();
    let row_secret = *Digest::of_bytes(&leaf.to_be_bytes()).as_bytes();
    let segment = TrackSegment { feed, part: leaf, row_secret, rows };
    let statement = Digest::of_bytes(format!("statement {leaf}").as_bytes());
    Kept { leaf, statement, salt: [leaf as u8; 32], corrects: leaf % 4 == 2, segment }
}

/// What the record says of segments.
pub(crate) fn on_record(segments: &[Kept]) -> impl Fn(u64) -> Option<OnRecord> {
    let said: Vec<(u64, OnRecord)> = segments
        .iter()
        .map(|kept| {
            let said = OnRecord {
                statement: kept.statement,
                commitment: kept.commitment().unwrap(),
                root: kept.segment.said().unwrap(),
                is_erased: false,
            };
            (kept.leaf, said)
        })
        .collect();
    move |leaf| said.iter().find(|(at, _)| *at == leaf).map(|(_, said)| *said)
}
