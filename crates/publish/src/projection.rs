//! A local equirectangular projection: good for one map of one agreement's region, with a
//! scale that is true along its middle.

use spacetime::position::{LAT_E7_MAX, LON_E7_MAX};
use spacetime::{BoundingBox, Position};

/// Metres in one degree of latitude on the mean sphere (R = 6,371,008.8 m).
const METRES_PER_DEGREE: f64 = 111_195.08;
/// Smallest cosine used: maps next to a pole are stretched no further than this.
const COSINE_MIN: f64 = 0.02;
/// Shortest side of ground that is drawn, degrees: a single point is a map, too.
const SPAN_DEG_MIN: f64 = 0.01;

/// A point on the page, in user units of the drawing; y runs down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    /// Squared distance to another point.
    pub(crate) fn distance_squared(self, other: Self) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        dx * dx + dy * dy
    }
}

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Frame {
    /// Whether a point lies in the frame, or at most `by` outside.
    pub(crate) fn holds(&self, p: Point, by: f64) -> bool {
        p.x >= self.left - by
            && p.x <= self.left + self.width + by
            && p.y >= self.top - by
            && p.y <= self.top + self.height + by
    }
}

/// From positions to points in a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projection {
    frame: Frame,
    lon_mid_deg: f64,
    lat_mid_deg: f64,
    cosine: f64,
    units_per_degree: f64,
}

impl Projection {
    /// How many times as high as wide some ground is on the page.
    pub(crate) fn shape_of(ground: BoundingBox) -> f64 {
        let (_, lat_mid, lon_span, lat_span) = middle_and_spans(ground);
        lat_span / (lon_span * cosine_of(lat_mid))
    }

    /// Shows all of `ground` in the frame, with `padding` user units to spare on each side.
    pub(crate) fn fit(ground: BoundingBox, frame: Frame, padding: f64) -> Self {
        let (lon_mid_deg, lat_mid_deg, lon_span, lat_span) = middle_and_spans(ground);
        let cosine = cosine_of(lat_mid_deg);
        let across = (frame.width - 2.0 * padding) / (lon_span * cosine);
        let down = (frame.height - 2.0 * padding) / lat_span;
        Self { frame, lon_mid_deg, lat_mid_deg, cosine, units_per_degree: across.min(down) }
    }

    /// Where a position lies on the page; it may lie outside the frame.
    pub(crate) fn place(&self, p: Position) -> Point {
        let (x_mid, y_mid) = self.middle();
        let east = (p.lon_degrees() - self.lon_mid_deg) * self.cosine;
        let north = p.lat_degrees() - self.lat_mid_deg;
        Point { x: x_mid + east * self.units_per_degree, y: y_mid - north * self.units_per_degree }
    }

    /// A length on the ground as a length on the page.
    pub(crate) fn length(&self, metres: f64) -> f64 {
        metres / METRES_PER_DEGREE * self.units_per_degree
    }

    /// The frame it fills.
    pub(crate) fn frame(&self) -> Frame {
        self.frame
    }

    /// West, south, east and north of what the frame shows, in degrees.
    pub(crate) fn shown_degrees(&self) -> [f64; 4] {
        let lon_half = self.frame.width / 2.0 / self.units_per_degree / self.cosine;
        let lat_half = self.frame.height / 2.0 / self.units_per_degree;
        [
            self.lon_mid_deg - lon_half,
            self.lat_mid_deg - lat_half,
            self.lon_mid_deg + lon_half,
            self.lat_mid_deg + lat_half,
        ]
    }

    fn middle(&self) -> (f64, f64) {
        (self.frame.left + self.frame.width / 2.0, self.frame.top + self.frame.height / 2.0)
    }
}

fn middle_and_spans(ground: BoundingBox) -> (f64, f64, f64, f64) {
    let (min, max) = (ground.min, ground.max);
    (
        f64::midpoint(min.lon_degrees(), max.lon_degrees()),
        f64::midpoint(min.lat_degrees(), max.lat_degrees()),
        (max.lon_degrees() - min.lon_degrees()).max(SPAN_DEG_MIN),
        (max.lat_degrees() - min.lat_degrees()).max(SPAN_DEG_MIN),
    )
}

/// On pinned libm, so that the picture has the same bytes on every machine.
fn cosine_of(lat_deg: f64) -> f64 {
    libm::cos(lat_deg.to_radians()).max(COSINE_MIN)
}

/// A position from degrees, pulled back to the edge of the globe.
pub(crate) fn nearest_position(lon_deg: f64, lat_deg: f64) -> Position {
    let e7 = |degrees: f64, most: i32| {
        (degrees * 1e7).clamp(-f64::from(most), f64::from(most)).round_ties_even() as i32
    };
    Position::from_e7(e7(lon_deg, LON_E7_MAX), e7(lat_deg, LAT_E7_MAX))
        .expect("clamped to the globe")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f64, high: f64) -> BoundingBox {
        let corners = [nearest_position(low, low), nearest_position(high, high)];
        BoundingBox::around(corners).unwrap()
    }

    const FRAME: Frame = Frame { left: 0.0, top: 0.0, width: 1000.0, height: 600.0 };

    #[test]
    fn the_ground_lies_in_the_frame_with_north_up() {
        let projection = Projection::fit(square(36.0, 38.0), FRAME, 20.0);
        let south_west = projection.place(nearest_position(36.0, 36.0));
        let north_east = projection.place(nearest_position(38.0, 38.0));
        assert!(FRAME.holds(south_west, -19.0) && FRAME.holds(north_east, -19.0));
        assert!(south_west.x < north_east.x && south_west.y > north_east.y);
    }

    #[test]
    fn a_kilometre_is_as_long_northward_as_eastward_in_the_middle() {
        let projection = Projection::fit(square(59.0, 61.0), FRAME, 20.0);
        let from = projection.place(nearest_position(60.0, 60.0));
        let east = projection.place(nearest_position(60.2, 60.0)).x - from.x;
        let north = from.y - projection.place(nearest_position(60.0, 60.1)).y;
        assert!((east - north).abs() < 0.1, "{east} {north}");
        assert!((projection.length(11_119.5) - north).abs() < 0.1);
    }

    #[test]
    fn a_single_point_is_a_map_too() {
        let here = nearest_position(36.0, 32.0);
        let projection = Projection::fit(BoundingBox { min: here, max: here }, FRAME, 20.0);
        let middle = projection.place(here);
        assert!((middle.x - 500.0).abs() < 1e-6 && (middle.y - 300.0).abs() < 1e-6);
    }
}
