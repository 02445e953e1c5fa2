//! By what an entry is found again.

use agreement::DeviceId;
use agreement::statement::{Entry, Lane, Statement};
use sha2::{Digest as _, Sha256};

/// The key of a statement by its digest: the same statement again is known by it.
#[must_use]
pub fn digest_key(digest: &agreement::Digest) -> [u8; 32] {
    *digest.as_bytes()
}

/// The key of a statement by its number: another one under it is known by it.
#[must_use]
pub fn place_key(device: &DeviceId, lane: Lane, sequence: u64) -> [u8; 32] {
    let lane = match lane {
        Lane::Public => b"0",
        Lane::Private => b"1",
        Lane::Cell => b"2",
    };
    let hash = Sha256::new().chain_update("armistice/index/place/v1\n").chain_update(lane);
    let hash = hash.chain_update(sequence.to_be_bytes()).chain_update(device.as_str());
    hash.finalize().into()
}

/// Both keys of a statement.
#[must_use]
pub(super) fn of_statement(statement: &Statement) -> [[u8; 32]; 2] {
    let header = statement.header();
    let place = place_key(&header.device, header.kind.lane(), header.sequence);
    [digest_key(&statement.digest()), place]
}

/// Both keys of an entry; none of bytes that are no entry, which no pool of ours holds.
#[must_use]
pub fn keys_of(entry: &[u8]) -> Vec<[u8; 32]> {
    Entry::parse(entry).map_or_else(|_| Vec::new(), |entry| of_statement(&entry.statement).into())
}
