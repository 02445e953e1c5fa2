//! Groups of arrivals at microphones, looked for from places rather than from pairs.
//!
//! Where events are dense every arrival fits dozens of others two by two, and merging goes astray. So
//! each arrival in turn is taken for the one at a microphone near to the event, and the plane around it
//! is searched by a tree of cells (as PyOcto does in space and time, here in space alone, since the
//! arrival gives the time): in each cell every other microphone either has an arrival when it should
//! or was silent, and a cell is halved only while the best that it could hold is worth it. What is left
//! is weighed like every other group, and the best are taken first.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::f64::consts::PI;

use super::micro_nats;
use super::model::{Detection, Family, Model, Sense};
use super::observation::{Observation, Observed, Unit};
use super::plane::Xy;
use super::scene::{Cluster, Scene};

/// Fewest arrivals that place an event.
pub(crate) const NUCLEUS_MIN: usize = 3;
/// The arrival that is searched around is at one of so many microphones nearest to the event: all of
/// them would have to have missed it.
const NEAREST: usize = 3;
/// Side of the coarsest cells and of the finest, metres.
const ROOT_M: f64 = 8000.0;
const LEAF_M: f64 = 500.0;
/// A leaf is looked into by so many places each way.
const PLACES: u32 = 5;
/// Most microphones that are searched between; beyond it pairs have to do.
pub const MICROPHONES_MAX: usize = 1000;
/// Arrivals farther off than so many standard deviations are of something else.
const SIGMAS: f64 = 3.5;
/// What the search may be off by, nats: so much under what is needed a cell is still looked into.
const SLACK: f64 = 4.0;
/// Rounds of gathering arrivals around a place and finding the place that fits them best.
const ROUNDS: usize = 3;
/// What groups leave over is searched again, so many times at most.
const PASSES_MAX: usize = 4;
/// So many of the best leaves around an arrival are gathered when what is left over is searched.
const LEAVES: usize = 3;
/// An arrival so many variances away, squared, is worth no more than none.
const FAR: f64 = 64.0;

/// One microphone's arrivals in a cell around another.
#[derive(Clone, Copy, Debug)]
struct Expected {
    station: u32,
    /// How much later than at the one searched around, seconds, and how much that varies in the cell.
    late: f64,
    slack: f64,
    /// Standard deviation of an arrival.
    sd: f64,
    /// What it is worth to have an arrival, but for how often any comes, and none, nats.
    hit: f64,
    miss: f64,
}

/// A square around a microphone.
#[derive(Clone, Debug)]
struct Cell {
    middle: Xy,
    side: f64,
    expected: Vec<Expected>,
    children: Vec<u32>,
}

/// A microphone and the cells around it.
#[derive(Clone, Debug)]
struct Station {
    at: Xy,
    unit: u32,
    cells: Vec<Cell>,
    roots: Vec<u32>,
}

/// All microphones, with the cells in which each is one of the nearest.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    stations: Vec<Station>,
    /// Standard deviation of a clock, the best of any.
    clock_sd: f64,
}

/// What came to one microphone: instant and number of each arrival, and ln of arrivals a second.
#[derive(Clone, Debug, Default)]
struct Came {
    arrivals: Vec<(f64, u32)>,
    ln_rate: f64,
}

struct Search<'s, 'a> {
    scene: &'s Scene<'a>,
    net: &'a Net,
    detection: &'a Detection,
    came: Vec<Came>,
    ln_event: f64,
    /// How many of the best leaves around an arrival are gathered.
    leaves: usize,
}

/// The groups that stand out, the best first. What the best leave over is searched again.
pub(crate) fn nuclei(scene: &Scene<'_>) -> Vec<Cluster> {
    let Some(mut search) = Search::of(scene) else { return Vec::new() };
    let (mut taken, mut claimed) = (Vec::new(), BTreeSet::new());
    for _ in 0..PASSES_MAX {
        let mut found: BTreeMap<Vec<u32>, Cluster> = BTreeMap::new();
        for around in 0..search.came.len() {
            for n in 0..search.came[around].arrivals.len() {
                if let Some(cluster) = search.around(around, n) {
                    found.entry(cluster.members.clone()).or_insert(cluster);
                }
            }
        }
        let (before, first) = (taken.len(), search.leaves == 1);
        best_first(scene, found.into_values(), &mut taken, &mut claimed);
        search.leaves = LEAVES;
        if taken.len() == before && !first {
            break;
        }
        for came in &mut search.came {
            came.arrivals.retain(|(_, number)| !claimed.contains(number));
        }
    }
    taken
}

/// A group by its score, then the earliest, with the bits of its place.
type Offer = (i64, std::cmp::Reverse<Vec<u32>>, (u64, u64));

/// Takes the best group, then the best of what is left without its members.
fn best_first(
    scene: &Scene<'_>,
    found: impl Iterator<Item = Cluster>,
    taken: &mut Vec<Cluster>,
    claimed: &mut BTreeSet<u32>,
) {
    let mut heap: BinaryHeap<Offer> = BinaryHeap::new();
    let offer = |cluster: Cluster| {
        let at = (cluster.at.x.to_bits(), cluster.at.y.to_bits());
        (cluster.score, std::cmp::Reverse(cluster.members), at)
    };
    heap.extend(found.filter(|cluster| cluster.score > 0).map(offer));
    let mut last: Option<Vec<u32>> = None;
    while let Some((_, std::cmp::Reverse(members), at)) = heap.pop() {
        if last.as_ref() == Some(&members) {
            continue;
        }
        last = Some(members.clone());
        let at = Xy { x: f64::from_bits(at.0), y: f64::from_bits(at.1) };
        let free: Vec<u32> = members.iter().copied().filter(|n| !claimed.contains(n)).collect();
        if free.len() < NUCLEUS_MIN {
            continue;
        }
        let whole = free.len() == members.len();
        let cluster = scene.cluster(free, &[at]);
        if whole {
            claimed.extend(&cluster.members);
            taken.push(cluster);
        } else if cluster.score > 0 {
            heap.push(offer(cluster));
        }
    }
}

impl Net {
    /// The microphones of everything that was observed; `None` when there are too few to place
    /// anything, or too many.
    pub(crate) fn of(model: &Model, observed: &Observed) -> Option<Self> {
        let units = (0_u32..).zip(&observed.units);
        let microphones = units.filter(|(_, unit)| unit.sense == Sense::Microphone);
        let station = |(unit, known): (u32, &Unit)| {
            let (cells, roots) = (Vec::new(), Vec::new());
            Some(Station { at: known.at?, unit, cells, roots })
        };
        let stations: Vec<Station> = microphones.filter_map(station).collect();
        if stations.len() < NUCLEUS_MIN || stations.len() > MICROPHONES_MAX {
            return None;
        }
        let detection = model.detection(Sense::Microphone, Family::Heavy)?;
        let arrivals = observed.observations.iter().filter(|one| is_arrival(one));
        let clock_sd = arrivals.map(|one| one.var).fold(f64::INFINITY, f64::min).sqrt();
        let mut net = Self { stations, clock_sd };
        let divide = Divide { model, detection };
        for around in 0..net.stations.len() {
            let (cells, roots) = divide.around(&net, around);
            (net.stations[around].cells, net.stations[around].roots) = (cells, roots);
        }
        Some(net)
    }
}

/// Whether an observation is a bare arrival at a microphone.
fn is_arrival(one: &Observation) -> bool {
    let is_bare = one.direction.is_none() && one.distance.is_none() && one.spot.is_none();
    one.sense == Sense::Microphone && one.heard && is_bare && one.family == Family::Heavy
}

fn travel_s(model: &Model, at: Xy, from: Xy) -> f64 {
    let r = at.distance(from).max(1.0);
    let along = ((at.x - from.x) * model.wind.0 + (at.y - from.y) * model.wind.1) / r;
    r / (model.sound_m_s + along).max(100.0)
}

/// Makes cells.
struct Divide<'a> {
    model: &'a Model,
    detection: &'a Detection,
}

impl Divide<'_> {
    /// The cells around a microphone in which it is one of the nearest.
    fn around(&self, net: &Net, around: usize) -> (Vec<Cell>, Vec<u32>) {
        let at = net.stations[around].at;
        let reach = self.detection.median_m;
        let wide = (reach / ROOT_M).ceil() as i32;
        let mut cells: Vec<Cell> = Vec::new();
        for (x, y) in (-wide..=wide).flat_map(|x| (-wide..=wide).map(move |y| (x, y))) {
            let middle = Xy { x: at.x + f64::from(x) * ROOT_M, y: at.y + f64::from(y) * ROOT_M };
            cells.extend(self.cell(net, around, middle, ROOT_M));
        }
        let roots = (0..cells.len() as u32).collect();
        let mut next = 0;
        while next < cells.len() {
            let (middle, side) = (cells[next].middle, cells[next].side / 2.0);
            if side >= LEAF_M {
                for (east, north) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
                    let middle = Xy { x: middle.x + east * side, y: middle.y + north * side };
                    if let Some(cell) = self.cell(net, around, middle, side) {
                        let number = cells.len() as u32;
                        cells[next].children.push(number);
                        cells.push(cell);
                    }
                }
            }
            next += 1;
        }
        (cells, roots)
    }

    /// A cell, if the microphone may be one of the nearest in it and hear what happens there.
    fn cell(&self, net: &Net, around: usize, middle: Xy, side: f64) -> Option<Cell> {
        let half = side * std::f64::consts::FRAC_1_SQRT_2;
        let own_at = net.stations[around].at;
        let own = own_at.distance(middle);
        let nearer = net.stations.iter().filter(|s| s.at.distance(middle) + half < own - half);
        if own - half > self.detection.median_m || nearer.count() >= NEAREST {
            return None;
        }
        let own_s = travel_s(self.model, own_at, middle);
        let mut expected = Vec::new();
        for (n, station) in (0_u32..).zip(&net.stations) {
            let r = station.at.distance(middle);
            if n as usize == around || r - half > self.detection.median_m {
                continue;
            }
            let seconds = travel_s(self.model, station.at, middle);
            let sd = sd(self.model, net, seconds);
            // How fast the difference of two ways changes: twice a step at most, less where both
            // microphones lie in one direction.
            let apart = turned(own_at, station.at, middle);
            let bent = half * 0.5 * (1.0 / (r - half).max(half) + 1.0 / (own - half).max(half));
            let slack = half * (apart + bent).min(2.0) / self.model.sound_m_s;
            let hit = worth(self.detection, (r - half).max(0.0), sd);
            let miss = self.detection.ln_missed(r + half);
            expected.push(Expected { station: n, late: seconds - own_s, slack, sd, hit, miss });
        }
        Some(Cell { middle, side, expected, children: Vec::new() })
    }
}

fn sd(model: &Model, net: &Net, seconds: f64) -> f64 {
    (net.clock_sd * net.clock_sd + model.travel_var * seconds * seconds).sqrt()
}

/// What an arrival is worth at a distance, but for how often any comes.
fn worth(detection: &Detection, r: f64, sd: f64) -> f64 {
    detection.ln_perceived(r).0 - libm::log(sd * (2.0 * PI).sqrt())
}

/// Length of the difference of the directions to two microphones.
fn turned(a: Xy, b: Xy, from: Xy) -> f64 {
    let way = |at: Xy| {
        let r = at.distance(from).max(1.0);
        ((at.x - from.x) / r, (at.y - from.y) / r)
    };
    let ((ax, ay), (bx, by)) = (way(a), way(b));
    ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt()
}

impl<'s, 'a> Search<'s, 'a> {
    fn of(scene: &'s Scene<'a>) -> Option<Self> {
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
        Some(Self { scene, net, detection, came, ln_event: libm::log(rate), leaves: 1 })
    }

    fn travel_s(&self, at: Xy, from: Xy) -> f64 {
        travel_s(self.scene.model, at, from)
    }

    fn sd(&self, seconds: f64) -> f64 {
        self.var(seconds).sqrt()
    }

    fn var(&self, seconds: f64) -> f64 {
        let clock_sd = self.net.clock_sd;
        clock_sd * clock_sd + self.scene.model.travel_var * seconds * seconds
    }

    /// The least that arrivals have to be worth for an event to be likelier than none, nats.
    fn needed(&self, sd: f64) -> f64 {
        let c = self.scene.model.sound_m_s;
        // As large as the volume of places and times that half a dozen arrivals leave open.
        let volume = (2.0 * PI) * (2.0 * PI).sqrt() * sd * sd * sd * c * c * 2.0 / 14.7;
        -(self.ln_event + libm::log(volume)) - SLACK
    }

    /// The group that stands out most with an arrival at a microphone near to the event.
    fn around(&self, around: usize, arrival: usize) -> Option<Cluster> {
        let station = &self.net.stations[around];
        let (t, number) = self.came[around].arrivals[arrival];
        let far = self.detection.median_m / self.scene.model.sound_m_s * 1.1 + 5.0;
        let near = |s: &Came| {
            let from = s.arrivals.partition_point(|&(other, _)| other < t - far);
            let upto = s.arrivals[from..].partition_point(|&(other, _)| other <= t + far);
            (from, from + upto)
        };
        let near: Vec<(usize, usize)> = self.came.iter().map(near).collect();
        let us = self.scene.observed.base.micros() + (t * 1e6) as i64;
        let on = self.scene.duty.members(self.scene.duty.set_at(us));
        let on = |n: u32| on.binary_search(&self.net.stations[n as usize].unit).is_ok();
        let on: Vec<bool> = (0..self.came.len() as u32).map(on).collect();
        let needed = self.needed(self.net.clock_sd.max(1e-3));
        let own = self.detection.ln_perceived(0.0).0;
        let mut open = station.roots.clone();
        let mut leaves: Vec<(i64, std::cmp::Reverse<u32>)> = Vec::new();
        while let Some(n) = open.pop() {
            let cell = &station.cells[n as usize];
            let worth = own + self.worth_of(cell, t, &near, &on);
            if worth < needed {
                continue;
            }
            if cell.children.is_empty() {
                leaves.push((micro_nats(worth), std::cmp::Reverse(n)));
            }
            open.extend(&cell.children);
        }
        leaves.sort_unstable_by(|a, b| b.cmp(a));
        let gathered =
            leaves.iter().take(self.leaves).filter_map(|&(_, std::cmp::Reverse(leaf))| {
                self.gathered(
                    &station.cells[leaf as usize],
                    (around, t, number),
                    &near,
                    &on,
                    needed,
                )
            });
        gathered.reduce(|best, one| if one.score > best.score { one } else { best })
    }

    /// The most that arrivals in a cell can be worth.
    fn worth_of(&self, cell: &Cell, t: f64, near: &[(usize, usize)], on: &[bool]) -> f64 {
        let mut sum = 0.0;
        for e in &cell.expected {
            let station = e.station as usize;
            let (from, upto) = near[station];
            let (at, wide) = (t + e.late, e.slack + SIGMAS * e.sd);
            let Came { arrivals, ln_rate } = &self.came[station];
            let arrivals = &arrivals[from..upto];
            let is_there = arrivals.iter().any(|&(other, _)| (other - at).abs() <= wide);
            let miss = if on[station] { e.miss } else { 0.0 };
            sum += if is_there { (e.hit - ln_rate).max(miss) } else { miss };
        }
        sum
    }

    /// The group around the best place of a leaf.
    fn gathered(
        &self,
        leaf: &Cell,
        (around, t, number): (usize, f64, u32),
        near: &[(usize, usize)],
        on: &[bool],
        needed: f64,
    ) -> Option<Cluster> {
        let own = self.net.stations[around].at;
        let step = leaf.side / f64::from(PLACES);
        let places = (0..PLACES).flat_map(|x| (0..PLACES).map(move |y| (x, y)));
        let place = |(x, y): (u32, u32)| Xy {
            x: leaf.middle.x + (f64::from(x) - f64::from(PLACES / 2)) * step,
            y: leaf.middle.y + (f64::from(y) - f64::from(PLACES / 2)) * step,
        };
        let blur = 0.6 * step / self.scene.model.sound_m_s;
        let weighed = places.map(place).map(|p| {
            let t0 = t - self.travel_s(own, p);
            (micro_nats(self.worth_at(p, t0, blur, near, on)), p)
        });
        let best = weighed.reduce(|best, one| if one.0 > best.0 { one } else { best })?;
        let (worth, mut at) = best;
        if worth < micro_nats(needed) {
            return None;
        }
        let mut t0 = t - self.travel_s(own, at);
        let mut blur = blur;
        let mut found: Option<Cluster> = None;
        for _ in 0..ROUNDS {
            let members = self.members(at, t0, blur, (around, number), near);
            if members.len() < NUCLEUS_MIN {
                return None;
            }
            if found.as_ref().is_some_and(|cluster| cluster.members == members) {
                break;
            }
            let cluster = self.scene.cluster(members, &[at]);
            at = cluster.at;
            t0 = self.instant(&cluster.members, at);
            blur = 0.0;
            found = Some(cluster);
        }
        found.filter(|cluster| cluster.score > 0)
    }

    fn worth_at(&self, p: Xy, t0: f64, blur: f64, near: &[(usize, usize)], on: &[bool]) -> f64 {
        let logarithm = &self.scene.model.logarithm;
        let mut sum = 0.0;
        for (n, station) in self.net.stations.iter().enumerate() {
            let r = station.at.distance(p);
            if r > self.detection.median_m {
                continue;
            }
            let seconds = self.travel_s(station.at, p);
            let var = self.var(seconds) + blur * blur;
            let miss = if on[n] { self.detection.ln_missed(r) } else { 0.0 };
            let nearest = self.nearest(n, t0 + seconds, near);
            sum += nearest.filter(|(off, _)| off * off < FAR * var).map_or(miss, |(off, _)| {
                let ln_density = -0.5 * (logarithm.ln(2.0 * PI * var) + off * off / var);
                let hit = self.detection.ln_perceived(r).0 + ln_density - self.came[n].ln_rate;
                hit.max(miss)
            });
        }
        sum
    }

    /// The arrival at a microphone nearest to an instant: how far off, and its number.
    fn nearest(&self, n: usize, at: f64, near: &[(usize, usize)]) -> Option<(f64, u32)> {
        let (from, upto) = near[n];
        let arrivals = self.came[n].arrivals[from..upto].iter();
        let off = arrivals.map(|&(t, number)| ((t - at).abs(), number));
        off.reduce(|best, one| if one.0 < best.0 { one } else { best })
    }

    /// The arrivals that fit a place and an instant, one of each microphone at most, sorted.
    fn members(
        &self,
        p: Xy,
        t0: f64,
        blur: f64,
        (around, number): (usize, u32),
        near: &[(usize, usize)],
    ) -> Vec<u32> {
        let fits = |(n, station): (usize, &Station)| {
            if n == around {
                return Some(number);
            }
            let seconds = self.travel_s(station.at, p);
            let sd = (self.sd(seconds) * self.sd(seconds) + blur * blur).sqrt();
            let is_heard = station.at.distance(p) <= self.detection.reach_m;
            let (off, number) = self.nearest(n, t0 + seconds, near).filter(|_| is_heard)?;
            (off <= SIGMAS * sd).then_some(number)
        };
        let mut members: Vec<u32> = self.net.stations.iter().enumerate().filter_map(fits).collect();
        members.sort_unstable();
        members
    }

    /// The instant that arrivals have at a place.
    fn instant(&self, members: &[u32], p: Xy) -> f64 {
        let (mut weight, mut weighted) = (0.0, 0.0);
        let base = self.scene.one(members[0]).t;
        for &n in members {
            let one = self.scene.one(n);
            let seconds = one.at.map_or(0.0, |at| self.travel_s(at, p));
            let sd = self.sd(seconds);
            weight += 1.0 / (sd * sd);
            weighted += (one.t - seconds - base) / (sd * sd);
        }
        base + weighted / weight
    }
}
