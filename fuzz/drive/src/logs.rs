//! The texts and bytes of a transparency log. Whatever is read is written again, and has to come out
//! as it went in: two spellings of one checkpoint would be two checkpoints to whoever compares bytes.

use tlog::bundle::{BundleId, entries, first_entries};
use tlog::note::parse_signatures;
use tlog::witness::parse_known_size;
use tlog::{
    AddCheckpoint, Checkpoint, Note, SignedCheckpoint, SplitView, Tile, TlogProof, VerifierKey,
};

fn same(written: &impl ToString, read: &[u8]) {
    assert_eq!(written.to_string().as_bytes(), read, "what was read is not what is written");
}

/// Notes, verifier keys, signature lines.
pub fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        same(&note, bytes);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = parse_signatures(text);
        if let Ok(key) = VerifierKey::parse(text) {
            same(&key, bytes);
        }
    }
}

/// Checkpoints, signed and not.
pub fn checkpoint(bytes: &[u8]) {
    if let Ok(signed) = SignedCheckpoint::parse(bytes) {
        same(&signed, bytes);
    }
    if let Ok(checkpoint) =
        str::from_utf8(bytes).map_or(Err(()), |t| Checkpoint::parse(t).map_err(drop))
    {
        same(&checkpoint, bytes);
    }
}

/// Proofs that verify offline.
pub fn tlog_proof(bytes: &[u8]) {
    if let Ok(proof) = TlogProof::parse(bytes) {
        same(&proof, bytes);
    }
}

/// Proofs that a log showed two views.
pub fn split_view(bytes: &[u8]) {
    if let Ok(proof) = SplitView::parse(bytes) {
        same(&proof, bytes);
        let _ = proof.verify(&proof.first().checkpoint().origin.clone(), &[]);
    }
}

/// What a log asks a witness, and what it answers when it refuses.
pub fn add_checkpoint(bytes: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        same(&request, bytes);
    }
    let _ = parse_known_size(bytes);
}

/// Entry bundles, and the paths of bundles and tiles. The first byte says how many entries are wanted.
pub fn entry_bundle(bytes: &[u8]) {
    if let Some((width, bundle)) = bytes.split_first() {
        let width = u16::from(*width) + 1;
        if let Ok(all) = entries(bundle, width) {
            assert_eq!(first_entries(bundle, width).as_deref(), Ok(&all[..]));
        }
    }
    if let Ok(path) = str::from_utf8(bytes) {
        if let Some(tile) = Tile::parse(path) {
            same(&tile, bytes);
        }
        if let Some(bundle) = BundleId::parse(path) {
            same(&bundle, bytes);
        }
    }
}
