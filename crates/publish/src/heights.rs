//! How high a column of so many stands, and which round numbers are marked beside it.

/// A scale of counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heights {
    step: u64,
    most: u64,
    units: f64,
}

/// Most marks above the base line.
const MARKS_MAX: u64 = 4;

impl Heights {
    /// A scale on which `tallest` is at most `units` high.
    pub(crate) fn up_to(tallest: u64, units: f64) -> Self {
        let tallest = tallest.max(1);
        let rounds = (0..19).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
        let mut rounds = rounds.filter(|step| tallest.div_ceil(*step) <= MARKS_MAX);
        let step = rounds.next().unwrap_or(tallest);
        Self { step, most: tallest.max(step), units }
    }

    /// The height of a count.
    pub(crate) fn of(self, count: u64) -> f64 {
        self.units * count as f64 / self.most as f64
    }

    /// The numbers to mark, from 0.
    pub(crate) fn levels(self) -> impl Iterator<Item = u64> {
        (0..=self.most / self.step).map(move |n| n * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::Heights;

    #[test]
    fn marks_are_few_and_round_and_the_tallest_fits() {
        for (tallest, levels) in [
            (0, vec![0, 1]),
            (3, vec![0, 1, 2, 3]),
            (7, vec![0, 2, 4, 6]),
            (104, vec![0, 50, 100]),
            (u64::MAX, vec![0, 5_000_000_000_000_000_000, 10_000_000_000_000_000_000]),
        ] {
            let scale = Heights::up_to(tallest, 100.0);
            let marked: Vec<u64> = scale.levels().take(3).collect();
            assert_eq!(marked, levels[..levels.len().min(3)], "{tallest}");
            assert!(scale.levels().count() <= 5 && scale.of(tallest) <= 100.0);
        }
    }
}
