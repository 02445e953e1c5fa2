//! Incidents with how far each is established: what reports say together, what a quorum holds of it,
//! and what parties answer. From files there are no voices; from a record it is the same otherwise.

use std::collections::{BTreeMap, BTreeSet};

use agreement::report::Duty;
use agreement::{Digest, Pack, Report};
use spacetime::{Instant, Interval};

use crate::attribution::{Attribution, attribution};
use crate::finding::Finding;
use crate::fusion::{self, Fused, Incident, Whereabouts, placed};
use crate::verification::{Answer, Level, Verification, Voices};

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Established {
    /// What the reports say.
    pub incident: Incident,
    /// Whether it happened.
    pub verification: Verification,
    /// Who may have done it.
    pub attribution: Attribution,
}

/// The incidents of an assessment.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    /// By time, then id.
    pub all: Vec<Established>,
    /// Determinations and answers that are about nothing that is here.
    pub astray: u64,
    /// The incident of each report.
    of: BTreeMap<Digest, usize>,
    voices: Voices,
}

/// What stands beside a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The incident that its report is of, and how far that is established.
    pub incident: Option<(Digest, Level)>,
    /// What parties answer to it, to the incident or to its reports: for ever.
    pub answers: Vec<Answer>,
}

/// Fuses reports of some time.
pub(crate) fn fused(pack: &Pack, period: Interval, duties: &[Duty], reports: &[Report]) -> Fused {
    let as_of = (period.end() < Instant::MAX).then(|| period.end());
    let duties = placed(pack, duties.iter().cloned());
    let setting = fusion::Setting { parameters: &pack.parameters, as_of, duties: &duties };
    fusion::fuse_watched(&setting, reports.iter().filter(|r| period.meet(r.observed).is_some()))
}

impl Incidents {
    /// Of reports and duty records from files: nobody has determined or answered anything.
    #[must_use]
    pub fn of_files(pack: &Pack, period: Interval, duties: &[Duty], reports: &[Report]) -> Self {
        Self::of(pack, reports, fused(pack, period, duties, reports), Voices::default())
    }

    /// Of what was fused and spoken.
    pub(crate) fn of(pack: &Pack, reports: &[Report], fused: Fused, voices: Voices) -> Self {
        let by_digest: BTreeMap<Digest, &Report> =
            reports.iter().map(|report| (report.digest(), report)).collect();
        let established = |incident: Incident| {
            let verification = voices.verification(pack, &incident);
            let own = incident.evidence.iter().filter_map(|digest| by_digest.get(digest).copied());
            let attribution = attribution(pack, &incident, &verification, own);
            Established { incident, verification, attribution }
        };
        let all: Vec<Established> = fused.incidents.into_iter().map(established).collect();
        let members = all
            .iter()
            .enumerate()
            .flat_map(|(n, one)| one.incident.evidence.iter().map(move |&report| (report, n)));
        let of = members.collect();
        let heard: BTreeSet<u64> = all
            .iter()
            .flat_map(|one| {
                let Verification { rulings, answers, .. } = &one.verification;
                let rulings = rulings.iter().map(|ruling| ruling.leaf);
                rulings.chain(answers.iter().map(|answer| answer.leaf)).collect::<Vec<_>>()
            })
            .collect();
        let spoken: BTreeSet<u64> =
            voices.about().into_iter().flat_map(|about| voices.leaves_about(about)).collect();
        let astray = spoken.difference(&heard).count() as u64;
        Self { all, astray, of, voices }
    }

    /// Keeps back at `now` what input that lies about its times would have told.
    pub fn keep_back(&mut self, now: Instant) {
        self.all.iter_mut().for_each(|one| one.incident.keep_back(now));
    }

    /// Whether the place of a report may be drawn as it is: not where its incident's is told as cells or
    /// kept back, because somebody else says that it was a firing.
    #[must_use]
    pub fn may_be_drawn(&self, report: &Digest) -> bool {
        let found = self.of.get(report).map(|&n| &self.all[n].incident.whereabouts);
        !matches!(found, Some(Whereabouts::Cells(_) | Whereabouts::KeptBack(_)))
    }

    /// What stands beside a finding.
    #[must_use]
    pub fn beside(&self, finding: &Finding) -> Beside {
        let found = finding.evidence.iter().find_map(|report| self.of.get(report));
        let one = found.map(|&n| &self.all[n]);
        let id = finding.id();
        let own = self
            .voices
            .answers_about(|about| *about == id || self.voices.means_any(about, &finding.evidence));
        let shared = one.map_or(&[][..], |one| &one.verification.answers);
        let mut answers: Vec<Answer> = own.into_iter().chain(shared.iter().cloned()).collect();
        answers.sort();
        answers.dedup();
        Beside { incident: one.map(|one| (one.incident.id, one.verification.level)), answers }
    }
}
