//! Raw Mode S frames to track points: what AVR, JSON lines of frames and Beast share.
//!
//! The crate `rs1090` decodes the fields of a message; pairing, references, plausibility and
//! what is carried over from other messages is done here, per aircraft, within stated limits.

mod aircraft;
pub mod cpr;
mod message;
mod quality;

use std::collections::HashMap;

use agreement::track::{Address, Locator, TrackPoint};
use spacetime::{Duration, Instant, Position};

pub use aircraft::{
    PAIR_AIRBORNE_S_MAX, PAIR_SURFACE_S_MAX, REFERENCE_S_MAX, SPEED_CHECK_MARGIN_M, SPEED_M_S_MAX,
};

use crate::codes;
use crate::limits::AIRCRAFT_MAX;
use crate::rejection::{Code, Rejection};
use aircraft::Aircraft;
pub(crate) use aircraft::Recent;
use message::{Message, PositionMessage};

/// How long a velocity message is carried into positions. It is sent twice a second.
pub const VELOCITY_S_MAX: i64 = 10;
/// How long a call sign is carried into positions. It is sent every 5 to 10 seconds.
pub const CALLSIGN_S_MAX: i64 = 300;
/// How long an operational status, and the quality in it, is carried into positions. It is sent
/// every 2.5 seconds in the air.
pub const STATUS_S_MAX: i64 = 100;
/// Nothing is kept of an aircraft that was not heard for so long.
pub const AIRCRAFT_EXPIRY_S: i64 = 300;

codes! {
    /// Not a byte in it, or nothing but zeros.
    EMPTY_FRAME = "empty-frame", "the frame is empty or all zeros",
        "drop the receiver's keep-alive frames before sending";
    /// 56 bits where 112 belong, or neither.
    FRAME_LENGTH = "frame-length",
        "the frame's length is not the one its downlink format calls for",
        "send 7 bytes for downlink formats below 16 and 14 for the others";
    /// The parity of an extended squitter is not zero.
    BAD_CRC = "bad-crc", "the parity check of the extended squitter fails",
        "nothing to mend: the frame was damaged on the air; many of them mean a weak signal";
    /// The crate that knows the fields refuses them.
    UNDECODABLE = "undecodable-message", "the fields of the message contradict its type code",
        "nothing to mend: the transponder sent it so, or two bit errors cancelled out";
    /// Waits for its other half.
    CPR_NO_PAIR = "cpr-no-pair",
        "no report of the other parity is recent enough, and no own position either",
        "nothing to mend: the first report of an aircraft, or the first after a silence";
    /// The two reports lie in different bands.
    CPR_ZONE_BOUNDARY = "cpr-zone-boundary",
        "the pair lies across a boundary of longitude zones, and no own position is recent",
        "nothing to mend: the next pair decides";
    /// The pair decodes to beyond a pole.
    CPR_OFF_GLOBE = "cpr-off-globe", "the pair decodes to no place on the globe",
        "nothing to mend: one of the two was wrong";
    /// Surface reports are ambiguous.
    CPR_NO_REFERENCE = "cpr-no-reference",
        "a position on the surface needs a reference, and none is known yet",
        "name a region: any place within 45 degrees of the receiver";
    /// Too far from the last position.
    CPR_IMPLAUSIBLE = "cpr-implausible",
        "the aircraft would have had to fly faster than 1000 m/s to be there",
        "nothing to mend: if the next pair says the same, it is taken";
}

/// What came of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// A position.
    Point(TrackPoint),
    /// A sound frame without a position.
    NoPosition,
    /// A frame that cannot be used.
    Rejected(&'static Code),
}

impl Heard {
    /// As a feed passes it on.
    pub(crate) fn said(self, locator: Locator) -> Result<Option<TrackPoint>, Rejection> {
        match self {
            Self::Point(point) => Ok(Some(point)),
            Self::NoPosition => Ok(None),
            Self::Rejected(code) => Err(Rejection::new(code, locator)),
        }
    }
}

/// Decodes the frames of one receiver, in the order in which they were heard.
#[derive(Debug, Default)]
pub struct Decoder {
    aircraft: HashMap<Address, Aircraft>,
    region: Option<Position>,
    swept_at: Option<Instant>,
}

impl Decoder {
    /// `region` is any place within 45 degrees of the receiver; without it, positions on the
    /// surface are decoded only for aircraft that were heard in the air before.
    #[must_use]
    pub fn new(region: Option<Position>) -> Self {
        Self { region, ..Self::default() }
    }

    /// Decodes one frame of 7 or 14 bytes.
    pub fn frame(&mut self, frame: &[u8], at: Instant, locator: Locator) -> Heard {
        let (address, message) = match message::parse(frame) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Heard::NoPosition,
            Err(code) => return Heard::Rejected(code),
        };
        self.make_room(at);
        let aircraft = self.aircraft.entry(address).or_insert_with(|| Aircraft::new(at));
        aircraft.heard_at = at;
        match message {
            Message::Identity(sign) => aircraft.callsign.set(sign, at),
            Message::Velocity(velocity) => aircraft.velocity.set(velocity, at),
            Message::Status(status) => aircraft.status.set(status, at),
            Message::Position(report) => {
                return match aircraft.locate(report.encoded, at, self.region) {
                    Ok(place) => {
                        Heard::Point(point(address, aircraft, &report, place, at, locator))
                    }
                    Err(code) => Heard::Rejected(code),
                };
            }
        }
        Heard::NoPosition
    }

    /// Forgets aircraft that fell silent: every minute of the feed's time, and when full.
    fn make_room(&mut self, at: Instant) {
        let minute = Duration::from_seconds(60).micros();
        let due =
            self.swept_at.is_none_or(|swept| at.since(swept).micros().saturating_abs() >= minute);
        if due {
            self.swept_at = Some(at);
            self.forget(at, AIRCRAFT_EXPIRY_S);
        }
        if self.aircraft.len() >= AIRCRAFT_MAX {
            let mut heard: Vec<Instant> = self.aircraft.values().map(|a| a.heard_at).collect();
            let (_, &mut median, _) = heard.select_nth_unstable(AIRCRAFT_MAX / 2);
            self.aircraft.retain(|_, aircraft| aircraft.heard_at > median);
        }
    }

    fn forget(&mut self, at: Instant, seconds: i64) {
        let limit = Duration::from_seconds(seconds).micros();
        self.aircraft.retain(|_, a| at.since(a.heard_at).micros().saturating_abs() <= limit);
    }
}

fn point(
    address: Address,
    aircraft: &Aircraft,
    report: &PositionMessage,
    position: Position,
    at: Instant,
    locator: Locator,
) -> TrackPoint {
    let on_ground = report.encoded.kind == cpr::Kind::Surface;
    let carried = aircraft.velocity.get(at, VELOCITY_S_MAX).unwrap_or_default();
    let velocity = report.surface_velocity.unwrap_or(carried);
    let (altitude_baro, altitude_ellipsoid) = report.heights(carried.ellipsoid_over_baro_ft);
    TrackPoint {
        observed_at: at,
        address,
        position,
        altitude_baro,
        altitude_ellipsoid,
        ground_speed_cm_s: velocity.ground_speed_cm_s,
        track_cdeg: velocity.track_cdeg,
        vertical_rate_cm_s: velocity.climb_cm_s,
        callsign: aircraft.callsign.get(at, CALLSIGN_S_MAX),
        quality: quality::of_position(
            report.encoded.kind,
            report.type_code,
            report.nic_b,
            aircraft.status.get(at, STATUS_S_MAX),
        ),
        on_ground,
        locator,
    }
}
