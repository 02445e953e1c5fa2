//! `armistice completions`: what a shell needs to complete verbs and options.

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::arguments::{Armistice, Completions};
use crate::outcome::Outcome;

/// Runs the command.
pub(crate) fn run(arguments: &Completions) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Armistice::command(), "armistice", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Outcome::Done)
}
