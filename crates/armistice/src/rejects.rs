//! What was rejected, for verbs that keep no list of it.

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
    codes: BTreeMap<&'static str, (&'static Code, u64, String)>,
}

impl Rejects {
    /// Counts rejections of a file.
    pub(crate) fn add(&mut self, file: &Path, rejections: &[Rejection]) {
        for rejection in rejections {
            let file = bare_name(file);
            let at = || match &rejection.entry {
                Some(entry) => format!("{file}:{entry}"),
                None => format!("{file}:{}", rejection.locator.record),
            };
            let first = || (rejection.code, 0, at());
            self.codes.entry(rejection.code.name).or_insert_with(first).1 += 1;
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> u64 {
        self.codes.values().map(|(_, times, _)| times).sum()
    }

    /// Prints how many there are, if any, and a line for each code.
    pub(crate) fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        match self.len() {
            0 => return Ok(()),
            1 => writeln!(out, "1 record was rejected:")?,
            many => writeln!(out, "{many} records were rejected:")?,
        }
        self.print(out)
    }

    /// The same for machines.
    pub(crate) fn json(&self) -> Value {
        let one = |(name, (code, times, first)): (&&str, &(&Code, u64, String))| {
            json!({
                "code": name,
                "first": first,
                "reason": code.reason,
                "repair": code.repair,
                "times": times,
            })
        };
        self.codes.iter().map(one).collect()
    }

    /// Prints a line for each code.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for (name, (code, times, first)) in &self.codes {
            writeln!(out, "  {times} x {name}, first at {}: {}", plain(first), code.repair)?;
        }
        Ok(())
    }
}
