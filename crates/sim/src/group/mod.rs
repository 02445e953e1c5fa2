//! A ledger that many hand in to while it writes: group commit, held against what was answered.
//!
//! Here its course is followed not by threads but by whoever calls: each task that the course gives lies
//! about until it is done, a pool in two halves, so that a machine stops between any two steps of
//! different tasks. What has to hold: the log is, in the order in which it was handed in, everything that
//! was answered and perhaps some that was not yet; an entry is answered under the number where it is
//! found, once only, and everything is answered that was handed in to a ledger that ends well.

pub mod runs;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::group::course::{Batch, Course, Ended, Kind, Task};
use ledger::group::{Admission, Pace};
use ledger::index::{Key, Keys};
use ledger::publish::Folders;
use ledger::{Fault, Pool, Sequencer};
use spacetime::time::Instant;
use tlog::hash_leaf;

use crate::careless::Broken;
use crate::disk::Restart;
use crate::log;
use crate::record::Violation;
use crate::world::{SimKey, World};

type Checked<T> = Result<T, Violation>;
type Answers = Vec<Result<u64, Fault>>;

const PACE: Pace =
    Pace { pool_entries_max: 20, queue_max: 0, publish_every: Duration::from_millis(5) };

/// Longest entry.
const ENTRY_BYTES_MAX: usize = 65_535;

/// What a run did, so that a test can tell that it did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries that were answered.
    pub answered: u64,
    /// Of these, such as had been handed in before.
    pub again: u64,
    /// Of these, such as are too long.
    pub too_long: u64,
    /// Entries of which nobody was told and which were found after a start.
    pub found: u64,
    /// Entries of which nobody was told and which were not found.
    pub lost: u64,
    /// Pools that were begun while one was being written.
    pub overlapped: u64,
    /// Publications that were written while a pool was half written.
    pub crossed: u64,
    /// Publications that were put while the one before was not written.
    pub put_ahead: u64,
    /// Starts.
    pub starts: u64,
    /// Faults that the ledger told.
    pub faults: u64,
}

impl Tally {
    /// Adds what another run did.
    pub const fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.again += other.again;
        self.too_long += other.too_long;
        self.found += other.found;
        self.lost += other.lost;
        self.overlapped += other.overlapped;
        self.crossed += other.crossed;
        self.put_ahead += other.put_ahead;
        self.starts += other.starts;
        self.faults += other.faults;
    }
}

/// An entry goes in once; handed in again, it is answered by the number that it has.
#[derive(Debug)]
struct Once;

impl Keys for Once {
    fn keys(&self, entry: &[u8], keys: &mut Vec<Key>) {
        keys.push(*hash_leaf(entry).as_bytes());
    }
}

impl Admission for Once {
    type Submission = Vec<u8>;
    type Answer = Result<u64, Fault>;

    fn admit(
        &mut self,
        entry: &mut Vec<u8>,
        pool: &mut Pool,
        sequencer: &Sequencer,
    ) -> Result<Self::Answer, Fault> {
        let key = *hash_leaf(entry).as_bytes();
        if let Some(number) = pool.find(&key) {
            return Ok(Ok(number));
        }
        if let Some(number) = sequencer.find(&key)? {
            return Ok(Ok(number));
        }
        match pool.push(entry) {
            Err(Fault::PoolFull) => Err(Fault::PoolFull),
            pushed => Ok(pushed),
        }
    }
}

/// A ledger that runs in a world, and all that it owes.
pub struct Running {
    /// Where it is.
    pub world: World,
    /// What was done.
    pub tally: Tally,
    course: Option<Course<Once>>,
    /// Tasks that were given and not done, one of a kind.
    tasks: BTreeMap<u8, Task>,
    /// Whether the pool that is written is with the system.
    is_put: bool,
    folders: Folders,
    elapsed: Duration,
    /// What was handed in, each entry once, in order: what the log has to become.
    order: Vec<Vec<u8>>,
    numbers: BTreeMap<Vec<u8>, u64>,
    /// How many of these were answered or found.
    owed: usize,
    /// Batches that were handed in to this course and not answered.
    open: VecDeque<Vec<Vec<u8>>>,
    answered: Arc<Mutex<Vec<Option<Answers>>>>,
    latest: Instant,
    checked: usize,
    wrong: u64,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("owed", &self.owed).finish_non_exhaustive()
    }
}

impl Running {
    /// A new record in a world where nothing goes wrong yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(world: World) -> Checked<Self> {
        world.init().map_err(|fault| Violation(format!("init: {fault}")))?;
        let latest = world.now;
        Ok(Self {
            world,
            tally: Tally::default(),
            course: None,
            tasks: BTreeMap::new(),
            is_put: false,
            folders: Folders::default(),
            elapsed: Duration::ZERO,
            order: Vec::new(),
            numbers: BTreeMap::new(),
            owed: 0,
            open: VecDeque::new(),
            answered: Arc::default(),
            latest,
            checked: 0,
            wrong: 0,
        })
    }

    /// Starts, unless it runs.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn start(&mut self) -> Checked<()> {
        if self.course.is_some() {
            return Ok(());
        }
        self.wrong = self.world.machine.wrong();
        self.world.now = self.world.now.max(self.latest);
        let keys: Arc<dyn Keys> = Arc::new(Once);
        match self.world.open_with_keys(&keys) {
            Ok(sequencer) => {
                self.tally.starts += 1;
                self.check(&sequencer)?;
                self.course = Some(Course::new(sequencer, Once, PACE));
                Ok(())
            }
            Err(fault) => self.excuse(&fault, "it does not start"),
        }
    }

    /// Hands in entries together.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn hand_in(&mut self, entries: Vec<Vec<u8>>) -> Checked<()> {
        self.start()?;
        let Some(course) = &mut self.course else { return Ok(()) };
        for entry in entries.iter().filter(|entry| entry.len() <= ENTRY_BYTES_MAX) {
            let next = self.order.len() as u64;
            let number = *self.numbers.entry(entry.clone()).or_insert(next);
            if number == next {
                self.order.push(entry.clone());
            } else {
                self.tally.again += 1;
            }
        }
        let answered = self.answered.clone();
        let reply = move |answers: Result<Answers, _>| {
            answered.lock().unwrap_or_else(PoisonError::into_inner).push(answers.ok());
        };
        course.hand_in([Batch::new(entries.clone(), Box::new(reply))]);
        self.open.push_back(entries);
        self.go_on()
    }

    /// Lets time pass for the course.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn wait(&mut self, time: Duration) -> Checked<()> {
        self.elapsed += time;
        self.go_on()
    }

    /// Does the next step of a task, if one of the kind was given: of a pool, the one half or the other.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn work(&mut self, kind: Kind) -> Checked<()> {
        let Some(task) = self.tasks.remove(&(kind as u8)) else { return Ok(()) };
        self.wrong = self.world.machine.wrong();
        let ended = match task {
            Task::Write(write) if !self.is_put => match write.put() {
                Ok(()) if self.world.broken == Broken::PoolsAnsweredFirst => Ended::Written(Ok(())),
                Ok(()) => {
                    self.is_put = true;
                    self.tasks.insert(kind as u8, Task::Write(write));
                    return Ok(());
                }
                Err(fault) => Ended::Written(Err(fault)),
            },
            Task::Write(write) => {
                self.is_put = false;
                Ended::Written(write.sync())
            }
            task => {
                self.tally.crossed += u64::from(self.is_put && kind == Kind::Publish);
                let is_publishing = self.tasks.contains_key(&(Kind::Publish as u8));
                self.tally.put_ahead += u64::from(kind == Kind::Put && is_publishing);
                let disk = self.world.disk();
                task.perform(&*disk, &SimKey, &mut self.folders)
            }
        };
        let Some(course) = &mut self.course else { return Ok(()) };
        let outcome = course.ended(ended);
        self.take_answers()?;
        match outcome {
            Ok(()) => self.go_on(),
            Err(fault) => self.fail(fault),
        }
    }

    /// Finishes what was handed in, and stops as programs stop that are told to.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn stop(&mut self) -> Checked<()> {
        self.wrong = self.world.machine.wrong();
        while self.course.as_ref().is_some_and(|course| !course.is_idle() || course.is_awaiting()) {
            if self.tasks.is_empty() {
                return self.broken("it waits, and for nothing");
            }
            for kind in Kind::ALL {
                self.work(kind)?;
            }
        }
        let Some(course) = self.course.take() else { return Ok(()) };
        if !self.open.is_empty() {
            return self.broken("somebody was never answered");
        }
        match course.end(Ok(()), |_| {}) {
            Ok(_) => Ok(()),
            Err(fault) => self.excuse(&fault, "the last publication"),
        }
    }

    /// The machine stops and comes back. Whoever was not answered is not answered any more.
    pub fn restart(&mut self, how: Restart) {
        self.course = None;
        self.forget();
        self.world.machine.restart(how);
    }

    /// Takes the tasks that the course has for it.
    fn go_on(&mut self) -> Checked<()> {
        while let Some(course) = &mut self.course {
            self.latest = self.latest.max(self.world.now);
            match course.next(self.world.now, self.elapsed) {
                Ok(Some(task)) => {
                    let kind = task.kind() as u8;
                    if self.tasks.insert(kind, task).is_some() {
                        return self.broken("two tasks of one kind at a time");
                    }
                }
                Ok(None) => break,
                Err(Fault::ClockWentBack { .. }) if self.world.now < self.latest => {
                    self.world.now = self.latest;
                }
                Err(fault) => return self.fail(fault),
            }
        }
        self.tally.overlapped += u64::from(self.course.as_ref().is_some_and(Course::is_ahead));
        self.take_answers()
    }

    /// The course is at its end by a fault, once whoever writes for it has ended.
    fn fail(&mut self, fault: Fault) -> Checked<()> {
        let Some(mut course) = self.course.take() else { return Ok(()) };
        if !self.world.machine.has_stopped() {
            let disk = self.world.disk();
            for (_, task) in std::mem::take(&mut self.tasks) {
                let ended = task.perform(&*disk, &SimKey, &mut self.folders);
                // The first fault stands.
                let _ = course.ended(ended);
            }
            self.take_answers()?;
            let told = fault.to_string();
            if course.end(Err(fault), |_| {}).is_ok() {
                return self.broken("it goes on after a fault");
            }
            let told_all = self.answers();
            if told_all.len() != self.open.len() || told_all.iter().any(Option::is_some) {
                return self.broken("somebody was never told that it stopped");
            }
            self.forget();
            return self.excuse_words(&told, "it stops");
        }
        self.forget();
        self.excuse(&fault, "it stops")
    }

    /// Holds the answers that were given against what was handed in.
    fn take_answers(&mut self) -> Checked<()> {
        for answers in self.answers() {
            let (Some(entries), Some(answers)) = (self.open.pop_front(), answers) else {
                return self.broken("an answer that nobody waits for");
            };
            if answers.len() != entries.len() {
                return self.broken("not an answer for each");
            }
            for (entry, answer) in entries.iter().zip(answers) {
                match answer {
                    Ok(number) if self.numbers.get(entry) == Some(&number) => {
                        self.owed = self.owed.max(number as usize + 1);
                    }
                    Err(Fault::EntryTooLong { .. }) if entry.len() > ENTRY_BYTES_MAX => {
                        self.tally.too_long += 1;
                    }
                    answer => return self.broken(&format!("an entry is answered {answer:?}")),
                }
                self.tally.answered += 1;
            }
        }
        Ok(())
    }

    fn answers(&self) -> Vec<Option<Answers>> {
        std::mem::take(&mut *self.answered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Of a course that is no more.
    fn forget(&mut self) {
        self.tasks.clear();
        self.is_put = false;
        self.open.clear();
        self.answers();
        self.folders = Folders::default();
    }

    /// After a start: the log is what was handed in, at least as far as it was answered.
    fn check(&mut self, sequencer: &Sequencer) -> Checked<()> {
        let head = sequencer.head();
        if head != sequencer.published() {
            return self.broken("what was staged is not published after a start");
        }
        let size = head.size as usize;
        if size < self.owed || size > self.order.len() {
            let (owed, order) = (self.owed, self.order.len());
            return self.broken(&format!("{size} entries, {owed} of {order} were answered"));
        }
        self.tally.found += (size - self.owed) as u64;
        self.tally.lost += (self.order.len() - size) as u64;
        for entry in self.order.drain(size..) {
            self.numbers.remove(&entry);
        }
        self.owed = size;
        log::hold(&self.world, head, &self.order, &mut self.checked)
            .or_else(|Violation(what)| self.broken(&what))
    }

    fn excuse(&mut self, fault: &Fault, what: &str) -> Checked<()> {
        self.excuse_words(&fault.to_string(), what)
    }

    /// A fault is excused when something went wrong with the disk.
    fn excuse_words(&mut self, fault: &str, what: &str) -> Checked<()> {
        self.tally.faults += 1;
        if self.world.machine.has_stopped() || self.world.machine.wrong() > self.wrong {
            return Ok(());
        }
        self.broken(&format!("{what}: {fault}"))
    }

    fn broken<T>(&self, what: &str) -> Checked<T> {
        Err(Violation(format!("{what} (after {:?})", self.tally)))
    }
}
