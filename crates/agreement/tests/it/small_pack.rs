//! A small sound pack, to be spoilt one fault at a time.

use agreement::PackFiles;
use agreement::fault::{Note, PackFault};
use agreement::pack::{Pack, read};

/// Every kind of table and clause, once.
pub(crate) const AGREEMENT: &str = include_str!("small_pack/agreement.toml");
/// Polygons with and without a hole, a circle and a buffer.
pub(crate) const AREAS: &str = include_str!("small_pack/areas.geojson");

/// The small pack with some of its text replaced: each snippet must stand in one of the two
/// files exactly once.
pub(crate) fn with(replaced: &[(&str, &str)]) -> (String, String) {
    let (mut agreement, mut areas) = (AGREEMENT.to_owned(), AREAS.to_owned());
    for (old, new) in replaced {
        let found = (agreement.matches(old).count(), areas.matches(old).count());
        match found {
            (1, 0) => agreement = agreement.replace(old, new),
            (0, 1) => areas = areas.replace(old, new),
            _ => panic!("{old:?} stands {found:?} times in the small pack"),
        }
    }
    (agreement, areas)
}

pub(crate) fn read_texts(
    agreement: &str,
    areas: &str,
) -> Result<(Pack, Vec<Note>), Vec<PackFault>> {
    read(&PackFiles {
        agreement_toml: Some(agreement.as_bytes()),
        areas_geojson: Some(areas.as_bytes()),
        has_sources: true,
    })
}

/// The faults of the small pack so replaced, one a line.
pub(crate) fn faults(replaced: &[(&str, &str)]) -> String {
    let (agreement, areas) = with(replaced);
    let faults = read_texts(&agreement, &areas).expect_err("the pack has a fault");
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

/// The pack so replaced, which has no fault.
pub(crate) fn pack(replaced: &[(&str, &str)]) -> Pack {
    let (agreement, areas) = with(replaced);
    match read_texts(&agreement, &areas) {
        Ok((pack, _)) => pack,
        Err(faults) => panic!("{faults:#?}"),
    }
}

/// The notes on the small pack so replaced, one a line.
pub(crate) fn notes(replaced: &[(&str, &str)]) -> String {
    let (agreement, areas) = with(replaced);
    let (_, notes) = read_texts(&agreement, &areas).expect("the pack has no fault");
    notes.iter().map(|note| format!("{note}\n")).collect()
}
