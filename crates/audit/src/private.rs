//! What was said in private, put together from the cells that this audience may open.

use std::collections::BTreeMap;

use agreement::statement::cells::{CellFault, Incomplete, Opened, Opener};
use agreement::statement::chain::{Chains, Irregularity};
use agreement::statement::claim::BODY_NOT_AS_SAID;
use agreement::statement::roster::DEVICE_UNKNOWN;
use agreement::statement::{Body, Header, Kind, Refusal, Roster, Said};

use crate::replay::Wrong;

/// What cells hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private {
    /// Statements that were put together, by kind.
    pub statements: BTreeMap<Kind, u64>,
    /// Cells that hold nothing.
    pub covers: u64,
    /// Statements of which cells are missing, which this audience may just not have been shown; or whose
    /// cells make no such statement.
    pub incomplete: Vec<Incomplete>,
}

impl Private {
    /// Whether cells that are all there make no such statement as they say.
    #[must_use]
    pub fn is_forged(&self) -> bool {
        self.incomplete.iter().any(|one| one.is_forged)
    }
}

/// Collects cells.
#[derive(Default)]
pub(crate) struct Cells {
    opener: Opener,
    wrong: Vec<Wrong>,
}

/// What came of it: also what should not be there, and devices that said two things.
pub(crate) struct PutTogether {
    pub(crate) private: Private,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) irregular: Vec<Irregularity>,
}

impl Cells {
    pub(crate) fn take(&mut self, leaf: u64, header: &Header, said: &Said, body: Option<&Body>) {
        let (Said::Private(said), Some(Body::Private(cell))) = (said, body) else { return };
        debug_assert_eq!(header.kind, Kind::Private);
        if let Err(CellFault::Malformed | CellFault::TooLong { .. }) =
            self.opener.take(said.period, leaf, cell)
        {
            self.wrong.push(Wrong { leaf, refusal: Refusal::new(&BODY_NOT_AS_SAID) });
        }
    }

    /// Puts statements together, and holds their signatures against the roster. Whether a key was retired
    /// by then is for who let them in: a private statement has no place of its own in the log.
    pub(crate) fn finish(self, roster: &Roster) -> PutTogether {
        let covers = self.opener.covers();
        let (whole, incomplete) = self.opener.finish();
        let mut told = PutTogether {
            private: Private { covers, incomplete, ..Private::default() },
            wrong: self.wrong,
            irregular: Vec::new(),
        };
        let mut chains = Chains::default();
        for Opened { leaf, claim, .. } in &whole {
            let statement = claim.statement();
            let signed = statement.signatures().iter().try_for_each(|signature| {
                let member = roster.device(&signature.device);
                let member = member.ok_or_else(|| Refusal::new(&DEVICE_UNKNOWN))?;
                statement.verify(&signature.device, &member.key)
            });
            if let Err(refusal) = signed {
                told.wrong.push(Wrong { leaf: *leaf, refusal });
                continue;
            }
            // Gaps are no sign of anything where not everything was opened.
            let seen = chains.see(statement);
            told.irregular.extend(seen.filter(|it| matches!(it, Irregularity::Twice { .. })));
            *told.private.statements.entry(statement.header().kind.clone()).or_default() += 1;
        }
        told
    }
}
