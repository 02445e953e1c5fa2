//! What people and sensors on the ground report, and the flights that are permitted.
//!
//! [`open`] tells what a file is. The feeds: [`openrosa`] reads the submissions of a form that
//! people fill in on phones, [`ucdp_ged`] reads the Uppsala Conflict Data Program's event data set,
//! [`register`] anybody's register by a mapping of its columns (docs/register-mapping.md),
//! [`jsonl_reports`] our own report format, [`authorisations`] flight authorisations and [`duties`]
//! who watched when (all in docs/report-format.md). A report that was handed in twice counts once;
//! one that bears the name of another and says something else is rejected. Across files that is the assessor's
//! question, since either may be the right one.

pub mod authorisations;
pub mod duties;
pub mod form;
mod json;
pub mod jsonl_reports;
mod observers;
mod once;
pub mod open;
pub mod openrosa;
pub mod places;
pub mod register;
pub mod report;
mod rows;
mod text;
pub mod ucdp_ged;

pub use authorisations::Authorisations;
pub use duties::Duties;
pub use form::Form;
pub use jsonl_reports::JsonlReports;
pub use once::NAMES_MAX;
pub use open::{ReportFeed, ReportFormat};
pub use openrosa::Submissions;
pub use places::Places;
pub use register::{Mapping, Register};
pub use rows::{COLUMNS_MAX, RECORD_BYTES_MAX, RECORD_LINES_MAX};
pub use text::{NAME_CHARS_MAX, SIDE_CHARS_MAX};
pub use ucdp_ged::UcdpGed;

#[cfg(test)]
mod tests;
