//! Where aircraft were, and the stretches of their tracks that findings are about.

use agreement::Address;
use assess::Verdict;
use assess::airspace::Sketch;
use spacetime::{Instant, Interval, Position};

use crate::input::ReportInput;
use crate::local::LocalClock;
use crate::map::{PREFIX, TOLERANCE, shows};
use crate::markup::Markup;
use crate::palette;
use crate::projection::{Point, Projection};
use crate::simplify::simplified;
use crate::svg::{Path, Units};

/// Most tracks that are named on the map.
const NAMED_MAX: usize = 12;
/// Most stretches drawn, gravest first.
pub(crate) const STRETCHES_MAX: usize = 3_000;
/// Most signs set on stretches.
const SIGNS_MAX: usize = 150;
const SIGN_SIZE: f64 = 15.0;

/// Draws every track, with its gaps dotted, and names it when there are few.
pub(super) fn tracks(m: &mut Markup, projection: &Projection, input: &ReportInput<'_>) {
    for track in input.tracks {
        let gap_micros = gap_micros(input, track);
        let (mut seen, mut hidden) = (Path::default(), Path::default());
        for run in track.points.chunk_by(|a, b| b.0.since(a.0).micros() <= gap_micros) {
            add_visible(&mut seen, projection, run);
        }
        for pair in track.points.windows(2) {
            if pair[1].0.since(pair[0].0).micros() > gap_micros {
                add_visible(&mut hidden, projection, pair);
            }
        }
        for (class, path) in [("track", seen), ("hidden", hidden)] {
            if !path.is_empty() {
                m.within("path", &[("class", &class), ("d", &path)], |m| {
                    m.line("title", &[], track.aircraft);
                });
            }
        }
    }
    m.newline();
    if input.tracks.len() <= NAMED_MAX {
        for track in input.tracks {
            name(m, projection, track);
        }
    }
}

/// Whether a track has a gap that is drawn as one.
pub(super) fn have_gaps(input: &ReportInput<'_>) -> bool {
    input.tracks.iter().any(|track| {
        let gap_micros = gap_micros(input, track);
        track.points.windows(2).any(|pair| pair[1].0.since(pair[0].0).micros() > gap_micros)
    })
}

fn gap_micros(input: &ReportInput<'_>, track: &Sketch) -> i64 {
    let lost_micros = input.pack.parameters.lost_after_s.saturating_mul(1_000_000);
    lost_micros.max(3 * usual_step_micros(track))
}

/// How far apart in time the corners of a sketch usually are: it keeps one position in many, so
/// a gap is what is long against that.
fn usual_step_micros(track: &Sketch) -> i64 {
    let steps = track.points.windows(2).map(|pair| pair[1].0.since(pair[0].0).micros());
    let mut steps: Vec<i64> = steps.collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(0)
}

/// The parts of a line that come near the map, each simplified.
fn add_visible(path: &mut Path, projection: &Projection, run: &[(Instant, Position)]) {
    let points: Vec<Point> = run.iter().map(|&(_, p)| projection.place(p)).collect();
    let near: Vec<bool> = points.iter().map(|&p| projection.frame().holds(p, 40.0)).collect();
    let visible = |n: usize| near[n] || n > 0 && near[n - 1] || near.get(n + 1) == Some(&true);
    let mut line = Vec::new();
    for (n, &point) in points.iter().enumerate() {
        if visible(n) {
            line.push(point);
        } else if !line.is_empty() {
            path.add(&simplified(&std::mem::take(&mut line), TOLERANCE));
        }
    }
    if line.len() > 1 {
        path.add(&simplified(&line, TOLERANCE));
    }
}

fn name(m: &mut Markup, projection: &Projection, track: &Sketch) {
    let mut shown = track.points.iter().filter(|(_, p)| shows(projection, *p));
    let (Some(first), Some(last)) = (shown.next(), shown.next_back()) else {
        return;
    };
    let (start, end) = (projection.place(first.1), projection.place(last.1));
    for (at, inner) in [(start, "var(--ground)"), (end, "var(--track)")] {
        m.leaf(
            "circle",
            &[
                ("cx", &Units(at.x)),
                ("cy", &Units(at.y)),
                ("r", &3.5),
                ("fill", &inner),
                ("stroke", &"var(--track)"),
                ("stroke-width", &1.4),
            ],
        );
    }
    let frame = projection.frame();
    let low = frame.top + 32.0;
    let y = Units((start.y + 4.0).clamp(low, frame.top + frame.height - 8.0));
    let x = Units((start.x + 9.0).min(frame.left + frame.width - 120.0));
    m.line("text", &[("class", &"halo"), ("x", &x), ("y", &y)], track.aircraft);
}

/// Draws the stretches that findings are about, the gravest on top, and their signs.
pub(super) fn stretches(m: &mut Markup, projection: &Projection, input: &ReportInput<'_>) {
    let clock = LocalClock::of(&input.pack.time_zone);
    let found = input.overview.stretches();
    let mut signs: Vec<(Verdict, Point)> = Vec::new();
    for (verdict, address, interval, clause) in found.iter().rev() {
        let line = stretch(input, *address, *interval);
        let points: Vec<Point> = line.iter().map(|&p| projection.place(p)).collect();
        if points.len() > 1 {
            let class = format!("stretch {}", palette::class(*verdict));
            let path = Path::along(&simplified(&points, TOLERANCE));
            let said = format!(
                "{}: {clause}, {address}, {}",
                palette::word(*verdict),
                clock.said_span(*interval)
            );
            m.within("path", &[("class", &class), ("d", &path)], |m| m.line("title", &[], said));
        }
        if signs.len() < SIGNS_MAX || *verdict < Verdict::Clear {
            signs.extend(room_for_sign(&points, &signs).map(|at| (*verdict, at)));
        }
    }
    m.newline();
    let first = signs.len().saturating_sub(SIGNS_MAX);
    for &(verdict, at) in &signs[first..] {
        palette::draw_sign(m, PREFIX, verdict, at, SIGN_SIZE);
    }
    m.newline();
}

/// A point of the line where no sign stands yet, the middle first.
fn room_for_sign(line: &[Point], signs: &[(Verdict, Point)]) -> Option<Point> {
    let share = |eighths: usize| line.get((line.len().saturating_sub(1)) * eighths / 8).copied();
    let candidates = [4, 2, 6, 1, 7, 3, 5, 0, 8].into_iter().filter_map(share);
    let apart = SIGN_SIZE * SIGN_SIZE;
    let free = |p: &Point| signs.iter().all(|(_, other)| p.distance_squared(*other) >= apart);
    candidates.into_iter().find(free).or_else(|| share(4))
}

/// The drawn track of an aircraft between two instants, cut where they fall. An aircraft has a
/// sketch for each of its tracks.
fn stretch(input: &ReportInput<'_>, address: Address, interval: Interval) -> Vec<Position> {
    let (from, to) = (interval.start(), interval.end());
    let mut own = input.tracks.iter().filter(|track| track.aircraft == address);
    let covers = |track: &&Sketch| track.points.last().is_some_and(|(last, _)| *last >= from);
    let Some(Sketch { points, .. }) = own.find(covers) else {
        return Vec::new();
    };
    let first = points.partition_point(|(at, _)| *at <= from);
    let end = points.partition_point(|(at, _)| *at < to);
    let inner = points.get(first..end.max(first)).unwrap_or_default().iter().map(|(_, p)| *p);
    at_instant(points, from).into_iter().chain(inner).chain(at_instant(points, to)).collect()
}

/// Where a drawn track was at an instant, on the straight line between two points.
fn at_instant(points: &[(Instant, Position)], at: Instant) -> Option<Position> {
    let next = points.partition_point(|(t, _)| *t <= at);
    let (before, after) = (points.get(next.checked_sub(1)?)?, points.get(next));
    let Some(after) = after else {
        return (before.0 == at).then_some(before.1);
    };
    let whole = i128::from(after.0.since(before.0).micros());
    let part = i128::from(at.since(before.0).micros());
    let between = |a: i32, b: i32| {
        let step = (i128::from(b) - i128::from(a)) * part / whole.max(1);
        i32::try_from(i128::from(a) + step).unwrap_or(a)
    };
    let lon = between(before.1.lon_e7(), after.1.lon_e7());
    Position::from_e7(lon, between(before.1.lat_e7(), after.1.lat_e7())).ok()
}
