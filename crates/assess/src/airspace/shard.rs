//! The fold over track points, for one share of the aircraft.

use std::collections::BTreeMap;

use agreement::{Address, TrackPoint};
use spacetime::metric::distance_at_most_cm;
use spacetime::{BoundingBox, Duration, Fix, Instant, Interval, Way};

use super::active::Activity;
use super::authorised::{Leave, authorisation_for};
use super::contact::{Contact, Pending, closed};
use super::coverage::Loss;
use super::crowd::{CellTime, Census};
use super::dispatch::{Block, Picked, by_aircraft};
use super::flight::{Flight, Step, stray_cm};
use super::happened::{Ended, Found, Happened};
use super::nearby::between;
use super::picture::AirTally;
use super::quality::{Basis, Epu, is_degraded};
use super::recall::Bound;
use super::roster::Roster;
use super::standing::{Lie, Sample, Stretch, stand};
use super::volumes::Airspace;
use super::warning::Course;
use crate::alert::{Alert, AlertKind};
use crate::anomaly::AnomalyKind;
use crate::finding::Verdict;

/// How much time passes between two looks for aircraft that are not heard of any more. It
/// changes when memory is given back, and nothing else.
const SWEEP_CYCLE: Duration = Duration::from_seconds(60);

/// Points that are fetched together: so many fit the cache beside a core.
const GATHERED: usize = 128;

/// How much farther than needed volumes are looked up around a leg: some 15 s of flight.
const NEARBY_CM: i64 = 300_000;
/// How much farther than needed volumes are looked up along a course.
const AHEAD_CM: i64 = 2_500_000;

/// One share of the aircraft of an [`Airspace`], followed block by block.
#[derive(Debug)]
pub struct Shard<'a> {
    airspace: &'a Airspace<'a>,
    number: u32,
    flights: Roster<Box<Flight>>,
    follower: Follower<'a>,
    /// The points of the block at hand, by aircraft; and the next of them.
    order: Vec<Picked>,
    spare: Vec<Picked>,
    points: Vec<TrackPoint>,
    swept_at: Instant,
}

/// What a flight is judged with, and where what is found goes.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    airspace: &'a Airspace<'a>,
    activities: Vec<Activity>,
    near: Vec<u32>,
    ahead: Vec<u32>,
    pub(super) happened: Happened,
    /// Whose positions were frozen, and when.
    pub(super) frozen: Vec<(Address, Interval)>,
    /// Whom radars lost where they see everything.
    pub(super) losses: Vec<Loss>,
    /// Tracks that ended far from every volume, by half-degree cell.
    pub(super) ended: BTreeMap<(i16, i16), Ended>,
    pub(super) census: BTreeMap<CellTime, Census>,
    pub(super) tally: AirTally,
}

impl<'a> Shard<'a> {
    pub(super) fn new(airspace: &'a Airspace<'a>, number: u32) -> Self {
        let follower = Follower {
            airspace,
            activities: airspace.volumes.iter().map(|_| Activity::unknown()).collect(),
            near: Vec::new(),
            ahead: Vec::new(),
            happened: Happened::default(),
            frozen: Vec::new(),
            losses: Vec::new(),
            ended: BTreeMap::new(),
            census: BTreeMap::new(),
            tally: AirTally::default(),
        };
        Self {
            airspace,
            number,
            flights: Roster::new(),
            follower,
            order: Vec::new(),
            spare: Vec::new(),
            points: Vec::new(),
            swept_at: Instant::MIN,
        }
    }

    /// Follows this share's aircraft through the next block.
    pub fn follow(&mut self, block: &Block) {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend_from_slice(block.of_share(self.number));
        by_aircraft(&mut order, &mut self.spare);
        let mut points = std::mem::take(&mut self.points);
        for some in order.chunks(GATHERED) {
            // The points of one aircraft lie far apart in memory. Fetched together, a processor
            // waits for them once and not for each.
            points.clear();
            points.extend(some.iter().map(|&picked| *block.point(picked)));
            let mut rest = &points[..];
            for of_one in some.chunk_by(|a, b| a.same_aircraft(*b)) {
                let (own, others) = rest.split_at(of_one.len());
                self.follow_one(block, of_one, own);
                rest = others;
            }
        }
        (self.order, self.points) = (order, points);
        let Some(latest) = block.latest else { return };
        if latest.since(self.swept_at) > SWEEP_CYCLE {
            self.swept_at = latest;
            self.sweep(latest);
        }
    }

    /// Takes away what happened up to now.
    pub fn take(&mut self) -> Happened {
        std::mem::take(&mut self.follower.happened)
    }

    /// How many aircraft are being followed now.
    #[must_use]
    pub fn live_aircraft(&self) -> usize {
        self.flights.len()
    }

    /// Follows one aircraft through some of its points of a block.
    fn follow_one(&mut self, block: &Block, picked: &[Picked], points: &[TrackPoint]) {
        let Self { airspace, flights, follower, .. } = self;
        let first = &points[0];
        let mut rest = picked.iter().zip(points);
        let mut is_new = false;
        let flight = flights.entry(first.address, || {
            is_new = true;
            Box::new(Flight::new(follower.sample(first)))
        });
        if is_new {
            follower.begin(flight);
            rest.next();
        }
        let forgotten_after = airspace.forgotten_after();
        let latest_of_block = block.latest.unwrap_or(Instant::MIN);
        for (&picked, point) in rest {
            let mut sample = follower.sample(point);
            let forgotten_at = flight.last.point.observed_at.plus(forgotten_after);
            if latest_of_block > forgotten_at && block.latest_at(picked) > forgotten_at {
                let old = std::mem::replace(&mut **flight, Flight::new(sample));
                follower.end(old, true);
                follower.begin(flight);
                continue;
            }
            let step = flight.weigh(point, &airspace.pack.parameters);
            sample.contested = flight.is_contested(point.observed_at);
            follower.tally.points_contested += u64::from(sample.contested);
            follower.take_step(flight, sample, step);
        }
    }

    fn sweep(&mut self, latest: Instant) {
        let forgotten_after = self.airspace.forgotten_after();
        let is_forgotten = |last_at: Instant| latest.since(last_at) > forgotten_after;
        for (_, flight) in self.flights.take_if(|f| is_forgotten(f.last.point.observed_at)) {
            self.follower.end(*flight, true);
        }
    }

    /// Ends every flight. `latest` is the last instant of all points.
    pub(super) fn finish(mut self, latest: Instant) -> Follower<'a> {
        let lost_after = Duration::from_seconds(self.airspace.pack.parameters.lost_after_s);
        for (_, flight) in self.flights.take_if(|_| true) {
            let is_lost = latest.since(flight.last.point.observed_at) > lost_after;
            self.follower.end(*flight, is_lost);
        }
        self.follower
    }
}

impl Follower<'_> {
    /// A point with its error, counted.
    fn sample(&mut self, point: &TrackPoint) -> Sample {
        let epu = Epu::of(point.quality, self.airspace.errors_of(point.locator.input));
        self.tally.points += 1;
        match epu.basis {
            Basis::Unusable => self.tally.points_quality_unusable += 1,
            Basis::Worst => self.tally.points_quality_absent += 1,
            Basis::Stated | Basis::Declared => {}
        }
        Sample { point: *point, epu, contested: false }
    }

    fn begin(&mut self, flight: &mut Flight) {
        self.tally.tracks += 1;
        self.take_census(flight);
    }

    fn take_step(&mut self, flight: &mut Flight, sample: Sample, step: Step) {
        let parameters = &self.airspace.pack.parameters;
        match step {
            Step::Same => {
                self.tally.points_repeated += 1;
                return;
            }
            Step::Alone => {
                self.tally.points_alone += 1;
                self.judge_alone(flight, &sample);
                return;
            }
            Step::Restarts => self.restart(flight, sample),
            Step::Joins => {
                let since = sample.point.observed_at.since(flight.last.point.observed_at);
                if since > Duration::from_seconds(parameters.lost_after_s) {
                    self.lose(flight, sample.point.observed_at);
                }
                if self.judge(flight, &sample) {
                    flight.advance(sample, true);
                } else {
                    self.restart(flight, sample);
                }
            }
        }
        if sample.epu.basis == Basis::Unusable {
            flight.note(AnomalyKind::QualityUnusable, &sample.point, parameters);
        }
        self.take_census(flight);
        self.look_ahead(flight, &sample);
    }

    /// A new path begins at `sample`; what the old one left open is closed.
    fn restart(&mut self, flight: &mut Flight, sample: Sample) {
        self.tally.tracks += 1;
        if !flight.last_joined {
            let last = flight.last;
            self.judge_alone(flight, &last);
        }
        for contact in std::mem::take(&mut flight.contacts) {
            let pending = contact.finish(true);
            self.found(flight, pending);
        }
        flight.recall.forget();
        flight.advance(sample, false);
    }

    /// Ends a flight of which nothing more is expected; `lost` when others were heard of for so
    /// much longer that it counts as lost.
    fn end(&mut self, mut flight: Flight, lost: bool) {
        let last = flight.last;
        if !flight.last_joined {
            self.judge_alone(&mut flight, &last);
        }
        if lost {
            // However much later the input ends: the track is lost when the limit has passed.
            let lost_after = Duration::from_seconds(self.airspace.pack.parameters.lost_after_s);
            let until = last.point.observed_at.plus(lost_after);
            self.losses.extend(Loss::of(self.airspace, &last));
            if flight.is_watched() {
                self.lose(&mut flight, until);
            } else {
                let ended = closed(last.point.observed_at, until);
                let cell = CellTime::of(&last.point).half_degrees();
                self.ended
                    .entry(cell)
                    .and_modify(|e| e.join(Ended::one(ended)))
                    .or_insert(Ended::one(ended));
            }
        }
        for contact in std::mem::take(&mut flight.contacts) {
            let pending = contact.finish(lost);
            self.found(&mut flight, pending);
        }
        for pending in std::mem::take(&mut flight.alone) {
            self.found(&mut flight, Some(pending));
        }
        if let Some((cell, degraded)) = flight.counted {
            self.add_to_census(cell, degraded);
        }
        if flight.found_something {
            self.happened.sketches.push(flight.sketching.finish(flight.address));
        }
        let frozen = flight.anomalies.iter().filter(|a| a.kind == AnomalyKind::Frozen);
        self.frozen.extend(frozen.map(|anomaly| (flight.address, anomaly.interval)));
        self.happened.anomalies.append(&mut flight.anomalies);
    }

    /// Says that nothing was heard of a flight from its last position to `until`, and alerts if
    /// it was near a volume.
    fn lose(&mut self, flight: &mut Flight, until: Instant) {
        let last_at = flight.last.point.observed_at;
        flight.note_lost(last_at, until);
        if !flight.is_watched() {
            return;
        }
        let lost_after = Duration::from_seconds(self.airspace.pack.parameters.lost_after_s);
        self.happened.alerts.push(Alert {
            raised_at: last_at.plus(lost_after),
            kind: AlertKind::TrackLost,
            aircraft: Some(flight.address),
            clause: None,
            entry_predicted_at: None,
            feed: None,
        });
    }

    /// Judges the leg from the last position to `to` against every volume near it; `false` when
    /// there is no such leg.
    fn judge(&mut self, flight: &mut Flight, to: &Sample) -> bool {
        let airspace = self.airspace;
        let parameters = &airspace.pack.parameters;
        let stray_cm = stray_cm(&flight.last.point, &to.point, parameters);
        let error_cm = i64::from(flight.last.epu.cm.max(to.epu.cm)) + stray_cm;
        let grown_cm = error_cm.max(parameters.warning_margin_m * 100);
        let (start, end) = (flight.last.point.position, to.point.position);
        let places = &airspace.neighbourhoods;
        let near = flight.nearby.around(between(start, end), grown_cm, NEARBY_CM, places);
        if near.is_empty() {
            flight.recall.forget();
            self.leave_behind(flight, to, &[]);
            return true;
        }
        let mut near = std::mem::take(&mut self.near);
        near.clear();
        near.extend_from_slice(flight.nearby.last());
        flight.recall.fly(distance_at_most_cm(start, end));
        // Most of them are known to be too far off, and a leg is not even needed.
        let is_far =
            |bound| matches!(bound, Some(Bound::Outside { away_cm }) if away_cm > grown_cm);
        near.retain(|&number| !is_far(flight.recall.bound(number)));
        let judged =
            near.is_empty() || self.judge_near(flight, to, (stray_cm, grown_cm), &mut near);
        if judged {
            self.leave_behind(flight, to, &near);
        }
        self.near = near;
        judged
    }

    /// Judges the leg against volumes that may be near, and keeps those that are.
    fn judge_near(
        &mut self,
        flight: &mut Flight,
        to: &Sample,
        (stray_cm, grown_cm): (i64, i64),
        near: &mut Vec<u32>,
    ) -> bool {
        let from = flight.last;
        let fix = |s: &Sample| Fix { at: s.point.observed_at, position: s.point.position };
        let Ok(way) = Way::between(fix(&from), fix(to)) else { return false };
        let stretch = Stretch { way, from: &from, to, stray_cm };
        near.retain(|&number| {
            let lie = match flight.recall.bound(number) {
                Some(Bound::Inside { depth_cm }) if depth_cm > grown_cm => Lie::Deep { depth_cm },
                _ => Lie::Rim,
            };
            self.judge_against(flight, &stretch, number, lie, grown_cm)
        });
        true
    }

    /// Judges a leg against one volume; `false` when the leg turns out not to be within
    /// `near_cm` of it.
    fn judge_against(
        &mut self,
        flight: &mut Flight,
        stretch: &Stretch<'_>,
        number: u32,
        lie: Lie,
        near_cm: i64,
    ) -> bool {
        let airspace = self.airspace;
        let volume = &airspace.volumes[number as usize];
        let activity = &mut self.activities[number as usize];
        let (from, to) = (stretch.from, stretch.to);
        let (from_at, to_at) = (from.point.observed_at, to.point.observed_at);
        let begin = flight
            .recall
            .standing(number, from_at)
            .unwrap_or_else(|| stand(airspace, volume, activity, from, lie));
        let touch = stretch.touch(airspace, volume, activity, begin, lie);
        match lie {
            Lie::Rim => flight.recall.measure(number, to_at, touch.end),
            Lie::Deep { .. } => flight.recall.note(number, to_at, touch.end),
        }
        let is_near = touch.possible
            || touch.over_area
            || begin.depth_cm >= -near_cm
            || touch.end.depth_cm >= -near_cm;
        if !is_near {
            return false;
        }
        let known = flight.contacts.iter().position(|c| c.volume == number);
        let contact = match known {
            Some(n) => &mut flight.contacts[n],
            None => {
                flight.contacts.push(Contact::new(number, from, begin));
                flight.contacts.last_mut().expect("one was pushed")
            }
        };
        let pending = contact.follow(from, to, &touch);
        let certain = contact.stay.as_ref().is_some_and(|stay| stay.is_certain());
        let hold = Duration::from_seconds(airspace.pack.parameters.hysteresis_s);
        // At the edge everybody is in doubt for a moment: only a doubt that lasts is told.
        let lasts = contact.stay.as_ref().is_some_and(|stay| stay.length() >= hold);
        let told = touch.possible && (certain || lasts);
        if told && self.permitted(flight, number, to_at).is_none() {
            let (alerts, warnings) = (&mut self.happened.alerts, &mut flight.warnings);
            warnings.report_stay(airspace, number, certain, &to.point, alerts);
        }
        self.found(flight, pending);
        true
    }

    /// Closes the contacts with volumes that are not near any more.
    fn leave_behind(&mut self, flight: &mut Flight, to: &Sample, near: &[u32]) {
        let now = to.point.observed_at;
        let mut n = 0;
        while n < flight.contacts.len() {
            let contact = &mut flight.contacts[n];
            if near.contains(&contact.volume) {
                n += 1;
                continue;
            }
            let pending = if contact.is_over(now) {
                flight.contacts.swap_remove(n).finish(false)
            } else {
                n += 1;
                contact.close_stay(now)
            };
            self.found(flight, pending);
        }
    }

    /// Judges a position that joins no path.
    fn judge_alone(&mut self, flight: &mut Flight, sample: &Sample) {
        let airspace = self.airspace;
        let at = sample.point.position;
        let mut near = std::mem::take(&mut self.near);
        let here = BoundingBox { min: at, max: at };
        airspace.neighbourhoods.within((here, None), sample.epu.cm.into(), &mut near);
        for &number in &near {
            let volume = &airspace.volumes[number as usize];
            let activity = &mut self.activities[number as usize];
            let standing = stand(airspace, volume, activity, sample, Lie::Rim);
            let pending = Pending::of_one(number, sample, standing);
            // A position within its error of an edge is not told: see `judge_against`.
            let certain = pending.as_ref().is_some_and(|p| p.verdict == Verdict::Breach);
            let told = certain || pending.is_some() && sample.contested;
            if told && self.permitted(flight, number, sample.point.observed_at).is_none() {
                let (alerts, warnings) = (&mut self.happened.alerts, &mut flight.warnings);
                warnings.report_stay(airspace, number, certain, &sample.point, alerts);
            }
            if let Some(pending) = pending {
                self.join_alone(flight, pending);
            }
        }
        self.near = near;
    }

    /// Keeps what a position alone says until it is clear that no other adds to it, so that a
    /// thousand of them are one finding.
    fn join_alone(&mut self, flight: &mut Flight, pending: Pending) {
        let known = flight.alone.iter_mut().find(|known| known.volume == pending.volume);
        let Some(known) = known else {
            flight.alone.push(pending);
            return;
        };
        if let Some(later) = known.join_alone(pending) {
            let earlier = std::mem::replace(known, later);
            self.found(flight, Some(earlier));
        }
    }

    /// Predicts entries, once a cycle.
    fn look_ahead(&mut self, flight: &mut Flight, sample: &Sample) {
        let airspace = self.airspace;
        let parameters = &airspace.pack.parameters;
        let now = sample.point.observed_at;
        if !flight.warnings.is_due(now, parameters) {
            return;
        }
        let course = Course::from(flight.anchor(), &sample.point, parameters);
        flight.watch_velocity(&sample.point, parameters);
        let course = match course {
            Some(course) if !sample.is_grounded() => course,
            _ => {
                let alerts = &mut self.happened.alerts;
                flight.warnings.end_past(airspace, &sample.point, alerts);
                return;
            }
        };
        let mut ahead = std::mem::take(&mut self.ahead);
        let margin_cm = parameters.warning_margin_m * 100;
        ahead.clear();
        let along = course.way().bounding_boxes();
        let places = &airspace.neighbourhoods;
        ahead.extend_from_slice(flight.ahead.around(along, margin_cm, AHEAD_CM, places));
        ahead.retain(|&number| {
            places.is_met(number, along) && self.permitted(flight, number, now).is_none()
        });
        let Self { activities, happened, .. } = self;
        let alerts = &mut happened.alerts;
        flight.warnings.look(airspace, activities, (sample, &course), &ahead, alerts);
        self.ahead = ahead;
    }

    /// The authorisation that lifts a volume for a flight at one instant, if there is one.
    fn permitted(&self, flight: &Flight, number: u32, at: Instant) -> Option<Leave> {
        let authorisations = &self.airspace.setting.authorisations;
        if authorisations.is_empty() {
            return None;
        }
        let volume = &self.airspace.volumes[number as usize];
        let moment = Interval::new(at, at.plus(Duration::from_micros(1))).ok()?;
        let signs = &flight.callsigns;
        let lifted = authorisation_for(authorisations, volume, flight.address, signs, moment);
        lifted.map(|(leave, _)| leave).filter(|leave| *leave == Leave::Matches)
    }

    fn found(&mut self, flight: &mut Flight, pending: Option<Pending>) {
        let Some(pending) = pending else { return };
        flight.found_something = true;
        let (address, callsigns) = (flight.address, flight.callsigns.clone());
        let rank = self.airspace.volumes[pending.volume as usize].rank;
        self.happened.found.push(Found { address, callsigns, rank, pending });
    }

    /// Counts the aircraft once in every cell and ten minutes it is in, as degraded if it ever
    /// was there.
    fn take_census(&mut self, flight: &mut Flight) {
        let point = &flight.last.point;
        let Some(degraded) = is_degraded(point.quality) else { return };
        let cell = CellTime::of(point);
        match &mut flight.counted {
            Some((counted, was_degraded)) if *counted == cell => *was_degraded |= degraded,
            counted => {
                if let Some((left, was_degraded)) = counted.replace((cell, degraded)) {
                    self.add_to_census(left, was_degraded);
                }
            }
        }
    }

    fn add_to_census(&mut self, cell: CellTime, degraded: bool) {
        let census = self.census.entry(cell).or_default();
        census.aircraft += 1;
        census.degraded += u32::from(degraded);
    }
}
