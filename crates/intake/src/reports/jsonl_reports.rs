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
use super::once::Once;
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
        let Self { lines, options, once, observers, places, unread } = self;
        lines::fill(lines, options, batch, |line, locator| {
            let mut not_read = Vec::new();
            let report = report::read(json::parse(line, locator)?, locator, places, &mut not_read)?;
            let new = once.is_new(&report.id, report.whole_digest(), locator);
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
