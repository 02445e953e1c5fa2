//! `armistice assess`.

use crate::arguments::Assess;
use crate::outcome::Outcome;

/// Runs the command.
pub(crate) fn run(_: &Assess) -> anyhow::Result<Outcome> {
    anyhow::bail!("not built yet")
}
