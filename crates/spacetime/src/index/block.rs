//! A block of points on its way from degrees to pairs, a step at a time.
//!
//! Each step is a plain loop over the block, so that the loads of one point need not wait
//! for those of the point before: that, and not arithmetic, is what a lookup costs.

use crate::area::Side;
use crate::position::{LAT_E7_MAX, LON_E7_MAX, Position};

use super::bulk::Pairs;
use super::lists::Lists;
use super::record::Record;
use super::{Cell, Division, ZoneIndex};

/// Points in a block: few enough that all that is known of them stays in the first cache.
pub(super) const BLOCK: usize = 512;
/// Pairs put down before they are handed on.
const PAIRS: usize = 2 * BLOCK;
/// Zones of a list that are put down without looking at its length.
const AT_ONCE: usize = 4;
/// Words in a line of the cache.
const LINE_WORDS: usize = 16;

/// A block of points.
pub(super) struct Block {
    len: usize,
    /// Longitude and latitude in grid steps; [`NOWHERE`] for a point off the globe.
    x: [i32; BLOCK],
    y: [i32; BLOCK],
    /// The cell each point lies in: first its number, then what the number stands for.
    cells: [u32; BLOCK],
    /// Which points have edges in their cell.
    near_edges: [u16; BLOCK],
    /// The zones of a point in a cell where many zones are open.
    crowd: Vec<u32>,
    found: Found,
}

/// Pairs of the block that are not handed on yet: the point's place in the block, the zone.
struct Found {
    len: usize,
    points: [u32; PAIRS],
    zones: [u32; PAIRS],
}

/// The longitude of a point off the globe: outside the box around any zones.
const NOWHERE: i32 = i32::MAX;

impl Default for Block {
    fn default() -> Self {
        let found = Found { len: 0, points: [0; PAIRS], zones: [0; PAIRS] };
        Self {
            len: 0,
            x: [0; BLOCK],
            y: [0; BLOCK],
            cells: [0; BLOCK],
            near_edges: [0; BLOCK],
            crowd: Vec::new(),
            found,
        }
    }
}

impl Block {
    /// Takes points in degrees, snapped as [`Position::from_degrees`] snaps them, and returns
    /// how many are not on the globe.
    pub(super) fn snap(&mut self, lon: &[f64], lat: &[f64]) -> u64 {
        /// As in [`crate::position::snap_e7`]; the sum has the steps in its lowest bits.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        self.len = lon.len();
        let mut off_globe = 0;
        let places = self.x.iter_mut().zip(&mut self.y).zip(lon.iter().zip(lat));
        for ((x, y), (lon, lat)) in places {
            let (lon, lat) = (lon * 1e7 + ROUND, lat * 1e7 + ROUND);
            let on_globe = ((lon - ROUND).abs() <= f64::from(LON_E7_MAX))
                & ((lat - ROUND).abs() <= f64::from(LAT_E7_MAX));
            *x = if on_globe { lon.to_bits() as i32 } else { NOWHERE };
            *y = lat.to_bits() as i32;
            off_globe += u32::from(!on_globe);
        }
        off_globe.into()
    }

    /// Takes points that are on the grid already.
    pub(super) fn take(&mut self, points: &[Position]) {
        self.len = points.len();
        for ((x, y), p) in self.x.iter_mut().zip(&mut self.y).zip(points) {
            (*x, *y) = (p.lon_e7(), p.lat_e7());
        }
    }

    /// Appends the pairs of the block.
    pub(super) fn find(&mut self, index: &ZoneIndex, first_row: u64, pairs: &mut Pairs) {
        let Division { cells, records, lists, .. } = &index.division;
        self.locate(index);
        let near_edges = self.look_up(cells);
        self.warm(records, near_edges);
        self.decide(records, near_edges);
        for place in 0..self.len {
            let cell = Cell(self.cells[place]);
            match cell.as_record() {
                None => self.found.put_list(place, lists, cell.0, first_row, pairs),
                Some(record) => {
                    let record = Record::at(records, record);
                    let (x, y) = (self.x[place], self.y[place]);
                    let open = record.entries().filter(|entry| entry.side(x, y) == Side::Inside);
                    self.crowd.clear();
                    self.crowd.extend(open.map(|entry| entry.zone));
                    self.crowd.extend(lists.at(record.whole()));
                    self.crowd.sort_unstable();
                    for &zone in &self.crowd {
                        self.found.put(place, zone, first_row, pairs);
                    }
                }
            }
        }
        self.found.hand_on(first_row, pairs);
    }

    /// Finds the number of each point's cell.
    fn locate(&mut self, index: &ZoneIndex) {
        let (west, south) = (index.bounds.min.lon_e7(), index.bounds.min.lat_e7());
        let width = index.bounds.max.lon_e7().wrapping_sub(west) as u32;
        let height = index.bounds.max.lat_e7().wrapping_sub(south) as u32;
        let (squares, shift) = (index.division.squares.as_slice(), index.shift);
        let columns = index.columns as usize;
        let outside = squares.len() - 1;
        let points = self.x[..self.len].iter().zip(&self.y);
        for (cell, (x, y)) in self.cells.iter_mut().zip(points) {
            let (east, north) = (x.wrapping_sub(west) as u32, y.wrapping_sub(south) as u32);
            let at = |steps: u32| (steps >> shift) as usize;
            let within = (east <= width) & (north <= height);
            let square = if within { at(north) * columns + at(east) } else { outside };
            let square = squares[square];
            *cell = if within { square.cell_at(east, north, shift) as u32 } else { 0 };
        }
    }

    /// Puts what is in the cells in the place of their numbers, and returns how many points
    /// have edges in theirs.
    fn look_up(&mut self, cells: &[Cell]) -> usize {
        let mut near_edges = 0;
        for (place, cell) in self.cells[..self.len].iter_mut().enumerate() {
            let content = cells[*cell as usize];
            *cell = content.0;
            self.near_edges[near_edges] = place as u16;
            near_edges += usize::from(content.as_record().is_some());
        }
        near_edges
    }

    /// Reads from each record that will be needed, so that it is at hand then.
    fn warm(&self, records: &[u32], near_edges: usize) {
        let touched = self.near_edges[..near_edges].iter().fold(0, |sum: u32, &place| {
            let record = (self.cells[usize::from(place)] & !Cell::RECORD) as usize;
            let far_end = records.get(record + LINE_WORDS).copied().unwrap_or(0);
            sum.wrapping_add(records[record]).wrapping_add(far_end)
        });
        std::hint::black_box(touched);
    }

    /// Puts the list that holds for the point in the place of its record, but for the few
    /// records that do not list all choices.
    fn decide(&mut self, records: &[u32], near_edges: usize) {
        for &place in &self.near_edges[..near_edges] {
            let place = usize::from(place);
            let record = Record::at(records, self.cells[place] & !Cell::RECORD);
            if let Some(list) = record.choose(self.x[place], self.y[place]) {
                self.cells[place] = list;
            }
        }
    }
}

impl Found {
    /// Puts down a point with all zones of a list.
    #[inline]
    fn put_list(
        &mut self,
        place: usize,
        lists: &Lists,
        list: u32,
        first_row: u64,
        pairs: &mut Pairs,
    ) {
        if self.len + AT_ONCE > PAIRS {
            self.hand_on(first_row, pairs);
        }
        let (count, zones) = lists.first_of::<AT_ONCE>(list);
        self.points[self.len..][..AT_ONCE].copy_from_slice(&[place as u32; AT_ONCE]);
        self.zones[self.len..][..AT_ONCE].copy_from_slice(zones);
        self.len += count.min(AT_ONCE);
        if count > AT_ONCE {
            for &zone in &lists.at(list)[AT_ONCE..] {
                self.put(place, zone, first_row, pairs);
            }
        }
    }

    fn put(&mut self, place: usize, zone: u32, first_row: u64, pairs: &mut Pairs) {
        if self.len == PAIRS {
            self.hand_on(first_row, pairs);
        }
        self.points[self.len] = place as u32;
        self.zones[self.len] = zone;
        self.len += 1;
    }

    fn hand_on(&mut self, first_row: u64, pairs: &mut Pairs) {
        let points = self.points[..self.len].iter();
        pairs.points.extend(points.map(|&place| first_row + u64::from(place)));
        pairs.zones.extend_from_slice(&self.zones[..self.len]);
        self.len = 0;
    }
}
