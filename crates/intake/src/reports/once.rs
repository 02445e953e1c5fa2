//! A record that was handed in twice counts once.

use std::collections::HashMap;

use agreement::Digest;
use agreement::track::Locator;

use crate::rejection::{Code, Rejection};

/// Most different names remembered for one input: 48 bytes each.
pub const NAMES_MAX: usize = 4_000_000;

static ANOTHER_BODY: Code = Code {
    name: "same-id-another-body",
    reason: "an earlier record has the same id and says something else",
    repair: "give each record an id of its own; to correct one, send a correction that names it",
};
static TOO_MANY_RECORDS: Code = Code {
    name: "too-many-records",
    reason: "the input has more records than can be held against each other",
    repair: "split the file by date",
};

/// The names seen in one input, each with what was said under it.
///
/// Half of each SHA-256 is kept: enough that nobody finds two that share it.
#[derive(Debug, Default)]
pub(super) struct Once(HashMap<[u8; 16], [u8; 16]>);

impl Once {
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
        match self.0.get(&name) {
            Some(earlier) if *earlier == said => Ok(false),
            Some(_) => Err(Rejection::new(&ANOTHER_BODY, locator)),
            None if self.0.len() >= NAMES_MAX => {
                Err(Rejection::new(&TOO_MANY_RECORDS, locator)
                    .detail(format!("at most {NAMES_MAX}")))
            }
            None => {
                self.0.insert(name, said);
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
