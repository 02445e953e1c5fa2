//! Standing disclosures: one statement, and what it opens as it comes.

use std::collections::BTreeSet;

use agreement::statement::Kind;
use agreement::statement::body::{Disclosure, Shows};
use ledger::vault::Released;
use spacetime::{Instant, Interval};

use super::{Checked, Keeping, people};

impl Keeping {
    /// Asks that the reader be shown reports and private cells, as they come and as they came.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn order(&mut self) -> Checked<()> {
        self.start()?;
        let reader = people::reader();
        let kinds = BTreeSet::from([Kind::Report, Kind::Private]);
        let ever = Interval::new(Instant::MIN, Instant::MAX).expect("all of time is an interval");
        self.asked("order", |keeper, _| keeper.order(kinds, ever, &reader, "to follow").map(Some))?;
        Ok(())
    }

    /// Takes whatever standing disclosures open by now.
    ///
    /// # Errors
    /// When a promise is broken; a fault of the disk is none.
    pub fn hand_out(&mut self) -> Checked<()> {
        self.start()?;
        let handed = |keeper: &mut ledger::Keeper| keeper.hand_out().map(Some);
        while let Some(Some(released)) = self.asked("hand out", |keeper, _| handed(keeper))? {
            self.tally.handed += released.packages.len() as u64;
            self.taken(&released)?;
        }
        Ok(())
    }

    /// Somebody has the packages: each by a disclosure that is on the record, and none of what is erased.
    pub(super) fn taken(&mut self, released: &Released) -> Checked<()> {
        let size = self.keeper.as_ref().map_or(0, |keeper| keeper.head().size);
        for package in &released.packages {
            if package.disclosure_leaf >= size {
                return self.broken("a key leaves whose disclosure is not on the record");
            }
            let sealed = agreement::Digest::of_bytes(&package.ciphertext);
            let is_erased =
                |body: &super::Condemned| body.sealed == sealed && body.erased_by.is_some();
            if self.owed.condemned.iter().any(is_erased) {
                return self.broken("a body that was erased is handed out");
            }
            self.owed.released.push((package.disclosure_leaf, sealed));
        }
        Ok(())
    }
}

/// Whether a disclosure shows the body of a statement, or orders that what is of its kind be shown.
pub(super) fn shows(said: &Disclosure, statement: agreement::Digest, kind: &Kind) -> bool {
    match &said.shows {
        Shows::Body(shown) => *shown == statement,
        Shows::Standing(order) => order.kinds.contains(kind),
    }
}
