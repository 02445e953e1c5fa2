//! The form for observers, and incidents from what comes back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};

use serde_json::Value;
use zip::ZipArchive;

use crate::program::Desk;

/// What is in a workbook, by part: packing may differ between machines.
fn parts(bytes: Vec<u8>) -> BTreeMap<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a zip file");
    (0..archive.len())
        .map(|n| {
            let mut part = archive.by_index(n).expect("a part");
            let mut text = String::new();
            part.read_to_string(&mut text).expect("a part of text");
            (part.name().expect("a name").into_owned(), text)
        })
        .collect()
}

#[test]
fn the_form_that_is_shipped_is_the_one_that_is_written() {
    let desk = Desk::new();
    let told = desk.run(&["form", "--out", "form.xlsx"]).expect(0).out();
    assert!(told.contains("form.xlsx") && told.contains("Arabic"), "{told}");
    let shipped = include_bytes!("../../../../forms/armistice-report.xlsx").to_vec();
    let (written, shipped) = (parts(fs::read(desk.path("form.xlsx")).unwrap()), parts(shipped));
    assert!(written == shipped, "cargo xtask bless form");
}

#[test]
fn a_form_made_with_a_pack_offers_its_names_and_not_its_posts() {
    let desk = Desk::new();
    desk.run(&["form", "--pack", "pack", "--out", "form.xlsx"]).expect(0);
    let parts = parts(fs::read(desk.path("form.xlsx")).unwrap());
    let text = parts.values().map(String::as_str).collect::<String>();
    for offered in ["Northern forces", "armistice_report_desk", "West"] {
        assert!(text.contains(offered), "{offered}");
    }
    for kept in ["hill", "radar", "36.12", "32.76", "0123456789abcdef"] {
        assert!(!text.contains(kept), "{kept}");
    }
    desk.put("pack/areas.geojson", "{}");
    desk.run(&["form", "--pack", "pack", "--out", "other.xlsx"]).expect(1);
    assert!(!desk.path("other.xlsx").exists());
    desk.run(&["form", "--out", "nowhere/form.xlsx"]).expect(3);
    desk.run(&["form"]).expect(2);
}

/// Two posts that heard one impact, and the launch that one of them heard.
fn heard() -> String {
    let report = |id: &str, post: &str, lon: f64, kind: &str, deg: u32| {
        format!(
            r#"{{"id":"{id}","source":{{"id":"{post}","post":"{post}","kind":"human","lon":{lon},"lat":32.7}},"method":"heard","kind":"{kind}","from":"2017-07-09T14:00:00+03:00","to":"2017-07-09T14:00:30+03:00","bearing":{{"deg":{deg}}},"range":{{"min_m":3000,"max_m":6000}}}}"#
        ) + "\n"
    };
    [
        report("a", "west", 36.1, "impact", 90),
        report("b", "east", 36.2, "impact", 270),
        report("c", "west", 36.1, "outgoing", 20),
        "{\"id\":17}\n".to_owned(),
    ]
    .concat()
}

#[test]
fn reports_become_incidents_whose_places_of_firing_are_not_told() {
    let desk = Desk::new();
    let text = heard();
    desk.put("one.jsonl", &text);
    let told = desk.run(&["fuse", "one.jsonl", "--out", "o.jsonl", "--json"]).expect(0).out();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["reports"], &told["rejected"]), (&3.into(), &1.into()), "{told}");
    let incidents = fs::read_to_string(desk.path("o.jsonl")).unwrap();
    let lines: Vec<Value> =
        incidents.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, told["incidents"].as_u64().unwrap());
    let of = |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap();
    let (impact, outgoing) = (of("impact"), of("outgoing"));
    assert_eq!((&impact["sources"], &impact["level"]), (&2.into(), &"corroborated".into()));
    assert!(impact["lat"].as_f64().is_some() && impact["region95"]["type"].is_string());
    assert!(outgoing["lat"].is_null() && outgoing["region95"].is_null(), "{outgoing}");
    assert!(!incidents.contains("36.1,32.7"), "a post's place is told");

    // However the reports are dealt out and named, and however often one is named.
    let (first, rest) = text.split_once('\n').unwrap();
    desk.put("z.jsonl", first);
    desk.put("a.jsonl", rest);
    let many = ["fuse", "z.jsonl", "a.jsonl", "one.jsonl", "one.jsonl", "--out", "p.jsonl"];
    desk.run(&many).expect(0);
    assert_eq!(fs::read_to_string(desk.path("p.jsonl")).unwrap(), incidents);
}

#[test]
fn a_fusion_of_nothing_or_of_too_much_that_is_bad_ends_with_1() {
    let desk = Desk::new();
    desk.put("one.jsonl", &heard());
    let one = ["fuse", "one.jsonl", "--out", "o.jsonl"];
    desk.run(&[&one[..], &["--max-rejects", "1"]].concat()).expect(0);
    desk.run(&[&one[..], &["--max-rejects", "0"]].concat()).expect(1);
    desk.put("empty.jsonl", "");
    desk.run(&["fuse", "empty.jsonl", "--out", "o.jsonl"]).expect(1);
    for wrong in ["microphone_reach_m=far", "no_such_parameter=1", "microphone_reach_m"] {
        desk.run(&[&one[..], &["--set", wrong]].concat()).expect(2);
    }
    desk.run(&["fuse", "nowhere.jsonl", "--out", "o.jsonl"]).expect(3);
}

#[test]
fn what_its_author_corrected_is_neither_alleged_nor_counted() {
    let desk = Desk::new();
    let first = fs::read_to_string(desk.path("reports.jsonl")).unwrap();
    let first = first.lines().next().unwrap();
    let corrected = first.replace("{\"id\":\"r1\",", "{\"id\":\"r2\",\"replaces\":\"r1\",");
    let of_another = corrected.replace("\"observer-1\"", "\"observer-2\"").replace("r2", "r3");
    let findings = |name: &str, lines: &[&str]| {
        desk.put("told.jsonl", &lines.join("\n"));
        let assess = ["assess", "pack", "--reports", "told.jsonl", "--out", name];
        desk.run(&assess).expect(0);
        let tally = ["tally", "pack", "--reports", "told.jsonl", "--around", "2017-07-09"];
        let told = desk.run(&[&tally[..], &["--days", "3", "--json"]].concat()).expect(0).out();
        let told: Value = serde_json::from_str(&told).unwrap();
        let found = fs::read_to_string(desk.path(name).join("findings.jsonl")).unwrap();
        (found.matches("\"alleged\"").count(), told["total"]["after"]["in_scope"].clone())
    };
    assert_eq!(findings("one", &[first]), (1, 1.into()));
    assert_eq!(findings("both", &[first, &corrected]), (1, 1.into()));
    // Nobody takes back what another said.
    assert_eq!(findings("three", &[first, &of_another]), (2, 2.into()));
    let page = fs::read_to_string(desk.path("both/report.html")).unwrap();
    assert!(page.contains("replaced by a correction of their own source"));
}

#[test]
fn what_nobody_can_reckon_is_not_said_to_be_none() {
    let desk = Desk::new();
    let told = r#"{"id": "t1", "source": {"id": "north", "kind": "register"}, "method": "told",
        "kind": "airstrike", "from": "2017-07-10T09:00:00Z", "to": "2017-07-10T10:00:00Z",
        "lat": 32.5, "lon": 36.2}"#;
    desk.put("told.jsonl", &told.replace('\n', " "));
    let said = desk.run(&["fuse", "told.jsonl", "--out", "o.jsonl"]).expect(0).out();
    assert!(
        said.contains("1 incident from 1 report;") && said.contains("no report states"),
        "{said}"
    );
    assert!(!said.contains("residuals"), "{said}");
    desk.run(&["assess", "pack", "--reports", "told.jsonl", "--out", "out"]).expect(0);
    let page = fs::read_to_string(desk.path("out/report.html")).unwrap();
    let row = page.split(">airstrike</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">–</td>"), "{row}");
    assert!(!page.contains("are likely to have happened"));
}
