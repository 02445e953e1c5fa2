//! Two made-up registers of one period, of which the truth is known.

use agreement::report::{Extent, Place, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Report, report::Method};
use spacetime::{Duration, Instant, Interval, Position};

/// What the two registers are like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// Events that both have, that only A has, that only B has.
    pub(crate) common: u32,
    pub(crate) only: [u32; 2],
    pub(crate) days: f64,
    /// How wide the country is, kilometres.
    pub(crate) wide_km: f64,
    /// Standard deviation of a place in each direction, as it is and as it is said to be.
    pub(crate) place_sd_m: f64,
    pub(crate) stated_place_sd_m: f64,
    pub(crate) time_sd_s: f64,
    /// Share of rows that give only a day.
    pub(crate) only_day: f64,
    /// Share of common events that B writes down as several rows.
    pub(crate) split: f64,
}

impl World {
    pub(crate) const fn of(seed: u64) -> Self {
        Self {
            seed,
            common: 600,
            only: [400, 800],
            days: 60.0,
            wide_km: 120.0,
            place_sd_m: 1_500.0,
            stated_place_sd_m: 1_500.0,
            time_sd_s: 1_800.0,
            only_day: 0.3,
            split: 0.0,
        }
    }
}

/// Two registers; by row of each the event that it tells of.
pub(crate) struct Registers {
    pub(crate) reports: [Vec<Report>; 2],
    pub(crate) events: [Vec<u32>; 2],
}

/// SplitMix64: tests name its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn even(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.even() * n as f64) as usize).min(n - 1)
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (self.even().max(1e-300), self.even());
        (-2.0 * libm::log(u)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * v)
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.below(n + 1));
        }
    }
}

#[derive(Clone, Copy)]
struct Event {
    east_m: f64,
    north_m: f64,
    second: f64,
    act: Act,
}

const BLAST: [Act; 5] =
    [Act::Explosion, Act::Impact, Act::Airstrike, Act::SmallArms, Act::Outgoing];
const OTHER: [Act; 3] = [Act::Helicopter, Act::MovementOfForces, Act::DenialOfMovement];

pub(crate) fn registers(world: &World) -> Registers {
    let mut maker = Maker { world, dice: Dice::new(world.seed), towns: Vec::new() };
    let wide = world.wide_km * 1000.0;
    for _ in 0..40 {
        let town = (maker.dice.even() * wide, maker.dice.even() * wide, maker.dice.even());
        maker.towns.push(town);
    }
    let mut rows: [Vec<(Report, u32)>; 2] = [Vec::new(), Vec::new()];
    let mut event = 0;
    for (count, sides) in
        [(world.common, &[0, 1][..]), (world.only[0], &[0]), (world.only[1], &[1])]
    {
        for _ in 0..count {
            let happened = maker.event();
            let is_split = sides.len() == 2 && maker.dice.even() < world.split;
            for &side in sides {
                let several = if is_split && side == 1 { 2 + maker.dice.below(2) } else { 1 };
                for _ in 0..several {
                    let row = maker.row(happened, side, rows[side].len());
                    rows[side].push((row, event));
                }
            }
            event += 1;
        }
    }
    rows.iter_mut().for_each(|rows| maker.dice.shuffle(rows));
    let events = rows.each_ref().map(|rows| rows.iter().map(|row| row.1).collect());
    let reports = rows.map(|rows| rows.into_iter().map(|row| row.0).collect());
    Registers { reports, events }
}

struct Maker<'a> {
    world: &'a World,
    dice: Dice,
    towns: Vec<(f64, f64, f64)>,
}

impl Maker<'_> {
    /// Two in three about a town, some days worse than others.
    fn event(&mut self) -> Event {
        let wide = self.world.wide_km * 1000.0;
        let (east_m, north_m) = if self.dice.even() < 0.67 {
            let at = self.dice.even();
            let town = self.towns[((at * at) * self.towns.len() as f64) as usize];
            (town.0 + 3_000.0 * self.dice.normal(), town.1 + 3_000.0 * self.dice.normal())
        } else {
            (self.dice.even() * wide, self.dice.even() * wide)
        };
        let even = self.dice.even();
        let second = if self.dice.even() < 0.5 { even } else { even * even } * self.world.days;
        let act = if self.dice.even() < 0.9 {
            BLAST[self.dice.below(BLAST.len())]
        } else {
            OTHER[self.dice.below(OTHER.len())]
        };
        Event { east_m, north_m, second: second * 86_400.0, act }
    }

    fn kind(&mut self, act: Act) -> Act {
        let turn = self.dice.even();
        let family: &[Act] = if BLAST.contains(&act) { &BLAST } else { &OTHER };
        // Each register errs by itself, so half of what the pair of them does.
        if turn < 0.06 {
            family[self.dice.below(family.len())]
        } else if turn < 0.075 {
            [BLAST.as_slice(), &OTHER].concat()[self.dice.below(8)]
        } else {
            act
        }
    }

    fn error(&mut self) -> f64 {
        if self.dice.even() < 0.025 { 4.0 } else { 1.0 }
    }

    fn row(&mut self, event: Event, side: usize, number: usize) -> Report {
        let world = *self.world;
        let times = self.error();
        let east = event.east_m + times * world.place_sd_m * self.dice.normal();
        let north = event.north_m + times * world.place_sd_m * self.dice.normal();
        let lat = 33.0 + north / 111_000.0;
        let lon = 36.0 + east / (111_320.0 * 0.83);
        let times = self.error();
        let second = event.second + times * world.time_sd_s * self.dice.normal();
        let start = 1_500_000_000.0_f64;
        let (from, length) = if self.dice.even() < world.only_day {
            (((start + second) / 86_400.0).floor() * 86_400.0, 86_400)
        } else {
            ((start + second).floor(), 1)
        };
        let from = Instant::from_micros(from as i64 * 1_000_000);
        let told = Told {
            id: format!("{}-{number}", ["a", "b"][side]),
            act: self.kind(event.act),
            method: Method::Told,
            observed: Interval::new(from, from.plus(Duration::from_seconds(length))).unwrap(),
            source: Source {
                id: ["first", "second"][side].to_owned(),
                post: None,
                kind: "register".to_owned(),
                position: None,
            },
        };
        let radius_m = (2.0 * world.stated_place_sd_m) as u32;
        Report {
            place: Some(Place {
                nominal: Some(Position::from_degrees(lon, lat).unwrap()),
                extent: Extent::Radius { radius_m },
            }),
            clock_sd: Some(Duration::from_seconds(world.time_sd_s as i64)),
            ..Report::of(told, Locator { input: side as u16, record: number as u64 + 2 })
        }
    }
}
