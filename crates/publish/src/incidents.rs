//! Incidents as lines of JSON, with their regions as GeoJSON (RFC 7946).

use std::fmt::{self, Write as _};

use assess::attribution::{Author, Hypothesis};
use assess::established::Established;
use assess::fusion::{Incident, Region, Whereabouts};
use assess::verification::Ruling;
use serde_json::json;
use spacetime::Position;
use spacetime::position::Degrees;

use crate::jsonl::{answers, canonical};

/// One incident. `p_real` is null where it cannot be said. Where it may not be told exactly, `lat`, `lon` and the regions are null and
/// `cells` has the cells of H3, or `kept_back_until` says when they will be told.
#[must_use]
pub fn incident_line(incident: &Incident) -> String {
    let mut line = String::with_capacity(1024);
    write_incident(incident, &mut line).expect("a string takes whatever is written");
    line
}

/// One incident of an assessment: as [`incident_line`] has it, where the level is the one that
/// voices give, and behind it what sources alone give, what a quorum determined, what parties
/// answer, and who may have done it.
#[must_use]
pub fn established_line(one: &Established) -> String {
    let Established { incident, verification, attribution } = one;
    let mut line = incident_line(incident);
    let level = format!(r#","level":"{}"}}"#, incident.level.as_str());
    line.truncate(line.len() - 1 - level.len());
    let ruling = |ruling: &Ruling| {
        json!({
            "agreed": ruling.agreed,
            "attributed_to": ruling.determination.attributed_to,
            "dissent": ruling.determination.dissent,
            "leaf": ruling.leaf,
            "outcome": ruling.determination.outcome.as_str(),
            "reasons": ruling.determination.reasons,
            "statement": ruling.statement,
        })
    };
    let hypothesis = |hypothesis: &Hypothesis| {
        let (author, party) = match &hypothesis.author {
            Author::Party(party) => ("party", Some(party)),
            Author::Staged => ("staged", None),
            Author::Unknown => ("unknown", None),
        };
        json!({
            "author": author,
            "dissent": hypothesis.dissent_sources,
            "party": party,
            "support": hypothesis.support_sources,
        })
    };
    let rest = json!({
        "answers": answers(&verification.answers),
        "attributed_to": attribution.determined.as_ref().map(|(party, _)| party),
        "by_sources": verification.by_sources.as_str(),
        "hypotheses": attribution.hypotheses.iter().map(hypothesis).collect::<Vec<_>>(),
        "level": verification.level.as_str(),
        "rulings": verification.rulings.iter().map(ruling).collect::<Vec<_>>(),
    });
    let rest = canonical(&rest);
    line + "," + &rest[1..] + "\n"
}

fn write_incident(incident: &Incident, out: &mut String) -> fmt::Result {
    write!(out, r#"{{"id":"{}","kind":"{}""#, incident.id, incident.act.as_str())?;
    write!(out, r#","from":"{}","to":"{}""#, incident.when.start(), incident.when.end())?;
    write_place(&incident.whereabouts, out)?;
    let count = |count: Option<u32>| count.map_or("null".to_owned(), |n| n.to_string());
    write!(out, r#","count_min":{}"#, count(incident.count_min))?;
    write!(out, r#","count_max":{}"#, count(incident.count_max))?;
    write!(out, r#","sources":{},"reports":{}"#, incident.sources, json!(incident.reports))?;
    match incident.p_real_ppm {
        Some(ppm) => write!(out, r#","p_real":{}.{:06}"#, ppm / 1_000_000, ppm % 1_000_000)?,
        None => out.write_str(r#","p_real":null"#)?,
    }
    writeln!(out, r#","level":"{}"}}"#, incident.level.as_str())
}

fn write_place(place: &Whereabouts, out: &mut String) -> fmt::Result {
    match place {
        Whereabouts::Exact(place) => {
            let (lat, lon) = (place.at().lat_e7(), place.at().lon_e7());
            write!(out, r#","lat":{},"lon":{},"region50":"#, Degrees(lat), Degrees(lon))?;
            write_region(place.region50(), out)?;
            out.write_str(r#","region95":"#)?;
            write_region(place.region95(), out)
        }
        Whereabouts::Cells(cells) => {
            let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
            write!(out, r#"{NO_PLACE},"cells":{}"#, json!(cells))
        }
        Whereabouts::KeptBack(until) => {
            write!(out, r#"{NO_PLACE},"kept_back_until":"{until}""#)
        }
        Whereabouts::Unknown => out.write_str(NO_PLACE),
    }
}

const NO_PLACE: &str = r#","lat":null,"lon":null,"region50":null,"region95":null"#;

fn write_region(region: &Region, out: &mut String) -> fmt::Result {
    match &region[..] {
        [one] => {
            out.write_str(r#"{"type":"Polygon","coordinates":"#)?;
            write_polygon(one, out)?;
        }
        many => {
            out.write_str(r#"{"type":"MultiPolygon","coordinates":["#)?;
            for (n, polygon) in many.iter().enumerate() {
                out.write_str(if n > 0 { "," } else { "" })?;
                write_polygon(polygon, out)?;
            }
            out.write_str("]")?;
        }
    }
    out.write_str("}")
}

fn write_polygon(polygon: &[Vec<Position>], out: &mut String) -> fmt::Result {
    out.write_str("[")?;
    for (n, ring) in polygon.iter().enumerate() {
        out.write_str(if n > 0 { ",[" } else { "[" })?;
        for at in ring.iter().chain(ring.first()) {
            write!(out, "[{},{}],", Degrees(at.lon_e7()), Degrees(at.lat_e7()))?;
        }
        out.pop();
        out.write_str("]")?;
    }
    out.write_str("]")
}
