//! The files that go in: told apart by what is in them, put into an order that does not depend
//! on how they were named, and opened as feeds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use agreement::{Digest, Pack, Report, SensorId};
use anyhow::Context as _;
use intake::Feed;
use intake::reports::{Authorisations, JsonlReports, UcdpGed};
use publish::{InputFile, InputKind};
use sha2::{Digest as _, Sha256};

use crate::arguments::{Assess, TrackFile};
use crate::console::bytes_bar;

/// Bytes hashed at a time.
const CHUNK: usize = 1 << 20;

/// A file that goes in.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) kind: InputKind,
    pub(crate) sensor: Option<SensorId>,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
}

/// Every file of an assessment: tracks first, then reports, then authorisations, each kind by
/// digest. The place in this order is the number that locators carry.
pub(crate) fn of_assessment(arguments: &Assess) -> anyhow::Result<Vec<Source>> {
    let tracks = arguments.tracks.iter().cloned().map(|file| (InputKind::Tracks, file));
    let bare = |path: &PathBuf| TrackFile { sensor: None, path: path.clone() };
    let reports = arguments.reports.iter().map(|path| (InputKind::Reports, bare(path)));
    let permitted =
        arguments.authorisations.iter().map(|path| (InputKind::Authorisations, bare(path)));
    ordered(tracks.chain(reports).chain(permitted))
}

/// Files of reports, by digest.
pub(crate) fn of_reports(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let file =
        |path: &PathBuf| (InputKind::Reports, TrackFile { sensor: None, path: path.clone() });
    ordered(paths.iter().map(file))
}

fn ordered(files: impl Iterator<Item = (InputKind, TrackFile)>) -> anyhow::Result<Vec<Source>> {
    let mut sources =
        files.map(|(kind, file)| hashed(kind, file)).collect::<Result<Vec<_>, _>>()?;
    sources.sort_by(|a, b| {
        let key = |source: &Source| (source.kind, source.digest, source.sensor.clone());
        key(a).cmp(&key(b))
    });
    Ok(sources)
}

fn hashed(kind: InputKind, file: TrackFile) -> anyhow::Result<Source> {
    let TrackFile { sensor, path } = file;
    let said = || format!("{} cannot be read", path.display());
    let mut reader = File::open(&path).with_context(said)?;
    let bar = bytes_bar("hashing", reader.metadata().with_context(said)?.len());
    let (mut hash, mut chunk, mut bytes) = (Sha256::new(), vec![0; CHUNK], 0);
    loop {
        let read = reader.read(&mut chunk).with_context(said)?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
        bar.inc(read as u64);
    }
    bar.finish_and_clear();
    let digest = Digest::from_bytes(hash.finalize().into());
    Ok(Source { path, kind, sensor, digest, bytes })
}

/// The sources as the outputs name them: without their folders, which are nobody's business
/// and differ between machines. Where two bear one name, the digest tells them apart.
pub(crate) fn described(sources: &[Source]) -> Vec<InputFile> {
    let bare = |source: &Source| {
        let name = source.path.file_name().unwrap_or(source.path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    let mut bearers: BTreeMap<String, u32> = BTreeMap::new();
    for source in sources {
        *bearers.entry(bare(source)).or_default() += 1;
    }
    let name = |source: &Source| match bare(source) {
        name if bearers[&name] > 1 => format!("{name} ({})", &source.digest.to_string()[..10]),
        name => name,
    };
    sources
        .iter()
        .map(|source| InputFile {
            name: name(source),
            kind: source.kind,
            format: String::new(),
            sensor: source.sensor.clone(),
            digest: source.digest,
            bytes: source.bytes,
            admitted: 0,
            passed_over: 0,
            rejected: 0,
        })
        .collect()
}

/// A feed of reports and what it was read as.
pub(crate) type ReportFeed = (Box<dyn Feed<Report>>, &'static str);

/// Opens a file of reports: UCDP GED when its name ends in `.csv`, JSON lines otherwise.
pub(crate) fn reports(
    source: &Source,
    input: u16,
    pack: &Pack,
    keep_raw: bool,
) -> anyhow::Result<ReportFeed> {
    let reader = text(&source.path)?;
    let keeping = keep_raw;
    if named(&source.path, "csv") {
        let zone = spacetime::zone_rules(&pack.time_zone)?;
        let feed = UcdpGed::new(reader, input, zone);
        let feed = if keeping { feed.keeping_raw() } else { feed };
        return Ok((Box::new(feed), "UCDP GED"));
    }
    let feed = JsonlReports::new(reader, input);
    let feed = if keeping { feed.keeping_raw() } else { feed };
    Ok((Box::new(feed), "JSON lines"))
}

/// Opens a file of authorisations.
pub(crate) fn authorisations(
    source: &Source,
    input: u16,
    keep_raw: bool,
) -> anyhow::Result<Authorisations<Box<dyn BufRead + Send>>> {
    let feed = Authorisations::new(text(&source.path)?, input);
    Ok(if keep_raw { feed.keeping_raw() } else { feed })
}

fn text(path: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(CHUNK, file)))
}

fn named(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}
