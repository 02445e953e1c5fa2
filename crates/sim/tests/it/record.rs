//! Nothing acknowledged is ever lost, and the simulation would notice if it were.
//!
//! A run of chance that fails prints its seed. `ARMISTICE_SIM_SEED=N` runs that one alone, and
//! `ARMISTICE_SIM_SEEDS=N` so many of them.

use std::env;

use sim::careless::Broken;
use sim::disk::{Done, Kept, Restart, Wrong};
use sim::record::{Record, Tally, Violation};
use sim::runs;
use sim::seed::Seeded;
use sim::world::World;

const SEEDS: u64 = 3_000;
const DONE: [Done; 3] = [Done::Nothing, Done::Part, Done::All];

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn lost(data: Kept, names: Kept) -> Restart {
    Restart::PowerLost { data, names }
}

#[test]
fn whatever_goes_wrong_by_chance_nothing_acknowledged_is_lost() {
    let seeds = match number("ARMISTICE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ARMISTICE_SIM_SEEDS").unwrap_or(SEEDS),
    };
    let mut tally = Tally::default();
    let mut runs = 0;
    for seed in seeds {
        match runs::by_chance(seed, Broken::None) {
            Ok(one) => tally.add(&one),
            Err(Violation(what)) => panic!("ARMISTICE_SIM_SEED={seed}: {what}"),
        }
        runs += 1;
    }
    println!("{runs} runs: {tally:?}");
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.pools > 10 * runs && tally.starts > 2 * runs, "{tally:?}");
        assert!(tally.found > runs / 10 && tally.lost > runs / 10, "{tally:?}");
        assert!(tally.clock_refusals > runs / 20 && tally.lock_refusals > runs / 4, "{tally:?}");
    }
}

fn written() -> Record {
    Record::new(World::new(Seeded::new(1), Broken::None))
}

fn calls_of_the_written_run() -> u64 {
    let mut record = written();
    runs::as_written(&mut record, Restart::Killed).unwrap();
    assert_eq!((record.tally.faults, record.tally.pools), (0, 10));
    record.world.machine.calls()
}

#[test]
fn wherever_the_written_run_is_stopped_nothing_acknowledged_is_lost() {
    let calls = calls_of_the_written_run();
    let mut found = 0;
    let mut runs = 0;
    for at in 1..=calls {
        for done in DONE {
            for how in [
                Restart::Killed,
                lost(Kept::Nothing, Kept::Nothing),
                lost(Kept::All, Kept::All),
                lost(Kept::All, Kept::Nothing),
                lost(Kept::Nothing, Kept::All),
                lost(Kept::Some, Kept::Some),
            ] {
                let mut record = written();
                let stop = move |call, _| (call == at).then_some(Wrong::Stopped(done));
                record.world.machine.plan(stop);
                if let Err(Violation(what)) = runs::as_written(&mut record, how) {
                    panic!("stopped in call {at} of {calls} ({done:?}), {how:?}: {what}");
                }
                found += record.tally.found;
                runs += 1;
            }
        }
    }
    println!(
        "{runs} runs, stopped in each of {calls} calls; pools found that nobody knew of: {found}"
    );
    assert!(calls > 200 && found > 0);
}

#[test]
fn whichever_call_of_the_written_run_fails_nothing_acknowledged_is_lost() {
    let calls = calls_of_the_written_run();
    for at in 1..=calls {
        for done in DONE {
            let mut record = written();
            record.world.machine.plan(move |call, kind| {
                (call == at && kind != sim::disk::Call::Read).then_some(Wrong::Failed(done))
            });
            if let Err(Violation(what)) = runs::as_written(&mut record, Restart::Killed) {
                panic!("call {at} of {calls} failed ({done:?}): {what}");
            }
        }
    }
}

/// A simulation that cannot fail proves nothing: on a disk that breaks one promise, it has to.
#[test]
fn each_promise_of_the_disk_is_needed_and_its_breach_is_noticed() {
    for broken in Broken::ALL {
        let noticed = (0..SEEDS).find_map(|seed| {
            runs::by_chance(seed, broken).err().map(|Violation(what)| (seed, what))
        });
        let (seed, what) = noticed.unwrap_or_else(|| panic!("{broken:?} was never noticed"));
        println!("{broken:?}: seed {seed}: {what}");
    }
}
