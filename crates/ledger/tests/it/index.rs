//! Finding an entry by a key: what was sent twice, among many, over stops and damage.

use std::sync::Arc;

use ledger::disk;
use ledger::index::{Key, Keys, RECENT_KEYS};
use ledger::{Fault, Sequencer};
use sha2::{Digest as _, Sha256};

use crate::record::{Record, at};

/// An entry is a number and a device; its keys are those of both.
#[derive(Debug)]
struct TwoKeys;

fn key(text: &str) -> Key {
    Sha256::digest(text).into()
}

impl Keys for TwoKeys {
    fn keys(&self, entry: &[u8], keys: &mut Vec<Key>) {
        let text = str::from_utf8(entry).unwrap();
        let (number, device) = text.split_once(' ').unwrap();
        keys.extend([key(number), key(device)]);
    }
}

fn open(record: &Record) -> Result<Sequencer, Fault> {
    let keys: Arc<dyn Keys> = Arc::new(TwoKeys);
    ledger::open_with_keys(&record.disk, &record.key, &keys, at(1))
}

fn append(sequencer: &mut Sequencer, entries: u64) {
    let mut pool = sequencer.begin(at(1)).unwrap();
    for n in pool.first()..pool.first() + entries {
        pool.push(format!("{n} d{}", n % 7).as_bytes()).unwrap();
    }
    let last = pool.first() + entries - 1;
    assert_eq!(pool.find(&key(&last.to_string())), Some(last));
    sequencer.commit(&mut pool).unwrap();
}

fn check(sequencer: &Sequencer, size: u64) {
    for n in (0..size).step_by(97).chain([size - 1]) {
        assert_eq!(sequencer.find(&key(&n.to_string())).unwrap(), Some(n), "{n}");
    }
    for device in 0..7 {
        let last = (0..size).rev().find(|n| n % 7 == device);
        assert_eq!(sequencer.find(&key(&format!("d{device}"))).unwrap(), last, "{device}");
    }
    for n in size..size + 50 {
        assert_eq!(sequencer.find(&key(&n.to_string())).unwrap(), None);
    }
}

/// Files enough to be merged more than once.
fn large() -> (Record, u64) {
    let record = Record::new();
    let mut sequencer = open(&record).unwrap();
    let mut size = 0;
    while size < 4 * RECENT_KEYS as u64 {
        append(&mut sequencer, 3_000);
        size += 3_000;
        sequencer.publish().unwrap();
    }
    check(&sequencer, size);
    (record, size)
}

#[test]
fn every_entry_is_found_by_its_keys_and_a_device_by_its_last() {
    let (record, size) = large();
    let files = record.disk.list("state/index").unwrap();
    assert!((1..4).contains(&files.len()), "{files:?}");
    let mut sequencer = open(&record).unwrap();
    check(&sequencer, size);
    append(&mut sequencer, 10);
    check(&sequencer, size + 10);
}

#[test]
fn what_is_lost_or_cut_off_of_the_index_is_built_anew() {
    let (record, size) = large();
    let first = record.disk.list("state/index").unwrap()[0].name.clone();
    let path = format!("state/index/{first}");
    let whole = disk::read(&*record.disk, &path).unwrap();
    disk::write_whole(&*record.disk, &path, &whole[..whole.len() - 4096]).unwrap();
    check(&open(&record).unwrap(), size);
    for entry in record.disk.list("state/index").unwrap() {
        record.disk.remove(&format!("state/index/{}", entry.name)).unwrap();
    }
    check(&open(&record).unwrap(), size);
}

#[test]
fn a_flipped_byte_in_the_index_is_told_and_not_taken_for_an_answer() {
    let (record, size) = large();
    for entry in record.disk.list("state/index").unwrap() {
        let path = format!("state/index/{}", entry.name);
        let file = record.disk.open(&path, disk::Mode::Update).unwrap();
        for block in 1..file.size().unwrap() / 4096 {
            file.write_at(block * 4096 + 77, b"?").unwrap();
        }
    }
    let sequencer = open(&record).unwrap();
    let damaged = (0..size).step_by(991).filter(|n| match sequencer.find(&key(&n.to_string())) {
        Ok(found) => {
            assert_eq!(found, Some(*n), "a wrong answer");
            false
        }
        Err(Fault::Damaged { .. }) => true,
        Err(fault) => panic!("{fault}"),
    });
    assert!(damaged.count() > 100);
}
