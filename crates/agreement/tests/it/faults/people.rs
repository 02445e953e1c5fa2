//! Faults in who: parties, keys, quorums, witnesses, those who watch.

use crate::small_pack::faults;

#[test]
fn a_name_of_another_form() {
    insta::assert_snapshot!(faults(&[(r#"id = "tablet-1""#, r#"id = "Tablet 1""#)]), @r#"agreement.toml:42:6 id-malformed at device[0].id: "Tablet 1" has the form of no name. Repair: use lower-case letters, digits and hyphens, a letter or digit first and last, 64 at most."#);
}

#[test]
fn a_name_taken() {
    insta::assert_snapshot!(faults(&[(r#"id = "tablet-2""#, r#"id = "tablet-1""#)]), @r#"agreement.toml:47:6 id-duplicate at device[1].id: "tablet-1" is taken above. Repair: give one of the two another name."#);
}

#[test]
fn an_alias_of_two_parties() {
    insta::assert_snapshot!(faults(&[(r#"id = "wild"
name = "The Wild""#, r#"id = "wild"
name = "The Wild"
aliases = ["government of the north"]"#)]), @r#"agreement.toml:39:12 alias-shared at party[4].aliases[0]: "government of the north" is what party "north" is called. Repair: let one of the two have it."#);
}

#[test]
fn an_unknown_party() {
    insta::assert_snapshot!(faults(&[(r#"binds = ["north"]"#, r#"binds = ["nroth"]"#)]), @r#"agreement.toml:115:10 party-unknown at clause[2].binds[0]: the pack has no party "nroth". Repair: write "north" if that is meant."#);
}

#[test]
fn an_unknown_party_like_no_other() {
    insta::assert_snapshot!(faults(&[(r#"holder = "south""#, r#"holder = "atlantis""#)]), @r#"agreement.toml:165:10 party-unknown at clause[7].holder: the pack has no party "atlantis". Repair: declare that party, or name another."#);
}

#[test]
fn an_unknown_clause() {
    insta::assert_snapshot!(faults(&[(r#"judges = ["no-shots"]"#, r#"judges = ["no-shot"]"#)]), @r#"agreement.toml:55:11 clause-unknown at quorum[0].judges[0]: the pack has no clause "no-shot". Repair: write "no-shots" if that is meant."#);
}

#[test]
fn an_excluded_group_that_would_be_bound_by_the_ceasefire() {
    insta::assert_snapshot!(faults(&[(r#"between = ["north", "south"]"#, r#"between = ["north", "south", "wild"]"#)]), @r#"agreement.toml:93:30 party-role at clause[0].between[2]: "wild" has the role excluded. Repair: name a party with the role adherent or guarantor."#);
}

#[test]
fn a_quorum_with_others_than_guarantors() {
    insta::assert_snapshot!(faults(&[(r#"members = ["upper", "lower"]"#, r#"members = ["upper", "north"]"#)]), @r#"agreement.toml:54:21 party-role at quorum[0].members[1]: "north" has the role adherent. Repair: name a party with the role guarantor."#);
}

#[test]
fn a_quorum_larger_than_its_members() {
    insta::assert_snapshot!(faults(&[("threshold = 2\nmembers", "threshold = 3\nmembers")]), @r"agreement.toml:53:13 quorum-unreachable at quorum[0].threshold: 3 of 2 members can never agree. Repair: give a threshold from 1 to 2.");
}

#[test]
fn a_quorum_of_nobody() {
    insta::assert_snapshot!(faults(&[("threshold = 2\nmembers", "threshold = 0\nmembers")]), @r"agreement.toml:53:13 quorum-unreachable at quorum[0].threshold: a threshold of 0 is met by nobody's agreement. Repair: give a threshold from 1 to 2.");
}

#[test]
fn witnesses_that_cannot_be_enough() {
    insta::assert_snapshot!(faults(&[("threshold = 2\nwitness", "threshold = 3\nwitness")]), @r"agreement.toml:59:13 witnesses-unreachable at witness_group[0].threshold: 3 of 2 witnesses can never agree. Repair: give a threshold from 1 to 2.");
}

#[test]
fn a_key_cut_short() {
    insta::assert_snapshot!(faults(&[(r#""fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=""#, r#""fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6Rb=""#)]), @r"agreement.toml:44:11 key-malformed at device[0].ed25519: this is not 32 bytes, as 64 hexadecimal digits or as padded base64. Repair: copy the public key again, whole.");
}

#[test]
fn a_key_anybody_can_sign_for() {
    insta::assert_snapshot!(faults(&[(r#""fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=""#, r#""AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=""#)]), @r"agreement.toml:44:11 key-malformed at device[0].ed25519: under this key a signature proves nothing: its point has small order. Repair: make a new key pair.");
}

#[test]
fn one_key_on_two_devices() {
    insta::assert_snapshot!(faults(&[(r#""fikTIvMHh8WPHMTwXLesSFfjIQQsz1v0QN3+6RbKmLg=""#, r#""FhhZlOQfLLPZjkur8hEDlXIdNitMdppv5h9UbBOyNtQ=""#)]), @r"agreement.toml:49:11 key-shared at device[1].ed25519: another device or witness above has the same key. Repair: give each device a key of its own.");
}

#[test]
fn an_age_recipient_with_a_slip() {
    insta::assert_snapshot!(faults(&[("age19yqwz", "age19yqvz")]), @r"agreement.toml:67:7 recipient-malformed at recipient[0].age: this is no age recipient, or its checksum says that it was copied wrongly. Repair: copy the recipient again, `age1` and 58 more.");
}

#[test]
fn a_default_error_over_the_worst() {
    insta::assert_snapshot!(faults(&[("default_epu_m = 92.6", "default_epu_m = 9260")]), @r"agreement.toml:75:17 number-out-of-range at sensor[0].default_epu_m: the default error is larger than the worst. Repair: make `default_epu_m` at most `worst_epu_m`.");
}

#[test]
fn a_post_with_its_place_swapped() {
    insta::assert_snapshot!(faults(&[("position = [36.25, 33.25]", "position = [33.25, 36.25]")]), @r"agreement.toml:81:12 axes-swapped at post[0].position: the place lies in the region only with longitude and latitude swapped. Repair: write `[longitude, latitude]`.");
}

#[test]
fn a_post_elsewhere() {
    insta::assert_snapshot!(faults(&[("position = [36.25, 33.25]", "position = [56.25, 33.25]")]), @r"agreement.toml:81:12 outside-region at post[0].position: the place lies outside the region the pack declares. Repair: check the place, or widen `[region]`.");
}

#[test]
fn an_alias_that_is_the_id_of_another_party() {
    insta::assert_snapshot!(faults(&[("[\"Government of the North\"]", "[\"South\"]")]), @r#"agreement.toml:21:6 alias-shared at party[1].id: "south" is what party "north" is called. Repair: let one of the two have it."#);
}
