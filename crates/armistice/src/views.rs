//! Logs as they are named on the command line: a URL, or a folder of a record or mirror.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use ledger::Reader;
use ledger::clock::SystemClock;
use ledger::disk::RealDisk;
use ledger::http::client::{Caller, HttpLog};
use ledger::source::{LogSource, SourceFault};
use tlog::bundle::BundleId;
use tlog::{SignatureType, Tile, VerifierKey};

use crate::keyfile;

/// A log that can be read.
pub(crate) enum View {
    Http(Box<HttpLog>),
    Folder(RealDisk),
}

impl View {
    /// What `named` names, of the log `origin`.
    pub(crate) fn of(named: &str, origin: &str, caller: Option<Caller>) -> anyhow::Result<Self> {
        if named.starts_with("http://") || named.starts_with("https://") {
            return Ok(Self::Http(Box::new(HttpLog::new(named, origin, caller))));
        }
        let folder = Path::new(named);
        std::fs::read_dir(folder).with_context(|| format!("{named} cannot be read"))?;
        Ok(Self::Folder(RealDisk::new(folder)))
    }
}

impl LogSource for View {
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault> {
        match self {
            Self::Http(log) => log.checkpoint(),
            Self::Folder(disk) => LogSource::checkpoint(&mut Reader::new(disk)),
        }
    }

    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault> {
        match self {
            Self::Http(log) => log.exact_tile(tile),
            Self::Folder(disk) => Reader::new(disk).exact_tile(tile),
        }
    }

    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault> {
        match self {
            Self::Http(log) => log.exact_bundle(bundle),
            Self::Folder(disk) => Reader::new(disk).exact_bundle(bundle),
        }
    }
}

/// A record's folder holds the log in `log`; and so does a mirror's; a bare log is one itself.
pub(crate) fn log_folder(record: &Path) -> PathBuf {
    let inner = record.join("log");
    if inner.is_dir() { inner } else { record.to_owned() }
}

/// Who asks, by the file of a key on the roster.
pub(crate) fn caller(key: Option<&Path>) -> anyhow::Result<Option<Caller>> {
    let Some(path) = key else { return Ok(None) };
    Ok(Some(Caller::new(&keyfile::read(path)?, Arc::new(SystemClock))))
}

/// A log's verifier key, as clap wants it.
pub(crate) fn log_key(text: &str) -> Result<VerifierKey, String> {
    let key = VerifierKey::parse(text).map_err(|fault| fault.to_string())?;
    match key.kind() {
        SignatureType::Ed25519 => Ok(key),
        other => Err(format!("this is a key for {other}, and not one that signs checkpoints")),
    }
}
