//! Canonical bytes (RFC 8785, JSON Canonicalization Scheme) and their digests.
//!
//! Our values hold integers, strings, booleans, arrays and objects. Numbers are refused
//! outside the range in which every JSON reader agrees, +-(2^53 - 1), and floats always:
//! so the canonical form of a number is its decimal digits.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Largest integer that canonical JSON may carry, to either side of zero.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A SHA-256 digest of canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a value has no canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalFault {
    /// A fraction, or a number that is not exact in every reader.
    #[error("a number is not an integer within 2^53")]
    Number,
    /// The value cannot be written as JSON at all.
    #[error("the value is no JSON value: {0}")]
    NotJson(String),
}

impl Digest {
    /// Of some bytes, as they are.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of the canonical form of a value.
    ///
    /// # Errors
    /// When the value has no canonical form.
    pub fn of(value: &impl Serialize) -> Result<Self, CanonicalFault> {
        Ok(Self::of_bytes(&canonical_bytes(value)?))
    }

    /// From its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 64 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Hex::of(self).as_str())
    }
}

/// The digits of a digest, written at once: millions of them stand in a long night's findings.
struct Hex([u8; 64]);

impl Hex {
    fn of(digest: &Digest) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(digest.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(hex)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Hex::of(self).as_str())
    }
}

/// The canonical bytes of a value (RFC 8785 §3.2): no white space, keys sorted by their
/// UTF-16 code units, shortest escapes.
///
/// # Errors
/// When it holds a float or an integer past [`INTEGER_MAX`], or is no JSON value.
pub fn canonical_bytes(value: &impl Serialize) -> Result<Vec<u8>, CanonicalFault> {
    let value =
        serde_json::to_value(value).map_err(|fault| CanonicalFault::NotJson(fault.to_string()))?;
    let mut out = Vec::new();
    canonical_value(&value, &mut out)?;
    Ok(out)
}

/// Appends the canonical bytes of a JSON value.
///
/// # Errors
/// When it holds a float or an integer past [`INTEGER_MAX`].
pub fn canonical_value(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalFault> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let exact = number.as_i64().filter(|n| n.unsigned_abs() <= INTEGER_MAX.unsigned_abs());
            let exact = exact.ok_or(CanonicalFault::Number)?;
            write!(out, "{exact}").expect("memory takes what is written");
        }
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                canonical_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&str, &Value)> =
                members.iter().map(|(key, member)| (key.as_str(), member)).collect();
            canonical_members(&mut members, out)?;
        }
    }
    Ok(())
}

/// Appends the canonical bytes of an object of some members, each of another key, and sorts them.
///
/// # Errors
/// As [`canonical_value`].
pub(crate) fn canonical_members<K: AsRef<str>, V: Borrow<Value>>(
    members: &mut [(K, V)],
    out: &mut Vec<u8>,
) -> Result<(), CanonicalFault> {
    members.sort_by(|(a, _), (b, _)| by_utf16(a.as_ref(), b.as_ref()));
    out.push(b'{');
    for (n, (key, member)) in members.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write_string(key.as_ref(), out);
        out.push(b':');
        canonical_value(member.borrow(), out)?;
    }
    out.push(b'}');
    Ok(())
}

/// The order of keys. Of ASCII the bytes are the code units.
fn by_utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// RFC 8785 §3.2.2.2: the two-character escapes where they exist, `\u00xx` for the other
/// control characters, everything else as it is.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..b' ')) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0xc => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            other => write!(out, "\\u{other:04x}").expect("memory takes what is written"),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> String {
        String::from_utf8(canonical_bytes(value).unwrap()).unwrap()
    }

    #[test]
    fn keys_sort_by_utf16_as_in_rfc_8785_section_3_2_3() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Smiley", "\u{80}": "Control", "\u{f6}": "O With Diaeresis",
        });
        let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
            \"\u{f6}\":\"O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\
            \"\u{1f600}\":\"Smiley\",\"\u{fb33}\":\"Dalet With Dagesh\"}";
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn strings_take_the_shortest_escape() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/");
        assert_eq!(canonical(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    }

    #[test]
    fn a_number_that_readers_could_disagree_on_is_refused() {
        assert_eq!(canonical(&json!(-9_007_199_254_740_991_i64)), "-9007199254740991");
        for bad in [json!(9_007_199_254_740_992_i64), json!(0.5), json!(1e300)] {
            assert_eq!(canonical_bytes(&bad), Err(CanonicalFault::Number));
        }
    }

    #[test]
    fn a_digest_reads_back() {
        let empty = Digest::of_bytes(b"");
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty.to_string(), hex);
        assert_eq!(Digest::parse(hex), Some(empty));
        assert_eq!(Digest::parse(&hex.to_uppercase()), None);
    }
}
