//! A vault, a record beside it, and people with keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use age::x25519::Identity;
use agreement::statement::said::{Erased, ErasureReason, Nothing};
use agreement::statement::{self, Claim, Place, Said, Sealed, SecretKey};
use agreement::{DeviceId, Digest};
use ledger::disk::Disk;
use ledger::vault::{
    Body, Disclosure, Entropy, EntropyFault, Erasure, Keeping, Package, Pad, Progress, Record,
    RecordFault, SealedRef, Secret, Sizes, ToSeal, Vault, VaultFault,
};
use sha2::{Digest as _, Sha256};
use spacetime::Instant;

use super::power::PowerDisk;

/// Small, so that a few bodies fill segments and lengthen files.
const SMALL: Sizes = Sizes {
    segment_bodies: 3,
    segment_bytes: 1 << 20,
    growth_bytes: 2048,
    lane_growth_bytes: 2048,
};

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
    /// Disclosures wait for the end of a period.
    pub(crate) private: bool,
    /// Fails at the call of this number; the claim is kept or is not.
    pub(crate) failure: Option<(u64, bool)>,
    pub(crate) refuse: bool,
    pub(crate) calls: u64,
}

impl Record for Notebook {
    fn append(&mut self, _: &mut Vault, claim: &str) -> Result<Progress, RecordFault> {
        let call = self.calls;
        self.calls += 1;
        if self.refuse {
            return Err(RecordFault::Refused("no such device".into()));
        }
        let fails = self.failure.filter(|failure| failure.0 == call);
        if fails.is_none_or(|failure| failure.1) {
            if self.private && claim.contains(r#""kind":"disclosure""#) {
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

    /// Asks to be shown a body. `statement` names the statement it is of.
    pub(crate) fn shown(&self, body: Digest) -> Disclosure {
        let recipient = self.reader.to_public().to_string();
        let statement = statement_of(body);
        Disclosure { statement, bodies: vec![body], reader: "joint-room".into(), recipient }
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
    Erasure { statement: statement_of(body), body }
}

/// These bodies stand without statements: a digest takes their place.
fn statement_of(body: Digest) -> Digest {
    Digest::of_bytes(body.as_bytes())
}

/// The claim that a body was shown to the joint room; `purpose` tells one from another.
pub(crate) fn shown_claim(body: Digest, purpose: &str) -> String {
    let body = statement::Body::Disclosure(statement::body::Disclosure {
        at: Instant::from_micros(0),
        shows: statement::body::Shows::Body(statement_of(body)),
        purpose: purpose.into(),
        to: "joint-room".into(),
    });
    claim(&Said::Disclosure(Nothing {}), Some((&body, [7; 32])))
}

/// The claim that a body was erased.
pub(crate) fn erase_claim(body: Digest) -> String {
    let reason = ErasureReason::Safety;
    claim(&Said::Erasure(Erased { erased: statement_of(body), reason }), None)
}

fn claim(said: &Said, body: Option<(&statement::Body, [u8; 32])>) -> String {
    let device = DeviceId::new("ledger-1").unwrap();
    let key = SecretKey::from_seed(&[5; 32]);
    let claim = Claim::sign(device, &key, Place::default(), None, said, body).unwrap();
    String::from_utf8(claim.to_line()).unwrap()
}
