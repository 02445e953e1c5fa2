//! A vault, a record beside it, and people with keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use age::x25519::Identity;
use agreement::Digest;
use agreement::statement::Sealed;
use ledger::disk::Disk;
use ledger::vault::{
    Body, Disclosure, Entropy, EntropyFault, Erasure, Keeping, Package, Pad, Progress, Record,
    RecordFault, SealedRef, Secret, Sizes, ToSeal, Vault, VaultFault,
};
use sha2::{Digest as _, Sha256};

use super::power::PowerDisk;

/// Small, so that a few bodies fill segments and lengthen files.
const SMALL: Sizes = Sizes { segment_bodies: 3, segment_bytes: 1 << 20, growth_bytes: 2048 };

/// Unpredictable to nobody: the same on every run.
#[derive(Debug)]
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        for part in bytes.chunks_mut(32) {
            self.0 += 1;
            part.copy_from_slice(&Sha256::digest(self.0.to_le_bytes())[..part.len()]);
        }
        Ok(())
    }
}

/// A record that keeps claims in a list. It does not crash with the vault.
#[derive(Debug, Default)]
pub(crate) struct Notebook {
    pub(crate) leaves: BTreeMap<String, u64>,
    /// Claims that begin so wait for the end of a period.
    pub(crate) private: Option<&'static str>,
    /// Fails at the call of this number; the claim is kept or is not.
    pub(crate) failure: Option<(u64, bool)>,
    pub(crate) refuse: bool,
    pub(crate) calls: u64,
}

impl Record for Notebook {
    fn append(&mut self, claim: &str) -> Result<Progress, RecordFault> {
        let call = self.calls;
        self.calls += 1;
        if self.refuse {
            return Err(RecordFault::Refused("no such device".into()));
        }
        let fails = self.failure.filter(|failure| failure.0 == call);
        if fails.is_none_or(|failure| failure.1) {
            if self.private.is_some_and(|private| claim.starts_with(private)) {
                return Ok(Progress::NotYet);
            }
            let next = self.leaves.len() as u64;
            self.leaves.entry(claim.to_owned()).or_insert(next);
        }
        match fails {
            Some(_) => Err(RecordFault::Failed("it went away".into())),
            None => Ok(Progress::Leaf(self.leaves[claim])),
        }
    }
}

/// Who has keys.
pub(crate) struct People {
    pub(crate) vault: Identity,
    pub(crate) reader: Identity,
    pub(crate) guarantors: [Identity; 3],
}

impl People {
    pub(crate) fn new() -> Self {
        let new = || Identity::generate();
        Self { vault: new(), reader: new(), guarantors: [new(), new(), new()] }
    }

    pub(crate) fn open(&self, disk: &PowerDisk, seed: u64) -> Result<Vault, VaultFault> {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        Vault::open(disk.clone(), disk, self.vault.clone(), Box::new(Seeded(seed << 32)), SMALL)
    }

    pub(crate) fn shown(&self, body: Digest) -> Disclosure {
        let recipient = self.reader.to_public().to_string();
        Disclosure { bodies: vec![body], reader: "joint-room".into(), recipient }
    }

    pub(crate) fn split(&self) -> Keeping {
        let holders = self.guarantors.iter().map(Identity::to_public).collect();
        Keeping::Split { threshold: 2, holders }
    }

    /// Opens a package as its reader does, with the help of guarantors where the key is split.
    pub(crate) fn read(&self, package: &Package, kept: &KeptBody) -> Body {
        let sealed = kept.sealed();
        let reader = self.reader.to_public();
        let passed: Vec<_> = if package.shares.is_empty() {
            Vec::new()
        } else {
            let holders = self.guarantors[1..].iter();
            holders.map(|holder| package.pass_on(&sealed, holder, &reader).unwrap()).collect()
        };
        package.open(&sealed, &kept.body.commitment(), &self.reader, &passed).unwrap()
    }
}

/// A body and where it went.
#[derive(Clone, Debug)]
pub(crate) struct KeptBody {
    pub(crate) body: Body,
    pub(crate) at: SealedRef,
}

impl KeptBody {
    pub(crate) fn sealed(&self) -> Sealed {
        Sealed { bytes: u64::from(self.at.bytes), sha256: self.at.sha256 }
    }
}

pub(crate) fn body(n: u8) -> Body {
    let text = format!("{{\"lat\":{n},\"what\":\"a clinic that is number {n} of them\"}}");
    Body::new(Secret::new([n; 32]), text.into_bytes())
}

pub(crate) fn to_seal(n: u8, keeping: Keeping) -> ToSeal {
    ToSeal { body: body(n), keeping, pad: Pad::Padme }
}

pub(crate) fn erasure(body: Digest) -> Erasure {
    Erasure { body }
}
