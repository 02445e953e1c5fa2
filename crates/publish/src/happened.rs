//! Incidents: what reports say together, over time and by kind, and how far each is established.
//!
//! No place stands here: how many may be told exactly is counted, and the places themselves are in
//! `incidents.jsonl`, in the form in which the assessor tells them.

use std::collections::BTreeMap;

use agreement::clause::ClauseKind;
use agreement::{Act, ClauseStatus};
use assess::established::Established;
use assess::fusion::Whereabouts;
use assess::verification::Level;
use spacetime::{Duration, Instant, Interval};

use crate::heights::Heights;
use crate::input::ReportInput;
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::projection::Point;
use crate::svg::{self, Caption, Path, Units};
use crate::tables::{nothing, table};
use crate::ticks::ticks;
use crate::wording::{self, count, counted};

const WIDTH: f64 = 1080.0;
const GUTTER: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 30.0;
const BODY: f64 = 180.0;
const BOTTOM: f64 = 38.0;
/// Most columns that are drawn.
const COLUMNS_MAX: i64 = 60;
const TICKS_MAX: i64 = 12;
/// Most days on which a clause came into force that are marked.
const MARKS_MAX: usize = 4;
/// Lengths that a column may stand for, days.
const COLUMN_DAYS: [i64; 8] = [1, 2, 7, 14, 28, 91, 182, 364];

const HAPPENED_CSS: &str = "
.one{fill:var(--soft);fill-opacity:.38}.several{fill:var(--track)}
.answered{fill:var(--alleged)}.ruled{fill:var(--clear)}
.force{stroke:var(--land);stroke-width:1.4;stroke-dasharray:5 3;fill:none}
.key{list-style:none;margin:0 0 10px;padding:0;display:flex;flex-wrap:wrap;gap:4px 22px;font-size:13px}
.key svg{width:12px;height:12px;margin-right:7px;vertical-align:-1px}
";

/// The style sheet that these drawings need beside that of all.
pub(crate) const fn style() -> &'static str {
    HAPPENED_CSS
}

/// How far an incident is established, in the four ways that the drawing tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rung {
    One,
    Several,
    Answered,
    Ruled,
}

impl Rung {
    const ALL: [Self; 4] = [Self::Ruled, Self::Answered, Self::Several, Self::One];

    const fn of(level: Level) -> Self {
        match level {
            Level::Reported => Self::One,
            Level::Corroborated => Self::Several,
            Level::Disputed => Self::Answered,
            Level::Unresolved | Level::Rejected | Level::Verified => Self::Ruled,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Several => "several",
            Self::Answered => "answered",
            Self::Ruled => "ruled",
        }
    }

    const fn said(self) -> &'static str {
        match self {
            Self::One => "reported by one source",
            Self::Several => "corroborated: by two independent sources or more",
            Self::Answered => "disputed: a party has answered",
            Self::Ruled => "determined by a quorum",
        }
    }

    const fn head(self) -> &'static str {
        match self {
            Self::One => "One source",
            Self::Several => "Corroborated",
            Self::Answered => "Disputed",
            Self::Ruled => "Determined",
        }
    }
}

type Rungs = BTreeMap<Rung, u64>;

/// The section.
pub(crate) fn write(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
    let Some(all) = input.established.map(|all| &all.all[..]).filter(|all| !all.is_empty()) else {
        return nothing(m, "None: no report went in.");
    };
    let rungs = rungs(all.iter());
    lead(m, all);
    key(m, &rungs);
    m.within("figure", &[], |m| {
        drawing(m, input, clock, all);
        m.line(
            "figcaption",
            &[],
            "By when they began. A broken line marks the day on which a ceasefire clause came into \
             force. How likely an incident is real is reckoned from its own reports; nothing here has \
             been verified unless it says so.",
        );
    });
    by_kind(m, all, &rungs);
}

fn rungs<'a>(all: impl Iterator<Item = &'a Established>) -> Rungs {
    let mut rungs = Rungs::new();
    for one in all {
        *rungs.entry(Rung::of(one.verification.level)).or_default() += 1;
    }
    rungs
}

fn lead(m: &mut Markup, all: &[Established]) {
    let reports: usize = all.iter().map(|one| one.incident.evidence.len()).sum();
    let incidents = counted(all.len() as u64, "incident");
    let said = format!("{incidents} from {}. ", counted(reports as u64, "report"));
    m.within("p", &[], |m| {
        m.text(said);
        let Likely { expected, not_reckoned } = Likely::of(all.iter());
        if let Some(expected) = expected {
            let expected = count(expected);
            m.text(format_args!("{expected} are likely to have happened as reported. "));
        }
        if not_reckoned > 0 {
            m.text(format_args!(
                "Of {} it cannot be reckoned how likely that is, since nobody whose place is known \
                 perceived them, or nothing is known of how far such a thing is perceived. ",
                count(not_reckoned)
            ));
        }
        m.text("Several reports of one event count once, and people of one post are one source.");
    });
}

/// How many incidents are real.
struct Likely {
    /// To be expected: the sum of the chances of those that have one. Where none has, nobody can tell,
    /// which is not to say that none is likely.
    expected: Option<u64>,
    /// Those that have none.
    not_reckoned: u64,
}

impl Likely {
    fn of<'a>(all: impl Iterator<Item = &'a Established>) -> Self {
        let (mut millionths, mut not_reckoned) = (None, 0);
        for one in all {
            match one.incident.p_real_ppm {
                Some(ppm) => *millionths.get_or_insert(0) += u64::from(ppm),
                None => not_reckoned += 1,
            }
        }
        let expected = millionths.map(|millionths: u64| (millionths + 500_000) / 1_000_000);
        Self { expected, not_reckoned }
    }
}

fn key(m: &mut Markup, rungs: &Rungs) {
    m.within("ul", &[("class", &"key")], |m| {
        for rung in Rung::ALL.into_iter().rev() {
            let Some(times) = rungs.get(&rung) else { continue };
            m.within("li", &[], |m| {
                m.within("svg", &[("viewBox", &"0 0 12 12"), ("aria-hidden", &"true")], |m| {
                    let class = rung.class();
                    m.leaf("rect", &[("class", &class), ("width", &12), ("height", &12)]);
                });
                m.text(format_args!("{} {}", count(*times), rung.said()));
            });
        }
    });
}

/// Spans of equal length, in local days, that cover a period.
fn spans(clock: &LocalClock, period: Interval) -> Vec<Interval> {
    let day = Duration::from_seconds(86_400).micros();
    let days = period.length().micros() / day + 1;
    let wide = COLUMN_DAYS.into_iter().find(|wide| days / wide < COLUMNS_MAX);
    let wide = wide.unwrap_or(days / COLUMNS_MAX + 1);
    let midnight = |at: Instant| {
        let local = clock.read(at)?;
        clock.instant(local.date().at(0, 0, 0, 0))
    };
    let mut start = midnight(period.start()).unwrap_or(period.start());
    let mut spans = Vec::new();
    while start < period.end() && (spans.len() as i64) < COLUMNS_MAX + 1 {
        // An hour past midnight, so that a day of 23 hours ends on its own midnight.
        let near = start.plus(Duration::from_micros(wide * day + day / 24));
        let end = midnight(near).filter(|end| *end > start).unwrap_or(near);
        spans.extend(Interval::new(start, end));
        start = end;
    }
    spans
}

fn period(input: &ReportInput<'_>, all: &[Established]) -> Option<Interval> {
    let first = all.iter().map(|one| one.incident.when.start()).min()?;
    let last = all.iter().map(|one| one.incident.when.start()).max()?;
    let held = Interval::new(first, last.plus(Duration::from_micros(1))).ok()?;
    Some(input.period.filter(|asked| asked.meet(held) == Some(held)).unwrap_or(held))
}

fn drawing(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock, all: &[Established]) {
    let Some(period) = period(input, all) else { return };
    let spans = spans(clock, period);
    let mut columns: Vec<Rungs> = vec![Rungs::new(); spans.len()];
    for one in all {
        let at = one.incident.when.start();
        let after = spans.partition_point(|span| span.start() <= at);
        if let Some(column) = after.checked_sub(1).and_then(|n| columns.get_mut(n)) {
            *column.entry(Rung::of(one.verification.level)).or_default() += 1;
        }
    }
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return };
    let whole = Interval::new(first.start(), last.end()).unwrap_or(*first);
    let tallest = columns.iter().map(|column| column.values().sum()).max().unwrap_or(0);
    let scale = Scale { whole, heights: Heights::up_to(tallest, BODY) };
    let description = format!(
        "{} columns from {} on; the tallest stands for {}.",
        spans.len(),
        clock.said(whole.start()),
        counted(tallest, "incident"),
    );
    let caption =
        Caption { prefix: "happened", title: "Incidents over time", description: &description };
    svg::drawing(m, caption, (WIDTH, TOP + BODY + BOTTOM), false, |m| {
        scale.grid(m, clock);
        for (span, column) in spans.iter().zip(&columns) {
            scale.column(m, clock, *span, column);
        }
        scale.marks(m, input, clock);
    });
}

struct Scale {
    whole: Interval,
    heights: Heights,
}

impl Scale {
    fn x(&self, at: Instant) -> f64 {
        let share = at.since(self.whole.start()).micros() as f64
            / self.whole.length().micros().max(1) as f64;
        GUTTER + share * (WIDTH - GUTTER - RIGHT)
    }

    const fn bottom() -> f64 {
        TOP + BODY
    }

    fn grid(&self, m: &mut Markup, clock: &LocalClock) {
        let mut lines = Path::default();
        for level in self.heights.levels() {
            let y = Self::bottom() - self.heights.of(level);
            lines.add(&[Point { x: GUTTER, y }, Point { x: WIDTH - RIGHT, y }]);
            let (x, y) = (Units(GUTTER - 7.0), Units(y + 3.5));
            m.line(
                "text",
                &[("class", &"small soft"), ("x", &x), ("y", &y), ("text-anchor", &"end")],
                count(level),
            );
        }
        m.leaf("path", &[("class", &"grid"), ("d", &lines)]);
        for tick in ticks(clock, self.whole, TICKS_MAX) {
            let x = self.x(tick.at);
            if x > WIDTH - RIGHT - 20.0 {
                continue;
            }
            let mark = Path::along(&[
                Point { x, y: Self::bottom() },
                Point { x, y: Self::bottom() + 4.0 },
            ]);
            m.leaf("path", &[("class", &"rule"), ("d", &mark)]);
            let (x, y) = (Units(x), Units(Self::bottom() + 17.0));
            m.line("text", &[("class", &"small"), ("x", &x), ("y", &y)], &tick.label);
            if let Some(context) = &tick.context {
                let y = Units(Self::bottom() + 31.0);
                m.line("text", &[("class", &"small soft"), ("x", &x), ("y", &y)], context);
            }
        }
    }

    fn column(&self, m: &mut Markup, clock: &LocalClock, span: Interval, column: &Rungs) {
        let (left, right) = (self.x(span.start()), self.x(span.end()));
        let width = Units((right - left - 1.5).max(1.0));
        let all: u64 = column.values().sum();
        if all == 0 {
            return;
        }
        m.within("g", &[], |m| {
            let parts = column.iter().map(|(rung, n)| format!("{} {}", count(*n), rung.said()));
            let parts = parts.collect::<Vec<_>>().join("; ");
            let incidents = counted(all, "incident");
            m.line("title", &[], format!("{}: {incidents}: {parts}", clock.said_span(span)));
            let mut y = Self::bottom();
            for rung in Rung::ALL {
                let Some(&times) = column.get(&rung) else { continue };
                let height = self.heights.of(times);
                y -= height;
                m.leaf(
                    "rect",
                    &[
                        ("class", &rung.class()),
                        ("x", &Units(left)),
                        ("y", &Units(y)),
                        ("width", &width),
                        ("height", &Units(height)),
                    ],
                );
            }
        });
    }

    /// The days on which ceasefire clauses came into force.
    fn marks(&self, m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock) {
        let clauses = input.pack.clauses.values().filter(|clause| {
            matches!(clause.kind, ClauseKind::Ceasefire(_))
                && clause.status == ClauseStatus::Adopted
        });
        let mut at: Vec<Instant> = clauses
            .map(|clause| clause.in_force.start())
            .filter(|at| self.whole.start() <= *at && *at < self.whole.end())
            .collect();
        at.sort_unstable();
        at.dedup();
        for at in at.into_iter().take(MARKS_MAX) {
            let x = self.x(at);
            let line = Path::along(&[Point { x, y: TOP - 14.0 }, Point { x, y: Self::bottom() }]);
            m.leaf("path", &[("class", &"force"), ("d", &line)]);
            let day = clock.read(at).map(|local| local.date().to_string()).unwrap_or_default();
            let near_the_end = x > WIDTH - 170.0;
            let (x, anchor) = if near_the_end { (x - 6.0, "end") } else { (x + 6.0, "start") };
            m.line(
                "text",
                &[
                    ("class", &"small halo-paper"),
                    ("x", &Units(x)),
                    ("y", &Units(TOP - 6.0)),
                    ("text-anchor", &anchor),
                ],
                format_args!("in force from {day}"),
            );
        }
    }
}

/// What is counted of one kind.
#[derive(Default)]
struct Kind<'a> {
    all: Vec<&'a Established>,
    exact: u64,
    coarse: u64,
    untold: u64,
}

fn by_kind(m: &mut Markup, all: &[Established], rungs: &Rungs) {
    let mut kinds: BTreeMap<Act, Kind<'_>> = BTreeMap::new();
    for one in all {
        let kind = kinds.entry(one.incident.act).or_default();
        kind.all.push(one);
        match &one.incident.whereabouts {
            Whereabouts::Exact(_) => kind.exact += 1,
            Whereabouts::Cells(_) | Whereabouts::KeptBack(_) => kind.coarse += 1,
            Whereabouts::Unknown => kind.untold += 1,
        }
    }
    let present: Vec<Rung> =
        Rung::ALL.into_iter().rev().filter(|r| rungs.contains_key(r)).collect();
    let mut heads = vec![("Kind", ""), ("Incidents", "number")];
    heads.extend(present.iter().map(|rung| (rung.head(), "number")));
    heads.extend([
        ("Likely real", "number"),
        ("Not reckoned", "number"),
        ("Place told", "number"),
        ("Told as cells, a day later", "number"),
        ("Place not known", "number"),
    ]);
    table(m, "", &heads, |m| {
        for (act, kind) in &kinds {
            m.within("tr", &[], |m| {
                m.line("th", &[("scope", &"row")], wording::act(*act));
                let own = self::rungs(kind.all.iter().copied());
                let levels = present.iter().map(|rung| own.get(rung).copied().unwrap_or(0));
                let Likely { expected, not_reckoned } = Likely::of(kind.all.iter().copied());
                let numbers = std::iter::once(kind.all.len() as u64).chain(levels);
                let numbers = numbers.map(Some).chain([expected]);
                let rest = [not_reckoned, kind.exact, kind.coarse, kind.untold].map(Some);
                for n in numbers.chain(rest) {
                    let class = if n.unwrap_or(0) == 0 { "number zero" } else { "number" };
                    m.line("td", &[("class", &class)], n.map_or_else(|| "–".to_owned(), count));
                }
            });
            m.newline();
        }
    });
    m.line(
        "p",
        &[("class", &"note")],
        "Places of firing, launch, forces and weapons are told as cells of about 250 km² and a day \
         later. Each incident, with its region and its count, is in incidents.jsonl.",
    );
}
