//! Height along a leg, and when it is certainly or possibly above, below or between limits.
//!
//! Both ends are intervals and so are the limits; the bounds of the height run straight from
//! one end to the other. Each question is one linear inequality over whole microseconds,
//! solved exactly: no height is ever rounded.

use crate::altitude::HeightInterval;
use crate::span::ClosedSpan;
use crate::time::Instant;

/// What is known of the height from one instant to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeightLeg {
    span: ClosedSpan,
    from: HeightInterval,
    to: HeightInterval,
}

/// When something holds that is known only within bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The microseconds at which it holds wherever in its bounds everything lies.
    pub certain: Option<ClosedSpan>,
    /// The microseconds at which it holds somewhere in the bounds; never fewer.
    pub possible: Option<ClosedSpan>,
}

impl Held {
    /// When both hold.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        let both =
            |a: Option<ClosedSpan>, b| a.zip(b).and_then(|(a, b): (ClosedSpan, _)| a.meet(b));
        Self {
            certain: both(self.certain, other.certain),
            possible: both(self.possible, other.possible),
        }
    }
}

impl HeightLeg {
    /// From the height at the first microsecond of `span` to the one at its last.
    #[must_use]
    pub const fn new(span: ClosedSpan, from: HeightInterval, to: HeightInterval) -> Self {
        Self { span, from, to }
    }

    /// All its microseconds.
    #[must_use]
    pub const fn span(&self) -> ClosedSpan {
        self.span
    }

    /// When the height is at `limit` or above.
    #[must_use]
    pub fn above(&self, limit: HeightInterval) -> Held {
        Held {
            certain: self.at_least((self.from.low_cm, self.to.low_cm), limit.high_cm),
            possible: self.at_least((self.from.high_cm, self.to.high_cm), limit.low_cm),
        }
    }

    /// When the height is at `limit` or below.
    #[must_use]
    pub fn below(&self, limit: HeightInterval) -> Held {
        Held {
            certain: self.at_most((self.from.high_cm, self.to.high_cm), limit.low_cm),
            possible: self.at_most((self.from.low_cm, self.to.low_cm), limit.high_cm),
        }
    }

    /// When the height lies from `floor` to `ceiling`, both included.
    #[must_use]
    pub fn between(&self, floor: HeightInterval, ceiling: HeightInterval) -> Held {
        self.above(floor).meet(self.below(ceiling))
    }

    fn at_least(&self, ends: (i32, i32), limit: i32) -> Option<ClosedSpan> {
        self.rises_to((i64::from(ends.0), i64::from(ends.1)), i64::from(limit))
    }

    fn at_most(&self, ends: (i32, i32), limit: i32) -> Option<ClosedSpan> {
        self.rises_to((-i64::from(ends.0), -i64::from(ends.1)), -i64::from(limit))
    }

    /// The microseconds at which the straight line between `ends` is at least `limit`:
    /// `(to - from) * t >= (limit - from) * length`. Products stay under 2^33 * 2^64.
    fn rises_to(&self, (from, to): (i64, i64), limit: i64) -> Option<ClosedSpan> {
        let (first, last) = (self.span.first(), self.span.last());
        let start = i128::from(first.micros());
        let length = i128::from(last.micros()) - start;
        let (rise, needed) = (i128::from(to - from), i128::from(limit - from) * length);
        if from >= limit && to >= limit {
            return Some(self.span);
        }
        if from < limit && to < limit {
            return None;
        }
        let at = |micros: i128| Instant::from_micros((start + micros) as i64);
        if rise > 0 {
            ClosedSpan::new(at(-(-needed).div_euclid(rise)), last)
        } else {
            ClosedSpan::new(first, at((-needed).div_euclid(-rise)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: i64, last: i64) -> ClosedSpan {
        ClosedSpan::new(Instant::from_micros(first), Instant::from_micros(last)).unwrap()
    }

    const fn exactly(cm: i32) -> HeightInterval {
        HeightInterval::within(cm, 0)
    }

    #[test]
    fn a_climb_passes_its_limit_at_a_whole_microsecond_within() {
        let climb = HeightLeg::new(span(0, 100), exactly(0), exactly(300));
        let held = climb.between(exactly(100), exactly(200));
        // 3 cm a microsecond: at 100 cm after 33 1/3, at 200 cm after 66 2/3.
        assert_eq!(held.certain, Some(span(34, 66)));
        assert_eq!(held.certain, held.possible);
        let descent = HeightLeg::new(span(0, 100), exactly(300), exactly(0));
        assert_eq!(descent.between(exactly(100), exactly(200)).certain, Some(span(34, 66)));
    }

    #[test]
    fn doubt_widens_what_is_possible_and_narrows_what_is_certain() {
        let level = HeightInterval::within(150, 20);
        let climb = HeightLeg::new(span(0, 300), level, HeightInterval::within(450, 20));
        let held = climb.above(HeightInterval::within(300, 10));
        assert_eq!(held.certain, Some(span(180, 300)));
        assert_eq!(held.possible, Some(span(120, 300)));
    }

    #[test]
    fn an_unknown_height_is_certain_only_between_ground_and_unlimited() {
        let unknown = HeightLeg::new(span(0, 9), HeightInterval::UNKNOWN, HeightInterval::UNKNOWN);
        let (ground, unlimited) = (exactly(i32::MIN), exactly(i32::MAX));
        assert_eq!(unknown.between(ground, unlimited).certain, Some(span(0, 9)));
        let under_a_roof = unknown.between(ground, exactly(100_000));
        assert_eq!((under_a_roof.certain, under_a_roof.possible), (None, Some(span(0, 9))));
    }

    #[test]
    fn the_longest_climb_does_not_overflow() {
        let ends = (exactly(i32::MIN), exactly(i32::MAX));
        let climb = HeightLeg::new(span(i64::MIN, i64::MAX), ends.0, ends.1);
        assert_eq!(climb.above(exactly(0)).certain.unwrap().last(), Instant::MAX);
        assert_eq!(climb.above(exactly(i32::MAX)).certain, Some(span(i64::MAX, i64::MAX)));
    }
}
