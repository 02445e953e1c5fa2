//! GeoJSON geometries into checked areas.

use spacetime::outline::{Fit, OutlineFault, RADIUS_CM_MAX, RADIUS_CM_MIN, buffer};
use spacetime::position::LON_E7_MAX;
use spacetime::{
    Area, AreaFault, AreaFlaw, BoundingBox, FlawKind, Polygon, Position, PositionFault, Ring,
    RingPlace, check_parts,
};

use super::areas::At;
use super::geojson::Json;
use crate::fault::{FaultCode, NoteCode};

/// The ground of a feature, in the region if one is given.
pub(super) fn ground(
    geometry: Option<&Json>,
    radius: Option<&Json>,
    at: &At<'_>,
    region: Option<BoundingBox>,
) -> Option<Area> {
    let geometry_at = at.to("geometry");
    let Some(geometry @ Json::Object(_)) = geometry else {
        let reason = "the area has no geometry, so it lies nowhere";
        geometry_at.fault(
            FaultCode::KeyMissing,
            reason,
            "add a Polygon, or a Point with `radius_m`",
        );
        return None;
    };
    let kind = geometry.get("type").and_then(Json::text).unwrap_or_default();
    let coordinates_at = geometry_at.to("coordinates");
    let Some(coordinates) = geometry.get("coordinates").filter(|c| c.list().is_some()) else {
        let reason = "the geometry has no list of coordinates";
        geometry_at.fault(FaultCode::GeojsonMalformed, reason, "add \"coordinates\": [ ... ]");
        return None;
    };
    match (kind, radius) {
        ("Polygon", None) => polygons(&[coordinates], &|_| coordinates_at.clone(), region),
        ("MultiPolygon", None) => {
            let parts: Vec<&Json> = coordinates.list()?.iter().collect();
            polygons(&parts, &|n| coordinates_at.to(n), region)
        }
        ("Point", Some(radius)) => {
            let centre = position_of(coordinates, &coordinates_at, region);
            let radius_cm = radius_cm(radius, &at.to("properties").to("radius_m"));
            outlined(&[centre?], radius_cm?, &geometry_at, region)
        }
        ("LineString", Some(radius)) => {
            let line = line(coordinates, &coordinates_at, region);
            let radius_cm = radius_cm(radius, &at.to("properties").to("radius_m"));
            outlined(&line?, radius_cm?, &geometry_at, region)
        }
        ("Point" | "LineString", None) => {
            let reason = format!("a {kind} has no ground without a radius");
            let repair = "add \"radius_m\": ... to its properties, in metres";
            at.to("properties").fault(FaultCode::KeyMissing, reason, repair);
            None
        }
        ("Polygon" | "MultiPolygon", Some(_)) => {
            let reason = "`radius_m` is for points and lines, and this is a polygon";
            at.to("properties").to("radius_m").fault(
                FaultCode::KeyUnknown,
                reason,
                "remove it, or give a Point",
            );
            None
        }
        _ => {
            let reason =
                "an area is a Polygon, a MultiPolygon, or a Point or LineString with `radius_m`";
            geometry_at.fault(FaultCode::GeometryUnsupported, reason, "give one of those");
            None
        }
    }
}

/// The radius of a point or a line, in centimetres.
fn radius_cm(radius: &Json, at: &At<'_>) -> Option<i64> {
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

fn line(json: &Json, at: &At<'_>, region: Option<BoundingBox>) -> Option<Vec<Position>> {
    let items = json.list().unwrap_or_default();
    if items.len() < 2 {
        let reason = "a line has at least two positions";
        at.fault(FaultCode::GeojsonMalformed, reason, "add positions, or give a Point");
        return None;
    }
    let read: Vec<Option<Position>> =
        items.iter().enumerate().map(|(n, json)| position_of(json, &at.to(n), region)).collect();
    read.into_iter().collect()
}

/// A position in the region.
fn position_of(json: &Json, at: &At<'_>, region: Option<BoundingBox>) -> Option<Position> {
    let mut thirds = 0;
    let position = position(json, &|| at.clone(), &mut thirds)?;
    note_thirds(thirds, at);
    check_region(&[position], at, region)?;
    Some(position)
}

/// Everything within a radius of a place or a line.
fn outlined(
    line: &[Position],
    radius_cm: i64,
    at: &At<'_>,
    region: Option<BoundingBox>,
) -> Option<Area> {
    let fault = match buffer(line, radius_cm, Fit::Around) {
        Ok(area) => {
            let rim: Vec<Position> =
                area.polygons().iter().flat_map(|p| p.outer().vertices()).copied().collect();
            return check_region(&rim, at, region).map(|()| area);
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

/// Parts in the order of the file, each of which stands at `part_at`.
fn polygons<'a>(
    parts: &[&Json],
    part_at: &dyn Fn(usize) -> At<'a>,
    region: Option<BoundingBox>,
) -> Option<Area> {
    if parts.is_empty() {
        part_at(0).fault(FaultCode::GeojsonMalformed, "there is no polygon here", POLYGON);
        return None;
    }
    let rings: Vec<Vec<Option<Ring>>> =
        parts.iter().enumerate().map(|(n, json)| rings(json, &part_at(n))).collect();
    let whole = rings.iter().map(|part| part.iter().flatten().collect::<Vec<&Ring>>());
    let whole: Vec<Vec<&Ring>> = whole.collect();
    if rings.iter().flatten().any(Option::is_none) || whole.iter().any(Vec::is_empty) {
        check_each_ring(&rings, part_at);
        return None;
    }
    let flaws = check_parts(&whole);
    for flaw in &flaws {
        flaw_fault(flaw, &part_at(flaw.ring.part).to(flaw.ring.ring));
    }
    let mut inside = true;
    for (n, part) in whole.iter().enumerate() {
        inside &= check_region(part[0].vertices(), &part_at(n), region).is_some();
    }
    if !flaws.is_empty() || !inside {
        return None;
    }
    let polygon = |part: Vec<Option<Ring>>| {
        let mut rings = part.into_iter().flatten();
        Some(Polygon::new(rings.next()?, rings.collect()))
    };
    let polygons = rings.into_iter().map(polygon).collect::<Option<Vec<Polygon>>>()?;
    Area::new(polygons).map_err(|fault| area_fault(&fault, &part_at(0))).ok()
}

/// Where some ring could not be read, nesting cannot be judged, but each other ring can.
fn check_each_ring<'a>(parts: &[Vec<Option<Ring>>], part_at: &dyn Fn(usize) -> At<'a>) {
    for (part, rings) in parts.iter().enumerate() {
        for (ring, read) in rings.iter().enumerate() {
            if let Some((kind, at)) = read.as_ref().and_then(Ring::crosses_itself) {
                let ring = RingPlace { part, ring };
                flaw_fault(&AreaFlaw { ring, kind, at }, &part_at(part).to(ring.ring));
            }
        }
    }
}

fn flaw_fault(flaw: &AreaFlaw, at: &At<'_>) {
    let place = flaw.at;
    let own = |what: &str| format!("the ring {what} at {place}");
    let (code, reason, repair) = match flaw.kind {
        FlawKind::CrossesItself => (FaultCode::RingCrosses, own("crosses itself"), UNTANGLE),
        FlawKind::RunsAlongItself => (FaultCode::RingCrosses, own("runs along itself"), UNTANGLE),
        FlawKind::Spike => {
            (FaultCode::RingCrosses, own("runs out and back on one line"), "remove the spike")
        }
        FlawKind::Crosses(other) | FlawKind::RunsAlong(other) => {
            let what =
                if matches!(flaw.kind, FlawKind::Crosses(_)) { "crosses" } else { "runs along" };
            let reason = own(&format!("{what} {}", named(other, flaw.ring)));
            if other.part == flaw.ring.part {
                (
                    FaultCode::HoleOutside,
                    reason,
                    "draw the hole within its polygon, apart from others",
                )
            } else {
                (FaultCode::PartsOverlap, reason, APART)
            }
        }
        FlawKind::HoleOutside => {
            let reason = "the hole lies outside the polygon it is a hole in".to_owned();
            (FaultCode::HoleOutside, reason, "move it to the polygon it belongs to, or remove it")
        }
        FlawKind::HoleInHole(other) => {
            let reason = format!("the hole lies within {}", named(other, flaw.ring));
            (FaultCode::HoleOutside, reason, "remove the inner of the two, or make it a polygon")
        }
        FlawKind::PartInPart(other) => {
            let reason = format!("the polygon lies within {}", named(other, flaw.ring));
            (FaultCode::PartsOverlap, reason, "remove it, or make it a hole")
        }
    };
    at.fault(code, reason, repair);
}

/// Another ring, as seen from one: by its numbers in the file.
fn named(other: RingPlace, from: RingPlace) -> String {
    match (other.part == from.part, other.ring) {
        (true, 0) => "the rim of its polygon".to_owned(),
        (true, ring) => format!("another hole, ring {ring}"),
        (false, 0) => format!("polygon {}", other.part),
        (false, ring) => format!("ring {ring} of polygon {}", other.part),
    }
}

const APART: &str = "merge the two, or draw them apart";
const UNTANGLE: &str = "draw the boundary in one pass without crossings";

fn area_fault(fault: &AreaFault, at: &At<'_>) {
    let (code, repair) = match fault {
        AreaFault::TooManyVertices => (FaultCode::TooMany, "simplify it, or split the area"),
        AreaFault::CrossesItself(_) => (FaultCode::RingCrosses, UNTANGLE),
        AreaFault::TooFewVertices | AreaFault::EnclosesNothing | AreaFault::Empty => {
            (FaultCode::RingDegenerate, "give at least three vertices that are not on one line")
        }
    };
    let reason = match fault {
        AreaFault::CrossesItself(place) => format!("the ring crosses itself at {place}"),
        _ => fault.to_string(),
    };
    at.fault(code, reason, repair);
}

/// Outer ring and holes; `None` for those with a fault. Empty when it is no polygon.
fn rings(json: &Json, at: &At<'_>) -> Vec<Option<Ring>> {
    let Some(rings) = json.list().filter(|rings| !rings.is_empty()) else {
        at.fault(FaultCode::GeojsonMalformed, "a polygon is a list of rings", POLYGON);
        return Vec::new();
    };
    let winding = |n| if n == 0 { Winding::CounterClockwise } else { Winding::Clockwise };
    rings.iter().enumerate().map(|(n, json)| ring(json, &at.to(n), winding(n))).collect()
}

const POLYGON: &str = "write [ [ [lon, lat], ... ], hole, ... ]";

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

fn position<'a>(json: &Json, at: &dyn Fn() -> At<'a>, thirds: &mut usize) -> Option<Position> {
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

fn note_thirds(thirds: usize, at: &At<'_>) {
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
        "cut the area at the antimeridian into a MultiPolygon (RFC 7946 §3.1.9); one around a pole ends along latitude 90",
    );
    None
}

fn note_repeated(vertices: &[Position], at: &At<'_>) {
    let repeated = vertices.windows(2).filter(|edge| edge[0] == edge[1]).count();
    if repeated > 0 {
        let text = format!(
            "{repeated} positions repeat the one before, on the grid of 1e-7 degree, and were dropped"
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

/// All of an area lies in the region; when it would with longitude and latitude swapped, that
/// is what is said.
fn check_region(outline: &[Position], at: &At<'_>, region: Option<BoundingBox>) -> Option<()> {
    let Some(region) = region else { return Some(()) };
    let outside = outline.iter().filter(|p| !region.covers(**p)).count();
    if outside == 0 {
        return Some(());
    }
    let swap = |p: &Position| Position::from_e7(p.lat_e7(), p.lon_e7()).ok();
    let swapped_fits = outline.iter().all(|p| swap(p).is_some_and(|p| region.covers(p)));
    if swapped_fits {
        let reason = "the ground lies in the region only with longitude and latitude swapped";
        at.fault(FaultCode::AxesSwapped, reason, "write [longitude, latitude], in that order");
    } else {
        let reason = format!(
            "{outside} of {} vertices lie outside the region the pack declares",
            outline.len()
        );
        at.fault(
            FaultCode::OutsideRegion,
            reason,
            "check the area, or widen `[region]` in agreement.toml",
        );
    }
    None
}
