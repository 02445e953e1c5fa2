//! Which entries change the roster, so that opening a record reads those and not all of it.

use agreement::statement::{Entry, Kind};
use serde::{Deserialize, Serialize};
use tlog::bundle::{self, BundleId};

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::noted;
use crate::pool::Pool;
use crate::reader::Reader;

const PATH: &str = "state/roster.json";
const FORM: u32 = 1;
/// What was looked through is written down after so many entries, and whenever one counts.
const WRITTEN_EVERY: u64 = 1 << 16;

/// How far the log was looked through, and what was found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Scanned {
    /// Of what was written down; another form is read anew from the log.
    #[serde(default)]
    form: u32,
    size: u64,
    pub(super) leaves: Vec<u64>,
    /// The last adoption of a version of the agreement.
    #[serde(default)]
    pub(super) adopted: Option<u64>,
    #[serde(skip)]
    written: u64,
}

/// Looks through what was not looked through before. What was written down is a saving and no
/// source: without it the whole log is read.
pub(super) fn bring_up(disk: &dyn Disk, size: u64) -> Result<Scanned, Fault> {
    let mut scanned = known(disk, size)?.unwrap_or_default();
    scanned.form = FORM;
    scanned.written = scanned.size;
    let from = scanned.size;
    for id in BundleId::covering(from, size) {
        let bytes = Reader::new(disk).bundle(id)?;
        let entries = bundle::first_entries(&bytes, id.width());
        let entries = entries
            .map_err(|torn| Fault::Damaged { path: id.to_string(), reason: torn.to_string() })?;
        for (leaf, entry) in (id.start()..).zip(entries) {
            if leaf >= from {
                scanned.see(leaf, entry);
            }
        }
    }
    scanned.size = size;
    scanned.write(disk)?;
    Ok(scanned)
}

/// What was written down, if it is of this form and not of a larger log.
pub(super) fn known(disk: &dyn Disk, size: u64) -> Result<Option<Scanned>, Fault> {
    let known = disk::read_if_any(disk, PATH).of(PATH)?;
    let known: Option<Scanned> =
        known.and_then(|bytes| serde_json::from_str(noted::json_of(&bytes).ok()?).ok());
    Ok(known.filter(|known| known.size <= size && known.form == FORM))
}

/// The kind of an entry, where it is one of those that count here.
pub(super) fn kind_of(entry: &[u8]) -> Option<Kind> {
    // Canonical, so that this is in every such entry; most are told apart without reading them.
    let text = str::from_utf8(entry).ok()?;
    let may = [r#""kind":"key-"#, r#""kind":"agreement-adopted""#];
    if !may.iter().any(|kind| text.contains(kind)) {
        return None;
    }
    let kind = Entry::parse(entry).ok()?.statement.header().kind.clone();
    matches!(kind, Kind::KeyEnrolled | Kind::KeyRevoked | Kind::AgreementAdopted).then_some(kind)
}

impl Scanned {
    /// How far the log was looked through.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Takes in a pool that was just published.
    pub(super) fn note(&mut self, disk: &dyn Disk, pool: &Pool, size: u64) -> Result<(), Fault> {
        let before = (self.leaves.len(), self.adopted);
        for (leaf, entry) in (pool.first()..).zip(pool.entries()) {
            self.see(leaf, entry);
        }
        self.size = size;
        if (self.leaves.len(), self.adopted) != before || size - self.written >= WRITTEN_EVERY {
            self.write(disk)?;
        }
        Ok(())
    }

    fn see(&mut self, leaf: u64, entry: &[u8]) {
        match kind_of(entry) {
            Some(Kind::AgreementAdopted) => self.adopted = Some(leaf),
            Some(_) => self.leaves.push(leaf),
            None => {}
        }
    }

    fn write(&mut self, disk: &dyn Disk) -> Result<(), Fault> {
        let text = serde_json::to_vec(self).map_err(std::io::Error::from).of(PATH)?;
        disk::write_whole(disk, PATH, &noted::to_bytes(&text)).of(PATH)?;
        self.written = self.size;
        Ok(())
    }
}
