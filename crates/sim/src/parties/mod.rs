//! A host that may show two views, witnesses, mirrors and a network that carries badly between them.
//!
//! What has to hold: no witness that has its memory vouches for two views, and no two checkpoints that
//! contradict each other both get their quorum. Whoever follows keeps a prefix of one view. Where two views
//! were kept, whoever compares them finds the proof, and where there is one view nobody is accused. What a
//! host calls witnessed never goes back, and is called stale when nobody has vouched for it of late.

mod host;
mod mirror;
mod network;
pub mod runs;
mod witness;

use ledger::collect::{self, Answer};
use ledger::gossip::{self, Views};
use ledger::policy::seconds;
use spacetime::time::Instant;
use tlog::quorum::{Cosigned, Group};
use tlog::{Quorum, SignedCheckpoint, VerifierKey};

use self::host::Host;
use self::mirror::{Following, Outcome, third_party_agrees};
use self::network::Post;
use self::witness::Watching;
use crate::careless::Broken;
use crate::record::Violation;
use crate::runs::{plan_next, some_restart};
use crate::seed::Seeded;

type Checked<T> = Result<T, Violation>;

/// Witnesses, and how many of them make the quorum: one of them may be led to lie.
const WITNESSES: u8 = 4;
const THRESHOLD: usize = 3;
const INTERVAL_S: u64 = 60;

/// What a run did, so that a test can tell that it did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Runs in which the host showed two views.
    pub forks: u64,
    /// Cosignatures that witnesses gave away.
    pub cosigned: u64,
    /// Requests that witnesses refused as another view.
    pub other_views: u64,
    /// Witnesses of which it was noticed that their memory was put back.
    pub went_back: u64,
    /// Checkpoints that got their quorum.
    pub witnessed: u64,
    /// Times that a mirror came up to what it was shown.
    pub followed: u64,
    /// Times that a mirror caught the host.
    pub caught: u64,
    /// Times that comparing two mirrors caught the host.
    pub compared: u64,
    /// Witnesses that lost their memory and refuse to run.
    pub retired: u64,
}

impl Met {
    /// Adds what another run did.
    pub const fn add(&mut self, other: &Self) {
        self.forks += other.forks;
        self.cosigned += other.cosigned;
        self.other_views += other.other_views;
        self.went_back += other.went_back;
        self.witnessed += other.witnessed;
        self.followed += other.followed;
        self.caught += other.caught;
        self.compared += other.compared;
        self.retired += other.retired;
    }
}

/// Everybody who has to do with a log.
pub struct Parties {
    tally: Met,
    seeded: Seeded,
    now: Instant,
    broken: Broken,
    host: Host,
    /// The other view.
    twin: Option<Host>,
    /// Leaves that both views have.
    common: u64,
    posts: Vec<Post>,
    quorum: Quorum,
    mirrors: Vec<Following>,
    /// The size of what each view calls witnessed.
    witnessed: [u64; 2],
    /// For each witness, how many of its cosignatures were judged, and for which views they speak.
    judged: Vec<(usize, [bool; 2])>,
}

impl std::fmt::Debug for Parties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parties").field("tally", &self.tally).finish_non_exhaustive()
    }
}

impl Parties {
    fn new(mut seeded: Seeded, broken: Broken) -> Checked<Self> {
        let said = |fault: &dyn std::fmt::Display| Violation(fault.to_string());
        let host = Host::new(seeded.split(), broken).map_err(|fault| said(&fault))?;
        plan_next(&host.machine, &mut seeded);
        let mut posts = Vec::new();
        for number in 0..WITNESSES {
            let watching = Watching::new(number, seeded.split(), broken);
            posts.push(Post::new(watching.map_err(|fault| said(&fault))?, seeded.split()));
        }
        let witnesses = posts.iter().map(|post| post.watching(|w| w.key().clone())).collect();
        let group = Group { name: "all".to_owned(), threshold: THRESHOLD, witnesses };
        let quorum = Quorum::new(vec![group], INTERVAL_S).map_err(|fault| said(&fault))?;
        let mirrors = (0..2).map(|_| Following::new(seeded.split(), broken)).collect();
        let now = Instant::from_micros(1_000_000_000_000);
        Ok(Self {
            tally: Met::default(),
            seeded,
            now,
            broken,
            host,
            twin: None,
            common: 0,
            posts,
            quorum,
            mirrors,
            witnessed: [0; 2],
            judged: vec![(0, [false; 2]); usize::from(WITNESSES)],
        })
    }

    /// One of the two views, where there are two.
    fn view(&mut self) -> usize {
        if self.twin.is_some() { self.seeded.below(2) as usize } else { 0 }
    }

    fn host(&self, view: usize) -> &Host {
        match &self.twin {
            Some(twin) if view == 1 => twin,
            _ => &self.host,
        }
    }

    fn host_mut(&mut self, view: usize) -> &mut Host {
        match &mut self.twin {
            Some(twin) if view == 1 => twin,
            _ => &mut self.host,
        }
    }

    fn views(&self) -> Vec<&Host> {
        std::iter::once(&self.host).chain(&self.twin).collect()
    }

    fn grow(&mut self) -> Checked<()> {
        let most = if self.seeded.one_in(4) { 400 } else { 8 };
        let (view, entries) = (self.view(), 1 + self.seeded.below(most));
        self.host_mut(view).grow(entries).map_err(|fault| Violation(fault.to_string()))
    }

    /// From here on, the host shows two views.
    fn fork(&mut self) -> Checked<()> {
        if self.twin.is_none() {
            let split = self.seeded.split();
            let twin = self.host.forked(split).map_err(|fault| Violation(fault.to_string()))?;
            self.common = twin.size();
            self.tally.forks += 1;
            plan_next(&twin.machine, &mut self.seeded);
            self.twin = Some(twin);
        }
        Ok(())
    }

    /// A host asks each witness for its cosignature, and publishes what has its quorum.
    fn collect(&mut self) -> Checked<()> {
        let view = self.view();
        let disk = self.host(view).disk();
        let wrong = self.host(view).machine.wrong();
        for n in 0..self.posts.len() {
            self.posts[n].watching(|watching| watching.now = self.now);
            let round = collect::round(&disk, &[&self.posts[n]], INTERVAL_S, self.now);
            if let Ok(round) = &round {
                round.answers.iter().try_for_each(|(_, answer)| self.told(n, answer))?;
            }
            if let Some(violation) = self.posts[n].watching(|watching| watching.violation.take()) {
                return Err(violation);
            }
        }
        self.check_cosigned()?;
        let keys = self.keys();
        let published = collect::cosigned(&disk, &keys).and_then(|checkpoint| {
            let size = checkpoint.checkpoint().size;
            let standing = collect::publish_witnessed(&disk, &checkpoint, &self.quorum, self.now)?;
            Ok(standing.is_reached().then_some(size))
        });
        match published {
            Ok(Some(size)) => {
                self.tally.witnessed += 1;
                self.witnessed[view] = self.witnessed[view].max(size);
            }
            Ok(None) => {}
            Err(_) if self.host(view).machine.wrong() > wrong => {}
            Err(fault) => return broken(&format!("cosignatures are not kept: {fault}")),
        }
        if self.host(view).machine.has_stopped() {
            self.restart_host(view)?;
        }
        Ok(())
    }

    fn keys(&self) -> Vec<VerifierKey> {
        self.posts.iter().map(|post| post.watching(|watching| watching.key().clone())).collect()
    }

    /// An answer that accuses somebody has a reason.
    fn told(&mut self, witness: usize, answer: &Answer) -> Checked<()> {
        match answer {
            Answer::OtherView { .. } if self.twin.is_none() && !self.is_confused(witness) => {
                return broken("a host is accused of a view that there is not");
            }
            Answer::OtherView { .. } => self.tally.other_views += 1,
            Answer::WentBack { .. } if !self.is_confused(witness) => {
                return broken("a witness is accused of having gone back");
            }
            Answer::WentBack { .. } => self.tally.went_back += 1,
            _ => {}
        }
        Ok(())
    }

    /// Whether what a witness seems to say may be an answer to something else: late answers say sizes that
    /// were right before.
    fn is_confused(&self, witness: usize) -> bool {
        // Who gives a witness a new memory is to be caught by what it then cosigns.
        self.posts[witness].was_late()
            || self.posts[witness].watching(|watching| watching.was_set_back)
            || self.broken == Broken::MemoryReplaced
    }

    /// No witness that has its memory vouches for two views, and no two checkpoints that contradict each
    /// other have their quorum.
    fn check_cosigned(&mut self) -> Checked<()> {
        let mut quorum = [0; 2];
        for number in 0..self.posts.len() {
            let (judged, mut of) = self.judged[number];
            let (given, was_set_back) = self.posts[number]
                .watching(|watching| (watching.given[judged..].to_vec(), watching.was_set_back));
            let judged = judged + given.len();
            for (size, root) in given {
                let views = self.views();
                let had: Vec<bool> = views.iter().map(|host| host.had(size, &root)).collect();
                if !had.contains(&true) {
                    return broken("a witness vouches for a tree that no host has");
                }
                // What both views have speaks for neither.
                if size > self.common && views.len() == 2 {
                    of[0] |= had[0];
                    of[1] |= had[1];
                }
            }
            self.judged[number] = (judged, of);
            if of == [true; 2] && !was_set_back && self.broken != Broken::MemoryReplaced {
                return broken(&format!("witness {number} vouches for two views"));
            }
            quorum[0] += usize::from(of[0]);
            quorum[1] += usize::from(of[1]);
        }
        if quorum.iter().all(|count| *count >= THRESHOLD) {
            return broken("two checkpoints that contradict each other have their quorum");
        }
        Ok(())
    }

    /// A mirror follows one of the views.
    fn follow(&mut self, mirror: usize, view: usize, is_sound: bool) -> Checked<()> {
        let (size, common) = (self.host(view).size(), self.common);
        let kept_view = self.view_of(mirror)?;
        let is_two = self.twin.is_some();
        let is_consistent = |kept: u64| {
            !is_two || kept <= common || size <= common || kept_view.is_none_or(|of| of == view)
        };
        let host = match &self.twin {
            Some(twin) if view == 1 => twin,
            _ => &self.host,
        };
        match self.mirrors[mirror].follow(host, is_sound, is_consistent)? {
            Outcome::Followed => self.tally.followed += 1,
            Outcome::Caught if self.twin.is_none() => {
                return broken("a host with one view is said to have two");
            }
            Outcome::Caught => self.tally.caught += 1,
            Outcome::Nothing => {}
        }
        if self.host(view).machine.has_stopped() {
            self.restart_host(view)?;
        }
        Ok(())
    }

    /// Which view a mirror keeps; none where it keeps only what both have.
    fn view_of(&self, mirror: usize) -> Checked<Option<usize>> {
        let size = self.mirrors[mirror].check(&self.views())?;
        if self.twin.is_none() || size <= self.common {
            return Ok(None);
        }
        let root = self.mirrors[mirror].read(|reader| {
            let bytes = reader.checkpoint().ok()?;
            Some(SignedCheckpoint::parse(&bytes).ok()?.checkpoint().root)
        });
        let views = self.views();
        Ok(root.and_then(|root| views.iter().position(|host| host.had(size, &root))))
    }

    /// The two mirrors compare what they were shown.
    fn gossip(&mut self) -> Checked<()> {
        let sizes = [0, 1].map(|mirror| self.mirrors[mirror].check(&self.views()));
        let [first, second] = sizes;
        let (first, second) = (first?, second?);
        if first == 0 || second == 0 {
            return Ok(());
        }
        let views = [self.view_of(0)?, self.view_of(1)?];
        let is_split = matches!(views, [Some(one), Some(other)] if one != other);
        let keys = [host::key()];
        let other = if self.broken == Broken::ViewsMixedUp { 0 } else { 1 };
        let compared = self.mirrors[0]
            .read(|one| self.mirrors[other].read(|other| gossip::compare(one, other, &keys)));
        match compared {
            Ok(Views::Split(proof)) if is_split => {
                self.tally.compared += 1;
                third_party_agrees(&proof)
            }
            Ok(Views::One { .. }) if !is_split => Ok(()),
            other => broken(&format!("two mirrors of {views:?} come to {other:?}")),
        }
    }

    /// What is called witnessed has its quorum, and never goes back.
    fn check_witnessed(&self) -> Checked<()> {
        for (view, host) in self.views().into_iter().enumerate() {
            let Some(bytes) = host.machine.shown(collect::WITNESSED) else {
                if self.witnessed[view] > 0 && view == 0 {
                    return broken("what was witnessed is lost");
                }
                continue;
            };
            let Ok(checkpoint) = SignedCheckpoint::parse(&bytes) else {
                return broken("what is called witnessed is no checkpoint");
            };
            let keys = self.keys();
            let signed = checkpoint.note().verify(&keys);
            if signed.map_or(0, |signed| signed.len()) < THRESHOLD {
                return broken("what is called witnessed has no quorum");
            }
            if checkpoint.checkpoint().size < self.witnessed[view] {
                return broken("what is witnessed went back");
            }
        }
        Ok(())
    }

    /// Long after, every cosignature is called stale.
    fn check_stale(&self) -> Checked<()> {
        self.host.machine.look(true);
        let cosigned = collect::cosigned(&self.host.disk(), &self.keys());
        self.host.machine.look(false);
        let Ok(checkpoint) = cosigned else { return broken("the cosignatures cannot be read") };
        let later_s = if self.broken == Broken::ClockStandsStill { 0 } else { 86_400 };
        let now_s = seconds(self.now) + later_s;
        let Ok(standing) = self.quorum.standing(checkpoint.note(), now_s) else {
            return broken("a cosignature that was kept is false");
        };
        let witnesses = standing.groups.iter().flat_map(|group| &group.witnesses);
        if witnesses.into_iter().any(|(_, stands)| matches!(stands, Cosigned::Fresh { .. })) {
            return broken("a cosignature of yesterday is called fresh");
        }
        Ok(())
    }

    fn restart_host(&mut self, view: usize) -> Checked<()> {
        let how = some_restart(&mut self.seeded);
        let mut seeded = self.seeded.split();
        let host = self.host_mut(view);
        host.restart(how).map_err(|fault| Violation(fault.to_string()))?;
        plan_next(&host.machine, &mut seeded);
        self.check_witnessed()
    }
}

fn broken<T>(what: &str) -> Checked<T> {
    Err(Violation(what.to_owned()))
}
