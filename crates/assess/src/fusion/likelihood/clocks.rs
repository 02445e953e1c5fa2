//! The clocks of a group: the density of what they say once the instant is integrated out, and what that does to
//! slope and curvature.

use std::f64::consts::PI;

use super::super::logarithm::Logarithm;
use super::{Bend, Part};

/// Clocks that tell one instant: their density once the instant is integrated out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    pub(super) weight: f64,
    weighted: f64,
    squares: f64,
    /// Product of `2 pi var` and of whatever else stands under the root, its logarithm taken
    /// when it grows long.
    product: f64,
    ln: f64,
    origin: f64,
    count: u32,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            weight: 0.0,
            weighted: 0.0,
            squares: 0.0,
            product: 1.0,
            ln: 0.0,
            origin: 0.0,
            count: 0,
        }
    }
}

impl Clocks {
    #[inline]
    pub(super) fn add(&mut self, logarithm: &Logarithm, t: f64, var: f64) {
        self.tell(t, 1.0 / var);
        self.multiply(logarithm, 2.0 * PI * var);
    }

    #[inline]
    pub(super) fn take(&mut self, logarithm: &Logarithm, part: &Part) {
        self.tell(part.t, part.weight);
        self.multiply(logarithm, part.product);
    }

    #[inline]
    fn tell(&mut self, t: f64, weight: f64) {
        if self.count == 0 {
            self.origin = t;
        }
        self.count += 1;
        let d = t - self.origin;
        self.weight += weight;
        self.weighted += weight * d;
        self.squares += weight * d * d;
    }

    /// Takes in one more factor under the root.
    #[inline]
    fn multiply(&mut self, logarithm: &Logarithm, factor: f64) {
        self.product *= factor;
        if !(1e-150..1e150).contains(&self.product) {
            self.ln += logarithm.ln(self.product);
            self.product = 1.0;
        }
    }

    pub(super) fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.origin + self.weighted / self.weight }
    }

    pub(super) fn ln_density(&self, logarithm: &Logarithm) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let square = (self.squares - self.weighted * self.weighted / self.weight).max(0.0);
        let free = 2.0 * PI / self.weight;
        -0.5 * (square + self.ln + logarithm.ln(self.product / free))
    }
}

/// What the clocks do to slope and curvature.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pull {
    weight: f64,
    slope: (f64, f64),
    square: (f64, f64, f64),
    by_t: (f64, f64),
    origin: Option<f64>,
}

impl Pull {
    pub(super) fn add(&mut self, t: f64, var: f64, slope: (f64, f64)) {
        let d = t - *self.origin.get_or_insert(t);
        let w = 1.0 / var;
        self.weight += w;
        self.slope.0 += w * slope.0;
        self.slope.1 += w * slope.1;
        self.square.0 += w * slope.0 * slope.0;
        self.square.1 += w * slope.0 * slope.1;
        self.square.2 += w * slope.1 * slope.1;
        self.by_t.0 += w * d * slope.0;
        self.by_t.1 += w * d * slope.1;
    }

    pub(super) fn bend(&self, clocks: &Clocks, bend: &mut Bend) {
        if clocks.count < 2 {
            return;
        }
        let mean = clocks.weighted / clocks.weight;
        bend.slope.0 -= self.by_t.0 - mean * self.slope.0;
        bend.slope.1 -= self.by_t.1 - mean * self.slope.1;
        let w = self.weight;
        bend.curve.0 += self.square.0 - self.slope.0 * self.slope.0 / w;
        bend.curve.1 += self.square.1 - self.slope.0 * self.slope.1 / w;
        bend.curve.2 += self.square.2 - self.slope.1 * self.slope.1 / w;
    }
}
