//! What happened, and which report is about what.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spacetime::Position;

use super::events::Event;
use super::telling::{Said, instant};
use super::world::World;

/// What somebody who knows needs of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) place: Position,
    pub(super) count: u32,
    pub(super) happened: bool,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    pub(super) events: BTreeMap<u64, Known>,
    /// The event of each report; nothing for what is about nothing, and for what was put right.
    pub(super) about: BTreeMap<String, Option<u64>>,
}

impl Truth {
    /// The lines of a file of truth: events, then reports.
    pub(super) fn lines(world: &World, events: &[Event], said: &[Said]) -> Vec<String> {
        let event = |(n, event): (usize, &Event)| {
            json!({
                "event": n,
                "kind": event.act.as_str(),
                "at": instant(world, event.at_s),
                "lon": event.place.lon_degrees(),
                "lat": event.place.lat_degrees(),
                "count": event.count,
                "happened": event.happened,
            })
        };
        let report =
            |said: &Said| json!({"report": said.line["id"], "event": said.about, "why": said.why});
        let events = events.iter().enumerate().map(event);
        events.chain(said.iter().map(report)).map(|line| line.to_string()).collect()
    }

    /// Reads such lines.
    ///
    /// # Errors
    /// With the first line that is none.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut truth = Self::default();
        for line in lines {
            truth.add(line).ok_or_else(|| format!("no line of truth: {line}"))?;
        }
        Ok(truth)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let line: Value = serde_json::from_str(line).ok()?;
        if let Some(report) = line["report"].as_str() {
            self.about.insert(report.to_owned(), line["event"].as_u64());
            return Some(());
        }
        let (lon, lat) = (line["lon"].as_f64()?, line["lat"].as_f64()?);
        let known = Known {
            place: Position::from_degrees(lon, lat).ok()?,
            count: line["count"].as_u64()?.try_into().ok()?,
            happened: line["happened"].as_bool()?,
        };
        self.events.insert(line["event"].as_u64()?, known);
        Some(())
    }
}
