//! A column of texts, of which a small value is kept of each. Most are numbers into a dictionary:
//! its entries are taken apart once, and no text is made for a row.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;

/// Texts, taken apart as they are read: what is kept of one is what `parse` makes of it.
pub(super) struct Texts<T> {
    pages: Box<dyn PageReader>,
    /// The definition level of a row that has a text; 0 where every row has one.
    level: u32,
    parse: fn(&str) -> Option<T>,
    dictionary: Option<Vec<Option<T>>>,
    page: Opened,
    values: Vec<Option<T>>,
    /// Numbers into the dictionary, and definition levels: memory that is used again.
    numbers: Vec<u32>,
    levels: Vec<u32>,
}

/// The page that is being read.
struct Opened {
    rows_left: usize,
    /// Which rows have a text; none where all have.
    levels: Option<Hybrid>,
    texts: Kind,
}

enum Kind {
    Plain(Bytes),
    Numbers(Hybrid),
}

impl<T: Copy> Texts<T> {
    /// Reads a flat column of byte arrays, whose rows with a text are of this definition level.
    pub(super) fn new(
        pages: Box<dyn PageReader>,
        level: i16,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        let level = u32::from(level.unsigned_abs());
        let page = Opened { rows_left: 0, levels: None, texts: Kind::Plain(Bytes::new()) };
        let (values, numbers, levels) = (Vec::new(), Vec::new(), Vec::new());
        Self { pages, level, parse, dictionary: None, page, values, numbers, levels }
    }

    /// Reads up to `rows` rows.
    pub(super) fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        self.values.clear();
        while self.values.len() < rows {
            if self.page.rows_left == 0 && !self.next_page()? {
                break;
            }
            let some = self.page.rows_left.min(rows - self.values.len());
            self.page.rows_left -= some;
            self.read_from_page(some)?;
        }
        Ok(self.values.len())
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<T> {
        self.values[row]
    }

    /// Opens the next page that holds rows; false at the end of the column.
    fn next_page(&mut self) -> Result<bool, ParquetError> {
        loop {
            let (mut bytes, rows, encoding, levels) = match self.pages.get_next_page()? {
                None => return Ok(false),
                Some(Page::DictionaryPage { buf, num_values, .. }) => {
                    self.take_dictionary(buf, num_values)?;
                    continue;
                }
                Some(Page::DataPage {
                    mut buf, num_values, encoding, def_level_encoding, ..
                }) => {
                    let mut levels = None;
                    if self.level > 0 {
                        if def_level_encoding != Encoding::RLE {
                            return Err(unreadable());
                        }
                        let length = take_length(&mut buf)?;
                        levels = Some(take(&mut buf, length)?);
                    }
                    (buf, num_values, encoding, levels)
                }
                Some(Page::DataPageV2 {
                    mut buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                }) => {
                    take(&mut buf, rep_levels_byte_len as usize)?;
                    let levels = take(&mut buf, def_levels_byte_len as usize)?;
                    (buf, num_values, encoding, (self.level > 0).then_some(levels))
                }
            };
            let texts = match encoding {
                Encoding::PLAIN => Kind::Plain(bytes),
                Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                    // A page without a value may leave out even the width of its numbers.
                    let width = if bytes.is_empty() { 0 } else { take(&mut bytes, 1)?[0].into() };
                    Kind::Numbers(Hybrid::new(bytes, width)?)
                }
                _ => return Err(unreadable()),
            };
            let width = u32::BITS - self.level.leading_zeros();
            let levels = levels.map(|bytes| Hybrid::new(bytes, width)).transpose()?;
            self.page = Opened { rows_left: rows as usize, levels, texts };
            if rows > 0 {
                return Ok(true);
            }
        }
    }

    fn take_dictionary(&mut self, mut bytes: Bytes, count: u32) -> Result<(), ParquetError> {
        if self.dictionary.is_some() {
            return Err(unreadable());
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(plain(&mut bytes, self.parse)?);
        }
        self.dictionary = Some(entries);
        Ok(())
    }

    fn read_from_page(&mut self, rows: usize) -> Result<(), ParquetError> {
        let Self { page, parse, dictionary, values, numbers, levels, .. } = self;
        let level = self.level;
        let there = match &mut page.levels {
            None => rows,
            Some(hybrid) => {
                hybrid.read(rows, levels)?;
                levels.iter().filter(|&&of_row| of_row == level).count()
            }
        };
        let first = values.len();
        match &mut page.texts {
            Kind::Plain(bytes) => {
                for _ in 0..there {
                    values.push(plain(bytes, *parse)?);
                }
            }
            Kind::Numbers(hybrid) => {
                let entries = dictionary.as_deref().unwrap_or_default();
                hybrid.read(there, numbers)?;
                for &number in &*numbers {
                    values.push(*entries.get(number as usize).ok_or_else(unreadable)?);
                }
            }
        }
        if there < rows {
            spread(values, first, levels.iter().map(|&of_row| of_row == level));
        }
        Ok(())
    }
}

/// Moves the values from `first` on to the rows that have one, from the last to the first.
fn spread<T: Copy>(
    values: &mut Vec<Option<T>>,
    first: usize,
    present: impl DoubleEndedIterator<Item = bool> + ExactSizeIterator,
) {
    let mut from = values.len();
    values.resize(first + present.len(), None);
    for (row, is_there) in present.enumerate().rev() {
        from -= usize::from(is_there);
        values[first + row] = is_there.then(|| values[from]).flatten();
    }
}

fn unreadable() -> ParquetError {
    ParquetError::General("a page of texts cannot be decoded".into())
}

fn take(bytes: &mut Bytes, length: usize) -> Result<Bytes, ParquetError> {
    if length > bytes.len() {
        return Err(unreadable());
    }
    Ok(bytes.split_to(length))
}

fn take_length(bytes: &mut Bytes) -> Result<usize, ParquetError> {
    let length = take(bytes, 4)?;
    let length = length.first_chunk::<4>().ok_or_else(unreadable)?;
    Ok(u32::from_le_bytes(*length) as usize)
}

/// The next text of those that stand as they are, taken apart.
fn plain<T>(bytes: &mut Bytes, parse: fn(&str) -> Option<T>) -> Result<Option<T>, ParquetError> {
    let length = take_length(bytes)?;
    let text = take(bytes, length)?;
    Ok(std::str::from_utf8(&text).ok().and_then(parse))
}

/// Small numbers, in runs of one number and in groups of eight packed by bits (parquet-format,
/// "Run Length Encoding / Bit-Packing Hybrid").
struct Hybrid {
    bytes: Bytes,
    width: u32,
    run: Run,
}

enum Run {
    Of {
        number: u32,
        left: usize,
    },
    /// So many are left, from this bit of the bytes on.
    Packed {
        bit: usize,
        left: usize,
    },
}

impl Hybrid {
    fn new(bytes: Bytes, width: u32) -> Result<Self, ParquetError> {
        if width > 32 {
            return Err(unreadable());
        }
        Ok(Self { bytes, width, run: Run::Of { number: 0, left: 0 } })
    }

    /// The next `count` numbers, in place of what was in `out`.
    fn read(&mut self, count: usize, out: &mut Vec<u32>) -> Result<(), ParquetError> {
        out.clear();
        out.reserve(count);
        while out.len() < count {
            let wanted = count - out.len();
            match &mut self.run {
                Run::Of { left: 0, .. } | Run::Packed { left: 0, .. } => self.next_run()?,
                Run::Of { number, left } => {
                    let some = wanted.min(*left);
                    *left -= some;
                    out.resize(out.len() + some, *number);
                }
                Run::Packed { bit, left } => {
                    let some = wanted.min(*left);
                    unpack(&self.bytes, self.width, *bit, some, out);
                    *bit += some * self.width as usize;
                    *left -= some;
                }
            }
        }
        Ok(())
    }

    fn next_run(&mut self) -> Result<(), ParquetError> {
        if let Run::Packed { bit, .. } = self.run {
            let read = bit.div_ceil(8).min(self.bytes.len());
            take(&mut self.bytes, read)?;
        }
        let head = self.varint()?;
        let length = (head >> 1) as usize;
        if head & 1 == 1 {
            // The last group may be cut short: what is not there is not asked for.
            let bits = (length * 8).saturating_mul(self.width as usize);
            let there = bits.min(self.bytes.len() * 8);
            let left = match self.width as usize {
                0 => length * 8,
                width => there / width,
            };
            self.run = Run::Packed { bit: 0, left };
        } else {
            let bytes = take(&mut self.bytes, self.width.div_ceil(8) as usize)?;
            let number = bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
            self.run = Run::Of { number, left: length };
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u32, ParquetError> {
        let mut number = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = take(&mut self.bytes, 1)?[0];
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(unreadable())
    }
}

/// Adds `count` numbers of `width` bits each, from bit `first` on: all of them are there.
fn unpack(bytes: &[u8], width: u32, first: usize, count: usize, out: &mut Vec<u32>) {
    let mask = (1_u64 << width) - 1;
    let mut bit = first;
    for _ in 0..count {
        let at = bit / 8;
        let word = match bytes.get(at..at + 8).and_then(|some| some.first_chunk::<8>()) {
            Some(word) => u64::from_le_bytes(*word),
            None => {
                let rest = bytes.get(at..).unwrap_or_default();
                let mut word = [0; 8];
                word[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(word)
            }
        };
        out.push((word >> (bit % 8) & mask) as u32);
        bit += width as usize;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::data_type::ByteArrayType;
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use proptest::prelude::*;

    use super::*;

    /// A column of texts as a file has it, in pages of so many rows.
    fn written(
        texts: &[Option<String>],
        is_optional: bool,
        properties: WriterProperties,
    ) -> SerializedFileReader<Bytes> {
        let kind = if is_optional { "OPTIONAL" } else { "REQUIRED" };
        let schema = format!("message m {{ {kind} BYTE_ARRAY name (STRING); }}");
        let schema = Arc::new(parse_message_type(&schema).unwrap());
        let mut writer =
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let values: Vec<_> = texts.iter().flatten().map(|text| text.as_str().into()).collect();
        let levels: Vec<i16> = texts.iter().map(|text| i16::from(text.is_some())).collect();
        let levels = is_optional.then_some(&levels[..]);
        column.typed::<ByteArrayType>().write_batch(&values, levels, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        SerializedFileReader::new(Bytes::from(writer.into_inner().unwrap())).unwrap()
    }

    fn number(text: &str) -> Option<u32> {
        text.parse().ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_was_written_is_read_whatever_the_pages(
            drawn in proptest::collection::vec((0u32..400, 0u8..8, 1usize..20), 1..200),
            is_optional: bool,
            has_dictionary: bool,
            is_second_version: bool,
            page_rows in 1usize..700,
            at_once in 1usize..1000,
        ) {
            let texts: Vec<Option<String>> = drawn
                .iter()
                .flat_map(|&(number, kind, times)| {
                    let text = match kind {
                        0 if is_optional => None,
                        1 => Some("no number".to_owned()),
                        _ => Some(number.to_string()),
                    };
                    std::iter::repeat_n(text, times)
                })
                .collect();
            let version = match is_second_version {
                true => WriterVersion::PARQUET_2_0,
                false => WriterVersion::PARQUET_1_0,
            };
            // Texts without a dictionary are written as differences by the second version.
            let properties = WriterProperties::builder()
                .set_writer_version(version)
                .set_dictionary_enabled(has_dictionary)
                .set_encoding(Encoding::PLAIN)
                .set_data_page_row_count_limit(page_rows)
                .set_write_batch_size(16)
                .build();
            let file = written(&texts, is_optional, properties);
            let pages = file.get_row_group(0).unwrap().get_column_page_reader(0).unwrap();
            let mut column = Texts::new(pages, i16::from(is_optional), number);
            let mut read = Vec::new();
            loop {
                let rows = column.read(at_once).unwrap();
                if rows == 0 {
                    break;
                }
                read.extend((0..rows).map(|row| column.get(row)));
            }
            let wanted: Vec<_> = texts.iter().map(|text| number(text.as_deref()?)).collect();
            prop_assert_eq!(read, wanted);
        }

        #[test]
        fn no_bytes_make_it_panic_or_run_on(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            width in 0u32..33,
            count in 0usize..5000,
        ) {
            let mut hybrid = Hybrid::new(Bytes::from(bytes), width).unwrap();
            let mut out = Vec::new();
            let _ = hybrid.read(count, &mut out);
            prop_assert!(out.len() <= count);
        }
    }
}
