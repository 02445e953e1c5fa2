//! `armistice assess` as a user runs it: 1,000 no-fly volumes against a Parquet file of track
//! points (see `make_tracks`), with the rate, the memory and where the time goes.
//!
//!     cargo run --release --bin assess -- ARMISTICE TRACKS.parquet FOLDER

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use benches::cpu;
use serde_json::{Value, json};

const VOLUMES: usize = 1_000;
const SEED: u64 = 20_170_709;
/// Threads that are given the aircraft to follow.
const THREADS: [&str; 2] = ["1", "2"];
/// Points a second that two threads have to reach, on two cores that do nothing else.
const POINTS_PER_S_MIN: f64 = 3e6;
/// Most memory held, whatever the number of points: blocks of them, the aircraft that are live,
/// and what `--held-mib` lets of what happened.
const PEAK_MIB_MAX: u64 = 1_024;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [program, tracks, folder] = &arguments[..] else {
        anyhow::bail!("usage: assess ARMISTICE TRACKS.parquet FOLDER");
    };
    let pack = folder.join("pack");
    write_pack(&pack)?;
    println!("{VOLUMES} no-fly volumes; {}", tracks.display());
    println!(
        "threads  points       seconds  of cores  M points/s  peak MiB  findings  alerts  where the \
         time goes"
    );
    let mut short = Vec::new();
    let mut findings = Vec::new();
    for threads in THREADS {
        let out = folder.join(format!("out-{threads}"));
        let run = run(program, &pack, tracks, &out, threads)?;
        run.print(threads);
        if threads == "2" && run.points_per_s() < POINTS_PER_S_MIN {
            let (rate, asked) = (run.points_per_s() / 1e6, POINTS_PER_S_MIN / 1e6);
            short.push(format!("{rate:.2} M points/s on two threads, {asked} asked"));
        }
        if run.peak_mib > PEAK_MIB_MAX {
            short.push(format!("{} MiB held, at most {PEAK_MIB_MAX} asked", run.peak_mib));
        }
        findings.push(fs::read(out.join("findings.jsonl"))?);
    }
    ensure!(findings.windows(2).all(|pair| pair[0] == pair[1]), "threads changed the findings");
    println!("findings are the same bytes on {} threads", THREADS.join(" and "));
    ensure!(short.is_empty(), "short of what is asked:\n  {}", short.join("\n  "));
    Ok(())
}

struct Run {
    seconds: f64,
    /// Seconds that its threads had a core, of any.
    cpu_s: f64,
    peak_mib: u64,
    said: Value,
}

impl Run {
    fn points(&self) -> u64 {
        let inputs = self.said["summary"]["inputs"].as_array().into_iter().flatten();
        inputs.filter_map(|input| input["admitted"].as_u64()).sum()
    }

    fn points_per_s(&self) -> f64 {
        self.points() as f64 / self.seconds
    }

    fn print(&self, threads: &str) {
        let (summary, points) = (&self.said["summary"], self.points());
        let findings = summary["findings"]["total"].as_u64().unwrap_or(0);
        let kinds = summary["alerts"].as_object().into_iter().flatten();
        let alerts: u64 = kinds.filter_map(|(_, times)| times.as_u64()).sum();
        let mut parts = String::new();
        for (part, seconds) in self.said["timings_s"].as_object().into_iter().flatten() {
            let name = part.replace('_', " ");
            let _ = write!(parts, "{name} {:.1} s, ", seconds.as_f64().unwrap_or(0.0));
        }
        println!(
            "{threads:>7}  {points:>11}  {:>7.1}  {:>8.1}  {:>10.2}  {:>8}  {:>8}  {:>6}  {}",
            self.seconds,
            self.cpu_s,
            self.points_per_s() / 1e6,
            self.peak_mib,
            findings,
            alerts,
            parts.trim_end_matches(", "),
        );
    }
}

fn run(program: &Path, pack: &Path, tracks: &Path, out: &Path, threads: &str) -> Result<Run> {
    let mut named = std::ffi::OsString::from("radar=");
    named.push(tracks);
    let started = Instant::now();
    let child = Command::new(program)
        .args(["assess"])
        .arg(pack)
        .arg("--tracks")
        .arg(named)
        .args(["--threads", threads, "--json", "--out"])
        .arg(out)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let (said, peak_mib, cpu_s) = watch(child)?;
    let seconds = started.elapsed().as_secs_f64();
    let said = serde_json::from_str(&said).context("no JSON came")?;
    Ok(Run { seconds, cpu_s, peak_mib, said })
}

/// Waits for the end; what was printed, the most memory that was held (Linux's `VmHWM`) and how
/// long its threads had a core, in seconds.
fn watch(mut child: Child) -> Result<(String, u64, f64)> {
    let status = format!("/proc/{}/status", child.id());
    let (mut peak_kib, mut cpu_s) = (0, 0.0_f64);
    let mut output = child.stdout.take().context("standard output is piped")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut output));
    let ended = loop {
        let held = fs::read_to_string(&status).unwrap_or_default();
        let line = held.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse().ok());
        peak_kib = peak_kib.max(kib.unwrap_or(0_u64));
        // It may have ended since.
        cpu_s = cpu_s.max(cpu::of(child.id()).unwrap_or(0.0));
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    ensure!(ended.success(), "assess ended with {ended}");
    let said = reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    Ok((said, peak_kib / 1024, cpu_s))
}

/// A pack of made-up volumes over the box of the tracks: nearly round, 1 to 10 km in radius
/// (and half as wide again from east to west), of 12 to 48 vertices, in four bands of height:
/// together they cover about a seventh of the box.
fn write_pack(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut draw = Draw(SEED);
    let mut features = Vec::new();
    let mut clauses = String::new();
    for n in 0..VOLUMES {
        let (lon, lat) = (draw.between(30.1, 39.9), draw.between(45.1, 54.9));
        let radius = draw.between(0.01_f64.ln(), 0.1_f64.ln()).exp();
        let vertices = 12 + (draw.between(0.0, 37.0) as usize);
        let mut ring: Vec<[f64; 2]> = (0..vertices)
            .map(|k| {
                let angle =
                    (k as f64 + draw.between(0.1, 0.9)) / vertices as f64 * std::f64::consts::TAU;
                let reach = radius * draw.between(0.85, 1.0);
                [lon + reach * angle.cos() * 1.5, lat + reach * angle.sin()]
            })
            .collect();
        ring.push(ring[0]);
        features.push(json!({
            "type": "Feature",
            "properties": { "id": format!("v{n}"), "name": format!("Volume {n}") },
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        }));
        let (floor, ceiling) = [
            ("ground", "unlimited"),
            ("ground", "FL150"),
            ("FL245", "unlimited"),
            ("ground", "3000 m msl"),
        ][n % 4];
        let _ = write!(
            clauses,
            "\n[[clause]]\nid = \"c{n}\"\ntitle = \"Volume {n}\"\nkind = \"no-fly\"\n\
             status = \"adopted\"\nin_force = {{ from = 2017-01-01T00:00:00Z }}\n\
             encodes = \"made up\"\nareas = [\"v{n}\"]\n\
             floor = \"{floor}\"\nceiling = \"{ceiling}\"\n"
        );
    }
    let areas = json!({ "type": "FeatureCollection", "features": features });
    fs::write(folder.join("areas.geojson"), serde_json::to_vec(&areas)?)?;
    fs::write(folder.join("agreement.toml"), format!("{HEAD}{clauses}"))?;
    fs::write(folder.join("SOURCES.md"), "# Sources\n\nMade up, for a benchmark.\n")?;
    Ok(())
}

const HEAD: &str = r#"format = 1
id = "bench"
title = "A thousand made-up volumes"
time_zone = "UTC"

[region]
west = 29.0
south = 44.0
east = 41.0
north = 56.0

[[party]]
id = "one"
name = "One"
role = "guarantor"

[[sensor]]
id = "radar"
party = "one"
kind = "radar"
default_epu_m = 93
worst_epu_m = 926
"#;

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
