//! Who may raise an incident, and what an answer does to it.

use std::collections::BTreeSet;

use agreement::party::Quorum;
use agreement::report::Source;
use agreement::statement::body::{Determination, Outcome};
use agreement::{Act, Digest, Pack, Parameters, PartyId, Protected, Report};
use assess::attribution::{Author, attribution};
use assess::fusion::{self, Incident, fuse};
use assess::verification::{Answer, Level, Ruling, Voices};
use spacetime::Duration;

use crate::observers::heard_at;
use crate::world::{at, no_fly, pack, place, rectangle};

fn party(id: &str) -> PartyId {
    PartyId::new(id).unwrap()
}

/// A pack in which two of three guarantors determine.
fn guarded() -> Pack {
    let mut pack = pack(rectangle(0, 0, 100, 100), no_fly());
    let members = ["north", "south", "west"].map(party).into();
    let id = "determination".to_owned();
    pack.quorums.insert(id.clone(), Quorum { id, threshold: 2, members, judges: BTreeSet::new() });
    pack
}

/// The same explosion heard from some posts.
fn heard_from(posts: &[&str]) -> Vec<Report> {
    let report = |(n, post): (usize, &&str)| {
        let source = Source {
            id: format!("observer {n}"),
            post: Some((*post).to_owned()),
            kind: "human".to_owned(),
            position: Some(Protected::new(place(10, 10))),
        };
        let act = Act::Explosion;
        heard_at(format!("r{n}"), act, source, at(0), at(40), Duration::from_seconds(20))
    };
    posts.iter().enumerate().map(report).collect()
}

fn incident(reports: &[Report]) -> Incident {
    let found = fuse(&Parameters::default(), None, reports).incidents;
    assert_eq!(found.len(), 1);
    found[0].clone()
}

fn ruling(leaf: u64, agreed: &[&str], outcome: Outcome) -> Ruling {
    let determination = Determination {
        attributed_to: (outcome == Outcome::Attributed).then(|| party("north")),
        dissent: BTreeSet::new(),
        outcome,
        reasons: "seen on the spot".to_owned(),
    };
    let agreed = agreed.iter().map(|id| party(id)).collect();
    Ruling { leaf, statement: Digest::of_bytes(&leaf.to_be_bytes()), agreed, determination }
}

fn answer(leaf: u64) -> Answer {
    let statement = Digest::of_bytes(&leaf.to_be_bytes());
    Answer { leaf, statement, by: party("east"), text: "not ours".to_owned() }
}

#[test]
fn sources_alone_corroborate_and_never_verify() {
    let pack = guarded();
    for (posts, level) in [
        (&["P1"][..], Level::Reported),
        (&["P1", "P1", "P1"], Level::Reported),
        (&["P1", "P2"], Level::Corroborated),
        (&["P1", "P2", "P3", "P4", "P5", "P6"], Level::Corroborated),
    ] {
        let found = incident(&heard_from(posts));
        assert_eq!(Voices::default().verification(&pack, &found).level, level, "{posts:?}");
    }
}

#[test]
fn only_a_quorum_determines_and_the_last_one_counts() {
    let pack = guarded();
    let found = incident(&heard_from(&["P1", "P2"]));
    let level = |rulings: &[Ruling]| {
        let mut voices = Voices::default();
        rulings.iter().for_each(|ruling| voices.rule(found.id, ruling.clone()));
        voices.verification(&pack, &found).level
    };
    assert_eq!(level(&[ruling(1, &["north"], Outcome::Verified)]), Level::Corroborated);
    // Whoever is not asked does not help, and who dissents does not either.
    assert_eq!(level(&[ruling(1, &["north", "east"], Outcome::Verified)]), Level::Corroborated);
    let mut torn = ruling(1, &["north", "south"], Outcome::Verified);
    torn.determination.dissent.insert(party("south"));
    assert_eq!(level(&[torn]), Level::Corroborated);
    let two = |leaf, outcome| ruling(leaf, &["north", "south"], outcome);
    assert_eq!(level(&[two(1, Outcome::Verified)]), Level::Verified);
    assert_eq!(level(&[two(1, Outcome::Open)]), Level::Unresolved);
    assert_eq!(level(&[two(7, Outcome::Refuted), two(3, Outcome::Verified)]), Level::Rejected);
}

#[test]
fn a_pack_without_the_quorum_determines_nothing() {
    let mut pack = guarded();
    pack.quorums.clear();
    let found = incident(&heard_from(&["P1", "P2"]));
    let mut voices = Voices::default();
    voices.rule(found.id, ruling(1, &["north", "south", "west"], Outcome::Verified));
    assert_eq!(voices.verification(&pack, &found).level, Level::Corroborated);
}

#[test]
fn an_answer_disputes_and_stands_beside_the_incident_for_ever() {
    let pack = guarded();
    let reports = heard_from(&["P1", "P2"]);
    let first = incident(&reports);
    let mut voices = Voices::default();
    voices.answer(first.evidence[0], answer(4));
    let disputed = voices.verification(&pack, &first);
    assert_eq!(disputed.level, Level::Disputed);
    assert_eq!(disputed.by_sources, fusion::Level::Corroborated);
    voices.rule(first.id, ruling(9, &["north", "south"], Outcome::Verified));
    let verified = voices.verification(&pack, &first);
    assert_eq!((verified.level, &verified.answers[..]), (Level::Verified, &[answer(4)][..]));
    // One more report makes it another incident, and the answer stays with it.
    let later = incident(&heard_from(&["P1", "P2", "P3"]));
    assert_ne!(later.id, first.id);
    assert_eq!(voices.verification(&pack, &later).answers, [answer(4)]);
}

#[test]
fn attribution_has_two_hypotheses_at_least_and_never_promotes_itself() {
    let pack = guarded();
    let reports: Vec<Report> = heard_from(&["P1", "P2", "P3", "P4"])
        .into_iter()
        .map(|report| Report { sides: vec!["operator".to_owned()], ..report })
        .collect();
    let found = incident(&reports);
    let mut voices = Voices::default();
    let now = |voices: &Voices| {
        let verification = voices.verification(&pack, &found);
        (verification.level, attribution(&pack, &found, &verification, &reports))
    };
    let (level, held) = now(&voices);
    let authors: Vec<&Author> = held.hypotheses.iter().map(|h| &h.author).collect();
    assert!(authors.contains(&&Author::Unknown) && authors.contains(&&Author::Staged));
    assert_eq!((level, held.determined), (Level::Corroborated, None));
    voices.rule(found.id, ruling(3, &["north", "south"], Outcome::Verified));
    let (level, held) = now(&voices);
    assert_eq!((level, held.determined), (Level::Verified, None));
    voices.rule(found.id, ruling(5, &["north", "south"], Outcome::Attributed));
    let (_, held) = now(&voices);
    assert_eq!(held.determined.map(|(by, _)| by), Some(party("north")));
}
