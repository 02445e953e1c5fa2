//! Records: what is left open in a cell that edges touch.
//!
//! A record is the number of open zones, those with edges in the cell; the *choices*, which
//! are the lists of zones that hold a position, one for each way the open zones can turn out;
//! then each open zone: the zone times two plus the parity that holds where none of its
//! edges is crossed, the number of edges, the edges with both their ends.
//!
//! Bit `i` of a choice's place says whether the `i`-th open zone holds the position. Past
//! [`CHOSEN_MAX`] open zones there is only the first choice, in which none does.

use crate::area::Side;

use super::edge::SeenEdge;

/// Most open zones for which every choice is listed.
pub(super) const CHOSEN_MAX: u32 = 3;

/// How many choices a record of so many open zones has.
pub(super) fn choices(open: u32) -> u32 {
    if open <= CHOSEN_MAX { 1 << open } else { 1 }
}

/// Puts records down.
#[derive(Default)]
pub(super) struct RecordWriter {
    words: Vec<u32>,
}

impl RecordWriter {
    /// Begins a record of so many open zones and returns its offset. The choices come next,
    /// then the zones.
    pub(super) fn begin(&mut self, open: u32) -> u32 {
        self.words.push(open);
        self.words.len() as u32 - 1
    }

    /// Adds the list of the next choice.
    pub(super) fn put_choice(&mut self, list: u32) {
        self.words.push(list);
    }

    /// Adds an open zone, given the cell's south-western corner and whether the corner is
    /// inside the zone.
    pub(super) fn put(
        &mut self,
        zone: u32,
        (x, y): (i32, i32),
        corner: bool,
        edges: impl Iterator<Item = SeenEdge>,
    ) {
        let head = self.words.len();
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

/// A record as it is read.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    open: u32,
    /// The choices, and all that follows.
    words: &'a [u32],
}

impl<'a> Record<'a> {
    /// The record at `offset`.
    #[inline]
    pub(super) fn at(records: &'a [u32], offset: u32) -> Self {
        let (open, words) = records[offset as usize..].split_first().expect("a record");
        Self { open: *open, words }
    }

    /// The list for a position of the cell; none when the record does not list all choices.
    #[inline]
    pub(super) fn choose(self, x: i32, y: i32) -> Option<u32> {
        if self.open > CHOSEN_MAX {
            return None;
        }
        let mut choice = 0;
        for (place, entry) in self.entries().enumerate() {
            choice |= usize::from(entry.side(x, y) == Side::Inside) << place;
        }
        Some(self.words[choice])
    }

    /// The list of the zones that hold all of the cell.
    pub(super) fn whole(self) -> u32 {
        self.words[0]
    }

    /// The open zones, ascending.
    #[inline]
    pub(super) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let mut rest = &self.words[choices(self.open) as usize..];
        (0..self.open).map(move |_| {
            let (head, after) = rest.split_at(2);
            let (edges, after) = after.split_at(head[1] as usize * SeenEdge::WORDS);
            rest = after;
            Entry { zone: head[0] >> 1, parity: head[0] & 1 == 1, edges: edges.as_chunks().0 }
        })
    }
}

/// An open zone of a cell.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) zone: u32,
    parity: bool,
    edges: &'a [[u32; SeenEdge::WORDS]],
}

impl Entry<'_> {
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
