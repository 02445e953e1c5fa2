//! A record as its keeper has it: claims in, bodies out, all of it over the log.

use std::num::NonZeroUsize;
use std::sync::Arc;

use age::x25519::Identity;
use agreement::party::Recipient;
use agreement::report::{Act, Method, Source, Told};
use agreement::statement::said::{ErasureReason, Nothing};
use agreement::statement::{self, Body, Claim, Place, Roster, Said, SecretKey};
use agreement::track::Locator;
use agreement::{DeviceId, Digest, PackFiles, PartyId, Report};
use ledger::admit::Answer;
use ledger::disk::{Disk, RealDisk};
use ledger::vault::{Keeping, Kept, Released, Shown, State, walk};
use ledger::{Birth, Fault, Keeper, LogKey, Opening, STAGED_BYTES_MIN};
use spacetime::{Instant, Interval};

use crate::key::TestKey;

const AGREEMENT: &str = include_str!("../../../agreement/tests/it/small_pack/agreement.toml");
const AREAS: &str = include_str!("../../../agreement/tests/it/small_pack/areas.geojson");
const STEP: usize = 4;

/// A record on a real disk, the vault's identity and a reader's.
struct Room {
    _folder: tempfile::TempDir,
    disk: Arc<dyn Disk>,
    vault: Identity,
    reader: Identity,
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

/// The small pack's roster, with keys that the test has: tablet-1 keeps the record.
fn roster() -> Roster {
    let mut text = AGREEMENT.to_owned();
    for (old, number) in [
        ("fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=", 1),
        ("FhhZlOQfLLPZjkur8hEDlXIdNitMdppv5h9UbBOyNtQ=", 2),
    ] {
        text = text.replace(old, &Digest::from_bytes(key(number).public().to_bytes()).to_string());
    }
    let files = PackFiles {
        agreement_toml: Some(text.as_bytes()),
        areas_geojson: Some(AREAS.as_bytes()),
        has_sources: true,
    };
    Roster::of(&agreement::pack::read(&files).unwrap().0).unwrap()
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder.path()));
        let birth = Birth { now: at(0), secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&*disk, &TestKey("ours"), &birth).unwrap();
        let [vault, reader] = [0; 2].map(|_| Identity::generate());
        Self { _folder: folder, disk, vault, reader }
    }

    fn open(&self, now: i64) -> Result<Keeper, Fault> {
        let log_key: Arc<dyn LogKey> = Arc::new(TestKey("ours"));
        Keeper::open(Opening {
            disk: self.disk.clone(),
            keys: self.disk.clone(),
            log_key,
            roster: roster(),
            device: device("tablet-1"),
            device_key: key(1),
            identity: self.vault.clone(),
            keeping: Keeping::Vault,
            step: STEP,
            clock: Arc::new(at(now)),
            threads: NonZeroUsize::MIN,
        })
    }

    fn joint_room(&self) -> Recipient {
        Recipient {
            id: "joint-room".into(),
            party: PartyId::new("upper").unwrap(),
            age: self.reader.to_public().to_string(),
            assessor: false,
        }
    }
}

fn report(place: Place) -> Claim {
    let told = Told {
        id: "r1".into(),
        act: Act::Explosion,
        method: Method::Heard,
        observed: Interval::new(at(0), at(60)).unwrap(),
        source: Source { id: "o".into(), post: None, kind: "human".into(), position: None },
    };
    let body = Body::Report(Box::new(Report::of(told, Locator::default())));
    let said = Said::Report(Nothing {});
    Claim::sign(device("tablet-2"), &key(2), place, None, &said, Some((&body, [5; 32]))).unwrap()
}

/// A call on the line, of which the log must not tell.
fn call(text: &str) -> Claim {
    let body = Body::LineCall(statement::body::LineCall {
        about: None,
        area: None,
        at: at(1),
        event: statement::body::LineEvent::Called,
        text: Some(text.into()),
        with: PartyId::new("upper").unwrap(),
    });
    let said = Said::LineCall(Nothing {});
    let place = Place::default();
    Claim::sign(device("tablet-2"), &key(2), place, None, &said, Some((&body, [6; 32]))).unwrap()
}

fn submit(keeper: &mut Keeper, claim: &Claim) -> Answer {
    keeper.submit(&[&claim.to_line()], 1).unwrap().remove(0)
}

#[test]
fn a_report_is_shown_over_the_record_and_then_erased_for_good() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    let report = report(Place::default());
    assert!(matches!(submit(&mut keeper, &report), Answer::Admitted { leaf: 0, .. }));
    assert!(matches!(submit(&mut keeper, &report), Answer::Known { leaf: 0 }));
    let shown = keeper.disclose(0, &room.joint_room(), "to see").unwrap();
    assert!(matches!(shown, Shown::Waiting { .. }), "a disclosure waits for its period");

    // Closed and opened again; the period ends.
    drop(keeper);
    let mut keeper = room.open(20).unwrap();
    assert!(keeper.collect().unwrap().is_empty());
    let batch = keeper.close_period(1).unwrap();
    let released: Vec<Released> = keeper.collect().unwrap();
    let package = &released[0].packages[0];
    assert_eq!(batch.unwrap().entries % STEP as u64, 0);
    assert!((1..=4).contains(&package.disclosure_leaf), "a cell of the batch");
    let entry = keeper.entry(0).unwrap();
    let (sealed, header) = (entry.sealed.unwrap(), entry.statement.header());
    let body = package.open(&sealed, &header.body.unwrap(), &room.reader, &[]).unwrap();
    assert_eq!(report.body(), Some((body.salt.expose(), &body.canonical[..])));

    assert!(matches!(keeper.tick().unwrap(), Answer::Admitted { .. }));
    let stone = keeper.erase(0, ErasureReason::Safety).unwrap().unwrap();
    assert_eq!((stone.body, stone.copies.len()), (sealed.sha256, 1));
    let said = Said::of(keeper.entry(stone.leaf).unwrap().statement.header()).unwrap();
    assert!(matches!(said, Said::Erasure(said) if said.erased == entry.statement.digest()));
    let erased = State::Erased { leaf: stone.leaf };
    assert_eq!(keeper.vault_mut().state(&sealed.sha256).unwrap(), erased);
    assert!(matches!(keeper.tick().unwrap(), Answer::Admitted { .. }), "behind the erasure");
    let walked = walk(&*room.disk, &*room.disk).unwrap();
    assert_eq!(
        (walked.kept(&sealed), &*walked.flaws),
        (Kept::Erased { leaf: stone.leaf }, &[][..])
    );
}

#[test]
fn a_private_statement_waits_for_its_period_and_is_known_by_its_number() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    let size = keeper.head().size;
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Private(_)));
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Private(_)));
    assert_eq!(keeper.head().size, size, "the log does not tell yet");
    let Answer::Rejected(why) = submit(&mut keeper, &call("goodbye")) else { panic!("admitted") };
    assert_eq!(why.refusal.code.name, "number-used-twice");
    let batch = keeper.close_period(7).unwrap();
    assert_eq!(batch.unwrap().entries, STEP as u64);
    assert!(keeper.close_period(7).unwrap().is_none(), "a period ends once");
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Known { .. }));
    drop(keeper);
    let mut keeper = room.open(20).unwrap();
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Known { .. }));
    assert_eq!(keeper.last_period(), Some(7));
    // An empty period shows as much as a busy one.
    assert_eq!(keeper.close_period(8).unwrap().unwrap().entries, STEP as u64);
}

#[test]
fn a_record_has_one_keeper_and_a_vault_one_identity() {
    let room = Room::new();
    let keeper = room.open(10).unwrap();
    assert!(matches!(room.open(10), Err(Fault::Locked)));
    drop(keeper);
    let mut keeper = room.open(11).unwrap();
    submit(&mut keeper, &report(Place::default()));
    drop(keeper);
    let stranger = Room { vault: Identity::generate(), ..room };
    assert!(matches!(stranger.open(12), Err(Fault::Vault(_))));
}
