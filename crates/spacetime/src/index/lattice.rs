//! Lattices of squares, and the squares that a straight line touches.

use std::ops::Range;

use crate::position::Position;

/// Squares of side `2^shift` grid steps, in rows from the south and columns from the west.
///
/// A square is closed: what lies on the border of two squares touches both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    pub(super) west: i64,
    pub(super) south: i64,
    pub(super) shift: u32,
    pub(super) columns: u32,
    pub(super) rows: u32,
}

impl Lattice {
    /// Latitude of the southern border of a row.
    pub(super) fn south_of(&self, row: u32) -> i64 {
        self.south + (i64::from(row) << self.shift)
    }

    /// Longitude of the western border of a column.
    pub(super) fn west_of(&self, column: u32) -> i64 {
        self.west + (i64::from(column) << self.shift)
    }

    /// The lattice of `2^halvings` by `2^halvings` squares inside one square.
    pub(super) fn within(&self, row: u32, column: u32, halvings: u32) -> Self {
        Self {
            west: self.west_of(column),
            south: self.south_of(row),
            shift: self.shift - halvings,
            columns: 1 << halvings,
            rows: 1 << halvings,
        }
    }

    /// The rows whose squares meet the latitudes `low..=high`.
    pub(super) fn rows_meeting(&self, low: i64, high: i64) -> Range<u32> {
        clip(touching(low - self.south, high - self.south, self.shift), self.rows)
    }

    /// The columns whose squares meet the longitudes `low..=high`.
    pub(super) fn columns_meeting(&self, low: i64, high: i64) -> Range<u32> {
        clip(touching(low - self.west, high - self.west, self.shift), self.columns)
    }

    /// The rows whose southern border lies in the latitudes `low..high`.
    pub(super) fn rows_starting_in(&self, low: i64, high: i64) -> Range<u32> {
        let first_from = |y: i64| ((y - self.south - 1) >> self.shift) + 1;
        clip(first_from(low)..first_from(high), self.rows)
    }

    /// How many columns have their western border west of the line, and not on it, at
    /// latitude `y`.
    pub(super) fn columns_west_of(&self, line: &Line, y: i64) -> u32 {
        let (_, ceil) = line.longitude(y);
        let count = ((ceil - 1 - self.west) >> self.shift) + 1;
        clip(0..count, self.columns).end
    }

    /// Calls `visit` with each row that the line touches, and the columns it touches there.
    /// Exact: a square is visited when, and only when, it shares a point with the line.
    pub(super) fn each_touched(&self, line: &Line, mut visit: impl FnMut(u32, Range<u32>)) {
        let rows = touching(line.low_y - self.south, line.high_y - self.south, self.shift);
        let columns = touching(line.west() - self.west, line.east() - self.west, self.shift);
        let in_one_row_or_column = rows.end - rows.start == 1 || columns.end - columns.start == 1;
        let (rows, columns) = (clip(rows, self.rows), clip(columns, self.columns));
        if columns.is_empty() {
            return;
        }
        if in_one_row_or_column {
            rows.for_each(|row| visit(row, columns.clone()));
            return;
        }
        for row in rows {
            let from = line.low_y.max(self.south_of(row));
            let to = line.high_y.min(self.south_of(row + 1));
            let (first, last) = line.longitudes(from, to);
            let columns = self.columns_meeting(first, last);
            if !columns.is_empty() {
                visit(row, columns);
            }
        }
    }
}

/// Numbers of the closed intervals `[i * 2^shift, (i + 1) * 2^shift]` that meet `low..=high`.
fn touching(low: i64, high: i64, shift: u32) -> Range<i64> {
    (low - 1) >> shift..(high >> shift) + 1
}

/// The part of `range` in `0..count`.
fn clip(range: Range<i64>, count: u32) -> Range<u32> {
    let within = |i: i64| i.clamp(0, i64::from(count)) as u32;
    within(range.start)..within(range.end)
}

/// A straight line between two positions, from its lower to its upper end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) low_x: i64,
    pub(super) low_y: i64,
    pub(super) high_x: i64,
    pub(super) high_y: i64,
}

impl Line {
    /// Between two positions, in either order.
    pub(super) fn between(a: Position, b: Position) -> Self {
        let (low, high) = if a.lat_e7() <= b.lat_e7() { (a, b) } else { (b, a) };
        Self {
            low_x: i64::from(low.lon_e7()),
            low_y: i64::from(low.lat_e7()),
            high_x: i64::from(high.lon_e7()),
            high_y: i64::from(high.lat_e7()),
        }
    }

    /// Its least longitude.
    pub(super) fn west(&self) -> i64 {
        self.low_x.min(self.high_x)
    }

    /// Its greatest longitude.
    pub(super) fn east(&self) -> i64 {
        self.low_x.max(self.high_x)
    }

    /// The longitude at latitude `y` between its ends, rounded down and up.
    ///
    /// The product is at most 3.6e9 * 1.8e9 and fits an `i64`.
    fn longitude(&self, y: i64) -> (i64, i64) {
        let rise = self.high_y - self.low_y;
        if rise == 0 {
            return (self.west(), self.west());
        }
        let scaled = (self.high_x - self.low_x) * (y - self.low_y);
        let floor = scaled.div_euclid(rise);
        let ceil = floor + i64::from(floor * rise != scaled);
        (self.low_x + floor, self.low_x + ceil)
    }

    /// The least longitude, rounded up, and the greatest, rounded down, between two
    /// latitudes it reaches.
    fn longitudes(&self, from_y: i64, to_y: i64) -> (i64, i64) {
        if self.low_y == self.high_y {
            return (self.west(), self.east());
        }
        let (from, to) = (self.longitude(from_y), self.longitude(to_y));
        if self.low_x <= self.high_x { (from.1, to.0) } else { (to.1, from.0) }
    }
}
