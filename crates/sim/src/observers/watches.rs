//! Posts and patrols, and when they were kept.

use agreement::report::DutyState;
use serde_json::{Value, json};
use spacetime::Position;

use super::chance::Chance;
use super::telling::instant;
use super::world::{Layout, Parts, World};

/// Places that are tried for a post before one too near to another is taken.
const TRIES: usize = 60;
/// How far posts lie about a town, metres.
const TOWN_M: f64 = 3_000.0;
/// How long a patrol stays where it is, hours.
const PATROL_HOURS: f64 = 3.0;

/// Whoever watches from one place.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    pub(super) name: String,
    /// Whether it is a patrol, which has no post.
    pub(super) is_patrol: bool,
    pub(super) place: Position,
    pub(super) observers: usize,
    pub(super) has_camera: bool,
    pub(super) has_microphone: bool,
    /// Watches: from, to, and what became of them.
    pub(super) watches: Vec<(f64, f64, DutyState)>,
}

impl Keeper {
    /// When somebody watched.
    pub(super) fn kept(&self) -> impl Iterator<Item = (f64, f64)> {
        let on = self.watches.iter().filter(|(.., state)| *state == DutyState::On);
        on.map(|&(from, to, _)| (from, to))
    }

    pub(super) fn watches_at(&self, at_s: f64) -> bool {
        self.kept().any(|(from, to)| from <= at_s && at_s < to)
    }

    /// Its duty records, one for each watch.
    pub(super) fn records(&self, world: &World) -> Vec<Value> {
        let who = if self.is_patrol { "patrol" } else { "post" };
        let record = |(n, &(from, to, state)): (usize, &(f64, f64, DutyState))| {
            json!({
                "id": format!("{} {n}", self.name),
                who: self.name,
                "from": instant(world, from),
                "to": instant(world, to),
                "state": state.as_str(),
                "observers": self.observers,
                "lon": self.place.lon_degrees(),
                "lat": self.place.lat_degrees(),
            })
        };
        self.watches.iter().enumerate().map(record).collect()
    }
}

/// Posts, then patrols.
pub(super) fn keepers(world: &World, parts: &mut Parts) -> Vec<Keeper> {
    let (of_posts, of_patrols) = (&mut parts.posts, &mut parts.patrols);
    let mut keepers = Vec::new();
    for (n, (east_m, north_m)) in places(world, of_posts).into_iter().enumerate() {
        let watches = watches(world, of_posts);
        keepers.push(Keeper {
            name: format!("P{n:02}"),
            is_patrol: false,
            place: world.at(east_m, north_m),
            observers: 1 + usize::from(of_posts.is(0.25)),
            has_camera: of_posts.is(world.cameras),
            has_microphone: of_posts.is(world.microphones),
            watches,
        });
    }
    let rate = world.roster.patrols_a_day / 24.0;
    for (n, from) in of_patrols.times(rate, 0.0, world.hours).into_iter().enumerate() {
        let (east_m, north_m) = anywhere(world, 0.8, of_patrols);
        let state = if of_patrols.is(3.0 * world.roster.denied) {
            DutyState::Denied
        } else {
            DutyState::On
        };
        let to = (from + PATROL_HOURS).min(world.hours);
        keepers.push(Keeper {
            name: format!("patrol-{n:02}"),
            is_patrol: true,
            place: world.at(east_m, north_m),
            observers: 1,
            has_camera: false,
            has_microphone: false,
            watches: vec![(from * 3600.0, to * 3600.0, state)],
        });
    }
    keepers
}

/// Where posts lie, metres east and north of the middle.
pub(super) fn places(world: &World, chance: &mut Chance) -> Vec<(f64, f64)> {
    let World { east_m, north_m, posts, .. } = *world;
    let towns: Vec<(f64, f64)> = (0..3).map(|_| anywhere(world, 0.7, chance)).collect();
    let apart_m = match world.layout {
        Layout::Scattered => 0.6 * (east_m * north_m / posts as f64).sqrt(),
        Layout::AlongALine | Layout::AboutTowns => 700.0,
    };
    let mut places: Vec<(f64, f64)> = Vec::new();
    for n in 0..posts {
        let mut place = (0.0, 0.0);
        for _ in 0..TRIES {
            place = match world.layout {
                Layout::Scattered => anywhere(world, 0.95, chance),
                Layout::AlongALine => {
                    let along = (n as f64 + chance.between(0.2, 0.8)) / posts as f64 - 0.5;
                    let side = if n % 2 == 0 { 1.0 } else { -1.0 };
                    (along * east_m, side * chance.between(600.0, 2_500.0))
                }
                Layout::AboutTowns => {
                    let (east, north) = towns[n % towns.len()];
                    (east + chance.normal(TOWN_M), north + chance.normal(TOWN_M))
                }
            };
            let near = |&(e, n): &(f64, f64)| libm::hypot(place.0 - e, place.1 - n) < apart_m;
            if !places.iter().any(near) {
                break;
            }
        }
        places.push(place);
    }
    places
}

/// Watch after watch, from the beginning to the end.
fn watches(world: &World, chance: &mut Chance) -> Vec<(f64, f64, DutyState)> {
    let length = world.roster.watch_hours;
    let mut watches = Vec::new();
    let mut from = 0.0;
    while from < world.hours {
        let to = (from + length).min(world.hours);
        let state = match chance.share() {
            s if s < world.roster.denied => DutyState::Denied,
            s if s < world.roster.denied + world.roster.off => DutyState::Off,
            _ => DutyState::On,
        };
        watches.push((from * 3600.0, to * 3600.0, state));
        from = to;
    }
    watches
}

fn anywhere(world: &World, share: f64, chance: &mut Chance) -> (f64, f64) {
    let half = 0.5 * share;
    (chance.between(-half, half) * world.east_m, chance.between(-half, half) * world.north_m)
}
