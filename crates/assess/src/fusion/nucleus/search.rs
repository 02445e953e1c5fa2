//! The search around one arrival: which others came with it, and from where.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::super::micro_nats;
use super::super::model::{Detection, Family, Sense};
use super::super::plane::Xy;
use super::super::scene::{Cluster, Scene};
use super::net::{Heard, Leaf, Net, Present, is_arrival, travel_s};
use super::{NUCLEUS_MIN, SIGMAS};

/// A leaf is looked into by so many places each way.
const PLACES: u32 = 5;
/// What the search may be off by, nats: so much under what is needed a cell is still looked into.
const SLACK: f64 = 3.5;
/// So much less is looked for as well, nats: then rates may change and nothing need be searched again.
const AHEAD: f64 = 1.0;
/// Rounds of gathering arrivals around a place and finding the place that fits them best.
const ROUNDS: usize = 3;
/// An arrival so many variances away, squared, is worth no more than none.
const FAR: f64 = 64.0;
/// No microphone.
const NONE: u32 = u32::MAX;

/// What came to one microphone: instant and number of each arrival, and ln of arrivals a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Came {
    pub(super) arrivals: Vec<(f64, u32)>,
    pub(super) ln_rate: f64,
}

/// An arrival among those of all microphones.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    t: f64,
    number: u32,
    station: u32,
    /// Its place among those of its microphone.
    at: usize,
}

pub(super) struct Search<'s, 'a> {
    scene: &'s Scene<'a>,
    net: &'a Net,
    detection: &'a Detection,
    came: Vec<Came>,
    /// All arrivals by time.
    order: Vec<Arrival>,
    /// Which microphones are on duty, by set.
    on: BTreeMap<u32, Vec<bool>>,
    /// Of each microphone where it stands among those present, for as long as they are looked for.
    slots: Vec<u32>,
    /// Less than this no cell is worth looking into, nats.
    needed: f64,
    /// How many of the best leaves around an arrival are gathered.
    pub(super) leaves: usize,
}

/// What is about an arrival.
struct Around<'p> {
    station: u32,
    t: f64,
    number: u32,
    present: &'p [Present],
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn of(scene: &'s Scene<'a>) -> Option<Self> {
        let net = scene.net?;
        let detection = scene.model.detection(Sense::Microphone, Family::Heavy)?;
        let observations = &scene.observed.observations;
        let mut of = vec![usize::MAX; scene.observed.units.len()];
        for (at, station) in net.stations.iter().enumerate() {
            of[station.unit as usize] = at;
        }
        let mut came = vec![Came::default(); net.stations.len()];
        for (n, one) in (0_u32..).zip(observations).filter(|(_, one)| is_arrival(one)) {
            if let Some(came) = came.get_mut(of[one.unit]) {
                came.arrivals.push((one.t, n));
            }
        }
        let seconds = (observations.last()?.t - observations.first()?.t).max(60.0);
        for came in &mut came {
            came.ln_rate = libm::log((came.arrivals.len() as f64 + 1.0) / seconds);
        }
        let heavy = agreement::Act::ALL.iter().filter(|&&act| Family::of(act) == Family::Heavy);
        let rate: f64 = heavy.map(|&act| libm::exp(scene.rates.ln_event(act))).sum();
        let sd = net.clock_sd.max(1e-3);
        let c = scene.model.sound_m_s;
        // As large as the volume of places and times that half a dozen arrivals leave open.
        let volume = (2.0 * PI) * (2.0 * PI).sqrt() * sd * sd * sd * c * c * 2.0 / 14.7;
        let needed = -(libm::log(rate) + libm::log(volume)) - SLACK - AHEAD;
        let slots = vec![NONE; came.len()];
        let (order, on) = (Vec::new(), BTreeMap::new());
        let mut search = Self { scene, net, detection, came, order, on, slots, needed, leaves: 1 };
        search.put_in_order();
        Some(search)
    }

    /// The least that is worth looking for, nats.
    pub(super) fn worth_min(&self) -> f64 {
        self.needed + AHEAD
    }

    /// What was looked for down to, nats.
    pub(super) const fn worth_searched(&self) -> f64 {
        self.needed
    }

    /// Leaves out arrivals that are told apart already.
    pub(super) fn without(&mut self, is_claimed: impl Fn(u32) -> bool) {
        for came in &mut self.came {
            came.arrivals.retain(|&(_, number)| !is_claimed(number));
        }
        self.put_in_order();
    }

    fn put_in_order(&mut self) {
        self.order.clear();
        for (station, came) in (0_u32..).zip(&self.came) {
            let arrivals = came.arrivals.iter().enumerate();
            let arrival = |(at, &(t, number))| Arrival { t, number, station, at };
            self.order.extend(arrivals.map(arrival));
        }
        self.order.sort_unstable_by_key(|arrival| arrival.number);
    }

    /// How many arrivals there are to search around.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The number of the arrival that is the `n`th by time.
    pub(super) fn number(&self, n: usize) -> u32 {
        self.order[n].number
    }

    /// The group that stands out most with an arrival at a microphone near to the event.
    pub(super) fn around(&mut self, n: usize) -> Option<Cluster> {
        let present = self.present(n);
        if present.len() + 1 < NUCLEUS_MIN {
            return None;
        }
        let Arrival { t, number, station, .. } = self.order[n];
        let us = self.scene.observed.base.micros() + (t * 1e6) as i64;
        let set = self.scene.duty.set_at(us);
        let (scene, net) = (self.scene, self.net);
        let on = self.on.entry(set).or_insert_with(|| {
            let members = scene.duty.members(set);
            let is_on = |unit: u32| members.binary_search(&unit).is_ok();
            net.stations.iter().map(|station| is_on(station.unit)).collect()
        });
        let ring = net.stations[station as usize].ring.iter();
        let off = (0_u32..).zip(ring).filter(|(_, neighbour)| !on[neighbour.number as usize]);
        let off: Vec<u32> = off.map(|(in_ring, _)| in_ring).collect();
        let own = self.detection.ln_perceived(0.0).0;
        let heard = Heard { t, present: &present, off: &off, came: &self.came };
        let around = Around { station, t, number, present: &present };
        let asked = (self.needed - own, self.leaves);
        let leaves = net.leaves(scene.model, self.detection, station, &heard, asked);
        let gathered = leaves.iter().filter_map(|leaf| self.gathered(leaf, &around));
        gathered.reduce(|best, one| if one.score > best.score { one } else { best })
    }

    /// What came to the microphones around about when an arrival did.
    fn present(&mut self, n: usize) -> Vec<Present> {
        let Arrival { t, station, .. } = self.order[n];
        let own = &self.net.stations[station as usize];
        let mut present: Vec<Present> = Vec::new();
        let mut look = |other: &Arrival| {
            let off = (other.t - t).abs();
            if off > own.far_s {
                return false;
            }
            let Some(in_ring) = own.in_ring(other.station) else { return true };
            if off > own.ring[in_ring as usize].apart_s {
                return true;
            }
            let slot = &mut self.slots[other.station as usize];
            if *slot == NONE {
                *slot = present.len() as u32;
                let arrivals = other.at..other.at + 1;
                present.push(Present { in_ring, station: other.station, arrivals });
            } else {
                let arrivals = &mut present[*slot as usize].arrivals;
                *arrivals = arrivals.start.min(other.at)..arrivals.end.max(other.at + 1);
            }
            true
        };
        let _ = self.order[..n].iter().rev().all(&mut look);
        let _ = self.order[n + 1..].iter().all(&mut look);
        for one in &present {
            self.slots[one.station as usize] = NONE;
        }
        present.sort_unstable_by_key(|one| one.in_ring);
        present
    }

    /// The group around the best place of a leaf.
    fn gathered(&self, leaf: &Leaf, around: &Around<'_>) -> Option<Cluster> {
        let own = self.net.stations[around.station as usize].at;
        let step = leaf.side / f64::from(PLACES);
        let places = (0..PLACES).flat_map(|x| (0..PLACES).map(move |y| (x, y)));
        let place = |(x, y): (u32, u32)| Xy {
            x: leaf.middle.x + (f64::from(x) - f64::from(PLACES / 2)) * step,
            y: leaf.middle.y + (f64::from(y) - f64::from(PLACES / 2)) * step,
        };
        let mut blur = 0.6 * step / self.scene.model.sound_m_s;
        let weighed = places.map(place).map(|p| {
            let t0 = around.t - self.travel_s(own, p);
            (micro_nats(leaf.quiet + self.worth_at(p, t0, blur, around.present)), p)
        });
        let best = weighed.reduce(|best, one| if one.0 > best.0 { one } else { best })?;
        let (worth, mut at) = best;
        if worth < micro_nats(self.needed) {
            return None;
        }
        let mut t0 = around.t - self.travel_s(own, at);
        let mut found: Option<Cluster> = None;
        for _ in 0..ROUNDS {
            let members = self.members(at, t0, blur, around);
            if members.len() < NUCLEUS_MIN {
                return None;
            }
            if found.as_ref().is_some_and(|cluster| cluster.members == members) {
                break;
            }
            let cluster = self.net.weighed(self.scene, members, at);
            at = cluster.at;
            t0 = self.instant(&cluster.members, at);
            blur = 0.0;
            found = Some(cluster);
        }
        found
    }

    /// What those present add at a place and an instant.
    fn worth_at(&self, p: Xy, t0: f64, blur: f64, present: &[Present]) -> f64 {
        let logarithm = &self.scene.model.logarithm;
        let mut sum = 0.0;
        for one in present {
            let at = self.net.stations[one.station as usize].at;
            let r = at.distance(p);
            if r > self.detection.median_m {
                continue;
            }
            let seconds = self.travel_s(at, p);
            let var = self.net.var(self.scene.model, seconds) + blur * blur;
            let miss = self.detection.ln_missed(r);
            let (off, _) = self.nearest(one, t0 + seconds);
            sum += if off * off < FAR * var {
                let ln_density = -0.5 * (logarithm.ln(2.0 * PI * var) + off * off / var);
                let rate = self.came[one.station as usize].ln_rate;
                (self.detection.ln_perceived(r).0 + ln_density - rate).max(miss)
            } else {
                miss
            };
        }
        sum
    }

    /// The arrival at a microphone nearest to an instant: how far off, and its number.
    fn nearest(&self, one: &Present, at: f64) -> (f64, u32) {
        let arrivals = &self.came[one.station as usize].arrivals[one.arrivals.clone()];
        let off = arrivals.iter().map(|&(t, number)| ((t - at).abs(), number));
        let nearest = off.reduce(|best, one| if one.0 < best.0 { one } else { best });
        nearest.unwrap_or((f64::INFINITY, NONE))
    }

    /// The arrivals that fit a place and an instant, one of each microphone at most, sorted.
    fn members(&self, p: Xy, t0: f64, blur: f64, around: &Around<'_>) -> Vec<u32> {
        let mut members = vec![around.number];
        for one in around.present {
            let at = self.net.stations[one.station as usize].at;
            let seconds = self.travel_s(at, p);
            let sd = (self.net.var(self.scene.model, seconds) + blur * blur).sqrt();
            let (off, number) = self.nearest(one, t0 + seconds);
            if off <= SIGMAS * sd && at.distance(p) <= self.detection.reach_m {
                members.push(number);
            }
        }
        members.sort_unstable();
        members
    }

    /// How far off an arrival is from when it should have come from a place and an instant, in standard
    /// deviations; of one that nobody hears so far off there is no telling.
    pub(super) fn off(&self, number: u32, t0: f64, from: Xy) -> f64 {
        let one = self.scene.one(number);
        let Some(at) = one.at.filter(|at| at.distance(from) <= self.detection.reach_m) else {
            return f64::INFINITY;
        };
        let seconds = self.travel_s(at, from);
        (one.t - t0 - seconds).abs() / self.net.var(self.scene.model, seconds).sqrt()
    }

    /// Longer no sound is on its way that is heard, seconds.
    pub(super) fn reach_s(&self) -> f64 {
        self.detection.reach_m / self.net.slowest_m_s * 1.1
    }

    /// The instant that arrivals have at a place.
    pub(super) fn instant(&self, members: &[u32], p: Xy) -> f64 {
        let (mut weight, mut weighted) = (0.0, 0.0);
        let base = self.scene.one(members[0]).t;
        for &n in members {
            let one = self.scene.one(n);
            let seconds = one.at.map_or(0.0, |at| self.travel_s(at, p));
            let var = self.net.var(self.scene.model, seconds);
            weight += 1.0 / var;
            weighted += (one.t - seconds - base) / var;
        }
        base + weighted / weight
    }

    fn travel_s(&self, at: Xy, from: Xy) -> f64 {
        travel_s(self.scene.model, at, from)
    }
}
