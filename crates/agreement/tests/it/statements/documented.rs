//! docs/record-format.md tells the truth.

use std::collections::BTreeSet;

use agreement::DeviceId;
use agreement::statement::{Body, Claim, Commitment, Kind, Statement, Visibility, codes, strict};

use super::key;

const PAGE: &str = include_str!("../../../../../docs/record-format.md");

/// The blocks fenced as `json WHAT`, each with the heading it stands under.
fn blocks(what: &str) -> Vec<(&'static str, &'static str)> {
    let mut heading = "";
    let mut found = Vec::new();
    let mut rest = PAGE;
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        if let Some(name) = line.strip_prefix("### `") {
            heading = name.trim_end_matches('`');
        }
        if line.strip_prefix("```json ") == Some(what) {
            let (block, after) = rest.split_once("```").unwrap();
            found.push((heading, block));
            rest = after;
        }
    }
    found
}

/// Every body on the page, by kind, in canonical bytes.
pub(crate) fn bodies() -> Vec<(Kind, Vec<u8>)> {
    let canonical = |(heading, block): (&str, &str)| {
        let value = strict::parse(block.as_bytes(), 1 << 16).unwrap();
        let kind = Kind::parse(heading).unwrap();
        (kind, agreement::canonical::canonical_bytes(&value).unwrap())
    };
    blocks("body").into_iter().map(canonical).collect()
}

#[test]
fn the_statement_on_the_page_holds() {
    let [(_, block)] = blocks("statement")[..] else { panic!("one statement") };
    let statement = Statement::parse(block.as_bytes()).unwrap();
    statement.verify(&DeviceId::new("us-1").unwrap(), &key(1).public()).unwrap();
}

#[test]
fn the_claim_on_the_page_holds() {
    let [(_, block)] = blocks("claim")[..] else { panic!("one claim") };
    let claim = Claim::parse(block.as_bytes()).unwrap();
    let statement = claim.statement();
    statement.verify(&statement.header().device, &key(1).public()).unwrap();
    let (salt, body) = claim.body().unwrap();
    assert_eq!(statement.header().body, Some(Commitment::of(salt, body)));
}

#[test]
fn every_body_on_the_page_reads_back_to_its_own_bytes() {
    for (kind, bytes) in bodies() {
        let body = Body::parse(&kind, &bytes).unwrap_or_else(|why| panic!("{kind}: {why}"));
        assert_eq!(body.kind(), kind);
        assert_eq!(body.canonical().unwrap(), bytes, "{kind}");
    }
}

#[test]
fn every_kind_stands_in_the_table_and_shows_its_body() {
    let shown: BTreeSet<Kind> = bodies().into_iter().map(|(kind, _)| kind).collect();
    for kind in Kind::ALL {
        let lane = match (kind, kind.visibility()) {
            (Kind::Private, _) => "cell",
            (_, Visibility::Public) => "public",
            (_, Visibility::Private) => "private",
        };
        let quorum = kind.quorum().unwrap_or("-");
        let row = format!("\n| `{kind}` | {lane} | {quorum}");
        assert!(PAGE.contains(&row), "{row}");
        let has_none = PAGE
            .lines()
            .any(|line| line.starts_with(&format!("| `{kind}` |")) && line.ends_with("| - |"));
        assert_eq!(shown.contains(kind), !has_none, "{kind}");
    }
}

#[test]
fn every_code_is_explained_and_is_declared_once() {
    let mut names = BTreeSet::new();
    for code in codes() {
        assert!(names.insert(code.name), "{} is declared twice", code.name);
        let row = format!("\n| `{}` | {} | {} |\n", code.name, code.reason, code.repair);
        assert!(PAGE.contains(&row), "{row}");
    }
}
