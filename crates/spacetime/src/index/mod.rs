//! The zone index: which of many zones hold a position, answered in a few nanoseconds.
//!
//! One build, two uses. In bulk, millions of positions become pairs of position and zone
//! ([`ZoneIndex::match_degrees`], [`ZoneIndex::match_positions`]). In streaming, one track is
//! followed: is anything near ([`ZoneIndex::is_clear`]), what ([`ZoneIndex::near`],
//! [`ZoneIndex::along`]), and where does a position lie against it ([`ZoneIndex::sides`]).
//!
//! # How it works
//!
//! Two levels of squares, all of sides that are powers of two, so that finding a square is
//! subtraction and shifting. The upper level is coarse and stays in the cache beside a core.
//! Each of its *squares* is divided into 1 to 64 by 64 *cells*, more where more edges are. A
//! cell that no edge touches names the list of zones that hold all of it; equal lists are
//! kept once. A cell that edges touch names a record: for each zone that is open there its
//! edges in the cell and the parity that holds where none of them is crossed (the module
//! `edge` says why these edges suffice), and the list of zones for each way it can turn out.
//!
//! Every answer is exact, that is equal to [`Area::side`] for every position on the grid:
//! the index only leaves out edges that cannot matter.

mod block;
mod build;
mod bulk;
mod edge;
mod lattice;
mod lists;
mod plan;
mod query;
mod record;
mod refine;
#[cfg(test)]
mod tests;

use crate::position::BoundingBox;

pub use bulk::Pairs;
pub use plan::{MEMORY_FIXED_BYTES_MAX, MEMORY_VERTEX_BYTES_MAX};

use lists::Lists;
use record::Record;

#[cfg(doc)]
use crate::area::Area;

/// Most zones one index may have.
pub const ZONES_MAX: usize = 1 << 24;

/// Most vertices that all zones of an index may have together.
pub const INDEX_VERTICES_MAX: usize = 1 << 26;

/// Why an index cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexFault {
    /// More than [`ZONES_MAX`].
    #[error("there are more than {ZONES_MAX} zones")]
    TooManyZones,
    /// More than [`INDEX_VERTICES_MAX`].
    #[error("the zones have more than {INDEX_VERTICES_MAX} vertices together")]
    TooManyVertices,
}

/// An index over zones. A zone's number is its place in the slice it was built from.
#[derive(Clone, Debug)]
pub struct ZoneIndex {
    zones: u32,
    /// The box around all zones; nothing lies outside it.
    bounds: BoundingBox,
    /// A square is `2^shift` grid steps wide and high.
    shift: u32,
    columns: u32,
    rows: u32,
    vertices: usize,
    division: Division,
}

/// The squares and what is in them.
#[derive(Clone, Debug)]
struct Division {
    /// Row by row from the south-west; one more at the end, for what lies outside.
    squares: Vec<Square>,
    cells: Vec<Cell>,
    records: Vec<u32>,
    lists: Lists,
}

/// How often a square is halved, and its first cell.
#[derive(Clone, Copy, Debug)]
struct Square(u32);

impl Square {
    const HALVINGS_SHIFT: u32 = 29;

    fn new(first_cell: u32, halvings: u32) -> Self {
        debug_assert!(first_cell >> Self::HALVINGS_SHIFT == 0);
        Self(halvings << Self::HALVINGS_SHIFT | first_cell)
    }

    #[inline]
    fn halvings(self) -> u32 {
        self.0 >> Self::HALVINGS_SHIFT
    }

    #[inline]
    fn first_cell(self) -> u32 {
        self.0 & ((1 << Self::HALVINGS_SHIFT) - 1)
    }

    /// The cell in which a position lies, so many steps from the corner of the index, when
    /// it lies in this square of side `2^shift`.
    #[inline]
    fn cell_at(self, east: u32, north: u32, shift: u32) -> usize {
        let halvings = self.halvings();
        let along = |steps: u32| steps >> (shift - halvings);
        let mask = (1 << halvings) - 1;
        let (row, column) = (along(north) & mask, along(east) & mask);
        (self.first_cell() + (row << halvings) + column) as usize
    }
}

/// The offset of a list of zones, or of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell(u32);

impl Cell {
    const RECORD: u32 = 1 << 31;
    /// The empty list.
    const EMPTY: Self = Self(0);

    fn list(offset: u32) -> Self {
        Self(offset)
    }

    fn record(offset: u32) -> Self {
        Self(offset | Self::RECORD)
    }

    /// The offset of the record, when edges touch the cell.
    #[inline]
    fn as_record(self) -> Option<u32> {
        (self.0 & Self::RECORD != 0).then_some(self.0 & !Self::RECORD)
    }
}

impl ZoneIndex {
    /// How many zones there are.
    #[must_use]
    pub fn zone_count(&self) -> usize {
        self.zones as usize
    }

    /// How many vertices the zones have together.
    #[must_use]
    pub fn vertex_count(&self) -> usize {
        self.vertices
    }

    /// Bytes the index takes. At most [`MEMORY_VERTEX_BYTES_MAX`] a vertex on top of
    /// [`MEMORY_FIXED_BYTES_MAX`].
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.division.memory_bytes()
    }
}

impl Division {
    fn memory_bytes(&self) -> usize {
        size_of_val(self.squares.as_slice())
            + size_of_val(self.cells.as_slice())
            + size_of_val(self.records.as_slice())
            + self.lists.memory_bytes()
    }

    /// The zones that meet a cell, or may.
    fn zones_in(&self, cell: Cell, mut each: impl FnMut(u32)) {
        let mut whole = cell.0;
        if let Some(record) = cell.as_record() {
            let record = Record::at(&self.records, record);
            whole = record.whole();
            record.entries().for_each(|entry| each(entry.zone));
        }
        self.lists.at(whole).iter().for_each(|&zone| each(zone));
    }
}
