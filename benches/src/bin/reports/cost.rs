//! What fusing costs as reports grow at the same density, and whether it says that noise does not fit.

use agreement::Parameters;
use anyhow::{Context, Result};
use assess::fusion::{Fit, fuse};
use benches::cpu;

use crate::world::{Asked, Laid, Observers, World};

/// How many reports are asked for.
const SIZES: [usize; 3] = [1000, 10_000, 100_000];
const SECONDS_MAX: f64 = 10.0;
/// Power of n log n that still counts as no faster than it: what a fit of three points may be off by.
const POWER_MAX: f64 = 1.05;
/// Events a day.
const DENSITIES: [f64; 2] = [200.0, 2000.0];
/// Fewer reports than an event comes to, so that there are enough of them.
const REPORTS_AN_EVENT: f64 = 3.0;

pub(crate) fn measure(seed: u64, short: &mut Vec<String>) -> Result<()> {
    // What is judged here is whether noise that is rightly stated is said to fit.
    let (observers, laid) = (Observers::Mixed, Laid::True);
    for per_day in DENSITIES {
        println!("cost at {per_day} events a day, seed {seed}");
        let mut points = Vec::new();
        for size in SIZES {
            let events = (size as f64 / REPORTS_AN_EVENT) as usize;
            let mut world =
                World::drawn(Asked { seed, events, per_day, bearing_sd: 12.0, observers, laid })?;
            // The first so many, so that they lie as thick.
            world.reports.sort_by_key(|report| report.observed.start());
            world.reports.truncate(size);
            // What is small is fused more than once, and the fastest counts.
            let runs = (20_000 / size).clamp(1, 10);
            let mut best = f64::INFINITY;
            for _ in 0..runs {
                let begun = cpu::of_this_thread()?;
                let fused = fuse(&Parameters::default(), None, &world.reports);
                best = best.min(cpu::of_this_thread()? - begun);
                if size == SIZES[2] {
                    noise(&fused.calibration, per_day, short);
                }
            }
            let n = world.reports.len() as f64;
            println!("  {n:6} reports {best:8.3} CPU s, {:6.1} us each", best / n * 1e6);
            points.push(((n * n.ln()).ln(), best.ln()));
            if best > SECONDS_MAX {
                short.push(format!("{per_day} a day: {n} reports in {best:.1} s"));
            }
        }
        let power = slope(&points);
        println!("  cost grows as (n log n)^{power:.3} (asked: 1 at most)");
        if power > POWER_MAX {
            short.push(format!("{per_day} a day: cost grows as (n log n)^{power:.3}"));
        }
    }
    let asked = Asked { seed, events: 400, per_day: 200.0, bearing_sd: 24.0, observers, laid };
    let told = fuse(&Parameters::default(), None, &World::drawn(asked)?.reports).calibration;
    let bearing = told.residuals.get("person/bearing").context("bearings")?;
    let spread = bearing.spread_milli as f64 / 1000.0;
    println!("bearings of 24 degrees stated as 12: spread {spread:.2}, {:?}", bearing.fit);
    if told.fits || bearing.fit != Fit::Wider {
        short.push("misstated bearings are not noticed".to_owned());
    }
    Ok(())
}

fn noise(told: &assess::fusion::Calibration, per_day: f64, short: &mut Vec<String>) {
    for (name, found) in &told.residuals {
        let spread = found.spread_milli as f64 / 1000.0;
        println!("    {name:16} {:6} residuals, spread {spread:.2}, {:?}", found.count, found.fit);
    }
    if !told.fits {
        short.push(format!("{per_day} a day: rightly stated noise is said not to fit"));
    }
}

/// Of the least squares through some points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / n, sum.1 + p.1 / n));
    let by = points.iter().map(|p| (p.0 - mean.0) * (p.1 - mean.1)).sum::<f64>();
    by / points.iter().map(|p| (p.0 - mean.0) * (p.0 - mean.0)).sum::<f64>()
}
