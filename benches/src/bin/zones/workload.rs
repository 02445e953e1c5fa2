//! The workloads that `peers/gen_zones.py` writes, on the 1e-7 degree grid.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use spacetime::position::snap_e7;
use spacetime::{Area, Polygon, Position, Ring};

/// Points and zones as both sides see them.
pub struct Workload {
    pub name: String,
    /// Columns of degrees, each the double nearest to a grid step.
    pub lon: Vec<f64>,
    pub lat: Vec<f64>,
    pub zones: Vec<Area>,
}

impl Workload {
    /// Reads `NAME_pts.f64`, `NAME_xy.f64` and `NAME_off.i64` from a folder.
    pub fn read(dir: &Path, name: &str) -> Result<Self> {
        let points = doubles(&dir.join(format!("{name}_pts.f64")))?;
        let vertices = doubles(&dir.join(format!("{name}_xy.f64")))?;
        let offsets = words(&dir.join(format!("{name}_off.i64")))?;
        let offsets: Vec<usize> =
            offsets.into_iter().map(|word| u64::from_le_bytes(word) as usize).collect();
        ensure!(offsets.last() == Some(&(vertices.len() / 2)), "{name}: offsets do not end");
        let zones = offsets.windows(2).map(|ends| {
            let ring = vertices[2 * ends[0]..2 * ends[1]].chunks_exact(2);
            let ring = ring.map(|v| Position::from_degrees(v[0], v[1]));
            let ring = Ring::new(ring.collect::<Result<_, _>>()?)?;
            Ok(Area::new(vec![Polygon::new(ring, Vec::new())])?)
        });
        let snapped = |first: usize| {
            let column = points[first..].iter().step_by(2);
            column.map(|&degrees| snap_e7(degrees) / 1e7).collect()
        };
        let zones = zones.collect::<Result<_>>().with_context(|| format!("zones of {name}"))?;
        Ok(Self { name: name.into(), lon: snapped(0), lat: snapped(1), zones })
    }

    pub fn vertex_count(&self) -> usize {
        self.zones.iter().map(Area::vertex_count).sum()
    }
}

fn doubles(path: &Path) -> Result<Vec<f64>> {
    Ok(words(path)?.into_iter().map(f64::from_le_bytes).collect())
}

fn words(path: &Path) -> Result<Vec<[u8; 8]>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let (words, rest) = bytes.as_chunks();
    ensure!(rest.is_empty(), "{} is not whole 8-byte words", path.display());
    Ok(words.to_vec())
}
