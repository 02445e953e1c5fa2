//! Who may speak at which point of the log, and what their numbers show.

use agreement::statement::chain::{Chains, Irregularity};
use agreement::statement::claim::Place;
use agreement::statement::roster::Sequenced;
use agreement::statement::said::{About, Adopted, Enrolled, RevocationReason, Revoked, Ticked};
use agreement::statement::{Claim, Header, Roster, Said, SecretKey, Standing, Statement};
use agreement::{DeviceId, Digest, PartyId};
use spacetime::Instant;

use super::{header, key};
use crate::small_pack;

/// The small pack, with keys whose secrets we hold: device n of the list has key n + 1.
fn roster() -> (Roster, Vec<DeviceId>) {
    let mut pack = small_pack::pack(&[]);
    let names: Vec<DeviceId> = pack.devices.keys().cloned().collect();
    for (n, device) in pack.devices.values_mut().enumerate() {
        device.ed25519 = secret(n).public().to_bytes();
    }
    let members: Vec<PartyId> = pack.devices.values().map(|d| d.party.clone()).collect();
    let mut quorum = pack.quorums["determination"].clone();
    quorum.members = members.iter().cloned().collect();
    quorum.threshold = 2;
    for id in ["adoption", "determination"] {
        pack.quorums.insert(id.to_owned(), quorum.clone());
    }
    (Roster::of(&pack).unwrap(), names)
}

fn secret(n: usize) -> SecretKey {
    key(u8::try_from(n + 1).unwrap())
}

fn by(device: &DeviceId, n: usize, said: &Said) -> Statement {
    let claim = Claim::sign(device.clone(), &secret(n), Place::default(), None, said, None);
    claim.unwrap().into_statement()
}

fn refused(roster: &Roster, statement: &Statement) -> &'static str {
    let said = Said::of(statement.header()).ok();
    roster.check(statement, said.as_ref()).unwrap_err().code.name
}

fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

#[test]
fn a_device_speaks_with_its_own_key_and_no_other() {
    let (roster, names) = roster();
    assert!(names.len() >= 2, "the small pack has two devices");
    let said = Said::Tick(Ticked { at: at(0) });
    assert_eq!(roster.check(&by(&names[0], 0, &said), Some(&said)), Ok(()));
    assert_eq!(refused(&roster, &by(&names[0], 1, &said)), "bad-signature");
    let stranger = DeviceId::new("stranger").unwrap();
    assert_eq!(refused(&roster, &by(&stranger, 0, &said)), "device-unknown");
}

#[test]
fn a_quorum_counts_parties_and_takes_no_stranger() {
    let (roster, names) = roster();
    let said = Said::KeyEnrolled(Enrolled {
        enrolled: DeviceId::new("new-1").unwrap(),
        party: roster.device(&names[0]).unwrap().party.clone(),
        ed25519: key(99).public().to_bytes(),
    });
    let alone = by(&names[0], 0, &said);
    assert_eq!(refused(&roster, &alone), "quorum-short");
    let both = alone.clone().cosigned(Some(names[1].clone()), &secret(1)).unwrap();
    assert_eq!(roster.check(&both, Some(&said)), Ok(()));
    let mut later = roster.clone();
    later.apply(5, &said);
    assert_eq!(refused(&later, &both), "enrolled-before");
    let new = DeviceId::new("new-1").unwrap();
    let tick = Said::Tick(Ticked { at: at(0) });
    let spoken = by(&new, 98, &tick);
    assert_eq!(later.check(&spoken, Some(&tick)), Ok(()));
    assert_eq!(refused(&roster, &spoken), "device-unknown", "not before it was enrolled");

    let bad = by(&names[0], 0, &said).cosigned(Some(names[1].clone()), &key(77)).unwrap();
    assert_eq!(refused(&roster, &bad), "bad-signature", "one bad signature spoils it");
}

#[test]
fn where_the_pack_names_no_quorum_every_guarantor_signs() {
    let mut pack = small_pack::pack(&[]);
    let names: Vec<DeviceId> = pack.devices.keys().cloned().collect();
    for (n, device) in pack.devices.values_mut().enumerate() {
        device.ed25519 = secret(n).public().to_bytes();
    }
    let said = Said::AgreementAdopted(Adopted { version: Digest::of_bytes(b"v") });
    let header = Header { kind: said.kind(), said: said.to_members(), ..header("x", 0) };
    let one = Statement::sign(Header { device: names[0].clone(), ..header }, &secret(0)).unwrap();
    for party in pack.parties.values_mut() {
        party.role = agreement::Role::Adherent;
    }
    let code = |pack: &agreement::Pack| {
        Roster::of(pack).unwrap().check(&one, None).map_err(|why| why.code.name)
    };
    assert_eq!(code(&pack), Err("quorum-missing"));
    let parties: Vec<PartyId> = pack.devices.values().map(|d| d.party.clone()).collect();
    pack.parties.get_mut(&parties[0]).unwrap().role = agreement::Role::Guarantor;
    assert_eq!(code(&pack), Ok(()));
    pack.parties.get_mut(&parties[1]).unwrap().role = agreement::Role::Guarantor;
    assert_eq!(code(&pack), Err("quorum-short"));
}

#[test]
fn a_determination_takes_its_quorum() {
    let (roster, names) = roster();
    let body = agreement::statement::body::Determination {
        attributed_to: None,
        dissent: [].into(),
        outcome: agreement::statement::body::Outcome::Verified,
        reasons: "seen by two".to_owned(),
    };
    let said = Said::Determination(About { about: Digest::of_bytes(b"finding") });
    let body = agreement::statement::Body::Determination(body);
    let claim = Claim::sign(
        names[0].clone(),
        &secret(0),
        Place::default(),
        None,
        &said,
        Some((&body, [1; 32])),
    );
    let claim = claim.unwrap();
    assert_eq!(refused(&roster, claim.statement()), "quorum-short");
    let both = claim.cosigned(names[1].clone(), &secret(1)).unwrap();
    assert_eq!(roster.check(both.statement(), Some(&said)), Ok(()));
}

fn revoked(device: &DeviceId, reason: RevocationReason, since: Option<Instant>) -> Said {
    Said::KeyRevoked(Revoked { revoked: device.clone(), reason, since })
}

#[test]
fn a_party_revokes_its_own_key_alone_and_that_of_another_with_the_quorum() {
    let (roster, names) = roster();
    let said = revoked(&names[0], RevocationReason::Retired, None);
    assert_eq!(roster.check(&by(&names[0], 0, &said), Some(&said)), Ok(()));
    let other = by(&names[1], 1, &said);
    assert_ne!(roster.device(&names[0]).unwrap().party, roster.device(&names[1]).unwrap().party);
    assert_eq!(refused(&roster, &other), "not-its-party");
    let both = other.cosigned(Some(names[0].clone()), &secret(0)).unwrap();
    assert_eq!(roster.check(&both, Some(&said)), Ok(()));
}

#[test]
fn what_a_retired_key_says_afterwards_is_refused_and_what_it_said_stands() {
    let (mut roster, names) = roster();
    roster.apply(10, &revoked(&names[0], RevocationReason::Retired, None));
    let said = Said::Tick(Ticked { at: at(0) });
    let statement = by(&names[0], 0, &said);
    assert_eq!(refused(&roster, &statement), "key-retired");
    let place = Sequenced { leaf: 3, at: at(50) };
    assert_eq!(roster.standing(statement.header(), place, |_| 0), Standing::Good);
}

/// Whatever time it claims: only what the record itself had before counts.
#[test]
fn after_a_compromise_whatever_was_not_on_record_before_is_contested() {
    let (mut roster, names) = roster();
    roster.apply(10, &revoked(&names[0], RevocationReason::Compromise, Some(at(100))));
    let said = Said::Tick(Ticked { at: at(0) });
    let statement = by(&names[0], 0, &said);
    assert_eq!(roster.check(&statement, Some(&said)), Ok(()), "it is kept");
    let standing = |leaf, seconds, cosigned: u64| {
        let place = Sequenced { leaf, at: at(seconds) };
        roster.standing(statement.header(), place, |since| {
            assert_eq!(since, at(100));
            cosigned
        })
    };
    assert_eq!(standing(3, 99, 0), Standing::Good);
    assert_eq!(standing(3, 100, 0), Standing::Contested);
    assert_eq!(standing(3, 100, 4), Standing::Good, "witnesses saw it before");
    assert_eq!(standing(4, 100, 4), Standing::Contested);

    roster.apply(11, &revoked(&names[0], RevocationReason::Compromise, None));
    let place = Sequenced { leaf: 0, at: at(1) };
    assert_eq!(roster.standing(statement.header(), place, |_| 9), Standing::Contested);
    roster.apply(12, &revoked(&names[0], RevocationReason::Retired, None));
    assert_eq!(roster.standing(statement.header(), place, |_| 9), Standing::Contested);
}

#[test]
fn a_key_said_to_be_compromised_counts_in_no_quorum() {
    let (mut roster, names) = roster();
    roster.apply(10, &revoked(&names[1], RevocationReason::Compromise, None));
    let said = Said::AgreementAdopted(Adopted { version: Digest::of_bytes(b"v") });
    let header = Header { kind: said.kind(), said: said.to_members(), ..header("x", 0) };
    let header = Header { device: names[0].clone(), ..header };
    let one = Statement::sign(header, &secret(0)).unwrap();
    let both = one.cosigned(Some(names[1].clone()), &secret(1)).unwrap();
    assert_eq!(roster.check(&both, None).unwrap_err().code.name, "quorum-short");
}

#[test]
fn gaps_breaks_and_doubles_in_a_devices_numbers_are_told() {
    let device = DeviceId::new("us-1").unwrap();
    let said = |seconds| Said::Tick(Ticked { at: at(seconds) });
    let sign = |place, seconds| {
        let claim = Claim::sign(device.clone(), &key(1), place, None, &said(seconds), None);
        claim.unwrap().into_statement()
    };
    let first = sign(Place::default(), 0);
    let second = sign(Place::after(&first), 1);
    let third = sign(Place::after(&second), 2);
    let fourth = sign(Place { sequence: 3, previous: Some(Digest::of_bytes(b"?")) }, 3);

    let mut chains = Chains::default();
    assert_eq!(chains.see(&third), None);
    assert_eq!(chains.see(&first), None);
    assert_eq!(
        chains.irregularities(),
        [Irregularity::Gap { device: device.clone(), from: 1, to: 2 }]
    );
    chains.see(&second);
    assert_eq!(chains.irregularities(), [], "a gap that is filled is none");
    chains.see(&fourth);
    assert_eq!(
        chains.irregularities(),
        [Irregularity::Break { device: device.clone(), sequence: 3 }]
    );
    assert_eq!(chains.see(&second), None, "the same again is no double");
    let mut digests = [second.digest(), sign(Place::after(&first), 9).digest()];
    digests.sort_unstable();
    let twice = Irregularity::Twice { device: device.clone(), sequence: 1, digests };
    assert_eq!(chains.see(&sign(Place::after(&first), 9)), Some(twice));
}
