//! Whether a container is what the record says: needs the record's entries, and no key.

use agreement::Digest;
use agreement::statement::Commitment;
use agreement::statement::said::SegmentRoot;

use crate::container::{Kept, each};
use crate::name::Name;

/// What the record says of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnRecord {
    /// Digest of the statement.
    pub statement: Digest,
    /// Its commitment to the body.
    pub commitment: Commitment,
    /// The root over the rows, and how many there are.
    pub root: SegmentRoot,
    /// Whether the body was erased: then nobody is to hold it.
    pub is_erased: bool,
}

/// Something about a container that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The segment, where it is one.
    pub leaf: Option<u64>,
    /// Stable name of what is wrong.
    pub code: &'static str,
    /// The same in words.
    pub reason: String,
}

/// Holds a container against its name and against the record. Gives the leaves that it holds as they
/// were put on the record, and what is wrong.
pub fn check(
    name: &Name,
    bytes: &[u8],
    on_record: impl Fn(u64) -> Option<OnRecord>,
) -> (Vec<u64>, Vec<Flaw>) {
    let whole = |code, reason: String| (Vec::new(), vec![Flaw { leaf: None, code, reason }]);
    if !name.is_of(bytes) {
        let reason = "its bytes are not those that were given this name: rebuild it";
        return whole("container-changed", reason.to_owned());
    }
    let (mut sound, mut flaws) = (Vec::new(), Vec::new());
    let read = each(bytes, |kept| match wrong(&kept, on_record(kept.leaf)) {
        None => sound.push(kept.leaf),
        Some((code, reason)) => {
            flaws.push(Flaw { leaf: Some(kept.leaf), code, reason: reason.to_owned() });
        }
    });
    match read {
        Ok(()) => (sound, flaws),
        Err(fault) => whole("no-container", fault.to_string()),
    }
}

/// What is wrong with a segment, by what the record says under its leaf.
fn wrong(kept: &Kept, said: Option<OnRecord>) -> Option<(&'static str, &'static str)> {
    let Some(said) = said else {
        return Some(("no-segment", "the record has no track segment under its leaf"));
    };
    if said.statement != kept.statement {
        return Some(("other-statement", "the record has another statement under its leaf"));
    }
    if said.is_erased {
        return Some(("erased", "its body was erased, and the rows are still here: rebuild"));
    }
    if kept.segment.said().as_ref() != Ok(&said.root) {
        return Some(("other-rows", "its rows do not have the root that is on the record"));
    }
    if kept.commitment().as_ref() != Ok(&said.commitment) {
        return Some(("other-body", "it is not the body that its statement commits to"));
    }
    None
}
