//! Who was on duty and reported nothing: evidence of where nothing happened.
//!
//! For each set of units on duty and each family there is a field over the plane,
//! `sum of ln(1 - p)`, as if nobody had reported; whoever did report then counts
//! `ln p - ln(1 - p)`. It is reckoned only where it is asked for, on a lattice, in whole
//! micro-nats, and read between the nodes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::model::{Family, Model, Sense, Watched};
use super::observation::{Observed, Unit};
use super::plane::Xy;

/// Most nodes of one field: beyond it the lattice is coarser.
pub const NODES_MAX: usize = 250_000;
/// Most fields that are kept at a time.
pub const FIELDS_MAX: usize = 400;
/// Duty is looked up by the hour.
const BUCKET_US: i64 = 3_600_000_000;

/// Which units were on duty, by the hour: on record where there is a record, presumed otherwise.
#[derive(Debug)]
pub(crate) struct OnDuty {
    first_bucket: i64,
    /// Number of the set in each hour.
    sets: Vec<u32>,
    /// Units of each set.
    members: Vec<Vec<u32>>,
}

impl OnDuty {
    pub(crate) fn of(model: &Model, observed: &Observed) -> Self {
        let times = observed.units.iter().flat_map(|unit| &unit.reported_us);
        let (first, last) = times.fold((i64::MAX, i64::MIN), |(a, b), &t| (a.min(t), b.max(t)));
        if first > last {
            return Self { first_bucket: 0, sets: vec![0], members: vec![Vec::new()] };
        }
        let first_bucket = first.div_euclid(BUCKET_US);
        let buckets = (last.div_euclid(BUCKET_US) - first_bucket + 1).clamp(1, 200_000);
        let mut numbers: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut members: Vec<Vec<u32>> = Vec::new();
        let mut sets = Vec::new();
        for bucket in 0..buckets {
            let middle = (first_bucket + bucket) * BUCKET_US + BUCKET_US / 2;
            let units = (0_u32..).zip(&observed.units);
            let on = units.filter(|(_, unit)| is_on(model, unit, middle));
            let on: Vec<u32> = on.map(|(n, _)| n).collect();
            let next = numbers.len() as u32;
            let number = *numbers.entry(on.clone()).or_insert_with(|| {
                members.push(on);
                next
            });
            sets.push(number);
        }
        Self { first_bucket, sets, members }
    }

    /// The set on duty at an instant.
    pub(crate) fn set_at(&self, us: i64) -> u32 {
        let last = self.sets.len() as i64 - 1;
        let bucket = (us.div_euclid(BUCKET_US) - self.first_bucket).clamp(0, last);
        self.sets[bucket as usize]
    }

    pub(crate) fn members(&self, set: u32) -> &[u32] {
        &self.members[set as usize]
    }
}

/// Whether a unit watched in the hour around an instant. Whoever reports in it did, whatever the
/// record says.
fn is_on(model: &Model, unit: &Unit, middle: i64) -> bool {
    let reports_within = |us: i64| {
        let next = unit.reported_us.partition_point(|&t| t < middle - us);
        unit.reported_us.get(next).is_some_and(|&t| t <= middle + us)
    };
    let is_on = match &unit.watched {
        Some(kept) => kept.at(middle) || reports_within(BUCKET_US / 2),
        None => reports_within(model.duty_presumed_us),
    };
    unit.at.is_some() && is_on
}

/// A lattice over everything that any unit can perceive.
#[derive(Clone, Copy, Debug)]
struct Lattice {
    low: Xy,
    step: f64,
    /// Its inverse.
    by_step: f64,
    wide: usize,
    high: usize,
}

impl Lattice {
    fn over(observed: &Observed, step: f64, margin: f64) -> Self {
        let Watched { low, high: top } =
            Watched::around(observed.units.iter().filter_map(|unit| unit.at));
        let low = Xy { x: low.x - margin, y: low.y - margin };
        let (width, height) = (top.x + margin - low.x, top.y + margin - low.y);
        let mut step = step;
        let nodes = |step: f64| ((width / step) as usize + 2, (height / step) as usize + 2);
        while nodes(step).0.saturating_mul(nodes(step).1) > NODES_MAX {
            step *= 1.5;
        }
        let (wide, high) = nodes(step);
        Self { low, step, by_step: 1.0 / step, wide, high }
    }
}

/// `sum of ln(1 - p)` of one set and family over the plane.
#[derive(Debug)]
pub(crate) struct Field {
    lattice: Lattice,
    family: Family,
    /// Where they stand, how they perceive and how far at most.
    units: Vec<(Xy, Sense, f64)>,
    /// NaN where nobody has asked yet.
    nodes: Vec<Cell<f64>>,
    /// See [`Field::watched_m2`], once it was asked for.
    watched_m2: Cell<Option<f64>>,
}

impl Field {
    /// The value at a place and its slope east and north.
    pub(crate) fn at(&self, model: &Model, p: Xy) -> (f64, f64, f64) {
        let l = &self.lattice;
        let (fx, fy) = ((p.x - l.low.x) * l.by_step, (p.y - l.low.y) * l.by_step);
        if !(fx >= 0.0 && fy >= 0.0) {
            return (0.0, 0.0, 0.0);
        }
        let (x, y) = (fx as usize, fy as usize);
        if x + 1 >= l.wide || y + 1 >= l.high {
            return (0.0, 0.0, 0.0);
        }
        let (u, v) = (fx - x as f64, fy - y as f64);
        let first = y * l.wide + x;
        let (south, north) = (&self.nodes[first..first + 2], &self.nodes[first + l.wide..][..2]);
        let (mut a, mut b) = (south[0].get(), south[1].get());
        let (mut c, mut d) = (north[0].get(), north[1].get());
        if (a + b + c + d).is_nan() {
            (a, b) = (self.node(model, x, y), self.node(model, x + 1, y));
            (c, d) = (self.node(model, x, y + 1), self.node(model, x + 1, y + 1));
        }
        let (south, north) = (a + (b - a) * u, c + (d - c) * u);
        let east = ((b - a) + ((d - c) - (b - a)) * v) * l.by_step;
        (south + (north - south) * v, east, (north - south) * l.by_step)
    }

    fn node(&self, model: &Model, x: usize, y: usize) -> f64 {
        let cell = &self.nodes[y * self.lattice.wide + x];
        if cell.get().is_nan() {
            let l = &self.lattice;
            let p = Xy { x: l.low.x + x as f64 * l.step, y: l.low.y + y as f64 * l.step };
            cell.set(super::micro_nats(self.exact(model, p)) as f64 * 1e-6);
        }
        cell.get()
    }

    fn exact(&self, model: &Model, p: Xy) -> f64 {
        let missed = self.units.iter().map(|&(at, sense, reach_m)| {
            let Some(detection) = model.detection(sense, self.family) else { return 0.0 };
            let r = p.distance(at);
            if r > detection.reach_m.min(reach_m) { 0.0 } else { detection.ln_missed(r) }
        });
        missed.sum()
    }

    /// Area in which something would be perceived by somebody, each place weighted with the
    /// chance of it, square metres.
    pub(crate) fn watched_m2(&self, model: &Model, watched: &Watched) -> f64 {
        let known = self.watched_m2.get();
        known.unwrap_or_else(|| {
            let m2 = self.reckoned_m2(model, watched);
            self.watched_m2.set(Some(m2));
            m2
        })
    }

    fn reckoned_m2(&self, model: &Model, watched: &Watched) -> f64 {
        let l = &self.lattice;
        let stride = (l.wide * l.high / 20_000).max(1).isqrt().max(1);
        let mut sum = 0.0;
        for y in (0..l.high).step_by(stride) {
            for x in (0..l.wide).step_by(stride) {
                let p = Xy { x: l.low.x + x as f64 * l.step, y: l.low.y + y as f64 * l.step };
                let weight = libm::exp(model.ln_watched(watched, p).0);
                sum += -libm::expm1(self.node(model, x, y)) * weight;
            }
        }
        let side = l.step * stride as f64;
        sum * side * side
    }
}

/// The fields that were asked for.
#[derive(Debug)]
pub(crate) struct Fields {
    lattices: [Lattice; 3],
    made: BTreeMap<(u32, Family), Rc<Field>>,
    /// The one that was asked for last: mostly it is asked for again.
    last: Option<((u32, Family), Rc<Field>)>,
}

impl Fields {
    pub(crate) fn new(observed: &Observed) -> Self {
        let lattice = |step| Lattice::over(observed, step, 25_000.0);
        let lattices = [lattice(500.0), lattice(200.0), lattice(500.0)];
        Self { lattices, made: BTreeMap::new(), last: None }
    }

    pub(crate) fn of(
        &mut self,
        observed: &Observed,
        duty: &OnDuty,
        set: u32,
        family: Family,
    ) -> Rc<Field> {
        if let Some((key, last)) = &self.last
            && *key == (set, family)
        {
            return Rc::clone(last);
        }
        if self.made.len() > FIELDS_MAX {
            self.made.clear();
        }
        let lattices = self.lattices;
        let made = self.made.entry((set, family)).or_insert_with(|| {
            let lattice = match family {
                Family::Light => lattices[1],
                Family::Heavy | Family::Air => lattices[0],
                Family::Other => {
                    Lattice { low: Xy::default(), step: 1.0, by_step: 1.0, wide: 0, high: 0 }
                }
            };
            let units = duty.members(set).iter().filter_map(|&n| {
                let unit = &observed.units[n as usize];
                let reach_m = unit.watched.as_ref().and_then(|kept| kept.reach_m);
                Some((unit.at?, unit.sense, reach_m.unwrap_or(f64::INFINITY)))
            });
            let nodes = vec![Cell::new(f64::NAN); lattice.wide * lattice.high];
            let (units, watched_m2) = (units.collect(), Cell::new(None));
            Rc::new(Field { lattice, family, units, nodes, watched_m2 })
        });
        self.last = Some(((set, family), Rc::clone(made)));
        Rc::clone(made)
    }
}
