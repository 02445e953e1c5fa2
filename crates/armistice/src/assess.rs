//! `armistice assess`: tracks and reports held against a pack.

mod admitted;
mod following;
mod kept;
mod pile;
mod published;
mod recorded;
mod told;

use std::collections::BTreeSet;
use std::io;
use std::time::Instant;

use agreement::report::Duty;
use agreement::{ClauseId, Pack, Report};
use assess::Rules;
use assess::airspace::{Airspace, Feed, Setting};
use assess::established::Incidents;
use assess::finding::Audience;
use assess::fusion::placed;
use assess::periods::compare;
use assess::tally::By;
use publish::{BeforeAfter, InputFile, InputKind, ReportInput};
use spacetime::Interval;

use crate::arguments::Assess;
use crate::console::counter;
use crate::inputs::{self, Source};
use crate::outcome::{Outcome, Refused, WrongUsage};
use crate::outputs::Outputs;
use crate::{pack, tally};
use admitted::Intake;
use following::follow;
use kept::Room;

/// How long each part took, in the order they ran.
#[derive(Debug, Default)]
pub(crate) struct Timings {
    parts: Vec<(&'static str, f64)>,
    /// Bytes of what was found that were put on disk, for want of room.
    on_disk: u64,
}

impl Timings {
    /// Runs a part and notes how long it took.
    fn of<T>(&mut self, part: &'static str, run: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let made = run();
        self.parts.push((part, started.elapsed().as_secs_f64()));
        made
    }

    fn add(&mut self, part: &'static str, seconds: f64) {
        self.parts.push((part, seconds));
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Assess) -> anyhow::Result<Outcome> {
    let mut timings = Timings::default();
    let pack = timings.of("pack", || pack::sound(&arguments.pack))?;
    check_arguments(arguments, &pack)?;
    let out = Outputs::begin(&arguments.out)?;
    if let Some(record) = &arguments.record {
        return recorded::run(arguments, &pack, record, out, timings);
    }
    let looking = counter("looking through tracks");
    let tracks = timings.of("look through tracks", || inputs::tracks(&arguments.into(), &pack))?;
    looking.finish_and_clear();
    let others = others(arguments)?;
    let files = inputs::described(arguments, &tracks, &others);
    let feeds = track_feeds(&files);
    let mut intake = Intake::begin(&out, files, arguments.keep_rejects)?;
    intake.note_merging(tracks.merged.inputs());
    let (authorisations, reports, duties) = timings.of("read reports", || {
        let authorisations = intake.authorisations(&others, &pack)?;
        anyhow::Ok((authorisations, intake.reports(&others, &pack)?, intake.duties(&others)?))
    })?;

    let as_if_adopted: BTreeSet<ClauseId> = arguments.as_if_adopted.iter().cloned().collect();
    let rules = Rules::of(&pack, &as_if_adopted);
    let setting = Setting {
        feeds,
        authorisations,
        period: period(arguments)?,
        as_if_adopted,
        audience: Audience::holder(),
    };
    let airspace = Airspace::new(&pack, setting.clone(), &rules);
    let mut incidents =
        timings.of("judge reports", || assess::incidents::fold(&pack, &setting, &rules, &reports));
    let beside = std::mem::take(&mut incidents.anomalies);
    let room = (arguments.threads, Room::of(arguments.held_mib, arguments.threads));
    let points = Box::new(tracks.merged);
    let followed = follow(&airspace, room, points, (&mut intake, beside))?;
    timings.add("read tracks", followed.read_s);
    timings.add("hand out tracks", followed.dispatch_s);
    timings.add("judge tracks", followed.judge_s);
    timings.add("join tracks", followed.join_s);
    let mut established = timings
        .of("fuse reports", || Incidents::of_files(&pack, setting.period, &duties, &reports));
    established.keep_back(inputs::now());
    let mut made =
        timings.of("join findings", || published::Made::of(followed, incidents, established))?;
    timings.on_disk = made.on_disk();
    let (of_what, went_in) = ((&pack, &setting, &rules), (intake.finish()?, arguments.threads));
    let mut input = timings
        .of("write findings", || made.write_lists(&out, of_what, &reports, went_in, |_| {}))?;
    input.before_after =
        before_after(arguments, &pack, &setting.as_if_adopted, (&reports, &duties))?;
    timings.of("draw", || {
        published::write_pages(&out, &input)?;
        out.publish()
    })?;
    told::print(arguments, &input, &timings, &mut io::stdout().lock())?;
    outcome(arguments, &input)
}

/// Reports before and after a day, by area, if that was asked for.
fn before_after(
    arguments: &Assess,
    pack: &Pack,
    as_if_adopted: &BTreeSet<ClauseId>,
    (reports, duties): (&[Report], &[Duty]),
) -> anyhow::Result<Option<BeforeAfter>> {
    let (Some(around), Some(days)) = (&arguments.around, arguments.days) else { return Ok(None) };
    let (_, each) = tally::periods(around, days, pack)?;
    let duties = (!duties.is_empty()).then(|| placed(pack, duties.iter().cloned()));
    let compared =
        |all| compare(pack, as_if_adopted, &each, (By::Area, all), reports, duties.as_deref());
    let (in_scope, all) = (compared(false), compared(true));
    Ok(Some(BeforeAfter { around: around.clone(), days, in_scope, all }))
}

/// What the arguments name must be in the pack, and something must go in.
fn check_arguments(arguments: &Assess, pack: &Pack) -> anyhow::Result<()> {
    if arguments.tracks.is_empty() && arguments.reports.is_empty() && arguments.record.is_none() {
        let said =
            "nothing to assess: name --tracks, --reports or --record (see armistice help assess)";
        return Err(WrongUsage(said.to_owned()).into());
    }
    let unknown = arguments.tracks.iter().filter_map(|file| file.sensor.as_ref());
    if let Some(sensor) = unknown.into_iter().find(|id| !pack.sensors.contains_key(id)) {
        let known: Vec<&str> = pack.sensors.keys().map(agreement::SensorId::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let said = format!("--tracks {sensor}=: the pack has no such sensor; it has {known}");
        return Err(WrongUsage(said).into());
    }
    let unknown = arguments.as_if_adopted.iter().find(|id| !pack.clauses.contains_key(id));
    if let Some(clause) = unknown {
        let said = format!("--as-if-adopted {clause}: the pack has no such clause");
        return Err(WrongUsage(said).into());
    }
    Ok(())
}

fn period(arguments: &Assess) -> anyhow::Result<Interval> {
    let always = Interval::ALWAYS;
    let from = arguments.from.unwrap_or(always.start());
    let to = arguments.to.unwrap_or(always.end());
    Interval::new(from, to).map_err(|_| WrongUsage("--to is before --from".to_owned()).into())
}

/// Reports, authorisations and duty records, in that order.
fn others(arguments: &Assess) -> anyhow::Result<Vec<Source>> {
    let mut others = inputs::ordered(InputKind::Reports, &arguments.reports)?;
    others.extend(inputs::ordered(InputKind::Authorisations, &arguments.authorisations)?);
    others.extend(inputs::ordered(InputKind::Duties, &arguments.duty)?);
    Ok(others)
}

fn track_feeds(files: &[InputFile]) -> Vec<Feed> {
    let tracks = files.iter().filter(|file| file.kind == InputKind::Tracks);
    tracks.map(|file| Feed { sensor: file.sensor.clone(), digest: file.digest }).collect()
}

/// Everything is written, whatever the outcome: it tells what was wrong.
fn outcome(arguments: &Assess, input: &ReportInput<'_>) -> anyhow::Result<Outcome> {
    let is_judged = |kind| matches!(kind, InputKind::Tracks | InputKind::Reports);
    let judged = input.inputs.iter().filter(|file| is_judged(file.kind));
    let admitted: u64 = judged.map(|file| file.admitted).sum();
    let rejected: u64 = input.rejects.iter().map(|reject| reject.times).sum();
    let rejects = arguments.out.join("rejects.jsonl");
    let rejects = rejects.display();
    if admitted == 0 {
        let said = match rejected {
            0 if arguments.record.is_some() => {
                "nothing could be admitted: no body was given with --bodies that a finding could \
                 stand on"
                    .to_owned()
            }
            0 => "nothing could be admitted: the input holds no records".to_owned(),
            _ => format!("nothing could be admitted; {rejects} tells why"),
        };
        return Err(Refused(said).into());
    }
    match arguments.max_rejects {
        Some(most) if rejected > most => {
            let said = format!("{rejected} records were rejected, more than {most}; see {rejects}");
            Err(Refused(said).into())
        }
        _ => Ok(Outcome::Done),
    }
}
