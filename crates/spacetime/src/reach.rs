//! What could have been reached between two fixes.
//!
//! Whoever was at one place and later at another, with a budget of way to go in between, was
//! at all times where the sum of the distances to both is within the budget: in an ellipse.
//! Answers here err to one side only: an area that a feasible path enters is never called out
//! of reach.

use crate::area::{Area, Side};
use crate::geodesy::inverse;
use crate::metric::{Metric, seen_from, steps};
use crate::position::{LAT_E7_MAX, LON_E7_MAX, Position};
use crate::time::{Duration, MICROS_PER_SECOND};

/// Fewest nanometres to a grid step of latitude anywhere.
const NORTH_NM_MIN: i64 = 11_057_000;
/// Nanometres in one centimetre.
const NM_PER_CM: i128 = 10_000_000;
/// Longer edges are halved before they are measured, grid steps: 20 degrees.
const EDGE_E7_MAX: i64 = 200_000_000;
/// Longest budget that is looked at closely, centimetres: 1,000 km. Any area is within reach
/// of a longer one.
pub const BUDGET_CM_MAX: i64 = 100_000_000;

/// Whether a path from `p1` to `p2` no longer than `budget_cm` could meet the closed area.
///
/// A budget shorter than the way itself counts as the way: the fixes are held to be true, the
/// budget to be too tight. Lengths are measured by the smallest grid step within reach, so
/// that no path is taken for longer than it is; at 100 km and 60 degrees of latitude that
/// makes the ellipse 3 percent larger than need be.
#[must_use]
pub fn reach_meets(area: &Area, p1: Position, p2: Position, budget_cm: i64) -> bool {
    if area.side(p1) != Side::Outside || area.side(p2) != Side::Outside {
        return true;
    }
    // The geodesic is rounded to a millimetre; a centimetre covers that and the series' error.
    let way_cm = inverse(p1, p2).length_mm / 10 + 2;
    let budget_cm = budget_cm.max(way_cm);
    if budget_cm > BUDGET_CM_MAX {
        return true;
    }
    let ellipse = Ellipse::new(p1, p2, budget_cm);
    area.edges().filter(|&(a, b)| ellipse.reaches_latitude(a, b)).any(|(a, b)| {
        // So near a pole that a path may go round it, every longitude is within reach.
        ellipse.goes_round() || seen_from(p1, a, b).any(|(a, b)| ellipse.meets(a, b))
    })
}

/// How far something may have been from the straight and uniform way between two fixes,
/// centimetres: the lesser of half the ellipse's width, `sqrt((v dt)^2 - d^2) / 2`, and what
/// accelerating one way and back can do, `a dt^2 / 8`. Rounded up.
///
/// `speed_cm_s_max` and `acceleration_cm_s2_max` are limits on its motion over the ground. When the
/// way is longer than the speed allows, only the second is used.
#[must_use]
pub fn deviation_cm(
    p1: Position,
    p2: Position,
    dt: Duration,
    speed_cm_s_max: i64,
    acceleration_cm_s2_max: i64,
) -> i64 {
    let micros = i128::from(dt.micros().max(0));
    let per_second = i128::from(MICROS_PER_SECOND);
    let budget = div_up(i128::from(speed_cm_s_max.max(0)).saturating_mul(micros), per_second);
    let way = i128::from(inverse(p1, p2).length_mm / 10);
    let square = |length: i128| length.saturating_mul(length);
    let by_acceleration = div_up(
        i128::from(acceleration_cm_s2_max.max(0)).saturating_mul(square(micros)),
        8 * square(per_second),
    );
    let by_speed = (budget >= way).then(|| {
        let doubled = (square(budget) - square(way)).isqrt() + 1;
        div_up(doubled, 2)
    });
    let least = by_speed.map_or(by_acceleration, |d| d.min(by_acceleration));
    i64::try_from(least).unwrap_or(i64::MAX)
}

fn div_up(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

/// The reachable ellipse about the first focus, in a metric that takes no path for longer
/// than it is, in centimetres.
struct Ellipse {
    first: Position,
    metric: Metric,
    second: Point,
    budget_cm: i128,
    /// Grid steps that no path can get away from the first focus, east and north.
    reach_e7: (i64, i64),
}

type Point = (i128, i128);

impl Ellipse {
    fn new(first: Position, second: Position, budget_cm: i64) -> Self {
        let north = budget_cm * NM_PER_CM as i64 / NORTH_NM_MIN + 1;
        let lat = i64::from(first.lat_e7());
        let clamp = |lat: i64| lat.clamp(-i64::from(LAT_E7_MAX), i64::from(LAT_E7_MAX)) as i32;
        let metric = Metric::shortest_between(clamp(lat - north), clamp(lat + north));
        let east =
            (budget_cm * NM_PER_CM as i64).checked_div(metric.east_nm).map_or(i64::MAX, |e| e + 1);
        let mut ellipse = Self {
            first,
            metric,
            second: (0, 0),
            // Rounding of the foci and the edge to centimetres, and of the places where a long
            // edge is halved to grid steps.
            budget_cm: i128::from(budget_cm) + 20,
            reach_e7: (east, north),
        };
        ellipse.second = ellipse.point(steps(first, second));
        ellipse
    }

    fn point(&self, (east, north): (i64, i64)) -> Point {
        let cm = |steps: i64, nm: i64| i128::from(steps) * i128::from(nm) / NM_PER_CM;
        (cm(east, self.metric.east_nm), cm(north, self.metric.north_nm))
    }

    fn goes_round(&self) -> bool {
        self.reach_e7.0 >= i64::from(LON_E7_MAX)
    }

    /// Whether some of an edge's latitudes are within reach.
    fn reaches_latitude(&self, a: Position, b: Position) -> bool {
        let lat = i64::from(self.first.lat_e7());
        let (a, b) = (i64::from(a.lat_e7()), i64::from(b.lat_e7()));
        a.min(b) - self.reach_e7.1 <= lat && lat <= a.max(b) + self.reach_e7.1
    }

    /// Whether the least sum of distances from a point of the edge to the foci is within budget.
    fn meets(&self, a: (i64, i64), b: (i64, i64)) -> bool {
        if a.0.min(b.0) > self.reach_e7.0 || a.0.max(b.0) < -self.reach_e7.0 {
            return false;
        }
        if (b.0 - a.0).abs().max((b.1 - a.1).abs()) > EDGE_E7_MAX {
            let middle = (a.0.midpoint(b.0), a.1.midpoint(b.1));
            return self.meets(a, middle) || self.meets(middle, b);
        }
        least_sum(self.point(a), self.point(b), (0, 0), self.second) <= self.budget_cm
    }
}

/// The least `|x - p| + |x - q|` over the points `x` between `a` and `b`, rounded down by less
/// than three: one focus is reflected in the edge's line so that both lie on one side of it; the
/// straight way between them passes the line at the best point, unless that is beyond an end,
/// and then the end is best, since the sum is convex along the line.
fn least_sum(a: Point, b: Point, p: Point, q: Point) -> i128 {
    let sum_at = |x: Point| distance(x, p) + distance(x, q);
    let edge = minus(b, a);
    let (along_p, along_q) = (dot(minus(p, a), edge), dot(minus(q, a), edge));
    let (off_p, off_q) = (cross(edge, minus(p, a)), cross(edge, minus(q, a)));
    let whole = dot(edge, edge);
    let (weight_p, weight_q) = (off_q.abs(), off_p.abs());
    let weight = weight_p + weight_q;
    if whole == 0 {
        return sum_at(a);
    }
    if weight == 0 {
        let beyond_a = along_p.max(along_q) < 0;
        let beyond_b = along_p.min(along_q) > whole;
        return if beyond_a {
            sum_at(a)
        } else if beyond_b {
            sum_at(b)
        } else {
            distance(p, q)
        };
    }
    // An edge is at most 3.2e8 long and comes within 1e8 of the foci: under 1e36.
    let best = along_p * weight_p + along_q * weight_q;
    if best < 0 {
        sum_at(a)
    } else if best / weight >= whole {
        sum_at(b)
    } else {
        let way = minus(p, q);
        let aside = (off_p * off_q).max(0) / whole;
        (dot(way, way) + 4 * aside).isqrt()
    }
}

const fn minus(a: Point, b: Point) -> Point {
    (a.0 - b.0, a.1 - b.1)
}

const fn dot(a: Point, b: Point) -> i128 {
    a.0 * b.0 + a.1 * b.1
}

const fn cross(a: Point, b: Point) -> i128 {
    a.0 * b.1 - a.1 * b.0
}

const fn distance(a: Point, b: Point) -> i128 {
    let way = minus(a, b);
    dot(way, way).isqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Polygon, Ring};

    fn at(lon_deg: f64, lat_deg: f64) -> Position {
        Position::from_degrees(lon_deg, lat_deg).unwrap()
    }

    fn area(west: f64, south: f64, east: f64, north: f64) -> Area {
        let corners = [(west, south), (east, south), (east, north), (west, north)];
        let ring = Ring::new(corners.map(|(x, y)| at(x, y)).to_vec()).unwrap();
        Area::new(vec![Polygon::new(ring, vec![])]).unwrap()
    }

    #[test]
    fn the_least_sum_over_an_edge_is_by_reflection_or_at_an_end() {
        // Foci 30 above the edge, 80 apart: 2 * sqrt(40^2 + 30^2).
        assert_eq!(least_sum((-100, 0), (100, 0), (-40, 30), (40, 30)), 100);
        assert_eq!(least_sum((-100, 0), (100, 0), (-40, 30), (40, -30)), 100);
        assert_eq!(least_sum((40, 0), (100, 0), (-40, 30), (40, 30)), 115);
        assert_eq!(least_sum((10, 0), (20, 0), (0, 0), (100, 0)), 100);
        assert_eq!(least_sum((110, 0), (120, 0), (0, 0), (100, 0)), 120);
    }

    #[test]
    fn a_zone_beside_the_way_is_reached_with_enough_budget() {
        let zone = area(36.0, 32.6, 37.0, 33.0);
        // 11.09 km south of the zone, 46.9 km apart: a detour of 51.9 km grazes it.
        let (p1, p2) = (at(36.2, 32.5), at(36.7, 32.5));
        assert!(!reach_meets(&zone, p1, p2, 4_700_000));
        assert!(!reach_meets(&zone, p1, p2, 5_150_000));
        assert!(reach_meets(&zone, p1, p2, 5_200_000));
        assert!(reach_meets(&zone, p1, at(36.5, 32.7), 0));
    }

    #[test]
    fn reach_goes_across_the_antimeridian_and_to_the_pole() {
        let fiji = area(-180.0, -17.0, -179.9, -16.9);
        assert!(reach_meets(&fiji, at(179.9, -17.0), at(179.95, -17.0), 2_000_000));
        assert!(!reach_meets(&fiji, at(179.9, -17.0), at(179.95, -17.0), 600_000));
        let arctic = area(100.0, 89.0, 110.0, 89.1);
        assert!(reach_meets(&arctic, at(-80.0, 89.5), at(-75.0, 89.5), 40_000_000));
    }

    #[test]
    fn a_short_gap_leaves_little_room() {
        let (p1, p2) = (at(36.0, 32.0), at(36.1, 32.0));
        let dt = Duration::from_seconds(4);
        // 9.45 km in 4 s is beyond 300 m/s: only acceleration bounds it, 30 m/s2 * 16 s2 / 8.
        assert_eq!(deviation_cm(p1, p2, dt, 30_000, 3_000), 6_000);
        assert_eq!(deviation_cm(p1, p1, dt, 1_000, 3_000), 2_001);
    }
}
