//! `armistice record`: the record itself, verb by verb.

mod check_proof;
mod serve;
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
    /// Serve a record over HTTP and ask its witnesses.
    Serve(serve::Serve),
    /// Verify offline that an entry is in a log.
    CheckProof(Box<check_proof::CheckProof>),
}

/// Runs the command.
pub(crate) fn run(arguments: &Record) -> anyhow::Result<Outcome> {
    match &arguments.verb {
        RecordVerb::Sign(arguments) => sign::run(arguments),
        RecordVerb::Serve(arguments) => serve::run(arguments),
        RecordVerb::CheckProof(arguments) => check_proof::run(arguments),
    }
}
