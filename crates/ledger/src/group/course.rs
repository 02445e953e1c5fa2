//! What a ledger that runs does next: which pool is filled and when it is closed, what is written, when
//! something is published, who is answered.
//!
//! It has no thread and no clock, waits for nothing and writes nothing. It is told what was handed in,
//! what the time is and what became of the tasks that it gave, and so is a function of that: the threads
//! of [`super::Group`] follow it, and `sim` on a disk that fails.

use std::collections::VecDeque;
use std::time::Duration;

use spacetime::time::Instant;

pub use super::inbox::Batch;
use super::{Admission, Pace, Stopped};
use crate::disk::{Disk, Put};
use crate::fault::Fault;
use crate::head::{Head, LogKey};
use crate::index::{self, Merge};
use crate::pool::Pool;
use crate::publish::{Folders, Publication};
use crate::sequence::Sequencer;
use crate::staged::PoolWrite;

/// Bytes of pools that are published as soon as nothing else is, whatever the time: a part of the room for
/// pools, so that this seldom runs out, and none has to wait long where it does.
const EAGER_BYTES: usize = 8 << 20;

/// What is to be done beside the course. There is one of each kind at a time, and each is told of when it
/// has ended.
#[derive(Debug)]
pub enum Task {
    /// A pool is to be made durable.
    Write(PoolWrite),
    /// What is sequenced is to be put beside the log, to be published after what is being published.
    Put(Publication),
    /// What was put is to be published.
    Publish(Publication, Put),
    /// A file of the index is to be written.
    Merge(Merge),
}

/// The kinds of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Task::Write`].
    Write,
    /// [`Task::Put`].
    Put,
    /// [`Task::Publish`].
    Publish,
    /// [`Task::Merge`].
    Merge,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Write, Self::Put, Self::Publish, Self::Merge];
}

/// What became of a task.
#[derive(Debug)]
pub enum Ended {
    /// The pool is durable, or nobody knows.
    Written(Result<(), Fault>),
    /// It is put; or could not be, and why.
    Put(Publication, Result<Put, Fault>),
    /// The log stands at this head; or the publication could not be written, and why.
    Published(Result<Head, Box<(Publication, Fault)>>),
    /// A file of the index, where it could be written.
    Merged(Option<index::Written>),
    /// Whoever did it panicked.
    Panicked(Kind),
}

impl Task {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Write(_) => Kind::Write,
            Self::Put(_) => Kind::Put,
            Self::Publish(..) => Kind::Publish,
            Self::Merge(_) => Kind::Merge,
        }
    }

    /// Does it.
    pub fn perform(self, disk: &dyn Disk, key: &dyn LogKey, folders: &mut Folders) -> Ended {
        match self {
            Self::Write(write) => Ended::Written(write.write()),
            Self::Put(publication) => {
                let put = publication.put(disk);
                Ended::Put(publication, put)
            }
            Self::Publish(publication, put) => {
                Ended::Published(match publication.finish(&put, disk, key, folders) {
                    Ok(()) => Ok(publication.head()),
                    Err(fault) => Err(Box::new((publication, fault))),
                })
            }
            // The keys stay in memory, and the next start finds them in the log.
            Self::Merge(merge) => Ended::Merged(merge.write(disk).ok()),
        }
    }
}

/// The course of a ledger that runs.
pub struct Course<A: Admission> {
    sequencer: Sequencer,
    admission: A,
    pace: Pace,
    /// Handed in, and not admitted to the last.
    waiting: VecDeque<Batch<A>>,
    filling: Filling<A>,
    /// Closed, and waiting for the pool before it to be durable.
    closed: Option<(PoolWrite, Awaiting<A>)>,
    /// What is given and has not ended.
    writing: Option<Awaiting<A>>,
    is_putting: bool,
    is_publishing: bool,
    is_merging: bool,
    /// Put, and waiting for the publication before it to be written.
    put: Option<(Publication, Put)>,
    /// Could not be written so far.
    unwritten: Option<Publication>,
    /// When the last publication was begun.
    published_at: Duration,
    /// Bytes of pools that are durable and in no publication.
    unpublished_bytes: usize,
    /// A pool waits for room, which a publication makes.
    lacks_room: bool,
    /// Batches of a pool of which nobody knows whether it is durable.
    in_doubt: Vec<Batch<A>>,
}

/// The pool that is filled.
struct Filling<A: Admission> {
    pool: Option<Pool>,
    /// Submissions that were admitted with it or refused.
    submissions: usize,
    is_full: bool,
    /// Batches whose last answer waits for it.
    answered: Vec<Batch<A>>,
}

/// What waits for a pool to be durable.
struct Awaiting<A: Admission> {
    bytes: usize,
    answered: Vec<Batch<A>>,
}

impl<A: Admission> Filling<A> {
    const fn new() -> Self {
        Self { pool: None, submissions: 0, is_full: false, answered: Vec::new() }
    }
}

impl<A: Admission> std::fmt::Debug for Course<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Course").field("sequencer", &self.sequencer).finish_non_exhaustive()
    }
}

impl<A: Admission> Course<A> {
    /// Of a record that is open.
    #[must_use]
    pub fn new(sequencer: Sequencer, admission: A, pace: Pace) -> Self {
        Self {
            sequencer,
            admission,
            pace,
            waiting: VecDeque::new(),
            filling: Filling::new(),
            closed: None,
            writing: None,
            is_putting: false,
            is_publishing: false,
            is_merging: false,
            put: None,
            unwritten: None,
            published_at: Duration::ZERO,
            unpublished_bytes: 0,
            lacks_room: false,
            in_doubt: Vec::new(),
        }
    }

    /// The record.
    #[must_use]
    pub const fn sequencer(&self) -> &Sequencer {
        &self.sequencer
    }

    /// Takes what was handed in.
    pub fn hand_in(&mut self, batches: impl IntoIterator<Item = Batch<A>>) {
        self.waiting.extend(batches);
    }

    /// Whether it could go on with more than it has: until then, what is handed in is better left where
    /// senders have to wait.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.waiting.is_empty() && self.closed.is_none() && !self.filling.is_full
    }

    /// Whether everything that was handed in is durable.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let is_filling = self.filling.pool.is_some();
        self.wants_more() && !is_filling && self.writing.is_none()
    }

    /// Whether a task that it gave has not ended.
    #[must_use]
    pub const fn is_awaiting(&self) -> bool {
        self.writing.is_some() || self.is_putting || self.is_publishing || self.is_merging
    }

    /// Whether a pool is being filled while another is on its way.
    #[must_use]
    pub const fn is_ahead(&self) -> bool {
        self.writing.is_some() && (self.filling.pool.is_some() || self.closed.is_some())
    }

    /// Goes on: the next task that is due, of a kind of which none is under way. To be asked again until
    /// there is none. `elapsed` is the time since the start, by a clock that never goes back.
    ///
    /// # Errors
    /// What stops the ledger: [`end`](Self::end) it, once the tasks that it gave have ended.
    pub fn next(&mut self, now: Instant, elapsed: Duration) -> Result<Option<Task>, Fault> {
        if let Some(write) = self.next_write(now)? {
            return Ok(Some(Task::Write(write)));
        }
        if !self.is_publishing
            && let Some((publication, put)) = self.put.take()
        {
            self.is_publishing = true;
            return Ok(Some(Task::Publish(publication, put)));
        }
        if let Some(publication) = self.next_publication(elapsed)? {
            return Ok(Some(Task::Put(publication)));
        }
        let index = self.sequencer.index_mut();
        if self.is_merging || !index.is_due() {
            return Ok(None);
        }
        let merge = index.take_merge();
        self.is_merging = merge.is_some();
        Ok(merge.map(Task::Merge))
    }

    /// Fills a pool, and closes it where it is full or nothing is written just now.
    fn next_write(&mut self, now: Instant) -> Result<Option<PoolWrite>, Fault> {
        if self.closed.is_none() {
            self.fill(now)?;
            if self.filling.is_full || self.writing.is_none() {
                self.close()?;
            }
        }
        if self.writing.is_some() {
            return Ok(None);
        }
        Ok(self.closed.take().map(|(write, awaiting)| {
            self.writing = Some(awaiting);
            write
        }))
    }

    /// Admits what waits, as far as it goes into one pool.
    fn fill(&mut self, now: Instant) -> Result<(), Fault> {
        while !self.filling.is_full && !self.waiting.is_empty() {
            let mut pool = match self.filling.pool.take() {
                Some(pool) => pool,
                None => self.sequencer.begin(now)?,
            };
            self.admit(&mut pool)?;
            if pool.is_empty() {
                // Nothing is new. What is told of earlier pools waits for these.
                let Filling { answered, .. } = std::mem::replace(&mut self.filling, Filling::new());
                match &mut self.writing {
                    Some(awaiting) => awaiting.answered.extend(answered),
                    None => answered.into_iter().for_each(Batch::answer),
                }
            } else {
                self.filling.pool = Some(pool);
            }
        }
        Ok(())
    }

    fn admit(&mut self, pool: &mut Pool) -> Result<(), Fault> {
        let filling = &mut self.filling;
        while let Some(batch) = self.waiting.front_mut() {
            while let Some(submission) = batch.submissions.as_mut_slice().first_mut() {
                if filling.submissions == self.pace.pool_entries_max {
                    filling.is_full = true;
                    return Ok(());
                }
                match self.admission.admit(submission, pool, &self.sequencer) {
                    Ok(answer) => batch.answers.push(answer),
                    Err(Fault::PoolFull) if !pool.is_empty() => {
                        filling.is_full = true;
                        return Ok(());
                    }
                    Err(fault) => return Err(fault),
                }
                batch.submissions.next();
                filling.submissions += 1;
            }
            filling.answered.extend(self.waiting.pop_front());
        }
        Ok(())
    }

    /// Closes the pool that is filled, if there is one and there is room for it.
    fn close(&mut self) -> Result<(), Fault> {
        let Some(pool) = &mut self.filling.pool else { return Ok(()) };
        let bytes = pool.bytes();
        match self.sequencer.close(pool) {
            Ok(write) => {
                let Filling { answered, .. } = std::mem::replace(&mut self.filling, Filling::new());
                self.closed = Some((write, Awaiting { bytes, answered }));
                self.lacks_room = false;
                Ok(())
            }
            Err(Fault::StagedFull) => {
                self.lacks_room = true;
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    fn next_publication(&mut self, elapsed: Duration) -> Result<Option<Publication>, Fault> {
        let is_due = self.lacks_room
            || self.unpublished_bytes >= EAGER_BYTES
            || elapsed.saturating_sub(self.published_at) >= self.pace.publish_every;
        // While one is being published, the next is put, and no third is begun.
        let is_free = !self.is_putting && self.put.is_none();
        // What failed goes first.
        let is_in_turn = self.unwritten.is_none() || !self.is_publishing;
        if !is_free || !is_in_turn || !is_due {
            return Ok(None);
        }
        let publication = match (self.unwritten.take(), self.sequencer.take_publication()) {
            (Some(earlier), Some(later)) => Some(earlier.and_then(later)),
            (earlier, later) => earlier.or(later),
        };
        let comes_room = self.writing.is_some() || self.is_publishing;
        if publication.is_none() && self.lacks_room && !comes_room {
            return Err(Fault::StagedFull);
        }
        if publication.is_some() {
            self.is_putting = true;
            self.published_at = elapsed;
            self.unpublished_bytes = 0;
        }
        Ok(publication)
    }

    /// Takes what became of a task.
    ///
    /// # Errors
    /// What stops the ledger, as [`next`](Self::next).
    pub fn ended(&mut self, ended: Ended) -> Result<(), Fault> {
        match ended {
            Ended::Written(outcome) => self.pool_written(outcome),
            Ended::Put(publication, outcome) => {
                self.is_putting = false;
                match outcome {
                    // The one before it failed meanwhile: it is no good without.
                    Ok(_) if self.unwritten.is_some() => {
                        self.not_written(publication);
                        Ok(())
                    }
                    Ok(put) => {
                        self.put = Some((publication, put));
                        Ok(())
                    }
                    Err(fault) => {
                        self.not_written(publication);
                        self.stopped_without_room(fault)
                    }
                }
            }
            Ended::Published(Ok(head)) => {
                self.is_publishing = false;
                self.sequencer.settle(head);
                Ok(())
            }
            Ended::Published(Err(failed)) => {
                self.is_publishing = false;
                let (publication, fault) = *failed;
                // It comes before what could not be put meanwhile, and before what was.
                let later = self.unwritten.take().or(self.put.take().map(|(later, _)| later));
                self.not_written(publication);
                later.into_iter().for_each(|later| self.not_written(later));
                self.stopped_without_room(fault)
            }
            Ended::Merged(merged) => {
                self.is_merging = false;
                let (disk, _) = self.sequencer.ports();
                let index = self.sequencer.index_mut();
                match merged {
                    Some(run) => index.install(&*disk, run),
                    None => {
                        index.give_up();
                        Ok(())
                    }
                }
            }
            Ended::Panicked(kind) => {
                match kind {
                    Kind::Write => return self.pool_written(Err(Fault::Broken)),
                    Kind::Put => self.is_putting = false,
                    Kind::Publish => self.is_publishing = false,
                    Kind::Merge => self.is_merging = false,
                }
                Err(Fault::Broken)
            }
        }
    }

    /// Keeps a publication for the next try, behind any that is kept.
    fn not_written(&mut self, publication: Publication) {
        self.unwritten = match self.unwritten.take() {
            Some(earlier) => Some(earlier.and_then(publication)),
            None => Some(publication),
        };
    }

    /// Without room for more pools there is nothing else left to do.
    fn stopped_without_room(&self, fault: Fault) -> Result<(), Fault> {
        if self.lacks_room { Err(fault) } else { Ok(()) }
    }

    fn pool_written(&mut self, outcome: Result<(), Fault>) -> Result<(), Fault> {
        let awaiting = self.writing.take().expect("a pool is on its way");
        match self.sequencer.written(outcome) {
            Ok(_) => {
                self.unpublished_bytes += awaiting.bytes;
                awaiting.answered.into_iter().for_each(Batch::answer);
                Ok(())
            }
            Err(fault) => {
                self.in_doubt.extend(awaiting.answered);
                Err(fault)
            }
        }
    }

    /// Publishes the rest and gives the record back; after a fault, tells everybody who waits, and whoever
    /// `others` tells. The tasks that it gave have ended.
    ///
    /// # Errors
    /// What stopped it, or what stops the last publication.
    pub fn end(
        mut self,
        outcome: Result<(), Fault>,
        others: impl FnOnce(&Stopped),
    ) -> Result<Sequencer, Fault> {
        assert!(!self.is_awaiting(), "whoever writes to the record has ended");
        let outcome = outcome.and_then(|()| {
            if let Some((publication, _)) = self.put.take() {
                self.not_written(publication);
            }
            self.sequencer.put_back(self.unwritten.take());
            self.sequencer.publish().map(|_| ())
        });
        let reason = match &outcome {
            Ok(()) => "it was told to stop".into(),
            Err(fault) => fault.to_string().into(),
        };
        let stopped = Stopped { reason };
        let closed = self.closed.take().map(|(_, awaiting)| awaiting.answered);
        let unanswered = self.in_doubt.into_iter().chain(closed.into_iter().flatten());
        let unanswered = unanswered.chain(self.filling.answered).chain(self.waiting);
        unanswered.for_each(|batch| (batch.reply)(Err(stopped.clone())));
        others(&stopped);
        outcome.map(|()| self.sequencer)
    }
}

impl<A: Admission> Batch<A> {
    fn answer(self) {
        (self.reply)(Ok(self.answers));
    }
}
