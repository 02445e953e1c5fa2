//! `armistice erase`: destroys a body for good, over the record.

use std::io::Write as _;

use agreement::statement::said::ErasureReason;
use clap::Args;
use ledger::Keeper;
use serde_json::json;

use crate::keeping::{KeepingArguments, explained};
use crate::outcome::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "\
The entry and its proof stay, and so does what was found from the body: such findings are then
\"verified, not re-runnable\". Key, salt and ciphertext are overwritten. What the file system, the
drive or a backup keeps of them is out of reach (SECURITY.md), and so are the copies that were
disclosed before: these are listed, with the leaf of each disclosure. There is no way back.

  armistice erase RECORD ... --leaf 17 --reason safety
  armistice erase RECORD ... --orphans")]
pub(crate) struct Erase {
    #[command(flatten)]
    keeping: KeepingArguments,
    /// The entry whose body is to be destroyed.
    #[arg(long, requires = "reason", required_unless_present = "orphans")]
    leaf: Option<u64>,
    /// Why: safety, request, retention or law.
    #[arg(long, value_parser = reason)]
    reason: Option<ErasureReason>,
    /// Destroy the sealed bodies that no entry names, which a crash may leave and `record fsck` counts.
    /// Nobody was ever told that they were taken, so nothing goes on the record.
    #[arg(long, conflicts_with_all = ["leaf", "reason"])]
    orphans: bool,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

fn reason(text: &str) -> Result<ErasureReason, String> {
    ErasureReason::parse(text).ok_or_else(|| "safety, request, retention or law".to_owned())
}

/// Runs the command.
pub(crate) fn run(arguments: &Erase) -> anyhow::Result<Outcome> {
    let (mut keeper, _) = arguments.keeping.open()?;
    let (Some(leaf), Some(reason)) = (arguments.leaf, arguments.reason) else {
        return sweep(arguments, &mut keeper);
    };
    let erased = keeper.erase(leaf, reason);
    let erased = erased.map_err(|fault| explained(fault, &arguments.keeping.record))?;
    let mut out = std::io::stdout().lock();
    match (erased, arguments.json) {
        (erased, true) => writeln!(out, "{}", json!({ "erased": erased }))?,
        (None, false) => writeln!(out, "the erasure waits for the record: run again")?,
        (Some(stone), false) => {
            writeln!(
                out,
                "erased, by leaf {}; findings that stood on it are verified, not re-runnable",
                stone.leaf
            )?;
            for copy in &stone.copies {
                writeln!(out, "a copy is with {} (disclosed by leaf {})", copy.reader, copy.leaf)?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn sweep(arguments: &Erase, keeper: &mut Keeper) -> anyhow::Result<Outcome> {
    let swept = keeper.sweep().map_err(|fault| explained(fault, &arguments.keeping.record))?;
    let mut out = std::io::stdout().lock();
    match arguments.json {
        true => writeln!(out, "{}", json!({ "orphans": swept }))?,
        false => writeln!(out, "{} bodies that no entry names were destroyed", swept.len())?,
    }
    Ok(Outcome::Done)
}
