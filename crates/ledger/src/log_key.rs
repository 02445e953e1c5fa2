//! The log's key as C2SP has it: checkpoints are signed notes, and the log's name is its key's.

use tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use tlog::key::VerifierKey;
use tlog::sign::NoteSigner;

use crate::head::{Head, LogKey, LogVerifier};

/// The log's private key.
#[derive(Debug)]
pub struct NoteLogKey {
    signer: NoteSigner,
    verifier: NoteLogVerifier,
}

/// The log's public key.
#[derive(Clone, Debug)]
pub struct NoteLogVerifier {
    keys: [VerifierKey; 1],
}

impl NoteLogKey {
    /// A log named as its key is.
    #[must_use]
    pub fn new(signer: NoteSigner) -> Self {
        let verifier = NoteLogVerifier::new(signer.verifier().clone());
        Self { signer, verifier }
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &NoteLogVerifier {
        &self.verifier
    }
}

impl NoteLogVerifier {
    /// A log named as its key is.
    #[must_use]
    pub fn new(key: VerifierKey) -> Self {
        Self { keys: [key] }
    }

    /// The key, and the log's name with it.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.keys[0]
    }
}

impl LogVerifier for NoteLogVerifier {
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String> {
        let signed = SignedCheckpoint::parse(checkpoint).map_err(|fault| fault.to_string())?;
        signed.verify(self.key().name(), &self.keys).map_err(|fault| fault.to_string())?;
        let said = signed.checkpoint();
        Ok(Head { size: said.size, root: said.root })
    }
}

impl LogVerifier for NoteLogKey {
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String> {
        self.verifier.head(checkpoint)
    }
}

impl LogKey for NoteLogKey {
    fn checkpoint(&self, head: &Head) -> Vec<u8> {
        let name = self.verifier.key().name();
        let signed =
            SignedCheckpoint::sign(&Checkpoint::new(name, head.size, head.root), &self.signer);
        signed.expect("a head under the name of a key is a checkpoint").to_string().into_bytes()
    }
}
