//! Runs and blocks of numbers inside a page, walked as far as their claims reach.
//!
//! The hybrid of runs and packed groups, and the deltas packed in blocks, are those of the format's
//! Encodings.md ("RLE", "DELTA_BINARY_PACKED"). The crate asserts that no integer takes more than ten bytes,
//! and multiplies by counts that it has not looked at.

/// Widest number of a level or of a place in a dictionary, in bits.
const WIDTH_MAX: u32 = 32;
/// Most values of a run: the format's own limit.
const RUN_MAX: u64 = i32::MAX as u64;
/// Most values of a block of deltas. Writers use 128 or 256.
const BLOCK_MAX: u64 = 1 << 16;

/// Whether `bytes` are runs of numbers of `width` bits, up to `values` of them. They may end sooner, and
/// zeros may follow.
pub(crate) fn are_runs(bytes: &[u8], width: u32, values: u32) -> bool {
    width <= WIDTH_MAX && walk_runs(bytes, width, values).is_some()
}

fn walk_runs(bytes: &[u8], width: u32, values: u32) -> Option<()> {
    let mut bytes = Bytes(bytes);
    let mut left = u64::from(values);
    while left > 0 && !bytes.0.is_empty() {
        let head = bytes.varint()?;
        let count = head >> 1;
        if head == 0 {
            // The padding of some writers. Nothing is read past it.
            return Some(());
        }
        if head & 1 == 1 {
            if count > RUN_MAX / 8 {
                return None;
            }
            // Groups of eight; the last run of some writers is cut short.
            let length = count * u64::from(width);
            if bytes.take(length).is_none() {
                return Some(());
            }
            left = left.saturating_sub(count * 8);
        } else {
            if count > RUN_MAX {
                return None;
            }
            bytes.take(u64::from(width.div_ceil(8)))?;
            left = left.saturating_sub(count);
        }
    }
    Some(())
}

/// How many of the first `values` numbers in runs that were walked are `wanted`.
pub(crate) fn count(bytes: &[u8], width: u32, values: u32, wanted: u64) -> u64 {
    let mut bytes = Bytes(bytes);
    let (mut left, mut found) = (u64::from(values), 0);
    while left > 0 {
        let Some(head) = bytes.varint().filter(|&head| head != 0) else { break };
        let is_packed = head & 1 == 1;
        let numbers = (head >> 1) * if is_packed { 8 } else { 1 };
        let length =
            if is_packed { numbers / 8 * u64::from(width) } else { width.div_ceil(8).into() };
        let taken = bytes.take(length.min(bytes.0.len() as u64)).unwrap_or_default();
        let here = numbers.min(left);
        found += match is_packed {
            true => (0..here).filter(|&n| number(taken, width, n) == Some(wanted)).count() as u64,
            false if number(taken, width, 0) == Some(wanted) => here,
            false => 0,
        };
        left -= here;
    }
    found
}

/// The number at place `n` among numbers of `width` bits, the lowest bit first.
fn number(packed: &[u8], width: u32, n: u64) -> Option<u64> {
    let first = n * u64::from(width);
    (0..u64::from(width)).try_fold(0, |number, bit| {
        let at = first + bit;
        let byte = packed.get(usize::try_from(at / 8).ok()?)?;
        Some(number | u64::from(byte >> (at % 8) & 1) << bit)
    })
}

/// How many numbers of up to `width` bits stand in `bytes` as blocks of deltas, if they do.
pub(crate) fn deltas(bytes: &[u8], width: u32) -> Option<u64> {
    let mut bytes = Bytes(bytes);
    let block = bytes.varint()?;
    let parts = bytes.varint()?;
    let values = bytes.varint()?;
    bytes.varint()?;
    let part = block.checked_div(parts)?;
    if block > BLOCK_MAX || part == 0 || part % 32 != 0 || part * parts != block {
        return None;
    }
    let mut left = values.saturating_sub(1);
    while left > 0 {
        bytes.varint()?;
        let widths = bytes.take(parts)?;
        for &of_part in widths {
            // The widths after the last value may be anything.
            if left == 0 {
                break;
            }
            if u32::from(of_part) > width {
                return None;
            }
            let packed = part.min(left) * u64::from(of_part);
            let whole = part * u64::from(of_part) / 8;
            if left <= part {
                bytes.take(packed.div_ceil(8))?;
            } else {
                bytes.take(whole)?;
            }
            left = left.saturating_sub(part);
        }
    }
    Some(values)
}

/// What is left to be walked.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned integer of up to 64 bits, seven a byte, the lowest first.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(self.take(1)?[0]);
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                return None;
            }
            number |= (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_bytes_bear_out_pass() {
        // Five sevens, then a packed group of eight 3-bit numbers.
        let sound = [10, 7, 3, 0x88, 0xc6, 0xfa];
        assert!(are_runs(&sound, 3, 13));
        assert!(are_runs(&[], 3, 13));
        assert!(are_runs(&[0, 0, 0], 3, 13), "padding");
        assert!(are_runs(&sound[..4], 3, 13), "a last group that is cut short");
        assert!(are_runs(&[10], 0, 5), "numbers of no bits take no byte");
    }

    #[test]
    fn what_is_past_the_last_value_is_not_looked_at() {
        assert!(are_runs(&[10, 7, 0xff, 0xff], 3, 5));
        assert!(!are_runs(&[10, 7, 0xff, 0xff], 3, 6));
    }

    #[test]
    fn a_run_of_more_than_the_format_allows_is_refused() {
        let eleven = [vec![0x80; 10], vec![1]].concat();
        assert!(!are_runs(&eleven, 1, 1));
        assert!(!are_runs(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0], 1, 1));
        assert!(!are_runs(&[10], 3, 5), "without its value");
        assert!(!are_runs(&[10, 7], 33, 5));
    }

    #[test]
    fn numbers_are_counted_in_a_run_and_in_a_group() {
        let sound = [10, 7, 3, 0x88, 0xc6, 0xfa];
        for wanted in 0..8 {
            let is_seven = u64::from(wanted == 7);
            assert_eq!(count(&sound, 3, 13, wanted), 1 + 5 * is_seven, "{wanted}");
            assert_eq!(count(&sound, 3, 5, wanted), 5 * is_seven, "{wanted}");
        }
        assert_eq!(count(&sound, 3, 6, 0), 1);
        assert_eq!(count(&[10], 0, 4, 0), 4);
        assert_eq!(count(&[], 1, 5, 1), 0);
    }

    #[test]
    fn blocks_of_deltas_are_walked_to_the_last_value() {
        // Blocks of 128 in 4 parts: the numbers 7, 8, ..., so one smallest delta of 1 and widths of nothing.
        let head = |values: u8| vec![0x80, 0x01, 4, values, 14];
        assert_eq!(deltas(&head(1), 32), Some(1));
        assert_eq!(deltas(&[head(5), vec![2, 0, 0xff, 0xff, 0xff]].concat(), 32), Some(5));
        assert_eq!(deltas(&[head(5), vec![2, 1, 0, 0, 0, 0b1010]].concat(), 32), Some(5));
        for short in
            [vec![], vec![2, 0, 0, 0], vec![2, 33, 0, 0, 0, 1, 1, 1, 1, 1], vec![2, 8, 0, 0, 0, 1]]
        {
            assert_eq!(deltas(&[head(6), short.clone()].concat(), 32), None, "{short:?}");
        }
    }

    #[test]
    fn a_block_of_no_parts_or_of_too_many_values_is_refused() {
        for (block, parts) in
            [(vec![0x80, 0x01], 0), (vec![0x80, 0x01], 3), (vec![0x80, 0x01], 5), (vec![0], 4)]
        {
            assert_eq!(deltas(&[block, vec![parts, 1, 0]].concat(), 64), None);
        }
        assert_eq!(deltas(&[0x80, 0x80, 0x08, 1, 1, 0], 64), None);
    }
}
