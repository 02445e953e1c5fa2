//! What can be done with a body, from sealing to its erasure.

use agreement::Digest;
use agreement::statement::{BODY_BYTES_MAX, Commitment};
use ledger::vault::{
    Body, Keeping, Kept, Pad, Refusal, Secret, Shown, State, ToSeal, VaultFault, WrappedShare, walk,
};

use super::power::PowerDisk;
use super::scene::{KeptBody, Notebook, People, erase_claim, erasure, shown_claim, to_seal};

fn refusal<T: std::fmt::Debug>(outcome: Result<T, VaultFault>) -> Refusal {
    match outcome.unwrap_err() {
        VaultFault::Refused(refusal) => refusal,
        fault => panic!("{fault}"),
    }
}

fn packages(shown: Shown) -> Vec<ledger::vault::Package> {
    match shown {
        Shown::Released(packages) => packages,
        Shown::Waiting { .. } => panic!("it waits"),
    }
}

/// A vault with one body that it holds, and one whose key is split.
fn two_bodies(people: &People, disk: &PowerDisk) -> [KeptBody; 2] {
    let mut vault = people.open(disk, 1).unwrap();
    let batch = [to_seal(1, Keeping::Vault), to_seal(2, people.split())];
    let sealed = vault.seal_batch(&batch).unwrap();
    let kept =
        |n: usize| KeptBody { body: batch[n].body.clone(), at: *sealed[n].as_ref().unwrap() };
    [kept(0), kept(1)]
}

#[test]
fn a_body_is_read_by_whom_it_was_shown_to_and_by_nobody_else() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, split] = two_bodies(&people, &disk);
    let mut record = Notebook::default();
    let mut vault = people.open(&disk, 2).unwrap();
    for body in [&kept, &split] {
        let claim = shown_claim(body.at.sha256, "a");
        let shown = vault.disclose(&mut record, people.shown(body.at.sha256), &claim).unwrap();
        let package = &packages(shown)[0];
        assert_eq!(package.disclosure_leaf, record.leaves[&claim]);
        let handed = ledger::vault::Package::parse(package.to_json().as_bytes()).unwrap();
        assert_eq!(&handed, package);
        assert_eq!(people.read(&handed, body).canonical, body.body.canonical);
        let stranger = age::x25519::Identity::generate();
        let opened = handed.open(&body.sealed(), &body.body.commitment(), &stranger, &[]);
        assert!(opened.is_err());
    }
    let copies = vault.copies(&kept.at.sha256);
    assert_eq!((copies.len(), copies[0].reader.as_str(), copies[0].leaf), (1, "joint-room", 0));
}

#[test]
fn nobody_can_be_given_another_body_than_the_one_on_the_record() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, split] = two_bodies(&people, &disk);
    let mut vault = people.open(&disk, 2).unwrap();
    let mut record = Notebook::default();
    let mut show = |kept: &KeptBody| {
        let body = kept.at.sha256;
        let claim = shown_claim(body, "a");
        packages(vault.disclose(&mut record, people.shown(body), &claim).unwrap()).remove(0)
    };
    let [package, other] = [show(&kept), show(&split)];
    let commitment = kept.body.commitment();
    let open = |package: &ledger::vault::Package| {
        package.open(&kept.sealed(), &commitment, &people.reader, &[]).unwrap_err()
    };
    assert_eq!(open(&other), Refusal::NotOnRecord);
    let mut changed = package.clone();
    changed.ciphertext[40] ^= 1;
    assert_eq!(open(&changed), Refusal::NotOnRecord);
    let mut keyless = package.clone();
    keyless.key = None;
    assert_eq!(open(&keyless).code(), "package-malformed");
    // The host seals another body and puts its digest on the record: the author's commitment tells.
    let another = Commitment(Digest::of_bytes(b"of another body"));
    let opened = package.open(&kept.sealed(), &another, &people.reader, &[]);
    assert_eq!(opened.unwrap_err(), Refusal::Commitment);
}

#[test]
fn a_split_key_takes_its_threshold_and_a_forged_share_is_named() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [_, split] = two_bodies(&people, &disk);
    let mut vault = people.open(&disk, 2).unwrap();
    let shown = vault.disclose(
        &mut Notebook::default(),
        people.shown(split.at.sha256),
        &shown_claim(split.at.sha256, "a"),
    );
    let package = packages(shown.unwrap()).remove(0);
    assert!(package.key.is_none(), "the vault alone has no key");
    let (sealed, commitment) = (split.sealed(), split.body.commitment());
    let reader = people.reader.to_public();
    let passed: Vec<WrappedShare> = people.guarantors[..2]
        .iter()
        .map(|holder| package.pass_on(&sealed, holder, &reader).unwrap())
        .collect();
    let open = |shares: &[WrappedShare]| {
        package.open(&sealed, &commitment, &people.reader, shares).map_err(|fault| fault.code())
    };
    assert!(open(&passed).is_ok());
    assert_eq!(open(&passed[..1]).unwrap_err(), "shares-too-few");
    assert_eq!(open(&[passed[0].clone(), passed[0].clone()]).unwrap_err(), "share-repeated");
    // Guarantor 2 makes one up, well-formed and wrapped to the reader.
    let mut bytes = [7; 33];
    bytes[0] = 2;
    let forged = WrappedShare { number: 2, age: age::encrypt(&reader, &bytes).unwrap() };
    let fault = package.open(&sealed, &commitment, &people.reader, &[passed[0].clone(), forged]);
    let fault = fault.unwrap_err();
    assert_eq!(
        (fault.code(), fault.to_string()),
        ("share-forged", "share 2 is not the one that was dealt".into())
    );
    assert_eq!(package.pass_on(&sealed, &people.reader, &reader), Err(Refusal::Identity));
    assert_eq!(WrappedShare::parse(passed[0].to_json().as_bytes()).as_ref(), Ok(&passed[0]));
}

#[test]
fn no_key_leaves_before_the_disclosure_is_on_the_record() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, _] = two_bodies(&people, &disk);
    let mut record = Notebook { private: true, ..Notebook::default() };
    let mut vault = people.open(&disk, 2).unwrap();
    let shown = vault
        .disclose(
            &mut record,
            people.shown(kept.at.sha256),
            &shown_claim(kept.at.sha256, "shown 1"),
        )
        .unwrap();
    assert!(matches!(shown, Shown::Waiting { id: 0 }));
    assert!(vault.resume(&mut record).unwrap().is_empty());
    assert!(vault.copies(&kept.at.sha256).is_empty());
    // The period ends; the vault was restarted in between.
    record.private = false;
    let mut vault = people.open(&disk, 3).unwrap();
    assert_eq!(vault.waiting(), [0]);
    let released = vault.resume(&mut record).unwrap();
    assert_eq!(people.read(&released[0].packages[0], &kept).canonical, kept.body.canonical);
    assert!(vault.waiting().is_empty() && vault.resume(&mut record).unwrap().is_empty());
    record.refuse = true;
    let refused = vault.disclose(
        &mut record,
        people.shown(kept.at.sha256),
        &shown_claim(kept.at.sha256, "shown 2"),
    );
    assert_eq!(refusal(refused).code(), "refused-by-record");
    assert!(vault.waiting().is_empty());
}

#[test]
fn an_erased_body_is_gone_from_every_byte_and_its_copies_are_listed() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let bodies = two_bodies(&people, &disk);
    let before = disk.contents();
    let mut record = Notebook::default();
    let mut vault = people.open(&disk, 2).unwrap();
    vault
        .disclose(
            &mut record,
            people.shown(bodies[0].at.sha256),
            &shown_claim(bodies[0].at.sha256, "shown"),
        )
        .unwrap();
    for kept in &bodies {
        let body = kept.at.sha256;
        let claim = erase_claim(body);
        let stone = vault.erase(&mut record, erasure(body), &claim).unwrap().unwrap();
        assert_eq!((stone.body, stone.leaf), (body, record.leaves[&claim]));
        assert_eq!(vault.state(&body).unwrap(), State::Erased { leaf: stone.leaf });
        let shown = vault.disclose(&mut record, people.shown(body), &shown_claim(body, "again"));
        assert_eq!(refusal(shown).code(), "body-erased");
    }
    let stone = vault.tombstone(&bodies[0].at.sha256).unwrap().unwrap();
    assert_eq!(stone.copies.len(), 1, "the copy that was shown");
    nothing_is_left(&before, &disk.contents(), &bodies);
    // Nor does it come back.
    let mut vault = people.open(&disk, 3).unwrap();
    assert!(matches!(vault.state(&bodies[1].at.sha256).unwrap(), State::Erased { .. }));
    let walked = walk(&disk, &disk).unwrap();
    assert_eq!((walked.held, walked.erased, &*walked.flaws), (0, 2, &[][..]));
    assert_eq!(walked.kept(&bodies[0].sealed()), Kept::Erased { leaf: stone.leaf });
}

/// Neither salt, text, ciphertext nor wrapped key is in any file, and what is left opens nothing.
fn nothing_is_left(before: &[(String, Vec<u8>)], after: &[(String, Vec<u8>)], bodies: &[KeptBody]) {
    let find = |files: &[(String, Vec<u8>)], what: &[u8]| {
        files.iter().any(|(_, bytes)| bytes.windows(what.len()).any(|window| window == what))
    };
    let old = |name: &str| &before.iter().find(|(path, _)| path == name).unwrap().1;
    let texts = old("vault/bodies/00000000");
    for kept in bodies {
        let len = kept.at.bytes as usize;
        let at = (0..texts.len()).find(|&at| {
            texts.len() >= at + len && Digest::of_bytes(&texts[at..at + len]) == kept.at.sha256
        });
        let ciphertext = &texts[at.unwrap()..][..len];
        assert!(find(before, ciphertext), "the search finds what is there");
        for part in ciphertext[12..].chunks_exact(16) {
            assert!(!find(after, part), "a part of the ciphertext is left");
        }
        assert!(!find(after, &kept.body.canonical) && !find(after, kept.body.salt.expose()));
    }
    let keys = &old("vault/keys/00000000")[4096 + 64..][..72];
    assert!(find(before, keys) && !find(after, &keys[..16]) && !find(after, &keys[24..40]));
    let shares = old("vault/keys/00000000.shares");
    assert!(find(before, &shares[..64]) && !find(after, &shares[..64]));
    assert!(
        !find(after, b"age-encryption.org/v1\n-> X25519 ")
            || after.iter().all(|(path, bytes)| {
                // The segment's own key is still wrapped to the vault; shares are not.
                path == "vault/keys/00000000" || !bytes.starts_with(b"age-")
            })
    );
}

#[test]
fn a_body_being_erased_is_shown_to_nobody() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, _] = two_bodies(&people, &disk);
    let body = kept.at.sha256;
    let mut record = Notebook { private: true, ..Notebook::default() };
    let mut vault = people.open(&disk, 2).unwrap();
    vault.disclose(&mut record, people.shown(body), &shown_claim(body, "shown")).unwrap();
    record.failure = Some((record.calls, false));
    assert!(matches!(
        vault.erase(&mut record, erasure(body), &erase_claim(body)),
        Err(VaultFault::Record(_))
    ));
    assert_eq!(vault.state(&body).unwrap(), State::BeingErased);
    assert_eq!(
        refusal(vault.disclose(&mut record, people.shown(body), &shown_claim(body, "b"))),
        Refusal::BeingErased
    );
    // The disclosure that waited comes too late, the erasure is finished.
    record.private = false;
    let released = vault.resume(&mut record).unwrap();
    assert!(released.iter().all(|released| released.packages.is_empty()));
    assert!(matches!(vault.state(&body).unwrap(), State::Erased { .. }));
}

#[test]
fn an_erasure_that_the_record_refuses_leaves_the_body_as_it_was() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, _] = two_bodies(&people, &disk);
    let mut record = Notebook { refuse: true, ..Notebook::default() };
    let mut vault = people.open(&disk, 2).unwrap();
    let refused = vault.erase(&mut record, erasure(kept.at.sha256), &erase_claim(kept.at.sha256));
    assert_eq!(refusal(refused).code(), "refused-by-record");
    assert_eq!(vault.state(&kept.at.sha256).unwrap(), State::Held);
    let unknown = Digest::of_bytes(b"never sealed");
    assert_eq!(
        refusal(vault.erase(&mut record, erasure(unknown), &erase_claim(unknown))),
        Refusal::Unknown
    );
}

#[test]
fn a_body_that_is_refused_costs_no_other_of_its_pool() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let mut vault = people.open(&disk, 1).unwrap();
    let long = Body::new(Secret::new([0; 32]), vec![b'1'; BODY_BYTES_MAX + 1]);
    let long = ToSeal { body: long, keeping: Keeping::Vault, pad: Pad::Padme };
    let nobody = Keeping::Split { threshold: 1, holders: Vec::new() };
    let batch = [to_seal(1, Keeping::Vault), long, to_seal(2, nobody), to_seal(3, Keeping::Vault)];
    let sealed = vault.seal_batch(&batch).unwrap();
    let codes: Vec<_> = sealed.iter().map(|one| one.as_ref().err().map(Refusal::code)).collect();
    assert_eq!(codes, [None, Some("body-too-long"), Some("split-impossible"), None]);
    for taken in [&sealed[0], &sealed[3]] {
        assert_eq!(vault.state(&taken.as_ref().unwrap().sha256).unwrap(), State::Held);
    }
    let shown = vault.disclose(
        &mut Notebook::default(),
        ledger::vault::Disclosure {
            statement: sealed[0].as_ref().unwrap().sha256,
            bodies: vec![sealed[0].as_ref().unwrap().sha256],
            reader: "x".into(),
            recipient: "age1nobody".into(),
        },
        "a",
    );
    assert_eq!(refusal(shown), Refusal::Recipient);
}

#[test]
fn every_flipped_bit_of_the_vault_is_found_without_a_key() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let bodies = two_bodies(&people, &disk);
    let mut vault = people.open(&disk, 2).unwrap();
    vault
        .disclose(
            &mut Notebook::default(),
            people.shown(bodies[0].at.sha256),
            &shown_claim(bodies[0].at.sha256, "shown"),
        )
        .unwrap();
    let sound = walk(&disk, &disk).unwrap();
    assert_eq!((sound.held, &*sound.flaws), (2, &[][..]));
    for (name, bytes) in disk.contents() {
        let written = bytes.iter().rposition(|&byte| byte != 0).unwrap();
        for bit in (0..=written * 8).step_by(3).chain([bytes.len() * 8 - 1]) {
            let flip = |bytes: &mut Vec<u8>| bytes[bit / 8] ^= 1 << (bit % 8);
            disk.tamper(&name, flip);
            let walked = walk(&disk, &disk).unwrap();
            assert!(!walked.flaws.is_empty(), "{name}: bit {bit}");
            disk.tamper(&name, flip);
        }
    }
    assert_eq!(walk(&disk, &disk).unwrap().flaws, []);
}

#[test]
fn a_changed_ciphertext_is_told_apart_from_a_missing_one_and_is_not_handed_out() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, split] = two_bodies(&people, &disk);
    disk.tamper("vault/bodies/00000000", |bytes| bytes[20] ^= 1);
    let walked = walk(&disk, &disk).unwrap();
    assert_eq!(walked.flaws[0].what, "a ciphertext is cut short or was changed");
    assert_eq!(walked.flaws[0].body, Some(kept.at.sha256));
    assert_eq!(walked.kept(&kept.sealed()), Kept::Missing);
    assert_eq!(walked.kept(&split.sealed()), Kept::Whole);
    let mut vault = people.open(&disk, 2).unwrap();
    let shown = vault.disclose(
        &mut Notebook::default(),
        people.shown(kept.at.sha256),
        &shown_claim(kept.at.sha256, "a"),
    );
    assert!(matches!(shown, Err(VaultFault::Damaged { .. })));
    let stranger = People::new();
    assert_eq!(refusal(stranger.open(&disk, 3)), Refusal::Identity);
}

#[test]
fn no_key_leaves_over_a_claim_that_names_another_statement_or_reader() {
    let (people, disk) = (People::new(), PowerDisk::default());
    let [kept, split] = two_bodies(&people, &disk);
    let [body, other] = [kept.at.sha256, split.at.sha256];
    let mut vault = people.open(&disk, 2).unwrap();
    let mut record = Notebook::default();
    let mut asked = people.shown(body);
    for claim in [shown_claim(other, "a"), erase_claim(body), "{}".into()] {
        let shown = vault.disclose(&mut record, asked.clone(), &claim);
        assert_eq!(refusal(shown).code(), "claim-says-otherwise");
    }
    asked.reader = "somebody-else".into();
    let shown = vault.disclose(&mut record, asked, &shown_claim(body, "a"));
    assert_eq!(refusal(shown).code(), "claim-says-otherwise");
    for claim in [erase_claim(other), shown_claim(body, "a")] {
        let erased = vault.erase(&mut record, erasure(body), &claim);
        assert_eq!(refusal(erased).code(), "claim-says-otherwise");
    }
    assert!(record.leaves.is_empty() && vault.state(&body).unwrap() == State::Held);
}
