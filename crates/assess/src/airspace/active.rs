//! Whether a volume is active, remembered from one leg to the next.

use spacetime::{Duration, Instant, Interval, Spans};

use super::volumes::WatchedVolume;

/// How far ahead recurring hours are resolved at once.
const AHEAD: Duration = Duration::from_seconds(8 * 86_400);
/// How far back: aircraft are followed one after the other through some minutes each.
const BACK: Duration = Duration::from_seconds(3_600);

/// The answers for one volume around the time that is being looked at.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    /// The stretch for which `spans` says everything.
    known: Interval,
    spans: Vec<Interval>,
}

/// How a short stretch of time lies against a volume's activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Active {
    /// Active all the time.
    Throughout,
    /// Active at these times only.
    At(Spans),
    /// Not active.
    Never,
}

impl Activity {
    /// Nothing is known yet.
    pub(super) fn unknown() -> Self {
        let nowhere = Interval::new(Instant::MIN, Instant::MIN).expect("an empty interval");
        Self { known: nowhere, spans: Vec::new() }
    }

    /// Whether the volume is active during `when`, which is not empty.
    pub(super) fn during(&mut self, volume: &WatchedVolume, when: Interval) -> Active {
        if !self.known.covers(when) || self.known.is_empty() {
            self.learn(volume, when);
        }
        // Most volumes are active all the time.
        if matches!(&self.spans[..], [span] if span.covers(when)) {
            return Active::Throughout;
        }
        let mut met = self.spans.iter().filter_map(|span| span.meet(when)).peekable();
        match met.peek() {
            None => Active::Never,
            Some(&first) if first == when => Active::Throughout,
            Some(_) => Active::At(Spans::of_intervals(met)),
        }
    }

    /// Whether the volume is active at `at`.
    pub(super) fn at(&mut self, volume: &WatchedVolume, at: Instant) -> bool {
        let moment = Interval::new(at, at.plus(Duration::from_micros(1)));
        moment.is_ok_and(|moment| self.during(volume, moment) == Active::Throughout)
    }

    fn learn(&mut self, volume: &WatchedVolume, when: Interval) {
        let (from, until) = (when.start().minus(BACK), when.end().plus(AHEAD));
        self.known = Interval::new(from, until).expect("it ends later than `when`");
        self.spans = volume.active_spans(self.known);
    }
}

impl Active {
    /// `spans`, as far as the volume is active.
    pub(super) fn of(&self, spans: Spans) -> Spans {
        match self {
            Self::Throughout => spans,
            Self::At(active) => spans.meet(active),
            Self::Never => Spans::none(),
        }
    }
}
