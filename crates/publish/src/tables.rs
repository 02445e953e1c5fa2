//! The tables of the report.

use std::collections::BTreeMap;

use agreement::{Clause, Digest};
use assess::{AnomalyKind, Recorded, Verdict};
use spacetime::Interval;

use crate::input::ReportInput;
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::palette;
use crate::wording::{self, count};

/// Prefix of the verdicts' signs on the page.
pub(crate) const SIGNS: &str = "page";
/// Most findings of one verdict that the page lists; all are in `findings.jsonl`.
pub(crate) const FINDINGS_LISTED_MAX: usize = 200;
/// Most alerts that the page lists; all are in `alerts.jsonl`.
pub(crate) const ALERTS_LISTED_MAX: usize = 100;

/// A verdict's sign, inside text.
pub(crate) fn sign(m: &mut Markup, verdict: Verdict) {
    let class = format!("sign {}", palette::class(verdict));
    let href = format!("#{SIGNS}-sign-{}", verdict.as_str());
    m.within("svg", &[("class", &class), ("aria-hidden", &"true")], |m| {
        m.leaf("use", &[("href", &href)]);
    });
}

fn table(m: &mut Markup, class: &str, heads: &[(&str, &str)], body: impl FnOnce(&mut Markup)) {
    m.within("div", &[("class", &"scroll")], |m| {
        m.within("table", &[("class", &class)], |m| {
            m.within("thead", &[], |m| {
                m.within("tr", &[], |m| {
                    for (head, class) in heads {
                        m.line("th", &[("scope", &"col"), ("class", class)], head);
                    }
                });
            });
            m.within("tbody", &[], body);
        });
    });
}

fn nothing(m: &mut Markup, said: &str) {
    m.line("p", &[("class", &"empty")], said);
}

/// One row for each clause: what it is, what was done about it, and its findings by verdict.
pub(crate) fn clauses(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    let mut counts: BTreeMap<(&str, Verdict), u64> = BTreeMap::new();
    for recorded in input.findings {
        let finding = &recorded.finding;
        *counts.entry((finding.clause.as_str(), finding.verdict)).or_default() += 1;
    }
    let words = Verdict::ALL.map(|verdict| (palette::word(verdict), "number"));
    let heads = [("Clause", ""), ("Kind", ""), ("In force", "")].into_iter().chain(words);
    table(m, "", &heads.collect::<Vec<_>>(), |m| {
        for clause in input.pack.clauses.values() {
            m.within("tr", &[], |m| {
                clause_cells(m, input, clock, clause);
                for verdict in Verdict::ALL {
                    let n = counts.get(&(clause.id.as_str(), verdict)).copied().unwrap_or(0);
                    let class = if n == 0 { "number zero" } else { "number" };
                    m.line("td", &[("class", &class)], count(n));
                }
            });
            m.newline();
        }
    });
}

fn clause_cells(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock, clause: &Clause) {
    m.within("th", &[("scope", &"row"), ("title", &clause.encodes)], |m| {
        m.name(&clause.title);
        let done = wording::treatment(input.treatments.get(&clause.id), clause.status);
        m.line("span", &[("class", &"sub")], format_args!("{} · {done}", clause.id));
    });
    m.line("td", &[("class", &"nowrap")], clause.kind.name());
    m.within("td", &[], |m| when(m, clock, clause.in_force));
}

/// An interval in local time, with UTC for whoever asks.
fn when(m: &mut Markup, clock: &LocalClock, span: Interval) {
    let utc = format!("{} to {} (UTC)", span.start(), span.end());
    m.line("span", &[("title", &utc)], clock.said_span(span));
}

/// The findings, gravest first.
pub(crate) fn findings(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    if input.findings.is_empty() {
        return nothing(m, "None.");
    }
    let when = format!("When ({})", clock.zone_name());
    let heads = [
        ("Verdict", ""),
        ("Clause, area", ""),
        ("Subject", ""),
        (&when, ""),
        ("Why", ""),
        ("Margin", ""),
        ("Evidence", ""),
        ("Id", ""),
    ];
    table(m, "", &heads, |m| {
        for verdict in Verdict::ALL {
            let of_verdict = input.findings.iter().filter(|r| r.finding.verdict == verdict);
            for recorded in of_verdict.take(FINDINGS_LISTED_MAX) {
                m.within("tr", &[], |m| finding_cells(m, input, clock, recorded));
                m.newline();
            }
        }
    });
    for verdict in Verdict::ALL {
        let all = input.findings.iter().filter(|r| r.finding.verdict == verdict).count();
        if all > FINDINGS_LISTED_MAX {
            let said = format!(
                "{}: {FINDINGS_LISTED_MAX} of {} are listed here. All are in findings.jsonl.",
                palette::word(verdict),
                count(all as u64)
            );
            m.line("p", &[("class", &"note")], said);
        }
    }
}

fn finding_cells(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock, recorded: &Recorded) {
    let finding = &recorded.finding;
    m.within("th", &[("scope", &"row"), ("class", &"verdict")], |m| {
        sign(m, finding.verdict);
        m.line("span", &[], palette::word(finding.verdict));
    });
    m.within("td", &[], |m| {
        m.text(&finding.clause);
        m.within("span", &[("class", &"sub")], |m| match input.pack.areas.get(&finding.area) {
            Some(area) => m.name(&area.name),
            None => m.text(&finding.area),
        });
    });
    m.within("td", &[], |m| m.name(wording::subject(&finding.subject)));
    m.within("td", &[], |m| when(m, clock, finding.interval));
    m.line("td", &[("title", &finding.reason.code())], finding.reason.said());
    m.within("td", &[("class", &"nowrap")], |m| {
        for said in wording::margin(finding.margin) {
            m.line("span", &[], said);
            m.leaf("br", &[]);
        }
    });
    m.within("td", &[], |m| {
        let pieces = finding.evidence.len() as u64;
        m.text(wording::counted(pieces, "record"));
        m.line("span", &[("class", &"sub")], wording::confidence(finding.confidence));
    });
    m.within("td", &[], |m| short_digest(m, finding.id()));
}

fn short_digest(m: &mut Markup, digest: Digest) {
    let full = digest.to_string();
    m.line("code", &[("title", &full)], &full[..10]);
}

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
    let others = [(tally.repeats, "handed in again"), (tally.outside_period, "of another time")];
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
    if input.alerts.is_empty() {
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
        for alert in input.alerts.iter().take(ALERTS_LISTED_MAX) {
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
    if input.alerts.len() > ALERTS_LISTED_MAX {
        let all = count(input.alerts.len() as u64);
        let said =
            format!("{ALERTS_LISTED_MAX} of {all} are listed here. All are in alerts.jsonl.");
        m.line("p", &[("class", &"note")], said);
    }
}

/// The anomalies, counted by kind.
pub(crate) fn anomalies(m: &mut Markup, input: &ReportInput<'_>) {
    if input.anomalies.is_empty() {
        return nothing(m, "None.");
    }
    let mut kinds: BTreeMap<AnomalyKind, (u64, std::collections::BTreeSet<_>)> = BTreeMap::new();
    for anomaly in input.anomalies {
        let (times, subjects) = kinds.entry(anomaly.kind).or_default();
        *times += anomaly.times;
        subjects.insert(&anomaly.subject);
    }
    let heads = [("Anomaly", ""), ("What it is", ""), ("Times", "number"), ("Subjects", "number")];
    table(m, "", &heads, |m| {
        for (kind, (times, subjects)) in kinds {
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"row"), ("class", &"nowrap")], kind.code());
                m.line("td", &[], kind.said());
                m.line("td", &[("class", &"number")], count(times));
                m.line("td", &[("class", &"number")], count(subjects.len() as u64));
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
