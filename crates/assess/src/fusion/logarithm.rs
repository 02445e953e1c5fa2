//! A logarithm for the innermost loop: the four operations and a table of libm's values, so the
//! same bits everywhere and a third of its time.

use std::f64::consts::LN_2;

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

#[cfg(test)]
mod tests {
    use super::*;

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
