//! Key material as packs write it.

use super::table::Value;
use crate::fault::FaultCode;

/// Ed25519 public key: 64 hexadecimal digits, or base64 (RFC 4648 §4) of 32 bytes.
pub(super) fn ed25519(value: &Value<'_>) -> Option<[u8; 32]> {
    let key = thirty_two_bytes(value.text()?);
    if key.is_none() {
        let reason = "this is not 32 bytes, as 64 hexadecimal digits or as padded base64";
        value.fault(FaultCode::KeyMalformed, reason, "copy the public key again, whole");
    }
    let key = key?;
    if SMALL_ORDER_Y.contains(&without_sign(key)) {
        let reason = "under this key a signature proves nothing: its point has small order";
        value.fault(FaultCode::KeyMalformed, reason, "make a new key pair");
        return None;
    }
    Some(key)
}

/// 32 bytes as 64 lower-case hexadecimal digits.
pub(super) fn hex32(value: &Value<'_>) -> Option<[u8; 32]> {
    let bytes = from_hex(value.text()?);
    if bytes.is_none() {
        let reason = "this is not 64 hexadecimal digits";
        value.fault(FaultCode::KeyMalformed, reason, "give 32 random bytes as hexadecimal digits");
    }
    bytes
}

/// The y coordinates of the points of small order on Curve25519's Edwards form, with the
/// encodings past the field's prime that denote them: whoever knows no secret can sign for
/// such a key (RFC 8032 §5.1.7 leaves them in).
const SMALL_ORDER_Y: [[u8; 32]; 7] = [
    ends(0x00, 0x00, 0x00),
    ends(0x01, 0x00, 0x00),
    ends(0xec, 0xff, 0x7f),
    ends(0xed, 0xff, 0x7f),
    ends(0xee, 0xff, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

const fn without_sign(mut key: [u8; 32]) -> [u8; 32] {
    key[31] &= 0x7f;
    key
}

fn thirty_two_bytes(text: &str) -> Option<[u8; 32]> {
    from_hex(text).or_else(|| from_base64(text))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Strict: padded, and the bits that the padding leaves over are zero.
fn from_base64(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_suffix('=').filter(|digits| digits.len() == 43)?;
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(32), 0_u32, 0);
    for b in digits.bytes() {
        let six = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    if held == 0 { bytes.try_into().ok() } else { None }
}

/// An X25519 recipient of the `age` format: Bech32 (BIP 173) of 32 bytes under `age`.
pub(super) fn age_recipient<'a>(value: &Value<'a>) -> Option<&'a str> {
    let text = value.text()?;
    if is_age_recipient(text) {
        return Some(text);
    }
    let reason = "this is no age recipient, or its checksum says that it was copied wrongly";
    value.fault(
        FaultCode::RecipientMalformed,
        reason,
        "copy the recipient again, `age1` and 58 more",
    );
    None
}

fn is_age_recipient(text: &str) -> bool {
    const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let Some(data) = text.strip_prefix("age1").filter(|data| data.len() == 58) else {
        return false;
    };
    let five = |b: u8| CHARSET.iter().position(|&c| c == b).and_then(|at| u32::try_from(at).ok());
    let Some(data) = data.bytes().map(five).collect::<Option<Vec<u32>>>() else { return false };
    let high = b"age".iter().map(|b| u32::from(b >> 5));
    let low = b"age".iter().map(|b| u32::from(b & 31));
    // 52 groups of five bits hold 32 bytes and four bits more, which must be zero.
    let padded = data[51] & 0b1111 == 0;
    padded && bech32_checksum(high.chain([0]).chain(low).chain(data)) == 1
}

/// BIP 173, "Checksum".
fn bech32_checksum(values: impl Iterator<Item = u32>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |checksum, value| {
        let top = checksum >> 25;
        let shifted = (checksum & 0x1ff_ffff) << 5 ^ value;
        let taken = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
        taken.fold(shifted, |sum, (_, g)| sum ^ g)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_hex_and_from_base64() {
        let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let base64 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        assert!(from_hex(hex).is_some());
        assert_eq!(from_hex(hex), thirty_two_bytes(base64));
        assert_eq!(thirty_two_bytes(&base64.replace('=', "")), None);
        assert_eq!(thirty_two_bytes("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURp="), None);
    }

    #[test]
    fn one_wrong_letter_in_an_age_recipient_is_found() {
        let good = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        assert!(is_age_recipient(good));
        assert!(!is_age_recipient(&good.replace('z', "x")));
        assert!(!is_age_recipient("age1"));
    }
}
