//! What an observer or a sensor measured: how many, which way, how far, when it arrived.

use spacetime::{Duration, Instant};

use crate::words::words;

/// How many: explosions, aircraft, people killed, as the act has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// A direction from the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bearing {
    /// Hundredths of a degree from true north, 0 to 35999.
    pub cdeg: u16,
    /// Width of the step it was rounded to, hundredths of a degree; 0 when not rounded.
    pub step_cdeg: u16,
    /// Standard deviation of what was meant, hundredths of a degree.
    pub sd_cdeg: u16,
}

/// A distance from the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// At least, metres.
    pub min_m: u32,
    /// At most, metres.
    pub max_m: u32,
    /// Standard deviation of the estimate's logarithm, in thousandths.
    pub sd_log_milli: u16,
}

words! {
/// A distance by a word, where nobody could put it in metres.
RangeClass {
    /// The blast was felt, or voices could be made out: up to 500 m.
    AtHand = "at_hand",
    /// 500 m to 2 km.
    Near = "near",
    /// 2 to 5 km.
    Middle = "middle",
    /// 5 to 10 km.
    Far = "far",
    /// 10 to 25 km: a rumble, a glow.
    VeryFar = "very_far",
}
}

impl RangeClass {
    /// The distance that the word stands for. The bounds are ours, chosen so that each class spans
    /// a factor of 2 to 4, about two standard deviations of a distance judged by ear.
    #[must_use]
    pub const fn range(self) -> Range {
        let (min_m, max_m) = match self {
            Self::AtHand => (0, 500),
            Self::Near => (500, 2_000),
            Self::Middle => (2_000, 5_000),
            Self::Far => (5_000, 10_000),
            Self::VeryFar => (10_000, 25_000),
        };
        Range { min_m, max_m, sd_log_milli: 350 }
    }
}

/// When a sound or a flash arrived at a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// By the sensor's clock.
    pub at: Instant,
    /// Standard deviation of the pick and of the clock together.
    pub sd: Duration,
}
