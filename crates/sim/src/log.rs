//! A log read back, and what it has to be, with nothing of the ledger's in the judgement.

use ledger::disk::Disk;
use ledger::{Head, Reader};
use tlog::bundle::{BundleId, first_entries};
use tlog::{EMPTY_ROOT, Hash, hash_node};

use crate::record::Violation;

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
