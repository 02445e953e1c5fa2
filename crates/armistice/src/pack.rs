//! A pack's folder, read.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use agreement::fault::PackFile;
use agreement::{Note, Pack, PackFault, PackFiles};
use anyhow::Context as _;

use crate::console::Ink;
use crate::faults;
use crate::outcome::Refused;

/// The files of a pack's folder, as they are.
#[derive(Debug)]
pub(crate) struct PackFolder {
    agreement_toml: Option<Vec<u8>>,
    areas_geojson: Option<Vec<u8>>,
    has_sources: bool,
}

/// A pack with notes, or every fault in it.
pub(crate) type Checked = Result<(Pack, Vec<Note>), Vec<PackFault>>;

impl PackFolder {
    /// Reads the folder. A file that is not there is a fault of the pack, and told as one; a
    /// folder that is not there is not a pack.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        fs::read_dir(folder)
            .with_context(|| format!("the pack {} cannot be read", folder.display()))?;
        let read = |file: PackFile| {
            let path = folder.join(file.name());
            match fs::read(&path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(fault) => {
                    Err(fault).with_context(|| format!("{} cannot be read", path.display()))
                }
            }
        };
        Ok(Self {
            agreement_toml: read(PackFile::Agreement)?,
            areas_geojson: read(PackFile::Areas)?,
            has_sources: folder.join(PackFile::Sources.name()).is_file(),
        })
    }

    /// Checks what was read.
    pub(crate) fn check(&self) -> Checked {
        agreement::reader::read(&PackFiles {
            agreement_toml: self.agreement_toml.as_deref(),
            areas_geojson: self.areas_geojson.as_deref(),
            has_sources: self.has_sources,
        })
    }

    /// The text of a file, as far as it is text.
    pub(crate) fn text(&self, file: PackFile) -> Option<&str> {
        let bytes = match file {
            PackFile::Agreement => self.agreement_toml.as_deref(),
            PackFile::Areas => self.areas_geojson.as_deref(),
            PackFile::Sources => None,
        };
        std::str::from_utf8(bytes?).ok()
    }
}

/// The pack in a folder, for whoever cannot go on without one: faults go to standard error.
pub(crate) fn sound(folder: &Path) -> anyhow::Result<Pack> {
    let files = PackFolder::read(folder)?;
    match files.check() {
        Ok((pack, _)) => Ok(pack),
        Err(faults) => {
            let mut out = io::stderr().lock();
            for fault in &faults {
                faults::print_fault(&mut out, Ink::for_stderr(), folder, &files, fault)?;
            }
            out.flush()?;
            let count = faults.len();
            let s = if count == 1 { "" } else { "s" };
            Err(Refused(format!("{} has {count} fault{s}", folder.display())).into())
        }
    }
}
