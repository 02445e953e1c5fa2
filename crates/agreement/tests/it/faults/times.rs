//! Faults in when.

use crate::small_pack::faults;

#[test]
fn a_local_time_of_no_zone() {
    insta::assert_snapshot!(faults(&[("from = 2017-07-09T12:00:00+03:00", "from = 2017-07-09T12:00:00")]), @r#"agreement.toml:90:21 time-naive at clause[0].in_force.from: "2017-07-09T12:00:00" does not say by whose clock. Repair: add the offset ("2017-07-09T12:00:00Z" in UTC), or write { local = "2017-07-09T12:00:00", zone = "Area/City" }."#);
}

#[test]
fn a_quoted_local_time_of_no_zone() {
    insta::assert_snapshot!(faults(&[("due_at = 2017-12-31T22:00:00Z", r#"due_at = "2017-12-31T22:00""#)]), @r#"agreement.toml:156:10 time-naive at clause[6].due_at: "2017-12-31T22:00" does not say by whose clock. Repair: add the offset ("2017-12-31T22:00Z" in UTC), or write { local = "2017-12-31T22:00", zone = "Area/City" }."#);
}

#[test]
fn a_local_time_that_the_clocks_skipped() {
    insta::assert_snapshot!(faults(&[("local = 2017-07-09T12:00:00", "local = 2017-03-31T00:30:00")]), @r"agreement.toml:101:31 time-in-gap at clause[1].in_force.from.local: the clocks of Asia/Damascus skipped 2017-03-31T00:30:00. Repair: name an instant with an offset; the clocks changed at 2017-03-30T22:00:00Z.");
}

#[test]
fn a_local_time_that_the_clocks_showed_twice() {
    insta::assert_snapshot!(faults(&[("local = 2017-07-09T12:00:00", "local = 2017-10-26T23:30:00")]), @r"agreement.toml:101:31 time-in-fold at clause[1].in_force.from.local: the clocks of Asia/Damascus showed 2017-10-26T23:30:00 twice. Repair: name the instant that is meant, 2017-10-26T20:30:00Z or 2017-10-26T21:30:00Z.");
}

#[test]
fn no_time_at_all() {
    insta::assert_snapshot!(faults(&[("due_at = 2017-12-31T22:00:00Z", r#"due_at = "the end of the year""#)]), @r#"agreement.toml:156:10 time-malformed at clause[6].due_at: "the end of the year" is not an instant. Repair: write it as "2017-07-09T12:00:00+03:00"."#);
}

#[test]
fn a_local_time_with_an_offset() {
    insta::assert_snapshot!(faults(&[("local = 2017-07-09T12:00:00", "local = 2017-07-09T12:00:00+03:00")]), @r#"agreement.toml:101:31 time-malformed at clause[1].in_force.from.local: "2017-07-09T12:00:00+03:00" is not a local time: it has an offset of its own. Repair: write it as "2017-07-09T12:00:00"."#);
}

#[test]
fn an_unknown_zone() {
    insta::assert_snapshot!(faults(&[(r#"local = 2017-07-09T12:00:00, zone = "Asia/Damascus""#, r#"local = 2017-07-09T12:00:00, zone = "Asia/Daraa""#)]), @r#"agreement.toml:101:59 zone-unknown at clause[1].in_force.from.zone: there is no time zone "Asia/Daraa". Repair: use an IANA name such as "Asia/Damascus"."#);
}

#[test]
fn in_force_backwards() {
    insta::assert_snapshot!(faults(&[(r#"to = "2018-07-09T12:00:00+03:00""#, r#"to = "2016-07-09T12:00:00+03:00""#)]), @r"agreement.toml:90:12 interval-backwards at clause[0].in_force: it ends at 2016-07-09T09:00:00Z and starts at 2017-07-09T09:00:00Z. Repair: put `from` before `to`.");
}

#[test]
fn adopted_since_nobody_knows() {
    insta::assert_snapshot!(faults(&[(r#"in_force = { from = { local = 2017-07-09T12:00:00, zone = "Asia/Damascus" } }
"#, "")]), @r"agreement.toml:95:1 key-missing at clause[1]: the key `in_force` is missing. Repair: add `in_force = ...` to this table.");
}

#[test]
fn hours_on_no_day() {
    insta::assert_snapshot!(faults(&[(r#"days = ["fri", "sat"]"#, "days = []")]), @r"agreement.toml:105:10 list-empty at clause[1].hours[0]: the hours are on no day. Repair: name a day, or leave out `days`.");
}

#[test]
fn hours_of_no_clock() {
    insta::assert_snapshot!(faults(&[(r#"from = "20:00""#, r#"from = "8 pm""#)]), @r#"agreement.toml:105:66 time-malformed at clause[1].hours[0].from: "8 pm" is not a time of day. Repair: write it as "22:00"."#);
}
