//! Containers of track segments, from outside.

mod containers;
mod flips;
mod scene;
