//! Feeds on real bytes, and on hostile ones.

mod real_flight;
