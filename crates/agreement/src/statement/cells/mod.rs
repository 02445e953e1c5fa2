//! Cells of the private lane: a private statement is cut into them, and whoever may open them puts it
//! together again (docs/record-format.md, "The private lane").

mod cell;
mod opener;

pub use cell::{CELL_BODY_BYTES, CELL_DATA_BYTES, CELLS_MAX, Cell, CellFault, cut};
pub use opener::{Incomplete, Opened, Opener};
