//! Reports to practise with, of a made-up world, and a score of what was made of them.
//!
//! `cargo xtask practice` runs it.

#![allow(clippy::print_stdout, reason = "it talks to the person who started it")]

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sim::observers::{Score, Truth, World};

const HELP: &str = "\
practice make FOLDER [SEED [HOURS [EVENTS-A-DAY]]]
practice score FOLDER";

/// Longest world, hours, and most events in a day.
const HOURS_MAX: f64 = 24.0 * 366.0;
const EVENTS_A_DAY_MAX: f64 = 100_000.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["make", folder, ref rest @ ..] if rest.len() < 4 => make(Path::new(folder), rest),
        ["score", folder] => score(Path::new(folder)),
        _ => bail!("{HELP}"),
    }
}

fn make(folder: &Path, words: &[&str]) -> Result<()> {
    let seed = words.first().map_or(Ok(1), |seed| seed.parse()).context("SEED: a whole number")?;
    let mut world = World::of(seed);
    if let Some(hours) = words.get(1) {
        world.hours = number("HOURS", hours, HOURS_MAX)?;
    }
    if let Some(events) = words.get(2) {
        world.events_a_day = number("EVENTS-A-DAY", events, EVENTS_A_DAY_MAX)?;
    }
    let handed = world.handed();
    fs::create_dir_all(folder)?;
    for (name, lines) in [
        ("reports.jsonl", &handed.reports),
        ("duties.jsonl", &handed.duties),
        ("truth.jsonl", &handed.truth),
    ] {
        let path = folder.join(name);
        fs::write(&path, lines.join("\n") + "\n").with_context(|| path.display().to_string())?;
    }
    println!("seed {seed}: {world:#?}");
    println!("\n{} reports in {}. To fuse them:\n", handed.reports.len(), folder.display());
    let set =
        world.parameters().into_iter().map(|(name, value)| format!(" \\\n  --set {name}={value}"));
    let of = |name: &str| folder.join(name).display().to_string();
    println!(
        "armistice fuse {} --duty {} --out {}{}",
        of("reports.jsonl"),
        of("duties.jsonl"),
        of("incidents.jsonl"),
        set.collect::<String>()
    );
    println!("\nThen: cargo xtask practice score {}", folder.display());
    Ok(())
}

fn number(name: &str, text: &str, max: f64) -> Result<f64> {
    let number: f64 = text.parse().with_context(|| format!("{name}: a number"))?;
    if !(number > 0.0 && number <= max) {
        bail!("{name}: more than 0, at most {max}");
    }
    Ok(number)
}

fn score(folder: &Path) -> Result<()> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let truth = Truth::read(read("truth.jsonl")?.lines()).map_err(anyhow::Error::msg)?;
    let mut score = Score::default();
    score.add(&truth, read("incidents.jsonl")?.lines()).map_err(anyhow::Error::msg)?;
    println!("{score}");
    Ok(())
}
