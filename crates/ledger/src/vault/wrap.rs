//! Small secrets wrapped to somebody with `age` (X25519): keys that wrap keys to the vault, shares
//! to guarantors, data keys to readers.

use age::x25519::{Identity, Recipient};
use zeroize::Zeroizing;

use super::fault::Refusal;

/// Longest wrapped secret that is read.
pub const WRAPPED_BYTES_MAX: usize = 4096;

/// Reads an `age1...` recipient.
///
/// # Errors
/// When it is none.
pub fn recipient(text: &str) -> Result<Recipient, Refusal> {
    text.trim().parse().map_err(|_| Refusal::Recipient)
}

/// Wraps a secret to a recipient.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn wrap(to: &Recipient, secret: &[u8]) -> Vec<u8> {
    assert!(secret.len() < WRAPPED_BYTES_MAX / 2);
    age::encrypt(to, secret).expect("one recipient, and memory to write to")
}

/// Unwraps a secret.
///
/// # Errors
/// When it was wrapped to another, or was changed.
pub fn unwrap(identity: &Identity, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    if wrapped.len() > WRAPPED_BYTES_MAX {
        return Err(Refusal::Identity);
    }
    age::decrypt(identity, wrapped).map(Zeroizing::new).map_err(|_| Refusal::Identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_recipient_unwraps_and_every_flipped_bit_is_found() {
        let [ours, other] = [0; 2].map(|_| Identity::generate());
        let wrapped = wrap(&ours.to_public(), b"thirty-two bytes of a secret key");
        assert_eq!(*unwrap(&ours, &wrapped).unwrap(), b"thirty-two bytes of a secret key");
        assert_eq!(unwrap(&other, &wrapped).unwrap_err(), Refusal::Identity);
        for byte in 0..wrapped.len() {
            let mut bad = wrapped.clone();
            bad[byte] ^= 1 << (byte % 8);
            assert!(unwrap(&ours, &bad).is_err(), "byte {byte}");
        }
        assert!(unwrap(&ours, &[0; WRAPPED_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn a_recipient_is_checked() {
        let good = Identity::generate().to_public().to_string();
        assert_eq!(recipient(&good).unwrap().to_string(), good);
        for bad in ["", "age1", &good.replace('1', "2"), &format!("{good}q")] {
            assert!(recipient(bad).is_err(), "{bad}");
        }
    }
}
