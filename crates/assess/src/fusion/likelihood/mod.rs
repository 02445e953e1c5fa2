//! How well some observations fit one event at a place, whatever its instant: the instant is
//! integrated out, since every clock's error is taken for normal.
//!
//! The value is `ln` of the density of what was measured, times the chance that those who
//! reported perceived it and that the others on duty did not. It grows by the square metre: its
//! integral over the plane, times the rate of events, is the evidence for the event.

mod clocks;

use std::borrow::Borrow;
use std::f64::consts::PI;

use super::calibration::Measure;
use super::logarithm::Logarithm;
use super::model::{Detection, Model, Watched};
use super::observation::{Direction, Distance, Observation, Spot};
use super::plane::Xy;
use super::silence::Field;
use clocks::{Clocks, Pull};

/// Nearer than this to a source its direction is not known, metres.
const NEAR_M: f64 = 1.0;

/// What rises by more than e to this over half of a cell levels off in it: it is no slope any more.
const RISE_MAX: f64 = 2.0;

/// Heard by somebody whose place is not known: sound may have taken up to a minute, which has
/// this variance, seconds squared.
const UNKNOWN_WAY_VAR: f64 = 300.0;

/// One observation of the group.
#[derive(Clone, Debug)]
struct Term<'a> {
    at: Option<Xy>,
    t: f64,
    var: f64,
    heard: bool,
    direction: Option<Direction>,
    distance: Option<Far>,
    spot: Option<Spot>,
    detection: Option<&'a Detection>,
}

/// A distance, the inverse of its variance, and ln of its density where it is as measured.
#[derive(Clone, Copy, Debug)]
struct Far {
    distance: Distance,
    weight: f64,
    ln_norm: f64,
}

impl Far {
    fn of(model: &Model, distance: Distance) -> Self {
        let ln_norm = -0.5 * model.logarithm.ln(2.0 * PI * distance.var);
        Self { distance, weight: 1.0 / distance.var, ln_norm }
    }
}

/// Observations that may be of one event.
#[derive(Clone, Debug)]
pub(crate) struct Likelihood<'a> {
    model: &'a Model,
    terms: Vec<Term<'a>>,
    /// Who perceived nothing; `None` when their silence is not to count.
    field: Option<&'a Field>,
    watched: Watched,
    /// What the times of the terms count from.
    t_ref: f64,
}

/// The value somewhere, its slope, and a curvature that is never negative.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bend {
    pub(crate) value: f64,
    pub(crate) slope: (f64, f64),
    /// East-east, east-north, north-north, of minus the value.
    pub(crate) curve: (f64, f64, f64),
}

impl<'a> Likelihood<'a> {
    pub(crate) fn new<'o>(
        model: &'a Model,
        field: Option<&'a Field>,
        watched: Watched,
        members: impl IntoIterator<Item = &'o Observation>,
    ) -> Self {
        let members = members.into_iter();
        let mut terms = Vec::with_capacity(members.size_hint().0);
        let mut t_ref = None;
        for one in members {
            let base = *t_ref.get_or_insert(one.t);
            terms.push(Term {
                at: one.at,
                t: one.t - base,
                var: one.var,
                heard: one.heard,
                direction: one.direction,
                distance: one.distance.map(|distance| Far::of(model, distance)),
                spot: one.spot,
                detection: one.at.and(model.detection(one.sense, one.family)),
            });
        }
        Self { model, terms, field, watched, t_ref: t_ref.unwrap_or(0.0) }
    }

    /// Of other members, where all else is as it is here.
    pub(crate) fn with<'o>(&self, members: impl IntoIterator<Item = &'o Observation>) -> Self {
        Self::new(self.model, self.field, self.watched, members)
    }

    /// At a place, for a cell around it whose sides' variance is `blur` square metres: the mean of what
    /// lies in it, as nearly as the middle can tell.
    pub(crate) fn value(&self, p: Xy, blur: f64) -> f64 {
        let blur_s2 = self.blur_s2(blur);
        let parts = self.terms.iter().map(|term| self.part(term, p, blur, blur_s2));
        self.together(self.of_place(p), blur, parts)
    }

    /// What each observation adds to the value at a place; `blur` as in [`Likelihood::value`].
    pub(crate) fn parts(&self, p: Xy, blur: f64, into: &mut Vec<Part>) {
        let blur_s2 = self.blur_s2(blur);
        into.clear();
        into.extend(self.terms.iter().map(|term| self.part(term, p, blur, blur_s2)));
    }

    /// What a place adds by itself, and its slope: who perceived nothing there, and how likely anything
    /// happens there.
    pub(crate) fn of_place(&self, p: Xy) -> (f64, f64, f64) {
        let missed = self.field.map_or((0.0, 0.0, 0.0), |field| field.at(self.model, p));
        let watched = self.model.ln_watched(&self.watched, p);
        (missed.0 + watched.0, missed.1 + watched.1, missed.2 + watched.2)
    }

    /// The value of what a place adds and some of the parts together.
    #[inline]
    pub(crate) fn together(
        &self,
        place: (f64, f64, f64),
        blur: f64,
        parts: impl IntoIterator<Item = impl Borrow<Part>>,
    ) -> f64 {
        let logarithm = &self.model.logarithm;
        let (mut sum, mut east, mut north) = place;
        let mut clocks = Clocks::default();
        for part in parts {
            let part = part.borrow();
            sum += part.sum;
            east += part.rise.0;
            north += part.rise.1;
            clocks.take(logarithm, part);
        }
        if blur > 0.0 {
            // The square of half a side.
            let square = 3.0 * blur;
            sum += ln_mean(east * east * square) + ln_mean(north * north * square);
        }
        sum + clocks.ln_density(logarithm)
    }

    fn blur_s2(&self, blur: f64) -> f64 {
        blur * (self.model.slowness * self.model.slowness)
    }

    #[inline]
    fn part(&self, term: &Term<'_>, p: Xy, blur: f64, blur_s2: f64) -> Part {
        let (mut sum, mut product, mut late, mut var) = (0.0, 1.0, 0.0, term.var);
        let mut rise = (0.0, 0.0);
        if let Some(at) = term.at {
            let way = Way::from(at, p);
            if term.heard {
                let (s, v) = self.travel(way);
                late = s;
                var += v + blur_s2;
            }
            if let Some(detection) = term.detection {
                let (value, slope) = self.perceived(detection, way.r);
                sum += value;
                rise = (slope * way.east, slope * way.north);
            }
            let turned = blur * (way.inverse * way.inverse);
            if let Some(d) = term.direction {
                let widened = 1.0 + d.kappa * turned;
                let cos = way.east * d.east + way.north * d.north;
                sum += d.ln_norm + d.kappa / widened * (cos - 1.0);
                product *= widened;
            }
            if let Some(Far { distance: d, .. }) = term.distance {
                let var = d.var + turned;
                let off = d.ln_m - self.model.logarithm.ln(way.r);
                sum -= 0.5 * off * off / var;
                product *= 2.0 * PI * var;
            }
        } else if term.heard {
            var += UNKNOWN_WAY_VAR;
        }
        if let Some(spot) = term.spot {
            let var = spot.var + blur;
            let (dx, dy) = (p.x - spot.at.x, p.y - spot.at.y);
            sum -= 0.5 * (dx * dx + dy * dy) / var;
            product *= (2.0 * PI * var) * (2.0 * PI * var);
        }
        let product = product * (2.0 * PI * var);
        Part { sum, rise, product, t: term.t - late, weight: 1.0 / var }
    }

    /// At a place, with slope and curvature; `blur` as in [`Likelihood::value`], for the
    /// clocks only.
    pub(crate) fn bend(&self, p: Xy, blur: f64) -> Bend {
        let (missed, watched) = (
            self.field.map_or((0.0, 0.0, 0.0), |field| field.at(self.model, p)),
            self.model.ln_watched(&self.watched, p),
        );
        let value = missed.0 + watched.0;
        let (east, north) = (missed.1 + watched.1, missed.2 + watched.2);
        let mut bend = Bend { value, slope: (east, north), curve: (0.0, 0.0, 0.0) };
        let mut clocks = Clocks::default();
        let mut pull = Pull::default();
        let c = self.model.sound_m_s;
        let logarithm = &self.model.logarithm;
        for term in &self.terms {
            let (mut late, mut var, mut slope) = (0.0, term.var, (0.0, 0.0));
            if let Some(at) = term.at {
                let way = Way::from(at, p);
                if term.heard {
                    let (s, v) = self.travel(way);
                    late = s;
                    var += v + blur / (c * c);
                    let slower = s * way.inverse;
                    slope = (-way.east * slower, -way.north * slower);
                }
                if let Some(detection) = term.detection {
                    bend.add_detection(self.perceived(detection, way.r), way);
                }
                bend.add_direction(term.direction, way);
                bend.add_distance(logarithm, term.distance, way);
            } else if term.heard {
                var += UNKNOWN_WAY_VAR;
            }
            if let Some(spot) = term.spot {
                bend.add_spot(spot, p);
            }
            clocks.add(logarithm, term.t - late, var);
            pull.add(term.t - late, var, slope);
        }
        bend.value += clocks.ln_density(logarithm);
        pull.bend(&clocks, &mut bend);
        bend
    }

    /// The instant that fits best at a place, seconds, and its variance.
    pub(crate) fn instant(&self, p: Xy) -> (f64, f64) {
        let mut clocks = Clocks::default();
        for (t, var) in self.instants(p) {
            clocks.add(&self.model.logarithm, t, var);
        }
        (self.t_ref + clocks.mean(), 1.0 / clocks.weight)
    }

    /// What each observation would have the instant be, counted from the first of them, and the
    /// variance of that.
    pub(crate) fn instants(&self, p: Xy) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.terms.iter().map(move |term| match term.at {
            Some(at) if term.heard => {
                let (late, var) = self.travel(Way::from(at, p));
                (term.t - late, term.var + var)
            }
            None if term.heard => (term.t, term.var + UNKNOWN_WAY_VAR),
            _ => (term.t, term.var),
        })
    }

    /// How each measure of each observation lies at a place and an instant: the square of its
    /// residual over its spread, and how that changes east, north and with the instant.
    pub(crate) fn residuals(&self, p: Xy) -> Vec<(usize, Measure, f64, [f64; 3])> {
        let mut found = Vec::new();
        let mut clocks = Clocks::default();
        for (t, var) in self.instants(p) {
            clocks.add(&self.model.logarithm, t, var);
        }
        let instant = clocks.mean();
        for (n, (term, (t, var))) in self.terms.iter().zip(self.instants(p)).enumerate() {
            let sd = var.sqrt();
            let mut by = [0.0, 0.0, 1.0 / sd];
            if let Some(at) = term.at {
                let way = Way::from(at, p);
                if term.heard {
                    let slow = 1.0 / (self.model.sound_m_s * sd);
                    by = [way.east * slow, way.north * slow, 1.0 / sd];
                }
                if let Some(d) = term.direction {
                    let cos = way.east * d.east + way.north * d.north;
                    let rate = d.kappa.sqrt() * way.inverse;
                    let turn = [way.north * rate, -way.east * rate, 0.0];
                    found.push((n, Measure::Bearing, 2.0 * d.kappa * (1.0 - cos), turn));
                }
                if let Some(Far { distance: d, .. }) = term.distance {
                    let off = d.ln_m - self.model.logarithm.ln(way.r);
                    let rate = way.inverse / d.var.sqrt();
                    let grow = [way.east * rate, way.north * rate, 0.0];
                    found.push((n, Measure::Range, off * off / d.var, grow));
                }
            }
            if let Some(spot) = term.spot {
                let sd = spot.var.sqrt();
                let (dx, dy) = ((p.x - spot.at.x) / sd, (p.y - spot.at.y) / sd);
                found.push((n, Measure::Place, dx * dx, [1.0 / sd, 0.0, 0.0]));
                found.push((n, Measure::Place, dy * dy, [0.0, 1.0 / sd, 0.0]));
            }
            let off = (t - instant) / sd;
            found.push((n, Measure::Time, off * off, by));
        }
        found
    }

    /// Standard deviation of the second best clock, in metres of sound: how fine cells have to
    /// be before clocks are told apart. Infinite when fewer than two clocks are good.
    pub(crate) fn fineness_m(&self) -> f64 {
        let (mut best, mut second) = (f64::INFINITY, f64::INFINITY);
        for term in self.terms.iter().filter(|term| term.at.is_some() || !term.heard) {
            // The way of some kilometres is what a good clock's error is made of.
            let way = if term.heard { 49.0 * self.model.travel_var } else { 0.0 };
            let var = term.var + way;
            if var < best {
                (best, second) = (var, best);
            } else if var < second {
                second = var;
            }
        }
        second.sqrt() * self.model.sound_m_s
    }

    /// What it adds that somebody at a distance perceived it.
    #[inline]
    fn perceived(&self, detection: &Detection, r: f64) -> (f64, f64) {
        if self.field.is_some() { detection.logit(r) } else { detection.ln_perceived(r) }
    }

    /// Time of the sound on its way and the variance of that.
    #[inline]
    fn travel(&self, way: Way) -> (f64, f64) {
        let wind = self.model.wind;
        let slowness = if wind == (0.0, 0.0) {
            self.model.slowness
        } else {
            // The wind blows along the way that the sound takes, from the event to the source.
            let along = -(way.east * wind.0 + way.north * wind.1);
            1.0 / (self.model.sound_m_s + along).max(100.0)
        };
        let seconds = way.r * slowness;
        (seconds, self.model.travel_var * seconds * seconds)
    }
}

/// What one observation says of a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// ln of what does not hang on the instant.
    sum: f64,
    /// The slope of how likely it is perceived, east and north.
    rise: (f64, f64),
    /// What stands under the root, its clock's variance as well.
    product: f64,
    /// What it would have the instant be, and the inverse of the variance of that.
    t: f64,
    weight: f64,
}

/// How much more the mean over a side of a cell is, ln, than what is in its middle, of what grows by
/// `e^rise` from there to its edge, by the square of that. Hearing and silence grow so, and have no spread that
/// could be widened.
#[inline]
fn ln_mean(rise_squared: f64) -> f64 {
    const LAST: f64 = 1.0 / 37_800.0;
    let square = rise_squared.min(RISE_MAX * RISE_MAX);
    square * (1.0 / 6.0 - square * (1.0 / 180.0 - square * (1.0 / 2835.0 - square * LAST)))
}

/// From a source to a place.
#[derive(Clone, Copy, Debug)]
struct Way {
    r: f64,
    /// Of `r`.
    inverse: f64,
    east: f64,
    north: f64,
}

impl Way {
    #[inline]
    fn from(at: Xy, p: Xy) -> Self {
        let (dx, dy) = (p.x - at.x, p.y - at.y);
        let r = (dx * dx + dy * dy).sqrt().max(NEAR_M);
        let inverse = 1.0 / r;
        Self { r, inverse, east: dx * inverse, north: dy * inverse }
    }
}

impl Bend {
    fn push(&mut self, way: Way, slope: f64, curve: f64) {
        self.slope.0 += slope * way.east;
        self.slope.1 += slope * way.north;
        self.curve.0 += curve * way.east * way.east;
        self.curve.1 += curve * way.east * way.north;
        self.curve.2 += curve * way.north * way.north;
    }

    fn add_detection(&mut self, (value, slope): (f64, f64), way: Way) {
        self.value += value;
        self.push(way, slope, 0.0);
    }

    fn add_direction(&mut self, direction: Option<Direction>, way: Way) {
        let Some(d) = direction else { return };
        let cos = way.east * d.east + way.north * d.north;
        let across = Way { east: way.north, north: -way.east, ..way };
        let sin = across.east * d.east + across.north * d.north;
        self.value += d.ln_norm + d.kappa * (cos - 1.0);
        // Never less than half of its greatest curvature: beyond a quarter turn it would push
        // away from the top.
        let slope = d.kappa * way.inverse;
        self.push(across, slope * sin, slope * way.inverse * cos.max(0.5));
    }

    fn add_distance(&mut self, logarithm: &Logarithm, distance: Option<Far>, way: Way) {
        let Some(Far { distance: d, weight, ln_norm }) = distance else { return };
        let off = d.ln_m - logarithm.ln(way.r);
        self.value += ln_norm - 0.5 * off * off * weight;
        let slope = weight * way.inverse;
        self.push(way, slope * off, slope * way.inverse * (1.0 + off.max(-0.5)));
    }

    fn add_spot(&mut self, spot: Spot, p: Xy) {
        let (dx, dy) = (p.x - spot.at.x, p.y - spot.at.y);
        self.value += -0.5 * (dx * dx + dy * dy) / spot.var - libm::log(2.0 * PI * spot.var);
        self.slope.0 -= dx / spot.var;
        self.slope.1 -= dy / spot.var;
        self.curve.0 += 1.0 / spot.var;
        self.curve.2 += 1.0 / spot.var;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_slope_is_more_than_its_middle() {
        for rise in [0.0, 0.3, 1.0, 1.5, 2.0] {
            let steps = (0..2000).map(|n| (f64::from(n) + 0.5) / 1000.0 - 1.0);
            let mean: f64 = steps.map(|at| libm::exp(rise * at)).sum::<f64>() / 2000.0;
            for rise in [rise, -rise] {
                let off = ln_mean(rise * rise) - libm::log(mean);
                assert!(off.abs() < 0.002, "{rise}: {off}");
            }
        }
        assert!(ln_mean(2500.0) < 0.6);
    }
}
