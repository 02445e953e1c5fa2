//! Canonical bytes are read by a way of their own, and all others by the strict reader: both say the same.

use agreement::Digest;
use agreement::statement::{
    Claim, Commitment, Entry, Header, Kind, Refusal, Root, STATEMENT_BYTES_MAX, Sealed, Statement,
    strict,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spacetime::Instant;

use super::{header, key};

fn statements() -> Vec<Statement> {
    let digest = Digest::of_bytes(b"any");
    let said = |value: Value| match value {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let odd = json!({ "a": [{ "b": "}\\\"{" }, [], {}], "\u{e9}": "\n", "z": -5 });
    let of = |header| Statement::sign(header, &key(1)).unwrap();
    let quorum = Header { kind: Kind::KeyRevoked, ..header("us-1", 1) };
    let second = agreement::DeviceId::new("us-2");
    vec![
        of(header("us-1", 0)),
        of(Header { last_root: Some(Root { root: digest, size: 7 }), ..header("us-1", 12) }),
        of(Header { body: Some(Commitment(digest)), kind: Kind::Report, ..header("us-1", 3) }),
        of(Header {
            kind: Kind::parse("of-the-future").unwrap(),
            said: said(odd),
            ..header("a", 1)
        }),
        of(quorum).cosigned(second, &key(2)).unwrap(),
    ]
}

fn entry(statement: Statement) -> Entry {
    let sealed = statement.header().body.map(|_| {
        let sha256 = Digest::of_bytes(b"ciphertext");
        Sealed { bytes: 4_096, sha256 }
    });
    Entry { sealed, sequenced_at: Instant::from_micros(1_764_000_000_000_001), statement }
}

/// What the strict reader makes of it.
fn strictly(bytes: &[u8]) -> Result<Statement, Refusal> {
    strict::parse_canonical(bytes, STATEMENT_BYTES_MAX).and_then(Statement::from_json)
}

/// As the strict reader reads it: white space is no part of the canonical form.
fn claim_strictly(line: &[u8]) -> Result<Claim, Refusal> {
    Claim::parse(&[b" ", line].concat())
}

fn line_of(statement: &Statement) -> Vec<u8> {
    [br#"{"statement":"#, &statement.canonical()[..], b"}"].concat()
}

fn code_of<T>(read: Result<T, Refusal>) -> Result<T, (&'static str, String)> {
    read.map_err(|why| (why.code.name, why.pointer))
}

#[test]
fn statements_entries_and_claims_read_back_from_canonical_bytes() {
    for statement in statements() {
        assert_eq!(Statement::parse_canonical(&statement.canonical()).unwrap(), statement);
        assert_eq!(strictly(&statement.canonical()).unwrap(), statement);
        let line = line_of(&statement);
        assert_eq!(code_of(Claim::parse(&line)), code_of(claim_strictly(&line)));
        let entry = entry(statement);
        assert_eq!(Entry::parse(&entry.canonical().unwrap()).unwrap(), entry);
    }
}

/// One of the statements with a piece of it cut out, doubled, or replaced.
fn spoilt(of: fn(&Statement) -> Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let words =
        ["null", "0", "01", "-1", "9007199254740992", "{}", "[]", "\"\"", "\\u0041", ",", " "];
    let junk = prop_oneof![
        Just(Vec::new()),
        proptest::collection::vec(any::<u8>(), 1..3),
        proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
    ];
    let piece = (any::<proptest::sample::Index>(), 0_usize..30);
    let texts: Vec<Vec<u8>> = statements().iter().map(of).collect();
    (proptest::sample::select(texts), piece.clone(), piece, any::<bool>(), junk).prop_map(
        |(text, (from, length), (other, other_length), is_copy, junk)| {
            let (from, other) = (from.index(text.len()), other.index(text.len()));
            let copied = text[other..text.len().min(other + other_length)].to_vec();
            let mut bytes = text.clone();
            let to = bytes.len().min(from + length);
            bytes.splice(from..to, if is_copy { copied } else { junk });
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_say_the_same_of_spoilt_statements(bytes in spoilt(Statement::canonical)) {
        prop_assert_eq!(code_of(Statement::parse_canonical(&bytes)), code_of(strictly(&bytes)));
    }

    #[test]
    fn both_ways_say_the_same_of_spoilt_claims(line in spoilt(line_of)) {
        prop_assert_eq!(code_of(Claim::parse(&line)), code_of(claim_strictly(&line)));
    }

    #[test]
    fn an_entry_is_read_from_its_canonical_bytes_alone(
        bytes in spoilt(|statement| entry(statement.clone()).canonical().unwrap()),
    ) {
        if let Ok(entry) = Entry::parse(&bytes) {
            prop_assert_eq!(entry.canonical().unwrap(), bytes.clone());
            prop_assert!(strict::parse_canonical(&bytes, bytes.len()).is_ok());
        }
    }
}
