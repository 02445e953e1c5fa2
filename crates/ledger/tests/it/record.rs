//! A record on a real disk: written, stopped, opened, refused.

use std::sync::Arc;

use ledger::disk::{self, Disk, RealDisk};
use ledger::{Birth, Fault, Head, LogKey, Reader, STAGED_BYTES_MIN, Sequencer};
use spacetime::time::Instant;
use tlog::hash_leaf;

use crate::key::TestKey;

pub(crate) struct Record {
    _folder: tempfile::TempDir,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) key: Arc<dyn LogKey>,
}

impl Record {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder.path()));
        let key: Arc<dyn LogKey> = Arc::new(TestKey("ours"));
        let birth = Birth { now: at(0), secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&*disk, &*key, &birth).unwrap();
        Self { _folder: folder, disk, key }
    }

    pub(crate) fn open(&self, now: Instant) -> Result<Sequencer, Fault> {
        ledger::open(&self.disk, &self.key, now)
    }

    fn entry(&self, index: u64) -> Vec<u8> {
        let reader = Reader::new(&*self.disk);
        let size = reader.head(&*self.key).unwrap().size;
        reader.entry(index, size).unwrap()
    }
}

pub(crate) fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

pub(crate) fn entry(n: u64) -> Vec<u8> {
    format!("entry {n} {}", "x".repeat((n % 50) as usize)).into_bytes()
}

/// Appends so many entries as one pool.
pub(crate) fn append(sequencer: &mut Sequencer, now: Instant, entries: u64) -> Head {
    let mut pool = sequencer.begin(now).unwrap();
    for n in 0..entries {
        let index = pool.first() + n;
        assert_eq!(pool.push(&entry(index)).unwrap(), index);
    }
    sequencer.commit(&mut pool).unwrap().head
}

#[test]
fn what_is_published_reads_back_and_is_in_the_tree() {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    for (n, entries) in [1, 255, 1, 600, 3].into_iter().enumerate() {
        append(&mut sequencer, at(1 + n as i64), entries);
        sequencer.publish().unwrap();
    }
    let head = sequencer.published();
    assert_eq!(head.size, 860);
    for index in [0, 255, 256, 700, 859] {
        assert_eq!(record.entry(index), entry(index));
        let proof = tlog::inclusion_proof(index, 860, &mut Reader::new(&*record.disk)).unwrap();
        tlog::verify_inclusion(&proof, index, &hash_leaf(&entry(index)), 860, &head.root).unwrap();
    }
}

#[test]
fn what_was_committed_and_not_published_is_published_by_the_next_start() {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    append(&mut sequencer, at(5), 300);
    sequencer.publish().unwrap();
    append(&mut sequencer, at(6), 10);
    let head = append(&mut sequencer, at(7), 20);
    assert_eq!(sequencer.published().size, 300);
    drop(sequencer);
    let again = record.open(at(8)).unwrap();
    assert_eq!((again.head(), again.published()), (head, head));
    assert_eq!(again.last_sequenced_at(), at(7));
    assert_eq!(record.entry(329), entry(329));
}

#[test]
fn the_write_ahead_files_go_round_and_wait_for_publication() {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    let mut now = 1;
    let mut rounds = 0;
    while rounds < 3 {
        now += 1;
        let mut pool = sequencer.begin(at(now)).unwrap();
        for _ in 0..400 {
            let index = pool.first() + pool.len() as u64;
            pool.push(&entry(index)).unwrap();
        }
        match sequencer.commit(&mut pool) {
            Ok(_) => {}
            Err(Fault::StagedFull) => {
                rounds += 1;
                sequencer.publish().unwrap();
                sequencer.commit(&mut pool).unwrap();
            }
            Err(fault) => panic!("{fault}"),
        }
    }
    let head = sequencer.head();
    drop(sequencer);
    assert_eq!(record.open(at(now)).unwrap().published(), head);
    assert_eq!(record.entry(head.size - 1), entry(head.size - 1));
}

#[test]
fn a_record_has_one_writer() {
    let record = Record::new();
    let sequencer = record.open(at(1)).unwrap();
    assert!(matches!(record.open(at(1)), Err(Fault::Locked)));
    drop(sequencer);
    record.open(at(1)).unwrap();
}

#[test]
fn a_record_is_not_made_over_another() {
    let record = Record::new();
    let birth = Birth { now: at(9), secret: [8; 32], staged_bytes: STAGED_BYTES_MIN };
    let again = ledger::init(&*record.disk, &*record.key, &birth);
    assert!(matches!(again, Err(Fault::Exists)));
    append(&mut record.open(at(1)).unwrap(), at(1), 3);
    record.disk.remove("log/checkpoint").unwrap();
    let again = ledger::init(&*record.disk, &*record.key, &birth);
    assert!(matches!(again, Err(Fault::Missing { .. })));
    assert!(matches!(record.open(at(1)), Err(Fault::Missing { .. })));
}

#[test]
fn another_key_does_not_open_a_record() {
    let record = Record::new();
    let other: Arc<dyn LogKey> = Arc::new(TestKey("theirs"));
    let refused = ledger::open(&record.disk, &other, at(1));
    assert!(matches!(refused, Err(Fault::OtherKey { .. })));
}

#[test]
fn a_record_refuses_to_run_when_the_clock_is_behind_it() {
    let record = Record::new();
    let mut sequencer = record.open(at(10_000_000)).unwrap();
    append(&mut sequencer, at(10_000_000), 1);
    // A small step back: the last time stands.
    let pool = sequencer.begin(at(9_500_000)).unwrap();
    assert_eq!(pool.sequenced_at(), at(10_000_000));
    assert!(matches!(sequencer.begin(at(8_000_000)), Err(Fault::ClockWentBack { .. })));
    drop(sequencer);
    assert!(matches!(record.open(at(9_999_999)), Err(Fault::ClockWentBack { .. })));
}

#[test]
fn a_record_refuses_to_run_when_log_and_state_are_of_different_times() {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    append(&mut sequencer, at(1), 5);
    sequencer.publish().unwrap();
    let staged = disk::read(&*record.disk, "state/staged-0").unwrap();
    append(&mut sequencer, at(2), 5);
    sequencer.publish().unwrap();
    drop(sequencer);
    disk::write_whole(&*record.disk, "state/staged-0", &staged).unwrap();
    let refused = record.open(at(3)).unwrap_err();
    assert!(matches!(refused, Fault::Disagree { .. }), "{refused}");
}

#[test]
fn a_record_refuses_to_run_on_a_damaged_tree() {
    for damaged in ["log/tile/0/000.p/5", "log/tile/entries/000.p/5"] {
        let record = Record::new();
        let mut sequencer = record.open(at(1)).unwrap();
        append(&mut sequencer, at(1), 5);
        sequencer.publish().unwrap();
        drop(sequencer);
        let mut bytes = disk::read(&*record.disk, damaged).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        disk::write_whole(&*record.disk, damaged, &bytes).unwrap();
        let refused = record.open(at(3)).unwrap_err();
        assert!(matches!(refused, Fault::Disagree { .. }), "{refused}");
    }
}

#[test]
fn damage_before_an_acknowledged_pool_is_told_and_not_taken_for_the_end() {
    let record = Record::new();
    let mut sequencer = record.open(at(1)).unwrap();
    for n in 1..4 {
        append(&mut sequencer, at(n), 5);
    }
    drop(sequencer);
    // The opening block, the pool it was made with, then three of a block each.
    for block in [2, 3] {
        let whole = disk::read(&*record.disk, "state/staged-0").unwrap();
        let mut bytes = whole.clone();
        bytes[block * 4096 + 20] ^= 1;
        disk::write_whole(&*record.disk, "state/staged-0", &bytes).unwrap();
        let refused = record.open(at(4)).unwrap_err();
        assert!(matches!(refused, Fault::Damaged { .. }), "{refused}");
        disk::write_whole(&*record.disk, "state/staged-0", &whole).unwrap();
    }
    assert_eq!(record.open(at(4)).unwrap().published().size, 15);
}

#[test]
fn an_entry_is_at_most_what_a_bundle_can_hold() {
    let record = Record::new();
    let sequencer = record.open(at(1)).unwrap();
    let mut pool = sequencer.begin(at(1)).unwrap();
    assert!(matches!(pool.push(&vec![0; 65_536]), Err(Fault::EntryTooLong { bytes: 65_536 })));
    pool.push(&vec![0; 65_535]).unwrap();
    assert!(matches!(pool.push(&vec![0; 65_535]), Err(Fault::PoolFull)));
}
