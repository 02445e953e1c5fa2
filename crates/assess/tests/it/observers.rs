//! A seeded world of observers with known truth: posts on a jittered grid, people who hear with
//! noise, cameras, sound sensors, strays and copies. Its seed is printed by every test that fails.

use std::collections::BTreeMap;

use agreement::report::{Bearing, Count, Method, Range, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Protected, Report};
use spacetime::geodesy;
use spacetime::{Duration, Instant, Interval, Position};

use crate::world::at;

/// SplitMix64 (Steele, Lea and Flood 2014): one multiplication chain, the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self, sd: f64) -> f64 {
        let (a, b) = (self.share().max(1e-300), self.share());
        sd * (-2.0 * libm::log(a)).sqrt() * libm::cos(std::f64::consts::TAU * b)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.below(n + 1));
        }
    }
}

/// What the world is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) events: usize,
    pub(crate) seconds: f64,
    /// Spread of a person's bearing, degrees; 12 is what reports state.
    pub(crate) bearing_sd: f64,
}

/// Reports and what they are about, by the report's id.
pub(crate) struct Reported {
    pub(crate) reports: Vec<Report>,
    pub(crate) about: BTreeMap<String, usize>,
    /// Where each event was.
    pub(crate) places: Vec<Position>,
    pub(crate) acts: Vec<Act>,
}

const SIDE_M: f64 = 40_000.0;

impl World {
    pub(crate) const fn quiet(seed: u64) -> Self {
        Self { seed, events: 200, seconds: 86_400.0, bearing_sd: 12.0 }
    }

    pub(crate) fn reported(self) -> Reported {
        Telling {
            world: self,
            dice: Dice::new(self.seed),
            told: Vec::new(),
            corner: Position::from_degrees(35.9, 32.6).unwrap(),
        }
        .run()
    }
}

struct Telling {
    world: World,
    dice: Dice,
    told: Vec<(Report, Option<usize>)>,
    corner: Position,
}

impl Telling {
    fn somewhere(&self, x: f64, y: f64) -> Position {
        let north = geodesy::direct(self.corner, 0, (y * 1000.0) as i64);
        geodesy::direct(north, 9000, (x * 1000.0) as i64)
    }

    fn run(mut self) -> Reported {
        let posts: Vec<Position> = (0..16)
            .map(|n| {
                let mut off = || 2500.0 * (2.0 * self.dice.share() - 1.0);
                let (dx, dy) = (off(), off());
                let (x, y) = (f64::from(n % 4) * 10_000.0, f64::from(n / 4) * 10_000.0);
                self.somewhere(x + 5000.0 + dx, y + 5000.0 + dy)
            })
            .collect();
        let (mut places, mut acts) = (Vec::new(), Vec::new());
        for event in 0..self.world.events {
            let (x, y) = (self.dice.share() * SIDE_M, self.dice.share() * SIDE_M);
            places.push(self.somewhere(x, y));
            let act = match self.dice.share() {
                s if s < 0.45 => Act::Explosion,
                s if s < 0.60 => Act::Outgoing,
                s if s < 0.70 => Act::Airstrike,
                _ => Act::SmallArms,
            };
            acts.push(act);
            self.happens(&posts, event, places[event], act);
        }
        self.strays(&posts);
        for _ in 0..self.told.len() / 20 {
            let n = self.dice.below(self.told.len());
            let (mut copy, about) = self.told[n].clone();
            copy.id = format!("r{}", self.told.len());
            self.told.push((copy, about));
        }
        let about = self.told.iter().filter_map(|(r, event)| Some((r.id.clone(), (*event)?)));
        let about = about.collect();
        let mut reports: Vec<Report> = self.told.into_iter().map(|(report, _)| report).collect();
        self.dice.shuffle(&mut reports);
        Reported { reports, about, places, acts }
    }

    fn happens(&mut self, posts: &[Position], event: usize, place: Position, act: Act) {
        let t = self.dice.share() * self.world.seconds;
        let count = 1 + self.dice.below(5) as u32;
        let heavy = act != Act::SmallArms;
        let (median, spread) = if heavy { (8000.0, 2000.0) } else { (1500.0, 400.0) };
        for (n, &post) in posts.iter().enumerate() {
            let way = geodesy::inverse(post, place);
            let r = way.length_mm as f64 / 1000.0;
            let azimuth = f64::from(way.azimuth_cdeg) / 100.0;
            if self.dice.share() < 1.0 / (1.0 + libm::exp((r - median) / spread)) {
                self.person(n, post, act, t + r / 343.0, azimuth, r, count, Some(event));
            }
            if heavy && n % 4 == 0 && r < 10_000.0 && self.dice.share() < 0.7 {
                let seen = t + self.dice.normal(0.5);
                let degrees = azimuth + self.dice.normal(1.0);
                let mut report = self.blank(n, post, "camera", act, seen, seen, 0.5);
                report.method = Method::Seen;
                report.bearing = Some(Bearing { cdeg: cdeg(degrees), step_cdeg: 0, sd_cdeg: 100 });
                self.told.push((report, Some(event)));
            }
            if heavy && n % 4 == 2 && r < 15_000.0 && self.dice.share() < 0.8 {
                let heard =
                    t + r / 343.0 * (1.0 + self.dice.normal(0.002)) + self.dice.normal(0.005);
                let act = Act::Explosion;
                let report = self.blank(n, post, "acoustic", act, heard, heard, 0.005);
                self.told.push((report, Some(event)));
            }
        }
    }

    fn strays(&mut self, posts: &[Position]) {
        for _ in 0..self.told.len() / 4 {
            let n = self.dice.below(posts.len());
            let acts = [Act::Explosion, Act::Outgoing, Act::Airstrike, Act::SmallArms];
            let act = acts[self.dice.below(4)];
            let (azimuth, r) = (360.0 * self.dice.share(), 300.0 + 11_700.0 * self.dice.share());
            let t = self.dice.share() * self.world.seconds;
            self.person(n, posts[n], act, t, azimuth, r, 1, None);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "all that a person can say")]
    fn person(
        &mut self,
        n: usize,
        post: Position,
        act: Act,
        t: f64,
        azimuth: f64,
        r: f64,
        count: u32,
        about: Option<usize>,
    ) {
        let mut heard = t + self.dice.normal(20.0);
        let mut half = 40.0;
        if self.dice.share() < 0.5 {
            (heard, half) = ((heard / 60.0).round() * 60.0, 60.0);
        }
        let mut report = self.blank(n, post, "human", act, heard - half, heard + half, 20.0);
        let min = count.saturating_sub(self.dice.below(2) as u32).max(1);
        report.count = Some(Count { min, max: count + self.dice.below(3) as u32 });
        if self.dice.share() > 0.2 {
            let degrees = azimuth + self.dice.normal(self.world.bearing_sd);
            let cdeg = cdeg((degrees / 22.5).round() * 22.5);
            report.bearing = Some(Bearing { cdeg, step_cdeg: 2250, sd_cdeg: 1200 });
            let m = r * libm::exp(self.dice.normal(0.35));
            let (min_m, max_m) = ((m * 0.8) as u32, (m * 1.25) as u32);
            report.range = Some(Range { min_m, max_m, sd_log_milli: 350 });
        }
        self.told.push((report, about));
    }

    #[allow(clippy::too_many_arguments, reason = "what every report has")]
    fn blank(
        &self,
        n: usize,
        post: Position,
        kind: &str,
        act: Act,
        from: f64,
        to: f64,
        clock_sd: f64,
    ) -> Report {
        let us = |s: f64| Duration::from_micros((s * 1e6) as i64);
        let (from, to) = (at(0).plus(us(from)), at(0).plus(us(to)));
        let source = Source {
            id: format!("{kind}-{n:02}"),
            post: Some(format!("P{n:02}")),
            kind: kind.to_owned(),
            position: Some(Protected::new(post)),
        };
        heard_at(format!("r{}", self.told.len()), act, source, from, to, us(clock_sd))
    }
}

/// A report of something heard, without where or how many.
pub(crate) fn heard_at(
    id: String,
    act: Act,
    source: Source,
    from: Instant,
    to: Instant,
    clock_sd: Duration,
) -> Report {
    let to = to.max(from.plus(Duration::from_micros(1)));
    let observed = Interval::new(from, to).unwrap();
    let told = Told { id, act, method: Method::Heard, observed, source };
    Report { clock_sd: Some(clock_sd), ..Report::of(told, Locator { input: 0, record: 1 }) }
}

fn cdeg(degrees: f64) -> u16 {
    ((degrees * 100.0).round() as i64).rem_euclid(36_000) as u16
}
