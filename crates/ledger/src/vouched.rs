//! What entries vouch for outside the log: the sealed bodies in the vault, by the digests of their
//! ciphertexts, so that nothing has to be opened.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use agreement::statement::{Entry, Kind};

use crate::disk::Disk;
use crate::fault::Fault;
use crate::fsck::{Report, Vouched};
use crate::vault::{Kept, Walk, walk};

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
    /// Walks the vault.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn walk(disk: &dyn Disk) -> Result<Self, Fault> {
        // A record that never sealed a body has no vault.
        let walked = match disk.list("vault") {
            Err(fault) if fault.kind() == ErrorKind::NotFound => Walk::default(),
            _ => walk(disk, disk).map_err(|fault| Fault::Damaged {
                path: "vault".to_owned(),
                reason: fault.to_string(),
            })?,
        };
        Ok(Self { walk: walked, erasures: BTreeSet::new(), erased: Vec::new() })
    }

    /// Bodies that are held, and bodies that are erased.
    #[must_use]
    pub const fn counts(&self) -> (u64, u64) {
        (self.walk.held, self.walk.erased)
    }
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
