//! A keeper loses nothing that it acknowledged, brings nothing back that was erased, and lets no key out
//! without its disclosure; and the simulation would notice if it did.

use std::sync::{Arc, Mutex};

use sim::careless::Broken;
use sim::disk::{Call, Done, Kept, Machine, Restart, Wrong};
use sim::keeping::{self, Keeping, runs};
use sim::record::Violation;
use sim::seed::Seeded;
use sim::world::World;

use crate::{by_chance, each_is_noticed, lost, repeats, seeds, ways};

const SEEDS: u64 = 250;
/// Of so many stopped runs, one ends with everything opened and read.
const OPENED_ONE_IN: usize = 8;

#[test]
fn whatever_goes_wrong_by_chance_a_keeper_keeps_its_word() {
    let (tally, runs) = by_chance(seeds(SEEDS), runs::by_chance, keeping::Kept::add);
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.starts > 3 * runs && tally.faults > runs, "{tally:?}");
        assert!(tally.admitted > 5 * runs && tally.queued > 3 * runs, "{tally:?}");
        assert!(tally.released > runs && tally.erased > runs / 2, "{tally:?}");
        assert!(tally.handed > runs, "{tally:?}");
        assert!(tally.sent_again > runs / 2 && tally.refused > runs / 4, "{tally:?}");
        assert!(tally.clock_refusals > runs / 20, "{tally:?}");
    }
}

#[test]
fn a_run_of_a_keeper_is_a_function_of_its_seed() {
    repeats(runs::by_chance);
}

fn written() -> Keeping {
    let mut seeded = Seeded::new(1);
    Keeping::new(World::new(seeded.split(), Broken::None), seeded)
}

/// The changing calls of the written run, when nothing goes wrong.
fn calls_of_the_written_run() -> Vec<Call> {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let mut keeping = written();
    let noted = calls.clone();
    keeping.world.machine.plan(move |_, call| {
        if call != Call::Read {
            noted.lock().unwrap().push(call);
        }
        None
    });
    runs::as_written(&mut keeping, Restart::Killed, true).unwrap();
    let tally = keeping.tally;
    assert!(tally.faults == 0 && tally.erased == 1 && tally.released > 8, "{tally:?}");
    assert!(tally.handed > 8, "{tally:?}");
    let calls = calls.lock().unwrap().clone();
    assert!(calls.len() > 120, "{}", calls.len());
    calls
}

/// After a stop the power is lost with all that was not synced; every second time, in turn, the process was
/// killed instead, or the power kept some. Every run ends with a loss of all that is not synced.
fn stopped_in_each_call(nth_of_two: usize) {
    let calls = calls_of_the_written_run();
    let others = [Restart::Killed, lost(Kept::Some, Kept::Some), lost(Kept::All, Kept::Nothing)];
    let mut runs = 0;
    for (at, call) in (1..).zip(&calls).skip(nth_of_two).step_by(2) {
        for &done in ways(*call) {
            let how = match runs % 2 {
                0 => lost(Kept::Nothing, Kept::Nothing),
                _ => others[runs / 2 % others.len()],
            };
            let is_opened = runs % OPENED_ONE_IN == 0;
            let mut keeping = written();
            keeping.world.machine.plan(move |call, kind| {
                (call == at && kind != Call::Read).then_some(Wrong::Stopped(done))
            });
            if let Err(Violation(what)) = runs::as_written(&mut keeping, how, is_opened) {
                panic!("stopped in call {at}, {call:?} ({done:?}), {how:?}: {what}");
            }
            runs += 1;
        }
    }
    println!("{runs} runs, stopped in every second of {} calls", calls.len());
}

#[test]
fn wherever_a_keeper_is_stopped_it_keeps_its_word_first_half() {
    stopped_in_each_call(0);
}

#[test]
fn wherever_a_keeper_is_stopped_it_keeps_its_word_second_half() {
    stopped_in_each_call(1);
}

#[test]
fn whichever_call_of_a_keeper_fails_it_keeps_its_word() {
    let calls = calls_of_the_written_run();
    for (at, call) in (1..).zip(&calls) {
        // Both for those that a disk may be full or a sync fail in, one in turn for the rest.
        let ways: &[Done] = match (call, at % 2) {
            (Call::Write | Call::Sync, _) => &[Done::Nothing, Done::All],
            (_, 0) => &[Done::Nothing],
            _ => &[Done::All],
        };
        for &done in ways {
            let mut keeping = written();
            keeping.world.machine.plan(move |call, kind| {
                (call == at && kind != Call::Read).then_some(Wrong::Failed(done))
            });
            if let Err(Violation(what)) = runs::as_written(&mut keeping, Restart::Killed, false) {
                panic!("call {at}, {call:?} failed ({done:?}): {what}");
            }
        }
    }
}

/// A record and its keys lie on two disks, of which somebody puts one back from a copy.
#[test]
fn a_record_and_keys_that_are_not_of_one_time_are_noticed() {
    for seed in 0..40 {
        let mut seeded = Seeded::new(seed);
        let world = World::with_keys_apart(seeded.split(), Broken::None);
        let keeping = Keeping::new(world, seeded.split());
        let mut keeping = if seed.is_multiple_of(2) { keeping } else { keeping.split(2) };
        for _ in 0..1 + seeded.below(3) {
            keeping.say(seeded.below(3), 1).unwrap();
            keeping.end_period().unwrap();
        }
        keeping.stop();
        let copies = [&keeping.world.machine, keeping.world.of_keys()]
            .map(|disk| disk.copied(seeded.split()));
        // As little as there may be between the copy and now.
        match seeded.below(3) {
            0 => keeping.say(1, 0).unwrap(),
            1 => keeping.say(0, 1).unwrap(),
            _ => {}
        }
        keeping.end_period().unwrap();
        keeping.stop();
        let now = [keeping.world.machine.clone(), keeping.world.of_keys().clone()];
        let mut start = |record: &Machine, keys: &Machine| {
            (keeping.world.machine, keeping.world.keys) =
                (record.copied(seeded.split()), Some(keys.copied(seeded.split())));
            keeping.try_start().err().map(|fault| fault.to_string())
        };
        assert_eq!(start(&now[0], &now[1]), None, "seed {seed}");
        let older_keys = start(&now[0], &copies[1]).unwrap_or_default();
        assert!(older_keys.contains("keys were put back"), "seed {seed}: {older_keys}");
        let older_record = start(&copies[0], &now[1]).unwrap_or_default();
        assert!(older_record.contains("record was put back"), "seed {seed}: {older_record}");
        // Both from one copy is a rollback that only those who saw more can tell.
        assert_eq!(start(&copies[0], &copies[1]), None, "seed {seed}");
    }
}

#[test]
fn each_promise_that_a_keeper_builds_on_is_needed_and_its_breach_is_noticed() {
    each_is_noticed(&Broken::OF_KEEPER, SEEDS, runs::by_chance);
}
