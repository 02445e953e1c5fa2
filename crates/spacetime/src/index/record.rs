//! Records: what is left to look at in a cell that edges touch.
//!
//! A record is the number of its entries, then each entry, by zone: the zone times two plus
//! the parity that holds where none of its edges is crossed, the number of edges, the edges
//! with both their ends. A zone that holds all of the cell has parity one and no edge.

use crate::area::Side;

use super::edge::SeenEdge;

/// Puts records down.
#[derive(Default)]
pub(super) struct RecordWriter {
    words: Vec<u32>,
    begun: usize,
}

impl RecordWriter {
    /// Begins a record and returns its offset.
    pub(super) fn begin(&mut self) -> u32 {
        self.begun = self.words.len();
        self.words.push(0);
        self.begun as u32
    }

    /// Adds a zone that holds all of the cell.
    pub(super) fn put_whole(&mut self, zone: u32) {
        self.words[self.begun] += 1;
        self.words.extend([zone << 1 | 1, 0]);
    }

    /// Adds a zone whose edges touch the cell, given the cell's south-western corner and
    /// whether the corner is inside the zone.
    pub(super) fn put(
        &mut self,
        zone: u32,
        (x, y): (i32, i32),
        corner: bool,
        edges: impl Iterator<Item = SeenEdge>,
    ) {
        let head = self.words.len();
        self.words[self.begun] += 1;
        self.words.extend([0, 0]);
        let mut parity = corner;
        for edge in edges {
            parity ^= edge.crossed_from(x, y).0;
            self.words[head + 1] += 1;
            self.words.extend(edge.to_words());
        }
        self.words[head] = zone << 1 | u32::from(parity);
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
    edges: &'a [[u32; SeenEdge::WORDS]],
}

/// The entries of the record at `offset`.
#[inline]
pub(super) fn entries(records: &[u32], offset: u32) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = &records[offset as usize + 1..];
    (0..records[offset as usize]).map(move |_| {
        let (head, after) = rest.split_at(2);
        let (edges, after) = after.split_at(head[1] as usize * SeenEdge::WORDS);
        rest = after;
        Entry { zone: head[0] >> 1, parity: head[0] & 1 == 1, edges: edges.as_chunks().0 }
    })
}

impl Entry<'_> {
    /// Whether no edge of the zone touches the cell.
    pub(super) fn has_no_edges(&self) -> bool {
        self.edges.is_empty()
    }

    /// Where a position of the cell lies against the zone.
    #[inline]
    pub(super) fn side(&self, x: i32, y: i32) -> Side {
        let mut inside = self.parity;
        for words in self.edges {
            let edge = SeenEdge::from_words(words);
            let (crossed, in_line) = edge.crossed_from(x, y);
            if in_line && edge.holds(x, y) {
                return Side::Edge;
            }
            inside ^= crossed;
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}
