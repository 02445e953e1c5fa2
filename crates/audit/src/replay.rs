//! The statements of a log, folded again from the first.

use std::collections::{BTreeMap, BTreeSet};

use agreement::Digest;
use agreement::statement::chain::{Chains, Irregularity};
use agreement::statement::roster::Sequenced;
use agreement::statement::said::Assessment;
use agreement::statement::{Body, Entry, Kind, Refusal, Roster, Said, Standing, Statement};
use assess::record::{Gathered, Spoken};
use spacetime::Instant;

use crate::bodies::Bodies;
use crate::entries::Entries;
use crate::private::{Cells, Private, PutTogether};

/// Why a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Withheld {
    /// This audience does not have it.
    Sealed,
    /// It was destroyed; the proof that there was one stands.
    Erased,
    /// The entry cannot be read, or is not the one in the tree.
    Damaged,
}

/// A statement that should not be on the record as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its leaf.
    pub leaf: u64,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// An assessment on the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its leaf.
    pub leaf: u64,
    /// What it says to everybody.
    pub said: Assessment,
    /// Its findings with the leaves of each, or why they are not here.
    pub findings: Result<agreement::statement::body::Findings, Withheld>,
}

/// What a log says, as far as this audience may read it.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// What the assessor is given.
    pub gathered: Gathered,
    /// Bodies that are not read, by leaf, with the kind of the statement.
    pub withheld: BTreeMap<u64, (Kind, Withheld)>,
    /// The assessments.
    pub assessments: Vec<Recorded>,
    /// Statements of kinds that are not known here, by leaf.
    pub unknown: BTreeMap<u64, Kind>,
    /// Statements that are contested.
    pub contested: BTreeSet<u64>,
    /// Statements that should not be there.
    pub wrong: Vec<Wrong>,
    /// Versions of the agreement that were adopted, by leaf.
    pub adopted: Vec<(u64, Digest)>,
    /// What the numbers of devices show.
    pub irregular: Vec<Irregularity>,
    /// What was said in private, as far as its cells could be opened. Only of an outline.
    pub private: Private,
}

/// What a fold goes by.
struct Fold<'a> {
    known: Known,
    bodies: &'a dyn Bodies,
    cosigned: &'a dyn Fn(Instant) -> u64,
    gathers: bool,
}

impl Fold<'_> {
    fn of(&self, roster: &Roster, all: &dyn Entries, size: u64) -> Replay {
        let (mut replay, mut at) = (Replay::default(), roster.clone());
        let (mut chains, mut cells) = (Chains::default(), Cells::default());
        all.each(size.min(all.count()), &mut |leaf, bytes| {
            let Some(bytes) = bytes else {
                replay.withheld.insert(leaf, (Kind::Unknown(String::new()), Withheld::Damaged));
                return;
            };
            match Entry::parse(bytes) {
                Ok(entry) => {
                    replay.irregular.extend(chains.see(&entry.statement));
                    replay.take(leaf, &entry, &mut at, self, &mut cells);
                }
                Err(refusal) => replay.wrong.push(Wrong { leaf, refusal }),
            }
        });
        replay.irregular.extend(chains.irregularities());
        let PutTogether { private, wrong, irregular } = cells.finish(&at);
        replay.private = private;
        replay.wrong.extend(wrong);
        replay.irregular.extend(irregular);
        replay
    }
}

/// What is known before the fold begins.
struct Known {
    roster: Roster,
    erased: BTreeSet<Digest>,
}

impl Replay {
    /// Folds the first entries of a log. `roster` is the pack's; `all` are all entries that are
    /// known, since an erasure or a revocation reaches back. `cosigned` gives the size of the
    /// largest tree that witnesses cosigned before an instant.
    #[must_use]
    pub fn of(
        roster: &Roster,
        all: &dyn Entries,
        size: usize,
        bodies: &dyn Bodies,
        cosigned: &dyn Fn(Instant) -> u64,
    ) -> Self {
        Fold { known: Known::of(roster, all, bodies), bodies, cosigned, gathers: true }.of(
            roster,
            all,
            size as u64,
        )
    }

    /// The same of all entries, but that nothing is gathered for the assessor: what the log says of
    /// itself, in little memory.
    #[must_use]
    pub fn outline(
        roster: &Roster,
        all: &dyn Entries,
        bodies: &dyn Bodies,
        cosigned: &dyn Fn(Instant) -> u64,
    ) -> Self {
        Fold { known: Known::of(roster, all, bodies), bodies, cosigned, gathers: false }.of(
            roster,
            all,
            all.count(),
        )
    }

    fn take(
        &mut self,
        leaf: u64,
        entry: &Entry,
        roster: &mut Roster,
        fold: &Fold<'_>,
        cells: &mut Cells,
    ) {
        let Fold { known, bodies, cosigned, gathers } = fold;
        let (bodies, cosigned) = (*bodies, *cosigned);
        let statement = &entry.statement;
        let header = statement.header();
        if matches!(header.kind, Kind::Unknown(_)) {
            self.unknown.insert(leaf, header.kind.clone());
            return;
        }
        let said = match Said::of(header) {
            Ok(said) => said,
            Err(refusal) => return self.wrong.push(Wrong { leaf, refusal }),
        };
        if let Err(refusal) = roster.check(statement, Some(&said)) {
            return self.wrong.push(Wrong { leaf, refusal });
        }
        let body = match opened(statement, known, bodies) {
            Ok(body) => body,
            Err(Unopened::Withheld(why)) => {
                self.withheld.insert(leaf, (header.kind.clone(), why));
                None
            }
            Err(Unopened::Wrong(refusal)) => return self.wrong.push(Wrong { leaf, refusal }),
        };
        if !*gathers {
            cells.take(leaf, header, &said, body.as_ref());
        }
        let signed = statement.signatures().iter();
        let parties = signed.filter_map(|s| Some(roster.device(&s.device)?.party.clone()));
        let parties = parties.collect();
        roster.apply(leaf, &said);
        if let Said::AgreementAdopted(adopted) = &said {
            self.adopted.push((leaf, adopted.version));
            if let Some(next) = body.as_ref().and_then(|body| under(roster, body)) {
                *roster = next;
            }
        }
        if let Said::Assessment(assessment) = &said {
            self.take_assessment(leaf, assessment, body);
            return;
        }
        // By what is known at the end: a revocation reaches back.
        let place = Sequenced { leaf, at: entry.sequenced_at };
        let standing = known.roster.standing(header, place, cosigned);
        if standing == Standing::Contested {
            self.contested.insert(leaf);
        }
        if *gathers {
            self.gathered.take(Spoken { leaf, statement, said: &said, standing, parties, body });
        }
    }

    fn take_assessment(&mut self, leaf: u64, said: &Assessment, body: Option<Body>) {
        let findings = match body {
            Some(Body::Assessment(findings)) => Ok(findings),
            _ => Err(self.withheld.get(&leaf).map_or(Withheld::Sealed, |&(_, why)| why)),
        };
        self.assessments.push(Recorded { leaf, said: said.clone(), findings });
    }
}

impl Known {
    fn of(roster: &Roster, all: &dyn Entries, bodies: &dyn Bodies) -> Self {
        let mut known = Self { roster: roster.clone(), erased: BTreeSet::new() };
        all.each(all.count(), &mut |leaf, bytes| {
            if let Some(entry) = bytes.and_then(|bytes| Entry::parse(bytes).ok()) {
                known.take(leaf, &entry, bodies);
            }
        });
        known
    }

    fn take(&mut self, leaf: u64, entry: &Entry, bodies: &dyn Bodies) {
        let Ok(said) = Said::of(entry.statement.header()) else { return };
        let concerns = matches!(
            said,
            Said::Erasure(_)
                | Said::KeyEnrolled(_)
                | Said::KeyRevoked(_)
                | Said::AgreementAdopted(_)
        );
        if !concerns || self.roster.check(&entry.statement, Some(&said)).is_err() {
            return;
        }
        self.roster.apply(leaf, &said);
        match &said {
            Said::Erasure(erased) => {
                self.erased.insert(erased.erased);
            }
            Said::AgreementAdopted(_) => {
                let body = opened(&entry.statement, self, bodies).ok().flatten();
                if let Some(next) = body.and_then(|body| under(&self.roster, &body)) {
                    self.roster = next;
                }
            }
            _ => {}
        }
    }
}

/// The roster under a pack that is a body.
fn under(roster: &Roster, body: &Body) -> Option<Roster> {
    let Body::AgreementAdopted(text) = body else { return None };
    let (pack, _) = agreement::pack::read(&text.files()).ok()?;
    roster.under(&pack).ok()
}

enum Unopened {
    Withheld(Withheld),
    Wrong(Refusal),
}

/// The body of a statement, if it has one; one that does not meet its commitment was never found.
fn opened(
    statement: &Statement,
    known: &Known,
    bodies: &dyn Bodies,
) -> Result<Option<Body>, Unopened> {
    let header = statement.header();
    let Some(commitment) = header.body else { return Ok(None) };
    if known.erased.contains(&statement.digest()) {
        return Err(Unopened::Withheld(Withheld::Erased));
    }
    let Some((salt, bytes)) = bodies.body(&commitment) else {
        return Err(Unopened::Withheld(Withheld::Sealed));
    };
    Body::opened(header, &salt, &bytes).map(Some).map_err(Unopened::Wrong)
}
