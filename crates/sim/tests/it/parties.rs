//! No host gets two views past its witnesses and mirrors, and nobody is accused without reason; and the
//! simulation would notice if it were otherwise.

use sim::careless::Broken;
use sim::parties::{Met, runs};

use crate::{by_chance, each_is_noticed, repeats, seeds};

const SEEDS: u64 = 500;

#[test]
fn whatever_a_host_shows_and_a_network_carries_two_views_are_caught_and_one_is_not() {
    let (tally, runs) = by_chance(seeds(SEEDS), runs::by_chance, Met::add);
    if runs >= SEEDS {
        // Chance that leaves a case out would prove nothing about it.
        assert!(tally.forks > runs / 4 && tally.cosigned > 5 * runs, "{tally:?}");
        assert!(tally.other_views > runs / 4 && tally.witnessed > runs, "{tally:?}");
        assert!(tally.caught > runs / 4 && tally.compared > runs / 4, "{tally:?}");
        assert!(tally.went_back > runs / 100 && tally.retired > runs / 4, "{tally:?}");
    }
}

#[test]
fn a_run_of_the_parties_is_a_function_of_its_seed() {
    repeats(runs::by_chance);
}

#[test]
fn each_promise_that_the_parties_build_on_is_needed_and_its_breach_is_noticed() {
    each_is_noticed(&Broken::OF_PARTIES, SEEDS, runs::by_chance);
}
