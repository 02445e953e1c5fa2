//! Clauses: what all have, and what each kind has of its own.

use std::collections::{BTreeMap, BTreeSet};

use spacetime::{HeightBounds, Interval};

use super::altitudes::{check_band, limit};
use super::names::{Names, own_id, required_set_of, set_of};
use super::table::{Table, Value};
use super::times::{activation, instant, interval};
use crate::clause::{
    Aid, Ceasefire, Clause, ClauseKind, ClauseStatus, Hold, NoCorridor, NoEntry, NoFly,
    ProtectedObjects, SafePassage, Undertaking, Withdrawal,
};
use crate::fault::FaultCode;
use crate::id::{AreaId, ClauseId, PartyId};
use crate::party::Role;
use crate::report::Act;

/// Most clauses of a pack.
pub const CLAUSES_MAX: usize = 10_000;
/// Farthest distance of a withdrawal or a protection, in metres.
pub const DISTANCE_M_MAX: i64 = 1_000_000;
/// Longest delay of an acknowledgement, in seconds: thirty days.
pub const ACK_DELAY_S_MAX: i64 = 30 * 86_400;

const STATUSES: &[(&str, ClauseStatus)] = &[
    ("proposed", ClauseStatus::Proposed),
    ("adopted", ClauseStatus::Adopted),
    ("suspended", ClauseStatus::Suspended),
    ("lapsed", ClauseStatus::Lapsed),
];

/// Everybody who can be bound or protected by a ceasefire clause.
const BOUND: &[Role] = &[Role::Adherent, Role::Guarantor];

type ReadKind = fn(&Table<'_>, &Scope<'_>) -> Option<ClauseKind>;

const KINDS: &[(&str, ReadKind)] = &[
    ("no-fly", no_fly),
    ("ceasefire", ceasefire),
    ("withdrawal", withdrawal),
    ("no-entry", no_entry),
    ("protected", protected),
    ("safe-passage", safe_passage),
    ("aid", aid),
    ("hold", hold),
    ("no-corridor", no_corridor),
    ("undertaking", undertaking),
];

/// What a clause is read against.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names,
    pub(super) bounds: HeightBounds,
}

pub(super) fn clauses(root: &Table<'_>, scope: &Scope<'_>) -> BTreeMap<ClauseId, Clause> {
    let mut taken = BTreeSet::new();
    let read = root.tables("clause", CLAUSES_MAX);
    let clause = |table: &Table<'_>| clause(table, scope, &mut taken);
    read.iter().filter_map(clause).map(|clause| (clause.id.clone(), clause)).collect()
}

fn clause(table: &Table<'_>, scope: &Scope<'_>, taken: &mut BTreeSet<ClauseId>) -> Option<Clause> {
    let id = own_id(table, ClauseId::new, taken);
    let title = table.require("title").and_then(|value| value.text());
    let encodes = table.require("encodes").and_then(|value| value.prose());
    let status = table.require("status").and_then(|value| value.word(STATUSES));
    let in_force = in_force(table, status);
    let areas_needed =
        table.get("kind").and_then(|kind| kind.value.as_str()) != Some("undertaking");
    let areas = if areas_needed {
        required_set_of(table, "areas", |value| scope.names.area(value))
    } else {
        set_of(table, "areas", |value| scope.names.area(value))
    };
    let read_kind = table.require("kind").and_then(|value| value.word(KINDS));
    let kind = read_kind?(table, scope);
    // Only here: of an unknown kind nobody can say which keys it has.
    table.finish();
    let (title, encodes) = (title?.to_owned(), encodes?.to_owned());
    Some(Clause {
        id: id?,
        title,
        encodes,
        status: status?,
        in_force: in_force?,
        areas,
        kind: kind?,
    })
}

/// An adopted or suspended clause says since when, a lapsed one since and until when; a
/// proposal may leave both open.
fn in_force(table: &Table<'_>, status: Option<ClauseStatus>) -> Option<Interval> {
    let lapsed = status == Some(ClauseStatus::Lapsed);
    let proposed = matches!(status, None | Some(ClauseStatus::Proposed));
    let value = if proposed { table.get("in_force") } else { table.require("in_force") };
    match value {
        Some(value) => interval(&value.table()?, !proposed, lapsed),
        None => proposed.then_some(Interval::ALWAYS),
    }
}

fn bound(table: &Table<'_>, key: &'static str, scope: &Scope<'_>) -> BTreeSet<PartyId> {
    required_set_of(table, key, |value| scope.names.party(value))
}

fn acts(table: &Table<'_>) -> BTreeSet<Act> {
    let words: Vec<(&str, Act)> = Act::ALL.iter().map(|act| (act.as_str(), *act)).collect();
    required_set_of(table, "acts", |value| value.word(&words))
}

fn whole(table: &Table<'_>, key: &'static str, low: i64, high: i64) -> Option<u32> {
    let value = table.require(key)?.integer(low..=high)?;
    u32::try_from(value).ok()
}

fn required_text(table: &Table<'_>, key: &'static str) -> Option<String> {
    table.require(key)?.prose().map(str::to_owned)
}

fn no_fly(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let (floor_at, ceiling_at) = (table.require("floor"), table.require("ceiling"));
    let floor = floor_at.as_ref().and_then(limit);
    let ceiling = ceiling_at.as_ref().and_then(limit);
    let binds = set_of(table, "binds", |value| scope.names.party(value));
    let activation = activation(table);
    let (floor, ceiling) = (floor?, ceiling?);
    check_band((floor_at.as_ref()?, floor), (ceiling_at.as_ref()?, ceiling), scope.bounds);
    Some(ClauseKind::NoFly(NoFly { floor, ceiling, activation, binds }))
}

fn ceasefire(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let acts = acts(table);
    let between = required_set_of(table, "between", |v| scope.names.party_in_role(v, BOUND));
    let protects = table.get("protects_civilians");
    let protects_civilians = protects.is_some_and(|value| value.boolean() == Some(true));
    Some(ClauseKind::Ceasefire(Ceasefire { acts, between, protects_civilians }))
}

fn withdrawal(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let binds = bound(table, "binds", scope);
    let distances = table.require("distances_m")?.table()?;
    let distance = |(class, value): (&str, Value<'_>)| {
        let metres = value.integer(1..=DISTANCE_M_MAX)?;
        Some((class.to_owned(), u32::try_from(metres).ok()?))
    };
    let entries = distances.own_keys();
    if entries.is_empty() {
        let reason = "no weapon class is listed";
        distances.fault(FaultCode::ListEmpty, reason, "name at least one class and its distance");
    }
    let mut distances_m: Vec<(String, u32)> = entries.into_iter().filter_map(distance).collect();
    distances_m.sort();
    Some(ClauseKind::Withdrawal(Withdrawal { binds, distances_m }))
}

fn no_entry(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    Some(ClauseKind::NoEntry(NoEntry { forces: bound(table, "forces", scope) }))
}

fn protected(table: &Table<'_>, _: &Scope<'_>) -> Option<ClauseKind> {
    let (acts, radius_m) = (acts(table), whole(table, "radius_m", 1, DISTANCE_M_MAX));
    Some(ClauseKind::Protected(ProtectedObjects { acts, radius_m: radius_m? }))
}

fn safe_passage(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let acknowledged_by = bound(table, "acknowledged_by", scope);
    let ack_delay_s_max = whole(table, "ack_delay_s_max", 1, ACK_DELAY_S_MAX)?;
    Some(ClauseKind::SafePassage(SafePassage { acknowledged_by, ack_delay_s_max }))
}

fn aid(table: &Table<'_>, _: &Scope<'_>) -> Option<ClauseKind> {
    let sector = required_text(table, "sector");
    let share = whole(table, "share_permille", 1, 1000);
    let due_at = table.require("due_at").and_then(|value| instant(&value));
    let share_permille = u16::try_from(share?).ok()?;
    Some(ClauseKind::Aid(Aid { sector: sector?, share_permille, due_at: due_at? }))
}

fn hold(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let holder = scope.names.party(&table.require("holder")?)?;
    Some(ClauseKind::Hold(Hold { holder }))
}

fn no_corridor(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let end = |key| -> Option<AreaId> { scope.names.area(&table.require(key)?) };
    let holder = table.require("holder").and_then(|value| scope.names.party(&value));
    let (from, to) = (end("from"), end("to"));
    let (holder, from, to) = (holder?, from?, to?);
    if from == to {
        let reason = "both ends of the corridor are the same area";
        table.fault(FaultCode::ListDuplicate, reason, "name two areas");
    }
    Some(ClauseKind::NoCorridor(NoCorridor { holder, from, to }))
}

fn undertaking(table: &Table<'_>, scope: &Scope<'_>) -> Option<ClauseKind> {
    let party = table.require("party").and_then(|value| scope.names.party(&value));
    let act = required_text(table, "act");
    let due_at = table.require("due_at").and_then(|value| instant(&value));
    Some(ClauseKind::Undertaking(Undertaking { party: party?, act: act?, due_at: due_at? }))
}
