//! The volumes that are watched, and what they are watched with.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use agreement::watch::Sensor;
use agreement::{
    AreaId, Authorisation, ClauseId, ClauseKind, ClauseStatus, Digest, Pack, Role, SensorId,
    TrackPoint,
};
use spacetime::altitude::{AltitudeLimit, HeightBounds, HeightInterval, MeasuredHeight};
use spacetime::{BoundingBox, Duration, Height, Interval, Volume};

use super::dispatch::Dispatch;
use super::nearby::Neighbourhoods;
use super::quality::FeedErrors;
use super::shard::Shard;
use crate::finding::Audience;
use crate::rules::Rules;

/// One input of track points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The sensor of the pack that it came from, if whoever named the input said so.
    pub sensor: Option<SensorId>,
    /// Digest of the whole input.
    pub digest: Digest,
}

/// What besides the pack and the points shapes the findings.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The inputs, by the number that locators carry.
    pub feeds: Vec<Feed>,
    /// Flights that are permitted.
    pub authorisations: Vec<Authorisation>,
    /// The period that is judged; points outside it are not looked at.
    pub period: Interval,
    /// Clauses to judge as if they had been adopted.
    pub as_if_adopted: BTreeSet<ClauseId>,
    /// For whom.
    pub audience: Audience,
}

/// One area of one `no-fly` clause.
#[derive(Clone, Debug)]
pub(super) struct WatchedVolume {
    pub(super) clause: ClauseId,
    pub(super) status: ClauseStatus,
    pub(super) area: AreaId,
    pub(super) volume: Volume,
    /// Its place among all by clause, then area.
    pub(super) rank: u32,
    pub(super) in_force: Interval,
    /// Whether the clause binds some parties' aircraft only; whose an aircraft is, its
    /// transponder does not say.
    pub(super) binds_some: bool,
    baro: Slab,
    ellipsoid: Slab,
}

/// Floor and ceiling in a frame in which one kind of height can be held against both.
#[derive(Clone, Copy, Debug)]
struct Slab {
    frame: Frame,
    floor: HeightInterval,
    ceiling: HeightInterval,
}

/// What heights are turned into before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// The reference they were measured in, which both limits share.
    Own,
    /// Height above mean sea level, within bounds.
    Msl,
}

/// How far inside a slab a height is: `certain_cm` wherever in their bounds height and limits
/// lie, `possible_cm` somewhere in them. Negative is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeightMargin {
    pub(super) certain_cm: i64,
    pub(super) possible_cm: i64,
}

impl Slab {
    fn new(floor: AltitudeLimit, ceiling: AltitudeLimit, kind: Height, b: HeightBounds) -> Self {
        let measured = MeasuredHeight { height: kind, error_cm: 0 };
        if measured.shares_reference(floor) && measured.shares_reference(ceiling) {
            let (floor, ceiling) = (floor.own_interval(), ceiling.own_interval());
            return Self { frame: Frame::Own, floor, ceiling };
        }
        Self { frame: Frame::Msl, floor: b.of_limit(floor), ceiling: b.of_limit(ceiling) }
    }

    fn margin(&self, height: MeasuredHeight, bounds: HeightBounds) -> HeightMargin {
        let h = match self.frame {
            Frame::Own => height.own_interval(),
            Frame::Msl => bounds.of_measured(height),
        };
        let gap = |above: i32, below: i32| match (above, below) {
            (i32::MAX, _) | (_, i32::MIN) => i64::MAX,
            (i32::MIN, _) | (_, i32::MAX) => i64::MIN,
            _ => i64::from(above) - i64::from(below),
        };
        HeightMargin {
            certain_cm: gap(h.low_cm, self.floor.high_cm).min(gap(self.ceiling.low_cm, h.high_cm)),
            possible_cm: gap(h.high_cm, self.floor.low_cm).min(gap(self.ceiling.high_cm, h.low_cm)),
        }
    }
}

impl WatchedVolume {
    /// The height of a record that is compared with this volume's limits with the least doubt,
    /// and that `other` has too, if there is an `other`.
    pub(super) fn height_of(
        &self,
        point: &TrackPoint,
        other: Option<&TrackPoint>,
        error_cm: i32,
    ) -> MeasuredHeight {
        let has = |f: fn(&TrackPoint) -> bool| f(point) && other.is_none_or(f);
        let baro = has(|p| p.altitude_baro.is_some());
        let ellipsoid = has(|p| p.altitude_ellipsoid.is_some());
        let prefers_baro = self.baro.frame == Frame::Own;
        match (point.altitude_baro, point.altitude_ellipsoid) {
            (Some(h), _) if baro && (prefers_baro || !ellipsoid) => {
                MeasuredHeight { height: Height::Baro(h), error_cm }
            }
            (_, Some(h)) if ellipsoid => MeasuredHeight { height: Height::Ellipsoid(h), error_cm },
            _ => MeasuredHeight::UNKNOWN,
        }
    }

    /// How far inside the limits of height a measured height is.
    pub(super) fn height_margin(&self, h: MeasuredHeight, bounds: HeightBounds) -> HeightMargin {
        match h.height {
            Height::Ellipsoid(_) => self.ellipsoid.margin(h, bounds),
            _ => self.baro.margin(h, bounds),
        }
    }

    /// When it is active within `within`: its hours, while the clause is in force.
    pub(super) fn active_spans(&self, within: Interval) -> Vec<Interval> {
        within.meet(self.in_force).map_or_else(Vec::new, |both| self.volume.active.spans(both))
    }
}

/// Every `no-fly` clause that is judged, ready for tracks.
#[derive(Debug)]
pub struct Airspace<'a> {
    pub(super) pack: &'a Pack,
    pub(super) setting: Setting,
    pub(super) rules: Digest,
    pub(super) volumes: Vec<WatchedVolume>,
    pub(super) neighbourhoods: Neighbourhoods,
    pub(super) bounds: HeightBounds,
    pub(super) altitude_error_cm: i32,
    /// For each feed, and last for any other.
    errors: Vec<FeedErrors>,
    not_judged: Vec<(ClauseId, ClauseStatus)>,
}

impl<'a> Airspace<'a> {
    /// The `no-fly` clauses of a pack that are adopted, or that the setting names.
    ///
    /// An authorisation by anybody but a guarantor of the agreement lifts nothing.
    #[must_use]
    pub fn new(pack: &'a Pack, mut setting: Setting, rules: &Rules) -> Self {
        setting.authorisations.retain(|a| {
            pack.parties.get(&a.granted_by).is_some_and(|party| party.role == Role::Guarantor)
        });
        let bounds = height_bounds(pack);
        let margin_cm = pack.parameters.warning_margin_m * 100;
        let mut volumes = Vec::new();
        let mut not_judged = Vec::new();
        for clause in pack.clauses.values() {
            let ClauseKind::NoFly(no_fly) = &clause.kind else { continue };
            if clause.status != ClauseStatus::Adopted && !setting.as_if_adopted.contains(&clause.id)
            {
                not_judged.push((clause.id.clone(), clause.status));
                continue;
            }
            let slab = |kind| Slab::new(no_fly.floor, no_fly.ceiling, kind, bounds);
            for id in &clause.areas {
                let Some(named) = pack.areas.get(id) else { continue };
                volumes.push(WatchedVolume {
                    clause: clause.id.clone(),
                    status: clause.status,
                    area: id.clone(),
                    volume: Volume {
                        area: named.area.clone(),
                        floor: no_fly.floor,
                        ceiling: no_fly.ceiling,
                        active: no_fly.activation.clone(),
                    },
                    rank: 0,
                    in_force: clause.in_force,
                    binds_some: !no_fly.binds.is_empty(),
                    baro: slab(Height::Baro(spacetime::AltitudeBaro::from_cm(0))),
                    ellipsoid: slab(Height::Ellipsoid(spacetime::AltitudeEllipsoid::from_cm(0))),
                });
            }
        }
        rank(&mut volumes);
        let boxes: Vec<BoundingBox> =
            volumes.iter().map(|v: &WatchedVolume| v.volume.area.bounding_box()).collect();
        let error = pack.parameters.altitude_error_cm;
        let sensor = |feed: &Feed| pack.sensors.get(feed.sensor.as_ref()?);
        let sensors = setting.feeds.iter().map(sensor).chain([None]);
        let errors = sensors.map(|sensor| FeedErrors::of(sensor, &pack.parameters)).collect();
        Self {
            pack,
            setting,
            rules: rules.digest(),
            volumes,
            neighbourhoods: Neighbourhoods::new(&boxes, margin_cm),
            bounds,
            altitude_error_cm: i32::try_from(error).unwrap_or(i32::MAX),
            errors,
            not_judged,
        }
    }

    /// Followers for so many shares of the aircraft, and what hands them their points.
    #[must_use]
    pub fn shares(&self, count: NonZeroU32) -> (Dispatch<'_>, Vec<Shard<'_>>) {
        let shards = (0..count.get()).map(|number| Shard::new(self, number)).collect();
        (Dispatch::new(self, count.get()), shards)
    }

    /// `no-fly` clauses that are not judged because they are not adopted, and where they stand.
    #[must_use]
    pub fn not_judged(&self) -> &[(ClauseId, ClauseStatus)] {
        &self.not_judged
    }

    /// The region that the agreement is about.
    #[must_use]
    pub const fn region(&self) -> BoundingBox {
        self.pack.region
    }

    /// How many volumes are watched.
    #[must_use]
    pub fn volume_count(&self) -> usize {
        self.volumes.len()
    }

    /// For each input, the first input of the same sensor; itself where it is of none.
    pub(super) fn feed_of(&self) -> Vec<u16> {
        let feeds = &self.setting.feeds;
        let first = |(number, feed): (u16, &Feed)| {
            let same = |other: &Feed| other.sensor.is_some() && other.sensor == feed.sensor;
            let first = feeds.iter().position(same);
            first.and_then(|first| u16::try_from(first).ok()).unwrap_or(number)
        };
        (0_u16..).zip(feeds).map(first).collect()
    }

    /// How far positions of an input may be off where the sender does not say.
    #[inline]
    pub(super) fn errors_of(&self, input: u16) -> FeedErrors {
        let unknown = self.errors.len() - 1;
        self.errors[usize::from(input).min(unknown)]
    }

    /// How long after its last position whatever comes from an aircraft is a new track: never
    /// before it counts as lost.
    pub(super) fn forgotten_after(&self) -> Duration {
        let p = &self.pack.parameters;
        Duration::from_seconds(p.gap_s_max.max(p.lost_after_s))
    }

    /// The sensor behind an input, if the pack knows one.
    pub(super) fn sensor(&self, input: u16) -> Option<&Sensor> {
        let feed = self.setting.feeds.get(usize::from(input))?;
        self.pack.sensors.get(feed.sensor.as_ref()?)
    }
}

/// Numbers the volumes in the order in which findings list them.
fn rank(volumes: &mut [WatchedVolume]) {
    let name = |volume: &WatchedVolume| (volume.clause.clone(), volume.area.clone());
    let names: BTreeSet<_> = volumes.iter().map(name).collect();
    let ranks: BTreeMap<_, u32> = names.into_iter().zip(0..).collect();
    for volume in volumes {
        volume.rank = ranks[&name(volume)];
    }
}

pub(super) fn height_bounds(pack: &Pack) -> HeightBounds {
    let cm = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    let p = &pack.parameters;
    HeightBounds {
        baro_fixed_cm: cm(p.baro_fixed_cm),
        baro_permille: cm(p.baro_permille),
        geoid_low_cm: cm(p.geoid_low_cm),
        geoid_high_cm: cm(p.geoid_high_cm),
        ground_low_cm: cm(p.ground_low_cm),
        ground_high_cm: cm(p.ground_high_cm),
    }
}
