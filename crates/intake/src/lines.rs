//! Text, one line at a time, in bounded memory.

use std::io::BufRead;

use agreement::track::Locator;

use crate::feed::{Batch, Fault, Options};
use crate::limits::LINE_BYTES_MAX;
use crate::rejection::{Code, Rejection};

/// A line has more than [`LINE_BYTES_MAX`] bytes.
pub static LINE_TOO_LONG: Code = Code {
    name: "line-too-long",
    reason: "the line has more than 65536 bytes",
    repair: "send one record a line; a file without line ends may be of another format",
};

/// What some programs write before UTF-8. Before the first line it is passed over; anywhere else it is a
/// character like others.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads lines, numbered from 1, whatever their length: what passes [`LINE_BYTES_MAX`] is
/// skipped without being held.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    record: u64,
}

/// One line, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Which one, from 1.
    pub record: u64,
    /// Its bytes; only the first [`LINE_BYTES_MAX`] of a line that is too long.
    pub bytes: &'a [u8],
    /// Whether it passed the limit.
    pub too_long: bool,
    /// Whether a line end followed; the last line of a file that is still written lacks it.
    pub ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// From the start of `reader`.
    pub const fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), record: 0 }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn next_line(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (mut any, mut ended, mut too_long) = (false, false, false);
        while !ended {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let (line, used) = match memchr::memchr(b'\n', chunk) {
                Some(end) => (&chunk[..end], end + 1),
                None => (chunk, chunk.len()),
            };
            ended = used > line.len();
            let room = LINE_BYTES_MAX - self.buffer.len();
            too_long |= line.len() > room;
            self.buffer.extend_from_slice(&line[..line.len().min(room)]);
            self.reader.consume(used);
        }
        if !any {
            return Ok(None);
        }
        self.record += 1;
        let bytes = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        let bytes =
            bytes.strip_prefix(BYTE_ORDER_MARK).filter(|_| self.record == 1).unwrap_or(bytes);
        Ok(Some(Line { record: self.record, bytes, too_long, ended }))
    }
}

/// Fills a batch with what `read` makes of each line that holds more than space. A line that is
/// too long is rejected unread.
pub(crate) fn fill<T, R: BufRead>(
    lines: &mut Lines<R>,
    options: &Options,
    batch: &mut Batch<T>,
    mut read: impl FnMut(&[u8], Locator) -> Result<Option<T>, Rejection>,
) -> Result<bool, Fault> {
    let input = options.input;
    while !batch.is_full() {
        let line = lines.next_line().map_err(|source| Fault::Read { input, source })?;
        let Some(line) = line else { break };
        let locator = Locator { input, record: line.record };
        let made = match line {
            Line { too_long: true, .. } => Err(Rejection::new(&LINE_TOO_LONG, locator)),
            Line { bytes, .. } if bytes.trim_ascii().is_empty() => continue,
            Line { bytes, .. } => read(bytes, locator),
        };
        batch.put(made, line.bytes, options.keep_raw);
    }
    Ok(!batch.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_costs_nobody_the_first_line() {
        let text = b"\xef\xbb\xbffirst\n\xef\xbb\xbfsecond\n";
        let mut lines = Lines::new(&text[..]);
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"first");
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"\xef\xbb\xbfsecond");
    }

    #[test]
    fn an_endless_line_is_skipped_and_the_next_one_is_read() {
        let text = [&[b'a'; 3 * LINE_BYTES_MAX][..], b"\r\nnext\r\nlast"].concat();
        let mut lines = Lines::new(std::io::BufReader::with_capacity(100, &text[..]));
        let first = lines.next_line().unwrap().unwrap();
        assert_eq!((first.bytes.len(), first.too_long), (LINE_BYTES_MAX, true));
        let next = lines.next_line().unwrap().unwrap();
        assert_eq!(next, Line { record: 2, bytes: b"next", too_long: false, ended: true });
        let last = lines.next_line().unwrap().unwrap();
        assert_eq!(last, Line { record: 3, bytes: b"last", too_long: false, ended: false });
        assert_eq!(lines.next_line().unwrap(), None);
    }

    #[test]
    fn a_line_of_many_megabytes_is_passed_over_in_bounded_memory_and_the_next_is_read() {
        use std::io::Read as _;
        let upload = std::io::repeat(b'x').take(64 << 20).chain(&b"\nnext\n"[..]);
        let mut lines = Lines::new(std::io::BufReader::with_capacity(1 << 16, upload));
        let first = lines.next_line().unwrap().unwrap();
        assert_eq!((first.bytes.len(), first.too_long), (LINE_BYTES_MAX, true));
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, b"next");
    }
}
