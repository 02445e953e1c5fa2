//! One frame, taken apart by `rs1090`, to the few things a track point needs.

use agreement::track::{Address, Callsign};
use rs1090::decode::adsb::ME;
use rs1090::decode::bds::bds05::{AirbornePosition, Source};
use rs1090::decode::bds::bds06::SurfacePosition;
use rs1090::decode::bds::bds09::{AirborneVelocity, AirborneVelocitySubType};
use rs1090::decode::bds::bds65::{
    ADSBVersionAirborne, ADSBVersionSurface, AircraftOperationStatus,
};
use rs1090::decode::cpr::CPRFormat;
use rs1090::decode::crc::modes_checksum;
use rs1090::decode::{ControlFieldType, DF, Message as Frame};
use spacetime::{AltitudeBaro, AltitudeEllipsoid};

use super::aircraft::Velocity;
use super::cpr::{Encoded, Kind, Parity};
use super::quality::Status;
use super::{BAD_CRC, EMPTY_FRAME, FRAME_LENGTH, UNDECODABLE};
use crate::rejection::Code;
use crate::units::{SpeedUnit, track_cdeg};

/// A message that tells something of an aircraft.
pub(super) enum Message {
    Identity(Callsign),
    Velocity(Velocity),
    Status(Status),
    Position(PositionMessage),
}

/// A position as sent.
pub(super) struct PositionMessage {
    pub encoded: Encoded,
    pub type_code: u8,
    pub nic_b: bool,
    pub surface_velocity: Option<Velocity>,
    height: Height,
}

enum Height {
    Unknown,
    BaroFeet(i32),
    EllipsoidFeet(i32),
}

impl PositionMessage {
    /// Both heights, as far as one and the difference between them tell. The difference is to
    /// the ellipsoid for certain only with the best type codes: with others a transponder may
    /// put height above mean sea level in it (DO-260B §2.2.3.2.6.1.15), so it is not used.
    pub(super) fn heights(
        &self,
        ellipsoid_over_baro_ft: Option<i32>,
    ) -> (Option<AltitudeBaro>, Option<AltitudeEllipsoid>) {
        let difference =
            ellipsoid_over_baro_ft.filter(|_| matches!(self.type_code, 9 | 10 | 20 | 21));
        let (baro, ellipsoid) = match self.height {
            Height::Unknown => (None, None),
            Height::BaroFeet(feet) => (Some(feet), difference.map(|d| feet + d)),
            Height::EllipsoidFeet(feet) => (difference.map(|d| feet - d), Some(feet)),
        };
        (baro.and_then(AltitudeBaro::from_feet), ellipsoid.and_then(AltitudeEllipsoid::from_feet))
    }
}

const LONG: usize = 14;
const SHORT: usize = 7;
const ADSB: u8 = 17;
const TISB: u8 = 18;

/// The aircraft and what it says; `Ok(None)` for sound frames that say nothing of use here.
///
/// Interrogation replies carry no position, and their parity is overlaid with the address, so
/// they are neither decoded nor checked beyond their length.
pub(super) fn parse(frame: &[u8]) -> Result<Option<(Address, Message)>, &'static Code> {
    if frame.iter().all(|&byte| byte == 0) {
        return Err(&EMPTY_FRAME);
    }
    let format = frame[0] >> 3;
    // Some receivers hand out short frames with seven bytes of their buffer behind them.
    let fits = frame.len() == LONG || frame.len() == SHORT && format < 16;
    if !fits {
        return Err(&FRAME_LENGTH);
    }
    if !matches!(format, ADSB | TISB) {
        return Ok(None);
    }
    if modes_checksum(frame, 8 * LONG).ok() != Some(0) {
        return Err(&BAD_CRC);
    }
    if !matches!(frame[4] >> 3, 1..=22 | 31) {
        return Ok(None);
    }
    let decoded = Frame::try_from(frame).map_err(|_| &UNDECODABLE)?;
    let (address, message) = match &decoded.df {
        DF::ExtendedSquitterADSB(squitter) => (Address::icao(squitter.icao24.0), &squitter.message),
        DF::ExtendedSquitterTisB { cf, .. } => {
            let anonymous = match cf.field_type {
                ControlFieldType::ADSB_ES_NT => false,
                ControlFieldType::ADSB_ES_NT_ALT | ControlFieldType::TISB_ADSB_RELAY => true,
                ControlFieldType::TISB_FINE | ControlFieldType::TISB_ADSB => has_imf(frame, &cf.me),
                ControlFieldType::TISB_COARSE
                | ControlFieldType::TISB_MANAGE
                | ControlFieldType::Reserved => return Ok(None),
            };
            let bits = cf.aa.0;
            (if anonymous { Address::other(bits) } else { Address::icao(bits) }, &cf.me)
        }
        _ => return Ok(None),
    };
    Ok(say(frame, message).map(|message| (address, message)))
}

/// The flag by which rebroadcast messages mark an address that is not ICAO's (DO-260B
/// §2.2.17.3.2, §2.2.18.4).
fn has_imf(frame: &[u8], message: &ME) -> bool {
    match message {
        ME::BDS05 { .. } => frame[4] & 0x01 != 0,
        ME::BDS06 { .. } => frame[6] & 0x08 != 0,
        ME::BDS09(_) => frame[5] & 0x80 != 0,
        ME::BDS65(_) => frame[10] & 0x01 != 0,
        _ => false,
    }
}

fn say(frame: &[u8], message: &ME) -> Option<Message> {
    match message {
        ME::BDS05 { tc, inner } => {
            Some(Message::Position(airborne(*tc, inner, frame[0] >> 3 == TISB)))
        }
        ME::BDS06 { tc, inner } => Some(Message::Position(surface(*tc, inner))),
        ME::BDS08 { inner, .. } => Callsign::parse(&inner.callsign).map(Message::Identity),
        ME::BDS09(inner) => Some(Message::Velocity(velocity(frame, inner))),
        ME::BDS65(inner) => status(inner).map(Message::Status),
        _ => None,
    }
}

/// In rebroadcast messages the flag of [`has_imf`] stands where NIC supplement B would.
fn airborne(type_code: u8, said: &AirbornePosition, rebroadcast: bool) -> PositionMessage {
    let height = match (said.alt, said.source) {
        (None, _) => Height::Unknown,
        (Some(feet), Source::Barometric) => Height::BaroFeet(feet),
        (Some(feet), Source::Gnss) => Height::EllipsoidFeet(feet),
    };
    PositionMessage {
        encoded: Encoded {
            kind: Kind::Airborne,
            parity: parity(said.parity),
            lat: said.lat_cpr,
            lon: said.lon_cpr,
        },
        type_code,
        nic_b: !rebroadcast && said.saf_or_nicb == Some(1),
        surface_velocity: None,
        height,
    }
}

fn surface(type_code: u8, said: &SurfacePosition) -> PositionMessage {
    let velocity = Velocity {
        ground_speed_cm_s: said.groundspeed.and_then(|kt| SpeedUnit::Knots.ground_speed_cm_s(kt)),
        track_cdeg: said.track.and_then(track_cdeg),
        ..Velocity::default()
    };
    PositionMessage {
        encoded: Encoded {
            kind: Kind::Surface,
            parity: parity(said.parity),
            lat: said.lat_cpr,
            lon: said.lon_cpr,
        },
        type_code,
        nic_b: false,
        surface_velocity: Some(velocity),
        height: Height::Unknown,
    }
}

const fn parity(parity: CPRFormat) -> Parity {
    match parity {
        CPRFormat::Even => Parity::Even,
        CPRFormat::Odd => Parity::Odd,
    }
}

fn velocity(frame: &[u8], said: &AirborneVelocity) -> Velocity {
    let mut velocity = Velocity {
        climb_cm_s: said
            .vertical_rate
            .and_then(|rate| SpeedUnit::FeetAMinute.climb_cm_s(f64::from(rate))),
        ellipsoid_over_baro_ft: said.geo_minus_baro.map(i32::from),
        ..Velocity::default()
    };
    // The crate reads the code for "not available" as one knot, and subtype 2 in steps of one
    // knot where it has four.
    let east_known = frame[5] & 0x03 != 0 || frame[6] != 0;
    let north_known = frame[7] & 0x7f != 0 || frame[8] & 0xe0 != 0;
    if let AirborneVelocitySubType::GroundSpeedDecoding(over_ground) = &said.velocity
        && east_known
        && north_known
    {
        let step = if said.subtype == 2 { 4.0 } else { 1.0 };
        velocity.ground_speed_cm_s =
            SpeedUnit::Knots.ground_speed_cm_s(over_ground.groundspeed * step);
        velocity.track_cdeg = track_cdeg(over_ground.track);
    }
    velocity
}

fn status(said: &AircraftOperationStatus) -> Option<Status> {
    let version_0 = Status { version: 0, nic_a: false, nic_c: false, nac_p: 0 };
    let of = |version, nic_a: u8, nac_p| Status { version, nic_a: nic_a == 1, nac_p, ..version_0 };
    match said {
        AircraftOperationStatus::Airborne(airborne) => match airborne.version {
            ADSBVersionAirborne::DOC9871AppendixA(_) => Some(version_0),
            ADSBVersionAirborne::DOC9871AppendixB(v) => Some(of(1, v.nic_s, v.nac_p)),
            ADSBVersionAirborne::DOC9871AppendixC(v) => Some(of(2, v.nic_a, v.nac_p)),
            ADSBVersionAirborne::Reserved { .. } => None,
        },
        AircraftOperationStatus::Surface(surface) => {
            let nic_c = surface.capability_class.nic_c == 1;
            match surface.version {
                ADSBVersionSurface::DOC9871AppendixA(_) => Some(version_0),
                ADSBVersionSurface::DOC9871AppendixB(v) => Some(of(1, v.nic_s, v.nac_p)),
                ADSBVersionSurface::DOC9871AppendixC(v) => {
                    Some(Status { nic_c, ..of(2, v.nic_a, v.nac_p) })
                }
                ADSBVersionSurface::Reserved { .. } => None,
            }
        }
        AircraftOperationStatus::Reserved { .. } => None,
    }
}
