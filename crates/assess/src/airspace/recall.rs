//! What is remembered of how far an aircraft was from the edges of volumes, so that most legs
//! need no geometry: nobody gets nearer to an edge than by the way flown.

use super::standing::Standing;
use spacetime::Instant;

/// Volumes that are remembered at once for one aircraft; the one that came first goes first.
const REMEMBERED_MAX: usize = 48;

/// How an aircraft lay against a volume when that was last measured.
#[derive(Clone, Copy, Debug)]
struct Measured {
    volume: u32,
    /// Distance from the edge, positive inside.
    depth_cm: i64,
    /// At least the way flown since.
    flown_cm: i64,
    /// How the aircraft's last position lies, and when that was.
    last: (Instant, Standing),
}

/// Measurements of one aircraft.
#[derive(Debug, Default)]
pub(super) struct Recall {
    measured: Vec<Measured>,
}

/// What can be said of a leg without measuring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// All of it lies at least so deep inside.
    Inside {
        /// Centimetres from the nearest edge, at least.
        depth_cm: i64,
    },
    /// All of it lies at least so far outside.
    Outside {
        /// Centimetres from the nearest edge, at least.
        away_cm: i64,
    },
}

impl Recall {
    /// The aircraft flew at most `way_cm` on.
    pub(super) fn fly(&mut self, way_cm: i64) {
        for measured in &mut self.measured {
            measured.flown_cm += way_cm;
        }
    }

    /// What is known of the legs since the last measurement, if anything is.
    pub(super) fn bound(&self, volume: u32) -> Option<Bound> {
        let measured = self.find(volume)?;
        let left_cm = measured.depth_cm.abs() - measured.flown_cm;
        match (left_cm > 0, measured.depth_cm > 0) {
            (false, _) => None,
            (true, true) => Some(Bound::Inside { depth_cm: left_cm }),
            (true, false) => Some(Bound::Outside { away_cm: left_cm }),
        }
    }

    /// How the position at `at` lies, if it was the last that was looked at.
    pub(super) fn standing(&self, volume: u32, at: Instant) -> Option<Standing> {
        self.find(volume).filter(|m| m.last.0 == at).map(|m| m.last.1)
    }

    /// The position at `at` was measured.
    pub(super) fn measure(&mut self, volume: u32, at: Instant, standing: Standing) {
        let (depth_cm, last) = (standing.depth_cm, (at, standing));
        let measured = Measured { volume, depth_cm, flown_cm: 0, last };
        match self.measured.iter_mut().find(|m| m.volume == volume) {
            Some(known) => *known = measured,
            None => {
                if self.measured.len() == REMEMBERED_MAX {
                    self.measured.remove(0);
                }
                self.measured.push(measured);
            }
        }
    }

    /// The position at `at` was looked at, but not measured.
    pub(super) fn note(&mut self, volume: u32, at: Instant, standing: Standing) {
        if let Some(measured) = self.measured.iter_mut().find(|m| m.volume == volume) {
            measured.last = (at, standing);
        }
    }

    /// Nothing is known any more: the next position does not follow on the last.
    pub(super) fn forget(&mut self) {
        self.measured.clear();
    }

    fn find(&self, volume: u32) -> Option<&Measured> {
        self.measured.iter().find(|m| m.volume == volume)
    }
}
