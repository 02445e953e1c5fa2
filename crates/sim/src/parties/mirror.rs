//! A mirror on a machine of its own: what it was told to have, it has.

use std::sync::Arc;

use ledger::Reader;
use ledger::fsck::{NothingVouched, fsck};
use ledger::mirror::{Followed, Mirror, MirrorFault};
use ledger::{NoteLogVerifier, disk::Disk};
use tlog::{SplitView, hash_leaf};

use super::host::{self, Host, ORIGIN};
use super::network::Line;
use super::{Checked, broken};
use crate::careless::{Broken, CarelessDisk};
use crate::disk::Machine;
use crate::log;
use crate::runs::{plan_next, some_restart};
use crate::seed::Seeded;

/// Bundles of a chunk: few, so that a copy is cut off in between.
const CHUNK_BUNDLES: usize = 2;

pub(super) struct Following {
    machine: Machine,
    broken: Broken,
    line: Line,
    seeded: Seeded,
    /// The largest tree that it said to have.
    told: u64,
}

/// What came of following.
pub(super) enum Outcome {
    /// It is up to what was shown.
    Followed,
    /// Two views, proven.
    Caught,
    /// Nothing, for which the network or the machine is to blame.
    Nothing,
}

impl Following {
    pub(super) fn new(mut seeded: Seeded, broken: Broken) -> Self {
        let machine = Machine::new(seeded.split(), ledger::publish::CHECKPOINT);
        plan_next(&machine, &mut seeded);
        Self { machine, broken, line: Line::new(seeded.split()), seeded, told: 0 }
    }

    pub(super) fn disk(&self) -> CarelessDisk {
        CarelessDisk::new(Arc::new(self.machine.disk()), self.broken)
    }

    /// Follows a host. Where nothing goes wrong, it has to end in what `is_consistent` says of what is
    /// kept here and shown there.
    pub(super) fn follow(
        &mut self,
        host: &Host,
        is_sound: bool,
        is_consistent: impl Fn(u64) -> bool,
    ) -> Checked<Outcome> {
        if is_sound {
            self.machine.heal();
        }
        let went_wrong = || self.machine.wrong() + host.machine.wrong();
        let (disk, theirs, wrong) = (self.disk(), host.disk(), went_wrong());
        host.machine.look(is_sound);
        self.line.is_sound = is_sound;
        let mut remote = self.line.to(&theirs);
        let mut kept = 0;
        let followed = Mirror::open(&disk, &[host::key()]).and_then(|mirror| {
            kept = mirror.kept().map_or(0, |kept| kept.checkpoint().size);
            mirror.in_chunks_of(CHUNK_BUNDLES).follow(&mut remote)
        });
        host.machine.look(false);
        let is_excused = remote.wrong > 0 || went_wrong() > wrong;
        let outcome = match &followed {
            Ok(Followed::Grown { to: size, .. } | Followed::Same { size }) => {
                self.told = self.told.max(*size);
                if !is_consistent(kept) && !is_excused {
                    let told = self.told;
                    return broken(&format!(
                        "a mirror of {kept} ({told}) follows another view: {followed:?}"
                    ));
                }
                Outcome::Followed
            }
            Ok(Followed::Older { .. }) => Outcome::Followed,
            Err(MirrorFault::SplitView { proof, .. }) => {
                third_party_agrees(proof)?;
                Outcome::Caught
            }
            Err(_) if is_excused => Outcome::Nothing,
            Err(fault) => return broken(&format!("a mirror does not follow: {fault}")),
        };
        if self.machine.has_stopped() {
            self.restart();
        }
        Ok(outcome)
    }

    /// Its machine stops and comes back.
    pub(super) fn restart(&mut self) {
        self.machine.restart(some_restart(&mut self.seeded));
        plan_next(&self.machine, &mut self.seeded);
    }

    /// Holds the copy against the views that there are: it is a prefix of one of them, no smaller than
    /// it was told to be, and every byte checks. Gives its size.
    pub(super) fn check(&self, views: &[&Host]) -> Checked<u64> {
        self.machine.look(true);
        let size = self.look(views);
        self.machine.look(false);
        size
    }

    fn look(&self, views: &[&Host]) -> Checked<u64> {
        let disk = self.disk();
        let mirror = match Mirror::open(&disk, &[host::key()]) {
            Ok(mirror) => mirror,
            Err(fault) => return broken(&format!("a mirror does not open: {fault}")),
        };
        let Some(kept) = mirror.kept() else {
            return if self.told == 0 { Ok(0) } else { broken("a mirror has lost its checkpoint") };
        };
        let kept = kept.checkpoint();
        if kept.size < self.told {
            return broken("a mirror has less than it said");
        }
        let entries = log::entries(&disk, kept.size)?;
        let leaves: Vec<_> = entries.iter().map(|entry| hash_leaf(entry)).collect();
        if !views.iter().any(|host| host.leaves().starts_with(&leaves)) {
            let same = |host: &&Host| {
                let both = host.leaves().iter().zip(&leaves);
                both.take_while(|(theirs, ours)| theirs == ours).count()
            };
            let same = views.iter().map(same).max().unwrap_or_default();
            let entry = entries.get(same).map(|entry| String::from_utf8_lossy(entry));
            return broken(&format!("a mirror is no prefix of any view: {entry:?} at {same}"));
        }
        let report = fsck(&disk, &NoteLogVerifier::new(host::key()), &mut NothingVouched);
        match report {
            Ok(report) if report.is_clean() => Ok(kept.size),
            Ok(report) => broken(&format!("fsck of a mirror finds {:?}", report.findings)),
            Err(fault) => broken(&format!("fsck of a mirror: {fault}")),
        }
    }

    /// Reads what it keeps, while nothing goes wrong.
    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let disk: Box<dyn Disk> = Box::new(self.disk());
        self.machine.look(true);
        let read = read(&mut Reader::new(&*disk));
        self.machine.look(false);
        read
    }
}

/// That somebody who has nothing but the proof and the log's key comes to the same.
pub(super) fn third_party_agrees(proof: &SplitView) -> Checked<()> {
    let read = SplitView::parse(proof.to_string().as_bytes());
    let agrees = read.and_then(|read| read.verify(ORIGIN, &[host::key()]));
    agrees.or_else(|why| broken(&format!("the proof of a split view proves nothing: {why}")))
}
