//! Prints what a folder or a zip file of submissions says, a line each: what was read as JSON, and of
//! what was rejected the code.
//!
//! usage: submissions FOLDER

use std::path::PathBuf;

use agreement::Report;
use intake::reports::{Places, Submissions};
use intake::{Batch, Feed as _, Options};
use serde_json::{Value, json};

#[allow(clippy::print_stdout, reason = "it is what this is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: submissions FOLDER")?);
    let mut feed = Submissions::open(&path, &Options::default(), &Places::default())?;
    let mut batch = Batch::default();
    while feed.read(&mut batch)? {
        for report in &batch.items {
            println!("{}", told(report));
        }
        for why in &batch.rejections {
            println!("{}", json!({ "rejected": why.code.name, "entry": why.entry }));
        }
    }
    Ok(())
}

/// What the report says, in the units of the format but for angles and heights, which are hundredths.
fn told(report: &Report) -> Value {
    let media = report
        .media
        .iter()
        .map(|file| json!([file.kind.as_str(), file.sha256.to_string(), file.bytes]));
    json!({
        "arrival": report.arrival.map(|arrival| arrival.at.to_string()),
        "bearing": report.bearing.map(|b| [b.cdeg, b.step_cdeg, b.sd_cdeg]),
        "clock_sd_us": report.clock_sd.map(spacetime::Duration::micros),
        "count": report.count.map(|count| [count.min, count.max]),
        "deaths": report.deaths,
        "from": report.observed.start().to_string(),
        "id": report.id,
        "kind": report.act.as_str(),
        "language": report.language,
        "media": media.collect::<Vec<_>>(),
        "method": format!("{:?}", report.method).to_lowercase(),
        "place_forms": report.place_forms.len(),
        "post": report.source.post,
        "range": report.range.map(|range| [range.min_m, range.max_m]),
        "replaces": report.replaces,
        "sides": report.sides,
        "sighting": report.sighting.as_ref().map(|seen| json!({
            "class": seen.class,
            "heading_cdeg": seen.heading_cdeg,
            "height_cm": [seen.height_low_cm, seen.height_high_cm],
        })),
        "source": report.source.id,
        "source_kind": report.source.kind,
        "sources": report.source_count,
        "stands_somewhere": report.source.position.is_some(),
        "weapon": report.weapon,
        "weapon_class": report.weapon_class.map(agreement::report::WeaponClass::as_str),
    })
}
