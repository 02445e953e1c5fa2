//! What `reconcile` tells, and what `reconcile --out` writes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::program::{Desk, contents};

const MAP: &str = r#"
format = 1
[register.ours]
zone = "Asia/Damascus"
[register.ours.columns]
id = "no"
from = "when"
latitude = "lat"
longitude = "lon"
kind = "kind"
"#;

/// Two registers: eight events that both have, one that B has as two rows, one on either side that the
/// other has not, and one of B's that cannot be read.
fn registers(desk: &Desk) {
    desk.put("map.toml", MAP);
    let row = |no: String, n: u32, minute: u32| {
        let (lat, lon) = (n * 7 % 41, n * 11 % 43);
        let day = 1 + 3 * n;
        format!("{no},2017-07-{day:02} 09:{minute:02},32.{lat:02},36.{lon:02},impact\n")
    };
    let head = "no,when,lat,lon,kind\n";
    let a: String = (0..9).map(|n| row(format!("a{n}"), n, 10)).collect();
    let b: String = (0..9).map(|n| row(format!("b{n}"), n, 14)).collect();
    let again = row("b-again".to_owned(), 4, 12);
    desk.put("a.csv", &format!("{head}{a}a-only,2017-08-20 14:00,33.91,36.93,outgoing\n"));
    let bad = "b-bad,2017-07-09 14:00,33.95,36.21,bang\n";
    desk.put(
        "b.csv",
        &format!("{head}{b}{again}b-only,2017-09-20 14:00,33.91,36.93,outgoing\n{bad}"),
    );
}

fn lines(desk: &Desk, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(desk.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const RECONCILE: [&str; 5] = ["reconcile", "a.csv", "b.csv", "--map", "map.toml"];

#[test]
fn each_row_of_two_registers_is_in_one_file_of_what_reconcile_writes() {
    let desk = Desk::new();
    registers(&desk);
    desk.run(&[&RECONCILE[..], &["--out", "out"]].concat()).expect(0);
    let matched = lines(&desk, "out/matched.jsonl");
    assert_eq!(matched.len(), 9);
    for pair in &matched {
        let number = |side: &str| pair[side]["id"].as_str().unwrap()[1..2].to_owned();
        assert_eq!(number("a").len() + number("b").len(), 2);
        assert!(number("a") == number("b") || pair["b"]["id"] == "b-again", "{pair}");
        assert!(pair["probability_ppm"].as_u64() > Some(500_000), "{pair}");
    }
    let splits = lines(&desk, "out/splits.jsonl");
    assert_eq!(splits.len(), 1, "{splits:?}");
    assert_eq!(splits[0]["whole"]["id"], "a4");
    let parts = splits[0]["parts"].as_array().unwrap().iter().map(|part| &part["row"]["id"]);
    let mut parts: Vec<&str> = parts.filter_map(Value::as_str).collect();
    parts.sort_unstable();
    assert_eq!(parts, ["b-again", "b4"]);
    let only = lines(&desk, "out/only.jsonl");
    let mut ids: Vec<&str> = only.iter().filter_map(|lone| lone["row"]["id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a-only", "b-only"]);
    assert!(only.iter().all(|lone| lone["alone_ppm"].as_u64() > Some(500_000)), "{only:?}");
}

#[test]
fn what_reconcile_writes_is_what_it_says_and_the_same_every_time() {
    let desk = Desk::new();
    registers(&desk);
    let said = desk.run(&[&RECONCILE[..], &["--json", "--out", "out"]].concat()).expect(0).out();
    assert_eq!(fs::read_to_string(desk.path("out/summary.json")).unwrap(), said);
    desk.run(&[&RECONCILE[..], &["--out", "again"]].concat()).expect(0);
    assert_eq!(contents(&desk.path("out")), contents(&desk.path("again")));
    // Where a folder is there already, its files are replaced as a whole.
    desk.run(&[&RECONCILE[..], &["--out", "out"]].concat()).expect(0);
    assert_eq!(contents(&desk.path("out")), contents(&desk.path("again")));
}

#[test]
fn a_row_that_cannot_be_read_is_kept_only_for_whoever_asks_and_for_its_owner() {
    let desk = Desk::new();
    registers(&desk);
    desk.run(&[&RECONCILE[..], &["--out", "out"]].concat()).expect(0);
    let rejects = lines(&desk, "out/rejects.jsonl");
    assert_eq!(rejects.len(), 1);
    let reject = &rejects[0];
    assert_eq!((&reject["code"], &reject["file"]), (&"kind-not-mapped".into(), &"b.csv".into()));
    assert_eq!((&reject["record"], &reject["raw"]), (&13.into(), &Value::Null), "{reject}");
    desk.run(&[&RECONCILE[..], &["--out", "kept", "--keep-rejects"]].concat()).expect(0);
    assert!(lines(&desk, "kept/rejects.jsonl")[0]["raw"].as_str().unwrap().contains("33.95"));
    let mode = fs::metadata(desk.path("kept/rejects.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn two_registers_are_held_against_each_other() {
    let desk = Desk::new();
    desk.put("map.toml", MAP);
    let head = "no,when,lat,lon,kind\n";
    let rows = |shift: u32| -> String {
        let row = |n: u32| {
            let (lat, lon) = (n * 5 % 13, n * 7 % 17);
            format!(
                "{n},2017-07-{:02} {:02}:{:02},32.{lat:02},36.{lon:02},impact\n",
                n + 1,
                n,
                shift
            )
        };
        (1..12).map(row).collect()
    };
    desk.put("a.csv", &format!("{head}{}98,2017-08-09 14:00,33.9,36.9,outgoing\n", rows(5)));
    desk.put("b.csv", &format!("{head}{}99,2017-07-09 14:00,33.9,36.2,bang\n", rows(15)));
    let both = ["reconcile", "a.csv", "b.csv", "--map", "map.toml"];
    let told = desk.run(&[&both[..], &["--out", "out"]].concat()).expect(0).out();
    assert!(told.contains("only in a") && told.contains("kind-not-mapped"), "{told}");
    let names: Vec<_> = contents(&desk.path("out")).into_iter().map(|file| file.0).collect();
    let files = ["matched.jsonl", "only.jsonl", "rejects.jsonl", "splits.jsonl", "summary.json"];
    assert_eq!(names, files);
    let json = desk.run(&[&both[..], &["--json"]].concat()).expect(0).out();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["a"]["matched"], &json["a"]["only"]), (&11.into(), &1.into()));
    assert_eq!((&json["b"]["matched"], &json["b"]["rejected"]), (&11.into(), &1.into()));
    let outputs = contents(&desk.path("out"));
    let texts = outputs.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes));
    assert!(texts.clone().all(|text| !text.contains("33.9") && !text.contains("36.9")));
    desk.put("map.toml", &MAP.replace("latitude", "lattitude"));
    let told = desk.run(&both).expect(1).err();
    assert!(told.contains("lattitude") && told.contains("map.toml"), "{told}");
    desk.put("map.toml", &MAP.replace("zone", "zon"));
    let told = desk.run(&both).expect(1).err();
    assert!(told.contains("line 4: ") && told.trim_end().lines().count() == 1, "{told}");
    desk.run(&["reconcile", "a.csv", "nowhere.csv", "--map", "map.toml"]).expect(1);
}

#[test]
fn a_name_that_the_mapping_does_not_have_is_wrong_usage_and_a_faulty_mapping_is_refused() {
    let desk = Desk::new();
    registers(&desk);
    desk.put(
        "two.toml",
        &(MAP.to_owned() + &MAP.replace("format = 1", "").replace("ours", "theirs")),
    );
    let named = ["reconcile", "theirs=a.csv", "nobody=b.csv", "--map", "two.toml"];
    let said = desk.run(&named).expect(2).err();
    assert!(said.contains("nobody") && said.contains("ours, theirs"), "{said}");
    desk.put("two.toml", &MAP.replace("zone", "zones"));
    desk.run(&["reconcile", "a.csv", "b.csv", "--map", "two.toml"]).expect(1);
}
