//! Reports made ready for reckoning: on a plane, in seconds, with the spread of each measure.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use agreement::report::{Count, Duty, DutyState, Extent, Method, RangeClass, Watcher};
use agreement::{Act, Digest, Report};
use spacetime::{Instant, Interval, Position};

use super::model::{Family, Model, Sense, Watched};
use super::plane::{Plane, Xy};

/// A direction from the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direction {
    /// Unit vector on the plane.
    pub(crate) east: f64,
    pub(crate) north: f64,
    /// Concentration of the von Mises distribution.
    pub(crate) kappa: f64,
    /// ln of its density's factor, so that the density is `e^(norm + kappa (cos - 1))`.
    pub(crate) ln_norm: f64,
}

/// A distance from the source: the logarithm of metres and its variance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance {
    pub(crate) ln_m: f64,
    pub(crate) var: f64,
}

/// A place that the report names itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) at: Xy,
    pub(crate) var: f64,
}

/// One report, or several that are copies of one.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) digest: Digest,
    /// The reports that say the same, by number; the first is the one that counts.
    pub(crate) reports: Vec<usize>,
    /// Who perceived it: one observer or sensor at one place.
    pub(crate) unit: usize,
    /// The post, or the source where it has none: what independence is counted by.
    pub(crate) post: usize,
    pub(crate) sense: Sense,
    pub(crate) act: Act,
    pub(crate) family: Family,
    /// Seconds from the first of all observations to the middle of this one.
    pub(crate) t: f64,
    /// Variance of that, seconds squared: the clock's and that of what was not read finely.
    pub(crate) var: f64,
    /// Whether sound was on its way before it was perceived.
    pub(crate) heard: bool,
    pub(crate) at: Option<Xy>,
    pub(crate) direction: Option<Direction>,
    pub(crate) distance: Option<Distance>,
    pub(crate) spot: Option<Spot>,
    pub(crate) count: Option<Count>,
    /// ln of the density of what it measures, were it about nothing.
    pub(crate) ln_stray: f64,
    /// Whether it ranges by sound: several such find a gun to some metres.
    pub(crate) is_ranging: bool,
}

/// Whoever tells what they heard more sharply than this ranges by sound, whatever they call
/// themselves: seconds.
const RANGING_CLOCK_SD_S: f64 = 2.0;
/// Likewise the concentration of a direction: 2.5 degrees.
const RANGING_KAPPA: f64 = 525.0;
/// Variance of a time that says nothing, seconds squared: some days.
const NO_CLOCK_VAR: f64 = 1e11;

/// A stated place that is worse known than this, a kilometre, leaves what was seen or heard from a
/// post about as sharp as without it.
const PLACED_VAR_MAX: f64 = 1e6;

impl Observation {
    /// Whether where it happened rests on a place that it states, and not on where its source stood.
    pub(crate) fn states_its_place(&self) -> bool {
        let from_source = self.direction.is_some() || self.distance.is_some();
        self.spot.is_some_and(|spot| !from_source || spot.var <= PLACED_VAR_MAX)
    }

    /// The same with nothing of what it measured left, only that it was perceived.
    pub(crate) fn muted(&self) -> Self {
        Self { var: NO_CLOCK_VAR, direction: None, distance: None, spot: None, ..self.clone() }
    }

    /// Whether it measures nothing but a time.
    pub(crate) const fn is_bare(&self) -> bool {
        self.direction.is_none() && self.distance.is_none() && self.spot.is_none()
    }

    /// Whether anything says where it happened.
    pub(crate) const fn is_placed(&self) -> bool {
        self.at.is_some() || self.spot.is_some()
    }
}

/// An observer or sensor at one place, and when it is known to have watched.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) sense: Sense,
    pub(crate) at: Option<Xy>,
    /// When it reported, microseconds, sorted.
    pub(crate) reported_us: Vec<i64>,
    /// When it is on record to have watched; `None` when there is no record of its duty.
    pub(crate) watched: Option<Kept>,
}

/// Watches on record, from and to in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    on: Vec<(i64, i64)>,
    off: Vec<(i64, i64)>,
    /// How far they reached, metres, where a record says so.
    pub(crate) reach_m: Option<f64>,
}

impl Kept {
    fn add(&mut self, duty: &Duty) {
        let span = (duty.when.start().micros(), duty.when.end().micros());
        match duty.state {
            DutyState::On => self.on.push(span),
            DutyState::Off | DutyState::Denied => self.off.push(span),
        }
        let reach_m = duty.reach_m.map(f64::from);
        self.reach_m = self.reach_m.into_iter().chain(reach_m).reduce(f64::max);
    }

    /// Whether the watch was kept at an instant. What was off was not kept, whatever else is said.
    pub(crate) fn at(&self, us: i64) -> bool {
        let holds = |spans: &[(i64, i64)]| spans.iter().any(|&(from, to)| from <= us && us < to);
        holds(&self.on) && !holds(&self.off)
    }
}

/// Everything that was observed.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    pub(crate) plane: Plane,
    /// The instant that seconds are counted from.
    pub(crate) base: Instant,
    /// By time, then digest.
    pub(crate) observations: Vec<Observation>,
    /// Number of the first of them among all that were observed, where these are a run of those.
    pub(crate) first: u32,
    pub(crate) units: Vec<Unit>,
    /// What is watched.
    pub(crate) watched: Watched,
}

/// How the reporter perceived.
pub(crate) fn sense(report: &Report) -> Sense {
    match (report.source.kind.as_str(), report.method) {
        _ if report.is_by_sound_sensor() => Sense::Microphone,
        (_, Method::Told) => Sense::Told,
        ("camera", _) => Sense::Camera,
        _ => Sense::Person,
    }
}

/// Makes ready different reports, by digest.
pub(crate) fn observe(model: &Model, reports: &[(Digest, &Report)], duties: &[Duty]) -> Observed {
    let plane = Plane::about(middle_of(reports));
    let base = reports.iter().map(|(_, r)| r.observed.start()).min();
    let base = base.unwrap_or(Instant::from_micros(0));
    let mut units = Units::default();
    let mut said: BTreeMap<_, usize> = BTreeMap::new();
    let mut observations: Vec<Observation> = Vec::new();
    for (number, (digest, report)) in reports.iter().enumerate() {
        if let Some(&first) = said.get(&what_is_said(report)) {
            observations[first].reports.push(number);
            continue;
        }
        said.insert(what_is_said(report), observations.len());
        let (unit, post) = units.of(&plane, report);
        let ready = Ready { model, plane: &plane, base, report };
        observations.push(ready.observation(*digest, number, unit, post));
    }
    observations.sort_by(|a, b| a.t.total_cmp(&b.t).then(a.digest.cmp(&b.digest)));
    units.note(&plane, duties);
    for unit in &mut units.all {
        unit.reported_us.sort_unstable();
    }
    let own = units.all.iter().filter_map(|unit| unit.at);
    let named = observations.iter().filter_map(|one| one.spot.map(|spot| spot.at));
    let watched = Watched::around(own.chain(named));
    Observed { plane, base, observations, first: 0, units: units.all, watched }
}

/// What makes two reports of one source the same one handed in twice: everything but its name
/// and when it was received.
///
/// What tells most apart comes first, so that few are held against each other to the end.
fn what_is_said(report: &Report) -> impl Ord + use<'_> {
    let place = report.place.as_ref().map(|place| (place.nominal, &place.extent));
    let position = report.source.position.map(|at| *at.expose());
    (
        (report.observed, &report.source.id, &report.source.post, position),
        (report.act, report.method, report.clock_sd, report.arrival),
        (report.bearing, report.range, report.range_class, place, report.count),
        (&report.sides, &report.weapon, report.weapon_class, report.deaths, report.source_count),
    )
}

fn middle_of(reports: &[(Digest, &Report)]) -> Position {
    let places = reports.iter().filter_map(|(_, report)| {
        let own = report.source.position.map(|at| *at.expose());
        own.or_else(|| report.place.as_ref().and_then(|place| place.nominal))
    });
    let origin = Position::from_e7(0, 0).expect("the origin is on the globe");
    spacetime::BoundingBox::around(places).map_or(origin, |found| {
        let lon = i32::midpoint(found.min.lon_e7(), found.max.lon_e7());
        let lat = i32::midpoint(found.min.lat_e7(), found.max.lat_e7());
        Position::from_e7(lon, lat).unwrap_or(origin)
    })
}

/// Name, post, place and sense of a unit.
type Named<'a> = (&'a str, Option<&'a str>, Option<Position>, Sense);

/// Units and posts by name.
#[derive(Default)]
struct Units<'a> {
    all: Vec<Unit>,
    numbers: BTreeMap<Named<'a>, usize>,
    posts: BTreeMap<(bool, &'a str), usize>,
}

impl<'a> Units<'a> {
    fn of(&mut self, plane: &Plane, report: &'a Report) -> (usize, usize) {
        let source = &report.source;
        let position = source.position.map(|at| *at.expose());
        let sense = sense(report);
        let key = (source.id.as_str(), source.post.as_deref(), position, sense);
        let unit = *self.numbers.entry(key).or_insert_with(|| {
            let at = position.map(|at| plane.project(at));
            self.all.push(Unit { sense, at, reported_us: Vec::new(), watched: None });
            self.all.len() - 1
        });
        self.all[unit].reported_us.push(report.observed.start().micros());
        let post = source.post.as_deref().map_or((false, source.id.as_str()), |post| (true, post));
        let next = self.posts.len();
        (unit, *self.posts.entry(post).or_insert(next))
    }
}

impl Units<'_> {
    /// Notes who is on record to have watched. A post with a place that never reported is a unit
    /// of its own; a sensor is not, since nobody says what it perceives.
    fn note(&mut self, plane: &Plane, duties: &[Duty]) {
        let mut seen = BTreeSet::new();
        let mut silent: BTreeMap<&Watcher, (Xy, Kept)> = BTreeMap::new();
        for duty in duties.iter().filter(|duty| seen.insert(duty.digest())) {
            let name = duty.watcher.name();
            let is_meant = |&(source, post, _, sense): &Named<'_>| match &duty.watcher {
                Watcher::Sensor(_) => source == name,
                _ => sense == Sense::Person && (post == Some(name) || source == name),
            };
            let meant = self.numbers.iter().filter(|(named, _)| is_meant(named));
            let meant: Vec<usize> = meant.map(|(_, &unit)| unit).collect();
            for &unit in &meant {
                self.all[unit].watched.get_or_insert_default().add(duty);
            }
            let place = duty.position.map(|at| plane.project(*at.expose()));
            if let (true, Watcher::Post(_), Some(at)) = (meant.is_empty(), &duty.watcher, place) {
                let (_, kept) = silent.entry(&duty.watcher).or_insert((at, Kept::default()));
                kept.add(duty);
            }
        }
        for (at, kept) in silent.into_values() {
            let (sense, reported_us) = (Sense::Person, Vec::new());
            self.all.push(Unit { sense, at: Some(at), reported_us, watched: Some(kept) });
        }
    }
}

struct Ready<'a> {
    model: &'a Model,
    plane: &'a Plane,
    base: Instant,
    report: &'a Report,
}

impl Ready<'_> {
    fn observation(&self, digest: Digest, n: usize, unit: usize, post: usize) -> Observation {
        let report = self.report;
        let sense = sense(report);
        let position = report.source.position.map(|at| *at.expose());
        let (t, var) = self.time(sense);
        let direction = position.and_then(|at| self.direction(at));
        let distance = self.distance();
        let spot = self.spot();
        let mut ready = Observation {
            digest,
            reports: vec![n],
            unit,
            post,
            sense,
            act: report.act,
            family: Family::of(report.act),
            t,
            var,
            heard: report.method == Method::Heard,
            at: position.map(|at| self.plane.project(at)),
            direction,
            distance: distance.filter(|_| position.is_some()),
            spot,
            count: report.count,
            ln_stray: 0.0,
            is_ranging: false,
        };
        ready.ln_stray = self.ln_stray(&ready);
        ready.is_ranging = sense == Sense::Microphone
            || ready.heard
                && (var < RANGING_CLOCK_SD_S * RANGING_CLOCK_SD_S
                    || direction.is_some_and(|d| d.kappa > RANGING_KAPPA));
        ready
    }

    /// What was read of the clock, and its variance.
    fn time(&self, sense: Sense) -> (f64, f64) {
        if let Some(arrival) = self.report.arrival {
            let sd = (arrival.sd.micros() as f64 / 1e6).max(1e-6);
            return (arrival.at.since(self.base).micros() as f64 / 1e6, sd * sd);
        }
        let stated = self.report.clock_sd.map(|sd| sd.micros() as f64 / 1e6);
        let clock = stated.unwrap_or(self.model.clock_s[sense as usize]).max(1e-6);
        let seconds = |from: Instant, to: Instant| to.since(from).micros() as f64 / 1e6;
        let length = seconds(self.report.observed.start(), self.report.observed.end());
        let middle = seconds(self.base, self.report.observed.start()) + length / 2.0;
        let mut unread = (length - 2.0 * self.model.stated_sd * clock).max(0.0);
        // Whoever says a whole minute, and doubts it by more than their clock, has read no more than the minute.
        if unread > 0.0 && is_about_a_minute(self.report.observed) {
            unread = unread.max(60.0);
        }
        (middle, clock * clock + unread * unread / 12.0)
    }

    fn direction(&self, at: Position) -> Option<Direction> {
        let bearing = self.report.bearing?;
        let radians = |cdeg: u16| f64::from(cdeg) * (PI / 18_000.0);
        let grid = radians(bearing.cdeg) - self.plane.convergence(at);
        let (sd, step) = (radians(bearing.sd_cdeg), radians(bearing.step_cdeg));
        let kappa = 1.0 / (sd * sd + step * step / 12.0).max(1e-8);
        Some(Direction {
            east: libm::sin(grid),
            north: libm::cos(grid),
            kappa,
            ln_norm: ln_von_mises_norm(kappa),
        })
    }

    fn distance(&self) -> Option<Distance> {
        let class = self.report.range_class.map(RangeClass::range);
        let range = self.report.range.or(class)?;
        let sd = (f64::from(range.sd_log_milli) / 1000.0).max(0.01);
        let (low, high) =
            (f64::from(range.min_m.max(range.max_m / 10).max(1)), f64::from(range.max_m.max(2)));
        let (low, high) = (libm::log(low), libm::log(high));
        let unread = (high - low - 2.0 * self.model.stated_sd * sd).max(0.0);
        Some(Distance { ln_m: f64::midpoint(low, high), var: sd * sd + unread * unread / 12.0 })
    }

    fn spot(&self) -> Option<Spot> {
        let place = self.report.place.as_ref()?;
        let radius_m = match &place.extent {
            Extent::Radius { radius_m } => *radius_m,
            Extent::AdminUnit(unit) if unit.radius_m > 0 => unit.radius_m,
            Extent::AdminUnit(_) | Extent::Unbounded => return None,
        };
        // A radius that is given holds what it is given for 95 times in a hundred.
        let sd = (f64::from(radius_m) / 2.45).max(25.0);
        Some(Spot { at: self.plane.project(place.nominal?), var: sd * sd })
    }

    /// Strays point anywhere and lie evenly far off.
    fn ln_stray(&self, ready: &Observation) -> f64 {
        let reach = self.model.clutter_reach_m;
        let pointed = ready.direction.map_or(0.0, |_| -libm::log(2.0 * PI));
        let far = ready.distance.map_or(0.0, |found| {
            let m = libm::exp(found.ln_m);
            // Softened at the far end by the spread of what is said.
            let sd = found.var.sqrt();
            let inside = 1.0 / (1.0 + libm::exp((found.ln_m - libm::log(reach)) / (0.6 * sd)));
            libm::log((m / reach * inside).max(1e-9))
        });
        let placed = ready.spot.map_or(0.0, |_| -libm::log(PI * reach * reach));
        pointed + far + placed
    }
}

/// Whether the middle of an interval is a whole minute.
fn is_about_a_minute(observed: Interval) -> bool {
    let (from, to) = (observed.start().micros(), observed.end().micros());
    from.midpoint(to).rem_euclid(60_000_000) == 0
}

/// ln of `1 / (2 pi I0(kappa) e^-kappa)`.
fn ln_von_mises_norm(kappa: f64) -> f64 {
    if kappa > 10.0 {
        let k = 1.0 / (8.0 * kappa);
        return 0.5 * libm::log(kappa / (2.0 * PI)) - libm::log1p(k + 4.5 * k * k);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..60 {
        let half = kappa / (2.0 * f64::from(n));
        term *= half * half;
        sum += term;
    }
    kappa - libm::log(2.0 * PI * sum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fusion::by_hand::{heard, see};

    #[test]
    fn a_whole_minute_that_is_doubted_is_no_finer_than_a_minute() {
        let around = |from: &str, to: &str| json!({ "from": format!("2017-07-10T05:{from}Z"), "to": format!("2017-07-10T05:{to}Z") });
        let lines = [
            heard("a", (0.0, 0.0), 0.0, &around("30:15", "31:45")),
            heard("b", (0.0, 0.0), 0.0, &around("40:18", "41:48")),
        ];
        see(&lines, |scene| {
            let [minute, finer] = [0, 1].map(|n| scene.one(n).var);
            assert!(
                (minute - (400.0 + 300.0)).abs() < 1e-6,
                "the clock's 20 s and a minute: {minute}"
            );
            assert!((finer - (400.0 + 100.0 / 12.0)).abs() < 1e-6, "and ten seconds: {finer}");
        });
    }
}
