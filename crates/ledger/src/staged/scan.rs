//! Finds the pools in the write-ahead files after a restart.
//!
//! A pool is written only once the one before it is durable. So after any crash at most the newest is
//! torn, and then nobody was told that it was taken. Everything else that does not fit is damage, and
//! damage is told, never passed over: what looks like the end of the log may be a flipped bit in the
//! middle of it, with acknowledged pools behind.

use super::frame::{BLOCK_BYTES, HEADER_BYTES, Header, Seal, digest_of, leaves_of};
use super::{Segment, path};
use crate::fault::{Fault, Of as _};
use crate::pool::Pool;

/// Where a pool lies, and its header.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) offset: u64,
    pub(crate) header: Header,
    pub(crate) seal: Seal,
}

/// What the files hold.
#[derive(Debug)]
pub(crate) struct Found {
    /// The pools without a gap up to the newest, oldest first. The newest is whole.
    pub(crate) places: Vec<Place>,
    /// The last of them.
    pub(crate) newest: Place,
    /// A newer one that is torn: nobody was told that it was taken.
    pub(crate) torn: Option<Place>,
    /// Size of the tree after the last pool of each file.
    pub(crate) afters: Vec<u64>,
}

/// Bytes read at once in the search for pools behind damage.
const SEARCH_BYTES: usize = 1 << 20;

pub(super) fn scan(files: &[Segment], secret: &[u8; 32]) -> Result<Found, Fault> {
    let mut places = Vec::new();
    let mut ends = Vec::new();
    for (n, segment) in files.iter().enumerate() {
        let walked = walk(n, segment, secret)?;
        ends.push(walked.last().map_or(BLOCK_BYTES as u64, |p| p.offset + p.header.frame_bytes()));
        places.extend(walked);
    }
    places.sort_by_key(|place| place.header.number);
    let torn = take_torn_newest(files, &mut places)?;
    let Some(newest) = places.last().cloned() else {
        return Err(damaged(0, "it holds no pool, not even the one it was made with"));
    };
    // The next pool went behind the newest or, had it no room there, to the start of the next file.
    for n in [newest.file, (newest.file + 1) % files.len()] {
        no_pool_behind(n, &files[n], secret, ends[n], newest.header.number)?;
    }
    keep_unbroken(&mut places);
    let after_of =
        |n| places.iter().filter(|p| p.file == n).map(|p| p.header.after.size).max().unwrap_or(0);
    let afters = (0..files.len()).map(after_of).collect();
    Ok(Found { places, newest, torn, afters })
}

/// The pools of one file, in order, from its start to the first block that does not go on.
fn walk(n: usize, segment: &Segment, secret: &[u8; 32]) -> Result<Vec<Place>, Fault> {
    let mut places: Vec<Place> = Vec::new();
    let mut offset = BLOCK_BYTES as u64;
    let mut header_bytes = [0; HEADER_BYTES];
    while offset + BLOCK_BYTES as u64 <= segment.bytes {
        segment.file.read_at(offset, &mut header_bytes).of(&path(n))?;
        let Some((header, seal)) = Header::read(secret, &header_bytes) else { break };
        // What follows an older round's frame in the same file is not its successor.
        let goes_on = places.last().is_none_or(|last| {
            header.number == last.header.number + 1 && header.previous == last.seal
        });
        let end = offset + header.frame_bytes();
        if !goes_on || end > segment.bytes {
            break;
        }
        places.push(Place { file: n, offset, header, seal });
        offset = end;
    }
    Ok(places)
}

/// The newest pool may be torn: its header may be there without all of its entries.
fn take_torn_newest(files: &[Segment], places: &mut Vec<Place>) -> Result<Option<Place>, Fault> {
    match places.last() {
        Some(newest) if read(&files[newest.file], newest)?.is_none() => Ok(places.pop()),
        _ => Ok(None),
    }
}

/// Reads the entries of a pool; `None` where they are not those of its header.
pub(super) fn read(segment: &Segment, place: &Place) -> Result<Option<Pool>, Fault> {
    let header = &place.header;
    let mut frame = vec![0; HEADER_BYTES + header.bytes as usize];
    let read = segment.file.read_at(place.offset, &mut frame).of(&path(place.file))?;
    let leaves = leaves_of(&frame[HEADER_BYTES..]);
    let Some(leaves) = leaves.filter(|l| read == frame.len() && digest_of(l) == header.leaves)
    else {
        return Ok(None);
    };
    Ok(Some(Pool::found(header.sequenced_at, header.before.size, frame, leaves)))
}

/// Fails where a pool newer than `newest` lies behind the end of a file's pools: then what ended them
/// was damage and no torn write, since a pool is only ever written after the one before is durable.
fn no_pool_behind(
    n: usize,
    segment: &Segment,
    secret: &[u8; 32],
    from: u64,
    newest: u64,
) -> Result<(), Fault> {
    // The block at `from` may be the torn newest pool itself.
    let mut offset = from + BLOCK_BYTES as u64;
    let left = segment.bytes.saturating_sub(offset) as usize;
    let mut bytes = vec![0; SEARCH_BYTES.min(left)];
    while offset < segment.bytes {
        let read = segment.file.read_at(offset, &mut bytes).of(&path(n))?;
        for block in bytes[..read].chunks(BLOCK_BYTES) {
            if Header::read(secret, block).is_some_and(|(header, _)| header.number > newest) {
                return Err(damaged(n, "pools that were acknowledged lie behind a damaged one"));
            }
        }
        offset += SEARCH_BYTES as u64;
    }
    Ok(())
}

/// Keeps the pools that lead to the newest without a gap.
fn keep_unbroken(places: &mut Vec<Place>) {
    let follows = |pair: &[Place]| {
        pair[0].header.number + 1 == pair[1].header.number
            && pair[0].seal == pair[1].header.previous
    };
    let broken = places.windows(2).rposition(|pair| !follows(pair));
    places.drain(..broken.map_or(0, |at| at + 1));
}

fn damaged(n: usize, reason: &str) -> Fault {
    Fault::Damaged { path: path(n), reason: reason.to_owned() }
}
