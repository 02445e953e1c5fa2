//! Nothing acknowledged is ever lost, and the simulation would notice if it were.
//!
//! A run of chance that fails prints its seed. `ARMISTICE_SIM_SEED=N` runs that one alone, and
//! `ARMISTICE_SIM_SEEDS=N` so many of them.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use sim::careless::Broken;
use sim::disk::{Call, Done, Kept, Restart, Wrong};
use sim::record::{Record, Tally, Violation};
use sim::runs;
use sim::seed::Seeded;
use sim::world::World;

use crate::{by_chance, each_is_noticed, lost, repeats, seeds, ways};

const SEEDS: u64 = 3_000;

/// The seeds in three parts, so that they run side by side.
#[test]
fn whatever_goes_wrong_by_chance_nothing_acknowledged_is_lost_first_third() {
    whatever_goes_wrong(seeds(SEEDS / 3));
}

#[test]
fn whatever_goes_wrong_by_chance_nothing_acknowledged_is_lost_second_third() {
    whatever_goes_wrong(SEEDS / 3..2 * SEEDS / 3);
}

#[test]
fn whatever_goes_wrong_by_chance_nothing_acknowledged_is_lost_last_third() {
    whatever_goes_wrong(2 * SEEDS / 3..SEEDS);
}

fn whatever_goes_wrong(seeds: Range<u64>) {
    let (tally, runs) = by_chance(seeds, runs::by_chance, Tally::add);
    if runs >= SEEDS / 3 {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.pools > 10 * runs && tally.starts > 2 * runs, "{tally:?}");
        assert!(tally.found > runs / 10 && tally.lost > runs / 10, "{tally:?}");
        assert!(tally.clock_refusals > runs / 20 && tally.lock_refusals > runs / 4, "{tally:?}");
    }
}

#[test]
fn a_run_is_a_function_of_its_seed() {
    repeats(runs::by_chance);
}

fn written() -> Record {
    Record::new(World::new(Seeded::new(1), Broken::None))
}

/// The changing calls of the written run, when nothing goes wrong.
fn calls_of_the_written_run() -> Vec<Call> {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let mut record = written();
    let noted = calls.clone();
    record.world.machine.plan(move |_, call| {
        if call != Call::Read {
            noted.lock().unwrap().push(call);
        }
        None
    });
    runs::as_written(&mut record, Restart::Killed).unwrap();
    assert_eq!(record.tally.faults, 0);
    let calls = calls.lock().unwrap().clone();
    assert!(calls.len() > 120, "{}", calls.len());
    calls
}

#[test]
fn wherever_the_written_run_is_stopped_nothing_acknowledged_is_lost() {
    let calls = calls_of_the_written_run();
    let mut found = 0;
    let mut runs = 0;
    for (at, call) in (1..).zip(&calls) {
        for &done in ways(*call) {
            for how in [
                Restart::Killed,
                lost(Kept::Nothing, Kept::Nothing),
                lost(Kept::All, Kept::All),
                lost(Kept::All, Kept::Nothing),
                lost(Kept::Nothing, Kept::All),
                lost(Kept::Some, Kept::Some),
            ] {
                let mut record = written();
                let stop = move |call, kind| {
                    (call == at && kind != Call::Read).then_some(Wrong::Stopped(done))
                };
                record.world.machine.plan(stop);
                if let Err(Violation(what)) = runs::as_written(&mut record, how) {
                    panic!("stopped in call {at}, {call:?} ({done:?}), {how:?}: {what}");
                }
                found += record.tally.found;
                runs += 1;
            }
        }
    }
    println!("{runs} runs, stopped in each of {} calls; {found} pools found", calls.len());
    assert!(found > 0);
}

#[test]
fn whichever_call_of_the_written_run_fails_nothing_acknowledged_is_lost() {
    let calls = calls_of_the_written_run();
    for (at, call) in (1..).zip(&calls) {
        for done in [Done::Nothing, Done::Part, Done::All] {
            let mut record = written();
            record.world.machine.plan(move |call, kind| {
                (call == at && kind != Call::Read).then_some(Wrong::Failed(done))
            });
            if let Err(Violation(what)) = runs::as_written(&mut record, Restart::Killed) {
                panic!("call {at}, {call:?} failed ({done:?}): {what}");
            }
        }
    }
}

#[test]
fn each_promise_of_the_disk_is_needed_and_its_breach_is_noticed() {
    each_is_noticed(&Broken::OF_LOG, SEEDS, runs::by_chance);
}
