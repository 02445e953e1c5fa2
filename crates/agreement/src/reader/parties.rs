//! Parties, devices, quorums, witnesses and recipients.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{age_recipient, ed25519};
use super::names::{Names, ROLES, own_id, required_set_of, set_of};
use super::table::{Table, Value};
use crate::fault::{FaultCode, NoteCode};
use crate::id::{DeviceId, PartyId};
use crate::pack::folded;
use crate::party::{Device, Party, Quorum, Recipient, Role, Witness, WitnessGroup};
use crate::text::shown;

/// Most parties of a pack.
pub const PARTIES_MAX: usize = 1_000;
/// Most devices on a roster.
pub const DEVICES_MAX: usize = 100_000;
/// Most quorums, witness groups or recipients; most witnesses of a group.
pub const GROUPS_MAX: usize = 1_000;

pub(super) fn parties(root: &Table<'_>, names: &Names) -> BTreeMap<PartyId, Party> {
    let (mut taken, mut called) = (BTreeSet::new(), BTreeMap::new());
    let read = root.tables("party", PARTIES_MAX);
    let parties = read.iter().filter_map(|table| party(table, names, &mut taken, &mut called));
    parties.map(|party| (party.id.clone(), party)).collect()
}

/// `called` holds, by folded name, which party is called so.
fn party(
    table: &Table<'_>,
    names: &Names,
    taken: &mut BTreeSet<PartyId>,
    called: &mut BTreeMap<String, String>,
) -> Option<Party> {
    let id = own_id(table, PartyId::new, taken);
    let name = table.require("name");
    for own in table.get("id").iter().chain(&name) {
        claim(called, id.as_ref(), own);
    }
    let role = table.require("role").and_then(|value| value.word(ROLES));
    let aliases = set_of(table, "aliases", |value| {
        claim(called, id.as_ref(), value)?;
        value.text().map(str::to_owned)
    });
    let answered_for_by =
        set_of(table, "answered_for_by", |v| names.party_in_role(v, &[Role::Guarantor]));
    table.finish();
    let name = name.and_then(|value| value.text());
    Some(Party { id: id?, name: name?.to_owned(), role: role?, aliases, answered_for_by })
}

/// Takes a name for a party; a fault when another has it.
fn claim(
    called: &mut BTreeMap<String, String>,
    id: Option<&PartyId>,
    value: &Value<'_>,
) -> Option<()> {
    let (id, name) = (id?.as_str(), value.text()?);
    let owner = called.entry(folded(name)).or_insert_with(|| id.to_owned());
    if owner != id {
        let reason = format!("\"{}\" is what party \"{owner}\" is called", shown(name));
        value.fault(FaultCode::AliasShared, reason, "let one of the two have it");
        return None;
    }
    Some(())
}

pub(super) fn devices(root: &Table<'_>, names: &Names) -> BTreeMap<DeviceId, Device> {
    let (mut taken, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let read = root.tables("device", DEVICES_MAX);
    let device = |table: &Table<'_>| {
        let id = own_id(table, DeviceId::new, &mut taken);
        let party = table.require("party").and_then(|value| names.party(&value));
        let ed25519 = table.require("ed25519").and_then(|value| unshared(&value, &mut keys));
        table.finish();
        Some(Device { id: id?, party: party?, ed25519: ed25519? })
    };
    read.iter().filter_map(device).map(|device| (device.id.clone(), device)).collect()
}

fn unshared(value: &Value<'_>, keys: &mut BTreeSet<[u8; 32]>) -> Option<[u8; 32]> {
    let key = ed25519(value)?;
    if !keys.insert(key) {
        let reason = "another device or witness above has the same key";
        value.fault(FaultCode::KeyShared, reason, "give each device a key of its own");
    }
    Some(key)
}

pub(super) fn quorums(root: &Table<'_>, names: &Names) -> BTreeMap<String, Quorum> {
    let mut taken = BTreeSet::new();
    let read = root.tables("quorum", GROUPS_MAX);
    let quorum = |table: &Table<'_>| {
        let id = group_id(table, &mut taken);
        let members =
            required_set_of(table, "members", |v| names.party_in_role(v, &[Role::Guarantor]));
        let threshold = threshold(table, members.len(), FaultCode::QuorumUnreachable, "members");
        let judges = set_of(table, "judges", |value| names.clause(value));
        table.finish();
        Some(Quorum { id: id?, threshold: threshold?, members, judges })
    };
    read.iter().filter_map(quorum).map(|quorum| (quorum.id.clone(), quorum)).collect()
}

/// How many of `count` must agree. Nothing is said of a list without members: that is a
/// fault already.
fn threshold(table: &Table<'_>, count: usize, code: FaultCode, who: &str) -> Option<u32> {
    let value = table.require("threshold")?;
    let threshold = u32::try_from(value.integer(0..=i64::from(u32::MAX))?).ok()?;
    if count > 0 && !(1..=count).contains(&(threshold as usize)) {
        let reason = match threshold {
            0 => "a threshold of 0 is met by nobody's agreement".to_owned(),
            _ => format!("{threshold} of {count} {who} can never agree"),
        };
        value.fault(code, reason, format!("give a threshold from 1 to {count}"));
    }
    Some(threshold)
}

/// Names of quorums, witness groups and recipients have the form of all others.
fn group_id(table: &Table<'_>, taken: &mut BTreeSet<String>) -> Option<String> {
    let plain = |text: &str| PartyId::new(text).map(|id| id.as_str().to_owned());
    own_id(table, plain, taken)
}

pub(super) fn witness_groups(root: &Table<'_>, names: &Names) -> BTreeMap<String, WitnessGroup> {
    let (mut taken, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let read = root.tables("witness_group", GROUPS_MAX);
    let group = |table: &Table<'_>| {
        let id = group_id(table, &mut taken);
        let listed =
            table.require("witness").map(|value| value.list(GROUPS_MAX)).unwrap_or_default();
        let mut called = BTreeSet::new();
        let witnesses: Vec<Witness> = listed
            .iter()
            .filter_map(Value::table)
            .filter_map(|table| witness(&table, names, &mut called, &mut keys))
            .collect();
        let code = FaultCode::WitnessesUnreachable;
        let threshold = threshold(table, listed.len(), code, "witnesses");
        table.finish();
        Some(WitnessGroup { id: id?, threshold: threshold?, witnesses })
    };
    let groups: Vec<Option<WitnessGroup>> = read.iter().map(group).collect();
    note_split_views(&read, &groups);
    groups.into_iter().flatten().map(|group| (group.id.clone(), group)).collect()
}

/// A record that is shown in two views is caught when both views reach one witness that is honest: k > (n + f)/2,
/// where f of the n lie. What one party runs may lie together. All groups make the quorum, so it is enough
/// that one of them is so.
fn note_split_views(read: &[Table<'_>], groups: &[Option<WitnessGroup>]) {
    let numbers = |group: &WitnessGroup| {
        let mut of_party: BTreeMap<&PartyId, usize> = BTreeMap::new();
        for witness in &group.witnesses {
            *of_party.entry(&witness.party).or_default() += 1;
        }
        let liars = of_party.into_values().max().unwrap_or_default();
        (group.threshold as usize, group.witnesses.len(), liars)
    };
    let holds = |group: &WitnessGroup| {
        let (threshold, witnesses, liars) = numbers(group);
        2 * threshold > witnesses + liars
    };
    // A group that is faulty is told as that.
    if groups.iter().any(|group| group.as_ref().is_none_or(holds)) {
        return;
    }
    if let (Some(table), Some(Some(group))) = (read.first(), groups.first()) {
        let (threshold, witnesses, liars) = numbers(group);
        let enough = usize::midpoint(witnesses, liars) + 1;
        let repair = if enough <= witnesses {
            format!("a threshold of {enough} would rule that out")
        } else {
            "witnesses of other parties would rule that out".to_owned()
        };
        let text = format!(
            "two views of the record could both have their quorum: {threshold} of {witnesses} witnesses are \
             enough, and one party runs {liars} of them; {repair}, and until then only gossip between \
             mirrors finds it"
        );
        table.note(NoteCode::WitnessesMayDiffer, text);
    }
}

fn witness(
    table: &Table<'_>,
    names: &Names,
    called: &mut BTreeSet<String>,
    keys: &mut BTreeSet<[u8; 32]>,
) -> Option<Witness> {
    let name = table.require("name").and_then(|value| key_name(&value, called));
    let party = table.require("party").and_then(|value| names.party(&value));
    let ed25519 = table.require("ed25519").and_then(|value| unshared(&value, keys));
    table.finish();
    Some(Witness { name: name?, party: party?, ed25519: ed25519? })
}

/// C2SP signed-note: not empty, without spaces and plus signs.
fn key_name(value: &Value<'_>, called: &mut BTreeSet<String>) -> Option<String> {
    let name = value.text()?;
    if name.contains(|c: char| c.is_whitespace() || c == '+') {
        let reason = format!("\"{}\" is no key name: it holds a space or a plus", shown(name));
        value.fault(FaultCode::IdMalformed, reason, "use a name such as \"witness.example.org\"");
        return None;
    }
    if !called.insert(name.to_owned()) {
        let reason = format!("\"{}\" is taken above", shown(name));
        value.fault(FaultCode::IdDuplicate, reason, "give each witness a name of its own");
    }
    Some(name.to_owned())
}

pub(super) fn recipients(root: &Table<'_>, names: &Names) -> BTreeMap<String, Recipient> {
    let mut taken = BTreeSet::new();
    let read = root.tables("recipient", GROUPS_MAX);
    let recipient = |table: &Table<'_>| {
        let id = group_id(table, &mut taken);
        let party = table.require("party").and_then(|value| names.party(&value));
        let age = table.require("age").and_then(|value| age_recipient(&value));
        let assessor = table.get("assessor").is_some_and(|value| value.boolean() == Some(true));
        table.finish();
        Some(Recipient { id: id?, party: party?, age: age?.to_owned(), assessor })
    };
    read.iter().filter_map(recipient).map(|one| (one.id.clone(), one)).collect()
}
