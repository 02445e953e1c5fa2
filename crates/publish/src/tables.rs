//! The tables of clauses and findings, and what all tables share.

use std::collections::BTreeMap;

use agreement::{Clause, Digest};
use assess::{Recorded, Verdict};
use spacetime::Interval;

use crate::input::{ReportInput, Treatment};
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::palette;
use crate::wording::{self, count};

/// Prefix of the verdicts' signs on the page.
pub(crate) const SIGNS: &str = "page";
/// Most findings of one verdict that the page lists; all are in `findings.jsonl`.
pub(crate) const FINDINGS_LISTED_MAX: usize = 200;

/// A verdict's sign, inside text.
pub(crate) fn sign(m: &mut Markup, verdict: Verdict) {
    let class = format!("sign {}", palette::class(verdict));
    let href = format!("#{SIGNS}-sign-{}", verdict.as_str());
    m.within("svg", &[("class", &class), ("aria-hidden", &"true")], |m| {
        m.leaf("use", &[("href", &href)]);
    });
}

/// A table with a line of heads, each with the class of its column.
pub(crate) fn table(
    m: &mut Markup,
    class: &str,
    heads: &[(&str, &str)],
    body: impl FnOnce(&mut Markup),
) {
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

/// What stands where a table would be empty.
pub(crate) fn nothing(m: &mut Markup, said: &str) {
    m.line("p", &[("class", &"empty")], said);
}

/// One row for each clause: what it is, what was done about it, and its findings by verdict.
pub(crate) fn clauses(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    let words = Verdict::ALL.map(|verdict| (palette::word(verdict), "number"));
    let heads = [("Clause", ""), ("Kind", ""), ("In force", "")].into_iter().chain(words);
    table(m, "", &heads.collect::<Vec<_>>(), |m| {
        for clause in input.pack.clauses.values().filter(|clause| is_assessed(input, clause)) {
            m.within("tr", &[], |m| {
                clause_cells(m, input, clock, clause);
                for verdict in Verdict::ALL {
                    let n = input.overview.count(&clause.id, verdict);
                    let class = if n == 0 { "number zero" } else { "number" };
                    m.line("td", &[("class", &class)], count(n));
                }
            });
            m.newline();
        }
    });
    not_assessed(m, input);
}

fn is_assessed(input: &ReportInput<'_>, clause: &Clause) -> bool {
    let treatment = input.treatments.get(&clause.id);
    matches!(treatment, Some(Treatment::Assessed | Treatment::AsIfAdopted))
}

/// Clauses about which nothing is said, and why, in one paragraph.
fn not_assessed(m: &mut Markup, input: &ReportInput<'_>) {
    let mut left: BTreeMap<&str, Vec<&Clause>> = BTreeMap::new();
    for clause in input.pack.clauses.values().filter(|clause| !is_assessed(input, clause)) {
        let why = match input.treatments.get(&clause.id) {
            Some(Treatment::NotAssessed(why)) => why.as_str(),
            _ => wording::status_word(clause.status),
        };
        left.entry(why).or_default().push(clause);
    }
    for (why, clauses) in left {
        m.within("p", &[("class", &"note after")], |m| {
            m.text(format_args!("Not assessed, {why}: "));
            for (n, clause) in clauses.into_iter().enumerate() {
                m.text(if n == 0 { "" } else { "; " });
                m.name(&clause.title);
                m.text(format_args!(" ({})", clause.kind.name()));
            }
            m.text(".");
        });
    }
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
    if input.overview.findings() == 0 {
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
            for recorded in input.overview.listed(verdict) {
                m.within("tr", &[], |m| finding_cells(m, input, clock, recorded));
                m.newline();
            }
        }
    });
    for verdict in Verdict::ALL {
        let all = input.overview.of_verdict(verdict);
        if all > FINDINGS_LISTED_MAX as u64 {
            let said = format!(
                "{}: {FINDINGS_LISTED_MAX} of {} are listed here. All are in findings.jsonl.",
                palette::word(verdict),
                count(all)
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
    m.within("td", &[("class", &"why"), ("title", &finding.reason.code())], |m| {
        m.text(finding.reason.said());
        beside(m, input, recorded);
    });
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

/// How far the incident is established that a finding is of, and what parties answer.
fn beside(m: &mut Markup, input: &ReportInput<'_>, recorded: &Recorded) {
    let Some(beside) = input.established.map(|all| all.beside(&recorded.finding)) else { return };
    if let Some((id, level)) = &beside.incident {
        let said = format!("incident {}: {}", &id.to_string()[..10], level.as_str());
        m.line("span", &[("class", &"sub")], said);
    }
    for answer in &beside.answers {
        m.within("span", &[("class", &"sub")], |m| {
            m.text(format_args!("{} answers: ", answer.by));
            m.name(&answer.text);
        });
    }
}

fn short_digest(m: &mut Markup, digest: Digest) {
    let full = digest.to_string();
    m.line("code", &[("title", &full)], &full[..10]);
}
