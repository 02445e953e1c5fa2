//! Shamir's scheme over GF(2^8): a data key in n shares, any k of which give it back, while
//! fewer tell nothing to whoever cannot break SHA-256.
//!
//! Two things differ from the textbook. The coefficients are derived from the key, so that
//! whoever has put a key together can deal it again and name the share, or the dealer, that did
//! not fit. And each share has a digest that stands in the head of the ciphertext, whose own
//! digest is on the record: a forged share is told apart before it is used.
//!
//! Ours, in constant time, since the crates at hand index tables by secret bytes or answer a
//! repeated share with a wrong key (docs/dependencies.md).

use std::fmt;

use agreement::Digest;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::secret::Secret;

/// Most shares a key is split into.
pub const SPLIT_SHARES_MAX: u8 = 16;
/// A share: its number, then 32 bytes.
pub const SHARE_BYTES: usize = 33;

/// One share of a data key. Wiped when dropped, and nothing prints it.
#[derive(Clone)]
pub struct Share(Zeroizing<[u8; SHARE_BYTES]>);

/// Why shares give no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// A share is not of 33 bytes or has the number 0.
    #[error("it is no share: a share is {SHARE_BYTES} bytes and has a number from 1 on")]
    Malformed,
    /// There are fewer than the threshold.
    #[error("{given} shares were given where {threshold} are needed")]
    TooFew {
        /// Different shares that were given.
        given: usize,
        /// How many it takes.
        threshold: u8,
    },
    /// The same number twice.
    #[error("share {number} was given twice")]
    Repeated {
        /// Its number.
        number: u8,
    },
    /// Not the share that was dealt: its digest is not the one on the record.
    #[error("share {number} is not the one that was dealt")]
    Forged {
        /// Its number.
        number: u8,
    },
    /// The shares are those on the record, but do not lie on one polynomial of that key.
    #[error("the shares were dealt wrongly: they fit the record but not one another")]
    DealtWrongly,
}

impl Share {
    /// From 33 bytes, the number first.
    ///
    /// # Errors
    /// When it has another length or the number 0.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareFault> {
        let bytes: [u8; SHARE_BYTES] = bytes.try_into().map_err(|_| ShareFault::Malformed)?;
        if bytes[0] == 0 {
            return Err(ShareFault::Malformed);
        }
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Which share it is, from 1.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.0[0]
    }

    /// All of it, to be wrapped to its holder. Never for a message.
    #[must_use]
    pub fn expose(&self) -> &[u8; SHARE_BYTES] {
        &self.0
    }

    /// What stands on the record for it. A share is as unpredictable as a key, so its digest
    /// gives nothing away.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"armistice/share/v1\n");
        hash.update(*self.0);
        Digest::from_bytes(hash.finalize().into())
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({}, ..)", self.number())
    }
}

/// Deals a key into `shares` shares of which `threshold` give it back. The same key is always
/// dealt alike.
///
/// # Panics
/// Unless 1 <= threshold <= shares <= [`SPLIT_SHARES_MAX`].
#[must_use]
pub fn deal(key: &Secret, threshold: u8, shares: u8) -> Vec<Share> {
    assert!(1 <= threshold && threshold <= shares && shares <= SPLIT_SHARES_MAX);
    let coefficients: Vec<Secret> =
        (1..threshold).map(|degree| coefficient(key, threshold, degree)).collect();
    (1..=shares).map(|number| evaluate(key.expose(), &coefficients, number)).collect()
}

fn coefficient(key: &Secret, threshold: u8, degree: u8) -> Secret {
    let mut hash = Sha256::new();
    hash.update(b"armistice/shamir/v1\n");
    hash.update(key.expose());
    hash.update([threshold, degree]);
    Secret::new(hash.finalize().into())
}

/// Horner's rule at `number`, a byte at a time.
fn evaluate(key: &[u8; 32], coefficients: &[Secret], number: u8) -> Share {
    let mut share = Zeroizing::new([0; SHARE_BYTES]);
    share[0] = number;
    for (at, y) in share[1..].iter_mut().enumerate() {
        for coefficient in coefficients.iter().rev() {
            *y = multiply(*y ^ coefficient.expose()[at], number);
        }
        *y ^= key[at];
    }
    Share(share)
}

/// Puts a key together, and deals it again to hold every share that was given, and every digest
/// that stands on the record, against it.
///
/// # Errors
/// Says which share is forged or given twice, that some are missing, or that the dealer cheated.
pub fn combine(given: &[Share], threshold: u8, dealt: &[Digest]) -> Result<Secret, ShareFault> {
    let mut seen = [false; 256];
    for share in given {
        let number = share.number();
        let on_record = dealt.get(usize::from(number) - 1);
        if on_record != Some(&share.digest()) {
            return Err(ShareFault::Forged { number });
        }
        if std::mem::replace(&mut seen[usize::from(number)], true) {
            return Err(ShareFault::Repeated { number });
        }
    }
    if threshold == 0 || given.len() < usize::from(threshold) {
        return Err(ShareFault::TooFew { given: given.len(), threshold });
    }
    let key = interpolate(&given[..usize::from(threshold)]);
    let shares = u8::try_from(dealt.len()).map_err(|_| ShareFault::Malformed)?;
    if shares > SPLIT_SHARES_MAX || threshold > shares {
        return Err(ShareFault::Malformed);
    }
    let again = deal(&key, threshold, shares);
    if again.iter().map(Share::digest).eq(dealt.iter().copied()) {
        Ok(key)
    } else {
        Err(ShareFault::DealtWrongly)
    }
}

/// Lagrange's interpolation at 0. The numbers are public, the values are not.
fn interpolate(shares: &[Share]) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    for share in shares {
        let others = shares.iter().map(Share::number).filter(|&n| n != share.number());
        let weight = others.fold(1, |weight, other| {
            multiply(weight, multiply(other, invert(other ^ share.number())))
        });
        for (byte, y) in key.iter_mut().zip(&share.0[1..]) {
            *byte ^= multiply(*y, weight);
        }
    }
    Secret::new(*key)
}

/// In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2), without a branch or a look-up that
/// depends on either.
const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    let mut step = 0;
    while step < 8 {
        product ^= a & (b & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
        b >>= 1;
        step += 1;
    }
    product
}

/// a^254; takes 0 to 0.
const fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut step = 0;
    while step < 6 {
        power = multiply(multiply(power, power), a);
        step += 1;
    }
    multiply(power, power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digests(shares: &[Share]) -> Vec<Digest> {
        shares.iter().map(Share::digest).collect()
    }

    #[test]
    fn the_field_is_that_of_fips_197_section_4_2() {
        assert_eq!((multiply(0x57, 0x83), multiply(0x57, 0x13)), (0xc1, 0xfe));
        assert!((1..=255).all(|a| multiply(a, invert(a)) == 1));
    }

    /// Threshold Secret Sharing (draft-mcgrew-tss), test case: "test" with its zero, 2 of 2. Its
    /// five bytes stand first in our 32.
    #[test]
    fn shares_are_those_of_the_published_test_case() {
        let widen = |bytes: [u8; 5]| {
            let mut wide = [0; 32];
            wide[..5].copy_from_slice(&bytes);
            wide
        };
        let secret = widen([0x74, 0x65, 0x73, 0x74, 0x00]);
        let line = Secret::new(widen([0xcd, 0x9f, 0x74, 0x95, 0x85]));
        let shares = [1, 2].map(|n| evaluate(&secret, std::slice::from_ref(&line), n));
        assert_eq!(shares[0].expose()[..6], [0x01, 0xb9, 0xfa, 0x07, 0xe1, 0x85]);
        assert_eq!(shares[1].expose()[..6], [0x02, 0xf5, 0x40, 0x9b, 0x45, 0x11]);
        assert_eq!(interpolate(&shares).expose(), &secret);
    }

    proptest! {
        #[test]
        fn any_k_of_n_give_the_key_back(
            key: [u8; 32], shares in 1_u8..=SPLIT_SHARES_MAX, k in any::<u8>(), order: u64,
        ) {
            let threshold = 1 + k % shares;
            let dealt = deal(&Secret::new(key), threshold, shares);
            let mut some = dealt.clone();
            some.sort_by_key(|s| order.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(u32::from(s.number()) * 7));
            some.truncate(usize::from(threshold));
            let got = combine(&some, threshold, &digests(&dealt)).unwrap();
            prop_assert_eq!(got.expose(), &key);
            some.pop();
            let few = combine(&some, threshold, &digests(&dealt));
            prop_assert_eq!(few.unwrap_err(), ShareFault::TooFew { given: some.len(), threshold });
        }
    }

    #[test]
    fn a_forged_or_repeated_share_is_named() {
        let dealt = deal(&Secret::new([9; 32]), 2, 3);
        let record = digests(&dealt);
        let mut forged = *dealt[1].expose();
        forged[20] ^= 1;
        let forged = Share::from_bytes(&forged).unwrap();
        let fault = combine(&[dealt[0].clone(), forged], 2, &record).unwrap_err();
        assert_eq!(fault, ShareFault::Forged { number: 2 });
        let twice = combine(&[dealt[2].clone(), dealt[2].clone()], 2, &record).unwrap_err();
        assert_eq!(twice, ShareFault::Repeated { number: 3 });
        assert!(Share::from_bytes(&[0; SHARE_BYTES]).is_err());
    }

    #[test]
    fn a_dealer_who_hands_out_shares_that_do_not_fit_is_found() {
        let mut dealt = deal(&Secret::new([9; 32]), 2, 3);
        // The third guarantor got a share of another key, and the record says so.
        dealt[2] = deal(&Secret::new([8; 32]), 2, 3)[2].clone();
        let record = digests(&dealt);
        assert_eq!(combine(&dealt[..2], 2, &record).unwrap_err(), ShareFault::DealtWrongly);
        assert_eq!(combine(&dealt[1..], 2, &record).unwrap_err(), ShareFault::DealtWrongly);
    }
}
