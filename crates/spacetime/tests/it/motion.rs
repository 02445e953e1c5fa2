//! Entry and exit against a look every 10 ms (invariant 1 of the algorithms page).

use std::sync::Arc;

use proptest::prelude::*;
use spacetime::{
    Activation, AltitudeLimit, AltitudeMsl, Duration, Height, HeightBounds, Instant, Interval, Leg,
    MeasuredHeight, Passage, PassageEvent, Position, Side, Spans, Volume, VolumeContact,
};

use crate::exact::{Rational, side};
use crate::worlds;

const LOOK: Duration = Duration::from_micros(10_000);

const BOUNDS: HeightBounds = HeightBounds {
    baro_fixed_cm: 30_000,
    baro_permille: 80,
    geoid_low_cm: 0,
    geoid_high_cm: 0,
    ground_low_cm: 0,
    ground_high_cm: 0,
};

fn looks(leg: &Leg) -> impl Iterator<Item = Instant> {
    let last = leg.to().at;
    std::iter::successors(Some(leg.from().at), |t| Some(t.plus(LOOK)))
        .take_while(move |t| *t <= last)
        .chain([last])
}

/// Whether a height that runs straight from `from` to `to` is, at `at`, from floor to ceiling.
fn in_slab(leg: &Leg, (from, to): (i32, i32), (floor, ceiling): (i32, i32), at: Instant) -> bool {
    let part = i128::from(at.since(leg.from().at).micros());
    let over = i128::from(leg.to().at.since(leg.from().at).micros());
    let height = i128::from(from) * (over - part) + i128::from(to) * part;
    i128::from(floor) * over <= height && height <= i128::from(ceiling) * over
}

fn msl(cm: i32, error_cm: i32) -> MeasuredHeight {
    MeasuredHeight { height: Height::Msl(AltitudeMsl::from_cm(cm)), error_cm }
}

/// The edges of a stretch are as sharp as a microsecond: just before and after it the leg is
/// not inside.
fn is_sharp(leg: &Leg, volume: &Volume, spans: &Spans) -> bool {
    let beyond = |t: Instant| {
        !leg.span().contains(t) || side(&volume.area, Rational::on(leg, t)) != Side::Inside
    };
    spans.iter().all(|s| {
        beyond(s.first().minus(Duration::from_micros(1)))
            && beyond(s.last().plus(Duration::from_micros(1)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn entry_and_exit_of_a_volume_are_what_a_look_every_10_ms_sees(
        area in worlds::star_area(),
        leg in worlds::leg(),
        heights in (0..1_000_000_i32, 0..1_000_000_i32),
        error_cm in 0..20_000_i32,
        (floor, depth) in (0..800_000_i32, 0..500_000_i32),
        (opens, lasts) in (-5_000_000..20_000_000_i64, 0..20_000_000_i64),
    ) {
        let start = leg.from().at.plus(Duration::from_micros(opens));
        let window = Interval::new(start, start.plus(Duration::from_micros(lasts))).unwrap();
        let ceiling = floor + depth;
        let volume = Volume {
            area: Arc::new(area),
            floor: AltitudeLimit::Msl(AltitudeMsl::from_cm(floor)),
            ceiling: AltitudeLimit::Msl(AltitudeMsl::from_cm(ceiling)),
            active: Activation::windows(vec![window]),
        };
        let ends = (msl(heights.0, error_cm), msl(heights.1, error_cm));
        let VolumeContact { certain, possible } = volume.contact(&leg, ends, BOUNDS);
        for at in looks(&leg) {
            let over = side(&volume.area, Rational::on(&leg, at));
            if over == Side::Edge {
                continue;
            }
            let here = over == Side::Inside && window.contains(at);
            let surely = in_slab(&leg, heights, (floor + error_cm, ceiling - error_cm), at);
            let maybe = in_slab(&leg, heights, (floor - error_cm, ceiling + error_cm), at);
            prop_assert_eq!(certain.contains(at), here && surely, "{:?}", at);
            prop_assert_eq!(possible.contains(at), here && maybe, "{:?}", at);
        }
        prop_assert!(is_sharp(&leg, &volume, &leg.inside(&volume.area)));
    }

    #[test]
    fn a_track_is_inside_between_the_events_and_nowhere_else(
        area in worlds::star_area(),
        places in prop::collection::vec(worlds::place(), 2..8),
        seconds in prop::collection::vec(1..20_i64, 8),
    ) {
        let legs = track(&places, &seconds);
        let (mut passage, mut events) = (Passage::new(), Vec::new());
        for leg in &legs {
            passage.follow(leg.span(), &leg.inside(&area), &mut events);
        }
        passage.break_off(&mut events);
        let stretches: Vec<(Instant, Instant)> =
            events.chunks(2).map(|pair| (start(pair[0]), end(pair[1]))).collect();
        for (leg, at) in legs.iter().flat_map(|leg| looks(leg).map(move |at| (leg, at))) {
            let told = stretches.iter().any(|(first, last)| *first <= at && at <= *last);
            match side(&area, Rational::on(leg, at)) {
                Side::Inside => prop_assert!(told),
                Side::Outside => prop_assert!(!told),
                Side::Edge => {}
            }
        }
    }
}

fn track(places: &[Position], seconds: &[i64]) -> Vec<Leg> {
    let mut now = Instant::from_micros(0);
    let fixes: Vec<_> = places
        .iter()
        .zip(seconds)
        .map(|(position, s)| {
            now = now.plus(Duration::from_seconds(*s));
            spacetime::Fix { at: now, position: *position }
        })
        .collect();
    fixes.windows(2).map(|pair| Leg::new(pair[0], pair[1]).unwrap()).collect()
}

fn start(event: PassageEvent) -> Instant {
    match event {
        PassageEvent::Entered { at } | PassageEvent::FoundInside { at } => at,
        other => panic!("{other:?} does not begin a stretch"),
    }
}

fn end(event: PassageEvent) -> Instant {
    match event {
        PassageEvent::Left { at } | PassageEvent::Lost { at } => at,
        other => panic!("{other:?} does not end a stretch"),
    }
}
