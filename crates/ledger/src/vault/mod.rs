//! Sealed, erasable bodies.
//!
//! A body is sealed under a data key of its own ([`sealed`]); the vault holds that key, or any k of
//! n guarantors do ([`shamir`]). Ciphertexts, whose digests are on the record, lie apart from keys.
//! A key leaves the vault only over a disclosure on the record ([`gate`]; standing ones, [`orders`]), wrapped
//! to the reader, who holds the body against the record without trusting anybody ([`package`]). Erasure
//! overwrites key, shares and ciphertext ([`erase`]). Who has no key can still tell that every
//! ciphertext is whole ([`walk()`]).
//!
//! ```text
//! vault/bodies/N         ciphertexts, one behind the other
//! vault/keys/N           a slot of 160 bytes for each body: place, digest, wrapped data key
//! vault/keys/N.shares    shares, wrapped to their holders
//! vault/journal          who was shown what, what was erased
//! ```

pub mod erase;
mod events;
mod fault;
pub mod gate;
pub(crate) mod journal;
pub mod orders;
pub mod package;
pub mod padme;
pub mod sealed;
pub mod secret;
mod segment;
pub mod shamir;
mod slot;
mod store;
pub mod walk;
pub mod wrap;

pub use erase::Tombstone;
pub use events::{Copy, Disclosure, Erasure, Order};
pub use fault::{Refusal, VaultFault};
pub use gate::{
    CLAIM_BYTES_MAX, DISCLOSURE_BODIES_MAX, Progress, Record, RecordFault, Released, Shown,
};
pub use orders::{HANDED_BODIES_MAX, InLog};
pub use package::{Package, WrappedShare};
pub use sealed::{Body, Holder, Pad};
pub use secret::{Entropy, EntropyFault, Secret, SystemEntropy};
pub use segment::{SEGMENT_BODIES_MAX, Sizes};
pub use store::{Keeping, SealedRef, State, ToSeal, Vault};
pub use walk::{Flaw, Kept, Walk, walk};
