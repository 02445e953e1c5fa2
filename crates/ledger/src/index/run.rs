//! A sorted file of keys.
//!
//! Blocks of 4096 bytes, each ending in a digest of the rest and of its place. The first says what the
//! file covers; then come the keys, in order, each with its leaf, 101 to a block; then a filter that
//! tells of most keys that they are not there, and is read once, when it is first asked.

use std::fmt;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use super::{FOLDER, Key};
use crate::disk::{Disk, File, Mode};
use crate::fault::{Fault, Of as _};

pub(super) const BLOCK_BYTES: usize = 4096;
const DIGEST_BYTES: usize = 16;
/// Bytes of a block that say something.
pub(super) const BODY_BYTES: usize = BLOCK_BYTES - DIGEST_BYTES;
const RECORD_BYTES: usize = 40;
/// Keys of a block.
pub(super) const BLOCK_KEYS: usize = BODY_BYTES / RECORD_BYTES;
const MAGIC: [u8; 8] = *b"armindx1";
/// Bits of the filter for each key, and how many of them a key sets: one key in 300 is taken for one
/// that is there.
const FILTER_BITS: u64 = 12;
const FILTER_PROBES: usize = 6;
/// Guesses by interpolation before halving.
const GUESSES: usize = 8;

/// A file that is open.
pub(super) struct Run {
    file: Box<dyn File>,
    from: u64,
    to: u64,
    keys: u64,
    /// How many keys the filter was made for: no fewer than there are.
    filter_keys: u64,
    filter: OnceLock<Vec<u8>>,
}

/// A file that was written and is to be installed.
#[derive(Debug)]
pub struct Written(pub(super) Run);

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("name", &self.name()).field("keys", &self.keys).finish()
    }
}

/// What a file that covers these leaves is called.
pub(super) fn name(from: u64, to: u64) -> String {
    format!("{from}-{to}")
}

impl Run {
    /// `None` where the file is not one, or was cut off.
    pub(super) fn open(disk: &dyn Disk, from: u64, to: u64) -> Result<Option<Self>, Fault> {
        let path = format!("{FOLDER}/{}", name(from, to));
        let file = disk.open(&path, Mode::Read).of(&path)?;
        let mut block = vec![0; BLOCK_BYTES];
        file.read_at(0, &mut block).of(&path)?;
        if !is_sound(&block, 0) {
            return Ok(None);
        }
        let number = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&block[at..at + 8]);
            u64::from_be_bytes(bytes)
        };
        let (keys, filter_keys) = (number(24), number(32));
        let run = Self { file, from, to, keys, filter_keys, filter: OnceLock::new() };
        let is_whole = run.file.size().of(&path)? == run.blocks() * BLOCK_BYTES as u64;
        let is_it = block.starts_with(&MAGIC) && (number(8), number(16)) == (from, to);
        Ok((is_it && is_whole).then_some(run))
    }

    pub(super) const fn from(&self) -> u64 {
        self.from
    }

    pub(super) const fn to(&self) -> u64 {
        self.to
    }

    pub(super) const fn keys(&self) -> u64 {
        self.keys
    }

    pub(super) fn name(&self) -> String {
        name(self.from, self.to)
    }

    fn path(&self) -> String {
        format!("{FOLDER}/{}", self.name())
    }

    /// Blocks of keys.
    fn key_blocks(&self) -> u64 {
        self.keys.div_ceil(BLOCK_KEYS as u64)
    }

    fn blocks(&self) -> u64 {
        1 + self.key_blocks() + filter_bytes(self.filter_keys).div_ceil(BODY_BYTES) as u64
    }

    /// The leaf of a key.
    pub(super) fn find(&self, key: &Key) -> Result<Option<u64>, Fault> {
        if self.keys == 0 || !may_hold(self.filter()?, key) {
            return Ok(None);
        }
        let (mut low, mut high) = (0, self.key_blocks());
        let (mut low_place, mut high_place) = (0_u64, u64::MAX);
        let place = place_of(key);
        let mut guesses = 0;
        while low < high {
            guesses += 1;
            let guess = if guesses > GUESSES || high_place <= low_place {
                low + (high - low) / 2
            } else {
                let way = u128::from(place.clamp(low_place, high_place) - low_place);
                let share = way * u128::from(high - low) / (u128::from(high_place - low_place) + 1);
                low + share as u64
            };
            let block = self.block(1 + guess)?;
            let records = self.records_of(&block, guess);
            let (first, last) = (&records[0][..32], &records[records.len() - 1][..32]);
            if key[..] < *first {
                (high, high_place) = (guess, place_of(first));
            } else if key[..] > *last {
                (low, low_place) = (guess + 1, place_of(last));
            } else {
                let at = records.binary_search_by(|record| record[..32].cmp(key));
                return Ok(at.ok().map(|at| leaf_of(&records[at])));
            }
        }
        Ok(None)
    }

    /// The records of block `n` of the keys.
    pub(super) fn records(&self, n: u64) -> Result<Vec<[u8; RECORD_BYTES]>, Fault> {
        let block = self.block(1 + n)?;
        Ok(self.records_of(&block, n).to_vec())
    }

    fn records_of<'b>(&self, block: &'b [u8], n: u64) -> &'b [[u8; RECORD_BYTES]] {
        let records = (self.keys - n * BLOCK_KEYS as u64).min(BLOCK_KEYS as u64) as usize;
        &block.as_chunks().0[..records]
    }

    fn block(&self, n: u64) -> Result<Vec<u8>, Fault> {
        let mut block = vec![0; BLOCK_BYTES];
        self.file.read_at(n * BLOCK_BYTES as u64, &mut block).of(&self.path())?;
        if is_sound(&block, n) {
            return Ok(block);
        }
        let reason =
            format!("block {n} is not what was written; remove the file, it is built anew");
        Err(Fault::Damaged { path: self.path(), reason })
    }

    fn filter(&self) -> Result<&[u8], Fault> {
        if let Some(filter) = self.filter.get() {
            return Ok(filter);
        }
        let bytes = filter_bytes(self.filter_keys);
        let mut filter = Vec::with_capacity(bytes);
        for n in 1 + self.key_blocks()..self.blocks() {
            filter.extend_from_slice(&self.block(n)?[..BODY_BYTES]);
        }
        filter.truncate(bytes);
        Ok(self.filter.get_or_init(|| filter))
    }
}

/// The first block.
pub(super) fn head(from_to_keys_filter: [u64; 4]) -> Vec<u8> {
    let mut body = MAGIC.to_vec();
    for number in from_to_keys_filter {
        body.extend_from_slice(&number.to_be_bytes());
    }
    sealed(body, 0)
}

/// A block of its bytes, filled up and with its digest.
pub(super) fn sealed(mut body: Vec<u8>, n: u64) -> Vec<u8> {
    body.resize(BODY_BYTES, 0);
    let digest = digest(&body, n);
    body.extend_from_slice(&digest);
    body
}

fn is_sound(block: &[u8], n: u64) -> bool {
    let (body, told) = block.split_at(BODY_BYTES);
    digest(body, n)[..] == *told
}

fn digest(body: &[u8], n: u64) -> [u8; DIGEST_BYTES] {
    let whole = Sha256::new().chain_update(n.to_be_bytes()).chain_update(body).finalize();
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&whole[..DIGEST_BYTES]);
    digest
}

pub(super) fn record(key: &Key, leaf: u64) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..32].copy_from_slice(key);
    record[32..].copy_from_slice(&leaf.to_be_bytes());
    record
}

pub(super) fn leaf_of(record: &[u8; RECORD_BYTES]) -> u64 {
    let mut leaf = [0; 8];
    leaf.copy_from_slice(&record[32..]);
    u64::from_be_bytes(leaf)
}

/// Where in the range of all keys one lies.
fn place_of(key: &[u8]) -> u64 {
    let mut place = [0; 8];
    place.copy_from_slice(&key[..8]);
    u64::from_be_bytes(place)
}

/// Bytes of the filter for so many keys.
pub(super) fn filter_bytes(keys: u64) -> usize {
    (keys * FILTER_BITS).div_ceil(8) as usize
}

/// Marks a key in a filter.
pub(super) fn mark(filter: &mut [u8], key: &Key) {
    for bit in probes(filter.len(), key) {
        filter[bit / 8] |= 1 << (bit % 8);
    }
}

fn may_hold(filter: &[u8], key: &Key) -> bool {
    probes(filter.len(), key).all(|bit| filter[bit / 8] & (1 << (bit % 8)) != 0)
}

/// A key is a digest: two of its words are as good as two hash functions (Kirsch, Mitzenmacher, 2006).
fn probes(bytes: usize, key: &Key) -> impl Iterator<Item = usize> {
    let bits = bytes as u64 * 8;
    let (first, second) = (place_of(&key[8..16]), place_of(&key[16..24]) | 1);
    (0..FILTER_PROBES as u64)
        .map(move |n| (first.wrapping_add(n.wrapping_mul(second)) % bits) as usize)
}
