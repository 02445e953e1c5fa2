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

/// Beyond every latitude, and far from the limits of an `i64`.
const FAR: i64 = 1 << 40;

/// An edge of a zone, from its lower to its upper end. A level edge has no lower end of its
/// own; the eastern one serves, so that it is carried on downwards like any edge that falls
/// to the east.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    low: Position,
    high: Position,
}

impl Edge {
    /// Between two vertices in either order.
    pub(super) fn between(a: Position, b: Position) -> Self {
        let order = |p: Position| (p.lat_e7(), -p.lon_e7());
        if order(a) <= order(b) { Self { low: a, high: b } } else { Self { low: b, high: a } }
    }

    /// As a line.
    pub(super) fn line(self) -> Line {
        Line::between(self.low, self.high)
    }

    /// As it is seen in a square that it touches and whose eastern border lies at `border`.
    pub(super) fn seen_west_of(self, border: i64) -> SeenEdge {
        let Self { low, high } = self;
        let leaves = |end: Position, other: Position| {
            i64::from(end.lon_e7()) > border && end.lon_e7() > other.lon_e7()
        };
        SeenEdge {
            low_x: low.lon_e7(),
            low_y: low.lat_e7() << 1 | i32::from(leaves(low, high)),
            high_x: high.lon_e7(),
            high_y: high.lat_e7() << 1 | i32::from(leaves(high, low)),
        }
    }
}

/// An edge as it is seen in one square. Latitudes, which leave a bit free, are doubled, and
/// odd where that end is carried on.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenEdge {
    low_x: i32,
    low_y: i32,
    high_x: i32,
    high_y: i32,
}

impl SeenEdge {
    /// How many words of a record it takes.
    pub(super) const WORDS: usize = 4;

    pub(super) fn to_words(self) -> [u32; Self::WORDS] {
        [self.low_x, self.low_y, self.high_x, self.high_y].map(i32::cast_unsigned)
    }

    #[inline]
    pub(super) fn from_words(words: &[u32; Self::WORDS]) -> Self {
        let [low_x, low_y, high_x, high_y] = words.map(u32::cast_signed);
        Self { low_x, low_y, high_x, high_y }
    }

    /// Latitudes at which it counts, `low..high`: those of its ends, but without limit
    /// where it is carried on.
    pub(super) fn latitudes(self) -> (i64, i64) {
        let low = if self.low_y & 1 != 0 { -FAR } else { i64::from(self.low_y >> 1) };
        let high = if self.high_y & 1 != 0 { FAR } else { i64::from(self.high_y >> 1) };
        (low, high)
    }

    /// Whether the ray east from a position of the square at `(x, y)` crosses it, and
    /// whether the position is in line with it. Exact, as [`crate::area::turn`] is.
    #[inline]
    pub(super) fn crossed_from(self, x: i32, y: i32) -> (bool, bool) {
        let d = |to: i32, from: i32| i64::from(to) - i64::from(from);
        let (low_y, high_y) = (self.low_y >> 1, self.high_y >> 1);
        let left = d(self.high_x, self.low_x) * d(y, low_y);
        let right = d(high_y, low_y) * d(x, self.low_x);
        let above_low = (low_y <= y) | (self.low_y & 1 != 0);
        let below_high = (y < high_y) | (self.high_y & 1 != 0);
        (above_low & below_high & (left > right), left == right)
    }

    /// Whether a position lies on the edge itself.
    #[cold]
    pub(super) fn holds(self, x: i32, y: i32) -> bool {
        let at = |x, y| Position::from_e7(x, y).expect("came from a position");
        let (low, high) = (at(self.low_x, self.low_y >> 1), at(self.high_x, self.high_y >> 1));
        crossing(low, high, at(x, y)) == Crossing::OnEdge
    }
}
