//! Where a log is read from: a folder on disk or a server, alike to whoever verifies it. Nothing that
//! comes from a source is believed.

use std::io::ErrorKind;

use tlog::bundle::BundleId;
use tlog::tile::TILE_BYTES;
use tlog::{Tile, TileSource};

use crate::fault::Fault;
use crate::reader::Reader;

/// Why something cannot be had from a source.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// It is not there.
    #[error("{path} is not there")]
    Missing {
        /// What.
        path: String,
    },
    /// The server does not give it to us.
    #[error("{path}: the server refuses with {status}{said}")]
    Refused {
        /// What.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What it said, after a colon; or nothing.
        said: String,
    },
    /// It is there and cannot be what it has to be.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// What.
        path: String,
        /// How.
        reason: String,
    },
    /// The network or the disk failed.
    #[error("{path}: {reason}")]
    Failed {
        /// What.
        path: String,
        /// Why.
        reason: String,
    },
}

/// A log that can be read.
pub trait LogSource {
    /// The bytes of its checkpoint.
    ///
    /// # Errors
    /// When they cannot be had.
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault>;

    /// The bytes of a tile as it was asked for, and no other.
    ///
    /// # Errors
    /// When they cannot be had.
    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault>;

    /// The bytes of a bundle as it was asked for, and no other.
    ///
    /// # Errors
    /// When they cannot be had.
    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault>;
}

/// The bytes of a bundle, which may be those of the full one: a log need not keep partial ones.
///
/// # Errors
/// When neither can be had.
pub fn bundle(source: &mut dyn LogSource, id: BundleId) -> Result<Vec<u8>, SourceFault> {
    match source.exact_bundle(id) {
        Err(SourceFault::Missing { .. }) if id.is_partial() => source.exact_bundle(id.full()),
        had => had,
    }
}

/// A source's tiles, for making proofs from.
pub struct Tiles<'s>(pub &'s mut dyn LogSource);

impl TileSource for Tiles<'_> {
    type Error = SourceFault;

    fn read_tile(&mut self, tile: Tile, into: &mut [u8]) -> Result<(), SourceFault> {
        let (had, bytes) = match self.0.exact_tile(tile) {
            Err(SourceFault::Missing { .. }) if tile.is_partial() => {
                (tile.full(), self.0.exact_tile(tile.full())?)
            }
            bytes => (tile, bytes?),
        };
        if bytes.len() != had.byte_len() {
            let reason = format!("it has {} bytes, not {}", bytes.len(), had.byte_len());
            return Err(SourceFault::Damaged { path: had.to_string(), reason });
        }
        into.copy_from_slice(&bytes[..into.len()]);
        Ok(())
    }
}

/// A record or a mirror on disk.
impl LogSource for Reader<'_> {
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault> {
        Reader::checkpoint(self).map_err(|fault| failed("checkpoint", &fault))
    }

    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault> {
        self.exact(&tile.to_string(), TILE_BYTES)
    }

    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault> {
        self.exact(&bundle.to_string(), tlog::bundle::BUNDLE_BYTES_MAX)
    }
}

impl Reader<'_> {
    fn exact(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, SourceFault> {
        let on_disk = format!("{}/{path}", crate::publish::LOG);
        match crate::disk::read_at_most(self.disk(), &on_disk, bytes_max as u64) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => {
                Err(SourceFault::Missing { path: path.to_owned() })
            }
            read => read.map_err(|fault| failed(path, &fault)),
        }
    }
}

fn failed(path: &str, fault: &dyn std::error::Error) -> SourceFault {
    SourceFault::Failed { path: path.to_owned(), reason: fault.to_string() }
}

impl From<Fault> for SourceFault {
    fn from(fault: Fault) -> Self {
        failed("record", &fault)
    }
}
