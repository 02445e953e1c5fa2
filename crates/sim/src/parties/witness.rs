//! A witness on a machine of its own, and every cosignature that it ever gave away.

use std::sync::Arc;

use ledger::collect::Reply;
use ledger::disk::Disk;
use ledger::witness::{NotCosigned, Witness, WitnessFault};
use spacetime::time::Instant;
use tlog::{AddCheckpoint, Hash, VerifierKey};

use super::host;
use crate::careless::{Broken, CarelessDisk};
use crate::disk::Machine;
use crate::record::Violation;
use crate::runs::{plan_next, some_restart};
use crate::seed::Seeded;

pub(super) struct Watching {
    machine: Machine,
    witness: Option<Witness>,
    broken: Broken,
    key: VerifierKey,
    number: u8,
    seeded: Seeded,
    /// What it vouched for, as somebody was told: sizes and roots.
    pub(super) given: Vec<(u64, Hash)>,
    /// A copy of its machine, as somebody keeps for a bad day.
    copy: Option<Machine>,
    /// Whether its memory was put back from that copy.
    pub(super) was_set_back: bool,
    pub(super) is_retired: bool,
    pub(super) now: Instant,
    /// What it must not do, and did.
    pub(super) violation: Option<Violation>,
}

fn name(number: u8) -> String {
    format!("witness.example/w{number}")
}

impl Watching {
    pub(super) fn new(
        number: u8,
        mut seeded: Seeded,
        broken: Broken,
    ) -> Result<Self, WitnessFault> {
        let machine = Machine::new(seeded.split(), "memory");
        let key = Witness::init(&machine.disk(), &name(number), &[number + 10; 32])?;
        Witness::open(Arc::new(machine.disk()))?.watch(&host::key())?;
        plan_next(&machine, &mut seeded);
        Ok(Self {
            machine,
            witness: None,
            broken,
            key,
            number,
            seeded,
            given: Vec::new(),
            copy: None,
            was_set_back: false,
            is_retired: false,
            now: Instant::from_micros(0),
            violation: None,
        })
    }

    pub(super) const fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(CarelessDisk::new(Arc::new(self.machine.disk()), self.broken))
    }

    /// Its answer to a request, as HTTP has it; `None` where it gives none.
    pub(super) fn answer(&mut self, body: &[u8]) -> Option<Reply> {
        if self.is_retired || !self.starts() {
            return None;
        }
        let answer = self.witness.as_ref()?.add_checkpoint(body, &self.now);
        let has_stopped = self.machine.has_stopped();
        let reply = match answer {
            Ok(line) => {
                let request = AddCheckpoint::parse(body).ok()?;
                let checkpoint = request.checkpoint.checkpoint();
                self.given.push((checkpoint.size, checkpoint.root));
                Some(Reply { status: 200, body: line.into_bytes() })
            }
            Err(NotCosigned::Refused(refusal)) => {
                let size = refusal.known_size().map(|size| format!("{size}\n"));
                let body = size.unwrap_or_else(|| format!("{refusal}\n")).into_bytes();
                Some(Reply { status: refusal.status(), body })
            }
            Err(NotCosigned::Forgetful(_)) => {
                self.witness = None;
                Some(Reply { status: 500, body: Vec::new() })
            }
        };
        if has_stopped {
            self.restart();
            return None;
        }
        reply
    }

    /// Whether it runs now.
    fn starts(&mut self) -> bool {
        if self.witness.is_some() {
            return true;
        }
        let wrong = self.machine.wrong();
        match Witness::open(self.disk()) {
            Ok(witness) => self.witness = Some(witness),
            Err(_) if self.machine.has_stopped() => self.restart(),
            Err(_) if self.machine.wrong() > wrong => {}
            Err(fault) => {
                self.violation = Some(Violation(format!("a witness does not start: {fault}")));
            }
        }
        self.witness.is_some()
    }

    /// Its machine stops and comes back.
    pub(super) fn restart(&mut self) {
        self.witness = None;
        self.machine.restart(some_restart(&mut self.seeded));
        plan_next(&self.machine, &mut self.seeded);
    }

    /// Keeps a copy of its machine, or puts the copy back, which it cannot notice itself.
    pub(super) fn copy_or_set_back(&mut self) {
        if self.is_retired {
            return;
        }
        match self.copy.take() {
            None => self.copy = Some(self.machine.copied(self.seeded.split())),
            Some(copy) => {
                self.witness = None;
                self.machine = copy;
                self.was_set_back = true;
            }
        }
    }

    /// Loses its memory, and has to refuse to run ever after; unless somebody gives it a new one, which no
    /// command of ours does.
    pub(super) fn forget(&mut self) {
        self.witness = None;
        self.machine.restart(crate::disk::Restart::Killed);
        self.machine.heal();
        self.machine.lose("memory");
        if self.broken == Broken::MemoryReplaced {
            self.machine.lose("secret");
            let disk = self.disk();
            let again = Witness::init(&*disk, &name(self.number), &[self.number + 10; 32]);
            let watches = again.and_then(|_| Witness::open(disk)?.watch(&host::key()));
            self.is_retired = watches.is_err();
            return;
        }
        self.is_retired = true;
        let answer = Witness::open(self.disk());
        if !matches!(answer, Err(WitnessFault::Retired)) {
            let what = format!("a witness without its memory answers {answer:?}");
            self.violation = Some(Violation(what));
        }
    }
}
