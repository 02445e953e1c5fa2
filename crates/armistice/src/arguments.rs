//! What can be typed. Each verb's help teaches by example.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use agreement::{ClauseId, SensorId};
use clap::{Args, Parser, Subcommand, ValueEnum};
use intake::clock::ClockOrigin;
use intake::open::Format;
use intake::zone::LocalZone;
use spacetime::Instant;

/// The watch and the memory of a ceasefire: holds aircraft and reports against an agreement.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Armistice {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const AFTER_HELP: &str = "\
A pack is a folder: agreement.toml, areas.geojson and SOURCES.md. Begin with `check`.

  armistice check packs/southern-syria-2017
  armistice assess packs/southern-syria-2017 --reports events.csv --out out/first
  armistice help assess

Exit codes: 0 done; 1 the pack is faulty, nothing could be admitted, too much was rejected, a log
is not believed, a witness refuses; 2 wrong usage, or what was named is not there or does not
belong together (a record, an entry, a key, a pack); 3 the world failed (disk, permission, network,
clock, or another process has the record open); 141 whoever read the output closed it (`| head`):
what was not told is no answer.";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Read a pack and explain every fault in it.
    Check(Check),
    /// Hold tracks and reports against a pack; write findings and a report.
    Assess(Box<Assess>),
    /// Fuse reports into incidents, each with a place, a count and how likely it is real.
    Fuse(Fuse),
    /// Compare the reports before a day with those after it.
    Tally(Tally),
    /// Write the form that observers fill in on their phones.
    Form(Form),
    /// Match two registers of the same period, row against row.
    Reconcile(Reconcile),
    /// Tell which points lie in which zones.
    Zones(Zones),
    /// Make and show keys of devices, logs and witnesses.
    #[command(subcommand)]
    Key(crate::key::Key),
    /// Make a record, sign for it, serve it, check it, prove from it.
    Record(crate::record::Record),
    /// Run a record again, and hold it against what was put on it.
    Audit(Box<crate::audit::Arguments>),
    /// Vouch that logs only grow.
    #[command(subcommand)]
    Witness(crate::witness::WitnessVerb),
    /// Follow a log and keep a verified copy.
    Mirror(crate::mirror::Mirror),
    /// Find out whether two were shown one log.
    Gossip(crate::gossip::Gossip),
    /// Seal claims so that only the keeper of a record can read them on the way.
    Seal(crate::bodies::Seal),
    /// Open what was sealed or shown to you, held against the record.
    Open(crate::bodies::Open),
    /// Show bodies of a record to a recipient of its pack: logged first.
    Disclose(crate::bodies::Disclose),
    /// Destroy the body of an entry for good; the entry and its proof stay.
    Erase(crate::bodies::Erase),
    /// Print what a shell needs to complete verbs and options.
    Completions(Completions),
}

#[derive(Debug, Args)]
#[command(after_help = "\
  armistice completions bash > ~/.local/share/bash-completion/completions/armistice
  armistice completions fish > ~/.config/fish/completions/armistice.fish")]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Every fault is told at once, each with its place, the reason and the repair. Notes are no faults.

  armistice check packs/southern-syria-2017
  armistice check my-pack --json | jq '.faults[].code'")]
pub(crate) struct Check {
    /// Folder of the pack.
    pub(crate) pack: PathBuf,
    /// Print JSON, for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Points are a Parquet or CSV file with columns `lon` and `lat` in degrees (WGS 84). A point lies in
a zone when it lies strictly inside; positions are snapped to 1e-7 degree first. A pair is the row
of a point (u64, from 0) and the number of a feature (u32, from 0).

  armistice zones zones.geojson points.parquet
  armistice zones zones.geojson points.csv --out pairs.parquet
  armistice zones zones.geojson points.parquet --json | jq .points_per_s")]
pub(crate) struct Zones {
    /// Zones: a GeoJSON feature collection of polygons (RFC 7946).
    pub(crate) zones: PathBuf,
    /// Points: .parquet or .csv with columns `lon` and `lat`.
    pub(crate) points: PathBuf,
    /// Write the pairs as Parquet: `point`, `zone`.
    #[arg(long, value_name = "PAIRS.parquet")]
    pub(crate) out: Option<PathBuf>,
    /// Match on so many threads.
    #[arg(long, default_value = "1")]
    pub(crate) threads: NonZeroUsize,
    /// Print JSON, for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Writes findings.jsonl, incidents.jsonl, alerts.jsonl, anomalies.jsonl, rejects.jsonl, summary.json,
report.html and map.svg into the folder given by --out: the same bytes on every run, on any number
of threads, in whatever order files are named; but for cells that are kept back until a day is over.

Reports are fused into incidents as `fuse` does. From a record an incident also has what a quorum
determined and what parties answered, which also stands beside its findings, for ever.

A track file may name the sensor of the pack that it came from; that sensor's quality and coverage
then serve where the records state none. Tracks are raw Mode S frames (AVR, Beast, JSON lines),
SBS-1, readsb's JSON or state vectors (CSV, Parquet), gzipped or not; what they are is told by
their content. Reports are UCDP GED (.csv), Armistice's own JSON lines (docs/report-format.md), or
submissions of its form as a folder, a zip file or XML (`armistice help form`). What begins later
than it is now is rejected.

  armistice assess PACK --tracks frames.jsonl.gz --out out/flight
  armistice assess PACK --tracks north=radar.parquet --tracks south=beast.bin \\
      --clock-origin 2024-05-01T00:00:00Z --out out/both
  armistice assess PACK --reports events.csv --from 2017-07-09T00:00:00+03:00 --out out/events
  armistice assess PACK --reports events.csv --around 2017-07-09 --days 60 --out out/events
  armistice assess PACK --reports events.csv --as-if-adopted no-fly-proposed --out out/what-if
  armistice assess PACK --record out/record --log VKEY --bodies claims.jsonl --out out/again")]
pub(crate) struct Assess {
    /// Folder of the pack.
    pub(crate) pack: PathBuf,
    /// Positions of aircraft; SENSOR is one of the pack's. May be given more than once.
    #[arg(long, value_name = "[SENSOR=]FILE", value_parser = TrackFile::parse)]
    pub(crate) tracks: Vec<TrackFile>,
    /// Reports from the ground. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) reports: Vec<PathBuf>,
    /// Flights that are permitted, as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) authorisations: Vec<PathBuf>,
    /// Who watched when, as JSON lines: that a post on duty heard nothing is evidence, and with
    /// --around fewer reports are told from less observation. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) duty: Vec<PathBuf>,
    /// Read a record instead of files: its folder, or what a mirror keeps of it. The findings are
    /// those of the files that were signed into it; assessment.json is for `record sign`.
    #[arg(long, value_name = "DIR", requires = "log_key",
        conflicts_with_all = ["tracks", "reports", "authorisations", "duty"])]
    pub(crate) record: Option<PathBuf>,
    /// Verifier key of the record's log, as `key show --name` prints it.
    #[arg(long = "log", value_name = "VKEY", value_parser = crate::audit::log_key, requires = "record")]
    pub(crate) log_key: Option<tlog::VerifierKey>,
    /// Take the first N entries of the record as all there is.
    #[arg(long, value_name = "N", requires = "record")]
    pub(crate) as_of: Option<u64>,
    /// Bodies that you may open: JSON lines with `body` and `salt`. May be given more than once.
    #[arg(long, value_name = "FILE", requires = "record")]
    pub(crate) bodies: Vec<PathBuf>,
    /// Look at nothing before this instant (RFC 3339 with an offset).
    #[arg(long, value_name = "T", value_parser = instant)]
    pub(crate) from: Option<Instant>,
    /// Look at nothing from this instant on.
    #[arg(long, value_name = "T", value_parser = instant)]
    pub(crate) to: Option<Instant>,
    /// When the counter of feeds without a clock began (AVR, Beast): an instant, first=INSTANT
    /// for the first frame, or gps=DATE for a receiver in GPS mode.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) clock_origin: Option<ClockOrigin>,
    /// The time zone of feeds that tell none, such as SBS: UTC, +03:00 or Asia/Damascus.
    #[arg(long, value_name = "ZONE")]
    pub(crate) sbs_zone: Option<LocalZone>,
    /// Read every track file as of this format, whatever it looks like.
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<Format>,
    /// Assess a clause that is proposed, suspended or lapsed as if it had been adopted.
    #[arg(long, value_name = "CLAUSE", value_parser = clause)]
    pub(crate) as_if_adopted: Vec<ClauseId>,
    /// Show reports before a day and from it on in report.html, as `tally` counts them.
    #[arg(long, value_name = "DATE", requires = "days")]
    pub(crate) around: Option<String>,
    /// Days before and from that day on.
    #[arg(long, value_name = "N", requires = "around",
        value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    /// Follow aircraft on so many threads. Changes no output.
    #[arg(long, default_value = "2")]
    pub(crate) threads: NonZeroUsize,
    /// Hold so many mebibytes of findings and alerts in memory, about; more of them wait on disk,
    /// in the folder for temporary files. Changes no output.
    #[arg(long, value_name = "MIB", default_value = "256")]
    pub(crate) held_mib: NonZeroU32,
    /// Keep rejected records themselves in rejects.jsonl, readable by its owner only. They may
    /// tell places that must not be told.
    #[arg(long)]
    pub(crate) keep_rejects: bool,
    /// End with exit code 1 when more records than this were rejected.
    #[arg(long, value_name = "N")]
    pub(crate) max_rejects: Option<u64>,
    /// Folder to write into; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print JSON, for machines: the summary, and how long each part took.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say how long each part took, on standard error.
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Counts reports in the N days before a day and in the N days from it on, in the time zone of the
pack, whether or not a clause was yet in force. In scope is a report of an act that a ceasefire
clause lists, between parties that it binds. It is a comparison of counts, not evidence of a cause.

A change is the ratio of the later count to the earlier, with its 95 percent interval. Duty records
(docs/report-format.md) tell who watched: then rates per observer-hour are compared too, and the
output says whether fewer reports are fewer events or less observation.

  armistice tally PACK --reports events.csv --around 2017-07-09 --days 60
  armistice tally PACK --reports events.csv --around 2017-07-09 --days 14 --duty duty.jsonl --series
  armistice tally PACK --reports events.csv --around 2017-07-09 --days 60 --by area --all")]
pub(crate) struct Tally {
    /// Folder of the pack.
    pub(crate) pack: PathBuf,
    /// Reports from the ground. May be given more than once.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    /// First day of the later period, such as 2017-07-09.
    #[arg(long, value_name = "DATE")]
    pub(crate) around: String,
    /// Days in each period.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// What the rows are.
    #[arg(long, value_enum, default_value = "clause")]
    pub(crate) by: TallyBy,
    /// Count every report in the area, whoever took part and whatever happened.
    #[arg(long)]
    pub(crate) all: bool,
    /// Who watched when, as JSON lines. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub(crate) duty: Vec<PathBuf>,
    /// Print every day, with the day of the period before beside it.
    #[arg(long)]
    pub(crate) series: bool,
    /// Print JSON, for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each line of INCIDENTS.jsonl is one incident: `id, kind, from, to, lat, lon, region50, region95`
(GeoJSON), `count_min, count_max, sources, reports, p_real, level`. Places of firing, launch,
forces and weapons have no position: they are told as H3 cells of resolution 5, a day later. So is
what sound sensors alone place, unless a report says that harm fell there, and what one post alone
saw or heard without stating a place: it would tell where the post is. Regions of what two posts
alone perceived are made of squares of a lattice, for the same reason. Where only cells are told,
times are whole minutes and `p_real` goes in steps of a twentieth. The order in which reports and
files are given changes no byte.

`p_real` is how likely one event lies behind more than half of an incident's reports. It weighs how
often observers are wrong, who was on duty and perceived nothing, and what else the reports may be.
A lone report of something that others should have heard is therefore unlikely, and says so of the
model, not of the observer. It is null where the model says nothing: of what compilers and
registers tell, of what nobody whose place is known perceived, and of kinds of which it is not
known how far they are perceived (movements of forces, denials). `level` never depends on it.

Whoever is presumed to watch because they report is presumed so for six hours around. With --duty
(JSON lines, docs/report-format.md) it is known who watched, and that a post heard nothing is
evidence.

Without a pack the parameters have their defaults, which docs/pack-format.md lists. What is printed
says whether the noise is what was stated.

  armistice fuse reports.jsonl --out incidents.jsonl
  armistice fuse north.jsonl south.jsonl --pack PACK --out incidents.jsonl --json
  armistice fuse picks.jsonl --set microphone_reach_m=20000 --set air_temperature_mdeg=14600 \\
      --out incidents.jsonl")]
pub(crate) struct Fuse {
    /// Reports from the ground and from sensors.
    #[arg(value_name = "REPORTS", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    /// Folder of a pack, for its parameters and its time zone.
    #[arg(long, value_name = "PACK")]
    pub(crate) pack: Option<PathBuf>,
    /// Duty records: who watched when. May be given more than once.
    #[arg(long, value_name = "DUTIES.jsonl")]
    pub(crate) duty: Vec<PathBuf>,
    /// Set a parameter, over the pack's. May be given more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) set: Vec<(String, i64)>,
    /// Up to when the reports reach: cells of places of firing are told a day later, and never before that
    /// day is over by this machine's clock. Without it, the beginning of the last observation.
    #[arg(long, value_name = "T", value_parser = instant)]
    pub(crate) as_of: Option<Instant>,
    /// End with exit code 1 when more records than this were rejected.
    #[arg(long, value_name = "N")]
    pub(crate) max_rejects: Option<u64>,
    /// File to write the incidents into.
    #[arg(long, value_name = "INCIDENTS.jsonl")]
    pub(crate) out: PathBuf,
    /// Print JSON, for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Which rows of A and B tell of the same event, with what probability; which are in A or in B only,
and what spoke against the rows that come nearest; which row of one is several of the other. The
mapping tells how to read each register: docs/register-mapping.md. NAME picks a register of the
mapping; without it the file's name does, and a mapping with one register serves both.

Which register is called A, and the order of rows, change labels only.

  armistice reconcile north.csv south.csv --map map.toml
  armistice reconcile moscow=12sep.csv ankara=violations.csv --map map.toml --out out/12sep
  armistice reconcile A.csv B.csv --map map.toml --json | jq .a")]
pub(crate) struct Reconcile {
    /// A register: CSV.
    #[arg(value_name = "[NAME=]A", value_parser = RegisterFile::parse)]
    pub(crate) a: RegisterFile,
    /// The other one.
    #[arg(value_name = "[NAME=]B", value_parser = RegisterFile::parse)]
    pub(crate) b: RegisterFile,
    /// How to read them.
    #[arg(long, value_name = "MAP.toml")]
    pub(crate) map: PathBuf,
    /// Folder for matched.jsonl, splits.jsonl, only.jsonl, rejects.jsonl and summary.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Keep rejected rows themselves in rejects.jsonl, readable by its owner only.
    #[arg(long, requires = "out")]
    pub(crate) keep_rejects: bool,
    /// Print JSON, for machines: the summary.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
An XLSForm: ODK Central, KoboToolbox and Ona convert it, ODK Collect, KoboCollect and Enketo fill
it in, in English, Arabic and Russian. What they send back is read as a folder, a zip file or XML
by every verb that takes reports. forms/ in the source holds the form made without a pack.

With a pack, places, districts and parties are chosen by name. Of the pack nothing else goes into
the form: phones get lost, and posts, sensors and positions must not be on them.

  armistice form --out report.xlsx
  armistice form --pack packs/southern-syria-2017 --out report.xlsx
  armistice fuse submissions.zip --pack packs/southern-syria-2017 --out incidents.jsonl")]
pub(crate) struct Form {
    /// Folder of a pack, for the names that can be chosen.
    #[arg(long, value_name = "PACK")]
    pub(crate) pack: Option<PathBuf>,
    /// File to write.
    #[arg(long, value_name = "FORM.xlsx")]
    pub(crate) out: PathBuf,
}

fn parameter(text: &str) -> Result<(String, i64), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let ranges = agreement::Parameters::RANGES;
    let Some(&(_, low, high)) = ranges.iter().find(|(known, ..)| *known == name) else {
        return Err("there is no parameter of that name; docs/pack-format.md lists them".to_owned());
    };
    let value: i64 = value.parse().map_err(|_| "the value is a whole number")?;
    if value < low || value > high {
        return Err(format!("the value lies outside {low} to {high}"));
    }
    Ok((name.to_owned(), value))
}

/// A register and the name of its mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegisterFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl RegisterFile {
    /// As [`TrackFile`]; without a name, the file's own without its ending.
    fn parse(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        let (name, path) = match text.split_once('=') {
            Some((name, path)) if is_name(name) => (name.to_owned(), PathBuf::from(path)),
            _ => {
                let path = PathBuf::from(text);
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                (stem, path)
            }
        };
        if path.as_os_str().is_empty() {
            return Err("no file is named".to_owned());
        }
        Ok(Self { name, path })
    }
}

/// What the rows of a tally are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TallyBy {
    /// Clauses of the pack.
    Clause,
    /// Areas of the pack.
    Area,
    /// Kinds of act.
    Kind,
    /// Parties, as the pack names them.
    Party,
}

/// A file of tracks and the sensor it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrackFile {
    pub(crate) sensor: Option<SensorId>,
    pub(crate) path: PathBuf,
}

impl TrackFile {
    /// What stands before the first `=` is a sensor if it could be the name of one; a file of
    /// such a name is written `./a=b`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').and_then(|(sensor, path)| {
            let sensor = Some(SensorId::new(sensor)?);
            Some(Self { sensor, path: path.into() })
        });
        let file = named.unwrap_or_else(|| Self { sensor: None, path: text.into() });
        if file.path.as_os_str().is_empty() {
            return Err("no file is named".to_owned());
        }
        Ok(file)
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|fault| format!("{fault}; write 2017-07-09T12:00:00+03:00"))
}

fn format(text: &str) -> Result<Format, String> {
    let known = || Format::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>();
    text.parse().map_err(|fault| format!("{fault}; there are {}", known().join(", ")))
}

fn clause(text: &str) -> Result<ClauseId, String> {
    ClauseId::new(text).ok_or_else(|| "not the form of a clause's name".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Armistice::command().debug_assert();
    }

    #[test]
    fn a_track_file_may_name_its_sensor() {
        let north = TrackFile::parse("north=a/b=c.bin").unwrap();
        assert_eq!(north.sensor, SensorId::new("north"));
        assert_eq!(north.path, PathBuf::from("a/b=c.bin"));
        assert_eq!(TrackFile::parse("./north=a.bin").unwrap().sensor, None);
        assert!(TrackFile::parse("north=").is_err());
    }

    /// Lines of help that are wider than it is ever shown.
    fn too_wide(command: &Command) -> Vec<String> {
        let texts = [command.get_after_help(), command.get_long_about(), command.get_about()];
        let text: String = texts.into_iter().flatten().map(|text| format!("{text}\n")).collect();
        let wide = text.lines().filter(|line| line.chars().count() > 100);
        let wide = wide.map(|line| format!("{}: {line}", command.get_name()));
        wide.chain(command.get_subcommands().flat_map(too_wide)).collect()
    }

    #[test]
    fn no_line_of_help_is_broken_in_the_middle() {
        assert_eq!(too_wide(&Armistice::command()), [""; 0]);
    }
}
