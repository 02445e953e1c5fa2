//! What people and sensors on the ground report, who watched when, and the flights that are
//! permitted.

mod act;
mod authorisation;
mod duty;
mod measures;
mod media;
mod place;
mod weapon;

use serde_json::{Value, json};
use spacetime::{Duration, Instant, Interval, Position};

use crate::canonical::{Digest, canonical_members};
use crate::protected::Protected;
use crate::track::Locator;

pub use act::Act;
pub use authorisation::{Authorisation, AuthorisedFlight};
pub use duty::{Duty, DutyState, Watcher};
pub use measures::{Arrival, Bearing, Count, Range, RangeClass};
pub use media::{Media, MediaKind};
pub use place::{AdminUnit, Extent, Place, PlaceForm};
pub use weapon::WeaponClass;

/// How much of a report a digest is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Evidence,
}

/// Whole steps in which times are told that would tell a place.
const TOLD_STEP: Duration = Duration::from_seconds(60);

/// How the reporter came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Heard it.
    Heard,
    /// Saw it.
    Seen,
    /// Was told of it, or compiled it from what others said.
    Told,
}

/// Who or what reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Observer's or sensor's own name, as the source writes it.
    pub id: String,
    /// The post it belongs to. One post is one source, however often it reports.
    pub post: Option<String>,
    /// `human`, `camera`, `acoustic`, `register` or what the source calls it.
    pub kind: String,
    /// Where it stood.
    pub position: Option<Protected<Position>>,
}

/// What flew, if something did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Class as reported, such as `jet`, `transport`, `attack helicopter`.
    pub class: Option<String>,
    /// Heading in hundredths of a degree from true north.
    pub heading_cdeg: Option<u16>,
    /// Lowest it may have been above ground, centimetres.
    pub height_low_cm: Option<i32>,
    /// Highest it may have been above ground, centimetres.
    pub height_high_cm: Option<i32>,
}

/// One report, parsed and within its limits; nobody has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The source's own name for it.
    pub id: String,
    /// What is said to have happened.
    pub act: Act,
    /// How the reporter knows.
    pub method: Method,
    /// When it was observed, at the earliest and before the latest.
    pub observed: Interval,
    /// When it was handed in, if that is on record.
    pub received_at: Option<Instant>,
    /// Standard deviation of the clock that `observed` was read from, if stated.
    pub clock_sd: Option<Duration>,
    /// Who reported.
    pub source: Source,
    /// How many sources the reporter says stand behind it; 1 unless it is a compilation.
    pub source_count: u32,
    /// Where, if the report says so itself.
    pub place: Option<Place>,
    /// The ways in which it said so, when there is more to say than `place` does: several, a
    /// name, or a grid square.
    pub place_forms: Vec<PlaceForm>,
    /// Direction from the observer.
    pub bearing: Option<Bearing>,
    /// Distance from the observer.
    pub range: Option<Range>,
    /// The word that `range` stands for, if it was given by a word.
    pub range_class: Option<RangeClass>,
    /// When the sound or the flash arrived, at a sensor that tells.
    pub arrival: Option<Arrival>,
    /// How many.
    pub count: Option<Count>,
    /// "About" how many: what was said, where `count` is two standard deviations (of a fifth of
    /// it each) to either side.
    pub count_about: Option<u32>,
    /// The sides said to be involved, as the source names them: none, one or two.
    pub sides: Vec<String>,
    /// Weapon as reported, in words.
    pub weapon: Option<String>,
    /// Its class.
    pub weapon_class: Option<WeaponClass>,
    /// What flew.
    pub sighting: Option<Sighting>,
    /// Killed, by the source's best estimate.
    pub deaths: Option<u32>,
    /// Files that came with it, by digest, each once.
    pub media: Vec<Media>,
    /// Language of the observer, as BCP 47 writes it.
    pub language: Option<String>,
    /// The report that this one replaces, by the name of that one's `id`.
    pub replaces: Option<String>,
    /// Where the record stands.
    pub locator: Locator,
}

/// What every report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// See [`Report::id`].
    pub id: String,
    /// See [`Report::act`].
    pub act: Act,
    /// See [`Report::method`].
    pub method: Method,
    /// See [`Report::observed`].
    pub observed: Interval,
    /// See [`Report::source`].
    pub source: Source,
}

impl Report {
    /// A report that says what every report says, and nothing else.
    #[must_use]
    pub fn of(told: Told, locator: Locator) -> Self {
        let Told { id, act, method, observed, source } = told;
        Self {
            id,
            act,
            method,
            observed,
            received_at: None,
            clock_sd: None,
            source,
            source_count: 1,
            place: None,
            place_forms: Vec::new(),
            bearing: None,
            range: None,
            range_class: None,
            arrival: None,
            count: None,
            count_about: None,
            sides: Vec::new(),
            weapon: None,
            weapon_class: None,
            sighting: None,
            deaths: None,
            media: Vec::new(),
            language: None,
            replaces: None,
            locator,
        }
    }

    /// Whether a sensor that only hears made it: several of them find a gun to some metres.
    #[must_use]
    pub fn is_by_sound_sensor(&self) -> bool {
        matches!(self.source.kind.as_str(), "acoustic" | "microphone")
            || self.method == Method::Heard && self.arrival.is_some()
    }

    /// Whether its place leaves an assessment only coarsened and delayed: that of a firing, a
    /// launch, forces or weapons, and what a sound sensor places without anything that says that
    /// harm fell there.
    #[must_use]
    pub fn place_is_coarsened(&self) -> bool {
        self.act.place_is_coarsened() || self.is_by_sound_sensor() && !self.act.is_where_harm_fell()
    }

    /// When it was observed, as far as that may be told: to whole minutes, outward, of what may not be
    /// placed and of what tells when a sound arrived. Between a microphone and the next, a second of
    /// sound is 340 m; out of exact arrivals anybody ranges the gun, or the microphones.
    #[must_use]
    pub fn observed_told(&self) -> Interval {
        if self.place_is_coarsened() || self.arrival.is_some() {
            self.observed.outward(TOLD_STEP)
        } else {
            self.observed
        }
    }

    /// Digest of what the report says, as evidence names it: without its locator, without when it was
    /// received (a copy that came later is the same report), without what tells where the observer or the
    /// sensor stood (its position, bearing, range and the instant of an arrival), and without a place
    /// that may be one of firing: an unsalted digest can be searched for a place.
    ///
    /// What came to the format later enters it only where it is said, so that a report without
    /// keeps the digest it had.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest_of(Part::Evidence)
    }

    /// Digest of all that the report says but of where the observer stood, places of firing and all: what
    /// tells one report from another. It can be searched for a place, and stands in no output.
    #[must_use]
    pub fn whole_digest(&self) -> Digest {
        self.digest_of(Part::Whole)
    }

    fn digest_of(&self, part: Part) -> Digest {
        let is_whole = part == Part::Whole;
        let is_placed = is_whole || self.act.is_never_a_firing();
        let place = self.place.as_ref().filter(|_| is_placed).map(place_digested);
        let observed = if is_whole { self.observed } else { self.observed_told() };
        let bearing = self.bearing.filter(|_| is_whole);
        let range = self.range.filter(|_| is_whole);
        let bearing = bearing.map(|b| [b.cdeg, b.step_cdeg, b.sd_cdeg]);
        let range = range.map(|r| [r.min_m, r.max_m, u32::from(r.sd_log_milli)]);
        let sighting = self
            .sighting
            .as_ref()
            .map(|s| json!([s.class, s.heading_cdeg, s.height_low_cm, s.height_high_cm]));
        let Source { id, post, kind, .. } = &self.source;
        let mut said = vec![
            ("act", json!(self.act)),
            ("bearing", json!(bearing)),
            ("clock_sd_us", json!(self.clock_sd.map(Duration::micros))),
            ("count", json!(self.count.map(|c| [c.min, c.max]))),
            ("deaths", json!(self.deaths)),
            ("from", json!(observed.start().to_string())),
            ("id", json!(self.id)),
            ("method", json!(self.method)),
            ("place", json!(place)),
            ("range", json!(range)),
            ("sides", json!(self.sides)),
            ("sighting", json!(sighting)),
            ("source", json!([Some(id), post.as_ref(), Some(kind)])),
            ("source_count", json!(self.source_count)),
            ("to", json!(observed.end().to_string())),
            ("weapon", json!(self.weapon)),
        ];
        let is_told = |key: &str| match key {
            "arrival_us" | "range_class" => is_whole,
            "place_forms" => is_placed,
            _ => true,
        };
        let later = self.said_later().into_iter().filter(|(key, _)| is_told(key));
        said.extend(later.filter_map(|(key, value)| value.map(|value| (key, value))));
        let mut canonical = Vec::with_capacity(512);
        let written = canonical_members(&mut said, &mut canonical);
        written.expect("a report holds integers and text only");
        Digest::of_bytes(&canonical)
    }

    /// What came to the format after its first version, as the digest has it.
    fn said_later(&self) -> [(&'static str, Option<Value>); 8] {
        let media = || self.media.iter().map(|m| json!([m.kind, m.sha256, m.bytes])).collect();
        [
            ("arrival_us", self.arrival.map(|a| json!([a.at.to_string(), a.sd.micros()]))),
            ("count_about", self.count_about.map(Value::from)),
            ("language", self.language.as_deref().map(Value::from)),
            ("media", (!self.media.is_empty()).then(media)),
            ("place_forms", (!self.place_forms.is_empty()).then(|| json!(self.place_forms))),
            ("range_class", self.range_class.map(|class| json!(class))),
            ("replaces", self.replaces.as_deref().map(Value::from)),
            ("weapon_class", self.weapon_class.map(|class| json!(class))),
        ]
    }
}

fn place_digested(place: &Place) -> Value {
    let extent = match &place.extent {
        Extent::Radius { radius_m } => json!({ "radius_m": radius_m }),
        Extent::AdminUnit(unit) => json!({
            "level": unit.level,
            "name": unit.name,
            "radius_m": unit.radius_m,
            "within": unit.within,
        }),
        Extent::Unbounded => json!("unbounded"),
    };
    json!([place.nominal.map(|at| [at.lon_e7(), at.lat_e7()]), extent])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let at = Instant::parse("2017-07-10T01:31:00Z").expect("a time");
        let told = Told {
            id: "r17".to_owned(),
            act: Act::Explosion,
            method: Method::Heard,
            observed: Interval::new(at, at.plus(Duration::from_seconds(60))).expect("in order"),
            source: Source {
                id: "human-05".to_owned(),
                post: None,
                kind: "human".to_owned(),
                position: None,
            },
        };
        Report::of(told, Locator::default())
    }

    #[test]
    fn a_report_of_the_first_format_keeps_its_digest() {
        let first = "faf083f512e000ba1bd3c634cfb8a27f05bc163eb2bf328518d6ba743d057ede";
        assert_eq!(report().digest().to_string(), first);
    }

    /// As `act` has it, and as it would be with other measures of its place.
    fn measured(act: Act) -> (Report, [Report; 6]) {
        let place = |lon| {
            let nominal = Position::from_degrees(lon, 32.8).ok();
            Some(Place { nominal, extent: Extent::Radius { radius_m: 50 } })
        };
        let first = || Report { act, place: place(36.1), ..report() };
        let at = first().observed.start().plus(Duration::from_micros(1_234_567));
        let bearing = Bearing { cdeg: 4_500, step_cdeg: 0, sd_cdeg: 100 };
        let range = Range { min_m: 1_000, max_m: 1_100, sd_log_milli: 10 };
        let arrival = Arrival { at, sd: Duration::from_micros(5_000) };
        let others = [
            Report { place: place(36.2), ..first() },
            Report { place_forms: vec![PlaceForm::Name("Nawa".to_owned())], ..first() },
            Report { place: None, ..first() },
            Report { bearing: Some(bearing), ..first() },
            Report { range: Some(range), range_class: Some(RangeClass::Far), ..first() },
            Report { arrival: Some(arrival), ..first() },
        ];
        (first(), others)
    }

    #[test]
    fn nobody_can_search_the_digest_of_what_may_be_a_firing_for_its_place() {
        for act in
            [Act::Outgoing, Act::Rocket, Act::MovementOfWeapons, Act::Explosion, Act::SmallArms]
        {
            let (first, others) = measured(act);
            let mut whole = std::collections::BTreeSet::from([first.whole_digest()]);
            for one in others {
                assert_eq!(one.digest(), first.digest(), "{act:?}");
                assert!(whole.insert(one.whole_digest()), "they are told apart all the same");
            }
        }
    }

    #[test]
    fn nobody_can_search_the_digest_of_a_report_for_where_the_observer_stood() {
        let (first, [elsewhere, named, _, bearing, range, arrival]) = measured(Act::Impact);
        for one in [bearing, range, arrival] {
            assert_eq!(one.digest(), first.digest());
        }
        for one in [elsewhere, named] {
            assert_ne!(one.digest(), first.digest(), "where harm fell is told");
        }
    }

    #[test]
    fn when_a_sound_arrived_is_told_by_the_minute() {
        let at = report().observed.start().plus(Duration::from_micros(31_234_567));
        let observed = Interval::new(at, at.plus(Duration::from_micros(1))).expect("in order");
        let arrival = Some(Arrival { at, sd: Duration::from_micros(5_000) });
        let heard = Report { observed, arrival, ..report() };
        let told = heard.observed_told();
        assert_eq!(told.start().to_string(), "2017-07-10T01:31:00Z");
        assert_eq!(told.end().to_string(), "2017-07-10T01:32:00Z");
        assert_eq!(Report { arrival: None, ..heard }.observed_told(), observed);
    }

    #[test]
    fn whatever_was_added_to_the_format_tells_two_reports_apart() {
        let at = report().observed.start();
        let arrival = Arrival { at, sd: Duration::from_micros(5_000) };
        let photo =
            Media { kind: MediaKind::Photo, sha256: Digest::of_bytes(b"photo"), bytes: Some(5) };
        let digests = [
            report(),
            Report { arrival: Some(arrival), ..report() },
            Report { count_about: Some(6), ..report() },
            Report { language: Some("ar".to_owned()), ..report() },
            Report { media: vec![photo], ..report() },
            Report { place_forms: vec![PlaceForm::Name("Nawa".to_owned())], ..report() },
            Report { range_class: Some(RangeClass::Far), ..report() },
            Report { replaces: Some("r16".to_owned()), ..report() },
            Report { weapon_class: Some(WeaponClass::Mortar), ..report() },
        ]
        .map(|report| report.whole_digest());
        let different: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len());
    }
}
