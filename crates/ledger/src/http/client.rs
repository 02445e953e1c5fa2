//! Asking logs and witnesses over HTTP(S).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tlog::bundle::{BUNDLE_BYTES_MAX, BundleId};
use tlog::tile::TILE_BYTES;
use tlog::{Tile, VerifierKey};
use ureq::Agent;

use super::access::authorization;
use crate::clock::Clock;
use crate::collect::{Reply, WitnessPort};
use crate::policy::seconds;
use crate::publish::CHECKPOINT_BYTES_MAX;
use crate::source::{LogSource, SourceFault};

/// Longest that one request may take.
pub const REQUEST_MAX: Duration = Duration::from_secs(30);

/// Bytes of the longest answer of a witness that is read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Who asks, where tiles are not for everybody.
#[derive(Clone)]
pub struct Caller {
    secret: SigningKey,
    clock: Arc<dyn Clock>,
}

impl Caller {
    /// Who holds the secret of a key that is on the roster.
    #[must_use]
    pub fn new(secret: &[u8; 32], clock: Arc<dyn Clock>) -> Self {
        Self { secret: SigningKey::from_bytes(secret), clock }
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.secret.verifying_key().to_bytes()
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller")
    }
}

/// A log behind a URL prefix (c2sp.org/tlog-tiles).
#[derive(Debug)]
pub struct HttpLog {
    agent: Agent,
    prefix: String,
    origin: String,
    caller: Option<Caller>,
}

/// A witness behind a URL prefix (c2sp.org/tlog-witness).
#[derive(Debug)]
pub struct HttpWitness {
    agent: Agent,
    prefix: String,
    key: VerifierKey,
}

/// Every status is an answer; a redirection could lead a signed request elsewhere, so none is followed.
fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(REQUEST_MAX))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into()
}

impl HttpLog {
    /// The log `origin` behind `prefix`, such as `https://example.org/log`.
    #[must_use]
    pub fn new(prefix: &str, origin: &str, caller: Option<Caller>) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        Self { agent: agent(), prefix, origin: origin.to_owned(), caller }
    }

    fn get(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, SourceFault> {
        let failed = |fault: ureq::Error| SourceFault::Failed {
            path: path.to_owned(),
            reason: fault.to_string(),
        };
        let mut request = self.agent.get(format!("{}/{path}", self.prefix));
        if let Some(Caller { secret, clock }) = &self.caller {
            let now_s = seconds(clock.now());
            let value = authorization(secret, &self.origin, &format!("/{path}"), now_s);
            request = request.header("authorization", value);
        }
        let mut response = request.call().map_err(failed)?;
        let status = response.status().as_u16();
        let bytes_max = if status == 200 { bytes_max } else { ANSWER_BYTES_MAX };
        let body = response.body_mut().with_config().limit(bytes_max).read_to_vec();
        match status {
            200 => body.map_err(failed),
            404 => Err(SourceFault::Missing { path: path.to_owned() }),
            status => {
                let said = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
                let said = said.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
                let said = if said.is_empty() { said } else { format!(": {said}") };
                Err(SourceFault::Refused { path: path.to_owned(), status, said })
            }
        }
    }
}

impl LogSource for HttpLog {
    fn checkpoint(&mut self) -> Result<Vec<u8>, SourceFault> {
        self.get("checkpoint", CHECKPOINT_BYTES_MAX)
    }

    fn exact_tile(&mut self, tile: Tile) -> Result<Vec<u8>, SourceFault> {
        self.get(&tile.to_string(), TILE_BYTES as u64)
    }

    fn exact_bundle(&mut self, bundle: BundleId) -> Result<Vec<u8>, SourceFault> {
        self.get(&bundle.to_string(), BUNDLE_BYTES_MAX as u64)
    }
}

impl HttpWitness {
    /// The witness with this key behind `prefix`.
    #[must_use]
    pub fn new(prefix: &str, key: VerifierKey) -> Self {
        Self { agent: agent(), prefix: prefix.trim_end_matches('/').to_owned(), key }
    }
}

impl WitnessPort for HttpWitness {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn add_checkpoint(&self, body: &str) -> Result<Reply, String> {
        let request = self.agent.post(format!("{}/add-checkpoint", self.prefix));
        let mut response = request.send(body).map_err(|fault| fault.to_string())?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        read.map(|body| Reply { status, body }).map_err(|fault| fault.to_string())
    }
}
