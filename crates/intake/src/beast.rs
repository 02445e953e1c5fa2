//! Beast binary, as Mode-S Beast, Radarcape, dump1090 and readsb send it on port 30005: an
//! escape 0x1a, a type, a counter of six bytes, a signal level, the frame. An escape within is
//! doubled.
//!
//! The counter needs [`Options::clock`].

use std::io::{BufRead, ErrorKind};

use agreement::track::{Locator, TrackPoint};

use crate::adsb::{Decoder, Heard};
use crate::clock::{Clock, NO_CLOCK_ORIGIN};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::rejection::{Code, Rejection};

codes! {
    /// Bytes between records.
    NOT_BEAST = "not-beast", "bytes outside any record were skipped",
        "send Beast binary only; a few at the start mean that recording began within a record";
    /// A type that nobody documents.
    BEAST_TYPE = "beast-type", "the record is of an unknown type",
        "send records of types 1 to 5";
    /// The next record begins before this one is complete, or the input ends.
    BEAST_CUT = "beast-cut", "the record breaks off",
        "nothing to mend if it is the last one: recording stopped within it";
}

const ESCAPE: u8 = 0x1a;
const COUNTER_BYTES: usize = 6;
/// Counter, signal level and the longest frame.
const RECORD_BYTES_MAX: usize = COUNTER_BYTES + 1 + 14;

/// Reads Beast records. A record's number counts from 1; skipped bytes count as a record.
#[derive(Debug)]
pub struct Beast<R> {
    reader: R,
    decoder: Decoder,
    clock: Option<Clock>,
    options: Options,
    record: u64,
    is_refused: bool,
    /// Whether an escape was read that begins the next record.
    at_record: bool,
    /// The type of the next record, when it was read while the one before broke off.
    next_type: Option<u8>,
}

/// What the bytes up to the next escape are.
enum Piece {
    Frame { bytes: [u8; RECORD_BYTES_MAX], len: usize },
    OfNoUse,
    Bad(&'static Code),
    End,
}

impl<R: BufRead> Beast<R> {
    /// From the start of `reader`, decompressed.
    pub fn new(reader: R, options: Options) -> Self {
        Self {
            reader,
            decoder: Decoder::new(options.region),
            clock: options.clock.map(Clock::new),
            options,
            record: 0,
            is_refused: false,
            at_record: false,
            next_type: None,
        }
    }

    fn byte(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            match self.reader.fill_buf() {
                Ok(chunk) => {
                    let byte = chunk.first().copied();
                    self.reader.consume(usize::from(byte.is_some()));
                    return Ok(byte);
                }
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Skips to the next escape; tells whether anything was skipped. None at the end.
    fn find_record(&mut self) -> std::io::Result<Option<bool>> {
        let mut skipped = false;
        while !self.at_record {
            match self.byte()? {
                None if skipped => return Ok(Some(true)),
                None => return Ok(None),
                Some(ESCAPE) => self.at_record = true,
                Some(_) => skipped = true,
            }
        }
        Ok(Some(skipped))
    }

    fn piece(&mut self) -> std::io::Result<Piece> {
        match self.find_record()? {
            None => return Ok(Piece::End),
            Some(true) => return Ok(Piece::Bad(&NOT_BEAST)),
            Some(false) => {}
        }
        self.at_record = false;
        let kind = self.next_type.take();
        let kind = if kind.is_some() { kind } else { self.byte()? };
        let (frame_len, is_frame) = match kind {
            None => return Ok(Piece::Bad(&BEAST_CUT)),
            Some(b'1') => (2, false),
            Some(b'2') => (7, true),
            Some(b'3') => (14, true),
            // Status of a Radarcape, position of a receiver.
            Some(b'4' | b'5') => (14, false),
            // readsb: the receiver's own number, eight bytes without a counter.
            Some(0xe3) => (1, false),
            // A doubled escape outside a record.
            Some(ESCAPE) => return Ok(Piece::Bad(&NOT_BEAST)),
            Some(_) => return Ok(Piece::Bad(&BEAST_TYPE)),
        };
        let len = COUNTER_BYTES + 1 + frame_len;
        let mut bytes = [0; RECORD_BYTES_MAX];
        for place in &mut bytes[..len] {
            let Some(byte) = self.byte()? else { return Ok(Piece::Bad(&BEAST_CUT)) };
            if byte == ESCAPE {
                let following = self.byte()?;
                if following != Some(ESCAPE) {
                    self.next_type = following;
                    self.at_record = following.is_some();
                    return Ok(Piece::Bad(&BEAST_CUT));
                }
            }
            *place = byte;
        }
        Ok(if is_frame { Piece::Frame { bytes, len } } else { Piece::OfNoUse })
    }
}

impl<R: BufRead> Feed<TrackPoint> for Beast<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let input = self.options.input;
        if self.clock.is_none() {
            return Ok(batch.refuse_whole(&mut self.is_refused, &NO_CLOCK_ORIGIN, input));
        }
        while !batch.is_full() {
            let piece = self.piece().map_err(|source| Fault::Read { input, source })?;
            let (bytes, len) = match piece {
                Piece::End => break,
                Piece::Frame { bytes, len } => (bytes, len),
                Piece::OfNoUse => {
                    self.record += 1;
                    batch.passed_over += 1;
                    continue;
                }
                Piece::Bad(code) => {
                    self.record += 1;
                    let locator = Locator { input, record: self.record };
                    batch.rejections.push(Rejection::new(code, locator));
                    continue;
                }
            };
            self.record += 1;
            let locator = Locator { input, record: self.record };
            let (counter, rest) = bytes[..len].split_at(COUNTER_BYTES);
            let frame = &rest[1..];
            let ticks = counter.iter().fold(0, |ticks, &byte| ticks << 8 | u64::from(byte));
            let Some(clock) = &mut self.clock else { break };
            let heard = match clock.instant(ticks) {
                Ok(at) => self.decoder.frame(frame, at, locator),
                Err(code) => Heard::Rejected(code),
            };
            batch.put(heard.said(locator), &bytes[..len], self.options.keep_raw);
        }
        Ok(!batch.is_empty())
    }
}
