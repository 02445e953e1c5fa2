//! Which witnesses have to have cosigned a checkpoint, by groups, k of the n of each (the rule of
//! c2sp.org/tlog-policy that all groups together make the quorum), and how they stand to one.

use crate::key::{SignatureType, VerifierKey};
use crate::note::{Note, NoteError};

/// Seconds that a cosigner's clock may run ahead of ours.
pub const CLOCK_AHEAD_S_MAX: u64 = 60;

/// How many intervals of publishing a cosignature stays fresh.
pub const FRESH_INTERVALS: u64 = 2;

/// Most witnesses of a group, and most groups.
pub const WITNESSES_MAX: usize = 64;

/// Witnesses of whom some have to have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called.
    pub name: String,
    /// How many of the witnesses have to have cosigned.
    pub threshold: usize,
    /// Who may cosign.
    pub witnesses: Vec<VerifierKey>,
}

/// Why groups make no quorum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// More than [`WITNESSES_MAX`] groups, or witnesses in one.
    #[error("a quorum has at most {WITNESSES_MAX} groups, and a group as many witnesses")]
    TooMany,
    /// The threshold is none that the group could reach, or none at all.
    #[error("group {group} needs {threshold} of its {witnesses} witnesses, which is no threshold")]
    Threshold {
        /// The group.
        group: String,
        /// How many have to have cosigned.
        threshold: usize,
        /// How many there are.
        witnesses: usize,
    },
    /// A key that does not cosign.
    #[error("the key {name} in group {group} is not one that cosigns checkpoints")]
    NoCosigner {
        /// The group.
        group: String,
        /// The key's name.
        name: String,
    },
    /// One key under two names. An Ed25519 cosignature does not say the name, so one witness could
    /// count as two.
    #[error("group {group} has one public key twice, under {first} and {second}")]
    SameKey {
        /// The group.
        group: String,
        /// One name of the key.
        first: String,
        /// The other.
        second: String,
    },
}

/// The groups of which each has to have cosigned, and how often the log publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    groups: Vec<Group>,
    interval_s: u64,
}

/// How a witness stands to a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cosigned {
    /// It cosigned within [`FRESH_INTERVALS`].
    Fresh {
        /// When, in seconds of POSIX.
        at_s: u64,
    },
    /// It cosigned, longer ago. That this checkpoint is consistent stays true; that it is the latest
    /// one nobody vouches for.
    Stale {
        /// When, in seconds of POSIX.
        at_s: u64,
    },
    /// Its cosignature says a time that has not come, and does not count.
    Future {
        /// When, in seconds of POSIX.
        at_s: u64,
    },
    /// It signed with a type that this version does not verify, which does not count.
    Unreadable(SignatureType),
    /// It has not cosigned.
    Missing,
}

impl Cosigned {
    /// Whether it counts towards the quorum.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Fresh { .. } | Self::Stale { .. })
    }
}

/// How the witnesses of a group stand to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStanding<'q> {
    /// The group.
    pub group: &'q Group,
    /// Each of its witnesses, in the group's order.
    pub witnesses: Vec<(&'q VerifierKey, Cosigned)>,
}

impl GroupStanding<'_> {
    /// How many count.
    #[must_use]
    pub fn count(&self) -> usize {
        self.witnesses.iter().filter(|(_, cosigned)| cosigned.counts()).count()
    }

    /// Whether as many cosigned as have to.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.count() >= self.group.threshold
    }

    /// Whether as many cosigned within [`FRESH_INTERVALS`] as have to.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let fresh = |(_, cosigned): &&(_, Cosigned)| matches!(cosigned, Cosigned::Fresh { .. });
        self.witnesses.iter().filter(fresh).count() >= self.group.threshold
    }
}

/// How every witness stands to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'q> {
    /// The groups, in the quorum's order.
    pub groups: Vec<GroupStanding<'q>>,
}

impl Standing<'_> {
    /// Whether every group has cosigned. Holds of no group at all: then nobody vouches for anything.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.groups.iter().all(GroupStanding::is_reached)
    }

    /// Whether every group has cosigned lately.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.groups.iter().all(GroupStanding::is_fresh)
    }
}

impl Quorum {
    /// Of groups, and a log that publishes every `interval_s` seconds.
    ///
    /// # Errors
    /// When a group could never cosign, or one witness could count as two.
    pub fn new(groups: Vec<Group>, interval_s: u64) -> Result<Self, QuorumError> {
        if groups.len() > WITNESSES_MAX {
            return Err(QuorumError::TooMany);
        }
        groups.iter().try_for_each(check_group)?;
        Ok(Self { groups, interval_s })
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many witnesses of one group may lie before two conflicting checkpoints could both have a
    /// quorum: each fork needs k of the n, so they share 2k - n, and an honest one refuses the second.
    /// `None` when even honest witnesses could be shared out between two forks.
    #[must_use]
    pub fn liars_tolerated(&self) -> Option<usize> {
        let shared = |group: &Group| (2 * group.threshold).checked_sub(group.witnesses.len() + 1);
        self.groups.iter().filter_map(shared).max()
    }

    /// How each witness stands to a checkpoint at `now_s`, in seconds of POSIX. Of several cosignatures
    /// by one witness the latest that has a time that has come is taken.
    ///
    /// # Errors
    /// When a line that says to be by a witness is not: the note is malformed then (signed-note,
    /// "Signatures").
    pub fn standing(&self, note: &Note, now_s: u64) -> Result<Standing<'_>, NoteError> {
        let groups = self.groups.iter().map(|group| {
            let each = |key| Ok((key, self.cosigned(note, key, now_s)?));
            let witnesses = group.witnesses.iter().map(each).collect::<Result<_, NoteError>>()?;
            Ok(GroupStanding { group, witnesses })
        });
        Ok(Standing { groups: groups.collect::<Result<_, NoteError>>()? })
    }

    fn cosigned(&self, note: &Note, key: &VerifierKey, now_s: u64) -> Result<Cosigned, NoteError> {
        if !key.kind().is_supported() {
            let signed = note.signatures().iter().any(|line| line.names(key));
            return Ok(if signed { Cosigned::Unreadable(key.kind()) } else { Cosigned::Missing });
        }
        let signed = match note.verify(std::slice::from_ref(key)) {
            Ok(signed) => signed,
            Err(NoteError::NotSigned) => return Ok(Cosigned::Missing),
            Err(fault) => return Err(fault),
        };
        let times = || signed.iter().filter_map(|signed| signed.time_s);
        let come = |at_s: &u64| *at_s <= now_s.saturating_add(CLOCK_AHEAD_S_MAX);
        let Some(at_s) = times().filter(come).max() else {
            return Ok(times().min().map_or(Cosigned::Missing, |at_s| Cosigned::Future { at_s }));
        };
        let age_s = now_s.saturating_sub(at_s);
        let fresh = age_s <= self.interval_s.saturating_mul(FRESH_INTERVALS);
        Ok(if fresh { Cosigned::Fresh { at_s } } else { Cosigned::Stale { at_s } })
    }
}

fn check_group(group: &Group) -> Result<(), QuorumError> {
    let Group { name, threshold, witnesses } = group;
    if witnesses.len() > WITNESSES_MAX {
        return Err(QuorumError::TooMany);
    }
    if *threshold == 0 || *threshold > witnesses.len() {
        let (group, threshold, witnesses) = (name.clone(), *threshold, witnesses.len());
        return Err(QuorumError::Threshold { group, threshold, witnesses });
    }
    for (n, witness) in witnesses.iter().enumerate() {
        let name_of = |key: &VerifierKey| key.name().to_owned();
        if matches!(witness.kind(), SignatureType::Ed25519) {
            return Err(QuorumError::NoCosigner { group: name.clone(), name: name_of(witness) });
        }
        if let Some(other) = witnesses[..n].iter().find(|other| other.bytes() == witness.bytes()) {
            let (first, second) = (name_of(other), name_of(witness));
            return Err(QuorumError::SameKey { group: name.clone(), first, second });
        }
    }
    Ok(())
}
