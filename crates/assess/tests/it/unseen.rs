//! What could have happened while nobody saw it: lost tracks, frozen positions, leave that ends
//! too early.

use agreement::party::{Party, Role};
use agreement::report::{Authorisation, AuthorisedFlight};
use agreement::track::{Address, Locator};
use agreement::watch::{Coverage, Sensor, SensorKind};
use agreement::{AreaId, Pack, PartyId, SensorId, TrackPoint};
use assess::airspace::{AirspacePicture, Setting};
use assess::{AlertKind, AnomalyKind, AnomalySubject, Finding, Reason, Subject, Verdict};
use spacetime::{AltitudeMsl, Area, Interval, Polygon, Position, Ring};

use crate::world::{at, eastward, judge, no_fly, pack, place, rectangle, setting};

fn of_aircraft(picture: &AirspacePicture) -> Vec<(Verdict, Reason)> {
    let all = picture.findings.iter().map(|recorded| &recorded.finding);
    let mine = all.filter(|finding| finding.subject != Subject::Everybody);
    mine.map(|finding| (finding.verdict, finding.reason)).collect()
}

fn of_everybody(picture: &AirspacePicture) -> &Finding {
    let all = picture.findings.iter().map(|recorded| &recorded.finding);
    let mut everybody = all.filter(|finding| finding.subject == Subject::Everybody);
    everybody.next().expect("coverage was judged")
}

/// A box half a degree north of the flights, under a radar that sees the whole world from
/// `floor_m` up.
fn under_a_radar(floor_m: i32) -> (Pack, Setting) {
    let mut world = pack(rectangle(200, 550, 300, 650), no_fly());
    let id = AreaId::new("around").unwrap();
    let mut named = world.areas.values().next().unwrap().clone();
    named.id = id.clone();
    named.area = std::sync::Arc::new(rectangle(-1000, -1000, 4000, 1000));
    world.areas.insert(id.clone(), named);
    let radar = SensorId::new("radar").unwrap();
    let sensor = Sensor {
        id: radar.clone(),
        party: PartyId::new("centre").unwrap(),
        kind: SensorKind::Radar,
        coverage: Some(Coverage { area: id, floor: AltitudeMsl::from_cm(floor_m * 100) }),
        default_epu_cm: Some(9_300),
        worst_epu_cm: 100_000,
    };
    world.sensors.insert(radar.clone(), sensor);
    let mut watched = setting();
    watched.feeds[0].sensor = Some(radar);
    (world, watched)
}

/// One aircraft for a minute and a half, another for ten minutes, far off.
fn one_ends_one_flies_on() -> Vec<TrackPoint> {
    let mut points = eastward(1, 0, 90);
    points.extend(eastward(2, 1500, 600));
    points.sort_by_key(|point| point.observed_at);
    points
}

#[test]
fn a_radar_that_lost_somebody_within_reach_does_not_say_that_nobody_came() {
    let (world, watched) = under_a_radar(-1000);
    let picture = judge(&world, watched.clone(), &eastward(2, 1500, 600), 1);
    let nobody = of_everybody(&picture);
    assert_eq!((nobody.verdict, nobody.reason), (Verdict::Clear, Reason::NothingSeen));

    // 50 km from the box when it is lost, in the middle of the coverage.
    let picture = judge(&world, watched.clone(), &one_ends_one_flies_on(), 1);
    let nobody = of_everybody(&picture);
    assert_eq!((nobody.verdict, nobody.reason), (Verdict::Undetermined, Reason::TrackLost));
    assert_eq!(nobody.evidence.len(), 2, "the feed, and the last record of the lost aircraft");

    // Lost where the radar sees nothing any more, it has only left.
    let mut points = one_ends_one_flies_on();
    for point in points.iter_mut().filter(|point| point.address == Address::icao(1)) {
        let south = point.position.lat_e7() - 20_000_000;
        point.position = Position::from_e7(point.position.lon_e7(), south).unwrap();
    }
    let nobody = judge(&world, watched, &points, 1);
    assert_eq!(of_everybody(&nobody).reason, Reason::NothingSeen);
}

#[test]
fn tracks_that_end_far_from_every_volume_are_one_anomaly_a_cell() {
    let mut points: Vec<TrackPoint> =
        (1..20).flat_map(|n| eastward(n, i32::try_from(n).unwrap(), 30)).collect();
    points.extend(eastward(99, 3000, 300));
    points.sort_by_key(|point| point.observed_at);
    let world = pack(rectangle(-4000, -4000, -3900, -3900), no_fly());
    let picture = judge(&world, setting(), &points, 3);
    let lost = picture.anomalies.iter().filter(|a| a.kind == AnomalyKind::TrackLost);
    let [lost] = &lost.collect::<Vec<_>>()[..] else { panic!("{:?}", picture.anomalies) };
    assert_eq!((lost.kind, lost.times), (AnomalyKind::TrackLost, 19));
    assert_eq!(lost.subject, AnomalySubject::Cell { lon_half_deg: 72, lat_half_deg: 64 });
    assert_eq!(lost.interval.start(), at(30));
    assert_eq!(picture.alerts, []);
}

#[test]
fn a_breach_does_not_rest_on_positions_that_were_frozen_before_it_showed() {
    let mut points = eastward(1, 0, 120);
    // In the box since a second ago, 310 m deep.
    let frozen_at = points[31].position;
    for point in &mut points[31..] {
        point.position = frozen_at;
        point.ground_speed_cm_s = Some(30_000);
    }
    // It shows 30 s after the last position that moved.
    let world = pack(rectangle(100, 0, 200, 100), no_fly());
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(of_aircraft(&picture), [(Verdict::Undetermined, Reason::Contested)]);
    let frozen = picture.anomalies.iter().find(|a| a.kind == AnomalyKind::Frozen).unwrap();
    assert_eq!(frozen.interval.start(), at(31));
}

#[test]
fn leave_has_to_cover_the_time_in_which_the_aircraft_could_have_been_inside() {
    let mut world = pack(rectangle(100, 0, 200, 100), no_fly());
    let centre = Party {
        id: PartyId::new("centre").unwrap(),
        name: "Centre".to_owned(),
        role: Role::Guarantor,
        aliases: Default::default(),
        answered_for_by: Default::default(),
    };
    world.parties.insert(centre.id.clone(), centre.clone());
    // Inside from 30 s to 60 s, heard every 20 s: it could have come in from 20 s on.
    let mut points = eastward(1, 0, 120);
    points.retain(|p| (p.observed_at.since(at(0)).micros() / 1_000_000) % 20 == 0);
    let judged = |from: i64| {
        let leave = Authorisation {
            id: "A-3".to_owned(),
            flights: vec![AuthorisedFlight::Address(Address::icao(1))],
            when: Interval::new(at(from), at(3600)).unwrap(),
            clauses: Default::default(),
            areas: Default::default(),
            granted_by: centre.id.clone(),
            locator: Locator::default(),
        };
        let permitted = Setting { authorisations: vec![leave], ..setting() };
        of_aircraft(&judge(&world, permitted, &points, 1))
    };
    assert_eq!(judged(20), [(Verdict::Clear, Reason::Authorised)]);
    assert_eq!(judged(25), [(Verdict::Undetermined, Reason::AuthorisationTooShort)]);
    assert_eq!(judged(40), [(Verdict::Breach, Reason::Entered)]);
}

#[test]
fn old_transponders_count_in_the_test_for_jamming() {
    let world = pack(rectangle(100, 0, 200, 100), no_fly());
    let mut points = eastward(1, 0, 90);
    points.extend((100..105_u32).map(|n| {
        let east = i32::try_from(n).unwrap() - 100;
        let mut point = TrackPoint::new(at(1), Address::icao(n), place(east, 300));
        point.quality.nuc_p = Some(5);
        point
    }));
    points.sort_by_key(|point| point.observed_at);
    let jammed = judge(&world, setting(), &points, 1);
    assert!(jammed.anomalies.iter().any(|a| a.kind == AnomalyKind::ContestedCell));
    for point in &mut points {
        point.quality.nuc_p = point.quality.nuc_p.map(|_| 6);
    }
    let sound = judge(&world, setting(), &points, 1);
    assert!(!sound.anomalies.iter().any(|a| a.kind == AnomalyKind::ContestedCell));
}

#[test]
fn a_warning_looks_across_the_antimeridian() {
    let corner = |lon: i32, lat: i32| Position::from_e7(lon, lat).unwrap();
    let (west, east) = (-1_799_000_000, -1_798_000_000);
    let corners =
        [(west, 320_000_000), (east, 320_000_000), (east, 321_000_000), (west, 321_000_000)];
    let ring = Ring::new(corners.map(|(x, y)| corner(x, y)).to_vec()).unwrap();
    let beyond = Area::new(vec![Polygon::new(ring, vec![])]).unwrap();
    let mut points = eastward(1, 0, 120);
    for point in &mut points {
        // From 179.9 E on: over the antimeridian after 30 s, in the box after 60.
        let lon = i64::from(point.position.lon_e7()) - 360_000_000 + 1_799_000_000;
        let lon = if lon > 1_800_000_000 { lon - 3_600_000_000 } else { lon };
        point.position = corner(i32::try_from(lon).unwrap(), point.position.lat_e7());
    }
    let picture = judge(&pack(beyond, no_fly()), setting(), &points, 1);
    assert_eq!(of_aircraft(&picture), [(Verdict::Breach, Reason::Entered)]);
    let kinds: Vec<AlertKind> = picture.alerts.iter().map(|alert| alert.kind).collect();
    let expected =
        [AlertKind::Approaching, AlertKind::Imminent, AlertKind::Infringement, AlertKind::Ended];
    assert_eq!(kinds, expected);
    assert!(picture.alerts[0].raised_at < at(10));
}
