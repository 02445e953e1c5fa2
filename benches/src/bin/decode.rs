//! Raw frames to track points, beside the decoding crate alone on the same frames.
//!
//!     cargo run --release --bin decode -- FLIGHT.jsonl.gz [RUNS]
//!
//! Both sides start from lines in memory and hold the positions they found at the end. The
//! crate's side is its own documented use: every message, then its position decoder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use agreement::track::TrackPoint;
use anyhow::{Context, Result, ensure};
use intake::jsonl_frames::JsonlFrames;
use intake::{Batch, Feed, Options};
use rs1090::decode::cpr::{Position, decode_position};
use rs1090::decode::{DF, Message};

/// Of the crate's own time, on the frames that both decode, ours may take so much.
const SHARE_MAX: f64 = 1.25;

#[derive(serde::Deserialize)]
struct Line {
    timestamp: f64,
    frame: String,
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let path = args.next().context("usage: decode FLIGHT.jsonl.gz [RUNS]")?;
    let runs: usize = args.next().map_or(Ok(5), |text| text.parse())?;
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(File::open(path)?).read_to_end(&mut text)?;
    let frames = text.iter().filter(|&&byte| byte == b'\n').count();

    let (mut ours, mut theirs, mut adsb) = (Vec::new(), Vec::new(), Vec::new());
    let mut found = [0; 3];
    for _ in 0..runs {
        let timed = |work: &dyn Fn(&[u8]) -> Result<usize>| -> Result<(Duration, usize)> {
            let started = Instant::now();
            let positions = work(&text)?;
            Ok((started.elapsed(), positions))
        };
        for (n, (times, work)) in [
            (&mut ours, &intake_alone as &dyn Fn(&[u8]) -> Result<usize>),
            (&mut theirs, &(|text: &[u8]| crate_alone(text, false))),
            (&mut adsb, &(|text: &[u8]| crate_alone(text, true))),
        ]
        .into_iter()
        .enumerate()
        {
            let (time, positions) = timed(work)?;
            times.push(time);
            found[n] = positions;
        }
    }
    let [ours, theirs, adsb] = [ours, theirs, adsb].map(median);
    let rate = |time: Duration| frames as f64 / time.as_secs_f64() / 1e3;
    println!("{frames} frames, median of {runs}");
    println!("intake               {:8.0} k frames/s, {} positions", rate(ours), found[0]);
    println!("rs1090, every frame  {:8.0} k frames/s, {} positions", rate(theirs), found[1]);
    println!("rs1090, ADS-B only   {:8.0} k frames/s, {} positions", rate(adsb), found[2]);
    let of = |time: Duration| ours.as_secs_f64() / time.as_secs_f64();
    let (of_theirs, of_adsb) = (of(theirs), of(adsb));
    println!(
        "intake takes {of_theirs:.2} of the crate's time, {of_adsb:.2} of its time on ADS-B alone"
    );
    ensure!(of_adsb <= SHARE_MAX, "{of_adsb:.2} of the crate's time, at most {SHARE_MAX} asked");
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn intake_alone(text: &[u8]) -> Result<usize> {
    let region = spacetime::Position::from_degrees(2.0, 46.0).ok();
    let mut feed = JsonlFrames::new(text, Options { region, ..Options::default() });
    let (mut points, mut batch) = (Vec::<TrackPoint>::new(), Batch::default());
    while feed.read(&mut batch)? {
        points.extend_from_slice(&batch.items);
    }
    Ok(points.len())
}

/// With `adsb_only`, frames of other formats are skipped by their first five bits.
fn crate_alone(text: &[u8], adsb_only: bool) -> Result<usize> {
    let mut aircraft = BTreeMap::new();
    let mut reference = Some(Position { latitude: 49.01, longitude: 2.55 });
    let mut points = Vec::new();
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Line = serde_json::from_slice(line)?;
        let mut frame = [0; 14];
        for (byte, pair) in frame.iter_mut().zip(line.frame.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair)?, 16)?;
        }
        let short = frame[0] >> 3 < 16;
        if adsb_only && !matches!(frame[0] >> 3, 17 | 18) {
            continue;
        }
        let frame = if short { &frame[..7] } else { &frame[..] };
        let Ok(mut message) = Message::try_from(frame) else { continue };
        if let DF::ExtendedSquitterADSB(squitter) = &mut message.df {
            let address = squitter.icao24;
            decode_position(
                &mut squitter.message,
                line.timestamp,
                &address,
                &mut aircraft,
                &mut reference,
                &None,
            );
            let at = aircraft.get(&address).and_then(|state| state.last_position());
            points.extend(at.filter(|_| is_position(&squitter.message)));
        }
    }
    Ok(points.len())
}

fn is_position(message: &rs1090::decode::adsb::ME) -> bool {
    use rs1090::decode::adsb::ME;
    match message {
        ME::BDS05 { inner, .. } => inner.latitude.is_some(),
        ME::BDS06 { inner, .. } => inner.latitude.is_some(),
        _ => false,
    }
}
