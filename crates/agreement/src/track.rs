//! Where aircraft were: the rows of a track segment.

use std::fmt;

use serde::Serialize;
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

use crate::canonical::Digest;

/// A transponder's 24-bit address, and whether it is one that ICAO assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(u32);

impl Address {
    const NOT_ICAO: u32 = 1 << 24;

    /// A 24-bit address assigned by ICAO; higher bits are dropped.
    #[must_use]
    pub const fn icao(bits: u32) -> Self {
        Self(bits & 0xff_ffff)
    }

    /// An address of another kind: anonymous, ground-assigned (TIS-B), a sensor's own track
    /// number. Such addresses do not name an airframe.
    #[must_use]
    pub const fn other(bits: u32) -> Self {
        Self(bits & 0xff_ffff | Self::NOT_ICAO)
    }

    /// From six hexadecimal digits, with `~` before them when it is not ICAO's (as readsb
    /// writes it); `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, is_icao) = match text.as_bytes() {
            [b'~', digits @ ..] => (digits, false),
            digits => (digits, true),
        };
        let digits: &[u8; 6] = digits.try_into().ok()?;
        let bits = digits
            .iter()
            .try_fold(0, |bits: u32, &byte| Some(bits << 4 | char::from(byte).to_digit(16)?))?;
        Some(if is_icao { Self::icao(bits) } else { Self::other(bits) })
    }

    /// The 24 bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 & 0xff_ffff
    }

    /// Whether ICAO assigned it.
    #[must_use]
    pub const fn is_icao(self) -> bool {
        self.0 & Self::NOT_ICAO == 0
    }
}

/// Six lower-case hexadecimal digits, `~` before them when it is not ICAO's.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_icao() { "" } else { "~" };
        write!(f, "{mark}{:06x}", self.bits())
    }
}

/// A flight's call sign: up to eight letters and digits, without trailing space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Callsign([u8; 8]);

impl Callsign {
    /// Letters are made upper-case and space around is dropped; `None` when nothing is left,
    /// or more than eight characters, or others than letters, digits and `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        let allowed = text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        if text.is_empty() || text.len() > 8 || !allowed {
            return None;
        }
        let mut sign = [b' '; 8];
        for (to, from) in sign.iter_mut().zip(text) {
            *to = from.to_ascii_uppercase();
        }
        Some(Self(sign))
    }
}

impl Callsign {
    /// Eight characters, padded with spaces.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// From what [`Callsign::bytes`] gave; `None` for anything else.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 8]) -> Option<Self> {
        let sign = Self::parse(std::str::from_utf8(&bytes).ok()?)?;
        (sign.0 == bytes).then_some(sign)
    }
}

impl fmt::Display for Callsign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        f.write_str(text.trim_end())
    }
}

/// How good the sender says its position is (DO-260B §2.2.3.2.7.2, A.1.4.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PositionQuality {
    /// Navigation integrity category, 0 to 11.
    pub nic: Option<u8>,
    /// Navigation accuracy category for position, 0 to 11.
    pub nac_p: Option<u8>,
    /// Navigation uncertainty category of version-0 transponders, 0 to 9.
    pub nuc_p: Option<u8>,
}

/// Where a record came from. A locator, never part of what is digested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator {
    /// Which of the inputs, counted from 0 in the order they were merged.
    pub input: u16,
    /// Which record of it, counted from 1: a line of text, a row of a table.
    pub record: u64,
}

/// One aircraft at one place and time, as a feed reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackPoint {
    /// When it was there.
    pub observed_at: Instant,
    /// Which aircraft.
    pub address: Address,
    /// Where it was.
    pub position: Position,
    /// Pressure altitude, if reported.
    pub altitude_baro: Option<AltitudeBaro>,
    /// Height above the ellipsoid, if reported.
    pub altitude_ellipsoid: Option<AltitudeEllipsoid>,
    /// Speed over ground in centimetres a second, if reported and recent.
    pub ground_speed_cm_s: Option<u32>,
    /// Track over ground in hundredths of a degree from true north, 0 to 35999.
    pub track_cdeg: Option<u16>,
    /// Climb in centimetres a second, negative in descent.
    pub vertical_rate_cm_s: Option<i32>,
    /// Call sign, if reported and recent.
    pub callsign: Option<Callsign>,
    /// Quality as the sender states it.
    pub quality: PositionQuality,
    /// Whether the sender says it is on the ground.
    pub on_ground: bool,
    /// Where the record stands.
    pub locator: Locator,
}

impl TrackPoint {
    /// An aircraft at a place and time, of which nothing else is known.
    #[must_use]
    pub fn new(observed_at: Instant, address: Address, position: Position) -> Self {
        Self {
            observed_at,
            address,
            position,
            altitude_baro: None,
            altitude_ellipsoid: None,
            ground_speed_cm_s: None,
            track_cdeg: None,
            vertical_rate_cm_s: None,
            callsign: None,
            quality: PositionQuality::default(),
            on_ground: false,
            locator: Locator::default(),
        }
    }

    /// Digest of the canonical row: what was reported, without its locator.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let row = Row {
            address: self.address.to_string(),
            altitude_baro_cm: self.altitude_baro.map(AltitudeBaro::cm),
            altitude_ellipsoid_cm: self.altitude_ellipsoid.map(AltitudeEllipsoid::cm),
            callsign: self.callsign.map(|sign| sign.to_string()),
            ground_speed_cm_s: self.ground_speed_cm_s,
            lat_e7: self.position.lat_e7(),
            lon_e7: self.position.lon_e7(),
            observed_at: self.observed_at.to_string(),
            on_ground: self.on_ground,
            quality: [self.quality.nic, self.quality.nac_p, self.quality.nuc_p],
            track_cdeg: self.track_cdeg,
            vertical_rate_cm_s: self.vertical_rate_cm_s,
        };
        let bytes = serde_json::to_vec(&row).expect("a row holds integers and text only");
        Digest::of_bytes(&bytes)
    }
}

/// The canonical row (RFC 8785): its members stand in the order of their names, and none of its
/// integers needs more than 33 bits, so that plain JSON of it is canonical.
#[derive(Serialize)]
struct Row {
    address: String,
    altitude_baro_cm: Option<i32>,
    altitude_ellipsoid_cm: Option<i32>,
    callsign: Option<String>,
    ground_speed_cm_s: Option<u32>,
    lat_e7: i32,
    lon_e7: i32,
    observed_at: String,
    on_ground: bool,
    quality: [Option<u8>; 3],
    track_cdeg: Option<u16>,
    vertical_rate_cm_s: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_whether_icao_assigned_it() {
        let real = Address::parse("393322").unwrap();
        let other = Address::parse("~393322").unwrap();
        assert!(real != other && real.bits() == other.bits());
        assert_eq!((real.to_string(), other.to_string()), ("393322".into(), "~393322".into()));
        assert_eq!(Address::parse("39332"), None);
        assert_eq!(Address::parse("39332g"), None);
    }

    #[test]
    fn a_row_is_digested_in_its_canonical_form() {
        let at = Instant::parse("2017-07-09T09:00:00.250Z").unwrap();
        let position = Position::from_e7(361_000_000, -5).unwrap();
        let mut point = TrackPoint::new(at, Address::other(0xabc), position);
        for _ in 0..2 {
            let row = serde_json::json!({
                "observed_at": point.observed_at.to_string(),
                "address": "~000abc",
                "lon_e7": 361_000_000,
                "lat_e7": -5,
                "altitude_baro_cm": point.altitude_baro.map(AltitudeBaro::cm),
                "altitude_ellipsoid_cm": point.altitude_ellipsoid.map(AltitudeEllipsoid::cm),
                "ground_speed_cm_s": point.ground_speed_cm_s,
                "track_cdeg": point.track_cdeg,
                "vertical_rate_cm_s": point.vertical_rate_cm_s,
                "callsign": point.callsign.map(|sign| sign.to_string()),
                "quality": [point.quality.nic, point.quality.nac_p, point.quality.nuc_p],
                "on_ground": point.on_ground,
            });
            assert_eq!(point.digest(), Digest::of(&row).unwrap());
            point.altitude_baro = Some(AltitudeBaro::from_cm(i32::MIN));
            point.altitude_ellipsoid = Some(AltitudeEllipsoid::from_cm(-12));
            point.ground_speed_cm_s = Some(u32::MAX);
            point.track_cdeg = Some(35_999);
            point.vertical_rate_cm_s = Some(-64);
            point.callsign = Callsign::parse("AFR-62");
            point.quality = PositionQuality { nic: Some(8), nac_p: None, nuc_p: Some(0) };
            point.on_ground = true;
        }
    }

    #[test]
    fn a_call_sign_is_upper_case_without_padding() {
        assert_eq!(Callsign::parse(" afr62rt ").unwrap().to_string(), "AFR62RT");
        assert_eq!(Callsign::parse("TOOLONGBYONE"), None);
        assert_eq!(Callsign::parse("   "), None);
    }
}
