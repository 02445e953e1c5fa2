//! The files of a log, wherever they lie.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::path::PathBuf;

/// Most bytes of one file of a log: a full bundle of the longest entries.
pub const FILE_BYTES_MAX: u64 = 256 * (2 + 65_535);

/// The files of a log by their C2SP paths: `checkpoint`, `tile/...`.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// The bytes of a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is longer than any file of a log.
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>>;
}

/// A folder of them, such as a mirror keeps.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// That folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match fs::File::open(self.0.join(path)) {
            Ok(file) => file,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::new(ErrorKind::InvalidData, "the file is too long"));
        }
        Ok(Some(bytes))
    }
}
