//! A logarithm and its inverse for the innermost loops: the four operations and tables of libm's values, so the
//! same bits everywhere and a third of its time.

use std::f64::consts::LN_2;

use super::rounded;

/// Entries: one for each value of the first seven bits of the significand.
const ENTRIES: usize = 128;

/// For each entry the reciprocal of its middle, and ln of its middle.
#[derive(Clone, Debug)]
pub(crate) struct Logarithm {
    table: Box<[(f64, f64); ENTRIES]>,
}

impl Logarithm {
    pub(crate) fn new() -> Self {
        let mut table = Box::new([(0.0, 0.0); ENTRIES]);
        for (n, entry) in table.iter_mut().enumerate() {
            let middle = 1.0 + (n as f64 + 0.5) / ENTRIES as f64;
            *entry = (1.0 / middle, libm::log(middle));
        }
        Self { table }
    }

    /// ln of a positive, normal number, to 1e-12.
    #[inline]
    pub(crate) fn ln(&self, x: f64) -> f64 {
        const FRACTION: u64 = (1 << 52) - 1;
        let bits = x.to_bits();
        let exponent = (bits >> 52) as i64 - 1023;
        let (reciprocal, ln) = self.table[(bits >> 45) as usize % ENTRIES];
        let significand = f64::from_bits(bits & FRACTION | 1023 << 52);
        let u = significand * reciprocal - 1.0;
        let series = u * (1.0 - u * (0.5 - u * (1.0 / 3.0 - u * 0.25)));
        exponent as f64 * LN_2 + ln + series
    }
}

/// Steps of a power of two.
const STEPS: usize = 64;

/// For each step of a power of two, 2 to that.
#[derive(Clone, Debug)]
pub(crate) struct Exponential {
    table: Box<[f64; STEPS]>,
}

impl Exponential {
    pub(crate) fn new() -> Self {
        let mut table = Box::new([0.0; STEPS]);
        for (n, entry) in table.iter_mut().enumerate() {
            *entry = libm::exp(n as f64 / STEPS as f64 * LN_2);
        }
        Self { table }
    }

    /// e to the power of a number from -700 to 700, to a share of 1e-12.
    #[inline]
    pub(crate) fn exp(&self, x: f64) -> f64 {
        let steps = rounded(x * (STEPS as f64 / LN_2));
        let r = x - steps * (LN_2 / STEPS as f64);
        let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0))));
        let steps = steps as i64;
        let power = steps.div_euclid(STEPS as i64);
        let step = self.table[steps.rem_euclid(STEPS as i64) as usize];
        f64::from_bits(((power + 1023) as u64) << 52) * step * series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential() {
        let ours = Exponential::new();
        let mut x = -700.0;
        while x < 700.0 {
            assert!((ours.exp(x) / libm::exp(x) - 1.0).abs() < 1e-12, "{x}");
            x += 0.003_7;
        }
        assert_eq!(ours.exp(0.0).to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn it_is_the_logarithm() {
        let ours = Logarithm::new();
        let mut x = 1e-250;
        while x < 1e250 {
            assert!((ours.ln(x) - libm::log(x)).abs() < 2e-12 * libm::log(x).abs().max(1.0), "{x}");
            x *= 1.003_7;
        }
    }
}
