//! Bodies: what only some may read, by kind. Each is canonical JSON that reads back to the same
//! value, and each value has one form.

mod aid;
mod coordination;
mod judgement;
mod roster;
mod segment;
mod territory;
mod upkeep;
mod watch;

use serde_json::Value;

use super::fields::Field;
use super::header::{Commitment, Header};
use super::kind::Kind;
use super::refusal::Refusal;
use super::said::KIND_UNKNOWN;
use super::signed::NO_CANONICAL_FORM;
use super::strict;
use crate::canonical::canonical_value;
use crate::report::{Authorisation, Duty, Report};
use crate::statement_codes;

pub use aid::{AccessConstraint, Constraint, Delivery, Quantity};
pub use coordination::{
    Acknowledgement, LineCall, LineEvent, Movement, MovementEvent, Notification, Notified,
    NotifiedFlight, NotifiedMovement, NotifiedSite, Objection, Stop,
};
pub use judgement::{Determination, Findings, Outcome, Response};
pub use roster::PackText;
pub use segment::{
    CODES as SEGMENT_CODES, FeedName, ROW_DOMAIN, ROW_SALT_DOMAIN, ROWS_MAX, ShownRow,
    TOO_MANY_ROWS, TrackSegment,
};
pub use territory::{ControlMap, HeldArea};
pub use upkeep::{Cell, Disclosure, Order, Shows};
pub use watch::Replacement;

/// Most bytes of a canonical body: the files of a pack at their limits, as JSON, fit in.
pub const BODY_BYTES_MAX: usize = 32 << 20;

statement_codes! {
    COMMITMENT = "commitment-differs", "body and salt are not those that the header is bound to",
        "send the body and the salt under which the statement was signed";
    NO_BODY_KIND = "no-body", "statements of this kind have no body", "leave the body out";
}

macro_rules! bodies {
    ($($variant:ident($held:ty),)*) => {
        /// A body, by kind of statement.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Body {
            $(#[doc = concat!("Of a [`Kind::", stringify!($variant), "`].")] $variant($held),)*
        }

        impl Body {
            /// Of which kind of statement it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant(_) => Kind::$variant,)*
                }
            }

            fn to_json(&self) -> Value {
                match self {
                    $(Self::$variant(held) => held.to_json(),)*
                }
            }

            /// From JSON that was read strictly.
            ///
            /// # Errors
            /// When it is no body of that kind.
            pub fn from_json(kind: &Kind, value: Value) -> Result<Self, Refusal> {
                match kind {
                    $(Kind::$variant => <$held>::from_json(value).map(Self::$variant),)*
                    Kind::Unknown(_) => Err(Refusal::new(&KIND_UNKNOWN)),
                    _ => Err(Refusal::new(&NO_BODY_KIND)),
                }
            }
        }
    };
}

bodies! {
    AgreementAdopted(PackText),
    TrackSegment(TrackSegment),
    Report(Box<Report>),
    Authorisation(Authorisation),
    Correction(Replacement),
    Duty(Duty),
    Notification(Notification),
    Acknowledgement(Acknowledgement),
    Objection(Objection),
    Movement(Movement),
    Delivery(Delivery),
    AccessConstraint(AccessConstraint),
    ControlMap(ControlMap),
    Assessment(Findings),
    Determination(Determination),
    Response(Response),
    LineCall(LineCall),
    Disclosure(Disclosure),
    Private(Cell),
}

impl Body {
    /// Canonical bytes: what a header is bound to and the vault seals.
    ///
    /// # Errors
    /// When a number in it is not exact in every reader, or there are more bytes than
    /// [`BODY_BYTES_MAX`].
    pub fn canonical(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let written = canonical_value(&self.to_json(), &mut bytes);
        written.map_err(|_| Refusal::new(&NO_CANONICAL_FORM))?;
        if bytes.len() > BODY_BYTES_MAX {
            let detail = format!("{} bytes, at most {BODY_BYTES_MAX}", bytes.len());
            return Err(Refusal::new(&strict::TOO_LONG).detail(detail));
        }
        Ok(bytes)
    }

    /// From canonical bytes, such as the vault opens.
    ///
    /// # Errors
    /// When they are not canonical, or no body of that kind.
    pub fn parse(kind: &Kind, bytes: &[u8]) -> Result<Self, Refusal> {
        Self::from_json(kind, strict::parse_canonical(bytes, BODY_BYTES_MAX)?)
    }

    /// The body that a statement is bound to, from its canonical bytes and its salt: so nobody
    /// can be handed another one than the one on the record.
    ///
    /// # Errors
    /// When they are not those, or no body of the statement's kind.
    pub fn opened(header: &Header, salt: &[u8; 32], bytes: &[u8]) -> Result<Self, Refusal> {
        if header.body != Some(Commitment::of(salt, bytes)) {
            return Err(Refusal::new(&COMMITMENT));
        }
        Self::parse(&header.kind, bytes)
    }
}
