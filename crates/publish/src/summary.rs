//! The summary for machines: counts and digests, the same bytes on every run. How long it
//! took is not in it.

use std::collections::BTreeMap;

use agreement::ClauseId;
use serde_json::{Value, json};

use crate::input::{InputFile, ReportInput, Treatment};
use crate::jsonl::canonical;

/// `summary.json`: canonical JSON, one line.
#[must_use]
pub fn summary_json(input: &ReportInput<'_>) -> String {
    let overview = &input.overview;
    let summary = json!({
        "agreement": {
            "id": input.pack.id,
            "time_zone": input.pack.time_zone,
            "title": input.pack.title,
            "version": input.pack.version,
        },
        "alerts": overview.alert_kinds(),
        "anomalies": counted(
            overview.anomaly_kinds().iter().map(|(kind, noticed)| (kind.code(), noticed.anomalies)),
        ),
        "audience": input.audience,
        "clauses": clauses(input),
        "findings": {
            "reasons": counted(
                overview.reasons().iter().map(|((reason, _), times)| (reason.code(), *times)),
            ),
            "total": overview.findings(),
            "verdicts": counted(
                overview.reasons().iter().map(|((_, v), times)| (v.as_str(), *times)),
            ),
        },
        "format": 1,
        "inputs": input.inputs.iter().map(file).collect::<Vec<_>>(),
        "notes": input.notes,
        "passed_over": input.passed_over,
        "period": input.period.map(|period| {
            json!({ "from": period.start().to_string(), "to": period.end().to_string() })
        }),
        "rejects": input
            .rejects
            .iter()
            .map(|reject| (reject.code.clone(), reject.times))
            .collect::<BTreeMap<_, _>>(),
        "reports": input.incidents,
        "rules": input.rules,
        "tracks": input.air,
    });
    canonical(&summary) + "\n"
}

fn counted<'a>(codes: impl Iterator<Item = (&'a str, u64)>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for (code, times) in codes {
        *counts.entry(code).or_default() += times;
    }
    counts
}

fn clauses(input: &ReportInput<'_>) -> Vec<Value> {
    let verdicts = |clause: &ClauseId| -> BTreeMap<&str, u64> {
        let lanes = input.overview.lanes(clause).into_iter().flatten();
        lanes.map(|(verdict, lane)| (verdict.as_str(), lane.findings)).collect()
    };
    let clauses = input.pack.clauses.values();
    clauses
        .map(|clause| {
            let (assessed, why) = match input.treatments.get(&clause.id) {
                Some(Treatment::Assessed) => (true, None),
                Some(Treatment::AsIfAdopted) => (true, Some("as if adopted")),
                Some(Treatment::NotAssessed(why)) => (false, Some(why.as_str())),
                None => (false, None),
            };
            json!({
                "assessed": assessed,
                "id": clause.id,
                "kind": clause.kind.name(),
                "note": why,
                "status": clause.status,
                "verdicts": verdicts(&clause.id),
            })
        })
        .collect()
}

fn file(file: &InputFile) -> Value {
    json!({
        "admitted": file.admitted,
        "bytes": file.bytes,
        "digest": file.digest,
        "file": file.name,
        "format": file.format,
        "kind": file.kind.as_str(),
        "rejected": file.rejected,
        "sensor": file.sensor,
    })
}
