//! Frames written as hexadecimal digits.

use crate::rejection::Code;

/// Not hexadecimal digits in pairs, or more than a frame has.
pub static NOT_HEX: Code = Code {
    name: "not-hex",
    reason: "the frame is not an even number of hexadecimal digits, at most 28",
    repair: "send 14 or 28 hexadecimal digits a frame",
};

/// Most bytes in a Mode S frame.
pub const FRAME_BYTES_MAX: usize = 14;

/// Up to 14 bytes, read from hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    bytes: [u8; FRAME_BYTES_MAX],
    len: usize,
}

impl Frame {
    /// `None` for anything but pairs of hexadecimal digits of either case, at most 14.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() || pairs.len() > FRAME_BYTES_MAX {
            return None;
        }
        let mut bytes = [0; FRAME_BYTES_MAX];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self { bytes, len: pairs.len() })
    }

    /// What was read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

const fn digit(ascii: u8) -> Option<u8> {
    match ascii {
        b'0'..=b'9' => Some(ascii - b'0'),
        b'a'..=b'f' => Some(ascii - b'a' + 10),
        b'A'..=b'F' => Some(ascii - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_pairs_of_digits_of_either_case() {
        assert_eq!(Frame::parse(b"8F39fe").unwrap().bytes(), [0x8f, 0x39, 0xfe]);
        assert_eq!(Frame::parse(b"").unwrap().bytes(), [0u8; 0]);
        for bad in [&b"8f3"[..], b"8g", &[b'0'; 30], b"\xc3\xa4"] {
            assert_eq!(Frame::parse(bad), None);
        }
    }
}
