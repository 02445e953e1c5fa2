//! The same assessment from a record: statements and the bodies that may be opened, in the order of
//! the log, instead of files.

use std::io::{self, Write as _};
use std::path::Path;

use agreement::statement::body::Findings;
use agreement::statement::said::Assessment;
use agreement::statement::{Body, Roster, Said};
use agreement::{Pack, TrackPoint};
use anyhow::Context as _;
use assess::airspace::Airspace;
use assess::established::Incidents;
use assess::finding::Audience;
use assess::record::{Asked, Earlier, Inputs};
use assess::{Recorded, Rules};
use audit::{Folder, Log, Replay};
use intake::{Batch, Feed};
use publish::{InputFile, InputKind};
use spacetime::Interval;

use super::admitted::Intake;
use super::following::follow;
use super::kept::Room;
use super::{Timings, before_after, outcome, period, published, told};
use crate::arguments::Assess;
use crate::audit::{Cosignatures, bodies, is_of, log};
use crate::inputs;
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::outputs::{Outputs, Readers};
use crate::views::log_folder;

/// Rows handed out at a time.
const ROWS_AT_ONCE: usize = 8192;

/// Assesses a record.
pub(super) fn run(
    arguments: &Assess,
    pack: &Pack,
    record: &Path,
    out: Outputs,
    mut timings: Timings,
) -> anyhow::Result<Outcome> {
    let read = timings.of("read record", || Read::of(arguments, pack, record))?;
    let inputs = read.replay.gathered.inputs();
    let mut intake = Intake::begin(&out, described(&read, &inputs), false)?;
    read.notes().into_iter().for_each(|note| intake.note(note));
    let of_record = u16::try_from(inputs.feeds.len()).unwrap_or(u16::MAX);
    intake.admit(of_record, inputs.reports.len() as u64);

    let asked = Asked {
        period: period(arguments)?,
        as_if_adopted: arguments.as_if_adopted.iter().cloned().collect(),
        audience: Audience::holder(),
    };
    let (rules, setting) = (Rules::of(pack, &asked.as_if_adopted), inputs.setting(&asked));
    let airspace = Airspace::new(pack, setting.clone(), &rules);
    let rows = Rows { rows: inputs.points.clone(), next: 0 };
    let mut incidents = timings
        .of("judge reports", || assess::incidents::fold(pack, &setting, &rules, &inputs.reports));
    let beside = std::mem::take(&mut incidents.anomalies);
    let room = (arguments.threads, Room::of(arguments.held_mib, arguments.threads));
    let followed = follow(&airspace, room, Box::new(rows), (&mut intake, beside))?;
    timings.add("judge tracks", followed.judge_s);
    let mut established = timings.of("fuse reports", || read.established(pack, asked.period));
    established.keep_back(inputs::now());
    if established.astray > 0 {
        let said = "determinations and answers are about nothing that could be read here.";
        intake.note(format!("{} {said}", established.astray));
    }
    let mut made = published::Made::of(followed, incidents, established)?;
    timings.on_disk = made.on_disk();
    let (of_what, went_in) = ((pack, &setting, &rules), (intake.finish()?, arguments.threads));
    let mut found = Vec::new();
    let mut input = timings.of("write findings", || {
        made.write_lists(&out, of_what, &inputs.reports, went_in, |one| found.push(one.clone()))
    })?;
    write_assessment(&out, pack, &read, &inputs, &asked, &found)?;
    let said = (&inputs.reports[..], &inputs.duties[..]);
    input.before_after = before_after(arguments, pack, &setting.as_if_adopted, said)?;
    timings.of("draw", || {
        published::write_pages(&out, &input)?;
        out.publish()
    })?;
    told::print(arguments, &input, &timings, &mut io::stdout().lock())?;
    outcome(arguments, &input)
}

/// A record as far as it was asked for.
struct Read {
    log: Log,
    size: u64,
    replay: Replay,
}

impl Read {
    fn of(arguments: &Assess, pack: &Pack, record: &Path) -> anyhow::Result<Self> {
        let Some(key) = &arguments.log_key else {
            return Err(WrongUsage("--record wants --log".to_owned()).into());
        };
        let log = log(&Folder::new(log_folder(record)), key)?;
        is_of(&log, pack)?;
        if !log.flaws.is_empty() {
            let said = "the log is not what its checkpoint says: armistice audit tells where";
            return Err(Refused(said.to_owned()).into());
        }
        let size = arguments.as_of.unwrap_or_else(|| log.size());
        if size > log.size() {
            let said = format!("--as-of {size}: the log has {} entries", log.size());
            return Err(WrongUsage(said).into());
        }
        let bodies = bodies(&arguments.bodies)?;
        let cosignatures = Cosignatures::of(&log, pack);
        let roster = Roster::of(pack).map_err(|why| Refused(why.to_string()))?;
        let first = usize::try_from(size).context("the log is larger than this machine")?;
        let cosigned = |since| cosignatures.size_before(since);
        let replay = Replay::of(&roster, &log, first, &bodies, &cosigned);
        if let Some(wrong) = replay.wrong.first() {
            let said = format!("leaf {} should not be there: {}", wrong.leaf, wrong.refusal);
            return Err(Refused(said).into());
        }
        Ok(Self { log, size, replay })
    }

    /// The incidents of the record, with what was determined and answered.
    fn established(&self, pack: &Pack, period: Interval) -> Incidents {
        let earlier = self.replay.assessments.iter().map(|recorded| Earlier {
            tree_size: recorded.said.tree_size,
            period: recorded.said.period,
            findings: recorded.findings.as_ref().map_or(&[][..], |found| &found.findings),
        });
        self.replay.gathered.established(pack, period, &earlier.collect::<Vec<_>>())
    }

    /// What a reader has to know of the record.
    fn notes(&self) -> Vec<String> {
        let Replay { withheld, contested, unknown, .. } = &self.replay;
        let counted = [
            (withheld.len(), "bodies were not given or are erased, and were not read."),
            (contested.len(), "statements are contested, and nothing is found from them."),
            (unknown.len(), "statements are of kinds that are not known here."),
        ];
        let told = counted.into_iter().filter(|(count, _)| *count > 0);
        told.map(|(count, said)| format!("{count} {said}")).collect()
    }
}

/// What went in, by the numbers that locators carry: each feed, then the record.
fn described(read: &Read, inputs: &Inputs) -> Vec<InputFile> {
    let origin = &read.log.checkpoint.checkpoint().origin;
    let feeds = inputs.feeds.iter().map(|feed| InputFile {
        name: format!("feed {} of {origin}", &feed.digest.to_string()[..10]),
        kind: InputKind::Tracks,
        format: "record".to_owned(),
        sensor: feed.sensor.clone(),
        digest: feed.digest,
        bytes: 0,
        admitted: 0,
        rejected: 0,
    });
    let root = read.log.checkpoint.checkpoint().root;
    let record = InputFile {
        name: format!("{origin}, {} entries", read.size),
        kind: InputKind::Reports,
        format: "record".to_owned(),
        sensor: None,
        digest: agreement::Digest::from_bytes(*root.as_bytes()),
        bytes: 0,
        admitted: 0,
        rejected: 0,
    };
    feeds.chain([record]).collect()
}

/// Writes `assessment.json`, for `record sign --assessment`. With the findings, it may hold what
/// only the audience may know.
fn write_assessment(
    out: &Outputs,
    pack: &Pack,
    read: &Read,
    inputs: &Inputs,
    asked: &Asked,
    found: &[Recorded],
) -> anyhow::Result<()> {
    let body = |found: &Recorded| found.finding.body().as_object().cloned().unwrap_or_default();
    let findings = Findings {
        findings: found.iter().map(body).collect(),
        leaves: found.iter().map(|found| inputs.leaves_of(found)).collect(),
    };
    let refused = |why: agreement::statement::Refusal| Refused(why.to_string());
    let said = Said::Assessment(Assessment {
        agreement_version: pack.version.0,
        as_if_adopted: asked.as_if_adopted.clone(),
        audience: asked.audience.0.clone(),
        findings: found.len() as u64,
        period: asked.period,
        root: findings.root().map_err(refused)?,
        rules: Rules::of(pack, &asked.as_if_adopted).digest(),
        tree_size: read.size,
    });
    let mut file = out.file("assessment.json", Readers::Owner)?;
    file.write_all(b"{\"body\":")?;
    file.write_all(&Body::Assessment(findings).canonical().map_err(refused)?)?;
    file.write_all(b",\"said\":")?;
    serde_json::to_writer(&mut file, &said.to_members())?;
    file.write_all(b"}\n")?;
    file.finish()
}

/// Rows that are in memory, as a feed.
struct Rows {
    rows: Vec<TrackPoint>,
    next: usize,
}

impl Feed<TrackPoint> for Rows {
    fn read(&mut self, batch: &mut Batch<TrackPoint>) -> Result<bool, intake::Fault> {
        batch.clear();
        let rest = &self.rows[self.next..];
        let some = &rest[..rest.len().min(ROWS_AT_ONCE)];
        batch.items.extend_from_slice(some);
        self.next += some.len();
        Ok(!batch.is_empty())
    }
}
