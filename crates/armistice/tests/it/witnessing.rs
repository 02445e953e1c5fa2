//! Witnesses, mirrors and gossip as processes of their own, which can be killed.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tlog::bundle::{BundleId, push_entry};
use tlog::{
    AddCheckpoint, Checkpoint, Edge, NoteSigner, SignedCheckpoint, Tile, TileSource, TlogProof,
    consistency_proof, hash_leaf, inclusion_proof,
};

use crate::program::{AGREEMENT, Desk};

const ORIGIN: &str = "example.org/log";

fn signer() -> NoteSigner {
    NoteSigner::new(ORIGIN, &[1; 32]).expect("a key")
}

fn vkey() -> String {
    signer().verifier().to_string()
}

fn entry(who: &str, n: u64) -> String {
    if n < 300 { format!("common {n}") } else { format!("{who} {n}") }
}

/// Writes a log as plain files: 300 entries that every log has, and more named for `who`.
fn write_log(desk: &Desk, folder: &str, who: &str, size: u64) {
    let put = |path: String, bytes: &[u8]| {
        let path = desk.path(folder).join("log").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
    };
    let leaves: Vec<_> = (0..size).map(|n| hash_leaf(entry(who, n).as_bytes())).collect();
    let mut edge = Edge::new();
    for data in edge.append(&leaves).expect("a small log") {
        put(data.tile.to_string(), &data.bytes);
    }
    for id in BundleId::covering(0, size) {
        let mut bundle = Vec::new();
        for n in id.start()..id.start() + u64::from(id.width()) {
            push_entry(&mut bundle, entry(who, n).as_bytes()).expect("a short entry");
        }
        put(id.to_string(), &bundle);
    }
    let checkpoint = Checkpoint::new(ORIGIN, size, edge.root());
    let signed = SignedCheckpoint::sign(&checkpoint, &signer()).expect("a checkpoint");
    put("checkpoint".to_owned(), signed.to_string().as_bytes());
}

struct Tiles<'p>(&'p Path);

impl TileSource for Tiles<'_> {
    type Error = std::io::Error;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), Self::Error> {
        into.copy_from_slice(&fs::read(self.0.join(tile.to_string()))?);
        Ok(())
    }
}

fn checkpoint(desk: &Desk, folder: &str) -> SignedCheckpoint {
    let bytes = fs::read(desk.path(folder).join("log/checkpoint")).expect("a checkpoint");
    SignedCheckpoint::parse(&bytes).expect("a checkpoint")
}

fn request(desk: &Desk, folder: &str, old_size: u64) -> String {
    let checkpoint = checkpoint(desk, folder);
    let log = desk.path(folder).join("log");
    let size = checkpoint.checkpoint().size;
    let proof = consistency_proof(old_size, size, &mut Tiles(&log)).expect("a proof");
    AddCheckpoint { old_size, proof, checkpoint }.to_string()
}

/// The program, serving; killed without a word when this is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_armistice"))
            .args(arguments)
            .current_dir(desk.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("standard output is piped");
        BufReader::new(out).read_line(&mut line).expect("it says where it serves");
        let url = line.split_whitespace().last().unwrap_or_default().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line:?}");
        Self { child, url }
    }

    fn post(&self, body: &str) -> (u16, String) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response =
            agent.post(format!("{}/add-checkpoint", self.url)).send(body).expect("an answer");
        let said = response.body_mut().read_to_string().expect("text");
        (response.status().as_u16(), said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn born(desk: &Desk, name: &str) -> String {
    let named = format!("example.org/{name}");
    let key = desk.run(&["witness", "init", name, "--name", &named]).expect(0).out();
    desk.run(&["witness", "watch", name, &vkey()]).expect(0);
    key.trim().to_owned()
}

#[test]
fn a_witness_that_is_killed_and_started_again_refuses_the_other_fork() {
    let desk = Desk::new();
    born(&desk, "w1");
    write_log(&desk, "ours", "ours", 304);
    write_log(&desk, "forked", "forked", 304);
    let serve = || Serving::start(&desk, &["witness", "serve", "w1", "--listen", "127.0.0.1:0"]);
    let witness = serve();
    let (status, line) = witness.post(&request(&desk, "ours", 0));
    assert_eq!(status, 200, "{line}");
    assert!(line.starts_with("\u{2014} example.org/w1 "), "{line}");
    drop(witness);
    let witness = serve();
    assert_eq!(witness.post(&request(&desk, "forked", 0)), (409, "304\n".to_owned()));
    assert_eq!(witness.post(&request(&desk, "forked", 304)), (409, "304\n".to_owned()));
    assert_eq!(witness.post(&request(&desk, "ours", 304)).0, 200);
    // While it serves, it is looked at, and nothing else may write its memory.
    let show = || desk.run(&["witness", "show", "w1"]).expect(0).out();
    let shown = show();
    assert!(shown.contains("example.org/log") && shown.contains("304"), "{shown}");
    let told = desk.run(&["witness", "watch", "w1", &vkey()]).expect(3).err();
    assert!(told.contains("runs already"), "{told}");
    drop(witness);
    assert_eq!(show(), shown);
}

#[test]
fn a_witness_without_its_memory_is_retired() {
    let desk = Desk::new();
    born(&desk, "w1");
    let again = desk.run(&["witness", "init", "w1", "--name", "example.org/w1"]).expect(2).err();
    assert!(again.contains("never gets a new memory"), "{again}");
    fs::remove_file(desk.path("w1/memory")).expect("the memory");
    let told = desk.run(&["witness", "serve", "w1", "--listen", "127.0.0.1:0"]).expect(1).err();
    assert!(told.contains("this witness is retired"), "{told}");
    desk.run(&["witness", "show", "nowhere"]).expect(3);
    write_log(&desk, "ours", "ours", 3);
    let over = desk.run(&["mirror", "ours", "w1", "--log", &vkey()]).expect(2).err();
    assert!(over.contains("the secret of a witness"), "{over}");
    desk.run(&["witness", "watch", "w1", "no key"]).expect(2);
}

#[test]
fn a_served_record_is_cosigned_by_two_witnesses_and_mirrored_by_the_roster_alone() {
    let desk = Desk::new();
    write_log(&desk, "ours", "ours", 304);
    desk.put("device.key", &format!("{}\n", "07".repeat(32)));
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(desk.path("device.key"), owner_only).expect("a mode");
    let device = NoteSigner::new("device", &[7; 32]).expect("a key");
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    let mut agreement = format!(
        "{AGREEMENT}\n[[device]]\nid = \"g-1\"\nparty = \"guarantor\"\ned25519 = \"{}\"\n\n\
         [[witness_group]]\nid = \"all\"\nthreshold = 2\nwitness = [\n",
        hex(device.verifier().bytes())
    );
    for name in ["w1", "w2"] {
        let key = tlog::VerifierKey::parse(&born(&desk, name)).expect("a key");
        let hex = hex(key.bytes());
        let _ = writeln!(
            agreement,
            "  {{ name = \"example.org/{name}\", party = \"guarantor\", ed25519 = \"{hex}\" }},"
        );
    }
    desk.put("pack/agreement.toml", &format!("{agreement}]\n"));
    desk.run(&["check", "pack"]).expect(0);
    let witness =
        |name: &str| Serving::start(&desk, &["witness", "serve", name, "--listen", "127.0.0.1:0"]);
    let witnesses = [witness("w1"), witness("w2")];
    let named = |n: usize| format!("example.org/w{}={}", n + 1, witnesses[n].url);
    let record = Serving::start(
        &desk,
        &[
            "record",
            "serve",
            "ours",
            "--pack",
            "pack",
            "--listen",
            "127.0.0.1:0",
            "--witness",
            &named(0),
            "--witness",
            &named(1),
        ],
    );
    let started = Instant::now();
    let witnessed = loop {
        let answer = ureq::get(format!("{}/witnessed", record.url)).call();
        match answer {
            Ok(mut found) => break found.body_mut().read_to_string().expect("text"),
            Err(_) if started.elapsed() < Duration::from_secs(30) => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(fault) => panic!("no quorum: {fault}"),
        }
    };
    let witnessed = SignedCheckpoint::parse(witnessed.as_bytes()).expect("a checkpoint");
    assert_eq!(witnessed.note().signatures().len(), 3);

    let stranger = desk.run(&["mirror", &record.url, "copy", "--log", &vkey()]).expect(3).err();
    assert!(stranger.contains("401"), "{stranger}");
    let copied = ["mirror", &record.url, "copy", "--log", &vkey(), "--key", "device.key"];
    let told = desk.run(&copied).expect(0).out();
    assert_eq!(told, "verified 304 new entries: 304\n");
    assert_eq!(desk.run(&copied).expect(0).out(), "nothing new: 304 entries\n");

    // The same, proven offline: with the quorum, without it, and for another entry.
    let prove = |name: &str, checkpoint: SignedCheckpoint| {
        let log = desk.path("ours/log");
        let hashes = inclusion_proof(17, 304, &mut Tiles(&log)).expect("a proof");
        let proof = TlogProof { extra: None, index: 17, hashes, checkpoint };
        desk.put(name, &proof.to_string());
    };
    prove("witnessed.tlog-proof", witnessed);
    prove("alone.tlog-proof", checkpoint(&desk, "ours"));
    desk.put("entry", &entry("ours", 17));
    desk.put("other", &entry("ours", 18));
    let check = |proof: &str, entry: &str, pack: &[&str]| {
        let base = ["record", "check-proof", proof, "--log", &vkey(), "--entry", entry];
        desk.run(&[&base[..], pack].concat())
    };
    let told = check("witnessed.tlog-proof", "entry", &["--pack", "pack"]).expect(0).out();
    assert!(told.starts_with("entry 17 is in the log of 304 entries\n"), "{told}");
    assert!(told.contains("2 of 2 cosigned"), "{told}");
    // Cosignatures from the future count for nothing, and old ones are called so.
    let at = |at: &str| check("witnessed.tlog-proof", "entry", &["--pack", "pack", "--at", at]);
    let future = at("2020-01-01T00:00:00Z").expect(1).out();
    assert!(
        future.contains("0 of 2 cosigned") && future.contains("without its quorum"),
        "{future}"
    );
    let stale = at("2100-01-01T00:00:00Z").expect(0).out();
    assert!(stale.contains("stale"), "{stale}");
    let told = check("alone.tlog-proof", "entry", &["--pack", "pack"]).expect(1).out();
    assert!(told.contains("without its quorum"), "{told}");
    // What the keeper proves itself has the cosignatures that it collected.
    let log = vkey();
    desk.run(&["record", "prove", "ours", "17", "--log", &log, "--out", "own.tlog-proof"])
        .expect(0);
    check("own.tlog-proof", "entry", &["--pack", "pack"]).expect(0);
    check("alone.tlog-proof", "entry", &[]).expect(0);
    let told = check("witnessed.tlog-proof", "other", &[]).expect(1).err();
    assert!(told.contains("does not hold"), "{told}");
}

#[test]
fn a_host_that_forks_is_caught_by_gossip_and_anybody_can_check_the_proof() {
    let desk = Desk::new();
    write_log(&desk, "ours", "ours", 304);
    write_log(&desk, "forked", "forked", 900);
    write_log(&desk, "grown", "ours", 700);
    let log = vkey();
    let mirror = |log_at: &str, copy: &str| desk.run(&["mirror", log_at, copy, "--log", &log]);
    mirror("ours", "a").expect(0);
    mirror("forked", "b").expect(0);
    let gossip = |one: &str, other: &str| {
        desk.run(&["gossip", one, other, "--log", &log, "--out", "split.proof"])
    };
    assert!(gossip("a", "grown").expect(0).out().starts_with("one view"));
    let told = gossip("a", "b").expect(1).out();
    assert!(told.contains("two views") && told.contains("split.proof"), "{told}");
    let check = |log: &str| desk.run(&["gossip", "--check", "split.proof", "--log", log]);
    assert!(check(&log).expect(0).out().contains("the proof holds"));
    let stranger = NoteSigner::new(ORIGIN, &[9; 32]).expect("a key").verifier().to_string();
    check(&stranger).expect(1);
    desk.put("split.proof", "tlog-split-view/v1\n");
    check(&log).expect(1);
    desk.run(&["gossip", "a", "--log", &log]).expect(2);
    // The mirror that was shown the other view finds it by itself, and keeps what it had.
    let told = mirror("forked", "a").expect(1).err();
    assert!(told.contains("split-view-304-900"), "{told}");
    fs::rename(desk.path("a/split-view-304-900"), desk.path("split.proof")).expect("the proof");
    check(&log).expect(0);
    assert!(mirror("grown", "a").expect(0).out().contains("verified 396 new entries: 700"));
}

#[test]
fn each_kind_of_bad_log_and_proof_is_refused_and_costs_nothing_that_was_kept() {
    let desk = Desk::new();
    let log = vkey();
    write_log(&desk, "ours", "ours", 304);
    write_log(&desk, "grown", "ours", 400);
    write_log(&desk, "older", "ours", 302);
    write_log(&desk, "rolled", "other", 303);
    let mirror = |from: &str| desk.run(&["mirror", from, "copy", "--log", &log]);
    mirror("ours").expect(0);
    let kept = || fs::read(desk.path("copy/log/checkpoint")).expect("a checkpoint");
    let before = kept();
    let spoil = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = desk.path("grown/log").join(path);
        let sound = fs::read(&path).expect("a file of the log");
        let mut spoilt = sound.clone();
        change(&mut spoilt);
        assert_ne!(spoilt, sound);
        fs::write(&path, spoilt).expect("a file can be written");
        move || fs::write(&path, &sound).expect("a file can be written")
    };
    // A torn tile: no proof is made from it, and it is told by name.
    let mend = spoil("tile/0/001.p/144", &|tile| tile.truncate(tile.len() - 1));
    desk.run(&["record", "prove", "grown", "399", "--log", &log]).expect(1);
    let told = desk.run(&["record", "verify", "grown", "--log", &log]).expect(1).out();
    assert!(told.contains("tile/0/001.p/144"), "{told}");
    mend();
    // A torn bundle.
    let mend = spoil("tile/entries/001.p/144", &|bundle| bundle.truncate(bundle.len() - 1));
    assert_ne!(mirror("grown").code(), Some(0));
    mend();
    // A checkpoint of another origin; one whose root has a second spelling in base64.
    let mend = spoil("checkpoint", &|text| text[8] ^= 1);
    assert_ne!(mirror("grown").code(), Some(0));
    mend();
    let mend = spoil("checkpoint", &|text| {
        let equals = text.iter().position(|&byte| byte == b'=').expect("padding");
        text[equals - 1] = if text[equals - 1] == b'A' { b'B' } else { text[equals - 1] + 1 };
    });
    assert_ne!(mirror("grown").code(), Some(0));
    mend();
    // A stale checkpoint is told; a rollback to another one is proven.
    assert!(mirror("older").expect(0).out().contains("an older checkpoint of 302 entries"));
    assert!(mirror("rolled").expect(1).err().contains("split-view-"));
    assert_eq!(kept(), before, "nothing of it was taken in");
    assert!(mirror("grown").expect(0).out().contains("verified 96 new entries: 400"));

    let proof = desk.run(&["record", "prove", "grown", "17", "--log", &log]).expect(0).out();
    desk.put("entry", &entry("ours", 17));
    let check = |proof: &str, log: &str| {
        desk.put("17.proof", proof);
        desk.run(&["record", "check-proof", "17.proof", "--log", log, "--entry", "entry"])
    };
    check(&proof, &log).expect(0);
    let hash = proof.lines().nth(2).expect("a hash").to_owned();
    let long = proof.replacen(&hash, &vec![hash.as_str(); 64].join("\n"), 1);
    assert!(check(&long, &log).expect(1).err().contains("does not hold"));
    let at = hash.len() - 2;
    let last = if hash.as_bytes()[at] == b'A' { "B" } else { "A" };
    let loose = proof.replacen(&hash, &format!("{}{last}=", &hash[..at]), 1);
    check(&loose, &log).expect(1);
    let elsewhere =
        NoteSigner::new("example.org/else", &[1; 32]).expect("a key").verifier().to_string();
    check(&proof, &elsewhere).expect(1);
    check(&proof.replacen("index 17", "index 017", 1), &log).expect(1);
}
