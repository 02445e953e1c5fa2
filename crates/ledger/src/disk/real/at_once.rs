//! Making everything on a file system durable by one call.
//!
//! Thousands of files cost thousands of commits of a journal when each is synced, and one when all are
//! (syncfs(2)). What the call promises depends on the system: only where it is known to wait for bytes,
//! names and the disk's own cache, and to tell of what failed, is it relied on.

use std::io;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
pub(super) use linux::AtOnce;

#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct AtOnce;

#[cfg(not(target_os = "linux"))]
impl AtOnce {
    pub(super) fn of(_: &[PathBuf]) -> io::Result<Option<Self>> {
        Ok(None)
    }
}

#[cfg(not(target_os = "linux"))]
impl super::Unsynced for AtOnce {
    fn sync(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::OnceLock;

    use super::super::Unsynced;
    use super::{PathBuf, io};

    /// File systems on which the call waits for everything, by their numbers in statfs(2): ext4, XFS,
    /// Btrfs, and tmpfs, where nothing outlasts the power whatever one does. FUSE and networks promise
    /// less.
    const KNOWN: [u64; 4] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994];
    /// The version of the system since which the call tells of writes that failed.
    const SYSTEM_MIN: (u32, u32) = (5, 8);

    /// Handles on the file systems that some folders lie on.
    #[derive(Debug)]
    pub(in super::super) struct AtOnce {
        handles: Vec<File>,
    }

    impl AtOnce {
        /// `None` where too little is promised.
        pub(in super::super) fn of(folders: &[PathBuf]) -> io::Result<Option<Self>> {
            if !tells_of_failures() {
                return Ok(None);
            }
            let mut handles = BTreeMap::new();
            for folder in folders {
                let handle = File::open(folder)?;
                let device = handle.metadata()?.dev();
                if handles.contains_key(&device) {
                    continue;
                }
                let kind = rustix::fs::fstatfs(&handle)?.f_type as u64 & 0xFFFF_FFFF;
                if !KNOWN.contains(&kind) {
                    return Ok(None);
                }
                handles.insert(device, handle);
            }
            Ok(Some(Self { handles: handles.into_values().collect() }))
        }
    }

    impl Unsynced for AtOnce {
        /// Makes everything durable that was written or listed before. Fails when anything could not be
        /// since the handles were opened, perhaps somebody else's.
        fn sync(&self) -> io::Result<()> {
            for handle in &self.handles {
                rustix::fs::syncfs(handle)?;
                // Where it finds nothing to commit the call may leave out the disk's own cache. The
                // sync of a file or folder never does.
                handle.sync_all()?;
            }
            Ok(())
        }
    }

    fn tells_of_failures() -> bool {
        static TELLS: OnceLock<bool> = OnceLock::new();
        *TELLS.get_or_init(|| {
            let system = rustix::system::uname();
            let mut numbers = system.release().to_str().unwrap_or("").split(['.', '-']);
            let mut number = || numbers.next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
            (number(), number()) >= SYSTEM_MIN
        })
    }
}
