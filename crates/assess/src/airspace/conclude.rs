//! The shards joined: findings in their one order, and what coverage says of each volume.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use agreement::{Address, Digest, TrackPoint};
use spacetime::{Duration, Instant, Interval};

use super::authorised::{Leave, authorisation_for};
use super::contact::{Judged, Pending};
use super::coverage::{Loss, Watch};
use super::crowd::{CellTime, Census, Crowd, contested_cells};
use super::dispatch::{Block, Dispatch, RUN_POINTS_MAX};
use super::happened::{Ended, Found, Happened};
use super::picture::{AirTally, AirspacePicture};
use super::shard::Shard;
use super::sketch::Sketches;
use super::volumes::Airspace;
use crate::alert::{Alert, AlertKind};
use crate::anomaly::{Anomaly, AnomalyKind, AnomalySubject};
use crate::finding::{Confidence, Finding, Reason, Recorded, Subject, Verdict};

/// What only shows when all shards are together.
#[derive(Debug)]
struct Joined {
    cells: BTreeMap<CellTime, Anomaly>,
    shared: BTreeMap<Address, Vec<(Interval, u64)>>,
    /// When the positions of each aircraft were frozen, from the first that stayed.
    frozen: BTreeMap<Address, Vec<Interval>>,
    as_of: Instant,
}

/// All that was seen, by which findings in the making become findings.
#[derive(Debug)]
pub struct Conclusion<'a> {
    airspace: &'a Airspace<'a>,
    joined: Joined,
    crowd: Crowd,
    losses: Vec<Loss>,
    span: Option<(Instant, Instant)>,
    /// Counts.
    pub tally: AirTally,
}

/// What findings about aircraft come to, one after the other.
#[derive(Debug, Default)]
pub struct Seen {
    /// Volumes that somebody was in, or may have been, by rank.
    met: BTreeSet<u32>,
    gravest: BTreeMap<Address, Verdict>,
}

impl Seen {
    /// The gravest verdict about an aircraft.
    #[must_use]
    pub fn gravest(&self, aircraft: Address) -> Verdict {
        self.gravest.get(&aircraft).copied().unwrap_or(Verdict::Clear)
    }
}

impl Airspace<'_> {
    /// What points in merged order come to, all at once and on this thread.
    #[must_use]
    pub fn picture_of(&self, points: &[TrackPoint]) -> AirspacePicture {
        let (mut dispatch, mut shards) = self.shares(NonZeroU32::MIN);
        let mut block = Block::default();
        for run in points.chunks(RUN_POINTS_MAX) {
            dispatch.pass(run.to_vec(), &mut block);
            shards.iter_mut().for_each(|shard| shard.follow(&block));
            block.clear();
        }
        self.conclude(dispatch, shards)
    }

    /// Joins what the shares of the aircraft came to, when every block has been followed and
    /// nothing was taken away.
    ///
    /// # Panics
    /// When they are not all the shares that `dispatch` handed points to.
    #[must_use]
    pub fn conclude(&self, dispatch: Dispatch<'_>, shards: Vec<Shard<'_>>) -> AirspacePicture {
        let (happened, conclusion) = self.close(dispatch, shards);
        let Happened { found, mut alerts, mut anomalies, sketches } = happened;
        let mut seen = Seen::default();
        found.iter().for_each(|found| conclusion.see(found, &mut seen));
        let mut findings: Vec<Recorded> =
            found.into_iter().map(|found| conclusion.finding(found)).collect();
        findings.extend(conclusion.coverage(&seen));
        findings.sort_by(|a, b| a.finding.listed(&b.finding));
        alerts.sort_unstable();
        anomalies.sort_unstable();
        let mut drawn = Sketches::default();
        sketches.into_iter().for_each(|one| drawn.add(seen.gravest(one.aircraft), one));
        let (sketches, sketches_left_out) = drawn.finish();
        AirspacePicture {
            findings,
            alerts,
            anomalies,
            sketches,
            sketches_left_out,
            not_judged: self.not_judged().to_vec(),
            tally: conclusion.tally,
        }
    }

    /// Ends every flight, when every block has been followed: the last of what happened, and what
    /// turns what was found into findings.
    ///
    /// # Panics
    /// When they are not all the shares that `dispatch` handed points to.
    #[must_use]
    pub fn close(
        &self,
        dispatch: Dispatch<'_>,
        shards: Vec<Shard<'_>>,
    ) -> (Happened, Conclusion<'_>) {
        assert_eq!(dispatch.shares as usize, shards.len(), "every share is there");
        let Dispatch { mut crowd, span, points_outside_period, .. } = dispatch;
        let latest = span.map_or(self.setting.period.start(), |(_, latest)| latest);
        let mut census: BTreeMap<CellTime, Census> = BTreeMap::new();
        let mut frozen: BTreeMap<Address, Vec<Interval>> = BTreeMap::new();
        let mut ended: BTreeMap<(i16, i16), Ended> = BTreeMap::new();
        let (mut happened, mut losses) = (Happened::default(), Vec::new());
        let mut tally = AirTally { points_outside_period, ..AirTally::default() };
        for shard in shards {
            let mut follower = shard.finish(latest);
            for (cell, counted) in follower.census {
                let sum = census.entry(cell).or_default();
                sum.aircraft += counted.aircraft;
                sum.degraded += counted.degraded;
            }
            for (address, stretch) in follower.frozen {
                frozen.entry(address).or_default().push(stretch);
            }
            for (cell, more) in follower.ended {
                ended.entry(cell).and_modify(|known| known.join(more)).or_insert(more);
            }
            losses.extend(follower.losses);
            happened.append(&mut follower.happened);
            tally = AirTally::plus(tally, follower.tally);
        }
        crowd.finish(latest);
        let joined = Joined {
            cells: contested_cells(&census, &self.pack.parameters),
            shared: std::mem::take(&mut crowd.shared),
            frozen,
            as_of: self.as_of(span),
        };
        happened.anomalies.extend(self.crowd_anomalies(&crowd, &joined));
        happened.anomalies.extend(ended.into_iter().map(ended_in));
        happened.alerts.extend(self.feed_alerts(&crowd));
        let airspace = self;
        (happened, Conclusion { airspace, joined, crowd, losses, span, tally })
    }

    /// Up to when the input reaches: the end of the period if it has one, otherwise just after
    /// the last point.
    fn as_of(&self, span: Option<(Instant, Instant)>) -> Instant {
        let period = self.setting.period;
        if period.end() < Instant::MAX {
            return period.end();
        }
        span.map_or(period.start(), |(_, latest)| latest.plus(Duration::from_micros(1)))
    }

    fn crowd_anomalies(&self, crowd: &Crowd, joined: &Joined) -> Vec<Anomaly> {
        let mut anomalies: Vec<Anomaly> = joined.cells.values().cloned().collect();
        for (&aircraft, stretches) in &joined.shared {
            anomalies.extend(stretches.iter().map(|&(interval, times)| Anomaly {
                interval,
                kind: AnomalyKind::SharedPosition,
                subject: AnomalySubject::Aircraft(aircraft),
                times,
                evidence: None,
                locator: None,
            }));
        }
        anomalies.extend(crowd.silences.iter().map(|&(input, interval)| Anomaly {
            interval,
            kind: AnomalyKind::FeedSilent,
            subject: AnomalySubject::Feed(input, self.sensor(input).map(|s| s.id.clone())),
            times: 1,
            evidence: None,
            locator: None,
        }));
        anomalies
    }

    fn feed_alerts(&self, crowd: &Crowd) -> Vec<Alert> {
        let limit = Duration::from_seconds(self.pack.parameters.lost_after_s);
        let alert = |&(input, silence): &(u16, Interval)| Alert {
            raised_at: silence.start().plus(limit),
            kind: AlertKind::FeedSilent,
            aircraft: None,
            clause: None,
            entry_predicted_at: None,
            feed: Some((input, self.sensor(input).map(|s| s.id.clone()))),
        };
        crowd.silences.iter().map(alert).collect()
    }
}

impl Conclusion<'_> {
    /// Notes what a finding in the making comes to. All must have been seen before what is said
    /// of everybody is asked for.
    pub fn see(&self, found: &Found, seen: &mut Seen) {
        let mut judged = found.pending.judged();
        let _ = self.settle(found, &mut judged);
        let gravest = seen.gravest.entry(found.address).or_insert(judged.verdict);
        *gravest = (*gravest).min(judged.verdict);
        if judged.verdict != Verdict::Clear {
            seen.met.insert(found.rank);
        }
    }

    /// The finding.
    #[must_use]
    pub fn finding(&self, found: Found) -> Recorded {
        let mut judged = found.pending.judged();
        let authorisation = self.settle(&found, &mut judged);
        let pending = found.pending;
        let airspace = self.airspace;
        let volume = &airspace.volumes[pending.volume as usize];
        let evidence = pending.evidence.iter().map(|(digest, _)| *digest);
        let finding = Finding {
            clause: volume.clause.clone(),
            clause_status: volume.status,
            agreement_version: airspace.pack.version,
            audience: airspace.setting.audience.clone(),
            as_of: self.joined.as_of,
            supersedes: None,
            verdict: judged.verdict,
            reason: judged.reason,
            subject: Subject::Aircraft(found.address),
            interval: pending.interval,
            area: volume.area.clone(),
            margin: pending.measured(&volume.volume.area),
            confidence: judged.confidence,
            evidence: evidence.chain(authorisation).collect(),
            rules: airspace.rules,
        };
        Recorded { finding: finding.sealed(), locators: pending.evidence }
    }

    /// Changes what was judged by what only shows when all is seen; the authorisation that
    /// speaks for it, if one does.
    fn settle(&self, found: &Found, judged: &mut Judged) -> Option<Digest> {
        let Found { address, callsigns, pending, .. } = found;
        let volume = &self.airspace.volumes[pending.volume as usize];
        let contested = match judged.verdict {
            Verdict::Breach => self.joined.contests(*address, pending),
            Verdict::Clear => self.joined.speaks_against(*address, pending),
            Verdict::Alleged | Verdict::Undetermined => false,
        };
        if contested {
            judged.verdict = Verdict::Undetermined;
            judged.reason = Reason::Contested;
            judged.confidence = Confidence::Contested;
        }
        if judged.verdict == Verdict::Breach && volume.binds_some {
            judged.verdict = Verdict::Undetermined;
            judged.reason = Reason::SideUnknown;
        }
        // Whoever flies under an address that is contested may not be whom it was given to.
        if judged.verdict == Verdict::Clear || judged.reason == Reason::Contested {
            return None;
        }
        let authorisations = &self.airspace.setting.authorisations;
        let during = |when| authorisation_for(authorisations, volume, *address, callsigns, when);
        // Whoever could have been inside before or after has leave for that time too, or it
        // is not known that it kept to it.
        let throughout = during(pending.possible).map(|lifted| (lifted, true));
        let lifted = throughout.or_else(|| Some((during(pending.interval)?, false)));
        let ((leave, authorisation), throughout) = lifted?;
        (judged.verdict, judged.reason) = match (leave, throughout) {
            (Leave::Matches, true) => (Verdict::Clear, Reason::Authorised),
            (Leave::Matches, false) => (Verdict::Undetermined, Reason::AuthorisationTooShort),
            (Leave::CallsignNotHeard, _) => {
                (Verdict::Undetermined, Reason::AuthorisationUnconfirmed)
            }
        };
        Some(authorisation)
    }

    /// What can be said of everybody in each volume: who could have seen them.
    #[must_use]
    pub fn coverage(&self, seen: &Seen) -> Vec<Recorded> {
        let (airspace, as_of) = (self.airspace, self.joined.as_of);
        let Some((first, _)) = self.span else { return Vec::new() };
        let start = airspace.setting.period.start().max(first);
        let Ok(period) = Interval::new(start, as_of) else { return Vec::new() };
        let watch = Watch::new(airspace, &self.crowd, &self.losses, period);
        let said = airspace.volumes.iter().filter_map(|volume| {
            let (verdict, reason, evidence) = watch.of(volume)?;
            // Somebody was seen, or may have been: their own findings say so.
            if verdict == Verdict::Clear && seen.met.contains(&volume.rank) {
                return None;
            }
            let finding = Finding {
                clause: volume.clause.clone(),
                clause_status: volume.status,
                agreement_version: airspace.pack.version,
                audience: airspace.setting.audience.clone(),
                as_of,
                supersedes: None,
                verdict,
                reason,
                subject: Subject::Everybody,
                interval: period,
                area: volume.area.clone(),
                margin: crate::finding::Margin::default(),
                confidence: Confidence::Coverage,
                evidence,
                rules: airspace.rules,
            };
            Some(Recorded { finding: finding.sealed(), locators: Vec::new() })
        });
        said.collect()
    }
}

/// Tracks that ended far from every volume, as where traffic leaves the coverage: one anomaly a
/// cell, so that they do not bury those that are about one aircraft.
fn ended_in(((lon_half_deg, lat_half_deg), ended): ((i16, i16), Ended)) -> Anomaly {
    Anomaly {
        interval: ended.when,
        kind: AnomalyKind::TrackLost,
        subject: AnomalySubject::Cell { lon_half_deg, lat_half_deg },
        times: ended.times,
        evidence: None,
        locator: None,
    }
}

impl Joined {
    /// Whether nothing uncontested is left of a stay: its positions all lie where too many
    /// aircraft are degraded, or its aircraft shared a position with another, or was frozen at
    /// one, both when it was first surely inside and when it last was. One position shared in
    /// between, which anybody can send, takes nothing away.
    fn contests(&self, address: Address, pending: &Pending) -> bool {
        let cells = &pending.cells;
        let jammed = !cells.is_empty() && cells.iter().all(|cell| self.cells.contains_key(cell));
        let sure = pending.sure.unwrap_or([pending.interval; 2]);
        jammed || sure.iter().all(|leg| self.is_doubtful(address, *leg))
    }

    /// Whether anything speaks against positions that would show that an aircraft kept out.
    fn speaks_against(&self, address: Address, pending: &Pending) -> bool {
        let jammed = pending.cells.iter().any(|cell| self.cells.contains_key(cell));
        jammed || self.is_doubtful(address, pending.interval)
    }

    fn is_doubtful(&self, address: Address, when: Interval) -> bool {
        let shared = self.shared.get(&address).into_iter().flatten().map(|(shared, _)| *shared);
        let frozen = self.frozen.get(&address).into_iter().flatten().copied();
        shared.chain(frozen).any(|stretch| stretch.meet(when).is_some())
    }
}
