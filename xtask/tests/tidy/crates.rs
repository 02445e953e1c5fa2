//! What a crate may use, and how it opens.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::source::code_of;
use crate::tree::{files_under, folders_in, none, read, root};

/// Which crate may use which (ARCHITECTURE.md). Arrows go one way; a crate not here is new and
/// wants a line.
const ARROWS: [(&str, &[&str]); 12] = [
    ("tlog", &[]),
    ("spacetime", &[]),
    ("agreement", &["spacetime"]),
    ("parquet-guard", &[]),
    ("intake", &["agreement", "parquet-guard", "spacetime"]),
    ("archive", &["agreement", "parquet-guard", "spacetime"]),
    ("ledger", &["agreement", "spacetime", "tlog"]),
    ("assess", &["agreement", "spacetime"]),
    ("publish", &["agreement", "assess", "spacetime"]),
    ("audit", &["agreement", "assess", "spacetime", "tlog"]),
    (
        "armistice",
        &[
            "agreement",
            "archive",
            "assess",
            "audit",
            "intake",
            "ledger",
            "publish",
            "spacetime",
            "tlog",
        ],
    ),
    ("sim", &["agreement", "assess", "audit", "intake", "ledger", "publish", "spacetime", "tlog"]),
];
/// Crates whose output must be the same bytes on every machine.
const PURE: [&str; 4] = ["tlog", "spacetime", "agreement", "assess"];
/// What a crate that nobody has begun holds.
const UNBEGUN: &str = "//! Under construction.\n";

#[test]
fn arrows_between_crates_go_one_way() {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let rooms: BTreeSet<_> = folders_in("crates").into_iter().collect();
    let mut faults = Vec::new();
    for room in &rooms {
        let Some(may_use) = allowed.get(room.as_str()) else {
            faults.push(format!("crates/{room}: say in ARROWS what it may use"));
            continue;
        };
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for used in table(&manifest(room), section).keys().filter(|used| rooms.contains(*used))
            {
                // A test of a crate may start from what other crates make of real input,
                // but not from itself.
                let free = section == "dev-dependencies" && *used != *room;
                if !free && !may_use.contains(&used.as_str()) {
                    faults.push(format!("crates/{room}: may not use {used} ({section})"));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn the_arrows_that_architecture_draws_are_those_that_are_held() {
    let drawn = read("ARCHITECTURE.md");
    let is_drawn = |line: &str| drawn.lines().any(|drawn| drawn == line);
    let faults: Vec<_> = ARROWS
        .iter()
        .map(|(room, may_use)| format!("    {room:<11}{}", may_use.join(" ")).trim_end().to_owned())
        .filter(|line| !is_drawn(line))
        .map(|line| format!("ARCHITECTURE.md: wants the line {line:?}"))
        .collect();
    none(&faults);
}

#[test]
fn every_crate_opens_with_its_charter_and_holds_no_logic_there() {
    let mut faults = Vec::new();
    for room in folders_in("crates") {
        let path = format!("crates/{room}/src/lib.rs");
        if !root().join(&path).is_file() {
            continue;
        }
        let text = read(&path);
        if text == UNBEGUN {
            continue;
        }
        for heading in ["**In scope.**", "**Out of scope.**", "**Invariants.**"] {
            if !text.contains(&format!("//! {heading}")) {
                faults.push(format!("{path}: its charter lacks {heading}"));
            }
        }
        for statement in code_of(&text).split(';').map(str::trim).filter(|s| !s.is_empty()) {
            if !is_list_of_modules(statement) {
                faults.push(format!("{path}: logic belongs in a module: {statement}"));
            }
        }
    }
    none(&faults);
}

/// A module, a name passed on, or an attribute of either.
fn is_list_of_modules(statement: &str) -> bool {
    let mut rest = statement;
    while let Some(attribute) = rest.strip_prefix('#') {
        let Some((_, after)) = attribute.split_once(']') else { return false };
        rest = after.trim_start();
    }
    let item = rest.strip_prefix("pub ").or_else(|| rest.strip_prefix("pub(crate) "));
    let item = item.unwrap_or(rest);
    rest.is_empty() || item.starts_with("use ") || (item.starts_with("mod ") && !item.contains('{'))
}

#[test]
fn every_pure_crate_bans_what_differs_between_machines_and_says_why() {
    let mut faults = Vec::new();
    for room in PURE {
        let path = format!("crates/{room}/clippy.toml");
        let bans: Table = read(&path).parse().unwrap();
        for list in ["disallowed-methods", "disallowed-types"] {
            let banned = bans.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
            if banned.is_empty() {
                faults.push(format!("{path}: bans nothing under {list}"));
            }
            for ban in banned {
                let reason = ban.get("reason").and_then(Value::as_str).unwrap_or_default();
                if reason.is_empty() {
                    faults.push(format!("{path}: no reason beside {ban}"));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn every_dependency_has_its_reason_in_docs() {
    let reasons = read("docs/dependencies.md");
    let documented: BTreeSet<&str> = reasons
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let used = external_dependencies();
    let mut faults: Vec<_> = used
        .iter()
        .filter(|(name, _)| !documented.contains(name.as_str()))
        .map(|(name, manifest)| format!("docs/dependencies.md: no line for `{name}` ({manifest})"))
        .collect();
    let gone = documented.iter().filter(|name| !used.contains_key(**name));
    faults.extend(gone.map(|name| format!("docs/dependencies.md: `{name}` is used nowhere")));
    none(&faults);
}

#[test]
fn every_crate_takes_its_dependencies_from_the_workspace() {
    let mut faults = Vec::new();
    for room in folders_in("crates") {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in table(&manifest(&room), section) {
                if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                    faults
                        .push(format!("crates/{room}: {name} ({section}) wants workspace = true"));
                }
            }
        }
    }
    none(&faults);
}

/// What every manifest of ours asks of crates.io, each with a manifest that asks for it.
fn external_dependencies() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in files_under("").into_iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let manifest: Table = file.text().unwrap().parse().unwrap();
        let workspace = manifest.get("workspace").and_then(Value::as_table).cloned();
        let tables = [
            workspace.map(|workspace| table(&workspace, "dependencies")).unwrap_or_default(),
            table(&manifest, "dependencies"),
            table(&manifest, "dev-dependencies"),
            table(&manifest, "build-dependencies"),
        ];
        for (name, value) in tables.into_iter().flatten() {
            if value.get("path").is_none() && value.get("workspace").is_none() {
                found.insert(name, file.path.clone());
            }
        }
    }
    found
}

fn manifest(room: &str) -> Table {
    read(&format!("crates/{room}/Cargo.toml")).parse().unwrap()
}

fn table(manifest: &Table, section: &str) -> Table {
    manifest.get(section).and_then(Value::as_table).cloned().unwrap_or_default()
}
