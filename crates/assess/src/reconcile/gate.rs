//! Which rows lie near enough to be weighed: cells on the ground, sorted, in classes of rows
//! whose spreads are alike, so that one coarse row does not widen the search for all.

use std::collections::BTreeMap;

use spacetime::Duration;
use spacetime::metric::local_distance_cm;
use spacetime::{Instant, Position};

use super::model::Model;
use super::row::{Row, Where};
use super::{CANDIDATES_MAX, numbered};

/// Grid steps of 1e-7 degree in which a metre of latitude is counted: 89.9, rounded down.
const STEPS_PER_M: i64 = 89;
/// More cells than this are not looked into one by one; the rows are, in order of time.
const CELLS_MAX: i64 = 256;

pub(super) struct Gate<'a> {
    rows: &'a [Row],
    classes: Vec<Class>,
    gate: i64,
}

/// Rows whose spreads of place and of time lie within a factor of two of each other.
struct Class {
    /// Width of a cell in grid steps; 0 for rows without a point.
    cell: i64,
    sd_m: i64,
    reach: Duration,
    length: Duration,
    /// Cell of latitude and longitude, start, row.
    by_cell: Vec<(i64, i64, Instant, u32)>,
    by_time: Vec<(Instant, u32)>,
}

impl<'a> Gate<'a> {
    pub(super) fn over(model: &Model, rows: &'a [Row]) -> Self {
        let gate = i64::from(model.gate_spreads);
        let mut classes: BTreeMap<(u32, u32, u32), Vec<u32>> = BTreeMap::new();
        for (n, row) in numbered(rows) {
            classes.entry(class_of(row)).or_default().push(n);
        }
        let classes = classes.into_values().map(|members| Class::of(gate, rows, &members));
        Self { rows, classes: classes.collect(), gate }
    }

    /// Rows that may be within the gate of `row`, in order. False when there are too many: then
    /// none.
    pub(super) fn candidates(&self, row: &Row, found: &mut Vec<u32>) -> bool {
        found.clear();
        for class in &self.classes {
            self.of_class(class, row, found);
            if found.len() > CANDIDATES_MAX {
                found.clear();
                return false;
            }
        }
        found.sort_unstable();
        true
    }

    fn of_class(&self, class: &Class, row: &Row, found: &mut Vec<u32>) {
        let reach = Duration::from_seconds(self.gate * (row.sd_s as i64 + 1));
        let widest = Duration::from_micros(reach.micros().saturating_add(class.reach.micros()));
        let from = row.start.minus(widest).minus(class.length);
        let to = row.end.plus(widest);
        let Where::Point { at, sd_cm } = row.place else {
            return class.in_time(from, to, found);
        };
        if class.cell == 0 {
            return class.in_time(from, to, found);
        }
        let reach_m = self.gate * (sd_cm / 100 + 1 + class.sd_m);
        let before = found.len();
        if !class.in_cells(at, reach_m, (from, to), found) {
            class.in_time(from, to, found);
        }
        let near = |n: u32| match self.rows[n as usize].place {
            Where::Point { at: other, .. } => is_within(at, other, reach_m),
            _ => true,
        };
        let mut kept = before;
        for n in before..found.len() {
            if near(found[n]) {
                found[kept] = found[n];
                kept += 1;
            }
        }
        found.truncate(kept);
    }
}

/// Whether two positions lie within a distance: by latitude alone first.
fn is_within(a: Position, b: Position, metres: i64) -> bool {
    let apart = i64::from(a.lat_e7()) - i64::from(b.lat_e7());
    apart.abs() <= (metres + 1) * (STEPS_PER_M + 2) && local_distance_cm(a, b) <= metres * 100
}

fn class_of(row: &Row) -> (u32, u32, u32) {
    let scale = |n: i64| 64 - n.max(1).leading_zeros();
    let place = match row.place {
        Where::Point { sd_cm, .. } => scale(sd_cm),
        Where::Unit(_) | Where::Unknown => 0,
    };
    (place, scale(row.sd_s as i64), scale(row.length_s() as i64))
}

impl Class {
    fn of(gate: i64, rows: &[Row], members: &[u32]) -> Self {
        let row = |n: &u32| &rows[*n as usize];
        let sd_cm = |row: &Row| match row.place {
            Where::Point { sd_cm, .. } => sd_cm,
            Where::Unit(_) | Where::Unknown => 0,
        };
        let sd_m = members.iter().map(|n| sd_cm(row(n))).max().unwrap_or(0) / 100;
        let placed = members.first().is_some_and(|n| sd_cm(row(n)) > 0);
        let cell = if placed { (gate * (sd_m + 1) * STEPS_PER_M).max(1) } else { 0 };
        let longest = members.iter().map(|n| row(n).end.since(row(n).start)).max();
        let sd_s = members.iter().map(|n| row(n).sd_s as i64 + 1).max().unwrap_or(0);
        let mut by_time: Vec<_> = members.iter().map(|n| (row(n).start, *n)).collect();
        by_time.sort_unstable();
        let in_cell = |n: &u32| match row(n).place {
            Where::Point { at, .. } if placed => {
                let of = |e7: i32| i64::from(e7).div_euclid(cell);
                Some((of(at.lat_e7()), of(at.lon_e7()), row(n).start, *n))
            }
            _ => None,
        };
        let mut by_cell: Vec<_> = members.iter().filter_map(in_cell).collect();
        by_cell.sort_unstable();
        Self {
            cell,
            sd_m,
            reach: Duration::from_seconds(gate * sd_s),
            length: longest.unwrap_or(Duration::ZERO),
            by_cell,
            by_time,
        }
    }

    fn in_time(&self, from: Instant, to: Instant, found: &mut Vec<u32>) {
        let first = self.by_time.partition_point(|(start, _)| *start < from);
        let near = self.by_time[first..].iter().take_while(|(start, _)| *start <= to);
        // One more than may be looked at tells that there are too many.
        found.extend(near.map(|(_, n)| *n).take(CANDIDATES_MAX + 1));
    }

    /// False when so many cells would have to be looked into that the rows are fewer, or when
    /// they would go around the globe.
    fn in_cells(
        &self,
        at: Position,
        reach_m: i64,
        (from, to): (Instant, Instant),
        found: &mut Vec<u32>,
    ) -> bool {
        const TURN: i64 = 3_600_000_000;
        let north = (reach_m + 1) * (STEPS_PER_M + 2);
        let farthest = i64::from(at.lat_e7()).abs() + north;
        // A degree of longitude is shorter by the cosine; past 80 degrees nearly nothing.
        if farthest > 800_000_000 {
            return false;
        }
        let cosine = libm::cos(farthest as f64 * (std::f64::consts::PI / 1.8e9));
        let east = (north as f64 / cosine) as i64 + 1;
        let cells = |middle: i32, half: i64| {
            let low = i64::from(middle) - half;
            (low.div_euclid(self.cell), (i64::from(middle) + half).div_euclid(self.cell))
        };
        let (south_cell, north_cell) = cells(at.lat_e7(), north);
        let (west_cell, east_cell) = cells(at.lon_e7(), east);
        let count = (north_cell - south_cell + 1) * (east_cell - west_cell + 1);
        let near_antimeridian = i64::from(at.lon_e7()).abs() + east > TURN / 2;
        if count > CELLS_MAX || near_antimeridian {
            return false;
        }
        for lat in south_cell..=north_cell {
            for lon in west_cell..=east_cell {
                let first = self.by_cell.partition_point(|c| (c.0, c.1, c.2) < (lat, lon, from));
                let here = self.by_cell[first..].iter();
                let near = here.take_while(|c| (c.0, c.1) == (lat, lon) && c.2 <= to);
                found.extend(near.map(|c| c.3));
            }
        }
        true
    }
}
