//! Making a record and opening one. Opening after a crash and opening after a clean stop are the same:
//! pools that are staged and not published go through the same functions as on their way in.

use std::sync::Arc;

use spacetime::time::Instant;
use tlog::bundle::{self, BundleId};
use tlog::{Edge, Hash, hash_leaf};

use crate::disk::{self, Disk, Lock};
use crate::fault::{Fault, Of as _};
use crate::head::{Head, LogKey};
use crate::index::{Index, Keys};
use crate::publish::{CHECKPOINT, Folders, LOG, Publication};
use crate::reader::Reader;
use crate::sequence::{Parts, Sequencer};
use crate::staged::{self, Found, Staged};
use crate::tree::{LogFiles, Tree};

/// What is private to the ledger.
pub const STATE: &str = "state";
const LOCK: &str = "state/lock";

/// What a new record is made with.
#[derive(Clone, Copy)]
pub struct Birth {
    /// From which time on it holds entries.
    pub now: Instant,
    /// 32 bytes that nobody can guess. They stay in `state/`, and keep an entry from passing itself off
    /// as a pool.
    pub secret: [u8; 32],
    /// Bytes of each write-ahead file; [`staged::STAGED_BYTES`] unless there is a reason.
    pub staged_bytes: u64,
}

/// Makes an empty record in the disk's folder, with a checkpoint of no entries. What a crash leaves of
/// this has no checkpoint and can be made again.
///
/// # Errors
/// When there is a record or the state of one, or the disk fails.
pub fn init(disk: &dyn Disk, key: &dyn LogKey, birth: &Birth) -> Result<(), Fault> {
    disk::create_folders(disk, STATE).of(STATE)?;
    let _lock = lock(disk)?;
    if disk::read_if_any(disk, CHECKPOINT).of(CHECKPOINT)?.is_some() {
        return Err(Fault::Exists);
    }
    // Without its checkpoint, a record that has pools is a damaged one and not a new one.
    if let Ok((_, found)) = Staged::open(disk)
        && found.newest.header.number > 1
    {
        return Err(Fault::Missing { path: CHECKPOINT.to_owned() });
    }
    Staged::create(disk, birth.staged_bytes, &birth.secret, birth.now)?;
    disk.sync_folder(STATE).of(STATE)?;
    disk::create_folders(disk, LOG).of(LOG)?;
    Publication::new(LogFiles::new(), Head::EMPTY).write(disk, key, &mut Folders::default())
}

/// Opens a record to write to it, for as long as what is returned lives.
///
/// # Errors
/// When somebody else has it open; when the key is not its own; when the clock is behind it; when the
/// tree on disk and the pools disagree or either is damaged; when the disk fails. Nothing is changed by
/// any of these but the last.
pub fn open(disk: &Arc<dyn Disk>, key: &Arc<dyn LogKey>, now: Instant) -> Result<Sequencer, Fault> {
    open_record(disk, key, None, now)
}

/// The same, with an index of the keys that entries have.
///
/// # Errors
/// As [`open`].
pub fn open_with_keys(
    disk: &Arc<dyn Disk>,
    key: &Arc<dyn LogKey>,
    keys: &Arc<dyn Keys>,
    now: Instant,
) -> Result<Sequencer, Fault> {
    open_record(disk, key, Some(keys), now)
}

fn open_record(
    disk: &Arc<dyn Disk>,
    key: &Arc<dyn LogKey>,
    keys: Option<&Arc<dyn Keys>>,
    now: Instant,
) -> Result<Sequencer, Fault> {
    let reader = Reader::new(&**disk);
    reader.checkpoint()?;
    let lock = lock(&**disk)?;
    // Under the lock: whoever held it may have published since.
    let checkpoint = reader.checkpoint()?;
    let published = key.head(&checkpoint).map_err(|reason| Fault::OtherKey { reason })?;
    let (staged, found) = Staged::open(&**disk)?;
    let last = found.newest.header.sequenced_at;
    if now < last {
        return Err(Fault::ClockWentBack { now, last });
    }
    let mut tree = load(&reader, published)?;
    replay(&staged, &found, &mut tree)?;
    staged.settle(&found)?;
    // That it can be read does not say that it is on disk; and from here on, the pools that it covers
    // may be written over.
    disk::write_whole(&**disk, CHECKPOINT, &checkpoint).of(CHECKPOINT)?;
    let index = match keys {
        Some(_) => Index::open(&**disk, published.size)?,
        None => Index::default(),
    };
    let keys = keys.cloned();
    let parts = Parts {
        disk: disk.clone(),
        key: key.clone(),
        lock,
        staged,
        tree,
        published,
        last,
        index,
        keys,
    };
    let mut sequencer = Sequencer::new(parts);
    sequencer.publish()?;
    sequencer.catch_up()?;
    Ok(sequencer)
}

fn lock(disk: &dyn Disk) -> Result<Box<dyn Lock>, Fault> {
    match disk.lock(LOCK) {
        Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => Err(Fault::Locked),
        locked => locked.of(LOCK),
    }
}

/// The tree of the checkpoint, from its tiles: at most one a level and one bundle, all checked against
/// the root.
fn load(reader: &Reader<'_>, head: Head) -> Result<Tree, Fault> {
    let mut source = Reader::new(reader.disk());
    let edge = Edge::load(head.size, &mut source).map_err(|error| match error {
        tlog::edge::EdgeError::TooLarge => Fault::LogFull,
        tlog::edge::EdgeError::Source(fault) => fault,
    })?;
    if edge.root() != head.root {
        return Err(disagree(
            "the tiles at the tree's right edge have another root than the checkpoint",
        ));
    }
    let open_bundle = open_bundle(reader, head)?;
    Ok(Tree::new(edge, open_bundle))
}

/// The entries of the last bundle while it is partial, checked against their tile.
fn open_bundle(reader: &Reader<'_>, head: Head) -> Result<Vec<u8>, Fault> {
    let Some(id) = head.size.checked_sub(1).and_then(|last| BundleId::holding(last, head.size))
    else {
        return Ok(Vec::new());
    };
    if !id.is_partial() {
        return Ok(Vec::new());
    }
    let mut bytes = reader.bundle(id)?;
    let mut tile = vec![0; id.tile().byte_len()];
    tlog::TileSource::read_tile(&mut Reader::new(reader.disk()), id.tile(), &mut tile)?;
    let entries = bundle::first_entries(&bytes, id.width());
    let entries = entries.map_err(|torn| disagree(&format!("{LOG}/{id}: {torn}")))?;
    let hashes = tile.chunks_exact(32).filter_map(Hash::from_slice);
    if !entries.iter().map(|entry| hash_leaf(entry)).eq(hashes) {
        return Err(disagree(&format!("the entries of {LOG}/{id} are not those of its tile")));
    }
    let whole = entries.iter().map(|entry| 2 + entry.len()).sum();
    bytes.truncate(whole);
    Ok(bytes)
}

/// Grows the published tree by every pool that was staged after it.
fn replay(staged: &Staged, found: &Found, tree: &mut Tree) -> Result<(), Fault> {
    let published = tree.head();
    let newest = found.newest.header.after;
    if newest.size < published.size {
        let reason = format!(
            "the log has {} entries, but only {} were ever sequenced by this state",
            published.size, newest.size
        );
        return Err(disagree(&reason));
    }
    for place in found.places.iter().filter(|place| place.header.after.size > published.size) {
        let header = &place.header;
        if header.before != tree.head() {
            return Err(disagree(&format!(
                "pool {} was sequenced after {} entries with another root, or pools before it are gone",
                header.number, header.before.size
            )));
        }
        let pool = staged.read(place)?.ok_or_else(|| Fault::Damaged {
            path: staged::path(place.file),
            reason: format!("the entries of pool {} are not those of its header", header.number),
        })?;
        let growth = tree.close(&pool)?;
        if growth.head != header.after {
            return Err(disagree(&format!("pool {} leads to another root", header.number)));
        }
        tree.grow(growth, pool.framed());
    }
    if tree.head() != newest {
        return Err(disagree("the newest pool was sequenced in another tree"));
    }
    Ok(())
}

fn disagree(reason: &str) -> Fault {
    Fault::Disagree { reason: reason.to_owned() }
}
