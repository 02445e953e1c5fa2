//! Containers of track segments, from outside.

#[cfg(test)]
mod containers;
#[cfg(test)]
mod flips;
#[cfg(test)]
mod scene;
