//! The command line: exit codes, what is written, and that it is the same every time.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod firing;
mod forms;
#[cfg(test)]
mod life;
#[cfg(test)]
mod program;
mod records;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod witnessing;

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use program::{AGREEMENT, Desk, contents};

const OUTPUTS: [&str; 8] = [
    "alerts.jsonl",
    "anomalies.jsonl",
    "findings.jsonl",
    "incidents.jsonl",
    "map.svg",
    "rejects.jsonl",
    "report.html",
    "summary.json",
];

const BOTH: [&str; 8] = [
    "assess",
    "pack",
    "--tracks",
    "radar=through.csv",
    "--tracks",
    "beside.csv",
    "--reports",
    "reports.jsonl",
];

fn assess(desk: &Desk, arguments: &[&str], out: &str) -> Vec<(String, Vec<u8>)> {
    desk.run(&[arguments, &["--out", out, "--sbs-zone", "UTC"]].concat()).expect(0);
    contents(&desk.path(out))
}

#[test]
fn a_sound_pack_is_summed_up() {
    let ran = Desk::new().run(&["check", "pack"]).expect(0);
    assert!(ran.out().contains("Two areas") && ran.out().contains("pack: sound"), "{}", ran.out());
}

#[test]
fn a_faulty_pack_is_explained_with_place_excerpt_and_repair() {
    let desk = Desk::new();
    let faulty = AGREEMENT.replace("areas = [\"west\"]", "areas = [\"vest\"]");
    desk.put("pack/agreement.toml", &faulty.replace("kind = \"radar\"", "kind = \"rader\""));
    let told = desk.run(&["check", "pack"]).expect(1).out();
    assert!(told.contains("fault[area-unknown]") && told.contains("fault[word-unknown]"), "{told}");
    assert!(told.contains("areas = [\"vest\"]") && told.contains("^^^^^^"), "{told}");
    assert!(told.contains("pack/agreement.toml:") && told.contains("repair:"), "{told}");
    let json: serde_json::Value =
        serde_json::from_str(&desk.run(&["check", "pack", "--json"]).expect(1).out()).unwrap();
    assert_eq!(json["sound"], false);
    assert_eq!(json["faults"].as_array().map(Vec::len), Some(2));
    desk.run(&["assess", "pack", "--reports", "reports.jsonl", "--out", "o"]).expect(1);
}

#[test]
fn the_outputs_do_not_depend_on_run_threads_or_the_order_of_naming() {
    let desk = Desk::new();
    let first = assess(&desk, &BOTH, "a");
    assert_eq!(first.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), OUTPUTS);
    assert_eq!(assess(&desk, &BOTH, "b"), first, "a second run");
    let threads = [&BOTH[..], &["--threads", "1"]].concat();
    assert_eq!(assess(&desk, &threads, "c"), first, "one thread");
    let swapped = [
        "assess",
        "pack",
        "--reports",
        "reports.jsonl",
        "--tracks",
        "beside.csv",
        "--tracks",
        "radar=through.csv",
        "--threads",
        "3",
    ];
    assert_eq!(assess(&desk, &swapped, "d"), first, "files named in another order");
}

/// An hour of forty aircraft that cross an edge to and fro every five minutes.
fn fleet() -> String {
    let row = |step: u32, aircraft: u32| {
        let seconds = 1_499_600_000 + step * 10;
        let turn = f64::from(step * 10 + aircraft) / 300.0 * std::f64::consts::TAU;
        let (lon, lat) = (36.6 + 0.03 * turn.sin(), 32.6 + f64::from(aircraft) * 0.003);
        format!("{seconds},71c{aircraft:03x},{lon:.5},{lat:.5},10000,5000\n")
    };
    let rows = (0..360).flat_map(|step| (0..40).map(move |aircraft| row(step, aircraft)));
    let rows: String = rows.collect();
    format!("timestamp,icao24,longitude,latitude,altitude,geoaltitude\n{rows}")
}

#[test]
fn what_does_not_fit_into_memory_waits_on_disk_and_changes_no_output() {
    let desk = Desk::new();
    desk.put("fleet.csv", &fleet());
    let told = |more: &[&str], out: &str| {
        let fleet = ["assess", "pack", "--tracks", "radar=fleet.csv", "--json", "--out", out];
        let ran = desk.run(&[&fleet[..], more].concat()).expect(0);
        let told: serde_json::Value = serde_json::from_str(&ran.out()).unwrap();
        (told["on_disk_bytes"].as_u64(), contents(&desk.path(out)))
    };
    let (on_disk, held) = told(&[], "held");
    assert_eq!(on_disk, Some(0));
    let findings = held.iter().find(|(name, _)| name == "findings.jsonl").unwrap();
    assert!(findings.1.iter().filter(|byte| **byte == b'\n').count() > 400);
    for threads in ["1", "2"] {
        let (on_disk, spilled) = told(&["--held-mib", "1", "--threads", threads], threads);
        assert!(on_disk > Some(100_000), "{on_disk:?}");
        assert!(spilled == held, "the outputs differ on {threads} threads");
    }
}

#[test]
fn findings_name_the_clause_and_the_file_they_rest_on() {
    let desk = Desk::new();
    assess(&desk, &BOTH, "out");
    let findings = fs::read_to_string(desk.path("out/findings.jsonl")).unwrap();
    let of = |clause: &str, verdict: &str| {
        findings.lines().map(|line| serde_json::from_str(line).unwrap()).find(
            |finding: &serde_json::Value| {
                finding["clause"] == clause && finding["verdict"] == verdict
            },
        )
    };
    let breach = of("no-fly", "breach").expect("the flight through the east is a breach");
    assert_eq!(breach["subject"]["aircraft"], "71c011");
    assert_eq!(breach["locators"][0]["file"], "through.csv");
    let alleged = of("ceasefire", "alleged").expect("the impact in the west is alleged");
    assert_eq!(alleged["subject"]["act"], "impact");
    let summary = fs::read_to_string(desk.path("out/summary.json")).unwrap();
    assert!(!summary.contains("_s\""), "how long it took is no part of the summary");
}

#[test]
fn no_place_of_a_post_or_of_a_launch_is_in_any_output() {
    let desk = Desk::new();
    let outputs = assess(&desk, &BOTH, "out");
    let told = desk.run(&["check", "pack", "--json"]).expect(0);
    let said = told.out() + &told.err();
    let texts = outputs.iter().map(|(name, bytes)| (name.as_str(), String::from_utf8_lossy(bytes)));
    for (name, text) in texts.chain([("check", said.into())]) {
        for digits in ["36.123", "1234567", "32.765", "7654321", "36.298", "32.812", "8123456"] {
            assert!(!text.contains(digits), "{name} holds {digits}");
        }
    }
}

#[test]
fn a_faulty_post_is_not_quoted() {
    let desk = Desk::new();
    desk.put("pack/agreement.toml", &AGREEMENT.replace(", 32.7654321", ", 92.7654321"));
    let told = desk.run(&["check", "pack"]).expect(1).out();
    assert!(!told.contains("36.123") && !told.contains("92.765"), "{told}");
}

#[test]
fn a_leave_that_nobody_in_the_agreement_gave_is_rejected_and_lifts_nothing() {
    let desk = Desk::new();
    let leave = r#"{"id": "L-1", "address": "71c011", "from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "granted_by": "nobody-at-all"}"#;
    desk.put("leave.jsonl", leave);
    let outputs = assess(&desk, &[&BOTH[..], &["--authorisations", "leave.jsonl"]].concat(), "out");
    let of = |name: &str| String::from_utf8_lossy(&outputs.iter().find(|o| o.0 == name).unwrap().1);
    assert!(of("rejects.jsonl").contains("not-in-pack"));
    assert!(!of("findings.jsonl").contains("\"reason\":\"authorised\""));
}

#[test]
fn rejected_records_are_kept_only_on_request_and_for_their_owner() {
    let desk = Desk::new();
    assess(&desk, &BOTH, "out");
    let rejects = fs::read_to_string(desk.path("out/rejects.jsonl")).unwrap();
    assert!(rejects.contains("\"file\":\"reports.jsonl\"") && !rejects.contains("\"raw\""));
    let keeping = [&BOTH[..], &["--keep-rejects"]].concat();
    assess(&desk, &keeping, "kept");
    let kept = fs::read_to_string(desk.path("kept/rejects.jsonl")).unwrap();
    assert!(kept.contains(r#""raw":"{\"id\":17}""#), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(desk.path("kept/rejects.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn too_many_rejects_and_nothing_admitted_end_with_1() {
    let desk = Desk::new();
    let reports = ["assess", "pack", "--reports", "reports.jsonl", "--out", "out"];
    desk.run(&[&reports[..], &["--max-rejects", "0"]].concat()).expect(1);
    desk.run(&[&reports[..], &["--max-rejects", "1"]].concat()).expect(0);
    desk.put("empty.jsonl", "");
    desk.run(&["assess", "pack", "--reports", "empty.jsonl", "--out", "out"]).expect(1);
}

#[test]
fn wrong_usage_ends_with_2_and_a_missing_file_with_3() {
    let desk = Desk::new();
    for wrong in [
        &["assess", "pack", "--out", "out"][..],
        &["assess", "pack", "--tracks", "sonar=through.csv", "--out", "out"],
        &["assess", "pack", "--reports", "reports.jsonl", "--from", "noon", "--out", "out"],
        &["assess", "pack", "--reports", "reports.jsonl", "--as-if-adopted", "x", "--out", "out"],
        &["tally", "pack", "--reports", "reports.jsonl", "--around", "July", "--days", "3"],
        &["frobnicate"],
    ] {
        desk.run(wrong).expect(2);
    }
    for missing in [
        &["check", "nowhere"][..],
        &["assess", "pack", "--tracks", "nowhere.csv", "--out", "out"],
        &["assess", "pack", "--reports", "nowhere.jsonl", "--out", "out"],
        &["zones", "nowhere.geojson", "nowhere.csv"],
    ] {
        let ran = desk.run(missing).expect(3);
        assert!(ran.err().contains("nowhere"), "the message names the path: {}", ran.err());
    }
}

#[test]
fn an_output_never_takes_the_place_of_an_input() {
    let desk = Desk::new();
    desk.put("points.csv", "lat,lon\n32.7,36.2\n");
    for (arguments, input) in [
        (&["fuse", "reports.jsonl", "--out", "./reports.jsonl"][..], "reports.jsonl"),
        (&["zones", "pack/areas.geojson", "points.csv", "--out", "points.csv"], "points.csv"),
        (
            &["zones", "pack/areas.geojson", "points.csv", "--out", "pack/areas.geojson"],
            "pack/areas.geojson",
        ),
    ] {
        let before = fs::read(desk.path(input)).unwrap();
        let told = desk.run(arguments).expect(2).err();
        assert!(told.contains("one of the inputs"), "{told}");
        assert_eq!(fs::read(desk.path(input)).unwrap(), before);
    }
}

#[test]
fn what_nobody_read_to_the_end_is_no_answer() {
    let desk = Desk::new();
    desk.put("pack/agreement.toml", &AGREEMENT.replace("kind = \"radar\"", "kind = \"rader\""));
    let (read, written) = std::io::pipe().expect("a pipe");
    drop(read);
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_armistice"))
        .args(["check", "pack"])
        .current_dir(desk.path("."))
        .stdout(written)
        .status()
        .expect("the program starts");
    assert_eq!(status.code(), Some(141));
}

#[test]
fn a_tally_counts_before_and_after() {
    let desk = Desk::new();
    let tally =
        ["tally", "pack", "--reports", "reports.jsonl", "--around", "2017-07-09", "--days", "3"];
    let told = desk.run(&tally).expect(0).out();
    assert!(told.contains("ceasefire") && told.contains("not evidence of a cause"), "{told}");
    let json = desk.run(&[&tally[..], &["--by", "area", "--all", "--json"]].concat()).expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.out()).unwrap();
    assert_eq!(json["lines"]["west"]["after"]["all"], 2);
    assert_eq!(json["lines"]["west"]["after"]["in_scope"], 1);
}

#[test]
fn zones_pairs_points_with_the_zones_that_hold_them() {
    let desk = Desk::new();
    desk.put("points.csv", "lat,lon\n32.7,36.2\n32.7,36.8\n32.7,36.5\n91,36.8\n");
    let ran = desk
        .run(&["zones", "pack/areas.geojson", "points.csv", "--out", "p.parquet", "--json"])
        .expect(0);
    let told: serde_json::Value = serde_json::from_str(&ran.out()).unwrap();
    assert_eq!((&told["zones"], &told["points"]), (&2.into(), &4.into()));
    assert_eq!((&told["pairs"], &told["off_globe"]), (&2.into(), &1.into()));
    assert!(fs::read(desk.path("p.parquet")).unwrap().starts_with(b"PAR1"));
    desk.put("bow.geojson", r#"{"type":"FeatureCollection","features":[{"type":"Feature",
        "properties":{},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}]}"#);
    let told = desk.run(&["zones", "bow.geojson", "points.csv"]).expect(1).err();
    assert!(told.contains("ring-crosses") && told.contains("#/features/0"), "{told}");
    desk.put("bad.csv", "lat,lon\n32.7,east\n");
    let told = desk.run(&["zones", "pack/areas.geojson", "bad.csv"]).expect(1).err();
    assert!(told.contains("line 2"), "{told}");
}

#[test]
fn a_shell_is_taught_the_verbs() {
    let told = Desk::new().run(&["completions", "bash"]).expect(0).out();
    assert!(told.contains("assess") && told.contains("--keep-rejects"), "{told}");
}

#[test]
fn leave_that_no_party_of_the_agreement_gave_lifts_nothing() {
    let desk = Desk::new();
    let leave = |by: &str| {
        format!(
            r#"{{"id":"leave","address":"71c011","from":"2017-07-09T00:00:00Z","to":"2017-07-10T00:00:00Z","granted_by":"{by}"}}"#
        )
    };
    let breaches = |by: &str| {
        desk.put("leave.jsonl", &leave(by));
        let tracks = ["assess", "pack", "--tracks", "radar=through.csv"];
        let found =
            assess(&desk, &[&tracks[..], &["--authorisations", "leave.jsonl"]].concat(), by);
        let text = |name: &str| {
            let (_, bytes) = found.iter().find(|(file, _)| file == name).unwrap();
            String::from_utf8(bytes.clone()).unwrap()
        };
        (text("findings.jsonl").matches("\"breach\"").count(), text("rejects.jsonl"))
    };
    assert_eq!(breaches("guarantor"), (0, String::new()));
    let (found, rejects) = breaches("nobody");
    assert_eq!(found, 1);
    assert!(rejects.contains("\"not-in-pack\"") && rejects.contains("/granted_by"), "{rejects}");
}

#[test]
fn a_field_that_was_not_read_is_named_and_a_copy_counts_once() {
    let desk = Desk::new();
    let reports = fs::read_to_string(desk.path("reports.jsonl")).unwrap();
    let prose = reports.replacen("{\"id\":\"r1\",", "{\"id\":\"r1\",\"text\":\"loud\",", 1);
    desk.put("prose.jsonl", &prose);
    desk.put("copy.jsonl", &prose);
    let named = ["--reports", "prose.jsonl", "--reports", "copy.jsonl", "--out", "o"];
    let told = desk.run(&[&["assess", "pack"], &named[..]].concat()).expect(0).out();
    assert!(told.contains("copy.jsonl: /text was not read, in 1 report."), "{told}");
    assert!(told.contains("copy.jsonl was named 2 times and counts once."), "{told}");
    assert!(told.contains(" 0 anomalies; 2 records used"), "{told}");
}

#[test]
fn what_lies_outside_the_time_asked_for_is_said() {
    let arguments = ["assess", "pack", "--tracks", "radar=through.csv", "--out", "o"];
    let late = ["--from", "2018-01-01T00:00:00Z"];
    let told = Desk::new().run(&[&arguments[..], &late].concat()).expect(0).out();
    assert!(told.contains("360 of those used lie outside the time asked for"), "{told}");
}

#[test]
fn what_an_interrupted_run_left_goes_with_the_next_and_what_a_live_one_holds_stays() {
    let desk = Desk::new();
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let left = |name: &str| {
        fs::create_dir_all(desk.path(&format!("out/{name}"))).expect("a folder");
        desk.put(&format!("out/{name}/rejects.jsonl"), "raw records\n");
        let lock = File::create(desk.path(&format!("out/{name}/.lock"))).expect("a lock");
        let folder = File::open(desk.path(&format!("out/{name}"))).expect("a folder");
        folder.set_modified(hour_ago).expect("folders have times");
        lock
    };
    drop(left(".armistice-dead01"));
    let live = left(".armistice-live01");
    live.lock().expect("nobody else holds it");
    desk.put("out/.armistice-young1", "of a run that began just now\n");
    desk.put("out/.armistice-old001", "half a file\n");
    let old = File::options().append(true).open(desk.path("out/.armistice-old001"));
    old.expect("a file").set_modified(hour_ago).expect("files have times");
    let named = ["assess", "pack", "--tracks", "radar=through.csv", "--out", "out"];
    desk.run(&named).expect(0);
    let is_there = ["dead01", "live01", "young1", "old001"]
        .map(|name| desk.path(&format!("out/.armistice-{name}")).exists());
    assert_eq!(is_there, [false, true, true, false]);
    assert!(!desk.path("out/.lock").exists());
}

#[cfg(unix)]
#[test]
fn a_run_that_cannot_write_leaves_the_outputs_of_the_last_one_whole() {
    let desk = Desk::new();
    let before = assess(&desk, &BOTH, "out");
    // No file may grow past a few kilobytes, as on a full disk: the page cannot be written.
    let limited = "ulimit -f 8; exec \"$0\" \"$@\"";
    let fewer = ["assess", "pack", "--tracks", "beside.csv", "--sbs-zone", "UTC", "--out", "out"];
    let ended = std::process::Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_armistice")])
        .args(fewer)
        .current_dir(desk.path(""))
        .output()
        .expect("a shell starts");
    assert!(!ended.status.success());
    for (name, bytes) in &before {
        assert_eq!(&fs::read(desk.path("out").join(name)).expect("it is there"), bytes, "{name}");
    }

    let other = "elsewhere";
    fs::create_dir_all(desk.path("elsewhere/report.html")).expect("a folder");
    desk.put("elsewhere/findings.jsonl", "of an earlier run\n");
    let told = desk.run(&[&fewer[..7], &[other]].concat()).expect(3).err();
    assert!(told.contains("report.html"), "{told}");
    let kept = fs::read_to_string(desk.path("elsewhere/findings.jsonl")).expect("it is there");
    assert_eq!(kept, "of an earlier run\n");
    assert!(!desk.path("elsewhere/summary.json").exists());
}
