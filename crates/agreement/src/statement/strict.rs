//! JSON read strictly: whatever two readers could understand differently is refused.
//!
//! The wire may bring any white space and any order of keys ([`parse`]); what is signed or
//! digested is the canonical form (RFC 8785), and bytes that claim to be it must be it to the
//! last byte ([`parse_canonical`]).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::refusal::{Code, Refusal};
use crate::canonical::{INTEGER_MAX, canonical_bytes};
use crate::statement_codes;

/// Deepest nesting of arrays and objects. A claim's deepest field, a ring of a map in a body,
/// stands at 9.
pub const DEPTH_MAX: u32 = 32;

statement_codes! {
    NOT_UTF8 = "not-utf-8", "the text is not UTF-8", "send UTF-8 without a byte order mark";
    NOT_JSON = "not-json", "the text is not one JSON value (RFC 8259)",
        "send one JSON object and nothing else";
    DUPLICATE_KEY = "duplicate-key", "an object has one key twice",
        "send each key once: readers disagree on which of two values counts";
    NUMBER = "number-not-exact",
        "a number is no integer, or lies outside +-(2^53 - 1), where readers round",
        "send an integer in the unit that the field's name says, without fraction or exponent";
    LONE_SURROGATE = "lone-surrogate", "an escape in a string is half of a surrogate pair",
        "send the character itself, or both halves";
    TOO_DEEP = "too-deep", "arrays and objects are nested too deeply",
        "send the fields of docs/record-format.md; none lies so deep";
    TOO_LONG = "too-long", "there are more bytes than the limit",
        "send less in one: a statement is small, and what is large goes into its body";
    NOT_CANONICAL = "not-canonical", "the bytes are not the canonical form of their value",
        "write keys sorted, without white space, with the shortest escapes (RFC 8785)";
}

/// The value in some bytes, of at most `bytes_max`.
///
/// # Errors
/// With one of [`CODES`] when readers could understand the bytes differently.
pub fn parse(bytes: &[u8], bytes_max: usize) -> Result<Value, Refusal> {
    if bytes.len() > bytes_max {
        let detail = format!("{} bytes, at most {bytes_max}", bytes.len());
        return Err(Refusal::new(&TOO_LONG).detail(detail));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new(&NOT_UTF8))?;
    let found = Cell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: 0, found: &found }.deserialize(&mut json);
    let read = read.and_then(|value| json.end().map(|()| value));
    read.map_err(|fault| {
        let code = found.get().unwrap_or_else(|| code_of(&fault));
        Refusal::new(code).detail(format!("line {} column {}", fault.line(), fault.column()))
    })
}

/// The value in some bytes that must be its canonical form.
///
/// # Errors
/// As [`parse`], and when other bytes are the canonical form.
pub fn parse_canonical(bytes: &[u8], bytes_max: usize) -> Result<Value, Refusal> {
    let value = parse(bytes, bytes_max)?;
    let canonical = canonical_bytes(&value).map_err(|_| Refusal::new(&NUMBER))?;
    if canonical == bytes { Ok(value) } else { Err(Refusal::new(&NOT_CANONICAL)) }
}

/// serde_json has no public kinds for these two; a test holds the words to its version.
fn code_of(fault: &serde_json::Error) -> &'static Code {
    let said = fault.to_string();
    if said.contains("surrogate") || said.contains("end of hex escape") {
        &LONE_SURROGATE
    } else if said.contains("number out of range") {
        &NUMBER
    } else if said.contains("recursion limit") {
        &TOO_DEEP
    } else {
        &NOT_JSON
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: u32,
    /// What was found wrong here rather than by the parser.
    found: &'a Cell<Option<&'static Code>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, code: &'static Code) -> E {
        self.found.set(Some(code));
        E::custom(code.reason)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEPTH_MAX { Err(self.refuse(&TOO_DEEP)) } else { Ok(Self { depth, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > INTEGER_MAX.unsigned_abs() {
            return Err(self.refuse(&NUMBER));
        }
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(self.refuse(&NUMBER)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(&NUMBER))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom(self.refuse::<A::Error>(&DUPLICATE_KEY)));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> &'static str {
        parse(text.as_bytes(), 1000).unwrap_err().code.name
    }

    #[test]
    fn what_readers_could_disagree_on_is_refused_by_name() {
        assert_eq!(refused(r#"{"a":1,"b":{"c":1,"\u0063":2}}"#), "duplicate-key");
        let numbers = ["1.0", "1e2", "-0", "9007199254740992", "-9007199254740992", "1e400"];
        for number in numbers.into_iter().chain(["18446744073709551616"]) {
            assert_eq!(refused(&format!("[{number}]")), "number-not-exact", "{number}");
        }
        for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800x""#] {
            assert_eq!(refused(text), "lone-surrogate", "{text}");
        }
        for text in ["", "{", "[1,]", "{} {}", "nan", "[01]", "\u{feff}{}", "{'a':1}", "\"\t\""] {
            assert_eq!(refused(text), "not-json", "{text}");
        }
        assert_eq!(parse(b"\"\xff\"", 10).unwrap_err().code.name, "not-utf-8");
        assert_eq!(refused(&format!("{}1{}", "[".repeat(33), "]".repeat(33))), "too-deep");
        assert_eq!(refused(&"[".repeat(1000)), "too-deep");
        assert_eq!(refused(&" ".repeat(1001)), "too-long");
    }

    #[test]
    fn the_ends_of_what_is_exact_are_read() {
        let text = r#"{"a":[-9007199254740991,9007199254740991,0],"b":"\ud83d\ude00"}"#;
        let value = parse(text.as_bytes(), 100).unwrap();
        assert_eq!(value["a"], json!([-9_007_199_254_740_991_i64, 9_007_199_254_740_991_i64, 0]));
        assert_eq!(value["b"], json!("\u{1f600}"));
        let deepest = format!("{}1{}", "[".repeat(32), "]".repeat(32));
        assert!(parse(deepest.as_bytes(), 100).is_ok());
    }

    #[test]
    fn bytes_that_claim_to_be_canonical_must_be() {
        assert!(parse_canonical(br#"{"a":1,"b":"\u000f"}"#, 100).is_ok());
        for other in [
            r#"{"b":1,"a":1}"#,
            r#"{"a": 1}"#,
            r#"{"a":1}
"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":"\u000F"}"#,
            r#"{"a":"\/"}"#,
        ] {
            let refused = parse_canonical(other.as_bytes(), 100).unwrap_err();
            assert_eq!(refused.code.name, "not-canonical", "{other}");
        }
    }
}
