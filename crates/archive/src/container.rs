//! A container: a Parquet file of rows, with what it takes to make the segments whole again beside
//! them under one key of its metadata.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use agreement::statement::body::{ROWS_MAX, Replacement, TrackSegment};
use agreement::statement::{BODY_BYTES_MAX, Body, Commitment, Kind, strict};
use agreement::{Digest, canonical};
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet_guard::footer;
use serde_json::{Value, json};

use crate::columns::{self, Placed, SCHEMA};

/// Most rows of one container.
pub const CONTAINER_ROWS_MAX: usize = 1 << 22;
/// Most segments of one container: an hour of a hundred sensors.
pub const CONTAINER_SEGMENTS_MAX: usize = 36_000;
/// Most bytes of one container.
pub const CONTAINER_BYTES_MAX: u64 = 1 << 29;
/// Rows from which on a row group takes no further segment.
const GROUP_ROWS: usize = 1 << 16;
/// The key under which the segments stand.
const SEGMENTS: &str = "armistice.segments";

/// A segment with what binds it to its statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The leaf of its statement.
    pub leaf: u64,
    /// Digest of the statement.
    pub statement: Digest,
    /// The salt of the commitment to the body.
    pub salt: [u8; 32],
    /// Whether the statement is a correction, which puts the segment in the place of an earlier one.
    pub corrects: bool,
    /// The body, or what the correction's body holds.
    pub segment: TrackSegment,
}

/// What can be told of a segment without reading a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadOf {
    /// The leaf of its statement.
    pub leaf: u64,
    /// Digest of the statement.
    pub statement: Digest,
}

/// Why segments cannot be contained, or bytes are no container.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerFault {
    /// There is none.
    #[error("a container holds at least one segment")]
    Empty,
    /// There are more than fit.
    #[error(
        "a container holds at most {CONTAINER_SEGMENTS_MAX} segments of {CONTAINER_ROWS_MAX} rows"
    )]
    TooMany,
    /// Leaves are not in order.
    #[error("segments stand in the order of their leaves, each once")]
    Order,
    /// Two segments that differ claim one leaf.
    #[error("two segments that differ stand under leaf {leaf}")]
    TwoUnderOneLeaf {
        /// Which.
        leaf: u64,
    },
    /// A value has no form that every reader takes for the same.
    #[error("a segment has no canonical form")]
    NotCanonical,
    /// The bytes are not as this version writes them.
    #[error("it is no container: {0}")]
    Malformed(String),
}

impl From<ParquetError> for ContainerFault {
    fn from(fault: ParquetError) -> Self {
        Self::Malformed(fault.to_string())
    }
}

impl Kept {
    /// The commitment that its statement's header has to hold.
    ///
    /// # Errors
    /// When it has no canonical form.
    pub fn commitment(&self) -> Result<Commitment, ContainerFault> {
        let segment = self.segment.clone();
        let body = match self.corrects {
            true => Body::Correction(Replacement::Segment(Box::new(segment))),
            false => Body::TrackSegment(segment),
        };
        let body = body.canonical();
        Ok(Commitment::of(&self.salt, &body.map_err(|_| ContainerFault::NotCanonical)?))
    }
}

/// The bytes of a container. The same segments give the same bytes. Locators of rows are no part of it.
///
/// # Errors
/// When there are none or too many, they are not in order, or one has no canonical form.
pub fn write(segments: &[Kept]) -> Result<Vec<u8>, ContainerFault> {
    let rows: usize = segments.iter().map(|kept| kept.segment.rows.len()).sum();
    if segments.is_empty() {
        return Err(ContainerFault::Empty);
    }
    // A segment at its own limit always fits.
    if segments.len() > CONTAINER_SEGMENTS_MAX || rows > CONTAINER_ROWS_MAX.max(ROWS_MAX) {
        return Err(ContainerFault::TooMany);
    }
    if segments.windows(2).any(|pair| pair[0].leaf >= pair[1].leaf) {
        return Err(ContainerFault::Order);
    }
    let heads = segments.iter().map(head).collect::<Result<Vec<_>, _>>()?;
    let heads = canonical::canonical_bytes(&heads).map_err(|_| ContainerFault::NotCanonical)?;
    let heads = String::from_utf8(heads).map_err(|_| ContainerFault::NotCanonical)?;
    let metadata = KeyValue { key: SEGMENTS.to_owned(), value: Some(heads) };
    let properties = columns::properties().set_key_value_metadata(Some(vec![metadata])).build();
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
    let mut group: Vec<Placed<'_>> = Vec::new();
    for (n, kept) in segments.iter().enumerate() {
        let placed = |(row, point)| Placed { leaf: kept.leaf, row, point };
        group.extend((0..).zip(&kept.segment.rows).map(placed));
        let is_last = n + 1 == segments.len();
        if !group.is_empty() && (is_last || group.len() >= GROUP_ROWS) {
            let mut open = writer.next_row_group()?;
            columns::write(&mut open, &group)?;
            open.close()?;
            group.clear();
        }
    }
    writer.close()?;
    Ok(bytes)
}

/// A segment without its rows: they stand in the table.
fn head(kept: &Kept) -> Result<Value, ContainerFault> {
    let TrackSegment { feed, part, row_secret, rows } = &kept.segment;
    let bare =
        TrackSegment { feed: feed.clone(), part: *part, row_secret: *row_secret, rows: Vec::new() };
    let bare = Body::TrackSegment(bare).canonical().map_err(|_| ContainerFault::NotCanonical)?;
    let bare: Value = serde_json::from_slice(&bare).map_err(|_| ContainerFault::NotCanonical)?;
    Ok(json!({
        "corrects": kept.corrects,
        "leaf": kept.leaf,
        "rows": rows.len(),
        "salt": Digest::from_bytes(kept.salt),
        "segment": bare,
        "statement": kept.statement,
    }))
}

/// What is in a container, without its rows.
///
/// # Errors
/// When the bytes are no container.
pub fn heads(bytes: &[u8]) -> Result<Vec<HeadOf>, ContainerFault> {
    let open = || Ok(open(bytes)?.1);
    let read = guarded(open)?;
    Ok(read.iter().map(|(kept, _)| HeadOf { leaf: kept.leaf, statement: kept.statement }).collect())
}

/// The segments of a container, whole.
///
/// # Errors
/// When the bytes are no container.
pub fn read(bytes: &[u8]) -> Result<Vec<Kept>, ContainerFault> {
    let mut segments = Vec::new();
    each(bytes, |kept| segments.push(kept))?;
    Ok(segments)
}

/// Hands the segments of a container to `see`, one by one, whole. No more of the rows are in memory than
/// one row group has, whatever the container claims to hold.
///
/// # Errors
/// When the bytes are no container; what was handed out until then is not to be used.
pub fn each(bytes: &[u8], mut see: impl FnMut(Kept)) -> Result<(), ContainerFault> {
    guarded(|| {
        let (file, heads) = open(bytes)?;
        let mut rows = Rows { file: &file, group: 0, read: Vec::new().into_iter() };
        for (mut kept, count) in heads {
            for number in 0..count {
                let (leaf, row, point) =
                    rows.next()?.ok_or_else(|| malformed("rows are missing"))?;
                if (leaf, u64::from(row)) != (kept.leaf, number) {
                    return Err(malformed("a row stands out of its place"));
                }
                kept.segment.rows.push(point);
            }
            see(kept);
        }
        match rows.next()? {
            None => Ok(()),
            Some(_) => Err(malformed("rows of no segment")),
        }
    })
}

/// The rows of a file, a row group at a time.
struct Rows<'f> {
    file: &'f SerializedFileReader<Bytes>,
    group: usize,
    read: std::vec::IntoIter<columns::Read>,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<columns::Read>, ContainerFault> {
        loop {
            if let Some(row) = self.read.next() {
                return Ok(Some(row));
            }
            if self.group == self.file.num_row_groups() {
                return Ok(None);
            }
            self.read = group(self.file, self.group)?.into_iter();
            self.group += 1;
        }
    }
}

/// The Parquet crate asserts what made-up bytes may break.
fn guarded<T>(read: impl FnOnce() -> Result<T, ContainerFault>) -> Result<T, ContainerFault> {
    let panicked = |_| Err(malformed("its pages cannot be decoded"));
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(panicked)
}

type Heads = Vec<(Kept, u64)>;

fn open(bytes: &[u8]) -> Result<(SerializedFileReader<Bytes>, Heads), ContainerFault> {
    if bytes.len() as u64 > CONTAINER_BYTES_MAX {
        return Err(malformed("it is too long"));
    }
    let bytes = Bytes::copy_from_slice(bytes);
    footer::check(&bytes).ok_or_else(|| malformed("its footer claims more than it holds"))?;
    let file = SerializedFileReader::new(bytes)?;
    let metadata = file.metadata().file_metadata();
    if metadata.schema_descr().root_schema() != &parse_message_type(SCHEMA)? {
        return Err(malformed("its columns are others"));
    }
    let texts = metadata.key_value_metadata().map(Vec::as_slice).unwrap_or_default();
    let text = texts.iter().find(|pair| pair.key == SEGMENTS).and_then(|pair| pair.value.as_ref());
    let text = text.ok_or_else(|| malformed("it does not say what segments it holds"))?;
    let value = strict::parse_canonical(text.as_bytes(), BODY_BYTES_MAX)
        .map_err(|why| malformed(why.code.reason))?;
    let Value::Array(heads) = value else { return Err(malformed("no list of segments")) };
    if heads.is_empty() || heads.len() > CONTAINER_SEGMENTS_MAX {
        return Err(malformed("no segments, or too many"));
    }
    let heads =
        heads.into_iter().map(|head| head_from(head).ok_or_else(|| malformed("no segment")));
    let heads: Heads = heads.collect::<Result<_, _>>()?;
    if heads.windows(2).any(|pair| pair[0].0.leaf >= pair[1].0.leaf) {
        return Err(ContainerFault::Order);
    }
    Ok((file, heads))
}

fn head_from(mut head: Value) -> Option<(Kept, u64)> {
    let text = |value: &Value| Digest::parse(value.as_str()?);
    let bare = canonical::canonical_bytes(&head.get_mut("segment")?.take()).ok()?;
    let Body::TrackSegment(segment) = Body::parse(&Kind::TrackSegment, &bare).ok()? else {
        return None;
    };
    let kept = Kept {
        leaf: head.get("leaf")?.as_u64()?,
        statement: text(head.get("statement")?)?,
        salt: *text(head.get("salt")?)?.as_bytes(),
        corrects: head.get("corrects")?.as_bool()?,
        segment,
    };
    let rows = head.get("rows")?.as_u64()?;
    let fits = kept.segment.rows.is_empty() && rows <= ROWS_MAX as u64;
    let is_all = head.as_object()?.len() == 6;
    (fits && is_all).then_some((kept, rows))
}

fn group(
    file: &SerializedFileReader<Bytes>,
    number: usize,
) -> Result<Vec<columns::Read>, ContainerFault> {
    let metadata = file.metadata().row_group(number);
    let rows = usize::try_from(metadata.num_rows()).unwrap_or(usize::MAX);
    // A group is full before its last segment comes.
    if rows == 0 || rows > GROUP_ROWS + ROWS_MAX {
        return Err(malformed("a row group has no rows, or too many"));
    }
    let is_plain = |column: &parquet::file::metadata::ColumnChunkMetaData| {
        column.compression() == Compression::UNCOMPRESSED
    };
    if !metadata.columns().iter().all(is_plain) {
        return Err(malformed("a column is compressed"));
    }
    Ok(columns::read(&*file.get_row_group(number)?, rows)?)
}

fn malformed(what: &str) -> ContainerFault {
    ContainerFault::Malformed(what.to_owned())
}
