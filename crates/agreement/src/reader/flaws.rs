//! What is unsound about an area, in words.

use spacetime::{AreaFault, AreaFlaw, FlawKind, RingPlace};

use super::areas::At;
use crate::fault::FaultCode;

pub(super) fn flaw_fault(flaw: &AreaFlaw, at: &At<'_>) {
    let place = flaw.at;
    let own = |what: &str| format!("the ring {what} at {place}");
    let (code, reason, repair) = match flaw.kind {
        FlawKind::CrossesItself => (FaultCode::RingCrosses, own("crosses itself"), UNTANGLE),
        FlawKind::RunsAlongItself => (FaultCode::RingCrosses, own("runs along itself"), UNTANGLE),
        FlawKind::Spike => {
            (FaultCode::RingCrosses, own("runs out and back on one line"), "remove the spike")
        }
        FlawKind::Crosses(other) | FlawKind::RunsAlong(other) => {
            let what =
                if matches!(flaw.kind, FlawKind::Crosses(_)) { "crosses" } else { "runs along" };
            let reason = own(&format!("{what} {}", named(other, flaw.ring)));
            if other.part == flaw.ring.part {
                (
                    FaultCode::HoleOutside,
                    reason,
                    "draw the hole within its polygon, apart from others",
                )
            } else {
                (FaultCode::PartsOverlap, reason, APART)
            }
        }
        FlawKind::HoleOutside => {
            let reason = "the hole lies outside the polygon it is a hole in".to_owned();
            (FaultCode::HoleOutside, reason, "move it to the polygon it belongs to, or remove it")
        }
        FlawKind::HoleInHole(other) => {
            let reason = format!("the hole lies within {}", named(other, flaw.ring));
            (FaultCode::HoleOutside, reason, "remove the inner of the two, or make it a polygon")
        }
        FlawKind::PartInPart(other) => {
            let reason = format!("the polygon lies within {}", named(other, flaw.ring));
            (FaultCode::PartsOverlap, reason, "remove it, or make it a hole")
        }
    };
    at.fault(code, reason, repair);
}

/// Another ring, as seen from one: by its numbers in the file.
fn named(other: RingPlace, from: RingPlace) -> String {
    match (other.part == from.part, other.ring) {
        (true, 0) => "the rim of its polygon".to_owned(),
        (true, ring) => format!("another hole, ring {ring}"),
        (false, 0) => format!("polygon {}", other.part),
        (false, ring) => format!("ring {ring} of polygon {}", other.part),
    }
}

const APART: &str = "merge the two, or draw them apart";
const UNTANGLE: &str = "draw the boundary in one pass without crossings";

pub(super) fn area_fault(fault: &AreaFault, at: &At<'_>) {
    let (code, repair) = match fault {
        AreaFault::TooManyVertices => (FaultCode::TooMany, "simplify it, or split the area"),
        AreaFault::CrossesItself(_) => (FaultCode::RingCrosses, UNTANGLE),
        AreaFault::TooFewVertices | AreaFault::EnclosesNothing | AreaFault::Empty => {
            (FaultCode::RingDegenerate, "give at least three vertices that are not on one line")
        }
    };
    let reason = match fault {
        AreaFault::CrossesItself(place) => format!("the ring crosses itself at {place}"),
        _ => fault.to_string(),
    };
    at.fault(code, reason, repair);
}
