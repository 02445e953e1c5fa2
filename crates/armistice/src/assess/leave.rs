//! Flight authorisations held against the pack before they may lift anything.

use agreement::{Authorisation, Pack};
use intake::{Batch, Fault, Feed, Rejection, codes};

codes! {
    /// An unknown clause or area would lift nothing, and nobody would know.
    NOT_IN_THE_PACK = "not-in-the-pack",
        "the pack has no such party, clause or area",
        "write the name as `armistice check PACK --json` lists it";
}

/// Authorisations of which every party, clause and area is in the pack. Another one is rejected
/// whole: what nobody of the agreement granted lifts nothing.
pub(super) struct OfThePack<'a, F> {
    pub(super) feed: F,
    pub(super) pack: &'a Pack,
}

impl<F: Feed<Authorisation>> Feed<Authorisation> for OfThePack<'_, F> {
    fn read(&mut self, batch: &mut Batch<Authorisation>) -> Result<bool, Fault> {
        let more = self.feed.read(batch)?;
        let Batch { items, rejections, .. } = batch;
        items.retain(|found| {
            let pointer = not_in_the_pack(found, self.pack);
            let why = pointer.map(|at| Rejection::new(&NOT_IN_THE_PACK, found.locator).at(at));
            rejections.extend(why);
            pointer.is_none()
        });
        Ok(more)
    }
}

/// The member that names something the pack does not have.
fn not_in_the_pack(found: &Authorisation, pack: &Pack) -> Option<&'static str> {
    if !pack.parties.contains_key(&found.granted_by) {
        return Some("/granted_by");
    }
    if !found.clauses.iter().all(|id| pack.clauses.contains_key(id)) {
        return Some("/clauses");
    }
    let knows_areas = found.areas.iter().all(|id| pack.areas.contains_key(id));
    (!knows_areas).then_some("/areas")
}
