//! Rings and positions of a polygon.

use spacetime::position::LON_E7_MAX;
use spacetime::{Position, PositionFault, Ring};

use super::areas::At;
use super::flaws::area_fault;
use crate::fault::{FaultCode, NoteCode};
use crate::json::Json;

/// Outer ring and holes; `None` for those with a fault. Empty when it is no polygon.
pub(super) fn rings(json: &Json, at: &At<'_>) -> Vec<Option<Ring>> {
    let Some(rings) = json.list().filter(|rings| !rings.is_empty()) else {
        at.fault(FaultCode::GeojsonMalformed, "a polygon is a list of rings", POLYGON);
        return Vec::new();
    };
    let winding = |n| if n == 0 { Winding::CounterClockwise } else { Winding::Clockwise };
    rings.iter().enumerate().map(|(n, json)| ring(json, &at.to(n), winding(n))).collect()
}

pub(super) const POLYGON: &str = "write [ [ [lon, lat], ... ], hole, ... ]";

/// How RFC 7946 §3.1.6 winds a ring. §4 has readers accept either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Winding {
    CounterClockwise,
    Clockwise,
}

fn ring(json: &Json, at: &At<'_>, winding: Winding) -> Option<Ring> {
    let Some(items) = json.list() else {
        at.fault(FaultCode::GeojsonMalformed, "a ring is a list of positions", POLYGON);
        return None;
    };
    let mut thirds = 0;
    let read: Vec<Option<Position>> = items
        .iter()
        .enumerate()
        .map(|(n, json)| position(json, &|| at.to(n), &mut thirds))
        .collect();
    let vertices = read.into_iter().collect::<Option<Vec<Position>>>()?;
    note_thirds(thirds, at);
    check_closed(&vertices, at)?;
    check_antimeridian(&vertices, at)?;
    note_repeated(&vertices, at);
    let doubled = doubled_area(&vertices);
    let written = if doubled > 0 { Winding::CounterClockwise } else { Winding::Clockwise };
    if doubled != 0 && written != winding {
        let text = "the ring is wound against RFC 7946 §3.1.6, and was turned round";
        at.note(NoteCode::RingRewound, text);
    }
    Ring::new(vertices).map_err(|fault| area_fault(&fault, at)).ok()
}

pub(super) fn position<'a>(
    json: &Json,
    at: &dyn Fn() -> At<'a>,
    thirds: &mut usize,
) -> Option<Position> {
    let numbers = json.list().unwrap_or_default();
    let (Some(Json::Number(lon)), Some(Json::Number(lat))) = (numbers.first(), numbers.get(1))
    else {
        let reason = "a position is a list of two numbers";
        at().fault(FaultCode::GeojsonMalformed, reason, "write [longitude, latitude] in degrees");
        return None;
    };
    *thirds += usize::from(numbers.len() > 2);
    let fault = match Position::from_degrees(*lon, *lat) {
        Ok(position) => return Some(position),
        Err(fault) => fault,
    };
    let swapped =
        fault == PositionFault::LatitudeOutside && Position::from_degrees(*lat, *lon).is_ok();
    if swapped {
        let reason = format!("latitude {lat} is off the globe, and would be a longitude");
        at().fault(FaultCode::AxesSwapped, reason, "write [longitude, latitude], in that order");
    } else {
        let reason = format!("[{lon}, {lat}]: {fault}");
        at().fault(FaultCode::PositionOffGlobe, reason, "write [longitude, latitude] in degrees");
    }
    None
}

pub(super) fn note_thirds(thirds: usize, at: &At<'_>) {
    if thirds > 0 {
        let text = format!(
            "{thirds} positions have a third coordinate, which is ignored: heights stand in clauses"
        );
        at.note(NoteCode::ThirdCoordinate, text);
    }
}

fn check_closed(vertices: &[Position], at: &At<'_>) -> Option<()> {
    let closed = vertices.first() == vertices.last() && vertices.len() > 1;
    if !closed {
        let reason = "the ring is not closed: its last position is not its first";
        at.fault(FaultCode::RingNotClosed, reason, "repeat the first position at the end");
        return None;
    }
    if vertices.len() < 4 {
        let reason = format!("a ring of {} positions bounds nothing", vertices.len());
        at.fault(FaultCode::RingDegenerate, reason, "give at least four, the last like the first");
        return None;
    }
    Some(())
}

/// An edge over more than half the globe was meant to go the other way round.
fn check_antimeridian(vertices: &[Position], at: &At<'_>) -> Option<()> {
    let long =
        |edge: &[Position]| edge[0].lon_e7().abs_diff(edge[1].lon_e7()) > LON_E7_MAX.unsigned_abs();
    let Some(n) = vertices.windows(2).position(long) else { return Some(()) };
    let reason = format!("the edge from position {n} spans more than 180 degrees of longitude");
    at.fault(
        FaultCode::AntimeridianCrossed,
        reason,
        "cut the area at the antimeridian into a MultiPolygon (RFC 7946 §3.1.9); one around a pole \
         ends along latitude 90",
    );
    None
}

fn note_repeated(vertices: &[Position], at: &At<'_>) {
    let repeated = vertices.windows(2).filter(|edge| edge[0] == edge[1]).count();
    if repeated > 0 {
        let text = format!(
            "{repeated} positions repeat the one before, on the grid of 1e-7 degree, and were \
             dropped"
        );
        at.note(NoteCode::VertexRepeated, text);
    }
}

/// Twice the signed area of a closed ring, positive when counter-clockwise.
fn doubled_area(closed: &[Position]) -> i128 {
    closed
        .windows(2)
        .map(|edge| {
            let forward = i128::from(edge[0].lon_e7()) * i128::from(edge[1].lat_e7());
            forward - i128::from(edge[1].lon_e7()) * i128::from(edge[0].lat_e7())
        })
        .sum()
}
