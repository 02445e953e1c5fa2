//! A small made-up assessment: one volume, one proposed volume, one ceasefire, one flight,
//! some reports, every verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use agreement::clause::{Ceasefire, Clause, ClauseKind, ClauseStatus, NoFly};
use agreement::pack::{NamedArea, Pack};
use agreement::party::AgreementVersion;
use agreement::report::{Extent, Method, Place, Report, Source, Told};
use agreement::track::Locator;
use agreement::{Act, Address, AreaId, ClauseId, Digest, Parameters, Protected};
use assess::airspace::Sketch;
use assess::finding::{Audience, Confidence, Finding, Margin, Reason, Recorded, Subject, Verdict};
use assess::{Alert, AlertKind, Anomaly, AnomalyKind, AnomalySubject};
use publish::{DrawnReport, InputFile, InputKind, Overview, RejectCount, ReportInput, Treatment};
use spacetime::altitude::AltitudeLimit;
use spacetime::{Activation, Area, BoundingBox, Instant, Interval, Polygon, Position, Ring};

pub(crate) fn at(lon: f64, lat: f64) -> Position {
    Position::from_degrees(lon, lat).unwrap()
}

pub(crate) fn span(from: &str, to: &str) -> Interval {
    Interval::new(Instant::parse(from).unwrap(), Instant::parse(to).unwrap()).unwrap()
}

fn area(id: &str, name: &str, corners: &[(f64, f64)]) -> (AreaId, NamedArea) {
    let ring = Ring::new(corners.iter().map(|&(lon, lat)| at(lon, lat)).collect()).unwrap();
    let area = Arc::new(Area::new(vec![Polygon::new(ring, vec![])]).unwrap());
    let id = AreaId::new(id).unwrap();
    let named =
        NamedArea { id: id.clone(), name: name.to_owned(), pcode: None, aliases: vec![], area };
    (id, named)
}

fn clause(id: &str, title: &str, status: ClauseStatus, areas: &[&str], kind: ClauseKind) -> Clause {
    Clause {
        id: ClauseId::new(id).unwrap(),
        title: title.to_owned(),
        encodes: "Article 1".to_owned(),
        status,
        in_force: Interval::new(Instant::parse("2017-07-09T09:00:00Z").unwrap(), Instant::MAX)
            .unwrap(),
        areas: areas.iter().map(|id| AreaId::new(id).unwrap()).collect(),
        kind,
    }
}

fn no_fly() -> ClauseKind {
    ClauseKind::NoFly(NoFly {
        floor: AltitudeLimit::Ground,
        ceiling: AltitudeLimit::Unlimited,
        activation: Activation::always(),
        binds: BTreeSet::new(),
    })
}

/// The agreement, under a title of the caller's choice.
pub(crate) fn pack(title: &str) -> Pack {
    let areas = BTreeMap::from([
        area(
            "west",
            "Western districts",
            &[
                (35.8, 32.7),
                (36.05, 32.52),
                (36.4, 32.4),
                (36.5, 32.8),
                (36.3, 33.1),
                (35.95, 33.2),
                (35.85, 32.95),
            ],
        ),
        area("east", "درعا", &[(36.55, 32.35), (37.0, 32.3), (37.1, 32.8), (36.7, 32.9)]),
        area("strip", "Strip", &[(36.1, 32.85), (36.25, 32.83), (36.26, 32.95), (36.1, 32.96)]),
    ]);
    let ceasefire = ClauseKind::Ceasefire(Ceasefire {
        acts: BTreeSet::from([Act::Impact, Act::LethalViolence]),
        between: BTreeSet::new(),
        protects_civilians: true,
    });
    let clauses = [
        clause("ceasefire", "Ceasefire in the west", ClauseStatus::Adopted, &["west"], ceasefire),
        clause("no-fly-east", "No flights in the east", ClauseStatus::Adopted, &["east"], no_fly()),
        clause(
            "no-fly-strip",
            "No flights over the strip",
            ClauseStatus::Proposed,
            &["strip"],
            no_fly(),
        ),
    ];
    Pack {
        id: "sample".to_owned(),
        title: title.to_owned(),
        time_zone: "Asia/Damascus".to_owned(),
        region: BoundingBox { min: at(35.0, 32.0), max: at(38.0, 34.0) },
        parties: BTreeMap::new(),
        devices: BTreeMap::new(),
        quorums: BTreeMap::new(),
        witness_groups: BTreeMap::new(),
        recipients: BTreeMap::new(),
        sensors: BTreeMap::new(),
        posts: BTreeMap::new(),
        areas,
        places: Vec::new(),
        clauses: clauses.into_iter().map(|clause| (clause.id.clone(), clause)).collect(),
        parameters: Parameters::default(),
        version: AgreementVersion(Digest::of_bytes(b"sample")),
    }
}

pub(crate) fn report(
    id: &str,
    act: Act,
    place: Position,
    radius_m: u32,
    observed: Interval,
) -> Report {
    let source = Source {
        id: "observer".to_owned(),
        post: None,
        kind: "human".to_owned(),
        position: Some(Protected::new(at(36.123_456_7, 32.654_321))),
    };
    let told = Told { id: id.to_owned(), act, method: Method::Heard, observed, source };
    Report {
        place: Some(Place { nominal: Some(place), extent: Extent::Radius { radius_m } }),
        ..Report::of(told, Locator { input: 1, record: 2 })
    }
}

fn flight() -> Sketch {
    let corner = |second: i32| {
        let since = spacetime::Duration::from_seconds(i64::from(second));
        let lon_e7 = 357_000_000 + second * 16_000;
        let bend = (second - 450) * (second - 450) * 9;
        let lat_e7 = 331_000_000 - second * 6_500 + bend;
        let took_off = Instant::parse("2017-07-09T10:00:00Z").unwrap();
        (took_off.plus(since), Position::from_e7(lon_e7, lat_e7).unwrap())
    };
    let heard = (0..900).step_by(10).filter(|second| !(230..320).contains(second));
    let points = heard.map(corner).collect();
    Sketch { aircraft: Address::icao(0x39_3322), points, stride: 10 }
}

fn finding(clause: &str, area: &str, verdict: Verdict, reason: Reason, when: Interval) -> Finding {
    Finding {
        clause: ClauseId::new(clause).unwrap(),
        clause_status: ClauseStatus::Adopted,
        agreement_version: AgreementVersion(Digest::of_bytes(b"sample")),
        audience: Audience::holder(),
        as_of: Instant::parse("2017-07-09T12:00:00Z").unwrap(),
        supersedes: None,
        verdict,
        reason,
        subject: Subject::Aircraft(Address::icao(0x39_3322)),
        interval: when,
        area: AreaId::new(area).unwrap(),
        margin: Margin { horizontal_cm: Some(412_300), vertical_cm: None },
        confidence: Confidence::Stated,
        evidence: vec![Digest::of_bytes(b"row")],
        rules: Digest::of_bytes(b"rules"),
    }
}

/// What the sample's report borrows from.
pub(crate) struct Sample {
    pub(crate) pack: Pack,
    pub(crate) findings: Vec<Recorded>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) anomalies: Vec<Anomaly>,
    pub(crate) reports: Vec<Report>,
    pub(crate) tracks: Vec<Sketch>,
}

impl Sample {
    pub(crate) fn titled(title: &str) -> Self {
        let reports = vec![
            report(
                "a",
                Act::Impact,
                at(36.1, 32.8),
                5_000,
                span("2017-07-09T10:02:00Z", "2017-07-09T10:02:30Z"),
            ),
            report(
                "b",
                Act::Impact,
                at(36.1, 32.8),
                5_000,
                span("2017-07-09T10:20:00Z", "2017-07-09T10:21:00Z"),
            ),
            report(
                "c",
                Act::LethalViolence,
                at(36.47, 32.6),
                12_000,
                span("2017-07-09T10:30:00Z", "2017-07-09T11:00:00Z"),
            ),
            report(
                "d",
                Act::Impact,
                at(36.6, 33.1),
                1_000,
                span("2017-07-09T10:40:00Z", "2017-07-09T10:41:00Z"),
            ),
            report(
                "e",
                Act::Rocket,
                at(36.222_222, 32.777_777),
                1_000,
                span("2017-07-09T10:40:00Z", "2017-07-09T10:41:00Z"),
            ),
        ];
        let about = |report: &Report, verdict, reason| Finding {
            subject: Subject::Act(report.act),
            confidence: Confidence::SingleSource,
            evidence: vec![report.digest()],
            margin: Margin { horizontal_cm: Some(-90_000), vertical_cm: None },
            ..finding("ceasefire", "west", verdict, reason, report.observed)
        };
        let east = |verdict, reason, from, to| {
            finding("no-fly-east", "east", verdict, reason, span(from, to))
        };
        let findings = vec![
            about(&reports[0], Verdict::Alleged, Reason::ReportedAct),
            about(&reports[1], Verdict::Alleged, Reason::ReportedAct),
            about(&reports[2], Verdict::Undetermined, Reason::PlaceStraddles),
            east(
                Verdict::Undetermined,
                Reason::PlaceStraddles,
                "2017-07-09T10:08:50Z",
                "2017-07-09T10:09:12Z",
            ),
            east(Verdict::Breach, Reason::Entered, "2017-07-09T10:09:12Z", "2017-07-09T10:12:31Z"),
            finding(
                "no-fly-strip",
                "strip",
                Verdict::Clear,
                Reason::Authorised,
                span("2017-07-09T10:04:10Z", "2017-07-09T10:05:40Z"),
            ),
        ];
        let row = Digest::of_bytes(b"row");
        let recorded = |finding: Finding| Recorded {
            finding: finding.sealed(),
            locators: vec![(row, Locator { input: 0, record: 7 })],
        };
        let when = Instant::parse("2017-07-09T10:08:00Z").unwrap();
        let aircraft = Address::icao(0x39_3322);
        Self {
            pack: pack(title),
            findings: findings.into_iter().map(recorded).collect(),
            alerts: vec![Alert {
                raised_at: when,
                kind: AlertKind::Approaching,
                aircraft: Some(aircraft),
                clause: Some((ClauseId::new("no-fly-east").unwrap(), AreaId::new("east").unwrap())),
                entry_predicted_at: Some(when),
                feed: None,
            }],
            anomalies: vec![Anomaly::at(AnomalyKind::Jump, AnomalySubject::Feed(1, None), when)],
            reports,
            tracks: vec![flight()],
        }
    }

    fn overview(&self, period: Interval, drawn: &[DrawnReport]) -> Overview {
        let mut overview = Overview::default();
        overview.draw(Some(period), drawn);
        let mut findings = self.findings.clone();
        findings.sort_by(|a, b| a.finding.listed(&b.finding));
        findings.iter().for_each(|found| overview.add_finding(found));
        self.alerts.iter().for_each(|alert| overview.add_alert(alert));
        self.anomalies.iter().for_each(|anomaly| overview.add_anomaly(anomaly));
        overview
    }

    pub(crate) fn input(&self) -> ReportInput<'_> {
        let file = |name: &str, kind, admitted, rejected| InputFile {
            name: name.to_owned(),
            kind,
            format: "our JSON lines".to_owned(),
            sensor: None,
            digest: Digest::of_bytes(name.as_bytes()),
            bytes: 1_234_567,
            admitted,
            rejected,
        };
        let treatment = |id: &str, treatment| (ClauseId::new(id).unwrap(), treatment);
        let drawn: Vec<DrawnReport> = self.reports.iter().filter_map(DrawnReport::of).collect();
        let period = span("2017-07-09T10:00:00Z", "2017-07-09T11:15:00Z");
        ReportInput {
            pack: &self.pack,
            rules: Digest::of_bytes(b"rules"),
            audience: Audience::holder(),
            period: Some(period),
            treatments: BTreeMap::from([
                treatment("ceasefire", Treatment::Assessed),
                treatment("no-fly-east", Treatment::Assessed),
                treatment("no-fly-strip", Treatment::AsIfAdopted),
            ]),
            inputs: vec![
                file("flight.jsonl", InputKind::Tracks, 900, 0),
                file("reports.jsonl", InputKind::Reports, 5, 1),
            ],
            tracks: &self.tracks,
            passed_over: 17,
            tracks_undrawn: 0,
            air: None,
            incidents: None,
            reports_undrawn: (self.reports.len() - drawn.len()) as u64,
            overview: self.overview(period, &drawn),
            established: None,
            reports: drawn,
            before_after: None,
            rejects: vec![RejectCount {
                code: "line-too-long".to_owned(),
                reason: "the line is longer than the limit".to_owned(),
                repair: "send one record a line".to_owned(),
                times: 1,
            }],
            notes: vec!["reports.jsonl was not sorted by time and was sorted on disk.".to_owned()],
        }
    }
}
