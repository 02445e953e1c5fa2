//! The timeline: a row for each clause, a lane in it for each verdict, a bar for each time
//! that findings are about, between the local time of the agreement and UTC.

use std::collections::BTreeMap;

use agreement::Clause;
use assess::Verdict;
use spacetime::{Instant, Interval};

use crate::input::{ReportInput, Treatment};
use crate::local::LocalClock;
use crate::markup::Markup;
use crate::overview::Lane;
use crate::palette;
use crate::projection::Point;
use crate::svg::{self, Caption, Path, Units};
use crate::ticks::{Tick, ticks};

const WIDTH: f64 = 1080.0;
const PREFIX: &str = "time";
const GUTTER: f64 = 232.0;
const RIGHT: f64 = 12.0;
const AXIS: f64 = 40.0;
const LANE: f64 = 15.0;
const ROW_PADDING: f64 = 8.0;
const BAR: f64 = 9.0;
/// Narrower bars could not be seen, or told apart by their pattern.
const BAR_LEAST: f64 = 4.0;
/// Most characters of a clause's title that fit in the gutter.
const TITLE_CHARS: usize = 32;
const TICKS_MAX: i64 = 9;
/// Most clauses that have a row, those with the gravest findings first.
pub(crate) const ROWS_MAX: usize = 60;

const TIMELINE_CSS: &str = "
.in-force{fill:var(--ground)}.grid{stroke:var(--line);stroke-width:.8;fill:none}
.rule{stroke:var(--line);stroke-width:1;fill:none}
";

/// The style sheet that the timeline needs beside that of all drawings.
pub(crate) const fn style() -> &'static str {
    TIMELINE_CSS
}

/// Some findings of one clause and verdict that are drawn as one bar.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    left: f64,
    right: f64,
    span: Interval,
    findings: u64,
}

struct Row<'a> {
    clause: &'a Clause,
    lanes: Option<&'a BTreeMap<Verdict, Lane>>,
}

impl Row<'_> {
    fn lanes(&self) -> impl ExactSizeIterator<Item = (&Verdict, &Lane)> {
        static NONE: BTreeMap<Verdict, Lane> = BTreeMap::new();
        self.lanes.unwrap_or(&NONE).iter()
    }

    fn height(&self) -> f64 {
        self.lanes().len().max(2) as f64 * LANE + 2.0 * ROW_PADDING
    }
}

/// Where instants lie on the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    period: Interval,
}

impl Axis {
    /// `None` where the period has no ends, or no length.
    pub(crate) fn over(period: Interval) -> Option<Self> {
        let has_ends = period.start() > Instant::MIN && period.end() < Instant::MAX;
        (has_ends && !period.is_empty()).then_some(Self { period })
    }

    fn x(self, at: Instant) -> f64 {
        let at = at.clamp(self.period.start(), self.period.end());
        let share = at.since(self.period.start()).micros() as f64
            / self.period.length().micros().max(1) as f64;
        GUTTER + share * (WIDTH - GUTTER - RIGHT)
    }

    /// Adds the next span by time to bars, those that would touch on the page made one: so their
    /// number is bounded by the width of the page, however many findings there are.
    pub(crate) fn add(self, bars: &mut Vec<Bar>, span: Interval) {
        let (left, right) = (self.x(span.start()), self.x(span.end()));
        let left = left.min(WIDTH - RIGHT - BAR_LEAST);
        let right = right.max(left + BAR_LEAST);
        match bars.last_mut() {
            Some(bar) if left <= bar.right + 0.5 => {
                bar.right = bar.right.max(right);
                let end = bar.span.end().max(span.end());
                bar.span = Interval::new(bar.span.start(), end).unwrap_or(span);
                bar.findings += 1;
            }
            _ => bars.push(Bar { left, right, span, findings: 1 }),
        }
    }
}

/// Draws the timeline, or says that there is nothing to draw. Returns whether it drew.
pub(crate) fn write(m: &mut Markup, input: &ReportInput<'_>) -> bool {
    let rows = rows(input);
    let Some(axis) = input.overview.axis().filter(|_| !rows.is_empty()) else {
        return false;
    };
    let period = axis.period;
    let clock = LocalClock::of(&input.pack.time_zone);
    let body: f64 = rows.iter().map(Row::height).sum();
    let height = AXIS + body + AXIS;
    let description = format!(
        "{} clauses from {} to {} ({}).",
        rows.len(),
        clock.said(period.start()),
        clock.said(period.end()),
        clock.zone_name(),
    );
    let caption =
        Caption { prefix: PREFIX, title: "Timeline of findings", description: &description };
    svg::drawing(m, caption, (WIDTH, height), false, |m| {
        let mut top = AXIS;
        for row in &rows {
            in_force(m, axis, row, top);
            top += row.height();
        }
        axes(m, axis, &clock, body);
        let mut top = AXIS;
        for row in &rows {
            draw_row(m, input, &clock, row, top);
            top += row.height();
        }
    });
    true
}

/// Whether there are more clauses with a row to draw than [`ROWS_MAX`].
pub(crate) fn leaves_rows_out(input: &ReportInput<'_>) -> bool {
    let is_assessed =
        |treatment: &&Treatment| matches!(treatment, Treatment::Assessed | Treatment::AsIfAdopted);
    input.treatments.values().filter(is_assessed).count() > ROWS_MAX
}

/// The clauses that were assessed, each with the times its findings are about.
fn rows<'a>(input: &'a ReportInput<'_>) -> Vec<Row<'a>> {
    let assessed = |clause: &&Clause| {
        let treatment = input.treatments.get(&clause.id);
        input.overview.lanes(&clause.id).is_some()
            || matches!(treatment, Some(Treatment::Assessed | Treatment::AsIfAdopted))
    };
    let clauses = input.pack.clauses.values().filter(assessed);
    let mut rows: Vec<Row<'a>> =
        clauses.map(|clause| Row { clause, lanes: input.overview.lanes(&clause.id) }).collect();
    if rows.len() > ROWS_MAX {
        let gravest = |row: &Row<'_>| {
            (row.lanes().len() == 0, row.lanes().next().map(|(verdict, _)| *verdict))
        };
        rows.sort_by_key(gravest);
        rows.truncate(ROWS_MAX);
        rows.sort_by(|a, b| a.clause.id.cmp(&b.clause.id));
    }
    rows
}

fn in_force(m: &mut Markup, axis: Axis, row: &Row<'_>, top: f64) {
    let Some(span) = row.clause.in_force.meet(axis.period) else {
        return;
    };
    let (left, right) = (axis.x(span.start()), axis.x(span.end()));
    m.within(
        "rect",
        &[
            ("class", &"in-force"),
            ("x", &Units(left)),
            ("y", &Units(top + 2.0)),
            ("width", &Units(right - left)),
            ("height", &Units(row.height() - 4.0)),
            ("rx", &3),
        ],
        |m| m.line("title", &[], "in force"),
    );
}

fn axes(m: &mut Markup, axis: Axis, clock: &LocalClock, body: f64) {
    let bottom = AXIS + body;
    let local = ticks(clock, axis.period, TICKS_MAX);
    let mut grid = Path::default();
    for tick in &local {
        let x = axis.x(tick.at);
        grid.add(&[Point { x, y: AXIS - 5.0 }, Point { x, y: bottom }]);
    }
    m.leaf("path", &[("class", &"grid"), ("d", &grid)]);
    let mut rules = Path::default();
    for y in [AXIS, bottom] {
        rules.add(&[Point { x: 0.0, y }, Point { x: WIDTH - RIGHT, y }]);
    }
    let utc = ticks(&LocalClock::of("UTC"), axis.period, TICKS_MAX);
    for tick in &utc {
        let x = axis.x(tick.at);
        rules.add(&[Point { x, y: bottom }, Point { x, y: bottom + 5.0 }]);
    }
    m.leaf("path", &[("class", &"rule"), ("d", &rules)]);
    labels(m, axis, &local, AXIS - 10.0, -14.0);
    labels(m, axis, &utc, bottom + 17.0, 14.0);
    for (said, y) in [(clock.zone_name(), AXIS - 10.0), ("UTC", bottom + 17.0)] {
        m.line("text", &[("class", &"small soft"), ("x", &0), ("y", &Units(y))], said);
    }
}

fn labels(m: &mut Markup, axis: Axis, ticks: &[Tick], y: f64, context: f64) {
    let mut free_from = f64::MIN;
    for tick in ticks {
        let x = axis.x(tick.at);
        // The last label of a narrow axis would run out of the page or into its neighbour.
        if x > WIDTH - RIGHT - 24.0 {
            continue;
        }
        let x = Units(x);
        m.line(
            "text",
            &[("class", &"small"), ("x", &x), ("y", &Units(y)), ("text-anchor", &"middle")],
            &tick.label,
        );
        if let Some(said) = tick.context.as_ref().filter(|_| x.0 > free_from) {
            m.line(
                "text",
                &[
                    ("class", &"small soft"),
                    ("x", &x),
                    ("y", &Units(y + context)),
                    ("text-anchor", &"middle"),
                ],
                said,
            );
            free_from = x.0 + 80.0;
        }
    }
}

fn draw_row(m: &mut Markup, input: &ReportInput<'_>, clock: &LocalClock, row: &Row<'_>, top: f64) {
    let middle = top + row.height() / 2.0;
    let as_if = input.treatments.get(&row.clause.id) == Some(&Treatment::AsIfAdopted);
    let under = if as_if { " · as if adopted" } else { "" };
    m.line(
        "text",
        &[("class", &"strong"), ("x", &0), ("y", &Units(middle - 2.0))],
        shortened(&row.clause.title),
    );
    m.line(
        "text",
        &[("class", &"small soft"), ("x", &0), ("y", &Units(middle + 12.0))],
        format_args!("{}{under}", row.clause.kind.name()),
    );
    let first = middle - (row.lanes().len() as f64 - 1.0) / 2.0 * LANE;
    for (number, (&verdict, lane)) in row.lanes().enumerate() {
        let y = first + number as f64 * LANE;
        palette::draw_sign(m, PREFIX, verdict, Point { x: GUTTER - 16.0, y }, 12.0);
        m.within("g", &[("class", &palette::class(verdict))], |m| {
            for bar in &lane.bars {
                draw_bar(m, clock, verdict, bar, y);
            }
        });
    }
    m.newline();
}

fn draw_bar(m: &mut Markup, clock: &LocalClock, verdict: Verdict, bar: &Bar, y: f64) {
    m.within(
        "rect",
        &[
            ("class", &"bar"),
            ("x", &Units(bar.left)),
            ("y", &Units(y - BAR / 2.0)),
            ("width", &Units(bar.right - bar.left)),
            ("height", &Units(BAR)),
            ("rx", &1.5),
            ("fill", &palette::fill(PREFIX, verdict)),
        ],
        |m| {
            let count = if bar.findings == 1 {
                String::new()
            } else {
                format!("{} findings, ", bar.findings)
            };
            let said = format!("{}: {count}{}", palette::word(verdict), clock.said_span(bar.span));
            m.line("title", &[], said);
        },
    );
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= TITLE_CHARS {
        return title.to_owned();
    }
    let kept: String = title.chars().take(TITLE_CHARS - 1).collect();
    format!("{}…", kept.trim_end())
}
