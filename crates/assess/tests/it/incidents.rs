//! Reports against clauses: who, where, when, what.

use std::collections::BTreeSet;

use agreement::reader::{self, PackFiles};
use agreement::{ClauseId, Pack, Report};
use assess::fusion::CellId;
use assess::incidents::{self, IncidentPicture};
use assess::tally::{self, By, Periods};
use assess::{AnomalyKind, RULES_VERSION, Reason, Rules, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};
use spacetime::zone_rules;

use crate::reported::read;
use crate::world::setting;

/// Two districts side by side, 0.2 degrees wide (19 km) and high (22 km), and one apart from
/// them. The ceasefire holds in the first two from noon on 9 July.
const AGREEMENT: &str = r#"
format = 1
id = "two-districts"
title = "Two districts"
time_zone = "Asia/Damascus"
salt = "44e9ce7bb6ae875ae809f2760c925e56b14c2f7e4492f30bd618615363f3f532"

region = { west = 35.0, south = 31.5, east = 37.5, north = 34.0 }

[[party]]
id = "guarantor"
name = "Guarantor"
role = "guarantor"

[[party]]
id = "government"
name = "Government of Syria"
role = "adherent"
aliases = ["SAA"]
answered_for_by = ["guarantor"]

[[party]]
id = "opposition"
name = "Opposition"
role = "adherent"
aliases = ["Southern Front", "Syrian insurgents"]
answered_for_by = ["guarantor"]

[[party]]
id = "excluded"
name = "Excluded group"
role = "excluded"
aliases = ["IS", "HTS"]

[[party]]
id = "civilians"
name = "Civilians"
role = "civilian"

[[post]]
id = "p05"
party = "guarantor"
position = [36.1, 32.5]
reach_m = 3000

[[clause]]
id = "ceasefire"
title = "Ceasefire"
kind = "ceasefire"
status = "adopted"
encodes = "Article 1"
in_force = { from = 2017-07-09T12:00:00+03:00, to = 2017-08-01T00:00:00+03:00 }
areas = ["west", "east"]
acts = ["explosion", "outgoing", "airstrike", "small_arms", "lethal_violence"]
between = ["government", "opposition"]
protects_civilians = true

[[clause]]
id = "nights"
title = "No flights under 1,000 m at night"
kind = "no-fly"
status = "adopted"
encodes = "Article 2"
in_force = { from = 2017-07-09T12:00:00+03:00 }
areas = ["west"]
floor = "ground"
ceiling = "1000 m agl"
hours = [{ zone = "Asia/Damascus", days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "20:00", to = "06:00" }]

[[clause]]
id = "proposed"
title = "Wider ceasefire"
kind = "ceasefire"
status = "proposed"
encodes = "Draft"
in_force = { from = 2017-07-09T12:00:00+03:00 }
areas = ["apart"]
acts = ["explosion"]
between = ["government", "opposition"]
protects_civilians = false
"#;

fn areas() -> String {
    let square = |id: &str, pcode: Option<&str>, west: f64| {
        let east = west + 0.2;
        let ring = [[west, 32.4], [east, 32.4], [east, 32.6], [west, 32.6], [west, 32.4]];
        let mut properties = json!({ "id": id, "name": id });
        if let Some(pcode) = pcode {
            properties["pcode"] = pcode.into();
        }
        json!({ "type": "Feature", "properties": properties,
            "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    let features = [
        square("west", Some("SY12"), 36.0),
        square("east", Some("SY14"), 36.2),
        square("apart", None, 36.8),
    ];
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

fn pack() -> Pack {
    let areas = areas();
    let files = PackFiles {
        agreement_toml: Some(AGREEMENT.as_bytes()),
        areas_geojson: Some(areas.as_bytes()),
        has_sources: true,
    };
    reader::read(&files).unwrap().0
}

fn rules(pack: &Pack) -> Rules {
    Rules {
        rules_version: RULES_VERSION,
        parameters: pack.parameters.clone(),
        time_zones: spacetime::local_time::time_zone_data_version(),
        libm: "test",
        as_if_adopted: vec![],
    }
}

/// An explosion in the middle of the west between the adherents, on the morning of the 10th,
/// with some members changed; `null` removes one.
#[allow(clippy::needless_pass_by_value, reason = "callers write json!({...})")]
fn line(changes: Value) -> String {
    let mut report = json!({
        "id": "r1", "source": { "id": "liaison", "kind": "register" }, "method": "told",
        "kind": "explosion", "from": "2017-07-10T08:00:00+03:00",
        "to": "2017-07-10T08:10:00+03:00", "sides": ["SAA", "Southern Front"],
        "place": { "lon": 36.1, "lat": 32.5, "radius_m": 500 },
    });
    report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    report.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    report.to_string()
}

fn fold(reports: &[Report]) -> IncidentPicture {
    let pack = pack();
    let picture = incidents::fold(&pack, &setting(), &rules(&pack), reports);
    for (clause, tally) in &picture.tally.clauses {
        assert_eq!(tally.total(), picture.tally.reports, "{clause} accounts for every report");
    }
    picture
}

/// What one clause makes of one report, as one word: `alleged`, or a reason.
#[allow(clippy::needless_pass_by_value, reason = "callers write json!({...})")]
fn under(clause: &str, changes: Value) -> String {
    let picture = fold(&read(&[line(changes)]));
    let tally = &picture.tally.clauses[&ClauseId::new(clause).unwrap()];
    let found = picture.findings.iter().find(|found| found.finding.clause.as_str() == clause);
    let outside = tally.outside.keys().map(|outside| outside.code());
    match found.map(|found| &found.finding) {
        Some(finding) if finding.verdict == Verdict::Alleged => "alleged".to_owned(),
        Some(finding) => {
            assert_eq!(finding.verdict, Verdict::Undetermined);
            finding.reason.code().to_owned()
        }
        None => outside.collect(),
    }
}

fn ceasefire(changes: Value) -> String {
    under("ceasefire", changes)
}

#[allow(clippy::needless_pass_by_value, reason = "callers write json!({...})")]
fn night(changes: Value) -> String {
    let mut flight = json!({
        "kind": "helicopter", "method": "seen", "sides": null,
        "from": "2017-07-10T22:00:00+03:00", "to": "2017-07-10T22:05:00+03:00",
        "sighting": { "height_low_m": 100, "height_high_m": 300 },
    });
    flight.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    under("nights", flight)
}

#[test]
fn an_unverified_report_is_alleged_at_most() {
    assert_eq!(ceasefire(json!({})), "alleged");
    assert_eq!(ceasefire(json!({ "sources": 50 })), "alleged");
}

#[test]
fn who_took_part_decides_whether_the_ceasefire_is_touched() {
    let sides = |sides: Value| ceasefire(json!({ "sides": sides }));
    assert_eq!(sides(json!(["government", "opposition"])), "alleged");
    assert_eq!(sides(json!(["opposition", "Syrian insurgents"])), "alleged", "within one side");
    assert_eq!(sides(json!(["SAA", "Civilians"])), "alleged");
    assert_eq!(sides(json!(["SAA", "IS"])), "excluded-group");
    assert_eq!(sides(json!(["HTS, IS", "Southern Front"])), "excluded-group");
    assert_eq!(sides(json!(["IS", "Whoever"])), "excluded-group");
    assert_eq!(sides(json!(["SAA", "HTS, Southern Front"])), "side-mixed");
    assert_eq!(sides(json!(["SAA", "Southern Front, Sons of the valley"])), "alleged");
    assert_eq!(sides(json!(["SAA", "Guarantor"])), "not-between-adherents");
    assert_eq!(sides(json!(["Civilians", "Civilians"])), "not-between-adherents");
    assert_eq!(sides(json!(["SAA", "Sons of the valley"])), "side-unknown");
    assert_eq!(sides(json!(["SAA"])), "side-missing");
    assert_eq!(sides(json!([])), "side-missing");
}

#[test]
fn a_region_is_inside_outside_or_straddles() {
    let within = |lon: f64, radius_m: u32| {
        ceasefire(json!({ "place": { "lon": lon, "lat": 32.5, "radius_m": radius_m } }))
    };
    assert_eq!(within(36.02, 1_000), "alleged");
    assert_eq!(within(36.005, 1_000), "place-straddles-edge");
    assert_eq!(within(35.98, 1_000), "elsewhere");
    assert_eq!(within(35.995, 1_000), "place-straddles-edge");
    assert_eq!(within(36.2, 10_000), "alleged", "the edge of two areas of a clause is no border");
    assert_eq!(within(36.2, 12_000), "place-straddles-edge");
    assert_eq!(within(36.9, 1_000), "elsewhere");
    assert_eq!(ceasefire(json!({ "place": null })), "place-missing");
}

#[test]
fn a_p_code_places_a_report_by_its_prefix() {
    let unit = |code: &str| ceasefire(json!({ "place": null, "pcode": code }));
    assert_eq!(unit("SY12"), "alleged");
    assert_eq!(unit("SY1203"), "alleged");
    assert_eq!(unit("SY13"), "elsewhere");
    assert_eq!(unit("SY"), "place-straddles-edge");
}

#[test]
fn the_day_on_which_the_ceasefire_came_in_straddles_its_noon() {
    let between = |from: &str, to: &str| ceasefire(json!({ "from": from, "to": to }));
    let day =
        |from, to| between(&format!("2017-07-{from}:00+03:00"), &format!("2017-07-{to}:00+03:00"));
    assert_eq!(day("09T00:00", "10T00:00"), "time-straddles");
    assert_eq!(day("09T00:00", "09T12:00"), "before");
    assert_eq!(day("09T12:00", "10T00:00"), "alleged");
    assert_eq!(between("2017-08-01T00:00:00+03:00", "2017-08-01T00:00:00+03:00"), "after");
}

#[test]
fn a_poor_clock_and_the_way_of_sound_widen_the_time() {
    let noon = |changes: Value| {
        let mut report =
            json!({ "from": "2017-07-09T12:00:30+03:00", "to": "2017-07-09T12:01:00+03:00" });
        report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ceasefire(report)
    };
    assert_eq!(noon(json!({})), "alleged");
    assert_eq!(noon(json!({ "clock_sd_s": 20 })), "time-straddles");
    assert_eq!(noon(json!({ "clock_sd_s": 10 })), "alleged");
    assert_eq!(noon(json!({ "method": "heard" })), "time-straddles");
}

#[test]
fn an_act_that_is_not_listed_lies_outside() {
    assert_eq!(ceasefire(json!({ "kind": "movement_of_forces" })), "not-listed-act");
}

#[test]
fn what_an_observer_saw_is_placed_by_bearing_and_range() {
    let from_post = |changes: Value| {
        let mut report = json!({
            "place": null, "method": "seen",
            "source": { "id": "a", "kind": "human", "lon": 36.1, "lat": 32.5 },
            "bearing": { "deg": 90, "sd_deg": 2 }, "range": { "min_m": 2000, "max_m": 2200, "sd_log": 0.1 },
        });
        report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ceasefire(report)
    };
    assert_eq!(from_post(json!({})), "alleged");
    assert_eq!(
        from_post(json!({ "bearing": { "deg": 0 }, "range": { "max_m": 9000 } })),
        "place-straddles-edge"
    );
    assert_eq!(
        from_post(json!({ "bearing": { "deg": 180, "sd_deg": 1 },
            "range": { "min_m": 30_000, "max_m": 31_000, "sd_log": 0.01 } })),
        "elsewhere"
    );
    assert_eq!(from_post(json!({ "bearing": null, "range": null })), "place-missing");
    let at_a_post = json!({ "id": "a", "kind": "human", "post": "p05" });
    assert_eq!(
        from_post(json!({ "source": at_a_post, "bearing": null, "range": null })),
        "alleged"
    );
}

#[test]
fn no_number_of_a_finding_gives_a_post_or_a_firing_place_away() {
    let seen = json!({ "place": null, "source": { "id": "a", "kind": "human", "lon": 36.1, "lat": 32.5 },
        "method": "seen", "bearing": { "deg": 90 }, "range": { "max_m": 1000 } });
    for changes in [seen, json!({ "kind": "outgoing" }), json!({ "kind": "explosion" })] {
        let picture = fold(&read(&[line(changes)]));
        assert_eq!(picture.findings[0].finding.margin.horizontal_cm, None);
    }
    let harm = fold(&read(&[line(json!({ "kind": "lethal_violence" }))]));
    let depth_cm = harm.findings[0].finding.margin.horizontal_cm.unwrap();
    assert!((880_000..940_000).contains(&depth_cm), "9.4 km less 500 m: {depth_cm}");
}

/// What is found of one report in districts that are a degree high instead of a fifth, without what says
/// which report it is.
fn told_in_wide_districts(changes: Value) -> Vec<Value> {
    let areas = areas().replace("32.4", "32.0").replace("32.6", "33.0");
    let files = PackFiles {
        agreement_toml: Some(AGREEMENT.as_bytes()),
        areas_geojson: Some(areas.as_bytes()),
        has_sources: true,
    };
    let pack = reader::read(&files).unwrap().0;
    let picture = incidents::fold(&pack, &setting(), &rules(&pack), &read(&[line(changes)]));
    picture.findings.iter().map(|found| found.finding.body()).collect()
}

#[test]
fn a_place_of_firing_is_judged_by_its_cell_and_nothing_finer_comes_out_on_no_ground() {
    let fired = |lon: f64, lat: f64, radius_m: u32| {
        told_in_wide_districts(
            json!({ "kind": "outgoing", "place": { "lon": lon, "lat": lat, "radius_m": radius_m } }),
        )
    };
    // Along a line over the border between two districts and out at the edge of both, what is found
    // changes only where the cell does: not at the borders.
    for (from, step, edge) in
        [((36.0, 32.5), (0.002, 0.0), 36.2), ((36.1, 32.9), (0.0, 0.002), 33.0)]
    {
        let at = |n: u32| (from.0 + f64::from(n) * step.0, from.1 + f64::from(n) * step.1);
        let mut of_cells = std::collections::BTreeMap::new();
        for n in 0..150 {
            let (lon, lat) = at(n);
            let cell = CellId::holding(spacetime::Position::from_degrees(lon, lat).unwrap());
            let found = fired(lon, lat, 50);
            assert_eq!(
                *of_cells.entry(cell).or_insert_with(|| found.clone()),
                found,
                "{lon} {lat}, by {edge}"
            );
        }
        assert!((2..=5).contains(&of_cells.len()), "{}", of_cells.len());
    }
    let deep = fired(36.2, 32.5, 50);
    assert_eq!(deep[0]["verdict"], "alleged", "where a cell lies inside, so does what is in it");
    assert_eq!(fired(36.01, 32.5, 50)[0]["reason"], "place-straddles-edge");
}

#[test]
fn what_is_found_of_a_sound_sensor_does_not_tell_when_the_sound_came() {
    let arrived = |at: &str| {
        told_in_wide_districts(
            json!({ "source": { "id": "a", "kind": "acoustic", "lon": 36.1, "lat": 32.5 },
            "method": "heard", "from": null, "to": null, "place": null, "arrival": { "at": at } }),
        )
    };
    let one = arrived("2017-07-10T08:00:12.345678+03:00");
    assert_eq!(one[0]["interval"]["from"], "2017-07-10T05:00:00Z");
    assert_eq!(one, arrived("2017-07-10T08:00:47.000001+03:00"), "and neither do its digests");
}

#[test]
fn a_flight_is_alleged_by_place_height_and_hour() {
    assert_eq!(night(json!({})), "alleged");
    assert_eq!(night(json!({ "kind": "explosion" })), "not-listed-act");
    assert_eq!(night(json!({ "sighting": null })), "height-unknown");
    let band = |low: u32, high: u32| {
        night(json!({ "sighting": { "height_low_m": low, "height_high_m": high } }))
    };
    assert_eq!(band(900, 1_100), "height-straddles-limit");
    assert_eq!(band(1_001, 3_000), "outside-height");
    assert_eq!(band(900, 1_000), "alleged");
    let at = |from: &str, to: &str| {
        night(
            json!({ "from": format!("2017-07-{from}:00+03:00"), "to": format!("2017-07-{to}:00+03:00") }),
        )
    };
    assert_eq!(at("10T10:00", "10T10:05"), "outside-hours");
    assert_eq!(at("10T19:58", "10T20:02"), "time-straddles");
    assert_eq!(at("11T03:00", "11T03:01"), "alleged");
    assert_eq!(at("08T22:00", "08T22:05"), "before");
}

#[test]
fn the_aircraft_of_an_airstrike_may_have_been_ten_kilometres_away() {
    let strike = |lon: f64| {
        night(json!({ "kind": "airstrike", "place": { "lon": lon, "lat": 32.5, "radius_m": 100 } }))
    };
    assert_eq!(strike(36.1), "place-straddles-edge");
    assert_eq!(strike(36.35), "elsewhere");
}

#[test]
fn a_clause_on_the_table_is_judged_only_when_asked_for() {
    let (pack, reports) =
        (pack(), read(&[line(json!({ "place": { "lon": 36.9, "lat": 32.5, "radius_m": 1 } }))]));
    let picture = incidents::fold(&pack, &setting(), &rules(&pack), &reports);
    assert_eq!((picture.findings.len(), picture.not_judged.len()), (0, 1));
    let mut asked = setting();
    asked.as_if_adopted = BTreeSet::from([ClauseId::new("proposed").unwrap()]);
    let picture = incidents::fold(&pack, &asked, &rules(&pack), &reports);
    assert_eq!((picture.findings.len(), picture.not_judged.len()), (1, 0));
}

#[test]
fn a_report_handed_in_three_times_counts_once_and_a_name_used_twice_is_said() {
    let one = read(&[line(json!({}))]);
    let other = read(&[line(json!({ "deaths": 3 }))]);
    let all = [&one[..], &other[..], &one[..], &one[..]].concat();
    let picture = fold(&all);
    assert_eq!((picture.tally.reports, picture.tally.repeats), (2, 2));
    assert_eq!(picture.findings.len(), 2);
    let kinds: Vec<_> = picture.anomalies.iter().map(|a| (a.kind, a.times)).collect();
    let conflict = (AnomalyKind::ConflictingReport, 1);
    assert_eq!(kinds, [(AnomalyKind::RepeatedReport, 2), conflict, conflict]);
}

#[test]
fn a_side_that_the_pack_does_not_know_is_named_once_with_how_often() {
    let strange = |id: &str| line(json!({ "id": id, "sides": ["SAA", "Sons of the valley"] }));
    let picture = fold(&read(&[strange("a"), strange("b")]));
    let anomalies: Vec<_> = picture.anomalies.iter().map(|a| (a.kind, a.times)).collect();
    assert_eq!(anomalies, [(AnomalyKind::UnknownSide, 2)]);
    assert!(picture.findings.iter().all(|f| f.finding.reason == Reason::SideUnknown));
}

#[test]
fn a_tally_counts_both_periods_whether_or_not_the_clause_was_in_force() {
    let on = |id: &str, day: u32, sides: [&str; 2]| {
        let (from, to) = (
            format!("2017-07-{day:02}T10:00:00+03:00"),
            format!("2017-07-{day:02}T10:01:00+03:00"),
        );
        line(json!({ "id": id, "from": from, "to": to, "sides": sides }))
    };
    let reports = read(&[
        on("a", 6, ["SAA", "Southern Front"]),
        on("b", 7, ["SAA", "Southern Front"]),
        on("c", 8, ["SAA", "IS"]),
        on("d", 9, ["SAA", "Southern Front"]),
        on("e", 10, ["SAA", "Whoever"]),
        on("f", 11, ["SAA", "Southern Front"]),
        line(json!({ "id": "g", "kind": "movement_of_forces" })),
    ]);
    let zone = zone_rules("Asia/Damascus").unwrap();
    let periods = Periods::around(&zone, "2017-07-09".parse().unwrap(), 2).unwrap();
    let pack = pack();
    let tally = tally::before_after(&pack, &BTreeSet::new(), periods, By::Area, &reports);
    let west = &tally.lines["west"];
    let columns = |c: tally::Counted| [c.all, c.in_scope, c.undecided, c.out_of_scope];
    assert_eq!(columns(west.before), [2, 1, 0, 1]);
    assert_eq!(columns(west.after), [3, 1, 1, 1]);
    assert_eq!(tally.lines["east"], tally::Line::default());
    assert_eq!(tally.total, *west);
    let parties = tally::before_after(&pack, &BTreeSet::new(), periods, By::Party, &reports);
    let keys: Vec<_> = parties.lines.iter().map(|(k, v)| (k.as_str(), v.after.all)).collect();
    assert_eq!(
        keys,
        [("(not in the pack)", 1), ("excluded", 0), ("government", 3), ("opposition", 2)]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_reports_changes_nothing(
        order in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(),
        copies in proptest::collection::vec(1..4_usize, 24),
    ) {
        let sides = ["SAA", "IS", "Whoever"];
        let lines: Vec<String> = (0..24).map(|n| line(json!({
            "id": format!("r{}", n / 2), "deaths": n,
            "place": { "lon": 35.98 + 0.02 * f64::from(n), "lat": 32.5, "radius_m": 900 },
            "sides": [sides[n as usize % 3], "Southern Front"],
        }))).collect();
        let text: Vec<Report> = lines.iter().flat_map(|l| read(std::slice::from_ref(l))).collect();
        let once = fold(&text);
        let shuffled: Vec<Report> = order
            .iter()
            .flat_map(|&n| std::iter::repeat_n(text[n].clone(), copies[n]))
            .collect();
        let again = fold(&shuffled);
        let ids = |p: &IncidentPicture| p.findings.iter().map(|f| f.finding.id()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&once), ids(&again));
        prop_assert_eq!(once.tally.clauses, again.tally.clauses);
    }
}
