//! Headers, signatures, entries and proofs of equivocation.

use agreement::statement::{
    Commitment, ENTRY_BYTES_MAX, Entry, Equivocation, Header, Kind, Root, STATEMENT_BYTES_MAX,
    STATEMENT_DOMAIN, Sealed, Statement, strict,
};
use agreement::{DeviceId, Digest};
use proptest::prelude::*;
use serde_json::{Value, json};
use spacetime::Instant;

use super::{header, key, signed};

fn refused(value: &Value) -> String {
    let why = Statement::parse(value.to_string().as_bytes()).unwrap_err();
    format!("{} {}", why.code.name, why.pointer)
}

#[test]
fn a_device_signs_the_canonical_header_after_the_domain() {
    let statement = signed("us-1", 0);
    let canonical = agreement::canonical::canonical_bytes(&statement.header().to_json()).unwrap();
    assert_eq!(
        String::from_utf8(canonical.clone()).unwrap(),
        r#"{"body":null,"device":"us-1","format":1,"kind":"tick","last_root":null,"previous":null,"said":{"at":"2026-11-25T00:00:00Z"},"sequence":0}"#
    );
    assert_eq!(statement.digest(), Digest::of_bytes(&canonical));
    let message = [STATEMENT_DOMAIN, &canonical].concat();
    key(1).public().verify(&message, &statement.signatures()[0].ed25519).unwrap();
}

#[test]
fn a_statement_reads_back_from_the_wire_and_from_canonical_bytes() {
    let statement = signed("us-1", 3);
    let canonical = statement.canonical();
    assert_eq!(Statement::parse_canonical(&canonical).unwrap(), statement);
    let wire = serde_json::to_string_pretty(&statement.to_json()).unwrap();
    assert_eq!(Statement::parse(wire.as_bytes()).unwrap(), statement);
    let why = Statement::parse_canonical(wire.as_bytes()).unwrap_err();
    assert_eq!(why.code.name, "not-canonical");
}

#[test]
fn any_flipped_bit_of_a_statement_is_found() {
    let statement = signed("us-1", 3);
    let (canonical, device) = (statement.canonical(), DeviceId::new("us-1").unwrap());
    let public = key(1).public();
    for bit in 0..canonical.len() * 8 {
        let mut spoilt = canonical.clone();
        spoilt[bit / 8] ^= 1 << (bit % 8);
        let held = Statement::parse_canonical(&spoilt)
            .is_ok_and(|statement| statement.verify(&device, &public).is_ok());
        assert!(!held, "bit {bit}");
    }
}

#[test]
fn what_is_wrong_with_a_statement_is_said_with_its_field() {
    let good = signed("us-1", 3).to_json();
    let with = |pointer: &str, value: Value| {
        let mut spoilt = good.clone();
        *spoilt.pointer_mut(pointer).unwrap() = value;
        refused(&spoilt)
    };
    assert_eq!(with("/header/format", json!(2)), "format-unknown /header/format");
    assert_eq!(with("/header/kind", json!("No Kind")), "bad-kind /header/kind");
    assert_eq!(with("/header/sequence", json!(-1)), "bad-value /header/sequence");
    assert_eq!(with("/header/sequence", json!(0)), "bad-chain /header/previous");
    assert_eq!(with("/header/previous", json!(null)), "bad-chain /header/previous");
    assert_eq!(with("/header/device", json!("US 1")), "bad-value /header/device");
    assert_eq!(with("/header/said", json!([])), "wrong-type /header/said");
    assert_eq!(with("/header/body", json!({})), "missing-field /header/body/commitment");
    assert_eq!(with("/signatures", json!([])), "no-signature /signatures");
    assert_eq!(with("/signatures/0/device", json!("us-2")), "no-signature /signatures");
    assert_eq!(with("/signatures/0/ed25519", json!("AA==")), "bad-value /signatures/0/ed25519");
    let mut extra = good.clone();
    extra["header"]["note"] = json!("x");
    assert_eq!(refused(&extra), "unknown-field /header");
    let twice = good["signatures"][0].clone();
    assert_eq!(with("/signatures", json!([twice, twice])), "signatures-order /signatures");
}

#[test]
fn base64_with_bits_left_over_is_no_signature() {
    let mut spoilt = signed("us-1", 0).to_json();
    let text = spoilt["signatures"][0]["ed25519"].as_str().unwrap().to_owned();
    let (body, last) = text.split_at(85);
    let next = char::from(last.as_bytes()[0] + 1);
    spoilt["signatures"][0]["ed25519"] = json!(format!("{body}{next}=="));
    assert_eq!(refused(&spoilt), "bad-value /signatures/0/ed25519");
}

#[test]
fn only_what_takes_a_quorum_is_signed_by_several() {
    let second = DeviceId::new("us-2").unwrap();
    let tick = signed("us-1", 0).cosigned(Some(second.clone()), &key(2)).unwrap();
    assert_eq!(refused(&tick.to_json()), "not-a-quorum-kind /signatures");
    let adopted = Header { kind: Kind::AgreementAdopted, ..header("us-1", 0) };
    let adopted = Statement::sign(adopted, &key(1)).unwrap();
    let both = adopted.clone().cosigned(Some(second.clone()), &key(2)).unwrap();
    assert_eq!(both.digest(), adopted.digest(), "who else signs changes no name");
    assert!(both.verify(&second, &key(2).public()).is_ok());
    assert!(both.verify(&second, &key(1).public()).is_err());
    assert!(both.clone().cosigned(Some(second), &key(2)).is_err(), "nobody signs twice");
}

#[test]
fn a_kind_of_a_later_version_is_kept_and_known_to_be_unknown() {
    let later = Header { kind: Kind::parse("prisoner-exchange").unwrap(), ..header("us-1", 0) };
    let statement = Statement::sign(later, &key(1)).unwrap();
    let read = Statement::parse_canonical(&statement.canonical()).unwrap();
    assert_eq!(read.header().kind, Kind::Unknown("prisoner-exchange".to_owned()));
    assert_eq!(read.canonical(), statement.canonical());
    assert!(read.verify(&read.header().device, &key(1).public()).is_ok());
}

#[test]
fn an_entry_reads_back_and_one_byte_too_many_is_refused() {
    let sealed = Some(Sealed { bytes: 4096, sha256: Digest::of_bytes(b"ciphertext") });
    let sequenced_at = Instant::parse("2026-11-25T21:00:00.123456Z").unwrap();
    let entry = |text: usize| {
        let mut header = header("us-1", 0);
        header.said.insert("text".to_owned(), Value::from("x".repeat(text)));
        Entry { sealed, sequenced_at, statement: Statement::sign(header, &key(1)).unwrap() }
    };
    let small = entry(0);
    assert_eq!(Entry::parse(&small.canonical().unwrap()).unwrap(), small);
    let rest = ENTRY_BYTES_MAX - small.canonical().unwrap().len();
    let full = entry(rest).canonical().unwrap();
    assert_eq!(full.len(), ENTRY_BYTES_MAX);
    assert_eq!(entry(rest + 1).canonical().unwrap_err().code.name, "too-long");
    let mut longer = full;
    longer.push(b' ');
    assert_eq!(Entry::parse(&longer).unwrap_err().code.name, "too-long");
}

/// Otherwise a statement could be admitted that no leaf can hold.
#[test]
fn the_longest_statement_fits_into_an_entry() {
    let mut header = header("us-1", 0);
    let signed = |header: &Header| Statement::sign(header.clone(), &key(1)).unwrap();
    let rest = STATEMENT_BYTES_MAX - signed(&header).canonical().len() - r#""text":"","#.len();
    header.said.insert("text".to_owned(), Value::from("x".repeat(rest)));
    let statement = signed(&header);
    assert_eq!(statement.canonical().len(), STATEMENT_BYTES_MAX);
    let sealed = Some(Sealed { bytes: 1 << 52, sha256: Digest::of_bytes(b"") });
    let entry = Entry { sealed, sequenced_at: Instant::from_micros(1), statement };
    assert!(entry.canonical().is_ok());
}

#[test]
fn two_statements_with_one_number_prove_against_the_key_that_signed_both() {
    let one = signed("us-1", 7);
    let root = Root { root: Digest::of_bytes(b"root"), size: 9 };
    let other = Header { last_root: Some(root), ..header("us-1", 7) };
    let other = Statement::sign(other, &key(1)).unwrap();
    let proof = Equivocation::of(key(1).public(), one.clone(), other.clone()).unwrap();
    let handed_on = serde_json::to_string_pretty(&proof.to_json()).unwrap();
    let found = Equivocation::parse(handed_on.as_bytes()).unwrap().check().unwrap();
    assert_eq!((found.device.as_str(), found.sequence), ("us-1", 7));
    assert_eq!(found.ed25519, key(1).public().to_bytes());

    let no_proof = |one: &Statement, other: &Statement| {
        Equivocation::of(key(1).public(), one.clone(), other.clone()).unwrap_err().code.name
    };
    assert_eq!(no_proof(&one, &one), "no-equivocation");
    assert_eq!(no_proof(&one, &signed("us-1", 8)), "no-equivocation");
    assert_eq!(no_proof(&one, &signed("us-2", 7)), "no-equivocation");
    let by_another = Statement::sign(other.header().clone(), &key(2)).unwrap();
    assert_eq!(no_proof(&one, &by_another), "bad-signature");
}

#[test]
fn a_commitment_hides_and_binds() {
    let (salt, other) = ([1; 32], [2; 32]);
    assert_eq!(Commitment::of(&salt, b"{}"), Commitment::of(&salt, b"{}"));
    assert_ne!(Commitment::of(&salt, b"{}"), Commitment::of(&other, b"{}"));
    assert_ne!(Commitment::of(&salt, b"{}"), Commitment::of(&salt, b"[]"));
    let mut preimage = b"armistice/body/v1\n".to_vec();
    preimage.extend_from_slice(&salt);
    preimage.extend_from_slice(b"{}");
    assert_eq!(Commitment::of(&salt, b"{}").0, Digest::of_bytes(&preimage));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_bytes_read_back_to_their_value_and_again_to_their_bytes(value in any_json()) {
        let bytes = agreement::canonical::canonical_bytes(&value).unwrap();
        let read = strict::parse_canonical(&bytes, 1 << 20).unwrap();
        prop_assert_eq!(&read, &value);
        let spaced = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(strict::parse(&spaced, 1 << 20).unwrap(), value);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Statement::parse(&bytes);
        let _ = Entry::parse(&bytes);
        let _ = Equivocation::parse(&bytes);
    }
}
