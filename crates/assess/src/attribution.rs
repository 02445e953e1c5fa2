//! Who did it: competing hypotheses, apart from whether it happened.
//!
//! There are always at least two, that nobody knows and that it was staged. A party becomes one
//! when a report names it. Reports are support and dissent, counted by independent sources, and
//! no number of them makes a hypothesis more than that: only a determination of a quorum does.

use std::collections::{BTreeMap, BTreeSet};

use agreement::statement::body::Outcome;
use agreement::{Digest, Pack, PartyId, Report};

use crate::fusion::Incident;
use crate::verification::Verification;

/// Who may have done it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// A party of the agreement.
    Party(PartyId),
    /// Somebody set it up to be taken for another's.
    Staged,
    /// Nobody knows.
    Unknown,
}

/// One hypothesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypothesis {
    /// Who did it.
    pub author: Author,
    /// Reports that name this author, sorted.
    pub support: Vec<Digest>,
    /// Independent sources of those.
    pub support_sources: u32,
    /// Reports that name others and not this author, sorted.
    pub dissent: Vec<Digest>,
    /// Independent sources of those.
    pub dissent_sources: u32,
}

/// The hypotheses about one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// In the order of [`Author`]; at least unknown and staged.
    pub hypotheses: Vec<Hypothesis>,
    /// Whom a quorum holds responsible, and the statement in which it does.
    pub determined: Option<(PartyId, Digest)>,
    /// Members of that quorum who hold otherwise.
    pub quorum_dissent: BTreeSet<PartyId>,
}

/// Weighs who may have done it; `reports` are those of the incident, others are passed over.
#[must_use]
pub fn attribution<'a>(
    pack: &Pack,
    incident: &Incident,
    verification: &Verification,
    reports: impl IntoIterator<Item = &'a Report>,
) -> Attribution {
    let mut named: BTreeMap<Digest, (BTreeSet<PartyId>, &str)> = BTreeMap::new();
    for report in reports {
        let digest = report.digest();
        if incident.evidence.binary_search(&digest).is_ok() {
            let parties = report.sides.iter().filter_map(|side| pack.party_called(side));
            let source = report.source.post.as_deref().unwrap_or(&report.source.id);
            named.insert(digest, (parties.map(|party| party.id.clone()).collect(), source));
        }
    }
    let parties: BTreeSet<&PartyId> = named.values().flat_map(|(parties, _)| parties).collect();
    let mut hypotheses: Vec<Hypothesis> = parties
        .into_iter()
        .map(|party| {
            let names = |parties: &BTreeSet<PartyId>| parties.contains(party);
            let author = Author::Party(party.clone());
            hypothesis(author, &named, names)
        })
        .collect();
    hypotheses.push(hypothesis(Author::Staged, &named, |_| false));
    hypotheses.push(hypothesis(Author::Unknown, &named, BTreeSet::is_empty));
    let last = verification.rulings.last();
    let ruling = last.filter(|ruling| ruling.determination.outcome == Outcome::Attributed);
    Attribution {
        hypotheses,
        determined: ruling.and_then(|ruling| {
            let party = ruling.determination.attributed_to.clone()?;
            Some((party, ruling.statement))
        }),
        quorum_dissent: ruling.map(|r| r.determination.dissent.clone()).unwrap_or_default(),
    }
}

fn hypothesis(
    author: Author,
    named: &BTreeMap<Digest, (BTreeSet<PartyId>, &str)>,
    names: impl Fn(&BTreeSet<PartyId>) -> bool,
) -> Hypothesis {
    let (mut support, mut dissent) = (Vec::new(), Vec::new());
    let (mut pro, mut contra) = (BTreeSet::new(), BTreeSet::new());
    for (&digest, (parties, source)) in named {
        if names(parties) {
            support.push(digest);
            pro.insert(*source);
        } else if !parties.is_empty() {
            dissent.push(digest);
            contra.insert(*source);
        }
    }
    Hypothesis {
        author,
        support,
        support_sources: pro.len() as u32,
        dissent,
        dissent_sources: contra.len() as u32,
    }
}
