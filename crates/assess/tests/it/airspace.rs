//! Aircraft against `no-fly` clauses.

use std::collections::BTreeSet;

use agreement::party::{Party, Role};
use agreement::report::{Authorisation, AuthorisedFlight};
use agreement::track::{Address, Locator, PositionQuality};
use agreement::{PartyId, TrackPoint};
use assess::airspace::AirspacePicture;
use assess::{AlertKind, AnomalyKind, Finding, Reason, Subject, Verdict};
use spacetime::altitude::AltitudeLimit;
use spacetime::{Activation, AltitudeBaro, Interval, Position};

use crate::world::{at, eastward, judge, no_fly, pack, place, rectangle, setting};

/// What is said of aircraft, coverage left aside.
fn of_aircraft(picture: &AirspacePicture) -> Vec<&Finding> {
    let all = picture.findings.iter().map(|recorded| &recorded.finding);
    all.filter(|finding| finding.subject != Subject::Everybody).collect()
}

fn verdicts(picture: &AirspacePicture) -> Vec<(Verdict, Reason)> {
    of_aircraft(picture).iter().map(|f| (f.verdict, f.reason)).collect()
}

fn baro(feet: i32) -> AltitudeLimit {
    AltitudeLimit::Baro(AltitudeBaro::from_feet(feet).unwrap())
}

#[test]
fn a_flight_across_is_a_breach_from_edge_to_edge() {
    let picture =
        judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &eastward(1, 0, 90), 1);
    let [finding] = of_aircraft(&picture)[..] else { panic!("{:?}", verdicts(&picture)) };
    assert_eq!((finding.verdict, finding.reason), (Verdict::Breach, Reason::Entered));
    // 100 thousandths at 200 a minute: in at 30 s, and in for the last time at 60 s.
    assert_eq!(finding.interval, Interval::new(at(30), at_micros(60_000_001)).unwrap());
    // 32.05 N is half-way between the southern and the northern edge, 5.5 km from both; the
    // deepest position by the rim is at least its margin deep.
    assert!(finding.margin.horizontal_cm.unwrap() > 90_000);
    assert_eq!(finding.evidence.len(), 3);
}

#[test]
fn over_under_and_beside_is_clear_with_the_margin() {
    let under =
        pack(rectangle(100, 0, 200, 100), no_fly_between(AltitudeLimit::Ground, baro(20_000)));
    let picture = judge(&under, setting(), &eastward(1, 0, 90), 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::OutsideHeight)]);
    let above = of_aircraft(&picture)[0].margin.vertical_cm.unwrap();
    assert_eq!(above, -(304_800 - 3_810), "10,000 ft less the error of the height");

    let beside = pack(rectangle(100, 55, 200, 100), no_fly());
    let picture = judge(&beside, setting(), &eastward(1, 0, 90), 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::Beside)]);
    let off = of_aircraft(&picture)[0].margin.horizontal_cm.unwrap();
    assert!((-56_000..-55_000).contains(&off), "five thousandths north are 554 m: {off}");
}

fn no_fly_between(floor: AltitudeLimit, ceiling: AltitudeLimit) -> agreement::clause::NoFly {
    agreement::clause::NoFly { floor, ceiling, ..no_fly() }
}

#[test]
fn a_graze_within_the_error_is_undetermined_on_either_side_of_the_edge() {
    for edge in [49, 50, 51] {
        let rim = rectangle(100, edge, 200, 100);
        let mut points = eastward(1, 0, 90);
        points.iter_mut().for_each(|p| p.quality.nac_p = Some(7));
        let picture = judge(&pack(rim, no_fly()), setting(), &points, 1);
        let expected = (Verdict::Undetermined, Reason::PlaceStraddles);
        assert_eq!(verdicts(&picture), [expected], "edge at {edge}");
    }
}

#[test]
fn a_height_within_its_error_of_a_limit_is_undetermined() {
    let level =
        pack(rectangle(100, 0, 200, 100), no_fly_between(AltitudeLimit::Ground, baro(30_050)));
    let picture = judge(&level, setting(), &eastward(1, 0, 90), 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::HeightStraddles)]);

    let mut points = eastward(1, 0, 90);
    points.iter_mut().for_each(|p| p.altitude_baro = None);
    let picture = judge(&level, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::HeightUnknown)]);

    let unlimited = pack(rectangle(100, 0, 200, 100), no_fly());
    let picture = judge(&unlimited, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Breach, Reason::Entered)], "needs no height");
}

#[test]
fn a_gap_that_could_hide_an_entry_is_undetermined() {
    // The box lies 8 km north of the path. Nothing is heard for two minutes, in which the
    // aircraft flies 38 km and could have flown 42.
    let area = rectangle(100, 120, 200, 200);
    let mut points = eastward(1, 0, 180);
    let picture = judge(&pack(area.clone(), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), []);
    points.retain(|p| p.observed_at < at(20) || at(140) < p.observed_at);
    let picture = judge(&pack(area, no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Gap)]);
    assert!(picture.anomalies.iter().any(|a| a.kind == AnomalyKind::TrackLost));
}

#[test]
fn a_corner_cut_between_two_positions_is_not_missed() {
    // One position every 10 s (52 km a minute apart in steps of 33): the box is 20 wide.
    let mut points = eastward(1, 0, 90);
    points.retain(|p| (p.observed_at.since(at(0)).micros() / 1_000_000) % 10 == 0);
    let picture = judge(&pack(rectangle(105, 40, 125, 60), no_fly()), setting(), &points, 1);
    let said = verdicts(&picture);
    assert!(said.len() == 1 && said[0].0 <= Verdict::Undetermined, "{said:?}");
    let interval = of_aircraft(&picture)[0].interval;
    // The path itself is on the grid, which moves it by some microseconds.
    assert!(interval.start().since(at_micros(31_500_000)).micros().abs() < 20, "{interval:?}");
    assert!(interval.end().since(at_micros(37_500_000)).micros().abs() < 20, "{interval:?}");
}

fn at_micros(micros: i64) -> spacetime::Instant {
    at(0).plus(spacetime::Duration::from_micros(micros))
}

#[test]
fn nobody_is_in_breach_while_the_volume_is_not_active() {
    let morning = Activation::windows(vec![Interval::new(at(3600), at(7200)).unwrap()]);
    let rule = agreement::clause::NoFly { activation: morning, ..no_fly() };
    let picture =
        judge(&pack(rectangle(100, 0, 200, 100), rule), setting(), &eastward(1, 0, 90), 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::OutsideHours)]);
}

#[test]
fn a_sender_that_does_not_know_where_it_is_breaches_nothing_and_is_tallied() {
    let mut points = eastward(1, 0, 90);
    points.iter_mut().for_each(|p| p.quality.nac_p = Some(0));
    let picture = judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::QualityUnusable)]);
    assert_eq!(picture.tally.points_quality_unusable, 91);
    assert!(picture.alerts.iter().any(|a| a.kind == AlertKind::PossibleInfringement));
}

#[test]
fn without_any_quality_the_worst_of_the_feed_decides() {
    let mut points = eastward(1, 0, 90);
    points.iter_mut().for_each(|p| p.quality = PositionQuality::default());
    let wide = judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&wide), [(Verdict::Breach, Reason::Entered)], "deeper than 1,852 m");
    let narrow = judge(&pack(rectangle(100, 45, 200, 100), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&narrow), [(Verdict::Undetermined, Reason::QualityAbsent)]);
}

#[test]
fn an_authorised_flight_is_clear_and_names_its_authorisation() {
    let mut points = eastward(1, 0, 90);
    points.iter_mut().for_each(|p| p.callsign = agreement::track::Callsign::parse("UNO123"));
    let authorisation = Authorisation {
        id: "A-1".to_owned(),
        flights: vec![AuthorisedFlight::Address(Address::icao(1))],
        when: Interval::new(at(0), at(3600)).unwrap(),
        clauses: BTreeSet::new(),
        areas: BTreeSet::new(),
        granted_by: PartyId::new("centre").unwrap(),
        locator: Locator::default(),
    };
    let digest = authorisation.digest();
    let mut world = pack(rectangle(100, 0, 200, 100), no_fly());
    let mut permitted = setting();
    permitted.authorisations = vec![authorisation.clone()];
    let picture = judge(&world, permitted.clone(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Breach, Reason::Entered)], "granted by nobody");

    let centre = Party {
        id: authorisation.granted_by.clone(),
        name: "Centre".to_owned(),
        role: Role::Guarantor,
        aliases: BTreeSet::new(),
        answered_for_by: BTreeSet::new(),
    };
    world.parties.insert(centre.id.clone(), centre);
    let picture = judge(&world, permitted, &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::Authorised)]);
    assert!(of_aircraft(&picture)[0].evidence.contains(&digest));
    assert_eq!(picture.alerts, []);

    let too_short = Authorisation { when: Interval::new(at(0), at(45)).unwrap(), ..authorisation };
    let mut permitted = setting();
    permitted.authorisations = vec![too_short];
    let picture = judge(&world, permitted, &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Breach, Reason::Entered)]);
}

#[test]
fn an_approach_is_warned_of_before_the_entry_and_ends_after_it() {
    let picture =
        judge(&pack(rectangle(400, 0, 500, 100), no_fly()), setting(), &eastward(1, 0, 240), 1);
    let kinds: Vec<_> = picture.alerts.iter().map(|a| a.kind).collect();
    let expected =
        [AlertKind::Approaching, AlertKind::Imminent, AlertKind::Infringement, AlertKind::Ended];
    assert_eq!(kinds, expected);
    let warning = &picture.alerts[0];
    // Entry is at 120 s; the box is within the look-ahead from the start, confirmed at the
    // second look.
    assert!(warning.raised_at < at(10));
    let entry = warning.entry_predicted_at.unwrap();
    assert!(at(115) < entry && entry < at(125), "{entry}");
}

#[test]
fn a_jump_contests_what_follows() {
    let mut points = eastward(1, 0, 90);
    for point in points.iter_mut().skip(20) {
        let (lon, lat) = (point.position.lon_e7() + 30_000_000, point.position.lat_e7());
        point.position = Position::from_e7(lon, lat).unwrap();
    }
    let area = rectangle(3100, 0, 3200, 100);
    let picture = judge(&pack(area, no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Contested)]);
    assert!(picture.anomalies.iter().any(|a| a.kind == AnomalyKind::Jump));
}

#[test]
fn one_address_in_two_places_is_said() {
    let here = eastward(1, 0, 60);
    let there = here.iter().map(|p| TrackPoint { position: place(2000, 2000), ..*p });
    let points: Vec<_> = here
        .iter()
        .copied()
        .zip(there)
        .flat_map(|(a, b)| {
            let later = b.observed_at.plus(spacetime::Duration::from_micros(500_000));
            [a, TrackPoint { observed_at: later, ..b }]
        })
        .collect();
    let picture = judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &points, 1);
    assert!(picture.anomalies.iter().any(|a| a.kind == AnomalyKind::TwoPlaces && a.times > 50));
    assert!(verdicts(&picture).iter().all(|(v, _)| *v == Verdict::Undetermined));
}

#[test]
fn nobody_seen_is_not_clear_without_somebody_who_could_have_seen() {
    let picture =
        judge(&pack(rectangle(3000, 3000, 3100, 3100), no_fly()), setting(), &eastward(1, 0, 9), 1);
    let all: Vec<_> =
        picture.findings.iter().map(|r| (r.finding.verdict, r.finding.reason)).collect();
    assert_eq!(all, [(Verdict::Undetermined, Reason::NotObserved)]);
}

#[test]
fn the_number_of_shards_changes_nothing() {
    let mut points: Vec<TrackPoint> = (1..40)
        .flat_map(|n| {
            let mut track = eastward(n * 77, i32::try_from(n).unwrap() * 3, 90);
            track.iter_mut().for_each(|p| p.locator.record += u64::from(n) * 1000);
            track
        })
        .collect();
    points.sort_by_key(|p| p.observed_at);
    let world = pack(rectangle(100, 0, 200, 100), no_fly());
    let one = judge(&world, setting(), &points, 1);
    for shards in [2, 3, 16] {
        let many = judge(&world, setting(), &points, shards);
        assert_eq!(many.findings, one.findings);
        assert_eq!(many.alerts, one.alerts);
        assert_eq!(many.anomalies, one.anomalies);
        assert_eq!(many.tally, one.tally);
    }
    assert_eq!(of_aircraft(&one).len(), 39);
}
