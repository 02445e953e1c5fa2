//! What a keeper owes for what it has said, and what it did of which nobody heard.

use std::collections::BTreeMap;

use agreement::Digest;
use agreement::statement::{Claim, Entry, Sealed};
use ledger::fsck::{Report, fsck};
use ledger::vault::State;
use ledger::vouched::SealedBodies;
use ledger::{Head, Keeper, LogVerifier as _};
use tlog::{Hash, hash_leaf, inclusion_proof, verify_inclusion};

use crate::log;
use crate::record::Violation;
use crate::world::{SimKey, World};

/// Bytes of a ciphertext by which it is known again.
const PIECE_BYTES: usize = 48;
/// Where in the slot of a body its digest stands, and where its wrapped key.
const SLOT_DIGEST_AT: usize = 16;
const SLOT_KEY: std::ops::Range<usize> = 88..136;
/// Where in it stands who holds the key, and where shares lie.
const SLOT_MODE_AT: usize = 1;
const SPLIT: u8 = 1;
const SLOT_SHARES: std::ops::Range<usize> = 48..56;

/// What was acknowledged.
#[derive(Default)]
pub(super) struct Owed {
    /// Public claims, by the digest of their statement, each at its leaf.
    pub(super) admitted: BTreeMap<Digest, (u64, Claim)>,
    /// Private claims.
    pub(super) queued: BTreeMap<Digest, Claim>,
    /// For private claims, the ciphertexts of the cells that were promised to be in the log.
    pub(super) promised: BTreeMap<Digest, Vec<Digest>>,
    /// Bodies whose erasure was begun.
    pub(super) condemned: Vec<Condemned>,
    /// What was released: the leaf of the disclosure, and the ciphertext whose key left.
    pub(super) released: Vec<(u64, Digest)>,
    /// Heads that were told of.
    heads: Vec<Head>,
    /// The leaves of the log when it was last looked at, and the digests of their statements.
    leaves: Vec<Hash>,
    statements: Vec<Digest>,
    /// Checkpoints that were seen and held against the log. That does not change.
    checked: usize,
}

/// A body whose erasure was begun, and by what it would be known again.
pub(super) struct Condemned {
    /// Leaf of its statement.
    pub(super) leaf: u64,
    pub(super) sealed: Digest,
    text: Vec<u8>,
    key: Vec<u8>,
    /// Leaf of the erasure, once somebody was told that it is done or a start has finished it.
    pub(super) erased_by: Option<u64>,
}

impl Condemned {
    /// Of a body that is held. Nothing goes wrong with the disk meanwhile.
    pub(super) fn of(
        world: &World,
        keeper: &mut Keeper,
        leaf: u64,
        sealed: &Sealed,
    ) -> Result<Self, Violation> {
        let text = keeper.vault_mut().ciphertext(&sealed.sha256);
        let text = text.map_err(|fault| Violation(format!("leaf {leaf} cannot be read: {fault}")));
        let mut text = text?;
        text.drain(..text.len() - PIECE_BYTES);
        let file = |n, end| world.of_keys().shown(&format!("vault/keys/{n:08}{end}"));
        let files = (0..).map_while(|n| Some((n, file(n, "")?)));
        let digest = sealed.sha256.as_bytes();
        let key_in = |(n, keys): (u32, Vec<u8>)| {
            let at = keys.windows(digest.len()).position(|window| window == digest)?;
            let slot = keys.get(at - SLOT_DIGEST_AT..)?;
            match slot.get(SLOT_SHARES)?.first_chunk::<8>().map(|at| u64::from_le_bytes(*at)) {
                Some(at) if slot[SLOT_MODE_AT] == SPLIT => {
                    let shares = file(n, ".shares")?;
                    Some(shares.get(at as usize..)?.get(..PIECE_BYTES)?.to_vec())
                }
                _ => Some(slot.get(SLOT_KEY)?.to_vec()),
            }
        };
        let key = files.filter_map(key_in).next();
        let key = key.ok_or_else(|| Violation(format!("leaf {leaf} has no slot")))?;
        Ok(Self { leaf, sealed: sealed.sha256, text, key, erased_by: None })
    }

    /// That no byte on the disk brings it back.
    pub(super) fn is_gone(&self, world: &World) -> Result<(), Violation> {
        let back = |what: &str| Err(Violation(format!("{what} of leaf {} is back", self.leaf)));
        if world.holds(&self.key) {
            return back("the key");
        }
        if world.holds(&self.text) {
            return back("the ciphertext");
        }
        Ok(())
    }
}

impl Owed {
    /// That the log stands so far, as somebody was told.
    pub(super) fn head(&mut self, head: Head) {
        if self.heads.last() != Some(&head) {
            self.heads.push(head);
        }
    }

    /// Holds the record against what is owed. Nothing goes wrong with the disk meanwhile.
    pub(super) fn look(&mut self, world: &World, keeper: &mut Keeper) -> Result<(), Violation> {
        self.look_at_log(world, keeper.head())?;
        self.look_at_checkpoints(world)?;
        self.look_at_erased(world, keeper)?;
        check_files(world)
    }

    /// The log is what it was, and more.
    fn look_at_log(&mut self, world: &World, head: Head) -> Result<(), Violation> {
        let entries = log::entries(&*world.disk(), head.size)?;
        let leaves: Vec<Hash> = entries.iter().map(|entry| hash_leaf(entry)).collect();
        if !leaves.starts_with(&self.leaves) {
            return broken("the log has lost or changed entries that it had");
        }
        for (leaf, entry) in entries.iter().enumerate().skip(self.statements.len()) {
            let entry = Entry::parse(entry);
            let entry = entry.map_err(|why| Violation(format!("leaf {leaf}: {why}")))?;
            self.statements.push(entry.statement.digest());
        }
        self.leaves = leaves;
        for (digest, (leaf, _)) in &self.admitted {
            if self.statements.get(*leaf as usize) != Some(digest) {
                return broken(&format!("what was admitted as leaf {leaf} is lost"));
            }
        }
        for (leaf, _) in &self.released {
            if *leaf >= head.size {
                return broken("a key has left whose disclosure is not on the record");
            }
        }
        self.heads.push(head);
        match self.heads.drain(..).find(|head| !log::is_prefix(*head, &self.leaves)) {
            Some(head) => broken(&format!("{} entries were told of, and are lost", head.size)),
            None => Ok(()),
        }
    }

    /// Every checkpoint that was ever to be seen is one of a prefix of the log.
    fn look_at_checkpoints(&mut self, world: &World) -> Result<(), Violation> {
        let seen = world.machine.seen();
        for checkpoint in &seen[self.checked..] {
            let head = SimKey.head(checkpoint);
            let head = head.map_err(|why| Violation(format!("a checkpoint was torn: {why}")))?;
            if !log::is_prefix(head, &self.leaves) {
                return broken(&format!("the checkpoint of {} is of another log", head.size));
            }
        }
        self.checked = seen.len();
        Ok(())
    }

    /// What was erased stays erased, and the proof that it was there still holds.
    fn look_at_erased(&mut self, world: &World, keeper: &mut Keeper) -> Result<(), Violation> {
        let disk = world.disk();
        let head = keeper.head();
        for body in &mut self.condemned {
            let state = keeper.vault_mut().state(&body.sealed);
            match (state.map_err(|fault| Violation(fault.to_string()))?, body.erased_by) {
                (State::Erased { leaf }, _) => body.erased_by = Some(leaf),
                // The intent was lost with the machine, and nobody was told.
                (State::Held, None) => continue,
                (state, _) => {
                    return broken(&format!("leaf {} was erased and is {state:?}", body.leaf));
                }
            }
            body.is_gone(world)?;
            let mut tiles = ledger::Reader::new(&*disk);
            let proof = inclusion_proof(body.leaf, head.size, &mut tiles);
            let proof = proof.map_err(|fault| Violation(fault.to_string()))?;
            let hash = &self.leaves[body.leaf as usize];
            verify_inclusion(&proof, body.leaf, hash, head.size, &head.root)
                .map_err(|why| Violation(format!("an erased body cannot be proven: {why}")))?;
        }
        self.condemned.retain(|body| body.erased_by.is_some());
        Ok(())
    }
}

/// What a check of every byte of log and vault finds.
pub(super) fn findings(world: &World) -> Result<Report, Violation> {
    let disk = world.disk();
    let bodies = SealedBodies::walk(&*disk, &*world.keys_disk())
        .map_err(|fault| Violation(fault.to_string()));
    let report = fsck(&*disk, &SimKey, &mut bodies?);
    report.map_err(|fault| Violation(format!("fsck: {fault}")))
}

/// Every byte is what an entry vouches for, but for what was never acknowledged.
fn check_files(world: &World) -> Result<(), Violation> {
    let report = findings(world)?;
    let is_flaw = |reason: &str| {
        !reason.contains("never acknowledged") && !reason.contains("before it was acknowledged")
    };
    match report.findings.iter().find(|found| found.code != "vault" || is_flaw(&found.reason)) {
        Some(found) => broken(&format!("fsck finds {found:?}")),
        None => Ok(()),
    }
}

fn broken<T>(what: &str) -> Result<T, Violation> {
    Err(Violation(what.to_owned()))
}
