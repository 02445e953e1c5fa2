//! The project's own chores. `cargo xtask` says which.
//!
//! **In scope.** Everything that takes more than one command: setting a fresh machine up,
//! the whole of the tests, the demonstration, the benchmarks, and writing golden outputs anew.
//!
//! **Out of scope.** Anything a user of Armistice runs: that is `crates/armistice`.
//!
//! **Invariants.**
//! - Nothing is read from outside the repository, its cache folder and the package registries.
//! - A chore that cannot run says why and fails, or is listed as skipped: never as done.

#![allow(clippy::print_stdout, reason = "a chore talks to the person who started it")]

mod bench;
mod bless;
mod bytes;
mod command;
mod demo;
mod fuzz;
mod go;
mod go_client;
mod odk;
mod places;
mod practice;
mod readme;
mod recorded;
mod steps;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask VERB

  demo             run the main job on the real input in the repository, into out/
  test             set up what is missing, then run every check and test
  bench [NAME]..   measure, against peers in the same run where there are any: zones, assess, decode, proof,
                   record, fuse, reports, reconcile (all by default)
  bless [NAME]..   write anew: snapshots, form, and readme (its picture and transcript)
  practice ..      make reports to practise with, of a made-up world, and score what was made of them
  form             have ODK's own tools convert the form, fill it in and edit it, and read what they send
  ci               what .ci/run runs: test, and Cargo.lock must be as committed

Tools and virtual environments are kept in $ARMISTICE_CACHE, by default
${XDG_CACHE_HOME:-~/.cache}/armistice.
";

fn main() -> ExitCode {
    match dispatch(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(fault) => {
            println!("xtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "-h" | "--help", ..] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ["demo"] => Ok(demo::run()),
        ["test"] => Ok(test::run()),
        ["bench", names @ ..] => bench::run(names),
        ["bless", names @ ..] => bless::run(names),
        ["practice", words @ ..] => practice::run(words),
        ["form"] => Ok(odk::run()),
        ["ci"] => test::run_as_ci(),
        [verb, ..] => bail!("no such chore, or too many words after it: {verb}\n\n{HELP}"),
    }
}
