//! Headers that do not tell who was notified or shown what, and when.
//!
//! A private statement is cut into cells of one size; each cell is the sealed body of one public
//! entry of kind `private`. Cells wait until their period ends and are then sequenced together with
//! covers, in a random order, so that every period shows a multiple of one step, also one in which
//! nothing was said. What the log tells of a period is how many steps it took, and nothing else.
//!
//! Time is an argument: whoever ticks says that a period has ended.

mod event;
mod lane;
mod shuffle;

agreement::statement_codes! {
    TOO_LONG_FOR_PRIVATE = "too-long-for-private", "a private statement is longer than its lane takes",
        "say it shorter, or in several statements";
}

pub use agreement::statement::cells::{
    CELL_DATA_BYTES, CELLS_MAX, Cell, CellFault, Incomplete, Opened, Opener, cut,
};
pub use lane::{BATCH_ENTRIES_MAX, Batch, PrivateEntry, PrivateLane, Promised, Queued, Sequence};

/// Length of every ciphertext of a cell: head, salt, length, body, tag.
pub const CELL_SEALED_BYTES: usize = 12 + 36 + agreement::statement::cells::CELL_BODY_BYTES + 16;

#[cfg(test)]
mod tests {
    use agreement::Digest;
    use spacetime::Instant;

    use super::*;
    use crate::vault::sealed::{Holder, Pad, sealed_len};

    #[test]
    fn a_cover_and_a_part_are_of_one_size_and_it_is_the_one_that_is_sealed() {
        let parts =
            cut(&[7; 2 * CELL_DATA_BYTES - 1], Digest::of_bytes(b""), Instant::from_micros(1));
        for cell in parts.unwrap().iter().chain([&Cell::Cover]) {
            let canonical = cell.to_body().canonical().unwrap();
            let len = sealed_len(canonical.len(), &Holder::Vault, Pad::Exactly(CELL_SEALED_BYTES));
            assert_eq!(len, Ok(CELL_SEALED_BYTES));
            assert_eq!(canonical.len() + 12 + 36 + 16, CELL_SEALED_BYTES, "no byte is wasted");
        }
    }
}
