//! What is said about each claim.

use agreement::statement::{Claim, Equivocation, Promise, Refusal, Standing};
use agreement::statement_codes;

statement_codes! {
    ALREADY_SAID = "number-used-twice",
        "the device has said something else under this number: the answer holds the proof",
        "number statements without a repeat; whoever reads this, keep the proof and ask whose device it is";
    NOT_THE_KEEPER = "not-the-keeper", "only the device that keeps the record says this",
        "leave it to the keeper of the record";
    GRANTED_BY_OTHERS = "granted-by-others", "a device grants leave in the name of another party",
        "have a device of the granting party sign";
    CORRECTS_NOTHING = "corrects-nothing", "the statement to be corrected is not on the record",
        "send the statement itself first, or say it anew";
    CORRECTS_OTHERS = "corrects-others", "a device corrects what another party said",
        "answer with a response; only its own party corrects a statement";
    OTHER_PACK = "other-pack", "the pack in the body is not sound, or not the version that is adopted",
        "send the pack's files as `armistice check` reads them, with the version that it prints";
    FUTURE_ROOT = "root-of-the-future", "it names a larger tree than this log has",
        "name a tree that the log has published";
    OTHER_ROOT = "root-of-another-log", "it names a root that this log never had at that size",
        "keep the checkpoint that it was taken from: two views of one log are proof against its host";
    TOO_MANY_AT_ONCE = "too-many-at-once", "the device has more claims in one batch than the limit",
        "send the rest again later";
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the pool, and on record once the pool is committed.
    Admitted {
        /// Its leaf.
        leaf: u64,
        /// Whether it counts.
        standing: Standing,
    },
    /// It was on record before.
    Known {
        /// Its leaf.
        leaf: u64,
    },
    /// It may stand, and is of a kind that must not be seen: it has yet to be queued.
    Private(Box<Claim>),
    /// It is of a kind that must not be seen, is durably queued, and waits for the end of the period.
    Waiting(Box<Promise>),
    /// It is refused.
    Rejected(Box<Rejection>),
}

/// Why a claim is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The line of the input, from 1.
    pub line: u64,
    /// What is wrong, where, and what to do.
    pub refusal: Refusal,
    /// The proof against a device that used a number twice.
    pub proof: Option<Equivocation>,
}
