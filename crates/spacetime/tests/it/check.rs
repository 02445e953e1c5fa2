//! Flaws of areas against comparing every edge with every other.

use proptest::prelude::*;
use spacetime::{FlawKind, Position, Ring, Side, check_parts};

use crate::worlds;

type Edge = (Position, Position);

fn xy(p: Position) -> (i64, i64) {
    (i64::from(p.lon_e7()), i64::from(p.lat_e7()))
}

fn cross(a: Position, b: Position, c: Position) -> i64 {
    let ((ax, ay), (bx, by), (cx, cy)) = (xy(a), xy(b), xy(c));
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

fn holds((a, b): Edge, p: Position) -> bool {
    let within = |f: fn(Position) -> i32| f(a).min(f(b)) <= f(p) && f(p) <= f(a).max(f(b));
    cross(a, b, p) == 0 && within(Position::lon_e7) && within(Position::lat_e7)
}

/// Whether two edges cross properly or share more than a point.
fn clash(e: Edge, f: Edge) -> bool {
    let sides = (cross(e.0, e.1, f.0).signum(), cross(e.0, e.1, f.1).signum());
    if sides == (0, 0) {
        let mut on = vec![e.0, e.1, f.0, f.1];
        on.retain(|&p| holds(e, p) && holds(f, p));
        on.sort();
        on.dedup();
        return on.len() > 1;
    }
    let back = (cross(f.0, f.1, e.0).signum(), cross(f.0, f.1, e.1).signum());
    sides.0 * sides.1 < 0 && back.0 * back.1 < 0
}

/// The ways a ring leaves `at`: a pair of neighbours for each time it is there.
fn visits(ring: &Ring, at: Position) -> Vec<(Position, Position)> {
    let edges: Vec<Edge> = ring.edges().collect();
    let turns = (0..edges.len())
        .filter(|&i| edges[i].0 == at)
        .map(|i| (edges[(i + edges.len() - 1) % edges.len()].0, edges[i].1));
    let passes = edges.iter().filter(|&&e| e.0 != at && e.1 != at && holds(e, at)).copied();
    turns.chain(passes).collect()
}

/// Whether two paths through `at` part each other, by the angle at which each leaves.
fn pass_through(at: Position, one: Edge, other: Edge) -> bool {
    let angle = |p: Position| {
        let ((x, y), (x0, y0)) = (xy(p), xy(at));
        angle_rank((y - y0) as f64, (x - x0) as f64)
    };
    let (low, high) = (angle(one.0).min(angle(one.1)), angle(one.0).max(angle(one.1)));
    let between = |a: f64| low < a && a < high;
    between(angle(other.0)) != between(angle(other.1))
}

/// A number that grows with the angle of a direction, from due east round to due east.
fn angle_rank(y: f64, x: f64) -> f64 {
    let along = x / (x.abs() + y.abs());
    if y < 0.0 { 3.0 + along } else { 1.0 - along }
}

/// Whether some edge of one clashes with one of the other; of a ring with itself, which is one and the same
/// and not a like one, whether two of its edges do.
fn rings_clash(one: &Ring, other: &Ring) -> bool {
    let same = std::ptr::eq(one, other);
    let (ours, theirs): (Vec<Edge>, Vec<Edge>) = (one.edges().collect(), other.edges().collect());
    let pairs = (0..ours.len()).flat_map(|i| (0..theirs.len()).map(move |j| (i, j)));
    if pairs.filter(|(i, j)| !same || i < j).any(|(i, j)| clash(ours[i], theirs[j])) {
        return true;
    }
    let places = one.vertices().iter().chain(other.vertices());
    places.into_iter().any(|&at| {
        let (ours, theirs) = (visits(one, at), visits(other, at));
        let pairs = (0..ours.len()).flat_map(|i| (0..theirs.len()).map(move |j| (i, j)));
        pairs.filter(|(i, j)| !same || i < j).any(|(i, j)| pass_through(at, ours[i], theirs[j]))
    })
}

/// The side of the middle of an edge, on a lattice twice as fine.
fn middle_side(ring: &Ring, (a, b): Edge) -> Side {
    let doubled = |p: Position| worlds::at(2 * p.lon_e7(), 2 * p.lat_e7());
    let fine = Ring::new(ring.vertices().iter().map(|&v| doubled(v)).collect()).unwrap();
    fine.side(worlds::at(a.lon_e7() + b.lon_e7(), a.lat_e7() + b.lat_e7()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_ring_is_flawed_when_some_pair_of_edges_says_so(vertices in worlds::lattice(3..9)) {
        let Ok(ring) = Ring::new(vertices) else { return Ok(()) };
        let found = ring.crosses_itself();
        prop_assert_eq!(found.is_some(), rings_clash(&ring, &ring), "{:?}", found);
    }

    #[test]
    fn two_rings_are_flawed_when_they_clash_or_nest(
        one in worlds::lattice(3..7),
        other in worlds::lattice(3..7),
    ) {
        let (Ok(one), Ok(other)) = (Ring::new(one), Ring::new(other)) else { return Ok(()) };
        if rings_clash(&one, &one) || rings_clash(&other, &other) {
            return Ok(());
        }
        let parts = check_parts(&[vec![&one], vec![&other]]);
        let hole = check_parts(&[vec![&one, &other]]);
        if rings_clash(&one, &other) {
            let clashes = |f: &FlawKind| matches!(f, FlawKind::Crosses(_) | FlawKind::RunsAlong(_));
            prop_assert!(parts.iter().chain(&hole).all(|f| clashes(&f.kind)));
            prop_assert!((parts.len(), hole.len()) == (1, 1));
            return Ok(());
        }
        let inside = |ring: &Ring, edge| middle_side(ring, edge) == Side::Inside;
        let other_in_one = other.edges().any(|e| inside(&one, e));
        let one_in_other = one.edges().any(|e| inside(&other, e));
        prop_assert_eq!(!parts.is_empty(), other_in_one || one_in_other);
        prop_assert_eq!(hole.is_empty(), other_in_one, "{:?}", hole);
    }
}

#[test]
fn a_ring_that_is_drawn_twice_runs_along_itself() {
    let ring = |vertices: &[(i32, i32)]| {
        Ring::new(vertices.iter().map(|&(lon, lat)| worlds::at(lon, lat)).collect()).unwrap()
    };
    let (one, other) = (ring(&[(1, 4), (1, 6), (0, 0)]), ring(&[(0, 0), (1, 6), (1, 4)]));
    assert!(rings_clash(&one, &other) && !rings_clash(&one, &one));
    for parts in [vec![vec![&one], vec![&other]], vec![vec![&one, &other]]] {
        let flaws = check_parts(&parts);
        assert!(matches!(flaws[..], [flaw] if matches!(flaw.kind, FlawKind::RunsAlong(_))));
    }
}

#[test]
fn a_coastline_of_a_hundred_thousand_vertices_is_checked_in_a_moment() {
    let steps = 25_000;
    let side = |k: i32| k * 40_000;
    let wiggle = |k: i32| (k % 7) * 3_000 * (k % 3);
    let south = (0..steps).map(|k| worlds::at(side(k), wiggle(k)));
    let east = (0..steps).map(|k| worlds::at(side(steps) + wiggle(k), side(k) / 10 * 8));
    let north = (0..steps).map(|k| worlds::at(side(steps - k), side(steps) / 10 * 8 + wiggle(k)));
    let west = (0..steps).map(|k| worlds::at(-100_000 - wiggle(k), side(steps - k) / 10 * 8));
    let coast = Ring::new(south.chain(east).chain(north).chain(west).collect()).unwrap();
    assert_eq!(coast.crosses_itself(), None);
}
