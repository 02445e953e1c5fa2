//! Where points in merged order part: what shows only in all of them is noted here, on one
//! thread, and each goes to the share that follows its aircraft.
//!
//! Points travel in blocks. Within a block a share follows one aircraft after the other, each
//! through all its points, so that what is known of an aircraft is fetched once a block and not
//! once a point. Nothing that is found depends on where blocks end: what an aircraft has to know
//! of the others is the latest instant before each of its points, and that goes with the block.

use agreement::{Address, TrackPoint};
use spacetime::Instant;

use super::crowd::Crowd;
use super::volumes::Airspace;

/// Points from which on a block is full: some twenty-five of each of ten thousand aircraft.
const BLOCK_POINTS: usize = 1 << 18;
/// Runs from which on a block is full.
const BLOCK_RUNS_MAX: usize = 1 << 12;
/// Most points in one run of a block.
pub const RUN_POINTS_MAX: usize = 1 << 16;

/// Sees every point in merged order.
#[derive(Debug)]
pub struct Dispatch<'a> {
    airspace: &'a Airspace<'a>,
    pub(super) shares: u32,
    pub(super) crowd: Crowd,
    /// The first and the last instant of all points in the period.
    pub(super) span: Option<(Instant, Instant)>,
    pub(super) points_outside_period: u64,
}

/// Successive points, and which of them each share is to follow. Its memory is used again.
#[derive(Debug, Default)]
pub struct Block {
    runs: Vec<Run>,
    points: usize,
    /// For each share its points as [`Picked`].
    shares: Vec<Vec<Picked>>,
    /// Memory of runs that were emptied.
    spare: Vec<Run>,
    /// The latest instant up to the block's end.
    pub(super) latest: Option<Instant>,
}

#[derive(Debug, Default)]
struct Run {
    points: Vec<TrackPoint>,
    /// The latest instant of all points up to each of these.
    latest: Vec<Instant>,
}

/// A point's aircraft, run and place in the run, so that sorting brings together what is of one
/// aircraft and leaves it in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Picked(u64);

impl Picked {
    const PLACE_BITS: u32 = RUN_POINTS_MAX.ilog2();
    const AIRCRAFT_SHIFT: u32 = 32;

    fn new(address: Address, run: usize, place: usize) -> Self {
        let aircraft = u64::from(address.bits()) | u64::from(!address.is_icao()) << 24;
        Self(aircraft << Self::AIRCRAFT_SHIFT | (run << Self::PLACE_BITS | place) as u64)
    }

    /// Whether both are of one aircraft.
    pub(super) const fn same_aircraft(self, other: Self) -> bool {
        self.0 >> Self::AIRCRAFT_SHIFT == other.0 >> Self::AIRCRAFT_SHIFT
    }

    const fn run(self) -> usize {
        (self.0 as u32 >> Self::PLACE_BITS) as usize
    }

    const fn place(self) -> usize {
        self.0 as usize & (RUN_POINTS_MAX - 1)
    }
}

/// Brings together what is of one aircraft, in the order of time within each: a sort by digits,
/// which keeps the order of equals. `spare` is memory to sort in.
pub(super) fn by_aircraft(picked: &mut Vec<Picked>, spare: &mut Vec<Picked>) {
    /// An aircraft has 25 bits.
    const DIGIT_BITS: u32 = 9;
    const DIGITS: usize = 1 << DIGIT_BITS;
    let digit = |picked: Picked, shift: u32| (picked.0 >> shift) as usize & (DIGITS - 1);
    spare.clear();
    spare.resize(picked.len(), Picked(0));
    for shift in (Picked::AIRCRAFT_SHIFT..Picked::AIRCRAFT_SHIFT + 25).step_by(DIGIT_BITS as usize)
    {
        let mut places = [0_usize; DIGITS];
        picked.iter().for_each(|&one| places[digit(one, shift)] += 1);
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        for &one in &*picked {
            let place = &mut places[digit(one, shift)];
            spare[*place] = one;
            *place += 1;
        }
        std::mem::swap(picked, spare);
    }
}

impl<'a> Dispatch<'a> {
    pub(super) fn new(airspace: &'a Airspace<'a>, shares: u32) -> Self {
        Self {
            airspace,
            shares,
            crowd: Crowd::new(&airspace.pack.parameters, airspace.feed_of()),
            span: None,
            points_outside_period: 0,
        }
    }

    /// Adds the next points in merged order to a block.
    ///
    /// # Panics
    /// When there are more than [`RUN_POINTS_MAX`], or the block is full.
    pub fn pass(&mut self, points: Vec<TrackPoint>, block: &mut Block) {
        assert!(points.len() <= RUN_POINTS_MAX, "a run is short");
        assert!(!block.is_full(), "a block that is full is followed first");
        block.shares.resize_with(self.shares as usize, Vec::new);
        let number = block.runs.len();
        let mut run = block.spare.pop().unwrap_or_default();
        run.latest.clear();
        let period = self.airspace.setting.period;
        for (place, point) in points.iter().enumerate() {
            let at = point.observed_at;
            if !period.contains(at) {
                self.points_outside_period += 1;
                run.latest.push(self.span.map_or(at, |(_, latest)| latest));
                continue;
            }
            let (first, latest) = self.span.map_or((at, at), |(a, b)| (a.min(at), b.max(at)));
            self.span = Some((first, latest));
            run.latest.push(latest);
            self.crowd.see(point);
            let share = share_of(point.address, self.shares);
            block.shares[share as usize].push(Picked::new(point.address, number, place));
        }
        block.points += points.len();
        run.points = points;
        block.latest = self.span.map(|(_, latest)| latest);
        block.runs.push(run);
    }
}

impl Block {
    /// How many points there are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.points
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.points == 0
    }

    /// Whether it holds as much as it should.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.points >= BLOCK_POINTS || self.runs.len() >= BLOCK_RUNS_MAX
    }

    /// Empties it, keeps its own memory, and hands back that of the points.
    pub fn clear(&mut self) -> Vec<Vec<TrackPoint>> {
        self.shares.iter_mut().for_each(Vec::clear);
        self.latest = None;
        self.points = 0;
        let mut memory = Vec::with_capacity(self.runs.len());
        for mut run in self.runs.drain(..) {
            let mut points = std::mem::take(&mut run.points);
            points.clear();
            memory.push(points);
            self.spare.push(run);
        }
        memory
    }

    pub(super) fn of_share(&self, number: u32) -> &[Picked] {
        self.shares.get(number as usize).map_or(&[], Vec::as_slice)
    }

    #[inline]
    pub(super) fn point(&self, picked: Picked) -> &TrackPoint {
        &self.runs[picked.run()].points[picked.place()]
    }

    /// The latest instant of all points up to this one.
    pub(super) fn latest_at(&self, picked: Picked) -> Instant {
        self.runs[picked.run()].latest[picked.place()]
    }
}

/// Which share an aircraft belongs to: by a mix of its address, since neighbours in a registry
/// fly together.
fn share_of(address: Address, shares: u32) -> u32 {
    (address.bits().wrapping_mul(0x9e37_79b1) >> 16) % shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_brought_together_by_aircraft_and_stay_in_order() {
        let address = |n: u32| match n % 3 {
            0 => Address::other(n.wrapping_mul(0x9e37_79b1) >> 8),
            _ => Address::icao((n % 97).wrapping_mul(0x9e37_79b1) >> 8),
        };
        let mut picked: Vec<Picked> = (0..5_000)
            .map(|n: u32| Picked::new(address(n), n as usize / 700, n as usize))
            .collect();
        let mut sorted = picked.clone();
        sorted.sort_unstable();
        by_aircraft(&mut picked, &mut Vec::new());
        assert_eq!(picked, sorted);
    }
}
