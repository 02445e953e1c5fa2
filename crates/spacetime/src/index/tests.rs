//! The index against [`Area::side`], which looks at every edge.

use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;
use crate::area::{Area, Polygon, Ring, Side};
use crate::position::{LAT_E7_MAX, LON_E7_MAX, Position};

fn at(lon: i32, lat: i32) -> Position {
    Position::from_e7(lon, lat).unwrap()
}

fn ring(vertices: &[(i32, i32)]) -> Option<Ring> {
    Ring::new(vertices.iter().map(|&(lon, lat)| at(lon, lat)).collect()).ok()
}

fn area(rings: &[&[(i32, i32)]]) -> Area {
    let mut rings = rings.iter().map(|vertices| ring(vertices).unwrap());
    let outer = rings.next().unwrap();
    Area::new(vec![Polygon::new(outer, rings.collect())]).unwrap()
}

fn sides_by_hand(zones: &[Area], p: Position) -> Vec<(u32, Side)> {
    let sides = (0..).zip(zones).map(|(zone, area)| (zone, area.side(p)));
    sides.filter(|(_, side)| *side != Side::Outside).collect()
}

/// Every way to ask gives what [`Area::side`] gives for each of the points.
fn agrees(zones: &[Area], points: &[Position]) {
    let index = ZoneIndex::build(zones).unwrap();
    let mut expected = Pairs::default();
    for (row, &p) in (7..).zip(points) {
        let sides = sides_by_hand(zones, p);
        let mut found = Vec::new();
        index.sides(p, &mut found);
        assert_eq!(found, sides, "at {p}");
        for (zone, _) in sides.into_iter().filter(|(_, side)| *side == Side::Inside) {
            expected.points.push(row);
            expected.zones.push(zone);
        }
    }
    let mut found = Pairs::default();
    index.match_positions(points, 7, &mut found);
    assert_eq!(found, expected);

    let lon: Vec<f64> = points.iter().map(|p| p.lon_degrees()).collect();
    let lat: Vec<f64> = points.iter().map(|p| p.lat_degrees()).collect();
    let mut found = Pairs::default();
    index.match_degrees(&lon, &lat, 7, &mut found);
    assert_eq!(found, expected);
    for threads in [2, 3] {
        let mut found = Pairs::default();
        let threads = NonZeroUsize::new(threads).unwrap();
        index.match_degrees_on(threads, &lon, &lat, 7, &mut found);
        assert_eq!(found, expected);
    }
}

fn every_point(
    lon: std::ops::RangeInclusive<i32>,
    lat: std::ops::RangeInclusive<i32>,
) -> Vec<Position> {
    lon.flat_map(|x| lat.clone().map(move |y| at(x, y))).collect()
}

#[test]
fn no_zones_match_nothing() {
    agrees(&[], &every_point(-2..=2, -2..=2));
    let index = ZoneIndex::build(&[]).unwrap();
    assert!(index.is_clear(BoundingBox { min: at(-9, -9), max: at(9, 9) }));
}

#[test]
fn edges_and_vertices_are_no_part_of_the_inside() {
    let square = area(&[&[(0, 0), (8, 0), (8, 8), (0, 8)], &[(2, 2), (5, 2), (5, 5), (2, 5)]]);
    let kite = area(&[&[(4, -3), (9, 4), (4, 11), (-1, 4)]]);
    agrees(&[square.clone(), kite, square], &every_point(-3..=12, -5..=13));
}

#[test]
fn the_whole_globe_and_its_corners_are_in_range() {
    let (e, n) = (LON_E7_MAX, LAT_E7_MAX);
    let globe = area(&[&[(-e, -n), (e, -n), (e, n), (-e, n)]]);
    let halves = area(&[&[(-e, -n), (e, -n), (e, n)]]);
    let speck = area(&[&[(e - 3, n - 3), (e, n - 3), (e, n), (e - 1, n - 1)]]);
    let mut points = every_point(e - 5..=e, n - 5..=n);
    points.extend(every_point(-e..=-e + 4, -n..=-n + 4));
    points.extend(every_point(-2..=2, -2..=2));
    points.extend((-20..=20).map(|i| at(i * (e / 20), i * (n / 20))));
    agrees(&[globe, halves, speck], &points);
}

#[test]
fn a_sliver_holds_next_to_nothing() {
    let sliver = area(&[&[(-1_000_003, -999_983), (1_000_003, 999_983), (1_000_003, 999_984)]]);
    let spike = area(&[&[(0, 0), (1_000_000, 1), (0, 2)]]);
    let mut points: Vec<Position> = (-1_000..1_000)
        .map(|i| at(i * 1_000, (i64::from(i) * 999_983 / 1_000_003) as i32 * 1_000))
        .collect();
    points.extend((0..1_000_000).step_by(997).flat_map(|x| [at(x, 1), at(x, 0), at(x, 2)]));
    agrees(&[sliver, spike], &points);
}

#[test]
fn many_vertices_in_one_place_far_from_everything() {
    let comb: Vec<(i32, i32)> = (0..200)
        .map(|i| (i, if i % 2 == 0 { 0 } else { 40 + i % 7 }))
        .chain([(199, 90), (0, 90)])
        .collect();
    let far = area(&[&[
        (900_000_000, 400_000_000),
        (900_000_100, 400_000_000),
        (900_000_000, 400_000_100),
    ]]);
    let wide = area(&[&[(-10, 20), (899_999_999, 399_999_999), (0, 60)]]);
    agrees(&[area(&[&comb]), far, wide], &every_point(-2..=202, -2..=92));
}

#[test]
fn points_off_the_globe_match_nothing_and_are_counted() {
    let (e, n) = (LON_E7_MAX, LAT_E7_MAX);
    let index = ZoneIndex::build(&[area(&[&[(-e, -n), (e, -n), (e, n), (-e, n)]])]).unwrap();
    let lon = [0.0, f64::NAN, 180.000_000_1, 10.0, f64::NEG_INFINITY, 1e300, 179.9, 429.496_729_6];
    let lat = [0.0, 0.0, 0.0, -90.1, 0.0, 0.0, f64::NAN, 1.0];
    let mut found = Pairs::default();
    index.match_degrees(&lon, &lat, 0, &mut found);
    assert_eq!((found.points, found.zones, found.off_globe), (vec![0], vec![0], 7));
}

#[test]
fn chunks_of_points_give_the_pairs_of_the_whole() {
    let zones = stars(40, 12, 3);
    let index = ZoneIndex::build(&zones).unwrap();
    let points = scattered(5_000, 9);
    let mut whole = Pairs::default();
    index.match_positions(&points, 0, &mut whole);
    let mut chunked = Pairs::default();
    for (chunk, first_row) in points.chunks(1_237).zip((0..).step_by(1_237)) {
        index.match_positions(chunk, first_row, &mut chunked);
    }
    assert!(whole.len() > 100);
    assert_eq!(chunked, whole);
}

/// A small generator of numbers, so that the same stars come on every run.
fn numbers(seed: u64) -> impl FnMut(i32, i32) -> i32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |low, high| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        low + (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as i32 % (high - low)
    }
}

/// Spiky stars around integer directions, of sizes from specks to provinces.
fn stars(count: usize, spikes: i32, seed: u64) -> Vec<Area> {
    let mut number = numbers(seed);
    let star = |_| {
        let (x, y) = (number(-4_000_000, 4_000_000), number(-4_000_000, 4_000_000));
        let size = 1 << number(2, 21);
        let mut vertices = Vec::new();
        for side in [(1, 0), (0, 1), (-1, 0), (0, -1)] {
            for i in 0..spikes {
                let reach = number(size, 2 * size);
                let (along, across) = (reach - reach * i / spikes, reach * i / spikes);
                let (dx, dy) = (side.0 * along - side.1 * across, side.1 * along + side.0 * across);
                vertices.push((x + dx, y + dy));
            }
        }
        area(&[&vertices])
    };
    (0..count).map(star).collect()
}

fn scattered(count: usize, seed: u64) -> Vec<Position> {
    let mut number = numbers(seed);
    (0..count).map(|_| at(number(-6_000_000, 6_000_000), number(-6_000_000, 6_000_000))).collect()
}

#[test]
fn stars_of_all_sizes_agree_with_a_look_at_every_edge() {
    for seed in 1..=6 {
        let zones = stars(60, 9, seed);
        let mut points = scattered(4_000, seed + 100);
        let vertices = zones.iter().flat_map(|zone| zone.edges().map(|(a, _)| a));
        points.extend(vertices.flat_map(|v| {
            [
                at(v.lon_e7(), v.lat_e7()),
                at(v.lon_e7() + 1, v.lat_e7()),
                at(v.lon_e7() - 1, v.lat_e7() - 1),
            ]
        }));
        agrees(&zones, &points);
    }
}

#[test]
fn points_on_the_borders_of_cells_agree() {
    let zones = stars(80, 9, 77);
    let index = ZoneIndex::build(&zones).unwrap();
    let side = 1 << index.shift.saturating_sub(3);
    let (west, south) = (index.bounds.min.lon_e7(), index.bounds.min.lat_e7());
    let mut points = Vec::new();
    for i in 0..90 {
        for j in 0..90 {
            let (x, y) = (west + i * side, south + j * side);
            points.extend([at(x, y), at(x - 1, y), at(x, y - 1), at(x - 1, y - 1)]);
        }
    }
    agrees(&zones, &points);
}

#[test]
fn hundreds_of_zones_over_each_other_stay_within_their_memory() {
    let zones: Vec<Area> = (1..700)
        .map(|i| area(&[&[(-i * 1_000, -i * 900), (i * 1_100, -i * 950), (i * 10, i * 1_050)]]))
        .collect();
    let index = ZoneIndex::build(&zones).unwrap();
    assert!(index.memory_bytes() <= plan::memory_bytes_max(index.vertex_count()));
    let points: Vec<Position> = (-700..700).map(|i| at(i * 997, i * 311)).collect();
    agrees(&zones, &points);
}

/// A ring whose vertices lie so close together that points on edges, on vertices, and in
/// line with edges are the rule.
fn tight_ring(side: i32) -> impl Strategy<Value = Ring> {
    prop::collection::vec((0..=side, 0..=side), 3..9)
        .prop_filter_map("no ring", |vertices| ring(&vertices))
}

fn tight_area(side: i32) -> impl Strategy<Value = Area> {
    let polygon = (tight_ring(side), prop::collection::vec(tight_ring(side), 0..2))
        .prop_map(|(outer, holes)| Polygon::new(outer, holes));
    prop::collection::vec(polygon, 1..3).prop_map(|polygons| Area::new(polygons).unwrap())
}

proptest! {
    #[test]
    fn every_grid_point_agrees(zones in prop::collection::vec(tight_area(12), 0..6)) {
        agrees(&zones, &every_point(-1..=13, -1..=13));
    }

    #[test]
    fn every_grid_point_agrees_where_one_zone_is_far_away(
        mut zones in prop::collection::vec(tight_area(40), 1..4),
        x in -LON_E7_MAX..LON_E7_MAX - 9,
        y in -LAT_E7_MAX..LAT_E7_MAX - 9,
    ) {
        zones.push(area(&[&[(x, y), (x + 9, y), (x, y + 9)]]));
        agrees(&zones, &every_point(-1..=41, -1..=41));
    }

    #[test]
    fn a_box_or_a_line_never_misses_a_zone(
        zones in prop::collection::vec(tight_area(60), 0..8),
        (ax, ay, bx, by) in (-2..63i32, -2..63i32, -2..63i32, -2..63i32),
    ) {
        let index = ZoneIndex::build(&zones).unwrap();
        let within = BoundingBox::around([at(ax, ay), at(bx, by)]).unwrap();
        let (mut near, mut along) = (Vec::new(), Vec::new());
        index.near(within, &mut near);
        index.along(at(ax, ay), at(bx, by), &mut along);
        prop_assert!(near.is_sorted() && along.is_sorted());
        prop_assert_eq!(index.is_clear(within), near.is_empty());
        for (zone, area) in (0..).zip(&zones) {
            let inside = |p: &Position| area.side(*p) != Side::Outside;
            let grid = every_point(within.min.lon_e7()..=within.max.lon_e7(), within.min.lat_e7()..=within.max.lat_e7());
            let crossed = area.edges().any(|(a, b)| lines_meet(a, b, at(ax, ay), at(bx, by)));
            if grid.iter().any(inside) || crossed {
                prop_assert!(near.contains(&zone), "box misses zone {}", zone);
            }
            if crossed || inside(&at(ax, ay)) {
                prop_assert!(along.contains(&zone), "line misses zone {}", zone);
            }
        }
    }
}

/// Whether two closed straight lines share a point.
fn lines_meet(a: Position, b: Position, c: Position, d: Position) -> bool {
    use crate::area::turn;
    let boxes = |p, q| BoundingBox::around([p, q]).unwrap();
    boxes(a, b).meets(boxes(c, d))
        && (turn(a, b, c) as i8) * (turn(a, b, d) as i8) <= 0
        && (turn(c, d, a) as i8) * (turn(c, d, b) as i8) <= 0
}
