//! Intervals for counts and for the ratio of two, exact where counts are Poisson.
//!
//! - A rate: Garwood's exact interval (Biometrika 28, 1936), from the quantiles of the gamma
//!   distribution.
//! - The ratio of two rates: given their sum, one of two Poisson counts is binomial, so its share
//!   has the interval of Clopper and Pearson (Biometrika 26, 1934), from the quantiles of the
//!   beta distribution (Przyborowski and Wilenski 1940).
//!
//! Counts that scatter more than Poisson ones are divided by their dispersion first (a negative
//! binomial whose variance is that many times its mean): the same quantiles, of fewer effective
//! events. With a dispersion of one it is the exact interval.
//!
//! All on pinned libm. Results leave in thousandths, rounded outwards.

/// Half of what an interval leaves out: five in a hundred on both sides together.
const TAIL: f64 = 0.025;
/// Halvings that leave nothing of a bracket between floats.
const HALVINGS: u32 = 200;
/// Terms of a continued fraction; each gains about one bit near the mean of a million events.
const TERMS_MAX: u32 = 20_000;
const TINY: f64 = 1e-300;
const SETTLED: f64 = 1e-14;

/// A number with its 95 percent interval, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Estimate {
    /// The number itself; `None` when it is a ratio to nothing.
    pub milli: Option<u64>,
    /// At least.
    pub low_milli: u64,
    /// At most; `None` when nothing bounds it.
    pub high_milli: Option<u64>,
}

/// The rate of `count` events in `exposure` units, each as thousandths an unit.
#[must_use]
pub fn rate(count: u64, exposure: f64, dispersion: f64) -> Option<Estimate> {
    if exposure <= 0.0 {
        return None;
    }
    let events = count as f64 / dispersion;
    let low = if count == 0 { 0.0 } else { gamma_quantile(TAIL, events) };
    let high = gamma_quantile(1.0 - TAIL, events + 1.0);
    let scale = 1000.0 * dispersion / exposure;
    Some(Estimate {
        milli: Some((count as f64 * 1000.0 / exposure).round_ties_even() as u64),
        low_milli: (low * scale).floor() as u64,
        high_milli: Some((high * scale).ceil() as u64),
    })
}

/// The ratio of the rate of `after` events in one exposure to that of `before` in another.
#[must_use]
pub fn ratio(before: (u64, f64), after: (u64, f64), dispersion: f64) -> Option<Estimate> {
    if before.1 <= 0.0 || after.1 <= 0.0 || before.0 + after.0 == 0 {
        return None;
    }
    let (x, y) = (after.0 as f64 / dispersion, before.0 as f64 / dispersion);
    let low = if after.0 == 0 { 0.0 } else { beta_quantile(TAIL, x, y + 1.0) };
    let high = if before.0 == 0 { 1.0 } else { beta_quantile(1.0 - TAIL, x + 1.0, y) };
    let odds = |share: f64| share / (1.0 - share) * before.1 / after.1 * 1000.0;
    let milli = (before.0 > 0).then(|| {
        let ratio = after.0 as f64 * before.1 * 1000.0 / (before.0 as f64 * after.1);
        ratio.round_ties_even() as u64
    });
    Some(Estimate {
        milli,
        low_milli: odds(low).floor() as u64,
        high_milli: (before.0 > 0).then(|| odds(high).ceil() as u64),
    })
}

/// Where the gamma distribution of this shape and scale one has so much below it.
fn gamma_quantile(below: f64, shape: f64) -> f64 {
    let mut high = shape + 10.0 * shape.sqrt() + 20.0;
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if gamma_below(middle, shape) < below { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Share of the gamma distribution below `x`: by its series up to the mean, by the continued
/// fraction of the rest beyond it (Numerical Recipes 6.2).
fn gamma_below(x: f64, shape: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut sum, mut of) = (1.0 / shape, 1.0 / shape, shape);
        for _ in 0..TERMS_MAX {
            of += 1.0;
            term *= x / of;
            sum += term;
            if term < sum * SETTLED {
                break;
            }
        }
        return front * sum;
    }
    let mut b = x + 1.0 - shape;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut fraction = d;
    for n in 1..TERMS_MAX {
        let a = -f64::from(n) * (f64::from(n) - shape);
        b += 2.0;
        d = 1.0 / away_from_zero(a * d + b);
        c = away_from_zero(b + a / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < SETTLED {
            break;
        }
    }
    1.0 - front * fraction
}

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// Where the beta distribution has so much below it.
fn beta_quantile(below: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if beta_below(middle, a, b) < below { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Share of the beta distribution below `x` (Numerical Recipes 6.4).
fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log1p(-x),
    );
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for n in 1..TERMS_MAX {
        let n = f64::from(n);
        let even = n * (b - n) * x / ((a + 2.0 * n - 1.0) * (a + 2.0 * n));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + n) * (a + b + n) * x / ((a + 2.0 * n) * (a + 2.0 * n + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < SETTLED {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of a binomial at or below `k`, added up.
    fn binomial_up_to(k: u64, n: u64, p: f64) -> f64 {
        let log_choose = |k: u64| {
            let l = |n: u64| libm::lgamma(n as f64 + 1.0);
            l(n) - l(k) - l(n - k)
        };
        let term = |k: u64| {
            libm::exp(log_choose(k) + k as f64 * libm::log(p) + (n - k) as f64 * libm::log1p(-p))
        };
        (0..=k).map(term).sum()
    }

    #[test]
    fn the_ends_of_a_ratio_leave_out_a_fortieth_on_either_side() {
        for (before, after) in [(131, 46), (22, 7), (5, 7), (1, 1), (0, 4), (900, 1200)] {
            let all = before + after;
            let share = |milli: u64| milli as f64 / (1000.0 + milli as f64);
            let found = ratio((before, 60.0), (after, 60.0), 1.0).unwrap();
            let p = share(found.low_milli);
            let at_least = 1.0 - binomial_up_to(after - 1, all, p);
            assert!((0.0..=0.025).contains(&at_least) || p == 0.0, "{before} {after} {at_least}");
            assert!(at_least > 0.02 || found.low_milli < 20, "{before} {after}: {at_least}");
            if let Some(high) = found.high_milli {
                let at_most = binomial_up_to(after, all, share(high));
                assert!(at_most <= 0.025 && at_most > 0.024, "{before} {after}: {at_most}");
            }
        }
    }

    /// Garwood's interval as tables of Poisson counts have it.
    #[test]
    fn the_interval_of_a_count_is_that_of_the_tables() {
        let table = [
            (0, 0, 3_689),
            (1, 25, 5_572),
            (2, 242, 7_225),
            (5, 1_623, 11_669),
            (10, 4_795, 18_391),
            (20, 12_216, 30_889),
            (100, 81_363, 121_628),
        ];
        for (count, low, high) in table {
            let found = rate(count, 1.0, 1.0).unwrap();
            assert!(found.low_milli.abs_diff(low) <= 1, "{count}: {found:?}");
            assert!(found.high_milli.unwrap().abs_diff(high) <= 1, "{count}: {found:?}");
        }
    }

    #[test]
    fn more_scatter_makes_a_wider_interval_and_nothing_observed_makes_none() {
        let narrow = ratio((131, 60.0), (46, 60.0), 1.0).unwrap();
        let wide = ratio((131, 60.0), (46, 60.0), 2.5).unwrap();
        assert_eq!(narrow.milli, wide.milli);
        assert!(wide.low_milli < narrow.low_milli && wide.high_milli > narrow.high_milli);
        assert_eq!(ratio((3, 0.0), (4, 60.0), 1.0), None);
        assert_eq!(ratio((0, 60.0), (0, 60.0), 1.0), None);
        assert_eq!(rate(4, 0.0, 1.0), None);
    }
}
