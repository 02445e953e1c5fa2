//! What is put right or worth a look, and no fault.

use crate::small_pack::{notes, pack};

#[test]
fn a_ring_wound_the_other_way_is_turned_round() {
    let wound = [(
        "[36.5, 33.0], [36.5, 33.5], [36.0, 33.5], [36.0, 33.0]]",
        "[36.0, 33.5], [36.5, 33.5], [36.5, 33.0], [36.0, 33.0]]",
    )];
    insta::assert_snapshot!(notes(&wound), @r"areas.geojson#/features/0/geometry/coordinates/0 ring-rewound: the ring is wound against RFC 7946 §3.1.6, and was turned round.");
    assert_eq!(pack(&wound).areas, pack(&[]).areas);
}

#[test]
fn a_third_coordinate_is_ignored() {
    insta::assert_snapshot!(notes(&[("[36.7, 33.1]", "[36.7, 33.1, 850]")]), @r"areas.geojson#/features/3/geometry/coordinates/1 third-coordinate: 1 positions have a third coordinate, which is ignored: heights stand in clauses.");
}

#[test]
fn a_vertex_repeated_on_the_spot_is_dropped() {
    insta::assert_snapshot!(notes(&[("[36.5, 33.5],", "[36.5, 33.5], [36.5, 33.50000001],")]), @r"areas.geojson#/features/0/geometry/coordinates/0 vertex-repeated: 1 positions repeat the one before, on the grid of 1e-7 degree, and were dropped.");
}

#[test]
fn an_area_nobody_refers_to() {
    insta::assert_snapshot!(notes(&[("from = \"road\"", "from = \"round\"")]), @r#"areas.geojson#/features/3 area-unused: no clause and no sensor refers to the area "road"."#);
}

#[test]
fn posts_without_salt() {
    let salt = "salt = \"44e9ce7bb6ae875ae809f2760c925e56b14c2f7e4492f30bd618615363f3f532\"\n";
    insta::assert_snapshot!(notes(&[(salt, "")]), @r"agreement.toml:1:1 posts-unsalted: the pack has posts and no `salt`: whoever has all of it but them can search for their places by its version.");
}

#[test]
fn a_band_that_may_close_up() {
    insta::assert_snapshot!(notes(&[("floor = \"1000 ft baro\"", "floor = \"5900 m msl\"")]), @r"agreement.toml:103:9 band-may-close at clause[1].floor: the limits have different references, and with the pack's bounds between them the floor can reach the ceiling.");
}

#[test]
fn a_crs_that_says_what_the_format_says() {
    let crs = "{ \"type\": \"FeatureCollection\", \"crs\": { \"type\": \"name\", \"properties\": { \"name\": \"urn:ogc:def:crs:OGC:1.3:CRS84\" } },";
    insta::assert_snapshot!(notes(&[("{ \"type\": \"FeatureCollection\",", crs)]), @r"areas.geojson#/crs crs-redundant: the member `crs` is obsolete; it says what RFC 7946 says anyway.");
}

#[test]
fn witnesses_that_could_vouch_for_two_views() {
    let fewer = ("threshold = 2\nwitness", "threshold = 1\nwitness");
    insta::assert_snapshot!(notes(&[fewer]), @r"agreement.toml:57:1 witnesses-may-differ at witness_group[0]: two views of the record could both have their quorum: 1 of 2 witnesses are enough, and one party runs 1 of them; a threshold of 2 would rule that out, and until then only gossip between mirrors finds it.");
    let one_party = (
        "name = \"lower.example\", party = \"lower\"",
        "name = \"lower.example\", party = \"upper\"",
    );
    insta::assert_snapshot!(notes(&[one_party]), @r"agreement.toml:57:1 witnesses-may-differ at witness_group[0]: two views of the record could both have their quorum: 2 of 2 witnesses are enough, and one party runs 2 of them; witnesses of other parties would rule that out, and until then only gossip between mirrors finds it.");
    assert_eq!(notes(&[]), "");
}
