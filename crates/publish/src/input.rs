//! What is published: everything that the files of an assessment are made from.

use std::collections::BTreeMap;

use agreement::report::Extent;
use agreement::{Act, ClauseId, Digest, Pack, Report, SensorId};
use assess::airspace::{AirTally, Sketch};
use assess::established::Incidents;
use assess::finding::Audience;
use assess::incidents::IncidentTally;
use assess::periods::Comparison;
use spacetime::{Interval, Position};

use crate::overview::Overview;

/// All that an assessment has to show. Inputs stand in the order they were merged in, which
/// does not depend on how they were named.
#[derive(Clone, Debug)]
pub struct ReportInput<'a> {
    /// The agreement.
    pub pack: &'a Pack,
    /// Digest of the rules.
    pub rules: Digest,
    /// For whom it was made.
    pub audience: Audience,
    /// The time looked at: what was asked for, or what the inputs span.
    pub period: Option<Interval>,
    /// What was done about each clause. A clause that is not named was not assessed.
    pub treatments: BTreeMap<ClauseId, Treatment>,
    /// The files that went in.
    pub inputs: Vec<InputFile>,
    /// How many sound records hold nothing of interest, such as frames without a position.
    pub passed_over: u64,
    /// Where aircraft were, thinned, by address.
    pub tracks: &'a [Sketch],
    /// How many tracks are not among them.
    pub tracks_undrawn: u64,
    /// Reports whose places may be drawn.
    pub reports: Vec<DrawnReport>,
    /// How many reports have no place that may be drawn.
    pub reports_undrawn: u64,
    /// What became of the track points, if there were any.
    pub air: Option<AirTally>,
    /// Where every report went, if there were any.
    pub incidents: Option<&'a IncidentTally>,
    /// Findings, alerts and anomalies.
    pub overview: Overview,
    /// What reports say together, and how far that is established.
    pub established: Option<&'a Incidents>,
    /// Reports before and after a day, if that was asked for.
    pub before_after: Option<BeforeAfter>,
    /// What was rejected, counted.
    pub rejects: Vec<RejectCount>,
    /// What else a reader has to know, a sentence each.
    pub notes: Vec<String>,
}

/// Reports of two periods, by area.
#[derive(Clone, Debug)]
pub struct BeforeAfter {
    /// First day of the later period, as it was asked for.
    pub around: String,
    /// Days in each period.
    pub days: u32,
    /// Of reports in scope.
    pub in_scope: Comparison,
    /// Of every report in an area.
    pub all: Comparison,
}

/// What was done about a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It was assessed.
    Assessed,
    /// It was assessed as if it had been adopted, because somebody asked for that.
    AsIfAdopted,
    /// It was not; a few words say why.
    NotAssessed(String),
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputKind {
    /// Positions of aircraft.
    Tracks,
    /// Reports from the ground.
    Reports,
    /// Permitted flights.
    Authorisations,
    /// Who watched when.
    Duties,
}

impl InputKind {
    /// As written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tracks => "tracks",
            Self::Reports => "reports",
            Self::Authorisations => "authorisations",
            Self::Duties => "duties",
        }
    }
}

/// One file that went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its name, without the folder it lay in.
    pub name: String,
    /// What it holds.
    pub kind: InputKind,
    /// The format it was read as.
    pub format: String,
    /// The sensor it was said to come from.
    pub sensor: Option<SensorId>,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many records were used.
    pub admitted: u64,
    /// How many records were rejected.
    pub rejected: u64,
}

/// How often records were rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectCount {
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub reason: String,
    /// What the sender can do.
    pub repair: String,
    /// How often.
    pub times: u64,
}

/// A report whose place may be drawn. There is no other way to make one than
/// [`DrawnReport::of`], so the place of a firing, a launch, a force or a weapon, of what a
/// sound sensor heard and nobody calls harm, or of an observer, cannot be drawn by mistake (DESIGN §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnReport {
    digest: Digest,
    act: Act,
    place: Position,
    radius_m: u32,
    observed: Interval,
}

impl DrawnReport {
    /// `None` when its place is unknown, too coarse, or must not be told.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let place = report.place.as_ref().filter(|_| !report.place_is_coarsened())?;
        let radius_m = match &place.extent {
            Extent::Radius { radius_m } => *radius_m,
            Extent::AdminUnit(unit) => unit.radius_m,
            Extent::Unbounded => return None,
        };
        Some(Self {
            digest: report.digest(),
            act: report.act,
            place: place.nominal?,
            radius_m,
            observed: report.observed_told(),
        })
    }

    /// Digest of the report, as findings name it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What is said to have happened.
    #[must_use]
    pub const fn act(&self) -> Act {
        self.act
    }

    /// The point given.
    #[must_use]
    pub const fn place(&self) -> Position {
        self.place
    }

    /// How far from there it may have been, metres.
    #[must_use]
    pub const fn radius_m(&self) -> u32 {
        self.radius_m
    }

    /// When it was observed.
    #[must_use]
    pub const fn observed(&self) -> Interval {
        self.observed
    }
}
