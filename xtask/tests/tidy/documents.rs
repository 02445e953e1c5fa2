//! The pages beside the code tell the truth about it.

use crate::tree::{files_ending, folders_in, none, read, root};

/// The closed set of clause kinds (docs/design-faq.md).
const CLAUSE_KINDS: [&str; 10] = [
    "no-fly",
    "ceasefire",
    "withdrawal",
    "no-entry",
    "protected",
    "safe-passage",
    "aid",
    "hold",
    "no-corridor",
    "undertaking",
];

#[test]
fn the_code_map_names_every_crate() {
    let map = read("ARCHITECTURE.md");
    let faults: Vec<_> = folders_in("crates")
        .into_iter()
        .filter(|room| !map.contains(&format!("`crates/{room}`")))
        .map(|room| format!("ARCHITECTURE.md: `crates/{room}` is not on the map"))
        .collect();
    none(&faults);
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut faults = Vec::new();
    for page in files_ending(&["md"]) {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (at, line) in page.text().unwrap().lines().enumerate() {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split_once(')')) {
                let path = target.0.split('#').next().unwrap_or_default();
                let elsewhere = path.is_empty() || path.contains("://") || path.contains("mailto:");
                if !elsewhere && !root().join(folder).join(path).exists() {
                    faults.push(format!("{}:{}: {path} does not exist", page.path, at + 1));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn the_readme_and_ci_name_the_same_test_command() {
    let command = "cargo xtask test";
    for path in ["README.md", "CONTRIBUTING.md", ".ci/run"] {
        assert!(read(path).contains(command), "{path} does not name `{command}`");
    }
    assert!(read("README.md").contains("cargo xtask demo"));
}

/// A kind's folder holds cases (conformance/README.md): some of findings, some of near misses,
/// each with its scenario in words.
#[test]
fn every_conformance_folder_is_a_clause_kind_with_findings_and_near_misses() {
    let mut faults = Vec::new();
    for kind in folders_in("conformance") {
        if !CLAUSE_KINDS.contains(&kind.as_str()) {
            faults.push(format!("conformance/{kind}: no such clause kind"));
        }
        let cases = folders_in(&format!("conformance/{kind}"));
        let (misses, finds): (Vec<_>, Vec<_>) =
            cases.into_iter().partition(|case| case.ends_with("near-misses"));
        if misses.is_empty() || finds.is_empty() {
            faults.push(format!("conformance/{kind}: wants findings and near misses"));
        }
        for case in finds.iter().chain(&misses) {
            for part in ["scenario.md", "agreement.toml", "expected.jsonl"] {
                let path = format!("conformance/{kind}/{case}/{part}");
                if !root().join(&path).is_file() {
                    faults.push(format!("{path} is missing"));
                }
            }
        }
    }
    none(&faults);
}
