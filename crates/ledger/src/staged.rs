//! The write-ahead files, `state/staged-N`: where a pool becomes durable with one sync.
//!
//! They are made once, full of zeros, and written over in a circle, so that a sync changes no size and
//! no folder and costs the least that a sync can. A file is written over only when every pool in it is
//! published. Each file begins with a block that names its place among them and their secret.

pub(crate) mod frame;
mod scan;

use std::fmt;

use sha2::{Digest as _, Sha256};
use spacetime::time::Instant;

use self::frame::{BLOCK_BYTES, HEADER_BYTES, Header, Seal};
use crate::disk::{Disk, File, Mode};
use crate::fault::{Fault, Of as _};
use crate::head::Head;
use crate::pool::{POOL_BYTES_MAX, Pool};

pub(crate) use scan::Found;

/// Write-ahead files of a record: while one is written, the others wait to be published.
const STAGED_FILES: usize = 4;
/// Bytes of each, as `record init` makes them.
pub const STAGED_BYTES: u64 = 16 << 20;
/// Least bytes of each: the opening block, a pool of one longest entry, and some.
pub const STAGED_BYTES_MIN: u64 = 128 << 10;

const MAGIC: [u8; 8] = *b"armstag1";
const FOLDER: &str = "state";

/// Where a write-ahead file lies.
pub(crate) fn path(n: usize) -> String {
    format!("{FOLDER}/staged-{n}")
}

/// The write-ahead files, open for writing.
pub(crate) struct Staged {
    files: Vec<Segment>,
    secret: [u8; 32],
    /// The file that is written, and where the next frame goes.
    current: usize,
    offset: u64,
    /// Of the pool that comes next.
    number: u64,
    previous: Seal,
}

struct Segment {
    file: Box<dyn File>,
    bytes: u64,
    /// Size of the tree after the last pool in it.
    after: u64,
}

impl fmt::Debug for Staged {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Staged {
    /// Makes the files, with an empty pool in the first that fixes when the record began. Durable when
    /// it returns but for the folder.
    pub(crate) fn create(
        disk: &dyn Disk,
        bytes: u64,
        secret: &[u8; 32],
        now: Instant,
    ) -> Result<(), Fault> {
        let bytes = bytes.max(STAGED_BYTES_MIN).next_multiple_of(BLOCK_BYTES as u64);
        for n in 0..STAGED_FILES {
            let path = path(n);
            let file = disk.open(&path, Mode::Replace).of(&path)?;
            let zeros = vec![0; (1 << 20).min(bytes as usize)];
            let mut at = 0;
            while at < bytes {
                let more = (bytes - at).min(zeros.len() as u64);
                file.write_at(at, &zeros[..more as usize]).of(&path)?;
                at += more;
            }
            file.write_at(0, &opening(secret, n)).of(&path)?;
            if n == 0 {
                let (_, frame) = marked(secret, 1, now, Head::EMPTY, [0; 32]);
                file.write_at(BLOCK_BYTES as u64, &frame).of(&path)?;
            }
            file.sync().of(&path)?;
        }
        Ok(())
    }

    /// Opens the files and finds every pool in them. Changes nothing.
    pub(crate) fn open(disk: &dyn Disk) -> Result<(Self, Found), Fault> {
        let mut files = Vec::new();
        let mut secret = None;
        for n in 0..STAGED_FILES {
            let path = path(n);
            let file = disk.open(&path, Mode::Update).of(&path)?;
            let mut block = vec![0; BLOCK_BYTES];
            file.read_at(0, &mut block).of(&path)?;
            let damaged =
                |reason: &str| Fault::Damaged { path: path.clone(), reason: reason.to_owned() };
            let its = secret_of(&block, n).ok_or_else(|| damaged("its first block is not ours"))?;
            if *secret.get_or_insert(its) != its {
                return Err(damaged("it belongs to another record"));
            }
            let bytes = file.size().of(&path)?;
            files.push(Segment { file, bytes, after: 0 });
        }
        let secret = secret.unwrap_or_default();
        let found = scan::scan(&files, &secret)?;
        for (segment, after) in files.iter_mut().zip(&found.afters) {
            segment.after = *after;
        }
        let staged = Self {
            files,
            secret,
            current: found.newest.file,
            offset: found.newest.offset + found.newest.header.frame_bytes(),
            number: found.newest.header.number + 1,
            previous: found.newest.seal,
        };
        Ok((staged, found))
    }

    /// Most bytes of entries that a pool may have here.
    pub(crate) fn pool_bytes_max(&self) -> usize {
        let room = self.files.iter().map(|file| file.bytes).min().unwrap_or(0);
        (room as usize).saturating_sub(BLOCK_BYTES + HEADER_BYTES).min(POOL_BYTES_MAX)
    }

    /// The entries of a pool that was found, checked against its header; `None` where they are torn.
    pub(crate) fn read(&self, at: &scan::Place) -> Result<Option<Pool>, Fault> {
        scan::read(&self.files[at.file], at)
    }

    /// Makes what was found durable before anything is written behind it, and clears what is torn.
    ///
    /// That the newest pool could be read does not say that it is on disk: a sync that failed leaves it
    /// in the system's memory alone, and written there for good in its eyes. So it is written anew.
    pub(crate) fn settle(&self, found: &Found) -> Result<(), Fault> {
        if let Some(torn) = &found.torn {
            let (segment, path) = (&self.files[torn.file], path(torn.file));
            segment.file.write_at(torn.offset, &[0; BLOCK_BYTES]).of(&path)?;
            segment.file.sync().of(&path)?;
        }
        let newest = &found.newest;
        let (segment, path) = (&self.files[newest.file], path(newest.file));
        let mut frame = vec![0; newest.header.frame_bytes() as usize];
        segment.file.read_at(newest.offset, &mut frame).of(&path)?;
        segment.file.write_at(newest.offset, &frame).of(&path)?;
        segment.file.sync().of(&path)
    }

    /// Makes a pool durable. When this fails, whether the pool is on disk is unknown.
    ///
    /// `published` is the size up to which the log is published: what waits beyond it is not written
    /// over. Nothing is changed when it says [`Fault::StagedFull`].
    pub(crate) fn write(
        &mut self,
        pool: &mut Pool,
        before: Head,
        after: Head,
        published: u64,
    ) -> Result<(), Fault> {
        let header = Header {
            number: self.number,
            sequenced_at: pool.sequenced_at(),
            before,
            after,
            bytes: (pool.frame.len() - HEADER_BYTES) as u32,
            leaves: frame::digest_of(&pool.leaves),
            previous: self.previous,
        };
        let bytes = header.frame_bytes();
        let (file, offset) = self.place_for(bytes, published)?;
        let seal = header.write(&self.secret, &mut pool.frame);
        let entries_end = pool.frame.len();
        pool.frame.resize(bytes as usize, 0);
        let segment = &mut self.files[file];
        let path = path(file);
        segment.file.write_at(offset, &pool.frame).of(&path)?;
        segment.file.sync().of(&path)?;
        pool.frame.truncate(entries_end);
        segment.after = after.size;
        (self.current, self.offset) = (file, offset + bytes);
        (self.number, self.previous) = (self.number + 1, seal);
        Ok(())
    }

    /// Where a frame of so many bytes goes.
    fn place_for(&self, bytes: u64, published: u64) -> Result<(usize, u64), Fault> {
        if self.offset + bytes <= self.files[self.current].bytes {
            return Ok((self.current, self.offset));
        }
        let next = (self.current + 1) % self.files.len();
        if self.files[next].after > published {
            return Err(Fault::StagedFull);
        }
        Ok((next, BLOCK_BYTES as u64))
    }
}

/// A frame without entries: it says that the tree stood at `head`, and when.
fn marked(
    secret: &[u8; 32],
    number: u64,
    now: Instant,
    head: Head,
    previous: Seal,
) -> (Seal, Vec<u8>) {
    let leaves = frame::digest_of(&[]);
    let header =
        Header { number, sequenced_at: now, before: head, after: head, bytes: 0, leaves, previous };
    let mut frame = vec![0; BLOCK_BYTES];
    (header.write(secret, &mut frame), frame)
}

/// The first block of file `n`.
fn opening(secret: &[u8; 32], n: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    block.extend_from_slice(&MAGIC);
    block.push(n as u8);
    block.extend_from_slice(secret);
    let digest = Sha256::digest(&block);
    block.extend_from_slice(&digest);
    block.resize(BLOCK_BYTES, 0);
    block
}

fn secret_of(block: &[u8], n: usize) -> Option<[u8; 32]> {
    let secret = *block.get(9..)?.first_chunk()?;
    (block == opening(&secret, n)).then_some(secret)
}
