//! What lets a reader measure on the map: meridians and parallels with their names, and a
//! scale bar.

use crate::markup::Markup;
use crate::projection::{Point, Projection, nearest_position};
use crate::svg::{Path, Units};

/// Distances between two lines of the graticule, in thousandths of a degree.
const STEPS_MILLIDEG: [i64; 13] =
    [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000];
/// Most lines drawn along the longer side.
const LINES_MAX: f64 = 9.0;
/// Lengths of the scale bar, in metres.
const BARS_M: [u32; 15] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000,
];
const BAR_UNITS_MAX: f64 = 190.0;

/// Draws meridians and parallels, each named where it leaves the map.
pub(crate) fn graticule(m: &mut Markup, projection: &Projection) {
    let [west, south, east, north] = projection.shown_degrees();
    let longest = (east - west).max(north - south);
    let fits = |step: &&i64| longest / (**step as f64 / 1000.0) <= LINES_MAX;
    let step = *STEPS_MILLIDEG.iter().find(fits).unwrap_or(&60_000);
    let frame = projection.frame();
    let (bottom, right) = (frame.top + frame.height, frame.left + frame.width);
    let mut lines = Path::default();
    let mut names = Vec::new();
    for at in multiples(west.max(-180.0), east.min(180.0), step) {
        let x = projection.place(nearest_position(at as f64 / 1000.0, south)).x;
        lines.add(&[Point { x, y: frame.top }, Point { x, y: bottom }]);
        names.push((Point { x: x + 4.0, y: frame.top + 14.0 }, degrees(at, step, 'E', 'W')));
    }
    for at in multiples(south.max(-90.0), north.min(90.0), step) {
        let y = projection.place(nearest_position(west, at as f64 / 1000.0)).y;
        lines.add(&[Point { x: frame.left, y }, Point { x: right, y }]);
        names.push((Point { x: frame.left + 6.0, y: y - 4.0 }, degrees(at, step, 'N', 'S')));
    }
    m.leaf("path", &[("class", &"graticule"), ("d", &lines)]);
    for (at, name) in names {
        let (x, y) = (Units(at.x), Units(at.y));
        m.line("text", &[("class", &"small soft halo"), ("x", &x), ("y", &y)], name);
    }
}

fn multiples(low_deg: f64, high_deg: f64, step_millideg: i64) -> impl Iterator<Item = i64> {
    let first = (low_deg * 1000.0 / step_millideg as f64).ceil() as i64;
    let last = (high_deg * 1000.0 / step_millideg as f64).floor() as i64;
    (first..=last).map(move |n| n * step_millideg)
}

fn degrees(millideg: i64, step: i64, positive: char, negative: char) -> String {
    let side = if millideg < 0 { negative } else { positive };
    let (whole, part) = (millideg.unsigned_abs() / 1000, millideg.unsigned_abs() % 1000);
    let side = if millideg == 0 { String::new() } else { format!(" {side}") };
    match step {
        s if s % 1000 == 0 => format!("{whole}°{side}"),
        s if s % 100 == 0 => format!("{whole}.{}°{side}", part / 100),
        _ => format!("{whole}.{:02}°{side}", part / 10),
    }
}

/// Draws the scale bar in the lower right corner.
pub(crate) fn bar(m: &mut Markup, projection: &Projection) {
    let units = |metres: u32| projection.length(f64::from(metres));
    let metres = BARS_M.into_iter().rev().find(|&m| units(m) <= BAR_UNITS_MAX).unwrap_or(BARS_M[0]);
    let frame = projection.frame();
    let (right, y) = (frame.left + frame.width - 18.0, frame.top + frame.height - 18.0);
    let left = right - units(metres);
    let mut path = Path::default();
    let corner = |x, rise| Point { x, y: y - rise };
    path.add(&[corner(left, 5.0), corner(left, 0.0), corner(right, 0.0), corner(right, 5.0)]);
    m.leaf("path", &[("class", &"scale"), ("d", &path)]);
    let said = if metres >= 1000 { format!("{} km", metres / 1000) } else { format!("{metres} m") };
    m.line(
        "text",
        &[
            ("class", &"small halo"),
            ("x", &Units(f64::midpoint(left, right))),
            ("y", &Units(y - 5.0)),
            ("text-anchor", &"middle"),
        ],
        said,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meridians_are_named_with_as_many_decimals_as_their_step_needs() {
        assert_eq!(degrees(36_500, 500, 'E', 'W'), "36.5° E");
        assert_eq!(degrees(-1_050, 50, 'E', 'W'), "1.05° W");
        assert_eq!(degrees(0, 1000, 'N', 'S'), "0°");
    }

    #[test]
    fn multiples_lie_within_their_ends() {
        assert_eq!(multiples(-0.6, 1.0, 500).collect::<Vec<_>>(), [-500, 0, 500, 1000]);
    }
}
