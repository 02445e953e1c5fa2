//! Our own report format: JSON lines, one report a line (docs/report-format.md, with the
//! schema in docs/schema/report.schema.json).
//!
//! What a newer writer adds is not read, and said to be so ([`JsonlReports::unread`]), unless
//! the writer lists it under `critical`. What looks like a known field misspelt is rejected:
//! a report without the bearing that was meant would be believed to have none.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use agreement::Report;

use super::observers::Observers;
use super::once::{Once, TOO_MANY_RECORDS};
use super::places::Places;
use super::{json, report};
use crate::feed::{Batch, Fault, Feed, Options};
use crate::lines::{self, Lines};

/// Most names of unread fields that are kept; further ones are counted under `other`.
pub const UNREAD_NAMES_MAX: usize = 64;

/// The reports of one file.
pub struct JsonlReports<R> {
    lines: Lines<R>,
    options: Options,
    once: Once,
    observers: Observers,
    places: Arc<Places>,
    unread: BTreeMap<String, u64>,
    /// More came than are held; that was said, and the rest is not read.
    is_over: bool,
}

impl<R: BufRead> JsonlReports<R> {
    /// From the start of `reader`.
    pub fn new(reader: R, options: Options) -> Self {
        Self {
            lines: Lines::new(reader),
            options,
            once: Once::default(),
            observers: Observers::default(),
            places: Arc::default(),
            unread: BTreeMap::new(),
            is_over: false,
        }
    }

    /// With the places of a pack, by which names are found and several ways of giving a place
    /// are held against each other.
    #[must_use]
    pub fn knowing(self, places: Arc<Places>) -> Self {
        Self { places, ..self }
    }

    /// Fields that reports held and this version does not read, as JSON pointers, and in how
    /// many reports each. To be said at the end of reading.
    #[must_use]
    pub const fn unread(&self) -> &BTreeMap<String, u64> {
        &self.unread
    }
}

impl<R: BufRead> Feed<Report> for JsonlReports<R> {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, options, once, observers, places, unread, is_over } = self;
        if *is_over {
            return Ok(false);
        }
        lines::fill(lines, options, batch, |line, locator| {
            if *is_over {
                return Ok(None);
            }
            let mut not_read = Vec::new();
            let report = report::read(json::parse(line, locator)?, locator, places, &mut not_read)?;
            let new = once.is_new(&report.id, report.whole_digest(), locator);
            *is_over = new.as_ref().is_err_and(|why| why.code.name == TOO_MANY_RECORDS.name);
            let new = new.map_err(|why| why.at("/id"))?;
            if new {
                observers.follow(&report)?;
                not_read.into_iter().for_each(|name| count(unread, name));
            }
            Ok(new.then_some(report))
        })
    }
}

pub(super) fn count(unread: &mut BTreeMap<String, u64>, name: String) {
    let full = unread.len() >= UNREAD_NAMES_MAX && !unread.contains_key(&name);
    *unread.entry(if full { "other".to_owned() } else { name }).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_more_reports_than_are_held_is_read_up_to_there_and_that_is_said_once() {
        let report = |n: u32| {
            format!(
                r#"{{"id":"r{n}","source":{{"id":"a","kind":"human"}},"method":"heard","kind":"explosion","from":"2017-07-10T04:31:00Z","to":"2017-07-10T04:33:00Z"}}"#
            ) + "\n"
        };
        let text: String = (0..5000).map(report).collect();
        let mut feed = JsonlReports::new(text.as_bytes(), Options::default());
        feed.once = Once::of_at_most(3);
        let (mut batch, mut read, mut codes) = (Batch::default(), 0, Vec::new());
        while feed.read(&mut batch).unwrap() {
            read += batch.items.len();
            codes.extend(batch.rejections.iter().map(|why| (why.code.name, why.locator.record)));
        }
        assert_eq!((read, codes), (3, vec![("too-many-records", 4)]));
    }
}
