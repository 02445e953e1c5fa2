//! What an audit says: that it agrees, and each way in which it does not, as what it is.

use agreement::statement::body::Replacement;
use agreement::statement::said::{
    Corrects, Erased, ErasureReason, RevocationReason, Revoked, SegmentRoot,
};
use agreement::statement::{Body, Roster, Said};
use agreement::{Digest, Pack};
use audit::compare::{Outcome, Run};
use audit::{Audit, Flaw, Log, OpenedBodies, Replay, Withheld};
use serde_json::Value;

use crate::world::{Memory, Record, flight, log_key, pack, reports};

fn audited(pack: &Pack, log: &Log, bodies: &OpenedBodies) -> Audit {
    audit::audit(pack, log, bodies, &|_| 0).unwrap()
}

/// Some reports and an assessment of them.
fn small(pack: &Pack) -> Record {
    let mut record = Record::new();
    reports(pack, 240).iter().for_each(|report| record.report(report));
    record.assess(pack, |_, _| {});
    record
}

fn outcomes(audit: &Audit) -> Vec<Outcome> {
    let [checked] = &audit.checked[..] else { panic!("one assessment") };
    let Run::Findings(findings) = &checked.run else { panic!("{:?}", checked.run) };
    findings.iter().map(|finding| finding.outcome).collect()
}

#[test]
fn an_audit_of_an_honest_record_agrees_on_every_finding() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let audit = audited(&pack, &record.log(), &record.bodies());
    let outcomes = outcomes(&audit);
    assert!(outcomes.len() > 20 && outcomes.iter().all(|o| *o == Outcome::Agreed));
    assert!(!audit.contradicts());
    assert_eq!((audit.flaws.len(), audit.replay.irregular.len()), (0, 0));
}

#[test]
fn an_audit_of_a_flight_agrees_and_names_the_segments_that_findings_stand_on() {
    let pack = pack("paris-toulouse-2024");
    let (feed, points) = flight(&pack);
    let mut record = Record::new();
    record.segments(&feed, &points);
    record.assess(&pack, |_, _| {});
    let audit = audited(&pack, &record.log(), &record.bodies());
    assert!(outcomes(&audit).iter().all(|o| *o == Outcome::Agreed));

    let Run::Findings(findings) = &audit.checked[0].run else { panic!() };
    let breach = findings.iter().find(|finding| finding.verdict == "breach").unwrap();
    let leaf = breach.leaves[0];
    let mut bodies = record.bodies();
    let withheld = record.claims[leaf as usize].statement().header().body.unwrap();
    bodies.withhold(&withheld);
    let audit = audited(&pack, &record.log(), &bodies);
    let outcomes = outcomes(&audit);
    assert!(outcomes.contains(&Outcome::Sealed { leaf }), "{outcomes:?}");
    assert!(!audit.contradicts(), "what it may not read is no contradiction");
}

#[test]
fn a_changed_finding_differs_and_the_true_one_is_missing() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    reports(&pack, 240).iter().for_each(|report| record.report(report));
    record.assess(&pack, |_, body| {
        body.findings[3].insert("verdict".to_owned(), Value::from("clear"));
    });
    let audit = audited(&pack, &record.log(), &record.bodies());
    let outcomes = outcomes(&audit);
    let count = |wanted| outcomes.iter().filter(|o| **o == wanted).count();
    assert_eq!(outcomes[3], Outcome::Differing);
    assert_eq!((count(Outcome::Differing), count(Outcome::Missing)), (1, 1));
    assert_eq!(count(Outcome::Agreed), outcomes.len() - 2);
    assert!(audit.contradicts());
}

#[test]
fn a_finding_that_was_left_out_is_missing() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    reports(&pack, 240).iter().for_each(|report| record.report(report));
    record.assess(&pack, |_, body| {
        body.findings.remove(5);
        body.leaves.remove(5);
    });
    let audit = audited(&pack, &record.log(), &record.bodies());
    let outcomes = outcomes(&audit);
    assert_eq!(outcomes.iter().filter(|o| **o == Outcome::Missing).count(), 1);
    assert!(audit.contradicts());
}

/// The leaf of the report that some finding stands on.
fn some_leaf(record: &Record, pack: &Pack) -> u64 {
    let audit = audited(pack, &record.log(), &record.bodies());
    let Run::Findings(findings) = &audit.checked[0].run else { panic!() };
    findings[4].leaves[0]
}

#[test]
fn a_body_that_is_withheld_seals_the_findings_on_it_and_no_other() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let leaf = some_leaf(&record, &pack);
    let mut bodies = record.bodies();
    let commitment = record.claims[leaf as usize].statement().header().body.unwrap();
    bodies.withhold(&commitment);
    let audit = audited(&pack, &record.log(), &bodies);
    let outcomes = outcomes(&audit);
    assert_eq!(outcomes[4], Outcome::Sealed { leaf });
    let others = outcomes.iter().filter(|o| **o != Outcome::Sealed { leaf });
    assert!(others.clone().all(|o| *o == Outcome::Agreed) && others.count() > 20);
    assert!(!audit.contradicts());
}

#[test]
fn a_body_that_is_erased_is_not_read_by_whoever_still_has_it() {
    let pack = pack("southern-syria-2017");
    let mut record = small(&pack);
    let leaf = some_leaf(&record, &pack);
    let erased = record.claims[leaf as usize].statement().digest();
    let said = Said::Erasure(Erased { erased, reason: ErasureReason::Safety });
    record.say(&said, None);
    let audit = audited(&pack, &record.log(), &record.bodies());
    assert_eq!(outcomes(&audit)[4], Outcome::Erased { leaf });
    assert_eq!(audit.replay.withheld[&leaf].1, Withheld::Erased);
    assert!(!audit.contradicts());
}

/// The latest report says up to when the input reached, which stands in every finding.
#[test]
fn the_last_report_withheld_costs_no_other_finding() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let all = reports(&pack, 240);
    let last = (0..all.len()).max_by_key(|&n| all[n].observed.end()).unwrap();
    let mut bodies = record.bodies();
    bodies.withhold(&record.claims[last].statement().header().body.unwrap());
    let audit = audited(&pack, &record.log(), &bodies);
    let leaf = last as u64;
    let fine = |o: &Outcome| matches!(o, Outcome::Agreed) || *o == Outcome::Sealed { leaf };
    assert!(outcomes(&audit).iter().all(fine));
    assert!(!audit.contradicts());
}

#[test]
fn an_assessment_under_other_rules_or_another_agreement_is_not_judged() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    reports(&pack, 20).iter().for_each(|report| record.report(report));
    record.assess(&pack, |said, _| said.rules = Digest::of_bytes(b"other rules"));
    record.assess(&pack, |said, _| said.agreement_version = Digest::of_bytes(b"another"));
    let audit = audited(&pack, &record.log(), &record.bodies());
    assert!(matches!(audit.checked[0].run, Run::OtherRules { .. }));
    assert!(matches!(audit.checked[1].run, Run::OtherAgreement { .. }));
    assert!(!audit.contradicts());
}

#[test]
fn findings_that_are_sealed_themselves_are_held_by_their_root() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let mut bodies = record.bodies();
    let last = record.claims.last().unwrap().statement().header().body.unwrap();
    bodies.withhold(&last);
    let audit = audited(&pack, &record.log(), &bodies);
    assert_eq!(audit.checked[0].run, Run::RootAlone { is_same: true, withheld: None });

    let mut record = Record::new();
    reports(&pack, 20).iter().for_each(|report| record.report(report));
    record.assess(&pack, |_, body| {
        body.findings.clear();
        body.leaves.clear();
    });
    let mut bodies = record.bodies();
    bodies.withhold(&record.claims.last().unwrap().statement().header().body.unwrap());
    let audit = audited(&pack, &record.log(), &bodies);
    assert_eq!(audit.checked[0].run, Run::RootAlone { is_same: false, withheld: None });
    assert!(audit.contradicts());
}

#[test]
fn a_changed_leaf_is_named_and_what_stands_on_it_is_damaged() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let leaf = some_leaf(&record, &pack);
    let mut files = record.files();
    let mut spoilt = record.entries.clone();
    let entry = &mut spoilt[leaf as usize];
    let at = entry.len() / 2;
    entry[at] ^= 1;
    let path = tlog::bundle::BundleId::holding(leaf, spoilt.len() as u64).unwrap();
    let mut bundle = Vec::new();
    let from = path.start() as usize;
    for entry in &spoilt[from..from + usize::from(path.width())] {
        tlog::bundle::push_entry(&mut bundle, entry).unwrap();
    }
    files.0.insert(path.to_string(), bundle);
    let log = Log::read(files, &log_key(), &[]).unwrap();
    assert_eq!(log.flaws, [Flaw::Entry { leaf }]);
    let audit = audited(&pack, &log, &record.bodies());
    assert_eq!(outcomes(&audit)[4], Outcome::Damaged { leaf });
    assert!(audit.contradicts());
}

/// A bit of every byte of the small files; of the large ones, enough of each entry and each hash. The
/// tiles over tiles among them.
#[test]
fn a_flipped_bit_in_any_file_of_the_log_is_found() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    // Enough for a tile over tiles.
    let all = reports(&pack, 100);
    all.iter().cycle().take(300).for_each(|report| record.report(report));
    let files = record.files();
    let found =
        |files: Memory| Log::read(files, &log_key(), &[]).map_or(true, |log| !log.flaws.is_empty());
    assert!(!found(files.clone()));
    assert!(files.0.keys().any(|path| path.starts_with("tile/1/")));
    for (path, bytes) in &files.0 {
        let step = if bytes.len() > 500 { bytes.len() / 12 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut spoilt = files.clone();
            spoilt.0.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            assert!(found(spoilt), "{path} at {at}");
        }
        let mut gone = files.clone();
        gone.0.remove(path);
        assert!(found(gone), "{path} is gone");
    }
}

/// Whoever reads a log again from its files may be given others.
#[test]
fn what_is_read_again_is_held_against_what_was_checked() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    for (path, bytes) in &record.files().0 {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let log = Log::read(audit::Folder::new(folder.path()), &log_key(), &[]).unwrap();
    assert!(!audited(&pack, &log, &record.bodies()).contradicts());
    let size = record.entries.len();
    let path = tlog::bundle::BundleId::holding(0, size as u64).unwrap();
    let path = folder.path().join(path.to_string());
    let mut bundle = std::fs::read(&path).unwrap();
    bundle[1_000] ^= 1;
    std::fs::write(&path, bundle).unwrap();
    let audit = audited(&pack, &log, &record.bodies());
    assert_eq!(audit.replay.withheld.len(), size.min(256));
    assert!(audit.replay.withheld.values().all(|(_, why)| *why == Withheld::Damaged));
}

#[test]
fn bodies_are_read_from_their_file_when_they_are_asked_for() {
    let pack = pack("southern-syria-2017");
    let record = small(&pack);
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut lines: Vec<u8> = b"\n{\"salt\": 7, \"body\": {}}\n".to_vec();
    for claim in &record.claims {
        lines.extend(claim.to_line());
        lines.push(b'\n');
    }
    std::fs::write(file.path(), lines).unwrap();
    let mut bodies = OpenedBodies::default();
    let refused = bodies.read(file.path()).unwrap();
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
    let audit = audited(&pack, &record.log(), &bodies);
    assert!(outcomes(&audit).iter().all(|o| *o == Outcome::Agreed));
    std::fs::write(file.path(), "gone").unwrap();
    assert_eq!(audited(&pack, &record.log(), &bodies).replay.withheld.len(), record.claims.len());
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects_and_a_contested_key_of_nothing() {
    let pack = pack("southern-syria-2017");
    let mut record = Record::new();
    let all = reports(&pack, 240);
    all.iter().for_each(|report| record.report(report));
    record.assess(&pack, |_, _| {});
    let leaf = some_leaf(&record, &pack);
    let supersedes = record.claims[leaf as usize].statement().digest();
    record.say(&Said::Correction(Corrects { segment: None, supersedes }), None);
    record.assess(&pack, |_, _| {});
    let audit = audited(&pack, &record.log(), &record.bodies());
    let [before, after] = [&audit.checked[0], &audit.checked[1]];
    assert!(before.recorded.said.findings > after.recorded.said.findings);
    assert!(!audit.contradicts(), "each agrees with the tree that it was made from");

    let mended = agreement::Report { id: "mended".to_owned(), ..all[leaf as usize].clone() };
    let body = Body::Correction(Replacement::Report(Box::new(mended)));
    let correction = record.claims[record.claims.len() - 2].statement().digest();
    record.say(&Said::Correction(Corrects { segment: None, supersedes: correction }), Some(&body));
    record.assess(&pack, |_, _| {});
    let audit = audited(&pack, &record.log(), &record.bodies());
    assert_eq!(audit.checked[2].recorded.said.findings, before.recorded.said.findings);

    let device = agreement::DeviceId::new("tester").unwrap();
    let reason = RevocationReason::Compromise;
    record.say(&Said::KeyRevoked(Revoked { revoked: device, reason, since: None }), None);
    let audit = audited(&pack, &record.log(), &record.bodies());
    assert_eq!(audit.replay.contested.len(), all.len() + 2, "every report and both corrections");
}

#[test]
fn a_statement_that_its_key_did_not_sign_is_told_with_its_leaf() {
    let pack = pack("southern-syria-2017");
    let mut record = small(&pack);
    let other = agreement::statement::SecretKey::from_seed(&[1; 32]);
    let said =
        Said::Tick(agreement::statement::said::Ticked { at: spacetime::Instant::from_micros(0) });
    let device = agreement::DeviceId::new("tester").unwrap();
    let place =
        agreement::statement::claim::Place::after(record.claims.last().unwrap().statement());
    let forged =
        agreement::statement::Claim::sign(device, &other, place, None, &said, None).unwrap();
    record.put(forged);
    let audit = audited(&pack, &record.log(), &record.bodies());
    let [wrong] = &audit.replay.wrong[..] else { panic!() };
    assert_eq!(
        (wrong.leaf, wrong.refusal.code.name),
        (record.entries.len() as u64 - 1, "bad-signature")
    );
    assert!(audit.contradicts());
}

#[test]
fn a_segment_that_is_corrected_stands_with_its_new_rows_under_a_root_of_their_own() {
    let pack = pack("paris-toulouse-2024");
    let (feed, points) = flight(&pack);
    let mut record = Record::new();
    record.segments(&feed, &points[..600]);
    let roster = Roster::of(&pack).unwrap();
    let gathered = |record: &Record| {
        let (log, bodies) = (record.log(), record.bodies());
        Replay::of(&roster, &log, record.entries.len(), &bodies, &|_| 0).gathered.inputs()
    };
    let before = gathered(&record);
    assert_eq!(before.points.len(), 600);

    let first = &record.claims[0];
    let (_, body) = first.body().unwrap();
    let kind = &first.statement().header().kind;
    let Ok(Body::TrackSegment(mut segment)) = Body::parse(kind, body) else { panic!("rows") };
    let supersedes = first.statement().digest();
    let dropped = segment.rows.pop().unwrap();
    let root = segment.said().unwrap();
    let shown = segment.show(0).unwrap().unwrap();
    let body = Body::Correction(Replacement::Segment(Box::new(segment)));
    // The root has to be that of the rows, and has to be said.
    for wrong in [None, Some(SegmentRoot { rows: root.rows + 1, ..root })] {
        let said = Said::Correction(Corrects { segment: wrong, supersedes });
        let device = agreement::DeviceId::new("tester").unwrap();
        let key = agreement::statement::SecretKey::from_seed(&[1; 32]);
        let place = agreement::statement::Place::default();
        let claim = agreement::statement::Claim::sign(
            device,
            &key,
            place,
            None,
            &said,
            Some((&body, [0; 32])),
        );
        let read = agreement::statement::Claim::parse(&claim.unwrap().to_line());
        assert_eq!(read.unwrap_err().code.name, "body-not-as-said");
    }
    record.say(&Said::Correction(Corrects { segment: Some(root), supersedes }), Some(&body));
    assert_eq!(shown.check(&root), Ok(()), "one row of it is shown alone as of any other");

    let after = gathered(&record);
    assert_eq!(after.points.len(), 599);
    let is_there = |points: &[agreement::TrackPoint]| {
        points.iter().any(|p| (p.observed_at, p.address) == (dropped.observed_at, dropped.address))
    };
    assert!(is_there(&before.points) && !is_there(&after.points));
    assert_eq!(after.feeds, before.feeds, "in the same feed");
    record.assess(&pack, |_, _| {});
    assert!(!audited(&pack, &record.log(), &record.bodies()).contradicts());
}
