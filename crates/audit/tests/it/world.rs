//! A record made of real reports and a real flight, in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use agreement::party::Device;
use agreement::statement::body::{FeedName, Findings, TrackSegment};
use agreement::statement::claim::Place;
use agreement::statement::said::{Assessment, Nothing};
use agreement::statement::{Body, Claim, Entry, Said, Sealed, SecretKey};
use agreement::{DeviceId, Digest, Pack, PackFiles, Report, TrackPoint};
use assess::Rules;
use assess::finding::Audience;
use assess::record::Asked;
use audit::{Files, Log, OpenedBodies};
use intake::merge::{MergeOptions, Merged, Source};
use intake::reports::UcdpGed;
use intake::{Batch, Feed as _, Options};
use spacetime::{Duration, Instant, Interval};
use tlog::bundle::{BundleId, push_entry};
use tlog::{Checkpoint, Edge, NoteSigner, SignedCheckpoint, VerifierKey, hash_leaf};

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A pack, with one device whose secret is known.
pub(crate) fn pack(name: &str) -> Pack {
    let folder = repository().join("packs").join(name);
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let (agreement, areas) = (read("agreement.toml"), read("areas.geojson"));
    let files = PackFiles {
        agreement_toml: Some(&agreement),
        areas_geojson: Some(&areas),
        has_sources: true,
    };
    let (mut pack, _) = agreement::pack::read(&files).unwrap();
    let party = pack.parties.keys().next().unwrap().clone();
    let (id, ed25519) = (DeviceId::new("tester").unwrap(), key().public().to_bytes());
    pack.devices.insert(id.clone(), Device { id, party, ed25519 });
    pack
}

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

/// Real reports: three of four from the south-west since the ceasefire, the others from anywhere.
pub(crate) fn reports(pack: &Pack, count: usize) -> Vec<Report> {
    let file = File::open(repository().join("data/ucdp/ged_syria_2017.csv")).unwrap();
    let zone = spacetime::zone_rules(&pack.time_zone).unwrap();
    let mut feed = UcdpGed::new(BufReader::new(file), Options::default(), zone);
    let (mut south_west, mut anywhere, mut batch) = (Vec::new(), Vec::new(), Batch::default());
    while south_west.len() < count && feed.read(&mut batch).unwrap() {
        for report in batch.items.drain(..) {
            let at = report.place.as_ref().and_then(|place| place.nominal);
            let in_force =
                report.observed.start() >= Instant::parse("2017-07-09T09:00:00Z").unwrap();
            let near = in_force
                && at.is_some_and(|at| at.lat_e7() < 332_000_000 && at.lon_e7() < 366_000_000);
            if near { south_west.push(report) } else { anywhere.push(report) }
        }
    }
    let anywhere = anywhere.into_iter().take(count / 4);
    let mut all: Vec<Report> = south_west.into_iter().take(count - count / 4).collect();
    all.extend(anywhere);
    all
}

/// A real flight, as a file is read.
pub(crate) fn flight(pack: &Pack) -> (FeedName, Vec<TrackPoint>) {
    let path = repository().join("data/modes/paris_toulouse_2024.jsonl.gz");
    let source = Source { name: "flight".to_owned(), open: Box::new(move || File::open(&path)) };
    let options = MergeOptions {
        lateness: Duration::from_seconds(pack.parameters.lateness_s),
        ..MergeOptions::default()
    };
    let mut merged = Merged::new(vec![source], &options).unwrap();
    let input = &merged.inputs()[0];
    let feed = FeedName {
        began_at: input.first.unwrap(),
        digest: Digest::from_bytes(input.sha256),
        sensor: pack.sensors.keys().next().cloned(),
    };
    let (mut points, mut batch) = (Vec::new(), Batch::default());
    while merged.read(&mut batch).unwrap() {
        points.append(&mut batch.items);
    }
    (feed, points)
}

pub(crate) fn asked() -> Asked {
    Asked { period: Interval::ALWAYS, as_if_adopted: [].into(), audience: Audience::holder() }
}

/// A record under way.
pub(crate) struct Record {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) claims: Vec<Claim>,
    place: Place,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), claims: Vec::new(), place: Place::default() }
    }

    /// Says something, and puts it into the log.
    pub(crate) fn say(&mut self, said: &Said, body: Option<&Body>) {
        let body = body.map(|body| (body, [self.entries.len() as u8; 32]));
        let device = DeviceId::new("tester").unwrap();
        let claim = Claim::sign(device, &key(), self.place, None, said, body).unwrap();
        self.place = Place::after(claim.statement());
        // Through the wire, as everything comes.
        self.put(Claim::parse(&claim.to_line()).unwrap());
    }

    pub(crate) fn put(&mut self, claim: Claim) {
        let sealed = claim
            .body()
            .map(|(_, body)| Sealed { bytes: body.len() as u64, sha256: Digest::of_bytes(body) });
        let sequenced_at = Instant::from_micros(1_700_000_000_000_000 + self.entries.len() as i64);
        let entry = Entry { sealed, sequenced_at, statement: claim.statement().clone() };
        self.entries.push(entry.canonical().unwrap());
        self.claims.push(claim);
    }

    pub(crate) fn report(&mut self, report: &Report) {
        let body = Body::Report(Box::new(report.clone()));
        self.say(&Said::Report(Nothing {}), Some(&body));
    }

    /// A flight in segments of ten seconds.
    pub(crate) fn segments(&mut self, feed: &FeedName, points: &[TrackPoint]) {
        let mut rest = points;
        let mut part = 0;
        while let Some(first) = rest.first() {
            let end = first.observed_at.plus(Duration::from_seconds(10));
            let count = rest.iter().take_while(|row| row.observed_at < end).count();
            let (now, later) = rest.split_at(count);
            let segment = TrackSegment {
                feed: feed.clone(),
                part,
                row_secret: [part as u8; 32],
                rows: now.to_vec(),
            };
            let said = Said::TrackSegment(segment.said().unwrap());
            self.say(&said, Some(&Body::TrackSegment(segment)));
            (rest, part) = (later, part + 1);
        }
    }

    /// Assesses what is there, and puts that on the record; `change` spoils it first.
    pub(crate) fn assess(
        &mut self,
        pack: &Pack,
        change: impl FnOnce(&mut Assessment, &mut Findings),
    ) {
        let asked = asked();
        let roster = agreement::statement::Roster::of(pack).unwrap();
        let all: Vec<_> = self.entries.iter().cloned().map(Some).collect();
        let replay = audit::Replay::of(&roster, &all, all.len(), &self.bodies(), &|_| 0);
        assert_eq!(replay.wrong, []);
        let inputs = replay.gathered.inputs();
        let found = inputs.findings(pack, &asked);
        let body = |found: &assess::Recorded| found.finding.body().as_object().unwrap().clone();
        let mut findings = Findings {
            findings: found.iter().map(body).collect(),
            leaves: found.iter().map(|found| inputs.leaves_of(found)).collect(),
        };
        let mut said = Assessment {
            agreement_version: pack.version.0,
            as_if_adopted: asked.as_if_adopted.clone(),
            audience: asked.audience.0.clone(),
            findings: found.len() as u64,
            period: asked.period,
            root: findings.root().unwrap(),
            rules: Rules::of(pack, &asked.as_if_adopted).digest(),
            tree_size: self.entries.len() as u64,
        };
        change(&mut said, &mut findings);
        said.root = findings.root().unwrap();
        said.findings = findings.findings.len() as u64;
        self.say(&Said::Assessment(said), Some(&Body::Assessment(findings)));
    }

    /// Every body.
    pub(crate) fn bodies(&self) -> OpenedBodies {
        let mut bodies = OpenedBodies::default();
        for claim in &self.claims {
            bodies.take(&claim.to_line()).unwrap();
        }
        bodies
    }

    /// The log as files.
    pub(crate) fn files(&self) -> Memory {
        let mut edge = Edge::new();
        let leaves: Vec<_> = self.entries.iter().map(|entry| hash_leaf(entry)).collect();
        let mut files = BTreeMap::new();
        for tile in edge.append(&leaves).unwrap() {
            files.insert(tile.tile.to_string(), tile.bytes);
        }
        let size = self.entries.len() as u64;
        for id in BundleId::covering(0, size) {
            let mut bytes = Vec::new();
            let from = id.start() as usize;
            for entry in &self.entries[from..from + usize::from(id.width())] {
                push_entry(&mut bytes, entry).unwrap();
            }
            files.insert(id.to_string(), bytes);
        }
        let checkpoint = Checkpoint::new("example.org/record", size, edge.root());
        let signed = SignedCheckpoint::sign(&checkpoint, &signer()).unwrap();
        files.insert("checkpoint".to_owned(), signed.to_string().into_bytes());
        Memory(files)
    }

    pub(crate) fn log(&self) -> Log {
        Log::read(self.files(), &log_key(), &[]).unwrap()
    }
}

fn signer() -> NoteSigner {
    NoteSigner::new("example.org/record", &[7; 32]).unwrap()
}

pub(crate) fn log_key() -> VerifierKey {
    signer().verifier().clone()
}

/// Files in memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
}
