//! Dividing one square into cells, each with what is left to look at there.

use std::ops::Range;

use super::edge::Edge;
use super::lattice::Lattice;
use super::lists::ListWriter;
use super::plan::HALVINGS_MAX;
use super::record::{self, RecordWriter};
use super::{Cell, Division, Square};

/// Cells along the side of the most finely divided square; a row of them fits a `u64`.
const SIDE_MAX: usize = 1 << HALVINGS_MAX;

/// Divides squares one after the other.
pub(super) struct Refiner {
    cells: Vec<Cell>,
    records: RecordWriter,
    lists: ListWriter,
    /// Zones that hold all of the square.
    whole: Vec<u32>,
    /// What is in single cells of the square, by zone.
    items: Vec<Item>,
    /// The same, by cell, and where each cell's begin.
    sorted: Vec<Item>,
    starts: Vec<u32>,
    /// The zones that hold all of one cell, and those with some of the open ones.
    zones: Vec<u32>,
    choice: Vec<u32>,
}

/// A zone in one cell of the square being divided.
#[derive(Clone, Copy)]
struct Item {
    cell: u32,
    zone: u32,
    /// Which edge of the square touches the cell; none where the zone holds all of it.
    edge: Option<u32>,
    /// Whether the cell's south-western corner is inside the zone.
    corner: bool,
}

impl Refiner {
    pub(super) fn new() -> Self {
        Self {
            cells: vec![Cell::EMPTY],
            records: RecordWriter::default(),
            lists: ListWriter::new(),
            whole: Vec::new(),
            items: Vec::new(),
            sorted: Vec::new(),
            starts: Vec::new(),
            zones: Vec::new(),
            choice: Vec::new(),
        }
    }

    pub(super) fn finish(mut self, squares: Vec<Square>) -> Division {
        self.cells.shrink_to_fit();
        let (records, lists) = (self.records.finish(), self.lists.finish());
        Division { squares, cells: self.cells, records, lists }
    }

    /// Divides a square, given the edges that touch it and the zones that hold its corner,
    /// both by zone, and returns the number of its first cell.
    pub(super) fn divide(
        &mut self,
        cells: &Lattice,
        edges: &[(u32, Edge)],
        covering: &[u32],
    ) -> u32 {
        self.whole.clear();
        self.items.clear();
        let mut rest = covering.iter().copied().peekable();
        let mut first_edge = 0;
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let zone = group[0].0;
            while let Some(whole) = rest.next_if(|&other| other < zone) {
                self.whole.push(whole);
            }
            let corner = rest.next_if_eq(&zone).is_some();
            self.spread(cells, group, first_edge, corner);
            first_edge += group.len() as u32;
        }
        self.whole.extend(rest);
        if edges.is_empty() { self.put_undivided() } else { self.put_cells(cells, edges) }
    }

    /// Finds the cells that the edges of one zone touch, and those the zone holds all of.
    fn spread(&mut self, cells: &Lattice, group: &[(u32, Edge)], first_edge: u32, corner: bool) {
        let zone = group[0].0;
        let first_item = self.items.len();
        let mut touched = [0u64; SIDE_MAX];
        for (number, (_, edge)) in (first_edge..).zip(group) {
            cells.each_touched(&edge.line(), |row, columns| {
                touched[row as usize] |= first_columns(columns.end) & !first_columns(columns.start);
                self.items.extend(columns.map(|column| Item {
                    cell: row * cells.columns + column,
                    zone,
                    edge: Some(number),
                    corner: false,
                }));
            });
        }
        let inside = corners_inside(cells, group, corner);
        let at = |cell: u32| (inside[(cell / cells.columns) as usize], cell % cells.columns);
        for item in &mut self.items[first_item..] {
            let (row, column) = at(item.cell);
            item.corner = row >> column & 1 == 1;
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

    fn put_cells(&mut self, cells: &Lattice, edges: &[(u32, Edge)]) -> u32 {
        let first = self.cells.len() as u32;
        let count = cells.rows * cells.columns;
        self.sort_items(count as usize);
        let undivided = Cell::list(self.lists.offset_of(&self.whole));
        for cell in 0..count {
            let place = cell as usize;
            let items = self.starts[place] as usize..self.starts[place + 1] as usize;
            let content = if items.is_empty() {
                undivided
            } else {
                self.gather_whole(&items);
                if self.sorted[items.clone()].iter().any(|item| item.edge.is_some()) {
                    self.put_record(cells, cell, &items, edges)
                } else {
                    Cell::list(self.lists.offset_of(&self.zones))
                }
            };
            self.cells.push(content);
        }
        first
    }

    /// Gathers the zones that hold all of a cell, ascending.
    fn gather_whole(&mut self, items: &Range<usize>) {
        self.zones.clear();
        let mut whole = self.whole.iter().copied().peekable();
        for item in self.sorted[items.clone()].iter().filter(|item| item.edge.is_none()) {
            while let Some(zone) = whole.next_if(|&zone| zone < item.zone) {
                self.zones.push(zone);
            }
            self.zones.push(item.zone);
        }
        self.zones.extend(whole);
    }

    /// Puts down what edges leave open in a cell; its whole zones are gathered.
    fn put_record(
        &mut self,
        cells: &Lattice,
        cell: u32,
        items: &Range<usize>,
        edges: &[(u32, Edge)],
    ) -> Cell {
        let (row, column) = (cell / cells.columns, cell % cells.columns);
        // A square may reach beyond the last position, but a cell that an edge touches does
        // not begin there: its corner fits.
        let corner_at = (cells.west_of(column) as i32, cells.south_of(row) as i32);
        let border = cells.west_of(column + 1);
        let by_zone = self.sorted[items.clone()].chunk_by(|a, b| a.zone == b.zone);
        let open = || by_zone.clone().filter(|entry| entry[0].edge.is_some());

        let count = open().count() as u32;
        let record = self.records.begin(count);
        for choice in 0..record::choices(count) {
            self.choice.clone_from(&self.zones);
            let choosable = open().take(record::CHOSEN_MAX as usize).enumerate();
            let chosen = choosable.filter(|(place, _)| choice >> place & 1 == 1);
            self.choice.extend(chosen.map(|(_, entry)| entry[0].zone));
            self.choice.sort_unstable();
            self.records.put_choice(self.lists.offset_of(&self.choice));
        }
        for entry in open() {
            let of_zone = entry.iter().filter_map(|item| item.edge);
            let seen = of_zone.map(|number| edges[number as usize].1.seen_west_of(border));
            self.records.put(entry[0].zone, corner_at, entry[0].corner, seen);
        }
        Cell::record(record)
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

/// Which cells of a square have their south-western corner inside a zone, as a bit for each
/// column of each row, given the zone's edges that touch the square and whether the square's
/// own corner is inside.
fn corners_inside(cells: &Lattice, group: &[(u32, Edge)], corner: bool) -> [u64; SIDE_MAX] {
    let corner_at = (cells.west as i32, cells.south as i32);
    let border = cells.west_of(cells.columns);
    let mut constant = corner;
    let mut crossed = [0u64; SIDE_MAX];
    for (_, edge) in group {
        let (seen, line) = (edge.seen_west_of(border), edge.line());
        constant ^= seen.crossed_from(corner_at.0, corner_at.1).0;
        let (low, high) = seen.latitudes();
        for row in cells.rows_starting_in(low, high) {
            let y = cells.south_of(row);
            let carried_on = y < line.low_y || line.high_y <= y;
            let west = if carried_on { cells.columns } else { cells.columns_west_of(&line, y) };
            crossed[row as usize] ^= first_columns(west);
        }
    }
    if constant { crossed.map(|row| !row & first_columns(cells.columns)) } else { crossed }
}

/// A row's bits up to a column.
fn first_columns(count: u32) -> u64 {
    if count as usize >= SIDE_MAX { u64::MAX } else { (1 << count) - 1 }
}
