//! Statements: what devices sign, what the record holds (docs/record-format.md).
//!
//! A [`Statement`] is a [`Header`] with signatures; its digest is its name. What is public is in
//! the header, all else in a body to which the header commits under a salt. An [`Entry`] is the
//! log's leaf. Everything is canonical JSON (RFC 8785), read by one strict reader, and every
//! refusal has a stable code, the field, a reason and a repair.

pub mod body;
pub mod cells;
pub mod chain;
pub mod claim;
mod entry;
mod equivocation;
mod exact;
pub(crate) mod fields;
mod header;
mod key;
mod kind;
pub mod merkle;
pub mod promise;
mod refusal;
pub mod roster;
pub mod said;
mod signed;
pub mod strict;

pub use body::{BODY_BYTES_MAX, Body};
pub use claim::{CLAIM_BYTES_MAX, Claim, Place};
pub use entry::{ENTRY_BYTES_MAX, Entry, Sealed};
pub use equivocation::{Equivocation, Equivocator, NO_EQUIVOCATION};
pub use fields::{BAD_VALUE, MISSING_FIELD, UNKNOWN_FIELD, WRONG_TYPE};
pub use header::{
    BAD_CHAIN, BAD_KIND, BODY_DOMAIN, Commitment, FORMAT, FORMAT_UNKNOWN, Header, Root,
};
pub use key::{BAD_KEY, BAD_SIGNATURE, PublicKey, SecretKey};
pub use kind::{KIND_CHARS_MAX, Kind, Lane, Visibility};
pub use promise::Promise;
pub use refusal::{Code, Refusal};
pub use roster::{Roster, Standing};
pub use said::Said;
pub use signed::{
    NO_CANONICAL_FORM, NO_SIGNATURE, NOT_A_QUORUM_KIND, SIGNATURES_MAX, SIGNATURES_ORDER,
    STATEMENT_BYTES_MAX, STATEMENT_DOMAIN, Signature, Statement, TOO_MANY_SIGNATURES,
};

/// Every code with which bytes are refused here.
#[must_use]
pub fn codes() -> Vec<&'static Code> {
    [strict::CODES, fields::CODES, header::CODES, key::CODES, signed::CODES, equivocation::CODES]
        .concat()
}
