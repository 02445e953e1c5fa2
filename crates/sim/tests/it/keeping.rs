//! A keeper loses nothing that it acknowledged, brings nothing back that was erased, and lets no key out
//! without its disclosure; and the simulation would notice if it did.

use std::sync::{Arc, Mutex};

use sim::careless::Broken;
use sim::disk::{Call, Done, Kept, Restart, Wrong};
use sim::keeping::{self, Keeping, runs};
use sim::record::Violation;
use sim::seed::Seeded;
use sim::world::World;

use crate::{lost, number, ways};

const SEEDS: u64 = 300;
/// Of so many stopped runs, one ends with everything opened and read.
const OPENED_ONE_IN: usize = 8;

#[test]
fn whatever_goes_wrong_by_chance_a_keeper_keeps_its_word() {
    let seeds = match number("ARMISTICE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ARMISTICE_SIM_SEEDS").unwrap_or(SEEDS),
    };
    let runs = seeds.end - seeds.start;
    let mut tally = keeping::Kept::default();
    for seed in seeds {
        match runs::by_chance(seed, Broken::None) {
            Ok(one) => tally.add(&one),
            Err(Violation(what)) => panic!("ARMISTICE_SIM_SEED={seed}: {what}"),
        }
    }
    println!("{runs} runs: {tally:?}");
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.starts > 3 * runs && tally.faults > runs, "{tally:?}");
        assert!(tally.admitted > 5 * runs && tally.queued > 3 * runs, "{tally:?}");
        assert!(tally.released > runs && tally.erased > runs / 2, "{tally:?}");
        assert!(tally.sent_again > runs / 2 && tally.refused > runs / 4, "{tally:?}");
        assert!(tally.clock_refusals > runs / 20, "{tally:?}");
    }
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
    let calls = calls.lock().unwrap().clone();
    assert!(calls.len() > 120, "{}", calls.len());
    calls
}

/// After each stop the power is lost with all that was not synced; and again with another way to come
/// back: the process was killed, or the power kept some.
#[test]
fn wherever_a_keeper_is_stopped_it_keeps_its_word() {
    let calls = calls_of_the_written_run();
    let others = [Restart::Killed, lost(Kept::Some, Kept::Some), lost(Kept::All, Kept::Nothing)];
    let mut runs = 0;
    for (at, call) in (1..).zip(&calls) {
        for &done in ways(*call) {
            let other = others[runs / 2 % others.len()];
            for how in [lost(Kept::Nothing, Kept::Nothing), other] {
                let is_opened = (runs / 2) % OPENED_ONE_IN == 0;
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
    }
    println!("{runs} runs, stopped in each of {} calls", calls.len());
}

#[test]
fn whichever_call_of_a_keeper_fails_it_keeps_its_word() {
    let calls = calls_of_the_written_run();
    for (at, call) in (1..).zip(&calls) {
        for done in [Done::Nothing, Done::All] {
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

#[test]
fn each_promise_that_a_keeper_builds_on_is_needed_and_its_breach_is_noticed() {
    for broken in Broken::OF_KEEPER {
        let noticed = (0..SEEDS).find_map(|seed| {
            runs::by_chance(seed, broken).err().map(|Violation(what)| (seed, what))
        });
        let (seed, what) = noticed.unwrap_or_else(|| panic!("{broken:?} was never noticed"));
        println!("{broken:?}: seed {seed}: {what}");
    }
}
