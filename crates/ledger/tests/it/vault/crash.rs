//! Power is lost at every step of sealing, showing and erasing, with what was not synced kept, lost
//! or torn.

use agreement::Digest;
use ledger::vault::{Keeping, Package, Released, Shown, State, Vault, VaultFault, walk};

use super::power::{Failure, Keep, PowerDisk};
use super::scene::{KeptBody, Notebook, People, erase_claim, erasure, shown_claim, to_seal};

const KEEPS: [Keep; 4] = [Keep::All, Keep::Nothing, Keep::Some(1), Keep::Some(2)];

/// What was acknowledged before the lights went out.
#[derive(Default)]
struct Acknowledged {
    sealed: Vec<KeptBody>,
    shown: Vec<Package>,
    erased: Vec<Digest>,
}

/// A working day of a vault.
fn day(
    people: &People,
    disk: &PowerDisk,
    record: &mut Notebook,
    seen: &mut Acknowledged,
) -> Result<(), VaultFault> {
    let mut vault = people.open(disk, 1)?;
    for batch in [
        [to_seal(1, Keeping::Vault), to_seal(2, people.split())],
        [to_seal(3, Keeping::Vault), to_seal(4, Keeping::Vault)],
    ] {
        for (body, at) in batch.iter().zip(vault.seal_batch(&batch)?) {
            seen.sealed.push(KeptBody { body: body.body.clone(), at: at.unwrap() });
        }
    }
    let digests: Vec<Digest> = seen.sealed.iter().map(|kept| kept.at.sha256).collect();
    for n in [0, 1] {
        let claim = shown_claim(digests[n], "by day");
        let shown = vault.disclose(record, people.shown(digests[n]), &claim)?;
        if let Shown::Released(packages) = shown {
            seen.shown.extend(packages);
        }
    }
    for n in [2, 1] {
        let claim = erase_claim(digests[n]);
        if vault.erase(record, erasure(digests[n]), &claim)?.is_some() {
            seen.erased.push(digests[n]);
        }
    }
    seen.shown.extend(packages(vault.resume(record)?));
    Ok(())
}

fn packages(released: Vec<Released>) -> impl Iterator<Item = Package> {
    released.into_iter().flat_map(|released| released.packages)
}

/// The morning after: what was acknowledged holds, and what was begun is finished or undone.
fn holds(people: &People, disk: &PowerDisk, record: &mut Notebook, seen: &Acknowledged) {
    record.failure = None;
    let mut vault = people.open(disk, 2).unwrap();
    let released: Vec<_> = packages(vault.resume(record).unwrap()).collect();
    for package in seen.shown.iter().chain(&released) {
        let body = Digest::of_bytes(&package.ciphertext);
        let leaf = package.disclosure_leaf;
        assert!(record.leaves.values().any(|&on_record| on_record == leaf), "shown off the record");
        assert!(vault.copies(&body).iter().any(|copy| copy.leaf == leaf), "a copy is forgotten");
    }
    for kept in &seen.sealed {
        let body = kept.at.sha256;
        let is_condemned = record.leaves.contains_key(&erase_claim(body));
        let state = vault.state(&body).unwrap();
        if is_condemned {
            assert!(matches!(state, State::Erased { .. }), "a body came back: {state:?}");
        } else {
            assert!(!seen.erased.contains(&body), "erased off the record");
            let claim = shown_claim(body, "the morning after");
            let shown = vault.disclose(record, people.shown(body), &claim).unwrap();
            let Shown::Released(packages) = shown else { panic!("it waits") };
            assert_eq!(people.read(&packages[0], kept).canonical, kept.body.canonical);
        }
    }
    goes_on(people, &mut vault);
    let torn = |what: &str| what.contains("acknowledged, or changed");
    let torn = |what: &str| torn(what) || what.contains("torn before it was acknowledged");
    let flaws = walk(disk, disk).unwrap().flaws;
    assert!(flaws.iter().all(|flaw| torn(flaw.what)), "{flaws:?}");
}

fn goes_on(people: &People, vault: &mut Vault) {
    let sealed = vault.seal_batch(&[to_seal(9, people.split()), to_seal(8, Keeping::Vault)]);
    for sealed in sealed.unwrap() {
        assert_eq!(vault.state(&sealed.unwrap().sha256).unwrap(), State::Held);
    }
}

#[test]
fn nothing_acknowledged_is_lost_nothing_erased_comes_back_and_every_copy_is_on_the_record() {
    let people = People::new();
    let mut steps = 0;
    loop {
        let mut reached = false;
        for persisted in [false, true] {
            let disk = PowerDisk::default();
            disk.fail(Failure { at: steps, persisted });
            let mut record = Notebook::default();
            let mut seen = Acknowledged::default();
            let ended = day(&people, &disk, &mut record, &mut seen);
            reached |= disk.is_down();
            assert_eq!(ended.is_err(), disk.is_down(), "step {steps}: {ended:?}");
            for keep in KEEPS {
                let mut record = Notebook { leaves: record.leaves.clone(), ..Notebook::default() };
                let found = disk.after_loss(keep);
                holds(&people, &found, &mut record, &seen);
            }
        }
        if !reached {
            break;
        }
        steps += 1;
    }
    assert!(steps > 40, "only {steps} steps");
}

#[test]
fn a_record_that_goes_away_at_any_call_loses_no_disclosure_and_no_erasure() {
    let people = People::new();
    for call in 0..8 {
        for kept in [false, true] {
            let disk = PowerDisk::default();
            let mut record = Notebook { failure: Some((call, kept)), ..Notebook::default() };
            let mut seen = Acknowledged::default();
            let _ = day(&people, &disk, &mut record, &mut seen);
            holds(&people, &disk.after_loss(Keep::Nothing), &mut record, &seen);
        }
    }
}

#[test]
fn recovery_that_is_itself_cut_short_is_taken_up_again() {
    let people = People::new();
    // Down right after an erasure is on the record, then down again at every step of recovery.
    for first in 20..60 {
        let disk = PowerDisk::default();
        disk.fail(Failure { at: first, persisted: true });
        let mut record = Notebook::default();
        let mut seen = Acknowledged::default();
        let _ = day(&people, &disk, &mut record, &mut seen);
        let is_erasure = |claim: &String| claim.contains(r#""kind":"erasure""#);
        if !record.leaves.keys().any(is_erasure) || !disk.is_down() {
            continue;
        }
        for second in 0..12 {
            let again = disk.after_loss(Keep::Nothing);
            again.fail(Failure { at: second, persisted: false });
            let _ = people.open(&again, 3).and_then(|mut vault| vault.resume(&mut record));
            holds(&people, &again.after_loss(Keep::Some(second)), &mut record, &seen);
        }
    }
}
