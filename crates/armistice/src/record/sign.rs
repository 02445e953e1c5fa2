//! `armistice record sign`: what feeds hold, made into claims that a device signs.

mod feeds;
mod signer;
mod statements;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use agreement::DeviceId;
use agreement::statement::body::PackText;
use agreement::statement::said::Adopted;
use agreement::statement::{Body, Kind, Said, strict};
use anyhow::Context as _;
use clap::Args;
use intake::clock::ClockOrigin;
use intake::zone::LocalZone;
use tlog::VerifierKey;

use self::signer::Signer;
use crate::arguments::TrackFile;
use crate::outcome::{Outcome, Refused};
use crate::outputs::apart_from;
use crate::pack;
use crate::views::log_key;

#[derive(Debug, Args)]
#[command(after_help = "\
Writes claims, one a line, for `record append`: statements with their bodies and salts. Whoever
keeps the file can show the bodies and check them against the record; it is its owner's only.

A device numbers what it says. --after names files of claims that it made before, which the new
ones follow; without it they are its first. Name all that it ever signed: two statements under one
number are proof against the device, even where both were meant well. --seen says which tree it
knew: a claim cannot be older than that.

  armistice record sign PACK --device us-1 --key us-1.key --adopt \\
      --cosign russia-1=russia-1.key --out a.jsonl
  armistice record sign PACK --device receiver-1 --key receiver-1.key \\
      --tracks receiver=frames.gz --out b.jsonl
  armistice record sign PACK --device us-1 --key us-1.key --after a.jsonl \\
      --assessment out/assessment.json --seen our-mirror --log \"$LOG\" --out c.jsonl

Whatever else a device has to say stands in --statements, one a line: the kind, and what
docs/record-format.md has for it in `said` and `body`. A stolen key, for instance:

  echo '{\"kind\":\"key-revoked\",\"said\":{\"revoked\":\"us-2\",\"reason\":\"compromise\"}}' > stolen.jsonl
  armistice record sign PACK --device us-1 --key us-1.key --after a.jsonl \\
      --statements stolen.jsonl --out revoked.jsonl

Notifications, acknowledgements and other private kinds are numbered apart, and do not show in the
log.")]
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
    /// Who watched when, as JSON lines. May be given more than once.
    #[arg(long, value_name = "FILE")]
    duty: Vec<PathBuf>,
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
    let more = [&arguments.assessment, &arguments.duty, &arguments.statements];
    let read = read.into_iter().chain(more).flatten().map(PathBuf::as_path);
    let of_tracks = arguments.tracks.iter().map(|file| file.path.as_path());
    apart_from(&arguments.out, read.chain(of_tracks))?;
    let mut signer = Signer::begin(arguments, &pack)?;
    if arguments.adopt {
        let body = Body::AgreementAdopted(pack_text(&arguments.pack)?);
        let said = Said::AgreementAdopted(Adopted { version: pack.version.0 });
        signer.say(&said, Some(&body))?;
    }
    feeds::tracks(arguments, &pack, &mut signer)?;
    feeds::authorisations(arguments, &pack, &mut signer)?;
    feeds::reports(arguments, &pack, &mut signer)?;
    feeds::duties(arguments, &mut signer)?;
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
