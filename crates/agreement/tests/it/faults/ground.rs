//! Faults in where.

use crate::small_pack::faults;

#[test]
fn a_ring_that_is_not_closed() {
    insta::assert_snapshot!(faults(&[("[36.0, 33.5], [36.0, 33.0]]", "[36.0, 33.5]]")]), @r"areas.geojson#/features/0/geometry/coordinates/0 ring-not-closed: the ring is not closed: its last position is not its first. Repair: repeat the first position at the end.");
}

#[test]
fn a_bow_tie() {
    insta::assert_snapshot!(faults(&[("[36.5, 33.0], [36.5, 33.5], [36.0, 33.5], [36.0, 33.0]]", "[36.5, 33.5], [36.5, 33.0], [36.0, 33.5], [36.0, 33.0]]")]), @r"areas.geojson#/features/0/geometry/coordinates/0 ring-crosses: the ring crosses itself at 36.2500000 33.2500000. Repair: draw the boundary in one pass without crossings.");
}

#[test]
fn a_ring_that_crosses_itself_off_centre() {
    insta::assert_snapshot!(faults(&[("[36.5, 33.0], [36.5, 33.5], [36.0, 33.5], [36.0, 33.0]]", "[36.5, 33.4], [36.5, 33.0], [36.0, 33.5], [36.0, 33.0]]")]), @r"areas.geojson#/features/0/geometry/coordinates/0 ring-crosses: the ring crosses itself at 36.2777778 33.2222222. Repair: draw the boundary in one pass without crossings.");
}

#[test]
fn a_ring_that_crosses_itself_only_once_snapped() {
    let part = "[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]";
    let near = "[[[35.1, 32.1], [35.2, 32.1000001], [35.2, 32.2], [35.12, 32.10000003], [35.1, 32.2], [35.1, 32.1]]]";
    insta::assert_snapshot!(faults(&[(part, near)]), @r"areas.geojson#/features/1/geometry/coordinates/0/0 ring-crosses: the ring crosses itself at 35.1200000 32.1000000. Repair: draw the boundary in one pass without crossings.");
}

#[test]
fn a_spike() {
    insta::assert_snapshot!(faults(&[("[36.5, 33.5], [36.0, 33.5], [36.0, 33.0]]", "[36.5, 33.5], [36.6, 33.6], [36.5, 33.5], [36.0, 33.5], [36.0, 33.0]]")]), @r"areas.geojson#/features/0/geometry/coordinates/0 ring-crosses: the ring runs out and back on one line at 36.5000000 33.5000000. Repair: remove the spike.");
}

#[test]
fn a_hole_outside() {
    insta::assert_snapshot!(faults(&[("[[36.1, 33.1], [36.1, 33.2], [36.2, 33.2], [36.2, 33.1], [36.1, 33.1]]", "[[35.1, 33.1], [35.1, 33.2], [35.2, 33.2], [35.2, 33.1], [35.1, 33.1]]")]), @r"areas.geojson#/features/0/geometry/coordinates/1 hole-outside: the hole lies outside the polygon it is a hole in. Repair: move it to the polygon it belongs to, or remove it.");
}

#[test]
fn a_hole_across_the_rim() {
    insta::assert_snapshot!(faults(&[("[[36.1, 33.1], [36.1, 33.2], [36.2, 33.2], [36.2, 33.1], [36.1, 33.1]]", "[[35.9, 33.1], [35.9, 33.2], [36.2, 33.2], [36.2, 33.1], [35.9, 33.1]]")]), @r"areas.geojson#/features/0/geometry/coordinates/1 hole-outside: the ring crosses the rim of its polygon at 36.0000000 33.1000000. Repair: draw the hole within its polygon, apart from others.");
}

#[test]
fn a_hole_in_a_hole() {
    insta::assert_snapshot!(faults(&[("[36.2, 33.1], [36.1, 33.1]]\n", "[36.2, 33.1], [36.1, 33.1]],\n[[36.12, 33.12], [36.12, 33.18], [36.18, 33.18], [36.18, 33.12], [36.12, 33.12]]\n")]), @r"areas.geojson#/features/0/geometry/coordinates/2 hole-outside: the hole lies within another hole, ring 1. Repair: remove the inner of the two, or make it a polygon.");
}

#[test]
fn parts_that_overlap() {
    insta::assert_snapshot!(faults(&[("[[[35.3, 32.3], [35.4, 32.3], [35.4, 32.4], [35.3, 32.3]]]", "[[[35.1, 32.05], [35.2, 32.15], [35.1, 32.15], [35.1, 32.05]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/1/0 parts-overlap: the ring crosses polygon 0 at 35.1500000 32.1000000. Repair: merge the two, or draw them apart.");
}

#[test]
fn latitude_and_longitude_swapped() {
    insta::assert_snapshot!(faults(&[("[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]", "[[[33.1, 36.1], [33.1, 36.2], [33.2, 36.2], [33.1, 36.1]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/0 axes-swapped: the ground lies in the region only with longitude and latitude swapped. Repair: write [longitude, latitude], in that order.");
}

#[test]
fn latitude_off_the_globe_for_being_a_longitude() {
    insta::assert_snapshot!(faults(&[("[35.2, 32.1]", "[35.2, 132.1]")]), @r"areas.geojson#/features/1/geometry/coordinates/0/0/1 axes-swapped: latitude 132.1 is off the globe, and would be a longitude. Repair: write [longitude, latitude], in that order.");
}

#[test]
fn an_area_outside_the_region() {
    insta::assert_snapshot!(faults(&[("[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]", "[[[5.1, 52.1], [5.2, 52.1], [5.2, 52.2], [5.1, 52.1]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/0 outside-region: 3 of 3 vertices lie outside the region the pack declares. Repair: check the area, or widen `[region]` in agreement.toml.");
}

#[test]
fn two_vertices() {
    insta::assert_snapshot!(faults(&[("[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]", "[[[35.1, 32.1], [35.2, 32.1], [35.1, 32.1]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/0/0 ring-degenerate: a ring of 3 positions bounds nothing. Repair: give at least four, the last like the first.");
}

#[test]
fn three_vertices_on_one_line() {
    insta::assert_snapshot!(faults(&[("[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]", "[[[35.1, 32.1], [35.2, 32.1], [35.3, 32.1], [35.1, 32.1]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/0/0 ring-degenerate: a ring encloses nothing. Repair: give at least three vertices that are not on one line.");
}

#[test]
fn a_coordinate_that_is_not_finite() {
    insta::assert_snapshot!(faults(&[("[36.7, 33.1]", "[36.7, 1e999]")]), @r"areas.geojson:15:80 position-off-globe: a number is not finite. Repair: write a number of degrees.");
}

#[test]
fn a_coordinate_that_is_no_number() {
    insta::assert_snapshot!(faults(&[("[36.7, 33.1]", r#"[36.7, "33.1"]"#)]), @r"areas.geojson#/features/3/geometry/coordinates/1 geojson-malformed: a position is a list of two numbers. Repair: write [longitude, latitude] in degrees.");
}

#[test]
fn across_the_antimeridian() {
    insta::assert_snapshot!(faults(&[("west = 35.0", "west = -180.0"), ("east = 37.0", "east = 180.0"), ("[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]", "[[[179.0, 32.1], [-179.0, 32.1], [-179.0, 32.2], [179.0, 32.1]]]")]), @r"areas.geojson#/features/1/geometry/coordinates/0/0 antimeridian-crossed: the edge from position 0 spans more than 180 degrees of longitude. Repair: cut the area at the antimeridian into a MultiPolygon (RFC 7946 §3.1.9); one around a pole ends along latitude 90.");
}

#[test]
fn a_circle_about_a_pole() {
    insta::assert_snapshot!(faults(&[("north = 34.0", "north = 90.0"), (r#""coordinates": [36.25, 33.25]"#, r#""coordinates": [36.25, 89.95]"#)]), @r"areas.geojson#/features/2/geometry pole-inside: the area holds a pole or comes too near to one; give it as a polygon. Repair: draw a ring that ends along latitude 90.");
}

#[test]
fn a_point_without_radius() {
    insta::assert_snapshot!(faults(&[(r#", "radius_m": 20000"#, "")]), @r#"areas.geojson#/features/2/properties key-missing: a Point has no ground without a radius. Repair: add "radius_m": ... to its properties, in metres."#);
}

#[test]
fn a_radius_in_another_unit() {
    insta::assert_snapshot!(faults(&[(r#""radius_m": 20000"#, r#""radius_m": 20000000"#)]), @r"areas.geojson#/features/2/properties/radius_m number-out-of-range: 20000000 m lies outside 1 to 1000000 m. Repair: give a radius in that range.");
}

#[test]
fn a_geometry_of_no_ground() {
    insta::assert_snapshot!(faults(&[(r#""type": "LineString""#, r#""type": "MultiPoint""#)]), @r"areas.geojson#/features/3/geometry geometry-unsupported: an area is a Polygon, a MultiPolygon, or a Point or LineString with `radius_m`. Repair: give one of those.");
}

#[test]
fn an_area_nobody_declares() {
    insta::assert_snapshot!(faults(&[(r#"from = "road""#, r#"from = "raod""#)]), @r#"agreement.toml:175:8 area-unknown at clause[8].from: the pack has no area "raod". Repair: write "road" if that is meant."#);
}

#[test]
fn an_area_name_taken() {
    insta::assert_snapshot!(faults(&[(r#""id": "road""#, r#""id": "town""#)]), @r#"
        agreement.toml:175:8 area-unknown at clause[8].from: the pack has no area "road". Repair: declare that area, or name another.
        areas.geojson#/features/3/properties/id id-duplicate: "town" is taken above. Repair: give one of the two another name.
        "#);
}

#[test]
fn an_alias_of_two_areas() {
    insta::assert_snapshot!(faults(&[(r#""name": "The Road""#, r#""name": "WADI""#)]), @r#"areas.geojson#/features/3/properties/name alias-shared: "WADI" is what area "valley" is called. Repair: let one of the two have it."#);
}

#[test]
fn another_reference_system() {
    insta::assert_snapshot!(faults(&[(r#"{ "type": "FeatureCollection","#, r#"{ "type": "FeatureCollection", "crs": { "type": "name", "properties": { "name": "EPSG:32637" } },"#)]), @r"areas.geojson#/crs crs-unsupported: positions are to be WGS 84 longitude and latitude (RFC 7946 §4). Repair: convert the file to OGC:CRS84, and remove `crs`.");
}

#[test]
fn an_unknown_property() {
    insta::assert_snapshot!(faults(&[(r#""radius_m": 500"#, r#""radius_km": 0.5"#)]), @r#"
        areas.geojson#/features/3/properties key-unknown: an area has no property `radius_km`. Repair: write `radius_m` if that is meant.
        areas.geojson#/features/3/properties key-missing: a LineString has no ground without a radius. Repair: add "radius_m": ... to its properties, in metres.
        "#);
}

#[test]
fn a_region_backwards() {
    insta::assert_snapshot!(faults(&[("west = 35.0", "west = 38.0")]), @r"agreement.toml:7:1 region-backwards at region: the region is empty, or runs across the antimeridian. Repair: put west before east and south before north; make two packs of a region across the antimeridian.");
}

#[test]
fn a_circle_that_reaches_out_of_the_region() {
    insta::assert_snapshot!(faults(&[("\"radius_m\": 20000", "\"radius_m\": 90000")]), @r"areas.geojson#/features/2/geometry outside-region: 26 of 79 vertices lie outside the region the pack declares. Repair: check the area, or widen `[region]` in agreement.toml.");
}

#[test]
fn a_pack_that_names_no_ground() {
    let named = "\"id\": \"road\", \"name\": \"The Road\", ";
    insta::assert_snapshot!(faults(&[(named, "")]), @r#"
        agreement.toml:175:8 area-unknown at clause[8].from: the pack has no area "road". Repair: declare that area, or name another.
        areas.geojson#/features/3/properties key-missing: the area has no `id`. Repair: add "id": "...".
        "#);
}

#[test]
fn an_area_without_geometry() {
    let geometry = "\"geometry\": { \"type\": \"Point\", \"coordinates\": [36.25, 33.25] }";
    insta::assert_snapshot!(faults(&[(geometry, "\"geometry\": null")]), @r"areas.geojson#/features/2/geometry key-missing: the area has no geometry, so it lies nowhere. Repair: add a Polygon, or a Point with `radius_m`.");
}

#[test]
fn a_radius_on_a_polygon() {
    insta::assert_snapshot!(faults(&[("\"aliases\": [\"Wadi\"]", "\"radius_m\": 5")]), @r"areas.geojson#/features/0/properties/radius_m key-unknown: `radius_m` is for points and lines, and this is a polygon. Repair: remove it, or give a Point.");
}
