//! Reports as people send them, good and bad.

use std::fmt::Write as _;
use std::sync::Arc;

use agreement::report::{Extent, MediaKind, Method, RangeClass, WeaponClass};
use agreement::{PackFiles, Report};
use serde_json::{Value, json};
use spacetime::{Duration, Instant, zone_rules};

use super::report::limits::COUNT_MAX;
use super::{Authorisations, JsonlReports, Places, UcdpGed};
use crate::feed::{Batch, Feed, Options};
use crate::rejection::Rejection;

mod ucdp;

const FORMAT: &str = include_str!("../../../../docs/report-format.md");
const SCHEMA: &str = include_str!("../../../../docs/schema/report.schema.json");
const GENERATED: &str = include_str!("testdata/gen_reports.jsonl");

/// Everything a feed holds: items, rejections, repeats.
fn all<T>(mut feed: impl Feed<T>) -> (Vec<T>, Vec<Rejection>, u64) {
    let (mut items, mut rejections, mut repeats) = (Vec::new(), Vec::new(), 0);
    let mut batch = Batch::default();
    while feed.read(&mut batch).unwrap() {
        items.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
        repeats += batch.passed_over;
    }
    (items, rejections, repeats)
}

fn reports(text: &str) -> (Vec<Report>, Vec<Rejection>, u64) {
    all(JsonlReports::new(text.as_bytes(), Options::default()))
}

/// What is said about each rejection, for a snapshot.
fn said(rejections: &[Rejection]) -> String {
    rejections.iter().fold(String::new(), |mut out, why| {
        let (record, at) = (why.locator.record, why.pointer.as_deref().unwrap_or("-"));
        let (code, reason, repair) = (why.code.name, why.reason(), why.code.repair);
        writeln!(out, "{record} {at} {code}\n    {reason}\n    -> {repair}").unwrap();
        out
    })
}

/// The lines of a fenced block of the format's page.
fn examples(fence: &str) -> String {
    let (_, rest) = FORMAT.split_once(&format!("```{fence}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// A good report with some members changed; `null` removes one.
#[allow(clippy::needless_pass_by_value, reason = "callers write json!({...})")]
fn changed(changes: Value) -> Value {
    let mut report: Value =
        serde_json::from_str(examples("jsonl").lines().next().unwrap()).unwrap();
    report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    report.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    report
}

#[test]
fn the_examples_of_the_format_are_reports() {
    let (items, rejections, _) = reports(&examples("jsonl"));
    assert_eq!((items.len(), said(&rejections)), (5, String::new()));
    let heard = &items[0];
    assert_eq!(heard.observed.start(), Instant::parse("2017-07-10T01:31:00Z").unwrap());
    assert_eq!(heard.bearing.map(|b| (b.cdeg, b.step_cdeg, b.sd_cdeg)), Some((4500, 2250, 1200)));
    assert_eq!(heard.clock_sd, Some(Duration::from_seconds(20)));
    let seen = &items[1];
    assert_eq!(seen.observed.length(), Duration::from_micros(1));
    assert_eq!(seen.count.map(|c| (c.min, c.max)), Some((2, 2)));
    assert_eq!(seen.sighting.as_ref().unwrap().height_high_cm, Some(40_000));
    let told = &items[2];
    assert!(matches!(&told.place.as_ref().unwrap().extent,
        Extent::AdminUnit(unit) if unit.name == "SY1203"));
    assert_eq!((told.method, told.deaths, told.source_count), (Method::Told, Some(1), 2));
    let sensor = &items[3];
    let arrival = sensor.arrival.unwrap();
    assert_eq!((arrival.at, arrival.sd), (sensor.observed.start(), Duration::from_micros(8_000)));
    let full = &items[4];
    assert_eq!(full.range.map(|r| (r.min_m, r.max_m)), Some((2_000, 5_000)));
    assert_eq!(full.count.map(|c| (c.min, c.max)), Some((3, 9)));
    assert_eq!((full.count_about, full.weapon_class), (Some(6), Some(WeaponClass::Mortar)));
    assert_eq!((full.media.len(), full.language.as_deref()), (1, Some("ar")));
    assert_eq!(full.replaces.as_deref(), Some("r20"));
    assert_eq!(full.place_forms.len(), 2);
    let square = full.place.as_ref().unwrap();
    assert_eq!(square.extent, Extent::Radius { radius_m: 709 });
}

/// The places of the pack for the south of Syria.
fn places() -> Arc<Places> {
    let files = PackFiles {
        agreement_toml: Some(include_bytes!(
            "../../../../packs/southern-syria-2017/agreement.toml"
        )),
        areas_geojson: Some(include_bytes!("../../../../packs/southern-syria-2017/areas.geojson")),
        has_sources: true,
    };
    Arc::new(Places::of(&agreement::reader::read(&files).unwrap().0))
}

/// Where each report says it happened, or why it was rejected.
fn placed(places: &Arc<Places>, changes: Value) -> String {
    let text = changed(changes).to_string();
    let feed = JsonlReports::new(text.as_bytes(), Options::default()).knowing(places.clone());
    let (items, rejections, _) = all(feed);
    match (items.first(), rejections.first()) {
        (Some(report), None) => {
            let place = report.place.as_ref().unwrap();
            let shown = match &place.extent {
                Extent::Radius { radius_m } => format!("within {radius_m} m"),
                Extent::AdminUnit(unit) => format!("in {}", unit.name),
                Extent::Unbounded => "anywhere".to_owned(),
            };
            let forms = report.place_forms.len();
            format!("{shown} by {forms} forms")
        }
        (None, Some(why)) => format!("{}: {}", why.code.name, why.detail.as_deref().unwrap_or("")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_a_place_of_the_pack_in_whatever_script() {
    let places = places();
    let named = |name: &str| placed(&places, json!({ "place_name": name }));
    for name in ["Tafas", "طفس", "Тафас", " TAFAS "] {
        assert_eq!(named(name), "within 3000 m by 1 forms", "{name}");
    }
    // The town lies in the governorate of its name, and the name alone tells no more than that.
    assert_eq!(named("درعا"), "in dara by 1 forms");
    assert_eq!(named("Salakhed"), "place-name-ambiguous: in SY130200, SY130300");
    assert_eq!(named("Atlantis"), "place-name-unknown: ");
    let with =
        |name: &str, pcode: &str| placed(&places, json!({ "place_name": name, "pcode": pcode }));
    // All that the pack knows of both P-codes is the governorate around them.
    assert_eq!(with("Salakhed", "SY130200"), "place-name-ambiguous: in SY130200, SY130300");
    assert_eq!(with("Tafas", "SY12"), "within 3000 m by 2 forms");
    assert_eq!(
        with("Tafas", "SY13"),
        "places-disagree: `place_name` and `pcode` are 24.5 km apart"
    );
    assert_eq!(with("Atlantis", "SY12"), "in SY12 by 2 forms");
}

#[test]
fn all_ways_of_giving_a_place_must_be_one_place() {
    let places = places();
    let at = |lon: f64, lat: f64, more: Value| {
        let mut changes = json!({ "place": { "lon": lon, "lat": lat, "radius_m": 500 } });
        changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        placed(&places, changes)
    };
    let tafas = json!({ "place_name": "Tafas", "mgrs": "37S BS 25 25", "pcode": "SY120005" });
    assert_eq!(at(36.066, 32.737, tafas.clone()), "within 500 m by 4 forms");
    // Longitude and latitude of the coordinates swapped in the last digits.
    let told = at(36.737, 32.066, tafas);
    assert!(told.starts_with("places-disagree: `mgrs` and `place` are "), "{told}");
    assert!(!told.contains("36.") && !told.contains("32."), "{told}");
    let near_salkhad = json!({ "place_name": "Salakhed" });
    assert_eq!(at(36.713, 32.493, near_salkhad), "within 500 m by 2 forms");
    // Without a pack nothing is known of names, and nothing is held against them.
    assert_eq!(
        placed(&Arc::default(), json!({ "place_name": "Atlantis" })),
        "in Atlantis by 1 forms"
    );
}

#[test]
fn an_observer_in_two_places_at_once_is_told_and_one_who_moved_is_believed() {
    let at = |id: &str, minute: u32, lon: f64| {
        changed(json!({
            "id": id,
            "from": format!("2017-07-10T01:{minute:02}:00Z"),
            "to": format!("2017-07-10T01:{minute:02}:30Z"),
            "source": { "id": "a", "kind": "human", "lon": lon, "lat": 32.7 },
        }))
        .to_string()
    };
    // 0.1 degree here is 9.4 km.
    let slip = [at("1", 0, 36.0), at("2", 1, 38.0), at("3", 2, 36.1), at("4", 3, 36.0)];
    let (items, rejections, _) = reports(&slip.join("\n"));
    assert_eq!((items.len(), rejections.len()), (3, 1));
    let why = &rejections[0];
    assert_eq!((why.code.name, why.locator.record), ("observer-teleports", 2));
    assert_eq!(why.reason().split(": ").nth(1), Some("178 km too far for the time between"));
    // What was wrong was the first: the one after the second bears the second out.
    let first = [at("1", 0, 38.0), at("2", 1, 36.0), at("3", 2, 36.1), at("4", 3, 36.0)];
    let (items, rejections, _) = reports(&first.join("\n"));
    assert_eq!((items.len(), rejections.len()), (3, 1));
    assert_eq!(rejections[0].locator.record, 2);
}

#[test]
fn what_the_generator_of_issue_4_hands_in_is_read_whole() {
    let mut feed = JsonlReports::new(GENERATED.as_bytes(), Options::default());
    let mut batch = Batch::default();
    assert!(feed.read(&mut batch).unwrap());
    assert_eq!((batch.items.len(), said(&batch.rejections)), (24, String::new()));
    assert!(feed.unread().is_empty());
}

#[test]
fn the_schema_says_what_the_reader_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in examples("jsonl").lines().chain(GENERATED.lines()) {
        let report: Value = serde_json::from_str(line).unwrap();
        assert_eq!(schema.iter_errors(&report).next().map(|e| e.to_string()), None);
    }
    for (name, report) in bad_reports() {
        let beyond_a_schema = [
            "ends before start",
            "lasts too long",
            "future",
            "count backwards",
            "range backwards",
            "height backwards",
            "number outside count",
            "bidi",
            "control",
            "misspelt",
            "critical",
            "a day that is none",
            "places apart",
            "no such square",
            "arrival",
            "replaces itself",
            "only space",
        ];
        assert_eq!(schema.is_valid(&report), beyond_a_schema.contains(&name), "{name}");
    }
}

#[test]
fn the_schema_lists_every_kind_and_field() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let kinds: Vec<&str> = agreement::Act::ALL.iter().map(|act| act.as_str()).collect();
    assert_eq!(schema["properties"]["kind"]["enum"], json!(kinds));
    let words = |all: Vec<&str>, listed: &Value| {
        assert_eq!(listed, &json!(all));
        for word in all {
            assert!(FORMAT.contains(&format!("`{word}`")), "{word} is not on the format's page");
        }
    };
    let weapons = WeaponClass::ALL.iter().map(|class| class.as_str()).collect();
    words(weapons, &schema["properties"]["weapon_class"]["enum"]);
    let ranges = RangeClass::ALL.iter().map(|class| class.as_str()).collect();
    words(ranges, &schema["properties"]["range"]["properties"]["class"]["enum"]);
    let media = MediaKind::ALL.iter().map(|kind| kind.as_str()).collect();
    words(media, &schema["properties"]["media"]["items"]["properties"]["kind"]["enum"]);
    assert_eq!(schema["properties"]["count"]["properties"]["max"]["maximum"], COUNT_MAX);
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(FORMAT.contains(&format!("`{key}")), "{key} is not on the format's page");
    }
    for kind in kinds {
        assert!(FORMAT.contains(&format!("`{kind}`")), "{kind} is not on the format's page");
    }
}

#[test]
fn every_code_of_the_format_is_on_its_page() {
    let codes = super::report::codes::CODES.iter().chain(super::authorisations::CODES);
    for code in codes {
        assert!(FORMAT.contains(&format!("`{}`", code.name)), "{} is not there", code.name);
    }
}

/// Reports each with one thing wrong that JSON itself allows.
fn bad_reports() -> Vec<(&'static str, Value)> {
    let place = |lon: f64, lat: f64| json!({ "lon": lon, "lat": lat, "radius_m": 100 });
    [
        ("no id", json!({ "id": null })),
        ("id is a number", json!({ "id": 7 })),
        ("unknown kind", json!({ "kind": "thunder" })),
        ("unknown method", json!({ "method": "guessed" })),
        ("naive time", json!({ "from": "2017-07-10T04:31:00" })),
        ("no time", json!({ "from": "yesterday" })),
        ("a day that is none", json!({ "from": "2017-02-30T04:31:00Z" })),
        ("ends before start", json!({ "to": "2017-07-10T01:30:59Z" })),
        ("lasts too long", json!({ "to": "2019-07-10T01:30:59Z", "received_at": null })),
        ("future", json!({ "received_at": "2017-07-10T01:28:00Z" })),
        ("negative count", json!({ "count": { "min": -1, "max": 3 } })),
        ("a count of 10^9", json!({ "count": { "min": 1, "max": 1e9 } })),
        ("half an explosion", json!({ "count": { "min": 0.5, "max": 3 } })),
        ("count backwards", json!({ "count": { "min": 4, "max": 3 } })),
        ("bearing 361", json!({ "bearing": { "deg": 361 } })),
        ("negative bearing", json!({ "bearing": { "deg": -1 } })),
        ("spread of a bearing", json!({ "bearing": { "deg": 1, "sd_deg": 999 } })),
        ("range backwards", json!({ "range": { "min_m": 4000, "max_m": 3000 } })),
        ("range past the horizon", json!({ "range": { "max_m": 40_000_000 } })),
        ("latitude 95", json!({ "place": place(36.0, 95.0) })),
        ("longitude 181", json!({ "place": place(181.0, 32.0) })),
        ("half a position", json!({ "source": { "id": "a", "kind": "human", "lon": 36.0 } })),
        ("places apart", json!({ "place": place(36.0, 32.0), "mgrs": "37SBS2781" })),
        ("grid reference", json!({ "mgrs": "37SBS278" })),
        ("no such square", json!({ "mgrs": "37SBK2781" })),
        ("exact and about", json!({ "count": { "exact": 3, "about": 3 } })),
        ("about a billion", json!({ "count": { "about": 1e9 } })),
        ("least without most", json!({ "count": { "min": 3 } })),
        ("range twice", json!({ "range": { "max_m": 500, "class": "near" } })),
        ("range class", json!({ "range": { "class": "yonder" } })),
        ("no range", json!({ "range": { "sd_log": 0.3 } })),
        ("weapon class", json!({ "weapon_class": "trebuchet" })),
        ("media kind", json!({ "media": [{ "kind": "scent", "sha256": "0".repeat(64) }] })),
        ("media digest", json!({ "media": [{ "kind": "photo", "sha256": "sha256:00" }] })),
        (
            "media of a petabyte",
            json!({
                "media": [{ "kind": "photo", "sha256": "0".repeat(64), "bytes": 1e15 }]
            }),
        ),
        ("media is no list", json!({ "media": { "kind": "photo" } })),
        ("language", json!({ "language": "Arabic (Syria)" })),
        ("arrival", json!({ "arrival": { "at": "2017-07-10T02:00:00Z" } })),
        ("naive arrival", json!({ "arrival": { "at": "2017-07-10T04:31:30" } })),
        ("replaces itself", json!({ "replaces": "r17" })),
        ("pcode", json!({ "pcode": "sy12" })),
        ("no radius", json!({ "place": { "lon": 36, "lat": 32 } })),
        ("three sides", json!({ "sides": ["a", "b", "c"] })),
        ("height", json!({ "sighting": { "height_low_m": 41_000 } })),
        ("height backwards", json!({ "sighting": { "height_low_m": 9, "height_high_m": 8 } })),
        ("number outside count", json!({ "sighting": { "number": 9 } })),
        ("bidi", json!({ "weapon": "mortar\u{202e}rekcor" })),
        ("control", json!({ "source": { "id": "a\u{7}", "kind": "human" } })),
        ("only space", json!({ "weapon": "  " })),
        ("a long name", json!({ "id": "x".repeat(129) })),
        ("misspelt", json!({ "recieved_at": "2017-07-10T06:02:10+03:00" })),
        ("critical", json!({ "critical": ["fuse"], "fuse": "delay" })),
        ("sources", json!({ "sources": 0 })),
        ("deaths", json!({ "deaths": -3 })),
        ("clock", json!({ "clock_sd_s": -20 })),
        ("bearing is a number", json!({ "bearing": 45 })),
    ]
    .map(|(name, changes)| (name, changed(changes)))
    .into()
}

#[test]
fn each_bad_report_is_rejected_with_a_repair_and_the_next_is_read() {
    let mut text = String::new();
    for (n, (_, report)) in bad_reports().iter().enumerate() {
        writeln!(text, "{report}").unwrap();
        writeln!(text, "{}", changed(json!({ "id": format!("good-{n}") }))).unwrap();
    }
    let (items, rejections, _) = reports(&text);
    assert_eq!(items.len(), bad_reports().len());
    insta::assert_snapshot!(said(&rejections));
}

#[test]
fn lines_that_are_no_report_at_all_cost_themselves_only() {
    let good = changed(json!({})).to_string();
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let nan = good.replace("\"sd_deg\":12", "\"sd_deg\":NaN");
    let minus_infinity = good.replace("\"sd_deg\":12", "\"sd_deg\":-Infinity");
    let huge = good.replace("\"sd_deg\":12", "\"sd_deg\":1e999");
    let twice = good.replace("\"sd_deg\":12", "\"deg\":90");
    let cut = &good[..40];
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(70_000));
    let lines = [&nan, &minus_infinity, &huge, &twice, cut, "[]", "\"\u{feff}\"", &deep, &long];
    let mut bytes = lines.join("\n").into_bytes();
    bytes.extend_from_slice(b"\n{\"id\":\"\xff\"}\n\n");
    bytes.extend_from_slice(good.as_bytes());
    let (items, rejections, _) = all(JsonlReports::new(&bytes[..], Options::default()));
    assert_eq!(items.len(), 1);
    insta::assert_snapshot!(said(&rejections));
}

#[test]
fn a_report_counts_once_and_its_name_stands_for_one_thing() {
    let lines = [
        changed(json!({})),
        changed(json!({ "received_at": "2017-07-11T00:00:00Z" })),
        changed(json!({ "count": { "min": 5, "max": 8 } })),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    let (items, rejections, repeats) = reports(&text);
    assert_eq!((items.len(), repeats), (1, 1));
    assert_eq!(rejections[0].code.name, "same-id-another-body");
    assert_eq!(rejections[0].pointer.as_deref(), Some("/id"));
}

#[test]
fn what_a_newer_writer_adds_is_kept_out_and_said() {
    let newer = json!({ "text": "boom", "fuze": ["delay"], "bearing": { "deg": 1, "of": 2 } });
    let text = changed(newer).to_string();
    let mut feed = JsonlReports::new(text.as_bytes(), Options::default());
    let mut batch = Batch::default();
    assert!(feed.read(&mut batch).unwrap() && batch.items.len() == 1);
    let unread: Vec<_> = feed.unread().iter().map(|(k, &n)| (k.as_str(), n)).collect();
    assert_eq!(unread, [("/bearing/of", 1), ("/fuze", 1), ("/text", 1)]);
}

#[test]
fn no_message_tells_where_a_post_stands() {
    let mut report = changed(
        json!({ "source": { "id": "a", "kind": "human", "lon": 36.0123456, "lat": 95.0654321 } }),
    );
    let (_, rejections, _) = reports(&report.to_string());
    let told = serde_json::to_string(&rejections).unwrap();
    assert!(!told.contains("0123456") && !told.contains("0654321"), "{told}");
    report["source"]["lat"] = json!(32.0654321);
    let (items, _, _) = reports(&report.to_string());
    assert!(format!("{items:?}").contains("position: Some(Protected(..))"));
}

#[test]
fn an_authorisation_names_somebody_some_time_and_nothing_unknown() {
    let (items, rejections, _) =
        all(Authorisations::new(examples("authorisations").as_bytes(), Options::default()));
    assert_eq!((items.len(), said(&rejections)), (1, String::new()));
    let good: Value = serde_json::from_str(&examples("authorisations")).unwrap();
    let bad = [
        json!({ "address": null, "callsign": null }),
        json!({ "address": "43c6f" }),
        json!({ "callsign": "NINE LETTERS" }),
        json!({ "to": "2017-07-12T06:00:00Z" }),
        json!({ "clauses": ["No-Fly"] }),
        json!({ "granted_by": null }),
        json!({ "below_m": 3000 }),
    ];
    let lines = bad.map(|changes| {
        let mut one = good.clone();
        one.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        one.to_string()
    });
    let (items, rejections, _) =
        all(Authorisations::new(lines.join("\n").as_bytes(), Options::default()));
    assert_eq!(items.len(), 0);
    insta::assert_snapshot!(said(&rejections));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
        all(JsonlReports::new(&bytes[..], Options::default()));
        all(Authorisations::new(&bytes[..], Options::default()));
        let text = [format!("{}\n", ucdp::HEADER).as_bytes(), &bytes].concat();
        all(UcdpGed::new(&text[..], Options::default(), zone_rules("Asia/Damascus").unwrap()));
    }
}
