//! Faults and notes of a pack, with the text they are about.

use std::io::{self, Write};
use std::path::Path;

use agreement::fault::{PackFile, Place};
use agreement::{Note, PackFault};
use serde_json::{Value, json};

use crate::console::{Ink, plain};
use crate::pack::PackFolder;

/// Most characters of a line that are shown: files of one line exist.
const EXCERPT_CHARS_MAX: usize = 96;
/// Characters shown before the place in a line that is cut.
const EXCERPT_CHARS_BEFORE: usize = 40;

/// Prints a fault with its place, an excerpt where one may be shown, and the repair.
pub(crate) fn print_fault(
    out: &mut impl Write,
    ink: Ink,
    folder: &Path,
    files: &PackFolder,
    fault: &PackFault,
) -> io::Result<()> {
    let head = ink.fault(format_args!("fault[{}]", fault.code));
    writeln!(out, "{head}: {}", ink.strong(plain(&fault.reason)))?;
    let text = files.text(fault.file).filter(|_| fault.may_quote);
    print_place(out, ink, folder, fault.file, &fault.place, text)?;
    writeln!(out, "  {} {}\n", ink.faint("repair:"), plain(&fault.repair))
}

/// Prints a note in the same form.
pub(crate) fn print_note(
    out: &mut impl Write,
    ink: Ink,
    folder: &Path,
    note: &Note,
) -> io::Result<()> {
    let head = ink.note(format_args!("note[{}]", note.code));
    writeln!(out, "{head}: {}", plain(&note.text))?;
    print_place(out, ink, folder, note.file, &note.place, None)?;
    writeln!(out)
}

fn print_place(
    out: &mut impl Write,
    ink: Ink,
    folder: &Path,
    file: PackFile,
    place: &Place,
    text: Option<&str>,
) -> io::Result<()> {
    let path = folder.join(file.name());
    let (path, arrow) = (path.display(), ink.faint("-->"));
    match place {
        Place::File => writeln!(out, "  {arrow} {path}"),
        Place::Pointer(pointer) => writeln!(out, "  {arrow} {path}#{}", plain(pointer)),
        Place::Text { span, line, column, path: keys } => {
            let keys = if keys.is_empty() { String::new() } else { format!("  {}", plain(keys)) };
            writeln!(out, "  {arrow} {path}:{line}:{column}{}", ink.faint(keys))?;
            let shown = text.and_then(|text| Excerpt::of(text, *line, *column, span.len()));
            shown.map_or(Ok(()), |excerpt| excerpt.print(out, ink, *line))
        }
    }
}

/// One line of a file with the place in it marked.
#[derive(Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    before: usize,
    marked: usize,
}

impl Excerpt {
    /// Line and column count from 1; the marked part ends with the line.
    fn of(text: &str, line: usize, column: usize, span_bytes: usize) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line = text.lines().nth(line.checked_sub(1)?)?;
        let at = column.checked_sub(1)?;
        let chars: Vec<char> = line.chars().collect();
        let start = at.min(chars.len());
        let mut bytes = 0;
        let within = |c: &&char| {
            bytes += c.len_utf8();
            bytes <= span_bytes
        };
        let marked = chars[start..].iter().take_while(within).count().max(1);
        let first = if chars.len() > EXCERPT_CHARS_MAX {
            start.saturating_sub(EXCERPT_CHARS_BEFORE)
        } else {
            0
        };
        let last = chars.len().min(first + EXCERPT_CHARS_MAX);
        let cut = |yes: bool| if yes { "…" } else { "" };
        let shown: String = chars[first..last].iter().collect();
        let text = format!("{}{}{}", cut(first > 0), plain(&shown), cut(last < chars.len()));
        let before = start - first + usize::from(first > 0);
        Some(Self { text, before, marked: marked.min((last - start).max(1)) })
    }

    fn print(&self, out: &mut impl Write, ink: Ink, line: usize) -> io::Result<()> {
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let bar = ink.faint("|");
        writeln!(out, "{gutter} {bar}")?;
        writeln!(out, "{} {bar} {}", ink.faint(&number), self.text)?;
        let mark = ink.fault("^".repeat(self.marked));
        writeln!(out, "{gutter} {bar} {}{mark}", " ".repeat(self.before))
    }
}

/// A fault for machines.
pub(crate) fn fault_json(fault: &PackFault) -> Value {
    let mut value = place_json(fault.file, &fault.place);
    value["code"] = json!(fault.code.as_str());
    value["reason"] = json!(fault.reason);
    value["repair"] = json!(fault.repair);
    value
}

/// A note for machines.
pub(crate) fn note_json(note: &Note) -> Value {
    let mut value = place_json(note.file, &note.place);
    value["code"] = json!(note.code.as_str());
    value["text"] = json!(note.text);
    value
}

fn place_json(file: PackFile, place: &Place) -> Value {
    let mut value = json!({ "file": file.name() });
    match place {
        Place::File => {}
        Place::Pointer(pointer) => value["pointer"] = json!(pointer),
        Place::Text { line, column, path, .. } => {
            value["line"] = json!(line);
            value["column"] = json!(column);
            value["path"] = json!(path);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_the_place() {
        let excerpt = Excerpt::of("a = 1\nfloor = \"FL100\"\n", 2, 9, 7).unwrap();
        assert_eq!(excerpt, Excerpt { text: "floor = \"FL100\"".into(), before: 8, marked: 7 });
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}here{}", "a".repeat(500), "b".repeat(500));
        let excerpt = Excerpt::of(&line, 1, 501, 4).unwrap();
        let marked: String =
            excerpt.text.chars().skip(excerpt.before).take(excerpt.marked).collect();
        assert_eq!(marked, "here");
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
    }

    #[test]
    fn a_place_behind_the_end_of_a_line_is_still_marked() {
        assert_eq!(Excerpt::of("a =", 1, 4, 0).unwrap().marked, 1);
        assert_eq!(Excerpt::of("a =", 9, 1, 0), None);
    }
}
