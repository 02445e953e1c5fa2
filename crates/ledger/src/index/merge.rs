//! Writing a file of the index: late keys, and the files before them, in one pass.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::run::{self, BLOCK_BYTES, BLOCK_KEYS, BODY_BYTES, Run, Written};
use super::{FOLDER, Key};
use crate::disk::{Disk, File, Mode};
use crate::fault::{Fault, Of as _};

/// A file of the index to be written. Holds all it needs, so that it can be written by any thread.
#[derive(Debug)]
pub struct Merge {
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) keys: Arc<HashMap<Key, u64>>,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Bytes that are written at once.
const WRITE_BYTES: usize = 1 << 20;

impl Merge {
    /// Writes the file: durable and whole under its name when this returns.
    ///
    /// # Errors
    /// When the disk fails or a file that is read is damaged.
    pub fn write(&self, disk: &dyn Disk) -> Result<Written, Fault> {
        let path = format!("{FOLDER}/{}", run::name(self.from, self.to));
        let unfinished = format!("{path}.unfinished");
        let file = disk.open(&unfinished, Mode::Replace).of(&path)?;
        let most = self.keys.len() as u64 + self.runs.iter().map(|run| run.keys()).sum::<u64>();
        let mut writer = Writer::new(&*file, most);
        self.in_order(|key, leaf| writer.push(key, leaf).of(&path))?;
        writer.end(self.from, self.to).of(&path)?;
        file.sync().of(&path)?;
        drop(file);
        disk.rename(&unfinished, &path).of(&path)?;
        disk.sync_folder(FOLDER).of(FOLDER)?;
        let run = Run::open(disk, self.from, self.to)?;
        run.map(Written).ok_or_else(|| Fault::Damaged {
            path,
            reason: "it does not read back as it was written".to_owned(),
        })
    }

    /// Gives every key once, in order, with its latest leaf.
    fn in_order(&self, mut give: impl FnMut(&Key, u64) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut recent: Vec<(Key, u64)> =
            self.keys.iter().map(|(key, leaf)| (*key, *leaf)).collect();
        recent.sort_unstable();
        let mut sources: Vec<Source<'_>> = self.runs.iter().map(Source::of).collect();
        sources.push(Source { run: None, block: 0, records: recent, at: 0 });
        let mut heap = BinaryHeap::new();
        for (n, source) in sources.iter_mut().enumerate() {
            // Of equal keys, that of the latest source comes first.
            heap.extend(source.next()?.map(|(key, leaf)| Reverse((key, Reverse(n), leaf))));
        }
        let mut last: Option<Key> = None;
        while let Some(Reverse((key, Reverse(n), leaf))) = heap.pop() {
            if last != Some(key) {
                give(&key, leaf)?;
                last = Some(key);
            }
            heap.extend(sources[n].next()?.map(|(key, leaf)| Reverse((key, Reverse(n), leaf))));
        }
        Ok(())
    }
}

/// Keys in order, from a file or from memory.
struct Source<'r> {
    run: Option<&'r Run>,
    block: u64,
    records: Vec<(Key, u64)>,
    at: usize,
}

impl<'r> Source<'r> {
    fn of(run: &'r Arc<Run>) -> Self {
        Self { run: Some(run), block: 0, records: Vec::new(), at: 0 }
    }

    fn next(&mut self) -> Result<Option<(Key, u64)>, Fault> {
        if self.at == self.records.len() {
            let Some(run) = self.run.filter(|run| self.block * (BLOCK_KEYS as u64) < run.keys())
            else {
                return Ok(None);
            };
            let records = run.records(self.block)?;
            self.records.clear();
            self.records.extend(records.iter().map(|record| {
                let mut key = [0; 32];
                key.copy_from_slice(&record[..32]);
                (key, run::leaf_of(record))
            }));
            (self.block, self.at) = (self.block + 1, 0);
        }
        self.at += 1;
        Ok(self.records.get(self.at - 1).copied())
    }
}

/// Writes blocks one after the other; the first, which says how many keys there are, at the end.
struct Writer<'f> {
    file: &'f dyn File,
    keys: u64,
    body: Vec<u8>,
    filter: Vec<u8>,
    /// How many keys the filter is made for.
    most: u64,
    buffer: Vec<u8>,
    /// Blocks written or in the buffer.
    blocks: u64,
    written: u64,
}

impl<'f> Writer<'f> {
    fn new(file: &'f dyn File, most: u64) -> Self {
        Self {
            file,
            keys: 0,
            body: Vec::with_capacity(BLOCK_BYTES),
            filter: vec![0; run::filter_bytes(most)],
            most,
            buffer: Vec::with_capacity(WRITE_BYTES + BLOCK_BYTES),
            blocks: 1,
            written: BLOCK_BYTES as u64,
        }
    }

    fn push(&mut self, key: &Key, leaf: u64) -> std::io::Result<()> {
        self.body.extend_from_slice(&run::record(key, leaf));
        run::mark(&mut self.filter, key);
        self.keys += 1;
        if self.keys.is_multiple_of(BLOCK_KEYS as u64) { self.close_block() } else { Ok(()) }
    }

    fn close_block(&mut self) -> std::io::Result<()> {
        let body = std::mem::replace(&mut self.body, Vec::with_capacity(BLOCK_BYTES));
        self.buffer.extend_from_slice(&run::sealed(body, self.blocks));
        self.blocks += 1;
        if self.buffer.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.write_at(self.written, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn end(mut self, from: u64, to: u64) -> std::io::Result<()> {
        if !self.body.is_empty() {
            self.close_block()?;
        }
        for body in std::mem::take(&mut self.filter).chunks(BODY_BYTES) {
            self.body = body.to_vec();
            self.close_block()?;
        }
        self.flush()?;
        self.file.write_at(0, &run::head([from, to, self.keys, self.most]))
    }
}
