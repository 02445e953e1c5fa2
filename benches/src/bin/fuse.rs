//! Arrivals at sound sensors beside PyOcto and GaMMA, which read the same arrivals in the same run.
//!
//!     cargo run --release --bin fuse -- PYTHON FOLDER [EVENTS_PER_DAY...]
//!
//! PYTHON has the peers (`benches/peers/requirements.txt`). It ends with an error where ours finds less
//! than the better of the peers, or takes more than a tenth of that one's time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use agreement::report::{Method, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Parameters, Protected, Report};
use anyhow::{Context, Result, ensure};
use assess::fusion::{Nearness, Setting, Truth, fuse_scored};
use serde_json::Value;
use spacetime::{Duration, Instant, Interval, Position, geodesy};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/assoc_peers.py");
/// Events of fewer arrivals are not asked of anybody.
const ARRIVALS_MIN: usize = 5;
/// How far off an event may be and still be found.
const OFF_M: u32 = 2000;
const OFF_MS: u64 = 8000;
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

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [python, folder, per_day @ ..] = &arguments[..] else {
        anyhow::bail!("usage: fuse PYTHON FOLDER [EVENTS_PER_DAY...]");
    };
    let (python, folder) = (PathBuf::from(python), PathBuf::from(folder));
    let mut short = Vec::new();
    println!("events a day  who     found  precision  recall  CPU s");
    let asked =
        if per_day.is_empty() { &["200".to_owned(), "2000".to_owned()][..] } else { per_day };
    for per_day in asked {
        let folder = folder.join(per_day);
        std::fs::create_dir_all(&folder)?;
        peer(&python, &["make", &folder.display().to_string(), per_day])?;
        let ours = ours(&folder)?;
        let mut peers = Vec::new();
        for who in ["pyocto", "gamma"] {
            peers.push(score(&peer(&python, &[who, &folder.display().to_string()])?)?);
        }
        for one in peers.iter().chain([&ours]) {
            let Score { who, found, precision, recall, cpu_s } = one;
            println!(
                "{per_day:>12}  {who:7} {found:5}  {precision:9.3}  {recall:6.3}  {cpu_s:5.2}"
            );
        }
        let best = |of: fn(&Score) -> f64| peers.iter().map(of).fold(0.0, f64::max);
        let better = peers.iter().max_by(|a, b| a.recall.total_cmp(&b.recall)).context("peers")?;
        if ours.precision < best(|s| s.precision) || ours.recall < best(|s| s.recall) {
            short.push(format!("{per_day} a day: it finds less than the better of the peers"));
        }
        let share = ours.cpu_s / better.cpu_s;
        println!("{per_day:>12}  {share:.2} of the time of {}", better.who);
        if share > TIME_SHARE_MAX {
            short.push(format!("{per_day} a day: {share:.2} of the time, {TIME_SHARE_MAX} asked"));
        }
    }
    ensure!(short.is_empty(), "short of what is asked:\n  {}", short.join("\n  "));
    Ok(())
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
fn ours(folder: &Path) -> Result<Score> {
    let corner = Position::from_degrees(35.9, 32.6)?;
    let put = |row: &[f64]| {
        let north = geodesy::direct(corner, 0, (row[1] * 1e6) as i64);
        geodesy::direct(north, 9000, (row[0] * 1e6) as i64)
    };
    let midnight = Instant::parse("2017-07-10T00:00:00Z")?;
    let second = |s: f64| midnight.plus(Duration::from_micros((s * 1e6) as i64));
    let stations = rows(&folder.join("stations.csv"))?;
    let events = rows(&folder.join("events.csv"))?;
    let truths: Vec<Truth> =
        events.iter().map(|row| Truth { at: put(row), t: second(row[2]) }).collect();
    let report = |(n, row): (usize, &Vec<f64>)| {
        let source = Source {
            id: format!("S{:02}", row[0]),
            post: None,
            kind: "acoustic".to_owned(),
            position: Some(Protected::new(put(&stations[row[0] as usize]))),
        };
        let observed = Interval::new(second(row[1]), second(row[1]))?;
        let (act, method) = (Act::Explosion, Method::Heard);
        let told = Told { id: format!("p{n}"), act, method, observed, source };
        let clock_sd = Some(Duration::from_micros(200_000));
        Ok(Report { clock_sd, ..Report::of(told, Locator::default()) })
    };
    let picks = rows(&folder.join("picks.csv"))?;
    let reports: Vec<Report> = picks.iter().enumerate().map(report).collect::<Result<_>>()?;
    let parameters = Parameters {
        air_temperature_mdeg: 14_562,
        microphone_reach_m: 20_000,
        microphone_records_permille: 850,
        sound_travel_sd_ppm: 5000,
        ..Parameters::default()
    };
    let begun = cpu_s()?;
    let setting = Setting { parameters: &parameters, as_of: None, duties: &[] };
    let (fused, near) = fuse_scored(&setting, &reports, &truths);
    let cpu_s = cpu_s()? - begun;
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

/// Seconds that this thread had a core.
fn cpu_s() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: f64 = text.split_whitespace().next().context("schedstat is empty")?.parse()?;
    Ok(ns / 1e9)
}
