//! What was found, put together and written into the output folder.

use std::collections::BTreeMap;
use std::io::Write as _;

use agreement::clause::ClauseKind;
use agreement::{Clause, ClauseId, ClauseStatus, Pack, Report};
use anyhow::Context as _;
use assess::airspace::{AirTally, Setting, Sketch};
use assess::established::Incidents;
use assess::incidents::{IncidentPicture, IncidentTally};
use assess::{Alert, Anomaly, Recorded, Rules};
use publish::incidents::established_line;
use publish::jsonl::{alert_line, anomaly_line, finding_line};
use publish::{DrawnReport, InputKind, ReportInput, Treatment};
use spacetime::{Instant, Interval};

use super::admitted::WentIn;
use super::following::Followed;
use crate::outputs::{Outputs, Readers};

/// Everything that was found, each in its one order.
#[derive(Debug)]
pub(super) struct Made {
    findings: Vec<Recorded>,
    alerts: Vec<Alert>,
    anomalies: Vec<Anomaly>,
    sketches: Vec<Sketch>,
    sketches_left_out: u64,
    air: AirTally,
    incidents: IncidentTally,
    established: Incidents,
    tracks_span: Option<(Instant, Instant)>,
}

impl Made {
    /// Joins what was found in the air and on the ground.
    pub(super) fn of(
        followed: Followed,
        incidents: IncidentPicture,
        established: Incidents,
    ) -> Self {
        let Followed { mut picture, span, .. } = followed;
        picture.heed(&incidents.findings);
        let mut findings = picture.findings;
        findings.extend(incidents.findings);
        findings.sort_by(|a, b| a.finding.listed(&b.finding));
        let mut anomalies = picture.anomalies;
        anomalies.extend(incidents.anomalies);
        anomalies.sort();
        Self {
            findings,
            alerts: picture.alerts,
            anomalies,
            sketches: picture.sketches,
            sketches_left_out: picture.sketches_left_out,
            air: picture.tally,
            incidents: incidents.tally,
            established,
            tracks_span: span,
        }
    }

    /// The findings, in their one order.
    pub(super) fn findings(&self) -> &[Recorded] {
        &self.findings
    }

    /// What is published.
    pub(super) fn input<'a>(
        &'a self,
        pack: &'a Pack,
        setting: &Setting,
        rules: &Rules,
        reports: &[Report],
        went_in: WentIn,
    ) -> ReportInput<'a> {
        let drawn: Vec<DrawnReport> = reports.iter().filter_map(DrawnReport::of).collect();
        let holds = |kind| went_in.files.iter().any(|file| file.kind == kind);
        ReportInput {
            pack,
            rules: rules.digest(),
            audience: setting.audience.clone(),
            period: self.period(setting.period, reports),
            treatments: treatments(pack, setting),
            air: holds(InputKind::Tracks).then_some(self.air),
            incidents: holds(InputKind::Reports).then_some(&self.incidents),
            inputs: went_in.files,
            passed_over: went_in.passed_over,
            tracks: &self.sketches,
            tracks_undrawn: self.sketches_left_out,
            reports_undrawn: (reports.len() - drawn.len()) as u64,
            reports: drawn,
            findings: &self.findings,
            established: Some(&self.established),
            alerts: &self.alerts,
            anomalies: &self.anomalies,
            rejects: went_in.rejects,
            notes: went_in.notes,
        }
    }

    /// The time looked at: what was asked for, as far as it has ends, within what went in.
    fn period(&self, asked: Interval, reports: &[Report]) -> Option<Interval> {
        let reported =
            reports.iter().map(|report| (report.observed.start(), report.observed.end()));
        let span = reported.chain(self.tracks_span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let (first, last) = span?;
        let start = if asked.start() > Instant::MIN { asked.start() } else { first };
        let end = if asked.end() < Instant::MAX { asked.end() } else { last };
        Interval::new(start, end.max(start)).ok()
    }
}

/// Which clauses are assessed: those of a kind that has an assessor, and that are adopted or
/// taken to be.
fn treatments(pack: &Pack, setting: &Setting) -> BTreeMap<ClauseId, Treatment> {
    let treatment = |clause: &Clause| {
        let has_assessor = matches!(clause.kind, ClauseKind::NoFly(_) | ClauseKind::Ceasefire(_));
        if !has_assessor {
            return Treatment::NotAssessed("no assessor yet".to_owned());
        }
        match clause.status {
            ClauseStatus::Adopted => Treatment::Assessed,
            _ if setting.as_if_adopted.contains(&clause.id) => Treatment::AsIfAdopted,
            status => Treatment::NotAssessed(publish::status_word(status).to_owned()),
        }
    };
    pack.clauses.values().map(|clause| (clause.id.clone(), treatment(clause))).collect()
}

/// Writes every output but `rejects.jsonl`, which was written as records were read.
pub(super) fn write(out: &Outputs, input: &ReportInput<'_>) -> anyhow::Result<()> {
    let inputs = &input.inputs;
    std::thread::scope(|scope| {
        let others = scope.spawn(|| {
            lines(out, "alerts.jsonl", input.alerts, |alert| alert_line(alert, inputs))?;
            lines(out, "anomalies.jsonl", input.anomalies, |found| anomaly_line(found, inputs))?;
            out.text("map.svg", &publish::map_svg(input))?;
            out.text("report.html", &publish::report_html(input))?;
            out.text("summary.json", &publish::summary_json(input))
        });
        lines(out, "findings.jsonl", input.findings, |found| {
            let beside = input.established.map(|all| all.beside(&found.finding));
            finding_line(found, inputs, beside.as_ref())
        })?;
        let established = input.established.map_or(&[][..], |all| &all.all);
        lines(out, "incidents.jsonl", established, established_line)?;
        others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn lines<T>(
    out: &Outputs,
    name: &str,
    items: &[T],
    line: impl Fn(&T) -> String,
) -> anyhow::Result<()> {
    let mut file = out.file(name, Readers::Everybody)?;
    for item in items {
        let written = file.write_all(line(item).as_bytes());
        written.with_context(|| format!("{name} cannot be written"))?;
    }
    file.finish()
}
