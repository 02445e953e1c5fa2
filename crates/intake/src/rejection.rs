//! What is said about a record that could not be used.

use std::borrow::Cow;
use std::collections::BTreeMap;

use agreement::track::Locator;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A kind of bad input. Each feed declares its own beside the code that finds them.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable name in kebab-case. People script against it: it never changes its meaning.
    pub name: &'static str,
    /// What is wrong, as a clause without a full stop.
    pub reason: &'static str,
    /// What whoever sent it can do about it.
    pub repair: &'static str,
}

/// Declares the codes of a module and `CODES`, the list of them.
#[macro_export]
#[doc(hidden)]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal, $repair:literal;)*) => {
        $($(#[$doc])* #[doc = concat!("`", $code, "`: ", $reason, ".")] pub static $name: $crate::rejection::Code = $crate::rejection::Code {
            name: $code,
            reason: $reason,
            repair: $repair,
        };)*

        /// Every code declared here.
        pub static CODES: &[&$crate::rejection::Code] = &[$(&$name,)*];
    };
}

/// A record that was refused: what is wrong with it, where it stands, how to mend it.
///
/// Nothing in it tells where a post, a site or a movement is: `detail` names fields, limits and
/// counts, never coordinates, and the raw record is kept only on request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which kind.
    pub code: &'static Code,
    /// Input and record (line, row or frame, from 1); record 0 is the input as a whole.
    pub locator: Locator,
    /// The file within an upload of many, by its name there.
    pub entry: Option<Box<str>>,
    /// JSON pointer or column within the record.
    pub pointer: Option<Cow<'static, str>>,
    /// More on the reason, such as the limit that was passed.
    pub detail: Option<Cow<'static, str>>,
    /// The record itself, if the caller keeps rejects.
    pub raw: Option<Box<[u8]>>,
}

impl Rejection {
    /// With nothing but its kind and its place.
    #[must_use]
    pub const fn new(code: &'static Code, locator: Locator) -> Self {
        Self { code, locator, entry: None, pointer: None, detail: None, raw: None }
    }

    /// Naming the file within an upload of many.
    #[must_use]
    pub fn within(mut self, entry: impl Into<Box<str>>) -> Self {
        self.entry = Some(entry.into());
        self
    }

    /// Naming the field: a JSON pointer or a column.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<Cow<'static, str>>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Saying more on the reason. Never a coordinate.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Keeping the record, when `keep` says so.
    #[must_use]
    pub fn keep_raw(mut self, raw: &[u8], keep: bool) -> Self {
        self.raw = keep.then(|| raw.into());
        self
    }

    /// The reason with its detail, as a clause without a full stop.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        match &self.detail {
            None => Cow::Borrowed(self.code.reason),
            Some(detail) => Cow::Owned(format!("{}: {detail}", self.code.reason)),
        }
    }
}

/// `code`, `input`, `record`, `entry`, `pointer`, `reason`, `repair`, and `raw` where it was kept (bytes
/// that are not UTF-8 replaced).
impl Serialize for Rejection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Rejection", 8)?;
        out.serialize_field("code", self.code.name)?;
        out.serialize_field("input", &self.locator.input)?;
        out.serialize_field("record", &self.locator.record)?;
        match &self.entry {
            Some(entry) => out.serialize_field("entry", entry)?,
            None => out.skip_field("entry")?,
        }
        match &self.pointer {
            Some(pointer) => out.serialize_field("pointer", pointer)?,
            None => out.skip_field("pointer")?,
        }
        out.serialize_field("reason", &self.reason())?;
        out.serialize_field("repair", self.code.repair)?;
        match &self.raw {
            Some(raw) => out.serialize_field("raw", &String::from_utf8_lossy(raw))?,
            None => out.skip_field("raw")?,
        }
        out.end()
    }
}

/// How many records were refused, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts one more.
    pub fn count(&mut self, rejection: &Rejection) {
        *self.0.entry(rejection.code.name).or_default() += 1;
    }

    /// Counts of one code.
    #[must_use]
    pub fn of(&self, code: &Code) -> u64 {
        self.0.get(code.name).copied().unwrap_or_default()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Codes and counts, by name of the code.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(&name, &count)| (name, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TOO_LONG: Code = Code {
        name: "line-too-long",
        reason: "the line is longer than the limit",
        repair: "send one record a line",
    };

    #[test]
    fn a_rejection_is_written_with_its_place_and_without_the_record_unless_kept() {
        let at = Locator { input: 2, record: 7 };
        let plain = Rejection::new(&TOO_LONG, at).detail("1024 bytes").keep_raw(b"x", false);
        assert_eq!(
            serde_json::to_string(&plain).unwrap(),
            r#"{"code":"line-too-long","input":2,"record":7,"reason":"the line is longer than the limit: 1024 bytes","repair":"send one record a line"}"#
        );
        let kept = Rejection::new(&TOO_LONG, at).at("/frame").keep_raw(b"\xffx", true);
        let json = serde_json::to_value(&kept).unwrap();
        assert_eq!((&json["pointer"], &json["raw"]), (&"/frame".into(), &"\u{fffd}x".into()));
    }

    #[test]
    fn rejections_are_counted_by_code() {
        let mut tally = Tally::default();
        tally.count(&Rejection::new(&TOO_LONG, Locator::default()));
        tally.count(&Rejection::new(&TOO_LONG, Locator::default()));
        assert_eq!((tally.of(&TOO_LONG), tally.total()), (2, 2));
        assert_eq!(tally.iter().collect::<Vec<_>>(), [("line-too-long", 2)]);
    }
}
