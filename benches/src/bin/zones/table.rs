//! The figures as a table a person can read.

use std::fmt::{Display, Formatter, Result};

use crate::measure::{Measured, Rate};

impl Display for Measured {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "{}: {} points, {} zones, {} vertices, median of {} runs",
            self.workload, self.points, self.zones, self.vertices, self.runs
        )?;
        row(f, "zone index, one core", &rate(self.one_core))?;
        if let Some(peer) = &self.peer {
            row(f, "peer, one core", &format!("{}  {}", rate(peer.one_core), peer.name))?;
            let ratio = format!("{:9.1} times       {:9.1}", peer.ratio, peer.ratio_cpu);
            row(f, "ratio", &ratio)?;
            let same = if self.disagrees() { "DIFFERENT" } else { "the same" };
            let found = format!("{same}: {} pairs, checksum {}", peer.pairs, peer.checksum);
            row(f, "peer's pairs", &found)?;
        }
        if let Some(shapely) = &self.shapely {
            row(f, "Shapely, one core", &rate(shapely.rate()))?;
        }
        row(f, "pairs", &format!("{}, checksum {}", self.pairs, self.checksum))?;
        let two_cores = format!("{:9.2} M points/s", self.two_cores_points_per_s / 1e6);
        row(f, "zone index, two cores", &two_cores)?;
        let with = self.with_altitude_and_time;
        let share = 100.0 * (1.0 - with.points_per_cpu_s / self.one_core.points_per_cpu_s);
        let kept = self.pairs_with_altitude_and_time;
        let checks = format!("{}  checks take {share:.0} %, keep {kept} pairs", rate(with));
        row(f, "with altitude and time", &checks)?;
        row(
            f,
            "index build",
            &format!(
                "{:9.3} s                  {:9.3} CPU seconds",
                self.build_s, self.build_cpu_s
            ),
        )?;
        let mebibytes = self.memory_bytes as f64 / f64::from(1 << 20);
        let memory =
            format!("{mebibytes:9.1} MiB, {:.0} bytes a vertex", self.memory_bytes_a_vertex);
        row(f, "index memory", &memory)?;
        let clear = format!("{:9.1} ns, {:.0} % are", self.is_clear_ns, self.clear_share * 100.0);
        row(f, "is a box of 1 km clear?", &clear)
    }
}

fn row(f: &mut Formatter<'_>, what: &str, text: &str) -> Result {
    writeln!(f, "  {what:<24}{text}")
}

fn rate(rate: Rate) -> String {
    let (wall, cpu) = (rate.points_per_s / 1e6, rate.points_per_cpu_s / 1e6);
    format!("{wall:9.2} M points/s  {cpu:9.2} M a CPU second")
}
