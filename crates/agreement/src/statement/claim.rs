//! A statement on its way to the record: with its body and salt, one a line.

use serde_json::Value;

use super::body::{BODY_BYTES_MAX, Body, COMMITMENT, Replacement};
use super::exact;
use super::fields::{Field as _, Fields};
use super::header::{Commitment, Header, Root};
use super::key::SecretKey;
use super::refusal::Refusal;
use super::said::Said;
use super::signed::{NO_CANONICAL_FORM, STATEMENT_BYTES_MAX, Statement};
use super::strict;
use crate::canonical::{Digest, canonical_value};
use crate::id::DeviceId;
use crate::statement_codes;

/// Most bytes of a claim.
pub const CLAIM_BYTES_MAX: usize = BODY_BYTES_MAX + STATEMENT_BYTES_MAX + 1024;

statement_codes! {
    BODY_WITHOUT_SALT = "body-without-salt", "a body comes without its salt, or a salt without a body",
        "send both: the vault keeps the salt with the body";
    BODY_NOT_AS_SAID = "body-not-as-said", "the header gives another root or count than the body has",
        "take root and count from the body when signing";
    BODY_NOT_SENT = "body-not-sent", "the header is bound to a body that was not sent",
        "send the body and its salt: the vault must be able to open it";
}

/// A statement with its body, if it has one. That the body is the one that the header is bound
/// to has been seen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    statement: Statement,
    body: Option<ClaimedBody>,
}

/// A body as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ClaimedBody {
    salt: [u8; 32],
    canonical: Vec<u8>,
}

/// Where a device is in the numbering of its statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The next number.
    pub sequence: u64,
    /// Digest of the last statement; none before the first.
    pub previous: Option<Digest>,
}

impl Place {
    /// Behind a statement.
    #[must_use]
    pub const fn after(statement: &Statement) -> Self {
        Self { sequence: statement.header().sequence + 1, previous: Some(statement.digest()) }
    }
}

impl Claim {
    /// A new statement, signed.
    ///
    /// # Errors
    /// When it says or holds something that has no canonical form.
    pub fn sign(
        device: DeviceId,
        key: &SecretKey,
        place: Place,
        last_root: Option<Root>,
        said: &Said,
        body: Option<(&Body, [u8; 32])>,
    ) -> Result<Self, Refusal> {
        let sealed = |(body, salt): (&Body, [u8; 32])| {
            Ok::<_, Refusal>(ClaimedBody { salt, canonical: body.canonical()? })
        };
        let body = body.map(sealed).transpose()?;
        let header = Header {
            body: body.as_ref().map(ClaimedBody::commitment),
            device,
            kind: said.kind(),
            last_root,
            previous: place.previous,
            sequence: place.sequence,
            said: said.to_members(),
        };
        Said::of(&header)?;
        Ok(Self { statement: Statement::sign(header, key)?, body })
    }

    /// With the signature of one more device.
    ///
    /// # Errors
    /// When it has signed already.
    pub fn cosigned(self, device: DeviceId, key: &SecretKey) -> Result<Self, Refusal> {
        Ok(Self { statement: self.statement.cosigned(Some(device), key)?, ..self })
    }

    /// From one line off the wire.
    ///
    /// # Errors
    /// When the line is no claim, a known kind says or holds something else than it must, or the
    /// body is not the one that the header is bound to.
    pub fn parse(line: &[u8]) -> Result<Self, Refusal> {
        Self::parse_with_said(line).map(|(claim, _)| claim)
    }

    /// The same, with what its header says; `None` where its kind is not known here.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_with_said(line: &[u8]) -> Result<(Self, Option<Said>), Refusal> {
        if let Some(statement) = exact::bodiless_claim(line)
            && statement.header().body.is_none()
            && let Ok(said) = Said::of(statement.header())
        {
            return Ok((Self { statement, body: None }, Some(said)));
        }
        let mut members = Fields::of(strict::parse(line, CLAIM_BYTES_MAX)?)?;
        let statement = Statement::from_json(members.take_raw("statement")?);
        let statement = statement.map_err(|why| why.within("statement"))?;
        let salt = match members.take_raw("salt") {
            Ok(Value::Null) | Err(_) => None,
            Ok(salt) => Some(<[u8; 32]>::from_json(salt).map_err(|why| why.within("salt"))?),
        };
        let body = members.take_raw("body").ok().filter(|body| !body.is_null());
        members.finish()?;
        let body = match (salt, body) {
            (None, None) => None,
            (Some(salt), Some(value)) => Some(ClaimedBody::read(&statement, salt, value)?),
            _ => return Err(Refusal::new(&BODY_WITHOUT_SALT).within("salt")),
        };
        if body.is_none() && statement.header().body.is_some() {
            return Err(Refusal::new(&BODY_NOT_SENT).within("body"));
        }
        let said = match Said::of(statement.header()) {
            Ok(said) => Some(said),
            // A newer kind may come first to an older ledger: it is for admission to say so.
            Err(why) if why.code == &super::said::KIND_UNKNOWN => None,
            Err(why) => return Err(why.within("header").within("statement")),
        };
        Ok((Self { statement, body }, said))
    }

    /// As one line, canonical, without its end.
    ///
    /// # Panics
    /// Never: a salt has a canonical form.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = b"{".to_vec();
        if let Some(ClaimedBody { salt, canonical }) = &self.body {
            line.extend_from_slice(br#""body":"#);
            line.extend_from_slice(canonical);
            line.extend_from_slice(br#","salt":"#);
            canonical_value(&salt.to_json(), &mut line).expect("a salt is text");
            line.push(b',');
        }
        line.extend_from_slice(br#""statement":"#);
        self.statement.write_canonical(&mut line);
        line.push(b'}');
        line
    }

    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The salt and the canonical body, if it has one.
    #[must_use]
    pub fn body(&self) -> Option<(&[u8; 32], &[u8])> {
        self.body.as_ref().map(|body| (&body.salt, &body.canonical[..]))
    }

    /// The statement alone.
    #[must_use]
    pub fn into_statement(self) -> Statement {
        self.statement
    }
}

impl ClaimedBody {
    fn commitment(&self) -> Commitment {
        Commitment::of(&self.salt, &self.canonical)
    }

    fn read(statement: &Statement, salt: [u8; 32], value: Value) -> Result<Self, Refusal> {
        let header = statement.header();
        let mut canonical = Vec::new();
        let written = canonical_value(&value, &mut canonical);
        written.map_err(|_| Refusal::new(&NO_CANONICAL_FORM).within("body"))?;
        let body = Self { salt, canonical };
        if header.body != Some(body.commitment()) {
            return Err(Refusal::new(&COMMITMENT).within("body"));
        }
        match Body::from_json(&header.kind, value) {
            Ok(held) => check_against_said(header, &held)?,
            Err(why) if why.code == &super::said::KIND_UNKNOWN => {}
            Err(why) => return Err(why.within("body")),
        }
        Ok(body)
    }
}

/// What the header says of its body must be so.
fn check_against_said(header: &Header, body: &Body) -> Result<(), Refusal> {
    let said = Said::of(header).map_err(|why| why.within("header").within("statement"))?;
    let holds = match (&said, body) {
        (Said::TrackSegment(root), Body::TrackSegment(segment)) => segment.said()? == *root,
        (Said::Correction(said), Body::Correction(Replacement::Segment(segment))) => {
            said.segment == Some(segment.said()?)
        }
        (Said::Correction(said), _) => said.segment.is_none(),
        (Said::Assessment(said), Body::Assessment(findings)) => {
            findings.root()? == said.root && findings.findings.len() as u64 == said.findings
        }
        _ => true,
    };
    if holds { Ok(()) } else { Err(Refusal::new(&BODY_NOT_AS_SAID).within("body")) }
}
