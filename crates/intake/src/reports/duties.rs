//! Duty records as JSON lines: who watched when, and who was not let watch
//! (docs/report-format.md).
//!
//! Fewer reports and less observation are told apart by these, so a field that is not known is
//! rejected: a condition that is not understood would be taken for observation.

use std::io::BufRead;

use agreement::Protected;
use agreement::report::{Duty, DutyState, Watcher};
use agreement::track::Locator;
use spacetime::{Interval, Position};

use super::json::{self, Bounds, Fields};
use super::once::Once;
use super::text::NAME_CHARS_MAX;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::lines::{self, Lines};
use crate::rejection::Rejection;

/// Most observers of one watch.
pub const OBSERVERS_MAX: u32 = 10_000;
/// Farthest that a watch reaches, metres.
pub const REACH_M_MAX: u32 = 1_000_000;

codes! {
    WATCHER = "duty-watcher",
        "the record names no watcher, or several",
        "send one of `post`, `sensor` and `patrol`";
    STATE = "duty-state",
        "the state is not known",
        "send on, off or denied";
    NEVER = "duty-no-time",
        "the watch ends no later than it starts",
        "send `from` before `to`";
    OBSERVERS = "duty-observers",
        "the number of observers is out of range",
        "send a whole number; 0 for a sensor that nobody attends";
    REACH = "duty-reach",
        "the reach is out of range",
        "send metres";
    POSITION = "duty-position",
        "the position is out of range, or only half there",
        "send both `lon` and `lat` in degrees, WGS 84, or neither";
    UNKNOWN_FIELD = "duty-unknown-field",
        "the field is not known",
        "leave it out: what is not understood would be taken for observation";
}

static OBSERVERS_BOUNDS: Bounds = Bounds { low: 0.0, high: OBSERVERS_MAX as f64, code: &OBSERVERS };
static REACH_BOUNDS: Bounds = Bounds { low: 0.0, high: REACH_M_MAX as f64, code: &REACH };
static LON: Bounds = Bounds { low: -180.0, high: 180.0, code: &POSITION };
static LAT: Bounds = Bounds { low: -90.0, high: 90.0, code: &POSITION };

/// The duty records of one file.
pub struct Duties<R> {
    lines: Lines<R>,
    options: Options,
    once: Once,
}

impl<R: BufRead> Duties<R> {
    /// From the start of `reader`.
    pub fn new(reader: R, options: Options) -> Self {
        Self { lines: Lines::new(reader), options, once: Once::default() }
    }
}

impl<R: BufRead> Feed<Duty> for Duties<R> {
    fn read(&mut self, batch: &mut Batch<Duty>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, options, once } = self;
        lines::fill(lines, options, batch, |line, locator| {
            let found = duty(line, locator)?;
            let new = once.is_new(&found.id, found.digest(), locator);
            new.map_err(|why| why.at("/id")).map(|new| new.then_some(found))
        })
    }
}

fn duty(line: &[u8], locator: Locator) -> Result<Duty, Rejection> {
    let mut fields = Fields::of_line(json::parse(line, locator)?, locator)?;
    let id = fields.required_text("id", NAME_CHARS_MAX)?;
    let watcher = watcher(&mut fields)?;
    let (from, to) = (fields.required_instant("from")?, fields.required_instant("to")?);
    let when = Interval::new(from, to).ok().filter(|when| !when.is_empty());
    let when = when.ok_or_else(|| fields.reject(&NEVER, "to"))?;
    let state = fields.required_text("state", NAME_CHARS_MAX)?;
    let is_sensor = matches!(watcher, Watcher::Sensor(_));
    let found = Duty {
        id,
        watcher,
        when,
        state: DutyState::parse(&state).ok_or_else(|| fields.reject(&STATE, "state"))?,
        observers: fields.whole("observers", &OBSERVERS_BOUNDS)?.unwrap_or(u32::from(!is_sensor)),
        position: position(&mut fields)?.map(Protected::new),
        reach_m: fields.whole("reach_m", &REACH_BOUNDS)?,
        received_at: fields.instant("received_at")?,
        locator,
    };
    let mut unread = Vec::new();
    fields.finish(&[], &mut unread)?;
    match unread.pop() {
        None => Ok(found),
        Some(pointer) => Err(Rejection::new(&UNKNOWN_FIELD, locator).at(pointer)),
    }
}

fn watcher(fields: &mut Fields) -> Result<Watcher, Rejection> {
    let post = fields.text("post", NAME_CHARS_MAX)?.map(Watcher::Post);
    let sensor = fields.text("sensor", NAME_CHARS_MAX)?.map(Watcher::Sensor);
    let patrol = fields.text("patrol", NAME_CHARS_MAX)?.map(Watcher::Patrol);
    let mut named = [post, sensor, patrol].into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(watcher), None) => Ok(watcher),
        _ => Err(fields.reject(&WATCHER, "post")),
    }
}

fn position(fields: &mut Fields) -> Result<Option<Position>, Rejection> {
    match (fields.number("lon", &LON)?, fields.number("lat", &LAT)?) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) => {
            Position::from_degrees(lon, lat).map(Some).map_err(|_| fields.reject(&POSITION, "lon"))
        }
        _ => Err(fields.reject(&POSITION, "lon")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Duty>, Vec<Rejection>) {
        let mut feed = Duties::new(text.as_bytes(), Options::default());
        let (mut batch, mut items, mut rejections) = (Batch::default(), Vec::new(), Vec::new());
        while feed.read(&mut batch).unwrap() {
            items.append(&mut batch.items);
            rejections.append(&mut batch.rejections);
        }
        (items, rejections)
    }

    const WATCH: &str = r#"{"id":"d1","post":"hill","from":"2017-07-09T06:00:00+03:00","to":"2017-07-09T18:00:00+03:00","state":"on","observers":2}"#;

    #[test]
    fn a_watch_is_read() {
        let sensor = WATCH.replace("\"post\":\"hill\"", "\"sensor\":\"mic\"").replace("d1", "d2");
        let unattended = sensor.replace(",\"observers\":2", "");
        let (items, rejections) = read(&format!("{WATCH}\n{WATCH}\n{unattended}\n"));
        assert_eq!(rejections, []);
        let [watch, sensor] = &items[..] else { panic!("{} items", items.len()) };
        assert_eq!((watch.state, watch.observers), (DutyState::On, 2));
        assert_eq!(watch.watcher, Watcher::Post("hill".to_owned()));
        assert_eq!(sensor.observers, 0);
    }

    #[test]
    fn what_is_wrong_with_a_watch_costs_that_watch() {
        let cases = [
            ("\"state\":\"on\"", "\"state\":\"asleep\"", "duty-state"),
            ("\"post\":\"hill\"", "\"post\":\"hill\",\"patrol\":\"p\"", "duty-watcher"),
            ("\"post\":\"hill\",", "", "duty-watcher"),
            ("T18", "T05", "duty-no-time"),
            ("\"observers\":2", "\"observers\":-1", "duty-observers"),
            ("\"observers\":2", "\"reach_m\":1e9", "duty-reach"),
            ("\"observers\":2", "\"lon\":36.1", "duty-position"),
            ("\"observers\":2", "\"lon\":361,\"lat\":3", "duty-position"),
            ("\"observers\":2", "\"only_at_night\":true", "duty-unknown-field"),
            ("18:00:00+03:00", "18:00:00", "naive-local-time"),
        ];
        for (from, to, code) in cases {
            let bad = WATCH.replace(from, to).replace("d1", "bad");
            let (items, rejections) = read(&format!("{bad}\n{WATCH}\n"));
            let codes: Vec<_> = rejections.iter().map(|why| why.code.name).collect();
            assert_eq!((items.len(), codes), (1, vec![code]), "{bad}");
        }
    }
}
