//! Areas: polygons with holes whose edges are straight in longitude and latitude.

use std::cmp::Ordering;

use crate::position::{BoundingBox, Position};

/// Most vertices one area may have.
pub const VERTICES_MAX: usize = 4_000_000;

/// Where a position lies against an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// In the interior.
    Inside,
    /// On an edge or a vertex. Whoever asks says what that means for them.
    Edge,
    /// Neither.
    Outside,
}

/// Why vertices do not bound an area.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AreaFault {
    /// Fewer than three different vertices, after snapping to the grid.
    #[error("a ring has fewer than three different vertices")]
    TooFewVertices,
    /// All vertices on one line, after snapping to the grid.
    #[error("a ring encloses nothing")]
    EnclosesNothing,
    /// The loops of a ring that crosses or doubles itself cancel out exactly.
    #[error("a ring crosses itself")]
    CrossesItself(Position),
    /// No polygon at all.
    #[error("the area has no polygon")]
    Empty,
    /// More than [`VERTICES_MAX`].
    #[error("the area has more than {VERTICES_MAX} vertices")]
    TooManyVertices,
}

/// A closed ring of straight edges. The last vertex joins the first, which is not repeated.
///
/// Kept in a normal form (no vertex twice in a row, counter-clockwise, smallest vertex
/// first), so that rings that bound the same ground are equal however they were written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ring {
    vertices: Vec<Position>,
    /// The box around each run of [`RUN_EDGES`] edges, so that most edges need no look.
    boxes: Vec<BoundingBox>,
}

/// Edges in one run of a ring; the last run may have fewer.
const RUN_EDGES: usize = 16;

/// Some successive edges of a ring, and the box around them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// The box around all of its edges.
    pub(crate) bounds: BoundingBox,
    /// The vertices that its edges start at.
    starts: &'a [Position],
    /// The vertex that its last edge ends at.
    end: Position,
}

impl<'a> Run<'a> {
    /// The vertices that its edges start at.
    pub(crate) const fn starts(self) -> &'a [Position] {
        self.starts
    }

    /// Its edges, each as its two ends.
    pub(crate) fn edges(self) -> impl Iterator<Item = (Position, Position)> + 'a {
        let ends = self.starts[1..].iter().copied().chain(std::iter::once(self.end));
        self.starts.iter().copied().zip(ends)
    }
}

impl Ring {
    /// From vertices in order, of either winding; a repeated closing vertex is dropped.
    ///
    /// Whether the ring crosses itself is not looked at here ([`Ring::crosses_itself`]), unless
    /// its loops cancel out, which leaves it no winding.
    ///
    /// # Errors
    /// When fewer than three vertices differ, all lie on one line, or loops cancel out.
    pub fn new(mut vertices: Vec<Position>) -> Result<Self, AreaFault> {
        vertices.dedup();
        while vertices.len() > 1 && vertices.first() == vertices.last() {
            vertices.pop();
        }
        if vertices.len() < 3 {
            return Err(AreaFault::TooFewVertices);
        }
        match doubled_area(&vertices).cmp(&0) {
            Ordering::Equal => return Err(no_winding(vertices)),
            Ordering::Less => vertices.reverse(),
            Ordering::Greater => {}
        }
        let smallest = smallest_rotation(&vertices);
        vertices.rotate_left(smallest);
        Ok(Self::of_vertices(vertices))
    }

    fn of_vertices(vertices: Vec<Position>) -> Self {
        let boxes = (0..vertices.len())
            .step_by(RUN_EDGES)
            .map(|start| {
                let end = (start + RUN_EDGES).min(vertices.len());
                let last = vertices[end % vertices.len()];
                let run = vertices[start..end].iter().copied().chain([last]);
                BoundingBox::around(run).expect("a run has vertices")
            })
            .collect();
        Self { vertices, boxes }
    }

    /// The edges in runs, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.boxes.iter().enumerate().map(|(n, &bounds)| {
            let end = ((n + 1) * RUN_EDGES).min(self.vertices.len());
            let starts = &self.vertices[n * RUN_EDGES..end];
            Run { bounds, starts, end: self.vertices[end % self.vertices.len()] }
        })
    }

    /// The vertices, counter-clockwise from the smallest, the first not repeated.
    #[must_use]
    pub fn vertices(&self) -> &[Position] {
        &self.vertices
    }

    /// The edges, each as its two ends.
    pub fn edges(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        let next = self.vertices.iter().cycle().skip(1);
        self.vertices.iter().copied().zip(next.copied())
    }

    /// The box around it.
    #[must_use]
    pub fn bounding_box(&self) -> BoundingBox {
        let corners = self.boxes.iter().flat_map(|b| [b.min, b.max]);
        BoundingBox::around(corners).expect("a ring has vertices")
    }

    /// Where `p` lies against the ground this ring encloses, by exact crossing parity.
    #[must_use]
    pub fn side(&self, p: Position) -> Side {
        let mut inside = false;
        // Only runs that the ray east from `p` can meet.
        let met = self.runs().filter(|run| {
            let bounds = run.bounds;
            bounds.min.lat_e7() <= p.lat_e7()
                && p.lat_e7() <= bounds.max.lat_e7()
                && p.lon_e7() <= bounds.max.lon_e7()
        });
        for run in met {
            for (a, b) in run.edges() {
                match crossing(a, b, p) {
                    Crossing::OnEdge => return Side::Edge,
                    Crossing::East => inside = !inside,
                    Crossing::None => {}
                }
            }
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}

/// Why vertices with no area between them make no ring.
fn no_winding(vertices: Vec<Position>) -> AreaFault {
    let (a, b) = (vertices[0], vertices[1]);
    if vertices.iter().all(|&v| turn(a, b, v) == Ordering::Equal) {
        return AreaFault::EnclosesNothing;
    }
    let flaw = Ring::of_vertices(vertices).crosses_itself();
    flaw.map_or(AreaFault::EnclosesNothing, |(_, at)| AreaFault::CrossesItself(at))
}

/// Twice the signed area in square grid steps, positive when counter-clockwise.
fn doubled_area(vertices: &[Position]) -> i128 {
    let next = vertices.iter().cycle().skip(1);
    vertices
        .iter()
        .zip(next)
        .map(|(a, b)| {
            let forward = i128::from(a.lon_e7()) * i128::from(b.lat_e7());
            forward - i128::from(b.lon_e7()) * i128::from(a.lat_e7())
        })
        .sum()
}

/// Where to start so that the sequence of vertices is the least of all rotations; a vertex
/// may stand in a ring more than once, so the smallest vertex alone does not decide.
fn smallest_rotation(vertices: &[Position]) -> usize {
    let least = vertices.iter().min();
    let starts = (0..vertices.len()).filter(|&i| Some(&vertices[i]) == least);
    starts
        .min_by(|&a, &b| {
            let from = |start: usize| vertices[start..].iter().chain(&vertices[..start]);
            from(a).cmp(from(b))
        })
        .unwrap_or(0)
}

/// How an edge meets the ray that runs east from a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// It does not cross the ray.
    None,
    /// It crosses the ray. An edge counts its lower end and not its upper one, so that a
    /// vertex on the ray counts once.
    East,
    /// The position lies on the edge.
    OnEdge,
}

/// How the edge from `a` to `b` meets the ray that runs east from `p`. Exact.
#[must_use]
pub fn crossing(a: Position, b: Position, p: Position) -> Crossing {
    let (low, high) = if a.lat_e7() <= b.lat_e7() { (a, b) } else { (b, a) };
    if p.lat_e7() < low.lat_e7() || high.lat_e7() < p.lat_e7() {
        return Crossing::None;
    }
    match turn(low, high, p) {
        Ordering::Equal => {
            let (west, east) = (a.lon_e7().min(b.lon_e7()), a.lon_e7().max(b.lon_e7()));
            if west <= p.lon_e7() && p.lon_e7() <= east { Crossing::OnEdge } else { Crossing::None }
        }
        // Left of an edge that runs north: the edge lies to the east.
        Ordering::Greater if p.lat_e7() < high.lat_e7() => Crossing::East,
        Ordering::Greater | Ordering::Less => Crossing::None,
    }
}

/// Which way the path from `a` over `b` to `c` turns: `Greater` is left, `Less` right,
/// `Equal` straight on. Exact: each product of two differences fits an `i64` (at most
/// 3.6e9 * 1.8e9), and they are compared, not subtracted.
#[must_use]
pub fn turn(a: Position, b: Position, c: Position) -> Ordering {
    let d = |to: i32, from: i32| i64::from(to) - i64::from(from);
    let left = d(b.lon_e7(), a.lon_e7()) * d(c.lat_e7(), a.lat_e7());
    let right = d(b.lat_e7(), a.lat_e7()) * d(c.lon_e7(), a.lon_e7());
    left.cmp(&right)
}

/// An outer ring and the holes in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Polygon {
    outer: Ring,
    holes: Vec<Ring>,
}

impl Polygon {
    /// From rings of either winding. That holes lie inside is not looked at here.
    #[must_use]
    pub fn new(outer: Ring, mut holes: Vec<Ring>) -> Self {
        holes.sort_by(|a, b| a.vertices.cmp(&b.vertices));
        Self { outer, holes }
    }

    /// The outer ring.
    #[must_use]
    pub const fn outer(&self) -> &Ring {
        &self.outer
    }

    /// The holes, in a fixed order.
    #[must_use]
    pub fn holes(&self) -> &[Ring] {
        &self.holes
    }

    /// All rings, the outer one first.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.outer).chain(&self.holes)
    }
}

/// One or more polygons, taken as one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    polygons: Vec<Polygon>,
    bounds: BoundingBox,
}

impl Area {
    /// From polygons whose interiors do not overlap.
    ///
    /// # Errors
    /// When there is none, or more than [`VERTICES_MAX`] vertices.
    pub fn new(mut polygons: Vec<Polygon>) -> Result<Self, AreaFault> {
        polygons.sort_by(|a, b| a.outer.vertices.cmp(&b.outer.vertices));
        let rings = polygons.iter().flat_map(Polygon::rings);
        let corners = rings.map(Ring::bounding_box).flat_map(|b| [b.min, b.max]);
        let bounds = BoundingBox::around(corners).ok_or(AreaFault::Empty)?;
        let area = Self { polygons, bounds };
        if area.vertex_count() > VERTICES_MAX {
            return Err(AreaFault::TooManyVertices);
        }
        Ok(area)
    }

    /// The polygons, in a fixed order.
    #[must_use]
    pub fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }

    /// Every ring of every polygon.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        self.polygons.iter().flat_map(Polygon::rings)
    }

    /// Every edge of every ring, in runs.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.rings().flat_map(Ring::runs)
    }

    /// Every edge of every ring.
    pub fn edges(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        self.rings().flat_map(Ring::edges)
    }

    /// How many vertices all rings have together.
    #[must_use]
    pub fn vertex_count(&self) -> usize {
        self.rings().map(|r| r.vertices.len()).sum()
    }

    /// The box around it.
    #[must_use]
    pub const fn bounding_box(&self) -> BoundingBox {
        self.bounds
    }

    /// Where `p` lies, by exact crossing parity over all rings (even-odd).
    ///
    /// Looks at every edge: the zone index answers the same question fast, and is tested
    /// against this.
    #[must_use]
    pub fn side(&self, p: Position) -> Side {
        let mut inside = false;
        for ring in self.rings() {
            match ring.side(p) {
                Side::Edge => return Side::Edge,
                Side::Inside => inside = !inside,
                Side::Outside => {}
            }
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: i32, lat: i32) -> Position {
        Position::from_e7(lon, lat).unwrap()
    }

    fn square(low: i32, high: i32) -> Ring {
        Ring::new(vec![at(low, low), at(high, low), at(high, high), at(low, high)]).unwrap()
    }

    #[test]
    fn winding_and_first_vertex_leave_no_trace() {
        let ring = square(0, 10);
        let backwards = vec![at(10, 10), at(10, 0), at(0, 0), at(0, 10), at(10, 10)];
        assert_eq!(Ring::new(backwards).unwrap(), ring);
    }

    #[test]
    fn a_line_encloses_nothing() {
        let line = vec![at(0, 0), at(5, 5), at(9, 9)];
        assert_eq!(Ring::new(line), Err(AreaFault::EnclosesNothing));
        assert_eq!(Ring::new(vec![at(0, 0), at(0, 0)]), Err(AreaFault::TooFewVertices));
        let bow_tie = vec![at(0, 0), at(10, 10), at(10, 0), at(0, 10)];
        assert_eq!(Ring::new(bow_tie), Err(AreaFault::CrossesItself(at(5, 5))));
    }

    #[test]
    fn a_hole_is_outside_and_its_rim_is_an_edge() {
        let area = Area::new(vec![Polygon::new(square(0, 100), vec![square(40, 60)])]).unwrap();
        assert_eq!(area.side(at(10, 10)), Side::Inside);
        assert_eq!(area.side(at(50, 50)), Side::Outside);
        assert_eq!(area.side(at(40, 50)), Side::Edge);
        assert_eq!(area.side(at(100, 100)), Side::Edge);
        assert_eq!(area.side(at(101, 50)), Side::Outside);
    }

    #[test]
    fn the_whole_globe_does_not_overflow() {
        let (e, n) = (crate::position::LON_E7_MAX, crate::position::LAT_E7_MAX);
        let globe = Ring::new(vec![at(-e, -n), at(e, -n), at(e, n), at(-e, n)]).unwrap();
        assert_eq!(globe.side(at(e - 1, n - 1)), Side::Inside);
        assert_eq!(globe.side(at(e, 0)), Side::Edge);
    }
}
