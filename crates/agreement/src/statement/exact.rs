//! Statements that are in their canonical form already, read as they stand.
//!
//! What devices send and what the log holds is canonical. To build a tree of JSON from it and write that
//! again, to see that it comes out the same, costs several times what it takes to look: so here each piece
//! must be spelled as the canonical form spells it. At the first byte that is not, nothing is said about
//! the bytes at all, and the strict reader says what there is to say. Whatever is read here, the strict
//! reader reads alike; a test holds the two to each other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use spacetime::Instant;

use super::entry::{Entry, Sealed};
use super::fields::Field as _;
use super::header::{Commitment, Header, Root};
use super::kind::Kind;
use super::signed::{SIGNATURES_MAX, STATEMENT_BYTES_MAX, Signature, Statement};
use super::strict;
use crate::canonical::{Digest, INTEGER_MAX, canonical_value};
use crate::id::DeviceId;

/// Deepest nesting in `said` that is looked at here; nothing that is known says so much.
const SAID_DEPTH_MAX: u32 = 8;

/// The statement of a claim without a body: `{"statement":...}`.
pub(super) fn bodiless_claim(line: &[u8]) -> Option<Statement> {
    let mut rest = Rest(line);
    rest.skip(r#"{"statement":"#)?;
    let statement = rest.statement()?;
    rest.skip("}")?;
    rest.end(statement)
}

/// An entry of the log.
pub(super) fn entry(bytes: &[u8]) -> Option<Entry> {
    let mut rest = Rest(bytes);
    rest.skip(r#"{"sealed":"#)?;
    let sealed = rest.nullable(Rest::sealed)?;
    rest.skip(r#","sequenced_at":"#)?;
    let sequenced_at = Instant::from_json(rest.text()?.into()).ok()?;
    rest.skip(r#","statement":"#)?;
    let statement = rest.statement()?;
    rest.skip("}")?;
    rest.end(Entry { sealed, sequenced_at, statement })
}

/// A statement alone.
pub(super) fn statement(bytes: &[u8]) -> Option<Statement> {
    let mut rest = Rest(bytes);
    let statement = rest.statement()?;
    rest.end(statement)
}

/// What has not been read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn skip(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal.as_bytes())?;
        Some(())
    }

    fn end<T>(self, read: T) -> Option<T> {
        self.0.is_empty().then_some(read)
    }

    /// A text in which nothing is escaped.
    fn text(&mut self) -> Option<&'b str> {
        self.skip("\"")?;
        let plain = |b: u8| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\';
        let length = self.0.iter().position(|&b| !plain(b))?;
        let (text, after) = self.0.split_at(length);
        self.0 = after;
        self.skip("\"")?;
        std::str::from_utf8(text).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let length = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, after) = self.0.split_at(length);
        self.0 = after;
        let has_one_form = digits == b"0" || digits.first() != Some(&b'0');
        let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        (has_one_form && number <= INTEGER_MAX.unsigned_abs()).then_some(number)
    }

    fn nullable<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.skip("null") {
            Some(()) => Some(None),
            None => read(self).map(Some),
        }
    }

    fn digest(&mut self) -> Option<Digest> {
        Digest::parse(self.text()?)
    }

    fn device(&mut self) -> Option<DeviceId> {
        DeviceId::new(self.text()?)
    }

    fn sealed(&mut self) -> Option<Sealed> {
        self.skip(r#"{"bytes":"#)?;
        let bytes = self.number()?;
        self.skip(r#","sha256":"#)?;
        let sha256 = self.digest()?;
        self.skip("}")?;
        Some(Sealed { bytes, sha256 })
    }

    fn commitment(&mut self) -> Option<Commitment> {
        self.skip(r#"{"commitment":"#)?;
        let digest = self.digest()?;
        self.skip("}")?;
        Some(Commitment(digest))
    }

    fn root(&mut self) -> Option<Root> {
        self.skip(r#"{"root":"#)?;
        let root = self.digest()?;
        self.skip(r#","size":"#)?;
        let size = self.number()?;
        self.skip("}")?;
        Some(Root { root, size })
    }

    fn statement(&mut self) -> Option<Statement> {
        let whole = self.0;
        self.skip(r#"{"header":"#)?;
        let from = self.0;
        let header = self.header()?;
        let canonical = &from[..from.len() - self.0.len()];
        self.skip(r#","signatures":["#)?;
        let mut signatures = Vec::with_capacity(1);
        loop {
            signatures.push(self.signature()?);
            if self.skip(",").is_none() {
                break;
            }
            if signatures.len() == SIGNATURES_MAX {
                return None;
            }
        }
        self.skip("]}")?;
        let is_short = whole.len() - self.0.len() <= STATEMENT_BYTES_MAX;
        let statement = Statement::of_canonical(header, signatures, canonical);
        statement.filter(|_| is_short)
    }

    fn header(&mut self) -> Option<Header> {
        self.skip(r#"{"body":"#)?;
        let body = self.nullable(Self::commitment)?;
        self.skip(r#","device":"#)?;
        let device = self.device()?;
        self.skip(r#","format":1,"kind":"#)?;
        let kind = Kind::parse(self.text()?)?;
        self.skip(r#","last_root":"#)?;
        let last_root = self.nullable(Self::root)?;
        self.skip(r#","previous":"#)?;
        let previous = self.nullable(Self::digest)?;
        self.skip(r#","said":"#)?;
        let said = self.said()?;
        self.skip(r#","sequence":"#)?;
        let sequence = self.number()?;
        self.skip("}")?;
        let is_chained = (sequence == 0) == previous.is_none();
        is_chained.then_some(Header { body, device, kind, last_root, previous, sequence, said })
    }

    fn signature(&mut self) -> Option<Signature> {
        self.skip(r#"{"device":"#)?;
        let device = self.device()?;
        self.skip(r#","ed25519":"#)?;
        let text = self.text()?;
        self.skip("}")?;
        // The decoder asks for room by the digits, padding included: 66 bytes for 88 digits.
        let mut bytes = [0; 66];
        if text.len() != 88 || STANDARD.decode_slice(text, &mut bytes) != Ok(64) {
            return None;
        }
        Some(Signature { device, ed25519: *bytes.first_chunk()? })
    }

    /// The one member whose form depends on the kind. Of texts and numbers alone it is read here; else
    /// strictly, and written again to compare.
    fn said(&mut self) -> Option<Map<String, Value>> {
        let whole = self.0;
        if let Some(members) = self.plain_members() {
            return Some(members);
        }
        self.0 = whole;
        let (bytes, after) = self.0.split_at(object_length(self.0)?);
        self.0 = after;
        let said = strict::parse(bytes, bytes.len()).ok()?;
        let mut canonical = Vec::with_capacity(bytes.len());
        canonical_value(&said, &mut canonical).ok()?;
        match said {
            Value::Object(members) if canonical == bytes => Some(members),
            _ => None,
        }
    }
}

impl Rest<'_> {
    /// An object of texts without escapes and numbers from 0.
    fn plain_members(&mut self) -> Option<Map<String, Value>> {
        self.skip("{")?;
        let mut members = Map::new();
        if self.skip("}").is_some() {
            return Some(members);
        }
        // Plain keys sort alike by bytes and by UTF-16.
        let mut last = None;
        loop {
            let key = self.text()?;
            if last.is_some_and(|last| last >= key) {
                return None;
            }
            last = Some(key);
            self.skip(":")?;
            let value = match self.0.first()? {
                b'"' => Value::from(self.text()?),
                _ => Value::from(self.number()?),
            };
            members.insert(key.to_owned(), value);
            if self.skip("}").is_some() {
                return Some(members);
            }
            self.skip(",")?;
        }
    }
}

/// Where the object ends that the bytes begin with, if they begin with one.
fn object_length(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
    for (at, &b) in bytes.iter().enumerate() {
        match b {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && !in_text {
            return (b == b'}').then_some(at + 1);
        }
        if depth > SAID_DEPTH_MAX {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_at_its_own_brace() {
        let length = |text: &str| object_length(text.as_bytes());
        assert_eq!(length("{} {}"), Some(2));
        assert_eq!(length(r#"{"a":"}\"{","b":[{}]},"#), Some(21));
        for none in ["", "1", "[]", "{", r#"{"a"#, "}", r#""a""#] {
            assert_eq!(length(none), None, "{none}");
        }
        assert_eq!(length(&format!("{}{}", "{".repeat(9), "}".repeat(9))), None);
    }
}
