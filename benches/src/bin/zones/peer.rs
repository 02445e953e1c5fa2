//! The peers: an R-tree (`rstar`) over the boxes of the zones, and `geo` to decide.
//!
//! They are given grid steps as doubles, which hold them exactly: what they answer is
//! answered for the very same numbers, and snapping is a gift to them.

use geo::algorithm::indexed::IntervalTreeMultiPolygon;
use geo::{BoundingRect, Contains, Coord, LineString, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use spacetime::{Area, Position};

use crate::workload::Workload;

/// Points as the peers take them.
pub fn points(workload: &Workload) -> Vec<Point> {
    let positions = workload.lon.iter().zip(&workload.lat);
    positions.map(|(&lon, &lat)| Point(Coord { x: lon * 1e7, y: lat * 1e7 }.round())).collect()
}

trait Round {
    fn round(self) -> Self;
}

impl Round for Coord {
    fn round(self) -> Self {
        Self { x: self.x.round_ties_even(), y: self.y.round_ties_even() }
    }
}

/// A zone's number in the tree of boxes.
type Boxed = GeomWithData<Rectangle<Point>, u32>;

/// The zones in the peer's form.
pub struct Peer {
    tree: RTree<Boxed>,
    zones: Zones,
}

enum Zones {
    Plain(Vec<Polygon>),
    Indexed(Vec<IntervalTreeMultiPolygon<f64>>),
}

impl Peer {
    /// `Contains` of a plain polygon: every edge is looked at.
    pub const PLAIN: &str = "geo 0.33 Contains + rstar 0.12";
    /// `Contains` of a polygon with an interval tree over its edges.
    pub const INDEXED: &str = "geo 0.33 IntervalTreeMultiPolygon + rstar 0.12";

    pub fn plain(zones: &[Area]) -> Self {
        let polygons: Vec<Polygon> = zones.iter().map(polygon).collect();
        Self { tree: tree(&polygons), zones: Zones::Plain(polygons) }
    }

    pub fn indexed(zones: &[Area]) -> Self {
        let polygons: Vec<Polygon> = zones.iter().map(polygon).collect();
        let tree = tree(&polygons);
        let indexed = polygons.into_iter().map(|p| IntervalTreeMultiPolygon::new(&p.into()));
        Self { tree, zones: Zones::Indexed(indexed.collect()) }
    }

    /// All pairs of a point and a zone that contains it, by point.
    pub fn pairs(&self, points: &[Point]) -> (Vec<u64>, Vec<u32>) {
        match &self.zones {
            Zones::Plain(zones) => self.pairs_by(points, zones),
            Zones::Indexed(zones) => self.pairs_by(points, zones),
        }
    }

    fn pairs_by<Z: Contains<Point>>(&self, points: &[Point], zones: &[Z]) -> (Vec<u64>, Vec<u32>) {
        let mut pairs = (Vec::new(), Vec::new());
        for (row, point) in (0..).zip(points) {
            for candidate in self.tree.locate_in_envelope_intersecting(&AABB::from_point(*point)) {
                if zones[candidate.data as usize].contains(point) {
                    pairs.0.push(row);
                    pairs.1.push(candidate.data);
                }
            }
        }
        pairs
    }
}

fn tree(polygons: &[Polygon]) -> RTree<Boxed> {
    let boxes = (0..).zip(polygons).filter_map(|(zone, polygon)| {
        let around = polygon.bounding_rect()?;
        let corners = Rectangle::from_corners(around.min().into(), around.max().into());
        Some(GeomWithData::new(corners, zone))
    });
    RTree::bulk_load(boxes.collect())
}

/// The workloads have one ring a zone.
fn polygon(area: &Area) -> Polygon {
    let step = |p: &Position| Coord { x: p.lon_e7().into(), y: p.lat_e7().into() };
    let ring = area.rings().next().into_iter().flat_map(|ring| ring.vertices());
    Polygon::new(LineString::from_iter(ring.map(step)), Vec::new())
}
