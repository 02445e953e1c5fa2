//! What is said beside what was perceived: strays, rumours, copies and corrections.

use agreement::Act;
use serde_json::{Map, Value, json};

use super::events::{Event, some_act, somewhere};
use super::telling::{Perceived, Said, Telling, instant};
use super::watches::Keeper;

/// How far off people place what never happened, metres.
const STRAY_M: (f64, f64) = (300.0, 12_000.0);
/// Those who tell a rumour, at least and at most.
const TELLERS: (usize, usize) = (3, 7);
/// How far off a rumour places something, and how sharply it says so, metres.
const RUMOUR_M: f64 = 2_000.0;
const RUMOUR_RADIUS_M: f64 = 5_000.0;
/// To either side of when a rumour says that it was, seconds.
const RUMOUR_S: f64 = 1_800.0;

impl Telling<'_> {
    /// What those on watch report that is about nothing.
    pub(super) fn strays(&mut self, keepers: &[Keeper]) {
        let rate = self.world.habits.strays_an_hour / 3600.0;
        for keeper in keepers {
            for (from, to) in keeper.kept() {
                for at_s in self.chance.times(rate * keeper.observers as f64, from, to) {
                    let heavy = [Act::Explosion, Act::Impact, Act::Outgoing, Act::SmallArms];
                    let perceived = Perceived {
                        act: heavy[self.chance.below(heavy.len())],
                        at_s,
                        azimuth_deg: self.chance.between(0.0, 360.0),
                        distance_m: self.chance.between(STRAY_M.0, STRAY_M.1),
                        count: 1,
                        place: None,
                        is_seen: false,
                    };
                    let observer = self.chance.below(keeper.observers);
                    self.person(keeper, observer, &perceived, None, "stray");
                }
            }
        }
    }

    /// Rumours: half of them are of something that happened. What others tell of is added to what
    /// happens, as something that did not.
    pub(super) fn rumours(&mut self, events: &mut Vec<Event>) {
        let rate = self.world.habits.rumours_a_day / 86_400.0;
        for (n, at_s) in
            self.chance.times(rate, 0.0, self.world.hours * 3600.0).into_iter().enumerate()
        {
            let about = if !events.is_empty() && self.chance.is(0.5) {
                self.chance.below(events.len())
            } else {
                events.push(self.invented(at_s));
                events.len() - 1
            };
            self.rumour(n, about, &events[about]);
        }
    }

    fn invented(&mut self, at_s: f64) -> Event {
        let (east_m, north_m) = somewhere(self.world, &[], &mut self.chance);
        let place = self.world.at(east_m, north_m);
        Event { act: some_act(&mut self.chance), at_s, place, count: 3, happened: false }
    }

    /// All tell what one has told them, place, time and number.
    fn rumour(&mut self, n: usize, about: usize, event: &Event) {
        let mut off = || (self.chance.normal(RUMOUR_M) * 1000.0) as i64;
        let (north, east) = (off(), off());
        let place = spacetime::geodesy::direct(event.place, 0, north);
        let place = spacetime::geodesy::direct(place, 9000, east);
        let origin_s = event.at_s + self.chance.normal(RUMOUR_S / 3.0);
        let tellers = TELLERS.0 + self.chance.below(TELLERS.1 - TELLERS.0 + 1);
        for teller in 0..tellers {
            let received_s = origin_s + RUMOUR_S + self.chance.wait(1.0 / 10_000.0);
            let line = json!({
                "id": format!("r{}", self.said.len()),
                "source": {"id": format!("resident-{n}-{teller}"), "kind": "human"},
                "method": "told",
                "kind": event.act.as_str(),
                "from": instant(self.world, origin_s - RUMOUR_S),
                "to": instant(self.world, origin_s + RUMOUR_S),
                "place": {
                    "lon": place.lon_degrees(),
                    "lat": place.lat_degrees(),
                    "radius_m": RUMOUR_RADIUS_M,
                },
                "received_at": instant(self.world, received_s),
            });
            let Value::Object(line) = line else { continue };
            self.said.push(Said { line, about: Some(about), why: "rumour" });
        }
    }

    /// Some of what people said was wrong at first: the opposite direction, or an hour off.
    pub(super) fn corrections(&mut self) {
        for n in 0..self.said.len() {
            let is_whole =
                self.said[n].why == "event" && self.said[n].line.contains_key("clock_sd_s");
            if !is_whole || !self.chance.is(self.world.habits.corrected) {
                continue;
            }
            let id = format!("r{}", self.said.len());
            let mut line = self.said[n].line.clone();
            line.insert("id".into(), json!(id));
            wrong(&mut line);
            self.said[n].line.insert("replaces".into(), json!(id));
            self.said.push(Said { line, about: None, why: "replaced" });
        }
    }

    /// Some reports come again: as they are, or under a new name.
    pub(super) fn copies(&mut self) {
        for n in 0..self.said.len() {
            let is_plain =
                self.said[n].why == "event" && !self.said[n].line.contains_key("replaces");
            if !is_plain || !self.chance.is(self.world.habits.copies) {
                continue;
            }
            let mut copy = self.said[n].clone();
            if self.chance.is(0.5) {
                copy.line.insert("id".into(), json!(format!("r{}", self.said.len())));
                copy.why = "copy";
            }
            self.said.push(copy);
        }
    }
}

/// The opposite direction where one is given, another kind of thing otherwise.
fn wrong(line: &mut Map<String, Value>) {
    if let Some(deg) = line.get("bearing").and_then(|bearing| bearing["deg"].as_f64()) {
        line["bearing"]["deg"] = json!((deg + 180.0).rem_euclid(360.0));
    } else {
        line.insert("kind".into(), json!(Act::SmallArms.as_str()));
        line.remove("sighting");
    }
}
