//! `armistice witness`: vouches for logs.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use ledger::clock::SystemClock;
use ledger::disk::RealDisk;
use ledger::http::{Server, witness as http};
use ledger::witness::{Shown, Witness, WitnessFault};
use tlog::VerifierKey;

use crate::console::{Columns, plain};
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::views::log_key;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A witness vouches that a log only grew: it cosigns a checkpoint if its tree began as the one that
it cosigned before, and remembers that before it answers (c2sp.org/tlog-witness). Any party can run
one, and should run its own. `init` and `show` also print the key as a pack takes it.

  armistice witness init w1 --name example.org/w1        # prints its public key
  armistice witness watch w1 'example.org/log+2ed6b814+AYqI49...'
  armistice witness serve w1 --listen 127.0.0.1:8101     # TLS: a reverse proxy in front

The folder holds the key and the memory. Lose the memory and the witness is retired: it refuses to
run, and no command gives its key a new one. Never put the folder back from a copy: the log
notices.")]
pub(crate) enum WitnessVerb {
    /// Make a witness in a folder, with a key of its own.
    Init(Init),
    /// Watch a log from now on.
    Watch(Box<Watch>),
    /// Tell its key and what it last vouched for, also while it serves.
    Show(Folder),
    /// Answer logs over HTTP.
    Serve(Serve),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder of the witness; made if it is not there.
    folder: PathBuf,
    /// Its name, such as example.org/w1: in every cosignature, and in the pack.
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Folder of the witness.
    folder: PathBuf,
    /// The log's verifier key; its name is the log's origin. A log may have several.
    #[arg(value_parser = log_key)]
    log: VerifierKey,
}

#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// Folder of the witness.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Folder of the witness.
    folder: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8101")]
    listen: String,
}

/// Runs the command.
pub(crate) fn run(verb: &WitnessVerb) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    match verb {
        WitnessVerb::Init(init) => {
            make_private(&init.folder)?;
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).context("the system gives no randomness")?;
            let disk = RealDisk::new(&init.folder);
            let key = Witness::init(&disk, &init.name, &secret).map_err(told)?;
            writeln!(out, "{key}")?;
            // Standard output is for scripts; failing to say more must not fail what is done.
            let _ = writeln!(io::stderr(), "{}", for_pack(&key));
        }
        WitnessVerb::Watch(watch) => {
            open(&watch.folder)?.watch(&watch.log).map_err(told)?;
            writeln!(out, "watches {}", plain(watch.log.name()))?;
        }
        WitnessVerb::Show(Folder { folder }) => {
            is_readable(folder)?;
            let shown = Shown::of(&RealDisk::new(folder)).map_err(told)?;
            writeln!(out, "{}", shown.verifier())?;
            writeln!(out, "{}", for_pack(shown.verifier()))?;
            let mut columns = Columns::headed(&["log", "leaves vouched for"]);
            for (origin, size) in shown.watched() {
                columns.row([origin, size.to_string()]);
            }
            columns.print(&mut out)?;
        }
        WitnessVerb::Serve(serve) => {
            let witness = Arc::new(open(&serve.folder)?);
            let server = Server::bind(&serve.listen)
                .with_context(|| format!("cannot listen on {}", serve.listen))?;
            let name = plain(witness.verifier().name());
            writeln!(out, "{name} answers on http://{}", server.address()?)?;
            out.flush()?;
            drop(out);
            let router = http::router(witness, Arc::new(SystemClock));
            server.serve(router, std::future::pending())?;
        }
    }
    Ok(Outcome::Done)
}

/// The key as a pack's `[[witness_group.witness]]` takes it.
fn for_pack(key: &VerifierKey) -> String {
    format!("in a pack: ed25519 = \"{}\"", STANDARD.encode(key.bytes()))
}

fn is_readable(folder: &Path) -> anyhow::Result<()> {
    let read = std::fs::read_dir(folder).map(drop);
    read.with_context(|| format!("{} cannot be read", folder.display()))
}

fn open(folder: &Path) -> anyhow::Result<Witness> {
    is_readable(folder)?;
    Witness::open(Arc::new(RealDisk::new(folder))).map_err(told)
}

/// A retired witness is an answer and no accident.
fn told(fault: WitnessFault) -> anyhow::Error {
    match fault {
        WitnessFault::Disk(fault) => fault.into(),
        running @ WitnessFault::Running => running.into(),
        usage @ (WitnessFault::Exists
        | WitnessFault::NotHere
        | WitnessFault::Key(_)
        | WitnessFault::NotWatched(_)) => WrongUsage(usage.to_string()).into(),
        retired @ (WitnessFault::Retired | WitnessFault::Damaged(_)) => {
            Refused(retired.to_string()).into()
        }
    }
}

/// A folder that only its owner can read.
fn make_private(folder: &Path) -> anyhow::Result<()> {
    let said = || format!("{} cannot be made", folder.display());
    std::fs::create_dir_all(folder).with_context(said)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let owner_only = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, owner_only).with_context(said)?;
    }
    Ok(())
}
