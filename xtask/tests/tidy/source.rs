//! Rust text with its comments and literals taken out, so that a rule about names is not
//! tripped by prose.

/// The code alone. What is taken out becomes spaces, so that line numbers stay.
pub(crate) fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let taken = literal_or_comment(rest);
        if taken > 0 {
            let (out, after) = rest.split_at(taken);
            code.extend(out.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
            if next.is_alphanumeric() || next == '_' {
                // The rest of a word: an `r` inside it does not open a raw string.
                let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                let (word, after) = rest.split_at(word.unwrap_or(rest.len()));
                code.push_str(word);
                rest = after;
            }
        }
    }
    code
}

/// Bytes of the comment or literal that the text starts with; 0 for neither.
fn literal_or_comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    let raw = text.strip_prefix('b').unwrap_or(text);
    if let Some(hashes) = raw.strip_prefix('r') {
        let count = hashes.len() - hashes.trim_start_matches('#').len();
        if hashes[count..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(count));
            let body = &hashes[count + 1..];
            let end = body.find(&close).map_or(body.len(), |at| at + close.len());
            return text.len() - body.len() + end;
        }
    }
    if text.starts_with('"') || text.starts_with("b\"") || text.starts_with("c\"") {
        return quoted(text, '"');
    }
    if is_char_literal(text) { quoted(text, '\'') } else { 0 }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let open = text.find(quote).unwrap_or(0) + 1;
    let mut escaped = false;
    for (at, c) in text[open..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return open + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'a'` and `'\n'` are literals; `'a` of a lifetime is not.
fn is_char_literal(text: &str) -> bool {
    let text = text.strip_prefix('b').unwrap_or(text);
    let Some(inside) = text.strip_prefix('\'') else { return false };
    let mut chars = inside.chars();
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The words of some code, each with the number of its line.
pub(crate) fn words_of(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(at, line)| {
        line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(move |word| (at + 1, word))
    })
}

#[test]
fn comments_and_literals_are_not_code() {
    let text =
        "let a = \"x // y\"; // z\nlet b = r#\"q\"w\"#; /* v /* w */ */ let c: &'d u8 = b'e';\n";
    let words: Vec<_> = words_of(&code_of(text)).map(|(_, word)| word.to_owned()).collect();
    assert_eq!(words, ["let", "a", "let", "b", "let", "c", "d", "u8"]);
    assert_eq!(code_of(text).lines().count(), text.lines().count());
}
