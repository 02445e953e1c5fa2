//! `armistice check`: every fault in a pack, or what the pack says.

use std::io::{self, Write};
use std::path::Path;

use agreement::{ClauseStatus, Note, Pack, PackFault, Role};
use serde_json::json;

use crate::arguments::Check;
use crate::console::{Columns, Ink, plain};
use crate::faults;
use crate::outcome::Outcome;
use crate::pack::PackFolder;

/// Runs the command.
pub(crate) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let files = PackFolder::read(&arguments.pack)?;
    let checked = files.check();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let ink = Ink::for_stdout();
    match (&checked, arguments.json) {
        (Ok((pack, notes)), true) => write_json(&mut out, Some(pack), notes, &[])?,
        (Err(faults), true) => write_json(&mut out, None, &[], faults)?,
        (Ok((pack, notes)), false) => {
            for note in notes {
                faults::print_note(&mut out, ink, &arguments.pack, note)?;
            }
            print_pack(&mut out, ink, &arguments.pack, pack, notes.len())?;
        }
        (Err(faults), false) => {
            for fault in faults {
                faults::print_fault(&mut out, ink, &arguments.pack, &files, fault)?;
            }
            let count = counted(faults.len(), "fault");
            writeln!(out, "{}", ink.fault(format_args!("{}: {count}", arguments.pack.display())))?;
        }
    }
    out.flush()?;
    Ok(if checked.is_ok() { Outcome::Done } else { Outcome::Refused })
}

fn print_pack(
    out: &mut impl Write,
    ink: Ink,
    folder: &Path,
    pack: &Pack,
    notes: usize,
) -> io::Result<()> {
    writeln!(out, "{}", ink.strong(plain(&pack.title)))?;
    writeln!(out, "{}", ink.faint(format_args!("version {}", pack.version.0)))?;
    writeln!(out)?;
    let mut clauses = Columns::headed(&["clause", "kind", "status", "in force from", "areas"]);
    let zone = spacetime::zone_rules(&pack.time_zone).ok();
    let local = |at| zone.as_ref().and_then(|zone| zone.local_at(at));
    for clause in pack.clauses.values() {
        let from = clause.in_force.start();
        let from = match local(from) {
            Some(local) if from > spacetime::Instant::MIN => local.to_string().replace('T', " "),
            _ if clause.status == ClauseStatus::Proposed => String::new(),
            _ => "always".to_owned(),
        };
        let areas: Vec<&str> = clause.areas.iter().map(agreement::AreaId::as_str).collect();
        let status = publish::status_word(clause.status).to_owned();
        let kind = clause.kind.name().to_owned();
        clauses.row([clause.id.to_string(), kind, status, from, areas.join(", ")]);
    }
    clauses.print(out)?;
    writeln!(out)?;
    let of_role = |role| pack.parties.values().filter(|party| party.role == role).count();
    let parts = [
        counted(of_role(Role::Adherent), "adherent"),
        counted(of_role(Role::Guarantor), "guarantor"),
        counted(of_role(Role::Excluded), "excluded group"),
        counted(pack.areas.len(), "area"),
        counted(pack.sensors.len(), "sensor"),
        counted(pack.posts.len(), "post"),
    ];
    writeln!(out, "{}; times are those of {}.", parts.join(", "), pack.time_zone)?;
    let notes = if notes == 0 { String::new() } else { format!(", {}", counted(notes, "note")) };
    writeln!(out, "{}: sound{notes}.", folder.display())
}

pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn write_json(
    out: &mut impl Write,
    pack: Option<&Pack>,
    notes: &[Note],
    faults: &[PackFault],
) -> io::Result<()> {
    let value = json!({
        "faults": faults.iter().map(faults::fault_json).collect::<Vec<_>>(),
        "notes": notes.iter().map(faults::note_json).collect::<Vec<_>>(),
        "pack": pack.map(|pack| json!({
            "areas": pack.areas.keys().collect::<Vec<_>>(),
            "clauses": pack.clauses.values().map(|clause| json!({
                "id": clause.id,
                "kind": clause.kind.name(),
                "status": clause.status,
            })).collect::<Vec<_>>(),
            "id": pack.id,
            "parties": pack.parties.keys().collect::<Vec<_>>(),
            "title": pack.title,
            "version": pack.version,
        })),
        "sound": pack.is_some(),
    });
    writeln!(out, "{value:#}")
}
