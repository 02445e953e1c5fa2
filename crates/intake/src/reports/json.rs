//! One JSON object a line, read strictly: duplicate keys, numbers that are none and text that
//! misleads the eye are found before a field is believed, and every fault names its field.

use std::fmt;

use agreement::json::Json;
use agreement::track::Locator;
use spacetime::{Instant, TimeFault};

use super::text;
use crate::rejection::{Code, Rejection};

static NOT_UTF8: Code =
    Code { name: "not-utf-8", reason: "the line is not UTF-8", repair: "save the file as UTF-8" };
static NOT_JSON: Code = Code {
    name: "not-json",
    reason: "the line is not a JSON value",
    repair: "send one JSON object a line, without line breaks inside it",
};
static TOO_DEEP: Code = Code {
    name: "too-deep",
    reason: "arrays and objects are nested deeper than 128",
    repair: "send the fields of docs/report-format.md; none is nested deeper than 3",
};
static NOT_A_NUMBER: Code = Code {
    name: "not-a-number",
    reason: "NaN and Infinity are no JSON values",
    repair: "leave the field out when there is no number for it",
};
static NUMBER_TOO_LARGE: Code = Code {
    name: "number-too-large",
    reason: "a number is too large to be represented",
    repair: "send a number within the range of the field",
};
static DUPLICATE_KEY: Code = Code {
    name: "duplicate-key",
    reason: "an object has the same key twice",
    repair: "send each key once; readers disagree on which of two values counts",
};
static NOT_AN_OBJECT: Code = Code {
    name: "not-an-object",
    reason: "the value is not a JSON object",
    repair: "send an object, in braces",
};
static MISSING_FIELD: Code = Code {
    name: "missing-field",
    reason: "a required field is missing",
    repair: "send the field; docs/report-format.md lists those that are required",
};
static WRONG_TYPE: Code = Code {
    name: "wrong-type",
    reason: "the field has another type",
    repair: "send the type that docs/report-format.md gives for it",
};
static NOT_WHOLE: Code = Code {
    name: "not-a-whole-number",
    reason: "the number has a fraction",
    repair: "send a whole number",
};
static MISSPELT_FIELD: Code = Code {
    name: "misspelt-field",
    reason: "the field is not known, and looks like one that is",
    repair: "spell it as docs/report-format.md does",
};
static CRITICAL_FIELD: Code = Code {
    name: "critical-field-unknown",
    reason: "the sender says that a field must be understood, and it is not known here",
    repair: "read it with a version of this software that knows the field",
};
static NAIVE_TIME: Code = Code {
    name: "naive-local-time",
    reason: "the time has no offset from UTC",
    repair: "write the offset: 2017-07-09T12:00:00+03:00, or Z for UTC",
};
static BAD_TIME: Code = Code {
    name: "bad-time",
    reason: "the time is not a date and time of RFC 3339",
    repair: "write it as 2017-07-09T12:00:00+03:00",
};

/// The value on one line.
pub(super) fn parse(line: &[u8], locator: Locator) -> Result<Json, Rejection> {
    if let Err(fault) = std::str::from_utf8(line) {
        let detail = format!("byte {}", fault.valid_up_to() + 1);
        return Err(Rejection::new(&NOT_UTF8, locator).detail(detail));
    }
    let json: Json = serde_json::from_slice(line).map_err(|fault| {
        let column = fault.column();
        let said = fault.to_string();
        let code = if said.starts_with("number out of range") {
            &NUMBER_TOO_LARGE
        } else if said.starts_with("recursion limit") {
            &TOO_DEEP
        } else if is_not_a_number(line, column) {
            &NOT_A_NUMBER
        } else {
            &NOT_JSON
        };
        Rejection::new(code, locator).detail(format!("column {column}"))
    })?;
    checked(json, locator)
}

/// The value, unless an object in it has a key twice.
pub(super) fn checked(json: Json, locator: Locator) -> Result<Json, Rejection> {
    let mut repeated = None;
    json.repeated_members(&mut |pointer| {
        repeated.get_or_insert(pointer);
    });
    repeated.map_or(Ok(json), |at| Err(Rejection::new(&DUPLICATE_KEY, locator).at(at)))
}

/// Whether the parser stopped at `NaN` or `Infinity`, as careless writers emit them.
fn is_not_a_number(line: &[u8], column: usize) -> bool {
    let at = column.saturating_sub(1).min(line.len());
    ["NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"].iter().any(|word| {
        // The parser reports the column of the word's first letter, or of the one after a sign.
        let earlier = at.saturating_sub(1);
        line[at..].starts_with(word.as_bytes()) || line[earlier..].starts_with(word.as_bytes())
    })
}

/// An object whose fields are taken one by one; what is left at the end was not understood.
pub(super) struct Fields {
    pointer: String,
    locator: Locator,
    members: Vec<(String, Json)>,
    asked: Vec<&'static str>,
}

impl Fields {
    /// The object that a line holds.
    pub(super) fn of_line(value: Json, locator: Locator) -> Result<Self, Rejection> {
        Self::of(value, String::new(), locator)
    }

    fn of(value: Json, pointer: String, locator: Locator) -> Result<Self, Rejection> {
        match value {
            Json::Object(members) => Ok(Self { pointer, locator, members, asked: Vec::new() }),
            other => Err(Rejection::new(&NOT_AN_OBJECT, locator)
                .at(pointer)
                .detail(format!("it is {}", other.type_name()))),
        }
    }

    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.pointer)
    }

    /// A rejection that names one of this object's fields.
    pub(super) fn reject(&self, code: &'static Code, key: &str) -> Rejection {
        Rejection::new(code, self.locator).at(self.at(key))
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &Json) -> Rejection {
        self.reject(&WRONG_TYPE, key)
            .detail(format!("{wanted} is wanted, and it is {}", found.type_name()))
    }

    /// Takes a field; `null` counts as not sent.
    fn take(&mut self, key: &'static str) -> Option<Json> {
        self.asked.push(key);
        let found = self.members.iter().position(|(name, _)| name == key)?;
        let (_, value) = self.members.swap_remove(found);
        (value != Json::Null).then_some(value)
    }

    /// The missing-field rejection of a field that is required.
    pub(super) fn missing(&self, key: &str) -> Rejection {
        self.reject(&MISSING_FIELD, key)
    }

    /// Takes an object.
    pub(super) fn object(&mut self, key: &'static str) -> Result<Option<Self>, Rejection> {
        let value = self.take(key);
        value.map(|value| Self::of(value, self.at(key), self.locator)).transpose()
    }

    /// Takes text of 1 to `chars_max` characters that shows as it is.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        chars_max: usize,
    ) -> Result<Option<String>, Rejection> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let Json::Text(found) = value else { return Err(self.wrong_type(key, "a text", &value)) };
        self.checked_text(key, &found, chars_max).map(Some)
    }

    /// Takes text that must be there.
    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        chars_max: usize,
    ) -> Result<String, Rejection> {
        self.text(key, chars_max)?.ok_or_else(|| self.missing(key))
    }

    /// Takes an array of at most `items_max` texts; none when it was not sent.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        items_max: usize,
        chars_max: usize,
    ) -> Result<Vec<String>, Rejection> {
        let items = self.list(key, items_max, "a list of texts")?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Json::Text(found) = item else { return Err(self.wrong_type(key, "a text", &item)) };
            texts.push(self.checked_text(key, &found, chars_max)?);
        }
        Ok(texts)
    }

    /// Takes a list of at most `items_max` objects; none when it was not sent.
    pub(super) fn objects(
        &mut self,
        key: &'static str,
        items_max: usize,
    ) -> Result<Vec<Self>, Rejection> {
        let items = self.list(key, items_max, "a list of objects")?;
        let each = items.into_iter().enumerate();
        each.map(|(n, item)| Self::of(item, format!("{}/{n}", self.at(key)), self.locator))
            .collect()
    }

    fn list(
        &mut self,
        key: &'static str,
        items_max: usize,
        wanted: &str,
    ) -> Result<Vec<Json>, Rejection> {
        let items = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Json::List(items)) => items,
            Some(other) => return Err(self.wrong_type(key, wanted, &other)),
        };
        if items.len() > items_max {
            let detail = format!("{} of them, at most {items_max}", items.len());
            return Err(self.reject(&text::TOO_MANY, key).detail(detail));
        }
        Ok(items)
    }

    fn checked_text(&self, key: &str, found: &str, chars_max: usize) -> Result<String, Rejection> {
        text::checked(found, chars_max)
            .map(str::to_owned)
            .map_err(|(code, detail)| self.reject(code, key).detail(detail))
    }

    /// Takes a number between two bounds, both allowed.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        bounds: &Bounds,
    ) -> Result<Option<f64>, Rejection> {
        let number = match self.take(key) {
            None => return Ok(None),
            Some(Json::Number(number)) => number,
            Some(other) => return Err(self.wrong_type(key, "a number", &other)),
        };
        if number < bounds.low || number > bounds.high {
            return Err(self.reject(bounds.code, key).detail(bounds.to_string()));
        }
        Ok(Some(number))
    }

    /// Takes a whole number between two bounds, both allowed. `3.0` is whole.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        bounds: &Bounds,
    ) -> Result<Option<u32>, Rejection> {
        let Some(number) = self.number(key, bounds)? else { return Ok(None) };
        if number.fract() != 0.0 {
            return Err(self.reject(&NOT_WHOLE, key));
        }
        Ok(Some(number as u32))
    }

    /// Takes a date and time with its offset.
    pub(super) fn instant(&mut self, key: &'static str) -> Result<Option<Instant>, Rejection> {
        let Some(found) = self.text(key, text::TIME_CHARS_MAX)? else { return Ok(None) };
        Instant::parse(&found).map(Some).map_err(|fault| match fault {
            TimeFault::Naive => self.reject(&NAIVE_TIME, key),
            TimeFault::Malformed | TimeFault::Backwards => self.reject(&BAD_TIME, key),
        })
    }

    /// Takes a date and time that must be there.
    pub(super) fn required_instant(&mut self, key: &'static str) -> Result<Instant, Rejection> {
        self.instant(key)?.ok_or_else(|| self.missing(key))
    }

    /// What was not understood: JSON pointers of the fields left over, into `unread`.
    ///
    /// # Errors
    /// When a left-over field looks like a known one misspelt, or is listed as critical.
    pub(super) fn finish(
        mut self,
        critical: &[String],
        unread: &mut Vec<String>,
    ) -> Result<(), Rejection> {
        self.members.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (key, _) in &self.members {
            // A key may hold anything; only a plain one is repeated in a message.
            let plain = key.len() <= text::KEY_BYTES_MAX
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
            let shown = if plain { key.as_str() } else { "?" };
            let pointer = self.at(shown);
            if critical.contains(&pointer) || critical.contains(key) {
                return Err(self.reject(&CRITICAL_FIELD, shown));
            }
            if let Some(meant) = text::nearest(key, &self.asked) {
                let detail = format!("did you mean \"{meant}\"?");
                return Err(self.reject(&MISSPELT_FIELD, shown).detail(detail));
            }
            unread.push(pointer);
        }
        Ok(())
    }
}

/// Least and greatest value of a field, and what is said outside of them.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) code: &'static Code,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.low, self.high)
    }
}
