//! Which volumes are near, asked for a wider box than is needed now, so that the next legs of
//! the same aircraft find the answer at hand. What is near is then told exactly.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use spacetime::BoundingBox;

/// The volumes that may be near the last boxes that were asked for.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    /// Every box in this one, with a margin of up to this many centimetres, is answered.
    answered: Option<(BoundingBox, i64)>,
    volumes: Vec<u32>,
}

impl Nearby {
    /// Every volume that may lie within `margin_cm` of the box, and perhaps others. Asks `find`
    /// for a box `ahead_cm` wider when the last answer does not serve.
    pub(super) fn around(
        &mut self,
        within: BoundingBox,
        margin_cm: i64,
        ahead_cm: i64,
        find: impl FnOnce(BoundingBox, &mut Vec<u32>),
    ) -> &[u32] {
        let serves = self.answered.is_some_and(|(answered, margin)| {
            margin_cm <= margin && answered.covers(within.min) && answered.covers(within.max)
        });
        if !serves {
            let wider = within.grown_by_cm(ahead_cm);
            find(wider.grown_by_cm(margin_cm), &mut self.volumes);
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

/// Boxes around volumes, in coarse cells: the boxes that are asked for are kilometres wide and
/// would cover thousands of the cells of the zone index, which tells more than is needed.
#[derive(Debug, Default)]
pub(super) struct Neighbourhoods {
    boxes: Vec<BoundingBox>,
    cells: BTreeMap<(i32, i32), Vec<u32>>,
    wide: Vec<u32>,
}

impl Neighbourhoods {
    pub(super) fn new(boxes: Vec<BoundingBox>) -> Self {
        let mut found = Self::default();
        for (number, bounds) in (0_u32..).zip(&boxes) {
            if how_many_under(*bounds) > CELLS_MAX {
                found.wide.push(number);
                continue;
            }
            for cell in cells_under(*bounds) {
                found.cells.entry(cell).or_default().push(number);
            }
        }
        Self { boxes, ..found }
    }

    /// The volumes whose box meets `within`, ascending, into `found`, which is cleared first.
    pub(super) fn meeting(&self, within: BoundingBox, found: &mut Vec<u32>) {
        found.clear();
        if how_many_under(within) > self.boxes.len() as i64 {
            found.extend((0..).zip(&self.boxes).map(|(number, _)| number));
        } else {
            found.extend_from_slice(&self.wide);
            for cell in cells_under(within) {
                found.extend(self.cells.get(&cell).into_iter().flatten());
            }
        }
        found.retain(|&number| self.boxes[number as usize].meets(within));
        found.sort_unstable();
        found.dedup();
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
    use spacetime::Position;

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
        let all = Neighbourhoods::new(boxes);
        let mut found = Vec::new();
        all.meeting(bounds(0, 0, 120, 60), &mut found);
        assert_eq!(found, [0, 1]);
        all.meeting(bounds(510, 510, 520, 520), &mut found);
        assert_eq!(found, [1, 2]);
    }
}
