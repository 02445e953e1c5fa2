//! UCDP's events in the governorates of the southern Syria pack, counted by its own polygons.

use agreement::pack::read;
use agreement::{Pack, PackFiles};
use spacetime::{Duration, Instant, Position, Side};

const EVENTS: &[u8] = include_bytes!("../../../../data/ucdp/ged_syria_2017.csv");

fn pack() -> Pack {
    let agreement = include_bytes!("../../../../packs/southern-syria-2017/agreement.toml");
    let areas = include_bytes!("../../../../packs/southern-syria-2017/areas.geojson");
    let files = PackFiles {
        agreement_toml: Some(agreement),
        areas_geojson: Some(areas),
        has_sources: true,
    };
    read(&files).expect("the bundled pack is sound").0
}

/// Events in the area in the 60 days before 9 July 2017, and in the 60 days from it on, by
/// the day they started.
fn before_and_from(pack: &Pack, area: &str) -> (usize, usize) {
    let area = &pack.area_called(area).unwrap().area;
    let day = Duration::from_seconds(86_400);
    let ninth = Instant::parse("2017-07-09T00:00:00Z").unwrap();
    let mut days = Vec::new();
    for row in csv::Reader::from_reader(EVENTS).deserialize() {
        let row: std::collections::BTreeMap<String, String> = row.unwrap();
        let degrees = |key: &str| row[key].parse::<f64>().unwrap();
        let at = Position::from_degrees(degrees("longitude"), degrees("latitude")).unwrap();
        if area.side(at) != Side::Outside {
            let date = Instant::parse(&format!("{}T00:00:00Z", &row["date_start"][..10])).unwrap();
            days.push(date.since(ninth).micros() / day.micros());
        }
    }
    let within = |from, to| days.iter().filter(|&&d| from <= d && d < to).count();
    (within(-60, 0), within(0, 60))
}

#[test]
fn the_counts_agree_with_the_published_boundaries() {
    let pack = pack();
    assert_eq!(before_and_from(&pack, "SY12"), (104, 32));
    assert_eq!(before_and_from(&pack, "SY13"), (5, 7));
    assert_eq!(before_and_from(&pack, "SY14"), (22, 7));
}
