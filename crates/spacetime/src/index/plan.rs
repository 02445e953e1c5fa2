//! How fine the index is, and where: most cells where most edges are, within the memory
//! that it may take.

use crate::position::BoundingBox;

use super::lattice::Lattice;

/// Bytes an index may take whatever it holds.
pub const MEMORY_FIXED_BYTES_MAX: usize = 16 << 20;
/// Bytes an index may take for each vertex, on top of [`MEMORY_FIXED_BYTES_MAX`].
pub const MEMORY_VERTEX_BYTES_MAX: usize = 100;

/// Most squares of the upper level, so that it stays in the cache beside a core.
const SQUARES_MAX: u64 = 1 << 18;
/// Fewest squares it may have at choice.
const SQUARES_MIN: u64 = 1 << 8;
/// Two squares of `2^31` grid steps hold the globe.
pub(super) const SHIFT_MAX: u32 = 31;
/// Most halvings of a square: 64 by 64 cells.
pub(super) const HALVINGS_MAX: u32 = 6;
/// At most, one edge less to look at is worth a mebibyte in every square.
const WORTH_MAX: u32 = 4 * 20;
/// A small index gains nothing from the memory it may take: bytes a vertex worth taking ...
const WORTH_VERTEX_BYTES: usize = 1 << 10;
/// ... and for a start.
const WORTH_FIXED_BYTES: usize = 1 << 16;

/// Bytes that an index of so many vertices may take.
pub(super) fn memory_bytes_max(vertices: usize) -> usize {
    MEMORY_FIXED_BYTES_MAX + vertices * MEMORY_VERTEX_BYTES_MAX
}

/// The upper level for zones with these boxes: as fine as useful, but not so fine that
/// large zones would be listed in more squares than there are vertices to pay for.
pub(super) fn squares(bounds: BoundingBox, boxes: &[BoundingBox], vertices: usize) -> Lattice {
    let squares_max = (vertices as u64).clamp(SQUARES_MIN, SQUARES_MAX);
    let listed_max = 4 * vertices as u64 + SQUARES_MAX;
    (0..SHIFT_MAX)
        .map(|shift| lattice(bounds, shift))
        .find(|lattice| {
            let listed = boxes.iter().map(|b| area_of(&rows_and_columns(lattice, *b)));
            area_of(&(lattice.rows, lattice.columns)) <= squares_max
                && listed.sum::<u64>() <= listed_max
        })
        .unwrap_or_else(|| lattice(bounds, SHIFT_MAX))
}

/// The squares of a side over a box. The last row and column hold the far borders.
pub(super) fn lattice(bounds: BoundingBox, shift: u32) -> Lattice {
    let along = |from: i32, to: i32| ((i64::from(to) - i64::from(from)) >> shift) as u32 + 1;
    Lattice {
        west: i64::from(bounds.min.lon_e7()),
        south: i64::from(bounds.min.lat_e7()),
        shift,
        columns: along(bounds.min.lon_e7(), bounds.max.lon_e7()),
        rows: along(bounds.min.lat_e7(), bounds.max.lat_e7()),
    }
}

fn rows_and_columns(lattice: &Lattice, of: BoundingBox) -> (u32, u32) {
    let rows = lattice.rows_meeting(of.min.lat_e7().into(), of.max.lat_e7().into());
    let columns = lattice.columns_meeting(of.min.lon_e7().into(), of.max.lon_e7().into());
    (rows.len() as u32, columns.len() as u32)
}

fn area_of((rows, columns): &(u32, u32)) -> u64 {
    u64::from(*rows) * u64::from(*columns)
}

/// What is known of a square before it is divided.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// How many edges touch it.
    pub(super) edges: u32,
    /// How long they are together in it, in sides of the square times 256: how often they
    /// cross the lines of a lattice inside it.
    pub(super) length: u64,
    /// How many zones hold its south-western corner.
    pub(super) depth: u32,
}

impl Load {
    /// Pairs of an edge and a cell it touches, after so many halvings.
    fn touches(self, halvings: u32) -> u64 {
        u64::from(self.edges) + ((self.length << halvings) >> 8)
    }

    /// Bytes that the cells, records and lists of the square would take.
    fn bytes(self, halvings: u32) -> u64 {
        let cells = 1 << (2 * halvings);
        let touches = self.touches(halvings);
        let records = touches.min(cells);
        let depth = u64::from(self.depth);
        let list = 4 + 4 * depth;
        4 * cells + 16 * touches + 20 * records + list * (records / 4)
    }

    /// How often to halve the square, when one edge less to look at, on average over the
    /// square, is worth so many bytes: `2^(worth / 4)`, and a quarter more for each rest.
    fn halvings(self, worth: u32, most: u32) -> u32 {
        if self.edges == 0 {
            return 0;
        }
        let looked_at = |h: u32| (self.touches(h) << 20) >> (2 * h);
        let pays = |h: &u32| {
            let gain = looked_at(*h).saturating_sub(looked_at(h + 1));
            let cost = (self.bytes(h + 1) - self.bytes(*h)) << 20;
            let worth_it = (u128::from(gain) * u128::from(4 + worth % 4)) << (worth / 4);
            worth_it >= u128::from(cost) * 4
        };
        (0..most).take_while(pays).count() as u32
    }
}

/// How often to halve each square so that all of it stays within the memory worth taking.
/// `coarser` counts up from 0 to plans that take less.
pub(super) fn halvings(loads: &[Load], vertices: usize, shift: u32, coarser: u32) -> Vec<u32> {
    let most = HALVINGS_MAX.min(shift);
    let worth_taking = WORTH_FIXED_BYTES + vertices * WORTH_VERTEX_BYTES;
    let fixed = loads.len() * 4;
    let allowed = memory_bytes_max(vertices).min(worth_taking).saturating_sub(fixed) / 8 * 7;
    let bytes_at = |worth: u32| -> u64 {
        loads.iter().map(|load| load.bytes(load.halvings(worth, most))).sum()
    };
    let (mut affordable, mut too_much) = (0, WORTH_MAX);
    while too_much - affordable > 1 {
        let worth = affordable.midpoint(too_much);
        *(if bytes_at(worth) <= allowed as u64 { &mut affordable } else { &mut too_much }) = worth;
    }
    match affordable.checked_sub(coarser) {
        Some(worth) => loads.iter().map(|load| load.halvings(worth, most)).collect(),
        None => vec![0; loads.len()],
    }
}
