//! Whether a Parquet file of strangers can be given to the Parquet crate.
//!
//! The crate believes what a file says of itself: how many row groups there are, how long a list is, what
//! a page unpacks to, how long a run of equal values lasts. What a file says wrongly costs it memory,
//! time, or a panic. Here each claim is held against the bytes before the crate sees them.
//!
//! **In scope.** The footer ([`footer`]); what decoding the columns of a row group would take, told from
//! the heads of their pages ([`cost`]); the runs and blocks inside a page, once it is unpacked
//! ([`column_reader`], [`page_reader`]).
//!
//! **Out of scope.** What the columns mean, which of them are read, codes of rejections, encodings of text as
//! differences, which cannot be bounded beforehand.
//!
//! **Invariants.**
//! - No claim is followed further than there are bytes to bear it out.
//! - A page is unpacked once: what is checked is what is decoded.
//! - What a well-behaved writer makes passes.

pub mod cost;
pub mod footer;
mod pages;
mod runs;
mod thrift;

pub use pages::{column_reader, page_reader};
