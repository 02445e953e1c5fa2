//! `armistice record`: the record itself, verb by verb.

mod append;
mod check;
mod check_promise;
mod check_proof;
mod init;
mod prove;
mod rows;
mod serve;
mod sign;

use std::fs;
use std::path::{Path, PathBuf};

use agreement::statement::said::SegmentRoot;
use agreement::statement::{Entry, Said};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use ledger::NoteLogVerifier;
use ledger::disk::RealDisk;
use tlog::VerifierKey;

use crate::keeping::explained;
use crate::outcome::{Outcome, Refused, WrongUsage};

/// Where `init` leaves the log's public key, beside the folders that hold the record.
const KEY_FILE: &str = "log.vkey";

#[derive(Debug, Args)]
#[command(after_help = "\
In every verb --log VKEY is a log's public key, as `record init` and `key show --name` print it,
and --log-key FILE the file of its secret key, which only its keeper has. --device-key and --key
are the files of a device's secret key.")]
pub(crate) struct Record {
    #[command(subcommand)]
    verb: RecordVerb,
}

#[derive(Debug, Subcommand)]
enum RecordVerb {
    /// Make what feeds hold into claims that a device signs.
    Sign(Box<sign::Sign>),
    /// Put claims on the record, and answer each.
    Append(Box<append::Append>),
    /// Serve a record over HTTP and ask its witnesses.
    Serve(serve::Serve),
    /// Verify offline that an entry is in a log.
    CheckProof(Box<check_proof::CheckProof>),
    /// Hold a keeper's promise for a private statement against the log.
    CheckPromise(check_promise::CheckPromise),
    /// Make an empty record, signed with the log's own key.
    Init(init::Init),
    /// Check every byte of a published log: entries, tiles, checkpoint.
    Verify(check::Check),
    /// Check a whole record: the log, and the sealed bodies that its entries vouch for. Needs no secret.
    Fsck(check::Check),
    /// Print the proof that an entry is in the log: it verifies offline.
    Prove(prove::Prove),
    /// Keep the rows of track segments in Parquet, merged by the hour.
    Rows(rows::Rows),
}

/// Runs the command.
pub(crate) fn run(record: &Record) -> anyhow::Result<Outcome> {
    match &record.verb {
        RecordVerb::Init(arguments) => init::run(arguments),
        RecordVerb::Verify(arguments) => check::run(arguments, check::What::Log),
        RecordVerb::Fsck(arguments) => check::run(arguments, check::What::Record),
        RecordVerb::Prove(arguments) => prove::run(arguments),
        RecordVerb::Sign(arguments) => sign::run(arguments),
        RecordVerb::Append(arguments) => append::run(arguments),
        RecordVerb::Serve(arguments) => serve::run(arguments),
        RecordVerb::CheckProof(arguments) => check_proof::run(arguments),
        RecordVerb::CheckPromise(arguments) => check_promise::run(arguments),
        RecordVerb::Rows(arguments) => rows::run(arguments),
    }
}

/// The record in a folder that exists.
fn disk_of(folder: &Path) -> anyhow::Result<RealDisk> {
    if !folder.is_dir() {
        return Err(WrongUsage(format!("{} is no folder", folder.display())).into());
    }
    Ok(RealDisk::new(folder))
}

/// The log's public key: as given, or else as the record's folder has it. The second value says which.
fn verifier_of(folder: &Path, given: Option<&str>) -> anyhow::Result<(NoteLogVerifier, bool)> {
    let (text, is_given) = match given {
        Some(text) => (text.to_owned(), true),
        None => {
            let path = folder.join(KEY_FILE);
            let text = fs::read_to_string(&path).with_context(|| {
                format!("{} (or give the log's public key: --log)", path.display())
            })?;
            (text, false)
        }
    };
    let key = VerifierKey::parse(text.trim())
        .map_err(|fault| Refused(format!("the log's public key is none: {fault}")))?;
    Ok((NoteLogVerifier::new(key), is_given))
}

/// The root over the rows of the track segment that an entry puts on the record.
fn segment_root(entry: &[u8]) -> anyhow::Result<SegmentRoot> {
    let entry = Entry::parse(entry).map_err(|why| Refused(format!("the entry: {why}")))?;
    match Said::of(entry.statement.header()) {
        Ok(Said::TrackSegment(root)) => Ok(root),
        _ => Err(Refused("the entry is no track segment: it has no rows".to_owned()).into()),
    }
}

/// The log's public key, as an argument.
#[derive(Debug, Args)]
struct LogKeyArgument {
    /// The log's public key, NAME+ID+BASE64, as you know it from elsewhere. Without it, the one that lies
    /// in the record's folder is used, which shows that the record is whole and not whose it is.
    #[arg(long = "log", value_name = "VKEY")]
    log_key: Option<String>,
}

/// The folder of a record, as an argument.
#[derive(Debug, Args)]
struct FolderArgument {
    /// Folder of the record.
    #[arg(value_name = "RECORD")]
    folder: PathBuf,
}
