//! Building the index: edges into squares, squares into cells.

use std::ops::Range;

use crate::area::{Area, Ring};
use crate::position::{BoundingBox, Position};

use super::edge::Edge;
use super::lattice::{Lattice, Line};
use super::plan::{self, Load, SHIFT_MAX};
use super::refine::Refiner;
use super::{Division, INDEX_VERTICES_MAX, IndexFault, Square, ZONES_MAX, ZoneIndex};

impl ZoneIndex {
    /// Builds the index over zones, which are numbered as they stand.
    ///
    /// # Errors
    /// When there are more than [`ZONES_MAX`] zones or [`INDEX_VERTICES_MAX`] vertices.
    pub fn build(zones: &[Area]) -> Result<Self, IndexFault> {
        if zones.len() > ZONES_MAX {
            return Err(IndexFault::TooManyZones);
        }
        let vertices = zones.iter().map(Area::vertex_count).sum::<usize>();
        if vertices > INDEX_VERTICES_MAX {
            return Err(IndexFault::TooManyVertices);
        }
        let boxes: Vec<BoundingBox> = zones.iter().map(box_around).collect();
        let corners = boxes.iter().flat_map(|b| [b.min, b.max]);
        let origin = Position::from_e7(0, 0).expect("the origin is a position");
        let bounds = BoundingBox::around(corners);
        let bounds = bounds.unwrap_or(BoundingBox { min: origin, max: origin });

        let mut squares = plan::squares(bounds, &boxes, vertices);
        loop {
            let sorted = Sorted::new(zones, &boxes, vertices, squares);
            // A plan is an estimate: where zones pile up, the real index may take more.
            let memory_bytes_max = plan::memory_bytes_max(vertices);
            for coarser in [0, 4, 10, 20, u32::MAX] {
                let division = sorted.divide(coarser);
                let bytes = division.memory_bytes() + size_of::<Self>();
                let coarsest = squares.shift == SHIFT_MAX && coarser == u32::MAX;
                if bytes <= memory_bytes_max || coarsest {
                    return Ok(sorted.into_index(zones.len() as u32, bounds, division));
                }
            }
            squares = plan::lattice(bounds, squares.shift + 1);
        }
    }
}

/// The box around all rings: even-odd counts a hole that reaches out of its polygon, too.
fn box_around(area: &Area) -> BoundingBox {
    let corners = area.rings().map(Ring::bounding_box).flat_map(|b| [b.min, b.max]);
    BoundingBox::around(corners).expect("an area has a ring")
}

/// The edges of all zones, and the zones themselves, sorted into squares.
struct Sorted {
    squares: Lattice,
    vertices: usize,
    /// Edges that touch a square, by square, then zone: `(zone, edge)`.
    touching: Buckets<(u32, Edge)>,
    /// Zones that hold the south-western corner of a square, by square, then zone.
    covering: Buckets<u32>,
    loads: Vec<Load>,
}

impl Sorted {
    fn new(zones: &[Area], boxes: &[BoundingBox], vertices: usize, squares: Lattice) -> Self {
        let square_count = squares.rows as usize * squares.columns as usize;
        let mut touching = Vec::with_capacity(vertices * 2);
        let mut covering = Vec::new();
        let mut loads = vec![Load::default(); square_count];
        let mut corners = Corners::default();
        for (zone, (area, bounds)) in (0u32..).zip(zones.iter().zip(boxes)) {
            corners.start(&squares, *bounds);
            for (from, to) in area.edges() {
                let (edge, line) = (Edge::between(from, to), Line::between(from, to));
                corners.cross(&squares, &line);
                let first = touching.len();
                squares.each_touched(&line, |row, columns| {
                    let square = |column| row * squares.columns + column;
                    touching.extend(columns.map(|column| (square(column), (zone, edge))));
                });
                share(&line, &touching[first..], squares.shift, &mut loads);
            }
            corners.finish(&squares, |square| covering.push((square, zone)));
        }
        covering.iter().for_each(|(square, _)| loads[*square as usize].depth += 1);
        Self {
            squares,
            vertices,
            touching: Buckets::sorted(&touching, square_count),
            covering: Buckets::sorted(&covering, square_count),
            loads,
        }
    }

    /// Divides each square as the plan has it.
    fn divide(&self, coarser: u32) -> Division {
        let (columns, shift) = (self.squares.columns, self.squares.shift);
        let halvings = plan::halvings(&self.loads, self.vertices, shift, coarser);
        let mut refiner = Refiner::new();
        let mut squares = Vec::with_capacity(self.loads.len() + 1);
        for (square, halvings) in (0u32..).zip(halvings) {
            let lattice = self.squares.within(square / columns, square % columns, halvings);
            let (touching, covering) = (self.touching.of(square), self.covering.of(square));
            squares.push(Square::new(refiner.divide(&lattice, touching, covering), halvings));
        }
        // What lies outside the box around all zones is looked up here.
        squares.push(Square::new(0, 0));
        refiner.finish(squares)
    }

    fn into_index(self, zones: u32, bounds: BoundingBox, division: Division) -> ZoneIndex {
        let Lattice { shift, columns, rows, .. } = self.squares;
        let vertices = self.vertices;
        ZoneIndex { zones, bounds, shift, columns, rows, vertices, division }
    }
}

/// Counts an edge into the squares it touches.
fn share(line: &Line, touched: &[(u32, (u32, Edge))], shift: u32, loads: &mut [Load]) {
    let length = (line.east() - line.west() + line.high_y - line.low_y) as u64;
    let each = (length << 8 >> shift) / (touched.len() as u64).max(1);
    for (square, _) in touched {
        let load = &mut loads[*square as usize];
        load.edges += 1;
        load.length += each;
    }
}

/// Which squares have their south-western corner inside one zone.
#[derive(Default)]
struct Corners {
    rows: Range<u32>,
    columns: Range<u32>,
    /// Whether an odd number of edges has exactly this many columns to its west, for each
    /// row and column of the box around the zone.
    odd: Vec<bool>,
}

impl Corners {
    fn start(&mut self, squares: &Lattice, bounds: BoundingBox) {
        let (min, max) = (bounds.min, bounds.max);
        self.rows = squares.rows_meeting(min.lat_e7().into(), max.lat_e7().into());
        self.columns = squares.columns_meeting(min.lon_e7().into(), max.lon_e7().into());
        self.odd.clear();
        self.odd.resize(self.rows.len() * self.columns.len(), false);
    }

    fn cross(&mut self, squares: &Lattice, line: &Line) {
        for row in squares.rows_starting_in(line.low_y, line.high_y) {
            let west = squares.columns_west_of(line, squares.south_of(row));
            if west > self.columns.start {
                let column = (west - 1 - self.columns.start) as usize;
                let row = (row - self.rows.start) as usize;
                self.odd[row * self.columns.len() + column] ^= true;
            }
        }
    }

    fn finish(&self, squares: &Lattice, mut covered: impl FnMut(u32)) {
        for (row, odd) in self.rows.clone().zip(self.odd.chunks_exact(self.columns.len())) {
            let mut inside = false;
            for (column, odd) in self.columns.clone().zip(odd).rev() {
                inside ^= odd;
                if inside {
                    covered(row * squares.columns + column);
                }
            }
        }
    }
}

/// Things in the square they belong to, in the order they came.
struct Buckets<T> {
    starts: Vec<u32>,
    things: Vec<T>,
}

impl<T: Copy> Buckets<T> {
    fn sorted(unsorted: &[(u32, T)], buckets: usize) -> Self {
        let mut starts = vec![0u32; buckets + 1];
        unsorted.iter().for_each(|(bucket, _)| starts[*bucket as usize + 1] += 1);
        for i in 0..buckets {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut things: Vec<T> = unsorted.iter().map(|(_, thing)| *thing).collect();
        for (bucket, thing) in unsorted {
            let place = &mut next[*bucket as usize];
            things[*place as usize] = *thing;
            *place += 1;
        }
        Self { starts, things }
    }

    fn of(&self, bucket: u32) -> &[T] {
        let bucket = bucket as usize;
        &self.things[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}
