//! A seeded net of microphones that give arrival times and nothing else.

use agreement::report::Source;
use agreement::{Act, Protected, Report};
use spacetime::geodesy;
use spacetime::{Duration, Instant, Position};

use crate::observers::{Dice, heard_at};
use crate::world::at;

/// Stations and events strewn over 40 km by 40 km; a fifth of the picks are false.
pub(crate) struct Net {
    pub(crate) seed: u64,
    pub(crate) stations: usize,
    pub(crate) events: usize,
    pub(crate) seconds: f64,
}

/// An event, and how many stations picked it.
pub(crate) struct Event {
    pub(crate) at: Position,
    pub(crate) t: Instant,
    pub(crate) picks: usize,
}

impl Net {
    pub(crate) fn picked(&self) -> (Vec<Report>, Vec<Event>) {
        let mut dice = Dice::new(self.seed);
        let corner = Position::from_degrees(35.9, 32.6).unwrap();
        let somewhere = |dice: &mut Dice| {
            let mut mm = || (dice.share() * 4e7) as i64;
            geodesy::direct(geodesy::direct(corner, 0, mm()), 9000, mm())
        };
        let stations: Vec<Position> = (0..self.stations).map(|_| somewhere(&mut dice)).collect();
        let (mut picks, mut events) = (Vec::new(), Vec::new());
        for _ in 0..self.events {
            let (place, t) = (somewhere(&mut dice), dice.share() * self.seconds);
            let before = picks.len();
            for (n, &station) in stations.iter().enumerate() {
                let r = geodesy::inverse(station, place).length_mm as f64 / 1000.0;
                if r < 20_000.0 && dice.share() < 0.85 {
                    let way = r / 343.0;
                    let late = dice.normal(0.2) + 0.005 * way * dice.normal(1.0);
                    picks.push((n, t + way + late));
                }
            }
            events.push(Event { at: place, t: second(t), picks: picks.len() - before });
        }
        for _ in 0..picks.len() / 4 {
            picks.push((dice.below(self.stations), dice.share() * self.seconds));
        }
        let report = |(n, &(station, t)): (usize, &(usize, f64))| {
            let source = Source {
                id: format!("S{station:02}"),
                post: None,
                kind: "acoustic".to_owned(),
                position: Some(Protected::new(stations[station])),
            };
            let sd = Duration::from_micros(200_000);
            heard_at(format!("p{n}"), Act::Explosion, source, second(t), second(t), sd)
        };
        (picks.iter().enumerate().map(report).collect(), events)
    }
}

fn second(s: f64) -> Instant {
    at(0).plus(Duration::from_micros((s * 1e6) as i64))
}
