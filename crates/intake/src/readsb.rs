//! readsb's JSON: `aircraft.json` snapshots (also tar1090's, dump1090-fa's) and the trace
//! files of globe history. A file may hold several documents one after another.
//!
//! Heights are feet (`alt_baro`; `alt_geom` above the ellipsoid), speeds knots, climbs feet a
//! minute. A position is as old as `seen_pos` says.

use std::borrow::Cow;
use std::io::Read;

use agreement::track::{Address, Callsign, Locator, PositionQuality, TrackPoint};
use serde_json::Value;
use serde_json::value::RawValue;
use spacetime::{Instant, Position, PositionFault};

use crate::adsb::{CALLSIGN_S_MAX, Recent, STATUS_S_MAX};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::rejection::{Code, Rejection};
use crate::state_vectors::{
    BAD_ADDRESS, BAD_NUMBER, BAD_TIME, NOT_A_NUMBER, OFF_THE_GLOBE, category,
};
use crate::units::{HeightUnit, SpeedUnit, track_cdeg};

codes! {
    /// Not a document of readsb.
    NOT_READSB = "not-readsb",
        "the document is no snapshot with \"now\" and \"aircraft\" and no trace with \"icao\", \
         \"timestamp\" and \"trace\", or breaks off",
        "fetch aircraft.json or a trace file again";
    /// Too long to be held.
    DOCUMENT_TOO_LONG = "document-too-long", "the input has more than 67108864 bytes of JSON",
        "give one snapshot or trace a file";
    /// An entry that is not what it should be.
    NOT_AN_ENTRY = "not-an-entry", "the entry is not an object of a snapshot or a row of a trace",
        "fetch the file again";
}

/// Reads readsb's documents. Records count the entries of all documents, from 1.
pub struct Readsb<R> {
    reader: Option<R>,
    options: Options,
    bytes: Vec<u8>,
    /// Where in `bytes` the next document starts.
    offset: usize,
    record: u64,
    /// Decoded, and not yet handed out.
    ready: std::collections::VecDeque<Entry>,
}

type Entry = Result<Option<TrackPoint>, Rejection>;

#[derive(serde::Deserialize)]
struct Document<'a> {
    now: Option<f64>,
    #[serde(borrow)]
    aircraft: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    icao: Option<Cow<'a, str>>,
    timestamp: Option<f64>,
    #[serde(borrow)]
    trace: Option<Vec<&'a RawValue>>,
}

impl<R: Read> Readsb<R> {
    /// From the start of `reader`, decompressed.
    pub fn new(reader: R, options: Options) -> Self {
        Self {
            reader: Some(reader),
            options,
            bytes: Vec::new(),
            offset: 0,
            record: 0,
            ready: std::collections::VecDeque::new(),
        }
    }

    /// Decodes the next document; false when there is none.
    fn next_document(&mut self) -> Result<bool, &'static Code> {
        let rest = &self.bytes[self.offset..];
        let mut documents = serde_json::Deserializer::from_slice(rest).into_iter::<Document<'_>>();
        let Some(document) = documents.next() else { return Ok(false) };
        let document = document.map_err(|_| &NOT_READSB)?;
        self.offset += documents.byte_offset();
        let mut entries = Entries { options: &self.options, record: self.record };
        match document {
            Document { now: Some(now), aircraft: Some(aircraft), .. } => {
                self.ready.extend(aircraft.into_iter().enumerate().map(|(n, raw)| {
                    entries.next(raw, || format!("/aircraft/{n}"), |entry| snapshot(entry, now))
                }));
            }
            Document { icao: Some(icao), timestamp: Some(start), trace: Some(trace), .. } => {
                let address = Address::parse(&icao).ok_or(&BAD_ADDRESS)?;
                let mut carried = Carried::default();
                self.ready.extend(trace.into_iter().enumerate().map(|(n, raw)| {
                    let row = |entry: &Value| trace_row(entry, start, address, &mut carried);
                    entries.next(raw, || format!("/trace/{n}"), row)
                }));
            }
            _ => return Err(&NOT_READSB),
        }
        self.record = entries.record;
        Ok(true)
    }

    fn load(&mut self) -> std::io::Result<()> {
        if let Some(reader) = self.reader.take() {
            reader.take(DOCUMENT_BYTES_MAX as u64 + 1).read_to_end(&mut self.bytes)?;
            if self.bytes.len() > DOCUMENT_BYTES_MAX {
                self.refuse(&DOCUMENT_TOO_LONG);
            }
        }
        Ok(())
    }

    /// Rejects the rest of the input.
    fn refuse(&mut self, code: &'static Code) {
        let whole = Locator { input: self.options.input, record: 0 };
        self.ready.push_back(Err(Rejection::new(code, whole)));
        self.bytes = Vec::new();
        self.offset = 0;
    }
}

impl<R: Read> Feed<TrackPoint> for Readsb<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let input = self.options.input;
        self.load().map_err(|source| Fault::Read { input, source })?;
        while !batch.is_full() {
            match self.ready.pop_front() {
                Some(Ok(Some(point))) => batch.items.push(point),
                Some(Ok(None)) => batch.passed_over += 1,
                Some(Err(rejection)) => batch.rejections.push(rejection),
                None => match self.next_document() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(code) => self.refuse(code),
                },
            }
        }
        Ok(!batch.is_empty())
    }
}

/// Numbers the entries of a document and tells what is wrong with them.
struct Entries<'a> {
    options: &'a Options,
    record: u64,
}

/// What is wrong, and with which member.
type Wrong = (&'static Code, &'static str);

impl Entries<'_> {
    fn next(
        &mut self,
        raw: &RawValue,
        pointer: impl Fn() -> String,
        decode: impl FnOnce(&Value) -> Result<Option<TrackPoint>, Wrong>,
    ) -> Entry {
        self.record += 1;
        let locator = Locator { input: self.options.input, record: self.record };
        let entry = serde_json::from_str(raw.get()).map_err(|_| (&NOT_AN_ENTRY, ""));
        let point = entry.and_then(|entry: Value| decode(&entry));
        point.map(|point| point.map(|point| TrackPoint { locator, ..point })).map_err(
            |(code, member)| {
                Rejection::new(code, locator)
                    .at(pointer() + member)
                    .keep_raw(raw.get().as_bytes(), self.options.keep_raw)
            },
        )
    }
}

/// A number that may be absent.
fn number(value: Option<&Value>, member: &'static str) -> Result<Option<f64>, Wrong> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or((&BAD_NUMBER, member)),
    }
}

fn position(lon: f64, lat: f64) -> Result<Position, Wrong> {
    Position::from_degrees(lon, lat).map_err(|fault| match fault {
        PositionFault::NotFinite => (&NOT_A_NUMBER, ""),
        PositionFault::LongitudeOutside | PositionFault::LatitudeOutside => (&OFF_THE_GLOBE, ""),
    })
}

fn callsign(value: Option<&Value>) -> Option<Callsign> {
    Callsign::parse(value?.as_str()?)
}

fn quality(entry: &Value) -> PositionQuality {
    let of = |name: &str| entry.get(name).and_then(Value::as_f64).and_then(category);
    PositionQuality { nic: of("nic"), nac_p: of("nac_p"), nuc_p: None }
}

/// One aircraft of a snapshot.
fn snapshot(entry: &Value, now: f64) -> Result<Option<TrackPoint>, Wrong> {
    if !entry.is_object() {
        return Err((&NOT_AN_ENTRY, ""));
    }
    let of = |name: &str, member| number(entry.get(name), member);
    let (Some(lon), Some(lat)) = (of("lon", "/lon")?, of("lat", "/lat")?) else {
        return Ok(None);
    };
    let address = entry.get("hex").and_then(Value::as_str).and_then(Address::parse);
    let seen = of("seen_pos", "/seen_pos")?.ok_or((&BAD_TIME, "/seen_pos"))?;
    let baro = entry.get("alt_baro");
    let on_ground = baro.and_then(Value::as_str) == Some("ground");
    let baro = if on_ground { None } else { number(baro, "/alt_baro")? };
    let climb = of("baro_rate", "/baro_rate")?.or(of("geom_rate", "/geom_rate")?);
    Ok(Some(TrackPoint {
        observed_at: Instant::from_unix_seconds(now - seen).ok_or((&BAD_TIME, "/seen_pos"))?,
        address: address.ok_or((&BAD_ADDRESS, "/hex"))?,
        position: position(lon, lat)?,
        altitude_baro: baro.and_then(|height| HeightUnit::Feet.baro(height)),
        altitude_ellipsoid: of("alt_geom", "/alt_geom")?
            .and_then(|height| HeightUnit::Feet.ellipsoid(height)),
        ground_speed_cm_s: of("gs", "/gs")?.and_then(|v| SpeedUnit::Knots.ground_speed_cm_s(v)),
        track_cdeg: of("track", "/track")?.and_then(track_cdeg),
        vertical_rate_cm_s: climb.and_then(|v| SpeedUnit::FeetAMinute.climb_cm_s(v)),
        callsign: callsign(entry.get("flight")),
        quality: quality(entry),
        on_ground,
        locator: Locator::default(),
    }))
}

/// What a trace says now and then, in an object within a row.
#[derive(Default)]
struct Carried {
    callsign: Recent<Callsign>,
    quality: Recent<PositionQuality>,
}

/// The flag of a row whose height is above the ellipsoid.
const HEIGHT_IS_GEOMETRIC: u64 = 8;

/// One row of a trace: seconds since its start, latitude, longitude, height or `"ground"`,
/// speed, track, flags, climb, an object or null, source, geometric height, ...
fn trace_row(
    row: &Value,
    start: f64,
    address: Address,
    carried: &mut Carried,
) -> Result<Option<TrackPoint>, Wrong> {
    let row = row.as_array().ok_or((&NOT_AN_ENTRY, ""))?;
    let seconds = number(row.first(), "/0")?.ok_or((&BAD_TIME, "/0"))?;
    let at = Instant::from_unix_seconds(start + seconds).ok_or((&BAD_TIME, "/0"))?;
    if let Some(said) = row.get(8).filter(|said| said.is_object()) {
        carried.quality.set(quality(said), at);
        if let Some(sign) = callsign(said.get("flight")) {
            carried.callsign.set(sign, at);
        }
    }
    let (Some(lat), Some(lon)) = (number(row.get(1), "/1")?, number(row.get(2), "/2")?) else {
        return Ok(None);
    };
    let on_ground = row.get(3).and_then(Value::as_str) == Some("ground");
    let height = if on_ground { None } else { number(row.get(3), "/3")? };
    let flags = row.get(6).and_then(Value::as_u64).unwrap_or_default();
    let is_geometric = flags & HEIGHT_IS_GEOMETRIC != 0;
    let geometric = number(row.get(10), "/10")?.or(height.filter(|_| is_geometric));
    Ok(Some(TrackPoint {
        observed_at: at,
        address,
        position: position(lon, lat)?,
        altitude_baro: height.filter(|_| !is_geometric).and_then(|h| HeightUnit::Feet.baro(h)),
        altitude_ellipsoid: geometric.and_then(|height| HeightUnit::Feet.ellipsoid(height)),
        ground_speed_cm_s: number(row.get(4), "/4")?
            .and_then(|speed| SpeedUnit::Knots.ground_speed_cm_s(speed)),
        track_cdeg: number(row.get(5), "/5")?.and_then(track_cdeg),
        vertical_rate_cm_s: number(row.get(7), "/7")?
            .and_then(|climb| SpeedUnit::FeetAMinute.climb_cm_s(climb)),
        callsign: carried.callsign.get(at, CALLSIGN_S_MAX),
        quality: carried.quality.get(at, STATUS_S_MAX).unwrap_or_default(),
        on_ground,
        locator: Locator::default(),
    }))
}
