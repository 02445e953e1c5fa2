//! The bodies that this audience may open.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use agreement::canonical::canonical_bytes;
use agreement::statement::{BODY_BYTES_MAX, CLAIM_BYTES_MAX, Commitment, Refusal, strict};
use serde_json::Value;

/// Bodies, wherever they lie.
pub trait Bodies {
    /// The salt and the canonical bytes of the body with this commitment; `None` when this
    /// audience does not have it.
    fn body(&self, commitment: &Commitment) -> Option<(&[u8; 32], &[u8])>;
}

/// Bodies in memory, found by their commitment: whoever made a statement has its body, and whoever was
/// shown one. A body that meets no commitment on the record is never asked for.
#[derive(Clone, Debug, Default)]
pub struct OpenedBodies(BTreeMap<Commitment, ([u8; 32], Vec<u8>)>);

impl OpenedBodies {
    /// Takes in lines of JSON with `salt` and `body`, as claims and what the vault opens are.
    /// Other members are not looked at; a line without a body holds none. Gives the lines that
    /// could not be read, from 1.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, path: &Path) -> io::Result<Vec<(u64, Refusal)>> {
        let mut refused = Vec::new();
        for (number, line) in (1..).zip(BufReader::new(File::open(path)?).split(b'\n')) {
            let line = line?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(why) = self.take(&line) {
                refused.push((number, why));
            }
        }
        Ok(refused)
    }

    /// Takes in one line.
    ///
    /// # Errors
    /// When it is not one.
    pub fn take(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let value = strict::parse(line, CLAIM_BYTES_MAX)?;
        let (Some(salt), Some(body)) = (value.get("salt"), value.get("body")) else {
            return Ok(());
        };
        if salt.is_null() || body.is_null() {
            return Ok(());
        }
        let salt = salt.as_str().and_then(agreement::Digest::parse);
        let salt = salt.ok_or_else(|| Refusal::new(&strict::NOT_CANONICAL).at("/salt"))?;
        self.insert(*salt.as_bytes(), body)
    }

    fn insert(&mut self, salt: [u8; 32], body: &Value) -> Result<(), Refusal> {
        let bytes = canonical_bytes(body).map_err(|_| Refusal::new(&strict::NUMBER).at("/body"))?;
        if bytes.len() > BODY_BYTES_MAX {
            return Err(Refusal::new(&strict::TOO_LONG).at("/body"));
        }
        self.0.insert(Commitment::of(&salt, &bytes), (salt, bytes));
        Ok(())
    }

    /// Without the body of a commitment.
    pub fn withhold(&mut self, commitment: &Commitment) {
        self.0.remove(commitment);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Bodies for OpenedBodies {
    fn body(&self, commitment: &Commitment) -> Option<(&[u8; 32], &[u8])> {
        self.0.get(commitment).map(|(salt, bytes)| (salt, &bytes[..]))
    }
}
