//! Who is on the roster by what is published, for those who serve a record and do not write it.

use std::collections::BTreeSet;

use agreement::Digest;
use agreement::statement::said::Adopted;
use agreement::statement::{Entry, Roster, Said};
use tlog::bundle::{self, BundleId};

use super::scan;
use crate::disk::Disk;
use crate::fault::Fault;
use crate::reader::Reader;

/// The roster of a record, brought up to what is published.
#[derive(Clone, Debug)]
pub struct PublishedRoster {
    roster: Roster,
    size: u64,
    adopted: Option<(u64, Digest)>,
}

impl PublishedRoster {
    /// As the pack has it. What the keeper wrote down of the log saves reading all of it.
    ///
    /// # Errors
    /// When the disk fails, or what it holds is damaged.
    pub fn of(roster: Roster, disk: &dyn Disk, size: u64) -> Result<Self, Fault> {
        let mut this = Self { roster, size: 0, adopted: None };
        if let Some(scanned) = scan::known(disk, size)? {
            let mut leaves = scanned.leaves.clone();
            leaves.extend(scanned.adopted);
            leaves.sort_unstable();
            for leaf in leaves {
                this.take(leaf, &Reader::new(disk).entry(leaf, size)?);
            }
            this.size = scanned.size();
        }
        this.follow(disk, size)?;
        Ok(this)
    }

    /// Takes in what was published since, and says whether anything changed who is on the roster.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn follow(&mut self, disk: &dyn Disk, size: u64) -> Result<bool, Fault> {
        let before = self.roster.clone();
        let from = self.size;
        for id in BundleId::covering(from, size) {
            let bytes = Reader::new(disk).bundle(id)?;
            let entries = bundle::first_entries(&bytes, id.width()).map_err(|torn| {
                Fault::Damaged { path: id.to_string(), reason: torn.to_string() }
            })?;
            for (leaf, entry) in (id.start()..).zip(entries) {
                if leaf >= from {
                    self.take(leaf, entry);
                }
            }
        }
        self.size = self.size.max(size);
        Ok(self.roster != before)
    }

    fn take(&mut self, leaf: u64, entry: &[u8]) {
        if scan::kind_of(entry).is_none() {
            return;
        }
        let said = Entry::parse(entry).ok().and_then(|e| Said::of(e.statement.header()).ok());
        match said {
            Some(Said::AgreementAdopted(Adopted { version })) => {
                self.adopted = Some((leaf, version));
            }
            Some(said) => self.roster.apply(leaf, &said),
            None => {}
        }
    }

    /// The keys of devices that were not revoked, for whatever reason.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<[u8; 32]> {
        let standing = self.roster.devices().filter(|(_, member)| member.revoked.is_none());
        standing.map(|(_, member)| member.key.to_bytes()).collect()
    }

    /// The version of the agreement that was adopted last, and by which leaf. Its own roster is in a body
    /// that whoever serves may not be able to open: it comes with the pack.
    #[must_use]
    pub const fn adopted(&self) -> Option<(u64, Digest)> {
        self.adopted
    }
}
