//! The name of a version of an agreement: the digest of its canonical pack.
//!
//! The canonical pack is built from what was read and checked, not from the text: the order
//! of keys and features, comments, units, winding and first vertices leave no trace in it.
//! What is for people alone (a feature's `note`) is not in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spacetime::altitude::AltitudeLimit;
use spacetime::{Activation, Area, Instant, Interval};

use crate::canonical::Digest;
use crate::clause::{Clause, ClauseKind};
use crate::id::AreaId;
use crate::pack::{NamedArea, NamedPlace, Pack};
use crate::party::{AgreementVersion, Party, Quorum, Recipient, WitnessGroup};
use crate::reader::FORMAT;
use crate::reader::outline::Distance;
use crate::watch::{Post, Sensor};

/// Stands in a pack until its version is computed.
pub(crate) fn unversioned() -> AgreementVersion {
    AgreementVersion(Digest::from_bytes([0; 32]))
}

/// The digest of the canonical pack with its salt. The version it carries is not looked at.
///
/// Areas that were given by a distance (`distances`) enter it as they were given: how well
/// their rings follow a circle is no part of what was agreed.
pub(crate) fn version_of(
    pack: &Pack,
    distances: &BTreeMap<AreaId, Distance>,
    salt: Option<[u8; 32]>,
) -> AgreementVersion {
    let region = [pack.region.min, pack.region.max].map(|p| [p.lon_e7(), p.lat_e7()]);
    let mut canonical = json!({
        "areas": pack.areas.values()
            .map(|named| area(named, distances.get(&named.id)))
            .collect::<Vec<_>>(),
        "clauses": pack.clauses.values().map(clause).collect::<Vec<_>>(),
        "devices": pack.devices.values()
            .map(|d| json!({ "ed25519": hex(&d.ed25519), "id": d.id, "party": d.party }))
            .collect::<Vec<_>>(),
        "format": FORMAT,
        "id": pack.id,
        "parameters": pack.parameters,
        "parties": pack.parties.values().map(party).collect::<Vec<_>>(),
        "posts": pack.posts.values().map(post).collect::<Vec<_>>(),
        "quorums": pack.quorums.values().map(quorum).collect::<Vec<_>>(),
        "recipients": pack.recipients.values().map(recipient).collect::<Vec<_>>(),
        "region": region,
        "salt": salt.map(|salt| hex(&salt)),
        "sensors": pack.sensors.values().map(sensor).collect::<Vec<_>>(),
        "time_zone": pack.time_zone,
        "title": pack.title,
        "witness_groups": pack.witness_groups.values().map(witness_group).collect::<Vec<_>>(),
    });
    // Only where there are any: packs of before places could be told keep their version.
    if !pack.places.is_empty() {
        canonical["places"] = pack.places.iter().map(place).collect();
    }
    AgreementVersion(Digest::of(&canonical).expect("a pack holds integers and text only"))
}

fn hex(bytes: &[u8; 32]) -> String {
    Digest::from_bytes(*bytes).to_string()
}

fn area(area: &NamedArea, given: Option<&Distance>) -> Value {
    let mut aliases = area.aliases.clone();
    aliases.sort_unstable();
    let ground = match given {
        Some(Distance { line, radius_cm }) => {
            let line: Vec<[i32; 2]> = line.iter().map(|p| [p.lon_e7(), p.lat_e7()]).collect();
            json!({ "line": line, "radius_cm": radius_cm })
        }
        None => json!(rings(&area.area)),
    };
    json!({
        "aliases": aliases,
        "ground": ground,
        "id": area.id,
        "name": area.name,
        "pcode": area.pcode,
    })
}

fn rings(area: &Area) -> Vec<Vec<Vec<[i32; 2]>>> {
    let ring = |ring: &spacetime::Ring| -> Vec<[i32; 2]> {
        ring.vertices().iter().map(|p| [p.lon_e7(), p.lat_e7()]).collect()
    };
    area.polygons().iter().map(|polygon| polygon.rings().map(ring).collect()).collect()
}

fn party(party: &Party) -> Value {
    json!({
        "aliases": party.aliases,
        "answered_for_by": party.answered_for_by,
        "id": party.id,
        "name": party.name,
        "role": party.role,
    })
}

fn quorum(quorum: &Quorum) -> Value {
    json!({
        "id": quorum.id,
        "judges": quorum.judges,
        "members": quorum.members,
        "threshold": quorum.threshold,
    })
}

fn witness_group(group: &WitnessGroup) -> Value {
    let mut witnesses: Vec<_> = group.witnesses.iter().collect();
    witnesses.sort_by_key(|witness| &witness.name);
    let witnesses: Vec<Value> = witnesses
        .iter()
        .map(|w| json!({ "ed25519": hex(&w.ed25519), "name": w.name, "party": w.party }))
        .collect();
    json!({ "id": group.id, "threshold": group.threshold, "witnesses": witnesses })
}

fn recipient(recipient: &Recipient) -> Value {
    json!({
        "age": recipient.age,
        "assessor": recipient.assessor,
        "id": recipient.id,
        "party": recipient.party,
    })
}

fn sensor(sensor: &Sensor) -> Value {
    let coverage = sensor.coverage.as_ref();
    json!({
        "coverage": coverage.map(|c| json!({ "area": c.area, "floor_cm": c.floor.cm() })),
        "default_epu_cm": sensor.default_epu_cm,
        "id": sensor.id,
        "kind": sensor.kind,
        "party": sensor.party,
        "worst_epu_cm": sensor.worst_epu_cm,
    })
}

fn place(place: &NamedPlace) -> Value {
    json!({
        "aliases": place.aliases,
        "at": [place.position.lon_e7(), place.position.lat_e7()],
        "name": place.name,
        "pcode": place.pcode,
        "radius_m": place.radius_m,
    })
}

fn post(post: &Post) -> Value {
    let position = post.position.expose();
    json!({
        "id": post.id,
        "party": post.party,
        "position": [position.lon_e7(), position.lat_e7()],
        "reach_m": post.reach_m,
    })
}

fn clause(clause: &Clause) -> Value {
    json!({
        "areas": clause.areas,
        "encodes": clause.encodes,
        "id": clause.id,
        "in_force": interval(clause.in_force),
        "kind": clause.kind.name(),
        "says": says(&clause.kind),
        "status": clause.status,
        "title": clause.title,
    })
}

fn says(kind: &ClauseKind) -> Value {
    match kind {
        ClauseKind::NoFly(c) => json!({
            "activation": activation(&c.activation),
            "binds": c.binds,
            "ceiling": limit(c.ceiling),
            "floor": limit(c.floor),
        }),
        ClauseKind::Ceasefire(c) => json!({
            "acts": c.acts,
            "between": c.between,
            "protects_civilians": c.protects_civilians,
        }),
        ClauseKind::Withdrawal(c) => json!({ "binds": c.binds, "distances_m": c.distances_m }),
        ClauseKind::NoEntry(c) => json!({ "forces": c.forces }),
        ClauseKind::Protected(c) => json!({ "acts": c.acts, "radius_m": c.radius_m }),
        ClauseKind::SafePassage(c) => json!({
            "ack_delay_s_max": c.ack_delay_s_max,
            "acknowledged_by": c.acknowledged_by,
        }),
        ClauseKind::Aid(c) => json!({
            "due_at": instant(c.due_at),
            "sector": c.sector,
            "share_permille": c.share_permille,
        }),
        ClauseKind::Hold(c) => json!({ "holder": c.holder }),
        ClauseKind::NoCorridor(c) => json!({ "from": c.from, "holder": c.holder, "to": c.to }),
        ClauseKind::Undertaking(c) => {
            json!({ "act": c.act, "due_at": instant(c.due_at), "party": c.party })
        }
    }
}

/// Null for an open end.
fn instant(at: Instant) -> Option<String> {
    (at != Instant::MIN && at != Instant::MAX).then(|| at.to_string())
}

fn interval(interval: Interval) -> Value {
    json!([instant(interval.start()), instant(interval.end())])
}

fn limit(limit: AltitudeLimit) -> Value {
    match limit {
        AltitudeLimit::Ground => json!("ground"),
        AltitudeLimit::Unlimited => json!("unlimited"),
        AltitudeLimit::Baro(height) => json!({ "baro_cm": height.cm() }),
        AltitudeLimit::Ellipsoid(height) => json!({ "ellipsoid_cm": height.cm() }),
        AltitudeLimit::Msl(height) => json!({ "msl_cm": height.cm() }),
        AltitudeLimit::Agl(height) => json!({ "agl_cm": height.cm() }),
    }
}

fn activation(activation: &Activation) -> Value {
    let windows = |intervals: &[Interval]| -> Vec<Value> {
        let mut sorted = intervals.to_vec();
        sorted.sort_unstable();
        sorted.into_iter().map(interval).collect()
    };
    let mut hours: Vec<String> = activation
        .given_hours()
        .iter()
        .map(|hours| {
            let days: Vec<bool> = DAYS.iter().map(|day| hours.days.contains(*day)).collect();
            let days: String = days.iter().map(|on| if *on { '1' } else { '0' }).collect();
            let bound =
                |date: Option<jiff::civil::Date>| date.map_or("-".into(), |d| d.to_string());
            let (first, last) = (bound(hours.first), bound(hours.last));
            format!("{} {days} {} {} {first} {last}", hours.zone.name(), hours.from, hours.to)
        })
        .collect();
    hours.sort_unstable();
    json!({
        "except": windows(activation.given_exceptions()),
        "hours": hours,
        "windows": windows(activation.given_windows()),
    })
}

const DAYS: [jiff::civil::Weekday; 7] = {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]
};
