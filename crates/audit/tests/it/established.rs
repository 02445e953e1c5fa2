//! Incidents of a record: what a quorum determines and parties answer stays with them.

use agreement::report::{Method, Source, Told};
use agreement::statement::body::{Determination, Outcome, Response};
use agreement::statement::said::{About, Corrects};
use agreement::statement::{Body, Roster, Said};
use agreement::track::Locator;
use agreement::{Act, Digest, Pack, Protected, Report};
use assess::established::Incidents;
use assess::record::Earlier;
use assess::verification::Level;
use audit::Replay;
use spacetime::{Duration, Instant, Interval, Position};

use crate::world::{Record, asked, pack, reports};

/// A pack in which the party whose key is known determines alone.
fn guarded() -> Pack {
    let mut pack = pack("southern-syria-2017");
    let party = pack.parties.keys().next().unwrap().clone();
    let quorum = pack.quorums.get_mut("determination").unwrap();
    (quorum.threshold, quorum.members) = (1, [party].into());
    pack
}

/// The same explosion, heard at one of some posts.
fn heard(post: usize) -> Report {
    let from = Instant::parse("2017-07-20T10:00:00Z").unwrap();
    let at = Position::from_e7(361_000_000 + 50_000 * post as i32, 328_000_000).unwrap();
    let told = Told {
        id: format!("r{post}"),
        act: Act::Explosion,
        method: Method::Heard,
        observed: Interval::new(from, from.plus(Duration::from_seconds(80))).unwrap(),
        source: Source {
            id: format!("observer {post}"),
            post: Some(format!("P{post}")),
            kind: "human".to_owned(),
            position: Some(Protected::new(at)),
        },
    };
    let clock_sd = Some(Duration::from_seconds(20));
    Report { clock_sd, ..Report::of(told, Locator::default()) }
}

impl Record {
    fn determine(&mut self, about: Digest, outcome: Outcome) {
        let determination = Determination {
            attributed_to: None,
            dissent: [].into(),
            outcome,
            reasons: "seen on the spot".to_owned(),
        };
        self.say(&Said::Determination(About { about }), Some(&Body::Determination(determination)));
    }

    fn answer(&mut self, about: Digest) {
        let response = Response { text: "not ours".to_owned() };
        self.say(&Said::Response(About { about }), Some(&Body::Response(response)));
    }

    fn replay(&self, pack: &Pack, size: usize) -> Replay {
        let all: Vec<_> = self.entries.iter().cloned().map(Some).collect();
        let replay = Replay::of(&Roster::of(pack).unwrap(), &all, size, &self.bodies(), &|_| 0);
        assert_eq!(replay.wrong, []);
        replay
    }

    fn incidents_of(&self, pack: &Pack, size: usize) -> Incidents {
        let replay = self.replay(pack, size);
        let earlier = replay.assessments.iter().map(|recorded| Earlier {
            tree_size: recorded.said.tree_size,
            period: recorded.said.period,
            findings: &recorded.findings.as_ref().unwrap().findings,
        });
        replay.gathered.established(pack, asked().period, &earlier.collect::<Vec<_>>())
    }

    fn incidents(&self, pack: &Pack) -> Incidents {
        self.incidents_of(pack, self.entries.len())
    }
}

#[test]
fn a_determination_and_an_answer_follow_an_incident_to_which_reports_are_added() {
    let (pack, mut record) = (guarded(), Record::new());
    [0, 1].into_iter().for_each(|post| record.report(&heard(post)));
    let first = record.incidents(&pack).all;
    assert_eq!((first.len(), first[0].verification.level), (1, Level::Corroborated));
    record.answer(first[0].incident.id);
    let disputed = record.incidents(&pack).all;
    assert_eq!(disputed[0].verification.level, Level::Disputed);
    record.determine(first[0].incident.id, Outcome::Verified);
    record.report(&heard(2));
    let then = record.incidents(&pack);
    let [one] = &then.all[..] else { panic!("{then:?}") };
    assert_ne!(one.incident.id, first[0].incident.id);
    assert_eq!((one.incident.sources, one.verification.level), (3, Level::Verified));
    assert_eq!((one.verification.rulings.len(), one.verification.answers.len()), (1, 1));
    assert_eq!(then.astray, 0);
}

#[test]
fn what_is_said_of_a_report_stays_when_the_report_is_corrected() {
    let (pack, mut record) = (guarded(), Record::new());
    record.report(&heard(0));
    let report = record.claims[0].statement().digest();
    record.answer(heard(0).digest());
    let corrected = Report { deaths: Some(2), ..heard(0) };
    record.say(
        &Said::Correction(Corrects { segment: None, supersedes: report }),
        Some(&Body::Correction(agreement::statement::body::Replacement::Report(Box::new(
            corrected.clone(),
        )))),
    );
    let then = record.incidents(&pack);
    let [one] = &then.all[..] else { panic!("{then:?}") };
    assert_eq!(one.incident.evidence, [corrected.digest()]);
    assert_eq!((one.verification.level, then.astray), (Level::Disputed, 0));
}

#[test]
fn what_is_about_nothing_here_is_counted_and_changes_nothing() {
    let (pack, mut record) = (guarded(), Record::new());
    record.report(&heard(0));
    record.answer(Digest::of_bytes(b"elsewhere"));
    let then = record.incidents(&pack);
    assert_eq!((then.astray, then.all[0].verification.level), (1, Level::Reported));
}

#[test]
fn an_answer_to_a_finding_stands_beside_it_when_later_reports_have_given_it_another_id() {
    let (pack, mut record) = (guarded(), Record::new());
    let real = reports(&pack, 80);
    let (before, after) = real.split_at(60);
    before.iter().for_each(|report| record.report(report));
    record.assess(&pack, |_, _| ());
    let inputs = record.replay(&pack, record.entries.len()).gathered.inputs();
    let old = inputs.findings(&pack, &asked())[0].finding.clone();
    record.answer(old.id());
    after.iter().for_each(|report| record.report(report));
    let mut later = heard(0);
    later.observed = Interval::new(
        Instant::parse("2018-03-01T00:00:00Z").unwrap(),
        Instant::parse("2018-03-01T00:01:00Z").unwrap(),
    )
    .unwrap();
    record.report(&later);
    let inputs = record.replay(&pack, record.entries.len()).gathered.inputs();
    let incidents = record.incidents(&pack);
    let found = inputs.findings(&pack, &asked());
    let same = |found: &&assess::Recorded| {
        found.finding.evidence == old.evidence && found.finding.clause == old.clause
    };
    let now = found.iter().find(same).unwrap();
    assert_ne!(now.finding.id(), old.id());
    let beside = incidents.beside(&now.finding);
    assert_eq!(beside.answers.len(), 1);
    assert_eq!(beside.incident.unwrap().1, Level::Disputed);
    let others = found.iter().filter(|found| found.finding.evidence != old.evidence);
    assert!(others.clone().count() > 5);
    for other in others {
        assert_eq!(incidents.beside(&other.finding).answers, []);
    }
}

#[test]
fn incidents_after_n_statements_are_those_of_the_first_n_and_of_the_files_they_came_from() {
    let (pack, mut record) = (guarded(), Record::new());
    let all: Vec<Report> =
        reports(&pack, 40).into_iter().chain([0, 1, 2].into_iter().map(heard)).collect();
    all.iter().for_each(|report| record.report(report));
    let whole = record.incidents(&pack).all.len();
    for size in [0, 1, 20, 41, 42, 43] {
        let of_record = record.incidents_of(&pack, size).all;
        let of_files = Incidents::of_files(&pack, Interval::ALWAYS, &[], &all[..size]).all;
        assert_eq!(of_record, of_files, "{size}");
    }
    assert!(whole > 38, "{whole}");
}
