//! Compact position reporting: two 17-bit fractions to a position, in integers throughout
//! (DO-260B §A.1.7, ICAO Doc 9871 §C.2.6).
//!
//! A latitude is a whole number of steps, of which [`FRACTION`] make one zone and `zones` zones
//! a turn: 360 degrees in the air, 90 on the surface. Nothing is rounded before the last step,
//! so the answer is the same on every machine.

use spacetime::Position;

/// Steps in a zone.
const FRACTION: i64 = 1 << 17;
/// A full circle, in 1e-7 degree.
const CIRCLE_E7: i64 = 3_600_000_000;

/// Whether a report was sent on even or odd zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// 60 zones of latitude a turn.
    Even,
    /// 59 zones of latitude a turn.
    Odd,
}

/// Which of the two codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A turn is 360 degrees.
    Airborne,
    /// A turn is 90 degrees: four times as fine, four times as ambiguous.
    Surface,
}

/// An encoded position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Which coding.
    pub kind: Kind,
    /// Which zones.
    pub parity: Parity,
    /// Fraction of a latitude zone, 17 bits.
    pub lat: u32,
    /// Fraction of a longitude zone, 17 bits.
    pub lon: u32,
}

/// Why two reports give no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairFault {
    /// Their latitudes lie in bands with different numbers of longitude zones.
    ZoneBoundary,
    /// The latitude they give lies beyond a pole: they do not belong together.
    OffGlobe,
    /// A surface pair, and no reference to tell the four quarters of the globe apart.
    NoReference,
}

/// Position of `latest` from it and a report of the other parity. A surface pair needs a
/// `reference` less than 45 degrees away.
///
/// # Errors
/// When the two do not give one position.
///
/// # Panics
/// When the two are of different kind or of equal parity.
pub fn from_pair(
    latest: Encoded,
    other: Encoded,
    reference: Option<Position>,
) -> Result<Position, PairFault> {
    assert!(latest.kind == other.kind && latest.parity != other.parity, "not a pair");
    let (even, odd) = match latest.parity {
        Parity::Even => (latest, other),
        Parity::Odd => (other, latest),
    };
    let (lat_even, lat_odd) = (i64::from(even.lat), i64::from(odd.lat));
    let zone = (59 * lat_even - 60 * lat_odd + FRACTION / 2).div_euclid(FRACTION);
    let even_lat = Latitude::new(even, zone.rem_euclid(60)).near(reference)?;
    let odd_lat = Latitude::new(odd, zone.rem_euclid(59)).near(reference)?;
    let bands = even_lat.longitude_zones();
    if bands != odd_lat.longitude_zones() {
        return Err(PairFault::ZoneBoundary);
    }
    let lat = if latest.parity == Parity::Even { even_lat } else { odd_lat };
    let (lon_even, lon_odd) = (i64::from(even.lon), i64::from(odd.lon));
    let zone = (lon_even * (bands - 1) - lon_odd * bands + FRACTION / 2).div_euclid(FRACTION);
    let zones = longitude_zones(bands, latest.parity);
    let steps = zone.rem_euclid(zones) * FRACTION + i64::from(latest.lon);
    let lon_e7 = to_e7(steps, zones, turn_e7(latest.kind));
    let lon_e7 = match (latest.kind, reference) {
        (Kind::Surface, Some(at)) => nearest(lon_e7, i64::from(at.lon_e7()), CIRCLE_E7 / 4),
        _ => lon_e7,
    };
    position(lon_e7, lat.e7()).ok_or(PairFault::OffGlobe)
}

/// The position nearest to `reference` that `report` can stand for: right when the true one
/// is less than half a zone away, 180 NM in the air and 45 NM on the surface. `None` when it
/// lies beyond a pole.
pub fn from_reference(report: Encoded, reference: Position) -> Option<Position> {
    let turn = turn_e7(report.kind);
    let zone_nearest = |fraction: u32, zones: i64, near_e7: i64| {
        let twice = 2 * near_e7 * zones * FRACTION + turn * (FRACTION - 2 * i64::from(fraction));
        twice.div_euclid(2 * turn * FRACTION)
    };
    let zones = latitude_zones(report.parity);
    let zone = zone_nearest(report.lat, zones, i64::from(reference.lat_e7()));
    let lat = Latitude::new(report, zone);
    if lat.e7().abs() > CIRCLE_E7 / 4 {
        return None;
    }
    let zones = longitude_zones(lat.longitude_zones(), report.parity);
    let zone = zone_nearest(report.lon, zones, i64::from(reference.lon_e7()));
    position(to_e7(zone * FRACTION + i64::from(report.lon), zones, turn), lat.e7())
}

const fn turn_e7(kind: Kind) -> i64 {
    match kind {
        Kind::Airborne => CIRCLE_E7,
        Kind::Surface => CIRCLE_E7 / 4,
    }
}

const fn latitude_zones(parity: Parity) -> i64 {
    match parity {
        Parity::Even => 60,
        Parity::Odd => 59,
    }
}

fn longitude_zones(bands: i64, parity: Parity) -> i64 {
    if parity == Parity::Odd { (bands - 1).max(1) } else { bands }
}

/// `steps` of a turn cut into `zones`, to the nearest 1e-7 degree, halves up.
fn to_e7(steps: i64, zones: i64, turn: i64) -> i64 {
    let parts = zones * FRACTION;
    (2 * steps * turn + parts).div_euclid(2 * parts)
}

/// `value` moved by whole `period`s to where it is nearest to `to`.
fn nearest(value: i64, to: i64, period: i64) -> i64 {
    value + (to - value + period / 2).div_euclid(period) * period
}

fn position(lon_e7: i64, lat_e7: i64) -> Option<Position> {
    let lon = (lon_e7 + CIRCLE_E7 / 2).rem_euclid(CIRCLE_E7) - CIRCLE_E7 / 2;
    Position::from_e7(i32::try_from(lon).ok()?, i32::try_from(lat_e7).ok()?).ok()
}

/// A latitude, exact: `steps` of which `zones` times [`FRACTION`] make a turn.
#[derive(Clone, Copy)]
struct Latitude {
    steps: i64,
    zones: i64,
    turn: i64,
}

impl Latitude {
    fn new(report: Encoded, zone: i64) -> Self {
        Self {
            steps: zone * FRACTION + i64::from(report.lat),
            zones: latitude_zones(report.parity),
            turn: turn_e7(report.kind),
        }
    }

    fn e7(self) -> i64 {
        to_e7(self.steps, self.zones, self.turn)
    }

    /// The one of the latitudes a turn apart that is on the globe; on the surface the one on
    /// the reference's side of the equator.
    fn near(mut self, reference: Option<Position>) -> Result<Self, PairFault> {
        let quarter = CIRCLE_E7 / 4;
        let turn_back = if self.turn == CIRCLE_E7 {
            self.e7() >= 3 * quarter
        } else {
            let at = i64::from(reference.ok_or(PairFault::NoReference)?.lat_e7());
            nearest(self.e7(), at, self.turn) < self.e7()
        };
        if turn_back {
            self.steps -= self.zones * FRACTION;
        }
        if self.e7().abs() > quarter { Err(PairFault::OffGlobe) } else { Ok(self) }
    }

    /// NL: how many longitude zones fit in this latitude, 1 to 59.
    fn longitude_zones(self) -> i64 {
        let scaled = i128::from(self.steps.abs()) * i128::from(self.turn) * 10;
        let parts = i128::from(self.zones * FRACTION);
        let passed = TRANSITIONS_E8.partition_point(|&edge| i128::from(edge) * parts <= scaled);
        59 - passed as i64
    }
}

/// Latitudes in 1e-8 degree from which the number of longitude zones falls to 58, 57, ... 1
/// (1090-WP-9-14, table of NL).
#[rustfmt::skip]
const TRANSITIONS_E8: [i64; 58] = [
    1_047_047_130, 1_482_817_437, 1_818_626_357, 2_102_939_493, 2_354_504_487, 2_582_924_707,
    2_793_898_710, 2_991_135_686, 3_177_209_708, 3_353_993_436, 3_522_899_598, 3_685_025_108,
    3_841_241_892, 3_992_256_684, 4_138_651_832, 4_280_914_012, 4_419_454_951, 4_554_626_723,
    4_686_733_252, 4_816_039_128, 4_942_776_439, 5_067_150_166, 5_189_342_469, 5_309_516_153,
    5_427_817_472, 5_544_378_444, 5_659_318_756, 5_772_747_354, 5_884_763_776, 5_995_459_277,
    6_104_917_774, 6_213_216_659, 6_320_427_479, 6_426_616_523, 6_531_845_310, 6_636_171_008,
    6_739_646_774, 6_842_322_022, 6_944_242_631, 7_045_451_075, 7_145_986_473, 7_245_884_545,
    7_345_177_442, 7_443_893_416, 7_542_056_257, 7_639_684_391, 7_736_789_461, 7_833_374_083,
    7_929_428_225, 8_024_923_213, 8_119_801_349, 8_213_956_981, 8_307_199_445, 8_399_173_563,
    8_489_166_191, 8_575_541_621, 8_653_536_998, 8_700_000_000,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rs1090::decode::bds::bds05::AirbornePosition;
    use rs1090::decode::bds::bds06::SurfacePosition;
    use rs1090::decode::cpr;

    use super::*;

    fn at(lon: f64, lat: f64) -> Position {
        Position::from_degrees(lon, lat).unwrap()
    }

    /// The encoder of DO-260B §A.1.7.3, in floats, as an independent check.
    fn encode(kind: Kind, parity: Parity, p: Position) -> Encoded {
        let turn = if kind == Kind::Airborne { 360.0 } else { 90.0 };
        let d_lat = turn / latitude_zones(parity) as f64;
        let fraction = |x: f64, d: f64| {
            let y = ((x.rem_euclid(d) / d) * FRACTION as f64 + 0.5).floor();
            (y, (y as u32) & 0x1_ffff)
        };
        let (y, lat) = fraction(p.lat_degrees(), d_lat);
        let r_lat = d_lat * (y / FRACTION as f64 + (p.lat_degrees() / d_lat).floor());
        let edge = r_lat.abs() * 1e8;
        let bands = 59 - TRANSITIONS_E8.iter().filter(|&&t| t as f64 <= edge).count() as i64;
        let d_lon = turn / longitude_zones(bands, parity) as f64;
        Encoded { kind, parity, lat, lon: fraction(p.lon_degrees(), d_lon).1 }
    }

    fn close(a: Position, b: Position, steps: i64) -> bool {
        let lon = (i64::from(a.lon_e7()) - i64::from(b.lon_e7())).rem_euclid(CIRCLE_E7);
        (a.lat_e7() - b.lat_e7()).abs() as i64 <= steps && lon.min(CIRCLE_E7 - lon) <= steps
    }

    #[test]
    fn the_textbook_pair_decodes_to_the_textbook_place() {
        // 8D40621D58C382D690C8AC2863A7 and 8D40621D58C386435CC412692AD6, from "The 1090
        // Megahertz Riddle": 52.25720 N 3.91937 E for the even one.
        let even = Encoded { kind: Kind::Airborne, parity: Parity::Even, lat: 93_000, lon: 51_372 };
        let odd = Encoded { parity: Parity::Odd, lat: 74_158, lon: 50_194, ..even };
        let place = from_pair(even, odd, None).unwrap();
        assert!(close(place, at(3.919_372_6, 52.257_202_1), 2), "{place}");
        let local = from_reference(even, at(3.0, 52.0)).unwrap();
        assert_eq!(local, place);
    }

    #[test]
    fn a_surface_pair_needs_a_reference() {
        let place = at(2.573_547, 49.005_832);
        let even = encode(Kind::Surface, Parity::Even, place);
        let odd = encode(Kind::Surface, Parity::Odd, place);
        assert_eq!(from_pair(even, odd, None), Err(PairFault::NoReference));
        for reference in [at(30.0, 60.0), at(-20.0, 10.0)] {
            assert!(close(from_pair(even, odd, Some(reference)).unwrap(), place, 300));
        }
        let south = encode(Kind::Surface, Parity::Even, at(151.17, -33.94));
        let odd = encode(Kind::Surface, Parity::Odd, at(151.17, -33.94));
        let found = from_pair(south, odd, Some(at(140.0, -30.0))).unwrap();
        assert!(close(found, at(151.17, -33.94), 300));
    }

    #[test]
    fn a_pair_across_a_zone_boundary_gives_no_position() {
        let edge = 52.0 - (52.0 - 51.893_424_69);
        let even = encode(Kind::Airborne, Parity::Even, at(3.0, edge - 0.001));
        let odd = encode(Kind::Airborne, Parity::Odd, at(3.0, edge + 0.001));
        assert_eq!(from_pair(odd, even, None), Err(PairFault::ZoneBoundary));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_found_again(lon in -180.0..180.0f64, lat in -86.4..86.4f64) {
            let place = at(lon, lat);
            let even = encode(Kind::Airborne, Parity::Even, place);
            let odd = encode(Kind::Airborne, Parity::Odd, place);
            let room = (1200.0 / lat.to_radians().cos()) as i64;
            match from_pair(odd, even, None) {
                Ok(found) => prop_assert!(close(found, place, room), "{found} {place}"),
                Err(fault) => prop_assert_eq!(fault, PairFault::ZoneBoundary),
            }
            let near = at((lon + 0.4).min(180.0), lat - 0.5);
            prop_assert!(close(from_reference(even, near).unwrap(), place, room));
        }

        #[test]
        fn it_agrees_with_the_decoding_crate(
            lat in 0u32..1 << 17, lon in 0u32..1 << 17, lat_2 in 0u32..1 << 17,
            lon_2 in 0u32..1 << 17, near_lon in -179.0..179.0f64, near_lat in -80.0..80.0f64,
        ) {
            let even = Encoded { kind: Kind::Airborne, parity: Parity::Even, lat, lon };
            let odd = Encoded { parity: Parity::Odd, lat: lat_2, lon: lon_2, ..even };
            let theirs = cpr::airborne_position(&airborne(odd), &airborne(even));
            let ours = from_pair(even, odd, None).ok();
            prop_assert_eq!(ours.is_some(), theirs.is_some());
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                prop_assert!(close(ours, at(theirs.longitude, theirs.latitude), 1));
            }
            let theirs = cpr::airborne_position_with_reference(&airborne(even), near_lat, near_lon);
            if let Some(theirs) = theirs.filter(|p| p.longitude.abs() <= 180.0) {
                let ours = from_reference(even, at(near_lon, near_lat)).unwrap();
                prop_assert!(close(ours, at(theirs.longitude, theirs.latitude), 1));
            }
            let ground = Encoded { kind: Kind::Surface, ..even };
            let theirs = cpr::surface_position_with_reference(&surface(ground), near_lat, near_lon);
            if let Some(theirs) = theirs.filter(|p| p.longitude.abs() <= 180.0) {
                let ours = from_reference(ground, at(near_lon, near_lat)).unwrap();
                prop_assert!(close(ours, at(theirs.longitude, theirs.latitude), 1));
            }
        }
    }

    fn json(report: Encoded) -> serde_json::Value {
        serde_json::json!({
            "NUCp": 7, "altitude": 1000, "source": "barometric", "time_sync": false,
            "groundspeed": 1.0, "track": 1.0,
            "parity": if report.parity == Parity::Even { "even" } else { "odd" },
            "lat_cpr": report.lat, "lon_cpr": report.lon,
        })
    }

    fn airborne(report: Encoded) -> AirbornePosition {
        serde_json::from_value(json(report)).unwrap()
    }

    fn surface(report: Encoded) -> SurfacePosition {
        serde_json::from_value(json(report)).unwrap()
    }
}
