//! Reads the published log: tiles, bundles, entries.

use std::io::{self, ErrorKind};

use tlog::bundle::{self, BUNDLE_BYTES_MAX, BundleId};
use tlog::tile::TILE_BYTES;
use tlog::{Tile, TileSource};

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::head::{Head, LogVerifier};
use crate::publish::{CHECKPOINT, CHECKPOINT_BYTES_MAX, LOG};

/// The log as it lies on disk.
#[derive(Debug)]
pub struct Reader<'d> {
    disk: &'d dyn Disk,
}

impl<'d> Reader<'d> {
    /// Of a record's disk.
    #[must_use]
    pub const fn new(disk: &'d dyn Disk) -> Self {
        Self { disk }
    }

    /// The disk.
    #[must_use]
    pub const fn disk(&self) -> &'d dyn Disk {
        self.disk
    }

    /// The checkpoint's bytes.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn checkpoint(&self) -> Result<Vec<u8>, Fault> {
        match disk::read_at_most(self.disk, CHECKPOINT, CHECKPOINT_BYTES_MAX) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                Err(Fault::Missing { path: CHECKPOINT.to_owned() })
            }
            read => read.of(CHECKPOINT),
        }
    }

    /// What the checkpoint says, once its signature is checked.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint), and when it is not one of this key.
    pub fn head(&self, verifier: &dyn LogVerifier) -> Result<Head, Fault> {
        verifier.head(&self.checkpoint()?).map_err(|reason| Fault::OtherKey { reason })
    }

    /// The bytes of a bundle, which may be those of the full one; not checked against the tree.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn bundle(&self, bundle: BundleId) -> Result<Vec<u8>, Fault> {
        let path = format!("{LOG}/{bundle}");
        match disk::read_at_most(self.disk, &path, BUNDLE_BYTES_MAX as u64) {
            Err(fault) if fault.kind() == ErrorKind::NotFound && bundle.is_partial() => {
                self.bundle(bundle.full())
            }
            read => read.of(&path),
        }
    }

    /// One entry of a log of `size`; not checked against the tree.
    ///
    /// # Errors
    /// When the log does not have it, or its bundle cannot be had or is torn.
    pub fn entry(&self, index: u64, size: u64) -> Result<Vec<u8>, Fault> {
        let id = BundleId::holding(index, size).ok_or(Fault::NoEntry { index, size })?;
        let bytes = self.bundle(id)?;
        let entries = bundle::first_entries(&bytes, id.width()).map_err(|torn| Fault::Damaged {
            path: format!("{LOG}/{id}"),
            reason: torn.to_string(),
        })?;
        Ok(entries[(index - id.start()) as usize].to_vec())
    }
}

impl TileSource for Reader<'_> {
    type Error = Fault;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), Fault> {
        let path = format!("{LOG}/{tile}");
        let bytes = match disk::read_at_most(self.disk, &path, TILE_BYTES as u64) {
            Err(fault) if fault.kind() == ErrorKind::NotFound && tile.is_partial() => {
                return self.read_first_of_full(tile, into);
            }
            read => read.of(&path)?,
        };
        if bytes.len() != into.len() {
            return Err(short(&path));
        }
        into.copy_from_slice(&bytes);
        Ok(())
    }
}

impl Reader<'_> {
    fn read_first_of_full(&self, tile: Tile, into: &mut [u8]) -> Result<(), Fault> {
        let path = format!("{LOG}/{}", tile.full());
        let bytes = disk::read_at_most(self.disk, &path, TILE_BYTES as u64).of(&path)?;
        if bytes.len() != TILE_BYTES {
            return Err(short(&path));
        }
        into.copy_from_slice(&bytes[..into.len()]);
        Ok(())
    }
}

fn short(path: &str) -> Fault {
    let source =
        io::Error::new(ErrorKind::InvalidData, "the tile has another length than its path says");
    Fault::Disk { path: path.to_owned(), source }
}
