//! What was rejected, for verbs that keep no list of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use intake::{Code, Rejection};
use serde_json::{Value, json};

use crate::console::plain;
use crate::inputs::bare_name;

/// The first record of each code is named; of the others only how many they are.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    codes: BTreeMap<&'static str, Alike>,
    /// By file and field: in how many records that were used it stands and was not read.
    unread: BTreeMap<(String, String), u64>,
}

/// What was rejected for one reason.
#[derive(Debug)]
struct Alike {
    code: &'static Code,
    times: u64,
    /// Where the first of them stands.
    at: String,
    /// Which field of it is at fault, and what more there is to say.
    pointer: Option<String>,
    detail: Option<String>,
}

impl Alike {
    fn of(file: &str, rejection: &Rejection) -> Self {
        let at = match &rejection.entry {
            Some(entry) => format!("{file}:{entry}"),
            None => format!("{file}:{}", rejection.locator.record),
        };
        let own = |text: &Option<Cow<'static, str>>| text.as_deref().map(str::to_owned);
        let (pointer, detail) = (own(&rejection.pointer), own(&rejection.detail));
        Self { code: rejection.code, times: 0, at, pointer, detail }
    }
}

impl Rejects {
    /// Counts rejections of a file.
    pub(crate) fn add(&mut self, file: &Path, rejections: &[Rejection]) {
        for rejection in rejections {
            let first = || Alike::of(&bare_name(file), rejection);
            self.codes.entry(rejection.code.name).or_insert_with(first).times += 1;
        }
    }

    /// Takes down fields of a file that nobody read: a name that is not in the format says nothing.
    pub(crate) fn add_unread<'f>(
        &mut self,
        file: &Path,
        fields: impl Iterator<Item = (&'f str, u64)>,
    ) {
        for (field, times) in fields {
            let unread = self.unread.entry((bare_name(file), field.to_owned()));
            *unread.or_default() += times;
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> u64 {
        self.codes.values().map(|alike| alike.times).sum()
    }

    /// Prints how many there are, if any, and a line for each code and for each field that was not read.
    pub(crate) fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        match self.len() {
            0 => {}
            1 => writeln!(out, "1 record was rejected:")?,
            many => writeln!(out, "{many} records were rejected:")?,
        }
        self.print(out)?;
        for ((file, field), &times) in &self.unread {
            writeln!(out, "{}", unread(file, field, times))?;
        }
        Ok(())
    }

    /// The same for machines.
    pub(crate) fn json(&self) -> Value {
        let one = |(name, alike): (&&str, &Alike)| {
            json!({
                "code": name,
                "detail": alike.detail,
                "first": alike.at,
                "pointer": alike.pointer,
                "reason": alike.code.reason,
                "repair": alike.code.repair,
                "times": alike.times,
            })
        };
        self.codes.iter().map(one).collect()
    }

    /// Fields that were not read, for machines.
    pub(crate) fn unread_json(&self) -> Value {
        let one = |((file, field), times): (&(String, String), &u64)| json!({ "field": field, "file": file, "times": times });
        self.unread.iter().map(one).collect()
    }

    /// Prints a line for each code.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for (name, Alike { code, times, at, pointer, detail }) in &self.codes {
            write!(out, "  {times} x {name}, first at {}", plain(at))?;
            if let Some(pointer) = pointer.as_deref().filter(|pointer| !pointer.is_empty()) {
                write!(out, ", {}", plain(pointer))?;
            }
            if let Some(detail) = detail {
                write!(out, " ({})", plain(detail))?;
            }
            writeln!(out, ": {}", code.repair)?;
        }
        Ok(())
    }
}

/// That a field stands in a file and was not read.
pub(crate) fn unread(file: &str, field: &str, times: u64) -> String {
    let reports = if times == 1 { "report" } else { "reports" };
    format!("{}: {} was not read, in {times} {reports}.", plain(file), plain(field))
}
