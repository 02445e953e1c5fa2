//! How well groups, regions and probabilities did against the truth, as `gen_reports.py score` has it; and
//! of regions also for each kind of source, those that are not told among them.

use std::collections::{BTreeMap, BTreeSet};

use assess::fusion::{Fused, Incident, Nearness, Region, Whereabouts};
use spacetime::Position;

use crate::world::{OUTGOING, World};

/// Regions, and how many of them hold their event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) regions: u64,
    pub(crate) covered: u64,
    /// Whether any of them is told.
    pub(crate) is_told: bool,
}

/// Everything counted so far.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) events: usize,
    together: u64,
    said: u64,
    meant: u64,
    /// For tenths of `p_real`: incidents, sum of what was said, how many were real.
    tenths: [(f64, f64, f64); 10],
    pub(crate) told: Coverage,
    pub(crate) by_kind: BTreeMap<&'static str, Coverage>,
}

impl Coverage {
    fn add(&mut self, is_told: bool, is_covered: bool) {
        self.is_told |= is_told;
        self.regions += 1;
        self.covered += u64::from(is_covered);
    }

    pub(crate) fn share(&self) -> f64 {
        self.covered as f64 / self.regions.max(1) as f64
    }

    /// Where the share lies with 95 percent (Wilson).
    pub(crate) fn interval(&self) -> (f64, f64) {
        let (n, p, z) = (self.regions.max(1) as f64, self.share(), 1.96);
        let (middle, over) = (p + z * z / (2.0 * n), 1.0 + z * z / n);
        let by = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        ((middle - by) / over, (middle + by) / over)
    }
}

impl Score {
    /// Takes in what was made of a world; `searched` is the same with what is not told searched as
    /// finely as what is, and `near` how that lies.
    pub(crate) fn add(
        &mut self,
        world: &World,
        fused: &Fused,
        searched: &Fused,
        near: Vec<Vec<Nearness>>,
    ) {
        self.events += world.events.len();
        let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
        for event in world.about.iter().flatten() {
            *sizes.entry(*event).or_default() += 1;
        }
        self.meant += sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>();
        let kinds: BTreeMap<&str, &str> =
            world.reports.iter().map(|report| (&*report.id, &*report.source.kind)).collect();
        let near: BTreeMap<_, _> =
            searched.incidents.iter().map(|incident| incident.id).zip(near).collect();
        for incident in &fused.incidents {
            let kinds = incident.reports.iter().map(|id| kinds[id.as_str()]).collect();
            self.add_incident(world, incident, &near[&incident.id], &kinds);
        }
    }

    fn add_incident(
        &mut self,
        world: &World,
        incident: &Incident,
        near: &[Nearness],
        kinds: &BTreeSet<&str>,
    ) {
        let members = incident.reports.len() as u64;
        let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
        for event in incident.reports.iter().filter_map(|id| world.about(id)) {
            *sizes.entry(event).or_default() += 1;
        }
        self.said += members * (members - 1) / 2;
        self.together += sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>();
        let most = sizes.into_iter().max_by_key(|&(_, n)| n).filter(|&(_, n)| 2 * n > members);
        let p = f64::from(incident.p_real_ppm.expect("all of it is modelled")) / 1e6;
        let tenth = &mut self.tenths[((p * 10.0) as usize).min(9)];
        tenth.0 += 1.0;
        tenth.1 += p;
        tenth.2 += f64::from(u8::from(most.is_some()));
        let Some((event, _)) = most else { return };
        let told = match &incident.whereabouts {
            Whereabouts::Exact(place) if world.events[event].kind != OUTGOING => {
                Some(holds(place.region95(), world.events[event].at))
            }
            _ => None,
        };
        if let Some(is_covered) = told {
            self.told.add(true, is_covered);
        }
        // What is not told is judged as well, without the microphones left out.
        let searched = near.iter().any(|found| found.truth == event && found.is_covered);
        let kind = named(kinds, incident.sources);
        self.by_kind.entry(kind).or_default().add(told.is_some(), told.unwrap_or(searched));
    }

    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.together as f64 / (self.said + self.meant) as f64
    }

    /// Expected calibration error of `p_real`.
    pub(crate) fn calibration_error(&self) -> f64 {
        let off: f64 = self.tenths.iter().map(|(_, said, real)| (said - real).abs()).sum();
        off / self.tenths.iter().map(|(n, ..)| n).sum::<f64>()
    }

    /// For each tenth of `p_real` how often it was said, and the share that was real.
    pub(crate) fn tenths(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.tenths
            .iter()
            .map(|&(n, said, real)| (n, said / f64::max(n, 1.0), real / f64::max(n, 1.0)))
    }
}

fn named(kinds: &BTreeSet<&str>, posts: u32) -> &'static str {
    let has = |kind: &str| kinds.contains(kind);
    match (has("human"), has("camera"), has("acoustic")) {
        (true, false, false) if posts == 1 => "one person",
        (true, false, false) => "people",
        (false, true, false) => "cameras",
        (_, true, _) => "cameras with others",
        (true, false, true) => "people and sound sensors",
        (_, _, _) if posts < 3 => "one or two sound sensors",
        _ => "sound sensors",
    }
}

/// Whether a region holds a position: even-odd over all of its rings, on whole grid steps.
fn holds(region: &Region, at: Position) -> bool {
    let corner = |p: Position| (i128::from(p.lon_e7()), i128::from(p.lat_e7()));
    let (x, y) = corner(at);
    let mut inside = false;
    for ring in region.iter().flatten() {
        for (&from, &to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let ((ax, ay), (bx, by)) = (corner(from), corner(to));
            // The edge crosses the parallel of the position, east of it.
            if (ay > y) != (by > y) {
                let turn = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
                inside ^= (turn > 0) == (by > ay);
            }
        }
    }
    inside
}
