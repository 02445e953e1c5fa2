//! Areas that are given by a distance: geodesic circles, and buffers of a line.
//!
//! Both become rings whose straight edges stay within [`deviation_cm_max`] of the true outline: a
//! thousandth of the radius, or one metre when that is more. On which side of the true
//! outline they stay is said by [`Fit`]. An outline across the antimeridian is split there, as
//! RFC 7946 §3.1.9 has it; one about a pole is refused.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;

use crate::area::{Area, AreaFault, Polygon, Ring};
use crate::geodesy::{TURN_CDEG, direct, inverse};
use crate::metric::steps;
use crate::position::{LAT_E7_MAX, LON_E7_MAX, Position};

/// Smallest radius, centimetres: one metre.
pub const RADIUS_CM_MIN: i64 = 100;
/// Largest radius, centimetres: 1,000 km.
pub const RADIUS_CM_MAX: i64 = 100_000_000;
/// Most pieces of a tenth of a degree that a buffered line is made of.
pub const LINE_PIECES_MAX: usize = 10_000;

/// On which side of the true outline the ring stays, to within 1 cm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Nothing in the ring is farther away than the radius.
    Within,
    /// Everything nearer than the radius is in the ring: the cautious one for what protects.
    Around,
}

/// Why a distance gives no area.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutlineFault {
    /// Under a metre, or over 1,000 km.
    #[error("the radius lies outside 1 m to 1,000 km")]
    Radius,
    /// It would hold a pole, or come so near that straight edges cannot follow it.
    #[error("the area holds a pole or comes too near to one; give it as a polygon")]
    NearPole,
    /// It goes round the globe, and would lie over itself.
    #[error("the line goes round the globe")]
    RoundTheGlobe,
    /// No position at all.
    #[error("the line has no position")]
    NoLine,
    /// More pieces than [`LINE_PIECES_MAX`].
    #[error("the line is too long to be buffered")]
    LineTooLong,
    /// The union of the pieces is no sound area.
    #[error(transparent)]
    Area(#[from] AreaFault),
}

/// How far the ring of an outline may stray from the true one, centimetres.
#[must_use]
pub const fn deviation_cm_max(radius_cm: i64) -> i64 {
    if radius_cm < 100_000 { 100 } else { radius_cm / 1000 }
}

/// The area within `radius_cm` of `centre` over the ellipsoid.
///
/// # Errors
/// When the radius is out of range, or the circle holds or comes too near a pole.
pub fn circle(centre: Position, radius_cm: i64, fit: Fit) -> Result<Area, OutlineFault> {
    let mut guess = Guess::new(checked_radius(radius_cm)?);
    area_of(&[circle_vertices(centre, radius_cm, fit, &mut guess)?])
}

/// The area within `radius_cm` of a line that is straight in longitude and latitude between
/// its positions; a single position gives a circle. Segments go the short way round.
///
/// # Errors
/// As for [`circle`], and when the line is empty or too long.
pub fn buffer(line: &[Position], radius_cm: i64, fit: Fit) -> Result<Area, OutlineFault> {
    let path = pieces(line)?;
    let radius_cm = checked_radius(radius_cm)?;
    let mut guess = Guess::new(radius_cm);
    let slack_cm = radius_cm / SIDE_ERROR_SHARE;
    let radius_cm = match fit {
        Fit::Within => radius_cm - slack_cm,
        Fit::Around => radius_cm + slack_cm,
    };
    let circles: Vec<Vec<Point>> = path
        .iter()
        .map(|&(east, north)| {
            let turns = (east + HALF_TURN).div_euclid(2 * HALF_TURN) * 2 * HALF_TURN;
            let centre = Position::from_e7((east - turns) as i32, north as i32)
                .expect("a turn brings a longitude back to the globe");
            if pole_distance_mm(centre) < 3 * 10 * radius_cm {
                return Err(OutlineFault::NearPole);
            }
            let vertices = circle_vertices(centre, radius_cm, fit, &mut guess)?;
            Ok(vertices.into_iter().map(|(x, y)| (x + turns, y)).collect())
        })
        .collect::<Result<_, _>>()?;
    if circles.len() == 1 {
        return area_of(&circles);
    }
    let capsules: Vec<_> = circles.windows(2).map(|pair| hull(pair.concat())).collect();
    area_of(&capsules)
}

/// A place in grid steps, its longitude not brought back to the globe.
type Point = (i64, i64);

const HALF_TURN: i64 = LON_E7_MAX as i64;
/// Longest piece of a buffered line, grid steps: a tenth of a degree. The sides of a piece are
/// taken as straight, which is off by less than the share below of the radius up to 80 degrees
/// of latitude.
const PIECE_E7_MAX: i64 = 1_000_000;
const SIDE_ERROR_SHARE: i64 = 20_000;
/// Fewest vertices of a circle, and how often they may be doubled.
const VERTICES_MIN: u32 = 16;
const DOUBLINGS_MAX: u32 = 4;
/// How often the vertices are moved in or out before their number is doubled.
const CORRECTIONS: u32 = 3;

/// The regular polygon that stood for a circle: where the next one of the same radius starts.
#[derive(Clone, Copy)]
struct Guess {
    vertices: u32,
    at_mm: i64,
}

impl Guess {
    /// As many vertices as keep the chords of a plane circle within the bound, and a few more:
    /// `r (1 - cos(pi / n))` is at most `5 r / n^2`.
    fn new(radius_cm: i64) -> Self {
        let chords = (5 * radius_cm / deviation_cm_max(radius_cm)).isqrt() as u32;
        Self { vertices: (chords + chords / 8 + 1).max(VERTICES_MIN), at_mm: radius_cm * 10 }
    }
}

/// A ring about `centre` that keeps to `fit` and the bound, by measuring it and mending it.
fn circle_vertices(
    centre: Position,
    radius_cm: i64,
    fit: Fit,
    guess: &mut Guess,
) -> Result<Vec<Point>, OutlineFault> {
    let (radius_mm, bound_mm) = (radius_cm * 10, deviation_cm_max(radius_cm) * 10);
    if pole_distance_mm(centre) <= radius_mm + 2 * bound_mm {
        return Err(OutlineFault::NearPole);
    }
    for _ in 0..=DOUBLINGS_MAX {
        for _ in 0..CORRECTIONS {
            let vertices = polygon(centre, guess.at_mm, guess.vertices);
            let (nearest, farthest) = distances_mm(centre, &vertices);
            let (astray, slack) = match fit {
                Fit::Within => (radius_mm - nearest, radius_mm - farthest),
                Fit::Around => (farthest - radius_mm, nearest - radius_mm),
            };
            if astray <= bound_mm && slack >= 0 {
                return Ok(vertices);
            }
            let outwards = if fit == Fit::Around { 1 } else { -1 };
            guess.at_mm += outwards * (GRID_MM - slack);
        }
        guess.vertices *= 2;
    }
    Err(OutlineFault::NearPole)
}

/// More than rounding a vertex to the grid moves it.
const GRID_MM: i64 = 10;

fn polygon(centre: Position, radius_mm: i64, count: u32) -> Vec<Point> {
    let vertex = |i: u32| {
        let (east, north) = steps(centre, direct(centre, i * TURN_CDEG / count, radius_mm));
        (i64::from(centre.lon_e7()) + east, i64::from(centre.lat_e7()) + north)
    };
    // Counter-clockwise, from north.
    (0..count).rev().map(vertex).collect()
}

/// The least and the greatest distance of the ring's edges from the centre, sampled at every
/// vertex and three places on every edge.
fn distances_mm(centre: Position, vertices: &[Point]) -> (i64, i64) {
    let next = vertices.iter().cycle().skip(1);
    let sampled = vertices.iter().zip(next).flat_map(|(a, b)| {
        (0..4).map(move |k| (a.0 + (b.0 - a.0) * k / 4, a.1 + (b.1 - a.1) * k / 4))
    });
    sampled.fold((i64::MAX, 0), |(nearest, farthest), point| {
        let length = inverse(centre, on_globe(point)).length_mm;
        (nearest.min(length), farthest.max(length))
    })
}

fn on_globe((east, north): Point) -> Position {
    let east = (east + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN;
    Position::from_e7(east as i32, north as i32).expect("within a turn of the globe")
}

fn checked_radius(radius_cm: i64) -> Result<i64, OutlineFault> {
    let fits = (RADIUS_CM_MIN..=RADIUS_CM_MAX).contains(&radius_cm);
    if fits { Ok(radius_cm) } else { Err(OutlineFault::Radius) }
}

fn pole_distance_mm(p: Position) -> i64 {
    let pole = if p.lat_e7() < 0 { -LAT_E7_MAX } else { LAT_E7_MAX };
    inverse(p, Position::from_e7(p.lon_e7(), pole).expect("a pole")).length_mm
}

/// The line as places no farther apart than a piece may be long.
fn pieces(line: &[Position]) -> Result<Vec<Point>, OutlineFault> {
    let first = line.first().ok_or(OutlineFault::NoLine)?;
    let mut at = (i64::from(first.lon_e7()), i64::from(first.lat_e7()));
    let mut path = vec![at];
    for pair in line.windows(2) {
        let by = steps(pair[0], pair[1]);
        let count = (by.0.abs().max(by.1.abs()) - 1).div_euclid(PIECE_E7_MAX) + 1;
        if path.len() as i64 + count > LINE_PIECES_MAX as i64 {
            return Err(OutlineFault::LineTooLong);
        }
        path.extend((1..=count).map(|k| (at.0 + by.0 * k / count, at.1 + by.1 * k / count)));
        at = (at.0 + by.0, at.1 + by.1);
    }
    let (west, east) = west_and_east(path.iter());
    if east - west >= 2 * HALF_TURN {
        return Err(OutlineFault::RoundTheGlobe);
    }
    Ok(path)
}

fn west_and_east<'a>(points: impl Iterator<Item = &'a Point>) -> (i64, i64) {
    points.fold((i64::MAX, i64::MIN), |(west, east), p| (west.min(p.0), east.max(p.0)))
}

/// The convex hull, counter-clockwise (Andrew's monotone chain). Exact.
fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_unstable();
    points.dedup();
    let mut ring = chain(points.iter());
    ring.pop();
    let mut upper = chain(points.iter().rev());
    upper.pop();
    ring.append(&mut upper);
    ring
}

fn chain<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for &p in points {
        while let [.., a, b] = chain.as_slice() {
            let left = (b.0 - a.0) as i128 * (p.1 - a.1) as i128;
            if left > (b.1 - a.1) as i128 * (p.0 - a.0) as i128 {
                break;
            }
            chain.pop();
        }
        chain.push(p);
    }
    chain
}

/// The union of rings that wind alike, split at the antimeridian.
///
/// Longitudes may run past it, which an overlay of 64-bit integers takes as they are.
fn area_of(rings: &[Vec<Point>]) -> Result<Area, OutlineFault> {
    let (west, east) = west_and_east(rings.iter().flatten());
    if east - west > 2 * HALF_TURN {
        return Err(OutlineFault::RoundTheGlobe);
    }
    let turn_of = |x: i64| (x + HALF_TURN).div_euclid(2 * HALF_TURN);
    if rings.len() == 1 && turn_of(west) == turn_of(east - 1) {
        let turns = turn_of(west);
        return area_of_shapes(rings.iter().map(|ring| (turns, vec![ring.clone()])));
    }
    let mut union = Overlay::new_custom(0, IntOverlayOptions::ogc(), Default::default());
    for ring in rings {
        union.add_path_iter(ring.iter().map(|p| IntPoint::new(p.0, p.1)), ShapeType::Subject);
    }
    let shapes = union.overlay(OverlayRule::Subject, FillRule::NonZero);
    let windows = (turn_of(west)..=turn_of(east - 1)).flat_map(|turns| {
        let mut clip = Overlay::new_custom(0, IntOverlayOptions::ogc(), Default::default());
        clip.add_source(&shapes, ShapeType::Subject);
        clip.add_path_iter(window(turns).into_iter(), ShapeType::Clip);
        let within = clip.overlay(OverlayRule::Intersect, FillRule::NonZero);
        within.into_iter().map(move |shape| {
            let rings = shape.into_iter().map(|ring| ring.iter().map(|p| (p.x, p.y)).collect());
            (turns, rings.collect())
        })
    });
    area_of_shapes(windows.collect::<Vec<_>>().into_iter())
}

/// The globe, `turns` turns to the east of itself.
fn window(turns: i64) -> [IntPoint<i64>; 4] {
    let (middle, north) = (2 * HALF_TURN * turns, i64::from(LAT_E7_MAX));
    let (west, east) = (middle - HALF_TURN, middle + HALF_TURN);
    [(west, -north), (east, -north), (east, north), (west, north)].map(|(x, y)| IntPoint::new(x, y))
}

/// Outer rings with their holes, each so many turns off the globe.
fn area_of_shapes(
    shapes: impl Iterator<Item = (i64, Vec<Vec<Point>>)>,
) -> Result<Area, OutlineFault> {
    let polygons = shapes.map(|(turns, rings)| {
        let place = |&(x, y): &Point| {
            Position::from_e7((x - 2 * HALF_TURN * turns) as i32, y as i32).expect("in its window")
        };
        let ring = |points: &Vec<Point>| Ring::new(points.iter().map(place).collect());
        let mut rings = rings.iter().map(ring);
        let outer = rings.next().expect("a shape has an outer ring")?;
        Ok(Polygon::new(outer, rings.collect::<Result<_, AreaFault>>()?))
    });
    Ok(Area::new(polygons.collect::<Result<_, AreaFault>>()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Side;

    fn at(lon_deg: f64, lat_deg: f64) -> Position {
        Position::from_degrees(lon_deg, lat_deg).unwrap()
    }

    #[test]
    fn a_circle_keeps_to_its_side_and_its_bound() {
        for (lon, lat, radius_cm) in [
            (38.6, 33.5, 5_500_000),
            (2.3, 48.9, 100),
            (179.9, -17.0, 3_000_000),
            (10.0, 78.0, 20_000_000),
        ] {
            let centre = at(lon, lat);
            for fit in [Fit::Within, Fit::Around] {
                let area = circle(centre, radius_cm, fit).unwrap();
                assert_eq!(area.check(), []);
                let bound_cm = deviation_cm_max(radius_cm) + 1;
                for k in 0..720 {
                    let probe = |cm: i64| area.side(direct(centre, k * 50 + 7, cm * 10));
                    let (inner, outer) = match fit {
                        Fit::Within => (radius_cm - bound_cm, radius_cm + 1),
                        Fit::Around => (radius_cm - 1, radius_cm + bound_cm),
                    };
                    assert_eq!(probe(outer), Side::Outside, "{fit:?} {centre} {radius_cm} {k}");
                    assert_ne!(
                        probe(inner.max(0)),
                        Side::Outside,
                        "{fit:?} {centre} {radius_cm} {k}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_circle_across_the_antimeridian_has_two_parts() {
        let fiji = circle(at(180.0, -17.0), 1_000_000, Fit::Around).unwrap();
        assert_eq!(fiji.polygons().len(), 2);
        assert_eq!(fiji.side(at(179.95, -17.0)), Side::Inside);
        assert_eq!(fiji.side(at(-179.95, -17.0)), Side::Inside);
    }

    #[test]
    fn a_pole_and_an_odd_radius_are_refused() {
        let near = circle(at(0.0, 89.5), 6_000_000, Fit::Around);
        assert_eq!(near, Err(OutlineFault::NearPole));
        assert_eq!(circle(at(0.0, 0.0), 99, Fit::Around), Err(OutlineFault::Radius));
        assert_eq!(buffer(&[], 1_000, Fit::Around), Err(OutlineFault::NoLine));
        let around = [at(0.0, 0.0), at(120.0, 0.0), at(-120.0, 0.0), at(0.0, 0.0)];
        assert_eq!(buffer(&around, 1_000_000, Fit::Around), Err(OutlineFault::RoundTheGlobe));
        let to_and_fro = [at(0.0, 0.0), at(170.0, 0.0)].repeat(4);
        assert_eq!(buffer(&to_and_fro, 1_000_000, Fit::Around), Err(OutlineFault::LineTooLong));
    }

    #[test]
    fn a_buffer_holds_what_is_near_its_line_and_nothing_farther() {
        let bent = [at(36.0, 32.5), at(36.4, 32.6), at(36.2, 32.9), at(36.1, 32.4)];
        let area = buffer(&bent, 500_000, Fit::Around).unwrap();
        assert_eq!(area.check(), []);
        assert_eq!(area.side(at(36.2, 32.55)), Side::Inside);
        assert_eq!(area.side(at(36.2, 32.53)), Side::Inside);
        assert_eq!(area.side(at(36.2, 32.9)), Side::Inside);
        assert_eq!(area.side(at(36.2, 32.96)), Side::Outside);
        assert_eq!(area.side(at(36.22, 32.7)), Side::Outside, "the loop leaves a hole");
    }
}
