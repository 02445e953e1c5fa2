//! How well incidents, as they are written, hold what happened.

use std::collections::BTreeMap;

use serde_json::Value;
use spacetime::{Position, geodesy};

use super::truth::Truth;

/// What came of some worlds together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Pairs of reports in one incident, and of those the ones that are about one event.
    pairs_said: u64,
    pairs_right: u64,
    /// Pairs of reports about one event.
    pairs_meant: u64,
    /// Regions of 95 percent of what happened, and of those the ones that hold where.
    regions: u64,
    covered: u64,
    /// Counts, and those that hold how many there were.
    counts: u64,
    held: u64,
    /// Incidents by tenths of `p_real`, what they said together, and how many happened.
    tenths: [(u64, f64, u64); 10],
    /// How far off places are, metres.
    off_m: Vec<f64>,
}

impl Score {
    /// Adds a world: its truth, and lines of incidents.
    ///
    /// # Errors
    /// With the first line that is no incident.
    pub fn add<'a>(
        &mut self,
        truth: &Truth,
        incidents: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        truth.about.values().flatten().for_each(|&event| *sizes.entry(event).or_default() += 1);
        self.pairs_meant += sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>();
        for line in incidents {
            let no_incident = || format!("no incident: {line}");
            let incident: Value = serde_json::from_str(line).map_err(|_| no_incident())?;
            self.add_incident(truth, &incident).ok_or_else(no_incident)?;
        }
        Ok(())
    }

    fn add_incident(&mut self, truth: &Truth, incident: &Value) -> Option<()> {
        let reports = incident["reports"].as_array()?;
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        for id in reports {
            if let Some(event) = truth.about.get(id.as_str()?).copied().flatten() {
                *sizes.entry(event).or_default() += 1;
            }
        }
        let all = reports.len() as u64;
        self.pairs_said += all * (all - 1) / 2;
        self.pairs_right += sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>();
        let most = sizes.into_iter().max_by_key(|&(_, n)| n).filter(|&(_, n)| 2 * n > all);
        let event = most.and_then(|(event, _)| truth.events.get(&event));
        let event = event.filter(|event| event.happened);
        // Of hearsay nobody says how likely it is.
        if let Some(p) = incident["p_real"].as_f64() {
            let tenth = &mut self.tenths[((p * 10.0) as usize).min(9)];
            *tenth = (tenth.0 + 1, tenth.1 + p, tenth.2 + u64::from(event.is_some()));
        }
        let Some(event) = event else { return Some(()) };
        if let (Some(low), Some(high)) =
            (incident["count_min"].as_u64(), incident["count_max"].as_u64())
        {
            self.counts += 1;
            self.held += u64::from((low..=high).contains(&u64::from(event.count)));
        }
        if let (Some(lon), Some(lat)) = (incident["lon"].as_f64(), incident["lat"].as_f64()) {
            self.regions += 1;
            self.covered += u64::from(holds(&incident["region95"], event.place));
            let way = geodesy::inverse(Position::from_degrees(lon, lat).ok()?, event.place);
            self.off_m.push(way.length_mm as f64 / 1000.0);
        }
        Some(())
    }

    /// Harmonic mean of precision and recall of the pairs.
    #[must_use]
    pub fn f1(&self) -> f64 {
        2.0 * self.pairs_right as f64 / (self.pairs_said + self.pairs_meant).max(1) as f64
    }

    /// Regions that were told.
    #[must_use]
    pub const fn regions(&self) -> u64 {
        self.regions
    }

    /// Share of regions of 95 percent that hold where it was.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.covered as f64 / self.regions.max(1) as f64
    }

    /// Share of counts that hold how many there were.
    #[must_use]
    pub fn counts_held(&self) -> f64 {
        self.held as f64 / self.counts.max(1) as f64
    }

    /// Expected calibration error of `p_real`, over tenths.
    #[must_use]
    pub fn calibration_error(&self) -> f64 {
        let all: u64 = self.tenths.iter().map(|(n, ..)| n).sum();
        let off = |&(_, said, real): &(u64, f64, u64)| (said - real as f64).abs();
        self.tenths.iter().map(off).sum::<f64>() / all.max(1) as f64
    }

    /// How far off a place is, in the middle of all, metres.
    #[must_use]
    pub fn median_off_m(&self) -> Option<f64> {
        let mut off_m = self.off_m.clone();
        off_m.sort_by(f64::total_cmp);
        off_m.get(off_m.len() / 2).copied()
    }
}

/// One line for a person.
impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let precision = self.pairs_right as f64 / self.pairs_said.max(1) as f64;
        let recall = self.pairs_right as f64 / self.pairs_meant.max(1) as f64;
        write!(f, "precision {precision:.3}, recall {recall:.3}, F1 {:.3}; ", self.f1())?;
        write!(f, "{:.3} of {} regions hold the place", self.coverage(), self.regions)?;
        if let Some(off_m) = self.median_off_m() {
            write!(f, " (middle error {off_m:.0} m)")?;
        }
        write!(f, "; {:.3} of {} counts hold the number; ", self.counts_held(), self.counts)?;
        write!(f, "p_real off by {:.3}", self.calibration_error())
    }
}

/// Whether a `Polygon` or `MultiPolygon` (RFC 7946) holds a place: a ray crosses its rings an odd
/// number of times. Regions are some kilometres wide, and none spans the antimeridian here.
fn holds(region: &Value, place: Position) -> bool {
    let coordinates = region["coordinates"].as_array();
    let polygons: Vec<&Value> = match region["type"].as_str() {
        Some("Polygon") => vec![&region["coordinates"]],
        _ => coordinates.into_iter().flatten().collect(),
    };
    let rings = polygons.into_iter().filter_map(Value::as_array).flatten();
    let rings = rings.filter_map(Value::as_array);
    rings.map(|ring| crossings(ring, place)).sum::<usize>() % 2 == 1
}

fn crossings(ring: &[Value], place: Position) -> usize {
    let (x, y) = (place.lon_degrees(), place.lat_degrees());
    let corner = |corner: &Value| (corner[0].as_f64(), corner[1].as_f64());
    let crosses = |pair: &&[Value]| match (corner(&pair[0]), corner(&pair[1])) {
        ((Some(ax), Some(ay)), (Some(bx), Some(by))) => {
            (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
        }
        _ => false,
    };
    ring.windows(2).filter(crosses).count()
}
