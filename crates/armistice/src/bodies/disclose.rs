//! `armistice disclose`: shows bodies to a recipient of the pack, over the record.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use ledger::Keeper;
use ledger::vault::{Released, Shown};

use super::seal::create_new;
use crate::keeping::{KeepingArguments, explained};
use crate::outcome::{Outcome, WrongUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
That a body was shown is itself a statement on the record, and a private one: it waits for the end of its
period (a minute of the clock) and is sequenced in a batch that looks like every other. Only then is the
body's key wrapped to the reader. So: ask, and collect after the minute; `record serve` with the keeper's
keys ends every period on time, and without it a period ends when somebody collects, which shows. Each package goes into the folder
of --out, named by the request and the body, for the reader to `open`.

  armistice disclose RECORD ... --leaf 17 --to joint-room --purpose \"to warn the clinic\" --out shown
  armistice disclose RECORD ... --collect --out shown")]
pub(crate) struct Disclose {
    #[command(flatten)]
    keeping: KeepingArguments,
    /// The entry whose body is to be shown. May be given more than once.
    #[arg(long, requires_all = ["to", "purpose"])]
    leaf: Vec<u64>,
    /// The reader: a recipient of the pack.
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// What for; it stands on the record.
    #[arg(long)]
    purpose: Option<String>,
    /// End the period if it is over, and hand out what waited for it.
    #[arg(long)]
    collect: bool,
    /// Folder for packages; each is handed out once.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Disclose) -> anyhow::Result<Outcome> {
    if arguments.leaf.is_empty() && !arguments.collect {
        return Err(WrongUsage("name a --leaf to show, or --collect".into()).into());
    }
    let record = &arguments.keeping.record;
    let (mut keeper, pack) = arguments.keeping.open()?;
    let mut released = Vec::new();
    if let (Some(to), Some(purpose)) = (&arguments.to, &arguments.purpose) {
        let reader = pack.recipients.get(to).ok_or_else(|| {
            WrongUsage(format!("the pack has no recipient {to}: see its [[recipient]] tables"))
        })?;
        for &leaf in &arguments.leaf {
            let shown = keeper.disclose(leaf, reader, purpose);
            match shown.map_err(|fault| explained(fault, record))? {
                Shown::Waiting { id } => tell(&format!("leaf {leaf}: request {id} waits"))?,
                Shown::Released(packages) => released.push(Released { id: leaf, packages }),
            }
        }
    }
    if arguments.collect {
        released.extend(end_period(&mut keeper, record)?);
    }
    write_all(&arguments.out, &released)?;
    Ok(Outcome::Done)
}

/// Ends the periods that are over by the clock.
fn end_period(keeper: &mut Keeper, record: &Path) -> anyhow::Result<Vec<Released>> {
    let batches = keeper.end_periods().map_err(|fault| explained(fault, record))?;
    for batch in &batches {
        tell(&format!("period {}: {} entries", batch.period, batch.entries))?;
    }
    if batches.is_empty() {
        tell("that period was ended before")?;
    }
    keeper.collect().map_err(|fault| explained(fault, record))
}

fn write_all(folder: &Path, released: &[Released]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for Released { id, packages } in released {
        for package in packages {
            let body = agreement::Digest::of_bytes(&package.ciphertext);
            let path = folder.join(format!("{id:010}-{}.json", &body.to_string()[..16]));
            let mut file = create_new(&path)?;
            writeln!(file, "{}", package.to_json())?;
            file.sync_all()?;
            tell(&path.display().to_string())?;
        }
    }
    Ok(())
}

fn tell(what: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{what}")?)
}
