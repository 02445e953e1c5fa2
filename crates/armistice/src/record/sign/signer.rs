//! One claim behind the other, each in its lane.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use agreement::statement::claim::Place;
use agreement::statement::{Body, Claim, Lane, Root, Said, SecretKey};
use agreement::{DeviceId, Digest, Pack};
use anyhow::Context as _;
use tlog::SignedCheckpoint;

use super::Sign;
use crate::keyfile;
use crate::outcome::{Refused, WrongUsage};
use crate::outputs::{Readers, WholeFile};
use crate::rejects::Rejects;

/// Signs one claim behind the other.
pub(super) struct Signer {
    device: DeviceId,
    key: SecretKey,
    cosigners: Vec<(DeviceId, SecretKey)>,
    last_root: Option<Root>,
    places: BTreeMap<Lane, Place>,
    pub(super) out: WholeFile,
    pub(super) claims: u64,
    pub(super) rejected: Rejects,
}

impl Signer {
    pub(super) fn begin(arguments: &Sign, pack: &Pack) -> anyhow::Result<Self> {
        let key = |device: &DeviceId, path: &Path| {
            let key = SecretKey::from_seed(&keyfile::read(path)?);
            is_its_own(device, &key, pack).map(|()| key)
        };
        let cosigners = arguments.cosign.iter();
        let cosigners = cosigners.map(|(device, path)| Ok((device.clone(), key(device, path)?)));
        Ok(Self {
            device: arguments.device.clone(),
            key: key(&arguments.device, &arguments.key)?,
            cosigners: cosigners.collect::<anyhow::Result<_>>()?,
            last_root: seen(arguments)?,
            places: last_places(&arguments.after, &arguments.device)?,
            out: WholeFile::begin(&arguments.out, Readers::Owner)?,
            claims: 0,
            rejected: Rejects::default(),
        })
    }

    pub(super) fn say(&mut self, said: &Said, body: Option<&Body>) -> anyhow::Result<()> {
        let salt = random()?;
        let body = body.map(|body| (body, salt));
        let device = self.device.clone();
        let place = self.places.entry(said.kind().lane()).or_default();
        let claim = Claim::sign(device, &self.key, *place, self.last_root, said, body);
        let mut claim = claim.map_err(|why| Refused(format!("cannot be signed: {why}")))?;
        if said.kind().quorum().is_some() {
            for (device, key) in &self.cosigners {
                claim = claim
                    .cosigned(device.clone(), key)
                    .map_err(|why| WrongUsage(format!("--cosign {device}: {why}")))?;
            }
        }
        *place = Place::after(claim.statement());
        self.claims += 1;
        self.out.write_all(&claim.to_line())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

/// Refuses a key that is another one than the pack has for the device. A device that the pack does
/// not have may be enrolled later.
fn is_its_own(device: &DeviceId, key: &SecretKey, pack: &Pack) -> anyhow::Result<()> {
    match pack.devices.get(device) {
        Some(known) if known.ed25519 != key.public().to_bytes() => {
            Err(WrongUsage(format!("the pack has another key for the device {device}")).into())
        }
        _ => Ok(()),
    }
}

/// The tree that the device last saw, of a checkpoint that the log's key signed.
fn seen(arguments: &Sign) -> anyhow::Result<Option<Root>> {
    let (Some(path), Some(key)) = (&arguments.seen, &arguments.log) else { return Ok(None) };
    let inside = ["log/checkpoint", "checkpoint"].map(|name| path.join(name));
    let path = inside.iter().find(|inside| inside.is_file()).unwrap_or(path);
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let refused = |fault: tlog::checkpoint::CheckpointError| {
        Refused(format!("{} is no checkpoint of that log: {fault}", path.display()))
    };
    let signed = SignedCheckpoint::parse(&bytes).map_err(refused)?;
    signed.verify(key.name(), std::slice::from_ref(key)).map_err(refused)?;
    let seen = signed.checkpoint();
    Ok(Some(Root { root: Digest::from_bytes(*seen.root.as_bytes()), size: seen.size }))
}

pub(super) fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    Ok(bytes)
}

/// Behind the last claims of a device in some files, by lane.
fn last_places(files: &[PathBuf], device: &DeviceId) -> anyhow::Result<BTreeMap<Lane, Place>> {
    let mut places: BTreeMap<Lane, Place> = BTreeMap::new();
    for path in files {
        let said = || format!("{} cannot be read", path.display());
        let lines = BufReader::new(File::open(path).with_context(said)?).split(b'\n');
        for (number, line) in (1..).zip(lines) {
            let line = line.with_context(said)?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let claim = Claim::parse(&line);
            let claim =
                claim.map_err(|why| Refused(format!("{} line {number}: {why}", path.display())))?;
            let header = claim.statement().header();
            let place = places.entry(header.kind.lane()).or_default();
            if header.device == *device && header.sequence >= place.sequence {
                *place = Place::after(claim.statement());
            }
        }
    }
    Ok(places)
}
