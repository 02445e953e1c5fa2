//! Writes made-up state vectors as Parquet: many aircraft over the box of the zone workloads
//! (30 to 40 E, 45 to 55 N), each reporting once a second, sorted by time. The same arguments
//! give the same bytes.
//!
//!     cargo run --release --bin make_tracks -- OUT.parquet [ROWS] [AIRCRAFT]

use std::fs::File;
use std::sync::Arc;

use anyhow::{Context, Result};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message tracks {
    REQUIRED INT64 timestamp (TIMESTAMP(MICROS, true));
    REQUIRED BYTE_ARRAY icao24 (STRING);
    REQUIRED BYTE_ARRAY callsign (STRING);
    REQUIRED DOUBLE latitude;
    REQUIRED DOUBLE longitude;
    REQUIRED DOUBLE altitude;
    REQUIRED DOUBLE groundspeed;
    REQUIRED DOUBLE track;
    REQUIRED DOUBLE vertical_rate;
}";
const ROW_GROUP_ROWS: usize = 1 << 20;
const SEED: u64 = 20_170_709;
const START_MICROS: i64 = 1_499_590_800_000_000;
const BOX_E7: [[i64; 2]; 2] = [[300_000_000, 400_000_000], [450_000_000, 550_000_000]];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let out = args.next().context("usage: make_tracks OUT.parquet [ROWS] [AIRCRAFT]")?;
    let rows: usize = args.next().map_or(Ok(100_000_000), |text| text.parse())?;
    let count: usize = args.next().map_or(Ok(10_000), |text| text.parse())?;

    let mut seed = SEED;
    let mut fleet: Vec<Aircraft> = (0..count).map(|n| Aircraft::new(n, &mut seed)).collect();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(File::create(&out)?, schema, Arc::new(properties))?;
    let mut table = Table::default();
    for row in 0..rows {
        let (second, n) = (row / count, row % count);
        let phase = (n * 1_000_000 / count) as i64;
        fleet[n].step(&mut seed);
        table.push(START_MICROS + second as i64 * 1_000_000 + phase, &fleet[n]);
        if table.at.len() == ROW_GROUP_ROWS || row + 1 == rows {
            let mut group = writer.next_row_group()?;
            table.write(&mut group)?;
            group.close()?;
        }
    }
    writer.close()?;
    Ok(())
}

/// SplitMix64.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn between(seed: &mut u64, low: i64, high: i64) -> i64 {
    low + (random(seed) % (high - low + 1) as u64) as i64
}

struct Aircraft {
    icao24: ByteArray,
    callsign: ByteArray,
    /// Longitude and latitude, 1e-7 degree.
    at: [i64; 2],
    /// A second's way, 1e-7 degree.
    way: [i64; 2],
    altitude_ft: i64,
    climb_ft_min: i64,
}

impl Aircraft {
    fn new(n: usize, seed: &mut u64) -> Self {
        let mut at = [0; 2];
        for (at, [low, high]) in at.iter_mut().zip(BOX_E7) {
            *at = between(seed, low, high);
        }
        Self {
            icao24: format!("{:06x}", 0x40_0000 + n * 37).as_str().into(),
            callsign: format!("SIM{n:05}").as_str().into(),
            at,
            way: [between(seed, -25_000, 25_000), between(seed, -18_000, 18_000)],
            altitude_ft: between(seed, 10, 410) * 100,
            climb_ft_min: 0,
        }
    }

    /// One second on: now and then another heading or climb, and back at the edge of the box.
    fn step(&mut self, seed: &mut u64) {
        for ((at, way), [low, high]) in self.at.iter_mut().zip(&mut self.way).zip(BOX_E7) {
            *at += *way;
            if *at <= low || *at >= high {
                *at = (*at).clamp(low, high);
                *way = -*way;
            }
        }
        if random(seed).is_multiple_of(64) {
            let [east, north] = self.way;
            self.way = [(east * 15 - north * 2) / 15, (north * 15 + east * 2) / 15]
                .map(|way| way.clamp(-30_000, 30_000));
            self.climb_ft_min = between(seed, -24, 24) * 64;
        }
        self.altitude_ft = (self.altitude_ft + self.climb_ft_min / 60).clamp(500, 43_000);
    }

    fn groundspeed_kt(&self) -> f64 {
        // A minute of latitude is a nautical mile; at 50 N one of longitude is 0.643 of it.
        let [east, north] = [self.way[0] as f64 * 0.643, self.way[1] as f64];
        ((east * east + north * north).sqrt() * 1e-7 * 60.0 * 3600.0).round()
    }

    fn track_deg(&self) -> f64 {
        let east = self.way[0] as f64 * 0.643;
        east.atan2(self.way[1] as f64).to_degrees().rem_euclid(360.0).round()
    }
}

/// The rows of one row group.
#[derive(Default)]
struct Table {
    at: Vec<i64>,
    icao24: Vec<ByteArray>,
    callsign: Vec<ByteArray>,
    numbers: [Vec<f64>; 6],
}

impl Table {
    fn push(&mut self, at: i64, aircraft: &Aircraft) {
        self.at.push(at);
        self.icao24.push(aircraft.icao24.clone());
        self.callsign.push(aircraft.callsign.clone());
        let said = [
            aircraft.at[1] as f64 / 1e7,
            aircraft.at[0] as f64 / 1e7,
            (aircraft.altitude_ft / 25 * 25) as f64,
            aircraft.groundspeed_kt(),
            aircraft.track_deg(),
            aircraft.climb_ft_min as f64,
        ];
        for (column, value) in self.numbers.iter_mut().zip(said) {
            column.push(value);
        }
    }

    /// Writes and empties the table.
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()> {
        column::<Int64Type>(group, &mut self.at)?;
        column::<ByteArrayType>(group, &mut self.icao24)?;
        column::<ByteArrayType>(group, &mut self.callsign)?;
        self.numbers.iter_mut().try_for_each(|values| column::<DoubleType>(group, values))
    }
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &mut Vec<T::T>,
) -> Result<()> {
    let mut writer = group.next_column()?.context("the schema has fewer columns")?;
    writer.typed::<T>().write_batch(values, None, None)?;
    values.clear();
    Ok(writer.close()?)
}
