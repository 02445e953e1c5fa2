//! Sets of whole microseconds: what remains of motion, height and activation once each has
//! been answered exactly, so that they can be intersected without rounding again.

use crate::time::{Duration, Instant, Interval};

/// The whole microseconds from `first` to `last`, both included; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClosedSpan {
    first: Instant,
    last: Instant,
}

impl ClosedSpan {
    /// From `first` to `last`, both included; `None` when `last` comes first.
    #[must_use]
    pub fn new(first: Instant, last: Instant) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// From `first` to `last`, which the caller knows not to come first.
    pub(crate) const fn between(first: Instant, last: Instant) -> Self {
        Self { first, last }
    }

    /// The instants of a half-open interval; `None` when it is empty.
    #[must_use]
    pub fn of_interval(interval: Interval) -> Option<Self> {
        let last = interval.end().minus(Duration::from_micros(1));
        if interval.is_empty() { None } else { Self::new(interval.start(), last) }
    }

    /// First microsecond.
    #[must_use]
    pub const fn first(self) -> Instant {
        self.first
    }

    /// Last microsecond.
    #[must_use]
    pub const fn last(self) -> Instant {
        self.last
    }

    /// From the first microsecond to the last; zero when there is only one.
    #[must_use]
    pub const fn length(self) -> Duration {
        self.last.since(self.first)
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(self, at: Instant) -> bool {
        self.first <= at && at <= self.last
    }

    /// The microseconds in both; `None` when there are none.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }

    /// Whether no microsecond lies between this span and `later`, which starts no earlier.
    #[must_use]
    pub const fn reaches(self, later: Self) -> bool {
        later.first.micros() <= self.last.micros().saturating_add(1)
    }
}

/// A set of microseconds as the fewest spans in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spans(Vec<ClosedSpan>);

impl Spans {
    /// No microsecond.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// All microseconds of some intervals, which may overlap.
    pub fn of_intervals(intervals: impl IntoIterator<Item = Interval>) -> Self {
        intervals.into_iter().filter_map(ClosedSpan::of_interval).collect()
    }

    /// The spans in order; between two of them lies at least one microsecond.
    #[must_use]
    pub fn as_slice(&self) -> &[ClosedSpan] {
        &self.0
    }

    /// The spans in order.
    pub fn iter(&self) -> impl Iterator<Item = ClosedSpan> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is no microsecond.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// First microsecond of all.
    #[must_use]
    pub fn first(&self) -> Option<Instant> {
        self.0.first().map(|s| s.first)
    }

    /// Last microsecond of all.
    #[must_use]
    pub fn last(&self) -> Option<Instant> {
        self.0.last().map(|s| s.last)
    }

    /// Whether `at` is in the set.
    #[must_use]
    pub fn contains(&self, at: Instant) -> bool {
        let after = self.0.partition_point(|s| s.first <= at);
        after.checked_sub(1).is_some_and(|i| self.0[i].contains(at))
    }

    /// The microseconds in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Vec::new();
        while let (Some(x), Some(y)) = (a.first(), b.first()) {
            both.extend(x.meet(*y));
            if x.last <= y.last {
                a = &a[1..];
            } else {
                b = &b[1..];
            }
        }
        Self(both)
    }

    /// The microseconds in either.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// The microseconds in this set and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut holes = other.0.as_slice();
        for span in self.iter() {
            let mut from = Some(span.first);
            while let (Some(start), Some(hole)) = (from, holes.first()) {
                if hole.first > span.last {
                    break;
                }
                if hole.first > start {
                    left.extend(ClosedSpan::new(start, before(hole.first)));
                }
                if hole.last >= span.last {
                    from = None;
                } else {
                    from = Some(start.max(after(hole.last)));
                    holes = &holes[1..];
                }
            }
            left.extend(from.and_then(|start| ClosedSpan::new(start, span.last)));
        }
        Self(left)
    }
}

const fn before(at: Instant) -> Instant {
    at.minus(Duration::from_micros(1))
}

const fn after(at: Instant) -> Instant {
    at.plus(Duration::from_micros(1))
}

/// The union: spans that overlap, or between which no microsecond lies, become one.
impl FromIterator<ClosedSpan> for Spans {
    fn from_iter<I: IntoIterator<Item = ClosedSpan>>(spans: I) -> Self {
        let mut all: Vec<ClosedSpan> = spans.into_iter().collect();
        all.sort_unstable();
        all.dedup_by(|later, kept| {
            let joined = kept.reaches(*later);
            if joined {
                kept.last = kept.last.max(later.last);
            }
            joined
        });
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: i64, last: i64) -> ClosedSpan {
        ClosedSpan::new(Instant::from_micros(first), Instant::from_micros(last)).unwrap()
    }

    fn set(spans: &[(i64, i64)]) -> Spans {
        spans.iter().map(|&(a, b)| span(a, b)).collect()
    }

    #[test]
    fn neighbouring_microseconds_are_one_span() {
        assert_eq!(set(&[(4, 5), (0, 1), (2, 3), (9, 9)]), set(&[(0, 5), (9, 9)]));
        assert_eq!(set(&[(0, 10), (2, 3)]).as_slice(), [span(0, 10)]);
    }

    #[test]
    fn sets_meet_join_and_part() {
        let (a, b) = (set(&[(0, 4), (6, 9)]), set(&[(3, 7), (9, 12)]));
        assert_eq!(a.meet(&b), set(&[(3, 4), (6, 7), (9, 9)]));
        assert_eq!(a.join(&b), set(&[(0, 12)]));
        assert_eq!(a.without(&b), set(&[(0, 2), (8, 8)]));
        assert_eq!(a.without(&set(&[(-5, 20)])), Spans::none());
        assert_eq!(set(&[(0, 9)]).without(&set(&[(2, 3), (5, 6)])), set(&[(0, 1), (4, 4), (7, 9)]));
    }

    #[test]
    fn the_last_instant_of_time_is_no_trouble() {
        let end = ClosedSpan::new(Instant::from_micros(0), Instant::MAX).unwrap();
        let all: Spans =
            [end, ClosedSpan::new(Instant::MIN, Instant::MAX).unwrap()].into_iter().collect();
        assert_eq!(all.as_slice().len(), 1);
        assert!(all.contains(Instant::MAX));
    }
}
