//! Sides of rational points, computed with fractions that are written here.

use proptest::prelude::*;
use spacetime::{Area, Fix, Instant, Leg, Polygon, Position, Ring, Side};

use crate::worlds;

/// A point whose coordinates are grid steps over one positive denominator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rational {
    pub(crate) x: i128,
    pub(crate) y: i128,
    pub(crate) over: i128,
}

impl Rational {
    /// Where a leg is at an instant, exactly.
    pub(crate) fn on(leg: &Leg, at: Instant) -> Self {
        let (from, to) = (leg.from(), leg.to());
        let part = i128::from(at.since(from.at).micros());
        let over = i128::from(to.at.since(from.at).micros());
        let along = |a: i32, b: i32| i128::from(a) * (over - part) + i128::from(b) * part;
        Self {
            x: along(from.position.lon_e7(), to.position.lon_e7()),
            y: along(from.position.lat_e7(), to.position.lat_e7()),
            over,
        }
    }

    fn of(p: Position) -> Self {
        Self { x: p.lon_e7().into(), y: p.lat_e7().into(), over: 1 }
    }
}

/// The side of a point by counting, for every edge, whether the line due south of the point
/// meets it, at a latitude that is a fraction.
pub(crate) fn side(area: &Area, p: Rational) -> Side {
    let mut inside = false;
    for (a, b) in area.edges() {
        let (a, b) = if a.lon_e7() <= b.lon_e7() { (a, b) } else { (b, a) };
        let scaled = |v: i32| i128::from(v) * p.over;
        let (ax, ay) = (scaled(a.lon_e7()), scaled(a.lat_e7()));
        let (bx, by) = (scaled(b.lon_e7()), scaled(b.lat_e7()));
        if p.x < ax || bx < p.x {
            continue;
        }
        if ax == bx {
            if ay.min(by) <= p.y && p.y <= ay.max(by) {
                return Side::Edge;
            }
            continue;
        }
        // The edge's latitude at the point's longitude is ay + (p.x - ax) (by - ay) / (bx - ax).
        let edge_over_point = (ay - p.y) * (bx - ax) + (p.x - ax) * (by - ay);
        if edge_over_point == 0 {
            return Side::Edge;
        }
        if edge_over_point < 0 && p.x < bx {
            inside = !inside;
        }
    }
    if inside { Side::Inside } else { Side::Outside }
}

fn any_position() -> impl Strategy<Value = Position> {
    let (e, n) = (spacetime::position::LON_E7_MAX, spacetime::position::LAT_E7_MAX);
    (-e..=e, -n..=n).prop_map(|(x, y)| worlds::at(x, y))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_side_on_the_lattice_is_what_fractions_say(
        vertices in worlds::lattice(3..9),
        more in worlds::lattice(3..6),
    ) {
        let rings = [Ring::new(vertices), Ring::new(more)];
        let polygons: Vec<_> =
            rings.into_iter().flatten().map(|r| Polygon::new(r, vec![])).collect();
        prop_assume!(!polygons.is_empty());
        let area = Area::new(polygons).unwrap();
        for (x, y) in (-1..8).flat_map(|x| (-1..8).map(move |y| (x, y))) {
            let p = worlds::at(x, y);
            prop_assert_eq!(area.side(p), side(&area, Rational::of(p)));
        }
    }

    #[test]
    fn a_side_anywhere_on_the_globe_is_what_fractions_say(
        vertices in prop::collection::vec(any_position(), 3..9),
        p in any_position(),
    ) {
        let ring = Ring::new(vertices.clone()).unwrap();
        let area = Area::new(vec![Polygon::new(ring, vec![])]).unwrap();
        prop_assert_eq!(area.side(p), side(&area, Rational::of(p)));
        prop_assert_eq!(area.side(vertices[0]), Side::Edge);
    }

    #[test]
    fn motion_on_the_lattice_is_what_fractions_say(
        vertices in worlds::lattice(3..9),
        more in worlds::lattice(3..6),
        ends in worlds::lattice(2..3),
        micros in 1..40_i64,
    ) {
        let rings = [Ring::new(vertices), Ring::new(more)];
        let polygons: Vec<_> =
            rings.into_iter().flatten().map(|r| Polygon::new(r, vec![])).collect();
        prop_assume!(!polygons.is_empty());
        let area = Area::new(polygons).unwrap();
        let fix = |at, position| Fix { at: Instant::from_micros(at), position };
        let leg = Leg::new(fix(0, ends[0]), fix(micros, ends[1])).unwrap();
        let contact = leg.contact(&area);
        for at in (0..=micros).map(Instant::from_micros) {
            let (inside, along) = (contact.inside.contains(at), contact.along_edge.contains(at));
            match side(&area, Rational::on(&leg, at)) {
                Side::Inside => prop_assert!(inside && !along || !inside && along),
                Side::Outside => prop_assert!(!inside && !along, "{at:?} {contact:?}"),
                Side::Edge => prop_assert!(contact.touches),
            }
        }
    }
}
