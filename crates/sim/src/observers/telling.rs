//! What those who perceive an event say of it.

use agreement::Act;
use serde_json::{Map, Value, json};
use spacetime::{Duration, Position, geodesy};

use super::chance::Chance;
use super::events::{Event, Happening, like};
use super::watches::Keeper;
use super::world::World;

/// Spread of a camera's bearing, degrees, and of its clock, seconds.
const CAMERA_DEG: f64 = 1.0;
const CAMERA_S: f64 = 0.5;
/// Spread of a microphone's pick, seconds, and of sound's way there, as a share of its time.
const PICK_S: f64 = 0.006;
const WAY_SHARE: f64 = 0.0022;
/// Who sees something from so near may say the place itself, so sharply, metres.
const SEEN_M: f64 = 3_000.0;
const PLACED_M: f64 = 300.0;
/// Standard deviations of each axis in the radius that is stated: 95 in 100 lie within.
const RADIUS_SDS: f64 = 2.45;

/// One line that is handed in, and what it is about.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) line: Map<String, Value>,
    /// The number of the event.
    pub(super) about: Option<usize>,
    /// What became of it, for the truth's file.
    pub(super) why: &'static str,
}

/// What reaches somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perceived {
    pub(super) act: Act,
    /// When, seconds.
    pub(super) at_s: f64,
    pub(super) azimuth_deg: f64,
    pub(super) distance_m: f64,
    pub(super) count: u32,
    /// Where, for whoever sees it.
    pub(super) place: Option<Position>,
    pub(super) is_seen: bool,
}

/// An instant of a world, as reports write it.
pub(super) fn instant(world: &World, at_s: f64) -> String {
    world.begins().plus(Duration::from_micros((at_s * 1e6) as i64)).to_string()
}

/// Collects what is said.
pub(super) struct Telling<'a> {
    pub(super) world: &'a World,
    pub(super) chance: Chance,
    pub(super) said: Vec<Said>,
}

impl Telling<'_> {
    /// Everybody who perceives an event says so.
    pub(super) fn event(&mut self, n: usize, event: &Event, keepers: &[Keeper]) {
        for keeper in keepers {
            let way = geodesy::inverse(keeper.place, event.place);
            let distance_m = way.length_mm as f64 / 1000.0;
            let azimuth_deg = f64::from(way.azimuth_cdeg) / 100.0;
            // From the event to whoever hears it.
            let towards = (azimuth_deg + 180.0).to_radians();
            let (east, north) = (libm::sin(towards), libm::cos(towards));
            let travel_s = distance_m / self.world.sound_m_s(east, north);
            let seen = Perceived {
                act: event.act,
                at_s: event.at_s,
                azimuth_deg,
                distance_m,
                count: event.count,
                place: None,
                is_seen: true,
            };
            if keeper.watches_at(event.at_s) {
                self.people(n, event, keeper, &seen, travel_s);
            }
            if event.happening() == Happening::Heavy {
                self.sensors(n, keeper, &seen, travel_s);
            }
        }
    }

    fn people(
        &mut self,
        n: usize,
        event: &Event,
        keeper: &Keeper,
        seen: &Perceived,
        travel_s: f64,
    ) {
        let reach = &self.world.reach;
        let (median_m, falls_off_m) = match event.happening() {
            Happening::Heavy => (reach.heavy_m, reach.heavy_m / 4.0),
            Happening::Light => (reach.light_m, reach.light_m / 4.0),
            Happening::Air => (reach.air_m, reach.air_m / 3.0),
        };
        let share = 1.0 / (1.0 + libm::exp((seen.distance_m - median_m) / falls_off_m));
        for observer in 0..keeper.observers {
            if !self.chance.is(share) {
                continue;
            }
            let is_near = seen.distance_m < SEEN_M && event.happening() == Happening::Heavy;
            let perceived = if event.happening() == Happening::Air {
                *seen
            } else if is_near && !event.act.place_is_coarsened() && self.chance.is(0.3) {
                Perceived { place: Some(event.place), ..*seen }
            } else {
                Perceived { at_s: seen.at_s + travel_s, is_seen: false, ..*seen }
            };
            self.person(keeper, observer, &perceived, Some(n), "event");
        }
    }

    fn sensors(&mut self, n: usize, keeper: &Keeper, seen: &Perceived, travel_s: f64) {
        let reach = self.world.reach;
        if keeper.has_camera
            && seen.distance_m < reach.camera_m
            && self.chance.is(reach.camera_share)
        {
            let at_s = seen.at_s + self.chance.normal(CAMERA_S);
            let deg = seen.azimuth_deg + self.chance.normal(CAMERA_DEG);
            let bearing = json!({"deg": tenths(deg), "step_deg": 0, "sd_deg": CAMERA_DEG});
            let mut line = self.line(keeper, "camera", 0, "seen", seen.act);
            line.insert("from".into(), json!(instant(self.world, at_s)));
            line.insert("to".into(), json!(instant(self.world, at_s)));
            line.insert("clock_sd_s".into(), json!(CAMERA_S));
            line.insert("bearing".into(), bearing);
            self.said.push(Said { line, about: Some(n), why: "event" });
        }
        if keeper.has_microphone
            && seen.distance_m < reach.microphone_m
            && self.chance.is(reach.microphone_share)
        {
            let late_s = travel_s * self.chance.normal(WAY_SHARE) + self.chance.normal(PICK_S);
            let at = instant(self.world, seen.at_s + travel_s + late_s);
            let mut line = self.line(keeper, "acoustic", 0, "heard", Act::Explosion);
            line.insert("arrival".into(), json!({"at": at, "sd_s": PICK_S}));
            self.said.push(Said { line, about: Some(n), why: "event" });
        }
    }

    /// What a person says of what reached them.
    pub(super) fn person(
        &mut self,
        keeper: &Keeper,
        observer: usize,
        perceived: &Perceived,
        about: Option<usize>,
        why: &'static str,
    ) {
        let habits = self.world.habits;
        let act = if self.chance.is(habits.mistaken) {
            like(perceived.act, &mut self.chance)
        } else {
            perceived.act
        };
        let method = if perceived.is_seen { "seen" } else { "heard" };
        let mut line = self.line(keeper, "human", observer, method, act);
        self.when(&mut line, perceived.at_s);
        if let Some(place) = perceived.place {
            line.insert("place".into(), self.near(place));
        } else if !self.chance.is(habits.heard_only) {
            self.whither(&mut line, perceived);
        }
        self.how_many(&mut line, act, perceived.count);
        self.said.push(Said { line, about, why });
    }

    fn when(&mut self, line: &mut Map<String, Value>, at_s: f64) {
        let habits = self.world.habits;
        let read_s = at_s + self.chance.normal(habits.clock_s * self.world.misstated.clock);
        let step_s = match self.chance.share() {
            s if s < habits.to_the_quarter => 900.0,
            s if s < habits.to_the_quarter + habits.to_the_minute => 60.0,
            _ => 1.0,
        };
        let said_s = (read_s / step_s).round() * step_s;
        // What was not read more finely, and two deviations of the clock.
        let half_s = step_s / 2.0 + 2.0 * habits.clock_s;
        let (from_s, to_s) = (said_s - half_s, said_s + half_s);
        let received_s = to_s + self.chance.wait(1.0 / 7_200.0);
        line.insert("from".into(), json!(instant(self.world, from_s)));
        line.insert("to".into(), json!(instant(self.world, to_s)));
        line.insert("clock_sd_s".into(), json!(habits.clock_s));
        line.insert("received_at".into(), json!(instant(self.world, received_s)));
    }

    fn near(&mut self, place: Position) -> Value {
        let off = |chance: &mut Chance| (chance.normal(PLACED_M / RADIUS_SDS) * 1000.0) as i64;
        let (east, north) = (off(&mut self.chance), off(&mut self.chance));
        let at = geodesy::direct(geodesy::direct(place, 0, north), 9000, east);
        json!({"lon": at.lon_degrees(), "lat": at.lat_degrees(), "radius_m": PLACED_M})
    }

    fn whither(&mut self, line: &mut Map<String, Value>, perceived: &Perceived) {
        let (habits, misstated) = (self.world.habits, self.world.misstated);
        let step = if self.chance.is(habits.eight_points) { 45.0 } else { 22.5 };
        let deg =
            perceived.azimuth_deg + self.chance.normal(habits.bearing_deg * misstated.bearing);
        let deg = ((deg / step).round() * step).rem_euclid(360.0);
        let bearing = json!({"deg": deg, "step_deg": step, "sd_deg": habits.bearing_deg});
        line.insert("bearing".into(), bearing);
        let off = self.chance.normal(habits.range_log * misstated.range);
        let m = perceived.distance_m * libm::exp(off);
        let range = if self.chance.is(habits.by_class) {
            json!({"class": word(m), "sd_log": habits.range_log})
        } else {
            let (low, high) = ((0.8 * m) as i64, (1.25 * m) as i64 + 1);
            json!({"min_m": low, "max_m": high, "sd_log": habits.range_log})
        };
        line.insert("range".into(), range);
    }

    /// Nobody counts what they did not notice, and so nobody counts too many.
    fn how_many(&mut self, line: &mut Map<String, Value>, act: Act, count: u32) {
        let noticed = (0..count).filter(|_| self.chance.is(self.world.habits.noticed)).count();
        if noticed == 0 {
            return;
        }
        if act == Act::Drone {
            line.insert("sighting".into(), json!({"class": "drone", "number": noticed}));
            return;
        }
        let count = match self.chance.below(3) {
            0 => json!({"exact": noticed}),
            1 => json!({"about": noticed}),
            _ => json!({"min": noticed, "max": noticed + 2}),
        };
        line.insert("count".into(), count);
    }

    fn line(
        &self,
        keeper: &Keeper,
        kind: &str,
        observer: usize,
        method: &str,
        act: Act,
    ) -> Map<String, Value> {
        let mut source = json!({
            "id": format!("{kind}-{}-{observer}", keeper.name),
            "kind": kind,
            "lon": keeper.place.lon_degrees(),
            "lat": keeper.place.lat_degrees(),
        });
        if !keeper.is_patrol {
            source["post"] = json!(keeper.name);
        }
        let mut line = Map::new();
        line.insert("id".into(), json!(format!("r{}", self.said.len())));
        line.insert("source".into(), source);
        line.insert("method".into(), json!(method));
        line.insert("kind".into(), json!(act.as_str()));
        line
    }
}

fn tenths(deg: f64) -> f64 {
    (deg * 10.0).round().rem_euclid(3600.0) / 10.0
}

/// The word for a distance (docs/report-format.md).
fn word(m: f64) -> &'static str {
    match m {
        m if m < 500.0 => "at_hand",
        m if m < 2_000.0 => "near",
        m if m < 5_000.0 => "middle",
        m if m < 10_000.0 => "far",
        _ => "very_far",
    }
}
