//! Motion between two fixes, and exactly when it lies in an area.
//!
//! A leg is linear in longitude, latitude and time, as an area's edges are straight in
//! longitude and latitude, so entry and exit have a closed form: fractions of two integers,
//! compared by cross-multiplication and rounded once, to whole microseconds. No floats.

use std::cmp::Ordering;

use crate::area::{Area, Ring, Run, Side, turn};
use crate::position::{BoundingBox, LON_E7_MAX, Position};
use crate::span::{ClosedSpan, Spans};
use crate::time::Instant;

/// Where something was at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// When.
    pub at: Instant,
    /// Where.
    pub position: Position,
}

/// Uniform motion from one fix to a later one; the two may be at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leg {
    from: Fix,
    to: Fix,
}

/// Why two fixes do not make a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LegFault {
    /// The second fix is not after the first.
    #[error("the second fix is not after the first")]
    NotForward,
    /// More microseconds lie between the fixes than an `i64` holds.
    #[error("the fixes lie more than 290,000 years apart")]
    TooLong,
    /// More than 180 degrees of longitude apart: the short way crosses the antimeridian.
    /// [`Leg::short_way`] splits it there.
    #[error("the leg crosses the antimeridian")]
    CrossesAntimeridian,
}

/// When a leg lies in an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The whole microseconds at which the leg is in the interior, each maximal stretch with
    /// the instants at which it comes from and goes to the edge, if those are whole. A
    /// stretch that only touches an edge or a vertex for an instant is not broken there.
    pub inside: Spans,
    /// The whole microseconds of the stretches that run along an edge, or stand on it.
    pub along_edge: Spans,
    /// Whether the leg meets the closed area at all: also a graze of a vertex, and a corner
    /// cut between two whole microseconds, which leave both sets empty.
    pub touches: bool,
}

impl Contact {
    /// Of a leg that is on one side all along.
    #[must_use]
    pub fn staying(span: ClosedSpan, side: Side) -> Self {
        let whole = || [span].into_iter().collect();
        match side {
            Side::Inside => Self { inside: whole(), touches: true, ..Self::default() },
            Side::Edge => Self { along_edge: whole(), touches: true, ..Self::default() },
            Side::Outside => Self::default(),
        }
    }

    /// Interior and edge together.
    #[must_use]
    pub fn covered(&self) -> Spans {
        self.inside.join(&self.along_edge)
    }
}

impl Leg {
    /// Between two fixes, straight in longitude and latitude.
    ///
    /// # Errors
    /// When the second is not later, or the short way crosses the antimeridian.
    pub fn new(from: Fix, to: Fix) -> Result<Self, LegFault> {
        if to.at <= from.at {
            return Err(LegFault::NotForward);
        }
        if to.at.micros().checked_sub(from.at.micros()).is_none() {
            return Err(LegFault::TooLong);
        }
        if turned(from.position.lon_e7(), to.position.lon_e7()).abs() > i64::from(LON_E7_MAX) {
            return Err(LegFault::CrossesAntimeridian);
        }
        Ok(Self { from, to })
    }

    /// The leg or legs of the short way round: two where it crosses the antimeridian, split
    /// there at the nearest grid step and whole microsecond (so off the straight line by at
    /// most half of each), otherwise one.
    ///
    /// # Errors
    /// [`LegFault::NotForward`] and [`LegFault::TooLong`].
    pub fn short_way(from: Fix, to: Fix) -> Result<Vec<Self>, LegFault> {
        match Self::new(from, to) {
            Err(LegFault::CrossesAntimeridian) => Ok(split_at_antimeridian(from, to)),
            other => other.map(|leg| vec![leg]),
        }
    }

    /// Where it starts.
    #[must_use]
    pub const fn from(&self) -> Fix {
        self.from
    }

    /// Where it ends.
    #[must_use]
    pub const fn to(&self) -> Fix {
        self.to
    }

    /// All its microseconds, those of both fixes included.
    #[must_use]
    pub const fn span(&self) -> ClosedSpan {
        ClosedSpan::between(self.from.at, self.to.at)
    }

    /// The box around it.
    #[must_use]
    pub fn bounding_box(&self) -> BoundingBox {
        box_of(self.from.position, self.to.position)
    }

    /// Where it is at `at`, to the nearest grid step; `None` before its start or after its end.
    #[must_use]
    pub fn position_at(&self, at: Instant) -> Option<Position> {
        if !self.span().contains(at) {
            return None;
        }
        let (part, whole) = (gone(self.from.at, at), self.micros());
        let along = |from: i32, to: i32| {
            let moved = rounded(turned(from, to) as i128 * part, whole);
            (i128::from(from) + moved) as i32
        };
        let (a, b) = (self.from.position, self.to.position);
        Position::from_e7(along(a.lon_e7(), b.lon_e7()), along(a.lat_e7(), b.lat_e7())).ok()
    }

    /// The whole microseconds at which it is in the interior; [`Contact`] says more.
    #[must_use]
    pub fn inside(&self, area: &Area) -> Spans {
        self.contact(area).inside
    }

    /// Whether the line through both ends meets a box; the leg itself may not.
    #[must_use]
    pub fn line_meets(&self, bounds: BoundingBox) -> bool {
        line_meets(self.from.position, self.to.position, bounds)
    }

    /// When it lies in `area`, exactly. Looks at every edge.
    #[must_use]
    pub fn contact(&self, area: &Area) -> Contact {
        match self.stays(area, || area.side(self.from.position)) {
            Some(side) => Contact::staying(self.span(), side),
            None => self.crossing(area),
        }
    }

    /// The side of `area` on which all of it lies, where no edge comes near enough to need a
    /// closer look: that on which it starts, for which `start` is asked if need be. `None` says
    /// nothing: [`Self::contact`] tells.
    pub fn stays(&self, area: &Area, start: impl FnOnce() -> Side) -> Option<Side> {
        let bounds = self.bounding_box();
        if !bounds.meets(area.bounding_box()) {
            return Some(Side::Outside);
        }
        // Most legs are short and meet no edge: where they start is where they stay.
        let near = area.runs().filter(|run| run.bounds.meets(bounds));
        let stands = self.from.position == self.to.position;
        let stays = stands || !near.flat_map(Run::edges).any(|(a, b)| box_of(a, b).meets(bounds));
        stays.then(start)
    }

    fn crossing(&self, area: &Area) -> Contact {
        let mut course = Course::default();
        for ring in area.rings() {
            course.meet_ring(self, ring);
        }
        course.contact(self)
    }

    fn micros(&self) -> i128 {
        gone(self.from.at, self.to.at)
    }

    /// The microseconds from one share of the leg to another, its ends included when whole.
    /// `part <= whole < 2^64` and the leg has less than 2^63 microseconds: products fit.
    fn between(&self, from: Share, to: Share) -> Option<ClosedSpan> {
        let start = i128::from(self.from.at.micros());
        let first = start - (-from.part * self.micros()).div_euclid(from.whole);
        let last = start + (to.part * self.micros()).div_euclid(to.whole);
        ClosedSpan::new(Instant::from_micros(first as i64), Instant::from_micros(last as i64))
    }
}

fn box_of(a: Position, b: Position) -> BoundingBox {
    BoundingBox { min: a, max: a }.grown_to(b)
}

/// Whether the line through two positions, as far as it goes, meets the box: not when all
/// corners lie on one side of it.
fn line_meets(start: Position, end: Position, bounds: BoundingBox) -> bool {
    let (west, east) = (bounds.min.lon_e7(), bounds.max.lon_e7());
    let (south, north) = (bounds.min.lat_e7(), bounds.max.lat_e7());
    let side = |lon, lat| turn(start, end, Position::from_e7(lon, lat).expect("of a box"));
    let first = side(west, south);
    let others = [side(east, south), side(east, north), side(west, north)];
    first == Ordering::Equal || others.iter().any(|other| *other != first)
}

fn turned(from: i32, to: i32) -> i64 {
    i64::from(to) - i64::from(from)
}

fn gone(from: Instant, to: Instant) -> i128 {
    i128::from(to.micros()) - i128::from(from.micros())
}

/// `part / whole` to the nearest integer, halves up; `whole` is positive.
const fn rounded(part: i128, whole: i128) -> i128 {
    (2 * part + whole).div_euclid(2 * whole)
}

fn split_at_antimeridian(from: Fix, to: Fix) -> Vec<Leg> {
    let east = from.position.lon_e7() > 0;
    let (near, far) = if east { (LON_E7_MAX, -LON_E7_MAX) } else { (-LON_E7_MAX, LON_E7_MAX) };
    let before = i128::from(turned(from.position.lon_e7(), near).abs());
    let whole = before + i128::from(turned(far, to.position.lon_e7()).abs());
    let (south, north) = (from.position.lat_e7(), to.position.lat_e7());
    let lat = i128::from(south) + rounded(i128::from(turned(south, north)) * before, whole);
    let at = i128::from(from.at.micros()) + rounded(gone(from.at, to.at) * before, whole);
    let crossing = |lon: i32| Fix {
        at: Instant::from_micros(at as i64),
        position: Position::from_e7(lon, lat as i32).expect("between two latitudes"),
    };
    // A part shorter than half a microsecond is no leg; the other one stands for it.
    [(from, crossing(near)), (crossing(far), to)]
        .into_iter()
        .filter_map(|(a, b)| Leg::new(a, b).ok())
        .collect()
}

/// A share of a leg's length as a fraction; `whole` is positive. In this module a share
/// that is kept lies in 0..=1, and `whole` is at most 1.8e9 * 1.8e9 + 1.8e9 * 3.6e9 = 9.8e18
/// (a leg spans at most 180 degrees each way, an edge at most 360 by 180), so the products
/// of a comparison stay under 1e38, and an `i128` holds 1.7e38.
#[derive(Clone, Copy, Debug)]
struct Share {
    part: i128,
    whole: i128,
}

impl Share {
    const START: Self = Self { part: 0, whole: 1 };
    const END: Self = Self { part: 1, whole: 1 };

    fn new(part: i128, whole: i128) -> Self {
        if whole < 0 { Self { part: -part, whole: -whole } } else { Self { part, whole } }
    }

    const fn not_after_start(self) -> bool {
        self.part <= 0
    }

    const fn before_start(self) -> bool {
        self.part < 0
    }

    const fn not_before_end(self) -> bool {
        self.part >= self.whole
    }

    const fn after_end(self) -> bool {
        self.part > self.whole
    }

    fn compare(self, other: Self) -> Ordering {
        (self.part * other.whole).cmp(&(other.part * self.whole))
    }
}

/// What changes at one share of the way.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: Share,
    left: bool,
    right: bool,
    edges: i32,
}

/// Follows two paths at once, an infinitesimal step to the left and to the right of the leg.
/// Neither ever meets a vertex or runs along an edge, so each crosses edges one by one and
/// plain parity says where it is, with no special cases. Where the leg is on no edge the two
/// agree.
#[derive(Debug, Default)]
struct Course {
    left: bool,
    right: bool,
    touches: bool,
    changes: Vec<Change>,
}

impl Course {
    fn meet_ring(&mut self, leg: &Leg, ring: &Ring) {
        let (start, end) = (leg.from.position, leg.to.position);
        for run in ring.runs().filter(|run| line_meets(start, end, run.bounds)) {
            for (a, b) in run.edges() {
                self.meet_edge(leg, (a, turn(start, end, a)), (b, turn(start, end, b)));
            }
        }
    }

    fn meet_edge(&mut self, leg: &Leg, a: (Position, Ordering), b: (Position, Ordering)) {
        use Ordering::{Equal, Greater, Less};
        if a.1 == Equal && b.1 == Equal {
            return self.run_along(share_of_vertex(leg, a.0), share_of_vertex(leg, b.0));
        }
        // What lies on the leg's line lies right of the left path and left of the right one.
        let left = (a.1 == Greater) != (b.1 == Greater);
        let right = (a.1 == Less) != (b.1 == Less);
        if !(left || right) {
            return;
        }
        let at = share_of_crossing(leg, a.0, b.0);
        self.touches |= !at.before_start() && !at.after_end();
        if at.not_after_start() {
            self.left ^= left;
            self.right ^= right;
        } else if !at.not_before_end() {
            self.changes.push(Change { at, left, right, edges: 0 });
        }
    }

    fn run_along(&mut self, a: Share, b: Share) {
        let (low, high) = if a.part <= b.part { (a, b) } else { (b, a) };
        if high.before_start() || low.after_end() {
            return;
        }
        self.touches = true;
        if high.not_after_start() || low.not_before_end() {
            return;
        }
        let low = if low.before_start() { Share::START } else { low };
        let high = if high.after_end() { Share::END } else { high };
        let change = |at, edges| Change { at, left: false, right: false, edges };
        self.changes.extend([change(low, 1), change(high, -1)]);
    }

    fn contact(mut self, leg: &Leg) -> Contact {
        self.changes.sort_by(|a, b| a.at.compare(b.at));
        let (mut left, mut right, mut edges) = (self.left, self.right, 0);
        let (mut inside, mut along) = (Vec::new(), Vec::new());
        let mut from = Share::START;
        let end = Change { at: Share::END, left: false, right: false, edges: 0 };
        for change in self.changes.into_iter().chain([end]) {
            if from.compare(change.at) == Ordering::Less {
                assert!(edges > 0 || left == right, "both paths agree where there is no edge");
                let stretches = match (edges > 0, left) {
                    (true, _) => Some(&mut along),
                    (false, true) => Some(&mut inside),
                    (false, false) => None,
                };
                if let Some(stretches) = stretches {
                    extend(stretches, from, change.at);
                }
                from = change.at;
            }
            left ^= change.left;
            right ^= change.right;
            edges += change.edges;
        }
        let whole = |stretches: Vec<(Share, Share)>| -> Spans {
            stretches.into_iter().filter_map(|(a, b)| leg.between(a, b)).collect()
        };
        let touches = self.touches || !inside.is_empty();
        Contact { inside: whole(inside), along_edge: whole(along), touches }
    }
}

/// Adds a stretch, to the last one when they meet.
fn extend(stretches: &mut Vec<(Share, Share)>, from: Share, to: Share) {
    match stretches.last_mut() {
        Some(last) if last.1.compare(from) == Ordering::Equal => last.1 = to,
        _ => stretches.push((from, to)),
    }
}

/// Where the leg's line crosses the edge, which is not parallel to it.
fn share_of_crossing(leg: &Leg, a: Position, b: Position) -> Share {
    let start = leg.from.position;
    let motion = step(start, leg.to.position);
    let edge = step(a, b);
    Share::new(cross(step(start, a), edge), cross(motion, edge))
}

/// Where a vertex on the leg's line lies; the same `whole` for every vertex.
fn share_of_vertex(leg: &Leg, v: Position) -> Share {
    let (start, end) = (leg.from.position, leg.to.position);
    let (motion, gone) = (step(start, end), step(start, v));
    if motion.0 == 0 { Share::new(gone.1, motion.1) } else { Share::new(gone.0, motion.0) }
}

fn step(from: Position, to: Position) -> (i128, i128) {
    let lon = turned(from.lon_e7(), to.lon_e7());
    (i128::from(lon), i128::from(turned(from.lat_e7(), to.lat_e7())))
}

const fn cross(a: (i128, i128), b: (i128, i128)) -> i128 {
    a.0 * b.1 - a.1 * b.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Polygon;

    fn at(lon: i32, lat: i32) -> Position {
        Position::from_e7(lon, lat).unwrap()
    }

    fn leg(from: (i64, i32, i32), to: (i64, i32, i32)) -> Leg {
        let fix = |(t, lon, lat)| Fix { at: Instant::from_micros(t), position: at(lon, lat) };
        Leg::new(fix(from), fix(to)).unwrap()
    }

    fn ring(vertices: &[(i32, i32)]) -> Ring {
        Ring::new(vertices.iter().map(|&(x, y)| at(x, y)).collect()).unwrap()
    }

    fn area(outer: &[(i32, i32)], hole: &[(i32, i32)]) -> Area {
        let holes = if hole.is_empty() { vec![] } else { vec![ring(hole)] };
        Area::new(vec![Polygon::new(ring(outer), holes)]).unwrap()
    }

    fn spans(pairs: &[(i64, i64)]) -> Spans {
        let span = |&(a, b)| ClosedSpan::new(Instant::from_micros(a), Instant::from_micros(b));
        pairs.iter().filter_map(span).collect()
    }

    const SQUARE: [(i32, i32); 4] = [(0, 0), (10, 0), (10, 10), (0, 10)];

    #[test]
    fn entry_and_exit_are_the_whole_microseconds_within() {
        let through = leg((0, -10, 5), (90, 20, 5)).contact(&area(&SQUARE, &[]));
        assert_eq!(through.inside, spans(&[(30, 60)]));
        // One step a 7/3 microseconds: in at 23 1/3, out at 46 2/3.
        let uneven = leg((0, -10, 5), (70, 20, 5)).contact(&area(&SQUARE, &[]));
        assert_eq!(uneven.inside, spans(&[(24, 46)]));
        assert!(uneven.along_edge.is_empty() && uneven.touches);
    }

    #[test]
    fn a_hole_breaks_the_stretch_and_its_rim_does_not_belong() {
        let holed = area(&SQUARE, &[(4, 4), (6, 4), (6, 6), (4, 6)]);
        let through = leg((0, 0, 5), (100, 10, 5)).contact(&holed);
        assert_eq!(through.inside, spans(&[(0, 40), (60, 100)]));
        let rim = leg((0, 0, 4), (100, 10, 4)).contact(&holed);
        assert_eq!(rim.inside, spans(&[(0, 40), (60, 100)]));
        assert_eq!(rim.along_edge, spans(&[(40, 60)]));
        let corner =
            leg((0, 0, 8), (100, 10, 0)).contact(&area(&SQUARE, &[(5, 4), (6, 5), (6, 4)]));
        assert_eq!(corner.inside, spans(&[(0, 100)]));
    }

    #[test]
    fn along_the_edge_and_past_a_vertex_is_not_inside() {
        let square = area(&SQUARE, &[]);
        let along = leg((0, -5, 0), (20, 15, 0)).contact(&square);
        assert_eq!((along.inside, along.along_edge), (Spans::none(), spans(&[(5, 15)])));
        let graze = leg((0, -5, 5), (20, 5, -5)).contact(&square);
        assert!(graze.touches && graze.covered().is_empty());
        let diagonal = leg((0, 0, 0), (10, 10, 10)).contact(&square);
        assert_eq!(diagonal.inside, spans(&[(0, 10)]));
        let from_corner = leg((0, 10, 10), (10, 20, 20)).contact(&square);
        assert!(from_corner.touches && from_corner.covered().is_empty());
    }

    #[test]
    fn a_corner_cut_between_two_microseconds_still_touches() {
        let quick = leg((0, -1_000_000, 1_000_002), (1, 1_000_000, -1_000_000));
        let cut = quick.contact(&area(&SQUARE, &[]));
        assert!(cut.touches && cut.covered().is_empty());
    }

    #[test]
    fn standing_still_is_on_one_side_all_along() {
        let square = area(&SQUARE, &[]);
        assert_eq!(leg((3, 5, 5), (9, 5, 5)).inside(&square), spans(&[(3, 9)]));
        assert_eq!(leg((3, 10, 5), (9, 10, 5)).contact(&square).along_edge, spans(&[(3, 9)]));
        assert_eq!(leg((3, 11, 5), (9, 11, 5)).contact(&square), Contact::default());
    }

    #[test]
    fn the_widest_legs_and_edges_do_not_overflow() {
        let (e, n) = (LON_E7_MAX, crate::position::LAT_E7_MAX);
        let sail = area(&[(-e, -n), (e, -n + 1), (e - 1, n), (-e + 1, n - 1)], &[]);
        for (a, b) in [((-e, n), (0, -n)), ((0, -n), (e, n)), ((-e, -n), (0, n)), ((e, -n), (0, n))]
        {
            let whole = leg((i64::MIN / 2, a.0, a.1), (i64::MAX / 2, b.0, b.1));
            assert!(whole.contact(&sail).touches);
        }
        let fix = |t, lon| Fix { at: Instant::from_micros(t), position: at(lon, 0) };
        assert_eq!(Leg::new(fix(i64::MIN, 0), fix(i64::MAX, 0)), Err(LegFault::TooLong));
    }

    #[test]
    fn the_short_way_is_split_at_the_antimeridian() {
        let fix = |t, lon, lat| Fix { at: Instant::from_micros(t), position: at(lon, lat) };
        let (e, w) = (LON_E7_MAX - 100, -LON_E7_MAX + 300);
        let (from, to) = (fix(0, e, 0), fix(40, w, 40));
        assert_eq!(Leg::new(from, to), Err(LegFault::CrossesAntimeridian));
        let legs = Leg::short_way(from, to).unwrap();
        assert_eq!(legs[0].to(), fix(10, LON_E7_MAX, 10));
        assert_eq!(legs[1].from(), fix(10, -LON_E7_MAX, 10));
        let from_the_line = Leg::short_way(fix(0, LON_E7_MAX, 0), to).unwrap();
        assert_eq!(from_the_line, [Leg::new(fix(0, -LON_E7_MAX, 0), to).unwrap()]);
    }
}
