//! A record's whole life, verb by verb, on the real flight that is bundled: keys, a pack with them in it,
//! claims, findings, rows, proofs, an audit.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use agreement::Digest;
use serde_json::Value;

use crate::program::{Desk, Ran};
use crate::witnessing::Serving;

const FLIGHT: &str = "../../packs/paris-toulouse-2024";
const FRAMES: &str = "../../data/modes/paris_toulouse_2024.jsonl.gz";
const LEAVE: &str = "../../data/authorisations.jsonl";
/// Devices: each with its party.
const DEVICES: [(&str, &str); 4] = [
    ("authority-1", "test-authority"),
    ("authority-2", "second-authority"),
    ("keeper-1", "receiver-keepers"),
    ("receiver-1", "receiver-keepers"),
];

/// A record of the flight, made by the program alone.
pub(crate) struct Life {
    pub(crate) desk: Desk,
    pub(crate) vkey: String,
}

impl Life {
    /// Keys, a pack with them in it, and an empty record.
    pub(crate) fn begin() -> Self {
        let desk = Desk::new();
        let new = |name: &str| desk.run(&["key", "new", &format!("{name}.key")]).expect(0);
        DEVICES.iter().for_each(|(device, _)| drop(new(device)));
        new("log");
        desk.run(&["key", "age", "vault.age"]).expect(0);
        let assessor = desk.run(&["key", "age", "assessor.age"]).expect(0).out();
        fs::create_dir(desk.path("flight")).unwrap();
        for file in ["areas.geojson", "SOURCES.md"] {
            fs::copy(Path::new(FLIGHT).join(file), desk.path("flight").join(file)).unwrap();
        }
        let text = fs::read_to_string(Path::new(FLIGHT).join("agreement.toml")).unwrap();
        let (before, rest) = text.split_once("[[device]]").unwrap();
        let after = rest.find("\n[[").unwrap();
        let mut devices = String::new();
        for (device, party) in DEVICES {
            let shown =
                desk.run(&["key", "show", &format!("{device}.key"), "--json"]).expect(0).out();
            let shown: Value = serde_json::from_str(&shown).unwrap();
            devices += &format!(
                "[[device]]\nid = \"{device}\"\nparty = \"{party}\"\ned25519 = {}\n\n",
                shown["hex"]
            );
        }
        devices += &format!(
            "[[recipient]]\nid = \"joint-room\"\nparty = \"receiver-keepers\"\nage = \"{}\"\n",
            assessor.trim()
        );
        desk.put("flight/agreement.toml", &format!("{before}{devices}{}", &rest[after..]));
        desk.run(&["check", "flight"]).expect(0);
        let init =
            ["record", "init", "record", "--log-key", "log.key", "--name", "example.org/flight"];
        let vkey = desk.run(&init).expect(0).out().trim().to_owned();
        for (from, to) in [(FRAMES, "frames.jsonl.gz"), (LEAVE, "leave.jsonl")] {
            fs::copy(from, desk.path(to)).unwrap();
        }
        Self { desk, vkey }
    }

    pub(crate) fn sign(&self, device: &str, what: &[&str]) -> Ran {
        let key = format!("{device}.key");
        let by = ["record", "sign", "flight", "--device", device, "--key", &key];
        self.desk.run(&[&by, what].concat())
    }

    /// A verb of whoever keeps the record.
    pub(crate) fn keep(&self, verb: &[&str], what: &[&str]) -> Ran {
        let keeping = [
            "record",
            "--pack",
            "flight",
            "--log-key",
            "log.key",
            "--device",
            "keeper-1",
            "--device-key",
            "keeper-1.key",
            "--vault-key",
            "vault.age",
        ];
        self.desk.run(&[verb, &keeping[..], what].concat())
    }

    fn append(&self, claims: &[&str]) -> Ran {
        self.keep(&["record", "append"], claims)
    }

    /// What was agreed and seen is on the record.
    fn fill(&self, tracks: &str) {
        let agreed = [
            "--adopt",
            "--cosign",
            "authority-2=authority-2.key",
            "--authorisations",
            "leave.jsonl",
            "--out",
            "agreed.jsonl",
        ];
        assert_eq!(
            self.sign("authority-1", &agreed).expect(0).out(),
            "2 claims signed; 0 records rejected\n"
        );
        let seen = ["--tracks", tracks, "--out", "seen.jsonl"];
        self.sign("receiver-1", &seen).expect(0);
        let told = self.append(&["agreed.jsonl", "seen.jsonl"]).expect(0).out();
        assert!(told.contains(" admitted, 0 of them contested; 0 known before; 0 wait"), "{told}");
    }

    fn json(&self, arguments: &[&str], code: i32) -> Value {
        let ran = self.desk.run(arguments).expect(code);
        serde_json::from_str(&ran.out()).unwrap_or_else(|why| panic!("{why}: {}", ran.out()))
    }

    fn lines(&self, file: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.desk.path(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[test]
fn from_keys_to_an_audit_that_agrees_on_every_finding() {
    let life = Life::begin();
    life.fill("receiver=frames.jsonl.gz");
    let (desk, vkey) = (&life.desk, &life.vkey[..]);
    // Said again, it is known and nothing changes.
    let again = life.append(&["agreed.jsonl"]).expect(0).out();
    assert!(again.starts_with("0 admitted, 0 of them contested; 2 known before;"), "{again}");

    // The record gives the findings that the files give.
    let tracks = ["--tracks", "receiver=frames.jsonl.gz", "--authorisations", "leave.jsonl"];
    desk.run(&[&["assess", "flight"], &tracks[..], &["--out", "from-files"]].concat()).expect(0);
    let record = ["assess", "flight", "--record", "record", "--log", vkey];
    let bodies = ["--bodies", "agreed.jsonl", "--bodies", "seen.jsonl"];
    desk.run(&[&record[..], &bodies, &["--out", "from-record"]].concat()).expect(0);
    let ids = |folder: &str| -> Vec<Value> {
        life.lines(&format!("{folder}/findings.jsonl")).iter().map(|f| f["id"].clone()).collect()
    };
    assert!(!ids("from-files").is_empty());
    assert_eq!(ids("from-record"), ids("from-files"));
    desk.run(&["assess", "flight", "--record", "record", "--out", "x"]).expect(2);

    // What was found goes on the record, by a device that says which tree it saw.
    let found = [
        "--after",
        "agreed.jsonl",
        "--assessment",
        "from-record/assessment.json",
        "--seen",
        "record",
        "--log",
        vkey,
        "--out",
        "found.jsonl",
    ];
    life.sign("authority-1", &found).expect(0);
    let said = &life.lines("found.jsonl")[0]["statement"]["header"];
    let checkpoint = fs::read_to_string(desk.path("record/log/checkpoint")).unwrap();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert_eq!((&said["last_root"]["size"], &said["sequence"]), (&size.into(), &2.into()));
    life.append(&["found.jsonl"]).expect(0);

    let audit = ["audit", "record/log", "--pack", "flight", "--log", vkey];
    let all = [&bodies[..], &["--bodies", "found.jsonl"]].concat();
    let told = desk.run(&[&audit[..], &all].concat()).expect(0).out();
    assert!(told.contains("agreed on every finding"), "{told}");
    let sealed = desk.run(&[&audit[..], &["--json"]].concat()).expect(0).out();
    let sealed: Value = serde_json::from_str(&sealed).unwrap();
    assert_eq!(sealed["contradicts"], false);
    assert!(sealed["withheld"].as_array().unwrap().len() > 100, "nothing was opened");

    // Under another version of the pack every signature could look false: so that is said instead.
    fs::create_dir(desk.path("other")).unwrap();
    for file in ["agreement.toml", "areas.geojson", "SOURCES.md"] {
        fs::copy(desk.path("flight").join(file), desk.path("other").join(file)).unwrap();
    }
    let text = fs::read_to_string(desk.path("other/agreement.toml")).unwrap();
    desk.put("other/agreement.toml", &text.replacen("title = \"", "title = \"Another: ", 1));
    let other = desk.run(&["audit", "record", "--pack", "other", "--log", vkey]).expect(2).err();
    assert!(other.contains("of the agreement was adopted, and the pack is version"), "{other}");
    assert!(other.contains("give the pack that was adopted") && !other.contains("contradicts"));

    // A mirror of it, which is whole and says the same.
    desk.run(&["mirror", "record", "copy", "--log", vkey]).expect(0);
    let copied =
        desk.run(&["audit", "copy", "--pack", "flight", "--log", vkey, "--json"]).expect(0);
    assert_eq!(serde_json::from_str::<Value>(&copied.out()).unwrap(), sealed);
    let over = desk.run(&["mirror", "copy", "record", "--log", vkey]).expect(2);
    assert!(over.err().contains("holds the state of a keeper"), "{}", over.err());
    let one = desk.run(&["gossip", "record", "copy", "--log", vkey]).expect(0).out();
    assert!(one.starts_with("one view"), "{one}");
    desk.run(&["record", "fsck", "record", "--log", vkey]).expect(0);
}

#[test]
fn a_claim_that_is_wrong_costs_no_other_its_place() {
    let life = Life::begin();
    let desk = &life.desk;
    let agreed = ["--adopt", "--cosign", "authority-2=authority-2.key", "--out", "agreed.jsonl"];
    life.sign("authority-1", &agreed).expect(0);
    life.sign("authority-1", &["--adopt", "--out", "alone.jsonl"]).expect(0);
    let good = fs::read_to_string(desk.path("agreed.jsonl")).unwrap();
    let alone = fs::read_to_string(desk.path("alone.jsonl")).unwrap();
    let forged = good.replace("\"sequence\":0", "\"sequence\":7");
    let twice = good.replacen("{\"body\":", "{\"salt\":\"00\",\"body\":", 1);
    let fraction = good.replacen("\"sequence\":0", "\"sequence\":0.5", 1);
    // 64 KiB and one byte: more than a log takes.
    let long = format!("\"said\":{{\"x\":\"{}\",", "a".repeat(65_537));
    let long = good.replacen("\"said\":{", &long, 1);
    // The last digit of a signature in base64 has bits left over, which have to be zero.
    let end = good.find("==\"").unwrap();
    let loose = format!("{}B{}", &good[..end - 1], &good[end..]);
    let huge = good.replacen("\"sequence\":0", "\"sequence\":9007199254740992", 1);
    desk.put(
        "mixed.jsonl",
        &[&forged, "no claim\n", &twice, &fraction, &huge, &long, &loose, &alone, "\n", &good]
            .concat(),
    );
    let told = life.append(&["--json", "mixed.jsonl"]).expect(0).out();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<&str> = told.iter().map(|one| one["code"].as_str().unwrap_or("-")).collect();
    let expected = [
        "bad-chain",
        "not-json",
        "duplicate-key",
        "number-not-exact",
        "number-not-exact",
        "too-long",
        "bad-value",
        "quorum-short",
        "-",
    ];
    assert_eq!(codes, expected, "{told:#?}");
    assert_eq!((&told[8]["answer"], &told[8]["line"]), (&"admitted".into(), &10.into()));
    assert!(told.iter().take(8).all(|one| one["repair"].is_string() && one["reason"].is_string()));
    // The same number with another thing in it comes with the proof.
    let said = life.append(&["--json", "alone.jsonl"]).expect(1).out();
    let said: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!(said["code"], "quorum-short", "{said}");
    life.append(&["nowhere.jsonl"]).expect(3);
    let open = ["record", "append", "nowhere", "--pack", "flight"];
    desk.run(&open).expect(2);
    life.sign("authority-1", &["--out", "empty.jsonl"]).expect(1);
    life.sign("receiver-1", &["--seen", "record", "--tracks", "frames.jsonl.gz", "--out", "x"])
        .expect(2);
    let other = "example.org/other+dd0c1d4b+AQUMIzoHVr3nBfTBvPFqZRm+lTNHlg4zHjMPq1gUCjvT";
    let seen = ["--seen", "record", "--log", other, "--adopt", "--out", "x"];
    assert_ne!(life.sign("authority-1", &seen).code(), Some(0));
}

#[test]
fn rows_are_kept_in_parquet_checked_rebuilt_and_shown_one_by_one() {
    let life = Life::begin();
    // Minutes of made-up positions: the flight takes a minute to go through this many verbs.
    let through = fs::read_to_string(life.desk.path("through.csv")).unwrap();
    let first: Vec<&str> = through.lines().take(61).collect();
    life.desk.put("minutes.csv", &format!("{}\n", first.join("\n")));
    life.fill("receiver=minutes.csv");
    let (desk, vkey) = (&life.desk, &life.vkey[..]);
    let rows = |folder: &str, more: &[&str]| {
        let base = ["record", "rows", "record", folder, "--log", vkey, "--json"];
        life.json(&[&base[..], more].concat(), 0)
    };
    let told = rows("rows", &["--bodies", "seen.jsonl"]);
    let held = told["held"].as_u64().unwrap();
    assert!(held > 20 && told["not_held"] == 0, "{told}");
    // The same again changes nothing; the same elsewhere is the same, to the byte.
    let again = rows("rows", &[]);
    assert_eq!(
        (&again["held"], &again["written"], &again["removed"]),
        (&held.into(), &0.into(), &0.into())
    );
    rows("again", &["--bodies", "seen.jsonl"]);
    let listed = |folder: &str| crate::program::contents(&desk.path(folder));
    let containers = listed("rows");
    assert_eq!(listed("again"), containers);

    let fsck = ["record", "fsck", "record", "--log", vkey, "--rows", "rows", "--json"];
    assert_eq!(life.json(&fsck, 0)["segments_held"], held);
    // One row alone, for whoever has the log's key and nothing else.
    let row_of = |leaf: &str, row: &str, out: &str, more: &[&str]| {
        let base = ["record", "prove", "record", leaf, "--log", vkey, "--rows", "rows"];
        desk.run(&[&base[..], &["--row", row, "--row-out", out], more].concat())
    };
    row_of("2", "0", "row.json", &["--out", "2.proof", "--entry", "2.json"]).expect(0);
    let check = |row: &str, entry: &str| {
        desk.run(&[
            "record",
            "check-proof",
            "2.proof",
            "--log",
            vkey,
            "--entry",
            entry,
            "--row",
            row,
        ])
    };
    let told = check("row.json", "2.json").expect(0).out();
    assert!(told.contains("row 0 of "), "{told}");
    let row = fs::read_to_string(desk.path("row.json")).unwrap();
    assert_eq!(
        life.lines("row.json")[0].as_object().unwrap().len(),
        4,
        "the row, and how to prove it"
    );
    let longitude = life.lines("row.json")[0]["row"][2].as_i64().unwrap();
    desk.put("moved.json", &row.replace(&longitude.to_string(), &(longitude + 1).to_string()));
    assert!(check("moved.json", "2.json").expect(1).err().contains("not-included"));
    desk.put(
        "long.json",
        &row.replace(
            "\"proof\":[",
            &format!("\"proof\":[{}", format!("\"{}\",", Digest::of_bytes(b"")).repeat(64)),
        ),
    );
    assert!(check("long.json", "2.json").expect(1).err().contains("too-long"));
    row_of("2", "100000", "x", &[]).expect(1);
    assert!(row_of("1", "0", "x", &[]).expect(1).err().contains("no track segment"));

    // A flipped bit is found, and the container is rebuilt under its own name.
    let (name, bytes) = &containers[containers.len() / 2];
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 4;
    fs::write(desk.path("rows").join(name), &flipped).unwrap();
    let told = life.json(&fsck, 1);
    let found = (&told["findings"][0]["path"], &told["findings"][0]["code"]);
    assert_eq!(found, (&name.as_str().into(), &"container-changed".into()));
    assert_eq!(rows("rows", &[])["damaged"], 1, "left where it is without the bodies");
    assert_eq!(rows("rows", &["--bodies", "seen.jsonl"])["damaged"], 0);
    assert_eq!(listed("rows"), containers);

    // What is erased on the record goes from the containers too.
    let erased = life.keep(&["erase"], &["--leaf", "2", "--reason", "law"]).expect(0).out();
    assert!(erased.contains("erased, by leaf"), "{erased}");
    let told = life.json(&fsck, 1);
    assert_eq!(told["findings"][0]["code"], "erased", "{told}");
    assert_eq!(rows("rows", &["--bodies", "seen.jsonl"])["held"], held - 1);
    assert_eq!(life.json(&fsck, 0)["segments_held"], held - 1);
}

#[test]
fn a_key_that_the_log_revokes_reads_no_tile_any_more_and_periods_end_by_themselves() {
    let life = Life::begin();
    let (desk, vkey) = (&life.desk, &life.vkey[..]);
    let agreed = ["--adopt", "--cosign", "authority-2=authority-2.key", "--out", "agreed.jsonl"];
    life.sign("authority-1", &agreed).expect(0);
    life.append(&["agreed.jsonl"]).expect(0);
    let keys = [
        "--log-key",
        "log.key",
        "--device",
        "keeper-1",
        "--device-key",
        "keeper-1.key",
        "--vault-key",
        "vault.age",
    ];
    let base = ["record", "serve", "record", "--pack", "flight", "--listen", "127.0.0.1:0"];
    desk.run(&[&base[..], &keys[..2]].concat()).expect(2);
    let serving = Serving::start(desk, &[&base[..], &keys].concat());
    let size = || -> u64 {
        let text = fs::read_to_string(desk.path("record/log/checkpoint")).unwrap();
        text.lines().nth(1).unwrap().parse().unwrap()
    };
    let covers = size() - 1;
    assert!(covers > 0 && covers % 8 == 0, "the last period was ended, with a step of covers");
    let mirror = |key: &str, copy: &str| {
        desk.run(&["mirror", &serving.url, copy, "--log", vkey, "--key", key]).code()
    };
    assert_eq!(mirror("receiver-1.key", "before"), Some(0));
    desk.put("stolen.jsonl", "{\"kind\":\"key-revoked\",\"said\":{\"revoked\":\"receiver-1\",\"reason\":\"compromise\"}}\n");
    life.sign("keeper-1", &["--statements", "stolen.jsonl", "--out", "revoked.jsonl"]).expect(0);
    // While it is served: the record is nobody's for long.
    life.append(&["revoked.jsonl"]).expect(0);
    let until = Instant::now() + Duration::from_secs(20);
    while mirror("receiver-1.key", "after") == Some(0) {
        assert!(Instant::now() < until, "a revoked key still reads");
        fs::remove_dir_all(desk.path("after")).unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(mirror("authority-1.key", "others"), Some(0));
}

#[test]
fn a_record_that_was_put_back_keys_and_all_is_told_by_its_witness_before_anything_is_written() {
    let life = Life::begin();
    let desk = &life.desk;
    let key = desk.run(&["witness", "init", "w1", "--name", "example.org/w1"]).expect(0).out();
    desk.run(&["witness", "watch", "w1", &life.vkey]).expect(0);
    let key = tlog::VerifierKey::parse(key.trim()).unwrap();
    let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let text = fs::read_to_string(desk.path("flight/agreement.toml")).unwrap();
    let group = format!(
        "\n[[witness_group]]\nid = \"all\"\nthreshold = 1\nwitness = [{{ name = \"example.org/w1\", party = \
         \"test-authority\", ed25519 = \"{hex}\" }}]\n"
    );
    desk.put("flight/agreement.toml", &format!("{text}{group}"));
    desk.run(&["check", "flight"]).expect(0);
    let serving = Serving::start(desk, &["witness", "serve", "w1", "--listen", "127.0.0.1:0"]);
    let witness = format!("example.org/w1={}", serving.url);

    let agreed = ["--adopt", "--cosign", "authority-2=authority-2.key", "--out", "agreed.jsonl"];
    life.sign("authority-1", &agreed).expect(0);
    let leave =
        ["--after", "agreed.jsonl", "--authorisations", "leave.jsonl", "--out", "leave-1.jsonl"];
    life.sign("authority-1", &leave).expect(0);
    life.append(&["agreed.jsonl"]).expect(0);
    let copy = |from: &str, to: &str| {
        let _ = fs::remove_dir_all(desk.path(to));
        copy_folder(&desk.path(from), &desk.path(to));
    };
    copy("record", "older");
    life.append(&["leave-1.jsonl"]).expect(0);
    // Asked before the record is written to, the witness vouches for what is there.
    life.append(&["--witness", &witness, "leave-1.jsonl"]).expect(0);
    copy("older", "record");
    let checkpoint = || fs::read_to_string(desk.path("record/log/checkpoint")).unwrap();
    let before = checkpoint();
    let told = life.append(&["--witness", &witness, "leave-1.jsonl"]).expect(1).err();
    assert!(told.contains("example.org/w1 has vouched for 2 entries that are not these"), "{told}");
    let serve = ["record", "serve", "record", "--pack", "flight", "--listen", "127.0.0.1:0"];
    let told = desk.run(&[&serve[..], &["--witness", &witness]].concat()).expect(1).err();
    assert!(told.contains("put back from an older copy"), "{told}");
    assert_eq!(checkpoint(), before);
    life.append(&["--witness", "example.org/w9=http://127.0.0.1:1", "leave-1.jsonl"]).expect(2);
    // Nobody waits for a witness that does not answer.
    drop(serving);
    let told = life.append(&["--witness", &witness, "agreed.jsonl"]).expect(0).err();
    assert!(told.contains("does not answer"), "{told}");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
