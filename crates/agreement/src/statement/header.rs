//! What a device signs: who says what kind of thing, after what, and bound to which body.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::fields::{self, Field, Fields, fields};
use super::kind::Kind;
use super::refusal::Refusal;
use crate::canonical::Digest;
use crate::id::DeviceId;
use crate::statement_codes;

/// The format of headers that this software writes, and the only one it reads.
pub const FORMAT: u64 = 1;

/// Goes before a canonical body, so that its commitment can be mistaken for no other digest.
pub const BODY_DOMAIN: &[u8] = b"armistice/body/v1\n";

statement_codes! {
    FORMAT_UNKNOWN = "format-unknown", "the header is in a format that is not known here",
        "read it with a version of the software that knows the format";
    BAD_KIND = "bad-kind", "the kind has another form than names of kinds",
        "write one of the kinds of docs/record-format.md";
    BAD_CHAIN = "bad-chain", "only a device's first statement, number 0, has no previous one",
        "number statements from 0, and give the digest of the one before";
}

/// What binds a statement to its body without telling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub Digest);

impl Commitment {
    /// To a canonical body under a salt of 256 bits: without one, a place on a map could be
    /// found by trying all of them.
    #[must_use]
    pub fn of(salt: &[u8; 32], canonical_body: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(BODY_DOMAIN).chain_update(salt);
        Self(Digest::from_bytes(hash.chain_update(canonical_body).finalize().into()))
    }
}

/// The tree that an author had seen when writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Root {
    /// Its root hash.
    pub root: Digest,
    /// Its size, entries.
    pub size: u64,
}

fields!(Root { root, size });

/// The signed part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The body it is bound to, if its kind has one.
    pub body: Option<Commitment>,
    /// The device that says it.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// The tree its author had last seen: it was made after that.
    pub last_root: Option<Root>,
    /// The digest of the same device's statement with the number before.
    pub previous: Option<Digest>,
    /// Its number among the device's statements, from 0.
    pub sequence: u64,
    /// What everybody may read: as little as the kind allows.
    pub said: Map<String, Value>,
}

impl Header {
    /// As JSON; members that are absent are null, so that every header has the same ones.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { body, device, kind, last_root, previous, sequence, said } = self;
        json!({
            "body": body.map(|Commitment(digest)| json!({ "commitment": digest })),
            "device": device,
            "format": FORMAT,
            "kind": kind.as_str(),
            "last_root": last_root.to_json(),
            "previous": previous,
            "said": said,
            "sequence": sequence,
        })
    }

    /// From JSON that was read strictly.
    ///
    /// # Errors
    /// When it is no header of [`FORMAT`].
    pub(crate) fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value)?;
        // First, since all else may differ in another format.
        let format: u64 = members.take("format")?;
        if format != FORMAT {
            let detail = format!("format {format}, known here is {FORMAT}");
            return Err(Refusal::new(&FORMAT_UNKNOWN).within("format").detail(detail));
        }
        let kind: String = members.take("kind")?;
        let body: Option<CommitmentMember> = members.take_nullable("body")?;
        let header = Self {
            body: body.map(|member| Commitment(member.commitment)),
            device: members.take("device")?,
            kind: Kind::parse(&kind).ok_or_else(|| Refusal::new(&BAD_KIND).within("kind"))?,
            last_root: members.take_nullable("last_root")?,
            previous: members.take_nullable("previous")?,
            sequence: members.take("sequence")?,
            said: match members.take_raw("said")? {
                Value::Object(said) => said,
                _ => return Err(fields::wrong_type("an object").within("said")),
            },
        };
        members.finish()?;
        if (header.sequence == 0) == header.previous.is_some() {
            return Err(Refusal::new(&BAD_CHAIN).within("previous"));
        }
        Ok(header)
    }
}

struct CommitmentMember {
    commitment: Digest,
}

fields!(CommitmentMember { commitment });
