//! The vault: seals bodies, finds them again by the digest that stands on the record, and says
//! what became of them. Showing is in [`super::gate`], destroying in [`super::erase`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use age::x25519::{Identity, Recipient};
use agreement::Digest;

use super::events::{Copy, Event, Memory};
use super::fault::{Refusal, VaultFault, at};
use super::journal::Journal;
use super::sealed::{Body, Holder, Pad, SealFault, seal, sealed_len};
use super::secret::{Entropy, Secret};
use super::segment::{Addition, Disks, SEGMENT_BODIES_MAX, Segment, Sizes, shares_to_bytes};
use super::shamir::{SPLIT_SHARES_MAX, deal};
use super::slot::{Place, Slot, SlotKey};
use super::wrap;
use crate::disk::{Disk, create_folders};

pub(super) const JOURNAL: &str = "vault/journal";

/// Who is to hold the key of a body.
#[derive(Clone, Debug)]
pub enum Keeping {
    /// The vault.
    Vault,
    /// Any `threshold` of the holders together; the vault alone cannot open it.
    Split {
        /// How many it takes.
        threshold: u8,
        /// Their recipients, in the order of the shares' numbers.
        holders: Vec<Recipient>,
    },
}

/// A body to seal.
#[derive(Clone, Debug)]
pub struct ToSeal {
    /// In the clear.
    pub body: Body,
    /// Who is to hold its key.
    pub keeping: Keeping,
    /// How long its ciphertext is to be.
    pub pad: Pad,
}

/// What the record says of a ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedRef {
    /// SHA-256 of the ciphertext.
    pub sha256: Digest,
    /// Its length.
    pub bytes: u32,
}

/// What became of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be shown.
    Held,
    /// Its erasure was ordered; it is shown to nobody any more.
    BeingErased,
    /// Key, salt and ciphertext are destroyed. A finding that stood on it is "verified, not
    /// re-runnable".
    Erased {
        /// Leaf of the `Erasure`.
        leaf: u64,
    },
    /// It was never sealed here.
    Unknown,
}

/// Sealed, erasable bodies of one record.
pub struct Vault {
    bodies: Arc<dyn Disk>,
    keys: Arc<dyn Disk>,
    identity: Identity,
    entropy: Box<dyn Entropy + Send>,
    pub(super) journal: Journal,
    pub(super) memory: Memory,
    /// How many segments there are; the last may be open to append to.
    count: u32,
    current: Option<Segment>,
    opened: BTreeMap<u32, Segment>,
    /// What waits for the next flush, all for the current segment.
    staged: Addition,
    staged_index: Vec<(u64, u32)>,
    /// By the first eight bytes of the digest; looked up again in the slot.
    index: BTreeMap<u32, Vec<(u64, u32)>>,
    broken: bool,
    sizes: Sizes,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("segments", &self.count).finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault of a record, or makes one. `bodies` and `keys` may be one disk.
    ///
    /// Erasures that are on the record and were cut short by a crash are finished here; requests
    /// that the record has not answered wait for [`Vault::resume`].
    ///
    /// # Errors
    /// When the disk fails, a file is damaged, or the identity is not the vault's.
    pub fn open(
        bodies: Arc<dyn Disk>,
        keys: Arc<dyn Disk>,
        identity: Identity,
        entropy: Box<dyn Entropy + Send>,
        mut sizes: Sizes,
    ) -> Result<Self, VaultFault> {
        sizes.segment_bodies = sizes.segment_bodies.clamp(1, SEGMENT_BODIES_MAX);
        create_folders(&*bodies, "vault/bodies").map_err(at("vault/bodies"))?;
        create_folders(&*keys, "vault/keys").map_err(at("vault/keys"))?;
        // Whoever made a segment may have been cut off, or told that it failed, before its name was durable.
        bodies.sync_folder("vault/bodies").map_err(at("vault/bodies"))?;
        keys.sync_folder("vault/keys").map_err(at("vault/keys"))?;
        let (journal, events) = Journal::open::<Event>(&*keys, JOURNAL, sizes.growth_bytes)?;
        let mut memory = Memory::default();
        events.into_iter().for_each(|event| memory.apply(event));
        let count = segments(&*keys)?;
        let disks = Disks { bodies: &*bodies, keys: &*keys };
        let current = match count.checked_sub(1) {
            Some(last) => Some(Segment::open(disks, last, &identity, sizes)?),
            None => None,
        };
        let mut vault = Self {
            bodies,
            keys,
            identity,
            entropy,
            journal,
            memory,
            count,
            current,
            opened: BTreeMap::new(),
            staged: Addition::default(),
            staged_index: Vec::new(),
            index: BTreeMap::new(),
            broken: false,
            sizes,
        };
        vault.finish_erasures()?;
        Ok(vault)
    }

    /// Seals a body.
    ///
    /// # Errors
    /// As [`Vault::seal_batch`], and when the body itself is refused.
    pub fn seal(&mut self, body: &ToSeal) -> Result<SealedRef, VaultFault> {
        let sealed = self.seal_batch(std::slice::from_ref(body))?;
        Ok(sealed.into_iter().next().unwrap_or(Err(SealFault::Format.into()))?)
    }

    /// Seals a pool of bodies; all that were taken are durable when this returns, for the price of
    /// two syncs however many they are. One that is refused costs no other.
    ///
    /// # Errors
    /// When the disk or the randomness fails: then none of them may be acknowledged.
    pub fn seal_batch(
        &mut self,
        bodies: &[ToSeal],
    ) -> Result<Vec<Result<SealedRef, Refusal>>, VaultFault> {
        let mut outcomes = Vec::with_capacity(bodies.len());
        for body in bodies {
            match self.stage(body) {
                Ok(sealed) => outcomes.push(Ok(sealed)),
                Err(VaultFault::Refused(refusal)) => outcomes.push(Err(refusal)),
                Err(fault) => return Err(fault),
            }
        }
        self.flush()?;
        Ok(outcomes)
    }

    /// Seals a body in memory. It is not to be acknowledged, and cannot be shown, before
    /// [`Vault::flush`] has made it durable.
    ///
    /// # Errors
    /// When the body is refused, or the disk or the randomness fails.
    pub fn stage(&mut self, body: &ToSeal) -> Result<SealedRef, VaultFault> {
        if self.broken {
            return Err(VaultFault::Broken);
        }
        let len = len_of(body)?;
        self.make_room(len as u64)?;
        let Some(segment) = &self.current else { return Err(VaultFault::Broken) };
        let slot = segment.slots + self.staged.count();
        let sealed = add(segment, &mut *self.entropy, body, &mut self.staged)?;
        self.staged_index.push((prefix(&sealed.sha256), slot));
        Ok(sealed)
    }

    /// Forgets what is staged, as when the pool that it was for is dropped.
    pub fn unstage(&mut self) {
        self.staged = Addition::default();
        self.staged_index.clear();
    }

    /// Makes all that is staged durable, for the price of two syncs however much it is.
    ///
    /// # Errors
    /// When the disk fails: then nothing that was staged may be acknowledged.
    pub fn flush(&mut self) -> Result<(), VaultFault> {
        if self.broken {
            return Err(VaultFault::Broken);
        }
        let staged = std::mem::take(&mut self.staged);
        let index = std::mem::take(&mut self.staged_index);
        let Some(segment) = self.current.as_mut().filter(|_| staged.count() > 0) else {
            return Ok(());
        };
        // Until the disk has said yes, nobody knows what it holds.
        self.broken = true;
        segment.append(Disks { bodies: &*self.bodies, keys: &*self.keys }, &staged)?;
        self.broken = false;
        if let Some(known) = self.index.get_mut(&segment.number()) {
            known.extend(index);
            known.sort_unstable();
        }
        Ok(())
    }

    /// Sees to it that the current segment takes one more body behind those that are staged.
    fn make_room(&mut self, bytes: u64) -> Result<(), VaultFault> {
        let staged = self.staged.count() as usize;
        let all = self.staged.bodies.len() as u64 + bytes;
        if self.current.as_ref().is_some_and(|segment| segment.has_room(staged + 1, all)) {
            return Ok(());
        }
        self.flush()?;
        if let Some(segment) = self.current.take() {
            self.opened.insert(segment.number(), segment);
        }
        let key = Secret::fresh(&mut *self.entropy)?;
        self.broken = true;
        let vault = self.identity.to_public();
        let segment = Segment::create(self.disks(), self.count, key, &vault, self.sizes)?;
        self.broken = false;
        self.count += 1;
        self.current = Some(segment);
        Ok(())
    }

    /// What became of a body, by the digest of its ciphertext.
    ///
    /// # Errors
    /// When the disk fails or a file is damaged.
    pub fn state(&mut self, sealed: &Digest) -> Result<State, VaultFault> {
        let sentenced = self.memory.sentenced.get(sealed).map(|sentence| sentence.leaf);
        if let Some(leaf) = self.memory.erased.get(sealed).copied().or(sentenced) {
            return Ok(State::Erased { leaf });
        }
        if self.memory.condemned.contains_key(sealed) {
            return Ok(State::BeingErased);
        }
        Ok(match self.find(sealed)? {
            None => State::Unknown,
            Some((_, _, Slot { key: SlotKey::Erased { leaf, .. }, .. })) => {
                State::Erased { leaf: leaf.unwrap_or_default() }
            }
            Some(_) => State::Held,
        })
    }

    /// The copies of a body that were given away, and cannot be recalled.
    #[must_use]
    pub fn copies(&self, sealed: &Digest) -> Vec<Copy> {
        self.memory.copies_of(sealed)
    }

    /// The ciphertext of a body, for whoever keeps copies. It tells nothing without its key.
    ///
    /// # Errors
    /// When it is not held, or is damaged.
    pub fn ciphertext(&mut self, sealed: &Digest) -> Result<Vec<u8>, VaultFault> {
        let (segment, slot) = self.held(sealed)?;
        let bytes = self.segment(segment)?.ciphertext(&slot)?;
        if Digest::of_bytes(&bytes) != *sealed {
            let place = super::segment::bodies_path(segment);
            return Err(VaultFault::Damaged { place, what: "a ciphertext was changed" });
        }
        Ok(bytes)
    }

    /// Where a body lies that may still be shown.
    pub(super) fn held(&mut self, sealed: &Digest) -> Result<(u32, Slot), VaultFault> {
        match self.state(sealed)? {
            State::Held => {}
            State::BeingErased => return Err(Refusal::BeingErased.into()),
            State::Erased { leaf } => return Err(Refusal::Erased { leaf }.into()),
            State::Unknown => return Err(Refusal::Unknown.into()),
        }
        let found = self.find(sealed)?.ok_or(Refusal::Unknown)?;
        Ok((found.0, found.2))
    }

    /// Looks a body up, in the newest segment first.
    pub(super) fn find(&mut self, sealed: &Digest) -> Result<Option<(u32, u32, Slot)>, VaultFault> {
        let wanted = prefix(sealed);
        for number in (0..self.count).rev() {
            if !self.index.contains_key(&number) {
                let index = index(self.segment(number)?.places()?);
                self.index.insert(number, index);
            }
            let index = &self.index[&number];
            let from = index.partition_point(|&(prefix, _)| prefix < wanted);
            let same: Vec<u32> =
                index[from..].iter().take_while(|e| e.0 == wanted).map(|e| e.1).collect();
            for slot in same {
                match self.segment(number)?.place(slot)? {
                    Place::Slot(found) if found.sealed == *sealed => {
                        return Ok(Some((number, slot, found)));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// A segment to read from or to erase in.
    pub(super) fn segment(&mut self, number: u32) -> Result<&mut Segment, VaultFault> {
        if self.current.as_ref().is_some_and(|current| current.number() == number) {
            return self.current.as_mut().ok_or(VaultFault::Broken);
        }
        if !self.opened.contains_key(&number) {
            let opened = Segment::open(self.disks(), number, &self.identity, self.sizes)?;
            self.opened.insert(number, opened);
        }
        self.opened.get_mut(&number).ok_or(VaultFault::Broken)
    }

    /// Wraps a few bytes to the vault itself: what is not a body and yet nobody else's to read. `None`
    /// when they are too many.
    pub(crate) fn remember(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let fits = bytes.len() < wrap::WRAPPED_BYTES_MAX / 2;
        fits.then(|| wrap::wrap(&self.identity.to_public(), bytes))
    }

    /// What [`Vault::remember`] wrapped.
    pub(crate) fn recall(&self, wrapped: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultFault> {
        Ok(wrap::unwrap(&self.identity, wrapped)?)
    }

    /// The last leaf of the log that its journal names.
    #[must_use]
    pub fn last_leaf(&self) -> Option<u64> {
        self.memory.last_leaf()
    }

    /// How many events its journal holds.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.journal.count()
    }

    /// Destroys bodies that no entry of the record names: what a crash left between sealing and
    /// sequencing. Whoever calls this has looked at every entry.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn discard(&mut self, orphans: &[Digest]) -> Result<(), VaultFault> {
        for body in orphans {
            if let Some((segment, slot, found)) = self.find(body)? {
                self.segment(segment)?.discard(slot, &found)?;
            }
        }
        Ok(())
    }

    pub(super) fn note(&mut self, event: Event) -> Result<(), VaultFault> {
        self.journal.append(&event)?;
        self.memory.apply(event);
        Ok(())
    }

    fn disks(&self) -> Disks<'_> {
        Disks { bodies: &*self.bodies, keys: &*self.keys }
    }
}

fn len_of(body: &ToSeal) -> Result<usize, Refusal> {
    let len = body.body.canonical.len();
    match &body.keeping {
        Keeping::Vault => Ok(sealed_len(len, &Holder::Vault, body.pad)?),
        Keeping::Split { threshold, holders } => {
            let (k, n) = (usize::from(*threshold), holders.len());
            if k == 0 || k > n || n > usize::from(SPLIT_SHARES_MAX) {
                let max = SPLIT_SHARES_MAX;
                return Err(Refusal::Split { threshold: k, shares: n, max });
            }
            let shares = vec![Digest::from_bytes([0; 32]); n];
            Ok(sealed_len(len, &Holder::Split { threshold: *threshold, shares }, body.pad)?)
        }
    }
}

/// Seals one body and lays it out behind those before it.
fn add(
    segment: &Segment,
    entropy: &mut dyn Entropy,
    body: &ToSeal,
    added: &mut Addition,
) -> Result<SealedRef, VaultFault> {
    let key = Secret::fresh(entropy)?;
    let begin = added.bodies.len();
    let shares = match &body.keeping {
        Keeping::Vault => None,
        Keeping::Split { threshold, holders } => {
            Some((*threshold, holders, deal(&key, *threshold, holders.len() as u8)))
        }
    };
    let holder = shares.as_ref().map_or(Holder::Vault, |(k, _, dealt)| Holder::split(*k, dealt));
    seal(&body.body, &key, &holder, body.pad, &mut added.bodies)?;
    let sealed = Digest::of_bytes(&added.bodies[begin..]);
    let slot_key = match shares {
        None => Slot::wrap(&key, segment.key(), sealed, entropy)?,
        Some((_, holders, dealt)) => {
            let wrapped: Vec<_> = holders
                .iter()
                .zip(&dealt)
                .map(|(to, share)| wrap::wrap(to, share.expose()))
                .collect();
            let offset = segment.shares_end() + added.shares.len() as u64;
            let bytes = shares_to_bytes(&wrapped);
            added.shares.extend_from_slice(&bytes);
            SlotKey::Shares { offset, len: bytes.len() as u32 }
        }
    };
    let len = (added.bodies.len() - begin) as u32;
    let slot = Slot { offset: segment.end + begin as u64, len, sealed, key: slot_key };
    added.slots.extend_from_slice(&slot.to_bytes());
    Ok(SealedRef { sha256: sealed, bytes: len })
}

fn index(places: Vec<Place>) -> Vec<(u64, u32)> {
    let slots = places.into_iter().enumerate().filter_map(|(at, place)| match place {
        Place::Slot(slot) => Some((prefix(&slot.sealed), at as u32)),
        Place::Blank | Place::Unreadable => None,
    });
    let mut index: Vec<_> = slots.collect();
    index.sort_unstable();
    index
}

fn prefix(digest: &Digest) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// How many segments the folder of keys lists; each has the number after the one before.
pub(super) fn segments(keys: &dyn Disk) -> Result<u32, VaultFault> {
    let listed = keys.list("vault/keys").map_err(at("vault/keys"))?;
    let numbers = listed.iter().filter_map(|entry| entry.name.parse::<u32>().ok());
    let mut count = 0;
    for number in numbers {
        if number != count {
            let place = super::segment::keys_path(count);
            return Err(VaultFault::Damaged { place, what: "it is missing" });
        }
        count += 1;
    }
    Ok(count)
}
