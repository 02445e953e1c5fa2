//! `armistice record`: the record itself, verb by verb.

mod sign;

use clap::{Args, Subcommand};

use crate::outcome::Outcome;

#[derive(Debug, Args)]
pub(crate) struct Record {
    #[command(subcommand)]
    verb: RecordVerb,
}

#[derive(Debug, Subcommand)]
enum RecordVerb {
    /// Make what feeds hold into claims that a device signs.
    Sign(Box<sign::Sign>),
}

/// Runs the command.
pub(crate) fn run(arguments: &Record) -> anyhow::Result<Outcome> {
    match &arguments.verb {
        RecordVerb::Sign(arguments) => sign::run(arguments),
    }
}
