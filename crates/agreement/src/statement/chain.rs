//! What the numbering of each device's statements shows: gaps, breaks, and two under one number.

use std::collections::BTreeMap;

use super::kind::Lane;
use super::signed::Statement;
use crate::canonical::Digest;
use crate::id::DeviceId;

/// Something that does not fit. None of it keeps a statement from the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Irregularity {
    /// Numbers are missing; they may come yet.
    Gap {
        /// Whose.
        device: DeviceId,
        /// The first number that is missing.
        from: u64,
        /// The number that came instead.
        to: u64,
    },
    /// A statement does not follow on the one with the number before.
    Break {
        /// Whose.
        device: DeviceId,
        /// Its number.
        sequence: u64,
    },
    /// Two statements bear one number: with both of them,
    /// [`Equivocation`](super::Equivocation) proves it to anybody.
    Twice {
        /// Whose.
        device: DeviceId,
        /// The number.
        sequence: u64,
        /// Digests of the two, sorted.
        digests: [Digest; 2],
    },
}

/// The numbers of all devices, as their statements are seen in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains(BTreeMap<(DeviceId, Lane), BTreeMap<u64, Link>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    digest: Digest,
    previous: Option<Digest>,
}

impl Chains {
    /// Takes in a statement; tells of another one under its number, if there is one.
    pub fn see(&mut self, statement: &Statement) -> Option<Irregularity> {
        let header = statement.header();
        let chain = self.0.entry((header.device.clone(), header.kind.lane())).or_default();
        let link = Link { digest: statement.digest(), previous: header.previous };
        let first = *chain.entry(header.sequence).or_insert(link);
        (first.digest != link.digest).then(|| {
            let mut digests = [first.digest, link.digest];
            digests.sort_unstable();
            Irregularity::Twice {
                device: header.device.clone(),
                sequence: header.sequence,
                digests,
            }
        })
    }

    /// The gaps and breaks there are so far, by device.
    #[must_use]
    pub fn irregularities(&self) -> Vec<Irregularity> {
        let mut found = Vec::new();
        for ((device, _), chain) in &self.0 {
            let (mut next, mut last) = (0, None);
            for (&sequence, link) in chain {
                if sequence > next {
                    found.push(Irregularity::Gap {
                        device: device.clone(),
                        from: next,
                        to: sequence,
                    });
                } else if link.previous != last {
                    found.push(Irregularity::Break { device: device.clone(), sequence });
                }
                (next, last) = (sequence + 1, Some(link.digest));
            }
        }
        found
    }
}
