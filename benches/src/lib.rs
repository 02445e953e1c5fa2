//! What several benchmarks need: chance from a seed, and what the system says of time on a core.

pub mod cpu;
pub mod dice;
