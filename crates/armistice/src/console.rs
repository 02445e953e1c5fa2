//! Printing for people: colours where they are wanted, tables, progress.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Colours that mean something; none where they would be in the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    on: bool,
}

impl Ink {
    /// For standard output: colours on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub(crate) fn for_stdout() -> Self {
        Self { on: io::stdout().is_terminal() && wants_colour() }
    }

    /// For standard error.
    pub(crate) fn for_stderr() -> Self {
        Self { on: io::stderr().is_terminal() && wants_colour() }
    }

    /// What is wrong.
    pub(crate) fn fault(self, text: impl Display) -> String {
        self.paint("1;31", text)
    }

    /// What deserves a look.
    pub(crate) fn note(self, text: impl Display) -> String {
        self.paint("1;36", text)
    }

    /// What the eye should find.
    pub(crate) fn strong(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// What is beside the point.
    pub(crate) fn faint(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Rows of text, in columns. The first column and those of words lie left, numbers right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// With a line of heads.
    pub(crate) fn headed(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|&head| head.to_owned()).collect()] }
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| plain(&cell)).collect());
    }

    /// Prints the rows, two spaces apart.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |c: usize| self.rows.iter().filter_map(move |row| row.get(c));
        let width = |c: usize| cells(c).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let is_number = |c: usize| {
            let mut body = self.rows.iter().skip(1).filter_map(|row| row.get(c));
            body.all(|cell| cell.chars().all(|ch| ch.is_ascii_digit() || "+-%. ".contains(ch)))
        };
        let shapes: Vec<_> = (0..columns).map(|c| (width(c), is_number(c))).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, &(width, is_number)) in row.iter().zip(&shapes) {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                line +=
                    &if is_number { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A text from outside, with nothing in it that could steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// A counter of records; nothing where standard error is no terminal.
pub(crate) fn counter(doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{msg:22} {spinner} {human_pos} ({per_sec})");
    let bar = bar.with_style(style.expect("the shape of the bar is ours")).with_message(doing);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_right_and_words_left() {
        let mut columns = Columns::headed(&["area", "before"]);
        columns.row(["dara".to_owned(), "104".to_owned()]);
        columns.row(["q".to_owned(), "7".to_owned()]);
        let mut out = Vec::new();
        columns.print(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "area  before\ndara     104\nq          7\n");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
