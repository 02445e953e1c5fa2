//! Where an axis of time is marked: at round local times.

use jiff::civil::DateTime;
use jiff::{Span, ToSpan};
use spacetime::{Instant, Interval};

use crate::local::LocalClock;

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) at: Instant,
    /// The part that changes from mark to mark: `14:30`, `9 Jul`.
    pub(crate) label: String,
    /// The part above it, where it changes: the date, the year.
    pub(crate) context: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Seconds(i64),
    Days(i64),
    Months(i64),
    Years(i64),
}

const STEPS: [Step; 25] = [
    Step::Seconds(1),
    Step::Seconds(5),
    Step::Seconds(10),
    Step::Seconds(30),
    Step::Seconds(60),
    Step::Seconds(120),
    Step::Seconds(300),
    Step::Seconds(600),
    Step::Seconds(900),
    Step::Seconds(1800),
    Step::Seconds(3600),
    Step::Seconds(7200),
    Step::Seconds(10_800),
    Step::Seconds(21_600),
    Step::Seconds(43_200),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Months(1),
    Step::Months(3),
    Step::Years(1),
    Step::Years(5),
    Step::Years(10),
    Step::Years(100),
    Step::Years(1000),
];

impl Step {
    fn seconds(self) -> i64 {
        match self {
            Self::Seconds(n) => n,
            Self::Days(n) => n * 86_400,
            Self::Months(n) => n * 30 * 86_400,
            Self::Years(n) => n * 365 * 86_400,
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Seconds(n) => n.seconds(),
            Self::Days(n) => n.days(),
            Self::Months(n) => n.months(),
            Self::Years(n) => n.years(),
        }
    }

    /// The last round time at or before `local`.
    fn floor(self, local: DateTime) -> Option<DateTime> {
        let date = local.date();
        match self {
            Self::Seconds(n) => {
                let midnight = date.to_datetime(jiff::civil::Time::midnight());
                let since = i64::from(local.hour()) * 3600
                    + i64::from(local.minute()) * 60
                    + i64::from(local.second());
                midnight.checked_add((since / n * n).seconds()).ok()
            }
            Self::Days(_) => Some(date.at(0, 0, 0, 0)),
            Self::Months(n) => {
                let first = (i64::from(date.month()) - 1) / n * n + 1;
                DateTime::new(date.year(), i8::try_from(first).ok()?, 1, 0, 0, 0, 0).ok()
            }
            Self::Years(n) => {
                let year = i64::from(date.year()).div_euclid(n) * n;
                DateTime::new(i16::try_from(year).ok()?, 1, 1, 0, 0, 0, 0).ok()
            }
        }
    }

    fn formats(self) -> (&'static str, &'static str) {
        match self {
            Self::Seconds(n) if n < 60 => ("%H:%M:%S", "%-d %b %Y"),
            Self::Seconds(_) => ("%H:%M", "%-d %b %Y"),
            Self::Days(_) => ("%-d %b", "%Y"),
            Self::Months(_) => ("%b", "%Y"),
            Self::Years(_) => ("%Y", ""),
        }
    }
}

/// Round local times in a period, at most `most` or a few more.
pub(crate) fn ticks(clock: &LocalClock, period: Interval, most: i64) -> Vec<Tick> {
    let seconds = period.length().micros() / 1_000_000;
    let step = STEPS.into_iter().find(|step| seconds / step.seconds() <= most);
    let step = step.unwrap_or(Step::Years(1000));
    let (label, context) = step.formats();
    let mut found: Vec<Tick> = Vec::new();
    let mut next = clock.read(period.start()).and_then(|local| step.floor(local));
    let mut last_context = String::new();
    // Twice as many as wanted is no longer an axis: the period's ends cannot be read.
    for _ in 0..2 * most + 4 {
        let Some(local) = next else { break };
        let Some(at) = clock.instant(local) else { break };
        if at >= period.end() {
            break;
        }
        if at >= period.start() && found.last().is_none_or(|tick| tick.at < at) {
            let said = local.strftime(context).to_string();
            let changed = (said != last_context && !said.is_empty()).then(|| said.clone());
            last_context = said;
            found.push(Tick { at, label: local.strftime(label).to_string(), context: changed });
        }
        next = local.checked_add(step.span()).ok();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(zone: &str, from: &str, to: &str) -> Vec<(String, String, Option<String>)> {
        let at = |text| Instant::parse(text).unwrap();
        let period = Interval::new(at(from), at(to)).unwrap();
        let found = ticks(&LocalClock::of(zone), period, 8);
        found.into_iter().map(|tick| (tick.at.to_string(), tick.label, tick.context)).collect()
    }

    #[test]
    fn marks_stand_at_round_local_times() {
        let marks = axis("Asia/Kolkata", "2024-01-01T17:10:00Z", "2024-01-01T20:10:00Z");
        let said = |at: &str, label: &str, context: Option<&str>| {
            (at.to_owned(), label.to_owned(), context.map(str::to_owned))
        };
        assert_eq!(marks[0], said("2024-01-01T17:30:00Z", "23:00", Some("1 Jan 2024")));
        assert_eq!(marks[1], said("2024-01-01T18:00:00Z", "23:30", None));
        assert_eq!(marks[2], said("2024-01-01T18:30:00Z", "00:00", Some("2 Jan 2024")));
    }

    #[test]
    fn a_year_is_marked_by_quarters_and_an_instant_by_nothing_but_itself() {
        let marks = axis("UTC", "2017-01-01T00:00:00Z", "2018-01-01T00:00:00Z");
        let labels: Vec<&str> = marks.iter().map(|(_, label, _)| label.as_str()).collect();
        assert_eq!(labels, ["Jan", "Apr", "Jul", "Oct"]);
        assert!(axis("UTC", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z").is_empty());
    }

    #[test]
    fn clocks_put_forward_leave_out_the_hour_that_does_not_exist() {
        let marks = axis("Europe/Paris", "2024-03-31T00:00:00Z", "2024-03-31T03:00:00Z");
        let times: Vec<&str> = marks.iter().map(|(_, label, _)| label.as_str()).collect();
        assert_eq!(times, ["01:00", "01:30", "02:00", "03:30", "04:00", "04:30"]);
    }
}
