//! AVR lines, the text that dump1090 and many receivers send on port 30002: `*8D…;` is a
//! frame in hexadecimal, `@` puts a 12 MHz counter of 12 digits before it, `<` a counter and
//! two digits of signal level.
//!
//! The counter needs [`Options::clock`]. Lines without one (`*`, `:`) hold the frames in the order
//! in which they were heard and nothing of when: neither the first frame's time nor any number
//! of them a second tells when the next one came, so no origin of a clock helps, and they are
//! rejected with what to record instead.

use std::io::BufRead;

use agreement::track::{Locator, TrackPoint};

use crate::adsb::{Decoder, Heard};
use crate::clock::{Clock, NO_CLOCK_ORIGIN, NO_COUNTER};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::hex::{Frame, NOT_HEX};
use crate::lines::{self, Lines};
use crate::rejection::Code;

codes! {
    /// Not a line of the format.
    NOT_AVR = "not-avr", "the line is not a frame between * or @ and a semicolon",
        "send lines such as @0123456789ab8d4ca251204994b1c36e60a5343d;";
}

/// Digits of a counter.
const COUNTER_DIGITS: usize = 12;
/// Bytes of a Mode A/C reply, which carries no address.
const MODE_AC_BYTES: usize = 2;

/// Reads AVR lines.
#[derive(Debug)]
pub struct Avr<R> {
    lines: Lines<R>,
    decoder: Decoder,
    /// None once the feed was rejected as a whole.
    clock: Option<Clock>,
    options: Options,
    is_refused: bool,
}

impl<R: BufRead> Avr<R> {
    /// From the start of `reader`, decompressed.
    pub fn new(reader: R, options: Options) -> Self {
        Self {
            lines: Lines::new(reader),
            decoder: Decoder::new(options.region),
            clock: options.clock.map(Clock::new),
            options,
            is_refused: false,
        }
    }
}

impl<R: BufRead> Feed<TrackPoint> for Avr<R> {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        let Self { lines, decoder, clock, options, is_refused } = self;
        let Some(clock) = clock else {
            let code = if *is_refused { &NO_COUNTER } else { advice(lines, options)? };
            return Ok(batch.refuse_whole(is_refused, code, options.input));
        };
        lines::fill(lines, options, batch, |line, locator| {
            decode(decoder, clock, line, locator).unwrap_or_else(Heard::Rejected).said(locator)
        })
    }
}

/// What whoever named no origin of the clock is to be told: lines without a counter would gain
/// nothing from one.
fn advice(lines: &mut Lines<impl BufRead>, options: &Options) -> Result<&'static Code, Fault> {
    let input = options.input;
    while let Some(line) = lines.next_line().map_err(|source| Fault::Read { input, source })? {
        match line.bytes.trim_ascii().first() {
            Some(b'*' | b':') => return Ok(&NO_COUNTER),
            Some(_) => break,
            None => {}
        }
    }
    Ok(&NO_CLOCK_ORIGIN)
}

fn decode(
    decoder: &mut Decoder,
    clock: &mut Clock,
    line: &[u8],
    locator: Locator,
) -> Result<Heard, &'static Code> {
    let text = line.trim_ascii().strip_suffix(b";").ok_or(&NOT_AVR)?;
    let (&mark, digits) = text.split_first().ok_or(&NOT_AVR)?;
    let (counter, digits) = match mark {
        b'*' | b':' => (None, digits),
        b'@' | b'%' => digits.split_at_checked(COUNTER_DIGITS).map(with_counter).ok_or(&NOT_AVR)?,
        b'<' => {
            let (counter, rest) = digits.split_at_checked(COUNTER_DIGITS).ok_or(&NOT_AVR)?;
            with_counter((counter, rest.get(2..).ok_or(&NOT_AVR)?))
        }
        _ => return Err(&NOT_AVR),
    };
    let frame = Frame::parse(digits).ok_or(&NOT_HEX)?;
    if frame.bytes().len() == MODE_AC_BYTES {
        return Ok(Heard::NoPosition);
    }
    let counter = Frame::parse(counter.ok_or(&NO_COUNTER)?).ok_or(&NOT_HEX)?;
    let ticks = counter.bytes().iter().fold(0, |ticks, &byte| ticks << 8 | u64::from(byte));
    Ok(decoder.frame(frame.bytes(), clock.instant(ticks)?, locator))
}

const fn with_counter<'a>((counter, frame): (&'a [u8], &'a [u8])) -> (Option<&'a [u8]>, &'a [u8]) {
    (Some(counter), frame)
}
