//! Who watched, as files tell it.

use serde_json::Value;

use crate::program::{Desk, contents};

const ASSESS: [&str; 4] = ["assess", "pack", "--reports", "heard.jsonl"];
const TALLY: [&str; 8] =
    ["tally", "pack", "--reports", "heard.jsonl", "--around", "2017-07-09", "--days", "2"];

/// One observer hears an explosion, and a post beside them keeps a watch, or does not.
fn desk(state: &str) -> Desk {
    let desk = Desk::new();
    desk.put(
        "heard.jsonl",
        concat!(
            r#"{"id":"h1","source":{"id":"o","kind":"human","lon":36.13,"lat":32.77},"#,
            r#""method":"heard","kind":"explosion","from":"2017-07-09T14:00:00+03:00","#,
            r#""to":"2017-07-09T14:01:00+03:00","range":{"class":"near"}}"#,
            "\nnothing of the kind\n",
        ),
    );
    desk.put(
        "duty.jsonl",
        &format!(
            "{}{}{}\nnor this\n",
            r#"{"id":"d1","post":"hill","from":"2017-07-09T06:00:00+03:00","#,
            r#""to":"2017-07-09T18:00:00+03:00","state":""#,
            format_args!(r#"{state}"}}"#),
        ),
    );
    desk
}

fn p_real(desk: &Desk, out: &str) -> f64 {
    let text = std::fs::read_to_string(desk.path(&format!("{out}/incidents.jsonl"))).unwrap();
    let incident: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    incident["p_real"].as_f64().unwrap()
}

#[test]
fn that_a_post_on_duty_heard_nothing_is_evidence_for_assess_as_it_is_for_fuse() {
    let of = |state: &str| {
        let desk = desk(state);
        desk.run(&[&ASSESS[..], &["--duty", "duty.jsonl", "--out", "out"]].concat()).expect(0);
        p_real(&desk, "out")
    };
    let (on, off) = (of("on"), of("off"));
    assert!(on < off * 0.9, "{on} {off}");
    let desk = desk("on");
    let duty = ["--duty", "duty.jsonl", "--pack", "pack", "--out", "fused.jsonl"];
    desk.run(&[&["fuse", "heard.jsonl"][..], &duty].concat()).expect(0);
    let fused = std::fs::read_to_string(desk.path("fused.jsonl")).unwrap();
    let fused: Value = serde_json::from_str(fused.lines().next().unwrap()).unwrap();
    assert_eq!(fused["p_real"], on);
}

#[test]
fn a_duty_record_that_cannot_be_read_is_rejected_and_costs_no_other() {
    let desk = desk("denied");
    let arguments = [&ASSESS[..], &["--duty", "duty.jsonl", "--out", "out"]].concat();
    let told = desk.run(&arguments).expect(0);
    assert!(told.out().contains("2 x not-json"), "{}", told.out());
    assert!(told.err().is_empty(), "how long it took is told to whoever asks: {}", told.err());
    let inputs = std::fs::read_to_string(desk.path("out/summary.json")).unwrap();
    let inputs: Value = serde_json::from_str(&inputs).unwrap();
    let duties = inputs["inputs"].as_array().unwrap().iter().find(|i| i["kind"] == "duties");
    let duties = duties.unwrap();
    assert_eq!((&duties["admitted"], &duties["rejected"]), (&1.into(), &1.into()), "{duties}");
    for (name, bytes) in contents(&desk.path("out")) {
        assert!(!String::from_utf8_lossy(&bytes).contains("36.1234567"), "{name}");
    }
    let verbose = desk.run(&[&arguments[..], &["--verbose"]].concat()).expect(0);
    assert!(verbose.err().contains("fuse reports"), "{}", verbose.err());
}

#[test]
fn tally_says_itself_what_was_rejected_and_of_each_area_who_watched_it() {
    let desk = desk("on");
    let told = desk.run(&[&TALLY[..], &["--duty", "duty.jsonl", "--all"]].concat()).expect(0).out();
    assert!(
        told.contains("2 records were rejected:\n  2 x not-json, first at heard.jsonl:2"),
        "{told}"
    );
    let json = [&TALLY[..], &["--duty", "duty.jsonl", "--all", "--by", "area", "--json"]].concat();
    let json: Value = serde_json::from_str(&desk.run(&json).expect(0).out()).unwrap();
    assert_eq!(json["rejects"][0]["code"], "not-json");
    assert_eq!(json["rejects"][0]["times"], 2);
    // The post lies in the only area that a ceasefire holds in.
    let west = &json["comparison"]["lines"]["west"];
    assert_eq!(west["observed"][1]["observer_s"], 12 * 3600, "{west}");
}

#[test]
fn fuse_says_which_field_is_at_fault_and_which_it_did_not_read() {
    let desk = Desk::new();
    let report = |id: &str, more: &str| {
        format!(
            r#"{{"id": "{id}", "source": {{"id": "o", "kind": "human", "position": [36.1, 32.8]}}, "method": "heard", "kind": "impact", "from": "2017-07-10T11:32:00Z", "to": "2017-07-10T11:33:00Z"{more}}}"#
        )
    };
    let lines = [report("a", ""), report("b", r#", "count": 6"#), report("c", r#", "extra": 1"#)];
    desk.put("heard.jsonl", &lines.join("\n"));
    let told = desk.run(&["fuse", "heard.jsonl", "--out", "i.jsonl"]).expect(0).out();
    let count =
        "1 x not-an-object, first at heard.jsonl:2, /count (it is a number): send an object";
    assert!(told.contains(count), "{told}");
    assert!(told.contains("heard.jsonl: /source/position was not read, in 2 reports."), "{told}");
    assert!(told.contains("heard.jsonl: /extra was not read, in 1 report."), "{told}");
    let told = desk.run(&["fuse", "heard.jsonl", "--out", "i.jsonl", "--json"]).expect(0).out();
    let json: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(json["unread"][1]["field"], "/source/position");
    assert_eq!(json["rejects"][0]["pointer"], "/count");
}
