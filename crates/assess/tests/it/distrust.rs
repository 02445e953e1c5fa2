//! What an aircraft, a feed or an authorisation says is not believed when it matters.

use agreement::TrackPoint;
use agreement::watch::{Coverage, Sensor, SensorKind};
use assess::airspace::AirspacePicture;
use assess::{AlertKind, Finding, Reason, Subject, Verdict};
use spacetime::AltitudeBaro;
use spacetime::altitude::AltitudeLimit;

use crate::world::{at, eastward, judge, no_fly, pack, place, rectangle, setting};

fn of_aircraft(picture: &AirspacePicture) -> Vec<&Finding> {
    let all = picture.findings.iter().map(|recorded| &recorded.finding);
    all.filter(|finding| finding.subject != Subject::Everybody).collect()
}

fn verdicts(picture: &AirspacePicture) -> Vec<(Verdict, Reason)> {
    of_aircraft(picture).iter().map(|f| (f.verdict, f.reason)).collect()
}

fn under(feet: i32) -> agreement::clause::NoFly {
    let ceiling = AltitudeLimit::Baro(AltitudeBaro::from_feet(feet).unwrap());
    agreement::clause::NoFly { ceiling, ..no_fly() }
}

#[test]
fn a_gap_over_a_volume_could_hide_a_descent_into_it() {
    let world = pack(rectangle(100, 0, 400, 100), under(25_000));
    let mut points = eastward(1, 0, 150);
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::OutsideHeight)]);
    points.retain(|p| p.observed_at < at(40) || at(100) < p.observed_at);
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Gap)]);
}

#[test]
fn whoever_says_ground_and_flies_is_not_taken_to_be_on_the_ground() {
    let mut points = eastward(1, 0, 90);
    points.iter_mut().for_each(|p: &mut TrackPoint| p.on_ground = true);
    let picture = judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Contested)]);
}

#[test]
fn a_corner_within_the_error_of_a_leg_near_its_end_is_undetermined() {
    // Positions good to 93 m, three seconds and 940 m apart; the corner lies 89 m beside the
    // path, 100 m on from one of them, and 93 m from none.
    let mut points = eastward(1, 0, 90);
    points.retain(|p| (p.observed_at.since(at(0)).micros() / 1_000_000) % 3 == 0);
    let corner = |east_e7: i32| {
        let vertex = |lon: i32, lat: i32| spacetime::Position::from_e7(lon, lat).unwrap();
        let (lon, lat) = (360_000_000 + east_e7, 320_500_000 + 8_000);
        let ring = vec![
            vertex(lon, lat),
            vertex(lon + 9_000, lat + 90_000),
            vertex(lon - 9_000, lat + 90_000),
        ];
        let ring = spacetime::Ring::new(ring).unwrap();
        spacetime::Area::new(vec![spacetime::Polygon::new(ring, vec![])]).unwrap()
    };
    let picture = judge(&pack(corner(1_000_000 + 10_600), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Gap)]);
}

#[test]
fn a_track_that_begins_inside_is_measured_where_it_was_deepest() {
    let mut points = eastward(1, 190, 10);
    points.retain(|p| (p.observed_at.since(at(0)).micros() / 1_000_000) % 10 == 0);
    let picture = judge(&pack(rectangle(100, 0, 200, 100), no_fly()), setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Breach, Reason::Entered)]);
    assert!(of_aircraft(&picture)[0].margin.horizontal_cm.unwrap() > 0);
}

/// Five aircraft near 36 E, 32 N that report no integrity.
fn jammed() -> Vec<TrackPoint> {
    (100..105_u32)
        .map(|n| {
            let east = i32::try_from(n).unwrap() - 100;
            let mut point = TrackPoint::new(at(1), agreement::Address::icao(n), place(east, 300));
            point.quality.nic = Some(0);
            point.locator.record = u64::from(n) * 1000;
            point
        })
        .collect()
}

fn merged(mut points: Vec<TrackPoint>, more: Vec<TrackPoint>) -> Vec<TrackPoint> {
    points.extend(more);
    points.sort_by_key(|p| p.observed_at);
    points
}

#[test]
fn nobody_is_clear_of_a_volume_by_positions_sent_where_satellites_are_jammed() {
    let world = pack(rectangle(100, 55, 200, 100), no_fly());
    let points = eastward(1, 0, 90);
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::Beside)]);
    let picture = judge(&world, setting(), &merged(points, jammed()), 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Contested)]);
}

#[test]
fn one_position_repeated_under_another_address_hides_no_breach() {
    let points = eastward(1, 0, 90);
    let repeated = |second: usize| TrackPoint {
        address: agreement::Address::icao(2),
        observed_at: points[second].observed_at.plus(spacetime::Duration::from_micros(1)),
        ..points[second]
    };
    let picture = judge(
        &pack(rectangle(100, 0, 200, 100), no_fly()),
        setting(),
        &merged(points.clone(), vec![repeated(45)]),
        1,
    );
    let mine = of_aircraft(&picture);
    let of_one = mine.iter().find(|f| f.subject == Subject::Aircraft(agreement::Address::icao(1)));
    assert_eq!(of_one.unwrap().verdict, Verdict::Breach);
    let of_two = mine.iter().find(|f| f.subject == Subject::Aircraft(agreement::Address::icao(2)));
    assert_eq!(of_two.unwrap().reason, Reason::Contested);
}

#[test]
fn of_two_records_of_one_instant_the_one_inside_is_not_passed_over() {
    let world = pack(rectangle(100, 0, 200, 100), under(25_000));
    let mut points = eastward(1, 0, 90);
    let mut inside = points[45];
    inside.altitude_baro = AltitudeBaro::from_feet(20_000);
    inside.locator.record = 1000;
    points.insert(46, inside);
    let picture = judge(&world, setting(), &points, 1);
    assert!(verdicts(&picture).contains(&(Verdict::Breach, Reason::Entered)));
}

#[test]
fn a_track_lost_by_a_volume_is_said_whether_it_comes_back_or_others_fly_on() {
    let world = pack(rectangle(100, 0, 200, 100), no_fly());
    for silence in [100, 2000] {
        let mut alone = eastward(1, 0, 25);
        let later = alone.iter().map(|p| TrackPoint {
            observed_at: p.observed_at.plus(spacetime::Duration::from_seconds(silence)),
            ..*p
        });
        let later: Vec<_> = later.collect();
        alone.extend(later);
        let told = |points: &[TrackPoint]| {
            let picture = judge(&world, setting(), points, 1);
            let lost = picture.alerts.iter().filter(|a| a.kind == AlertKind::TrackLost);
            lost.map(|a| a.raised_at).collect::<Vec<_>>()
        };
        assert_eq!(told(&alone), [at(25 + 60)], "silent for {silence} s");
        let far = |s: i64| TrackPoint::new(at(s), agreement::Address::icao(9), place(4000, 4000));
        let others = (0..2100).step_by(10).map(far).collect();
        assert_eq!(told(&merged(alone, others))[0], at(25 + 60), "silent for {silence} s");
    }
}

#[test]
fn a_feed_that_never_comes_back_is_told_once_for_all_files_of_its_sensor() {
    let world = pack(rectangle(100, 0, 200, 100), no_fly());
    let feed = |sensor: Option<&str>| assess::airspace::Feed {
        sensor: sensor.map(|id| agreement::SensorId::new(id).unwrap()),
        digest: agreement::Digest::of_bytes(b"feed"),
    };
    let mut points = eastward(1, 0, 90);
    for (second, point) in points.iter_mut().enumerate() {
        point.locator.input = u16::from(second >= 45);
    }
    let on = TrackPoint::new(at(300), agreement::Address::icao(9), place(4000, 4000));
    let mut other = on;
    other.locator.input = 2;
    points.push(other);
    let mut of_one = setting();
    of_one.feeds = vec![feed(Some("mast")), feed(Some("mast")), feed(None)];
    let silent = |setting| {
        let picture = judge(&world, setting, &points, 1);
        let alerts = picture.alerts.into_iter().filter(|a| a.kind == AlertKind::FeedSilent);
        alerts.map(|a| (a.raised_at, a.feed.unwrap().0)).collect::<Vec<_>>()
    };
    assert_eq!(silent(of_one), [(at(150), 0)]);
}

#[test]
fn a_contested_aircraft_inside_is_alerted_though_it_joins_no_path() {
    let here = eastward(1, 100, 20);
    let there = here.iter().map(|p| TrackPoint {
        position: place(2000, 2000),
        observed_at: p.observed_at.plus(spacetime::Duration::from_micros(500_000)),
        ..*p
    });
    let points = merged(here.clone(), there.collect());
    let picture = judge(&pack(rectangle(50, 0, 300, 100), no_fly()), setting(), &points, 1);
    // The first position came before anything spoke against it.
    assert!(picture.alerts.iter().any(|a| a.kind == AlertKind::Infringement));
}

#[test]
fn a_radar_that_saw_nobody_does_not_override_a_sighting() {
    let mut world = pack(rectangle(1000, 1000, 1100, 1100), no_fly());
    let (area, id) =
        (agreement::AreaId::new("box").unwrap(), agreement::SensorId::new("radar").unwrap());
    let radar = Sensor {
        id: id.clone(),
        party: agreement::PartyId::new("centre").unwrap(),
        kind: SensorKind::Radar,
        coverage: Some(Coverage { area, floor: spacetime::AltitudeMsl::from_cm(-100_000) }),
        default_epu_cm: None,
        worst_epu_cm: 100_000,
    };
    world.sensors.insert(id.clone(), radar);
    let mut watched = setting();
    watched.feeds[0].sensor = Some(id);
    let mut picture = judge(&world, watched, &eastward(1, 0, 90), 1);
    let [nobody] = &picture.findings[..] else { panic!("{:?}", picture.findings) };
    assert_eq!(
        (nobody.finding.verdict, nobody.finding.reason),
        (Verdict::Clear, Reason::NothingSeen)
    );

    let mut sighting = nobody.clone();
    sighting.finding.verdict = Verdict::Alleged;
    sighting.finding.reason = Reason::ReportedFlight;
    picture.heed(&[sighting]);
    assert!(picture.findings.is_empty());
}

#[test]
fn who_is_lost_beside_a_volume_is_not_clear_of_it() {
    let world = pack(rectangle(100, 55, 200, 100), no_fly());
    let mut points = eastward(1, 0, 90);
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Clear, Reason::Beside)]);
    // Lost at 45 s, half-way along the edge; another aircraft far off goes on.
    points.retain(|p| p.observed_at <= at(45));
    let others = eastward(2, 3000, 200).into_iter().filter(|p| p.observed_at > at(45));
    points.extend(others);
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Gap)]);
}

#[test]
fn positions_that_join_no_path_are_one_finding_however_many() {
    // A second sender of the same address inside the volume, between the first one's positions.
    let here = eastward(1, 0, 60);
    let there = here.iter().map(|p| TrackPoint {
        position: place(2050, 2050),
        observed_at: p.observed_at.plus(spacetime::Duration::from_micros(500_000)),
        ..*p
    });
    let points = merged(here.clone(), there.collect());
    let world = pack(rectangle(2000, 2000, 2100, 2100), no_fly());
    let picture = judge(&world, setting(), &points, 1);
    assert_eq!(verdicts(&picture), [(Verdict::Undetermined, Reason::Contested)]);
    let interval = of_aircraft(&picture)[0].interval;
    assert!(interval.length() > spacetime::Duration::from_seconds(55), "{interval:?}");
}

#[test]
fn leave_for_a_call_sign_that_was_not_heard_is_told_and_does_not_clear() {
    use agreement::party::{Party, Role};
    use agreement::report::{Authorisation, AuthorisedFlight};
    use agreement::track::{Address, Callsign, Locator};

    let centre = agreement::PartyId::new("centre").unwrap();
    let mut world = pack(rectangle(100, 0, 200, 100), no_fly());
    let party = Party {
        id: centre.clone(),
        name: "Centre".to_owned(),
        role: Role::Guarantor,
        aliases: Default::default(),
        answered_for_by: Default::default(),
    };
    world.parties.insert(centre.clone(), party);
    let sign = |text: &str| Callsign::parse(text).unwrap();
    let leave = Authorisation {
        id: "A-2".to_owned(),
        flights: vec![
            AuthorisedFlight::Address(Address::icao(1)),
            AuthorisedFlight::Callsign(sign("UNO123")),
        ],
        when: spacetime::Interval::ALWAYS,
        clauses: Default::default(),
        areas: Default::default(),
        granted_by: centre.clone(),
        locator: Locator::default(),
    };
    let mut permitted = setting();
    permitted.authorisations = vec![leave];
    let judged = |signs: &[&str], world: &agreement::Pack| {
        let mut points = eastward(1, 0, 90);
        for (point, text) in points.iter_mut().zip(signs) {
            point.callsign = Some(sign(text));
        }
        verdicts(&judge(world, permitted.clone(), &points, 1))
    };
    assert_eq!(judged(&["UNO123"], &world), [(Verdict::Clear, Reason::Authorised)]);
    let unconfirmed = (Verdict::Undetermined, Reason::AuthorisationUnconfirmed);
    assert_eq!(judged(&[], &world), [unconfirmed]);
    let entered = (Verdict::Breach, Reason::Entered);
    assert_eq!(judged(&["UNO123", "OTHER1"], &world), [entered], "a second sign was heard");
    world.parties.get_mut(&centre).unwrap().role = Role::Adherent;
    assert_eq!(judged(&["UNO123"], &world), [entered], "no adherent grants itself leave");
}
