//! The record in a world where things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a run did is worth reading")]

mod flipped;
mod group;
mod keeping;
mod observers;
mod parties;
mod record;

use std::env;
use std::fmt::Debug;
use std::ops::Range;

use sim::careless::Broken;
use sim::disk::{Call, Done, Kept, Restart};
use sim::record::Violation;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// The seeds to run: one alone, or as many as are asked for, or `0..seeds`.
fn seeds(seeds: u64) -> Range<u64> {
    match number("ARMISTICE_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ARMISTICE_SIM_SEEDS").unwrap_or(seeds),
    }
}

/// Runs seeds, and gives what they did together and how many they were.
fn by_chance<T: Debug + Default>(
    seeds: Range<u64>,
    run: impl Fn(u64, Broken) -> Result<T, Violation>,
    add: impl Fn(&mut T, &T),
) -> (T, u64) {
    let runs = seeds.end - seeds.start;
    let mut tally = T::default();
    for seed in seeds {
        match run(seed, Broken::None) {
            Ok(one) => add(&mut tally, &one),
            Err(Violation(what)) => panic!("ARMISTICE_SIM_SEED={seed}: {what}"),
        }
    }
    println!("{runs} runs: {tally:?}");
    (tally, runs)
}

/// A simulation that cannot fail proves nothing: where one promise is broken, some run has to fail.
fn each_is_noticed<T: Debug>(
    all: &[Broken],
    seeds: u64,
    run: impl Fn(u64, Broken) -> Result<T, Violation>,
) {
    for &broken in all {
        let noticed = (0..seeds).find_map(|seed| Some((seed, run(seed, broken).err()?.0)));
        let (seed, what) = noticed.unwrap_or_else(|| panic!("{broken:?} was never noticed"));
        println!("{broken:?}: seed {seed}: {what}");
    }
}

/// The same seed makes the same run, as far as its tally tells.
fn repeats<T: Debug + PartialEq>(run: impl Fn(u64, Broken) -> Result<T, Violation>) {
    for seed in 0..10 {
        let [once, again] = [0; 2].map(|_| run(seed, Broken::None).unwrap());
        assert_eq!(once, again, "seed {seed}");
    }
}

fn lost(data: Kept, names: Kept) -> Restart {
    Restart::PowerLost { data, names }
}

/// How far a call can have got when it goes wrong: only a write can be done in part.
fn ways(call: Call) -> &'static [Done] {
    if call == Call::Write {
        &[Done::Nothing, Done::Part, Done::All]
    } else {
        &[Done::Nothing, Done::All]
    }
}
