//! From a file to its feed: what format it is in, whether it is compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agreement::track::{Locator, TrackPoint};
use flate2::bufread::MultiGzDecoder;

use crate::avr::Avr;
use crate::beast::Beast;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::jsonl_frames::JsonlFrames;
use crate::readsb::Readsb;
use crate::rejection::Rejection;
use crate::sbs::Sbs;
use crate::state_vectors_csv::StateVectorsCsv;
use crate::state_vectors_parquet::StateVectorsParquet;

codes! {
    /// No feed looks like this.
    UNKNOWN_FORMAT = "unknown-format", "the input is in no format that is known here",
        "give raw frames (AVR, Beast, JSON lines), SBS, readsb's JSON, or state vectors as CSV \
         or Parquet; --format says which";
    /// Compressed data that cannot be unpacked to its end.
    DAMAGED_GZIP = "damaged-gzip", "the compressed input is damaged or breaks off",
        "fetch the file again; what came before the damage was read";
}

/// Bytes looked at to tell a format.
const HEAD_BYTES: usize = 16 * 1024;

/// A format of aircraft positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// [`Avr`].
    Avr,
    /// [`Beast`].
    Beast,
    /// [`JsonlFrames`].
    JsonlFrames,
    /// [`Readsb`].
    Readsb,
    /// [`Sbs`].
    Sbs,
    /// [`StateVectorsCsv`].
    StateVectorsCsv,
    /// [`StateVectorsParquet`].
    StateVectorsParquet,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Avr,
        Self::Beast,
        Self::JsonlFrames,
        Self::Readsb,
        Self::Sbs,
        Self::StateVectorsCsv,
        Self::StateVectorsParquet,
    ];

    /// As written on a command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Avr => "avr",
            Self::Beast => "beast",
            Self::JsonlFrames => "jsonl-frames",
            Self::Readsb => "readsb",
            Self::Sbs => "sbs",
            Self::StateVectorsCsv => "csv",
            Self::StateVectorsParquet => "parquet",
        }
    }

    /// Tells the format by the first bytes, decompressed.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"PAR1") {
            return Some(Self::StateVectorsParquet);
        }
        if matches!(head, [0x1a, b'1'..=b'5' | 0xe3, ..]) {
            return Some(Self::Beast);
        }
        let text = head.trim_ascii_start();
        let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
        match text.first()? {
            b'{' if holds(b"\"frame\"") => Some(Self::JsonlFrames),
            b'{' if holds(b"\"aircraft\"") || holds(b"\"trace\"") => Some(Self::Readsb),
            b'*' | b'@' | b'%' | b'<' | b':' => Some(Self::Avr),
            _ if [&b"MSG,"[..], b"SEL,", b"ID,", b"AIR,", b"STA,", b"CLK,"]
                .iter()
                .any(|kind| text.starts_with(kind)) =>
            {
                Some(Self::Sbs)
            }
            _ => {
                let header = text.split(|&byte| byte == b'\n').next()?.to_ascii_lowercase();
                let names =
                    |name: &[u8]| header.split(|&b| b == b',').any(|n| n.trim_ascii() == name);
                (names(b"icao24") || names(b"latitude")).then_some(Self::StateVectorsCsv)
            }
        }
    }
}

/// The text names no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text).ok_or(UnknownFormat)
    }
}

/// A feed of track points.
pub type PointFeed = Box<dyn Feed<TrackPoint> + Send>;

/// Why a file has no feed.
#[derive(Debug)]
pub enum NotOpened {
    /// It is rejected as a whole.
    Rejected(Rejection),
    /// It could not be read.
    Fault(Fault),
}

impl From<Rejection> for NotOpened {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Opens a file as the feed it holds, unpacking gzip; `format` overrides what its bytes say.
///
/// # Errors
/// When it is in no known format, lacks something a format needs, or cannot be read.
pub fn open(
    mut file: File,
    format: Option<Format>,
    options: Options,
) -> Result<(Format, PointFeed), NotOpened> {
    let input = options.input;
    let failed = |source| NotOpened::Fault(Fault::Read { input, source });
    let mut magic = Vec::new();
    (&file).take(4).read_to_end(&mut magic).map_err(failed)?;
    file.rewind().map_err(failed)?;
    if magic == b"PAR1" {
        let feed = StateVectorsParquet::new(file, options)?;
        return Ok((Format::StateVectorsParquet, Box::new(feed)));
    }
    open_stream(file, format, options)
}

/// The same for bytes that can be read only once, such as a pipe. Parquet cannot be.
///
/// # Errors
/// As [`open`].
pub fn open_stream(
    reader: impl Read + Send + 'static,
    format: Option<Format>,
    options: Options,
) -> Result<(Format, PointFeed), NotOpened> {
    let input = options.input;
    let failed = |source| NotOpened::Fault(Fault::Read { input, source });
    let packed = BufReader::with_capacity(256 * 1024, reader);
    let (head, bytes, damaged) = unpacked(packed).map_err(failed)?;
    let whole = Locator { input, record: 0 };
    let unknown = || Rejection::new(&UNKNOWN_FORMAT, whole);
    let format = format.or_else(|| Format::detect(&head)).ok_or_else(unknown)?;
    let feed: PointFeed = match format {
        Format::Avr => Box::new(Avr::new(bytes, options)),
        Format::Beast => Box::new(Beast::new(bytes, options)),
        Format::Readsb => Box::new(Readsb::new(bytes, options)),
        Format::Sbs => Box::new(Sbs::new(bytes, options)),
        Format::JsonlFrames => Box::new(JsonlFrames::new(bytes, options)),
        Format::StateVectorsCsv => Box::new(StateVectorsCsv::new(bytes, options)),
        Format::StateVectorsParquet => return Err(unknown().detail("Parquet from a pipe").into()),
    };
    Ok((format, Box::new(ToTheDamage { feed, damaged, input })))
}

/// What [`unpacked`] gives.
type Looked = (Vec<u8>, Box<dyn BufRead + Send>, Arc<AtomicBool>);

/// The first bytes as they are when unpacked, a reader that still gives them, and what tells at
/// its end whether gzip broke off.
pub(crate) fn unpacked(mut packed: impl BufRead + Send + 'static) -> io::Result<Looked> {
    let is_gzip = packed.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let damaged = Arc::new(AtomicBool::new(false));
    let bytes: Box<dyn BufRead + Send> = if is_gzip {
        let unpacked = Unpacked {
            gzip: MultiGzDecoder::new(packed),
            has_ended: false,
            damaged: damaged.clone(),
        };
        Box::new(BufReader::with_capacity(256 * 1024, unpacked))
    } else {
        Box::new(packed)
    };
    let (head, bytes) = peek(bytes)?;
    Ok((head, bytes, damaged))
}

/// The first bytes, and a reader that still gives them.
fn peek(mut bytes: Box<dyn BufRead + Send>) -> io::Result<(Vec<u8>, Box<dyn BufRead + Send>)> {
    let mut head = Vec::new();
    bytes.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(io::Cursor::new(head).chain(bytes))))
}

/// Unpacks gzip, and ends where it is damaged instead of failing: what came before is sound.
struct Unpacked<R> {
    gzip: MultiGzDecoder<R>,
    has_ended: bool,
    damaged: Arc<AtomicBool>,
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        if self.has_ended {
            return Ok(0);
        }
        match self.gzip.read(buffer) {
            Err(fault) if matches!(fault.kind(), InvalidData | InvalidInput | UnexpectedEof) => {
                self.has_ended = true;
                self.damaged.store(true, Ordering::Relaxed);
                Ok(0)
            }
            read => read,
        }
    }
}

/// A feed that tells at its end whether its bytes broke off.
struct ToTheDamage {
    feed: PointFeed,
    damaged: Arc<AtomicBool>,
    input: u16,
}

impl Feed<TrackPoint> for ToTheDamage {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        if self.feed.read(batch)? {
            return Ok(true);
        }
        let broke_off = self.damaged.swap(false, Ordering::Relaxed);
        if broke_off {
            let whole = Locator { input: self.input, record: 0 };
            batch.rejections.push(Rejection::new(&DAMAGED_GZIP, whole));
        }
        Ok(broke_off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_can_be_named() {
        for format in [
            Format::Avr,
            Format::Beast,
            Format::JsonlFrames,
            Format::Readsb,
            Format::Sbs,
            Format::StateVectorsCsv,
            Format::StateVectorsParquet,
        ] {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }
}
