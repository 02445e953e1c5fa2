//! 4-D volumes: an area, a floor, a ceiling and the times they are in force.

use std::sync::Arc;

use crate::activation::Activation;
use crate::altitude::{AltitudeLimit, HeightBounds, HeightInterval, MeasuredHeight};
use crate::area::Area;
use crate::climb::{HeightLeg, Held};
use crate::motion::{Contact, Leg};
use crate::span::{ClosedSpan, Spans};
use crate::time::{Duration, Interval};

/// A volume of air over an area, in force at some times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The ground below it.
    pub area: Arc<Area>,
    /// Its floor, which belongs to it.
    pub floor: AltitudeLimit,
    /// Its ceiling, which belongs to it.
    pub ceiling: AltitudeLimit,
    /// When it is in force.
    pub active: Activation,
}

/// When a leg lies in a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeContact {
    /// In the area's interior, and between floor and ceiling wherever in its bounds the
    /// height lies, and in force.
    pub certain: Spans,
    /// In the closed area, and between floor and ceiling somewhere in the height's bounds,
    /// and in force; never fewer microseconds.
    pub possible: Spans,
}

impl Volume {
    /// When `leg`, with the heights measured at its ends, lies in the volume. Heights
    /// run straight from one end to the other. A height is held against a limit of its own
    /// reference as it is, against any other by way of `bounds`.
    #[must_use]
    pub fn contact(
        &self,
        leg: &Leg,
        heights: (MeasuredHeight, MeasuredHeight),
        bounds: HeightBounds,
    ) -> VolumeContact {
        let ground = leg.contact(&self.area);
        if ground.touches {
            self.above(leg, &ground, heights, bounds)
        } else {
            VolumeContact::default()
        }
    }

    /// As [`Volume::contact`], when the leg's contact with the area is known already.
    #[must_use]
    pub fn above(
        &self,
        leg: &Leg,
        ground: &Contact,
        heights: (MeasuredHeight, MeasuredHeight),
        bounds: HeightBounds,
    ) -> VolumeContact {
        let held = self.slab(leg.span(), heights, bounds);
        let Some(possible) = held.possible else { return VolumeContact::default() };
        let active = self.active_during(leg);
        let meet = |spans: Spans, span| spans.meet(&Spans::from_iter(span)).meet(&active);
        VolumeContact {
            certain: meet(ground.inside.clone(), held.certain),
            possible: meet(ground.covered(), Some(possible)),
        }
    }

    /// When the height of whoever was at both heights at the ends of `span` lies from floor to
    /// ceiling.
    #[must_use]
    pub fn slab(
        &self,
        span: ClosedSpan,
        heights: (MeasuredHeight, MeasuredHeight),
        bounds: HeightBounds,
    ) -> Held {
        let (leg_above, floor) = comparable(span, heights, self.floor, bounds);
        let (leg_below, ceiling) = comparable(span, heights, self.ceiling, bounds);
        leg_above.above(floor).meet(leg_below.below(ceiling))
    }

    fn active_during(&self, leg: &Leg) -> Spans {
        let end = leg.to().at.plus(Duration::from_micros(1));
        let within = Interval::new(leg.from().at, end).expect("a leg runs forward");
        Spans::of_intervals(self.active.spans(within))
    }
}

/// Heights and limit in one reference: their own when they share it, else above mean sea level.
fn comparable(
    span: ClosedSpan,
    (from, to): (MeasuredHeight, MeasuredHeight),
    limit: AltitudeLimit,
    bounds: HeightBounds,
) -> (HeightLeg, HeightInterval) {
    if from.shares_reference(limit) && to.shares_reference(limit) {
        let heights = HeightLeg::new(span, from.own_interval(), to.own_interval());
        return (heights, limit.own_interval());
    }
    let (from, to) = (bounds.of_measured(from), bounds.of_measured(to));
    (HeightLeg::new(span, from, to), bounds.of_limit(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::altitude::{AltitudeBaro, AltitudeEllipsoid, AltitudeMsl, Height};
    use crate::area::{Polygon, Ring};
    use crate::motion::Fix;
    use crate::position::Position;
    use crate::time::Instant;

    const BOUNDS: HeightBounds = HeightBounds {
        baro_fixed_cm: 30_000,
        baro_permille: 0,
        geoid_low_cm: 1_500,
        geoid_high_cm: 2_500,
        ground_low_cm: 0,
        ground_high_cm: 100_000,
    };

    fn at(lon: i32, lat: i32) -> Position {
        Position::from_e7(lon, lat).unwrap()
    }

    fn volume(floor: AltitudeLimit, ceiling: AltitudeLimit) -> Volume {
        let square = vec![at(0, 0), at(100, 0), at(100, 100), at(0, 100)];
        let area = Area::new(vec![Polygon::new(Ring::new(square).unwrap(), vec![])]).unwrap();
        Volume { area: Arc::new(area), floor, ceiling, active: Activation::always() }
    }

    fn across() -> Leg {
        let fix = |t, lon| Fix { at: Instant::from_micros(t), position: at(lon, 50) };
        Leg::new(fix(0, -100), fix(300, 200)).unwrap()
    }

    fn baro(cm: i32) -> MeasuredHeight {
        MeasuredHeight { height: Height::Baro(AltitudeBaro::from_cm(cm)), error_cm: 0 }
    }

    fn spans(first: i64, last: i64) -> Spans {
        let at = Instant::from_micros;
        ClosedSpan::new(at(first), at(last)).into_iter().collect()
    }

    #[test]
    fn a_height_is_exact_against_a_limit_of_its_own_reference() {
        let levels =
            volume(AltitudeLimit::Ground, AltitudeLimit::Baro(AltitudeBaro::from_cm(1_500)));
        let climb = levels.contact(&across(), (baro(0), baro(3_000)), BOUNDS);
        assert_eq!((climb.certain, climb.possible), (spans(100, 150), spans(100, 150)));
    }

    #[test]
    fn a_height_of_another_reference_may_straddle_the_limit() {
        let ceiling = AltitudeLimit::Msl(AltitudeMsl::from_cm(100_000));
        let levels = volume(AltitudeLimit::Ground, ceiling);
        let near = levels.contact(&across(), (baro(110_000), baro(110_000)), BOUNDS);
        assert_eq!((near.certain, near.possible), (Spans::none(), spans(100, 200)));
        let height = Height::Ellipsoid(AltitudeEllipsoid::from_cm(90_000));
        let gnss = MeasuredHeight { height, error_cm: 500 };
        assert_eq!(levels.contact(&across(), (gnss, gnss), BOUNDS).certain, spans(100, 200));
    }

    #[test]
    fn ground_to_unlimited_needs_no_height() {
        let column = volume(AltitudeLimit::Ground, AltitudeLimit::Unlimited);
        let unknown = (MeasuredHeight::UNKNOWN, MeasuredHeight::UNKNOWN);
        assert_eq!(column.contact(&across(), unknown, BOUNDS).certain, spans(100, 200));
    }

    #[test]
    fn a_volume_out_of_force_is_not_there() {
        let mut column = volume(AltitudeLimit::Ground, AltitudeLimit::Unlimited);
        let window = Interval::new(Instant::from_micros(120), Instant::from_micros(130)).unwrap();
        column.active = Activation::windows(vec![window]);
        let unknown = (MeasuredHeight::UNKNOWN, MeasuredHeight::UNKNOWN);
        assert_eq!(column.contact(&across(), unknown, BOUNDS).certain, spans(120, 129));
    }
}
