//! A witness that remembers, on a disk that works and on disks that fail.

use std::sync::Arc;

use ledger::disk::{self, Disk, RealDisk};
use ledger::witness::{NotCosigned, Witness, WitnessFault};
use spacetime::Instant;
use tlog::witness::Refusal;

use crate::failing::FailingDisk;
use crate::logs::{Log, SignedKey};

const NOON: Instant = Instant::from_micros(1_764_000_000_000_000);

fn born() -> (tempfile::TempDir, RealDisk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    Witness::init(&disk, "witness.example/w1", &[2; 32]).unwrap();
    let witness = open(&disk).unwrap();
    witness.watch(&SignedKey::new().verifier()).unwrap();
    (folder, disk)
}

fn open(disk: &RealDisk) -> Result<Witness, WitnessFault> {
    Witness::open(Arc::new(disk.clone()))
}

fn ask(disk: &RealDisk, body: &[u8]) -> Result<String, Refusal> {
    match open(disk).unwrap().add_checkpoint(body, &NOON) {
        Ok(line) => Ok(line),
        Err(NotCosigned::Refused(refusal)) => Err(refusal),
        Err(forgetful) => panic!("{forgetful}"),
    }
}

/// Invariant 21. Every call here starts the witness anew.
#[test]
fn a_witness_given_both_forks_refuses_the_second_restarts_included() {
    let (_folder, disk) = born();
    let mut honest = Log::with(300, "honest", 4);
    let fork = Log::with(300, "fork", 4);
    let larger = Log::with(300, "fork", 40);
    let smaller = Log::with(300, "fork", 2);
    let line = ask(&disk, &honest.request(0)).unwrap();
    assert!(line.starts_with("\u{2014} witness.example/w1 "));
    assert_eq!(ask(&disk, &fork.request(304)), Err(Refusal::Fork { known: 304 }));
    assert_eq!(ask(&disk, &fork.request(0)), Err(Refusal::Conflict { known: 304 }));
    assert!(matches!(ask(&disk, &larger.request(304)), Err(Refusal::BadProof(_))));
    assert_eq!(ask(&disk, &smaller.request(300)), Err(Refusal::Conflict { known: 304 }));
    honest.grow("honest", 700);
    assert!(ask(&disk, &honest.request(304)).is_ok());
    assert!(matches!(ask(&disk, &larger.request(0)), Err(Refusal::Conflict { known: 1_004 })));
}

#[test]
fn a_witness_signs_for_no_log_that_it_does_not_watch() {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    Witness::init(&disk, "witness.example/w1", &[2; 32]).unwrap();
    let log = Log::with(3, "", 0);
    assert_eq!(ask(&disk, &log.request(0)), Err(Refusal::UnknownOrigin));
    let witness = open(&disk).unwrap();
    let cosigner = witness.verifier().clone();
    assert!(matches!(witness.watch(&cosigner), Err(WitnessFault::NotWatched(_))));
    assert_eq!(witness.watched(), []);
}

#[test]
fn a_witness_that_lost_its_memory_is_retired_and_its_key_gets_no_new_one() {
    let (_folder, disk) = born();
    let memory = disk::read(&disk, "memory").unwrap();
    disk.remove("memory").unwrap();
    assert!(matches!(open(&disk), Err(WitnessFault::Retired)));
    let again = Witness::init(&disk, "witness.example/w1", &[2; 32]);
    assert!(matches!(again, Err(WitnessFault::Exists)));
    // Another witness's memory does not help.
    let other = tempfile::tempdir().unwrap();
    let other = RealDisk::new(other.path());
    Witness::init(&other, "witness.example/w1", &[3; 32]).unwrap();
    disk::write_whole(&disk, "memory", &disk::read(&other, "memory").unwrap()).unwrap();
    assert!(matches!(open(&disk), Err(WitnessFault::Damaged(_))));
    disk::write_whole(&disk, "memory", &memory).unwrap();
    assert!(open(&disk).is_ok());
    disk.remove("secret").unwrap();
    assert!(matches!(open(&disk), Err(WitnessFault::Damaged(_))));
}

#[test]
fn a_folder_without_a_witness_says_so_and_one_witness_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    assert!(matches!(open(&disk), Err(WitnessFault::NotHere)));
    let (_folder, disk) = born();
    let running = open(&disk).unwrap();
    assert!(matches!(open(&disk), Err(WitnessFault::Running)));
    drop(running);
    assert!(open(&disk).is_ok());
}

#[test]
fn any_flipped_bit_in_a_witness_s_memory_retires_it() {
    let (_folder, disk) = born();
    ask(&disk, &Log::with(5, "", 0).request(0)).unwrap();
    let memory = disk::read(&disk, "memory").unwrap();
    for at in 0..memory.len() {
        let mut damaged = memory.clone();
        damaged[at] ^= 1 << (at % 8);
        disk::write_whole(&disk, "memory", &damaged).unwrap();
        assert!(matches!(open(&disk), Err(WitnessFault::Damaged(_))), "byte {at}");
    }
    disk::write_whole(&disk, "memory", &memory[..memory.len() / 2]).unwrap();
    assert!(matches!(open(&disk), Err(WitnessFault::Damaged(_))), "torn");
}

/// The power is cut at each change of the disk, made or not, while a witness remembers and before it has
/// answered. Whatever it remembers then, it has not answered, and it never vouches for two views.
#[test]
fn a_witness_cut_off_between_remembering_and_answering_never_vouches_for_a_fork() {
    let honest_before = Log::with(300, "honest", 0);
    let honest = Log::with(300, "honest", 5);
    let fork = Log::with(300, "fork", 5);
    let mut cuts = 0;
    for last_is_made in [false, true] {
        for changes in 1.. {
            let (_folder, disk) = born();
            ask(&disk, &honest_before.request(0)).unwrap();
            let failing = Arc::new(FailingDisk::new(disk.clone(), changes, last_is_made));
            let witness = Witness::open(failing.clone()).unwrap();
            let answer = witness.add_checkpoint(&honest.request(300), &NOON);
            if !failing.has_failed() {
                assert!(answer.is_ok());
                break;
            }
            cuts += 1;
            assert!(matches!(answer, Err(NotCosigned::Forgetful(_))), "cut at {changes}");
            // It does not go on with a memory that may not be on disk.
            let again = witness.add_checkpoint(&honest.request(300), &NOON);
            assert!(matches!(again, Err(NotCosigned::Forgetful(_))), "cut at {changes}");
            drop(witness);
            match ask(&disk, &fork.request(300)) {
                // The honest view did not reach the disk, and nobody has a cosignature of it.
                Ok(_) => assert!(ask(&disk, &honest.request(300)).is_err()),
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Conflict { known: 305 }, "cut at {changes}");
                    assert!(ask(&disk, &honest.request(305)).is_ok());
                    assert_eq!(ask(&disk, &fork.request(305)), Err(Refusal::Fork { known: 305 }));
                }
            }
        }
    }
    assert!(cuts >= 8, "only {cuts} places to be cut at");
}

#[test]
fn of_two_forks_that_come_at_once_one_is_cosigned() {
    let (_folder, disk) = born();
    let witness = open(&disk).unwrap();
    let bodies = ["one", "two", "three", "four"].map(|who| Log::with(5, who, 3).request(0));
    let cosigned = std::thread::scope(|scope| {
        let witness = &witness;
        let mut asking = Vec::new();
        for body in &bodies {
            asking.push(scope.spawn(move || witness.add_checkpoint(body, &NOON).is_ok()));
        }
        asking.into_iter().filter_map(|thread| thread.join().unwrap().then_some(())).count()
    });
    assert_eq!(cosigned, 1);
}
