//! `areas.geojson`: features, what they are called, and the ground they bound.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spacetime::BoundingBox;

use super::collected::{Collected, Text};
use super::ground::ground;
use super::names::ID_REPAIR;
use super::outline::{Distance, Frame, OUTLINE_PIECES_MAX, place, radius_cm};
use super::suggest::nearest;
use super::table::TEXT_CHARS_MAX;
use crate::fault::{FaultCode, NoteCode, PackFile, Place};
use crate::id::AreaId;
use crate::json::Json;
use crate::pack::{NamedArea, NamedPlace, folded};
use crate::text::{misleads, shown};

/// Most areas of a pack.
pub const AREAS_MAX: usize = 100_000;
/// Most aliases of one area.
const ALIASES_MAX: usize = 1_000;

/// Every property a feature may have. `note` is for people and means nothing.
const PROPERTIES: &[&str] = &["id", "name", "pcode", "aliases", "radius_m", "note"];

/// Most places of a pack that are no areas.
pub const PLACES_MAX: usize = 20_000;
/// Every property that a place may have: names may be shared, so that it has no `id`.
const PLACE_PROPERTIES: &[&str] = &["name", "pcode", "aliases", "reach_m", "note"];

/// What the file declares.
#[derive(Debug, Default)]
pub(super) struct AreasRead {
    /// The places that are no areas.
    pub(super) places: Vec<NamedPlace>,
    /// The areas without fault.
    pub(super) areas: BTreeMap<AreaId, NamedArea>,
    /// Those that are given by a distance.
    pub(super) distances: BTreeMap<AreaId, Distance>,
    /// Where each stands.
    pub(super) pointers: BTreeMap<AreaId, String>,
    /// All names that stand in the file; `None` when it could not be read.
    pub(super) declared: Option<BTreeSet<String>>,
}

/// A place in the file by its pointer, and where to put what is found there.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) pointer: String,
    pub(super) collected: &'a Collected,
}

impl At<'_> {
    pub(super) fn to(&self, member: impl std::fmt::Display) -> Self {
        Self { pointer: format!("{}/{member}", self.pointer), collected: self.collected }
    }

    pub(super) fn fault(
        &self,
        code: FaultCode,
        reason: impl Into<String>,
        repair: impl Into<String>,
    ) {
        let place = (PackFile::Areas, Place::Pointer(self.pointer.clone()), true);
        self.collected.fault(code, place, reason, repair);
    }

    pub(super) fn note(&self, code: NoteCode, text: impl Into<String>) {
        self.collected.note(code, PackFile::Areas, Place::Pointer(self.pointer.clone()), text);
    }

    fn mistyped(&self, found: &Json, wanted: &str) {
        let reason = format!("this is {}, not {wanted}", found.type_name());
        self.fault(FaultCode::WrongType, reason, format!("write {wanted}"));
    }
}

/// Reads the file. Without a region, whether areas lie in it is not looked at.
pub(super) fn areas(text: &str, region: Option<BoundingBox>, collected: &Collected) -> AreasRead {
    let at = At { pointer: String::new(), collected };
    let Some(json) = collection(text, &at) else {
        return AreasRead::default();
    };
    let features = features(&json);
    if features.len() > AREAS_MAX {
        let reason = format!("{} features, more than {AREAS_MAX}", features.len());
        at.to("features").fault(FaultCode::TooMany, reason, "split the pack");
    }
    let mut read = AreasRead { declared: Some(BTreeSet::new()), ..AreasRead::default() };
    let (frame, mut called) = (Frame::new(region, OUTLINE_PIECES_MAX), BTreeMap::new());
    for (n, json) in features.iter().enumerate().take(AREAS_MAX) {
        let at = at.to("features").to(n);
        if let Some(members) = json.get("properties").filter(|p| p.get("reach_m").is_some()) {
            read.places.extend(named_place(json, members, &at, &frame));
            continue;
        }
        if let Some(area) = feature(json, &at, &frame, &mut read, &mut called) {
            read.areas.insert(area.id.clone(), area);
        }
    }
    if read.places.len() > PLACES_MAX {
        let reason = format!("{} places, more than {PLACES_MAX}", read.places.len());
        at.to("features").fault(FaultCode::TooMany, reason, "keep those of the pack's region");
    }
    read.places.sort_unstable();
    read
}

/// A point with a `reach_m`: no area, but a place that reports name.
fn named_place(json: &Json, members: &Json, at: &At<'_>, frame: &Frame) -> Option<NamedPlace> {
    let properties = at.to("properties");
    if let Json::Object(listed) = members {
        unknown_properties(listed, PLACE_PROPERTIES, &properties);
    }
    let geometry = json.get("geometry").unwrap_or(&Json::Null);
    let point = geometry
        .get("coordinates")
        .filter(|_| geometry.get("type").and_then(Json::text) == Some("Point"));
    let Some(point) = point else {
        let reason = "what has a `reach_m` is a place, and its geometry is no Point";
        at.to("geometry").fault(FaultCode::GeojsonMalformed, reason, "give a Point, or `radius_m`");
        return None;
    };
    let position = place(point, &at.to("geometry").to("coordinates"), frame);
    let name = own_text(members, "name", &properties);
    if members.get("name").is_none() {
        properties.fault(FaultCode::KeyMissing, "the place has no `name`", "add \"name\": \"...\"");
    }
    let pcode = own_text(members, "pcode", &properties);
    let aliases = aliases(members, &properties);
    let reach_cm = radius_cm(members.get("reach_m")?, &properties.to("reach_m"))?;
    Some(NamedPlace {
        name: name?.to_owned(),
        aliases: aliases.into_iter().map(str::to_owned).collect(),
        pcode: pcode.map(str::to_owned),
        position: position?,
        radius_m: u32::try_from(reach_cm / 100).ok()?,
    })
}

/// The feature collection in a text.
pub(super) fn collection(text: &str, at: &At<'_>) -> Option<Json> {
    let text = Text::new(text);
    let json: Json = match serde_json::from_str(text.text) {
        Ok(json) => json,
        Err(fault) => {
            syntax_fault(&text, &fault, at.collected);
            return None;
        }
    };
    json.repeated_members(&mut |pointer| {
        let at = At { pointer, collected: at.collected };
        at.fault(FaultCode::KeyDuplicate, "this member stands twice in one object", "remove one");
    });
    check_crs(&json, at);
    let is_collection = json.get("type").and_then(Json::text) == Some("FeatureCollection");
    if !is_collection || json.get("features").and_then(Json::list).is_none() {
        let reason = "this is no feature collection (RFC 7946 §3.3)";
        at.fault(FaultCode::GeojsonMalformed, reason, FEATURE_COLLECTION);
        return None;
    }
    Some(json)
}

/// The features of a feature collection.
pub(super) fn features(collection: &Json) -> &[Json] {
    collection.get("features").and_then(Json::list).unwrap_or_default()
}

const FEATURE_COLLECTION: &str = "write { \"type\": \"FeatureCollection\", \"features\": [ ... ] }";

fn syntax_fault(text: &Text<'_>, fault: &serde_json::Error, collected: &Collected) {
    let at = text.offset(fault.line(), fault.column());
    let place = text.place(at..at, "");
    let whole = fault.to_string();
    let reason = whole.split(" at line ").next().unwrap_or(&whole);
    let (code, reason, repair) = if reason.contains("number out of range") {
        (FaultCode::PositionOffGlobe, "a number is not finite", "write a number of degrees")
    } else {
        let repair = "mend the JSON (RFC 8259) here; what the file says was not looked at";
        (FaultCode::JsonSyntax, reason, repair)
    };
    collected.fault(code, (PackFile::Areas, place, true), reason, repair);
}

/// RFC 7946 §4: positions are WGS 84 longitude and latitude, and `crs` is gone. Of the old
/// member only what says the same passes.
fn check_crs(json: &Json, at: &At<'_>) {
    let Some(crs) = json.get("crs") else { return };
    let name = crs.get("properties").and_then(|p| p.get("name")).and_then(Json::text);
    let same = name.is_some_and(|name| name.ends_with(":CRS84"));
    if same {
        let text = "the member `crs` is obsolete; it says what RFC 7946 says anyway";
        at.to("crs").note(NoteCode::CrsRedundant, text);
    } else {
        let reason = "positions are to be WGS 84 longitude and latitude (RFC 7946 §4)";
        at.to("crs").fault(
            FaultCode::CrsUnsupported,
            reason,
            "convert the file to OGC:CRS84, and remove `crs`",
        );
    }
}

fn feature(
    json: &Json,
    at: &At<'_>,
    frame: &Frame,
    read: &mut AreasRead,
    called: &mut BTreeMap<String, String>,
) -> Option<NamedArea> {
    if json.get("type").and_then(Json::text) != Some("Feature") {
        let reason = "this is no feature (RFC 7946 §3.2)";
        at.fault(
            FaultCode::GeojsonMalformed,
            reason,
            "write { \"type\": \"Feature\", \"properties\": { ... }, \"geometry\": { ... } }",
        );
        return None;
    }
    let properties = at.to("properties");
    let Some(members @ Json::Object(listed)) = json.get("properties") else {
        let reason = "the feature has no properties, so the area has no name";
        at.fault(FaultCode::KeyMissing, reason, "add \"properties\": { \"id\": \"...\" }");
        return None;
    };
    unknown_properties(listed, PROPERTIES, &properties);
    let id = own_id(members, &properties, read);
    if let Some(id) = &id {
        read.pointers.insert(id.clone(), at.pointer.clone());
    }
    let name = own_text(members, "name", &properties);
    let pcode = own_text(members, "pcode", &properties);
    let aliases = aliases(members, &properties);
    if let Some(id) = &id {
        let own = [("id", id.as_str())].into_iter().chain(name.map(|n| ("name", n)));
        let own = own.chain(pcode.map(|p| ("pcode", p)));
        for (key, word) in own.chain(aliases.iter().map(|alias| ("aliases", *alias))) {
            claim(called, id, word, &properties.to(key));
        }
    }
    let ground = ground(json.get("geometry"), members.get("radius_m"), at, frame)?;
    let id = id?;
    read.distances.extend(ground.given.map(|given| (id.clone(), given)));
    Some(NamedArea {
        name: name.map_or_else(|| id.to_string(), str::to_owned),
        id,
        pcode: pcode.map(str::to_owned),
        aliases: aliases.into_iter().map(str::to_owned).collect(),
        area: Arc::new(ground.area),
    })
}

fn unknown_properties(listed: &[(String, Json)], known: &[&str], at: &At<'_>) {
    for (key, _) in listed.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        let repair = nearest(key, known.iter().copied()).map_or_else(
            || format!("remove it; known here: {}", known.join(", ")),
            |near| format!("write `{near}` if that is meant"),
        );
        let reason = format!("an area has no property `{}`", shown(key));
        at.fault(FaultCode::KeyUnknown, reason, repair);
    }
}

fn own_id(members: &Json, at: &At<'_>, read: &mut AreasRead) -> Option<AreaId> {
    let Some(value) = members.get("id") else {
        at.fault(FaultCode::KeyMissing, "the area has no `id`", "add \"id\": \"...\"");
        return None;
    };
    let at = at.to("id");
    let Some(text) = value.text() else {
        at.mistyped(value, "a text");
        return None;
    };
    let Some(id) = AreaId::new(text) else {
        let reason = format!("\"{}\" has the form of no name", shown(text));
        at.fault(FaultCode::IdMalformed, reason, ID_REPAIR);
        return None;
    };
    if !read.declared.get_or_insert_default().insert(text.to_owned()) {
        let reason = format!("\"{text}\" is taken above");
        at.fault(FaultCode::IdDuplicate, reason, "give one of the two another name");
        return None;
    }
    Some(id)
}

fn own_text<'j>(members: &'j Json, key: &str, at: &At<'_>) -> Option<&'j str> {
    let value = members.get(key)?;
    checked_text(value, &at.to(key))
}

fn checked_text<'j>(value: &'j Json, at: &At<'_>) -> Option<&'j str> {
    let Some(text) = value.text() else {
        at.mistyped(value, "a text");
        return None;
    };
    if text.trim().is_empty() {
        at.fault(FaultCode::TextEmpty, "the text is empty", "write it out, or remove the member");
        return None;
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        let reason = format!("the text is longer than {TEXT_CHARS_MAX} characters");
        at.fault(FaultCode::TextTooLong, reason, "shorten it");
        return None;
    }
    if let Some(bad) = text.chars().find(|&c| misleads(c)) {
        let reason = format!(
            "the text holds U+{:04X}, which is not seen or reorders what is",
            u32::from(bad)
        );
        at.fault(FaultCode::TextControl, reason, "remove that character");
        return None;
    }
    Some(text)
}

fn aliases<'j>(members: &'j Json, at: &At<'_>) -> Vec<&'j str> {
    let Some(value) = members.get("aliases") else { return Vec::new() };
    let at = at.to("aliases");
    let Some(items) = value.list() else {
        at.mistyped(value, "a list of texts");
        return Vec::new();
    };
    if items.len() > ALIASES_MAX {
        let reason = format!("{} aliases, more than {ALIASES_MAX}", items.len());
        at.fault(FaultCode::TooMany, reason, "keep those that data sets use");
    }
    let read = items.iter().enumerate().take(ALIASES_MAX);
    let mut aliases: Vec<&str> =
        read.filter_map(|(n, item)| checked_text(item, &at.to(n))).collect();
    aliases.sort_unstable();
    aliases.dedup();
    aliases
}

fn claim(called: &mut BTreeMap<String, String>, id: &AreaId, word: &str, at: &At<'_>) {
    let owner = called.entry(folded(word)).or_insert_with(|| id.to_string());
    if owner != id.as_str() {
        let reason = format!("\"{}\" is what area \"{owner}\" is called", shown(word));
        at.fault(FaultCode::AliasShared, reason, "let one of the two have it");
    }
}
