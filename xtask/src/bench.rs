//! `cargo xtask bench`: each benchmark against a peer measured in the same run.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::steps::Outcome::{self, Done};
use crate::steps::Steps;
use crate::{go, places};

/// The benchmarks: the name of each is also that of its binary in `benches/`.
const BENCHES: [&str; 8] =
    ["zones", "assess", "decode", "proof", "record", "fuse", "reports", "reconcile"];
/// The arrays that the zone workloads come from; drawn with a fixed seed, so the version matters.
const NUMPY: &str = "numpy==2.3.4";

/// Runs the benchmarks named, or all of them.
///
/// # Errors
/// When one of the names is none of a benchmark.
pub(crate) fn run(names: &[&str]) -> Result<ExitCode> {
    if let Some(unknown) = names.iter().find(|name| !BENCHES.contains(name)) {
        bail!("no benchmark is called {unknown}; there are {}", BENCHES.join(", "));
    }
    let mut steps = Steps::default();
    for name in BENCHES.into_iter().filter(|name| names.is_empty() || names.contains(name)) {
        steps.step(name, || match name {
            "zones" => zones(),
            "assess" => assess(),
            "proof" => proof(),
            "record" => record(),
            "fuse" => fuse(),
            "reports" => binary("reports", &[]),
            "reconcile" => reconcile(),
            _ => decode(),
        });
    }
    Ok(steps.finish())
}

/// The zone index beside `geo` and `rstar`, over workloads that are drawn once and kept.
fn zones() -> Result<Outcome> {
    let folder = workloads()?;
    binary("zones", &[folder])
}

/// `armistice assess` over a hundred million made-up track points, which are drawn once and
/// kept; `ARMISTICE_BENCH_ROWS` asks for another number of them.
fn assess() -> Result<Outcome> {
    let rows = std::env::var("ARMISTICE_BENCH_ROWS").unwrap_or_else(|_| "100000000".to_owned());
    let folder = places::cache()?.join("bench/assess");
    std::fs::create_dir_all(&folder)?;
    let tracks = folder.join(format!("tracks-{rows}.parquet"));
    if !tracks.is_file() {
        let begun = tracks.with_extension("begun");
        binary("make_tracks", &[begun.clone(), PathBuf::from(rows)])?;
        std::fs::rename(&begun, &tracks)?;
    }
    Program::cargo()?.args(["build", "--release", "--package", "armistice"]).run()?;
    let program = places::target()?.join("release/armistice");
    binary("assess", &[program, tracks, folder])
}

/// Two made-up registers of 40,000 rows each, held against each other by the program as a user runs it.
fn reconcile() -> Result<Outcome> {
    let folder = places::cache()?.join("bench/reconcile");
    std::fs::create_dir_all(&folder)?;
    Program::cargo()?.args(["build", "--release", "--package", "armistice"]).run()?;
    let program = places::target()?.join("release/armistice");
    binary("reconcile", &[program, folder])
}

/// The decoding of raw frames beside the decoding crate alone.
fn decode() -> Result<Outcome> {
    let flight = places::repository()?.join("data/modes/paris_toulouse_2024.jsonl.gz");
    binary("decode", &[flight, PathBuf::from("5")])
}

/// Proofs from tiles beside Go's `sumdb/tlog`, over a log of ours that both read.
fn proof() -> Result<Outcome> {
    let client = go::build("xtask/oracles/tlog", "tlog-client")?;
    let folder = places::target()?.join("go/bench-log");
    if !folder.join("checkpoint").is_file() {
        Program::cargo()?
            .args([
                "run",
                "--release",
                "--quiet",
                "--package",
                "tlog",
                "--example",
                "write_log",
                "--",
            ])
            .args([folder.as_os_str(), "200000".as_ref()])
            .run()?;
    }
    binary("proof", &[folder, client])
}

/// Admission beside the signature check alone; durable sequencing beside a writer on Go's
/// `x/mod/sumdb/tlog` with the same batches and syncs, `ARMISTICE_BENCH_ENTRIES` of them; and a log of ten
/// million entries, opened and appended to.
fn record() -> Result<Outcome> {
    let writer = go::build("benches/peers/tlog_writer", "tlog-writer")?;
    let folder = places::cache()?.join("bench/record");
    std::fs::create_dir_all(&folder)?;
    let entries = std::env::var("ARMISTICE_BENCH_ENTRIES").unwrap_or_else(|_| "1000000".to_owned());
    let admission = admission();
    let recorded = binary("record", &[writer, folder, PathBuf::from(entries)]);
    admission.and(recorded)
}

/// How fast claims are admitted, on one thread and on two.
fn admission() -> Result<Outcome> {
    let example = ["run", "--release", "--package", "ledger", "--example", "admission_rate", "--"];
    for threads in ["1", "2"] {
        Program::cargo()?.args(example).args([threads]).run()?;
    }
    Ok(Done)
}

/// Arrivals at sound sensors beside `PyOcto` and `GaMMA`, in a Python of their own.
fn fuse() -> Result<Outcome> {
    let folder = places::cache()?.join("associators");
    let python = folder.join("bin/python");
    if !Program::new(&python)?.args(["-c", "import gamma, pyocto"]).works() {
        let required = places::repository()?.join("benches/peers/associators.txt");
        Program::new("python3")?.args(["-m", "venv"]).args([&folder]).run().context(
            "cannot make a virtual environment (on Debian: apt-get install python3-venv)",
        )?;
        Program::new(&python)?
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .args([&required])
            .run()?;
    }
    binary("fuse", &[python, places::cache()?.join("bench/fuse")])
}

/// Draws the workloads into the cache, where they are not there yet. W3 needs coastlines whose
/// licence (ODbL) we do not bundle under; the benchmark says where it looked.
fn workloads() -> Result<PathBuf> {
    let generator = places::repository()?.join("benches/peers/gen_zones.py");
    let folder = places::cache()?.join("bench/zones");
    std::fs::create_dir_all(&folder)?;
    let coastlines = folder.join("W3_real.npz");
    if let Some(found) = coastlines_beside_us()?.filter(|_| !coastlines.is_file()) {
        std::fs::copy(&found, &coastlines)
            .with_context(|| format!("cannot copy {}", found.display()))?;
    }
    let mut wanted = vec!["W1", "W2"];
    if coastlines.is_file() {
        wanted.push("W3");
    }
    wanted.retain(|name| !folder.join(format!("{name}.complete")).is_file());
    for name in wanted {
        Program::new(python()?)?
            .args([&generator, &folder])
            .args([name])
            .args(["--coastlines".as_ref(), coastlines.as_os_str()])
            .run()?;
        let points = folder.join(format!("{name}_pts.f64"));
        ensure!(points.is_file(), "{} made no {}", generator.display(), points.display());
        std::fs::write(folder.join(format!("{name}.complete")), NUMPY)?;
    }
    Ok(folder)
}

/// Real coastlines, where somebody has put them.
fn coastlines_beside_us() -> Result<Option<PathBuf>> {
    let named = std::env::var_os("ARMISTICE_PEER_DATA").map(PathBuf::from);
    let beside = places::repository()?.join("../shared/data/zones");
    let folders = named.into_iter().chain([beside]);
    Ok(folders.map(|folder| folder.join("W3_real.npz")).find(|file| file.is_file()))
}

/// A Python of our own with numpy in it, kept in the cache.
fn python() -> Result<PathBuf> {
    let folder = places::cache()?.join("python");
    let python = folder.join("bin/python");
    if !Program::new(&python)?.args(["-c", "import numpy"]).works() {
        Program::new("python3")?.args(["-m", "venv"]).args([&folder]).run().context(
            "cannot make a virtual environment (on Debian: apt-get install python3-venv)",
        )?;
        Program::new(&python)?
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", NUMPY])
            .run()?;
    }
    Ok(python)
}

fn binary(name: &str, arguments: &[PathBuf]) -> Result<Outcome> {
    let source = format!("benches/src/bin/{name}.rs");
    let root = places::repository()?;
    let lands = [source.clone(), format!("benches/src/bin/{name}/main.rs")];
    ensure!(lands.iter().any(|path| root.join(path).is_file()), "{source} has not landed");
    Program::cargo()?
        .args(["run", "--release", "--manifest-path", "benches/Cargo.toml", "--bin", name, "--"])
        .args(arguments)
        .run()?;
    Ok(Done)
}
