//! A record that is appended to, published, stopped and started again, held against what was
//! acknowledged.
//!
//! What has to hold after every start: the log is everything that was acknowledged, in order, and
//! nothing else but perhaps, whole, the pool that was on its way when the machine stopped. Every
//! checkpoint that anybody ever saw is one of its prefixes. Every byte of it checks.

use ledger::{Fault, Head, Sequencer};
use spacetime::time::Instant;

use crate::disk::Restart;
use crate::log;
use crate::world::World;

/// What must not happen, happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

type Checked<T> = Result<T, Violation>;

/// What a run did, so that a test can tell that it did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pools that were acknowledged.
    pub pools: u64,
    /// Pools of which nobody heard and which were found after a start.
    pub found: u64,
    /// Pools of which nobody heard and which were not found.
    pub lost: u64,
    /// Starts.
    pub starts: u64,
    /// Faults that the ledger told.
    pub faults: u64,
    /// Refusals to run on a clock that went back.
    pub clock_refusals: u64,
    /// Refusals of a second writer.
    pub lock_refusals: u64,
}

impl Tally {
    /// Adds what another run did.
    pub const fn add(&mut self, other: &Self) {
        self.pools += other.pools;
        self.found += other.found;
        self.lost += other.lost;
        self.starts += other.starts;
        self.faults += other.faults;
        self.clock_refusals += other.clock_refusals;
        self.lock_refusals += other.lock_refusals;
    }
}

/// A record in a world, and all that it owes.
pub struct Record {
    /// Where it is.
    pub world: World,
    /// What was done.
    pub tally: Tally,
    sequencer: Option<Sequencer>,
    /// Acknowledged, or found after a start.
    owed: Vec<Vec<u8>>,
    /// On its way when something went wrong.
    in_doubt: Option<Vec<Vec<u8>>>,
    /// Time of the last pool that is owed.
    last: Instant,
    /// The latest time that any pool was given.
    latest: Instant,
    /// Checkpoints that were seen and held against what was owed then. That does not change.
    checked: usize,
    /// Calls that had gone wrong when the last thing was begun.
    wrong: u64,
    is_made: bool,
    /// Whether somebody was told that it is.
    is_sure: bool,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("owed", &self.owed.len()).finish_non_exhaustive()
    }
}

impl Record {
    /// None yet, in a world.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            world,
            tally: Tally::default(),
            sequencer: None,
            owed: Vec::new(),
            in_doubt: None,
            last: Instant::MIN,
            latest: Instant::MIN,
            checked: 0,
            wrong: 0,
            is_made: false,
            is_sure: false,
        }
    }

    /// Makes the record, unless that was done.
    ///
    /// # Errors
    /// When a promise is broken. A fault of the disk is none: the next call tries again.
    pub fn make(&mut self) -> Checked<()> {
        if self.is_made {
            return Ok(());
        }
        self.wrong = self.world.machine.wrong();
        self.latest = self.latest.max(self.world.now);
        match self.world.init() {
            Ok(()) => (self.is_made, self.is_sure) = (true, true),
            // A try that failed in its last step has made it, perhaps not for good.
            Err(Fault::Exists) => self.is_made = true,
            Err(fault) => self.excuse(&fault, "init")?,
        }
        Ok(())
    }

    /// Starts, unless it runs.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn start(&mut self) -> Checked<()> {
        self.make()?;
        if self.sequencer.is_some() || !self.is_made {
            return Ok(());
        }
        self.wrong = self.world.machine.wrong();
        match self.world.open() {
            Ok(sequencer) => {
                self.tally.starts += 1;
                self.is_sure = true;
                self.sequencer = Some(sequencer);
                self.check()
            }
            Err(Fault::Missing { .. }) if !self.is_sure => {
                self.is_made = false;
                Ok(())
            }
            Err(Fault::ClockWentBack { .. }) if self.world.now < self.latest => {
                self.tally.clock_refusals += 1;
                self.world.now = self.latest;
                Ok(())
            }
            Err(fault) => self.excuse(&fault, "it does not start"),
        }
    }

    /// Appends entries as one pool.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn append(&mut self, entries: Vec<Vec<u8>>) -> Checked<()> {
        self.start()?;
        let Some(sequencer) = &mut self.sequencer else { return Ok(()) };
        self.wrong = self.world.machine.wrong();
        let mut pool = match sequencer.begin(self.world.now) {
            Ok(pool) => pool,
            Err(Fault::ClockWentBack { .. }) if self.world.now < self.latest => {
                self.tally.clock_refusals += 1;
                self.world.now = self.latest;
                return Ok(());
            }
            Err(fault) => return self.broken(&format!("no pool can be begun: {fault}")),
        };
        if pool.sequenced_at() < self.last {
            return self.broken("time went backwards");
        }
        self.latest = self.latest.max(pool.sequenced_at());
        for entry in &entries {
            if let Err(fault) = pool.push(entry) {
                return self.broken(&format!("an entry does not go in: {fault}"));
            }
        }
        let mut committed = sequencer.commit(&mut pool);
        if matches!(committed, Err(Fault::StagedFull)) {
            if let Err(fault) = sequencer.publish() {
                return self.excuse(&fault, "publish");
            }
            committed = sequencer.commit(&mut pool);
        }
        match committed {
            Ok(committed) => {
                if committed.first != self.owed.len() as u64 {
                    return self.broken("an entry has a number that is not its own");
                }
                self.last = pool.sequenced_at();
                self.owed.extend(entries);
                self.tally.pools += 1;
                Ok(())
            }
            Err(fault) => {
                // What comes after it cannot be known before the next start.
                self.in_doubt = Some(entries);
                self.sequencer = None;
                self.excuse(&fault, "commit")
            }
        }
    }

    /// Publishes.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn publish(&mut self) -> Checked<()> {
        self.start()?;
        self.wrong = self.world.machine.wrong();
        let Some(sequencer) = &mut self.sequencer else { return Ok(()) };
        match sequencer.publish() {
            Ok(_) => Ok(()),
            Err(fault) => self.excuse(&fault, "publish"),
        }
    }

    /// Stops as programs stop that are told to.
    pub fn stop(&mut self) {
        self.sequencer = None;
    }

    /// Tries to open the record a second time while it is open.
    ///
    /// # Errors
    /// When that is let happen.
    pub fn intrude(&mut self) -> Checked<()> {
        if self.sequencer.is_none() {
            return Ok(());
        }
        self.wrong = self.world.machine.wrong();
        match self.world.open() {
            Err(Fault::Locked) => {
                self.tally.lock_refusals += 1;
                Ok(())
            }
            Err(Fault::ClockWentBack { .. }) => self.broken("the clock was asked before the lock"),
            Err(fault) => self.excuse(&fault, "a second start"),
            Ok(_) => self.broken("two processes write to one record"),
        }
    }

    /// The machine stops and comes back.
    pub fn restart(&mut self, how: Restart) {
        self.sequencer = None;
        self.world.machine.restart(how);
    }

    /// A fault is excused when something went wrong with the disk.
    fn excuse(&mut self, fault: &Fault, what: &str) -> Checked<()> {
        self.tally.faults += 1;
        if self.world.machine.has_stopped() {
            self.sequencer = None;
            return Ok(());
        }
        if self.world.machine.wrong() > self.wrong {
            return Ok(());
        }
        self.broken(&format!("{what}: {fault}"))
    }

    /// Holds the record against what it owes. Nothing goes wrong with the disk meanwhile.
    fn check(&mut self) -> Checked<()> {
        let Some(sequencer) = &self.sequencer else { return Ok(()) };
        let (head, published) = (sequencer.head(), sequencer.published());
        let last = sequencer.last_sequenced_at();
        if last < self.last {
            return self.broken("time went backwards over a start");
        }
        if head != published {
            return self.broken("what was staged is not published after a start");
        }
        self.settle_doubt(head)?;
        self.last = last;
        let looked = log::hold(&self.world, head, &self.owed, &mut self.checked);
        looked.or_else(|Violation(what)| self.broken(&what))
    }

    /// The pool that was on its way is there as a whole, or not at all.
    fn settle_doubt(&mut self, head: Head) -> Checked<()> {
        let in_doubt = self.in_doubt.take();
        let owed = self.owed.len() as u64;
        let with_doubt = owed + in_doubt.as_ref().map_or(0, |pool| pool.len() as u64);
        if head.size == with_doubt && with_doubt > owed {
            self.tally.found += 1;
            self.owed.extend(in_doubt.unwrap_or_default());
            return Ok(());
        }
        self.tally.lost += u64::from(in_doubt.is_some());
        if head.size == owed {
            return Ok(());
        }
        self.broken(&format!("{} entries are there, {owed} were acknowledged", head.size))
    }

    fn broken<T>(&self, what: &str) -> Checked<T> {
        Err(Violation(format!("{what} (after {:?})", self.tally)))
    }
}
