//! `armistice mirror`: follows a log and keeps a verified copy.

use std::io::{self, Write as _};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use ledger::disk::RealDisk;
use ledger::mirror::{Followed, Mirror as Follower, MirrorFault};
use tlog::VerifierKey;

use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::views::{View, caller, log_key};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads every entry, hashes it into the tree that was kept before, and believes a new checkpoint only
if its tree begins with all of that. The copy is laid out as the log itself: serve it with any file
server, check it, compare it with another by `armistice gossip`. Cut off, it goes on where it was.

  armistice mirror https://example.org/log copy --log \"$LOG\" --key us-1.key
  armistice mirror https://example.org/log copy --log \"$LOG\" --every 60

Exit codes: 0 the copy is what the log shows; 1 the log is not believed or shows two views (the
proof is in the folder: split-view-SIZE-SIZE); 3 the disk or the network failed.")]
pub(crate) struct Mirror {
    /// The log: a URL, or the folder of a record or a mirror.
    log_at: String,
    /// Folder of the copy; made if it is not there.
    folder: PathBuf,
    /// The log's verifier key.
    #[arg(long, value_name = "VKEY", value_parser = log_key)]
    log: VerifierKey,
    /// The key that signs our requests, where tiles are for the roster alone.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Follow for as long as this runs, looking every so many seconds.
    #[arg(long, value_name = "SECONDS")]
    every: Option<NonZeroU64>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Mirror) -> anyhow::Result<Outcome> {
    let caller = caller(arguments.key.as_deref())?;
    let mut view = View::of(&arguments.log_at, arguments.log.name(), caller)?;
    // A copy there would be written over the checkpoint that its owner signs, or beside a secret.
    let others = [("state", "a keeper"), ("secret", "a witness"), ("agreement.toml", "a pack")];
    for (theirs, whose) in others {
        if arguments.folder.join(theirs).exists() {
            let folder = arguments.folder.display();
            let said = format!("{folder} holds the {theirs} of {whose}: give another folder");
            return Err(WrongUsage(said).into());
        }
    }
    std::fs::create_dir_all(&arguments.folder)
        .with_context(|| format!("{} cannot be made", arguments.folder.display()))?;
    let disk = RealDisk::new(&arguments.folder);
    let keys = [arguments.log.clone()];
    let mut mirror = Follower::open(&disk, &keys).map_err(told)?;
    loop {
        match (mirror.follow(&mut view), arguments.every) {
            (Ok(followed), _) => say(followed)?,
            // Whoever follows for good waits for the network to come back.
            (Err(MirrorFault::Source(fault)), Some(_)) => {
                writeln!(io::stderr(), "armistice: {fault}")?;
            }
            (Err(fault), _) => return Err(told(fault)),
        }
        match arguments.every {
            Some(seconds) => std::thread::sleep(Duration::from_secs(seconds.get())),
            None => return Ok(Outcome::Done),
        }
    }
}

fn say(followed: Followed) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match followed {
        Followed::Grown { from, to } => writeln!(out, "verified {} new entries: {to}", to - from),
        Followed::Same { size } => writeln!(out, "nothing new: {size} entries"),
        Followed::Older { shown, kept } => writeln!(
            out,
            "the log shows an older checkpoint of {shown} entries; {kept} were verified before"
        ),
    }
}

fn told(fault: MirrorFault) -> anyhow::Error {
    match fault {
        MirrorFault::Disk(fault) => fault.into(),
        MirrorFault::Source(fault) => fault.into(),
        MirrorFault::Locked => anyhow::anyhow!("{}", MirrorFault::Locked),
        refused => Refused(refused.to_string()).into(),
    }
}
