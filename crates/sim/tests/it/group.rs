//! Nothing that was answered is ever lost while many hand in, and the simulation would notice if it were.

use std::sync::{Arc, Mutex};

use sim::careless::Broken;
use sim::disk::{Call, Done, Kept, Restart, Wrong};
use sim::group::{Running, Tally, runs};
use sim::record::Violation;
use sim::seed::Seeded;
use sim::world::World;

use crate::{by_chance, each_is_noticed, lost, repeats, seeds, ways};

const SEEDS: u64 = 600;

#[test]
fn whatever_goes_wrong_by_chance_nothing_answered_is_lost() {
    let (tally, runs) = by_chance(seeds(SEEDS), runs::by_chance, Tally::add);
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.answered > 20 * runs && tally.starts > 3 * runs, "{tally:?}");
        assert!(tally.found > runs / 4 && tally.lost > runs / 4, "{tally:?}");
        assert!(tally.overlapped > runs && tally.crossed > runs / 4, "{tally:?}");
        assert!(tally.put_ahead > runs / 8, "{tally:?}");
        assert!(tally.again > runs && tally.too_long > runs / 4, "{tally:?}");
        assert!(tally.faults > runs / 4, "{tally:?}");
    }
}

#[test]
fn a_run_of_a_group_is_a_function_of_its_seed() {
    repeats(runs::by_chance);
}

fn written() -> Running {
    Running::new(World::new(Seeded::new(1), Broken::None)).unwrap()
}

/// The changing calls of the written run, when nothing goes wrong, and the number of the first.
fn calls_of_the_written_run() -> (u64, Vec<Call>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let mut running = written();
    let first = running.world.machine.calls() + 1;
    let noted = calls.clone();
    running.world.machine.plan(move |_, call| {
        if call != Call::Read {
            noted.lock().unwrap().push(call);
        }
        None
    });
    runs::as_written(&mut running, Restart::Killed).unwrap();
    let tally = running.tally;
    assert!(tally.faults == 0 && tally.lost == 0, "{tally:?}");
    assert!(
        tally.overlapped > 3 && tally.crossed > 0 && tally.put_ahead > 0 && tally.again > 0,
        "{tally:?}"
    );
    let calls = calls.lock().unwrap().clone();
    assert!(calls.len() > 120, "{}", calls.len());
    (first, calls)
}

fn stopped_in_each_call(ways_back: &[Restart]) {
    let (first, calls) = calls_of_the_written_run();
    let (mut found, mut runs) = (0, 0);
    for (at, call) in (first..).zip(&calls) {
        for &done in ways(*call) {
            for &how in ways_back {
                let mut running = written();
                let stop = move |call, kind| {
                    (call == at && kind != Call::Read).then_some(Wrong::Stopped(done))
                };
                running.world.machine.plan(stop);
                if let Err(Violation(what)) = runs::as_written(&mut running, how) {
                    panic!("stopped in call {at}, {call:?} ({done:?}), {how:?}: {what}");
                }
                found += running.tally.found;
                runs += 1;
            }
        }
    }
    println!("{runs} runs, stopped in each of {} calls; {found} entries found", calls.len());
    assert!(found > 0);
}

#[test]
fn wherever_the_written_run_of_a_group_is_killed_nothing_answered_is_lost() {
    stopped_in_each_call(&[Restart::Killed]);
}

#[test]
fn wherever_the_written_run_of_a_group_loses_power_nothing_answered_is_lost() {
    stopped_in_each_call(&[lost(Kept::Nothing, Kept::Nothing), lost(Kept::Some, Kept::Some)]);
}

#[test]
fn whichever_call_of_the_written_run_of_a_group_fails_nothing_answered_is_lost() {
    let (first, calls) = calls_of_the_written_run();
    for (at, call) in (first..).zip(&calls) {
        for done in [Done::Nothing, Done::Part, Done::All] {
            let mut running = written();
            running.world.machine.plan(move |call, kind| {
                (call == at && kind != Call::Read).then_some(Wrong::Failed(done))
            });
            if let Err(Violation(what)) = runs::as_written(&mut running, Restart::Killed) {
                panic!("call {at}, {call:?} failed ({done:?}): {what}");
            }
        }
    }
}

#[test]
fn each_promise_that_a_group_needs_is_noticed_when_it_is_broken() {
    each_is_noticed(&Broken::OF_GROUP, SEEDS, runs::by_chance);
}
