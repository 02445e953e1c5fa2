//! How much was observed: without it, fewer reports cannot be told from less observation.

use std::collections::{BTreeMap, BTreeSet};

use agreement::report::{Duty, DutyState, Watcher};
use agreement::{Act, Digest, Pack, PostId, Report};
use serde::Serialize;
use spacetime::{Instant, Interval};

use crate::incidents::Answer;
use crate::incidents::place::{Ground, Region};

/// What is known of the observation of some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Observers times the seconds they were on duty. Watches of one post that overlap count
    /// once, with the most observers.
    pub observer_s: u64,
    /// Seconds that sensors nobody attends were on, all together.
    pub sensor_s: u64,
    /// Different posts and sensors that were on duty at some time.
    pub posts_on_duty: u64,
    /// Different patrols that went out.
    pub patrols: u64,
    /// Watches that somebody did not let be kept, patrols among them.
    pub denied: u64,
}

/// The duty records as spans of watchers, each record once.
#[derive(Debug, Default)]
pub(super) struct Watches<'a> {
    by_watcher: BTreeMap<&'a Watcher, Vec<&'a Duty>>,
}

impl<'a> Watches<'a> {
    pub(super) fn of(duties: impl IntoIterator<Item = &'a Duty>) -> Self {
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        let mut watches = Self::default();
        for duty in duties {
            if seen.insert(duty.digest()) {
                watches.by_watcher.entry(&duty.watcher).or_default().push(duty);
            }
        }
        watches
    }

    /// What was observed within some time.
    pub(super) fn within(&self, time: Interval) -> Observation {
        let mut all = Observation::default();
        for (watcher, duties) in &self.by_watcher {
            let near = || duties.iter().filter(|duty| duty.when.meet(time).is_some());
            all.denied += near().filter(|d| d.state == DutyState::Denied).count() as u64;
            let on: Vec<(Interval, u32)> = near()
                .filter(|duty| duty.state == DutyState::On)
                .filter_map(|duty| Some((duty.when.meet(time)?, duty.observers)))
                .collect();
            if on.is_empty() {
                continue;
            }
            let off: Vec<Interval> = near()
                .filter(|duty| duty.state != DutyState::On)
                .filter_map(|duty| duty.when.meet(time))
                .collect();
            let (observer_s, attended_s, watched_s) = kept(&on, &off);
            all.observer_s += observer_s;
            match watcher {
                Watcher::Patrol(_) => all.patrols += u64::from(watched_s > 0),
                Watcher::Post(_) => all.posts_on_duty += u64::from(watched_s > 0),
                Watcher::Sensor(_) => {
                    all.posts_on_duty += u64::from(watched_s > 0);
                    all.sensor_s += watched_s - attended_s;
                }
            }
        }
        all
    }
}

/// Observer-seconds, seconds with an observer, and seconds in all of one watcher: where records
/// overlap, the one with most observers holds, and what was off or denied was not kept.
fn kept(on: &[(Interval, u32)], off: &[Interval]) -> (u64, u64, u64) {
    let ends = |span: &Interval| [span.start(), span.end()];
    let mut edges: Vec<Instant> =
        on.iter().flat_map(|(span, _)| ends(span)).chain(off.iter().flat_map(ends)).collect();
    edges.sort_unstable();
    edges.dedup();
    let (mut observers_us, mut attended_us, mut watched_us) = (0_u128, 0_u128, 0_u128);
    for pair in edges.windows(2) {
        let at = pair[0];
        let length = u128::from(pair[1].since(at).micros().unsigned_abs());
        let most = on.iter().filter(|(span, _)| span.contains(at)).map(|(_, n)| *n).max();
        let Some(most) = most.filter(|_| !off.iter().any(|span| span.contains(at))) else {
            continue;
        };
        observers_us += length * u128::from(most);
        attended_us += if most > 0 { length } else { 0 };
        watched_us += length;
    }
    let seconds = |us: u128| u64::try_from(us / 1_000_000).unwrap_or(u64::MAX);
    (seconds(observers_us), seconds(attended_us), seconds(watched_us))
}

/// Whether somebody could have observed something on some ground: they stood on it or within their
/// reach of it, as far as is known. Of whom nobody says where they stood, it may have been there.
pub(super) fn could_observe(pack: &Pack, ground: &Ground<'_>, duty: &Duty) -> bool {
    let Some(centre) = duty.position.map(|at| *at.expose()) else { return true };
    let post = match &duty.watcher {
        Watcher::Post(name) => PostId::new(name).and_then(|id| pack.posts.get(&id)),
        Watcher::Sensor(_) | Watcher::Patrol(_) => None,
    };
    let stated_m = duty.reach_m.or(post.map(|post| post.reach_m)).map(i64::from);
    let radius_cm = stated_m.unwrap_or(pack.parameters.heard_heavy_m) * 100;
    let region = Region::Disc { centre, radius_cm, from_post: true };
    !matches!(ground.locate(&region).answer, Answer::No(_))
}

/// Reports that say that observers were denied their movement, each once, by when.
pub(super) fn denials<'a>(reports: impl IntoIterator<Item = &'a Report>, time: Interval) -> u64 {
    let denied = reports.into_iter().filter(|report| report.act == Act::DenialOfMovement);
    let within = denied.filter(|report| time.contains(report.observed.start()));
    within.map(Report::digest).collect::<BTreeSet<_>>().len() as u64
}
