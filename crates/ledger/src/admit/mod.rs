//! Which claims become entries.
//!
//! A claim is let in when it is whole and within its limits, its signatures hold under keys that
//! are on the roster at this point of the log, its quorum is complete, and what it says fits what
//! is already there. Whatever else it is, a claim costs no other claim its place: each gets an
//! answer of its own. A gap in a device's numbers blocks nothing.

mod answer;
mod batch;
mod fits;
mod in_order;
mod keys;
mod record;

pub use answer::{Answer, CODES, Rejection};
pub use batch::{Admission, DEVICE_CLAIMS_MAX};
pub use keys::{digest_key, keys_of, place_key};
pub use record::Record;

/// Each code that admission itself refuses with.
pub mod codes {
    pub use super::answer::{
        ALREADY_SAID, CORRECTS_NOTHING, CORRECTS_OTHERS, FUTURE_ROOT, GRANTED_BY_OTHERS,
        NOT_THE_KEEPER, OTHER_PACK, OTHER_ROOT, TOO_MANY_AT_ONCE,
    };
}
