//! Squares of the Military Grid Reference System to positions, the same bytes on every machine.
//!
//! The grid is that of NGA.STND.0037: UTM zones and 8-degree bands, 100 km squares by two
//! letters (the scheme of WGS 84), then as many digits of easting as of northing. The inverse
//! projection is Krüger's series to the sixth order (Karney, Journal of Geodesy 85, 2011, eq.
//! 7-36), good to nanometres within a zone. The polar caps (UPS) are refused: nobody is there.

use std::f64::consts::PI;
use std::str::FromStr;

use crate::geodesy::{A_M, E2, F};
use crate::position::Position;

/// Most characters of a reference, spaces among them.
pub const CHARS_MAX: usize = 32;

/// Scale of UTM on its central meridian.
const K0: f64 = 0.9996;
const FALSE_EASTING_M: f64 = 500_000.0;
const FALSE_NORTHING_M: f64 = 10_000_000.0;
/// Rows of 100 km squares come round after twenty.
const ROWS: usize = 20;
/// A square may reach so far past its band and be named by it.
const BAND_SLACK_DEG: f64 = 1.0;
/// Farthest from a zone's central meridian that the widest zone (33X, 35X) and a square reach.
const LON_DEG_MAX: f64 = 7.0;

/// A square of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Square {
    /// Its middle.
    pub centre: Position,
    /// Its side, metres: 100,000 without digits, 1 with five of each.
    pub side_m: u32,
}

impl Square {
    /// How far its corners are from its middle, metres, rounded up. The scale of the projection
    /// (up to a thousandth) is within the rounding.
    #[must_use]
    pub const fn radius_m(self) -> u32 {
        self.side_m * 708 / 1000 + 1
    }
}

/// Why a text names no square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MgrsFault {
    /// Not a zone, a band, two letters and digits in pairs.
    #[error("it is not a zone, a band, two letters and an even number of digits")]
    Malformed,
    /// In the polar caps.
    #[error("squares of the polar caps are not read")]
    Polar,
    /// The letters name no square in that zone and band.
    #[error("there is no such square in that zone and band")]
    NoSuchSquare,
}

/// Such as `37S BS 4455 3333`, with or without spaces, in either case.
impl FromStr for Square {
    type Err = MgrsFault;

    fn from_str(text: &str) -> Result<Self, MgrsFault> {
        if text.len() > CHARS_MAX || !text.is_ascii() {
            return Err(MgrsFault::Malformed);
        }
        let text: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        let zone_digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if zone_digits == 0 && matches!(text.first(), Some(b'A' | b'B' | b'Y' | b'Z')) {
            return Err(MgrsFault::Polar);
        }
        let (zone, rest) = text.split_at(zone_digits);
        let zone = number(zone).filter(|zone| (1..=60).contains(zone) && zone_digits <= 2);
        let zone = zone.ok_or(MgrsFault::Malformed)?;
        let (&[band, column, row], digits) =
            rest.split_first_chunk::<3>().ok_or(MgrsFault::Malformed)?;
        let (side_m, east, north) = offsets(digits).ok_or(MgrsFault::Malformed)?;
        let band = Band::of(band, zone)?;
        let column = column_m(column, zone).ok_or(MgrsFault::NoSuchSquare)?;
        let row = row_m(row, zone).ok_or(MgrsFault::NoSuchSquare)?;
        let half = f64::from(side_m) / 2.0;
        let easting = column + f64::from(east) + half;
        let place = (0..5)
            .map(|turn| row + f64::from(turn * 2_000_000) + f64::from(north) + half)
            .filter_map(|northing| unprojected(zone, easting, band.north_of_equator_m(northing)))
            .find(|&(_, lat)| band.holds(lat));
        let (lon, lat) = place.ok_or(MgrsFault::NoSuchSquare)?;
        let centre = Position::from_degrees(lon, lat).map_err(|_| MgrsFault::NoSuchSquare)?;
        Ok(Self { centre, side_m })
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The square's side and how far east and north of its 100 km square's corner it begins.
fn offsets(digits: &[u8]) -> Option<(u32, u32, u32)> {
    let pairs = digits.len() / 2;
    let fits = digits.len().is_multiple_of(2) && pairs <= 5;
    if !fits || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let side = 10_u32.pow(5 - u32::try_from(pairs).ok()?);
    let (east, north) = digits.split_at(pairs);
    let metres = |digits| if pairs == 0 { Some(0) } else { Some(number(digits)? * side) };
    Some((side, metres(east)?, metres(north)?))
}

/// A band of latitude.
#[derive(Clone, Copy)]
struct Band {
    south_deg: f64,
    north_deg: f64,
}

impl Band {
    fn of(letter: u8, zone: u32) -> Result<Self, MgrsFault> {
        const LETTERS: &[u8; 20] = b"CDEFGHJKLMNPQRSTUVWX";
        let index = LETTERS.iter().position(|&known| known == letter);
        let index = index.ok_or(MgrsFault::Malformed)?;
        if letter == b'X' && matches!(zone, 32 | 34 | 36) {
            return Err(MgrsFault::NoSuchSquare);
        }
        let south_deg = -80.0 + 8.0 * index as f64;
        let north_deg = if letter == b'X' { 84.0 } else { south_deg + 8.0 };
        Ok(Self { south_deg, north_deg })
    }

    /// A northing as metres north of the equator.
    fn north_of_equator_m(self, northing_m: f64) -> f64 {
        if self.south_deg < 0.0 { northing_m - FALSE_NORTHING_M } else { northing_m }
    }

    fn holds(self, lat_deg: f64) -> bool {
        self.south_deg - BAND_SLACK_DEG <= lat_deg && lat_deg <= self.north_deg + BAND_SLACK_DEG
    }
}

/// Columns run through the alphabet without I and O, eight to a zone.
fn column_m(letter: u8, zone: u32) -> Option<f64> {
    let letters: &[u8; 8] = match zone % 3 {
        1 => b"ABCDEFGH",
        2 => b"JKLMNPQR",
        _ => b"STUVWXYZ",
    };
    let index = letters.iter().position(|&known| known == letter)?;
    Some((index + 1) as f64 * 100_000.0)
}

/// Rows run from A in odd zones and from F in even ones, without I and O, up to V.
fn row_m(letter: u8, zone: u32) -> Option<f64> {
    const LETTERS: &[u8; ROWS] = b"ABCDEFGHJKLMNPQRSTUV";
    let index = LETTERS.iter().position(|&known| known == letter)?;
    let first = if zone.is_multiple_of(2) { 5 } else { 0 };
    Some(((index + ROWS - first) % ROWS) as f64 * 100_000.0)
}

/// Longitude and latitude in degrees of a place in a zone; `None` far outside the zone.
fn unprojected(zone: u32, easting_m: f64, north_m: f64) -> Option<(f64, f64)> {
    const N: f64 = F / (2.0 - F);
    const N2: f64 = N * N;
    const N3: f64 = N2 * N;
    const N4: f64 = N3 * N;
    const N5: f64 = N4 * N;
    const N6: f64 = N5 * N;
    const RADIUS_M: f64 = A_M / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0 + N6 / 256.0);
    /// Karney's beta (eq. 36).
    const BETA: [f64; 6] = [
        N / 2.0 - 2.0 * N2 / 3.0 + 37.0 * N3 / 96.0 - N4 / 360.0 - 81.0 * N5 / 512.0
            + 96_199.0 * N6 / 604_800.0,
        N2 / 48.0 + N3 / 15.0 - 437.0 * N4 / 1440.0 + 46.0 * N5 / 105.0
            - 1_118_711.0 * N6 / 3_870_720.0,
        17.0 * N3 / 480.0 - 37.0 * N4 / 840.0 - 209.0 * N5 / 4480.0 + 5569.0 * N6 / 90_720.0,
        4397.0 * N4 / 161_280.0 - 11.0 * N5 / 504.0 - 830_251.0 * N6 / 7_257_600.0,
        4583.0 * N5 / 161_280.0 - 108_847.0 * N6 / 3_991_680.0,
        20_648_693.0 * N6 / 638_668_800.0,
    ];
    let xi = north_m / (K0 * RADIUS_M);
    let eta = (easting_m - FALSE_EASTING_M) / (K0 * RADIUS_M);
    let (mut xi_sphere, mut eta_sphere) = (xi, eta);
    for (j, beta) in BETA.iter().enumerate() {
        let twice = 2.0 * (j + 1) as f64;
        xi_sphere -= beta * libm::sin(twice * xi) * libm::cosh(twice * eta);
        eta_sphere -= beta * libm::cos(twice * xi) * libm::sinh(twice * eta);
    }
    let (sin, cos, sinh) = (libm::sin(xi_sphere), libm::cos(xi_sphere), libm::sinh(eta_sphere));
    let conformal = sin / (sinh * sinh + cos * cos).sqrt();
    let lon_deg = libm::atan2(sinh, cos) * (180.0 / PI);
    let lat_deg = libm::atan(geographic(conformal)) * (180.0 / PI);
    let meridian = f64::from(zone) * 6.0 - 183.0;
    let wrapped = match meridian + lon_deg {
        lon if lon > 180.0 => lon - 360.0,
        lon if lon < -180.0 => lon + 360.0,
        lon => lon,
    };
    (lon_deg.abs() <= LON_DEG_MAX).then_some((wrapped, lat_deg))
}

/// The tangent of the geographic latitude from that of the conformal one, by Newton's method
/// (Karney, eq. 19-21): three steps settle to the last bits.
fn geographic(conformal: f64) -> f64 {
    let e = E2.sqrt();
    let mut tau = conformal / (1.0 - E2);
    for _ in 0..5 {
        let root = (1.0 + tau * tau).sqrt();
        let sigma = libm::sinh(e * libm::atanh(e * tau / root));
        let now = tau * (1.0 + sigma * sigma).sqrt() - sigma * root;
        tau += (conformal - now) / (1.0 + now * now).sqrt() * (1.0 + (1.0 - E2) * tau * tau)
            / ((1.0 - E2) * root);
    }
    tau
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Middles of squares of a metre, by NGA's GEOTRANS (the PyPI package `mgrs` 1.6).
    const VECTORS: &str = include_str!("testdata/mgrs.csv");

    #[test]
    fn squares_lie_where_geotrans_puts_them() {
        let mut read = 0;
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split(',');
            let (name, lat, lon) = (fields.next(), fields.next(), fields.next());
            let (name, degrees) =
                (name.unwrap(), |text: Option<&str>| text.unwrap().parse::<f64>().unwrap());
            let square: Square = name.parse().unwrap_or_else(|why| panic!("{name}: {why}"));
            let there = Position::from_degrees(degrees(lon), degrees(lat)).unwrap();
            let apart = crate::geodesy::inverse(square.centre, there).length_mm;
            // Ten millimetres is the rounding to the grid of positions.
            assert!(apart <= 15, "{name}: {apart} mm");
            read += 1;
        }
        assert!(read >= 200, "only {read} vectors");
    }

    #[test]
    fn spaces_and_case_do_not_matter_and_digits_say_how_fine() {
        let fine: Square = "37S BS 12345 67890".parse().unwrap();
        assert_eq!("37sbs1234567890".parse(), Ok(fine));
        let sides = ["37SBS", "37SBS16", "37SBS1267", "37SBS123678", "37SBS12346789"];
        let sides = sides.map(|text| text.parse::<Square>().unwrap().side_m);
        assert_eq!((sides, fine.side_m), ([100_000, 10_000, 1_000, 100, 10], 1));
    }

    #[test]
    fn what_names_no_square_is_refused() {
        let refused = |text: &str| text.parse::<Square>().unwrap_err();
        for text in ["", "37", "37S", "37SB", "37SBS1", "37SBS123456789012", "61SBS", "37IBS", "٣"]
        {
            assert_eq!(refused(text), MgrsFault::Malformed, "{text}");
        }
        assert_eq!(refused("ZAH0000"), MgrsFault::Polar);
        for text in ["37SJS1234", "37SBW1234", "32XMM1234", "37SIS1234", "37SBK1234"] {
            assert_eq!(refused(text), MgrsFault::NoSuchSquare, "{text}");
        }
    }
}
