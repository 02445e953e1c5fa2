//! The vault as its callers see it.

mod crash;
mod life;
mod power;
mod scene;
