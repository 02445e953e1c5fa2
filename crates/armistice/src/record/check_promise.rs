//! `armistice record check-promise`: a keeper's promise, held against the log.

use std::io::Write as _;
use std::path::PathBuf;

use agreement::statement::promise::{Held, Kept};
use agreement::statement::{Entry, Promise, Roster};
use anyhow::Context as _;
use audit::{Entries, Folder};
use clap::Args;
use serde_json::json;
use tlog::VerifierKey;

use crate::audit::log;
use crate::outcome::{Outcome, Refused};
use crate::pack;
use crate::views::{log_folder, log_key};

#[derive(Debug, Args)]
#[command(after_help = "\
Who says something private gets a promise (`record append`): signed by the keeper's device, it
names the period and what the log will show of the statement. When the period is over, hold it
against your own mirror of the log. If the log has gone past the period without it, promise and log
together prove to anybody that the keeper dropped what it took.

  armistice record check-promise promise.json mirror --log \"$LOG\" --pack PACK

Exit codes: 0 it is kept, or its period has not ended in this log; 1 it is broken, or no promise of
this keeper; 3 a file cannot be read.")]
pub(crate) struct CheckPromise {
    /// File of the promise.
    promise: PathBuf,
    /// The log: folder of a record or of a mirror.
    log_at: PathBuf,
    /// The log's public key.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    log: VerifierKey,
    /// The pack, for the key of the keeper's device.
    #[arg(long, value_name = "PACK")]
    pack: PathBuf,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &CheckPromise) -> anyhow::Result<Outcome> {
    let pack = pack::sound(&arguments.pack)?;
    let path = arguments.promise.display().to_string();
    let bytes =
        std::fs::read(&arguments.promise).with_context(|| format!("{path} cannot be read"))?;
    let refused = |why: agreement::statement::Refusal| Refused(format!("{path}: {why}"));
    let promise = Promise::parse(bytes.trim_ascii_end()).map_err(refused)?;
    let log = log(&Folder::new(log_folder(&arguments.log_at)), &arguments.log)?;
    let mut roster = Roster::of(&pack).map_err(refused)?;
    let mut held = Held::new(&promise);
    (&log as &dyn Entries).try_each(|leaf, bytes| {
        let Some(Ok(entry)) = bytes.map(Entry::parse) else {
            let said = format!("leaf {leaf} cannot be read: armistice record verify tells why");
            return Err(Refused(said));
        };
        if let Ok(said) = agreement::statement::Said::of(entry.statement.header()) {
            roster.apply(leaf, &said);
        }
        held.take(leaf, &entry);
        Ok(())
    })?;
    let keeper = roster.device(&promise.device);
    let keeper =
        keeper.ok_or_else(|| Refused(format!("{path}: no device {} is known", promise.device)))?;
    promise.verify(&keeper.key).map_err(refused)?;
    let mut out = std::io::stdout().lock();
    let verdict = held.verdict();
    if arguments.json {
        let told = match &verdict {
            Kept::Kept { leaves } => json!({ "verdict": "kept", "leaves": leaves }),
            Kept::Pending => json!({ "verdict": "pending", "period": promise.period }),
            Kept::Broken { missing, by_leaf } => {
                json!({ "verdict": "broken", "missing": missing, "by_leaf": by_leaf })
            }
        };
        writeln!(out, "{told}")?;
    } else {
        let period = promise.period;
        match &verdict {
            Kept::Kept { leaves } => writeln!(out, "kept: it stands in leaves {leaves:?}")?,
            Kept::Pending => writeln!(out, "pending: period {period} has not ended in this log")?,
            Kept::Broken { missing, by_leaf } => writeln!(
                out,
                "broken: {missing} of {} cells are missing, and leaf {by_leaf} is past period {period}",
                promise.cells.len()
            )?,
        }
    }
    Ok(if matches!(verdict, Kept::Broken { .. }) { Outcome::Refused } else { Outcome::Done })
}
