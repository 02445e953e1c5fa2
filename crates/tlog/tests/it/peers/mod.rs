//! Three crates that others wrote, asked the same questions. Where one answers differently, the
//! difference stands here with its reason, and a test holds it: an answer that differs and is not
//! listed fails.
//!
//! `tlog_tiles` and `signed_note` (Cloudflare, after Go's `sumdb`), `ct-merkle` (Rosenberg). All three
//! panic on some of what they are given (a tile of width 0, a leaf past the end); those questions are put
//! to ours alone (`tree`, `texts`).

mod notes;
mod paths;
mod trees;

use proptest::prelude::*;
use proptest::sample::Index;

/// One change to some bytes.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A bit is flipped.
    Flip(Index, u8),
    /// A byte is put in.
    Insert(Index, u8),
    /// Bytes are taken out.
    Remove(Index, usize),
    /// A part is there twice.
    Repeat(Index, usize),
    /// A line is there twice.
    RepeatLine(Index),
    /// A line is gone.
    RemoveLine(Index),
}

/// Any one change; what is put in is what the texts are made of, more often than not.
pub(super) fn change() -> impl Strategy<Value = Change> {
    let telling = prop::sample::select(b"\n\n +/=.0123456789xpAZaz\r\t\x7f\xe2\x80\x94".to_vec());
    let byte = prop_oneof![3 => telling, 1 => any::<u8>()];
    let index = any::<Index>;
    prop_oneof![
        (index(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (index(), byte).prop_map(|(at, byte)| Change::Insert(at, byte)),
        (index(), 1..6_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (index(), 1..6_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        index().prop_map(Change::RepeatLine),
        index().prop_map(Change::RemoveLine),
    ]
}

impl Change {
    /// Makes it.
    pub(super) fn make(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            Self::Remove(at, count) => {
                let at = at.index(bytes.len());
                bytes.drain(at..bytes.len().min(at + count));
            }
            Self::Repeat(at, count) => {
                let at = at.index(bytes.len());
                let part = bytes[at..bytes.len().min(at + count)].to_vec();
                bytes.splice(at..at, part);
            }
            Self::RepeatLine(at) => {
                let (start, end) = line(bytes, *at);
                let part = bytes[start..end].to_vec();
                bytes.splice(start..start, part);
            }
            Self::RemoveLine(at) => {
                let (start, end) = line(bytes, *at);
                bytes.drain(start..end);
            }
        }
    }
}

/// The line around some byte, with its line feed.
fn line(bytes: &[u8], at: Index) -> (usize, usize) {
    let at = at.index(bytes.len());
    let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|&byte| byte == b'\n');
    (start, end.map_or(bytes.len(), |end| at + end + 1))
}
