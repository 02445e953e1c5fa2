//! Areas given by a distance: points and lines with a radius.

use std::cell::Cell;

use spacetime::outline::{Fit, OutlineFault, RADIUS_CM_MAX, RADIUS_CM_MIN, buffer};
use spacetime::{Area, BoundingBox, Position};

use super::areas::At;
use super::ground::check_region;
use super::ring::{note_thirds, position};
use crate::fault::FaultCode;
use crate::json::Json;

/// Most circles, and pieces of a tenth of a degree of lines, that the areas of a pack are made
/// of: each takes about a millisecond, and a pack is to be read within a second whoever made it.
pub const OUTLINE_PIECES_MAX: i64 = 500;

/// What all areas of a file share.
#[derive(Debug)]
pub(super) struct Frame {
    region: Option<BoundingBox>,
    pieces_left: Cell<i64>,
}

impl Frame {
    pub(super) const fn new(region: Option<BoundingBox>, pieces_max: i64) -> Self {
        Self { region, pieces_left: Cell::new(pieces_max) }
    }

    pub(super) const fn region(&self) -> Option<BoundingBox> {
        self.region
    }

    /// Takes the pieces of a line or a point from those left; `None` when they are too few.
    fn take_pieces(&self, line: &[Position]) -> Option<()> {
        let steps = |edge: &[Position]| {
            let lon = edge[0].lon_e7().abs_diff(edge[1].lon_e7());
            i64::from(lon.max(edge[0].lat_e7().abs_diff(edge[1].lat_e7())))
        };
        let pieces: i64 = line.windows(2).map(|edge| steps(edge) / PIECE_E7 + 1).sum();
        self.pieces_left.set(self.pieces_left.get() - pieces.max(1));
        (self.pieces_left.get() >= 0).then_some(())
    }
}

/// A tenth of a degree, in grid steps.
const PIECE_E7: i64 = 1_000_000;

/// The radius of a point or a line, in centimetres.
pub(super) fn radius_cm(radius: &Json, at: &At<'_>) -> Option<i64> {
    let (low, high) = (RADIUS_CM_MIN / 100, RADIUS_CM_MAX / 100);
    let range = low as f64..=high as f64;
    let Json::Number(metres) = radius else {
        let reason = format!("this is {}, not a number of metres", radius.type_name());
        at.fault(
            FaultCode::WrongType,
            reason,
            "write the radius in metres, without quotation marks",
        );
        return None;
    };
    if !range.contains(metres) {
        let reason = format!("{metres} m lies outside {low} to {high} m");
        at.fault(FaultCode::NumberOutOfRange, reason, "give a radius in that range");
        return None;
    }
    Some((metres * 100.0).round() as i64)
}

pub(super) fn line(json: &Json, at: &At<'_>, frame: &Frame) -> Option<Vec<Position>> {
    let items = json.list().unwrap_or_default();
    if items.len() < 2 {
        let reason = "a line has at least two positions";
        at.fault(FaultCode::GeojsonMalformed, reason, "add positions, or give a Point");
        return None;
    }
    let read: Vec<Option<Position>> =
        items.iter().enumerate().map(|(n, json)| place(json, &at.to(n), frame)).collect();
    read.into_iter().collect()
}

/// A position in the region.
pub(super) fn place(json: &Json, at: &At<'_>, frame: &Frame) -> Option<Position> {
    let mut thirds = 0;
    let position = position(json, &|| at.clone(), &mut thirds)?;
    note_thirds(thirds, at);
    check_region(&[position], at, frame)?;
    Some(position)
}

/// A distance from a place or a line, as the file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distance {
    /// One position, or those of a line.
    pub(crate) line: Vec<Position>,
    /// In centimetres.
    pub(crate) radius_cm: i64,
}

/// Everything within a distance.
pub(super) fn outlined(
    Distance { line, radius_cm }: &Distance,
    at: &At<'_>,
    frame: &Frame,
) -> Option<Area> {
    if frame.take_pieces(line).is_none() {
        let reason = format!(
            "with this area there are more than {OUTLINE_PIECES_MAX} circles and pieces of lines"
        );
        at.fault(FaultCode::TooMany, reason, "draw some of them as polygons, or split the pack");
        return None;
    }
    let fault = match buffer(line, *radius_cm, Fit::Around) {
        Ok(area) => {
            let rim: Vec<Position> =
                area.polygons().iter().flat_map(|p| p.outer().vertices()).copied().collect();
            return check_region(&rim, at, frame).map(|()| area);
        }
        Err(fault) => fault,
    };
    let (code, repair) = match fault {
        OutlineFault::Radius => (FaultCode::NumberOutOfRange, "give a radius in that range"),
        OutlineFault::NearPole => {
            (FaultCode::PoleInside, "draw a ring that ends along latitude 90")
        }
        OutlineFault::NoLine | OutlineFault::LineTooLong | OutlineFault::RoundTheGlobe => {
            (FaultCode::TooMany, "cut the line in two areas")
        }
        OutlineFault::Area(_) => (FaultCode::RingDegenerate, "simplify the line, or draw a ring"),
    };
    at.fault(code, fault.to_string(), repair);
    None
}
