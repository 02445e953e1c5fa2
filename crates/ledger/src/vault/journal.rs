//! What the vault has to remember across a crash: who was given what, and what is to be destroyed.
//!
//! A frame is one or more blocks of 512 bytes. A block ends with a mark of four bytes that are not
//! zero, so that a block that was torn before it was acknowledged can be told from one that was
//! damaged after: the first still ends in the zeros that stood there before.

use std::io;

use agreement::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::fault::{VaultFault, at};
use crate::disk::{Disk, File, Mode, folder_of, read_if_any};

/// Longest frame, all blocks together.
pub(crate) const FRAME_BYTES_MAX: usize = 4 << 20;

const BLOCK_BYTES: usize = 512;
const DATA_BYTES: usize = BLOCK_BYTES - MARK.len();
const MARK: &[u8; 4] = b"armv";
/// Length, number, a check of these two, a check of all.
const HEAD_BYTES: usize = 4 + 8 + 8 + 32;

/// An append-only file of events.
#[derive(Debug)]
pub(crate) struct Journal {
    path: String,
    file: Box<dyn File>,
    /// Where the next frame begins.
    end: u64,
    /// How far the file reaches.
    size: u64,
    /// Number of the next frame.
    next: u64,
    /// The file grows by so much at a time, so that an append seldom changes its length.
    growth: u64,
    broken: bool,
}

#[derive(Serialize, Deserialize)]
struct Numbered<E> {
    event: E,
}

impl Journal {
    /// Opens the journal, makes it where there is none, and reads what it holds.
    ///
    /// # Errors
    /// When the disk fails, or a frame that was acknowledged is damaged.
    pub(crate) fn open<E: DeserializeOwned>(
        disk: &dyn Disk,
        path: &str,
        growth: u64,
    ) -> Result<(Self, Vec<E>), VaultFault> {
        let file = match disk.open(path, Mode::Update) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                disk.open(path, Mode::Create).map_err(at(path))?
            }
            opened => opened.map_err(at(path))?,
        };
        // Also where it was there already: whoever made it may have been cut off before this.
        file.sync().map_err(at(path))?;
        disk.sync_folder(folder_of(path)).map_err(at(path))?;
        let size = file.size().map_err(at(path))?;
        let mut journal =
            Self { path: path.to_owned(), file, end: 0, size, next: 0, growth, broken: false };
        let events = journal.replay()?;
        Ok((journal, events))
    }

    /// Reads a journal without changing it, and says whether nothing follows the last event.
    ///
    /// # Errors
    /// When the disk fails or a frame is damaged.
    pub(crate) fn read<E: DeserializeOwned>(
        disk: &dyn Disk,
        path: &str,
    ) -> Result<(Vec<E>, bool), VaultFault> {
        let bytes = read_if_any(disk, path).map_err(at(path))?.unwrap_or_default();
        let Frames { events, end, .. } = frames(path, &bytes)?;
        Ok((events, bytes[end..].iter().all(|&byte| byte == 0)))
    }

    fn replay<E: DeserializeOwned>(&mut self) -> Result<Vec<E>, VaultFault> {
        let size = usize::try_from(self.size).map_err(|_| self.damaged("it is too long"))?;
        let mut bytes = vec![0; size];
        let read = self.file.read_at(0, &mut bytes).map_err(at(&self.path))?;
        bytes.truncate(read);
        let Frames { events, last, end } = frames(&self.path, &bytes)?;
        self.next = events.len() as u64;
        self.end = end as u64;
        // What was torn must not be taken for the tail of the next frame.
        let torn = bytes[end..].iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
        bytes[end..].fill(0);
        // That the last frame can be read does not say that it is on disk: whoever wrote it may have been
        // told that its sync failed, and the next would then stand behind a gap.
        if let Some(again) = bytes.get(last..end + torn).filter(|again| !again.is_empty()) {
            self.file.write_at(last as u64, again).map_err(at(&self.path))?;
            self.file.sync().map_err(at(&self.path))?;
        }
        Ok(events)
    }

    /// How many events it holds.
    pub(crate) const fn count(&self) -> u64 {
        self.next
    }

    /// Appends an event. It is durable when this returns.
    ///
    /// # Errors
    /// When the disk fails: the journal then has to be opened again.
    pub(crate) fn append(&mut self, event: &impl Serialize) -> Result<(), VaultFault> {
        if self.broken {
            return Err(VaultFault::Broken);
        }
        let text = serde_json::to_vec(&Numbered { event })
            .map_err(|_| self.damaged("an event has no JSON"))?;
        let frame = frame(self.next, &text);
        if frame.len() > FRAME_BYTES_MAX {
            return Err(self.damaged("an event is too long"));
        }
        self.broken = true;
        let end = self.end + frame.len() as u64;
        if end > self.size {
            let size = end.next_multiple_of(self.growth.max(1));
            self.file.set_size(size).map_err(at(&self.path))?;
            self.size = size;
        }
        self.file.write_at(self.end, &frame).map_err(at(&self.path))?;
        self.file.sync().map_err(at(&self.path))?;
        self.broken = false;
        self.end = end;
        self.next += 1;
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> VaultFault {
        VaultFault::Damaged { place: self.path.clone(), what }
    }
}

fn frame(number: u64, text: &[u8]) -> Vec<u8> {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut data = head(len, number).to_vec();
    data.extend_from_slice(check(number, text).as_bytes());
    data.extend_from_slice(text);
    let mut frame = Vec::with_capacity(data.len().div_ceil(DATA_BYTES) * BLOCK_BYTES);
    for part in data.chunks(DATA_BYTES) {
        frame.extend_from_slice(part);
        frame.resize(frame.len() + DATA_BYTES - part.len(), 0);
        frame.extend_from_slice(MARK);
    }
    frame
}

/// Length and number with a check of their own: how many blocks a frame has is known for sure once
/// its first is whole.
fn head(len: u32, number: u64) -> [u8; 20] {
    let mut head = [0; 20];
    head[..4].copy_from_slice(&len.to_le_bytes());
    head[4..12].copy_from_slice(&number.to_le_bytes());
    let check = Digest::of_bytes(&head[..12]);
    head[12..].copy_from_slice(&check.as_bytes()[..8]);
    head
}

fn check(number: u64, text: &[u8]) -> Digest {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.extend_from_slice(text);
    Digest::of_bytes(&bytes)
}

/// What a journal holds.
struct Frames<E> {
    events: Vec<E>,
    /// Where the last event begins.
    last: usize,
    /// Where the next one goes.
    end: usize,
}

fn frames<E: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<Frames<E>, VaultFault> {
    let damaged = |what| VaultFault::Damaged { place: path.to_owned(), what };
    let mut events: Vec<E> = Vec::new();
    let mut last = 0;
    let mut rest: &[[u8; BLOCK_BYTES]] = bytes.as_chunks().0;
    loop {
        let number = events.len() as u64;
        match next_frame(rest, number) {
            Next::Frame { text, blocks } => {
                let numbered: Numbered<E> = serde_json::from_slice(&text)
                    .map_err(|_| damaged("an event that this version does not know"))?;
                events.push(numbered.event);
                last = (bytes.len() / BLOCK_BYTES - rest.len()) * BLOCK_BYTES;
                rest = &rest[blocks..];
            }
            Next::Torn if later_frame(rest, number) => {
                return Err(damaged("an acknowledged event was wiped"));
            }
            Next::Torn => {
                let end = (bytes.len() / BLOCK_BYTES - rest.len()) * BLOCK_BYTES;
                return Ok(Frames { events, last, end });
            }
            Next::Damaged => return Err(damaged("an acknowledged event was changed")),
        }
    }
}

enum Next {
    Frame {
        text: Vec<u8>,
        blocks: usize,
    },
    /// Nothing follows, or nothing that was ever acknowledged.
    Torn,
    Damaged,
}

fn next_frame(blocks: &[[u8; BLOCK_BYTES]], number: u64) -> Next {
    let is_torn = |block: &[u8; BLOCK_BYTES]| block[DATA_BYTES..] == [0; 4];
    let Some(first) = blocks.first().filter(|first| !is_torn(first)) else { return Next::Torn };
    let len = u32::from_le_bytes([first[0], first[1], first[2], first[3]]);
    if first[..20] != head(len, number) || len as usize > FRAME_BYTES_MAX {
        return Next::Damaged;
    }
    let len = len as usize;
    let count = (HEAD_BYTES + len).div_ceil(DATA_BYTES);
    let Some(blocks) = blocks.get(..count) else { return Next::Torn };
    if blocks.iter().any(is_torn) {
        return Next::Torn;
    }
    let data: Vec<u8> = blocks.iter().flat_map(|block| &block[..DATA_BYTES]).copied().collect();
    let (text, zeros) = data[HEAD_BYTES..].split_at(len);
    let sound = data[20..HEAD_BYTES] == *check(number, text).as_bytes()
        && zeros.iter().all(|&byte| byte == 0)
        && blocks.iter().all(|block| block[DATA_BYTES..] == *MARK);
    if sound { Next::Frame { text: text.to_vec(), blocks: count } } else { Next::Damaged }
}

/// Whether a frame of a later number begins anywhere behind: then the one that is missing was
/// acknowledged, since each is durable before the next is written.
fn later_frame(blocks: &[[u8; BLOCK_BYTES]], number: u64) -> bool {
    blocks.iter().any(|block| {
        let len = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        let claimed = u64::from_le_bytes([
            block[4], block[5], block[6], block[7], block[8], block[9], block[10], block[11],
        ]);
        claimed > number && block[..20] == head(len, claimed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(events: &[&str]) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let text = serde_json::to_vec(&Numbered { event }).unwrap();
            bytes.extend(frame(number as u64, &text));
        }
        bytes.resize(bytes.len() + 8 * BLOCK_BYTES, 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Vec<String>> {
        frames("vault/journal", bytes).ok().map(|frames| frames.events)
    }

    #[test]
    fn events_read_back_in_order() {
        let long = "x".repeat(3000);
        assert_eq!(read(&journal(&["a", &long, "b"])).unwrap(), ["a", &long, "b"]);
    }

    #[test]
    fn a_frame_torn_at_any_byte_is_dropped_and_costs_no_other() {
        let long = "x".repeat(1200);
        let whole = journal(&["a", &long]);
        let begin = BLOCK_BYTES;
        let end = begin + 3 * BLOCK_BYTES;
        for cut in begin..end - MARK.len() {
            let mut torn = whole.clone();
            torn[cut..].fill(0);
            assert_eq!(read(&torn).unwrap(), ["a"], "cut at {cut}");
        }
        for block in 0..3 {
            let mut torn = whole.clone();
            torn[begin + block * BLOCK_BYTES..][..BLOCK_BYTES].fill(0);
            assert_eq!(read(&torn).unwrap(), ["a"], "block {block} was lost");
        }
    }

    #[test]
    fn a_bit_flipped_in_an_acknowledged_event_is_damage_and_not_a_torn_end() {
        let long = "x".repeat(600);
        let good = journal(&["a", &long, "b"]);
        for bit in 0..4 * BLOCK_BYTES * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&bad), None, "bit {bit}");
        }
    }

    #[test]
    fn an_event_wiped_before_another_is_damage() {
        let mut bytes = journal(&["a", "b", "c"]);
        bytes[BLOCK_BYTES..2 * BLOCK_BYTES].fill(0);
        assert_eq!(read(&bytes), None);
    }
}
