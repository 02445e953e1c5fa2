//! Walks the vault without any key: is every ciphertext there, and as it was sealed?

use std::collections::{BTreeMap, BTreeSet};

use agreement::Digest;
use agreement::statement::Sealed;
use serde::de::IgnoredAny;

use super::events::{Event, Memory};
use super::fault::{VaultFault, at};
use super::journal::Journal;
use super::segment::{
    HEAD_BYTES, bodies_path, keys_path, read_head, shares_are_whole, shares_path,
};
use super::slot::{Place, SLOT_BYTES, Slot, SlotKey};
use super::store::{JOURNAL, segments};
use crate::disk::{Disk, File, Mode};

/// The journal of the private lane.
const PRIVATE: &str = "vault/private";

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walk {
    /// Bodies that are held, their ciphertext whole.
    pub held: u64,
    /// Bodies that are erased, nothing of them left.
    pub erased: u64,
    /// What is wrong, in order of place.
    pub flaws: Vec<Flaw>,
    /// Every body by its digest: length, and the leaf of its erasure.
    known: BTreeMap<Digest, (u32, Option<u64>)>,
    /// Bodies that are held and that nobody has named yet.
    unnamed: BTreeSet<Digest>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// File of the vault.
    pub place: String,
    /// Slot within it, where there is one.
    pub slot: Option<u32>,
    /// The body, where it is known: the digest of its ciphertext.
    pub body: Option<Digest>,
    /// What is wrong.
    pub what: &'static str,
}

/// What the vault has for an entry on the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The ciphertext, whole.
    Whole,
    /// Nothing, by an erasure that is on the record under this leaf: to be looked up there.
    Erased {
        /// Leaf of the `Erasure`.
        leaf: u64,
    },
    /// Nothing, or something damaged: a flaw.
    Missing,
}

impl Walk {
    /// What the vault has for the body of an entry on the record.
    #[must_use]
    pub fn kept(&self, sealed: &Sealed) -> Kept {
        match self.known.get(&sealed.sha256) {
            Some(&(_, Some(leaf))) => Kept::Erased { leaf },
            Some(&(len, None)) if u64::from(len) == sealed.bytes => Kept::Whole,
            _ => Kept::Missing,
        }
    }

    /// Says that an entry of the record, or something that waits to be one, names a body.
    pub fn name(&mut self, sealed: &Digest) {
        self.unnamed.remove(sealed);
    }

    /// Bodies that are held and that nobody named: sealed before a crash that kept their entries from
    /// being sequenced.
    #[must_use]
    pub const fn unnamed(&self) -> &BTreeSet<Digest> {
        &self.unnamed
    }
}

/// Walks all of the vault.
///
/// # Errors
/// When the disk fails. What is damaged is a flaw in the answer, not an error.
pub fn walk(bodies: &dyn Disk, keys: &dyn Disk) -> Result<Walk, VaultFault> {
    let mut walk = Walk::default();
    let memory = match Journal::read::<Event>(keys, JOURNAL) {
        Ok((events, is_clean)) => {
            if !is_clean {
                walk.flaws.push(behind_the_last(JOURNAL));
            }
            let mut memory = Memory::default();
            events.into_iter().for_each(|event| memory.apply(event));
            memory
        }
        Err(VaultFault::Damaged { place, what }) => {
            walk.flaws.push(Flaw { place, slot: None, body: None, what });
            Memory::default()
        }
        Err(fault) => return Err(fault),
    };
    // What it says is the private lane's; that it is whole can be told without.
    match Journal::read::<IgnoredAny>(keys, PRIVATE) {
        Ok((_, true)) => {}
        Ok((_, false)) => walk.flaws.push(behind_the_last(PRIVATE)),
        Err(VaultFault::Damaged { place, what }) => {
            walk.flaws.push(Flaw { place, slot: None, body: None, what });
        }
        Err(fault) => return Err(fault),
    }
    let count = match segments(keys) {
        Err(VaultFault::Damaged { place, what }) => {
            walk.flaws.push(Flaw { place, slot: None, body: None, what });
            0
        }
        count => count?,
    };
    for number in 0..count {
        walk_segment(bodies, keys, number, &mut walk)?;
    }
    for body in memory.sentenced.keys() {
        let what = "its erasure is on the record and not finished: open the vault";
        walk.flaws.push(Flaw { place: JOURNAL.into(), slot: None, body: Some(*body), what });
    }
    for (body, leaf) in &memory.erased {
        if walk.known.get(body).is_none_or(|known| known.1 != Some(*leaf)) {
            let what = "the journal calls it erased, its slot does not";
            walk.flaws.push(Flaw { place: JOURNAL.into(), slot: None, body: Some(*body), what });
        }
    }
    walk.flaws.sort();
    Ok(walk)
}

fn behind_the_last(journal: &str) -> Flaw {
    let what = "bytes behind the last event: never acknowledged, or changed";
    Flaw { place: journal.into(), slot: None, body: None, what }
}

/// One file, read where a slot points.
struct Part {
    place: String,
    file: Option<Box<dyn File>>,
}

impl Part {
    fn open(disk: &dyn Disk, place: String) -> Result<Self, VaultFault> {
        let file = match disk.open(&place, Mode::Read) {
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(at(&place))?),
        };
        Ok(Self { place, file })
    }

    /// What is there; less than asked for where the file ends, or is missing.
    fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>, VaultFault> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let size = file.size().map_err(at(&self.place))?;
        let there = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(there)];
        let read = file.read_at(offset, &mut bytes).map_err(at(&self.place))?;
        bytes.truncate(read);
        Ok(bytes)
    }

    fn size(&self) -> Result<u64, VaultFault> {
        self.file.as_ref().map_or(Ok(0), |file| file.size().map_err(at(&self.place)))
    }
}

fn walk_segment(
    bodies: &dyn Disk,
    keys: &dyn Disk,
    number: u32,
    walk: &mut Walk,
) -> Result<(), VaultFault> {
    let slots = Part::open(keys, keys_path(number))?;
    let texts = Part::open(bodies, bodies_path(number))?;
    let shares = Part::open(keys, shares_path(number))?;
    let flaw = |place: &str, slot, body, what| Flaw { place: place.to_owned(), slot, body, what };
    if read_head(&slots.read(0, HEAD_BYTES)?).is_none() {
        walk.flaws.push(flaw(&slots.place, None, None, "its head was changed"));
    }
    let len = usize::try_from(slots.size()?).unwrap_or(usize::MAX).saturating_sub(HEAD_BYTES);
    let bytes = slots.read(HEAD_BYTES as u64, len)?;
    let mut used = Used::default();
    for (at, place) in (0..).zip(bytes.chunks(SLOT_BYTES).map(Place::read)) {
        match place {
            Place::Blank => {}
            Place::Unreadable => {
                let what = "a slot is unreadable: torn before it was acknowledged, or changed";
                walk.flaws.push(flaw(&slots.place, Some(at), None, what));
            }
            Place::Slot(slot) => {
                used.add(&slot);
                let body = Some(slot.sealed);
                for (place, what) in flaws_of(&slot, &texts, &shares)? {
                    walk.flaws.push(flaw(place, Some(at), body, what));
                }
                count(walk, &slot, walk.flaws.last().is_some_and(|flaw| flaw.body == body));
            }
        }
    }
    for (part, ranges) in [(&texts, used.texts), (&shares, used.shares)] {
        if stray_bytes(part, ranges)? {
            let what = "bytes that no slot points to: never acknowledged, or changed";
            walk.flaws.push(flaw(&part.place, None, None, what));
        }
    }
    Ok(())
}

fn count(walk: &mut Walk, slot: &Slot, is_flawed: bool) {
    match slot.key {
        SlotKey::Erased { leaf, .. } => {
            walk.erased += u64::from(!is_flawed);
            walk.known.insert(slot.sealed, (slot.len, Some(leaf.unwrap_or_default())));
        }
        _ if is_flawed => {}
        _ => {
            walk.held += 1;
            walk.unnamed.insert(slot.sealed);
            walk.known.insert(slot.sealed, (slot.len, None));
        }
    }
}

fn flaws_of<'a>(
    slot: &Slot,
    texts: &'a Part,
    shares: &'a Part,
) -> Result<Vec<(&'a str, &'static str)>, VaultFault> {
    let is_blank = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    let text = texts.read(slot.offset, slot.len as usize)?;
    let wrapped = slot.shares().map(|(at, len)| shares.read(at, len as usize)).transpose()?;
    let mut flaws = Vec::new();
    if let SlotKey::Erased { .. } = slot.key {
        if !is_blank(&text) {
            flaws.push((texts.place.as_str(), "something stands where an erased body was"));
        }
        if !wrapped.as_deref().is_none_or(is_blank) {
            flaws.push((shares.place.as_str(), "something stands where erased shares were"));
        }
        return Ok(flaws);
    }
    if text.len() != slot.len as usize || Digest::of_bytes(&text) != slot.sealed {
        flaws.push((texts.place.as_str(), "a ciphertext is cut short or was changed"));
    }
    if !wrapped.as_deref().is_none_or(shares_are_whole) {
        flaws.push((shares.place.as_str(), "shares are cut short or were changed"));
    }
    Ok(flaws)
}

/// What slots point to.
#[derive(Default)]
struct Used {
    texts: Vec<(u64, u64)>,
    shares: Vec<(u64, u64)>,
}

impl Used {
    fn add(&mut self, slot: &Slot) {
        self.texts.push((slot.offset, slot.offset + u64::from(slot.len)));
        let shares = slot.shares().map(|(offset, len)| (offset, offset + u64::from(len)));
        self.shares.extend(shares);
    }
}

/// Whether a file holds anything but zeros where nothing points.
fn stray_bytes(part: &Part, mut used: Vec<(u64, u64)>) -> Result<bool, VaultFault> {
    used.sort_unstable();
    let size = part.size()?;
    used.push((size, size));
    let mut at = 0;
    for (begin, end) in used {
        while at < begin.min(size) {
            let len = usize::try_from(begin.min(size) - at).unwrap_or(usize::MAX).min(1 << 20);
            let bytes = part.read(at, len)?;
            if bytes.iter().any(|&byte| byte != 0) {
                return Ok(true);
            }
            at += len as u64;
        }
        at = at.max(end);
    }
    Ok(false)
}
