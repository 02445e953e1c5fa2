//! A network that loses, doubles, delays, reorders and cuts what it carries.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ledger::collect::{Reply, WitnessPort};
use ledger::disk::Disk;
use ledger::source::{LogSource, SourceFault};
use tlog::bundle::BundleId;
use tlog::{Tile, VerifierKey};

use super::host::{self, Asked};
use super::witness::Watching;
use crate::seed::Seeded;

/// Of so many messages, one goes each of the ways that are wrong.
const WRONG_ONE_IN: u64 = 24;

/// The line from somebody to a host, and what it carried before.
pub(super) struct Line {
    seeded: Seeded,
    /// Answers to what was asked earlier: what is delayed comes to whoever asks later.
    carried: BTreeMap<Asked, Vec<u8>>,
    /// Whether nothing goes wrong for now.
    pub(super) is_sound: bool,
}

impl Line {
    pub(super) const fn new(seeded: Seeded) -> Self {
        Self { seeded, carried: BTreeMap::new(), is_sound: false }
    }

    /// The log of a host at the other end.
    pub(super) const fn to<'a>(&'a mut self, disk: &'a dyn Disk) -> Remote<'a> {
        Remote { line: self, disk, wrong: 0 }
    }
}

/// A log at the other end of a line.
pub(super) struct Remote<'a> {
    line: &'a mut Line,
    disk: &'a dyn Disk,
    /// Answers that were not as they were sent.
    pub(super) wrong: u64,
}

impl Remote<'_> {
    fn ask(&mut self, asked: Asked) -> Result<Vec<u8>, SourceFault> {
        let sent = host::file(self.disk, &asked);
        let Line { seeded, carried, is_sound } = self.line;
        let wrong = if *is_sound { u64::MAX } else { seeded.below(WRONG_ONE_IN) };
        let before = carried.get(&asked).cloned();
        if let Ok(bytes) = &sent {
            carried.insert(asked, bytes.clone());
        }
        let mut bytes = sent?;
        match wrong {
            0 => {
                self.wrong += 1;
                let (path, reason) = (asked.to_string(), "no answer came".to_owned());
                return Err(SourceFault::Failed { path, reason });
            }
            1 => bytes.truncate(seeded.below(bytes.len().max(1) as u64) as usize),
            2 if !bytes.is_empty() => {
                let at = seeded.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << seeded.below(8);
            }
            3 => bytes = before.unwrap_or(bytes),
            4 => {
                let other = seeded.below(carried.len() as u64) as usize;
                bytes = carried.values().nth(other).cloned().unwrap_or(bytes);
            }
            _ => return Ok(bytes),
        }
        self.wrong += 1;
        Ok(bytes)
    }
}

impl LogSource for Remote<'_> {
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault> {
        self.ask(Asked::Checkpoint)
    }

    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault> {
        self.ask(Asked::Tile(tile))
    }

    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault> {
        self.ask(Asked::Bundle(bundle))
    }
}

/// The way from collectors to a witness: what is on it, and who is at its end.
pub(super) struct Post {
    key: VerifierKey,
    inner: Mutex<Carried>,
}

struct Carried {
    watching: Watching,
    seeded: Seeded,
    /// Requests that are on their way, and come to the witness later, in any order.
    late: Vec<String>,
    /// The answer before, which may come in the place of the next.
    before: Option<Reply>,
    was_late: bool,
}

impl Post {
    pub(super) fn new(watching: Watching, seeded: Seeded) -> Self {
        let key = watching.key().clone();
        let carried = Carried { watching, seeded, late: Vec::new(), before: None, was_late: false };
        Self { key, inner: Mutex::new(carried) }
    }

    /// Whether an answer came that was to something else, since this was asked last.
    pub(super) fn was_late(&self) -> bool {
        let mut carried = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut carried.was_late)
    }

    /// The witness at the end of the way.
    pub(super) fn watching<T>(&self, look: impl FnOnce(&mut Watching) -> T) -> T {
        look(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).watching)
    }
}

impl WitnessPort for Post {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn add_checkpoint(&self, body: &str) -> Result<Reply, String> {
        let mut carried = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Carried { watching, seeded, late, before, was_late } = &mut *carried;
        if !late.is_empty() && seeded.one_in(3) {
            let request = late.swap_remove(seeded.below(late.len() as u64) as usize);
            // Nobody waits for this answer any more.
            let _ = watching.answer(request.as_bytes());
        }
        let lost = || "no answer came".to_owned();
        match seeded.below(WRONG_ONE_IN) {
            0 => return Err(lost()),
            1 | 2 => {
                late.push(body.to_owned());
                return Err(lost());
            }
            3 => {
                let _ = watching.answer(body.as_bytes());
            }
            _ => {}
        }
        let mut reply = watching.answer(body.as_bytes()).ok_or_else(lost)?;
        let earlier = before.replace(reply.clone());
        match seeded.below(WRONG_ONE_IN) {
            0 => return Err(lost()),
            1 => {
                reply.body.truncate(seeded.below(reply.body.len() as u64 + 1) as usize);
                *was_late = true;
            }
            2 => {
                reply = earlier.unwrap_or(reply);
                *was_late = true;
            }
            _ => {}
        }
        Ok(reply)
    }
}
