//! All of a keeper but the vault, which is lent to it: so the vault can put its own claims on the
//! record while it is at work.

use std::collections::BTreeSet;
use std::sync::Arc;

use agreement::statement::said::Adopted;
use agreement::statement::{
    Body, Claim, Entry, Equivocation, Lane, Place, Promise, Refusal, Root, Roster, Said, Sealed,
    SecretKey, Statement,
};
use agreement::{DeviceId, Digest};
use spacetime::time::Instant;
use tlog::bundle::{self, BundleId};
use tlog::{EMPTY_ROOT, Edge};

use super::seen::{self, Seen};
use super::{Opening, scan};
use crate::admit::codes::ALREADY_SAID;
use crate::admit::{self, Admission, Answer, Rejection, digest_key, place_key};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::fault::Fault;
use crate::head::Head;
use crate::index::{Key, Keys};
use crate::pool::Pool;
use crate::private::{self, Batch, PrivateEntry, PrivateLane, Promised, Queued};
use crate::reader::Reader;
use crate::sequence::Sequencer;
use crate::vault::{
    self, Entropy, HANDED_BODIES_MAX, InLog, Keeping, Order, Pad, Progress, RecordFault, Secret,
    ToSeal, Vault, VaultFault,
};
use crate::vouched;

/// Lines that share a pool.
const POOL_LINES_MAX: usize = 4096;
/// Bytes of lines that share a pool; what is in the log of them is less.
const POOL_LINES_BYTES_MAX: usize = 4 << 20;
/// Bytes of sealed bodies after which no more is handed out at once.
const HANDED_BYTES: u64 = 64 << 20;
/// So far back from the end of the log a body is looked for, by which the vault shows that it is of the
/// log's time.
const TAIL_ENTRIES: u64 = 1024;

pub(super) struct Desk {
    disk: Arc<dyn Disk>,
    vault_keys: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    sequencer: Sequencer,
    admission: Admission,
    lane: PrivateLane,
    device: DeviceId,
    key: SecretKey,
    keeping: Keeping,
    scanned: scan::Scanned,
    seen: Seen,
    entropy: Box<dyn Entropy + Send>,
    broken: bool,
}

/// What an order opens of some entries.
pub(super) struct Look {
    pub(super) found: Vec<InLog>,
    /// The first leaf that was not looked at.
    pub(super) next: u64,
}

/// By what entries are found again.
#[derive(Debug)]
struct EntryKeys;

impl Keys for EntryKeys {
    fn keys(&self, entry: &[u8], keys: &mut Vec<Key>) {
        keys.extend(admit::keys_of(entry));
    }
}

impl Desk {
    pub(super) fn open(
        opening: Opening,
        entropy: Box<dyn Entropy + Send>,
        lane: impl FnOnce(&dyn Disk) -> Result<PrivateLane, VaultFault>,
    ) -> Result<Self, Fault> {
        let Opening { disk, keys, log_key, agreement, roster, .. } = opening;
        let Opening { device, device_key, keeping, clock, threads, .. } = opening;
        let vault_keys = keys;
        let keys: Arc<dyn Keys> = Arc::new(EntryKeys);
        let sequencer = crate::open_with_keys(&disk, &log_key, &keys, clock.now())?;
        let lane = lane(&*disk)?;
        let mut admission = Admission::new(roster, device.clone(), threads);
        let scanned = scan::bring_up(&*disk, sequencer.published().size)?;
        let reader = Reader::new(&*disk);
        if let Some(leaf) = scanned.adopted {
            let entry = read_entry(leaf, &reader.entry(leaf, sequencer.published().size)?)?;
            if let Ok(Said::AgreementAdopted(Adopted { version })) =
                Said::of(entry.statement.header())
                && version != agreement
            {
                return Err(Fault::OtherAgreement { adopted: version, leaf, given: agreement });
            }
        }
        for &leaf in &scanned.leaves {
            let bytes = reader.entry(leaf, sequencer.published().size)?;
            admission.replay(leaf, &read_entry(leaf, &bytes)?, None);
        }
        let seen = Seen::read(&*disk)?;
        Ok(Self {
            disk,
            vault_keys,
            clock,
            sequencer,
            admission,
            lane,
            device,
            key: device_key,
            keeping,
            scanned,
            seen,
            entropy,
            broken: false,
        })
    }

    /// Refuses a folder of keys that is of an earlier time than the log: bodies sealed since would be
    /// written over, and what was queued or erased since forgotten. And a log that is of an earlier time
    /// than the keys: it would be written on as another than was shown.
    pub(super) fn refuse_other_times(&self, vault: &mut Vault) -> Result<(), Fault> {
        self.seen.check(self.keys_now(vault))?;
        if let Some(leaf) = self.lane.last_leaf().max(vault.last_leaf())
            && leaf >= self.head().size
        {
            return Err(Fault::RecordPutBack { leaf, size: self.head().size });
        }
        let next = place_key(&self.device, Lane::Cell, self.lane.next_cell());
        if let Some(leaf) = self.sequencer.find(&next)? {
            return Err(seen::unplanned_cell(leaf));
        }
        let size = self.head().size;
        for leaf in (size.saturating_sub(TAIL_ENTRIES)..size).rev() {
            let Some(sealed) = self.entry(leaf)?.sealed else { continue };
            if vault.state(&sealed.sha256)? == vault::State::Unknown {
                return Err(seen::unknown_body(leaf, &sealed.sha256));
            }
            break;
        }
        Ok(())
    }

    /// Writes down how far the keys have come, if they have. Behind whatever it is about: a crash in
    /// between leaves less written down than there is.
    pub(super) fn note_keys(&mut self, vault: &Vault) -> Result<(), Fault> {
        let now = self.keys_now(vault);
        if now != self.seen {
            now.write(&*self.disk)?;
            self.seen = now;
        }
        Ok(())
    }

    fn keys_now(&self, vault: &Vault) -> Seen {
        Seen { vault: vault.events(), private: self.lane.events() }
    }

    pub(super) fn orphans(&self) -> Result<BTreeSet<Digest>, Fault> {
        vouched::orphans(&*self.disk, &*self.vault_keys, self.head().size)
    }

    pub(super) const fn roster(&self) -> &Roster {
        self.admission.roster()
    }

    pub(super) fn next_promised(&self) -> Option<u64> {
        self.lane.next_promised()
    }

    pub(super) fn resume_lane(&mut self) -> Result<(), Fault> {
        let Self { sequencer, clock, lane, .. } = self;
        lane.resume(&mut Log { sequencer, now: clock.now() })?;
        Ok(())
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn head(&self) -> Head {
        self.sequencer.published()
    }

    pub(super) fn last_period(&self) -> Option<u64> {
        self.lane.last_period()
    }

    pub(super) fn entry(&self, leaf: u64) -> Result<Entry, Fault> {
        let size = self.head().size;
        read_entry(leaf, &Reader::new(&*self.disk).entry(leaf, size)?)
    }

    /// What an order opens of the entries from some leaf on, as much as is handed out at once.
    pub(super) fn opened_by(&self, order: &Order, from: u64) -> Result<Look, Fault> {
        let size = self.head().size;
        let mut look = Look { found: Vec::new(), next: from.min(size) };
        let mut bytes = 0;
        for id in BundleId::covering(look.next, size) {
            let bundle = Reader::new(&*self.disk).bundle(id)?;
            let entries = bundle::first_entries(&bundle, id.width());
            let entries = entries.map_err(|torn| Fault::Damaged {
                path: id.to_string(),
                reason: torn.to_string(),
            })?;
            for (leaf, entry) in (id.start()..).zip(entries).filter(|(leaf, _)| *leaf >= from) {
                if look.found.len() == HANDED_BODIES_MAX || bytes > HANDED_BYTES {
                    return Ok(look);
                }
                let Entry { sealed, sequenced_at, statement } = read_entry(leaf, entry)?;
                let kind = statement.header().kind.clone();
                if let Some(sealed) = sealed {
                    let body = InLog { kind, sequenced_at, sealed: sealed.sha256 };
                    if order.opens(&body) {
                        bytes += sealed.bytes;
                        look.found.push(body);
                    }
                }
                look.next = leaf + 1;
            }
        }
        Ok(look)
    }

    pub(super) fn submit(
        &mut self,
        vault: &mut Vault,
        lines: &[&[u8]],
        first_line: u64,
    ) -> Result<Vec<Answer>, Fault> {
        if self.broken {
            return Err(Fault::Broken);
        }
        self.broken = true;
        let mut answers = Vec::with_capacity(lines.len());
        let mut rest = lines;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |line: &&&[u8]| {
                bytes += line.len();
                bytes <= POOL_LINES_BYTES_MAX
            };
            let count = rest.iter().take(POOL_LINES_MAX).take_while(fits).count().max(1);
            let (now, later) = rest.split_at(count);
            let line = first_line + answers.len() as u64;
            answers.extend(self.submit_pool(vault, now, line)?);
            rest = later;
        }
        self.broken = false;
        Ok(answers)
    }

    fn submit_pool(
        &mut self,
        vault: &mut Vault,
        lines: &[&[u8]],
        first_line: u64,
    ) -> Result<Vec<Answer>, Fault> {
        let pool = self.sequencer.begin(self.clock.now())?;
        let (disk, sequencer) = (&*self.disk, &self.sequencer);
        let (lane, keeping) = (&self.lane, &self.keeping);
        let mut open = OpenPool { disk, sequencer, lane, keeping, vault, pool };
        let admitted = self.admission.admit(lines, first_line, &mut open);
        let mut pool = open.pool;
        let mut answers = match admitted {
            Ok(answers) => answers,
            Err(fault) => {
                vault.unstage();
                return Err(fault);
            }
        };
        // The bodies first: an entry says that its ciphertext is there.
        vault.flush()?;
        if !pool.is_empty() {
            commit(&mut self.sequencer, &mut pool)?;
        }
        self.queue_private(vault, first_line, &mut answers)?;
        self.scanned.note(&*self.disk, &pool, self.sequencer.published().size)?;
        Ok(answers)
    }

    fn queue_private(
        &mut self,
        vault: &mut Vault,
        first_line: u64,
        answers: &mut [Answer],
    ) -> Result<(), Fault> {
        let received_at = self.clock.now();
        for (line, answer) in (first_line..).zip(answers) {
            let Answer::Private(claim) = answer else { continue };
            let header = claim.statement().header();
            let digest = claim.statement().digest();
            let before = self.lane.said(&header.device, header.sequence);
            if let Some(before) = before.filter(|before| *before != digest) {
                let proof = self.proof(vault, &before, claim)?;
                let refusal = Refusal::new(&ALREADY_SAID).within("statement");
                *answer = Answer::Rejected(Box::new(Rejection { line, refusal, proof }));
                continue;
            }
            let queued = self.lane.queue(vault, &[(claim, received_at)], &mut *self.entropy)?;
            match queued.into_iter().next() {
                Some(Queued::Taken(Progress::Leaf(leaf))) => *answer = Answer::Known { leaf },
                Some(Queued::Refused(fault)) => {
                    let refusal = Refusal::new(&private::TOO_LONG_FOR_PRIVATE);
                    *answer = rejected(line, refusal.detail(fault.to_string()));
                }
                Some(Queued::Taken(Progress::NotYet)) | None => {
                    *answer = Answer::Waiting(Box::new(self.promise(&digest)?));
                }
            }
        }
        Ok(())
    }

    /// What the author of a private statement gets for it until it is in the log.
    fn promise(&self, statement: &Digest) -> Result<Promise, Fault> {
        let Some(Promised { period, cells }) = self.lane.promised(statement) else {
            return Err(Fault::Broken);
        };
        Promise::sign(self.device.clone(), &self.key, *statement, *period, cells.clone())
            .map_err(|why| damaged("a promise of the keeper", &why))
    }

    /// The proof against a device that said two things in private under one number: the log does not show
    /// the first.
    fn proof(
        &self,
        vault: &Vault,
        before: &Digest,
        claim: &Claim,
    ) -> Result<Option<Equivocation>, Fault> {
        let Some(first) = self.lane.signed(vault, before)? else { return Ok(None) };
        let member = self.admission.roster().device(&claim.statement().header().device);
        Ok(member.and_then(|member| {
            Equivocation::of(member.key.clone(), first, claim.statement().clone()).ok()
        }))
    }

    pub(super) fn close_period(
        &mut self,
        vault: &mut Vault,
        period: u64,
    ) -> Result<Option<Batch>, Fault> {
        let head = self.head();
        let root = Digest::from_bytes(*head.root.as_bytes());
        let last_root = (head.size > 0).then_some(Root { root, size: head.size });
        let Self { sequencer, clock, lane, key, entropy, .. } = self;
        let mut log = Log { sequencer, now: clock.now() };
        Ok(lane.close(vault, &mut log, key, period, last_root, &mut **entropy)?)
    }

    pub(super) fn fresh_secret(&mut self) -> Result<Secret, VaultFault> {
        Ok(Secret::fresh(&mut *self.entropy)?)
    }

    /// A claim of the keeper's own device, behind its last one in that lane.
    pub(super) fn sign(
        &self,
        lane: Lane,
        said: &Said,
        body: Option<(&Body, [u8; 32])>,
    ) -> Result<Claim, Fault> {
        let place = match lane {
            Lane::Private => self.lane.place_of(&self.device),
            _ => self.public_place()?,
        };
        let claim = Claim::sign(self.device.clone(), &self.key, place, None, said, body);
        claim.map_err(|why| damaged("a statement of the keeper", &why))
    }

    /// Numbers without a gap: the last is found by doubling, then halving.
    fn public_place(&self) -> Result<Place, Fault> {
        let at = |sequence| self.sequencer.find(&place_key(&self.device, Lane::Public, sequence));
        if at(0)?.is_none() {
            return Ok(Place::default());
        }
        let (mut known, mut step) = (0_u64, 1_u64);
        while at(known + step)?.is_some() {
            known += step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if at(known + step)?.is_some() {
                known += step;
            }
        }
        let leaf = at(known)?.ok_or(Fault::Broken)?;
        Ok(Place::after(&self.entry(leaf)?.statement))
    }
}

impl vault::Record for Desk {
    fn append(&mut self, vault: &mut Vault, claim: &str) -> Result<Progress, RecordFault> {
        let failed = |fault: Fault| RecordFault::Failed(fault.to_string());
        let answers = self.submit(vault, &[claim.as_bytes()], 1).map_err(failed)?;
        match answers.into_iter().next() {
            Some(Answer::Admitted { leaf, .. } | Answer::Known { leaf }) => {
                Ok(Progress::Leaf(leaf))
            }
            Some(Answer::Private(_) | Answer::Waiting(_)) => Ok(Progress::NotYet),
            Some(Answer::Rejected(rejection)) => {
                Err(RecordFault::Refused(rejection.refusal.to_string()))
            }
            None => Err(RecordFault::Failed("no answer".into())),
        }
    }
}

/// The log, to the private lane.
struct Log<'a> {
    sequencer: &'a mut Sequencer,
    now: Instant,
}

impl private::Sequence for Log<'_> {
    fn append(&mut self, batch: &[PrivateEntry]) -> Result<u64, RecordFault> {
        self.put(batch).map_err(|fault| RecordFault::Failed(fault.to_string()))
    }
}

impl Log<'_> {
    fn put(&mut self, batch: &[PrivateEntry]) -> Result<u64, Fault> {
        let Some(first) = batch.first() else { return Ok(self.sequencer.head().size) };
        if let Some(leaf) = self.sequencer.find(&digest_key(&first.statement.digest()))? {
            return Ok(leaf);
        }
        let mut pool = self.sequencer.begin(self.now)?;
        let sequenced_at = pool.sequenced_at();
        for PrivateEntry { statement, sealed } in batch {
            let (sealed, statement) = (Some(*sealed), statement.clone());
            let entry = Entry { sealed, sequenced_at, statement }.canonical();
            pool.push(&entry.map_err(|why| damaged("a private entry", &why))?)?;
        }
        let first = pool.first();
        commit(self.sequencer, &mut pool)?;
        Ok(first)
    }
}

/// The record as admission sees it.
struct OpenPool<'a> {
    disk: &'a dyn Disk,
    sequencer: &'a Sequencer,
    lane: &'a PrivateLane,
    keeping: &'a Keeping,
    vault: &'a mut Vault,
    pool: Pool,
}

impl admit::Record for OpenPool<'_> {
    fn find(&self, key: &[u8; 32]) -> Result<Option<u64>, Fault> {
        if let Some(leaf) = self.pool.find(key) {
            return Ok(Some(leaf));
        }
        // A private statement is in the log by its cells only.
        if let Some(Progress::Leaf(leaf)) = self.lane.progress(&Digest::from_bytes(*key)) {
            return Ok(Some(leaf));
        }
        self.sequencer.find(key)
    }

    fn entry(&self, leaf: u64) -> Result<Vec<u8>, Fault> {
        match leaf.checked_sub(self.pool.first()) {
            Some(at) => {
                let entry = self.pool.entries().nth(usize::try_from(at).unwrap_or(usize::MAX));
                let size = self.next_leaf();
                entry.map(<[u8]>::to_vec).ok_or(Fault::NoEntry { index: leaf, size })
            }
            None => Reader::new(self.disk).entry(leaf, self.sequencer.published().size),
        }
    }

    fn root_at(&self, size: u64) -> Result<Option<[u8; 32]>, Fault> {
        let head = self.sequencer.published();
        if size == 0 {
            return Ok(Some(*EMPTY_ROOT.as_bytes()));
        }
        if size >= head.size {
            return Ok((size == head.size).then(|| *head.root.as_bytes()));
        }
        // Of an older tree what is asked for is in full tiles and in the ends of newer ones.
        let edge = Edge::load(size, &mut Reader::new(self.disk));
        Ok(edge.ok().map(|edge| *edge.root().as_bytes()))
    }

    fn next_leaf(&self) -> u64 {
        self.pool.first() + self.pool.len() as u64
    }

    fn sequenced_at(&self) -> Instant {
        self.pool.sequenced_at()
    }

    fn seal(&mut self, _: &Statement, salt: &[u8; 32], body: &[u8]) -> Result<Sealed, Fault> {
        let body = vault::Body::new(Secret::new(*salt), body.to_vec());
        let keeping = self.keeping.clone();
        let sealed = self.vault.stage(&ToSeal { body, keeping, pad: Pad::Padme })?;
        Ok(Sealed { bytes: u64::from(sealed.bytes), sha256: sealed.sha256 })
    }

    fn push(&mut self, entry: &[u8], keys: &[Key; 2]) -> Result<u64, Fault> {
        self.pool.push_with_keys(entry, keys)
    }
}

/// Makes a pool durable and publishes it.
fn commit(sequencer: &mut Sequencer, pool: &mut Pool) -> Result<(), Fault> {
    match sequencer.commit(pool) {
        Err(Fault::StagedFull) => {
            sequencer.publish()?;
            sequencer.commit(pool)?;
        }
        committed => {
            committed?;
        }
    }
    sequencer.publish()?;
    Ok(())
}

fn read_entry(leaf: u64, bytes: &[u8]) -> Result<Entry, Fault> {
    Entry::parse(bytes).map_err(|why| damaged(&format!("entry {leaf}"), &why))
}

fn damaged(path: &str, why: &Refusal) -> Fault {
    Fault::Damaged { path: path.to_owned(), reason: why.to_string() }
}

fn rejected(line: u64, refusal: Refusal) -> Answer {
    Answer::Rejected(Box::new(Rejection { line, refusal, proof: None }))
}
