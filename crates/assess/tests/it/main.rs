//! The assessor from outside: worlds small enough to know the answer.

mod airspace;
mod world;
