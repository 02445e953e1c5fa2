//! Edges as a cell of the index sees them.
//!
//! Whether a position lies inside a zone is the parity of the edges that cross the ray
//! running east from it ([`crate::area::crossing`]). Inside one square of the index only the
//! edges that touch the square can change that parity from one position to another, but a
//! ray runs on beyond the square, and there an edge may end where its successor, which
//! touches the square nowhere, goes on. So an edge that leaves the square to the east is
//! *carried on* there: beyond its eastern end it counts as crossed for good. With that,
//! the parity inside a square is the parity of its own edges plus a constant, the
//! *corner*, for every zone: no other edge needs to be looked at.
//!
//! Why it holds: let the ray end just east of the square. What it crosses up to there are
//! edges of the square. The parity at that point changes with latitude only where an edge
//! crosses the square's eastern border, which is an edge of the square again, and carrying
//! it on past the border counts that very change.

use crate::area::{Crossing, crossing};
use crate::position::Position;

use super::lattice::Line;

/// Most vertices, the repeated first one of each ring counted, that all zones of an index
/// may have together.
pub const INDEX_VERTICES_MAX: usize = 1 << 26;

/// Beyond every latitude, and far from the limits of an `i64`.
const FAR: i64 = 1 << 40;

const NUMBER_MASK: u32 = (1 << 29) - 1;
const FALLS: u32 = 1 << 29;
const CARRIED_DOWN: u32 = 1 << 30;
const CARRIED_UP: u32 = 1 << 31;

/// An edge, by the number of its first vertex, and which of its ends is carried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EdgeRef(pub(super) u32);

impl EdgeRef {
    /// The edge from vertex `number` to the next one.
    pub(super) fn new(number: u32, from: Position, to: Position) -> Self {
        let (from, to) = ((from.lat_e7(), -from.lon_e7()), (to.lat_e7(), -to.lon_e7()));
        Self(if from <= to { number } else { number | FALLS })
    }

    /// The edge in a square whose eastern border lies at `border`.
    ///
    /// A level edge has no lower end of its own; [`Self::new`] takes the eastern one, so
    /// that it is carried on downwards like any edge that falls to the east.
    pub(super) fn seen_west_of(self, border: i64, vertices: &[Position]) -> Self {
        let (low, high) = self.ends(vertices);
        let end = if i64::from(low.lon_e7()) > border && low.lon_e7() > high.lon_e7() {
            CARRIED_DOWN
        } else if i64::from(high.lon_e7()) > border && high.lon_e7() > low.lon_e7() {
            CARRIED_UP
        } else {
            0
        };
        Self(self.0 & (NUMBER_MASK | FALLS) | end)
    }

    /// Lower and upper end.
    #[inline]
    pub(super) fn ends(self, vertices: &[Position]) -> (Position, Position) {
        let number = (self.0 & NUMBER_MASK) as usize;
        let falls = usize::from(self.0 & FALLS != 0);
        (vertices[number + falls], vertices[number + 1 - falls])
    }

    /// The edge as a line.
    pub(super) fn line(self, vertices: &[Position]) -> Line {
        let (low, high) = self.ends(vertices);
        Line::between(low, high)
    }

    /// Latitudes at which it counts, `low..high`: those of its ends, but without limit
    /// where it is carried on.
    pub(super) fn latitudes(self, line: &Line) -> (i64, i64) {
        let low = if self.0 & CARRIED_DOWN != 0 { -FAR } else { line.low_y };
        let high = if self.0 & CARRIED_UP != 0 { FAR } else { line.high_y };
        (low, high)
    }

    /// Whether the ray east from a position of the square at `(x, y)` crosses it, and
    /// whether the position is on its straight continuation.
    #[inline]
    pub(super) fn crossed_from(self, x: i32, y: i32, vertices: &[Position]) -> (bool, bool) {
        let (low, high) = self.ends(vertices);
        let d = |to: i32, from: i32| i64::from(to) - i64::from(from);
        let left = d(high.lon_e7(), low.lon_e7()) * d(y, low.lat_e7());
        let right = d(high.lat_e7(), low.lat_e7()) * d(x, low.lon_e7());
        let above_low = (low.lat_e7() <= y) | (self.0 & CARRIED_DOWN != 0);
        let below_high = (y < high.lat_e7()) | (self.0 & CARRIED_UP != 0);
        (above_low & below_high & (left > right), left == right)
    }

    /// Whether the position lies on the edge itself.
    pub(super) fn holds(self, p: Position, vertices: &[Position]) -> bool {
        let (low, high) = self.ends(vertices);
        crossing(low, high, p) == Crossing::OnEdge
    }
}
