//! A segment: a file of ciphertexts, and apart from it, where another disk may hold them, a file
//! of keys and one of shares.
//!
//! Bodies are appended a batch at a time and made durable together. Nothing is ever cut off: after
//! a crash the next batch goes behind whatever is there, so that no body that was acknowledged can
//! be written over.

use std::io::ErrorKind;

use agreement::Digest;

use super::events::Sentence;
use super::fault::{VaultFault, at};
use super::secret::Secret;
use super::slot::{Place, SLOT_BYTES, Slot, SlotKey};
use super::wrap;
use crate::disk::{Disk, File, Mode};

/// Most bodies of a segment.
pub const SEGMENT_BODIES_MAX: u32 = 1 << 16;

/// How large the files of a vault become. They may differ from one opening to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// A segment takes so many bodies, at most [`SEGMENT_BODIES_MAX`].
    pub segment_bodies: u32,
    /// A segment takes no further body once its ciphertexts reach so far.
    pub segment_bytes: u64,
    /// Files grow by so much at a time, so that a batch seldom changes a length.
    pub growth_bytes: u64,
    /// The same of the private lane's journal.
    pub lane_growth_bytes: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        let segment_bodies = SEGMENT_BODIES_MAX;
        Self {
            segment_bodies,
            segment_bytes: 256 << 20,
            growth_bytes: 4 << 20,
            lane_growth_bytes: 1 << 16,
        }
    }
}

/// What stands before the slots: a magic, the wrapped segment key, a check.
pub(super) const HEAD_BYTES: usize = 4096;
const MAGIC: &[u8; 8] = b"armkeys1";
const SHARES_CHECK_BYTES: usize = 32;

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    number: u32,
    key: Secret,
    bodies: Grown,
    keys: Grown,
    shares: Option<Grown>,
    /// Slots that were written, readable or not.
    pub(super) slots: u32,
    /// Where the next ciphertext goes.
    pub(super) end: u64,
    shares_end: u64,
    /// A slot is unreadable: nothing more is written here, lest it be over a body that counts.
    pub(super) closed: bool,
    sizes: Sizes,
}

/// A file that grows ahead of what is written.
#[derive(Debug)]
struct Grown {
    path: String,
    file: Box<dyn File>,
    size: u64,
    growth: u64,
}

/// What a batch adds to a segment.
#[derive(Debug, Default)]
pub(super) struct Addition {
    pub(super) bodies: Vec<u8>,
    pub(super) shares: Vec<u8>,
    pub(super) slots: Vec<u8>,
}

impl Addition {
    /// How many bodies.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.slots.len() / SLOT_BYTES).unwrap_or(u32::MAX)
    }
}

impl Grown {
    fn open(disk: &dyn Disk, path: String, mode: Mode, growth: u64) -> Result<Self, VaultFault> {
        let file = disk.open(&path, mode).map_err(at(&path))?;
        let size = file.size().map_err(at(&path))?;
        Ok(Self { path, file, size, growth })
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), VaultFault> {
        let end = offset + bytes.len() as u64;
        if end > self.size {
            let size = end.next_multiple_of(self.growth.max(1));
            self.file.set_size(size).map_err(at(&self.path))?;
            self.size = size;
        }
        self.file.write_at(offset, bytes).map_err(at(&self.path))
    }

    fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>, VaultFault> {
        let mut bytes = vec![0; len];
        let read = self.file.read_at(offset, &mut bytes).map_err(at(&self.path))?;
        bytes.truncate(read);
        Ok(bytes)
    }

    fn sync(&self) -> Result<(), VaultFault> {
        self.file.sync().map_err(at(&self.path))
    }
}

/// Names of the files of a segment.
pub(super) fn bodies_path(number: u32) -> String {
    format!("vault/bodies/{number:08}")
}

pub(super) fn keys_path(number: u32) -> String {
    format!("vault/keys/{number:08}")
}

pub(super) fn shares_path(number: u32) -> String {
    format!("vault/keys/{number:08}.shares")
}

impl Segment {
    /// Makes a segment with a key of its own, wrapped to the vault.
    pub(super) fn create(
        disks: Disks<'_>,
        number: u32,
        key: Secret,
        vault: &age::x25519::Recipient,
        sizes: Sizes,
    ) -> Result<Self, VaultFault> {
        let path = keys_path(number);
        // The bodies first: the key file makes the segment, and is whole when it has its name.
        let bodies = bodies_path(number);
        let made = disks.bodies.open(&bodies, Mode::Replace).map_err(at(&bodies))?;
        made.set_size(sizes.growth_bytes).map_err(at(&bodies))?;
        made.sync().map_err(at(&bodies))?;
        disks.bodies.sync_folder("vault/bodies").map_err(at(&bodies))?;
        let mut head = head(&wrap::wrap(vault, key.expose()));
        head.resize(HEAD_BYTES + usize::try_from(sizes.growth_bytes / 4).unwrap_or(0), 0);
        crate::disk::write_whole(disks.keys, &path, &head).map_err(at(&path))?;
        Self::with_key(disks, number, key, sizes)
    }

    /// Opens a segment to append to it.
    pub(super) fn open(
        disks: Disks<'_>,
        number: u32,
        identity: &age::x25519::Identity,
        sizes: Sizes,
    ) -> Result<Self, VaultFault> {
        let path = keys_path(number);
        let keys = Grown::open(disks.keys, path.clone(), Mode::Read, 1)?;
        let head = keys.read(0, HEAD_BYTES)?;
        let wrapped = read_head(&head)
            .ok_or(VaultFault::Damaged { place: path.clone(), what: "its head was changed" })?;
        let key = wrap::unwrap(identity, wrapped)?;
        let key = <[u8; 32]>::try_from(key.as_slice())
            .map_err(|_| VaultFault::Damaged { place: path, what: "its key has another length" })?;
        let mut segment = Self::with_key(disks, number, Secret::new(key), sizes)?;
        segment.find_end()?;
        Ok(segment)
    }

    fn with_key(
        disks: Disks<'_>,
        number: u32,
        key: Secret,
        sizes: Sizes,
    ) -> Result<Self, VaultFault> {
        let growth = sizes.growth_bytes;
        let open = |disk, path| Grown::open(disk, path, Mode::Update, growth);
        let shares = match open(disks.keys, shares_path(number)) {
            Err(VaultFault::Disk { source, .. }) if source.kind() == ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        Ok(Self {
            number,
            key,
            bodies: open(disks.bodies, bodies_path(number))?,
            keys: open(disks.keys, keys_path(number))?,
            shares,
            slots: 0,
            end: 0,
            shares_end: 0,
            closed: false,
            sizes,
        })
    }

    fn find_end(&mut self) -> Result<(), VaultFault> {
        let places = self.places()?;
        for (at, place) in places.iter().enumerate() {
            match place {
                Place::Blank => continue,
                Place::Unreadable => self.closed = true,
                Place::Slot(slot) => {
                    self.end = self.end.max(slot.offset + u64::from(slot.len));
                    if let Some((offset, len)) = slot.shares() {
                        self.shares_end = self.shares_end.max(offset + u64::from(len));
                    }
                }
            }
            self.slots = at as u32 + 1;
        }
        Ok(())
    }

    /// What stands in every place, up to the last that was written.
    pub(super) fn places(&self) -> Result<Vec<Place>, VaultFault> {
        let len = self.keys.size.saturating_sub(HEAD_BYTES as u64);
        let len = len.min(u64::from(SEGMENT_BODIES_MAX) * SLOT_BYTES as u64);
        let bytes = self.keys.read(HEAD_BYTES as u64, len as usize)?;
        let mut places: Vec<Place> = bytes.chunks_exact(SLOT_BYTES).map(Place::read).collect();
        let last = places.iter().rposition(|place| !matches!(place, Place::Blank));
        places.truncate(last.map_or(0, |last| last + 1));
        Ok(places)
    }

    /// Whether a batch still goes in here.
    pub(super) fn has_room(&self, bodies: usize, bytes: u64) -> bool {
        !self.closed
            && self.slots as usize + bodies <= self.sizes.segment_bodies as usize
            && (self.slots == 0 || self.end + bytes <= self.sizes.segment_bytes)
    }

    pub(super) fn key(&self) -> &Secret {
        &self.key
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Where the next shares go.
    pub(super) fn shares_end(&self) -> u64 {
        self.shares_end
    }

    /// Writes a batch behind what is there and makes it durable.
    pub(super) fn append(&mut self, disks: Disks<'_>, added: &Addition) -> Result<(), VaultFault> {
        if !added.shares.is_empty() {
            self.append_shares(disks, &added.shares)?;
        }
        self.bodies.write(self.end, &added.bodies)?;
        self.bodies.sync()?;
        // Last, since a slot says that the rest is there.
        self.keys.write(slot_offset(self.slots), &added.slots)?;
        self.keys.sync()?;
        self.end += added.bodies.len() as u64;
        self.slots += added.count();
        Ok(())
    }

    fn append_shares(&mut self, disks: Disks<'_>, bytes: &[u8]) -> Result<(), VaultFault> {
        let shares = match &mut self.shares {
            Some(shares) => shares,
            none => {
                let (path, growth) = (shares_path(self.number), self.sizes.growth_bytes);
                let shares = Grown::open(disks.keys, path, Mode::Replace, growth)?;
                shares.sync()?;
                disks.keys.sync_folder("vault/keys").map_err(at(shares_path(self.number)))?;
                none.insert(shares)
            }
        };
        shares.write(self.shares_end, bytes)?;
        shares.sync()?;
        self.shares_end += bytes.len() as u64;
        Ok(())
    }

    /// What stands in one place.
    pub(super) fn place(&self, slot: u32) -> Result<Place, VaultFault> {
        Ok(Place::read(&self.keys.read(slot_offset(slot), SLOT_BYTES)?))
    }

    /// The ciphertext of a slot, as it is on disk.
    pub(super) fn ciphertext(&self, slot: &Slot) -> Result<Vec<u8>, VaultFault> {
        self.bodies.read(slot.offset, slot.len as usize)
    }

    /// The wrapped shares of a slot.
    pub(super) fn wrapped_shares(&self, slot: &Slot) -> Result<Vec<Vec<u8>>, VaultFault> {
        let damaged = |what| VaultFault::Damaged { place: shares_path(self.number), what };
        let (SlotKey::Shares { offset, len }, Some(file)) = (&slot.key, &self.shares) else {
            return Err(damaged("it is missing"));
        };
        let bytes = file.read(*offset, *len as usize)?;
        read_shares(&bytes).ok_or_else(|| damaged("shares were changed"))
    }

    /// Overwrites what is of a body that no entry names. Doing it again does no harm.
    pub(super) fn discard(&mut self, slot: u32, found: &Slot) -> Result<(), VaultFault> {
        let shares = found.shares();
        let key = SlotKey::Erased { leaf: None, shares };
        self.overwrite(slot, &Slot { key, ..found.clone() }, shares)
    }

    /// Overwrites the key, the shares and the ciphertext of a body, each made durable, and leaves
    /// what tells that it was so. Doing it again does no harm.
    pub(super) fn destroy(&mut self, sentence: &Sentence) -> Result<(), VaultFault> {
        let &Sentence { body, leaf, slot, offset, len, shares, .. } = sentence;
        let key = SlotKey::Erased { leaf: Some(leaf), shares };
        self.overwrite(slot, &Slot { offset, len, sealed: body, key }, shares)
    }

    fn overwrite(
        &mut self,
        slot: u32,
        erased: &Slot,
        shares: Option<(u64, u32)>,
    ) -> Result<(), VaultFault> {
        self.keys.write(slot_offset(slot), &erased.to_bytes())?;
        self.keys.sync()?;
        if let (Some((offset, len)), Some(file)) = (shares, &mut self.shares) {
            file.write(offset, &vec![0; len as usize])?;
            file.sync()?;
        }
        self.bodies.write(erased.offset, &vec![0; erased.len as usize])?;
        self.bodies.sync()
    }
}

impl Slot {
    /// Where the wrapped shares are, or were.
    pub(super) fn shares(&self) -> Option<(u64, u32)> {
        match self.key {
            SlotKey::Shares { offset, len } => Some((offset, len)),
            SlotKey::Erased { shares, .. } => shares,
            SlotKey::Wrapped { .. } => None,
        }
    }
}

/// The disk of ciphertexts and the disk of keys; they may be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disks<'a> {
    pub(super) bodies: &'a dyn Disk,
    pub(super) keys: &'a dyn Disk,
}

fn slot_offset(slot: u32) -> u64 {
    HEAD_BYTES as u64 + u64::from(slot) * SLOT_BYTES as u64
}

fn head(wrapped: &[u8]) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&u32::try_from(wrapped.len()).unwrap_or(u32::MAX).to_le_bytes());
    head.extend_from_slice(wrapped);
    assert!(head.len() + SHARES_CHECK_BYTES <= HEAD_BYTES);
    head.resize(HEAD_BYTES - SHARES_CHECK_BYTES, 0);
    let check = Digest::of_bytes(&head);
    head.extend_from_slice(check.as_bytes());
    head
}

/// The wrapped key of a segment, where its head is as it was written.
pub(super) fn read_head(head: &[u8]) -> Option<&[u8]> {
    let (text, check) = head.split_at_checked(HEAD_BYTES - SHARES_CHECK_BYTES)?;
    if Digest::of_bytes(text).as_bytes() != check || !text.starts_with(MAGIC) {
        return None;
    }
    let len = u32::from_le_bytes(text[8..12].try_into().ok()?) as usize;
    text.get(12..12 + len)
}

/// Shares as they are kept: a check, then each with its length before it.
pub(super) fn shares_to_bytes(wrapped: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; SHARES_CHECK_BYTES];
    for share in wrapped {
        bytes.extend_from_slice(&u16::try_from(share.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend_from_slice(share);
    }
    let check = Digest::of_bytes(&bytes[SHARES_CHECK_BYTES..]);
    bytes[..SHARES_CHECK_BYTES].copy_from_slice(check.as_bytes());
    bytes
}

fn read_shares(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (check, mut rest) = bytes.split_at_checked(SHARES_CHECK_BYTES)?;
    if Digest::of_bytes(rest).as_bytes() != check {
        return None;
    }
    let mut shares = Vec::new();
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let (share, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
        shares.push(share.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(shares)
}

/// Whether shares are as they were written.
pub(super) fn shares_are_whole(bytes: &[u8]) -> bool {
    read_shares(bytes).is_some()
}
