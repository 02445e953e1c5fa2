//! What shaped a finding, as one digest.

use std::collections::BTreeSet;

use agreement::{ClauseId, Digest, Pack, Parameters};
use serde::Serialize;

/// Raised whenever the outcome of a rule can change.
pub const RULES_VERSION: u32 = 4;

/// Everything that shapes a finding besides the agreement and the statements: an audit under
/// other rules says so instead of crying foul.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// [`RULES_VERSION`] when the finding was made.
    pub rules_version: u32,
    /// Parameters of the pack.
    pub parameters: Parameters,
    /// Version of the bundled time-zone data.
    pub time_zones: &'static str,
    /// Version of the soft-float libm.
    pub libm: &'static str,
    /// Clauses judged as if they had been adopted, though they are not.
    pub as_if_adopted: Vec<ClauseId>,
}

impl Rules {
    /// The rules of this build, for a pack and for clauses that are judged as if adopted.
    #[must_use]
    pub fn of(pack: &Pack, as_if_adopted: &BTreeSet<ClauseId>) -> Self {
        Self {
            rules_version: RULES_VERSION,
            parameters: pack.parameters.clone(),
            time_zones: spacetime::local_time::time_zone_data_version(),
            libm: spacetime::geodesy::LIBM_VERSION,
            as_if_adopted: as_if_adopted.iter().cloned().collect(),
        }
    }

    /// Digest of the canonical form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self).expect("rules hold integers and text only")
    }
}
