//! Who may read tiles and bundles: by default the keys on the roster and the witnesses.
//!
//! A reader signs each request with its Ed25519 key and puts that into one header:
//!
//! ```text
//! Authorization: Armistice-Ed25519 key=<base64>, time=<seconds of POSIX>, signature=<base64>
//! ```
//!
//! over the text `armistice/request/v1`, the log's origin, the method, the path and the time, each on a
//! line. There is no session and nothing to keep secret on the server. The origin keeps one log's requests
//! from being shown to another; the time keeps a request that was overheard from being sent again later.
//! Within that time it can be, for the same bytes that were overheard with it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

/// Seconds that a request may be old, or ahead of our clock.
pub const REQUEST_AGE_S_MAX: u64 = 120;

/// The scheme of the header, and of `WWW-Authenticate`.
pub const SCHEME: &str = "Armistice-Ed25519";

/// Who may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever signs with one of these keys.
    Keys(BTreeSet<[u8; 32]>),
    /// Whoever signs with one of the keys that are there at the time.
    Readers(Readers),
}

/// Keys that may read, changed while they are asked for: a key that was revoked reads no more.
#[derive(Clone, Debug, Default)]
pub struct Readers(Arc<RwLock<BTreeSet<[u8; 32]>>>);

impl Readers {
    /// These keys from here on.
    pub fn set(&self, keys: BTreeSet<[u8; 32]>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn has(&self, key: &[u8; 32]) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(key)
    }
}

/// The same only if they change together.
impl PartialEq for Readers {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Readers {}

/// Why somebody may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody says who asks.
    #[error(
        "tiles are for the roster's keys and witnesses: sign the request (armistice mirror --key)"
    )]
    Unsigned,
    /// The header is not of the form, or the signature is not of that key over this request.
    #[error("the request's signature does not hold")]
    Wrong,
    /// The request is too old, or the clocks differ too much.
    #[error(
        "the request's time is more than {REQUEST_AGE_S_MAX} s from the server's, {now_s}: set the clock"
    )]
    Time {
        /// The server's time, in seconds of POSIX.
        now_s: u64,
    },
    /// The key is not on the roster.
    #[error("the key that signed the request is not on the roster")]
    Stranger,
}

impl Denied {
    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        if matches!(self, Self::Stranger) { 403 } else { 401 }
    }
}

impl Access {
    /// Whether a request to read `path` of the log `origin` may be answered; `header` is its
    /// `Authorization`.
    ///
    /// # Errors
    /// When it may not.
    pub fn check(
        &self,
        header: Option<&str>,
        origin: &str,
        path: &str,
        now_s: u64,
    ) -> Result<(), Denied> {
        if *self == Self::Public {
            return Ok(());
        }
        let signed = Signed::parse(header.ok_or(Denied::Unsigned)?).ok_or(Denied::Wrong)?;
        let point = VerifyingKey::from_bytes(&signed.key).map_err(|_| Denied::Wrong)?;
        let message = message(origin, path, signed.time_s);
        let signature = Signature::from_bytes(&signed.signature);
        point.verify_strict(message.as_bytes(), &signature).map_err(|_| Denied::Wrong)?;
        if signed.time_s.abs_diff(now_s) > REQUEST_AGE_S_MAX {
            return Err(Denied::Time { now_s });
        }
        let may_read = match self {
            Self::Public => true,
            Self::Keys(keys) => keys.contains(&signed.key),
            Self::Readers(readers) => readers.has(&signed.key),
        };
        if may_read { Ok(()) } else { Err(Denied::Stranger) }
    }
}

/// The value of `Authorization` for a request to read `path` of the log `origin`.
#[must_use]
pub fn authorization(secret: &SigningKey, origin: &str, path: &str, now_s: u64) -> String {
    let key = STANDARD.encode(secret.verifying_key().as_bytes());
    let signature = secret.sign(message(origin, path, now_s).as_bytes()).to_bytes();
    format!("{SCHEME} key={key}, time={now_s}, signature={}", STANDARD.encode(signature))
}

fn message(origin: &str, path: &str, time_s: u64) -> String {
    format!("armistice/request/v1\n{origin}\nGET\n{path}\n{time_s}\n")
}

struct Signed {
    key: [u8; 32],
    time_s: u64,
    signature: [u8; 64],
}

impl Signed {
    fn parse(header: &str) -> Option<Self> {
        let rest = header.strip_prefix(SCHEME)?.strip_prefix(" key=")?;
        let (key, rest) = rest.split_once(", time=")?;
        let (time, signature) = rest.split_once(", signature=")?;
        Some(Self {
            key: STANDARD.decode(key).ok()?.try_into().ok()?,
            time_s: time.parse().ok()?,
            signature: STANDARD.decode(signature).ok()?.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_request_opens_its_own_path_of_its_own_log_for_its_time_and_nothing_else() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let access = Access::Keys([secret.verifying_key().to_bytes()].into());
        let header = authorization(&secret, "log", "/tile/0/000", 1_000);
        let check = |origin, path, now_s| access.check(Some(&header), origin, path, now_s);
        assert_eq!(check("log", "/tile/0/000", 1_000), Ok(()));
        assert_eq!(check("log", "/tile/0/000", 1_120), Ok(()));
        assert_eq!(check("log", "/tile/0/000", 1_121), Err(Denied::Time { now_s: 1_121 }));
        assert_eq!(check("log", "/tile/0/000", 879), Err(Denied::Time { now_s: 879 }));
        assert_eq!(check("log", "/tile/0/001", 1_000), Err(Denied::Wrong));
        assert_eq!(check("other", "/tile/0/000", 1_000), Err(Denied::Wrong));
    }

    #[test]
    fn nobody_else_reads_unless_everybody_may() {
        let roster = Access::Keys([[9; 32]].into());
        let stranger = SigningKey::from_bytes(&[7; 32]);
        let header = authorization(&stranger, "log", "/tile/0/000", 1_000);
        let check = |header: Option<&str>| roster.check(header, "log", "/tile/0/000", 1_000);
        assert_eq!(check(None), Err(Denied::Unsigned));
        assert_eq!(check(Some(header.as_str())), Err(Denied::Stranger));
        let squeezed = header.replace(", ", ",");
        assert_eq!(check(Some(squeezed.as_str())), Err(Denied::Wrong));
        assert_eq!(check(Some("Basic YTpi")), Err(Denied::Wrong));
        assert_eq!(check(Some("")), Err(Denied::Wrong));
        assert_eq!((Denied::Unsigned.status(), Denied::Stranger.status()), (401, 403));
        assert_eq!(Access::Public.check(None, "log", "/tile/0/000", 1_000), Ok(()));
    }

    #[test]
    fn a_key_that_was_taken_off_reads_no_more() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let readers = Readers::default();
        let access = Access::Readers(readers.clone());
        let header = authorization(&secret, "log", "/tile/0/000", 1_000);
        let check = || access.check(Some(&header), "log", "/tile/0/000", 1_000);
        assert_eq!(check(), Err(Denied::Stranger));
        readers.set([secret.verifying_key().to_bytes()].into());
        assert_eq!(check(), Ok(()));
        readers.set(BTreeSet::new());
        assert_eq!(check(), Err(Denied::Stranger));
        assert_eq!(access.check(None, "log", "/tile/0/000", 1_000), Err(Denied::Unsigned));
    }

    #[test]
    fn a_key_of_small_order_opens_nothing() {
        let zero = Access::Keys([[0; 32]].into());
        let header = format!(
            "{SCHEME} key={}, time=1000, signature={}",
            STANDARD.encode([0; 32]),
            STANDARD.encode([0; 64])
        );
        assert_eq!(zero.check(Some(&header), "log", "/tile/0/000", 1_000), Err(Denied::Wrong));
        let short = header.replace(&STANDARD.encode([0; 64]), "AAAA");
        assert!(Signed::parse(&short).is_none());
        assert_eq!(zero.check(Some(&short), "log", "/", 1_000).unwrap_err(), Denied::Wrong);
    }
}
