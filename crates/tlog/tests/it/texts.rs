//! Notes, checkpoints and proofs: the specifications' own examples, and everything wrong with one.

use proptest::prelude::*;
use tlog::checkpoint::CheckpointError;
use tlog::key::{KeyError, SignatureError};
use tlog::note::{LineFlaw, NOTE_BYTES_MAX, NoteError, SIGNATURES_MAX};
use tlog::quorum::Cosigned;
use tlog::tlog_proof::TlogProofError;
use tlog::{
    AddCheckpoint, Checkpoint, Cosigner, EMPTY_ROOT, Edge, Hash, Note, NoteSigner, Quorum,
    SignatureType, SignedCheckpoint, TlogProof, VerifierKey, inclusion_proof,
};

use crate::support::{Stored, leaves};

/// c2sp.org/signed-note, "Example".
const FOO_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// A checkpoint of Go's checksum database, and its key, as published.
const GO_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const GO_CHECKPOINT: &str = "go.sum database tree\n35225469\n\
    vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n\u{2014} sum.golang.org \
    Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n";

/// c2sp.org/tlog-cosignature: the shape is real, the signatures are made up.
const COSIGNED: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa \
    Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b\
    2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

#[test]
fn the_example_of_signed_note_verifies_under_its_key_and_no_other_text_does() {
    let key = VerifierKey::parse(FOO_KEY).unwrap();
    assert_eq!((key.name(), key.to_string().as_str()), ("example.com/foo", FOO_KEY));
    let note = Note::parse(FOO_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.to_string(), FOO_NOTE);
    let known = [key];
    let signed = note.verify(&known).unwrap();
    assert_eq!((signed.len(), signed[0].time_s), (1, None));

    let other = Note::parse(FOO_NOTE.replace("example message", "exemple message").as_bytes());
    let wrong = other.unwrap().verify(&known).unwrap_err();
    let (name, flaw) = ("example.com/foo".to_owned(), SignatureError::Wrong);
    assert_eq!(wrong, NoteError::Wrong { name, flaw });
}

#[test]
fn a_real_checkpoint_of_gos_checksum_database_verifies() {
    let key = VerifierKey::parse(GO_KEY).unwrap();
    let checkpoint = SignedCheckpoint::parse(GO_CHECKPOINT.as_bytes()).unwrap();
    checkpoint.verify("go.sum database tree", std::slice::from_ref(&key)).unwrap();
    assert_eq!(checkpoint.checkpoint().size, 35_225_469);
    assert_eq!(checkpoint.to_string(), GO_CHECKPOINT);
    let wrong = checkpoint.verify("example.com/log", &[key]).unwrap_err();
    assert!(matches!(wrong, CheckpointError::WrongOrigin { .. }));
}

#[test]
fn the_example_of_tlog_cosignature_reads_back_and_its_time_stands_in_its_bytes() {
    let checkpoint = SignedCheckpoint::parse(COSIGNED.as_bytes()).unwrap();
    assert_eq!(checkpoint.to_string(), COSIGNED);
    let cosignature = &checkpoint.note().signatures()[1];
    assert_eq!(cosignature.name(), "witness.example.com/w1");
    assert_eq!(cosignature.id().to_string(), "8d66cf3f");
    let time = u64::from_be_bytes(cosignature.signature()[..8].try_into().unwrap());
    assert_eq!(time, 1_679_315_147, "as the specification's signed message says");
}

fn wrong(note: &str) -> NoteError {
    Note::parse(note.as_bytes()).unwrap_err()
}

fn line_flaw(line: &str) -> LineFlaw {
    match wrong(&format!("text\n\n{line}")) {
        NoteError::Line { line: 1, flaw } => flaw,
        other => panic!("{other}"),
    }
}

#[test]
fn a_note_without_signatures_is_refused() {
    for note in ["", "\n", "text", "text\n", "text\n\n", "\n\n"] {
        assert_eq!(wrong(note), NoteError::NoSignatures, "{note:?}");
    }
}

#[test]
fn a_malformed_signature_line_is_refused_with_its_number() {
    let good = "\u{2014} a AAAAAAE=\n";
    assert!(Note::parse(format!("text\n\n{good}").as_bytes()).is_ok());
    for (line, flaw) in [
        ("- a AAAAAAE=\n", LineFlaw::Form),
        ("\u{2014}a AAAAAAE=\n", LineFlaw::Form),
        ("\u{2014} a\n", LineFlaw::Form),
        ("\u{2014} a AAAAAAE=", LineFlaw::Form),
        ("\u{2014}  AAAAAAE=\n", LineFlaw::Name),
        ("\u{2014} a+b AAAAAAE=\n", LineFlaw::Name),
        ("\u{2014} a\u{a0}b AAAAAAE=\n", LineFlaw::Name),
        ("\u{2014} a AAAAAAE= \n", LineFlaw::Base64),
        ("\u{2014} a  AAAAAAE=\n", LineFlaw::Base64),
        ("\u{2014} a AAAAAAE\n", LineFlaw::Base64),
        ("\u{2014} a AAAAAAF=\n", LineFlaw::Base64),
        ("\u{2014} a AAAA_AE=\n", LineFlaw::Base64),
        ("\u{2014} a AAAAAA==\n", LineFlaw::Short),
        ("\u{2014} a AAA=\n", LineFlaw::Short),
    ] {
        assert_eq!(line_flaw(line), flaw, "{line:?}");
    }
    let second = wrong(&format!("text\n\n{good}junk\n"));
    assert_eq!(second, NoteError::Line { line: 2, flaw: LineFlaw::Form });
}

#[test]
fn a_note_with_control_characters_other_bytes_or_no_end_is_refused() {
    assert_eq!(wrong("te\u{7}xt\n\n\u{2014} a AAAAAAE=\n"), NoteError::Control { line: 1 });
    assert_eq!(wrong("text\r\n\r\n\u{2014} a AAAAAAE=\r\n"), NoteError::Control { line: 1 });
    assert_eq!(Note::parse(b"te\xff"), Err(NoteError::NotUtf8 { at: 2 }));
    let long = "a".repeat(NOTE_BYTES_MAX + 1);
    assert_eq!(wrong(&long), NoteError::TooLong { bytes: NOTE_BYTES_MAX + 1 });
    let many = format!("text\n\n{}", "\u{2014} a AAAAAAE=\n".repeat(SIGNATURES_MAX + 1));
    assert_eq!(wrong(&many), NoteError::TooMany);
}

#[test]
fn a_text_may_hold_blank_lines_and_the_last_one_ends_it() {
    let note = "one\n\ntwo\n\n\u{2014} a AAAAAAE=\n";
    assert_eq!(Note::parse(note.as_bytes()).unwrap().text(), "one\n\ntwo\n");
    // A line of signatures after a second blank line leaves the first ones in the text, unverified.
    let moved = "text\n\n\u{2014} a AAAAAAE=\n\n\u{2014} b AAAAAAE=\n";
    assert_eq!(Note::parse(moved.as_bytes()).unwrap().signatures().len(), 1);
}

#[test]
fn a_checkpoint_has_exactly_its_three_lines_in_their_one_spelling() {
    let root = EMPTY_ROOT;
    let parse = |text: &str| Checkpoint::parse(text);
    assert!(parse(&format!("origin\n0\n{root}\n")).is_ok());
    assert!(parse(&format!("origin\n9223372036854775807\n{root}\nextension\n")).is_ok());
    for (text, fault) in [
        ("origin\n".to_owned(), CheckpointError::Lines),
        ("origin\n1\n".to_owned(), CheckpointError::Lines),
        (format!("origin\n1\n{root}"), CheckpointError::Lines),
        (format!("\n1\n{root}\n"), CheckpointError::Origin),
        (format!("{}\n1\n{root}\n", "o".repeat(256)), CheckpointError::Origin),
        (format!("origin\n01\n{root}\n"), CheckpointError::Size),
        (format!("origin\n00\n{root}\n"), CheckpointError::Size),
        (format!("origin\n+1\n{root}\n"), CheckpointError::Size),
        (format!("origin\n-1\n{root}\n"), CheckpointError::Size),
        (format!("origin\n1 \n{root}\n"), CheckpointError::Size),
        (format!("origin\n\n{root}\n"), CheckpointError::Size),
        (format!("origin\n0x1\n{root}\n"), CheckpointError::Size),
        (format!("origin\n9223372036854775808\n{root}\n"), CheckpointError::Size),
        (format!("origin\n99999999999999999999\n{root}\n"), CheckpointError::Size),
        ("origin\n1\nAAAA\n".to_owned(), CheckpointError::Root),
        (format!("origin\n1\n{}\n", root.to_string().replace("U=", "V=")), CheckpointError::Root),
        (format!("origin\n1\n{root} \n"), CheckpointError::Root),
        (format!("origin\n1\n{root}\n\n"), CheckpointError::Extension { line: 4 }),
        (format!("origin\n1\n{root}\next\n\next\n"), CheckpointError::Extension { line: 5 }),
    ] {
        assert_eq!(parse(&text), Err(fault), "{text:?}");
    }
}

#[test]
fn an_empty_tree_with_another_root_is_not_believed_though_its_log_signed_it() {
    let log = NoteSigner::new("log", &[1; 32]).unwrap();
    let lie = Checkpoint::new("log", 0, leaves(1)[0]);
    let lie = SignedCheckpoint::sign(&lie, &log).unwrap();
    assert_eq!(lie.verify("log", &[log.verifier().clone()]), Err(CheckpointError::NotEmpty));
}

#[test]
fn a_verifier_key_has_one_spelling_and_the_id_of_its_bytes() {
    for (text, fault) in [
        ("", KeyError::Form),
        ("name", KeyError::Form),
        ("name+530d903a", KeyError::Form),
        ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Form),
        ("example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Form),
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=", KeyError::Form),
        ("example.com/foo+530d903a+", KeyError::Form),
        ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Name),
        ("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Name),
        ("example.com/foo+530d903a+AekyeRrm", KeyError::Length { bytes: 5 }),
    ] {
        assert_eq!(VerifierKey::parse(text), Err(fault), "{text:?}");
    }
    let other_name = FOO_KEY.replace("foo", "bar");
    assert!(matches!(VerifierKey::parse(&other_name), Err(KeyError::Id { .. })));
}

#[test]
fn a_signature_type_that_is_not_known_is_kept_and_named_and_counts_for_nothing() {
    let future = VerifierKey::parse("example.com/pq+01020304+KgECAw==").unwrap();
    assert_eq!(future.kind(), SignatureType::Other(0x2a));
    assert_eq!(future.to_string(), "example.com/pq+01020304+KgECAw==");
    assert_eq!(future.kind().to_string(), "signature type 0x2a");
    let note = format!("{FOO_NOTE}\u{2014} example.com/pq AQIDBAE=\n");
    let note = Note::parse(note.as_bytes()).unwrap();
    let known = [VerifierKey::parse(FOO_KEY).unwrap(), future];
    assert_eq!(note.verify(&known).unwrap().len(), 1);
    assert_eq!(note.verify(&known[1..]), Err(NoteError::NotSigned));
    assert_eq!(note.signatures()[1].name(), "example.com/pq");
}

#[test]
fn the_post_quantum_cosigner_key_is_read_and_named() {
    use base64::Engine as _;
    let bytes = [&[0x06][..], &[7; 1312]].concat();
    let id = tlog::key::KeyId::of("w", SignatureType::CosignatureMlDsa44, &bytes[1..]);
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let key = VerifierKey::parse(&format!("w+{id}+{}", encode(&bytes))).unwrap();
    assert_eq!(key.kind().to_string(), "ML-DSA-44 cosignature");
    let unsupported = SignatureError::Unsupported(SignatureType::CosignatureMlDsa44);
    assert_eq!(key.verify("text\n", &[0; 2428]), Err(unsupported));
    let short = VerifierKey::parse(&format!("w+{id}+{}", encode(&bytes[..1312])));
    assert_eq!(short, Err(KeyError::Length { bytes: 1311 }));

    let group = tlog::quorum::Group { name: "all".into(), threshold: 1, witnesses: vec![key] };
    let quorum = Quorum::new(vec![group], 60).unwrap();
    let cosigned =
        format!("text\n\n\u{2014} w {}\n", encode(&[id.as_bytes(), &[0; 2428][..]].concat()));
    let note = Note::parse(cosigned.as_bytes()).unwrap();
    let standing = quorum.standing(&note, 0).unwrap();
    let expected = Cosigned::Unreadable(SignatureType::CosignatureMlDsa44);
    assert_eq!(standing.groups[0].witnesses[0].1, expected);
    assert!(!standing.is_reached());
}

/// A log of ten leaves, and the proof of one of them.
fn proof_of(index: u64) -> (Hash, TlogProof, NoteSigner) {
    let log = NoteSigner::new("example.com/log", &[1; 32]).unwrap();
    let (mut edge, mut stored) = (Edge::new(), Stored::default());
    stored.put(edge.append(&leaves(10)).unwrap());
    let checkpoint = Checkpoint::new("example.com/log", 10, edge.root());
    let mut checkpoint = SignedCheckpoint::sign(&checkpoint, &log).unwrap();
    let cosigner = Cosigner::new("w", &[2; 32]).unwrap();
    let line = cosigner.cosign(checkpoint.note().text(), 1_000);
    checkpoint.note_mut().add(line);
    let hashes = inclusion_proof(index, 10, &mut stored).unwrap();
    let proof = TlogProof { extra: Some(b"beside".to_vec()), index, hashes, checkpoint };
    (leaves(10)[index as usize], proof, log)
}

fn one_witness() -> Quorum {
    let witness = Cosigner::new("w", &[2; 32]).unwrap().verifier().clone();
    let group = tlog::quorum::Group { name: "all".into(), threshold: 1, witnesses: vec![witness] };
    Quorum::new(vec![group], 60).unwrap()
}

#[test]
fn a_proof_verifies_offline_from_its_text_alone() {
    let (leaf, proof, log) = proof_of(3);
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra YmVzaWRl\nindex 3\n"));
    let read = TlogProof::parse(text.as_bytes()).unwrap();
    assert_eq!(read, proof);
    let (quorum, keys) = (one_witness(), [log.verifier().clone()]);
    let standing = read.verify(&leaf, ("example.com/log", &keys), &quorum, 1_010).unwrap();
    assert!(standing.is_reached() && standing.is_fresh());

    let other = read.verify(&leaves(1)[0], ("example.com/log", &keys), &quorum, 1_010);
    assert!(matches!(other, Err(TlogProofError::Inclusion(_))));
    let origin = read.verify(&leaf, ("example.com/other", &keys), &quorum, 1_010);
    assert!(matches!(origin, Err(TlogProofError::Checkpoint(CheckpointError::WrongOrigin { .. }))));
    let stranger = [VerifierKey::parse(FOO_KEY).unwrap()];
    let unsigned = read.verify(&leaf, ("example.com/log", &stranger), &quorum, 1_010);
    assert_eq!(unsigned, Err(CheckpointError::Note(NoteError::NotSigned).into()));
}

#[test]
fn a_malformed_proof_is_refused_with_the_line() {
    let text = proof_of(3).1.to_string();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from));
        TlogProof::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert_eq!(refused("proof@v1", "proof@v2"), TlogProofError::Header);
    assert_eq!(refused("YmVzaWRl", "YmVzaWR"), TlogProofError::Extra);
    assert_eq!(refused("index 3", "index 03"), TlogProofError::Index);
    assert_eq!(refused("index 3\n", ""), TlogProofError::Index);
    let first = leaves(10)[2].to_string();
    assert_eq!(refused(&first, &first[..40]), TlogProofError::Hash { line: 4 });
    let many = format!("{first}\n").repeat(61);
    assert_eq!(refused(&format!("{first}\n"), &many), TlogProofError::TooManyHashes);
    assert_eq!(
        TlogProof::parse(text.split("\n\n").next().unwrap().as_bytes()),
        Err(TlogProofError::NoCheckpoint)
    );
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic_and_what_it_reads_it_writes_again(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[a-z \n\u{2014}+=0-9]{0,120}",
        seed in 0_usize..3,
        at in 0_usize..400,
    ) {
        let (_, proof, _) = proof_of(3);
        let seeds = [proof.to_string(), COSIGNED.to_owned(), format!("old 1\n\n{COSIGNED}")];
        let mut seeded = seeds[seed].clone().into_bytes();
        let at = at % seeded.len();
        seeded.splice(at..at, bytes.drain(..bytes.len() / 2));
        for bytes in [&bytes[..], text.as_bytes(), &seeded] {
            if let Ok(note) = Note::parse(bytes) {
                prop_assert!(note.to_string().as_bytes() == bytes);
            }
            if let Ok(proof) = TlogProof::parse(bytes) {
                prop_assert!(proof.to_string().as_bytes() == bytes);
            }
            if let Ok(request) = AddCheckpoint::parse(bytes) {
                prop_assert!(request.to_string().as_bytes() == bytes);
            }
            let _ = tlog::bundle::entries(bytes, 3);
        }
    }

    #[test]
    fn any_flipped_bit_in_a_signed_checkpoint_is_found(byte in 0_usize..1_000, bit in 0_u8..8) {
        let (_, proof, log) = proof_of(3);
        let mut bytes = proof.checkpoint.to_string().into_bytes();
        let byte = byte % bytes.len();
        bytes[byte] ^= 1 << bit;
        let keys = [log.verifier().clone()];
        let quorum = one_witness();
        let believed = SignedCheckpoint::parse(&bytes).is_ok_and(|read| {
            read.verify("example.com/log", &keys).is_ok()
                && quorum.standing(read.note(), 1_010).is_ok_and(|s| s.is_reached())
        });
        prop_assert!(!believed, "byte {} bit {}", byte, bit);
    }
}
