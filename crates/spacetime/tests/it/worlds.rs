//! Random places to test in.

use proptest::prelude::*;
use spacetime::{Area, Fix, Instant, Leg, Polygon, Position, Ring};

pub(crate) fn at(lon_e7: i32, lat_e7: i32) -> Position {
    Position::from_e7(lon_e7, lat_e7).unwrap()
}

/// The 16 directions of a compass rose, in grid steps of a thousandth.
const ROSE: [(i32, i32); 16] = [
    (1000, 0),
    (924, 383),
    (707, 707),
    (383, 924),
    (0, 1000),
    (-383, 924),
    (-707, 707),
    (-924, 383),
    (-1000, 0),
    (-924, -383),
    (-707, -707),
    (-383, -924),
    (0, -1000),
    (383, -924),
    (707, -707),
    (924, -383),
];

/// A ring around a place that nowhere crosses itself: one vertex in each direction.
pub(crate) fn star((lon, lat): (i32, i32), radii: &[i32]) -> Ring {
    let vertex = |(d, r): (&(i32, i32), &i32)| at(lon + d.0 * r / 10, lat + d.1 * r / 10);
    Ring::new(ROSE.iter().zip(radii).map(vertex).collect()).unwrap()
}

/// A star of about 5 to 40 km around a place near Dar'a, with a hole or without.
pub(crate) fn star_area() -> impl Strategy<Value = Area> {
    let radii = prop::collection::vec(10_000..40_000_i32, 16);
    let hole = prop::option::of(prop::collection::vec(1_000..9_000_i32, 16));
    (radii, hole).prop_map(|(radii, hole)| {
        let place = (361_000_000, 326_000_000);
        let holes = hole.iter().map(|radii| star(place, radii)).collect();
        Area::new(vec![Polygon::new(star(place, &radii), holes)]).unwrap()
    })
}

/// A fix in a box a little larger than [`star_area`].
pub(crate) fn place() -> impl Strategy<Value = Position> {
    (-5_000_000..5_000_000_i32, -5_000_000..5_000_000_i32)
        .prop_map(|(x, y)| at(361_000_000 + x, 326_000_000 + y))
}

/// A leg of up to 30 seconds between two such fixes.
pub(crate) fn leg() -> impl Strategy<Value = Leg> {
    (place(), place(), 0..1_000_000_000_i64, 1..30_000_000_i64).prop_map(|(a, b, start, micros)| {
        let fix = |at, position| Fix { at: Instant::from_micros(at), position };
        Leg::new(fix(start, a), fix(start + micros, b)).unwrap()
    })
}

/// A small lattice on which everything meets everything: vertices, edges and corners.
pub(crate) fn lattice(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Position>> {
    prop::collection::vec((0..7_i32, 0..7_i32).prop_map(|(x, y)| at(x, y)), count)
}
