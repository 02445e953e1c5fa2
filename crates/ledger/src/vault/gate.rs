//! The only way by which a key leaves the vault: over the record.
//!
//! The intent is durable, then the `Disclosure` is on the record, then the vault has noted the
//! leaf, and only then is a key unwrapped. What unwraps takes a [`Logged`], and nothing makes one
//! but a leaf that the record has answered: every decryption has an earlier disclosure.

use agreement::Digest;
use agreement::statement::body::{self, Shows};
use agreement::statement::{Body, Claim};

use super::events::{Disclosure, Event, Pending};
use super::fault::{Refusal, VaultFault};
use super::package::{Package, WrappedShare};
use super::slot::{Slot, SlotKey};
use super::store::Vault;
use super::wrap;

/// Most bodies that one disclosure may name.
pub const DISCLOSURE_BODIES_MAX: usize = 10_000;
/// Longest claim that goes with a request, bytes.
pub const CLAIM_BYTES_MAX: usize = 2 << 20;

/// The record, as far as the vault has to do with it.
pub trait Record {
    /// Puts a signed claim (a line of `record append`) on the record. The same claim again is no
    /// second one: it answers with the same leaf, also after a crash. The vault is lent, since a
    /// claim has a body that wants sealing.
    ///
    /// # Errors
    /// When the record will not have it, or does not answer.
    fn append(&mut self, vault: &mut Vault, claim: &str) -> Result<Progress, RecordFault>;
}

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is durably in the log under this number. A private statement in several cells: of the
    /// first.
    Leaf(u64),
    /// It is durable and waits for its place until the period ends.
    NotYet,
}

/// Why a claim is not on the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// It never will be, as it stands.
    Refused(String),
    /// It may be, or may come to be: ask again.
    Failed(String),
}

/// What came of asking for bodies.
#[derive(Debug)]
pub enum Shown {
    /// One package for each body, for the reader.
    Released(Vec<Package>),
    /// The disclosure waits for the end of its period; [`Vault::resume`] releases it.
    Waiting {
        /// Number of the request.
        id: u64,
    },
}

/// Packages that were waiting for the record.
#[derive(Debug)]
pub struct Released {
    /// Number of the request.
    pub id: u64,
    /// One for each body that could still be shown.
    pub packages: Vec<Package>,
}

/// Proof that a disclosure is durably on the record, and names these bodies. Only this module and
/// [`super::orders`] make one.
pub(super) struct Logged {
    pub(super) leaf: u64,
    pub(super) bodies: Vec<Digest>,
    pub(super) recipient: String,
}

impl Vault {
    /// Shows bodies to a reader: logs the disclosure, then wraps their keys to the reader.
    ///
    /// `claim` is the signed `Disclosure`, as `record append` takes it, that says the same.
    ///
    /// # Errors
    /// When a body is not held, the recipient is none, the record refuses, or the disk fails.
    pub fn disclose(
        &mut self,
        record: &mut dyn Record,
        disclosure: Disclosure,
        claim: &str,
    ) -> Result<Shown, VaultFault> {
        wrap::recipient(&disclosure.recipient)?;
        let asked = disclosure.bodies.len();
        if asked == 0 || asked > DISCLOSURE_BODIES_MAX {
            return Err(Refusal::Many { asked, max: DISCLOSURE_BODIES_MAX }.into());
        }
        disclosure.is_what_is_said(claim)?;
        for body in &disclosure.bodies {
            self.held(body)?;
        }
        let id = self.memory.next_id;
        self.note(Event::Asked { id, disclosure, statement: claim.to_owned() })?;
        Ok(match self.log(record, id)? {
            Some(logged) => Shown::Released(self.release(&logged)?),
            None => Shown::Waiting { id },
        })
    }

    /// Asks the record again for all that waits for it: releases what is now on it, and finishes
    /// erasures that a crash cut short.
    ///
    /// # Errors
    /// When the disk fails or the record does not answer. What was released before is in the
    /// journal as shown.
    pub fn resume(&mut self, record: &mut dyn Record) -> Result<Vec<Released>, VaultFault> {
        self.resume_erasures(record)?;
        self.resume_orders(record)?;
        let ids: Vec<u64> = self.memory.asked.keys().copied().collect();
        let mut released = Vec::new();
        for id in ids {
            match self.log(record, id) {
                Ok(Some(logged)) => {
                    released.push(Released { id, packages: self.release(&logged)? });
                }
                Ok(None) | Err(VaultFault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(released)
    }

    /// The requests that wait for the record.
    #[must_use]
    pub fn waiting(&self) -> Vec<u64> {
        self.memory.asked.keys().copied().collect()
    }

    /// Puts a request on the record. `None` while it waits for the end of its period.
    fn log(&mut self, record: &mut dyn Record, id: u64) -> Result<Option<Logged>, VaultFault> {
        let Some(Pending { what, statement }) = self.memory.asked.get(&id).cloned() else {
            return Err(Refusal::Unknown.into());
        };
        match record.append(self, &statement) {
            Ok(Progress::Leaf(leaf)) => {
                // Before the key is touched: a copy that may have reached somebody is listed.
                self.note(Event::Shown { id, leaf })?;
                let Disclosure { bodies, recipient, .. } = what;
                Ok(Some(Logged { leaf, bodies, recipient }))
            }
            Ok(Progress::NotYet) => Ok(None),
            Err(RecordFault::Refused(why)) => {
                self.note(Event::NotShown { id })?;
                Err(Refusal::ByRecord(why).into())
            }
            Err(RecordFault::Failed(why)) => Err(VaultFault::Record(why)),
        }
    }

    /// What the disclosure names, each wrapped to its reader. A body that was erased while the
    /// disclosure waited is left out.
    pub(super) fn release(&mut self, logged: &Logged) -> Result<Vec<Package>, VaultFault> {
        let mut packages = Vec::with_capacity(logged.bodies.len());
        for body in &logged.bodies {
            match self.package(logged, body) {
                Ok(package) => packages.push(package),
                Err(VaultFault::Refused(Refusal::Erased { .. } | Refusal::BeingErased)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(packages)
    }

    fn package(&mut self, logged: &Logged, body: &Digest) -> Result<Package, VaultFault> {
        let ciphertext = self.ciphertext(body)?;
        let (number, slot) = self.held(body)?;
        let to = wrap::recipient(&logged.recipient)?;
        let segment = self.segment(number)?;
        let (key, shares) = match &slot.key {
            SlotKey::Shares { .. } => (None, segment.wrapped_shares(&slot)?),
            _ => (Some(unwrap(logged, &slot, segment.key(), &to)?), Vec::new()),
        };
        let shares = (1..).zip(shares).map(|(number, age)| WrappedShare { number, age }).collect();
        Ok(Package { ciphertext, disclosure_leaf: logged.leaf, key, shares })
    }
}

impl Disclosure {
    /// That the claim, which goes on the record, names this statement and this reader.
    fn is_what_is_said(&self, claim: &str) -> Result<(), Refusal> {
        let said = disclosure_in(claim)?;
        if said.shows != Shows::Body(self.statement) {
            return Err(Refusal::SaysOtherwise("it names another statement"));
        }
        if said.to != self.reader {
            return Err(Refusal::SaysOtherwise("it names another reader"));
        }
        Ok(())
    }
}

/// What the claim that goes on the record discloses.
pub(super) fn disclosure_in(claim: &str) -> Result<body::Disclosure, Refusal> {
    let claim = read_claim(claim)?;
    let kind = &claim.statement().header().kind;
    match claim.body().and_then(|(_, canonical)| Body::parse(kind, canonical).ok()) {
        Some(Body::Disclosure(said)) => Ok(said),
        _ => Err(Refusal::SaysOtherwise("it is no disclosure")),
    }
}

/// Reads a claim that is to be kept until the record has answered.
pub(super) fn read_claim(claim: &str) -> Result<Claim, Refusal> {
    let (bytes, max) = (claim.len(), CLAIM_BYTES_MAX);
    if bytes > max {
        return Err(Refusal::ClaimTooLong { bytes, max });
    }
    Claim::parse(claim.as_bytes()).map_err(|_| Refusal::SaysOtherwise("it is no claim"))
}

/// The data key, unwrapped and at once wrapped to the reader. It takes a disclosure on the record.
fn unwrap(
    logged: &Logged,
    slot: &Slot,
    segment_key: &super::secret::Secret,
    to: &age::x25519::Recipient,
) -> Result<Vec<u8>, VaultFault> {
    assert!(logged.bodies.contains(&slot.sealed), "the disclosure names another body");
    let key = slot.unwrap(segment_key).ok_or_else(|| VaultFault::Damaged {
        place: "vault/keys".into(),
        what: "a wrapped key does not open",
    })?;
    Ok(wrap::wrap(to, key.expose()))
}
