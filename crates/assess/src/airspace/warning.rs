//! Area proximity warnings: provisional alerts before an entry.
//!
//! The stages are those of EUROCONTROL's guidance for area proximity warning (GUID-161):
//! which volumes can be met at all, a coarse box, the fine prediction, confirmation. An
//! aircraft is taken to go on as it flew since the last look, for `look_ahead_s`.

use agreement::{Parameters, TrackPoint};
use spacetime::position::LON_E7_MAX;
use spacetime::{BoundingBox, Duration, Fix, Instant, Position, Way};

use super::active::Activity;
use super::standing::Sample;
use super::volumes::{Airspace, WatchedVolume};
use crate::alert::{Alert, AlertKind};

/// Grid steps half round the globe.
const HALF_TURN_E7: i64 = LON_E7_MAX as i64;

/// The warnings of one aircraft.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    warnings: Vec<Warning>,
    looked_at: Option<Instant>,
}

/// One aircraft warned, or about to be, of one volume.
#[derive(Debug)]
struct Warning {
    volume: u32,
    /// Of the last looks, newest in the lowest bit, those that predicted an entry.
    looks: u16,
    predicted_at: Instant,
    given: Option<AlertKind>,
    /// Inside, or possibly: [`Warnings::report_stay`] says which.
    stay: Option<AlertKind>,
}

/// How an aircraft goes on if nothing changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    way: Way,
    climb_cm: i64,
}

impl Course {
    /// As `now` goes on from where it was at `before`; `None` when that was too long ago, or
    /// leads over a pole or half round the globe.
    pub(super) fn from(before: &TrackPoint, now: &TrackPoint, p: &Parameters) -> Option<Self> {
        let elapsed = now.observed_at.since(before.observed_at).micros();
        if elapsed <= 0 || elapsed > p.lost_after_s * 1_000_000 {
            return None;
        }
        let ahead = p.look_ahead_s * 1_000_000;
        let (a, b) = (before.position, now.position);
        // At most 3.6e9 * 1.8e9, which an `i64` holds.
        let onward = |way: i64| way * ahead / elapsed;
        let east = onward(short_way(i64::from(b.lon_e7()) - i64::from(a.lon_e7())));
        if east.abs() >= HALF_TURN_E7 {
            return None;
        }
        let lon = short_way(i64::from(b.lon_e7()) + east);
        let lat = i64::from(b.lat_e7()) + onward(i64::from(b.lat_e7()) - i64::from(a.lat_e7()));
        let to = Position::from_e7(lon.try_into().ok()?, lat.try_into().ok()?).ok()?;
        let end = now.observed_at.plus(Duration::from_micros(ahead));
        let fix = |at, position| Fix { at, position };
        let way = Way::between(fix(now.observed_at, b), fix(end, to)).ok()?;
        let climb_cm = now.vertical_rate_cm_s.map_or(0, |rate| i64::from(rate) * p.look_ahead_s);
        Some(Self { way, climb_cm })
    }

    pub(super) const fn way(&self) -> &Way {
        &self.way
    }

    /// Whether it surely stays farther from a box than the margin. Most volumes within the box
    /// around a course lie beside it.
    fn passes_by(&self, bounds: BoundingBox, margin_cm: i64) -> bool {
        // A hundredth more and ten metres, since margins are told on flat ground.
        let around = bounds.grown_by_cm(margin_cm + margin_cm / 100 + 1_000);
        let whole = -HALF_TURN_E7 < i64::from(around.min.lon_e7())
            && i64::from(around.max.lon_e7()) < HALF_TURN_E7;
        let is_one_leg = self.way.bounding_boxes().1.is_none();
        whole && is_one_leg && !self.way.legs().any(|leg| leg.line_meets(around))
    }

    /// When it comes within the margins of an active volume; `None` if it does not.
    fn entry(
        &self,
        airspace: &Airspace<'_>,
        volume: &WatchedVolume,
        activity: &mut Activity,
        sample: &Sample,
        margin_cm: i64,
    ) -> Option<Instant> {
        let height = volume.height_of(&sample.point, None, airspace.altitude_error_cm);
        let room_cm = volume.height_margin(height, airspace.bounds).possible_cm;
        let margin_height_cm = airspace.pack.parameters.warning_margin_height_cm;
        // Over or under by more than climbing or sinking on makes good.
        if room_cm.saturating_add(self.climb_cm.abs()) < -margin_height_cm {
            return None;
        }
        let area = &volume.volume.area;
        if self.passes_by(area.bounding_box(), margin_cm) {
            return None;
        }
        let entry = self.way.contact(area).covered().first().or_else(|| {
            let (from, to) = (self.way.from(), self.way.to());
            let (share, _) = area.nearest_on_way(from.position, to.position, margin_cm)?;
            let micros = to.at.since(from.at).micros() / (1 << 16) * share;
            Some(from.at.plus(Duration::from_micros(micros)))
        })?;
        activity.at(volume, entry).then_some(entry)
    }
}

impl Warnings {
    /// Whether it is time to look again.
    pub(super) fn is_due(&self, now: Instant, p: &Parameters) -> bool {
        let cycle = Duration::from_seconds(p.warning_cycle_s);
        self.looked_at.is_none_or(|at| now.since(at) >= cycle || now < at)
    }

    /// Whether any warning or stay is being followed.
    pub(super) fn is_quiet(&self) -> bool {
        self.warnings.iter().all(|w| w.given.is_none() && w.stay.is_none())
    }

    /// Looks ahead at the volumes that the course may meet.
    pub(super) fn look(
        &mut self,
        airspace: &Airspace<'_>,
        activities: &mut [Activity],
        (sample, course): (&Sample, &Course),
        candidates: &[u32],
        alerts: &mut Vec<Alert>,
    ) {
        let p = &airspace.pack.parameters;
        let now = sample.point.observed_at;
        self.looked_at = Some(now);
        for warning in &mut self.warnings {
            warning.looks <<= 1;
        }
        let margin_cm = p.warning_margin_m * 100
            + sample.epu.sigma_cm() * p.warning_sigma_horizontal_milli / 1000;
        for &number in candidates {
            let volume = &airspace.volumes[number as usize];
            let activity = &mut activities[number as usize];
            let entry = course.entry(airspace, volume, activity, sample, margin_cm);
            if let Some(entry) = entry {
                let warning = self.warning(number, now);
                if warning.stay.is_none() {
                    warning.predict(now, entry, p).into_iter().for_each(|kind| {
                        alerts.push(alert(airspace, number, &sample.point, kind, Some(entry)));
                    });
                }
            }
        }
        self.end_past(airspace, &sample.point, alerts);
    }

    /// The aircraft is in the volume, or possibly (`certain` or not).
    pub(super) fn report_stay(
        &mut self,
        airspace: &Airspace<'_>,
        volume: u32,
        certain: bool,
        point: &TrackPoint,
        alerts: &mut Vec<Alert>,
    ) {
        let kind = if certain { AlertKind::Infringement } else { AlertKind::PossibleInfringement };
        let warning = self.warning(volume, point.observed_at);
        warning.predicted_at = warning.predicted_at.max(point.observed_at);
        if warning.stay.is_none_or(|before| before != AlertKind::Infringement && certain) {
            warning.stay = Some(kind);
            alerts.push(alert(airspace, volume, point, kind, None));
        }
    }

    /// Ends every warning and stay that nothing was seen of for the time of the hysteresis.
    pub(super) fn end_past(
        &mut self,
        airspace: &Airspace<'_>,
        point: &TrackPoint,
        alerts: &mut Vec<Alert>,
    ) {
        let p = &airspace.pack.parameters;
        let hold = Duration::from_seconds(p.hysteresis_s.max(p.warning_cycle_s));
        self.warnings.retain(|warning| {
            let over = point.observed_at.since(warning.predicted_at) > hold;
            if over && (warning.given.is_some() || warning.stay.is_some()) {
                alerts.push(alert(airspace, warning.volume, point, AlertKind::Ended, None));
            }
            !over
        });
    }

    fn warning(&mut self, volume: u32, now: Instant) -> &mut Warning {
        let place = self.warnings.iter().position(|w| w.volume == volume).unwrap_or_else(|| {
            let (given, stay) = (None, None);
            self.warnings.push(Warning { volume, looks: 0, predicted_at: now, given, stay });
            self.warnings.len() - 1
        });
        &mut self.warnings[place]
    }
}

impl Warning {
    /// One more look that predicts an entry: the alert to give now, if any.
    fn predict(&mut self, now: Instant, entry: Instant, p: &Parameters) -> Option<AlertKind> {
        self.looks |= 1;
        self.predicted_at = now;
        let window = u32::try_from(p.confirm_n).unwrap_or(16).min(16);
        let seen = self.looks & u16::MAX.checked_shr(16 - window).unwrap_or(u16::MAX);
        let imminent = entry.since(now) <= Duration::from_seconds(p.imminent_s);
        let kind = match imminent {
            true => AlertKind::Imminent,
            false if i64::from(seen.count_ones()) >= p.confirm_m => AlertKind::Approaching,
            false => return None,
        };
        // A warning is given once, and once more when it becomes imminent.
        let is_new = self.given.is_none_or(|given| given == AlertKind::Approaching && imminent);
        is_new.then(|| {
            self.given = Some(kind);
            kind
        })
    }
}

/// Longitude brought to within half a turn.
const fn short_way(lon_e7: i64) -> i64 {
    if lon_e7 > HALF_TURN_E7 {
        lon_e7 - 2 * HALF_TURN_E7
    } else if lon_e7 < -HALF_TURN_E7 {
        lon_e7 + 2 * HALF_TURN_E7
    } else {
        lon_e7
    }
}

fn alert(
    airspace: &Airspace<'_>,
    volume: u32,
    point: &TrackPoint,
    kind: AlertKind,
    entry_predicted_at: Option<Instant>,
) -> Alert {
    let watched = &airspace.volumes[volume as usize];
    Alert {
        raised_at: point.observed_at,
        kind,
        aircraft: Some(point.address),
        clause: Some((watched.clause.clone(), watched.area.clone())),
        entry_predicted_at,
        feed: None,
    }
}
