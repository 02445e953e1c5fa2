//! Where a group's event may have been: the likelihood over a tree of cells, fine where it has
//! to be, and the regions that hold half and 95 percent of it.

use std::cell::RefCell;

use super::likelihood::{Likelihood, Part};
use super::micro_nats;
use super::model::Model;
use super::observation::Observation;
use super::outline::Square;
use super::plane::Xy;

/// Cells of the first lattice, each way.
const FIRST: u32 = 8;
/// Halvings below that.
const DEPTH_MAX: u32 = 10;
/// Steps of the finest lattice, each way.
pub(crate) const STEPS: u32 = FIRST << DEPTH_MAX;
/// Most cells that are looked at for one group.
pub const CELLS_MAX: usize = 8000;
/// No cell of a region holds more than this share: it could not be cut at 95 percent otherwise.
const SHARE_MAX: f64 = 0.016;
/// Cells with less than this may be coarser than clocks and cameras can tell apart. What such a cell holds is
/// made too much of, and a region that leaves it out covers more than it says.
const SHARE_TOLD: f64 = 0.0004;
/// Likewise where only the integral and the cells of H3 are asked for.
const ROUGHLY: (f64, f64) = (0.08, 0.013);
/// A cell so wide, in standard deviations of a clock, is too coarse.
const COARSE_CLOCK_SD: f64 = 2.5;
/// Likewise of a camera's direction.
const COARSE_DIRECTION_SD: f64 = 2.0;
/// A way or a place that is less likely than this against another, nats, adds nothing to it.
pub(super) const NOTHING_LN: f64 = -40.0;

#[derive(Clone, Copy, Debug)]
struct Cell {
    x: u32,
    y: u32,
    depth: u32,
    value: f64,
    mass: f64,
    /// The first of its four children.
    children: Option<u32>,
}

/// The likelihood over the plane.
#[derive(Clone, Debug)]
pub(crate) struct Posterior {
    low: Xy,
    /// Size of a step of the finest lattice, metres.
    step: (f64, f64),
    cells: Vec<Cell>,
    /// Cells that make up regions, densest first, each with its share.
    ranked: Vec<(u32, f64)>,
    /// ln of the integral, square metres.
    pub(crate) ln_integral: f64,
    /// No cell of a region holds more than this share, and none that is too coarse more than that.
    share_max: f64,
    share_told: f64,
}

/// Ways of having a group, each with its observations and ln of its weight: where its event was is
/// as likely as all of them together have it.
pub(crate) struct Ways<'a> {
    model: &'a Model,
    pub(crate) all: Vec<Way<'a>>,
    /// Every observation of any of them once, and for each way which are its own; nothing when there is but
    /// one way.
    shared: Option<(Likelihood<'a>, Vec<Vec<usize>>)>,
    /// Room for what each observation and each way has of a place.
    room: RefCell<(Vec<Part>, Vec<f64>)>,
}

/// A way of having a group: its likelihood, its observations and ln of its weight.
pub(crate) type Way<'a> = (Likelihood<'a>, Vec<&'a Observation>, f64);

impl<'a> Ways<'a> {
    pub(crate) fn of(model: &'a Model, all: Vec<Way<'a>>) -> Self {
        let shared = (all.len() > 1).then(|| {
            let (mut whole, mut own) = (Vec::<&Observation>::new(), Vec::new());
            for (_, members, _) in &all {
                let place = |one: &&'a Observation| {
                    let is_it = |known: &&Observation| known.reports[0] == one.reports[0];
                    let known = whole.iter().position(is_it);
                    known.unwrap_or_else(|| {
                        whole.push(one);
                        whole.len() - 1
                    })
                };
                own.push(members.iter().map(place).collect());
            }
            (all[0].0.with(whole), own)
        });
        Self { model, all, shared, room: RefCell::default() }
    }

    fn value(&self, p: Xy, blur: f64) -> f64 {
        let Some((whole, own)) = &self.shared else {
            let (like, _, ln_weight) = &self.all[0];
            return like.value(p, blur) + ln_weight;
        };
        let mut room = self.room.borrow_mut();
        let (parts, values) = &mut *room;
        whole.parts(p, blur, parts);
        let place = whole.of_place(p);
        values.clear();
        values.extend(self.all.iter().zip(own).map(|((.., ln_weight), own)| {
            whole.together(place, blur, own.iter().map(|&n| &parts[n])) + ln_weight
        }));
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if most == f64::NEG_INFINITY {
            return most;
        }
        let over = values.iter().map(|value| value - most).filter(|over| *over > NOTHING_LN);
        let sum: f64 = over.map(|over| self.model.exponential.exp(over)).sum();
        most + self.model.logarithm.ln(sum)
    }

    /// A box that holds whatever any of them allows.
    fn bounds(&self, peak: Xy) -> Option<(Xy, Xy)> {
        let boxes = self.all.iter().filter_map(|(_, members, _)| bounds(self.model, members, peak));
        boxes.reduce(|(low, high), (l, h)| {
            let low = Xy { x: low.x.min(l.x), y: low.y.min(l.y) };
            (low, Xy { x: high.x.max(h.x), y: high.y.max(h.y) })
        })
    }
}

/// Looks for a group's event, finely when a region is to be drawn; `None` when nothing says where it was.
pub(crate) fn posterior(ways: &Ways<'_>, peak: Xy, is_fine: bool) -> Option<Posterior> {
    let (low, high) = ways.bounds(peak)?;
    let step = ((high.x - low.x) / f64::from(STEPS), (high.y - low.y) / f64::from(STEPS));
    let (share_max, share_told) = if is_fine { (SHARE_MAX, SHARE_TOLD) } else { ROUGHLY };
    let (cells, ranked) = (Vec::with_capacity(if is_fine { 1024 } else { 256 }), Vec::new());
    let mut made = Posterior { low, step, cells, ranked, ln_integral: 0.0, share_max, share_told };
    made.refine(ways, &Sharp::of(ways));
    Some(made)
}

/// What tells places apart finely.
struct Sharp {
    clocks_m: f64,
    /// Cameras: where they stand and the spread of their direction, radians.
    directions: Vec<(Xy, f64)>,
}

impl Sharp {
    fn of(ways: &Ways<'_>) -> Self {
        let members = ways.all.iter().flat_map(|(_, members, _)| members);
        let mut directions: Vec<(Xy, f64)> = Vec::new();
        for (at, kappa) in members.filter_map(|one| Some((one.at?, one.direction?.kappa))) {
            let known = (at, 1.0 / kappa.sqrt());
            if kappa > 100.0 && !directions.contains(&known) {
                directions.push(known);
            }
        }
        let clocks_m = ways.all.iter().map(|(like, ..)| like.fineness_m());
        Self { clocks_m: clocks_m.fold(f64::INFINITY, f64::min), directions }
    }

    fn is_coarse(&self, middle: Xy, side: f64) -> bool {
        side > COARSE_CLOCK_SD * self.clocks_m
            || self
                .directions
                .iter()
                .any(|&(at, sd)| side > COARSE_DIRECTION_SD * sd * middle.distance(at).max(side))
    }
}

impl Posterior {
    fn size(&self, depth: u32) -> (f64, f64) {
        let steps = f64::from(STEPS >> (depth + FIRST.trailing_zeros()));
        (self.step.0 * steps, self.step.1 * steps)
    }

    fn middle(&self, cell: &Cell) -> Xy {
        let (w, h) = self.size(cell.depth);
        Xy {
            x: self.low.x + (f64::from(cell.x) + 0.5) * w,
            y: self.low.y + (f64::from(cell.y) + 0.5) * h,
        }
    }

    fn cell(&self, ways: &Ways<'_>, x: u32, y: u32, depth: u32) -> Cell {
        let mut cell = Cell { x, y, depth, value: 0.0, mass: 0.0, children: None };
        let (w, h) = self.size(depth);
        let value = ways.value(self.middle(&cell), (w * w + h * h) / 24.0);
        cell.value = micro_nats(value) as f64 * 1e-6;
        cell
    }

    fn refine(&mut self, ways: &Ways<'_>, sharp: &Sharp) {
        for y in 0..FIRST {
            for x in 0..FIRST {
                let cell = self.cell(ways, x, y, 0);
                self.cells.push(cell);
            }
        }
        let mut leaves: Vec<u32> = (0..FIRST * FIRST).collect();
        let reference = self.cells.iter().map(|cell| cell.value).fold(f64::MIN, f64::max);
        self.weigh(ways, 0, reference);
        for depth in 0..=DEPTH_MAX {
            let total: f64 = leaves.iter().map(|&n| self.cells[n as usize].mass).sum();
            let split = leaves.iter().copied().filter(|&n| self.is_split(n, total, sharp));
            let split: Vec<u32> = split.collect();
            if split.is_empty() || depth == DEPTH_MAX || self.cells.len() > CELLS_MAX {
                break;
            }
            let begun = self.cells.len();
            for n in split {
                let Cell { x, y, depth, .. } = self.cells[n as usize];
                let first = self.cells.len() as u32;
                self.cells[n as usize].children = Some(first);
                for k in 0..4 {
                    let cell = self.cell(ways, 2 * x + k % 2, 2 * y + k / 2, depth + 1);
                    self.cells.push(cell);
                }
            }
            leaves.retain(|&n| self.cells[n as usize].children.is_none());
            leaves.extend(begun as u32..self.cells.len() as u32);
            self.weigh(ways, begun, reference);
        }
        let total: f64 = leaves.iter().map(|&n| self.cells[n as usize].mass).sum();
        self.ln_integral = reference + libm::log(total);
        self.rank(total);
    }

    /// Whether a leaf holds too much of all, or is too coarse for what it holds.
    fn is_split(&self, n: u32, total: f64, sharp: &Sharp) -> bool {
        let cell = &self.cells[n as usize];
        if cell.depth == DEPTH_MAX || cell.mass <= self.share_told * total {
            return false;
        }
        let (w, h) = self.size(cell.depth);
        let side = || ((w * w + h * h) / 2.0).sqrt();
        cell.mass > self.share_max * total || sharp.is_coarse(self.middle(cell), side())
    }

    /// Gives cells from a number on their mass, against a reference.
    fn weigh(&mut self, ways: &Ways<'_>, from: usize, reference: f64) {
        let exponential = &ways.model.exponential;
        for n in from..self.cells.len() {
            let (w, h) = self.size(self.cells[n].depth);
            let cell = &mut self.cells[n];
            let over = cell.value - reference;
            cell.mass = if over < -60.0 { 0.0 } else { exponential.exp(over.min(600.0)) * w * h };
        }
    }

    /// Sums masses up the tree, and takes as cells of regions the largest that hold little.
    fn rank(&mut self, total: f64) {
        for n in (0..self.cells.len()).rev() {
            if let Some(first) = self.cells[n].children {
                let first = first as usize;
                self.cells[n].mass = (first..first + 4).map(|k| self.cells[k].mass).sum();
            }
        }
        let mut open: Vec<u32> = (0..FIRST * FIRST).collect();
        let mut ranked: Vec<(u32, f64, f64)> = Vec::new();
        while let Some(n) = open.pop() {
            let cell = &self.cells[n as usize];
            let share = cell.mass / total;
            match cell.children {
                Some(first) if share > 1.5 * self.share_max => open.extend(first..first + 4),
                _ => {
                    let (w, h) = self.size(cell.depth);
                    ranked.push((n, share, share / (w * h)));
                }
            }
        }
        ranked.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        self.ranked = ranked.into_iter().map(|(n, share, _)| (n, share)).collect();
    }

    /// The densest cells that hold `share` of it, as nearly as cells can.
    pub(crate) fn region(&self, share: f64) -> Vec<Square> {
        let mut held = 0.0;
        let mut squares = Vec::new();
        for &(n, more) in &self.ranked {
            if held + more / 2.0 > share && !squares.is_empty() {
                break;
            }
            held += more;
            let cell = &self.cells[n as usize];
            let side = STEPS >> (cell.depth + FIRST.trailing_zeros());
            squares.push(Square { x: cell.x * side, y: cell.y * side, side });
        }
        squares
    }

    /// A corner of the lattice on the plane.
    pub(crate) fn corner(&self, x: u32, y: u32) -> Xy {
        Xy {
            x: self.low.x + f64::from(x) * self.step.0,
            y: self.low.y + f64::from(y) * self.step.1,
        }
    }

    /// The cells that matter, each with its share: until almost all is held.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Xy, f64)> + '_ {
        let mut held = 0.0;
        self.ranked.iter().map_while(move |&(n, share)| {
            let enough = held > 0.995;
            held += share;
            (!enough).then(|| (self.middle(&self.cells[n as usize]), share))
        })
    }

    /// Hands out what the cells that matter hold, each over places no farther apart than some metres.
    pub(crate) fn spread(&self, apart_m: f64, mut to: impl FnMut(Xy, f64)) {
        let mut held = 0.0;
        for &(n, share) in self.ranked.iter().take_while(|&&(_, share)| {
            let enough = held > 0.995;
            held += share;
            !enough
        }) {
            let cell = &self.cells[n as usize];
            let (w, h) = self.size(cell.depth);
            let middle = self.middle(cell);
            let (wide, high) = ((w / apart_m).ceil().max(1.0), (h / apart_m).ceil().max(1.0));
            for (x, y) in (0..wide as u32).flat_map(|x| (0..high as u32).map(move |y| (x, y))) {
                let along = |n: u32, of: f64, size: f64| ((f64::from(n) + 0.5) / of - 0.5) * size;
                let p = Xy { x: middle.x + along(x, wide, w), y: middle.y + along(y, high, h) };
                to(p, share / (wide * high));
            }
        }
    }

    /// What the densest cell holds of a square metre.
    pub(crate) fn density_max(&self) -> f64 {
        self.ranked.first().map_or(0.0, |&(n, share)| {
            let (w, h) = self.size(self.cells[n as usize].depth);
            share / (w * h)
        })
    }

    /// The mean place when it lies where the event may have been, the densest place otherwise.
    pub(crate) fn best(&self) -> Xy {
        let (mut x, mut y, mut held) = (0.0, 0.0, 0.0);
        for (p, share) in self.places() {
            x += share * p.x;
            y += share * p.y;
            held += share;
        }
        let mean = Xy { x: x / held, y: y / held };
        let inside = self.region(0.95).iter().any(|s| {
            let (low, top) = (self.corner(s.x, s.y), self.corner(s.x + s.side, s.y + s.side));
            low.x <= mean.x && mean.x <= top.x && low.y <= mean.y && mean.y <= top.y
        });
        if inside { mean } else { self.densest() }
    }

    pub(crate) fn densest(&self) -> Xy {
        self.ranked.first().map_or(self.low, |&(n, _)| self.middle(&self.cells[n as usize]))
    }
}

/// A box that holds whatever every member allows; around the peak when they exclude each other.
fn bounds(model: &Model, members: &[&Observation], peak: Xy) -> Option<(Xy, Xy)> {
    let mut low = Xy { x: f64::MIN, y: f64::MIN };
    let mut high = Xy { x: f64::MAX, y: f64::MAX };
    let mut any = false;
    for one in members {
        let Some((l, h)) = bounds_of(model, one) else { continue };
        any = true;
        low = Xy { x: low.x.max(l.x), y: low.y.max(l.y) };
        high = Xy { x: high.x.min(h.x), y: high.y.min(h.y) };
    }
    if !any {
        return None;
    }
    const LEAST_M: f64 = 400.0;
    let narrow = |low: f64, high: f64, peak: f64| {
        if high - low >= LEAST_M {
            (low, high)
        } else {
            let wide = (low - high).max(0.0) + 3000.0;
            (high.min(low).min(peak) - wide, high.max(low).max(peak) + wide)
        }
    };
    let (x, y) = (narrow(low.x, high.x, peak.x), narrow(low.y, high.y, peak.y));
    Some((Xy { x: x.0, y: y.0 }, Xy { x: x.1, y: y.1 }))
}

fn bounds_of(model: &Model, one: &Observation) -> Option<(Xy, Xy)> {
    if let Some(spot) = one.spot {
        let by = 4.5 * spot.var.sqrt();
        let low = Xy { x: spot.at.x - by, y: spot.at.y - by };
        return Some((low, Xy { x: spot.at.x + by, y: spot.at.y + by }));
    }
    let at = one.at?;
    let mut reach = model.reach_m(one.sense, one.family);
    if let Some(far) = one.distance {
        reach = reach.min(libm::exp(far.ln_m + 3.5 * far.var.sqrt()));
    }
    let spread = one.direction.map_or(4.0, |d| 4.0 / d.kappa.sqrt());
    let Some(d) = one.direction.filter(|_| spread < 1.5) else {
        let low = Xy { x: at.x - reach, y: at.y - reach };
        return Some((low, Xy { x: at.x + reach, y: at.y + reach }));
    };
    let (sin, cos) = (libm::sin(spread), libm::cos(spread));
    let left = (d.east * cos - d.north * sin, d.north * cos + d.east * sin);
    let right = (d.east * cos + d.north * sin, d.north * cos - d.east * sin);
    // The chord of the arc lies inside it; what bulges over it is at most this.
    let bulge = reach / cos.max(0.05);
    let corners = [(0.0, 0.0), left, right].map(|(e, n)| (at.x + e * bulge, at.y + n * bulge));
    let fold = |pick: fn((f64, f64)) -> f64, by: fn(f64, f64) -> f64| {
        corners.iter().map(|&c| pick(c)).reduce(by).unwrap_or(0.0)
    };
    let low = Xy { x: fold(|c| c.0, f64::min) - 100.0, y: fold(|c| c.1, f64::min) - 100.0 };
    let high = Xy { x: fold(|c| c.0, f64::max) + 100.0, y: fold(|c| c.1, f64::max) + 100.0 };
    Some((
        Xy { x: low.x.max(at.x - reach), y: low.y.max(at.y - reach) },
        Xy { x: high.x.min(at.x + reach), y: high.y.min(at.y + reach) },
    ))
}
