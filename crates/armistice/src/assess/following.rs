//! Tracks followed on several threads, each with its share of the aircraft.

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;
use std::time::Instant as Clock;

use agreement::TrackPoint;
use anyhow::Context as _;
use assess::airspace::{Airspace, AirspacePicture, Block, Dispatch, Shard};
use indicatif::ProgressBar;
use intake::{Batch, Feed};
use spacetime::Instant;

use super::admitted::Intake;
use crate::console::counter;

/// Blocks that may wait for a thread: one, so that none waits for the reader.
const BLOCKS_WAITING_MAX: usize = 1;

/// What came of following every aircraft.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) picture: AirspacePicture,
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

/// Follows every aircraft of a stream of points.
pub(super) fn follow(
    airspace: &Airspace<'_>,
    threads: NonZeroUsize,
    points: Box<dyn Feed<TrackPoint>>,
    intake: &mut Intake,
) -> anyhow::Result<Followed> {
    let threads = NonZeroU32::try_from(threads).unwrap_or(NonZeroU32::MAX);
    let (dispatch, shares) = airspace.shares(threads);
    let mut reading = Reading::new(points, dispatch, intake);
    let (shares, judge_s) = match <[Shard<'_>; 1]>::try_from(shares) {
        Ok([alone]) => reading.on_this_thread(alone)?,
        Err(shares) => reading.on_threads(shares)?,
    };
    let Reading { dispatch, span, read_s, dispatch_s, bar, .. } = reading;
    bar.finish_and_clear();
    let started = Clock::now();
    let picture = airspace.conclude(dispatch, shares);
    let join_s = started.elapsed().as_secs_f64();
    Ok(Followed { picture, span, read_s, dispatch_s, judge_s, join_s })
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
    read_s: f64,
    dispatch_s: f64,
    bar: ProgressBar,
}

impl<'a> Reading<'a> {
    fn new(
        points: Box<dyn Feed<TrackPoint>>,
        dispatch: Dispatch<'a>,
        intake: &'a mut Intake,
    ) -> Self {
        Self {
            points,
            dispatch,
            intake,
            in_flight: VecDeque::new(),
            spare: Vec::new(),
            span: None,
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
            self.intake.admit(run[0].locator.input, run.len() as u64);
        }
        self.intake.pass_over(batch.passed_over);
        let bounds = batch.items.iter().map(|point| (point.observed_at, point.observed_at));
        self.span = bounds.chain(self.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Ok(more.then_some(batch.items))
    }

    fn on_this_thread<'b>(
        &mut self,
        mut share: Shard<'b>,
    ) -> anyhow::Result<(Vec<Shard<'b>>, f64)> {
        let mut judged_s = 0.0;
        while let Some(block) = self.next()? {
            let started = Clock::now();
            share.follow(&block);
            judged_s += started.elapsed().as_secs_f64();
        }
        Ok((vec![share], judged_s))
    }

    fn on_threads<'b>(&mut self, shares: Vec<Shard<'b>>) -> anyhow::Result<(Vec<Shard<'b>>, f64)> {
        let joined = std::thread::scope(|scope| {
            let (senders, threads): (Vec<SyncSender<Arc<Block>>>, Vec<_>) = shares
                .into_iter()
                .map(|mut share| {
                    let (sender, blocks) = sync_channel::<Arc<Block>>(BLOCKS_WAITING_MAX);
                    let thread = scope.spawn(move || {
                        let mut judged_s = 0.0;
                        for block in blocks {
                            let started = Clock::now();
                            share.follow(&block);
                            judged_s += started.elapsed().as_secs_f64();
                        }
                        (share, judged_s)
                    });
                    (sender, thread)
                })
                .unzip();
            while let Some(block) = self.next()? {
                for sender in &senders {
                    // A thread that is gone has panicked, which joining it will tell.
                    let _ = sender.send(Arc::clone(&block));
                }
            }
            drop(senders);
            let join = |thread: ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            anyhow::Ok(threads.into_iter().map(join).collect::<Vec<(Shard<'b>, f64)>>())
        })?;
        let judged_s = joined.iter().map(|(_, seconds)| *seconds).fold(0.0, f64::max);
        Ok((joined.into_iter().map(|(share, _)| share).collect(), judged_s))
    }
}
