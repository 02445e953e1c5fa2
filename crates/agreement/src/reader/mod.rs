//! The reader of packs: two texts into a checked [`Pack`], or every fault in them.
//!
//! It goes on after a fault, so that all are told at once, and tells none twice: what refers
//! to a faulty thing is not faulty for that.

mod altitudes;
mod areas;
mod clauses;
mod collected;
mod flaws;
mod ground;
mod keys;
mod names;
pub(crate) mod outline;
mod parties;
mod ring;
mod suggest;
mod table;
mod times;
mod watch;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use spacetime::{BoundingBox, Position};
use toml::de::DeTable;

pub use self::altitudes::{BAND_CM_MIN, FEET_MAX, KILOMETRES_MAX, LOWEST_CM, METRES_MAX};
pub use self::areas::{AREAS_MAX, PLACES_MAX};
pub use self::clauses::{ACK_DELAY_S_MAX, CLAUSES_MAX, DISTANCE_M_MAX};
pub use self::collected::{FAULTS_MAX, NOTES_MAX};
pub use self::outline::OUTLINE_PIECES_MAX;
pub use self::parties::{DEVICES_MAX, GROUPS_MAX, PARTIES_MAX};
pub use self::table::TEXT_CHARS_MAX;
pub use self::watch::{EPU_M_MAX, REACH_M_MAX, WATCHERS_MAX};
pub use self::zones::{ZONES_BYTES_MAX, read_zones};

use self::areas::AreasRead;
use self::clauses::Scope;
use self::collected::{Collected, Text};
use self::names::Names;
use self::table::{Source, Table, Value};
use crate::clause::ClauseKind;
use crate::fault::{FaultCode, Note, NoteCode, PackFault, PackFile, Place};
use crate::id::{AreaId, PartyId};
use crate::pack::Pack;
use crate::parameters::Parameters;
use crate::text::shown;

/// The only format of packs there is so far.
pub const FORMAT: i64 = 1;
/// Largest `agreement.toml`, in bytes.
pub const AGREEMENT_BYTES_MAX: usize = 4 << 20;
/// Largest `areas.geojson`, in bytes.
pub const AREAS_BYTES_MAX: usize = 16 << 20;

/// The files of a pack's folder; `None` for one that is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct PackFiles<'a> {
    /// `agreement.toml`
    pub agreement_toml: Option<&'a [u8]>,
    /// `areas.geojson`
    pub areas_geojson: Option<&'a [u8]>,
    /// Whether there is a `SOURCES.md`.
    pub has_sources: bool,
}

/// Reads a pack and checks it.
///
/// # Errors
/// All faults, in the order of the files, at most [`FAULTS_MAX`].
pub fn read(files: &PackFiles<'_>) -> Result<(Pack, Vec<Note>), Vec<PackFault>> {
    let collected = Collected::default();
    if !files.has_sources {
        let text = "there is no SOURCES.md to say where the pack's facts come from";
        collected.note(NoteCode::SourcesMissing, PackFile::Sources, Place::File, text);
    }
    let pack = read_files(files, &collected);
    let (faults, notes) = collected.into_sorted();
    match pack {
        Some(pack) if faults.is_empty() => Ok((pack, notes)),
        _ => {
            assert!(!faults.is_empty(), "a pack that cannot be built has a fault");
            Err(faults)
        }
    }
}

fn read_files(files: &PackFiles<'_>, collected: &Collected) -> Option<Pack> {
    let text = |bytes, file, most| file_text(bytes, file, most, collected);
    let toml = text(files.agreement_toml, PackFile::Agreement, AGREEMENT_BYTES_MAX);
    let geojson = text(files.areas_geojson, PackFile::Areas, AREAS_BYTES_MAX);
    let source = Source { text: Text::new(toml.unwrap_or_default()), collected };
    let parsed = toml.and_then(|_| parse(&source));
    let root = parsed.as_ref().map(|(table, span)| Table::root(table, span.clone(), &source));
    let region = root.as_ref().and_then(region);
    let areas = geojson.map(|text| areas::areas(text, region, collected)).unwrap_or_default();
    agreement(&root?, region, areas)
}

/// The text of a file within its limit.
fn file_text<'a>(
    bytes: Option<&'a [u8]>,
    file: PackFile,
    bytes_max: usize,
    collected: &Collected,
) -> Option<&'a str> {
    let fault = |code, place, reason: String, repair: &str| {
        collected.fault(code, (file, place, true), reason, repair);
        None
    };
    let Some(bytes) = bytes else {
        let reason = format!("the pack has no {}", file.name());
        return fault(FaultCode::FileMissing, Place::File, reason, "add it to the folder");
    };
    if bytes.len() > bytes_max {
        let reason = format!("{} bytes, more than {bytes_max}", bytes.len());
        return fault(
            FaultCode::FileTooLarge,
            Place::File,
            reason,
            "simplify it, or split the pack",
        );
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(bad) => {
            let reason = format!("byte {} is not UTF-8", bad.valid_up_to());
            fault(FaultCode::NotUtf8, Place::File, reason, "save the file as UTF-8")
        }
    }
}

/// The root table, unless the text is no TOML. A key that stands twice is a fault, and the
/// rest is read.
fn parse<'a>(source: &Source<'a>) -> Option<(DeTable<'a>, Range<usize>)> {
    let (root, faults) = DeTable::parse_recoverable(source.text.text);
    let is_repeat = |fault: &&toml::de::Error| fault.message() == "duplicate key";
    let (repeats, unreadable): (Vec<_>, Vec<_>) = faults.iter().partition(is_repeat);
    for fault in &unreadable {
        let at = (fault.span().unwrap_or(0..0), "");
        let reason = shown(fault.message().lines().next().unwrap_or_default());
        let repair = "mend the TOML (https://toml.io) here; what the file says was not looked at";
        source.fault(FaultCode::TomlSyntax, at, reason, repair);
    }
    if !unreadable.is_empty() {
        return None;
    }
    for fault in repeats {
        let at = (fault.span().unwrap_or(0..0), "");
        let reason = "this key stands twice in one table";
        source.fault(FaultCode::KeyDuplicate, at, reason, "remove one");
    }
    let first_line = 0..source.text.text.find('\n').unwrap_or(source.text.text.len());
    Some((root.into_inner(), first_line))
}

/// `[region]`: the box that all areas and posts lie in.
fn region(root: &Table<'_>) -> Option<BoundingBox> {
    let table = root.require("region")?.table()?;
    let side = |key| table.require(key).and_then(|value| value.number());
    let (west, south, east, north) = (side("west"), side("south"), side("east"), side("north"));
    table.finish();
    let corner = |lon: f64, lat: f64| {
        let fault = |fault: spacetime::PositionFault| {
            let repair = "give longitudes and latitudes in degrees";
            table.fault(FaultCode::PositionOffGlobe, fault.to_string(), repair);
        };
        Position::from_degrees(lon, lat).map_err(fault).ok()
    };
    let (min, max) = (corner(west?, south?), corner(east?, north?));
    let (min, max) = (min?, max?);
    if min.lon_e7() >= max.lon_e7() || min.lat_e7() >= max.lat_e7() {
        let reason = "the region is empty, or runs across the antimeridian";
        let repair = "put west before east and south before north; make two packs of a region \
                      across the antimeridian";
        table.fault(FaultCode::RegionBackwards, reason, repair);
        return None;
    }
    Some(BoundingBox { min, max })
}

fn agreement(root: &Table<'_>, region: Option<BoundingBox>, areas: AreasRead) -> Option<Pack> {
    let format = root.require("format").and_then(|value| format(&value));
    let id = root.require("id").and_then(|value| pack_id(&value));
    let title = root.require("title").and_then(|value| value.text());
    let zone = root.require("time_zone").and_then(|value| times::zone(&value));
    let salt = root.get("salt").and_then(|value| keys::hex32(&value));
    let has_salt = root.get("salt").is_some();
    let names = declared_names(root, areas.declared.clone());
    let parameters = parameters(root);
    let scope = Scope { names: &names, bounds: parameters.height_bounds() };
    let parties = parties::parties(root, &names);
    let devices = parties::devices(root, &names);
    let quorums = parties::quorums(root, &names);
    let witness_groups = parties::witness_groups(root, &names);
    let recipients = parties::recipients(root, &names);
    let sensors = watch::sensors(root, &names);
    let posts = watch::posts(root, &names, region);
    let clauses = clauses::clauses(root, &scope);
    root.finish();
    if !posts.is_empty() && !has_salt {
        let text = "the pack has posts and no `salt`: whoever has all of it but them can search for \
                    their places by its version";
        root.note(NoteCode::PostsUnsalted, text);
    }
    format?;
    let mut pack = Pack {
        id: id?,
        title: title?.to_owned(),
        time_zone: zone?.name().to_owned(),
        region: region?,
        parties,
        devices,
        quorums,
        witness_groups,
        recipients,
        sensors,
        posts,
        areas: areas.areas,
        places: areas.places,
        clauses,
        parameters,
        version: crate::version::unversioned(),
    };
    pack.version = crate::version::version_of(&pack, &areas.distances, salt);
    note_unused(&pack, &areas.pointers, root);
    Some(pack)
}

fn format(value: &Value<'_>) -> Option<()> {
    let format = value.integer(0..=i64::MAX)?;
    if format == FORMAT {
        return Some(());
    }
    let reason = format!("format {format} is not one that this release reads");
    value.fault(
        FaultCode::FormatUnsupported,
        reason,
        format!("write {FORMAT}, or use a newer release"),
    );
    None
}

fn pack_id(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let id = PartyId::new(text);
    if id.is_none() {
        let reason = format!("\"{}\" has the form of no name", shown(text));
        value.fault(FaultCode::IdMalformed, reason, names::ID_REPAIR);
    }
    id.map(|id| id.as_str().to_owned())
}

fn declared_names(root: &Table<'_>, areas: Option<BTreeSet<String>>) -> Names {
    let role = |word: &str| names::ROLES.iter().find(|(name, _)| *name == word).map(|(_, r)| *r);
    let parties = names::declared(root, "party").into_iter();
    let clauses = names::declared(root, "clause").into_iter();
    Names {
        parties: parties.map(|(id, word)| (id.to_owned(), word.and_then(role))).collect(),
        areas,
        clauses: clauses.map(|(id, _)| id.to_owned()).collect(),
    }
}

/// `[parameters]`: any of them, within its range.
fn parameters(root: &Table<'_>) -> Parameters {
    let mut parameters = Parameters::default();
    let Some(table) = root.get("parameters").and_then(|value| value.table()) else {
        return parameters;
    };
    for (name, low, high) in Parameters::RANGES {
        let value = table.get(name).and_then(|value| value.integer(*low..=*high));
        if let Some(value) = value {
            let known = parameters.set(name, value);
            assert!(known, "a parameter with a range has a name");
        }
    }
    table.finish();
    for (low, high) in PARAMETER_PAIRS {
        let at = |name: &'static str| table.get(name);
        let set = |name: &str| parameters.get(name).expect("the pairs name parameters");
        if set(low) > set(high)
            && let Some(value) = at(low).or_else(|| at(high))
        {
            let reason = format!("`{low}` is {} and `{high}` is {}", set(low), set(high));
            value.fault(
                FaultCode::NumberOutOfRange,
                reason,
                format!("make `{low}` at most `{high}`"),
            );
        }
    }
    parameters
}

/// Parameters of which the first is at most the second.
const PARAMETER_PAIRS: &[(&str, &str)] = &[
    ("confirm_m", "confirm_n"),
    ("geoid_low_cm", "geoid_high_cm"),
    ("ground_low_cm", "ground_high_cm"),
    ("imminent_s", "look_ahead_s"),
];

/// Areas and parties that nothing refers to are most often a slip.
fn note_unused(pack: &Pack, pointers: &BTreeMap<AreaId, String>, root: &Table<'_>) {
    let mut used: BTreeSet<&AreaId> = pack.clauses.values().flat_map(|c| &c.areas).collect();
    used.extend(pack.sensors.values().filter_map(|s| s.coverage.as_ref()).map(|c| &c.area));
    for clause in pack.clauses.values() {
        if let ClauseKind::NoCorridor(corridor) = &clause.kind {
            used.extend([&corridor.from, &corridor.to]);
        }
    }
    for (id, pointer) in pointers.iter().filter(|(id, _)| !used.contains(id)) {
        let text = format!("no clause and no sensor refers to the area \"{id}\"");
        let place = Place::Pointer(pointer.clone());
        root.source().collected.note(NoteCode::AreaUnused, PackFile::Areas, place, text);
    }
}
