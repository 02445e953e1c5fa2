//! Lists of zones, each kept once however many cells share it.

/// Free places after the last list, so that the first zones of any list can be read
/// without looking at its length.
const PADDING: usize = 4;

/// The lists, one after the other: the number of zones, then the zones, ascending. The empty
/// list is at offset 0.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    words: Vec<u32>,
}

impl Lists {
    /// The list at an offset that [`ListWriter::offset_of`] gave.
    #[inline]
    pub(super) fn at(&self, offset: u32) -> &[u32] {
        let start = offset as usize;
        let count = self.words[start] as usize;
        &self.words[start + 1..=start + count]
    }

    /// The length of a list and its first `N` zones; what lies past its end means nothing.
    #[inline]
    pub(super) fn first_of<const N: usize>(&self, offset: u32) -> (usize, &[u32; N]) {
        const { assert!(N <= PADDING) };
        let words = &self.words[offset as usize..];
        (words[0] as usize, words[1..].first_chunk().expect("lists are padded"))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(self.words.as_slice())
    }
}

/// Puts lists down and finds them again.
pub(super) struct ListWriter {
    words: Vec<u32>,
    /// Offsets by hash with linear probing; 0 is a free slot, since the empty list never
    /// needs one. The order of slots is never read.
    slots: Vec<u32>,
    count: usize,
}

impl ListWriter {
    pub(super) fn new() -> Self {
        Self { words: vec![0], slots: vec![0; 64], count: 0 }
    }

    /// Where the list of these zones is; put down first when it is new.
    pub(super) fn offset_of(&mut self, zones: &[u32]) -> u32 {
        if zones.is_empty() {
            return 0;
        }
        if self.count * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash(zones) & mask;
        loop {
            match self.slots[slot] {
                0 => break,
                offset if zones_at(&self.words, offset) == zones => return offset,
                _ => slot = (slot + 1) & mask,
            }
        }
        let offset = self.words.len() as u32;
        self.words.push(zones.len() as u32);
        self.words.extend_from_slice(zones);
        self.slots[slot] = offset;
        self.count += 1;
        offset
    }

    pub(super) fn finish(mut self) -> Lists {
        self.words.resize(self.words.len() + PADDING, 0);
        self.words.shrink_to_fit();
        Lists { words: self.words }
    }

    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 4];
        let mask = slots.len() - 1;
        for &offset in self.slots.iter().filter(|&&offset| offset != 0) {
            let mut slot = hash(zones_at(&self.words, offset)) & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = offset;
        }
        self.slots = slots;
    }
}

fn zones_at(words: &[u32], offset: u32) -> &[u32] {
    let start = offset as usize;
    &words[start + 1..=start + words[start] as usize]
}

/// Multiplicative mixing of each zone into the state.
fn hash(zones: &[u32]) -> usize {
    let mixed = zones.iter().fold(zones.len() as u64, |state, &zone| {
        (state.rotate_left(23) ^ u64::from(zone)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    (mixed >> 24) as usize
}
