//! What a record holds, gathered for the assessment: statements in the order of the log, with the
//! bodies that the audience may open.
//!
//! It is a fold: what was gathered after N statements is what a batch over the first N gathers. And
//! it gives the assessor what the files gave from which the statements were made: the same
//! reports, the same rows in the same order, and so the same findings, but for the locators.

use std::collections::{BTreeMap, BTreeSet};

use agreement::report::Duty;
use agreement::statement::body::{FeedName, Replacement, TrackSegment};
use agreement::statement::{Body, Said, Standing, Statement};
use agreement::track::Locator;
use agreement::{Authorisation, Digest, Pack, PartyId, Report, TrackPoint};
use serde_json::{Map, Value};
use spacetime::Interval;

use crate::airspace::{Airspace, Feed, Setting};
use crate::established::{self, Incidents};
use crate::finding::{Audience, Recorded};
use crate::fusion::Fused;
use crate::incidents;
use crate::rules::Rules;
use crate::verification::Voices;

/// A statement of the record, as far as the audience may read it.
#[derive(Clone, Debug)]
pub struct Spoken<'a> {
    /// Its leaf.
    pub leaf: u64,
    /// The statement.
    pub statement: &'a Statement,
    /// What it says to everybody.
    pub said: &'a Said,
    /// Whether it counts.
    pub standing: Standing,
    /// Whose keys signed it, in the order of the signatures.
    pub parties: Vec<PartyId>,
    /// Its body, if it has one and the audience may open it.
    pub body: Option<Body>,
}

/// What was gathered so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// By digest of the statement.
    held: BTreeMap<Digest, Held>,
    /// Statements that corrections took the place of: the leaf and the statement of each.
    superseded: BTreeMap<Digest, (u64, Digest)>,
    /// What quorums determined and parties answered.
    voices: Voices,
}

#[derive(Clone, Debug, PartialEq)]
struct Held {
    leaf: u64,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Report(Box<Report>),
    Duty(Box<Duty>),
    Authorisation(Box<Authorisation>),
    Segment(TrackSegment),
}

impl Gathered {
    /// Takes in the next statement of the log. What is contested, and what says nothing that is
    /// assessed, changes nothing.
    pub fn take(&mut self, spoken: Spoken<'_>) {
        if spoken.standing != Standing::Good {
            return;
        }
        if let Said::Correction(corrects) = spoken.said {
            let by = (spoken.leaf, spoken.statement.digest());
            self.superseded.entry(corrects.supersedes).or_insert(by);
        }
        self.voices.take(&spoken);
        let what = match spoken.body {
            Some(Body::Report(report)) => What::Report(report),
            Some(Body::Duty(duty)) => What::Duty(Box::new(duty)),
            Some(Body::Authorisation(leave)) => What::Authorisation(Box::new(leave)),
            Some(Body::TrackSegment(segment)) => What::Segment(segment),
            Some(Body::Correction(Replacement::Report(report))) => What::Report(report),
            Some(Body::Correction(Replacement::Duty(duty))) => What::Duty(duty),
            Some(Body::Correction(Replacement::Authorisation(leave))) => What::Authorisation(leave),
            Some(Body::Correction(Replacement::Segment(segment))) => What::Segment(*segment),
            _ => return,
        };
        self.held.insert(spoken.statement.digest(), Held { leaf: spoken.leaf, what });
    }

    /// What the assessor is given. Feeds are numbered as files are: by their first instant, then by
    /// digest; their rows are merged by time, of equal times the lower number first.
    #[must_use]
    pub fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::default();
        let mut standing: Vec<&Held> = self
            .held
            .iter()
            .filter(|(digest, _)| !self.superseded.contains_key(digest))
            .map(|(_, held)| held)
            .collect();
        standing.sort_by_key(|held| held.leaf);
        let mut segments: BTreeMap<Digest, Vec<(&TrackSegment, u64)>> = BTreeMap::new();
        for Held { leaf, what } in standing {
            match what {
                What::Segment(segment) => {
                    segments.entry(segment.feed.digest).or_default().push((segment, *leaf));
                }
                What::Report(report) => {
                    inputs.leaves.entry(report.digest()).or_default().insert(*leaf);
                    inputs.reports.push(Report { locator: at_leaf(*leaf), ..(**report).clone() });
                }
                What::Duty(duty) => {
                    inputs.leaves.entry(duty.digest()).or_default().insert(*leaf);
                    inputs.duties.push(Duty { locator: at_leaf(*leaf), ..(**duty).clone() });
                }
                What::Authorisation(leave) => {
                    inputs.leaves.entry(leave.digest()).or_default().insert(*leaf);
                    let leave = Authorisation { locator: at_leaf(*leaf), ..(**leave).clone() };
                    inputs.authorisations.push(leave);
                }
            }
        }
        inputs.add_feeds(segments.into_values().collect());
        inputs
    }
}

/// What was assessed of a record before: incidents and findings that are spoken about may be of then.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// Entries of the log that were assessed.
    pub tree_size: u64,
    /// The time that was looked at.
    pub period: Interval,
    /// Its findings, without their ids.
    pub findings: &'a [Map<String, Value>],
}

/// Most states of the record that are fused again to learn what an incident of then consisted of; the
/// latest first.
pub const EARLIER_MAX: usize = 32;

impl Gathered {
    /// Reports and duty records as they stood at a size of the log.
    fn said_before(&self, size: u64) -> (Vec<Report>, Vec<Duty>) {
        let (mut reports, mut duties) = (Vec::new(), Vec::new());
        for (digest, held) in &self.held {
            let superseded = self.superseded.get(digest).is_some_and(|&(leaf, _)| leaf < size);
            match &held.what {
                _ if held.leaf >= size || superseded => {}
                What::Report(report) => reports.push((**report).clone()),
                What::Duty(duty) => duties.push((**duty).clone()),
                _ => {}
            }
        }
        (reports, duties)
    }

    /// The incidents of everything that was reported, each with how far it is established and who
    /// may have done it.
    #[must_use]
    pub fn established(&self, pack: &Pack, period: Interval, earlier: &[Earlier<'_>]) -> Incidents {
        let (reports, duties) = self.said_before(u64::MAX);
        let fused = established::fused(pack, period, &duties, &reports);
        let voices = self.voices_of(pack, period, earlier, &fused);
        Incidents::of(pack, &reports, fused, voices)
    }

    /// The voices, with what each is about known by the reports of today.
    fn voices_of(
        &self,
        pack: &Pack,
        period: Interval,
        earlier: &[Earlier<'_>],
        fused: &Fused,
    ) -> Voices {
        let mut voices = self.voices.clone();
        let mut sought = voices.about();
        for incident in &fused.incidents {
            sought.remove(&incident.id);
            incident.evidence.iter().for_each(|report| {
                sought.remove(report);
            });
        }
        // Statements of reports, and reports that were corrected since.
        for (statement, held) in &self.held {
            let What::Report(report) = &held.what else { continue };
            let now = self.now(*statement).into_iter().collect();
            for digest in [*statement, report.digest()] {
                if sought.remove(&digest) {
                    voices.note(digest, BTreeSet::clone(&now));
                }
            }
        }
        self.note_findings(earlier, &mut sought, &mut voices);
        for (size, period) in self.states(period, earlier, &sought, &voices) {
            if sought.is_empty() {
                break;
            }
            let (reports, duties) = self.said_before(size);
            let before = established::fused(pack, period, &duties, &reports);
            for incident in before.incidents.iter().filter(|i| sought.remove(&i.id)) {
                voices.note(incident.id, self.of_today(&incident.evidence));
            }
        }
        voices
    }

    /// The report that a statement's report is today, after corrections.
    fn now(&self, mut statement: Digest) -> Option<Digest> {
        // A correction stands behind what it corrects, so that this ends.
        while let Some(&(_, by)) = self.superseded.get(&statement) {
            if self.held.get(&by)?.leaf <= self.held.get(&statement)?.leaf {
                return None;
            }
            statement = by;
        }
        match &self.held.get(&statement)?.what {
            What::Report(report) => Some(report.digest()),
            _ => None,
        }
    }

    /// Reports of some time as they are today.
    fn of_today(&self, reports: &[Digest]) -> BTreeSet<Digest> {
        let is_meant = |report: &Report| reports.contains(&report.digest());
        let then = self.held.iter().filter(|(_, held)| match &held.what {
            What::Report(report) => is_meant(report),
            _ => false,
        });
        then.filter_map(|(statement, _)| self.now(*statement)).collect()
    }

    /// Notes what findings that are sought rest on.
    fn note_findings(
        &self,
        earlier: &[Earlier<'_>],
        sought: &mut BTreeSet<Digest>,
        voices: &mut Voices,
    ) {
        for finding in earlier.iter().flat_map(|then| then.findings) {
            if sought.is_empty() {
                return;
            }
            let Ok(id) = Digest::of(&finding) else { continue };
            if !sought.remove(&id) {
                continue;
            }
            let evidence = finding.get("evidence").and_then(Value::as_array);
            let digests = evidence.into_iter().flatten().filter_map(Value::as_str);
            let digests: Vec<Digest> = digests.filter_map(Digest::parse).collect();
            let mut meant = self.of_today(&digests);
            meant.extend(digests);
            voices.note(id, meant);
        }
    }

    /// States of the record, latest first, in which what is sought may have been an incident: what was
    /// assessed before it was spoken of, and what was there then.
    fn states(
        &self,
        period: Interval,
        earlier: &[Earlier<'_>],
        sought: &BTreeSet<Digest>,
        voices: &Voices,
    ) -> Vec<(u64, Interval)> {
        let leaves = sought.iter().flat_map(|&digest| voices.leaves_about(digest));
        let mut states: Vec<(u64, Interval)> = leaves.map(|leaf| (leaf, period)).collect();
        let assessed = earlier.iter().map(|then| (then.tree_size, then.period));
        let last = states.iter().map(|(leaf, _)| *leaf).max().unwrap_or(0);
        states.extend(assessed.filter(|(size, _)| *size <= last));
        states.sort_unstable_by(|a, b| b.cmp(a));
        states.dedup();
        states.truncate(EARLIER_MAX);
        states
    }
}

/// The number of the input that reports and authorisations come from, behind every feed. A record's
/// locators count leaves from 1, as lines are counted.
const RECORD_INPUT: u16 = u16::MAX;

fn at_leaf(leaf: u64) -> Locator {
    Locator { input: RECORD_INPUT, record: leaf + 1 }
}

/// What a record gives the assessor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The feeds, by number.
    pub feeds: Vec<FeedName>,
    /// Rows of all feeds, merged. A row's locator is the number of its feed and its own number in
    /// that feed, from 1.
    pub points: Vec<TrackPoint>,
    /// Reports in the order of the log.
    pub reports: Vec<Report>,
    /// Who watched, in the order of the log.
    pub duties: Vec<Duty>,
    /// Flights that are permitted, in the order of the log.
    pub authorisations: Vec<Authorisation>,
    /// Which leaves a piece of evidence stands in, by its digest; rows apart.
    leaves: BTreeMap<Digest, BTreeSet<u64>>,
    /// For each feed, behind which row its segments end, and their leaves.
    segments: Vec<Vec<(u64, u64)>>,
}

impl Inputs {
    fn add_feeds(&mut self, mut feeds: Vec<Vec<(&TrackSegment, u64)>>) {
        for segments in &mut feeds {
            segments.sort_by_key(|(segment, leaf)| (segment.part, *leaf));
            segments.dedup_by_key(|(segment, _)| segment.part);
        }
        feeds.sort_by_key(|segments| (segments[0].0.feed.began_at, segments[0].0.feed.digest));
        let mut streams = Vec::new();
        for (number, segments) in (0..RECORD_INPUT).zip(feeds) {
            let (mut rows, mut ends) = (Vec::new(), Vec::new());
            for &(segment, leaf) in &segments {
                rows.extend_from_slice(&segment.rows);
                ends.push((rows.len() as u64, leaf));
                self.leaves.entry(segment.feed.digest).or_default().insert(leaf);
            }
            for (record, row) in (1..).zip(&mut rows) {
                row.locator = Locator { input: number, record };
            }
            self.feeds.push(segments[0].0.feed.clone());
            self.segments.push(ends);
            streams.push(rows);
        }
        self.points = merged(&streams);
    }

    /// The leaves that the evidence of a finding stands in, sorted. A feed as a whole, which is
    /// what the silence of a sensor rests on, stands in all its segments.
    #[must_use]
    pub fn leaves_of(&self, recorded: &Recorded) -> Vec<u64> {
        let mut found: BTreeSet<u64> = BTreeSet::new();
        for digest in &recorded.finding.evidence {
            found.extend(self.leaves.get(digest).into_iter().flatten());
        }
        for (_, locator) in &recorded.locators {
            if let Some(segments) = self.segments.get(usize::from(locator.input)) {
                let at = segments.partition_point(|&(end, _)| end < locator.record);
                found.extend(segments.get(at).map(|&(_, leaf)| leaf));
            }
        }
        found.into_iter().collect()
    }

    /// How the assessor is set up for them.
    #[must_use]
    pub fn setting(&self, asked: &Asked) -> Setting {
        let feed = |name: &FeedName| Feed { sensor: name.sensor.clone(), digest: name.digest };
        Setting {
            feeds: self.feeds.iter().map(feed).collect(),
            authorisations: self.authorisations.clone(),
            period: asked.period,
            as_if_adopted: asked.as_if_adopted.clone(),
            audience: asked.audience.clone(),
        }
    }

    /// Every finding, in the one order of findings.
    #[must_use]
    pub fn findings(&self, pack: &Pack, asked: &Asked) -> Vec<Recorded> {
        let rules = Rules::of(pack, &asked.as_if_adopted);
        let setting = self.setting(asked);
        let airspace = Airspace::new(pack, setting.clone(), &rules);
        let mut picture = airspace.picture_of(&self.points);
        let incidents = incidents::fold(pack, &setting, &rules, &self.reports);
        picture.heed(&incidents.findings);
        let mut findings = picture.findings;
        findings.extend(incidents.findings);
        findings.sort_by(|a, b| a.finding.listed(&b.finding));
        findings
    }
}

/// What an assessment is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The time to look at.
    pub period: Interval,
    /// Clauses to judge as if they had been adopted.
    pub as_if_adopted: BTreeSet<agreement::ClauseId>,
    /// For whom.
    pub audience: Audience,
}

/// Streams merged by time, each kept in its own order.
fn merged(streams: &[Vec<TrackPoint>]) -> Vec<TrackPoint> {
    let mut merged = Vec::with_capacity(streams.iter().map(Vec::len).sum());
    let mut next = vec![0; streams.len()];
    let mut heads: BTreeSet<_> = streams
        .iter()
        .enumerate()
        .filter_map(|(n, rows)| rows.first().map(|row| (row.observed_at, n)))
        .collect();
    while let Some((_, stream)) = heads.pop_first() {
        let rows = &streams[stream];
        let limit = heads.first().copied();
        while let Some(row) = rows.get(next[stream]) {
            let head = (row.observed_at, stream);
            if limit.is_some_and(|limit| head > limit) {
                heads.insert(head);
                break;
            }
            merged.push(*row);
            next[stream] += 1;
        }
    }
    merged
}
