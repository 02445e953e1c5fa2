//! What one report alone says: its likelihood summed over the plane about its source.
//!
//! A ring or a sector is no hill. Laplace's method, which does for several reports, is off by half for a
//! report that was merely heard, and by more for one sound sensor amid others that missed it; and whatever is
//! alone is weighed against strays by this. About the source itself the likelihood is smooth, so that few
//! places do.

use std::f64::consts::TAU;

use super::likelihood::Likelihood;
use super::model::{Model, Sense};
use super::observation::{Direction, Distance};
use super::peak::Peak;
use super::plane::Xy;
use super::posterior::NOTHING_LN;
use super::scene::Scene;

/// Places along a distance, and across a direction, in standard deviations from what was told.
const ALONG: std::ops::RangeInclusive<i32> = -3..=3;
const ALONG_SD: f64 = 1.2;
const ACROSS: std::ops::RangeInclusive<i32> = -3..=3;
/// Directions worse known than this, radians, are summed over all around.
const SD_MAX: f64 = 0.5;
/// Places all around and as far as anything is perceived; of sound sensors, whose neighbours' silence has edges.
const AROUND: (u32, u32) = (12, 12);
const AROUND_SENSORS: (u32, u32) = (24, 24);

/// The likeliest of the places that are summed over, and the sum. `None` of what is not seen or heard from a
/// known place, or of which nobody knows how far it is perceived.
pub(crate) fn top(scene: &Scene<'_>, number: u32) -> Option<Peak> {
    let one = scene.one(number);
    let at = one.at.filter(|_| one.spot.is_none())?;
    scene.model.detection(one.sense, one.family)?;
    let field = scene.field(&[number]);
    let like = Likelihood::new(scene.model, Some(&*field), scene.observed.watched, [one]);
    let (around, out) = if one.sense == Sense::Microphone { AROUND_SENSORS } else { AROUND };
    let ways = ways(one.direction, around);
    let steps = steps(one.distance, out, scene.model.reach_m(one.sense, one.family));
    Some(summed(scene.model, &like, at, &ways, &steps))
}

/// Directions to look in, each with the angle that it stands for.
fn ways(direction: Option<Direction>, around: u32) -> Vec<(f64, f64, f64)> {
    let turned = |(east, north): (f64, f64), by: f64| {
        let (sin, cos) = (libm::sin(by), libm::cos(by));
        (east * cos + north * sin, north * cos - east * sin)
    };
    if let Some(d) = direction {
        let sd = 1.0 / d.kappa.sqrt();
        if sd < SD_MAX {
            let way = |n: i32| {
                let (east, north) = turned((d.east, d.north), f64::from(n) * sd);
                (east, north, sd)
            };
            return ACROSS.map(way).collect();
        }
    }
    let angle = TAU / f64::from(around);
    let way = |n: u32| {
        let (east, north) = turned((0.0, 1.0), (f64::from(n) + 0.5) * angle);
        (east, north, angle)
    };
    (0..around).map(way).collect()
}

/// Distances to look at, metres, each with the area that it stands for, a radian.
fn steps(distance: Option<Distance>, out: u32, reach_m: f64) -> Vec<(f64, f64)> {
    if let Some(far) = distance {
        let by = far.var.sqrt() * ALONG_SD;
        let step = |n: i32| {
            let m = libm::exp(far.ln_m + f64::from(n) * by);
            (m, m * m * by)
        };
        return ALONG.map(step).collect();
    }
    let by = reach_m / f64::from(out);
    let step = |n: u32| {
        let m = (f64::from(n) + 0.5) * by;
        (m, m * by)
    };
    (0..out).map(step).collect()
}

fn summed(
    model: &Model,
    like: &Likelihood<'_>,
    at: Xy,
    ways: &[(f64, f64, f64)],
    steps: &[(f64, f64)],
) -> Peak {
    let mut places: Vec<(Xy, f64, f64)> = Vec::with_capacity(ways.len() * steps.len());
    for &(east, north, angle) in ways {
        for &(m, area) in steps {
            let p = Xy { x: at.x + m * east, y: at.y + m * north };
            places.push((p, like.value(p, 0.0), angle * area));
        }
    }
    let likelier = |a: (Xy, f64), b: (Xy, f64)| if b.1 > a.1 { b } else { a };
    let values = places.iter().map(|&(p, value, _)| (p, value));
    let (p, most) = values.reduce(likelier).unwrap_or((at, f64::NEG_INFINITY));
    let over = places.iter().map(|&(_, value, area)| (value - most, area));
    let over = over.filter(|(over, _)| *over > NOTHING_LN);
    let sum: f64 = over.map(|(over, area)| area * model.exponential.exp(over)).sum();
    Peak { at: p, ln_integral: most + model.logarithm.ln(sum.max(f64::MIN_POSITIVE)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fusion::by_hand::{heard, see};
    use crate::fusion::posterior::{Ways, posterior};

    /// By how much a sum and Laplace's method are off from the finest tree of cells, nats.
    fn off(scene: &Scene<'_>, number: u32) -> (f64, f64) {
        let one = scene.one(number);
        let field = scene.field(&[number]);
        let like = Likelihood::new(scene.model, Some(&*field), scene.observed.watched, [one]);
        let summed = top(scene, number).expect("it has a place, and is of what carries so far");
        let ways = Ways::of(scene.model, vec![(like, vec![one], 0.0)]);
        let finely = posterior(&ways, summed.at, true).expect("it is somewhere");
        assert_eq!(scene.lone_top(number).ln_integral.to_bits(), summed.ln_integral.to_bits());
        let laplace = scene.top(&[number], &[]);
        let off = |ln_integral: f64| (ln_integral - finely.ln_integral).abs();
        (off(summed.ln_integral), off(laplace.ln_integral))
    }

    #[test]
    fn what_one_report_says_is_summed_nearer_than_laplace_has_it() {
        let measured = json!({ "bearing": { "deg": 40, "sd_deg": 12 },
            "range": { "min_m": 2500, "max_m": 4500, "sd_log": 0.35 } });
        let merely = json!({});
        let sharply = json!({ "bearing": { "deg": 200, "sd_deg": 1 } });
        let posts = [(0.0, 0.0), (9.0, 1.0), (1.0, 8.0), (10.0, 9.0)];
        for (said, is_hill) in [(measured, true), (merely, false), (sharply, false)] {
            let lines: Vec<_> = (0..)
                .zip(posts)
                .map(|(n, post)| {
                    let id = format!("r{n}");
                    heard(&id, post, 60.0 + 300.0 * f64::from(n), &said)
                })
                .collect();
            see(&lines, |scene| {
                for n in 0..posts.len() as u32 {
                    let (summed, laplace) = off(scene, n);
                    assert!(summed < 0.12, "{said}, {n}: off by {summed}");
                    assert!(is_hill || laplace > 2.0 * summed, "{said}, {n}: {laplace} {summed}");
                }
            });
        }
    }
}
