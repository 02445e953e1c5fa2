//! Rows of a CSV file (RFC 4180) by column name, in bounded memory, where one broken row costs
//! one row.
//!
//! A quote that is never closed makes a lenient reader swallow the rest of the file. Here a row
//! of several lines that does not end up with the header's columns is taken for a broken first
//! line: that line is rejected, and reading goes on with the next.

use std::collections::VecDeque;
use std::io::BufRead;

use agreement::track::Locator;

use crate::feed::{Batch, Fault, Options};
use crate::lines::{LINE_TOO_LONG, Lines};
use crate::rejection::{Code, Rejection};

/// Most columns a file may have.
pub const COLUMNS_MAX: usize = 256;

/// Most bytes in one row, all its lines together.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Most lines over which a quoted field may run.
pub const RECORD_LINES_MAX: usize = 64;

static UNCLOSED_QUOTE: Code = Code {
    name: "unclosed-quote",
    reason: "a quoted field is not closed",
    repair: "close it with a quote, and double each quote inside it",
};
static AFTER_QUOTE: Code = Code {
    name: "text-after-quote",
    reason: "a quoted field goes on after its closing quote",
    repair: "double each quote inside a quoted field",
};
static COLUMN_COUNT: Code = Code {
    name: "column-count",
    reason: "the row has not as many columns as the header",
    repair: "quote fields that hold commas, and send every column in every row",
};
static NO_HEADER: Code = Code {
    name: "no-header",
    reason: "the file has no header row",
    repair: "send the column names as the first row",
};
static DUPLICATE_COLUMN: Code = Code {
    name: "duplicate-column",
    reason: "two columns have the same name",
    repair: "name each column once",
};
static MISSING_COLUMN: Code = Code {
    name: "missing-column",
    reason: "a required column is missing",
    repair: "send the column, named as the data set's codebook names it",
};
static NOT_UTF8: Code =
    Code { name: "not-utf-8", reason: "the row is not UTF-8", repair: "save the file as UTF-8" };

/// The rows of one file.
pub(super) struct Rows<R> {
    lines: Lines<R>,
    input: u16,
    separator: u8,
    /// Lines read ahead of a broken row, still to be looked at.
    ahead: VecDeque<(u64, Vec<u8>, bool)>,
    columns: Vec<String>,
    fields: Fields,
    /// The row at hand as it is written, without its last line end.
    text: Vec<u8>,
}

/// A table that is read as reports: its rows, and where its columns stand once that is known.
pub(super) struct Table<R, P> {
    pub(super) rows: Rows<R>,
    places: Option<P>,
    ended: bool,
}

/// The fields of the row at hand.
#[derive(Debug, Default)]
struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// A row, or why there is none.
pub(super) enum Row {
    /// Its number: the line it starts on.
    Good(u64),
    Bad(Rejection),
    End,
}

#[derive(Debug, PartialEq, Eq)]
enum Split {
    Done,
    /// The text ends inside quotes.
    Unclosed,
    /// Something other than a separator follows a closing quote.
    AfterQuote,
}

impl<R: BufRead> Rows<R> {
    /// From the start of `reader`. The header is read with the first row.
    pub(super) fn new(reader: R, input: u16) -> Self {
        Self {
            lines: Lines::new(reader),
            input,
            separator: b',',
            ahead: VecDeque::new(),
            columns: Vec::new(),
            fields: Fields::default(),
            text: Vec::new(),
        }
    }

    /// The same rows with fields separated by another character than a comma.
    pub(super) const fn separated_by(mut self, separator: u8) -> Self {
        self.separator = separator;
        self
    }

    /// Reads the header and finds the columns asked for: required ones by any of their names,
    /// optional ones where they are.
    ///
    /// # Errors
    /// The outer one when the reader fails, the inner one when the header will not do.
    pub(super) fn header<const N: usize>(
        &mut self,
        wanted: [Column; N],
    ) -> std::io::Result<Result<[Option<usize>; N], Rejection>> {
        if let Err(why) = self.names()? {
            return Ok(Err(why));
        }
        let whole = Locator { input: self.input, record: 0 };
        let mut found = [None; N];
        for (place, column) in found.iter_mut().zip(wanted) {
            *place = self.columns.iter().position(|name| column.names.contains(&name.as_str()));
            if place.is_none() && column.required {
                return Ok(Err(Rejection::new(&MISSING_COLUMN, whole).at(column.names[0])));
            }
        }
        Ok(Ok(found))
    }

    /// Where the column of a name stands, once [`Self::names`] were read.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn column(&self, name: &str) -> Result<usize, Rejection> {
        let folded = name.trim().to_lowercase();
        let whole = Locator { input: self.input, record: 0 };
        let missing = || Rejection::new(&MISSING_COLUMN, whole).at(name.to_owned());
        self.columns.iter().position(|column| column.to_lowercase() == folded).ok_or_else(missing)
    }

    /// Reads the header: the names of the columns.
    ///
    /// # Errors
    /// The outer one when the reader fails, the inner one when the header will not do.
    pub(super) fn names(&mut self) -> std::io::Result<Result<(), Rejection>> {
        let whole = Locator { input: self.input, record: 0 };
        let Some((_, mut line, _)) = self.next_line()? else {
            return Ok(Err(Rejection::new(&NO_HEADER, whole)));
        };
        if line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        let split = self.fields.split(&line, self.separator);
        let names = std::str::from_utf8(&self.fields.bytes);
        if split != Split::Done || names.is_err() || self.fields.ends.len() > COLUMNS_MAX {
            return Ok(Err(Rejection::new(&NO_HEADER, whole)));
        }
        self.columns = (0..self.fields.ends.len())
            .map(|n| self.field(Some(n)).trim().to_ascii_lowercase())
            .collect();
        let mut sorted = self.columns.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let name: String = twice[0].chars().take(40).collect();
            return Ok(Err(Rejection::new(&DUPLICATE_COLUMN, whole).at(name)));
        }
        Ok(Ok(()))
    }

    /// Reads the next row. Its fields are then to be had by [`Rows::field`].
    ///
    /// # Errors
    /// When the reader fails.
    pub(super) fn next_row(&mut self) -> std::io::Result<Row> {
        let (record, mut text, too_long) = loop {
            match self.next_line()? {
                None => return Ok(Row::End),
                Some((_, text, _)) if text.is_empty() => {}
                Some(line) => break line,
            }
        };
        let locator = Locator { input: self.input, record };
        if too_long {
            return Ok(Row::Bad(Rejection::new(&LINE_TOO_LONG, locator)));
        }
        let mut joined = Vec::new();
        let mut split = self.fields.split(&text, self.separator);
        while split == Split::Unclosed && joined.len() + 1 < RECORD_LINES_MAX {
            let Some(more) = self.next_line()? else { break };
            let fits = text.len() + 1 + more.1.len() <= RECORD_BYTES_MAX && !more.2;
            if fits {
                text.push(b'\n');
                text.extend_from_slice(&more.1);
                // Without a quote in it, the line cannot have closed the field.
                if more.1.contains(&b'"') {
                    split = self.fields.split(&text, self.separator);
                }
            }
            joined.push(more);
            if !fits {
                break;
            }
        }
        let fault = match split {
            Split::Done if self.fields.ends.len() == self.columns.len() => None,
            // Text that swallowed the next rows: its quote is the fault, whatever came of it.
            _ if !joined.is_empty() => Some(Rejection::new(&UNCLOSED_QUOTE, locator)),
            Split::Done => {
                let (found, wanted) = (self.fields.ends.len(), self.columns.len());
                let detail = format!("{found} columns, the header has {wanted}");
                Some(Rejection::new(&COLUMN_COUNT, locator).detail(detail))
            }
            Split::Unclosed => Some(Rejection::new(&UNCLOSED_QUOTE, locator)),
            Split::AfterQuote => Some(Rejection::new(&AFTER_QUOTE, locator)),
        };
        if let Some(fault) = fault {
            for line in joined.into_iter().rev() {
                self.ahead.push_front(line);
            }
            return Ok(Row::Bad(fault));
        }
        self.text = text;
        if std::str::from_utf8(&self.fields.bytes).is_err() {
            return Ok(Row::Bad(Rejection::new(&NOT_UTF8, locator)));
        }
        Ok(Row::Good(record))
    }

    /// The text of a column of the row at hand; empty where there is no such column.
    pub(super) fn field(&self, column: Option<usize>) -> &str {
        let Some((&end, n)) = column.and_then(|n| Some((self.fields.ends.get(n)?, n))) else {
            return "";
        };
        let start = n.checked_sub(1).map_or(0, |before| self.fields.ends[before]);
        // The whole row was found to be UTF-8; a field of it could still split a character only
        // if a comma or quote were part of one, which UTF-8 rules out.
        std::str::from_utf8(&self.fields.bytes[start..end]).unwrap_or_default()
    }

    /// The row at hand as it is written, for whoever keeps rejects.
    pub(super) fn raw(&self) -> &[u8] {
        &self.text
    }

    fn next_line(&mut self) -> std::io::Result<Option<(u64, Vec<u8>, bool)>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let line = self.lines.next_line()?;
        Ok(line.map(|line| (line.record, line.bytes.to_vec(), line.too_long)))
    }
}

impl<R: BufRead, P: Clone> Table<R, P> {
    pub(super) const fn new(rows: Rows<R>) -> Self {
        Self { rows, places: None, ended: false }
    }

    /// Fills a batch with what `read` makes of each row, given where the columns stand: `find` tells,
    /// from the header, or says why the table will not do. A row of which nothing new is made
    /// is passed over.
    pub(super) fn fill<T>(
        &mut self,
        options: &Options,
        batch: &mut Batch<T>,
        find: impl Fn(&mut Rows<R>) -> std::io::Result<Result<P, Rejection>>,
        mut read: impl FnMut(&Rows<R>, &P, Locator) -> Result<Option<T>, Rejection>,
    ) -> Result<bool, Fault> {
        batch.clear();
        let input = options.input;
        let fault = |source| Fault::Read { input, source };
        while !self.ended && !batch.is_full() {
            let Some(places) = &self.places else {
                match find(&mut self.rows).map_err(fault)? {
                    Ok(found) => self.places = Some(found),
                    Err(why) => {
                        batch.rejections.push(why);
                        self.ended = true;
                    }
                }
                continue;
            };
            match self.rows.next_row().map_err(fault)? {
                Row::End => self.ended = true,
                Row::Bad(why) => batch.rejections.push(why),
                Row::Good(record) => {
                    let made = read(&self.rows, places, Locator { input, record });
                    batch.put(made, self.rows.raw(), options.keep_raw);
                }
            }
        }
        Ok(!batch.is_empty())
    }
}

/// A column by the names it goes under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) names: &'static [&'static str],
    pub(super) required: bool,
}

impl Fields {
    /// Splits one row (RFC 4180 §2). What is quoted keeps its commas and line ends.
    fn split(&mut self, text: &[u8], separator: u8) -> Split {
        self.bytes.clear();
        self.ends.clear();
        let mut at = 0;
        loop {
            if text.get(at) == Some(&b'"') {
                let Some(after) = self.quoted(&text[at + 1..]) else { return Split::Unclosed };
                at += 1 + after;
                if text.get(at).is_some_and(|&b| b != separator) {
                    return Split::AfterQuote;
                }
            } else {
                let rest = &text[at..];
                let length = rest.iter().position(|&b| b == separator).unwrap_or(rest.len());
                self.bytes.extend_from_slice(&rest[..length]);
                at += length;
            }
            self.ends.push(self.bytes.len());
            if at >= text.len() {
                return Split::Done;
            }
            at += 1;
        }
    }

    /// Takes a quoted field, from after its opening quote; returns the length up to after its
    /// closing one.
    fn quoted(&mut self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let length = text[at..].iter().position(|&b| b == b'"')?;
            self.bytes.extend_from_slice(&text[at..at + length]);
            at += length + 1;
            if text.get(at) != Some(&b'"') {
                return Some(at);
            }
            self.bytes.push(b'"');
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Vec<String>>, Vec<(&'static str, u64)>) {
        let mut rows = Rows::new(text.as_bytes(), 0);
        let wanted = [Column { names: &["a"], required: true }];
        rows.header(wanted).unwrap().unwrap();
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        loop {
            match rows.next_row().unwrap() {
                Row::Good(_) => good.push(
                    (0..rows.columns.len()).map(|n| rows.field(Some(n)).to_owned()).collect(),
                ),
                Row::Bad(why) => bad.push((why.code.name, why.locator.record)),
                Row::End => return (good, bad),
            }
        }
    }

    #[test]
    fn a_quoted_field_keeps_its_commas_quotes_and_line_ends() {
        let (good, bad) = read("\u{feff}a,b\r\n\"1, \"\"2\"\"\n3\",x\r\n,\n");
        assert_eq!(good, [["1, \"2\"\n3", "x"], ["", ""]]);
        assert_eq!(bad, []);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_row_only() {
        let (good, bad) = read("a,b\n1,\"2\n3,4\n5,6\n");
        assert_eq!((good.len(), bad), (2, vec![("unclosed-quote", 2)]));
        // Closed by accident in a later row.
        let (good, bad) = read("a,b\n1,\"2\n\"3\",4\n5,6\n");
        assert_eq!((good.len(), bad), (2, vec![("unclosed-quote", 2)]));
        let long = format!("a,b\n1,\"2\n{}", "3,4\n".repeat(RECORD_LINES_MAX * 3));
        assert_eq!(read(&long).0.len(), RECORD_LINES_MAX * 3);
    }

    #[test]
    fn a_row_of_another_width_is_rejected_where_it_stands() {
        let (good, bad) = read("a,b\n1,2,3\n4,5\n6\n\"7\"8,9\n");
        assert_eq!(good, [["4", "5"]]);
        assert_eq!(bad, [("column-count", 2), ("column-count", 4), ("text-after-quote", 5)]);
    }
}
