//! `cargo xtask bench`: each benchmark against a peer measured in the same run.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::command::Program;
use crate::places;
use crate::steps::Outcome::{self, Done};
use crate::steps::Steps;

/// The benchmarks: the name of each is also that of its binary in `benches/`.
const BENCHES: [&str; 3] = ["zones", "assess", "decode"];
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
        steps.step(name, || if name == "zones" { zones() } else { binary(name, &[]) });
    }
    Ok(steps.finish())
}

/// The zone index beside `geo` and `rstar`, over workloads that are drawn once and kept.
fn zones() -> Result<Outcome> {
    let folder = workloads()?;
    binary("zones", &[folder])
}

/// Draws the workloads W1, W2 and W3 into the cache, where they are not there yet.
fn workloads() -> Result<PathBuf> {
    let peers = places::repository()?.join("benches/peers");
    ensure!(peers.join("gen_zones.py").is_file(), "benches/peers/gen_zones.py has not landed");
    let folder = places::cache()?.join("bench/zones");
    let complete = folder.join("complete");
    if complete.is_file() {
        println!("workloads from {}", folder.display());
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let coastlines = peers.join("W3_real.npz");
    std::fs::copy(&coastlines, folder.join("W3_real.npz"))
        .with_context(|| format!("cannot copy {}", coastlines.display()))?;
    Program::new(python()?)?
        .args([peers.join("gen_zones.py")])
        .args(["W1", "W2", "W3"])
        .env("D", &folder)
        .run()?;
    std::fs::write(&complete, NUMPY)?;
    Ok(folder)
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
