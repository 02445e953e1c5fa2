//! Changes that must change no output bit (invariant 3 of the algorithms page).

use proptest::prelude::*;
use spacetime::{Area, Contact, Fix, Leg, Polygon, Position, Ring, Spans};

use crate::worlds;

fn moved(p: Position, (east, north): (i32, i32)) -> Position {
    worlds::at(p.lon_e7() + east, p.lat_e7() + north)
}

fn moved_area(area: &Area, by: (i32, i32)) -> Area {
    let ring = |r: &Ring| Ring::new(r.vertices().iter().map(|&v| moved(v, by)).collect()).unwrap();
    let polygon = |p: &Polygon| Polygon::new(ring(p.outer()), p.holes().iter().map(ring).collect());
    Area::new(area.polygons().iter().map(polygon).collect()).unwrap()
}

fn moved_leg(leg: &Leg, by: (i32, i32)) -> Leg {
    let fix = |f: Fix| Fix { position: moved(f.position, by), ..f };
    Leg::new(fix(leg.from()), fix(leg.to())).unwrap()
}

fn rewritten(area: &Area, turn: usize, reverse: bool) -> Area {
    let ring = |r: &Ring| {
        let mut vertices = r.vertices().to_vec();
        vertices.rotate_left(turn % r.vertices().len());
        if reverse {
            vertices.reverse();
        }
        Ring::new(vertices).unwrap()
    };
    let polygon = |p: &Polygon| Polygon::new(ring(p.outer()), p.holes().iter().map(ring).collect());
    Area::new(area.polygons().iter().map(polygon).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn how_a_ring_is_written_leaves_no_trace(
        area in worlds::star_area(),
        leg in worlds::leg(),
        p in worlds::place(),
        turn in 0..16_usize,
        reverse: bool,
    ) {
        let other = rewritten(&area, turn, reverse);
        prop_assert_eq!(other.side(p), area.side(p));
        prop_assert_eq!(other.distance_to_edge_cm(p), area.distance_to_edge_cm(p));
        prop_assert_eq!(leg.contact(&other), leg.contact(&area));
    }

    #[test]
    fn the_world_turned_in_longitude_is_the_same_world(
        area in worlds::star_area(),
        leg in worlds::leg(),
        p in worlds::place(),
        east in -2_000_000_000..1_400_000_000_i32,
    ) {
        let by = (east, 0);
        let (other, q) = (moved_area(&area, by), moved(p, by));
        prop_assert_eq!(other.side(q), area.side(p));
        prop_assert_eq!(other.signed_distance_cm(q), area.signed_distance_cm(p));
        prop_assert_eq!(moved_leg(&leg, by).contact(&other), leg.contact(&area));
        let reach = |area: &Area, leg: &Leg| {
            spacetime::reach_meets(area, leg.from().position, leg.to().position, 5_000_000)
        };
        prop_assert_eq!(reach(&other, &moved_leg(&leg, by)), reach(&area, &leg));
    }

    #[test]
    fn moving_north_changes_no_topology(
        area in worlds::star_area(),
        leg in worlds::leg(),
        p in worlds::place(),
        north in -1_200_000_000..560_000_000_i32,
    ) {
        let by = (0, north);
        let other = moved_area(&area, by);
        prop_assert_eq!(other.side(moved(p, by)), area.side(p));
        prop_assert_eq!(moved_leg(&leg, by).contact(&other), leg.contact(&area));
        prop_assert_eq!(other.check().len(), 0);
    }

    #[test]
    fn a_zone_split_along_a_chord_is_the_same_zone(
        radius in 10_000..40_000_i32,
        leg in worlds::leg(),
        p in worlds::place(),
        (from, length) in (0..16_usize, 2..15_usize),
    ) {
        let round = worlds::star((361_000_000, 326_000_000), &[radius; 16]);
        let vertices: Vec<Position> =
            round.vertices().iter().cycle().skip(from).take(16).copied().collect();
        let far = [&vertices[length..], &vertices[..1]].concat();
        let near = vertices[..=length].to_vec();
        let area = |v: Vec<Position>| {
            Area::new(vec![Polygon::new(Ring::new(v).unwrap(), vec![])]).unwrap()
        };
        let (whole, near, far) = (area(vertices.clone()), area(near), area(far));
        let covered = |area: &Area| area.side(p) != spacetime::Side::Outside;
        prop_assert_eq!(covered(&whole), covered(&near) || covered(&far));
        let [whole, near, far] = [&whole, &near, &far].map(|a| leg.contact(a));
        let parts: Spans = near.covered().join(&far.covered());
        prop_assert_eq!(whole.covered(), parts);
        prop_assert_eq!(whole.touches, near.touches || far.touches);
    }

    #[test]
    fn a_leg_told_in_two_is_the_same_leg(
        area in worlds::star_area(),
        (from, middle) in (worlds::place(), worlds::place()),
        micros in 1..10_000_000_i64,
    ) {
        // Mirrored about its middle, so that the middle is a grid position at a whole instant.
        let mirrored = |a: i32, m: i32| 2 * m - a;
        let to = worlds::at(
            mirrored(from.lon_e7(), middle.lon_e7()),
            mirrored(from.lat_e7(), middle.lat_e7()),
        );
        let fix = |at, position| Fix { at: spacetime::Instant::from_micros(at), position };
        let leg = |a, b| Leg::new(a, b).unwrap().contact(&area);
        let whole = leg(fix(0, from), fix(2 * micros, to));
        let halves: [Contact; 2] = [
            leg(fix(0, from), fix(micros, middle)),
            leg(fix(micros, middle), fix(2 * micros, to)),
        ];
        prop_assert_eq!(whole.inside, halves[0].inside.join(&halves[1].inside));
    }
}
