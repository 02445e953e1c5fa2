//! Real servers on this machine: a record, its witnesses, its collector, its mirrors.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Clock};

use ledger::collect::{self, Answer, Round, WitnessPort};
use ledger::disk::RealDisk;
use ledger::gossip::{self, Views};
use ledger::http::access::Access;
use ledger::http::client::{Caller, HttpLog, HttpWitness};
use ledger::http::record::{self, RecordService};
use ledger::http::serving::{HEAD_BYTES_MAX, Limits};
use ledger::http::{Server, witness as witness_http};
use ledger::mirror::{Followed, Mirror, MirrorFault};
use ledger::policy::said_of;
use ledger::source::{LogSource, SourceFault};
use ledger::witness::Witness;
use spacetime::Instant;
use tlog::quorum::{Cosigned, Group};
use tlog::{Quorum, SignedCheckpoint, SplitView, Tile, VerifierKey};
use tokio::sync::oneshot;

use crate::logs::{Log, ORIGIN, SignedKey};

const NOON: Instant = Instant::from_micros(1_764_000_000_000_000);
const NOON_S: u64 = 1_764_000_000;

/// A server that runs until this is dropped.
struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    fn start(router: axum::Router) -> Self {
        Self::within(router, Limits::default())
    }

    fn within(router: axum::Router, limits: Limits) -> Self {
        let server = Server::bind("127.0.0.1:0").unwrap().within(limits);
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = || {
            let stopped = async { stopped.await.unwrap_or(()) };
            server.serve(router, stopped).unwrap();
        };
        Self { address, stop: Some(stop), thread: Some(thread::spawn(serve)) }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// A witness with its folder and its server.
struct Served {
    _folder: tempfile::TempDir,
    disk: RealDisk,
    key: VerifierKey,
    running: Option<Running>,
}

impl Served {
    fn new(n: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path());
        let key = Witness::init(&disk, &format!("witness.example/w{n}"), &[n; 32]).unwrap();
        let witness = Witness::open(Arc::new(disk.clone())).unwrap();
        witness.watch(&SignedKey::new().verifier()).unwrap();
        drop(witness);
        let mut served = Self { _folder: folder, disk, key, running: None };
        served.start();
        served
    }

    fn start(&mut self) {
        let witness = Arc::new(Witness::open(Arc::new(self.disk.clone())).unwrap());
        self.running = Some(Running::start(witness_http::router(witness, Arc::new(NOON))));
    }

    fn restart(&mut self) {
        self.running = None;
        self.start();
    }

    fn url(&self) -> String {
        self.running.as_ref().unwrap().url()
    }

    fn port(&self) -> HttpWitness {
        HttpWitness::new(&self.url(), self.key.clone())
    }

    fn post(&self, body: &[u8]) -> (u16, String, String) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.post(format!("{}/add-checkpoint", self.url())).send(body).unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        (response.status().as_u16(), kind, response.body_mut().read_to_string().unwrap())
    }
}

fn ask_at(log: &Log, witnesses: &[&Served], now: Instant) -> Round {
    let ports: Vec<HttpWitness> = witnesses.iter().map(|witness| witness.port()).collect();
    let ports: Vec<&dyn WitnessPort> = ports.iter().map(|port| port as &dyn WitnessPort).collect();
    collect::round(&*log.disk, &ports, 60, now).unwrap()
}

fn ask(log: &Log, witnesses: &[&Served]) -> Vec<Answer> {
    ask_at(log, witnesses, NOON).answers.into_iter().map(|(_, answer)| answer).collect()
}

fn two_of(witnesses: &[&Served]) -> Quorum {
    let witnesses = witnesses.iter().map(|witness| witness.key.clone()).collect();
    Quorum::new(vec![Group { name: "guarantors".to_owned(), threshold: 2, witnesses }], 60).unwrap()
}

fn serve(log: &Log, access: Access, witnesses: &[&Served]) -> Running {
    let service = RecordService {
        disk: log.disk.clone(),
        origin: ORIGIN.to_owned(),
        access,
        witnesses: witnesses.iter().map(|witness| witness.key.clone()).collect(),
        clock: Arc::new(NOON),
    };
    Running::start(record::router(service))
}

#[test]
fn a_record_gets_its_quorum_from_two_witnesses_as_it_grows() {
    let (w2, w3) = (Served::new(2), Served::new(3));
    let quorum = two_of(&[&w2, &w3]);
    let mut log = Log::with(300, "", 0);
    let server = serve(&log, Access::Public, &[&w2, &w3]);
    let mut client = HttpLog::new(&server.url(), ORIGIN, None);
    for more in [0, 1, 700] {
        log.grow("more", more);
        let round = ask_at(&log, &[&w2, &w3], NOON);
        let expected =
            if more == 0 && log.size() > 300 { Answer::Recent } else { Answer::Cosigned };
        assert!(round.answers.iter().all(|(_, answer)| *answer == expected), "{:?}", round.answers);
        let shown = SignedCheckpoint::parse(&client.checkpoint().unwrap()).unwrap();
        assert_eq!(shown, round.checkpoint);
        assert_eq!(shown.note().signatures().len(), 3);
        shown.verify(ORIGIN, &[SignedKey::new().verifier()]).unwrap();
        let standing = quorum.standing(shown.note(), NOON_S).unwrap();
        assert!(standing.is_reached() && standing.is_fresh());
        collect::publish_witnessed(&*log.disk, &shown, &quorum, NOON).unwrap();
        let witnessed = ledger::disk::read(&*log.disk, collect::WITNESSED).unwrap();
        assert_eq!(witnessed, shown.to_string().into_bytes());
    }
    assert_eq!(ask(&log, &[&w2, &w3]), [Answer::Recent, Answer::Recent]);
    let recorded = w2.disk.root().join("memory");
    assert!(std::fs::read_to_string(recorded).unwrap().contains("\\n1001\\n"));
}

/// The collector's memory is a convenience: without it, the witness says what it knows.
#[test]
fn a_collector_that_forgot_learns_the_size_from_the_conflict() {
    let w2 = Served::new(2);
    let mut log = Log::with(300, "", 0);
    assert_eq!(ask(&log, &[&w2]), [Answer::Cosigned]);
    log.grow("more", 50);
    std::fs::remove_dir_all(log.real.root().join("state/cosigned")).unwrap();
    assert_eq!(ask(&log, &[&w2]), [Answer::Cosigned]);
}

/// Invariants 20 and 21 over the network: three witnesses, two of whom make a quorum.
#[test]
fn two_conflicting_checkpoints_never_both_reach_their_quorum() {
    let mut all = [Served::new(2), Served::new(3), Served::new(4)];
    let (log, fork) = (Log::with(300, "log", 4), Log::with(300, "fork", 4));
    let reached = |round: &Round, all: &[Served; 3]| {
        let quorum = two_of(&all.each_ref());
        quorum.standing(round.checkpoint.note(), NOON_S).unwrap().is_reached()
    };
    let first = ask_at(&log, &[&all[0], &all[1]], NOON);
    assert!(reached(&first, &all));
    for witness in &mut all {
        witness.restart();
    }
    let second = ask_at(&fork, &all.each_ref(), NOON);
    let answers: Vec<_> = second.answers.iter().map(|(_, answer)| answer.clone()).collect();
    let other = Answer::OtherView { known: 304 };
    assert_eq!(answers, [other.clone(), other, Answer::Cosigned]);
    assert!(!reached(&second, &all));
}

#[test]
fn a_witness_answers_each_wrong_request_with_the_status_of_the_specification() {
    let w2 = Served::new(2);
    let (log, fork, later) =
        (Log::with(300, "log", 4), Log::with(300, "fork", 4), Log::with(300, "fork", 90));
    let status = |body: &[u8]| w2.post(body).0;
    assert_eq!(status(b"old 0\n"), 400);
    let unknown = String::from_utf8(log.request(0)).unwrap().replace(ORIGIN, "example.com/other");
    assert_eq!(status(unknown.as_bytes()), 404);
    let signed_by_another = {
        let stranger = tlog::NoteSigner::new(ORIGIN, &[9; 32]).unwrap();
        let checkpoint = log.checkpoint().checkpoint().clone();
        format!("old 0\n\n{}", SignedCheckpoint::sign(&checkpoint, &stranger).unwrap())
    };
    assert_eq!(status(signed_by_another.as_bytes()), 403);
    let monitor =
        format!("{}/{}/checkpoint", w2.url(), agreement::Digest::of_bytes(ORIGIN.as_bytes()));
    assert!(ureq::get(&monitor).call().is_err(), "nothing is vouched for yet");
    let (ok, kind, line) = w2.post(&log.request(0));
    assert_eq!((ok, kind.as_str()), (200, "text/plain; charset=utf-8"));
    assert!(line.starts_with("\u{2014} witness.example/w2 ") && line.ends_with('\n'));
    let latest = ureq::get(&monitor).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(latest, format!("{}{line}", log.checkpoint()));
    for (body, size) in [(log.request(0), 304), (fork.request(304), 304), (later.request(300), 304)]
    {
        let (conflict, kind, said) = w2.post(&body);
        assert_eq!((conflict, kind.as_str()), (409, "text/x.tlog.size"));
        assert_eq!(said, format!("{size}\n"));
    }
    assert_eq!(status(&later.request(304)), 422);
    assert_eq!(status(&vec![b'a'; 600_000]), 413);
}

#[test]
fn who_did_not_witness_is_named_with_since_when_and_nobody_waits_for_them() {
    let (w2, mut w3) = (Served::new(2), Served::new(3));
    let mut log = Log::with(300, "", 0);
    ask(&log, &[&w2, &w3]);
    let url = w3.url();
    w3.running = None;
    log.grow("more", 5);
    let gone = HttpWitness::new(&url, w3.key.clone());
    let ports: [&dyn WitnessPort; 2] = [&w2.port(), &gone];
    let now = Instant::from_micros(NOON.micros() + 300_000_000);
    let round = collect::round(&*log.disk, &ports, 60, now).unwrap();
    assert_eq!(round.answers[0].1, Answer::Cosigned);
    assert!(matches!(round.answers[1].1, Answer::Unreachable(_)));
    let quorum = two_of(&[&w2, &w3]);
    let standing = collect::publish_witnessed(&*log.disk, &round.checkpoint, &quorum, now).unwrap();
    assert!(!standing.is_reached());
    let said: Vec<_> = standing.groups[0]
        .witnesses
        .iter()
        .filter_map(|(key, stands)| {
            let last = collect::last_cosigned(&*log.disk, key).unwrap().map(|(_, at_s)| at_s);
            said_of(key, *stands, last)
        })
        .collect();
    // The witness's clock stands at noon, five minutes ago: older than two intervals (invariant 22).
    assert_eq!(
        said,
        [
            "stale: witness.example/w2 cosigned this at 2025-11-24T16:00:00Z",
            "unwitnessed by witness.example/w3 since 2025-11-24T16:00:00Z",
        ]
    );
    let never = said_of(&w3.key, Cosigned::Missing, None).unwrap();
    assert_eq!(never, "never witnessed by witness.example/w3");
}

#[test]
fn a_witness_whose_folder_was_put_back_from_a_copy_is_noticed() {
    let mut w2 = Served::new(2);
    let mut log = Log::with(300, "", 0);
    ask(&log, &[&w2]);
    let copy = std::fs::read(w2.disk.root().join("memory")).unwrap();
    log.grow("more", 5);
    ask(&log, &[&w2]);
    w2.running = None;
    std::fs::write(w2.disk.root().join("memory"), copy).unwrap();
    w2.start();
    log.grow("more", 5);
    assert_eq!(ask(&log, &[&w2]), [Answer::WentBack { cosigned: 305, known: 300 }]);
}

fn caller(n: u8) -> Caller {
    caller_at(n, NOON)
}

fn caller_at(n: u8, at: Instant) -> Caller {
    Caller::new(&[n; 32], Arc::new(at))
}

#[test]
fn the_checkpoint_is_for_anybody_and_tiles_for_the_roster() {
    let log = Log::with(300, "", 0);
    let roster: BTreeSet<_> = [caller(20).public()].into();
    let server = serve(&log, Access::Keys(roster), &[]);
    let tile = Tile::parse("tile/0/000").unwrap();
    let get = |caller: Option<Caller>| HttpLog::new(&server.url(), ORIGIN, caller).exact_tile(tile);
    assert!(HttpLog::new(&server.url(), ORIGIN, None).checkpoint().is_ok());
    assert!(matches!(get(None), Err(SourceFault::Refused { status: 401, .. })));
    assert!(matches!(get(Some(caller(21))), Err(SourceFault::Refused { status: 403, .. })));
    assert_eq!(get(Some(caller(20))).unwrap().len(), 8_192);
    let late = caller_at(20, Instant::from_micros(NOON.micros() + 200_000_000));
    assert!(matches!(get(Some(late)), Err(SourceFault::Refused { status: 401, .. })));

    let (_folder, disk) = {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path());
        (folder, disk)
    };
    let keys = [SignedKey::new().verifier()];
    let mut mirror = Mirror::open(&disk, &keys).unwrap();
    let stranger = mirror.follow(&mut HttpLog::new(&server.url(), ORIGIN, None));
    assert!(matches!(stranger, Err(MirrorFault::Source(SourceFault::Refused { .. }))));
    let followed = mirror.follow(&mut HttpLog::new(&server.url(), ORIGIN, Some(caller(20))));
    assert_eq!(followed.unwrap(), Followed::Grown { from: 0, to: 300 });
}

#[test]
fn nothing_but_tiles_and_bundles_in_their_one_spelling_is_served() {
    let log = Log::with(300, "", 0);
    let server = serve(&log, Access::Public, &[]);
    let status = |path: &str| {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.get(format!("{}/{path}", server.url())).call().unwrap().status().as_u16()
    };
    for path in
        ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"]
    {
        assert_eq!(status(path), 200, "{path}");
    }
    for path in [
        "",
        "log/checkpoint",
        "state/lock",
        "witnessed",
        "tile/",
        "tile/0/0",
        "tile/0/000.unfinished",
        "tile/0/%2e%2e/%2e%2e/%2e%2e/state/lock",
        "tile/..%2f..%2f..%2fstate%2flock",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/0/002",
        "tile/entries/000/",
        "tile/entries/%30%30%30.p",
    ] {
        assert_eq!(status(path), 404, "{path}");
    }
}

#[test]
fn a_host_that_shows_two_views_is_caught_by_gossip_over_the_network() {
    let (log, fork) = (Log::with(300, "log", 4), Log::with(300, "fork", 900));
    let servers = [serve(&log, Access::Public, &[]), serve(&fork, Access::Public, &[])];
    let [mut one, mut other] =
        servers.each_ref().map(|server| HttpLog::new(&server.url(), ORIGIN, None));
    let keys = [SignedKey::new().verifier()];
    let Views::Split(proof) = gossip::compare(&mut one, &mut other, &keys).unwrap() else {
        panic!("the split was not found");
    };
    SplitView::parse(proof.to_string().as_bytes()).unwrap().verify(ORIGIN, &keys).unwrap();
}

const SHORT: Duration = Duration::from_millis(300);

/// A witness's server within limits, and its folder.
fn within(limits: Limits) -> (Served, Running) {
    let mut served = Served::new(2);
    served.running = None;
    let witness = Arc::new(Witness::open(Arc::new(served.disk.clone())).unwrap());
    let running = Running::within(witness_http::router(witness, Arc::new(NOON)), limits);
    (served, running)
}

fn connect(server: &Running, say: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(say).unwrap();
    stream
}

/// What the server says until it closes the connection.
fn said(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is closed before all was read may be reset.
    match stream.read_to_end(&mut all) {
        Ok(_) => {}
        Err(fault) => assert_eq!(fault.kind(), ErrorKind::ConnectionReset, "{fault}"),
    }
    String::from_utf8(all).unwrap()
}

#[test]
fn a_connection_over_which_no_whole_head_comes_is_closed() {
    let (_served, server) = within(Limits { head: SHORT, ..Limits::default() });
    for begun in ["", "GET /none/checkpoint HTTP/1.1\r\nhost: w2\r\n"] {
        let began = Clock::now();
        assert!(!said(connect(&server, begun.as_bytes())).contains("200 OK"));
        assert!((SHORT..Duration::from_secs(10)).contains(&began.elapsed()), "{begun}");
    }
    // Also after a request that was answered.
    let whole = "GET /none/checkpoint HTTP/1.1\r\nhost: w2\r\n\r\n";
    assert!(said(connect(&server, whole.as_bytes())).starts_with("HTTP/1.1 404"));
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let (_served, server) = within(Limits::default());
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
    let said = said(connect(&server, long.as_bytes()));
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    assert!(!said.contains("200 OK") && !said.contains("404"), "{said}");
}

#[test]
fn a_body_that_does_not_come_is_waited_for_so_long_and_no_longer() {
    let (_served, server) = within(Limits { request: SHORT, ..Limits::default() });
    let head = "POST /add-checkpoint HTTP/1.1\r\nhost: w2\r\ncontent-length: 100\r\n\r\nold";
    let began = Clock::now();
    assert!(said(connect(&server, head.as_bytes())).starts_with("HTTP/1.1 408"));
    assert!((SHORT..Duration::from_secs(10)).contains(&began.elapsed()));
}

#[test]
fn no_more_connections_than_the_limit_are_served_and_others_have_their_turn_after_them() {
    let (_served, server) = within(Limits { connections: 1, ..Limits::default() });
    let first = connect(&server, b"");
    // The first is taken before the second, which was opened after it.
    let mut second =
        connect(&server, b"GET /none/checkpoint HTTP/1.1\r\nhost: w2\r\nconnection: close\r\n\r\n");
    second.set_read_timeout(Some(SHORT)).unwrap();
    let waits = second.read(&mut [0; 8]).unwrap_err();
    assert!(matches!(waits.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waits}");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(said(second).starts_with("HTTP/1.1 404"));
}

#[test]
fn no_connection_lives_longer_than_the_limit() {
    let (_served, server) = within(Limits { connection: SHORT, ..Limits::default() });
    let began = Clock::now();
    assert_eq!(said(connect(&server, b"GET /")), "");
    assert!((SHORT..Duration::from_secs(9)).contains(&began.elapsed()));
}
