//! A record as its keeper has it (admission, vault, private lane, index), held against everything that
//! anybody was ever told.
//!
//! Whoever sends a claim and gets no answer sends it again until one comes. After every start: what was
//! admitted stands under its leaf; a claim that is sent again is known; every body is held as it was
//! sealed, or erased, and then no stored byte brings it back; no key has left whose disclosure is not in
//! the log. At the end of a run everything is opened, over the record, and read.

mod hasty;
mod opened;
mod owed;
mod people;
pub mod runs;
mod standing;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use agreement::statement::said::ErasureReason;
use agreement::statement::{Claim, Visibility};
use ledger::admit::Answer;
use ledger::clock::Clock;
use ledger::vault::{Keeping as KeptBy, Refusal, Released, Sizes, VaultFault};
use ledger::{Fault, Keeper, Means, Opening};
use spacetime::time::{Duration, Instant};

use self::owed::{Condemned, Owed};
use self::people::{DEVICES, People, SimEntropy};
use crate::careless::Broken;
use crate::disk::Restart;
use crate::record::Violation;
use crate::seed::Seeded;
use crate::world::{SimKey, World};

type Checked<T> = Result<T, Violation>;

/// Entries of a step of the private lane.
const STEP: usize = 4;
/// As long as a period of the private lane, and a little.
const PERIOD: Duration = Duration::from_micros(61_000_000);
/// Guarantors who hold shares, where keys are split.
pub const GUARANTORS: u8 = 3;
/// Files that grow in small steps, and segments that fill.
pub const SIZES: Sizes = Sizes {
    segment_bodies: 1 << 10,
    segment_bytes: 1 << 20,
    growth_bytes: 8192,
    lane_growth_bytes: 8192,
};

/// What a run did, so that a test can tell that it did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Claims that were answered as being in the log.
    pub admitted: u64,
    /// Claims that were answered as private.
    pub queued: u64,
    /// Claims that had to be sent again, since no answer came.
    pub sent_again: u64,
    /// Claims that contradict one that stands, and were refused.
    pub refused: u64,
    /// Periods that ended.
    pub periods: u64,
    /// Packages that were released, each opened by its reader.
    pub released: u64,
    /// Packages that were handed out by a standing disclosure.
    pub handed: u64,
    /// Bodies that were erased.
    pub erased: u64,
    /// Starts.
    pub starts: u64,
    /// Faults that the keeper told.
    pub faults: u64,
    /// Refusals to run on a clock that went back.
    pub clock_refusals: u64,
    /// Calls that changed something on the disk.
    pub calls: u64,
}

impl Kept {
    /// Adds what another run did.
    pub const fn add(&mut self, other: &Self) {
        self.admitted += other.admitted;
        self.queued += other.queued;
        self.sent_again += other.sent_again;
        self.refused += other.refused;
        self.periods += other.periods;
        self.released += other.released;
        self.handed += other.handed;
        self.erased += other.erased;
        self.starts += other.starts;
        self.faults += other.faults;
        self.clock_refusals += other.clock_refusals;
        self.calls += other.calls;
    }
}

/// A clock that stands where the world says.
#[derive(Debug, Default)]
struct SimClock(AtomicI64);

impl Clock for SimClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A record under its keeper, in a world.
pub struct Keeping {
    /// Where it is.
    pub world: World,
    /// What was done.
    pub tally: Kept,
    keeper: Option<Keeper>,
    keeping: KeptBy,
    sizes: Sizes,
    step: usize,
    clock: Arc<SimClock>,
    people: People,
    seeded: Seeded,
    owed: Owed,
    /// Sent, and not answered.
    unanswered: Vec<Claim>,
    /// The latest time at which anything was tried.
    latest: Instant,
    /// Calls that had gone wrong when the last thing was begun.
    wrong: u64,
    is_made: bool,
    /// Whether somebody was told that it is.
    is_sure: bool,
}

impl std::fmt::Debug for Keeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeping").field("tally", &self.tally).finish_non_exhaustive()
    }
}

impl Keeping {
    /// None yet, in a world.
    #[must_use]
    pub fn new(world: World, seeded: Seeded) -> Self {
        Self {
            world,
            tally: Kept::default(),
            keeper: None,
            keeping: KeptBy::Vault,
            sizes: SIZES,
            step: STEP,
            clock: Arc::default(),
            people: People::new(),
            seeded,
            owed: Owed::default(),
            unanswered: Vec::new(),
            latest: Instant::MIN,
            wrong: 0,
            is_made: false,
            is_sure: false,
        }
    }

    /// Keys of new bodies are split among guarantors: so many of [`GUARANTORS`] give one back.
    #[must_use]
    pub fn split(mut self, threshold: u8) -> Self {
        let holders = (0..GUARANTORS).map(|n| people::guarantor(n).to_public()).collect();
        self.keeping = KeptBy::Split { threshold, holders };
        self
    }

    /// Files grow in such steps, and periods show a multiple of so many entries.
    #[must_use]
    pub const fn sized(mut self, sizes: Sizes, step: usize) -> Self {
        (self.sizes, self.step) = (sizes, step);
        self
    }

    /// Starts, unless it runs: opens the record, holds it against what is owed, and sends again what was
    /// not answered.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn start(&mut self) -> Checked<()> {
        self.make()?;
        if self.keeper.is_some() || !self.is_made {
            return Ok(());
        }
        let (opening, means) = (self.opening(), self.means());
        let Some(keeper) =
            self.tried("it does not start", |_| Keeper::open_with(opening, means))?
        else {
            return Ok(());
        };
        self.tally.starts += 1;
        self.is_sure = true;
        self.keeper = Some(keeper);
        self.look()?;
        let unanswered = std::mem::take(&mut self.unanswered);
        self.tally.sent_again += unanswered.len() as u64;
        self.send(unanswered)
    }

    fn make(&mut self) -> Checked<()> {
        if !self.is_made {
            let made = self.tried("init", |world| match world.init() {
                Ok(()) => Ok(true),
                // A try that failed in its last step has made it, perhaps not for good.
                Err(Fault::Exists) => Ok(false),
                Err(fault) => Err(fault),
            })?;
            if let Some(is_sure) = made {
                self.is_made = true;
                self.is_sure |= is_sure;
            }
        }
        Ok(())
    }

    fn opening(&self) -> Opening {
        Opening {
            keys: self.world.keys_disk(),
            disk: self.world.disk(),
            log_key: Arc::new(SimKey),
            agreement: people::agreement(),
            roster: people::roster(),
            device: people::device(0),
            device_key: people::key(0),
            identity: people::vault_identity(),
            keeping: self.keeping.clone(),
            step: self.step,
            clock: self.clock.clone(),
            threads: NonZeroUsize::MIN,
        }
    }

    /// Sends claims by some device: so many reports and calls.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn say(&mut self, reports: u64, calls: u64) -> Checked<()> {
        self.start()?;
        let mut claims = Vec::new();
        for _ in 0..reports {
            let speaker = self.speaker();
            claims.push(self.people.report(speaker));
        }
        for _ in 0..calls {
            let speaker = self.speaker();
            claims.push(self.people.call(speaker));
        }
        self.send(claims)
    }

    fn speaker(&mut self) -> usize {
        self.seeded.below(DEVICES as u64) as usize
    }

    /// Sends something again that was answered, and it is known.
    ///
    /// # Errors
    /// When it is not.
    pub fn repeat(&mut self) -> Checked<()> {
        self.start()?;
        let admitted = self.owed.admitted.values().map(|(_, claim)| claim);
        let all: Vec<&Claim> = admitted.chain(self.owed.queued.values()).collect();
        if all.is_empty() {
            return Ok(());
        }
        let again = all[self.seeded.below(all.len() as u64) as usize].clone();
        self.send(vec![again])
    }

    /// Says something else under a number that was used, and it is refused.
    ///
    /// # Errors
    /// When it is not.
    pub fn contradict(&mut self) -> Checked<()> {
        self.start()?;
        let admitted = self.owed.admitted.values().map(|(_, claim)| claim);
        let all: Vec<&Claim> = admitted.chain(self.owed.queued.values()).collect();
        let Some(said) = all.get(self.seeded.below(all.len().max(1) as u64) as usize) else {
            return Ok(());
        };
        let said = (*said).clone();
        let Some(other) = self.people.contradict(&said) else { return Ok(()) };
        let line = other.to_line();
        let answers =
            self.asked("contradicting", |keeper, _| keeper.submit(&[&line[..]], 1).map(Some))?;
        match answers.as_deref() {
            None => Ok(()),
            Some([Answer::Rejected(why)]) if why.refusal.code.name == "number-used-twice" => {
                self.tally.refused += 1;
                Ok(())
            }
            Some(answers) => self.broken(&format!("a device contradicts itself: {answers:?}")),
        }
    }

    fn send(&mut self, claims: Vec<Claim>) -> Checked<()> {
        if claims.is_empty() {
            return Ok(());
        }
        let lines: Vec<Vec<u8>> = claims.iter().map(Claim::to_line).collect();
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let answers = self.asked("submit", |keeper, _| keeper.submit(&lines, 1).map(Some))?;
        let Some(answers) = answers else {
            self.unanswered.extend(claims);
            return Ok(());
        };
        if answers.len() != claims.len() {
            return self.broken("a claim got no answer");
        }
        for (claim, answer) in claims.into_iter().zip(answers) {
            self.answered(claim, &answer)?;
        }
        Ok(())
    }

    fn answered(&mut self, claim: Claim, answer: &Answer) -> Checked<()> {
        let digest = claim.statement().digest();
        let is_private = claim.statement().header().kind.visibility() == Visibility::Private;
        let before = self.owed.admitted.get(&digest).map(|(leaf, _)| *leaf);
        match answer {
            Answer::Waiting(promise) if is_private => {
                self.tally.queued += u64::from(!self.owed.queued.contains_key(&digest));
                self.owed.promised.insert(digest, promise.cells.clone());
                self.owed.queued.insert(digest, claim);
            }
            Answer::Known { .. } if is_private => {
                self.tally.queued += u64::from(!self.owed.queued.contains_key(&digest));
                self.owed.queued.insert(digest, claim);
            }
            Answer::Admitted { .. } if before.is_some() => {
                return self.broken("a claim that is in the log was put in again");
            }
            Answer::Known { leaf } if before.is_some_and(|before| before != *leaf) => {
                return self.broken("a claim is known under another leaf");
            }
            Answer::Admitted { leaf, .. } | Answer::Known { leaf } if !is_private => {
                self.tally.admitted += u64::from(before.is_none());
                self.owed.admitted.insert(digest, (*leaf, claim));
            }
            other => return self.broken(&format!("a sound claim is answered {other:?}")),
        }
        Ok(())
    }

    /// Says that time has passed.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn tick(&mut self) -> Checked<()> {
        self.start()?;
        match self.asked("tick", |keeper, _| keeper.tick().map(Some))? {
            None | Some(Answer::Admitted { .. }) => Ok(()),
            Some(other) => self.broken(&format!("a tick is answered {other:?}")),
        }
    }

    /// Lets the period pass and ends it.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn end_period(&mut self) -> Checked<()> {
        self.world.now = self.world.now.plus(PERIOD);
        self.start()?;
        if let Some(batches) = self.asked("end", |keeper, _| keeper.end_periods().map(Some))? {
            self.tally.periods += 1;
            if batches.iter().any(|batch| batch.entries % self.step as u64 != 0) {
                return self.broken("a batch tells how much was said");
            }
        }
        Ok(())
    }

    /// Asks for the body of some entry to be shown to the reader.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn disclose(&mut self) -> Checked<()> {
        self.start()?;
        let Some(leaf) = self.some_leaf() else { return Ok(()) };
        self.disclose_leaf(leaf)
    }

    fn disclose_leaf(&mut self, leaf: u64) -> Checked<()> {
        let reader = people::reader();
        let condemned = self.owed.condemned.iter().find(|body| body.leaf == leaf);
        let (may_be_refused, is_erased) =
            (condemned.is_some(), condemned.is_some_and(|body| body.erased_by.is_some()));
        let asked = self.asked("disclose", |keeper, _| {
            or_erased(keeper.disclose(leaf, &reader, "to see")).map(Some)
        })?;
        match asked {
            Some(Some(_)) if is_erased => self.broken("a body that was erased is to be shown"),
            Some(None) if !may_be_refused => self.broken("a body that is held is not shown"),
            _ => Ok(()),
        }
    }

    /// Takes what may be shown by now, and reads it.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn collect(&mut self) -> Checked<Vec<Released>> {
        self.start()?;
        let hasty = self.world.broken == Broken::RecordAnswersFirst;
        let released = self.asked("collect", |keeper, _| {
            if hasty { hasty::collect(keeper).map(Some) } else { keeper.collect().map(Some) }
        })?;
        let released = released.unwrap_or_default();
        for one in &released {
            self.tally.released += one.packages.len() as u64;
            self.taken(one)?;
        }
        Ok(released)
    }

    /// Erases the body of some report.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn erase(&mut self) -> Checked<()> {
        self.start()?;
        let (Some(leaf), Some(keeper)) = (self.some_leaf(), &mut self.keeper) else {
            return Ok(());
        };
        if self.owed.condemned.iter().any(|body| body.leaf == leaf) {
            return Ok(());
        }
        self.world.look(true);
        let entry = keeper.entry(leaf).map_err(|fault| Violation(fault.to_string()));
        let sealed = entry.map(|entry| entry.sealed);
        let body = sealed.and_then(|sealed| match sealed {
            Some(sealed) => Condemned::of(&self.world, keeper, leaf, &sealed),
            None => Err(Violation(format!("leaf {leaf} has no body"))),
        });
        self.world.look(false);
        self.owed.condemned.push(body?);
        let reason = ErasureReason::Safety;
        let stone = self.asked("erase", |keeper, _| keeper.erase(leaf, reason).map(Some))?;
        if let Some(Some(stone)) = stone {
            self.tally.erased += 1;
            if let Some(body) = self.owed.condemned.last_mut() {
                body.erased_by = Some(stone.leaf);
                body.is_gone(&self.world)?;
            }
        }
        Ok(())
    }

    /// The leaf of some report that was admitted.
    fn some_leaf(&mut self) -> Option<u64> {
        let leaves: Vec<u64> = self.owed.admitted.values().map(|(leaf, _)| *leaf).collect();
        let some = self.seeded.below(leaves.len().max(1) as u64);
        leaves.get(some as usize).copied()
    }

    /// What a check of the record finds, without a key and without its keeper.
    ///
    /// # Errors
    /// When the check itself does not run.
    pub fn findings(&self) -> Checked<u64> {
        owed::findings(&self.world).map(|report| report.findings.len() as u64 + report.more)
    }

    /// Stops as programs stop that are told to.
    pub fn stop(&mut self) {
        self.keeper = None;
    }

    /// The machine stops and comes back.
    pub fn restart(&mut self, how: Restart) {
        self.restart_each(|| how);
    }

    /// The machine stops and comes back; of each disk something else was kept.
    pub fn restart_each(&mut self, mut how: impl FnMut() -> Restart) {
        self.keeper = None;
        self.world.disks().for_each(|disk| disk.restart(how()));
    }

    /// Tries to start over whatever is on the disks, and tells what the ledger says.
    ///
    /// # Errors
    /// The fault by which it does not start.
    pub fn try_start(&mut self) -> Result<(), Fault> {
        self.keeper = None;
        self.clock.0.store(self.world.now.micros(), Ordering::Relaxed);
        let (opening, means) = (self.opening(), self.means());
        Keeper::open_with(opening, means).map(drop)
    }

    fn means(&mut self) -> Means {
        Means {
            of_vault: Box::new(SimEntropy(self.seeded.split())),
            of_keeper: Box::new(SimEntropy(self.seeded.split())),
            sizes: self.sizes,
        }
    }

    /// Holds the record against what is owed, while nothing goes wrong.
    fn look(&mut self) -> Checked<()> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        self.world.look(true);
        let looked = self.owed.look(&self.world, keeper);
        self.world.look(false);
        looked.or_else(|Violation(what)| self.broken(&what))
    }

    /// Asks the keeper, if it runs. After a fault it has to be opened again.
    fn asked<T>(
        &mut self,
        what: &str,
        ask: impl FnOnce(&mut Keeper, &World) -> Result<Option<T>, Fault>,
    ) -> Checked<Option<T>> {
        let Some(mut keeper) = self.keeper.take() else { return Ok(None) };
        let answer = self.tried(what, |world| ask(&mut keeper, world))?;
        if answer.is_some() {
            self.owed.head(keeper.head());
            self.keeper = Some(keeper);
        }
        Ok(answer.flatten())
    }

    /// Tries something at the time that it is. A fault is excused when something went wrong with the disk
    /// or the clock; then there is no answer.
    fn tried<T>(
        &mut self,
        what: &str,
        act: impl FnOnce(&World) -> Result<T, Fault>,
    ) -> Checked<Option<T>> {
        self.clock.0.store(self.world.now.micros(), Ordering::Relaxed);
        self.wrong = self.world.wrong();
        let fault = match act(&self.world) {
            Ok(answer) => {
                self.latest = self.latest.max(self.world.now);
                return Ok(Some(answer));
            }
            Err(fault) => fault,
        };
        self.tally.faults += 1;
        if matches!(fault, Fault::Missing { .. }) && !self.is_sure {
            self.is_made = false;
            return Ok(None);
        }
        if self.world.now < self.latest && fault.to_string().contains("the clock says") {
            self.tally.clock_refusals += 1;
            self.world.now = self.latest;
            return Ok(None);
        }
        self.latest = self.latest.max(self.world.now);
        if self.world.has_stopped() || self.world.wrong() > self.wrong {
            return Ok(None);
        }
        self.broken(&format!("{what}: {fault}"))
    }

    fn broken<T>(&self, what: &str) -> Checked<T> {
        Err(Violation(format!("{what} (after {:?})", self.tally)))
    }
}

/// That a body is erased, or about to be, is an answer.
fn or_erased<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Err(Fault::Vault(fault))
            if matches!(
                *fault,
                VaultFault::Refused(Refusal::Erased { .. } | Refusal::BeingErased)
            ) =>
        {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}
