//! What came in, counted, and what was rejected, kept.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use agreement::{Authorisation, Pack, Report};
use anyhow::Context as _;
use intake::{Batch, Code, Feed, Rejection};
use publish::jsonl::{Rejected, reject_line};
use publish::{InputFile, InputKind, RejectCount};

use crate::inputs::{self, Source};
use crate::outputs::{Readers, WholeFile};

/// The inputs as they are read. Rejected records go to their file at once, so that however
/// many there are, none is held.
#[derive(Debug)]
pub(super) struct Intake {
    files: Vec<InputFile>,
    rejects: WholeFile,
    counts: BTreeMap<&'static str, (&'static Code, u64)>,
    pub(super) keep_raw: bool,
}

impl Intake {
    /// Begins `rejects.jsonl`. With the raw records in it, it is its owner's only.
    pub(super) fn begin(out: &Path, sources: &[Source], keep_raw: bool) -> anyhow::Result<Self> {
        let readers = if keep_raw { Readers::Owner } else { Readers::Everybody };
        Ok(Self {
            files: inputs::described(sources),
            rejects: WholeFile::begin(&out.join("rejects.jsonl"), readers)?,
            counts: BTreeMap::new(),
            keep_raw,
        })
    }

    /// Notes what an input was read as.
    pub(super) fn read_as(&mut self, input: u16, format: &str) {
        format.clone_into(&mut self.files[usize::from(input)].format);
    }

    /// Counts what was used of an input.
    pub(super) fn admit(&mut self, input: u16, records: u64, passed_over: u64) {
        let file = &mut self.files[usize::from(input)];
        file.admitted += records;
        file.passed_over += passed_over;
    }

    /// Keeps and counts a rejection.
    pub(super) fn reject(&mut self, rejection: &Rejection) -> anyhow::Result<()> {
        let code = rejection.code;
        self.counts.entry(code.name).or_insert((code, 0)).1 += 1;
        self.files[usize::from(rejection.locator.input)].rejected += 1;
        let rejected = Rejected {
            code: code.name.to_owned(),
            locator: rejection.locator,
            pointer: rejection.pointer.as_ref().map(ToString::to_string),
            reason: rejection.reason().into_owned(),
            repair: code.repair.to_owned(),
            raw: rejection.raw.as_ref().map(|raw| String::from_utf8_lossy(raw).into_owned()),
        };
        let line = reject_line(&rejected, &self.files);
        self.rejects.write_all(line.as_bytes()).context("rejects.jsonl cannot be written")
    }

    /// Reads every file of authorisations.
    pub(super) fn authorisations(
        &mut self,
        sources: &[Source],
    ) -> anyhow::Result<Vec<Authorisation>> {
        let mut all = Vec::new();
        for (input, source) in numbered(sources, InputKind::Authorisations) {
            let mut feed = inputs::authorisations(source, input, self.keep_raw)?;
            self.read_as(input, "JSON lines");
            self.read_all(input, source, &mut feed, &mut all)?;
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
        for (input, source) in numbered(sources, InputKind::Reports) {
            let (mut feed, format) = inputs::reports(source, input, pack, self.keep_raw)?;
            self.read_as(input, format);
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
            self.admit(input, batch.items.len() as u64, batch.passed_over);
            for rejection in &batch.rejections {
                self.reject(rejection)?;
            }
            all.append(&mut batch.items);
        }
        Ok(())
    }

    /// Ends `rejects.jsonl`; what went in, and what was rejected by code.
    pub(super) fn finish(self) -> anyhow::Result<(Vec<InputFile>, Vec<RejectCount>)> {
        self.rejects.finish()?;
        let counts = self.counts.into_values().map(|(code, times)| RejectCount {
            code: code.name.to_owned(),
            reason: code.reason.to_owned(),
            repair: code.repair.to_owned(),
            times,
        });
        Ok((self.files, counts.collect()))
    }
}

/// The sources of one kind, with the numbers that locators carry.
pub(super) fn numbered(
    sources: &[Source],
    kind: InputKind,
) -> impl Iterator<Item = (u16, &Source)> {
    let all = (0..=u16::MAX).zip(sources);
    all.filter(move |(_, source)| source.kind == kind)
}
