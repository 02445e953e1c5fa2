//! Zones: areas without an agreement, told apart by their number alone.

use spacetime::Area;
use spacetime::index::ZONES_MAX;

use super::areas::{At, collection, features};
use super::collected::Collected;
use super::file_text;
use super::ground::ground;
use super::outline::Frame;
use crate::fault::{FaultCode, Note, PackFault, PackFile};
use crate::json::Json;

/// Largest file of zones, in bytes.
pub const ZONES_BYTES_MAX: usize = 1 << 30;

/// Reads a GeoJSON feature collection as zones, numbered as its features are, with the checks
/// that the areas of a pack undergo. Properties mean nothing but `radius_m`, which makes a
/// point or a line an area.
///
/// # Errors
/// All faults: a zone left out would shift the numbers of those after it.
pub fn read_zones(geojson: &[u8]) -> Result<(Vec<Area>, Vec<Note>), Vec<PackFault>> {
    let collected = Collected::default();
    let text = file_text(Some(geojson), PackFile::Areas, ZONES_BYTES_MAX, &collected);
    let at = At { pointer: String::new(), collected: &collected };
    let json = text.and_then(|text| collection(text, &at));
    let features = json.as_ref().map(features).unwrap_or_default();
    let at = at.to("features");
    if features.len() > ZONES_MAX {
        let reason = format!("{} features, more than {ZONES_MAX}", features.len());
        at.fault(FaultCode::TooMany, reason, "split the file");
    }
    let numbered = features.iter().take(ZONES_MAX).enumerate();
    // Whoever gives many circles waits for them; no agreement hangs on it.
    let frame = Frame::new(None, i64::MAX);
    let zones: Vec<Option<Area>> =
        numbered.map(|(n, json)| zone(json, &at.to(n), &frame)).collect();
    drop(json);
    let (faults, notes) = collected.into_sorted();
    if faults.is_empty() { Ok((zones.into_iter().flatten().collect(), notes)) } else { Err(faults) }
}

fn zone(feature: &Json, at: &At<'_>, frame: &Frame) -> Option<Area> {
    if feature.get("type").and_then(Json::text) != Some("Feature") {
        let reason = "this is no feature (RFC 7946 §3.2)";
        at.fault(FaultCode::GeojsonMalformed, reason, "make it a Feature with a geometry");
        return None;
    }
    let radius = feature.get("properties").and_then(|members| members.get("radius_m"));
    ground(feature.get("geometry"), radius, at, frame).map(|ground| ground.area)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection_of(features: &str) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
    }

    const SQUARE: &str = r#"{"type":"Feature","properties":{"colour":"red"},"geometry":
        {"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}}"#;

    #[test]
    fn zones_are_numbered_as_they_stand_whatever_they_are_called() {
        let text = collection_of(&[SQUARE, SQUARE].join(","));
        let (zones, _) = read_zones(text.as_bytes()).unwrap();
        assert_eq!(zones.len(), 2);
    }

    #[test]
    fn one_faulty_zone_refuses_the_file_and_says_which() {
        let bow = SQUARE.replace("[1,1],[0,1]", "[0,1],[1,1]");
        let faults = read_zones(collection_of(&format!("{SQUARE},{bow}")).as_bytes()).unwrap_err();
        assert_eq!(faults[0].code, FaultCode::RingCrosses);
        assert!(faults[0].to_string().contains("/features/1/geometry"), "{}", faults[0]);
    }

    #[test]
    fn what_is_no_feature_collection_is_refused() {
        let faults = read_zones(b"{\"type\":\"Polygon\"}").unwrap_err();
        assert_eq!(faults[0].code, FaultCode::GeojsonMalformed);
    }
}
