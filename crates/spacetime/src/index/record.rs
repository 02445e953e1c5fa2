//! Records: what is left to look at in a cell that edges touch.
//!
//! A record is the number of its entries, then each entry, by zone: the zone times two plus
//! the parity that holds where none of its edges is crossed, the number of edges, the edges.
//! A zone that holds all of the cell has parity one and no edge.

use crate::area::Side;
use crate::position::Position;

use super::edge::EdgeRef;
use super::refine::Item;

/// Puts records down.
#[derive(Default)]
pub(super) struct RecordWriter {
    words: Vec<u32>,
}

impl RecordWriter {
    /// Puts down a record and returns its offset. `corner` is the south-western corner of
    /// the cell.
    pub(super) fn put(
        &mut self,
        (x, y): (i32, i32),
        whole: &[u32],
        items: &[Item],
        vertices: &[Position],
    ) -> u32 {
        let offset = self.words.len();
        self.words.push(0);
        let mut whole = whole.iter().copied().peekable();
        for entry in items.chunk_by(|a, b| a.zone == b.zone) {
            let zone = entry[0].zone;
            while let Some(zone) = whole.next_if(|&other| other < zone) {
                self.put_whole(offset, zone);
            }
            let edges = entry.iter().filter_map(|item| item.edge);
            let crossed = edges.clone().filter(|edge| edge.crossed_from(x, y, vertices).0);
            let parity = entry[0].corner ^ (crossed.count() % 2 == 1);
            self.words[offset] += 1;
            self.words.extend([zone << 1 | u32::from(parity), edges.clone().count() as u32]);
            self.words.extend(edges.map(|edge| edge.0));
        }
        whole.for_each(|zone| self.put_whole(offset, zone));
        offset as u32
    }

    fn put_whole(&mut self, record: usize, zone: u32) {
        self.words[record] += 1;
        self.words.extend([zone << 1 | 1, 0]);
    }

    pub(super) fn finish(mut self) -> Vec<u32> {
        self.words.shrink_to_fit();
        self.words
    }
}

/// A zone in a cell that edges touch.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) zone: u32,
    parity: bool,
    edges: &'a [u32],
}

/// The entries of the record at `offset`.
pub(super) fn entries(records: &[u32], offset: u32) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = &records[offset as usize + 1..];
    (0..records[offset as usize]).map(move |_| {
        let (head, after) = rest.split_at(2);
        let (edges, after) = after.split_at(head[1] as usize);
        rest = after;
        Entry { zone: head[0] >> 1, parity: head[0] & 1 == 1, edges }
    })
}

impl Entry<'_> {
    /// Whether no edge of the zone touches the cell.
    pub(super) fn has_no_edges(&self) -> bool {
        self.edges.is_empty()
    }

    /// Where a position of the cell lies against the zone.
    pub(super) fn side(&self, p: Position, vertices: &[Position]) -> Side {
        let mut inside = self.parity;
        for &edge in self.edges {
            let (crossed, aligned) = EdgeRef(edge).crossed_from(p.lon_e7(), p.lat_e7(), vertices);
            if aligned && EdgeRef(edge).holds(p, vertices) {
                return Side::Edge;
            }
            inside ^= crossed;
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}
