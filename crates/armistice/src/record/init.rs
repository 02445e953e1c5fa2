//! `armistice record init`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ledger::clock::{Clock as _, SystemClock};
use ledger::disk::{RealDisk, write_whole};
use ledger::vault::{Entropy as _, SystemEntropy};
use ledger::{Birth, NoteLogKey, STAGED_BYTES};
use tlog::NoteSigner;

use super::{FolderArgument, KEY_FILE, explained};
use crate::keyfile;
use crate::outcome::{Outcome, Refused};

#[derive(Debug, Args)]
#[command(after_help = "\
Makes RECORD/log (what is published), RECORD/state (the ledger's own) and RECORD/log.vkey (the
log's public key, which others need to verify the log), and prints that key. The key's file is the
log's secret: who has it can sign for the log.

  armistice key new log.key
  armistice record init south --log-key log.key --name example.org/south")]
pub(crate) struct Init {
    #[command(flatten)]
    record: FolderArgument,
    /// The log's secret key. Everywhere, --log-key is this file and --log the public key to it.
    #[arg(long, value_name = "FILE")]
    log_key: PathBuf,
    /// The log's name, which every checkpoint begins with: a host of yours and a path, without a scheme.
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Runs the command.
pub(crate) fn run(arguments: &Init) -> anyhow::Result<Outcome> {
    let signer = NoteSigner::new(&arguments.name, &keyfile::read(&arguments.log_key)?)
        .map_err(|fault| Refused(format!("{} cannot name a log: {fault}", arguments.name)))?;
    let key = NoteLogKey::new(signer);
    let folder = &arguments.record.folder;
    make_durable(folder)?;
    let disk = RealDisk::new(folder);
    let mut secret = [0; 32];
    SystemEntropy.fill(&mut secret)?;
    let birth = Birth { now: SystemClock.now(), secret, staged_bytes: STAGED_BYTES };
    ledger::init(&disk, &key, &birth).map_err(|fault| explained(fault, folder))?;
    let public = format!("{}\n", key.verifier().key());
    write_whole(&disk, KEY_FILE, public.as_bytes())?;
    write!(std::io::stdout(), "{public}")?;
    Ok(Outcome::Done)
}

/// Makes the folder, and durably so: the ledger vouches for what is in it, not for the folder itself.
fn make_durable(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let whole = fs::canonicalize(folder)?;
    if cfg!(unix)
        && let Some(above) = whole.parent()
    {
        fs::File::open(above)?.sync_all()?;
    }
    Ok(())
}
