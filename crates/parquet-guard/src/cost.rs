//! What decoding a row group would take, told from the heads of its pages before any is unpacked.
//!
//! A page's head says how many bytes it unpacks to, and a dictionary's how many values it holds.
//! The decoder makes room for both on the file's word. So each head is read here first (Thrift's
//! compact protocol, parquet.thrift `PageHeader`), and a row group that would take more than the
//! limits is rejected unread.

use parquet::basic::Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;

use crate::thrift::{PAGE_HEADER, Thrift};

/// Most bytes that one row group's columns may take while they are decoded: of each column its
/// dictionary and its largest page, packed and unpacked. Writers make pages of about 1 MiB.
pub const GROUP_BYTES_MAX: u64 = 40 << 20;
/// Most bytes of one page's head. Those of writers are under 200 but for long statistics.
pub const PAGE_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most pages of one column in one row group.
pub const PAGES_MAX: usize = 65_536;
/// Encodings of text as differences (parquet.thrift `Encoding`).
const DELTA_LENGTH_BYTE_ARRAY: i64 = 6;
const DELTA_BYTE_ARRAY: i64 = 7;
/// Kinds of page that can be decoded (parquet.thrift `PageType`).
const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;

/// Why a row group is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Decoding it would take more than [`GROUP_BYTES_MAX`].
    TooLarge,
    /// It has more pages than [`PAGES_MAX`].
    TooManyPages,
    /// A column of text is encoded as differences, whose room cannot be bounded beforehand.
    Unbounded,
    /// Its pages cannot be walked.
    Damaged,
}

impl From<ParquetError> for Refused {
    fn from(_: ParquetError) -> Self {
        Self::Damaged
    }
}

/// What the pages of columns take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes of packed pages.
    pub packed: u64,
    /// Values of the column that has most, dictionaries apart.
    pub values: u64,
    /// Bytes of dictionaries, packed and unpacked, and of what is made of them.
    dictionary: u64,
    /// Bytes of each column's largest page, packed and unpacked.
    page_most: u64,
}

/// What decoding the columns at `places` of a row group takes, if there is memory for it.
///
/// # Errors
/// When there is not, or when the heads of the pages are no sound ones.
pub fn check(
    reader: &impl ChunkReader,
    group: &RowGroupMetaData,
    places: &[usize],
) -> Result<Cost, Refused> {
    let mut all = Cost::default();
    for &place in places {
        let cost = walk(reader, group.column(place))?;
        all.dictionary = all.dictionary.saturating_add(cost.dictionary);
        all.page_most = all.page_most.saturating_add(cost.page_most);
        all.packed = all.packed.saturating_add(cost.packed);
        all.values = all.values.max(cost.values);
    }
    if all.dictionary.saturating_add(all.page_most) > GROUP_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    Ok(all)
}

/// Where a column's pages start, and their bytes. The crate's own function panics where the file
/// says that either is negative.
pub(crate) fn byte_range(column: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    Some((u64::try_from(start).ok()?, u64::try_from(column.compressed_size()).ok()?))
}

fn walk(reader: &impl ChunkReader, column: &ColumnChunkMetaData) -> Result<Cost, Refused> {
    let (mut at, length) = byte_range(column).ok_or(Refused::Damaged)?;
    let end = at.checked_add(length).filter(|&end| end <= reader.len()).ok_or(Refused::Damaged)?;
    let is_text = column.column_type() == Type::BYTE_ARRAY;
    let mut cost = Cost::default();
    for _ in 0..PAGES_MAX {
        if at == end {
            return Ok(cost);
        }
        let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(PAGE_HEAD_BYTES_MAX);
        let bytes = reader.get_bytes(at, room)?;
        let (head, head_bytes) = Head::parse(&bytes).ok_or(Refused::Damaged)?;
        let taken = head.packed + head.unpacked;
        if head.kind == DICTIONARY_PAGE {
            let each = value_bytes(column.column_type());
            cost.dictionary += taken.saturating_add(head.values.saturating_mul(each));
        } else {
            cost.page_most = cost.page_most.max(taken);
            cost.values = cost.values.saturating_add(head.values);
        }
        if is_text && matches!(head.encoding, DELTA_LENGTH_BYTE_ARRAY | DELTA_BYTE_ARRAY) {
            return Err(Refused::Unbounded);
        }
        cost.packed += head.packed;
        at = at + head_bytes as u64 + head.packed;
        if at > end {
            return Err(Refused::Damaged);
        }
    }
    Err(Refused::TooManyPages)
}

/// What the decoder holds for one value of a dictionary.
const fn value_bytes(physical: Type) -> u64 {
    match physical {
        Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => 40,
        Type::INT96 => 12,
        _ => 8,
    }
}

/// What the head of a page says of its size.
#[derive(Debug, Default, PartialEq)]
struct Head {
    kind: i64,
    unpacked: u64,
    packed: u64,
    values: u64,
    encoding: i64,
}

impl Head {
    /// The head at the start of `bytes`, and how many it takes. `None` when it is malformed or
    /// longer than they are.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        // First whether every field is of the type that the decoder takes it for.
        Thrift::of(bytes).walk(&PAGE_HEADER)?;
        let mut thrift = Thrift::of(bytes);
        let mut head = Self::default();
        let size = |number: i64| u64::try_from(number).ok();
        let mut seen = 0;
        let mut field = 0;
        while let Some((id, kind)) = thrift.field(field)? {
            // A field that came twice could mean one thing here and another to the decoder.
            if id <= field {
                return None;
            }
            field = id;
            match (id, kind) {
                (1, Thrift::I32) => head.kind = thrift.integer()?,
                (2, Thrift::I32) => head.unpacked = size(thrift.integer()?)?,
                (3, Thrift::I32) => head.packed = size(thrift.integer()?)?,
                (5 | 7 | 8, Thrift::STRUCT) => head.page(&mut thrift, id)?,
                (1..=3, _) => return None,
                _ => thrift.skip(kind, 0)?,
            }
            seen |= 1_u32 << id.min(31);
        }
        let whole = seen & 0b1110 == 0b1110;
        let known = matches!(head.kind, DATA_PAGE | DICTIONARY_PAGE | 1 | 3);
        (whole && known).then_some((head, thrift.at))
    }

    /// `DataPageHeader` (5), `DictionaryPageHeader` (7) or `DataPageHeaderV2` (8): the number
    /// of values is the first field of each, the encoding the second, and the fourth of the last.
    fn page(&mut self, thrift: &mut Thrift<'_>, which: i16) -> Option<()> {
        let encoding = if which == 8 { 4 } else { 2 };
        let mut field = 0;
        while let Some((id, kind)) = thrift.field(field)? {
            if id <= field {
                return None;
            }
            field = id;
            if kind == Thrift::I32 {
                let number = thrift.integer()?;
                if id == 1 {
                    self.values = u64::try_from(number).ok()?;
                } else if id == encoding {
                    self.encoding = number;
                }
            } else {
                thrift.skip(kind, 0)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data page of 3 values, 100 bytes unpacked and 40 packed, with statistics of 2 bytes.
    const HEAD: &[u8] = &[
        0x15, 0x00, 0x15, 0xc8, 0x01, 0x15, 0x50, 0x2c, 0x15, 0x06, 0x15, 0x00, 0x15, 0x06, 0x15,
        0x06, 0x1c, 0x18, 0x02, 0xaa, 0xbb, 0x00, 0x00, 0x00, 0xff,
    ];

    #[test]
    fn the_head_of_a_page_is_read_to_its_last_byte() {
        let head = Head { kind: 0, unpacked: 100, packed: 40, values: 3, encoding: 0 };
        assert_eq!(Head::parse(HEAD), Some((head, HEAD.len() - 1)));
        for cut in 0..HEAD.len() - 1 {
            assert_eq!(Head::parse(&HEAD[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn a_head_with_a_field_twice_or_a_negative_size_is_none() {
        let twice = [0x15, 0x00, 0x15, 0x02, 0x05, 0x04, 0x02, 0x15, 0x02, 0x00];
        assert_eq!(Head::parse(&twice), None);
        let negative = [0x15, 0x00, 0x15, 0x01, 0x15, 0x02, 0x00];
        assert_eq!(Head::parse(&negative), None);
    }
}
