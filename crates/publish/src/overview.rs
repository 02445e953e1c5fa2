//! What the page and the summary tell of findings, alerts and anomalies: counts, bars and the first
//! of each, so that it takes no more room however many there are.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use agreement::{Address, ClauseId, Digest};
use assess::{Alert, Anomaly, AnomalyKind, AnomalySubject, Reason, Recorded, Subject, Verdict};
use spacetime::Interval;

use crate::input::DrawnReport;
use crate::map::tracks::STRETCHES_MAX;
use crate::records::ALERTS_LISTED_MAX;
use crate::tables::FINDINGS_LISTED_MAX;
use crate::timeline::{Axis, Bar};

/// What an aircraft's finding is drawn by: its gravest first.
pub(crate) type Stretch = (Verdict, Address, Interval, ClauseId);

/// Findings, alerts and anomalies, counted; and as many of them as a page shows.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    axis: Option<Axis>,
    findings: u64,
    clauses: BTreeMap<ClauseId, BTreeMap<Verdict, Lane>>,
    reasons: BTreeMap<(Reason, Verdict), u64>,
    /// The first of each verdict: those about somebody, and those about everybody.
    listed: BTreeMap<(Verdict, bool), Vec<Recorded>>,
    /// The gravest verdict that rests on each report that is drawn.
    reports: BTreeMap<Digest, Option<Verdict>>,
    stretches: BinaryHeap<Stretch>,
    alerts: BTreeMap<&'static str, u64>,
    first_alerts: BinaryHeap<Alert>,
    anomalies: BTreeMap<AnomalyKind, Noticed>,
}

/// The findings of one clause and verdict.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    pub(crate) findings: u64,
    pub(crate) bars: Vec<Bar>,
}

/// The anomalies of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noticed {
    pub(crate) anomalies: u64,
    pub(crate) times: u64,
    pub(crate) subjects: BTreeSet<AnomalySubject>,
}

impl Overview {
    /// Notes which period and reports are drawn, before any finding is added.
    pub fn draw(&mut self, period: Option<Interval>, reports: &[DrawnReport]) {
        self.axis = period.and_then(Axis::over);
        self.reports = reports.iter().map(|report| (report.digest(), None)).collect();
    }

    /// Adds a finding. They come in the order in which they are listed.
    pub fn add_finding(&mut self, recorded: &Recorded) {
        let finding = &recorded.finding;
        let verdict = finding.verdict;
        self.findings += 1;
        *self.reasons.entry((finding.reason, verdict)).or_default() += 1;
        if !self.clauses.contains_key(&finding.clause) {
            self.clauses.insert(finding.clause.clone(), BTreeMap::new());
        }
        if let Some(lanes) = self.clauses.get_mut(&finding.clause) {
            let lane = lanes.entry(verdict).or_default();
            lane.findings += 1;
            if let Some(axis) = self.axis {
                axis.add(&mut lane.bars, finding.interval);
            }
        }
        let about_all = finding.subject == Subject::Everybody;
        let listed = self.listed.entry((verdict, about_all)).or_default();
        if listed.len() < FINDINGS_LISTED_MAX {
            listed.push(recorded.clone());
        }
        if !self.reports.is_empty() {
            for evidence in &finding.evidence {
                if let Some(known) = self.reports.get_mut(evidence) {
                    *known = Some(known.map_or(verdict, |known| known.min(verdict)));
                }
            }
        }
        if let Subject::Aircraft(address) = finding.subject {
            let drawn = (verdict, address, finding.interval, &finding.clause);
            let last = self.stretches.peek().map(|(v, a, i, clause)| (*v, *a, *i, clause));
            let is_full = self.stretches.len() == STRETCHES_MAX;
            if is_full && last.is_some_and(|last| last <= drawn) {
                return;
            }
            if is_full {
                self.stretches.pop();
            }
            self.stretches.push((verdict, address, finding.interval, finding.clause.clone()));
        }
    }

    /// Adds an alert.
    pub fn add_alert(&mut self, alert: &Alert) {
        *self.alerts.entry(alert.kind.code()).or_default() += 1;
        let is_full = self.first_alerts.len() == ALERTS_LISTED_MAX;
        if is_full && self.first_alerts.peek().is_some_and(|last| last <= alert) {
            return;
        }
        if is_full {
            self.first_alerts.pop();
        }
        self.first_alerts.push(alert.clone());
    }

    /// Adds an anomaly.
    pub fn add_anomaly(&mut self, anomaly: &Anomaly) {
        let noticed = self.anomalies.entry(anomaly.kind).or_default();
        noticed.anomalies += 1;
        noticed.times += anomaly.times;
        if !noticed.subjects.contains(&anomaly.subject) {
            noticed.subjects.insert(anomaly.subject.clone());
        }
    }

    /// How many findings there are.
    #[must_use]
    pub const fn findings(&self) -> u64 {
        self.findings
    }

    /// How many alerts there are.
    #[must_use]
    pub fn alerts(&self) -> u64 {
        self.alerts.values().sum()
    }

    /// How many anomalies there are.
    #[must_use]
    pub fn anomalies(&self) -> u64 {
        self.anomalies.values().map(|noticed| noticed.anomalies).sum()
    }

    /// How many findings of a verdict there are under a clause.
    #[must_use]
    pub fn count(&self, clause: &ClauseId, verdict: Verdict) -> u64 {
        let lane = self.clauses.get(clause).and_then(|lanes| lanes.get(&verdict));
        lane.map_or(0, |lane| lane.findings)
    }

    pub(crate) const fn axis(&self) -> Option<Axis> {
        self.axis
    }

    pub(crate) fn lanes(&self, clause: &ClauseId) -> Option<&BTreeMap<Verdict, Lane>> {
        self.clauses.get(clause)
    }

    pub(crate) fn of_verdict(&self, verdict: Verdict) -> u64 {
        let lanes = self.clauses.values().filter_map(|lanes| lanes.get(&verdict));
        lanes.map(|lane| lane.findings).sum()
    }

    pub(crate) const fn reasons(&self) -> &BTreeMap<(Reason, Verdict), u64> {
        &self.reasons
    }

    /// The first findings of a verdict, those about everybody last.
    pub(crate) fn listed(&self, verdict: Verdict) -> impl Iterator<Item = &Recorded> {
        let of = move |about_all| self.listed.get(&(verdict, about_all)).into_iter().flatten();
        of(false).chain(of(true)).take(FINDINGS_LISTED_MAX)
    }

    pub(crate) fn verdict_on(&self, report: Digest) -> Option<Verdict> {
        self.reports.get(&report).copied().flatten()
    }

    /// What is drawn of aircraft, the gravest first.
    pub(crate) fn stretches(&self) -> Vec<Stretch> {
        self.stretches.clone().into_sorted_vec()
    }

    pub(crate) const fn alert_kinds(&self) -> &BTreeMap<&'static str, u64> {
        &self.alerts
    }

    /// The first alerts, in their order.
    pub(crate) fn first_alerts(&self) -> Vec<Alert> {
        self.first_alerts.clone().into_sorted_vec()
    }

    pub(crate) const fn anomaly_kinds(&self) -> &BTreeMap<AnomalyKind, Noticed> {
        &self.anomalies
    }
}
