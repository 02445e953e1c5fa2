//! Incidents: what a group of reports says together.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use agreement::report::Method;
use agreement::{Act, Digest, Report};
use serde::Serialize;
use spacetime::{Instant, Interval, Position};

use super::blurred::Blurred;
use super::calibration::{Calibration, Residual};
use super::elsewhere::{CASES_MAX, CASES_ROUGHLY_MAX, Case, Elsewhere};
use super::likelihood::Likelihood;
use super::observation::Observation;
use super::outline::{Outline, Square, outlines};
use super::peak;
use super::plane::{Near, Xy};
use super::posterior::{Posterior, STEPS, Ways, posterior};
use super::scene::{Cluster, Scene};
use super::silence::Field;
use super::told::{cells_told, p_real_told, when_told};
use super::whereabouts::{
    CellId, Drawn, KEPT_BACK, Lends, Place, Region, Whereabouts, is_told_exactly, is_told_finely,
};

/// What silence and hearing add to the curvature of a group's likelihood, a square metre: as if
/// the place were known to some kilometres without any measure.
const SOFT_CURVATURE: f64 = 1.0 / (6000.0 * 6000.0);

/// Of a plane normal error, the radius that holds 95 percent, in root mean squares.
const WIDE_RMS: f64 = 1.731;
/// No place that people and cameras give is taken for wider than this, metres.
const UNRANGED_WIDE_M: f64 = 5000.0;
/// No top of a likelihood is wider than this when residuals are taken at it, metres.
const TOP_M: f64 = 200.0;

/// How far an incident is established by those who observed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// One source says so.
    Reported,
    /// Two independent sources do.
    Corroborated,
}

impl Level {
    /// As outputs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Corroborated => "corroborated",
        }
    }
}

/// One event as the reports have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Digest of what it consists of.
    pub id: Digest,
    /// What happened.
    pub act: Act,
    /// When it happened, with 95 percent.
    pub when: Interval,
    /// Where it happened, as far as that may be told.
    pub whereabouts: Whereabouts,
    /// At least so many.
    pub count_min: Option<u32>,
    /// At most.
    pub count_max: Option<u32>,
    /// Independent sources.
    pub sources: u32,
    /// Digests of the reports, sorted.
    pub evidence: Vec<Digest>,
    /// Their own names, in the order of the digests.
    pub reports: Vec<String>,
    /// How likely it is that one event lies behind more than half of the reports, millionths. `None`
    /// where nothing says how often such a source is wrong: where nobody whose place is known
    /// perceived it themselves, or nothing is known of how far such a thing is perceived.
    pub p_real_ppm: Option<u32>,
    /// How far it is established.
    pub level: Level,
}

impl Incident {
    /// Keeps back at `now`, by whoever's clock tells, what input that lies about its times would have told:
    /// a report of next year reaches until then, and opens nothing.
    pub fn keep_back(&mut self, now: Instant) {
        let until = self.when.end().plus(KEPT_BACK);
        if matches!(self.whereabouts, Whereabouts::Cells(_)) && now < until {
            self.whereabouts = Whereabouts::KeptBack(until);
        }
    }

    pub(crate) fn order(&self) -> (Instant, Instant, Digest) {
        (self.when.start(), self.when.end(), self.id)
    }
}

/// Makes incidents of groups.
pub(crate) struct Maker<'s, 'a> {
    scene: &'s Scene<'a>,
    elsewhere: &'s Elsewhere<'s, 'a>,
    grain: Grain,
    /// Where reports that nobody else's goes with have their events.
    lone: RefCell<BTreeMap<Bare, Rc<Placed>>>,
}

/// All that a report is that measures nothing but a time, and is alone: its unit, act and who was on duty,
/// whether it was heard, the variance of its clock, and whether its place is sought finely.
type Bare = (usize, Act, u32, bool, u64, bool);
/// So many places of lone reports are kept.
const LONE_MAX: usize = 1000;

/// How finely places are searched that are not told as they are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// As finely as what is told of them needs.
    AsTold,
    /// As finely as those that are.
    Fine,
}

impl<'s, 'a> Maker<'s, 'a> {
    pub(crate) fn new(
        scene: &'s Scene<'a>,
        elsewhere: &'s Elsewhere<'s, 'a>,
        grain: Grain,
    ) -> Self {
        Self { scene, elsewhere, grain, lone: RefCell::default() }
    }

    /// The incident of a group, and what `see` makes of it and of its place.
    pub(crate) fn incident<T>(
        &self,
        group: &Cluster,
        reports: &[(Digest, &Report)],
        as_of: Instant,
        calibration: &mut Calibration,
        see: impl Fn(&Incident, Option<&Sought<'_>>) -> T,
    ) -> (Incident, T) {
        let scene = self.scene;
        let members: Vec<&Observation> = group.members.iter().map(|&n| scene.one(n)).collect();
        let field = scene.field(&group.members);
        let lent = lent(&members, reports);
        let is_fine = self.grain == Grain::Fine || is_told_finely(&lent);
        let is_exact = self.grain == Grain::Fine || is_told_exactly(&lent);
        let most = if is_exact { CASES_MAX } else { CASES_ROUGHLY_MAX };
        let cases = self.elsewhere.cases(group, most);
        let ways = ways(scene, &field, &cases);
        let placed = self.placed(group, &ways, is_fine);
        let mut ln_odds = group.ln_odds;
        let when;
        if let Some(Placed { found, after_s, sd_s, .. }) = placed.as_deref() {
            let like = &ways.all[0].0;
            if ways.all.len() == 1 {
                let exact = scene.scored(group.members.clone(), group.at, found.ln_integral);
                ln_odds = exact.ln_odds;
            }
            let middle = members[0].t + after_s;
            when = self.interval(middle - 1.96 * sd_s, middle + 1.96 * sd_s);
            if members.len() > 1 {
                let residuals =
                    like.residuals(sharpest(like, found.densest(), group.at)).into_iter();
                let told = residuals.map(|(n, measure, square, by)| Residual {
                    of: (members[n].sense, measure),
                    square,
                    by,
                    belongs: self.elsewhere.belongs(group.members[n]),
                });
                calibration.add_group(&told.collect::<Vec<_>>(), SOFT_CURVATURE);
            }
        } else {
            let one = members[0];
            let sd = one.var.sqrt() * 1.96;
            when = self.interval(one.t - sd, one.t + sd);
        }
        let place = placed.map(|placed| Sought { scene, field: &field, cases: &cases, placed });
        let mut evidence: Vec<(Digest, String)> = members
            .iter()
            .flat_map(|one| &one.reports)
            .map(|&n| (reports[n].0, reports[n].1.id.clone()))
            .collect();
        evidence.sort();
        let sources = sources(&members, reports);
        let is_judged = members.iter().any(|one| is_modelled(scene, one)).then_some(());
        let p_real = is_judged.map(|()| self.elsewhere.p_real(group, ln_odds));
        let counts = counts(&members, reports);
        let (evidence, names): (Vec<Digest>, Vec<String>) = evidence.into_iter().unzip();
        let when = when_told(when, is_exact, evidenced(&members, reports));
        let incident = Incident {
            id: Digest::of(&(group.act, &evidence)).expect("text only"),
            act: group.act,
            when,
            whereabouts: Whereabouts::of(&lent, when.end(), as_of, place.as_ref()),
            count_min: counts.map(|c| c.0),
            count_max: counts.map(|c| c.1),
            sources,
            evidence,
            reports: names,
            p_real_ppm: p_real.map(|p_real| p_real_told(p_real, is_exact)),
            level: if sources > 1 { Level::Corroborated } else { Level::Reported },
        };
        let seen = see(&incident, place.as_ref());
        (incident, seen)
    }

    fn interval(&self, from_s: f64, to_s: f64) -> Interval {
        let us = |s: f64| {
            let us = (s * 1e6).round_ties_even() as i64;
            Instant::from_micros(self.scene.observed.base.micros().saturating_add(us))
        };
        let (from, to) = (us(from_s), us(to_s));
        Interval::new(from, to.max(from)).expect("not backwards")
    }

    /// Where a group's event was. Of lone reports that measure nothing but a time, one is like the other.
    fn placed(&self, group: &Cluster, ways: &Ways<'_>, is_fine: bool) -> Option<Rc<Placed>> {
        let scene = self.scene;
        let first = scene.one(group.members[0]);
        let placed = || {
            let found = posterior(ways, group.at, is_fine)?;
            let timed = Some((&ways.all[0].0, first.t));
            Some(Rc::new(Placed::of(scene, found, timed)))
        };
        if group.members.len() > 1 || ways.all.len() > 1 || !first.is_bare() {
            return placed();
        }
        let set = scene.set_of(group.members[0]);
        let Observation { unit, act, heard, var, .. } = *first;
        let bare = (unit, act, set, heard, var.to_bits(), is_fine);
        if let Some(known) = self.lone.borrow().get(&bare) {
            return Some(Rc::clone(known));
        }
        let placed = placed()?;
        let mut lone = self.lone.borrow_mut();
        if lone.len() >= LONE_MAX {
            lone.clear();
        }
        lone.insert(bare, Rc::clone(&placed));
        Some(placed)
    }
}

/// Where an event was, and what is reckoned of that.
pub(crate) struct Placed {
    near: Near,
    pub(crate) best: Xy,
    pub(crate) found: Posterior,
    /// When it was, seconds after its first report, and the standard deviation of that.
    after_s: f64,
    sd_s: f64,
    /// The cells in which it may have been, once they were asked for.
    cells: OnceCell<BTreeSet<CellId>>,
}

impl Placed {
    /// `timed` is what tells when, and when the first report was; nobody asks when what is placed anew was.
    fn of(scene: &Scene<'_>, found: Posterior, timed: Option<(&Likelihood<'_>, f64)>) -> Self {
        let near = scene.observed.plane.near(found.corner(STEPS / 2, STEPS / 2));
        let (after_s, sd_s) = timed.map_or((0.0, 0.0), |(like, first)| when(like, &found, first));
        Self { near, best: found.best(), found, after_s, sd_s, cells: OnceCell::new() }
    }

    fn reckoned_cells(&self) -> BTreeSet<CellId> {
        cells_told(self.near.position(self.best), self.wide_m())
    }

    /// How far from the best place it may have been, with 95 in 100, metres.
    fn wide_m(&self) -> f64 {
        let (mut held, mut squares) = (0.0, 0.0);
        for (p, share) in self.found.places() {
            let d = p.distance(self.best);
            held += share;
            squares += share * d * d;
        }
        WIDE_RMS * (squares / held).sqrt()
    }
}

/// When an event was, seconds after an instant, and the standard deviation of that.
fn when(like: &Likelihood<'_>, found: &Posterior, first: f64) -> (f64, f64) {
    let (mut held, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (p, share) in found.places() {
        let (t, var) = like.instant(p);
        let d = t - first;
        held += share;
        sum += share * d;
        squares += share * (d * d + var);
    }
    let mean = sum / held;
    (mean, (squares / held - mean * mean).max(0.0).sqrt())
}

/// A place that was sought; what is told of it is reckoned when it may be.
pub(crate) struct Sought<'a> {
    pub(crate) scene: &'a Scene<'a>,
    field: &'a Field,
    cases: &'a [Case],
    pub(crate) placed: Rc<Placed>,
}

/// The likelihoods of some cases. What one has alone needs no weight.
fn ways<'a>(scene: &'a Scene<'_>, field: &'a Field, cases: &[Case]) -> Ways<'a> {
    let way = |case: &Case| {
        let members: Vec<&Observation> = case.members.iter().map(|&n| scene.one(n)).collect();
        let like = Likelihood::new(
            scene.model,
            Some(field),
            scene.observed.watched,
            members.iter().copied(),
        );
        let ln_weight = if cases.len() > 1 { case.ln_weight - case.ln_integral } else { 0.0 };
        (like, members, ln_weight)
    };
    Ways::of(scene.model, cases.iter().map(way).collect())
}

/// Whether it is known how likely an observation is, and how likely it would be to miss it.
fn is_modelled(scene: &Scene<'_>, one: &Observation) -> bool {
    one.at.is_some() && scene.model.detection(one.sense, one.family).is_some()
}

/// What each report of a group lends to what may be told of its place; copies lend too.
fn lent(members: &[&Observation], reports: &[(Digest, &Report)]) -> Vec<Lends> {
    let lends = |one: &Observation, n: usize| {
        let report = reports[n].1;
        Lends {
            act: report.act,
            is_ranging: one.is_ranging || report.is_by_sound_sensor(),
            post: one.post,
            is_placed: one.states_its_place(),
        }
    };
    members.iter().flat_map(|one| one.reports.iter().map(|&n| lends(one, n))).collect()
}

impl Place for Sought<'_> {
    fn unranged(&self) -> Option<Self> {
        let Scene { model, observed, .. } = self.scene;
        let muted = |&n: &u32| {
            let one = self.scene.one(n);
            if one.is_ranging { one.muted() } else { one.clone() }
        };
        let muted = |case: &Case| case.members.iter().map(muted).collect::<Vec<Observation>>();
        let muted: Vec<Vec<Observation>> = self.cases.iter().map(muted).collect();
        let (mut all, mut peak) = (Vec::new(), None);
        for (case, members) in self.cases.iter().zip(&muted) {
            let mut starts = Vec::new();
            let unranged = members.iter().filter(|one| !one.is_ranging);
            unranged.for_each(|one| peak::starts(one, &mut starts));
            if starts.is_empty() {
                continue;
            }
            let like = Likelihood::new(model, Some(self.field), observed.watched, members);
            let ln_weight = if muted.len() > 1 {
                let top = peak::climb(&like, &starts, UNRANGED_WIDE_M);
                case.ln_weight - top.ln_integral
            } else {
                0.0
            };
            peak = peak.or(starts.first().copied());
            all.push((like, members.iter().collect(), ln_weight));
        }
        let found = posterior(&Ways::of(model, all), peak?, true)?;
        let placed = Rc::new(Placed::of(self.scene, found, None));
        Some(Self { placed, ..*self })
    }

    fn drawn(&self, drawn: Drawn) -> (Position, [Region; 2]) {
        let Placed { near, best, found, .. } = &*self.placed;
        let finely = near.position(*best);
        match drawn {
            Drawn::Finely => (finely, [0.5, 0.95].map(|share| self.region(share))),
            Drawn::Blurred => {
                let blurred = Blurred::of(near, found);
                let at = blurred.at().unwrap_or(finely);
                (at, [0.5, 0.95].map(|share| blurred.region(share)))
            }
        }
    }

    fn cells(&self) -> BTreeSet<CellId> {
        let placed = &self.placed;
        placed.cells.get_or_init(|| placed.reckoned_cells()).clone()
    }
}

impl Sought<'_> {
    fn region(&self, share: f64) -> Region {
        let Placed { near, found, .. } = &*self.placed;
        let squares: Vec<Square> = found.region(share);
        let ring = |corners: &[(u32, u32)]| {
            let at = |&(x, y): &(u32, u32)| near.position(found.corner(x, y));
            corners.iter().map(at).collect::<Vec<_>>()
        };
        let polygon = |outline: &Outline| {
            let holes = outline.holes.iter().map(|hole| ring(hole));
            std::iter::once(ring(&outline.outer)).chain(holes).collect()
        };
        outlines(&squares).iter().map(polygon).collect()
    }
}

/// The reports of a group.
fn evidenced<'a>(
    members: &'a [&Observation],
    reports: &'a [(Digest, &Report)],
) -> impl Iterator<Item = &'a Report> {
    members.iter().flat_map(|one| &one.reports).map(|&n| reports[n].1)
}

/// Independent sources: posts, or those of a compilation where one says that it rests on more. What
/// a post says of itself makes it no more than one; and what people were told by others is no source
/// beside those who perceived it, and one by itself: nobody knows that they did not have it from one.
fn sources(members: &[&Observation], reports: &[(Digest, &Report)]) -> u32 {
    let is_hearsay = |one: &&&Observation| {
        let report = reports[one.reports[0]].1;
        report.method == Method::Told && report.source.kind == "human"
    };
    let perceived = members.iter().filter(|one| !is_hearsay(one));
    let posts: BTreeSet<usize> = perceived.map(|one| one.post).collect();
    let compiled = members.iter().flat_map(|one| &one.reports).map(|&n| reports[n].1);
    let compiled = compiled.filter(|report| report.method == Method::Told);
    compiled.map(|report| report.source_count).fold((posts.len() as u32).max(1), u32::max)
}

/// The top of a likelihood, from the densest cell or from where the group was found: clocks of
/// milliseconds see that a cell is some metres wide.
fn sharpest(like: &Likelihood<'_>, densest: Xy, found: Xy) -> Xy {
    let top = peak::climb(like, &[densest, found], TOP_M).at;
    if like.value(top, 0.0) > like.value(densest, 0.0) { top } else { densest }
}

/// At least the largest of the counts; at most the largest sum of counts whose windows do not
/// overlap.
fn counts(members: &[&Observation], reports: &[(Digest, &Report)]) -> Option<(u32, u32)> {
    let counted = members.iter().flat_map(|one| &one.reports).filter_map(|&n| {
        let report = reports[n].1;
        Some((report.observed, report.count?))
    });
    let mut counted: Vec<_> = counted.collect();
    let least = counted.iter().map(|(_, c)| c.min).max()?;
    counted.sort_by_key(|(when, c)| (when.end(), when.start(), c.max));
    let mut best: Vec<(Instant, u32)> = Vec::new();
    let mut most = 0;
    for (when, count) in counted {
        let before = best.partition_point(|&(end, _)| end <= when.start());
        let sum = count.max.saturating_add(before.checked_sub(1).map_or(0, |n| best[n].1));
        most = most.max(sum);
        best.push((when.end(), most));
    }
    Some((least, most.max(least)))
}
