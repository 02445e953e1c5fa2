//! An ellipse that misses an area means that no feasible path enters it (invariant 2).

use proptest::prelude::*;
use spacetime::{Position, Side, geodesy::inverse, reach_meets};

use crate::worlds;

/// A length that certainly covers the way over all places.
fn length_cm(path: &[Position]) -> i64 {
    path.windows(2).map(|p| inverse(p[0], p[1]).length_mm / 10 + 2).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_feasible_path_enters_what_is_out_of_reach(
        area in worlds::star_area(),
        (p1, p2) in (worlds::place(), worlds::place()),
        detour in prop::collection::vec(worlds::place(), 1..3),
        north in prop::sample::select(vec![-1_100_000_000, -326_000_000, 0, 540_000_000]),
    ) {
        let moved = |p: Position| worlds::at(p.lon_e7(), p.lat_e7() + north);
        let ring = |r: &spacetime::Ring| {
            spacetime::Ring::new(r.vertices().iter().map(|&v| moved(v)).collect()).unwrap()
        };
        let outer = ring(area.polygons()[0].outer());
        let area = spacetime::Area::new(vec![spacetime::Polygon::new(outer, vec![])]).unwrap();
        let path: Vec<Position> =
            [vec![p1], detour, vec![p2]].concat().into_iter().map(moved).collect();
        let enters = path.iter().any(|&p| area.side(p) != Side::Outside);
        if enters {
            prop_assert!(reach_meets(&area, path[0], *path.last().unwrap(), length_cm(&path)));
        }
    }

    #[test]
    fn what_a_small_budget_reaches_a_larger_one_does_too(
        area in worlds::star_area(),
        (p1, p2) in (worlds::place(), worlds::place()),
        budgets in (0..12_000_000_i64, 0..12_000_000_i64),
    ) {
        let (small, large) = (budgets.0.min(budgets.1), budgets.0.max(budgets.1));
        let reach = |budget| reach_meets(&area, p1, p2, budget);
        prop_assert!(!reach(small) || reach(large));
    }

}

proptest! {
    // Few, since each samples every edge.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn reach_is_not_much_larger_than_need_be(
        area in worlds::star_area(),
        (p1, p2) in (worlds::place(), worlds::place()),
    ) {
        // The nearest any path gets: a visit to some vertex or place on an edge, sampled.
        let via = |v: Position| length_cm(&[p1, v, p2]);
        let sampled = area.edges().flat_map(|(a, b)| {
            (0..64).map(move |k| {
                let part = |a: i32, b: i32| a + ((i64::from(b) - i64::from(a)) * k / 64) as i32;
                worlds::at(part(a.lon_e7(), b.lon_e7()), part(a.lat_e7(), b.lat_e7()))
            })
        });
        let needed = sampled.map(via).min().unwrap();
        let clear = [p1, p2].iter().all(|&p| area.side(p) == Side::Outside);
        if clear && needed > inverse(p1, p2).length_mm / 10 * 11 / 10 {
            prop_assert!(!reach_meets(&area, p1, p2, needed * 98 / 100));
        }
    }
}
