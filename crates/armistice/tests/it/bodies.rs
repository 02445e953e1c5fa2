//! Bodies from the keeper's side and the reader's: seal, disclose, open, erase.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use agreement::report::{Act, Method, Source, Told};
use agreement::statement::promise::period_of;
use agreement::statement::said::Nothing;
use agreement::statement::{Body, Claim, Place, Promise, Roster, Said, SecretKey};
use agreement::track::Locator;
use agreement::{DeviceId, Digest, PackFiles, Report};
use ledger::clock::{Clock as _, SystemClock};
use ledger::disk::{Disk, RealDisk};
use ledger::vault::Keeping;
use ledger::{Birth, Keeper, LogKey, NoteLogKey, Opening, STAGED_BYTES_MIN};
use spacetime::{Instant, Interval};
use tlog::NoteSigner;

use crate::program::{Desk, Ran};

const PACK: &str = "../../packs/southern-syria-2017";
const KEEPING: [&str; 11] = [
    "record",
    "--pack",
    "keepers",
    "--log-key",
    "log.key",
    "--device",
    "jordan-1",
    "--device-key",
    "jordan-1.key",
    "--vault-key",
    "vault.key",
];
const SECRET_WORDS: &str = "a clinic behind the mill";

/// A pack whose devices, and whose joint room, have keys that the test has; a record with one report.
fn room(split: Option<u8>) -> Desk {
    let desk = Desk::new();
    let path = |name: &str| desk.path(name).to_str().unwrap().to_owned();
    fs::create_dir(desk.path("keepers")).unwrap();
    let mut text = fs::read_to_string(Path::new(PACK).join("agreement.toml")).unwrap();
    for (n, (device, old)) in (1..).zip([
        ("jordan-1", "DAigd9pB1mlUiZ+GJvqvGaTM/NAQTcsbbUvnudGI3DU="),
        ("observers-1", "IKcMA0KatRORmYRoqG+qqgeeZQ+xzsy7tPG7AXXXA5Q="),
    ]) {
        let public = Digest::from_bytes(key(n).public().to_bytes()).to_string();
        assert!(text.contains(old), "{device}");
        text = text.replace(old, &public);
    }
    let recipient =
        |file: &str| desk.run(&["seal", "--new-identity", file]).expect(0).out().trim().to_owned();
    let [_, reader, us, russia] =
        ["vault.key", "reader.key", "us.key", "russia.key"].map(recipient);
    text = text.replace("age1dr0sqedfkreyufkx9jxwnkk3zy0tku6eknj9446xuj5qwzvvhcpqnvzehp", &reader);
    for (party, age) in [("united-states", us), ("russia", russia)] {
        text +=
            &format!("\n[[recipient]]\nid = \"{party}\"\nparty = \"{party}\"\nage = \"{age}\"\n");
    }
    desk.put("keepers/agreement.toml", &text);
    for file in ["areas.geojson", "SOURCES.md"] {
        fs::copy(Path::new(PACK).join(file), path(&format!("keepers/{file}"))).unwrap();
    }
    desk.put_key("log.key", &Digest::from_bytes([9; 32]).to_string());
    desk.put_key("jordan-1.key", &Digest::from_bytes([1; 32]).to_string());
    fs::create_dir(desk.path("record")).unwrap();
    keep_one_report(&desk.path("record"), &desk, split);
    desk
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn keep_one_report(record: &Path, desk: &Desk, split: Option<u8>) {
    let log_key = NoteLogKey::new(NoteSigner::new("example.org/south", &[9; 32]).unwrap());
    fs::write(record.join("log.vkey"), format!("{}\n", log_key.verifier().key())).unwrap();
    let now = SystemClock.now();
    let birth = Birth { now, secret: [7; 32], staged_bytes: STAGED_BYTES_MIN };
    ledger::init(&RealDisk::new(record), &log_key, &birth).unwrap();
    let keeping = split.map_or(Keeping::Vault, |threshold| {
        let holders = ["us.key", "russia.key"].map(|file| {
            let text = fs::read_to_string(desk.path(file)).unwrap();
            let identity: age::x25519::Identity = text.lines().nth(1).unwrap().parse().unwrap();
            identity.to_public()
        });
        Keeping::Split { threshold, holders: holders.into() }
    });
    let mut keeper = keeper_of(desk, keeping);
    let answers = keeper.submit(&[&report().to_line()], 1).unwrap();
    assert!(matches!(answers[0], ledger::admit::Answer::Admitted { leaf: 0, .. }), "{answers:?}");
}

/// The record's keeper, without the program.
fn keeper_of(desk: &Desk, keeping: Keeping) -> Keeper {
    let read = |file: &str| fs::read(desk.path(file)).unwrap();
    let (text, areas) = (read("keepers/agreement.toml"), read("keepers/areas.geojson"));
    let files =
        PackFiles { agreement_toml: Some(&text), areas_geojson: Some(&areas), has_sources: true };
    let (pack, _) = agreement::pack::read(&files).unwrap();
    let log_key = NoteLogKey::new(NoteSigner::new("example.org/south", &[9; 32]).unwrap());
    let log_key: Arc<dyn LogKey> = Arc::new(log_key);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(desk.path("record")));
    let identity = fs::read_to_string(desk.path("vault.key")).unwrap();
    Keeper::open(Opening {
        disk: disk.clone(),
        keys: disk,
        log_key,
        agreement: pack.version.0,
        roster: Roster::of(&pack).unwrap(),
        device: DeviceId::new("jordan-1").unwrap(),
        device_key: key(1),
        identity: identity.lines().nth(1).unwrap().parse().unwrap(),
        keeping,
        step: 8,
        clock: Arc::new(SystemClock),
        threads: NonZeroUsize::MIN,
    })
    .unwrap()
}

fn report() -> Claim {
    let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
    let source =
        Source { id: SECRET_WORDS.into(), post: None, kind: "human".into(), position: None };
    let told = Told {
        id: "r1".into(),
        act: Act::Explosion,
        method: Method::Heard,
        observed: Interval::new(at(0), at(60)).unwrap(),
        source,
    };
    let body = Body::Report(Box::new(Report::of(told, Locator::default())));
    let (device, said) = (DeviceId::new("observers-1").unwrap(), Said::Report(Nothing {}));
    Claim::sign(device, &key(2), Place::default(), None, &said, Some((&body, [5; 32]))).unwrap()
}

fn keep(desk: &Desk, verb: &str, more: &[&str]) -> Ran {
    keep_verb(desk, &[verb], more)
}

fn keep_verb(desk: &Desk, verb: &[&str], more: &[&str]) -> Ran {
    desk.run(&[verb, &KEEPING[..], more].concat())
}

/// Shows leaf 0 to the joint room, and gives the name of the package.
fn show(desk: &Desk) -> String {
    let ask = ["--leaf", "0", "--to", "joint-room", "--purpose", "to warn", "--out", "shown"];
    let asked = keep(desk, "disclose", &ask).expect(0);
    assert_eq!(asked.out(), "leaf 0: request 0 waits\n");
    let collect = ["--collect", "--out", "shown"];
    keep(desk, "disclose", &collect).expect(0);
    assert!(!desk.path("shown").read_dir().unwrap().any(|_| true), "nothing is handed out yet");
    // As if a minute had passed.
    let mut keeper = keeper_of(desk, Keeping::Vault);
    keeper.close_period(period_of(SystemClock.now()) + 1).unwrap();
    drop(keeper);
    let collected = keep(desk, "disclose", &["--collect", "--out", "shown"]).expect(0);
    collected.out().lines().last().unwrap().to_owned()
}

fn open(desk: &Desk, package: &str, identity: &str, more: &[&str]) -> Ran {
    let common = ["open", package, "--identity", identity, "--record", "record", "--leaf", "0"];
    desk.run(&[&common, more].concat())
}

#[test]
fn a_body_is_shown_over_the_record_opened_by_its_reader_and_erased() {
    let desk = room(None);
    let package = show(&desk);
    let opened = open(&desk, &package, "reader.key", &[]).expect(0).out();
    let claim = report();
    let (_, body) = claim.body().unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let salt = Digest::from_bytes([5; 32]);
    assert_eq!(opened, format!("{{\"body\":{body},\"leaf\":0,\"salt\":\"{salt}\"}}\n"));
    let stranger = open(&desk, &package, "us.key", &[]).expect(1);
    assert!(stranger.err().contains("identity-does-not-open"), "{}", stranger.err());

    let erased = keep(&desk, "erase", &["--leaf", "0", "--reason", "safety"]).expect(0).out();
    assert!(erased.contains("verified, not re-runnable"), "{erased}");
    assert!(erased.contains("a copy is with joint-room (disclosed by leaf "), "{erased}");
    let again = keep(&desk, "erase", &["--leaf", "0", "--reason", "safety"]).expect(1);
    assert!(again.err().contains("body-erased"), "{}", again.err());
    for ran in [stranger.err(), again.err(), erased] {
        assert!(!ran.contains("clinic"), "a message tells: {ran}");
    }
}

#[test]
fn a_split_key_takes_its_holders() {
    let desk = room(Some(2));
    let package = show(&desk);
    let alone = open(&desk, &package, "reader.key", &[]).expect(1);
    assert!(alone.err().contains("shares-too-few"), "{}", alone.err());
    let reader = desk.run(&["seal", "--new-identity", "reader.key"]).expect(3);
    assert!(reader.err().contains("reader.key"), "a key is never written over: {}", reader.err());
    let text = fs::read_to_string(desk.path("reader.key")).unwrap();
    let public = text.lines().next().unwrap().strip_prefix("# public key: ").unwrap().to_owned();
    for holder in ["us", "russia"] {
        let share = open(&desk, &package, &format!("{holder}.key"), &["--pass-to", &public]);
        desk.put(&format!("{holder}.share"), &share.expect(0).out());
    }
    let shares = ["--share", "us.share", "--share", "russia.share"];
    let opened = open(&desk, &package, "reader.key", &shares).expect(0);
    assert!(opened.out().contains(SECRET_WORDS));
    let twice =
        open(&desk, &package, "reader.key", &["--share", "us.share", "--share", "us.share"]);
    assert!(twice.expect(1).err().contains("share-repeated"));
}

#[test]
fn sealed_claims_are_read_by_their_recipient_only() {
    let desk = Desk::new();
    let [ours, _] = ["vault.key", "other.key"]
        .map(|file| desk.run(&["seal", "--new-identity", file]).expect(0).out().trim().to_owned());
    let seal = ["seal", "reports.jsonl", "--to", &ours, "--out", "claims.age"];
    desk.run(&seal).expect(0);
    desk.run(&seal).expect(3);
    let opened = desk.run(&["open", "claims.age", "--identity", "vault.key"]).expect(0);
    assert_eq!(opened.out(), fs::read_to_string(desk.path("reports.jsonl")).unwrap());
    let other = desk.run(&["open", "claims.age", "--identity", "other.key"]).expect(1);
    assert!(other.out().is_empty() && other.err().contains("identity-does-not-open"));
    desk.run(&["seal", "reports.jsonl", "--to", "age1nobody", "--out", "x"]).expect(1);
    desk.run(&["open", "reports.jsonl", "--identity", "vault.key"]).expect(1);
    desk.run(&["open", "claims.age", "--identity", "reports.jsonl"]).expect(1);
}

#[test]
fn what_is_private_is_promised_and_the_log_is_held_to_it() {
    let desk = room(None);
    desk.put_key("observers-1.key", &Digest::from_bytes([2; 32]).to_string());
    let vkey = fs::read_to_string(desk.path("record/log.vkey")).unwrap();
    let call = |text: &str| {
        desk.put(
            "call.jsonl",
            &format!(
                "{{\"kind\":\"line-call\",\"body\":{{\"at\":\"2024-05-01T10:00:00Z\",\"event\":\"called\",\
                 \"text\":\"{text}\",\"with\":\"russia\"}}}}\n"
            ),
        );
        let by = ["record", "sign", "keepers", "--device", "observers-1"];
        let what =
            ["--key", "observers-1.key", "--statements", "call.jsonl", "--out", "claim.jsonl"];
        desk.run(&[&by[..], &what].concat()).expect(0);
        let append = [&["record", "append"], &KEEPING[..], &["--json", "claim.jsonl"]].concat();
        desk.run(&append).out()
    };
    let answer: serde_json::Value = serde_json::from_str(&call("hello")).unwrap();
    assert_eq!(answer["answer"], "waiting", "{answer}");
    desk.put("promise.json", &format!("{}\n", answer["promise"]));
    let check = |promise: &str| {
        let base = ["record", "check-promise", promise, "record", "--log", vkey.trim()];
        desk.run(&[&base[..], &["--pack", "keepers"]].concat())
    };
    assert!(check("promise.json").expect(0).out().starts_with("pending"));
    // Said anew under the same number, by a device that forgot: the answer proves it.
    let again: serde_json::Value = serde_json::from_str(&call("goodbye")).unwrap();
    assert_eq!(again["code"], "number-used-twice", "{again}");
    assert_eq!(again["proof"]["proof"], "equivocation", "{again}");

    let period = answer["promise"]["period"].as_u64().unwrap();
    let statement = Digest::parse(answer["promise"]["statement"].as_str().unwrap()).unwrap();
    let keeper = DeviceId::new("jordan-1").unwrap();
    let dropped = vec![Digest::of_bytes(b"dropped")];
    let dropped = Promise::sign(keeper, &key(1), statement, period, dropped).unwrap();
    desk.put("dropped.json", &dropped.to_json().to_string());
    let mut keeper = keeper_of(&desk, Keeping::Vault);
    keeper.close_period(period).unwrap();
    keeper.close_period(period + 1).unwrap();
    drop(keeper);
    assert!(check("promise.json").expect(0).out().starts_with("kept: it stands in leaves ["));
    let told = check("dropped.json").expect(1).out();
    assert!(told.starts_with("broken: 1 of 1 cells are missing"), "{told}");
    let forged = answer["promise"].to_string().replace(&period.to_string(), "1");
    desk.put("forged.json", &forged);
    assert!(check("forged.json").expect(1).err().contains("bad-signature"));
    check("claim.jsonl").expect(1);
    check("nowhere.json").expect(3);
}

#[test]
fn what_no_entry_names_is_swept_by_whoever_has_the_keys_to_themselves() {
    let desk = room(None);
    let sweep = [&["erase"], &KEEPING[..], &["--orphans"]].concat();
    assert!(desk.run(&sweep).expect(0).out().starts_with("0 bodies"));
    desk.run(&[&["erase"], &KEEPING[..]].concat()).expect(2);
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(desk.path("jordan-1.key"), open).unwrap();
    assert!(desk.run(&sweep).expect(1).err().contains("chmod 600"));
}

/// Ends the period that runs, as if its minute had passed, and collects; gives the files that came.
fn collect(desk: &Desk, period: u64) -> Vec<String> {
    let mut keeper = keeper_of(desk, Keeping::Vault);
    keeper.close_period(period).unwrap();
    drop(keeper);
    let told = keep(desk, "disclose", &["--collect", "--out", "shown"]).expect(0).out();
    told.lines().filter(|line| line.starts_with("shown/")).map(str::to_owned).collect()
}

#[test]
fn an_assessor_is_shown_what_is_private_as_it_comes_by_one_disclosure_and_puts_it_together() {
    let desk = room(None);
    desk.put_key("observers-1.key", &Digest::from_bytes([2; 32]).to_string());
    let vkey = fs::read_to_string(desk.path("record/log.vkey")).unwrap();
    let notify = |number: u32| {
        let site = "{\"kind\":\"hospital\",\"name\":\"clinic\",\"position\":[360400000,328800000],\"radius_m\":150}";
        desk.put(
            "site.jsonl",
            &format!(
                "{{\"kind\":\"notification\",\"body\":{{\"id\":\"n{number}\",\"in_force\":[\"2024-05-01T10:00:00Z\",\
                 \"forever\"],\"of\":{{\"site\":{site}}},\"recipients\":[\"russia\"]}}}}\n"
            ),
        );
        let (out, before) = (format!("n{number}.jsonl"), format!("n{}.jsonl", number - 1));
        let by = ["record", "sign", "keepers", "--device", "observers-1"];
        let what = ["--key", "observers-1.key", "--statements", "site.jsonl", "--out", &out];
        let after: &[&str] = if number > 1 { &["--after", &before] } else { &[] };
        desk.run(&[&by[..], &what, after].concat()).expect(0);
        let told = keep_verb(&desk, &["record", "append"], &[&out]).expect(0).out();
        assert!(told.contains("1 wait for the end of the period"), "{told}");
    };
    notify(1);
    let standing =
        ["--standing", "private", "--standing", "report", "--from", "2020-01-01T00:00:00Z"];
    let to = ["--to", "joint-room", "--purpose", "to assess", "--out", "shown"];
    let until = ["--until", "2100-01-01T00:00:00Z"];
    keep(&desk, "disclose", &[&standing[..], &to].concat()).expect(2);
    keep(&desk, "disclose", &[&["--standing", "notification"], &until[..], &to].concat()).expect(2);
    let told = keep(&desk, "disclose", &[&standing[..], &until, &to].concat()).expect(0).out();
    assert_eq!(told, "the standing disclosure waits for the end of its period\n");
    let period = period_of(SystemClock.now()) + 1;
    // The report, and a batch of cells: the notification, the disclosure itself, and covers.
    let first = collect(&desk, period);
    assert_eq!(first.len(), 1 + 8, "{first:?}");
    // Nothing is handed out twice, and what comes later comes without another word.
    assert!(collect(&desk, period).is_empty());
    notify(2);
    let second = collect(&desk, period + 1);
    assert_eq!(second.len(), 8, "{second:?}");

    let open = ["open", "shown", "--identity", "reader.key", "--record", "record"];
    let ran = desk.run(&[&open[..], &["--statements"]].concat()).expect(0);
    assert!(
        ran.err().starts_with("3 private statements of 16 cells, 13 of them covers"),
        "{}",
        ran.err()
    );
    let said: Vec<serde_json::Value> =
        ran.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> =
        said.iter().filter_map(|one| one["statement"]["header"]["kind"].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "notification").count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"disclosure"));
    assert_eq!((said.len(), &said[0]["leaf"]), (4, &0.into()), "and the body of the report");
    desk.put("said.jsonl", &ran.out());
    // Who has no key opens nothing, and loses no time on it.
    let stranger = desk.run(&["open", "shown", "--identity", "us.key", "--record", "record"]);
    assert!(stranger.expect(1).err().contains("identity-does-not-open"));

    // What was opened goes to the audit, which puts the cells together by itself.
    desk.put("bodies.jsonl", &desk.run(&open).expect(0).out());
    let audit = ["audit", "record", "--pack", "keepers", "--log", vkey.trim(), "--json"];
    let told = desk.run(&[&audit[..], &["--bodies", "bodies.jsonl"]].concat()).expect(0).out();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["withheld"], serde_json::json!([]), "{told}");
    assert_eq!(told["private"]["statements"]["notification"], 2, "{told}");
    let told = desk.run(&[&audit[..], &["--bodies", "said.jsonl"]].concat()).expect(0).out();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["withheld"].as_array().unwrap().len(), 16, "the cells: {told}");

    let end = [&["--end"], &to[..]].concat();
    keep(&desk, "disclose", &end).expect(0);
    let third = collect(&desk, period + 2);
    assert!(third.is_empty(), "it ends with the period in which that was said: {third:?}");
    notify(3);
    assert!(collect(&desk, period + 3).is_empty());
    // A body that was shown so is listed as a copy.
    let erased = keep(&desk, "erase", &["--leaf", "0", "--reason", "safety"]).expect(0).out();
    assert!(erased.contains("a copy is with joint-room"), "{erased}");
}
