//! Many noisy reports into few incidents, each with a place that it can defend.
//!
//! Reports are taken for observations of events by likelihood (ALGORITHMS, Ground): the time as
//! stated, with the sound's way; the bearing, von Mises, widened by the step it was rounded to;
//! the distance, lognormal; who perceived it and who was on duty and did not; how many each
//! counted; what each called it. The best partition of the reports is searched ([`exact`] for few,
//! [`greedy`] for many), and each group's likelihood over the plane gives the regions.
//!
//! Floats run inside on pinned libm and the four operations; what is compared is whole
//! micro-nats, and ties go to what was observed first, then to the smaller digest. So the order
//! in which reports come changes no byte.

mod associate;
mod blurred;
#[cfg(test)]
mod by_hand;
mod calibration;
mod elsewhere;
mod exact;
mod gate;
mod greedy;
mod incident;
mod likelihood;
mod logarithm;
mod lone;
mod model;
mod nucleus;
mod observation;
mod outline;
mod peak;
mod plane;
mod posterior;
mod rates;
mod scene;
mod score;
mod silence;
mod told;
mod whereabouts;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use agreement::report::{Duty, Watcher};
use agreement::{Act, Digest, Pack, Parameters, Report};
use spacetime::Instant;

pub use associate::Search;
pub use calibration::{Calibration, Fit, Measure};
pub use exact::EXACT_MAX;
pub use gate::NEIGHBOURS_MAX;
use incident::Grain;
pub use incident::{Incident, Level};
pub use model::Sense;
pub use nucleus::MICROPHONES_MAX;
pub use posterior::CELLS_MAX;
pub use score::{Nearness, Truth};
pub use silence::{FIELDS_MAX, NODES_MAX};
pub(crate) use told::chance_in_steps;
pub use whereabouts::{CellId, ExactPlace, KEPT_BACK, Region, Whereabouts};

use crate::corrected::Replaced;
use elsewhere::Elsewhere;
use model::{Family, Model};
use nucleus::Net;
use observation::Observed;
use rates::{Found, Lone, Rates};
use scene::{Cluster, Scene};
use silence::{Fields, OnDuty};

/// Of a long record so many observations in a row are looked at, several times, before all are.
const PILOT_RUN: usize = 400;
/// So many runs.
const PILOT_RUNS: usize = 6;
/// Rounds of estimating rates from the pilot.
const PILOT_ROUNDS: usize = 3;

/// What came of fusing.
#[derive(Clone, Debug)]
pub struct Fused {
    /// By the time they began, then id.
    pub incidents: Vec<Incident>,
    /// How the search went.
    pub search: Search,
    /// Whether the noise was what the reports and the parameters say.
    pub calibration: Calibration,
    /// Different reports.
    pub reports: u64,
    /// Reports that came more than once, by id and all.
    pub repeats: u64,
    /// Reports of one source that say the same under another name.
    pub copies: u64,
}

/// What shapes fusing beside the reports.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Parameters of the pack.
    pub parameters: &'a Parameters,
    /// Up to when the reports reach: places of firing leave a day later. Without it, the beginning of
    /// the latest observation.
    pub as_of: Option<Instant>,
    /// Who watched when, each with its place known; whoever has no record is presumed.
    pub duties: &'a [Duty],
}

/// Fuses reports, with everybody presumed on duty around when they report.
#[must_use]
pub fn fuse<'a>(
    parameters: &Parameters,
    as_of: Option<Instant>,
    reports: impl IntoIterator<Item = &'a Report>,
) -> Fused {
    fuse_watched(&Setting { parameters, as_of, duties: &[] }, reports)
}

/// Fuses reports, with records of who was on duty: that they reported nothing is evidence.
#[must_use]
pub fn fuse_watched<'a>(
    setting: &Setting<'_>,
    reports: impl IntoIterator<Item = &'a Report>,
) -> Fused {
    fuse_and_see(setting, reports, Grain::AsTold, |_, _| ()).0
}

/// Duty records with the places of posts that the pack knows, where they tell none themselves.
#[must_use]
pub fn placed(pack: &Pack, duties: impl IntoIterator<Item = Duty>) -> Vec<Duty> {
    let placed = |duty: Duty| {
        let post = match &duty.watcher {
            Watcher::Post(name) => pack.posts.values().find(|post| post.id.as_str() == name),
            _ => None,
        };
        let position = duty.position.or_else(|| post.map(|post| post.position));
        Duty { position, ..duty }
    };
    duties.into_iter().map(placed).collect()
}

/// Fuses reports, and says of each incident how far off it is from what is known to have
/// happened: for tests and benchmarks.
#[must_use]
pub fn fuse_scored<'a>(
    setting: &Setting<'_>,
    reports: impl IntoIterator<Item = &'a Report>,
    truths: &[Truth],
) -> (Fused, Vec<Vec<Nearness>>) {
    fuse_and_see(setting, reports, Grain::Fine, |incident, sought| {
        sought.map_or(Vec::new(), |sought| score::near(incident, sought, truths))
    })
}

/// Fuses reports; `see` is shown each incident with its place before that is coarsened, and what it
/// makes of that comes back in the order of the incidents. `grain` is of what is searched and not told.
fn fuse_and_see<'a, T>(
    setting: &Setting<'_>,
    reports: impl IntoIterator<Item = &'a Report>,
    grain: Grain,
    see: impl Fn(&Incident, Option<&incident::Sought<'_>>) -> T,
) -> (Fused, Vec<T>) {
    let parameters = setting.parameters;
    let (distinct, repeats) = distinct(reports);
    // What its own source has replaced no longer counts.
    let replaced = Replaced::by(distinct.iter().map(|(_, report)| *report));
    let distinct: Vec<(Digest, &Report)> =
        distinct.into_iter().filter(|(_, report)| !replaced.holds(report)).collect();
    // Whoever says that something lasts into next year must not open today what is kept back for a day.
    let latest = distinct.iter().map(|(_, report)| report.observed.start()).max();
    let as_of = setting.as_of.or(latest).unwrap_or(Instant::MIN);
    let model = Model::new(parameters);
    let observed = observation::observe(&model, &distinct, setting.duties);
    let duty = OnDuty::of(&model, &observed);
    let fields = RefCell::new(Fields::new(&observed));
    let net = Net::of(&model, &observed);
    let net = net.as_ref();
    let learning = Learning { model: &model, duty: &duty, fields: &fields, net };
    let rates = learning.learnt(parameters, &observed);
    let scene = Scene::new(&model, &observed, &duty, &fields, rates, net);
    let (groups, pairs, alone, search) = associate::associate(&scene);
    let mut calibration = Calibration::default();
    let elsewhere = Elsewhere::of(&scene, &pairs, &alone, &groups);
    let maker = incident::Maker::new(&scene, &elsewhere, grain);
    let mut seen: Vec<(Incident, T)> = groups
        .iter()
        .map(|group| maker.incident(group, &distinct, as_of, &mut calibration, &see))
        .collect();
    seen.sort_by_key(|(incident, _)| incident.order());
    let (incidents, seen) = seen.into_iter().unzip();
    let copies = observed.observations.iter().map(|one| one.reports.len() as u64 - 1).sum();
    let fused = Fused {
        incidents,
        search,
        calibration: calibration.judged(),
        reports: distinct.len() as u64,
        repeats,
        copies,
    };
    (fused, seen)
}

/// Reports each once, in the order of their digests, and how many were repeats. What evidence may not tell
/// apart is told apart by all that it says.
fn distinct<'a>(reports: impl IntoIterator<Item = &'a Report>) -> (Vec<(Digest, &'a Report)>, u64) {
    let mut all: Vec<_> = reports.into_iter().map(|report| (report.digest(), report)).collect();
    let handed_in = all.len();
    all.sort_by_key(|(digest, _)| *digest);
    for alike in all.chunk_by_mut(|(a, _), (b, _)| a == b).filter(|alike| alike.len() > 1) {
        alike.sort_by_cached_key(|(_, report)| report.whole_digest());
    }
    all.dedup_by(|(again, repeat), (digest, first)| {
        again == digest && repeat.whole_digest() == first.whole_digest()
    });
    let repeats = handed_in - all.len();
    (all, repeats as u64)
}

/// What rates are learnt with.
struct Learning<'a> {
    model: &'a Model,
    duty: &'a OnDuty,
    fields: &'a RefCell<Fields>,
    net: Option<&'a Net>,
}

impl Learning<'_> {
    /// Rates as some runs of the observations tell them.
    fn learnt(&self, parameters: &Parameters, observed: &Observed) -> Rates {
        let Self { model, duty, fields, net } = *self;
        let stated = Rates::of(parameters);
        let pilot = pilot(observed);
        let mut rates = stated.clone();
        for _ in 0..PILOT_ROUNDS {
            let mut found = Found::default();
            for run in &pilot {
                let scene = Scene::new(model, run, duty, fields, rates.clone(), net);
                let (groups, _, alone, _) = associate::associate(&scene);
                count(&scene, &groups, &alone, &mut found);
            }
            rates = stated.settled(&rates, &found);
        }
        rates
    }
}

/// Runs of observations, evenly spaced; all of them when they are few.
fn pilot(observed: &Observed) -> Vec<Cow<'_, Observed>> {
    let all = &observed.observations;
    let part = |from: usize, to: usize| {
        Cow::Owned(Observed {
            observations: all[from..to].to_vec(),
            first: from as u32,
            units: observed.units.clone(),
            ..*observed
        })
    };
    // Twice as many are not worth leaving out: what is looked at whole is looked through once.
    if all.len() <= 2 * PILOT_RUN * PILOT_RUNS {
        return vec![Cow::Borrowed(observed)];
    }
    let spare = all.len() - PILOT_RUN;
    let starts = (0..PILOT_RUNS).map(|n| spare * n / (PILOT_RUNS - 1));
    starts.map(|from| part(from, from + PILOT_RUN)).collect()
}

/// What was found in a run, and in how much watching.
fn count(scene: &Scene<'_>, groups: &[Cluster], alone: &[Cluster], found: &mut Found) {
    let all = &scene.observed.observations;
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let seconds = (last.t - first.t).max(60.0);
    for group in groups {
        // What is no event after all is its reports apart.
        let apart: i64 = group.members.iter().map(|&n| alone[n as usize].score).sum();
        let odds = libm::exp((group.ln_odds - apart as f64 * 1e-6).clamp(-60.0, 60.0));
        let together = if group.members.len() > 1 { odds / (1.0 + odds) } else { 0.0 };
        *found.events.entry(group.act).or_default() += together;
        for &n in &group.members {
            let one = scene.one(n);
            let lone = Lone::new(one.sense, one.act, alone[n as usize].ln_odds);
            *found.lone.entry(lone).or_default() += 1.0 - together;
        }
    }
    let us = scene.observed.base.micros() + (f64::midpoint(first.t, last.t) * 1e6) as i64;
    let set = scene.duty.set_at(us);
    for &n in scene.duty.members(set) {
        let sense = scene.observed.units[n as usize].sense;
        *found.on_duty.entry(sense).or_default() += seconds;
    }
    let mut watched: BTreeMap<Family, f64> = BTreeMap::new();
    let lone = found.lone.keys().map(|lone| lone.act);
    let acts: BTreeSet<Act> = lone.chain(found.events.keys().copied()).collect();
    for act in acts {
        let family = Family::of(act);
        let area = *watched.entry(family).or_insert_with(|| {
            let field = scene.fields.borrow_mut().of(scene.observed, scene.duty, set, family);
            field.watched_m2(scene.model, &scene.observed.watched)
        });
        *found.watched.entry(act).or_default() += area * seconds;
    }
}

/// Whole micro-nats, to the nearest, ties to even; what has no bound is far out.
fn micro_nats(ln: f64) -> i64 {
    if ln.is_nan() {
        return -MICRO_NATS_MAX;
    }
    let most = MICRO_NATS_MAX as f64;
    rounded((ln * 1e6).clamp(-most, most)) as i64
}

/// To the nearest whole number, ties to even, of numbers up to 2^51: added to this one they have no halves
/// left. It takes no call of the mathematical library, which `round_ties_even` takes.
fn rounded(x: f64) -> f64 {
    const NO_HALVES: f64 = 6_755_399_441_055_744.0;
    x + NO_HALVES - NO_HALVES
}

/// No likelihood is told apart beyond this: e to the million.
const MICRO_NATS_MAX: i64 = 1_000_000_000_000;
