//! One acceptance rule, on the cases in which verifiers are known to differ.

use agreement::statement::{PublicKey, SecretKey};

const SPECCHECK: &str = include_str!("speccheck.txt");

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

fn accepts(message: &[u8], key: &str, signature: &str) -> bool {
    let key = PublicKey::new(&bytes(key));
    key.is_ok_and(|key| key.verify(message, &bytes(signature)).is_ok())
}

/// 0 to 3 have a key of small order, 0, 1, 4, 5 a nonce of small order, 7 holds only with the
/// cofactor, 8 only when it is multiplied in after reduction, 9 and 10 have an S past the
/// group's order, 11 and 12 a nonce and 13 and 14 a key in a form that is not canonical. Case 6
/// has points of mixed order, holds without the cofactor, and no common verifier refuses it.
#[test]
fn of_the_known_edge_cases_only_the_one_that_every_verifier_accepts_is_accepted() {
    let cases = SPECCHECK.lines().filter(|line| !line.starts_with('#'));
    let accepted: Vec<usize> = cases
        .enumerate()
        .filter(|(_, case)| {
            let [message, key, signature] = case.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{case}")
            };
            accepts(&bytes::<32>(message), key, signature)
        })
        .map(|(at, _)| at)
        .collect();
    assert_eq!(accepted, [6]);
}

#[test]
fn no_key_of_small_order_is_a_key() {
    let ends = |first: &str, middle: &str, last: &str| first.to_owned() + &middle.repeat(30) + last;
    for key in [
        ends("01", "00", "00"),
        ends("01", "00", "80"),
        ends("00", "00", "00"),
        ends("00", "00", "80"),
        ends("ec", "ff", "7f"),
        ends("ec", "ff", "ff"),
        ends("ed", "ff", "7f"),
        ends("ed", "ff", "ff"),
        ends("ee", "ff", "7f"),
        ends("ee", "ff", "ff"),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".to_owned(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa".to_owned(),
    ] {
        assert!(PublicKey::new(&bytes(&key)).is_err(), "{key}");
    }
}

/// RFC 8032 §7.1, tests 1 and 3.
#[test]
fn the_standards_own_signatures_come_out() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            &[][..],
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            &[0xaf, 0x82][..],
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let key = SecretKey::from_seed(&bytes(seed));
        assert_eq!(key.public().to_bytes(), bytes(public));
        assert_eq!(key.sign(message), bytes(signature));
        assert!(accepts(message, public, signature));
        assert!(!accepts(b"another", public, signature));
    }
}
