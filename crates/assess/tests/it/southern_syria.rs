//! The ceasefire of July 2017 in the south-west of Syria, and UCDP's events of that year.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use agreement::reader::{self, PackFiles};
use agreement::{Pack, Report};
use assess::tally::{self, BeforeAfter, By, Counted, Periods};
use assess::{Finding, RULES_VERSION, Rules, incidents};
use intake::reports::UcdpGed;
use intake::{Batch, Feed, Options};
use spacetime::zone_rules;

use crate::world::setting;

fn bundled(path: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read(root.join(path)).unwrap()
}

pub(crate) fn pack() -> Pack {
    let agreement = bundled("packs/southern-syria-2017/agreement.toml");
    let areas = bundled("packs/southern-syria-2017/areas.geojson");
    let files = PackFiles {
        agreement_toml: Some(&agreement),
        areas_geojson: Some(&areas),
        has_sources: true,
    };
    reader::read(&files).unwrap().0
}

pub(crate) fn events() -> Vec<Report> {
    let bytes = bundled("data/ucdp/ged_syria_2017.csv");
    let mut feed =
        UcdpGed::new(&bytes[..], Options::default(), zone_rules("Asia/Damascus").unwrap());
    let (mut batch, mut reports) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        assert_eq!(batch.rejections, []);
        reports.append(&mut batch.items);
    }
    reports
}

fn sixty_days(by: By) -> BeforeAfter {
    let zone = zone_rules("Asia/Damascus").unwrap();
    let periods = Periods::around(&zone, "2017-07-09".parse().unwrap(), 60).unwrap();
    tally::before_after(&pack(), &BTreeSet::new(), periods, by, &events())
}

/// The same count by a few lines of Python over the boundaries as published is 104 and 32, 22
/// and 7, 5 and 7, of which in scope by the same rules 93 and 12, 19 and 7, 5 and 7.
#[test]
fn the_tally_agrees_with_an_independent_count_to_the_event() {
    let tally = sixty_days(By::Area);
    let of = |area: &str| &tally.lines[area];
    let all = |area: &str| (of(area).before.all, of(area).after.all);
    assert_eq!((all("dara"), all("quneitra"), all("as-suwayda")), ((104, 32), (22, 7), (5, 7)));
    let scope = |area: &str| (of(area).before.in_scope, of(area).after.in_scope);
    assert_eq!(scope("dara"), (93, 12));
    assert_eq!((scope("quneitra"), scope("as-suwayda")), ((19, 7), (5, 7)));
    let sum = |pick: fn(Counted) -> u64| {
        tally.lines.values().map(|line| pick(line.before) + pick(line.after)).sum::<u64>()
    };
    assert_eq!(tally.total.before.all + tally.total.after.all, sum(|c| c.all));
}

/// Of the 32 after, 18 involve the Islamic State and 12 are government against insurgents. The
/// other two (UCDP 246726 and 246730) are the Southern Front against HTS, which the pack
/// excludes too: by or against an excluded group, so out of scope.
#[test]
fn every_event_in_dara_after_the_ninth_has_its_rule() {
    let zone = zone_rules("Asia/Damascus").unwrap();
    let periods = Periods::around(&zone, "2017-07-09".parse().unwrap(), 60).unwrap();
    let (pack, mut events) = (pack(), events());
    let dara = pack.area_called("SY12").unwrap().area.clone();
    events.retain(|event| {
        let at = event.place.as_ref().unwrap().nominal.unwrap();
        dara.side(at) != spacetime::Side::Outside
    });
    let count = |events: &[Report]| {
        let tally = tally::before_after(&pack, &BTreeSet::new(), periods, By::Area, events);
        let after = tally.lines["dara"].after;
        (after.in_scope, after.undecided, after.out_of_scope)
    };
    let involves = |event: &Report, name: &str| event.sides.iter().any(|side| side.contains(name));
    let (state, others): (Vec<Report>, Vec<Report>) =
        events.into_iter().partition(|event| involves(event, "IS"));
    assert_eq!(count(&state), (0, 0, 18));
    let (hts, rest): (Vec<Report>, Vec<Report>) =
        others.into_iter().partition(|event| involves(event, "HTS"));
    assert_eq!((count(&hts), count(&rest)), ((0, 0, 2), (12, 0, 0)));
}

#[test]
fn every_event_is_accounted_for_under_the_ceasefire() {
    let (pack, events) = (pack(), events());
    let rules = Rules {
        rules_version: RULES_VERSION,
        parameters: pack.parameters.clone(),
        time_zones: spacetime::local_time::time_zone_data_version(),
        libm: "test",
        as_if_adopted: vec![],
    };
    let picture = incidents::fold(&pack, &setting(), &rules, &events);
    let ceasefire = picture.tally.clauses.values().next().unwrap();
    assert_eq!(ceasefire.total(), 5587);
    let mut findings: BTreeMap<String, u64> = BTreeMap::new();
    for found in &picture.findings {
        let Finding { area, verdict, reason, .. } = &found.finding;
        let key = format!("{area} {} {}", verdict.as_str(), reason.code());
        *findings.entry(key).or_default() += 1;
    }
    insta::assert_json_snapshot!((&picture.tally, findings));
}
