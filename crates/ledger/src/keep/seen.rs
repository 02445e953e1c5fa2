//! How far the folder of keys has come, written down beside the log: keys may lie on another disk, and a
//! disk may be put back from a copy.

use agreement::Digest;
use serde::{Deserialize, Serialize};

use crate::disk::{self, Disk};
use crate::fault::{Fault, Of as _};
use crate::noted;

const PATH: &str = "state/keys.json";

/// Events of the journals that lie with the keys. What is written down is never ahead of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// Of the vault: who was shown what, what is to be erased.
    pub(super) vault: u64,
    /// Of the private lane: what was queued, what was planned.
    pub(super) private: u64,
}

impl Seen {
    /// What was written down last; nothing where nothing was.
    pub(super) fn read(disk: &dyn Disk) -> Result<Self, Fault> {
        let Some(bytes) = disk::read_if_any(disk, PATH).of(PATH)? else {
            return Ok(Self::default());
        };
        let damaged = |reason: String| Fault::Damaged { path: PATH.to_owned(), reason };
        // As versions before wrote it: the JSON alone.
        if let Ok(seen) = serde_json::from_slice(&bytes) {
            return Ok(seen);
        }
        let json = noted::json_of(&bytes).map_err(|why| damaged(why.to_owned()))?;
        serde_json::from_str(json).map_err(|why| damaged(why.to_string()))
    }

    /// Refuses journals that hold less than they once did.
    pub(super) fn check(self, now: Self) -> Result<(), Fault> {
        let lost = |what: &str, had: u64, has: u64| {
            let what = format!("{what} holds {has} events, and held {had}");
            Err(Fault::KeysPutBack { what })
        };
        if now.vault < self.vault {
            return lost("vault/journal", self.vault, now.vault);
        }
        if now.private < self.private {
            return lost("vault/private", self.private, now.private);
        }
        Ok(())
    }

    pub(super) fn write(self, disk: &dyn Disk) -> Result<(), Fault> {
        let text = serde_json::to_vec(&self).map_err(std::io::Error::from).of(PATH)?;
        disk::write_whole(disk, PATH, &noted::to_bytes(&text)).of(PATH)
    }
}

/// That the log has a body which the vault does not know.
pub(super) fn unknown_body(leaf: u64, sealed: &Digest) -> Fault {
    let sealed = sealed.to_string();
    let what = format!("the body of entry {leaf} ({}...) is not in it", &sealed[..16]);
    Fault::KeysPutBack { what }
}

/// That the log has a cell which the private lane has not planned.
pub(super) fn unplanned_cell(leaf: u64) -> Fault {
    Fault::KeysPutBack { what: format!("vault/private has not planned the cell in entry {leaf}") }
}
