//! What a witness remembers, as one file: which logs it watches, and the checkpoint that it last vouched
//! for of each. A digest at its end tells a memory that was damaged.

use agreement::Digest;
use serde::{Deserialize, Serialize};
use tlog::witness::Latest;
use tlog::{Note, SignedCheckpoint, VerifierKey};

use super::LOGS_MAX;
use crate::noted;

const FORMAT: u32 = 1;

#[derive(Clone, Debug)]
pub(super) struct Memory {
    witness: VerifierKey,
    logs: Vec<Log>,
}

#[derive(Clone, Debug)]
struct Log {
    /// At least one, all of one name: the log's origin.
    keys: Vec<VerifierKey>,
    latest: Option<SignedCheckpoint>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    witness: String,
    logs: Vec<WrittenLog>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLog {
    keys: Vec<String>,
    latest: Option<String>,
}

impl Log {
    fn origin(&self) -> &str {
        self.keys[0].name()
    }
}

impl Memory {
    pub(super) fn new(witness: &VerifierKey) -> Self {
        Self { witness: witness.clone(), logs: Vec::new() }
    }

    pub(super) const fn witness(&self) -> &VerifierKey {
        &self.witness
    }

    pub(super) fn watched(&self) -> Vec<(String, u64)> {
        let size = |log: &Log| log.latest.as_ref().map_or(0, |latest| latest.checkpoint().size);
        self.logs.iter().map(|log| (log.origin().to_owned(), size(log))).collect()
    }

    pub(super) fn watch(&mut self, key: &VerifierKey) -> Result<(), &'static str> {
        if let Some(log) = self.logs.iter_mut().find(|log| log.origin() == key.name()) {
            if !log.keys.contains(key) {
                log.keys.push(key.clone());
            }
            return Ok(());
        }
        if self.logs.len() == LOGS_MAX {
            return Err("this witness watches as many logs as it can");
        }
        self.logs.push(Log { keys: vec![key.clone()], latest: None });
        Ok(())
    }

    /// The keys of a log, and what was last vouched for.
    pub(super) fn log(&self, origin: &str) -> Option<(&[VerifierKey], Option<Latest>)> {
        let log = self.logs.iter().find(|log| log.origin() == origin)?;
        let latest = log.latest.as_ref().map(|latest| Latest::from(latest.checkpoint()));
        Some((&log.keys, latest))
    }

    pub(super) fn vouch(&mut self, origin: &str, note: &Note) {
        let latest = SignedCheckpoint::parse(note.to_string().as_bytes()).ok();
        debug_assert!(latest.is_some(), "a checkpoint that was read reads again");
        if let Some(log) = self.logs.iter_mut().find(|log| log.origin() == origin) {
            log.latest = latest;
        }
    }

    pub(super) fn vouched(&self, origin_hash: &str) -> Option<String> {
        let is_meant =
            |log: &&Log| Digest::of_bytes(log.origin().as_bytes()).to_string() == origin_hash;
        Some(self.logs.iter().find(is_meant)?.latest.as_ref()?.to_string())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let log = |log: &Log| WrittenLog {
            keys: log.keys.iter().map(ToString::to_string).collect(),
            latest: log.latest.as_ref().map(ToString::to_string),
        };
        let written = Written {
            format: FORMAT,
            witness: self.witness.to_string(),
            logs: self.logs.iter().map(log).collect(),
        };
        noted::to_bytes(&serde_json::to_vec(&written).expect("strings and numbers are JSON"))
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let written: Written =
            serde_json::from_str(noted::json_of(bytes)?).map_err(|fault| fault.to_string())?;
        if written.format != FORMAT {
            return Err(format!("format {} is not one of this version", written.format));
        }
        let key = |text: &String| VerifierKey::parse(text).map_err(|fault| fault.to_string());
        let log = |log: &WrittenLog| {
            let keys = log.keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
            let latest = log.latest.as_ref().map(|note| SignedCheckpoint::parse(note.as_bytes()));
            let latest = latest.transpose().map_err(|fault| fault.to_string())?;
            let origin = keys.first().ok_or("a log has no key")?.name();
            let is_its = |latest: &SignedCheckpoint| latest.checkpoint().origin == origin;
            if !latest.as_ref().is_none_or(is_its) {
                return Err("a checkpoint is another log's".to_owned());
            }
            Ok(Log { keys, latest })
        };
        let logs = written.logs.iter().map(log).collect::<Result<_, String>>()?;
        Ok(Self { witness: key(&written.witness)?, logs })
    }
}
