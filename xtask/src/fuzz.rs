//! Coverage-guided fuzzing for a few seconds a parser, where a nightly toolchain exists.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::command::Program;
use crate::places;
use crate::steps::Outcome::{self, Done, Skipped};
use crate::tools::{self, FUZZ};

/// How long each target runs, in seconds.
const RUN_S: u32 = 5;
/// The longest that one input may take, in seconds (fuzz/README.md).
const INPUT_S_MAX: u32 = 1;
/// The most memory that a run may hold, in MiB: libFuzzer's own, and 64 for the input at hand.
const MEMORY_MIB_MAX: u32 = 512;

/// Runs every target for a few seconds from the seeds in `fuzz/corpus`. What it finds worth
/// keeping goes into the build folder; a crash goes into `fuzz/artifacts` and fails the step.
///
/// # Errors
/// When a target does not build, or an input makes a parser panic, stall or swell.
pub(crate) fn briefly() -> Result<Outcome> {
    let root = places::repository()?;
    if !root.join("fuzz/Cargo.toml").is_file() {
        return Ok(Skipped("fuzz/ has not landed".to_owned()));
    }
    if !Program::new("rustup")?.args(["run", "nightly", "cargo", "--version"]).works() {
        return Ok(Skipped("no nightly toolchain; the corpora were replayed on stable".to_owned()));
    }
    if !Program::new("c++")?.args(["--version"]).works() {
        return Ok(Skipped("no C++ compiler, which libFuzzer is built with".to_owned()));
    }
    if let Err(fault) = FUZZ.ready() {
        return Ok(Skipped(format!("{fault:#}")));
    }
    let kept = places::target()?.join("fuzz");
    for target in targets(&root)? {
        let finds = kept.join("corpus").join(&target);
        std::fs::create_dir_all(&finds)?;
        cargo_fuzz()?
            .args(["run", "--sanitizer", "none", "--target-dir"])
            .args([kept.join("build")])
            .args([target.as_str()])
            .args([finds, root.join("fuzz/corpus").join(&target)])
            .args(["--", "-print_final_stats=1", "-verbosity=0"])
            .args([
                format!("-max_total_time={RUN_S}"),
                format!("-timeout={INPUT_S_MAX}"),
                format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
            ])
            .run()
            .with_context(|| format!("fuzz target {target}"))?;
    }
    Ok(Done)
}

/// No sanitizer: the crates deny unsafe code, and without one the same seconds go further.
fn cargo_fuzz() -> Result<Program> {
    Program::new("rustup")?
        .path_first(tools::folder()?.join("bin"))
        .map(|program| program.args(["run", "nightly", "cargo", "fuzz"]))
}

/// The targets, by the files that hold them.
fn targets(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().context("a fuzz target has no name")?;
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "fuzz/fuzz_targets holds no target");
    names.sort();
    Ok(names)
}
