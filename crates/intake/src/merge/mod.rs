//! Many inputs to one stream, in an order that does not depend on how they were named.
//!
//! Inputs are numbered by the first instant in them, then by the digest of their bytes, and
//! merged by time; of equal times the lower number comes first. Within an input the order of
//! its rows is evidence and is kept: a row that is late is handed on late.
//!
//! A table that is ordered by aircraft, as OpenSky's are, is no late feed. It is sorted, by
//! time across aircraft and in its own order within one, on disk when it is long, and
//! [`Input::sorted`] says so.

mod run;
mod sort;
mod survey;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io;

use agreement::track::{Locator, TrackPoint};
use spacetime::{Duration, Instant};

use crate::background::Background;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::limits::INPUTS_MAX;
use crate::open::{Format, NotOpened, PointFeed, open};
use crate::rejection::Rejection;
use sort::Sorted;
use survey::{Held, Survey};

codes! {
    /// Too many inputs at once.
    TOO_MANY_INPUTS = "too-many-inputs", "more than 1024 inputs are named at once",
        "join small files into larger ones";
}

/// Something that can be opened twice: once to see what is in it, once to read it.
pub struct Source {
    /// What people call it; no part of any output but summaries.
    pub name: String,
    /// Opens it from its start.
    pub open: Box<dyn Fn() -> io::Result<File> + Send>,
}

/// How to merge.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// What every feed is told; `input` is set for each.
    pub feed: Options,
    /// Reads every input as of this format.
    pub format: Option<Format>,
    /// How far a row may lie behind the latest before it, without the input counting as
    /// unsorted.
    pub lateness: Duration,
}

/// What was read, in the order in which it was numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As named.
    pub name: String,
    /// SHA-256 of its bytes as they are stored.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub bytes: u64,
    /// What it holds; none when nothing could be made of it.
    pub format: Option<Format>,
    /// The first row's instant.
    pub first: Option<Instant>,
    /// Whether its rows were not in the order of time and had to be sorted.
    pub sorted: bool,
    /// How many inputs of the same bytes were named besides, and left out.
    pub copies: u32,
}

/// The merged stream.
pub struct Merged {
    inputs: Vec<Input>,
    streams: Vec<Stream>,
    /// The next row's instant and the stream it is in, earliest first.
    heads: BinaryHeap<Reverse<(Instant, usize)>>,
    /// What was rejected before any row was handed out.
    waiting: Batch<TrackPoint>,
}

struct Stream {
    feed: PointFeed,
    batch: Batch<TrackPoint>,
    next: usize,
}

impl Merged {
    /// Looks through every source once, then opens them for reading.
    ///
    /// # Errors
    /// When a source cannot be read. Sources of which nothing can be made are rejections.
    pub fn new(sources: Vec<Source>, options: &MergeOptions) -> Result<Self, Fault> {
        let mut waiting = Batch::default();
        if sources.len() > INPUTS_MAX {
            waiting.rejections.push(Rejection::new(&TOO_MANY_INPUTS, Locator::default()));
        }
        let mut room = survey::HELD_POINTS_MAX;
        let mut found = Vec::new();
        for source in sources.into_iter().take(INPUTS_MAX) {
            let survey = Survey::of(&source, options, &mut room)?;
            found.push((source, survey));
        }
        found.sort_by_key(|(_, survey)| survey.order());

        let mut merged =
            Self { inputs: Vec::new(), streams: Vec::new(), heads: BinaryHeap::new(), waiting };
        for (source, survey) in found {
            if let Some(last) = merged.inputs.last_mut().filter(|i| i.sha256 == survey.sha256) {
                last.copies += 1;
                continue;
            }
            merged.add(source, survey, options)?;
        }
        for index in 0..merged.streams.len() {
            merged.refill(index)?;
        }
        Ok(merged)
    }

    /// What is merged, by number.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn add(&mut self, source: Source, survey: Survey, options: &MergeOptions) -> Result<(), Fault> {
        let input = u16::try_from(self.inputs.len()).expect("INPUTS_MAX fits 16 bits");
        let feed: PointFeed = match survey.held {
            Some(held) => Box::new(Held::numbered(held, input)),
            None => {
                let file = (source.open)().map_err(|source| Fault::Read { input, source })?;
                let told = Options { input, ..options.feed.clone() };
                match open(file, options.format, told) {
                    Ok((_, feed)) => Box::new(Background::new(feed)),
                    Err(NotOpened::Fault(fault)) => return Err(fault),
                    Err(NotOpened::Rejected(rejection)) => {
                        self.waiting.rejections.push(rejection);
                        Box::new(Held::default())
                    }
                }
            }
        };
        let feed: PointFeed = if survey.unsorted { Box::new(Sorted::new(feed)) } else { feed };
        self.streams.push(Stream { feed, batch: Batch::default(), next: 0 });
        self.inputs.push(Input {
            name: source.name,
            sha256: survey.sha256,
            bytes: survey.bytes,
            format: survey.format,
            first: survey.first,
            sorted: survey.unsorted,
            copies: 0,
        });
        Ok(())
    }

    /// Reads on in one stream until it has a row, and enters that among the heads.
    fn refill(&mut self, index: usize) -> Result<(), Fault> {
        let stream = &mut self.streams[index];
        while stream.feed.read(&mut stream.batch)? {
            stream.next = 0;
            self.waiting.rejections.append(&mut stream.batch.rejections);
            self.waiting.passed_over += std::mem::take(&mut stream.batch.passed_over);
            if let Some(first) = stream.batch.items.first() {
                self.heads.push(Reverse((first.observed_at, index)));
                break;
            }
            if self.waiting.is_full() {
                // Handed out with the next batch; the stream is asked again then.
                self.heads.push(Reverse((Instant::MIN, index)));
                break;
            }
        }
        Ok(())
    }

    /// Moves rows of the earliest stream until another one's head comes first.
    fn advance(&mut self, index: usize, batch: &mut Batch<TrackPoint>) -> Result<(), Fault> {
        let limit = self.heads.peek().map(|head| head.0);
        let stream = &mut self.streams[index];
        while let Some(&point) = stream.batch.items.get(stream.next) {
            let key = (point.observed_at, index);
            if batch.is_full() || limit.is_some_and(|limit| key > limit) {
                self.heads.push(Reverse(key));
                return Ok(());
            }
            batch.items.push(point);
            stream.next += 1;
        }
        self.refill(index)
    }
}

impl Feed<TrackPoint> for Merged {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, Fault> {
        batch.clear();
        std::mem::swap(batch, &mut self.waiting);
        if let ([stream], 1) = (&mut self.streams[..], self.inputs.len())
            && stream.next == 0
            && self.heads.pop().is_some()
        {
            // Nothing to merge with: whole batches change hands.
            std::mem::swap(&mut batch.items, &mut stream.batch.items);
            self.refill(0)?;
            return Ok(!batch.is_empty());
        }
        while !batch.is_full()
            && let Some(Reverse((_, index))) = self.heads.pop()
        {
            self.advance(index, batch)?;
            if !self.waiting.is_empty() {
                batch.rejections.append(&mut self.waiting.rejections);
                batch.passed_over += std::mem::take(&mut self.waiting.passed_over);
            }
        }
        Ok(!batch.is_empty())
    }
}
