//! `armistice record sign`: what feeds hold, made into claims that a device signs.

mod statements;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use agreement::report::{Authorisation, Report};
use agreement::statement::body::{FeedName, PackText, ROWS_MAX, TrackSegment};
use agreement::statement::claim::Place;
use agreement::statement::said::{Adopted, Nothing};
use agreement::statement::{Body, Claim, Kind, Lane, Root, Said, SecretKey, strict};
use agreement::{DeviceId, Digest, Pack, TrackPoint};
use anyhow::Context as _;
use clap::Args;
use intake::clock::ClockOrigin;
use intake::reports::authorisations::known_to;
use intake::zone::LocalZone;
use intake::{Batch, Feed};
use publish::InputKind;
use spacetime::{Duration, Instant};
use tlog::{SignedCheckpoint, VerifierKey};

use crate::arguments::TrackFile;
use crate::inputs::{self, TrackReading};
use crate::keyfile;
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::outputs::{Readers, WholeFile, apart_from};
use crate::pack;
use crate::rejects::Rejects;
use crate::views::log_key;

/// How long a segment is: what one sensor saw in ten seconds.
const SEGMENT: Duration = Duration::from_seconds(10);

#[derive(Debug, Args)]
#[command(after_help = "\
Writes claims, one a line, for `record append`: statements with their bodies and salts. Whoever
keeps the file can show the bodies and check them against the record; it is its owner's only.

A device numbers what it says. --after names files of claims that it made before, which the new ones
follow; without it they are its first. Name all that it ever signed: two statements under one number
are proof against the device, even where both were meant well. --seen says which tree it knew: a claim
cannot be older than that.

  armistice record sign PACK --device us-1 --key us-1.key --adopt \\
      --cosign russia-1=russia-1.key --out a.jsonl
  armistice record sign PACK --device receiver-1 --key receiver-1.key \\
      --tracks receiver=frames.gz --out b.jsonl
  echo '{\"kind\":\"key-revoked\",\"said\":{\"revoked\":\"us-2\",\"reason\":\"compromise\"}}' > stolen.jsonl
  armistice record sign PACK --device us-1 --key us-1.key --after a.jsonl \\
      --statements stolen.jsonl --out revoked.jsonl
  armistice record sign PACK --device us-1 --key us-1.key --after a.jsonl \\
      --assessment out/assessment.json --seen our-mirror --log \"$LOG\" --out c.jsonl")]
pub(crate) struct Sign {
    /// Folder of the pack.
    pack: PathBuf,
    /// The device that signs, as the pack names it.
    #[arg(long, value_name = "DEVICE", value_parser = device)]
    device: DeviceId,
    /// File of its secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Devices that sign too, where a quorum is needed. May be given more than once.
    #[arg(long, value_name = "DEVICE=FILE", value_parser = cosigner)]
    cosign: Vec<(DeviceId, PathBuf)>,
    /// Claims of the device that the new ones follow. May be given more than once.
    #[arg(long, value_name = "FILE")]
    after: Vec<PathBuf>,
    /// The tree that you last saw: a checkpoint's file, or a folder of a record or mirror. Claims then prove
    /// that they were made after it.
    #[arg(long, value_name = "CHECKPOINT", requires = "log")]
    seen: Option<PathBuf>,
    /// The log's public key, under which the checkpoint is believed.
    #[arg(long, value_name = "VKEY", value_parser = log_key, requires = "seen")]
    log: Option<VerifierKey>,
    /// Bring the pack itself into force.
    #[arg(long)]
    adopt: bool,
    /// Positions of aircraft, ten seconds to a segment. May be given more than once.
    #[arg(long, value_name = "[SENSOR=]FILE", value_parser = TrackFile::parse)]
    tracks: Vec<TrackFile>,
    /// Reports from the ground. May be given more than once.
    #[arg(long, value_name = "FILE")]
    reports: Vec<PathBuf>,
    /// Flights that the device's party permits, as JSON lines. May be given more than once.
    #[arg(long, value_name = "FILE")]
    authorisations: Vec<PathBuf>,
    /// Statements of any kind as JSON lines: `kind`, `said` and `body` as docs/record-format.md has them.
    /// May be given more than once.
    #[arg(long, value_name = "FILE")]
    statements: Vec<PathBuf>,
    /// An assessment as `assess --record` writes it. May be given more than once.
    #[arg(long, value_name = "FILE")]
    assessment: Vec<PathBuf>,
    /// When the counter of feeds without a clock began (AVR, Beast).
    #[arg(long, value_name = "ORIGIN")]
    clock_origin: Option<ClockOrigin>,
    /// The time zone of feeds that tell none, such as SBS.
    #[arg(long, value_name = "ZONE")]
    sbs_zone: Option<LocalZone>,
    /// File to write; readable by its owner only, since bodies stand in it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn device(text: &str) -> Result<DeviceId, String> {
    DeviceId::new(text).ok_or_else(|| "not the form of a device's name".to_owned())
}

fn cosigner(text: &str) -> Result<(DeviceId, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("write DEVICE=FILE")?;
    Ok((device(name)?, path.into()))
}

/// Runs the command.
pub(crate) fn run(arguments: &Sign) -> anyhow::Result<Outcome> {
    let pack = pack::sound(&arguments.pack)?;
    let read = [&arguments.after, &arguments.reports, &arguments.authorisations];
    let read = read
        .into_iter()
        .chain([&arguments.assessment, &arguments.statements])
        .flatten()
        .map(PathBuf::as_path);
    let of_tracks = arguments.tracks.iter().map(|file| file.path.as_path());
    apart_from(&arguments.out, read.chain(of_tracks))?;
    let mut signer = Signer::begin(arguments, &pack)?;
    if arguments.adopt {
        let body = Body::AgreementAdopted(pack_text(&arguments.pack)?);
        let said = Said::AgreementAdopted(Adopted { version: pack.version.0 });
        signer.say(&said, Some(&body))?;
    }
    tracks(arguments, &pack, &mut signer)?;
    authorisations(arguments, &pack, &mut signer)?;
    reports(arguments, &pack, &mut signer)?;
    for path in &arguments.statements {
        statements::each(path, |said, body| signer.say(said, body))?;
    }
    for path in &arguments.assessment {
        let (said, body) = assessment(path)?;
        signer.say(&said, Some(&body))?;
    }
    let Signer { claims, rejected, out, .. } = signer;
    out.finish()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{claims} claims signed; {} records rejected", rejected.len())?;
    rejected.print(&mut out)?;
    if claims == 0 {
        return Err(Refused("nothing to sign was found in what was named".to_owned()).into());
    }
    Ok(Outcome::Done)
}

/// Signs one claim behind the other.
struct Signer {
    device: DeviceId,
    key: SecretKey,
    cosigners: Vec<(DeviceId, SecretKey)>,
    last_root: Option<Root>,
    /// Where the device is, in public and in private.
    places: [Place; 2],
    out: WholeFile,
    claims: u64,
    rejected: Rejects,
}

impl Signer {
    fn begin(arguments: &Sign, pack: &Pack) -> anyhow::Result<Self> {
        let key = |device: &DeviceId, path: &Path| {
            let key = SecretKey::from_seed(&keyfile::read(path)?);
            is_its_own(device, &key, pack).map(|()| key)
        };
        let cosigners = arguments.cosign.iter();
        let cosigners = cosigners.map(|(device, path)| Ok((device.clone(), key(device, path)?)));
        Ok(Self {
            device: arguments.device.clone(),
            key: key(&arguments.device, &arguments.key)?,
            cosigners: cosigners.collect::<anyhow::Result<_>>()?,
            last_root: seen(arguments)?,
            places: last_places(&arguments.after, &arguments.device)?,
            out: WholeFile::begin(&arguments.out, Readers::Owner)?,
            claims: 0,
            rejected: Rejects::default(),
        })
    }

    fn say(&mut self, said: &Said, body: Option<&Body>) -> anyhow::Result<()> {
        let salt = random()?;
        let body = body.map(|body| (body, salt));
        let device = self.device.clone();
        let place = &mut self.places[usize::from(said.kind().lane() == Lane::Private)];
        let claim = Claim::sign(device, &self.key, *place, self.last_root, said, body);
        let mut claim = claim.map_err(|why| Refused(format!("cannot be signed: {why}")))?;
        if said.kind().quorum().is_some() {
            for (device, key) in &self.cosigners {
                claim = claim
                    .cosigned(device.clone(), key)
                    .map_err(|why| WrongUsage(format!("--cosign {device}: {why}")))?;
            }
        }
        *place = Place::after(claim.statement());
        self.claims += 1;
        self.out.write_all(&claim.to_line())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }
}

/// Refuses a key that is another one than the pack has for the device. A device that the pack does
/// not have may be enrolled later.
fn is_its_own(device: &DeviceId, key: &SecretKey, pack: &Pack) -> anyhow::Result<()> {
    match pack.devices.get(device) {
        Some(known) if known.ed25519 != key.public().to_bytes() => {
            Err(Refused(format!("the pack has another key for the device {device}")).into())
        }
        _ => Ok(()),
    }
}

/// The tree that the device last saw, of a checkpoint that the log's key signed.
fn seen(arguments: &Sign) -> anyhow::Result<Option<Root>> {
    let (Some(path), Some(key)) = (&arguments.seen, &arguments.log) else { return Ok(None) };
    let inside = ["log/checkpoint", "checkpoint"].map(|name| path.join(name));
    let path = inside.iter().find(|inside| inside.is_file()).unwrap_or(path);
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let refused = |fault: tlog::checkpoint::CheckpointError| {
        Refused(format!("{} is no checkpoint of that log: {fault}", path.display()))
    };
    let signed = SignedCheckpoint::parse(&bytes).map_err(refused)?;
    signed.verify(key.name(), std::slice::from_ref(key)).map_err(refused)?;
    let seen = signed.checkpoint();
    Ok(Some(Root { root: Digest::from_bytes(*seen.root.as_bytes()), size: seen.size }))
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    Ok(bytes)
}

/// Behind the last claims of a device in some files: the last public one, and the last private one.
fn last_places(files: &[PathBuf], device: &DeviceId) -> anyhow::Result<[Place; 2]> {
    let mut places = [Place::default(); 2];
    for path in files {
        let said = || format!("{} cannot be read", path.display());
        let lines = BufReader::new(File::open(path).with_context(said)?).split(b'\n');
        for (number, line) in (1..).zip(lines) {
            let line = line.with_context(said)?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let claim = Claim::parse(&line);
            let claim =
                claim.map_err(|why| Refused(format!("{} line {number}: {why}", path.display())))?;
            let header = claim.statement().header();
            let place = &mut places[usize::from(header.kind.lane() == Lane::Private)];
            if header.device == *device && header.sequence >= place.sequence {
                *place = Place::after(claim.statement());
            }
        }
    }
    Ok(places)
}

fn pack_text(folder: &Path) -> anyhow::Result<PackText> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let areas = folder.join("areas.geojson").exists();
    Ok(PackText {
        agreement_toml: read("agreement.toml")?,
        areas_geojson: areas.then(|| read("areas.geojson")).transpose()?,
        sources_md: read("SOURCES.md")?,
    })
}

fn tracks(arguments: &Sign, pack: &Pack, signer: &mut Signer) -> anyhow::Result<()> {
    if arguments.tracks.is_empty() {
        return Ok(());
    }
    let reading = TrackReading {
        files: &arguments.tracks,
        keep_raw: false,
        zone: arguments.sbs_zone.clone(),
        clock: arguments.clock_origin,
        format: None,
    };
    let inputs::Tracks { mut merged, sensors } = inputs::tracks(&reading, pack)?;
    let mut feeds: Vec<Segmenting> = merged
        .inputs()
        .iter()
        .zip(sensors)
        .map(|(input, sensor)| {
            let began_at = input.first.unwrap_or(Instant::MAX);
            let digest = Digest::from_bytes(input.sha256);
            Segmenting { feed: FeedName { began_at, digest, sensor }, part: 0, rows: Vec::new() }
        })
        .collect();
    let mut batch = Batch::default();
    while merged.read(&mut batch).context("tracks cannot be read")? {
        signer.rejected.add(Path::new("tracks"), &batch.rejections);
        for point in &batch.items {
            feeds[usize::from(point.locator.input)].see(point, signer)?;
        }
    }
    for feed in &mut feeds {
        // Also of a feed without a row: that it was silent is evidence too.
        if feed.part == 0 || !feed.rows.is_empty() {
            feed.close(signer)?;
        }
    }
    Ok(())
}

/// A feed on its way into segments.
struct Segmenting {
    feed: FeedName,
    part: u64,
    rows: Vec<TrackPoint>,
}

impl Segmenting {
    fn see(&mut self, point: &TrackPoint, signer: &mut Signer) -> anyhow::Result<()> {
        let first = self.rows.first().map(|row| row.observed_at);
        let is_over = first.is_some_and(|first| point.observed_at >= first.plus(SEGMENT));
        if is_over || self.rows.len() == ROWS_MAX {
            self.close(signer)?;
        }
        self.rows.push(*point);
        Ok(())
    }

    fn close(&mut self, signer: &mut Signer) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let feed = self.feed.clone();
        let segment = TrackSegment { feed, part: self.part, row_secret: random()?, rows };
        self.part += 1;
        let said = segment.said().map_err(|why| Refused(why.to_string()))?;
        signer.say(&Said::TrackSegment(said), Some(&Body::TrackSegment(segment)))
    }
}

fn reports(arguments: &Sign, pack: &Pack, signer: &mut Signer) -> anyhow::Result<()> {
    for source in inputs::ordered(InputKind::Reports, &arguments.reports)? {
        let mut feed = inputs::reports(&source, 0, &pack.time_zone, Some(pack), false)?;
        let mut batch: Batch<Report> = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            signer.rejected.add(&source.path, &batch.rejections);
            for report in batch.items.drain(..) {
                signer.say(&Said::Report(Nothing {}), Some(&Body::Report(Box::new(report))))?;
            }
        }
    }
    Ok(())
}

fn authorisations(arguments: &Sign, pack: &Pack, signer: &mut Signer) -> anyhow::Result<()> {
    for source in inputs::ordered(InputKind::Authorisations, &arguments.authorisations)? {
        let mut feed = inputs::authorisations(&source, 0, false)?;
        let mut batch: Batch<Authorisation> = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            signer.rejected.add(&source.path, &batch.rejections);
            for leave in batch.items.drain(..) {
                if let Err(unknown) = known_to(pack, &leave) {
                    signer.rejected.add(&source.path, &[unknown]);
                    continue;
                }
                signer.say(&Said::Authorisation(Nothing {}), Some(&Body::Authorisation(leave)))?;
            }
        }
    }
    Ok(())
}

/// What `assess --record` found.
fn assessment(path: &Path) -> anyhow::Result<(Said, Body)> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let refused = |why| Refused(format!("{} is no assessment: {why}", path.display()));
    let mut value =
        strict::parse(&bytes, agreement::statement::CLAIM_BYTES_MAX).map_err(refused)?;
    let said = Said::read(&Kind::Assessment, value["said"].take()).map_err(refused)?;
    let body = Body::from_json(&Kind::Assessment, value["body"].take()).map_err(refused)?;
    Ok((said, body))
}
