//! Dividing one square into cells, each with what is left to look at there.

use super::edge::EdgeRef;
use super::lattice::{Lattice, Line};
use super::lists::ListWriter;
use super::plan::HALVINGS_MAX;
use super::record::RecordWriter;
use super::{Cell, Division, Square};
use crate::position::Position;

/// Cells along the side of the most finely divided square; a row of them fits a `u64`.
const SIDE_MAX: usize = 1 << HALVINGS_MAX;

/// Divides squares one after the other.
pub(super) struct Refiner<'a> {
    vertices: &'a [Position],
    cells: Vec<Cell>,
    records: RecordWriter,
    lists: ListWriter,
    /// Zones that hold all of the square.
    whole: Vec<u32>,
    /// What is in single cells of the square, by zone.
    items: Vec<Item>,
    /// The same, by cell.
    sorted: Vec<Item>,
    starts: Vec<u32>,
    zones: Vec<u32>,
    lines: Vec<(EdgeRef, Line)>,
}

/// A zone in one cell of the square being divided.
#[derive(Clone, Copy)]
pub(super) struct Item {
    cell: u32,
    pub(super) zone: u32,
    /// An edge that touches the cell; none where the zone holds all of the cell.
    pub(super) edge: Option<EdgeRef>,
    /// Whether the cell's south-western corner is inside the zone.
    pub(super) corner: bool,
}

impl<'a> Refiner<'a> {
    pub(super) fn new(vertices: &'a [Position]) -> Self {
        Self {
            vertices,
            cells: vec![Cell::EMPTY],
            records: RecordWriter::default(),
            lists: ListWriter::new(),
            whole: Vec::new(),
            items: Vec::new(),
            sorted: Vec::new(),
            starts: Vec::new(),
            zones: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub(super) fn finish(mut self, squares: Vec<Square>) -> Division {
        self.cells.shrink_to_fit();
        let (records, lists) = (self.records.finish(), self.lists.finish());
        Division { squares, cells: self.cells, records, lists }
    }

    /// Divides a square, given the edges that touch it and the zones that hold its corner,
    /// and returns the number of its first cell.
    pub(super) fn divide(
        &mut self,
        cells: &Lattice,
        touching: &[(u32, EdgeRef)],
        covering: &[u32],
    ) -> u32 {
        self.whole.clear();
        self.items.clear();
        let mut rest = covering.iter().copied().peekable();
        for group in touching.chunk_by(|a, b| a.0 == b.0) {
            let zone = group[0].0;
            while let Some(whole) = rest.next_if(|&other| other < zone) {
                self.whole.push(whole);
            }
            let corner = rest.next_if_eq(&zone).is_some();
            self.spread(cells, zone, group, corner);
        }
        self.whole.extend(rest);
        if touching.is_empty() { self.put_undivided() } else { self.put_cells(cells) }
    }

    /// Finds the cells that the edges of one zone touch, and those it holds all of.
    fn spread(&mut self, cells: &Lattice, zone: u32, group: &[(u32, EdgeRef)], corner: bool) {
        let corner_at = (cells.west as i32, cells.south as i32);
        let border = cells.west_of(cells.columns);
        self.lines.clear();
        self.lines.extend(
            group.iter().map(|(_, edge)| {
                (edge.seen_west_of(border, self.vertices), edge.line(self.vertices))
            }),
        );
        let crossed = |(edge, _): &&(EdgeRef, _)| {
            edge.crossed_from(corner_at.0, corner_at.1, self.vertices).0
        };
        let constant = corner ^ (self.lines.iter().filter(crossed).count() % 2 == 1);

        let full_row = u64::MAX >> (SIDE_MAX as u32 - cells.columns);
        let mut inside = [if constant { full_row } else { 0 }; SIDE_MAX];
        let mut touched = [0u64; SIDE_MAX];
        for (edge, line) in &self.lines {
            let (low, high) = edge.latitudes(line);
            for row in cells.rows_starting_in(low, high) {
                let y = cells.south_of(row);
                let beyond = y < line.low_y || line.high_y <= y;
                let west = if beyond { cells.columns } else { cells.columns_west_of(line, y) };
                inside[row as usize] ^= first_columns(west);
            }
            cells.each_touched(line, |row, columns| {
                touched[row as usize] |= first_columns(columns.end) & !first_columns(columns.start);
            });
        }
        for (edge, line) in &self.lines {
            cells.each_touched(line, |row, columns| {
                for column in columns {
                    let border = cells.west_of(column + 1);
                    self.items.push(Item {
                        cell: row * cells.columns + column,
                        zone,
                        edge: Some(edge.seen_west_of(border, self.vertices)),
                        corner: inside[row as usize] >> column & 1 == 1,
                    });
                }
            });
        }
        for row in 0..cells.rows {
            let mut whole = inside[row as usize] & !touched[row as usize];
            while whole != 0 {
                let cell = row * cells.columns + whole.trailing_zeros();
                self.items.push(Item { cell, zone, edge: None, corner: true });
                whole &= whole - 1;
            }
        }
    }

    /// Puts down one cell for a square that no edge divides, or finds one to share: most
    /// such squares are empty, or like the one before.
    fn put_undivided(&mut self) -> u32 {
        let cell = Cell::list(self.lists.offset_of(&self.whole));
        if cell == Cell::EMPTY {
            return 0;
        }
        if self.cells.last() != Some(&cell) {
            self.cells.push(cell);
        }
        self.cells.len() as u32 - 1
    }

    fn put_cells(&mut self, cells: &Lattice) -> u32 {
        let first = self.cells.len() as u32;
        let count = (cells.rows * cells.columns) as usize;
        self.sort_items(count);
        // A square reaches beyond the last position, but a cell that an edge touches does not
        // begin there: its corner fits.
        let south_west = |cell: u32| {
            let (row, column) = (cell / cells.columns, cell % cells.columns);
            (cells.west_of(column) as i32, cells.south_of(row) as i32)
        };
        let undivided = Cell::list(self.lists.offset_of(&self.whole));
        for cell in 0..count {
            let items = &self.sorted[self.starts[cell] as usize..self.starts[cell + 1] as usize];
            let cell = if items.is_empty() {
                undivided
            } else if items.iter().any(|item| item.edge.is_some()) {
                let corner = south_west(cell as u32);
                Cell::record(self.records.put(corner, &self.whole, items, self.vertices))
            } else {
                merge(&self.whole, items, &mut self.zones);
                Cell::list(self.lists.offset_of(&self.zones))
            };
            self.cells.push(cell);
        }
        first
    }

    /// Sorts the items by cell; within a cell they stay by zone.
    fn sort_items(&mut self, cells: usize) {
        self.starts.clear();
        self.starts.resize(cells + 2, 0);
        self.items.iter().for_each(|item| self.starts[item.cell as usize + 2] += 1);
        for i in 2..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.items);
        for item in &self.items {
            let place = &mut self.starts[item.cell as usize + 1];
            self.sorted[*place as usize] = *item;
            *place += 1;
        }
    }
}

/// A row's bits up to a column.
fn first_columns(count: u32) -> u64 {
    if count as usize >= SIDE_MAX { u64::MAX } else { (1 << count) - 1 }
}

/// Two ascending lists of zones as one.
fn merge(whole: &[u32], items: &[Item], zones: &mut Vec<u32>) {
    zones.clear();
    let mut whole = whole.iter().copied().peekable();
    for item in items {
        while let Some(zone) = whole.next_if(|&zone| zone < item.zone) {
            zones.push(zone);
        }
        zones.push(item.zone);
    }
    zones.extend(whole);
}
