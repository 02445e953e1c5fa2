//! Buffers of random lines against distances from sampled places on the line.

use proptest::prelude::*;
use spacetime::{Fit, Position, Side, buffer, geodesy::inverse, outline::deviation_cm_max};

use crate::worlds;

/// Distance from the line, sampled at 200 places on each of its segments.
fn distance_cm(line: &[Position], p: Position) -> i64 {
    let places = line.windows(2).flat_map(|pair| {
        (0..=200).map(move |k| {
            let part = |a: i32, b: i32| a + ((i64::from(b) - i64::from(a)) * k / 200) as i32;
            let (a, b) = (pair[0], pair[1]);
            worlds::at(part(a.lon_e7(), b.lon_e7()), part(a.lat_e7(), b.lat_e7()))
        })
    });
    places.map(|q| inverse(p, q).length_mm / 10).min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_buffer_is_sound_and_keeps_to_its_bound(
        line in prop::collection::vec(worlds::place(), 2..5),
        radius_cm in 100_000..1_500_000_i64,
        probes in prop::collection::vec(worlds::place(), 40),
    ) {
        let within = buffer(&line, radius_cm, Fit::Within).unwrap();
        let around = buffer(&line, radius_cm, Fit::Around).unwrap();
        prop_assert_eq!(within.check(), vec![]);
        prop_assert_eq!(around.check(), vec![]);
        // Samples of a segment are at most 800 m apart: off by (400 m)^2 / 2 r.
        let sampling_cm = 40_000 * 40_000 / (2 * radius_cm) + 2;
        let bound_cm = deviation_cm_max(radius_cm) + radius_cm / 5_000 + sampling_cm;
        for p in probes {
            let distance = distance_cm(&line, p);
            let (inner, outer) = (within.side(p), around.side(p));
            prop_assert!(inner == Side::Outside || distance <= radius_cm + sampling_cm);
            prop_assert!(outer != Side::Outside || distance >= radius_cm - 1);
            prop_assert!(inner != Side::Outside || distance >= radius_cm - bound_cm);
            prop_assert!(outer == Side::Outside || distance <= radius_cm + bound_cm);
        }
    }
}
