//! The picture of an assessment in the forms that other people use.
//!
//! **In scope.** The report: one HTML file with a map, a timeline and tables, that needs
//! nothing from elsewhere. The map alone as SVG. Findings, alerts, anomalies, rejects and the
//! summary as JSON. Sheets of text as a workbook.
//!
//! **Out of scope.** Deciding anything; reading inputs; writing files.
//!
//! **Invariants.**
//! - The same input gives the same bytes: no clock, no machine's zone, no order of a hash.
//! - Nothing is fetched, and nothing runs: the report is read with scripts off.
//! - Every text from outside goes through one escape, and keeps its direction to itself.
//! - No place of a firing, a launch, a force, a weapon, a post, a site or a movement is drawn
//!   or written: [`DrawnReport`] cannot hold one.

mod compared;
mod happened;
mod heights;
pub mod incidents;
pub mod input;
pub mod jsonl;
mod limits;
mod local;
mod map;
mod markup;
mod overview;
pub mod pairs;
mod palette;
mod projection;
mod records;
mod report;
mod simplify;
mod summary;
mod svg;
mod tables;
mod ticks;
mod timeline;
mod wording;
pub mod workbook;

pub use input::{
    BeforeAfter, DrawnReport, InputFile, InputKind, RejectCount, ReportInput, Treatment,
};
pub use map::map_svg;
pub use overview::Overview;
pub use report::report_html;
pub use summary::summary_json;
pub use wording::status_word;
