//! Text in reports: names and identifiers, as long as they may be and showing what they are.

use agreement::text::{is_bidi_control, misleads};

use crate::rejection::Code;

/// Most characters in a name: of a report, a source, a side, a weapon.
pub const NAME_CHARS_MAX: usize = 128;

/// Most characters that name the sides of a compiled event: lists of many groups.
pub const SIDE_CHARS_MAX: usize = 512;

/// Most characters in a written date and time.
pub(super) const TIME_CHARS_MAX: usize = 40;

/// Most bytes of an unknown key that a message repeats.
pub(super) const KEY_BYTES_MAX: usize = 40;

static EMPTY: Code = Code {
    name: "empty-text",
    reason: "the text is empty",
    repair: "leave the field out when there is nothing to say",
};
static TOO_LONG: Code = Code {
    name: "text-too-long",
    reason: "the text is longer than the limit",
    repair: "shorten it; evidence that is prose belongs in an attachment",
};
static BIDI_CONTROL: Code = Code {
    name: "bidi-control",
    reason: "the text has control characters that change the direction of writing",
    repair: "remove them; Arabic and Hebrew letters need none, and they can make one name look \
             like another",
};
static CONTROL: Code = Code {
    name: "control-character",
    reason: "the text has control characters, or others that are not seen",
    repair: "remove them",
};
/// A list has more items than it may.
pub(super) static TOO_MANY: Code = Code {
    name: "too-many-items",
    reason: "the list is longer than the limit",
    repair: "send fewer items",
};

/// The text without space around it, if it has 1 to `chars_max` characters and none that
/// misleads; else what is wrong with it, and the place in characters.
pub(super) fn checked(found: &str, chars_max: usize) -> Result<&str, (&'static Code, String)> {
    let found = found.trim();
    if found.is_empty() {
        return Err((&EMPTY, "it holds nothing but space".to_owned()));
    }
    for (n, c) in found.chars().enumerate() {
        let code = match c {
            _ if n >= chars_max => {
                return Err((&TOO_LONG, format!("at most {chars_max} characters")));
            }
            c if is_bidi_control(c) => &BIDI_CONTROL,
            c if misleads(c) => &CONTROL,
            _ => continue,
        };
        return Err((code, format!("U+{:04X} as character {}", u32::from(c), n + 1)));
    }
    Ok(found)
}

/// The known name that `key` is most likely a slip for: one slip (a letter too many, too few,
/// another, or two swapped) in names of four letters and more, two from eight on.
pub(super) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let slips_max = |name: &str| match name.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    if key.len() > KEY_BYTES_MAX {
        return None;
    }
    let folded = key.to_ascii_lowercase();
    let by_slips = known.iter().map(|&name| (slips(&folded, name), name));
    by_slips.filter(|&(n, name)| n <= slips_max(name)).min().map(|(_, name)| name)
}

/// Optimal string alignment distance: insertions, deletions, substitutions, swaps.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = substituted.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_told_from_a_field_of_a_newer_writer() {
        let known = ["id", "kind", "bearing", "received_at", "from"];
        assert_eq!(nearest("recieved_at", &known), Some("received_at"));
        assert_eq!(nearest("Bearing", &known), Some("bearing"));
        assert_eq!(nearest("form", &known), Some("from"));
        for newer in ["media", "mgrs", "arrival", "ids", "observer_count"] {
            assert_eq!(nearest(newer, &known), None, "{newer}");
        }
    }

    #[test]
    fn arabic_is_text_and_an_override_of_direction_is_not() {
        assert_eq!(checked(" درعا ", 10), Ok("درعا"));
        let refused = |text| checked(text, 10).unwrap_err().0.name;
        assert_eq!(refused("abc\u{202e}def"), "bidi-control");
        assert_eq!(refused("abc\u{0}def"), "control-character");
        assert_eq!(refused("  "), "empty-text");
        assert_eq!(refused("12345678901"), "text-too-long");
    }
}
