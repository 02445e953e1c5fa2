//! Where the reader puts what it finds, so that it can go on reading.

use std::cell::RefCell;
use std::ops::Range;

use crate::fault::{FaultCode, Note, NoteCode, PackFault, PackFile, Place};

/// Most faults listed of one pack; whoever has more repairs those first.
pub const FAULTS_MAX: usize = 1000;
/// Most notes listed of one pack.
pub const NOTES_MAX: usize = 1000;

/// Faults and notes, in the order they were found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    faults: RefCell<Vec<PackFault>>,
    notes: RefCell<Vec<Note>>,
}

impl Collected {
    /// Whether no more faults are listed, so that none need be worded.
    pub(super) fn is_full(&self) -> bool {
        self.faults.borrow().len() >= FAULTS_MAX
    }

    pub(super) fn fault(
        &self,
        code: FaultCode,
        (file, place, may_quote): (PackFile, Place, bool),
        reason: impl Into<String>,
        repair: impl Into<String>,
    ) {
        if !self.is_full() {
            let (reason, repair) = (reason.into(), repair.into());
            let fault = PackFault { code, file, place, reason, repair, may_quote };
            self.faults.borrow_mut().push(fault);
        }
    }

    pub(super) fn note(
        &self,
        code: NoteCode,
        file: PackFile,
        place: Place,
        text: impl Into<String>,
    ) {
        let mut notes = self.notes.borrow_mut();
        if notes.len() < NOTES_MAX {
            notes.push(Note { code, file, place, text: text.into() });
        }
    }

    /// All of it, by file and then by place in the text; what has no place in a text stays in
    /// the order it was found.
    pub(super) fn into_sorted(self) -> (Vec<PackFault>, Vec<Note>) {
        let offset = |place: &Place| match place {
            Place::Text { span, .. } => span.start,
            Place::File | Place::Pointer(_) => 0,
        };
        let (mut faults, mut notes) = (self.faults.into_inner(), self.notes.into_inner());
        faults.sort_by_key(|fault| (fault.file, offset(&fault.place)));
        notes.sort_by_key(|note| (note.file, offset(&note.place)));
        (faults, notes)
    }
}

/// A text, and where its lines start.
#[derive(Debug)]
pub(super) struct Text<'a> {
    /// Without a byte order mark.
    pub(super) text: &'a str,
    /// Bytes of the file before it.
    before: usize,
    line_starts: Vec<usize>,
}

impl<'a> Text<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        let text = file.strip_prefix('\u{feff}').unwrap_or(file);
        let before = file.len() - text.len();
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, before, line_starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    pub(super) fn place(&self, span: Range<usize>, path: impl Into<String>) -> Place {
        let line = self.line_starts.partition_point(|&start| start <= span.start);
        let before = self.text.get(self.line_starts[line - 1]..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        let span = span.start + self.before..span.end + self.before;
        Place::Text { span, line, column, path: path.into() }
    }

    /// Where a line and column counted from 1, as parsers give them, lie in the text; the
    /// column in bytes.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (start + column.saturating_sub(1)).min(self.text.len())
    }
}
