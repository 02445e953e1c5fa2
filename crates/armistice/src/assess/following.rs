//! Tracks followed on several threads, each with its share of the aircraft.

use std::collections::{BTreeMap, VecDeque};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::Instant as Clock;

use agreement::TrackPoint;
use anyhow::Context as _;
use assess::Anomaly;
use assess::airspace::{Airspace, Block, Conclusion, Dispatch, Shard};
use indicatif::ProgressBar;
use intake::{Batch, Feed};
use publish::Overview;
use spacetime::{BoundingBox, Instant};

use super::admitted::Intake;
use super::kept::{Heaped, Kept, Room};
use crate::console::counter;

/// Blocks that may wait for a thread: one, so that none waits for the reader.
const BLOCKS_WAITING_MAX: usize = 1;

/// What came of following every aircraft.
#[derive(Debug)]
pub(super) struct Followed<'a> {
    pub(super) conclusion: Conclusion<'a>,
    pub(super) heaped: Heaped,
    /// Alerts and anomalies, counted.
    pub(super) overview: Overview,
    /// The first and the last instant of the points.
    pub(super) span: Option<(Instant, Instant)>,
    /// Seconds spent waiting for what is read and merged.
    pub(super) read_s: f64,
    /// Seconds spent handing points to the threads that follow their aircraft, and on what
    /// shows only in all of them.
    pub(super) dispatch_s: f64,
    /// Seconds the busiest thread spent judging.
    pub(super) judge_s: f64,
    /// Seconds spent joining what the threads found.
    pub(super) join_s: f64,
}

/// A share of the aircraft, and what it came to up to now.
struct Share<'a, 'k> {
    shard: Shard<'a>,
    kept: Kept<'k>,
    judged_s: f64,
}

impl Share<'_, '_> {
    fn follow(&mut self, block: &Block) -> anyhow::Result<()> {
        let started = Clock::now();
        self.shard.follow(block);
        self.kept.take(self.shard.take())?;
        self.judged_s += started.elapsed().as_secs_f64();
        Ok(())
    }
}

/// Follows every aircraft of a stream of points. Anomalies of others are listed `beside` its own.
pub(super) fn follow<'a>(
    airspace: &'a Airspace<'a>,
    (threads, room): (NonZeroUsize, Room),
    points: Box<dyn Feed<TrackPoint>>,
    (intake, beside): (&mut Intake, Vec<Anomaly>),
) -> anyhow::Result<Followed<'a>> {
    let threads = NonZeroU32::try_from(threads).unwrap_or(NonZeroU32::MAX);
    let (inputs, overview) = (intake.files().to_vec(), Mutex::new(Overview::default()));
    let keep = || Kept::new(room, &inputs, &overview);
    let (dispatch, shards) = airspace.shares(threads);
    let share = |shard| Share { shard, kept: keep(), judged_s: 0.0 };
    let shares: Vec<Share<'_, '_>> = shards.into_iter().map(share).collect();
    let mut reading = Reading::new(points, dispatch, intake, airspace.region());
    let shares = match <[Share<'_, '_>; 1]>::try_from(shares) {
        Ok([alone]) => reading.on_this_thread(alone)?,
        Err(shares) => reading.on_threads(shares)?,
    };
    reading.note_those_elsewhere();
    let Reading { dispatch, span, read_s, dispatch_s, bar, .. } = reading;
    bar.finish_and_clear();
    let judge_s = shares.iter().map(|share| share.judged_s).fold(0.0, f64::max);
    let started = Clock::now();
    let (shards, mut kept): (Vec<_>, Vec<_>) =
        shares.into_iter().map(|share| (share.shard, share.kept)).unzip();
    let (mut last, conclusion) = airspace.close(dispatch, shards);
    last.anomalies.extend(beside);
    let mut at_the_end = keep();
    at_the_end.take(last)?;
    kept.push(at_the_end);
    let heaped = Heaped::of(kept);
    let join_s = started.elapsed().as_secs_f64();
    let overview = overview.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Followed { conclusion, heaped, overview, span, read_s, dispatch_s, judge_s, join_s })
}

struct Reading<'a> {
    points: Box<dyn Feed<TrackPoint>>,
    dispatch: Dispatch<'a>,
    intake: &'a mut Intake,
    /// Blocks that threads may still look at, oldest first; their memory is used again.
    in_flight: VecDeque<Arc<Block>>,
    /// Memory of points that nobody looks at any more.
    spare: Vec<Vec<TrackPoint>>,
    span: Option<(Instant, Instant)>,
    region: BoundingBox,
    /// For each input that had a position, whether one was in the region.
    in_region: BTreeMap<u16, bool>,
    read_s: f64,
    dispatch_s: f64,
    bar: ProgressBar,
}

impl<'a> Reading<'a> {
    fn new(
        points: Box<dyn Feed<TrackPoint>>,
        dispatch: Dispatch<'a>,
        intake: &'a mut Intake,
        region: BoundingBox,
    ) -> Self {
        Self {
            points,
            dispatch,
            intake,
            in_flight: VecDeque::new(),
            spare: Vec::new(),
            span: None,
            region,
            in_region: BTreeMap::new(),
            read_s: 0.0,
            dispatch_s: 0.0,
            bar: counter("following aircraft"),
        }
    }

    /// The next points, counted; none at the end.
    fn next(&mut self) -> anyhow::Result<Option<Arc<Block>>> {
        let mut block = self.free_block();
        while !block.is_full() {
            let Some(points) = self.read()? else { break };
            if points.is_empty() {
                self.spare.push(points);
                continue;
            }
            let started = Clock::now();
            self.dispatch.pass(points, &mut block);
            self.dispatch_s += started.elapsed().as_secs_f64();
        }
        if block.is_empty() {
            return Ok(None);
        }
        self.bar.inc(block.len() as u64);
        let block = Arc::new(block);
        self.in_flight.push_back(Arc::clone(&block));
        Ok(Some(block))
    }

    /// An empty block, of used memory if nobody looks at it any more.
    fn free_block(&mut self) -> Block {
        let is_free = self.in_flight.front().is_some_and(|block| Arc::strong_count(block) == 1);
        let free = self.in_flight.pop_front_if(|_| is_free).and_then(Arc::into_inner);
        let mut block = free.unwrap_or_default();
        self.spare.extend(block.clear());
        block
    }

    /// The next batch of points; none at the end.
    fn read(&mut self) -> anyhow::Result<Option<Vec<TrackPoint>>> {
        let started = Clock::now();
        let mut batch = Batch { items: self.spare.pop().unwrap_or_default(), ..Batch::default() };
        let more = self.points.read(&mut batch).context("tracks cannot be read")?;
        self.read_s += started.elapsed().as_secs_f64();
        for rejection in &batch.rejections {
            self.intake.reject(rejection)?;
        }
        for run in batch.items.chunk_by(|a, b| a.locator.input == b.locator.input) {
            let input = run[0].locator.input;
            self.intake.admit(input, run.len() as u64);
            let in_region = self.in_region.entry(input).or_default();
            *in_region = *in_region || run.iter().any(|p| self.region.covers(p.position));
        }
        self.intake.pass_over(batch.passed_over);
        let bounds = batch.items.iter().map(|point| (point.observed_at, point.observed_at));
        self.span = bounds.chain(self.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Ok(more.then_some(batch.items))
    }

    /// Notes which inputs are all of another place: most often their columns are mixed up.
    fn note_those_elsewhere(&mut self) {
        for input in self.in_region.iter().filter(|(_, is_in)| !**is_in).map(|(input, _)| *input) {
            let name = &self.intake.files()[usize::from(input)].name;
            let said = "no position lies in the region of the pack: are longitude and latitude \
                        swapped, or is it of another place?";
            self.intake.note(format!("{name}: {said}"));
        }
    }

    fn on_this_thread<'b, 'k>(
        &mut self,
        mut share: Share<'b, 'k>,
    ) -> anyhow::Result<Vec<Share<'b, 'k>>> {
        while let Some(block) = self.next()? {
            share.follow(&block)?;
        }
        Ok(vec![share])
    }

    fn on_threads<'b, 'k>(
        &mut self,
        shares: Vec<Share<'b, 'k>>,
    ) -> anyhow::Result<Vec<Share<'b, 'k>>> {
        std::thread::scope(|scope| {
            let (senders, threads): (Vec<SyncSender<Arc<Block>>>, Vec<_>) = shares
                .into_iter()
                .map(|mut share| {
                    let (sender, blocks) = sync_channel::<Arc<Block>>(BLOCKS_WAITING_MAX);
                    let follow = move || {
                        blocks.into_iter().try_for_each(|block| share.follow(&block))?;
                        anyhow::Ok(share)
                    };
                    (sender, scope.spawn(follow))
                })
                .unzip();
            let mut all_there = true;
            while all_there && let Some(block) = self.next()? {
                for sender in &senders {
                    // A thread that is gone has failed, which joining it will tell.
                    all_there &= sender.send(Arc::clone(&block)).is_ok();
                }
            }
            drop(senders);
            let join = |thread: ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).collect()
        })
    }
}
