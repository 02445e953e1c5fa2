//! A cell: a part of a private statement, or a cover, always of one size.
//!
//! ```text
//! kind u8 (0 cover, 1 part) || 0 || part u16 || parts u16 || length u16 ||
//! received at, microseconds, i64 || digest of the statement 32 || 0 x 16 || data || zeros
//! ```
//! Numbers are little end first. In a statement's body it stands as base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spacetime::Instant;

use crate::canonical::Digest;
use crate::statement::Body;
use crate::statement::body::Cell as CellBody;

/// Bytes of a cell.
const CELL_BYTES: usize = 1536;
const HEAD_BYTES: usize = 64;
/// Bytes of a statement that one cell takes.
pub const CELL_DATA_BYTES: usize = CELL_BYTES - HEAD_BYTES;
/// Most cells of one statement.
pub const CELLS_MAX: usize = 64;
/// Length of every cell's canonical body: `{"bytes":"..."}`.
pub const CELL_BODY_BYTES: usize = CELL_BYTES.div_ceil(3) * 4 + 12;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Cover,
    /// A part of a private statement.
    Part {
        /// When the ledger had received the statement.
        received_at: Instant,
        /// Digest of the statement.
        statement: Digest,
        /// Which part, from 0.
        part: u16,
        /// How many there are.
        parts: u16,
        /// Bytes of the claim, as its line has them.
        data: Vec<u8>,
    },
}

/// Why something is no cell, or does not fit into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellFault {
    /// It is not laid out as a cell.
    #[error("the body of a private entry is no cell")]
    Malformed,
    /// The statement is too long for the private lane.
    #[error("a private statement of {bytes} bytes is longer than the {max} that fit")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// How many fit.
        max: usize,
    },
}

/// Cuts the line of a claim into cells.
///
/// # Errors
/// When it is empty, or takes more than [`CELLS_MAX`].
pub fn cut(line: &[u8], statement: Digest, received_at: Instant) -> Result<Vec<Cell>, CellFault> {
    let max = CELLS_MAX * CELL_DATA_BYTES;
    if line.is_empty() || line.len() > max {
        return Err(CellFault::TooLong { bytes: line.len(), max });
    }
    let parts = line.len().div_ceil(CELL_DATA_BYTES) as u16;
    let part = |(part, data): (u16, &[u8])| {
        let data = data.to_vec();
        Cell::Part { received_at, statement, part, parts, data }
    };
    Ok((0..).zip(line.chunks(CELL_DATA_BYTES)).map(part).collect())
}

impl Cell {
    /// As the body of an entry.
    #[must_use]
    pub fn to_body(&self) -> Body {
        Body::Private(CellBody { bytes: STANDARD.encode(self.to_bytes()) })
    }

    /// From the body of an entry.
    ///
    /// # Errors
    /// When it is no cell.
    pub fn from_body(body: &CellBody) -> Result<Self, CellFault> {
        let bytes = STANDARD.decode(&body.bytes).map_err(|_| CellFault::Malformed)?;
        let bytes: &[u8; CELL_BYTES] =
            bytes.as_slice().try_into().map_err(|_| CellFault::Malformed)?;
        let cell = read(bytes).ok_or(CellFault::Malformed)?;
        // One spelling of each cell: what nobody looks at cannot carry anything.
        if cell.to_bytes() == *bytes { Ok(cell) } else { Err(CellFault::Malformed) }
    }

    fn to_bytes(&self) -> [u8; CELL_BYTES] {
        let mut bytes = [0; CELL_BYTES];
        if let Self::Part { received_at, statement, part, parts, data } = self {
            bytes[0] = 1;
            bytes[2..4].copy_from_slice(&part.to_le_bytes());
            bytes[4..6].copy_from_slice(&parts.to_le_bytes());
            bytes[6..8].copy_from_slice(&(data.len() as u16).to_le_bytes());
            bytes[8..16].copy_from_slice(&received_at.micros().to_le_bytes());
            bytes[16..48].copy_from_slice(statement.as_bytes());
            bytes[HEAD_BYTES..HEAD_BYTES + data.len()].copy_from_slice(data);
        }
        bytes
    }
}

fn read(bytes: &[u8; CELL_BYTES]) -> Option<Cell> {
    if bytes[0] == 0 {
        return Some(Cell::Cover);
    }
    let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (part, parts, len) = (u16_at(2), u16_at(4), usize::from(u16_at(6)));
    if part >= parts || usize::from(parts) > CELLS_MAX || len > CELL_DATA_BYTES {
        return None;
    }
    Some(Cell::Part {
        received_at: Instant::from_micros(i64::from_le_bytes(bytes[8..16].try_into().ok()?)),
        statement: Digest::from_bytes(bytes[16..48].try_into().ok()?),
        part,
        parts,
        data: bytes[HEAD_BYTES..HEAD_BYTES + len].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body_of(cell: &Cell) -> CellBody {
        match cell.to_body() {
            Body::Private(body) => body,
            _ => panic!("a cell's body is of kind private"),
        }
    }

    proptest! {
        #[test]
        fn a_statement_cut_into_cells_reads_back(
            line in proptest::collection::vec(any::<u8>(), 1..5000), at: i32,
        ) {
            let at = Instant::from_micros(i64::from(at));
            let cells = cut(&line, Digest::of_bytes(&line), at).unwrap();
            let mut again = Vec::new();
            for cell in &cells {
                let read = Cell::from_body(&body_of(cell)).unwrap();
                prop_assert_eq!(&read, cell);
                if let Cell::Part { data, .. } = read {
                    again.extend(data);
                }
            }
            prop_assert_eq!(again, line);
        }
    }

    #[test]
    fn a_cell_has_one_spelling() {
        let part = cut(b"claim", Digest::of_bytes(b""), Instant::from_micros(1)).unwrap().remove(0);
        let with = |change: fn(&mut [u8; CELL_BYTES])| {
            let mut bytes = part.to_bytes();
            change(&mut bytes);
            Cell::from_body(&CellBody { bytes: STANDARD.encode(bytes) })
        };
        assert_eq!(with(|_| {}), Ok(part.clone()));
        for bad in [
            with(|b| b[0] = 2),
            with(|b| b[0] = 0),
            with(|b| b[2] = 1),
            with(|b| b[4] = 0xff),
            with(|b| b[7] = 0xff),
            with(|b| b[50] = 1),
            with(|b| b[CELL_BYTES - 1] = 1),
        ] {
            assert_eq!(bad, Err(CellFault::Malformed));
        }
        assert!(Cell::from_body(&CellBody { bytes: "AA==".into() }).is_err());
        let long = vec![0; CELLS_MAX * CELL_DATA_BYTES + 1];
        assert!(matches!(
            cut(&long, Digest::of_bytes(b""), Instant::from_micros(1)),
            Err(CellFault::TooLong { .. })
        ));
    }
}
