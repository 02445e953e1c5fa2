//! The short way between two fixes, across the antimeridian where it leads there.

use crate::area::{Area, Side};
use crate::motion::{Contact, Fix, Leg, LegFault};
use crate::position::{BoundingBox, Position};
use crate::span::ClosedSpan;
use crate::time::Instant;

/// The short way from one fix to a later one: one leg, or two where it crosses the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    from: Fix,
    to: Fix,
    first: Leg,
    /// Beyond the antimeridian.
    second: Option<Leg>,
}

impl Way {
    /// Between two fixes, the short way round.
    ///
    /// # Errors
    /// When the second is not later, or later by more than an `i64` of microseconds.
    pub fn between(from: Fix, to: Fix) -> Result<Self, LegFault> {
        match Leg::new(from, to) {
            Err(LegFault::CrossesAntimeridian) => {
                let mut legs = Leg::short_way(from, to)?.into_iter();
                // A microsecond apart, neither half may be a leg.
                let first = legs.next().ok_or(LegFault::NotForward)?;
                Ok(Self { from, to, first, second: legs.next() })
            }
            leg => Ok(Self { from, to, first: leg?, second: None }),
        }
    }

    /// Where it starts.
    #[must_use]
    pub const fn from(&self) -> Fix {
        self.from
    }

    /// Where it ends.
    #[must_use]
    pub const fn to(&self) -> Fix {
        self.to
    }

    /// All its microseconds, those of both fixes included.
    #[must_use]
    pub const fn span(&self) -> ClosedSpan {
        ClosedSpan::between(self.from.at, self.to.at)
    }

    /// Its legs, in order.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// The boxes around its legs.
    #[must_use]
    pub fn bounding_boxes(&self) -> (BoundingBox, Option<BoundingBox>) {
        (self.first.bounding_box(), self.second.map(|leg| leg.bounding_box()))
    }

    /// Where it is at `at`, to the nearest grid step; `None` before its start or after its end.
    #[must_use]
    pub fn position_at(&self, at: Instant) -> Option<Position> {
        self.legs().find_map(|leg| leg.position_at(at))
    }

    /// As [`Leg::stays`], when it holds of all of it.
    pub fn stays(&self, area: &Area, start: impl FnOnce() -> Side) -> Option<Side> {
        let side = self.first.stays(area, start)?;
        let Some(second) = &self.second else { return Some(side) };
        let beyond = second.stays(area, || area.side(second.from().position));
        beyond.filter(|beyond| *beyond == side)
    }

    /// When it lies in `area`, exactly but for where it is split ([`Leg::short_way`]).
    #[must_use]
    pub fn contact(&self, area: &Area) -> Contact {
        let contact = self.first.contact(area);
        let Some(second) = &self.second else { return contact };
        let beyond = second.contact(area);
        Contact {
            inside: contact.inside.join(&beyond.inside),
            along_edge: contact.along_edge.join(&beyond.along_edge),
            touches: contact.touches || beyond.touches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{Polygon, Ring};
    use crate::span::Spans;

    fn at(lon: i32, lat: i32) -> Position {
        Position::from_e7(lon, lat).unwrap()
    }

    fn fix(micros: i64, lon: i32) -> Fix {
        Fix { at: Instant::from_micros(micros), position: at(lon, 5) }
    }

    const HALF: i32 = 1_800_000_000;

    /// A box over the antimeridian, in two parts as RFC 7946 has it.
    fn over_the_antimeridian() -> Area {
        let part = |west: i32, east: i32| {
            let corners = vec![at(west, 0), at(east, 0), at(east, 10), at(west, 10)];
            Polygon::new(Ring::new(corners).unwrap(), vec![])
        };
        Area::new(vec![part(HALF - 10, HALF), part(-HALF, -HALF + 10)]).unwrap()
    }

    #[test]
    fn a_way_across_is_in_an_area_on_both_sides_without_a_break() {
        let way = Way::between(fix(0, HALF - 20), fix(40, -HALF + 20)).unwrap();
        assert_eq!(way.legs().count(), 2);
        let inside = way.contact(&over_the_antimeridian());
        let span = ClosedSpan::new(Instant::from_micros(10), Instant::from_micros(30));
        assert_eq!(inside.covered(), Spans::from_iter(span));
        assert_eq!(way.position_at(Instant::from_micros(25)), Some(at(-HALF + 5, 5)));
        assert_eq!(way.span().length().micros(), 40);
    }

    #[test]
    fn a_way_that_crosses_nothing_is_one_leg() {
        let way = Way::between(fix(0, 0), fix(40, 20)).unwrap();
        assert_eq!((way.legs().count(), way.bounding_boxes().1), (1, None));
        let area = over_the_antimeridian();
        let outside = way.stays(&area, || area.side(way.from().position));
        assert_eq!(outside, Some(Side::Outside));
        assert_eq!(Way::between(fix(5, 0), fix(5, 1)), Err(LegFault::NotForward));
    }
}
