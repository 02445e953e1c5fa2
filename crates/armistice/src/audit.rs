//! `armistice audit`: a record run again, and held against what was put on it.

use std::io::{self, Write};
use std::path::PathBuf;

use agreement::Pack;
use agreement::statement::chain::Irregularity;
use anyhow::Context as _;
use audit::compare::Run;
use audit::{Audit, Checked, Flaw, Folder, Log, LogFault, OpenedBodies, Private};
use clap::Args;
use serde_json::{Value, json};
use spacetime::Instant;
use tlog::{SignatureType, VerifierKey};

use crate::console::{Columns, Ink, plain};
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::pack;
use crate::views::log_folder;

/// Most lines about one kind of thing that are printed.
const LINES_MAX: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Reads a log from plain files (a record, or what `mirror` keeps), checks every leaf, and runs every
assessment on it again with the bodies that it is given: files of claims, or what `open` prints.
Findings come out as

  agreed      the same, to the byte
  differing   recorded, and not found again; missing: found, and not recorded
  sealed      it stands on a body that was not given
  erased      it stands on a body that was destroyed: verified, not re-runnable
  damaged     it stands on an entry that cannot be read

Exit code 1 when something contradicts the record.

  armistice audit out/record --pack PACK --log example.org/record+1a2b3c4d+AbC... \\
      --bodies a.jsonl --bodies b.jsonl
  armistice audit mirror --pack PACK --log $LOG --json | jq '.assessments[].findings[]'")]
pub(crate) struct Arguments {
    /// Folder of the record, of a mirror, or that with `checkpoint` and `tile` in it.
    log: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What reading a record takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reading {
    /// Folder of the pack.
    #[arg(long, value_name = "DIR")]
    pub(crate) pack: PathBuf,
    /// Verifier key of the log, as `key show --name` prints it.
    #[arg(long = "log", value_name = "VKEY", value_parser = log_key)]
    pub(crate) log_key: VerifierKey,
    /// Bodies that you may open: JSON lines with `body` and `salt`. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) bodies: Vec<PathBuf>,
}

pub(crate) fn log_key(text: &str) -> Result<VerifierKey, String> {
    VerifierKey::parse(text).map_err(|fault| format!("{fault}; see armistice key show --name"))
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let reading = &arguments.reading;
    let pack = pack::sound(&reading.pack)?;
    let log = log(&Folder::new(log_folder(&arguments.log)), &reading.log_key)?;
    is_of(&log, &pack)?;
    let bodies = bodies(&reading.bodies)?;
    let cosignatures = Cosignatures::of(&log, &pack);
    let found = audit::audit(&pack, &log, &bodies, &|since| cosignatures.size_before(since))
        .map_err(|why| Refused(format!("the pack has a key that is none: {why}")))?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{:#}", as_json(&log, &found, &cosignatures))?;
    } else {
        print(&log, &found, &cosignatures, &mut out)?;
    }
    if found.contradicts() {
        return Err(Refused("something contradicts the record".to_owned()).into());
    }
    Ok(Outcome::Done)
}

/// The log in a folder, under its key.
pub(crate) fn log(files: &Folder, key: &VerifierKey) -> anyhow::Result<Log> {
    match Log::read(files.clone(), key, &[]) {
        Ok(log) => Ok(log),
        Err(fault @ LogFault::Read { .. }) => Err(fault).context("the log cannot be read"),
        Err(fault) => Err(Refused(format!("{:#}", anyhow::Error::new(fault))).into()),
    }
}

/// That the record is of this version of the agreement, as far as it says: under another roster, every
/// signature on it would be called false.
pub(crate) fn is_of(log: &Log, pack: &Pack) -> anyhow::Result<()> {
    let adopted = audit::said_adopted(log);
    let (version, ours) = (|(_, version): &(u64, agreement::Digest)| *version, pack.version.0);
    match adopted.last() {
        Some((leaf, last)) if !adopted.iter().map(version).any(|version| version == ours) => {
            let said = format!(
                "the record says at leaf {leaf} that version {last} of the agreement was adopted, and the pack \
                 is version {ours}: give the pack that was adopted"
            );
            Err(WrongUsage(said).into())
        }
        _ => Ok(()),
    }
}

/// The bodies in some files.
pub(crate) fn bodies(paths: &[PathBuf]) -> anyhow::Result<OpenedBodies> {
    let mut bodies = OpenedBodies::default();
    for path in paths {
        let refused =
            bodies.read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        if let Some((line, why)) = refused.first() {
            let said = format!("{} line {line}: {why}", path.display());
            return Err(WrongUsage(said).into());
        }
    }
    Ok(bodies)
}

/// Who of the pack's witnesses cosigned the checkpoint, and when.
pub(crate) struct Cosignatures {
    size: u64,
    /// Names and times, in seconds.
    by: Vec<(String, u64)>,
    /// Witnesses of the pack that did not.
    not_by: Vec<String>,
}

impl Cosignatures {
    pub(crate) fn of(log: &Log, pack: &Pack) -> Self {
        let witnesses = pack.witness_groups.values().flat_map(|group| &group.witnesses);
        let keys: Vec<VerifierKey> = witnesses
            .filter_map(|witness| {
                let kind = SignatureType::CosignatureEd25519;
                VerifierKey::ed25519(&witness.name, kind, &witness.ed25519).ok()
            })
            .collect();
        // A note that no known key has signed is refused as a whole, which here is no fault.
        let signed = log.checkpoint.note().verify(&keys).unwrap_or_default();
        let by: Vec<(String, u64)> = signed
            .iter()
            .filter_map(|signed| Some((signed.key.name().to_owned(), signed.time_s?)))
            .collect();
        let not_by = keys
            .iter()
            .map(|key| key.name().to_owned())
            .filter(|name| !by.iter().any(|(signer, _)| signer == name))
            .collect();
        Self { size: log.size(), by, not_by }
    }

    /// The size of the tree if a witness cosigned it before an instant.
    pub(crate) fn size_before(&self, since: Instant) -> u64 {
        let before = |&(_, time_s): &(String, u64)| {
            i64::try_from(time_s).is_ok_and(|s| s.saturating_mul(1_000_000) < since.micros())
        };
        if self.by.iter().any(before) { self.size } else { 0 }
    }
}

fn print(
    log: &Log,
    found: &Audit,
    cosignatures: &Cosignatures,
    out: &mut impl Write,
) -> io::Result<()> {
    let ink = Ink::for_stdout();
    let checkpoint = log.checkpoint.checkpoint();
    writeln!(out, "{}", ink.strong(plain(&checkpoint.origin)))?;
    let by: Vec<&str> = cosignatures.by.iter().map(|(name, _)| name.as_str()).collect();
    let by = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
    writeln!(out, "{} entries, cosigned by {}", checkpoint.size, plain(&by))?;
    if !cosignatures.not_by.is_empty() {
        writeln!(out, "not cosigned by {}", plain(&cosignatures.not_by.join(", ")))?;
    }
    let replay = &found.replay;
    some(out, found.flaws.iter().map(said_of_flaw))?;
    let wrong = |wrong: &audit::replay::Wrong| format!("leaf {}: {}", wrong.leaf, wrong.refusal);
    some(out, replay.wrong.iter().map(wrong))?;
    some(out, replay.irregular.iter().map(said_of_irregularity))?;
    let mut notes = vec![format!("{} bodies not read", replay.withheld.len())];
    if !replay.unknown.is_empty() {
        notes.push(format!("{} statements of kinds not known here", replay.unknown.len()));
    }
    if !replay.contested.is_empty() {
        notes.push(format!("{} contested", replay.contested.len()));
    }
    notes.extend(said_of_private(&replay.private));
    writeln!(out, "{}", notes.join("; "))?;
    writeln!(out)?;
    let mut table = Columns::headed(&["assessment at leaf", "of entries", "findings", "outcome"]);
    for checked in &found.checked {
        let said = &checked.recorded.said;
        table.row([
            checked.recorded.leaf.to_string(),
            said.tree_size.to_string(),
            said.findings.to_string(),
            said_of_run(checked),
        ]);
    }
    table.print(out)?;
    for checked in &found.checked {
        let Run::Findings(findings) = &checked.run else { continue };
        for finding in findings.iter().filter(|f| f.outcome.as_str() != "agreed") {
            writeln!(
                out,
                "  {} {} ({}) {} on leaves {:?}",
                finding.outcome.as_str(),
                &finding.id.to_string()[..16],
                plain(&finding.clause),
                plain(&finding.verdict),
                finding.leaves,
            )?;
        }
    }
    out.flush()
}

/// The first of some lines, and how many more there are.
fn some(out: &mut impl Write, lines: impl ExactSizeIterator<Item = String>) -> io::Result<()> {
    let more = lines.len().saturating_sub(LINES_MAX);
    for line in lines.take(LINES_MAX) {
        writeln!(out, "  {line}")?;
    }
    if more > 0 {
        writeln!(out, "  and {more} more like it: --json has them all")?;
    }
    Ok(())
}

fn said_of_flaw(flaw: &Flaw) -> String {
    match flaw {
        Flaw::Entry { leaf } => format!("leaf {leaf}: the entry is not the one in the tree"),
        Flaw::File { path, leaf, leaves } => {
            format!("{path}: missing or torn, {leaves} leaves from {leaf} on")
        }
        Flaw::Tile { path } => {
            format!("{path}: missing, or not what the leaves below it make: proofs from it fail")
        }
        Flaw::Root => "the leaves do not make the tree of the checkpoint".to_owned(),
    }
}

fn said_of_irregularity(found: &Irregularity) -> String {
    match found {
        Irregularity::Gap { device, from, to } => {
            format!("{device}: after the statements before number {from} comes number {to}")
        }
        Irregularity::Break { device, sequence } => {
            format!("{device}: number {sequence} does not follow on the one before it")
        }
        Irregularity::Twice { device, sequence, .. } => {
            format!("{device}: two statements under number {sequence}: its key signed both")
        }
    }
}

fn said_of_run(checked: &Checked) -> String {
    match &checked.run {
        Run::Findings(findings) => {
            let mut counts = std::collections::BTreeMap::new();
            for finding in findings {
                *counts.entry(finding.outcome.as_str()).or_insert(0_u64) += 1;
            }
            let all_agree = findings.iter().all(|f| f.outcome.as_str() == "agreed");
            if all_agree {
                return format!("agreed on every finding ({})", findings.len());
            }
            let counts: Vec<String> =
                counts.into_iter().map(|(outcome, times)| format!("{times} {outcome}")).collect();
            counts.join(", ")
        }
        Run::RootAlone { is_same: true, .. } => "the same root; its findings are sealed".to_owned(),
        Run::RootAlone { withheld: Some(leaf), .. } => {
            format!("cannot be run again: leaf {leaf} and its own findings are sealed")
        }
        Run::RootAlone { .. } => "another root".to_owned(),
        Run::OtherRules { ours } => format!("other rules; ours are {}", &ours.to_string()[..16]),
        Run::OtherAgreement { ours } => {
            format!("another version of the agreement; ours is {}", &ours.to_string()[..16])
        }
        Run::Wrong(why) => why.to_string(),
    }
}

fn as_json(log: &Log, found: &Audit, cosignatures: &Cosignatures) -> Value {
    let checkpoint = log.checkpoint.checkpoint();
    let assessments: Vec<Value> = found.checked.iter().map(checked_json).collect();
    let withheld = found.replay.withheld.iter();
    let withheld: Vec<Value> = withheld
        .map(|(leaf, (kind, why))| {
            json!({ "kind": kind.as_str(), "leaf": leaf, "why": format!("{why:?}").to_lowercase() })
        })
        .collect();
    let wrong = found.replay.wrong.iter();
    json!({
        "assessments": assessments,
        "contested": found.replay.contested,
        "contradicts": found.contradicts(),
        "cosigned_by": cosignatures.by.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "counts": found.counts(),
        "flaws": found.flaws.iter().map(said_of_flaw).collect::<Vec<_>>(),
        "irregular": found.replay.irregular.iter().map(said_of_irregularity).collect::<Vec<_>>(),
        "origin": checkpoint.origin,
        "private": private_json(&found.replay.private),
        "size": checkpoint.size,
        "unknown": found.replay.unknown.keys().collect::<Vec<_>>(),
        "withheld": withheld,
        "wrong": wrong
            .map(|w| json!({ "leaf": w.leaf, "why": w.refusal.to_string() }))
            .collect::<Vec<_>>(),
    })
}

fn private_json(private: &Private) -> Value {
    let kinds = private.statements.iter().map(|(kind, count)| (kind.as_str(), count));
    let incomplete = private.incomplete.iter().map(|one| {
        json!({
            "cells": one.have, "forged": one.is_forged, "of": one.parts, "statement": one.statement,
        })
    });
    json!({
        "covers": private.covers,
        "incomplete": incomplete.collect::<Vec<_>>(),
        "statements": kinds.collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// What was said in private, as far as its cells were opened; nothing where none was.
fn said_of_private(private: &Private) -> Option<String> {
    let count = |(kind, count): (&agreement::statement::Kind, &u64)| format!("{count} {kind}");
    let kinds: Vec<String> = private.statements.iter().map(count).collect();
    let forged = private.incomplete.iter().filter(|one| one.is_forged).count();
    let partial = private.incomplete.len() - forged;
    let mut told = Vec::new();
    if !kinds.is_empty() {
        told.push(format!("said in private: {}", kinds.join(", ")));
    }
    if partial > 0 {
        told.push(format!("{partial} private statements of which cells were not given"));
    }
    if forged > 0 {
        told.push(format!("{forged} private statements that their cells do not make"));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

fn checked_json(checked: &Checked) -> Value {
    let findings: Vec<Value> = match &checked.run {
        Run::Findings(findings) => findings
            .iter()
            .map(|finding| {
                json!({
                    "clause": finding.clause,
                    "id": finding.id,
                    "leaves": finding.leaves,
                    "outcome": finding.outcome.as_str(),
                    "verdict": finding.verdict,
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    json!({
        "findings": findings,
        "leaf": checked.recorded.leaf,
        "outcome": said_of_run(checked),
        "tree_size": checked.recorded.said.tree_size,
    })
}
