//! Two statements with one number: proof against a device that anybody can check.

use serde_json::{Value, json};

use super::fields::{Field as _, Fields};
use super::header::Header;
use super::key::PublicKey;
use super::kind::Kind;
use super::refusal::Refusal;
use super::signed::{STATEMENT_BYTES_MAX, Statement};
use super::strict;
use crate::id::DeviceId;
use crate::statement_codes;

statement_codes! {
    NO_EQUIVOCATION = "no-equivocation",
        "the two do not differ, or are not of one device, in one lane, under one number",
        "give two different statements of one device with the same sequence number";
}

/// Two different statements of one device under one number. Neither the log nor the roster is
/// needed to check it: it carries the key, and its verdict is about that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivocation {
    /// The device's key.
    pub key: PublicKey,
    /// The two, by digest.
    pub statements: [Statement; 2],
}

/// Whether two headers count their numbers together. Of kinds that are not known here it can be
/// told only when they are the same.
fn in_one_lane(a: &Header, b: &Header) -> bool {
    let known = |kind: &Kind| !matches!(kind, Kind::Unknown(_));
    a.kind == b.kind || (known(&a.kind) && known(&b.kind) && a.kind.lane() == b.kind.lane())
}

/// What the proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivocator {
    /// What the statements call the device.
    pub device: DeviceId,
    /// The key that signed both.
    pub ed25519: [u8; 32],
    /// The number it used twice.
    pub sequence: u64,
}

impl Equivocation {
    /// The proof that two statements make.
    ///
    /// # Errors
    /// When they make none.
    pub fn of(key: PublicKey, one: Statement, other: Statement) -> Result<Self, Refusal> {
        let mut statements = [one, other];
        statements.sort_by_key(Statement::digest);
        let proof = Self { key, statements };
        proof.check()?;
        Ok(proof)
    }

    /// Checks the proof from itself alone.
    ///
    /// # Errors
    /// When the statements are no two of one device under one number, or the key did not sign
    /// both.
    pub fn check(&self) -> Result<Equivocator, Refusal> {
        let [one, other] = &self.statements;
        let (a, b) = (one.header(), other.header());
        let is_pair = a.device == b.device && a.sequence == b.sequence && in_one_lane(a, b);
        if !is_pair || one.digest() >= other.digest() {
            return Err(Refusal::new(&NO_EQUIVOCATION).within("statements"));
        }
        for (n, statement) in self.statements.iter().enumerate() {
            let held = statement.verify(&a.device, &self.key);
            held.map_err(|why| why.within(n).within("statements"))?;
        }
        let ed25519 = self.key.to_bytes();
        Ok(Equivocator { device: a.device.clone(), ed25519, sequence: a.sequence })
    }

    /// As JSON, to be handed to anybody.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "ed25519": self.key.to_bytes().to_json(),
            "format": 1,
            "proof": "equivocation",
            "statements": self.statements.iter().map(Statement::to_json).collect::<Vec<_>>(),
        })
    }

    /// From JSON, checked.
    ///
    /// # Errors
    /// When it proves nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut members = Fields::of(strict::parse(bytes, 2 * STATEMENT_BYTES_MAX + 1024)?)?;
        let (format, proof): (u64, String) = (members.take("format")?, members.take("proof")?);
        let key = PublicKey::new(&members.take("ed25519")?);
        let key = key.map_err(|why| why.within("ed25519"))?;
        let Value::Array(pair) = members.take_raw("statements")? else {
            return Err(Refusal::new(&NO_EQUIVOCATION).within("statements"));
        };
        members.finish()?;
        let read = pair.into_iter().enumerate().map(|(n, value)| {
            Statement::from_json(value).map_err(|why| why.within(n).within("statements"))
        });
        let read: Vec<Statement> = read.collect::<Result<_, _>>()?;
        match <[Statement; 2]>::try_from(read) {
            Ok([one, other]) if format == 1 && proof == "equivocation" => Self::of(key, one, other),
            _ => Err(Refusal::new(&NO_EQUIVOCATION)),
        }
    }
}
