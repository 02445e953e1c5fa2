//! A walk through TOML that knows where it is, and goes on after a fault.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::collected::{Collected, Text};
use super::suggest::nearest;
use crate::fault::{FaultCode, NoteCode, PackFile, Place};
use crate::text::{misleads, shown};

/// Most characters of a text in a pack.
pub const TEXT_CHARS_MAX: usize = 4000;

/// `agreement.toml` while it is read.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) text: Text<'a>,
    pub(super) collected: &'a Collected,
}

/// A table, and which of its keys the format knows.
#[derive(Debug)]
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    span: Range<usize>,
    path: String,
    known: RefCell<BTreeSet<&'static str>>,
    source: &'a Source<'a>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    pub(super) value: &'a DeValue<'a>,
    span: Range<usize>,
    path: String,
    source: &'a Source<'a>,
}

impl Source<'_> {
    /// Whether the lines of `span` may be shown: none in a table of posts, and none that gives
    /// a position.
    fn may_quote(&self, span: &Range<usize>) -> bool {
        let is_header = |line: &&str| line.trim_start().starts_with('[');
        let is_post = |line: &str| line.trim_start_matches([' ', '\t', '[']).starts_with("post");
        let text = self.text.text;
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at);
        if text[start..end].contains("position") {
            return false;
        }
        let before = text.get(..span.start).unwrap_or_default().lines().rfind(is_header);
        let within = text.get(span.clone()).unwrap_or_default().lines().filter(is_header);
        !before.into_iter().chain(within).any(is_post)
    }

    pub(super) fn fault(
        &self,
        code: FaultCode,
        (span, path): (Range<usize>, &str),
        reason: impl Into<String>,
        repair: impl Into<String>,
    ) {
        // Wording a place takes time in proportion to the text before it.
        if self.collected.is_full() {
            return;
        }
        let may_quote = !path.starts_with("post") && self.may_quote(&span);
        let place = self.text.place(span, path);
        self.collected.fault(code, (PackFile::Agreement, place, may_quote), reason, repair);
    }
}

impl<'a> Table<'a> {
    pub(super) fn root(
        entries: &'a DeTable<'a>,
        span: Range<usize>,
        source: &'a Source<'a>,
    ) -> Self {
        Self { entries, span, path: String::new(), known: RefCell::default(), source }
    }

    pub(super) const fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// The value of a key that may be left out.
    pub(super) fn get(&self, key: &'static str) -> Option<Value<'a>> {
        self.known.borrow_mut().insert(key);
        let spanned = self.entries.get(key)?;
        Some(Value {
            value: spanned.get_ref(),
            span: spanned.span(),
            path: self.path_of(key),
            source: self.source,
        })
    }

    /// The value of a key that must be there.
    pub(super) fn require(&self, key: &'static str) -> Option<Value<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.fault(
                FaultCode::KeyMissing,
                format!("the key `{key}` is missing"),
                format!("add `{key} = ...` to this table"),
            );
        }
        found
    }

    /// The tables of a list of tables; none when the key is left out.
    pub(super) fn tables(&self, key: &'static str, count_max: usize) -> Vec<Table<'a>> {
        let Some(list) = self.get(key) else { return Vec::new() };
        list.list(count_max).iter().filter_map(Value::table).collect()
    }

    /// Each entry of a table whose keys are the pack's own.
    pub(super) fn own_keys(&self) -> Vec<(&'a str, Value<'a>)> {
        let value = |key: &str, spanned: &'a toml::Spanned<DeValue<'a>>| Value {
            value: spanned.get_ref(),
            span: spanned.span(),
            path: self.path_of(key),
            source: self.source,
        };
        self.entries.iter().map(|(k, v)| (k.get_ref().as_ref(), value(k.get_ref(), v))).collect()
    }

    /// Says which keys nobody asked for.
    pub(super) fn finish(&self) {
        let known = self.known.borrow();
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if known.contains(name) || self.source.collected.is_full() {
                continue;
            }
            let repair = nearest(name, known.iter().copied()).map_or_else(
                || {
                    format!(
                        "remove it; known here: {}",
                        known.iter().copied().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("write `{near}` if that is meant"),
            );
            let at = (key.span(), self.path_of(name));
            let reason = format!("this table has no key `{}`", shown(name));
            self.source.fault(FaultCode::KeyUnknown, (at.0, &at.1), reason, repair);
        }
    }

    pub(super) fn fault(
        &self,
        code: FaultCode,
        reason: impl Into<String>,
        repair: impl Into<String>,
    ) {
        self.source.fault(code, (self.span.clone(), &self.path), reason, repair);
    }

    pub(super) fn note(&self, code: NoteCode, text: impl Into<String>) {
        let place = self.source.text.place(self.span.clone(), self.path.as_str());
        self.source.collected.note(code, PackFile::Agreement, place, text);
    }

    fn path_of(&self, key: &str) -> String {
        let key = shown(key);
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }
}

impl<'a> Value<'a> {
    pub(super) fn fault(
        &self,
        code: FaultCode,
        reason: impl Into<String>,
        repair: impl Into<String>,
    ) {
        self.source.fault(code, (self.span.clone(), &self.path), reason, repair);
    }

    pub(super) fn note(&self, code: NoteCode, text: impl Into<String>) {
        self.source.collected.note(code, PackFile::Agreement, self.place(), text);
    }

    fn place(&self) -> Place {
        self.source.text.place(self.span.clone(), self.path.as_str())
    }

    /// A fault unless the value is of the type `wanted`.
    pub(super) fn mistyped<T>(&self, wanted: &str, example: &str) -> Option<T> {
        let reason = format!("this is {}, not {wanted}", type_name(self.value));
        self.fault(FaultCode::WrongType, reason, format!("write {example}"));
        None
    }

    pub(super) fn table(&self) -> Option<Table<'a>> {
        match self.value {
            DeValue::Table(entries) => Some(Table {
                entries,
                span: self.span.clone(),
                path: self.path.clone(),
                known: RefCell::default(),
                source: self.source,
            }),
            _ => self.mistyped("a table", "`{ key = value }` or a `[table]`"),
        }
    }

    /// The members of a list, of which there may be `count_max`.
    pub(super) fn list(&self, count_max: usize) -> Vec<Value<'a>> {
        let DeValue::Array(items) = self.value else {
            self.mistyped::<()>("a list", "`[a, b]`, or `[[table]]` for a list of tables");
            return Vec::new();
        };
        if items.len() > count_max {
            let reason = format!("{} entries, more than {count_max}", items.len());
            self.fault(FaultCode::TooMany, reason, "split the pack");
        }
        let member = |(n, item): (usize, &'a toml::Spanned<DeValue<'a>>)| Value {
            value: item.get_ref(),
            span: item.span(),
            path: format!("{}[{n}]", self.path),
            source: self.source,
        };
        items.iter().enumerate().take(count_max).map(member).collect()
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        self.value.as_bool().or_else(|| self.mistyped("true or false", "`true` or `false`"))
    }

    /// A text on one line that shows what it says.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.checked_text(misleads)
    }

    /// A text that may run over several lines.
    pub(super) fn prose(&self) -> Option<&'a str> {
        self.checked_text(|c| c != '\n' && misleads(c))
    }

    fn checked_text(&self, misleads: impl Fn(char) -> bool) -> Option<&'a str> {
        let DeValue::String(text) = self.value else {
            return self.mistyped("a text", "it in quotation marks");
        };
        if text.trim().is_empty() {
            self.fault(
                FaultCode::TextEmpty,
                "the text is empty",
                "write it out, or remove the key",
            );
            return None;
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            let reason = format!("the text is longer than {TEXT_CHARS_MAX} characters");
            self.fault(FaultCode::TextTooLong, reason, "shorten it");
            return None;
        }
        if let Some(bad) = text.chars().find(|&c| misleads(c)) {
            let reason = format!(
                "the text holds U+{:04X}, which is not seen or reorders what is",
                u32::from(bad)
            );
            self.fault(FaultCode::TextControl, reason, "remove that character");
            return None;
        }
        Some(text)
    }

    /// A whole number within a range.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let DeValue::Integer(number) = self.value else {
            return self.mistyped("a whole number", "digits only, without quotation marks");
        };
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let within = value.filter(|value| range.contains(value));
        if within.is_none() {
            let reason = format!("{number} lies outside {} to {}", range.start(), range.end());
            self.fault(FaultCode::NumberOutOfRange, reason, "give a number in that range");
        }
        within
    }

    /// A number that may have decimals. Says nothing of its range.
    pub(super) fn number(&self) -> Option<f64> {
        let value = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        value.or_else(|| self.mistyped("a number", "a decimal number, without quotation marks"))
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(&self, known: &[(&'static str, T)]) -> Option<T> {
        let word = self.text()?;
        let found = known.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let names = || known.iter().map(|(name, _)| *name);
            let repair = nearest(word, names()).map_or_else(
                || format!("write one of: {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("write \"{near}\" if that is meant"),
            );
            let reason = format!("\"{}\" is none of the words allowed here", shown(word));
            self.fault(FaultCode::WordUnknown, reason, repair);
        }
        found.map(|(_, value)| *value)
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
