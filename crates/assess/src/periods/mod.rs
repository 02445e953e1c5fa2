//! Two periods day by day, corrected for observation, with intervals.
//!
//! Reports count as in [`tally`](crate::tally): on the local day on which they start, in the area
//! of their nominal point, by the rules for acts and sides. A change is told as the ratio of the
//! later period to the earlier with its 95 percent interval, never as a bare percentage: exact
//! where the days scatter as Poisson counts do, and of a negative binomial whose dispersion is
//! estimated from the days where they scatter more.
//!
//! Fewer reports and less observation are never confused. Where duty records tell who watched,
//! rates per observer-hour are compared beside the counts, and a [`Reading`] says which of the
//! two the change is. Where none tell, it says that nobody knows. A line that is an area or a clause
//! is held against the observation of its own ground: of whoever stood within their reach of it, and
//! of those of whom nobody says where they stood.

pub mod interval;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use agreement::report::Duty;
use agreement::{ClauseId, Digest, Pack, Report};
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use spacetime::{Instant, Interval, LocalTime, ZoneRules, resolve_local};

use crate::corrected::Replaced;
use crate::incidents::Answer;
use crate::tally::{By, DAYS_MAX, PeriodFault, Scope};

use interval::Estimate;
pub use watched::Observation;
use watched::Watches;

/// The local days of two periods of one length, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// One more than there are days.
    midnights: Vec<Instant>,
    dates: Vec<Date>,
}

impl Days {
    /// `days` days of a zone before a day, and as many from that day on.
    ///
    /// # Errors
    /// [`PeriodFault`].
    pub fn around(zone: &ZoneRules, day: Date, days: u32) -> Result<Self, PeriodFault> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(PeriodFault::Days(days));
        }
        let out_of_range = |_| PeriodFault::OutOfRange;
        let mut date = day.checked_sub(Span::new().days(i64::from(days))).map_err(out_of_range)?;
        let (mut midnights, mut dates) = (Vec::new(), Vec::new());
        for _ in 0..=2 * days {
            let local = resolve_local(zone, date.at(0, 0, 0, 0));
            midnights.push(local.map(LocalTime::as_start).map_err(|_| PeriodFault::OutOfRange)?);
            dates.push(date);
            date = date.tomorrow().map_err(out_of_range)?;
        }
        dates.pop();
        Ok(Self { midnights, dates })
    }

    /// Days in each period.
    #[must_use]
    pub const fn each(&self) -> usize {
        self.dates.len() / 2
    }

    /// The dates, of both periods.
    pub fn dates(&self) -> impl Iterator<Item = String> {
        self.dates.iter().map(ToString::to_string)
    }

    /// The number of the day that an instant falls on.
    fn of(&self, at: Instant) -> Option<usize> {
        let after = self.midnights.partition_point(|midnight| *midnight <= at);
        after.checked_sub(1).filter(|day| *day < self.dates.len())
    }

    fn span(&self, from: usize, to: usize) -> Interval {
        let (from, to) = (self.midnights[from], self.midnights[to]);
        Interval::new(from, to).unwrap_or(Interval::ALWAYS)
    }
}

/// What the counts are taken to scatter like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scatter {
    /// Days scatter no more than chance has it.
    Poisson,
    /// They scatter more: a negative binomial whose variance is the dispersion times the mean.
    NegativeBinomial,
}

/// What a change is, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Nothing is known of who watched: whether a change is one of events or of observation,
    /// nobody knows.
    NobodyKnows,
    /// Nobody watched in one of the periods: its reports say nothing of what happened.
    NotWatched,
    /// Fewer an observer-hour.
    Fewer,
    /// More an observer-hour.
    More,
    /// Fewer reports, and not clearly fewer an observer-hour: there was less observation.
    LessObservation,
    /// More reports, and not clearly more an observer-hour: there was more observation.
    MoreObservation,
    /// The intervals hold no change as well.
    NoClearChange,
}

/// One line of both periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Reports of the earlier period.
    pub before: u64,
    /// Reports of the later one.
    pub after: u64,
    /// By day, of both periods.
    pub daily: Vec<u64>,
    /// What the days scatter like.
    pub scatter: Scatter,
    /// Variance over mean of the days within their periods; `None` with too few days or reports.
    pub dispersion_milli: Option<u64>,
    /// The later count over the earlier.
    pub ratio: Option<Estimate>,
    /// Reports in 1,000 observer-hours of the earlier period.
    pub before_per_1000_observer_hours: Option<Estimate>,
    /// Of the later one.
    pub after_per_1000_observer_hours: Option<Estimate>,
    /// The later rate over the earlier.
    pub rate_ratio: Option<Estimate>,
    /// What was observed of it before and after: of the ground of an area or a clause, and anywhere
    /// otherwise.
    pub observed: Option<[Observation; 2]>,
    /// What the change is.
    pub reading: Reading,
}

/// What was observed in both periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observed {
    /// In the earlier period.
    pub before: Observation,
    /// In the later one.
    pub after: Observation,
    /// By day, of both.
    pub daily: Vec<Observation>,
}

/// Two periods, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What the lines are.
    pub by: By,
    /// Whether every report counts, or those in scope.
    pub all: bool,
    /// The days, first of the earlier period.
    pub dates: Vec<String>,
    /// By id of the clause, area or party, or name of the act.
    pub lines: BTreeMap<String, Compared>,
    /// All areas together, each report once.
    pub total: Compared,
    /// Who watched; `None` when no duty record was given.
    pub observed: Option<Observed>,
    /// Reports of denied movement before and after, wherever they were.
    pub denials: [u64; 2],
}

/// Compares two periods.
#[must_use]
pub fn compare(
    pack: &Pack,
    as_if_adopted: &BTreeSet<ClauseId>,
    days: &Days,
    (by, all): (By, bool),
    reports: &[Report],
    duties: Option<&[Duty]>,
) -> Comparison {
    let scope = Scope::new(pack, as_if_adopted);
    let each = days.each();
    let none = vec![0; 2 * each];
    let mut lines: BTreeMap<String, Vec<u64>> =
        scope.lines(by).into_keys().map(|name| (name, none.clone())).collect();
    let mut total = none.clone();
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    let replaced = Replaced::by(reports);
    for report in reports.iter().filter(|report| !replaced.holds(report)) {
        let Some(day) = days.of(report.observed.start()) else { continue };
        if !seen.insert(report.whole_digest()) {
            continue;
        }
        let Some(placed) = scope.placed(report, by) else { continue };
        let counts = |answer: Answer| all || answer == Answer::Yes;
        total[day] += u64::from(counts(placed.best));
        for (key, answer) in placed.keys {
            lines.entry(key).or_insert_with(|| none.clone())[day] += u64::from(counts(answer));
        }
    }
    let observed = duties.map(|duties| observed(days, duties));
    let anywhere = |daily: Vec<u64>| Compared::of(daily, observed.as_ref());
    let line = |name: &str, daily: Vec<u64>| match (duties, scope.ground_of(by, name)) {
        (Some(duties), Some(ground)) => {
            let near = duties.iter().filter(|duty| watched::could_observe(pack, &ground, duty));
            Compared::of(daily, Some(&self::observed(days, near)))
        }
        _ => anywhere(daily),
    };
    Comparison {
        by,
        all,
        dates: days.dates().collect(),
        lines: lines
            .into_iter()
            .map(|(name, daily)| {
                let compared = line(&name, daily);
                (name, compared)
            })
            .collect(),
        total: anywhere(total),
        denials: [days.span(0, each), days.span(each, 2 * each)]
            .map(|period| watched::denials(reports, period)),
        observed,
    }
}

fn observed<'a>(days: &Days, duties: impl IntoIterator<Item = &'a Duty>) -> Observed {
    let (watches, each) = (Watches::of(duties), days.each());
    Observed {
        before: watches.within(days.span(0, each)),
        after: watches.within(days.span(each, 2 * each)),
        daily: (0..2 * each).map(|day| watches.within(days.span(day, day + 1))).collect(),
    }
}

impl Compared {
    fn of(daily: Vec<u64>, observed: Option<&Observed>) -> Self {
        let each = daily.len() / 2;
        let [before, after] = [&daily[..each], &daily[each..]].map(|days| days.iter().sum());
        let (scatter, dispersion_milli) = scatter(&daily, None);
        let by_days = dispersion(scatter, dispersion_milli);
        let ratio = interval::ratio((before, each as f64), (after, each as f64), by_days);
        let mut compared = Self {
            before,
            after,
            scatter,
            dispersion_milli,
            ratio,
            before_per_1000_observer_hours: None,
            after_per_1000_observer_hours: None,
            rate_ratio: None,
            observed: None,
            reading: Reading::NobodyKnows,
            daily,
        };
        if let Some(observed) = observed {
            compared.correct(observed);
        }
        compared
    }

    /// Rates an observer-hour, and what follows from them.
    fn correct(&mut self, observed: &Observed) {
        self.observed = Some([observed.before, observed.after]);
        let hours = |seconds: u64| seconds as f64 / 3_600_000.0;
        let [before, after] = [observed.before, observed.after].map(|o| hours(o.observer_s));
        let by_day: Vec<f64> = observed.daily.iter().map(|day| hours(day.observer_s)).collect();
        let (kind, milli) = scatter(&self.daily, Some(&by_day));
        let dispersion = dispersion(kind, milli);
        self.before_per_1000_observer_hours = interval::rate(self.before, before, dispersion);
        self.after_per_1000_observer_hours = interval::rate(self.after, after, dispersion);
        self.rate_ratio = interval::ratio((self.before, before), (self.after, after), dispersion);
        self.reading = if before <= 0.0 || after <= 0.0 {
            Reading::NotWatched
        } else {
            match (direction(self.rate_ratio), direction(self.ratio)) {
                (Some(false), _) => Reading::Fewer,
                (Some(true), _) => Reading::More,
                (None, Some(false)) if after < before => Reading::LessObservation,
                (None, Some(true)) if after > before => Reading::MoreObservation,
                (None, _) => Reading::NoClearChange,
            }
        };
    }
}

/// Whether an interval lies above no change, or below it; `None` when it holds it.
fn direction(estimate: Option<Estimate>) -> Option<bool> {
    let Estimate { low_milli, high_milli, .. } = estimate?;
    if low_milli > 1000 {
        Some(true)
    } else {
        high_milli.filter(|high| *high < 1000).map(|_| false)
    }
}

fn dispersion(scatter: Scatter, milli: Option<u64>) -> f64 {
    match (scatter, milli) {
        (Scatter::NegativeBinomial, Some(milli)) => milli as f64 / 1000.0,
        _ => 1.0,
    }
}

/// Fewer reports in both periods together say nothing about scatter.
const SCATTER_REPORTS: u64 = 10;

/// Pearson's statistic of the days within their periods, over its degrees of freedom. More than
/// Poisson is what passes it by two standard deviations.
fn scatter(daily: &[u64], exposure: Option<&[f64]>) -> (Scatter, Option<u64>) {
    let each = daily.len() / 2;
    let (mut statistic, mut freedom) = (0.0, 0.0);
    for start in [0, each] {
        let days = &daily[start..start + each];
        let count: u64 = days.iter().sum();
        let share = |day: usize| exposure.map_or(1.0, |hours| hours[start + day]);
        let all: f64 = (0..each).map(share).sum();
        if count == 0 || all <= 0.0 {
            continue;
        }
        let expected = |day: usize| count as f64 * share(day) / all;
        let there = (0..each).filter(|day| expected(*day) > 0.0);
        let terms = there.map(|day| {
            let off = days[day] as f64 - expected(day);
            off * off / expected(day)
        });
        let terms: Vec<f64> = terms.collect();
        statistic += terms.iter().sum::<f64>();
        freedom += terms.len() as f64 - 1.0;
    }
    if freedom < 2.0 || daily.iter().sum::<u64>() < SCATTER_REPORTS {
        return (Scatter::Poisson, None);
    }
    let milli = (statistic / freedom * 1000.0).round_ties_even() as u64;
    let more = statistic > freedom + 2.0 * (2.0 * freedom).sqrt();
    (if more { Scatter::NegativeBinomial } else { Scatter::Poisson }, Some(milli))
}
