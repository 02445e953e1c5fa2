//! What is let in, what is not, and that nothing bad costs anything good its place.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use agreement::report::{Act, Method, Source, Told};
use agreement::statement::body::{PackText, Replacement};
use agreement::statement::claim::Place;
use agreement::statement::said::{
    Adopted, Corrects, Enrolled, Nothing, RevocationReason, Revoked, Ticked,
};
use agreement::statement::{
    Body, Claim, Entry, Header, Kind, Root, Said, Sealed, SecretKey, Standing, Statement,
};
use agreement::track::Locator;
use agreement::{Authorisation, DeviceId, Digest, Pack, PackFiles, PartyId, Report};
use ledger::Fault;
use ledger::admit::{Admission, Answer, DEVICE_CLAIMS_MAX, Record, keys_of};
use spacetime::{Instant, Interval};

const AGREEMENT: &str = include_str!("../../../agreement/tests/it/small_pack/agreement.toml");
const AREAS: &str = include_str!("../../../agreement/tests/it/small_pack/areas.geojson");

/// A record in memory.
#[derive(Default)]
struct Memory {
    entries: Vec<Vec<u8>>,
    keys: BTreeMap<[u8; 32], u64>,
    seals: u64,
}

impl Record for Memory {
    fn find(&self, key: &[u8; 32]) -> Result<Option<u64>, Fault> {
        Ok(self.keys.get(key).copied())
    }

    fn entry(&self, leaf: u64) -> Result<Vec<u8>, Fault> {
        Ok(self.entries[usize::try_from(leaf).unwrap()].clone())
    }

    fn root_at(&self, size: u64) -> Result<Option<[u8; 32]>, Fault> {
        Ok((size == 0).then(|| *Digest::of_bytes(b"").as_bytes()))
    }

    fn next_leaf(&self) -> u64 {
        self.entries.len() as u64
    }

    fn sequenced_at(&self) -> Instant {
        at(1000)
    }

    fn seal(&mut self, _: &Statement, _: &[u8; 32], body: &[u8]) -> Result<Sealed, Fault> {
        self.seals += 1;
        Ok(Sealed { bytes: body.len() as u64, sha256: Digest::of_bytes(body) })
    }

    fn push(&mut self, entry: &[u8], keys: &[[u8; 32]; 2]) -> Result<u64, Fault> {
        assert_eq!(keys_of(entry), keys, "an index that is built anew has the same keys");
        let leaf = self.next_leaf();
        self.keys.extend(keys.iter().map(|key| (*key, leaf)));
        self.entries.push(entry.to_vec());
        Ok(leaf)
    }
}

fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn device(name: &str) -> DeviceId {
    DeviceId::new(name).unwrap()
}

/// The small pack of `agreement`'s tests, whose two devices have keys 1 and 2.
fn files(title: &str) -> PackText {
    let mut agreement = AGREEMENT.replace("A small agreement", title);
    for (old, number) in [
        ("fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=", 1),
        ("FhhZlOQfLLPZjkur8hEDlXIdNitMdppv5h9UbBOyNtQ=", 2),
    ] {
        let public = Digest::from_bytes(key(number).public().to_bytes());
        assert!(agreement.contains(old));
        agreement = agreement.replace(old, &public.to_string());
    }
    PackText {
        agreement_toml: agreement,
        areas_geojson: Some(AREAS.to_owned()),
        sources_md: "# Sources\n".to_owned(),
    }
}

fn pack(text: &PackText) -> Pack {
    let files: PackFiles<'_> = text.files();
    agreement::pack::read(&files).unwrap().0
}

fn admission() -> Admission {
    let pack = pack(&files("First"));
    let roster = agreement::statement::Roster::of(&pack).unwrap();
    Admission::new(roster, device("tablet-1"), NonZeroUsize::new(2).unwrap())
}

/// Claims of one device, each behind the one before.
struct Speaker {
    device: DeviceId,
    key: SecretKey,
    place: Place,
}

impl Speaker {
    fn new(name: &str, number: u8) -> Self {
        Self { device: device(name), key: key(number), place: Place::default() }
    }

    fn say(&mut self, said: &Said, body: Option<&Body>) -> Claim {
        self.say_after(None, said, body)
    }

    fn say_after(&mut self, seen: Option<Root>, said: &Said, body: Option<&Body>) -> Claim {
        let body = body.map(|body| (body, [5; 32]));
        let claim = Claim::sign(self.device.clone(), &self.key, self.place, seen, said, body);
        let claim = claim.unwrap();
        self.place = Place::after(claim.statement());
        claim
    }

    fn report(&mut self, id: &str) -> Claim {
        self.say(&Said::Report(Nothing {}), Some(&Body::Report(Box::new(report(id)))))
    }
}

fn report(id: &str) -> Report {
    let told = Told {
        id: id.to_owned(),
        act: Act::Explosion,
        method: Method::Heard,
        observed: Interval::new(at(0), at(60)).unwrap(),
        source: Source { id: "o".to_owned(), post: None, kind: "human".to_owned(), position: None },
    };
    Report::of(told, Locator::default())
}

fn admit(admission: &mut Admission, record: &mut Memory, claims: &[Claim]) -> Vec<Answer> {
    let lines: Vec<Vec<u8>> = claims.iter().map(Claim::to_line).collect();
    admit_lines(admission, record, &lines)
}

fn admit_lines(admission: &mut Admission, record: &mut Memory, lines: &[Vec<u8>]) -> Vec<Answer> {
    let lines: Vec<&[u8]> = lines.iter().map(|line| &line[..]).collect();
    admission.admit(&lines, 1, record).unwrap()
}

fn said_of(answer: &Answer) -> String {
    match answer {
        Answer::Admitted { leaf, standing: Standing::Good } => format!("{leaf}"),
        Answer::Admitted { leaf, standing: Standing::Contested } => format!("{leaf} contested"),
        Answer::Known { leaf } => format!("known {leaf}"),
        Answer::Private(_) | Answer::Waiting(_) => "private".to_owned(),
        Answer::Rejected(why) => format!("{}: {}", why.line, why.refusal.code.name),
    }
}

fn said_of_all(answers: &[Answer]) -> Vec<String> {
    answers.iter().map(said_of).collect()
}

#[test]
fn a_bad_claim_costs_no_good_one_its_place() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut one = Speaker::new("tablet-1", 1);
    let mut two = Speaker::new("tablet-2", 2);
    let (first, second, third) = (one.report("a"), one.report("b"), two.report("c"));
    let mut forged = serde_json::to_value(serde_json::Map::new()).unwrap();
    forged["statement"] = one.report("d").statement().to_json();
    let with_other_key = Claim::sign(
        device("tablet-2"),
        &key(9),
        Place::after(third.statement()),
        None,
        &Said::Tick(Ticked { at: at(0) }),
        None,
    );
    let lines = [
        first.to_line(),
        b"{\"statement\":1,\"statement\":2}".to_vec(),
        forged.to_string().into_bytes(),
        second.to_line(),
        with_other_key.unwrap().to_line(),
        b"".to_vec(),
        third.to_line(),
    ];
    let answers = admit_lines(&mut admission, &mut record, &lines);
    assert_eq!(
        said_of_all(&answers),
        ["0", "2: duplicate-key", "3: body-not-sent", "1", "5: bad-signature", "6: not-json", "2"]
    );
    assert_eq!(record.seals, 3);
    for (leaf, claim) in [(0, &first), (1, &second), (2, &third)] {
        let entry = Entry::parse(&record.entries[leaf]).unwrap();
        assert_eq!(&entry.statement, claim.statement());
        assert_eq!(entry.sealed.unwrap().sha256, Digest::of_bytes(claim.body().unwrap().1));
    }
}

#[test]
fn the_same_again_gives_the_old_leaf_and_seals_nothing() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let claim = Speaker::new("tablet-1", 1).report("a");
    let twice = [claim.clone(), claim.clone()];
    assert_eq!(said_of_all(&admit(&mut admission, &mut record, &twice)), ["0", "known 0"]);
    assert_eq!(said_of_all(&admit(&mut admission, &mut record, &[claim])), ["known 0"]);
    assert_eq!((record.entries.len(), record.seals), (1, 1));
}

#[test]
fn another_statement_under_a_used_number_is_refused_with_the_proof() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut speaker = Speaker::new("tablet-1", 1);
    let honest = speaker.report("a");
    speaker.place = Place::default();
    let other = speaker.report("b");
    let answers = admit(&mut admission, &mut record, &[honest, other]);
    assert_eq!(said_of_all(&answers), ["0", "2: number-used-twice"]);
    let Answer::Rejected(why) = &answers[1] else { panic!() };
    let proof = why.proof.as_ref().unwrap();
    let found = agreement::statement::Equivocation::parse(proof.to_json().to_string().as_bytes());
    assert_eq!(found.unwrap().check().unwrap().ed25519, key(1).public().to_bytes());
}

#[test]
fn a_gap_blocks_nothing() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut speaker = Speaker::new("tablet-1", 1);
    let claims: Vec<Claim> = ["a", "b", "c"].map(|id| speaker.report(id)).into();
    let out_of_order = [claims[2].clone(), claims[0].clone()];
    assert_eq!(said_of_all(&admit(&mut admission, &mut record, &out_of_order)), ["0", "1"]);
    assert_eq!(said_of_all(&admit(&mut admission, &mut record, &claims[1..2])), ["2"]);
}

#[test]
fn a_key_counts_from_its_enrolment_to_its_retirement_within_one_batch() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut new = Speaker::new("tablet-3", 3);
    let before = new.report("too early");
    new.place = Place::default();
    let first = new.report("in time");
    let last = new.report("too late");
    let enrolled = Said::KeyEnrolled(Enrolled {
        enrolled: device("tablet-3"),
        party: PartyId::new("upper").unwrap(),
        ed25519: key(3).public().to_bytes(),
    });
    let enrol = Speaker::new("tablet-1", 1).say(&enrolled, None);
    let enrol = enrol.cosigned(device("tablet-2"), &key(2)).unwrap();
    let retired = Said::KeyRevoked(Revoked {
        revoked: device("tablet-3"),
        reason: RevocationReason::Retired,
        since: None,
    });
    let mut keeper = Speaker::new("tablet-1", 1);
    keeper.place = Place::after(enrol.statement());
    let retire = keeper.say(&retired, None);
    let batch = [before, enrol, first.clone(), retire, last];
    let answers = admit(&mut admission, &mut record, &batch);
    assert_eq!(said_of_all(&answers), ["1: device-unknown", "0", "1", "2", "5: key-retired"]);
    let again = admit(&mut admission, &mut record, &[first]);
    assert_eq!(said_of_all(&again), ["known 1"], "what was admitted once needs no key today");

    let mut reopened = self::admission();
    for (leaf, entry) in (0..).zip(&record.entries) {
        reopened.replay(leaf, &Entry::parse(entry).unwrap(), None);
    }
    assert_eq!(reopened.roster(), admission.roster(), "the log alone gives the roster again");
}

#[test]
fn what_a_compromised_key_says_afterwards_is_kept_and_contested() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut stolen = Speaker::new("tablet-2", 2);
    let early = stolen.report("early");
    let revoked = Said::KeyRevoked(Revoked {
        revoked: device("tablet-2"),
        reason: RevocationReason::Compromise,
        since: None,
    });
    let revocation = stolen.say(&revoked, None);
    let late = stolen.report("late");
    let answers = admit(&mut admission, &mut record, &[early, revocation, late]);
    assert_eq!(said_of_all(&answers), ["0", "1", "2 contested"]);
}

#[test]
fn a_new_version_of_the_agreement_takes_the_quorum_and_its_own_files() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let text = files("Second");
    let body = Body::AgreementAdopted(text.clone());
    let said = Said::AgreementAdopted(Adopted { version: pack(&text).version.0 });
    let alone = Speaker::new("tablet-1", 1).say(&said, Some(&body));
    let other = Said::AgreementAdopted(Adopted { version: Digest::of_bytes(b"x") });
    let wrong = Speaker::new("tablet-1", 1).say(&other, Some(&body));
    let wrong = wrong.cosigned(device("tablet-2"), &key(2)).unwrap();
    let both = alone.clone().cosigned(device("tablet-2"), &key(2)).unwrap();
    let answers = admit(&mut admission, &mut record, &[alone, wrong, both]);
    assert_eq!(said_of_all(&answers), ["1: quorum-short", "2: other-pack", "0"]);
}

#[test]
fn only_its_keeper_speaks_for_the_record() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let tick = Said::Tick(Ticked { at: at(1000) });
    let claims = [
        Speaker::new("tablet-2", 2).say(&tick, None),
        Speaker::new("tablet-1", 1).say(&tick, None),
    ];
    let answers = admit(&mut admission, &mut record, &claims);
    assert_eq!(said_of_all(&answers), ["1: not-the-keeper", "0"]);
}

#[test]
fn nobody_grants_leave_in_the_name_of_another_party() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let leave = |party: &str| {
        let leave = Authorisation {
            id: "leave".to_owned(),
            flights: Vec::new(),
            when: Interval::new(at(0), at(60)).unwrap(),
            clauses: [].into(),
            areas: [].into(),
            granted_by: PartyId::new(party).unwrap(),
            locator: Locator::default(),
        };
        let said = Said::Authorisation(Nothing {});
        Speaker::new("tablet-1", 1).say(&said, Some(&Body::Authorisation(leave)))
    };
    let answers = admit(&mut admission, &mut record, &[leave("lower"), leave("upper")]);
    assert_eq!(said_of_all(&answers), ["1: granted-by-others", "0"]);
}

#[test]
fn a_party_corrects_what_it_said_itself_and_nothing_else() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let mut one = Speaker::new("tablet-1", 1);
    let first = one.report("a");
    let supersedes = first.statement().digest();
    let said = |supersedes| Said::Correction(Corrects { segment: None, supersedes });
    let body = Body::Correction(Replacement::Report(Box::new(report("a, mended"))));
    let own = one.say(&said(supersedes), Some(&body));
    let others = Speaker::new("tablet-2", 2).say(&said(supersedes), Some(&body));
    let nothing = one.say(&said(Digest::of_bytes(b"?")), None);
    let answers = admit(&mut admission, &mut record, &[first, own, others, nothing]);
    assert_eq!(said_of_all(&answers), ["0", "1", "3: corrects-others", "4: corrects-nothing"]);
}

#[test]
fn a_root_that_this_log_never_had_is_refused() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let said = Said::Tick(Ticked { at: at(1000) });
    let seen = |root: &[u8], size| {
        let root = Root { root: Digest::of_bytes(root), size };
        Speaker::new("tablet-1", 1).say_after(Some(root), &said, None)
    };
    let claims = [seen(b"", 7), seen(b"another", 0), seen(b"", 0)];
    let answers = admit(&mut admission, &mut record, &claims);
    assert_eq!(said_of_all(&answers), ["1: root-of-the-future", "2: root-of-another-log", "0"]);
}

#[test]
fn what_must_not_be_seen_and_what_is_not_known_stay_out_of_the_log() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let body = agreement::statement::body::Objection {
        notification: Digest::of_bytes(b"n"),
        reason: "the bridge is down".to_owned(),
    };
    let said = Said::Objection(Nothing {});
    let objection = Speaker::new("tablet-2", 2).say(&said, Some(&Body::Objection(body))).to_line();
    let tick = Speaker::new("tablet-2", 2).say(&Said::Tick(Ticked { at: at(0) }), None);
    let header = Header {
        kind: Kind::Unknown("prisoner-exchange".to_owned()),
        ..tick.statement().header().clone()
    };
    let later = Statement::sign(header, &key(2)).unwrap().to_json();
    let later = serde_json::json!({ "statement": later }).to_string().into_bytes();
    let answers = admit_lines(&mut admission, &mut record, &[objection, later]);
    assert_eq!(said_of_all(&answers), ["private", "2: kind-unknown"]);
    assert!(record.entries.is_empty());
}

#[test]
fn a_device_that_floods_keeps_none_of_the_others_waiting() {
    let (mut admission, mut record) = (admission(), Memory::default());
    let line = Speaker::new("tablet-1", 1).report("a").to_line();
    let mut lines = vec![line; DEVICE_CLAIMS_MAX + 1];
    lines.push(Speaker::new("tablet-2", 2).report("b").to_line());
    let answers = admit_lines(&mut admission, &mut record, &lines);
    assert_eq!(said_of(&answers[0]), "0");
    assert_eq!(said_of(&answers[DEVICE_CLAIMS_MAX]), "16385: too-many-at-once");
    assert_eq!(said_of(&answers[DEVICE_CLAIMS_MAX + 1]), "1");
}

/// More claims than one thread takes, in an order that threads must not change.
#[test]
fn the_number_of_threads_changes_no_leaf() {
    let batch: Vec<Vec<u8>> = {
        let mut speaker = Speaker::new("tablet-1", 1);
        (0..500).map(|n| speaker.report(&format!("r{n}")).to_line()).collect()
    };
    let entries = |threads: usize| {
        let mut record = Memory::default();
        let pack = pack(&files("First"));
        let roster = agreement::statement::Roster::of(&pack).unwrap();
        let threads = NonZeroUsize::new(threads).unwrap();
        let mut admission = Admission::new(roster, device("tablet-1"), threads);
        admit_lines(&mut admission, &mut record, &batch);
        record.entries
    };
    assert_eq!(entries(1).len(), 500);
    assert_eq!(entries(1), entries(3));
}
