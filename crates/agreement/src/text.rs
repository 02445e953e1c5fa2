//! Text that shows what it is: what a name may not hold, and how a message repeats a word.

/// Whether a character changes the direction of writing: Unicode's `Bidi_Control` (UAX 9, table 2).
#[must_use]
pub const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is unseen or changes the order in which others are seen: control
/// characters, and the bidirectional controls of Unicode TR 9. The joiners (U+200C, U+200D)
/// are letters' own business in Arabic script, and pass.
#[must_use]
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A word from a file as a message may show it.
#[must_use]
pub fn shown(word: &str) -> String {
    const CHARS_SHOWN: usize = 80;
    let mut short: String =
        word.chars().take(CHARS_SHOWN).map(|c| if misleads(c) { '\u{fffd}' } else { c }).collect();
    if word.chars().count() > CHARS_SHOWN {
        short.push('…');
    }
    short
}
