//! House rules that a machine can check, so that nobody has to say them in review.

#![allow(clippy::unwrap_used, reason = "a tidy test that cannot read the tree has failed")]

mod crates;
mod documents;
mod source;
mod tree;
mod words;
