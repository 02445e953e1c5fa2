//! Intervals of counts held against exact sums of whole numbers, of any length.
//!
//! An end of an interval is the last thousandth at which what was counted, or more on that side, is no
//! more than one in forty. Whether it is can be said without a float: of a ratio by adding up a binomial
//! over one common denominator, of a rate by adding up a power series in units of 2^-320.

use assess::periods::interval::{Estimate, rate, ratio};
use num_bigint::BigUint;

/// What an interval leaves out on either side is one in so many.
const ONE_IN: u32 = 40;

/// Whether `from..=to` of `n` draws, each with a chance of `a` in `a + b`, are at most one in forty.
fn is_rare(n: u64, (from, to): (u64, u64), (a, b): (u64, u64)) -> bool {
    let (a, b) = (BigUint::from(a), BigUint::from(b));
    let mut choose = BigUint::from(1_u32);
    let mut sum = BigUint::from(0_u32);
    for k in 0..=to {
        if k >= from {
            sum += &choose * a.pow(k as u32) * b.pow((n - k) as u32);
        }
        choose = choose * (n - k) / (k + 1);
    }
    sum * ONE_IN <= (a + b).pow(n as u32)
}

/// Whether that many after are rare on their side if the later rate is `milli` thousandths of the
/// earlier.
fn is_rare_at(milli: u64, before: (u64, u64), after: (u64, u64), or_more: bool) -> bool {
    let all = before.0 + after.0;
    let side = if or_more { (after.0, all) } else { (0, after.0) };
    is_rare(all, side, (milli * after.1, 1000 * before.1))
}

fn check(found: Estimate, before: (u64, u64), after: (u64, u64)) {
    let said = || format!("{before:?} {after:?} {found:?}");
    let low = found.low_milli;
    assert!(after.0 == 0 || is_rare_at(low, before, after, true), "{}", said());
    assert!(after.0 == 0 || !is_rare_at(low + 1, before, after, true), "{}", said());
    let Some(high) = found.high_milli else {
        assert_eq!(before.0, 0, "{}", said());
        return;
    };
    assert!(is_rare_at(high, before, after, false), "{}", said());
    assert!(!is_rare_at(high - 1, before, after, false), "{}", said());
}

#[test]
fn the_ends_of_a_ratio_are_the_last_thousandths_that_the_exact_binomial_allows() {
    let counts = [0, 1, 2, 3, 5, 7, 12, 46, 131, 400];
    for before in counts {
        for after in counts.into_iter().filter(|after| before + after > 0) {
            for (earlier, later) in [(60, 60), (60, 14), (7, 365)] {
                let found = ratio((before, f64::from(earlier)), (after, f64::from(later)), 1.0);
                let exposure = (u64::from(earlier as u32), u64::from(later as u32));
                check(found.unwrap(), (before, exposure.0), (after, exposure.1));
            }
        }
    }
}

#[test]
fn with_twice_the_scatter_the_ends_are_those_of_half_as_many() {
    for (before, after) in [(22, 8), (132, 46), (4, 10), (0, 6), (18, 0)] {
        let found = ratio((before, 60.0), (after, 60.0), 2.0).unwrap();
        check(found, (before / 2, 60), (after / 2, 60));
    }
}

/// Bits behind the point.
const BITS: u32 = 320;

/// Whether a Poisson count with a mean of `milli` thousandths is in `from..to` at most once in forty; `to`
/// of none is no end. What is rounded down is far less than what tells thousandths apart.
fn is_rare_poisson(milli: u64, from: u64, to: Option<u64>) -> bool {
    let mut term = BigUint::from(1_u32) << BITS;
    let (mut inside, mut all) = (BigUint::from(0_u32), BigUint::from(0_u32));
    for k in 0..milli / 1000 * 4 + 400 {
        if k >= from && to.is_none_or(|to| k < to) {
            inside += &term;
        }
        all += &term;
        term = term * milli / (1000 * (k + 1));
    }
    inside * ONE_IN <= all
}

#[test]
fn the_ends_of_a_rate_are_the_last_thousandths_that_the_exact_poisson_sum_allows() {
    for count in [0, 1, 2, 3, 5, 10, 20, 57, 131, 400] {
        let found = rate(count, 1.0, 1.0).unwrap();
        let (low, high) = (found.low_milli, found.high_milli.unwrap());
        assert!(count == 0 || is_rare_poisson(low, count, None), "{count}: {found:?}");
        assert!(count == 0 || !is_rare_poisson(low + 1, count, None), "{count}: {found:?}");
        assert!(is_rare_poisson(high, 0, Some(count + 1)), "{count}: {found:?}");
        assert!(!is_rare_poisson(high - 1, 0, Some(count + 1)), "{count}: {found:?}");
    }
}
