//! What an assessment cannot tell, said on its own page and not in a footnote.

use std::collections::BTreeMap;

use assess::{Reason, Verdict};

use crate::input::{InputKind, ReportInput, Treatment};
use crate::markup::Markup;
use crate::wording::{count, counted};

/// Writes the list.
pub(crate) fn write(m: &mut Markup, input: &ReportInput<'_>) {
    undetermined(m, input);
    m.within("ul", &[("class", &"limits")], |m| {
        for said in coverage(input).into_iter().chain(general(input)) {
            m.line("li", &[], said);
        }
        for note in &input.notes {
            m.within("li", &[], |m| m.name(note));
        }
    });
}

fn undetermined(m: &mut Markup, input: &ReportInput<'_>) {
    let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
    for (&(reason, verdict), times) in input.overview.reasons() {
        if verdict == Verdict::Undetermined {
            *reasons.entry(reason).or_default() += times;
        }
    }
    if reasons.is_empty() {
        return;
    }
    m.line("p", &[], "Findings that could not be determined, by reason:");
    m.within("table", &[("class", &"narrow")], |m| {
        m.within("thead", &[], |m| {
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"col"), ("class", &"number")], "Findings");
                m.line("th", &[("scope", &"col")], "Why");
            });
        });
        m.within("tbody", &[], |m| {
            for (reason, times) in reasons {
                m.within("tr", &[], |m| {
                    m.line("td", &[("class", &"number")], count(times));
                    m.line("td", &[("title", &reason.code())], reason.said());
                });
            }
        });
    });
}

/// Who could have seen what, as far as the agreement says.
fn coverage(input: &ReportInput<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let fed = |kind| input.inputs.iter().any(|file| file.kind == kind);
    if !fed(InputKind::Tracks) {
        said.push("No tracks went in: about aircraft, only reports speak.".to_owned());
    } else {
        said.push(
            "An aircraft that does not transmit leaves no track. That none was seen does not \
             mean that none flew."
                .to_owned(),
        );
        let unknown = input.inputs.iter().filter(|file| {
            let sensor = file.sensor.as_ref().and_then(|id| input.pack.sensors.get(id));
            file.kind == InputKind::Tracks && sensor.is_none_or(|s| s.coverage.is_none())
        });
        let unknown = unknown.count() as u64;
        if unknown > 0 {
            said.push(format!(
                "The coverage of {} is not stated by the agreement, so nothing follows from what \
                 was not in it.",
                counted(unknown, "track file")
            ));
        }
    }
    if !fed(InputKind::Reports) {
        said.push("No reports went in: about the ground, nothing is known.".to_owned());
    } else {
        said.push(
            "What nobody reported is not in it. The number of reports follows the number of \
             observers as much as the number of acts."
                .to_owned(),
        );
    }
    said
}

fn general(input: &ReportInput<'_>) -> Vec<String> {
    let mut said = vec![
        "Who did it is another question: a finding says what happened under which clause, and \
         attribution takes a determination by the guarantors."
            .to_owned(),
        "Confidence says what kind of evidence there is. It is no probability: nobody has \
         calibrated one."
            .to_owned(),
    ];
    if input.overview.alerts() > 0 {
        said.push("Alerts are fast and provisional. What counts is the finding.".to_owned());
    }
    let assessed = |treatment: &Treatment| !matches!(treatment, Treatment::NotAssessed(_));
    let treatments = input.pack.clauses.keys().map(|id| input.treatments.get(id));
    let skipped = treatments.filter(|found| !found.is_some_and(assessed)).count() as u64;
    if skipped > 0 {
        said.push(format!(
            "About {} that {} not assessed nothing is said here, not even that it was kept.",
            counted(skipped, "clause"),
            if skipped == 1 { "was" } else { "were" }
        ));
    }
    if input.reports_undrawn > 0 {
        said.push(format!(
            "{} not on the map: no place is known, it is too coarse, or it is one of firing, \
             launch, forces or weapons, which are not told.",
            match input.reports_undrawn {
                1 => "1 report is".to_owned(),
                n => format!("{} reports are", count(n)),
            }
        ));
    }
    said
}
