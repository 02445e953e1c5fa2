//! Group commit: many senders, one sequencing thread, and others that write for it.
//!
//! Whatever arrives while a pool is on its way to disk becomes the next pool. So one sync serves one
//! entry when there is one, and thousands when there are thousands. Answers are given when the pool is
//! durable, and not before.
//!
//! What is done when is decided in [`course`], which neither waits nor writes; here are the threads that
//! wait and write for it. `sim` has it written for by other means.

mod admission;
mod aside;
pub mod course;
mod inbox;

use std::panic;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use self::admission::{Admission, Hashed, Opaque};
use self::aside::Aside;
use self::course::Course;
use self::inbox::{Batch, Inbox};
use crate::clock::Clock;
use crate::fault::Fault;
use crate::sequence::Sequencer;

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

/// A ledger that runs. Dropping it, or [`stop`](Self::stop), lets it finish what it was given.
pub struct Group<A: Admission> {
    inbox: Arc<Inbox<A>>,
    thread: Option<JoinHandle<Result<Sequencer, Fault>>>,
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
        let inbox = Arc::new(Inbox::new(pace.queue_max));
        let of_thread = inbox.clone();
        let thread = thread::spawn(move || {
            let _closed_however_it_ends = inbox::CloseAtEnd(&*of_thread);
            sequence(sequencer, admission, &*clock, pace, &of_thread)
        });
        Self { inbox, thread: Some(thread) }
    }

    /// Hands in a submission; waits while too many do.
    pub fn submit(&self, submission: A::Submission, reply: Reply<A::Answer>) {
        let one = |mut answers: Vec<_>| answers.pop().expect("an answer for each submission");
        self.submit_all(vec![submission], Box::new(move |answers| reply(answers.map(one))));
    }

    /// The same for several, in their order. They are answered together, in that order, once all of them
    /// are durable.
    pub fn submit_all(&self, submissions: Vec<A::Submission>, reply: Reply<Vec<A::Answer>>) {
        self.inbox.hand_in(Batch::new(submissions, reply));
    }

    /// Finishes what was handed in, publishes it, and gives the record back.
    ///
    /// # Errors
    /// What stopped the ledger.
    pub fn stop(mut self) -> Result<Sequencer, Fault> {
        self.inbox.close();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panicked)) => panic::resume_unwind(panicked),
            None => Err(Fault::Broken),
        }
    }
}

impl<A: Admission> Drop for Group<A> {
    fn drop(&mut self) {
        self.inbox.close();
        if let Some(thread) = self.thread.take() {
            // Whoever wants to know what became of it calls `stop`.
            let _ = thread.join();
        }
    }
}

/// The sequencing thread.
fn sequence<A: Admission + 'static>(
    sequencer: Sequencer,
    admission: A,
    clock: &dyn Clock,
    pace: Pace,
    inbox: &Arc<Inbox<A>>,
) -> Result<Sequencer, Fault> {
    let (disk, key) = sequencer.ports();
    let mut course = Course::new(sequencer, admission, pace);
    // Dropped before the course, whose sequencer holds the record's lock.
    let aside = Aside::start(&disk, &key, inbox);
    let mut outcome = follow(&mut course, &aside, clock, pace, inbox);
    while course.is_awaiting() {
        for ended in inbox.wait_for_ended() {
            outcome = outcome.and(course.ended(ended));
        }
    }
    drop(aside);
    course.end(outcome, |stopped| inbox.stop(stopped))
}

/// Follows the course until everything that was handed in is durable and no more can be.
fn follow<A: Admission + 'static>(
    course: &mut Course<A>,
    aside: &Aside,
    clock: &dyn Clock,
    pace: Pace,
    inbox: &Inbox<A>,
) -> Result<(), Fault> {
    let began = Instant::now();
    let turn = pace.publish_every.max(Duration::from_millis(1));
    loop {
        while let Some(task) = course.next(clock.now(), began.elapsed())? {
            aside.give(task);
        }
        let arrived = inbox.wait(course.wants_more(), turn);
        let each = arrived.ended.into_iter().map(|ended| course.ended(ended));
        each.fold(Ok(()), Result::and)?;
        let is_last = arrived.is_closed && arrived.batches.is_empty();
        course.hand_in(arrived.batches);
        if is_last && course.is_idle() {
            return Ok(());
        }
    }
}
