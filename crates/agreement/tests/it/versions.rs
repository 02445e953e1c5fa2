//! Equal meaning gives an equal version, and another meaning another one.

use agreement::fault::Place;

use crate::small_pack::{AGREEMENT, AREAS, pack, read_texts};

fn version(replaced: &[(&str, &str)]) -> String {
    pack(replaced).version.0.to_string()
}

fn same(replaced: &[(&str, &str)]) {
    assert_eq!(version(replaced), version(&[]), "{replaced:?}");
}

fn another(replaced: &[(&str, &str)]) {
    assert_ne!(version(replaced), version(&[]), "{replaced:?}");
}

#[test]
fn comments_and_white_space_leave_no_trace() {
    same(&[("format = 1", "# A comment.\n\nformat   =   1   # another")]);
}

#[test]
fn a_byte_order_mark_leaves_no_trace() {
    let (agreement, areas) = (format!("\u{feff}{AGREEMENT}"), format!("\u{feff}{AREAS}"));
    let (read, _) = read_texts(&agreement, &areas).unwrap();
    assert_eq!(read.version.0.to_string(), version(&[]));
    let spoilt = agreement.replace("format = 1", "format = 2");
    let Place::Text { span, .. } = &read_texts(&spoilt, &areas).unwrap_err()[0].place else {
        panic!("the fault stands in a text");
    };
    assert_eq!(&spoilt[span.clone()], "2");
}

#[test]
fn the_order_of_keys_and_of_tables_leaves_no_trace() {
    same(&[("id = \"tablet-1\"\nparty = \"upper\"", "party = \"upper\"\nid = \"tablet-1\"")]);
    let mut tables: Vec<&str> = AGREEMENT.split("\n[[").collect();
    tables[1..].reverse();
    // The parameters close the last table, and a table of witnesses must follow its group.
    let (head, rest) = tables.split_first().unwrap();
    let reversed = format!("{head}\n[[{}", rest.join("\n[["));
    let (read, _) = read_texts(&reversed, AREAS).unwrap();
    assert_eq!(read.version.0.to_string(), version(&[]));
}

#[test]
fn winding_and_first_vertex_leave_no_trace() {
    let ring = "[36.0, 33.0], [36.5, 33.0], [36.5, 33.5], [36.0, 33.5], [36.0, 33.0]";
    same(&[(ring, "[36.0, 33.0], [36.0, 33.5], [36.5, 33.5], [36.5, 33.0], [36.0, 33.0]")]);
    same(&[(ring, "[36.5, 33.5], [36.0, 33.5], [36.0, 33.0], [36.5, 33.0], [36.5, 33.5]")]);
}

#[test]
fn the_order_of_parts_and_the_way_numbers_are_written_leave_no_trace() {
    let first = "[[[35.1, 32.1], [35.2, 32.1], [35.2, 32.2], [35.1, 32.1]]]";
    let second = "[[[35.3, 32.3], [35.4, 32.3], [35.4, 32.4], [35.3, 32.3]]]";
    same(&[(first, "#"), (second, first), ("#", second)]);
    same(&[("[36.6, 33.0]", "[3.66e1, 33]")]);
}

#[test]
fn one_instant_or_height_written_two_ways_is_one() {
    same(&[("{ local = 2017-07-09T12:00:00, zone = \"Asia/Damascus\" }", "2017-07-09T09:00:00Z")]);
    same(&[("FL195", "19500 ft baro")]);
    same(&[("default_epu_m = 92.6", "default_epu_m = 92.60")]);
}

#[test]
fn what_an_agreement_says_is_in_its_version() {
    another(&[("FL195", "FL200")]);
    another(&[("reach_m = 8000", "reach_m = 8001")]);
    another(&[("position = [36.25, 33.25]", "position = [36.25, 33.26]")]);
    another(&[("salt = \"44", "salt = \"45")]);
    another(&[("lost_after_s = 90", "lost_after_s = 91")]);
    another(&[("[36.7, 33.1]", "[36.7, 33.1000001]")]);
    another(&[("\"radius_m\": 20000", "\"radius_m\": 20000.01")]);
    another(&[("\"Wadi\"", "\"Wadi Two\"")]);
    another(&[("to = \"06:00\"", "to = \"06:01\"")]);
}

#[test]
fn the_version_of_the_small_pack_is_pinned() {
    // A change here makes every agreement another version: raise the format with it.
    insta::assert_snapshot!(version(&[]), @r"195de6711b6b965a5f870fc33c349a77937598ae40a66b752525c8a9d1694694");
}
