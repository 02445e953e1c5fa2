//! JSON lines of raw frames, as jet1090 and the `traffic` package write them: one object a
//! line with `timestamp`, seconds since 1970 in UTC, and `frame`, hexadecimal. Other members,
//! such as somebody's decode, are ignored.

use std::borrow::Cow;
use std::io::BufRead;

use agreement::track::{Locator, TrackPoint};
use spacetime::Instant;

use crate::adsb::{Decoder, Heard};
use crate::feed::{Batch, Fault, Feed, Options};
use crate::hex;
use crate::lines::{self, Lines};
use crate::rejection::{Code, Rejection};

/// Not an object with the two members.
pub static NOT_A_FRAME_LINE: Code = Code {
    name: "not-a-frame-line",
    reason: "the line is not a JSON object with \"timestamp\" and \"frame\"",
    repair: "send lines such as {\"timestamp\":1720248189.525,\"frame\":\"8f39…\"}",
};
/// `timestamp` names no instant.
pub static BAD_TIMESTAMP: Code = Code {
    name: "bad-timestamp",
    reason: "the timestamp is not a number of seconds since 1970",
    repair: "send seconds since 1970-01-01T00:00:00Z, with decimals",
};

/// Reads JSON lines of frames.
#[derive(Debug)]
pub struct JsonlFrames<R> {
    lines: Lines<R>,
    decoder: Decoder,
    options: Options,
}

#[derive(serde::Deserialize)]
struct FrameLine<'a> {
    timestamp: f64,
    #[serde(borrow)]
    frame: Cow<'a, str>,
}

impl<R: BufRead> JsonlFrames<R> {
    /// From the start of `reader`, decompressed.
    pub fn new(reader: R, options: Options) -> Self {
        let decoder = Decoder::new(options.region);
        Self { lines: Lines::new(reader), decoder, options }
    }
}

impl<R: BufRead> Feed<TrackPoint> for JsonlFrames<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, decoder, options } = self;
        lines::fill(lines, options, batch, |line, locator| {
            decode(decoder, line, locator)?.said(locator)
        })
    }
}

fn decode(decoder: &mut Decoder, line: &[u8], locator: Locator) -> Result<Heard, Rejection> {
    let reject = |code| Rejection::new(code, locator);
    let said: FrameLine<'_> = serde_json::from_slice(line).map_err(|fault| {
        let detail =
            if fault.is_eof() { "the line breaks off" } else { "malformed or a member is missing" };
        reject(&NOT_A_FRAME_LINE).detail(detail)
    })?;
    let at = Instant::from_unix_seconds(said.timestamp)
        .ok_or_else(|| reject(&BAD_TIMESTAMP).at("/timestamp"))?;
    let frame = hex::Frame::parse(said.frame.as_bytes())
        .ok_or_else(|| reject(&hex::NOT_HEX).at("/frame"))?;
    Ok(decoder.frame(frame.bytes(), at, locator))
}
