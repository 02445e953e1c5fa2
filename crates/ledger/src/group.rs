//! Group commit: many senders, one sequencing thread, and one that publishes behind it.
//!
//! Whatever arrives while a pool is on its way to disk becomes the next pool. So one sync serves one
//! entry when there is one, and thousands when there are thousands. Answers are given when the pool is
//! durable, and not before.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tlog::{Hash, hash_leaf};

use crate::clock::Clock;
use crate::disk::Disk;
use crate::fault::Fault;
use crate::head::{Head, LogKey};
use crate::index::{self, Merge};
use crate::pool::Pool;
use crate::publish::{Folders, Publication};
use crate::sequence::Sequencer;

/// Decides, in the sequencing thread, what becomes of a submission.
pub trait Admission: Send {
    /// What senders hand in; whatever can be checked by many threads was checked before.
    type Submission: Send;
    /// What they are told once the pool is durable.
    type Answer: Send;

    /// Puts a submission into the pool, or answers that it is there already, or refuses it.
    ///
    /// # Errors
    /// [`Fault::PoolFull`] where it does not go into this pool: it is asked again with the next. Any other
    /// fault stops the ledger.
    fn admit(
        &mut self,
        submission: &mut Self::Submission,
        pool: &mut Pool,
        sequencer: &Sequencer,
    ) -> Result<Self::Answer, Fault>;
}

/// An entry and the hash of its leaf: of all that is done to an entry before it is durable, hashing takes
/// longest, and senders do it side by side.
#[derive(Clone, Copy, Debug)]
pub struct Hashed<E> {
    entry: E,
    leaf: Hash,
}

impl<E: AsRef<[u8]>> Hashed<E> {
    /// Of an entry, owned in whatever way the sender does.
    pub fn new(entry: E) -> Self {
        Self { leaf: hash_leaf(entry.as_ref()), entry }
    }
}

/// Entries as they are, without a look into them.
#[derive(Clone, Copy, Debug)]
pub struct Opaque<E = Vec<u8>>(PhantomData<fn(E)>);

impl<E> Default for Opaque<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: AsRef<[u8]> + Send> Admission for Opaque<E> {
    type Submission = Hashed<E>;
    type Answer = Result<u64, Fault>;

    fn admit(
        &mut self,
        entry: &mut Hashed<E>,
        pool: &mut Pool,
        _: &Sequencer,
    ) -> Result<Self::Answer, Fault> {
        match pool.push_hashed(entry.entry.as_ref(), Some(entry.leaf)) {
            Err(Fault::PoolFull) if !pool.is_empty() => Err(Fault::PoolFull),
            pushed => Ok(pushed),
        }
    }
}

/// How a ledger is run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Most submissions of a pool.
    pub pool_entries_max: usize,
    /// Most submissions that wait; past that, senders wait.
    pub queue_max: usize,
    /// From one publication to the next, unless so much waits that the room for pools could run short.
    pub publish_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            pool_entries_max: 16_384,
            queue_max: 32_768,
            publish_every: Duration::from_millis(200),
        }
    }
}

/// Why nobody knows whether a submission was taken: the next start tells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger stopped, and whether it has the entry is not known: {reason}")]
pub struct Stopped {
    /// What stopped it.
    pub reason: Arc<str>,
}

/// Called with what is answered, in the sequencing thread: it should be quick.
pub type Reply<T> = Box<dyn FnOnce(Result<T, Stopped>) + Send>;

/// Bytes of pools that are published as soon as the publisher is free, whatever the time: a part of the
/// room for pools, so that this seldom runs out, and none has to wait long where it does.
const EAGER_BYTES: usize = 8 << 20;

/// A ledger that runs. Dropping it, or [`stop`](Self::stop), lets it finish what it was given.
pub struct Group<A: Admission> {
    queue: Arc<Queue<A>>,
    thread: Option<JoinHandle<Result<Sequencer, Fault>>>,
}

struct Queue<A: Admission> {
    waiting: Mutex<Waiting<A>>,
    changed: Condvar,
    max: usize,
}

struct Waiting<A: Admission> {
    batches: VecDeque<Batch<A>>,
    /// Submissions in them.
    submissions: usize,
    is_closed: bool,
    stopped: Option<Stopped>,
}

/// What was handed in together and is answered together.
struct Batch<A: Admission> {
    submissions: std::vec::IntoIter<A::Submission>,
    answers: Vec<A::Answer>,
    reply: Reply<Vec<A::Answer>>,
}

impl<A: Admission> std::fmt::Debug for Group<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

impl<A: Admission + 'static> Group<A> {
    /// Runs a record that is open.
    #[must_use]
    pub fn run(sequencer: Sequencer, admission: A, clock: Arc<dyn Clock>, pace: Pace) -> Self {
        let waiting =
            Waiting { batches: VecDeque::new(), submissions: 0, is_closed: false, stopped: None };
        let queue = Arc::new(Queue {
            waiting: Mutex::new(waiting),
            changed: Condvar::new(),
            max: pace.queue_max,
        });
        let of_thread = queue.clone();
        let thread = thread::spawn(move || {
            let mut running = Running::new(sequencer, admission, clock, pace, of_thread);
            let outcome = running.run();
            running.end(outcome)
        });
        Self { queue, thread: Some(thread) }
    }

    /// Hands in a submission; waits while too many do.
    pub fn submit(&self, submission: A::Submission, reply: Reply<A::Answer>) {
        let one = |mut answers: Vec<_>| answers.pop().expect("an answer for each submission");
        self.submit_all(vec![submission], Box::new(move |answers| reply(answers.map(one))));
    }

    /// The same for several, in their order. They are answered together, in that order, once all of them
    /// are durable.
    pub fn submit_all(&self, submissions: Vec<A::Submission>, reply: Reply<Vec<A::Answer>>) {
        let mut waiting = self.queue.lock();
        while waiting.submissions >= self.queue.max && waiting.stopped.is_none() {
            waiting = self.queue.wait(waiting);
        }
        if let Some(stopped) = waiting.stopped.clone() {
            drop(waiting);
            reply(Err(stopped));
            return;
        }
        let was_empty = waiting.batches.is_empty();
        waiting.submissions += submissions.len();
        let answers = Vec::with_capacity(submissions.len());
        let submissions = submissions.into_iter();
        waiting.batches.push_back(Batch { submissions, answers, reply });
        drop(waiting);
        if was_empty {
            self.queue.changed.notify_all();
        }
    }

    /// Finishes what was handed in, publishes it, and gives the record back.
    ///
    /// # Errors
    /// What stopped the ledger.
    pub fn stop(mut self) -> Result<Sequencer, Fault> {
        self.close();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panicked)) => panic::resume_unwind(panicked),
            None => Err(Fault::Broken),
        }
    }
}

impl<A: Admission> Group<A> {
    fn close(&self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

impl<A: Admission> Drop for Group<A> {
    fn drop(&mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            // Whoever wants to know what became of it calls `stop`.
            let _ = thread.join();
        }
    }
}

impl<A: Admission> Queue<A> {
    fn lock(&self) -> MutexGuard<'_, Waiting<A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, guard: MutexGuard<'g, Waiting<A>>) -> MutexGuard<'g, Waiting<A>> {
        self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a thread beside the sequencing one is given to do.
enum Task {
    Publish(Publication),
    Merge(Merge),
}

/// What came of it.
enum Ended {
    Published(Head),
    NotPublished(Publication, Fault),
    Merged(index::Written),
    NotMerged,
}

/// A thread that writes behind the sequencing one, one task at a time.
struct Beside {
    tasks: Option<SyncSender<Task>>,
    ended: Receiver<Ended>,
    is_busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Beside {
    fn start(disk: Arc<dyn Disk>, key: Arc<dyn LogKey>) -> Self {
        let (tasks, todo) = mpsc::sync_channel::<Task>(1);
        let (done, ended) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            let mut folders = Folders::default();
            for task in todo {
                let ended = match task {
                    Task::Publish(publication) => {
                        match publication.write(&*disk, &*key, &mut folders) {
                            Ok(()) => Ended::Published(publication.head()),
                            Err(fault) => Ended::NotPublished(publication, fault),
                        }
                    }
                    // The keys stay in memory, and the next start finds them in the log.
                    Task::Merge(merge) => {
                        merge.write(&*disk).map_or(Ended::NotMerged, Ended::Merged)
                    }
                };
                if done.send(ended).is_err() {
                    return;
                }
            }
        });
        Self { tasks: Some(tasks), ended, is_busy: false, thread: Some(thread) }
    }

    fn give(&mut self, task: Task) {
        self.is_busy = self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok());
    }
}

impl Drop for Beside {
    /// Waits: nobody may write to the record once its lock is let go.
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Running<A: Admission> {
    // Dropped before the sequencer, which holds the lock.
    publisher: Beside,
    merger: Beside,
    sequencer: Option<Sequencer>,
    admission: A,
    clock: Arc<dyn Clock>,
    pace: Pace,
    queue: Arc<Queue<A>>,
    unwritten: Option<Publication>,
    published_at: Instant,
    /// Bytes of pools since what the publisher was last given.
    unpublished_bytes: usize,
    /// Batches whose last answer waits for its pool.
    answered: Vec<Batch<A>>,
}

impl<A: Admission> Running<A> {
    fn new(
        sequencer: Sequencer,
        admission: A,
        clock: Arc<dyn Clock>,
        pace: Pace,
        queue: Arc<Queue<A>>,
    ) -> Self {
        let (disk, key) = sequencer.ports();
        Self {
            publisher: Beside::start(disk.clone(), key.clone()),
            merger: Beside::start(disk, key),
            sequencer: Some(sequencer),
            admission,
            clock,
            pace,
            queue,
            unwritten: None,
            published_at: Instant::now(),
            unpublished_bytes: 0,
            answered: Vec::new(),
        }
    }

    fn sequencer(&mut self) -> &mut Sequencer {
        self.sequencer.as_mut().expect("it is given back at the end only")
    }

    fn run(&mut self) -> Result<(), Fault> {
        while let Some(mut some) = self.next() {
            while !some.is_empty() {
                if let Err(fault) = self.one_pool(&mut some) {
                    self.answered.extend(some);
                    return Err(fault);
                }
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// What has arrived; waits for it, and publishes meanwhile what is due. `None` at the end.
    fn next(&mut self) -> Option<VecDeque<Batch<A>>> {
        loop {
            let queue = self.queue.clone();
            let mut waiting = queue.lock();
            if waiting.batches.is_empty() && !waiting.is_closed {
                let turn = self.pace.publish_every.max(Duration::from_millis(1));
                let waited = queue.changed.wait_timeout(waiting, turn);
                waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            let some = std::mem::take(&mut waiting.batches);
            waiting.submissions = 0;
            let is_closed = waiting.is_closed;
            drop(waiting);
            queue.changed.notify_all();
            if !some.is_empty() {
                return Some(some);
            }
            if is_closed || self.hand_over().is_err() {
                return None;
            }
        }
    }

    /// Fills a pool from what is there, makes it durable, and answers.
    fn one_pool(&mut self, some: &mut VecDeque<Batch<A>>) -> Result<(), Fault> {
        let now = self.clock.now();
        let mut pool = self.sequencer().begin(now)?;
        self.fill(&mut pool, some)?;
        if !pool.is_empty() {
            while let Err(fault) = self.sequencer().commit(&mut pool) {
                match fault {
                    Fault::StagedFull => self.make_room()?,
                    fault => return Err(fault),
                }
            }
            self.unpublished_bytes += pool.bytes();
        }
        self.answered.drain(..).for_each(|batch| (batch.reply)(Ok(batch.answers)));
        Ok(())
    }

    fn fill(&mut self, pool: &mut Pool, some: &mut VecDeque<Batch<A>>) -> Result<(), Fault> {
        let mut admitted = 0;
        while let Some(batch) = some.front_mut() {
            while let Some(submission) = batch.submissions.as_mut_slice().first_mut() {
                if admitted == self.pace.pool_entries_max {
                    return Ok(());
                }
                let sequencer = self.sequencer.as_ref().expect("it is given back at the end only");
                match self.admission.admit(submission, pool, sequencer) {
                    Ok(answer) => batch.answers.push(answer),
                    Err(Fault::PoolFull) if !pool.is_empty() => return Ok(()),
                    Err(fault) => return Err(fault),
                }
                batch.submissions.next();
                admitted += 1;
            }
            self.answered.extend(some.pop_front());
        }
        Ok(())
    }

    /// Takes what the other threads have done, and gives them what is due.
    fn hand_over(&mut self) -> Result<(), Fault> {
        self.take_published(false)?;
        let is_due = self.published_at.elapsed() >= self.pace.publish_every
            || self.unpublished_bytes >= EAGER_BYTES;
        if is_due {
            self.give_publication();
        }
        self.take_merged(false)?;
        if !self.merger.is_busy
            && self.sequencer().index_mut().is_due()
            && let Some(merge) = self.sequencer().index_mut().take_merge()
        {
            self.merger.give(Task::Merge(merge));
        }
        Ok(())
    }

    /// Waits for what is being published, whose pools then are room again, and has the rest follow.
    fn make_room(&mut self) -> Result<(), Fault> {
        if !self.publisher.is_busy {
            self.give_publication();
        }
        if !self.publisher.is_busy {
            return Err(Fault::StagedFull);
        }
        self.take_published(true)?;
        self.give_publication();
        Ok(())
    }

    fn give_publication(&mut self) {
        if self.publisher.is_busy {
            return;
        }
        let publication = match (self.unwritten.take(), self.sequencer().take_publication()) {
            (Some(earlier), Some(later)) => Some(earlier.and_then(later)),
            (earlier, later) => earlier.or(later),
        };
        if let Some(publication) = publication {
            self.published_at = Instant::now();
            self.unpublished_bytes = 0;
            self.publisher.give(Task::Publish(publication));
        }
    }

    /// With `must`, waits for it, and says why where it failed: without room for more pools there is
    /// nothing else left to do.
    fn take_published(&mut self, must: bool) -> Result<(), Fault> {
        match self.publisher.outcome(must) {
            Some(Ended::Published(head)) => self.sequencer().settle(head),
            Some(Ended::NotPublished(publication, fault)) => {
                self.unwritten = Some(publication);
                if must {
                    return Err(fault);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_merged(&mut self, must: bool) -> Result<(), Fault> {
        match self.merger.outcome(must) {
            Some(Ended::Merged(run)) => {
                let (disk, _) = self.sequencer().ports();
                self.sequencer().index_mut().install(&*disk, run)
            }
            Some(Ended::NotMerged) => {
                self.sequencer().index_mut().give_up();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Publishes the rest and gives the record back; after a fault, tells everybody who waits.
    fn end(mut self, outcome: Result<(), Fault>) -> Result<Sequencer, Fault> {
        let taken = self.take_published(true).and(self.take_merged(true));
        let outcome = outcome.and(taken).and_then(|()| {
            let unwritten = self.unwritten.take();
            self.sequencer().put_back(unwritten);
            self.sequencer().publish().map(|_| ())
        });
        let reason: Arc<str> = match &outcome {
            Ok(()) => "it was told to stop".into(),
            Err(fault) => fault.to_string().into(),
        };
        let stopped = Stopped { reason };
        let mut waiting = self.queue.lock();
        waiting.stopped = Some(stopped.clone());
        let some = std::mem::take(&mut waiting.batches);
        drop(waiting);
        self.queue.changed.notify_all();
        let unanswered = self.answered.drain(..).chain(some);
        unanswered.for_each(|batch| (batch.reply)(Err(stopped.clone())));
        outcome.and_then(|()| self.sequencer.take().ok_or(Fault::Broken))
    }
}

impl Beside {
    /// What came of the task, if it has ended; with `must`, waits for it.
    fn outcome(&mut self, must: bool) -> Option<Ended> {
        if !self.is_busy {
            return None;
        }
        let ended = if must {
            self.ended.recv().ok()
        } else {
            match self.ended.try_recv() {
                Ok(ended) => Some(ended),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => None,
            }
        };
        self.is_busy = false;
        ended
    }
}
