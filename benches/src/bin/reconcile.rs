//! `armistice reconcile` as a user runs it: two registers of 40,000 rows each, with how long it takes.
//!
//!     cargo run --release --bin reconcile -- ARMISTICE FOLDER

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use benches::cpu;
use benches::dice::Dice;
use serde_json::Value;

const SEED: u64 = 20_170_709;
const ROWS: usize = 40_000;
/// Of those, events that both registers have.
const COMMON: usize = 24_000;
/// Longest that it may take, on a machine that does nothing else.
const SECONDS_MAX: f64 = 5.0;
const ACTS: [&str; 5] = ["explosion", "impact", "airstrike", "small_arms", "outgoing"];
const MAP: &str = r#"format = 1
[register.ours]
zone = "Asia/Damascus"
place_m = 3000
[register.ours.columns]
id = "no"
from = "when"
latitude = "lat"
longitude = "lon"
kind = "kind"
"#;

/// How thick the rows lie.
struct World {
    name: &'static str,
    days: f64,
    wide_km: f64,
    /// Whether it is what is asked for.
    is_asked: bool,
}

const WORLDS: [World; 2] = [
    World { name: "a country in a year", days: 365.0, wide_km: 400.0, is_asked: true },
    World { name: "a province in two months", days: 60.0, wide_km: 120.0, is_asked: false },
];

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [program, folder] = &arguments[..] else {
        anyhow::bail!("usage: reconcile ARMISTICE FOLDER");
    };
    fs::write(folder.join("map.toml"), MAP)?;
    println!("seed {SEED}: two registers of {ROWS} rows, {COMMON} events in both");
    println!("{:<26}  seconds  CPU s  matched  only in one", "");
    let mut short = Vec::new();
    for world in &WORLDS {
        write_registers(world, folder)?;
        let (seconds, cpu_s, said) = run(program, folder)?;
        let of = |side: &str, what: &str| said[side][what].as_u64().unwrap_or(0);
        let only = of("a", "only") + of("b", "only");
        let matched = of("a", "matched");
        println!("{:<26}  {seconds:>7.2}  {cpu_s:>5.2}  {matched:>7}  {only:>11}", world.name);
        for side in ["a", "b"] {
            ensure!(of(side, "rows") + of(side, "rejected") == ROWS as u64, "rows are lost");
        }
        if world.is_asked && seconds > SECONDS_MAX {
            short.push(format!("{}: {seconds:.2} s, at most {SECONDS_MAX} asked", world.name));
        }
    }
    ensure!(short.is_empty(), "short of what is asked:\n  {}", short.join("\n  "));
    Ok(())
}

/// Runs it; seconds by the clock, seconds that it had a core, and what it said.
fn run(program: &Path, folder: &Path) -> Result<(f64, f64, Value)> {
    let (started, before) = (Instant::now(), cpu::of_children()?);
    let output = Command::new(program)
        .current_dir(folder)
        .args(["reconcile", "a.csv", "b.csv", "--map", "map.toml", "--json"])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    ensure!(output.status.success(), "it ended with {}", output.status);
    let seconds = started.elapsed().as_secs_f64();
    let said = serde_json::from_slice(&output.stdout).context("no JSON came")?;
    Ok((seconds, cpu::of_children()? - before, said))
}

#[derive(Clone, Copy)]
struct Event {
    east_m: f64,
    north_m: f64,
    second: f64,
    act: usize,
}

fn write_registers(world: &World, folder: &Path) -> Result<()> {
    let mut dice = Dice::new(SEED);
    let wide_m = world.wide_km * 1000.0;
    let towns: Vec<(f64, f64)> =
        (0..40).map(|_| (dice.share() * wide_m, dice.share() * wide_m)).collect();
    let common: Vec<Event> = (0..COMMON).map(|_| event(world, &towns, &mut dice)).collect();
    for name in ["a.csv", "b.csv"] {
        let mut events = common.clone();
        events.extend((COMMON..ROWS).map(|_| event(world, &towns, &mut dice)));
        dice.shuffle(&mut events);
        let mut text = "no,when,lat,lon,kind\n".to_owned();
        for (n, &event) in events.iter().enumerate() {
            write_row(n, event, &mut dice, &mut text)?;
        }
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Four of five lie about a town.
fn event(world: &World, towns: &[(f64, f64)], dice: &mut Dice) -> Event {
    let wide_m = world.wide_km * 1000.0;
    let (east_m, north_m) = if dice.share() < 0.8 {
        let (east, north) = towns[dice.below(towns.len())];
        (east + dice.normal(2_500.0), north + dice.normal(2_500.0))
    } else {
        (dice.share() * wide_m, dice.share() * wide_m)
    };
    let second = dice.share() * world.days * 86_400.0;
    Event { east_m, north_m, second, act: dice.below(ACTS.len()) }
}

/// As a register has it: some kilometres and half an hour off, three of ten with the day only.
fn write_row(n: usize, event: Event, dice: &mut Dice, text: &mut String) -> Result<()> {
    let lat = 32.0 + (event.north_m + dice.normal(1_500.0)) / 111_000.0;
    let lon = 36.0 + (event.east_m + dice.normal(1_500.0)) / 93_000.0;
    let minute = ((event.second + dice.normal(1_800.0)) / 60.0).max(0.0) as u64;
    let act = if dice.share() < 0.12 { dice.below(ACTS.len()) } else { event.act };
    let when = when(minute, dice.share() < 0.3);
    writeln!(text, "{n},{when},{lat:.5},{lon:.5},{}", ACTS[act])?;
    Ok(())
}

/// Minutes from the first of July 2017 on, as a date with or without a time.
fn when(minute: u64, is_day: bool) -> String {
    const MONTHS: [(u64, u64, u64); 15] = [
        (2017, 7, 31),
        (2017, 8, 31),
        (2017, 9, 30),
        (2017, 10, 31),
        (2017, 11, 30),
        (2017, 12, 31),
        (2018, 1, 31),
        (2018, 2, 28),
        (2018, 3, 31),
        (2018, 4, 30),
        (2018, 5, 31),
        (2018, 6, 30),
        (2018, 7, 31),
        (2018, 8, 31),
        (2018, 9, 30),
    ];
    let mut day = minute / 1440;
    let mut date = (2018, 9, 30);
    for (year, month, days) in MONTHS {
        if day < days {
            date = (year, month, day + 1);
            break;
        }
        day -= days;
    }
    let (year, month, day) = date;
    if is_day {
        return format!("{year}-{month:02}-{day:02}");
    }
    format!("{year}-{month:02}-{day:02} {:02}:{:02}", minute % 1440 / 60, minute % 60)
}
