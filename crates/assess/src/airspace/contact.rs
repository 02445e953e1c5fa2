//! One aircraft near one volume: its stays in it, and what became of them.

use agreement::track::Locator;
use agreement::{Digest, TrackPoint};
use spacetime::{Area, Duration, Instant, Interval, Position};

use super::crowd::CellTime;
use super::standing::{Sample, Standing, Touch};
use super::volumes::HeightMargin;
use crate::finding::{Confidence, Margin, Reason, Verdict};

/// Two stays less than this apart are one, and so are two visits to the neighbourhood.
pub(super) const STAY_GAP: Duration = Duration::from_seconds(60);

/// One aircraft's visit to the neighbourhood of one volume.
#[derive(Debug)]
pub(super) struct Contact {
    pub(super) volume: u32,
    last_near_at: Instant,
    first: Witness,
    nearest: Nearest,
    last: Witness,
    /// Over or under the area, on the ground left aside; and on the ground in it.
    over_area: bool,
    on_ground: bool,
    outside_hours: bool,
    contested: bool,
    worst: Confidence,
    had_stay: bool,
    /// Half-degree cells and times of the visit, for the test for jamming.
    cells: Vec<CellTime>,
    pub(super) stay: Option<Box<Stay>>,
}

/// A record that is evidence, kept until a finding is made of it.
#[derive(Clone, Copy, Debug)]
struct Witness(TrackPoint);

/// The position farthest in, or nearest, so far.
#[derive(Clone, Copy, Debug)]
struct Nearest {
    witness: Witness,
    standing: Standing,
}

/// A stay in a volume, or what could have been one.
#[derive(Debug)]
pub(super) struct Stay {
    /// When the track as reported was in the volume; where it never was, when it could have
    /// been.
    occupied: Option<(Instant, Instant)>,
    possible: (Instant, Instant),
    before: Witness,
    deepest: Nearest,
    after: Witness,
    /// Positions in the volume beyond doubt: uncontested, and contested.
    certain: u64,
    certain_contested: u64,
    /// The first and the last leg with such a position, uncontested.
    sure: Option<[Interval; 2]>,
    doubt: Option<Reason>,
    worst: Confidence,
    /// Half-degree cells and times of the positions beyond doubt, for the test for jamming.
    cells: Vec<CellTime>,
}

/// A finding in the making: what is known before all input has been seen.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) volume: u32,
    pub(super) verdict: Verdict,
    pub(super) reason: Reason,
    pub(super) interval: Interval,
    /// The time in which it could have been inside, which holds `interval`.
    pub(super) possible: Interval,
    /// In the area only as deep as was looked at: see [`Pending::measured`].
    pub(super) margin: Margin,
    pub(super) deepest: Position,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<(Digest, Locator)>,
    /// Where it rests on what was sent, for the test for jamming.
    pub(super) cells: Vec<CellTime>,
    /// Of a breach, the first and the last time at which it shows.
    pub(super) sure: Option<[Interval; 2]>,
}

impl Contact {
    pub(super) fn new(volume: u32, sample: &Sample, standing: Standing) -> Self {
        let witness = Witness(sample.point);
        Self {
            volume,
            last_near_at: sample.point.observed_at,
            first: witness,
            nearest: Nearest { witness, standing },
            last: witness,
            over_area: false,
            on_ground: false,
            outside_hours: false,
            contested: sample.contested,
            worst: sample.epu.confidence(),
            had_stay: false,
            cells: vec![CellTime::of(&sample.point)],
            stay: None,
        }
    }

    /// Takes in a leg from `from` to `to`, and what it touches.
    pub(super) fn follow(&mut self, from: &Sample, to: &Sample, touch: &Touch) -> Option<Pending> {
        let (begin_at, end_at) = (from.point.observed_at, to.point.observed_at);
        self.last_near_at = end_at;
        self.last = Witness(to.point);
        self.over_area |= touch.over_area && !touch.grounded;
        self.on_ground |= touch.over_area && touch.grounded;
        self.outside_hours |= touch.outside_hours;
        self.contested |= to.contested;
        self.worst = self.worst.max(to.epu.confidence());
        self.nearest.consider(to, touch.end);
        note_cell(&mut self.cells, &to.point);
        let finished = self.close_stay(begin_at);
        if touch.possible {
            let stay = self.stay.get_or_insert_with(|| Box::new(Stay::new(from, touch.begin)));
            stay.follow(from, to, touch);
            self.had_stay = true;
        } else if let Some(stay) = &mut self.stay {
            stay.after.follow_once(&stay.deepest.witness, to);
        }
        finished
    }

    /// Whether the aircraft has been away for long enough at `now` that a return is another
    /// visit.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now.since(self.last_near_at) > STAY_GAP
    }

    /// Ends the stay if it has been over for long enough at `now`.
    pub(super) fn close_stay(&mut self, now: Instant) -> Option<Pending> {
        let is_over = |stay: &Stay| now.since(stay.possible.1) > STAY_GAP;
        let stay = self.stay.take_if(|stay| is_over(stay))?;
        Some(stay.finish(self.volume))
    }

    /// Ends the visit: the stay that is still open, or that there was none. `lost` when the
    /// aircraft was not heard of any more: then nobody knows that there was none.
    pub(super) fn finish(mut self, lost: bool) -> Option<Pending> {
        if let Some(stay) = self.stay.take() {
            return Some(stay.finish(self.volume));
        }
        if self.had_stay {
            return None;
        }
        let (verdict, reason) = match (self.outside_hours, self.over_area, self.on_ground) {
            _ if self.contested => (Verdict::Undetermined, Reason::Contested),
            _ if lost => (Verdict::Undetermined, Reason::Gap),
            (true, ..) => (Verdict::Clear, Reason::OutsideHours),
            (false, true, _) => (Verdict::Clear, Reason::OutsideHeight),
            (false, false, true) => (Verdict::Clear, Reason::OnGround),
            (false, false, false) => (Verdict::Clear, Reason::Beside),
        };
        let confidence = if self.contested { Confidence::Contested } else { self.worst };
        let interval = closed(self.first.0.observed_at, self.last_near_at);
        Some(Pending {
            volume: self.volume,
            verdict,
            reason,
            interval,
            possible: interval,
            margin: self.nearest.standing.margin(),
            deepest: self.nearest.witness.0.position,
            confidence,
            evidence: evidence([self.first, self.nearest.witness, self.last]),
            cells: self.cells,
            sure: None,
        })
    }
}

/// What a finding in the making is judged to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) reason: Reason,
    pub(super) confidence: Confidence,
}

impl Pending {
    /// By itself.
    pub(super) const fn judged(&self) -> Judged {
        Judged { verdict: self.verdict, reason: self.reason, confidence: self.confidence }
    }

    /// The margin at the deepest or nearest position, measured now: on the way most positions
    /// are only known to be deep enough.
    pub(super) fn measured(&self, area: &Area) -> Margin {
        let depth_cm = -area.signed_distance_cm(self.deepest);
        Margin { horizontal_cm: Some(depth_cm), ..self.margin }
    }

    /// Joins what two positions that join no path say of one volume, when no more than
    /// [`STAY_GAP`] lies between them; otherwise hands the later one back.
    pub(super) fn join_alone(&mut self, later: Self) -> Option<Self> {
        let (from, to) = (self.interval.start(), later.interval.end());
        let apart = later.interval.start().since(self.interval.end());
        if apart > STAY_GAP || later.interval.start() < from {
            return Some(later);
        }
        self.interval = Interval::new(from, to.max(self.interval.end())).expect("it runs forward");
        self.possible = self.interval;
        self.confidence = self.confidence.max(later.confidence);
        if later.verdict < self.verdict {
            (self.verdict, self.reason) = (later.verdict, later.reason);
            (self.margin, self.deepest) = (later.margin, later.deepest);
            self.sure = later.sure;
        } else if let (Some(known), Some(new)) = (&mut self.sure, later.sure)
            && later.verdict == self.verdict
        {
            known[1] = new[1];
        }
        // The first and the last record are evidence; those between say the same.
        self.evidence.truncate(1);
        self.evidence.extend(later.evidence);
        later.cells.into_iter().for_each(|cell| note_known(&mut self.cells, cell));
        None
    }

    /// What one position alone says; `None` when it was surely not in the volume, since it
    /// says nothing of before and after.
    pub(super) fn of_one(volume: u32, sample: &Sample, standing: Standing) -> Option<Self> {
        if !standing.is_possible(sample.epu) {
            return None;
        }
        let certain = standing.is_certain(sample.epu);
        let (verdict, reason) = match (certain, sample.contested) {
            (true, false) => (Verdict::Breach, Reason::Entered),
            (_, true) => (Verdict::Undetermined, Reason::Contested),
            (false, false) => (Verdict::Undetermined, standing.doubt(sample.epu)),
        };
        let confidence =
            if sample.contested { Confidence::Contested } else { sample.epu.confidence() };
        let at = sample.point.observed_at;
        Some(Self {
            volume,
            verdict,
            reason,
            interval: closed(at, at),
            possible: closed(at, at),
            margin: standing.margin(),
            deepest: sample.point.position,
            confidence,
            evidence: evidence([Witness(sample.point); 3]),
            cells: vec![CellTime::of(&sample.point)],
            sure: Some([closed(at, at); 2]),
        })
    }
}

impl Stay {
    fn new(from: &Sample, standing: Standing) -> Self {
        let (at, witness) = (from.point.observed_at, Witness(from.point));
        Self {
            occupied: None,
            possible: (at, at),
            before: witness,
            deepest: Nearest { witness, standing },
            after: witness,
            certain: 0,
            certain_contested: 0,
            sure: None,
            doubt: None,
            worst: Confidence::Stated,
            cells: Vec::new(),
        }
    }

    fn follow(&mut self, from: &Sample, to: &Sample, touch: &Touch) {
        self.possible.1 = to.point.observed_at;
        if let Some((first, last)) = touch.occupied {
            let (start, _) = self.occupied.unwrap_or((first, last));
            self.occupied = Some((start.min(first), last));
        }
        self.deepest.consider(to, touch.end);
        self.after = Witness(to.point);
        self.worst = self.worst.max(from.epu.confidence()).max(to.epu.confidence());
        if touch.certain {
            if from.contested || to.contested {
                self.certain_contested += 1;
            } else {
                self.certain += 1;
                let leg = closed(from.point.observed_at, to.point.observed_at);
                self.sure = Some([self.sure.map_or(leg, |[first, _]| first), leg]);
                note_cell(&mut self.cells, &from.point);
                note_cell(&mut self.cells, &to.point);
            }
        }
        self.doubt = self.doubt.max_by_weight(touch.doubt);
    }

    /// Whether some position was in the volume beyond doubt and uncontested.
    pub(super) const fn is_certain(&self) -> bool {
        self.certain > 0
    }

    /// How long it has lasted.
    pub(super) const fn length(&self) -> Duration {
        self.possible.1.since(self.possible.0)
    }

    fn finish(self, volume: u32) -> Pending {
        let (verdict, reason) = if self.certain > 0 {
            (Verdict::Breach, Reason::Entered)
        } else if self.certain_contested > 0 {
            (Verdict::Undetermined, Reason::Contested)
        } else {
            (Verdict::Undetermined, self.doubt.unwrap_or(Reason::PlaceStraddles))
        };
        let contested = self.certain == 0 && self.certain_contested > 0;
        let (first, last) = self.occupied.unwrap_or(self.possible);
        Pending {
            volume,
            verdict,
            reason,
            interval: closed(first, last),
            possible: closed(self.possible.0.min(first), self.possible.1.max(last)),
            margin: self.deepest.standing.margin(),
            deepest: self.deepest.witness.0.position,
            confidence: if contested { Confidence::Contested } else { self.worst },
            evidence: evidence([self.before, self.deepest.witness, self.after]),
            cells: self.cells,
            sure: self.sure,
        }
    }
}

impl Nearest {
    fn consider(&mut self, sample: &Sample, standing: Standing) {
        if standing.rank() > self.standing.rank() {
            *self = Self { witness: Witness(sample.point), standing };
        }
    }
}

impl Witness {
    /// The first record after a stay is evidence that it ended; later ones add nothing.
    fn follow_once(&mut self, deepest: &Self, sample: &Sample) {
        if self.0.observed_at <= deepest.0.observed_at {
            *self = Self(sample.point);
        }
    }
}

impl Standing {
    /// What makes one position farther in than another: the volume's hours, then its height,
    /// beyond doubt or possibly, then how deep in the area.
    fn rank(&self) -> (bool, bool, bool, i64) {
        let height = self.height;
        (self.active, height.certain_cm >= 0, height.possible_cm >= 0, self.depth_cm)
    }

    fn margin(&self) -> Margin {
        let bounded = |cm: i64| (cm != i64::MIN && cm != i64::MAX).then_some(cm);
        // How far inside or outside with all doubt allowed for; nothing where doubt straddles.
        let HeightMargin { certain_cm, possible_cm } = self.height;
        let vertical = match (certain_cm >= 0, possible_cm < 0) {
            (true, _) => certain_cm,
            (false, true) => possible_cm,
            (false, false) => i64::MAX,
        };
        Margin { horizontal_cm: bounded(self.depth_cm), vertical_cm: bounded(vertical) }
    }
}

/// Doubts by how much they say: one about the height of an aircraft that is surely over the
/// area says more than one about its place.
trait ByWeight {
    fn max_by_weight(self, other: Self) -> Self;
}

impl ByWeight for Option<Reason> {
    fn max_by_weight(self, other: Self) -> Self {
        let weight = |doubt: &Self| match doubt {
            None => 0,
            Some(Reason::Gap) => 1,
            Some(Reason::QualityUnusable) => 3,
            Some(Reason::QualityAbsent) => 4,
            Some(Reason::HeightStraddles) => 5,
            Some(Reason::HeightUnknown) => 6,
            Some(_) => 2,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

fn note_cell(cells: &mut Vec<CellTime>, point: &TrackPoint) {
    note_known(cells, CellTime::of(point));
}

/// Keeps each cell about once, however often a path goes to and fro between neighbours.
fn note_known(cells: &mut Vec<CellTime>, cell: CellTime) {
    const LOOKED_BACK_AT: usize = 8;
    if !cells.iter().rev().take(LOOKED_BACK_AT).any(|known| *known == cell) {
        cells.push(cell);
    }
}

/// From the first instant to the last, both included.
pub(super) fn closed(first: Instant, last: Instant) -> Interval {
    let end = last.plus(Duration::from_micros(1));
    Interval::new(first, end).expect("a stay does not end before it starts")
}

fn evidence(witnesses: [Witness; 3]) -> Vec<(Digest, Locator)> {
    let mut found: Vec<(Digest, Locator)> = Vec::with_capacity(witnesses.len());
    for Witness(point) in witnesses {
        if found.iter().all(|(_, locator)| *locator != point.locator) {
            found.push((point.digest(), point.locator));
        }
    }
    found
}
