//! What fusing reports of people, cameras and sound sensors reaches: grouping, regions, probabilities, whether the
//! noise fits, and what it costs.
//!
//!     reports [FIRST_SEED [quality | cost]]
//!
//! Ten seeds from the first on, which are printed. It ends with an error below what is asked.

mod cost;
mod score;
mod world;

use agreement::Parameters;
use anyhow::{Result, ensure};
use assess::fusion::{Setting, Truth, fuse_scored, fuse_watched};

use crate::score::{Coverage, Score};
use crate::world::{Asked, Laid, Observers, World};

const FIRST_SEED: u64 = 101;
const SEEDS: u64 = 10;
/// Of each seed: 4,000 of ten.
const EVENTS: usize = 400;
/// Events a day, and the least F1 that is asked and that is aimed at.
const DENSITIES: [(f64, f64, f64); 2] = [(200.0, 0.90, 0.95), (2000.0, 0.75, 0.85)];
/// What regions of 95 percent have to hold.
const COVERED: std::ops::RangeInclusive<f64> = 0.935..=0.965;
const CALIBRATION_ERROR_MAX: f64 = 0.05;
/// Worlds that one kind of source watches alone.
const ALONE: [(&str, Observers); 3] = [
    ("people", Observers::People),
    ("cameras", Observers::Cameras),
    ("sound sensors", Observers::SoundSensors),
];

fn main() -> Result<()> {
    let first = std::env::args().nth(1).map_or(Ok(FIRST_SEED), |seed| seed.parse())?;
    let part = std::env::args().nth(2);
    let mut short = Vec::new();
    if part.as_deref() != Some("cost") {
        quality(first, &mut short)?;
    }
    if part.as_deref() != Some("quality") {
        cost::measure(first, &mut short)?;
    }
    ensure!(short.is_empty(), "short of what is asked:\n  {}", short.join("\n  "));
    Ok(())
}

fn quality(first: u64, short: &mut Vec<String>) -> Result<()> {
    for (per_day, asked, aimed) in DENSITIES {
        println!("{per_day} events a day, seeds {first} to {}", first + SEEDS - 1);
        let all = scored(first, per_day, Observers::Mixed)?;
        let f1 = all.f1();
        println!("  F1 {f1:.3} (asked {asked}, aimed at {aimed})");
        if f1 < asked {
            short.push(format!("{per_day} a day: F1 {f1:.3}"));
        }
        told(&all, per_day, short);
        for (name, observers) in ALONE {
            let alone = scored(first, per_day, observers)?;
            let (f1, error) = (alone.f1(), alone.calibration_error());
            println!("  nobody but {name}: F1 {f1:.3}, p_real off by {error:.3}");
            by_kind(&alone, per_day, short);
        }
    }
    Ok(())
}

fn scored(first: u64, per_day: f64, observers: Observers) -> Result<Score> {
    let parameters = Parameters::default();
    let setting = Setting { parameters: &parameters, as_of: None, duties: &[] };
    let mut score = Score::default();
    for seed in first..first + SEEDS {
        let asked =
            Asked { seed, events: EVENTS, per_day, bearing_sd: 12.0, observers, laid: Laid::Flat };
        let world = World::drawn(asked)?;
        let fused = fuse_watched(&setting, &world.reports);
        let truths: Vec<Truth> =
            world.events.iter().map(|event| Truth { at: event.at, t: event.t }).collect();
        let (searched, near) = fuse_scored(&setting, &world.reports, &truths);
        score.add(&world, &fused, &searched, near);
    }
    Ok(score)
}

fn told(score: &Score, per_day: f64, short: &mut Vec<String>) {
    let error = score.calibration_error();
    println!("  p_real off by {error:.3} (asked {CALIBRATION_ERROR_MAX}); said, real, incidents:");
    for (n, said, real) in score.tenths().filter(|(n, ..)| *n > 0.0) {
        println!("    {said:.3}  {real:.3}  {n:5}");
    }
    if error > CALIBRATION_ERROR_MAX {
        short.push(format!("{per_day} a day: p_real off by {error:.3}"));
    }
    let share = score.told.share();
    line(&format!("all regions told, of {} events", score.events), &score.told);
    if !COVERED.contains(&share) {
        short.push(format!("{per_day} a day: regions hold {share:.4}"));
    }
    by_kind(score, per_day, short);
}

/// A kind of which regions are told is short when what it was drawn from lies outside of what is asked,
/// with 95 percent.
fn by_kind(score: &Score, per_day: f64, short: &mut Vec<String>) {
    for (kind, coverage) in &score.by_kind {
        line(kind, coverage);
        let (low, high) = coverage.interval();
        if coverage.is_told && (high < *COVERED.start() || low > *COVERED.end()) {
            short.push(format!("{per_day} a day: {kind} hold {:.4}", coverage.share()));
        }
    }
}

fn line(name: &str, coverage: &Coverage) {
    let (low, high) = coverage.interval();
    let Coverage { regions, .. } = coverage;
    println!(
        "    {name:34} {regions:5} regions hold {:.4} ({low:.3} to {high:.3})",
        coverage.share()
    );
}
