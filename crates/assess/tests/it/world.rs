//! A small world to judge in: one pack, one aircraft, times and places easy to reckon with.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use agreement::clause::NoFly;
use agreement::pack::NamedArea;
use agreement::party::AgreementVersion;
use agreement::track::PositionQuality;
use agreement::{
    Address, AreaId, Clause, ClauseId, ClauseKind, ClauseStatus, Digest, Pack, Parameters,
    TrackPoint,
};
use assess::airspace::{Airspace, AirspacePicture, Block, Feed, Setting};
use assess::finding::Audience;
use assess::{RULES_VERSION, Rules};
use spacetime::altitude::AltitudeLimit;
use spacetime::{
    Activation, AltitudeBaro, Area, BoundingBox, Instant, Interval, Polygon, Position, Ring,
};

/// 2017-07-10T00:00:00Z.
pub(crate) const MIDNIGHT_S: i64 = 1_499_644_800;

/// Seconds after [`MIDNIGHT_S`].
pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_micros((MIDNIGHT_S + seconds) * 1_000_000)
}

/// A position by thousandths of a degree (about 94 m east and 111 m north here) from 36 E,
/// 32 N.
pub(crate) fn place(east: i32, north: i32) -> Position {
    Position::from_e7(360_000_000 + east * 10_000, 320_000_000 + north * 10_000).unwrap()
}

/// A box by thousandths of a degree.
pub(crate) fn rectangle(west: i32, south: i32, east: i32, north: i32) -> Area {
    let corners =
        vec![place(west, south), place(east, south), place(east, north), place(west, north)];
    Area::new(vec![Polygon::new(Ring::new(corners).unwrap(), vec![])]).unwrap()
}

/// A level flight eastwards along 32.05 N at 200 thousandths of a degree a minute (about 313
/// m/s), one position a second, good to 93 m.
pub(crate) fn eastward(address: u32, from: i32, seconds: i64) -> Vec<TrackPoint> {
    (0..=seconds)
        .map(|s| {
            let lon = 360_000_000 + from * 10_000 + i32::try_from(s * 200 * 10_000 / 60).unwrap();
            let position = Position::from_e7(lon, 320_500_000).unwrap();
            let mut point = TrackPoint::new(at(s), Address::icao(address), position);
            point.altitude_baro = AltitudeBaro::from_feet(30_000);
            point.quality = PositionQuality { nac_p: Some(8), ..PositionQuality::default() };
            point.locator.record = u64::try_from(s).unwrap() + 1;
            point
        })
        .collect()
}

/// A `no-fly` clause over `area`, from the ground up unless changed.
pub(crate) fn no_fly() -> NoFly {
    NoFly {
        floor: AltitudeLimit::Ground,
        ceiling: AltitudeLimit::Unlimited,
        activation: Activation::always(),
        binds: BTreeSet::new(),
    }
}

/// A pack with one adopted clause over one area.
pub(crate) fn pack(area: Area, rule: NoFly) -> Pack {
    let (area_id, clause_id) = (AreaId::new("box").unwrap(), ClauseId::new("quiet-sky").unwrap());
    let named = NamedArea {
        id: area_id.clone(),
        name: "Box".to_owned(),
        pcode: None,
        aliases: vec![],
        area: Arc::new(area),
    };
    let clause = Clause {
        id: clause_id.clone(),
        title: "Quiet sky".to_owned(),
        encodes: "Article 1".to_owned(),
        status: ClauseStatus::Adopted,
        in_force: Interval::ALWAYS,
        areas: BTreeSet::from([area_id.clone()]),
        kind: ClauseKind::NoFly(rule),
    };
    Pack {
        id: "world".to_owned(),
        title: "World".to_owned(),
        time_zone: "Asia/Damascus".to_owned(),
        region: BoundingBox { min: place(-5000, -5000), max: place(5000, 5000) },
        parties: BTreeMap::new(),
        devices: BTreeMap::new(),
        quorums: BTreeMap::new(),
        witness_groups: BTreeMap::new(),
        recipients: BTreeMap::new(),
        sensors: BTreeMap::new(),
        posts: BTreeMap::new(),
        areas: BTreeMap::from([(area_id, named)]),
        places: Vec::new(),
        clauses: BTreeMap::from([(clause_id, clause)]),
        parameters: Parameters::default(),
        version: AgreementVersion(Digest::of_bytes(b"world")),
    }
}

/// Nothing but one unnamed feed.
pub(crate) fn setting() -> Setting {
    Setting {
        feeds: vec![Feed { sensor: None, digest: Digest::of_bytes(b"feed") }],
        authorisations: vec![],
        period: Interval::ALWAYS,
        as_if_adopted: BTreeSet::new(),
        audience: Audience::holder(),
    }
}

/// The rules of this build.
pub(crate) fn rules(pack: &Pack) -> Rules {
    Rules {
        rules_version: RULES_VERSION,
        parameters: pack.parameters.clone(),
        time_zones: spacetime::local_time::time_zone_data_version(),
        libm: "test",
        as_if_adopted: vec![],
    }
}

/// What `points` come to under `pack`, with so many shards.
pub(crate) fn judge(
    pack: &Pack,
    setting: Setting,
    points: &[TrackPoint],
    shards: u32,
) -> AirspacePicture {
    let airspace = Airspace::new(pack, setting, &rules(pack));
    let (mut dispatch, mut all) = airspace.shares(NonZeroU32::new(shards).unwrap());
    // Blocks of 1, 2, 3 ... points in runs of up to 7: where they end changes nothing.
    let mut rest = points;
    for length in 1.. {
        let (now, later) = rest.split_at(length.min(rest.len()));
        let mut block = Block::default();
        now.chunks(7).for_each(|run| dispatch.pass(run.to_vec(), &mut block));
        all.iter_mut().for_each(|shard| shard.follow(&block));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    airspace.conclude(dispatch, all)
}
