//! `cargo xtask practice`: reports of a made-up world, and a score of what was made of them.

use std::process::ExitCode;

use anyhow::Result;

use crate::command::Program;

/// Runs `sim`'s example of that name with these words.
///
/// # Errors
/// When it ends with a fault: it has said which.
pub(crate) fn run(words: &[&str]) -> Result<ExitCode> {
    Program::cargo()?
        .args(["run", "--release", "--quiet", "--package", "sim", "--example", "practice", "--"])
        .args(words)
        .run()?;
    Ok(ExitCode::SUCCESS)
}
