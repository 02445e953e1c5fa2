//! Findings, alerts, anomalies and rejects as lines of JSON.
//!
//! Every line is canonical JSON (RFC 8785) but for one thing: a finding's line starts with its
//! `id` and ends with its `locators`. What stands between them is the canonical finding, whose
//! SHA-256 is the id.

use agreement::canonical::canonical_bytes;
use agreement::track::Locator;
use assess::{Alert, Anomaly, Recorded};
use serde_json::{Value, json};

use crate::input::InputFile;

/// A record that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Stable code.
    pub code: String,
    /// Where it stands; record 0 is the file as a whole.
    pub locator: Locator,
    /// JSON pointer or column within the record.
    pub pointer: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What the sender can do.
    pub repair: String,
    /// The record itself, where it was asked to be kept.
    pub raw: Option<String>,
}

/// A finding, with the names of the files its evidence stood in.
#[must_use]
pub fn finding_line(recorded: &Recorded, inputs: &[InputFile]) -> String {
    let body = canonical(&recorded.finding.body());
    let members = &body[1..body.len() - 1];
    let mut locators: Vec<Value> = recorded
        .locators
        .iter()
        .map(|(evidence, locator)| {
            json!({
                "evidence": evidence,
                "file": file_name(inputs, locator.input),
                "record": locator.record,
            })
        })
        .collect();
    locators.dedup();
    let locators = canonical(&Value::Array(locators));
    format!("{{\"id\":\"{}\",{members},\"locators\":{locators}}}\n", recorded.finding.id())
}

/// An alert, with the name of the file in place of its number.
#[must_use]
pub fn alert_line(alert: &Alert, inputs: &[InputFile]) -> String {
    let mut value = alert.to_json();
    value["feed"] = json!(alert.feed.as_ref().and_then(|(input, _)| file_name(inputs, *input)));
    canonical(&value) + "\n"
}

/// An anomaly, with the file and record that show it first.
#[must_use]
pub fn anomaly_line(anomaly: &Anomaly, inputs: &[InputFile]) -> String {
    let mut value = anomaly.to_json();
    if let Some(feed) = value.pointer_mut("/subject/feed") {
        let number = feed.as_u64().and_then(|n| u16::try_from(n).ok());
        *feed = json!(number.and_then(|n| file_name(inputs, n)));
    }
    value["file"] = json!(anomaly.locator.and_then(|at| file_name(inputs, at.input)));
    value["record"] = json!(anomaly.locator.map(|at| at.record));
    canonical(&value) + "\n"
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
    let bytes = canonical_bytes(value).expect("what is published holds integers and text only");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
