//! Which observations may be of one event: pairs near enough in time and space, found in sorted
//! arrays, each weighed.

use std::collections::{BTreeMap, BTreeSet};

use super::associate::NOBODY;
use super::micro_nats;
use super::model::Sense;
use super::nucleus::is_arrival;
use super::plane::Xy;
use super::scene::{Cluster, Scene};

/// Clocks farther apart than so many standard deviations tell two events.
const SIGMAS: f64 = 3.5;
/// Side of a cell, metres: nobody perceives from farther than half of it.
const CELL_M: f64 = 60_000.0;
/// A pair that is this much worse than its two observations apart is no pair, micro-nats.
const WORST_PAIR: i64 = -6_000_000;
/// Nor one that without any silence is this much worse where silence has pushed it.
const WORST_QUIET_PAIR: i64 = 3 * WORST_PAIR;
/// Two of many microphones that would leave the others this improbably silent are no pair, nats.
const HUSH: f64 = -9.0;
/// Bounds of the classes of clocks, seconds: each is searched with the width it needs.
const CLASSES_S: [f64; 6] = [3.0, 40.0, 300.0, 2000.0, 12_000.0, f64::INFINITY];
/// Most neighbours looked at for one observation, the nearest in time: coarse times would
/// otherwise pair everything with everything.
pub const NEIGHBOURS_MAX: usize = 200;

/// For each observation those it may share an event with, sorted, and by how much better the
/// pair is than the two apart, micro-nats.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) of: Vec<Vec<(u32, i64)>>,
    /// For each entry of `of` its pair among `clusters`.
    which: Vec<Vec<u32>>,
    clusters: Vec<Cluster>,
    /// Whether an observation has a pair that only the silence of others speaks against who
    /// reported something at about that time themselves.
    pub(crate) is_hushed: Vec<bool>,
    /// Observations with more neighbours than were looked at.
    pub(crate) crowded: u64,
}

impl Pairs {
    pub(crate) fn has(&self, a: u32, b: u32) -> bool {
        self.gain(a, b).is_some()
    }

    pub(crate) fn gain(&self, a: u32, b: u32) -> Option<i64> {
        let found = self.of[a as usize].binary_search_by_key(&b, |&(n, _)| n);
        found.ok().map(|at| self.of[a as usize][at].1)
    }

    /// The two as one event, as they were weighed.
    pub(crate) fn cluster(&self, a: u32, b: u32) -> Option<&Cluster> {
        let found = self.of[a as usize].binary_search_by_key(&b, |&(n, _)| n);
        found.ok().map(|at| &self.clusters[self.which[a as usize][at] as usize])
    }
}

/// A pair that is worse than the two apart as long as everybody who is not of it was silent.
struct Quiet {
    rows: [u32; 2],
    gain: i64,
    both: Cluster,
    /// Where it would be, and how much better than the two apart, had nobody been silent.
    at: Xy,
    told: i64,
}

impl Quiet {
    /// `None` where what the two say speaks against them as well. `alone` holds what each says of
    /// itself, as far as it was asked for.
    fn of(
        scene: &Scene<'_>,
        alone: &mut [Option<i64>],
        rows: [u32; 2],
        (gain, both): (i64, Cluster),
    ) -> Option<Self> {
        let silence = scene.field(&rows).at(scene.model, both.at).0;
        if gain - micro_nats(silence) < WORST_QUIET_PAIR {
            return None;
        }
        // Where it is best with all who are silent is near where it is best without them.
        let found = scene.told(rows.to_vec(), &[both.at]);
        let apart =
            rows.map(|n| *alone[n as usize].get_or_insert_with(|| scene.told(vec![n], &[]).score));
        let told = found.score - apart[0] - apart[1];
        (told > WORST_PAIR).then_some(Self { rows, gain, both, at: found.at, told })
    }

    /// How much better than the two apart it is when some are not silent, since theirs may be of
    /// the same event.
    fn without(&self, scene: &Scene<'_>, others: impl Iterator<Item = u32>) -> i64 {
        let mut units = BTreeSet::new();
        let mut silent = scene.field(&self.rows).at(scene.model, self.at).0;
        for n in self.rows.into_iter().chain(others) {
            let one = scene.one(n);
            let known = scene.model.detection(one.sense, one.family);
            if let (Some(at), Some(known), true) = (one.at, known, units.insert(one.unit)) {
                silent -= known.ln_missed(at.distance(self.at));
            }
        }
        self.told + micro_nats(silent.min(0.0))
    }
}

impl Pairs {
    /// Takes in pairs of which the silent may be of the same event.
    fn take_quiet(
        &mut self,
        scene: &Scene<'_>,
        quiet: Vec<Quiet>,
        kept: &mut [Vec<(u32, i64, u32)>],
    ) {
        let all = kept.iter().map(|list| list.iter().map(|&(other, ..)| other).collect());
        let mut beside: Vec<BTreeSet<u32>> = all.collect();
        for Quiet { rows: [n, m], .. } in &quiet {
            beside[*n as usize].insert(*m);
            beside[*m as usize].insert(*n);
        }
        for pair in quiet {
            let [n, m] = pair.rows;
            let others = beside[n as usize].union(&beside[m as usize]).copied();
            if pair.without(scene, others) > WORST_PAIR {
                let which = self.clusters.len() as u32;
                kept[n as usize].push((m, pair.gain, which));
                kept[m as usize].push((n, pair.gain, which));
                self.clusters.push(pair.both);
                self.is_hushed[n as usize] = true;
                self.is_hushed[m as usize] = true;
            }
        }
    }
}

type Cell = (usize, i64, i64);

/// Weighs every pair that time and space allow; `alone` is each observation by itself. Arrivals at
/// microphones that are of a nucleus already are no pairs of others.
pub(crate) fn pairs(scene: &Scene<'_>, alone: &[Cluster], claimed: &[u32]) -> Pairs {
    let all = &scene.observed.observations;
    let mut cells: BTreeMap<Cell, Vec<u32>> = BTreeMap::new();
    for (n, one) in all.iter().enumerate().filter(|(_, one)| one.is_placed()) {
        let (x, y) = cell_of(one.spot.map_or(one.at, |spot| Some(spot.at)));
        cells.entry((class_of(one.var), x, y)).or_default().push(n as u32);
    }
    let widest: Vec<f64> = CLASSES_S
        .iter()
        .enumerate()
        .map(|(class, _)| {
            let vars = all.iter().filter(|one| class_of(one.var) == class).map(|one| one.var);
            vars.fold(0.0, f64::max).sqrt()
        })
        .collect();
    let mut kept: Vec<Vec<(u32, i64, u32)>> = vec![Vec::new(); all.len()];
    let mut pairs = Pairs { is_hushed: vec![false; all.len()], ..Pairs::default() };
    let mut quiet: Vec<Quiet> = Vec::new();
    let mut told: Vec<Option<i64>> = vec![None; all.len()];
    let mut near: Vec<u32> = Vec::new();
    for (n, one) in all.iter().enumerate().filter(|(_, one)| one.is_placed()) {
        let n = n as u32;
        near.clear();
        let class = class_of(one.var);
        let (x, y) = cell_of(one.spot.map_or(one.at, |spot| Some(spot.at)));
        for (other, &widest) in widest.iter().enumerate().take(class + 1) {
            // Sound over the reach of both, and both clocks.
            let width = SIGMAS * (one.var.sqrt() + widest) + 130.0;
            for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                let Some(cell) = cells.get(&(other, x + dx, y + dy)) else { continue };
                let from = cell.partition_point(|&m| all[m as usize].t < one.t - width);
                let within =
                    cell[from..].iter().take_while(|&&m| all[m as usize].t <= one.t + width);
                // Within a class each pair is met twice; across, once.
                near.extend(within.filter(|&&m| (other < class || m > n) && m != n));
            }
        }
        let is_settled = |m: u32| {
            (claimed[n as usize] != NOBODY || claimed[m as usize] != NOBODY)
                && one.sense == Sense::Microphone
                && scene.one(m).sense == Sense::Microphone
        };
        near.retain(|&m| !is_settled(m) && may_pair(scene, n, m) && !hushed(scene, n, m));
        if near.len() > NEIGHBOURS_MAX {
            pairs.crowded += 1;
            near.sort_by(|&a, &b| {
                let off = |m: u32| (all[m as usize].t - one.t).abs();
                off(a).total_cmp(&off(b)).then(a.cmp(&b))
            });
            near.truncate(NEIGHBOURS_MAX);
        }
        for &m in &near {
            let both = weighed(scene, [n.min(m), n.max(m)]);
            let gain = both.score - alone[n as usize].score - alone[m as usize].score;
            if gain > WORST_PAIR {
                let which = pairs.clusters.len() as u32;
                kept[n as usize].push((m, gain, which));
                kept[m as usize].push((n, gain, which));
                pairs.clusters.push(both);
            } else {
                quiet.extend(Quiet::of(scene, &mut told, [n.min(m), n.max(m)], (gain, both)));
            }
        }
    }
    pairs.take_quiet(scene, quiet, &mut kept);
    for mut list in kept {
        list.sort_unstable();
        pairs.of.push(list.iter().map(|&(n, gain, _)| (n, gain)).collect());
        pairs.which.push(list.iter().map(|&(.., which)| which).collect());
    }
    pairs
}

/// Two as one event. Where arrivals fit best is looked for once, and not again at every round of rates.
fn weighed(scene: &Scene<'_>, rows: [u32; 2]) -> Cluster {
    match scene.net {
        Some(net) if rows.iter().all(|&n| is_arrival(scene.one(n))) => net.pair(scene, rows),
        _ => scene.cluster(rows.to_vec(), &[]),
    }
}

/// Whether two are microphones with so many others between them, which would have had to miss it, that
/// they cannot have heard the same.
fn hushed(scene: &Scene<'_>, a: u32, b: u32) -> bool {
    let (one, other) = (scene.one(a), scene.one(b));
    let (Some(net), Some(p), Some(q)) = (scene.net, one.at, other.at) else { return false };
    if one.sense != Sense::Microphone || other.sense != Sense::Microphone {
        return false;
    }
    let set = scene.set_of(a);
    let key = (set, one.unit.min(other.unit), one.unit.max(other.unit));
    *net.hushed.borrow_mut().entry(key).or_insert_with(|| {
        let Some(detection) = scene.model.detection(one.sense, one.family) else {
            return false;
        };
        let others = scene.duty.members(set).iter().filter_map(|&n| {
            let unit = &scene.observed.units[n as usize];
            let is_other = n as usize != one.unit && n as usize != other.unit;
            unit.at.filter(|_| is_other && unit.sense == Sense::Microphone)
        });
        let others: Vec<Xy> = others.collect();
        // Each that missed it makes it less likely: what is too unlikely need not be reckoned to the end.
        let is_hushed = |at: Xy| {
            let mut sum = 0.0;
            others.iter().any(|from| {
                sum += detection.ln_missed(from.distance(at));
                sum < HUSH
            })
        };
        let heard = |at: Xy| at.distance(p).max(at.distance(q)) < detection.median_m;
        let reach = detection.median_m;
        let middle = Xy { x: f64::midpoint(p.x, q.x), y: f64::midpoint(p.y, q.y) };
        let steps = (-8..=8).flat_map(|x| (-8..=8).map(move |y| (x, y)));
        let mut places = steps.map(|(x, y)| Xy {
            x: middle.x + f64::from(x) * reach / 8.0,
            y: middle.y + f64::from(y) * reach / 8.0,
        });
        !places.any(|at| heard(at) && !is_hushed(at))
    })
}

fn class_of(var: f64) -> usize {
    let sd = var.sqrt();
    CLASSES_S.iter().position(|&bound| sd < bound).unwrap_or(CLASSES_S.len() - 1)
}

fn cell_of(at: Option<Xy>) -> (i64, i64) {
    let cell = |m: f64| (m / CELL_M).floor() as i64;
    at.map_or((0, 0), |at| (cell(at.x), cell(at.y)))
}

/// Whether sources, kinds, distance and time allow that two observations are of one event.
fn may_pair(scene: &Scene<'_>, a: u32, b: u32) -> bool {
    let (a, b) = (scene.one(a), scene.one(b));
    if a.unit == b.unit || a.family != b.family {
        return false;
    }
    // One calling it by another name, the other not, and both taken for right is a stretch that
    // the weighing may allow; two names of acts that are never mistaken it may not.
    let likely =
        |act| scene.model.ln_said(a.sense, a.act, act) + scene.model.ln_said(b.sense, b.act, act);
    let by_microphone = a.sense == Sense::Microphone || b.sense == Sense::Microphone;
    if !by_microphone && likely(a.act).max(likely(b.act)) < -20.0 {
        return false;
    }
    let sd = SIGMAS * (a.var + b.var).sqrt();
    let late = b.t - a.t;
    let reach = |one: &super::observation::Observation| {
        let reach = scene.model.reach_m(one.sense, one.family);
        if one.spot.is_some() { 3.0 * one.spot.map_or(0.0, |spot| spot.var.sqrt()) } else { reach }
    };
    let sound = scene.model.sound_m_s;
    let (Some(pa), Some(pb)) = (where_of(a), where_of(b)) else { return false };
    let apart = pa.distance(pb);
    if apart > reach(a) + reach(b) {
        return false;
    }
    match (a.heard && a.at.is_some(), b.heard && b.at.is_some()) {
        (true, true) => {
            let (Some(pa), Some(pb)) = (a.at, b.at) else { return false };
            late.abs() <= pa.distance(pb) / sound * 1.05 + sd
        }
        (true, false) => late <= sd && -late <= reach(a) / sound + sd,
        (false, true) => late >= -sd && late <= reach(b) / sound + sd,
        (false, false) => late.abs() <= sd,
    }
}

fn where_of(one: &super::observation::Observation) -> Option<Xy> {
    one.spot.map(|spot| spot.at).or(one.at)
}
