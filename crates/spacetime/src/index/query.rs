//! Questions about one position, one box or one straight line.

use crate::area::Side;
use crate::position::{BoundingBox, Position};

use super::lattice::{Lattice, Line};
use super::{Cell, Square, ZoneIndex, record};

impl ZoneIndex {
    /// The zones that `p` lies inside or on the edge of, ascending, appended to `found`.
    /// Exact: equal to [`crate::Area::side`], with the zones it lies outside of left out.
    pub fn sides(&self, p: Position, found: &mut Vec<(u32, Side)>) {
        let Some(cell) = self.cell_at(p) else { return };
        match cell.as_record() {
            Some(record) => {
                for entry in record::entries(&self.division.records, record) {
                    let side = entry.side(p.lon_e7(), p.lat_e7());
                    if side != Side::Outside {
                        found.push((entry.zone, side));
                    }
                }
            }
            None => {
                let zones = self.division.lists.at(cell.0).iter();
                found.extend(zones.map(|&zone| (zone, Side::Inside)));
            }
        }
    }

    /// Whether no zone shares a point with the box. `true` is certain; `false` only says that
    /// a zone may be near: see [`Self::near`].
    #[must_use]
    pub fn is_clear(&self, within: BoundingBox) -> bool {
        self.cells_meeting(within).all(|cell| cell == Cell::EMPTY)
    }

    /// The zones that may share a point with the box, ascending, into `found`, which is
    /// cleared first. None that does is left out; some that only come near may be named.
    pub fn near(&self, within: BoundingBox, found: &mut Vec<u32>) {
        found.clear();
        for cell in self.cells_meeting(within) {
            self.division.zones_in(cell, |zone| found.push(zone));
        }
        found.sort_unstable();
        found.dedup();
    }

    /// As [`Self::near`], and of each zone whether it surely holds all of the box, none of its
    /// edges being near; into `found`, which is cleared first.
    pub fn around(&self, within: BoundingBox, found: &mut Vec<(u32, bool)>) {
        found.clear();
        for cell in self.cells_meeting(within) {
            match cell.as_record() {
                Some(record) => {
                    let entries = record::entries(&self.division.records, record);
                    found.extend(entries.map(|e| (e.zone, e.has_no_edges())));
                }
                None => {
                    let zones = self.division.lists.at(cell.0).iter();
                    found.extend(zones.map(|&zone| (zone, true)));
                }
            }
        }
        // `false` sorts first: a zone with an edge in any of the cells is kept as such.
        found.sort_unstable();
        found.dedup_by_key(|(zone, _)| *zone);
        // A box that reaches beyond all zones lies in none.
        if !self.bounds.covers(within.min) || !self.bounds.covers(within.max) {
            found.iter_mut().for_each(|(_, holds)| *holds = false);
        }
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
        let at = |steps: u32| (u64::from(steps) >> self.shift) as u32;
        let square = self.square(at(north), at(east));
        let cell = square.cell_at(east, north, self.shift);
        Some(self.division.cells[cell])
    }

    /// Every cell whose closed square meets the box, most of them once.
    fn cells_meeting(&self, within: BoundingBox) -> impl Iterator<Item = Cell> + '_ {
        let squares = self.squares();
        let rows = squares.rows_meeting(within.min.lat_e7().into(), within.max.lat_e7().into());
        let columns =
            squares.columns_meeting(within.min.lon_e7().into(), within.max.lon_e7().into());
        let places = rows.flat_map(move |row| columns.clone().map(move |column| (row, column)));
        places.flat_map(move |(row, column)| {
            let square = self.square(row, column);
            let cells = squares.within(row, column, square.halvings());
            let rows = cells.rows_meeting(within.min.lat_e7().into(), within.max.lat_e7().into());
            let columns =
                cells.columns_meeting(within.min.lon_e7().into(), within.max.lon_e7().into());
            rows.flat_map(move |row| self.cells_of(square, row, columns.clone()).iter().copied())
        })
    }
}
