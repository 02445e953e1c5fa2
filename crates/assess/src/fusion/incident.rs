//! Incidents: what a group of reports says together.

use std::collections::BTreeSet;

use agreement::report::Method;
use agreement::{Act, Digest, Report};
use serde::Serialize;
use spacetime::{Instant, Interval, Position};

use super::calibration::Calibration;
use super::gate::Pairs;
use super::likelihood::Likelihood;
use super::observation::Observation;
use super::outline::{Outline, Square, outlines};
use super::peak;
use super::plane::{Near, Xy};
use super::posterior::{Posterior, STEPS, posterior};
use super::scene::{Cluster, Scene};
use super::silence::Field;
use super::whereabouts::{CellId, Lends, Place, Region, Whereabouts};

/// What silence and hearing add to the curvature of a group's likelihood, a square metre: as if
/// the place were known to some kilometres without any measure.
const SOFT_CURVATURE: f64 = 1.0 / (6000.0 * 6000.0);

/// Places are told apart by this much when the cells that they lie in are looked up, metres.
const BLOCK_M: f64 = 400.0;
/// The top of a likelihood lies no farther than this from the densest cell, metres.
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
    /// How likely it is that it happened, millionths.
    pub p_real_ppm: u32,
    /// How far it is established.
    pub level: Level,
}

impl Incident {
    pub(crate) fn order(&self) -> (Instant, Instant, Digest) {
        (self.when.start(), self.when.end(), self.id)
    }
}

/// Makes incidents of groups.
pub(crate) struct Maker<'s, 'a> {
    pub(crate) scene: &'s Scene<'a>,
    pub(crate) pairs: &'s Pairs,
    pub(crate) alone: &'s [Cluster],
    pub(crate) groups: &'s [Cluster],
    /// The group of each observation.
    pub(crate) of: Vec<usize>,
}

impl Maker<'_, '_> {
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
        let like = Likelihood::new(
            scene.model,
            Some(&field),
            scene.observed.watched,
            members.iter().copied(),
        );
        let found = posterior(scene.model, &like, &members, group.at);
        let mut ln_odds = group.ln_odds;
        let when;
        if let Some(found) = found.as_ref() {
            let exact = scene.scored(group.members.clone(), group.at, found.ln_integral);
            ln_odds = exact.ln_odds;
            when = self.when(&like, found);
            if members.len() > 1 {
                let residuals = like.residuals(sharpest(&like, found.densest())).into_iter();
                let told =
                    residuals.map(|(n, what, square, by)| (members[n].sense, what, square, by));
                calibration.add_group(&told.collect::<Vec<_>>(), SOFT_CURVATURE);
            }
        } else {
            let one = members[0];
            let sd = one.var.sqrt() * 1.96;
            when = self.interval(one.t - sd, one.t + sd);
        }
        let place = found.map(|found| Sought::of(scene, &field, &members, found));
        let mut evidence: Vec<(Digest, String)> = members
            .iter()
            .flat_map(|one| &one.reports)
            .map(|&n| (reports[n].0, reports[n].1.id.clone()))
            .collect();
        evidence.sort();
        let sources = sources(&members, reports);
        let p_real = self.p_real(group, ln_odds);
        let counts = counts(&members, reports);
        let (evidence, names): (Vec<Digest>, Vec<String>) = evidence.into_iter().unzip();
        let incident = Incident {
            id: Digest::of(&serde_json::json!([group.act, evidence])).expect("text only"),
            act: group.act,
            when,
            whereabouts: Whereabouts::of(
                &lent(&members, reports),
                when.end(),
                as_of,
                place.as_ref(),
            ),
            count_min: counts.map(|c| c.0),
            count_max: counts.map(|c| c.1),
            sources,
            evidence,
            reports: names,
            p_real_ppm: (p_real * 1e6).round_ties_even() as u32,
            level: if sources > 1 { Level::Corroborated } else { Level::Reported },
        };
        let seen = see(&incident, place.as_ref());
        (incident, seen)
    }

    /// How likely it is that something happened: of one report, that it is no stray, whether it
    /// stands alone or belongs to a neighbour after all; of several, that they are not so many
    /// reports apart.
    fn p_real(&self, group: &Cluster, ln_odds: f64) -> f64 {
        let odds = if let [one] = group.members[..] {
            let mut odds = libm::exp(ln_odds.min(40.0));
            for host in self.hosts(one) {
                let mut members = host.members.clone();
                members.push(one);
                members.sort_unstable();
                let with = self.scene.cluster(members, &[host.at]);
                odds += libm::exp(((with.score - host.score) as f64 * 1e-6).min(40.0));
            }
            odds
        } else {
            let alone = |n: &u32| self.alone[*n as usize].score;
            let apart: i64 = group.members.iter().map(alone).sum();
            libm::exp((ln_odds - apart as f64 * 1e-6).clamp(-40.0, 40.0))
        };
        odds / (1.0 + odds)
    }

    /// Groups of two or more that an observation would fit into.
    fn hosts(&self, one: u32) -> impl Iterator<Item = &Cluster> {
        let near = self.pairs.of[one as usize].iter().map(|&(n, _)| self.of[n as usize]);
        let near: BTreeSet<usize> = near.collect();
        near.into_iter().map(|at| &self.groups[at]).filter(move |host| {
            host.members.len() > 1
                && host.members.iter().all(|&n| self.pairs.has(one, n))
                && self.scene.disjoint(&[one], &host.members)
        })
    }

    fn interval(&self, from_s: f64, to_s: f64) -> Interval {
        let us = |s: f64| {
            let us = (s * 1e6).round_ties_even() as i64;
            Instant::from_micros(self.scene.observed.base.micros().saturating_add(us))
        };
        let (from, to) = (us(from_s), us(to_s));
        Interval::new(from, to.max(from)).expect("not backwards")
    }

    fn when(&self, like: &Likelihood<'_>, found: &Posterior) -> Interval {
        let (mut held, mut sum, mut squares, mut base) = (0.0, 0.0, 0.0, None);
        for (p, share) in found.places() {
            let (t, var) = like.instant(p);
            let d = t - *base.get_or_insert(t);
            held += share;
            sum += share * d;
            squares += share * (d * d + var);
        }
        let mean = sum / held;
        let sd = (squares / held - mean * mean).max(0.0).sqrt();
        let middle = base.unwrap_or(0.0) + mean;
        self.interval(middle - 1.96 * sd, middle + 1.96 * sd)
    }
}

/// A place that was sought; what is told of it is reckoned when it may be.
pub(crate) struct Sought<'a> {
    pub(crate) scene: &'a Scene<'a>,
    field: &'a Field,
    members: &'a [&'a Observation],
    near: Near,
    pub(crate) best: Xy,
    pub(crate) found: Posterior,
}

impl<'a> Sought<'a> {
    fn of(
        scene: &'a Scene<'a>,
        field: &'a Field,
        members: &'a [&'a Observation],
        found: Posterior,
    ) -> Self {
        let near = scene.observed.plane.near(found.corner(STEPS / 2, STEPS / 2));
        Self { scene, field, members, near, best: found.best(), found }
    }
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
        let muted = |one: &&Observation| if one.is_ranging { one.muted() } else { (*one).clone() };
        let muted: Vec<Observation> = self.members.iter().map(muted).collect();
        let members: Vec<&Observation> = muted.iter().collect();
        let Scene { model, observed, .. } = self.scene;
        let like =
            Likelihood::new(model, Some(self.field), observed.watched, members.iter().copied());
        let mut starts = Vec::new();
        muted.iter().filter(|one| !one.is_ranging).for_each(|one| peak::starts(one, &mut starts));
        let found = posterior(model, &like, &members, *starts.first()?)?;
        Some(Self::of(self.scene, self.field, self.members, found))
    }

    fn at(&self) -> Position {
        self.near.position(self.best)
    }

    fn region(&self, share: f64) -> Region {
        let squares: Vec<Square> = self.found.region(share);
        let ring = |corners: &[(u32, u32)]| {
            let at = |&(x, y): &(u32, u32)| self.near.position(self.found.corner(x, y));
            corners.iter().map(at).collect::<Vec<_>>()
        };
        let polygon = |outline: &Outline| {
            let holes = outline.holes.iter().map(|hole| ring(hole));
            std::iter::once(ring(&outline.outer)).chain(holes).collect()
        };
        outlines(&squares).iter().map(polygon).collect()
    }

    fn cells(&self) -> BTreeSet<CellId> {
        // Of places within some hundred metres one stands for all: the cells are kilometres wide.
        let mut blocks = BTreeSet::new();
        let block = |p: Xy| ((p.x / BLOCK_M).floor() as i64, (p.y / BLOCK_M).floor() as i64);
        let places = self.found.places().map(|(p, _)| p).filter(|&p| blocks.insert(block(p)));
        places.map(|p| CellId::holding(self.near.position(p))).collect()
    }
}

/// Independent sources: posts, or those of a compilation where one says that it rests on more. What
/// a post says of itself makes it no more than one.
fn sources(members: &[&Observation], reports: &[(Digest, &Report)]) -> u32 {
    let posts: BTreeSet<usize> = members.iter().map(|one| one.post).collect();
    let compiled = members.iter().flat_map(|one| &one.reports).map(|&n| reports[n].1);
    let compiled = compiled.filter(|report| report.method == Method::Told);
    compiled.map(|report| report.source_count).fold(posts.len() as u32, u32::max)
}

/// The top near the densest cell: clocks of milliseconds see that a cell is some metres wide.
fn sharpest(like: &Likelihood<'_>, densest: Xy) -> Xy {
    let top = peak::climb(like, &[densest], TOP_M).at;
    if top.distance(densest) < TOP_M { top } else { densest }
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
