//! The files that go in: told apart by what is in them, put into an order that does not depend
//! on how they were named, and opened as feeds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agreement::report::Duty;
use agreement::{Digest, Pack, Report, SensorId};
use anyhow::Context as _;
use intake::clock::ClockOrigin;
use intake::merge::{self, MergeOptions, Merged};
use intake::open::Format;
use intake::reports::{Authorisations, Duties, Places, ReportFeed};
use intake::zone::LocalZone;
use intake::{Batch, Feed, Options};
use ledger::clock::{Clock as _, SystemClock};
use publish::{InputFile, InputKind};
use sha2::{Digest as _, Sha256};
use spacetime::{BoundingBox, Duration, Instant, Position};

use crate::arguments::{Assess, TrackFile};
use crate::rejects::Rejects;

/// Bytes hashed at a time.
const CHUNK: usize = 1 << 20;

/// What this machine's clock tells. It decides nothing about what is past: only that nobody reports from
/// the future, and that what is kept back for a day is.
pub(crate) fn now() -> Instant {
    SystemClock.now()
}

/// A file of reports, authorisations or duty records.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) kind: InputKind,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
    /// How many times it was named, under whatever names.
    pub(crate) named: u64,
}

/// Files of one kind, by digest. The same bytes count once, by the first of their names.
pub(crate) fn ordered(kind: InputKind, paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let hashed = paths.iter().map(|path| hashed(kind, path));
    let mut sources = hashed.collect::<anyhow::Result<Vec<_>>>()?;
    sources.sort_by_cached_key(|source| (source.digest, bare_name(&source.path)));
    sources.dedup_by(|copy, first| {
        let same = copy.digest == first.digest;
        first.named += u64::from(same);
        same
    });
    Ok(sources)
}

/// The digest of a file; of a folder, that of its files' names and bytes in the order of names.
fn hashed(kind: InputKind, path: &Path) -> anyhow::Result<Source> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let is_folder = std::fs::metadata(path).with_context(|| cannot_read(path))?.is_dir();
    for file in if is_folder { files_below(path)? } else { vec![path.to_owned()] } {
        if is_folder {
            let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy();
            hash.update(name.as_bytes());
            hash.update([0]);
        }
        bytes += hash_file(&file, &mut hash)?;
    }
    let digest = Digest::from_bytes(hash.finalize().into());
    Ok(Source { path: path.to_owned(), kind, digest, bytes, named: 1 })
}

fn hash_file(path: &Path, hash: &mut Sha256) -> anyhow::Result<u64> {
    let said = || cannot_read(path);
    let mut reader = File::open(path).with_context(said)?;
    let (mut chunk, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        let read = reader.read(&mut chunk).with_context(said)?;
        if read == 0 {
            return Ok(bytes);
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
}

/// Every file in a folder and those below it; links are not followed.
fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| cannot_read(&folder))? {
            let entry = entry.with_context(|| cannot_read(&folder))?;
            let kind = entry.file_type().with_context(|| cannot_read(&entry.path()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Track files merged by time, and the sensor of each input by its number.
pub(crate) struct Tracks {
    pub(crate) merged: Merged,
    pub(crate) sensors: Vec<Option<SensorId>>,
}

/// How track files are to be read.
#[derive(Clone, Debug)]
pub(crate) struct TrackReading<'a> {
    pub(crate) files: &'a [TrackFile],
    /// Whether rejections keep the record they are about.
    pub(crate) keep_raw: bool,
    pub(crate) zone: Option<LocalZone>,
    pub(crate) clock: Option<ClockOrigin>,
    pub(crate) format: Option<Format>,
}

impl<'a> From<&'a Assess> for TrackReading<'a> {
    fn from(arguments: &'a Assess) -> Self {
        Self {
            files: &arguments.tracks,
            keep_raw: arguments.keep_rejects,
            zone: arguments.sbs_zone.clone(),
            clock: arguments.clock_origin,
            format: arguments.format,
        }
    }
}

/// Looks through every track file and merges them.
pub(crate) fn tracks(reading: &TrackReading<'_>, pack: &Pack) -> anyhow::Result<Tracks> {
    let files = ordered_tracks(reading.files);
    let sources = files.iter().enumerate().map(|(n, file)| {
        let path = file.path.clone();
        merge::Source { name: n.to_string(), open: Box::new(move || File::open(&path)) }
    });
    for file in &files {
        let said = || cannot_read(&file.path);
        let is_folder =
            File::open(&file.path).and_then(|opened| opened.metadata()).map(|m| m.is_dir());
        anyhow::ensure!(!is_folder.with_context(said)?, "{}: it is a folder", said());
    }
    let options = MergeOptions {
        feed: Options {
            keep_raw: reading.keep_raw,
            region: middle_of(pack.region),
            zone: reading.zone.clone(),
            clock: reading.clock,
            ..Options::default()
        },
        format: reading.format,
        lateness: Duration::from_seconds(pack.parameters.lateness_s),
    };
    let merged = Merged::new(sources.collect(), &options).context("tracks cannot be read")?;
    let file_of = |input: &merge::Input| files.get(input.name.parse::<usize>().ok()?);
    let sensor = |input| file_of(input).and_then(|file| file.sensor.clone());
    let sensors = merged.inputs().iter().map(sensor).collect();
    Ok(Tracks { merged, sensors })
}

/// Track files by sensor and name: of files with the same bytes the same one must count, however
/// they were given.
fn ordered_tracks(files: &[TrackFile]) -> Vec<TrackFile> {
    let mut files = files.to_vec();
    files.sort_by_key(|file| (file.sensor.clone(), bare_name(&file.path)));
    files
}

fn middle_of(region: BoundingBox) -> Option<Position> {
    let middle = |a: i32, b: i32| i32::midpoint(a, b);
    let lon = middle(region.min.lon_e7(), region.max.lon_e7());
    Position::from_e7(lon, middle(region.min.lat_e7(), region.max.lat_e7())).ok()
}

/// What goes in, as the outputs name it, in the order of the numbers that locators carry:
/// tracks, reports, authorisations, duty records.
pub(crate) fn described(arguments: &Assess, tracks: &Tracks, others: &[Source]) -> Vec<InputFile> {
    let files = ordered_tracks(&arguments.tracks);
    let tracks = tracks.merged.inputs().iter().zip(&tracks.sensors).map(|(input, sensor)| {
        let path = input.name.parse::<usize>().ok().and_then(|n| files.get(n));
        InputFile {
            name: path.map_or_else(String::new, |file| bare_name(&file.path)),
            kind: InputKind::Tracks,
            format: input.format.map_or("unknown", |format| format.as_str()).to_owned(),
            sensor: sensor.clone(),
            digest: Digest::from_bytes(input.sha256),
            bytes: input.bytes,
            admitted: 0,
            rejected: 0,
        }
    });
    let others = others.iter().map(|source| InputFile {
        name: bare_name(&source.path),
        kind: source.kind,
        format: String::new(),
        sensor: None,
        digest: source.digest,
        bytes: source.bytes,
        admitted: 0,
        rejected: 0,
    });
    told_apart(tracks.chain(others).collect())
}

/// Without the folder, which is nobody's business and differs between machines.
pub(crate) fn bare_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Where two files bear one name, the digest tells them apart.
fn told_apart(mut files: Vec<InputFile>) -> Vec<InputFile> {
    let mut bearers: BTreeMap<String, u32> = BTreeMap::new();
    for file in &files {
        *bearers.entry(file.name.clone()).or_default() += 1;
    }
    for file in files.iter_mut().filter(|file| bearers[&file.name] > 1) {
        file.name = format!("{} ({})", file.name, &file.digest.to_string()[..10]);
    }
    files
}

/// Opens a file of reports, or a folder of submissions.
pub(crate) fn reports(
    source: &Source,
    input: u16,
    time_zone: &str,
    pack: Option<&Pack>,
    keep_raw: bool,
) -> anyhow::Result<ReportFeed> {
    let options = Options { input, keep_raw, now: Some(now()), ..Options::default() };
    let zone = spacetime::zone_rules(time_zone)?;
    let places = Arc::new(pack.map(Places::of).unwrap_or_default());
    intake::reports::open::open(&source.path, options, zone, places)
        .with_context(|| cannot_read(&source.path))
}

/// Every report of every file, for verbs that keep no list of what was rejected.
pub(crate) fn all_reports(
    paths: &[PathBuf],
    pack: Option<&Pack>,
    rejects: &mut Rejects,
) -> anyhow::Result<Vec<Report>> {
    let time_zone = pack.map_or("UTC", |pack| &pack.time_zone);
    let mut all = Vec::new();
    for (input, source) in (0..=u16::MAX).zip(&ordered(InputKind::Reports, paths)?) {
        let mut feed = reports(source, input, time_zone, pack, false)?;
        all.append(&mut read_all(&mut feed, &source.path, rejects)?);
        rejects.add_unread(&source.path, feed.unread());
    }
    Ok(all)
}

/// Every duty record of every file, likewise.
pub(crate) fn all_duties(paths: &[PathBuf], rejects: &mut Rejects) -> anyhow::Result<Vec<Duty>> {
    let mut all = Vec::new();
    for (input, path) in (0..=u16::MAX).zip(paths) {
        all.append(&mut read_all(&mut duties(path, input, false)?, path, rejects)?);
    }
    Ok(all)
}

fn read_all<T>(
    feed: &mut impl Feed<T>,
    path: &Path,
    rejects: &mut Rejects,
) -> anyhow::Result<Vec<T>> {
    let (mut all, mut batch) = (Vec::new(), Batch::default());
    while feed.read(&mut batch).with_context(|| path.display().to_string())? {
        rejects.add(path, &batch.rejections);
        all.append(&mut batch.items);
    }
    Ok(all)
}

/// Opens a file of duty records.
pub(crate) fn duties(
    path: &Path,
    input: u16,
    keep_raw: bool,
) -> anyhow::Result<Duties<Box<dyn BufRead + Send>>> {
    Ok(Duties::new(text(path)?, Options { input, keep_raw, ..Options::default() }))
}

/// Opens a file of authorisations.
pub(crate) fn authorisations(
    source: &Source,
    input: u16,
    keep_raw: bool,
) -> anyhow::Result<Authorisations<Box<dyn BufRead + Send>>> {
    let options = Options { input, keep_raw, ..Options::default() };
    Ok(Authorisations::new(text(&source.path)?, options))
}

fn text(path: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path).with_context(|| cannot_read(path))?;
    Ok(Box::new(BufReader::with_capacity(CHUNK, file)))
}

fn cannot_read(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}
