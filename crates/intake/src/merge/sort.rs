//! Sorting an input that is not in the order of time, in bounded memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use agreement::track::{Address, TrackPoint};
use spacetime::Instant;

use super::run::{Run, RunWriter};
use crate::feed::{Batch, Fault, Feed};
use crate::limits::BATCH_RECORDS_MAX;
use crate::open::PointFeed;

/// Most points sorted at once in memory; longer inputs are sorted in runs on disk.
const RUN_POINTS_MAX: usize = 1 << 20;

/// By time across aircraft, and in the input's own order within one: a row whose aircraft goes
/// back in time stays where it was, right behind the row before it.
type Key = (Instant, u64);

/// A feed's rows, sorted.
pub(super) struct Sorted {
    feed: Option<PointFeed>,
    /// The latest instant of each aircraft so far.
    aircraft: HashMap<Address, Instant>,
    memory: Vec<(Key, TrackPoint)>,
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Key, usize)>>,
    from_memory: usize,
    run_points_max: usize,
}

impl Sorted {
    pub(super) fn new(feed: PointFeed) -> Self {
        Self::in_runs_of(RUN_POINTS_MAX, feed)
    }

    fn in_runs_of(run_points_max: usize, feed: PointFeed) -> Self {
        Self {
            run_points_max,
            feed: Some(feed),
            aircraft: HashMap::new(),
            memory: Vec::new(),
            runs: Vec::new(),
            heads: BinaryHeap::new(),
            from_memory: 0,
        }
    }

    /// Reads one batch into memory; at the end of the feed gets ready to hand out.
    fn take_in(&mut self, batch: &mut Batch<TrackPoint>) -> Result<(), Fault> {
        let Some(feed) = &mut self.feed else { return Ok(()) };
        if feed.read(batch)? {
            for point in batch.items.drain(..) {
                let at = point.observed_at;
                let latest = self.aircraft.entry(point.address).or_insert(at);
                *latest = at.max(*latest);
                self.memory.push(((*latest, point.locator.record), point));
            }
            if self.memory.len() >= self.run_points_max {
                self.spill()?;
            }
            return Ok(());
        }
        self.feed = None;
        if self.runs.is_empty() {
            self.memory.sort_unstable_by_key(|&(key, _)| key);
        } else {
            self.spill()?;
        }
        for (index, run) in self.runs.iter().enumerate() {
            self.heads.extend(run.head().map(|key| Reverse((key, index))));
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), Fault> {
        self.memory.sort_unstable_by_key(|&(key, _)| key);
        let mut writer = RunWriter::new().map_err(Fault::Spill)?;
        for (key, point) in self.memory.drain(..) {
            writer.write(key, &point).map_err(Fault::Spill)?;
        }
        self.runs.push(writer.finish().map_err(Fault::Spill)?);
        Ok(())
    }

    fn hand_out(&mut self, batch: &mut Batch<TrackPoint>) -> Result<(), Fault> {
        let rest = &self.memory[self.from_memory..];
        let some = &rest[..rest.len().min(BATCH_RECORDS_MAX)];
        batch.items.extend(some.iter().map(|&(_, point)| point));
        self.from_memory += some.len();
        while !batch.is_full()
            && let Some(Reverse((_, index))) = self.heads.pop()
        {
            let run = &mut self.runs[index];
            batch.items.extend(run.take().map_err(Fault::Spill)?);
            self.heads.extend(run.head().map(|key| Reverse((key, index))));
        }
        Ok(())
    }
}

impl Feed<TrackPoint> for Sorted {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        while self.feed.is_some() {
            self.take_in(batch)?;
            if !batch.is_empty() {
                return Ok(true);
            }
        }
        self.hand_out(batch)?;
        Ok(!batch.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use agreement::track::Locator;

    use super::*;
    use crate::feed::Options;
    use crate::state_vectors_csv::StateVectorsCsv;

    /// Ten aircraft one after another, a thousand rows each, all over the same hour.
    fn by_aircraft() -> PointFeed {
        let row = |n: u64| format!("{},4ca2{:02x},48.5,2.25\n", n % 1000 * 7 + n / 1000, n / 1000);
        let rows: String = (0..10_000).map(row).collect();
        let text = std::io::Cursor::new(format!("time,icao24,lat,lon\n{rows}"));
        Box::new(StateVectorsCsv::new(text, Options::default()))
    }

    fn drain(mut feed: Sorted) -> (Vec<TrackPoint>, usize) {
        let (mut points, mut batch) = (Vec::new(), Batch::default());
        while feed.read(&mut batch).unwrap() {
            points.append(&mut batch.items);
        }
        (points, feed.runs.len())
    }

    #[test]
    fn sorting_on_disk_gives_what_sorting_in_memory_does() {
        let (in_memory, no_runs) = drain(Sorted::new(by_aircraft()));
        let (on_disk, runs) = drain(Sorted::in_runs_of(1, by_aircraft()));
        assert_eq!(no_runs, 0);
        assert!(runs > 1);
        assert!(in_memory.is_sorted_by_key(|point| point.observed_at));
        assert_eq!(in_memory.len(), 10_000);
        assert_eq!(on_disk, in_memory);
        assert_ne!(in_memory[1].locator, Locator { input: 0, record: 3 });
    }
}
