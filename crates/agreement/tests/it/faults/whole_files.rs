//! Faults of a file as a whole.

use agreement::PackFiles;
use agreement::pack::read;
use agreement::reader::{AGREEMENT_BYTES_MAX, AREAS_BYTES_MAX};

use crate::small_pack::{AGREEMENT, AREAS};

fn told(files: &PackFiles<'_>) -> String {
    read(files).expect_err("a fault").iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn a_folder_with_nothing_in_it() {
    insta::assert_snapshot!(told(&PackFiles::default()), @r"
        agreement.toml file-missing: the pack has no agreement.toml. Repair: add it to the folder.
        areas.geojson file-missing: the pack has no areas.geojson. Repair: add it to the folder.
        ");
}

#[test]
fn no_areas() {
    let agreement_toml = Some(AGREEMENT.as_bytes());
    let files = PackFiles { agreement_toml, areas_geojson: None, has_sources: true };
    insta::assert_snapshot!(told(&files), @r"areas.geojson file-missing: the pack has no areas.geojson. Repair: add it to the folder.");
}

#[test]
fn bytes_that_are_no_text() {
    let areas_geojson = Some(AREAS.as_bytes());
    let agreement_toml = Some(&b"id = \"\xff\""[..]);
    let files = PackFiles { agreement_toml, areas_geojson, has_sources: true };
    insta::assert_snapshot!(told(&files), @r"agreement.toml not-utf8: byte 6 is not UTF-8. Repair: save the file as UTF-8.");
}

#[test]
fn files_past_their_limits() {
    let (agreement, areas) = (vec![b' '; AGREEMENT_BYTES_MAX + 1], vec![b' '; AREAS_BYTES_MAX + 1]);
    let (agreement_toml, areas_geojson) = (Some(&agreement[..]), Some(&areas[..]));
    let files = PackFiles { agreement_toml, areas_geojson, has_sources: true };
    insta::assert_snapshot!(told(&files), @r"
        agreement.toml file-too-large: 4194305 bytes, more than 4194304. Repair: simplify it, or split the pack.
        areas.geojson file-too-large: 16777217 bytes, more than 16777216. Repair: simplify it, or split the pack.
        ");
}
