//! A log read back, and what it has to be.

use ledger::disk::Disk;
use ledger::fsck::{NothingVouched, fsck};
use ledger::{Head, LogVerifier as _, Reader};
use tlog::bundle::{BundleId, first_entries};
use tlog::{EMPTY_ROOT, Hash, hash_leaf, hash_node};

use crate::record::Violation;
use crate::world::{SimKey, World};

/// Holds a record at `head` against the entries that it owes, byte for byte, and every checkpoint that was
/// ever to be seen against its prefixes; the first `checked` of them were. Nothing goes wrong with the disk
/// meanwhile: whoever looks is not the process under test.
pub(crate) fn hold(
    world: &World,
    head: Head,
    owed: &[Vec<u8>],
    checked: &mut usize,
) -> Result<(), Violation> {
    world.machine.look(true);
    let held = look(world, head, owed, checked);
    world.machine.look(false);
    held
}

fn look(world: &World, head: Head, owed: &[Vec<u8>], checked: &mut usize) -> Result<(), Violation> {
    let disk = world.disk();
    if entries(&*disk, head.size)? != owed {
        return Err(Violation("the log has other entries than were acknowledged".to_owned()));
    }
    let seen = world.machine.seen();
    let new = seen.get(*checked..).unwrap_or_default();
    check_checkpoints(head, new, owed)?;
    *checked = seen.len();
    match fsck(&*disk, &SimKey, &mut NothingVouched) {
        Ok(report) if report.is_clean() => Ok(()),
        Ok(report) => Err(Violation(format!("fsck finds {:?}", report.findings))),
        Err(fault) => Err(Violation(format!("fsck: {fault}"))),
    }
}

/// Each of these checkpoints is one of a prefix of the log.
fn check_checkpoints(head: Head, seen: &[Vec<u8>], owed: &[Vec<u8>]) -> Result<(), Violation> {
    let leaves: Vec<Hash> = owed.iter().map(|entry| hash_leaf(entry)).collect();
    let mut heads = vec![head];
    for checkpoint in seen {
        let head = SimKey.head(checkpoint);
        heads.push(head.map_err(|why| Violation(format!("a checkpoint was torn: {why}")))?);
    }
    match heads.iter().find(|head| !is_prefix(**head, &leaves)) {
        Some(head) => Err(Violation(format!("the checkpoint of {} is of another log", head.size))),
        None => Ok(()),
    }
}

/// Every entry of a log of `size`.
pub(crate) fn entries(disk: &dyn Disk, size: u64) -> Result<Vec<Vec<u8>>, Violation> {
    let mut all = Vec::new();
    for id in BundleId::covering(0, size) {
        let bundle = Reader::new(disk).bundle(id);
        let bundle = bundle.map_err(|fault| Violation(format!("{id} is lost: {fault}")))?;
        let entries = first_entries(&bundle, id.width());
        let entries = entries.map_err(|torn| Violation(format!("{id} is torn: {torn}")))?;
        all.extend(entries.into_iter().map(<[u8]>::to_vec));
    }
    Ok(all)
}

/// Whether a head is that of a prefix of these leaves.
pub(crate) fn is_prefix(head: Head, leaves: &[Hash]) -> bool {
    let prefix = usize::try_from(head.size).ok().and_then(|size| leaves.get(..size));
    prefix.map(root_of) == Some(head.root)
}

/// The root as RFC 6962 §2.1 writes it down.
pub(crate) fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            hash_node(&root_of(&leaves[..split]), &root_of(&leaves[split..]))
        }
    }
}
