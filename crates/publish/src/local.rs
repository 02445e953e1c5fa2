//! Times as people at the place read them: local, with the zone named, and UTC beside.

use jiff::civil::{DateTime, Time};
use spacetime::local_time::{ZoneRules, resolve_local, zone_rules};
use spacetime::{Instant, Interval};

/// Reads instants in one zone.
#[derive(Clone, Debug)]
pub(crate) struct LocalClock {
    zone: ZoneRules,
}

impl LocalClock {
    /// The clock of a named zone; that of UTC when there is none of that name.
    pub(crate) fn of(zone: &str) -> Self {
        let zone = zone_rules(zone).or_else(|_| zone_rules("UTC"));
        Self { zone: zone.expect("the compiled-in database has UTC") }
    }

    /// Name of the zone.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.name()
    }

    /// Local date and time; `None` when it is no date that can be written.
    pub(crate) fn read(&self, at: Instant) -> Option<DateTime> {
        self.zone.local_at(at).filter(|local| (0..=9999).contains(&local.year()))
    }

    /// The instant of a local date and time, the earlier one where clocks are put back.
    pub(crate) fn instant(&self, local: DateTime) -> Option<Instant> {
        resolve_local(&self.zone, local).ok().map(spacetime::LocalTime::as_start)
    }

    /// `2017-07-09 12:00:00`.
    pub(crate) fn said(&self, at: Instant) -> String {
        match self.read(at) {
            Some(local) => local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            None => "open".to_owned(),
        }
    }

    /// `2017-07-09 12:00:00 to 12:04:10`, `2017-07-09` for a whole day, `2017-07-09 to
    /// 2017-07-11` for several.
    pub(crate) fn said_span(&self, span: Interval) -> String {
        let (Some(from), Some(to)) = (self.read(span.start()), self.read(span.end())) else {
            return self.said_open_span(span);
        };
        let on_midnight = from.time() == Time::midnight() && to.time() == Time::midnight();
        if on_midnight && from < to {
            let last = to.date().yesterday().unwrap_or_else(|_| to.date());
            let one_day = from.date() == last;
            return if one_day { last.to_string() } else { format!("{} to {last}", from.date()) };
        }
        let same_day = from.date() == to.date();
        let end = to.strftime(if same_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" });
        format!("{} to {end}", from.strftime("%Y-%m-%d %H:%M:%S"))
    }

    fn said_open_span(&self, span: Interval) -> String {
        match (self.read(span.start()), self.read(span.end())) {
            (Some(_), None) => format!("from {}", self.said(span.start())),
            (None, Some(_)) => format!("until {}", self.said(span.end())),
            _ => "always".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Interval {
        Interval::new(Instant::parse(from).unwrap(), Instant::parse(to).unwrap()).unwrap()
    }

    #[test]
    fn a_span_is_said_in_local_time_as_shortly_as_it_can_be() {
        let damascus = LocalClock::of("Asia/Damascus");
        let said = |from, to| damascus.said_span(span(from, to));
        assert_eq!(
            said("2017-07-09T09:00:00Z", "2017-07-09T09:04:10Z"),
            "2017-07-09 12:00:00 to 12:04:10"
        );
        assert_eq!(said("2017-07-08T21:00:00Z", "2017-07-09T21:00:00Z"), "2017-07-09");
        assert_eq!(
            said("2017-07-08T21:00:00Z", "2017-07-11T21:00:00Z"),
            "2017-07-09 to 2017-07-11"
        );
    }

    #[test]
    fn open_ends_are_said_to_be_open() {
        let clock = LocalClock::of("no such zone");
        let from = Instant::parse("2017-07-09T09:00:00Z").unwrap();
        let since = Interval::new(from, Instant::MAX).unwrap();
        assert_eq!(clock.said_span(since), "from 2017-07-09 09:00:00");
        assert_eq!(clock.said_span(Interval::ALWAYS), "always");
    }
}
