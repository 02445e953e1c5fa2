//! Standing disclosures: somebody is shown whatever is of some kinds, as it comes, by one statement on the
//! record. To open the cells of a period one by one would make new cells, without end.
//!
//! What is handed out by an order passes the same gate: the intent is durable, the statement is on the
//! record, and of each body it is durable that it was shown before its key is unwrapped.

use std::collections::BTreeSet;

use agreement::Digest;
use agreement::statement::Kind;
use agreement::statement::body::Shows;
use spacetime::{Instant, Interval};

use super::events::{Event, Order, Ordered, Pending};
use super::fault::{Refusal, VaultFault};
use super::gate::{Logged, Progress, Record, RecordFault, Released, disclosure_in};
use super::store::{State, Vault};
use super::wrap;

/// Most bodies that are handed out at once.
pub const HANDED_BODIES_MAX: usize = 256;

/// A body in the log, as its entry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InLog {
    /// Kind of the entry.
    pub kind: Kind,
    /// When it was sequenced.
    pub sequenced_at: Instant,
    /// The digest of its ciphertext.
    pub sealed: Digest,
}

impl Vault {
    /// Orders that a reader is shown whatever is of some kinds. Gives the leaf of the disclosure, or nothing
    /// while it waits for the end of its period: [`Vault::resume`] asks again.
    ///
    /// `claim` is the signed `Disclosure`, as `record append` takes it, that says the same.
    ///
    /// # Errors
    /// When the recipient is none, the record refuses, or the disk fails.
    pub fn order(
        &mut self,
        record: &mut dyn Record,
        order: Order,
        claim: &str,
    ) -> Result<Option<u64>, VaultFault> {
        wrap::recipient(&order.recipient)?;
        order.is_what_is_said(claim)?;
        let id = self.memory.next_id;
        self.note(Event::Ordered { id, order, statement: claim.to_owned() })?;
        self.stand(record, id)
    }

    /// Orders on the record that open anything: number, order, and the first leaf that is still to be
    /// looked at for it.
    #[must_use]
    pub fn orders(&self) -> Vec<(u64, Order, u64)> {
        let standing = self.memory.standing.iter().filter(|(_, one)| !one.order.kinds.is_empty());
        standing.map(|(&id, one)| (id, one.order.clone(), one.next)).collect()
    }

    /// Hands out what of some entries an order opens, and notes that everything before the leaf `next` was
    /// looked at. What was erased is left out.
    ///
    /// # Errors
    /// When there is no such order, there are more than [`HANDED_BODIES_MAX`], or the disk fails.
    pub fn hand_out(
        &mut self,
        id: u64,
        found: &[InLog],
        next: u64,
    ) -> Result<Released, VaultFault> {
        if found.len() > HANDED_BODIES_MAX {
            let (asked, max) = (found.len(), HANDED_BODIES_MAX);
            return Err(Refusal::Many { asked, max }.into());
        }
        let standing = self.memory.standing.get(&id).cloned();
        let Some(Ordered { order, leaf, .. }) = standing else {
            return Err(Refusal::Unknown.into());
        };
        let mut bodies = Vec::new();
        for body in found.iter().filter(|body| order.opens(body)) {
            match self.state(&body.sealed)? {
                State::Held => bodies.push(body.sealed),
                State::Erased { .. } | State::BeingErased => {}
                State::Unknown => return Err(Refusal::Unknown.into()),
            }
        }
        // Before any key is touched: a copy that may have reached somebody is listed.
        self.note(Event::Handed { id, bodies: bodies.clone(), next })?;
        let logged = Logged { leaf, bodies, recipient: order.recipient };
        Ok(Released { id, packages: self.release(&logged)? })
    }

    /// Asks the record again for orders that wait for it.
    pub(super) fn resume_orders(&mut self, record: &mut dyn Record) -> Result<(), VaultFault> {
        let ids: Vec<u64> = self.memory.ordered.keys().copied().collect();
        for id in ids {
            match self.stand(record, id) {
                Ok(_) | Err(VaultFault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn stand(&mut self, record: &mut dyn Record, id: u64) -> Result<Option<u64>, VaultFault> {
        let Some(Pending { statement, .. }) = self.memory.ordered.get(&id).cloned() else {
            return Err(Refusal::Unknown.into());
        };
        match record.append(self, &statement) {
            Ok(Progress::Leaf(leaf)) => {
                self.note(Event::Stands { id, leaf })?;
                Ok(Some(leaf))
            }
            Ok(Progress::NotYet) => Ok(None),
            Err(RecordFault::Refused(why)) => {
                self.note(Event::NotShown { id })?;
                Err(Refusal::ByRecord(why).into())
            }
            Err(RecordFault::Failed(why)) => Err(VaultFault::Record(why)),
        }
    }
}

impl Order {
    /// Whether a body is of what it opens.
    #[must_use]
    pub fn opens(&self, body: &InLog) -> bool {
        let at_us = body.sequenced_at.micros();
        self.kinds.contains(body.kind.as_str()) && (self.from_us..self.until_us).contains(&at_us)
    }

    /// That the claim, which goes on the record, says the same.
    fn is_what_is_said(&self, claim: &str) -> Result<(), Refusal> {
        let said = disclosure_in(claim)?;
        let Shows::Standing(order) = &said.shows else {
            return Err(Refusal::SaysOtherwise("it is no standing disclosure"));
        };
        let [from, until] = [self.from_us, self.until_us].map(Instant::from_micros);
        let ours = Interval::new(from, until);
        if ours != Ok(order.sequenced) {
            return Err(Refusal::SaysOtherwise("it is of another time"));
        }
        let names: BTreeSet<String> =
            order.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        if names != self.kinds {
            return Err(Refusal::SaysOtherwise("it names other kinds"));
        }
        if said.to != self.reader {
            return Err(Refusal::SaysOtherwise("it names another reader"));
        }
        Ok(())
    }
}
