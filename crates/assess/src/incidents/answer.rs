//! What a clause's questions may be answered with.

use serde::{Serialize, Serializer};

use crate::finding::Reason;

/// Why a report lies outside a clause beyond doubt. The order is that in which the questions
/// are put, so that a report counts under the first that it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// It happened elsewhere.
    Elsewhere,
    /// Before the clause came into force.
    Before,
    /// After the clause had lapsed.
    After,
    /// Outside the hours at which the clause is active.
    OutsideHours,
    /// The clause does not list the act.
    NotListedAct,
    /// By or against a group that the agreement excludes.
    ExcludedGroup,
    /// By or against somebody whom the clause does not bind.
    NotBetweenAdherents,
    /// Against civilians, whom the clause does not name.
    CiviliansNotCovered,
    /// Over or under the volume.
    OutsideHeight,
}

impl Outside {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Elsewhere => "elsewhere",
            Self::Before => "before",
            Self::After => "after",
            Self::OutsideHours => "outside-hours",
            Self::NotListedAct => "not-listed-act",
            Self::ExcludedGroup => "excluded-group",
            Self::NotBetweenAdherents => "not-between-adherents",
            Self::CiviliansNotCovered => "civilians-not-covered",
            Self::OutsideHeight => "outside-height",
        }
    }
}

impl Serialize for Outside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Whether a report meets one condition of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No(Outside),
    Doubt(Reason),
}

/// All conditions together: the first certain "no", else the first doubt, else yes.
pub(crate) fn first_no_else_doubt(answers: impl IntoIterator<Item = Answer>) -> Answer {
    answers.into_iter().fold(Answer::Yes, |so_far, answer| match (so_far, answer) {
        (Answer::No(_), _) => so_far,
        (_, Answer::No(_)) | (Answer::Yes, _) => answer,
        (Answer::Doubt(_), _) => so_far,
    })
}
