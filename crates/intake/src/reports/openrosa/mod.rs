//! Submissions of ODK Collect, KoboCollect and other OpenRosa clients: one XML document each, with
//! the photographs and recordings it names beside it, in a folder or a zip file.
//!
//! A submission that was edited and sent again names the one it replaces (`deprecatedID`): of those
//! in one input, the last of a chain of edits counts. Two that bear one `instanceID` and say
//! different things are a fault, and so is each way of making a document or a zip file that costs
//! more to read than it is worth; all others are read.

mod bundle;
mod xml;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use agreement::json::Json;
use agreement::text::shown;
use agreement::track::Locator;
use agreement::{Digest, Report};
use spacetime::{Duration, Instant};

pub use bundle::{
    DIRECTORY_BYTES_MAX, ENTRIES_MAX, MEDIA_FILE_BYTES_MAX, SUBMISSION_BYTES_MAX, SWELL_MAX,
    UNPACKED_BYTES_MAX, UPLOAD_BYTES_MAX,
};
pub use xml::{DEPTH_MAX, ELEMENTS_MAX};

use self::bundle::Bundle;
use super::observers::Observers;
use super::once::Once;
use super::places::Places;
use super::report;
use super::report::codes::IN_THE_FUTURE;
use super::report::limits::CLOCK_AHEAD_S_MAX;
use crate::codes;
use crate::feed::{Batch, Fault, Feed, Options};
use crate::rejection::Rejection;

codes! {
    NOT_XML = "not-xml",
        "the document is not well-formed XML, or not UTF-8",
        "send the submission as the client wrote it";
    XML_DOCTYPE = "xml-doctype",
        "the document has a document type declaration, which can make it swell or reach outside",
        "send the submission as the client wrote it: no client writes one";
    XML_ENTITY = "xml-entity",
        "the document refers to an entity that XML itself does not have",
        "write the character itself";
    XML_TOO_DEEP = "xml-too-deep",
        "elements are nested deeper than 16",
        "send a submission of the form in forms/";
    XML_TOO_MANY = "xml-too-many-elements",
        "the document has more than 2000 elements",
        "send one submission a document";
    NO_INSTANCE_ID = "no-instance-id",
        "the submission has no instanceID, by which an edit or a copy would be known",
        "send it with meta/instanceID, as OpenRosa's metadata schema has it";
    BAD_GEOPOINT = "bad-geopoint",
        "the point is not a latitude and a longitude with height and accuracy behind",
        "send the geopoint as the client wrote it";
    MEDIA_MISSING = "media-missing",
        "a file that the submission names is not there",
        "send the submission again with all of its attachments";
    MEDIA_TOO_LARGE = "media-too-large",
        "an attached file has more than 134217728 bytes",
        "send a shorter film or a smaller picture";
    SUBMISSION_TOO_LARGE = "submission-too-large",
        "the document has more than 1048576 bytes",
        "send attachments beside the document, not in it";
    UPLOAD_TOO_LARGE = "upload-too-large",
        "the upload has more than 536870912 bytes, or more than 10000 files",
        "send it in parts";
    NOT_ZIP = "not-zip",
        "the file is no zip file, or its directory is damaged",
        "pack it again";
    ZIP_PATH = "zip-path-escapes",
        "an entry's name leads out of the zip file's own folder",
        "pack it with plain names; no entry of this name was looked at";
    ZIP_NESTED = "zip-nested",
        "an entry is a zip file itself",
        "unpack it, and send its files";
    ZIP_ENTRY = "zip-entry-unreadable",
        "an entry is encrypted, a link, damaged, or packed in a way that is not read",
        "pack it again, with deflate";
    ZIP_SWELLS = "zip-swells",
        "what is packed swells past what may be unpacked",
        "send the files in parts, as the client wrote them";
    EDITED_TWICE = "edited-twice",
        "another submission replaces the same one",
        "edit the edited submission, or withdraw one of the two";
    EDITED_IN_A_CIRCLE = "edited-in-a-circle",
        "the submission is replaced by one that it replaces",
        "send the last edit with an instanceID of its own";
}

/// The submissions of one input. All are read before the first is handed out, since a later one
/// may replace it.
pub struct Submissions {
    ready: VecDeque<Result<Option<Report>, Rejection>>,
    /// The documents of an upload of many, by the numbers of their records.
    names: Vec<String>,
    unread: BTreeMap<String, u64>,
}

impl Submissions {
    /// The submissions in a folder and its sub-folders, in a zip file, or one XML document.
    ///
    /// # Errors
    /// When something cannot be read. Bad submissions are rejections.
    pub fn open(path: &Path, options: &Options, places: &Places) -> Result<Self, Fault> {
        let input = options.input;
        let failed = |source| Fault::Read { input, source };
        match Bundle::open(path, input).map_err(failed)? {
            Ok(bundle) => Self::read(bundle, options, places).map_err(failed),
            Err(why) => Ok(Self::refused(why)),
        }
    }

    /// The same from bytes in memory: a zip file, or one XML document.
    #[must_use]
    pub fn of_bytes(bytes: Vec<u8>, options: &Options, places: &Places) -> Self {
        let read = Bundle::of_bytes(bytes, options.input);
        let read = read.and_then(|bundle| {
            Self::read(bundle, options, places)
                .map_err(|_| Rejection::new(&NOT_ZIP, Locator { input: options.input, record: 0 }))
        });
        read.unwrap_or_else(Self::refused)
    }

    /// Fields that were not read, and in how many submissions each.
    #[must_use]
    pub const fn unread(&self) -> &BTreeMap<String, u64> {
        &self.unread
    }

    fn refused(why: Rejection) -> Self {
        Self { ready: VecDeque::from([Err(why)]), names: Vec::new(), unread: BTreeMap::new() }
    }

    fn read(bundle: Bundle, options: &Options, places: &Places) -> std::io::Result<Self> {
        let mut reading = Reading {
            bundle,
            places,
            sent_in: BTreeMap::new(),
            once: Once::default(),
            observers: Observers::default(),
            unread: BTreeMap::new(),
        };
        let mut read: Vec<Result<Option<Report>, Rejection>> = Vec::new();
        let mut again = Vec::new();
        read.extend(reading.bundle.take_rejections().into_iter().map(Err));
        let documents = reading.bundle.documents();
        for (n, name) in documents.iter().enumerate() {
            let locator = Locator { input: options.input, record: n as u64 + 1 };
            let made = reading.take(name, locator)?;
            if made.as_ref().is_err_and(|why| why.code.name == MEDIA_MISSING.name) {
                again.push((read.len(), name, locator));
            }
            read.push(made);
        }
        // An edit may stand before what it edits, and leave the files with that.
        for (at, name, locator) in again {
            read[at] = reading.take(name, locator)?;
        }
        let names = if reading.bundle.is_lone() { Vec::new() } else { documents };
        Ok(Self { ready: edited(read).into(), names, unread: reading.unread })
    }

    /// A rejection with the name of the document that it is about: in an upload of many a number says
    /// nothing.
    pub(super) fn named(&self, why: Rejection) -> Rejection {
        let n = usize::try_from(why.locator.record).ok().and_then(|record| record.checked_sub(1));
        match n.and_then(|n| self.names.get(n)) {
            Some(name) if why.entry.is_none() => why.within(shown(name)),
            _ => why,
        }
    }
}

impl Feed<Report> for Submissions {
    fn read(&mut self, batch: &mut Batch<Report>) -> Result<bool, Fault> {
        batch.clear();
        while !batch.is_full() {
            let Some(made) = self.ready.pop_front() else { break };
            batch.put(made.map_err(|why| self.named(why)), &[], false);
        }
        Ok(!batch.is_empty())
    }
}

/// An upload that is being read.
struct Reading<'a> {
    bundle: Bundle,
    places: &'a Places,
    /// The document that each instance came in, and the instance that it replaces.
    sent_in: BTreeMap<String, (String, Option<String>)>,
    once: Once,
    observers: Observers,
    unread: BTreeMap<String, u64>,
}

impl Reading<'_> {
    /// One document as a report; `None` when it is a copy.
    fn take(
        &mut self,
        name: &str,
        locator: Locator,
    ) -> std::io::Result<Result<Option<Report>, Rejection>> {
        let mut not_read = Vec::new();
        let made = self.submission(name, locator, &mut not_read)?;
        let made = made.and_then(|report| {
            let new = self.once.is_new(&report.id, report.digest(), locator)?;
            if new {
                self.observers.follow(&report)?;
                not_read.into_iter().for_each(|f| super::jsonl_reports::count(&mut self.unread, f));
            }
            Ok(new.then_some(report))
        });
        Ok(made)
    }

    /// One document with its attachments as a report.
    fn submission(
        &mut self,
        name: &str,
        locator: Locator,
        unread: &mut Vec<String>,
    ) -> std::io::Result<Result<Report, Rejection>> {
        let document = match self.bundle.document(name, locator)? {
            Ok(document) => document,
            Err(why) => return Ok(Err(why)),
        };
        let Ok(text) = String::from_utf8(document) else {
            return Ok(Err(Rejection::new(&NOT_XML, locator)));
        };
        let said = match xml::read(text.strip_prefix('\u{feff}').unwrap_or(&text), locator) {
            Ok(said) => said,
            Err(why) => return Ok(Err(why)),
        };
        let mut fields = said.fields;
        if let Some((_, Json::Text(id))) = fields.first() {
            let sent = (name.to_owned(), said.replaces.clone());
            self.sent_in.entry(id.clone()).or_insert(sent);
        }
        let mut media = Vec::new();
        for (kind, file) in said.media {
            match self.digest(name, said.replaces.as_deref(), &file, locator)? {
                Ok((sha256, bytes)) => media.push(Json::Object(vec![
                    ("kind".to_owned(), Json::Text(kind.to_owned())),
                    ("sha256".to_owned(), Json::Text(sha256.to_string())),
                    ("bytes".to_owned(), Json::Number(bytes as f64)),
                ])),
                Err(why) => return Ok(Err(why.at(format!("/{kind}")))),
            }
        }
        if !media.is_empty() {
            fields.push(("media".to_owned(), Json::List(media)));
        }
        let object = Json::Object(fields);
        let read = super::json::checked(object, locator)
            .and_then(|object| report::read(object, locator, self.places, unread))
            .and_then(|report| not_before_its_time(report, said.ended_at.as_deref()));
        Ok(read)
    }

    /// Digest and size of an attached file: beside the document or, since clients do not send again what
    /// an edit left as it was, beside the one that it replaces.
    fn digest(
        &mut self,
        document: &str,
        replaces: Option<&str>,
        file: &str,
        locator: Locator,
    ) -> std::io::Result<Result<(Digest, u64), Rejection>> {
        let mut document = document.to_owned();
        let mut replaces = replaces.map(str::to_owned);
        for _ in 0..=self.sent_in.len() {
            let found = self.bundle.digest_beside(&document, file, locator)?;
            let is_missing = found.as_ref().is_err_and(|why| why.code.name == MEDIA_MISSING.name);
            let earlier = replaces.as_ref().and_then(|id| self.sent_in.get(id));
            let (true, Some(earlier)) = (is_missing, earlier) else { return Ok(found) };
            (document, replaces) = earlier.clone();
        }
        Ok(Err(Rejection::new(&MEDIA_MISSING, locator)))
    }
}

/// A server says when it received a submission. Where none did, the phone says when the form was
/// filled in: what happened after that had not happened yet.
fn not_before_its_time(report: Report, ended_at: Option<&str>) -> Result<Report, Rejection> {
    let ended_at = ended_at.and_then(|text| Instant::parse(text).ok());
    let ahead = Duration::from_seconds(CLOCK_AHEAD_S_MAX);
    let from = report.observed.start();
    if report.received_at.is_none() && ended_at.is_some_and(|ended| from > ended.plus(ahead)) {
        return Err(Rejection::new(&IN_THE_FUTURE, report.locator).at("/from"));
    }
    Ok(report)
}

/// Leaves out what a later edit replaced. An edit of a submission that is not here replaces
/// nothing here.
fn edited(read: Vec<Result<Option<Report>, Rejection>>) -> Vec<Result<Option<Report>, Rejection>> {
    let links: BTreeMap<String, String> = read
        .iter()
        .filter_map(|made| made.as_ref().ok()?.as_ref())
        .filter_map(|report| Some((report.id.clone(), report.replaces.clone()?)))
        .collect();
    let replaced: BTreeSet<&String> = links.values().collect();
    let mut editor_of: BTreeMap<String, String> = BTreeMap::new();
    let judged = read.into_iter().map(|made| {
        let Ok(Some(report)) = made else { return made };
        if let Some(earlier) = &report.replaces {
            if is_in_a_circle(&report.id, &links) {
                let why = Rejection::new(&EDITED_IN_A_CIRCLE, report.locator);
                return Err(why.detail(shown(&report.id)));
            }
            let editor = editor_of.entry(earlier.clone()).or_insert_with(|| report.id.clone());
            if *editor != report.id {
                let why = Rejection::new(&EDITED_TWICE, report.locator);
                return Err(why.detail(shown(&report.id)));
            }
        }
        Ok((!replaced.contains(&report.id)).then_some(report))
    });
    judged.collect()
}

fn is_in_a_circle(id: &str, links: &BTreeMap<String, String>) -> bool {
    let mut at = links.get(id);
    for _ in 0..links.len() {
        match at {
            Some(earlier) if earlier == id => return true,
            Some(earlier) => at = links.get(earlier),
            None => return false,
        }
    }
    false
}
