//! The test volumes lie about the flight as SOURCES.md of their pack says.

use std::collections::{BTreeMap, BTreeSet};

use agreement::pack::read;
use agreement::{ClauseKind, Pack, PackFiles};
use spacetime::altitude::AltitudeLimit;
use spacetime::{AltitudeBaro, Position, Side};

/// Every twentieth position of the flight, about ten seconds apart.
const POSITIONS: &[u8] = include_bytes!("../../../../data/modes/expected_positions.csv");

fn pack() -> Pack {
    let agreement = include_bytes!("../../../../packs/paris-toulouse-2024/agreement.toml");
    let areas = include_bytes!("../../../../packs/paris-toulouse-2024/areas.geojson");
    let files = PackFiles {
        agreement_toml: Some(agreement),
        areas_geojson: Some(areas),
        has_sources: true,
    };
    read(&files).expect("the bundled pack is sound").0
}

/// Where the flight was, and its pressure altitude.
fn flight() -> Vec<(Position, AltitudeBaro)> {
    csv::Reader::from_reader(POSITIONS)
        .deserialize()
        .map(|row| {
            let row: BTreeMap<String, String> = row.unwrap();
            let degrees = |key: &str| row[key].parse::<f64>().unwrap();
            let at = Position::from_degrees(degrees("longitude"), degrees("latitude")).unwrap();
            (at, AltitudeBaro::from_feet(row["altitude_ft"].parse().unwrap()).unwrap())
        })
        .collect()
}

/// The heights flown over an area, in hundreds of feet.
fn levels_over(pack: &Pack, area: &str) -> BTreeSet<i32> {
    let area = &pack.area_called(area).unwrap().area;
    let over = flight().into_iter().filter(|(at, _)| area.side(*at) != Side::Outside);
    over.map(|(_, height)| height.cm() / 3048).collect()
}

/// The limits of a clause, in hundreds of feet, open where they are no pressure altitudes.
fn band(pack: &Pack, id: &str) -> (i32, i32) {
    let clause = pack.clauses.values().find(|clause| clause.id.as_str() == id).unwrap();
    let ClauseKind::NoFly(no_fly) = &clause.kind else { panic!("{id} is no volume") };
    let level = |limit, open| match limit {
        AltitudeLimit::Baro(height) => AltitudeBaro::cm(height) / 3048,
        _ => open,
    };
    (level(no_fly.floor, i32::MIN), level(no_fly.ceiling, i32::MAX))
}

#[test]
fn volumes_across_are_crossed_between_their_limits() {
    let pack = pack();
    for id in ["across", "closed-hours", "exempted", "proposed"] {
        let ((floor, ceiling), levels) = (band(&pack, id), levels_over(&pack, id));
        assert!(!levels.is_empty() && levels.iter().all(|l| floor < *l && *l < ceiling), "{id}");
    }
}

#[test]
fn volumes_under_and_above_are_far_from_the_level_flown() {
    let pack = pack();
    let (levels, (_, ceiling)) = (levels_over(&pack, "under"), band(&pack, "under"));
    assert!(levels.iter().all(|level| *level > ceiling + 100) && !levels.is_empty());
    let (levels, (floor, _)) = (levels_over(&pack, "above"), band(&pack, "above"));
    assert!(levels.iter().all(|level| *level < floor - 90) && !levels.is_empty());
}

#[test]
fn the_volume_at_level_ends_at_the_level_flown() {
    let pack = pack();
    let (_, ceiling) = band(&pack, "at-level");
    let levels = levels_over(&pack, "at-level");
    assert!(!levels.is_empty() && levels.iter().all(|level| (ceiling - level).abs() <= 1));
}

#[test]
fn volumes_beside_and_out_of_sight_are_not_entered() {
    let pack = pack();
    for id in ["beside", "unwatched"] {
        assert_eq!(levels_over(&pack, id), BTreeSet::new(), "{id}");
    }
}

#[test]
fn the_tangent_circle_is_passed_within_the_error_of_a_position() {
    let pack = pack();
    let area = &pack.area_called("tangent").unwrap().area;
    let centre = Position::from_degrees(2.20, 47.60).unwrap();
    let rim_mm = 10_243_000;
    let nearest =
        flight().iter().map(|(at, _)| spacetime::geodesy::inverse(centre, *at).length_mm).min();
    // 185.2 m is the error that the flight's own quality (NUCp 7) admits.
    assert!(nearest.unwrap() - rim_mm < 185_200, "{nearest:?}");
    let rim = area.edges().map(|(at, _)| spacetime::geodesy::inverse(centre, at).length_mm);
    assert!(rim.max().unwrap() - rim_mm < 20_000);
}

#[test]
fn the_receiver_covers_every_volume_but_the_one_out_of_sight() {
    let pack = pack();
    let covered = &pack.area_called("route-coverage").unwrap().area;
    for area in pack.areas.values().filter(|area| area.id.as_str() != "route-coverage") {
        let seen = area.area.edges().all(|(at, _)| covered.side(at) == Side::Inside);
        assert_eq!(seen, area.id.as_str() != "unwatched", "{}", area.id);
    }
}
