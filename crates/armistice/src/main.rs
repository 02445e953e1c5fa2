//! `armistice`: parses arguments, calls a crate, prints. The logic is in the crates.

mod arguments;
mod assess;
mod audit;
mod bodies;
mod check;
mod completions;
mod console;
mod faults;
mod form;
mod fuse;
mod gossip;
mod inputs;
mod keeping;
mod key;
mod keyfile;
mod mirror;
mod outcome;
mod outputs;
mod pack;
mod reconcile;
mod record;
mod rejects;
mod tally;
mod views;
mod witness;
mod witnesses;
mod zones;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Armistice, Verb};
use crate::outcome::Outcome;

fn main() -> ExitCode {
    let done = match Armistice::parse().verb {
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Reconcile(arguments) => reconcile::run(&arguments),
        Verb::Zones(arguments) => zones::run(&arguments),
        Verb::Assess(arguments) => assess::run(&arguments),
        Verb::Fuse(arguments) => fuse::run(&arguments),
        Verb::Form(arguments) => form::run(&arguments),
        Verb::Tally(arguments) => tally::run(&arguments),
        Verb::Record(arguments) => record::run(&arguments),
        Verb::Key(arguments) => key::run(&arguments),
        Verb::Audit(arguments) => audit::run(&arguments),
        Verb::Witness(verb) => witness::run(&verb),
        Verb::Mirror(arguments) => mirror::run(&arguments),
        Verb::Gossip(arguments) => gossip::run(&arguments),
        Verb::Seal(arguments) => bodies::seal(&arguments),
        Verb::Open(arguments) => bodies::open(&arguments),
        Verb::Disclose(arguments) => bodies::disclose(&arguments),
        Verb::Erase(arguments) => bodies::erase(&arguments),
        Verb::Completions(arguments) => completions::run(&arguments),
    };
    let outcome = done.unwrap_or_else(|fault| {
        if outcome::is_closed_pipe(&fault) {
            return Outcome::Unheard;
        }
        // Nothing is left to tell it to, if standard error is gone as well.
        let _ = writeln!(std::io::stderr(), "armistice: {fault:#}");
        outcome::of(&fault)
    });
    outcome.code()
}
