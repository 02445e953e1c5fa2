//! When: the observed interval against the times a clause holds.

use agreement::Report;
use agreement::report::Method;
use spacetime::{Duration, Interval};

use super::{Answer, Outside};
use crate::finding::Reason;

/// How long sound may have been on its way: 60 s for 20 km, farther than anybody hears.
const SOUND_DELAY: Duration = Duration::from_seconds(60);

/// The interval in which the act happened, as wide as the clock's error (two standard
/// deviations) and, for what was heard, the way of the sound make it.
pub(crate) fn observed_widened(report: &Report) -> Interval {
    let clock = report.clock_sd.map_or(0, |sd| sd.micros().saturating_mul(2));
    let clock = Duration::from_micros(clock);
    let sound = if report.method == Method::Heard { SOUND_DELAY } else { Duration::ZERO };
    let start = report.observed.start().minus(clock).minus(sound);
    Interval::new(start, report.observed.end().plus(clock)).unwrap_or(report.observed)
}

/// Whether something observed in `observed` happened while a clause held, given every time it
/// holds that could matter, in order.
pub(crate) fn during(held: &[Interval], observed: Interval) -> Answer {
    if held.iter().any(|span| span.covers(observed)) {
        return Answer::Yes;
    }
    if held.iter().any(|span| span.meet(observed).is_some()) {
        return Answer::Doubt(Reason::TimeStraddles);
    }
    match (held.first(), held.last()) {
        (Some(first), _) if observed.end() <= first.start() => Answer::No(Outside::Before),
        (_, Some(last)) if last.end() <= observed.start() => Answer::No(Outside::After),
        _ => Answer::No(Outside::OutsideHours),
    }
}
