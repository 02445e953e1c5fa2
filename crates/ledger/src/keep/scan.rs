//! Which entries change the roster, so that opening a record reads those and not all of it.

use agreement::statement::{Entry, Kind};
use serde::{Deserialize, Serialize};
use tlog::bundle::{self, BundleId};

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::pool::Pool;
use crate::reader::Reader;

const PATH: &str = "state/roster.json";
/// What was looked through is written down after so many entries, and whenever one counts.
const WRITTEN_EVERY: u64 = 1 << 16;

/// How far the log was looked through, and what was found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Scanned {
    size: u64,
    pub(super) leaves: Vec<u64>,
    #[serde(skip)]
    written: u64,
}

/// Looks through what was not looked through before. What was written down is a saving and no
/// source: without it the whole log is read.
pub(super) fn bring_up(disk: &dyn Disk, size: u64) -> Result<Scanned, Fault> {
    let known = disk::read_if_any(disk, PATH).of(PATH)?;
    let known: Option<Scanned> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut scanned = known.filter(|known| known.size <= size).unwrap_or_default();
    scanned.written = scanned.size;
    let from = scanned.size;
    for id in BundleId::covering(from, size) {
        let bytes = Reader::new(disk).bundle(id)?;
        let entries = bundle::first_entries(&bytes, id.width());
        let entries = entries
            .map_err(|torn| Fault::Damaged { path: id.to_string(), reason: torn.to_string() })?;
        for (leaf, entry) in (id.start()..).zip(entries) {
            if leaf >= from && changes_roster(entry) {
                scanned.leaves.push(leaf);
            }
        }
    }
    scanned.size = size;
    scanned.write(disk)?;
    Ok(scanned)
}

fn changes_roster(entry: &[u8]) -> bool {
    // Canonical, so that this is in every such entry; most are told apart without reading them.
    let may = str::from_utf8(entry).is_ok_and(|text| text.contains(r#""kind":"key-"#));
    may && Entry::parse(entry).is_ok_and(|entry| {
        matches!(entry.statement.header().kind, Kind::KeyEnrolled | Kind::KeyRevoked)
    })
}

impl Scanned {
    /// Takes in a pool that was just published.
    pub(super) fn note(&mut self, disk: &dyn Disk, pool: &Pool, size: u64) -> Result<(), Fault> {
        let before = self.leaves.len();
        let numbered = (pool.first()..).zip(pool.entries());
        self.leaves
            .extend(numbered.filter(|(_, entry)| changes_roster(entry)).map(|(leaf, _)| leaf));
        self.size = size;
        if self.leaves.len() > before || size - self.written >= WRITTEN_EVERY {
            self.write(disk)?;
        }
        Ok(())
    }

    fn write(&mut self, disk: &dyn Disk) -> Result<(), Fault> {
        let text = serde_json::to_vec(self).map_err(std::io::Error::from).of(PATH)?;
        disk::write_whole(disk, PATH, &text).of(PATH)?;
        self.written = self.size;
        Ok(())
    }
}
