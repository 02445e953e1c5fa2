//! Tracks followed on several threads, each with its share of the aircraft.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant as Clock;

use agreement::TrackPoint;
use anyhow::Context as _;
use assess::airspace::{Airspace, AirspacePicture, Shard};
use intake::{Batch, Feed};
use spacetime::Instant;

use super::admitted::Intake;
use crate::console::counter;

/// Batches that may wait for a thread: enough to ride out a pause, few enough to be forgotten.
const BATCHES_WAITING_MAX: usize = 8;

/// What came of following every aircraft.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) picture: AirspacePicture,
    /// The first and the last instant of the points.
    pub(super) span: Option<(Instant, Instant)>,
    /// Seconds spent reading and merging.
    pub(super) read_s: f64,
    /// Seconds the busiest thread spent judging, and joining what the threads found.
    pub(super) judge_s: f64,
}

/// Follows every aircraft of a stream of points.
pub(super) fn follow(
    airspace: &Airspace<'_>,
    threads: NonZeroUsize,
    points: Box<dyn Feed<TrackPoint>>,
    intake: &mut Intake,
) -> anyhow::Result<Followed> {
    let threads = u32::try_from(threads.get()).unwrap_or(u32::MAX);
    let shares: Vec<Shard<'_>> = (0..threads).map(|n| airspace.shard(n, threads)).collect();
    let in_flight = VecDeque::new();
    let mut reading = Reading { points, intake, in_flight, span: None, read_s: 0.0 };
    let (shares, judged_s) = match <[Shard<'_>; 1]>::try_from(shares) {
        Ok([alone]) => reading.on_this_thread(alone)?,
        Err(shares) => reading.on_threads(shares)?,
    };
    let Reading { span, read_s, .. } = reading;
    let started = Clock::now();
    let picture = airspace.conclude(shares);
    let judge_s = judged_s + started.elapsed().as_secs_f64();
    Ok(Followed { picture, span, read_s, judge_s })
}

struct Reading<'a> {
    points: Box<dyn Feed<TrackPoint>>,
    intake: &'a mut Intake,
    /// Batches that threads may still look at, oldest first; their memory is used again.
    in_flight: VecDeque<Arc<Vec<TrackPoint>>>,
    span: Option<(Instant, Instant)>,
    read_s: f64,
}

impl Reading<'_> {
    /// Memory of a batch that nobody looks at any more.
    fn spare(&mut self) -> Vec<TrackPoint> {
        let is_free = self.in_flight.front().is_some_and(|batch| Arc::strong_count(batch) == 1);
        let free = self.in_flight.pop_front_if(|_| is_free).and_then(Arc::into_inner);
        free.unwrap_or_default()
    }

    /// The next points, counted; none at the end.
    fn next(&mut self) -> anyhow::Result<Option<Arc<Vec<TrackPoint>>>> {
        let started = Clock::now();
        let mut batch = Batch { items: self.spare(), ..Batch::default() };
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
        let joined = bounds.chain(self.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        self.span = joined;
        let points = Arc::new(batch.items);
        self.in_flight.push_back(Arc::clone(&points));
        Ok(more.then_some(points))
    }

    fn on_this_thread<'b>(
        &mut self,
        mut share: Shard<'b>,
    ) -> anyhow::Result<(Vec<Shard<'b>>, f64)> {
        let bar = counter("following aircraft");
        let mut judged_s = 0.0;
        while let Some(points) = self.next()? {
            let started = Clock::now();
            points.iter().for_each(|point| share.observe(point));
            judged_s += started.elapsed().as_secs_f64();
            bar.inc(points.len() as u64);
        }
        bar.finish_and_clear();
        Ok((vec![share], judged_s))
    }

    fn on_threads<'b>(&mut self, shares: Vec<Shard<'b>>) -> anyhow::Result<(Vec<Shard<'b>>, f64)> {
        let bar = counter("following aircraft");
        let joined = std::thread::scope(|scope| {
            let (senders, threads): (Vec<SyncSender<Arc<Vec<TrackPoint>>>>, Vec<_>) = shares
                .into_iter()
                .map(|mut share| {
                    let (sender, points) =
                        sync_channel::<Arc<Vec<TrackPoint>>>(BATCHES_WAITING_MAX);
                    let thread = scope.spawn(move || {
                        let mut judged_s = 0.0;
                        for points in points {
                            let started = Clock::now();
                            points.iter().for_each(|point| share.observe(point));
                            judged_s += started.elapsed().as_secs_f64();
                        }
                        (share, judged_s)
                    });
                    (sender, thread)
                })
                .unzip();
            while let Some(points) = self.next()? {
                bar.inc(points.len() as u64);
                for sender in &senders {
                    // A thread that is gone has panicked, which joining it will tell.
                    let _ = sender.send(Arc::clone(&points));
                }
            }
            drop(senders);
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            anyhow::Ok(threads.into_iter().map(join).collect::<Vec<(Shard<'b>, f64)>>())
        })?;
        bar.finish_and_clear();
        let judged_s = joined.iter().map(|(_, seconds)| *seconds).fold(0.0, f64::max);
        Ok((joined.into_iter().map(|(share, _)| share).collect(), judged_s))
    }
}
