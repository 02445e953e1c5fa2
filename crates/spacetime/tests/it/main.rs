//! What `spacetime` promises, held against slower and simpler ways of finding out.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod check;
mod exact;
mod geodesy;
mod metamorphic;
mod motion;
mod outline;
mod reach;
mod worlds;
