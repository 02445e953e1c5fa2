//! Checks a record that lies still: every byte of the published log against every other, and against
//! the checkpoint. Needs no secret.
//!
//! The tree is built anew from the entries, so that nothing is taken from the tiles but compared with
//! them. What else the entries vouch for (ciphertexts, segments) is checked by [`Vouched`].

use std::collections::BTreeMap;
use std::io::ErrorKind;

use tlog::bundle::{self, BUNDLE_BYTES_MAX, BundleId};
use tlog::tile::TILE_BYTES;
use tlog::{Edge, Hash, Tile, hash_leaf};

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::head::{Head, LogVerifier};
use crate::publish::{CHECKPOINT, LOG};
use crate::reader::Reader;

/// Most findings that are kept; the rest are counted.
pub const FINDINGS_MAX: usize = 1000;
const BUNDLE_ENTRIES: u64 = 256;
/// What a crash may leave beside the files that it kept from being finished.
const UNFINISHED: &str = ".unfinished";

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which file of the record.
    pub path: String,
    /// Stable name of what is wrong.
    pub code: &'static str,
    /// The same in words.
    pub reason: String,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that the checkpoint covers.
    pub entries: u64,
    /// Files that were read and compared.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// What is wrong, in the order of the log; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings past those.
    pub more: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding.
    pub fn find(&mut self, path: &str, code: &'static str, reason: impl Into<String>) {
        if self.findings.len() == FINDINGS_MAX {
            self.more += 1;
            return;
        }
        self.findings.push(Finding { path: path.to_owned(), code, reason: reason.into() });
    }
}

/// Checks what entries vouch for outside the log.
pub trait Vouched {
    /// An entry, in the order of the log.
    ///
    /// # Errors
    /// When the disk fails; what is wrong goes into the report.
    fn entry(&mut self, index: u64, entry: &[u8], report: &mut Report) -> Result<(), Fault>;

    /// After the last entry: what is there and no entry vouches for.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    fn end(&mut self, report: &mut Report) -> Result<(), Fault>;
}

/// Entries that vouch for nothing outside the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingVouched;

impl Vouched for NothingVouched {
    fn entry(&mut self, _: u64, _: &[u8], _: &mut Report) -> Result<(), Fault> {
        Ok(())
    }

    fn end(&mut self, _: &mut Report) -> Result<(), Fault> {
        Ok(())
    }
}

/// Checks the whole published log.
///
/// # Errors
/// When the disk fails, or there is no record. Whatever is wrong with the record is in the report.
pub fn fsck(
    disk: &dyn Disk,
    verifier: &dyn LogVerifier,
    vouched: &mut dyn Vouched,
) -> Result<Report, Fault> {
    let mut report = Report::default();
    let checkpoint = Reader::new(disk).checkpoint()?;
    report.files += 1;
    report.bytes += checkpoint.len() as u64;
    let head = match verifier.head(&checkpoint) {
        Ok(head) => head,
        Err(reason) => {
            report.find(CHECKPOINT, "checkpoint", reason);
            return Ok(report);
        }
    };
    report.entries = head.size;
    let mut check = Check { disk, head, report };
    check.rebuild(vouched)?;
    check.leftovers("tile")?;
    vouched.end(&mut check.report)?;
    Ok(check.report)
}

struct Check<'d> {
    disk: &'d dyn Disk,
    head: Head,
    report: Report,
}

impl Check<'_> {
    /// Builds the tree from the entries, comparing each tile as it fills.
    fn rebuild(&mut self, vouched: &mut dyn Vouched) -> Result<(), Fault> {
        let mut edge = Edge::new();
        // The rightmost tile of each level, for as long as it is partial.
        let mut open = BTreeMap::new();
        for id in BundleId::covering(0, self.head.size) {
            let leaves = self.bundle(id, vouched)?;
            let changed = edge.append(&leaves).map_err(|_| Fault::LogFull)?;
            for data in changed {
                if data.tile.is_partial() {
                    open.insert(data.tile.level(), data);
                } else {
                    open.remove(&data.tile.level());
                    self.tile(data.tile, &data.bytes)?;
                }
            }
        }
        for data in open.values() {
            self.tile(data.tile, &data.bytes)?;
        }
        if edge.root() != self.head.root {
            let reason = "the entries lead to another root than the checkpoint's";
            self.report.find(CHECKPOINT, "root", reason);
        }
        Ok(())
    }

    /// The leaf hashes of a bundle. Where it cannot be read, those of its tile stand in, so that the
    /// rest can still be checked.
    fn bundle(&mut self, id: BundleId, vouched: &mut dyn Vouched) -> Result<Vec<Hash>, Fault> {
        let path = format!("{LOG}/{id}");
        let bytes = self.read(&path, BUNDLE_BYTES_MAX as u64)?;
        // Where a full bundle is there, the partial one may be gone.
        let stands_in = bytes.is_none() && id.is_partial();
        let bytes = if stands_in {
            self.read(&format!("{LOG}/{}", id.full()), BUNDLE_BYTES_MAX as u64)?
        } else {
            bytes
        };
        let Some(bytes) = bytes else {
            self.report.find(&path, "missing", "the entries are not there");
            return self.leaves_by_tile(id);
        };
        let parse = if stands_in { bundle::first_entries } else { bundle::entries };
        let entries = match parse(&bytes, id.width()) {
            Ok(entries) => entries,
            Err(torn) => {
                self.report.find(&path, "torn", torn.to_string());
                return self.leaves_by_tile(id);
            }
        };
        for (index, entry) in (id.start()..).zip(&entries) {
            vouched.entry(index, entry, &mut self.report)?;
        }
        Ok(entries.iter().map(|entry| hash_leaf(entry)).collect())
    }

    fn leaves_by_tile(&mut self, id: BundleId) -> Result<Vec<Hash>, Fault> {
        let tile = id.tile();
        let bytes = self.read(&format!("{LOG}/{tile}"), TILE_BYTES as u64)?.unwrap_or_default();
        let mut leaves: Vec<Hash> = bytes.chunks_exact(32).filter_map(Hash::from_slice).collect();
        leaves.resize(usize::from(tile.width()), tlog::EMPTY_ROOT);
        Ok(leaves)
    }

    fn tile(&mut self, tile: Tile, expected: &[u8]) -> Result<(), Fault> {
        let path = format!("{LOG}/{tile}");
        let mut found = self.read(&path, TILE_BYTES as u64)?;
        if found.is_none() && tile.is_partial() {
            let full = self.read(&format!("{LOG}/{}", tile.full()), TILE_BYTES as u64)?;
            found = full.map(|bytes| bytes[..bytes.len().min(expected.len())].to_vec());
        }
        match found {
            None => self.report.find(&path, "missing", "the tile is not there"),
            Some(bytes) if bytes != expected => {
                self.report.find(&path, "tile", "its hashes are not those of the entries below it");
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Goes through what lies in the log's folders besides: partial tiles and bundles of earlier
    /// checkpoints have to be what the later ones begin with; anything else does not belong there.
    fn leftovers(&mut self, folder: &str) -> Result<(), Fault> {
        let path = format!("{LOG}/{folder}");
        let listed = match self.disk.list(&path) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(()),
            listed => listed.of(&path)?,
        };
        for entry in listed {
            let name = format!("{folder}/{}", entry.name);
            if entry.is_folder {
                self.leftovers(&name)?;
            } else if let Some(tile) = Tile::parse(&name) {
                let within = self.head.size >> (8 * u32::from(tile.level()));
                self.superseded(&name, tile.index(), tile.width(), within, |width| {
                    Tile::new(tile.level(), tile.index(), width).map(|tile| tile.to_string())
                })?;
            } else if let Some(id) = BundleId::parse(&name) {
                self.superseded(&name, id.index(), id.width(), self.head.size, |width| {
                    BundleId::new(id.index(), width).map(|id| id.to_string())
                })?;
            } else if !name.ends_with(UNFINISHED) {
                self.report.find(
                    &format!("{LOG}/{name}"),
                    "stray",
                    "no log has a file of this name",
                );
            }
        }
        Ok(())
    }

    /// Compares a partial file of an earlier checkpoint with the one that took its place.
    fn superseded(
        &mut self,
        name: &str,
        index: u64,
        width: u16,
        within: u64,
        path_of: impl Fn(u16) -> Option<String>,
    ) -> Result<(), Fault> {
        let now = within.saturating_sub(index * BUNDLE_ENTRIES).min(BUNDLE_ENTRIES) as u16;
        // Of this checkpoint, and compared already; or of a publication that a crash cut off.
        if width >= now {
            return Ok(());
        }
        let Some(later) = path_of(now) else { return Ok(()) };
        let (path, later) = (format!("{LOG}/{name}"), format!("{LOG}/{later}"));
        let limit = BUNDLE_BYTES_MAX as u64;
        let (Some(bytes), Some(whole)) = (self.read(&path, limit)?, self.read(&later, limit)?)
        else {
            return Ok(());
        };
        let is_right_length = match Tile::parse(name) {
            Some(tile) => bytes.len() == tile.byte_len(),
            None => bundle::entries(&bytes, width).is_ok(),
        };
        if !is_right_length || !whole.starts_with(&bytes) {
            self.report.find(&path, "partial", format!("it is not what {later} begins with"));
        }
        Ok(())
    }

    /// A file, counted; `None` where there is none, or more than a file of its kind can have.
    fn read(&mut self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, Fault> {
        match disk::read_at_most(self.disk, path, bytes_max) {
            Ok(bytes) => {
                self.report.files += 1;
                self.report.bytes += bytes.len() as u64;
                Ok(Some(bytes))
            }
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) if fault.kind() == ErrorKind::FileTooLarge => {
                self.report.find(path, "too-large", format!("it has more than {bytes_max} bytes"));
                Ok(None)
            }
            Err(fault) => Err(fault).of(path),
        }
    }
}
