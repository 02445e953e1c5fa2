//! Geodesics against GeographicLib, and short distances against geodesics.

use geographiclib_rs::{DirectGeodesic, Geodesic as Reference, InverseGeodesic};
use proptest::prelude::*;
use spacetime::geodesy::{direct, inverse};
use spacetime::metric::{local_distance_cm, local_distance_to_edge_cm};
use spacetime::{Area, Polygon, Position, Ring, position::STEPS_PER_DEGREE};

use crate::worlds;

/// Longitude and latitude in grid steps.
type Steps = (i32, i32);

/// Pairs of positions, the length between them and the directions at both ends, computed with
/// GeographicLib 2.1 for Python: `Geodesic.WGS84.Inverse`, rounded.
const PAIRS: [(Steps, Steps, i64, u32, u32); 12] = [
    ((361021000, 326189000), (386170000, 335070000), 254665781, 6657, 6794),
    ((0, 0), (10000000, 0), 111319491, 9000, 9000),
    ((-300000000, 200000000), (1495000000, -201000000), 19973937441, 13564, 4439),
    ((0, 0), (1795000000, 3000000), 19955728940, 3164, 14836),
    ((1799900000, -170000000), (-1799800000, -169000000), 11518956, 1611, 1610),
    ((25000000, 489000000), (25000000, 489001000), 11121, 0, 0),
    ((120000000, 899000000), (-1700000000, 898000000), 33503656, 133, 17933),
    ((1000000000, -890000000), (-800000000, -895000000), 167540840, 18000, 0),
    ((362000000, 327000000), (362000000, -327000000), 7238955011, 18000, 18000),
    ((0, 5000000), (1797000000, -5000000), 19995624890, 2983, 15017),
    ((50000000, 1), (60000000, -1), 111319491, 9000, 9000),
    ((361000000, 326000000), (361000001, 326000000), 9, 9000, 9000),
];

#[test]
fn known_geodesics_come_out_to_the_millimetre() {
    for (from, to, length_mm, azimuth_cdeg, end_azimuth_cdeg) in PAIRS {
        let found = inverse(worlds::at(from.0, from.1), worlds::at(to.0, to.1));
        assert!((found.length_mm - length_mm).abs() <= 1, "{from:?} {to:?} {found:?}");
        let off =
            |a: u32, b: u32| (i64::from(a) - i64::from(b) + 18_000).rem_euclid(36_000) - 18_000;
        let directions = (found.azimuth_cdeg, found.end_azimuth_cdeg);
        assert!(off(directions.0, azimuth_cdeg).abs() <= 1, "{from:?} {to:?} {found:?}");
        assert!(off(directions.1, end_azimuth_cdeg).abs() <= 1, "{from:?} {to:?} {found:?}");
    }
}

fn anywhere() -> impl Strategy<Value = Position> {
    (-1_800_000_000..=1_800_000_000_i32, -900_000_000..=900_000_000_i32)
        .prop_map(|(x, y)| worlds::at(x, y))
}

/// Near the point opposite `p`, where the inverse is hardest.
fn near_antipode(p: Position, (east, north): (i32, i32)) -> Position {
    let half = 180 * STEPS_PER_DEGREE;
    let lon = if p.lon_e7() > 0 { p.lon_e7() - half } else { p.lon_e7() + half };
    let moved = |v: i32, by: i32, most: i32| {
        (i64::from(v) + i64::from(by)).clamp(-i64::from(most), i64::from(most)) as i32
    };
    worlds::at(moved(lon, east, half), moved(-p.lat_e7(), north, half / 2))
}

fn reference_mm(a: Position, b: Position) -> f64 {
    let length: f64 = Reference::wgs84().inverse(
        a.lat_degrees(),
        a.lon_degrees(),
        b.lat_degrees(),
        b.lon_degrees(),
    );
    length * 1000.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn lengths_agree_with_geographiclib(a in anywhere(), b in anywhere()) {
        prop_assert!((inverse(a, b).length_mm as f64 - reference_mm(a, b)).abs() <= 1.0);
        prop_assert!((inverse(a, b).length_mm - inverse(b, a).length_mm).abs() <= 1);
    }

    #[test]
    fn directions_agree_with_geographiclib(
        a in anywhere(),
        (east, north) in (-600_000_000..600_000_000_i32, -100_000_000..100_000_000_i32),
    ) {
        let wrapped = (i64::from(a.lon_e7()) + i64::from(east) + 1_800_000_000)
            .rem_euclid(3_600_000_000) - 1_800_000_000;
        let b = worlds::at(wrapped as i32, (a.lat_e7() + north).clamp(-900_000_000, 900_000_000));
        let (start_deg, end_deg, _): (f64, f64, f64) = Reference::wgs84().inverse(
            a.lat_degrees(),
            a.lon_degrees(),
            b.lat_degrees(),
            b.lon_degrees(),
        );
        let found = inverse(a, b);
        prop_assert!(turned_cdeg(found.azimuth_cdeg, start_deg) <= 0.51, "{found:?} {start_deg}");
        prop_assert!(turned_cdeg(found.end_azimuth_cdeg, end_deg) <= 0.51, "{found:?} {end_deg}");
    }

    #[test]
    fn lengths_near_the_antipode_agree_with_geographiclib(
        a in anywhere(),
        off in (-10_000_000..10_000_000_i32, -10_000_000..10_000_000_i32),
    ) {
        let b = near_antipode(a, off);
        let found = inverse(a, b);
        prop_assert!((found.length_mm as f64 - reference_mm(a, b)).abs() <= 1.0, "{found:?}");
    }

    #[test]
    fn a_way_laid_out_is_where_geographiclib_says(
        from in anywhere(),
        azimuth_cdeg in 0..36_000_u32,
        length_mm in 0..20_000_000_000_i64,
    ) {
        let found = direct(from, azimuth_cdeg, length_mm);
        let (lat, lon): (f64, f64) = Reference::wgs84().direct(
            from.lat_degrees(),
            from.lon_degrees(),
            f64::from(azimuth_cdeg) / 100.0,
            length_mm as f64 / 1000.0,
        );
        let expected = Position::from_degrees(lon, lat).unwrap();
        prop_assert!(inverse(found, expected).length_mm <= 25, "{found} {expected}");
    }

    #[test]
    fn short_distances_keep_to_their_bound(
        lat in -700_000_000..700_000_000_i32,
        (east, north) in (-8_000_000..8_000_000_i32, -8_000_000..8_000_000_i32),
    ) {
        let (a, b) = (worlds::at(0, lat), worlds::at(east, lat + north));
        let true_mm = inverse(a, b).length_mm;
        if true_mm > 100_000_000 {
            return Ok(());
        }
        let off = (local_distance_cm(a, b) * 10 - true_mm).abs();
        prop_assert!(off <= 20 + true_mm / 10_000, "{off} of {true_mm}");
    }

    #[test]
    fn distances_to_an_edge_keep_to_their_bound(
        lat in -690_000_000..690_000_000_i32,
        ends in [(-8_000_000..8_000_000_i32, -8_000_000..8_000_000_i32), (-8_000_000..8_000_000_i32, -8_000_000..8_000_000_i32)],
    ) {
        let p = worlds::at(0, lat);
        let [a, b] = ends.map(|(x, y)| worlds::at(x, lat + y));
        let length = |share: i64| {
            let part = |a: i32, b: i32| {
                a + ((i64::from(b) - i64::from(a)) * share / (1 << 32)) as i32
            };
            let q = worlds::at(part(a.lon_e7(), b.lon_e7()), part(a.lat_e7(), b.lat_e7()));
            inverse(p, q).length_mm
        };
        let true_mm = least(length);
        if true_mm > 100_000_000 {
            return Ok(());
        }
        let off = (local_distance_to_edge_cm(p, a, b) * 10 - true_mm).abs();
        prop_assert!(off <= 20 + true_mm / 10_000, "{off} of {true_mm}");
    }

    #[test]
    fn the_nearest_edge_of_an_area_is_the_nearest_of_all(
        area in worlds::star_area(),
        p in worlds::place(),
        (east, north) in (-1_700_000_000..1_400_000_000_i32, -1_000_000_000..370_000_000_i32),
    ) {
        let moved = |p: Position| worlds::at(p.lon_e7() + east, p.lat_e7() + north);
        let vertices = area.polygons()[0].outer().vertices().iter().map(|&v| moved(v)).collect();
        let ring = Ring::new(vertices).unwrap();
        let area = Area::new(vec![Polygon::new(ring, vec![])]).unwrap();
        let p = moved(p);
        let each = area.edges().map(|(a, b)| local_distance_to_edge_cm(p, a, b));
        prop_assert_eq!(area.distance_to_edge_cm(p), each.min().unwrap());
    }
}

/// How far apart two directions are, hundredths of a degree.
fn turned_cdeg(found_cdeg: u32, expected_deg: f64) -> f64 {
    let apart = (f64::from(found_cdeg) - expected_deg * 100.0).rem_euclid(36_000.0);
    apart.min(36_000.0 - apart)
}

/// The least value over shares of 2^-32, by thirds; distance along a short edge has one least.
fn least(of: impl Fn(i64) -> i64) -> i64 {
    let (mut low, mut high) = (0_i64, (1 << 32) - 1);
    while high - low > 2 {
        let third = (high - low) / 3;
        if of(low + third) <= of(high - third) { high -= third } else { low += third }
    }
    (low..=high).map(of).min().expect("some shares are left")
}
