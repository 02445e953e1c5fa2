//! One track against one area or volume, leg by leg: entered, inside, left.

use crate::span::{ClosedSpan, Spans};
use crate::time::Instant;

/// Something a passage found out. Every stretch inside begins with `Entered` or
/// `FoundInside` and ends with `Left` or `Lost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassageEvent {
    /// It went in: the first microsecond inside, by closed form.
    Entered {
        /// First microsecond inside.
        at: Instant,
    },
    /// The track, or what follows a gap in it, begins inside.
    FoundInside {
        /// First microsecond that is known.
        at: Instant,
    },
    /// It went out: the last microsecond inside, by closed form.
    Left {
        /// Last microsecond inside.
        at: Instant,
    },
    /// The track ends, or has a gap, inside.
    Lost {
        /// Last microsecond that is known.
        at: Instant,
    },
}

/// Follows one track over one area or volume.
///
/// Legs come in order of time; each may start where the last one ended (the same instant)
/// or later, after a gap. Stretches that go on across legs are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    known_to: Option<Instant>,
    inside: bool,
}

impl Passage {
    /// A track of which nothing is known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { known_to: None, inside: false }
    }

    /// Whether the track was inside when it was last known.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        self.inside
    }

    /// Takes one leg: all its microseconds, and those of them inside. Appends what it shows.
    pub fn follow(&mut self, leg: ClosedSpan, inside: &Spans, events: &mut Vec<PassageEvent>) {
        let continues = self.known_to.is_some_and(|known| known >= leg.first());
        if !continues {
            self.break_off(events);
        }
        let was_inside = std::mem::take(&mut self.inside);
        let still = was_inside && inside.first() == Some(leg.first());
        if let (true, false, Some(at)) = (was_inside, still, self.known_to) {
            events.push(PassageEvent::Left { at });
        }
        for (i, span) in inside.iter().enumerate() {
            if !(i == 0 && still) {
                events.push(self.start_of(span, leg, continues));
            }
            if span.last() < leg.last() {
                events.push(PassageEvent::Left { at: span.last() });
            } else {
                self.inside = true;
            }
        }
        self.known_to = Some(leg.last());
    }

    /// The track ends, or nothing is known of it for a while.
    pub fn break_off(&mut self, events: &mut Vec<PassageEvent>) {
        if let (true, Some(at)) = (self.inside, self.known_to) {
            events.push(PassageEvent::Lost { at });
        }
        *self = Self::new();
    }

    fn start_of(&self, span: ClosedSpan, leg: ClosedSpan, continues: bool) -> PassageEvent {
        let at = span.first();
        if at == leg.first() && !continues {
            PassageEvent::FoundInside { at }
        } else {
            PassageEvent::Entered { at }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PassageEvent::{Entered, FoundInside, Left, Lost};
    use super::*;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros)
    }

    fn span((first, last): (i64, i64)) -> ClosedSpan {
        ClosedSpan::new(at(first), at(last)).unwrap()
    }

    type Pair = (i64, i64);

    fn events(legs: &[(Pair, &[Pair])]) -> Vec<PassageEvent> {
        let (mut passage, mut events) = (Passage::new(), Vec::new());
        for (leg, inside) in legs {
            let inside = inside.iter().copied().map(span).collect();
            passage.follow(span(*leg), &inside, &mut events);
        }
        passage.break_off(&mut events);
        events
    }

    #[test]
    fn a_stretch_over_several_legs_is_entered_and_left_once() {
        let found =
            events(&[((0, 10), &[(4, 10)]), ((10, 20), &[(10, 20)]), ((20, 30), &[(20, 25)])]);
        assert_eq!(found, [Entered { at: at(4) }, Left { at: at(25) }]);
    }

    #[test]
    fn a_track_that_begins_or_ends_inside_says_so() {
        let found = events(&[((0, 10), &[(0, 3), (7, 10)])]);
        let expected = [
            FoundInside { at: at(0) },
            Left { at: at(3) },
            Entered { at: at(7) },
            Lost { at: at(10) },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_gap_parts_what_lies_before_and_after_it() {
        let found = events(&[((0, 10), &[(5, 10)]), ((50, 60), &[(50, 60)])]);
        let expected = [
            Entered { at: at(5) },
            Lost { at: at(10) },
            FoundInside { at: at(50) },
            Lost { at: at(60) },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn going_out_at_the_very_fix_is_leaving() {
        let found = events(&[((0, 10), &[(2, 10)]), ((10, 20), &[])]);
        assert_eq!(found, [Entered { at: at(2) }, Left { at: at(10) }]);
        let and_back = events(&[((0, 10), &[(2, 10)]), ((10, 20), &[(15, 18)])]);
        assert_eq!(and_back.len(), 4);
    }
}
