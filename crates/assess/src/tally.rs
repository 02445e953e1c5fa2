//! Reports before and after a day, as observers' daily reports compare periods.
//!
//! A report counts on the local day on which its observation starts, in the area that its
//! nominal point lies in. That is how such counts are made elsewhere, so they can be checked;
//! how many of them are too coarse for it is said beside each count.
//!
//! Each report in the areas falls in one of three columns, by the rules of
//! [`incidents`](crate::incidents) for acts and sides, whether or not the clause was yet in
//! force: `in_scope` (a listed act between adherents, or of theirs against civilians where the
//! clause covers that), `undecided` (a side is missing, mixed or not known) and
//! `out_of_scope` (another act; by or against an excluded group or somebody who is not bound).
//! Their sum is the count of every report, whoever took part. A before/after count is no
//! evidence of a cause.

use std::collections::{BTreeMap, BTreeSet};

use agreement::report::{Extent, Place};
use agreement::{AreaId, Clause, ClauseId, ClauseKind, ClauseStatus, Digest, Pack, Report};
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use spacetime::{Duration, Instant, Interval, LocalTime, ZoneRules, resolve_local};

use crate::corrected::Replaced;
use crate::incidents::place::{Ground, Region, coarsely};
use crate::incidents::{Answer, Outside, first_no_else_doubt, sides};

/// From this uncertainty of place on a report is coarse: it may lie in a neighbouring area.
pub const COARSE_PLACE_M: u32 = 5_000;

/// A report whose observation lasts longer is coarse in time: a local day and the hour by which
/// the longest of them is longer.
pub const COARSE_TIME: Duration = Duration::from_seconds(25 * 3600);

/// Most days on either side.
pub const DAYS_MAX: u32 = 36_500;

/// What the counts are broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// `ceasefire` clauses.
    Clause,
    /// Areas of those clauses.
    Area,
    /// Kinds of act.
    Kind,
    /// Parties named in the reports; a report counts for each of its parties.
    Party,
}

/// The two periods that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// The days before.
    pub before: Interval,
    /// The day itself and those after it, as many.
    pub after: Interval,
}

/// Why there are no two periods to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodFault {
    /// None, or more than [`DAYS_MAX`].
    #[error("{0} days is not from 1 to {DAYS_MAX}")]
    Days(u32),
    /// A day outside the years that calendars reach.
    #[error("the days lie outside the years -9999 to 9999")]
    OutOfRange,
}

/// Reports of one period, by whether they are in scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Every report in the area, whoever took part.
    pub all: u64,
    /// Listed acts between adherents.
    pub in_scope: u64,
    /// Listed acts of which that cannot be told.
    pub undecided: u64,
    /// The rest.
    pub out_of_scope: u64,
    /// Of those in scope: with a place too coarse to be sure of the area.
    pub in_scope_coarse_place: u64,
    /// Of those in scope: with a date too coarse to be sure of the day.
    pub in_scope_coarse_date: u64,
    /// Of all: with a place too coarse to be sure of the area.
    pub all_coarse_place: u64,
    /// Of all: with a date too coarse to be sure of the day.
    pub all_coarse_date: u64,
}

/// One line of a tally.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Reports of the period before.
    pub before: Counted,
    /// Reports of the period after.
    pub after: Counted,
}

/// Reports before and after a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BeforeAfter {
    /// What the lines are.
    pub by: By,
    /// By id of the clause, area or party, or name of the act.
    pub lines: BTreeMap<String, Line>,
    /// All areas together, each report once.
    pub total: Line,
    /// Why reports are out of scope, both periods together, by the first reason that holds.
    pub out_of_scope: BTreeMap<Outside, u64>,
    /// Different reports that were looked at.
    pub reports: u64,
    /// Copies of those, which do not count.
    pub repeats: u64,
    /// Reports that give neither a point nor a unit known to the pack.
    pub without_place: u64,
}

/// Counts the reports of two periods against the `ceasefire` clauses of a pack that are
/// adopted, or that `as_if_adopted` names.
#[must_use]
pub fn before_after<'a>(
    pack: &Pack,
    as_if_adopted: &BTreeSet<ClauseId>,
    periods: Periods,
    by: By,
    reports: impl IntoIterator<Item = &'a Report>,
) -> BeforeAfter {
    let scope = Scope::new(pack, as_if_adopted);
    let mut tally = BeforeAfter {
        by,
        lines: scope.lines(by),
        total: Line::default(),
        out_of_scope: BTreeMap::new(),
        reports: 0,
        repeats: 0,
        without_place: 0,
    };
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    let reports: Vec<&Report> = reports.into_iter().collect();
    let replaced = Replaced::by(reports.iter().copied());
    for report in reports.into_iter().filter(|report| !replaced.holds(report)) {
        if !seen.insert(report.whole_digest()) {
            tally.repeats += 1;
            continue;
        }
        tally.reports += 1;
        let Some(period) = periods.of(report.observed.start()) else { continue };
        match scope.placed(report, by) {
            Some(placed) => tally.count(period, report, placed),
            None => tally.without_place += u64::from(report.place.is_none()),
        }
    }
    tally
}

impl Periods {
    /// `days` local days of a zone before a day, and as many from that day on.
    ///
    /// # Errors
    /// [`PeriodFault`].
    pub fn around(zone: &ZoneRules, day: Date, days: u32) -> Result<Self, PeriodFault> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(PeriodFault::Days(days));
        }
        let midnight = |day: Date| {
            let local = resolve_local(zone, day.at(0, 0, 0, 0));
            local.map(LocalTime::as_start).map_err(|_| PeriodFault::OutOfRange)
        };
        let span = Span::new().days(i64::from(days));
        let first = day.checked_sub(span).map_err(|_| PeriodFault::OutOfRange)?;
        let end = day.checked_add(span).map_err(|_| PeriodFault::OutOfRange)?;
        let (first, start, end) = (midnight(first)?, midnight(day)?, midnight(end)?);
        let period = |from, to| Interval::new(from, to).map_err(|_| PeriodFault::OutOfRange);
        Ok(Self { before: period(first, start)?, after: period(start, end)? })
    }

    fn of(self, at: Instant) -> Option<Period> {
        if self.before.contains(at) {
            Some(Period::Before)
        } else {
            self.after.contains(at).then_some(Period::After)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Before,
    After,
}

/// On which lines a report counts, and how.
pub(crate) struct Placed {
    /// By name of the line.
    pub(crate) keys: Vec<(String, Answer)>,
    /// Of all the clauses that hold in its area.
    pub(crate) best: Answer,
}

/// The clauses that count, and their areas.
pub(crate) struct Scope<'a> {
    pack: &'a Pack,
    clauses: Vec<&'a Clause>,
    ground: Ground<'a>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(pack: &'a Pack, as_if_adopted: &BTreeSet<ClauseId>) -> Self {
        let counts = |clause: &&Clause| {
            let adopted = clause.status == ClauseStatus::Adopted;
            matches!(clause.kind, ClauseKind::Ceasefire(_))
                && (adopted || as_if_adopted.contains(&clause.id))
        };
        let clauses: Vec<&Clause> = pack.clauses.values().filter(counts).collect();
        let areas = clauses.iter().flat_map(|clause| &clause.areas).cloned().collect();
        Self { pack, clauses, ground: Ground::over(pack, &areas) }
    }

    /// The lines that are there even when nothing is counted on them.
    pub(crate) fn lines(&self, by: By) -> BTreeMap<String, Line> {
        let names: Vec<String> = match by {
            By::Clause => self.clauses.iter().map(|clause| clause.id.to_string()).collect(),
            By::Area => {
                self.clauses.iter().flat_map(|c| &c.areas).map(ToString::to_string).collect()
            }
            By::Kind | By::Party => Vec::new(),
        };
        names.into_iter().map(|name| (name, Line::default())).collect()
    }

    /// The ground of a line; `None` of a kind or a party, which is anywhere.
    pub(crate) fn ground_of(&self, by: By, line: &str) -> Option<Ground<'a>> {
        let of_clauses = self.clauses.iter().filter(|clause| clause.id.as_str() == line);
        let areas: BTreeSet<AreaId> = match by {
            By::Clause => of_clauses.flat_map(|clause| &clause.areas).cloned().collect(),
            By::Area => AreaId::new(line).into_iter().collect(),
            By::Kind | By::Party => return None,
        };
        Some(Ground::over(self.pack, &areas))
    }

    /// The area of the nominal point, or of the middle of its cell where it may not be told; without one,
    /// the area of the unit named.
    fn area_of(&self, report: &Report) -> Option<AreaId> {
        let place = report.place.as_ref()?;
        match place {
            Place { nominal: Some(p), .. } => {
                let p = if report.place_is_coarsened() { coarsely(*p) } else { *p };
                self.ground.area_at(p).map(|a| a.id.clone())
            }
            Place { nominal: None, .. } => {
                let located = self.ground.locate(&Region::of(self.pack, report));
                located.area.filter(|_| located.answer == Answer::Yes)
            }
        }
    }

    /// Where a report counts; `None` when it lies in no area that counts.
    pub(crate) fn placed(&self, report: &Report, by: By) -> Option<Placed> {
        let area = self.area_of(report)?;
        let answers = self.answers(&area, report);
        let best = answers.iter().map(|(_, answer)| *answer).min_by_key(|answer| rank(*answer))?;
        let keys = match by {
            By::Clause => answers.iter().map(|(id, a)| (id.to_string(), *a)).collect(),
            By::Area => vec![(area.to_string(), best)],
            By::Kind => vec![(report.act.as_str().to_owned(), best)],
            By::Party => party_keys(self.pack, report).into_iter().map(|key| (key, best)).collect(),
        };
        Some(Placed { keys, best })
    }

    /// What each clause that holds in an area makes of a report.
    fn answers(&self, area: &AreaId, report: &Report) -> Vec<(ClauseId, Answer)> {
        let holding = self.clauses.iter().filter(|clause| clause.areas.contains(area));
        let answers = holding.filter_map(|clause| {
            let ClauseKind::Ceasefire(ceasefire) = &clause.kind else { return None };
            let listed = ceasefire.acts.contains(&report.act);
            let act = if listed { Answer::Yes } else { Answer::No(Outside::NotListedAct) };
            let who = sides::between(self.pack, ceasefire, &report.sides);
            Some((clause.id.clone(), first_no_else_doubt([act, who])))
        });
        answers.collect()
    }
}

impl BeforeAfter {
    fn count(&mut self, period: Period, report: &Report, placed: Placed) {
        if let Answer::No(outside) = placed.best {
            *self.out_of_scope.entry(outside).or_default() += 1;
        }
        self.total.count(period, report, placed.best);
        for (key, answer) in placed.keys {
            self.lines.entry(key).or_default().count(period, report, answer);
        }
    }
}

/// In scope of one clause is in scope.
const fn rank(answer: Answer) -> u8 {
    match answer {
        Answer::Yes => 0,
        Answer::Doubt(_) => 1,
        Answer::No(_) => 2,
    }
}

/// A name that no party of a pack can have stands for sides that it does not know.
const NOT_IN_THE_PACK: &str = "(not in the pack)";

fn party_keys(pack: &Pack, report: &Report) -> BTreeSet<String> {
    let known = sides::parties(pack, report).into_iter().map(|id| id.to_string());
    let strange = !sides::unknown_names(pack, report).is_empty() || report.sides.is_empty();
    known.chain(strange.then(|| NOT_IN_THE_PACK.to_owned())).collect()
}

impl Line {
    fn count(&mut self, period: Period, report: &Report, answer: Answer) {
        let counted = match period {
            Period::Before => &mut self.before,
            Period::After => &mut self.after,
        };
        counted.count(report, answer);
    }
}

impl Counted {
    fn count(&mut self, report: &Report, answer: Answer) {
        let coarse_place = u64::from(has_coarse_place(report));
        let coarse_date = u64::from(report.observed.length() > COARSE_TIME);
        self.all += 1;
        self.all_coarse_place += coarse_place;
        self.all_coarse_date += coarse_date;
        match answer {
            Answer::Yes => {
                self.in_scope += 1;
                self.in_scope_coarse_place += coarse_place;
                self.in_scope_coarse_date += coarse_date;
            }
            Answer::Doubt(_) => self.undecided += 1,
            Answer::No(_) => self.out_of_scope += 1,
        }
    }
}

fn has_coarse_place(report: &Report) -> bool {
    report.place.as_ref().is_none_or(|place| match &place.extent {
        Extent::Radius { radius_m } => *radius_m > COARSE_PLACE_M,
        Extent::AdminUnit(_) | Extent::Unbounded => true,
    })
}
