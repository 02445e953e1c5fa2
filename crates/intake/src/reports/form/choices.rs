//! What can be chosen in a form that is made with a pack: names of places, of administrative units
//! and of parties.
//!
//! A form goes to many phones, and phones get lost. So it holds names that people in the area know
//! anyway, and nothing else of the pack: no position, no post, no sensor, and of the areas only those
//! that a clause names, since the rest tell what sensors cover.

use std::collections::{BTreeMap, BTreeSet};

use agreement::Pack;
use agreement::pack::{NamedArea, folded};

use super::Choice;
use crate::reports::text::NAME_CHARS_MAX;

/// Choices by the name of their list.
pub(super) type Lists = BTreeMap<String, Vec<Choice>>;

/// The list that holds what ends every other list here.
pub(super) const OTHER: &str = "other";

/// The lists of a pack. One that would be empty is left out.
pub(super) fn of(pack: &Pack, other: &[Choice]) -> Lists {
    let lists = [("places", places(pack)), ("parties", parties(pack)), ("pcodes", pcodes(pack))];
    let filled = lists.into_iter().filter_map(|(name, mut choices)| {
        if name != "pcodes" {
            choices.extend_from_slice(other);
        }
        (!choices.is_empty()).then(|| (name.to_owned(), choices))
    });
    filled.collect()
}

/// Areas that clauses name.
fn areas(pack: &Pack) -> impl Iterator<Item = &NamedArea> {
    let named: BTreeSet<_> = pack.clauses.values().flat_map(|clause| &clause.areas).collect();
    pack.areas.values().filter(move |area| named.contains(&area.id))
}

/// Each name once, however many places bear it: which of them is meant, the reader asks.
fn places(pack: &Pack) -> Vec<Choice> {
    let areas = areas(pack).map(|area| (&area.name, &area.aliases));
    let places = pack.places.iter().map(|place| (&place.name, &place.aliases));
    let mut by_name = BTreeMap::new();
    for (name, aliases) in areas.chain(places) {
        if name.chars().count() <= NAME_CHARS_MAX {
            by_name.entry(folded(name)).or_insert_with(|| choice(name, name, aliases));
        }
    }
    by_name.into_values().collect()
}

fn pcodes(pack: &Pack) -> Vec<Choice> {
    let coded = areas(pack).filter_map(|area| Some((area.pcode.as_ref()?, area)));
    let by_code: BTreeMap<_, _> = coded.collect();
    by_code.into_iter().map(|(code, area)| choice(code, &area.name, &area.aliases)).collect()
}

fn parties(pack: &Pack) -> Vec<Choice> {
    let parties = pack.parties.values();
    parties.map(|party| choice(party.id.as_str(), &party.name, &party.aliases)).collect()
}

/// A choice with what Arabic and Russian call it, where the pack says so.
fn choice<'a>(name: &str, called: &str, aliases: impl IntoIterator<Item = &'a String>) -> Choice {
    let (mut ar, mut ru) = (None, None);
    for alias in aliases {
        if ar.is_none() && alias.chars().any(|c| matches!(c, '\u{600}'..='\u{6ff}')) {
            ar = Some(alias);
        }
        if ru.is_none() && alias.chars().any(|c| matches!(c, '\u{400}'..='\u{4ff}')) {
            ru = Some(alias);
        }
    }
    let or_called = |alias: Option<&String>| alias.map_or_else(|| called.to_owned(), Clone::clone);
    Choice { name: name.to_owned(), en: called.to_owned(), ar: or_called(ar), ru: or_called(ru) }
}
