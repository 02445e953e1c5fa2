//! What decides whether a submission goes into the log.

use std::marker::PhantomData;

use tlog::{Hash, hash_leaf};

use crate::fault::Fault;
use crate::pool::Pool;
use crate::sequence::Sequencer;

/// Decides, in the sequencing thread, what becomes of a submission.
pub trait Admission: Send {
    /// What senders hand in; whatever can be checked by many threads was checked before.
    type Submission: Send;
    /// What they are told once the pool is durable.
    type Answer: Send;

    /// Puts a submission into the pool, or answers that it is there already, or refuses it.
    ///
    /// # Errors
    /// [`Fault::PoolFull`] where it does not go into this pool: it is asked again with the next. Any other
    /// fault stops the ledger.
    fn admit(
        &mut self,
        submission: &mut Self::Submission,
        pool: &mut Pool,
        sequencer: &Sequencer,
    ) -> Result<Self::Answer, Fault>;
}

/// An entry and the hash of its leaf: of all that is done to an entry before it is durable, hashing takes
/// longest, and senders do it side by side.
#[derive(Clone, Copy, Debug)]
pub struct Hashed<E> {
    entry: E,
    leaf: Hash,
}

impl<E: AsRef<[u8]>> Hashed<E> {
    /// Of an entry, owned in whatever way the sender does.
    pub fn new(entry: E) -> Self {
        Self { leaf: hash_leaf(entry.as_ref()), entry }
    }
}

/// Entries as they are, without a look into them.
#[derive(Clone, Copy, Debug)]
pub struct Opaque<E = Vec<u8>>(PhantomData<fn(E)>);

impl<E> Default for Opaque<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: AsRef<[u8]> + Send> Admission for Opaque<E> {
    type Submission = Hashed<E>;
    type Answer = Result<u64, Fault>;

    fn admit(
        &mut self,
        entry: &mut Hashed<E>,
        pool: &mut Pool,
        _: &Sequencer,
    ) -> Result<Self::Answer, Fault> {
        match pool.push_hashed(entry.entry.as_ref(), Some(entry.leaf)) {
            Err(Fault::PoolFull) if !pool.is_empty() => Err(Fault::PoolFull),
            pushed => Ok(pushed),
        }
    }
}
