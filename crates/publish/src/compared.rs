//! Before and after a day: how often, in which area, how sure the change is, and day by day.

use assess::periods::interval::Estimate;
use assess::periods::{Compared, Comparison, Reading, Scatter};

use crate::heights::Heights;
use crate::input::{BeforeAfter, ReportInput};
use crate::markup::Markup;
use crate::projection::Point;
use crate::svg::{self, Caption, Path, Units};
use crate::wording::counted;

const WIDTH: f64 = 1080.0;
/// Where names end and numbers begin.
const NAMES: f64 = 250.0;
/// Where numbers end and the axis of ratios begins.
const AXIS_LEFT: f64 = 420.0;
const AXIS_RIGHT: f64 = 850.0;
const ROW: f64 = 30.0;
const HEAD: f64 = 34.0;
const FOOT: f64 = 30.0;
/// Ratios from a sixteenth to sixteenfold are drawn; what goes beyond has an arrow.
const OCTAVES: f64 = 4.0;
const RATIO_MOST: f64 = 16.0;
const SERIES_LEFT: f64 = 170.0;
const SERIES_HIGH: f64 = 56.0;
const SERIES_ROW: f64 = 84.0;
/// Most lines that are drawn, those with the most reports first.
pub(crate) const LINES_MAX: usize = 12;

const COMPARED_CSS: &str = "
.span{stroke:var(--track);stroke-width:2;fill:none}.dot{fill:var(--track)}
.no-change{stroke:var(--soft);stroke-width:1;fill:none}
.earlier{fill:var(--soft);fill-opacity:.3}.later{fill:var(--track)}
.faint{opacity:.55}
";

/// The style sheet that these drawings need beside that of all.
pub(crate) const fn style() -> &'static str {
    COMPARED_CSS
}

/// A line to draw: its name and its counts.
struct Line<'a> {
    name: &'a str,
    counts: &'a Compared,
    is_total: bool,
}

/// The section.
pub(crate) fn write(m: &mut Markup, input: &ReportInput<'_>, compared: &BeforeAfter) {
    let BeforeAfter { around, days, in_scope, all } = compared;
    m.line(
        "p",
        &[],
        format_args!(
            "The {} before {around} and the {} from it on, in the agreement's own time. In scope is a \
             report of an act that a ceasefire clause lists, between parties that it binds. A change \
             is the later count over the earlier.",
            counted(u64::from(*days), "day"),
            counted(u64::from(*days), "day"),
        ),
    );
    for (comparison, prefix, title) in [
        (in_scope, "scope", "Reports in scope"),
        (all, "every", "Every report in the area, whoever took part"),
    ] {
        let lines = lines(input, comparison);
        m.within("figure", &[("class", &"compared")], |m| ratios(m, prefix, title, &lines));
        m.line("p", &[("class", &"note after")], said(&comparison.total));
    }
    m.within("figure", &[("class", &"compared")], |m| {
        series(m, &lines(input, all), all);
        m.line(
            "figcaption",
            &[],
            "Every report in the area, by day. Dark: the later period. Pale behind it: the same day of \
             the earlier one. It is a comparison of counts, not evidence of a cause.",
        );
    });
}

/// The lines with the most reports, and the total last.
fn lines<'a>(input: &'a ReportInput<'_>, comparison: &'a Comparison) -> Vec<Line<'a>> {
    let name = |id: &'a str| {
        let area = input.pack.areas.values().find(|area| area.id.as_str() == id);
        area.map_or(id, |area| &area.name)
    };
    let mut lines: Vec<Line<'_>> = comparison
        .lines
        .iter()
        .map(|(id, counts)| Line { name: name(id), counts, is_total: false })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.counts.before + line.counts.after));
    lines.truncate(LINES_MAX);
    lines.push(Line { name: "All together", counts: &comparison.total, is_total: true });
    lines
}

fn ratios(m: &mut Markup, prefix: &str, title: &str, lines: &[Line<'_>]) {
    let height = HEAD + lines.len() as f64 * ROW + FOOT;
    let total = lines.last().map(|line| line.counts);
    let description = total.map_or_else(String::new, |total| {
        format!("All together {} before and {} after.", total.before, total.after)
    });
    let caption = Caption { prefix, title, description: &description };
    svg::drawing(m, caption, (WIDTH, height), false, |m| {
        text(m, "strong", 0.0, 18.0, "start", title);
        text(m, "small soft", NAMES + 60.0, 18.0, "end", "before");
        text(m, "small soft", NAMES + 130.0, 18.0, "end", "after");
        text(m, "small soft", AXIS_RIGHT + 24.0, 18.0, "start", "change, with 95 percent interval");
        axis(m, height - FOOT);
        for (n, line) in lines.iter().enumerate() {
            row(m, line, HEAD + (n as f64 + 0.5) * ROW);
        }
    });
}

fn x(ratio: f64) -> f64 {
    let middle = f64::midpoint(AXIS_LEFT, AXIS_RIGHT);
    let octaves = libm::log2(ratio).clamp(-OCTAVES, OCTAVES);
    middle + octaves / OCTAVES * (AXIS_RIGHT - AXIS_LEFT) / 2.0
}

fn axis(m: &mut Markup, bottom: f64) {
    let mut grid = Path::default();
    for (ratio, said) in [
        (1.0 / RATIO_MOST, "1/16"),
        (0.125, "⅛"),
        (0.25, "¼"),
        (0.5, "half"),
        (1.0, "same"),
        (2.0, "2×"),
        (4.0, "4×"),
        (8.0, "8×"),
        (RATIO_MOST, "16×"),
    ] {
        let at = x(ratio);
        grid.add(&[Point { x: at, y: HEAD }, Point { x: at, y: bottom }]);
        text(m, "small soft", at, bottom + 17.0, "middle", said);
    }
    m.leaf("path", &[("class", &"grid"), ("d", &grid)]);
    let same =
        Path::along(&[Point { x: x(1.0), y: HEAD - 6.0 }, Point { x: x(1.0), y: bottom + 4.0 }]);
    m.leaf("path", &[("class", &"no-change"), ("d", &same)]);
}

fn row(m: &mut Markup, line: &Line<'_>, y: f64) {
    let class = if line.is_total { "strong" } else { "" };
    text(m, class, 0.0, y + 4.0, "start", line.name);
    for (n, at) in [(line.counts.before, NAMES + 60.0), (line.counts.after, NAMES + 130.0)] {
        text(m, class, at, y + 4.0, "end", &n.to_string());
    }
    let Some(Estimate { milli, low_milli, high_milli }) = line.counts.ratio else {
        return text(m, "small soft", AXIS_RIGHT + 24.0, y + 4.0, "start", "too few to tell");
    };
    let ratio = |milli: u64| milli as f64 / 1000.0;
    let left = x(ratio(low_milli.max(1)));
    let right = high_milli.map_or(AXIS_RIGHT, |high| x(ratio(high.max(1))));
    let mut span = Path::along(&[Point { x: left, y }, Point { x: right, y }]);
    for (end, is_open) in [
        (left, ratio(low_milli) < 1.0 / RATIO_MOST),
        (right, high_milli.is_none_or(|high| ratio(high) > RATIO_MOST)),
    ] {
        // A tick where the interval ends, an arrow where it goes on.
        let inwards = if end > x(1.0) { -5.0 } else { 5.0 };
        let tip = if is_open { inwards } else { 0.0 };
        span.add(&[
            Point { x: end + tip, y: y - 4.0 },
            Point { x: end, y },
            Point { x: end + tip, y: y + 4.0 },
        ]);
    }
    m.leaf("path", &[("class", &"span"), ("d", &span)]);
    if let Some(milli) = milli {
        let at = Units(x(ratio(milli.max(1))));
        m.leaf("circle", &[("class", &"dot"), ("cx", &at), ("cy", &Units(y)), ("r", &4.5)]);
    }
    let times = |milli: Option<u64>| milli.map_or_else(|| "any".to_owned(), hundredths);
    let said = format!("×{} ({} to {})", times(milli), hundredths(low_milli), times(high_milli));
    text(m, class, AXIS_RIGHT + 24.0, y + 4.0, "start", &said);
}

fn hundredths(milli: u64) -> String {
    let hundredths = (milli + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Every line's days, each on a scale of its own.
fn series(m: &mut Markup, lines: &[Line<'_>], comparison: &Comparison) {
    let drawn: Vec<&Line<'_>> =
        lines.iter().filter(|line| line.counts.before + line.counts.after > 0).collect();
    let each = comparison.dates.len() / 2;
    let height = 8.0 + drawn.len() as f64 * SERIES_ROW + 26.0;
    let description = format!("{} lines of {each} days each.", drawn.len());
    let caption = Caption { prefix: "series", title: "Day by day", description: &description };
    svg::drawing(m, caption, (WIDTH, height), false, |m| {
        for (n, line) in drawn.iter().enumerate() {
            days(m, line, comparison, 8.0 + n as f64 * SERIES_ROW);
        }
        let step = (each / 6).max(1);
        for day in (0..each).step_by(step) {
            let at = SERIES_LEFT + day as f64 * wide(each);
            let y = 8.0 + drawn.len() as f64 * SERIES_ROW + 6.0;
            text(m, "small", at, y, "start", &comparison.dates[each + day]);
            text(m, "small soft", at, y + 14.0, "start", &comparison.dates[day]);
        }
    });
}

fn wide(each: usize) -> f64 {
    (WIDTH - SERIES_LEFT - 8.0) / each.max(1) as f64
}

fn days(m: &mut Markup, line: &Line<'_>, comparison: &Comparison, top: f64) {
    let daily = &line.counts.daily;
    let each = daily.len() / 2;
    let scale = Heights::up_to(daily.iter().copied().max().unwrap_or(0), SERIES_HIGH);
    let bottom = top + SERIES_HIGH + 8.0;
    let class = if line.is_total { "strong" } else { "" };
    text(m, class, 0.0, bottom - 20.0, "start", line.name);
    let said = format!("{} before, {} after", line.counts.before, line.counts.after);
    text(m, "small soft", 0.0, bottom - 5.0, "start", &said);
    let mut grid = Path::default();
    for level in scale.levels() {
        let y = bottom - scale.of(level);
        grid.add(&[Point { x: SERIES_LEFT, y }, Point { x: WIDTH - 8.0, y }]);
        text(m, "small soft", SERIES_LEFT - 6.0, y + 3.5, "end", &level.to_string());
    }
    m.leaf("path", &[("class", &"grid"), ("d", &grid)]);
    let (wide, inset) = (wide(each), wide(each) * 0.28);
    for day in 0..each {
        let left = SERIES_LEFT + day as f64 * wide;
        let (earlier, later) = (daily[day], daily[each + day]);
        m.within("g", &[], |m| {
            let said = format!(
                "{}: {later}; {}: {earlier}",
                comparison.dates[each + day],
                comparison.dates[day]
            );
            m.line("title", &[], said);
            bar(m, "earlier", (left + 0.5, wide - 1.0), (bottom, scale.of(earlier)));
            bar(m, "later", (left + inset, wide - 2.0 * inset), (bottom, scale.of(later)));
        });
    }
}

fn bar(m: &mut Markup, class: &str, (left, width): (f64, f64), (bottom, height): (f64, f64)) {
    if height <= 0.0 {
        return;
    }
    m.leaf(
        "rect",
        &[
            ("class", &class),
            ("x", &Units(left)),
            ("y", &Units(bottom - height)),
            ("width", &Units(width)),
            ("height", &Units(height)),
        ],
    );
}

fn text(m: &mut Markup, class: &str, x: f64, y: f64, anchor: &str, said: &str) {
    m.line(
        "text",
        &[("class", &class), ("x", &Units(x)), ("y", &Units(y)), ("text-anchor", &anchor)],
        said,
    );
}

/// How sure the change is, and whether it is one of events or of observation.
fn said(total: &Compared) -> String {
    let scatter = match (total.scatter, total.dispersion_milli) {
        (Scatter::NegativeBinomial, Some(milli)) => format!(
            "Days scatter {} times as much as chance has it, and the interval is as wide as that asks for.",
            hundredths(milli)
        ),
        (Scatter::Poisson, Some(_)) => "Days scatter as chance has it.".to_owned(),
        _ => "Too few to tell how days scatter.".to_owned(),
    };
    format!("{} {scatter}", reading(total.reading))
}

const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::NobodyKnows => {
            "Who watched is not on record: whether a change is one of events or of observation, nobody \
             knows."
        }
        Reading::NotWatched => "Nobody was on duty in one of the periods.",
        Reading::Fewer => "Fewer reports an observer-hour: not explained by less observation.",
        Reading::More => "More reports an observer-hour: not explained by more observation.",
        Reading::LessObservation => {
            "Fewer reports, and less observation: not clearly fewer an hour."
        }
        Reading::MoreObservation => "More reports, and more observation: not clearly more an hour.",
        Reading::NoClearChange => "No clear change: the interval holds none as well.",
    }
}
