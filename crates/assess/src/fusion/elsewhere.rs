//! Where each report might belong instead, and how likely.
//!
//! The partition that is told is the best that was found, and others may be nearly as good. So each report
//! is held against every other place that it could have while all else stays as it is: alone; in a
//! neighbouring group; there instead of the one that does not go with it; or with one of that group apart
//! from the others. The weights of these against the best say how sure it is that a report belongs where it
//! was put: probabilities and regions are of all of them, and not of the best alone.

use std::collections::BTreeMap;

use super::gate::Pairs;
use super::scene::{Cluster, Scene};

/// Reports of a group this large are not tried elsewhere one by one: so many agree that they stay.
const MEMBERS_MAX: usize = 12;
/// A pair that is less likely than this, micro-nats, is not broken out of its group.
const BREAKS_OUT: i64 = -3_000_000;
/// What is less likely than this against the best, nats, changes no region.
const LEAST_LN: f64 = -4.0;
/// Most ways of having a group that a region is made of.
pub(super) const CASES_MAX: usize = 6;
/// And of one of which no more than cells are told.
pub(super) const CASES_ROUGHLY_MAX: usize = 3;
/// Larger groups are not thought of as in pieces in several others.
const SCATTERED_MAX: usize = 6;

/// Another place for a report.
#[derive(Clone, Copy, Debug)]
struct Home {
    group: usize,
    /// ln of how much likelier it is there than alone.
    ln: f64,
    /// With whom it is there: one of the group, or all of it.
    with: Option<u32>,
    /// Whoever of the group has to leave.
    without: Option<u32>,
}

/// Members that a group may have instead, and ln of how likely against those that it was given.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) members: Vec<u32>,
    pub(crate) ln_weight: f64,
    /// ln of the integral of its likelihood over the plane.
    pub(crate) ln_integral: f64,
}

/// What else the reports of all groups might be.
#[derive(Debug)]
pub(crate) struct Elsewhere<'s, 'a> {
    scene: &'s Scene<'a>,
    pairs: &'s Pairs,
    alone: &'s [Cluster],
    groups: &'s [Cluster],
    /// The group of each report.
    of: Vec<usize>,
    /// ln of how likely it is that a report leaves its group to be alone, against staying.
    leaves: Vec<f64>,
    /// Each group without one of its members, where that was looked at.
    rests: BTreeMap<u32, Cluster>,
    homes: Vec<Vec<Home>>,
    /// ln of all that a report may be outside its group, against being alone, while nobody takes its place.
    away: Vec<f64>,
    /// ln of all ways in which another report takes its place and it takes that of the other, against staying.
    swaps: Vec<f64>,
}

impl<'s, 'a> Elsewhere<'s, 'a> {
    pub(crate) fn of(
        scene: &'s Scene<'a>,
        pairs: &'s Pairs,
        alone: &'s [Cluster],
        groups: &'s [Cluster],
    ) -> Self {
        let mut of = vec![0; alone.len()];
        for (at, group) in groups.iter().enumerate() {
            group.members.iter().for_each(|&n| of[n as usize] = at);
        }
        let (leaves, rests) = (vec![f64::NEG_INFINITY; alone.len()], BTreeMap::new());
        let count = alone.len();
        let (homes, away, swaps) = (vec![Vec::new(); count], Vec::new(), Vec::new());
        let mut new = Self { scene, pairs, alone, groups, of, leaves, rests, homes, away, swaps };
        for group in groups {
            new.leave(group);
        }
        new.homes = (0..count as u32).map(|one| new.homes_of(one)).collect();
        new.away = (0..count as u32).map(|one| new.reckoned_away(one)).collect();
        new.swaps = (0..count as u32).map(|one| new.reckoned_swaps(one)).collect();
        new
    }

    fn reckoned_away(&self, one: u32) -> f64 {
        let homes = self.homes[one as usize].iter();
        libm::log1p(homes.map(|home| exp(home.ln + self.room(one, home))).sum())
    }

    fn reckoned_swaps(&self, one: u32) -> f64 {
        let homes = self.homes[one as usize].iter();
        libm::log(homes.map(|home| exp(self.swap(one, home))).sum())
    }

    /// ln of all that whoever makes room for a report may be, against being alone, while it does not take
    /// the place of that.
    fn room(&self, one: u32, home: &Home) -> f64 {
        let Some(freed) = home.without else { return 0.0 };
        let others = self.homes[freed as usize].iter().filter(|other| other.without != Some(one));
        libm::log1p(others.map(|other| exp(other.ln)).sum())
    }

    /// ln of how likely it is, against the best, that a report and whoever makes room for it change places.
    /// Each alone cancels out of the two.
    fn swap(&self, one: u32, home: &Home) -> f64 {
        let Some(freed) = home.without else { return f64::NEG_INFINITY };
        let mut others = self.homes[freed as usize].iter();
        let back = others.find(|other| other.without == Some(one));
        back.map_or(f64::NEG_INFINITY, |back| home.ln + back.ln)
    }

    /// ln of how likely a report is in another home, against the best.
    fn goes(&self, one: u32, home: &Home) -> f64 {
        let leaves = self.leaves[one as usize];
        libm::log(exp(leaves + home.ln + self.room(one, home)) + exp(self.swap(one, home)))
    }

    /// What it costs each member to leave.
    fn leave(&mut self, group: &Cluster) {
        let members = &group.members;
        for (at, &one) in members.iter().enumerate() {
            let ln = match members[..] {
                [_] => 0.0,
                [a, b] => {
                    let apart = self.alone[a as usize].score + self.alone[b as usize].score;
                    nats(apart - group.score)
                }
                _ if members.len() > MEMBERS_MAX => continue,
                _ => {
                    let mut rest = members.clone();
                    rest.remove(at);
                    let rest = self.weighed(rest, group);
                    let ln = nats(rest.score + self.alone[one as usize].score - group.score);
                    self.rests.insert(one, rest);
                    ln
                }
            };
            self.leaves[one as usize] = ln;
        }
    }

    /// A group's cluster: those of two were weighed before.
    fn weighed(&self, members: Vec<u32>, near: &Cluster) -> Cluster {
        if let [a, b] = members[..]
            && let Some(known) = self.pairs.cluster(a, b)
        {
            return known.clone();
        }
        self.scene.cluster(members, &[near.at])
    }

    fn homes_of(&self, one: u32) -> Vec<Home> {
        let mut near: BTreeMap<usize, Vec<(u32, i64)>> = BTreeMap::new();
        for &(other, gain) in &self.pairs.of[one as usize] {
            let group = self.of[other as usize];
            if group != self.of[one as usize] {
                near.entry(group).or_default().push((other, gain));
            }
        }
        let mut homes = Vec::new();
        for (group, fits) in near {
            let host = &self.groups[group];
            if host.members.len() > 1 {
                homes.extend(self.joined(one, group, &fits));
            }
            for &(other, gain) in &fits {
                let leaves = self.leaves[other as usize];
                if host.members.len() == 1 || gain > BREAKS_OUT && leaves > f64::NEG_INFINITY {
                    let ln = nats(gain) + leaves;
                    // Of two the other makes room.
                    let without = match host.members[..] {
                        [a, b] => Some(if a == other { b } else { a }),
                        _ => None,
                    };
                    homes.push(Home { group, ln, with: Some(other), without });
                }
            }
        }
        homes
    }

    /// A report with a group that it goes with, but for one at most.
    fn joined(&self, one: u32, group: usize, fits: &[(u32, i64)]) -> Option<Home> {
        let host = &self.groups[group];
        let goes = |n: &&u32| fits.iter().any(|(fit, _)| fit == *n);
        let mut others = host.members.iter().filter(|n| !goes(n));
        let without = others.next().copied();
        if others.next().is_some() || without.is_some() && host.members.len() == 2 {
            return None;
        }
        let mut members: Vec<u32> =
            host.members.iter().copied().filter(|&n| Some(n) != without).collect();
        members.push(one);
        members.sort_unstable();
        let with = self.weighed(members, host);
        let freed = without.map_or(0, |n| self.alone[n as usize].score);
        let ln = nats(with.score + freed - host.score - self.alone[one as usize].score);
        Some(Home { group, ln, with: None, without })
    }

    /// ln of how likely a report belongs elsewhere, against where it was put.
    fn parts(&self, one: u32) -> f64 {
        libm::log(
            exp(self.leaves[one as usize] + self.away[one as usize])
                + exp(self.swaps[one as usize]),
        )
    }

    /// How likely a report belongs where it was put.
    pub(crate) fn belongs(&self, one: u32) -> f64 {
        if self.groups[self.of[one as usize]].members.len() == 1 {
            return 1.0;
        }
        1.0 / (1.0 + libm::exp(self.parts(one).min(60.0)))
    }

    /// How likely it is that one event lies behind more than half of the reports of a group; `ln_odds`
    /// is of the group against as many strays.
    pub(crate) fn p_real(&self, group: &Cluster, ln_odds: f64) -> f64 {
        let away = |n: &u32| self.away[*n as usize];
        if let [one] = group.members[..] {
            // Real alone, or wherever else it belongs; against a stray.
            let odds = libm::exp(ln_odds.min(40.0));
            let real = odds + libm::expm1(away(&one).min(60.0)) * (1.0 + odds);
            return real / (1.0 + real);
        }
        let members = &group.members;
        let apart: i64 = members.iter().map(|&n| self.alone[n as usize].score).sum();
        let apart = nats(apart) - ln_odds;
        // No two of them together; of two, one may have changed places with another report; of four also two
        // and two, or two and nobody else.
        let mut ways = vec![apart + self.scattered(members)];
        if let [a, b] = members[..] {
            ways.extend([a, b].map(|n| self.swaps[n as usize]));
        }
        if let [a, b, c, d] = members[..] {
            for (x, y, z, w) in [(a, b, c, d), (a, c, b, d), (a, d, b, c)] {
                let gains = (self.pairs.gain(x, y).map(nats), self.pairs.gain(z, w).map(nats));
                ways.extend(gains.0.map(|gain| apart + gain + away(&z) + away(&w)));
                ways.extend(gains.1.map(|gain| apart + gain + away(&x) + away(&y)));
                ways.extend(gains.0.zip(gains.1).map(|(one, other)| apart + one + other));
            }
        }
        let odds: f64 = ways.into_iter().map(|ln| libm::exp(ln.min(60.0))).sum();
        1.0 / (1.0 + odds)
    }

    /// ln of all ways in which the reports of a group are apart, against each being alone: no two of them in
    /// one other group, since they would be together there.
    fn scattered(&self, members: &[u32]) -> f64 {
        if members.len() > SCATTERED_MAX {
            return 0.0;
        }
        let mut groups: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (at, &one) in members.iter().enumerate() {
            for home in &self.homes[one as usize] {
                let own = groups.entry(home.group).or_insert_with(|| vec![0.0; members.len()]);
                own[at] += exp(home.ln);
            }
        }
        // By which of the members are in some group.
        let mut ways = vec![0.0; 1 << members.len()];
        ways[0] = 1.0;
        for own in groups.values() {
            for placed in (1..ways.len()).rev() {
                let last = (0..members.len()).filter(|at| placed >> at & 1 == 1);
                let more: f64 = last.map(|at| ways[placed & !(1 << at)] * own[at]).sum();
                ways[placed] += more;
            }
        }
        libm::log(ways.iter().sum())
    }

    /// The ways of having a group that matter to where it was, up to `most`, the one that was found first.
    pub(crate) fn cases(&self, group: &Cluster, most: usize) -> Vec<Case> {
        let members = &group.members;
        let case = |cluster: &Cluster, ln_weight: f64| Case {
            members: cluster.members.clone(),
            ln_weight,
            ln_integral: cluster.ln_integral,
        };
        let mut cases = vec![case(group, 0.0)];
        let mut others = Vec::new();
        if let [one] = members[..] {
            let base = -libm::log1p(libm::exp((-group.ln_odds).min(60.0)));
            for home in &self.homes[one as usize] {
                let ln = home.ln + self.room(one, home) - base;
                if ln > LEAST_LN {
                    others.push(case(&self.housed(one, home), ln));
                }
            }
        } else {
            self.others(group, &mut others, case);
        }
        others.sort_by(|a, b| b.ln_weight.total_cmp(&a.ln_weight).then(a.members.cmp(&b.members)));
        cases.extend(others.into_iter().take(most - 1));
        cases
    }

    /// The other ways of having a group of several.
    fn others(
        &self,
        group: &Cluster,
        others: &mut Vec<Case>,
        case: impl Fn(&Cluster, f64) -> Case,
    ) {
        let members = &group.members;
        for &one in members {
            let ln = self.leaves[one as usize] + self.away[one as usize];
            if let Some(rest) = self.rests.get(&one).filter(|_| ln > LEAST_LN) {
                others.push(case(rest, ln));
            }
        }
        let at = self.of[members[0] as usize];
        let near = members.iter().flat_map(|&n| &self.pairs.of[n as usize]).map(|&(n, _)| n);
        let near: std::collections::BTreeSet<u32> = near.collect();
        for one in near {
            let here = self.homes[one as usize]
                .iter()
                .find(|home| home.group == at && home.with.is_none());
            let Some(here) = here else { continue };
            let ln = self.goes(one, here);
            if ln > LEAST_LN {
                others.push(case(&self.housed(one, here), ln));
            }
        }
    }

    /// A report in another home.
    fn housed(&self, one: u32, home: &Home) -> Cluster {
        let host = &self.groups[home.group];
        let stay = host.members.iter().copied();
        let stay = stay.filter(|&n| home.with.map_or(Some(n) != home.without, |with| n == with));
        let mut members: Vec<u32> = stay.chain([one]).collect();
        members.sort_unstable();
        self.weighed(members, host)
    }
}

/// Of what cannot be told apart from being certain, no more.
fn exp(ln: f64) -> f64 {
    libm::exp(ln.min(60.0))
}

fn nats(micro_nats: i64) -> f64 {
    micro_nats as f64 * 1e-6
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fusion::associate::associate;
    use crate::fusion::by_hand::{heard, see};

    const ONE: (f64, f64) = (0.0, 0.0);
    const OTHER: (f64, f64) = (3.0, 1.0);

    /// Where an event about four kilometres off would be heard from, by count.
    fn from(post: (f64, f64), id: &str, t: f64, deg: u32) -> serde_json::Value {
        let bearing = json!({ "bearing": { "deg": deg, "sd_deg": 6 },
            "range": { "min_m": 3000, "max_m": 5000 } });
        heard(id, post, t, &bearing)
    }

    #[test]
    fn two_reports_that_may_as_well_have_changed_places_are_not_sure_of_their_own() {
        // Two posts heard two events from one place in one minute: which goes with which is anybody's guess.
        let lines = [
            from(ONE, "a", 60.0, 36),
            from(ONE, "b", 66.0, 37),
            from(OTHER, "c", 60.5, 349),
            from(OTHER, "d", 66.5, 350),
        ];
        see(&lines, |scene| {
            let (groups, pairs, alone, _) = associate(scene);
            assert_eq!(groups.iter().map(|group| group.members.len()).collect::<Vec<_>>(), [2, 2]);
            let elsewhere = Elsewhere::of(scene, &pairs, &alone, &groups);
            for n in 0..4 {
                let belongs = elsewhere.belongs(n);
                assert!((0.3..0.65).contains(&belongs), "{n}: {belongs}");
            }
        });
    }

    #[test]
    fn a_report_alone_may_be_where_the_group_is_that_it_was_left_out_of() {
        // One post reports twice what another heard once: one of the two is left out.
        let lines =
            [from(ONE, "a", 60.0, 36), from(ONE, "b", 70.0, 40), from(OTHER, "c", 64.0, 349)];
        see(&lines, |scene| {
            let (groups, pairs, alone, _) = associate(scene);
            let elsewhere = Elsewhere::of(scene, &pairs, &alone, &groups);
            let lone = groups.iter().find(|group| group.members.len() == 1).expect("one is alone");
            let cases = elsewhere.cases(lone, CASES_MAX);
            assert!(cases.len() > 1 && cases[1].members.len() == 2, "{cases:?}");
            assert!(cases[1].members.contains(&lone.members[0]));
            assert_eq!(elsewhere.cases(lone, 1).len(), 1);
        });
    }
}
