//! When a volume is in force: windows, recurring local hours, and exceptions to both.

use jiff::civil::{Date, Time, Weekday};

use crate::local_time::{ZoneRules, resolve_local};
use crate::time::{Duration, Instant, Interval};

/// A set of days of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Days(u8);

impl Days {
    /// No day.
    pub const NONE: Self = Self(0);
    /// Monday to Sunday.
    pub const ALL: Self = Self(0x7f);

    /// These days and `day`.
    #[must_use]
    pub const fn with(self, day: Weekday) -> Self {
        Self(self.0 | 1 << day.to_monday_zero_offset())
    }

    /// Whether `day` is one of them.
    #[must_use]
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 & 1 << day.to_monday_zero_offset() != 0
    }
}

impl FromIterator<Weekday> for Days {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        days.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Hours that recur on days of the week, by the clock of a named zone.
///
/// Where clocks change, the longer reading holds: a start or an end that the clocks skip is
/// the instant they change; of a start that comes twice the first counts, of an end the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecurringHours {
    /// Whose clock.
    pub zone: ZoneRules,
    /// The local days on which the hours start.
    pub days: Days,
    /// Local time of the start.
    pub from: Time,
    /// Local time of the end, itself not included: on the next day unless it is after
    /// `from`; equal to `from` it makes a whole day.
    pub to: Time,
    /// First local date on which they start; `None` for no bound.
    pub first: Option<Date>,
    /// Last local date on which they start, included; `None` for no bound.
    pub last: Option<Date>,
}

impl RecurringHours {
    /// The hours that start on the local date `day`; `None` when there are none, or clocks
    /// skip all of them.
    fn on(&self, day: Date) -> Option<Interval> {
        let bounded = self.first.is_none_or(|d| d <= day) && self.last.is_none_or(|d| day <= d);
        if !(bounded && self.days.contains(day.weekday())) {
            return None;
        }
        let end_day = if self.to > self.from { day } else { day.tomorrow().ok()? };
        let start = resolve_local(&self.zone, day.to_datetime(self.from)).ok()?.as_start();
        let end = resolve_local(&self.zone, end_day.to_datetime(self.to)).ok()?.as_end();
        Interval::new(start, end).ok().filter(|i| !i.is_empty())
    }

    /// The hours that meet `within`, in order of their start.
    fn meeting(&self, within: Interval) -> impl Iterator<Item = Interval> + '_ {
        // A day's hours end at most a day and a clock change after they start.
        let margin = Duration::from_seconds(3 * 86_400);
        let local = |at| self.zone.local_at(at).map(jiff::civil::DateTime::date);
        let first = local(within.start().minus(margin)).unwrap_or(Date::MIN);
        let last = local(within.end().plus(margin)).unwrap_or(Date::MAX);
        let first = self.first.map_or(first, |d| d.max(first));
        let last = self.last.map_or(last, |d| d.min(last));
        let days = std::iter::successors(Some(first), |d| d.tomorrow().ok());
        days.take_while(move |d| *d <= last)
            .filter_map(|d| self.on(d))
            .filter_map(move |hours| hours.meet(within))
    }
}

/// When something is in force: in any of its windows or hours, and in none of its exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    windows: Vec<Interval>,
    hours: Vec<RecurringHours>,
    except: Vec<Interval>,
}

impl Activation {
    /// In force at all times.
    #[must_use]
    pub fn always() -> Self {
        Self::windows(vec![Interval::ALWAYS])
    }

    /// In force in these windows, which may overlap.
    #[must_use]
    pub const fn windows(windows: Vec<Interval>) -> Self {
        Self { windows, hours: Vec::new(), except: Vec::new() }
    }

    /// Also in force in these hours.
    #[must_use]
    pub fn and_hours(mut self, hours: Vec<RecurringHours>) -> Self {
        self.hours.extend(hours);
        self
    }

    /// Not in force in these windows, whatever else says so.
    #[must_use]
    pub fn except(mut self, windows: Vec<Interval>) -> Self {
        self.except.extend(windows);
        self
    }

    /// The windows it is in force in, hours apart, as they were given.
    #[must_use]
    pub fn given_windows(&self) -> &[Interval] {
        &self.windows
    }

    /// The hours it is also in force in, as they were given.
    #[must_use]
    pub fn given_hours(&self) -> &[RecurringHours] {
        &self.hours
    }

    /// The windows in which it is not in force whatever else says so, as they were given.
    #[must_use]
    pub fn given_exceptions(&self) -> &[Interval] {
        &self.except
    }

    /// The times in force within `within`: in order, apart, none empty.
    ///
    /// Takes time in proportion to the days of `within` when hours recur: ask for the
    /// period that is looked at, not for all of time.
    #[must_use]
    pub fn spans(&self, within: Interval) -> Vec<Interval> {
        let windows = self.windows.iter().filter_map(|w| w.meet(within));
        let hours = self.hours.iter().flat_map(|h| h.meeting(within));
        let on = joined(windows.chain(hours).collect());
        let off = joined(self.except.iter().filter_map(|w| w.meet(within)).collect());
        on.into_iter().flat_map(|span| parts_outside(span, &off)).collect()
    }

    /// Whether it is in force at `at`.
    #[must_use]
    pub fn is_active(&self, at: Instant) -> bool {
        if self.except.iter().any(|w| w.contains(at)) {
            return false;
        }
        self.windows.iter().any(|w| w.contains(at)) || self.hours.iter().any(|h| h.holds(at))
    }
}

impl RecurringHours {
    fn holds(&self, at: Instant) -> bool {
        let next = at.plus(Duration::from_micros(1));
        Interval::new(at, next).is_ok_and(|moment| self.meeting(moment).next().is_some())
    }
}

fn joined(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut apart: Vec<Interval> = Vec::with_capacity(intervals.len());
    for next in intervals {
        match apart.last_mut() {
            Some(last) if next.start() <= last.end() => *last = last.hull(next),
            _ => apart.push(next),
        }
    }
    apart
}

/// What is left of `span` outside `off`, which is in order and apart.
fn parts_outside(span: Interval, off: &[Interval]) -> Vec<Interval> {
    let mut parts = Vec::new();
    let mut from = span.start();
    for hole in off.iter().filter_map(|o| o.meet(span)) {
        parts.extend(Interval::new(from, hole.start()).ok());
        from = hole.end();
    }
    parts.extend(Interval::new(from, span.end()).ok());
    parts.retain(|p| !p.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::zone_rules;

    fn between(from: &str, to: &str) -> Interval {
        Interval::new(Instant::parse(from).unwrap(), Instant::parse(to).unwrap()).unwrap()
    }

    fn hours(zone: &str, days: Days, from: &str, to: &str) -> RecurringHours {
        let zone = zone_rules(zone).unwrap();
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        RecurringHours { zone, days, from, to, first: None, last: None }
    }

    fn only(hours: RecurringHours) -> Activation {
        Activation::windows(vec![]).and_hours(vec![hours])
    }

    #[test]
    fn hours_follow_the_local_clock_past_midnight() {
        let nights =
            only(hours("Asia/Damascus", Days::NONE.with(Weekday::Friday), "22:00", "06:00"));
        let july = between("2017-07-02T00:00:00Z", "2017-07-16T00:00:00Z");
        let expected = [
            between("2017-07-07T19:00:00Z", "2017-07-08T03:00:00Z"),
            between("2017-07-14T19:00:00Z", "2017-07-15T03:00:00Z"),
        ];
        assert_eq!(nights.spans(july), expected);
        assert!(nights.is_active(expected[0].start()) && !nights.is_active(expected[0].end()));
    }

    #[test]
    fn where_clocks_change_the_longer_reading_holds() {
        // Skipped: 00:00 to 01:00 on 31 March. Repeated: 23:00 to 24:00 on 26 October.
        let early = only(hours("Asia/Damascus", Days::ALL, "00:30", "02:00"));
        let spring = between("2017-03-30T12:00:00Z", "2017-03-31T12:00:00Z");
        let from_the_change = between("2017-03-30T22:00:00Z", "2017-03-30T23:00:00Z");
        assert_eq!(early.spans(spring), [from_the_change]);
        let late = only(hours("Asia/Damascus", Days::ALL, "23:15", "23:45"));
        let autumn = between("2017-10-26T12:00:00Z", "2017-10-27T12:00:00Z");
        let both = between("2017-10-26T20:15:00Z", "2017-10-26T21:45:00Z");
        assert_eq!(late.spans(autumn), [both]);
    }

    #[test]
    fn hours_that_the_clocks_skip_whole_do_not_happen() {
        let skipped = only(hours("Asia/Damascus", Days::ALL, "00:15", "00:45"));
        let spring = between("2017-03-30T12:00:00Z", "2017-03-31T12:00:00Z");
        assert_eq!(skipped.spans(spring), []);
    }

    #[test]
    fn exceptions_cut_windows_and_hours_alike() {
        let day = between("2017-07-09T00:00:00Z", "2017-07-10T00:00:00Z");
        let pause = between("2017-07-09T08:00:00Z", "2017-07-09T09:00:00Z");
        let active = Activation::windows(vec![day]).except(vec![pause]);
        let expected = [
            between("2017-07-09T00:00:00Z", "2017-07-09T08:00:00Z"),
            between("2017-07-09T09:00:00Z", "2017-07-10T00:00:00Z"),
        ];
        assert_eq!(active.spans(Interval::ALWAYS), expected);
        assert!(!active.is_active(pause.start()) && active.is_active(pause.end()));
    }

    #[test]
    fn dates_bound_the_days_on_which_hours_start() {
        let mut nightly = hours("UTC", Days::ALL, "20:00", "20:00");
        (nightly.first, nightly.last) = ("2017-07-09".parse().ok(), "2017-07-10".parse().ok());
        let whole = [between("2017-07-09T20:00:00Z", "2017-07-11T20:00:00Z")];
        assert_eq!(
            only(nightly).spans(between("2017-01-01T00:00:00Z", "2018-01-01T00:00:00Z")),
            whole
        );
    }
}
