//! Merging inputs: the order of naming changes nothing, the order of rows is kept.

use std::fs::File;
use std::io::Write as _;

use agreement::track::TrackPoint;
use intake::merge::{MergeOptions, Merged, Source};
use intake::{Batch, Feed, Rejection};
use spacetime::Duration;

/// A table of rows: second, address.
fn table(rows: &[(u32, u32)]) -> String {
    let row = |(n, (second, address)): (usize, &(u32, u32))| {
        format!("{second},{address:06x},50.{n:03},30.0\n")
    };
    let rows: String = rows.iter().enumerate().map(row).collect();
    format!("timestamp,icao24,latitude,longitude\n{rows}")
}

fn source(name: &str, bytes: impl AsRef<[u8]>) -> Source {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    Source { name: name.into(), open: Box::new(move || File::open(file.path())) }
}

fn merge(sources: Vec<Source>) -> (Vec<TrackPoint>, Vec<Rejection>, Merged) {
    let options = MergeOptions { lateness: Duration::from_seconds(10), ..Default::default() };
    let mut merged = Merged::new(sources, &options).unwrap();
    let (mut points, mut rejections, mut batch) = (Vec::new(), Vec::new(), Batch::default());
    while merged.read(&mut batch).unwrap() {
        points.append(&mut batch.items);
        rejections.append(&mut batch.rejections);
    }
    (points, rejections, merged)
}

fn seconds(points: &[TrackPoint]) -> Vec<i64> {
    points.iter().map(|point| point.observed_at.micros() / 1_000_000).collect()
}

#[test]
fn the_order_in_which_inputs_are_named_changes_nothing() {
    let a = table(&[(100, 1), (101, 1), (105, 1), (120, 1)]);
    let b = table(&[(99, 2), (101, 2), (103, 2), (130, 2)]);
    let c = "not,a,feed\n";
    let (forth, rejected, merged) = merge(vec![source("a", &a), source("b", &b), source("c", c)]);
    let (back, rejected_back, _) = merge(vec![source("c", c), source("b", &b), source("a", &a)]);
    assert_eq!(forth, back);
    assert_eq!(seconds(&forth), [99, 100, 101, 101, 103, 105, 120, 130]);
    assert_eq!(forth[0].locator.input, 0, "the input with the earliest row is number 0");
    assert_eq!((rejected.len(), rejected[0].locator.input), (1, 2));
    assert_eq!(rejected, rejected_back);
    let names: Vec<_> = merged.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
}

#[test]
fn an_input_named_twice_counts_once() {
    let a = table(&[(100, 1), (101, 1)]);
    let (points, _, merged) = merge(vec![source("a", &a), source("again", &a)]);
    assert_eq!(points.len(), 2);
    assert_eq!((merged.inputs().len(), merged.inputs()[0].copies), (1, 1));
}

#[test]
fn a_late_row_is_handed_on_where_it_stands() {
    let late = table(&[(100, 1), (200, 1), (120, 1), (201, 1)]);
    let (points, _, merged) = merge(vec![source("late", &late)]);
    assert_eq!(seconds(&points), [100, 200, 120, 201]);
    assert!(!merged.inputs()[0].sorted);
}

#[test]
fn a_table_ordered_by_aircraft_is_sorted_and_said_to_be() {
    let rows = [(100, 1), (150, 1), (140, 1), (200, 1), (90, 2), (145, 2), (160, 2)];
    let (points, _, merged) = merge(vec![source("by aircraft", table(&rows))]);
    assert_eq!(seconds(&points), [90, 100, 145, 150, 140, 160, 200]);
    assert!(merged.inputs()[0].sorted);
    let of_1: Vec<u64> =
        points.iter().filter(|p| p.address.bits() == 1).map(|p| p.locator.record).collect();
    assert_eq!(of_1, [2, 3, 4, 5], "an aircraft's own rows keep their order");
}
