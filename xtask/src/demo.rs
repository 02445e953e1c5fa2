//! `cargo xtask demo`: the main job on the real input in the repository.
//!
//! One real flight is held against a test pack of no-fly volumes, and a year of conflict events
//! against the ceasefire in south-western Syria. Every number that is printed is checked against
//! something that was written apart from the crates.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::command::Program;
use crate::places;
use crate::recorded;
use crate::steps::Outcome::{self, Done};
use crate::steps::Steps;

/// The agreement over south-western Syria, and the events held against it.
pub(crate) const SYRIA: &str = "packs/southern-syria-2017";
pub(crate) const EVENTS: &str = "data/ucdp/ged_syria_2017.csv";
/// The test pack across one flight, and that flight's frames.
pub(crate) const FLIGHT: &str = "packs/paris-toulouse-2024";
pub(crate) const FRAMES: &str = "data/modes/paris_toulouse_2024.jsonl.gz";
/// The frames as `assess` is given them: with the sensor of the pack that received them.
const RECEIVED: &str = "receiver=data/modes/paris_toulouse_2024.jsonl.gz";
/// A leave to fly, made up for the test pack, so that an exempted flight can be shown.
pub(crate) const LEAVE: &str = "data/authorisations.jsonl";
/// The day the ceasefire came into force, and how many days are compared on either side.
pub(crate) const AROUND: &str = "2017-07-09";
pub(crate) const DAYS: &str = "60";

/// Runs the demonstration into `out/`.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    let mut armistice = None;
    steps.step("build", || {
        armistice = Some(release_build()?);
        Ok(Done)
    });
    if let Some(armistice) = armistice {
        show(&mut steps, &armistice);
    }
    steps.finish()
}

/// The demonstration as one step of `test`.
///
/// # Errors
/// When the program cannot be built, or a step of the demonstration fails.
pub(crate) fn as_a_step() -> Result<Outcome> {
    let armistice = release_build()?;
    let mut steps = Steps::default();
    show(&mut steps, &armistice);
    ensure!(steps.finish() == ExitCode::SUCCESS, "a step of the demonstration failed");
    Ok(Done)
}

/// Builds the program as a user would run it.
///
/// # Errors
/// When it does not compile.
pub(crate) fn release_build() -> Result<PathBuf> {
    Program::cargo()?.args(["build", "--release", "--package", "armistice"]).run()?;
    Ok(places::target()?.join("release/armistice"))
}

fn show(steps: &mut Steps, armistice: &Path) {
    steps.step("empty out/", empty_out);
    steps.step("check both packs", || {
        for pack in [FLIGHT, SYRIA] {
            Program::new(armistice)?.args(["check", pack]).run()?;
        }
        Ok(Done)
    });
    steps.step("a flight against no-fly", || {
        assess(armistice, &flight_arguments(), "out/paris-toulouse-2024")
    });
    steps.step("events against a ceasefire", || {
        assess(armistice, &events_arguments(), "out/southern-syria-2017")
    });
    steps.step("every verdict", every_verdict_is_there);
    steps.step("before and after", || before_and_after(armistice));
    steps.step("day by day", || day_by_day(armistice));
    steps.step("incidents", || incidents(armistice));
    steps.step("reports to look at", || {
        for folder in ["paris-toulouse-2024", "southern-syria-2017"] {
            let page = Path::new("out").join(folder).join("report.html");
            ensure!(places::repository()?.join(&page).is_file(), "{} is missing", page.display());
            println!("{}", page.display());
        }
        Ok(Done)
    });
    steps.step("keys, a pack with them, a record", || recorded::make(armistice));
    steps.step("the flight on the record", || recorded::fill(armistice));
    steps.step("findings from the record", || recorded::assess(armistice));
    steps.step("two witnesses", || recorded::witness(armistice));
    steps.step("an audit", || recorded::audit(armistice));
}

/// What an earlier run left must not pass for this run's.
fn empty_out() -> Result<Outcome> {
    let out = places::repository()?.join("out");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    std::fs::create_dir(&out)?;
    Ok(Done)
}

/// What `assess` is given for the flight.
pub(crate) fn flight_arguments() -> Vec<&'static str> {
    vec![FLIGHT, "--tracks", RECEIVED, "--authorisations", LEAVE]
}

/// What `assess` is given for the events.
pub(crate) fn events_arguments() -> Vec<&'static str> {
    vec![SYRIA, "--reports", EVENTS, "--around", AROUND, "--days", DAYS]
}

fn assess(armistice: &Path, arguments: &[&str], out: &str) -> Result<Outcome> {
    Program::new(armistice)?.args(["assess"]).args(arguments).args(["--out", out]).run()?;
    Ok(Done)
}

/// The two runs together show each verdict that there is.
fn every_verdict_is_there() -> Result<Outcome> {
    let mut findings = String::new();
    for folder in ["paris-toulouse-2024", "southern-syria-2017"] {
        let path = places::repository()?.join("out").join(folder).join("findings.jsonl");
        findings += &std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    for verdict in ["breach", "alleged", "undetermined", "clear"] {
        let count = findings.matches(&format!("\"verdict\":\"{verdict}\"")).count();
        println!("{count:>7}  {verdict}");
        ensure!(count > 0, "the demonstration shows no finding that is {verdict}");
    }
    Ok(Done)
}

/// The tally by area, in scope and of every report, against a count by a few lines of Python
/// that share nothing with the crates but the input.
fn before_and_after(armistice: &Path) -> Result<Outcome> {
    for all in [false, true] {
        let tally = || -> Result<Program> {
            let scope: &[&str] = if all { &["--all"] } else { &[] };
            let program = Program::new(armistice)?;
            Ok(program.args(tally_arguments()).args(["--by", "area"]).args(scope))
        };
        tally()?.run()?;
        let counted =
            places::repository()?.join(if all { "out/tally-all.json" } else { "out/tally.json" });
        std::fs::write(&counted, tally()?.args(["--json"]).read()?)?;
        Program::new("python3")?
            .args(["xtask/oracles/tally.py", SYRIA, EVENTS, AROUND, DAYS])
            .args([if all { "all" } else { "in-scope" }])
            .args([&counted])
            .run()?;
    }
    Ok(Done)
}

/// Two weeks on either side, day by day, with the previous period beside.
fn day_by_day(armistice: &Path) -> Result<Outcome> {
    let tally = ["tally", SYRIA, "--reports", EVENTS, "--around", AROUND, "--days", "14"];
    let series = ["--by", "area", "--all", "--series"];
    Program::new(armistice)?.args(tally).args(series).run()?;
    Ok(Done)
}

/// The year's events as incidents, and how many are of how many sources: by `number_of_sources`,
/// held against a count of the data set's own column.
fn incidents(armistice: &Path) -> Result<Outcome> {
    let out = "out/incidents.jsonl";
    Program::new(armistice)?.args(["fuse", EVENTS, "--pack", SYRIA, "--out", out]).run()?;
    Program::new("python3")?.args(["xtask/oracles/levels.py", EVENTS, out]).run()?;
    Ok(Done)
}

/// The tally around the day on which the ceasefire came into force.
pub(crate) fn tally_arguments() -> Vec<&'static str> {
    vec!["tally", SYRIA, "--reports", EVENTS, "--around", AROUND, "--days", DAYS]
}
