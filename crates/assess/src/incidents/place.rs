//! Where: the region in which a report's act happened, against the ground of a clause.

use std::collections::BTreeSet;

use agreement::pack::NamedArea;
use agreement::report::{AdminUnit, Extent};
use agreement::{AreaId, Clause, Pack, PostId, Report};
use spacetime::metric::{local_distance_cm, local_distance_to_edge_cm};
use spacetime::{BoundingBox, Position, Side, geodesy};

use super::{Answer, Outside};
use crate::finding::Reason;
use crate::fusion::CellId;

/// The region in which something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    /// Within a distance of a point.
    Disc {
        /// The point.
        centre: Position,
        /// How far, centimetres.
        radius_cm: i64,
        /// Whether it follows from where an observer stood, which no number may give away.
        from_post: bool,
    },
    /// In an administrative unit, of which the source may give a point.
    Unit {
        /// As the source names it.
        unit: AdminUnit,
        /// A point in it.
        nominal: Option<Position>,
    },
    /// Anywhere in a country or beyond; the source's point for it.
    Unbounded(Option<Position>),
    /// The report does not say.
    Unknown,
}

/// How a region lies on the ground of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) answer: Answer,
    /// The area it lies in, or the nearest one.
    pub(crate) area: Option<AreaId>,
    /// At least how far inside the border, centimetres; negative when it may be outside by
    /// that. `None` where it is not known or would give a post away.
    pub(crate) depth_cm: Option<i64>,
}

impl Region {
    /// Where a report says its act happened, by its place or from where the observer stood. What may not
    /// be placed is judged by the cell that may be told of it, so that no verdict on no area, however
    /// small or cleverly drawn, tells more than the cell.
    pub(crate) fn of(pack: &Pack, report: &Report) -> Self {
        let said = Self::said(pack, report);
        if report.place_is_coarsened() { said.coarsened() } else { said }
    }

    fn coarsened(self) -> Self {
        match self {
            Self::Disc { centre, radius_cm, from_post } => {
                let cell = CellId::holding(centre);
                let radius_cm = radius_cm + cell.reach_cm();
                Self::Disc { centre: cell.middle(), radius_cm, from_post }
            }
            Self::Unit { unit, nominal } => Self::Unit { unit, nominal: nominal.map(coarsely) },
            Self::Unbounded(nominal) => Self::Unbounded(nominal.map(coarsely)),
            Self::Unknown => Self::Unknown,
        }
    }

    fn said(pack: &Pack, report: &Report) -> Self {
        let Some(place) = &report.place else { return seen_from_post(pack, report) };
        match (&place.extent, place.nominal) {
            (Extent::Radius { radius_m }, Some(centre)) => {
                Self::Disc { centre, radius_cm: cm(*radius_m), from_post: false }
            }
            (Extent::AdminUnit(unit), nominal) => Self::Unit { unit: unit.clone(), nominal },
            (Extent::Unbounded, nominal) => Self::Unbounded(nominal),
            (Extent::Radius { .. }, None) => Self::Unknown,
        }
    }

    /// The region within `by_cm` of this one; units are wide enough as they are.
    pub(crate) fn grown_by_cm(&self, by_cm: i64) -> Self {
        match self.clone() {
            Self::Disc { centre, radius_cm, from_post } => {
                Self::Disc { centre, radius_cm: radius_cm + by_cm, from_post }
            }
            other => other,
        }
    }
}

/// The middle of the cell that a position lies in.
pub(crate) fn coarsely(at: Position) -> Position {
    CellId::holding(at).middle()
}

const fn cm(metres: u32) -> i64 {
    metres as i64 * 100
}

/// A disc that holds what the observer's bearing and range leave open: two standard deviations
/// to either side. Without a range it reaches as far as the pack says that the post does.
fn seen_from_post(pack: &Pack, report: &Report) -> Region {
    let named = report.source.post.as_deref().and_then(PostId::new);
    let post = named.and_then(|id| pack.posts.get(&id));
    let stood = report.source.position.or(post.map(|post| post.position));
    let reach_cm = post.map(|post| cm(post.reach_m));
    let (near_cm, far_cm) = match (report.range, reach_cm) {
        (Some(range), _) => {
            let micro = exp_micro(2 * i64::from(range.sd_log_milli));
            let scaled = |n: i128, d: i128| i64::try_from(n / d).unwrap_or(i64::MAX / 4);
            let near = scaled(i128::from(cm(range.min_m)) * 1_000_000, micro);
            (near, scaled(i128::from(cm(range.max_m)) * micro, 1_000_000).min(FAR_CM_MAX))
        }
        (None, Some(reach_cm)) => (0, reach_cm),
        (None, None) => return Region::Unknown,
    };
    let Some(post) = stood else { return Region::Unknown };
    let post = *post.expose();
    let half_cdeg = report.bearing.map(|b| u32::from(b.step_cdeg) / 2 + 2 * u32::from(b.sd_cdeg));
    match (report.bearing, half_cdeg) {
        (Some(bearing), Some(half)) if half < QUARTER_CDEG => {
            sector(post, u32::from(bearing.cdeg), half, (near_cm, far_cm))
        }
        _ => Region::Disc { centre: post, radius_cm: far_cm, from_post: true },
    }
}

/// Farthest that a range is taken to reach, centimetres: 1,000 km.
const FAR_CM_MAX: i64 = 100_000_000;
const QUARTER_CDEG: u32 = 9_000;

/// A disc around a sector of a ring, which is farthest from its centre at the corners.
fn sector(post: Position, towards: u32, half: u32, (near_cm, far_cm): (i64, i64)) -> Region {
    let at = |cdeg: u32, cm: i64| geodesy::direct(post, cdeg % geodesy::TURN_CDEG, cm * 10);
    let centre = at(towards, (near_cm + far_cm) / 2);
    let (left, right) = (towards + geodesy::TURN_CDEG - half, towards + half);
    let corners = [at(left, near_cm), at(left, far_cm), at(right, near_cm), at(right, far_cm)];
    let farthest = corners.iter().map(|&corner| local_distance_cm(centre, corner)).max();
    // Its sagitta on the ellipsoid and the metric's bound: a thousandth.
    let radius_cm = farthest.map_or(far_cm, |cm| cm + cm / 1000 + 100);
    Region::Disc { centre, radius_cm, from_post: true }
}

/// The exponential of some thousandths, in millionths, rounded down, by its series: whole
/// numbers, alike on every machine.
fn exp_micro(milli: i64) -> i128 {
    let x = i128::from(milli.clamp(0, 20_000));
    let (mut term, mut sum) = (1_000_000_i128, 0_i128);
    for n in 1..200 {
        sum += term;
        term = term * x / (1000 * n);
    }
    sum
}

/// The areas of a clause, taken together.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    areas: Vec<&'a NamedArea>,
    /// The box around each area, in the same order.
    boxes: Vec<BoundingBox>,
    /// Edges that no two areas share. An edge with one area to its left and another to its
    /// right is no border of the clause.
    border: Vec<(Position, Position)>,
    pack: &'a Pack,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(pack: &'a Pack, clause: &Clause) -> Self {
        Self::over(pack, &clause.areas)
    }

    pub(crate) fn over(pack: &'a Pack, areas: &BTreeSet<AreaId>) -> Self {
        let areas: Vec<&NamedArea> = areas.iter().filter_map(|id| pack.areas.get(id)).collect();
        let edges: BTreeSet<(Position, Position)> =
            areas.iter().flat_map(|named| edges_with_ground_to_the_left(named)).collect();
        let border = edges.iter().filter(|(a, b)| !edges.contains(&(*b, *a))).copied().collect();
        let boxes = areas.iter().map(|named| named.area.bounding_box()).collect();
        Self { areas, boxes, border, pack }
    }

    /// How a region lies on this ground.
    pub(crate) fn locate(&self, region: &Region) -> Located {
        match region {
            Region::Disc { centre, radius_cm, from_post } => {
                let located = self.locate_disc(*centre, *radius_cm);
                if *from_post { Located { depth_cm: None, ..located } } else { located }
            }
            Region::Unit { unit, nominal } => self.locate_unit(unit, *nominal),
            Region::Unbounded(nominal) => {
                self.somewhere(Answer::Doubt(Reason::PlaceStraddles), *nominal)
            }
            Region::Unknown => self.somewhere(Answer::Doubt(Reason::PlaceMissing), None),
        }
    }

    /// The area a position lies in; on a border between two, the first.
    pub(crate) fn area_at(&self, p: Position) -> Option<&'a NamedArea> {
        let near = self.areas.iter().zip(&self.boxes).filter(|(_, around)| around.covers(p));
        let mut near = near.map(|(named, _)| *named);
        near.find(|named| named.area.side(p) != Side::Outside)
    }

    fn locate_disc(&self, centre: Position, radius_cm: i64) -> Located {
        let around = BoundingBox { min: centre, max: centre }.grown_by_cm(radius_cm);
        if !self.boxes.iter().any(|area| area.meets(around)) {
            return Located::outside();
        }
        let here = self.area_at(centre);
        let near = self
            .border
            .iter()
            .filter(|(a, b)| BoundingBox::around([*a, *b]).is_some_and(|edge| edge.meets(around)));
        let nearest = near.map(|&(a, b)| local_distance_to_edge_cm(centre, a, b)).min();
        let reaches_border = nearest.is_some_and(|d| d - metric_error_cm(d) <= radius_cm);
        match (here, reaches_border) {
            (None, false) => Located::outside(),
            (Some(named), false) => {
                let to_edge = nearest.unwrap_or_else(|| named.area.distance_to_edge_cm(centre));
                let depth_cm = Some((to_edge - radius_cm - metric_error_cm(to_edge)).max(0));
                Located { answer: Answer::Yes, area: Some(named.id.clone()), depth_cm }
            }
            (here, true) => {
                let to_border = nearest.unwrap_or(0);
                let signed = if here.is_some() { to_border } else { -to_border };
                Located {
                    depth_cm: Some(signed - radius_cm),
                    ..self.somewhere(Answer::Doubt(Reason::PlaceStraddles), Some(centre))
                }
            }
        }
    }

    /// A unit by its names, then by where its point lies, then as a disc.
    fn locate_unit(&self, unit: &AdminUnit, nominal: Option<Position>) -> Located {
        let names = std::iter::once(&unit.name).chain(&unit.within);
        for name in names.clone() {
            let known = self.pack.area_called(name);
            if let Some(known) = known.filter(|known| self.areas.iter().any(|a| a.id == known.id)) {
                return Located::inside(known.id.clone());
            }
        }
        for name in names {
            let known = self.pack.area_called(name).and_then(|area| area.pcode.as_deref());
            if let Some(located) = self.locate_pcode(known.unwrap_or(name), name == &unit.name) {
                return located;
            }
        }
        match (nominal, unit.level) {
            (Some(p), Some(level)) if self.all_areas_are_units_of_at_most(level) => {
                // Units of one level do not overlap, and finer ones nest in them: a unit with
                // a point in one of these areas is part of it.
                self.area_at(p).map_or(Located::outside(), |a| Located::inside(a.id.clone()))
            }
            (Some(p), _) => Located { depth_cm: None, ..self.locate_disc(p, cm(unit.radius_m)) },
            (None, _) => self.somewhere(Answer::Doubt(Reason::PlaceStraddles), None),
        }
    }

    /// By P-codes, where all areas have one: they nest by prefix (OCHA's COD-AB). `None` when
    /// they do not settle it. `whole` says that the code is the unit's own, not one around it.
    fn locate_pcode(&self, pcode: &str, whole: bool) -> Option<Located> {
        if !is_pcode(pcode) {
            return None;
        }
        let within = self
            .areas
            .iter()
            .find(|a| a.pcode.as_deref().is_some_and(|own| pcode.starts_with(own)));
        if let Some(area) = within {
            return Some(Located::inside(area.id.clone()));
        }
        let codes: Option<Vec<&str>> = self.areas.iter().map(|a| a.pcode.as_deref()).collect();
        let holds_one = codes.as_ref()?.iter().any(|own| own.starts_with(pcode));
        match (holds_one, whole) {
            (false, _) => Some(Located::outside()),
            (true, true) => Some(self.somewhere(Answer::Doubt(Reason::PlaceStraddles), None)),
            (true, false) => None,
        }
    }

    fn all_areas_are_units_of_at_most(&self, level: u8) -> bool {
        let own = |area: &&NamedArea| area.pcode.as_deref().and_then(level_of_pcode);
        !self.areas.is_empty() && self.areas.iter().all(|a| own(a).is_some_and(|l| l <= level))
    }

    /// An answer with the area that a point lies in, or else the nearest; without a point the
    /// first area, since a finding names one.
    fn somewhere(&self, answer: Answer, point: Option<Position>) -> Located {
        let area = match point {
            Some(p) => self.area_at(p).or_else(|| {
                self.areas.iter().copied().min_by_key(|named| named.area.distance_to_edge_cm(p))
            }),
            None => self.areas.first().copied(),
        };
        Located { answer, area: area.map(|named| named.id.clone()), depth_cm: None }
    }
}

impl Located {
    const fn outside() -> Self {
        Self { answer: Answer::No(Outside::Elsewhere), area: None, depth_cm: None }
    }

    const fn inside(area: AreaId) -> Self {
        Self { answer: Answer::Yes, area: Some(area), depth_cm: None }
    }
}

/// The bound of [`spacetime::metric`]; past the 100 km for which it is stated, one in a hundred.
const fn metric_error_cm(distance_cm: i64) -> i64 {
    if distance_cm <= 10_000_000 { 2 + distance_cm / 10_000 } else { distance_cm / 100 }
}

/// Rings are kept counter-clockwise, holes too, so those are walked backwards.
fn edges_with_ground_to_the_left(
    named: &NamedArea,
) -> impl Iterator<Item = (Position, Position)> + '_ {
    named.area.polygons().iter().flat_map(|polygon| {
        let holes = polygon.holes().iter().flat_map(|hole| hole.edges().map(|(a, b)| (b, a)));
        polygon.outer().edges().chain(holes)
    })
}

fn is_pcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 2
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..].iter().all(u8::is_ascii_digit)
}

/// The level of a unit whose P-code adds two digits a level, as Syria's do.
fn level_of_pcode(pcode: &str) -> Option<u8> {
    let digits = pcode.len().checked_sub(2).filter(|_| is_pcode(pcode))?;
    (digits % 2 == 0).then(|| u8::try_from(digits / 2).ok()).flatten()
}
