//! `armistice record verify` and `armistice record fsck`.

use std::io::{self, Write};

use clap::Args;
use ledger::fsck::{Finding, NothingVouched, Report, Vouched, fsck};
use ledger::vouched::SealedBodies;
use serde_json::json;

use super::{FolderArgument, LogKeyArgument, disk_of, explained, verifier_of};
use crate::console::{Ink, plain};
use crate::outcome::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "\
Builds the tree anew from the entries and compares every tile and bundle with it, then the root with
the signed checkpoint; `fsck` also holds the vault against the digests of ciphertexts on the record.
Any byte that was changed is told with its file. Needs no secret key.

  armistice record verify south --log-key example.org/south+1a2b3c4d+AbCd...
  armistice record fsck south --json | jq '.findings[]'")]
pub(crate) struct Check {
    #[command(flatten)]
    record: FolderArgument,
    #[command(flatten)]
    log_key: LogKeyArgument,
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
        What::Record => Some(SealedBodies::walk(&disk).map_err(|fault| explained(fault, folder))?),
    };
    let vouched: &mut dyn Vouched = match &mut bodies {
        Some(bodies) => bodies,
        None => &mut NothingVouched,
    };
    let report = fsck(&disk, &verifier, vouched).map_err(|fault| explained(fault, folder))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let name = verifier.key().name();
    if arguments.json {
        write_json(&mut out, name, &report, bodies.as_ref())?;
    } else {
        write_text(&mut out, name, &report, bodies.as_ref())?;
        if !is_given {
            let ink = Ink::for_stdout();
            let note = "the log's key is the one in the folder: --log-key holds it against yours";
            writeln!(out, "{}", ink.faint(note))?;
        }
    }
    out.flush()?;
    Ok(if report.is_clean() { Outcome::Done } else { Outcome::Refused })
}

fn write_json(
    out: &mut impl Write,
    name: &str,
    report: &Report,
    bodies: Option<&SealedBodies>,
) -> io::Result<()> {
    let told = |finding: &Finding| json!({ "path": finding.path, "code": finding.code, "reason": finding.reason });
    let findings: Vec<_> = report.findings.iter().map(told).collect();
    let bodies = bodies.map(|bodies| {
        let (held, erased) = bodies.counts();
        json!({ "held": held, "erased": erased })
    });
    let report = json!({
        "log": name, "entries": report.entries, "files": report.files, "bytes": report.bytes,
        "bodies": bodies, "findings": findings, "more_findings": report.more,
    });
    writeln!(out, "{report}")
}

fn write_text(
    out: &mut impl Write,
    name: &str,
    report: &Report,
    bodies: Option<&SealedBodies>,
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
