//! What is said of a row group that is not decoded.

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;
use parquet_guard::cost::{self, Cost, Refused};

use super::DAMAGED_ROW_GROUP;
use crate::codes;
use crate::rejection::Code;

/// Most rows to each packed byte of the columns that are read, past the first
/// [`ROWS_FREE`]. A position that moves takes several bytes, however it is packed.
pub const ROWS_A_BYTE_MAX: u64 = 4;
/// Rows that any row group may have.
pub const ROWS_FREE: u64 = 8_192;

codes! {
    /// The row group would swell past what may be held.
    ROW_GROUP_TOO_LARGE = "row-group-too-large",
        "decoding the row group would take more than 40 MiB",
        "write it with pages of 1 MiB and dictionaries to match, as writers do unless told \
         otherwise; its other row groups were read";
    /// More rows than the bytes can tell of.
    ROW_GROUP_SWELLS = "row-group-swells",
        "the row group has more rows than its bytes can tell positions of",
        "look where the file came from: no track is packed so tightly";
    /// An encoding whose room cannot be bounded beforehand.
    ENCODING_UNBOUNDED = "encoding-unbounded",
        "a column of text is encoded as differences, which cannot be bounded beforehand",
        "write it plain or with a dictionary, as writers do unless told otherwise";
}

/// The columns at `places` of a row group of tracks, if they can be decoded within the limits.
pub(super) fn check(
    reader: &impl ChunkReader,
    group: &RowGroupMetaData,
    places: &[usize],
) -> Result<(), &'static Code> {
    let Cost { packed, values, .. } = cost::check(reader, group, places).map_err(code)?;
    let rows = u64::try_from(group.num_rows()).map_err(|_| &DAMAGED_ROW_GROUP)?;
    let most = ROWS_FREE.saturating_add(packed.saturating_mul(ROWS_A_BYTE_MAX));
    if rows.max(values) > most { Err(&ROW_GROUP_SWELLS) } else { Ok(()) }
}

/// What is said of a row group that is refused.
pub(crate) fn code(refused: Refused) -> &'static Code {
    match refused {
        Refused::TooLarge => &ROW_GROUP_TOO_LARGE,
        Refused::TooManyPages => &ROW_GROUP_SWELLS,
        Refused::Unbounded => &ENCODING_UNBOUNDED,
        Refused::Damaged => &DAMAGED_ROW_GROUP,
    }
}
