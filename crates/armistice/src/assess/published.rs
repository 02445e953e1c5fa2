//! What was found, put together and written into the output folder.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::thread::ScopedJoinHandle;

use agreement::clause::ClauseKind;
use agreement::{Clause, ClauseId, ClauseStatus, Pack, Report};
use anyhow::Context as _;
use assess::airspace::{Conclusion, Found, Seen, Setting, Sketch, Sketches, heed};
use assess::established::Incidents;
use assess::incidents::{IncidentPicture, IncidentTally};
use assess::{Recorded, Rules};
use publish::incidents::established_line;
use publish::jsonl::finding_line;
use publish::{DrawnReport, InputFile, InputKind, Overview, ReportInput, Treatment};
use spacetime::{Instant, Interval};

use super::admitted::WentIn;
use super::following::Followed;
use super::kept::{self, Heaped};
use super::pile::Sorted;
use crate::outputs::{Outputs, Readers};

/// Findings in the making that are finished together.
const TOGETHER: usize = 1 << 14;

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Made<'a> {
    conclusion: Conclusion<'a>,
    heaped: Heaped,
    /// Findings about others than aircraft, in their order.
    others: Vec<Recorded>,
    overview: Overview,
    sketches: Vec<Sketch>,
    sketches_left_out: u64,
    incidents: IncidentTally,
    established: Incidents,
    tracks_span: Option<(Instant, Instant)>,
}

impl<'a> Made<'a> {
    /// Joins what was found in the air and on the ground.
    pub(super) fn of(
        followed: Followed<'a>,
        incidents: IncidentPicture,
        established: Incidents,
    ) -> anyhow::Result<Self> {
        let Followed { conclusion, heaped, overview, span, .. } = followed;
        let mut seen = Seen::default();
        heaped.found.each(|_, value| {
            conclusion.see(&kept::found(value)?, &mut seen);
            Ok(())
        })?;
        let mut others = conclusion.coverage(&seen);
        heed(&mut others, &incidents.findings);
        others.extend(incidents.findings);
        others.sort_by(|a, b| a.finding.listed(&b.finding));
        let mut sketches = Sketches::default();
        heaped.sketches.each(|key, _| {
            let sketch = kept::sketch(key)?;
            sketches.add(seen.gravest(sketch.aircraft), sketch);
            Ok(())
        })?;
        let (sketches, sketches_left_out) = sketches.finish();
        Ok(Self {
            conclusion,
            heaped,
            others,
            overview,
            sketches,
            sketches_left_out,
            incidents: incidents.tally,
            established,
            tracks_span: span,
        })
    }

    /// Bytes of what was found that did not fit into memory.
    pub(super) const fn on_disk(&self) -> u64 {
        self.heaped.on_disk
    }

    /// Writes what is listed line by line, counts it, and tells what the rest is made of.
    /// `also` sees every finding, in their order.
    pub(super) fn write_lists<'b>(
        &'b mut self,
        out: &Outputs,
        (pack, setting, rules): (&'b Pack, &Setting, &Rules),
        reports: &[Report],
        (went_in, threads): (WentIn, NonZeroUsize),
        mut also: impl FnMut(&Recorded),
    ) -> anyhow::Result<ReportInput<'b>> {
        let drawn = reports.iter().filter_map(DrawnReport::of);
        let may_be = |report: &DrawnReport| self.established.may_be_drawn(&report.digest());
        let drawn: Vec<DrawnReport> = drawn.filter(may_be).collect();
        let period = self.period(setting.period, reports);
        let mut overview = std::mem::take(&mut self.overview);
        overview.draw(period, &drawn);
        let lists = &*self;
        std::thread::scope(|scope| {
            let others = scope.spawn(|| {
                lists.heaped.alerts.write(out, "alerts.jsonl")?;
                lists.heaped.anomalies.write(out, "anomalies.jsonl")?;
                let established = &lists.established.all;
                lines(out, "incidents.jsonl", established, established_line)
            });
            lists.write_findings(out, &went_in.files, threads, |found| {
                overview.add_finding(found);
                also(found);
            })?;
            others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        let holds = |kind| went_in.files.iter().any(|file| file.kind == kind);
        Ok(ReportInput {
            pack,
            rules: rules.digest(),
            audience: setting.audience.clone(),
            period,
            treatments: treatments(pack, setting),
            air: holds(InputKind::Tracks).then_some(self.conclusion.tally),
            incidents: holds(InputKind::Reports).then_some(&self.incidents),
            inputs: went_in.files,
            passed_over: went_in.passed_over,
            tracks: &self.sketches,
            tracks_undrawn: self.sketches_left_out,
            reports_undrawn: (reports.len() - drawn.len()) as u64,
            reports: drawn,
            overview,
            established: Some(&self.established),
            before_after: None,
            rejects: went_in.rejects,
            notes: went_in.notes,
        })
    }

    /// Finishes every finding and writes it, in their order.
    fn write_findings(
        &self,
        out: &Outputs,
        inputs: &[InputFile],
        threads: NonZeroUsize,
        mut also: impl FnMut(&Recorded),
    ) -> anyhow::Result<()> {
        let mut file = out.file("findings.jsonl", Readers::Everybody)?;
        let mut others = self.others.iter().cloned().peekable();
        let mut put = |found: Vec<Found>, is_last: bool| {
            let finished = on_threads(threads, &found, |one| self.conclusion.finding(one.clone()));
            let mut findings: Vec<Recorded> = finished.into_iter().flatten().collect();
            findings.sort_by(|a, b| a.finding.listed(&b.finding));
            let last = findings.last().map(|last| last.finding.clone());
            let comes = |other: &Recorded| {
                is_last || last.as_ref().is_some_and(|last| other.finding.listed(last).is_lt())
            };
            while let Some(other) = others.next_if(comes) {
                findings.push(other);
            }
            findings.sort_by(|a, b| a.finding.listed(&b.finding));
            let lines = on_threads(threads, &findings, |found| {
                finding_line(found, inputs, Some(&self.established.beside(&found.finding)))
            });
            for line in lines.iter().flatten() {
                file.write_all(line.as_bytes()).context("findings.jsonl cannot be written")?;
            }
            findings.iter().for_each(&mut also);
            anyhow::Ok(())
        };
        let (mut together, mut last_key) = (Vec::new(), Vec::new());
        self.heaped.found.each(|key, value| {
            // What has one key is put in order by its verdict, which is known only now.
            if together.len() >= TOGETHER && last_key != key {
                put(std::mem::take(&mut together), false)?;
            }
            last_key.clear();
            last_key.extend_from_slice(key);
            together.push(kept::found(value)?);
            Ok(())
        })?;
        put(together, true)?;
        file.finish()
    }

    /// The time looked at: what was asked for, as far as it has ends, within what went in.
    fn period(&self, asked: Interval, reports: &[Report]) -> Option<Interval> {
        let reported = reports.iter().map(Report::observed_told);
        let reported = reported.map(|observed| (observed.start(), observed.end()));
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

/// Makes something of each, on several threads: in order, a part a thread.
fn on_threads<T: Sync, R: Send>(
    threads: NonZeroUsize,
    all: &[T],
    make: impl Fn(&T) -> R + Sync,
) -> Vec<Vec<R>> {
    /// What is worth a thread.
    const PART_MIN: usize = 512;
    let part = all.len().div_ceil(threads.get()).max(PART_MIN);
    let make_all = |part: &[T]| part.iter().map(&make).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let mut parts = all.chunks(part);
        let first = parts.next().unwrap_or_default();
        let rest: Vec<_> = parts.map(|part| scope.spawn(move || make_all(part))).collect();
        let mut made = vec![make_all(first)];
        let join = |thread: ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        made.extend(rest.into_iter().map(join));
        made
    })
}

/// Writes what is drawn and summed up. `rejects.jsonl` was written as records were read.
pub(super) fn write_pages(out: &Outputs, input: &ReportInput<'_>) -> anyhow::Result<()> {
    out.text("map.svg", &publish::map_svg(input))?;
    out.text("report.html", &publish::report_html(input))?;
    out.text("summary.json", &publish::summary_json(input))
}

impl Sorted {
    /// Writes the values, which are lines.
    fn write(&self, out: &Outputs, name: &str) -> anyhow::Result<()> {
        let mut file = out.file(name, Readers::Everybody)?;
        self.each(|_, line| {
            file.write_all(line).with_context(|| format!("{name} cannot be written"))
        })?;
        file.finish()
    }
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
