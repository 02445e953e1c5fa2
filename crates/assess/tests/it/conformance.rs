//! Every folder of `conformance/`: a pack and its input, and what must come out.

use std::fs;
use std::path::{Path, PathBuf};

use agreement::reader::{self, PackFiles};
use agreement::{Pack, Report, TrackPoint};
use assess::Recorded;
use assess::airspace::AirspacePicture;
use assess::incidents::{self, IncidentPicture};
use intake::reports::JsonlReports;
use intake::state_vectors_csv::StateVectorsCsv;
use intake::{Batch, Feed, Options};
use serde_json::{Value, json};

use crate::world::{judge, rules, setting};

#[test]
fn every_case_comes_out_as_its_scenario_says() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
    let cases: Vec<PathBuf> = folders(&root).iter().flat_map(|kind| folders(kind)).collect();
    assert!(cases.len() >= 4, "{} has the cases", root.display());
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn folders(under: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(under).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// What came out instead, when something else did.
fn check(case: &Path) -> Result<(), String> {
    let came_out = came_out(case);
    let wanted: Vec<Value> = text(case, "expected.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let agrees = wanted.len() == came_out.len()
        && wanted.iter().zip(&came_out).all(|(wanted, found)| holds(found, wanted));
    let lines: Vec<String> = came_out.iter().map(ToString::to_string).collect();
    if !agrees {
        return Err(format!("{}: this came out\n{}", case.display(), lines.join("\n")));
    }
    let scenario = text(case, "scenario.md");
    for said in wanted.iter().flat_map(|line| [&line["reason"], &line["outside"], &line["clause"]])
    {
        let named = said.as_str().is_none_or(|word| scenario.contains(&format!("`{word}`")));
        assert!(named, "{}: scenario.md does not name {said}", case.display());
    }
    Ok(())
}

/// Whether every member that is wanted is there.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| holds(found, wanted))),
        _ => found == wanted,
    }
}

fn came_out(case: &Path) -> Vec<Value> {
    let pack = pack(case);
    let picture = judged(&pack, &reports(case));
    let mut flown = followed(&pack, &tracks(case));
    flown.heed(&picture.findings);
    let mut findings: Vec<Value> =
        flown.findings.iter().chain(&picture.findings).map(finding).collect();
    // Findings of one instant are otherwise in the order of their digests.
    findings.sort_by_cached_key(|found| {
        let records = found["records"].as_array().unwrap().iter().map(Value::as_u64);
        (records.collect::<Vec<_>>(), found["clause"].to_string(), found["area"].to_string())
    });
    let outside = picture.tally.clauses.iter().flat_map(|(clause, tally)| {
        tally.outside.iter().map(
            move |(reason, count)| json!({ "clause": clause, "outside": reason, "reports": count }),
        )
    });
    findings.into_iter().chain(outside).collect()
}

/// The finding without the digests, which say nothing to whoever writes a case.
fn finding(recorded: &Recorded) -> Value {
    let mut body = recorded.finding.body();
    let members = body.as_object_mut().unwrap();
    for digest in ["agreement_version", "as_of", "audience", "evidence", "rules", "supersedes"] {
        members.remove(digest);
    }
    let records: Vec<u64> = recorded.locators.iter().map(|(_, at)| at.record).collect();
    members.insert("records".to_owned(), json!(records));
    body
}

fn judged(pack: &Pack, reports: &[Report]) -> IncidentPicture {
    incidents::fold(pack, &setting(), &rules(pack), reports)
}

/// What the tracks come to. They are those of the pack's first sensor, if it has one.
fn followed(pack: &Pack, points: &[TrackPoint]) -> AirspacePicture {
    let mut setting = setting();
    setting.feeds[0].sensor = pack.sensors.keys().next().cloned();
    judge(pack, setting, points, 1)
}

fn pack(case: &Path) -> Pack {
    let (agreement, areas) = (text(case, "agreement.toml"), text(case, "areas.geojson"));
    let files = PackFiles {
        agreement_toml: Some(agreement.as_bytes()),
        areas_geojson: Some(areas.as_bytes()),
        has_sources: case.join("scenario.md").is_file(),
    };
    let read = reader::read(&files);
    read.unwrap_or_else(|faults| panic!("{}: {faults:#?}", case.display())).0
}

fn reports(case: &Path) -> Vec<Report> {
    let bytes = fs::read(case.join("reports.jsonl")).unwrap_or_default();
    let mut feed = JsonlReports::new(&bytes[..], Options::default());
    let (mut batch, mut reports) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        assert_eq!(batch.rejections, [], "{}", case.display());
        reports.append(&mut batch.items);
    }
    reports
}

/// The rows of `tracks.csv`, if there is one, in the order of time.
fn tracks(case: &Path) -> Vec<TrackPoint> {
    let bytes = fs::read(case.join("tracks.csv")).unwrap_or_default();
    let mut feed = StateVectorsCsv::new(&bytes[..], Options::default());
    let (mut batch, mut points) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        assert_eq!(batch.rejections, [], "{}", case.display());
        points.append(&mut batch.items);
    }
    points.sort_by_key(|point| point.observed_at);
    points
}

fn text(case: &Path, file: &str) -> String {
    let path = case.join(file);
    fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}
