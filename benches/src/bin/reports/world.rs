//! Seeded observers' reports with known truth: the world of `gen_reports.py`, which is asked about, drawn
//! here so that nothing but this workspace is needed.
//!
//! 40 by 40 km; 16 posts on a jittered grid, 5 to 15 km apart; four cameras and four sound sensors at
//! posts. What is heavy is heard with p = 1 / (1 + e^((r - 8 km) / 2 km)), small arms with 1.5 km and
//! 0.4 km. People: clock 20 s, half of them round to the minute; bearing 12 degrees to the nearest of
//! 16 points; range lognormal 0.35 as an interval; one in five gives neither. Cameras: 1 degree, 0.5 s,
//! 10 km, seven in ten of what is heavy. Sound sensors: 5 ms, 15 km, eight in ten. Of all reports a fifth
//! belongs to no event, and one in twenty is handed in twice under another id.

use std::io::Cursor;

use agreement::Report;
use anyhow::{Result, ensure};
use intake::reports::JsonlReports;
use intake::{Batch, Feed as _, Options};
use serde_json::{Value, json};
use spacetime::{Duration, Instant, Position, geodesy};

use benches::dice::Dice;

const LON0: f64 = 36.10;
const LAT0: f64 = 32.80;
const SIDE_M: f64 = 40_000.0;
const M_LAT: f64 = 111_320.0;
const SOUND_M_S: f64 = 343.0;
/// What the sound's way is off by where all noise is what is stated: `sound_travel_sd_ppm`.
const TRAVEL_SD: f64 = 0.0022;
const START: &str = "2017-07-10T00:00:00Z";
pub(crate) const OUTGOING: usize = 1;
const SMALL_ARMS: usize = 3;
/// Name, share of events, and how far it is heard: median and spread, metres.
const KINDS: [(&str, f64, f64, f64); 4] = [
    ("explosion", 0.45, 8000.0, 2000.0),
    ("outgoing", 0.15, 8000.0, 2000.0),
    ("airstrike", 0.10, 8000.0, 2000.0),
    ("small_arms", 0.30, 1500.0, 400.0),
];

/// What is to be drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) seed: u64,
    pub(crate) events: usize,
    pub(crate) per_day: f64,
    /// Spread of a person's bearing, degrees; 12 is what reports state.
    pub(crate) bearing_sd: f64,
    pub(crate) observers: Observers,
    pub(crate) laid: Laid,
}

/// How kilometres are laid on the globe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Laid {
    /// As `gen_reports.py` has it: a degree of either is 111.32 km at the equator and nowhere less from north to
    /// south, which makes distances there 0.4 percent shorter than what is stated of sound.
    Flat,
    /// As they are, so that all noise is what is stated.
    True,
}

/// Who stands at the posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observers {
    /// People at all of them, a camera at every fourth and a sound sensor at every fourth.
    Mixed,
    /// One of a kind at all of them, so that the world is watched by nothing else.
    People,
    Cameras,
    SoundSensors,
}

impl Observers {
    fn has_people(self) -> bool {
        matches!(self, Self::Mixed | Self::People)
    }

    fn has_camera(self, post: usize) -> bool {
        self == Self::Cameras || (self == Self::Mixed && post.is_multiple_of(4))
    }

    fn has_sound_sensor(self, post: usize) -> bool {
        self == Self::SoundSensors || self == Self::Mixed && post % 4 == 2
    }
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) at: Position,
    pub(crate) t: Instant,
    pub(crate) kind: usize,
}

/// Reports and what each is about.
pub(crate) struct World {
    pub(crate) reports: Vec<Report>,
    /// By the number in the report's id.
    pub(crate) about: Vec<Option<usize>>,
    pub(crate) events: Vec<Event>,
}

struct Drawing {
    dice: Dice,
    posts: Vec<(f64, f64)>,
    bearing_sd: f64,
    observers: Observers,
    laid: Laid,
    told: Vec<(Value, Option<usize>)>,
}

/// What a person reports on.
struct Heard {
    post: usize,
    kind: usize,
    t: f64,
    /// From the post, metres east and north.
    way: (f64, f64),
    count: u32,
    about: Option<usize>,
}

impl World {
    pub(crate) fn drawn(asked: Asked) -> Result<Self> {
        let seconds = 86_400.0 * asked.events as f64 / asked.per_day;
        let mut dice = Dice::new(asked.seed);
        let jitter =
            |n: u32, dice: &mut Dice| f64::from(n) * 1e4 + 5e3 + dice.between(-2.5e3, 2.5e3);
        let posts = (0..16).map(|n| (jitter(n % 4, &mut dice), jitter(n / 4, &mut dice))).collect();
        let Asked { bearing_sd, observers, laid, .. } = asked;
        let mut drawing = Drawing { dice, posts, bearing_sd, observers, laid, told: Vec::new() };
        let mut events = Vec::new();
        for number in 0..asked.events {
            events.push(drawing.happens(number, seconds));
        }
        drawing.strays(seconds);
        drawing.handed_in(events)
    }

    pub(crate) fn about(&self, id: &str) -> Option<usize> {
        self.about[id[1..].parse::<usize>().expect("ids are numbers")]
    }
}

impl Drawing {
    fn happens(&mut self, number: usize, seconds: f64) -> Event {
        let (x, y) = (self.dice.between(0.0, SIDE_M), self.dice.between(0.0, SIDE_M));
        let t = self.dice.between(0.0, seconds);
        let mut left = self.dice.share();
        let of = |&(_, share, ..): &(&str, f64, f64, f64)| {
            left -= share;
            left < 0.0
        };
        let kind = KINDS.iter().position(of).unwrap_or(SMALL_ARMS);
        let count = 1 + self.dice.poisson(2.0);
        let (_, _, median, spread) = KINDS[kind];
        for post in 0..self.posts.len() {
            let way = (x - self.posts[post].0, y - self.posts[post].1);
            let r = way.0.hypot(way.1);
            let hears = self.dice.share() < 1.0 / (1.0 + ((r - median) / spread).min(50.0).exp());
            if hears && self.observers.has_people() {
                self.person(&Heard { post, kind, t, way, count, about: Some(number) });
            }
            let heavy = kind != SMALL_ARMS;
            if self.observers.has_camera(post) && heavy && r < 1e4 && self.dice.share() < 0.7 {
                let degrees = way.0.atan2(way.1).to_degrees() + self.dice.normal(1.0);
                let at = iso(t + self.dice.normal(0.5));
                let degrees = (degrees * 10.0).round().rem_euclid(3600.0) / 10.0;
                let report = json!({
                    "method": "seen", "kind": KINDS[kind].0, "clock_sd_s": 0.5, "from": at, "to": at,
                    "bearing": {"deg": degrees, "step_deg": 0, "sd_deg": 1},
                });
                self.tell(post, "camera", report, Some(number));
            }
            if self.observers.has_sound_sensor(post)
                && heavy
                && r < 1.5e4
                && self.dice.share() < 0.8
            {
                let mut way_s = r / SOUND_M_S;
                if self.laid == Laid::True {
                    way_s += self.dice.normal(TRAVEL_SD * way_s);
                }
                let at = iso(t + way_s + self.dice.normal(0.005));
                let report = json!({
                    "method": "heard", "kind": "explosion", "clock_sd_s": 0.005, "from": at, "to": at,
                });
                self.tell(post, "acoustic", report, Some(number));
            }
        }
        Event { at: self.laid.position(x, y), t: instant(t), kind }
    }

    fn person(&mut self, heard: &Heard) {
        let (east, north) = heard.way;
        let r = east.hypot(north);
        let (mut t, mut spread) = (heard.t + r / SOUND_M_S + self.dice.normal(20.0), 40.0);
        if self.dice.share() < 0.5 {
            (t, spread) = ((t / 60.0).round() * 60.0, 60.0);
        }
        let min = heard.count.saturating_sub(self.dice.below(2) as u32).max(1);
        let max = heard.count + self.dice.below(3) as u32;
        let mut report = json!({
            "method": "heard", "kind": KINDS[heard.kind].0, "clock_sd_s": 20,
            "from": iso(t - spread), "to": iso(t + spread), "count": {"min": min, "max": max},
        });
        if self.dice.share() >= 0.2 {
            let degrees = east.atan2(north).to_degrees() + self.dice.normal(self.bearing_sd);
            let degrees = (degrees / 22.5).round().rem_euclid(16.0) * 22.5;
            let m = r * self.dice.normal(0.35).exp();
            report["bearing"] = json!({"deg": degrees, "step_deg": 22.5, "sd_deg": 12});
            let (min_m, max_m) = ((m * 0.8) as u32, (m * 1.25) as u32);
            report["range"] = json!({"min_m": min_m, "max_m": max_m, "sd_log": 0.35});
        }
        self.tell(heard.post, "human", report, heard.about);
    }

    fn strays(&mut self, seconds: f64) {
        let strays = if self.observers.has_people() { self.told.len() / 4 } else { 0 };
        for _ in 0..strays {
            let (post, kind) = (self.dice.below(16), self.dice.below(4));
            let (sin, cos) = self.dice.between(0.0, std::f64::consts::TAU).sin_cos();
            let r = self.dice.between(300.0, 12_000.0);
            let t = self.dice.between(0.0, seconds);
            let way = (r * sin, r * cos);
            self.person(&Heard { post, kind, t, way, count: 1, about: None });
        }
    }

    fn tell(&mut self, post: usize, kind: &str, mut report: Value, about: Option<usize>) {
        let at = self.laid.position(self.posts[post].0, self.posts[post].1);
        report["source"] = json!({
            "id": format!("{kind}-{post:02}"), "post": format!("P{post:02}"), "kind": kind,
            "lon": at.lon_degrees(), "lat": at.lat_degrees(),
        });
        self.told.push((report, about));
    }

    /// Copies some, shuffles all, and has them read as any input is.
    fn handed_in(mut self, events: Vec<Event>) -> Result<World> {
        let mut order: Vec<usize> = (0..self.told.len()).collect();
        self.dice.shuffle(&mut order);
        for n in order.into_iter().take(self.told.len() / 20) {
            self.told.push(self.told[n].clone());
        }
        self.dice.shuffle(&mut self.told);
        let (mut lines, mut about) = (String::new(), Vec::new());
        for (n, (report, event)) in self.told.iter_mut().enumerate() {
            report["id"] = json!(format!("r{n}"));
            lines.push_str(&report.to_string());
            lines.push('\n');
            about.push(*event);
        }
        let mut feed = JsonlReports::new(Cursor::new(lines), Options::default());
        let (mut batch, mut reports) = (Batch::default(), Vec::new());
        while feed.read(&mut batch)? {
            ensure!(batch.rejections.is_empty(), "rejected: {:?}", batch.rejections);
            reports.append(&mut batch.items);
        }
        Ok(World { reports, about, events })
    }
}

impl Laid {
    fn position(self, x: f64, y: f64) -> Position {
        let (x, y) = (x - SIDE_M / 2.0, y - SIDE_M / 2.0);
        if self == Self::Flat {
            let m_lon = M_LAT * LAT0.to_radians().cos();
            let (lon, lat) = (LON0 + x / m_lon, LAT0 + y / M_LAT);
            return Position::from_degrees(lon, lat).expect("on the globe");
        }
        let middle = Position::from_degrees(LON0, LAT0).expect("on the globe");
        let mm = |m: f64| (m.abs() * 1e3) as i64;
        let north = geodesy::direct(middle, if y < 0.0 { 18_000 } else { 0 }, mm(y));
        geodesy::direct(north, if x < 0.0 { 27_000 } else { 9000 }, mm(x))
    }
}

fn instant(seconds: f64) -> Instant {
    let start = Instant::parse(START).expect("a constant");
    start.plus(Duration::from_micros((seconds * 1e3).round() as i64 * 1000))
}

fn iso(seconds: f64) -> String {
    instant(seconds).to_string()
}
