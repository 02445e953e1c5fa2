//! The write-ahead files, `state/staged-N`: where a pool becomes durable with one sync.
//!
//! They are made once, full of zeros, and written over in a circle, so that a sync changes no size and
//! no folder and costs the least that a sync can. A file is written over only when every pool in it is
//! published. Each file begins with a block that names its place among them and their secret.

pub(crate) mod frame;
mod scan;

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use spacetime::time::Instant;

use self::frame::{BLOCK_BYTES, HEADER_BYTES, Header, Seal};
use crate::disk::{Disk, File, Mode};
use crate::fault::{Fault, Of as _};
use crate::head::Head;
use crate::pool::{Framed, POOL_BYTES_MAX, Pool};

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
    file: Arc<dyn File>,
    bytes: u64,
    /// Size of the tree after the last pool in it.
    after: u64,
}

/// Where the next frame goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    file: usize,
    offset: u64,
    bytes: u64,
}

/// A pool that is closed, to be written to where it belongs, perhaps by another thread. One is written only
/// once the one before it is durable.
#[derive(Debug)]
#[must_use = "the pools behind it wait for it"]
pub struct PoolWrite {
    path: String,
    file: Arc<dyn File>,
    offset: u64,
    framed: Arc<Framed>,
}

impl PoolWrite {
    /// Makes the pool durable.
    ///
    /// # Errors
    /// When the disk fails. Whether the pool is on disk is then unknown.
    pub fn write(&self) -> Result<(), Fault> {
        self.put()?;
        self.sync()
    }

    /// The first half of it: the bytes are with the system.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn put(&self) -> Result<(), Fault> {
        self.file.write_at(self.offset, &self.framed.bytes).of(&self.path)
    }

    /// The second half: they are on disk.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn sync(&self) -> Result<(), Fault> {
        self.file.sync().of(&self.path)
    }
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
            files.push(Segment { file: file.into(), bytes, after: 0 });
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

    /// Room for a pool behind all others, of which those beyond `published` are not written over.
    ///
    /// # Errors
    /// [`Fault::StagedFull`]; after the next publication there is room.
    pub(crate) fn room_for(&self, pool: &Pool, published: u64) -> Result<Room, Fault> {
        let bytes = frame::bytes_of(pool.bytes());
        if self.offset + bytes <= self.files[self.current].bytes {
            return Ok(Room { file: self.current, offset: self.offset, bytes });
        }
        let file = (self.current + 1) % self.files.len();
        if self.files[file].after > published {
            return Err(Fault::StagedFull);
        }
        Ok(Room { file, offset: BLOCK_BYTES as u64, bytes })
    }

    /// Closes a pool for the room that there is, and says what is to be written.
    pub(crate) fn close(
        &mut self,
        room: Room,
        pool: &mut Pool,
        before: Head,
        after: Head,
    ) -> PoolWrite {
        let header = Header {
            number: self.number,
            sequenced_at: pool.sequenced_at(),
            before,
            after,
            bytes: pool.bytes() as u32,
            leaves: frame::digest_of(pool.leaves()),
            previous: self.previous,
        };
        let mut seal = Seal::default();
        pool.close(|frame| {
            seal = header.write(&self.secret, frame);
            frame.resize(room.bytes as usize, 0);
        });
        (self.current, self.offset) = (room.file, room.offset + room.bytes);
        (self.number, self.previous) = (self.number + 1, seal);
        let segment = &mut self.files[room.file];
        segment.after = after.size;
        let (file, framed) = (segment.file.clone(), pool.framed().clone());
        PoolWrite { path: path(room.file), file, offset: room.offset, framed }
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
