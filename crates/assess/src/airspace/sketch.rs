//! A track simplified for drawing: never for judging.

use std::collections::BinaryHeap;

use agreement::{Address, TrackPoint};
use spacetime::{Instant, Position};

use crate::finding::Verdict;

/// Most corners a sketch keeps.
pub(super) const SKETCH_POINTS_MAX: usize = 128;
/// Most sketches a picture keeps.
const SKETCHES_MAX: usize = 2000;

/// The path of one aircraft, every so many positions of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sketch {
    /// Whose.
    pub aircraft: Address,
    /// Corners in order of time.
    pub points: Vec<(Instant, Position)>,
    /// Of how many positions one was kept.
    pub stride: u32,
}

/// The sketches that are drawn: those of the aircraft with the gravest findings, however many
/// there are.
#[derive(Debug, Default)]
pub struct Sketches {
    kept: BinaryHeap<(Verdict, Sketch)>,
    left_out: u64,
}

impl Sketches {
    /// Adds one, of an aircraft whose gravest finding is this.
    pub fn add(&mut self, gravest: Verdict, sketch: Sketch) {
        self.kept.push((gravest, sketch));
        if self.kept.len() > SKETCHES_MAX {
            self.kept.pop();
            self.left_out += 1;
        }
    }

    /// Those that are drawn, in order, and how many are not.
    #[must_use]
    pub fn finish(self) -> (Vec<Sketch>, u64) {
        let mut kept: Vec<Sketch> = self.kept.into_iter().map(|(_, sketch)| sketch).collect();
        kept.sort_unstable();
        (kept, self.left_out)
    }
}

/// A sketch in the making.
#[derive(Debug, Default)]
pub(super) struct Sketching {
    points: Vec<(Instant, Position)>,
    seen: u32,
    stride_log2: u32,
    last: Option<(Instant, Position)>,
}

impl Sketching {
    /// Takes one more position. When full, every second one goes and half as many come in.
    pub(super) fn add(&mut self, point: &TrackPoint) {
        let corner = (point.observed_at, point.position);
        self.last = Some(corner);
        if self.seen & ((1 << self.stride_log2) - 1) == 0 {
            if self.points.len() == SKETCH_POINTS_MAX - 1 {
                let mut keep = false;
                self.points.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride_log2 += 1;
            }
            self.points.push(corner);
        }
        self.seen = self.seen.wrapping_add(1);
    }

    /// What was drawn so far, with the last position.
    pub(super) fn finish(&self, aircraft: Address) -> Sketch {
        let mut points = self.points.clone();
        points.extend(self.last.filter(|last| points.last() != Some(last)));
        Sketch { aircraft, points, stride: 1 << self.stride_log2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_track_is_thinned_and_keeps_its_ends() {
        let mut sketching = Sketching::default();
        let point = |n: i32| {
            let position = Position::from_e7(n, 0).unwrap();
            TrackPoint::new(Instant::from_micros(n.into()), Address::icao(1), position)
        };
        for n in 0..10_000 {
            sketching.add(&point(n));
        }
        let sketch = sketching.finish(Address::icao(1));
        assert!(sketch.points.len() <= SKETCH_POINTS_MAX);
        assert_eq!(sketch.points.first().map(|p| p.0.micros()), Some(0));
        assert_eq!(sketch.points.last().map(|p| p.0.micros()), Some(9_999));
        assert!(sketch.points.is_sorted());
    }
}
