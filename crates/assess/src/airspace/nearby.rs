//! Which volumes are near, asked for a wider box than is needed now, so that the next legs of
//! the same aircraft find the answer at hand. What is near is then told exactly.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use spacetime::position::LON_E7_MAX;
use spacetime::{BoundingBox, Position};

/// The box around a way, or the two of one across the antimeridian.
type Boxes = (BoundingBox, Option<BoundingBox>);

/// The box around the short way between two positions; two where it crosses the antimeridian.
pub(super) fn between(a: Position, b: Position) -> Boxes {
    let around = BoundingBox { min: a, max: a }.grown_to(b);
    let (west, east) = (around.min.lon_e7(), around.max.lon_e7());
    if i64::from(east) - i64::from(west) <= i64::from(LON_E7_MAX) {
        return (around, None);
    }
    let corner = |lon, lat: Position| Position::from_e7(lon, lat.lat_e7()).expect("of the map");
    let of =
        |west, east| BoundingBox { min: corner(west, around.min), max: corner(east, around.max) };
    (of(east, LON_E7_MAX), Some(of(-LON_E7_MAX, west)))
}

/// The volumes that may be near the last boxes that were asked for.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    /// Every box in this one, with a margin of up to this many centimetres, is answered.
    answered: Option<(BoundingBox, i64)>,
    volumes: Vec<u32>,
}

impl Nearby {
    /// Every volume that may lie within `margin_cm` of the boxes, and perhaps others. Looks
    /// around a box `ahead_cm` wider when the last answer does not serve.
    pub(super) fn around(
        &mut self,
        (within, beyond): Boxes,
        margin_cm: i64,
        ahead_cm: i64,
        places: &Neighbourhoods,
    ) -> &[u32] {
        if beyond.is_some() {
            self.answered = None;
            places.within((within, beyond), margin_cm, &mut self.volumes);
            return &self.volumes;
        }
        let serves = self.answered.is_some_and(|(answered, margin)| {
            margin_cm <= margin && answered.covers(within.min) && answered.covers(within.max)
        });
        if !serves {
            let wider = within.grown_by_cm(ahead_cm);
            places.within((wider, None), margin_cm, &mut self.volumes);
            self.answered = Some((wider, margin_cm));
        }
        &self.volumes
    }

    /// The last answer.
    pub(super) fn last(&self) -> &[u32] {
        &self.volumes
    }
}

/// Side of a cell of [`Neighbourhoods`]: half a degree, in 1e-7 degree.
const CELL_E7: i32 = 5_000_000;
/// A box over more cells than this is looked at whatever is asked for.
const CELLS_MAX: i64 = 256;

/// Boxes around volumes and the margin of a warning, in coarse cells: the boxes that are asked
/// for are kilometres wide and would cover thousands of the cells of the zone index, which
/// tells more than is needed.
#[derive(Debug, Default)]
pub(super) struct Neighbourhoods {
    boxes: Vec<BoundingBox>,
    /// Parts of them beyond the antimeridian, by number.
    beyond: Vec<(u32, BoundingBox)>,
    cells: BTreeMap<(i32, i32), Vec<u32>>,
    wide: Vec<u32>,
}

impl Neighbourhoods {
    /// All that lies within `margin_cm` of the boxes.
    pub(super) fn new(boxes: &[BoundingBox], margin_cm: i64) -> Self {
        let mut found = Self::default();
        for (number, bounds) in (0_u32..).zip(boxes) {
            let grown = bounds.grown_by_cm(margin_cm);
            found.boxes.push(grown);
            found.enter(number, grown);
            if let Some(beyond) = bounds.grown_across_cm(margin_cm) {
                found.beyond.push((number, beyond));
                found.enter(number, beyond);
            }
        }
        found
    }

    fn enter(&mut self, number: u32, bounds: BoundingBox) {
        if how_many_under(bounds) > CELLS_MAX {
            self.wide.push(number);
            return;
        }
        for cell in cells_under(bounds) {
            self.cells.entry(cell).or_default().push(number);
        }
    }

    /// The volumes whose neighbourhood comes within `margin_cm` of the boxes, over the
    /// antimeridian too, ascending, into `found`, which is cleared first.
    pub(super) fn within(&self, (one, other): Boxes, margin_cm: i64, found: &mut Vec<u32>) {
        found.clear();
        for bounds in [Some(one), other].into_iter().flatten() {
            self.meeting(bounds.grown_by_cm(margin_cm), found);
            if let Some(beyond) = bounds.grown_across_cm(margin_cm) {
                self.meeting(beyond, found);
            }
        }
        found.sort_unstable();
        found.dedup();
    }

    /// Whether the neighbourhood of a volume meets one of the boxes.
    pub(super) fn is_met(&self, number: u32, (one, other): Boxes) -> bool {
        let boxes = [Some(self.boxes[number as usize]), self.beyond(number)].into_iter().flatten();
        boxes.into_iter().any(|b| b.meets(one) || other.is_some_and(|other| b.meets(other)))
    }

    /// Adds the volumes whose box meets `within`.
    fn meeting(&self, within: BoundingBox, found: &mut Vec<u32>) {
        let first = found.len();
        if how_many_under(within) > self.boxes.len() as i64 {
            found.extend((0..).zip(&self.boxes).map(|(number, _)| number));
        } else {
            found.extend_from_slice(&self.wide);
            for cell in cells_under(within) {
                found.extend(self.cells.get(&cell).into_iter().flatten());
            }
        }
        let mut kept = first;
        for n in first..found.len() {
            let number = found[n];
            if self.is_met(number, (within, None)) {
                found[kept] = number;
                kept += 1;
            }
        }
        found.truncate(kept);
    }

    /// The part of a volume's neighbourhood beyond the antimeridian, if it has one.
    fn beyond(&self, number: u32) -> Option<BoundingBox> {
        let found = self.beyond.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.beyond[found].1)
    }
}

fn cells_under(bounds: BoundingBox) -> impl Iterator<Item = (i32, i32)> {
    let (rows, columns) = rows_and_columns(bounds);
    rows.flat_map(move |row| columns.clone().map(move |column| (row, column)))
}

fn how_many_under(bounds: BoundingBox) -> i64 {
    let (rows, columns) = rows_and_columns(bounds);
    let count = |range: RangeInclusive<i32>| i64::from(range.end() - range.start() + 1);
    count(rows) * count(columns)
}

fn rows_and_columns(bounds: BoundingBox) -> (RangeInclusive<i32>, RangeInclusive<i32>) {
    let cell = |e7: i32| e7.div_euclid(CELL_E7);
    let (low, high) = (bounds.min, bounds.max);
    (cell(low.lat_e7())..=cell(high.lat_e7()), cell(low.lon_e7())..=cell(high.lon_e7()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(west: i32, south: i32, east: i32, north: i32) -> BoundingBox {
        let at = |lon: i32, lat: i32| Position::from_e7(lon * 100_000, lat * 100_000).unwrap();
        BoundingBox { min: at(west, south), max: at(east, north) }
    }

    #[test]
    fn every_box_that_meets_is_found_once_however_wide() {
        let boxes = vec![
            bounds(-10, -10, 130, 90),
            bounds(-17_900, -8_900, 17_900, 8_900),
            bounds(500, 500, 510, 510),
        ];
        let all = Neighbourhoods::new(&boxes, 0);
        let mut found = Vec::new();
        all.within((bounds(0, 0, 120, 60), None), 0, &mut found);
        assert_eq!(found, [0, 1]);
        all.within((bounds(510, 510, 520, 520), None), 0, &mut found);
        assert_eq!(found, [1, 2]);
        // Half a degree is 56 km at most.
        all.within((bounds(-60, 0, -60, 0), None), 5_700_000, &mut found);
        assert_eq!(found, [0, 1]);
    }

    #[test]
    fn what_lies_beyond_the_antimeridian_is_as_near_as_anything() {
        let east = bounds(-18_000, 0, -17_990, 10);
        let all = Neighbourhoods::new(&[east], 200_000);
        let mut found = Vec::new();
        let here = bounds(17_999, 5, 17_999, 5);
        all.within((here, None), 0, &mut found);
        assert_eq!(found, [0], "the margin of the volume");
        let farther = bounds(17_900, 5, 17_900, 5);
        all.within((farther, None), 0, &mut found);
        assert!(found.is_empty());
        all.within((farther, None), 12_000_000, &mut found);
        assert_eq!(found, [0], "the margin of the box");
    }
}
