//! What only shows when many aircraft are looked at together: jamming, forged positions,
//! feeds that fall silent.

use std::collections::BTreeMap;

use agreement::{Address, Parameters, TrackPoint};
use spacetime::time::MICROS_PER_SECOND;
use spacetime::{Duration, Instant, Interval, Position};

use crate::anomaly::{Anomaly, AnomalyKind, AnomalySubject};

/// Side of a cell in which aircraft are counted: half a degree, in 1e-7 degree.
const CELL_E7: i32 = 5_000_000;
/// How long aircraft are counted together.
const CELL_SPAN: Duration = Duration::from_seconds(600);
/// Two aircraft that send one position within this share it.
const SHARED_WITHIN: Duration = Duration::from_seconds(10);
/// Positions that are remembered to be compared with.
const REMEMBERED: usize = 1 << 15;

/// A half-degree cell, and ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CellTime {
    span: i64,
    lon_half_deg: i16,
    lat_half_deg: i16,
}

/// How many aircraft were in a cell, and how many of them reported degraded integrity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) aircraft: u32,
    pub(super) degraded: u32,
}

impl CellTime {
    pub(super) fn of(point: &TrackPoint) -> Self {
        let half = |e7: i32| e7.div_euclid(CELL_E7) as i16;
        Self {
            span: point.observed_at.micros().div_euclid(CELL_SPAN.micros()),
            lon_half_deg: half(point.position.lon_e7()),
            lat_half_deg: half(point.position.lat_e7()),
        }
    }

    /// Which ten minutes, and its corner.
    pub(super) const fn parts(self) -> (i64, [i16; 2]) {
        (self.span, [self.lon_half_deg, self.lat_half_deg])
    }

    /// From what [`CellTime::parts`] gave.
    pub(super) const fn of_parts(span: i64, [lon_half_deg, lat_half_deg]: [i16; 2]) -> Self {
        Self { span, lon_half_deg, lat_half_deg }
    }

    /// Its south-western corner in whole half degrees, longitude first.
    pub(super) const fn half_degrees(self) -> (i16, i16) {
        (self.lon_half_deg, self.lat_half_deg)
    }

    fn interval(self) -> Interval {
        let start = Instant::from_micros(self.span * CELL_SPAN.micros());
        Interval::new(start, start.plus(CELL_SPAN)).expect("a cell's time runs forward")
    }
}

/// The cells in which positions are contested, since too many aircraft there report degraded
/// integrity.
pub(super) fn contested_cells(
    census: &BTreeMap<CellTime, Census>,
    parameters: &Parameters,
) -> BTreeMap<CellTime, Anomaly> {
    let is_contested = |c: &Census| {
        let enough = i64::from(c.aircraft) >= parameters.contested_aircraft_min;
        enough
            && i64::from(c.degraded) * 1000 > i64::from(c.aircraft) * parameters.contested_permille
    };
    let contested = census.iter().filter(|(_, census)| is_contested(census));
    contested
        .map(|(&cell, census)| {
            let (lon_half_deg, lat_half_deg) = (cell.lon_half_deg, cell.lat_half_deg);
            let anomaly = Anomaly {
                interval: cell.interval(),
                kind: AnomalyKind::ContestedCell,
                subject: AnomalySubject::Cell { lon_half_deg, lat_half_deg },
                times: census.degraded.into(),
                evidence: None,
                locator: None,
            };
            (cell, anomaly)
        })
        .collect()
}

/// Watches every point of every aircraft, in their one order.
#[derive(Debug)]
pub(super) struct Crowd {
    silent_after: Duration,
    /// For each input, the first input of the same sensor: together they are one feed.
    feed_of: Vec<u16>,
    /// By number, those that were heard.
    feeds: Vec<Option<FeedTime>>,
    remembered: Vec<Remembered>,
    /// For each aircraft that shared a position with another, when and how often.
    pub(super) shared: BTreeMap<Address, Vec<(Interval, u64)>>,
    pub(super) silences: Vec<(u16, Interval)>,
}

/// A position that somebody sent, small so that the table stays near a core.
#[derive(Clone, Copy, Debug)]
struct Remembered {
    position: Position,
    address: Address,
    /// Low bits of the time in seconds; two that agree are in truth 136 years apart or none.
    second: u32,
}

/// When a feed was first and last heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeedTime {
    pub(super) first: Instant,
    pub(super) last: Instant,
}

impl Crowd {
    pub(super) fn new(parameters: &Parameters, feed_of: Vec<u16>) -> Self {
        Self {
            silent_after: Duration::from_seconds(parameters.lost_after_s),
            feeds: vec![None; feed_of.len()],
            feed_of,
            remembered: Vec::new(),
            shared: BTreeMap::new(),
            silences: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, point: &TrackPoint) {
        self.listen(point);
        self.compare(point);
    }

    fn listen(&mut self, point: &TrackPoint) {
        let at = point.observed_at;
        let number = self.feed_of(point.locator.input);
        if self.feeds.len() <= usize::from(number) {
            self.feeds.resize(usize::from(number) + 1, None);
        }
        let feed = self.feeds[usize::from(number)].get_or_insert(FeedTime { first: at, last: at });
        if at.since(feed.last) > self.silent_after
            && let Ok(silence) = Interval::new(feed.last, at)
        {
            self.silences.push((number, silence));
        }
        feed.last = feed.last.max(at);
    }

    /// Positions are exact to a centimetre, so that two aircraft in flight never send the
    /// same one; the memory is a table in which a newer position replaces an older one.
    fn compare(&mut self, point: &TrackPoint) {
        if point.on_ground {
            return;
        }
        let second = point.observed_at.micros().div_euclid(MICROS_PER_SECOND) as u32;
        let now = Remembered { position: point.position, address: point.address, second };
        if self.remembered.is_empty() {
            self.remembered = vec![now; REMEMBERED];
        }
        let slot = &mut self.remembered[slot_of(point.position)];
        let before = std::mem::replace(slot, now);
        let apart_s = second.wrapping_sub(before.second).cast_signed().unsigned_abs();
        let is_shared = before.position == now.position
            && before.address != now.address
            && i64::from(apart_s) * MICROS_PER_SECOND <= SHARED_WITHIN.micros();
        if is_shared {
            for aircraft in [before.address, now.address] {
                self.note_shared(aircraft, point.observed_at, point.observed_at);
            }
        }
    }

    fn note_shared(&mut self, aircraft: Address, first: Instant, last: Instant) {
        let start = first.minus(SHARED_WITHIN);
        let end = last.plus(SHARED_WITHIN);
        let stretches = self.shared.entry(aircraft).or_default();
        match stretches.last_mut() {
            Some((stretch, times)) if start <= stretch.end() => {
                let start = start.min(stretch.start());
                *stretch = Interval::new(start, end.max(stretch.end())).expect("it runs forward");
                *times += 1;
            }
            _ => stretches.push((Interval::new(start, end).expect("it runs forward"), 1)),
        }
    }

    /// The number of the feed that an input is part of.
    pub(super) fn feed_of(&self, input: u16) -> u16 {
        self.feed_of.get(usize::from(input)).copied().unwrap_or(input)
    }

    /// Notes which feeds were not heard any more when others went on until `latest`.
    pub(super) fn finish(&mut self, latest: Instant) {
        let silent_after = self.silent_after;
        let heard =
            (0_u16..).zip(&self.feeds).filter_map(|(number, feed)| Some((number, (*feed)?)));
        let ended = heard.filter(|(_, feed)| latest.since(feed.last) > silent_after);
        let silences = ended
            .filter_map(|(number, feed)| Some((number, Interval::new(feed.last, latest).ok()?)));
        self.silences.extend(silences);
    }

    /// How long a feed may be quiet before it counts as silent.
    pub(super) const fn silent_after(&self) -> Duration {
        self.silent_after
    }

    /// When a feed was heard.
    pub(super) fn heard(&self, number: u16) -> Option<FeedTime> {
        self.feeds.get(usize::from(number)).copied().flatten()
    }
}

/// Fibonacci hashing of a position to its slot.
fn slot_of(position: Position) -> usize {
    let key = u64::from(position.lon_e7() as u32) << 32 | u64::from(position.lat_e7() as u32);
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize % REMEMBERED
}
