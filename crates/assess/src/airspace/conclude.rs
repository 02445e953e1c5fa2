//! The shards joined: findings in their one order, and what coverage says of each volume.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use agreement::{Address, AreaId, ClauseId, Digest, TrackPoint};
use spacetime::{Duration, Instant, Interval};

use super::authorised::{Leave, authorisation_for};
use super::contact::Pending;
use super::coverage::{Loss, Watch};
use super::crowd::{CellTime, Census, Crowd, contested_cells};
use super::dispatch::{Block, Dispatch, RUN_POINTS_MAX};
use super::picture::{AirTally, AirspacePicture};
use super::shard::{Ended, Found, Shard};
use super::sketch::SKETCHES_MAX;
use super::volumes::Airspace;
use crate::alert::{Alert, AlertKind};
use crate::anomaly::{Anomaly, AnomalyKind, AnomalySubject};
use crate::finding::{Confidence, Finding, Reason, Recorded, Subject, Verdict};

/// What only shows when all shards are together.
struct Joined {
    cells: BTreeMap<CellTime, Anomaly>,
    shared: BTreeMap<Address, Vec<(Interval, u64)>>,
    /// When the positions of each aircraft were frozen, from the first that stayed.
    frozen: BTreeMap<Address, Vec<Interval>>,
    as_of: Instant,
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

    /// Joins what the shares of the aircraft came to, when every block has been followed.
    ///
    /// # Panics
    /// When they are not all the shares that `dispatch` handed points to.
    #[must_use]
    pub fn conclude(&self, dispatch: Dispatch<'_>, shards: Vec<Shard<'_>>) -> AirspacePicture {
        assert_eq!(dispatch.shares as usize, shards.len(), "every share is there");
        let Dispatch { mut crowd, span, points_outside_period, .. } = dispatch;
        let latest = span.map_or(self.setting.period.start(), |(_, latest)| latest);
        let mut census: BTreeMap<CellTime, Census> = BTreeMap::new();
        let mut frozen: BTreeMap<Address, Vec<Interval>> = BTreeMap::new();
        let mut ended: BTreeMap<(i16, i16), Ended> = BTreeMap::new();
        let (mut found, mut losses) = (Vec::new(), Vec::new());
        let mut picture = AirspacePicture {
            not_judged: self.not_judged().to_vec(),
            tally: AirTally { points_outside_period, ..AirTally::default() },
            ..AirspacePicture::default()
        };
        for shard in shards {
            let follower = shard.finish(latest);
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
            found.extend(follower.pending);
            picture.alerts.extend(follower.alerts);
            picture.anomalies.extend(follower.anomalies);
            picture.sketches.extend(follower.sketches);
            picture.tally = AirTally::plus(picture.tally, follower.tally);
        }
        crowd.finish(latest);
        let joined = Joined {
            cells: contested_cells(&census, &self.pack.parameters),
            shared: std::mem::take(&mut crowd.shared),
            frozen,
            as_of: self.as_of(span),
        };
        picture.anomalies.extend(self.crowd_anomalies(&crowd, &joined));
        picture.anomalies.extend(ended.into_iter().map(ended_in));
        picture.alerts.extend(self.feed_alerts(&crowd));
        picture.findings = found.into_iter().map(|found| self.finding(found, &joined)).collect();
        let coverage =
            self.coverage_findings((&crowd, &losses), span, joined.as_of, &picture.findings);
        picture.findings.extend(coverage);
        picture.in_order()
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

    fn finding(&self, found: Found, joined: &Joined) -> Recorded {
        let Found { address, callsigns, mut pending } = found;
        let volume = &self.volumes[pending.volume as usize];
        let contested = match pending.verdict {
            Verdict::Breach => joined.contests(address, &pending),
            Verdict::Clear => joined.speaks_against(address, &pending),
            Verdict::Alleged | Verdict::Undetermined => false,
        };
        if contested {
            pending.verdict = Verdict::Undetermined;
            pending.reason = Reason::Contested;
            pending.confidence = Confidence::Contested;
        }
        if pending.verdict == Verdict::Breach && volume.binds_some {
            pending.verdict = Verdict::Undetermined;
            pending.reason = Reason::SideUnknown;
        }
        let mut evidence: Vec<Digest> =
            pending.evidence.iter().map(|(digest, _)| *digest).collect();
        // Whoever flies under an address that is contested may not be whom it was given to.
        if pending.verdict != Verdict::Clear && pending.reason != Reason::Contested {
            let authorisations = &self.setting.authorisations;
            let during =
                |when| authorisation_for(authorisations, volume, address, &callsigns, when);
            // Whoever could have been inside before or after has leave for that time too, or it
            // is not known that it kept to it.
            let throughout = during(pending.possible).map(|lifted| (lifted, true));
            let lifted = throughout.or_else(|| Some((during(pending.interval)?, false)));
            if let Some(((leave, authorisation), throughout)) = lifted {
                (pending.verdict, pending.reason) = match (leave, throughout) {
                    (Leave::Matches, true) => (Verdict::Clear, Reason::Authorised),
                    (Leave::Matches, false) => {
                        (Verdict::Undetermined, Reason::AuthorisationTooShort)
                    }
                    (Leave::CallsignNotHeard, _) => {
                        (Verdict::Undetermined, Reason::AuthorisationUnconfirmed)
                    }
                };
                evidence.push(authorisation);
            }
        }
        let finding = Finding {
            clause: volume.clause.clone(),
            clause_status: volume.status,
            agreement_version: self.pack.version,
            audience: self.setting.audience.clone(),
            as_of: joined.as_of,
            supersedes: None,
            verdict: pending.verdict,
            reason: pending.reason,
            subject: Subject::Aircraft(address),
            interval: pending.interval,
            area: volume.area.clone(),
            margin: pending.measured(&volume.volume.area),
            confidence: pending.confidence,
            evidence,
            rules: self.rules,
        };
        Recorded { finding: finding.sealed(), locators: pending.evidence }
    }

    /// What can be said of everybody in each volume: who could have seen them.
    fn coverage_findings(
        &self,
        (crowd, losses): (&Crowd, &[Loss]),
        span: Option<(Instant, Instant)>,
        as_of: Instant,
        seen: &[Recorded],
    ) -> Vec<Recorded> {
        let Some((first, _)) = span else { return Vec::new() };
        let start = self.setting.period.start().max(first);
        let Ok(period) = Interval::new(start, as_of) else { return Vec::new() };
        let watch = Watch::new(self, crowd, losses, period);
        let met: BTreeSet<(&ClauseId, &AreaId)> = seen
            .iter()
            .filter(|recorded| recorded.finding.verdict != Verdict::Clear)
            .map(|recorded| (&recorded.finding.clause, &recorded.finding.area))
            .collect();
        let said = self.volumes.iter().filter_map(|volume| {
            let (verdict, reason, evidence) = watch.of(volume)?;
            // Somebody was seen, or may have been: their own findings say so.
            if verdict == Verdict::Clear && met.contains(&(&volume.clause, &volume.area)) {
                return None;
            }
            let finding = Finding {
                clause: volume.clause.clone(),
                clause_status: volume.status,
                agreement_version: self.pack.version,
                audience: self.setting.audience.clone(),
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
                rules: self.rules,
            };
            Some(Recorded { finding: finding.sealed(), locators: Vec::new() })
        });
        said.collect()
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

impl AirspacePicture {
    fn in_order(mut self) -> Self {
        // Findings are large: their places are put in order first, and each is moved once.
        let mut places: Vec<usize> = (0..self.findings.len()).collect();
        let finding = |place: usize| &self.findings[place].finding;
        places.sort_by(|&a, &b| finding(a).listed(finding(b)));
        let mut findings: Vec<Option<Recorded>> = self.findings.drain(..).map(Some).collect();
        self.findings.extend(places.into_iter().filter_map(|place| findings[place].take()));
        self.alerts.sort_unstable();
        self.anomalies.sort_unstable();
        self.keep_some_sketches();
        self
    }

    /// Keeps the sketches of the aircraft with the gravest findings.
    fn keep_some_sketches(&mut self) {
        let mut gravest: BTreeMap<Address, Verdict> = BTreeMap::new();
        for Recorded { finding, .. } in &self.findings {
            if let Subject::Aircraft(address) = finding.subject {
                let verdict = gravest.entry(address).or_insert(finding.verdict);
                *verdict = (*verdict).min(finding.verdict);
            }
        }
        let rank =
            |sketch: &super::Sketch| (gravest.get(&sketch.aircraft).copied(), sketch.clone());
        if self.sketches.len() > SKETCHES_MAX {
            self.sketches.sort_by_cached_key(|sketch| match rank(sketch) {
                (Some(verdict), sketch) => (verdict, sketch),
                (None, sketch) => (Verdict::Clear, sketch),
            });
            self.sketches_left_out = (self.sketches.len() - SKETCHES_MAX) as u64;
            self.sketches.truncate(SKETCHES_MAX);
        }
        self.sketches.sort_unstable();
    }
}
