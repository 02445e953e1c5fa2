//! Each assessment on the record against a run of our own, finding by finding.

use std::collections::{BTreeMap, BTreeSet};

use agreement::statement::body::Findings;
use agreement::statement::{Kind, Refusal, Roster};
use agreement::{Digest, Pack};
use assess::Rules;
use assess::finding::Audience;
use assess::record::{Asked, Inputs};
use serde_json::{Map, Value};
use spacetime::Instant;

use crate::bodies::Bodies;
use crate::log::{Flaw, Log};
use crate::replay::{Recorded, Replay, Withheld};

/// What became of one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Our run finds the same, to the byte.
    Agreed,
    /// Our run finds something else, or nothing, and nothing that it may not read could be why.
    Differing,
    /// Our run finds it, and it is not on the record.
    Missing,
    /// It stands on a body that this audience may not open, the first of which is at that leaf.
    Sealed {
        /// The leaf.
        leaf: u64,
    },
    /// It stands on a body that was destroyed: verified, not re-runnable.
    Erased {
        /// The leaf.
        leaf: u64,
    },
    /// It stands on an entry that cannot be read.
    Damaged {
        /// The leaf.
        leaf: u64,
    },
}

impl Outcome {
    /// In one word, for tables and machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Differing => "differing",
            Self::Missing => "missing",
            Self::Sealed { .. } => "sealed",
            Self::Erased { .. } => "erased",
            Self::Damaged { .. } => "damaged",
        }
    }

    const fn of(withheld: Withheld, leaf: u64) -> Self {
        match withheld {
            Withheld::Sealed => Self::Sealed { leaf },
            Withheld::Erased => Self::Erased { leaf },
            Withheld::Damaged => Self::Damaged { leaf },
        }
    }
}

/// One finding, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFinding {
    /// Its id: the digest of the canonical finding.
    pub id: Digest,
    /// The clause it falls under, as it says.
    pub clause: String,
    /// The verdict, as it says.
    pub verdict: String,
    /// The leaves that it stands on.
    pub leaves: Vec<u64>,
    /// What became of it.
    pub outcome: Outcome,
}

/// Whether an assessment could be run again at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// It was, finding by finding.
    Findings(Vec<CheckedFinding>),
    /// It was; its findings are not here, so only their root could be compared. That it is another
    /// tells nothing where something was withheld.
    RootAlone {
        /// Whether our findings make that root.
        is_same: bool,
        /// The first body that our run may not read.
        withheld: Option<u64>,
    },
    /// It was made under other rules: what it found is not for these rules to judge.
    OtherRules {
        /// Digest of ours.
        ours: Digest,
    },
    /// It was made under another version of the agreement than the pack that was given.
    OtherAgreement {
        /// Digest of ours.
        ours: Digest,
    },
    /// What it says of itself is not so.
    Wrong(Refusal),
}

/// One assessment, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The assessment.
    pub recorded: Recorded,
    /// What came of running it again.
    pub run: Run,
}

/// What an audit found.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What is wrong with the log's files.
    pub flaws: Vec<Flaw>,
    /// The whole log, folded again; nothing is gathered in it.
    pub replay: Replay,
    /// Each assessment on it.
    pub checked: Vec<Checked>,
}

impl Audit {
    /// How many findings came out how.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for checked in &self.checked {
            if let Run::Findings(findings) = &checked.run {
                for finding in findings {
                    *counts.entry(finding.outcome.as_str()).or_default() += 1;
                }
            }
        }
        counts
    }

    /// Whether something speaks against the record: not that something cannot be run again, but
    /// that something is not as it says.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        let against = |checked: &Checked| match &checked.run {
            Run::Findings(findings) => findings
                .iter()
                .any(|finding| matches!(finding.outcome, Outcome::Differing | Outcome::Missing)),
            Run::RootAlone { is_same, withheld } => !is_same && withheld.is_none(),
            Run::Wrong(_) => true,
            Run::OtherRules { .. } | Run::OtherAgreement { .. } => false,
        };
        let of_log = !self.flaws.is_empty() || !self.replay.wrong.is_empty();
        of_log || self.replay.private.is_forged() || self.checked.iter().any(against)
    }
}

/// Audits a log that was read, under a pack, with the bodies of one audience.
///
/// # Errors
/// When a key of the pack is no key.
pub fn audit(
    pack: &Pack,
    log: &Log,
    bodies: &dyn Bodies,
    cosigned: &dyn Fn(Instant) -> u64,
) -> Result<Audit, Refusal> {
    let roster = Roster::of(pack)?;
    let replay = Replay::outline(&roster, log, bodies, cosigned);
    // One fold at a time: each may be as large as the log.
    let sizes: BTreeSet<u64> =
        replay.assessments.iter().map(|recorded| recorded.said.tree_size).collect();
    let mut runs = BTreeMap::new();
    for size in sizes {
        let of_size = |recorded: &&Recorded| recorded.said.tree_size == size;
        let first = usize::try_from(size).unwrap_or(usize::MAX);
        let before = Replay::of(&roster, log, first, bodies, cosigned);
        let inputs = before.gathered.inputs();
        for recorded in replay.assessments.iter().filter(of_size) {
            runs.insert(recorded.leaf, check(pack, recorded, &before, &inputs));
        }
    }
    let checked = replay.assessments.iter().zip(runs.into_values());
    let checked = checked.map(|(recorded, run)| Checked { recorded: recorded.clone(), run });
    let checked = checked.collect();
    Ok(Audit { flaws: log.flaws.clone(), replay, checked })
}

fn check(pack: &Pack, recorded: &Recorded, before: &Replay, inputs: &Inputs) -> Run {
    let said = &recorded.said;
    if said.agreement_version != pack.version.0 {
        return Run::OtherAgreement { ours: pack.version.0 };
    }
    let rules = Rules::of(pack, &said.as_if_adopted).digest();
    if said.rules != rules {
        return Run::OtherRules { ours: rules };
    }
    let asked = Asked {
        period: said.period,
        as_if_adopted: said.as_if_adopted.clone(),
        audience: Audience(said.audience.clone()),
    };
    let ours: Vec<(Map<String, Value>, Vec<u64>)> = inputs
        .findings(pack, &asked)
        .iter()
        .map(|found| (object(found.finding.body()), inputs.leaves_of(found)))
        .collect();
    let shaping = Shaping::of(before);
    match &recorded.findings {
        Ok(theirs) => match theirs.root() {
            Ok(root)
                if root == said.root
                    && theirs.findings.len() as u64 == said.findings
                    && theirs.leaves.len() == theirs.findings.len() =>
            {
                Run::Findings(one_by_one(theirs, &ours, &shaping))
            }
            Ok(_) => Run::Wrong(Refusal::new(&agreement::statement::claim::BODY_NOT_AS_SAID)),
            Err(refusal) => Run::Wrong(refusal),
        },
        Err(_) => {
            let findings = ours.into_iter().map(|(finding, _)| finding).collect();
            let root = Findings { findings, leaves: Vec::new() }.root();
            let is_same = root.is_ok_and(|root| root == said.root);
            let withheld = shaping.all.keys().next().copied();
            Run::RootAlone { is_same, withheld }
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => unreachable!("a finding is an object"),
    }
}

/// What was withheld and could have shaped findings.
struct Shaping {
    /// By leaf.
    all: BTreeMap<u64, Withheld>,
    /// The first that could have shaped any finding about aircraft.
    air: Option<(u64, Withheld)>,
}

impl Shaping {
    fn of(before: &Replay) -> Self {
        let shapes = |kind: &Kind| {
            matches!(
                kind,
                Kind::TrackSegment
                    | Kind::Report
                    | Kind::Authorisation
                    | Kind::Correction
                    | Kind::Duty
                    | Kind::Unknown(_)
            )
        };
        let all: BTreeMap<u64, (Kind, Withheld)> = before
            .withheld
            .iter()
            .filter(|(_, (kind, _))| shapes(kind))
            .map(|(&leaf, held)| (leaf, held.clone()))
            .collect();
        let of_air = |kind: &Kind| !matches!(kind, Kind::Report | Kind::Duty);
        let air = all.iter().find(|(_, (kind, _))| of_air(kind));
        let air = air.map(|(&leaf, &(_, why))| (leaf, why));
        Self { all: all.into_iter().map(|(leaf, (_, why))| (leaf, why)).collect(), air }
    }

    /// What withheld body could be why a finding comes out differently, if any: one that it stands
    /// on itself; for a finding about aircraft any that tells of aircraft; and for one that says
    /// that nothing was seen any at all.
    fn reason(&self, finding: &Map<String, Value>, leaves: &[u64]) -> Option<(u64, Withheld)> {
        let own = leaves.iter().find_map(|leaf| Some((*leaf, *self.all.get(leaf)?)));
        let subject = finding.get("subject").and_then(Value::as_object);
        let is_of = |what: &str| subject.is_some_and(|subject| subject.contains_key(what));
        own.or_else(|| self.air.filter(|_| is_of("aircraft") || is_of("everybody"))).or_else(|| {
            let first = self.all.first_key_value().map(|(&leaf, &why)| (leaf, why));
            first.filter(|_| is_of("everybody"))
        })
    }
}

fn one_by_one(
    theirs: &Findings,
    ours: &[(Map<String, Value>, Vec<u64>)],
    shaping: &Shaping,
) -> Vec<CheckedFinding> {
    // Up to when the input reached is the same in all findings of a run, and another one as soon
    // as the last report is withheld: then it is set aside.
    let aside = !shaping.all.is_empty();
    let key = |finding: &Map<String, Value>| {
        let mut finding = finding.clone();
        if aside {
            finding.remove("as_of");
        }
        id_of(&finding)
    };
    let mut found: BTreeMap<Digest, u64> = BTreeMap::new();
    for (finding, _) in ours {
        *found.entry(key(finding)).or_default() += 1;
    }
    let mut checked = Vec::new();
    for (finding, leaves) in theirs.findings.iter().zip(&theirs.leaves) {
        let is_found = found.get_mut(&key(finding)).filter(|times| **times > 0);
        let outcome = match (is_found, shaping.reason(finding, leaves)) {
            (Some(times), _) => {
                *times -= 1;
                Outcome::Agreed
            }
            (None, Some((leaf, why))) => Outcome::of(why, leaf),
            (None, None) => Outcome::Differing,
        };
        checked.push(checked_finding(finding, leaves, outcome));
    }
    let recorded: BTreeSet<Digest> = theirs.findings.iter().map(key).collect();
    for (finding, leaves) in ours.iter().filter(|(finding, _)| !recorded.contains(&key(finding))) {
        let outcome = match shaping.reason(finding, leaves) {
            Some((leaf, why)) => Outcome::of(why, leaf),
            None => Outcome::Missing,
        };
        checked.push(checked_finding(finding, leaves, outcome));
    }
    checked
}

fn id_of(finding: &Map<String, Value>) -> Digest {
    // What has no canonical form is on no record, and equals nothing.
    Digest::of(finding).unwrap_or_else(|_| Digest::of_bytes(b"no canonical form"))
}

fn checked_finding(
    finding: &Map<String, Value>,
    leaves: &[u64],
    outcome: Outcome,
) -> CheckedFinding {
    let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    CheckedFinding {
        id: id_of(finding),
        clause: text("clause"),
        verdict: text("verdict"),
        leaves: leaves.to_vec(),
        outcome,
    }
}
