//! Several feeds as one, by time.

use agreement::TrackPoint;
use intake::limits::BATCH_RECORDS_MAX;
use intake::{Batch, Fault, Feed};

use crate::track_feeds::TrackFeed;

/// Feeds merged by instant, then by number of the input. Rows of one feed stay in their order,
/// which is evidence; one that is out of order in its feed is late for the assessor to see.
pub(super) struct Merged {
    lanes: Vec<Lane>,
    passed_over: Vec<(u16, u64)>,
}

struct Lane {
    feed: TrackFeed,
    batch: Batch<TrackPoint>,
    next: usize,
    ended: bool,
}

impl Merged {
    /// Of feeds in the order of their numbers.
    pub(super) fn of(feeds: Vec<TrackFeed>) -> Self {
        let lane = |feed| Lane { feed, batch: Batch::default(), next: 0, ended: false };
        Self { lanes: feeds.into_iter().map(lane).collect(), passed_over: Vec::new() }
    }

    /// How many sound records without a position each input held since this was last asked.
    pub(super) fn take_passed_over(&mut self) -> Vec<(u16, u64)> {
        std::mem::take(&mut self.passed_over)
    }

    /// Fills every lane that has run dry; what was rejected on the way goes to `batch`.
    fn fill(&mut self, batch: &mut Batch<TrackPoint>) -> Result<(), Fault> {
        for lane in &mut self.lanes {
            while lane.next >= lane.batch.items.len() && !lane.ended {
                lane.next = 0;
                lane.ended = !lane.feed.points.read(&mut lane.batch)?;
                batch.rejections.append(&mut lane.batch.rejections);
                if lane.batch.passed_over > 0 {
                    self.passed_over.push((lane.feed.input, lane.batch.passed_over));
                }
            }
        }
        Ok(())
    }
}

impl Feed<TrackPoint> for Merged {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        while batch.items.len() < BATCH_RECORDS_MAX {
            self.fill(batch)?;
            let waiting = self.lanes.iter_mut().filter(|lane| lane.next < lane.batch.items.len());
            let first = waiting.min_by_key(|lane| lane.batch.items[lane.next].observed_at);
            let Some(lane) = first else { break };
            batch.items.push(lane.batch.items[lane.next]);
            lane.next += 1;
        }
        Ok(!batch.items.is_empty())
    }
}
