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
    let findings = input.findings.iter().map(|recorded| &recorded.finding);
    let summary = json!({
        "agreement": {
            "id": input.pack.id,
            "time_zone": input.pack.time_zone,
            "title": input.pack.title,
            "version": input.pack.version,
        },
        "alerts": counted(input.alerts.iter().map(|alert| alert.kind.code())),
        "anomalies": counted(input.anomalies.iter().map(|anomaly| anomaly.kind.code())),
        "audience": input.audience,
        "clauses": clauses(input),
        "findings": {
            "reasons": counted(findings.clone().map(|finding| finding.reason.code())),
            "total": input.findings.len(),
            "verdicts": counted(findings.map(|finding| finding.verdict.as_str())),
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

fn counted<'a>(codes: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for code in codes {
        *counts.entry(code).or_default() += 1;
    }
    counts
}

fn clauses(input: &ReportInput<'_>) -> Vec<Value> {
    let mut verdicts: BTreeMap<&ClauseId, BTreeMap<&str, u64>> = BTreeMap::new();
    for recorded in input.findings {
        let of_clause = verdicts.entry(&recorded.finding.clause).or_default();
        *of_clause.entry(recorded.finding.verdict.as_str()).or_default() += 1;
    }
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
                "verdicts": verdicts.get(&clause.id).cloned().unwrap_or_default(),
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
