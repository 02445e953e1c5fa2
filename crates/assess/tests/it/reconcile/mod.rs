//! Two registers of the same period.

mod bundled;
mod generated;

use std::collections::BTreeMap;

use agreement::report::{AdminUnit, Extent, Place};
use agreement::{Act, Report};
use assess::reconcile::{Against, Model, Reconciliation, reconcile};
use serde_json::{Value, json};
use spacetime::{Duration, Interval, Position};

use generated::{Dice, Registers, World, registers};

/// Whoever doubts a number runs the same seeds again.
const SEEDS: std::ops::Range<u64> = 1..7;

fn of(registers: &Registers) -> Reconciliation {
    reconcile(&Model::default(), &registers.reports[0], &registers.reports[1])
}

/// By side: the event that each row tells of, by the row's name.
fn events(registers: &Registers) -> [BTreeMap<&str, u32>; 2] {
    [0, 1].map(|side| {
        let ids = registers.reports[side].iter().map(|report| report.id.as_str());
        ids.zip(registers.events[side].iter().copied()).collect()
    })
}

/// Mean distance between what was promised and what came true, over tenths of probability, each
/// by how many pairs it holds; and how many pairs there were.
#[allow(clippy::print_stdout, reason = "a test prints the table it judges by")]
fn calibration_error(worlds: impl Iterator<Item = World>) -> (f64, f64) {
    let mut tenths = [(0.0, 0.0, 0.0); 10];
    for world in worlds {
        let made = registers(&world);
        let events = events(&made);
        for pair in of(&made).matched {
            let p = f64::from(pair.probability_ppm) / 1e6;
            let tenth = &mut tenths[((p * 10.0) as usize).min(9)];
            let true_ = events[0][pair.a.id.as_str()] == events[1][pair.b.id.as_str()];
            *tenth = (tenth.0 + 1.0, tenth.1 + p, tenth.2 + f64::from(u8::from(true_)));
        }
    }
    for (pairs, promised, came_true) in tenths.iter().filter(|tenth| tenth.0 > 0.0) {
        println!(
            "{pairs:>6} pairs: {:.3} promised, {:.3} true",
            promised / pairs,
            came_true / pairs
        );
    }
    let all: f64 = tenths.iter().map(|tenth| tenth.0).sum();
    (tenths.iter().map(|t| (t.1 - t.2).abs()).sum::<f64>() / all, all)
}

#[test]
fn nine_pairs_in_ten_of_those_told_at_nine_in_ten_are_true() {
    for split in [0.0, 0.1] {
        let worlds = SEEDS.map(|seed| World { split, ..World::of(seed) });
        println!("seeds {SEEDS:?}, split {split}");
        let (error, pairs) = calibration_error(worlds);
        println!("calibration error {error:.4} over {pairs} pairs");
        assert!(error < 0.02 && pairs > 3_000.0, "{error} over {pairs}");
    }
}

#[test]
fn most_events_that_both_have_are_found_and_their_number_is_known() {
    for seed in SEEDS {
        let made = registers(&World::of(seed));
        let (found, events) = (of(&made), events(&made));
        let is_true = |a: &str, b: &str| events[0][a] == events[1][b];
        let right = found.matched.iter().filter(|m| is_true(&m.a.id, &m.b.id)).count();
        println!("seed {seed}: {right} of 600, {} common", found.common_milli);
        assert!(right > 520, "seed {seed}: {right} of 600");
        assert!((540_000..660_000).contains(&found.common_milli), "{}", found.common_milli);
        assert_eq!(found.a.rows, found.a.matched + found.a.parts + found.a.only);
        assert_eq!(found.b.rows, found.b.matched + found.b.parts + found.b.only);
    }
}

#[test]
fn an_event_that_b_writes_down_as_several_rows_is_named_as_a_split() {
    let (mut named, mut right, mut all) = (0, 0, 0);
    for seed in SEEDS {
        let made = registers(&World { split: 0.1, ..World::of(seed) });
        let events = events(&made);
        let mut rows = BTreeMap::<u32, usize>::new();
        events[1].values().for_each(|event| *rows.entry(*event).or_default() += 1);
        all += rows.values().map(|rows| rows - 1).sum::<usize>();
        for split in of(&made).splits {
            let side = usize::from(split.whole.register == assess::reconcile::Register::B);
            let whole = events[side][split.whole.id.as_str()];
            named += split.parts.len() - 1;
            let is_of_it = |id: &str| events[1 - side][id] == whole;
            right += split.parts[1..].iter().filter(|p| is_of_it(&p.row.id)).count();
        }
    }
    println!("seeds {SEEDS:?}: {named} parts named, {right} rightly, of {all}");
    assert!(right * 100 > named * 80, "{right} of {named}");
    assert!(right * 100 > all * 60, "{right} of {all}");
}

#[test]
fn spreads_that_are_misstated_are_said_not_to_fit() {
    let fits = |stated_place_sd_m: f64| {
        of(&registers(&World { stated_place_sd_m, ..World::of(1) })).place_fit.fits
    };
    assert_eq!(fits(1_500.0), Some(true));
    assert_eq!(fits(3_000.0), Some(false));
    assert_eq!(fits(700.0), Some(false));
    assert_eq!(of(&registers(&World::of(1))).time_fit.fits, Some(true));
}

/// Everything told, with A called B.
fn relabelled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let other = |key: &str| match key {
                "a" => "b".to_owned(),
                "b" => "a".to_owned(),
                key => key.to_owned(),
            };
            members.iter().map(|(key, value)| (other(key), relabelled(value))).collect()
        }
        Value::Array(items) => items.iter().map(relabelled).collect(),
        Value::String(text) if text == "a" => json!("b"),
        Value::String(text) if text == "b" => json!("a"),
        other => other.clone(),
    }
}

#[test]
fn the_order_of_rows_and_of_registers_changes_labels_only() {
    for seed in 1..4 {
        let mut made = registers(&World { split: 0.1, common: 200, ..World::of(seed) });
        let told = json!(of(&made));
        let mut dice = Dice::new(seed + 100);
        made.reports.iter_mut().for_each(|rows| dice.shuffle(rows));
        let [a, b] = &made.reports;
        assert_eq!(json!(reconcile(&Model::default(), a, b)), told, "rows in another order");
        let swapped = json!(reconcile(&Model::default(), b, a));
        assert_eq!(relabelled(&swapped), told, "B named first");
    }
}

#[test]
fn a_row_handed_in_twice_counts_once() {
    let made = registers(&World { common: 100, ..World::of(5) });
    let [a, b] = &made.reports;
    let twice = [&a[..], &a[..7]].concat();
    let (once, found) = (of(&made), reconcile(&Model::default(), &twice, b));
    assert_eq!((found.a.rows, found.a.repeats), (once.a.rows, 7));
    assert_eq!((found.matched, found.only), (once.matched, once.only));
}

#[test]
fn registers_of_nothing_and_of_one_row_are_registers() {
    let made = registers(&World { common: 1, only: [0, 0], ..World::of(9) });
    let [a, b] = &made.reports;
    assert_eq!(reconcile(&Model::default(), a, &[]).only.len(), 1);
    assert_eq!(reconcile(&Model::default(), &[], &[]).common_milli, 0);
    assert_eq!(reconcile(&Model::default(), a, b).a.rows, 1);
}

/// A register of rows over a plain, so that one pair can be changed.
fn plain() -> (Vec<Report>, Vec<Report>) {
    let world = World { common: 60, only: [400, 400], only_day: 0.0, ..World::of(3) };
    let [a, b] = registers(&World { days: 20.0, wide_km: 60.0, ..world }).reports;
    (a, b)
}

/// What spoke against a pair that agrees but for one change.
fn against(change: impl Fn(&mut Report)) -> Option<(Against, u32)> {
    let (mut a, mut b) = plain();
    let mut row = a[0].clone();
    row.place = Some(Place {
        nominal: Position::from_degrees(36.3, 33.25).ok(),
        extent: Extent::Radius { radius_m: 1_000 },
    });
    row.act = Act::Airstrike;
    row.id = "one".to_owned();
    let mut other = Report { id: "other".to_owned(), ..row.clone() };
    other.source.id = "second".to_owned();
    change(&mut other);
    a.push(row);
    b.push(other);
    let found = reconcile(&Model::default(), &a, &b);
    let lone = found.only.iter().find(|lone| lone.row.id == "one")?;
    let near = lone.near.iter().find(|near| near.row.id == "other")?;
    Some((near.against, near.apart.distance_m?))
}

#[test]
fn a_near_miss_says_what_spoke_against_it() {
    assert_eq!(against(|_| ()), None, "two rows that agree are a pair");
    let far = |row: &mut Report| {
        row.place.as_mut().unwrap().nominal = Position::from_degrees(36.37, 33.25).ok();
    };
    let told = against(far).unwrap();
    assert_eq!(told.0, Against::Place);
    assert!((6_400..6_600).contains(&told.1), "{told:?}");
    let late = |row: &mut Report| {
        let by = Duration::from_seconds(6 * 3600);
        let (start, end) = (row.observed.start().plus(by), row.observed.end().plus(by));
        row.observed = Interval::new(start, end).unwrap();
    };
    assert_eq!(against(late).unwrap().0, Against::Time);
    let other = |row: &mut Report| row.act = Act::DenialOfMovement;
    assert!(against(other).is_none_or(|told| told.0 == Against::Kind));
}

#[test]
fn the_distance_to_a_place_of_firing_is_told_in_tens_of_kilometres_only() {
    let fired = |row: &mut Report| {
        row.act = Act::Outgoing;
        row.place.as_mut().unwrap().nominal = Position::from_degrees(36.37, 33.25).ok();
    };
    assert_eq!(against(fired).unwrap().1, 10_000);
}

#[test]
fn no_probability_or_digest_of_a_row_of_firing_follows_its_place_finely() {
    let told = |lon: f64| {
        let (mut a, b) = plain();
        for row in &mut a {
            row.act = Act::Outgoing;
        }
        a[0].place.as_mut().unwrap().nominal = Position::from_degrees(lon, 33.25).ok();
        let found = reconcile(&Model::default(), &a, &b);
        let matched = found.matched.iter().map(|pair| (pair.a.digest, pair.probability_ppm));
        let alone = found.only.iter().map(|lone| (lone.row.digest, lone.alone_ppm));
        matched.chain(alone).collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (told(36.37), told(36.3701));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let twentieths = one.values().filter(|&&ppm| ppm % 50_000 == 25_000).count();
    assert!(twentieths >= plain().0.len(), "{one:?}");
}

#[test]
fn rows_that_name_a_unit_match_by_its_name() {
    let (mut a, mut b) = plain();
    let unit = |name: &str| {
        let name = name.to_owned();
        let extent =
            Extent::AdminUnit(AdminUnit { level: None, name, within: Vec::new(), radius_m: 0 });
        Some(Place { nominal: None, extent })
    };
    let (from, to) = (a[0].clone(), a[1].clone());
    for (n, row) in a.iter_mut().chain(&mut b).enumerate().filter(|(n, _)| n % 4 == 0) {
        row.place = unit(&format!("SY{}", 2000 + n));
    }
    for (id, place, other) in [("u1", "SY1203", "sy1203"), ("u2", "SY1401", "SY1203")] {
        let row = if id == "u1" { &from } else { &to };
        a.push(Report { id: id.to_owned(), place: unit(place), ..row.clone() });
        let mut twin = Report { id: format!("{id}b"), place: unit(other), ..row.clone() };
        twin.source.id = "second".to_owned();
        b.push(twin);
    }
    let found = reconcile(&Model::default(), &a, &b);
    let partner = |id: &str| found.matched.iter().find(|m| m.a.id == id).map(|m| m.b.id.as_str());
    assert_eq!(partner("u1"), Some("u1b"));
    assert_ne!(partner("u2"), Some("u2b"));
}
