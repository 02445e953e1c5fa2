//! What a tree, its tiles and its proofs have to be, from outside the crate.

mod golden;
mod support;
mod tree;
