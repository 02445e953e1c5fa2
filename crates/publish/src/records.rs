//! The tables of what went in and what was noticed on the way: reports, alerts, anomalies,
//! rejects, files.

use crate::input::ReportInput;
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::tables::{nothing, table};
use crate::wording::{self, count};

/// Most alerts that the page lists; all are in `alerts.jsonl`.
pub(crate) const ALERTS_LISTED_MAX: usize = 100;

/// Where every report went: what each clause made of it.
pub(crate) fn account(m: &mut Markup, input: &ReportInput<'_>) {
    let Some(tally) = input.incidents else {
        return nothing(m, "No reports went in.");
    };
    let heads = [
        ("Clause", ""),
        ("Reports", "number"),
        ("Alleged", "number"),
        ("Undetermined", "number"),
        ("Outside, by the first reason that holds", ""),
    ];
    table(m, "", &heads, |m| {
        for (clause, counts) in &tally.clauses {
            let undetermined = counts.undetermined.values().sum();
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"row")], clause);
                for n in [counts.total(), counts.alleged, undetermined] {
                    m.line("td", &[("class", &"number")], count(n));
                }
                let reasons = counts.outside.iter();
                let reasons =
                    reasons.map(|(why, n)| format!("{} {}", count(*n), wording::outside(*why)));
                m.line("td", &[], reasons.collect::<Vec<_>>().join(", "));
            });
        }
    });
    let others = [
        (tally.repeats, "handed in again"),
        (tally.outside_period, "of another time"),
        (tally.corrected, "replaced by a correction of their own source"),
    ];
    for (times, what) in others.into_iter().filter(|(times, _)| *times > 0) {
        m.line(
            "p",
            &[("class", &"note")],
            format_args!("{}, not counted: {what}.", wording::counted(times, "report")),
        );
    }
}

/// The alerts, by time.
pub(crate) fn alerts(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    if input.overview.alerts() == 0 {
        return nothing(m, "None.");
    }
    let raised = format!("Raised ({})", clock.zone_name());
    let heads = [
        (&*raised, ""),
        ("Alert", ""),
        ("Aircraft or feed", ""),
        ("Clause, area", ""),
        ("Entry predicted", ""),
    ];
    table(m, "", &heads, |m| {
        for alert in input.overview.first_alerts() {
            m.within("tr", &[], |m| {
                m.line(
                    "td",
                    &[("class", &"nowrap"), ("title", &alert.raised_at)],
                    clock.said(alert.raised_at),
                );
                m.line("td", &[], wording::alert(alert.kind));
                let feed = alert.feed.as_ref().and_then(|(n, _)| input.inputs.get(usize::from(*n)));
                let about = alert.aircraft.map(|a| a.to_string());
                let about = about.or_else(|| feed.map(|file| file.name.clone()));
                m.within("td", &[], |m| m.name(about.unwrap_or_default()));
                m.within("td", &[], |m| {
                    if let Some((clause, area)) = &alert.clause {
                        m.text(clause);
                        m.line("span", &[("class", &"sub")], area);
                    }
                });
                let entry = alert.entry_predicted_at.map(|at| clock.said(at));
                m.line("td", &[("class", &"nowrap")], entry.unwrap_or_default());
            });
            m.newline();
        }
    });
    let all = input.overview.alerts();
    if all > ALERTS_LISTED_MAX as u64 {
        let all = count(all);
        let said =
            format!("{ALERTS_LISTED_MAX} of {all} are listed here. All are in alerts.jsonl.");
        m.line("p", &[("class", &"note")], said);
    }
}

/// The anomalies, counted by kind.
pub(crate) fn anomalies(m: &mut Markup, input: &ReportInput<'_>) {
    let kinds = input.overview.anomaly_kinds();
    if kinds.is_empty() {
        return nothing(m, "None.");
    }
    let heads = [("Anomaly", ""), ("What it is", ""), ("Times", "number"), ("Subjects", "number")];
    table(m, "", &heads, |m| {
        for (kind, noticed) in kinds {
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"row"), ("class", &"nowrap")], kind.code());
                m.line("td", &[], kind.said());
                m.line("td", &[("class", &"number")], count(noticed.times));
                m.line("td", &[("class", &"number")], count(noticed.subjects.len() as u64));
            });
        }
    });
    m.line(
        "p",
        &[("class", &"note")],
        "Each one, with its time and its first record, is in anomalies.jsonl.",
    );
}

/// The rejected records, counted by code.
pub(crate) fn rejects(m: &mut Markup, input: &ReportInput<'_>) {
    if input.rejects.is_empty() {
        return nothing(m, "None.");
    }
    let heads = [("Code", ""), ("What is wrong", ""), ("What to do", ""), ("Times", "number")];
    table(m, "", &heads, |m| {
        for reject in &input.rejects {
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"row"), ("class", &"nowrap")], &reject.code);
                m.within("td", &[], |m| m.name(&reject.reason));
                m.within("td", &[], |m| m.name(&reject.repair));
                m.line("td", &[("class", &"number")], count(reject.times));
            });
        }
    });
    m.line("p", &[("class", &"note")], "Each one, with its file and record, is in rejects.jsonl.");
}

/// Digests and counts of all that shaped the report.
pub(crate) fn provenance(m: &mut Markup, input: &ReportInput<'_>) {
    let version = input.pack.version.0.to_string();
    let rules = input.rules.to_string();
    m.within("dl", &[], |m| {
        for (name, value) in [("Agreement version", version), ("Rules", rules)] {
            m.line("dt", &[], name);
            m.line("dd", &[("class", &"digest")], value);
        }
        m.line("dt", &[], "To check a finding");
        m.line(
            "dd",
            &[],
            "run the same inputs under the same rules: the files come out with the same bytes. An \
             id is the SHA-256 of the canonical finding (RFC 8785) without id and locators.",
        );
    });
    let heads = [
        ("File", ""),
        ("Read as", ""),
        ("Bytes", "number"),
        ("Used", "number"),
        ("Rejected", "number"),
        ("SHA-256", ""),
    ];
    table(m, "", &heads, |m| {
        for file in &input.inputs {
            m.within("tr", &[], |m| {
                m.within("th", &[("scope", &"row")], |m| {
                    m.name(&file.name);
                    if let Some(sensor) = &file.sensor {
                        m.line("span", &[("class", &"sub")], format_args!("sensor {sensor}"));
                    }
                });
                m.line("td", &[], format_args!("{}, {}", file.kind.as_str(), file.format));
                for n in [file.bytes, file.admitted, file.rejected] {
                    m.line("td", &[("class", &"number")], count(n));
                }
                m.line("td", &[("class", &"digest")], file.digest);
            });
            m.newline();
        }
    });
    if input.passed_over > 0 {
        let records = wording::counted(input.passed_over, "sound record");
        let said = format_args!("Besides, {records} held no position and were passed over.");
        m.line("p", &[("class", &"note")], said);
    }
}
