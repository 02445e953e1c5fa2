//! The order within a batch: random, so that it tells nothing.

use crate::vault::{Entropy, VaultFault};

/// Fisher and Yates, each order as likely as any other.
pub(super) fn shuffle<T>(items: &mut [T], entropy: &mut dyn Entropy) -> Result<(), VaultFault> {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u32 + 1, entropy)? as usize);
    }
    Ok(())
}

/// A number below `bound`, each as likely.
fn below(bound: u32, entropy: &mut dyn Entropy) -> Result<u32, VaultFault> {
    let fair = u32::MAX - u32::MAX % bound;
    loop {
        let mut bytes = [0; 4];
        entropy.fill(&mut bytes)?;
        let drawn = u32::from_le_bytes(bytes);
        if drawn < fair {
            return Ok(drawn % bound);
        }
    }
}
