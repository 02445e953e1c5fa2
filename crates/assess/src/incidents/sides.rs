//! Who: the sides named in a report against those whom a clause binds.
//!
//! A side is looked up by its whole name first, so that a pack can say what a certain
//! coalition is. Failing that, a name with `, ` in it is taken for a list of groups, as UCDP
//! writes coalitions ("HTS, Southern Front"): with one bound group in it the list is bound, with
//! excluded ones only it is excluded, with both it is mixed and nobody can tell whom the act was
//! by or against.

use std::collections::BTreeSet;

use agreement::clause::Ceasefire;
use agreement::{Pack, Party, PartyId, Report, Role};

use super::{Answer, Outside};
use crate::finding::Reason;

/// What a side is to a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Forbears under the clause.
    Bound,
    /// Outside the agreement's protection.
    Excluded,
    /// Bound and excluded groups at once.
    Mixed,
    /// People who take no part in hostilities.
    Civilian,
    /// Known to the agreement and not bound by this clause.
    Other,
    /// Not known to the agreement.
    Unknown,
}

/// Whether an act between these sides is one between adherents, or of theirs against civilians
/// where the clause covers that.
pub(crate) fn between(pack: &Pack, clause: &Ceasefire, sides: &[String]) -> Answer {
    let standing = |side: &String| standing(pack, &clause.between, side);
    match sides {
        [] => Answer::Doubt(Reason::SideMissing),
        [side] => match standing(side) {
            Standing::Excluded => Answer::No(Outside::ExcludedGroup),
            Standing::Other => Answer::No(Outside::NotBetweenAdherents),
            Standing::Unknown => Answer::Doubt(Reason::SideUnknown),
            Standing::Bound | Standing::Mixed | Standing::Civilian => {
                Answer::Doubt(Reason::SideMissing)
            }
        },
        [one, other, ..] => answer(clause, standing(one), standing(other)),
    }
}

fn answer(clause: &Ceasefire, one: Standing, other: Standing) -> Answer {
    let either = |wanted| one == wanted || other == wanted;
    if either(Standing::Excluded) {
        Answer::No(Outside::ExcludedGroup)
    } else if either(Standing::Other) {
        Answer::No(Outside::NotBetweenAdherents)
    } else if either(Standing::Unknown) {
        Answer::Doubt(Reason::SideUnknown)
    } else if either(Standing::Mixed) {
        Answer::Doubt(Reason::SideMixed)
    } else if one == other && one == Standing::Civilian {
        Answer::No(Outside::NotBetweenAdherents)
    } else if either(Standing::Civilian) && !clause.protects_civilians {
        Answer::No(Outside::CiviliansNotCovered)
    } else {
        Answer::Yes
    }
}

fn standing(pack: &Pack, bound: &BTreeSet<PartyId>, side: &str) -> Standing {
    if let Some(party) = pack.party_called(side) {
        return standing_of(party, bound);
    }
    let members = groups(side).map(|name| {
        pack.party_called(name).map_or(Standing::Unknown, |party| standing_of(party, bound))
    });
    members.reduce(joined).unwrap_or(Standing::Unknown)
}

fn standing_of(party: &Party, bound: &BTreeSet<PartyId>) -> Standing {
    match party.role {
        Role::Excluded => Standing::Excluded,
        _ if bound.contains(&party.id) => Standing::Bound,
        Role::Civilian => Standing::Civilian,
        Role::Adherent | Role::Guarantor | Role::Observer | Role::Humanitarian => Standing::Other,
    }
}

/// What two groups that act as one side are together.
fn joined(one: Standing, other: Standing) -> Standing {
    let either = |wanted| one == wanted || other == wanted;
    if one == other {
        one
    } else if either(Standing::Mixed) || either(Standing::Bound) && either(Standing::Excluded) {
        Standing::Mixed
    } else if either(Standing::Bound) {
        Standing::Bound
    } else if either(Standing::Unknown) {
        Standing::Unknown
    } else if either(Standing::Excluded) {
        Standing::Excluded
    } else {
        Standing::Other
    }
}

/// The groups of a side, by name.
fn groups(side: &str) -> impl Iterator<Item = &str> {
    side.split(", ").map(str::trim).filter(|name| !name.is_empty())
}

/// The parties that a report names, each once; groups that the pack does not know are left out.
pub(crate) fn parties(pack: &Pack, report: &Report) -> BTreeSet<PartyId> {
    let of = |side: &String| -> Vec<PartyId> {
        match pack.party_called(side) {
            Some(party) => vec![party.id.clone()],
            None => groups(side).filter_map(|n| Some(pack.party_called(n)?.id.clone())).collect(),
        }
    };
    report.sides.iter().flat_map(of).collect()
}

/// The names in a report that the pack does not know, each once.
pub(crate) fn unknown_names(pack: &Pack, report: &Report) -> BTreeSet<String> {
    let strange = report.sides.iter().filter(|side| pack.party_called(side).is_none());
    let names = strange.flat_map(|side| groups(side));
    names.filter(|name| pack.party_called(name).is_none()).map(str::to_owned).collect()
}
