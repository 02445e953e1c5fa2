//! Headers that do not tell who was notified or shown what, and when.
//!
//! A private statement is cut into cells of one size; each cell is the sealed body of one public
//! entry of kind `private`. Cells wait until their period ends and are then sequenced together with
//! covers, in a random order, so that every period shows a multiple of one step, also one in which
//! nothing was said. What the log tells of a period is how many steps it took, and nothing else.
//!
//! Time is an argument: whoever ticks says that a period has ended.

mod cell;
mod lane;
mod opener;

agreement::statement_codes! {
    TOO_LONG_FOR_PRIVATE = "too-long-for-private", "a private statement is longer than its lane takes",
        "say it shorter, or in several statements";
}

pub use cell::{CELL_DATA_BYTES, CELL_SEALED_BYTES, CELLS_MAX, Cell, CellFault, cut};
pub use lane::{BATCH_ENTRIES_MAX, Batch, PrivateEntry, PrivateLane, Promised, Queued, Sequence};
pub use opener::{Incomplete, Opened, Opener};
