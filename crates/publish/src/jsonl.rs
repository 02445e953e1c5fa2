//! Findings, alerts, anomalies and rejects as lines of JSON.
//!
//! Every line is canonical JSON (RFC 8785) but for one thing: a finding's line starts with its
//! `id`. From there to its `locators` stands the canonical finding, whose SHA-256 is the id; behind
//! them what is no part of it: the incident that it is of, how far that is established, and what
//! parties answer.

use agreement::canonical::canonical_bytes;
use agreement::track::Locator;
use agreement::{AreaId, ClauseId, Digest, SensorId};
use assess::anomaly::AnomalySubject;
use assess::established::Beside;
use assess::verification::Answer;
use assess::{Alert, Anomaly, Recorded};
use serde::Serialize;
use serde_json::{Value, json};

use crate::input::InputFile;

/// A record that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Stable code.
    pub code: String,
    /// Where it stands; record 0 is the file as a whole.
    pub locator: Locator,
    /// The file within an upload of many.
    pub entry: Option<String>,
    /// JSON pointer or column within the record.
    pub pointer: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What the sender can do.
    pub repair: String,
    /// The record itself, where it was asked to be kept.
    pub raw: Option<String>,
}

/// A finding, with the names of the files its evidence stood in, and what stands beside it.
#[must_use]
pub fn finding_line(recorded: &Recorded, inputs: &[InputFile], beside: Option<&Beside>) -> String {
    let body = recorded.finding.canonical();
    let id = Digest::of_bytes(&body);
    let body = text(body);
    let members = &body[1..body.len() - 1];
    let mut locators: Vec<Located<'_>> = recorded
        .locators
        .iter()
        .map(|(evidence, at)| Located {
            evidence,
            file: file_name(inputs, at.input),
            record: at.record,
        })
        .collect();
    locators.dedup();
    let locators = ordered(&locators);
    let beside = beside.map(members_beside).unwrap_or_default();
    format!("{{\"id\":\"{id}\",{members},\"locators\":{locators}{beside}}}\n")
}

fn members_beside(beside: &Beside) -> String {
    let mut members = String::new();
    if let Some((id, level)) = &beside.incident {
        members += &format!(r#","incident":"{id}","level":"{}""#, level.as_str());
    }
    if !beside.answers.is_empty() {
        members += &format!(r#","answers":{}"#, canonical(&answers(&beside.answers)));
    }
    members
}

/// What parties answer.
pub(crate) fn answers(answers: &[Answer]) -> Value {
    let answer = |answer: &Answer| {
        json!({
            "by": answer.by,
            "leaf": answer.leaf,
            "statement": answer.statement,
            "text": answer.text,
        })
    };
    answers.iter().map(answer).collect()
}

#[derive(PartialEq, Eq, Serialize)]
struct Located<'a> {
    evidence: &'a Digest,
    file: Option<&'a str>,
    record: u64,
}

/// An alert, with the name of the file in place of its number.
#[must_use]
pub fn alert_line(alert: &Alert, inputs: &[InputFile]) -> String {
    let (clause, area) = alert.clause.as_ref().map(|(clause, area)| (clause, area)).unzip();
    let (input, sensor) = alert.feed.as_ref().map(|(input, sensor)| (*input, sensor)).unzip();
    let line = AlertLine {
        aircraft: alert.aircraft.map(|address| address.to_string()),
        area,
        clause,
        entry_predicted_at: alert.entry_predicted_at.map(|at| at.to_string()),
        feed: input.and_then(|input| file_name(inputs, input)),
        kind: alert.kind.code(),
        provisional: true,
        raised_at: alert.raised_at.to_string(),
        sensor: sensor.and_then(Option::as_ref),
    };
    ordered(&line) + "\n"
}

#[derive(Serialize)]
struct AlertLine<'a> {
    aircraft: Option<String>,
    area: Option<&'a AreaId>,
    clause: Option<&'a ClauseId>,
    entry_predicted_at: Option<String>,
    feed: Option<&'a str>,
    kind: &'a str,
    provisional: bool,
    raised_at: String,
    sensor: Option<&'a SensorId>,
}

/// An anomaly, with the file and record that show it first.
#[must_use]
pub fn anomaly_line(anomaly: &Anomaly, inputs: &[InputFile]) -> String {
    let subject = match &anomaly.subject {
        AnomalySubject::Aircraft(address) => About::Aircraft { aircraft: address.to_string() },
        AnomalySubject::Feed(input, sensor) => {
            About::Feed { feed: file_name(inputs, *input), sensor: sensor.as_ref() }
        }
        AnomalySubject::Report(id) => About::Report { report: id },
        AnomalySubject::Cell { lon_half_deg, lat_half_deg } => {
            About::Cell { cell_half_deg: [*lon_half_deg, *lat_half_deg] }
        }
    };
    let line = AnomalyLine {
        evidence: anomaly.evidence,
        file: anomaly.locator.and_then(|at| file_name(inputs, at.input)),
        from: anomaly.interval.start().to_string(),
        kind: anomaly.kind.code(),
        record: anomaly.locator.map(|at| at.record),
        subject,
        times: anomaly.times,
        to: anomaly.interval.end().to_string(),
    };
    ordered(&line) + "\n"
}

#[derive(Serialize)]
struct AnomalyLine<'a> {
    evidence: Option<Digest>,
    file: Option<&'a str>,
    from: String,
    kind: &'a str,
    record: Option<u64>,
    subject: About<'a>,
    times: u64,
    to: String,
}

/// Whom it is about, one member by the name of its kind.
#[derive(Serialize)]
#[serde(untagged)]
enum About<'a> {
    Aircraft { aircraft: String },
    Feed { feed: Option<&'a str>, sensor: Option<&'a SensorId> },
    Report { report: &'a str },
    Cell { cell_half_deg: [i16; 2] },
}
/// A rejected record, with its place, what is wrong and how to mend it.
#[must_use]
pub fn reject_line(rejected: &Rejected, inputs: &[InputFile]) -> String {
    let mut value = json!({
        "code": rejected.code,
        "file": file_name(inputs, rejected.locator.input),
        "reason": rejected.reason,
        "record": rejected.locator.record,
        "repair": rejected.repair,
    });
    if let Some(entry) = &rejected.entry {
        value["entry"] = json!(entry);
    }
    if let Some(pointer) = &rejected.pointer {
        value["pointer"] = json!(pointer);
    }
    if let Some(raw) = &rejected.raw {
        value["raw"] = json!(raw);
    }
    canonical(&value) + "\n"
}

fn file_name(inputs: &[InputFile], input: u16) -> Option<&str> {
    inputs.get(usize::from(input)).map(|file| file.name.as_str())
}

pub(crate) fn canonical(value: &Value) -> String {
    text(canonical_bytes(value).expect("what is published holds integers and text only"))
}

/// Canonical JSON of what has its members in the order of their names already.
fn ordered(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what is published can be written as JSON")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
