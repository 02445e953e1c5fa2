//! `armistice open`: what was sealed, or shown, to whoever holds the key.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use age::x25519::Identity;
use agreement::statement::{Commitment, Entry, Sealed};
use agreement::{Digest, canonical};
use anyhow::Context as _;
use clap::Args;
use ledger::disk::RealDisk;
use ledger::vault::package::PACKAGE_BYTES_MAX;
use ledger::vault::{Body, Package, WrappedShare, wrap};
use ledger::{Fault, Reader};
use serde_json::{Value, json};

use super::many;
use crate::keeping::{explained, identity, refused};
use crate::outcome::{Outcome, Refused, WrongUsage};

/// What a file begins with that was sealed by `seal`.
const SEALED: &[u8] = b"age-encryption.org/";
const NO_ENTRY: &str =
    "a package is opened against its entry: give --record (and --leaf), or --entry";

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

Several packages, or a folder of them, are found on the record by their ciphertexts. --statements
puts what is private together from its cells, and prints claims in place of cells.

  armistice open shown --identity reader.key --record mirror > bodies.jsonl
  armistice open shown --identity reader.key --record mirror --statements > said.jsonl

  armistice open 0000000017.json --identity guarantor.key --record mirror --leaf 17 \\
      --pass-to age1... > share-1.json
  armistice open 0000000017.json --identity reader.key --record mirror --leaf 17 \\
      --share share-1.json --share share-2.json")]
pub(crate) struct Open {
    /// Packages of `disclose`, folders of them, or a file of `seal`.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Your age identity.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// Folder of the record or of a mirror, for the entry.
    #[arg(long)]
    record: Option<PathBuf>,
    /// The entry's number; without it, it is looked up.
    #[arg(long, requires = "record")]
    leaf: Option<u64>,
    /// Put private statements together from their cells, and print them as claims.
    #[arg(long, requires = "record", conflicts_with_all = ["leaf", "share", "pass_to"])]
    statements: bool,
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
    let key = identity(&arguments.identity)?;
    let files = many::files(&arguments.files)?;
    let is_one = arguments.leaf.is_some() || arguments.entry.is_some();
    let [file] = &files[..] else { return of_many(arguments, &files, &key) };
    let bytes = read(file)?;
    let is_sealed = bytes.starts_with(SEALED);
    if !is_one && !is_sealed {
        Package::parse(&bytes).map_err(|why| refused(&why))?;
        return of_many(arguments, &files, &key);
    }
    let mut out = io::stdout().lock();
    if is_sealed {
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
    out.write_all(&line_of(&body, arguments.leaf)?)?;
    Ok(Outcome::Done)
}

fn of_many(arguments: &Open, files: &[PathBuf], key: &Identity) -> anyhow::Result<Outcome> {
    let one_alone = [arguments.leaf.is_some(), arguments.entry.is_some()];
    let one_alone = one_alone.contains(&true) || !arguments.share.is_empty();
    if one_alone || arguments.pass_to.is_some() {
        let said =
            "--leaf, --entry, --share and --pass-to go with one package, and its --leaf or --entry";
        return Err(WrongUsage(said.to_owned()).into());
    }
    let Some(record) = &arguments.record else {
        return Err(WrongUsage(NO_ENTRY.to_owned()).into());
    };
    many::open(files, key, record, arguments.statements)
}

/// A body as `assess` and `audit` take it.
pub(super) fn line_of(body: &Body, leaf: Option<u64>) -> anyhow::Result<Vec<u8>> {
    let text: Value = serde_json::from_slice(&body.canonical)
        .map_err(|_| Refused("the body is no JSON".into()))?;
    let salt = Digest::from_bytes(*body.salt.expose());
    let line = json!({ "body": text, "leaf": leaf, "salt": salt });
    let mut line = canonical::canonical_bytes(&line).map_err(|fault| Refused(fault.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// What the record says of the body: its ciphertext's digest, and its author's commitment.
fn on_record(arguments: &Open) -> anyhow::Result<(Sealed, Commitment)> {
    let bytes = match (&arguments.record, arguments.leaf, &arguments.entry) {
        (Some(record), Some(leaf), _) => entry_of(record, leaf)?,
        (None, _, Some(path)) => read(path)?,
        _ => {
            return Err(WrongUsage(NO_ENTRY.into()).into());
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
    let read = || reader.entry(leaf, size_of(&reader)?);
    read().map_err(|fault| explained(fault, record))
}

/// Entries of the log, as its checkpoint says.
pub(super) fn size_of(reader: &Reader<'_>) -> Result<u64, Fault> {
    let signed = tlog::SignedCheckpoint::parse(&reader.checkpoint()?);
    let signed = signed.map_err(|fault| Fault::OtherKey { reason: fault.to_string() })?;
    Ok(signed.checkpoint().size)
}

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    let max = PACKAGE_BYTES_MAX as u64;
    file.take(max + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    if bytes.len() as u64 > max {
        return Err(Refused(format!("{} is longer than {max} bytes", path.display())).into());
    }
    Ok(bytes)
}
