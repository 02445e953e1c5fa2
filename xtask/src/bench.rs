//! `cargo xtask bench`: each benchmark against a peer measured in the same run.

use std::process::ExitCode;

use anyhow::{Result, bail};

/// Runs the benchmarks named, or all.
///
/// # Errors
/// Until benches/ lands.
pub(crate) fn run(_names: &[&str]) -> Result<ExitCode> {
    bail!("benches/ has not landed")
}
