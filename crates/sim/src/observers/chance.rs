//! Draws from distributions, on pinned libm: the same on every machine.

use crate::seed::Seeded;

/// Chances of a seed.
#[derive(Clone, Debug)]
pub(super) struct Chance(Seeded);

impl Chance {
    pub(super) const fn new(seeded: Seeded) -> Self {
        Self(seeded)
    }

    /// Chances of their own, for a part that must not shift when another draws more.
    pub(super) const fn split(&mut self) -> Self {
        Self(self.0.split())
    }

    /// From 0 up to 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.0.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    pub(super) fn is(&mut self, share: f64) -> bool {
        self.share() < share
    }

    pub(super) const fn below(&mut self, end: usize) -> usize {
        self.0.below(end as u64) as usize
    }

    /// Normal about 0 (Marsaglia's polar method, 1964).
    pub(super) fn normal(&mut self, sd: f64) -> f64 {
        loop {
            let (u, v) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return sd * u * (-2.0 * libm::log(s) / s).sqrt();
            }
        }
    }

    /// How long until the next of what comes `rate` times in a unit of time, at any time alike.
    pub(super) fn wait(&mut self, rate: f64) -> f64 {
        -libm::log(1.0 - self.share()) / rate
    }

    /// When what comes `rate` times in a unit of time comes between two times.
    pub(super) fn times(&mut self, rate: f64, from: f64, to: f64) -> Vec<f64> {
        let (mut times, mut at) = (Vec::new(), from);
        loop {
            at += self.wait(rate.max(1e-12));
            if at >= to {
                return times;
            }
            times.push(at);
        }
    }

    /// One of several, by weight.
    pub(super) fn one_of<T: Copy>(&mut self, weighted: &[(f64, T)]) -> T {
        let sum: f64 = weighted.iter().map(|(weight, _)| weight).sum();
        let mut left = self.share() * sum;
        for &(weight, item) in weighted {
            left -= weight;
            if left < 0.0 {
                return item;
            }
        }
        weighted[weighted.len() - 1].1
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.below(n + 1));
        }
    }
}
