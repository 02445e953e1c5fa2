//! A record that was handed in twice counts once.

use std::collections::HashMap;

use agreement::Digest;
use agreement::track::Locator;

use crate::rejection::{Code, Rejection};

/// Most different records of one input: a gigabyte of reports in memory, and ten times what is fused in ten
/// seconds.
pub const NAMES_MAX: usize = 1_000_000;

static ANOTHER_BODY: Code = Code {
    name: "same-id-another-body",
    reason: "an earlier record has the same id and says something else",
    repair: "give each record an id of its own; to correct one, send a correction that names it",
};
pub(super) static TOO_MANY_RECORDS: Code = Code {
    name: "too-many-records",
    reason: "the input has more records than can be held against each other",
    repair: "split the file by date: nothing from here on was read",
};

/// The names seen in one input, each with what was said under it.
///
/// Half of each SHA-256 is kept: enough that nobody finds two that share it.
#[derive(Debug)]
pub(super) struct Once {
    said: HashMap<[u8; 16], [u8; 16]>,
    names_max: usize,
}

impl Default for Once {
    fn default() -> Self {
        Self::of_at_most(NAMES_MAX)
    }
}

impl Once {
    /// Of fewer names than [`NAMES_MAX`], for tests.
    pub(super) fn of_at_most(names_max: usize) -> Self {
        Self { said: HashMap::new(), names_max }
    }

    /// Whether a record is new. False for an identical repeat.
    ///
    /// # Errors
    /// When another record bears the name.
    pub(super) fn is_new(
        &mut self,
        name: &str,
        said: Digest,
        locator: Locator,
    ) -> Result<bool, Rejection> {
        let (name, said) = (half(Digest::of_bytes(name.as_bytes())), half(said));
        match self.said.get(&name) {
            Some(earlier) if *earlier == said => Ok(false),
            Some(_) => Err(Rejection::new(&ANOTHER_BODY, locator)),
            None if self.said.len() >= self.names_max => {
                let most = format!("at most {}", self.names_max);
                Err(Rejection::new(&TOO_MANY_RECORDS, locator).detail(most))
            }
            None => {
                self.said.insert(name, said);
                Ok(true)
            }
        }
    }
}

fn half(digest: Digest) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_bytes()[..16]);
    half
}
