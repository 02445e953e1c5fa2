//! The two texts of a pack, each beside a sound one of the other.

use agreement::PackFiles;

/// One square, for an agreement to speak of.
const AREAS: &[u8] = include_bytes!("../sound/areas.geojson");
/// An agreement that speaks of that square.
const AGREEMENT: &[u8] = include_bytes!("../sound/agreement.toml");

/// Bytes as `agreement.toml`.
pub fn pack(bytes: &[u8]) {
    read(bytes, AREAS);
}

/// Bytes as `areas.geojson`.
pub fn geojson(bytes: &[u8]) {
    read(AGREEMENT, bytes);
}

fn read(agreement: &[u8], areas: &[u8]) {
    let files = PackFiles {
        agreement_toml: Some(agreement),
        areas_geojson: Some(areas),
        has_sources: true,
    };
    // Messages are part of what a parser does with hostile bytes.
    match agreement::reader::read(&files) {
        Ok((_, notes)) => notes.iter().for_each(|note| drop(note.to_string())),
        Err(faults) => faults.iter().for_each(|fault| drop(fault.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sound_pack_has_no_fault_of_its_own() {
        let files = PackFiles {
            agreement_toml: Some(AGREEMENT),
            areas_geojson: Some(AREAS),
            has_sources: true,
        };
        let faults = agreement::reader::read(&files).err().unwrap_or_default();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
