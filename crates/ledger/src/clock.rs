//! The time, as a port: what sequences takes it from here, so that a test can turn it back.

use std::time::{SystemTime, UNIX_EPOCH};

use spacetime::time::Instant;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in microseconds of UTC. May go backwards: whoever asks has to reckon with it.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let micros =
            |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Instant::from_micros(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => -micros(before.duration()),
        })
    }
}

/// A clock that stands at one instant.
impl Clock for Instant {
    fn now(&self) -> Instant {
        *self
    }
}
