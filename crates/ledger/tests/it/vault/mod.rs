//! The vault as its callers see it.

mod crash;
mod life;
pub(crate) mod power;
pub(crate) mod scene;
