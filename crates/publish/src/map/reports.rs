//! Reports, at the place they name: a ring as wide as they are precise, and a mark that tells
//! what became of them.

use std::collections::BTreeMap;

use assess::Verdict;
use spacetime::Position;

use crate::input::ReportInput;
use crate::map::{PREFIX, shows};
use crate::markup::Markup;
use crate::palette;
use crate::projection::Projection;
use crate::svg::Units;

/// Rings narrower than this tell nothing beside the mark.
const RING_LEAST: f64 = 9.0;
/// Wider rings would hide the map; how many reports are so coarse is said beside it.
const RING_MOST: f64 = 80.0;
/// Most places without a finding that are drawn, those with the most reports first.
const DOTS_MAX: usize = 4_000;
/// From so many marks on they are drawn smaller.
const MARKS_MANY: usize = 40;

/// Reports of one place and precision with one outcome: how many.
type Groups = BTreeMap<(Option<Verdict>, Position, u32), u32>;

/// Draws how far the places of reports that findings rest on may lie from the point named.
pub(super) fn extents(m: &mut Markup, projection: &Projection, input: &ReportInput<'_>) {
    let mut drawn: BTreeMap<(Position, u32), Verdict> = BTreeMap::new();
    for (verdict, place, radius_m) in grouped(input).into_keys() {
        let radius = projection.length(f64::from(radius_m));
        let Some(verdict) = verdict.filter(|_| (RING_LEAST..=RING_MOST).contains(&radius)) else {
            continue;
        };
        if shows(projection, place) {
            let gravest = drawn.entry((place, radius_m)).or_insert(verdict);
            *gravest = verdict.min(*gravest);
        }
    }
    for ((place, radius_m), verdict) in drawn {
        let at = projection.place(place);
        let radius = Units(projection.length(f64::from(radius_m)));
        let class = format!("extent {}", palette::class(verdict));
        let (cx, cy) = (Units(at.x), Units(at.y));
        m.leaf("circle", &[("class", &class), ("cx", &cx), ("cy", &cy), ("r", &radius)]);
    }
    m.newline();
}

/// Whether there are dots, and rings, to explain.
pub(super) fn drawn(projection: &Projection, input: &ReportInput<'_>) -> (bool, bool) {
    let (mut has_dots, mut has_rings) = (false, false);
    for (verdict, place, radius_m) in grouped(input).into_keys() {
        if shows(projection, place) {
            let radius = projection.length(f64::from(radius_m));
            has_dots |= verdict.is_none();
            has_rings |= verdict.is_some() && (RING_LEAST..=RING_MOST).contains(&radius);
        }
    }
    (has_dots, has_rings)
}

/// How many reports that findings rest on are too coarse for a ring.
pub(super) fn too_coarse(projection: &Projection, input: &ReportInput<'_>) -> u32 {
    let coarse = |radius_m: u32| projection.length(f64::from(radius_m)) > RING_MOST;
    let groups = grouped(input).into_iter();
    groups.filter(|((v, _, radius), _)| v.is_some() && coarse(*radius)).map(|(_, n)| n).sum()
}

/// Draws the marks: signs for reports that a finding rests on, dots for the others.
pub(super) fn marks(m: &mut Markup, projection: &Projection, input: &ReportInput<'_>) {
    let mut at_place: BTreeMap<(Option<Verdict>, Position), u32> = BTreeMap::new();
    for ((verdict, place, _), times) in grouped(input) {
        *at_place.entry((verdict, place)).or_default() += times;
    }
    let (said, judged): (Vec<_>, Vec<_>) =
        at_place.into_iter().partition(|((verdict, _), _)| verdict.is_none());
    let mut dots: Vec<(u32, Position)> = said.into_iter().map(|((_, p), n)| (n, p)).collect();
    dots.sort_unstable_by_key(|&(times, place)| (std::cmp::Reverse(times), place));
    for (times, place) in dots.into_iter().take(DOTS_MAX) {
        dot(m, projection, place, times);
    }
    let size = if judged.len() < MARKS_MANY { 15.0 } else { 11.0 };
    // The gravest last, on top of the others.
    for ((verdict, place), times) in judged.into_iter().rev() {
        if let Some(verdict) = verdict {
            sign(m, projection, (verdict, size), place, times);
        }
    }
    m.newline();
}

fn dot(m: &mut Markup, projection: &Projection, place: Position, times: u32) {
    if !shows(projection, place) {
        return;
    }
    let at = projection.place(place);
    let (cx, cy) = (Units(at.x), Units(at.y));
    m.within("circle", &[("class", &"said none"), ("cx", &cx), ("cy", &cy), ("r", &2.4)], |m| {
        m.line("title", &[], format_args!("{}, no finding rests on it", reports(times)));
    });
}

fn sign(
    m: &mut Markup,
    projection: &Projection,
    (verdict, size): (Verdict, f64),
    place: Position,
    times: u32,
) {
    if !shows(projection, place) {
        return;
    }
    let at = projection.place(place);
    m.within("g", &[], |m| {
        m.line("title", &[], format_args!("{}: {}", palette::word(verdict), reports(times)));
        palette::draw_sign(m, PREFIX, verdict, at, size);
        if times > 1 {
            let (x, y) = (Units(at.x + size / 2.0 + 1.0), Units(at.y + 4.0));
            m.line("text", &[("class", &"small halo"), ("x", &x), ("y", &y)], times);
        }
    });
}

fn reports(times: u32) -> String {
    if times == 1 { "1 report".to_owned() } else { format!("{times} reports") }
}

fn grouped(input: &ReportInput<'_>) -> Groups {
    let mut groups = Groups::new();
    for report in &input.reports {
        let verdict = input.overview.verdict_on(report.digest());
        *groups.entry((verdict, report.place(), report.radius_m())).or_default() += 1;
    }
    groups
}

/// How many reports lie beyond the map.
pub(super) fn beyond(projection: &Projection, input: &ReportInput<'_>) -> usize {
    input.reports.iter().filter(|report| !shows(projection, report.place())).count()
}
