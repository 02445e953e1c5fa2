//! What a reader is handed, and how the reader opens it without trusting whoever handed it over.

use age::x25519::{Identity, Recipient};
use agreement::Digest;
use agreement::statement::{Commitment, Sealed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::fault::Refusal;
use super::sealed::{Body, Holder, SEALED_BYTES_MAX, open};
use super::secret::Secret;
use super::shamir::{Share, combine};
use super::wrap;

/// Longest file of a package.
pub const PACKAGE_BYTES_MAX: usize = SEALED_BYTES_MAX / 3 * 4 + (1 << 17);
const FORMAT: u32 = 1;

/// A body for one reader: the ciphertext, and its key wrapped to the reader, or the shares of its
/// key wrapped to those who hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// As its digest stands on the record.
    pub ciphertext: Vec<u8>,
    /// Leaf of the disclosure, so that the reader can ask for its proof.
    pub disclosure_leaf: u64,
    /// The data key, wrapped to the reader; none when it is split.
    pub key: Option<Vec<u8>>,
    /// The shares, wrapped to their holders.
    pub shares: Vec<WrappedShare>,
}

/// A share of a data key, wrapped to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedShare {
    /// Which share, from 1.
    pub number: u8,
    /// The share, wrapped with `age`.
    pub age: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageJson {
    format: u32,
    ciphertext: String,
    disclosure_leaf: u64,
    key: Option<String>,
    shares: Vec<ShareJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareJson {
    number: u8,
    age: String,
}

impl Package {
    /// As a line of JSON, to be handed over.
    ///
    /// # Panics
    /// Never: it holds text and numbers.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = PackageJson {
            format: FORMAT,
            ciphertext: STANDARD.encode(&self.ciphertext),
            disclosure_leaf: self.disclosure_leaf,
            key: self.key.as_ref().map(|key| STANDARD.encode(key)),
            shares: self.shares.iter().map(WrappedShare::json).collect(),
        };
        serde_json::to_string(&json).expect("text and numbers")
    }

    /// From what [`Package::to_json`] wrote.
    ///
    /// # Errors
    /// When it is something else, or past the limits.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        if text.len() > PACKAGE_BYTES_MAX {
            return Err(Refusal::Package("it is too long"));
        }
        let json: PackageJson =
            serde_json::from_slice(text).map_err(|_| Refusal::Package("its JSON is another"))?;
        if json.format != FORMAT {
            return Err(Refusal::Package("its format is of a later version"));
        }
        Ok(Self {
            ciphertext: decode(&json.ciphertext)?,
            disclosure_leaf: json.disclosure_leaf,
            key: json.key.as_deref().map(decode).transpose()?,
            shares: json.shares.iter().map(WrappedShare::of).collect::<Result<_, _>>()?,
        })
    }

    /// Opens the body. `sealed` and `commitment` are from the entry on the record, which the reader
    /// has verified: with them nobody can be given other coordinates than the ones on the record.
    ///
    /// `passed` are shares that their holders passed on to the reader ([`Package::pass_on`]).
    ///
    /// # Errors
    /// When anything does not fit the record, the identity opens nothing, or shares are missing or
    /// forged.
    pub fn open(
        &self,
        sealed: &Sealed,
        commitment: &Commitment,
        identity: &Identity,
        passed: &[WrappedShare],
    ) -> Result<Body, Refusal> {
        let holder = self.holder(sealed)?;
        let key = match holder {
            Holder::Vault => {
                let wrapped = self.key.as_ref();
                let wrapped = wrapped.ok_or(Refusal::Package("it carries no key"))?;
                let bytes = wrap::unwrap(identity, wrapped)?;
                let bytes = <[u8; 32]>::try_from(bytes.as_slice());
                Secret::new(bytes.map_err(|_| Refusal::Package("its key has another length"))?)
            }
            Holder::Split { threshold, shares } => {
                let given = passed.iter().map(|share| unwrap_share(share, identity));
                combine(&given.collect::<Result<Vec<_>, _>>()?, threshold, &shares)?
            }
        };
        let body = open(&self.ciphertext, &key)?;
        if body.commitment() != *commitment {
            return Err(Refusal::Commitment);
        }
        Ok(body)
    }

    /// What a holder of a share does: takes the share that is wrapped to them, holds it against the
    /// record, and wraps it to the reader. The holder should first see that the disclosure is on
    /// the record and names that reader.
    ///
    /// # Errors
    /// When none of the shares is theirs, or it is not the one on the record.
    pub fn pass_on(
        &self,
        sealed: &Sealed,
        identity: &Identity,
        reader: &Recipient,
    ) -> Result<WrappedShare, Refusal> {
        let Holder::Split { shares, .. } = self.holder(sealed)? else {
            return Err(Refusal::Package("its key is not split"));
        };
        let ours = self.shares.iter().find_map(|share| unwrap_share(share, identity).ok());
        let share = ours.ok_or(Refusal::Identity)?;
        let number = share.number();
        if shares.get(usize::from(number) - 1) != Some(&share.digest()) {
            return Err(super::shamir::ShareFault::Forged { number }.into());
        }
        Ok(WrappedShare { number, age: wrap::wrap(reader, share.expose()) })
    }

    /// Who holds the key, once the ciphertext is seen to be the one on the record.
    ///
    /// # Errors
    /// When it is another.
    pub fn holder(&self, sealed: &Sealed) -> Result<Holder, Refusal> {
        let is_on_record = self.ciphertext.len() as u64 == sealed.bytes
            && Digest::of_bytes(&self.ciphertext) == sealed.sha256;
        if !is_on_record {
            return Err(Refusal::NotOnRecord);
        }
        Ok(Holder::read(&self.ciphertext)?)
    }
}

impl WrappedShare {
    /// As a line of JSON, to be handed over.
    ///
    /// # Panics
    /// Never: it holds text and a number.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.json()).expect("text and a number")
    }

    /// From what [`WrappedShare::to_json`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        if text.len() > 2 * wrap::WRAPPED_BYTES_MAX {
            return Err(Refusal::Package("the share is too long"));
        }
        let json = serde_json::from_slice(text);
        Self::of(&json.map_err(|_| Refusal::Package("the JSON of the share is another"))?)
    }

    fn json(&self) -> ShareJson {
        ShareJson { number: self.number, age: STANDARD.encode(&self.age) }
    }

    fn of(json: &ShareJson) -> Result<Self, Refusal> {
        Ok(Self { number: json.number, age: decode(&json.age)? })
    }
}

fn unwrap_share(share: &WrappedShare, identity: &Identity) -> Result<Share, Refusal> {
    let share = Share::from_bytes(&wrap::unwrap(identity, &share.age)?)?;
    Ok(share)
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|_| Refusal::Package("its base64 is not canonical"))
}
