//! Whether rings make a sound area, exactly, after snapping to the grid.
//!
//! **What is sound.** A ring does not pass through itself, run along itself or turn back on
//! itself, and does not do so with any other ring. A hole lies in its part's outer ring and in no
//! other hole; a part lies outside every other part, or within one of its holes. Rings may touch
//! themselves and each other at single points, whether at vertices or on an edge: even-odd
//! counting still says what is inside.

use crate::area::{Area, Ring};
use crate::position::Position;
use crate::sweep::{Clash, ClashKind, sweep};

/// A ring by its place in the input: which part of the area, and which ring of the part, the
/// outer one being 0. As RFC 7946 §3.1.7 orders the coordinates of a `MultiPolygon`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RingPlace {
    /// Number of the part, from 0.
    pub part: usize,
    /// Number of the ring in the part, from 0.
    pub ring: usize,
}

/// Something unsound about rings that should bound an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AreaFlaw {
    /// Whose flaw it is.
    pub ring: RingPlace,
    /// What is wrong.
    pub kind: FlawKind,
    /// Where: the grid position nearest to it, the westernmost where there are several.
    pub at: Position,
}

/// What is wrong with a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlawKind {
    /// The ring passes through itself.
    CrossesItself,
    /// The ring runs twice along one stretch.
    RunsAlongItself,
    /// The ring runs out and back over one edge.
    Spike,
    /// The ring passes through another.
    Crosses(RingPlace),
    /// The ring shares a stretch of edge with another.
    RunsAlong(RingPlace),
    /// A hole lies outside its part's outer ring.
    HoleOutside,
    /// A hole lies within another hole of its part.
    HoleInHole(RingPlace),
    /// A part lies within another part.
    PartInPart(RingPlace),
}

impl Ring {
    /// Whether the ring passes through, runs along or turns back on itself, and the westernmost
    /// place where it does. Takes n log n time.
    #[must_use]
    pub fn crosses_itself(&self) -> Option<(FlawKind, Position)> {
        let clash = sweep(&[self]).err()?;
        let kind = match clash.kind {
            ClashKind::Crossing => FlawKind::CrossesItself,
            ClashKind::Overlap => FlawKind::RunsAlongItself,
            ClashKind::Spike => FlawKind::Spike,
        };
        Some((kind, clash.at))
    }
}

impl Area {
    /// What is unsound about this area, places as in [`Area::polygons`]; none for a sound one.
    #[must_use]
    pub fn check(&self) -> Vec<AreaFlaw> {
        let parts: Vec<Vec<&Ring>> = self.polygons().iter().map(|p| p.rings().collect()).collect();
        check_parts(&parts)
    }
}

/// What is unsound about the parts of an area, each an outer ring and its holes in the order
/// of the input, in order of ring.
///
/// Each ring's own first flaw is told, then the first between rings that have none of their own,
/// and how rings are nested only once none is left. Takes n log n time in all vertices.
#[must_use]
pub fn check_parts(parts: &[Vec<&Ring>]) -> Vec<AreaFlaw> {
    let places = parts.iter().enumerate().flat_map(|(part, rings)| {
        rings.iter().enumerate().map(move |(ring, r)| (RingPlace { part, ring }, *r))
    });
    let (mut flaws, mut sound) = (Vec::new(), Vec::new());
    for (place, ring) in places {
        match ring.crosses_itself() {
            Some((kind, at)) => flaws.push(AreaFlaw { ring: place, kind, at }),
            None => sound.push((place, ring)),
        }
    }
    if sound.len() < 2 {
        return flaws;
    }
    let rings: Vec<&Ring> = sound.iter().map(|s| s.1).collect();
    match sweep(&rings) {
        Err(clash) => flaws.push(between(&sound, clash)),
        Ok(parents) if flaws.is_empty() => flaws.extend(misnested(&sound, &parents)),
        Ok(_) => {}
    }
    flaws.sort_unstable();
    flaws
}

fn between(rings: &[(RingPlace, &Ring)], clash: Clash) -> AreaFlaw {
    let (first, second) = (rings[clash.rings.0].0, rings[clash.rings.1].0);
    let kind = match clash.kind {
        ClashKind::Crossing => FlawKind::Crosses(first),
        ClashKind::Overlap | ClashKind::Spike => FlawKind::RunsAlong(first),
    };
    AreaFlaw { ring: second, kind, at: clash.at }
}

fn misnested<'a>(
    rings: &'a [(RingPlace, &Ring)],
    parents: &'a [Option<usize>],
) -> impl Iterator<Item = AreaFlaw> + 'a {
    let flaw = |(place, parent): (RingPlace, Option<RingPlace>)| match (place.ring, parent) {
        (0, Some(around)) if around.ring == 0 => Some(FlawKind::PartInPart(around)),
        (0, _) => None,
        (_, Some(around)) if around.part == place.part && around.ring == 0 => None,
        (_, Some(around)) if around.part == place.part => Some(FlawKind::HoleInHole(around)),
        (_, _) => Some(FlawKind::HoleOutside),
    };
    rings.iter().zip(parents).filter_map(move |((place, ring), parent)| {
        let kind = flaw((*place, parent.map(|p| rings[p].0)))?;
        Some(AreaFlaw { ring: *place, kind, at: ring.vertices()[0] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: i32, lat: i32) -> Position {
        Position::from_e7(lon, lat).unwrap()
    }

    fn ring(vertices: &[(i32, i32)]) -> Ring {
        Ring::new(vertices.iter().map(|&(x, y)| at(x, y)).collect()).unwrap()
    }

    fn square(low: i32, high: i32) -> Ring {
        ring(&[(low, low), (high, low), (high, high), (low, high)])
    }

    fn check(parts: &[&[Ring]]) -> Vec<AreaFlaw> {
        let parts: Vec<Vec<&Ring>> = parts.iter().map(|p| p.iter().collect()).collect();
        check_parts(&parts)
    }

    fn kinds(parts: &[&[Ring]]) -> Vec<FlawKind> {
        check(parts).into_iter().map(|f| f.kind).collect()
    }

    const OUTER: RingPlace = RingPlace { part: 0, ring: 0 };

    #[test]
    fn a_bow_tie_crosses_itself_where_it_does() {
        let tie = ring(&[(0, 0), (10, 9), (10, 0), (0, 10)]);
        assert_eq!(tie.crosses_itself(), Some((FlawKind::CrossesItself, at(5, 5))));
        // The same with a vertex at the crossing.
        let knotted = ring(&[(0, 0), (5, 5), (10, 10), (10, 2), (5, 5), (0, 9)]);
        assert_eq!(knotted.crosses_itself(), Some((FlawKind::CrossesItself, at(5, 5))));
        // A vertex on an edge, and the path goes on to the other side.
        let poked = ring(&[(0, 0), (10, 0), (10, 9), (5, 0), (4, -9), (0, 9)]);
        assert_eq!(poked.crosses_itself().map(|f| f.0), Some(FlawKind::CrossesItself));
    }

    #[test]
    fn a_ring_may_touch_itself_at_a_point() {
        let waist = ring(&[(0, 0), (5, 5), (10, 0), (10, 10), (5, 5), (0, 10)]);
        assert_eq!(waist.crosses_itself(), None);
        let resting = ring(&[(0, 0), (10, 0), (10, 9), (5, 0), (0, 9)]);
        assert_eq!(resting.crosses_itself(), None);
    }

    #[test]
    fn a_spike_and_a_doubled_stretch_are_told_apart() {
        let spike = ring(&[(0, 0), (10, 0), (10, 10), (10, 20), (10, 10), (0, 10)]);
        assert_eq!(spike.crosses_itself(), Some((FlawKind::Spike, at(10, 10))));
        let doubled = ring(&[(0, 0), (8, 0), (8, 5), (4, 0), (2, 0), (1, 9)]);
        assert_eq!(doubled.crosses_itself(), Some((FlawKind::RunsAlongItself, at(2, 0))));
    }

    #[test]
    fn holes_belong_within_their_outer_ring_and_apart() {
        assert_eq!(kinds(&[&[square(0, 100), square(10, 20), square(30, 40)]]), []);
        assert_eq!(kinds(&[&[square(0, 100), square(200, 210)]]), [FlawKind::HoleOutside]);
        let nested = kinds(&[&[square(0, 100), square(10, 40), square(20, 30)]]);
        assert_eq!(nested, [FlawKind::HoleInHole(RingPlace { part: 0, ring: 1 })]);
        let across = check(&[&[square(0, 100), square(90, 110)]]);
        assert_eq!((across[0].kind, across[0].at), (FlawKind::Crosses(OUTER), at(90, 100)));
        let shared = kinds(&[&[square(0, 100), ring(&[(0, 10), (5, 10), (5, 20), (0, 20)])]]);
        assert_eq!(shared, [FlawKind::RunsAlong(OUTER)]);
        // Corners on the outer ring, wholly inside or wholly outside.
        let inside = ring(&[(0, 50), (50, 0), (100, 50), (50, 100)]);
        assert_eq!(kinds(&[&[square(0, 100), inside]]), []);
        let outside = ring(&[(100, 50), (150, 0), (200, 50), (150, 100)]);
        assert_eq!(kinds(&[&[square(0, 100), outside]]), [FlawKind::HoleOutside]);
    }

    #[test]
    fn parts_lie_apart_or_in_each_others_holes() {
        assert_eq!(kinds(&[&[square(0, 10)], &[square(10, 20)]]), []);
        let lake = [square(0, 100), square(20, 80)];
        assert_eq!(kinds(&[&lake, &[square(40, 60)]]), []);
        assert_eq!(kinds(&[&lake, &[square(5, 10)]]), [FlawKind::PartInPart(OUTER)]);
        let overlapping = kinds(&[&[square(0, 10)], &[square(5, 15)]]);
        assert_eq!(overlapping, [FlawKind::Crosses(OUTER)]);
    }

    #[test]
    fn each_crossed_ring_has_its_flaw_told() {
        let tie = |x: i32| ring(&[(x, 0), (x + 10, 9), (x + 10, 0), (x, 10)]);
        let places: Vec<_> = check(&[&[tie(0)], &[square(50, 60)], &[tie(100)]])
            .iter()
            .map(|f| f.ring.part)
            .collect();
        assert_eq!(places, [0, 2]);
    }
}
