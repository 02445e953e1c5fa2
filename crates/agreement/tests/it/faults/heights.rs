//! Faults in how high.

use crate::small_pack::faults;

#[test]
fn a_floor_above_its_ceiling() {
    insta::assert_snapshot!(faults(&[(r#"floor = "1000 ft baro""#, r#"floor = "FL200""#)]), @r"agreement.toml:103:9 altitude-backwards at clause[1].floor: the floor is not below the ceiling. Repair: swap them, or check units and references.");
}

#[test]
fn a_floor_above_its_ceiling_in_another_reference() {
    insta::assert_snapshot!(faults(&[(r#"floor = "1000 ft baro""#, r#"floor = "12000 m msl""#)]), @r"agreement.toml:103:9 altitude-backwards at clause[1].floor: the floor is not below the ceiling. Repair: swap them, or check units and references.");
}

#[test]
fn an_unlimited_floor() {
    insta::assert_snapshot!(faults(&[(r#"floor = "1000 ft baro""#, r#"floor = "unlimited""#)]), @r#"agreement.toml:103:9 altitude-backwards at clause[1].floor: nothing lies above an unlimited floor. Repair: give the floor a height, or "ground"."#);
}

#[test]
fn feet_taken_for_metres() {
    insta::assert_snapshot!(faults(&[(r#"ceiling = "FL195""#, r#"ceiling = "35000 m baro""#)]), @r#"agreement.toml:104:11 altitude-implausible at clause[1].ceiling: 35000 m is higher than 13000 m. Repair: write "35000 ft" if feet are meant, km if metres are, or "unlimited"."#);
}

#[test]
fn feet_taken_for_metres_below_the_stratosphere() {
    insta::assert_snapshot!(faults(&[(r#"ceiling = "FL195""#, r#"ceiling = "19500 m baro""#)]), @r#"agreement.toml:104:11 altitude-implausible at clause[1].ceiling: 19500 m is higher than 13000 m. Repair: write "19500 ft" if feet are meant, km if metres are, or "unlimited"."#);
}

#[test]
fn one_height_in_two_units_for_a_band() {
    insta::assert_snapshot!(faults(&[(r#"floor = "1000 ft baro""#, r#"floor = "1000 ft baro""#), (r#"ceiling = "FL195""#, r#"ceiling = "305 m baro""#)]), @r"agreement.toml:103:9 altitude-implausible at clause[1].floor: the band is 20 cm thick, less than an altimeter can tell. Repair: check whether both limits have the unit that is meant.");
}

#[test]
fn a_height_without_reference() {
    insta::assert_snapshot!(faults(&[(r#"ceiling = "FL195""#, r#"ceiling = "5000 ft""#)]), @r#"agreement.toml:104:11 altitude-malformed at clause[1].ceiling: "5000 ft" is no height with unit and reference. Repair: write it as "FL195", "3000 ft baro", "1500 m msl", "500 ft agl", "9 km ellipsoid", "ground" or "unlimited"."#);
}

#[test]
fn a_height_below_every_shore() {
    insta::assert_snapshot!(faults(&[(r#"floor = "1000 ft baro""#, r#"floor = "-3000 ft baro""#)]), @r#"agreement.toml:103:9 altitude-implausible at clause[1].floor: -3000 ft lies below every shore. Repair: check the figure, or write "ground"."#);
}
