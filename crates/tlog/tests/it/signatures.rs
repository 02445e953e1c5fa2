//! One rule for every Ed25519 signature, on the edge cases on which verifiers are known to differ.

use ed25519_dalek::{Signature, VerifyingKey};
use tlog::key::KeyError;
use tlog::{SignatureType, VerifierKey};

use crate::golden::hex;

/// "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), its vectors 0 to 11
/// (novifinancial/ed25519-speccheck, Apache-2.0): what is odd about it, message, key, signature.
const SPECCHECK: [(&str, &str, &str, &str); 12] = [
    (
        "small order A and R, S zero",
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "small order A",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
    (
        "small order R",
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
    ),
    (
        "A and R of mixed order, both equations hold",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
    ),
    (
        "A and R of mixed order, only the cofactored equation holds",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
    ),
    (
        "A of mixed order, only the cofactored equation holds",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
    ),
    (
        "S past the group order",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
    ),
    (
        "S far past the group order",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
    ),
    (
        "R of small order, not canonical, reduced before hashing",
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
    ),
    (
        "R of small order, not canonical, hashed as it is",
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
    ),
    (
        "A of small order, not canonical, reduced before hashing",
        "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
    (
        "A of small order, not canonical, hashed as it is",
        "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
];

fn key(bytes: &str) -> Result<VerifierKey, KeyError> {
    let bytes = hex(bytes).try_into().expect("32 bytes");
    VerifierKey::ed25519("example.com/log", SignatureType::Ed25519, &bytes)
}

#[test]
fn of_the_twelve_edge_cases_the_rule_takes_the_third_alone() {
    // The paper's table, row "Dalek strict": verify_strict, of whichever version is linked.
    for (n, (odd, message, key, signature)) in SPECCHECK.into_iter().enumerate() {
        let point = VerifyingKey::from_bytes(&hex(key).try_into().unwrap());
        let signature = Signature::from_slice(&hex(signature)).unwrap();
        let holds = point.is_ok_and(|point| point.verify_strict(&hex(message), &signature).is_ok());
        assert_eq!(holds, n == 3, "{n}: {odd}");
    }
}

#[test]
fn no_key_of_small_order_and_no_second_encoding_of_one_is_taken() {
    // Every encoding of the eight points of small order (C2SP/CCTV, ed25519).
    for (start, middle, end) in [
        ("00", "00", "00"),
        ("ed", "ff", "7f"),
        ("00", "00", "80"),
        ("ed", "ff", "ff"),
        ("01", "00", "00"),
        ("01", "00", "80"),
        ("ee", "ff", "7f"),
        ("ee", "ff", "ff"),
        ("ec", "ff", "7f"),
        ("ec", "ff", "ff"),
    ] {
        let encoding = format!("{start}{}{end}", middle.repeat(30));
        assert_eq!(key(&encoding), Err(KeyError::Weak), "{encoding}");
    }
    for encoding in [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ] {
        assert_eq!(key(encoding), Err(KeyError::Weak), "{encoding}");
    }
    // y = 3 is on the curve, and p + 3 a second encoding of it.
    assert!(key(&format!("03{}", "00".repeat(31))).is_ok());
    assert_eq!(key(&format!("f0{}7f", "ff".repeat(30))), Err(KeyError::Weak));
    // y = 2 is not on the curve.
    assert_eq!(key(&format!("02{}", "00".repeat(31))), Err(KeyError::Weak));
}
