//! Distances over short ranges in whole numbers: how far a position is from an edge.
//!
//! Near a latitude the ground is flat enough to count grid steps, each so many nanometres
//! east and north. The scale is taken at the middle latitude of the two ends, which leaves a
//! relative error under `(d / R)^2`, and the nearest grid position of the edge is sought
//! rather than its nearest point, which leaves one grid step.
//!
//! **Bound**, tested against geodesics: up to 100 km and 70 degrees of latitude, within 2 cm
//! and a ten-thousandth of the distance. Farther off it stays a fair estimate up to 1,000 km.

use crate::area::{Area, Run, Side};
use crate::geodesy::{STEP_NM_ERROR, step_nm};
use crate::position::{BoundingBox, LAT_E7_MAX, LON_E7_MAX, Position};

/// Nanometres in one centimetre.
const NM_PER_CM: i128 = 10_000_000;
/// Farther than any two places are apart, centimetres.
const GLOBE_CM: i64 = 4_100_000_000;
/// Grid steps once around the globe.
const TURN_E7: i64 = 2 * LON_E7_MAX as i64;
/// Fewest nanometres to a grid step of latitude: at the equator.
const NORTH_NM_MIN: i128 = 11_057_427;

/// The size of grid steps about one latitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) east_nm: i64,
    pub(crate) north_nm: i64,
}

/// A vector of whole grid steps.
type Steps = (i64, i64);

impl Metric {
    pub(crate) fn at(lat_e7: i32) -> Self {
        let (east_nm, north_nm) = step_nm(lat_e7);
        Self { east_nm, north_nm }
    }

    /// A metric by which no way that stays between two latitudes is measured too long.
    pub(crate) fn shortest_between(south_e7: i32, north_e7: i32) -> Self {
        let farthest = south_e7.saturating_abs().max(north_e7.saturating_abs());
        let nearest = if south_e7 <= 0 && 0 <= north_e7 {
            0
        } else {
            south_e7.saturating_abs().min(north_e7.saturating_abs())
        };
        let (east, north) = (step_nm(farthest).0, step_nm(nearest).1);
        Self { east_nm: (east - STEP_NM_ERROR).max(0), north_nm: north - STEP_NM_ERROR }
    }

    /// Square of a length, square nanometres: at most (3.6e9 * 1.2e7)^2 * 2 = 4e33.
    pub(crate) fn square_nm2(self, (east, north): Steps) -> i128 {
        let east = i128::from(east) * i128::from(self.east_nm);
        let north = i128::from(north) * i128::from(self.north_nm);
        east * east + north * north
    }

    /// The step on the way from `a` to `b` nearest to the origin.
    fn nearest(self, a: Steps, b: Steps) -> Steps {
        let edge = (b.0 - a.0, b.1 - a.1);
        let whole = self.square_nm2(edge);
        let (east2, north2) = (i128::from(self.east_nm).pow(2), i128::from(self.north_nm).pow(2));
        let east = i128::from(-a.0) * i128::from(edge.0) * east2;
        let part = (east + i128::from(-a.1) * i128::from(edge.1) * north2).clamp(0, whole);
        if whole == 0 {
            return a;
        }
        // In shares of 2^32 of the edge, under 4e33 * 2^12 and exact to a step of the widest.
        let share = ((part >> 20) << 32) / (whole >> 20).max(1);
        let along = |from: i64, by: i64| {
            let moved = (i128::from(by) * share + (1 << 31)) >> 32;
            from + moved as i64
        };
        (along(a.0, edge.0), along(a.1, edge.1))
    }
}

/// Longitude from `p` to `q` the short way, and latitude, in grid steps.
pub(crate) fn steps(p: Position, q: Position) -> Steps {
    let east = i64::from(q.lon_e7()) - i64::from(p.lon_e7());
    let half = TURN_E7 / 2;
    let east = if east > half {
        east - TURN_E7
    } else if east < -half {
        east + TURN_E7
    } else {
        east
    };
    (east, i64::from(q.lat_e7()) - i64::from(p.lat_e7()))
}

/// An edge as seen from `p`: its start the short way round, its end as the edge runs, and when
/// that takes it past the antipodal meridian, the same edge a turn away.
pub(crate) fn seen_from(
    p: Position,
    a: Position,
    b: Position,
) -> impl Iterator<Item = (Steps, Steps)> {
    let start = steps(p, a);
    let run = i64::from(b.lon_e7()) - i64::from(a.lon_e7());
    let end = (start.0 + run, i64::from(b.lat_e7()) - i64::from(p.lat_e7()));
    let turn = if end.0 > TURN_E7 / 2 { -TURN_E7 } else { TURN_E7 };
    let again = ((start.0 + turn, start.1), (end.0 + turn, end.1));
    let wraps = end.0.abs() > TURN_E7 / 2;
    std::iter::once((start, end)).chain(wraps.then_some(again))
}

/// Distance between two positions, centimetres, to the nearest; for the range of this module.
#[must_use]
pub fn local_distance_cm(p: Position, q: Position) -> i64 {
    centimetres(mid_square_nm2(p, steps(p, q)))
}

/// Distance of a position from an edge, centimetres, to the nearest; for the range of this
/// module.
#[must_use]
pub fn local_distance_to_edge_cm(p: Position, a: Position, b: Position) -> i64 {
    let here = Metric::at(p.lat_e7());
    let squares = seen_from(p, a, b).map(|(a, b)| square_to_edge(p, here, a, b));
    centimetres(squares.min().expect("an edge is seen at least once"))
}

fn square_to_edge(p: Position, here: Metric, a: Steps, b: Steps) -> i128 {
    let first = here.nearest(a, b);
    let nearest = middle(p, first).nearest(a, b);
    mid_square_nm2(p, nearest)
}

/// The metric half-way between `p` and the place `to` steps from it.
fn middle(p: Position, to: Steps) -> Metric {
    Metric::at((i64::from(p.lat_e7()) + to.1 / 2) as i32)
}

fn mid_square_nm2(p: Position, to: Steps) -> i128 {
    middle(p, to).square_nm2(to)
}

fn centimetres(square_nm2: i128) -> i64 {
    ((square_nm2.isqrt() + NM_PER_CM / 2) / NM_PER_CM) as i64
}

/// At least the distance between two positions, centimetres, and at most a seventh more, for
/// the range of this module; quick.
#[must_use]
pub fn distance_at_most_cm(p: Position, q: Position) -> i64 {
    let low = if p.lat_e7().abs() < q.lat_e7().abs() { p } else { q };
    let flat = Flat::about(p, Metric::at(low.lat_e7()));
    let (east, north) = flat.centimetres(steps(p, q));
    let (east, north) = (east.abs() + 1, north.abs() + 1);
    // max + min / 2 is never less than the root of the squares; a hundredth for curvature.
    let length = east.max(north) + east.min(north) / 2;
    length + length / 100 + 2
}

impl BoundingBox {
    /// This box with every place within `distance_cm` of it; never less, and up to the edge of
    /// the map where it would reach beyond ([`Self::grown_across_cm`] has the rest).
    /// `distance_cm` is taken as zero when negative.
    #[must_use]
    pub fn grown_by_cm(self, distance_cm: i64) -> Self {
        let (west, east, lat) = self.reaches(distance_cm);
        let max = i64::from(LON_E7_MAX);
        of_corners((west.max(-max), east.min(max)), lat)
    }

    /// What of the same lies beyond the antimeridian, on the far edge of the map; nothing mostly.
    #[must_use]
    pub fn grown_across_cm(self, distance_cm: i64) -> Option<Self> {
        let (west, east, lat) = self.reaches(distance_cm);
        let max = i64::from(LON_E7_MAX);
        match (west < -max, east > max) {
            (false, false) => None,
            (true, true) => Some(of_corners((-max, max), lat)),
            (true, false) => Some(of_corners(((west + TURN_E7).max(-max), max), lat)),
            (false, true) => Some(of_corners((-max, (east - TURN_E7).min(max)), lat)),
        }
    }

    /// Western and eastern end, which may lie beyond the map, and latitudes, which do not.
    fn reaches(self, distance_cm: i64) -> (i64, i64, (i32, i32)) {
        let reach_nm = distance_cm.clamp(0, GLOBE_CM) * NM_PER_CM as i64;
        let steps =
            |per_step: i64, max: i32| (reach_nm / per_step.max(1) + 1).min(2 * i64::from(max));
        let north = steps(NORTH_NM_MIN as i64, LAT_E7_MAX);
        let by = |from: i32, by: i64| {
            let to = (i64::from(from) + by).clamp(-i64::from(LAT_E7_MAX), i64::from(LAT_E7_MAX));
            i32::try_from(to).expect("clamped to the range of a coordinate")
        };
        let lat = (by(self.min.lat_e7(), -north), by(self.max.lat_e7(), north));
        let narrowest = Metric::shortest_between(lat.0, lat.1).east_nm;
        let east = steps(narrowest, LON_E7_MAX);
        (i64::from(self.min.lon_e7()) - east, i64::from(self.max.lon_e7()) + east, lat)
    }
}

fn of_corners((west, east): (i64, i64), (south, north): (i32, i32)) -> BoundingBox {
    let corner =
        |lon: i64, lat: i32| Position::from_e7(lon as i32, lat).expect("clamped to the map");
    BoundingBox { min: corner(west, south), max: corner(east, north) }
}

impl Area {
    /// Distance of `p` from the nearest edge, centimetres, zero on an edge; for the range of
    /// this module.
    ///
    /// Edges are first compared on flat ground about `p`; those that come out nearest, or
    /// nearly so, are then measured.
    #[must_use]
    pub fn distance_to_edge_cm(&self, p: Position) -> i64 {
        let here = Metric::at(p.lat_e7());
        let flat = Flat::about(p, here);
        // No edge that matters is farther than the nearest vertex.
        let mut least = i64::MAX;
        for run in self.runs() {
            if flat.square_to_box_cm2(run.bounds) < least {
                least = run.starts().iter().map(|&v| flat.square_to(v)).fold(least, i64::min);
            }
        }
        let mut best = i128::MAX;
        let mut nearly = Flat::doubt(least);
        for run in self.runs() {
            if flat.square_to_box_cm2(run.bounds) > nearly {
                continue;
            }
            for (a, b) in run.edges() {
                let square = flat.square_to_near_edge_cm2(a, b, nearly);
                if square.is_some_and(|square| square > nearly) {
                    continue;
                }
                nearly = square.map_or(nearly, |square| nearly.min(Flat::doubt(square)));
                let seen = seen_from(p, a, b).map(|(a, b)| square_to_edge(p, here, a, b));
                best = seen.fold(best, i128::min);
            }
        }
        centimetres(best)
    }

    /// Where the straight way from `p` to `q`, which crosses no edge, comes nearest to one: the
    /// share of the way in 2^16ths and the distance in centimetres; `None` when that is over
    /// `within_cm`. On flat ground about `p`, so a fair estimate and no more.
    #[must_use]
    pub fn nearest_on_way(&self, p: Position, q: Position, within_cm: i64) -> Option<(i64, i64)> {
        let flat = Flat::about(p, Metric::at(p.lat_e7()));
        let way = BoundingBox { min: p, max: p }.grown_to(q).grown_by_cm(within_cm);
        let end = flat.centimetres(steps(p, q));
        let runs = self.runs().filter(|run| run.bounds.meets(way));
        let within = within_cm.saturating_mul(within_cm);
        let near = runs.flat_map(Run::edges).flat_map(|(a, b)| {
            let (a, b) = (flat.centimetres(steps(p, a)), flat.centimetres(steps(p, b)));
            if boxes_apart_cm2((a, b), ((0, 0), end)) > Flat::doubt(within) {
                return [None; 3];
            }
            let of_vertex = nearest_share((0, 0), end, a);
            let of_start = (0, nearest_share(a, b, (0, 0)).1);
            let of_end = (1 << 16, nearest_share(a, b, end).1);
            [Some(of_vertex), Some(of_start), Some(of_end)]
        });
        let (share, square) = near.flatten().min_by_key(|(_, square)| *square)?;
        (square <= within).then(|| (share, square.isqrt()))
    }

    /// Distance of `p` from the nearest edge, centimetres: negative inside, zero on an edge,
    /// positive outside.
    #[must_use]
    pub fn signed_distance_cm(&self, p: Position) -> i64 {
        match self.side(p) {
            Side::Inside => -self.distance_to_edge_cm(p),
            Side::Edge => 0,
            Side::Outside => self.distance_to_edge_cm(p),
        }
    }
}

/// The square of the distance between the boxes around two ways; all on flat ground in
/// centimetres, capped at 2^30.
fn boxes_apart_cm2((a, b): ((i64, i64), (i64, i64)), (p, q): ((i64, i64), (i64, i64))) -> i64 {
    let gap = |a: i64, b: i64, p: i64, q: i64| {
        (a.min(b) - p.max(q)).max(p.min(q) - a.max(b)).clamp(0, 1 << 30)
    };
    let (east, north) = (gap(a.0, b.0, p.0, q.0), gap(a.1, b.1, p.1, q.1));
    east * east + north * north
}

/// The share of the way from `a` to `b`, in 2^16ths, that is nearest to `p`, and the square of
/// the distance there; all on flat ground in centimetres, capped at 2^30.
fn nearest_share(a: (i64, i64), b: (i64, i64), p: (i64, i64)) -> (i64, i64) {
    let (along, to) = ((b.0 - a.0, b.1 - a.1), (p.0 - a.0, p.1 - a.1));
    let whole = along.0 * along.0 + along.1 * along.1;
    let part = (to.0 * along.0 + to.1 * along.1).clamp(0, whole);
    let share = (part / (whole >> 16).max(1)).min(1 << 16);
    let (east, north) = (to.0 - ((along.0 * share) >> 16), to.1 - ((along.1 * share) >> 16));
    (share, east * east + north * north)
}

/// The ground about a place, as if flat: good enough to tell which edges can be the nearest.
struct Flat {
    about: Position,
    /// Centimetres to a step, times 2^16.
    east_q16: i64,
    north_q16: i64,
}

impl Flat {
    fn about(p: Position, here: Metric) -> Self {
        let q16 = |nm: i64| (nm << 16) / NM_PER_CM as i64;
        Self { about: p, east_q16: q16(here.east_nm), north_q16: q16(here.north_nm) }
    }

    /// What looks this much farther may be the nearest after all: by a tenth of its length,
    /// which is what a degree of latitude does to longitudes at 80 degrees, and by rounding.
    fn doubt(square_cm2: i64) -> i64 {
        square_cm2.saturating_add(square_cm2 / 4).saturating_add(10_000)
    }

    /// Centimetres from the place, capped at 10,700 km, so that products of two fit an `i64`
    /// three times over.
    #[inline]
    fn centimetres(&self, (east, north): Steps) -> (i64, i64) {
        let capped = |cm: i64| cm.clamp(-(1 << 30), 1 << 30);
        (capped((east * self.east_q16) >> 16), capped((north * self.north_q16) >> 16))
    }

    fn square_to_box_cm2(&self, bounds: BoundingBox) -> i64 {
        let (low, high) = (steps(self.about, bounds.min), steps(self.about, bounds.max));
        if low.0 > high.0
            || i64::from(bounds.max.lon_e7()) - i64::from(bounds.min.lon_e7()) > TURN_E7 / 2
        {
            return 0;
        }
        let gap = |low: i64, high: i64| low.max(0).max(-high);
        let (east, north) = self.centimetres((gap(low.0, high.0), gap(low.1, high.1)));
        // The longitudes of a box are narrower on the side away from the equator.
        let east = east * 9 / 10;
        east * east + north * north
    }

    #[inline]
    fn square_to(&self, p: Position) -> i64 {
        let (east, north) = self.centimetres(steps(self.about, p));
        east * east + north * north
    }

    /// The square of the distance to an edge, or of something less that is over `limit` still;
    /// `None` for an edge that may be seen either way round the globe.
    #[inline]
    fn square_to_near_edge_cm2(&self, a: Position, b: Position, limit: i64) -> Option<i64> {
        let (start, end) = (steps(self.about, a), steps(self.about, b));
        if (end.0 - start.0).abs() > TURN_E7 / 2 {
            return None;
        }
        let (a, b) = (self.centimetres(start), self.centimetres(end));
        // Most edges are so far off that the box around them is.
        let gap = |a: i64, b: i64| a.min(b).max(-a.max(b)).max(0);
        let (east, north) = (gap(a.0, b.0), gap(a.1, b.1));
        let of_box = east * east + north * north;
        if of_box > limit {
            return Some(of_box);
        }
        let along = (b.0 - a.0, b.1 - a.1);
        let whole = along.0 * along.0 + along.1 * along.1;
        let part = -(a.0 * along.0 + a.1 * along.1);
        Some(if part <= 0 {
            a.0 * a.0 + a.1 * a.1
        } else if part >= whole {
            b.0 * b.0 + b.1 * b.1
        } else {
            let across = (a.0 * along.1 - a.1 * along.0) / whole.isqrt().max(1);
            across * across
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Polygon, Ring};
    use crate::geodesy::inverse;

    fn at(lon_deg: f64, lat_deg: f64) -> Position {
        Position::from_degrees(lon_deg, lat_deg).unwrap()
    }

    #[test]
    fn a_box_grows_by_at_least_what_was_asked() {
        for lat in [0.0, 32.6, -48.9, 69.0] {
            let p = at(36.1, lat);
            let grown = BoundingBox { min: p, max: p }.grown_by_cm(1_000_000);
            for azimuth_cdeg in (0..36_000).step_by(1_500) {
                assert!(grown.covers(crate::geodesy::direct(p, azimuth_cdeg, 9_999_000)));
            }
            let corner = at(grown.max.lon_degrees(), lat);
            assert!(local_distance_cm(p, corner) < 1_010_000);
        }
    }

    #[test]
    fn what_grows_over_the_antimeridian_comes_in_on_the_far_side() {
        let fiji = BoundingBox { min: at(179.99, -17.0), max: at(179.995, -17.0) };
        assert_eq!(fiji.grown_across_cm(10_000), None);
        let beyond = fiji.grown_across_cm(200_000).unwrap();
        assert!(beyond.covers(at(-180.0, -17.01)) && beyond.covers(at(-179.99, -17.0)));
        assert!(
            !beyond.covers(at(-179.9, -17.0))
                && fiji.grown_by_cm(200_000).max.lon_e7() == LON_E7_MAX
        );
    }

    #[test]
    fn short_distances_agree_with_geodesics() {
        let dara = at(36.1, 32.62);
        for (east, north) in [(0.5, 0.0), (0.0, -0.5), (0.3, 0.4), (1e-6, 0.0), (-0.9, 0.01)] {
            let p = at(36.1 + east, 32.62 + north);
            let (local, true_mm) = (local_distance_cm(dara, p), inverse(dara, p).length_mm);
            assert!((local * 10 - true_mm).abs() <= 20 + true_mm / 10_000, "{local} {true_mm}");
        }
    }

    #[test]
    fn an_edge_across_the_antimeridian_side_is_near() {
        let fiji = at(179.999, -17.0);
        let metres = local_distance_to_edge_cm(fiji, at(-180.0, -17.5), at(-180.0, -16.5)) / 100;
        assert_eq!(metres, 106);
        let long_way = (at(-150.0, 10.0), at(175.0, 10.0));
        let kilometres =
            local_distance_to_edge_cm(at(180.0, 10.0), long_way.0, long_way.1) / 100_000;
        assert_eq!(kilometres, 548);
    }

    #[test]
    fn an_edge_half_round_the_globe_hides_no_nearer_one() {
        let corners = [(-100.0, 30.0), (100.0, 30.0), (100.0, 30.5), (0.0, 30.5)];
        let ring = Ring::new(corners.map(|(x, y)| at(x, y)).to_vec()).unwrap();
        let wide = Area::new(vec![Polygon::new(ring, vec![])]).unwrap();
        assert_eq!(wide.distance_to_edge_cm(at(50.0, 30.6)) / 100_000, 11);
    }

    #[test]
    fn inside_is_negative_and_an_edge_is_zero() {
        let corners = [(36.0, 32.0), (37.0, 32.0), (37.0, 33.0), (36.0, 33.0)];
        let ring = Ring::new(corners.map(|(x, y)| at(x, y)).to_vec()).unwrap();
        let square = Area::new(vec![Polygon::new(ring, vec![])]).unwrap();
        let kilometres = |lon, lat| square.signed_distance_cm(at(lon, lat)) / 100_000;
        assert_eq!(kilometres(36.5, 32.9), -11);
        assert_eq!(kilometres(36.5, 33.1), 11);
        assert_eq!(square.signed_distance_cm(at(37.0, 32.5)), 0);
    }
}
