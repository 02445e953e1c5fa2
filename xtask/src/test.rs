//! `cargo xtask test`: set up what is missing, then every check and test there is.

use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::command::{Program, watched};
use crate::steps::Outcome::{self, Done, Skipped};
use crate::steps::Steps;
use crate::tools::{DENY, NEXTEST};
use crate::{bytes, demo, fuzz, go_client, odk, places, readme};

/// Runs every step, prints the minutes of each, and ends with the test runner's closing line.
pub(crate) fn run() -> ExitCode {
    let mut closing = None;
    let mut steps = Steps::default();
    steps.step("lock file", lock_file);
    steps.step("format", format);
    steps.step("lints", lints);
    steps.step("documentation", documentation);
    steps.step("dependencies", dependencies);
    steps.step("tests", || {
        let (line, result) = tests()?;
        closing = line;
        result
    });
    steps.step("examples in documentation", || cargo(&["test", "--workspace", "--doc", "--quiet"]));
    steps.step("Go reads our log", go_client::agrees);
    steps.step("fuzzing", fuzz::briefly);
    steps.step("demo", demo::as_a_step);
    steps.step("an ODK client and our form", odk::fills_in_our_form);
    steps.step("README", || readme::check(&demo::release_build()?).map(|()| Done));
    steps.step("same bytes", bytes::same_in_every_way);
    let outcome = steps.finish();
    // Whoever started the run reads its last line to learn how many tests ran.
    if let Some(line) = closing {
        println!("{line}");
    }
    outcome
}

/// The run that CI makes, here: a target folder of its own, and `CI` set.
///
/// # Errors
/// When the run failed.
pub(crate) fn run_as_ci() -> Result<ExitCode> {
    Program::new("bash")?.args([".ci/run"]).env("CI", "true").run()?;
    Ok(ExitCode::SUCCESS)
}

/// Starting this chore has already brought a stale lock file up to date, so only git can say
/// whether it was stale. A person may be in the middle of a change; CI may not.
fn lock_file() -> Result<Outcome> {
    if !places::unattended() {
        return Ok(Skipped("only where CI is set".to_owned()));
    }
    if !places::repository()?.join(".git").exists() {
        return Ok(Skipped("not a git checkout".to_owned()));
    }
    Program::new("git")?
        .args(["diff", "--exit-code", "--stat", "--", "Cargo.lock"])
        .run()
        .context("Cargo.lock is not what Cargo.toml asks for: commit the one cargo writes")?;
    Ok(Done)
}

fn format() -> Result<Outcome> {
    if !Program::cargo()?.args(["fmt", "--version"]).works() {
        return Ok(Skipped("rustfmt is not installed (rustup component add rustfmt)".to_owned()));
    }
    for manifest in manifests()? {
        cargo(&["fmt", "--all", "--manifest-path", manifest, "--check"])?;
    }
    Ok(Done)
}

fn lints() -> Result<Outcome> {
    if !Program::cargo()?.args(["clippy", "--version"]).works() {
        return Ok(Skipped("clippy is not installed (rustup component add clippy)".to_owned()));
    }
    for manifest in manifests()?.into_iter().filter(|manifest| !manifest.starts_with("fuzz")) {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--manifest-path",
            manifest,
            "--",
            "-D",
            "warnings",
        ])?;
    }
    Ok(Done)
}

fn documentation() -> Result<Outcome> {
    Program::cargo()?
        .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
        .run()?;
    Ok(Done)
}

/// Advisories are left out on purpose: cargo-deny reads them from a git repository, and this
/// command uses nothing but the package registries. CONTRIBUTING.md says how to run them by hand.
fn dependencies() -> Result<Outcome> {
    println!("(advisories are not checked here: they come from a git repository)");
    let deny = match DENY.ready() {
        Ok(deny) => deny,
        Err(fault) if places::unattended() => return Err(fault),
        Err(fault) => return Ok(Skipped(format!("{fault:#}"))),
    };
    Program::new(deny)?
        .args(["--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
        .run()?;
    Ok(Done)
}

type Closing = (Option<String>, Result<Outcome>);

/// The workspace's tests: unit, integration, tidy, and the fuzz corpora replayed on stable.
fn tests() -> Result<Closing> {
    let nextest = match NEXTEST.ready() {
        Ok(nextest) => nextest,
        Err(fault) => {
            println!("{fault:#}; cargo test instead");
            return tests_without_nextest();
        }
    };
    let colour = if watched() { "always" } else { "never" };
    let (line, passed) = Program::new(nextest)?
        .args(["nextest", "run", "--workspace", "--profile", "ci", "--color", colour])
        .run_keeping_line(|line| line.contains("Summary") && line.contains("run:"))?;
    if !passed {
        return Ok((line, Err(anyhow::anyhow!("a test failed, or did not compile"))));
    }
    ensure!(line.is_some(), "nextest ended without its summary line");
    Ok((line, Ok(Done)))
}

/// `cargo test` prints one line a binary, so the closing line is their sum.
fn tests_without_nextest() -> Result<Closing> {
    let program = Program::cargo()?.args(["test", "--workspace", "--no-fail-fast"]);
    let (code, said) = program.run_keeping_output()?;
    let (passed, failed) = said.lines().filter_map(counts).fold((0, 0), |sum, one| {
        let (passed, failed) = one;
        (sum.0 + passed, sum.1 + failed)
    });
    let line = format!("{passed} passed, {failed} failed");
    if code != 0 {
        return Ok((Some(line), Err(anyhow::anyhow!("a test failed, or did not compile"))));
    }
    if passed == 0 {
        bail!("cargo test ran no test");
    }
    Ok((Some(line), Ok(Done)))
}

/// Passed and failed of a line such as `test result: ok. 12 passed; 0 failed; 0 ignored; ..`.
fn counts(line: &str) -> Option<(u64, u64)> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let number = |word: &str| {
        let before = rest.split(';').find(|part| part.trim_end().ends_with(word))?;
        before.split_whitespace().rev().nth(1)?.parse().ok()
    };
    Some((number("passed")?, number("failed")?))
}

/// The workspace, and those beside it that exist so far.
fn manifests() -> Result<Vec<&'static str>> {
    let root = places::repository()?;
    let all = ["Cargo.toml", "benches/Cargo.toml", "fuzz/Cargo.toml"];
    Ok(all.into_iter().filter(|manifest| root.join(manifest).is_file()).collect())
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    Program::cargo()?.args(arguments).run()?;
    Ok(Done)
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn a_result_line_of_cargo_test_is_counted_and_no_other_line_is() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(counts("running 12 tests"), None);
    }
}
