//! Faults of form, anywhere in the files.

use crate::small_pack::faults;

#[test]
fn another_format() {
    insta::assert_snapshot!(faults(&[("format = 1", "format = 2")]), @r"agreement.toml:1:10 format-unsupported at format: format 2 is not one that this release reads. Repair: write 1, or use a newer release.");
}

#[test]
fn not_toml() {
    insta::assert_snapshot!(faults(&[("[region]", "[region")]), @r"agreement.toml:7:8 toml-syntax: unclosed table, expected `]`. Repair: mend the TOML (https://toml.io) here; what the file says was not looked at.");
}

#[test]
fn a_key_twice() {
    insta::assert_snapshot!(faults(&[("west = 35.0", "west = 35.0\nwest = 35.1")]), @r"agreement.toml:9:1 key-duplicate: this key stands twice in one table. Repair: remove one.");
}

#[test]
fn not_json() {
    insta::assert_snapshot!(faults(&[("[36.7, 33.1]", "[36.7, 33.1")]), @r"areas.geojson:15:82 json-syntax: expected `,` or `]`. Repair: mend the JSON (RFC 8259) here; what the file says was not looked at.");
}

#[test]
fn a_member_twice() {
    insta::assert_snapshot!(faults(&[(r#""id": "road""#, r#""id": "road", "id": "road""#)]), @r"areas.geojson#/features/3/properties/id key-duplicate: this member stands twice in one object. Repair: remove one.");
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(faults(&[(r#"ceiling = "FL195""#, r#"cieling = "FL195""#)]), @r"
        agreement.toml:95:1 key-missing at clause[1]: the key `ceiling` is missing. Repair: add `ceiling = ...` to this table.
        agreement.toml:104:1 key-unknown at clause[1].cieling: this table has no key `cieling`. Repair: write `ceiling` if that is meant.
        ");
}

#[test]
fn an_unknown_key_like_no_other() {
    insta::assert_snapshot!(faults(&[("reach_m = 8000", "reach_m = 8000\nwhiskers = 2")]), @r"agreement.toml:83:1 key-unknown at post[0].whiskers: this table has no key `whiskers`. Repair: remove it; known here: id, party, position, reach_m.");
}

#[test]
fn a_missing_key() {
    insta::assert_snapshot!(faults(&[(r#"title = "Nobody flies"
"#, "")]), @r"agreement.toml:95:1 key-missing at clause[1]: the key `title` is missing. Repair: add `title = ...` to this table.");
}

#[test]
fn another_type() {
    insta::assert_snapshot!(faults(&[(r#"title = "Nobody flies""#, "title = 7")]), @r"agreement.toml:97:9 wrong-type at clause[1].title: this is a whole number, not a text. Repair: write it in quotation marks.");
}

#[test]
fn an_unknown_word() {
    insta::assert_snapshot!(faults(&[(r#"role = "excluded""#, r#"role = "exluded""#)]), @r#"agreement.toml:39:8 word-unknown at party[4].role: "exluded" is none of the words allowed here. Repair: write "excluded" if that is meant."#);
}

#[test]
fn an_empty_list() {
    insta::assert_snapshot!(faults(&[(r#"acts = ["impact"]"#, "acts = []")]), @r"agreement.toml:134:8 list-empty at clause[4].acts: the list is empty. Repair: name at least one.");
}

#[test]
fn one_thing_listed_twice() {
    insta::assert_snapshot!(faults(&[(r#"acts = ["impact"]"#, r#"acts = ["impact", "impact"]"#)]), @r"agreement.toml:134:19 list-duplicate at clause[4].acts[1]: this stands in the list already. Repair: remove one.");
}

#[test]
fn an_empty_text() {
    insta::assert_snapshot!(faults(&[(r#"encodes = "Article 7""#, r#"encodes = " ""#)]), @r"agreement.toml:152:11 text-empty at clause[6].encodes: the text is empty. Repair: write it out, or remove the key.");
}

#[test]
fn a_text_that_reorders_itself() {
    insta::assert_snapshot!(faults(&[(r#"title = "Food arrives""#, r#"title = "Food \u202Esevirra""#)]), @r"agreement.toml:149:9 text-control at clause[6].title: the text holds U+202E, which is not seen or reorders what is. Repair: remove that character.");
}

#[test]
fn a_parameter_outside_its_range() {
    insta::assert_snapshot!(faults(&[("lost_after_s = 90", "lost_after_s = 0")]), @r"agreement.toml:190:16 number-out-of-range at parameters.lost_after_s: 0 lies outside 1 to 3600. Repair: give a number in that range.");
}

#[test]
fn an_unknown_parameter() {
    insta::assert_snapshot!(faults(&[("lost_after_s = 90", "lost_after = 90")]), @r"agreement.toml:190:1 key-unknown at parameters.lost_after: this table has no key `lost_after`. Repair: write `lost_after_s` if that is meant.");
}

#[test]
fn parameters_that_contradict_each_other() {
    insta::assert_snapshot!(faults(&[("lost_after_s = 90", "geoid_low_cm = 3000\ngeoid_high_cm = 2000")]), @r"agreement.toml:190:16 number-out-of-range at parameters.geoid_low_cm: `geoid_low_cm` is 3000 and `geoid_high_cm` is 2000. Repair: make `geoid_low_cm` at most `geoid_high_cm`.");
}

#[test]
fn every_fault_at_once() {
    insta::assert_snapshot!(faults(&[(r#"role = "excluded""#, r#"role = "exluded""#), (r#"ceiling = "FL195""#, r#"ceiling = "FL19500""#), (r#""id": "road""#, r#""id": "Road""#), ("threshold = 2\nmembers", "threshold = 3\nmembers")]), @r#"
        agreement.toml:39:8 word-unknown at party[4].role: "exluded" is none of the words allowed here. Repair: write "excluded" if that is meant.
        agreement.toml:53:13 quorum-unreachable at quorum[0].threshold: 3 of 2 members can never agree. Repair: give a threshold from 1 to 2.
        agreement.toml:104:11 altitude-malformed at clause[1].ceiling: "FL19500" is no height with unit and reference. Repair: write it as "FL195", "3000 ft baro", "1500 m msl", "500 ft agl", "9 km ellipsoid", "ground" or "unlimited".
        agreement.toml:175:8 area-unknown at clause[8].from: the pack has no area "road". Repair: declare that area, or name another.
        areas.geojson#/features/3/properties/id id-malformed: "Road" has the form of no name. Repair: use lower-case letters, digits and hyphens, a letter or digit first and last, 64 at most.
        "#);
}
