//! What was found, what a quorum holds to be so, and what is answered.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::fields::{Field as _, fields, word_fields};
use super::super::merkle;
use super::super::refusal::Refusal;
use super::super::signed::NO_CANONICAL_FORM;
use crate::canonical::{Digest, canonical_value};
use crate::id::PartyId;
use crate::words::words;

/// The findings of an assessment, in their one order: canonical JSON objects, whose form is the
/// assessor's and is not looked into here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// Each finding without its id.
    pub findings: Vec<Map<String, Value>>,
    /// For each finding the leaves that its evidence stands in, sorted: locators, outside of what
    /// is digested.
    pub leaves: Vec<Vec<u64>>,
}
fields!(Findings { findings, leaves });

impl Findings {
    /// Merkle root over the canonical findings.
    ///
    /// # Errors
    /// When one of them has no canonical form.
    pub fn root(&self) -> Result<Digest, Refusal> {
        let leaf = |finding: &Map<String, Value>| {
            let mut canonical = Vec::new();
            let written = canonical_value(&finding.to_json(), &mut canonical);
            written.map_err(|_| Refusal::new(&NO_CANONICAL_FORM).within("findings"))?;
            Ok(merkle::leaf_hash(&[&canonical]))
        };
        let leaves = self.findings.iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
        Ok(merkle::root(&leaves))
    }
}

words! {
/// What a quorum holds of a finding.
Outcome {
    /// It happened.
    Verified = "verified",
    /// It did not happen.
    Refuted = "refuted",
    /// It cannot be told.
    Open = "open",
    /// It happened, and it is known who did it.
    Attributed = "attributed",
}
}
word_fields!(Outcome);

/// What a quorum of guarantors holds to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determination {
    /// Who did it, if that is held to be known.
    pub attributed_to: Option<PartyId>,
    /// Members of the quorum who hold otherwise.
    pub dissent: BTreeSet<PartyId>,
    /// What is held.
    pub outcome: Outcome,
    /// Why.
    pub reasons: String,
}
fields!(Determination { attributed_to, dissent, outcome, reasons });

/// What a party answers to a finding or a determination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// In its own words.
    pub text: String,
}
fields!(Response { text });
