//! Signed notes and keys: what `signed_note` takes and what ours takes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use signed_note::{StandardSigner, StandardVerifier, Verifier as _, VerifierList};
use tlog::key::KEY_NAME_CHARS_MAX;
use tlog::note::SIGNATURES_MAX;
use tlog::{Note, NoteSigner, VerifierKey};

use super::{Change, change};

/// Known keys, by name and secret.
const KNOWN: [(&str, [u8; 32]); 2] =
    [("example.com/log", [1; 32]), ("witness.example/w1", [2; 32])];
/// One that nobody knows.
const STRANGER: (&str, [u8; 32]) = ("stranger.example", [3; 32]);

fn signer((name, secret): (&str, [u8; 32])) -> NoteSigner {
    NoteSigner::new(name, &secret).unwrap()
}

fn their_signer((name, secret): (&str, [u8; 32])) -> StandardSigner {
    use base64::Engine as _;
    let vkey = signer((name, secret)).verifier().to_string();
    let id = vkey.split('+').nth(1).unwrap();
    let key = base64::engine::general_purpose::STANDARD.encode([&[1], &secret[..]].concat());
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id}+{key}")).unwrap()
}

fn known() -> Vec<VerifierKey> {
    KNOWN.map(|key| signer(key).verifier().clone()).to_vec()
}

fn their_known() -> VerifierList {
    let verifier = |key: &VerifierKey| -> Box<dyn signed_note::Verifier> {
        Box::new(StandardVerifier::new(&key.to_string()).unwrap())
    };
    VerifierList::new(known().iter().map(verifier).collect())
}

/// Why ours refuses a note that theirs takes; the whole list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stricter {
    /// More than 64 signatures; they take 100.
    TooManySignatures,
    /// A key's name with a control character past U+0020 (a DEL, U+0080 to U+009F), or of more than 255
    /// bytes.
    Name,
    /// A second signature by a known key that does not verify: they look at the first of each key alone, ours
    /// believes no note with a false signature on it.
    FalseBehindGood,
}

impl Stricter {
    /// By the text alone, without our reader.
    fn of(note: &str) -> BTreeSet<Self> {
        let mut why = BTreeSet::new();
        let lines: Vec<&str> =
            note.rsplit_once("\n\n").map_or("", |(_, lines)| lines).lines().collect();
        if lines.len() > SIGNATURES_MAX {
            why.insert(Self::TooManySignatures);
        }
        let mut seen = BTreeSet::new();
        for line in lines {
            let Some((name, signature)) =
                line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '))
            else {
                continue;
            };
            if name.len() > KEY_NAME_CHARS_MAX || name.contains(char::is_control) {
                why.insert(Self::Name);
            }
            // Name and key ID, which the first five digits and a half hold.
            let id = signature.get(..5).unwrap_or_default();
            if !seen.insert((name, id)) {
                why.insert(Self::FalseBehindGood);
            }
        }
        why
    }
}

/// Names and texts that are signed, as they verify; `None` for a note that is not to be believed.
type Believed = Option<(String, BTreeSet<String>)>;

fn ours(bytes: &[u8]) -> Believed {
    let note = Note::parse(bytes).ok()?;
    let known = known();
    let signed = note.verify(&known).ok()?;
    let names = signed.iter().map(|signed| signed.key.name().to_owned()).collect();
    Some((note.text().to_owned(), names))
}

fn theirs(bytes: &[u8]) -> Believed {
    let note = signed_note::Note::from_bytes(bytes).ok()?;
    let (signed, _) = note.verify(&their_known()).ok()?;
    let names = signed.iter().map(|signature| signature.name().to_owned()).collect();
    Some((String::from_utf8(note.text().to_vec()).ok()?, names))
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec("[ -~\u{e9}\u{2014}\u{7f}]{0,12}", 1..5)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_one_signs_the_other_writes_and_verifies(text in text(), who in 1..8_usize) {
        let who: Vec<_> = [KNOWN[0], KNOWN[1], STRANGER]
            .into_iter().enumerate().filter(|(n, _)| who >> n & 1 == 1).map(|(_, key)| key).collect();
        let mut note = Note::new(&text).unwrap();
        who.iter().for_each(|key| note.add(signer(*key).sign(&text)));
        let signers: Vec<StandardSigner> = who.iter().map(|key| their_signer(*key)).collect();
        let signers: Vec<&dyn signed_note::Signer> =
            signers.iter().map(|signer| signer as &dyn signed_note::Signer).collect();
        let mut other = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
        other.add_sigs(&signers).unwrap();
        let bytes = note.to_string().into_bytes();
        prop_assert_eq!(&bytes, &other.to_bytes());
        prop_assert_eq!(ours(&bytes), theirs(&bytes));
        prop_assert_eq!(ours(&bytes).is_some(), who.iter().any(|key| *key != STRANGER));
    }

    #[test]
    fn of_every_damaged_note_they_say_what_we_say_or_ours_is_stricter_for_a_listed_reason(
        text in text(), changes in prop::collection::vec(change(), 1..4),
    ) {
        let mut note = Note::new(&text).unwrap();
        [KNOWN[0], STRANGER, KNOWN[1]].iter().for_each(|key| note.add(signer(*key).sign(&text)));
        let mut bytes = note.to_string().into_bytes();
        changes.iter().for_each(|change| Change::make(change, &mut bytes));
        agree(&bytes)?;
    }

    /// Damage where it tells: in the lines of signatures alone, over a text that stands.
    #[test]
    fn of_every_damaged_signature_too(changes in prop::collection::vec(change(), 1..4)) {
        let text = "example.com/log\n";
        let mut note = Note::new(text).unwrap();
        [KNOWN[0], STRANGER, KNOWN[1]].iter().for_each(|key| note.add(signer(*key).sign(text)));
        let whole = note.to_string();
        let mut lines = whole.as_bytes()[text.len() + 1..].to_vec();
        changes.iter().for_each(|change| Change::make(change, &mut lines));
        agree(&[text.as_bytes(), b"\n", &lines].concat())?;
    }

    #[test]
    fn of_every_key_they_say_what_we_say(
        which in 0..2_usize, changes in prop::collection::vec(change(), 0..3),
    ) {
        let mut bytes = known()[which].to_string().into_bytes();
        changes.iter().for_each(|change| Change::make(change, &mut bytes));
        let Ok(vkey) = String::from_utf8(bytes) else { return Ok(()) };
        match (VerifierKey::parse(&vkey), StandardVerifier::new(&vkey)) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!(ours.name(), theirs.name());
                prop_assert_eq!(u32::from_be_bytes(*ours.id().as_bytes()), theirs.key_id());
            }
            // They write an ID in capitals off as the same number; a key has one spelling with us. And a
            // control character is no space to them.
            (Err(_), Ok(theirs)) => {
                let id = vkey.split('+').nth(1).unwrap_or_default();
                let is_capital = id.contains(|c: char| c.is_ascii_uppercase());
                prop_assert!(is_capital || theirs.name().contains(char::is_control), "{:?}", vkey);
            }
            // Types of signatures that this version keeps, names and never counts.
            (Ok(ours), Err(_)) => prop_assert!(!ours.kind().is_supported() || ours.kind().byte() == 4),
            (Err(_), Err(_)) => {}
        }
    }
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    match (ours(bytes), theirs(bytes)) {
        (None, Some(_)) => {
            let why = Stricter::of(str::from_utf8(bytes).unwrap());
            prop_assert!(!why.is_empty(), "refused by us alone: {:?}", bytes.escape_ascii());
        }
        (ours, theirs) => prop_assert_eq!(ours, theirs, "{}", bytes.escape_ascii()),
    }
    Ok(())
}

/// Each difference that is listed is one: theirs takes what ours refuses.
#[test]
fn each_listed_difference_is_one() {
    let sign = |key| signer(key).sign("text\n").to_string();
    let good = sign(KNOWN[0]);
    let many: String = (0..SIGNATURES_MAX).map(|n| format!("\u{2014} s{n} AAAAAAE=\n")).collect();
    let wrong = signer(KNOWN[0]).sign("other\n").to_string();
    for (note, why) in [
        (format!("text\n\n{good}{many}"), Stricter::TooManySignatures),
        (format!("text\n\n{good}\u{2014} a\u{7f}b AAAAAAE=\n"), Stricter::Name),
        (format!("text\n\n{good}\u{2014} {} AAAAAAE=\n", "a".repeat(256)), Stricter::Name),
        (format!("text\n\n{good}{wrong}"), Stricter::FalseBehindGood),
    ] {
        assert_eq!(ours(note.as_bytes()), None, "{why:?}");
        assert!(theirs(note.as_bytes()).is_some(), "{why:?}");
        assert_eq!(Stricter::of(&note), BTreeSet::from([why]));
    }
    // Where the false signature is in front, neither believes the note.
    let front = format!("text\n\n{wrong}{good}");
    assert_eq!((ours(front.as_bytes()), theirs(front.as_bytes())), (None, None));
}

/// A key of small order, under which one signature fits many texts: they take it, and what it "signed".
#[test]
fn a_note_under_a_key_of_small_order_is_believed_by_them_alone() {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    // The neutral element, and R = the neutral element with S = 0: 0 B = R + k A for every k.
    let mut point = [0; 32];
    point[0] = 1;
    let key = [&[1], &point[..]].concat();
    let id = signed_note::key_id("weak", &key);
    let vkey = format!("weak+{id:08x}+{}", encode(&key));
    assert!(VerifierKey::parse(&vkey).is_err());
    let verifier = StandardVerifier::new(&vkey).unwrap();
    let signature = [&id.to_be_bytes(), &point[..], &[0; 32]].concat();
    let note = format!("whatever\n\n\u{2014} weak {}\n", encode(&signature));
    let list = VerifierList::new(vec![Box::new(verifier)]);
    assert!(signed_note::Note::from_bytes(note.as_bytes()).unwrap().verify(&list).is_ok());
}
