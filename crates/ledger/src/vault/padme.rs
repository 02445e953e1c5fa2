//! Padmé: lengths that tell little. A length keeps only as many significant bits as its own length
//! has, so that what leaks grows with log log n and the waste stays under 12 percent
//! (Nikitin et al., Reducing Metadata Leakage from Encrypted Files, PETS 2019, §4).

/// The length to pad `bytes` to: the least that is not smaller and whose lower bits are zero.
#[must_use]
pub const fn padme(bytes: u64) -> u64 {
    if bytes < 4 {
        return bytes;
    }
    let exponent = bytes.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_u64 << (exponent - kept)) - 1;
    (bytes + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_round_up_as_the_paper_says() {
        // From the definition: 9 = 0b1001 has exponent 3 and keeps two bits after the first.
        for (bytes, padded) in
            [(0, 0), (1, 1), (3, 3), (8, 8), (9, 10), (100, 104), (1000, 1024), (1025, 1088)]
        {
            assert_eq!(padme(bytes), padded, "{bytes}");
        }
    }

    #[test]
    fn padding_never_shrinks_wastes_at_most_an_eighth_and_is_stable() {
        let mut sizes = 0;
        let mut last = 0;
        for bytes in 1..1 << 20 {
            let padded = padme(bytes);
            assert!(padded >= bytes && (padded - bytes) * 8 < bytes && padme(padded) == padded);
            sizes += u64::from(padded != last);
            last = padded;
        }
        assert!(sizes < 400, "a million lengths become {sizes}");
    }
}
