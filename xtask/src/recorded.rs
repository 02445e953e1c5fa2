//! The end of the demonstration: the flight put on a record that two witnesses vouch for, assessed from
//! there, and audited.
//!
//! Keys are made anew on every run, so the pack is a copy of the test pack with these keys in it; what is
//! found under it is what is found under the test pack, to the last finding.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::demo::{FLIGHT, FRAMES, LEAVE};
use crate::places;
use crate::steps::Outcome::{self, Done};

const FOLDER: &str = "out/record";
const PACK: &str = "out/record/pack";
const RECORD: &str = "out/record/log-of-the-flight";
const NAME: &str = "example.org/paris-toulouse";
/// Devices of the copied pack: each with its party.
const DEVICES: [(&str, &str); 4] = [
    ("authority-1", "test-authority"),
    ("authority-2", "second-authority"),
    ("keeper-1", "receiver-keepers"),
    ("receiver-1", "receiver-keepers"),
];
const WITNESSES: [(&str, &str, &str); 2] = [
    ("example.org/w1", "test-authority", "127.0.0.1:18101"),
    ("example.org/w2", "second-authority", "127.0.0.1:18102"),
];
/// How long the witnesses may take.
const WITNESSED_WITHIN: Duration = Duration::from_secs(60);

/// Keys, a pack with them in it, and an empty record.
pub(crate) fn make(armistice: &Path) -> Result<Outcome> {
    fs::create_dir_all(places::repository()?.join(FOLDER))?;
    let run = |arguments: &[&str]| Program::new(armistice)?.args(arguments).run();
    for (device, _) in DEVICES {
        run(&["key", "new", &key(device)])?;
    }
    run(&["key", "new", &key("log"), "--name", NAME])?;
    run(&["key", "age", &vault_key()])?;
    for (name, _, _) in WITNESSES {
        run(&["witness", "init", &folder_of(name), "--name", name])?;
    }
    copy_pack(armistice)?;
    run(&["check", PACK])?;
    run(&["record", "init", RECORD, "--log-key", &key("log"), "--name", NAME])?;
    Ok(Done)
}

/// What was seen and what was permitted, signed and put on the record.
pub(crate) fn fill(armistice: &Path) -> Result<Outcome> {
    let cosign = format!("authority-2={}", key("authority-2"));
    let agreed = ["--adopt", "--cosign", &cosign, "--authorisations", LEAVE];
    sign(armistice, "authority-1", &agreed, "agreed")?;
    let tracks = format!("receiver={FRAMES}");
    sign(armistice, "receiver-1", &["--tracks", &tracks], "seen")?;
    append(armistice, &[&claims("agreed"), &claims("seen")])
}

/// The same findings as from the files, put on the record.
pub(crate) fn assess(armistice: &Path) -> Result<Outcome> {
    let (from_files, from_record) = ("out/record/from-files", "out/record/from-record");
    let tracks = format!("receiver={FRAMES}");
    let files = ["assess", PACK, "--tracks", &tracks, "--authorisations", LEAVE];
    Program::new(armistice)?.args(files).args(["--out", from_files]).run()?;
    let vkey = log_key()?;
    let record = ["assess", PACK, "--record", RECORD, "--log", &vkey];
    Program::new(armistice)?
        .args(record)
        .args(["--bodies", &claims("agreed"), "--bodies", &claims("seen")])
        .args(["--out", from_record])
        .run()?;
    let (ours, theirs) = (ids(from_record)?, ids(from_files)?);
    ensure!(!ours.is_empty() && ours == theirs, "the record and the files give other findings");
    println!("{} findings, the same from the record as from the files", ours.len());
    let found = format!("{from_record}/assessment.json");
    let more = ["--after", &claims("agreed"), "--assessment", &found];
    sign(armistice, "authority-1", &more, "found")?;
    append(armistice, &[&claims("found")])
}

/// Two witnesses, each a process of its own, cosign what is served to them over HTTP.
pub(crate) fn witness(armistice: &Path) -> Result<Outcome> {
    let vkey = log_key()?;
    let mut running = Vec::new();
    for (name, _, address) in WITNESSES {
        let folder = folder_of(name);
        Program::new(armistice)?.args(["witness", "watch", &folder, &vkey]).run()?;
        running
            .push(Running::start(armistice, &["witness", "serve", &folder, "--listen", address])?);
    }
    let places = WITNESSES.map(|(name, _, address)| format!("{name}=http://{address}"));
    let serve = ["record", "serve", RECORD, "--pack", PACK, "--listen", "127.0.0.1:18100"];
    let witnesses = ["--witness", &places[0], "--witness", &places[1]];
    running.push(Running::start(armistice, &[&serve[..], &witnesses].concat())?);
    let path = places::repository()?.join(RECORD).join("log/witnessed");
    let started = Instant::now();
    loop {
        let note = fs::read_to_string(&path).unwrap_or_default();
        let signed_by = |name: &str| note.contains(&format!("\u{2014} {name} "));
        if WITNESSES.iter().all(|(name, _, _)| signed_by(name)) {
            println!("{note}");
            return Ok(Done);
        }
        if started.elapsed() > WITNESSED_WITHIN {
            bail!("the witnesses have not cosigned within {} s", WITNESSED_WITHIN.as_secs());
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Everything on the record run again.
pub(crate) fn audit(armistice: &Path) -> Result<Outcome> {
    let vkey = log_key()?;
    let log = format!("{RECORD}/log");
    let mut arguments = vec!["audit", &log, "--pack", PACK, "--log", &vkey];
    let bodies = ["agreed", "seen", "found"].map(claims);
    for file in &bodies {
        arguments.extend(["--bodies", file]);
    }
    let (code, said) = Program::new(armistice)?.args(arguments).run_keeping_output()?;
    ensure!(code == 0, "the audit contradicts the record");
    ensure!(said.contains("agreed on every finding"), "the audit does not agree on every finding");
    ensure!(
        said.contains("cosigned by example.org/w1, example.org/w2"),
        "who cosigned is not said"
    );
    Ok(Done)
}

fn key(name: &str) -> String {
    format!("{FOLDER}/{name}.key")
}

fn vault_key() -> String {
    format!("{FOLDER}/vault.age")
}

fn claims(name: &str) -> String {
    format!("{FOLDER}/{name}.jsonl")
}

fn folder_of(witness: &str) -> String {
    format!("{FOLDER}/{}", witness.rsplit('/').next().unwrap_or(witness))
}

fn log_key() -> Result<String> {
    let path = places::repository()?.join(RECORD).join("log.vkey");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(text.trim().to_owned())
}

fn sign(armistice: &Path, device: &str, what: &[&str], out: &str) -> Result<()> {
    let (key, out) = (key(device), claims(out));
    let by = ["record", "sign", PACK, "--device", device, "--key", &key];
    Program::new(armistice)?.args(by).args(what).args(["--out", &out]).run()
}

fn append(armistice: &Path, claims: &[&str]) -> Result<Outcome> {
    let (log_key, device_key, vault_key) = (key("log"), key("keeper-1"), vault_key());
    let keeping = ["record", "append", RECORD, "--pack", PACK, "--log-key", &log_key];
    let by = ["--device", "keeper-1", "--device-key", &device_key, "--vault-key", &vault_key];
    let (code, said) =
        Program::new(armistice)?.args(keeping).args(by).args(claims).run_keeping_output()?;
    ensure!(code == 0 && said.contains("; 0 rejected"), "a claim was rejected");
    Ok(Done)
}

/// The ids of the findings in an output folder, in their order.
fn ids(folder: &str) -> Result<Vec<String>> {
    let path = places::repository()?.join(folder).join("findings.jsonl");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let id = |line: &str| {
        let (_, rest) = line.split_once("\"id\":\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    text.lines().map(|line| id(line).context("a finding without an id")).collect()
}

/// The test pack with the keys of this run, devices for both authorities, and the witnesses.
fn copy_pack(armistice: &Path) -> Result<()> {
    let (from, to) = (places::repository()?.join(FLIGHT), places::repository()?.join(PACK));
    fs::create_dir_all(&to)?;
    for file in ["areas.geojson", "SOURCES.md"] {
        fs::copy(from.join(file), to.join(file))?;
    }
    let text = fs::read_to_string(from.join("agreement.toml"))?;
    // The pack's own device, whose secret nobody here has, makes room for those of this run.
    let (before, rest) = text.split_once("[[device]]").context("the pack has a device")?;
    let after = rest.find("\n[[").context("something follows the device")?;
    let mut devices = String::new();
    for (device, party) in DEVICES {
        let shown = Program::new(armistice)?.args(["key", "show", &key(device)]).read()?;
        devices += &format!(
            "[[device]]\nid = \"{device}\"\nparty = \"{party}\"\ned25519 = \"{}\"\n\n",
            row(&shown, "base64")?
        );
    }
    devices += "[[witness_group]]\nid = \"guarantors\"\nthreshold = 2\nwitness = [\n";
    for (name, party, _) in WITNESSES {
        let shown = Program::new(armistice)?.args(["witness", "show", &folder_of(name)]).read()?;
        let vkey = shown.lines().next().context("a witness shows its key")?;
        let key = public_of(vkey)?;
        devices +=
            &format!("    {{ name = \"{name}\", party = \"{party}\", ed25519 = \"{key}\" }},\n");
    }
    devices += "]\n";
    fs::write(to.join("agreement.toml"), format!("{before}{devices}{}", &rest[after..]))?;
    Ok(())
}

fn row<'a>(shown: &'a str, name: &str) -> Result<&'a str> {
    let found = shown.lines().find_map(|line| line.strip_prefix(name));
    found.map(str::trim).with_context(|| format!("no {name} is shown"))
}

/// The 32 bytes of a verifier key, in hexadecimal digits: base64 behind the second `+`, the first byte the
/// type.
fn public_of(vkey: &str) -> Result<String> {
    let text = vkey.splitn(3, '+').nth(2).context("a verifier key has three parts")?;
    let (mut bits, mut held, mut hex) = (0_u32, 0_u32, String::new());
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => bail!("a verifier key is base64"),
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            hex += &format!("{:02x}", held >> bits & 0xff);
        }
    }
    ensure!(hex.len() == 66, "a verifier key has a type and 32 bytes");
    Ok(hex.split_off(2))
}

/// A program that runs until this is dropped.
struct Running(Child);

impl Running {
    fn start(armistice: &Path, arguments: &[&str]) -> Result<Self> {
        println!("$ armistice {} &", arguments.join(" "));
        let program: PathBuf = armistice.to_owned();
        let child = Command::new(&program)
            .args(arguments)
            .current_dir(places::repository()?)
            .stdin(Stdio::null())
            .spawn();
        Ok(Self(child.with_context(|| format!("cannot start {}", program.display()))?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
