//! Many small records put in order: in memory while they are few, and in sorted runs on disk
//! beyond, so that however many there are, so much is held and no more.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use anyhow::Context as _;

/// Runs from which on they are merged into one: each is an open file.
const RUNS_MAX: usize = 64;
const BUFFER_BYTES: usize = 64 * 1024;

/// Records in the making. Each is a key, by which it is put in order, and a value. No key is the
/// start of another one.
#[derive(Debug)]
pub(super) struct Pile {
    most_bytes: usize,
    bytes: Vec<u8>,
    places: Vec<Place>,
    runs: Vec<File>,
    on_disk: u64,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Pile {
    /// Holds so many bytes, about, before it puts them on disk.
    pub(super) const fn holding(most_bytes: usize) -> Self {
        Self { most_bytes, bytes: Vec::new(), places: Vec::new(), runs: Vec::new(), on_disk: 0 }
    }

    /// Adds a record: its key, then its value, each as bytes that are added to those given.
    pub(super) fn push(
        &mut self,
        key: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Vec<u8>),
    ) -> anyhow::Result<()> {
        let start = self.bytes.len();
        key(&mut self.bytes);
        let key_end = self.bytes.len();
        value(&mut self.bytes);
        self.places.push(Place { start, key_end, end: self.bytes.len() });
        if self.bytes.len() + self.places.len() * size_of::<Place>() > self.most_bytes {
            self.spill()?;
        }
        Ok(())
    }

    fn sort(&mut self) {
        let Self { bytes, places, .. } = self;
        places.sort_unstable_by(|a, b| bytes[a.start..a.end].cmp(&bytes[b.start..b.end]));
    }

    fn spill(&mut self) -> anyhow::Result<()> {
        self.sort();
        let mut run = RunWriter::new()?;
        for place in &self.places {
            let record = &self.bytes[place.start..place.end];
            run.write(record, place.key_end - place.start)?;
        }
        let (file, bytes) = run.finish()?;
        self.on_disk += bytes;
        self.runs.push(file);
        self.bytes.clear();
        self.places.clear();
        if self.runs.len() == RUNS_MAX {
            let runs = Sorted { held: Vec::new(), runs: std::mem::take(&mut self.runs) };
            let mut merged = RunWriter::new()?;
            runs.each_record(|record, key| merged.write(record, key))?;
            self.runs.push(merged.finish()?.0);
        }
        Ok(())
    }
}

/// The records of several piles in one order.
#[derive(Debug)]
pub(super) struct Sorted {
    held: Vec<Pile>,
    runs: Vec<File>,
}

impl Sorted {
    /// Puts all of them in order, and tells how many bytes went to disk.
    pub(super) fn of(piles: Vec<Pile>) -> (Self, u64) {
        let (mut runs, mut on_disk) = (Vec::new(), 0);
        let mut held = piles;
        for pile in &mut held {
            pile.sort();
            runs.append(&mut pile.runs);
            on_disk += pile.on_disk;
        }
        (Self { held, runs }, on_disk)
    }

    /// Hands out every record, key and value, in order. May be asked for again.
    pub(super) fn each(
        &self,
        mut take: impl FnMut(&[u8], &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.each_record(|record, key| {
            let (key, value) = record.split_at(key);
            take(key, value)
        })
    }

    fn each_record(
        &self,
        mut take: impl FnMut(&[u8], usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let held = self.held.iter().map(|pile| Cursor::Held { pile, next: 0 });
        let mut cursors: Vec<Cursor<'_>> = held.collect();
        for run in &self.runs {
            cursors.push(Cursor::Run(RunReader::new(run)?));
        }
        let mut heads = BinaryHeap::new();
        for (number, cursor) in cursors.iter_mut().enumerate() {
            let mut record = Vec::new();
            if let Some(key) = cursor.next(&mut record)? {
                heads.push(Reverse((record, number, key)));
            }
        }
        while let Some(Reverse((mut record, number, key))) = heads.pop() {
            take(&record, key)?;
            if let Some(key) = cursors[number].next(&mut record)? {
                heads.push(Reverse((record, number, key)));
            }
        }
        Ok(())
    }
}

/// Where reading stands in one sorted lot.
enum Cursor<'a> {
    Held { pile: &'a Pile, next: usize },
    Run(RunReader),
}

impl Cursor<'_> {
    /// Puts the next record in place of what was in `record`; how long its key is, or none at the
    /// end.
    fn next(&mut self, record: &mut Vec<u8>) -> anyhow::Result<Option<usize>> {
        record.clear();
        match self {
            Self::Held { pile, next } => {
                let Some(place) = pile.places.get(*next) else { return Ok(None) };
                *next += 1;
                record.extend_from_slice(&pile.bytes[place.start..place.end]);
                Ok(Some(place.key_end - place.start))
            }
            Self::Run(run) => run.next(record).context(CANNOT_READ_BACK),
        }
    }
}

const CANNOT_WRITE: &str = "what was found cannot be put on disk (the folder for temporary files)";
const CANNOT_READ_BACK: &str = "what was found cannot be read back from disk";

/// A run that is written, into a file that has no name and vanishes with its handle.
struct RunWriter {
    out: BufWriter<File>,
    bytes: u64,
}

impl RunWriter {
    fn new() -> anyhow::Result<Self> {
        let file = tempfile::tempfile().context(CANNOT_WRITE)?;
        Ok(Self { out: BufWriter::with_capacity(BUFFER_BYTES, file), bytes: 0 })
    }

    fn write(&mut self, record: &[u8], key: usize) -> anyhow::Result<()> {
        let mut head = [0; 8];
        head[..4].copy_from_slice(&u32::try_from(record.len())?.to_le_bytes());
        head[4..].copy_from_slice(&u32::try_from(key)?.to_le_bytes());
        self.bytes += (head.len() + record.len()) as u64;
        let written = self.out.write_all(&head).and_then(|()| self.out.write_all(record));
        written.context(CANNOT_WRITE)
    }

    fn finish(self) -> anyhow::Result<(File, u64)> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error);
        Ok((file.context(CANNOT_WRITE)?, self.bytes))
    }
}

struct RunReader(BufReader<File>);

impl RunReader {
    fn new(file: &File) -> anyhow::Result<Self> {
        // The handles share one place in the file: a run is read by one reader at a time.
        let mut file = file.try_clone().context(CANNOT_READ_BACK)?;
        file.seek(SeekFrom::Start(0)).context(CANNOT_READ_BACK)?;
        Ok(Self(BufReader::with_capacity(BUFFER_BYTES, file)))
    }

    fn next(&mut self, record: &mut Vec<u8>) -> io::Result<Option<usize>> {
        let mut head = [0; 8];
        match self.0.read_exact(&mut head) {
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let [a, b, c, d, key @ ..] = head;
        record.resize(u32::from_le_bytes([a, b, c, d]) as usize, 0);
        self.0.read_exact(record)?;
        Ok(Some(u32::from_le_bytes(key) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sorted: &Sorted) -> Vec<(u32, Vec<u8>)> {
        let mut all = Vec::new();
        let take = |key: &[u8], value: &[u8]| {
            all.push((u32::from_be_bytes(key.try_into()?), value.to_vec()));
            Ok(())
        };
        sorted.each(take).unwrap();
        all
    }

    fn piled(most_bytes: usize, shares: u32) -> (Sorted, u64) {
        let mut piles: Vec<Pile> = (0..shares).map(|_| Pile::holding(most_bytes)).collect();
        for n in 0..5_000_u32 {
            let key = n.wrapping_mul(0x9e37_79b1) % 700;
            let pile = &mut piles[(n % shares) as usize];
            let value = |out: &mut Vec<u8>| out.extend_from_slice(&vec![7; (n % 13) as usize]);
            pile.push(|out| out.extend_from_slice(&key.to_be_bytes()), value).unwrap();
        }
        Sorted::of(piles)
    }

    #[test]
    fn records_come_in_one_order_however_many_were_held_and_by_how_many() {
        let (held, none) = piled(usize::MAX, 1);
        assert_eq!(none, 0);
        let wanted = read(&held);
        assert_eq!(wanted.len(), 5_000);
        assert!(wanted.is_sorted());
        for (most_bytes, shares) in [(usize::MAX, 3), (10_000, 1), (10_000, 2), (300, 2)] {
            let (sorted, on_disk) = piled(most_bytes, shares);
            assert_eq!(on_disk > 0, most_bytes < usize::MAX);
            assert!(sorted.runs.len() < shares as usize * RUNS_MAX);
            assert_eq!(read(&sorted), wanted);
            assert_eq!(read(&sorted), wanted, "again");
        }
    }
}
