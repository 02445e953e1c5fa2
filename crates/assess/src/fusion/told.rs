//! What is told of an incident beside its place, and would tell the place.
//!
//! When something happened follows from when it was heard and from how far off; how likely it is real,
//! from who was near and perceived nothing; which cells it may lie in, from where their edges are. Each is a
//! function of the place, and whoever has the program and the reports of others can turn it round. So
//! where a place may not be told, time is told as the reports have it, the chance in steps, and cells as a whole
//! patch around the one that holds the best place; and where it may, time is told in steps, since between
//! a place that is known and when it was heard lies the way to a post.

use std::collections::BTreeSet;

use agreement::Report;
use spacetime::{Duration, Interval, Position};

use super::whereabouts::CellId;
use crate::incidents::observed_widened;

/// Steps of times, where the place is told: 3.4 km of sound.
const EXACT_STEP: Duration = Duration::from_seconds(10);
/// And where it is not.
const COARSE_STEP: Duration = Duration::from_seconds(60);
/// Steps of a chance that follows from a place that is not told.
const CHANCE_STEPS: f64 = 20.0;
/// A place known so well, metres, is told as one cell; one so well as a cell and those around it; one so
/// well with those around them; and none that is known worse. A ring of cells is at least 11.8 km wide.
const RINGS_M: [f64; 3] = [1_000.0, 11_000.0, 23_000.0];

/// When an incident was, as far as that may be told; `found` is what its place makes of it.
pub(crate) fn when_told<'a>(
    found: Interval,
    is_exact: bool,
    reports: impl IntoIterator<Item = &'a Report>,
) -> Interval {
    if is_exact {
        return found.outward(EXACT_STEP);
    }
    let said: Vec<Interval> = reports.into_iter().map(observed_widened).collect();
    let all_say = said.iter().copied().try_fold(Interval::ALWAYS, Interval::meet);
    let some_say = || said.iter().copied().reduce(Interval::hull);
    all_say.or_else(some_say).unwrap_or(found).outward(COARSE_STEP)
}

/// How likely it is real, as far as that may be told, millionths.
pub(crate) fn p_real_told(p_real: f64, is_exact: bool) -> u32 {
    if is_exact { (p_real * 1e6).round_ties_even() as u32 } else { chance_in_steps(p_real) }
}

/// A chance in steps of a twentieth, as the middle of its step, millionths: what follows from a place that is
/// not told.
pub(crate) fn chance_in_steps(p: f64) -> u32 {
    let told = ((p * CHANCE_STEPS).floor().clamp(0.0, CHANCE_STEPS - 1.0) + 0.5) / CHANCE_STEPS;
    (told * 1e6).round_ties_even() as u32
}

/// The cells in which a place is said to lie: which they are depends on the cell that holds the best place
/// and on how well it is known, and not on how near it lies to an edge. None where it is known worse than
/// a few cells are wide.
pub(crate) fn cells_told(best: Position, wide_m: f64) -> BTreeSet<CellId> {
    let rings = RINGS_M.iter().zip(0..).find(|(within, _)| wide_m <= **within);
    rings.map_or_else(BTreeSet::new, |(_, rings)| CellId::holding(best).around(rings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_one_cell_are_told_alike_however_near_its_edge() {
        let middle = CellId::holding(Position::from_degrees(36.1, 32.8).unwrap());
        let mut told = BTreeSet::new();
        for lon in 0..400 {
            for lat in 0..40 {
                let (lon, lat) = (35.9 + f64::from(lon) * 1e-3, 32.6 + f64::from(lat) * 1e-2);
                let at = Position::from_degrees(lon, lat).unwrap();
                if CellId::holding(at) == middle {
                    told.insert(cells_told(at, 50.0));
                }
            }
        }
        assert_eq!(told, BTreeSet::from([BTreeSet::from([middle])]));
    }

    #[test]
    fn a_place_that_is_known_worse_is_told_as_more_cells_and_then_not_at_all() {
        let at = Position::from_degrees(36.1, 32.8).unwrap();
        let told = [900.0, 5_000.0, 20_000.0, 40_000.0].map(|m| cells_told(at, m).len());
        assert_eq!(told, [1, 7, 19, 0]);
        assert_eq!(cells_told(at, f64::NAN).len(), 0);
    }

    #[test]
    fn how_likely_a_firing_is_real_is_told_in_steps_that_claim_no_certainty() {
        let told = |p| p_real_told(p, false);
        assert_eq!([0.0, 0.977_824, 0.973_818, 1.0].map(told), [25_000, 975_000, 975_000, 975_000]);
        assert_eq!(p_real_told(0.977_824, true), 977_824);
    }
}
