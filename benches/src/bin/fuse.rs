//! Arrivals at sound sensors beside PyOcto and GaMMA, which read the same arrivals in the same run.
//!
//!     cargo run --release --bin fuse -- PYTHON FOLDER [EVENTS_PER_DAY|earthquakes...]
//!
//! PYTHON has the peers (`benches/peers/associators.txt`). It ends with an error where ours finds less
//! than the better of the peers, or takes more than a tenth of that one's time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use agreement::report::{Method, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Parameters, Protected, Report};
use anyhow::{Context, Result, ensure};
use assess::fusion::{Fused, Nearness, Setting, Truth, fuse, fuse_scored};
use benches::cpu;
use serde_json::Value;
use spacetime::{Duration, Instant, Interval, Position, geodesy};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/assoc_peers.py");
/// Earthquakes with known truth, and what asks for them.
const ACOUSTIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/acoustic");
const EARTHQUAKES: &str = "earthquakes";
/// Speed of sound, and the temperature that it has that speed at; speed of the first wave of an earthquake.
const SOUND_KM_S: f64 = 0.34;
const SOUND_MDEG: i64 = 14_562;
const P_KM_S: f64 = 7.0;
/// What a depth that nobody reckons with makes of an arrival, seconds.
const DEPTH_SD_S: f64 = 1.5;
/// Events of fewer arrivals are not asked of anybody.
const ARRIVALS_MIN: usize = 5;
/// How far off an event may be and still be found.
const OFF_M: u32 = 2000;
const OFF_MS: u64 = 8000;
/// The fastest of so many runs counts; of a peer as well, if they take no longer than some seconds.
const RUNS: usize = 3;
/// What is asked: the share of the better peer's time.
const TIME_SHARE_MAX: f64 = 0.1;

/// What somebody made of the arrivals.
#[derive(Debug)]
struct Score {
    who: String,
    found: usize,
    precision: f64,
    recall: f64,
    cpu_s: f64,
}

/// Arrivals to be associated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrivals<'a> {
    /// Drawn, so many events a day.
    Drawn(&'a str),
    /// Those of `data/acoustic`.
    Earthquakes,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [python, folder, asked @ ..] = &arguments[..] else {
        anyhow::bail!("usage: fuse PYTHON FOLDER [EVENTS_PER_DAY|earthquakes...]");
    };
    let (python, folder) = (PathBuf::from(python), PathBuf::from(folder));
    let mut short = Vec::new();
    println!("events a day  who     found  precision  recall   CPU s");
    let all = ["200".to_owned(), "2000".to_owned(), EARTHQUAKES.to_owned()];
    for name in if asked.is_empty() { &all[..] } else { asked } {
        let arrivals =
            if name == EARTHQUAKES { Arrivals::Earthquakes } else { Arrivals::Drawn(name) };
        short.extend(compared(&python, &folder.join(name), arrivals)?);
    }
    ensure!(short.is_empty(), "short of what is asked:\n  {}", short.join("\n  "));
    Ok(())
}

/// Prints what each makes of some arrivals; where ours falls short.
fn compared(python: &Path, folder: &Path, arrivals: Arrivals<'_>) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let written = folder.display().to_string();
    let name = match arrivals {
        Arrivals::Drawn(per_day) => {
            peer(python, &["make", &written, per_day])?;
            per_day
        }
        Arrivals::Earthquakes => {
            peer(python, &["real", ACOUSTIC, &written])?;
            EARTHQUAKES
        }
    };
    let ours = ours(folder, arrivals)?;
    let mut peers = Vec::new();
    for who in ["pyocto", "gamma"] {
        peers.push(score(&peer(python, &[who, &written])?)?);
    }
    for one in peers.iter().chain([&ours]) {
        let Score { who, found, precision, recall, cpu_s } = one;
        println!("{name:>12}  {who:7} {found:5}  {precision:9.3}  {recall:6.3}  {cpu_s:6.3}");
    }
    let best = |of: fn(&Score) -> f64| peers.iter().map(of).fold(0.0, f64::max);
    let better = peers.iter().max_by(|a, b| a.recall.total_cmp(&b.recall)).context("peers")?;
    let mut short = Vec::new();
    if ours.precision < best(|s| s.precision) || ours.recall < best(|s| s.recall) {
        short.push(format!("{name}: it finds less than the better of the peers"));
    }
    let share = ours.cpu_s / better.cpu_s;
    println!("{name:>12}  {share:.3} of the time of {}", better.who);
    if share > TIME_SHARE_MAX {
        short.push(format!("{name}: {share:.2} of the time, {TIME_SHARE_MAX} asked"));
    }
    Ok(short)
}

fn peer(python: &Path, arguments: &[&str]) -> Result<String> {
    let run = Command::new(python).arg(PEERS).args(arguments).output()?;
    ensure!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Ok(String::from_utf8(run.stdout)?)
}

/// The last line that a peer printed; GaMMA prints others before it.
fn score(printed: &str) -> Result<Score> {
    let line: Value = serde_json::from_str(printed.lines().last().context("nothing printed")?)?;
    let number = |name: &str| line[name].as_f64().with_context(|| format!("no {name}"));
    Ok(Score {
        who: line["who"].as_str().context("no who")?.to_owned(),
        found: number("found")? as usize,
        precision: number("precision")?,
        recall: number("recall")?,
        cpu_s: number("cpu_s")?,
    })
}

fn rows(path: &Path) -> Result<Vec<Vec<f64>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let row = |line: &str| line.split(',').map(|value| Ok(value.trim().parse()?)).collect();
    text.lines().map(row).collect()
}

/// What fusing makes of them, its places judged without being told.
fn ours(folder: &Path, arrivals: Arrivals<'_>) -> Result<Score> {
    let reports = reports(folder, arrivals)?;
    match arrivals {
        Arrivals::Drawn(_) => of_drawn(folder, &reports),
        Arrivals::Earthquakes => of_earthquakes(folder, &reports),
    }
}

/// Where rows of kilometres lie.
fn put(row: &[f64], scale: f64) -> Result<Position> {
    let corner = Position::from_degrees(35.9, 32.6)?;
    let north = geodesy::direct(corner, 0, (row[1] * scale * 1e6) as i64);
    Ok(geodesy::direct(north, 9000, (row[0] * scale * 1e6) as i64))
}

fn instant(s: f64) -> Result<Instant> {
    let midnight = Instant::parse("2017-07-10T00:00:00Z")?;
    Ok(midnight.plus(Duration::from_micros((s * 1e6) as i64)))
}

/// Arrivals as reports, named by their row. Of earthquakes those of the first wave, on a map so much smaller
/// that the wave goes at the speed of sound.
fn reports(folder: &Path, arrivals: Arrivals<'_>) -> Result<Vec<Report>> {
    let (scale, clock_sd) = match arrivals {
        Arrivals::Drawn(_) => (1.0, 0.2),
        Arrivals::Earthquakes => (SOUND_KM_S / P_KM_S, DEPTH_SD_S),
    };
    let stations = rows(&folder.join("stations.csv"))?;
    let report = |(n, row): (usize, &Vec<f64>)| {
        let source = Source {
            id: format!("S{:02}", row[0]),
            post: None,
            kind: "acoustic".to_owned(),
            position: Some(Protected::new(put(&stations[row[0] as usize], scale)?)),
        };
        let observed = Interval::new(instant(row[1])?, instant(row[1])?)?;
        let (act, method) = (Act::Explosion, Method::Heard);
        let told = Told { id: n.to_string(), act, method, observed, source };
        let clock_sd = Some(Duration::from_micros((clock_sd * 1e6) as i64));
        Ok(Report { clock_sd, ..Report::of(told, Locator::default()) })
    };
    let picks = rows(&folder.join("picks.csv"))?;
    let first = picks.iter().enumerate().filter(|(_, row)| row.get(3).is_none_or(|&s| s == 0.0));
    first.map(report).collect()
}

fn of_drawn(folder: &Path, reports: &[Report]) -> Result<Score> {
    let events = rows(&folder.join("events.csv"))?;
    let truth = |row: &Vec<f64>| Ok(Truth { at: put(row, 1.0)?, t: instant(row[2])? });
    let truths: Vec<Truth> = events.iter().map(truth).collect::<Result<_>>()?;
    let parameters = Parameters {
        air_temperature_mdeg: SOUND_MDEG,
        microphone_reach_m: 20_000,
        microphone_records_permille: 850,
        sound_travel_sd_ppm: 5000,
        ..Parameters::default()
    };
    let (_, cpu_s) = timed(&parameters, reports)?;
    let setting = Setting { parameters: &parameters, as_of: None, duties: &[] };
    let (fused, near) = fuse_scored(&setting, reports, &truths);
    let large = fused.incidents.iter().zip(&near);
    let large: Vec<&Vec<Nearness>> =
        large.filter(|(one, _)| one.reports.len() >= ARRIVALS_MIN).map(|(_, near)| near).collect();
    let (mut used, mut right) = (BTreeSet::new(), 0);
    for near in &large {
        let fits = |n: &&Nearness| n.off_m < OFF_M && n.off_ms < OFF_MS && !used.contains(&n.truth);
        if let Some(nearest) = near.iter().filter(fits).min_by_key(|n| n.off_m) {
            used.insert(nearest.truth);
            right += 1;
        }
    }
    let wanted = |k: &usize| events[*k][3] >= ARRIVALS_MIN as f64;
    let all = (0..events.len()).filter(wanted).count();
    Ok(Score {
        who: "ours".to_owned(),
        found: large.len(),
        precision: f64::from(right) / large.len().max(1) as f64,
        recall: used.iter().filter(|k| wanted(k)).count() as f64 / all.max(1) as f64,
        cpu_s,
    })
}

/// By whose most arrivals of a group are: the places of earthquakes are not known.
fn of_earthquakes(folder: &Path, reports: &[Report]) -> Result<Score> {
    let event = rows(&folder.join("picks.csv"))?;
    let event = |id: &str| Ok::<_, anyhow::Error>(event[id.parse::<usize>()?][2] as i64);
    let parameters = Parameters {
        air_temperature_mdeg: SOUND_MDEG,
        microphone_reach_m: 20_000,
        microphone_records_permille: 600,
        sound_travel_sd_ppm: 50_000,
        watch_margin_m: 12_000,
        ..Parameters::default()
    };
    let (fused, cpu_s) = timed(&parameters, reports)?;
    let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
    for report in reports {
        *sizes.entry(event(&report.id)?).or_default() += 1;
    }
    let wanted = |k: &i64| *k >= 0 && sizes[k] >= ARRIVALS_MIN;
    let large = fused.incidents.iter().filter(|one| one.reports.len() >= ARRIVALS_MIN);
    let (mut used, mut right, mut found) = (BTreeSet::new(), 0, 0);
    for incident in large {
        found += 1;
        let mut own: BTreeMap<i64, usize> = BTreeMap::new();
        for id in &incident.reports {
            *own.entry(event(id)?).or_default() += 1;
        }
        let most = own.iter().max_by_key(|&(_, count)| count);
        let most = most.filter(|&(k, count)| *k >= 0 && 2 * count > incident.reports.len());
        right += u32::from(most.is_some_and(|(k, _)| used.insert(*k)));
    }
    Ok(Score {
        who: "ours".to_owned(),
        found,
        precision: f64::from(right) / found.max(1) as f64,
        recall: used.iter().filter(|k| wanted(k)).count() as f64
            / sizes.keys().filter(|k| wanted(k)).count().max(1) as f64,
        cpu_s,
    })
}

/// What is told of reports, and the seconds of the fastest of some runs.
fn timed(parameters: &Parameters, reports: &[Report]) -> Result<(Fused, f64)> {
    let mut fastest: Option<(Fused, f64)> = None;
    for _ in 0..RUNS {
        let begun = cpu::of_this_thread()?;
        let fused = fuse(parameters, None, reports);
        let taken = cpu::of_this_thread()? - begun;
        if fastest.as_ref().is_none_or(|(_, before)| taken < *before) {
            fastest = Some((fused, taken));
        }
    }
    fastest.context("no run")
}
