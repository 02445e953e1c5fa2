//! Two who follow a log compare what it showed them.

use tlog::checkpoint::CheckpointError;
use tlog::proof::ProofError;
use tlog::split_view::SplitViewError;
use tlog::{SignedCheckpoint, SplitView, VerifierKey};

use crate::source::{LogSource, SourceFault, Tiles};

/// Why two views cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum GossipFault {
    /// A view cannot be read.
    #[error("{view}: {fault}")]
    Source {
        /// Which of the two: `the first view` or `the second view`.
        view: &'static str,
        /// Why.
        fault: SourceFault,
    },
    /// A view's checkpoint is not the log's.
    #[error("{view}: {fault}")]
    NotBelieved {
        /// Which of the two.
        view: &'static str,
        /// Why.
        fault: CheckpointError,
    },
    /// The tiles of the larger view are not those of its checkpoint. That says nothing of the log.
    #[error("the tiles of the larger view are not those of its checkpoint: mirror it anew ({0})")]
    Damaged(SplitViewError),
}

/// What two views come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Views {
    /// One grew out of the other.
    One {
        /// Leaves of the smaller and of the larger tree.
        sizes: (u64, u64),
    },
    /// They do not go together, and here is the proof, verified.
    Split(Box<SplitView>),
}

/// Compares the log as two sources show it; `keys` are the log's, all of one name, which is its origin.
///
/// # Errors
/// When one of them cannot be read or believed.
pub fn compare(
    one: &mut dyn LogSource,
    other: &mut dyn LogSource,
    keys: &[VerifierKey],
) -> Result<Views, GossipFault> {
    let origin = keys.first().map_or("", VerifierKey::name);
    let first = believed(one, "the first view", origin, keys)?;
    let second = believed(other, "the second view", origin, keys)?;
    let (a, b) = (first.checkpoint().size, second.checkpoint().size);
    let (found, view) = if a > b {
        (SplitView::between(&first, &second, &mut Tiles(one)), "the first view")
    } else {
        (SplitView::between(&first, &second, &mut Tiles(other)), "the second view")
    };
    let found = found.map_err(|error| {
        let fault = match error {
            ProofError::Source(fault) => fault,
            other @ ProofError::Range(_) => {
                SourceFault::Damaged { path: "tile".to_owned(), reason: other.to_string() }
            }
        };
        GossipFault::Source { view, fault }
    })?;
    let Some(proof) = found else { return Ok(Views::One { sizes: (a.min(b), a.max(b)) }) };
    proof.verify(origin, keys).map_err(GossipFault::Damaged)?;
    Ok(Views::Split(Box::new(proof)))
}

fn believed(
    source: &mut dyn LogSource,
    view: &'static str,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<SignedCheckpoint, GossipFault> {
    let bytes = source.checkpoint().map_err(|fault| GossipFault::Source { view, fault })?;
    let checkpoint = SignedCheckpoint::parse(&bytes);
    let checkpoint = checkpoint.map_err(|fault| GossipFault::NotBelieved { view, fault })?;
    let signed = checkpoint.verify(origin, keys);
    signed.map_err(|fault| GossipFault::NotBelieved { view, fault })?;
    Ok(checkpoint)
}
