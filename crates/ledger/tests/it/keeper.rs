//! A record as its keeper has it: claims in, bodies out, all of it over the log.

use std::num::NonZeroUsize;
use std::sync::Arc;

use age::x25519::Identity;
use agreement::party::Recipient;
use agreement::report::{Act, Method, Source, Told};
use agreement::statement::body::PackText;
use agreement::statement::promise::{Held, Kept};
use agreement::statement::said::{ErasureReason, Nothing};
use agreement::statement::{
    self, Body, Claim, Equivocation, Place, Promise, Roster, Said, SecretKey,
};
use agreement::track::Locator;
use agreement::{DeviceId, Digest, Pack, PackFiles, PartyId, Report};
use ledger::admit::Answer;
use ledger::disk::{Disk, RealDisk};
use ledger::vault::{Keeping, Pad, Released, Secret, Shown, State, ToSeal, walk};
use ledger::vouched::SealedBodies;
use ledger::{Birth, Fault, Keeper, LogKey, Opening, STAGED_BYTES_MIN, fsck};
use spacetime::{Instant, Interval};

use crate::key::TestKey;

const AGREEMENT: &str = include_str!("../../../agreement/tests/it/small_pack/agreement.toml");
const AREAS: &str = include_str!("../../../agreement/tests/it/small_pack/areas.geojson");
const STEP: usize = 4;

/// A record on a real disk, the vault's identity and a reader's.
struct Room {
    folder: tempfile::TempDir,
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

/// The small pack, with keys that the test has: tablet-1 keeps the record.
fn pack() -> (Pack, PackText) {
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
    let (pack, _) = agreement::pack::read(&files).unwrap();
    let areas_geojson = Some(AREAS.to_owned());
    (pack, PackText { agreement_toml: text, areas_geojson, sources_md: "# Sources\n".to_owned() })
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder.path()));
        let birth = Birth { now: at(0), secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
        ledger::init(&*disk, &TestKey("ours"), &birth).unwrap();
        let [vault, reader] = [0; 2].map(|_| Identity::generate());
        Self { folder, disk, vault, reader }
    }

    fn open(&self, now: i64) -> Result<Keeper, Fault> {
        self.open_under(now, Digest::of_bytes(b"another pack"))
    }

    fn open_under(&self, now: i64, agreement: Digest) -> Result<Keeper, Fault> {
        let log_key: Arc<dyn LogKey> = Arc::new(TestKey("ours"));
        Keeper::open(Opening {
            disk: self.disk.clone(),
            keys: self.disk.clone(),
            log_key,
            agreement,
            roster: Roster::of(&pack().0).unwrap(),
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
        (ledger::vault::Kept::Erased { leaf: stone.leaf }, &[][..])
    );
}

#[test]
fn a_private_statement_waits_for_its_period_and_is_known_by_its_number() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    let size = keeper.head().size;
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Waiting(_)));
    assert!(matches!(submit(&mut keeper, &call("hello")), Answer::Waiting(_)));
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

/// Every entry of the record, held against a promise.
fn held(keeper: &Keeper, promise: &Promise) -> Kept {
    let mut held = Held::new(promise);
    (0..keeper.head().size).for_each(|leaf| held.take(leaf, &keeper.entry(leaf).unwrap()));
    held.verdict()
}

fn waiting(answer: Answer) -> Promise {
    let Answer::Waiting(promise) = answer else { panic!("{answer:?}") };
    *promise
}

#[test]
fn who_says_something_private_gets_a_promise_that_the_log_can_be_held_to() {
    let room = Room::new();
    let mut keeper = room.open(130).unwrap();
    let promise = waiting(submit(&mut keeper, &call("hello")));
    let text = promise.to_json().to_string();
    assert_eq!(Promise::parse(text.as_bytes()).as_ref(), Ok(&promise));
    assert_eq!((promise.verify(&key(1).public()), promise.period), (Ok(()), 2));
    assert!(promise.verify(&key(2).public()).is_err());
    assert_eq!(waiting(submit(&mut keeper, &call("hello"))), promise, "said again, the same");
    assert_eq!(held(&keeper, &promise), Kept::Pending);
    drop(keeper);

    // The keeper is away for a while, and then ends the promised period before the last.
    let mut keeper = room.open(600).unwrap();
    let periods =
        keeper.end_periods().unwrap().iter().map(|batch| batch.period).collect::<Vec<_>>();
    assert_eq!(periods, [2, 9]);
    let Kept::Kept { leaves } = held(&keeper, &promise) else { panic!("not kept") };
    assert_eq!(leaves.len(), 1);
    assert!(keeper.end_periods().unwrap().is_empty(), "a period ends once");
}

#[test]
fn a_keeper_that_drops_what_it_promised_is_shown_by_its_own_signature() {
    let room = Room::new();
    let mut keeper = room.open(130).unwrap();
    let mut promise = waiting(submit(&mut keeper, &call("hello")));
    // As if another cell had been promised: the log never shows it.
    let cells = vec![Digest::of_bytes(b"dropped")];
    promise = Promise::sign(device("tablet-1"), &key(1), promise.statement, 2, cells).unwrap();
    keeper.close_period(2).unwrap();
    assert_eq!(held(&keeper, &promise), Kept::Pending, "the period's batch may have more");
    drop(keeper);
    let mut keeper = room.open(190).unwrap();
    let size = keeper.head().size;
    keeper.close_period(3).unwrap();
    assert_eq!(held(&keeper, &promise), Kept::Broken { missing: 1, by_leaf: size });
    // A keeper that ends no period any more breaks it too, once it is late.
    drop(keeper);
    let late = Promise::sign(device("tablet-1"), &key(1), promise.statement, 4, promise.cells);
    let late = late.unwrap();
    let mut keeper = room.open(300 + 599).unwrap();
    keeper.tick().unwrap();
    assert_eq!(held(&keeper, &late), Kept::Pending);
    drop(keeper);
    let mut keeper = room.open(300 + 601).unwrap();
    keeper.tick().unwrap();
    assert!(matches!(held(&keeper, &late), Kept::Broken { missing: 1, .. }));
}

#[test]
fn a_private_equivocation_is_proven_to_whoever_holds_both() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    submit(&mut keeper, &call("hello"));
    for closed in [false, true] {
        if closed {
            keeper.close_period(7).unwrap();
            drop(keeper);
            keeper = room.open(20).unwrap();
        }
        let Answer::Rejected(why) = submit(&mut keeper, &call("goodbye")) else {
            panic!("admitted")
        };
        let proof = why.proof.expect("a proof").to_json().to_string();
        assert!(!proof.contains("hello"), "of the body nothing is shown");
        let proof = Equivocation::parse(proof.as_bytes()).unwrap();
        assert_eq!(proof.key, key(2).public());
        let mut said = [call("hello"), call("goodbye")].map(|claim| claim.statement().digest());
        let mut proven = proof.statements.map(|statement| statement.digest());
        said.sort();
        proven.sort();
        assert_eq!(proven, said);
    }
}

#[test]
fn keys_that_were_put_back_from_an_older_copy_are_refused() {
    let copy_of = |room: &Room| {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&room.folder.path().join("vault"), &copy.path().join("vault"));
        copy
    };
    let put_back = |room: &Room, copy: &tempfile::TempDir| {
        std::fs::remove_dir_all(room.folder.path().join("vault")).unwrap();
        copy_folder(&copy.path().join("vault"), &room.folder.path().join("vault"));
        room.open(1000).map(|_| ())
    };
    let refused = |opened: Result<(), Fault>, why: &str| {
        let Err(fault @ Fault::KeysPutBack { .. }) = opened else { panic!("{opened:?}") };
        assert!(fault.to_string().contains(why), "{fault}");
    };
    type Change = fn(&mut Keeper);
    let changes: [(Change, &str); 4] = [
        (|keeper| drop(submit(keeper, &call("hello"))), "vault/private holds 0 events, and held 1"),
        (
            |keeper| assert!(keeper.close_period(9).unwrap().is_some()),
            "vault/private holds 0 events, and held 2",
        ),
        (|keeper| drop(keeper.disclose(0, &joint(), "x").unwrap()), "vault/journal holds 0 events"),
        (
            |keeper| {
                drop(submit(
                    keeper,
                    &report(Place {
                        sequence: 1,
                        ..Place::after(report(Place::default()).statement())
                    }),
                ));
            },
            "the body of entry 1",
        ),
    ];
    for (change, why) in changes {
        let room = Room::new();
        let mut keeper = room.open(10).unwrap();
        submit(&mut keeper, &report(Place::default()));
        drop(keeper);
        let copy = copy_of(&room);
        let mut keeper = room.open(20).unwrap();
        change(&mut keeper);
        drop(keeper);
        let whole = copy_of(&room);
        refused(put_back(&room, &copy), why);
        put_back(&room, &whole).unwrap();
        // Also where nothing was written down beside the log.
        if why.contains("held 2") {
            std::fs::remove_file(room.folder.path().join("state/keys.json")).unwrap();
            refused(put_back(&room, &copy), "has not planned the cell");
        }
    }
}

fn joint() -> Recipient {
    let age = Identity::generate().to_public().to_string();
    Recipient {
        id: "joint-room".into(),
        party: PartyId::new("upper").unwrap(),
        age,
        assessor: false,
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_body_that_a_crash_left_without_an_entry_is_listed_and_swept() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    submit(&mut keeper, &report(Place::default()));
    waiting(submit(&mut keeper, &call("hello")));
    let orphan = ToSeal {
        body: ledger::vault::Body::new(Secret::new([9; 32]), b"{\"text\":\"a secret\"}".to_vec()),
        keeping: Keeping::Vault,
        pad: Pad::Padme,
    };
    let orphan = keeper.vault_mut().seal(&orphan).unwrap().sha256;
    drop(keeper);
    let listed = || {
        let mut bodies = SealedBodies::walk(&*room.disk, &*room.disk).unwrap();
        let report = fsck(&*room.disk, &TestKey("ours"), &mut bodies).unwrap();
        assert!(report.is_clean(), "{report:?}");
        bodies.orphans().iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(listed(), [orphan], "and not the cell that waits");
    let mut keeper = room.open(20).unwrap();
    assert_eq!(keeper.sweep().unwrap(), [orphan]);
    assert_ne!(keeper.vault_mut().state(&orphan).unwrap(), State::Held);
    assert!(keeper.sweep().unwrap().is_empty());
    assert_eq!(keeper.close_period(1).unwrap().unwrap().entries, STEP as u64, "it goes on");
    drop(keeper);
    assert!(listed().is_empty());
}

#[test]
fn a_pack_that_is_not_the_one_adopted_last_is_refused() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    let (pack, text) = pack();
    let said = Said::AgreementAdopted(statement::said::Adopted { version: pack.version.0 });
    let body = Body::AgreementAdopted(text);
    let adopt = Claim::sign(
        device("tablet-1"),
        &key(1),
        Place::default(),
        None,
        &said,
        Some((&body, [4; 32])),
    )
    .unwrap()
    .cosigned(device("tablet-2"), &key(2))
    .unwrap();
    let answer = submit(&mut keeper, &adopt);
    assert!(matches!(answer, Answer::Admitted { leaf: 0, .. }), "{answer:?}");
    drop(keeper);
    let Err(Fault::OtherAgreement { adopted, leaf: 0, .. }) = room.open(20) else {
        panic!("opened under another pack")
    };
    assert_eq!(adopted, pack.version.0);
    assert!(room.open_under(20, pack.version.0).is_ok());
}

#[test]
fn what_is_said_in_a_period_does_not_go_into_one_that_is_over() {
    let room = Room::new();
    let mut keeper = room.open(125).unwrap();
    submit(&mut keeper, &report(Place::default()));
    // Asked in period 2, when nobody has ended period 1 yet.
    keeper.disclose(0, &room.joint_room(), "to see").unwrap();
    assert_eq!(keeper.end_periods().unwrap().len(), 1, "period 1, of covers");
    assert!(keeper.collect().unwrap().is_empty(), "it waits for the end of its own");
    drop(keeper);
    let mut keeper = room.open(181).unwrap();
    assert_eq!(keeper.end_periods().unwrap()[0].period, 2);
    assert_eq!(keeper.collect().unwrap().len(), 1);
}

#[test]
fn a_keeper_cannot_erase_the_trace_of_what_it_showed() {
    let room = Room::new();
    let mut keeper = room.open(10).unwrap();
    submit(&mut keeper, &report(Place::default()));
    keeper.disclose(0, &room.joint_room(), "to see").unwrap();
    keeper.close_period(3).unwrap();
    for leaf in 1..=STEP as u64 {
        let refused = keeper.erase(leaf, ErasureReason::Law).unwrap_err();
        assert!(refused.to_string().contains("a cell of the private lane"), "{refused}");
        let sealed = keeper.entry(leaf).unwrap().sealed.unwrap();
        assert_eq!(keeper.vault_mut().state(&sealed.sha256).unwrap(), State::Held);
    }
    assert!(keeper.erase(0, ErasureReason::Law).unwrap().is_some());
}
