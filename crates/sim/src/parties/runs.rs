//! A run of chance of everybody who has to do with a log.

use spacetime::time::Duration;

use super::{Met, Parties};
use crate::careless::Broken;
use crate::record::Violation;
use crate::seed::Seeded;

/// Things done in a run.
const ACTS: u64 = 40;
/// Of so many runs, one has a host that never forks.
const HONEST_ONE_IN: u64 = 3;

/// A run of chance: a log that grows and may be shown in two views, cosignatures that are asked for,
/// mirrors that follow and compare; machines that stop, calls that fail, messages that are lost, doubled,
/// delayed, reordered and cut, clocks that jump, a witness that loses its memory and one that is put back
/// from a copy. The same seed makes the same run.
///
/// # Errors
/// When a promise is broken.
pub fn by_chance(seed: u64, broken: Broken) -> Result<Met, Violation> {
    let mut seeded = Seeded::new(seed);
    let mut parties = Parties::new(seeded.split(), broken)?;
    let is_honest = seeded.one_in(HONEST_ONE_IN);
    for _ in 0..ACTS {
        jump(&mut parties, &mut seeded);
        act(&mut parties, &mut seeded, is_honest)?;
    }
    end(&mut parties)?;
    parties.tally.cosigned =
        parties.posts.iter().map(|post| post.watching(|w| w.given.len() as u64)).sum();
    Ok(parties.tally)
}

fn jump(parties: &mut Parties, seeded: &mut Seeded) {
    let by = match seeded.below(12) {
        0 => -(seeded.below(400) as i64),
        1 => 86_400,
        _ => seeded.below(60) as i64,
    };
    parties.now = parties.now.plus(Duration::from_seconds(by));
}

fn act(parties: &mut Parties, seeded: &mut Seeded, is_honest: bool) -> Result<(), Violation> {
    match seeded.below(30) {
        0..8 => parties.grow(),
        8..15 => parties.collect(),
        15..22 => {
            // Each mirror is mostly shown one view; now and then the other.
            let mirror = seeded.below(2) as usize;
            let view = if seeded.one_in(6) { 1 - mirror } else { mirror };
            let view = if parties.twin.is_some() { view } else { 0 };
            parties.follow(mirror, view, seeded.one_in(4))
        }
        22..24 => parties.gossip(),
        24 if !is_honest => parties.fork(),
        25 => {
            let post = &parties.posts[1 + seeded.below(3) as usize];
            post.watching(super::Watching::restart);
            Ok(())
        }
        26 => {
            parties.mirrors[seeded.below(2) as usize].restart();
            Ok(())
        }
        27 => {
            let view = parties.view();
            parties.restart_host(view)
        }
        // One witness at the most is led to lie, and the quorum allows for one.
        28 => {
            parties.posts[0].watching(super::Watching::copy_or_set_back);
            Ok(())
        }
        29 => {
            parties.forget(seeded);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The end of every run: nothing more goes wrong. Whoever was shown two views has the proof, and whoever
/// was shown one accuses nobody.
fn end(parties: &mut Parties) -> Result<(), Violation> {
    for mirror in 0..2 {
        let view = if parties.twin.is_some() { mirror } else { 0 };
        parties.follow(mirror, view, true)?;
    }
    parties.gossip()?;
    if parties.twin.is_some() {
        // One that is shown both sees it by itself.
        parties.follow(0, 1, true)?;
    }
    parties.restart_host(0)?;
    parties.check_cosigned()?;
    parties.check_stale()
}

impl Parties {
    /// A witness loses its memory for good; always the same, so that a quorum is left; unless somebody
    /// gives them all new ones.
    fn forget(&mut self, seeded: &mut Seeded) {
        if self.broken == Broken::MemoryReplaced {
            self.posts.iter().for_each(|post| post.watching(super::Watching::forget));
        } else if seeded.one_in(2) {
            self.posts[1].watching(super::Watching::forget);
            self.tally.retired += 1;
        }
    }
}
