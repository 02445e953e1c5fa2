//! What came in, counted, and what was rejected, kept.

use std::collections::BTreeMap;
use std::io::Write as _;

use agreement::report::Duty;
use agreement::{Authorisation, Pack, Report};
use anyhow::Context as _;
use intake::merge::Input;
use intake::reports::authorisations::known_to;
use intake::{Batch, Code, Feed, Rejection};
use publish::jsonl::{Rejected, reject_line};
use publish::{InputFile, InputKind, RejectCount};

use crate::inputs::{self, Source};
use crate::outputs::{Outputs, Readers, WholeFile};
use crate::rejects::unread;

/// The inputs as they are read. Rejected records go to their file at once, so that however
/// many there are, none is held.
#[derive(Debug)]
pub(super) struct Intake {
    files: Vec<InputFile>,
    rejects: WholeFile,
    counts: BTreeMap<&'static str, (&'static Code, u64)>,
    passed_over: u64,
    notes: Vec<String>,
    keep_raw: bool,
}

/// What went in, when all of it has.
#[derive(Debug)]
pub(super) struct WentIn {
    pub(super) files: Vec<InputFile>,
    /// Sound records that hold nothing of interest, such as frames without a position.
    pub(super) passed_over: u64,
    pub(super) rejects: Vec<RejectCount>,
    /// What a reader has to know of the files.
    pub(super) notes: Vec<String>,
}

impl Intake {
    /// Begins `rejects.jsonl`. With the raw records in it, it is its owner's only.
    pub(super) fn begin(
        out: &Outputs,
        files: Vec<InputFile>,
        keep_raw: bool,
    ) -> anyhow::Result<Self> {
        let readers = if keep_raw { Readers::Owner } else { Readers::Everybody };
        Ok(Self {
            files,
            rejects: out.file("rejects.jsonl", readers)?,
            counts: BTreeMap::new(),
            passed_over: 0,
            notes: Vec::new(),
            keep_raw,
        })
    }

    /// The files, in the order of the numbers that locators carry.
    pub(super) fn files(&self) -> &[InputFile] {
        &self.files
    }

    /// Notes which track files were sorted, and which were named more than once.
    pub(super) fn note_merging(&mut self, inputs: &[Input]) {
        for (file, input) in self.files.iter().zip(inputs) {
            if input.sorted {
                let said = "was not in the order of time and was sorted first (on disk when large), \
                            each aircraft's own rows in the order of the file.";
                self.notes.push(format!("{} {said}", file.name));
            }
            if input.copies > 0 {
                let times = input.copies + 1;
                self.notes.push(format!("{} was named {times} times and counts once.", file.name));
            }
        }
    }

    /// Notes which files of reports and authorisations were named more than once.
    fn note_copies(&mut self, sources: &[Source]) {
        let tracks = self.files.len() - sources.len();
        for (file, source) in self.files[tracks..].iter().zip(sources) {
            if source.named > 1 {
                let Source { named, .. } = source;
                self.notes.push(format!("{} was named {named} times and counts once.", file.name));
            }
        }
    }

    /// Notes something that a reader has to know.
    pub(super) fn note(&mut self, said: String) {
        self.notes.push(said);
    }

    /// Counts what was used of an input.
    pub(super) fn admit(&mut self, input: u16, records: u64) {
        self.files[usize::from(input)].admitted += records;
    }

    /// Counts sound records that hold nothing of interest.
    pub(super) fn pass_over(&mut self, records: u64) {
        self.passed_over += records;
    }

    /// Keeps and counts a rejection.
    pub(super) fn reject(&mut self, rejection: &Rejection) -> anyhow::Result<()> {
        let code = rejection.code;
        self.counts.entry(code.name).or_insert((code, 0)).1 += 1;
        self.files[usize::from(rejection.locator.input)].rejected += 1;
        let rejected = Rejected {
            code: code.name.to_owned(),
            locator: rejection.locator,
            entry: rejection.entry.as_deref().map(str::to_owned),
            pointer: rejection.pointer.as_ref().map(ToString::to_string),
            reason: rejection.reason().into_owned(),
            repair: code.repair.to_owned(),
            raw: rejection.raw.as_ref().map(|raw| String::from_utf8_lossy(raw).into_owned()),
        };
        let line = reject_line(&rejected, &self.files);
        self.rejects.write_all(line.as_bytes()).context("rejects.jsonl cannot be written")
    }

    /// Reads every file of authorisations. One that the pack knows nothing of is rejected.
    pub(super) fn authorisations(
        &mut self,
        sources: &[Source],
        pack: &Pack,
    ) -> anyhow::Result<Vec<Authorisation>> {
        let mut all = Vec::new();
        for (input, source) in self.numbered(sources, InputKind::Authorisations) {
            let mut feed = inputs::authorisations(source, input, self.keep_raw)?;
            self.files[usize::from(input)].format = "jsonl".to_owned();
            let mut read = Vec::new();
            self.read_all(input, source, &mut feed, &mut read)?;
            for authorisation in read {
                match known_to(pack, &authorisation) {
                    Ok(()) => all.push(authorisation),
                    Err(rejection) => {
                        self.files[usize::from(input)].admitted -= 1;
                        self.reject(&rejection)?;
                    }
                }
            }
        }
        Ok(all)
    }

    /// Reads every file of reports.
    pub(super) fn reports(
        &mut self,
        sources: &[Source],
        pack: &Pack,
    ) -> anyhow::Result<Vec<Report>> {
        let mut all = Vec::new();
        self.note_copies(sources);
        for (input, source) in self.numbered(sources, InputKind::Reports) {
            let mut feed =
                inputs::reports(source, input, &pack.time_zone, Some(pack), self.keep_raw)?;
            feed.format().clone_into(&mut self.files[usize::from(input)].format);
            self.read_all(input, source, &mut feed, &mut all)?;
            let name = &self.files[usize::from(input)].name;
            let said = |(field, times)| unread(name, field, times);
            self.notes.extend(feed.unread().map(said));
        }
        Ok(all)
    }

    /// Reads every file of duty records.
    pub(super) fn duties(&mut self, sources: &[Source]) -> anyhow::Result<Vec<Duty>> {
        let mut all = Vec::new();
        for (input, source) in self.numbered(sources, InputKind::Duties) {
            let mut feed = inputs::duties(&source.path, input, self.keep_raw)?;
            self.files[usize::from(input)].format = "jsonl".to_owned();
            self.read_all(input, source, &mut feed, &mut all)?;
        }
        Ok(all)
    }

    fn read_all<T>(
        &mut self,
        input: u16,
        source: &Source,
        feed: &mut impl Feed<T>,
        all: &mut Vec<T>,
    ) -> anyhow::Result<()> {
        let mut batch = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            self.admit(input, batch.items.len() as u64);
            self.pass_over(batch.passed_over);
            for rejection in &batch.rejections {
                self.reject(rejection)?;
            }
            all.append(&mut batch.items);
        }
        Ok(())
    }

    /// The sources of one kind, with the numbers that locators carry: they stand behind the
    /// track files.
    fn numbered<'a>(&self, sources: &'a [Source], kind: InputKind) -> Vec<(u16, &'a Source)> {
        let tracks = self.files.iter().filter(|file| file.kind == InputKind::Tracks).count();
        let all = (0..=u16::MAX).skip(tracks).zip(sources);
        all.filter(|(_, source)| source.kind == kind).collect()
    }

    /// Ends `rejects.jsonl` and tells what went in.
    pub(super) fn finish(self) -> anyhow::Result<WentIn> {
        self.rejects.finish()?;
        let counts = self.counts.into_values().map(|(code, times)| RejectCount {
            code: code.name.to_owned(),
            reason: code.reason.to_owned(),
            repair: code.repair.to_owned(),
            times,
        });
        Ok(WentIn {
            files: self.files,
            passed_over: self.passed_over,
            rejects: counts.collect(),
            notes: self.notes,
        })
    }
}
