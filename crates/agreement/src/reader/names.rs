//! Names that a pack gives, and the places that refer to them.

use std::collections::{BTreeMap, BTreeSet};

use super::suggest::nearest;
use super::table::{Table, Value};
use crate::fault::FaultCode;
use crate::id::{AreaId, ClauseId, ID_CHARS_MAX, PartyId};
use crate::party::Role;
use crate::text::shown;

/// Most members of a list of names.
const LIST_MAX: usize = 10_000;

/// Most names that one not found is compared with, for what may be meant.
const COMPARED_MAX: usize = 2_000;

/// Every role, as packs write it.
pub(super) const ROLES: &[(&str, Role)] = &[
    ("adherent", Role::Adherent),
    ("guarantor", Role::Guarantor),
    ("excluded", Role::Excluded),
    ("civilian", Role::Civilian),
    ("observer", Role::Observer),
    ("humanitarian", Role::Humanitarian),
];

/// What is declared, read before anything that may refer to it. Names count as declared even
/// where the rest of what they name is faulty, so that one fault is not told twice.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Parties and their roles, where those can be read.
    pub(super) parties: BTreeMap<String, Option<Role>>,
    /// Areas; `None` when the file could not be read.
    pub(super) areas: Option<BTreeSet<String>>,
    /// Clauses.
    pub(super) clauses: BTreeSet<String>,
}

impl Names {
    pub(super) fn party(&self, value: &Value<'_>) -> Option<PartyId> {
        let name = value.text()?;
        if !self.parties.contains_key(name) {
            let known = self.parties.keys().map(String::as_str);
            return unknown(value, "party", FaultCode::PartyUnknown, known);
        }
        PartyId::new(name)
    }

    /// A party of one of the roles that may stand here.
    pub(super) fn party_in_role(&self, value: &Value<'_>, roles: &[Role]) -> Option<PartyId> {
        let party = self.party(value)?;
        let role = self.parties.get(party.as_str()).copied().flatten();
        if let Some(role) = role.filter(|role| !roles.contains(role)) {
            let spelt = |role: &Role| ROLES.iter().find(|(_, r)| r == role).map_or("", |(n, _)| n);
            let wanted: Vec<&str> = roles.iter().map(spelt).collect();
            let reason = format!("\"{party}\" has the role {}", spelt(&role));
            let repair = format!("name a party with the role {}", wanted.join(" or "));
            value.fault(FaultCode::PartyRole, reason, repair);
        }
        Some(party)
    }

    pub(super) fn area(&self, value: &Value<'_>) -> Option<AreaId> {
        let name = value.text()?;
        if let Some(areas) = self.areas.as_ref().filter(|areas| !areas.contains(name)) {
            let known = areas.iter().map(String::as_str);
            return unknown(value, "area", FaultCode::AreaUnknown, known);
        }
        AreaId::new(name)
    }

    pub(super) fn clause(&self, value: &Value<'_>) -> Option<ClauseId> {
        let name = value.text()?;
        if !self.clauses.contains(name) {
            let known = self.clauses.iter().map(String::as_str);
            return unknown(value, "clause", FaultCode::ClauseUnknown, known);
        }
        ClauseId::new(name)
    }
}

/// Says that there is none of that name, and which may be meant.
fn unknown<'k, T>(
    value: &Value<'_>,
    what: &str,
    code: FaultCode,
    known: impl Iterator<Item = &'k str>,
) -> Option<T> {
    let name = value.text()?;
    let repair = nearest(name, known.take(COMPARED_MAX)).map_or_else(
        || format!("declare that {what}, or name another"),
        |near| format!("write \"{near}\" if that is meant"),
    );
    value.fault(code, format!("the pack has no {what} \"{}\"", shown(name)), repair);
    None
}

/// The name that a table gives itself under `id`, once.
pub(super) fn own_id<T: Ord + Clone>(
    table: &Table<'_>,
    make: impl Fn(&str) -> Option<T>,
    taken: &mut BTreeSet<T>,
) -> Option<T> {
    let value = table.require("id")?;
    let text = value.text()?;
    let Some(id) = make(text) else {
        let reason = format!("\"{}\" has the form of no name", shown(text));
        value.fault(FaultCode::IdMalformed, reason, ID_REPAIR);
        return None;
    };
    if !taken.insert(id.clone()) {
        let reason = format!("\"{text}\" is taken above");
        value.fault(FaultCode::IdDuplicate, reason, "give one of the two another name");
        return None;
    }
    Some(id)
}

/// How a name is written.
pub(super) const ID_REPAIR: &str =
    "use lower-case letters, digits and hyphens, a letter or digit first and last, 64 at most";
const _: () = assert!(ID_CHARS_MAX == 64);

/// The different members of a list under `key`; empty when the key is left out.
pub(super) fn set_of<'a, T: Ord>(
    table: &Table<'a>,
    key: &'static str,
    read: impl FnMut(&Value<'a>) -> Option<T>,
) -> BTreeSet<T> {
    table.get(key).map(|value| members(&value, read)).unwrap_or_default()
}

/// The different members of a list that must be there and hold something.
pub(super) fn required_set_of<'a, T: Ord>(
    table: &Table<'a>,
    key: &'static str,
    read: impl FnMut(&Value<'a>) -> Option<T>,
) -> BTreeSet<T> {
    let Some(value) = table.require(key) else { return BTreeSet::new() };
    if value.value.as_array().is_some_and(|items| items.is_empty()) {
        value.fault(FaultCode::ListEmpty, "the list is empty", "name at least one");
    }
    members(&value, read)
}

fn members<'a, T: Ord>(
    value: &Value<'a>,
    mut read: impl FnMut(&Value<'a>) -> Option<T>,
) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in value.list(LIST_MAX) {
        if read(&item).is_some_and(|member| !set.insert(member)) {
            item.fault(FaultCode::ListDuplicate, "this stands in the list already", "remove one");
        }
    }
    set
}

/// The names under `id` in a list of tables, as far as they can be read.
pub(super) fn declared<'a>(root: &Table<'a>, key: &'static str) -> Vec<(&'a str, Option<&'a str>)> {
    let text = |table: &'a toml::de::DeTable<'a>, key: &str| table.get(key)?.get_ref().as_str();
    root.get(key)
        .and_then(|value| value.value.as_array())
        .into_iter()
        .flat_map(|list| list.iter())
        .filter_map(|item| item.get_ref().as_table())
        .filter_map(|table| Some((text(table, "id")?, text(table, "role"))))
        .collect()
}
