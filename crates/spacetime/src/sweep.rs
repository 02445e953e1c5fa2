//! Where rings meet in ways that rings must not, and which ring lies in which.
//!
//! Shamos and Hoey's sweep (1976) over the vertices from west to east, exact on the grid, in
//! n log n: edges that the sweep line cuts are kept in their order from south to north, and
//! only neighbours in that order are compared. It stops at the first crossing, since no
//! order can be told after it. Touching is allowed here, so at a vertex that several paths
//! share or pass, the paths are checked for passing through one another.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use crate::area::{Ring, turn};
use crate::position::Position;

/// Two rings, or one ring and itself, that meet as they must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    /// The rings' numbers, lower first.
    pub(crate) rings: (usize, usize),
    /// The grid position nearest to it.
    pub(crate) at: Position,
    pub(crate) kind: ClashKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClashKind {
    /// One passes through the other.
    Crossing,
    /// They share a stretch of edge.
    Overlap,
    /// A ring turns back over its own last edge.
    Spike,
}

/// The ring that directly encloses each ring, if any.
pub(crate) type Parents = Vec<Option<usize>>;

/// Sweeps over `rings`: the first clash from the west, or else how they are nested.
pub(crate) fn sweep(rings: &[&Ring]) -> Result<Parents, Clash> {
    let mut sweep = Sweep::over(rings);
    let mut order: Vec<u32> = (0..sweep.positions.len() as u32).collect();
    order.sort_unstable_by_key(|&v| (sweep.positions[v as usize], v));
    let mut rest = order.as_slice();
    while let Some(&first) = rest.first() {
        let at = sweep.positions[first as usize];
        let same = rest.iter().take_while(|&&v| sweep.positions[v as usize] == at).count();
        let (here, later) = rest.split_at(same);
        sweep.pass(at, here)?;
        rest = later;
    }
    Ok(sweep.parents)
}

/// An edge as the sweep meets it: western end first, southern first when it runs due north.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    left: Position,
    right: Position,
    /// Number of the vertex it starts at in its ring.
    id: u32,
}

/// From south to north along any line that cuts both edges; edges that cross have no order.
impl Ord for Edge {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.left <= other.left {
            self.below(other).then(self.id.cmp(&other.id))
        } else {
            other.below(self).reverse().then(self.id.cmp(&other.id))
        }
    }
}

impl PartialOrd for Edge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Edge {
    /// `Less` when `other`, which starts no farther west, lies north of this edge.
    fn below(&self, other: &Self) -> Ordering {
        let side = |p| turn(self.left, self.right, p).reverse();
        side(other.left).then_with(|| side(other.right))
    }

    fn holds(&self, p: Position) -> bool {
        self.left <= p && p <= self.right && turn(self.left, self.right, p) == Ordering::Equal
    }

    fn clash(&self, other: &Self) -> Option<(ClashKind, Position)> {
        let sides =
            |e: &Self, f: &Self| (turn(e.left, e.right, f.left), turn(e.left, e.right, f.right));
        let apart = |(a, b): (Ordering, Ordering)| a == b.reverse() && a != Ordering::Equal;
        let (theirs, ours) = (sides(self, other), sides(other, self));
        if theirs == (Ordering::Equal, Ordering::Equal) {
            let start = self.left.max(other.left);
            return (start < self.right.min(other.right)).then_some((ClashKind::Overlap, start));
        }
        (apart(theirs) && apart(ours)).then(|| (ClashKind::Crossing, self.crossing(other)))
    }

    /// The grid position nearest to where the edges cross.
    fn crossing(&self, other: &Self) -> Position {
        let step = |from: Position, to: Position| {
            let lon = i128::from(to.lon_e7()) - i128::from(from.lon_e7());
            (lon, i128::from(to.lat_e7()) - i128::from(from.lat_e7()))
        };
        let cross = |a: (i128, i128), b: (i128, i128)| a.0 * b.1 - a.1 * b.0;
        let (ours, theirs) = (step(self.left, self.right), step(other.left, other.right));
        let whole = cross(ours, theirs);
        let part = cross(step(self.left, other.left), theirs);
        let (part, whole) = if whole < 0 { (-part, -whole) } else { (part, whole) };
        let along = |from: i32, by: i128| {
            (i128::from(from) + (2 * by * part + whole).div_euclid(2 * whole)) as i32
        };
        Position::from_e7(along(self.left.lon_e7(), ours.0), along(self.left.lat_e7(), ours.1))
            .expect("between the ends of an edge")
    }
}

struct Sweep {
    /// The vertices of all rings, ring after ring.
    positions: Vec<Position>,
    /// Where each ring's vertices start, and where the last one's end.
    starts: Vec<usize>,
    ring_of: Vec<u32>,
    /// The edges that the sweep line cuts.
    cut: BTreeSet<Edge>,
    parents: Parents,
    /// Rings not met yet.
    unseen: Vec<bool>,
}

impl Sweep {
    fn over(rings: &[&Ring]) -> Self {
        let mut starts = vec![0];
        let (mut positions, mut ring_of) = (Vec::new(), Vec::new());
        for (number, ring) in rings.iter().enumerate() {
            positions.extend_from_slice(ring.vertices());
            ring_of.resize(positions.len(), number as u32);
            starts.push(positions.len());
        }
        let (parents, unseen) = (vec![None; rings.len()], vec![true; rings.len()]);
        Self { positions, starts, ring_of, cut: BTreeSet::new(), parents, unseen }
    }

    fn ring(&self, id: u32) -> usize {
        self.ring_of[id as usize] as usize
    }

    fn next(&self, id: u32) -> u32 {
        let ring = self.ring(id);
        let next = id as usize + 1;
        (if next == self.starts[ring + 1] { self.starts[ring] } else { next }) as u32
    }

    fn previous(&self, id: u32) -> u32 {
        let ring = self.ring(id);
        let id = id as usize;
        (if id == self.starts[ring] { self.starts[ring + 1] - 1 } else { id - 1 }) as u32
    }

    fn edge(&self, id: u32) -> Edge {
        let (a, b) = (self.positions[id as usize], self.positions[self.next(id) as usize]);
        Edge { left: a.min(b), right: a.max(b), id }
    }

    /// Passes the position `at`, where the vertices `here` lie.
    fn pass(&mut self, at: Position, here: &[u32]) -> Result<(), Clash> {
        let edges = here.iter().flat_map(|&v| [self.edge(self.previous(v)), self.edge(v)]);
        let (ends, starts): (Vec<_>, Vec<_>) = edges.partition(|e| e.right == at);
        if let ([end], [start]) = (ends.as_slice(), starts.as_slice())
            && self.goes_on(at, end, start)?
        {
            return Ok(());
        }
        let mut through: Vec<Edge> = ends.first().map_or_else(Vec::new, |e| self.passing(e, at));
        for end in &ends {
            self.cut.remove(end);
        }
        if let Some(end) = ends.first() {
            self.compare_neighbours(end)?;
        }
        for start in &starts {
            self.cut.insert(*start);
            self.compare(start)?;
        }
        if let (true, Some(start)) = (ends.is_empty(), starts.first()) {
            through = self.passing(start, at);
        }
        if here.len() + through.len() > 1 {
            self.look_for_passing_through(at, here, &through)?;
        }
        self.nest(starts);
        Ok(())
    }

    /// Puts `start` in the place of `end`, as at most vertices; `false` when other paths meet
    /// them there.
    fn goes_on(&mut self, at: Position, end: &Edge, start: &Edge) -> Result<bool, Clash> {
        let (south, north) = (self.south_of(end).copied(), self.north_of(end).copied());
        if [south, north].iter().flatten().any(|e| e.holds(at)) {
            return Ok(false);
        }
        [south, north].iter().flatten().try_for_each(|other| self.refuse(start, other))?;
        self.cut.remove(end);
        self.cut.insert(*start);
        Ok(true)
    }

    fn south_of(&self, edge: &Edge) -> Option<&Edge> {
        self.cut.range(..edge).next_back()
    }

    fn north_of(&self, edge: &Edge) -> Option<&Edge> {
        self.cut.range((Excluded(edge), Unbounded)).next()
    }

    /// The edges that pass `at`: with those that end there they lie side by side, about `one`.
    fn passing(&self, one: &Edge, at: Position) -> Vec<Edge> {
        let south = self.cut.range(..one).rev().take_while(|e| e.holds(at));
        let north = self.cut.range(one..).take_while(|e| e.holds(at));
        south.chain(north).filter(|e| e.left != at && e.right != at).copied().collect()
    }

    /// Compares the two edges that became neighbours when `gone` was taken out.
    fn compare_neighbours(&self, gone: &Edge) -> Result<(), Clash> {
        self.south_of(gone).zip(self.north_of(gone)).map_or(Ok(()), |(a, b)| self.refuse(a, b))
    }

    fn compare(&self, edge: &Edge) -> Result<(), Clash> {
        let mut neighbours = self.south_of(edge).into_iter().chain(self.north_of(edge));
        neighbours.try_for_each(|other| self.refuse(edge, other))
    }

    fn refuse(&self, a: &Edge, b: &Edge) -> Result<(), Clash> {
        let Some((kind, at)) = a.clash(b) else { return Ok(()) };
        let turns_back = self.next(a.id) == b.id || self.next(b.id) == a.id;
        let kind = if kind == ClashKind::Overlap && turns_back { ClashKind::Spike } else { kind };
        Err(self.between(a.id, b.id, at, kind))
    }

    fn between(&self, a: u32, b: u32, at: Position, kind: ClashKind) -> Clash {
        let (a, b) = (self.ring(a), self.ring(b));
        Clash { rings: (a.min(b), a.max(b)), at, kind }
    }

    /// Whether paths that share the position `at` pass through one another: seen from it,
    /// each path leaves in two directions, and two paths pass through each other when their
    /// directions alternate.
    fn look_for_passing_through(
        &self,
        at: Position,
        here: &[u32],
        through: &[Edge],
    ) -> Result<(), Clash> {
        let turning = here.iter().flat_map(|&v| {
            let around = [self.previous(v), self.next(v)];
            around.map(|neighbour| (self.positions[neighbour as usize], v))
        });
        let straight = through.iter().flat_map(|e| [(e.left, e.id), (e.right, e.id)]);
        let mut directions: Vec<(Position, u32)> = turning.chain(straight).collect();
        directions.sort_by(|a, b| around(at, a.0, b.0));
        let mut open: Vec<u32> = Vec::new();
        for (_, path) in directions {
            if open.last() == Some(&path) {
                open.pop();
            } else {
                open.push(path);
            }
        }
        match open.as_slice() {
            [a, b, ..] => Err(self.between(*a, *b, at, ClashKind::Crossing)),
            _ => Ok(()),
        }
    }

    /// Notes what encloses the rings whose westernmost edges start here: the edge south of
    /// them belongs to the ring around them, or to a sibling. Rings run counter-clockwise,
    /// so an edge that runs east has its ring to the north.
    fn nest(&mut self, mut starts: Vec<Edge>) {
        starts.retain(|e| self.unseen[self.ring(e.id)]);
        starts.sort_unstable();
        for edge in starts {
            let ring = self.ring(edge.id);
            if !std::mem::take(&mut self.unseen[ring]) {
                continue;
            }
            self.parents[ring] = self.south_of(&edge).and_then(|south| {
                let neighbour = self.ring(south.id);
                let runs_east = self.positions[south.id as usize] == south.left;
                if runs_east { Some(neighbour) } else { self.parents[neighbour] }
            });
        }
    }
}

/// Orders directions counter-clockwise from due east, as seen from `at`.
fn around(at: Position, a: Position, b: Position) -> Ordering {
    let north = |p: Position| {
        p.lat_e7() > at.lat_e7() || p.lat_e7() == at.lat_e7() && p.lon_e7() > at.lon_e7()
    };
    north(b).cmp(&north(a)).then_with(|| turn(at, a, b).reverse())
}
