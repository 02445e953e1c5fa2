//! Arrivals that go with a group after all: where the first few of it had them too far off, since so few
//! place an event badly, or had another of the same microphone instead.

use super::super::scene::{Cluster, Scene};
use super::net::Net;
use super::search::Search;
use super::{NUCLEUS_MIN, SIGMAS};

/// So many times as far off as other arrivals of a group may be, an arrival is still tried with it.
const WIDER: f64 = 4.0;
/// A change has to gain so much, micro-nats.
const LEAST_GAIN: i64 = 1000;

/// Takes arrivals that are of no group into the one that gains most by it; `alone` is each by itself.
pub(super) fn join(
    net: &Net,
    scene: &Scene<'_>,
    search: &Search<'_, '_>,
    alone: &[Cluster],
    taken: &mut [Cluster],
) {
    let mut is_free = vec![true; alone.len()];
    let mut began: Vec<(f64, usize)> = Vec::with_capacity(taken.len());
    for (at, group) in taken.iter().enumerate() {
        group.members.iter().for_each(|&n| is_free[n as usize] = false);
        began.push((search.instant(&group.members, group.at), at));
    }
    began.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for n in (0..search.len()).map(|n| search.number(n)) {
        if !is_free[n as usize] {
            continue;
        }
        let t = scene.one(n).t;
        let from = began.partition_point(|&(t0, _)| t0 < t - search.reach_s());
        let near = began[from..].iter().take_while(|&&(t0, _)| t0 < t + WIDER * SIGMAS);
        let fits = near.filter(|&&(t0, at)| search.off(n, t0, taken[at].at) < WIDER * SIGMAS);
        let tried = fits.filter_map(|&(_, at)| {
            let (gain, group, rival) = with(net, scene, alone, &taken[at], n)?;
            (gain > LEAST_GAIN).then_some((gain, at, group, rival))
        });
        let best = tried.reduce(|best, one| if one.0 > best.0 { one } else { best });
        let Some((_, at, group, rival)) = best else { continue };
        taken[at] = group;
        is_free[n as usize] = false;
        rival.into_iter().for_each(|rival| is_free[rival as usize] = true);
    }
}

/// What is gained by an arrival in a group, the group with it, and the one of its microphone that leaves.
fn with(
    net: &Net,
    scene: &Scene<'_>,
    alone: &[Cluster],
    group: &Cluster,
    one: u32,
) -> Option<(i64, Cluster, Option<u32>)> {
    let unit = scene.one(one).unit;
    let rival = group.members.iter().copied().find(|&n| scene.one(n).unit == unit);
    let mut members: Vec<u32> =
        group.members.iter().copied().filter(|&n| Some(n) != rival).chain([one]).collect();
    if members.len() < NUCLEUS_MIN {
        return None;
    }
    members.sort_unstable();
    let joined = net.weighed(scene, members, group.at);
    let freed = rival.map_or(0, |n| alone[n as usize].score);
    let gain = joined.score + freed - group.score - alone[one as usize].score;
    Some((gain, joined, rival))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fusion::associate::associate;
    use crate::fusion::by_hand::{heard, see};

    #[test]
    fn an_arrival_that_was_left_out_of_its_group_joins_it_and_a_worse_one_of_its_sensor_leaves() {
        let posts = [(0.0, 0.0), (6.0, 0.5), (0.5, 6.0), (6.5, 6.0), (3.0, 9.0), (9.0, 3.0)];
        let (at, sound_km_s) = ((3.2, 2.7), 0.3432);
        let arrival = |id: &str, (x, y): (f64, f64), late: f64| {
            let way = ((x - at.0) * (x - at.0) + (y - at.1) * (y - at.1)).sqrt();
            let t = 10.0 + way / sound_km_s + late;
            heard(
                id,
                (x, y),
                t,
                &json!({ "arrival": { "at": format!("2017-07-10T05:30:{t:09.6}Z"), "sd_s": 0.005 } }),
            )
        };
        let mut lines: Vec<_> = posts
            .iter()
            .zip("abcdef".chars())
            .map(|(&post, id)| arrival(&id.to_string(), post, 0.0))
            .collect();
        lines.push(arrival("late", posts[5], 0.12));
        see(&lines, |scene| {
            let (groups, _, alone, _) = associate(scene);
            let whole =
                groups.iter().find(|group| group.members.len() == 6).expect("all six go together");
            let stray = (0..7).find(|n| !whole.members.contains(n)).expect("the late one is left");
            let unit = scene.one(stray).unit;
            let right =
                *whole.members.iter().find(|&&n| scene.one(n).unit == unit).expect("its rival");
            let (net, search) =
                (scene.net.expect("six are a net"), Search::of(scene).expect("it is searched"));
            let five: Vec<u32> = whole.members.iter().copied().filter(|&n| n != right).collect();
            let with_stray = || {
                let mut members = [&five[..], &[stray]].concat();
                members.sort_unstable();
                members
            };
            for members in [five.clone(), with_stray()] {
                let mut taken = vec![net.weighed(scene, members, whole.at)];
                join(net, scene, &search, &alone, &mut taken);
                assert_eq!(taken[0].members, whole.members);
            }
        });
    }
}
