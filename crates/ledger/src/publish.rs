//! Publishing: tiles and bundles as plain files, then the checkpoint that covers them.
//!
//! Everything that a checkpoint covers is durable under its name before the checkpoint is. Whoever
//! fetches a checkpoint can fetch its tiles, also after a loss of power a moment later.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use tlog::Tile;
use tlog::bundle::BundleId;

use crate::disk::{self, Disk, Put, folder_of};
use crate::fault::{Fault, Of as _};
use crate::head::{Head, LogKey};
use crate::tree::LogFiles;

/// The folder that can be served as it is.
pub const LOG: &str = "log";
/// Where the checkpoint lies.
pub const CHECKPOINT: &str = "log/checkpoint";
/// Most bytes of a checkpoint that are read: its three lines and many cosignatures.
pub const CHECKPOINT_BYTES_MAX: u64 = 1 << 20;

/// Files and a head to publish. Until it is written, nothing of it is lost: the pools that it comes
/// from stay staged.
#[derive(Debug)]
pub struct Publication {
    files: LogFiles,
    head: Head,
}

/// Folders of the log that are known to be durable.
#[derive(Debug, Default)]
pub struct Folders {
    durable: BTreeSet<String>,
    /// Partial tiles and bundles may lie about that are not in `durable`, unless all was well so far.
    is_sure: bool,
}

impl Publication {
    pub(crate) fn new(files: LogFiles, head: Head) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (format!("{LOG}/{path}"), bytes));
        Self { files: files.collect(), head }
    }

    /// What the log stands at once this is written.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Adds the files of a later publication, which then needs no checkpoint of its own.
    #[must_use]
    pub fn and_then(mut self, later: Self) -> Self {
        self.files.extend(later.files);
        Self { files: self.files, head: later.head }
    }

    /// Writes it: every file durable under its name, then the checkpoint.
    ///
    /// # Errors
    /// When the disk fails. The log is then what it was or what this makes of it, and writing the same
    /// again is right.
    pub fn write(
        &self,
        disk: &dyn Disk,
        key: &dyn LogKey,
        folders: &mut Folders,
    ) -> Result<(), Fault> {
        let put = self.put(disk)?;
        self.finish(&put, disk, key, folders)
    }

    /// The first half of [`write`](Self::write): the bytes are with the system. Nothing is seen of it, so
    /// that the publication before it may be under way.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn put(&self, disk: &dyn Disk) -> Result<Put, Fault> {
        // Sorted, a folder comes before what lies in it.
        for folder in folders_of(&self.files) {
            disk.create_folder(folder).of(folder)?;
        }
        disk::put_whole_all(disk, &self.files).of(LOG)
    }

    /// The second half: what was put is durable under its name, then the checkpoint is. The publication
    /// before it is written.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(
        &self,
        put: &Put,
        disk: &dyn Disk,
        key: &dyn LogKey,
        folders: &mut Folders,
    ) -> Result<(), Fault> {
        let was_sure = std::mem::replace(&mut folders.is_sure, false);
        let made = folders_of(&self.files).filter(|folder| !folders.durable.contains(*folder));
        let made: BTreeSet<String> = made.map(str::to_owned).collect();
        let parents = made.iter().map(|folder| folder_of(folder).to_owned()).collect();
        put.finish(disk, parents).of(LOG)?;
        folders.durable.extend(made);
        disk::write_whole(disk, CHECKPOINT, &key.checkpoint(&self.head)).of(CHECKPOINT)?;
        self.remove_superseded(disk, folders, was_sure)?;
        folders.is_sure = true;
        Ok(())
    }

    /// Removes the partial tiles and bundles whose full ones are now published, as the specification
    /// allows. What a crash leaves of them is right as well: they hold what the full ones begin with.
    fn remove_superseded(
        &self,
        disk: &dyn Disk,
        folders: &mut Folders,
        is_sure: bool,
    ) -> Result<(), Fault> {
        for (path, _) in &self.files {
            let name = path.strip_prefix("log/").unwrap_or(path);
            let is_full = Tile::parse(name).is_some_and(|tile| !tile.is_partial())
                || BundleId::parse(name).is_some_and(|bundle| !bundle.is_partial());
            if is_full {
                let partial = format!("{path}.p");
                if folders.durable.remove(&partial) || !is_sure {
                    remove_all(disk, &partial)?;
                }
            }
        }
        Ok(())
    }
}

fn remove_all(disk: &dyn Disk, folder: &str) -> Result<(), Fault> {
    let listed = match disk.list(folder) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(()),
        listed => listed.of(folder)?,
    };
    for entry in listed {
        disk.remove(&format!("{folder}/{}", entry.name)).of(folder)?;
    }
    disk.remove_folder(folder).of(folder)
}

/// The folders that files need, those above first.
fn folders_of(files: &LogFiles) -> impl Iterator<Item = &str> {
    let mut needed = BTreeSet::new();
    for (path, _) in files {
        let mut folder = folder_of(path);
        while !folder.is_empty() && needed.insert(folder) {
            folder = folder_of(folder);
        }
    }
    needed.into_iter()
}
