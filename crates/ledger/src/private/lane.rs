//! The private lane of a ledger: a durable queue that is emptied into the log a period at a time.
//!
//! What is queued is sealed at once, cell by cell, so that no private statement lies on the disk in
//! the clear. When a period ends its batch is planned, to the byte, and the plan is durable before
//! it is sequenced: after a crash the same plan goes to the log again, which knows its entries.

use std::collections::{BTreeMap, BTreeSet};

use agreement::statement::promise::period_of;
use agreement::statement::said::Cell as SaidCell;
use agreement::statement::{
    Claim, Commitment, Header, Kind, Place, Root, Said, Sealed, SecretKey, Statement, Visibility,
};
use agreement::{DeviceId, Digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spacetime::Instant;

use super::event::{Event, Plan, PlannedEntry, SealedCell, Waiting};
use super::shuffle::shuffle;
use super::{CELL_SEALED_BYTES, CELLS_MAX, Cell, CellFault, cut};
use crate::disk::{Disk, create_folders, folder_of};
use crate::vault::journal::Journal;
use crate::vault::{
    Body, Entropy, Keeping, Pad, Progress, RecordFault, Secret, ToSeal, Vault, VaultFault,
};

/// Most entries of one batch; what is queued beyond them waits for the next period.
pub const BATCH_ENTRIES_MAX: usize = 4096;

const JOURNAL: &str = "vault/private";

/// One public entry of the private lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateEntry {
    /// Signed by the ledger's device.
    pub statement: Statement,
    /// The cell's ciphertext.
    pub sealed: Sealed,
}

/// The log, as far as the private lane has to do with it.
pub trait Sequence {
    /// Puts a batch into the log, in this order and one behind the other, and answers with the leaf
    /// of the first once all are durable. A batch that is there already is not put in again; its
    /// first leaf is the answer.
    ///
    /// # Errors
    /// When the log will not have it, or does not answer.
    fn append(&mut self, batch: &[PrivateEntry]) -> Result<u64, RecordFault>;
}

/// What came of a private statement that was to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is durable, and waits for the end of the period or has its leaf.
    Taken(Progress),
    /// It does not fit.
    Refused(CellFault),
}

/// A batch that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its period.
    pub period: u64,
    /// Leaf of its first entry.
    pub first: u64,
    /// How many entries it has: a multiple of the step.
    pub entries: u64,
}

/// The private lane of a record.
#[derive(Debug)]
pub struct PrivateLane {
    journal: Journal,
    device: DeviceId,
    /// Every batch has a multiple of this many entries.
    step: usize,
    queue: Vec<Waiting>,
    plan: Option<Plan>,
    known: BTreeMap<Digest, Progress>,
    /// What each device has said in private under each of its numbers.
    said: BTreeMap<(DeviceId, u64), Digest>,
    /// What was promised for each statement.
    promised: BTreeMap<Digest, Promised>,
    /// The signed header of each, wrapped to the vault.
    signed: BTreeMap<Digest, String>,
    place: Place,
    /// Of the last batch that was planned.
    period: Option<u64>,
    /// Of the last batch that is in the log.
    last_leaf: Option<u64>,
}

/// What is promised for a private statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The last period in whose batch its cells may be.
    pub period: u64,
    /// Digests of their ciphertexts.
    pub cells: Vec<Digest>,
}

impl PrivateLane {
    /// Opens the lane of a record. `device` is the ledger's own; its journal grows by so many bytes at a time.
    ///
    /// # Errors
    /// When the disk fails or the lane's journal is damaged.
    ///
    /// # Panics
    /// Unless 1 <= step <= [`BATCH_ENTRIES_MAX`].
    pub fn open(
        keys: &dyn Disk,
        device: DeviceId,
        step: usize,
        growth_bytes: u64,
    ) -> Result<Self, VaultFault> {
        assert!((1..=BATCH_ENTRIES_MAX).contains(&step), "a step of at least one entry");
        create_folders(keys, folder_of(JOURNAL))
            .map_err(|source| VaultFault::Disk { place: JOURNAL.into(), source })?;
        let (journal, events) = Journal::open::<Event>(keys, JOURNAL, growth_bytes)?;
        let mut lane = Self {
            journal,
            device,
            step,
            queue: Vec::new(),
            plan: None,
            known: BTreeMap::new(),
            said: BTreeMap::new(),
            promised: BTreeMap::new(),
            signed: BTreeMap::new(),
            place: Place::default(),
            period: None,
            last_leaf: None,
        };
        for event in events {
            lane.apply(event)?;
        }
        Ok(lane)
    }

    /// Where a private statement stands, if it was ever queued here.
    #[must_use]
    pub fn progress(&self, statement: &Digest) -> Option<Progress> {
        self.known.get(statement).copied()
    }

    /// What a device has said in private under a number, so that another statement under the same
    /// can be refused: the log itself does not show the first.
    #[must_use]
    pub fn said(&self, device: &DeviceId, sequence: u64) -> Option<Digest> {
        self.said.get(&(device.clone(), sequence)).copied()
    }

    /// What was promised for a statement when it was queued.
    #[must_use]
    pub fn promised(&self, statement: &Digest) -> Option<&Promised> {
        self.promised.get(statement)
    }

    /// A statement that was queued, without its body: proof that its device said it.
    ///
    /// # Errors
    /// When it was wrapped to another vault.
    pub fn signed(
        &self,
        vault: &Vault,
        statement: &Digest,
    ) -> Result<Option<Statement>, VaultFault> {
        let Some(wrapped) = self.signed.get(statement) else { return Ok(None) };
        let wrapped = STANDARD.decode(wrapped).map_err(|_| damaged())?;
        let bytes = vault.recall(&wrapped)?;
        Statement::parse_canonical(&bytes).map(Some).map_err(|_| damaged())
    }

    /// The last period that was promised to what waits longest.
    #[must_use]
    pub fn next_promised(&self) -> Option<u64> {
        self.queue.first().map(|waiting| waiting.promised)
    }

    /// The last leaf of the log that it knows of.
    #[must_use]
    pub const fn last_leaf(&self) -> Option<u64> {
        self.last_leaf
    }

    /// How many events its journal holds.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.journal.count()
    }

    /// The number that the next cell gets.
    #[must_use]
    pub const fn next_cell(&self) -> u64 {
        self.place.sequence
    }

    /// Cells that are sealed and not in the log yet, as the lane's journal has them. Changes nothing.
    ///
    /// # Errors
    /// When the disk fails or the journal is damaged.
    pub fn waiting_cells(keys: &dyn Disk) -> Result<BTreeSet<Digest>, VaultFault> {
        let (events, _) = Journal::read::<Event>(keys, JOURNAL)?;
        let (mut waiting, mut planned) = (BTreeSet::new(), Vec::new());
        let digest = |cell: &SealedCell| Digest::parse(&cell.sha256).ok_or_else(damaged);
        for event in events {
            match event {
                Event::Queued(queued) => {
                    for cell in &queued.cells {
                        waiting.insert(digest(cell)?);
                    }
                }
                Event::Planned(plan) => {
                    planned = plan
                        .entries
                        .iter()
                        .map(|entry| digest(&entry.sealed))
                        .collect::<Result<_, _>>()?;
                    waiting.extend(planned.iter().copied());
                }
                Event::Sequenced { .. } => {
                    planned.drain(..).for_each(|cell| {
                        waiting.remove(&cell);
                    });
                }
            }
        }
        Ok(waiting)
    }

    /// Where a device is in the numbering of its private statements.
    #[must_use]
    pub fn place_of(&self, device: &DeviceId) -> Place {
        let all = (device.clone(), 0)..=(device.clone(), u64::MAX);
        self.said.range(all).next_back().map_or_else(Place::default, |((_, sequence), digest)| {
            Place { sequence: sequence + 1, previous: Some(*digest) }
        })
    }

    /// How many private statements wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The last period whose batch was planned.
    #[must_use]
    pub fn last_period(&self) -> Option<u64> {
        self.period
    }

    /// Queues private statements that admission has let through. All that are taken are durable when
    /// this returns. One that was queued before is not queued again.
    ///
    /// # Errors
    /// When the disk or the randomness fails: then none of them may be acknowledged.
    ///
    /// # Panics
    /// When a statement is of a public kind.
    pub fn queue(
        &mut self,
        vault: &mut Vault,
        claims: &[(&Claim, Instant)],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Queued>, VaultFault> {
        let mut outcomes = Vec::with_capacity(claims.len());
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut fresh: BTreeMap<Digest, ()> = BTreeMap::new();
        let mut ahead: usize = self.queue.iter().map(|waiting| waiting.cells.len()).sum();
        for (claim, received_at) in claims {
            let kind = &claim.statement().header().kind;
            assert_eq!(kind.visibility(), Visibility::Private, "the lane is for private kinds");
            let digest = claim.statement().digest();
            let known = self.progress(&digest);
            if known.is_some() || fresh.contains_key(&digest) {
                outcomes.push(Queued::Taken(known.unwrap_or(Progress::NotYet)));
                continue;
            }
            match cut(&claim.to_line(), digest, *received_at) {
                Err(fault) => outcomes.push(Queued::Refused(fault)),
                Ok(cells) => {
                    let cells = cells.iter().map(|cell| stage(vault, cell, entropy));
                    let cells = cells.collect::<Result<Vec<SealedCell>, _>>()?;
                    let header = claim.statement().header();
                    let (device, sequence) = (header.device.to_string(), header.sequence);
                    let statement = digest.to_string();
                    ahead += cells.len();
                    let promised = self.period_for(ahead, *received_at);
                    let signed = vault.remember(&claim.statement().canonical());
                    let signed = signed.map(|wrapped| STANDARD.encode(wrapped));
                    waiting.push(Waiting { statement, device, sequence, cells, promised, signed });
                    fresh.insert(digest, ());
                    outcomes.push(Queued::Taken(Progress::NotYet));
                }
            }
        }
        vault.flush()?;
        for waiting in waiting {
            self.note(Event::Queued(waiting))?;
        }
        Ok(outcomes)
    }

    /// The period by which a statement is in the log whose last cell is the `ahead`th that waits: the one
    /// that runs, or one later for each batch in front that may be full.
    fn period_for(&self, ahead: usize, received_at: Instant) -> u64 {
        const BATCH_FULL: usize = BATCH_ENTRIES_MAX - CELLS_MAX;
        let next = self.period.map_or(0, |last| last + 1).max(period_of(received_at));
        next + (ahead.saturating_sub(1) / BATCH_FULL) as u64
    }

    /// Ends a period: what is queued goes into the log with covers, in a random order, as a multiple
    /// of the step. Ending a period again, or one before the last, does nothing.
    ///
    /// # Errors
    /// When the disk or the randomness fails, or the log does not answer: ask again.
    pub fn close(
        &mut self,
        vault: &mut Vault,
        log: &mut dyn Sequence,
        key: &SecretKey,
        period: u64,
        last_root: Option<Root>,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<Batch>, VaultFault> {
        self.resume(log)?;
        if self.period.is_some_and(|last| period <= last) {
            return Ok(None);
        }
        let mut cells = Vec::new();
        for waiting in &self.queue {
            // What came after the period's end belongs to a later one, whenever this one is ended.
            let is_later = waiting.promised > period;
            if is_later || cells.len() + waiting.cells.len() > BATCH_ENTRIES_MAX {
                break;
            }
            let first = Some(waiting.statement.clone());
            let firsts = std::iter::once(first).chain(std::iter::repeat(None));
            cells.extend(waiting.cells.iter().cloned().zip(firsts));
        }
        let wanted = cells.len().max(1).next_multiple_of(self.step);
        while cells.len() < wanted {
            cells.push((stage(vault, &Cell::Cover, entropy)?, None));
        }
        vault.flush()?;
        shuffle(&mut cells, entropy)?;
        let plan = self.plan(period, cells, last_root, key)?;
        self.note(Event::Planned(plan))?;
        self.resume(log)
    }

    /// Finishes a batch that was planned and may or may not be in the log.
    ///
    /// # Errors
    /// When the disk fails, or the log does not answer.
    pub fn resume(&mut self, log: &mut dyn Sequence) -> Result<Option<Batch>, VaultFault> {
        let Some(plan) = &self.plan else { return Ok(None) };
        let entries = plan.entries.iter().map(PlannedEntry::read).collect::<Option<Vec<_>>>();
        let entries = entries.ok_or_else(damaged)?;
        let (period, count) = (plan.period, entries.len() as u64);
        match log.append(&entries) {
            Ok(first) => {
                self.note(Event::Sequenced { period, first })?;
                Ok(Some(Batch { period, first, entries: count }))
            }
            Err(RecordFault::Refused(why) | RecordFault::Failed(why)) => {
                Err(VaultFault::Record(why))
            }
        }
    }

    /// Signs the batch, each entry behind the one before it.
    fn plan(
        &self,
        period: u64,
        cells: Vec<(SealedCell, Option<String>)>,
        last_root: Option<Root>,
        key: &SecretKey,
    ) -> Result<Plan, VaultFault> {
        let mut place = self.place;
        let mut entries = Vec::with_capacity(cells.len());
        for (sealed, first_of) in cells {
            let commitment = Digest::parse(&sealed.commitment).ok_or_else(damaged)?;
            let header = Header {
                body: Some(Commitment(commitment)),
                device: self.device.clone(),
                kind: Kind::Private,
                last_root,
                previous: place.previous,
                sequence: place.sequence,
                said: Said::Private(SaidCell { period }).to_members(),
            };
            let statement = Statement::sign(header, key).map_err(|_| damaged())?;
            place = Place::after(&statement);
            let statement = String::from_utf8(statement.canonical()).map_err(|_| damaged())?;
            entries.push(PlannedEntry { statement, sealed, first_of });
        }
        Ok(Plan { period, entries })
    }

    fn note(&mut self, event: Event) -> Result<(), VaultFault> {
        self.journal.append(&event)?;
        self.apply(event)
    }

    fn apply(&mut self, event: Event) -> Result<(), VaultFault> {
        match event {
            Event::Queued(waiting) => {
                let digest = Digest::parse(&waiting.statement).ok_or_else(damaged)?;
                let device = DeviceId::new(&waiting.device).ok_or_else(damaged)?;
                self.known.insert(digest, Progress::NotYet);
                self.said.insert((device, waiting.sequence), digest);
                let cells = waiting.cells.iter().map(|cell| Digest::parse(&cell.sha256));
                let cells = cells.collect::<Option<_>>().ok_or_else(damaged)?;
                self.promised.insert(digest, Promised { period: waiting.promised, cells });
                if let Some(signed) = &waiting.signed {
                    self.signed.insert(digest, signed.clone());
                }
                self.queue.push(waiting);
            }
            Event::Planned(plan) => {
                let last = plan.entries.last().and_then(PlannedEntry::read).ok_or_else(damaged)?;
                self.place = Place::after(&last.statement);
                self.period = Some(plan.period);
                let planned: Vec<&String> =
                    plan.entries.iter().filter_map(|entry| entry.first_of.as_ref()).collect();
                self.queue.retain(|waiting| !planned.contains(&&waiting.statement));
                self.plan = Some(plan);
            }
            Event::Sequenced { first, .. } => {
                let plan = self.plan.take().ok_or_else(damaged)?;
                self.last_leaf = (first + plan.entries.len() as u64).checked_sub(1);
                for (leaf, entry) in (first..).zip(plan.entries) {
                    let statement = entry.first_of.as_deref().map(Digest::parse);
                    if let Some(statement) = statement {
                        let statement = statement.ok_or_else(damaged)?;
                        self.known.insert(statement, Progress::Leaf(leaf));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Seals a cell; it is durable with the vault's next flush.
fn stage(
    vault: &mut Vault,
    cell: &Cell,
    entropy: &mut dyn Entropy,
) -> Result<SealedCell, VaultFault> {
    let canonical = cell.to_body().canonical().map_err(|_| damaged())?;
    let body = Body::new(Secret::fresh(entropy)?, canonical);
    let commitment = body.commitment().0.to_string();
    let pad = Pad::Exactly(CELL_SEALED_BYTES);
    let sealed = vault.stage(&ToSeal { body, keeping: Keeping::Vault, pad })?;
    let bytes = u64::from(sealed.bytes);
    Ok(SealedCell { commitment, sha256: sealed.sha256.to_string(), bytes })
}

fn damaged() -> VaultFault {
    VaultFault::Damaged { place: JOURNAL.into(), what: "an event of the private lane is no such" }
}
