//! What happens.

use agreement::Act;
use spacetime::Position;

use super::chance::Chance;
use super::world::World;

/// Acts, and how often each comes.
const ACTS: [(f64, Act); 7] = [
    (0.30, Act::Explosion),
    (0.10, Act::Impact),
    (0.16, Act::Outgoing),
    (0.08, Act::Airstrike),
    (0.06, Act::Rocket),
    (0.22, Act::SmallArms),
    (0.08, Act::Drone),
];
/// How far events scatter about a spot, metres.
const SPOT_M: f64 = 1_500.0;

/// How something is perceived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Heard from afar.
    Heavy,
    /// Heard from near by.
    Light,
    /// Seen in the air.
    Air,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is.
    pub act: Act,
    /// Seconds from the beginning of the world.
    pub at_s: f64,
    /// Where.
    pub place: Position,
    /// How many there are: rounds, or aircraft.
    pub count: u32,
    /// Whether it did happen: what a false rumour tells of did not.
    pub happened: bool,
}

impl Event {
    /// How it is perceived.
    #[must_use]
    pub const fn happening(&self) -> Happening {
        match self.act {
            Act::SmallArms => Happening::Light,
            Act::Drone => Happening::Air,
            _ => Happening::Heavy,
        }
    }
}

/// Acts that people take one for another.
pub(super) fn like(act: Act, chance: &mut Chance) -> Act {
    let heavy = [Act::Explosion, Act::Impact, Act::Outgoing, Act::Airstrike, Act::Rocket];
    if heavy.contains(&act) { heavy[chance.below(heavy.len())] } else { act }
}

/// An act by chance.
pub(super) fn some_act(chance: &mut Chance) -> Act {
    chance.one_of(&ACTS)
}

/// Everything that happens, by time.
pub(super) fn happen(world: &World, chance: &mut Chance) -> Vec<Event> {
    let spots: Vec<(f64, f64)> = (0..world.spots).map(|_| anywhere(world, chance)).collect();
    let times = chance.times(world.events_a_day / 86_400.0, 0.0, world.hours * 3600.0);
    let event = |at_s: f64| {
        let act = some_act(chance);
        let (east_m, north_m) = somewhere(world, &spots, chance);
        let mut count = 1;
        while act != Act::Drone && count < 40 && chance.is(0.55) {
            count += 1;
        }
        Event { act, at_s, place: world.at(east_m, north_m), count, happened: true }
    };
    times.into_iter().map(event).collect()
}

/// Half of what happens, where there are spots, lies about one of them.
pub(super) fn somewhere(world: &World, spots: &[(f64, f64)], chance: &mut Chance) -> (f64, f64) {
    if spots.is_empty() || chance.is(0.5) {
        return anywhere(world, chance);
    }
    let (east_m, north_m) = spots[chance.below(spots.len())];
    (east_m + chance.normal(SPOT_M), north_m + chance.normal(SPOT_M))
}

fn anywhere(world: &World, chance: &mut Chance) -> (f64, f64) {
    let World { east_m, north_m, .. } = world;
    (chance.between(-0.5, 0.5) * east_m, chance.between(-0.5, 0.5) * north_m)
}
