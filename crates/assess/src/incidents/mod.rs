//! Reports held against the clauses they may fall under, one by one.
//!
//! Every `ceasefire` clause asks of every report: where, when, what, who. Every `no-fly` clause
//! asks the like of those that tell of something that flew
//! ([`sightings`]). One certain "no" puts a report outside the
//! clause, and it is counted by the reason; failing that, one "cannot tell" makes it
//! `Undetermined`; otherwise it is `Alleged`, which is all that a report can be that nobody has
//! verified. Fusing reports into incidents is not done here yet.
//!
//! A report that was handed in several times counts once, and the order of reports changes
//! nothing: they are judged in the order of their digests.

mod answer;
mod moment;
mod picture;
pub(crate) mod place;
pub(crate) mod sides;

use std::collections::BTreeMap;

use agreement::clause::Ceasefire;
use agreement::{Clause, ClauseKind, ClauseStatus, Digest, Pack, Report};
use spacetime::{Instant, Interval};

pub use answer::Outside;
pub(crate) use answer::{Answer, first_no_else_doubt};
pub(crate) use moment::{during, observed_widened};
pub use picture::{ClauseTally, IncidentPicture, IncidentTally};
use place::{Ground, Located, Region};

use crate::airspace::{Setting, sightings};
use crate::anomaly::{Anomaly, AnomalyKind, AnomalySubject};
use crate::corrected::Replaced;
use crate::finding::{Confidence, Finding, Margin, Reason, Recorded, Subject, Verdict};
use crate::rules::Rules;

/// Holds reports against the clauses of a pack.
#[must_use]
pub fn fold<'a>(
    pack: &Pack,
    setting: &Setting,
    rules: &Rules,
    reports: impl IntoIterator<Item = &'a Report>,
) -> IncidentPicture {
    let mut picture = IncidentPicture::default();
    let distinct = distinct(reports, setting.period, &mut picture);
    let judge = Judge {
        pack,
        setting,
        rules: rules.digest(),
        as_of: as_of(setting.period, &distinct),
        watched: watched(pack, setting, &mut picture),
    };
    let mut unknown_sides = BTreeMap::new();
    for &(digest, report) in &distinct {
        let region = Region::of(pack, report);
        for watched in &judge.watched {
            let judgement = watched.judge(pack, report, &region);
            picture.tally.count(&watched.clause.id, judgement.answer);
            if judgement.answer == Answer::Doubt(Reason::SideUnknown) {
                note_unknown(pack, report, digest, &mut unknown_sides);
            }
            picture.findings.extend(judge.finding(watched, report, digest, judgement));
        }
    }
    picture.anomalies.extend(unknown_sides.into_values());
    picture.findings.sort_by(|a, b| a.finding.listed(&b.finding));
    picture.anomalies.sort();
    picture
}

/// The reports of the period that their sources stand by, each once, in the order of their digests. Copies and
/// reports that share a name become anomalies.
fn distinct<'a>(
    reports: impl IntoIterator<Item = &'a Report>,
    period: Interval,
    picture: &mut IncidentPicture,
) -> Vec<(Digest, &'a Report)> {
    let mut copies: BTreeMap<[Digest; 2], (&Report, u64)> = BTreeMap::new();
    let reports: Vec<&Report> = reports.into_iter().collect();
    let replaced = Replaced::by(reports.iter().copied());
    for report in reports {
        if period.meet(report.observed).is_none() {
            picture.tally.outside_period += 1;
            continue;
        }
        if replaced.holds(report) {
            picture.tally.corrected += 1;
            continue;
        }
        let (kept, times) =
            copies.entry([report.digest(), report.whole_digest()]).or_insert((report, 0));
        *times += 1;
        if report.locator < kept.locator {
            *kept = report;
        }
    }
    let mut names: BTreeMap<(&str, &str), Vec<[Digest; 2]>> = BTreeMap::new();
    for (&said, &(report, times)) in &copies {
        picture.tally.reports += 1;
        picture.tally.repeats += times - 1;
        names.entry((&report.source.id, &report.id)).or_default().push(said);
        if times > 1 {
            let repeated = anomaly(AnomalyKind::RepeatedReport, report, said[0]);
            picture.anomalies.push(Anomaly { times: times - 1, ..repeated });
        }
    }
    for (_, all) in names.into_iter().filter(|(_, all)| all.len() > 1) {
        for said in all {
            let kind = AnomalyKind::ConflictingReport;
            picture.anomalies.push(anomaly(kind, copies[&said].0, said[0]));
        }
    }
    copies.into_iter().map(|([digest, _], (report, _))| (digest, report)).collect()
}

fn anomaly(kind: AnomalyKind, report: &Report, digest: Digest) -> Anomaly {
    Anomaly {
        interval: report.observed_told(),
        kind,
        subject: AnomalySubject::Report(report.id.clone()),
        times: 1,
        evidence: Some(digest),
        locator: Some(report.locator),
    }
}

/// Counts a report for each of its sides that the pack does not know; one anomaly a name.
fn note_unknown(
    pack: &Pack,
    report: &Report,
    digest: Digest,
    unknown: &mut BTreeMap<String, Anomaly>,
) {
    for name in sides::unknown_names(pack, report) {
        let first = || Anomaly { times: 0, ..anomaly(AnomalyKind::UnknownSide, report, digest) };
        let noted = unknown.entry(name).or_insert_with(first);
        noted.times += 1;
        noted.interval = noted.interval.hull(report.observed_told());
    }
}

/// Up to when the input reaches: the end of the period if it has one, otherwise the end of the
/// latest observation.
fn as_of(period: Interval, reports: &[(Digest, &Report)]) -> Instant {
    if period.end() < Instant::MAX {
        return period.end();
    }
    let latest = reports.iter().map(|(_, report)| report.observed_told().end()).max();
    latest.unwrap_or(period.start())
}

/// A clause that is judged, ready for reports.
struct Watched<'a> {
    clause: &'a Clause,
    ground: Ground<'a>,
    asks: Asks<'a>,
}

enum Asks<'a> {
    Ceasefire(&'a Ceasefire),
    NoFly(sightings::Sky<'a>),
}

fn watched<'a>(
    pack: &'a Pack,
    setting: &Setting,
    picture: &mut IncidentPicture,
) -> Vec<Watched<'a>> {
    let mut all = Vec::new();
    for clause in pack.clauses.values() {
        let asks = match &clause.kind {
            ClauseKind::Ceasefire(ceasefire) => Asks::Ceasefire(ceasefire),
            ClauseKind::NoFly(no_fly) => Asks::NoFly(sightings::Sky::new(pack, clause, no_fly)),
            _ => continue,
        };
        let adopted = clause.status == ClauseStatus::Adopted;
        if adopted || setting.as_if_adopted.contains(&clause.id) {
            picture.tally.clauses.entry(clause.id.clone()).or_default();
            all.push(Watched { clause, ground: Ground::new(pack, clause), asks });
        } else {
            picture.not_judged.push((clause.id.clone(), clause.status));
        }
    }
    all
}

/// What one clause makes of one report.
struct Judgement {
    answer: Answer,
    located: Located,
    vertical_cm: Option<i64>,
}

impl Watched<'_> {
    fn judge(&self, pack: &Pack, report: &Report, region: &Region) -> Judgement {
        let located = match &self.asks {
            Asks::Ceasefire(_) => self.ground.locate(region),
            Asks::NoFly(_) => self.ground.locate(&sightings::region_of_flight(report, region)),
        };
        // Most reports of a country happened elsewhere, and then nothing else needs asking.
        if matches!(located.answer, Answer::No(_)) {
            return Judgement { answer: located.answer, located, vertical_cm: None };
        }
        let (answer, vertical_cm) = match &self.asks {
            Asks::Ceasefire(ceasefire) => {
                (self.ceasefire(pack, ceasefire, report, located.answer), None)
            }
            Asks::NoFly(sky) => sky.judge(pack, report, located.answer),
        };
        Judgement { answer, located, vertical_cm }
    }

    fn ceasefire(
        &self,
        pack: &Pack,
        ceasefire: &Ceasefire,
        report: &Report,
        place: Answer,
    ) -> Answer {
        let listed = ceasefire.acts.contains(&report.act);
        first_no_else_doubt([
            place,
            during(&[self.clause.in_force], observed_widened(report)),
            if listed { Answer::Yes } else { Answer::No(Outside::NotListedAct) },
            sides::between(pack, ceasefire, &report.sides),
        ])
    }
}

struct Judge<'a> {
    pack: &'a Pack,
    setting: &'a Setting,
    rules: Digest,
    as_of: Instant,
    watched: Vec<Watched<'a>>,
}

impl Judge<'_> {
    fn finding(
        &self,
        watched: &Watched<'_>,
        report: &Report,
        digest: Digest,
        judgement: Judgement,
    ) -> Option<Recorded> {
        let (verdict, reason) = match (judgement.answer, &watched.asks) {
            (Answer::No(_), _) => return None,
            (Answer::Doubt(reason), _) => (Verdict::Undetermined, reason),
            (Answer::Yes, Asks::Ceasefire(_)) => (Verdict::Alleged, Reason::ReportedAct),
            (Answer::Yes, Asks::NoFly(_)) => (Verdict::Alleged, Reason::ReportedFlight),
        };
        // How deep in an area somebody fired from would tell where.
        let told = report.act.is_never_a_firing() && !report.place_is_coarsened();
        let finding = Finding {
            clause: watched.clause.id.clone(),
            clause_status: watched.clause.status,
            agreement_version: self.pack.version,
            audience: self.setting.audience.clone(),
            as_of: self.as_of,
            supersedes: None,
            verdict,
            reason,
            subject: Subject::Act(report.act),
            interval: report.observed_told(),
            area: judgement.located.area?,
            margin: Margin {
                horizontal_cm: judgement.located.depth_cm.filter(|_| told),
                vertical_cm: judgement.vertical_cm,
            },
            confidence: match report.source_count {
                0 | 1 => Confidence::SingleSource,
                _ => Confidence::Corroborated,
            },
            evidence: vec![digest],
            rules: self.rules,
        };
        Some(Recorded { finding: finding.sealed(), locators: vec![(digest, report.locator)] })
    }
}
