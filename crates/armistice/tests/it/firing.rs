//! That no output tells where somebody fired from: two runs that differ in that alone are compared.

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::program::{Desk, contents};

/// Fire going out that one saw and placed and one heard, an explosion there that a third placed, and
/// something else two days later.
fn reports(lon: f64, lat: f64, day: &str) -> String {
    let said = |id: &str, kind: &str, lon: f64, lat: f64| {
        json!({ "id": id, "method": "heard", "kind": kind, "sides": ["north", "south"],
            "source": { "id": id, "post": id, "kind": "human", "lon": lon, "lat": lat },
            "from": format!("{day}T05:31:00Z"), "to": format!("{day}T05:33:00Z") })
    };
    let place = json!({ "lon": lon, "lat": lat, "radius_m": 50 });
    let mut saw = said("saw", "outgoing", 36.15, 32.72);
    (saw["method"], saw["place"]) = ("seen".into(), place.clone());
    let mut also = said("also", "explosion", 36.25, 32.73);
    (also["method"], also["place"]) = ("seen".into(), place);
    let heard = said("heard", "outgoing", 36.22, 32.78);
    let later = json!({ "id": "later", "method": "told", "kind": "impact",
        "source": { "id": "liaison", "kind": "register" },
        "from": "2017-07-20T00:00:00Z", "to": "2017-07-20T01:00:00Z" });
    [saw, also, heard, later].iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn runs_that_differ_in_where_a_gun_stood_within_a_cell_write_the_same() {
    let desk = Desk::new();
    let written = |lon: f64, lat: f64| {
        desk.put("r.jsonl", &reports(lon, lat, "2017-07-10"));
        let ran = desk.run(&["assess", "pack", "--reports", "r.jsonl", "--out", "out"]).expect(0);
        let fused = desk.run(&["fuse", "r.jsonl", "--out", "out/fused.jsonl"]).expect(0);
        let files = contents(&desk.path("out")).into_iter().map(|(name, bytes)| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(&lat.to_string()), "{name} tells the place");
            // The digest of the input itself is told; whoever has the rest of the file may search it.
            let summary = fs::read_to_string(desk.path("out/summary.json")).unwrap();
            let summary: Value = serde_json::from_str(&summary).unwrap();
            let sha256 = summary["inputs"][0]["digest"].as_str().expect("a digest").to_owned();
            (name, text.replace(&sha256, "input").replace(&sha256[..10], "input"))
        });
        (files.collect::<Vec<_>>(), ran.out(), fused.out())
    };
    let (one, other) = (written(36.2131, 32.7731), written(36.2142, 32.7742));
    for ((name, one), (_, other)) in one.0.iter().zip(&other.0) {
        assert_eq!(one, other, "{name}");
    }
    assert_eq!((one.1, one.2), (other.1, other.2));
}

#[test]
fn what_is_not_a_day_old_is_kept_back_whatever_is_said_of_the_time() {
    let desk = Desk::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let day = |days: u64| {
        let micros = i64::try_from(now.as_micros()).unwrap();
        let ahead = i64::try_from(days).unwrap() * 86_400_000_000;
        spacetime::Instant::from_micros(micros + ahead).to_string()[..10].to_owned()
    };
    // Of today's first minutes, and one from the future.
    let mut text = reports(36.2131, 32.7731, &day(0)).replace("T05:3", "T00:0");
    text += &reports(36.2131, 32.7731, &day(2)).replace("\"id\":\"", "\"id\":\"future ");
    desk.put("r.jsonl", &text);
    let fuse = ["fuse", "r.jsonl", "--as-of", "2099-01-01T00:00:00Z", "--out", "o.jsonl"];
    let told = desk.run(&fuse).expect(0).out();
    assert!(told.contains("3 x in-the-future, first at r.jsonl:5"), "{told}");
    let incidents = fs::read_to_string(desk.path("o.jsonl")).unwrap();
    assert!(incidents.contains("kept_back_until") && !incidents.contains("cells"), "{incidents}");
    let assess = ["assess", "pack", "--reports", "r.jsonl", "--to", "2099-01-01T00:00:00Z"];
    desk.run(&[&assess[..], &["--out", "out"]].concat()).expect(0);
    let incidents = fs::read_to_string(desk.path("out/incidents.jsonl")).unwrap();
    assert!(incidents.contains("kept_back_until") && !incidents.contains("cells"), "{incidents}");
}

#[test]
fn what_is_rejected_of_an_upload_is_named_by_its_file() {
    let desk = Desk::new();
    let mut zip = zip::ZipWriter::new(fs::File::create(desk.path("up.zip")).unwrap());
    for (name, text) in [
        ("uuid-1/submission.xml", "<!DOCTYPE d [<!ENTITY a \"x\">]><d>&a;</d>"),
        ("uuid-2/submission.xml", "<d><meta><instanceID>uuid:2</instanceID></meta></d>"),
        ("../escapes.xml", "<d/>"),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let told = desk.run(&["fuse", "up.zip", "--out", "o.jsonl"]).expect(1).out();
    for at in ["up.zip:uuid-1/submission.xml", "up.zip:uuid-2/submission.xml", "up.zip:../escapes"]
    {
        assert!(told.contains(at), "{at}: {told}");
    }
    desk.run(&["assess", "pack", "--reports", "up.zip", "--out", "out"]).expect(1);
    let rejects = fs::read_to_string(desk.path("out/rejects.jsonl")).unwrap();
    assert!(rejects.contains(r#""entry":"uuid-1/submission.xml""#), "{rejects}");
}
