//! The made-up registers of data/registers: 13 rows and 19 rows of one day.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use agreement::Report;
use assess::reconcile::{Model, Register, reconcile};
use intake::reports::{self, Mapping};
use intake::{Batch, Feed, Options};
use spacetime::zone_rules;

fn read(name: &str) -> Vec<Report> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/registers");
    let map = fs::read_to_string(folder.join("map.toml")).unwrap();
    let rows = fs::read(folder.join(format!("{name}.csv"))).unwrap();
    let mapping = Mapping::read(&map, name).unwrap();
    let zone = zone_rules("UTC").unwrap();
    let mut feed = reports::Register::new(&rows[..], Options::default(), mapping, zone);
    let (mut batch, mut found) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).unwrap() {
        assert_eq!(batch.rejections, []);
        found.append(&mut batch.items);
    }
    found
}

#[test]
fn thirteen_rows_against_nineteen_of_one_day() {
    let found = reconcile(&Model::default(), &read("north"), &read("south"));
    let mut said = format!("A {:?}\nB {:?}\ncommon {}\n", found.a, found.b, found.common_milli);
    for pair in &found.matched {
        let (a, b, ppm) = (&pair.a.id, &pair.b.id, pair.probability_ppm);
        let how = &pair.agreement;
        writeln!(said, "{a} = {b}: {ppm} ppm, {:?} m, {} s", how.distance_m, how.gap_s).unwrap();
    }
    for split in &found.splits {
        let parts: Vec<_> =
            split.parts.iter().map(|part| (&part.row.id[..], part.probability_ppm)).collect();
        writeln!(said, "{} is {parts:?}", split.whole.id).unwrap();
    }
    for lone in &found.only {
        let side = if lone.row.register == Register::A { "A" } else { "B" };
        write!(said, "only {side} {}", lone.row.id).unwrap();
        for near in &lone.near {
            let apart = &near.apart;
            let (metres, cdb) = (apart.distance_m, [apart.place_cdb, Some(apart.time_cdb)]);
            let kind = apart.kind_cdb;
            write!(said, "; not {}, {:?}: ", near.row.id, near.against).unwrap();
            write!(said, "{metres:?} m, {} s, {cdb:?} {kind}", apart.gap_s).unwrap();
        }
        said.push('\n');
    }
    insta::assert_snapshot!(said);
}
