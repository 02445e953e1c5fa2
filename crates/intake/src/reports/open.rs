//! From a file of reports to its feed: told by content, unpacked when gzipped.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agreement::Report;
use agreement::track::Locator;
use spacetime::local_time::ZoneRules;
use spacetime::{Duration, Instant};

use super::openrosa::Submissions;
use super::report::codes::IN_THE_FUTURE;
use super::report::limits::CLOCK_AHEAD_S_MAX;
use super::{JsonlReports, Places, UcdpGed};
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::open::{DAMAGED_GZIP, unpacked};
use crate::rejection::Rejection;

codes! {
    /// No feed of reports looks like this.
    UNKNOWN_REPORT_FORMAT = "unknown-report-format",
        "the file is in no format of reports that is known here",
        "give JSON lines (docs/report-format.md), UCDP GED as CSV, or submissions of the form in \
         forms/ as a folder, a zip file or XML; a register of another shape goes through \
         `reconcile` with a mapping";
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// [`JsonlReports`].
    JsonLines,
    /// [`UcdpGed`].
    UcdpGed,
    /// [`Submissions`].
    Submissions,
}

impl ReportFormat {
    /// As outputs name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON lines",
            Self::UcdpGed => "UCDP GED",
            Self::Submissions => "OpenRosa submissions",
        }
    }

    /// Tells the format by the first bytes, decompressed. Nothing at all counts as no lines.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        match text.first() {
            _ if head.starts_with(b"PK\x03\x04") => Some(Self::Submissions),
            Some(b'<') => Some(Self::Submissions),
            None | Some(b'{') => Some(Self::JsonLines),
            Some(_) => {
                let header = text.split(|&byte| byte == b'\n').next()?.to_ascii_lowercase();
                let holds = |word: &[u8]| memchr::memmem::find(&header, word).is_some();
                (holds(b"type_of_violence") || holds(b"where_prec")).then_some(Self::UcdpGed)
            }
        }
    }
}

type Text = Box<dyn BufRead + Send>;

/// A feed of reports, by what it is read as.
pub struct ReportFeed {
    feed: AnyFeed,
    /// Set when gzip broke off.
    damaged: Arc<AtomicBool>,
    input: u16,
    now: Option<Instant>,
}

enum AnyFeed {
    Lines(JsonlReports<Text>),
    Ucdp(Box<UcdpGed<Text>>),
    Submissions(Submissions),
    /// Nothing could be made of it.
    Refused(Option<Rejection>),
}

/// Opens reports: a file, or a folder of submissions. Days of tables without a zone are those
/// of `zone`; names are looked up in `places`.
///
/// # Errors
/// When it cannot be read. What is in no known format is a feed of one rejection.
pub fn open(
    path: &Path,
    options: Options,
    zone: ZoneRules,
    places: Arc<Places>,
) -> Result<ReportFeed, Fault> {
    let (input, now) = (options.input, options.now);
    let failed = |source| Fault::Read { input, source };
    let mut damaged = Arc::new(AtomicBool::new(false));
    let mut file = File::open(path).map_err(failed)?;
    let is_folder = file.metadata().map_err(failed)?.is_dir();
    let mut magic = Vec::new();
    if !is_folder {
        (&file).take(4).read_to_end(&mut magic).map_err(failed)?;
        file.rewind().map_err(failed)?;
    }
    let submissions = |places| Submissions::open(path, &options, places).map(AnyFeed::Submissions);
    let feed = if is_folder || magic == b"PK\x03\x04" {
        submissions(&places)?
    } else {
        let (head, text);
        (head, text, damaged) =
            unpacked(BufReader::with_capacity(1 << 20, file)).map_err(failed)?;
        match ReportFormat::detect(&head) {
            Some(ReportFormat::JsonLines) => {
                AnyFeed::Lines(JsonlReports::new(text, options).knowing(places))
            }
            Some(ReportFormat::UcdpGed) => {
                AnyFeed::Ucdp(Box::new(UcdpGed::new(text, options, zone)))
            }
            Some(ReportFormat::Submissions) => submissions(&places)?,
            None => {
                let whole = Locator { input, record: 0 };
                AnyFeed::Refused(Some(Rejection::new(&UNKNOWN_REPORT_FORMAT, whole)))
            }
        }
    };
    Ok(ReportFeed { feed, damaged, input, now })
}

/// Rejects what begins after now, whatever it says of when it was received.
fn refuse_the_future(now: Instant, batch: &mut Batch<Report>) {
    let latest = now.plus(Duration::from_seconds(CLOCK_AHEAD_S_MAX));
    let Batch { items, rejections, .. } = batch;
    items.retain(|report| {
        let has_begun = report.observed.start() <= latest;
        if !has_begun {
            let why = Rejection::new(&IN_THE_FUTURE, report.locator).at("/from");
            rejections.push(why.detail("it starts later than it is now".to_owned()));
        }
        has_begun
    });
    rejections.sort_by_key(|why| why.locator.record);
}

impl ReportFeed {
    /// What it is read as, as outputs name it.
    #[must_use]
    pub const fn format(&self) -> &'static str {
        match self.feed {
            AnyFeed::Lines(_) => ReportFormat::JsonLines.as_str(),
            AnyFeed::Ucdp(_) => ReportFormat::UcdpGed.as_str(),
            AnyFeed::Submissions(_) => ReportFormat::Submissions.as_str(),
            AnyFeed::Refused(_) => "unknown",
        }
    }

    /// Fields that were not read, and in how many reports each, so far.
    pub fn unread(&self) -> impl Iterator<Item = (&str, u64)> {
        let unread = match &self.feed {
            AnyFeed::Ucdp(_) | AnyFeed::Refused(_) => None,
            AnyFeed::Lines(lines) => Some(lines.unread()),
            AnyFeed::Submissions(submissions) => Some(submissions.unread()),
        };
        unread.into_iter().flatten().map(|(name, &times)| (name.as_str(), times))
    }
}

impl Feed<Report> for ReportFeed {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        let more = match &mut self.feed {
            AnyFeed::Lines(feed) => feed.read(batch)?,
            AnyFeed::Ucdp(feed) => feed.read(batch)?,
            AnyFeed::Submissions(feed) => feed.read(batch)?,
            AnyFeed::Refused(why) => {
                batch.clear();
                batch.rejections.extend(why.take());
                !batch.is_empty()
            }
        };
        if more {
            self.now.into_iter().for_each(|now| refuse_the_future(now, batch));
            if let AnyFeed::Submissions(submissions) = &self.feed {
                let rejections = std::mem::take(&mut batch.rejections);
                batch.rejections.extend(rejections.into_iter().map(|why| submissions.named(why)));
            }
            return Ok(true);
        }
        let broke_off = self.damaged.swap(false, Ordering::Relaxed);
        if broke_off {
            let whole = Locator { input: self.input, record: 0 };
            batch.rejections.push(Rejection::new(&DAMAGED_GZIP, whole));
        }
        Ok(broke_off)
    }
}
