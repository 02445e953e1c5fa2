//! A log of ten million entries on disk: opening it, appending one, proving one and finding one by its key,
//! none of which may read the whole of it.
//!
//! The log is made once, through the same door as any, and kept beside the other benchmarks' data. What is
//! counted is every byte that the ledger reads through its port to the disk, whatever the system had in
//! memory; the write-ahead files, which a start reads to the end, are most of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ledger::clock::{Clock, SystemClock};
use ledger::disk::{Disk, RealDisk};
use ledger::group::{Group, Hashed, Opaque, Pace};
use ledger::index::{Key, Keys};
use ledger::{Birth, LogKey, NoteLogKey, Reader, STAGED_BYTES, Sequencer};
use tlog::sign::NoteSigner;
use tlog::{hash_leaf, inclusion_proof, verify_inclusion};

use crate::counting::{CountingDisk, Counts};

const ENTRIES: u64 = 10_000_000;
const ENTRY_BYTES: usize = 256;
/// Most bytes that opening, appending, proving and finding may read together: of 2.9 GB of log.
const READ_BYTES_MAX: u64 = 96 << 20;
/// Longest that they may take together.
const TOOK_MAX: Duration = Duration::from_secs(5);
/// Entries handed in together while the log is made.
const BATCH: u64 = 4_096;

/// An entry is found by the digest of its number.
#[derive(Debug)]
struct Numbers;

impl Keys for Numbers {
    fn keys(&self, entry: &[u8], keys: &mut Vec<Key>) {
        keys.push(key_of(entry));
    }
}

fn key_of(entry: &[u8]) -> Key {
    *hash_leaf(&entry[..8]).as_bytes()
}

fn entry(number: u64) -> [u8; ENTRY_BYTES] {
    let mut entry = [7; ENTRY_BYTES];
    entry[..8].copy_from_slice(&number.to_be_bytes());
    entry
}

/// Prints what each took and read, and whether that is within the bounds.
pub(crate) fn measure(folder: &Path) -> Result<bool> {
    let folder = folder.join("ten-million");
    std::fs::create_dir_all(&folder)?;
    let (keys, key): (Arc<dyn Keys>, Arc<dyn LogKey>) =
        (Arc::new(Numbers), Arc::new(NoteLogKey::new(NoteSigner::new("bench", &[7; 32])?)));
    make(&folder, &key, &keys)?;
    let counting = CountingDisk::new(RealDisk::new(&folder));
    let counts = counting.counts();
    let disk: Arc<dyn Disk> = Arc::new(counting);
    println!("a log of {ENTRIES} entries of {ENTRY_BYTES} bytes, with an index of their keys:");
    let mut all = Told::default();
    let mut sequencer = all.tell("open", &counts, || {
        Ok(ledger::open_with_keys(&disk, &key, &keys, SystemClock.now())?)
    })?;
    let number = sequencer.head().size;
    ensure!(number >= ENTRIES, "the log has {number} entries");
    all.tell("append one, durable and published", &counts, || append(&mut sequencer, number))?;
    all.tell("prove one, and check it", &counts, || prove(&*disk, &sequencer, number / 3))?;
    all.tell("find one by its key", &counts, || {
        let found = sequencer.find(&key_of(&entry(number / 2)))?;
        ensure!(found == Some(number / 2), "found {found:?}");
        Ok(())
    })?;
    println!(
        "  together {:.3} s, {:.1} MB read; asked: at most {} s and {} MB",
        all.took.as_secs_f64(),
        all.read as f64 / 1e6,
        TOOK_MAX.as_secs(),
        READ_BYTES_MAX / 1_000_000
    );
    Ok(all.took <= TOOK_MAX && all.read <= READ_BYTES_MAX)
}

/// Makes the log where there is none so large; goes on with one that was begun.
fn make(folder: &Path, key: &Arc<dyn LogKey>, keys: &Arc<dyn Keys>) -> Result<()> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder));
    if !folder.join(ledger::publish::CHECKPOINT).is_file() {
        let birth = Birth { now: SystemClock.now(), secret: [9; 32], staged_bytes: STAGED_BYTES };
        ledger::init(&*disk, &**key, &birth)?;
    }
    if Reader::new(&*disk).head(&**key)?.size >= ENTRIES {
        return Ok(());
    }
    let sequencer = ledger::open_with_keys(&disk, key, keys, SystemClock.now())?;
    let (mut next, began) = (sequencer.head().size, Instant::now());
    let group = Group::run(sequencer, Opaque::default(), Arc::new(SystemClock), Pace::default());
    while next < ENTRIES {
        let some = next..ENTRIES.min(next + BATCH);
        next = some.end;
        let reply = |answers: Result<Vec<Result<u64, ledger::Fault>>, _>| {
            let is_whole = answers.is_ok_and(|all| all.iter().all(Result::is_ok));
            assert!(is_whole, "an entry was not taken");
        };
        group.submit_all(some.map(|number| Hashed::new(entry(number))).collect(), Box::new(reply));
    }
    group.stop()?;
    println!("made a log of {ENTRIES} entries in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn append(sequencer: &mut Sequencer, number: u64) -> Result<()> {
    let mut pool = sequencer.begin(SystemClock.now())?;
    pool.push(&entry(number))?;
    sequencer.commit(&mut pool)?;
    ensure!(sequencer.publish()?.size == number + 1, "not everything was published");
    Ok(())
}

fn prove(disk: &dyn Disk, sequencer: &Sequencer, index: u64) -> Result<()> {
    let (head, mut reader) = (sequencer.published(), Reader::new(disk));
    let proof = inclusion_proof(index, head.size, &mut reader);
    let proof = proof.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let leaf = hash_leaf(&reader.entry(index, head.size)?);
    verify_inclusion(&proof, index, &leaf, head.size, &head.root)?;
    Ok(())
}

/// What was told so far, together.
#[derive(Default)]
struct Told {
    took: Duration,
    read: u64,
}

impl Told {
    fn tell<T>(
        &mut self,
        what: &str,
        counts: &Counts,
        act: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let before = [&counts.read, &counts.written].map(|count| count.load(Ordering::Relaxed));
        let began = Instant::now();
        let done = act()?;
        let took = began.elapsed();
        let after = [&counts.read, &counts.written].map(|count| count.load(Ordering::Relaxed));
        let [read, written] = [after[0] - before[0], after[1] - before[1]];
        println!(
            "  {what:<34} {:>9.2} ms, {:>11} bytes read, {:>9} written",
            took.as_secs_f64() * 1e3,
            read,
            written
        );
        self.took += took;
        self.read += read;
        Ok(done)
    }
}
