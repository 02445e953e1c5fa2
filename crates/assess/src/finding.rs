//! Findings: recorded, reproducible judgements under one clause (DESIGN §5).

use std::cmp::Ordering;

use agreement::party::AgreementVersion;
use agreement::track::Locator;
use agreement::{Act, Address, AreaId, ClauseId, ClauseStatus, Digest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};
use spacetime::{Instant, Interval};

use crate::coded::coded;

/// What was judged. The order is that of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The clause was not kept.
    Breach,
    /// Somebody says that the clause was not kept, and nobody has verified it.
    Alleged,
    /// It cannot be told whether the clause was kept; [`Reason`] says why.
    Undetermined,
    /// The clause was kept, by somebody who could have been seen not to.
    Clear,
}

impl Verdict {
    /// All verdicts, gravest first.
    pub const ALL: [Self; 4] = [Self::Breach, Self::Alleged, Self::Undetermined, Self::Clear];

    /// As findings write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breach => "breach",
            Self::Alleged => "alleged",
            Self::Undetermined => "undetermined",
            Self::Clear => "clear",
        }
    }
}

coded! {
/// Why the verdict is what it is. A closed set with stable codes.
Reason {
    Entered = "entered", "The aircraft was inside the volume while it was active.";
    ReportedAct = "reported-act", "A report says that a listed act happened where and when the clause holds.";
    ReportedFlight = "reported-flight", "A report says that something flew where and when nobody may.";
    PlaceStraddles = "place-straddles-edge", "The uncertainty of the place reaches over the edge of the area.";
    HeightStraddles = "height-straddles-limit", "The uncertainty of the height reaches over a limit of the volume.";
    HeightUnknown = "height-unknown", "No height is known, and the volume has a limit of height.";
    TimeStraddles = "time-straddles", "The time is not known well enough to say whether the clause was in force.";
    Gap = "gap", "The track has a gap in which the aircraft could have entered unobserved.";
    QualityAbsent = "quality-absent", "The record carries no position quality, and it lies within the worst error of its feed.";
    QualityUnusable = "quality-unusable", "The sender says that its position has no known accuracy (NACp 0).";
    Contested = "contested", "The positions are contested: they look jammed, spoofed or mixed up.";
    SideUnknown = "side-unknown", "A side named in the report is not known to the agreement.";
    SideMixed = "side-mixed", "A side named in the report joins bound and excluded groups.";
    SideMissing = "side-missing", "The report does not say who was involved.";
    PlaceMissing = "place-missing", "The report does not say where.";
    NotObserved = "not-observed", "Nobody who could have seen it was watching.";
    OnlyTransmitting = "only-transmitting", "Only aircraft that transmit could be seen, and those that do not matter most.";
    FeedDown = "feed-down", "A feed that covers the area was silent for part of the time.";
    GroundInDoubt = "ground-in-doubt", "The aircraft says that it is on the ground and moves faster than anything taxies.";
    TrackLost = "track-lost", "An aircraft was lost where it should have been seen, and could have reached the volume.";
    OutsideHeight = "outside-height", "The aircraft was over or under the volume.";
    OnGround = "on-ground", "The aircraft was on the ground in the area.";
    OutsideHours = "outside-hours", "The aircraft was in the volume while it was not active.";
    Beside = "beside", "The aircraft passed beside the area.";
    Authorised = "authorised", "The flight was authorised.";
    AuthorisationTooShort = "authorisation-too-short", "An authorisation covers the stay as it was tracked, and not all the time in which the aircraft could have been inside.";
    AuthorisationUnconfirmed = "authorisation-unconfirmed", "An authorisation may cover the flight, whose call sign was not heard.";
    NothingSeen = "nothing-seen", "The volume was watched all the time and nobody was seen in it.";
}
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// How far the evidence can be relied on. Not a probability: nobody has calibrated one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Measured, with quality stated by the sender and nothing against it.
    Stated,
    /// Measured, with the quality that the pack declares for the feed.
    Declared,
    /// Measured, with the worst quality the feed is thought to have.
    Poor,
    /// Measured, and something speaks against it.
    Contested,
    /// Said by two or more independent sources.
    Corroborated,
    /// Said by one source.
    SingleSource,
    /// Follows from coverage: who could have seen it.
    Coverage,
}

/// Whom or what a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One aircraft.
    Aircraft(Address),
    /// A reported act.
    Act(Act),
    /// Everybody whom the clause binds.
    Everybody,
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Aircraft(address) => map.serialize_entry("aircraft", &address.to_string())?,
            Self::Act(act) => map.serialize_entry("act", act)?,
            Self::Everybody => map.serialize_entry("everybody", &true)?,
        }
        map.end()
    }
}

/// How far inside (positive) or outside (negative) the subject was, at the position where it
/// was farthest in or nearest: inside, it was at least so deep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Margin {
    /// From the edge of the area, centimetres.
    pub horizontal_cm: Option<i64>,
    /// From the nearer limit of height, centimetres.
    pub vertical_cm: Option<i64>,
}

/// Who a finding was made for: it reads no body that they may not open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Audience(pub String);

impl Audience {
    /// Whoever holds the input files themselves.
    #[must_use]
    pub fn holder() -> Self {
        Self("holder".to_owned())
    }
}

/// A judgement under one clause. Two who judge the same input get the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The clause it falls under.
    pub clause: ClauseId,
    /// Where the clause stood.
    pub clause_status: ClauseStatus,
    /// The version of the agreement.
    pub agreement_version: AgreementVersion,
    /// For whom it was made.
    pub audience: Audience,
    /// Up to when the input reached.
    pub as_of: Instant,
    /// The finding that this one replaces.
    pub supersedes: Option<Digest>,
    /// What was judged.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// About whom.
    pub subject: Subject,
    /// When it was so.
    pub interval: Interval,
    /// Where.
    pub area: AreaId,
    /// How far inside or outside.
    pub margin: Margin,
    /// How far the evidence can be relied on.
    pub confidence: Confidence,
    /// Digests of the statements and rows it rests on, sorted, none twice.
    pub evidence: Vec<Digest>,
    /// Digest of the rules.
    pub rules: Digest,
}

impl Finding {
    /// Digest of the canonical finding: its name on the record.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of_bytes(&self.canonical())
    }

    /// The canonical bytes of the finding (RFC 8785), without its id.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(&Body::of(self)).expect("a finding holds integers and text only")
    }

    /// The finding as JSON, without its id.
    #[must_use]
    pub fn body(&self) -> Value {
        json!(Body::of(self))
    }

    /// Puts the evidence into its one order.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.evidence.sort_unstable();
        self.evidence.dedup();
        self
    }

    /// The order in which findings are listed: time, then clause, area, subject, verdict, and
    /// the id where all of these are the same.
    #[must_use]
    pub fn listed(&self, other: &Self) -> Ordering {
        fn key(f: &Finding) -> impl Ord + '_ {
            (f.interval, &f.clause, &f.area, &f.subject, f.verdict)
        }
        key(self).cmp(&key(other)).then_with(|| self.id().cmp(&other.id()))
    }
}

/// A finding as it is digested. Its members stand in the order of their names, and its integers
/// are far under 2^53, so that plain JSON of it is canonical.
#[derive(Serialize)]
struct Body<'a> {
    agreement_version: AgreementVersion,
    area: &'a AreaId,
    as_of: String,
    audience: &'a Audience,
    clause: &'a ClauseId,
    clause_status: ClauseStatus,
    confidence: Confidence,
    evidence: &'a [Digest],
    interval: Span,
    margin: Margin,
    reason: Reason,
    rules: Digest,
    subject: &'a Subject,
    supersedes: Option<Digest>,
    verdict: Verdict,
}

#[derive(Serialize)]
struct Span {
    from: String,
    to: String,
}

impl<'a> Body<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            agreement_version: finding.agreement_version,
            area: &finding.area,
            as_of: finding.as_of.to_string(),
            audience: &finding.audience,
            clause: &finding.clause,
            clause_status: finding.clause_status,
            confidence: finding.confidence,
            evidence: &finding.evidence,
            interval: Span {
                from: finding.interval.start().to_string(),
                to: finding.interval.end().to_string(),
            },
            margin: finding.margin,
            reason: finding.reason,
            rules: finding.rules,
            subject: &finding.subject,
            supersedes: finding.supersedes,
            verdict: finding.verdict,
        }
    }
}

/// A finding with where its evidence can be found: the locators stand outside of what is
/// digested, since the same evidence may lie in other files tomorrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The finding.
    pub finding: Finding,
    /// Where each piece of evidence stood, in the order it was seen.
    pub locators: Vec<(Digest, Locator)>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A finding to vary.
    pub(crate) fn sample() -> Finding {
        let at = |s: i64| Instant::from_micros(s * 1_000_000);
        Finding {
            clause: ClauseId::new("no-fly").unwrap(),
            clause_status: ClauseStatus::Adopted,
            agreement_version: AgreementVersion(Digest::of_bytes(b"pack")),
            audience: Audience::holder(),
            as_of: at(100),
            supersedes: None,
            verdict: Verdict::Breach,
            reason: Reason::Entered,
            subject: Subject::Aircraft(Address::icao(0x39_3322)),
            interval: Interval::new(at(10), at(20)).unwrap(),
            area: AreaId::new("north").unwrap(),
            margin: Margin { horizontal_cm: Some(12), vertical_cm: None },
            confidence: Confidence::Stated,
            evidence: vec![],
            rules: Digest::of_bytes(b"rules"),
        }
    }

    #[test]
    fn the_order_of_evidence_leaves_no_trace() {
        let (a, b) = (Digest::of_bytes(b"a"), Digest::of_bytes(b"b"));
        let one = Finding { evidence: vec![a, b, a], ..sample() }.sealed();
        let other = Finding { evidence: vec![b, a], ..sample() }.sealed();
        assert_eq!(one.id(), other.id());
    }

    #[test]
    fn the_id_is_the_digest_of_the_canonical_form() {
        let told = Finding {
            audience: Audience("the \"centre\"\n\u{1}\u{20ac}".to_owned()),
            supersedes: Some(Digest::of_bytes(b"earlier")),
            evidence: vec![Digest::of_bytes(b"a"), Digest::of_bytes(b"b")],
            ..sample()
        };
        let everybody = Finding { subject: Subject::Everybody, ..sample() };
        let act = Finding { subject: Subject::Act(Act::Airstrike), ..sample() };
        for finding in [sample(), told, everybody, act] {
            let canonical = agreement::canonical::canonical_bytes(&finding.body()).unwrap();
            assert_eq!(finding.canonical(), canonical);
            assert_eq!(finding.id(), Digest::of_bytes(&canonical));
        }
    }

    #[test]
    fn every_field_is_part_of_the_id() {
        let varied = [
            Finding { verdict: Verdict::Clear, ..sample() },
            Finding { reason: Reason::Authorised, ..sample() },
            Finding { as_of: Instant::from_micros(1), ..sample() },
            Finding { margin: Margin::default(), ..sample() },
            Finding { clause_status: ClauseStatus::Proposed, ..sample() },
        ];
        for finding in varied {
            assert_ne!(finding.id(), sample().id());
        }
    }
}
