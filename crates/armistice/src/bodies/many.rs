//! Many packages at once: each is found on the record by the digest of its ciphertext, and what is private
//! is put together from its cells.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use age::x25519::Identity;
use agreement::Digest;
use agreement::statement::cells::Opener;
use agreement::statement::{Body, Commitment, Entry, Said, Sealed, Statement};
use anyhow::Context as _;
use ledger::disk::RealDisk;
use ledger::vault::Package;
use ledger::{Fault, Reader};
use tlog::bundle::{self, BundleId};

use super::open::{line_of, read, size_of};
use crate::console::plain;
use crate::keeping::{explained, refused};
use crate::outcome::{Outcome, Refused};

/// The files named, and of each folder the packages in it.
pub(super) fn files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let listed = fs::read_dir(path).with_context(|| path.display().to_string())?;
        let mut inside = listed.map(|one| Ok(one?.path())).collect::<io::Result<Vec<_>>>()?;
        inside.retain(|path| path.extension().is_some_and(|end| end == "json"));
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// A package, and the entry that it is of.
struct OfEntry {
    path: PathBuf,
    leaf: u64,
    statement: Statement,
    sealed: Sealed,
    commitment: Commitment,
}

/// Opens packages, and prints their bodies in the order of the log. With `statements`, what cells hold
/// is printed instead of them, as claims.
pub(super) fn open(
    files: &[PathBuf],
    identity: &Identity,
    record: &Path,
    statements: bool,
) -> anyhow::Result<Outcome> {
    let (mut out, mut told) = (io::BufWriter::new(io::stdout().lock()), io::stderr());
    let found = on_record(files, record, &mut told)?;
    let (mut opener, mut opened, mut cells) = (Opener::default(), 0_u64, 0_u64);
    for one in &found {
        let body = Package::parse(&read(&one.path)?)
            .and_then(|package| package.open(&one.sealed, &one.commitment, identity, &[]));
        let body = match body {
            Ok(body) => body,
            // One that does not open costs no other.
            Err(why) => {
                writeln!(told, "{}: {}", plain(&one.path.display().to_string()), refused(&why))?;
                continue;
            }
        };
        opened += 1;
        let header = one.statement.header();
        if statements
            && let Ok(Said::Private(said)) = Said::of(header)
            && let Ok(Body::Private(cell)) = Body::parse(&header.kind, &body.canonical)
        {
            let taken = opener.take(said.period, one.leaf, &cell);
            taken.map_err(|why| Refused(format!("leaf {}: {why}", one.leaf)))?;
            cells += 1;
        } else {
            out.write_all(&line_of(&body, Some(one.leaf))?)?;
        }
    }
    let is_forged = put_together(opener, cells, &mut out, &mut told)?;
    out.flush()?;
    let nothing = opened == 0 || is_forged;
    Ok(if nothing { Outcome::Refused } else { Outcome::Done })
}

/// Prints what was put together, and says what is missing. Whether anything is forged.
fn put_together(
    opener: Opener,
    cells: u64,
    out: &mut impl Write,
    told: &mut impl Write,
) -> anyhow::Result<bool> {
    let covers = opener.covers();
    let (whole, incomplete) = opener.finish();
    for one in &whole {
        out.write_all(&one.claim.to_line())?;
        writeln!(out)?;
    }
    if cells > 0 {
        writeln!(
            told,
            "{} private statements of {cells} cells, {covers} of them covers",
            whole.len()
        )?;
    }
    for one in &incomplete {
        let (have, parts) = (one.have, one.parts);
        let what = match one.is_forged {
            true => "its cells make no such statement: the keeper has forged it".to_owned(),
            false => format!("{have} of its {parts} cells are here"),
        };
        writeln!(told, "statement {}: {what}", one.statement)?;
    }
    Ok(incomplete.iter().any(|one| one.is_forged))
}

/// The entries that packages are of, in the order of the log; what is no package of an entry is said.
fn on_record(
    files: &[PathBuf],
    record: &Path,
    told: &mut impl Write,
) -> anyhow::Result<Vec<OfEntry>> {
    let mut wanted: BTreeMap<Digest, PathBuf> = BTreeMap::new();
    for path in files {
        match Package::parse(&read(path)?) {
            Ok(package) => {
                wanted.insert(Digest::of_bytes(&package.ciphertext), path.clone());
            }
            Err(why) => {
                writeln!(told, "{}: {}", plain(&path.display().to_string()), refused(&why))?;
            }
        }
    }
    let found = looked_up(&mut wanted, record).map_err(|fault| explained(fault, record))?;
    for path in wanted.values() {
        writeln!(
            told,
            "{}: no entry of the record has this body",
            plain(&path.display().to_string())
        )?;
    }
    Ok(found)
}

fn looked_up(wanted: &mut BTreeMap<Digest, PathBuf>, record: &Path) -> Result<Vec<OfEntry>, Fault> {
    let disk = RealDisk::new(record);
    let reader = Reader::new(&disk);
    let mut found = Vec::new();
    for id in BundleId::covering(0, size_of(&reader)?) {
        let torn = |reason: String| Fault::Damaged { path: id.to_string(), reason };
        let bytes = reader.bundle(id)?;
        let entries = bundle::first_entries(&bytes, id.width());
        let entries = entries.map_err(|fault| torn(fault.to_string()))?;
        for (leaf, entry) in (id.start()..).zip(entries) {
            if wanted.is_empty() {
                return Ok(found);
            }
            let entry = Entry::parse(entry).map_err(|fault| torn(fault.to_string()))?;
            let Some(sealed) = entry.sealed else { continue };
            let Some(commitment) = entry.statement.header().body else { continue };
            if let Some(path) = wanted.remove(&sealed.sha256) {
                found.push(OfEntry { path, leaf, statement: entry.statement, sealed, commitment });
            }
        }
    }
    Ok(found)
}
