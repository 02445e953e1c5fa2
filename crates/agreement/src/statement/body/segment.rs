//! Some seconds of one sensor, row by row, and one row shown alone.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use spacetime::{AltitudeBaro, AltitudeEllipsoid, Instant, Position};

use super::super::fields::{Field, Fields, bad_value, fields};
use super::super::merkle;
use super::super::refusal::Refusal;
use super::super::said::SegmentRoot;
use super::super::signed::NO_CANONICAL_FORM;
use super::super::strict;
use crate::canonical::{Digest, canonical_value};
use crate::id::SensorId;
use crate::statement_codes;
use crate::track::{Locator, PositionQuality, TrackPoint};

/// Most rows of one segment: ten seconds of the busiest receivers hold half of that.
pub const ROWS_MAX: usize = 16_384;

/// Goes before a row's salt and its canonical bytes in the data of its leaf.
pub const ROW_DOMAIN: &[u8] = b"armistice/row/v1\n";

/// Goes before the segment's secret and the number of a row (8 bytes, big-endian) in the digest
/// that is the row's salt: to show one salt tells no other.
pub const ROW_SALT_DOMAIN: &[u8] = b"armistice/row-salt/v1\n";

/// Most bytes of a shown row.
const SHOWN_BYTES_MAX: usize = 16 << 10;

statement_codes! {
    TOO_MANY_ROWS = "too-many-rows", "a segment has more rows than the limit",
        "end a segment when it is full, however few seconds it holds";
}

/// The input that rows came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedName {
    /// The first instant in it, by which several inputs are put in order.
    pub began_at: Instant,
    /// Digest of the whole input, as it was delivered.
    pub digest: Digest,
    /// The sensor of the pack that it came from, if that is known.
    pub sensor: Option<SensorId>,
}
fields!(FeedName { began_at, digest, sensor });

/// Some seconds of one sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackSegment {
    /// Where the rows came from.
    pub feed: FeedName,
    /// The segment's number within that input, from 0.
    pub part: u64,
    /// The secret that the rows' salts are made from.
    pub row_secret: [u8; 32],
    /// The rows in the order of the input, which is evidence. Their locators are no part of it.
    pub rows: Vec<TrackPoint>,
}

impl Field for TrackSegment {
    fn to_json(&self) -> Value {
        let Self { feed, part, row_secret, rows } = self;
        json!({
            "feed": feed.to_json(),
            "part": part,
            "row_secret": row_secret.to_json(),
            "rows": rows.iter().map(row_json).collect::<Vec<_>>(),
        })
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value)?;
        let Value::Array(rows) = members.take_raw("rows")? else {
            return Err(super::super::fields::wrong_type("an array").within("rows"));
        };
        if rows.len() > ROWS_MAX {
            let detail = format!("{}, at most {ROWS_MAX}", rows.len());
            return Err(Refusal::new(&TOO_MANY_ROWS).within("rows").detail(detail));
        }
        let row = |(n, row): (usize, Value)| {
            row_from(&row).ok_or_else(|| bad_value("a row of a segment").within(n).within("rows"))
        };
        let segment = Self {
            feed: members.take("feed")?,
            part: members.take("part")?,
            row_secret: members.take("row_secret")?,
            rows: rows.into_iter().enumerate().map(row).collect::<Result<_, _>>()?,
        };
        members.finish()?;
        Ok(segment)
    }
}

impl TrackSegment {
    /// The public part: the root over the rows.
    ///
    /// # Errors
    /// When an instant is not exact in every reader.
    pub fn said(&self) -> Result<SegmentRoot, Refusal> {
        Ok(SegmentRoot { root: merkle::root(&self.leaves()?), rows: self.rows.len() as u64 })
    }

    /// One row with its salt and its proof, to be shown alone; `None` when there is no such row.
    ///
    /// # Errors
    /// As [`Self::said`].
    pub fn show(&self, row: usize) -> Result<Option<ShownRow>, Refusal> {
        let Some(proof) = merkle::prove(&self.leaves()?, row) else { return Ok(None) };
        let number = row as u64;
        Ok(Some(ShownRow { number, row: self.rows[row], salt: self.salt(number), proof }))
    }

    fn salt(&self, number: u64) -> [u8; 32] {
        let hash = Sha256::new().chain_update(ROW_SALT_DOMAIN).chain_update(self.row_secret);
        hash.chain_update(number.to_be_bytes()).finalize().into()
    }

    fn leaves(&self) -> Result<Vec<Digest>, Refusal> {
        let numbered = (0..).zip(&self.rows);
        numbered.map(|(number, row)| row_leaf(&self.salt(number), row)).collect()
    }
}

/// One row out of a segment. Whoever holds the statement's header can check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRow {
    /// Its number in the segment, from 0.
    pub number: u64,
    /// The row.
    pub row: TrackPoint,
    /// Its salt.
    pub salt: [u8; 32],
    /// The hashes beside its way to the root.
    pub proof: Vec<Digest>,
}

impl ShownRow {
    /// Checks that the row stands in the segment with that root.
    ///
    /// # Errors
    /// [`merkle::NOT_INCLUDED`] when it does not.
    pub fn check(&self, segment: &SegmentRoot) -> Result<(), Refusal> {
        let leaf = row_leaf(&self.salt, &self.row)?;
        merkle::check(&segment.root, segment.rows, self.number, leaf, &self.proof)
    }

    /// As JSON, to be handed to whom it is shown.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "proof": merkle::proof_json(&self.proof),
            "row": row_json(&self.row),
            "salt": self.salt.to_json(),
        })
    }

    /// From JSON.
    ///
    /// # Errors
    /// When it is no shown row. Whether it holds, [`Self::check`] says.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut members = Fields::of(strict::parse(bytes, SHOWN_BYTES_MAX)?)?;
        let row = row_from(&members.take_raw("row")?);
        let shown = Self {
            number: members.take("number")?,
            row: row.ok_or_else(|| bad_value("a row of a segment").within("row"))?,
            salt: members.take("salt")?,
            proof: merkle::take_proof(&mut members)?,
        };
        members.finish()?;
        Ok(shown)
    }
}

fn row_leaf(salt: &[u8; 32], row: &TrackPoint) -> Result<Digest, Refusal> {
    let mut canonical = Vec::new();
    let written = canonical_value(&row_json(row), &mut canonical);
    written.map_err(|_| Refusal::new(&NO_CANONICAL_FORM).within("rows"))?;
    Ok(merkle::leaf_hash(&[ROW_DOMAIN, salt, &canonical]))
}

/// A row as an array: segments are long, and names of columns would be most of them.
/// `[observed_at_us, address, lon_e7, lat_e7, altitude_baro_cm, altitude_ellipsoid_cm,
/// ground_speed_cm_s, track_cdeg, vertical_rate_cm_s, callsign, nic, nac_p, nuc_p, on_ground]`.
fn row_json(row: &TrackPoint) -> Value {
    let TrackPoint {
        observed_at,
        address,
        position,
        altitude_baro,
        altitude_ellipsoid,
        ground_speed_cm_s,
        track_cdeg,
        vertical_rate_cm_s,
        callsign,
        quality: PositionQuality { nic, nac_p, nuc_p },
        on_ground,
        locator: _,
    } = row;
    json!([
        observed_at.micros(),
        address.to_string(),
        position.lon_e7(),
        position.lat_e7(),
        altitude_baro.map(AltitudeBaro::cm),
        altitude_ellipsoid.map(AltitudeEllipsoid::cm),
        ground_speed_cm_s,
        track_cdeg,
        vertical_rate_cm_s,
        callsign.map(|sign| sign.to_string()),
        nic,
        nac_p,
        nuc_p,
        on_ground,
    ])
}

/// `None` when it is no row, or one that would be written back differently.
fn row_from(value: &Value) -> Option<TrackPoint> {
    let columns: &[Value; 14] = value.as_array()?.as_slice().try_into().ok()?;
    let [
        at,
        address,
        lon,
        lat,
        baro,
        ellipsoid,
        speed,
        track,
        climb,
        sign,
        nic,
        nac_p,
        nuc_p,
        down,
    ] = columns.each_ref().map(Clone::clone);
    let row = TrackPoint {
        observed_at: Instant::from_micros(some(at)?),
        address: some(address)?,
        position: Position::from_e7(some(lon)?, some(lat)?).ok()?,
        altitude_baro: maybe(baro)?.map(AltitudeBaro::from_cm),
        altitude_ellipsoid: maybe(ellipsoid)?.map(AltitudeEllipsoid::from_cm),
        ground_speed_cm_s: maybe(speed)?,
        track_cdeg: maybe(track)?,
        vertical_rate_cm_s: maybe(climb)?,
        callsign: maybe(sign)?,
        quality: PositionQuality { nic: maybe(nic)?, nac_p: maybe(nac_p)?, nuc_p: maybe(nuc_p)? },
        on_ground: some(down)?,
        locator: Locator::default(),
    };
    (row_json(&row) == *value).then_some(row)
}

fn some<T: Field>(value: Value) -> Option<T> {
    T::from_json(value).ok()
}

/// The outer option is whether it could be read.
fn maybe<T: Field>(value: Value) -> Option<Option<T>> {
    if value.is_null() { Some(None) } else { some(value).map(Some) }
}
