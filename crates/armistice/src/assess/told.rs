//! What a person is told at the end, and a machine.

use std::cmp::Reverse;
use std::io::{self, Write};

use agreement::Clause;
use assess::Verdict;
use publish::{ReportInput, Treatment};
use serde_json::{Value, json};

use super::Timings;
use crate::arguments::Assess;
use crate::check::counted;
use crate::console::{Columns, Ink, plain};

/// Most clauses that the table lists; all are in `summary.json`.
const CLAUSES_LISTED_MAX: usize = 60;

/// Prints the table, or JSON. How long it took is told to whoever asks, on standard error: what is
/// printed is the same on every run.
pub(super) fn print(
    arguments: &Assess,
    input: &ReportInput<'_>,
    timings: &Timings,
    out: &mut impl Write,
) -> io::Result<()> {
    if arguments.json {
        return print_json(arguments, input, timings, out);
    }
    writeln!(out, "{}", Ink::for_stdout().strong(plain(&input.pack.title)))?;
    writeln!(out)?;
    clauses(input).print(out)?;
    let unlisted = input.pack.clauses.len().saturating_sub(CLAUSES_LISTED_MAX);
    if unlisted > 0 {
        writeln!(out, "and {}: all are in summary.json", counted(unlisted, "other clause"))?;
    }
    writeln!(out)?;
    let sum = |count: fn(&publish::InputFile) -> u64| input.inputs.iter().map(count).sum::<u64>();
    writeln!(
        out,
        "{} findings, {} alerts, {} anomalies; {} records used, {} passed over, {} rejected",
        input.overview.findings(),
        input.overview.alerts(),
        input.overview.anomalies(),
        sum(|file| file.admitted),
        input.passed_over,
        sum(|file| file.rejected),
    )?;
    let of_tracks = input.air.map_or(0, |air| air.points_outside_period);
    let of_reports = input.incidents.map_or(0, |incidents| incidents.outside_period);
    if of_tracks + of_reports > 0 {
        let outside = of_tracks + of_reports;
        writeln!(out, "  {outside} of those used lie outside the time asked for: not looked at")?;
    }
    for reject in &input.rejects {
        writeln!(out, "  {} x {}: {}", reject.times, reject.code, plain(&reject.repair))?;
    }
    for note in &input.notes {
        writeln!(out, "  {}", plain(note))?;
    }
    writeln!(out, "{}", arguments.out.join("report.html").display())?;
    out.flush()?;
    if arguments.verbose { print_timings(timings) } else { Ok(()) }
}

/// The clauses that have a row: all, or where they are too many to read, those with the gravest
/// findings.
fn listed<'a>(input: &'a ReportInput<'_>) -> Vec<&'a Clause> {
    let mut listed: Vec<&Clause> = input.pack.clauses.values().collect();
    if listed.len() > CLAUSES_LISTED_MAX {
        let counts = |clause: &&Clause| {
            Reverse(Verdict::ALL.map(|verdict| input.overview.count(&clause.id, verdict)))
        };
        listed.sort_by_key(counts);
        listed.truncate(CLAUSES_LISTED_MAX);
    }
    listed
}

fn clauses(input: &ReportInput<'_>) -> Columns {
    let mut table =
        Columns::headed(&["clause", "kind", "breach", "alleged", "undetermined", "clear", ""]);
    for clause in listed(input) {
        let treatment = input.treatments.get(&clause.id);
        let count = |verdict| input.overview.count(&clause.id, verdict);
        let assessed = !matches!(treatment, None | Some(Treatment::NotAssessed(_)));
        let cell = |verdict| if assessed { count(verdict).to_string() } else { "-".to_owned() };
        let [breach, alleged, undetermined, clear] = Verdict::ALL.map(cell);
        let note = match treatment {
            Some(Treatment::AsIfAdopted) => "as if adopted".to_owned(),
            Some(Treatment::NotAssessed(why)) => format!("not assessed: {why}"),
            Some(Treatment::Assessed) | None => String::new(),
        };
        let kind = clause.kind.name().to_owned();
        table.row([clause.id.to_string(), kind, breach, alleged, undetermined, clear, note]);
    }
    table
}

fn print_timings(timings: &Timings) -> io::Result<()> {
    let parts: Vec<String> =
        timings.parts.iter().map(|(part, seconds)| format!("{part} {seconds:.3} s")).collect();
    if timings.on_disk > 0 {
        let mebibytes = timings.on_disk as f64 / f64::from(1 << 20);
        let said = "of what was found did not fit into memory (--held-mib) and waited on disk";
        writeln!(io::stderr().lock(), "{mebibytes:.1} MiB {said}")?;
    }
    writeln!(io::stderr().lock(), "{}", Ink::for_stderr().faint(parts.join(", ")))
}

fn print_json(
    arguments: &Assess,
    input: &ReportInput<'_>,
    timings: &Timings,
    out: &mut impl Write,
) -> io::Result<()> {
    let summary: Value = serde_json::from_str(&publish::summary_json(input))?;
    let seconds: serde_json::Map<String, Value> =
        timings.parts.iter().map(|&(part, s)| (part.replace(' ', "_"), json!(s))).collect();
    let told = json!({
        "on_disk_bytes": timings.on_disk,
        "out": arguments.out.display().to_string(),
        "summary": summary,
        "timings_s": seconds,
    });
    writeln!(out, "{told:#}")
}
