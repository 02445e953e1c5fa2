//! What a world is like.

use spacetime::{Instant, Position, geodesy};

use super::chance::Chance;
use super::watches;
use crate::seed::Seeded;

/// When every world begins: 2018-04-01T00:00:00Z.
const BEGINS_S: i64 = 1_522_540_800;
/// Speed of sound at 0 degrees in dry air, metres a second, and how it grows (Cramer 1993, rounded).
const SOUND_M_S: f64 = 331.3;

/// How the posts lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Anywhere, no two next to each other.
    Scattered,
    /// On both sides of a line of contact from west to east.
    AlongALine,
    /// Some to each of three towns.
    AboutTowns,
}

/// The air that sound goes through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Air {
    /// Degrees Celsius.
    pub temperature_deg: f64,
    /// How fast the air moves eastwards, metres a second.
    pub wind_east_m_s: f64,
    /// And northwards.
    pub wind_north_m_s: f64,
}

/// Who perceives what from how far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// One person in two hears something heavy from so far, metres; it falls off over a quarter of it.
    pub heavy_m: f64,
    /// The same of small arms.
    pub light_m: f64,
    /// One in two notices what flies; it falls off over a third of it.
    pub air_m: f64,
    /// A camera sees what is heavy up to here, metres.
    pub camera_m: f64,
    /// That share of it.
    pub camera_share: f64,
    /// A microphone records what is heavy up to here, metres.
    pub microphone_m: f64,
    /// That share of it.
    pub microphone_share: f64,
}

/// How people are, and how they say what they perceived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// Spread of their clocks, seconds.
    pub clock_s: f64,
    /// Spread of a direction judged by ear, degrees.
    pub bearing_deg: f64,
    /// Spread of the logarithm of a distance judged by ear.
    pub range_log: f64,
    /// Share who say the minute.
    pub to_the_minute: f64,
    /// Share who say the quarter of an hour.
    pub to_the_quarter: f64,
    /// Share who say neither where nor how far.
    pub heard_only: f64,
    /// Share who give the distance by a word.
    pub by_class: f64,
    /// Share who name eight directions and not sixteen.
    pub eight_points: f64,
    /// Share of several things that one who counts them notices.
    pub noticed: f64,
    /// Share who call an act by the name of one that is like it.
    pub mistaken: f64,
    /// Reports of one person in an hour that are about nothing.
    pub strays_an_hour: f64,
    /// Share of reports that are handed in again, under the same name or a new one.
    pub copies: f64,
    /// Share that was wrong at first, and put right by a second report.
    pub corrected: f64,
    /// Rumours in a day, each of one origin, true or not, that several tell.
    pub rumours_a_day: f64,
}

/// How posts are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roster {
    /// Length of a watch, hours.
    pub watch_hours: f64,
    /// Share of watches that nobody keeps.
    pub off: f64,
    /// Share that somebody does not let be kept.
    pub denied: f64,
    /// Patrols in a day.
    pub patrols_a_day: f64,
}

/// What is said of noise that is not so: how many times wider it is than what reports state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Misstated {
    /// Of people's bearings.
    pub bearing: f64,
    /// Of people's distances.
    pub range: f64,
    /// Of people's clocks.
    pub clock: f64,
}

impl Misstated {
    /// Nothing is.
    pub const NOTHING: Self = Self { bearing: 1.0, range: 1.0, clock: 1.0 };
}

/// A world of observers. Whoever builds one by hand starts from a drawn one.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// What it is drawn from.
    pub seed: u64,
    /// The middle of the area.
    pub centre: Position,
    /// How wide the area is, metres.
    pub east_m: f64,
    /// How high.
    pub north_m: f64,
    /// How the posts lie.
    pub layout: Layout,
    /// How many there are.
    pub posts: usize,
    /// Share of posts with a camera.
    pub cameras: f64,
    /// Share of posts with a microphone.
    pub microphones: f64,
    /// How long it lasts, hours.
    pub hours: f64,
    /// Events in a day.
    pub events_a_day: f64,
    /// Events lie about so many spots; anywhere when there are none.
    pub spots: usize,
    /// The air.
    pub air: Air,
    /// Who perceives what.
    pub reach: Reach,
    /// How people are.
    pub habits: Habits,
    /// How posts are kept.
    pub roster: Roster,
    /// What is said wrongly.
    pub misstated: Misstated,
}

impl World {
    /// The world of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut chance = Parts::of(seed).world;
        let lon = chance.between(-170.0, 170.0);
        let layout = [Layout::Scattered, Layout::AlongALine, Layout::AboutTowns][chance.below(3)];
        let east_m = chance.between(18_000.0, 50_000.0);
        let north_m = match layout {
            Layout::AlongALine => east_m / 3.0,
            Layout::Scattered | Layout::AboutTowns => chance.between(18_000.0, 40_000.0),
        };
        let of_a_post_km2 = chance.between(35.0, 80.0);
        let posts = (east_m * north_m / 1e6 / of_a_post_km2) as usize;
        Self {
            seed,
            centre: Position::from_degrees(lon, chance.between(-55.0, 62.0)).expect("on the globe"),
            east_m,
            north_m,
            layout,
            posts: posts.clamp(6, 30),
            cameras: chance.between(0.0, 0.4),
            microphones: chance.between(0.0, 0.4),
            hours: 24.0,
            events_a_day: chance.between(60.0, 200.0),
            spots: [0, 0, 3, 6][chance.below(4)],
            air: Air {
                temperature_deg: chance.between(-15.0, 40.0),
                wind_east_m_s: chance.normal(4.0),
                wind_north_m_s: chance.normal(4.0),
            },
            reach: Reach::drawn(&mut chance),
            habits: Habits::drawn(&mut chance),
            roster: Roster {
                watch_hours: [4.0, 8.0, 12.0][chance.below(3)],
                off: chance.between(0.0, 0.25),
                denied: chance.between(0.0, 0.15),
                patrols_a_day: chance.between(0.0, 6.0),
            },
            misstated: Misstated::NOTHING,
        }
    }

    /// When it begins.
    #[must_use]
    pub const fn begins(&self) -> Instant {
        Instant::from_micros(BEGINS_S * 1_000_000)
    }

    /// What whoever fuses its reports is told of it: parameters by name.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, i64)> {
        let whole = |x: f64| x.round() as i64;
        let Self { air, reach, habits, .. } = self;
        let mut told = vec![
            ("air_temperature_mdeg", whole(air.temperature_deg * 1000.0)),
            ("wind_east_mm_s", whole(air.wind_east_m_s * 1000.0)),
            ("wind_north_mm_s", whole(air.wind_north_m_s * 1000.0)),
            ("camera_reach_m", whole(reach.camera_m)),
            ("camera_records_permille", whole(reach.camera_share * 1000.0)),
            ("microphone_reach_m", whole(reach.microphone_m)),
            ("microphone_records_permille", whole(reach.microphone_share * 1000.0)),
            ("kind_mistaken_permille", whole(habits.mistaken * 1000.0)),
            ("watch_margin_m", self.margin_m()),
        ];
        for (name, spread, median_m, falls_off) in [
            ("heard_heavy_m", "heard_heavy_spread_m", reach.heavy_m, 4.0),
            ("heard_light_m", "heard_light_spread_m", reach.light_m, 4.0),
            ("noticed_air_m", "noticed_air_spread_m", reach.air_m, 3.0),
        ] {
            told.push((name, whole(median_m)));
            told.push((spread, whole(median_m / falls_off)));
        }
        told
    }

    /// How far the area reaches beyond the box around its posts, at most.
    fn margin_m(&self) -> i64 {
        let places = watches::places(self, &mut Parts::of(self.seed).posts);
        let beyond = |of: fn(&(f64, f64)) -> f64, half_m: f64| {
            let low = places.iter().map(of).fold(f64::MAX, f64::min);
            let high = places.iter().map(of).fold(f64::MIN, f64::max);
            (half_m - high).max(low + half_m)
        };
        let east_m = beyond(|place| place.0, self.east_m / 2.0);
        east_m.max(beyond(|place| place.1, self.north_m / 2.0)).max(0.0).round() as i64
    }

    /// How fast sound goes one way, a unit vector, metres a second.
    pub(super) fn sound_m_s(&self, east: f64, north: f64) -> f64 {
        let Air { temperature_deg, wind_east_m_s, wind_north_m_s } = self.air;
        let still = SOUND_M_S * (1.0 + temperature_deg / 273.15).sqrt();
        still + east * wind_east_m_s + north * wind_north_m_s
    }

    /// The place so far east and north of the middle.
    pub(super) fn at(&self, east_m: f64, north_m: f64) -> Position {
        let north = geodesy::direct(self.centre, 0, (north_m * 1000.0) as i64);
        geodesy::direct(north, 9000, (east_m * 1000.0) as i64)
    }
}

/// Chances of each part, so that one that draws more shifts no other.
pub(super) struct Parts {
    world: Chance,
    pub(super) posts: Chance,
    pub(super) patrols: Chance,
    pub(super) events: Chance,
    pub(super) telling: Chance,
    pub(super) order: Chance,
}

impl Parts {
    pub(super) fn of(seed: u64) -> Self {
        let mut of = Chance::new(Seeded::new(seed));
        Self {
            world: of.split(),
            posts: of.split(),
            patrols: of.split(),
            events: of.split(),
            telling: of.split(),
            order: of.split(),
        }
    }
}

impl Reach {
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            heavy_m: chance.between(5_000.0, 9_000.0),
            light_m: chance.between(1_000.0, 2_500.0),
            air_m: chance.between(3_000.0, 7_000.0),
            camera_m: chance.between(5_000.0, 10_000.0),
            camera_share: chance.between(0.4, 0.9),
            microphone_m: chance.between(8_000.0, 16_000.0),
            microphone_share: chance.between(0.5, 0.9),
        }
    }
}

impl Habits {
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            clock_s: chance.between(8.0, 40.0).round(),
            bearing_deg: chance.between(6.0, 18.0).round(),
            range_log: chance.between(0.25, 0.45),
            to_the_minute: chance.between(0.2, 0.6),
            to_the_quarter: chance.between(0.0, 0.15),
            heard_only: chance.between(0.05, 0.35),
            by_class: chance.between(0.0, 0.4),
            eight_points: chance.between(0.0, 0.5),
            noticed: chance.between(0.8, 1.0),
            mistaken: chance.between(0.0, 0.03),
            strays_an_hour: chance.between(0.0, 0.15),
            copies: chance.between(0.0, 0.1),
            corrected: chance.between(0.0, 0.06),
            rumours_a_day: chance.between(0.0, 4.0),
        }
    }
}
