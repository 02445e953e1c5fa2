//! `armistice open`: what was sealed, or shown, to whoever holds the key.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use agreement::statement::{Commitment, Entry, Sealed};
use agreement::{Digest, canonical};
use anyhow::Context as _;
use clap::Args;
use ledger::Reader;
use ledger::disk::RealDisk;
use ledger::vault::package::PACKAGE_BYTES_MAX;
use ledger::vault::{Package, WrappedShare, wrap};
use serde_json::{Value, json};

use crate::keeping::{explained, identity, refused};
use crate::outcome::{Outcome, Refused, WrongUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
A file of `seal` is opened with the identity that it was sealed to. A package of `disclose` is
opened against the entry on the record: the ciphertext must be the one whose digest stands there,
and the body must meet the author's commitment, so that nobody can be given another body than
anybody else. Take the entry from a log that you have verified (a mirror of yours). What is printed
is one line with leaf, salt and body, which `assess` and `audit` take.

When the key of a body is split, each holder of a share passes theirs on to the reader, who opens
the package with as many as it takes. A holder first looks on the record whether the disclosure is
there.

  armistice open 0000000017.json --identity reader.key --record mirror --leaf 17
  armistice open 0000000017.json --identity guarantor.key --record mirror --leaf 17 \\
      --pass-to age1... > share-1.json
  armistice open 0000000017.json --identity reader.key --record mirror --leaf 17 \\
      --share share-1.json --share share-2.json")]
pub(crate) struct Open {
    /// A package of `disclose`, or a file of `seal`.
    file: PathBuf,
    /// Your age identity.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// Folder of the record or of a mirror, for the entry.
    #[arg(long, requires = "leaf")]
    record: Option<PathBuf>,
    /// The entry's number.
    #[arg(long)]
    leaf: Option<u64>,
    /// The entry's bytes in a file, instead of --record.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    entry: Option<PathBuf>,
    /// A share that its holder passed on to you. May be given more than once.
    #[arg(long, value_name = "FILE")]
    share: Vec<PathBuf>,
    /// Pass your share on to this reader (age1...) instead of opening.
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "share")]
    pass_to: Option<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Open) -> anyhow::Result<Outcome> {
    let bytes = read(&arguments.file)?;
    let key = identity(&arguments.identity)?;
    let mut out = io::stdout().lock();
    if bytes.starts_with(b"age-encryption.org/") {
        let text =
            age::decrypt(&key, &bytes).map_err(|_| refused(&ledger::vault::Refusal::Identity))?;
        out.write_all(&text)?;
        return Ok(Outcome::Done);
    }
    let package = Package::parse(&bytes).map_err(|why| refused(&why))?;
    let (sealed, commitment) = on_record(arguments)?;
    if let Some(reader) = &arguments.pass_to {
        let reader = wrap::recipient(reader).map_err(|why| refused(&why))?;
        let share = package.pass_on(&sealed, &key, &reader).map_err(|why| refused(&why))?;
        writeln!(out, "{}", share.to_json())?;
        return Ok(Outcome::Done);
    }
    let share = |path: &PathBuf| {
        WrappedShare::parse(&read(path)?).map_err(|why| anyhow::Error::from(refused(&why)))
    };
    let shares = arguments.share.iter().map(share).collect::<anyhow::Result<Vec<_>>>()?;
    let body = package.open(&sealed, &commitment, &key, &shares).map_err(|why| refused(&why))?;
    let text: Value = serde_json::from_slice(&body.canonical)
        .map_err(|_| Refused("the body is no JSON".into()))?;
    let salt = Digest::from_bytes(*body.salt.expose());
    let line = json!({ "body": text, "leaf": arguments.leaf, "salt": salt });
    let line = canonical::canonical_bytes(&line).map_err(|fault| Refused(fault.to_string()))?;
    out.write_all(&line)?;
    writeln!(out)?;
    Ok(Outcome::Done)
}

/// What the record says of the body: its ciphertext's digest, and its author's commitment.
fn on_record(arguments: &Open) -> anyhow::Result<(Sealed, Commitment)> {
    let bytes = match (&arguments.record, arguments.leaf, &arguments.entry) {
        (Some(record), Some(leaf), _) => entry_of(record, leaf)?,
        (None, _, Some(path)) => read(path)?,
        _ => {
            let text =
                "a package is opened against its entry: give --record and --leaf, or --entry";
            return Err(WrongUsage(text.into()).into());
        }
    };
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let entry = Entry::parse(bytes).map_err(|why| Refused(format!("the entry: {why}")))?;
    let body = entry.sealed.zip(entry.statement.header().body);
    Ok(body.ok_or_else(|| Refused("that entry has no body".into()))?)
}

fn entry_of(record: &Path, leaf: u64) -> anyhow::Result<Vec<u8>> {
    let disk = RealDisk::new(record);
    let reader = Reader::new(&disk);
    let read = || {
        let checkpoint = reader.checkpoint()?;
        let size = tlog::SignedCheckpoint::parse(&checkpoint)
            .map(|signed| signed.checkpoint().size)
            .map_err(|fault| ledger::Fault::OtherKey { reason: fault.to_string() })?;
        reader.entry(leaf, size)
    };
    read().map_err(|fault| explained(fault, record))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    let max = PACKAGE_BYTES_MAX as u64;
    file.take(max + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    if bytes.len() as u64 > max {
        return Err(Refused(format!("{} is longer than {max} bytes", path.display())).into());
    }
    Ok(bytes)
}
