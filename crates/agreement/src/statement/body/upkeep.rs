//! What the keepers of the record did with bodies.

use std::collections::BTreeSet;

use serde_json::Value;
use spacetime::{Instant, Interval};

use super::super::fields::{Field, Fields, bad_value, fields, object};
use super::super::{Kind, Refusal};
use crate::canonical::Digest;

/// Something was opened to somebody: logged before any key was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// When.
    pub at: Instant,
    /// What.
    pub shows: Shows,
    /// What for.
    pub purpose: String,
    /// To whom, as the pack names the recipient.
    pub to: String,
}

/// What a disclosure opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The body of one statement, by its digest: `opened`.
    Body(Digest),
    /// Whatever is of some kinds, as it comes: `standing`.
    Standing(Order),
}

/// A standing disclosure. It holds from its place in the log until another one for the same reader has
/// its place there; one of no kinds opens nothing, and so ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Kinds of the entries whose bodies are opened, as their headers have them: `private` for cells.
    pub kinds: BTreeSet<Kind>,
    /// When the entries were sequenced.
    pub sequenced: Interval,
}

impl Field for Order {
    fn to_json(&self) -> Value {
        let Self { kinds, sequenced } = self;
        // By name, which does not hang on the order in which kinds came to be.
        let names: BTreeSet<&str> = kinds.iter().map(Kind::as_str).collect();
        let kinds = names.into_iter().map(Value::from).collect();
        object([("kinds", kinds), ("sequenced", sequenced.to_json())])
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value)?;
        let kinds: Vec<Kind> = members.take("kinds")?;
        if kinds.windows(2).any(|pair| pair[0].as_str() >= pair[1].as_str()) {
            return Err(bad_value("sorted, and none twice").within("kinds"));
        }
        let kinds = kinds.into_iter().collect();
        let made = Self { kinds, sequenced: members.take("sequenced")? };
        members.finish()?;
        Ok(made)
    }
}

impl Field for Disclosure {
    fn to_json(&self) -> Value {
        let Self { at, shows, purpose, to } = self;
        let (opened, standing) = match shows {
            Shows::Body(statement) => (statement.to_json(), Value::Null),
            Shows::Standing(order) => (Value::Null, order.to_json()),
        };
        object([
            ("at", at.to_json()),
            ("opened", opened),
            ("purpose", purpose.to_json()),
            ("standing", standing),
            ("to", to.to_json()),
        ])
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value)?;
        let (opened, standing) = (members.take("opened")?, members.take("standing")?);
        let shows = match (opened, standing) {
            (Some(statement), None) => Shows::Body(statement),
            (None, Some(order)) => Shows::Standing(order),
            _ => return Err(bad_value("one of opened and standing")),
        };
        let (at, purpose) = (members.take("at")?, members.take("purpose")?);
        let made = Self { at, shows, purpose, to: members.take("to")? };
        members.finish()?;
        Ok(made)
    }
}

/// A cell of the private lane: bytes that only those who hold its key can tell from a cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its bytes, as text of one length.
    pub bytes: String,
}
fields!(Cell { bytes });
