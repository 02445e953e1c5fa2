//! Questions about one position, one box or one straight line.

use std::ops::ControlFlow;

use crate::area::Side;
use crate::position::{BoundingBox, Position};

use super::lattice::{Lattice, Line};
use super::record::Record;
use super::{Cell, Square, ZoneIndex};

impl ZoneIndex {
    /// The zones that `p` lies inside or on the edge of, ascending, appended to `found`.
    /// Exact: equal to [`crate::Area::side`], with the zones it lies outside of left out.
    pub fn sides(&self, p: Position, found: &mut Vec<(u32, Side)>) {
        let Some(cell) = self.cell_at(p) else { return };
        let first = found.len();
        let mut whole = cell.0;
        if let Some(record) = cell.as_record() {
            let record = Record::at(&self.division.records, record);
            whole = record.whole();
            let sides = record.entries().map(|e| (e.zone, e.side(p.lon_e7(), p.lat_e7())));
            found.extend(sides.filter(|(_, side)| *side != Side::Outside));
        }
        let zones = self.division.lists.at(whole).iter();
        found.extend(zones.map(|&zone| (zone, Side::Inside)));
        found[first..].sort_unstable();
    }

    /// Whether no zone shares a point with the box. `true` is certain; `false` only says that
    /// a zone may be near: see [`Self::near`].
    #[must_use]
    pub fn is_clear(&self, within: BoundingBox) -> bool {
        self.each_cell_meeting(within, |cell| match cell {
            Cell::EMPTY => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        })
        .is_continue()
    }

    /// The zones that may share a point with the box, ascending, into `found`, which is
    /// cleared first. None that does is left out; some that only come near may be named.
    pub fn near(&self, within: BoundingBox, found: &mut Vec<u32>) {
        found.clear();
        let all = self.each_cell_meeting(within, |cell| {
            self.division.zones_in(cell, |zone| found.push(zone));
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue());
        found.sort_unstable();
        found.dedup();
    }

    /// The zones that may share a point with the straight line from `from` to `to`,
    /// ascending, into `found`, which is cleared first. None that does is left out; some that
    /// only come near may be named.
    pub fn along(&self, from: Position, to: Position, found: &mut Vec<u32>) {
        found.clear();
        let line = Line::between(from, to);
        let squares = self.squares();
        squares.each_touched(&line, |row, columns| {
            for column in columns {
                let square = self.square(row, column);
                let cells = squares.within(row, column, square.halvings());
                cells.each_touched(&line, |row, columns| {
                    for cell in self.cells_of(square, row, columns) {
                        self.division.zones_in(*cell, |zone| found.push(zone));
                    }
                });
            }
        });
        found.sort_unstable();
        found.dedup();
    }

    fn squares(&self) -> Lattice {
        Lattice {
            west: self.bounds.min.lon_e7().into(),
            south: self.bounds.min.lat_e7().into(),
            shift: self.shift,
            columns: self.columns,
            rows: self.rows,
        }
    }

    fn square(&self, row: u32, column: u32) -> Square {
        self.division.squares[row as usize * self.columns as usize + column as usize]
    }

    /// Neighbouring cells in one row of a square.
    fn cells_of(&self, square: Square, row: u32, columns: std::ops::Range<u32>) -> &[Cell] {
        let first = square.first_cell() + (row << square.halvings());
        &self.division.cells[(first + columns.start) as usize..(first + columns.end) as usize]
    }

    pub(super) fn cell_at(&self, p: Position) -> Option<Cell> {
        if !self.bounds.covers(p) {
            return None;
        }
        let east = p.lon_e7().wrapping_sub(self.bounds.min.lon_e7()) as u32;
        let north = p.lat_e7().wrapping_sub(self.bounds.min.lat_e7()) as u32;
        let at = |steps: u32| steps >> self.shift;
        let square = self.square(at(north), at(east));
        let cell = square.cell_at(east, north, self.shift);
        Some(self.division.cells[cell])
    }

    /// Calls `visit` with every cell whose closed square meets the box, most of them once,
    /// until it breaks off.
    #[inline]
    fn each_cell_meeting(
        &self,
        within: BoundingBox,
        mut visit: impl FnMut(Cell) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if !self.bounds.meets(within) {
            return ControlFlow::Continue(());
        }
        let (west, east) = (within.min.lon_e7().into(), within.max.lon_e7().into());
        let (south, north) = (within.min.lat_e7().into(), within.max.lat_e7().into());
        let squares = self.squares();
        let columns = squares.columns_meeting(west, east);
        for row in squares.rows_meeting(south, north) {
            for column in columns.clone() {
                let square = self.square(row, column);
                if square.halvings() == 0 {
                    visit(self.division.cells[square.first_cell() as usize])?;
                    continue;
                }
                let cells = squares.within(row, column, square.halvings());
                let columns = cells.columns_meeting(west, east);
                for row in cells.rows_meeting(south, north) {
                    for cell in self.cells_of(square, row, columns.clone()) {
                        visit(*cell)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }
}
