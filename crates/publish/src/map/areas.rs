//! The areas of the clauses: their outlines, by what holds in them, and their names.

use std::collections::BTreeMap;

use agreement::clause::ClauseKind;
use agreement::pack::NamedArea;
use agreement::{AreaId, Clause, ClauseId, ClauseStatus, Pack};

use crate::input::Treatment;
use crate::map::TOLERANCE;
use crate::markup::Markup;
use crate::projection::{Frame, Point, Projection};
use crate::simplify::{simplified, squared_from_segment};
use crate::svg::{Path, Units};
use crate::wording::status_word;

/// Cells along each side of the grid in which the middle of an area is looked for.
const CELLS: u32 = 24;
/// Width of a letter of a name, in user units: a guess that serves to keep names apart.
const LETTER: f64 = 6.9;
const LINE: f64 = 15.0;
/// Most areas drawn, and most of them named, the largest first.
const AREAS_MAX: usize = 2_000;
const NAMES_MAX: usize = 80;

/// An area with what holds in it.
#[derive(Clone, Debug)]
pub(super) struct DrawnArea<'a> {
    pub(super) named: &'a NamedArea,
    /// The clause that decides how it is drawn: an adopted one before a proposed one.
    pub(super) look: AreaLook,
    clauses: Vec<&'a Clause>,
}

/// How an area is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AreaLook {
    pub(super) status: ClauseStatus,
    pub(super) airspace: bool,
}

impl AreaLook {
    /// Style classes.
    pub(super) fn classes(self) -> String {
        let ground = if self.airspace { "air" } else { "land" };
        format!("area {ground} {}", status_word(self.status))
    }
}

/// The areas in which a clause holds or would hold, largest first so that none is hidden.
pub(super) fn drawn<'a>(
    pack: &'a Pack,
    treatments: &BTreeMap<ClauseId, Treatment>,
) -> Vec<DrawnArea<'a>> {
    let mut by_area: BTreeMap<&AreaId, Vec<&Clause>> = BTreeMap::new();
    for clause in pack.clauses.values() {
        for area in &clause.areas {
            by_area.entry(area).or_default().push(clause);
        }
    }
    let mut drawn: Vec<DrawnArea<'a>> = by_area
        .into_iter()
        .filter_map(|(id, clauses)| {
            let status = |clause: &Clause| match treatments.get(&clause.id) {
                Some(Treatment::AsIfAdopted) => ClauseStatus::Adopted,
                _ => clause.status,
            };
            let look = |clause: &Clause| AreaLook {
                status: status(clause),
                airspace: matches!(clause.kind, ClauseKind::NoFly(_)),
            };
            let strength = |look: &AreaLook| (look.status != ClauseStatus::Adopted, *look);
            let look = clauses.iter().map(|clause| look(clause)).min_by_key(strength)?;
            Some(DrawnArea { named: pack.areas.get(id)?, look, clauses })
        })
        .collect();
    drawn.sort_by_key(|area| {
        let around = area.named.area.bounding_box();
        let side = |low: i32, high: i32| i64::from(high) - i64::from(low);
        let extent = side(around.min.lon_e7(), around.max.lon_e7())
            * side(around.min.lat_e7(), around.max.lat_e7());
        (std::cmp::Reverse(extent), area.named.id.clone())
    });
    drawn.truncate(AREAS_MAX);
    drawn
}

/// Draws the outlines.
pub(super) fn outlines(m: &mut Markup, projection: &Projection, areas: &[DrawnArea<'_>]) {
    for area in areas {
        m.within("g", &[("class", &area.look.classes())], |m| {
            m.within("path", &[("d", &outline(projection, area.named))], |m| {
                m.line("title", &[], tooltip(area));
            });
        });
        m.newline();
    }
}

fn tooltip(area: &DrawnArea<'_>) -> String {
    let clauses = area.clauses.iter().map(|clause| {
        format!("{} ({}, {})", clause.title, clause.kind.name(), status_word(clause.status))
    });
    format!("{}: {}", area.named.name, clauses.collect::<Vec<_>>().join("; "))
}

fn outline(projection: &Projection, named: &NamedArea) -> Path {
    let mut path = Path::default();
    for ring in named.area.rings() {
        path.add_ring(&ring_points(projection, ring));
    }
    path
}

/// Closed before it is simplified, so that its start is an end and stays.
fn ring_points(projection: &Projection, ring: &spacetime::Ring) -> Vec<Point> {
    let mut points: Vec<Point> = ring.vertices().iter().map(|&p| projection.place(p)).collect();
    points.extend(points.first().copied());
    let mut points = simplified(&points, TOLERANCE);
    points.pop();
    points
}

/// Writes the names, each where there is room for it: in the middle, else beside the area.
pub(super) fn names(m: &mut Markup, projection: &Projection, areas: &[DrawnArea<'_>]) {
    let mut taken: Vec<Frame> = Vec::new();
    for area in areas.iter().take(NAMES_MAX).rev() {
        let width = area.named.name.chars().count() as f64 * LETTER;
        let free = |middle: &Point| {
            let frame = text_frame(*middle, width);
            let page = projection.frame();
            let corner = Point { x: frame.left + frame.width, y: frame.top + frame.height };
            page.holds(Point { x: frame.left, y: frame.top }, -4.0)
                && page.holds(corner, -4.0)
                && !taken.iter().any(|other| overlap(frame, *other))
        };
        let Some(middle) = candidates(projection, area.named, width).into_iter().find(free) else {
            continue;
        };
        taken.push(text_frame(middle, width));
        let colour = if area.look.airspace { "var(--air)" } else { "var(--land)" };
        m.line(
            "text",
            &[
                ("class", &"halo strong"),
                ("x", &Units(middle.x)),
                ("y", &Units(middle.y + 4.0)),
                ("text-anchor", &"middle"),
                ("style", &format_args!("fill:{colour}")),
            ],
            &area.named.name,
        );
    }
}

fn text_frame(middle: Point, width: f64) -> Frame {
    Frame { left: middle.x - width / 2.0, top: middle.y - LINE / 2.0, width, height: LINE }
}

fn overlap(a: Frame, b: Frame) -> bool {
    a.left < b.left + b.width
        && b.left < a.left + a.width
        && a.top < b.top + b.height
        && b.top < a.top + a.height
}

fn candidates(projection: &Projection, named: &NamedArea, width: f64) -> Vec<Point> {
    let around = named.area.bounding_box();
    let low = projection.place(around.min);
    let high = projection.place(around.max);
    let (x, y) = (f64::midpoint(low.x, high.x), f64::midpoint(low.y, high.y));
    let beside = [
        Point { x: high.x + width / 2.0 + 8.0, y },
        Point { x: low.x - width / 2.0 - 8.0, y },
        Point { x, y: high.y - 10.0 },
        Point { x, y: low.y + 10.0 },
    ];
    let fits_inside = width < (high.x - low.x) * 1.1 && LINE < low.y - high.y;
    let inside = if fits_inside { middle_of(projection, named) } else { None };
    let under = inside.map(|p| Point { x: p.x, y: p.y + 2.0 * LINE });
    let over = inside.map(|p| Point { x: p.x, y: p.y - 2.0 * LINE });
    inside.into_iter().chain(under).chain(over).chain(beside).collect()
}

/// The middle of the grid's cells that lies inside, farthest from every edge.
fn middle_of(projection: &Projection, named: &NamedArea) -> Option<Point> {
    let largest = named.area.polygons().iter().max_by_key(|p| p.outer().vertices().len())?;
    let rings: Vec<Vec<Point>> =
        largest.rings().map(|ring| ring_points(projection, ring)).collect();
    let outer = rings.first()?;
    let low = outer.iter().copied().reduce(|a, b| Point { x: a.x.min(b.x), y: a.y.min(b.y) })?;
    let high = outer.iter().copied().reduce(|a, b| Point { x: a.x.max(b.x), y: a.y.max(b.y) })?;
    let cell = |n: u32| (f64::from(n) + 0.5) / f64::from(CELLS);
    let grid = (0..CELLS).flat_map(|i| (0..CELLS).map(move |j| (cell(i), cell(j))));
    grid.map(|(i, j)| Point { x: low.x + i * (high.x - low.x), y: low.y + j * (high.y - low.y) })
        .filter(|&p| projection.frame().holds(p, -20.0) && inside(&rings, p))
        .max_by(|&a, &b| room_around(&rings, a).total_cmp(&room_around(&rings, b)))
}

fn edges(rings: &[Vec<Point>]) -> impl Iterator<Item = (Point, Point)> + '_ {
    rings.iter().flat_map(|ring| ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)))
}

fn inside(rings: &[Vec<Point>], p: Point) -> bool {
    let crossed = |(a, b): &(Point, Point)| {
        (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)
    };
    edges(rings).filter(crossed).count() % 2 == 1
}

fn room_around(rings: &[Vec<Point>], p: Point) -> f64 {
    let distances = edges(rings).map(|(a, b)| squared_from_segment(p, a, b));
    distances.min_by(f64::total_cmp).unwrap_or(0.0)
}

/// A small square that shows a look, for the legend.
pub(super) fn swatch(m: &mut Markup, look: AreaLook, at: Point) {
    m.within("g", &[("class", &look.classes())], |m| {
        let (x, y) = (Units(at.x - 9.0), Units(at.y - 6.0));
        let d = format!("M{x} {y}h18v12h-18Z");
        m.leaf("path", &[("d", &d)]);
    });
}
