//! Where senders hand in, and where the sequencing thread learns what the others have done.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::course::Ended;
use super::{Admission, Reply, Stopped};

/// What was handed in together and is answered together.
pub struct Batch<A: Admission> {
    pub(super) submissions: std::vec::IntoIter<A::Submission>,
    pub(super) answers: Vec<A::Answer>,
    pub(super) reply: Reply<Vec<A::Answer>>,
}

impl<A: Admission> Batch<A> {
    /// Submissions in their order, and who waits for the answers.
    pub fn new(submissions: Vec<A::Submission>, reply: Reply<Vec<A::Answer>>) -> Self {
        let answers = Vec::with_capacity(submissions.len());
        Self { submissions: submissions.into_iter(), answers, reply }
    }
}

pub(super) struct Inbox<A: Admission> {
    held: Mutex<Held<A>>,
    /// The sequencing thread waits for it.
    has_arrived: Condvar,
    /// Senders wait for it.
    has_room: Condvar,
    submissions_max: usize,
}

struct Held<A: Admission> {
    batches: VecDeque<Batch<A>>,
    /// Submissions in them.
    submissions: usize,
    ended: Vec<Ended>,
    is_closed: bool,
    stopped: Option<Stopped>,
}

/// What the sequencing thread finds.
pub(super) struct Arrived<A: Admission> {
    pub(super) batches: VecDeque<Batch<A>>,
    pub(super) ended: Vec<Ended>,
    /// Nothing more will be handed in.
    pub(super) is_closed: bool,
}

impl<A: Admission> Inbox<A> {
    pub(super) fn new(submissions_max: usize) -> Self {
        let held = Held {
            batches: VecDeque::new(),
            submissions: 0,
            ended: Vec::new(),
            is_closed: false,
            stopped: None,
        };
        let (has_arrived, has_room) = (Condvar::new(), Condvar::new());
        Self { held: Mutex::new(held), has_arrived, has_room, submissions_max }
    }

    /// Waits while there is too much; answers itself where the ledger has stopped.
    pub(super) fn hand_in(&self, batch: Batch<A>) {
        let mut held = self.lock();
        while held.submissions >= self.submissions_max && held.stopped.is_none() {
            held = self.has_room.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(stopped) = held.stopped.clone() {
            drop(held);
            (batch.reply)(Err(stopped));
            return;
        }
        let was_empty = held.batches.is_empty();
        held.submissions += batch.submissions.len();
        held.batches.push_back(batch);
        drop(held);
        if was_empty {
            self.has_arrived.notify_one();
        }
    }

    /// A task has ended.
    pub(super) fn tell(&self, ended: Ended) {
        self.lock().ended.push(ended);
        self.has_arrived.notify_one();
    }

    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.has_arrived.notify_one();
    }

    /// What has arrived. Waits for it, but not for longer than a turn; batches are taken where more are
    /// wanted.
    pub(super) fn wait(&self, wants_more: bool, turn: Duration) -> Arrived<A> {
        let is_idle = |held: &mut Held<A>| {
            let has_more = !held.batches.is_empty() || held.is_closed;
            held.ended.is_empty() && !(wants_more && has_more)
        };
        let waited = self.has_arrived.wait_timeout_while(self.lock(), turn, is_idle);
        let mut held = waited.unwrap_or_else(PoisonError::into_inner).0;
        let ended = std::mem::take(&mut held.ended);
        let is_closed = held.is_closed;
        if !wants_more {
            return Arrived { batches: VecDeque::new(), ended, is_closed: false };
        }
        let batches = std::mem::take(&mut held.batches);
        held.submissions = 0;
        drop(held);
        if !batches.is_empty() {
            self.has_room.notify_all();
        }
        Arrived { batches, ended, is_closed }
    }

    /// The tasks that have ended; waits for one.
    pub(super) fn wait_for_ended(&self) -> Vec<Ended> {
        let is_idle = |held: &mut Held<A>| held.ended.is_empty();
        let waited = self.has_arrived.wait_while(self.lock(), is_idle);
        std::mem::take(&mut waited.unwrap_or_else(PoisonError::into_inner).ended)
    }

    /// Tells everybody who waits, and whoever hands in from here on.
    pub(super) fn stop(&self, stopped: &Stopped) {
        let mut held = self.lock();
        held.stopped.get_or_insert_with(|| stopped.clone());
        let batches = std::mem::take(&mut held.batches);
        drop(held);
        self.has_room.notify_all();
        batches.into_iter().for_each(|batch| (batch.reply)(Err(stopped.clone())));
    }

    fn lock(&self) -> MutexGuard<'_, Held<A>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops an inbox when the thread that empties it ends, also where it panics: nobody waits for ever.
pub(super) struct CloseAtEnd<'a, A: Admission>(pub(super) &'a Inbox<A>);

impl<A: Admission> Drop for CloseAtEnd<'_, A> {
    fn drop(&mut self) {
        self.0.stop(&Stopped { reason: "its thread has ended".into() });
    }
}
