//! The keeper of a record: admission, vault, private lane and sequencer under one roof.
//!
//! A claim that is answered as admitted is in the log, its body sealed before it; one that is
//! answered as private is sealed and queued. The keeper's own statements (ticks, disclosures,
//! erasures) go the same way as everybody's.

mod desk;
mod readers;
mod scan;
mod seen;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use agreement::party::Recipient;
use agreement::statement::promise::period_of;
use agreement::statement::said::{Erased, ErasureReason, Nothing, Ticked};
use agreement::statement::{Body, Claim, Entry, Kind, Lane, Roster, Said, SecretKey, body};
use agreement::{DeviceId, Digest};
use spacetime::Interval;

use self::desk::{Desk, Look};
pub use self::readers::PublishedRoster;
use crate::admit::Answer;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::fault::Fault;
use crate::head::{Head, LogKey};
use crate::private::{Batch, PrivateLane};
use crate::vault::{
    Disclosure, Entropy, Erasure, Keeping, Order, Released, Shown, Sizes, SystemEntropy, Tombstone,
    Vault, VaultFault,
};

/// So many entries in which a standing disclosure opened nothing are noted, so that they are not looked
/// at again.
const NOTED_EVERY: u64 = 1 << 16;

/// What it takes to open a record for keeping.
pub struct Opening {
    /// The record's folder.
    pub disk: Arc<dyn Disk>,
    /// Where keys lie; the same folder, or one on another disk.
    pub keys: Arc<dyn Disk>,
    /// Signs checkpoints.
    pub log_key: Arc<dyn LogKey>,
    /// The version of the pack in force: if the record has adopted one, it has to be this.
    pub agreement: Digest,
    /// The roster of that pack.
    pub roster: Roster,
    /// The device that speaks for the record.
    pub device: DeviceId,
    /// Its key.
    pub device_key: SecretKey,
    /// The vault's identity.
    pub identity: age::x25519::Identity,
    /// Who holds the keys of bodies; cells of the private lane are always the vault's.
    pub keeping: Keeping,
    /// Entries of one step of the private lane.
    pub step: usize,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Threads that verify signatures.
    pub threads: NonZeroUsize,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("device", &self.device).finish_non_exhaustive()
    }
}

/// What a simulation puts in the place of the system: where unpredictable bytes come from, and how
/// large files become.
pub struct Means {
    /// Keys and nonces of the vault.
    pub of_vault: Box<dyn Entropy + Send>,
    /// Salts of the keeper's own statements, and the order within a batch.
    pub of_keeper: Box<dyn Entropy + Send>,
    /// Of the vault's files.
    pub sizes: Sizes,
}

impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means").field("sizes", &self.sizes).finish_non_exhaustive()
    }
}

impl Default for Means {
    fn default() -> Self {
        let system = || Box::new(SystemEntropy) as Box<dyn Entropy + Send>;
        Self { of_vault: system(), of_keeper: system(), sizes: Sizes::default() }
    }
}

/// A record that is open for keeping.
pub struct Keeper {
    desk: Desk,
    vault: Vault,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("vault", &self.vault).finish_non_exhaustive()
    }
}

impl Keeper {
    /// Opens a record, and finishes what a crash cut short: pools, the private lane's batch,
    /// erasures. Disclosures that wait are released by [`Keeper::collect`].
    ///
    /// # Errors
    /// When the record, the vault or a key is not as it must be, or the disk fails.
    pub fn open(opening: Opening) -> Result<Self, Fault> {
        Self::open_with(opening, Means::default())
    }

    /// The same, for a simulation.
    ///
    /// # Errors
    /// As [`Keeper::open`].
    pub fn open_with(opening: Opening, means: Means) -> Result<Self, Fault> {
        let Means { of_vault, of_keeper, sizes } = means;
        let Opening { disk, keys, identity, device, step, .. } = &opening;
        let (disk, keys, identity) = (disk.clone(), keys.clone(), identity.clone());
        let lane_keys = keys.clone();
        let device = device.clone();
        let step = *step;
        // The lock first: the vault has one writer as the log has.
        let growth = sizes.lane_growth_bytes;
        let lane = |_: &dyn Disk| PrivateLane::open(&*lane_keys, device, step, growth);
        let mut desk = Desk::open(opening, of_keeper, lane)?;
        let mut vault = Vault::open(disk, keys, identity, of_vault, sizes)?;
        desk.refuse_other_times(&mut vault)?;
        desk.resume_lane()?;
        let mut keeper = Self { desk, vault };
        keeper.vault.resume_erasures(&mut keeper.desk)?;
        keeper.desk.note_keys(&keeper.vault)?;
        Ok(keeper)
    }

    /// Answers claims line by line. What is answered as admitted or known is in the log and
    /// published; what is answered as private is durably queued.
    ///
    /// # Errors
    /// When the world fails: the record has then to be opened again.
    pub fn submit(&mut self, lines: &[&[u8]], first_line: u64) -> Result<Vec<Answer>, Fault> {
        let answers = self.desk.submit(&mut self.vault, lines, first_line)?;
        self.desk.note_keys(&self.vault)?;
        Ok(answers)
    }

    /// Says that time has passed.
    ///
    /// # Errors
    /// As [`Keeper::submit`].
    pub fn tick(&mut self) -> Result<Answer, Fault> {
        let said = Said::Tick(Ticked { at: self.desk.now() });
        let claim = self.desk.sign(Lane::Public, &said, None)?;
        let mut answers = self.submit(&[&claim.to_line()], 1)?;
        answers.pop().ok_or(Fault::Broken)
    }

    /// Ends a period of the private lane; every period must be ended, also one in which nothing was
    /// said.
    ///
    /// # Errors
    /// As [`Keeper::submit`].
    pub fn close_period(&mut self, period: u64) -> Result<Option<Batch>, Fault> {
        let batch = self.desk.close_period(&mut self.vault, period)?;
        self.desk.note_keys(&self.vault)?;
        Ok(batch)
    }

    /// Ends every period that is over by the clock: one that was promised to somebody under its own
    /// number, and the last of them whether or not anything was said. To be called once a period.
    ///
    /// # Errors
    /// As [`Keeper::submit`].
    pub fn end_periods(&mut self) -> Result<Vec<Batch>, Fault> {
        let Some(over) = period_of(self.desk.now()).checked_sub(1) else { return Ok(Vec::new()) };
        let mut batches = Vec::new();
        loop {
            let next = self.desk.next_promised().unwrap_or(over).min(over);
            let next = self.last_period().map_or(next, |last| next.max(last + 1));
            if next > over {
                return Ok(batches);
            }
            batches.extend(self.close_period(next)?);
        }
    }

    /// Releases the disclosures that are on the record by now. What is released is given once: it
    /// counts as a copy from here on, whether it reaches its reader or not.
    ///
    /// # Errors
    /// As [`Keeper::submit`].
    pub fn collect(&mut self) -> Result<Vec<Released>, Fault> {
        let released = self.vault.resume(&mut self.desk)?;
        self.desk.note_keys(&self.vault)?;
        Ok(released)
    }

    /// Shows the body of an entry to a reader, who is on the pack's list of recipients. As a
    /// disclosure is private, this waits for the end of the period.
    ///
    /// # Errors
    /// When the entry has no body that can be shown, or the world fails.
    pub fn disclose(
        &mut self,
        leaf: u64,
        reader: &Recipient,
        purpose: &str,
    ) -> Result<Shown, Fault> {
        let (statement, sealed) = self.body_of(leaf)?;
        let said = Body::Disclosure(body::Disclosure {
            at: self.desk.now(),
            shows: body::Shows::Body(statement),
            purpose: purpose.to_owned(),
            to: reader.id.clone(),
        });
        let salt = self.desk.fresh_secret()?;
        let salt = Some((&said, *salt.expose()));
        let claim = self.desk.sign(Lane::Private, &Said::Disclosure(Nothing {}), salt)?;
        let disclosure = Disclosure {
            statement,
            bodies: vec![sealed],
            reader: reader.id.clone(),
            recipient: reader.age.clone(),
        };
        let shown = self.vault.disclose(&mut self.desk, disclosure, &text(&claim))?;
        self.desk.note_keys(&self.vault)?;
        Ok(shown)
    }

    /// Shows a reader whatever is of some kinds and was sequenced within an interval, as it comes, by one
    /// statement; no kinds end it. Gives the leaf of that statement, or nothing while it waits for the end
    /// of the period. What there is to hand out, [`Keeper::hand_out`] gives.
    ///
    /// # Errors
    /// When the reader cannot be one, or the world fails.
    pub fn order(
        &mut self,
        kinds: BTreeSet<Kind>,
        sequenced: Interval,
        reader: &Recipient,
        purpose: &str,
    ) -> Result<Option<u64>, Fault> {
        let names = kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        let said = Body::Disclosure(body::Disclosure {
            at: self.desk.now(),
            shows: body::Shows::Standing(body::Order { kinds, sequenced }),
            purpose: purpose.to_owned(),
            to: reader.id.clone(),
        });
        let salt = self.desk.fresh_secret()?;
        let salt = Some((&said, *salt.expose()));
        let claim = self.desk.sign(Lane::Private, &Said::Disclosure(Nothing {}), salt)?;
        let order = Order {
            kinds: names,
            from_us: sequenced.start().micros(),
            until_us: sequenced.end().micros(),
            reader: reader.id.clone(),
            recipient: reader.age.clone(),
        };
        let leaf = self.vault.order(&mut self.desk, order, &text(&claim))?;
        self.desk.note_keys(&self.vault)?;
        Ok(leaf)
    }

    /// The next bodies that a standing disclosure opens, each handed out once; nothing when there are none
    /// for now. To be called until then.
    ///
    /// # Errors
    /// As [`Keeper::submit`].
    pub fn hand_out(&mut self) -> Result<Option<Released>, Fault> {
        for (id, order, mut from) in self.vault.orders() {
            loop {
                let Look { found, next } = self.desk.opened_by(&order, from)?;
                if found.is_empty() && next.saturating_sub(from) < NOTED_EVERY {
                    break;
                }
                let released = self.vault.hand_out(id, &found, next)?;
                self.desk.note_keys(&self.vault)?;
                if !released.packages.is_empty() {
                    return Ok(Some(released));
                }
                from = next;
            }
        }
        Ok(None)
    }

    /// Erases the body of an entry for good.
    ///
    /// # Errors
    /// When the entry has no body that can be erased, or the world fails.
    pub fn erase(&mut self, leaf: u64, reason: ErasureReason) -> Result<Option<Tombstone>, Fault> {
        // Nobody may destroy the trace of what they showed to whom; and the keeper cannot tell a cell from
        // another without opening it.
        if self.entry(leaf)?.statement.header().kind.lane() == Lane::Cell {
            return Err(VaultFault::from(crate::vault::Refusal::CellKept).into());
        }
        let (statement, body) = self.body_of(leaf)?;
        let said = Said::Erasure(Erased { erased: statement, reason });
        let claim = self.desk.sign(Lane::Public, &said, None)?;
        let erasure = Erasure { statement, body };
        let stone = self.vault.erase(&mut self.desk, erasure, &text(&claim))?;
        self.desk.note_keys(&self.vault)?;
        Ok(stone)
    }

    /// Destroys sealed bodies that no entry names, and that wait for none: what a crash left between
    /// sealing and sequencing. Reads the whole log. Gives the digests of their ciphertexts.
    ///
    /// # Errors
    /// As [`Keeper::submit`]; when anything in log or vault is damaged, nothing is destroyed.
    pub fn sweep(&mut self) -> Result<Vec<Digest>, Fault> {
        let orphans: Vec<Digest> = self.desk.orphans()?.into_iter().collect();
        self.vault.discard(&orphans)?;
        Ok(orphans)
    }

    /// The roster as the record has it by now.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        self.desk.roster()
    }

    /// An entry by its leaf.
    ///
    /// # Errors
    /// When there is none, or the disk fails.
    pub fn entry(&self, leaf: u64) -> Result<Entry, Fault> {
        self.desk.entry(leaf)
    }

    /// The vault, to ask it what became of a body.
    pub fn vault_mut(&mut self) -> &mut Vault {
        &mut self.vault
    }

    /// What is published.
    #[must_use]
    pub fn head(&self) -> Head {
        self.desk.head()
    }

    /// The last period of the private lane that was ended.
    #[must_use]
    pub fn last_period(&self) -> Option<u64> {
        self.desk.last_period()
    }

    fn body_of(&self, leaf: u64) -> Result<(Digest, Digest), Fault> {
        let entry = self.entry(leaf)?;
        let sealed = entry.sealed.ok_or(VaultFault::from(crate::vault::Refusal::Unknown))?;
        Ok((entry.statement.digest(), sealed.sha256))
    }
}

fn text(claim: &Claim) -> String {
    String::from_utf8_lossy(&claim.to_line()).into_owned()
}
