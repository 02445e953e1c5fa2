//! `cargo xtask bless`: writes what tests and pages compare with anew.

use std::process::ExitCode;

use anyhow::{Result, bail};

/// Accepts snapshots and writes golden outputs.
///
/// # Errors
/// Until there are golden outputs.
pub(crate) fn run() -> Result<ExitCode> {
    bail!("there are no golden outputs yet")
}
