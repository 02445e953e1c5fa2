//! The bodies that this audience may open.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use agreement::canonical::canonical_bytes;
use agreement::statement::{BODY_BYTES_MAX, CLAIM_BYTES_MAX, Commitment, Refusal, strict};

/// A salt, and the canonical bytes of a body.
pub type Salted = ([u8; 32], Vec<u8>);

/// Bodies, wherever they lie.
pub trait Bodies {
    /// The salt and the canonical bytes of the body with this commitment; `None` when this
    /// audience does not have it.
    fn body(&self, commitment: &Commitment) -> Option<Salted>;
}

/// Bodies found by their commitment: whoever made a statement has its body, and whoever was shown one. A
/// body that meets no commitment on the record is never asked for. What comes from a file stays there and
/// is read when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct OpenedBodies {
    held: BTreeMap<Commitment, Place>,
    files: Vec<Arc<Mutex<File>>>,
}

#[derive(Clone, Debug)]
enum Place {
    Memory([u8; 32], Vec<u8>),
    Line { file: usize, offset: u64, bytes: usize },
}

impl OpenedBodies {
    /// Takes in lines of JSON with `salt` and `body`, as claims and what the vault opens are.
    /// Other members are not looked at; a line without a body holds none. Gives the lines that
    /// could not be read, from 1.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, path: &Path) -> io::Result<Vec<(u64, Refusal)>> {
        let (file, mut reader) = (self.files.len(), BufReader::new(File::open(path)?));
        self.files.push(Arc::new(Mutex::new(File::open(path)?)));
        let (mut refused, mut line, mut offset) = (Vec::new(), Vec::new(), 0);
        for number in 1.. {
            line.clear();
            let bytes = reader.read_until(b'\n', &mut line)?;
            if bytes == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                match parsed(&line) {
                    Ok(Some((salt, body))) => {
                        let place = Place::Line { file, offset, bytes };
                        self.held.insert(Commitment::of(&salt, &body), place);
                    }
                    Ok(None) => {}
                    Err(why) => refused.push((number, why)),
                }
            }
            offset += bytes as u64;
        }
        Ok(refused)
    }

    /// Takes in one line, which is kept in memory.
    ///
    /// # Errors
    /// When it is not one.
    pub fn take(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if let Some((salt, body)) = parsed(line)? {
            self.held.insert(Commitment::of(&salt, &body), Place::Memory(salt, body));
        }
        Ok(())
    }

    /// Without the body of a commitment.
    pub fn withhold(&mut self, commitment: &Commitment) {
        self.held.remove(commitment);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn line(&self, file: usize, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        let mut file = self.files[file].lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        let mut line = vec![0; bytes];
        file.read_exact(&mut line)?;
        Ok(line)
    }
}

impl Bodies for OpenedBodies {
    fn body(&self, commitment: &Commitment) -> Option<Salted> {
        match self.held.get(commitment)? {
            Place::Memory(salt, body) => Some((*salt, body.clone())),
            Place::Line { file, offset, bytes } => {
                let (salt, body) = parsed(&self.line(*file, *offset, *bytes).ok()?).ok()??;
                // The file may have been changed since.
                (Commitment::of(&salt, &body) == *commitment).then_some((salt, body))
            }
        }
    }
}

/// The salt and the canonical body of a line; none where it holds none.
fn parsed(line: &[u8]) -> Result<Option<Salted>, Refusal> {
    let value = strict::parse(line.trim_ascii_end(), CLAIM_BYTES_MAX)?;
    let (Some(salt), Some(body)) = (value.get("salt"), value.get("body")) else {
        return Ok(None);
    };
    if salt.is_null() || body.is_null() {
        return Ok(None);
    }
    let salt = salt.as_str().and_then(agreement::Digest::parse);
    let salt = salt.ok_or_else(|| Refusal::new(&strict::NOT_CANONICAL).at("/salt"))?;
    let body = canonical_bytes(body).map_err(|_| Refusal::new(&strict::NUMBER).at("/body"))?;
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::new(&strict::TOO_LONG).at("/body"));
    }
    Ok(Some((*salt.as_bytes(), body)))
}
