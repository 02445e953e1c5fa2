//! SBS-1 BaseStation text, port 30003: comma-separated messages of which types 2 and 3 carry
//! positions, 1 call signs and 4 velocities.
//!
//! Times are those of the receiver's clock, in a zone that nothing tells: [`Options::zone`]
//! must. The format has no position quality.

use std::collections::HashMap;
use std::io::BufRead;

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use jiff::civil::{Date, DateTime, Time};
use spacetime::{Instant, Position, PositionFault};

use crate::adsb::{CALLSIGN_S_MAX, Recent, VELOCITY_S_MAX};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::limits::AIRCRAFT_MAX;
use crate::lines::{self, Lines};
use crate::rejection::{Code, Rejection};
use crate::state_vectors::{BAD_ADDRESS, BAD_NUMBER, NOT_A_NUMBER, OFF_THE_GLOBE};
use crate::units::{HeightUnit, SpeedUnit, track_cdeg};
use crate::zone::{LocalZone, NAIVE_TIME};

codes! {
    /// Not a message.
    NOT_SBS = "not-sbs", "the line is not a BaseStation message of 22 fields",
        "send lines as port 30003 gives them; the last line of a file still written may be cut";
    /// Not a date and time.
    BAD_SBS_TIME = "bad-sbs-time", "the message's date and time cannot be read",
        "write dates as 2024/07/06 and times as 06:43:09.525";
}

const FIELDS: usize = 22;
const TYPE: usize = 1;
const ADDRESS: usize = 4;
const DATE: usize = 6;
const TIME: usize = 7;
const CALLSIGN: usize = 10;
const ALTITUDE: usize = 11;
const SPEED: usize = 12;
const TRACK: usize = 13;
const LATITUDE: usize = 14;
const LONGITUDE: usize = 15;
const CLIMB: usize = 16;
const GROUND: usize = 21;
const NAMES: [&str; FIELDS] = [
    "message",
    "type",
    "session",
    "aircraft",
    "hex",
    "flight",
    "date",
    "time",
    "date-logged",
    "time-logged",
    "callsign",
    "altitude",
    "groundspeed",
    "track",
    "latitude",
    "longitude",
    "vertical-rate",
    "squawk",
    "alert",
    "emergency",
    "spi",
    "on-ground",
];

/// Reads BaseStation messages.
#[derive(Debug)]
pub struct Sbs<R> {
    lines: Lines<R>,
    options: Options,
    aircraft: HashMap<Address, Carried>,
    is_refused: bool,
}

/// What other messages said of an aircraft.
#[derive(Clone, Copy, Debug)]
struct Carried {
    heard_at: Instant,
    callsign: Recent<Callsign>,
    velocity: Recent<Velocity>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Velocity {
    ground_speed_cm_s: Option<u32>,
    track_cdeg: Option<u16>,
    climb_cm_s: Option<i32>,
}

impl<R: BufRead> Sbs<R> {
    /// From the start of `reader`, decompressed.
    pub fn new(reader: R, options: Options) -> Self {
        Self { lines: Lines::new(reader), options, aircraft: HashMap::new(), is_refused: false }
    }
}

impl<R: BufRead> Feed<TrackPoint> for Sbs<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, options, aircraft, is_refused } = self;
        let Some(zone) = &options.zone else {
            return Ok(batch.refuse_whole(is_refused, &NAIVE_TIME, options.input));
        };
        lines::fill(lines, options, batch, |line, locator| {
            message(aircraft, zone, line, locator).map_err(|(code, field)| {
                let why = Rejection::new(code, locator);
                field.map_or(why.clone(), |n| why.at(NAMES[n]))
            })
        })
    }
}

/// What is wrong, and with which field.
type Wrong = (&'static Code, Option<usize>);

fn message(
    aircraft: &mut HashMap<Address, Carried>,
    zone: &LocalZone,
    line: &[u8],
    locator: Locator,
) -> Result<Option<TrackPoint>, Wrong> {
    let text = std::str::from_utf8(line).map_err(|_| (&NOT_SBS, None))?;
    let mut fields = [""; FIELDS];
    let mut count = 0;
    for field in text.split(',') {
        *fields.get_mut(count).ok_or((&NOT_SBS, None))? = field.trim();
        count += 1;
    }
    if matches!(fields[0], "SEL" | "ID" | "AIR" | "STA" | "CLK") {
        return Ok(None);
    }
    if fields[0] != "MSG" || count != FIELDS {
        return Err((&NOT_SBS, None));
    }
    let address = Address::parse(fields[ADDRESS]).ok_or((&BAD_ADDRESS, Some(ADDRESS)))?;
    let at = instant(zone, fields[DATE], fields[TIME]).map_err(|code| (code, Some(TIME)))?;
    let own = remember(aircraft, address, at);
    let said = Velocity {
        ground_speed_cm_s: number(&fields, SPEED)?
            .and_then(|speed| SpeedUnit::Knots.ground_speed_cm_s(speed)),
        track_cdeg: number(&fields, TRACK)?.and_then(track_cdeg),
        climb_cm_s: number(&fields, CLIMB)?
            .and_then(|climb| SpeedUnit::FeetAMinute.climb_cm_s(climb)),
    };
    match fields[TYPE] {
        "1" => {
            if let Some(sign) = Callsign::parse(fields[CALLSIGN]) {
                own.callsign.set(sign, at);
            }
            Ok(None)
        }
        "4" => {
            own.velocity.set(said, at);
            Ok(None)
        }
        "2" | "3" => {
            let velocity = own.velocity.get(at, VELOCITY_S_MAX).unwrap_or_default();
            let Some(position) = position(&fields)? else { return Ok(None) };
            Ok(Some(TrackPoint {
                observed_at: at,
                address,
                position,
                altitude_baro: number(&fields, ALTITUDE)?
                    .and_then(|height| HeightUnit::Feet.baro(height)),
                altitude_ellipsoid: None,
                ground_speed_cm_s: said.ground_speed_cm_s.or(velocity.ground_speed_cm_s),
                track_cdeg: said.track_cdeg.or(velocity.track_cdeg),
                vertical_rate_cm_s: said.climb_cm_s.or(velocity.climb_cm_s),
                callsign: own.callsign.get(at, CALLSIGN_S_MAX),
                quality: PositionQuality::default(),
                on_ground: fields[TYPE] == "2" || matches!(fields[GROUND], "1" | "-1"),
                locator,
            }))
        }
        "5" | "6" | "7" | "8" => Ok(None),
        _ => Err((&NOT_SBS, Some(TYPE))),
    }
}

fn position(fields: &[&str; FIELDS]) -> Result<Option<Position>, Wrong> {
    let (Some(lon), Some(lat)) = (number(fields, LONGITUDE)?, number(fields, LATITUDE)?) else {
        return Ok(None);
    };
    Position::from_degrees(lon, lat).map(Some).map_err(|fault| match fault {
        PositionFault::NotFinite => (&NOT_A_NUMBER, Some(LATITUDE)),
        PositionFault::LongitudeOutside => (&OFF_THE_GLOBE, Some(LONGITUDE)),
        PositionFault::LatitudeOutside => (&OFF_THE_GLOBE, Some(LATITUDE)),
    })
}

fn number(fields: &[&str; FIELDS], index: usize) -> Result<Option<f64>, Wrong> {
    match fields[index] {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| (&BAD_NUMBER, Some(index))),
    }
}

fn instant(zone: &LocalZone, date: &str, time: &str) -> Result<Instant, &'static Code> {
    let date: Date = date.replace('/', "-").parse().map_err(|_| &BAD_SBS_TIME)?;
    let time: Time = time.parse().map_err(|_| &BAD_SBS_TIME)?;
    zone.instant(DateTime::from_parts(date, time))
}

/// What is carried of an aircraft. When there are too many, those heard longest ago go.
fn remember(
    aircraft: &mut HashMap<Address, Carried>,
    address: Address,
    at: Instant,
) -> &mut Carried {
    if aircraft.len() >= AIRCRAFT_MAX && !aircraft.contains_key(&address) {
        let mut heard: Vec<Instant> = aircraft.values().map(|own| own.heard_at).collect();
        let (_, &mut median, _) = heard.select_nth_unstable(AIRCRAFT_MAX / 2);
        aircraft.retain(|_, own| own.heard_at > median);
    }
    let new = Carried { heard_at: at, callsign: Recent::default(), velocity: Recent::default() };
    let own = aircraft.entry(address).or_insert(new);
    own.heard_at = at;
    own
}
