//! `armistice disclose`: shows bodies to a recipient of the pack, over the record.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use agreement::party::Recipient;
use agreement::statement::{Kind, Visibility};
use clap::Args;
use ledger::Keeper;
use ledger::clock::{Clock as _, SystemClock};
use ledger::vault::{Released, Shown};
use spacetime::{Instant, Interval};

use super::seal::create_new;
use crate::keeping::{KeepingArguments, explained};
use crate::outcome::{Outcome, WrongUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
That a body was shown is itself a statement on the record, and a private one: it waits for the end
of its period (a minute of the clock) and is sequenced in a batch that looks like every other. Only
then is the body's key wrapped to the reader. So: ask, and collect after the minute; `record serve`
with the keeper's keys ends every period on time, and without it a period ends when somebody
collects, which shows. Each package goes into the folder of --out, named by the request and the
body, for the reader to `open`.

  armistice disclose RECORD ... --leaf 17 --to joint-room --purpose \"to warn the clinic\" --out shown
  armistice disclose RECORD ... --collect --out shown

An assessor who is to see everything of some kinds needs one statement and not one for each entry,
which for what is private would never end: --standing opens whatever is sequenced from --from until
--until, as it comes, each time somebody collects. `private` stands for all that the log does not
show: notifications, acknowledgements, disclosures. A later one for the same reader takes the place
of the one before; --end ends it.

  armistice disclose RECORD ... --standing private --standing report --until 2024-06-01T00:00:00Z \\
      --to joint-room --purpose \"the audit of May\" --out shown
  armistice disclose RECORD ... --end --to joint-room --purpose \"May is over\" --out shown")]
pub(crate) struct Disclose {
    #[command(flatten)]
    keeping: KeepingArguments,
    /// The entry whose body is to be shown. May be given more than once.
    #[arg(long, requires_all = ["to", "purpose"])]
    leaf: Vec<u64>,
    /// Show whatever is of this kind, as it comes: report, track-segment, ..., or private. May be given more
    /// than once.
    #[arg(long, value_name = "KIND", value_parser = kind, requires_all = ["to", "purpose", "until"])]
    standing: Vec<Kind>,
    /// The first instant at which what --standing opens was sequenced (RFC 3339); without it, now.
    #[arg(long, value_name = "TIME", value_parser = instant, requires = "standing")]
    from: Option<Instant>,
    /// The first instant after.
    #[arg(long, value_name = "TIME", value_parser = instant, requires = "standing")]
    until: Option<Instant>,
    /// End what --standing opened to the reader.
    #[arg(long, requires_all = ["to", "purpose"], conflicts_with = "standing")]
    end: bool,
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

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|why| why.to_string())
}

/// A kind whose entries stand in the log and have bodies.
fn kind(text: &str) -> Result<Kind, String> {
    let is_in_log = |kind: &&Kind| kind.visibility() == Visibility::Public;
    let known = Kind::ALL.iter().filter(is_in_log).find(|kind| kind.as_str() == text);
    known.cloned().ok_or_else(|| {
        "no kind of entries in the log; what is private stands there as `private`".to_owned()
    })
}

/// Runs the command.
pub(crate) fn run(arguments: &Disclose) -> anyhow::Result<Outcome> {
    let asks = !arguments.leaf.is_empty() || !arguments.standing.is_empty() || arguments.end;
    if !asks && !arguments.collect {
        let said = "name a --leaf to show, or kinds by --standing, or --collect";
        return Err(WrongUsage(said.into()).into());
    }
    let record = &arguments.keeping.record;
    let (mut keeper, pack) = arguments.keeping.open()?;
    if let (Some(to), Some(purpose)) = (&arguments.to, &arguments.purpose) {
        let reader = pack.recipients.get(to).ok_or_else(|| {
            WrongUsage(format!("the pack has no recipient {to}: see its [[recipient]] tables"))
        })?;
        show(arguments, &mut keeper, reader, purpose)?;
    }
    if arguments.collect {
        let released = end_period(&mut keeper, record)?;
        write_all(&arguments.out, &released)?;
        while let Some(released) = keeper.hand_out().map_err(|fault| explained(fault, record))? {
            write_all(&arguments.out, &[released])?;
        }
    }
    Ok(Outcome::Done)
}

fn show(
    arguments: &Disclose,
    keeper: &mut Keeper,
    reader: &Recipient,
    purpose: &str,
) -> anyhow::Result<()> {
    let record = &arguments.keeping.record;
    for &leaf in &arguments.leaf {
        let shown = keeper.disclose(leaf, reader, purpose);
        match shown.map_err(|fault| explained(fault, record))? {
            Shown::Waiting { id } => tell(&format!("leaf {leaf}: request {id} waits"))?,
            Shown::Released(packages) => {
                write_all(&arguments.out, &[Released { id: leaf, packages }])?;
            }
        }
    }
    if arguments.standing.is_empty() && !arguments.end {
        return Ok(());
    }
    let kinds: BTreeSet<Kind> = arguments.standing.iter().cloned().collect();
    let now = SystemClock.now();
    let (from, until) = (arguments.from.unwrap_or(now), arguments.until.unwrap_or(now));
    let sequenced = Interval::new(from, until)
        .map_err(|why| WrongUsage(format!("--until is before --from: {why}")))?;
    let leaf = keeper.order(kinds, sequenced, reader, purpose);
    match leaf.map_err(|fault| explained(fault, record))? {
        None => tell("the standing disclosure waits for the end of its period"),
        Some(leaf) => tell(&format!("the standing disclosure stands in leaf {leaf}")),
    }
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
