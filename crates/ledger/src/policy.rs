//! Which witnesses a pack asks for, and what is said of a checkpoint that they have not cosigned.
//!
//! Nothing here delays an alert: a checkpoint without its quorum is shown as such and used all the same.

use agreement::Pack;
use spacetime::time::Instant;
use tlog::quorum::{Cosigned, Group, QuorumError};
use tlog::{Quorum, SignatureType, VerifierKey};

/// Seconds between checkpoints, where nothing else is said.
pub const INTERVAL_S: u64 = 60;

/// Why a pack's witnesses make no quorum.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// A witness's name or key is none that a cosignature could be verified under.
    #[error("witness {name}: {fault}")]
    Key {
        /// The witness.
        name: String,
        /// What is wrong with it.
        fault: tlog::key::KeyError,
    },
    /// The groups make no quorum.
    #[error(transparent)]
    Quorum(#[from] QuorumError),
}

/// The quorum of a pack: of every group, as many witnesses as it says.
///
/// # Errors
/// When a witness's key is no key, or one witness could count as two.
pub fn quorum(pack: &Pack, interval_s: u64) -> Result<Quorum, PolicyFault> {
    let key = |witness: &agreement::party::Witness| {
        VerifierKey::ed25519(&witness.name, SignatureType::CosignatureEd25519, &witness.ed25519)
            .map_err(|fault| PolicyFault::Key { name: witness.name.clone(), fault })
    };
    let group = |group: &agreement::party::WitnessGroup| {
        let witnesses = group.witnesses.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Group { name: group.id.clone(), threshold: group.threshold as usize, witnesses })
    };
    let groups = pack.witness_groups.values().map(group).collect::<Result<_, PolicyFault>>()?;
    Ok(Quorum::new(groups, interval_s)?)
}

/// What is said of a witness that has not freshly cosigned a checkpoint; `None` of one that has.
/// `last_s` is when it last cosigned any checkpoint of this log, in seconds of POSIX, if ever.
#[must_use]
pub fn said_of(witness: &VerifierKey, stands: Cosigned, last_s: Option<u64>) -> Option<String> {
    let name = witness.name();
    Some(match stands {
        Cosigned::Fresh { .. } => return None,
        Cosigned::Stale { at_s } => format!("stale: {name} cosigned this at {}", instant(at_s)),
        Cosigned::Future { at_s } => {
            format!("not counted: {name} says to have cosigned at {}, in the future", instant(at_s))
        }
        Cosigned::Unreadable(kind) => {
            format!("not counted: {name} cosigned with {kind}, which this version does not verify")
        }
        Cosigned::Missing => match last_s {
            Some(last_s) => format!("unwitnessed by {name} since {}", instant(last_s)),
            None => format!("never witnessed by {name}"),
        },
    })
}

/// An instant from seconds of POSIX; the last one there is, if there are too many.
#[must_use]
pub fn instant(time_s: u64) -> Instant {
    let micros = i64::try_from(time_s).ok().and_then(|time_s| time_s.checked_mul(1_000_000));
    Instant::from_micros(micros.unwrap_or(i64::MAX))
}

/// Seconds of POSIX; none before 1970.
#[must_use]
pub fn seconds(at: Instant) -> u64 {
    u64::try_from(at.micros().div_euclid(1_000_000)).unwrap_or(0)
}
