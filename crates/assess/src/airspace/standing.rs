//! How positions, and the legs between them, lie against one volume.

use std::cmp::Ordering;

use agreement::TrackPoint;
use spacetime::metric::{distance_at_most_cm, local_distance_cm};
use spacetime::{Area, ClosedSpan, Contact, Duration, Instant, Interval, Side, Spans, Way};

use super::active::{Active, Activity};
use super::quality::{Basis, Epu};
use super::volumes::{Airspace, HeightMargin, WatchedVolume};
use crate::finding::Reason;

/// Nothing on the ground is faster: 200 knots.
const GROUND_SPEED_CM_S_MAX: u32 = 10_289;
/// What taxies is no faster: 60 knots. From here on whoever says that it is on the ground may be
/// rolling to take off, or has left it.
const TAXI_SPEED_CM_S_MAX: u32 = 3_087;

/// One position of an aircraft, with how far it may be off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) point: TrackPoint,
    pub(super) epu: Epu,
    /// Whether something speaks against it.
    pub(super) contested: bool,
}

/// A leg between two samples, and how far the aircraft may have strayed from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'s> {
    pub(super) way: Way,
    pub(super) from: &'s Sample,
    pub(super) to: &'s Sample,
    /// Farthest the aircraft can have been from the straight line, centimetres.
    pub(super) stray_cm: i64,
}

/// How a leg lies against an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    /// All of it is at least so deep inside.
    Deep {
        /// Centimetres from the nearest edge.
        depth_cm: i64,
    },
    /// Edges may be near: it has to be measured.
    Rim,
}

/// Where a leg lies against an area, its edge taken to belong to it.
enum Ground {
    Outside,
    Within,
    Crossing(Contact),
}

impl Ground {
    const fn touches(&self) -> bool {
        match self {
            Self::Outside => false,
            Self::Within => true,
            Self::Crossing(contact) => contact.touches,
        }
    }
}

/// When a leg is in a volume: mostly in one stretch, which needs no memory of its own.
enum Occupied {
    Once(Option<ClosedSpan>),
    Often(Spans),
}

impl Occupied {
    fn ends(&self) -> Option<(Instant, Instant)> {
        match self {
            Self::Once(span) => span.map(|span| (span.first(), span.last())),
            Self::Often(spans) => spans.first().zip(spans.last()),
        }
    }

    /// The longest stretch of it during `within`, the later one of equals.
    fn longest(&self, within: Option<ClosedSpan>) -> Option<ClosedSpan> {
        match self {
            Self::Once(span) => span.zip(within).and_then(|(span, within)| span.meet(within)),
            Self::Often(spans) => {
                let sure = spans.meet(&Spans::from_iter(within));
                sure.iter().max_by_key(|span| span.length())
            }
        }
    }
}

/// How one position lies against a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Distance from the edge of the area, positive inside; for a position known to be deep
    /// inside a lower bound.
    pub(super) depth_cm: i64,
    pub(super) height: HeightMargin,
    pub(super) active: bool,
    pub(super) on_ground: bool,
}

/// What one leg adds to what is known of an aircraft and a volume.
#[derive(Clone, Debug)]
pub(super) struct Touch {
    /// How the leg's first position lies.
    pub(super) begin: Standing,
    /// How the leg's last position lies.
    pub(super) end: Standing,
    /// When the leg, taken as it is reported, is first and last in the volume.
    pub(super) occupied: Option<(Instant, Instant)>,
    /// Whether a position, or the leg between them, is in the volume beyond doubt.
    pub(super) certain: bool,
    /// Whether it was in the volume or could have been.
    pub(super) possible: bool,
    /// Whether the leg, taken as it is reported, lies over or under the area.
    pub(super) over_area: bool,
    /// Whether it was taken to be on the ground all along.
    pub(super) grounded: bool,
    /// Whether it was in the volume's place and height at a time when it is not active.
    pub(super) outside_hours: bool,
    /// What keeps it from being certain, when it is only possible.
    pub(super) doubt: Option<Reason>,
}

impl Sample {
    /// Whether the aircraft is taken to be on the ground: it says so, and does not move as
    /// nothing on the ground does.
    pub(super) fn is_grounded(&self) -> bool {
        let speed = self.point.ground_speed_cm_s.unwrap_or(0);
        self.point.on_ground && speed <= GROUND_SPEED_CM_S_MAX
    }
}

impl Standing {
    /// Whether the position is in the volume beyond its error.
    pub(super) fn is_certain(&self, epu: Epu) -> bool {
        self.is_within(epu) && self.height.certain_cm >= 0 && self.active && !self.on_ground
    }

    /// Whether the position could be in the volume, given its error.
    pub(super) fn is_possible(&self, epu: Epu) -> bool {
        let near = self.depth_cm >= -i64::from(epu.cm);
        near && self.height.possible_cm >= 0 && self.active && !self.on_ground
    }

    /// Why a position that is possibly in the volume is not certainly so.
    pub(super) fn doubt(&self, epu: Epu) -> Reason {
        match epu.basis {
            _ if self.is_within(epu) => self.doubt_of_height(),
            Basis::Unusable => Reason::QualityUnusable,
            Basis::Worst => Reason::QualityAbsent,
            Basis::Stated | Basis::Declared => Reason::PlaceStraddles,
        }
    }

    fn doubt_of_height(&self) -> Reason {
        let unknown = self.height.certain_cm == i64::MIN && self.height.possible_cm >= 0;
        if unknown { Reason::HeightUnknown } else { Reason::HeightStraddles }
    }

    /// Whether the position is over or under the area beyond its error.
    fn is_within(&self, epu: Epu) -> bool {
        self.depth_cm > i64::from(epu.cm) && epu.basis != Basis::Unusable
    }
}

/// How `sample` alone lies against a volume whose edge may be near.
pub(super) fn stand(
    airspace: &Airspace<'_>,
    volume: &WatchedVolume,
    activity: &mut Activity,
    sample: &Sample,
    lie: Lie,
) -> Standing {
    let depth_cm = match lie {
        Lie::Deep { depth_cm } => depth_cm,
        Lie::Rim => -volume.volume.area.signed_distance_cm(sample.point.position),
    };
    let active = activity.at(volume, sample.point.observed_at);
    stand_at(airspace, volume, sample, depth_cm, active)
}

fn stand_at(
    airspace: &Airspace<'_>,
    volume: &WatchedVolume,
    sample: &Sample,
    depth_cm: i64,
    active: bool,
) -> Standing {
    let height = volume.height_of(&sample.point, None, airspace.altitude_error_cm);
    let height = volume.height_margin(height, airspace.bounds);
    Standing { depth_cm, height, active, on_ground: sample.is_grounded() }
}

impl Stretch<'_> {
    /// What this leg adds, when `begin` is how its first position lies.
    pub(super) fn touch(
        &self,
        airspace: &Airspace<'_>,
        volume: &WatchedVolume,
        activity: &mut Activity,
        begin: Standing,
        lie: Lie,
    ) -> Touch {
        let area = &volume.volume.area;
        let active = activity.during(volume, self.interval());
        let (ground, depth_cm) = self.ground(area, begin, lie);
        let active_at_end = match active {
            Active::Throughout => true,
            Active::Never => false,
            Active::At(_) => activity.at(volume, self.way.to().at),
        };
        let end = stand_at(airspace, volume, self.to, depth_cm, active_at_end);
        let at_odds = (begin.on_ground && end.on_ground).then(|| self.at_odds_with_ground());
        let grounded = at_odds == Some(None);
        let held = self.height_held(airspace, volume, (begin, end));
        let strayed = self.height_strayed(airspace, volume, held);
        let reached = !grounded && self.reaches(area, &ground, (begin, end));
        let (Some(strayed), true) = (strayed, reached) else {
            return Touch::none((begin, end), &ground, grounded);
        };
        let occupied = occupied(&ground, held.possible, &active);
        let sampled = begin.is_certain(self.from.epu) || end.is_certain(self.to.epu);
        // Who says that it is on the ground, and moves as if not, is in doubt either way.
        let at_odds = at_odds.flatten();
        let between = || self.is_certain_between(volume, &occupied, held.certain);
        let certain = sampled || at_odds.is_none() && between();
        let could = match &active {
            Active::Throughout => true,
            Active::Never => false,
            Active::At(spans) => !spans.meet(&Spans::from_iter([strayed])).is_empty(),
        };
        let doubt = || match (held.possible, at_odds) {
            (None, _) => Reason::Gap,
            (Some(_), Some(reason)) => reason,
            (Some(_), None) => self.doubt(&ground, (begin, end)),
        };
        Touch {
            begin,
            end,
            over_area: ground.touches(),
            grounded,
            outside_hours: !could && ground.touches(),
            doubt: (could && !certain).then(doubt),
            occupied: occupied.ends(),
            certain,
            possible: could,
        }
    }

    /// How the leg lies against the area, and how deep its last position.
    fn ground(&self, area: &Area, begin: Standing, lie: Lie) -> (Ground, i64) {
        if let Lie::Deep { depth_cm } = lie {
            return (Ground::Within, depth_cm);
        }
        let position = self.to.point.position;
        let starts = || match begin.depth_cm.cmp(&0) {
            Ordering::Greater => Side::Inside,
            Ordering::Less => Side::Outside,
            Ordering::Equal => area.side(self.from.point.position),
        };
        match self.way.stays(area, starts) {
            Some(Side::Inside) => (Ground::Within, area.distance_to_edge_cm(position)),
            Some(Side::Outside) => (Ground::Outside, -area.distance_to_edge_cm(position)),
            Some(Side::Edge) => (Ground::Within, -area.signed_distance_cm(position)),
            None => {
                let contact = self.way.contact(area);
                (Ground::Crossing(contact), -area.signed_distance_cm(position))
            }
        }
    }

    fn interval(&self) -> Interval {
        let after = self.way.to().at.plus(Duration::from_micros(1));
        Interval::new(self.way.from().at, after).expect("a leg runs forward")
    }

    /// When the height lies between the limits. The same answer as [`spacetime::Volume::slab`]
    /// without solving for instants when both ends agree.
    fn height_held(
        &self,
        airspace: &Airspace<'_>,
        volume: &WatchedVolume,
        (begin, end): (Standing, Standing),
    ) -> spacetime::Held {
        let all = Some(self.way.span());
        if begin.height.certain_cm >= 0 && end.height.certain_cm >= 0 {
            return spacetime::Held { certain: all, possible: all };
        }
        self.height_within(airspace, volume, airspace.altitude_error_cm)
    }

    fn height_within(
        &self,
        airspace: &Airspace<'_>,
        volume: &WatchedVolume,
        error_cm: i32,
    ) -> spacetime::Held {
        let from = volume.height_of(&self.from.point, Some(&self.to.point), error_cm);
        let to = volume.height_of(&self.to.point, Some(&self.from.point), error_cm);
        volume.volume.slab(self.way.span(), (from, to), airspace.bounds)
    }

    /// When the height can have lain between the limits: the limits of speed and acceleration
    /// hold in every direction, so an aircraft strays up and down as far as sideways.
    fn height_strayed(
        &self,
        airspace: &Airspace<'_>,
        volume: &WatchedVolume,
        held: spacetime::Held,
    ) -> Option<ClosedSpan> {
        if held.possible == Some(self.way.span()) {
            return held.possible;
        }
        let stray_cm = i32::try_from(self.stray_cm).unwrap_or(i32::MAX);
        let error_cm = airspace.altitude_error_cm.saturating_add(stray_cm);
        self.height_within(airspace, volume, error_cm).possible
    }

    /// What speaks against an aircraft that says it is on the ground at both ends, if anything
    /// does: how fast it moves, by its positions or by its own word.
    fn at_odds_with_ground(&self) -> Option<Reason> {
        let (from, to) = (self.way.from(), self.way.to());
        let elapsed = i128::from(to.at.since(from.at).micros());
        // Either position may be off by its error.
        let errors_cm = i64::from(self.from.epu.cm) + i64::from(self.to.epu.cm);
        let way_cm = local_distance_cm(from.position, to.position) - errors_cm;
        let moved =
            |limit_cm_s: u32| i128::from(way_cm) * 1_000_000 > i128::from(limit_cm_s) * elapsed;
        let said = self.from.point.ground_speed_cm_s.max(self.to.point.ground_speed_cm_s);
        if moved(GROUND_SPEED_CM_S_MAX) {
            Some(Reason::Contested)
        } else if moved(TAXI_SPEED_CM_S_MAX) || said.is_some_and(|s| s > TAXI_SPEED_CM_S_MAX) {
            Some(Reason::GroundInDoubt)
        } else {
            None
        }
    }

    /// Whether the aircraft was over the area or can have been, height left aside.
    fn reaches(&self, area: &Area, ground: &Ground, (begin, end): (Standing, Standing)) -> bool {
        let (from_cm, to_cm) = (i64::from(self.from.epu.cm), i64::from(self.to.epu.cm));
        if ground.touches() || begin.depth_cm >= -from_cm || end.depth_cm >= -to_cm {
            return true;
        }
        let around_cm = from_cm.max(to_cm) + self.stray_cm;
        let (from, to) = (self.way.from().position, self.way.to().position);
        let nearest_cm = begin.depth_cm.max(end.depth_cm).saturating_neg();
        // The quick bound first: it is never less than the length.
        if nearest_cm > around_cm + distance_at_most_cm(from, to) + 1 {
            return false;
        }
        let length_cm = local_distance_cm(from, to) + 1;
        if nearest_cm > around_cm + length_cm {
            return false;
        }
        // All within the error of the leg, twice that where it strays as far: an ellipse ends
        // at its foci, and the errors of both ends reach beyond.
        let beside_cm = from_cm.max(to_cm) + self.stray_cm.min(from_cm.max(to_cm));
        if area.nearest_on_way(from, to, beside_cm).is_some() {
            return true;
        }
        // The ellipse around the leg whose half-width is what error and straying make.
        let budget_cm = ellipse_budget_cm(length_cm, around_cm);
        spacetime::reach::reach_meets(area, from, to, budget_cm)
    }

    /// Whether the leg is beyond doubt in the volume at the middle of its longest stay, though
    /// neither end is: a corner cut between two positions.
    fn is_certain_between(
        &self,
        volume: &WatchedVolume,
        occupied: &Occupied,
        height: Option<ClosedSpan>,
    ) -> bool {
        let Some(stay) = occupied.longest(height) else { return false };
        let middle = stay.first().plus(Duration::from_micros(stay.length().micros() / 2));
        let Some(position) = self.way.position_at(middle) else { return false };
        let usable = self.from.epu.basis.max(self.to.epu.basis) != Basis::Unusable;
        let error_cm = i64::from(self.from.epu.cm.max(self.to.epu.cm)) + self.stray_cm;
        usable && -volume.volume.area.signed_distance_cm(position) > error_cm
    }

    fn doubt(&self, ground: &Ground, (begin, end): (Standing, Standing)) -> Reason {
        for (standing, epu) in [(begin, self.from.epu), (end, self.to.epu)] {
            if standing.is_within(epu) {
                return standing.doubt_of_height();
            }
        }
        let errs = begin.is_possible(self.from.epu) || end.is_possible(self.to.epu);
        match self.from.epu.basis.max(self.to.epu.basis) {
            Basis::Unusable if errs || ground.touches() => Reason::QualityUnusable,
            Basis::Worst if errs || ground.touches() => Reason::QualityAbsent,
            _ if errs || ground.touches() => Reason::PlaceStraddles,
            _ => Reason::Gap,
        }
    }
}

impl Touch {
    /// Near, but neither in the volume nor possibly so.
    fn none((begin, end): (Standing, Standing), ground: &Ground, grounded: bool) -> Self {
        Self {
            begin,
            end,
            occupied: None,
            certain: false,
            possible: false,
            over_area: ground.touches(),
            grounded,
            outside_hours: false,
            doubt: None,
        }
    }
}

/// When the leg is in the area, between the limits of height and within the volume's hours.
fn occupied(ground: &Ground, height: Option<ClosedSpan>, active: &Active) -> Occupied {
    let over = match ground {
        Ground::Outside => return Occupied::Once(None),
        Ground::Within if *active == Active::Throughout => return Occupied::Once(height),
        Ground::Within => Spans::from_iter(height),
        Ground::Crossing(contact) => contact.covered().meet(&Spans::from_iter(height)),
    };
    Occupied::Often(active.of(over))
}

/// The sum of distances to both ends that makes an ellipse of half-width `half_width_cm`,
/// rounded up.
fn ellipse_budget_cm(length_cm: i64, half_width_cm: i64) -> i64 {
    let square = |v: i64| u128::from(v.unsigned_abs()).pow(2);
    let root = (square(length_cm) + 4 * square(half_width_cm)).isqrt() + 1;
    i64::try_from(root).unwrap_or(i64::MAX)
}
