//! A first look through an input: its digest, its first instant, whether it is in order.

use std::collections::HashMap;
use std::io::Read;
use std::thread;

use agreement::track::{Address, TrackPoint};
use sha2::{Digest, Sha256};
use spacetime::{Duration, Instant};

use super::{MergeOptions, Source};
use crate::feed::{Batch, Fault, Feed, Options};
use crate::limits::BATCH_RECORDS_MAX;
use crate::open::{Format, NotOpened, open};
use crate::rejection::Rejection;
use crate::state_vectors_parquet::StateVectorsParquet;

/// Most points, of all inputs together, kept from the first look so that they need not be
/// decoded again. 88 bytes each.
pub(super) const HELD_POINTS_MAX: usize = 1 << 20;

/// What the first look found.
pub(super) struct Survey {
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
    pub(super) format: Option<Format>,
    pub(super) first: Option<Instant>,
    pub(super) unsorted: bool,
    /// Everything in it, when that is little.
    pub(super) held: Option<Held>,
}

impl Survey {
    pub(super) fn of(
        source: &Source,
        options: &MergeOptions,
        room: &mut usize,
    ) -> Result<Self, Fault> {
        let failed = |source| Fault::Read { input: 0, source };
        let bytes = (source.open)().map_err(failed)?;
        // A large input is worth a thread of its own for its digest.
        thread::scope(|scope| {
            let digest = scope.spawn(move || digest(bytes));
            let seen = Self::of_rows(source, options, room)?;
            let digest = digest.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let (sha256, bytes) = digest.map_err(failed)?;
            Ok(Self { sha256, bytes, ..seen })
        })
    }

    /// What the rows tell; the digest is left open.
    fn of_rows(source: &Source, options: &MergeOptions, room: &mut usize) -> Result<Self, Fault> {
        let failed = |source| Fault::Read { input: 0, source };
        let reopen = || (source.open)().map_err(failed);
        let mut survey = Self {
            sha256: [0; 32],
            bytes: 0,
            format: None,
            first: None,
            unsorted: false,
            held: None,
        };
        let mut order = Order::new(options.lateness);

        if let Ok(table) = StateVectorsParquet::new(reopen()?, options.feed.clone())
            // Not by the room that is left, which depends on the files named before: instants
            // of rows that are rejected later count here.
            && table.rows() > HELD_POINTS_MAX as u64
        {
            survey.format = Some(Format::StateVectorsParquet);
            table.read_times(&mut |at| {
                order.see_time(at);
            });
            if !order.any_late {
                survey.first = order.first;
                return Ok(survey);
            }
            order = Order::new(options.lateness);
        }
        let told = Options { input: 0, ..options.feed.clone() };
        let mut feed = match open(reopen()?, options.format, told) {
            Ok((format, feed)) => {
                survey.format = Some(format);
                feed
            }
            Err(NotOpened::Fault(fault)) => return Err(fault),
            Err(NotOpened::Rejected(rejection)) => {
                let held = Held { rejections: vec![rejection], ..Held::default() };
                survey.held = Some(held);
                return Ok(survey);
            }
        };
        let (mut held, mut batch) = (Some(Held::default()), Batch::default());
        while feed.read(&mut batch)? {
            batch.items.iter().for_each(|point| order.see(point));
            held = held.and_then(|held| held.with(&mut batch, *room));
        }
        *room -= held.as_ref().map_or(0, Held::len);
        Ok(Self { first: order.first, unsorted: order.unsorted, held, ..survey })
    }

    /// Inputs are numbered in this order: by first instant, those without one last.
    pub(super) fn order(&self) -> (bool, Option<Instant>, [u8; 32]) {
        (self.first.is_none(), self.first, self.sha256)
    }
}

fn digest(mut file: impl Read) -> std::io::Result<([u8; 32], u64)> {
    let (mut hash, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hash.finalize().into(), bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Whether rows come in the order of time. A row that lies behind by more than the lateness
/// while its own aircraft goes forward means that the input is in another order; one whose
/// aircraft goes back in time itself is an anomaly, for others to see.
struct Order {
    lateness: Duration,
    first: Option<Instant>,
    latest: Instant,
    any_late: bool,
    unsorted: bool,
    /// The latest instant of each aircraft.
    aircraft: HashMap<Address, Instant>,
}

impl Order {
    fn new(lateness: Duration) -> Self {
        Self {
            lateness,
            first: None,
            latest: Instant::MIN,
            any_late: false,
            unsorted: false,
            aircraft: HashMap::new(),
        }
    }

    fn see_time(&mut self, at: Instant) -> bool {
        self.first.get_or_insert(at);
        let is_late = self.latest != Instant::MIN && at < self.latest.minus(self.lateness);
        self.any_late |= is_late;
        self.latest = self.latest.max(at);
        is_late
    }

    fn see(&mut self, point: &TrackPoint) {
        let at = point.observed_at;
        let is_late = self.see_time(at);
        if self.unsorted {
            return;
        }
        let own = self.aircraft.entry(point.address).or_insert(at);
        self.unsorted |= is_late && *own <= at;
        *own = at.max(*own);
    }
}

/// An input in memory.
#[derive(Debug, Default)]
pub(super) struct Held {
    points: Vec<TrackPoint>,
    rejections: Vec<Rejection>,
    passed_over: u64,
    handed_out: usize,
    input: u16,
}

impl Held {
    fn len(&self) -> usize {
        self.points.len() + self.rejections.len()
    }

    fn with(mut self, batch: &mut Batch<TrackPoint>, room: usize) -> Option<Self> {
        self.points.extend_from_slice(&batch.items);
        self.rejections.append(&mut batch.rejections);
        self.passed_over += batch.passed_over;
        (self.len() <= room).then_some(self)
    }

    /// With the number that its input got.
    pub(super) fn numbered(mut self, input: u16) -> Self {
        self.input = input;
        self
    }
}

impl Feed<TrackPoint> for Held {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let rest = &self.points[self.handed_out..];
        let some = &rest[..rest.len().min(BATCH_RECORDS_MAX)];
        batch.items.extend_from_slice(some);
        self.handed_out += some.len();
        batch.passed_over = std::mem::take(&mut self.passed_over);
        batch.rejections.append(&mut self.rejections);
        batch.items.iter_mut().for_each(|point| point.locator.input = self.input);
        batch.rejections.iter_mut().for_each(|rejection| rejection.locator.input = self.input);
        Ok(!batch.is_empty())
    }
}
