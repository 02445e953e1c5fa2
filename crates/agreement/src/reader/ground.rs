//! GeoJSON geometries into checked areas.

use spacetime::{Area, AreaFlaw, Polygon, Position, Ring, RingPlace, check_parts};

use super::areas::At;
use super::flaws::{area_fault, flaw_fault};
use super::outline::{Distance, Frame, line, outlined, place, radius_cm};
use super::ring::{POLYGON, rings};
use crate::fault::FaultCode;
use crate::json::Json;

/// The ground of a feature.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) area: Area,
    /// The distance by which it was given; `None` for rings.
    pub(super) given: Option<Distance>,
}

impl Ground {
    fn by_distance(given: Distance, at: &At<'_>, frame: &Frame) -> Option<Self> {
        let area = outlined(&given, at, frame)?;
        Some(Self { area, given: Some(given) })
    }
}

/// The ground of a feature, in the region if one is given.
pub(super) fn ground(
    geometry: Option<&Json>,
    radius: Option<&Json>,
    at: &At<'_>,
    frame: &Frame,
) -> Option<Ground> {
    let geometry_at = at.to("geometry");
    let coordinates_at = geometry_at.to("coordinates");
    let (kind, coordinates) = kind_and_coordinates(geometry, &geometry_at)?;
    match (kind, radius) {
        ("Polygon", None) => {
            let area = polygons(&[coordinates], &|_| coordinates_at.clone(), frame)?;
            Some(Ground { area, given: None })
        }
        ("MultiPolygon", None) => {
            let parts: Vec<&Json> = coordinates.list()?.iter().collect();
            let area = polygons(&parts, &|n| coordinates_at.to(n), frame)?;
            Some(Ground { area, given: None })
        }
        ("Point", Some(radius)) => {
            let centre = place(coordinates, &coordinates_at, frame);
            let radius_cm = radius_cm(radius, &at.to("properties").to("radius_m"));
            let given = Distance { line: vec![centre?], radius_cm: radius_cm? };
            Ground::by_distance(given, &geometry_at, frame)
        }
        ("LineString", Some(radius)) => {
            let line = line(coordinates, &coordinates_at, frame);
            let radius_cm = radius_cm(radius, &at.to("properties").to("radius_m"));
            let given = Distance { line: line?, radius_cm: radius_cm? };
            Ground::by_distance(given, &geometry_at, frame)
        }
        ("Point" | "LineString", None) => {
            let reason = format!("a {kind} has no ground without a radius");
            let repair = "add \"radius_m\": ... to its properties, in metres";
            at.to("properties").fault(FaultCode::KeyMissing, reason, repair);
            None
        }
        ("Polygon" | "MultiPolygon", Some(_)) => {
            let reason = "`radius_m` is for points and lines, and this is a polygon";
            let at = at.to("properties").to("radius_m");
            at.fault(FaultCode::KeyUnknown, reason, "remove it, or give a Point");
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

fn kind_and_coordinates<'j>(
    geometry: Option<&'j Json>,
    at: &At<'_>,
) -> Option<(&'j str, &'j Json)> {
    let Some(geometry @ Json::Object(_)) = geometry else {
        let reason = "the area has no geometry, so it lies nowhere";
        at.fault(FaultCode::KeyMissing, reason, "add a Polygon, or a Point with `radius_m`");
        return None;
    };
    let kind = geometry.get("type").and_then(Json::text).unwrap_or_default();
    let Some(coordinates) = geometry.get("coordinates").filter(|c| c.list().is_some()) else {
        let reason = "the geometry has no list of coordinates";
        at.fault(FaultCode::GeojsonMalformed, reason, "add \"coordinates\": [ ... ]");
        return None;
    };
    Some((kind, coordinates))
}

/// Parts in the order of the file, each of which stands at `part_at`.
fn polygons<'a>(parts: &[&Json], part_at: &dyn Fn(usize) -> At<'a>, frame: &Frame) -> Option<Area> {
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
        inside &= check_region(part[0].vertices(), &part_at(n), frame).is_some();
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

/// All of an area lies in the region; when it would with longitude and latitude swapped, that
/// is what is said.
pub(super) fn check_region(outline: &[Position], at: &At<'_>, frame: &Frame) -> Option<()> {
    let Some(region) = frame.region() else { return Some(()) };
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
