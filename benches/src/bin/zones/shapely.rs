//! Shapely, which most people use today, run in Python on the same files.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::measure::Rate;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/zones_peers.py");

/// What the script prints.
#[derive(Deserialize, Serialize)]
pub struct Shapely {
    pub points: usize,
    pub pairs: usize,
    pub checksum: u64,
    pub build_s: f64,
    pub match_s: f64,
    pub cpu_s: f64,
}

impl Shapely {
    pub fn rate(&self) -> Rate {
        let points = self.points as f64;
        Rate { points_per_s: points / self.match_s, points_per_cpu_s: points / self.cpu_s }
    }
}

/// Runs the script once, with an interpreter that has the packages of
/// `peers/requirements.txt`.
pub fn run(python: &Path, dir: &Path, workload: &str) -> Result<Shapely> {
    let mut script = Command::new(python);
    let output = script.arg(SCRIPT).arg(dir).arg(workload).output();
    let output = output.with_context(|| format!("starting {}", python.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{SCRIPT} failed: {said}");
    serde_json::from_slice(&output.stdout).context("what the script printed")
}
