//! Millions of positions to pairs of position and zone.

use std::num::NonZeroUsize;

use crate::position::Position;

use super::ZoneIndex;
use super::block::{BLOCK, Block};

/// Pairs of a point and a zone that it lies strictly inside of, in two columns: by point,
/// then by zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Row number of the point.
    pub points: Vec<u64>,
    /// Number of the zone.
    pub zones: Vec<u32>,
    /// How many points were not on the globe: a coordinate not finite, or outside -180 to
    /// 180 or -90 to 90 degrees. They match nothing.
    pub off_globe: u64,
}

impl Pairs {
    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// Forgets all pairs and keeps their memory for the next chunk of points.
    pub fn clear(&mut self) {
        self.points.clear();
        self.zones.clear();
        self.off_globe = 0;
    }

    /// Pairs as `(point, zone)`.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.points.iter().copied().zip(self.zones.iter().copied())
    }

    fn append(&mut self, later: &Self) {
        self.points.extend_from_slice(&later.points);
        self.zones.extend_from_slice(&later.zones);
        self.off_globe += later.off_globe;
    }
}

impl ZoneIndex {
    /// Appends to `pairs` each point and zone such that the zone holds the point, snapped to
    /// the grid, strictly inside. Columns of degrees; the first point is row `first_row`.
    ///
    /// To stay in bounded memory, hand over a chunk of points at a time, and clear the pairs
    /// in between.
    ///
    /// # Panics
    /// When the columns differ in length.
    pub fn match_degrees(&self, lon: &[f64], lat: &[f64], first_row: u64, pairs: &mut Pairs) {
        assert_eq!(lon.len(), lat.len(), "a point is one longitude and one latitude");
        let mut block = Block::default();
        let blocks = lon.chunks(BLOCK).zip(lat.chunks(BLOCK));
        for (first_row, (lon, lat)) in (first_row..).step_by(BLOCK).zip(blocks) {
            pairs.off_globe += block.snap(lon, lat);
            block.find(self, first_row, pairs);
        }
    }

    /// As [`Self::match_degrees`], for positions already on the grid.
    pub fn match_positions(&self, points: &[Position], first_row: u64, pairs: &mut Pairs) {
        let mut block = Block::default();
        let blocks = points.chunks(BLOCK);
        for (first_row, points) in (first_row..).step_by(BLOCK).zip(blocks) {
            block.take(points);
            block.find(self, first_row, pairs);
        }
    }

    /// As [`Self::match_degrees`], on several threads: the same pairs in the same order.
    ///
    /// # Panics
    /// When the columns differ in length.
    pub fn match_degrees_on(
        &self,
        threads: NonZeroUsize,
        lon: &[f64],
        lat: &[f64],
        first_row: u64,
        pairs: &mut Pairs,
    ) {
        assert_eq!(lon.len(), lat.len(), "a point is one longitude and one latitude");
        let share = lon.len().div_ceil(threads.get()).max(1);
        let mut shares = (first_row..).step_by(share).zip(lon.chunks(share).zip(lat.chunks(share)));
        let Some((first_row, (lon, lat))) = shares.next() else { return };
        std::thread::scope(|scope| {
            let others: Vec<_> = shares
                .map(|(first_row, (lon, lat))| {
                    scope.spawn(move || {
                        let mut pairs = Pairs::default();
                        self.match_degrees(lon, lat, first_row, &mut pairs);
                        pairs
                    })
                })
                .collect();
            self.match_degrees(lon, lat, first_row, pairs);
            for other in others {
                match other.join() {
                    Ok(later) => pairs.append(&later),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
}
