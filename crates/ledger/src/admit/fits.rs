//! Whether what a statement says fits what is already there.

use agreement::statement::{Body, Claim, Entry, Kind, Refusal, Roster, Said};
use agreement::{DeviceId, Pack};

use super::answer::{
    CORRECTS_NOTHING, CORRECTS_OTHERS, FUTURE_ROOT, GRANTED_BY_OTHERS, NOT_THE_KEEPER, OTHER_PACK,
    OTHER_ROOT,
};
use super::keys::digest_key;
use super::record::Record;
use crate::fault::Fault;

/// Refused, or the world failed.
pub(super) enum Unfit {
    Refused(Refusal),
    Fault(Fault),
}

impl From<Fault> for Unfit {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Whether a claim whose signatures hold fits the record.
pub(super) fn fits(
    claim: &Claim,
    said: &Said,
    roster: &Roster,
    keeper: &DeviceId,
    record: &impl Record,
) -> Result<(), Unfit> {
    let header = claim.statement().header();
    last_root(claim, record)?;
    match said {
        Said::Tick(_) | Said::Erasure(_) | Said::Disclosure(_) | Said::Private(_)
            if header.device != *keeper =>
        {
            Err(Refusal::new(&NOT_THE_KEEPER).within("kind").into())
        }
        Said::Authorisation(_) => Ok(granted_by_itself(claim, roster)?),
        Said::Correction(corrects) => {
            let Some(leaf) = record.find(&digest_key(&corrects.supersedes))? else {
                return Err(Refusal::new(&CORRECTS_NOTHING).within("supersedes").into());
            };
            let earlier = Entry::parse(&record.entry(leaf)?)?;
            let party = |device| roster.device(device).map(|member| &member.party);
            if party(&earlier.statement.header().device) == party(&header.device) {
                return Ok(());
            }
            Err(Refusal::new(&CORRECTS_OTHERS).within("supersedes").into())
        }
        Said::Assessment(assessment) if assessment.tree_size > record.next_leaf() => {
            Err(Refusal::new(&FUTURE_ROOT).within("tree_size").into())
        }
        _ => Ok(()),
    }
}

/// The tree that an author says to have seen must be one that this log had.
fn last_root(claim: &Claim, record: &impl Record) -> Result<(), Unfit> {
    let Some(seen) = claim.statement().header().last_root else { return Ok(()) };
    let refused = |code| Err(Refusal::new(code).within("last_root").within("header").into());
    if seen.size > record.next_leaf() {
        return refused(&FUTURE_ROOT);
    }
    match record.root_at(seen.size)? {
        Some(root) if root != *seen.root.as_bytes() => refused(&OTHER_ROOT),
        _ => Ok(()),
    }
}

/// Leave to fly lifts a protection: nobody gives it in the name of another.
fn granted_by_itself(claim: &Claim, roster: &Roster) -> Result<(), Refusal> {
    let refused = || Refusal::new(&GRANTED_BY_OTHERS).within("granted_by").within("body");
    let Some((_, bytes)) = claim.body() else { return Err(refused()) };
    let Body::Authorisation(leave) = Body::parse(&Kind::Authorisation, bytes)? else {
        return Err(refused());
    };
    let member = roster.device(&claim.statement().header().device);
    let own = member.is_some_and(|member| member.party == leave.granted_by);
    if own { Ok(()) } else { Err(refused()) }
}

/// The pack that a claim brings into force.
pub(super) fn adopted(claim: &Claim, said: &Said) -> Result<Option<Pack>, Refusal> {
    let Said::AgreementAdopted(adopted) = said else { return Ok(None) };
    let refused = || Refusal::new(&OTHER_PACK).within("body");
    let Some((_, bytes)) = claim.body() else { return Err(refused()) };
    let Body::AgreementAdopted(text) = Body::parse(&Kind::AgreementAdopted, bytes)? else {
        return Err(refused());
    };
    match agreement::pack::read(&text.files()) {
        Ok((pack, _)) if pack.version.0 == adopted.version => Ok(Some(pack)),
        _ => Err(refused()),
    }
}
