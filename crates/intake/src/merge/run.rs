//! A sorted run of points in a temporary file, which has no name and vanishes with its handle.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

type Key = (Instant, u64);

const BUFFER_BYTES: usize = 64 * 1024;
/// Bytes of one point on disk.
const RECORD: usize = 72;

/// Writes a run.
pub(super) struct RunWriter(BufWriter<File>);

impl RunWriter {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile()?)))
    }

    pub(super) fn write(&mut self, key: Key, point: &TrackPoint) -> io::Result<()> {
        self.0.write_all(&encode(key, point))
    }

    pub(super) fn finish(self) -> io::Result<Run> {
        let mut file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut run = Run { reader: BufReader::with_capacity(BUFFER_BYTES, file), next: None };
        run.take()?;
        Ok(run)
    }
}

/// Reads a run back, in order.
pub(super) struct Run {
    reader: BufReader<File>,
    next: Option<(Key, TrackPoint)>,
}

impl Run {
    /// Key of the next point.
    pub(super) fn head(&self) -> Option<Key> {
        self.next.map(|(key, _)| key)
    }

    /// Takes the next point.
    pub(super) fn take(&mut self) -> io::Result<Option<TrackPoint>> {
        let mut record = [0; RECORD];
        let following = match self.reader.read_exact(&mut record) {
            Ok(()) => Some(decode(&record).ok_or(io::ErrorKind::InvalidData)?),
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(fault) => return Err(fault),
        };
        Ok(std::mem::replace(&mut self.next, following).map(|(_, point)| point))
    }
}

fn encode((latest, record): Key, point: &TrackPoint) -> [u8; RECORD] {
    let mut out = [0; RECORD];
    let mut rest = &mut out[..];
    let mut put = |bytes: &[u8]| {
        let (to, after) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        to.copy_from_slice(bytes);
        rest = after;
    };
    let address = point.address;
    let quality = point.quality;
    put(&latest.micros().to_le_bytes());
    put(&record.to_le_bytes());
    put(&point.observed_at.micros().to_le_bytes());
    put(&(address.bits() << 1 | u32::from(address.is_icao())).to_le_bytes());
    put(&point.position.lon_e7().to_le_bytes());
    put(&point.position.lat_e7().to_le_bytes());
    put(&optional(point.altitude_baro.map(AltitudeBaro::cm)));
    put(&optional(point.altitude_ellipsoid.map(AltitudeEllipsoid::cm)));
    put(&optional(point.ground_speed_cm_s.map(u32::cast_signed)));
    put(&optional(point.vertical_rate_cm_s));
    put(&point.track_cdeg.map_or(u16::MAX, |track| track).to_le_bytes());
    put(&callsign_bytes(point.callsign));
    let category = |value: Option<u8>| value.unwrap_or(u8::MAX);
    put(&[category(quality.nic), category(quality.nac_p), category(quality.nuc_p)]);
    put(&[u8::from(point.on_ground)]);
    put(&point.locator.input.to_le_bytes());
    out
}

fn decode(record: &[u8; RECORD]) -> Option<(Key, TrackPoint)> {
    let mut rest = &record[..];
    let at = Instant::from_micros(i64::from_le_bytes(take(&mut rest)?));
    let number = u64::from_le_bytes(take(&mut rest)?);
    let observed_at = Instant::from_micros(i64::from_le_bytes(take(&mut rest)?));
    let address = u32::from_le_bytes(take(&mut rest)?);
    let lon = i32::from_le_bytes(take(&mut rest)?);
    let lat = i32::from_le_bytes(take(&mut rest)?);
    let mut number_if_any = || {
        let [known, bytes @ ..] = take::<5>(&mut rest)?;
        Some((known != 0).then(|| i32::from_le_bytes(bytes)))
    };
    let altitude_baro = number_if_any()?.map(AltitudeBaro::from_cm);
    let altitude_ellipsoid = number_if_any()?.map(AltitudeEllipsoid::from_cm);
    let ground_speed_cm_s = number_if_any()?.map(i32::cast_unsigned);
    let vertical_rate_cm_s = number_if_any()?;
    let track = u16::from_le_bytes(take(&mut rest)?);
    let sign: [u8; 8] = take(&mut rest)?;
    let [nic, nac_p, nuc_p, on_ground] = take(&mut rest)?;
    let input = u16::from_le_bytes(take(&mut rest)?);
    let category = |value: u8| (value != u8::MAX).then_some(value);
    let bits = address >> 1;
    let point = TrackPoint {
        observed_at,
        address: if address & 1 == 1 { Address::icao(bits) } else { Address::other(bits) },
        position: Position::from_e7(lon, lat).ok()?,
        altitude_baro,
        altitude_ellipsoid,
        ground_speed_cm_s,
        track_cdeg: (track != u16::MAX).then_some(track),
        vertical_rate_cm_s,
        callsign: std::str::from_utf8(&sign).ok().and_then(Callsign::parse),
        quality: PositionQuality {
            nic: category(nic),
            nac_p: category(nac_p),
            nuc_p: category(nuc_p),
        },
        on_ground: on_ground != 0,
        locator: Locator { input, record: number },
    };
    Some(((at, number), point))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}

/// One byte that tells whether there is a value, and the value.
fn optional(value: Option<i32>) -> [u8; 5] {
    let [a, b, c, d] = value.unwrap_or_default().to_le_bytes();
    [u8::from(value.is_some()), a, b, c, d]
}

fn callsign_bytes(sign: Option<Callsign>) -> [u8; 8] {
    let mut text = Text { bytes: [b' '; 8], len: 0 };
    if let Some(sign) = sign {
        // A call sign has eight characters at most: they fit.
        let _ = write!(text, "{sign}");
    }
    text.bytes
}

struct Text {
    bytes: [u8; 8],
    len: usize,
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_point_comes_back_from_disk_as_it_went(
            latest in any::<i64>(), at in any::<i64>(), bits in 0u32..1 << 24, icao in any::<bool>(),
            lon in -1_800_000_000..=1_800_000_000, lat in -900_000_000..=900_000_000,
            baro in any::<Option<i32>>(), ellipsoid in any::<Option<i32>>(),
            speed in any::<Option<u32>>(), climb in any::<Option<i32>>(),
            track in proptest::option::of(0u16..36_000), sign in "[A-Z0-9]{0,8}",
            nic in proptest::option::of(0u8..12), nuc_p in proptest::option::of(0u8..10),
            on_ground in any::<bool>(), input in any::<u16>(), record in any::<u64>(),
        ) {
            let point = TrackPoint {
                observed_at: Instant::from_micros(at),
                address: if icao { Address::icao(bits) } else { Address::other(bits) },
                position: Position::from_e7(lon, lat).unwrap(),
                altitude_baro: baro.map(AltitudeBaro::from_cm),
                altitude_ellipsoid: ellipsoid.map(AltitudeEllipsoid::from_cm),
                ground_speed_cm_s: speed,
                track_cdeg: track,
                vertical_rate_cm_s: climb,
                callsign: Callsign::parse(&sign),
                quality: PositionQuality { nic, nac_p: nic, nuc_p },
                on_ground,
                locator: Locator { input, record },
            };
            let key = (Instant::from_micros(latest), record);
            let mut writer = RunWriter::new().unwrap();
            writer.write(key, &point).unwrap();
            let mut run = writer.finish().unwrap();
            prop_assert_eq!(run.head(), Some(key));
            prop_assert_eq!(run.take().unwrap(), Some(point));
            prop_assert_eq!(run.take().unwrap(), None);
        }
    }
}
