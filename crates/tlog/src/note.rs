//! Signed notes (c2sp.org/signed-note): a text, a blank line, lines of signatures.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{KeyId, SignatureError, VerifierKey, is_key_name};

/// Bytes of the longest note. A signature that withstands quantum computers has nearly 5 KiB.
pub const NOTE_BYTES_MAX: usize = 512 * 1024;

/// Most signatures of a note; the specification asks for 16 at least.
pub const SIGNATURES_MAX: usize = 64;

/// What a signature line begins with.
const DASH: &str = "\u{2014} ";

/// What is wrong with a signature line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFlaw {
    /// Not a dash, a name and a signature with a space between them, ended by a line feed.
    #[error("it does not read \u{2014}, space, name, space, signature")]
    Form,
    /// The name cannot name a key.
    #[error("the key's name is empty, too long, or holds a space or `+`")]
    Name,
    /// Not canonical base64.
    #[error("the signature is not canonical base64")]
    Base64,
    /// A key ID and nothing after it, or less.
    #[error("the signature is too short to hold a key ID and a signature")]
    Short,
}

/// Why bytes are no note, or one that is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`].
    #[error("the note has {bytes} bytes; {NOTE_BYTES_MAX} are the most")]
    TooLong {
        /// Bytes of the note.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the note is not UTF-8 from byte {at} on")]
    NotUtf8 {
        /// The first byte that is wrong.
        at: usize,
    },
    /// A control character other than a line feed.
    #[error("line {line} of the note holds a control character")]
    Control {
        /// The line, from 1.
        line: usize,
    },
    /// No blank line with signatures after it.
    #[error(
        "the note has no signatures: a blank line and one signature a line have to follow its text"
    )]
    NoSignatures,
    /// A line among the signatures is none.
    #[error("signature line {line} is malformed: {flaw}")]
    Line {
        /// The line among the signatures, from 1.
        line: usize,
        /// What is wrong with it.
        flaw: LineFlaw,
    },
    /// More than [`SIGNATURES_MAX`].
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// A signature with the name and ID of a known key is not by that key.
    #[error("the signature of {name} does not verify: {flaw}")]
    Wrong {
        /// The key's name.
        name: String,
        /// What is wrong with it.
        flaw: SignatureError,
    },
    /// No signature is by a known key.
    #[error("no known key has signed the note")]
    NotSigned,
}

/// A line of a note: who signed, and the signature. What the type of the signature is, only somebody
/// who knows the key can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    name: String,
    id: KeyId,
    signature: Vec<u8>,
}

impl SignatureLine {
    pub(crate) fn new(key: &VerifierKey, signature: &[u8]) -> Self {
        Self { name: key.name().to_owned(), id: key.id(), signature: signature.to_vec() }
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's ID.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key ID.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether it says to be by this key.
    #[must_use]
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.id == key.id() && self.name == key.name()
    }

    /// From a line without its line feed.
    fn parse(line: &str) -> Result<Self, LineFlaw> {
        let (name, signature) =
            line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(LineFlaw::Form)?;
        if !is_key_name(name) {
            return Err(LineFlaw::Name);
        }
        let bytes = STANDARD.decode(signature).map_err(|_| LineFlaw::Base64)?;
        match bytes.split_first_chunk() {
            Some((id, signature)) if !signature.is_empty() => Ok(Self {
                name: name.to_owned(),
                id: KeyId::from_bytes(*id),
                signature: signature.to_vec(),
            }),
            _ => Err(LineFlaw::Short),
        }
    }
}

/// The line, with its line feed.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_bytes(), &self.signature[..]].concat();
        writeln!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A signature by a key that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'k> {
    /// Whose.
    pub key: &'k VerifierKey,
    /// When it says it was made, in seconds of POSIX, where its type says so.
    pub time_s: Option<u64>,
}

/// A signed note. What it says is not to be believed before [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl Note {
    /// Of a text that ends in a line feed; `None` when it is no note's text. Sign it before it is shown.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let sound = text.ends_with('\n') && text.len() <= NOTE_BYTES_MAX && !has_control(text);
        sound.then(|| Self { text: text.to_owned(), signatures: Vec::new() })
    }

    /// From its bytes.
    ///
    /// # Errors
    /// When they are no signed note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let note = str::from_utf8(bytes)
            .map_err(|fault| NoteError::NotUtf8 { at: fault.valid_up_to() })?;
        if let Some(line) = note.split('\n').position(has_control) {
            return Err(NoteError::Control { line: line + 1 });
        }
        // The blank line is the last one: the text may hold others.
        let split = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, signatures) = (&note[..=split], &note[split + 2..]);
        Ok(Self { text: text.to_owned(), signatures: parse_signatures(signatures)? })
    }

    /// The text, with its last line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, verified or not.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature, unless the same line is there already.
    pub fn add(&mut self, line: SignatureLine) {
        if !self.signatures.contains(&line) {
            self.signatures.push(line);
        }
    }

    /// Takes away the signatures that say to be by this key.
    pub fn remove(&mut self, key: &VerifierKey) {
        self.signatures.retain(|line| !line.names(key));
    }

    /// The signatures that the keys known to the caller have made, in the note's order. Others are
    /// ignored, and so are those of known keys whose type this crate does not verify.
    ///
    /// # Errors
    /// When a signature with the name and ID of a known key does not verify, or there is none.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<Signed<'k>>, NoteError> {
        let mut signed = Vec::new();
        for line in &self.signatures {
            for key in known.iter().filter(|key| line.names(key)) {
                match key.verify(&self.text, &line.signature) {
                    Ok(time_s) => signed.push(Signed { key, time_s }),
                    Err(SignatureError::Unsupported(_)) => {}
                    Err(flaw) => return Err(NoteError::Wrong { name: line.name.clone(), flaw }),
                }
            }
        }
        if signed.is_empty() { Err(NoteError::NotSigned) } else { Ok(signed) }
    }
}

/// The note's bytes.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| fmt::Display::fmt(line, f))
    }
}

/// Signature lines by themselves, as a witness answers with them (c2sp.org/tlog-witness).
///
/// # Errors
/// When there is none, there are too many, or one is malformed.
pub fn parse_signatures(text: &str) -> Result<Vec<SignatureLine>, NoteError> {
    if text.is_empty() {
        return Err(NoteError::NoSignatures);
    }
    let mut signatures = Vec::new();
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if n == SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        let parsed = match line.strip_suffix('\n') {
            Some(line) => SignatureLine::parse(line),
            None => Err(LineFlaw::Form),
        };
        signatures.push(parsed.map_err(|flaw| NoteError::Line { line: n + 1, flaw })?);
    }
    Ok(signatures)
}

fn has_control(line: &str) -> bool {
    line.bytes().any(|byte| byte < b' ' && byte != b'\n')
}
