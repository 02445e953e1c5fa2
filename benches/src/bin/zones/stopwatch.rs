//! Seconds by the clock on the wall, and seconds this thread had a core.
//!
//! A busy machine stretches the first and not the second.

use std::time::Instant;

/// How long something took.
#[derive(Clone, Copy, Debug)]
pub struct Seconds {
    pub wall: f64,
    /// On the core, to a few milliseconds; as `wall` where the system does not tell, or where
    /// it is too short to tell. Work that the thread left to others is not in it.
    pub cpu: f64,
}

/// Seconds on the core below which the few milliseconds matter.
const TOLD_MIN: f64 = 0.02;

pub fn timed<T>(work: impl FnOnce() -> T) -> (Seconds, T) {
    let (start, start_cpu) = (Instant::now(), seconds_on_core());
    let result = work();
    let wall = start.elapsed().as_secs_f64();
    let cpu = start_cpu.zip(seconds_on_core()).map(|(start, end)| end - start);
    let cpu = cpu.filter(|seconds| *seconds > TOLD_MIN).unwrap_or(wall);
    (Seconds { wall, cpu }, result)
}

/// Medians of several runs, and the last result.
pub fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> (Seconds, T) {
    let (first, mut result) = timed(&mut work);
    let mut seconds = vec![first];
    for _ in 1..runs {
        drop(result);
        let again = timed(&mut work);
        seconds.push(again.0);
        result = again.1;
    }
    (middle(&seconds), result)
}

/// The medians, each of its own.
pub fn middle(seconds: &[Seconds]) -> Seconds {
    let median = |of: fn(&Seconds) -> f64| {
        let mut sorted: Vec<f64> = seconds.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    Seconds { wall: median(|s| s.wall), cpu: median(|s| s.cpu) }
}

/// From Linux, which keeps it in nanoseconds.
fn seconds_on_core() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
