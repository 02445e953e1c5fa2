//! Many senders at once, one log.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use ledger::clock::SystemClock;
use ledger::fsck::{NothingVouched, fsck};
use ledger::group::{Group, Hashed, Opaque, Pace};
use ledger::{Fault, Reader};

use crate::record::{Record, at};

#[test]
fn every_sender_gets_the_number_under_which_its_entry_is_found() {
    let record = Record::new();
    let pace =
        Pace { pool_entries_max: 500, queue_max: 1_000, publish_every: Duration::from_millis(5) };
    let group =
        Group::run(record.open(at(1)).unwrap(), Opaque::default(), Arc::new(SystemClock), pace);
    let numbered = Arc::new(Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for sender in 0..4 {
            let (group, numbered) = (&group, &numbered);
            scope.spawn(move || {
                for n in 0..1_500 {
                    let entry = format!("{sender}/{n} {}", "x".repeat(n % 300)).into_bytes();
                    let (kept, numbered) = (entry.clone(), numbered.clone());
                    let reply = move |answer: Result<Result<u64, Fault>, _>| {
                        numbered.lock().unwrap().push((answer.unwrap().unwrap(), kept));
                    };
                    group.submit(Hashed::new(entry), Box::new(reply));
                }
            });
        }
    });
    let sequencer = group.stop().unwrap();
    let size = sequencer.published().size;
    assert_eq!(size, 6_000);
    let mut numbered = std::mem::take(&mut *numbered.lock().unwrap());
    numbered.sort();
    let reader = Reader::new(&*record.disk);
    for (index, (number, entry)) in (0..).zip(&numbered) {
        assert_eq!(*number, index);
        if index % 37 == 0 {
            assert_eq!(reader.entry(index, size).unwrap(), *entry);
        }
    }
    let report = fsck(&*record.disk, &*record.key, &mut NothingVouched).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

#[test]
fn what_is_handed_in_is_published_though_nothing_follows_it() {
    let record = Record::new();
    let pace = Pace { publish_every: Duration::from_millis(5), ..Pace::default() };
    let group =
        Group::run(record.open(at(1)).unwrap(), Opaque::default(), Arc::new(SystemClock), pace);
    let (told, answer) = mpsc::channel();
    let reply = move |number: Result<_, _>| told.send(number.unwrap()).unwrap();
    group.submit(Hashed::new(b"alone".to_vec()), Box::new(reply));
    assert_eq!(answer.recv().unwrap().unwrap(), 0);
    let reader = Reader::new(&*record.disk);
    while reader.head(&*record.key).unwrap().size == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(reader.entry(0, 1).unwrap(), b"alone");
}

#[test]
fn an_entry_that_is_too_long_costs_no_other() {
    let record = Record::new();
    let group = Group::run(
        record.open(at(1)).unwrap(),
        Opaque::default(),
        Arc::new(SystemClock),
        Pace::default(),
    );
    let (told, answers) = mpsc::channel();
    for bytes in [10, 65_536, 20] {
        let told = told.clone();
        let reply = move |answer: Result<_, _>| told.send(answer.unwrap()).unwrap();
        group.submit(Hashed::new(vec![7; bytes]), Box::new(reply));
    }
    assert_eq!(answers.recv().unwrap().unwrap(), 0);
    let too_long = answers.recv().unwrap();
    assert!(matches!(too_long, Err(Fault::EntryTooLong { bytes: 65_536 })));
    assert_eq!(answers.recv().unwrap().unwrap(), 1);
    group.stop().unwrap();
}

#[test]
fn what_is_handed_in_together_is_answered_together_over_as_many_pools_as_it_takes() {
    let record = Record::new();
    let pace = Pace { pool_entries_max: 100, ..Pace::default() };
    let opaque = Opaque::default();
    let group = Group::run(record.open(at(1)).unwrap(), opaque, Arc::new(SystemClock), pace);
    let (told, answers) = mpsc::channel();
    for entries in [250, 0, 1] {
        let told = told.clone();
        group.submit_all(
            vec![Hashed::new(b"the same for all"); entries],
            Box::new(move |all| told.send(all.unwrap()).unwrap()),
        );
    }
    let next = || answers.recv().unwrap().into_iter().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(next(), Vec::from_iter(0..250));
    assert_eq!(next(), Vec::<u64>::new());
    assert_eq!(next(), [250]);
    group.stop().unwrap();
}
