//! What nothing that is told may give away: where a gun stood, by whatever else an incident says.

use std::collections::BTreeSet;

use agreement::{Parameters, Report};
use assess::fusion::{Incident, Whereabouts, fuse};
use serde_json::{Value, json};
use spacetime::Instant;

use crate::reported::read;

/// Fire going out, which one saw and says where, and another heard from a post that everybody knows.
fn fired(lon: f64, lat: f64) -> Vec<Value> {
    let said = |id: &str, lon: f64, lat: f64| {
        json!({ "id": id, "method": "heard", "kind": "outgoing",
            "source": { "id": id, "post": id, "kind": "human", "lon": lon, "lat": lat },
            "from": "2017-07-10T05:31:00Z", "to": "2017-07-10T05:33:00Z" })
    };
    let mut saw = said("hill", 36.036, 32.745);
    saw["method"] = "seen".into();
    saw["place"] = json!({ "lon": lon, "lat": lat, "radius_m": 50 });
    vec![saw, said("road", 36.136, 32.775)]
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn incidents(lines: &[Value], as_of: Option<Instant>) -> Vec<Incident> {
    fuse(&Parameters::default(), as_of, &read(lines)).incidents
}

#[test]
fn two_runs_that_differ_in_where_a_gun_stood_within_a_cell_tell_the_same_but_for_a_step_of_the_chance()
 {
    let mut told = BTreeSet::new();
    for n in 0..40 {
        let (lon, lat) = (36.03 + f64::from(n % 8) * 0.003, 32.79 + f64::from(n / 8) * 0.003);
        let found = incidents(&fired(lon, lat), Some(at("2017-07-12T00:00:00Z")));
        assert_eq!(found.len(), 1);
        assert!(matches!(&found[0].whereabouts, Whereabouts::Cells(cells) if cells.len() == 1));
        told.insert(format!("{:?}", found[0]));
    }
    // How likely it is real falls off with how far it was from whoever heard it, in steps of a twentieth.
    assert!(told.len() <= 2, "{} of 40 places are told apart", told.len());
}

#[test]
fn a_report_that_lasts_into_next_year_opens_nothing_today() {
    let mut lines = fired(36.03, 32.8);
    lines.push(json!({ "id": "long", "method": "heard", "kind": "explosion",
        "source": { "id": "liar", "kind": "human" },
        "from": "2017-07-10T06:00:00Z", "to": "2018-07-01T00:00:00Z" }));
    let found = incidents(&lines, None);
    let gun = found.iter().find(|incident| incident.reports.len() == 2).unwrap();
    let Whereabouts::KeptBack(until) = gun.whereabouts else { panic!("{:?}", gun.whereabouts) };
    assert_eq!(until, at("2017-07-11T05:33:00Z"));
}

#[test]
fn whatever_input_says_of_the_time_a_clock_keeps_back_what_is_not_a_day_old() {
    let found = || incidents(&fired(36.03, 32.8), Some(at("2099-01-01T00:00:00Z"))).remove(0);
    let kept = |now: &str| {
        let mut gun = found();
        gun.keep_back(at(now));
        matches!(gun.whereabouts, Whereabouts::KeptBack(_))
    };
    assert!(kept("2017-07-11T05:32:59Z"));
    assert!(!kept("2017-07-11T05:33:00Z"));
}

#[test]
fn reports_of_one_name_that_differ_in_a_place_of_firing_alone_are_two_in_any_order() {
    let mut lines = fired(36.03, 32.8);
    let mut again = lines[0].clone();
    again["place"]["lon"] = 36.06.into();
    lines.push(again);
    let one_file_each = |order: [usize; 3]| {
        let reports: Vec<Report> = order.iter().flat_map(|&n| read(&lines[n..=n])).collect();
        let fused = fuse(&Parameters::default(), Some(at("2017-07-12T00:00:00Z")), &reports);
        assert_eq!((fused.reports, fused.repeats), (3, 0));
        fused.incidents
    };
    assert_eq!(one_file_each([0, 1, 2]), one_file_each([2, 0, 1]));
}
