//! What entries vouch for outside the log: the sealed bodies in the vault, by the digests of their
//! ciphertexts, so that nothing has to be opened.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use agreement::Digest;
use agreement::statement::{Entry, Kind};
use tlog::bundle::{self, BundleId};

use crate::disk::Disk;
use crate::fault::Fault;
use crate::fsck::{Report, Vouched};
use crate::private::PrivateLane;
use crate::reader::Reader;
use crate::vault::{Kept, VaultFault, Walk, walk};

/// The vault, held against the entries of the log.
#[derive(Debug)]
pub struct SealedBodies {
    walk: Walk,
    /// Entries that erasures may stand in.
    erasures: BTreeSet<u64>,
    /// Entries whose body the vault calls erased, each with the entry that it names for it.
    erased: Vec<(u64, u64)>,
}

impl SealedBodies {
    /// Walks the vault of the record on a disk, whose keys may lie on another.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn walk(disk: &dyn Disk, keys: &dyn Disk) -> Result<Self, Fault> {
        // A record that never sealed a body has no vault.
        let walked = match disk.list("vault") {
            Err(fault) if fault.kind() == ErrorKind::NotFound => Walk::default(),
            _ => walked(disk, keys)?,
        };
        Ok(Self { walk: walked, erasures: BTreeSet::new(), erased: Vec::new() })
    }

    /// Bodies that no entry names and that wait for none: what a crash left between sealing and sequencing.
    /// It is complete after the last entry. `armistice erase --orphans` sweeps them.
    #[must_use]
    pub const fn orphans(&self) -> &BTreeSet<Digest> {
        self.walk.unnamed()
    }

    /// Bodies that are held, and bodies that are erased.
    #[must_use]
    pub const fn counts(&self) -> (u64, u64) {
        (self.walk.held, self.walk.erased)
    }
}

/// Walks a vault, and names what waits in the private lane.
fn walked(bodies: &dyn Disk, keys: &dyn Disk) -> Result<Walk, Fault> {
    let damaged =
        |fault: VaultFault| Fault::Damaged { path: "vault".to_owned(), reason: fault.to_string() };
    let mut walk = walk(bodies, keys).map_err(damaged)?;
    // A damaged journal of the lane is told by whoever opens the record.
    let waiting = PrivateLane::waiting_cells(keys).map_err(damaged)?;
    waiting.iter().for_each(|cell| walk.name(cell));
    Ok(walk)
}

/// Bodies that no entry of a log of `size` entries names.
///
/// # Errors
/// When the disk fails, or something is damaged: then nothing may be called an orphan.
pub(crate) fn orphans(
    disk: &dyn Disk,
    keys: &dyn Disk,
    size: u64,
) -> Result<BTreeSet<Digest>, Fault> {
    let mut walk = walked(disk, keys)?;
    for id in BundleId::covering(0, size) {
        let bytes = Reader::new(disk).bundle(id)?;
        let torn = |reason: String| Fault::Damaged { path: id.to_string(), reason };
        let entries = bundle::first_entries(&bytes, id.width());
        for entry in entries.map_err(|fault| torn(fault.to_string()))? {
            let entry = Entry::parse(entry).map_err(|fault| torn(fault.to_string()))?;
            if let Some(sealed) = entry.sealed {
                walk.name(&sealed.sha256);
            }
        }
    }
    Ok(walk.unnamed().clone())
}

fn place(index: u64) -> String {
    format!("log entry {index}")
}

impl Vouched for SealedBodies {
    fn entry(&mut self, index: u64, entry: &[u8], report: &mut Report) -> Result<(), Fault> {
        let entry = match Entry::parse(entry) {
            Ok(entry) => entry,
            Err(refusal) => {
                report.find(&place(index), "entry", format!("it is no statement: {refusal}"));
                return Ok(());
            }
        };
        if matches!(entry.statement.header().kind, Kind::Erasure | Kind::Private) {
            self.erasures.insert(index);
        }
        let Some(sealed) = entry.sealed else { return Ok(()) };
        self.walk.name(&sealed.sha256);
        match self.walk.kept(&sealed) {
            Kept::Whole => {}
            Kept::Erased { leaf } => self.erased.push((index, leaf)),
            Kept::Missing => {
                let reason = "the vault does not hold its sealed body as it was sealed";
                report.find(&place(index), "sealed-body", reason);
            }
        }
        Ok(())
    }

    fn end(&mut self, report: &mut Report) -> Result<(), Fault> {
        for &(index, leaf) in &self.erased {
            if !self.erasures.contains(&leaf) {
                let reason = format!("its body is gone, and entry {leaf} is no erasure of it");
                report.find(&place(index), "erased", reason);
            }
        }
        for flaw in &self.walk.flaws {
            let slot = flaw.slot.map_or_else(String::new, |slot| format!("slot {slot}: "));
            report.find(&flaw.place, "vault", format!("{slot}{}", flaw.what));
        }
        Ok(())
    }
}
