//! No host gets two views past its witnesses and mirrors, and nobody is accused without reason; and the
//! simulation would notice if it were otherwise.

use sim::careless::Broken;
use sim::parties::{Met, runs};
use sim::record::Violation;

use crate::number;

const SEEDS: u64 = 500;

#[test]
fn whatever_a_host_shows_and_a_network_carries_two_views_are_caught_and_one_is_not() {
    let seeds = match number("ARMISTICE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ARMISTICE_SIM_SEEDS").unwrap_or(SEEDS),
    };
    let runs = seeds.end - seeds.start;
    let mut tally = Met::default();
    for seed in seeds {
        match runs::by_chance(seed, Broken::None) {
            Ok(one) => tally.add(&one),
            Err(Violation(what)) => panic!("ARMISTICE_SIM_SEED={seed}: {what}"),
        }
    }
    println!("{runs} runs: {tally:?}");
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.forks > runs / 4 && tally.cosigned > 5 * runs, "{tally:?}");
        assert!(tally.other_views > runs / 4 && tally.witnessed > runs, "{tally:?}");
        assert!(tally.caught > runs / 4 && tally.compared > runs / 4, "{tally:?}");
        assert!(tally.went_back > runs / 100 && tally.retired > runs / 4, "{tally:?}");
    }
}

#[test]
fn each_promise_that_the_parties_build_on_is_needed_and_its_breach_is_noticed() {
    for broken in Broken::OF_PARTIES {
        let noticed = (0..SEEDS).find_map(|seed| {
            runs::by_chance(seed, broken).err().map(|Violation(what)| (seed, what))
        });
        let (seed, what) = noticed.unwrap_or_else(|| panic!("{broken:?} was never noticed"));
        println!("{broken:?}: seed {seed}: {what}");
    }
}
