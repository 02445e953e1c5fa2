//! Microphones, and around each a tree of cells in which it is one of the nearest to the event.
//!
//! Cells are made when a search first comes to them: most places never hold an event.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::ops::Range;

use agreement::Act;

use super::super::micro_nats;
use super::super::model::{Detection, Family, Model, Sense};
use super::super::observation::{Observation, Observed, Unit};
use super::super::peak::Peak;
use super::super::plane::Xy;
use super::super::scene::{Cluster, Scene};
use super::search::Came;
use super::{MICROPHONES_MAX, NUCLEUS_MIN, SIGMAS};

/// The arrival that is searched around is at one of so many microphones nearest to the event: all of
/// them would have to have missed it.
const NEAREST: usize = 3;
/// Side of the coarsest cells and of the finest, metres.
const ROOT_M: f64 = 8000.0;
const LEAF_M: f64 = 500.0;

/// All microphones, with the cells in which each is one of the nearest.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(super) stations: Vec<Station>,
    /// Standard deviation of a clock, the best of any.
    pub(super) clock_sd: f64,
    /// Speed of sound against the wind, metres a second.
    pub(super) slowest_m_s: f64,
    /// Where groups that were weighed before fit best, by the numbers of their observations among all.
    tops: RefCell<BTreeMap<Vec<u32>, Peak>>,
    /// Likewise pairs of arrivals that nobody searched for by place.
    pair_tops: RefCell<BTreeMap<(u32, u32), Peak>>,
    /// Likewise one bare arrival at a unit, by act and who was on duty.
    lone_tops: RefCell<BTreeMap<(usize, Act, u32), Peak>>,
    /// What searches of runs came to, by the number of a run's first observation and how many it has.
    searched: RefCell<BTreeMap<(u32, usize), Searched>>,
    /// Whether two units cannot have heard what none of the others did, by who was on duty.
    pub(crate) hushed: RefCell<BTreeMap<(u32, usize, usize), bool>>,
}

/// What a search came to.
#[derive(Clone, Debug)]
struct Searched {
    /// Whatever is worth more was looked for, nats.
    worth: f64,
    /// The groups that were found in it, each with its place.
    offered: BTreeMap<Vec<u32>, Xy>,
}

/// A microphone and the cells around it.
#[derive(Clone, Debug)]
pub(super) struct Station {
    pub(super) at: Xy,
    pub(super) unit: u32,
    /// Those that may hear what it hears, by number.
    pub(super) ring: Vec<Neighbour>,
    /// No two arrivals of one event are farther apart, seconds.
    pub(super) far_s: f64,
    tree: RefCell<Tree>,
}

/// Another microphone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) number: u32,
    /// How far apart the two arrivals of one event may be, seconds.
    pub(super) apart_s: f64,
}

/// Cells.
#[derive(Clone, Debug, Default)]
struct Tree {
    cells: Vec<Cell>,
    roots: Option<Range<u32>>,
}

/// A square around a microphone.
#[derive(Clone, Debug)]
struct Cell {
    middle: Xy,
    side: f64,
    /// What it is worth that nobody in the ring has an arrival, nats.
    silent: f64,
    /// Of each in the ring.
    expected: Box<[Expected]>,
    children: Option<Range<u32>>,
}

/// A cell that is not halved any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) middle: Xy,
    pub(super) side: f64,
    /// What it is worth that those who have no arrival have none, nats.
    pub(super) quiet: f64,
}

/// One microphone's arrivals in a cell around another.
///
/// There are many: in single precision, which is microseconds and micro-nats, twice as many are at hand.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// How much later than at the one searched around, seconds, and how far off that it may be.
    late: f32,
    wide: f32,
    /// What it is worth to have an arrival, but for how often any comes, and none, nats.
    hit: f32,
    miss: f32,
}

impl Expected {
    /// Of a microphone that hears nothing of what happens in the cell.
    const NOTHING: Self = Self { late: 0.0, wide: -1.0, hit: f32::NEG_INFINITY, miss: 0.0 };
}

/// What has come to one microphone of a ring about when an arrival came to another.
#[derive(Clone, Debug)]
pub(super) struct Present {
    /// Its number in the ring and among all.
    pub(super) in_ring: u32,
    pub(super) station: u32,
    /// Instant and number of each arrival, as a range of those that came to it.
    pub(super) arrivals: Range<usize>,
}

/// What a bound of a cell depends on beside the cell.
pub(super) struct Heard<'a> {
    /// Instant of the arrival that is searched around.
    pub(super) t: f64,
    pub(super) present: &'a [Present],
    /// Those of the ring that were not on duty.
    pub(super) off: &'a [u32],
    /// Instants of the arrivals at each microphone, and ln of how many come a second.
    pub(super) came: &'a [Came],
}

impl Net {
    /// The microphones of everything that was observed; `None` when there are too few to place
    /// anything, or too many.
    pub(crate) fn of(model: &Model, observed: &Observed) -> Option<Self> {
        let units = (0_u32..).zip(&observed.units);
        let microphones = units.filter(|(_, unit)| unit.sense == Sense::Microphone);
        let station = |(unit, known): (u32, &Unit)| {
            let (ring, tree) = (Vec::new(), RefCell::default());
            Some(Station { at: known.at?, unit, ring, far_s: 0.0, tree })
        };
        let mut stations: Vec<Station> = microphones.filter_map(station).collect();
        if stations.len() < NUCLEUS_MIN || stations.len() > MICROPHONES_MAX {
            return None;
        }
        let detection = model.detection(Sense::Microphone, Family::Heavy)?;
        let arrivals = observed.observations.iter().filter(|one| is_arrival(one));
        let clock_sd = arrivals.map(|one| one.var).fold(f64::INFINITY, f64::min).sqrt();
        let places: Vec<Xy> = stations.iter().map(|station| station.at).collect();
        let slowest = slowest_m_s(model);
        let reach_s = detection.median_m / slowest;
        let doubt = SIGMAS * (clock_sd * clock_sd + model.travel_var * reach_s * reach_s).sqrt();
        for (around, station) in stations.iter_mut().enumerate() {
            // What one hears first the other hears no later than by way of the one.
            let apart = |at: Xy| (at.distance(station.at) / slowest).min(reach_s) * 1.1 + doubt;
            let is_near = |n: u32, at: Xy| {
                n as usize != around && at.distance(station.at) < 2.0 * detection.median_m + ROOT_M
            };
            let near = (0_u32..).zip(&places).filter(|&(n, &at)| is_near(n, at));
            let near = near.map(|(number, &at)| Neighbour { number, apart_s: apart(at) });
            station.ring = near.collect();
            let apart = station.ring.iter().map(|neighbour| neighbour.apart_s);
            station.far_s = apart.fold(0.0, f64::max);
        }
        Some(Self {
            stations,
            clock_sd,
            slowest_m_s: slowest,
            tops: RefCell::default(),
            pair_tops: RefCell::default(),
            lone_tops: RefCell::default(),
            searched: RefCell::default(),
            hushed: RefCell::default(),
        })
    }

    /// A group of arrivals, which fits best near a place. Where that is depends on no rate, and so is
    /// looked for once.
    pub(super) fn weighed(&self, scene: &Scene<'_>, members: Vec<u32>, near: Xy) -> Cluster {
        let first = scene.observed.first;
        let among_all: Vec<u32> = members.iter().map(|n| n + first).collect();
        let mut tops = self.tops.borrow_mut();
        let top = tops.entry(among_all).or_insert_with(|| scene.top_near(&members, near));
        scene.scored(members, top.at, top.ln_integral)
    }

    /// Two arrivals as one event.
    pub(crate) fn pair(&self, scene: &Scene<'_>, [a, b]: [u32; 2]) -> Cluster {
        let (first, members) = (scene.observed.first, vec![a, b]);
        let mut tops = self.pair_tops.borrow_mut();
        let top = *tops.entry((a + first, b + first)).or_insert_with(|| scene.top(&members, &[]));
        scene.scored(members, top.at, top.ln_integral)
    }

    /// Where one bare arrival fits best; one is like the other.
    pub(crate) fn lone_top(&self, scene: &Scene<'_>, number: u32) -> Peak {
        let one = scene.one(number);
        let mut tops = self.lone_tops.borrow_mut();
        let top = tops.entry((one.unit, one.act, scene.set_of(number)));
        *top.or_insert_with(|| scene.lone_top(number))
    }

    /// What was found in the run before, weighed anew; `None` when it was not searched for what is worth so
    /// little.
    pub(super) fn offered(&self, scene: &Scene<'_>, worth: f64) -> Option<Vec<Cluster>> {
        let searched = self.searched.borrow();
        let known = searched.get(&run(scene)).filter(|known| known.worth <= worth)?;
        let weighed = |(members, &at): (&Vec<u32>, &Xy)| self.weighed(scene, members.clone(), at);
        Some(known.offered.iter().map(weighed).collect())
    }

    /// Keeps what was found in a run: rates change from round to round, and the arrivals do not.
    pub(super) fn keep(&self, scene: &Scene<'_>, worth: f64, offered: BTreeMap<Vec<u32>, Xy>) {
        self.searched.borrow_mut().insert(run(scene), Searched { worth, offered });
    }

    /// The leaves around a microphone that may hold what was heard, the one that may hold most first, as many
    /// as are asked for; what a cell is worth at least stands before that.
    pub(super) fn leaves(
        &self,
        model: &Model,
        detection: &Detection,
        around: u32,
        heard: &Heard<'_>,
        (needed, count): (f64, usize),
    ) -> Vec<Leaf> {
        let station = &self.stations[around as usize];
        let mut tree = station.tree.borrow_mut();
        let divide = Divide { model, detection, net: self, around: around as usize };
        let mut open = BinaryHeap::new();
        let mut leaves = Vec::new();
        let mut next = tree.roots(&divide);
        loop {
            for n in next {
                let worth = tree.worth(n, heard);
                if worth >= needed {
                    open.push((micro_nats(worth), Reverse(n)));
                }
            }
            let Some((_, Reverse(n))) = open.pop() else { break };
            if tree.cells[n as usize].side > LEAF_M {
                next = tree.children(&divide, n);
                continue;
            }
            leaves.push(tree.leaf(n, heard));
            if leaves.len() == count {
                break;
            }
            next = 0..0;
        }
        leaves
    }
}

impl Station {
    /// Where another microphone stands in the ring.
    pub(super) fn in_ring(&self, number: u32) -> Option<u32> {
        let found = self.ring.binary_search_by_key(&number, |neighbour| neighbour.number);
        found.ok().map(|at| at as u32)
    }
}

impl Tree {
    fn roots(&mut self, divide: &Divide<'_>) -> Range<u32> {
        if let Some(roots) = &self.roots {
            return roots.clone();
        }
        let at = divide.net.stations[divide.around].at;
        let wide = (divide.detection.median_m / ROOT_M).ceil() as i32;
        let begun = self.cells.len() as u32;
        for (x, y) in (-wide..=wide).flat_map(|x| (-wide..=wide).map(move |y| (x, y))) {
            let middle = Xy { x: at.x + f64::from(x) * ROOT_M, y: at.y + f64::from(y) * ROOT_M };
            divide.cell(self, middle, ROOT_M);
        }
        let roots = begun..self.cells.len() as u32;
        self.roots = Some(roots.clone());
        roots
    }

    fn children(&mut self, divide: &Divide<'_>, n: u32) -> Range<u32> {
        let Cell { middle, side, children, .. } = &self.cells[n as usize];
        if let Some(children) = children {
            return children.clone();
        }
        let (middle, side) = (*middle, side / 2.0);
        let begun = self.cells.len() as u32;
        for (east, north) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
            let middle = Xy { x: middle.x + east * side, y: middle.y + north * side };
            divide.cell(self, middle, side);
        }
        let children = begun..self.cells.len() as u32;
        self.cells[n as usize].children = Some(children.clone());
        children
    }

    fn leaf(&self, n: u32, heard: &Heard<'_>) -> Leaf {
        let &Cell { middle, side, silent, ref expected, .. } = &self.cells[n as usize];
        let present = heard.present.iter().map(|present| present.in_ring);
        let others = heard.off.iter().copied().chain(present);
        let quiet =
            silent - others.map(|other| f64::from(expected[other as usize].miss)).sum::<f64>();
        Leaf { middle, side, quiet }
    }

    /// The most that arrivals in a cell can be worth.
    fn worth(&self, n: u32, heard: &Heard<'_>) -> f64 {
        let Cell { silent, expected, .. } = &self.cells[n as usize];
        let mut sum = *silent;
        for &off in heard.off {
            sum -= f64::from(expected[off as usize].miss);
        }
        for present in heard.present {
            let e = &expected[present.in_ring as usize];
            let came = &heard.came[present.station as usize];
            let (at, wide) = (heard.t + f64::from(e.late), f64::from(e.wide));
            let mut arrivals = came.arrivals[present.arrivals.clone()].iter();
            if arrivals.any(|&(other, _)| (other - at).abs() <= wide) {
                sum += (f64::from(e.hit - e.miss) - came.ln_rate).max(0.0);
            }
        }
        sum
    }
}

/// Makes cells.
struct Divide<'a> {
    model: &'a Model,
    detection: &'a Detection,
    net: &'a Net,
    around: usize,
}

impl Divide<'_> {
    /// A cell, if the microphone may be one of the nearest in it and hear what happens there.
    fn cell(&self, tree: &mut Tree, middle: Xy, side: f64) {
        let (net, reach) = (self.net, self.detection.median_m);
        let half = side * FRAC_1_SQRT_2;
        let own_at = net.stations[self.around].at;
        let own = own_at.distance(middle);
        let nearer = net.stations.iter().filter(|s| s.at.distance(middle) + half < own - half);
        if own - half > reach || nearer.count() >= NEAREST {
            return;
        }
        let own_s = travel_s(self.model, own_at, middle);
        let mut silent = 0.0;
        let ring = &net.stations[self.around].ring;
        let mut all = Vec::with_capacity(ring.len());
        for neighbour in ring {
            let at = net.stations[neighbour.number as usize].at;
            let r = at.distance(middle);
            if r - half > reach {
                all.push(Expected::NOTHING);
                continue;
            }
            let seconds = travel_s(self.model, at, middle);
            let sd = net.var(self.model, seconds).sqrt();
            // How fast the difference of two ways changes: twice a step at most, less where both
            // microphones lie in one direction.
            let apart = turned(own_at, at, middle);
            let bent = half * 0.5 * (1.0 / (r - half).max(half) + 1.0 / (own - half).max(half));
            let slack = half * (apart + bent).min(2.0) / self.model.sound_m_s;
            let near = (r - half).max(0.0);
            let density = self.model.logarithm.ln(sd * (2.0 * PI).sqrt());
            let hit = self.detection.ln_perceived(near).0 - density;
            let miss = self.detection.ln_missed(r + half);
            silent += miss;
            let (late, wide) = (seconds - own_s, slack + SIGMAS * sd);
            let [late, wide, hit, miss] = [late, wide, hit, miss].map(|value| value as f32);
            all.push(Expected { late, wide, hit, miss });
        }
        let expected = all.into_boxed_slice();
        tree.cells.push(Cell { middle, side, silent, expected, children: None });
    }
}

impl Net {
    /// Variance of an arrival after so long a way.
    pub(super) fn var(&self, model: &Model, seconds: f64) -> f64 {
        self.clock_sd * self.clock_sd + model.travel_var * seconds * seconds
    }
}

/// A run by the number of its first observation and how many it has.
fn run(scene: &Scene<'_>) -> (u32, usize) {
    (scene.observed.first, scene.observed.observations.len())
}

/// Whether an observation is a bare arrival at a microphone.
pub(crate) fn is_arrival(one: &Observation) -> bool {
    one.sense == Sense::Microphone && one.heard && one.is_bare() && one.family == Family::Heavy
}

pub(super) fn travel_s(model: &Model, at: Xy, from: Xy) -> f64 {
    let r = at.distance(from).max(1.0);
    let along = ((at.x - from.x) * model.wind.0 + (at.y - from.y) * model.wind.1) / r;
    r / (model.sound_m_s + along).max(100.0)
}

/// Speed of sound against the wind.
fn slowest_m_s(model: &Model) -> f64 {
    let (east, north) = model.wind;
    (model.sound_m_s - (east * east + north * north).sqrt()).max(100.0)
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
