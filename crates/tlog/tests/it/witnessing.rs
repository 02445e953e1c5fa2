//! How a witness answers, and what makes a quorum.

use tlog::checkpoint::CheckpointError;
use tlog::quorum::{Cosigned, Group, QuorumError};
use tlog::split_view::SplitViewError;
use tlog::witness::{Latest, Refusal, RequestError, may_cosign, parse_known_size};
use tlog::{
    AddCheckpoint, Checkpoint, Cosigner, Edge, Hash, NoteSigner, Quorum, SignatureType,
    SignedCheckpoint, SplitView, VerifierKey, consistency_proof,
};

use crate::golden::hex;
use crate::support::{Stored, leaves};

/// A log whose witness published these answers (FiloSottile/torchwood, BSD-3-Clause, litewitness.txt):
/// leaves that are no hashes of anything, real signatures.
const ORIGIN: &str =
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
const KEY: &str = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f";
const FIRST: &str = "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const PROOF: &str = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
    KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const SIGNATURE: &str = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8\
    WVrx6go=";

fn published(proof: &str, signature: &str) -> String {
    format!(
        "old 1\n{proof}\n{ORIGIN}\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n\
         \u{2014} {ORIGIN} {signature}\n"
    )
}

fn answer(body: &str) -> Result<(), Refusal> {
    let key = hex(KEY).try_into().unwrap();
    let keys = [VerifierKey::ed25519(ORIGIN, SignatureType::Ed25519, &key).unwrap()];
    let request = AddCheckpoint::parse(body.as_bytes())?;
    let known = request.checkpoint.checkpoint().origin == ORIGIN;
    let latest = Latest { size: 1, root: Hash::from_base64(FIRST).unwrap() };
    may_cosign(&request, known.then_some(&keys[..]), latest)
}

#[test]
fn the_published_dialogue_of_another_witness_goes_the_same_way_here() {
    let good = published(PROOF, SIGNATURE);
    assert_eq!(answer(&good), Ok(()));
    let status = |body: &str| answer(body).unwrap_err().status();
    assert_eq!(status(&published(PROOF, &SIGNATURE.replace("6go=", "6gx="))), 400, "stray bits");
    assert_eq!(status(&published(PROOF, &SIGNATURE.replace("6go=", "6gw="))), 403);
    assert_eq!(status(&published("", SIGNATURE)), 422);
    assert_eq!(status(&published(&PROOF.replace("KgI", "KgM"), SIGNATURE)), 422);
    assert_eq!(status(&good.replace("e562", "e563")), 404);
}

/// A log that grows, and another with the same key that forked from it after `common` leaves.
struct Log {
    signer: NoteSigner,
    edge: Edge,
    stored: Stored,
}

impl Log {
    fn new(common: u64, own: &[Hash]) -> Self {
        let signer = NoteSigner::new("example.com/log", &[1; 32]).expect("a key");
        let mut log = Self { signer, edge: Edge::new(), stored: Stored::default() };
        log.grow(&leaves(common));
        log.grow(own);
        log
    }

    fn grow(&mut self, leaves: &[Hash]) {
        self.stored.put(self.edge.append(leaves).expect("a small log"));
    }

    fn checkpoint(&self) -> SignedCheckpoint {
        let now = Checkpoint::new("example.com/log", self.edge.size(), self.edge.root());
        SignedCheckpoint::sign(&now, &self.signer).expect("a checkpoint")
    }

    fn request(&mut self, old_size: u64) -> AddCheckpoint {
        let proof = consistency_proof(old_size, self.edge.size(), &mut self.stored);
        let proof = proof.expect("a proof");
        AddCheckpoint { old_size, proof, checkpoint: self.checkpoint() }
    }

    fn latest(&self) -> Latest {
        Latest { size: self.edge.size(), root: self.edge.root() }
    }

    fn ask(&mut self, old_size: u64, latest: Latest) -> Result<(), Refusal> {
        let keys = [self.signer.verifier().clone()];
        let request = self.request(old_size);
        let read = AddCheckpoint::parse(request.to_string().as_bytes()).expect("our own request");
        assert_eq!(read, request);
        may_cosign(&read, Some(&keys), latest)
    }
}

#[test]
fn a_log_that_only_grows_is_cosigned_and_again_without_growing() {
    let mut log = Log::new(5, &[]);
    assert_eq!(log.ask(0, Latest::NOTHING), Ok(()));
    let before = log.latest();
    log.grow(&leaves(300));
    assert_eq!(log.ask(5, before), Ok(()));
    let now = log.latest();
    assert_eq!(log.ask(305, now), Ok(()));
}

#[test]
fn another_old_size_is_a_conflict_that_says_the_size_that_is_known() {
    let mut log = Log::new(5, &[]);
    let before = log.latest();
    log.grow(&leaves(1));
    for old in [0, 4, 6] {
        let refusal = log.ask(old, before).unwrap_err();
        assert_eq!(refusal, Refusal::Conflict { known: 5 });
        assert_eq!((refusal.status(), refusal.known_size()), (409, Some(5)));
    }
}

#[test]
fn a_fork_is_refused_at_the_same_size_at_a_larger_and_at_a_smaller_one() {
    let seen = Log::new(5, &leaves(3)).latest();
    let mut same = Log::new(5, &leaves(4)[1..]);
    let refusal = same.ask(8, seen).unwrap_err();
    assert_eq!(refusal, Refusal::Fork { known: 8 });
    assert_eq!((refusal.status(), refusal.known_size()), (409, Some(8)));
    let mut larger = Log::new(5, &leaves(9)[1..]);
    assert_eq!(larger.ask(8, seen).unwrap_err().status(), 422);
    let mut smaller = Log::new(5, &leaves(2)[1..]);
    assert_eq!(smaller.ask(5, seen).unwrap_err().status(), 409, "a rollback");
}

#[test]
fn a_request_whose_old_size_is_past_its_checkpoint_is_malformed() {
    let mut log = Log::new(5, &[]);
    let mut request = log.request(5);
    request.old_size = 6;
    let keys = [log.signer.verifier().clone()];
    let refusal = may_cosign(&request, Some(&keys), log.latest()).unwrap_err();
    assert_eq!((refusal.clone(), refusal.status()), (Refusal::OldPastNew { old: 6, new: 5 }, 400));
}

#[test]
fn a_first_request_with_a_proof_and_an_empty_tree_with_a_root_do_not_hold() {
    let mut log = Log::new(5, &[]);
    let keys = [log.signer.verifier().clone()];
    let mut request = log.request(0);
    request.proof.push(leaves(1)[0]);
    let refusal = may_cosign(&request, Some(&keys), Latest::NOTHING).unwrap_err();
    assert_eq!(refusal.status(), 422);
    let empty = Checkpoint::new("example.com/log", 0, leaves(1)[0]);
    let checkpoint = SignedCheckpoint::sign(&empty, &log.signer).unwrap();
    let request = AddCheckpoint { old_size: 0, proof: Vec::new(), checkpoint };
    let refusal = may_cosign(&request, Some(&keys), Latest::NOTHING).unwrap_err();
    assert_eq!((refusal.clone(), refusal.status()), (Refusal::NotEmpty, 422));
}

#[test]
fn a_checkpoint_that_no_trusted_key_signed_is_forbidden() {
    let mut log = Log::new(5, &[]);
    let stranger = [NoteSigner::new("example.com/log", &[9; 32]).unwrap().verifier().clone()];
    let refusal = may_cosign(&log.request(0), Some(&stranger), Latest::NOTHING).unwrap_err();
    assert!(matches!(refusal, Refusal::NotSigned(CheckpointError::Note(_))));
    assert_eq!(refusal.status(), 403);
}

#[test]
fn a_malformed_request_is_refused_with_what_is_wrong() {
    let good = Log::new(5, &[]).request(3).to_string();
    let refused = |from: &str, to: &str| {
        assert!(good.contains(from));
        AddCheckpoint::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    for old in ["old 03", "old +3", "old  3", "old", "new 3", "old 9223372036854775808"] {
        assert_eq!(refused("old 3", old), RequestError::Old);
    }
    let first = good.lines().nth(1).unwrap().to_owned();
    assert_eq!(refused(&first, &first[1..]), RequestError::Hash { line: 2 });
    let endless = format!("{first}\n").repeat(64);
    assert_eq!(refused(&format!("{first}\n"), &endless), RequestError::TooManyHashes);
    assert_eq!(AddCheckpoint::parse(b"old 3\n"), Err(RequestError::NoCheckpoint));
    assert_eq!(AddCheckpoint::parse(b"old 3\n\xff\n"), Err(RequestError::NoCheckpoint));
    assert!(matches!(AddCheckpoint::parse(b"old 3\n\ntext\n"), Err(RequestError::Checkpoint(_))));
}

#[test]
fn the_size_in_a_conflict_has_one_spelling() {
    assert_eq!(parse_known_size(b"20852014\n"), Some(20_852_014));
    for bad in [&b""[..], b"1", b"01\n", b"1\n\n", b"1 \n", b"-1\n", b"9223372036854775808\n"] {
        assert_eq!(parse_known_size(bad), None);
    }
}

fn cosigner(n: u8) -> Cosigner {
    Cosigner::new(&format!("witness.example/w{n}"), &[n; 32]).expect("a key")
}

fn group(threshold: usize, witnesses: &[u8]) -> Group {
    let witnesses = witnesses.iter().map(|n| cosigner(*n).verifier().clone()).collect();
    Group { name: format!("{threshold} of them"), threshold, witnesses }
}

fn cosigned(log: &Log, at: &[(u8, u64)]) -> SignedCheckpoint {
    let mut checkpoint = log.checkpoint();
    for (n, time_s) in at {
        let line = cosigner(*n).cosign(checkpoint.note().text(), *time_s);
        checkpoint.note_mut().add(line);
    }
    checkpoint
}

#[test]
fn a_quorum_takes_enough_of_every_group() {
    let quorum = Quorum::new(vec![group(2, &[1, 2, 3]), group(1, &[4, 5])], 60).unwrap();
    let log = Log::new(5, &[]);
    let reached =
        |at: &[(u8, u64)]| quorum.standing(cosigned(&log, at).note(), 1_000).unwrap().is_reached();
    assert!(reached(&[(1, 1_000), (3, 1_000), (5, 1_000)]));
    assert!(!reached(&[(1, 1_000), (2, 1_000), (3, 1_000)]), "nobody of the second group");
    assert!(!reached(&[(1, 1_000), (4, 1_000), (5, 1_000)]), "one of the first group");
    assert!(!reached(&[(1, 1_000), (1, 999), (4, 1_000)]), "one witness twice");
    assert!(!reached(&[]));
}

#[test]
fn a_cosignature_older_than_two_intervals_is_stale_and_one_from_the_future_does_not_count() {
    let quorum = Quorum::new(vec![group(1, &[1])], 60).unwrap();
    let log = Log::new(5, &[]);
    let stands = |at: &[(u8, u64)]| {
        quorum.standing(cosigned(&log, at).note(), 1_000).unwrap().groups[0].witnesses[0].1
    };
    assert_eq!(stands(&[(1, 880)]), Cosigned::Fresh { at_s: 880 });
    assert_eq!(stands(&[(1, 879)]), Cosigned::Stale { at_s: 879 });
    assert_eq!(stands(&[(1, 1_060)]), Cosigned::Fresh { at_s: 1_060 }, "a clock a little ahead");
    assert_eq!(stands(&[(1, 1_061)]), Cosigned::Future { at_s: 1_061 });
    assert_eq!(stands(&[(1, 1_061), (1, 990)]), Cosigned::Fresh { at_s: 990 });
    let stale = cosigned(&log, &[(1, 100)]);
    let standing = quorum.standing(stale.note(), 1_000).unwrap();
    assert!(standing.is_reached() && !standing.is_fresh());
    let future = cosigned(&log, &[(1, 5_000)]);
    assert!(!quorum.standing(future.note(), 1_000).unwrap().is_reached());
}

#[test]
fn a_cosignature_of_another_checkpoint_or_under_another_name_is_found() {
    let quorum = Quorum::new(vec![group(1, &[1])], 60).unwrap();
    let (log, other) = (Log::new(5, &[]), Log::new(6, &[]));
    let mut moved = log.checkpoint();
    moved.note_mut().add(cosigner(1).cosign(other.checkpoint().note().text(), 1_000));
    assert!(quorum.standing(moved.note(), 1_000).is_err());
    let mut renamed = log.checkpoint();
    let line = Cosigner::new("witness.example/w2", &[1; 32]).unwrap();
    renamed.note_mut().add(line.cosign(log.checkpoint().note().text(), 1_000));
    assert!(!quorum.standing(renamed.note(), 1_000).unwrap().is_reached());
}

#[test]
fn a_group_that_could_never_cosign_or_count_one_witness_twice_is_refused() {
    let refused = |group: Group| Quorum::new(vec![group], 60).unwrap_err();
    assert!(matches!(refused(group(0, &[1])), QuorumError::Threshold { .. }));
    assert!(matches!(refused(group(3, &[1, 2])), QuorumError::Threshold { .. }));
    let mut twice = group(2, &[1, 2]);
    let again = Cosigner::new("another.name", &[1; 32]).unwrap();
    twice.witnesses[1] = again.verifier().clone();
    assert!(matches!(refused(twice), QuorumError::SameKey { .. }));
    let mut log = group(1, &[1]);
    log.witnesses[0] = NoteSigner::new("log", &[1; 32]).unwrap().verifier().clone();
    assert!(matches!(refused(log), QuorumError::NoCosigner { .. }));
}

/// Invariant 20, by trying: every way in which `n` witnesses, `f` of whom cosign anything, can see two
/// conflicting checkpoints in some order.
#[test]
fn two_conflicting_checkpoints_never_both_reach_a_quorum_that_liars_cannot_fill() {
    for n in 1..=5_u32 {
        for k in 1..=n {
            let keys: Vec<u8> = (1..=n as u8).collect();
            let quorum = Quorum::new(vec![group(k as usize, &keys)], 60).unwrap();
            for liars in 0..=n {
                // The worst that honest witnesses allow: each cosigns one of the two.
                let honest = n - liars;
                let both =
                    (0..=honest).any(|first| liars + first >= k && liars + honest - first >= k);
                let tolerated = quorum.liars_tolerated().is_some_and(|f| liars as usize <= f);
                assert_eq!(!both, tolerated || liars + honest < k, "{k} of {n}, {liars} liars");
            }
        }
    }
}

fn split(one: &SignedCheckpoint, other: &SignedCheckpoint, larger: &mut Log) -> Option<SplitView> {
    SplitView::between(one, other, &mut larger.stored).expect("the tiles are there")
}

#[test]
fn two_views_of_a_log_make_a_proof_that_a_third_party_checks_from_its_text_alone() {
    for (common, own) in [(5, 3), (4, 4), (1, 1), (300, 212), (256, 1)] {
        let mut one = Log::new(common, &leaves(own));
        let lie: Vec<_> = leaves(own + 40)[1..].to_vec();
        let mut other = Log::new(common, &lie);
        for (a, b) in
            [(one.checkpoint(), other.checkpoint()), (other.checkpoint(), one.checkpoint())]
        {
            let proof = split(&a, &b, &mut other).expect("a split view");
            let read = SplitView::parse(proof.to_string().as_bytes()).unwrap();
            assert_eq!(read, proof);
            read.verify("example.com/log", &[one.signer.verifier().clone()]).unwrap();
            assert!(read.verify("example.com/other", &[one.signer.verifier().clone()]).is_err());
            let stranger = NoteSigner::new("example.com/log", &[9; 32]).unwrap();
            assert!(read.verify("example.com/log", &[stranger.verifier().clone()]).is_err());
        }
        // Of one size.
        let same = Log::new(common, &lie[..own as usize]);
        let proof = split(&one.checkpoint(), &same.checkpoint(), &mut one).expect("a split view");
        proof.verify("example.com/log", &[one.signer.verifier().clone()]).unwrap();
    }
}

#[test]
fn a_log_that_grew_is_no_split_view_and_nobody_can_make_it_look_like_one() {
    let mut log = Log::new(8, &[]);
    let (empty, before) = (Log::new(0, &[]).checkpoint(), log.checkpoint());
    log.grow(&leaves(300));
    let now = log.checkpoint();
    for earlier in [&empty, &before, &now] {
        assert_eq!(split(earlier, &now, &mut log), None);
    }
    // The proof of a real split, with the honest checkpoint put in the place of the false one.
    let mut fork = Log::new(8, &leaves(301)[1..]);
    let seen = Log::new(8, &leaves(1)).checkpoint();
    let real = split(&seen, &fork.checkpoint(), &mut fork).expect("a split view").to_string();
    let keys = [log.signer.verifier().clone()];
    let framed = real.replace(&fork.checkpoint().to_string(), &now.to_string());
    assert_ne!(framed, real);
    let refused = SplitView::parse(framed.as_bytes()).unwrap().verify("example.com/log", &keys);
    assert!(matches!(refused, Err(SplitViewError::Proof(_))));
    let no_hashes =
        format!("tlog-split-view/v1\nfirst {}\n\n{before}{now}", before.to_string().len());
    let refused = SplitView::parse(no_hashes.as_bytes()).unwrap().verify("example.com/log", &keys);
    assert!(matches!(refused, Err(SplitViewError::Proof(_))));
    let twice = format!("tlog-split-view/v1\nfirst {}\n\n{now}{now}", now.to_string().len());
    let refused = SplitView::parse(twice.as_bytes()).unwrap().verify("example.com/log", &keys);
    assert_eq!(refused, Err(SplitViewError::Consistent));
}

#[test]
fn a_malformed_proof_of_a_split_view_is_refused() {
    let log = Log::new(3, &[]).checkpoint().to_string();
    let parse = |text: &str| SplitView::parse(text.as_bytes());
    assert_eq!(parse(""), Err(SplitViewError::Header));
    assert_eq!(parse("tlog-split-view/v1\nsecond 3\n\n"), Err(SplitViewError::First));
    assert_eq!(parse("tlog-split-view/v1\nfirst 09\n\n"), Err(SplitViewError::First));
    assert_eq!(parse("tlog-split-view/v1\nfirst 9\n\n"), Err(SplitViewError::First));
    assert_eq!(parse("tlog-split-view/v1\nfirst 9\nAAAA\n"), Err(SplitViewError::Hashes));
    let cut = format!("tlog-split-view/v1\nfirst {}\n\n{log}", log.len());
    assert!(matches!(parse(&cut), Err(SplitViewError::Checkpoint { which: "second", .. })));
}
