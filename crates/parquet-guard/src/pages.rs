//! A column's pages, each looked at between its unpacking and its decoding.

use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::ColumnDescriptor;

use crate::cost::byte_range;
use crate::runs::{are_runs, count, deltas};

/// The reader of one column of a row group, by its place in the schema, which decodes no page that claims
/// what its bytes do not bear out.
///
/// # Errors
/// When the column is not there or its first page cannot be found; later, in place of such a page.
pub fn column_reader(
    group: &dyn RowGroupReader,
    place: usize,
) -> Result<ColumnReader, ParquetError> {
    let column = group.metadata().schema_descr_ptr().column(place);
    Ok(get_column_reader(column, page_reader(group, place)?))
}

/// The pages of one column of a row group, without those that claim what their bytes do not bear out.
///
/// # Errors
/// As [`column_reader`].
pub fn page_reader(
    group: &dyn RowGroupReader,
    place: usize,
) -> Result<Box<dyn PageReader>, ParquetError> {
    let column = group.metadata().schema_descr_ptr().column(place);
    if byte_range(group.metadata().column(place)).is_none() {
        return Err(ParquetError::General("a column says that it lies before the file".into()));
    }
    let pages = group.get_column_page_reader(place)?;
    Ok(Box::new(Guarded { pages, look: Look::at(&column), has_dictionary: false }))
}

struct Guarded {
    pages: Box<dyn PageReader>,
    look: Look,
    has_dictionary: bool,
}

impl Guarded {
    fn pass(&mut self, page: Page) -> Result<Page, ParquetError> {
        self.has_dictionary |= matches!(page, Page::DictionaryPage { .. });
        match self.look.pass(&page, self.has_dictionary) {
            Some(()) => Ok(page),
            None => Err(ParquetError::General("a page claims more than its bytes hold".into())),
        }
    }
}

impl Iterator for Guarded {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Guarded {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let page = self.pages.get_next_page()?;
        page.map(|page| self.pass(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.pages.skip_next_page()
    }
}

/// What a column's pages have to be like. Every look is `None` where one is not so.
#[derive(Clone, Copy)]
struct Look {
    /// The highest repetition level, and the highest definition level.
    levels: [u16; 2],
    value: Type,
}

/// A data page taken apart.
#[derive(Clone, Copy)]
struct Parts<'a> {
    /// Repetition levels and definition levels, as runs.
    levels: [&'a [u8]; 2],
    values: &'a [u8],
    encoding: Encoding,
    /// How many, nulls among them.
    count: u32,
}

impl Look {
    fn at(column: &ColumnDescriptor) -> Self {
        let levels = [column.max_rep_level(), column.max_def_level()];
        Self { levels: levels.map(i16::unsigned_abs), value: column.physical_type() }
    }

    fn pass(self, page: &Page, has_dictionary: bool) -> Option<()> {
        let parts = match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                return self.plain(buf, u64::from(*num_values));
            }
            Page::DataPage { .. } => self.first_version(page)?,
            Page::DataPageV2 { .. } => second_version(page)?,
        };
        for (runs, level) in parts.levels.into_iter().zip(self.levels) {
            are_runs(runs, bits(level), parts.count).then_some(())?;
        }
        self.values(parts, has_dictionary)
    }

    /// A data page whose levels stand before its values, each with its length.
    fn first_version(self, page: &Page) -> Option<Parts<'_>> {
        let Page::DataPage { buf, num_values, encoding, .. } = page else { return None };
        let Page::DataPage { def_level_encoding, rep_level_encoding, .. } = page else {
            return None;
        };
        let mut rest = &buf[..];
        let mut levels = [&[][..]; 2];
        for (n, encoding) in [rep_level_encoding, def_level_encoding].into_iter().enumerate() {
            if self.levels[n] > 0 {
                // Packed levels have been out of the format since 2013.
                levels[n] =
                    (*encoding == Encoding::RLE).then(|| take_counted(&mut rest)).flatten()?;
            }
        }
        Some(Parts { levels, values: rest, encoding: *encoding, count: *num_values })
    }

    fn values(self, parts: Parts<'_>, has_dictionary: bool) -> Option<()> {
        let Parts { values: bytes, .. } = parts;
        let deltas_of = |width| {
            // The crate takes the first number before it looks whether there is one.
            let values = deltas(bytes, width)?;
            (values > 0 || self.present(parts) == 0).then_some(())
        };
        match parts.encoding {
            Encoding::PLAIN => self.plain(bytes, self.present(parts)),
            Encoding::BYTE_STREAM_SPLIT => {
                let width = match self.value {
                    Type::INT32 | Type::FLOAT => 4,
                    Type::INT64 | Type::DOUBLE => 8,
                    _ => return None,
                };
                (self.present(parts) <= bytes.len() as u64 / width).then_some(())
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // A page without a value may leave out even the width of its numbers.
                let width = bytes.split_first();
                let is_sound =
                    width.is_none_or(|(&width, runs)| are_runs(runs, width.into(), parts.count));
                (has_dictionary && is_sound).then_some(())
            }
            Encoding::RLE if self.value == Type::BOOLEAN => {
                let mut rest = bytes;
                (bytes.is_empty() || are_runs(take_counted(&mut rest)?, 1, parts.count))
                    .then_some(())
            }
            Encoding::DELTA_BINARY_PACKED => match self.value {
                Type::INT32 => deltas_of(32),
                Type::INT64 => deltas_of(64),
                _ => None,
            },
            // Texts as differences are refused before (`cost`); the rest is out of the format.
            _ => None,
        }
    }

    /// Values one after the other. Each text has its length before it; of other types the crate counts the
    /// bytes itself.
    fn plain(self, mut bytes: &[u8], count: u64) -> Option<()> {
        if self.value == Type::BYTE_ARRAY {
            for _ in 0..count {
                take_counted(&mut bytes)?;
            }
        }
        Some(())
    }

    /// How many of the page's values are not null.
    fn present(self, parts: Parts<'_>) -> u64 {
        match self.levels[1] {
            0 => parts.count.into(),
            level => count(parts.levels[1], bits(level), parts.count, level.into()),
        }
    }
}

/// A data page whose head tells where its levels end.
fn second_version(page: &Page) -> Option<Parts<'_>> {
    let Page::DataPageV2 { buf, num_values, encoding, .. } = page else { return None };
    let Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } = page else {
        return None;
    };
    let mut rest = &buf[..];
    let repetition = take(&mut rest, *rep_levels_byte_len as usize)?;
    let definition = take(&mut rest, *def_levels_byte_len as usize)?;
    let levels = [repetition, definition];
    Some(Parts { levels, values: rest, encoding: *encoding, count: *num_values })
}

/// Bits that levels up to this one take.
fn bits(level: u16) -> u32 {
    u16::BITS - level.leading_zeros()
}

/// As many bytes as the four before them say.
fn take_counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (count, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    take(bytes, u32::from_le_bytes(*count) as usize)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}
