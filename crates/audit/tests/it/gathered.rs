//! A record gives the assessor what the files gave.

use agreement::statement::{Entry, Roster, Said, Standing};
use assess::Rules;
use assess::airspace::{Airspace, Feed, Setting};
use assess::finding::Audience;
use assess::record::{Gathered, Spoken};
use audit::{Bodies as _, Replay};
use serde_json::Value;
use spacetime::Interval;

use crate::world::{Record, asked, flight, pack, reports};

fn bodies_of(findings: &[assess::Recorded]) -> Vec<Value> {
    findings.iter().map(|found| found.finding.body()).collect()
}

fn setting(feeds: Vec<Feed>) -> Setting {
    Setting {
        feeds,
        authorisations: Vec::new(),
        period: Interval::ALWAYS,
        as_if_adopted: [].into(),
        audience: Audience::holder(),
    }
}

#[test]
fn real_reports_from_the_record_give_the_same_findings_as_from_their_file() {
    let pack = pack("southern-syria-2017");
    let reports = reports(&pack, 240);
    let rules = Rules::of(&pack, &[].into());
    let direct = assess::incidents::fold(&pack, &setting(Vec::new()), &rules, &reports);
    assert!(direct.findings.len() > 20, "{}", direct.findings.len());

    let mut record = Record::new();
    reports.iter().for_each(|report| record.report(report));
    let all: Vec<_> = record.entries.iter().cloned().map(Some).collect();
    let roster = Roster::of(&pack).unwrap();
    let replay = Replay::of(&roster, &all, all.len(), &record.bodies(), &|_| 0);
    assert_eq!((replay.wrong.len(), replay.withheld.len()), (0, 0));
    let inputs = replay.gathered.inputs();
    let found = inputs.findings(&pack, &asked());
    assert_eq!(bodies_of(&found), bodies_of(&direct.findings));
    for found in &found {
        let [leaf] = inputs.leaves_of(found)[..] else { panic!("one report, one leaf") };
        assert_eq!(reports[leaf as usize].digest(), found.finding.evidence[0]);
    }
}

#[test]
fn a_real_flight_from_the_record_gives_the_same_findings_as_from_its_file() {
    let pack = pack("paris-toulouse-2024");
    let (feed, points) = flight(&pack);
    let rules = Rules::of(&pack, &[].into());
    let feeds = vec![Feed { sensor: feed.sensor.clone(), digest: feed.digest }];
    let airspace = Airspace::new(&pack, setting(feeds), &rules);
    let direct = airspace.picture_of(&points);
    assert!(direct.findings.len() > 3);

    let mut record = Record::new();
    record.segments(&feed, &points);
    assert!(record.entries.len() > 100);
    let all: Vec<_> = record.entries.iter().cloned().map(Some).collect();
    let roster = Roster::of(&pack).unwrap();
    let replay = Replay::of(&roster, &all, all.len(), &record.bodies(), &|_| 0);
    let inputs = replay.gathered.inputs();
    let digests = |points: &[agreement::TrackPoint]| -> Vec<agreement::Digest> {
        points.iter().map(agreement::TrackPoint::digest).collect()
    };
    assert!(digests(&inputs.points) == digests(&points), "row by row, in their order");
    let found = inputs.findings(&pack, &asked());
    assert_eq!(bodies_of(&found), bodies_of(&direct.findings));
    for found in &found {
        assert_eq!(found.finding.evidence.is_empty(), inputs.leaves_of(found).is_empty());
    }
}

#[test]
fn the_fold_after_n_statements_is_the_batch_over_the_first_n() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    reports(&pack, 60).iter().for_each(|report| record.report(report));
    let all: Vec<_> = record.entries.iter().cloned().map(Some).collect();
    let (roster, bodies) = (Roster::of(&pack).unwrap(), record.bodies());
    let mut fold = Gathered::default();
    for size in 0..=all.len() {
        let batch = Replay::of(&roster, &all, size, &bodies, &|_| 0);
        assert_eq!(fold, batch.gathered, "{size}");
        if size % 20 == 0 {
            let found =
                |gathered: &Gathered| bodies_of(&gathered.inputs().findings(&pack, &asked()));
            assert_eq!(found(&fold), found(&batch.gathered));
        }
        let Some(Some(bytes)) = all.get(size) else { continue };
        let statement = Entry::parse(bytes).unwrap().statement;
        let said = Said::of(statement.header()).unwrap();
        let (salt, body) = bodies.body(&statement.header().body.unwrap()).unwrap();
        let body = agreement::statement::Body::opened(statement.header(), &salt, &body).unwrap();
        fold.take(Spoken {
            leaf: size as u64,
            statement: &statement,
            said: &said,
            standing: Standing::Good,
            parties: Vec::new(),
            body: Some(body),
        });
    }
}
