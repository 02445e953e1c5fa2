//! How far an incident is established: the ladder from a report to what a quorum holds.
//!
//! Sources take an incident to [`Level::Corroborated`] at most, however many there are and however
//! often they repeat themselves. What a party answers makes it disputed. Only a determination in
//! which a quorum of guarantors stands together takes it to verified, rejected or unresolved; the
//! last one on record counts, and all are shown. An answer is shown for ever, whatever was
//! determined before or after it: prose is no evidence, so nothing here reads whether it denies.

use std::collections::{BTreeMap, BTreeSet};

use agreement::statement::body::{Determination, Outcome};
use agreement::statement::{Body, Said, Standing};
use agreement::{Digest, Pack, PartyId};

use crate::fusion::{self, Incident};
use crate::record::Spoken;

/// Name of the quorum that determines.
const QUORUM: &str = "determination";

/// How far an incident is established. The order is that of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// One source says so.
    Reported,
    /// Two independent sources do.
    Corroborated,
    /// A party has answered, and no quorum has determined.
    Disputed,
    /// A quorum holds that it cannot be told.
    Unresolved,
    /// A quorum holds that it did not happen.
    Rejected,
    /// A quorum holds that it happened.
    Verified,
}

impl Level {
    /// As outputs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Corroborated => "corroborated",
            Self::Disputed => "disputed",
            Self::Unresolved => "unresolved",
            Self::Rejected => "rejected",
            Self::Verified => "verified",
        }
    }
}

/// What a party answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// The leaf it stands in.
    pub leaf: u64,
    /// Digest of the statement.
    pub statement: Digest,
    /// Who answers.
    pub by: PartyId,
    /// In its own words.
    pub text: String,
}

/// What a quorum determined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The leaf it stands in.
    pub leaf: u64,
    /// Digest of the statement.
    pub statement: Digest,
    /// Members of the quorum who signed it and do not dissent.
    pub agreed: BTreeSet<PartyId>,
    /// What it says.
    pub determination: Determination,
}

/// Determinations and answers of a record, each with what it is about: an incident, a report, a
/// finding, or the statement of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voices {
    rulings: Vec<(Digest, Ruling)>,
    answers: Vec<(Digest, Answer)>,
    /// What is no incident of today: the reports it stands for.
    means: BTreeMap<Digest, BTreeSet<Digest>>,
}

/// What is known of an incident beside the reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How far it is established.
    pub level: Level,
    /// What sources alone make of it.
    pub by_sources: fusion::Level,
    /// Every determination with a quorum, in the order of the log.
    pub rulings: Vec<Ruling>,
    /// Every answer, in the order of the log.
    pub answers: Vec<Answer>,
}

impl Voices {
    /// Takes in the next statement of a record; what is neither a determination nor a response,
    /// or does not count, changes nothing.
    pub fn take(&mut self, spoken: &Spoken<'_>) {
        if spoken.standing != Standing::Good {
            return;
        }
        let parties = spoken.parties.iter().cloned();
        let (leaf, statement) = (spoken.leaf, spoken.statement.digest());
        match (spoken.said, &spoken.body) {
            (Said::Determination(what), Some(Body::Determination(determination))) => {
                let determination = determination.clone();
                let agreed = parties.collect();
                self.rule(what.about, Ruling { leaf, statement, agreed, determination });
            }
            (Said::Response(what), Some(Body::Response(response))) => {
                let text = response.text.clone();
                let answer = |by| Answer { leaf, statement, by, text: text.clone() };
                self.answers.extend(parties.take(1).map(|by| (what.about, answer(by))));
            }
            _ => {}
        }
    }

    /// Takes in a determination about a finding, an incident or a report.
    pub fn rule(&mut self, about: Digest, ruling: Ruling) {
        self.rulings.push((about, ruling));
    }

    /// Takes in an answer to a finding, an incident or a report.
    pub fn answer(&mut self, about: Digest, answer: Answer) {
        self.answers.push((about, answer));
    }

    /// Notes which reports something stands for: an incident as it was before other reports came,
    /// a finding, the statement of a report.
    pub fn note(&mut self, digest: Digest, reports: BTreeSet<Digest>) {
        self.means.entry(digest).or_default().extend(reports);
    }

    /// Everything that is spoken about, each once.
    #[must_use]
    pub fn about(&self) -> BTreeSet<Digest> {
        let rulings = self.rulings.iter().map(|(about, _)| *about);
        rulings.chain(self.answers.iter().map(|(about, _)| *about)).collect()
    }

    /// The leaves of those that speak about something, in order.
    pub(crate) fn leaves_about(&self, digest: Digest) -> BTreeSet<u64> {
        let rulings = self.rulings.iter().map(|(about, ruling)| (about, ruling.leaf));
        let answers = self.answers.iter().map(|(about, answer)| (about, answer.leaf));
        let all = rulings.chain(answers).filter(|(about, _)| **about == digest);
        all.map(|(_, leaf)| leaf).collect()
    }

    /// Whether something is one of some reports or rows, or stands for one.
    pub(crate) fn means_any(&self, about: &Digest, evidence: &[Digest]) -> bool {
        let meant = || self.means.get(about).into_iter().flatten();
        evidence.binary_search(about).is_ok()
            || meant().any(|digest| evidence.binary_search(digest).is_ok())
    }

    /// How many of the reports that something stands for an incident holds, and of how many.
    fn held(&self, about: &Digest, incident: &Incident) -> (usize, usize) {
        let holds = |report: &Digest| incident.evidence.binary_search(report).is_ok();
        if *about == incident.id || holds(about) {
            return (1, 1);
        }
        self.means.get(about).map_or((0, 1), |meant| {
            (meant.iter().filter(|report| holds(report)).count(), meant.len())
        })
    }

    /// Answers about any of some things, in the order of the log.
    pub(crate) fn answers_about(&self, is_meant: impl Fn(&Digest) -> bool) -> Vec<Answer> {
        let meant = self.answers.iter().filter(|(about, _)| is_meant(about));
        let mut answers: Vec<Answer> = meant.map(|(_, answer)| answer.clone()).collect();
        answers.sort();
        answers.dedup();
        answers
    }

    /// What is known of an incident. What is said of an incident is said of its reports: when others
    /// join them and its id changes, a determination follows to where most of them are, and an answer
    /// to wherever one of them is.
    #[must_use]
    pub fn verification(&self, pack: &Pack, incident: &Incident) -> Verification {
        let answers = self.answers_about(|about| self.held(about, incident).0 > 0);
        let ruled = self.rulings.iter().filter(|(about, ruling)| {
            let (held, of) = self.held(about, incident);
            2 * held > of && has_quorum(pack, ruling)
        });
        let mut rulings: Vec<Ruling> = ruled.map(|(_, ruling)| ruling.clone()).collect();
        rulings.sort_by_key(|ruling| (ruling.leaf, ruling.statement));
        let determined = rulings.last().map(|ruling| match ruling.determination.outcome {
            Outcome::Verified | Outcome::Attributed => Level::Verified,
            Outcome::Refuted => Level::Rejected,
            Outcome::Open => Level::Unresolved,
        });
        let undetermined = match incident.level {
            _ if !answers.is_empty() => Level::Disputed,
            fusion::Level::Reported => Level::Reported,
            fusion::Level::Corroborated => Level::Corroborated,
        };
        Verification {
            level: determined.unwrap_or(undetermined),
            by_sources: incident.level,
            rulings,
            answers,
        }
    }
}

/// Whether so many members as the pack asks for stand behind it. A pack without the quorum
/// determines nothing.
fn has_quorum(pack: &Pack, ruling: &Ruling) -> bool {
    pack.quorums.get(QUORUM).is_some_and(|quorum| {
        let dissent = &ruling.determination.dissent;
        let agree = ruling.agreed.iter().filter(|by| quorum.members.contains(*by));
        let agree = agree.filter(|by| !dissent.contains(*by)).count();
        quorum.threshold > 0 && agree as u64 >= u64::from(quorum.threshold)
    })
}
