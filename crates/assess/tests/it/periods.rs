//! Two periods, and who watched them.

use std::collections::BTreeSet;

use agreement::report::{Duty, DutyState, Watcher};
use agreement::track::Locator;
use assess::periods::interval::ratio;
use assess::periods::{Comparison, Days, Reading, Scatter, compare};
use assess::tally::By;
use spacetime::{Duration, Instant, Interval, Position, zone_rules};

use crate::southern_syria::{events, pack};

fn days(around: &str, each: u32) -> Days {
    let zone = zone_rules("Asia/Damascus").unwrap();
    Days::around(&zone, around.parse().unwrap(), each).unwrap()
}

fn sixty(duties: Option<&[Duty]>, all: bool) -> Comparison {
    let days = days("2017-07-09", 60);
    compare(&pack(), &BTreeSet::new(), &days, (By::Area, all), &events(), duties)
}

/// A watch of a post on a day of 2017, so many hours from midnight UTC on.
fn watch(post: &str, day: &str, hours: i64, state: DutyState) -> Duty {
    let from = Instant::parse(&format!("{day}T00:00:00Z")).unwrap();
    let to = from.plus(Duration::from_seconds(hours * 3600));
    Duty {
        id: format!("{post} {day} {hours} {}", state.as_str()),
        watcher: Watcher::Post(post.to_owned()),
        when: Interval::new(from, to).unwrap(),
        state,
        observers: 1,
        position: None,
        reach_m: None,
        received_at: None,
        locator: Locator::default(),
    }
}

/// One post, with so many hours on each day before and after the ninth of July.
fn hours_a_day(before: i64, after: i64) -> Vec<Duty> {
    let days = days("2017-07-09", 60);
    let with_dates = days.dates().enumerate();
    let hours = |n: usize| if n < 60 { before } else { after };
    let kept = with_dates.filter(|(n, _)| hours(*n) > 0);
    kept.map(|(n, day)| watch("hill", &day, hours(n), DutyState::On)).collect()
}

#[test]
fn without_duty_records_nobody_knows_what_a_change_is() {
    let found = sixty(None, true);
    assert_eq!((found.total.before, found.total.after), (131, 46));
    assert_eq!(found.total.reading, Reading::NobodyKnows);
    assert_eq!((found.total.rate_ratio, found.observed), (None, None));
    assert_eq!(found.total.daily.iter().sum::<u64>(), 131 + 46);
    assert_eq!(found.lines["dara"].daily.len(), 120);
}

#[test]
fn fewer_reports_are_told_from_less_observation() {
    let reading = |before, after| sixty(Some(&hours_a_day(before, after)), true).total.reading;
    assert_eq!(reading(12, 12), Reading::Fewer);
    assert_eq!(reading(12, 4), Reading::LessObservation);
    assert_eq!(reading(24, 1), Reading::More);
    assert_eq!(reading(12, 0), Reading::NotWatched);
}

#[test]
fn observation_is_counted_once_and_what_was_denied_is_not_kept() {
    let mut duties = hours_a_day(12, 6);
    let one = sixty(Some(&duties), true).observed.unwrap();
    assert_eq!((one.before.observer_s, one.after.observer_s), (60 * 43_200, 60 * 21_600));
    assert_eq!((one.before.posts_on_duty, one.before.denied), (1, 0));
    assert_eq!(one.daily[0].observer_s, 12 * 3600);
    // The same record again, and one that the first of its day covers.
    duties.push(duties[0].clone());
    duties.push(watch("hill", "2017-05-20", 3, DutyState::On));
    assert_eq!(sixty(Some(&duties), true).observed.unwrap(), one);
    duties.push(watch("hill", "2017-05-20", 2, DutyState::Denied));
    let denied = sixty(Some(&duties), true).observed.unwrap();
    assert_eq!(denied.before.observer_s, one.before.observer_s - 2 * 3600);
    assert_eq!(denied.before.denied, 1);
}

#[test]
fn less_observation_of_one_area_says_nothing_of_another() {
    // Beside the town of Dar'a, which is of one area; how far it reaches is in the record.
    let at = Position::from_degrees(36.1, 32.62).unwrap();
    let near = |duty: Duty| Duty {
        position: Some(agreement::Protected::new(at)),
        reach_m: Some(3_000),
        ..duty
    };
    let duties: Vec<Duty> = hours_a_day(12, 4).into_iter().map(near).collect();
    let found = sixty(Some(&duties), true);
    let seen: Vec<(&String, [u64; 2])> = found
        .lines
        .iter()
        .map(|(name, line)| (name, line.observed.unwrap().map(|o| o.observer_s)))
        .collect();
    assert!(found.lines.len() > 1, "{seen:?}");
    for (name, hours) in &seen {
        let expected = if *name == "dara" { [60 * 43_200, 60 * 14_400] } else { [0, 0] };
        assert_eq!(*hours, expected, "{name}");
    }
    for (name, line) in found.lines.iter().filter(|(name, _)| *name != "dara") {
        assert_eq!(line.reading, Reading::NotWatched, "{name}");
    }
    // Where nobody says where the post is, it may have watched any.
    let nowhere = sixty(Some(&hours_a_day(12, 4)), true);
    let all = nowhere.observed.unwrap();
    assert!(nowhere.lines.values().all(|line| line.observed == Some([all.before, all.after])));
}

#[test]
fn a_change_has_the_interval_of_how_its_days_scatter() {
    let found = sixty(None, true);
    let total = &found.total;
    assert_eq!(total.scatter, Scatter::NegativeBinomial, "{:?}", total.dispersion_milli);
    let dispersion = total.dispersion_milli.unwrap() as f64 / 1000.0;
    assert_eq!(total.ratio, ratio((131, 60.0), (46, 60.0), dispersion));
    let exact = ratio((131, 60.0), (46, 60.0), 1.0).unwrap();
    let told = total.ratio.unwrap();
    assert!(told.low_milli < exact.low_milli && told.high_milli > exact.high_milli);
    assert!(told.high_milli < Some(1000), "{told:?}");
}

#[test]
fn the_order_of_reports_and_of_duty_records_changes_nothing() {
    let (mut reports, mut duties) = (events(), hours_a_day(12, 6));
    let days = days("2017-07-09", 60);
    let of = |reports: &[_], duties: &[_]| {
        compare(&pack(), &BTreeSet::new(), &days, (By::Party, false), reports, Some(duties))
    };
    let first = of(&reports, &duties);
    reports.reverse();
    duties.reverse();
    assert_eq!(of(&reports, &duties), first);
}
