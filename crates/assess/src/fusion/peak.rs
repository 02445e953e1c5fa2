//! The place that fits a group best, and the evidence for one event by Laplace's method.

use std::f64::consts::PI;

use super::likelihood::{Bend, Likelihood};
use super::observation::Observation;
use super::plane::Xy;

/// Steps of the climb.
const STEPS_MAX: u32 = 24;
/// The clocks are blurred to this at first, metres of sound, then less: a ridge of metres
/// cannot be found from kilometres away.
const BLURS_M: [f64; 3] = [800.0, 120.0, 0.0];
/// Of the places to start from, so many are climbed from.
const CLIMBS: usize = 2;

/// Where a group fits best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peak {
    pub(crate) at: Xy,
    /// ln of the likelihood's integral over the plane, square metres.
    pub(crate) ln_integral: f64,
}

/// Climbs from the best of some places. `wide_m` bounds how wide a top without curvature is
/// taken to be.
pub(crate) fn climb(like: &Likelihood<'_>, starts: &[Xy], wide_m: f64) -> Peak {
    let blur = BLURS_M[0] * BLURS_M[0];
    let mut ranked: Vec<(f64, Xy)> = starts.iter().map(|&p| (like.value(p, blur), p)).collect();
    ranked.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then(a.1.x.total_cmp(&b.1.x)).then(a.1.y.total_cmp(&b.1.y))
    });
    let sharp = like.fineness_m() < BLURS_M[0];
    let blurs = if sharp { &BLURS_M[..] } else { &BLURS_M[2..] };
    let mut best: Option<Peak> = None;
    for &(_, start) in ranked.iter().take(if sharp { CLIMBS } else { 1 }) {
        let peak = climb_from(like, start, wide_m, blurs);
        if best.is_none_or(|found| peak.ln_integral > found.ln_integral) {
            best = Some(peak);
        }
    }
    best.unwrap_or(Peak { at: Xy::default(), ln_integral: f64::NEG_INFINITY })
}

/// Climbs from a place that lies within some hundred metres of the top.
pub(crate) fn climb_near(like: &Likelihood<'_>, start: Xy, wide_m: f64) -> Peak {
    let sharp = like.fineness_m() < BLURS_M[1];
    climb_from(like, start, wide_m, if sharp { &BLURS_M[1..] } else { &BLURS_M[2..] })
}

fn climb_from(like: &Likelihood<'_>, start: Xy, wide_m: f64, blurs: &[f64]) -> Peak {
    let least = 1.0 / (wide_m * wide_m);
    let mut at = start;
    let mut bend = Bend::default();
    for &blur_m in blurs {
        let blur = blur_m * blur_m;
        let mut damping = 1e-3;
        bend = like.bend(at, blur);
        for _ in 0..STEPS_MAX {
            let (dx, dy) = step(&bend, damping, least);
            let next = Xy { x: at.x + dx, y: at.y + dy };
            let there = like.bend(next, blur);
            let gain = there.value - bend.value;
            if gain > 0.0 {
                (at, bend) = (next, there);
                damping = (damping * 0.2).max(1e-6);
                if gain < 0.01 {
                    break;
                }
            } else {
                damping *= 8.0;
                if damping > 1e4 || gain > -1e-3 {
                    break;
                }
            }
        }
    }
    let (a, b, c) = bend.curve;
    let det = ((a + least) * (c + least) - b * b).max(least * least);
    Peak { at, ln_integral: bend.value + libm::log(2.0 * PI) - 0.5 * libm::log(det) }
}

fn step(bend: &Bend, damping: f64, least: f64) -> (f64, f64) {
    let (a, b, c) = bend.curve;
    let (a, c) = (a * (1.0 + damping) + least, c * (1.0 + damping) + least);
    let det = (a * c - b * b).max(1e-30);
    let (gx, gy) = bend.slope;
    ((c * gx - b * gy) / det, (a * gy - b * gx) / det)
}

/// Where one observation alone would have its event.
pub(crate) fn starts(one: &Observation, into: &mut Vec<Xy>) {
    if let Some(spot) = one.spot {
        into.push(spot.at);
    }
    let Some(at) = one.at else { return };
    let along = |m: f64, east: f64, north: f64| Xy { x: at.x + m * east, y: at.y + m * north };
    match (one.direction, one.distance) {
        (Some(d), Some(far)) => into.push(along(libm::exp(far.ln_m), d.east, d.north)),
        (Some(d), None) => {
            into.extend([1500.0, 4000.0, 7500.0].map(|m| along(m, d.east, d.north)));
        }
        (None, _) => {
            // Off the post itself, where every direction is the same.
            into.extend([along(900.0, 0.8, 0.6), along(3500.0, -0.6, 0.8)]);
            into.push(along(3500.0, 0.8, -0.6));
        }
    }
}
