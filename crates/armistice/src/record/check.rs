//! `armistice record verify` and `armistice record fsck`.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use agreement::statement::Entry;
use archive::Name;
use archive::container::CONTAINER_BYTES_MAX;
use clap::Args;
use ledger::Fault;
use ledger::disk::{Disk as _, RealDisk, read_at_most};
use ledger::fsck::{Finding, Report, Vouched, fsck};
use ledger::vouched::SealedBodies;
use serde_json::json;

use super::rows::Segments;
use super::{FolderArgument, LogKeyArgument, disk_of, explained, verifier_of};
use crate::console::{Ink, plain};
use crate::outcome::{Outcome, WrongUsage};

#[derive(Debug, Args)]
#[command(after_help = "\
Builds the tree anew from the entries and compares every tile and bundle with it, then the root
with the signed checkpoint; `fsck` also holds the vault against the digests of ciphertexts on the
record, and with --rows containers of rows against the roots of their segments. Any byte that was
changed is told with its file. Needs no secret key.

  armistice record verify south --log example.org/south+1a2b3c4d+AbCd...
  armistice record fsck south --json | jq '.findings[]'")]
pub(crate) struct Check {
    #[command(flatten)]
    record: FolderArgument,
    #[command(flatten)]
    log_key: LogKeyArgument,
    /// Folder of containers (`record rows`), to be held against the roots on the record. `fsck` only.
    #[arg(long, value_name = "DIR")]
    rows: Option<PathBuf>,
    /// Folder in which the vault's keys lie, where that is another. `fsck` only.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// What is published.
    Log,
    /// And what is kept beside it.
    Record,
}

/// Runs the command.
pub(crate) fn run(arguments: &Check, what: What) -> anyhow::Result<Outcome> {
    let folder = &arguments.record.folder;
    let disk = disk_of(folder)?;
    let (verifier, is_given) = verifier_of(folder, arguments.log_key.log_key.as_deref())?;
    let mut bodies = match what {
        What::Log => None,
        What::Record => {
            let keys = disk_of(arguments.keys.as_ref().unwrap_or(folder))?;
            let walked = SealedBodies::walk(&disk, &keys);
            Some(walked.map_err(|fault| explained(fault, folder))?)
        }
    };
    if what == What::Log && (arguments.rows.is_some() || arguments.keys.is_some()) {
        return Err(WrongUsage("--rows, --keys: only fsck looks there".to_owned()).into());
    }
    let mut kept = Containers::of(arguments.rows.as_deref())?;
    let mut vouched = Everything { bodies: bodies.as_mut(), kept: &mut kept };
    let report = fsck(&disk, &verifier, &mut vouched).map_err(|fault| explained(fault, folder))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let name = verifier.key().name();
    if arguments.json {
        write_json(&mut out, name, &report, bodies.as_ref(), kept.as_ref())?;
    } else {
        write_text(&mut out, name, &report, bodies.as_ref(), kept.as_ref())?;
        if !is_given {
            let ink = Ink::for_stdout();
            let note = "the log's key is the one in the folder: --log holds it against yours";
            writeln!(out, "{}", ink.faint(note))?;
        }
    }
    out.flush()?;
    Ok(if report.is_clean() { Outcome::Done } else { Outcome::Refused })
}

/// All that entries vouch for.
struct Everything<'a> {
    bodies: Option<&'a mut SealedBodies>,
    kept: &'a mut Option<Containers>,
}

impl Vouched for Everything<'_> {
    fn entry(&mut self, index: u64, entry: &[u8], report: &mut Report) -> Result<(), Fault> {
        if let Some(bodies) = &mut self.bodies {
            bodies.entry(index, entry, report)?;
        }
        if let (Some(kept), Ok(entry)) = (&mut self.kept, Entry::parse(entry)) {
            kept.segments.take(index, &entry);
        }
        Ok(())
    }

    fn end(&mut self, report: &mut Report) -> Result<(), Fault> {
        if let Some(bodies) = &mut self.bodies {
            bodies.end(report)?;
        }
        match &mut self.kept {
            Some(kept) => kept.check(report),
            None => Ok(()),
        }
    }
}

/// Containers of rows, and the segments that they have to be of.
struct Containers {
    disk: RealDisk,
    segments: Segments,
    /// Segments that are held as they were put on the record.
    held: BTreeSet<u64>,
}

impl Containers {
    fn of(folder: Option<&Path>) -> anyhow::Result<Option<Self>> {
        let Some(folder) = folder else { return Ok(None) };
        let disk = disk_of(folder)?;
        Ok(Some(Self { disk, segments: Segments::default(), held: BTreeSet::new() }))
    }

    fn check(&mut self, report: &mut Report) -> Result<(), Fault> {
        let failed = |path: &str, source| Fault::Disk { path: path.to_owned(), source };
        for entry in self.disk.list("").map_err(|source| failed("", source))? {
            let Some(name) = Name::parse(&entry.name) else {
                // A crash may leave one, and the next run of `record rows` writes over it.
                if !entry.name.ends_with(".unfinished") {
                    report.find(&entry.name, "stray", "no container has a file of this name");
                }
                continue;
            };
            let bytes = match read_at_most(&self.disk, &entry.name, CONTAINER_BYTES_MAX) {
                Ok(bytes) => bytes,
                Err(fault) if fault.kind() == ErrorKind::FileTooLarge => {
                    report.find(&entry.name, "too-large", "it has more bytes than a container");
                    continue;
                }
                Err(source) => return Err(failed(&entry.name, source)),
            };
            report.files += 1;
            report.bytes += bytes.len() as u64;
            let (sound, flaws) = archive::check(&name, &bytes, |leaf| self.segments.get(leaf));
            self.held.extend(sound);
            for flaw in flaws {
                let of = flaw.leaf.map_or_else(String::new, |leaf| format!("segment {leaf}: "));
                report.find(&entry.name, flaw.code, format!("{of}{}", flaw.reason));
            }
        }
        Ok(())
    }
}

fn write_json(
    out: &mut impl Write,
    name: &str,
    report: &Report,
    bodies: Option<&SealedBodies>,
    kept: Option<&Containers>,
) -> io::Result<()> {
    let told = |finding: &Finding| json!({ "path": finding.path, "code": finding.code, "reason": finding.reason });
    let findings: Vec<_> = report.findings.iter().map(told).collect();
    let bodies = bodies.map(|bodies| {
        let (held, erased) = bodies.counts();
        json!({ "held": held, "erased": erased, "orphans": bodies.orphans() })
    });
    let segments = kept.map(|kept| kept.held.len());
    let report = json!({
        "log": name, "entries": report.entries, "files": report.files, "bytes": report.bytes,
        "bodies": bodies, "segments_held": segments, "findings": findings, "more_findings": report.more,
    });
    writeln!(out, "{report}")
}

fn write_text(
    out: &mut impl Write,
    name: &str,
    report: &Report,
    bodies: Option<&SealedBodies>,
    kept: Option<&Containers>,
) -> io::Result<()> {
    let ink = Ink::for_stdout();
    for finding in &report.findings {
        let (path, reason) = (plain(&finding.path), plain(&finding.reason));
        writeln!(out, "{} {path}: {reason}", ink.fault(finding.code))?;
    }
    if report.more > 0 {
        writeln!(out, "and {} more", report.more)?;
    }
    if let Some(bodies) = bodies {
        let (held, erased) = bodies.counts();
        writeln!(out, "{held} sealed bodies held, {erased} erased")?;
        if !bodies.orphans().is_empty() {
            let count = bodies.orphans().len();
            let note = "no entry names: a crash left them; `armistice erase --orphans` sweeps them";
            writeln!(out, "{}", ink.faint(format_args!("{count} of them {note}")))?;
        }
    }
    if let Some(kept) = kept {
        writeln!(out, "{} segments held as their roots say", kept.held.len())?;
    }
    let (entries, files, bytes) = (report.entries, report.files, report.bytes);
    let verdict = if report.is_clean() { "all as signed" } else { "NOT as signed" };
    writeln!(
        out,
        "{}: {entries} entries; {files} files of {bytes} bytes read; {}",
        plain(name),
        ink.strong(verdict)
    )
}
