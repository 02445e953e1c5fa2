//! The threads that write for the sequencing one, a task of each kind at a time.

use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use super::Admission;
use super::course::{Ended, Kind, Task};
use super::inbox::Inbox;
use crate::disk::Disk;
use crate::head::LogKey;
use crate::publish::Folders;

/// A thread for each kind of task.
pub(super) struct Aside([Worker; Kind::ALL.len()]);

struct Worker {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Aside {
    pub(super) fn start<A: Admission + 'static>(
        disk: &Arc<dyn Disk>,
        key: &Arc<dyn LogKey>,
        inbox: &Arc<Inbox<A>>,
    ) -> Self {
        Self(Kind::ALL.map(|kind| Worker::start(kind, disk.clone(), key.clone(), inbox.clone())))
    }

    pub(super) fn give(&self, task: Task) {
        let worker = &self.0[task.kind() as usize];
        let tasks = worker.tasks.as_ref().expect("it takes tasks as long as there are workers");
        // A worker that has panicked has told so.
        let _ = tasks.send(task);
    }
}

impl Worker {
    fn start<A: Admission + 'static>(
        kind: Kind,
        disk: Arc<dyn Disk>,
        key: Arc<dyn LogKey>,
        inbox: Arc<Inbox<A>>,
    ) -> Self {
        let (tasks, todo) = mpsc::sync_channel::<Task>(1);
        let thread = thread::spawn(move || {
            let mut folders = Folders::default();
            for task in todo {
                let told = TellIfPanicked(kind, &inbox);
                let ended = task.perform(&*disk, &*key, &mut folders);
                drop(told);
                inbox.tell(ended);
            }
        });
        Self { tasks: Some(tasks), thread: Some(thread) }
    }
}

/// Who waits for a task that will never end is told.
struct TellIfPanicked<'a, A: Admission>(Kind, &'a Inbox<A>);

impl<A: Admission> Drop for TellIfPanicked<'_, A> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.1.tell(Ended::Panicked(self.0));
        }
    }
}

impl Drop for Aside {
    /// Waits: nobody may write to the record once its lock is let go.
    fn drop(&mut self) {
        for worker in &mut self.0 {
            worker.tasks = None;
            if let Some(thread) = worker.thread.take() {
                let _ = thread.join();
            }
        }
    }
}
