//! Erasure: the intent is durable, the `Erasure` is on the record, then key, shares and ciphertext
//! are overwritten. The salt was only ever inside the ciphertext.
//!
//! From the intent on the body is shown to nobody. From the leaf on nothing brings it back: a crash
//! in between is finished by recovery, before anything else is done.

use agreement::Digest;
use agreement::statement::Said;
use serde::Serialize;

use super::events::{Copy, Erasure, Event, Pending, Sentence};
use super::fault::{Refusal, VaultFault};
use super::gate::{Progress, Record, RecordFault, read_claim};
use super::store::{State, Vault};

/// What is left of an erased body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tombstone {
    /// Digest of the ciphertext that was, as on the record.
    pub body: Digest,
    /// Leaf of the `Erasure`.
    pub leaf: u64,
    /// The copies that were given away before. They cannot be recalled.
    pub copies: Vec<Copy>,
}

impl Vault {
    /// Erases a body. `None` while the erasure waits for its place on the record; the body is shown
    /// to nobody in the meantime, and [`Vault::resume`] goes on with it.
    ///
    /// `claim` is the signed `Erasure`, as `record append` takes it, that says the same.
    ///
    /// # Errors
    /// When the body is not held, the record refuses (it is then held as before), or the disk fails.
    pub fn erase(
        &mut self,
        record: &mut dyn Record,
        erasure: Erasure,
        claim: &str,
    ) -> Result<Option<Tombstone>, VaultFault> {
        let body = erasure.body;
        erasure.is_what_is_said(claim)?;
        match self.state(&body)? {
            State::Held => {
                self.note(Event::Condemned { erasure, statement: claim.to_owned() })?;
            }
            // Asked for again: the first one goes on.
            State::BeingErased => {}
            State::Erased { leaf } => return Err(Refusal::Erased { leaf }.into()),
            State::Unknown => return Err(Refusal::Unknown.into()),
        }
        self.carry_out(record, &body)
    }

    /// What is left of a body, once it is erased.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tombstone(&mut self, body: &Digest) -> Result<Option<Tombstone>, VaultFault> {
        Ok(match self.state(body)? {
            State::Erased { leaf } => {
                Some(Tombstone { body: *body, leaf, copies: self.copies(body) })
            }
            _ => None,
        })
    }

    /// Finishes erasures that wait for the record.
    ///
    /// # Errors
    /// When the disk fails or the record does not answer.
    pub fn resume_erasures(&mut self, record: &mut dyn Record) -> Result<(), VaultFault> {
        let bodies: Vec<Digest> = self.memory.condemned.keys().copied().collect();
        for body in bodies {
            match self.carry_out(record, &body) {
                Ok(_) | Err(VaultFault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        record: &mut dyn Record,
        body: &Digest,
    ) -> Result<Option<Tombstone>, VaultFault> {
        let Some(Pending { statement, .. }) = self.memory.condemned.get(body).cloned() else {
            return Err(Refusal::Unknown.into());
        };
        match record.append(self, &statement) {
            Ok(Progress::Leaf(leaf)) => {
                let (segment, slot, found) = self.find(body)?.ok_or(Refusal::Unknown)?;
                let (offset, len, shares) = (found.offset, found.len, found.shares());
                let body = *body;
                let sentence = Sentence { body, leaf, segment, slot, offset, len, shares };
                self.note(Event::Sentenced { sentence })?;
                self.finish_erasures()?;
                self.tombstone(&body)
            }
            Ok(Progress::NotYet) => Ok(None),
            Err(RecordFault::Refused(why)) => {
                self.note(Event::Spared { body: *body })?;
                Err(Refusal::ByRecord(why).into())
            }
            Err(RecordFault::Failed(why)) => Err(VaultFault::Record(why)),
        }
    }

    /// Destroys what the record says is to be destroyed. Recovery and the normal way are one.
    pub(super) fn finish_erasures(&mut self) -> Result<(), VaultFault> {
        let sentenced: Vec<Sentence> = self.memory.sentenced.values().cloned().collect();
        for sentence in sentenced {
            self.segment(sentence.segment)?.destroy(&sentence)?;
            self.note(Event::Destroyed { body: sentence.body })?;
        }
        Ok(())
    }
}

impl Erasure {
    /// That the claim, which goes on the record, names this statement.
    fn is_what_is_said(&self, claim: &str) -> Result<(), Refusal> {
        match Said::of(read_claim(claim)?.statement().header()) {
            Ok(Said::Erasure(said)) if said.erased == self.statement => Ok(()),
            Ok(Said::Erasure(_)) => Err(Refusal::SaysOtherwise("it names another statement")),
            _ => Err(Refusal::SaysOtherwise("it is no erasure")),
        }
    }
}
