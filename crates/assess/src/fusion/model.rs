//! The constants of the likelihood, from the parameters of the pack: sound, detection, kinds.

use agreement::report::Count;
use agreement::{Act, Parameters};

use super::logarithm::{Exponential, Logarithm};
use super::plane::Xy;

/// How a source perceives. It decides what it is likely to miss and how good its clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sense {
    /// A person at a post.
    Person,
    /// A camera.
    Camera,
    /// A sound sensor.
    Microphone,
    /// Somebody who was told, or who compiles: it was not there, and its silence says nothing.
    Told,
}

impl Sense {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Person, Self::Camera, Self::Microphone, Self::Told];

    /// As outputs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Told => "told",
        }
    }
}

/// What carries how far, and what may be taken for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// Explosions and what sounds like one.
    Heavy,
    /// Small arms.
    Light,
    /// Aircraft.
    Air,
    /// Everything else: one act is never taken for another.
    Other,
}

impl Family {
    pub(crate) const fn of(act: Act) -> Self {
        match act {
            Act::Explosion
            | Act::Impact
            | Act::Outgoing
            | Act::Airstrike
            | Act::Rocket
            | Act::ShootDown => Self::Heavy,
            Act::SmallArms => Self::Light,
            Act::Aircraft | Act::Helicopter | Act::Drone => Self::Air,
            _ => Self::Other,
        }
    }
}

/// Other acts that a heavy one, and one of the air, may be taken for.
const MISTAKEN_FOR: [f64; 2] = [5.0, 2.0];

/// Steps of a table of detection.
const TABLE_STEPS: usize = 256;

/// How detection falls off with distance: `share / (1 + e^((r - median) / spread))`.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    pub(crate) median_m: f64,
    pub(crate) spread_m: f64,
    pub(crate) share: f64,
    /// From here on it is certain enough that nothing is perceived.
    pub(crate) reach_m: f64,
    /// ln(p / (1 - p)) at steps from no metres to the reach; empty when it is a straight line.
    logit: Vec<f64>,
    /// ln p at the same steps, and ln(1 - p).
    ln_p: Vec<f64>,
    ln_q: Vec<f64>,
    /// Inverses of the step and of the spread.
    by_step: f64,
    by_spread: f64,
}

impl Detection {
    fn new(median_m: i64, spread_m: i64, share: f64) -> Self {
        let (median_m, spread_m) = (median_m as f64, spread_m as f64);
        let reach_m = median_m + 7.0 * spread_m;
        let step_m = reach_m / (TABLE_STEPS - 2) as f64;
        let mut new = Self {
            median_m,
            spread_m,
            share,
            reach_m,
            logit: Vec::new(),
            ln_p: Vec::new(),
            ln_q: Vec::new(),
            by_step: 1.0 / step_m,
            by_spread: 1.0 / spread_m,
        };
        new.ln_q = (0..TABLE_STEPS).map(|n| new.ln_missed_exact(n as f64 * step_m)).collect();
        new.ln_p = (0..TABLE_STEPS).map(|n| new.ln_perceived_exact(n as f64 * step_m)).collect();
        if share < 1.0 {
            new.logit = (0..TABLE_STEPS).map(|n| new.logit_exact(n as f64 * step_m)).collect();
        }
        new
    }

    fn logit_exact(&self, r: f64) -> f64 {
        let z = libm::exp((r - self.median_m) / self.spread_m);
        libm::log(self.share) - libm::log(z + 1.0 - self.share)
    }

    /// ln(p / (1 - p)) and its slope per metre.
    #[inline]
    pub(crate) fn logit(&self, r: f64) -> (f64, f64) {
        if self.logit.is_empty() {
            return ((self.median_m - r) * self.by_spread, -self.by_spread);
        }
        let at = r * self.by_step;
        let n = (at as usize).min(TABLE_STEPS - 2);
        let slope = self.logit[n + 1] - self.logit[n];
        (self.logit[n] + slope * (at - n as f64), slope * self.by_step)
    }

    fn ln_perceived_exact(&self, r: f64) -> f64 {
        let z = libm::exp((r - self.median_m) / self.spread_m);
        libm::log(self.share) - libm::log1p(z)
    }

    /// ln p and its slope per metre.
    #[inline]
    pub(crate) fn ln_perceived(&self, r: f64) -> (f64, f64) {
        let at = r * self.by_step;
        let n = (at as usize).min(TABLE_STEPS - 2);
        let slope = self.ln_p[n + 1] - self.ln_p[n];
        (self.ln_p[n] + slope * (at - n as f64), slope * self.by_step)
    }

    /// ln(1 - p).
    #[inline]
    pub(crate) fn ln_missed(&self, r: f64) -> f64 {
        let at = r * self.by_step;
        let n = (at as usize).min(TABLE_STEPS - 2);
        let slope = self.ln_q[n + 1] - self.ln_q[n];
        (self.ln_q[n] + slope * (at - n as f64)).min(0.0)
    }

    fn ln_missed_exact(&self, r: f64) -> f64 {
        let z = libm::exp((r - self.median_m) / self.spread_m);
        libm::log1p(-(self.share / (1.0 + z)).min(1.0 - 1e-12))
    }
}

/// How far off people are who count.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    /// By how many there were, then by how far off somebody is, against counting right.
    fits: Box<[[f64; COUNTED]]>,
}

/// How many there may have been when counts are held against each other.
const COUNTED: usize = 65;

impl Counting {
    /// Most that anybody may have counted for their counts to be compared.
    pub(crate) const MOST: u32 = 60;
    /// There may have been so many more than anybody counted.
    pub(crate) const BEYOND: u32 = COUNTED as u32 - 1 - Self::MOST;

    /// `share` is by what share of the number people are off.
    fn new(share: f64) -> Self {
        let fits = |n: usize| {
            let spread = (share * n as f64).max(0.5);
            std::array::from_fn(|off| libm::exp(-(off as f64) / spread))
        };
        Self { fits: (0..COUNTED).map(fits).collect() }
    }

    /// How well a count fits when there were `n`.
    #[inline]
    pub(crate) fn fits(&self, n: u32, count: Count) -> f64 {
        let off = count.min.saturating_sub(n).max(n.saturating_sub(count.max));
        self.fits[n as usize][off as usize]
    }
}

/// The box around all posts and places named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) low: Xy,
    pub(crate) high: Xy,
}

impl Watched {
    pub(crate) fn around(places: impl IntoIterator<Item = Xy>) -> Self {
        let none =
            Self { low: Xy { x: f64::MAX, y: f64::MAX }, high: Xy { x: f64::MIN, y: f64::MIN } };
        let found = places.into_iter().fold(none, |found, at| Self {
            low: Xy { x: found.low.x.min(at.x), y: found.low.y.min(at.y) },
            high: Xy { x: found.high.x.max(at.x), y: found.high.y.max(at.y) },
        });
        if found.low.x > found.high.x {
            return Self { low: Xy::default(), high: Xy::default() };
        }
        found
    }
}

/// The constants.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) logarithm: Logarithm,
    pub(crate) exponential: Exponential,
    /// Speed of sound in still air, metres a second.
    pub(crate) sound_m_s: f64,
    /// The inverse of that.
    pub(crate) slowness: f64,
    /// Wind, metres a second, east and north.
    pub(crate) wind: (f64, f64),
    /// Variance of the sound's time on its way, as a share of the time squared.
    pub(crate) travel_var: f64,
    pub(crate) clock_s: [f64; 4],
    pub(crate) stated_sd: f64,
    person: [Detection; 3],
    camera: Detection,
    microphone: Detection,
    /// ln of the share in which an act is called by its own name, and by the name of one other, of
    /// heavy acts and of those of the air.
    ln_right: f64,
    ln_mistaken: [f64; 2],
    pub(crate) counting: Counting,
    pub(crate) clutter_reach_m: f64,
    pub(crate) duty_presumed_us: i64,
    pub(crate) watch_margin_m: f64,
    watch_falls_off_m: f64,
}

impl Model {
    pub(crate) fn new(p: &Parameters) -> Self {
        let kelvin = 1.0 + p.air_temperature_mdeg as f64 / 273_150.0;
        let ppm = p.sound_travel_sd_ppm as f64 / 1e6;
        let share = |permille: i64| permille as f64 / 1000.0;
        let sound_m_s = 331.3 * kelvin.sqrt();
        Self {
            logarithm: Logarithm::new(),
            exponential: Exponential::new(),
            sound_m_s,
            slowness: 1.0 / sound_m_s,
            wind: (p.wind_east_mm_s as f64 / 1000.0, p.wind_north_mm_s as f64 / 1000.0),
            travel_var: ppm * ppm,
            clock_s: [
                p.clock_person_ms as f64 / 1e3,
                p.clock_camera_ms as f64 / 1e3,
                p.clock_microphone_us as f64 / 1e6,
                p.clock_person_ms as f64 / 1e3,
            ],
            stated_sd: p.stated_interval_sd_milli as f64 / 1000.0,
            person: [
                Detection::new(p.heard_heavy_m, p.heard_heavy_spread_m, 1.0),
                Detection::new(p.heard_light_m, p.heard_light_spread_m, 1.0),
                Detection::new(p.noticed_air_m, p.noticed_air_spread_m, 1.0),
            ],
            camera: Detection::new(
                p.camera_reach_m,
                p.camera_reach_m / 100,
                share(p.camera_records_permille),
            ),
            microphone: Detection::new(
                p.microphone_reach_m,
                p.microphone_reach_m / 100,
                share(p.microphone_records_permille),
            ),
            ln_right: libm::log1p(-share(p.kind_mistaken_permille)),
            ln_mistaken: MISTAKEN_FOR
                .map(|others| libm::log((share(p.kind_mistaken_permille) / others).max(1e-12))),
            counting: Counting::new(share(p.count_spread_permille)),
            clutter_reach_m: p.clutter_reach_m as f64,
            watch_margin_m: p.watch_margin_m as f64,
            watch_falls_off_m: p.watch_falls_off_m as f64,
            duty_presumed_us: p.duty_presumed_s.saturating_mul(1_000_000),
        }
    }

    /// How a sense perceives a family; `None` when nothing is known of it, so that neither a
    /// report's distance nor its absence says anything.
    pub(crate) const fn detection(&self, sense: Sense, family: Family) -> Option<&Detection> {
        match (sense, family) {
            (Sense::Person, Family::Heavy) => Some(&self.person[0]),
            (Sense::Person, Family::Light) => Some(&self.person[1]),
            (Sense::Person, Family::Air) => Some(&self.person[2]),
            (Sense::Camera, Family::Heavy) => Some(&self.camera),
            (Sense::Microphone, Family::Heavy) => Some(&self.microphone),
            _ => None,
        }
    }

    /// ln of how likely an event is at a place, against inside of what is watched, and its slope.
    pub(crate) fn ln_watched(&self, watched: &Watched, p: Xy) -> (f64, f64, f64) {
        let beyond = |at: f64, low: f64, high: f64| (at - high).max(0.0) - (low - at).max(0.0);
        let margin = self.watch_margin_m;
        let x = beyond(p.x, watched.low.x - margin, watched.high.x + margin);
        let y = beyond(p.y, watched.low.y - margin, watched.high.y + margin);
        if x == 0.0 && y == 0.0 {
            return (0.0, 0.0, 0.0);
        }
        let by = 1.0 / self.watch_falls_off_m;
        let slope = |d: f64| if d == 0.0 { 0.0 } else { -d.signum() * by };
        (-(x.abs() + y.abs()) * by, slope(x), slope(y))
    }

    /// Farther than this from a source nothing is perceived by it.
    pub(crate) fn reach_m(&self, sense: Sense, family: Family) -> f64 {
        self.detection(sense, family).map_or(30_000.0, |detection| detection.reach_m)
    }

    /// ln of the share in which `said` is reported when `act` happened.
    pub(crate) fn ln_said(&self, sense: Sense, said: Act, act: Act) -> f64 {
        if Family::of(said) != Family::of(act) {
            return f64::NEG_INFINITY;
        }
        // A microphone hears that something exploded and never what.
        if sense == Sense::Microphone {
            return 0.0;
        }
        if said == act {
            return self.ln_right;
        }
        match Family::of(act) {
            Family::Heavy => self.ln_mistaken[0],
            Family::Air => self.ln_mistaken[1],
            Family::Light | Family::Other => f64::NEG_INFINITY,
        }
    }
}
